package components

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// Limits and defaults of event buses ("Amazon EventBridge quotas" in the EventBridge user guide, PutTargets and CreateArchive in its
// API reference).
const (
	defaultArchiveDays = 30
	maxArchiveDays     = 3650
	// maxArchivelessBusName leaves room for a hyphen and seven random characters in a name of 256.
	maxArchivelessBusName = 248
	maxBusName            = 32 // leaves room for -archive and eight random characters in an archive's name of 48
	maxRuleName           = 56 // leaves room for eight random characters in a rule's name of 64
	maxRuleWithRoleName   = 51 // leaves room for -role, too, in a role's name of 64
	maxTargetName         = 64
	maxRuleDescription    = 512
	maxTargets            = 5
	minDeliveryAge        = 60 * time.Second
	maxDeliveryAge        = 24 * time.Hour
	maxDeliveryAttempts   = 185
	maxTransformerPaths   = 100
	maxTransformerBytes   = 8192
	maxMessageGroupBytes  = 128
)

// EventBusArgs describes an EventBridge event bus, to which only those may send events who were granted it.
type EventBusArgs struct {
	// ArchiveDays is how long every event is kept so that it can be replayed: 1–3,650. Default 30.
	ArchiveDays int
	// DisableArchive keeps no events.
	DisableArchive bool
}

// EventBus is an EventBridge event bus. Events are encrypted with a key that AWS owns.
type EventBus struct {
	pulumi.ResourceState

	// Name is the physical name of the bus.
	Name pulumi.StringOutput
	// ARN of the bus.
	ARN pulumi.StringOutput
	// ArchiveARN is the archive, if there is one.
	ArchiveARN pulumi.StringOutput

	logicalName string
	rules       []string
	ruleARNs    map[string]pulumi.StringOutput
	deadLetters []DeadLetterQueue
}

// RuleARNs are the bus's rules by the names that [EventBus.Rule] was given.
func (b *EventBus) RuleARNs() map[string]pulumi.StringOutput { return maps.Clone(b.ruleARNs) }

// DeadLetterQueues are the queues that keep events that could not be delivered, of each rule that has one.
func (b *EventBus) DeadLetterQueues() []DeadLetterQueue { return b.deadLetters }

// NewEventBus creates the bus and its archive. Rules are added by [EventBus.Rule].
func NewEventBus(ctx *pulumi.Context, name string, args *EventBusArgs, opts ...pulumi.ResourceOption) (*EventBus, error) {
	if args == nil {
		args = &EventBusArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	b := &EventBus{logicalName: name, ruleARNs: map[string]pulumi.StringOutput{}}
	if err := ctx.RegisterComponentResource(token("EventBus"), name, b, opts...); err != nil {
		return nil, wrap("EventBus", name, err)
	}
	bus, err := cloudwatch.NewEventBus(ctx, name, &cloudwatch.EventBusArgs{}, pulumi.Parent(b))
	if err != nil {
		return nil, wrap("EventBus", name, err)
	}
	b.Name, b.ARN = bus.Name, bus.Arn
	outputs := pulumi.Map{"name": b.Name, "arn": b.ARN}
	if !args.DisableArchive {
		archive, err := cloudwatch.NewEventArchive(ctx, name+"-archive", &cloudwatch.EventArchiveArgs{
			EventSourceArn: bus.Arn, RetentionDays: pulumi.Int(or(args.ArchiveDays, defaultArchiveDays)),
		}, pulumi.Parent(b))
		if err != nil {
			return nil, wrap("EventBus", name, err)
		}
		b.ArchiveARN = archive.Arn
		outputs["archiveArn"] = b.ArchiveARN
	}
	return b, ctx.RegisterResourceOutputs(b, outputs)
}

// GrantPutEvents allows sending events to the bus and links its name as <NAME>_BUS.
func (b *EventBus) GrantPutEvents() policies.Grant {
	return policies.Grant{
		Statements: []policies.Statement{{Actions: []string{string(policies.PutEvents)}, Resources: []pulumi.StringInput{b.ARN}}},
		Links:      []policies.Link{{Variable: variable(b.logicalName, "BUS"), Value: b.Name, Resource: b.logicalName + " (EventBus)"}},
	}
}

// DeliverTo makes the bus a [Destination] of asynchronous invocations.
func (b *EventBus) DeliverTo() (pulumi.StringInput, policies.Grant) {
	return b.ARN, policies.Grant{Statements: b.GrantPutEvents().Statements}
}

// rulesARN stands for all rules of the bus.
func (b *EventBus) rulesARN() pulumi.StringOutput {
	return b.ARN.ApplyT(func(arn string) string {
		return strings.Replace(arn, ":event-bus/", ":rule/", 1) + "/*"
	}).(pulumi.StringOutput)
}

// DeliveryRetry is how long EventBridge tries to deliver an event.
type DeliveryRetry struct {
	// MaxAge is the age from which an event is given up: 60 s–24 h, whole seconds. Default 24 h.
	MaxAge time.Duration
	// Attempts is how often delivery is tried again: 0–185. 0 gives up on the first failure.
	Attempts int
}

// DefaultDeliveryRetry is the retry policy of a rule that sets none, and EventBridge's own.
var DefaultDeliveryRetry = DeliveryRetry{MaxAge: maxDeliveryAge, Attempts: maxDeliveryAttempts}

// InputTransformer rewrites an event for a target.
type InputTransformer struct {
	// Paths are JSON paths into the event, such as $.detail.orderId, by the names of their placeholders: at most 100.
	Paths map[string]string
	// Template is JSON, up to 8,192 bytes, in which <name> stands for the value at the path called name. Every placeholder must
	// be defined and every path used. EventBridge's own are <aws.events.event>, <aws.events.event.json>,
	// <aws.events.event.ingestion-time>, <aws.events.rule-arn> and <aws.events.rule-name>.
	Template string
}

// Target receives the events that match a rule. Exactly one of Function, Queue, Topic, Workflow and Bus is set.
type Target struct {
	// Name tells targets of one rule apart. Default: the component's name; for Workflow workflow.
	Name string
	// Function is invoked asynchronously; what becomes of events that it fails on, its Async says.
	Function *Function
	// Queue gets the event as a message. Its [WorkQueueArgs.Buses] must name the bus; if it is FIFO, it must have
	// ContentBasedDeduplication.
	Queue *WorkQueue
	// MessageGroup is the message group of a FIFO queue: 1–128 characters. Required for those, else refused.
	MessageGroup string
	// Topic gets the event as a message. FIFO topics are refused.
	Topic *FanOutTopic
	// Workflow is the ARN of the state machine that is started with the event as its input.
	Workflow pulumi.StringInput
	// Bus gets the event as it is. Another one than the rule's.
	Bus *EventBus
	// Transform rewrites the event. Not with Bus. Default: the whole event.
	Transform *InputTransformer
}

// RuleArgs describes which events go where.
type RuleArgs struct {
	// Description says what the rule is for: at most 512 characters.
	Description string
	// Pattern selects the events. Required.
	Pattern EventPattern
	// Targets get each of these events: 1–5 (EventBridge quota).
	Targets []Target
	// Retry is how long delivery is tried. Default [DefaultDeliveryRetry].
	Retry *DeliveryRetry
	// DisableDeadLetterQueue forgets events that cannot be delivered. Default: they go to the queue <bus>-<rule>-dlq.
	DisableDeadLetterQueue bool
	// Disabled stops the rule.
	Disabled bool
	// Alarms says who hears when events could not be delivered.
	Alarms Alarms
}

// Rule sends the events that match the pattern to the targets, at least once. Its resources are called <bus>-<name>.
func (b *EventBus) Rule(ctx *pulumi.Context, name string, args *RuleArgs) error {
	if args == nil {
		args = &RuleArgs{}
	}
	p := check("EventBus.Rule", name)
	p.name = b.logicalName + "-" + name
	pattern := args.validate(p, b, name)
	if err := p.err(); err != nil {
		return err
	}
	b.rules = append(b.rules, name)
	return wrap(p.component, p.name, b.newRule(ctx, p.name, pattern, args))
}

func (b *EventBus) newRule(ctx *pulumi.Context, name, pattern string, args *RuleArgs) error {
	state := "ENABLED"
	if args.Disabled {
		state = "DISABLED"
	}
	resource := &cloudwatch.EventRuleArgs{EventBusName: b.Name, EventPattern: pulumi.String(pattern), State: pulumi.String(state)}
	if args.Description != "" {
		resource.Description = pulumi.String(args.Description)
	}
	rule, err := cloudwatch.NewEventRule(ctx, name, resource, pulumi.Parent(b))
	if err != nil {
		return err
	}
	b.ruleARNs[strings.TrimPrefix(name, b.logicalName+"-")] = rule.Arn
	retry := DefaultDeliveryRetry
	if args.Retry != nil {
		retry = DeliveryRetry{MaxAge: or(args.Retry.MaxAge, maxDeliveryAge), Attempts: args.Retry.Attempts}
	}
	delivery := &cloudwatch.EventTargetArgs{
		Rule: rule.Name, EventBusName: b.Name,
		RetryPolicy: &cloudwatch.EventTargetRetryPolicyArgs{
			MaximumEventAgeInSeconds: pulumi.Int(int(retry.MaxAge.Seconds())),
			MaximumRetryAttempts:     pulumi.Int(retry.Attempts),
		},
	}
	if !args.DisableDeadLetterQueue {
		undelivered, err := newDeadLetterQueue(ctx, b, name, deadLetters{
			what:    fmt.Sprintf("Events of rule %s could not be delivered.", name),
			senders: []sender{{"events.amazonaws.com", rule.Arn}},
			alarms:  args.Alarms,
		})
		if err != nil {
			return err
		}
		delivery.DeadLetterConfig = &cloudwatch.EventTargetDeadLetterConfigArgs{Arn: undelivered.Arn}
		b.deadLetters = append(b.deadLetters, undelivered.describe(FromRule, targetARNs(args.Targets)...))
	}
	role, policy, err := b.newRole(ctx, name, rule, args.Targets)
	if err != nil {
		return err
	}
	for _, target := range args.Targets {
		targetArgs := *delivery
		if err := b.newTarget(ctx, name, rule, role, policy, target, &targetArgs); err != nil {
			return err
		}
	}
	return nil
}

// newTarget completes what all targets of the rule have in common, and lets the rule call a function.
func (b *EventBus) newTarget(ctx *pulumi.Context, name string, rule *cloudwatch.EventRule, role *iam.Role, policy *iam.RolePolicy, target Target, args *cloudwatch.EventTargetArgs) error {
	name += "-" + target.name()
	args.TargetId = pulumi.String(target.name())
	options := []pulumi.ResourceOption{pulumi.Parent(b)}
	switch {
	case target.Function != nil:
		args.Arn = target.Function.ARN
		permission, err := target.Function.permit(ctx, b, name, "events.amazonaws.com", rule.Arn)
		if err != nil {
			return err
		}
		options = append(options, pulumi.DependsOn([]pulumi.Resource{permission}))
	case target.Queue != nil:
		args.Arn = target.Queue.ARN
		if target.MessageGroup != "" {
			args.SqsTarget = &cloudwatch.EventTargetSqsTargetArgs{MessageGroupId: pulumi.String(target.MessageGroup)}
		}
	default:
		arn, _ := target.byRole()
		args.Arn, args.RoleArn = arn, role.Arn
		options = append(options, pulumi.DependsOn([]pulumi.Resource{policy}))
	}
	if t := target.Transform; t != nil {
		args.InputTransformer = &cloudwatch.EventTargetInputTransformerArgs{
			InputPaths: pulumi.ToStringMap(t.Paths), InputTemplate: pulumi.String(t.Template),
		}
	}
	_, err := cloudwatch.NewEventTarget(ctx, name, args, options...)
	return err
}

// targetARNs are where a rule sends its events.
func targetARNs(targets []Target) []pulumi.StringOutput {
	arns := make([]pulumi.StringOutput, len(targets))
	for i, t := range targets {
		switch {
		case t.Function != nil:
			arns[i] = t.Function.ARN
		case t.Queue != nil:
			arns[i] = t.Queue.ARN
		default:
			arn, _ := t.byRole()
			arns[i] = arn.ToStringOutput()
		}
	}
	return arns
}

// byRole is the ARN of a target that EventBridge reaches by taking on a role, and what the role must be allowed.
// Functions and queues are reached by their own policies, which name the rule. A topic's policy could not: SNS takes no conditions
// for EventBridge ("Using resource-based policies" in the EventBridge user guide), whereas the role's trust policy can.
func (t Target) byRole() (pulumi.StringInput, policies.Grant) {
	switch {
	case t.Topic != nil:
		return t.Topic.DeliverTo()
	case t.Bus != nil:
		return t.Bus.DeliverTo()
	case t.Workflow != nil:
		return t.Workflow, policies.Grant{Statements: []policies.Statement{{
			Actions: []string{"states:StartExecution"}, Resources: []pulumi.StringInput{t.Workflow},
		}}}
	}
	return nil, policies.Grant{}
}

// newRole creates the role with which EventBridge reaches the rule's topics, buses and workflows; nil if it has none. Only the rule
// can take it on.
func (b *EventBus) newRole(ctx *pulumi.Context, name string, rule *cloudwatch.EventRule, targets []Target) (*iam.Role, *iam.RolePolicy, error) {
	var grants []policies.Grant
	for _, target := range targets {
		if arn, grant := target.byRole(); arn != nil {
			grants = append(grants, grant)
		}
	}
	if len(grants) == 0 {
		return nil, nil, nil
	}
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description: pulumi.String("Where the rule " + name + " may deliver events"),
		AssumeRolePolicy: rule.Arn.ApplyT(func(arn string) string {
			return jsonText(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
				"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": "events.amazonaws.com"},
				"Condition": map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": arn}},
			}}})
		}).(pulumi.StringOutput),
	}, pulumi.Parent(b))
	if err != nil {
		return nil, nil, err
	}
	policy, err := iam.NewRolePolicy(ctx, name+"-policy", &iam.RolePolicyArgs{
		Role: role.Name, Policy: policies.Document(grants...),
	}, pulumi.Parent(b))
	return role, policy, err
}

// name tells the target from others of its rule.
func (t Target) name() string {
	switch {
	case t.Name != "":
		return t.Name
	case t.Function != nil:
		return t.Function.logicalName
	case t.Queue != nil:
		return t.Queue.logicalName
	case t.Topic != nil:
		return t.Topic.logicalName
	case t.Bus != nil:
		return t.Bus.logicalName
	}
	return "workflow"
}

func (a *EventBusArgs) validate(name string) error {
	p := check("EventBus", name)
	p.fits(name, maxArchivelessBusName)
	p.want(len(name) <= maxBusName || a.DisableArchive, "name", name, "at most 32 characters, since the archive's name has at most 48")
	p.want(a.ArchiveDays >= 0 && a.ArchiveDays <= maxArchiveDays, "ArchiveDays", a.ArchiveDays, "1–3650 days, or 0 for the default of 30")
	p.want(!a.DisableArchive || a.ArchiveDays == 0, "ArchiveDays", a.ArchiveDays, "0, since DisableArchive keeps no events")
	return p.err()
}

// validate checks a rule of the bus and returns the rendered pattern.
func (a *RuleArgs) validate(p *problems, bus *EventBus, name string) string {
	p.want(len(p.name) <= maxRuleName, "name", p.name, "at most 56 characters with the bus's name")
	byRole := slices.ContainsFunc(a.Targets, func(t Target) bool { arn, _ := t.byRole(); return arn != nil })
	p.want(!byRole || len(p.name) <= maxRuleWithRoleName, "name", p.name, "at most 51 characters with the bus's name, for a topic, bus or workflow is reached by a role")
	p.want(!slices.Contains(bus.rules, name), "name", name, "a name that no other rule of the bus has")
	p.want(len(a.Description) <= maxRuleDescription, "Description", a.Description, "at most 512 characters")
	p.want(len(a.Targets) >= 1 && len(a.Targets) <= maxTargets, "Targets", len(a.Targets), "1–5 (EventBridge quota)")
	if a.Retry != nil {
		age := or(a.Retry.MaxAge, maxDeliveryAge)
		p.want(age >= minDeliveryAge && age <= maxDeliveryAge && age%time.Second == 0, "Retry.MaxAge", age, "1m–24h in whole seconds")
		p.want(a.Retry.Attempts >= 0 && a.Retry.Attempts <= maxDeliveryAttempts, "Retry.Attempts", a.Retry.Attempts, "0–185")
	}
	names := map[string]bool{}
	for i, target := range a.Targets {
		field := fmt.Sprintf("Targets[%d]", i)
		target.validate(p, field, bus)
		p.want(!names[target.name()], field+".Name", target.name(), "a name that no other target of the rule has")
		p.want(componentName.MatchString(target.name()) && len(target.name()) <= maxTargetName, field+".Name", target.name(),
			"lower-case words joined by hyphens, at most 64 characters")
		names[target.name()] = true
	}
	return eventBridgePatterns.pattern(p, "Pattern", a.Pattern.fields())
}

func (t Target) validate(p *problems, field string, bus *EventBus) {
	var kinds []string
	for kind, set := range map[string]bool{
		"Function": t.Function != nil, "Queue": t.Queue != nil, "Topic": t.Topic != nil, "Workflow": t.Workflow != nil, "Bus": t.Bus != nil,
	} {
		if set {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	p.want(len(kinds) == 1, field, kinds, "exactly one of Function, Queue, Topic, Workflow and Bus")
	fifo := t.Queue != nil && t.Queue.fifo
	if t.Queue != nil {
		p.want(slices.Contains(t.Queue.buses, bus), field+".Queue", t.Queue.logicalName,
			fmt.Sprintf("a queue that names the bus %s in WorkQueueArgs.Buses", bus.logicalName))
		p.want(!fifo || t.Queue.contentBased, field+".Queue", t.Queue.logicalName,
			"ContentBasedDeduplication, since EventBridge sends no deduplication id to a FIFO queue")
	}
	if fifo {
		p.want(len(t.MessageGroup) >= 1 && len(t.MessageGroup) <= maxMessageGroupBytes, field+".MessageGroup", t.MessageGroup, "1–128 characters for a FIFO queue")
	} else {
		p.want(t.MessageGroup == "", field+".MessageGroup", t.MessageGroup, "none, since only FIFO queues have message groups")
	}
	p.want(t.Topic == nil || !t.Topic.fifo, field+".Topic", "FIFO", "a standard topic: EventBridge sends no message group to topics")
	p.want(t.Bus == nil || t.Bus != bus, field+".Bus", bus.logicalName, "another bus than the rule's own")
	p.want(t.Bus == nil || t.Transform == nil, field+".Transform", "InputTransformer", "none, since a bus gets the event as it is")
	if t.Transform != nil {
		t.Transform.validate(p, field+".Transform")
	}
}

var (
	placeholder     = regexp.MustCompile(`<([^<>\s]+)>`)
	placeholderName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	// eventPath accepts the JSON paths that EventBridge takes: fields, quoted fields and array indexes.
	eventPath = regexp.MustCompile(`^\$(\.[A-Za-z0-9_-]+|\['[^']+'\]|\["[^"]+"\]|\[\d+\]|\[\*\])*$`)
	// ownPlaceholders are EventBridge's.
	ownPlaceholders = []string{
		"aws.events.event", "aws.events.event.json", "aws.events.event.ingestion-time", "aws.events.rule-arn", "aws.events.rule-name",
	}
)

func (t *InputTransformer) validate(p *problems, field string) {
	p.want(len(t.Paths) <= maxTransformerPaths, field+".Paths", len(t.Paths), "at most 100 (EventBridge quota)")
	p.want(len(t.Template) >= 1 && len(t.Template) <= maxTransformerBytes, field+".Template", fmt.Sprintf("%d bytes", len(t.Template)), "1–8192 bytes (EventBridge quota)")
	used := map[string]bool{}
	for _, match := range placeholder.FindAllStringSubmatch(t.Template, -1) {
		_, defined := t.Paths[match[1]]
		p.want(used[match[1]] || defined || slices.Contains(ownPlaceholders, match[1]), field+".Template", match[0], "a placeholder that Paths defines")
		used[match[1]] = true
	}
	for _, name := range slices.Sorted(maps.Keys(t.Paths)) {
		p.want(placeholderName.MatchString(name) && !strings.HasPrefix(strings.ToLower(name), "aws"), field+".Paths", name, "a name of letters, digits, '_' and '-' that does not begin with aws")
		p.want(eventPath.MatchString(t.Paths[name]), field+".Paths["+name+"]", t.Paths[name], "a JSON path such as $.detail.orderId")
		p.want(used[name], field+".Paths", name, "a path that Template uses")
	}
	// A placeholder stands for a whole value or for a part of a text; a digit fits both.
	p.want(json.Valid(placeholder.ReplaceAll([]byte(t.Template), []byte("0"))), field+".Template", t.Template, `JSON; a text stands in quotes: "Order <id>"`)
}
