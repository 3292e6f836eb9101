package components_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
)

// TestDeadLetterQueues_NoneIsForgotten holds every component of the shop to telling of the dead-letter queues that it creates, and of where
// their messages go back to.
func TestDeadLetterQueues_NoneIsForgotten(t *testing.T) {
	var told []components.DeadLetterQueue
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		async, err := components.NewFunction(ctx, "async", &components.FunctionArgs{Source: "lambdas/async", Builder: newBuilder(t), Async: &components.Async{}})
		if err != nil {
			return err
		}
		f, bus, topic, table := newFunction(t, ctx, "f"), newBus(t, ctx, "bus"), newTopic(t, ctx, "topic", nil), newTable(t, ctx, components.NewAndOldImages)
		queue := newQueue(t, ctx, "work", &components.WorkQueueArgs{Consumer: f})
		if err := bus.Rule(ctx, "rule", &components.RuleArgs{
			Pattern: components.EventPattern{Source: components.Exact("x")}, Targets: []components.Target{{Function: async}},
		}); err != nil {
			return err
		}
		if err := topic.SubscribeFunction(ctx, "mail", async, nil); err != nil {
			return err
		}
		if err := table.OnChange(ctx, "publish", f, &components.ChangeArgs{Filters: []components.ChangeFilter{{Kinds: []components.ChangeKind{components.Inserted}}}}); err != nil {
			return err
		}
		for _, keeper := range []interface {
			DeadLetterQueues() []components.DeadLetterQueue
		}{async, f, bus, topic, table, queue} {
			told = append(told, keeper.DeadLetterQueues()...)
		}
		for name, arn := range bus.RuleARNs() {
			ctx.Export(name, arn)
			require.Equal(t, "rule", name)
		}
		return nil
	})
	var created, names []string
	for _, q := range program.OfType("aws:sqs/queue:Queue") {
		if strings.HasSuffix(q.Name, "-dlq") {
			created = append(created, q.Name)
		}
	}
	kinds := map[string]components.DeadLetterKind{}
	for _, q := range told {
		names = append(names, q.Name)
		kinds[q.Name] = q.Kind
		require.NotEmpty(t, q.What)
		require.Len(t, q.Targets, 1)
	}
	slices.Sort(created)
	slices.Sort(names)
	require.Equal(t, created, names)
	require.Equal(t, map[string]components.DeadLetterKind{
		"async-dlq": components.FromFunction, "work-dlq": components.FromQueue, "bus-rule-dlq": components.FromRule,
		"topic-mail-dlq": components.FromSubscription, "orders-publish-dlq": components.FromStream,
	}, kinds)
	i := slices.IndexFunc(told, func(q components.DeadLetterQueue) bool { return q.Kind == components.FromStream })
	require.Equal(t, []string{`{"eventName":["INSERT"]}`}, told[i].Filters)
}
