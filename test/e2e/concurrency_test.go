//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// statuses sends requests at once and counts how they were answered.
func statuses(t *testing.T, n int, of func(i int) request) map[int]int {
	t.Helper()
	counts := map[int]int{}
	for _, a := range inParallel(n, func(i int) answer {
		a, err := ask(context.Background(), of(i))
		if err != nil {
			return answer{body: err.Error()}
		}
		return a
	}) {
		counts[a.status]++
		require.NotZero(t, a.status, a.body)
		if a.status >= 400 {
			requireProblem(t, a, http.StatusPreconditionFailed)
		}
	}
	return counts
}

func TestConcurrency_OfTwoChangesToOneVersionOneWins(t *testing.T) {
	t.Parallel()
	token, p := adminToken(t), create(t, newDraft())
	for round := range 3 { // of the name: a change of stock makes another version once the inventory has heard of it
		counts := statuses(t, 6, func(i int) request {
			return request{method: "PUT", path: api("/products/") + p.ID, token: token, header: match(p.etag()), body: newDraft("name", fmt.Sprintf("Mug %d of %d", i, round))}
		})
		require.Equal(t, map[int]int{http.StatusOK: 1, http.StatusPreconditionFailed: 5}, counts)
		version := p.Version
		p = decode[product](t, get(t, api("/products/")+p.ID), http.StatusOK)
		require.Equal(t, version+1, p.Version)
	}
}

func TestConcurrency_OfTwoCreationsOneWins(t *testing.T) {
	t.Parallel()
	token, id := adminToken(t), newID()
	counts := statuses(t, 6, func(i int) request {
		return request{method: "PUT", path: api("/products/") + id, token: token, header: ifNoneMatch(), body: newDraft().with("stock", i)}
	})
	require.Equal(t, map[int]int{http.StatusCreated: 1, http.StatusPreconditionFailed: 5}, counts)
	require.EqualValues(t, 1, decode[product](t, get(t, api("/products/")+id), http.StatusOK).Version)
}

func TestConcurrency_ADeletionAndAChangeExcludeEachOther(t *testing.T) {
	t.Parallel()
	token, p := adminToken(t), create(t, newDraft())
	var deleted, changed int
	for i, a := range inParallel(4, func(i int) answer {
		r := request{method: "PUT", path: api("/products/") + p.ID, token: token, header: match(`"1"`), body: newDraft()}
		if i%2 == 0 {
			r.method, r.body = "DELETE", nil
		}
		a, _ := ask(context.Background(), r) // no answer has status 0, which fails below
		return a
	}) {
		switch a.status {
		case http.StatusNoContent:
			deleted++
		case http.StatusOK:
			changed++
		case http.StatusNotFound:
			require.Zero(t, i%2, "a PUT answered 404")
		default:
			requireProblem(t, a, http.StatusPreconditionFailed)
		}
	}
	require.Equal(t, 1, deleted+changed)
}

func TestConcurrency_EveryPostMakesItsOwnProduct(t *testing.T) {
	t.Parallel()
	token := adminToken(t)
	ids := map[string]bool{}
	for _, a := range inParallel(6, func(int) answer {
		a, _ := ask(context.Background(), request{method: "POST", path: api("/products"), token: token, body: newDraft()})
		return a
	}) {
		ids[decode[product](t, a, http.StatusCreated).ID] = true
	}
	require.Len(t, ids, 6)
}

func TestConditions(t *testing.T) {
	t.Parallel()
	p := create(t, newDraft())
	path := api("/products/") + p.ID
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Add(pairs[i], pairs[i+1])
		}
		return h
	}
	for _, tt := range []struct {
		name, method string
		header       http.Header
		status       int
	}{
		{"fresh copy", "GET", header("If-None-Match", `"1"`), 304},
		{"fresh copy among others", "GET", header("If-None-Match", `"7", W/"1"`), 304},
		{"any copy", "GET", header("If-None-Match", "*"), 304},
		{"old copy", "GET", header("If-None-Match", `"0"`), 200},
		{"condition that is none", "GET", header("If-None-Match", "1"), 200},
		{"wanted version", "GET", header("If-Match", `"1"`), 200},
		{"another version wanted", "GET", header("If-Match", `"2"`), 412},

		{"no condition", "PUT", nil, 428},
		{"no condition", "DELETE", nil, 428},
		{"old version", "PUT", header("If-Match", `"0"`), 412},
		{"version to come", "DELETE", header("If-Match", `"2"`), 412},
		{"weak tag", "PUT", header("If-Match", `W/"1"`), 412},
		{"weak tag", "DELETE", header("If-Match", `W/"1"`), 412},
		{"other spelling of the version", "PUT", header("If-Match", `"01"`), 412},
		{"version that is no number", "DELETE", header("If-Match", `"abc"`), 412},
		{"huge version", "PUT", header("If-Match", `"99999999999999999999"`), 412},
		{"tag without quotes", "PUT", header("If-Match", "1"), 400},
		{"tag without quotes", "DELETE", header("If-Match", "1"), 400},
		{"open quote", "PUT", header("If-Match", `"1`), 400},
		{"creation of what exists", "PUT", header("If-None-Match", "*"), 412},
		{"creation unless it has a version", "PUT", header("If-None-Match", `"1"`), 400},
		{"deletion of what does not exist", "DELETE", header("If-None-Match", "*"), 400},
		{"both conditions", "PUT", header("If-Match", `"1"`, "If-None-Match", "*"), 400},
	} {
		t.Run(tt.method+" "+tt.name, func(t *testing.T) {
			r := request{method: tt.method, path: path, token: adminToken(t), header: tt.header}
			if tt.method == "PUT" {
				r.body = newDraft("name", "Changed")
			}
			a := send(t, r)
			switch tt.status {
			case 200:
				require.Equal(t, p, decode[product](t, a, 200))
			case 304:
				require.Equal(t, 304, a.status)
				require.Empty(t, a.body)
				require.Equal(t, `"1"`, a.header.Get("ETag"))
			default:
				requireProblem(t, a, tt.status)
			}
		})
	}
	require.Equal(t, p, decode[product](t, get(t, path), 200), "the product was changed")
	t.Run("any version", func(t *testing.T) {
		a := send(t, request{method: "PUT", path: path, token: adminToken(t), header: match("*"), body: newDraft("name", "Changed")})
		require.EqualValues(t, 2, decode[product](t, a, 200).Version)
		require.Equal(t, 204, send(t, request{method: "DELETE", path: path, token: adminToken(t), header: match(`"7", "2"`)}).status)
	})
}
