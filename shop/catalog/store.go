package catalog

import (
	"context"
	"slices"
)

// Store keeps the products.
type Store interface {
	// List returns one page. Following Page.Next from the first page on gives every matching product exactly once, as
	// long as none is changed meanwhile.
	List(ctx context.Context, q Query) (Page, error)
	// Get returns a product. Error: fault.ErrNotFound.
	Get(ctx context.Context, id string) (Product, error)
	// Save creates or replaces a product if the stored one meets the condition, and returns it as it is stored from then
	// on: its version is one more than before, beginning with 1; if it existed, its CreatedAt is kept.
	// Error: fault.ErrPrecondition, and nothing is changed.
	Save(ctx context.Context, p Product, condition Condition) (Product, error)
	// Delete removes a product if the stored one meets the condition. Errors: fault.ErrNotFound if there is none,
	// fault.ErrPrecondition if it is in another state; either way nothing is changed.
	Delete(ctx context.Context, id string, condition Condition) error
}

// Condition is what must hold of the stored product for a change to be made. The zero Condition never holds.
type Condition struct {
	absent, exists bool
	versions       []int64
}

// IfAbsent holds if there is no such product.
func IfAbsent() Condition { return Condition{absent: true} }

// IfExists holds for every version.
func IfExists() Condition { return Condition{exists: true} }

// IfVersion holds if the product's version is one of these.
func IfVersion(versions ...int64) Condition { return Condition{versions: versions} }

// Holds tells whether a stored product, nil if there is none, meets the condition.
func (c Condition) Holds(stored *Product) bool {
	if stored == nil {
		return c.absent
	}
	return c.exists || slices.Contains(c.versions, stored.Version)
}
