package catalog

import (
	"context"
	"errors"
	"testing"

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
		Meta: said("c1"), ProductID: "mug", Version: 1, Name: "Mug Ö", PriceCents: 1290, Currency: "EUR", StockChange: 7,
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
}

// The inventory shows its numbers in the catalogue, and hears of changes there: its own must not come back to it.
func TestOutbox_DoesNotTellTheInventoryItsOwnNumbers(t *testing.T) {
	ctx, client := context.Background(), newFakeDynamo()
	store, s := NewTable(client, "products"), &stream{t: t, client: client}
	_, err := store.Save(ctx, mug("mug"), IfAbsent())
	require.NoError(t, err)
	require.Len(t, s.after("c1"), 1)

	require.NoError(t, store.ShowStock(ctx, "mug", 5, 3))
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

func TestShowStock_NeverShowsAnOlderNumber(t *testing.T) {
	ctx, client := context.Background(), newFakeDynamo()
	testShowStock(t, NewTable(client, "products"))

	client.err = errors.New("no route to host")
	require.EqualError(t, NewTable(client, "products").ShowStock(ctx, "mug", 5, 9), `showing that 5 of product "mug" can be sold: no route to host`)
}

// testShowStock checks what every table promises about shown stock, on one without products.
func testShowStock(t *testing.T, store *Table) {
	t.Helper()
	ctx := context.Background()
	require.NoError(t, store.ShowStock(ctx, "gone", 5, 3))
	_, err := store.Get(ctx, "gone")
	require.Error(t, err, "showing stock makes no product")

	_, err = store.Save(ctx, mug("mug"), IfAbsent())
	require.NoError(t, err)
	for _, show := range []struct{ stock, asOf, want, version int64 }{
		{5, 3, 5, 2}, {4, 2, 5, 2}, {4, 3, 5, 2}, {0, 4, 0, 3}, {8, 10, 8, 4}, {9, 9, 8, 4}, {8, 12, 8, 4}, {9, 11, 8, 4},
	} {
		require.NoError(t, store.ShowStock(ctx, "mug", show.stock, show.asOf))
		p, err := store.Get(ctx, "mug")
		require.NoError(t, err)
		require.Equal(t, [2]int64{show.want, show.version}, [2]int64{p.Stock, p.Version}, "%+v", show)
	}
	want := mug("mug")
	want.Stock, want.Version = 8, 4
	got, err := store.Get(ctx, "mug")
	require.NoError(t, err)
	require.Equal(t, want, got, "nothing else is changed")
}
