package orders

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// sellMany places orders and has them paid.
func sellMany(t *testing.T, s *Service, n int) (ids []string) {
	t.Helper()
	for i := range n {
		o := place(t, s, strconv.Itoa(i))
		for _, name := range []string{"reserve", "pay"} {
			_, err := s.change(ctx, o.ID, commands[name])
			require.NoError(t, err)
		}
		ids = append(ids, o.ID)
	}
	return ids
}

func rebuild(t *testing.T, table *Table, views *Views) Rebuilt {
	t.Helper()
	result, err := Rebuild(ctx, table, views, 4, func(int) {})
	require.NoError(t, err)
	return result
}

func verify(t *testing.T, table *Table, views *Views) []Difference {
	t.Helper()
	was := settleTime
	settleTime = 0
	t.Cleanup(func() { settleTime = was })
	found, err := Verify(ctx, table, views, 4, func(int) {})
	require.NoError(t, err)
	return found
}

func TestRebuild_MakesEverythingWhatTheEventsSay(t *testing.T) {
	client, table, views := newFakeTables()
	s := newTestService(table)
	ids := sellMany(t, s, 30)
	client.pageSize = 7
	require.Equal(t, Rebuilt{Orders: 30, Written: 30}, rebuild(t, table, views), "nothing was there")
	require.Empty(t, verify(t, table, views))
	require.Equal(t, Rebuilt{Orders: 30}, rebuild(t, table, views), "what is right stays")

	client.tables["order-views"]["ghost"] = item{attrOrderID: attr.Text("ghost"), attrRevision: attr.Number(1), attrStatus: attr.Text("PAID")}
	delete(client.tables["order-views"], ids[0]) // and its sale stays: the table was restored to an earlier time
	client.tables["order-views"][ids[1]][attrStatus] = attr.Text("PENDING")
	client.tables["sales"]["cup|2026-03-01"] = item{attrProduct: attr.Text("cup"), attrDay: attr.Text("2026-03-01"), "units": attr.Number(-7), "cents": attr.Number(0)}
	found := verify(t, table, views)
	require.Len(t, found, 6, "ghost, missing, wrong, and the sales of mug, teapot and cup: %v", found)
	require.Equal(t, "order-views", found[0].Model)
	require.Equal(t, Difference{Model: "sales", Key: "cup 2026-03-01", Found: "-7 units for 0 "}, found[3])

	require.Equal(t, Rebuilt{Orders: 30, Written: 2, Removed: 1, Sales: 3}, rebuild(t, table, views))
	require.Empty(t, verify(t, table, views))
	units, cents := soldOf(client, "mug")
	require.Equal(t, int64(60), units)
	require.Equal(t, int64(60*1290), cents)
}

// TestRebuild_WhileTheShopRuns changes orders right before writes of the rebuild: none of its writes may undo what the projector did.
func TestRebuild_WhileTheShopRuns(t *testing.T) {
	client, table, views := newFakeTables()
	s, projector := newTestService(table), NewProjector(table, views)
	ids := sellMany(t, s, 5)
	rebuild(t, table, views)
	client.tables["sales"]["mug|2026-03-01"]["units"] = attr.Number(999)
	client.beforeWrite = func() { // the rebuild has added up the sales, and is about to write them
		_, err := s.change(ctx, ids[0], commands["cancel"])
		require.NoError(t, err)
		require.NoError(t, projector.Project(ctx, ids[0]))
	}
	rebuild(t, table, views)
	units, _ := soldOf(client, "mug")
	require.Equal(t, int64(8), units, "four orders of two")
	require.Empty(t, verify(t, table, views))
}

func TestVerify_DoesNotTakeTheProjectorsDelayForADifference(t *testing.T) {
	client, table, views := newFakeTables()
	s := newTestService(table)
	ids := sellMany(t, s, 1)
	require.Len(t, verify(t, table, views), 1, "nobody projects it")
	require.NoError(t, NewProjector(table, views).Project(ctx, ids[0]))
	require.Empty(t, verify(t, table, views))
	require.Equal(t, "1", attr.Plain(client.tables["order-views"][ids[0]][attrRevision]), "verifying writes nothing")
}

func TestRebuild_Refuses(t *testing.T) {
	_, table, views := newFakeTables()
	_, err := Rebuild(ctx, table, views, 0, func(int) {})
	require.ErrorContains(t, err, "0 workers, want 1–100")
	_, err = Verify(ctx, table, views, 101, func(int) {})
	require.ErrorContains(t, err, "101 workers, want 1–100")
}
