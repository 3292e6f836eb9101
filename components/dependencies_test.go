package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
)

// TestComponents_WaitForThePermissionsThatAWSChecks holds resources to waiting for what none of their inputs names: AWS checks when it makes
// them that it has been let in, or uses them at once.
func TestComponents_WaitForThePermissionsThatAWSChecks(t *testing.T) {
	file := inFile(t, `{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}`)
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		f, bus, topic := newFunction(t, ctx, "f"), newBus(t, ctx, "bus"), newTopic(t, ctx, "topic", nil)
		newQueue(t, ctx, "work", &components.WorkQueueArgs{Consumer: f})
		require.NoError(t, newStream(t, ctx, "clicks", nil).OnRecord(ctx, "count", f, nil))
		require.NoError(t, topic.SubscribeFunction(ctx, "call", f, nil))
		_, err := topic.SubscribeQueue(ctx, "queue", f, nil)
		require.NoError(t, err)
		require.NoError(t, bus.Rule(ctx, "rule", &components.RuleArgs{
			Pattern: components.EventPattern{Source: components.Exact("x")}, Targets: []components.Target{{Function: f}, {Topic: topic}},
		}))
		_, err = components.NewScheduledJob(ctx, "job", &components.ScheduledJobArgs{Expression: "rate(1 hour)", Target: f})
		require.NoError(t, err)
		_, err = components.NewWorkflow(ctx, "flow", &components.WorkflowArgs{DefinitionFile: file})
		require.NoError(t, err)
		_, err = components.NewObservability(ctx, "watch", &components.ObservabilityArgs{Budget: &components.Budget{MonthlyUSD: 1}})
		require.NoError(t, err)
		newDatabase(t, ctx, components.AuroraServerlessArgs{Proxy: true, MinCapacity: 1})
		return nil
	})
	for _, test := range []struct{ kind, name, needed string }{
		{mappingType, "work-consumer", "aws:iam/rolePolicy:RolePolicy::f-work"},
		{mappingType, "clicks-count", "aws:iam/rolePolicy:RolePolicy::f-clicks-count"},
		{subscriptionType, "topic-call", "aws:lambda/permission:Permission::topic-call"},
		{subscriptionType, "topic-queue", "aws:sqs/queuePolicy:QueuePolicy::topic-queue-policy"},
		{"aws:cloudwatch/eventTarget:EventTarget", "bus-rule-f", "aws:lambda/permission:Permission::bus-rule-f"},
		{"aws:cloudwatch/eventTarget:EventTarget", "bus-rule-topic", "aws:iam/rolePolicy:RolePolicy::bus-rule-policy"},
		{scheduleType, "job", "aws:iam/rolePolicy:RolePolicy::job-policy"},
		{machineType, "flow", "aws:iam/rolePolicy:RolePolicy::flow-policy"},
		{"aws:budgets/budget:Budget", "watch", "aws:sns/topicPolicy:TopicPolicy::watch-alarms-policy"},
		{"aws:rds/proxy:Proxy", "reports-proxy", "aws:iam/rolePolicy:RolePolicy::reports-proxy-policy"},
		{"aws:rds/proxyTarget:ProxyTarget", "reports-proxy-target", "aws:rds/clusterInstance:ClusterInstance::reports-writer"},
	} {
		require.Contains(t, strings.Join(program.Get(t, test.kind, test.name).Dependencies, "\n")+"\n", test.needed+"\n", test.name)
	}
}
