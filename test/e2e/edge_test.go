//go:build e2e

package e2e

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The front door stands in for CloudFront; what it does is declared by the stack. These tests hold on AWS as well.

const (
	hit  = "Hit from cloudfront"
	miss = "Miss from cloudfront"
)

func TestCache_ListsAreKept(t *testing.T) {
	path := fresh(url.Values{"limit": {"3"}})
	first := get(t, path)
	require.Equal(t, miss, first.header.Get("X-Cache"))
	require.Equal(t, "public, max-age=300", first.header.Get("Cache-Control"))
	require.Empty(t, first.header.Get("Age"))

	second := get(t, path)
	require.Equal(t, hit, second.header.Get("X-Cache"))
	age, err := strconv.Atoi(second.header.Get("Age"))
	require.NoError(t, err, "a kept answer tells its age")
	require.Less(t, age, 300)
	require.Equal(t, first.body, second.body)

	for name, other := range map[string]string{"another limit": strings.Replace(path, "limit=3", "limit=2", 1), "a parameter more": path + "&sort=price"} {
		require.Equal(t, miss, get(t, other).header.Get("X-Cache"), name)
	}
	// A list is the same for everybody, so nothing that a client sends about itself makes another answer, or gets into it.
	a := send(t, request{path: path, token: customerToken(t), header: http.Header{
		"Cookie": {"a=b"}, "X-Forwarded-Host": {"evil.example"}, "Accept-Language": {"fi"}, "Cache-Control": {"no-cache"},
	}})
	require.Equal(t, hit, a.header.Get("X-Cache"))
	require.Equal(t, first.body, a.body)
}

func TestCache_APoisonedFirstRequestHarmsNobody(t *testing.T) {
	path := fresh(url.Values{"limit": {"3"}})
	send(t, request{path: path, header: http.Header{
		"X-Forwarded-Host": {"evil.example"}, "X-Original-Url": {"/api/users/me"}, "Origin": {"https://evil.example"}, "If-None-Match": {"*"}, "Range": {"bytes=0-3"},
	}})
	a := get(t, path)
	require.Len(t, decode[page](t, a, http.StatusOK).Items, 3)
	require.NotContains(t, a.body, "evil.example")
	for _, values := range a.header {
		require.NotContains(t, strings.Join(values, " "), "evil.example")
	}
}

func TestCache_NothingElseOfTheAPIIsKept(t *testing.T) {
	p := create(t, newDraft())
	for _, r := range []request{
		{path: api("/products/") + p.ID}, {path: api("/users/me"), token: customerToken(t)}, {path: api("/users/me"), token: adminToken(t)},
		{path: api("/health")}, {path: api("/products/") + newID()}, {path: api("/nowhere")}, {path: api("/users/me")},
	} {
		for range 2 {
			a := send(t, r)
			require.NotContains(t, a.header.Get("X-Cache"), "Hit", r.path)
			require.Empty(t, a.header.Get("Age"), r.path)
		}
	}
	// A change is seen at once.
	path := api("/products/") + p.ID
	send(t, request{method: "PUT", path: path, token: adminToken(t), header: match(p.etag()), body: newDraft().with("stock", 0)})
	require.Zero(t, decode[product](t, get(t, path), http.StatusOK).Stock)
	// Two people never see each other's answer.
	require.Contains(t, send(t, request{path: api("/users/me"), token: adminToken(t)}).body, shop.admin.email)
	require.Contains(t, send(t, request{path: api("/users/me"), token: customerToken(t)}).body, shop.customer.email)
}

var assetPath = regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`)

// assets are the files that the start page loads.
func assets(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, m := range assetPath.FindAllStringSubmatch(get(t, "/").body, -1) {
		paths = append(paths, m[1])
	}
	require.NotEmpty(t, paths, "the start page loads no assets")
	return paths
}

func TestSite_Assets(t *testing.T) {
	types := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
	for _, path := range assets(t) {
		a := get(t, path)
		require.Equal(t, http.StatusOK, a.status, path)
		require.Equal(t, "public, max-age=31536000, immutable", a.header.Get("Cache-Control"), path)
		require.Equal(t, types[path[strings.LastIndex(path, "."):]], a.header.Get("Content-Type"), path)
		require.Equal(t, hit, get(t, path).header.Get("X-Cache"), path)
		compressed := send(t, request{path: path, header: http.Header{"Accept-Encoding": {"gzip"}}})
		if len(a.body) > 1000 {
			require.Equal(t, "gzip", compressed.header.Get("Content-Encoding"), path)
			require.Less(t, len(compressed.body), len(a.body), path)
		}
		require.Equal(t, http.StatusNotModified, send(t, request{path: path, header: http.Header{"If-None-Match": {a.header.Get("ETag")}}}).status, path)
	}
}

func TestSite_PagesAndFallback(t *testing.T) {
	start := get(t, "/")
	require.Equal(t, http.StatusOK, start.status)
	require.Contains(t, start.body, `<div id="root">`)
	for _, path := range []string{"/", "/index.html", "/products/x", "/sign-in", "/sign-up/confirm", "/no/such/page", "/?q=lamp", "/products/%2e%2e%2fx"} {
		a := get(t, path)
		require.Equal(t, http.StatusOK, a.status, path)
		require.Equal(t, start.body, a.body, path)
		require.Equal(t, "text/html; charset=utf-8", a.header.Get("Content-Type"), path)
		require.Equal(t, "no-cache", a.header.Get("Cache-Control"), path)
	}
	a := get(t, "/config.json")
	require.Equal(t, "no-cache", a.header.Get("Cache-Control"))
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	// What looks like a file and is none is refused: 404, or 403 where S3 does not tell. Never a page in its place.
	for _, path := range []string{"/assets/missing.js", "/missing.png", "/media/products/missing.svg", "/media/", "/products/x.js", "/.env"} {
		a := get(t, path)
		require.Contains(t, []int{http.StatusNotFound, http.StatusForbidden}, a.status, path)
		require.NotContains(t, a.body, "<html", path)
		require.NotContains(t, a.body, "ListBucketResult", path)
	}
	requireProblem(t, get(t, api("/unknown")), http.StatusNotFound)
	// The site is read-only.
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
		for _, path := range []string{"/", "/index.html", "/assets/x.js", "/media/products/x.svg"} {
			require.Equal(t, http.StatusForbidden, send(t, request{method: method, path: path, body: "x"}).status, "%s %s", method, path)
		}
	}
}

func TestSite_SecurityHeaders(t *testing.T) {
	for _, r := range []request{
		{path: "/"}, {path: "/sign-in"}, {path: assets(t)[0]}, {path: "/config.json"}, {path: decode[page](t, get(t, fresh(nil)), http.StatusOK).Items[0].Images[0]},
		{path: "/assets/missing.js"}, {path: api("/health")}, {path: api("/products")}, {path: api("/nowhere")}, {path: api("/users/me")},
		{path: api("/users/me"), token: customerToken(t)},
	} {
		h := send(t, r).header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "^nosniff$", "X-Frame-Options": "^DENY$", "Referrer-Policy": "^strict-origin-when-cross-origin$",
			"Strict-Transport-Security": `^max-age=(\d{8,}); includeSubDomains`, "Permissions-Policy": `camera=\(\)`,
		} {
			require.Len(t, h.Values(name), 1, "%s %s", r.path, name)
			require.Regexp(t, want, h.Get(name), r.path)
		}
		policy := h.Get("Content-Security-Policy")
		for _, directive := range []string{"default-src 'self'", "script-src 'self'", "style-src 'self'", "object-src 'none'", "base-uri 'self'", "frame-ancestors 'none'", "form-action 'self'"} {
			require.Contains(t, policy, directive, r.path)
		}
		require.NotContains(t, policy, "unsafe", r.path)
		require.NotRegexp(t, `[ :]\*`, policy, r.path)
		for _, name := range []string{"Server", "X-Powered-By", "X-Amz-Server-Side-Encryption", "X-Amz-Version-Id", "Access-Control-Allow-Origin"} {
			require.Empty(t, h.Values(name), "%s %s", r.path, name)
		}
	}
}

// No page of another origin can use the API with a browser.
func TestSite_OtherOriginsMayNotCall(t *testing.T) {
	for _, method := range []string{"GET", "OPTIONS"} {
		a := send(t, request{method: method, path: api("/users/me"), header: http.Header{
			"Origin": {"https://evil.example"}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Headers": {"authorization"},
		}})
		require.GreaterOrEqual(t, a.status, 400)
		require.Empty(t, a.header.Get("Access-Control-Allow-Origin"))
	}
}
