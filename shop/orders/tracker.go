package orders

import (
	"cmp"
	"context"
	"fmt"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Tracker brings into orders' histories what other contexts did after the order flow had ended: the parcel arrived, goods came back.
type Tracker struct{ service *Service }

// NewTracker returns the tracker of a service's orders.
func NewTracker(service *Service) *Tracker { return &Tracker{service} }

// OnEvent records what an event means for its order. It is idempotent: what an event has caused once is not recorded again. Events that came
// too early are errors, so that they come again later; those that came too late change nothing.
func (t *Tracker) OnEvent(ctx context.Context, e handler.Event) error {
	detail, err := event.Parse(e)
	if err != nil {
		return err
	}
	orderID, decide := effect(detail)
	if decide == nil {
		return fmt.Errorf("tracking orders: event %s is %q, want what other contexts say of shipments, payments and returns", e.ID, e.Type)
	}
	cause := cmp.Or(detail.About().EventID, e.ID)
	_, err = t.service.change(ctx, orderID, func(o Order) (event.Detail, error) {
		if o.CausedBy(cause) {
			return nil, nil
		}
		return decide(o, event.NewMeta(detail.About().CorrelationID, cause))
	})
	return err
}

// effect is the command that an event gives to its order; nil if it says nothing to orders.
func effect(detail event.Detail) (orderID string, decide func(Order, event.Meta) (event.Detail, error)) {
	switch d := detail.(type) {
	case event.ShipmentDelivered:
		return d.OrderID, Order.Deliver
	case event.ReturnInspected:
		if !d.Accepted {
			reason := cmp.Or(d.Finding, "The warehouse did not accept the goods.")
			return d.OrderID, func(o Order, about event.Meta) (event.Detail, error) { return o.FailReturn(about, reason, true) }
		}
		return d.OrderID, func(o Order, about event.Meta) (event.Detail, error) { return o.ProgressReturn(about, StageInspected) }
	case event.ReturnRestocked:
		return d.OrderID, func(o Order, about event.Meta) (event.Detail, error) { return o.ProgressReturn(about, StageRestocked) }
	case event.PaymentRefunded:
		return d.OrderID, func(o Order, about event.Meta) (event.Detail, error) {
			if o.Return == nil { // the order flow refunds too, and records it itself
				return nil, nil
			}
			return o.CompleteReturn(about)
		}
	case event.RestockReversed:
		return d.OrderID, func(o Order, about event.Meta) (event.Detail, error) { return o.FailReturn(about, d.Reason, false) }
	}
	return "", nil
}
