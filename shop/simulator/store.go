package simulator

import (
	"context"
	"errors"
	"fmt"

	"github.com/serverless-shop/serverless-shop/shop/versioned"
)

// Table is the third parties' memory.
type Table struct{ items *versioned.Table }

// NewTable returns the memory in the table of this name.
func NewTable(client versioned.Client, name string) *Table {
	return &Table{versioned.NewTable(client, name, "pk")}
}

// item is what everything that is remembered begins with.
type item struct {
	versioned.Stamp

	Key string `dynamodbav:"pk"`
}

func (i *item) named(key string) { i.Key = key }

// remembered is a pointer to a struct that embeds item.
type remembered[T any] interface {
	*T
	versioned.Record
	named(key string)
}

// maxConflicts is how often a change is tried again on what another request made of the item.
const maxConflicts = 10

// load reads what is remembered under a key; if there is nothing, an empty T.
func load[T any, P remembered[T]](ctx context.Context, t *Table, key string) (value T, err error) {
	if err := t.items.Find(ctx, key, P(&value)); err != nil {
		return value, fmt.Errorf("reading the memory: %w", err)
	}
	return value, nil
}

// change changes what is remembered under a key, or begins it, and returns what it is then. The change may be tried several times.
func change[T any, P remembered[T]](ctx context.Context, t *Table, key string, f func(*T)) (T, error) {
	var none T
	for range maxConflicts {
		value, err := load[T, P](ctx, t, key)
		if err != nil {
			return none, err
		}
		f(&value)
		P(&value).named(key)
		err = t.items.Save(ctx, P(&value))
		if errors.Is(err, versioned.ErrConflict) {
			continue
		}
		if err != nil {
			return none, fmt.Errorf("changing %q: %w", key, err)
		}
		return value, nil
	}
	return none, fmt.Errorf("changing %q: somebody else was faster %d times in a row", key, maxConflicts)
}
