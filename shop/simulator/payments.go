package simulator

import (
	"context"
	"net/http"
	"time"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/payments"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

// Payments is the payment provider.
type Payments struct{ server }

// NewPayments returns the payment provider that knows its clients by their keys.
func NewPayments(table *Table, keys thirdparty.Keys, later Later) *Payments {
	return &Payments{server{table: table, keys: keys, later: later, sleep: wait}}
}

// payment is a payment as the provider keeps it, under PAYMENT#<orderId>.
type payment struct {
	item

	Status    payments.Phase `dynamodbav:"status"`
	PaymentID string         `dynamodbav:"paymentId"`
	RefundID  string         `dynamodbav:"refundId"`
	Code      string         `dynamodbav:"code"`
	Token     string         `dynamodbav:"token"`
	Amount    int64          `dynamodbav:"amountCents"`
	Attempts  int            `dynamodbav:"attempts"`
	Keys      []string       `dynamodbav:"keys"`    // idempotency keys that have had their effect
	Charges   int            `dynamodbav:"charges"` // how often the money was taken
	Refunds   int            `dynamodbav:"refunds"` // how often it was given back
}

func paymentKey(orderID string) string { return "PAYMENT#" + orderID }

// Serve answers every request to the provider.
func (p *Payments) Serve(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	orderID, action, err := p.asked(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case orderID == "":
		return p.charge(ctx, r)
	case action == "":
		return p.find(ctx, orderID)
	case action == "void":
		return p.void(ctx, orderID)
	case action == "refund":
		return p.refund(ctx, r, orderID)
	}
	return nil, fault.New(fault.ErrNotFound, "A payment can be voided and refunded.")
}

// charge answers POST /payments.
func (p *Payments) charge(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	key, err := idempotencyKey(r)
	if err != nil {
		return nil, err
	}
	var in struct {
		OrderID     string `json:"orderId"`
		AmountCents int64  `json:"amountCents"`
		Currency    string `json:"currency"`
		Token       string `json:"token"`
	}
	if err := r.Decode(&in); err != nil {
		return nil, err
	}
	if in.OrderID == "" || in.AmountCents <= 0 {
		return nil, fault.Invalid(fault.Field{Field: "amountCents", Message: "must be 1 or more, and orderId must be given"})
	}
	var wrong trouble
	now, err := change(ctx, p.table, paymentKey(in.OrderID), func(was *payment) {
		was.Attempts++
		if wrong = troubleOf(in.Token, was.Attempts); wrong != outageBefore {
			was.charge(key, in.Token, in.AmountCents)
		}
	})
	if err != nil {
		return nil, err
	}
	if now.Status == payments.PhasePending {
		if err := p.later.Later(ctx, p.captureNotice(in.OrderID, now, r)); err != nil {
			return nil, err
		}
	}
	if err := p.act(ctx, wrong); err != nil {
		return nil, err
	}
	return answer(now), nil
}

// charge takes the money, once per key.
func (p *payment) charge(key, token string, amount int64) {
	if p.Status == payments.PhaseVoided || !addKey(&p.Keys, key) {
		return
	}
	p.Token, p.Amount = token, amount
	if p.PaymentID == "" {
		p.PaymentID = "pay_" + handler.NewID()
	}
	switch token {
	case "tok_ok", "tok_timeout", "tok_flaky", "tok_refund_fails":
		p.Status = payments.PhaseCaptured
	case "tok_pending":
		p.Status = payments.PhasePending
	case "tok_declined":
		p.Status, p.Code = payments.PhaseDeclined, "card_declined"
	default:
		p.Status, p.Code = payments.PhaseDeclined, "unknown_token"
	}
	if p.Status != payments.PhaseDeclined {
		p.Charges++
	}
}

func (p *Payments) captureNotice(orderID string, now payment, r *handler.Request) thirdparty.Notice {
	return thirdparty.Notice{
		ID: "evt_" + now.PaymentID, Type: paymentCaptured, OrderID: orderID, Reference: now.PaymentID,
		CorrelationID: r.CorrelationID, CreatedAt: time.Now().UTC(),
	}
}

// find answers GET /payments/{orderId}.
func (p *Payments) find(ctx context.Context, orderID string) (*handler.Response, error) {
	now, err := load[payment](ctx, p.table, paymentKey(orderID))
	if err != nil {
		return nil, err
	}
	if now.Status == payments.PhaseNone {
		return nil, fault.New(fault.ErrNotFound, "There is no payment for order %s.", fault.Quote(orderID))
	}
	return handler.JSON(http.StatusOK, bodyOf(now)), nil
}

// void answers POST /payments/{orderId}/void. A payment that comes later is refused.
func (p *Payments) void(ctx context.Context, orderID string) (*handler.Response, error) {
	now, err := change(ctx, p.table, paymentKey(orderID), func(was *payment) {
		if was.Status == payments.PhaseNone || was.Status == payments.PhasePending {
			was.Status, was.Code = payments.PhaseVoided, "voided"
		}
	})
	if err != nil {
		return nil, err
	}
	return handler.JSON(http.StatusOK, bodyOf(now)), nil
}

// refund answers POST /payments/{orderId}/refund.
func (p *Payments) refund(ctx context.Context, r *handler.Request, orderID string) (*handler.Response, error) {
	key, err := idempotencyKey(r)
	if err != nil {
		return nil, err
	}
	now, err := change(ctx, p.table, paymentKey(orderID), func(was *payment) {
		switch {
		case was.Status != payments.PhaseCaptured && was.Status != payments.PhaseRefunded:
		case was.Token == "tok_refund_fails":
			was.Status, was.Code = payments.PhaseRefundFailed, "account_closed"
		case addKey(&was.Keys, key):
			was.Status, was.RefundID = payments.PhaseRefunded, "ref_"+handler.NewID()
			was.Refunds++
		}
	})
	if err != nil {
		return nil, err
	}
	return answer(now), nil
}

// body is how the provider tells a payment's state.
type body struct {
	Status    payments.Phase `json:"status"`
	PaymentID string         `json:"paymentId,omitempty"`
	RefundID  string         `json:"refundId,omitempty"`
	Code      string         `json:"code,omitempty"`
}

func bodyOf(p payment) body { return body{p.Status, p.PaymentID, p.RefundID, p.Code} }

// answer tells the state that a request led to; a refusal has a status of its own.
func answer(p payment) *handler.Response {
	status := http.StatusConflict
	switch p.Status {
	case payments.PhaseCaptured, payments.PhaseRefunded:
		status = http.StatusOK
	case payments.PhasePending:
		status = http.StatusAccepted
	case payments.PhaseDeclined:
		status = http.StatusPaymentRequired
	case payments.PhaseRefundFailed:
		status = http.StatusUnprocessableEntity
	case payments.PhaseNone, payments.PhaseVoided:
	}
	return handler.JSON(status, bodyOf(p))
}

// capture is what becomes of a pending payment. It tells whether the money was taken.
func (p *Payments) capture(ctx context.Context, orderID string) (bool, error) {
	now, err := change(ctx, p.table, paymentKey(orderID), func(was *payment) {
		if was.Status == payments.PhasePending {
			was.Status = payments.PhaseCaptured
		}
	})
	return now.Status == payments.PhaseCaptured, err
}
