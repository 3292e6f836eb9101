package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
	"github.com/serverless-shop/serverless-shop/internal/faketable"
	"github.com/serverless-shop/serverless-shop/shop/payments"
	"github.com/serverless-shop/serverless-shop/shop/shipping"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

func key(value string) thirdparty.Key {
	return func(context.Context) (string, error) { return value, nil }
}

func keys(all ...string) thirdparty.Keys {
	return func(context.Context) ([]string, error) { return all, nil }
}

// fakeTopic is SNS. It keeps what is due.
type fakeTopic struct {
	mu  sync.Mutex
	due []handler.Event
}

func (f *fakeTopic) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var e handler.Event
	if err := json.Unmarshal([]byte(*in.Message), &e); err != nil {
		return nil, err
	}
	f.due = append(f.due, e)
	return &sns.PublishOutput{}, nil
}

// world is a shop and its third parties, connected by HTTP.
type world struct {
	payments *payments.Service
	shipping *shipping.Service
	table    *Table
	topic    *fakeTopic
	clock    *Clock
	told     func() []string // paths of the webhooks that the shop got
}

func newWorld(t *testing.T) *world {
	t.Helper()
	table, topic := NewTable(faketable.New("pk"), "third-parties"), &fakeTopic{}
	provider := NewPayments(table, keys("new", "old"), NewTopic(topic, "arn"))
	carrier := NewCarrier(table, keys("new", "old"), NewTopic(topic, "arn"))
	mux := http.NewServeMux()
	for pattern, serve := range map[string]handler.Func{
		"POST /payments": provider.Serve, "GET /payments/{orderId}": provider.Serve, "POST /payments/{orderId}/{action}": provider.Serve,
		"POST /shipments": carrier.Serve, "POST /shipments/{orderId}/{action}": carrier.Serve,
	} {
		mux.Handle(pattern, gateway(serve))
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	w := &world{
		table: table, topic: topic,
		payments: payments.NewService(payments.NewTable(faketable.New("orderId"), "payments"), payments.NewRemote(thirdparty.NewClient(server.URL, key("old")))),
		shipping: shipping.NewService(shipping.NewTable(faketable.New("orderId"), "shipments"), shipping.NewRemote(thirdparty.NewClient(server.URL, key("new")))),
	}
	w.hear(t)
	return w
}

// gateway calls a function as an HTTP API does.
func gateway(serve handler.Func) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		request := handlertest.Request{
			Method: r.Method, Body: string(body), Header: map[string]string{},
			Path: map[string]string{"orderId": r.PathValue("orderId"), "action": r.PathValue("action")},
		}
		for name := range r.Header {
			request.Header[name] = r.Header.Get(name)
		}
		payload, _ := json.Marshal(request.Event())
		out, err := handler.HTTP(slog.New(slog.DiscardHandler), serve).Invoke(r.Context(), payload)
		var answer handlertest.Response
		if err != nil || json.Unmarshal(out, &answer) != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.WriteHeader(answer.Status)
		_, _ = io.WriteString(w, answer.Body)
	}
}

// hear makes the shop's side of the webhooks, which checks their signatures.
func (w *world) hear(t *testing.T) {
	t.Helper()
	var mu sync.Mutex
	var told []string
	w.told = func() []string {
		mu.Lock()
		defer mu.Unlock()
		return told
	}
	hear := func(sender, key string) *thirdparty.Receiver {
		memory := thirdparty.NewTable(faketable.New("noticeId"), "notices")
		return thirdparty.NewReceiver(sender, keys(key), memory, func(_ context.Context, n thirdparty.Notice) error {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, n.Type+" "+n.OrderID)
			return nil
		})
	}
	mux := http.NewServeMux()
	mux.Handle("POST /payments/webhook", gateway(hear("payments", "payment-key").Receive))
	mux.Handle("POST /shipments/webhook", gateway(hear("carrier", "carrier-key").Receive))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	w.clock = NewClock(w.table, server.URL, key("payment-key"), key("carrier-key"))
}

func (w *world) pay(t *testing.T, token payments.Token) (payments.Payment, error) {
	t.Helper()
	return w.payments.Charge(t.Context(), payments.Charge{OrderID: "o1", CustomerID: "u1", AmountCents: 990, Currency: "EUR", Token: token})
}

// charged is how often the provider took the money, and gave it back.
func (w *world) charged(t *testing.T) [2]int {
	t.Helper()
	p, err := load[payment](t.Context(), w.table, paymentKey("o1"))
	require.NoError(t, err)
	return [2]int{p.Charges, p.Refunds}
}

func TestPayments_EveryToken(t *testing.T) {
	for token, want := range map[payments.Token]struct{ charged, refunded payments.Status }{
		"tok_ok":           {payments.Captured, payments.Refunded},
		"tok_flaky":        {payments.Captured, payments.Refunded},
		"tok_timeout":      {payments.Captured, payments.Refunded},
		"tok_pending":      {payments.Pending, payments.Voided},
		"tok_refund_fails": {payments.Captured, payments.RefundFailed},
		"tok_declined":     {payments.Declined, payments.Declined},
		"tok_stolen":       {payments.Declined, payments.Declined},
	} {
		t.Run(string(token), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, err := w.pay(t, token)
			_, declined := errors.AsType[*payments.DeclinedError](err)
			require.Equal(t, want.charged == payments.Declined, declined, "%v", err)
			p, err := w.payments.Find(t.Context(), "o1")
			require.NoError(t, err)
			require.Equal(t, want.charged, p.Status)
			for range 2 {
				_, _ = w.pay(t, token)
				p, err = w.payments.Refund(t.Context(), "o1", payments.Cause{})
				require.Equal(t, want.refunded == payments.RefundFailed, err != nil, "%v", err)
				require.Equal(t, want.refunded, p.Status)
			}
			took := map[bool]int{true: 1}
			require.Equal(t, [2]int{took[!declined], took[want.refunded == payments.Refunded]}, w.charged(t))
		})
	}
}

func TestPayments_CapturedLater(t *testing.T) {
	w := newWorld(t)
	p, err := w.pay(t, "tok_pending")
	require.NoError(t, err)
	require.Equal(t, payments.Pending, p.Status)
	require.Len(t, w.topic.due, 1)
	for range 2 {
		require.NoError(t, w.clock.Strike(t.Context(), w.topic.due[0]))
	}
	require.Equal(t, []string{"payment.captured o1", "payment.captured o1"}, w.told())
	p, err = w.payments.Check(t.Context(), "o1")
	require.NoError(t, err)
	require.Equal(t, payments.Captured, p.Status)
}

func TestPayments_CalledOffBeforeItWasCaptured(t *testing.T) {
	w := newWorld(t)
	_, err := w.pay(t, "tok_pending")
	require.NoError(t, err)
	_, err = w.payments.Refund(t.Context(), "o1", payments.Cause{})
	require.NoError(t, err)
	require.NoError(t, w.clock.Strike(t.Context(), w.topic.due[0]))
	require.Empty(t, w.told())
}

func TestPayments_AnotherKeyChargesAgain(t *testing.T) {
	var p payment
	p.charge("key-1", "tok_ok", 1)
	p.charge("key-1", "tok_ok", 1)
	require.Equal(t, 1, p.Charges)
	p.charge("key-2", "tok_ok", 1)
	require.Equal(t, 2, p.Charges, "so that a shop that does so is found out")
}

func TestServe_OnlyWithAKeyAndOnlyWhatThereIs(t *testing.T) {
	provider := NewPayments(NewTable(faketable.New("pk"), "t"), keys("key", ""), nil)
	carrier := NewCarrier(NewTable(faketable.New("pk"), "t"), keys("key", ""), nil)
	authorised := map[string]string{"Authorization": "Bearer key"}
	for _, header := range []map[string]string{nil, {"Authorization": "Bearer "}, {"Authorization": "Bearer no"}} {
		handlertest.Do(t, provider.Serve, handlertest.Request{Header: header}).Problem(t, 401)
		handlertest.Do(t, carrier.Serve, handlertest.Request{Header: header}).Problem(t, 401)
	}
	strange := handlertest.Request{Method: "POST", Header: authorised, Path: map[string]string{"orderId": "o1", "action": "steal"}}
	handlertest.Do(t, provider.Serve, strange).Problem(t, 404)
	handlertest.Do(t, carrier.Serve, strange).Problem(t, 404)
	handlertest.Do(t, provider.Serve, handlertest.Request{Header: authorised, Path: map[string]string{"orderId": "o1"}}).Problem(t, 404)
	handlertest.Do(t, provider.Serve, handlertest.Request{Method: "POST", Body: "{}", Header: authorised}).Problem(t, 400)
	withKey := map[string]string{"Authorization": "Bearer key", "Idempotency-Key": "k"}
	handlertest.Do(t, provider.Serve, handlertest.Request{Method: "POST", Body: "{}", Header: withKey}).Problem(t, 400)
	handlertest.Do(t, carrier.Serve, handlertest.Request{Method: "POST", Body: "{}", Header: withKey}).Problem(t, 400)
}

func TestCarrier_EveryPostcode(t *testing.T) {
	for postcode, refused := range map[string]bool{"12345": false, "55555": false, "99999": false, "00000": true} {
		t.Run(postcode, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			parcel := shipping.Parcel{OrderID: "o1", CustomerID: "u1", To: shipping.Address{Postcode: postcode}, Items: []shipping.Item{{ProductID: "mug", Quantity: 1}}}
			for range 2 {
				s, err := w.shipping.Create(t.Context(), parcel)
				if refused {
					require.EqualError(t, err, "the shipment was refused: no_service")
					continue
				}
				require.NoError(t, err)
				require.True(t, strings.HasPrefix(s.ShipmentID, "shp_"), s.ShipmentID)
				require.NotEmpty(t, s.TrackingNumber)
			}
			stored, err := load[shipment](t.Context(), w.table, shipmentKey("o1"))
			require.NoError(t, err)
			require.Len(t, stored.Keys, map[bool]int{false: 1}[refused])
			if refused {
				return
			}
			require.NoError(t, w.clock.Strike(t.Context(), w.topic.due[0]))
			require.Equal(t, []string{"shipment.delivered o1"}, w.told())
			_, err = w.shipping.Cancel(t.Context(), "o1", "c")
			_, underway := errors.AsType[*shipping.UnderwayError](err)
			require.True(t, underway, "%v", err)
		})
	}
}

func TestCarrier_Cancelled(t *testing.T) {
	w := newWorld(t)
	_, err := w.shipping.Create(t.Context(), shipping.Parcel{
		OrderID: "o1", CustomerID: "u1", To: shipping.Address{Postcode: "1"}, Items: []shipping.Item{{ProductID: "mug", Quantity: 1}},
	})
	require.NoError(t, err)
	_, err = w.shipping.Cancel(t.Context(), "o1", "c")
	require.NoError(t, err)
	require.NoError(t, w.clock.Strike(t.Context(), w.topic.due[0]))
	require.Empty(t, w.told(), "it is not delivered")
}

func TestStrike_ComesAgainUntilTheShopHears(t *testing.T) {
	w := newWorld(t)
	_, err := w.pay(t, "tok_pending")
	require.NoError(t, err)
	w.clock.keys[paymentCaptured] = key("forged")
	require.ErrorContains(t, w.clock.Strike(t.Context(), w.topic.due[0]), "status 401, want 200")
	w.clock.keys[paymentCaptured] = key("")
	require.ErrorContains(t, w.clock.Strike(t.Context(), w.topic.due[0]), "key to sign with is empty")
	w.clock.keys[paymentCaptured] = key("payment-key")
	require.NoError(t, w.clock.Strike(t.Context(), w.topic.due[0]))
	require.Len(t, w.told(), 1)
	require.ErrorContains(t, w.clock.Strike(t.Context(), handler.Event{Source: source, Detail: []byte(`{"type":"rain"}`)}), "nothing that can be due")
}

func TestTooLong_IsLongerThanTheShopWaits(t *testing.T) {
	require.Greater(t, tooLong, thirdparty.AttemptLimit)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	started := time.Now()
	wait(ended, time.Minute)
	require.Less(t, time.Since(started), time.Second)
}
