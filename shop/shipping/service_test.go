package shipping

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/internal/faketable"
	"github.com/serverless-shop/serverless-shop/shop/event"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

var ctx = context.Background()

const one = "order-1"

var errCrash = errors.New("crash")

// fakeCarrier makes a parcel per key, and fails as it is told.
type fakeCarrier struct {
	parcels map[string]State
	stopped bool // called off before it came
	fault   func() (before, after error)
	between func()
}

func newCarrier() *fakeCarrier {
	return &fakeCarrier{
		parcels: map[string]State{}, fault: func() (error, error) { return nil, nil }, between: func() {},
	}
}

func (f *fakeCarrier) call(effect func() State) (State, error) {
	f.between()
	before, after := f.fault()
	if before != nil {
		return State{}, before
	}
	state := effect()
	return state, after
}

func (f *fakeCarrier) Create(_ context.Context, key string, p Parcel) (State, error) {
	return f.call(func() State {
		state, known := f.parcels[key]
		switch {
		case known:
		case f.stopped:
			state = State{Phase: PhaseCancelled}
		case p.To.Postcode == "00000":
			state = State{Phase: PhaseRefused, Reason: "no_service"}
		default:
			state = State{Phase: PhaseCreated, ShipmentID: "shp-1", TrackingNumber: "T1"}
		}
		f.parcels[key] = state
		return state
	})
}

func (f *fakeCarrier) Cancel(context.Context, string) (State, error) {
	return f.call(func() State {
		for key, state := range f.parcels {
			if state.Phase == PhaseCreated {
				state.Phase = PhaseCancelled
				f.parcels[key] = state
			}
			return state
		}
		f.stopped = true
		return State{Phase: PhaseCancelled}
	})
}

func (f *fakeCarrier) advance(from, to Phase) {
	for key, state := range f.parcels {
		if state.Phase == from {
			state.Phase = to
			f.parcels[key] = state
		}
	}
}

func parcelTo(postcode string) Parcel {
	return Parcel{OrderID: one, CustomerID: "u1", To: Address{Postcode: postcode}, Items: []Item{{"mug", 1}}, CorrelationID: "c1"}
}

// fixture is a service with its surroundings.
type fixture struct {
	*Service
	table   *faketable.Table
	carrier *fakeCarrier
}

func newFixture() *fixture {
	table, carrier := faketable.New("orderId"), newCarrier()
	return &fixture{NewService(NewTable(table, "shipments"), carrier), table, carrier}
}

// told are the names of the events that the changes so far mean.
func (f *fixture) told(t require.TestingT) []string {
	var published publisher
	for _, c := range f.table.Changes() {
		require.NoError(t, NewOutbox(&published).OnChange(ctx, c))
	}
	var names []string
	for _, e := range published {
		names = append(names, e.Type)
	}
	return names
}

type publisher []handler.Event

func (p *publisher) Publish(_ context.Context, events ...handler.Event) error {
	*p = append(*p, events...)
	return nil
}

func TestCreate_Once(t *testing.T) {
	f := newFixture()
	for range 3 {
		s, err := f.Create(ctx, parcelTo("12345"))
		require.NoError(t, err)
		require.Equal(t, "shp-1", s.ShipmentID)
		require.Equal(t, "T1", s.TrackingNumber)
	}
	require.Len(t, f.carrier.parcels, 1)
	require.Equal(t, []string{"Shipment Created"}, f.told(t))
}

func TestCreate_Refused(t *testing.T) {
	f := newFixture()
	for range 2 {
		_, err := f.Create(ctx, parcelTo("00000"))
		refused, ok := errors.AsType[*RefusedError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "no_service", refused.Reason)
		require.Equal(t, "ShipmentRefused", refused.ErrorName())
	}
	out, err := NewTasks(f.Service).Cancel(ctx, CancelInput{OrderID: one})
	require.NoError(t, err)
	require.Equal(t, "NOT_CREATED", out.Status)
	require.Empty(t, f.told(t))
}

func TestCreate_WrongInput(t *testing.T) {
	_, err := newFixture().Create(ctx, Parcel{})
	require.ErrorIs(t, err, fault.ErrInvalid)
	require.Len(t, fault.Fields(err), 4)
}

func TestCancel(t *testing.T) {
	f := newFixture()
	_, err := f.Create(ctx, parcelTo("12345"))
	require.NoError(t, err)
	for range 2 {
		out, err := NewTasks(f.Service).Cancel(ctx, CancelInput{OrderID: one})
		require.NoError(t, err)
		require.Equal(t, "CANCELLED", out.Status)
	}
	_, err = f.Create(ctx, parcelTo("12345"))
	require.EqualError(t, err, "the shipment was refused: called_off")
}

func TestCancel_BeforeItWasCreated(t *testing.T) {
	f := newFixture()
	out, err := NewTasks(f.Service).Cancel(ctx, CancelInput{OrderID: one})
	require.NoError(t, err)
	require.Equal(t, "NOT_CREATED", out.Status)
	_, err = f.Create(ctx, parcelTo("12345"))
	_, refused := errors.AsType[*RefusedError](err)
	require.True(t, refused)
	require.Empty(t, f.carrier.parcels, "the carrier was not even asked")
}

func TestCancel_TooLate(t *testing.T) {
	for _, phase := range []Phase{PhaseUnderway, PhaseDelivered} {
		f := newFixture()
		_, err := f.Create(ctx, parcelTo("12345"))
		require.NoError(t, err)
		f.carrier.advance(PhaseCreated, phase)
		for range 2 {
			_, err = f.Cancel(ctx, one, "c")
			underway, ok := errors.AsType[*UnderwayError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, "ShipmentUnderway", underway.ErrorName())
		}
		require.Equal(t, "Shipment Created", f.told(t)[0])
	}
}

func TestCancel_TellsAboutAParcelThatHasLeft(t *testing.T) {
	f := newFixture()
	f.carrier.fault = func() (error, error) { return nil, errCrash }
	_, err := f.Create(ctx, parcelTo("12345"))
	require.ErrorIs(t, err, errCrash, "the answer with the tracking number is lost")
	f.carrier.fault = func() (error, error) { return nil, nil }
	f.carrier.advance(PhaseCreated, PhaseDelivered)
	require.NoError(t, NewTasks(f.Service).OnNotice(ctx, thirdparty.Notice{ID: "e1", Type: "shipment.delivered", OrderID: one, Reference: "shp-1"}))
	for range 2 {
		out, err := NewTasks(f.Service).Cancel(ctx, CancelInput{OrderID: one})
		require.NoError(t, err)
		require.Equal(t, CancelOutcome{"UNDERWAY", "shp-1", "T1"}, out)
	}
}

func TestDelivered_EvenBeforeTheAnswer(t *testing.T) {
	f := newFixture()
	f.carrier.fault = func() (error, error) { return nil, errCrash }
	_, err := f.Create(ctx, parcelTo("12345"))
	require.ErrorIs(t, err, errCrash)
	notice := thirdparty.Notice{ID: "e1", Type: "shipment.delivered", OrderID: one, Reference: "shp-1"}
	for range 2 {
		require.NoError(t, NewTasks(f.Service).OnNotice(ctx, notice))
	}
	require.NoError(t, NewTasks(f.Service).OnNotice(ctx, thirdparty.Notice{ID: "e2", Type: "shipment.sorted", OrderID: one}))
	f.carrier.fault = func() (error, error) { return nil, nil }
	out, err := NewTasks(f.Service).Create(ctx, CreateInput{OrderID: one, CustomerID: "u1", ShippingAddress: Address{Postcode: "1"}, Lines: []Item{{"mug", 1}}})
	require.NoError(t, err)
	require.Equal(t, CreateOutcome{"shp-1", "T1"}, out)
	require.Equal(t, []string{"Shipment Delivered", "Shipment Created"}, f.told(t))
	require.ErrorIs(t, NewTasks(f.Service).OnNotice(ctx, thirdparty.Notice{Type: "shipment.delivered", OrderID: "order-2"}), fault.ErrNotFound)
}

func TestInspect(t *testing.T) {
	for reason, accepted := range map[string]bool{
		"wrong colour": true, "unused, as new": true, "it came DAMAGED.": false, "broken": false, "I used it once": false, "": true,
	} {
		got, finding := inspect(reason)
		require.Equal(t, accepted, got, reason)
		require.Equal(t, accepted, finding == "", reason)
	}
}

func TestOnReturnRequested_OncePerRequest(t *testing.T) {
	f := newFixture()
	_, err := f.Create(ctx, parcelTo("12345"))
	require.NoError(t, err)
	request := func(version int, reason string) handler.Event {
		e, err := event.New("e1", time.Unix(0, 0), event.ReturnRequested{
			Meta: event.NewMeta("c2", "x"), Reason: reason,
			Order: event.Order{OrderID: one, OrderVersion: version, TotalCents: 990, Currency: "EUR", Lines: []event.Line{{ProductID: "mug", Name: "Mug", Quantity: 1, PriceCents: 990}}},
		})
		require.NoError(t, err)
		return e
	}
	for _, e := range []handler.Event{request(6, "damaged"), request(6, "damaged"), request(9, "too big"), request(6, "damaged")} {
		require.NoError(t, NewTasks(f.Service).OnReturnRequested(ctx, e))
	}
	require.Equal(t, []string{"Shipment Created", "Return Inspected", "Return Inspected"}, f.told(t))
	s, err := f.store.Find(ctx, one)
	require.NoError(t, err)
	require.True(t, s.Inspection.Accepted)
	require.Equal(t, []event.Line{{ProductID: "mug", Name: "Mug", Quantity: 1, PriceCents: 990}}, s.Inspection.Lines)
	stored, err := json.Marshal(f.table.Changes())
	require.NoError(t, err)
	require.NotContains(t, string(stored), "12345", "the address is not stored")

	require.NoError(t, NewTasks(f.Service).OnReturnRequested(ctx, request(9, "")), "replayed from the archive, which has no words")
	require.ErrorIs(t, NewTasks(f.Service).OnReturnRequested(ctx, request(12, "")), fault.ErrInvalid)
	require.Len(t, f.told(t), 3, "nothing is decided without the reason")
	require.ErrorIs(t, NewTasks(newFixture().Service).OnReturnRequested(ctx, request(1, "")), fault.ErrNotFound)
	other, err := event.New("e2", time.Unix(0, 0), event.StockArrived{})
	require.NoError(t, err)
	require.ErrorContains(t, NewTasks(f.Service).OnReturnRequested(ctx, other), `want "Return Requested"`)
}

// TestShipment_AnySchedule runs creations, cancellations and deliveries against each other while calls fail before and after their effects.
func TestShipment_AnySchedule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFixture()
		postcode := rapid.SampledFrom([]string{"12345", "00000"}).Draw(t, "postcode")
		cancelled, depth := false, 0
		act := func() {
			switch rapid.SampledFrom([]string{"create", "create", "cancel", "delivered", "underway"}).Draw(t, "action") {
			case "create":
				_, _ = f.Create(ctx, parcelTo(postcode))
			case "cancel":
				cancelled = true
				_, _ = f.Cancel(ctx, one, "c")
			case "underway":
				f.carrier.advance(PhaseCreated, PhaseUnderway)
			case "delivered":
				f.carrier.advance(PhaseUnderway, PhaseDelivered)
			}
		}
		f.carrier.between = func() {
			if depth < 2 && rapid.IntRange(0, 4).Draw(t, "between") == 0 {
				depth++
				act()
				depth--
			}
		}
		fails := func(string) error {
			if rapid.IntRange(0, 9).Draw(t, "table fails") == 0 {
				return errCrash
			}
			return nil
		}
		f.table.Fail = fails
		f.carrier.fault = func() (error, error) { return fails(""), fails("") }
		for range rapid.IntRange(1, 10).Draw(t, "actions") {
			act()
		}

		f.table.Fail, f.carrier.between = nil, func() {}
		f.carrier.fault = func() (error, error) { return nil, nil }
		s, err := f.Create(ctx, parcelTo(postcode))
		if cancelled {
			s, err = f.Cancel(ctx, one, "c")
		}
		require.LessOrEqual(t, len(f.carrier.parcels), 1, "one parcel at most")
		for _, state := range f.carrier.parcels {
			_, underway := errors.AsType[*UnderwayError](err)
			moving := state.Phase == PhaseUnderway || state.Phase == PhaseDelivered
			require.Equal(t, cancelled && moving, underway, "%v %+v", err, state)
			require.False(t, cancelled && state.Phase == PhaseCreated, "a cancelled parcel does not leave")
		}
		if !cancelled && postcode == "12345" {
			require.NoError(t, err)
			require.Equal(t, "T1", s.TrackingNumber)
		}
	})
}
