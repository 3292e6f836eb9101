package components_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	queuePolicyType  = "aws:sqs/queuePolicy:QueuePolicy"
	redriveAllowType = "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"
	mappingType      = "aws:lambda/eventSourceMapping:EventSourceMapping"
)

// queueARN is the ARN that package mocks makes for a queue.
func queueARN(name string) string {
	return "arn:aws:sqs:eu-central-1:123456789012:queue/" + name + "-1234567"
}

// tlsOnly is the statement that every queue's policy has.
func tlsOnly(action, arn string) map[string]any {
	return map[string]any{
		"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": action, "Resource": arn,
		"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	}
}

// sendable is the statement that lets a service send to a queue for one source.
func sendable(service, source, arn string) map[string]any {
	return map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"Service": service}, "Action": "sqs:SendMessage", "Resource": arn,
		"Condition": map[string]any{"ArnLike": map[string]any{"aws:SourceArn": source}},
	}
}

// statements are those of a policy written as JSON.
func statements(tb testing.TB, policy any) []any {
	tb.Helper()
	var document struct {
		Version   string
		Statement []any
	}
	require.NoError(tb, json.Unmarshal([]byte(policy.(string)), &document))
	require.Equal(tb, "2012-10-17", document.Version)
	return document.Statement
}

// granted is what one policy of a role allows: resource → actions.
func granted(tb testing.TB, program *mocks.Program, policy string) map[string][]string {
	tb.Helper()
	actions := map[string][]string{}
	for _, s := range statements(tb, program.Get(tb, policyType, policy).Inputs["policy"]) {
		require.Equal(tb, "Allow", in(tb, s, "Effect"))
		for _, r := range in(tb, s, "Resource").([]any) {
			for _, a := range in(tb, s, "Action").([]any) {
				actions[r.(string)] = append(actions[r.(string)], a.(string))
			}
		}
	}
	return actions
}

func newQueue(tb testing.TB, ctx *pulumi.Context, name string, args *components.WorkQueueArgs) *components.WorkQueue {
	tb.Helper()
	queue, err := components.NewWorkQueue(ctx, name, args)
	require.NoError(tb, err)
	return queue
}

func TestWorkQueue_LosesNothingByDefault(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newQueue(t, ctx, "orders", &components.WorkQueueArgs{Consumer: newFunction(t, ctx, "charge")})
		return nil
	})
	require.Equal(t, []string{
		"aws:cloudwatch/metricAlarm:MetricAlarm orders-dlq-not-empty",
		"aws:iam/rolePolicy:RolePolicy charge-orders",
		"aws:lambda/eventSourceMapping:EventSourceMapping orders-consumer",
		"aws:sqs/queue:Queue orders",
		"aws:sqs/queue:Queue orders-dlq",
		"aws:sqs/queuePolicy:QueuePolicy orders-dlq-policy",
		"aws:sqs/queuePolicy:QueuePolicy orders-policy",
		"aws:sqs/redriveAllowPolicy:RedriveAllowPolicy orders-dlq-redrive",
	}, program.Children("orders"))

	queue := program.Get(t, queueType, "orders").Inputs
	require.Equal(t, true, queue["sqsManagedSseEnabled"])
	require.EqualValues(t, 60, queue["visibilityTimeoutSeconds"], "6 x the consumer's 10 s")
	require.EqualValues(t, 345_600, queue["messageRetentionSeconds"], "4 days")
	require.EqualValues(t, 0, queue["delaySeconds"])
	require.NotContains(t, queue, "fifoQueue")
	require.NotContains(t, queue, "name", "physical names are made by Pulumi")
	require.JSONEq(t, `{"deadLetterTargetArn": "`+queueARN("orders-dlq")+`", "maxReceiveCount": 5}`, queue["redrivePolicy"].(string))

	deadLetters := program.Get(t, queueType, "orders-dlq").Inputs
	require.Equal(t, true, deadLetters["sqsManagedSseEnabled"])
	require.EqualValues(t, 1_209_600, deadLetters["messageRetentionSeconds"], "14 days")
	require.NotContains(t, deadLetters, "redriveAllowPolicy", "it is a resource of its own")
	require.JSONEq(t, `{"redrivePermission": "byQueue", "sourceQueueArns": ["`+queueARN("orders")+`"]}`,
		program.Get(t, redriveAllowType, "orders-dlq-redrive").Inputs["redriveAllowPolicy"].(string))

	for _, name := range []string{"orders", "orders-dlq"} {
		policy := program.Get(t, queuePolicyType, name+"-policy").Inputs
		require.Equal(t, "https://sqs.eu-central-1.amazonaws.com/123456789012/"+name+"-1234567", policy["queueUrl"])
		require.Equal(t, []any{tlsOnly("sqs:*", queueARN(name))}, statements(t, policy["policy"]))
	}

	alarm := program.Get(t, alarmType, "orders-dlq-not-empty").Inputs
	require.Equal(t, "ApproximateNumberOfMessagesVisible", alarm["metricName"])
	require.Equal(t, map[string]any{"QueueName": "orders-dlq-1234567"}, alarm["dimensions"])
	require.EqualValues(t, 1, alarm["threshold"])
	require.NotContains(t, alarm, "alarmActions")

	mapping := program.Get(t, mappingType, "orders-consumer").Inputs
	require.Equal(t, queueARN("orders"), mapping["eventSourceArn"])
	require.Equal(t, "arn:aws:lambda:eu-central-1:123456789012:function/charge-1234567", mapping["functionName"])
	require.Equal(t, []any{"ReportBatchItemFailures"}, mapping["functionResponseTypes"])
	require.EqualValues(t, 10, mapping["batchSize"])
	for _, optional := range []string{"maximumBatchingWindowInSeconds", "scalingConfig", "filterCriteria", "startingPosition"} {
		require.NotContains(t, mapping, optional)
	}
}

func TestWorkQueue_LetsTheConsumersRolePollThisQueueOnly(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newQueue(t, ctx, "orders", &components.WorkQueueArgs{Consumer: newFunction(t, ctx, "charge")})
		return nil
	})
	policy := program.Get(t, policyType, "charge-orders").Inputs
	require.Equal(t, "charge-role-1234567", policy["role"])
	require.Equal(t, map[string][]string{
		queueARN("orders"): {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
	}, granted(t, program, "charge-orders"))
	require.NotContains(t, in(t, program.Get(t, functionType, "charge").Inputs, "environment", "variables"), "ORDERS_QUEUE_URL",
		"Lambda polls; the code does not know the queue")
}

func TestWorkQueue_Options(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newQueue(t, ctx, "orders", &components.WorkQueueArgs{
			Consumer: newFunction(t, ctx, "charge"), BatchSize: 1000, BatchWindow: 20 * time.Second, MaximumConcurrency: 5,
			Filters:   []components.Fields{{"total": components.Numeric(">", 100)}, {"vip": components.Exact(true)}},
			Retention: 13 * 24 * time.Hour, Delay: 15 * time.Minute, MaxReceives: 3,
			Alarms: components.Alarms{Topic: pulumi.String("arn:aws:sns:eu-central-1:123456789012:alarms")},
		})
		newQueue(t, ctx, "slow", &components.WorkQueueArgs{Consumer: newFunction(t, ctx, "wait"), VisibilityTimeout: 5 * time.Minute, Alarms: components.Alarms{Disabled: true}})
		return nil
	})
	queue := program.Get(t, queueType, "orders").Inputs
	require.EqualValues(t, 80, queue["visibilityTimeoutSeconds"], "6 x 10 s, and the time in which a batch is gathered")
	require.EqualValues(t, 1_123_200, queue["messageRetentionSeconds"])
	require.EqualValues(t, 900, queue["delaySeconds"])
	require.Contains(t, queue["redrivePolicy"], `"maxReceiveCount":3`)
	mapping := program.Get(t, mappingType, "orders-consumer").Inputs
	require.EqualValues(t, 1000, mapping["batchSize"])
	require.EqualValues(t, 20, mapping["maximumBatchingWindowInSeconds"])
	require.EqualValues(t, 5, in(t, mapping, "scalingConfig", "maximumConcurrency"))
	require.Equal(t, map[string]any{"filters": []any{
		map[string]any{"pattern": `{"body":{"total":[{"numeric":[">",100]}]}}`}, map[string]any{"pattern": `{"body":{"vip":[true]}}`},
	}}, mapping["filterCriteria"])
	require.Equal(t, []any{"arn:aws:sns:eu-central-1:123456789012:alarms"}, program.Get(t, alarmType, "orders-dlq-not-empty").Inputs["alarmActions"])
	require.EqualValues(t, 300, program.Get(t, queueType, "slow").Inputs["visibilityTimeoutSeconds"])
	require.NotContains(t, program.Children("slow"), alarmType+" slow-dlq-not-empty")
}

func TestWorkQueue_FIFO(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newQueue(t, ctx, "payments", &components.WorkQueueArgs{Consumer: newFunction(t, ctx, "charge"), FIFO: true, BatchSize: 10})
		newQueue(t, ctx, "refunds", &components.WorkQueueArgs{Consumer: newFunction(t, ctx, "refund"), FIFO: true, ContentBasedDeduplication: true})
		return nil
	})
	payments := program.Get(t, queueType, "payments").Inputs
	require.Equal(t, true, payments["fifoQueue"])
	require.Equal(t, false, payments["contentBasedDeduplication"])
	require.Equal(t, true, program.Get(t, queueType, "payments-dlq").Inputs["fifoQueue"], "SQS wants both of one type")
	require.Equal(t, true, program.Get(t, queueType, "refunds").Inputs["contentBasedDeduplication"])
}

func TestWorkQueue_WithoutAConsumer(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "poll", &components.FunctionArgs{
			Source: "lambdas/poll", Builder: newBuilder(t), DisableTracing: true,
			Grants: []policies.Grant{newQueue(t, ctx, "log-lines", nil).Grant(policies.ReceiveMessage, policies.DeleteMessage)},
		})
		return err
	})
	require.EqualValues(t, 30, program.Get(t, queueType, "log-lines").Inputs["visibilityTimeoutSeconds"])
	require.Empty(t, program.OfType(mappingType))
	require.Equal(t, map[string][]string{queueARN("log-lines"): {"sqs:DeleteMessage", "sqs:ReceiveMessage"}}, allowed(t, program, "poll"))
}

func TestWorkQueue_GrantSendLinksItsURL(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "place", &components.FunctionArgs{
			Source: "lambdas/place", Builder: newBuilder(t), DisableTracing: true,
			Grants: []policies.Grant{newQueue(t, ctx, "new-orders", nil).GrantSend()},
		})
		return err
	})
	require.Equal(t, map[string][]string{queueARN("new-orders"): {"sqs:SendMessage"}}, allowed(t, program, "place"))
	require.Equal(t, map[string]any{"NEW_ORDERS_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/new-orders-1234567"},
		in(t, program.Get(t, functionType, "place").Inputs, "environment", "variables"))
}

func TestWorkQueue_LetsTheRulesOfItsBusesSend(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		bus, err := components.NewEventBus(ctx, "shop", nil)
		require.NoError(t, err)
		newQueue(t, ctx, "orders", &components.WorkQueueArgs{Buses: []*components.EventBus{bus}})
		return nil
	})
	require.Equal(t, []any{
		tlsOnly("sqs:*", queueARN("orders")),
		sendable("events.amazonaws.com", "arn:aws:events:eu-central-1:123456789012:rule/shop-1234567/*", queueARN("orders")),
	}, statements(t, program.Get(t, queuePolicyType, "orders-policy").Inputs["policy"]))
	require.Len(t, statements(t, program.Get(t, queuePolicyType, "orders-dlq-policy").Inputs["policy"]), 1)
}

func TestWorkQueue_IsADestinationUnlessFIFO(t *testing.T) {
	onFailure := func(fifo bool) (*mocks.Program, error) {
		return mocks.Run(func(ctx *pulumi.Context) error {
			queue := newQueue(t, ctx, "failed", &components.WorkQueueArgs{FIFO: fifo})
			_, err := components.NewFunction(ctx, "greet", &components.FunctionArgs{
				Source: "x", Builder: newBuilder(t), Async: &components.Async{OnFailure: queue},
			})
			return err
		}, nil)
	}
	program, err := onFailure(false)
	require.NoError(t, err)
	require.Equal(t, map[string][]string{queueARN("failed"): {"sqs:SendMessage"}}, granted(t, program, "greet-destinations"))
	_, err = onFailure(true)
	require.ErrorContains(t, err, "failed (WorkQueue): destination of a function: a FIFO queue cannot be one")
	for want, create := range map[string]func(*pulumi.Context, *components.WorkQueue) error{
		"work (Function): Async.OnFailure": func(ctx *pulumi.Context, fifo *components.WorkQueue) error {
			_, err := components.NewFunction(ctx, "work", &components.FunctionArgs{Source: "x", Builder: newBuilder(t), Async: &components.Async{OnFailure: fifo}})
			return err
		},
		"work (Function): Async.OnSuccess": func(ctx *pulumi.Context, fifo *components.WorkQueue) error {
			_, err := components.NewFunction(ctx, "work", &components.FunctionArgs{Source: "x", Builder: newBuilder(t), Async: &components.Async{OnSuccess: fifo}})
			return err
		},
		"clicks-count (EventStream.OnRecord): OnFailure": func(ctx *pulumi.Context, fifo *components.WorkQueue) error {
			return newStream(t, ctx, "clicks", nil).OnRecord(ctx, "count", newFunction(t, ctx, "count"), &components.RecordArgs{OnFailure: fifo})
		},
	} {
		_, err := mocks.Run(func(ctx *pulumi.Context) error {
			return create(ctx, newQueue(t, ctx, "failed", &components.WorkQueueArgs{FIFO: true}))
		}, nil)
		require.ErrorContains(t, err, want+` = "*components.WorkQueue", want a destination that Lambda can deliver to`)
	}
}

func TestWorkQueue_RefusesWrongArguments(t *testing.T) {
	type args = components.WorkQueueArgs
	for name, test := range map[string]struct {
		args args
		want []string
	}{
		"deduplication":         {args{ContentBasedDeduplication: true}, []string{"orders (WorkQueue): ContentBasedDeduplication = true, want false, or FIFO too"}},
		"large batch":           {args{BatchSize: 10_001, BatchWindow: time.Second}, []string{"BatchSize = 10001, want 1–10000"}},
		"negative batch":        {args{BatchSize: -1}, []string{"BatchSize = -1, want 1–10000"}},
		"batch without window":  {args{BatchSize: 11}, []string{"BatchWindow = 0s, want at least 1s, since BatchSize is above 10"}},
		"long window":           {args{BatchWindow: 301 * time.Second}, []string{"BatchWindow = 5m1s, want 0s–5m"}},
		"fraction of a second":  {args{BatchWindow: 1500 * time.Millisecond}, []string{"BatchWindow = 1.5s"}},
		"FIFO batch and window": {args{FIFO: true, BatchSize: 11, BatchWindow: time.Second}, []string{"BatchSize = 11, want 1–10 messages for FIFO", "BatchWindow = 1s, want 0s for FIFO"}},
		"one at once":           {args{MaximumConcurrency: 1}, []string{"MaximumConcurrency = 1, want 2–1000"}},
		"too many at once":      {args{MaximumConcurrency: 1001}, []string{"MaximumConcurrency = 1001, want 2–1000"}},
		"short visibility":      {args{VisibilityTimeout: 30 * time.Second}, []string{`VisibilityTimeout = 30s, want >= 1m (6 x timeout of function "charge", 10s)`}},
		"visibility and window": {args{VisibilityTimeout: time.Minute, BatchWindow: 5 * time.Second}, []string{`VisibilityTimeout = 1m, want >= 1m5s (6 x timeout of function "charge", 10s + BatchWindow, 5s)`}},
		"long visibility":       {args{VisibilityTimeout: 13 * time.Hour}, []string{"VisibilityTimeout = 13h, want at most 12h"}},
		"receives":              {args{MaxReceives: 1001}, []string{"MaxReceives = 1001, want 1–1000"}},
		"negative receives":     {args{MaxReceives: -1}, []string{"MaxReceives = -1, want 1–1000"}},
		"short retention":       {args{Retention: time.Second}, []string{"Retention = 1s, want 1m–312h (13 days)"}},
		"long retention":        {args{Retention: 14 * 24 * time.Hour}, []string{"Retention = 336h, want 1m–312h (13 days)"}},
		"expires before dying":  {args{Retention: 4 * time.Minute}, []string{"Retention = 4m, want at least 5m (MaxReceives x VisibilityTimeout)"}},
		"delay":                 {args{Delay: time.Hour}, []string{"Delay = 1h, want 0s–15m"}},
		"filters":               {args{Filters: make([]components.Fields, 6)}, []string{"Filters = 6, want at most 5", "Filters[0].body", "want at least one field"}},
		"no bus":                {args{Buses: make([]*components.EventBus, 1)}, []string{"Buses[0] = <nil>, want an event bus"}},
		"all at once":           {args{MaximumConcurrency: 1, Delay: -1, MaxReceives: -1}, []string{"MaximumConcurrency", "Delay", "MaxReceives"}},
	} {
		t.Run(name, func(t *testing.T) {
			program, err := mocks.Run(func(ctx *pulumi.Context) error {
				test.args.Consumer = newFunction(t, ctx, "charge")
				_, err := components.NewWorkQueue(ctx, "orders", &test.args)
				return err
			}, nil)
			for _, text := range test.want {
				require.ErrorContains(t, err, text)
			}
			require.Empty(t, program.OfType(queueType))
		})
	}
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		narrow, err := components.NewFunction(ctx, "charge", &components.FunctionArgs{Source: "x", Builder: newBuilder(t), ReservedConcurrency: 5})
		require.NoError(t, err)
		_, err = components.NewWorkQueue(ctx, "fits", &args{Consumer: narrow, MaximumConcurrency: 5})
		require.NoError(t, err)
		_, err = components.NewWorkQueue(ctx, "orders", &args{Consumer: narrow, MaximumConcurrency: 6})
		return err
	}, nil)
	require.ErrorContains(t, err, `orders (WorkQueue): MaximumConcurrency = 6, want at most the ReservedConcurrency of function "charge", 5`)
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewWorkQueue(ctx, "Orders", &args{BatchSize: 5, VisibilityTimeout: -time.Second})
		return err
	}, "Orders (WorkQueue): name", "Consumer = <nil>, want the function that BatchSize", "VisibilityTimeout = -1s, want 1s–12h")
}
