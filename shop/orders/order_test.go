package orders

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// command is a command with its arguments.
type command func(Order) (event.Detail, error)

// commands are all of them, by what they do.
var commands = map[string]command{
	"reserve": func(o Order) (event.Detail, error) { return o.Reserve(about) },
	"backorder": func(o Order) (event.Detail, error) {
		return o.Backorder(about, []event.Shortage{{ProductID: "mug", Missing: 1}})
	},
	"pay":                              func(o Order) (event.Detail, error) { return o.Pay(about, "payment") },
	"ship":                             func(o Order) (event.Detail, error) { return o.Ship(about, "shipment", "tracking") },
	"deliver":                          func(o Order) (event.Detail, error) { return o.Deliver(about) },
	"cancel":                           func(o Order) (event.Detail, error) { return o.Cancel(about, "changed my mind") },
	"fail":                             func(o Order) (event.Detail, error) { return o.Fail(about, "no luck") },
	"refund":                           func(o Order) (event.Detail, error) { return o.Refund(about, "sorry", false) },
	"refund a charge while cancelling": func(o Order) (event.Detail, error) { return o.Refund(about, "sorry", true) },
	"close":                            func(o Order) (event.Detail, error) { return o.Close(about, "no luck", false) },
	"close after refund":               func(o Order) (event.Detail, error) { return o.Close(about, "no luck", true) },
	"request return":                   func(o Order) (event.Detail, error) { return o.RequestReturn(about, "too small") },
	"return inspected":                 func(o Order) (event.Detail, error) { return o.ProgressReturn(about, StageInspected) },
	"return restocked":                 func(o Order) (event.Detail, error) { return o.ProgressReturn(about, StageRestocked) },
	"complete return":                  func(o Order) (event.Detail, error) { return o.CompleteReturn(about) },
	"refuse return":                    func(o Order) (event.Detail, error) { return o.FailReturn(about, "broken", true) },
	"return without refund":            func(o Order) (event.Detail, error) { return o.FailReturn(about, "account closed", false) },
}

// placed is a new order and its history.
func placed(t require.TestingT) (Order, []Recorded) {
	created, err := draft().Placed(about, "order-1", "ada", goods)
	require.NoError(t, err)
	history := []Recorded{{Version: 1, At: noon, Detail: created}}
	o, err := Replay(history)
	require.NoError(t, err)
	return o, history
}

// after gives the commands one after the other to a new order; each must make an event.
func after(t require.TestingT, names ...string) Order {
	o, _ := placed(t)
	for _, name := range names {
		detail, err := commands[name](o)
		require.NoError(t, err, name)
		require.NotNil(t, detail, name)
		o, err = o.apply(Recorded{Version: o.Version + 1, At: o.UpdatedAt.Add(time.Minute), Detail: detail})
		require.NoError(t, err, name)
	}
	return o
}

// allowed is the state machine of the contract, written down a second time: what may follow each state.
var allowed = map[Status]string{
	Pending: "RESERVED BACKORDERED CANCELLED FAILED", Backordered: "RESERVED CANCELLED FAILED", Reserved: "PAID CANCELLED FAILED",
	Paid: "SHIPPED CANCELLED REFUNDED", Cancelled: "REFUNDED SHIPPED", Shipped: "DELIVERED RETURN_REQUESTED", Delivered: "RETURN_REQUESTED",
	ReturnRequested: "RETURNED SHIPPED DELIVERED", Failed: "", Refunded: "", Returned: "",
}

func TestOrder_AnySequenceOfCommands(t *testing.T) {
	names := make([]string, 0, len(commands))
	for name := range commands {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(t *rapid.T) {
		o, history := placed(t)
		for range rapid.IntRange(1, 25).Draw(t, "commands") {
			name := rapid.SampledFrom(names).Draw(t, "command")
			detail, err := commands[name](o)
			if err != nil {
				require.ErrorIs(t, err, fault.ErrConflict)
				require.Nil(t, detail)
				continue
			}
			if detail == nil {
				continue
			}
			was := o
			next := Recorded{Version: o.Version + 1, At: o.UpdatedAt.Add(time.Second), Detail: detail}
			o, err = o.apply(next)
			require.NoError(t, err)
			history = append(history, next)

			require.Len(t, history, o.Version, "the version is the number of events")
			if o.Status != was.Status {
				require.Contains(t, " "+allowed[was.Status]+" ", " "+string(o.Status)+" ", "%s after %s", o.Status, was.Status)
			}
			if was.Status == Cancelled {
				require.True(t, was.Has(Paid) || name == "refund a charge while cancelling" || name == "close after refund", name)
			}
			again, err := commands[name](o)
			require.NoError(t, err, "%s again", name)
			require.Nil(t, again, "%s again", name)

			replayed, err := Replay(history)
			require.NoError(t, err)
			require.Equal(t, o, replayed, "the history makes the same order as living through it")
			_, err = Replay(history[:len(history)-1])
			require.NoError(t, err)
		}
	})
}

func TestUnderway_IsShippedThoughItWasToBeStopped(t *testing.T) {
	for _, path := range [][]string{{"reserve", "pay"}, {"reserve", "pay", "cancel"}} {
		o := after(t, path...)
		detail, err := o.Underway(about, "shipment", "tracking")
		require.NoError(t, err)
		shipped, err := o.apply(Recorded{Version: o.Version + 1, At: noon, Detail: detail})
		require.NoError(t, err)
		require.Equal(t, Shipped, shipped.Status)
		require.Equal(t, "tracking", shipped.TrackingNumber)

		again, err := shipped.Underway(about, "shipment", "tracking")
		require.NoError(t, err)
		require.Nil(t, again)
		_, err = shipped.Cancel(about, "Too late.")
		require.ErrorIs(t, err, fault.ErrConflict)
		_, err = shipped.RequestReturn(about, "I had cancelled it.")
		require.NoError(t, err)
	}
	for _, path := range [][]string{{}, {"reserve"}, {"cancel"}, {"reserve", "pay", "refund"}, {"fail"}} {
		_, err := after(t, path...).Underway(about, "shipment", "tracking")
		require.ErrorIs(t, err, fault.ErrConflict, "%v", path)
	}
}

func TestOrder_EveryTransition(t *testing.T) {
	paths := map[Status][]string{
		Pending: {}, Backordered: {"backorder"}, Reserved: {"reserve"}, Paid: {"reserve", "pay"}, Shipped: {"reserve", "pay", "ship"},
		Delivered: {"reserve", "pay", "ship", "deliver"}, Cancelled: {"cancel"}, Failed: {"fail"}, Refunded: {"reserve", "pay", "refund"},
		ReturnRequested: {"reserve", "pay", "ship", "deliver", "request return"},
		Returned:        {"reserve", "pay", "ship", "deliver", "request return", "complete return"},
	}
	to := map[string]Status{
		"reserve": Reserved, "backorder": Backordered, "pay": Paid, "ship": Shipped, "deliver": Delivered, "cancel": Cancelled, "fail": Failed,
		"refund": Refunded, "request return": ReturnRequested, "complete return": Returned,
	}
	for from, path := range paths {
		for name, target := range to {
			o := after(t, path...)
			require.Equal(t, from, o.Status)
			detail, err := commands[name](o)
			may := slices.Contains(transitions[from], target)
			switch {
			case from == Cancelled && target == Shipped:
				require.ErrorIs(t, err, fault.ErrConflict, "only a parcel that could not be stopped is shipped all the same")
			case from == Cancelled && target == Refunded:
				require.ErrorIs(t, err, fault.ErrConflict, "it was never paid")
			case o.Has(target) && !o.Has(Cancelled), from == target:
				require.Nil(t, detail, "%s when %s", name, from)
			case from == ReturnRequested && target == Shipped:
				require.Fail(t, "a return is requested of what was shipped")
			case may:
				require.NoError(t, err, "%s when %s", name, from)
				require.NotNil(t, detail, "%s when %s", name, from)
			case from == Returned && (target == Delivered || target == ReturnRequested):
				require.NoError(t, err)
			default:
				require.ErrorIs(t, err, fault.ErrConflict, "%s when %s", name, from)
				require.Nil(t, detail, "%s when %s", name, from)
			}
		}
	}
}

func TestOrder_GoingOnAfterTheCustomerCancelled(t *testing.T) {
	o := after(t, "reserve", "pay", "cancel")
	for _, name := range []string{"reserve", "backorder", "pay", "ship"} {
		_, err := commands[name](o)
		var named interface{ ErrorName() string }
		require.ErrorAs(t, err, &named, name)
		require.Equal(t, "OrderCancelled", named.ErrorName(), "the order flow catches it by this name")
	}
}

func TestOrder_CloseEndsItAsFarAsItHadCome(t *testing.T) {
	for _, test := range []struct {
		path     []string
		refunded bool
		want     Status
	}{
		{nil, false, Failed},
		{[]string{"backorder"}, false, Failed},
		{[]string{"reserve"}, false, Failed},
		{[]string{"reserve"}, true, Failed}, // charged and paid back without the order's history knowing
		{[]string{"reserve", "pay"}, true, Refunded},
		{[]string{"cancel"}, false, Cancelled},
		{[]string{"reserve", "cancel"}, true, Refunded},
		{[]string{"reserve", "pay", "cancel"}, true, Refunded},
	} {
		o := after(t, test.path...)
		detail, err := o.Close(about, "no luck", test.refunded)
		require.NoError(t, err)
		if detail != nil {
			o, err = o.apply(Recorded{Version: o.Version + 1, At: noon, Detail: detail})
			require.NoError(t, err)
		}
		require.Equal(t, test.want, o.Status, "%v, refunded: %t", test.path, test.refunded)
	}
	for _, path := range [][]string{{"reserve", "pay"}, {"reserve", "pay", "cancel"}} {
		_, err := after(t, path...).Close(about, "no luck", false)
		require.ErrorIs(t, err, fault.ErrConflict, "nobody's money is kept: %v", path)
	}
	_, err := after(t, "reserve", "pay", "ship").Close(about, "no luck", true)
	require.ErrorIs(t, err, fault.ErrConflict)
}

func TestOrder_IsPaidOnce(t *testing.T) {
	_, err := after(t, "reserve", "pay").Pay(about, "another payment")
	require.ErrorIs(t, err, fault.ErrConflict)
	require.ErrorContains(t, err, "another payment must be refunded")
}

func TestOrder_AFailedReturnGoesBack(t *testing.T) {
	shipped := after(t, "reserve", "pay", "ship", "request return", "refuse return")
	require.Equal(t, Shipped, shipped.Status)
	require.Equal(t, &Return{StageRefused, "too small"}, shipped.Return)
	require.Equal(t, "broken", shipped.Reason)

	arrived := after(t, "reserve", "pay", "ship", "request return", "deliver")
	require.Equal(t, ReturnRequested, arrived.Status, "the return goes on")
	require.Equal(t, Delivered, after(t, "reserve", "pay", "ship", "request return", "deliver", "return without refund").Status)

	second := after(t, "reserve", "pay", "ship", "deliver", "request return", "return inspected", "return restocked", "return without refund", "request return")
	require.Equal(t, &Return{StageRequested, "too small"}, second.Return)
	require.Empty(t, second.Reason)
}

func TestOrder_StagesOfAReturnNeverGoBack(t *testing.T) {
	o := after(t, "reserve", "pay", "ship", "request return", "return restocked")
	detail, err := commands["return inspected"](o)
	require.NoError(t, err)
	require.Nil(t, detail, "the news came late")
	_, err = o.ProgressReturn(about, StageRefunded)
	require.ErrorIs(t, err, fault.ErrUnprocessable)
}

func TestOrder_EventsSayWhatTheOrderIs(t *testing.T) {
	o, history := placed(t)
	created := history[0].Detail.(event.OrderCreated)
	require.Equal(t, event.Order{
		OrderID: "order-1", CustomerID: "ada", OrderVersion: 1, Total: 65.79, TotalCents: 6579, Currency: "EUR",
		Lines: []event.Line{{ProductID: "mug", Name: "Mug", Quantity: 2, PriceCents: 1290}, {ProductID: "teapot", Name: "Teapot", Quantity: 1, PriceCents: 3999}},
	}, created.Order)
	reserved, err := o.Reserve(about)
	require.NoError(t, err)
	want := created.Order
	want.OrderVersion = 2
	require.Equal(t, event.OrderReserved{Meta: about, Order: want}, reserved)
}

func TestReplay_RefusesWhatCannotHaveHappened(t *testing.T) {
	_, history := placed(t)
	at := func(version int, detail event.Detail) []Recorded {
		return append(slices.Clone(history), Recorded{Version: version, At: noon, Detail: detail})
	}
	for name, test := range map[string]struct {
		history []Recorded
		want    string
	}{
		"nothing":         {nil, "its history is empty"},
		"no beginning":    {[]Recorded{{Version: 1, At: noon, Detail: event.OrderPaid{}}}, `"Order Paid", makes PAID of `},
		"two beginnings":  {at(2, history[0].Detail), "makes PENDING of PENDING"},
		"a gap":           {at(3, event.OrderReserved{}), "found event 3 after event 1"},
		"twice":           {at(1, event.OrderReserved{}), "found event 1 after event 1"},
		"a wrong way":     {at(2, event.OrderShipped{}), "makes SHIPPED of PENDING"},
		"another's event": {at(2, event.StockArrived{}), "want an event about an order"},
		"no return":       {at(2, event.OrderReturned{}), "only after one was requested"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Replay(test.history)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestEventID(t *testing.T) {
	require.Equal(t, "abc-000012", EventID("abc", 12))
	require.Less(t, EventID("abc", 9), EventID("abc", 10), "ids sort in the order of the history")
}
