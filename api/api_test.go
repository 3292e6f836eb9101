package api_test

import (
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/serverless-shop/serverless-shop/api"
	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
	"github.com/serverless-shop/serverless-shop/internal/apipage"
	"github.com/serverless-shop/serverless-shop/internal/contract"
)

var update = flag.Bool("update", false, "write the page anew")

func of(file string) handlertest.Request {
	return handlertest.Request{Path: map[string]string{"file": file}}
}

func TestPage_IsThatOfTheDocument(t *testing.T) {
	want, err := apipage.Render(contract.Load(t), api.Events)
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile("index.html", want, 0o600))
	}
	got, err := os.ReadFile("index.html")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "refresh with: go test ./api -update")
}

// The site's Content Security Policy allows neither scripts and styles inside of pages nor anything from elsewhere.
func TestPage_KeepsToTheSitesPolicy(t *testing.T) {
	c := contract.Load(t)
	page := handlertest.Do(t, api.Docs, handlertest.Request{})
	ids, links := map[string]bool{}, []string{}
	tokens := html.NewTokenizer(strings.NewReader(page.Body))
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		token := tokens.Token()
		require.NotContains(t, []string{"script", "style", "iframe", "img", "form"}, token.Data)
		for _, a := range token.Attr {
			require.False(t, a.Key == "style" || strings.HasPrefix(a.Key, "on"), "%s of %s", a.Key, token.Data)
			switch a.Key {
			case "id":
				require.False(t, ids[a.Val], "two elements are called %s", a.Val)
				ids[a.Val] = true
			case "href":
				if a.Val == "data:," { // no icon, which the policy allows
					continue
				}
				links = append(links, a.Val)
			}
		}
	}
	for _, link := range links {
		if name, inside := strings.CutPrefix(link, "#"); inside {
			require.True(t, ids[name], "the link %s leads nowhere", link)
			continue
		}
		name, own := strings.CutPrefix(link, "docs/")
		require.True(t, own, "the link %s leads elsewhere", link)
		require.Equal(t, http.StatusOK, handlertest.Do(t, api.Docs, of(name)).Status, link)
	}
	for _, o := range c.Operations() {
		require.True(t, ids[o.ID], "%s is not described", o.ID)
	}
	require.True(t, ids["order-created.json"])
}

// TestContract holds the documentation and GET /health against the document.
func TestContract(t *testing.T) {
	c := contract.Load(t)
	document := c.Exchange(t, "apiDocsFile", api.Docs, of("openapi.yaml"))
	require.Equal(t, "application/yaml", document.Header["Content-Type"])
	require.Equal(t, string(api.Document), document.Body)
	page := c.Exchange(t, "apiDocs", api.Docs, handlertest.Request{})
	require.Equal(t, "text/html; charset=utf-8", page.Header["Content-Type"])
	require.True(t, strings.HasPrefix(page.Body, "<!doctype html>"))
	for file, want := range map[string]string{"style.css": "text/css; charset=utf-8", "order-created.json": "application/schema+json"} {
		require.Equal(t, want, c.Exchange(t, "apiDocsFile", api.Docs, of(file)).Header["Content-Type"])
	}
	for _, wrong := range []string{"index.html", "order-lost.json", "../openapi.yaml", "..%2f.json", ".json", "events"} {
		require.Equal(t, http.StatusNotFound, c.Exchange(t, "apiDocsFile", api.Docs, of(wrong)).Status, wrong)
	}
	for operation, request := range map[string]handlertest.Request{"apiDocs": {}, "apiDocsFile": of("openapi.yaml")} {
		fresh := c.Exchange(t, operation, api.Docs, request)
		require.Equal(t, "public, max-age=300", fresh.Header["Cache-Control"])
		request.Header = map[string]string{"If-None-Match": fresh.Header["ETag"]}
		require.Equal(t, http.StatusNotModified, c.Exchange(t, operation, api.Docs, request).Status)
		request.Header = map[string]string{"If-Match": `"another"`}
		require.Equal(t, http.StatusPreconditionFailed, c.Exchange(t, operation, api.Docs, request).Status)
	}
	require.Equal(t, http.StatusOK, c.Exchange(t, "health", handler.Health, handlertest.Request{}).Status)
	c.Complete(t, "apiDocs", "apiDocsFile", "health")
}
