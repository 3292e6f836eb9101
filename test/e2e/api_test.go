//go:build e2e

package e2e

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHealth(t *testing.T) {
	a := get(t, api("/health"))
	require.Equal(t, http.StatusOK, a.status)
	require.JSONEq(t, `{"status":"ok"}`, a.body)
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
}

func TestMe(t *testing.T) {
	type profile struct {
		UserID    string    `json:"userId"`
		Email     string    `json:"email"`
		Name      string    `json:"name"`
		Groups    []string  `json:"groups"`
		Version   int64     `json:"version"`
		CreatedAt time.Time `json:"createdAt"`
		UpdatedAt time.Time `json:"updatedAt"`
	}
	for _, tt := range []struct {
		account account
		groups  []string
	}{
		{shop.customer, []string{"customer"}},
		{shop.admin, []string{"admin"}},
		{newAccount(t), []string{}},
	} {
		a := send(t, request{path: api("/users/me"), token: tokenOf(t, tt.account)})
		me := decode[profile](t, a, http.StatusOK)
		require.Equal(t, tt.account.email, me.Email)
		require.Equal(t, tt.groups, me.Groups)
		require.NotEmpty(t, me.UserID)
		require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	}
}

// A token lives for an hour, an account may end earlier.
func TestMe_OfADeletedAccount(t *testing.T) {
	a := newAccount(t)
	token := tokenOf(t, a)
	deleteAccount(t, a)
	requireProblem(t, send(t, request{path: api("/users/me"), token: token}), http.StatusUnauthorized)
}

func TestProduct_FromCreationToDeletion(t *testing.T) {
	t.Parallel()
	a := send(t, request{method: "POST", path: api("/products"), token: adminToken(t), body: newDraft("name", "  Blå kopp ☕ ").with("images", []string{"/media/products/kopp.svg"})})
	created := decode[product](t, a, http.StatusCreated)
	path := api("/products/") + created.ID
	require.Equal(t, path, a.header.Get("Location"))
	require.Equal(t, `"1"`, a.header.Get("ETag"))
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	require.Regexp(t, `^[a-z0-9][a-z0-9-]{0,63}$`, created.ID)
	require.WithinDuration(t, time.Now(), created.CreatedAt, time.Minute)
	require.Equal(t, product{
		ID: created.ID, Name: "Blå kopp ☕", Description: "A mug.\nFor tests.", Category: run, PriceCents: 1950, Currency: "EUR", Stock: 7,
		Images: []string{"/media/products/kopp.svg"}, Version: 1, CreatedAt: created.CreatedAt, UpdatedAt: created.CreatedAt,
	}, created)

	got := get(t, path)
	require.Equal(t, created, decode[product](t, got, http.StatusOK))
	require.Equal(t, `"1"`, got.header.Get("ETag"))
	require.Equal(t, "no-cache", got.header.Get("Cache-Control"))

	a = send(t, request{method: "PUT", path: path, token: adminToken(t), header: match(`"1"`), body: newDraft("name", "Red mug", "currency", "SEK").without("images")})
	replaced := decode[product](t, a, http.StatusOK)
	require.Equal(t, `"2"`, a.header.Get("ETag"))
	require.Equal(t, created.CreatedAt, replaced.CreatedAt)
	require.False(t, replaced.UpdatedAt.Before(created.UpdatedAt))
	want := created
	want.Name, want.Currency, want.Images, want.Version, want.UpdatedAt = "Red mug", "SEK", []string{}, 2, replaced.UpdatedAt
	require.Equal(t, want, replaced)
	require.Equal(t, want, decode[product](t, get(t, path), http.StatusOK))

	a = send(t, request{method: "DELETE", path: path, token: adminToken(t), header: match(`"2"`)})
	require.Equal(t, http.StatusNoContent, a.status)
	require.Empty(t, a.body)
	requireProblem(t, get(t, path), http.StatusNotFound)
	requireProblem(t, send(t, request{method: "DELETE", path: path, token: adminToken(t), header: match(`"2"`)}), http.StatusNotFound)
	requireProblem(t, send(t, request{method: "PUT", path: path, token: adminToken(t), header: match(`"2"`), body: newDraft()}), http.StatusPreconditionFailed)
}

func TestProduct_PutUnderAChosenID(t *testing.T) {
	t.Parallel()
	id := newID()
	put := request{method: "PUT", path: api("/products/") + id, token: adminToken(t), header: ifNoneMatch(), body: newDraft()}
	a := send(t, put)
	created := decode[product](t, a, http.StatusCreated)
	require.Equal(t, id, created.ID)
	require.Equal(t, api("/products/")+id, a.header.Get("Location"))
	requireProblem(t, send(t, put), http.StatusPreconditionFailed)
	require.Equal(t, created, decode[product](t, get(t, api("/products/")+id), http.StatusOK))
}

// The widest values that are allowed come back as they were sent.
func TestProduct_Limits(t *testing.T) {
	t.Parallel()
	longest := newDraft("name", strings.Repeat("ö", 120), "description", strings.Repeat("𝄞\n", 2000), "category", run+strings.Repeat("z", 40-len(run))).
		with("priceCents", 100_000_000).with("stock", 1_000_000).
		with("images", []string{"https://img.example/a?b=c", "/media/a%20b", "/media/3", "/media/4", "/media/5", "/media/6", "/media/7", "/media/8"})
	for name, d := range map[string]draft{
		"greatest": longest,
		"least":    newDraft("name", "x", "description", "").with("priceCents", 0).with("stock", 0).with("images", []string{}),
		// What would break a query, a page or a log if it were ever taken for more than text.
		"text that looks like code": newDraft("name", `"'; DROP TABLE x; <script>alert(1)</script> {{7*7}} ${x} :word0 #search`, "description", `attribute_not_exists(version) OR 1=1 \u0000 %00`),
	} {
		t.Run(name, func(t *testing.T) {
			p := create(t, d)
			for field, got := range map[string]any{
				"name": p.Name, "description": p.Description, "category": p.Category, "images": p.Images,
			} {
				require.Equal(t, d[field], got, field)
			}
			require.EqualValues(t, d["priceCents"], p.PriceCents)
			require.EqualValues(t, d["stock"], p.Stock)
			require.Equal(t, p, decode[product](t, get(t, api("/products/")+p.ID), http.StatusOK))
		})
	}
}

func TestProduct_UnknownOnes(t *testing.T) {
	requireNothingWritten(t)
	path := api("/products/") + newID()
	requireProblem(t, get(t, path), http.StatusNotFound)
	requireProblem(t, send(t, request{method: "DELETE", path: path, token: adminToken(t), header: match(`"1"`)}), http.StatusNotFound)
	requireProblem(t, send(t, request{method: "PUT", path: path, token: adminToken(t), header: match(`"1"`), body: newDraft()}), http.StatusPreconditionFailed)
	requireProblem(t, send(t, request{method: "PUT", path: path, token: adminToken(t), header: match(`*`), body: newDraft()}), http.StatusPreconditionFailed)
}

func TestUnknownRoutes(t *testing.T) {
	requireNothingWritten(t)
	for _, path := range []string{"/", "/unknown", "/products/a/b", "/products/", "/users/me/x", "/orders/a/b", "/payments", "/categories", "/health/x", "/Products", "/.env", "/actuator/env"} {
		t.Run(label(path), func(t *testing.T) {
			t.Parallel()
			for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
				requireProblem(t, send(t, request{method: method, path: api(path), token: adminToken(t)}), http.StatusNotFound)
			}
		})
	}
}

// A method that a route does not have never reaches the function of another method.
func TestUnknownMethods(t *testing.T) {
	victim := create(t, newDraft())
	requireNothingWritten(t)
	own := map[string][]string{
		"/products": {"GET", "POST"}, "/products/" + victim.ID: {"GET", "PUT", "DELETE"}, "/users/me": {"GET", "PUT", "DELETE"}, "/health": {"GET"},
		"/users": {"GET", "POST"}, "/orders": {"GET", "POST"}, "/payments/webhook": {"GET", "POST"},
	}
	for _, path := range slices.Sorted(maps.Keys(own)) {
		t.Run(label(path), func(t *testing.T) {
			t.Parallel()
			r := request{path: api(path), token: adminToken(t), header: match("*"), body: newDraft()}
			for _, r.method = range []string{"GET", "POST", "PUT", "DELETE"} {
				if !slices.Contains(own[path], r.method) {
					requireProblem(t, send(t, r), http.StatusNotFound)
				}
			}
			// These are refused by whoever looks at them first: front door, gateway or the shop.
			for _, r.method = range []string{"PATCH", "OPTIONS", "TRACE", "PURGE", "LINK", "get", "GETT"} {
				a := send(t, r)
				require.GreaterOrEqual(t, a.status, 400, r.method)
				requireNoLeak(t, a)
			}
			r.method, r.body = "HEAD", nil
			require.Empty(t, send(t, r).body)
		})
	}
}

func TestCorrelationID(t *testing.T) {
	sent := "e2e." + run + "_Z-9"
	for _, path := range []string{"/health", "/products/" + newID(), "/nowhere"} {
		a := send(t, request{path: api(path), header: http.Header{"X-Correlation-Id": {sent}}})
		require.Equal(t, sent, a.header.Get("X-Correlation-Id"))
		if a.status >= 400 {
			require.Equal(t, sent, requireProblem(t, a, http.StatusNotFound).CorrelationID)
		}
	}
	seen := map[string]bool{}
	for name, ids := range map[string][]string{
		"none": nil, "empty": {""}, "too long": {strings.Repeat("a", 65)}, "space": {"a b"}, "markup": {"<b>"}, "quotes": {`"}`}, "control": {"a\tb"},
		"not ASCII": {"é"}, "two": {"one", "two"}, "injection": {"a,b\\r\\nSet-Cookie: x"},
	} {
		a := send(t, request{path: api("/nowhere"), header: http.Header{"X-Correlation-Id": ids}})
		made := requireProblem(t, a, http.StatusNotFound).CorrelationID
		require.NotContains(t, ids, made, name)
		require.Len(t, a.header.Values("X-Correlation-Id"), 1, name)
		require.False(t, seen[made], "correlation id %s was given twice", made)
		seen[made] = true
	}
}
