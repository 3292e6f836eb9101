package components

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Budget is what an AWS account may cost in a month, and when people hear of it. Nothing is stopped when it is used up.
type Budget struct {
	// MonthlyUSD is the limit in US dollars: at least 1. It is about the whole account, since AWS knows costs by tag only after somebody has
	// activated the tag for that.
	MonthlyUSD int
	// Spent are the percentages of the limit at which people hear that so much has been spent: 1–1,000. Default 80 and 100.
	Spent []int
	// Forecast are the percentages of the limit at which people hear that AWS expects so much by the end of the month: 1–1,000. Default 100.
	// AWS needs about five weeks of bills before it forecasts.
	Forecast []int
}

// ObservabilityArgs says who hears when something is wrong, and when a month becomes dear.
type ObservabilityArgs struct {
	// Emails are the addresses that hear of alarms and of the budget. Nothing is sent before their owners have followed the link in the mail in
	// which SNS asks whether the subscription is wanted. Default: nobody; [Observability.Topic] can have other subscribers.
	Emails []string
	// Budget watches the account's costs. Default: nobody watches.
	Budget *Budget
}

// Observability is how people see whether a system is well: a topic that hears of every alarm, the account's budget and a dashboard of the
// system's components. It is created first, so that components can be given its [Observability.Alarms], and [Observability.NewDashboard]
// is called last, when they all exist.
//
// It costs $1 a month for the topic's key and, beyond the account's first three, $3 for the dashboard (CloudWatch and KMS pricing).
type Observability struct {
	pulumi.ResourceState

	// Topic hears of alarms that go off and are over, and of the budget. It is encrypted by a key of its own, which CloudWatch and Budgets, and
	// nobody else, may use: they cannot publish to a topic that the AWS-managed key encrypts.
	Topic *FanOutTopic
	// DashboardName is the name of the dashboard, which CloudWatch shows in its console; set by NewDashboard.
	DashboardName pulumi.StringOutput

	logicalName string
	alarms      []pulumi.StringOutput // ARNs
}

// NewObservability creates the topic, its key and its subscriptions, and the budget.
func NewObservability(ctx *pulumi.Context, name string, args *ObservabilityArgs, opts ...pulumi.ResourceOption) (*Observability, error) {
	if args == nil {
		args = &ObservabilityArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	o := &Observability{logicalName: name}
	if err := ctx.RegisterComponentResource(token("Observability"), name, o, opts...); err != nil {
		return nil, wrap("Observability", name, err)
	}
	if err := o.newTopic(ctx, args); err != nil {
		return nil, wrap("Observability", name, err)
	}
	if args.Budget != nil {
		if err := o.newBudget(ctx, args.Budget); err != nil {
			return nil, wrap("Observability", name, err)
		}
	}
	return o, ctx.RegisterResourceOutputs(o, pulumi.Map{"topicArn": o.Topic.ARN})
}

// Alarms makes a component's alarms tell the topic, and show on the dashboard.
func (o *Observability) Alarms() Alarms {
	return Alarms{Topic: o.Topic.ARN, created: &o.alarms}
}

// NewDashboard creates the dashboard: the state of all alarms, and under a heading for each section the graphs of its components.
func (o *Observability) NewDashboard(ctx *pulumi.Context, sections ...Section) error {
	p := check("Observability", o.logicalName)
	p.want(o.DashboardName.OutputState == nil, "NewDashboard", "called again", "one dashboard")
	p.want(len(sections) > 0, "Sections", len(sections), "at least one section")
	widgets, metrics := len(o.alarms)/maxWidgetAlarms+1, 0
	for _, s := range sections {
		w, m := s.validate(p)
		widgets, metrics = widgets+w, metrics+m
	}
	p.want(widgets <= maxWidgets, "Sections", fmt.Sprintf("%d widgets", widgets), "at most 500 (CloudWatch quota)")
	p.want(metrics <= maxDashboardMetrics, "Sections", fmt.Sprintf("%d metrics", metrics), "at most 2500 (CloudWatch quota)")
	if err := p.err(); err != nil {
		return err
	}
	region, err := aws.GetRegion(ctx, nil, pulumi.Parent(o))
	if err != nil {
		return wrap("Observability", o.logicalName, err)
	}
	d := &dashboard{region: region.Name}
	d.alarms(o.alarms)
	for _, s := range sections {
		d.section(s)
	}
	resource, err := cloudwatch.NewDashboard(ctx, o.logicalName, &cloudwatch.DashboardArgs{
		DashboardName: pulumi.String(stackName(ctx, o.logicalName)), DashboardBody: d.body(),
	}, pulumi.Parent(o))
	if err != nil {
		return wrap("Observability", o.logicalName, err)
	}
	o.DashboardName = resource.DashboardName
	return nil
}

// newTopic creates the topic, to which only the account's own alarms and budgets may publish.
func (o *Observability) newTopic(ctx *pulumi.Context, args *ObservabilityArgs) error {
	partition, err := aws.GetPartition(ctx, nil, pulumi.Parent(o))
	if err != nil {
		return err
	}
	region, err := aws.GetRegion(ctx, nil, pulumi.Parent(o))
	if err != nil {
		return err
	}
	caller, err := aws.GetCallerIdentity(ctx, nil, pulumi.Parent(o))
	if err != nil {
		return err
	}
	arn := func(service, region, resource string) pulumi.String {
		return pulumi.String(fmt.Sprintf("arn:%s:%s:%s:%s:%s", partition.Partition, service, region, caller.AccountId, resource))
	}
	name := o.logicalName + "-alarms"
	key, err := kms.NewKey(ctx, name, &kms.KeyArgs{
		Description:       pulumi.String("Encrypts what alarms and budgets tell the topic " + name),
		EnableKeyRotation: pulumi.Bool(true),
		Policy:            pulumi.String(alarmKeyPolicy(string(arn("iam", "", "root")), caller.AccountId)),
	}, pulumi.Parent(o))
	if err != nil {
		return err
	}
	o.Topic, err = NewFanOutTopic(ctx, name, &FanOutTopicArgs{
		KMSKey: key.Arn,
		publishers: []sender{
			{"cloudwatch.amazonaws.com", arn("cloudwatch", region.Name, "alarm:*")},
			{"budgets.amazonaws.com", arn("budgets", "", "*")},
		},
	}, pulumi.Parent(o))
	if err != nil {
		return err
	}
	for _, address := range args.Emails {
		if err := o.Topic.SubscribeEmail(ctx, emailName(address), pulumi.String(address), nil); err != nil {
			return err
		}
	}
	return nil
}

// alarmKeyPolicy lets the account's IAM policies decide about the key, as AWS advises, and lets alarms and budgets of the account encrypt.
func alarmKeyPolicy(root, account string) string {
	return jsonText(map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": root}, "Action": "kms:*", "Resource": "*"},
		map[string]any{
			"Effect":    "Allow",
			"Principal": map[string]any{"Service": []any{"budgets.amazonaws.com", "cloudwatch.amazonaws.com"}},
			"Action":    []any{"kms:Decrypt", "kms:GenerateDataKey"},
			"Resource":  "*", // which in a key's own policy is the key
			"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": account}},
		},
	}})
}

// emailName is an address as part of a logical name: Ops@example.com → to-ops-example-com.
func emailName(address string) string {
	return "to-" + strings.Trim(notWord.ReplaceAllString(strings.ToLower(address), "-"), "-")
}

// newBudget creates the budget and its notifications.
func (o *Observability) newBudget(ctx *pulumi.Context, b *Budget) error {
	var notifications budgets.BudgetNotificationArray
	add := func(kind string, percentages []int) {
		for _, percent := range percentages {
			notifications = append(notifications, &budgets.BudgetNotificationArgs{
				NotificationType:       pulumi.String(kind),
				ComparisonOperator:     pulumi.String("GREATER_THAN"),
				Threshold:              pulumi.Float64(float64(percent)),
				ThresholdType:          pulumi.String("PERCENTAGE"),
				SubscriberSnsTopicArns: pulumi.StringArray{o.Topic.ARN},
			})
		}
	}
	add("ACTUAL", b.spent())
	add("FORECASTED", b.forecast())
	_, err := budgets.NewBudget(ctx, o.logicalName, &budgets.BudgetArgs{
		BudgetType:    pulumi.String("COST"),
		LimitAmount:   pulumi.String(strconv.Itoa(b.MonthlyUSD)),
		LimitUnit:     pulumi.String("USD"),
		TimeUnit:      pulumi.String("MONTHLY"),
		Notifications: notifications,
	}, pulumi.Parent(o), pulumi.DependsOn([]pulumi.Resource{o.Topic})) // Budgets checks that it may publish
	return err
}

func (b *Budget) spent() []int {
	if b.Spent == nil {
		return []int{80, 100}
	}
	return b.Spent
}

func (b *Budget) forecast() []int {
	if b.Forecast == nil {
		return []int{100}
	}
	return b.Forecast
}

// maxObservabilityName leaves room for a hyphen and seven random characters in a budget's name of 100.
const maxObservabilityName = 92

// maxBudgetNotifications is how many notifications a budget may have (CreateBudget in the Budgets API reference).
const maxBudgetNotifications = 10

func (a *ObservabilityArgs) validate(name string) error {
	p := check("Observability", name)
	p.fits(name, maxObservabilityName)
	names := map[string]bool{}
	for _, address := range a.Emails {
		p.want(mailAddress.MatchString(address), "Emails", address, "an e-mail address")
		p.want(!names[emailName(address)], "Emails", address, "every address once")
		names[emailName(address)] = true
	}
	if a.Budget != nil {
		p.want(a.Budget.MonthlyUSD >= 1, "Budget.MonthlyUSD", a.Budget.MonthlyUSD, "at least 1 US dollar")
		for field, percentages := range map[string][]int{"Budget.Spent": a.Budget.spent(), "Budget.Forecast": a.Budget.forecast()} {
			p.want(len(slices.Compact(slices.Sorted(slices.Values(percentages)))) == len(percentages), field, percentages, "each percentage once")
		}
		all := slices.Concat(a.Budget.spent(), a.Budget.forecast())
		p.want(len(all) >= 1 && len(all) <= maxBudgetNotifications, "Budget.Spent and Budget.Forecast", all, "1–10 percentages altogether (AWS Budgets quota)")
		for _, percent := range all {
			p.want(percent >= 1 && percent <= 1000, "Budget.Spent and Budget.Forecast", percent, "1–1000 percent of MonthlyUSD")
		}
	}
	return p.err()
}
