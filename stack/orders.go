package stack

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/policies"
)

// Orders are what customers buy.
type Orders struct {
	// Table holds the orders' events, and apart from them what is private to each order.
	Table *components.Table
	// Views are lists of orders, by customer and by status, made from the events.
	Views *components.Table
	// Sales are units and cents per product and day, made from the events.
	Sales *components.Table
	// Advance is the order flow's task that records how far it has come.
	Advance *components.Function
	// Routes are the orders' part of the API.
	Routes components.Routes
}

// NewOrders deploys the orders: an append-only table of events whose stream is both the outbox and what the read models are made from,
// one function per route, and what other contexts' events do to orders.
func (s *Stack) NewOrders(ctx *pulumi.Context, catalog *Catalog, messaging *Messaging) (*Orders, error) {
	s.section("Orders")
	o := &Orders{}
	if err := s.newOrderTables(ctx, o); err != nil {
		return nil, err
	}
	if err := s.newOrderRoutes(ctx, o, catalog); err != nil {
		return nil, err
	}
	if err := s.newOrderStream(ctx, o, messaging); err != nil {
		return nil, err
	}
	if err := s.newOrderSubscribers(ctx, o, messaging); err != nil {
		return nil, err
	}
	advance, err := s.function(ctx, "advance-order", "Records how far the order flow has come with an order",
		o.Table.Grant(policies.Query, policies.PutItem))
	o.Advance = advance
	return o, err
}

func (s *Stack) newOrderTables(ctx *pulumi.Context, o *Orders) error {
	for _, table := range []struct {
		name string
		into **components.Table
		args components.TableArgs
	}{
		{"orders", &o.Table, components.TableArgs{
			PartitionKey: components.String("pk"), SortKey: components.String("sk"), TimeToLive: "expiresAt", Stream: components.NewImage,
		}},
		{"order-views", &o.Views, components.TableArgs{
			PartitionKey: components.String("orderId"),
			Indexes: components.Indexes{
				{Name: "by-customer", PartitionKey: components.String("customerId"), SortKey: components.String("createdAt")},
				{Name: "by-status", PartitionKey: components.String("status"), SortKey: components.String("createdAt")},
			},
		}},
		{"sales", &o.Sales, components.TableArgs{PartitionKey: components.String("productId"), SortKey: components.String("day")}},
	} {
		created, err := s.table(ctx, table.name, table.args)
		if err != nil {
			return err
		}
		*table.into = created
	}
	return nil
}

// newOrderRoutes deploys the API. Everybody must be signed in; whose orders they see and change, the functions decide.
func (s *Stack) newOrderRoutes(ctx *pulumi.Context, o *Orders, catalog *Catalog) error {
	decide := o.Table.Grant(policies.Query, policies.PutItem) // read the history, add to it
	for _, route := range []struct {
		method, path, function, description string
		grants                              []policies.Grant
	}{
		{"POST", "/orders", "place-order", "Places an order, once per Idempotency-Key", []policies.Grant{
			catalog.Products.Grant(policies.BatchGetItem),
			o.Table.Grant(policies.GetItem, policies.Query, policies.PutItem, policies.ConditionCheckItem),
		}},
		{"GET", "/orders", "list-orders", "Lists the customer's orders, the newest first", []policies.Grant{o.Views.GrantIndexes(policies.Query)}},
		{"GET", "/orders/{id}", "get-order", "Shows one order with its history", []policies.Grant{o.Table.Grant(policies.Query)}},
		{"POST", "/orders/{id}/cancel", "cancel-order", "Calls an order off", []policies.Grant{decide}},
		{"POST", "/orders/{id}/return", "return-order", "Begins to return what an order brought", []policies.Grant{decide, o.Table.Grant(policies.ConditionCheckItem)}},
	} {
		function, err := s.function(ctx, route.function, route.description, route.grants...)
		if err != nil {
			return err
		}
		o.Routes = append(o.Routes, components.Route{Method: route.method, Path: route.path, Function: function})
	}
	return nil
}

// ordersBatch is how many changes of orders a function gets at once: few enough that all of them are worked on, one after the other,
// within its time limit.
const ordersBatch = 50

// newOrderStream deploys the two readers of the table's stream. Each works on one batch of a shard at a time: more at once would keep the
// order of one item's changes only, and each event of an order is an item of its own.
func (s *Stack) newOrderStream(ctx *pulumi.Context, o *Orders, messaging *Messaging) error {
	publish, err := s.function(ctx, "publish-order-events", "Sends what is recorded of orders to the event bus and the order topic",
		messaging.Bus.GrantPutEvents(), messaging.Orders.GrantPublish())
	if err != nil {
		return err
	}
	project, err := s.function(ctx, "project-orders", "Keeps lists of orders and sales as the orders' events have them",
		o.Table.Grant(policies.Query), o.Views.Grant(policies.GetItem, policies.PutItem), o.Sales.Grant(policies.UpdateItem))
	if err != nil {
		return err
	}
	events := s.changes(components.ChangeFilter{
		Kinds: []components.ChangeKind{components.Inserted},
		Keys:  components.Fields{"sk": components.Fields{"S": components.Prefix("EVENT#")}},
	})
	events.BatchSize = ordersBatch
	if err := o.Table.OnChange(ctx, "publish", publish, events); err != nil {
		return err
	}
	return o.Table.OnChange(ctx, "project", project, events)
}

// newOrderSubscribers deploys what other contexts' events do to orders.
func (s *Stack) newOrderSubscribers(ctx *pulumi.Context, o *Orders, messaging *Messaging) error {
	track, err := s.subscriber(ctx, "track-orders", "Records what becomes of orders after they were shipped",
		o.Table.Grant(policies.Query, policies.PutItem))
	if err != nil {
		return err
	}
	erase, err := s.subscriber(ctx, "anonymise-orders", "Removes from orders what leads to a customer whose account was deleted",
		o.Table.Grant(policies.Query, policies.PutItem, policies.DeleteItem),
		o.Views.Grant(policies.GetItem, policies.PutItem), o.Sales.Grant(policies.UpdateItem))
	if err != nil {
		return err
	}
	err = messaging.Bus.Rule(ctx, "track-orders", &components.RuleArgs{
		Description: "What becomes of orders after they were shipped",
		Pattern: components.EventPattern{
			Source:     components.Exact("shop.shipping", "shop.payments", "shop.inventory"),
			DetailType: components.Exact("Shipment Delivered", "Return Inspected", "Return Restocked", "Payment Refunded", "Restock Reversed"),
		},
		Targets: []components.Target{{Function: track}},
		Alarms:  s.alarms(),
	})
	if err != nil {
		return err
	}
	return messaging.Bus.Rule(ctx, "anonymise-orders", &components.RuleArgs{
		Description: "Accounts that were deleted",
		Pattern:     components.EventPattern{Source: components.Exact("shop.users"), DetailType: components.Exact("User Deleted")},
		Targets:     []components.Target{{Function: erase}},
		Alarms:      s.alarms(),
	})
}

// StartFlow has the workflow carry out every new order: a rule puts the event into a queue, from which it is started. The queue keeps what
// Step Functions cannot take at once.
func (o *Orders) StartFlow(ctx *pulumi.Context, s *Stack, messaging *Messaging, flow *components.Workflow) error {
	start, err := s.function(ctx, "start-order-flow", "Starts the workflow that carries out a new order",
		o.Table.Grant(policies.GetItem, policies.Query, policies.PutItem), flow.GrantStart(),
		setting("BACKORDER_WAIT", fmt.Sprintf("%dm", s.settings.backorderMinutes)))
	if err != nil {
		return err
	}
	queue, err := components.NewWorkQueue(ctx, "order-flow", &components.WorkQueueArgs{
		Consumer: start,
		Buses:    []*components.EventBus{messaging.Bus},
		Alarms:   s.alarms(),
	})
	if err != nil {
		return err
	}
	s.watch(queue)
	return messaging.Bus.Rule(ctx, "start-order-flow", &components.RuleArgs{
		Description: "Orders to be carried out",
		Pattern:     components.EventPattern{Source: components.Exact("shop.orders"), DetailType: components.Exact("Order Created")},
		Targets:     []components.Target{{Queue: queue}},
		Alarms:      s.alarms(),
	})
}
