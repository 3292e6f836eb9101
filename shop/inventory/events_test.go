package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/attr"
	"github.com/serverless-shop/serverless-shop/shop/catalog"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// about is the meta data of events in tests.
var about = event.NewMeta("c", "cause")

// happened is an event as it comes over the bus.
func happened(t *testing.T, id string, d event.Detail) handler.Event {
	t.Helper()
	e, err := event.New(id, noon, d)
	require.NoError(t, err)
	e.ID = "envelope-" + id // EventBridge's own
	return e
}

// published are the events that the shop's changes have published since the last call, by name.
func (s *fakeShop) published(t *testing.T) map[string][]event.Detail {
	t.Helper()
	all := map[string][]event.Detail{}
	outbox := NewOutbox(publisher(func(events ...handler.Event) error {
		for _, e := range events {
			detail, err := event.Parse(e)
			require.NoError(t, err)
			all[e.Type] = append(all[e.Type], detail)
		}
		return nil
	}))
	for _, change := range s.client.stream {
		require.NoError(t, outbox.OnChange(ctx, change))
	}
	s.client.stream = nil
	return all
}

type publisher func(...handler.Event) error

func (p publisher) Publish(_ context.Context, events ...handler.Event) error { return p(events...) }

func TestEvents_FromTheCatalogueToTheCustomerWhoWaits(t *testing.T) {
	shop := newFakeShop()
	_, err := shop.AwaitStock(ctx, Wait{orderOf("o1", Line{"mug", 2}), "token"})
	require.NoError(t, err)
	saved := happened(t, "e1", event.ProductSaved{Meta: about, ProductID: "mug", Version: 1, StockChange: 5})
	require.NoError(t, shop.OnProductSaved(ctx, saved))
	saved.ID = "another envelope"
	require.NoError(t, shop.OnProductSaved(ctx, saved), "published once more")
	requireLevel(t, shop.store, "mug", 5, 0, 0)

	said := shop.published(t)
	require.Len(t, said["Stock Arrived"], 1)
	arrived := said["Stock Arrived"][0].(event.StockArrived)
	require.Equal(t, "c", arrived.CorrelationID)
	require.Equal(t, "e1", arrived.CausationID)
	require.Equal(t, int64(5), arrived.Quantity)

	require.NoError(t, shop.OnStockArrived(ctx, happened(t, "e2", arrived)))
	require.Equal(t, []string{OutcomeReserved}, shop.tasks.told["token"])
	requireLevel(t, shop.store, "mug", 3, 2, 0)

	require.NoError(t, shop.OnProductSaved(ctx, happened(t, "e3", event.ProductSaved{Meta: about, ProductID: "mug", Version: 2, StockChange: -9})))
	removed := shop.published(t)["Stock Removed"]
	require.Len(t, removed, 1)
	require.Equal(t, int64(3), removed[0].(event.StockRemoved).Quantity, "no more than is available")
	requireLevel(t, shop.store, "mug", 0, 2, 0)

	require.NoError(t, shop.OnProductSaved(ctx, happened(t, "e5", event.ProductSaved{Meta: about, ProductID: "mug", Version: 3, StockChange: -1})))
	removed = shop.published(t)["Stock Removed"]
	require.Len(t, removed, 1, "what is shown counts on it")
	require.Zero(t, removed[0].(event.StockRemoved).Quantity)

	before := len(shop.client.items)
	require.NoError(t, shop.OnProductSaved(ctx, happened(t, "e4", event.ProductSaved{Meta: about, ProductID: "mug", Version: 3})))
	require.Len(t, shop.client.items, before, "a new name is nothing to the inventory")
}

func TestEvents_CancelledOrdersWaitNoLonger(t *testing.T) {
	shop := newFakeShop()
	_, err := shop.AwaitStock(ctx, Wait{orderOf("o1", Line{"mug", 2}), "token"})
	require.NoError(t, err)
	cancelled := happened(t, "e1", event.OrderCancelled{Meta: about, Order: event.Order{OrderID: "o1"}})
	require.NoError(t, shop.OnOrderCancelled(ctx, cancelled))
	require.Equal(t, []string{OrderCancelled}, shop.tasks.told["token"])
	receive(t, shop.Stock, "mug", 2)
	require.NoError(t, shop.Serve(ctx, "mug"))
	requireLevel(t, shop.store, "mug", 2, 0, 0)
}

func TestEvents_Returns(t *testing.T) {
	shop := newFakeShop()
	receive(t, shop.Stock, "mug", 2)
	_, err := shop.ReserveOrder(ctx, orderOf("o1", Line{"mug", 2}))
	require.NoError(t, err)
	_, err = shop.SellLine(ctx, Sale{OrderID: "o1", Line: Line{"mug", 2}})
	require.NoError(t, err)
	shop.published(t)

	refused := event.ReturnInspected{Meta: about, Return: goodsOf("o1"), Finding: "broken"}
	require.NoError(t, shop.OnReturnInspected(ctx, happened(t, "e1", refused)))
	requireLevel(t, shop.store, "mug", 0, 0, 2)

	accepted := event.ReturnInspected{Meta: about, Return: goodsOf("o1"), Accepted: true}
	require.NoError(t, shop.OnReturnInspected(ctx, happened(t, "e2", accepted)))
	requireLevel(t, shop.store, "mug", 2, 0, 0)
	said := shop.published(t)
	require.Len(t, said["Stock Arrived"], 1)
	require.Len(t, said["Return Restocked"], 1)
	restocked := said["Return Restocked"][0].(event.ReturnRestocked)
	require.Equal(t, goodsOf("o1"), restocked.Return)
	require.Equal(t, "e2", restocked.CausationID)

	failed := event.RefundFailed{Meta: about, Payment: event.Payment{OrderID: "o1"}, Reason: "account_closed"}
	require.NoError(t, shop.OnRefundFailed(ctx, happened(t, "e3", failed)))
	requireLevel(t, shop.store, "mug", 0, 0, 2)
	said = shop.published(t)
	require.Len(t, said["Restock Reversed"], 1)
	reversed := said["Restock Reversed"][0].(event.RestockReversed)
	require.Equal(t, goodsOf("o1"), reversed.Return)
	require.Equal(t, "The refund failed: account_closed", reversed.Reason)
}

func TestEvents_ReleasedStockIsForThoseWhoWait(t *testing.T) {
	shop := newFakeShop()
	receive(t, shop.Stock, "mug", 2)
	_, err := shop.ReserveOrder(ctx, orderOf("o1", Line{"mug", 2}))
	require.NoError(t, err)
	shop.published(t)
	_, err = shop.ReleaseOrder(ctx, Order{OrderID: "o1"})
	require.NoError(t, err)
	said := shop.published(t)["Stock Arrived"]
	require.Len(t, said, 1)
	arrived := said[0].(event.StockArrived)
	require.Equal(t, [2]string{"c-o1", "o1"}, [2]string{arrived.CorrelationID, arrived.CausationID})
	_, err = shop.ReleaseOrder(ctx, Order{OrderID: "o1"})
	require.NoError(t, err)
	require.Empty(t, shop.published(t))
}

func TestEvents_RefuseOthersThanTheirOwn(t *testing.T) {
	shop := newFakeShop()
	other := happened(t, "e1", event.UserDeleted{Meta: about, UserID: "u1"})
	for name, consume := range map[string]handler.Consumer{
		"Product Saved": shop.OnProductSaved, "Stock Arrived": shop.OnStockArrived, "Order Cancelled": shop.OnOrderCancelled,
		"Return Inspected": shop.OnReturnInspected, "Refund Failed": shop.OnRefundFailed,
	} {
		require.EqualError(t, consume(ctx, other), `event envelope-e1 is "User Deleted", want "`+name+`"`)
		require.ErrorContains(t, consume(ctx, handler.Event{ID: "e2", Type: "no such"}), "unknown")
	}
}

func TestOutbox_SaysTheSameWheneverTheChangeComesAgain(t *testing.T) {
	shop := newFakeShop()
	receive(t, shop.Stock, "mug", 2)
	require.Len(t, shop.client.stream, 1)
	var ids []string
	fail := errors.New("no route to host")
	outbox := NewOutbox(publisher(func(events ...handler.Event) error {
		ids = append(ids, events[0].ID)
		return fail
	}))
	require.ErrorIs(t, outbox.OnChange(ctx, shop.client.stream[0]), fail)
	fail = nil
	require.NoError(t, outbox.OnChange(ctx, shop.client.stream[0]))
	require.Equal(t, []string{"change-1-0", "change-1-0"}, ids)

	require.NoError(t, outbox.OnChange(ctx, handler.Change{ID: "x", New: key("a", "b")}))
	require.Len(t, ids, 2, "a change without an outbox is nobody's business")
	broken := key("a", "b")
	broken[OutboxAttribute] = attr.Text("{")
	require.ErrorContains(t, outbox.OnChange(ctx, handler.Change{ID: "x", Keys: key("a", "b"), New: broken}), "reading the outbox of a b")
	broken[OutboxAttribute] = attr.Text(`[{"name":"no such","detail":{}}]`)
	require.ErrorContains(t, outbox.OnChange(ctx, handler.Change{ID: "x", New: broken}), "unknown")
}

// shelf is a catalogue that remembers what it shows.
type shelf map[string]catalog.StockCount

func (s shelf) ShowStock(_ context.Context, count catalog.StockCount) error {
	s[count.ProductID] = count
	return nil
}

func TestDisplay_ShowsTheLevelOfEveryProductOfAnEvent(t *testing.T) {
	shop, shown := newFakeShop(), shelf{}
	receive(t, shop.Stock, "mug", 5)
	receive(t, shop.Stock, "cup", 3)
	_, err := shop.ReserveOrder(ctx, orderOf("o1", Line{"mug", 2}))
	require.NoError(t, err)
	display := NewDisplay(shop.table, shown)
	reserved := event.OrderReserved{Meta: about, Order: event.Order{OrderID: "o1", Lines: []event.Line{
		{ProductID: "mug", Quantity: 2}, {ProductID: "unknown", Quantity: 1},
	}}}
	require.NoError(t, display.OnEvent(ctx, happened(t, "e1", reserved)))
	mug := catalog.StockCount{ProductID: "mug", Available: 3, Received: 5, ListedAt: noon, AsOf: 2}
	require.Equal(t, shelf{"mug": mug}, shown)
	require.NoError(t, display.OnEvent(ctx, happened(t, "e2", event.StockArrived{Meta: about, ProductID: "cup", Quantity: 3})))
	require.Equal(t, shelf{"mug": mug, "cup": {ProductID: "cup", Available: 3, Received: 3, ListedAt: noon, AsOf: 1}}, shown)

	_, err = shop.SellLine(ctx, Sale{OrderID: "o1", Line: Line{"mug", 2}})
	require.NoError(t, err)
	require.NoError(t, display.OnEvent(ctx, happened(t, "e3", reserved)))
	require.Equal(t, mug, shown["mug"], "selling what was reserved changes nothing that customers see")
	require.ErrorContains(t, display.OnEvent(ctx, handler.Event{ID: "e4", Type: "Order Reserved", Detail: []byte("[")}), "e4")
}

// stepFunctions answers every call with an error.
type stepFunctions struct {
	err    error
	output string
	name   string
}

func (f *stepFunctions) SendTaskSuccess(_ context.Context, in *sfn.SendTaskSuccessInput, _ ...func(*sfn.Options)) (*sfn.SendTaskSuccessOutput, error) {
	f.output = *in.TaskToken + " " + *in.Output
	return nil, f.err
}

func (f *stepFunctions) SendTaskFailure(_ context.Context, in *sfn.SendTaskFailureInput, _ ...func(*sfn.Options)) (*sfn.SendTaskFailureOutput, error) {
	f.name = *in.TaskToken + " " + *in.Error
	return nil, f.err
}

func TestWorkflowTasks(t *testing.T) {
	client := &stepFunctions{}
	tasks := NewWorkflowTasks(client)
	for _, gone := range []error{nil, &sfntypes.TaskTimedOut{}, &sfntypes.TaskDoesNotExist{}, &sfntypes.InvalidToken{}} {
		client.err = gone
		require.NoError(t, tasks.Succeed(ctx, "token", Outcome{Outcome: OutcomeReserved}))
		require.Equal(t, `token {"outcome":"RESERVED"}`, client.output)
		require.NoError(t, tasks.Fail(ctx, "token", OrderCancelled, "why"))
		require.Equal(t, "token OrderCancelled", client.name)
	}
	client.err = errors.New("no route to host")
	require.ErrorIs(t, tasks.Succeed(ctx, "token", Outcome{}), client.err)
	require.ErrorIs(t, tasks.Fail(ctx, "token", OrderCancelled, "why"), client.err)
}

func TestTask_SpeaksTheWorkflowsLanguage(t *testing.T) {
	shop := newFakeShop()
	receive(t, shop.Stock, "mug", 1)
	call := func(h interface {
		Invoke(context.Context, []byte) ([]byte, error)
	}, input string) (string, error) {
		out, err := h.Invoke(ctx, []byte(input))
		return string(out), err
	}
	logger := slog.New(slog.DiscardHandler)
	out, err := call(handler.Task(logger, shop.ReserveOrder), `{"orderId":"o1","correlationId":"c","lines":[{"productId":"mug","quantity":3}]}`)
	require.NoError(t, err)
	require.JSONEq(t, `{"outcome":"OUT_OF_STOCK","shortages":[{"productId":"mug","missing":2}]}`, out)
	out, err = call(handler.Task(logger, shop.ReserveOrder), `{"orderId":"o2","correlationId":"c","lines":[{"productId":"mug","quantity":1}]}`)
	require.NoError(t, err)
	require.JSONEq(t, `{"outcome":"RESERVED"}`, out)
	out, err = call(handler.Task(logger, shop.SellLine), `{"orderId":"o2","correlationId":"c","line":{"productId":"mug","quantity":1}}`)
	require.NoError(t, err)
	require.JSONEq(t, `{}`, out)
	out, err = call(handler.Task(logger, shop.AwaitStock),
		`{"orderId":"o1","customerId":"u1","correlationId":"c","lines":[{"productId":"mug","quantity":3}],"taskToken":"token"}`)
	require.NoError(t, err)
	require.JSONEq(t, `{}`, out)
	out, err = call(handler.Task(logger, shop.ReleaseOrder), `{"orderId":"o1","correlationId":"c"}`)
	require.NoError(t, err)
	require.JSONEq(t, `{"outcome":"RELEASED"}`, out)
	_, err = call(handler.Task(logger, shop.ReserveOrder), `{"orderId":"o1","correlationId":"c","lines":[{"productId":"mug","quantity":3}]}`)
	text, encodeErr := json.Marshal(err)
	require.NoError(t, encodeErr)
	require.Contains(t, string(text), `"errorType":"OrderCancelled"`)
}

func TestTable_SaysWhatItCannotRead(t *testing.T) {
	shop := newFakeShop()
	for attribute, value := range map[string]types.AttributeValue{
		"version": attr.Text("one"), "since": attr.Text("yesterday"), "return": attr.Text("{"),
	} {
		broken := key(reservationPrefix+"o1", sortReservation)
		broken[attribute] = value
		shop.client.items[at(broken)] = broken
		_, err := shop.table.Reservation(ctx, "o1")
		require.ErrorContains(t, err, `reading the reservation of order "o1"`)
	}
	broken := key(productPrefix+"mug", sortLevel)
	broken["available"] = attr.Text("many")
	shop.client.items[at(broken)] = broken
	_, err := shop.table.Level(ctx, "mug")
	require.ErrorContains(t, err, `reading the stock of product "mug"`)
}
