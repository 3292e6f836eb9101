package story

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
	"github.com/serverless-shop/serverless-shop/shop/notifications"
	"github.com/serverless-shop/serverless-shop/shop/orders"
	"github.com/serverless-shop/serverless-shop/shop/payments"
	"github.com/serverless-shop/serverless-shop/shop/shipping"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(second int) time.Time { return noon.Add(time.Duration(second) * time.Second) }

// fakeShop knows one order, and can have any part out of reach.
type fakeShop struct {
	unreachable map[string]bool
	status      orders.Status // PAID unless it is set

	mu    sync.Mutex
	until int64 // of the last search in the logs
}

func (f *fakeShop) fails(part string) error {
	if f.unreachable[part] {
		return errors.New(part + ": access denied")
	}
	return nil
}

func (f *fakeShop) Load(_ context.Context, orderID string) (orders.Order, []orders.Recorded, error) {
	if orderID != "o1" {
		return orders.Order{}, nil, fault.New(fault.ErrNotFound, "none")
	}
	meta := event.Meta{CorrelationID: "corr-1"}
	return orders.Order{Status: cmp.Or(f.status, orders.Paid)}, []orders.Recorded{
		{Version: 1, At: at(0), Detail: event.OrderCreated{Meta: meta, Order: event.Order{OrderID: "o1", Currency: "EUR", Total: 25.8}}},
		{Version: 2, At: at(4), Detail: event.OrderPaid{Meta: meta, Order: event.Order{OrderID: "o1", Total: 25.8, Currency: "EUR"}, PaymentID: "pay-1"}},
	}, f.fails("orders")
}

type fakePayments struct{ *fakeShop }

func (f fakePayments) Find(context.Context, string) (payments.Payment, error) {
	return payments.Payment{Version: 2, Status: payments.Captured, AmountCents: 2580, Currency: "EUR", PaymentID: "pay-1", CreatedAt: at(2), UpdatedAt: at(3)}, f.fails("payments")
}

type fakeShipments struct{ *fakeShop }

func (f fakeShipments) Find(context.Context, string) (shipping.Shipment, error) {
	return shipping.Shipment{}, f.fails("shipments")
}

func (f *fakeShop) Names(context.Context, string) ([]string, error) {
	return []string{"o1", "o1-again-1"}, f.fails("flow")
}

func (f *fakeShop) Events(_ context.Context, name string) ([]sfntypes.HistoryEvent, error) {
	entered := sfntypes.HistoryEvent{Type: "TaskStateEntered", Timestamp: aws.Time(at(1)), StateEnteredEventDetails: &sfntypes.StateEnteredEventDetails{Name: aws.String("ChargePayment")}}
	if name != "o1" {
		entered.Timestamp = aws.Time(at(9))
		return []sfntypes.HistoryEvent{entered}, nil
	}
	return []sfntypes.HistoryEvent{
		entered, {Type: "LambdaFunctionScheduled", Timestamp: aws.Time(at(1))},
		{Type: "TaskFailed", Timestamp: aws.Time(at(5)), TaskFailedEventDetails: &sfntypes.TaskFailedEventDetails{Error: aws.String("Unavailable"), Cause: aws.String("no\n answer")}},
	}, nil
}

func (f *fakeShop) FilterLogEvents(_ context.Context, in *cloudwatchlogs.FilterLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	if err := f.fails("log"); err != nil && *in.LogGroupName == "/charge" {
		return nil, err
	}
	if *in.LogGroupName == "/never-ran" {
		return nil, &logtypes.ResourceNotFoundException{}
	}
	f.mu.Lock()
	f.until = aws.ToInt64(in.EndTime)
	f.mu.Unlock()
	if *in.StartTime != at(-60).UnixMilli() {
		return nil, fmt.Errorf("start time %d", *in.StartTime)
	}
	lines := []logtypes.FilteredLogEvent{
		{Timestamp: aws.Int64(at(2).UnixMilli()), Message: aws.String(`{"timestamp":"x","level":"ERROR","message":"charging failed","orderId":"o1","correlationId":"corr-1","attempt":2,"stack":"prod","_aws":{"Timestamp":1}}`)},
		{Timestamp: aws.Int64(at(6).UnixMilli()), Message: aws.String("panic: corr-1 " + strings.Repeat("x", 600))},
	}
	out := &cloudwatchlogs.FilterLogEventsOutput{}
	page := lines[:1]
	if aws.ToString(in.NextToken) == "2" {
		page = lines[1:]
	} else {
		out.NextToken = aws.String("2")
	}
	for _, l := range page {
		if strings.Contains(*l.Message, strings.Trim(*in.FilterPattern, `"`)) {
			out.Events = append(out.Events, l)
		}
	}
	return out, nil
}

func tell(t *testing.T, unreachable ...string) Story {
	t.Helper()
	f := &fakeShop{unreachable: map[string]bool{}}
	for _, part := range unreachable {
		f.unreachable[part] = true
	}
	told, err := Tell(t.Context(), Sources{
		Orders: f, Payments: fakePayments{f}, Shipments: fakeShipments{f}, Flow: f, Logs: f,
		LogGroups: map[string]string{"charge-payment": "/charge", "never-ran": "/never-ran"},
		Mails: func(context.Context, string) ([]notifications.Told, error) {
			return []notifications.Told{{Whom: "CUSTOMER", Kind: "PLACED", SentAt: at(7)}}, f.fails("mails")
		},
	}, "o1", func(done, all int) { require.LessOrEqual(t, done, all) })
	require.NoError(t, err)
	return told
}

func TestTell_LooksForLogLinesAsLongAsThereCanBeAny(t *testing.T) {
	mails := func(context.Context, string) ([]notifications.Told, error) { return nil, nil }
	for status, until := range map[orders.Status]int64{orders.Paid: 0, orders.Delivered: at(9).Add(25 * time.Hour).UnixMilli()} {
		f := &fakeShop{status: status}
		_, err := Tell(t.Context(), Sources{
			Orders: f, Payments: fakePayments{f}, Shipments: fakeShipments{f}, Flow: f, Logs: f, Mails: mails, LogGroups: map[string]string{"charge-payment": "/charge"},
		}, "o1", func(int, int) {})
		require.NoError(t, err)
		require.Equal(t, until, f.until, status)
	}
}

func TestTell_InterruptedIsNoStory(t *testing.T) {
	f := &fakeShop{}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Tell(ctx, Sources{
		Orders: f, Payments: fakePayments{f}, Shipments: fakeShipments{f}, Flow: f, Logs: f, LogGroups: map[string]string{"charge-payment": "/charge"},
		Mails: func(context.Context, string) ([]notifications.Told, error) { cancel(); return nil, context.Canceled },
	}, "o1", func(int, int) {})
	require.ErrorIs(t, err, context.Canceled, "it would look as if it were known, but for the mails")
}

func TestTell_PutsEverythingInTheOrderOfTime(t *testing.T) {
	told := tell(t)
	require.Equal(t, "PAID", told.Status)
	require.Equal(t, []string{"corr-1"}, told.CorrelationIDs)
	require.Empty(t, told.Unreachable)
	var lines []string
	for _, e := range told.Timeline {
		lines = append(lines, fmt.Sprintf("%d %s: %.70s", int(e.At.Sub(noon).Seconds()), e.Context, e.What))
	}
	require.Equal(t, []string{
		"0 orders: 1 Order Created total=25.8 currency=EUR",
		"1 flow: step ChargePayment",
		"2 payments: payment first written down",
		"2 log charge-payment: ERROR charging failed attempt=2",
		"3 payments: payment is CAPTURED: 2580 EUR, version 2 paymentId=pay-1",
		"4 orders: 2 Order Paid total=25.8 currency=EUR paymentId=pay-1",
		"5 flow: task failed: Unavailable: no answer",
		"6 log charge-payment: panic: corr-1 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"7 mail: customer was told: PLACED",
		"9 flow: step ChargePayment-again-1",
	}, lines, "a line that has both ids is shown once")
	require.True(t, told.Timeline[3].Failure)
	require.True(t, told.Timeline[6].Failure)
	require.False(t, told.Timeline[0].Failure)
}

func TestTell_NamesWhatItCouldNotReach(t *testing.T) {
	told := tell(t, "payments", "shipments", "mails", "flow", "log")
	require.Len(t, told.Unreachable, 5)
	require.Equal(t, Unreachable{Source: "log of charge-payment", Error: "log: access denied"}, told.Unreachable[0])
	require.Len(t, told.Timeline, 3, "the order's events, and the mail that was found before the failure")
}

func TestTell_NeedsTheOrder(t *testing.T) {
	f := &fakeShop{}
	_, err := Tell(t.Context(), Sources{Orders: f}, "unknown", func(int, int) {})
	require.ErrorIs(t, err, fault.ErrNotFound)
}
