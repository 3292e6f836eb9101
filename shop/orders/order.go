// Package orders is what customers buy: how an order is placed, what becomes of it, and who may see it.
//
// An order is the list of its events. Commands look at the order that its history makes, and answer with the next event or with
// an error; nothing is ever changed or removed. What people look at, lists of orders and sales per day, is made from the events
// and can be made again (see [Projector]).
package orders

import (
	"fmt"
	"slices"
	"time"

	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Status is how far an order has come.
type Status string

// The states of an order. Failed, Refunded and Returned are final; Cancelled and Delivered are too, unless the customer was
// charged or wants to return the goods, or the parcel could not be stopped any more.
const (
	Pending         Status = "PENDING"
	Reserved        Status = "RESERVED"
	Backordered     Status = "BACKORDERED"
	Paid            Status = "PAID"
	Shipped         Status = "SHIPPED"
	Delivered       Status = "DELIVERED"
	Cancelled       Status = "CANCELLED"
	Failed          Status = "FAILED"
	Refunded        Status = "REFUNDED"
	ReturnRequested Status = "RETURN_REQUESTED"
	Returned        Status = "RETURNED"
)

// statuses are all of them, in the order in which a message names them.
var statuses = []Status{
	Pending, Reserved, Backordered, Paid, Shipped, Delivered, Cancelled, Failed, Refunded, ReturnRequested, Returned,
}

// transitions are the state machine: from each state to those that may follow it.
var transitions = map[Status][]Status{
	"":              {Pending},
	Pending:         {Reserved, Backordered, Cancelled, Failed},
	Backordered:     {Reserved, Cancelled, Failed},
	Reserved:        {Paid, Cancelled, Failed},
	Paid:            {Shipped, Cancelled, Refunded},
	Cancelled:       {Refunded, Shipped}, // the latter if the parcel had left before it could be stopped
	Shipped:         {Delivered, ReturnRequested},
	Delivered:       {ReturnRequested},
	ReturnRequested: {Returned, Shipped, Delivered}, // the latter two when the return fails
}

// may tells whether the state machine has this transition.
func (s Status) may(to Status) bool { return slices.Contains(transitions[s], to) }

// Stage is how far a return has come.
type Stage string

// The stages of a return, in their order; Refused and ReturnFailed end it in place of those that would have followed.
const (
	StageRequested Stage = "REQUESTED"
	StageInspected Stage = "INSPECTED"
	StageRestocked Stage = "RESTOCKED"
	StageRefunded  Stage = "REFUNDED"
	StageRefused   Stage = "REFUSED"
	StageFailed    Stage = "FAILED"
)

// stages are those that a return passes while it is open.
var stages = []Stage{StageRequested, StageInspected, StageRestocked}

// Return is the customer's wish to send everything back, and what became of it.
type Return struct {
	// Stage is how far it has come.
	Stage Stage `json:"stage"`
	// Reason is the customer's.
	Reason string `json:"reason"`
}

// Recorded is an event of an order's history.
type Recorded struct {
	// Version is the event's place in the history, from 1.
	Version int
	// At is when it happened, in UTC, to the millisecond.
	At time.Time
	// Detail is what happened: one of package event's structs about orders.
	Detail event.Detail
}

// EventID is the id under which an order's event is published, however often that happens.
func EventID(orderID string, version int) string { return fmt.Sprintf("%s-%06d", orderID, version) }

// Order is an order as its history makes it. Its exported methods named after what happens, such as [Order.Reserve], are
// commands: they change nothing, but return the event to be recorded. A command whose effect the order already has returns no
// event and no error, so that whoever does not know whether it arrived may repeat it. One that the order's state does not allow
// returns fault.ErrConflict.
type Order struct {
	// ID never changes.
	ID string
	// CustomerID is the user's id.
	CustomerID string
	// Status is how far the order has come.
	Status Status
	// Lines are what was ordered, each product once, at the price of that time.
	Lines []event.Line
	// TotalCents is the value of all lines in hundredths of Currency, an ISO 4217 code.
	TotalCents int64
	Currency   string
	// PaymentID is the payment's id at the payment provider, from [Paid] on.
	PaymentID string
	// ShipmentID and TrackingNumber are the carrier's, from [Shipped] on.
	ShipmentID     string
	TrackingNumber string
	// Reason is why the order, or its return, did not work out: a sentence.
	Reason string
	// Return is the last return, if one was ever requested.
	Return *Return
	// CreatedAt, UpdatedAt and PaidAt are the times of the first event, of the last, and of the payment.
	CreatedAt, UpdatedAt, PaidAt time.Time
	// Version is the number of events.
	Version int

	passed []Status // all states that the order was ever in
	before Status   // what a failed return goes back to
	causes []string // what its events follow from
}

// Has tells whether the order was ever in this state.
func (o Order) Has(s Status) bool { return slices.Contains(o.passed, s) }

// CausedBy tells whether one of the order's events follows from the event of this id.
func (o Order) CausedBy(eventID string) bool {
	return eventID != "" && slices.Contains(o.causes, eventID)
}

// anonymous returns the order without its customer, and without what leads there: what the customer wrote, and what the carrier knows the
// parcel by.
func (o Order) anonymous() Order {
	o.CustomerID, o.ShipmentID, o.TrackingNumber = "", "", ""
	if o.Return != nil {
		o.Return = &Return{Stage: o.Return.Stage}
	}
	return o
}

// Replay returns the order that a history makes. It fails on a history that no sequence of commands can have made.
func Replay(history []Recorded) (Order, error) {
	var o Order
	for _, r := range history {
		next, err := o.apply(r)
		if err != nil {
			return Order{}, err
		}
		o = next
	}
	if o.Version == 0 {
		return Order{}, fmt.Errorf("replaying an order: its history is empty, want at least %q", event.Name(event.OrderCreated{}))
	}
	return o, nil
}

// apply returns the order after one more event.
func (o Order) apply(r Recorded) (Order, error) {
	if r.Version != o.Version+1 {
		return Order{}, fmt.Errorf("replaying order %q: found event %d after event %d, want %d", o.ID, r.Version, o.Version, o.Version+1)
	}
	to, err := o.after(r)
	if err != nil {
		return Order{}, err
	}
	if to == unchanged {
		to = o.Status
	} else if !o.Status.may(to) {
		return Order{}, fmt.Errorf("replaying order %q: event %d, %q, makes %s of %s, want one of %v",
			o.ID, r.Version, event.Name(r.Detail), to, o.Status, transitions[o.Status])
	}
	o.Status, o.Version, o.UpdatedAt = to, r.Version, r.At
	if !o.Has(to) {
		o.passed = append(slices.Clone(o.passed), to) // orders are values: another copy may have the same list
	}
	o.causes = append(slices.Clone(o.causes), r.Detail.About().CausationID)
	return o, nil
}

// unchanged stands for the state that the order is in already.
const unchanged Status = "="

// after takes over what the event says, and returns the state that it makes.
func (o *Order) after(r Recorded) (Status, error) {
	switch d := r.Detail.(type) {
	case event.OrderCreated:
		o.ID, o.CustomerID, o.Lines, o.TotalCents, o.Currency, o.CreatedAt = d.OrderID, d.CustomerID, d.Lines, d.TotalCents, d.Currency, r.At
		return Pending, nil
	case event.OrderBackordered:
		return Backordered, nil
	case event.OrderReserved:
		return Reserved, nil
	case event.OrderPaid:
		o.PaymentID, o.PaidAt = d.PaymentID, r.At
		return Paid, nil
	case event.OrderShipped:
		o.ShipmentID, o.TrackingNumber = d.ShipmentID, d.TrackingNumber
		return Shipped, nil
	case event.OrderDelivered:
		if o.Status == ReturnRequested { // the parcel arrived after all
			o.before = Delivered
			o.passed = append(slices.Clone(o.passed), Delivered)
			return unchanged, nil
		}
		return Delivered, nil
	case event.OrderCancelled:
		o.Reason = d.Reason
		return Cancelled, nil
	case event.OrderFailed:
		o.Reason = d.Reason
		return Failed, nil
	case event.OrderRefunded:
		o.Reason = d.Reason
		return Refunded, nil
	case event.ReturnRequested:
		o.before, o.Reason, o.Return = o.Status, "", &Return{StageRequested, d.Reason}
		return ReturnRequested, nil
	}
	return o.afterReturn(r)
}

// afterReturn is after for what happens once a return was requested.
func (o *Order) afterReturn(r Recorded) (Status, error) {
	if o.Return == nil {
		return "", fmt.Errorf("replaying order %q: event %d is %T, want an event about an order, and of a return only after one was requested", o.ID, r.Version, r.Detail)
	}
	back := *o.Return // not shared with other copies of the order
	o.Return = &back
	switch d := r.Detail.(type) {
	case event.ReturnProgressed:
		back.Stage = Stage(d.Stage)
		return unchanged, nil
	case event.OrderReturned:
		back.Stage = StageRefunded
		return Returned, nil
	case event.ReturnFailed:
		back.Stage, o.Reason = StageFailed, d.Reason
		if d.Refused {
			back.Stage = StageRefused
		}
		return o.before, nil
	}
	return "", fmt.Errorf("replaying order %q: event %d is %T, want an event about an order", o.ID, r.Version, r.Detail)
}
