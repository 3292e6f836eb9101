package orders

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// A command that meets another of the same order is decided again on what the order has become. Orders have few and short
// encounters: that ten in a row are lost means that something is wrong.
const (
	maxAttempts = 10
	maxPause    = 100 * time.Millisecond
)

// Service is what can be done with orders.
type Service struct {
	store Store
	now   func() time.Time
	newID func() string
}

// NewService returns the service over a store.
func NewService(store Store) *Service {
	return &Service{store: store, now: time.Now, newID: handler.NewID}
}

// timestamp is the present as events have it.
func (s *Service) timestamp() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

// Place records a new order at the catalogue's prices and returns it.
//
// It is idempotent by the customer's key: repeated with the same draft it returns the order as it was when it was placed, however far
// it has come since and whatever the catalogue says now, and also if both happen at once.
//
// Errors: fault.ErrInvalid for a wrong key or draft; fault.ErrUnprocessable for products that are not sold, for several currencies, and for
// a key that stands for another draft; fault.ErrUnauthenticated if the customer's account was deleted.
func (s *Service) Place(ctx context.Context, catalogue Catalogue, customerID, key, correlationID string, draft Draft) (Order, error) {
	draft = draft.clean()
	if err := validKey(key); err != nil {
		return Order{}, err
	}
	if err := draft.validate(); err != nil {
		return Order{}, err
	}
	order, known, err := s.placed(ctx, customerID, key, draft)
	if known || err != nil {
		return order, err
	}
	ids := make([]string, len(draft.Lines))
	for i, l := range draft.Lines {
		ids[i] = l.ProductID
	}
	products, err := catalogue.GetAll(ctx, ids)
	if err != nil {
		return Order{}, err
	}
	id := s.newID()
	created, err := draft.Placed(event.NewMeta(correlationID, correlationID), id, customerID, products)
	if err != nil {
		return Order{}, err
	}
	first := Recorded{Version: 1, At: s.timestamp(), Detail: created}
	err = s.store.Create(ctx, Placement{
		OrderID: id, CustomerID: customerID, First: first, Key: key, Hash: draft.hash(),
		Private: Private{Address: draft.ShippingAddress, PaymentToken: draft.PaymentToken},
	})
	switch {
	case errors.Is(err, errErased):
		return Order{}, errGone()
	case errors.Is(err, errKeyTaken): // by the same request, a moment ago
		order, _, err := s.placed(ctx, customerID, key, draft)
		return order, err
	case err != nil:
		return Order{}, err
	}
	return Replay([]Recorded{first})
}

// errGone is for the bearer of a token that has outlived its account.
func errGone() error {
	return fault.New(fault.ErrUnauthenticated, "Your account does not exist any more. Sign in again.")
}

// placed returns the order that the key stands for, if there is one, as it was when it was placed.
func (s *Service) placed(ctx context.Context, customerID, key string, draft Draft) (order Order, known bool, err error) {
	id, hash, err := s.store.Placed(ctx, customerID, key)
	switch {
	case err != nil || id == "":
		return Order{}, false, err
	case hash != draft.hash():
		return Order{}, false, fault.New(fault.ErrUnprocessable, "This Idempotency-Key stands for another order. Use a new one for each order.")
	}
	_, history, err := s.store.Load(ctx, id)
	if err != nil {
		return Order{}, false, err
	}
	order, err = Replay(history[:1])
	return order, err == nil, err
}

// Get returns an order with its history, as it is this moment. mayView says whether somebody may see it; to others it does not exist. It
// has lost its customer, and what leads there, once the account was deleted. Error: fault.ErrNotFound.
func (s *Service) Get(ctx context.Context, orderID string, mayView func(Order) bool) (Order, []Recorded, error) {
	order, history, erased, err := s.store.Whole(ctx, orderID)
	if err != nil {
		return Order{}, nil, err
	}
	if erased {
		order = order.anonymous()
	}
	if !mayView(order) {
		return Order{}, nil, notFound(orderID)
	}
	return order, history, nil
}

// Cancel calls a customer's order off. Errors: fault.ErrNotFound, also for another customer's order, fault.ErrConflict once it is shipped,
// or has failed, and fault.ErrUnauthenticated if the customer's account was deleted.
func (s *Service) Cancel(ctx context.Context, customerID, orderID, correlationID string) (Order, error) {
	if err := s.owns(ctx, customerID, orderID); err != nil {
		return Order{}, err
	}
	return s.change(ctx, orderID, func(o Order) (event.Detail, error) {
		return o.Cancel(event.NewMeta(correlationID, correlationID), "The customer cancelled the order.")
	})
}

// RequestReturn records that a customer wants to send everything back, and why: 1–MaxReason characters. Errors: fault.ErrInvalid,
// fault.ErrNotFound, also for another customer's order, fault.ErrConflict unless it was shipped, and fault.ErrUnauthenticated if the
// customer's account was deleted.
func (s *Service) RequestReturn(ctx context.Context, customerID, orderID, correlationID, reason string) (Order, error) {
	if !isText(reason, MaxReason) {
		return Order{}, fault.Invalid(fault.Field{Field: "reason", Message: "must say in 1–500 characters on one line why the goods come back"})
	}
	if err := s.owns(ctx, customerID, orderID); err != nil {
		return Order{}, err
	}
	order, err := s.record(ctx, orderID, s.store.AppendPersonal, func(o Order) (event.Detail, error) {
		return o.RequestReturn(event.NewMeta(correlationID, correlationID), reason)
	})
	if errors.Is(err, errErased) {
		err = errGone()
	}
	return order, err
}

// owns returns no error if the order is the customer's, as it will ever be, unless the account is deleted. Errors: fault.ErrNotFound,
// fault.ErrUnauthenticated.
func (s *Service) owns(ctx context.Context, customerID, orderID string) error {
	order, _, erased, err := s.store.Whole(ctx, orderID)
	switch {
	case err != nil:
		return err
	case order.CustomerID != customerID:
		return notFound(orderID)
	case erased:
		return errGone()
	}
	return nil
}

// change records the event that decide answers for the present order, and returns the order as it is then. If somebody else was
// faster, it is decided again.
func (s *Service) change(ctx context.Context, orderID string, decide func(Order) (event.Detail, error)) (Order, error) {
	return s.record(ctx, orderID, s.store.Append, decide)
}

// record is change by one of the store's ways to append an event.
func (s *Service) record(ctx context.Context, orderID string, add func(context.Context, string, Recorded) error, decide func(Order) (event.Detail, error)) (Order, error) {
	for range maxAttempts {
		order, _, err := s.store.Load(ctx, orderID)
		if err != nil {
			return Order{}, err
		}
		detail, err := decide(order)
		if err != nil || detail == nil {
			return order, err
		}
		next := Recorded{Version: order.Version + 1, At: s.timestamp(), Detail: detail}
		changed, err := order.apply(next)
		if err != nil {
			return Order{}, err
		}
		err = add(ctx, orderID, next)
		if err == nil {
			return changed, nil
		}
		if !errors.Is(err, errVersion) {
			return Order{}, err
		}
		if err := pause(ctx); err != nil {
			return Order{}, err
		}
	}
	return Order{}, fault.New(fault.ErrUnavailable, "Order %s is being changed by others all the time. Try again in a moment.", orderID)
}

// pause waits for a random time, so that those who met do not meet again.
func pause(ctx context.Context) error {
	timer := time.NewTimer(rand.N(maxPause)) //nolint:gosec // spreads retries; nobody gains from guessing it
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
