package catalog

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/attr"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// stream publishes the changes of a table in memory, as DynamoDB Streams would hand them over.
type stream struct {
	t         *testing.T
	client    *fakeDynamo
	before    map[string]types.AttributeValue
	published []event.Detail
	ids       []string
	err       error
}

func (s *stream) Publish(_ context.Context, events ...handler.Event) error {
	for _, e := range events {
		detail, err := event.Parse(e)
		require.NoError(s.t, err)
		s.published, s.ids = append(s.published, detail), append(s.ids, e.ID)
	}
	return s.err
}

// after publishes what became of the product since the last call, and returns what was said.
func (s *stream) after(id string) []event.Detail {
	s.t.Helper()
	now := s.client.items["mug"]
	change := handler.Change{ID: id, At: noon, Kind: handler.Modify, Keys: key("mug"), Old: s.before, New: now}
	switch {
	case s.before == nil:
		change.Kind = handler.Insert
	case now == nil:
		change.Kind = handler.Remove
	}
	s.before, s.published = now, nil
	require.NoError(s.t, NewOutbox(s).OnChange(context.Background(), change))
	return s.published
}

// said is the meta data of what a change says.
func said(id string) event.Meta {
	return event.Meta{EventID: id, CausationID: id, SchemaVersion: event.SchemaVersion}
}

func TestOutbox_TellsWhatAdministratorsDo(t *testing.T) {
	ctx, client := context.Background(), newFakeDynamo()
	store, s := NewTable(client, "products"), &stream{t: t, client: client}
	_, err := store.Save(ctx, mug("mug"), IfAbsent())
	require.NoError(t, err)
	saved := event.ProductSaved{
		Meta: said("c1"), ProductID: "mug", Version: 1, Name: "Mug Ö", PriceCents: 1290, Currency: "EUR", StockChange: 7, CreatedAt: noon,
	}
	require.Equal(t, []event.Detail{saved}, s.after("c1"))

	fewer := mug("mug")
	fewer.Stock, fewer.PriceCents = 4, 990
	_, err = store.Save(ctx, fewer, IfVersion(1))
	require.NoError(t, err)
	saved.Meta, saved.Version, saved.PriceCents, saved.StockChange = said("c2"), 2, 990, -3
	require.Equal(t, []event.Detail{saved}, s.after("c2"))

	require.NoError(t, store.Delete(ctx, "mug", IfVersion(2)))
	require.Equal(t, []event.Detail{event.ProductRemoved{Meta: said("c3"), ProductID: "mug", Version: 2}}, s.after("c3"))

	s.err = errors.New("no route to host")
	change := handler.Change{ID: "c4", Kind: handler.Insert, At: noon, New: itemOf(t, mug("mug"))}
	require.ErrorIs(t, NewOutbox(s).OnChange(ctx, change), s.err)
	s.err = nil
	require.NoError(t, NewOutbox(s).OnChange(ctx, change))
	require.Equal(t, []string{"c4", "c4"}, s.ids[len(s.ids)-2:], "the same event, however often it is published")
	change.New["stock"] = attr.Text("many")
	require.ErrorContains(t, NewOutbox(s).OnChange(ctx, change), "after change c4")
	change.New["stock"], change.New[attrCreatedAt] = attr.Number(7), attr.Text("yesterday")
	require.ErrorContains(t, NewOutbox(s).OnChange(ctx, change), "after change c4: createdAt")
}

// The inventory shows its numbers in the catalogue, and hears of changes there: its own must not come back to it.
func TestOutbox_DoesNotTellTheInventoryItsOwnNumbers(t *testing.T) {
	ctx, client := context.Background(), newFakeDynamo()
	store, s := NewTable(client, "products"), &stream{t: t, client: client}
	_, err := store.Save(ctx, mug("mug"), IfAbsent())
	require.NoError(t, err)
	require.Len(t, s.after("c1"), 1)

	require.NoError(t, store.ShowStock(ctx, StockCount{ProductID: "mug", Available: 5, Received: 7, ListedAt: noon, AsOf: 3}))
	require.Empty(t, s.after("c2"))
	shown, err := store.Get(ctx, "mug")
	require.NoError(t, err)
	require.Equal(t, [2]int64{5, 2}, [2]int64{shown.Stock, shown.Version}, "an administrator who had not seen it must look again")

	more := mug("mug")
	more.Stock = 9
	_, err = store.Save(ctx, more, IfVersion(1))
	require.Error(t, err)
	_, err = store.Save(ctx, more, IfVersion(2))
	require.NoError(t, err)
	told := s.after("c3")
	require.Len(t, told, 1)
	require.Equal(t, int64(4), told[0].(event.ProductSaved).StockChange, "than the administrator saw")
}

func TestShowStock(t *testing.T) {
	ctx, client := context.Background(), newFakeDynamo()
	store := NewTable(client, "products")
	testShowStock(t, store)

	count := StockCount{ProductID: "mug", Available: 5, AsOf: 90}
	client.err = errors.New("no route to host")
	require.EqualError(t, store.ShowStock(ctx, count), `showing that 5 of product "mug" can be sold: no route to host`)
	client.err, client.refuse = nil, true
	require.EqualError(t, store.ShowStock(ctx, count), `showing that 5 of product "mug" can be sold: others showed newer counts 5 times`)
	client.items["mug"][attrStock] = attr.Text("many")
	require.ErrorContains(t, store.ShowStock(ctx, count), `showing that 5 of product "mug" can be sold: unmarshal`)
}

// testShowStock checks what every table promises about shown stock, on one without products.
func testShowStock(t *testing.T, store *Table) {
	t.Helper()
	ctx := context.Background()
	show := func(c StockCount) Product {
		t.Helper()
		c.ProductID = "mug"
		require.NoError(t, store.ShowStock(ctx, c))
		p, err := store.Get(ctx, "mug")
		require.NoError(t, err)
		return p
	}
	enter := func(stock int64, condition Condition) Product {
		t.Helper()
		p := mug("mug")
		p.Stock = stock
		p, err := store.Save(ctx, p, condition)
		require.NoError(t, err)
		require.Equal(t, stock, p.Stock, "who saves a number is shown it")
		return p
	}
	require.NoError(t, store.ShowStock(ctx, StockCount{ProductID: "gone", Available: 5, AsOf: 3}))
	_, err := store.Get(ctx, "gone")
	require.Error(t, err, "showing stock makes no product")

	_, err = store.Save(ctx, mug("mug"), IfAbsent())
	require.NoError(t, err)
	for _, c := range []struct{ available, asOf, want, version int64 }{
		{5, 3, 5, 2}, {4, 2, 5, 2}, {4, 3, 5, 2}, {0, 4, 0, 3}, {8, 10, 8, 4}, {9, 9, 8, 4}, {8, 12, 8, 4}, {9, 11, 8, 4},
	} {
		p := show(StockCount{Available: c.available, Received: 7, ListedAt: noon, AsOf: c.asOf})
		require.Equal(t, [2]int64{c.want, c.version}, [2]int64{p.Stock, p.Version}, "no older number: %+v", c)
	}
	want := mug("mug")
	want.Stock, want.Version = 8, 4
	got, err := store.Get(ctx, "mug")
	require.NoError(t, err)
	require.Equal(t, want, got, "nothing else is changed")

	// Two changes, of which the inventory hears one after the other: neither is taken back in between.
	enter(10, IfVersion(4))
	enter(20, IfVersion(5))
	require.Equal(t, [2]int64{20, 6}, versioned(show(StockCount{Available: 10, Received: 9, ListedAt: noon, AsOf: 13})), "10 are on their way")
	require.Equal(t, [2]int64{17, 7}, versioned(show(StockCount{Available: 7, Received: 9, ListedAt: noon, AsOf: 14})), "3 were sold")
	require.Equal(t, [2]int64{17, 7}, versioned(show(StockCount{Available: 17, Received: 19, ListedAt: noon, AsOf: 15})))

	// More is taken away than there is: what is shown is never negative, and right again as soon as the inventory has heard of it.
	enter(2, IfVersion(7))
	require.Equal(t, [2]int64{0, 9}, versioned(show(StockCount{Available: 12, Received: 19, ListedAt: noon, AsOf: 16})), "5 were sold, 15 are to go")
	require.Equal(t, [2]int64{0, 10}, versioned(show(StockCount{Available: 0, Received: 4, ListedAt: noon, AsOf: 17})), "only 12 could go")

	// A product that comes again has what is left of the first, and what is entered for it.
	require.NoError(t, store.Delete(ctx, "mug", IfExists()))
	again := mug("mug")
	again.Stock, again.CreatedAt = 6, noon.Add(time.Hour)
	_, err = store.Save(ctx, again, IfAbsent())
	require.NoError(t, err)
	require.Equal(t, [2]int64{9, 2}, versioned(show(StockCount{Available: 3, Received: 4, ListedAt: noon, AsOf: 18})), "the inventory knows the first")
	require.Equal(t, [2]int64{9, 2}, versioned(show(StockCount{Available: 9, Received: 6, ListedAt: again.CreatedAt, AsOf: 19})))
}

// versioned is what is shown of a product, and its version.
func versioned(p Product) [2]int64 { return [2]int64{p.Stock, p.Version} }
