package components_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/scheduler"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	scheduleType = "aws:scheduler/schedule:Schedule"
	roleType     = "aws:iam/role:Role"
)

// midMay is the present of the tests, a Wednesday.
var midMay = time.Date(2024, 5, 15, 10, 30, 0, 0, time.UTC)

// newJob deploys a job called daily-report and returns what was registered and when it runs.
func newJob(t *testing.T, args components.ScheduledJobArgs) (*mocks.Program, []string) {
	t.Helper()
	var runs []string
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		if args.Target == nil {
			args.Target = newFunction(t, ctx, "report")
		}
		args.Now = midMay
		job, err := components.NewScheduledJob(ctx, "daily-report", &args)
		require.NoError(t, err)
		for _, run := range job.NextRuns {
			runs = append(runs, run.Format(time.RFC3339))
		}
		return nil
	})
	return program, runs
}

func TestScheduledJob_IsSafeByDefault(t *testing.T) {
	program, runs := newJob(t, components.ScheduledJobArgs{Expression: "cron(0 9 * * ? *)"})
	require.Equal(t, []string{
		"aws:cloudwatch/metricAlarm:MetricAlarm daily-report-dlq-not-empty",
		"aws:cloudwatch/metricAlarm:MetricAlarm daily-report-dropped",
		"aws:iam/role:Role daily-report-role",
		"aws:iam/rolePolicy:RolePolicy daily-report-policy",
		"aws:scheduler/schedule:Schedule daily-report",
		"aws:scheduler/scheduleGroup:ScheduleGroup daily-report-group",
		"aws:sqs/queue:Queue daily-report-dlq",
		"aws:sqs/queuePolicy:QueuePolicy daily-report-dlq-policy",
	}, program.Children("daily-report"))

	inputs := program.Get(t, scheduleType, "daily-report").Inputs
	require.Equal(t, "cron(0 9 * * ? *)", inputs["scheduleExpression"])
	require.Equal(t, "UTC", inputs["scheduleExpressionTimezone"])
	require.Equal(t, "ENABLED", inputs["state"])
	require.Equal(t, "daily-report-group-1234567", inputs["groupName"])
	require.Equal(t, map[string]any{"mode": "OFF"}, inputs["flexibleTimeWindow"])
	require.NotContains(t, inputs, "startDate")
	require.NotContains(t, inputs, "endDate")
	require.NotContains(t, inputs, "name", "physical names are made by Pulumi")
	require.Equal(t, map[string]any{
		"arn":              "arn:aws:lambda:eu-central-1:123456789012:function/report-1234567",
		"roleArn":          "arn:aws:iam:eu-central-1:123456789012:role/daily-report-role-1234567",
		"deadLetterConfig": map[string]any{"arn": "arn:aws:sqs:eu-central-1:123456789012:queue/daily-report-dlq-1234567"},
		"retryPolicy":      map[string]any{"maximumRetryAttempts": 185.0, "maximumEventAgeInSeconds": 86400.0},
	}, inputs["target"])
	require.Equal(t, []string{
		"2024-05-16T09:00:00Z", "2024-05-17T09:00:00Z", "2024-05-18T09:00:00Z", "2024-05-19T09:00:00Z", "2024-05-20T09:00:00Z",
	}, runs)

	alarm := program.Get(t, alarmType, "daily-report-dropped").Inputs
	require.Equal(t, "InvocationDroppedCount", alarm["metricName"])
	require.Equal(t, map[string]any{"ScheduleGroup": "daily-report-group-1234567"}, alarm["dimensions"])
}

func TestScheduledJob_ItsRoleStartsItsTargetAndNothingElse(t *testing.T) {
	program, _ := newJob(t, components.ScheduledJobArgs{Expression: "rate(1 hour)"})
	require.Equal(t, map[string][]string{
		"arn:aws:lambda:eu-central-1:123456789012:function/report-1234567":     {"lambda:InvokeFunction"},
		"arn:aws:sqs:eu-central-1:123456789012:queue/daily-report-dlq-1234567": {"sqs:SendMessage"},
	}, allowed(t, program, "daily-report"))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "scheduler.amazonaws.com"},
		"Condition": {
			"StringEquals": {"aws:SourceAccount": ["123456789012"]},
			"ArnEquals": {"aws:SourceArn": ["arn:aws:scheduler:eu-central-1:123456789012:schedule-group/daily-report-group-1234567"]}}}]}`,
		program.Get(t, roleType, "daily-report-role").Inputs["assumeRolePolicy"].(string))
}

func TestScheduledJob_Options(t *testing.T) {
	program, runs := newJob(t, components.ScheduledJobArgs{
		Expression: "rate(5 minutes)", Description: "Sends the report", TimeZone: "Europe/Berlin", FlexibleWindow: 15 * time.Minute,
		Start: midMay.Add(time.Hour), End: midMay.Add(70 * time.Minute), Input: map[string]any{"at": "<aws.scheduler.scheduled-time>", "days": 1},
		MaxRetries: 3, MaxEventAge: time.Hour, DisableDeadLetterQueue: true, DefaultGroup: true,
		Alarms: components.Alarms{Topic: pulumi.String("arn:aws:sns:eu-central-1:123456789012:alarms")},
	})
	inputs := program.Get(t, scheduleType, "daily-report").Inputs
	require.Equal(t, "Sends the report", inputs["description"])
	require.Equal(t, "Europe/Berlin", inputs["scheduleExpressionTimezone"])
	require.Equal(t, map[string]any{"mode": "FLEXIBLE", "maximumWindowInMinutes": 15.0}, inputs["flexibleTimeWindow"])
	require.Equal(t, "2024-05-15T11:30:00Z", inputs["startDate"])
	require.Equal(t, "2024-05-15T11:40:00Z", inputs["endDate"])
	require.Equal(t, "default", inputs["groupName"])
	require.JSONEq(t, `{"at":"<aws.scheduler.scheduled-time>","days":1}`, in(t, inputs, "target", "input").(string))
	require.Equal(t, map[string]any{"maximumRetryAttempts": 3.0, "maximumEventAgeInSeconds": 3600.0}, in(t, inputs, "target", "retryPolicy"))
	require.NotContains(t, inputs["target"], "deadLetterConfig")
	require.Empty(t, program.OfType("aws:sqs/queue:Queue"))
	require.Empty(t, program.OfType("aws:scheduler/scheduleGroup:ScheduleGroup"))
	require.Equal(t, map[string][]string{
		"arn:aws:lambda:eu-central-1:123456789012:function/report-1234567": {"lambda:InvokeFunction"},
	}, allowed(t, program, "daily-report"))
	require.Contains(t, program.Get(t, roleType, "daily-report-role").Inputs["assumeRolePolicy"],
		`"aws:SourceArn":["arn:aws:scheduler:eu-central-1:123456789012:schedule-group/default"]`)
	require.Equal(t, []string{"2024-05-15T13:30:00+02:00", "2024-05-15T13:35:00+02:00", "2024-05-15T13:40:00+02:00"}, runs)
}

func TestScheduledJob_LeavesOutAStartThatSchedulerWouldRefuse(t *testing.T) {
	program, _ := newJob(t, components.ScheduledJobArgs{Expression: "cron(0 9 * * ? *)", Start: midMay.Add(-time.Minute)})
	require.NotContains(t, program.Get(t, scheduleType, "daily-report").Inputs, "startDate")
}

func TestScheduledJob_TellsItsAlarms(t *testing.T) {
	program, _ := newJob(t, components.ScheduledJobArgs{
		Expression: "rate(1 hour)", Alarms: components.Alarms{Topic: pulumi.String("arn:aws:sns:eu-central-1:123456789012:alarms")},
	})
	for _, name := range []string{"daily-report-dropped", "daily-report-dlq-not-empty"} {
		require.Equal(t, []any{"arn:aws:sns:eu-central-1:123456789012:alarms"}, program.Get(t, alarmType, name).Inputs["alarmActions"])
	}
	program, _ = newJob(t, components.ScheduledJobArgs{Expression: "rate(1 hour)", Alarms: components.Alarms{Disabled: true}})
	for _, alarm := range program.OfType(alarmType) {
		require.NotContains(t, alarm.Name, "daily-report")
	}
}

func TestScheduledJob_CanBeStoppedWithoutBeingForgotten(t *testing.T) {
	for _, expression := range []string{"rate(5 minutes)", "at(2020-12-25T00:00:00)"} {
		program, runs := newJob(t, components.ScheduledJobArgs{Expression: expression, Disabled: true, DisableRetries: true})
		inputs := program.Get(t, scheduleType, "daily-report").Inputs
		require.Equal(t, "DISABLED", inputs["state"])
		require.EqualValues(t, 0, in(t, inputs, "target", "retryPolicy", "maximumRetryAttempts"))
		require.Empty(t, runs)
	}
}

func TestScheduledJob_NextRuns(t *testing.T) {
	for name, test := range map[string]struct {
		args components.ScheduledJobArgs
		want []string
	}{
		"every five minutes": {components.ScheduledJobArgs{Expression: "rate(5 minutes)"},
			[]string{"2024-05-15T10:35:00Z", "2024-05-15T10:40:00Z", "2024-05-15T10:45:00Z", "2024-05-15T10:50:00Z", "2024-05-15T10:55:00Z"}},
		"every hour": {components.ScheduledJobArgs{Expression: "rate(1 hour)"},
			[]string{"2024-05-15T11:30:00Z", "2024-05-15T12:30:00Z", "2024-05-15T13:30:00Z", "2024-05-15T14:30:00Z", "2024-05-15T15:30:00Z"}},
		"every month": {components.ScheduledJobArgs{Expression: "cron(0 0 1 * ? *)"},
			[]string{"2024-06-01T00:00:00Z", "2024-07-01T00:00:00Z", "2024-08-01T00:00:00Z", "2024-09-01T00:00:00Z", "2024-10-01T00:00:00Z"}},
		"once": {components.ScheduledJobArgs{Expression: "at(2024-12-25T00:00:00)", TimeZone: "America/New_York"},
			[]string{"2024-12-25T00:00:00-05:00"}},
		"in another zone": {components.ScheduledJobArgs{Expression: "cron(0 9 ? * SUN *)", TimeZone: "Europe/Berlin", End: time.Date(2024, 5, 26, 7, 0, 0, 0, time.UTC)},
			[]string{"2024-05-19T09:00:00+02:00", "2024-05-26T09:00:00+02:00"}},
		"a rate counts from its start": {components.ScheduledJobArgs{Expression: "rate(7 hours)", Start: time.Date(2024, 5, 15, 14, 0, 0, 0, time.UTC), End: time.Date(2024, 5, 15, 23, 0, 0, 0, time.UTC)},
			[]string{"2024-05-15T14:00:00Z", "2024-05-15T21:00:00Z"}},
		"a start that has passed is forgotten": {components.ScheduledJobArgs{Expression: "rate(7 hours)", Start: midMay, End: midMay.Add(15 * time.Hour)},
			[]string{"2024-05-15T17:30:00Z", "2024-05-16T00:30:00Z"}},
		"a calendar begins at its start": {components.ScheduledJobArgs{Expression: "cron(0 9 * * ? *)", Start: time.Date(2025, 1, 1, 9, 0, 0, 0, time.UTC), End: time.Date(2025, 1, 2, 10, 0, 0, 0, time.UTC)},
			[]string{"2025-01-01T09:00:00Z", "2025-01-02T09:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, runs := newJob(t, test.args)
			require.Equal(t, test.want, runs)
		})
	}
}

func TestScheduledJob_CountsFromThePresent(t *testing.T) {
	mocks.MustRun(t, func(ctx *pulumi.Context) error {
		before := time.Now()
		job, err := components.NewScheduledJob(ctx, "daily-report", &components.ScheduledJobArgs{
			Expression: "rate(1 minute)", Target: newFunction(t, ctx, "report"),
		})
		require.NoError(t, err)
		require.WithinRange(t, job.NextRuns[0], before.Add(time.Minute), time.Now().Add(time.Minute))
		return nil
	})
}

// someTarget is a target of which nothing is known, for arguments that are refused anyway.
type someTarget struct{}

func (someTarget) JobTarget() (scheduler.ScheduleTargetArgs, policies.Grant) {
	return scheduler.ScheduleTargetArgs{}, policies.Grant{}
}

func TestScheduledJob_RefusesWrongArguments(t *testing.T) {
	const hourly = "rate(1 hour)"
	for name, test := range map[string]struct {
		args *components.ScheduledJobArgs
		want []string
	}{
		"nothing":    {nil, []string{`daily-report (ScheduledJob): Expression: schedule expression "": want rate(…), cron(…) or at(…)`, "daily-report (ScheduledJob): Target = <nil>, want what runs, such as a Function or a Workflow"}},
		"two fields": {&components.ScheduledJobArgs{Expression: "cron(60 25 * * ? *)"}, []string{`daily-report (ScheduledJob): Expression: schedule expression "cron(60 25 * * ? *)": minutes = "60", want 0–59`, `daily-report (ScheduledJob): Expression: hours = "25", want 0–23`}},
		"zone":       {&components.ScheduledJobArgs{Expression: hourly, TimeZone: "Mars/Olympus"}, []string{`TimeZone = "Mars/Olympus", want an IANA name such as Europe/Berlin`}},
		"this zone":  {&components.ScheduledJobArgs{Expression: hourly, TimeZone: "Local"}, []string{`TimeZone = "Local", want an IANA name`}},
		"past":       {&components.ScheduledJobArgs{Expression: "at(2024-05-15T10:30:00)"}, []string{`Expression = "at(2024-05-15T10:30:00)", want a time after the present, 2024-05-15T10:30:00Z; remove the job or disable it`}},
		"skipped":    {&components.ScheduledJobArgs{Expression: "at(2025-03-30T02:30:00)", TimeZone: "Europe/Berlin"}, []string{`Expression = "at(2025-03-30T02:30:00)", want a time that comes in Europe/Berlin`}},
		"never":      {&components.ScheduledJobArgs{Expression: "cron(0 0 31 2 ? *)"}, []string{`Expression = "cron(0 0 31 2 ? *)", want a time that comes in UTC`}},
		"no more":    {&components.ScheduledJobArgs{Expression: "cron(0 0 1 1 ? 2020-2023)"}, []string{`Expression = "cron(0 0 1 1 ? 2020-2023)", want at least one run after the present, 2024-05-15T10:30:00Z`}},
		"over":       {&components.ScheduledJobArgs{Expression: "cron(0 9 * * ? *)", End: midMay.Add(time.Hour)}, []string{`End = "2024-05-15T11:30:00Z", want time for at least one run; without Start and End the next are 2024-05-16T09:00:00Z, 2024-05-17T09:00:00Z, 2024-05-18T09:00:00Z, 2024-05-19T09:00:00Z, 2024-05-20T09:00:00Z`}},
		"end first":  {&components.ScheduledJobArgs{Expression: hourly, Start: midMay.Add(time.Hour), End: midMay}, []string{`End = "2024-05-15T10:30:00Z", want later than Start`}},
		"once with dates": {&components.ScheduledJobArgs{Expression: "at(2025-01-01T00:00:00)", Start: midMay, End: midMay.Add(time.Hour)}, []string{
			`Start = "2024-05-15T10:30:00Z", want none with at(…), for which Scheduler ignores it`, `End = "2024-05-15T11:30:00Z", want none with at(…)`}},
		"window":        {&components.ScheduledJobArgs{Expression: hourly, FlexibleWindow: 25 * time.Hour}, []string{"FlexibleWindow = 25h, want 1m–24h in whole minutes, or 0 for none"}},
		"half a window": {&components.ScheduledJobArgs{Expression: hourly, FlexibleWindow: 90 * time.Second}, []string{"FlexibleWindow = 1m30s"}},
		"retries":       {&components.ScheduledJobArgs{Expression: hourly, MaxRetries: 186}, []string{"MaxRetries = 186, want 1–185, or 0 for the default of 185"}},
		"both retries":  {&components.ScheduledJobArgs{Expression: hourly, MaxRetries: 5, DisableRetries: true}, []string{"MaxRetries = 5, want 0, since DisableRetries is set"}},
		"age":           {&components.ScheduledJobArgs{Expression: hourly, MaxEventAge: 30 * time.Second}, []string{"MaxEventAge = 30s, want 1m–24h in whole seconds"}},
		"long age":      {&components.ScheduledJobArgs{Expression: hourly, MaxEventAge: 25 * time.Hour}, []string{"MaxEventAge = 25h"}},
		"input":         {&components.ScheduledJobArgs{Expression: hourly, Input: func() {}}, []string{`Input = "func()", want what can be written as JSON (json: unsupported type: func())`}},
		"large input":   {&components.ScheduledJobArgs{Expression: hourly, Input: strings.Repeat("x", 256*1024)}, []string{`Input = "262146 bytes", want at most 262144 (Scheduler quota)`}},
		"description":   {&components.ScheduledJobArgs{Expression: hourly, Description: strings.Repeat("x", 513)}, []string{"Description = 513, want at most 512 characters"}},
		"all at once":   {&components.ScheduledJobArgs{Expression: "x", TimeZone: "x", MaxRetries: -1}, []string{"Expression", "TimeZone", "MaxRetries"}},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, func(ctx *pulumi.Context) error {
				if test.args != nil {
					test.args.Now, test.args.Target = midMay, someTarget{}
				}
				_, err := components.NewScheduledJob(ctx, "daily-report", test.args)
				return err
			}, test.want...)
		})
	}
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewScheduledJob(ctx, strings.Repeat("x", 51), &components.ScheduledJobArgs{Expression: hourly, Target: someTarget{}})
		return err
	}, "want at most 50 characters")
}

func TestFunction_GrantInvokeLinksItsARN(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "caller", &components.FunctionArgs{
			Source: "lambdas/caller", Builder: newBuilder(t), DisableTracing: true,
			Grants: []policies.Grant{newFunction(t, ctx, "big-work").GrantInvoke()},
		})
		return err
	})
	const arn = "arn:aws:lambda:eu-central-1:123456789012:function/big-work-1234567"
	require.Equal(t, map[string][]string{arn: {"lambda:InvokeFunction"}}, allowed(t, program, "caller"))
	require.Equal(t, map[string]any{"BIG_WORK_FUNCTION_ARN": arn},
		in(t, program.Get(t, functionType, "caller").Inputs, "environment", "variables"))
}
