package orders

import (
	"context"
	"fmt"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/attr"
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
	id := attr.Plain(c.New[attrOrderID])
	if id == "" {
		return fmt.Errorf("change %s of %s %s has no orderId, want a new event of an order", c.ID, attr.Plain(c.Keys[attrPartition]), attr.Plain(c.Keys[attrSort]))
	}
	return p.Project(ctx, id)
}

// Project brings the read models up to date with an order. Error: fault.ErrNotFound if there is no such order.
func (p *Projector) Project(ctx context.Context, orderID string) error {
	_, err := p.project(ctx, orderID, viewRecord.sameAs)
	return err
}

// project writes an order's view anew unless it is as it should be, and tells whether it did.
func (p *Projector) project(ctx context.Context, orderID string, same func(stored, wanted viewRecord) bool) (written bool, err error) {
	for range maxAttempts {
		was, is, err := p.compare(ctx, orderID)
		if err != nil {
			return false, err
		}
		if was.Revision > 0 && same(was, is) {
			return false, nil
		}
		replaced, err := p.views.put(ctx, was, is)
		if replaced || err != nil {
			return replaced, err
		}
		if err := pause(ctx); err != nil {
			return false, err
		}
	}
	return false, fault.New(fault.ErrUnavailable, "The view of order %s is being written by others all the time.", orderID)
}

// compare returns an order's view as it is stored, and as the events have it.
func (p *Projector) compare(ctx context.Context, orderID string) (was, is viewRecord, err error) {
	was, err = p.views.get(ctx, orderID) // before the history, so that the view is never replaced by an older one
	if err != nil {
		return viewRecord{}, viewRecord{}, err
	}
	order, _, erased, err := p.orders.Whole(ctx, orderID)
	if err != nil {
		return viewRecord{}, viewRecord{}, err
	}
	return was, newViewRecord(order, erased), nil
}

// sameAs tells whether two records of one order show the same. Of one version of an order there are two views at most: before and after
// its customer's data was erased.
func (r viewRecord) sameAs(other viewRecord) bool {
	return r.Version == other.Version && r.CustomerID == other.CustomerID && r.SoldOn == other.SoldOn
}
