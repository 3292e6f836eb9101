package main

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
)

// messages creates what carries messages: FanOutTopic, WorkQueue, EventBus.
func (s *system) messages() error {
	orders, err := components.NewFanOutTopic(s.ctx, "orders", nil)
	if err != nil {
		return err
	}
	mail, err := orders.SubscribeQueue(s.ctx, "mail", s.witness, &components.QueueSubscriptionArgs{
		Filter: components.TopicFilter{Attributes: components.Fields{"kind": components.Exact("placed")}},
	})
	if err != nil {
		return err
	}
	if err := orders.SubscribeFunction(s.ctx, "count", s.witness, nil); err != nil {
		return err
	}
	if err := orders.SubscribeEmail(s.ctx, "admin", pulumi.String("admin@shop.example"), nil); err != nil {
		return err
	}
	bus, err := components.NewEventBus(s.ctx, "shop", &components.EventBusArgs{ArchiveDays: 7})
	if err != nil {
		return err
	}
	// A first-in-first-out queue that nobody of this program empties, for the tests to look into.
	payments, err := components.NewWorkQueue(s.ctx, "payments", &components.WorkQueueArgs{
		FIFO: true, ContentBasedDeduplication: true, Buses: []*components.EventBus{bus},
	})
	if err != nil {
		return err
	}
	work, err := components.NewWorkQueue(s.ctx, "work", &components.WorkQueueArgs{
		Consumer: s.witness, MaxReceives: 1, MaximumConcurrency: 2, // one try, so that a message that fails is soon given up
	})
	if err != nil {
		return err
	}
	err = bus.Rule(s.ctx, "high-value", &components.RuleArgs{
		Description: "Orders over 100",
		Pattern: components.EventPattern{
			Source: components.Exact("shop.orders"), DetailType: components.Exact("Order Created"),
			Detail: components.Fields{"total": components.Numeric(">", 100)},
		},
		Targets: []components.Target{
			{Name: "witness", Function: s.witness},
			{Name: "payments", Queue: payments, MessageGroup: "orders"},
			{Name: "orders", Topic: orders, Transform: &components.InputTransformer{
				Paths: map[string]string{"total": "$.detail.total"}, Template: `{"total": <total>}`,
			}},
		},
		Retry: &components.DeliveryRetry{MaxAge: time.Hour, Attempts: 3},
	})
	if err != nil {
		return err
	}
	s.ctx.Export("orders", orders.ARN)
	s.ctx.Export("mailFailed", mail.DeadLetterQueueURL)
	s.ctx.Export("bus", bus.Name)
	s.ctx.Export("payments", payments.URL)
	s.ctx.Export("work", work.URL)
	s.ctx.Export("workFailed", work.DeadLetterQueueURL)
	return nil
}

// jobs creates what runs by itself: ScheduledJob, Workflow. The ContainerJob needs a network: see private.
func (s *system) jobs() error {
	told, err := components.NewWorkQueue(s.ctx, "told", nil)
	if err != nil {
		return err
	}
	work, err := components.NewWorkflow(s.ctx, "telling", &components.WorkflowArgs{
		DefinitionFile: "workflow.asl.json",
		Substitutions:  components.Substitutions{"Step": s.witness, "Queue": told},
	})
	if err != nil {
		return err
	}
	express, err := components.NewWorkflow(s.ctx, "telling-fast", &components.WorkflowArgs{
		DefinitionFile: "workflow.asl.json", Type: components.Express,
		Substitutions: components.Substitutions{"Step": s.witness, "Queue": told},
	})
	if err != nil {
		return err
	}
	_, err = components.NewScheduledJob(s.ctx, "every-minute", &components.ScheduledJobArgs{
		Expression: "rate(1 minute)", Target: s.witness, Input: map[string]any{"job": "every-minute", "due": "<aws.scheduler.scheduled-time>"},
	})
	if err != nil {
		return err
	}
	_, err = components.NewScheduledJob(s.ctx, "every-morning", &components.ScheduledJobArgs{
		Expression: "cron(0 9 ? * MON-FRI *)", TimeZone: "Europe/Berlin", FlexibleWindow: 10 * time.Minute,
		Target: work, Input: map[string]any{"marker": "every-morning"},
	})
	if err != nil {
		return err
	}
	s.ctx.Export("told", told.URL)
	s.ctx.Export("workflow", work.ARN)
	s.ctx.Export("expressWorkflow", express.ARN)
	return nil
}
