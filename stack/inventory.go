package stack

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/policies"
)

// Inventory is how much of each product there is, and for whom it is set aside.
type Inventory struct {
	// Stock holds the products' levels and the orders' reservations.
	Stock *components.Table
	// ReserveStock, AwaitStock, SellStock and ReleaseStock are the order flow's tasks.
	ReserveStock, AwaitStock, SellStock, ReleaseStock *components.Function
}

// NewInventory deploys the inventory: the tasks that the order flow has, what it does when other contexts' events come over the bus, and the
// display of what is left in the catalogue.
func (s *Stack) NewInventory(ctx *pulumi.Context, bus *components.EventBus, orders *components.FanOutTopic, catalog *Catalog) (*Inventory, error) {
	s.section("Inventory")
	stock, err := s.table(ctx, "stock", components.TableArgs{
		PartitionKey: components.String("pk"),
		SortKey:      components.String("sk"),
		Stream:       components.NewImage,
	})
	if err != nil {
		return nil, err
	}
	inventory := &Inventory{Stock: stock}
	if err := inventory.addTasks(ctx, s); err != nil {
		return nil, err
	}
	if err := inventory.addSubscribers(ctx, s, bus); err != nil {
		return nil, err
	}
	publish, err := s.function(ctx, "publish-stock-events", "Tells other contexts what happened to stock", bus.GrantPutEvents())
	if err != nil {
		return nil, err
	}
	// Most changes are nobody else's business: those that are say so in an attribute.
	err = stock.OnChange(ctx, "events", publish, s.changes(
		components.ChangeFilter{New: components.Fields{"outbox": components.Fields{"S": components.Exists()}}},
	))
	if err != nil {
		return nil, err
	}
	return inventory, inventory.addDisplay(ctx, s, bus, orders, catalog)
}

// changeReservation is what every change of a reservation needs: to read it, and to write it, its levels and its places in queues in one
// transaction.
func (i *Inventory) changeReservation() policies.Grant {
	return i.Stock.Grant(policies.GetItem, policies.PutItem, policies.UpdateItem, policies.DeleteItem)
}

// answerTasks tells workflows that wait for stock.
var answerTasks = policies.AnswerTasks(policies.SendTaskSuccess, policies.SendTaskFailure)

func (i *Inventory) addTasks(ctx *pulumi.Context, s *Stack) (err error) {
	i.ReserveStock, err = s.function(ctx, "reserve-stock", "Sets an order's lines aside, all or none", i.changeReservation())
	if err != nil {
		return err
	}
	i.AwaitStock, err = s.function(ctx, "await-stock", "Lets an order wait until its stock arrives",
		i.changeReservation(), i.Stock.Grant(policies.Query), answerTasks)
	if err != nil {
		return err
	}
	i.SellStock, err = s.function(ctx, "sell-stock", "Counts a line of an order as sold", i.changeReservation())
	if err != nil {
		return err
	}
	i.ReleaseStock, err = s.function(ctx, "release-stock", "Makes an order's stock available again", i.changeReservation())
	return err
}

// addSubscribers makes the functions that events of the bus are for.
func (i *Inventory) addSubscribers(ctx *pulumi.Context, s *Stack, bus *components.EventBus) error {
	for _, subscriber := range []struct {
		rule, function, description string
		grants                      []policies.Grant
		pattern                     components.EventPattern
	}{
		{
			"stock-reports", "receive-stock", "Adds what administrators report to what is available",
			[]policies.Grant{i.Stock.Grant(policies.GetItem, policies.PutItem, policies.UpdateItem)},
			components.EventPattern{
				Source: components.Exact("shop.catalog"), DetailType: components.Exact("Product Saved"),
				Detail: components.Fields{"stockChange": components.AnythingBut(0)},
			},
		},
		{
			"stock-arrivals", "serve-backorders", "Gives stock that arrived to the orders that wait for it",
			[]policies.Grant{i.changeReservation(), i.Stock.Grant(policies.Query), answerTasks},
			components.EventPattern{Source: components.Exact("shop.inventory"), DetailType: components.Exact("Stock Arrived")},
		},
		{
			"cancelled-backorders", "cancel-backorder", "Ends the waiting of an order that was cancelled",
			[]policies.Grant{i.changeReservation(), answerTasks},
			components.EventPattern{Source: components.Exact("shop.orders"), DetailType: components.Exact("Order Cancelled")},
		},
		{
			"accepted-returns", "restock-return", "Makes goods that came back available again",
			[]policies.Grant{i.changeReservation()},
			components.EventPattern{
				Source: components.Exact("shop.shipping"), DetailType: components.Exact("Return Inspected"),
				Detail: components.Fields{"accepted": components.Exact(true)},
			},
		},
		{
			"failed-refunds", "reverse-restock", "Takes goods out of stock again whose customer keeps them",
			[]policies.Grant{i.changeReservation()},
			components.EventPattern{Source: components.Exact("shop.payments"), DetailType: components.Exact("Refund Failed")},
		},
	} {
		function, err := s.subscriber(ctx, subscriber.function, subscriber.description, subscriber.grants...)
		if err != nil {
			return err
		}
		err = bus.Rule(ctx, subscriber.rule, &components.RuleArgs{
			Description: subscriber.description, Pattern: subscriber.pattern, Targets: []components.Target{{Function: function}},
			Alarms: s.alarms(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// addDisplay makes the function that shows in the catalogue what is left, whenever an order took some, or stock came or went.
func (i *Inventory) addDisplay(ctx *pulumi.Context, s *Stack, bus *components.EventBus, orders *components.FanOutTopic, catalog *Catalog) error {
	project, err := s.function(ctx, "project-stock", "Shows in the catalogue how many of a product are left",
		i.Stock.Grant(policies.GetItem), catalog.Products.Grant(policies.GetItem, policies.UpdateItem))
	if err != nil {
		return err
	}
	queue, err := orders.SubscribeQueue(ctx, "project-stock", project, &components.QueueSubscriptionArgs{
		Filter:      components.TopicFilter{Attributes: components.Fields{"detail-type": components.Exact("Order Reserved")}},
		RawDelivery: true,
		Queue:       components.WorkQueueArgs{Buses: []*components.EventBus{bus}, Alarms: s.alarms()},
	})
	if err != nil {
		return err
	}
	s.watch(queue)
	return bus.Rule(ctx, "stock-changes", &components.RuleArgs{
		Description: "Shows stock that came or went without an order",
		Pattern: components.EventPattern{
			Source:     components.Exact("shop.inventory"),
			DetailType: components.Exact("Stock Arrived", "Stock Removed", "Restock Reversed"),
		},
		Targets: []components.Target{{Queue: queue}},
		Alarms:  s.alarms(),
	})
}
