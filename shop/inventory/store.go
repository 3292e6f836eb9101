package inventory

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Store keeps levels and reservations.
type Store interface {
	// Level returns how much there is of a product: nothing, at Sequence 0, of one that never came.
	Level(ctx context.Context, productID string) (Level, error)
	// Reservation returns an order's; New, at Version 0, if there is none.
	Reservation(ctx context.Context, orderID string) (Reservation, error)
	// Queue returns the orders with a line of the product that must be told or wait for stock: first those to be told, then those that
	// wait, the longest first.
	Queue(ctx context.Context, productID string) iter.Seq2[string, error]
	// Change replaces a reservation by another, moves the levels accordingly, and publishes the events later on: all of it or nothing.
	//
	// Errors: ErrInterference if the stored reservation has another version than before, or somebody else writes the same at this very
	// moment; *ShortageError if there is not enough available. Either way nothing is changed.
	Change(ctx context.Context, before, after Reservation, events ...event.Detail) error
	// Receive adds a receipt to the level, once for each receipt's id; again, it does nothing.
	//
	// Error: ErrInterference if something is to be taken away and the level is no longer as it was read; nothing is changed.
	Receive(ctx context.Context, receipt Receipt, events ...event.Detail) error
}

// ErrInterference means that somebody else changed the same at the same time: read again and repeat.
var ErrInterference = errors.New("somebody else changed the same at the same time")

// ShortageError says what is missing for an order.
type ShortageError struct {
	// Shortages are the products of which there is too little, in the order of the lines.
	Shortages []event.Shortage
}

// Error names the products.
func (e *ShortageError) Error() string {
	missing := make([]string, len(e.Shortages))
	for i, s := range e.Shortages {
		missing[i] = fmt.Sprintf("%d of %q", s.Missing, s.ProductID)
	}
	return "out of stock: missing " + strings.Join(missing, ", ")
}

// Receipt is goods that came in, or, below zero, that are gone.
type Receipt struct {
	// ID is the same whenever the same receipt is reported again.
	ID string
	// CorrelationID follows the administrator's request.
	CorrelationID string
	// Level is the product's as it was read.
	Level Level
	// Change is what the administrator reported, and ListedAt when the product came into the catalogue that it is about.
	Change   int64
	ListedAt time.Time
	// Quantity is added to what is available: Change, but never so much taken away that less than nothing is left.
	Quantity int64
}

// events says what can be sold after the receipt that could not before, or the other way round.
func (r Receipt) events(meta event.Meta) []event.Detail {
	switch {
	case r.Quantity > 0:
		return []event.Detail{event.StockArrived{Meta: meta, ProductID: r.Level.ProductID, Quantity: r.Quantity}}
	case r.Change < 0:
		return []event.Detail{event.StockRemoved{Meta: meta, ProductID: r.Level.ProductID, Quantity: -r.Quantity}}
	}
	return nil
}
