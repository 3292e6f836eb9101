//go:build e2e

package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	promises "github.com/serverless-shop/serverless-shop/api"
)

func TestDocs(t *testing.T) {
	for path, contentType := range map[string]string{
		"/docs": "text/html; charset=utf-8", "/docs/style.css": "text/css; charset=utf-8",
		"/docs/openapi.yaml": "application/yaml", "/docs/order-created.json": "application/schema+json",
	} {
		a := get(t, api(path))
		require.Equal(t, http.StatusOK, a.status, path)
		require.Equal(t, contentType, a.header.Get("Content-Type"), path)
		require.Equal(t, "public, max-age=300", a.header.Get("Cache-Control"), path)
		require.Equal(t, hit, get(t, api(path)).header.Get("X-Cache"), path)
		again := send(t, request{path: api(path), header: http.Header{"If-None-Match": {a.header.Get("ETag")}}})
		require.Equal(t, http.StatusNotModified, again.status, path)
	}
	require.Equal(t, string(promises.Document), get(t, api("/docs/openapi.yaml")).body)
	requireProblem(t, get(t, api("/docs/order-lost.json")), http.StatusNotFound)
}

// The page has its style although the site's policy forbids what is inside of pages, and fits every screen.
func TestBrowser_Docs(t *testing.T) {
	for name, size := range sizes {
		t.Run(name, func(t *testing.T) {
			b := newTab(t, size.width, size.height)
			b.open(api("/docs") + "#placeOrder")
			require.Equal(t, "flex", eval[string](b, `getComputedStyle(document.querySelector('nav')).display`), "the page has no style")
			b.click(`#placeOrder summary`)
			b.wait(`document.querySelector('#placeOrder').open`)
			b.requireFits()
		})
	}
}
