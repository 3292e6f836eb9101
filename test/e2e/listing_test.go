//go:build e2e

package e2e

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/local/demo"
)

// fresh makes a list's address one that nobody has asked for yet, so that the answer cannot come from the front door's
// cache: a search for white space finds everything, and white space can be written in many ways.
func fresh(query url.Values) string {
	q := url.Values{}
	for name, values := range query {
		q[name] = values
	}
	mark := uint64(time.Now().UnixNano())<<16 | uint64(freshCount.Add(1)&0xffff)
	q.Set("q", strings.NewReplacer("0", " ", "1", "\t").Replace(fmt.Sprintf("%064b", mark))+q.Get("q"))
	return api("/products?") + q.Encode()
}

var freshCount atomic.Int64

// follow reads a list from its first page to its last. It leaves out what a broken off run of these tests has left behind.
func follow(t *testing.T, query url.Values) []product {
	t.Helper()
	var all []product
	limit := 0
	if _, err := fmt.Sscan(cmp.Or(query.Get("limit"), "24"), &limit); err != nil {
		t.Fatal(err)
	}
	path := fresh(query)
	for next := path; ; {
		p := decode[page](t, get(t, next), http.StatusOK)
		require.LessOrEqual(t, len(p.Items), limit)
		all = append(all, p.Items...)
		if p.NextCursor == "" {
			return slices.DeleteFunc(all, func(p product) bool { return othersOwn(p.Category) })
		}
		if query.Get("q") == "" {
			require.Len(t, p.Items, limit, "a page that is not the last must be full unless it is a search")
		}
		require.Less(t, len(all), 100_000, "the list has no end")
		next = path + "&cursor=" + url.QueryEscape(p.NextCursor)
	}
}

// orders are the sorts of the API, with what they promise about neighbours.
var orders = map[string]func(a, b product) int{
	"name":   func(a, b product) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) },
	"-name":  func(a, b product) int { return cmp.Compare(strings.ToLower(b.Name), strings.ToLower(a.Name)) },
	"price":  func(a, b product) int { return cmp.Compare(a.PriceCents, b.PriceCents) },
	"-price": func(a, b product) int { return cmp.Compare(b.PriceCents, a.PriceCents) },
	"newest": func(a, b product) int { return b.CreatedAt.Compare(a.CreatedAt) },
}

// Following the cursors gives every product that is in the table exactly once, in the order that was asked for.
func TestList_EveryProductExactlyOnce(t *testing.T) {
	table := catalogNow(t)
	count := map[string]int{}
	for _, p := range table {
		count[p.category]++
	}
	check := func(t *testing.T, category, sort, limit string) {
		t.Helper()
		got := follow(t, url.Values{"category": {category}, "sort": {sort}, "limit": {limit}})
		want := len(table)
		if category != "" {
			want = count[category]
		}
		require.Len(t, got, want)
		seen := map[string]bool{}
		for i, p := range got {
			require.False(t, seen[p.ID], "%s came twice", p.ID)
			seen[p.ID] = true
			require.Contains(t, table, p.ID)
			require.Equal(t, table[p.ID].name, p.Name)
			if category != "" {
				require.Equal(t, category, p.Category)
			}
			if i > 0 {
				require.LessOrEqual(t, orders[sort](got[i-1], p), 0, "%s before %s", got[i-1].ID, p.ID)
			}
		}
	}
	for sort := range orders {
		for _, limit := range []string{"7", "24", "100"} {
			t.Run(sort+"/"+limit, func(t *testing.T) {
				t.Parallel()
				check(t, "", sort, limit)
			})
		}
		t.Run(sort+"/categories", func(t *testing.T) {
			t.Parallel()
			for category := range count {
				check(t, category, sort, "100")
			}
			check(t, "kitchen", sort, "1")
			check(t, "kitchen", sort, "7")
			check(t, "no-such-category", sort, "24")
		})
	}
	t.Run("one at a time", func(t *testing.T) {
		t.Parallel()
		check(t, "", "newest", "1")
	})
	t.Run("default", func(t *testing.T) {
		t.Parallel()
		first := decode[page](t, get(t, fresh(nil)), http.StatusOK)
		require.Len(t, first.Items, min(24, len(table)))
		require.True(t, slices.IsSortedFunc(first.Items, orders["name"]))
	})
}

// Every product of the demo data is on sale as it is meant to be, with a picture that can be seen.
func TestList_DemoProducts(t *testing.T) {
	listed := map[string]product{}
	for _, p := range follow(t, url.Values{"limit": {"100"}}) {
		listed[p.ID] = p
	}
	require.GreaterOrEqual(t, len(demo.Products()), 200)
	soldOut := 0
	for _, category := range demo.Categories() {
		t.Run(label(category), func(t *testing.T) {
			t.Parallel()
			for _, d := range demo.Products() {
				if d.Category != category {
					continue
				}
				p, ok := listed[d.ID]
				require.True(t, ok, "demo product %s is missing; make up loads it again", d.ID)
				require.NotEmpty(t, p.Name)
				require.NotEmpty(t, p.Description)
				require.Positive(t, p.PriceCents)
				require.Equal(t, "EUR", p.Currency)
				require.GreaterOrEqual(t, p.Stock, int64(0))
				require.NotEmpty(t, p.Images)
				picture := get(t, p.Images[0])
				require.Equal(t, http.StatusOK, picture.status, p.Images[0])
				require.Equal(t, "image/svg+xml", picture.header.Get("Content-Type"))
				require.Contains(t, picture.body, "<svg")
				require.NotContains(t, picture.body, "<script")
			}
		})
	}
	for _, p := range listed {
		if p.Stock == 0 {
			soldOut++
		}
	}
	require.Positive(t, soldOut, "the demo data has products that are sold out, and says so")
}

func TestList_Search(t *testing.T) {
	var made []product
	for _, d := range []draft{
		newDraft("name", "Zyxtest Blåbär Kettle", "description", "Boils water."),
		newDraft("name", "Plain kettle", "description", "Not a ZYXTEST, 100 % \"steel\" (new)."),
		newDraft("name", "Something else", "description", "zyx test"),
	} {
		made = append(made, create(t, d))
	}
	for q, want := range map[string][]int{
		"zyxtest": {0, 1}, "ZYXTEST": {0, 1}, "yxtes": {0, 1}, "zyxtest kettle": {0, 1}, "kettle zyxtest": {0, 1}, "  zyxtest \t water ": {0},
		"zyxtest blåbär": {0}, "zyxtest BLÅBÄR": {0}, `zyxtest "steel"`: {1}, "zyxtest 100 %": {1}, "zyxtest (new)": {1}, "zyxtest nothing": {},
		run + " zyx": {0, 1, 2}, run + " else": {2},
	} {
		t.Run(q, func(t *testing.T) {
			t.Parallel()
			for _, category := range []string{"", run} {
				var got, wanted []string
				for _, p := range follow(t, url.Values{"q": {q}, "category": {category}, "limit": {"1"}}) {
					got = append(got, p.ID)
				}
				for _, i := range want {
					wanted = append(wanted, made[i].ID)
				}
				require.ElementsMatch(t, wanted, got)
			}
		})
	}
	t.Run("another category", func(t *testing.T) {
		t.Parallel()
		require.Empty(t, follow(t, url.Values{"q": {"zyxtest"}, "category": {"kitchen"}}))
	})
	t.Run("what a customer would look for", func(t *testing.T) {
		t.Parallel()
		found := follow(t, url.Values{"q": {"lamp"}})
		require.NotEmpty(t, found)
		for _, p := range found {
			require.Contains(t, strings.ToLower(p.Name+p.Description+p.Category), "lamp")
		}
	})
}
