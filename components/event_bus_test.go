package components_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	busType     = "aws:cloudwatch/eventBus:EventBus"
	archiveType = "aws:cloudwatch/eventArchive:EventArchive"
	ruleType    = "aws:cloudwatch/eventRule:EventRule"
	targetType  = "aws:cloudwatch/eventTarget:EventTarget"
	shopBusARN  = "arn:aws:events:eu-central-1:123456789012:event-bus/shop-1234567"
	bigRuleARN  = "arn:aws:events:eu-central-1:123456789012:rule/shop-1234567/shop-big-1234567"
	workflowARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:order"
)

func newBus(tb testing.TB, ctx *pulumi.Context, name string) *components.EventBus {
	tb.Helper()
	bus, err := components.NewEventBus(ctx, name, nil)
	require.NoError(tb, err)
	return bus
}

// bigOrders is the shop's rule for content-based routing.
var bigOrders = components.EventPattern{
	Source: components.Exact("shop.orders"), DetailType: components.Exact("Order Created"),
	Detail: components.Fields{"total": components.Numeric(">", 100)},
}

func TestEventBus_KeepsEventsForReplayByDefault(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newBus(t, ctx, "shop")
		_, err := components.NewEventBus(ctx, "audit", &components.EventBusArgs{ArchiveDays: 365})
		require.NoError(t, err)
		_, err = components.NewEventBus(ctx, "clicks", &components.EventBusArgs{DisableArchive: true})
		return err
	})
	require.NotContains(t, program.Get(t, busType, "shop").Inputs, "name", "physical names are made by Pulumi")
	archive := program.Get(t, archiveType, "shop-archive").Inputs
	require.Equal(t, shopBusARN, archive["eventSourceArn"])
	require.EqualValues(t, 30, archive["retentionDays"])
	require.NotContains(t, archive, "eventPattern", "every event")
	require.EqualValues(t, 365, program.Get(t, archiveType, "audit-archive").Inputs["retentionDays"])
	require.Equal(t, []string{busType + " clicks"}, program.Children("clicks"))
}

func TestEventBus_GrantPutEventsLinksItsName(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		bus := newBus(t, ctx, "shop")
		_, err := components.NewFunction(ctx, "place", &components.FunctionArgs{
			Source: "x", Builder: newBuilder(t), DisableTracing: true, Grants: []policies.Grant{bus.GrantPutEvents()},
			Async: &components.Async{OnFailure: bus},
		})
		return err
	})
	want := map[string][]string{shopBusARN: {"events:PutEvents"}}
	require.Equal(t, want, allowed(t, program, "place"))
	require.Equal(t, want, granted(t, program, "place-destinations"))
	require.Equal(t, map[string]any{"SHOP_BUS": "shop-1234567"}, in(t, program.Get(t, functionType, "place").Inputs, "environment", "variables"))
}

func TestEventBus_RuleRoutesByContent(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		return newBus(t, ctx, "shop").Rule(ctx, "big", &components.RuleArgs{
			Pattern: bigOrders, Targets: []components.Target{{Function: newFunction(t, ctx, "high-value")}},
		})
	})
	rule := program.Get(t, ruleType, "shop-big").Inputs
	require.Equal(t, "shop-1234567", rule["eventBusName"])
	require.JSONEq(t, `{"detail":{"total":[{"numeric":[">",100]}]},"detail-type":["Order Created"],"source":["shop.orders"]}`, rule["eventPattern"].(string))
	require.Equal(t, "ENABLED", rule["state"])
	require.NotContains(t, rule, "description")

	target := program.Get(t, targetType, "shop-big-high-value").Inputs
	require.Equal(t, "shop-big-1234567", target["rule"])
	require.Equal(t, "shop-1234567", target["eventBusName"])
	require.Equal(t, "high-value", target["targetId"])
	require.Equal(t, "arn:aws:lambda:eu-central-1:123456789012:function/high-value-1234567", target["arn"])
	require.Equal(t, map[string]any{"maximumEventAgeInSeconds": 86_400.0, "maximumRetryAttempts": 185.0}, target["retryPolicy"])
	require.Equal(t, map[string]any{"arn": queueARN("shop-big-dlq")}, target["deadLetterConfig"])
	for _, optional := range []string{"roleArn", "inputTransformer", "sqsTarget"} {
		require.NotContains(t, target, optional)
	}
	permission := program.Get(t, permissionType, "shop-big-high-value").Inputs
	require.Equal(t, "events.amazonaws.com", permission["principal"])
	require.Equal(t, bigRuleARN, permission["sourceArn"])
	require.Equal(t, []any{tlsOnly("sqs:*", queueARN("shop-big-dlq")), sendable("events.amazonaws.com", bigRuleARN, queueARN("shop-big-dlq"))},
		statements(t, program.Get(t, queuePolicyType, "shop-big-dlq-policy").Inputs["policy"]))
	require.JSONEq(t, `{"redrivePermission": "denyAll"}`, program.Get(t, queueType, "shop-big-dlq").Inputs["redriveAllowPolicy"].(string))
	require.NotContains(t, program.Children("shop"), "aws:iam/role:Role shop-big-role", "a function needs no role")
}

func TestEventBus_ReachesEveryKindOfTarget(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		bus := newBus(t, ctx, "shop")
		buses := []*components.EventBus{bus}
		return bus.Rule(ctx, "big", &components.RuleArgs{
			Pattern: bigOrders,
			Targets: []components.Target{
				{Queue: newQueue(t, ctx, "review", &components.WorkQueueArgs{Buses: buses})},
				{Queue: newQueue(t, ctx, "ledger", &components.WorkQueueArgs{Buses: buses, FIFO: true, ContentBasedDeduplication: true}), MessageGroup: "orders"},
				{Topic: newTopic(t, ctx, "order-placed", &components.FanOutTopicArgs{KMSKey: pulumi.String(keyARN)})},
				{Workflow: pulumi.String(workflowARN)},
				{Bus: newBus(t, ctx, "audit"), Name: "copy"},
			},
		})
	})
	require.Equal(t, queueARN("review"), program.Get(t, targetType, "shop-big-review").Inputs["arn"])
	ledger := program.Get(t, targetType, "shop-big-ledger").Inputs
	require.Equal(t, map[string]any{"messageGroupId": "orders"}, ledger["sqsTarget"])
	require.NotContains(t, ledger, "roleArn", "the queue's own policy names the bus")

	role := "arn:aws:iam:eu-central-1:123456789012:role/shop-big-role-1234567"
	for name, arn := range map[string]string{
		"order-placed": placedARN, "workflow": workflowARN, "copy": "arn:aws:events:eu-central-1:123456789012:event-bus/audit-1234567",
	} {
		target := program.Get(t, targetType, "shop-big-"+name).Inputs
		require.Equal(t, arn, target["arn"])
		require.Equal(t, role, target["roleArn"])
	}
	require.Equal(t, []any{map[string]any{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": "events.amazonaws.com"},
		"Condition": map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": bigRuleARN}},
	}}, statements(t, program.Get(t, "aws:iam/role:Role", "shop-big-role").Inputs["assumeRolePolicy"]))
	require.Equal(t, map[string][]string{
		placedARN: {"sns:Publish"}, keyARN: {"kms:Decrypt", "kms:GenerateDataKey"}, workflowARN: {"states:StartExecution"},
		"arn:aws:events:eu-central-1:123456789012:event-bus/audit-1234567": {"events:PutEvents"},
	}, granted(t, program, "shop-big-policy"))
}

func TestEventBus_RuleOptions(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		bus := newBus(t, ctx, "shop")
		require.NoError(t, bus.Rule(ctx, "big", &components.RuleArgs{
			Description: "High value", Pattern: bigOrders, Disabled: true, DisableDeadLetterQueue: true,
			Retry: &components.DeliveryRetry{MaxAge: time.Minute, Attempts: 0},
			Targets: []components.Target{{Function: newFunction(t, ctx, "high-value"), Transform: &components.InputTransformer{
				Paths:    map[string]string{"id": "$.detail.orderId", "total": "$.detail['total']"},
				Template: `{"orderId": <id>, "text": "Order <id> of <total> at <aws.events.event.ingestion-time>"}`,
			}}},
		}))
		return bus.Rule(ctx, "again", &components.RuleArgs{
			Pattern: bigOrders, Retry: &components.DeliveryRetry{Attempts: 3}, Targets: []components.Target{{Function: newFunction(t, ctx, "again")}},
			Alarms: components.Alarms{Topic: pulumi.String("arn:aws:sns:eu-central-1:123456789012:alarms")},
		})
	})
	rule := program.Get(t, ruleType, "shop-big").Inputs
	require.Equal(t, "High value", rule["description"])
	require.Equal(t, "DISABLED", rule["state"])
	target := program.Get(t, targetType, "shop-big-high-value").Inputs
	require.Equal(t, map[string]any{"maximumEventAgeInSeconds": 60.0, "maximumRetryAttempts": 0.0}, target["retryPolicy"])
	require.NotContains(t, target, "deadLetterConfig")
	require.Equal(t, map[string]any{"id": "$.detail.orderId", "total": "$.detail['total']"}, in(t, target, "inputTransformer", "inputPaths"))
	require.Contains(t, in(t, target, "inputTransformer", "inputTemplate"), `"orderId": <id>`)
	require.NotContains(t, program.Children("shop"), queueType+" shop-big-dlq")
	again := program.Get(t, targetType, "shop-again-again").Inputs
	require.Equal(t, map[string]any{"maximumEventAgeInSeconds": 86_400.0, "maximumRetryAttempts": 3.0}, again["retryPolicy"])
	require.Equal(t, []any{"arn:aws:sns:eu-central-1:123456789012:alarms"}, program.Get(t, alarmType, "shop-again-dlq-not-empty").Inputs["alarmActions"])
}

func TestEventBus_RefusesWrongArguments(t *testing.T) {
	for want, args := range map[string]*components.EventBusArgs{
		"ArchiveDays = 4000, want 1–3650 days":         {ArchiveDays: 4000},
		"ArchiveDays = -1, want 1–3650 days":           {ArchiveDays: -1},
		"ArchiveDays = 5, want 0, since DisableArchiv": {ArchiveDays: 5, DisableArchive: true},
	} {
		refused(t, func(ctx *pulumi.Context) error {
			_, err := components.NewEventBus(ctx, "shop", args)
			return err
		}, "shop (EventBus): "+want)
	}
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewEventBus(ctx, strings.Repeat("x", 33), nil)
		return err
	}, "want at most 32 characters, since the archive's name has at most 48")
}

func TestEventBus_RefusesWrongRules(t *testing.T) {
	type with struct {
		bus                            *components.EventBus
		f                              *components.Function
		closed, open, ordered, deduped *components.WorkQueue
		topic                          *components.FanOutTopic
	}
	to := func(target func(with) components.Target) func(with) *components.RuleArgs {
		return func(w with) *components.RuleArgs {
			return &components.RuleArgs{Pattern: bigOrders, Targets: []components.Target{target(w)}}
		}
	}
	transformed := func(paths map[string]string, template string) func(with) *components.RuleArgs {
		return to(func(w with) components.Target {
			return components.Target{Function: w.f, Transform: &components.InputTransformer{Paths: paths, Template: template}}
		})
	}
	id := map[string]string{"id": "$.detail.id"}
	manyPaths, manyPlaceholders := map[string]string{}, []string{}
	for i := range 101 {
		manyPaths[fmt.Sprint("p", i)] = "$.detail"
		manyPlaceholders = append(manyPlaceholders, fmt.Sprintf("<p%d>", i))
	}
	for name, test := range map[string]struct {
		args func(with) *components.RuleArgs
		want []string
	}{
		"nothing":     {func(with) *components.RuleArgs { return nil }, []string{"shop-big (EventBus.Rule): Targets = 0, want 1–5", `Pattern = "Fields{}"`}},
		"description": {func(with) *components.RuleArgs { return &components.RuleArgs{Description: strings.Repeat("x", 513)} }, []string{"want at most 512 characters"}},
		"too many":    {func(w with) *components.RuleArgs { return &components.RuleArgs{Targets: make([]components.Target, 6)} }, []string{"Targets = 6, want 1–5"}},
		"retry": {func(w with) *components.RuleArgs {
			return &components.RuleArgs{Retry: &components.DeliveryRetry{MaxAge: time.Second, Attempts: 186}}
		}, []string{"Retry.MaxAge = 1s, want 1m–24h", "Retry.Attempts = 186, want 0–185"}},
		"no target": {to(func(with) components.Target { return components.Target{} }), []string{"Targets[0] = [], want exactly one of"}},
		"two kinds": {to(func(w with) components.Target {
			return components.Target{Function: w.f, Topic: w.topic}
		}), []string{"Targets[0] = [Function Topic], want exactly one of"}},
		"same target": {func(w with) *components.RuleArgs {
			return &components.RuleArgs{Pattern: bigOrders, Targets: []components.Target{{Function: w.f}, {Function: w.f}}}
		}, []string{`Targets[1].Name = "f", want a name that no other target of the rule has`}},
		"target's name": {to(func(w with) components.Target {
			return components.Target{Function: w.f, Name: "F"}
		}), []string{`Targets[0].Name = "F", want lower-case words`}},
		"target's long name": {to(func(w with) components.Target {
			return components.Target{Function: w.f, Name: strings.Repeat("x", 65)}
		}), []string{"want lower-case words joined by hyphens, at most 64 characters"}},
		"closed queue": {to(func(w with) components.Target { return components.Target{Queue: w.closed} }),
			[]string{`Targets[0].Queue = "closed", want a queue that names the bus shop in WorkQueueArgs.Buses`}},
		"needless group": {to(func(w with) components.Target { return components.Target{Queue: w.open, MessageGroup: "x"} }),
			[]string{`Targets[0].MessageGroup = "x", want none`}},
		"missing group": {to(func(w with) components.Target { return components.Target{Queue: w.deduped} }),
			[]string{`Targets[0].MessageGroup = "", want 1–128 characters`}},
		"no deduplication": {to(func(w with) components.Target { return components.Target{Queue: w.ordered, MessageGroup: "x"} }),
			[]string{`Targets[0].Queue = "ordered", want ContentBasedDeduplication`}},
		"FIFO topic": {to(func(w with) components.Target { return components.Target{Topic: w.topic} }), []string{"Targets[0].Topic = \"FIFO\""}},
		"loop":       {to(func(w with) components.Target { return components.Target{Bus: w.bus} }), []string{"want another bus than the rule's own"}},
		"transformed bus": {to(func(w with) components.Target {
			return components.Target{Bus: w.bus, Transform: &components.InputTransformer{Template: "1"}}
		}), []string{"a bus gets the event as it is"}},
		"undefined placeholder": {transformed(id, `"<id> <total>"`), []string{`Targets[0].Transform.Template = "<total>", want a placeholder that Paths defines`}},
		"unused path":           {transformed(id, `"x"`), []string{`Targets[0].Transform.Paths = "id", want a path that Template uses`}},
		"no template":           {transformed(nil, ""), []string{`Template = "0 bytes", want 1–8192 bytes`}},
		"long template":         {transformed(nil, `"`+strings.Repeat("x", 8192)+`"`), []string{`Template = "8194 bytes"`}},
		"not JSON":              {transformed(id, "Order <id>"), []string{`want JSON; a text stands in quotes`}},
		"path":                  {transformed(map[string]string{"id": "detail.id"}, "<id>"), []string{`Paths[id] = "detail.id", want a JSON path`}},
		"path's name":           {transformed(map[string]string{"awsId": "$.id"}, "<awsId>"), []string{`Paths = "awsId", want a name of letters`}},
		"too many paths":        {transformed(manyPaths, "["+strings.Join(manyPlaceholders, ",")+"]"), []string{"Paths = 101, want at most 100"}},
	} {
		t.Run(name, func(t *testing.T) {
			program, err := mocks.Run(func(ctx *pulumi.Context) error {
				bus := newBus(t, ctx, "shop")
				buses := []*components.EventBus{bus}
				return bus.Rule(ctx, "big", test.args(with{
					bus: bus, f: newFunction(t, ctx, "f"),
					closed:  newQueue(t, ctx, "closed", nil),
					open:    newQueue(t, ctx, "open", &components.WorkQueueArgs{Buses: buses}),
					ordered: newQueue(t, ctx, "ordered", &components.WorkQueueArgs{Buses: buses, FIFO: true}),
					deduped: newQueue(t, ctx, "deduped", &components.WorkQueueArgs{Buses: buses, FIFO: true, ContentBasedDeduplication: true}),
					topic:   newTopic(t, ctx, "payments", &components.FanOutTopicArgs{FIFO: true}),
				}))
			}, nil)
			for _, text := range test.want {
				require.ErrorContains(t, err, text)
			}
			require.Empty(t, program.OfType(ruleType))
		})
	}
}

func TestEventBus_RefusesASecondRuleOfTheSameName(t *testing.T) {
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		bus := newBus(t, ctx, "shop")
		args := &components.RuleArgs{Pattern: bigOrders, Targets: []components.Target{{Function: newFunction(t, ctx, "f")}}}
		require.NoError(t, bus.Rule(ctx, "big", args))
		err := bus.Rule(ctx, strings.Repeat("x", 60), args)
		require.ErrorContains(t, err, "want at most 56 characters with the bus's name")
		return bus.Rule(ctx, "big", args)
	}, nil)
	require.ErrorContains(t, err, `name = "big", want a name that no other rule of the bus has`)
}
