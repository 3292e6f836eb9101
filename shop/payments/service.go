package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// Store keeps payments.
type Store interface {
	// Find returns an order's payment as it is now. One that does not exist has version 0.
	Find(ctx context.Context, orderID string) (Payment, error)
	// Save stores p as its next version, which it returns, provided that the stored version is p's, or that there is none if p's
	// is 0. Otherwise: ErrConflict.
	Save(ctx context.Context, p Payment) (Payment, error)
}

// ErrConflict means that somebody else has changed the payment meanwhile.
var ErrConflict = errors.New("the payment was changed meanwhile")

// maxConflicts is how often a change is tried again on what somebody else made of the payment. A payment has four changes in its life
// and a handful of functions that make them, so that more conflicts in a row are a mistake.
const maxConflicts = 10

// DeclinedError says that the order is not, and will not be, paid for.
type DeclinedError struct {
	// Reason is the provider's code, such as "card_declined", or "called_off" if the shop itself has given up the payment.
	Reason string
}

// Error implements error.
func (e *DeclinedError) Error() string { return "the payment was declined: " + e.Reason }

// ErrorName is how a workflow knows the error.
func (*DeclinedError) ErrorName() string { return "PaymentDeclined" }

// RefundFailedError says that the provider refused for good to pay back.
type RefundFailedError struct {
	// Reason is the provider's code, such as "account_closed".
	Reason string
}

// Error implements error.
func (e *RefundFailedError) Error() string { return "the refund was refused for good: " + e.Reason }

// ErrorName is how a workflow knows the error.
func (*RefundFailedError) ErrorName() string { return "RefundFailed" }

// calledOff is why a payment is declined that the shop itself has given up.
const calledOff = "called_off"

// Service charges, refunds, and finds out what became of it.
type Service struct {
	store    Store
	provider Provider
}

// NewService returns the payments kept in a store, made by a provider.
func NewService(store Store, provider Provider) *Service {
	return &Service{store: store, provider: provider}
}

// Charge takes the money for an order, once, however often it is called. The payment it returns is Captured or, if the provider has not
// decided or not answered in time, Pending: [Service.Check] then tells the outcome.
//
// Errors: a DeclinedError if the order is not paid for, which stays so; fault.ErrInvalid; fault.ErrPrecondition if the order was to be charged otherwise
// before; any other if nothing is known, and trying again is right.
func (s *Service) Charge(ctx context.Context, c Charge) (Payment, error) {
	if err := c.validate(); err != nil {
		return Payment{}, err
	}
	p, err := s.begin(ctx, c)
	if err != nil {
		return Payment{}, err
	}
	if p.Status == Pending {
		state, err := s.at(p).Charge(ctx, chargeKey(c.OrderID), c)
		if errors.Is(err, ErrNoAnswer) {
			return p, nil
		}
		if err != nil {
			return Payment{}, fmt.Errorf("charging order %s: %w", c.OrderID, err)
		}
		if p, err = s.learn(ctx, p, state); err != nil {
			return Payment{}, err
		}
	}
	return s.outcome(ctx, p)
}

// begin writes down that an order is about to be charged, or returns what was written down before.
func (s *Service) begin(ctx context.Context, c Charge) (Payment, error) {
	p, err := s.update(ctx, c.OrderID, nil, func(p Payment) Payment {
		if p.Version > 0 {
			return p
		}
		return Payment{
			OrderID: c.OrderID, CustomerID: c.CustomerID, AmountCents: c.AmountCents, Currency: c.Currency, Status: Pending, Cause: c.Cause,
		}
	})
	if err != nil {
		return Payment{}, err
	}
	live := p.Status == Pending || p.Status == Captured
	if live && (p.AmountCents != c.AmountCents || p.Currency != c.Currency || p.CustomerID != c.CustomerID) {
		return Payment{}, fault.New(fault.ErrPrecondition, "Order %s was charged %d %s before, and cannot be charged %d %s.",
			c.OrderID, p.AmountCents, p.Currency, c.AmountCents, c.Currency)
	}
	return p, nil
}

// Check asks the provider what became of an order's payment, and writes it down. It returns the same as [Service.Charge].
// Errors: those of Charge, and fault.ErrNotFound if nobody has asked to charge the order.
func (s *Service) Check(ctx context.Context, orderID string) (Payment, error) {
	p, err := s.Reconcile(ctx, orderID)
	if err != nil {
		return Payment{}, err
	}
	return s.outcome(ctx, p)
}

// Reconcile asks the provider for the state of an order's payment, writes it down, and gives back money that should not have been taken.
// That an order was declined is no error here.
//
// A webhook leads here: it says that there is news, and what the news is, is asked. So it does not matter in which order webhooks come,
// how often, and how old they are.
func (s *Service) Reconcile(ctx context.Context, orderID string) (Payment, error) {
	p, err := s.Find(ctx, orderID)
	if err != nil {
		return Payment{}, err
	}
	state, err := s.at(p).Find(ctx, orderID)
	if err != nil {
		return Payment{}, fmt.Errorf("asking for the payment of order %s: %w", orderID, err)
	}
	if p, err = s.learn(ctx, p, state); err != nil {
		return Payment{}, err
	}
	return s.settle(ctx, p)
}

// Find returns an order's payment. Error: fault.ErrNotFound if there is none.
func (s *Service) Find(ctx context.Context, orderID string) (Payment, error) {
	p, err := s.store.Find(ctx, orderID)
	if err != nil {
		return Payment{}, fmt.Errorf("finding the payment of order %s: %w", orderID, err)
	}
	if p.Version == 0 {
		return Payment{}, fault.New(fault.ErrNotFound, "There is no payment for order %s.", fault.Quote(orderID))
	}
	return p, nil
}

// Refund gives an order's money back, once, however often it is called, and sees to it that none is taken any more. The payment it
// returns is Refunded, or Voided or Declined if nothing had been taken.
//
// Errors: a RefundFailedError if the provider refuses for good; any other if it is not known whether the money is back, and trying again
// is right.
func (s *Service) Refund(ctx context.Context, orderID string, cause Cause) (Payment, error) {
	p, err := s.update(ctx, orderID, nil, func(p Payment) Payment {
		if p.Version == 0 { // who comes to charge now finds this, and does not
			return Payment{OrderID: orderID, Status: Voided, Cause: cause}
		}
		return p.callOff(cause)
	})
	if err != nil {
		return Payment{}, err
	}
	if p, err = s.settle(ctx, p); err != nil {
		return Payment{}, err
	}
	if p.Status == RefundFailed {
		return p, &RefundFailedError{Reason: p.Reason}
	}
	return p, nil
}

// settle carries a refund to its end. Whoever meets an unfinished one does so, since whoever began it may have crashed.
func (s *Service) settle(ctx context.Context, p Payment) (Payment, error) {
	if p.Status == Refunding && !p.Taken {
		state, err := s.at(p).Void(ctx, p.OrderID)
		if err != nil {
			return Payment{}, fmt.Errorf("calling off the payment of order %s: %w", p.OrderID, err)
		}
		if p, err = s.learn(ctx, p, state); err != nil {
			return Payment{}, err
		}
	}
	if p.Status == Refunding && p.Taken {
		state, err := s.at(p).Refund(ctx, refundKey(p.OrderID), p.OrderID)
		if err != nil {
			return Payment{}, fmt.Errorf("refunding order %s: %w", p.OrderID, err)
		}
		if p, err = s.learn(ctx, p, state); err != nil {
			return Payment{}, err
		}
	}
	if p.Status == Refunding {
		return Payment{}, fmt.Errorf("the provider has not yet given back the payment of order %s; try again", p.OrderID)
	}
	return p, nil
}

// outcome is what a payment means to somebody who wants the money.
func (s *Service) outcome(ctx context.Context, p Payment) (Payment, error) {
	p, err := s.settle(ctx, p)
	if err != nil {
		return Payment{}, err
	}
	switch p.Status {
	case Pending, Captured:
		return p, nil
	case Declined:
		return Payment{}, &DeclinedError{Reason: p.Reason}
	default:
		return Payment{}, &DeclinedError{Reason: calledOff}
	}
}

// learn writes down a state of the provider's.
func (s *Service) learn(ctx context.Context, p Payment, state State) (Payment, error) {
	return s.update(ctx, p.OrderID, &p, func(p Payment) Payment { return p.learn(state) })
}

// update changes the stored payment. It begins with known, if the caller has it already. A change that changes nothing stores nothing.
func (s *Service) update(ctx context.Context, orderID string, known *Payment, change func(Payment) Payment) (Payment, error) {
	for range maxConflicts {
		if known == nil {
			found, err := s.store.Find(ctx, orderID)
			if err != nil {
				return Payment{}, fmt.Errorf("finding the payment of order %s: %w", orderID, err)
			}
			known = &found
		}
		next := change(*known)
		if next == *known {
			return next, nil
		}
		saved, err := s.store.Save(ctx, next)
		if err == nil {
			return saved, nil
		}
		if !errors.Is(err, ErrConflict) {
			return Payment{}, fmt.Errorf("saving the payment of order %s as %s: %w", orderID, next.Status, err)
		}
		known = nil
	}
	return Payment{}, fmt.Errorf("saving the payment of order %s: %w %d times in a row", orderID, ErrConflict, maxConflicts)
}

// at is where a payment is made. One of nothing is made nowhere: providers refuse it. A payment that was called off before it began
// has no currency, and is none of nothing.
func (s *Service) at(p Payment) Provider {
	if p.AmountCents == 0 && p.Currency != "" {
		return nothingToPay{}
	}
	return s.provider
}

// free is the id of payments of nothing, and of their refunds.
const free = "free"

// nothingToPay is the provider of payments of nothing: they succeed at once and for ever.
type nothingToPay struct{}

// Charge implements Provider.
func (nothingToPay) Charge(context.Context, string, Charge) (State, error) {
	return State{Phase: PhaseCaptured, PaymentID: free}, nil
}

// Find implements Provider.
func (n nothingToPay) Find(ctx context.Context, _ string) (State, error) {
	return n.Charge(ctx, "", Charge{})
}

// Void implements Provider.
func (n nothingToPay) Void(ctx context.Context, _ string) (State, error) {
	return n.Charge(ctx, "", Charge{})
}

// Refund implements Provider.
func (nothingToPay) Refund(context.Context, string, string) (State, error) {
	return State{Phase: PhaseRefunded, PaymentID: free, RefundID: free}, nil
}
