// Package analytics keeps account of orders beside the business: metrics of what is sold, and an archive of everything that happened.
package analytics

import (
	"context"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Seen remembers which orders were counted.
type Seen interface {
	// First tells whether an order is seen for the first time, and remembers it.
	First(ctx context.Context, orderID string) (bool, error)
}

// Counter counts orders into the shop's metrics.
type Counter struct{ seen Seen }

// NewCounter returns the counter that counts no order twice.
func NewCounter(seen Seen) *Counter { return &Counter{seen: seen} }

// Count consumes "Order Created": it counts the order, its items and its value, by currency. Repeating it counts nothing; a function
// that dies between remembering the order and counting it loses one from the metrics, and from nothing else.
func (c *Counter) Count(ctx context.Context, e handler.Event) error {
	created, err := event.ParseAs[event.OrderCreated](e)
	if err != nil {
		return err
	}
	handler.Annotate(ctx, "orderId", created.OrderID)
	first, err := c.seen.First(ctx, created.OrderID)
	if err != nil || !first {
		return err
	}
	items := int64(0)
	for _, l := range created.Lines {
		items += l.Quantity
	}
	handler.Count(ctx, "OrdersPlaced", 1, "currency", created.Currency)
	handler.Count(ctx, "ItemsOrdered", float64(items), "currency", created.Currency)
	handler.Count(ctx, "OrderValue", created.Total, "currency", created.Currency)
	return nil
}
