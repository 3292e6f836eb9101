// Package payments takes an order's money once, and gives it back once.
//
// The payment provider is somebody else's machine: a question to it may be lost on the way, and so may its answer. So the shop
// writes down what it is about to do before it asks, asks under a key that is made of the order's id alone, and writes down the
// answer. Whatever is repeated, crashes or comes late, the same key never has a second effect, and what is written down decides
// what happens next; see [Payment.learn].
package payments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// Status is what the shop knows of an order's payment.
type Status string

const (
	// Pending means that the provider is, or is about to be, asked to charge, and the outcome is not known yet.
	Pending Status = "PENDING"
	// Captured means that the money was taken.
	Captured Status = "CAPTURED"
	// Declined means that the provider refused, and took nothing.
	Declined Status = "DECLINED"
	// Refunding means that the money, if any was taken, is to go back, and that it is not certain yet that it has.
	Refunding Status = "REFUNDING"
	// Refunded means that the money went back.
	Refunded Status = "REFUNDED"
	// RefundFailed means that the provider refused for good to pay back. A person must see to it.
	RefundFailed Status = "REFUND_FAILED"
	// Voided means that no money was taken, and none is taken any more.
	Voided Status = "VOIDED"
)

// Payment is the payment of one order.
type Payment struct {
	// OrderID is the order that is paid. It has one payment, ever.
	OrderID string
	// CustomerID is the user's id; "" if the payment was called off before anybody asked to charge.
	CustomerID string
	// AmountCents is the amount in hundredths of Currency.
	AmountCents int64
	// Currency is an ISO 4217 code.
	Currency string
	// Status is what the shop knows.
	Status Status
	// Taken tells that the provider is known to have taken the money.
	Taken bool
	// PaymentID is the payment's id at the provider; "" as long as it is not known.
	PaymentID string
	// RefundID is the refund's id at the provider.
	RefundID string
	// Reason is why the payment was declined or the refund refused: the provider's code, such as "card_declined".
	Reason string
	// Cause is the request that made the payment what it is.
	Cause Cause
	// Version counts the changes, from 1; 0 is a payment that is not stored yet.
	Version int64
	// CreatedAt and UpdatedAt are when the payment was first and last stored, in UTC.
	CreatedAt, UpdatedAt time.Time
}

// Cause is where a change comes from.
type Cause struct {
	// CorrelationID follows a customer's request through every service.
	CorrelationID string
	// CausationID is the id of the event or request that the change follows from.
	CausationID string
}

// Charge is the wish to take the money for an order.
type Charge struct {
	// OrderID is the order that is to be paid.
	OrderID string
	// CustomerID is the user's id.
	CustomerID string
	// AmountCents is the amount in hundredths of Currency: 0 or more.
	AmountCents int64
	// Currency is an ISO 4217 code.
	Currency string
	// Token stands for the customer's card at the provider.
	Token Token
	// Cause is where the wish comes from.
	Cause Cause
}

// validate returns every wrong field.
func (c Charge) validate() error {
	var wrong []fault.Field
	check := func(ok bool, field, message string) {
		if !ok {
			wrong = append(wrong, fault.Field{Field: field, Message: message})
		}
	}
	check(c.OrderID != "", "orderId", "is required")
	check(c.CustomerID != "", "customerId", "is required")
	check(c.AmountCents >= 0, "totalCents", fmt.Sprintf("must be 0 or more, is %d", c.AmountCents))
	check(len(c.Currency) == 3, "currency", "must be an ISO 4217 code such as EUR; found "+fault.Quote(c.Currency))
	check(c.Token != "", "paymentToken", "is required")
	return fault.Invalid(wrong...)
}

// Token stands for a customer's card at the provider, which alone knows the card. It can be spent, so it is never stored here, and
// shows as a placeholder however it is printed or encoded. Only string(token) reveals it.
type Token string

// hidden is what a token shows.
const hidden = "[payment token]"

// Format implements fmt.Formatter for every verb.
func (Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue implements slog.LogValuer.
func (Token) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText implements encoding.TextMarshaler, which JSON uses too.
func (Token) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Token) UnmarshalText(text []byte) error {
	*t = Token(text)
	return nil
}

// Phase is how far a payment is at the provider.
type Phase string

// The phases of a payment at the provider. All but [PhaseNone], [PhasePending] and [PhaseCaptured] are final.
const (
	// PhaseNone means that the provider has never heard of the payment.
	PhaseNone Phase = ""
	// PhasePending means that the provider is still at it.
	PhasePending Phase = "pending"
	// PhaseCaptured means that the provider took the money.
	PhaseCaptured Phase = "captured"
	// PhaseDeclined means that the provider took nothing.
	PhaseDeclined Phase = "declined"
	// PhaseVoided means that the provider took nothing and will not.
	PhaseVoided Phase = "voided"
	// PhaseRefunded means that the provider gave the money back.
	PhaseRefunded Phase = "refunded"
	// PhaseRefundFailed means that the provider has the money and cannot give it back.
	PhaseRefundFailed Phase = "refund_failed"
)

// State is what the provider says about a payment.
type State struct {
	// Phase is how far the payment is.
	Phase Phase
	// PaymentID is the payment's id at the provider, if it has one.
	PaymentID string
	// RefundID is the refund's id at the provider, if there was one.
	RefundID string
	// Reason is the provider's code for a refusal, such as "card_declined".
	Reason string
}

// Provider is the payment provider. Every method returns the state in which it leaves the payment. A method whose error is
// [ErrNoAnswer] may have had its effect; one with another error may have too.
type Provider interface {
	// Charge takes the money. Repeated with the same key it has no further effect, and returns the first outcome.
	Charge(ctx context.Context, key string, c Charge) (State, error)
	// Find returns the state of an order's payment.
	Find(ctx context.Context, orderID string) (State, error)
	// Void calls the payment off, also one that the provider has not heard of yet. One that has been captured stays captured.
	Void(ctx context.Context, orderID string) (State, error)
	// Refund gives back all of a captured payment. Repeated with the same key it has no further effect, and returns the first
	// outcome.
	Refund(ctx context.Context, key, orderID string) (State, error)
}

// ErrNoAnswer means that the provider did not answer in time: whether it did what it was asked is not known.
var ErrNoAnswer = errors.New("the payment provider did not answer in time")

// chargeKey and refundKey are the idempotency keys at the provider. They depend on the order alone, so that no repetition, whoever makes
// it and whenever, can have a second effect.
func chargeKey(orderID string) string { return "charge-" + orderID }

func refundKey(orderID string) string { return "refund-" + orderID }

// learn returns the payment after the provider has told its state.
//
// States arrive late and in any order, since several functions ask at the same time. An older state never undoes a newer one. Money that
// turns out to have been taken after the shop was told, or had decided, that none would be, is given back.
func (p Payment) learn(s State) Payment {
	if s.PaymentID != "" && p.PaymentID == "" {
		p.PaymentID = s.PaymentID
	}
	switch s.Phase {
	case PhaseNone, PhasePending: // nothing is decided
	case PhaseCaptured:
		p = p.captured()
	case PhaseDeclined, PhaseVoided:
		p = p.notCharged(s)
	case PhaseRefunded:
		p = p.refunded(s)
	case PhaseRefundFailed:
		p = p.refundRefused(s)
	}
	return p
}

func (p Payment) captured() Payment {
	switch p.Status {
	case Pending:
		p.Status, p.Taken = Captured, true
	case Refunding:
		p.Taken = true
	case Declined, Voided:
		p.Status, p.Taken = Refunding, true
	case Captured, Refunded, RefundFailed: // known, or overtaken
	}
	return p
}

func (p Payment) notCharged(s State) Payment {
	switch {
	case p.Status == Pending:
		p.Status, p.Reason = Declined, reason(s)
	case p.Status == Refunding && !p.Taken:
		p.Status = Voided
	}
	return p
}

func (p Payment) refunded(s State) Payment {
	if p.Status == Refunded {
		return p
	}
	p.Status, p.Taken, p.RefundID, p.Reason = Refunded, true, s.RefundID, ""
	return p
}

func (p Payment) refundRefused(s State) Payment {
	if p.Status == Refunded || p.Status == RefundFailed {
		return p
	}
	p.Status, p.Taken, p.RefundID, p.Reason = RefundFailed, true, s.RefundID, reason(s)
	return p
}

// reason is why the provider refused; a provider that gives no code still said something by its phase.
func reason(s State) string {
	if s.Reason == "" {
		return string(s.Phase)
	}
	return s.Reason
}

// callOff returns the payment after the money was asked back. What is final stays. Who asks again after the provider refused, because the goods
// were sent back a second time, gets an answer of their own.
func (p Payment) callOff(cause Cause) Payment {
	switch p.Status {
	case Pending, Captured:
		p.Status, p.Cause = Refunding, cause
	case RefundFailed:
		if p.Cause.CausationID != cause.CausationID {
			p.Status, p.Cause = Refunding, cause
		}
	case Declined, Refunding, Refunded, Voided:
	}
	return p
}
