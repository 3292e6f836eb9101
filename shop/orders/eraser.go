package orders

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Eraser removes what orders have of a customer whose account was deleted.
//
// The events stay: they are the books of the shop, and never held a name, an address or a card, but only the customer's id, a random
// number that nothing leads from to a person any more once the account is gone. What leads to the person goes: the address and the
// payment token, what the customer wrote, and the customer's id in the views. That an order has no private part any more is also what its views are
// made without them by, whenever that happens again; so a rebuild brings nothing back.
type Eraser struct {
	orders    *Table
	projector *Projector
}

// NewEraser returns the eraser of these orders, and of their views.
func NewEraser(orders *Table, views *Views) *Eraser {
	return &Eraser{orders, NewProjector(orders, views)}
}

// erasedAtOnce is how many orders are worked on at a time.
const erasedAtOnce = 8

// OnDeleted erases the customer of an [event.UserDeleted]. It can be repeated, and goes on where it stopped. From its beginning on the customer
// can order nothing more, though the last access token may still be valid for a while.
func (er *Eraser) OnDeleted(ctx context.Context, e handler.Event) error {
	deleted, err := event.ParseUserDeleted(e)
	if err != nil {
		return fmt.Errorf("erasing a customer: %w", err)
	}
	if err := er.orders.CloseAccount(ctx, deleted.UserID); err != nil {
		return err
	}
	ids, err := er.orders.OrdersOf(ctx, deleted.UserID)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(erasedAtOnce)
	for _, id := range ids {
		group.Go(func() error { return er.erase(ctx, deleted.UserID, id) })
	}
	return group.Wait()
}

// erase removes the customer from an order. That the order is the customer's is forgotten last.
func (er *Eraser) erase(ctx context.Context, customerID, orderID string) error {
	if err := er.orders.RemovePrivate(ctx, orderID); err != nil {
		return err
	}
	if err := er.orders.Redact(ctx, orderID); err != nil {
		return err
	}
	if err := er.projector.Project(ctx, orderID); err != nil {
		return err
	}
	return er.orders.Disown(ctx, customerID, orderID)
}
