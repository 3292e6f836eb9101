package inventory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/attr"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// world is an inventory whose processes end before or after any call, at the test's choice. Whoever called them does so again with the same
// input: at once, or after other things have happened, and sometimes once too often. Between any two calls other things happen.
type world struct {
	*fakeShop
	t         *rapid.T
	orders    map[string]Order
	outbox    *Outbox
	bus       []handler.Event // what was published, and may come again at any time
	delivered int             // how many of them came
	waits     map[string]Wait // by order: the latest
	pending   []work          // broken off, to be repeated
	calls     int             // until the process ends; below 0 it does not
	meanwhile int             // calls until something else happens; below 0 nothing does
	inside    bool            // of something else that happens
}

// work is something that is repeated until it is done.
type work struct {
	what string
	do   func() error
}

func newWorld(t *rapid.T) *world {
	w := &world{fakeShop: newFakeShop(), t: t, waits: map[string]Wait{}, orders: map[string]Order{}, calls: -1, meanwhile: -1}
	w.client.pageSize = rapid.IntRange(1, 4).Draw(t, "page")
	w.outbox = NewOutbox(w)
	crash := func() (before, after bool) {
		if w.meanwhile--; w.meanwhile == 0 {
			calls := w.calls
			w.calls, w.inside = -1, true
			w.act()
			w.calls, w.inside = calls, false
		}
		w.calls--
		if w.calls != 0 {
			return false, false
		}
		after = rapid.Bool().Draw(t, "crash after the call")
		return !after, after
	}
	w.client.crash, w.tasks.crash = crash, crash
	for i := range 5 {
		var lines []Line
		for _, p := range []string{"mug", "cup", "tea"} {
			if n := rapid.Int64Range(0, 3).Draw(t, "quantity"); n > 0 {
				lines = append(lines, Line{p, n})
			}
		}
		if len(lines) > 0 {
			id := fmt.Sprintf("o%d", i)
			w.orders[id] = orderOf(id, lines...)
		}
	}
	return w
}

// Publish implements Publisher.
func (w *world) Publish(_ context.Context, events ...handler.Event) error {
	w.bus = append(w.bus, events...)
	return nil
}

// until carries something out, with processes that end, until one does not, or leaves the rest for later. Errors that are answers are
// fine.
func (w *world) until(what string, do func() error) {
	if w.inside {
		w.answered(what, do())
		return
	}
	w.meanwhile = rapid.IntRange(0, 8).Draw(w.t, "calls until something else happens")
	defer func() { w.meanwhile = -1 }()
	for range rapid.IntRange(0, 3).Draw(w.t, "crashes") {
		w.calls = rapid.IntRange(1, 12).Draw(w.t, "calls until the crash")
		err := do()
		w.calls = -1
		if !errors.Is(err, errCrash) {
			w.answered(what, err)
			return
		}
		if rapid.Bool().Draw(w.t, "later") {
			w.pending = append(w.pending, work{what, do})
			return
		}
	}
	w.answered(what, do())
}

func (w *world) answered(what string, err error) {
	var answer interface{ ErrorName() string }
	if err != nil && !errors.As(err, &answer) {
		w.t.Fatalf("%s: %v", what, err)
	}
}

// repeat does something that was broken off.
func (w *world) repeat() {
	if len(w.pending) > 0 {
		next := w.pending[0]
		w.pending = w.pending[1:]
		w.until(next.what, next.do)
	}
}

// publish empties the table's outbox; records may come twice.
func (w *world) publish() {
	for len(w.client.stream) > 0 {
		record := w.client.stream[0]
		require.NoError(w.t, w.outbox.OnChange(ctx, record))
		if !rapid.Bool().Draw(w.t, "the record comes again") {
			w.client.stream = w.client.stream[1:]
		}
	}
}

// deliver gives one event to the inventory's own consumer.
func (w *world) deliver(e handler.Event) {
	if e.Type == "Stock Arrived" {
		w.until("serving", func() error { return w.OnStockArrived(ctx, e) })
	}
}

// next delivers the oldest event that did not come yet.
func (w *world) next() {
	if w.delivered < len(w.bus) {
		w.delivered++
		w.deliver(w.bus[w.delivered-1])
	}
}

// act does one thing that can happen in a shop.
func (w *world) act() {
	id := rapid.SampledFrom(slices.Sorted(maps.Keys(w.orders))).Draw(w.t, "order")
	order := w.orders[id]
	switch action := rapid.SampledFrom([]string{
		"receive", "receive", "remove", "reserve", "reserve", "sell", "sell", "release", "await", "await", "cancel", "restock", "reverse", "deliver", "deliver", "repeat",
	}).Draw(w.t, "action"); action {
	case "receive", "remove":
		product := rapid.SampledFrom([]string{"mug", "cup", "tea"}).Draw(w.t, "product")
		n := rapid.Int64Range(1, 4).Draw(w.t, "quantity")
		if action == "remove" {
			n = -n
		}
		receipt := fmt.Sprintf("r%d", rapid.IntRange(0, 40).Draw(w.t, "receipt"))
		w.until(action, func() error { return w.Receive(ctx, receipt, reported(product, n)) })
	case "reserve":
		w.until(action, func() error { _, err := w.ReserveOrder(ctx, order); return err })
	case "sell":
		line := rapid.SampledFrom(order.Lines).Draw(w.t, "line")
		w.until(action, func() error { _, err := w.SellLine(ctx, Sale{id, line}); return err })
	case "release":
		w.until(action, func() error {
			delete(w.waits, id) // its workflow waits no longer
			_, err := w.ReleaseOrder(ctx, order)
			return err
		})
	case "await":
		if w.inside {
			return // a workflow does not try again before it knows how the last try ended
		}
		wait := Wait{order, fmt.Sprintf("token-%s-%d", id, rapid.IntRange(0, 2).Draw(w.t, "token"))}
		w.until(action, func() error {
			w.waits[id] = wait // a later try takes the place of an earlier one
			_, err := w.AwaitStock(ctx, wait)
			if err != nil && !errors.Is(err, errCrash) {
				delete(w.waits, id) // the workflow has its answer
			}
			return err
		})
	case "cancel":
		w.until(action, func() error { return w.EndWaiting(ctx, id) })
	case "restock", "reverse":
		cause := fmt.Sprintf("%s-%d", action, rapid.IntRange(0, 2).Draw(w.t, "cause"))
		w.until(action, func() error {
			if action == "restock" {
				return w.Restock(ctx, event.Return{OrderID: id}, cause, "c")
			}
			return w.Reverse(ctx, id, "account closed", cause, "c")
		})
	case "repeat":
		w.repeat()
	case "deliver":
		w.next()
		if len(w.bus) > 0 && rapid.Bool().Draw(w.t, "an event comes again") {
			w.deliver(w.bus[rapid.IntRange(0, len(w.bus)-1).Draw(w.t, "event")])
		}
	}
}

// reservation reads an order's.
func (w *world) reservation(id string) Reservation {
	r, err := w.table.Reservation(ctx, id)
	require.NoError(w.t, err)
	return r
}

// check compares everything that is stored with what must hold at any time.
func (w *world) check() {
	levels, received := map[string]Level{}, map[string]int64{}
	reserved, sold := map[string]int64{}, map[string]int64{}
	queues, wanted := map[string]bool{}, map[string]bool{}
	for key, i := range w.client.items {
		partition, sort := attr.Plain(i[attrPartition]), attr.Plain(i[attrSort])
		product := strings.TrimPrefix(partition, productPrefix)
		switch {
		case sort == sortLevel:
			level, err := levelOf(i)
			require.NoError(w.t, err)
			require.GreaterOrEqual(w.t, min(level.Available, level.Reserved, level.Sold), int64(0), "%s: %+v", product, level)
			levels[product] = level
		case strings.HasPrefix(sort, receiptPrefix):
			received[product] += integer(i["quantity"])
		case sort == sortReservation:
			w.checkReservation(w.reservation(strings.TrimPrefix(partition, reservationPrefix)), reserved, sold, wanted)
		default:
			queues[key] = true
		}
	}
	for product, level := range levels {
		require.Equal(w.t, received[product], level.Available+level.Reserved+level.Sold, "everything that ever came of %s is somewhere", product)
		require.Equal(w.t, [2]int64{reserved[product], sold[product]}, [2]int64{level.Reserved, level.Sold}, "%s: what orders have", product)
	}
	require.Equal(w.t, wanted, queues, "orders stand in the queues in which they should")
}

func (w *world) checkReservation(r Reservation, reserved, sold map[string]int64, wanted map[string]bool) {
	for p := range places(r) {
		wanted[p.partition()+"|"+p.sort] = true
	}
	for _, h := range r.Holdings {
		reserved[h.ProductID] += h.Reserved
		sold[h.ProductID] += h.Sold
		switch r.State {
		case Reserved: // a return that was reversed may hold less than was ordered
			require.LessOrEqual(w.t, h.Reserved+h.Sold, h.Quantity, "%+v", r)
		case Returned:
			require.Zero(w.t, h.Reserved+h.Sold, "%+v", r)
			require.LessOrEqual(w.t, h.Returned, h.Quantity, "%+v", r)
		default:
			require.Zero(w.t, h.Reserved+h.Sold, "%+v", r)
		}
	}
}

// settle lets everything come to rest, and checks that nobody was forgotten.
func (w *world) settle() {
	for len(w.pending) > 0 || len(w.client.stream) > 0 || w.delivered < len(w.bus) {
		w.repeat()
		w.publish()
		w.next()
	}
	w.check()
	for key := range w.client.items {
		require.NotContains(w.t, key, "|"+tellPrefix, "every workflow was told")
	}
	for id, wait := range w.waits {
		switch r := w.reservation(id); r.State {
		case Waiting:
			require.Empty(w.t, w.tasks.told[wait.TaskToken])
		case Released:
			require.NotEmpty(w.t, w.tasks.told[wait.TaskToken], id)
		default:
			require.Contains(w.t, w.tasks.told[wait.TaskToken], OutcomeReserved, id)
		}
	}
	w.checkQueues()
}

// checkQueues makes sure that nobody waits for what is there: who is first in all of its queues must lack something.
func (w *world) checkQueues() {
	for id := range w.orders {
		r := w.reservation(id)
		if r.State != Waiting {
			continue
		}
		enough, first := true, true
		for _, h := range r.Holdings {
			stored := w.client.items[productPrefix+h.ProductID+"|"+sortLevel]
			enough = enough && integer(stored["available"]) >= h.Quantity
			for other := range w.orders {
				o := w.reservation(other)
				before := o.State == Waiting && (o.Since.Before(r.Since) || o.Since.Equal(r.Since) && other < id)
				first = first && (!before || !slices.ContainsFunc(o.Holdings, func(x Holding) bool { return x.ProductID == h.ProductID }))
			}
		}
		require.False(w.t, enough && first, "order %s waits for what is there: %+v", id, r)
	}
}

func TestStock_LosesNothingWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		if len(w.orders) == 0 {
			return
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			w.act()
			w.check()
			if rapid.Bool().Draw(t, "the stream is read") {
				w.publish()
			}
		}
		w.settle()
	})
}
