package payments

import (
	"context"
	"errors"
	"time"
)

// errCrash stands for whatever may end a function between two steps.
var errCrash = errors.New("crash")

// world is everything outside the service, with faults.
type world struct {
	*fakeStore
	*fakeProvider
	// fault tells what goes wrong with a call: nothing, before its effect, or after it.
	fault func(call string) (before, after error)
	// meanwhile runs before each call, as other functions would at the same time.
	meanwhile func()
}

func newWorld() *world {
	w := &world{
		fakeStore:    &fakeStore{payments: map[string]Payment{}},
		fakeProvider: &fakeProvider{charges: map[string]*fakeCharge{}, refunds: map[string]bool{}, voids: true},
	}
	w.calm()
	return w
}

// calm ends all faults.
func (w *world) calm() {
	w.fault = func(string) (error, error) { return nil, nil }
	w.meanwhile = func() {}
}

func (w *world) service() *Service { return NewService(faultyStore{w}, faultyProvider{w}) }

func faulty[T any](w *world, call string, effect func() (T, error)) (T, error) {
	var none T
	w.meanwhile()
	before, after := w.fault(call)
	if before != nil {
		return none, before
	}
	result, err := effect()
	if after != nil {
		return none, after
	}
	return result, err
}

// fakeStore keeps payments and their history.
type fakeStore struct {
	payments map[string]Payment
	history  []Payment
}

type faultyStore struct{ *world }

func (f faultyStore) Find(_ context.Context, orderID string) (Payment, error) {
	return faulty(f.world, "find", func() (Payment, error) { return f.payments[orderID], nil })
}

func (f faultyStore) Save(_ context.Context, p Payment) (Payment, error) {
	return faulty(f.world, "save", func() (Payment, error) {
		if f.payments[p.OrderID].Version != p.Version {
			return Payment{}, ErrConflict
		}
		p.Version++
		p.UpdatedAt = p.UpdatedAt.Add(time.Second)
		f.payments[p.OrderID] = p
		f.history = append(f.history, p)
		return p, nil
	})
}

// fakeProvider charges once per idempotency key, whatever order it is for, as a provider does that knows nothing of the shop's orders.
type fakeProvider struct {
	charges map[string]*fakeCharge // by key
	refunds map[string]bool        // by key
	// voids tells whether a payment that is called off before it comes is refused when it comes.
	voids  bool
	voided bool
}

type fakeCharge struct {
	state State
	paid  int64 // what the provider holds
}

// one is the order that all tests of the world are about.
const one = "order-1"

func (f *fakeProvider) the() *fakeCharge {
	for _, c := range f.charges {
		return c
	}
	return nil
}

type faultyProvider struct{ *world }

func (f faultyProvider) Charge(_ context.Context, key string, c Charge) (State, error) {
	return faulty(f.world, "charge", func() (State, error) {
		charge, known := f.charges[key]
		if !known {
			charge = &fakeCharge{state: State{Phase: PhaseCaptured, PaymentID: "pay-" + key}, paid: c.AmountCents}
			switch {
			case f.voided:
				*charge = fakeCharge{state: State{Phase: PhaseVoided, PaymentID: "pay-" + key}}
			case c.Token == "tok_declined":
				*charge = fakeCharge{state: State{Phase: PhaseDeclined, PaymentID: "pay-" + key, Reason: "card_declined"}}
			case c.Token == "tok_pending":
				*charge = fakeCharge{state: State{Phase: PhasePending, PaymentID: "pay-" + key}}
			case c.Token == "tok_refund_fails":
				charge.state.Reason = "unrefundable"
			}
			f.charges[key] = charge
		}
		return charge.state, nil
	})
}

// capture is what becomes of a pending payment later.
func (f *fakeProvider) capture(amount int64) {
	if c := f.the(); c != nil && c.state.Phase == PhasePending {
		c.state.Phase, c.paid = PhaseCaptured, amount
	}
}

func (f faultyProvider) Find(context.Context, string) (State, error) {
	return faulty(f.world, "ask", func() (State, error) {
		if c := f.the(); c != nil {
			return c.state, nil
		}
		return State{}, nil
	})
}

func (f faultyProvider) Void(context.Context, string) (State, error) {
	return faulty(f.world, "void", func() (State, error) {
		c := f.the()
		if c == nil {
			f.voided = f.voids
			return State{Phase: PhaseVoided}, nil
		}
		if c.state.Phase == PhasePending {
			c.state.Phase = PhaseVoided
		}
		return c.state, nil
	})
}

func (f faultyProvider) Refund(_ context.Context, key, _ string) (State, error) {
	return faulty(f.world, "refund", func() (State, error) {
		c := f.the()
		if c == nil || c.state.Phase != PhaseCaptured && !f.refunds[key] {
			return State{}, errors.New("nothing to refund")
		}
		if f.refunds[key] {
			return c.state, nil
		}
		f.refunds[key] = true
		if c.state.Reason == "unrefundable" {
			c.state = State{Phase: PhaseRefundFailed, PaymentID: c.state.PaymentID, Reason: "account_closed"}
			return c.state, nil
		}
		c.paid = 0
		c.state = State{Phase: PhaseRefunded, PaymentID: c.state.PaymentID, RefundID: "refund-1"}
		return c.state, nil
	})
}
