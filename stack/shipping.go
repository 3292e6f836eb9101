package stack

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/policies"
)

// Shipping has parcels carried, and looks at what comes back.
type Shipping struct {
	// Table holds one item per order.
	Table *components.Table
	// Create and Cancel are the order flow's tasks.
	Create, Cancel *components.Function
	// Routes are shipping's part of the API.
	Routes components.Routes
}

// NewShipping deploys shipping: a table that remembers what was asked of the carrier before it is asked, the order flow's tasks, the
// carrier's webhooks, the inspection of returned goods, and the events that tell others.
func (s *Stack) NewShipping(ctx *pulumi.Context, bus *components.EventBus, carrier *ThirdParty) (*Shipping, error) {
	s.section("Shipping")
	table, err := s.table(ctx, "shipments", components.TableArgs{
		PartitionKey: components.String("orderId"),
		Stream:       components.NewAndOldImages,
	})
	if err != nil {
		return nil, err
	}
	stored := table.Grant(policies.GetItem, policies.PutItem)
	create, err := s.function(ctx, "create-shipment", "Hands an order's parcel to the carrier, once", carrier.GrantCalls(), stored)
	if err != nil {
		return nil, err
	}
	cancel, err := s.function(ctx, "cancel-shipment", "Keeps an order's parcel from leaving", carrier.GrantCalls(), stored)
	if err != nil {
		return nil, err
	}
	webhook, err := s.function(ctx, "carrier-webhook", "Receives the carrier's news", carrier.GrantReceive(), stored)
	if err != nil {
		return nil, err
	}
	inspect, err := s.subscriber(ctx, "inspect-return", "Looks at goods that come back", stored)
	if err != nil {
		return nil, err
	}
	err = bus.Rule(ctx, "inspect-returns", &components.RuleArgs{
		Description: "Goods that come back",
		Pattern:     components.EventPattern{Source: components.Exact("shop.orders"), DetailType: components.Exact("Return Requested")},
		Targets:     []components.Target{{Function: inspect}},
		Alarms:      s.alarms(),
	})
	if err != nil {
		return nil, err
	}
	publish, err := s.function(ctx, "publish-shipment-events", "Tells other contexts what becomes of shipments and returns", bus.GrantPutEvents())
	if err != nil {
		return nil, err
	}
	return &Shipping{
		Table: table, Create: create, Cancel: cancel,
		Routes: components.Routes{{Method: "POST", Path: "/shipments/webhook", Function: webhook, Auth: components.AuthNone}},
	}, table.OnChange(ctx, "events", publish, s.changes())
}
