package components

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the same time zones on every machine that deploys, also on one that has none

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/scheduler"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components/schedule"
	"github.com/serverless-shop/serverless-shop/policies"
)

// Limits of EventBridge Scheduler ("CreateSchedule" in its API reference, and its quotas).
const (
	maxScheduleWindow   = 24 * time.Hour
	maxScheduleRetries  = 185
	minScheduleAge      = time.Minute
	maxScheduleAge      = 24 * time.Hour
	maxScheduleInput    = 256 * 1024
	maxScheduledJobName = maxNamePart - len("-group")
)

// nextRuns is how many of the coming runs are shown.
const nextRuns = 5

// JobTarget is what a [ScheduledJob] starts: a [Function], a [Workflow] or a [ContainerJob].
type JobTarget interface {
	// JobTarget is the target as Scheduler knows it, to which the job adds role, input, retries and dead-letter queue, and
	// the permission to start it.
	JobTarget() (scheduler.ScheduleTargetArgs, policies.Grant)
}

// ScheduledJobArgs describes when something runs, by EventBridge Scheduler.
type ScheduledJobArgs struct {
	// Expression says when: rate(5 minutes), cron(0 9 ? * MON-FRI *) or at(2024-12-25T00:00:00). Required. See package
	// [github.com/serverless-shop/serverless-shop/components/schedule]. An at(…) that has passed is an error, since the job would
	// never run; remove the job, or disable it, when its time is over.
	Expression string
	// Target is what runs. Required.
	Target JobTarget
	// Description says what the job is for: at most 512 characters.
	Description string
	// TimeZone of the expression's clock by its IANA name, such as Europe/Berlin. Default UTC.
	// A run at a time that daylight saving time skips is skipped; one at a time that comes twice happens once.
	TimeZone string
	// FlexibleWindow lets Scheduler spread the runs over so much time after the due one: 1 min–24 h, whole minutes.
	// Default: within a minute.
	FlexibleWindow time.Duration
	// Start is before which a recurring job does not run, and from which a rate counts. Default: its creation. Scheduler refuses a Start that has
	// passed, whatever else is to be changed, so from then on it is left out: a rate then counts from the deployment that left it out.
	Start time.Time
	// End is after which a recurring job does not run. Default: it runs for ever.
	End time.Time
	// Input is what the target receives, as JSON: at most 256 KB. In its strings, <aws.scheduler.scheduled-time>,
	// <aws.scheduler.execution-id>, <aws.scheduler.attempt-number> and <aws.scheduler.schedule-arn> stand for their values.
	// Default: Scheduler's own event.
	Input any
	// MaxRetries is how often Scheduler tries again to start the target: 1–185. Default 185.
	MaxRetries int
	// DisableRetries never tries again.
	DisableRetries bool
	// MaxEventAge is for how long it tries: 1 min–24 h, whole seconds. Default 24 h.
	MaxEventAge time.Duration
	// DisableDeadLetterQueue forgets runs that could not be started, instead of keeping them 14 days.
	DisableDeadLetterQueue bool
	// Disabled keeps the schedule without running it.
	Disabled bool
	// DefaultGroup puts the schedule into the account's schedule group "default", whose other schedules could then use the job's role,
	// and in which its metrics cannot be told from theirs. Default: a group of its own.
	DefaultGroup bool
	// Alarms says who hears when a run could not be started.
	Alarms Alarms
	// Now is the moment that counts as the present. Default: the present.
	Now time.Time
}

// ScheduledJob is a schedule that starts one target, with a role that may do only that.
type ScheduledJob struct {
	pulumi.ResourceState

	// Name is the physical name of the schedule.
	Name pulumi.StringOutput
	// ARN of the schedule.
	ARN pulumi.StringOutput
	// GroupName is the schedule group.
	GroupName pulumi.StringOutput
	// DeadLetterQueueURL is where to look at runs that could not be started, if there is a queue.
	DeadLetterQueueURL pulumi.StringOutput
	// NextRuns are the next five runs, as far as they are known before the deployment: those of a rate without Start count from
	// its creation. None if the job is disabled.
	NextRuns []time.Time

	logicalName string
}

// NewScheduledJob creates the schedule, its group, its role and its dead-letter queue.
func NewScheduledJob(ctx *pulumi.Context, name string, args *ScheduledJobArgs, opts ...pulumi.ResourceOption) (*ScheduledJob, error) {
	if args == nil {
		args = &ScheduledJobArgs{}
	}
	plan, err := args.validate(name)
	if err != nil {
		return nil, err
	}
	j := &ScheduledJob{logicalName: name, NextRuns: plan.runs}
	if err := ctx.RegisterComponentResource(token("ScheduledJob"), name, j, opts...); err != nil {
		return nil, wrap("ScheduledJob", name, err)
	}
	groupARN, err := j.newGroup(ctx, args)
	if err != nil {
		return nil, wrap("ScheduledJob", name, err)
	}
	target, permission := args.Target.JobTarget()
	grants := []policies.Grant{permission}
	if !args.DisableDeadLetterQueue {
		queue, err := newDeadLetterQueue(ctx, j, name, deadLetters{what: "The job " + name + " could not be started.", alarms: args.Alarms})
		if err != nil {
			return nil, wrap("ScheduledJob", name, err)
		}
		arn, permission := queue.DeliverTo()
		grants = append(grants, permission)
		j.DeadLetterQueueURL = queue.Url
		target.DeadLetterConfig = &scheduler.ScheduleTargetDeadLetterConfigArgs{Arn: arn}
	}
	role, policy, err := j.newRole(ctx, groupARN, grants)
	if err != nil {
		return nil, wrap("ScheduledJob", name, err)
	}
	target.RoleArn = role.Arn
	if plan.input != "" {
		target.Input = pulumi.String(plan.input)
	}
	target.RetryPolicy = &scheduler.ScheduleTargetRetryPolicyArgs{
		MaximumRetryAttempts:     pulumi.Int(args.retries()),
		MaximumEventAgeInSeconds: pulumi.Int(int(or(args.MaxEventAge, maxScheduleAge).Seconds())),
	}
	schedule, err := scheduler.NewSchedule(ctx, name, args.schedule(j.GroupName, target),
		pulumi.Parent(j), pulumi.DependsOn([]pulumi.Resource{policy})) // Scheduler checks that it may take on the role
	if err != nil {
		return nil, wrap("ScheduledJob", name, err)
	}
	j.Name, j.ARN = schedule.Name, schedule.Arn
	return j, ctx.RegisterResourceOutputs(j, pulumi.Map{
		"name": j.Name, "arn": j.ARN, "groupName": j.GroupName, "nextRuns": pulumi.ToStringArray(clockTimes(j.NextRuns)),
	})
}

// schedule describes the schedule itself.
func (a *ScheduledJobArgs) schedule(group pulumi.StringInput, target scheduler.ScheduleTargetArgs) *scheduler.ScheduleArgs {
	state := "ENABLED"
	if a.Disabled {
		state = "DISABLED"
	}
	window := scheduler.ScheduleFlexibleTimeWindowArgs{Mode: pulumi.String("OFF")}
	if a.FlexibleWindow != 0 {
		window.Mode = pulumi.String("FLEXIBLE")
		window.MaximumWindowInMinutes = pulumi.Int(int(a.FlexibleWindow.Minutes()))
	}
	args := &scheduler.ScheduleArgs{
		Description:                pulumi.String(a.Description),
		GroupName:                  group.ToStringOutput(),
		ScheduleExpression:         pulumi.String(a.Expression),
		ScheduleExpressionTimezone: pulumi.String(or(a.TimeZone, "UTC")),
		FlexibleTimeWindow:         window,
		State:                      pulumi.String(state),
		Target:                     target,
	}
	if start := a.start(); !start.IsZero() {
		args.StartDate = pulumi.String(start.UTC().Format(time.RFC3339))
	}
	if !a.End.IsZero() {
		args.EndDate = pulumi.String(a.End.UTC().Format(time.RFC3339))
	}
	return args
}

// newGroup creates the job's schedule group, with an alarm on its metrics, or finds the account's default one.
func (j *ScheduledJob) newGroup(ctx *pulumi.Context, args *ScheduledJobArgs) (arn pulumi.StringInput, err error) {
	if args.DefaultGroup {
		j.GroupName = pulumi.String("default").ToStringOutput()
		return defaultGroupARN(ctx, j)
	}
	group, err := scheduler.NewScheduleGroup(ctx, j.logicalName+"-group", &scheduler.ScheduleGroupArgs{}, pulumi.Parent(j))
	if err != nil {
		return nil, err
	}
	j.GroupName = group.Name
	return group.Arn, newAlarms(ctx, j, j.logicalName, args.Alarms, alarm{
		role: "dropped", description: "The job " + j.logicalName + " could not be started, and Scheduler has given up a run.",
		namespace: "AWS/Scheduler", metric: "InvocationDroppedCount", statistic: "Sum",
		dimensions: map[string]pulumi.StringInput{"ScheduleGroup": group.Name}, threshold: 1, period: 5 * time.Minute,
	})
}

// defaultGroupARN is the schedule group that every account has.
func defaultGroupARN(ctx *pulumi.Context, parent pulumi.Resource) (pulumi.StringInput, error) {
	partition, err := aws.GetPartition(ctx, nil, pulumi.Parent(parent))
	if err != nil {
		return nil, err
	}
	region, err := aws.GetRegion(ctx, nil, pulumi.Parent(parent))
	if err != nil {
		return nil, err
	}
	caller, err := aws.GetCallerIdentity(ctx, nil, pulumi.Parent(parent))
	if err != nil {
		return nil, err
	}
	return pulumi.Sprintf("arn:%s:scheduler:%s:%s:schedule-group/default", partition.Partition, region.Name, caller.AccountId), nil
}

// newRole creates the role that schedules of the group, and nobody else, can take on. A schedule's own ARN cannot stand there: Scheduler
// names the group as the source ("Confused deputy prevention" in the Scheduler user guide).
func (j *ScheduledJob) newRole(ctx *pulumi.Context, groupARN pulumi.StringInput, grants []policies.Grant) (*iam.Role, *iam.RolePolicy, error) {
	role, err := iam.NewRole(ctx, j.logicalName+"-role", &iam.RoleArgs{
		Description: pulumi.String("What the job " + j.logicalName + " may start"),
		AssumeRolePolicy: groupARN.ToStringOutput().ApplyT(func(arn string) string {
			return trustPolicy("scheduler.amazonaws.com", policies.Conditions{
				"StringEquals": {"aws:SourceAccount": {accountOf(arn)}},
				"ArnEquals":    {"aws:SourceArn": {arn}},
			})
		}).(pulumi.StringOutput),
	}, pulumi.Parent(j))
	if err != nil {
		return nil, nil, err
	}
	policy, err := iam.NewRolePolicy(ctx, j.logicalName+"-policy", &iam.RolePolicyArgs{
		Role: role.Name, Policy: policies.Document(grants...),
	}, pulumi.Parent(j))
	return role, policy, err
}

// trustPolicy lets an AWS service take on a role under conditions.
func trustPolicy(service string, conditions policies.Conditions) string {
	return jsonText(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": service}, "Condition": conditions,
	}}})
}

// accountOf is the account in an ARN: arn:partition:service:region:account:resource.
func accountOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}

// clockTimes writes times for people.
func clockTimes(times []time.Time) []string {
	out := make([]string, len(times))
	for i, t := range times {
		out[i] = t.Format(time.RFC3339)
	}
	return out
}

func (a *ScheduledJobArgs) retries() int {
	if a.DisableRetries {
		return 0
	}
	return or(a.MaxRetries, maxScheduleRetries)
}

// jobPlan is what validation finds out.
type jobPlan struct {
	input string
	runs  []time.Time
}

func (a *ScheduledJobArgs) validate(name string) (jobPlan, error) {
	p := check("ScheduledJob", name)
	p.fits(name, maxScheduledJobName)
	p.want(a.Target != nil, "Target", nil, "what runs, such as a Function or a Workflow")
	p.want(len([]rune(a.Description)) <= 512, "Description", len([]rune(a.Description)), "at most 512 characters")
	p.want(a.FlexibleWindow >= 0 && a.FlexibleWindow <= maxScheduleWindow && a.FlexibleWindow%time.Minute == 0,
		"FlexibleWindow", a.FlexibleWindow, "1m–24h in whole minutes, or 0 for none")
	p.want(a.MaxRetries >= 0 && a.MaxRetries <= maxScheduleRetries, "MaxRetries", a.MaxRetries, "1–185, or 0 for the default of 185")
	p.want(!a.DisableRetries || a.MaxRetries == 0, "MaxRetries", a.MaxRetries, "0, since DisableRetries is set")
	p.want(a.MaxEventAge == 0 || a.MaxEventAge >= minScheduleAge && a.MaxEventAge <= maxScheduleAge && a.MaxEventAge%time.Second == 0,
		"MaxEventAge", a.MaxEventAge, "1m–24h in whole seconds")
	plan := jobPlan{input: a.input(p), runs: a.plan(p)}
	return plan, p.err()
}

func (a *ScheduledJobArgs) input(p *problems) string {
	if a.Input == nil {
		return ""
	}
	if _, err := json.Marshal(a.Input); err != nil {
		p.want(false, "Input", fmt.Sprintf("%T", a.Input), fmt.Sprintf("what can be written as JSON (%v)", err))
		return ""
	}
	text := jsonText(a.Input)
	p.want(len(text) <= maxScheduleInput, "Input", fmt.Sprintf("%d bytes", len(text)), fmt.Sprintf("at most %d (Scheduler quota)", maxScheduleInput))
	return text
}

// plan checks when the job runs, and finds its next runs.
func (a *ScheduledJobArgs) plan(p *problems) []time.Time {
	found := len(p.found)
	expression, err := schedule.Parse(a.Expression)
	if err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			p.found = append(p.found, fmt.Errorf("%s (%s): Expression: %s", p.name, p.component, line))
		}
	}
	zone, err := time.LoadLocation(or(a.TimeZone, "UTC"))
	p.want(err == nil && a.TimeZone != "Local", "TimeZone", a.TimeZone, "an IANA name such as Europe/Berlin")
	bounded := !a.Start.IsZero() || !a.End.IsZero()
	const ignored = "none with at(…), for which Scheduler ignores it"
	p.want(!expression.Once() || a.Start.IsZero(), "Start", a.Start.Format(time.RFC3339), ignored)
	p.want(!expression.Once() || a.End.IsZero(), "End", a.End.Format(time.RFC3339), ignored)
	p.want(a.Start.IsZero() || a.End.IsZero() || a.Start.Before(a.End), "End", a.End.Format(time.RFC3339), "later than Start")
	if len(p.found) > found || a.Disabled {
		return nil
	}
	now := a.now()
	runs := a.runs(expression, now, zone)
	if len(runs) > 0 {
		return runs
	}
	switch {
	case len(expression.Next(time.Time{}, 1, zone)) == 0:
		p.want(false, "Expression", a.Expression, fmt.Sprintf("a time that comes in %s", zone))
	case expression.Once():
		p.want(false, "Expression", a.Expression, fmt.Sprintf("a time after the present, %s; remove the job or disable it", now.In(zone).Format(time.RFC3339)))
	case bounded && len(expression.Next(now, 1, zone)) > 0:
		p.want(false, "End", a.End.Format(time.RFC3339), fmt.Sprintf("time for at least one run; without Start and End the next are %s",
			strings.Join(clockTimes(expression.Next(now, nextRuns, zone)), ", ")))
	default:
		p.want(false, "Expression", a.Expression, fmt.Sprintf("at least one run after the present, %s", now.In(zone).Format(time.RFC3339)))
	}
	return nil
}

// now is the moment that counts as the present.
func (a *ScheduledJobArgs) now() time.Time {
	if a.Now.IsZero() {
		return time.Now()
	}
	return a.Now
}

// start is Start as long as it is to come: Scheduler takes none of more than five minutes ago, and a deployment takes minutes.
func (a *ScheduledJobArgs) start() time.Time {
	if !a.Start.After(a.now()) {
		return time.Time{}
	}
	return a.Start
}

// runs are the next ones between Start and End.
func (a *ScheduledJobArgs) runs(expression schedule.Expression, now time.Time, zone *time.Location) []time.Time {
	after := now
	if start := a.start(); !start.IsZero() {
		after = start.Add(-max(expression.Rate(), time.Nanosecond)) // a run at Start counts
	}
	runs := expression.Next(after, nextRuns, zone)
	for i, run := range runs {
		if !a.End.IsZero() && run.After(a.End) {
			return runs[:i]
		}
	}
	return runs
}
