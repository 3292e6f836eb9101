package shipping

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

// Remote is the carrier over HTTP. The shop names a shipment by the order's id, so that it can call off one that the carrier may not have
// heard of.
type Remote struct{ client *thirdparty.Client }

// NewRemote returns the carrier that a client asks.
func NewRemote(client *thirdparty.Client) *Remote { return &Remote{client} }

// answer is how the carrier tells a shipment's state, in refusals too.
type answer struct {
	Status         Phase  `json:"status"`
	ShipmentID     string `json:"shipmentId"`
	TrackingNumber string `json:"trackingNumber"`
	Code           string `json:"code"`
}

func (a answer) state() (State, error) {
	switch a.Status {
	case PhaseCreated, PhaseUnderway, PhaseDelivered, PhaseRefused, PhaseCancelled:
		return State{Phase: a.Status, ShipmentID: a.ShipmentID, TrackingNumber: a.TrackingNumber, Reason: a.Code}, nil
	default:
		return State{}, fmt.Errorf("the carrier answers with status %.30q, want %s, %s, %s, %s or %s", a.Status,
			PhaseCreated, PhaseUnderway, PhaseDelivered, PhaseRefused, PhaseCancelled)
	}
}

// Create implements Carrier.
func (r *Remote) Create(ctx context.Context, key string, p Parcel) (State, error) {
	return r.ask(ctx, thirdparty.Call{Path: "/shipments", IdempotencyKey: key, Body: map[string]any{
		"orderId": p.OrderID, "to": p.To, "items": p.Items,
	}})
}

// Cancel implements Carrier.
func (r *Remote) Cancel(ctx context.Context, orderID string) (State, error) {
	return r.ask(ctx, thirdparty.Call{Path: "/shipments/" + url.PathEscape(orderID) + "/cancel", IdempotencyKey: "cancel-" + orderID})
}

// ask makes a call whose answer is the shipment's state. A refusal tells the state too. One that does not, such as for a wrong API key, is
// an error that may pass.
func (r *Remote) ask(ctx context.Context, call thirdparty.Call) (State, error) {
	call.Method, call.CorrelationID = http.MethodPost, handler.CorrelationID(ctx)
	var a answer
	err := r.client.Do(ctx, call, &a)
	if refused, ok := errors.AsType[*thirdparty.RefusedError](err); ok {
		var told answer
		if refused.Decode(&told) == nil && told.Status != "" {
			return told.state()
		}
	}
	if err != nil {
		return State{}, err
	}
	return a.state()
}
