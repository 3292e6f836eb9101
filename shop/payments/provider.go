package payments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

// Remote is the payment provider over HTTP.
//
// The shop names a payment by the order's id. So it can ask for one whose answer was lost, and call off one that the provider may not
// have heard of. Providers call that the merchant's reference, and the calling off a technical cancel.
type Remote struct{ client *thirdparty.Client }

// NewRemote returns the provider that a client asks.
func NewRemote(client *thirdparty.Client) *Remote { return &Remote{client} }

// answer is how the provider tells a payment's state, in refusals too.
type answer struct {
	Status    Phase  `json:"status"`
	PaymentID string `json:"paymentId"`
	RefundID  string `json:"refundId"`
	Code      string `json:"code"`
}

func (a answer) state() (State, error) {
	switch a.Status {
	case PhasePending, PhaseCaptured, PhaseDeclined, PhaseVoided, PhaseRefunded, PhaseRefundFailed:
		return State{Phase: a.Status, PaymentID: a.PaymentID, RefundID: a.RefundID, Reason: a.Code}, nil
	default:
		return State{}, fmt.Errorf("the payment provider answers with status %.30q, want %s, %s, %s, %s, %s or %s", a.Status,
			PhasePending, PhaseCaptured, PhaseDeclined, PhaseVoided, PhaseRefunded, PhaseRefundFailed)
	}
}

// Charge implements Provider.
func (r *Remote) Charge(ctx context.Context, key string, c Charge) (State, error) {
	return r.ask(ctx, http.MethodPost, "/payments", key, map[string]any{
		"orderId": c.OrderID, "amountCents": c.AmountCents, "currency": c.Currency, "token": string(c.Token),
	})
}

// Find implements Provider.
func (r *Remote) Find(ctx context.Context, orderID string) (State, error) {
	state, err := r.ask(ctx, http.MethodGet, path(orderID, ""), "", nil)
	if refused, ok := errors.AsType[*thirdparty.RefusedError](err); ok && refused.Status == http.StatusNotFound {
		return State{}, nil
	}
	return state, err
}

// Void implements Provider.
func (r *Remote) Void(ctx context.Context, orderID string) (State, error) {
	return r.ask(ctx, http.MethodPost, path(orderID, "/void"), "void-"+orderID, nil)
}

// Refund implements Provider.
func (r *Remote) Refund(ctx context.Context, key, orderID string) (State, error) {
	return r.ask(ctx, http.MethodPost, path(orderID, "/refund"), key, nil)
}

func path(orderID, action string) string { return "/payments/" + url.PathEscape(orderID) + action }

// ask makes a call whose answer is the payment's state. A refusal tells the state too: that is what was refused, and why. One that does
// not, such as for a wrong API key, is an error that may pass.
func (r *Remote) ask(ctx context.Context, method, path, key string, body any) (State, error) {
	call := thirdparty.Call{Method: method, Path: path, IdempotencyKey: key, CorrelationID: handler.CorrelationID(ctx)}
	if body != nil {
		call.Body = body
	}
	var a answer
	err := r.client.Do(ctx, call, &a)
	if refused, ok := errors.AsType[*thirdparty.RefusedError](err); ok {
		var told answer
		if refused.Decode(&told) == nil && told.Status != "" {
			return told.state()
		}
	}
	if errors.Is(err, thirdparty.ErrNoAnswer) {
		return State{}, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	if err != nil {
		return State{}, err
	}
	return a.state()
}
