package orders

import (
	"context"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// Projector keeps the read models as the events have it.
//
// Whatever happens to an order, its whole history is read and its view written anew, on the condition that the view is still the one that
// was read before the history. A change that comes twice, late or not at all therefore does no harm: each makes the view what the history
// says at that moment, and never older than it was.
type Projector struct {
	orders *Table
	views  *Views
}

// NewProjector returns the projector from the events to the read models.
func NewProjector(orders *Table, views *Views) *Projector { return &Projector{orders, views} }

// OnChange brings the read models up to date with a change of the table of orders.
func (p *Projector) OnChange(ctx context.Context, c handler.Change) error {
	id := plain(c.New[attrOrderID])
	if id == "" {
		return fmt.Errorf("change %s of %s %s has no orderId, want a new event of an order", c.ID, plain(c.Keys[attrPartition]), plain(c.Keys[attrSort]))
	}
	return p.Project(ctx, id)
}

// Project brings the read models up to date with an order. Error: fault.ErrNotFound if there is no such order.
func (p *Projector) Project(ctx context.Context, orderID string) error {
	for range maxAttempts {
		was, err := p.views.get(ctx, orderID) // before the history, so that the view is never replaced by an older one
		if err != nil {
			return err
		}
		order, erased, err := p.orders.Whole(ctx, orderID)
		if err != nil {
			return err
		}
		is := newViewRecord(order, erased)
		if was.Revision > 0 && was.sameAs(is) {
			return nil
		}
		replaced, err := p.views.put(ctx, was, is)
		if replaced || err != nil {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return fault.New(fault.ErrUnavailable, "The view of order %s is being written by others all the time.", orderID)
}

// sameAs tells whether two records of one order show the same. Of one version of an order there are two views at most: before and after
// its customer's data was erased.
func (r viewRecord) sameAs(other viewRecord) bool {
	return r.Version == other.Version && r.CustomerID == other.CustomerID && r.SoldOn == other.SoldOn
}

// Rebuild makes all read models anew from the events: it removes them, and projects every order, as many at a time as there are workers,
// 1–100. progress is told now and then how many orders are done.
//
// Nothing else may write the read models meanwhile: stop the projector before, and start it afterwards. What happened in between waits in
// the table's stream for up to 24 hours. Rebuild can be repeated at any time.
func Rebuild(ctx context.Context, orders *Table, views *Views, workers int, progress func(done int)) error {
	if workers < 1 || workers > 100 {
		return fmt.Errorf("rebuilding the read models: %d workers, want 1–100", workers)
	}
	if err := views.clear(ctx); err != nil {
		return err
	}
	projector := NewProjector(orders, views)
	var done atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for part := range workers {
		group.Go(func() error {
			return orders.Scan(ctx, part, workers, func(ids []string) error {
				for _, id := range ids {
					if err := projector.Project(ctx, id); err != nil {
						return err
					}
				}
				progress(int(done.Add(int64(len(ids)))))
				return nil
			})
		})
	}
	return group.Wait()
}
