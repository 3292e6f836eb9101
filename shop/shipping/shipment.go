// Package shipping has an order's parcel carried, once, and looks at what comes back.
//
// The carrier is somebody else's machine, and is asked as the payment provider is: the shop writes down what it is about to ask for, asks
// under a key made of the order's id, and writes down the answer.
package shipping

import (
	"context"
	"time"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Status is what the shop knows of an order's shipment.
type Status string

const (
	// Requested means that the carrier is, or is about to be, asked, and that the outcome is not known yet.
	Requested Status = "REQUESTED"
	// Created means that the carrier has the parcel.
	Created Status = "CREATED"
	// Delivered means that the customer has the parcel.
	Delivered Status = "DELIVERED"
	// Refused means that the carrier does not carry the parcel.
	Refused Status = "REFUSED"
	// Cancelling means that the parcel, if there is one, is to stay, and that it is not certain yet that it does.
	Cancelling Status = "CANCELLING"
	// Cancelled means that there is no parcel under way, and there will be none.
	Cancelled Status = "CANCELLED"
)

// Shipment is the parcel of one order.
type Shipment struct {
	// OrderID is the order that is shipped. It has one shipment, ever.
	OrderID string
	// CustomerID is the user's id; "" if the shipment was cancelled before anybody asked for it.
	CustomerID string
	// Status is what the shop knows.
	Status Status
	// ShipmentID is the shipment's id at the carrier; "" as long as it is not known.
	ShipmentID string
	// TrackingNumber is what the customer follows the parcel by.
	TrackingNumber string
	// Reason is why the carrier refused: its code, such as "no_service".
	Reason string
	// Inspection is what was found when the goods came back; nil as long as they have not.
	Inspection *Inspection
	// CorrelationID follows the customer's request.
	CorrelationID string
	// Version counts the changes, from 1; 0 is a shipment that is not stored yet.
	Version int64
	// CreatedAt and UpdatedAt are when the shipment was first and last stored, in UTC.
	CreatedAt, UpdatedAt time.Time
}

// Address is where a parcel goes. It is passed on to the carrier and not stored here.
type Address struct {
	// Name is the recipient's.
	Name string `json:"name"`
	// Street has the number of the house too.
	Street string `json:"street"`
	// City is the town.
	City string `json:"city"`
	// Postcode is the town's, in the country's own form.
	Postcode string `json:"postcode"`
	// Country is an ISO 3166-1 alpha-2 code, such as DE.
	Country string `json:"country"`
}

// Item is something in a parcel.
type Item struct {
	// ProductID is the product's id.
	ProductID string `json:"productId"`
	// Quantity is how many pieces: at least 1.
	Quantity int64 `json:"quantity"`
}

// Parcel is the wish to have an order shipped.
type Parcel struct {
	// OrderID is the order.
	OrderID string
	// CustomerID is the user's id.
	CustomerID string
	// To is where it goes.
	To Address
	// Items are what is in it: at least one.
	Items []Item
	// CorrelationID follows the customer's request.
	CorrelationID string
}

// validate returns every wrong field.
func (p Parcel) validate() error {
	var wrong []fault.Field
	check := func(ok bool, field, message string) {
		if !ok {
			wrong = append(wrong, fault.Field{Field: field, Message: message})
		}
	}
	check(p.OrderID != "", "orderId", "is required")
	check(p.CustomerID != "", "customerId", "is required")
	check(p.To.Postcode != "", "shippingAddress.postcode", "is required")
	check(len(p.Items) > 0, "lines", "must have at least one")
	return fault.Invalid(wrong...)
}

// Phase is how far a shipment is at the carrier.
type Phase string

// The phases of a shipment at the carrier.
const (
	// PhaseNone means that the carrier has never heard of the shipment.
	PhaseNone Phase = ""
	// PhaseCreated means that the carrier has the parcel and can still keep it.
	PhaseCreated Phase = "created"
	// PhaseUnderway means that the parcel is on its way and cannot be stopped.
	PhaseUnderway Phase = "underway"
	// PhaseDelivered means that the customer has it.
	PhaseDelivered Phase = "delivered"
	// PhaseRefused means that the carrier does not carry it.
	PhaseRefused Phase = "refused"
	// PhaseCancelled means that the carrier does not carry it, and will not.
	PhaseCancelled Phase = "cancelled"
)

// State is what the carrier says about a shipment.
type State struct {
	// Phase is how far it is.
	Phase Phase
	// ShipmentID is its id at the carrier, if it has one.
	ShipmentID string
	// TrackingNumber is what the customer follows it by, if it has one.
	TrackingNumber string
	// Reason is the carrier's code for a refusal.
	Reason string
}

// Carrier carries parcels. Every method returns the state in which it leaves the shipment. A method that returns an error may have
// had its effect.
type Carrier interface {
	// Create takes a parcel. Repeated with the same key it has no further effect, and returns the first outcome.
	Create(ctx context.Context, key string, p Parcel) (State, error)
	// Cancel keeps a parcel from leaving, also one that the carrier has not heard of yet. One that is under way stays so.
	Cancel(ctx context.Context, orderID string) (State, error)
}

// shipmentKey is the idempotency key at the carrier. It depends on the order alone, so that no repetition makes a second parcel.
func shipmentKey(orderID string) string { return "shipment-" + orderID }

// learn returns the shipment after the carrier has told its state. An older state never undoes a newer one. A parcel that turns out to exist
// after the shop was told, or had decided, that none would, is stopped.
func (s Shipment) learn(state State) Shipment {
	if s.ShipmentID == "" {
		s.ShipmentID = state.ShipmentID
	}
	if s.TrackingNumber == "" {
		s.TrackingNumber = state.TrackingNumber
	}
	switch state.Phase {
	case PhaseNone: // nothing is decided
	case PhaseCreated:
		s = s.created()
	case PhaseUnderway: // too late to be stopped
		if s.Status != Delivered {
			s.Status = Created
		}
	case PhaseDelivered:
		s.Status = Delivered
	case PhaseRefused:
		s = s.notCreated(Refused, state.Reason)
	case PhaseCancelled:
		s = s.notCreated(Refused, string(PhaseCancelled))
	}
	return s
}

func (s Shipment) created() Shipment {
	switch s.Status {
	case Requested:
		s.Status = Created
	case Refused, Cancelled:
		s.Status = Cancelling
	case Created, Delivered, Cancelling: // known, overtaken, or to be stopped
	}
	return s
}

// notCreated is what becomes of a shipment that the carrier has not, by who wanted that.
func (s Shipment) notCreated(otherwise Status, reason string) Shipment {
	switch s.Status {
	case Cancelling:
		s.Status = Cancelled
	case Requested:
		s.Status, s.Reason = otherwise, reason
	case Created, Delivered, Refused, Cancelled:
	}
	return s
}

// callOff returns the shipment after it was asked to stay. What is final stays as it is.
func (s Shipment) callOff() Shipment {
	if s.Status == Requested || s.Status == Created {
		s.Status = Cancelling
	}
	return s
}

// Inspection is what was found when an order's goods came back.
type Inspection struct {
	// OrderVersion is the place of the request in the order's history. An order may come back a second time, if the first try failed.
	OrderVersion int
	// Lines are the goods.
	Lines []event.Line
	// AmountCents is what they cost, in hundredths of Currency.
	AmountCents int64
	// Currency is an ISO 4217 code.
	Currency string
	// Accepted tells whether the goods can be sold again.
	Accepted bool
	// Finding is why not; "" if accepted.
	Finding string
	// CorrelationID and CausationID say where the request came from.
	CorrelationID, CausationID string
}

// inspected tells whether the goods that come back by a request, or by a later one, were looked at.
func (s Shipment) inspected(requested event.ReturnRequested) bool {
	return s.Inspection != nil && s.Inspection.OrderVersion >= requested.OrderVersion
}
