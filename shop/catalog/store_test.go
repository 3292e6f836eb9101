package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// noon is when the tests' products are made.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// mug is a good product.
func mug(id string) Product {
	return Product{
		ID: id, Name: "Mug Ö", Description: "Holds a quarter of a litre.", Category: "kitchen", PriceCents: 1290, Currency: "EUR",
		Stock: 7, Images: []string{"/media/products/mug.svg"}, CreatedAt: noon, UpdatedAt: noon,
	}
}

// follow reads a list to its end and returns its pages.
func follow(t require.TestingT, store Store, q Query) [][]Product {
	var pages [][]Product
	for {
		page, err := store.List(context.Background(), q)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Items), q.Limit)
		pages = append(pages, page.Items)
		if page.Next == nil {
			return pages
		}
		require.Less(t, len(pages), 5000, "the list must end")
		// Through the cursor, as a client would.
		q.After, err = q.ParseCursor(q.Cursor(*page.Next))
		require.NoError(t, err)
	}
}

// someProducts draws products with many equal names, prices and times, as those are what paging can get wrong.
func someProducts(t *rapid.T, most int) []Product {
	words := []string{"mug", "Cup", "Öl", "teapot", "tea", "x"}
	return rapid.Custom(func(t *rapid.T) []Product {
		products := make([]Product, rapid.IntRange(0, most).Draw(t, "products"))
		for i := range products {
			p := mug(fmt.Sprintf("p-%d", i))
			p.Name = rapid.SampledFrom(words).Draw(t, "name")
			p.Description = rapid.SampledFrom(words).Draw(t, "description")
			p.Category = rapid.SampledFrom([]string{"kitchen", "garden"}).Draw(t, "category")
			p.PriceCents = rapid.SampledFrom([]int64{0, 9, 10, 100, MaxPriceCents}).Draw(t, "price")
			p.CreatedAt = noon.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "age")) * 500 * time.Millisecond)
			products[i] = p
		}
		return products
	}).Draw(t, "catalogue")
}

func someQuery(t *rapid.T) Query {
	return Query{
		Filter: Filter{
			Category: rapid.SampledFrom([]string{"", "kitchen", "garden", "none"}).Draw(t, "category"),
			Words:    Words(rapid.SampledFrom([]string{"", "mug", "TEA", "tea mug", "öl", "nothing"}).Draw(t, "search")),
		},
		Sort:  rapid.SampledFrom(sorts).Draw(t, "sort"),
		Limit: rapid.IntRange(1, MaxLimit).Draw(t, "limit"),
	}
}

// requireList checks that the pages hold each product that matches exactly once and in order.
func requireList(t require.TestingT, products []Product, q Query, pages [][]Product) {
	var want, got []string
	for _, p := range products {
		if q.Matches(p) {
			want = append(want, p.ID)
		}
	}
	all := slices.Concat(pages...)
	for i, p := range all {
		got = append(got, p.ID)
		if i > 0 {
			require.LessOrEqual(t, inOrder(q.Sort, all[i-1], p), 0, "%v before %v", all[i-1], p)
		}
	}
	require.ElementsMatch(t, want, got)
}

func TestList_PagesHoldEveryProductExactlyOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		client := newFakeDynamo()
		client.pageSize = rapid.IntRange(1, 30).Draw(t, "items before DynamoDB stops")
		store := NewTable(client, "products")
		products := someProducts(t, 60)
		for _, p := range products {
			_, err := store.Save(context.Background(), p, IfAbsent())
			require.NoError(t, err)
		}
		q := someQuery(t)
		requireList(t, products, q, follow(t, store, q))
	})
}

func TestList_CostsOneQueryIfNothingIsSearched(t *testing.T) {
	client := newFakeDynamo()
	store := NewTable(client, "products")
	for i := range 48 {
		_, err := store.Save(context.Background(), mug(fmt.Sprintf("p-%d", i)), IfAbsent())
		require.NoError(t, err)
	}
	pages := follow(t, store, Query{Sort: ByName, Limit: 24})
	require.Len(t, pages, 2, "no empty page at the end")
	require.Equal(t, 2, client.calls["Query"])
}

func TestList_SearchesABoundedNumberOfProductsPerPage(t *testing.T) {
	client := newFakeDynamo()
	store := NewTable(client, "products")
	for i := range searchBatch*maxReads + 10 {
		p := mug(fmt.Sprintf("p-%d", i))
		p.PriceCents = int64(i)
		client.items[p.ID] = itemOf(t, p)
	}
	p := mug("needle")
	p.Name, p.PriceCents = "Needle", MaxPriceCents
	client.items[p.ID] = itemOf(t, p)
	pages := follow(t, store, Query{Filter: Filter{Words: []string{"needle"}}, Sort: ByPrice, Limit: 10})
	require.Len(t, pages, 2)
	require.Empty(t, pages[0])
	require.Len(t, pages[1], 1)
	require.Equal(t, maxReads+1, client.calls["Query"])
}

func TestList_RefusesWhatNoRouteLetsThrough(t *testing.T) {
	for _, q := range []Query{{Sort: "colour", Limit: 1}, {Sort: ByName}, {Sort: ByName, Limit: MaxLimit + 1}} {
		_, err := NewTable(newFakeDynamo(), "products").List(context.Background(), q)
		require.ErrorContains(t, err, "listing products")
	}
}

// testStore checks what every Store promises about single products, on a store without any.
func testStore(t *testing.T, store Store) {
	t.Helper()
	ctx := context.Background()
	_, err := store.Get(ctx, "mug")
	require.ErrorIs(t, err, fault.ErrNotFound)
	require.ErrorIs(t, store.Delete(ctx, "mug", IfExists()), fault.ErrNotFound)
	require.ErrorIs(t, store.Delete(ctx, "mug", IfVersion(1)), fault.ErrNotFound)
	for _, condition := range []Condition{IfExists(), IfVersion(1), IfVersion(0), IfVersion(), {}} {
		_, err = store.Save(ctx, mug("mug"), condition)
		require.ErrorIs(t, err, fault.ErrPrecondition, "%+v", condition)
	}

	created, err := store.Save(ctx, mug("mug"), IfAbsent())
	require.NoError(t, err)
	want := mug("mug")
	want.Version = 1
	require.Equal(t, want, created)

	changed := mug("mug")
	changed.Name, changed.Category, changed.PriceCents, changed.Stock = "Mug XL", "coffee-tea", 0, 0
	changed.Description, changed.Images = "", []string{}
	changed.CreatedAt, changed.UpdatedAt = noon.Add(time.Hour), noon.Add(time.Hour)
	for _, condition := range []Condition{IfAbsent(), IfVersion(2), IfVersion(2, 3), IfVersion(), {}} {
		_, err = store.Save(ctx, changed, condition)
		require.ErrorIs(t, err, fault.ErrPrecondition, "%+v", condition)
		require.ErrorContains(t, err, `"1"`, "the error tells the version")
	}
	got, err := store.Get(ctx, "mug")
	require.NoError(t, err)
	require.Equal(t, created, got, "nothing is changed")

	again := mug("mug")
	again.UpdatedAt = noon.Add(time.Second)
	_, err = store.Save(ctx, again, IfAbsent())
	require.ErrorIs(t, err, fault.ErrPrecondition, "the same product at another time is not the same write")

	replaced, err := store.Save(ctx, changed, IfVersion(7, 1))
	require.NoError(t, err)
	want = changed
	want.Version, want.CreatedAt = 2, noon
	require.Equal(t, want, replaced, "createdAt is kept")
	got, err = store.Get(ctx, "mug")
	require.NoError(t, err)
	require.Equal(t, want, got)

	changed.UpdatedAt = noon.Add(2 * time.Hour)
	replaced, err = store.Save(ctx, changed, IfExists())
	require.NoError(t, err)
	require.Equal(t, int64(3), replaced.Version)

	for _, condition := range []Condition{IfVersion(2), IfVersion(), IfAbsent(), {}} {
		require.ErrorIs(t, store.Delete(ctx, "mug", condition), fault.ErrPrecondition, "%+v", condition)
	}
	require.NoError(t, store.Delete(ctx, "mug", IfVersion(3)))
	_, err = store.Get(ctx, "mug")
	require.ErrorIs(t, err, fault.ErrNotFound)
}

func TestTable(t *testing.T) { testStore(t, NewTable(newFakeDynamo(), "products")) }

func TestSave_RecognisesItsOwnWriteWhenTheAnswerWasLost(t *testing.T) {
	client := newFakeDynamo()
	store := NewTable(client, "products")
	client.loseAnswer = true
	created, err := store.Save(context.Background(), mug("mug"), IfAbsent())
	require.NoError(t, err)
	require.Equal(t, int64(1), created.Version)

	changed := mug("mug")
	changed.Stock, changed.UpdatedAt = 3, noon.Add(time.Minute)
	client.loseAnswer = true
	replaced, err := store.Save(context.Background(), changed, IfVersion(1))
	require.NoError(t, err)
	require.Equal(t, int64(2), replaced.Version)
	require.Equal(t, noon, replaced.CreatedAt)

	_, err = store.Save(context.Background(), changed, IfVersion(1))
	require.ErrorIs(t, err, fault.ErrPrecondition, "somebody else who saves the same at the same moment has not seen this version")
}

func TestTable_UsesOneActionPerMethod(t *testing.T) {
	ctx, client := context.Background(), newFakeDynamo()
	store := NewTable(client, "products")
	_, err := store.Save(ctx, mug("mug"), IfAbsent())
	require.NoError(t, err)
	_, err = store.Get(ctx, "mug")
	require.NoError(t, err)
	_, err = store.List(ctx, Query{Sort: ByName, Limit: 1})
	require.NoError(t, err)
	require.NoError(t, store.Delete(ctx, "mug", IfVersion(1)))
	require.Equal(t, map[string]int{"UpdateItem": 1, "GetItem": 1, "Query": 1, "DeleteItem": 1}, client.calls)
}

func TestTable_SaysWhatFailed(t *testing.T) {
	ctx, client := context.Background(), newFakeDynamo()
	client.err = errors.New("no route to host")
	store := NewTable(client, "products-1")
	_, err := store.Get(ctx, "mug")
	require.EqualError(t, err, `getting product "mug": no route to host`)
	_, err = store.List(ctx, Query{Sort: ByPrice, Limit: 1})
	require.EqualError(t, err, `querying index all-by-price of products-1: no route to host`)
	_, err = store.Save(ctx, mug("mug"), IfAbsent())
	require.EqualError(t, err, `saving product "mug": no route to host`)
	require.EqualError(t, store.Delete(ctx, "mug", IfExists()), `deleting product "mug": no route to host`)

	client.err = nil
	client.items["bad"] = key("bad")
	_, err = store.Get(ctx, "bad")
	require.ErrorContains(t, err, `reading the stored product "bad": createdAt`)
}

func TestCondition_Holds(t *testing.T) {
	stored := &Product{Version: 3}
	require.True(t, IfAbsent().Holds(nil))
	require.False(t, IfAbsent().Holds(stored))
	require.True(t, IfExists().Holds(stored))
	require.False(t, IfExists().Holds(nil))
	require.True(t, IfVersion(1, 3).Holds(stored))
	require.False(t, IfVersion(1).Holds(stored))
	require.False(t, Condition{}.Holds(stored))
	require.False(t, Condition{}.Holds(nil))
}
