package shipping

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Store keeps shipments.
type Store interface {
	// Find returns an order's shipment as it is now. One that does not exist has version 0.
	Find(ctx context.Context, orderID string) (Shipment, error)
	// Save stores s as its next version, which it returns, provided that the stored version is s's, or that there is none if s's
	// is 0. Otherwise: ErrConflict.
	Save(ctx context.Context, s Shipment) (Shipment, error)
}

// ErrConflict means that somebody else has changed the shipment meanwhile.
var ErrConflict = errors.New("the shipment was changed meanwhile")

// maxConflicts is how often a change is tried again on what somebody else made of the shipment.
const maxConflicts = 10

// RefusedError says that the order is not, and will not be, shipped.
type RefusedError struct {
	// Reason is the carrier's code, such as "no_service", or "called_off" if the shop itself has given up the shipment.
	Reason string
}

// Error implements error.
func (e *RefusedError) Error() string { return "the shipment was refused: " + e.Reason }

// ErrorName is how a workflow knows the error.
func (*RefusedError) ErrorName() string { return "ShipmentRefused" }

// UnderwayError says that the parcel cannot be stopped any more.
type UnderwayError struct{}

// Error implements error.
func (*UnderwayError) Error() string { return "the parcel is on its way and cannot be stopped" }

// ErrorName is how a workflow knows the error.
func (*UnderwayError) ErrorName() string { return "ShipmentUnderway" }

// calledOff is why a shipment is refused that the shop itself has given up.
const calledOff = "called_off"

// Service ships, stops parcels, and inspects what comes back.
type Service struct {
	store   Store
	carrier Carrier
}

// NewService returns the shipments kept in a store, made by a carrier.
func NewService(store Store, carrier Carrier) *Service {
	return &Service{store: store, carrier: carrier}
}

// Create has an order shipped, once, however often it is called. The shipment it returns has its id and tracking number.
//
// Errors: a RefusedError if the order is not shipped, which stays so; fault.ErrInvalid; any other if it is not known whether the carrier has
// the parcel, and trying again is right.
func (s *Service) Create(ctx context.Context, p Parcel) (Shipment, error) {
	if err := p.validate(); err != nil {
		return Shipment{}, err
	}
	shipment, err := s.update(ctx, p.OrderID, nil, func(now Shipment) Shipment {
		if now.Version > 0 {
			return now
		}
		return Shipment{OrderID: p.OrderID, CustomerID: p.CustomerID, Status: Requested, CorrelationID: p.CorrelationID}
	})
	if err != nil {
		return Shipment{}, err
	}
	// The news that a parcel was delivered can come before the answer that has its tracking number.
	if shipment.Status == Requested || shipment.Status == Delivered && shipment.TrackingNumber == "" {
		state, err := s.carrier.Create(ctx, shipmentKey(p.OrderID), p)
		if err != nil {
			return Shipment{}, fmt.Errorf("shipping order %s: %w", p.OrderID, err)
		}
		if shipment, err = s.learn(ctx, shipment, state); err != nil {
			return Shipment{}, err
		}
	}
	return s.outcome(ctx, shipment)
}

// outcome is what a shipment means to somebody who wants it.
func (s *Service) outcome(ctx context.Context, shipment Shipment) (Shipment, error) {
	shipment, err := s.settle(ctx, shipment)
	if err != nil {
		return Shipment{}, err
	}
	switch shipment.Status {
	case Created, Delivered:
		return shipment, nil
	case Refused:
		return Shipment{}, &RefusedError{Reason: shipment.Reason}
	case Cancelled:
		return Shipment{}, &RefusedError{Reason: calledOff}
	default:
		return Shipment{}, fmt.Errorf("the carrier has not said whether it ships order %s; try again", shipment.OrderID)
	}
}

// Cancel keeps an order's parcel from leaving, and sees to it that none leaves any more. The shipment it returns is Cancelled, or Refused.
//
// Errors: an UnderwayError, with the shipment and its tracking number, if it is too late; any other if that is not known, and trying again is
// right.
func (s *Service) Cancel(ctx context.Context, orderID, correlationID string) (Shipment, error) {
	shipment, err := s.update(ctx, orderID, nil, func(now Shipment) Shipment {
		if now.Version == 0 { // who comes to ship now finds this, and does not
			return Shipment{OrderID: orderID, Status: Cancelled, CorrelationID: correlationID}
		}
		return now.callOff()
	})
	if err != nil {
		return Shipment{}, err
	}
	if shipment, err = s.settle(ctx, shipment); err != nil {
		return Shipment{}, err
	}
	if shipment.Status == Created || shipment.Status == Delivered {
		if shipment.TrackingNumber == "" { // all that is known is that it was delivered; the carrier's refusal tells the rest
			state, err := s.carrier.Cancel(ctx, orderID)
			if err != nil {
				return Shipment{}, fmt.Errorf("asking for the shipment of order %s: %w", orderID, err)
			}
			if shipment, err = s.learn(ctx, shipment, state); err != nil {
				return Shipment{}, err
			}
		}
		return shipment, &UnderwayError{}
	}
	return shipment, nil
}

// settle carries a cancellation to its end. Whoever meets an unfinished one does so, since whoever began it may have crashed.
func (s *Service) settle(ctx context.Context, shipment Shipment) (Shipment, error) {
	if shipment.Status != Cancelling {
		return shipment, nil
	}
	state, err := s.carrier.Cancel(ctx, shipment.OrderID)
	if err != nil {
		return Shipment{}, fmt.Errorf("cancelling the shipment of order %s: %w", shipment.OrderID, err)
	}
	if shipment, err = s.learn(ctx, shipment, state); err != nil {
		return Shipment{}, err
	}
	if shipment.Status == Cancelling {
		return Shipment{}, fmt.Errorf("the carrier has not yet cancelled the shipment of order %s; try again", shipment.OrderID)
	}
	return shipment, nil
}

// Deliver notes that the customer has the parcel, as the carrier says. Error: fault.ErrNotFound if the order has no shipment.
func (s *Service) Deliver(ctx context.Context, orderID, shipmentID string) (Shipment, error) {
	shipment, err := s.find(ctx, orderID)
	if err != nil {
		return Shipment{}, err
	}
	return s.learn(ctx, shipment, State{Phase: PhaseDelivered, ShipmentID: shipmentID})
}

// Inspect looks at an order's goods that come back. Repeated for the same request it changes nothing.
// Errors: fault.ErrNotFound if the order has no shipment; fault.ErrInvalid if the customer's reason, which says in what state the goods
// are, is not there any more: nothing is decided without it.
func (s *Service) Inspect(ctx context.Context, requested event.ReturnRequested, causationID string) (Shipment, error) {
	shipment, err := s.find(ctx, requested.OrderID)
	if err != nil {
		return Shipment{}, err
	}
	if shipment.inspected(requested) {
		return shipment, nil
	}
	if requested.Reason == "" {
		return Shipment{}, fault.New(fault.ErrInvalid, "The return of order %s, its event %d, has no reason any more: the archive has none, and events lose theirs with the account. "+
			"Look at the parcel.", requested.OrderID, requested.OrderVersion)
	}
	accepted, finding := inspect(requested.Reason)
	return s.update(ctx, requested.OrderID, &shipment, func(now Shipment) Shipment {
		if now.inspected(requested) {
			return now
		}
		now.Inspection = &Inspection{
			OrderVersion: requested.OrderVersion, Lines: requested.Lines, AmountCents: requested.TotalCents, Currency: requested.Currency,
			Accepted: accepted, Finding: finding, CorrelationID: requested.CorrelationID, CausationID: causationID,
		}
		return now
	})
}

func (s *Service) find(ctx context.Context, orderID string) (Shipment, error) {
	shipment, err := s.store.Find(ctx, orderID)
	if err != nil {
		return Shipment{}, fmt.Errorf("finding the shipment of order %s: %w", orderID, err)
	}
	if shipment.Version == 0 {
		return Shipment{}, fault.New(fault.ErrNotFound, "There is no shipment of order %s.", fault.Quote(orderID))
	}
	return shipment, nil
}

// learn writes down a state of the carrier's.
func (s *Service) learn(ctx context.Context, shipment Shipment, state State) (Shipment, error) {
	return s.update(ctx, shipment.OrderID, &shipment, func(now Shipment) Shipment { return now.learn(state) })
}

// update changes the stored shipment. It begins with known, if the caller has it already. A change that changes nothing stores nothing.
func (s *Service) update(ctx context.Context, orderID string, known *Shipment, change func(Shipment) Shipment) (Shipment, error) {
	for range maxConflicts {
		if known == nil {
			found, err := s.store.Find(ctx, orderID)
			if err != nil {
				return Shipment{}, fmt.Errorf("finding the shipment of order %s: %w", orderID, err)
			}
			known = &found
		}
		next := change(*known)
		if reflect.DeepEqual(next, *known) {
			return next, nil
		}
		saved, err := s.store.Save(ctx, next)
		if err == nil {
			return saved, nil
		}
		if !errors.Is(err, ErrConflict) {
			return Shipment{}, fmt.Errorf("saving the shipment of order %s as %s: %w", orderID, next.Status, err)
		}
		known = nil
	}
	return Shipment{}, fmt.Errorf("saving the shipment of order %s: %w %d times in a row", orderID, ErrConflict, maxConflicts)
}
