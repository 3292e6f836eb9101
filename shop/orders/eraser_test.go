package orders

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

func TestEraser(t *testing.T) {
	client, table, views := newFakeTables()
	s, projector := newTestService(table), NewProjector(table, views)
	var ids []string
	for i := range 3 {
		o := place(t, s, strconv.Itoa(i))
		for _, name := range []string{"reserve", "pay", "ship", "request return"} {
			_, err := s.change(ctx, o.ID, commands[name])
			require.NoError(t, err)
		}
		ids = append(ids, o.ID)
		if i > 0 { // one that no list has yet
			require.NoError(t, projector.Project(ctx, o.ID))
		}
	}
	other, err := s.Place(ctx, goods, "grace", "key", "c", draft())
	require.NoError(t, err)
	require.NoError(t, projector.Project(ctx, other.ID))
	events := eventsOf(client)

	gone := said(t, "deleted", event.UserDeleted{UserID: "ada"})
	for range 2 {
		require.NoError(t, NewEraser(table, views).OnDeleted(ctx, gone))
	}
	for key, stored := range eventsOf(client) {
		require.NotContains(t, stored, "too small", "what the customer wrote")
		require.Equal(t, strings.ReplaceAll(events[key], "too small", ""), stored, "the rest of history stays as it was")
	}
	_, err = Rebuild(ctx, table, views, 2, func(int) {})
	require.NoError(t, err)
	for key, stored := range client.snapshot(t, "order-views") {
		if !strings.Contains(key, other.ID) { // and a rebuild brings nothing back
			require.NotContains(t, stored, "ada", key)
			require.NotContains(t, stored, "too small", "what the customer wrote")
			require.NotContains(t, stored, "tracking", "leads to the person by the carrier")
		}
	}
	units, _ := soldOf(client, "mug")
	require.Equal(t, int64(6), units, "what was sold stays sold")
	for _, id := range ids {
		_, found, err := table.Private(ctx, id)
		require.NoError(t, err)
		require.False(t, found)
	}
	page, err := views.List(ctx, Query{CustomerID: "ada", Limit: 10})
	require.NoError(t, err)
	require.Empty(t, page.Items)
	left, err := table.OrdersOf(ctx, "ada")
	require.NoError(t, err)
	require.Empty(t, left)

	_, found, err := table.Private(ctx, other.ID)
	require.NoError(t, err)
	require.True(t, found, "others keep theirs")
	_, err = s.Place(ctx, goods, "ada", "new key", "c", draft())
	require.ErrorIs(t, err, fault.ErrUnauthenticated, "a token can outlive its account")
}

// A token can outlive its account, and a request be on its way while the account is deleted.
func TestEraser_FindsTheLastWords(t *testing.T) {
	client, table, views := newFakeTables()
	s := newTestService(table)
	o := place(t, s, "key")
	for _, name := range []string{"reserve", "pay", "ship"} {
		_, err := s.change(ctx, o.ID, commands[name])
		require.NoError(t, err)
	}
	gone := said(t, "deleted", event.UserDeleted{UserID: "ada"})
	client.beforeWrite = func() { require.NoError(t, NewEraser(table, views).OnDeleted(ctx, gone)) } // decided, and not recorded yet
	for range 2 {
		_, err := s.RequestReturn(ctx, "ada", o.ID, "c", "too small for Ada Lovelace")
		require.ErrorIs(t, err, fault.ErrUnauthenticated)
	}
	for key, stored := range client.snapshot(t, "orders") {
		require.NotContains(t, stored, "Lovelace", key)
	}
	after, _, err := table.Load(ctx, o.ID)
	require.NoError(t, err)
	require.Equal(t, Shipped, after.Status)
}

// eventsOf are the events of all orders.
func eventsOf(client *fakeDynamo) map[string]string {
	all := readable(client.tables["orders"])
	maps.DeleteFunc(all, func(key, _ string) bool { return !strings.Contains(key, "|EVENT#") })
	return all
}

func TestEraser_GoesOnWhereItStopped(t *testing.T) {
	client, table, views := newFakeTables()
	s := newTestService(table)
	for i := range 3 {
		place(t, s, strconv.Itoa(i))
	}
	gone := said(t, "deleted", event.UserDeleted{UserID: "ada"})
	client.conflicts = 1000 // the views are busy
	require.Error(t, NewEraser(table, views).OnDeleted(ctx, gone))
	left, err := table.OrdersOf(ctx, "ada")
	require.NoError(t, err)
	require.Len(t, left, 3)
	client.conflicts = 0
	require.NoError(t, NewEraser(table, views).OnDeleted(ctx, gone))
	left, err = table.OrdersOf(ctx, "ada")
	require.NoError(t, err)
	require.Empty(t, left)
	require.Len(t, slices.Collect(maps.Keys(client.tables["order-views"])), 3)
}

func TestEraser_RefusesOtherEvents(t *testing.T) {
	_, table, views := newFakeTables()
	err := NewEraser(table, views).OnDeleted(ctx, said(t, "1", event.UserRegistered{UserID: "ada"}))
	require.ErrorContains(t, err, `is "User Registered", want "User Deleted"`)
	require.Error(t, NewEraser(table, views).OnDeleted(ctx, said(t, "1", event.UserDeleted{})))
}
