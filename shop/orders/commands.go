package orders

import (
	"slices"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// cancelledError is the answer to who wants to go on with an order that was called off.
type cancelledError struct{ err *fault.Error }

// errCancelled tells the order flow that the customer has cancelled meanwhile, so that it undoes what it did.
func errCancelled(o Order) error {
	return &cancelledError{fault.New(fault.ErrConflict, "Order %s was cancelled.", o.ID)}
}

// Error says which order it is.
func (c *cancelledError) Error() string { return c.err.Error() }

// Unwrap makes it a fault.ErrConflict.
func (c *cancelledError) Unwrap() error { return c.err }

// ErrorName is the error's name in the order flow's definition.
func (c *cancelledError) ErrorName() string { return "OrderCancelled" }

// facts are what every event about the order says of it.
func (o Order) facts() event.Order {
	return event.Order{
		OrderID: o.ID, CustomerID: o.CustomerID, OrderVersion: o.Version + 1,
		Total: float64(o.TotalCents) / 100, TotalCents: o.TotalCents, Currency: o.Currency, Lines: o.Lines,
	}
}

// conflict is the error for what the order's state does not allow.
func (o Order) conflict(what string) error {
	return fault.New(fault.ErrConflict, "The order is %s: it cannot %s.", o.Status, what)
}

// ahead tells whether the order has still to make a step forward. Error: [errCancelled] if it was called off, fault.ErrConflict if
// it cannot make the step.
func (o Order) ahead(to Status, what string) (bool, error) {
	switch {
	case o.Has(Cancelled):
		return false, errCancelled(o)
	case o.Has(to):
		return false, nil
	case !o.Status.may(to):
		return false, o.conflict(what)
	}
	return true, nil
}

// Reserve records that stock was set aside for all lines.
func (o Order) Reserve(about event.Meta) (event.Detail, error) {
	if ahead, err := o.ahead(Reserved, "be reserved"); !ahead {
		return nil, err
	}
	return event.OrderReserved{Meta: about, Order: o.facts()}, nil
}

// Backorder records that the order waits for stock.
func (o Order) Backorder(about event.Meta, shortages []event.Shortage) (event.Detail, error) {
	if ahead, err := o.ahead(Backordered, "be backordered"); !ahead {
		return nil, err
	}
	return event.OrderBackordered{Meta: about, Order: o.facts(), Shortages: shortages}, nil
}

// Pay records that the customer was charged. A second payment of another id is fault.ErrConflict: somebody must pay it back.
func (o Order) Pay(about event.Meta, paymentID string) (event.Detail, error) {
	ahead, err := o.ahead(Paid, "be paid")
	if err == nil && !ahead && o.PaymentID != paymentID {
		return nil, fault.New(fault.ErrConflict, "The order was paid by payment %s already; payment %s must be refunded.", o.PaymentID, paymentID)
	}
	if !ahead {
		return nil, err
	}
	return event.OrderPaid{Meta: about, Order: o.facts(), PaymentID: paymentID}, nil
}

// Ship records that the carrier has the parcel.
func (o Order) Ship(about event.Meta, shipmentID, trackingNumber string) (event.Detail, error) {
	if ahead, err := o.ahead(Shipped, "be shipped"); !ahead {
		return nil, err
	}
	return event.OrderShipped{Meta: about, Order: o.facts(), ShipmentID: shipmentID, TrackingNumber: trackingNumber}, nil
}

// Underway records that the parcel could not be stopped any more, whatever was to become of the order: it is paid for, arrives, and can be
// returned. So it is for a customer who cancelled too late.
func (o Order) Underway(about event.Meta, shipmentID, trackingNumber string) (event.Detail, error) {
	switch {
	case o.Has(Shipped):
		return nil, nil
	case !o.Has(Paid), !o.Status.may(Shipped):
		return nil, o.conflict("be under way")
	}
	return event.OrderShipped{Meta: about, Order: o.facts(), ShipmentID: shipmentID, TrackingNumber: trackingNumber}, nil
}

// Deliver records that the customer has the goods. A parcel can still arrive after its return was requested: that is recorded, and the
// return goes on.
func (o Order) Deliver(about event.Meta) (event.Detail, error) {
	switch {
	case o.Has(Delivered), o.Status == Returned:
		return nil, nil
	case o.Status != ReturnRequested && !o.Status.may(Delivered):
		return nil, o.conflict("be delivered")
	}
	return event.OrderDelivered{Meta: about, Order: o.facts()}, nil
}

// Cancel calls the order off, which is possible until it is shipped.
func (o Order) Cancel(about event.Meta, reason string) (event.Detail, error) {
	switch {
	case o.Has(Cancelled) && !o.Has(Shipped):
		return nil, nil
	case !o.Status.may(Cancelled):
		return nil, o.conflict("be cancelled any more")
	}
	return event.OrderCancelled{Meta: about, Order: o.facts(), Reason: reason}, nil
}

// Fail records that the shop could not carry out the order, and that nothing of it remains. A paid order is refunded instead.
func (o Order) Fail(about event.Meta, reason string) (event.Detail, error) {
	switch {
	case o.Status == Failed:
		return nil, nil
	case !o.Status.may(Failed):
		return nil, o.conflict("fail")
	}
	return event.OrderFailed{Meta: about, Order: o.facts(), Reason: reason}, nil
}

// Refund records that the money went back, of an order that was paid but not shipped. charged tells that the payment provider took
// the money while the customer cancelled, of which the order's history knows nothing.
func (o Order) Refund(about event.Meta, reason string, charged bool) (event.Detail, error) {
	switch {
	case o.Status == Refunded:
		return nil, nil
	case !o.Status.may(Refunded):
		return nil, o.conflict("be refunded")
	case o.Status == Cancelled && !o.Has(Paid) && !charged:
		return nil, o.conflict("be refunded, since it was never paid")
	}
	return event.OrderRefunded{Meta: about, Order: o.facts(), Reason: reason}, nil
}

// Close ends an order after the order flow has undone all that it did for it: as Refunded if money went back, or else as Failed. An
// order that was cancelled before it was paid has ended already. refunded tells that the payment provider paid back.
func (o Order) Close(about event.Meta, reason string, refunded bool) (event.Detail, error) {
	switch o.Status {
	case Paid, Cancelled:
		if o.Has(Paid) && !refunded {
			return nil, o.conflict("end before its payment was refunded")
		}
		if refunded {
			return o.Refund(about, reason, true)
		}
		return nil, nil
	case Refunded:
		return nil, nil
	default:
		return o.Fail(about, reason)
	}
}

// RequestReturn records that the customer wants to send everything back.
func (o Order) RequestReturn(about event.Meta, reason string) (event.Detail, error) {
	switch {
	case o.Status == ReturnRequested, o.Status == Returned:
		return nil, nil
	case !o.Status.may(ReturnRequested):
		return nil, o.conflict("be returned")
	}
	return event.ReturnRequested{Meta: about, Order: o.facts(), Reason: reason}, nil
}

// ProgressReturn records that the return has come further: [StageInspected] or [StageRestocked]. A stage that is behind it, or that
// is told after the return ended, changes nothing.
func (o Order) ProgressReturn(about event.Meta, stage Stage) (event.Detail, error) {
	switch {
	case o.Return == nil:
		return nil, o.conflict("make progress with a return that nobody requested")
	case slices.Index(stages, stage) < 1:
		return nil, fault.New(fault.ErrUnprocessable, "A return cannot progress to %s, want one of %v.", stage, stages[1:])
	case o.Status != ReturnRequested, slices.Index(stages, stage) <= slices.Index(stages, o.Return.Stage):
		return nil, nil
	}
	return event.ReturnProgressed{Meta: about, Order: o.facts(), Stage: string(stage)}, nil
}

// CompleteReturn records that the goods are back and the money is too.
func (o Order) CompleteReturn(about event.Meta) (event.Detail, error) {
	switch {
	case o.Status == Returned:
		return nil, nil
	case !o.Status.may(Returned):
		return nil, o.conflict("be completely returned")
	}
	return event.OrderReturned{Meta: about, Order: o.facts()}, nil
}

// FailReturn records that the return ended without the money going back: because the warehouse refused the goods, or because the
// payment provider could not pay. The order is as it was before.
func (o Order) FailReturn(about event.Meta, reason string, refused bool) (event.Detail, error) {
	switch {
	case o.Status == ReturnRequested:
		return event.ReturnFailed{Meta: about, Order: o.facts(), Reason: reason, Refused: refused}, nil
	case o.Return != nil && o.Status != Returned:
		return nil, nil
	}
	return nil, o.conflict("have its return fail")
}
