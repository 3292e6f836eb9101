package orders

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// fakeFlow is as much of Step Functions as a Flow uses.
type fakeFlow struct {
	inputs map[string]string
	err    error
}

func (f *fakeFlow) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	if f.err != nil {
		return nil, f.err
	}
	if _, started := f.inputs[*in.Name]; started {
		return nil, &types.ExecutionAlreadyExists{}
	}
	f.inputs[*in.Name] = *in.Input
	return &sfn.StartExecutionOutput{}, nil
}

// publishedOf is an order's event as others get it.
func publishedOf(t *testing.T, client *fakeDynamo, orderID string, version int) handler.Event {
	t.Helper()
	c := &channel{}
	require.NoError(t, NewPublisher(c).OnChange(ctx, changeOf(t, client, orderID, version)))
	return c.events[0]
}

func TestFlow_StartsOncePerOrder(t *testing.T) {
	client, table, _ := newFakeTables()
	o := place(t, newTestService(table), "key")
	started := &fakeFlow{inputs: map[string]string{}}
	flow := NewFlow(started, "arn:flow", table, 90*time.Second)
	for range 3 {
		require.NoError(t, flow.OnCreated(ctx, publishedOf(t, client, o.ID, 1)))
	}
	require.Len(t, started.inputs, 1)
	require.JSONEq(t, `{"orderId":"order-1","customerId":"ada","correlationId":"correlation","totalCents":6579,"currency":"EUR",
		"lines":[{"productId":"mug","quantity":2},{"productId":"teapot","quantity":1}],"paymentToken":"tok_ok","postcode":"SW1Y",
		"shippingAddress":{"name":"Ada Lovelace","street":"12 St James's Square","city":"London","postcode":"SW1Y","country":"GB"},
		"backorderSeconds":90}`, started.inputs[o.ID])
}

func TestFlow_EndsOrdersOfDeletedCustomers(t *testing.T) {
	client, table, _ := newFakeTables()
	o := place(t, newTestService(table), "key")
	require.NoError(t, table.RemovePrivate(ctx, o.ID))
	started := &fakeFlow{inputs: map[string]string{}}
	flow := NewFlow(started, "arn:flow", table, time.Second)
	for range 2 {
		require.NoError(t, flow.OnCreated(ctx, publishedOf(t, client, o.ID, 1)))
	}
	require.Empty(t, started.inputs)
	ended, _, err := table.Load(ctx, o.ID)
	require.NoError(t, err)
	require.Equal(t, Failed, ended.Status)
	require.Equal(t, "The account was deleted.", ended.Reason)
}

// The event of a new order can come again at any time: a day later from the bus, or out of an archive when Step Functions has forgotten the
// execution, and the customer may have left.
func TestFlow_LeavesOrdersAloneThatHaveBegun(t *testing.T) {
	for _, erased := range []bool{false, true} {
		for _, path := range [][]string{
			{"backorder"}, {"reserve"}, {"reserve", "pay"}, {"reserve", "pay", "ship"}, {"reserve", "pay", "ship", "deliver"}, {"fail"},
			{"reserve", "pay", "refund"}, {"reserve", "pay", "cancel"}, {"reserve", "pay", "ship", "request return"}, {"reserve", "pay", "ship", "request return", "complete return"},
		} {
			client, table, _ := newFakeTables()
			s := newTestService(table)
			o := place(t, s, "key")
			for _, name := range path {
				_, err := s.change(ctx, o.ID, commands[name])
				require.NoError(t, err, path)
			}
			before, _, err := table.Load(ctx, o.ID)
			require.NoError(t, err)
			if erased {
				require.NoError(t, table.RemovePrivate(ctx, o.ID))
			}
			started := &fakeFlow{inputs: map[string]string{}}
			flow := NewFlow(started, "arn:flow", table, time.Second)
			require.NoError(t, flow.OnCreated(ctx, publishedOf(t, client, o.ID, 1)), "%v: it would end in a dead-letter queue", path)
			require.Empty(t, started.inputs, path)
			after, _, err := table.Load(ctx, o.ID)
			require.NoError(t, err)
			require.Equal(t, before, after, path)
		}
	}
}

func TestFlow_TellsWhoCancelledBeforeItBegan(t *testing.T) {
	client, table, _ := newFakeTables()
	s := newTestService(table)
	o := place(t, s, "key")
	_, err := s.Cancel(ctx, "ada", o.ID, "c")
	require.NoError(t, err)
	started := &fakeFlow{inputs: map[string]string{}}
	require.NoError(t, NewFlow(started, "arn:flow", table, time.Second).OnCreated(ctx, publishedOf(t, client, o.ID, 1)))
	require.Contains(t, started.inputs, o.ID)
}

func TestFlow_FailsSoThatTheEventComesAgain(t *testing.T) {
	client, table, _ := newFakeTables()
	s := newTestService(table)
	o := place(t, s, "key")
	flow := NewFlow(&fakeFlow{err: errors.New("throttled")}, "arn:flow", table, time.Second)
	require.ErrorContains(t, flow.OnCreated(ctx, publishedOf(t, client, o.ID, 1)), `starting the flow of order "order-1": throttled`)
	_, err := s.Cancel(ctx, "ada", o.ID, "c")
	require.NoError(t, err)
	require.ErrorContains(t, flow.OnCreated(ctx, publishedOf(t, client, o.ID, 2)), `is "Order Cancelled", want "Order Created"`)
	require.Error(t, flow.OnCreated(ctx, handler.Event{Type: "x"}))
}

func TestAdvance(t *testing.T) {
	store := newMemory()
	s := newTestService(store)
	o := place(t, s, "key")
	for _, step := range []struct {
		in   Instruction
		want Status
	}{
		{Instruction{Command: CommandBackorder, Shortages: []event.Shortage{{ProductID: "mug", Missing: 1}}}, Backordered},
		{Instruction{Command: CommandReserve}, Reserved},
		{Instruction{Command: CommandPay, PaymentID: "pay-1"}, Paid},
		{Instruction{Command: CommandPay, PaymentID: "pay-1"}, Paid},
		{Instruction{Command: CommandShip, ShipmentID: "ship-1", TrackingNumber: "T1"}, Shipped},
		{Instruction{Command: CommandReserve}, Shipped}, // late, and done long ago
	} {
		step.in.OrderID = o.ID
		progress, err := s.Advance(ctx, step.in)
		require.NoError(t, err)
		require.Equal(t, Progress{step.want}, progress)
	}
	shipped, history, err := store.Load(ctx, o.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"pay-1", "ship-1", "T1"}, []string{shipped.PaymentID, shipped.ShipmentID, shipped.TrackingNumber})
	require.Equal(t, EventID(o.ID, 2), history[2].Detail.About().CausationID)

	_, err = s.Advance(ctx, Instruction{OrderID: o.ID, Command: "eat"})
	require.ErrorIs(t, err, fault.ErrInvalid)
	_, err = s.Advance(ctx, Instruction{OrderID: "nothing", Command: CommandPay})
	require.ErrorIs(t, err, fault.ErrNotFound)
	_, err = s.Advance(ctx, Instruction{OrderID: o.ID, Command: CommandClose})
	require.ErrorIs(t, err, fault.ErrConflict)
}

func TestAdvance_EndsOrders(t *testing.T) {
	for name, test := range map[string]struct {
		path   []string
		in     Instruction
		want   Status
		reason string
	}{
		"declined":                     {[]string{"reserve"}, Instruction{Command: CommandClose, Reason: "PaymentDeclined", Refund: "NOT_CHARGED"}, Failed, "The payment was declined."},
		"refused":                      {[]string{"reserve", "pay"}, Instruction{Command: CommandClose, Reason: "ShipmentRefused", Refund: "REFUNDED"}, Refunded, "The carrier does not deliver to this address."},
		"a fault":                      {nil, Instruction{Command: CommandClose, Reason: "Lambda.Unknown", Refund: "NOT_CHARGED"}, Failed, "The shop could not carry out the order."},
		"out of stock":                 {[]string{"backorder"}, Instruction{Command: CommandClose, Reason: "OutOfStock", Refund: "NOT_CHARGED"}, Failed, "The goods did not come in time."},
		"cancelled before it was paid": {[]string{"cancel"}, Instruction{Command: CommandClose, Reason: "OrderCancelled", Refund: "NOT_CHARGED"}, Cancelled, "changed my mind"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTestService(newMemory())
			test.in.OrderID = place(t, s, "key").ID
			for _, command := range test.path {
				_, err := s.change(ctx, test.in.OrderID, commands[command])
				require.NoError(t, err)
			}
			for range 2 {
				progress, err := s.Advance(ctx, test.in)
				require.NoError(t, err)
				require.Equal(t, test.want, progress.Status)
			}
			o, _, err := s.store.Load(ctx, test.in.OrderID)
			require.NoError(t, err)
			require.Equal(t, test.reason, o.Reason)
		})
	}
}
