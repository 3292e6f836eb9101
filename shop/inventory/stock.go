package inventory

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"time"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// How often, and after which pauses, a change is tried again that somebody else interfered with: random pauses up to 10 ms, 20 ms, 40 ms …
// and at most 320 ms, 2.2 s in all at worst. DynamoDB tells transactions on the same item apart within some milliseconds.
const (
	maxTries   = 12
	firstPause = 10 * time.Millisecond
	maxPause   = 320 * time.Millisecond
)

// Tasks tells workflows that wait for stock how it ended. Telling is done at least once; a task that is gone is no error.
type Tasks interface {
	// Succeed ends the task with an answer, which becomes JSON.
	Succeed(ctx context.Context, taskToken string, answer any) error
	// Fail ends the task with an error of this name.
	Fail(ctx context.Context, taskToken, name, cause string) error
}

// Stock is the shop's inventory. Every method may be repeated, and broken off anywhere and repeated: the result is the same.
type Stock struct {
	store Store
	tasks Tasks
	now   func() time.Time
	pause func(context.Context, time.Duration) error
}

// NewStock returns the inventory in a store. Tasks are told by AwaitStock, Serve and EndWaiting alone; others need none.
func NewStock(store Store, tasks Tasks) *Stock {
	return &Stock{store: store, tasks: tasks, now: time.Now, pause: pause}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Order is an order as far as the inventory is concerned.
type Order struct {
	// OrderID is the order's id.
	OrderID string `json:"orderId"`
	// CorrelationID follows the customer's request.
	CorrelationID string `json:"correlationId"`
	// Lines are what was ordered: 1–[MaxLines], each product once.
	Lines []Line `json:"lines"`
}

// Results of reserving stock.
const (
	OutcomeReserved   = "RESERVED"
	OutcomeOutOfStock = "OUT_OF_STOCK"
	OutcomeReleased   = "RELEASED"
)

// Outcome is how reserving, or releasing, ended.
type Outcome struct {
	// Outcome is RESERVED, OUT_OF_STOCK or RELEASED.
	Outcome string `json:"outcome"`
	// Shortages are what is missing if it is OUT_OF_STOCK.
	Shortages []event.Shortage `json:"shortages,omitempty"`
}

// ReserveOrder sets every line of the order aside, or none: then the outcome is OUT_OF_STOCK and names the products that fall short.
//
// Repeating it for an order that has its stock changes nothing. Errors: OrderCancelled if the order was released before;
// fault.ErrInvalid for lines that cannot be, or that differ from those the order has already; fault.ErrUnavailable if so many reserve
// the same products that this order did not get its turn.
func (s *Stock) ReserveOrder(ctx context.Context, o Order) (Outcome, error) {
	if err := checkLines(o.Lines); err != nil {
		return Outcome{}, err
	}
	_, err := s.change(ctx, o.OrderID, func(r Reservation) (Reservation, []event.Detail, error) {
		next, err := r.follows(o.CorrelationID).Reserve(o.Lines)
		return next, nil, err
	})
	if short, ok := errors.AsType[*ShortageError](err); ok {
		handler.Logger(ctx).Info("out of stock", "orderId", o.OrderID, "shortages", short.Shortages)
		return Outcome{OutcomeOutOfStock, short.Shortages}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Outcome: OutcomeReserved}, nil
}

// ReleaseOrder makes available again whatever the order has, and ends its waiting. An order that has nothing yet gets nothing from then on.
func (s *Stock) ReleaseOrder(ctx context.Context, o Order) (Outcome, error) {
	_, err := s.change(ctx, o.OrderID, func(r Reservation) (Reservation, []event.Detail, error) {
		next := r.Release()
		return next, arrivals(r, next), nil
	})
	return Outcome{Outcome: OutcomeReleased}, err
}

// Sale is a line of an order that is sold.
type Sale struct {
	// OrderID is the order's id.
	OrderID string `json:"orderId"`
	// Line is one of the order's.
	Line Line `json:"line"`
}

// SellLine counts one reserved line of an order as sold. Error: NotReserved if the order has no such line.
func (s *Stock) SellLine(ctx context.Context, sale Sale) (struct{}, error) {
	_, err := s.change(ctx, sale.OrderID, func(r Reservation) (Reservation, []event.Detail, error) {
		next, err := r.Sell(sale.Line)
		return next, nil, err
	})
	return struct{}{}, err
}

// Wait is an order that waits for stock.
type Wait struct {
	Order
	// TaskToken is how its workflow is told when it has got its stock.
	TaskToken string `json:"taskToken"`
}

// AwaitStock lets the order wait, and its task with it, until there is enough of every line: the answer is then an [Outcome], RESERVED.
// Stock that came after the order was refused, and before it began to wait, is not missed, as AwaitStock looks itself.
//
// Errors: as for ReserveOrder.
func (s *Stock) AwaitStock(ctx context.Context, w Wait) (struct{}, error) {
	if err := checkLines(w.Lines); err != nil {
		return struct{}{}, err
	}
	if w.TaskToken == "" {
		return struct{}{}, fault.Invalid(fault.Field{Field: "taskToken", Message: "must be given"})
	}
	r, err := s.change(ctx, w.OrderID, func(r Reservation) (Reservation, []event.Detail, error) {
		next, err := r.follows(w.CorrelationID).Await(w.Lines, w.TaskToken, s.now())
		return next, nil, err
	})
	if err != nil {
		return struct{}{}, err
	}
	if r.MustTell() {
		return struct{}{}, s.tell(ctx, r)
	}
	// Through the queue, in which others may be before this order.
	for _, line := range w.Lines {
		if err := s.Serve(ctx, line.ProductID); err != nil {
			return struct{}{}, err
		}
	}
	return struct{}{}, nil
}

// Serve gives stock of a product to the orders that wait for it, first come first served. An order that lacks nothing but this product
// lets nobody behind it take any; one that lacks other products too lets them, as it could not use it. One that has its stock, and whose
// workflow cannot be told, holds nobody up: it stays in the queue, and the error makes the caller come again.
func (s *Stock) Serve(ctx context.Context, productID string) error {
	var untold []error
	for orderID, err := range s.store.Queue(ctx, productID) {
		if err != nil {
			return err
		}
		r, err := s.change(ctx, orderID, func(r Reservation) (Reservation, []event.Detail, error) { return r.Serve(), nil, nil })
		if short, ok := errors.AsType[*ShortageError](err); ok {
			if len(short.Shortages) == 1 && short.Shortages[0].ProductID == productID {
				break
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("serving order %q, which waits for product %q: %w", orderID, productID, err)
		}
		if err := s.tell(ctx, r); err != nil {
			untold = append(untold, err)
		}
	}
	return errors.Join(untold...)
}

// EndWaiting makes sure that a cancelled order without stock gets none, and tells its waiting task, which fails as OrderCancelled.
func (s *Stock) EndWaiting(ctx context.Context, orderID string) error {
	r, err := s.change(ctx, orderID, func(r Reservation) (Reservation, []event.Detail, error) { return r.EndWaiting(), nil, nil })
	if err != nil {
		return err
	}
	return s.tell(ctx, r)
}

// tell tells the order's workflow that it waits no longer, and notes that it did. Whoever breaks off in between leaves the order in its
// queues, so that it is told by who serves them next.
func (s *Stock) tell(ctx context.Context, r Reservation) error {
	if !r.MustTell() {
		return nil
	}
	var err error
	if r.State == Released {
		err = s.tasks.Fail(ctx, r.TaskToken, OrderCancelled, "the customer cancelled the order while it waited for stock")
	} else {
		err = s.tasks.Succeed(ctx, r.TaskToken, Outcome{Outcome: OutcomeReserved})
	}
	if err != nil {
		return fmt.Errorf("telling the workflow of order %q, %s: %w", r.OrderID, r.State, err)
	}
	_, err = s.change(ctx, r.OrderID, func(now Reservation) (Reservation, []event.Detail, error) { return now.Told(r.TaskToken), nil, nil })
	return err
}

// Receive adds goods that came in to what is available, or takes away what is gone, but not more than is available. id is the same whenever
// the same change is reported again, which then changes nothing.
func (s *Stock) Receive(ctx context.Context, id string, saved event.ProductSaved) error {
	if saved.StockChange == 0 {
		return nil
	}
	for tries := (tries{}); ; {
		level, err := s.store.Level(ctx, saved.ProductID)
		if err != nil {
			return err
		}
		receipt := Receipt{
			ID: id, CorrelationID: saved.CorrelationID, Level: level,
			Change: saved.StockChange, ListedAt: saved.CreatedAt, Quantity: max(saved.StockChange, -level.Available),
		}
		if receipt.Quantity != receipt.Change {
			handler.Logger(ctx).Warn("less was available than is gone", "productId", saved.ProductID, "gone", -receipt.Change, "available", level.Available)
		}
		err = s.store.Receive(ctx, receipt, receipt.events(event.NewMeta(saved.CorrelationID, id))...)
		if again, err := s.again(ctx, &tries, err); !again {
			return err
		}
	}
}

// Restock makes goods available again that a customer sent back. cause is the same whenever the same return is reported again, which then
// changes nothing. Error: NotReserved if not all of the order's lines were sold (yet).
func (s *Stock) Restock(ctx context.Context, goods event.Return, cause, correlationID string) error {
	_, err := s.change(ctx, goods.OrderID, func(r Reservation) (Reservation, []event.Detail, error) {
		next, err := r.Restock(goods, cause)
		if err != nil || next.State == r.State {
			return r, nil, err
		}
		restocked := event.ReturnRestocked{Meta: event.NewMeta(correlationID, cause), Return: goods}
		return next, append(arrivals(r, next), restocked), nil
	})
	return err
}

// Reverse takes goods that came back out of stock again, since their customer could not be paid back and keeps them. An order without such
// goods is left alone.
func (s *Stock) Reverse(ctx context.Context, orderID, reason, cause, correlationID string) error {
	_, err := s.change(ctx, orderID, func(r Reservation) (Reservation, []event.Detail, error) {
		available := map[string]int64{}
		for _, h := range r.Holdings {
			if r.State != Returned {
				break
			}
			level, err := s.store.Level(ctx, h.ProductID)
			if err != nil {
				return r, nil, err
			}
			available[h.ProductID] = level.Available
		}
		next, short := r.Reverse(cause, available)
		if len(short) > 0 {
			handler.Logger(ctx).Error("more is promised than the shop has: a return was reversed whose goods others had ordered",
				"orderId", orderID, "shortages", short)
		}
		if next.State == r.State {
			return r, nil, nil
		}
		return next, []event.Detail{event.RestockReversed{Meta: event.NewMeta(correlationID, cause), Return: r.Return, Reason: reason}}, nil
	})
	if _, short := errors.AsType[*ShortageError](err); short { // somebody ordered them since they were counted
		return fault.New(fault.ErrUnavailable, "Too many order the same products.")
	}
	return err
}

// arrivals says of which products more can be sold after a reservation became another.
func arrivals(before, after Reservation) []event.Detail {
	var events []event.Detail
	for _, m := range movements(before, after) {
		if m.Available > 0 {
			events = append(events, event.StockArrived{
				Meta: event.NewMeta(before.CorrelationID, before.OrderID), ProductID: m.ProductID, Quantity: m.Available,
			})
		}
	}
	return events
}

// change makes an order's reservation what the rule says it should be next, and returns it.
func (s *Stock) change(ctx context.Context, orderID string, rule func(Reservation) (Reservation, []event.Detail, error)) (Reservation, error) {
	if orderID == "" {
		return Reservation{}, fault.Invalid(fault.Field{Field: "orderId", Message: "must be given"})
	}
	for tries := (tries{}); ; {
		before, err := s.store.Reservation(ctx, orderID)
		if err != nil {
			return before, err
		}
		after, events, err := rule(before)
		if err != nil || reflect.DeepEqual(before, after) {
			return before, err
		}
		after.Version = before.Version + 1
		err = s.store.Change(ctx, before, after, events...)
		if again, err := s.again(ctx, &tries, err); !again {
			return after, err
		}
	}
}

// tries counts what others interfered with.
type tries struct {
	made    int
	longest time.Duration // of the next pause
}

// again tells whether something has to be tried again, as others interfered with it, after a random pause so that not the same meet again.
// If not, it returns how it ended.
func (s *Stock) again(ctx context.Context, t *tries, err error) (bool, error) {
	if !errors.Is(err, ErrInterference) {
		return false, err
	}
	if t.made++; t.made == maxTries {
		return false, &fault.Error{
			Kind: fault.ErrUnavailable, Detail: "Too many order the same products.", Err: fmt.Errorf("gave up after %d tries: %w", maxTries, err),
		}
	}
	t.longest = min(max(2*t.longest, firstPause), maxPause)
	if err := s.pause(ctx, rand.N(t.longest)); err != nil { //nolint:gosec // no secret: it spreads retries
		return false, err
	}
	return true, nil
}
