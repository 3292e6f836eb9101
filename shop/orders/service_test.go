package orders

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

var ctx = context.Background()

// place places the usual order.
func place(t *testing.T, s *Service, key string) Order {
	t.Helper()
	o, err := s.Place(ctx, goods, "ada", key, "correlation", draft())
	require.NoError(t, err)
	return o
}

func TestPlace(t *testing.T) {
	store := newMemory()
	o := place(t, newTestService(store), "key")
	require.Equal(t, Pending, o.Status)
	require.Equal(t, int64(2*1290+3999), o.TotalCents)
	require.Equal(t, 1, o.Version)
	require.Equal(t, noon, o.CreatedAt)
	require.Equal(t, Private{draft().ShippingAddress, "tok_ok"}, store.private[o.ID])
	created := store.history[o.ID][0].Detail.(event.OrderCreated)
	require.Equal(t, event.NewMeta("correlation", "correlation"), created.Meta)
}

func TestPlace_TheSameKeyGivesTheSameAnswer(t *testing.T) {
	store := newMemory()
	s := newTestService(store)
	first := place(t, s, "key")
	_, err := s.Cancel(ctx, "ada", first.ID, "c")
	require.NoError(t, err)
	again := draft()
	again.ShippingAddress.City = " London\t" // white space makes no difference
	repeated, err := s.Place(ctx, shelf{}, "ada", "key", "another", again)
	require.NoError(t, err, "whatever the catalogue says now")
	require.Equal(t, first, repeated, "however far the order has come")
	require.Len(t, store.history, 1)

	other, err := s.Place(ctx, goods, "grace", "key", "c", draft())
	require.NoError(t, err)
	require.NotEqual(t, first.ID, other.ID, "keys are each customer's own")

	different := draft()
	different.Lines[0].Quantity = 3
	_, err = s.Place(ctx, goods, "ada", "key", "c", different)
	require.ErrorIs(t, err, fault.ErrUnprocessable)
	require.Len(t, store.history, 2)
}

// testDuplicates sends the same order 50 times at once and requires that it is placed once.
func testDuplicates(t *testing.T, store Store) {
	t.Helper()
	s := newTestService(store)
	var wg sync.WaitGroup
	answers, failures := make([]Order, 50), make([]error, 50)
	for i := range answers {
		wg.Go(func() { answers[i], failures[i] = s.Place(ctx, goods, "ada", "key", "c", draft()) })
	}
	wg.Wait()
	for i := range answers {
		require.NoError(t, failures[i])
		require.Equal(t, answers[0], answers[i])
	}
	_, history, err := store.Load(ctx, answers[0].ID)
	require.NoError(t, err)
	require.Len(t, history, 1)
}

func TestPlace_FiftyDuplicatesAtOnceAreOneOrder(t *testing.T) {
	store := newMemory()
	testDuplicates(t, store)
	require.Len(t, store.history, 1)
}

func TestPlace_Refuses(t *testing.T) {
	long := strings.Repeat("x", 121)
	for name, test := range map[string]struct {
		change func(*Draft)
		kind   fault.Kind
		fields []string
	}{
		"nothing":         {func(d *Draft) { *d = Draft{} }, fault.ErrInvalid, []string{"lines", "shippingAddress.name", "shippingAddress.street", "shippingAddress.city", "shippingAddress.postcode", "shippingAddress.country", "paymentToken"}},
		"too many lines":  {func(d *Draft) { d.Lines = make([]DraftLine, 21) }, fault.ErrInvalid, nil},
		"quantities":      {func(d *Draft) { d.Lines = []DraftLine{{"mug", 0}, {"teapot", 101}} }, fault.ErrInvalid, []string{"lines[0].quantity", "lines[1].quantity"}},
		"twice":           {func(d *Draft) { d.Lines = []DraftLine{{"mug", 1}, {"mug", 1}} }, fault.ErrInvalid, []string{"lines[1].productId"}},
		"not an id":       {func(d *Draft) { d.Lines = []DraftLine{{"MUG", 1}} }, fault.ErrInvalid, []string{"lines[0].productId"}},
		"long texts":      {func(d *Draft) { d.ShippingAddress = Address{long, long, long, long, long} }, fault.ErrInvalid, nil},
		"control":         {func(d *Draft) { d.ShippingAddress.Name = "Ada\x1b[2J" }, fault.ErrInvalid, []string{"shippingAddress.name"}},
		"country":         {func(d *Draft) { d.ShippingAddress.Country = "gb" }, fault.ErrInvalid, []string{"shippingAddress.country"}},
		"card number":     {func(d *Draft) { d.PaymentToken = "4242424242424242" }, fault.ErrInvalid, []string{"paymentToken"}},
		"token":           {func(d *Draft) { d.PaymentToken = "4242 4242" }, fault.ErrInvalid, []string{"paymentToken"}},
		"unknown product": {func(d *Draft) { d.Lines[1].ProductID = "unicorn" }, fault.ErrUnprocessable, []string{"lines[1].productId"}},
		"two currencies":  {func(d *Draft) { d.Lines[1].ProductID = "dollar" }, fault.ErrUnprocessable, nil},
	} {
		t.Run(name, func(t *testing.T) {
			store := newMemory()
			d := draft()
			test.change(&d)
			_, err := newTestService(store).Place(ctx, goods, "ada", "key", "c", d)
			require.ErrorIs(t, err, test.kind)
			var fields []string
			for _, f := range fault.Fields(err) {
				fields = append(fields, f.Field)
			}
			if test.fields != nil {
				require.Equal(t, test.fields, fields)
			}
			require.Empty(t, store.history)
		})
	}
	for _, key := range []string{"", strings.Repeat("k", 65), "kéy", "a\nb"} {
		_, err := newTestService(newMemory()).Place(ctx, goods, "ada", key, "c", draft())
		require.ErrorIs(t, err, fault.ErrInvalid, key)
		require.Equal(t, "Idempotency-Key", fault.Fields(err)[0].Field)
	}
	gone := newMemory()
	gone.erased["ada"] = true
	_, err := newTestService(gone).Place(ctx, goods, "ada", "key", "c", draft())
	require.ErrorIs(t, err, fault.ErrUnauthenticated)
}

func TestPlace_NeverTellsThePaymentTokenToLogs(t *testing.T) {
	d := draft()
	d.PaymentToken = "4242 4242 4242 4242"
	_, err := newTestService(newMemory()).Place(ctx, goods, "ada", "key", "c", d)
	require.NotContains(t, err.Error(), "4242")
}

func TestCancel(t *testing.T) {
	store := newMemory()
	s := newTestService(store)
	o := place(t, s, "key")
	_, err := s.Cancel(ctx, "grace", o.ID, "c")
	require.ErrorIs(t, err, fault.ErrNotFound, "nobody learns of another customer's order")
	_, err = s.Cancel(ctx, "ada", "nothing", "c")
	require.ErrorIs(t, err, fault.ErrNotFound)

	cancelled, err := s.Cancel(ctx, "ada", o.ID, "c")
	require.NoError(t, err)
	require.Equal(t, Cancelled, cancelled.Status)
	again, err := s.Cancel(ctx, "ada", o.ID, "c")
	require.NoError(t, err)
	require.Equal(t, cancelled, again)
	require.Len(t, store.history[o.ID], 2)
}

func TestChange_IsDecidedAgainWhenSomebodyElseWasFaster(t *testing.T) {
	store := newMemory()
	s := newTestService(store)
	o := place(t, s, "key")
	store.before = func() {
		_, err := s.Cancel(ctx, "ada", o.ID, "c")
		require.NoError(t, err)
	}
	_, err := s.change(ctx, o.ID, func(o Order) (event.Detail, error) { return o.Reserve(about) })
	require.ErrorContains(t, err, "was cancelled")
	require.Len(t, store.history[o.ID], 2, "the reservation was not recorded")
}

// testRaces lets customers and the order flow fight over an order.
func testRaces(t *testing.T, store Store) {
	t.Helper()
	s := newTestService(store)
	o := place(t, s, "race")
	var wg sync.WaitGroup
	for range 5 {
		for _, name := range []string{"reserve", "pay", "cancel", "fail"} {
			wg.Go(func() { _, _ = s.change(ctx, o.ID, commands[name]) })
		}
	}
	wg.Wait()
	end, history, err := store.Load(ctx, o.ID)
	require.NoError(t, err)
	replayed, err := Replay(history)
	require.NoError(t, err, "whatever happened is a way through the state machine")
	require.Equal(t, end, replayed)
	require.Contains(t, []Status{Cancelled, Failed}, end.Status)
}

func TestChange_Races(t *testing.T) { testRaces(t, newMemory()) }

func TestRequestReturn(t *testing.T) {
	store := newMemory()
	s := newTestService(store)
	o := place(t, s, "key")
	_, err := s.RequestReturn(ctx, "ada", o.ID, "c", "too small")
	require.ErrorIs(t, err, fault.ErrConflict)
	_, err = s.RequestReturn(ctx, "ada", o.ID, "c", "")
	require.ErrorIs(t, err, fault.ErrInvalid)
	for _, name := range []string{"reserve", "pay", "ship"} {
		_, err = s.change(ctx, o.ID, commands[name])
		require.NoError(t, err)
	}
	_, err = s.RequestReturn(ctx, "grace", o.ID, "c", "mine")
	require.ErrorIs(t, err, fault.ErrNotFound)
	returning, err := s.RequestReturn(ctx, "ada", o.ID, "c", "too small")
	require.NoError(t, err)
	require.Equal(t, ReturnRequested, returning.Status)
	require.Equal(t, &Return{StageRequested, "too small"}, returning.Return)
}
