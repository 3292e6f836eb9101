package orders

import (
	"context"
	"errors"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/catalog"
)

// Catalogue knows what can be bought, and at which price.
type Catalogue interface {
	// GetAll returns the products of these ids, at most 100, by their ids; those that do not exist are left out.
	GetAll(ctx context.Context, ids []string) (map[string]catalog.Product, error)
}

// Errors of a [Store] that a [Service] handles.
var (
	// errVersion means that somebody else has recorded an event meanwhile.
	errVersion = errors.New("the order has changed meanwhile")
	// errKeyTaken means that the customer has used the idempotency key already.
	errKeyTaken = errors.New("the idempotency key was used already")
	// errErased means that the customer's account was deleted.
	errErased = errors.New("the customer's account was deleted")
)

// Private is what an order needs of its customer beyond the pseudonym. It is kept apart from the events, so that it can be removed.
type Private struct {
	// Address is where the parcel goes.
	Address Address
	// PaymentToken stands for the card.
	PaymentToken string
}

// Placement is a new order with all that is recorded with it.
type Placement struct {
	// OrderID and CustomerID say whose order it is.
	OrderID, CustomerID string
	// First is the order's first event.
	First Recorded
	// Private is removed when the customer's account is.
	Private Private
	// Key is the idempotency key, unique per customer, and Hash the request that it stands for.
	Key, Hash string
}

// Store keeps the orders' events.
type Store interface {
	// Create records a new order, all or nothing. Errors: errKeyTaken, errErased.
	Create(ctx context.Context, p Placement) error
	// Placed returns which order the customer's idempotency key stands for, and the hash of the request; both are "" if the key is new.
	Placed(ctx context.Context, customerID, key string) (orderID, hash string, err error)
	// Load returns an order with its history. Error: fault.ErrNotFound.
	Load(ctx context.Context, orderID string) (Order, []Recorded, error)
	// Whole is Load with what cannot be told from events: whether the order's customer was erased.
	Whole(ctx context.Context, orderID string) (order Order, history []Recorded, erased bool, err error)
	// Append records an event as the next of the order. Error: errVersion if the order has another event in its place.
	Append(ctx context.Context, orderID string, next Recorded) error
	// AppendPersonal is Append for an event that holds what the customer wrote. Error: also errErased if the order's customer was erased.
	AppendPersonal(ctx context.Context, orderID string, next Recorded) error
}

// notFound is the answer for an order that does not exist, or that is none of the asking customer's business.
func notFound(orderID string) error {
	return fault.New(fault.ErrNotFound, "There is no order %s.", fault.Quote(orderID))
}
