package stack

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/policies"
)

// Payments take the money for orders, and give it back.
type Payments struct {
	// Table holds one item per order.
	Table *components.Table
	// Charge, Check and Refund are the order flow's tasks.
	Charge, Check, Refund *components.Function
	// Routes are the payments' part of the API.
	Routes components.Routes
}

// NewPayments deploys the payments: a table that remembers what was asked of the provider before it is asked, the order flow's tasks, the
// provider's webhooks, which a FIFO queue keeps in order for each payment, refunds of returned goods, and the events that tell others.
func (s *Stack) NewPayments(ctx *pulumi.Context, bus *components.EventBus, provider *ThirdParty) (*Payments, error) {
	s.section("Payments")
	table, err := s.table(ctx, "payments", components.TableArgs{
		PartitionKey: components.String("orderId"),
		Stream:       components.NewAndOldImages,
	})
	if err != nil {
		return nil, err
	}
	p := &Payments{Table: table}
	if err := s.newPaymentTasks(ctx, p, provider); err != nil {
		return nil, err
	}
	if err := s.newPaymentRoutes(ctx, p, provider); err != nil {
		return nil, err
	}
	refund, err := s.subscriber(ctx, "refund-return", "Gives back the money of returned goods", provider.GrantCalls(), table.Grant(policies.GetItem, policies.PutItem))
	if err != nil {
		return nil, err
	}
	err = bus.Rule(ctx, "refund-returns", &components.RuleArgs{
		Description: "Returned goods that can be sold again, whose money goes back",
		Pattern:     components.EventPattern{Source: components.Exact("shop.inventory"), DetailType: components.Exact("Return Restocked")},
		Targets:     []components.Target{{Function: refund}},
		Alarms:      s.alarms(),
	})
	if err != nil {
		return nil, err
	}
	publish, err := s.function(ctx, "publish-payment-events", "Tells other contexts what becomes of payments", bus.GrantPutEvents())
	if err != nil {
		return nil, err
	}
	return p, table.OnChange(ctx, "events", publish, s.changes())
}

// newPaymentTasks deploys the functions of the order flow.
func (s *Stack) newPaymentTasks(ctx *pulumi.Context, p *Payments, provider *ThirdParty) (err error) {
	can := policies.Join(provider.GrantCalls(), p.Table.Grant(policies.GetItem, policies.PutItem))
	if p.Charge, err = s.function(ctx, "charge-payment", "Takes the money for an order, once", can); err != nil {
		return err
	}
	if p.Check, err = s.function(ctx, "check-payment", "Finds out what became of a payment", can); err != nil {
		return err
	}
	p.Refund, err = s.function(ctx, "refund-payment", "Gives an order's money back, once, and sees to it that none is taken", can)
	return err
}

// newPaymentRoutes deploys the payments' part of the API, and the queue behind the provider's webhooks.
func (s *Stack) newPaymentRoutes(ctx *pulumi.Context, p *Payments, provider *ThirdParty) error {
	get, err := s.function(ctx, "get-payment", "Shows an order's payment", p.Table.Grant(policies.GetItem))
	if err != nil {
		return err
	}
	record, err := s.function(ctx, "record-payment", "Writes down what the provider's webhooks tell",
		provider.GrantCalls(), p.Table.Grant(policies.GetItem, policies.PutItem))
	if err != nil {
		return err
	}
	queue, err := components.NewWorkQueue(ctx, "payments", &components.WorkQueueArgs{
		Consumer: record, FIFO: true, Alarms: s.alarms(),
	})
	if err != nil {
		return err
	}
	s.watch(queue)
	webhook, err := s.function(ctx, "payment-webhook", "Receives the payment provider's news", provider.GrantReceive(), queue.GrantSend())
	if err != nil {
		return err
	}
	p.Routes = components.Routes{
		{Method: "GET", Path: "/payments/{orderId}", Function: get},
		{Method: "POST", Path: "/payments/webhook", Function: webhook, Auth: components.AuthNone},
	}
	return nil
}
