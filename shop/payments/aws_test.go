package payments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
	"github.com/serverless-shop/serverless-shop/internal/faketable"
	"github.com/serverless-shop/serverless-shop/shop/event"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

func TestTable_KeepsEverythingButTheToken(t *testing.T) {
	fake := faketable.New("orderId")
	table := NewTable(fake, "payments")
	p := Payment{
		OrderID: one, CustomerID: "u1", AmountCents: 5, Currency: "EUR", Status: RefundFailed, Taken: true, PaymentID: "p", RefundID: "r",
		Reason: "why", Cause: Cause{"c", "x"},
	}
	saved, err := table.Save(ctx, p)
	require.NoError(t, err)
	require.EqualValues(t, 1, saved.Version)
	found, err := table.Find(ctx, one)
	require.NoError(t, err)
	require.Equal(t, saved, found)
	require.False(t, found.CreatedAt.IsZero())

	_, err = table.Save(ctx, p)
	require.ErrorIs(t, err, ErrConflict, "there is one already")
	again, err := table.Save(ctx, found)
	require.NoError(t, err)
	require.Equal(t, saved.CreatedAt, again.CreatedAt)
	_, err = table.Save(ctx, found)
	require.ErrorIs(t, err, ErrConflict, "it has changed")
	none, err := table.Find(ctx, "order-2")
	require.NoError(t, err)
	require.Zero(t, none)
	fake.Fail = func(string) error { return errCrash }
	_, err = table.Find(ctx, one)
	require.ErrorIs(t, err, errCrash)
	_, err = table.Save(ctx, again)
	require.ErrorIs(t, err, errCrash)
}

func TestRemote_States(t *testing.T) {
	var status int
	var body string
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Method+" "+r.URL.EscapedPath()+" "+r.Header.Get("Idempotency-Key")+" "+string(sent))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	remote := NewRemote(thirdparty.NewClient(server.URL, func(context.Context) (string, error) { return "k", nil }))
	for _, tt := range []struct {
		status int
		body   string
		want   State
		fails  bool
	}{
		{201, `{"status":"captured","paymentId":"p"}`, State{Phase: PhaseCaptured, PaymentID: "p"}, false},
		{202, `{"status":"pending","paymentId":"p"}`, State{Phase: PhasePending, PaymentID: "p"}, false},
		{402, `{"status":"declined","code":"card_declined"}`, State{Phase: PhaseDeclined, Reason: "card_declined"}, false},
		{422, `{"status":"refund_failed","paymentId":"p","code":"account_closed"}`, State{Phase: PhaseRefundFailed, PaymentID: "p", Reason: "account_closed"}, false},
		{401, `{"detail":"who are you"}`, State{}, true},
		{200, `{"status":"on fire"}`, State{}, true},
		{400, `{"status":"on fire"}`, State{}, true},
	} {
		status, body = tt.status, tt.body
		got, err := remote.Charge(ctx, "charge-1", charge("tok_ok"))
		require.Equal(t, tt.fails, err != nil, "%v", err)
		require.Equal(t, tt.want, got)
	}
	require.Equal(t, `POST /payments charge-1 {"amountCents":4990,"currency":"EUR","orderId":"order-1","token":"tok_ok"}`, asked[0])

	asked, status, body = nil, 404, `{"status":404}`
	none, err := remote.Find(ctx, "o/1")
	require.NoError(t, err)
	require.Equal(t, PhaseNone, none.Phase)
	status, body = 200, `{"status":"voided"}`
	_, err = remote.Void(ctx, one)
	require.NoError(t, err)
	_, err = remote.Refund(ctx, "refund-1", one)
	require.NoError(t, err)
	require.Equal(t, []string{"GET /payments/o%2F1  ", "POST /payments/order-1/void void-order-1 ", "POST /payments/order-1/refund refund-1 "}, asked)
}

func TestRemote_NoAnswer(t *testing.T) {
	gone, cancel := context.WithCancel(ctx)
	cancel()
	remote := NewRemote(thirdparty.NewClient("http://127.0.0.1:1", func(context.Context) (string, error) { return "k", nil }))
	_, err := remote.Find(gone, one)
	require.ErrorIs(t, err, ErrNoAnswer)
}

// published collects events.
type published []handler.Event

func (p *published) Publish(_ context.Context, events ...handler.Event) error {
	*p = append(*p, events...)
	return nil
}

func TestOutbox_TellsEachOutcomeOnce(t *testing.T) {
	for token, want := range map[Token][]string{
		"tok_ok":           {"Payment Captured", "Payment Refunded"},
		"tok_declined":     {"Payment Declined"},
		"tok_pending":      nil,
		"tok_refund_fails": {"Payment Captured", "Refund Failed"},
	} {
		t.Run(string(token), func(t *testing.T) {
			fake, w := faketable.New("orderId"), newWorld()
			service := NewService(NewTable(fake, "payments"), faultyProvider{w})
			for range 2 {
				_, _ = service.Charge(ctx, charge(token))
			}
			for range 2 {
				_, _ = service.Refund(ctx, one, Cause{"c2", "r2"})
			}
			var told published
			ids := map[string]bool{}
			for _, c := range fake.Changes() {
				require.NoError(t, NewOutbox(&told).OnChange(ctx, c))
			}
			var names []string
			for _, e := range told {
				names = append(names, e.Type)
				ids[e.ID] = true
				detail, err := event.Parse(e)
				require.NoError(t, err)
				require.NotEmpty(t, detail.About().CorrelationID)
				require.Contains(t, string(e.Detail), `"orderId":"order-1"`)
				require.NotContains(t, string(e.Detail), "tok_")
			}
			require.Equal(t, want, names)
			require.Len(t, ids, len(told))
		})
	}
}

func TestGet_OwnOrAdministrator(t *testing.T) {
	w := newWorld()
	_, err := w.service().Charge(ctx, charge("tok_ok"))
	require.NoError(t, err)
	routes := NewRoutes(w.fakeFinder())
	request := handlertest.Request{Path: map[string]string{"orderId": one}}
	for name, tt := range map[string]struct {
		request handlertest.Request
		status  int
	}{
		"own": {request.Signed("u1"), 200}, "administrator": {request.Signed("a1", "admin"), 200},
		"another customer": {request.Signed("u2"), 404}, "nobody": {request, 401},
		"none":          {handlertest.Request{Path: map[string]string{"orderId": "order-2"}}.Signed("a1", "admin"), 404},
		"no order's id": {handlertest.Request{Path: map[string]string{"orderId": string(make([]byte, 3000))}}.Signed("a1", "admin"), 404},
	} {
		t.Run(name, func(t *testing.T) {
			got := handlertest.Do(t, routes.Get, tt.request)
			if tt.status != 200 {
				got.Problem(t, tt.status)
				return
			}
			require.Equal(t, 200, got.Status)
			var body struct {
				OrderID, Status, Currency, PaymentID string
				AmountCents                          int64
			}
			got.JSON(t, &body)
			require.Equal(t, "CAPTURED", body.Status)
			require.EqualValues(t, amount, body.AmountCents)
			require.Equal(t, "pay-charge-order-1", body.PaymentID)
			require.NotContains(t, got.Body, "u1")
		})
	}
}

func (w *world) fakeFinder() Finder { return faultyStore{w} }

// fakeQueue is SQS.
type fakeQueue struct{ sent []*sqs.SendMessageInput }

func (f *fakeQueue) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	f.sent = append(f.sent, in)
	return &sqs.SendMessageOutput{}, nil
}

func TestWebhook_FromTheQueueToTheTable(t *testing.T) {
	w := newWorld()
	_, err := w.service().Charge(ctx, charge("tok_pending"))
	require.NoError(t, err)
	w.capture(amount)
	fake := &fakeQueue{}
	notice := thirdparty.Notice{ID: "evt_1", Type: "payment.captured", OrderID: one, CreatedAt: time.Unix(0, 0)}
	require.NoError(t, NewQueue(fake, "url").Put(ctx, notice))
	require.Equal(t, one, *fake.sent[0].MessageGroupId)
	require.Equal(t, "evt_1", *fake.sent[0].MessageDeduplicationId)

	var e handler.Event
	require.NoError(t, json.Unmarshal([]byte(*fake.sent[0].MessageBody), &e))
	for range 2 {
		require.NoError(t, NewTasks(w.service()).OnNotice(ctx, e))
		require.Equal(t, Captured, w.payments[one].Status)
	}
	e.Source = "somebody"
	require.ErrorContains(t, NewTasks(w.service()).OnNotice(ctx, e), "is no notice")
}

func TestTasks_WhatTheOrderFlowGets(t *testing.T) {
	w := newWorld()
	tasks := NewTasks(w.service())
	var in ChargeInput
	require.NoError(t, json.Unmarshal([]byte(`{"orderId":"order-1","customerId":"u1","totalCents":4990,"currency":"EUR","paymentToken":"tok_ok","correlationId":"c"}`), &in))
	out, err := tasks.Charge(ctx, in)
	require.NoError(t, err)
	require.Equal(t, Outcome{Status: Captured, PaymentID: "pay-charge-order-1"}, out)
	out, err = tasks.Check(ctx, CheckInput{OrderID: one})
	require.NoError(t, err)
	require.Equal(t, Captured, out.Status)
	refund, err := tasks.Refund(ctx, RefundInput{OrderID: one})
	require.NoError(t, err)
	require.Equal(t, RefundOutcome{Status: "REFUNDED", RefundID: "refund-1"}, refund)
	_, err = tasks.Charge(ctx, in)
	require.EqualError(t, err, "the payment was declined: called_off")
	_, err = tasks.Check(ctx, CheckInput{OrderID: one})
	require.Error(t, err)
	refund, err = NewTasks(newWorld().service()).Refund(ctx, RefundInput{OrderID: one})
	require.NoError(t, err)
	require.Equal(t, "NOT_CHARGED", refund.Status)
}

func TestOnReturnRestocked(t *testing.T) {
	restocked, err := event.New("e1", time.Unix(0, 0), event.ReturnRestocked{
		Meta: event.NewMeta("c", "x"), Return: event.Return{OrderID: one},
	})
	require.NoError(t, err)
	for token, want := range map[Token]Status{"tok_ok": Refunded, "tok_refund_fails": RefundFailed} {
		w := newWorld()
		_, err = w.service().Charge(ctx, charge(token))
		require.NoError(t, err)
		for range 2 {
			require.NoError(t, NewTasks(w.service()).OnReturnRestocked(ctx, restocked))
			require.Equal(t, want, w.payments[one].Status)
		}
	}
	w := newWorld()
	require.ErrorContains(t, NewTasks(w.service()).OnReturnRestocked(ctx, restocked), "nothing to give back")
	other, err := event.New("e2", time.Unix(0, 0), event.StockArrived{})
	require.NoError(t, err)
	require.ErrorContains(t, NewTasks(w.service()).OnReturnRestocked(ctx, other), `want "Return Restocked"`)
	require.Error(t, NewTasks(w.service()).OnReturnRestocked(ctx, handler.Event{Type: "Nothing"}))
	w = newWorld()
	_, err = w.service().Charge(ctx, charge("tok_ok"))
	require.NoError(t, err)
	w.fault = func(call string) (error, error) {
		if call == "refund" {
			return errors.New("away"), nil
		}
		return nil, nil
	}
	require.ErrorContains(t, NewTasks(w.service()).OnReturnRestocked(ctx, restocked), "away", "and comes again")
}

func TestTasks_LogsNeverCarryTheToken(t *testing.T) {
	for name, fault := range map[string]error{"charged": nil, "no answer": ErrNoAnswer, "failed": errors.New("away")} {
		for _, token := range []string{"tok_ok_4242", "tok_declined"} {
			t.Run(name+" "+token, func(t *testing.T) {
				w := newWorld()
				w.fault = func(call string) (error, error) {
					if call == "charge" {
						return nil, fault
					}
					return nil, nil
				}
				var log bytes.Buffer
				task := handler.Task(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), NewTasks(w.service()).Charge)
				out, err := task.Invoke(ctx, []byte(`{"orderId":"order-1","customerId":"u1","totalCents":4990,"currency":"EUR","paymentToken":"`+token+`"}`))
				require.NotEmpty(t, log.String())
				require.NotContains(t, log.String()+string(out)+fmt.Sprint(err), token)
			})
		}
	}
}

func TestOnReturnRestocked_AnswersASecondReturnAfterTheRefundFailed(t *testing.T) {
	fake, w := faketable.New("orderId"), newWorld()
	service := NewService(NewTable(fake, "payments"), faultyProvider{w})
	_, err := service.Charge(ctx, charge("tok_refund_fails"))
	require.NoError(t, err)
	for _, id := range []string{"first", "first", "second", "second"} {
		restocked, err := event.New(id, time.Unix(0, 0), event.ReturnRestocked{Meta: event.NewMeta("c", "x"), Return: event.Return{OrderID: one}})
		require.NoError(t, err)
		require.NoError(t, NewTasks(service).OnReturnRestocked(ctx, restocked))
	}
	var told published
	for _, change := range fake.Changes() {
		require.NoError(t, NewOutbox(&told).OnChange(ctx, change))
	}
	var failed []string
	for _, e := range told {
		if detail, err := event.Parse(e); err == nil && e.Type == "Refund Failed" {
			failed = append(failed, detail.About().CausationID)
		}
	}
	require.Equal(t, []string{"first", "second"}, failed, "or else the second return would never end")
}
