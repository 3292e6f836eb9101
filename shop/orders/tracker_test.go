package orders

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// said is an event of another context, as the bus brings it.
func said(t *testing.T, id string, detail event.Detail) handler.Event {
	t.Helper()
	e, err := event.New(id, noon, detail)
	require.NoError(t, err)
	return e
}

// shippedOrder is a service with an order that went this way.
func shippedOrder(t *testing.T, more ...string) (*Service, *Tracker, string) {
	t.Helper()
	s := newTestService(newMemory())
	o := place(t, s, "key")
	for _, name := range append([]string{"reserve", "pay", "ship"}, more...) {
		_, err := s.change(ctx, o.ID, commands[name])
		require.NoError(t, err)
	}
	return s, NewTracker(s), o.ID
}

func TestTracker_AReturnThatWorks(t *testing.T) {
	s, tracker, id := shippedOrder(t, "request return")
	back := event.Return{OrderID: id, CustomerID: "ada"}
	for _, step := range []struct {
		e      event.Detail
		status Status
		stage  Stage
	}{
		{event.ReturnInspected{Meta: about, Return: back, Accepted: true}, ReturnRequested, StageInspected},
		{event.ReturnRestocked{Meta: about, Return: back}, ReturnRequested, StageRestocked},
		{event.PaymentRefunded{Meta: about, Payment: event.Payment{OrderID: id}}, Returned, StageRefunded},
	} {
		for range 2 {
			require.NoError(t, tracker.OnEvent(ctx, said(t, event.Name(step.e), step.e)))
			o, _, err := s.store.Load(ctx, id)
			require.NoError(t, err)
			require.Equal(t, step.status, o.Status)
			require.Equal(t, step.stage, o.Return.Stage)
		}
	}
	_, history, err := s.store.Load(ctx, id)
	require.NoError(t, err)
	require.Len(t, history, 8, "each is recorded once")
	require.Equal(t, "Payment Refunded", history[7].Detail.About().CausationID)
	require.Equal(t, "correlation", history[7].Detail.About().CorrelationID)
}

func TestTracker_NewsInTheWrongOrder(t *testing.T) {
	s, tracker, id := shippedOrder(t, "request return")
	back := event.Return{OrderID: id}
	for _, e := range []event.Detail{
		event.ReturnRestocked{Return: back},
		event.PaymentRefunded{Payment: event.Payment{OrderID: id}},
		event.ReturnInspected{Return: back, Accepted: true},
		event.ShipmentDelivered{Shipment: event.Shipment{OrderID: id}},
	} {
		require.NoError(t, tracker.OnEvent(ctx, said(t, event.Name(e), e)))
	}
	o, _, err := s.store.Load(ctx, id)
	require.NoError(t, err)
	require.Equal(t, Returned, o.Status)
}

func TestTracker_ARefusedReturn(t *testing.T) {
	s, tracker, id := shippedOrder(t, "deliver", "request return")
	refused := said(t, "inspection-1", event.ReturnInspected{Return: event.Return{OrderID: id}, Finding: "The mug is broken."})
	require.NoError(t, tracker.OnEvent(ctx, refused))
	o, _, err := s.store.Load(ctx, id)
	require.NoError(t, err)
	require.Equal(t, Delivered, o.Status)
	require.Equal(t, StageRefused, o.Return.Stage)
	require.Equal(t, "The mug is broken.", o.Reason)

	_, err = s.RequestReturn(ctx, "ada", id, "c", "it arrived broken")
	require.NoError(t, err)
	require.NoError(t, tracker.OnEvent(ctx, refused), "the news of the first return come a second time")
	o, _, err = s.store.Load(ctx, id)
	require.NoError(t, err)
	require.Equal(t, ReturnRequested, o.Status, "and do not end the second")
}

func TestTracker_AReturnWhoseRefundFails(t *testing.T) {
	s, tracker, id := shippedOrder(t, "request return", "return restocked")
	require.NoError(t, tracker.OnEvent(ctx, said(t, "1", event.RestockReversed{Return: event.Return{OrderID: id}, Reason: "Your account is closed."})))
	o, _, err := s.store.Load(ctx, id)
	require.NoError(t, err)
	require.Equal(t, Shipped, o.Status)
	require.Equal(t, StageFailed, o.Return.Stage)
	require.Equal(t, "Your account is closed.", o.Reason)
}

func TestTracker_RefundsOfTheOrderFlowAreItsOwnBusiness(t *testing.T) {
	s, tracker, id := shippedOrder(t)
	require.NoError(t, tracker.OnEvent(ctx, said(t, "1", event.PaymentRefunded{Payment: event.Payment{OrderID: id}})))
	o, _, err := s.store.Load(ctx, id)
	require.NoError(t, err)
	require.Equal(t, 4, o.Version)
}

func TestTracker_NewsThatComeTooEarlyComeAgain(t *testing.T) {
	s := newTestService(newMemory())
	tracker := NewTracker(s)
	delivered := said(t, "1", event.ShipmentDelivered{Shipment: event.Shipment{OrderID: place(t, s, "key").ID}})
	require.ErrorIs(t, tracker.OnEvent(ctx, delivered), fault.ErrConflict)
	require.ErrorIs(t, tracker.OnEvent(ctx, said(t, "2", event.ShipmentDelivered{Shipment: event.Shipment{OrderID: "nothing"}})), fault.ErrNotFound)
	require.ErrorContains(t, tracker.OnEvent(ctx, said(t, "3", event.StockArrived{})), `is "Stock Arrived", want what other contexts say`)
	require.Error(t, tracker.OnEvent(ctx, handler.Event{Type: "x"}))
}
