package stack

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
)

// deadLetterKeeper is a component that keeps, in dead-letter queues, what failed for good.
type deadLetterKeeper interface {
	DeadLetterQueues() []components.DeadLetterQueue
}

// ExportOperations publishes, as the one output operations, what shopctl needs in order to find what it looks at and repairs. It comes after
// all contexts. Package shopctl/resources reads it.
func (s *Stack) ExportOperations(ctx *pulumi.Context, messaging *Messaging, orders *Orders, payments *Payments, shipping *Shipping, notifications *Notifications, analytics *Analytics, flow *components.Workflow) {
	logs := pulumi.StringMap{"order-flow": flow.LogGroup}
	for name, f := range s.functions {
		logs[name] = f.LogGroup
	}
	rules := pulumi.StringMap{}
	for name, arn := range messaging.Bus.RuleARNs() {
		rules[name] = arn
	}
	ctx.Export("operations", pulumi.Map{
		"tables": pulumi.StringMap{
			"orders": orders.Table.Name, "orderViews": orders.Views.Name, "sales": orders.Sales.Name,
			"payments": payments.Table.Name, "shipments": shipping.Table.Name, "notifications": notifications.Sent.Name,
		},
		"logGroups":        logs,
		"orderFlow":        flow.ARN,
		"bus":              pulumi.StringMap{"arn": messaging.Bus.ARN, "archiveArn": messaging.Bus.ArchiveARN},
		"rules":            rules,
		"archiveBucket":    analytics.Archive.Name,
		"deadLetterQueues": s.deadLetterQueues(),
	})
}

// deadLetterQueues are those of everything that is watched, by their names. A test fails for one that is missing.
func (s *Stack) deadLetterQueues() pulumi.Map {
	queues := pulumi.Map{}
	for _, section := range s.dashboard {
		for _, watched := range section.Watch {
			keeper, ok := watched.(deadLetterKeeper)
			if !ok {
				continue
			}
			for _, q := range keeper.DeadLetterQueues() {
				targets := pulumi.StringArray{}
				for _, t := range q.Targets {
					targets = append(targets, t)
				}
				queues[q.Name] = pulumi.Map{
					"url": q.URL, "what": pulumi.String(q.What), "kind": pulumi.String(q.Kind), "targets": targets,
					"filters": pulumi.ToStringArray(q.Filters),
				}
			}
		}
	}
	return queues
}
