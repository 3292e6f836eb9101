package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
	"github.com/serverless-shop/serverless-shop/shop/payments"
	"github.com/serverless-shop/serverless-shop/shop/shipping"
	"github.com/serverless-shop/serverless-shop/shop/simulator"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

const key = "a key that both sides know"

func webhookKey(context.Context) (string, error)    { return key, nil }
func webhookKeys(context.Context) ([]string, error) { return []string{key}, nil }

// party is a third party as the shop asks it: the real simulator at the other end of a bad line, tried as often as the shop's client does.
type party struct {
	w    *world
	name string
	http lambda.Handler
}

// attempts is how often a third party is asked that fails. The shop's client tries up to four times in its eight seconds.
const attempts = 3

// ask makes a request, and returns the answer's body, which in refusals tells the state too.
func (p *party) ask(ctx context.Context, method, orderID, actionName, idempotencyKey string, body any) (map[string]string, int, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, 0, err
	}
	request := handlertest.Request{
		Method: method, Path: map[string]string{"orderId": orderID, "action": actionName},
		Header: map[string]string{"Authorization": "Bearer " + key, "Idempotency-Key": idempotencyKey, "X-Correlation-Id": handler.CorrelationID(ctx)},
	}
	if body != nil {
		request.Body = string(encoded)
	}
	payload, err := json.Marshal(request.Event())
	if err != nil {
		return nil, 0, err
	}
	for attempt := 1; ; attempt++ {
		answer, status, err := p.attempt(ctx, method+" "+actionName, payload)
		if err == nil || attempt == attempts {
			return answer, status, err
		}
	}
}

// attempt asks once. The third party's own calls are no part of the story.
func (p *party) attempt(ctx context.Context, what string, payload []byte) (answer map[string]string, status int, err error) {
	var out []byte
	timedOut := false
	broken := call(ctx, strings.TrimSpace(p.name+": "+what), func() {
		limited, cancel := context.WithTimeout(context.WithValue(ctx, invocationKey{}, nil), thirdparty.AttemptLimit)
		defer cancel()
		out, err = p.http.Invoke(limited, payload)
		timedOut = limited.Err() != nil
	}, func(n int) error {
		if n%2 == 0 {
			return payments.ErrNoAnswer
		}
		return thirdparty.ErrUnavailable
	})
	switch {
	case broken != nil:
		return nil, 0, broken
	case timedOut:
		return nil, 0, fmt.Errorf("%w: %w", payments.ErrNoAnswer, thirdparty.ErrNoAnswer)
	case err != nil:
		return nil, 0, err
	}
	var response handlertest.Response
	if err := json.Unmarshal(out, &response); err != nil {
		return nil, 0, err
	}
	if response.Status >= http.StatusInternalServerError {
		return nil, response.Status, fmt.Errorf("%w: status %d", thirdparty.ErrUnavailable, response.Status)
	}
	_ = json.Unmarshal([]byte(response.Body), &answer) // a problem has other members
	return answer, response.Status, nil
}

// provider is the payment provider.
type provider struct{ party }

func newProvider(w *world) *provider {
	return &provider{party{w, "provider", handler.HTTP(silent, simulator.NewPayments(simulator.NewTable(w.db, "third-parties"), webhookKeys, w).Serve)}}
}

func (p *provider) state(answer map[string]string, status int, err error) (payments.State, error) {
	switch {
	case err != nil:
		return payments.State{}, err
	case status == http.StatusNotFound:
		return payments.State{}, nil
	}
	return payments.State{
		Phase: payments.Phase(answer["status"]), PaymentID: answer["paymentId"], RefundID: answer["refundId"], Reason: answer["code"],
	}, nil
}

// Charge implements payments.Provider.
func (p *provider) Charge(ctx context.Context, key string, c payments.Charge) (payments.State, error) {
	return p.state(p.ask(ctx, "POST", "", "", key, map[string]any{
		"orderId": c.OrderID, "amountCents": c.AmountCents, "currency": c.Currency, "token": string(c.Token),
	}))
}

// Find implements payments.Provider.
func (p *provider) Find(ctx context.Context, orderID string) (payments.State, error) {
	return p.state(p.ask(ctx, "GET", orderID, "", "", nil))
}

// Void implements payments.Provider.
func (p *provider) Void(ctx context.Context, orderID string) (payments.State, error) {
	return p.state(p.ask(ctx, "POST", orderID, "void", "void-"+orderID, nil))
}

// Refund implements payments.Provider.
func (p *provider) Refund(ctx context.Context, key, orderID string) (payments.State, error) {
	return p.state(p.ask(ctx, "POST", orderID, "refund", key, nil))
}

// carrier is the carrier.
type carrier struct{ party }

func newCarrier(w *world) *carrier {
	return &carrier{party{w, "carrier", handler.HTTP(silent, simulator.NewCarrier(simulator.NewTable(w.db, "third-parties"), webhookKeys, w).Serve)}}
}

func (c *carrier) state(answer map[string]string, _ int, err error) (shipping.State, error) {
	if err != nil {
		return shipping.State{}, err
	}
	return shipping.State{
		Phase: shipping.Phase(answer["status"]), ShipmentID: answer["shipmentId"], TrackingNumber: answer["trackingNumber"], Reason: answer["code"],
	}, nil
}

// Create implements shipping.Carrier.
func (c *carrier) Create(ctx context.Context, key string, p shipping.Parcel) (shipping.State, error) {
	return c.state(c.ask(ctx, "POST", "", "", key, map[string]any{"orderId": p.OrderID, "to": p.To, "items": p.Items}))
}

// Cancel implements shipping.Carrier.
func (c *carrier) Cancel(ctx context.Context, orderID string) (shipping.State, error) {
	return c.state(c.ask(ctx, "POST", orderID, "cancel", "cancel-"+orderID, nil))
}

// webhooks is the way of the third parties' webhooks to the shop: the simulator's clock posts to it.
type webhooks struct{}

// RoundTrip implements http.RoundTripper.
func (webhooks) RoundTrip(r *http.Request) (*http.Response, error) {
	i := r.Context().Value(invocationKey{}).(*invocation)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	function := map[string]string{"/payments/webhook": "payment-webhook", "/shipments/webhook": "carrier-webhook"}[r.URL.Path]
	response, err := i.w.request(i.process, function, handlertest.Request{Method: "POST", Body: string(body), Header: map[string]string{
		thirdparty.SignatureHeader: r.Header.Get(thirdparty.SignatureHeader), "X-Correlation-Id": r.Header.Get("X-Correlation-Id"),
	}})
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: response.Status, Body: io.NopCloser(bytes.NewReader([]byte(response.Body))), Request: r}, nil
}

// request calls one of the shop's routes.
func (w *world) request(p *process, function string, r handlertest.Request) (handlertest.Response, error) {
	payload, err := json.Marshal(r.Event())
	if err != nil {
		return handlertest.Response{}, err
	}
	i := &invocation{w: w, process: p, function: function}
	out, err := w.routes[function].Invoke(i.context(), payload)
	if i.dead || err != nil {
		return handlertest.Response{Status: http.StatusBadGateway}, nil //nolint:nilerr // that is what API Gateway answers
	}
	var response handlertest.Response
	return response, json.Unmarshal(out, &response)
}

func TestMain(m *testing.M) {
	http.DefaultTransport = webhooks{} // the simulator's clock has no other: nothing in these stories leaves the process
	debug.SetGCPercent(800)            // stories are many, short, and leave nothing behind
	os.Exit(m.Run())
}
