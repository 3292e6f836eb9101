package orders

import (
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// changeOf is what the stream of the table says of an order's event.
func changeOf(t require.TestingT, client *fakeDynamo, orderID string, version int) handler.Change {
	client.mu.Lock()
	defer client.mu.Unlock()
	stored, found := client.tables["orders"]["ORDER#"+orderID+"|"+eventSort(version)]
	require.True(t, found)
	return handler.Change{
		ID: EventID(orderID, version), Kind: handler.Insert, New: stored, Keys: item{attrPartition: stored[attrPartition], attrSort: stored[attrSort]},
	}
}

// soldOf is what the sales say of a product on the tests' day.
func soldOf(client *fakeDynamo, product string) (units, cents int64) {
	stored := client.tables["sales"][product+"|2026-03-01"]
	return sum(stored["units"]), sum(stored["cents"])
}

func TestProjector_SalesFollowTheMoney(t *testing.T) {
	client, table, views := newFakeTables()
	s, projector := newTestService(table), NewProjector(table, views)
	o := place(t, s, "key")
	for _, step := range []struct {
		command string
		units   int64
	}{
		{"reserve", 0}, {"pay", 2}, {"ship", 2}, {"request return", 2}, {"refuse return", 2}, {"deliver", 2}, {"request return", 2}, {"complete return", 0},
	} {
		_, err := s.change(ctx, o.ID, commands[step.command])
		require.NoError(t, err)
		require.NoError(t, projector.Project(ctx, o.ID))
		units, cents := soldOf(client, "mug")
		require.Equal(t, step.units, units, step.command)
		require.Equal(t, step.units*1290, cents, step.command)
	}
	require.Equal(t, "EUR", attr.Plain(client.tables["sales"]["teapot|2026-03-01"]["currency"]))
}

// TestProjector_AnyDelivery lets orders live, hands their changes to the projector late, twice, in any order or not at all, as long as the
// last one of each order arrives, and requires the same read models as a rebuild makes.
func TestProjector_AnyDelivery(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		client, table, views := newFakeTables()
		s, projector := newTestService(table), NewProjector(table, views)
		var changes []handler.Change
		for i := range rapid.IntRange(1, 4).Draw(t, "orders") {
			o, err := s.Place(ctx, goods, fmt.Sprintf("customer-%d", i%2), strconv.Itoa(i), "c", draft())
			require.NoError(t, err)
			changes = append(changes, changeOf(t, client, o.ID, 1))
			for range rapid.IntRange(0, 8).Draw(t, "commands") {
				was := o.Version
				changed, err := s.change(ctx, o.ID, commands[rapid.SampledFrom([]string{"reserve", "pay", "ship", "deliver", "cancel", "close after refund", "request return", "complete return", "refuse return"}).Draw(t, "command")])
				if err != nil || changed.Version == was {
					continue
				}
				o = changed
				changes = append(changes, changeOf(t, client, o.ID, o.Version))
				if rapid.Bool().Draw(t, "at once") {
					require.NoError(t, projector.OnChange(ctx, changes[len(changes)-1]))
				}
			}
		}
		delivered := append(slices.Clone(changes), changes...) // everything twice
		for _, i := range rapid.Permutation(indices(len(delivered))).Draw(t, "order of delivery") {
			require.NoError(t, projector.OnChange(ctx, delivered[i]))
		}
		live := readModels(client)
		var progress atomic.Int64
		for _, emptied := range []string{"order-views", "sales"} {
			if rapid.Bool().Draw(t, "lost") {
				clear(client.tables[emptied])
			}
		}
		_, err := Rebuild(ctx, table, views, 3, func(done int) { progress.Store(max(progress.Load(), int64(done))) })
		require.NoError(t, err)
		require.Equal(t, live, readModels(client))
		require.Equal(t, int64(len(client.tables["order-views"])), progress.Load())
	})
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// readModels are the views and sales, without how often they were written, and without days on which nothing is left of what was sold.
func readModels(client *fakeDynamo) map[string]map[string]string {
	sales := map[string]item{}
	for key, stored := range client.tables["sales"] {
		if sum(stored["units"]) != 0 || sum(stored["cents"]) != 0 {
			sales[key] = stored
		}
	}
	return map[string]map[string]string{"views": readable(client.tables["order-views"], attrRevision), "sales": readable(sales, attrRevision)}
}

func TestProjector_AnotherOneInBetweenDoesNoHarm(t *testing.T) {
	client, table, views := newFakeTables()
	s, projector := newTestService(table), NewProjector(table, views)
	o := place(t, s, "key")
	for _, name := range []string{"reserve", "pay"} {
		_, err := s.change(ctx, o.ID, commands[name])
		require.NoError(t, err)
	}
	client.beforeWrite = func() { // this projector has read the order, and another is faster, with news
		_, err := s.change(ctx, o.ID, commands["cancel"])
		require.NoError(t, err)
		require.NoError(t, NewProjector(table, views).Project(ctx, o.ID))
	}
	require.NoError(t, projector.Project(ctx, o.ID))
	require.Equal(t, "CANCELLED", attr.Plain(client.tables["order-views"][o.ID][attrStatus]), "the view is not set back")
	units, _ := soldOf(client, "mug")
	require.Zero(t, units)
}

func TestProjector_WritesNothingIfNothingIsNew(t *testing.T) {
	client, table, views := newFakeTables()
	o := place(t, newTestService(table), "key")
	projector := NewProjector(table, views)
	for range 3 {
		require.NoError(t, projector.OnChange(ctx, changeOf(t, client, o.ID, 1)))
	}
	require.Equal(t, "1", attr.Plain(client.tables["order-views"][o.ID][attrRevision]))
}

func TestProjector_Refuses(t *testing.T) {
	_, table, views := newFakeTables()
	projector := NewProjector(table, views)
	require.ErrorIs(t, projector.Project(ctx, "nothing"), fault.ErrNotFound)
	require.ErrorContains(t, projector.OnChange(ctx, handler.Change{ID: "1", Keys: key("X#1", "Y")}), "change 1 of X#1 Y has no orderId")
}

// testLists checks that lists hold every order of a customer exactly once, the newest first, whatever the page size.
func testLists(t *testing.T, table *Table, views *Views) {
	t.Helper()
	s, projector := newTestService(table), NewProjector(table, views)
	want := map[string][]string{}
	for i := range 12 {
		customer := []string{"ada", "grace"}[i%2]
		o, err := s.Place(ctx, goods, customer, fmt.Sprint("list-", i), "c", draft())
		require.NoError(t, err)
		if i%3 == 0 {
			_, err := s.Cancel(ctx, customer, o.ID, "c")
			require.NoError(t, err)
			want["CANCELLED"] = append([]string{o.ID}, want["CANCELLED"]...)
			want[customer+" CANCELLED"] = append([]string{o.ID}, want[customer+" CANCELLED"]...)
		}
		want[customer] = append([]string{o.ID}, want[customer]...)
		require.NoError(t, projector.Project(ctx, o.ID))
	}
	for name, q := range map[string]Query{
		"ada": {CustomerID: "ada"}, "grace": {CustomerID: "grace"}, "CANCELLED": {Status: Cancelled},
		"ada CANCELLED": {CustomerID: "ada", Status: Cancelled}, "grace CANCELLED": {CustomerID: "grace", Status: Cancelled},
		"nobody": {CustomerID: "nobody"},
	} {
		for _, q.Limit = range []int{1, 2, 5, 100} {
			var got []string
			q.After = nil
			for pages := 0; ; pages++ {
				require.Less(t, pages, 50, "the list must end")
				page, err := views.List(ctx, q)
				require.NoError(t, err)
				require.LessOrEqual(t, len(page.Items), q.Limit)
				for _, v := range page.Items {
					got = append(got, v.ID)
				}
				if page.Next == nil {
					break
				}
				q.After, err = q.ParseCursor(q.Cursor(*page.Next)) // as a client would
				require.NoError(t, err)
			}
			require.Equal(t, want[name], got, "%s, %d at a time", name, q.Limit)
		}
	}
	page, err := views.List(ctx, Query{CustomerID: "ada", Limit: 1})
	require.NoError(t, err)
	order, _, err := table.Load(ctx, want["ada"][0])
	require.NoError(t, err)
	require.Equal(t, order.View(), page.Items[0], "lists show what the order itself does")
}

func TestLists(t *testing.T) {
	_, table, views := newFakeTables()
	testLists(t, table, views)
	_, err := views.List(ctx, Query{Limit: 1})
	require.ErrorContains(t, err, "want a customer or a status")
}

var _ Client = (*fakeDynamo)(nil)
