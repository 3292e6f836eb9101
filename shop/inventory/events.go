package inventory

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/attr"
	"github.com/serverless-shop/serverless-shop/shop/catalog"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// OnProductSaved consumes Product Saved: the administrator's change of stock is a receipt.
func (s *Stock) OnProductSaved(ctx context.Context, e handler.Event) error {
	return consume(e, func(saved event.ProductSaved) error { return s.Receive(ctx, idOf(e, saved), saved) })
}

// OnStockArrived consumes Stock Arrived: who waits for the product is served.
func (s *Stock) OnStockArrived(ctx context.Context, e handler.Event) error {
	return consume(e, func(arrived event.StockArrived) error { return s.Serve(ctx, arrived.ProductID) })
}

// OnOrderCancelled consumes Order Cancelled: the order waits no longer for stock.
func (s *Stock) OnOrderCancelled(ctx context.Context, e handler.Event) error {
	return consume(e, func(cancelled event.OrderCancelled) error { return s.EndWaiting(ctx, cancelled.OrderID) })
}

// OnReturnInspected consumes Return Inspected: accepted goods can be sold again.
func (s *Stock) OnReturnInspected(ctx context.Context, e handler.Event) error {
	return consume(e, func(inspected event.ReturnInspected) error {
		if !inspected.Accepted {
			return nil
		}
		return s.Restock(ctx, inspected.Return, idOf(e, inspected), inspected.CorrelationID)
	})
}

// OnRefundFailed consumes Refund Failed: goods that came back for it go out of stock again. A refund without a return has none.
func (s *Stock) OnRefundFailed(ctx context.Context, e handler.Event) error {
	return consume(e, func(failed event.RefundFailed) error {
		return s.Reverse(ctx, failed.OrderID, "The refund failed: "+failed.Reason, idOf(e, failed), failed.CorrelationID)
	})
}

// consume hands over the detail of an event that must be of type T.
func consume[T event.Detail](e handler.Event, do func(T) error) error {
	wanted, err := event.ParseAs[T](e)
	if err != nil {
		return err
	}
	return do(wanted)
}

// idOf is the id that an event has however often it is published. EventBridge gives each publication's envelope a new one, so that of the
// detail counts.
func idOf(e handler.Event, detail event.Detail) string {
	return cmp.Or(detail.About().EventID, e.ID)
}

// Publisher sends events to other contexts.
type Publisher interface {
	// Publish sends events, at least once each.
	Publish(ctx context.Context, events ...handler.Event) error
}

// Outbox publishes what the table's changes say.
type Outbox struct{ publisher Publisher }

// NewOutbox returns the outbox that is emptied to a publisher.
func NewOutbox(publisher Publisher) *Outbox { return &Outbox{publisher} }

// OnChange publishes the events that a change of the table carries, if any. Their ids come from the change's, so that they are the same
// whenever it comes again.
func (o *Outbox) OnChange(ctx context.Context, c handler.Change) error {
	encoded := attr.Plain(c.New[OutboxAttribute])
	if encoded == "" {
		return nil
	}
	var notes []note
	if err := json.Unmarshal([]byte(encoded), &notes); err != nil {
		return fmt.Errorf("reading the outbox of %s %s: %w", attr.Plain(c.Keys[attrPartition]), attr.Plain(c.Keys[attrSort]), err)
	}
	events := make([]handler.Event, len(notes))
	for i, n := range notes {
		detail, err := event.Decode(n.Name, n.Detail)
		if err != nil {
			return err
		}
		if events[i], err = event.New(fmt.Sprintf("%s-%d", c.ID, i), c.At, detail); err != nil {
			return err
		}
	}
	return o.publisher.Publish(ctx, events...)
}

// Catalogue shows customers what they can order.
type Catalogue interface {
	// ShowStock shows how many of a product are available, unless a newer count is shown, or the product is not in the catalogue any more.
	ShowStock(ctx context.Context, count catalog.StockCount) error
}

// Display keeps the catalogue's stock up to date.
type Display struct {
	store     Store
	catalogue Catalogue
}

// NewDisplay returns the display of a store's levels in the catalogue.
func NewDisplay(store Store, catalogue Catalogue) *Display { return &Display{store, catalogue} }

// OnEvent consumes any event about an order, or about a product's stock: it shows the present level of every product that the event names.
// It needs no other order than that: what is shown is never older than what was shown before.
func (d *Display) OnEvent(ctx context.Context, e handler.Event) error {
	var about struct {
		ProductID string `json:"productId"`
		Lines     []Line `json:"lines"`
	}
	if err := json.Unmarshal(e.Detail, &about); err != nil {
		return fmt.Errorf("reading the products of event %s %q: %w", e.ID, e.Type, err)
	}
	if about.ProductID != "" {
		about.Lines = append(about.Lines, Line{ProductID: about.ProductID})
	}
	for _, line := range about.Lines {
		level, err := d.store.Level(ctx, line.ProductID)
		if err != nil {
			return err
		}
		if level.Sequence == 0 {
			continue // the inventory has not heard of the product yet
		}
		err = d.catalogue.ShowStock(ctx, catalog.StockCount{
			ProductID: line.ProductID, Available: level.Available, Received: level.Received, ListedAt: level.ListedAt, AsOf: level.Sequence,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
