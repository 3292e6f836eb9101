package api

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// page is the documentation as people read it, and stylesheet how it looks. The sheet is a file of its own because the site's Content
// Security Policy allows no style inside of pages.
var (
	//go:embed index.html
	page []byte
	//go:embed style.css
	stylesheet []byte
)

// cacheDocs lets everybody on the way keep the documentation for five minutes.
const cacheDocs = "public, max-age=300"

// Docs answers GET /docs with a page, and GET /docs/{file} with the files around it: openapi.yaml, the page's style.css, and the events'
// schemas such as order-created.json.
func Docs(_ context.Context, r *handler.Request) (*handler.Response, error) {
	contentType, content := file(r.PathValue("file"))
	if content == nil {
		return nil, fault.New(fault.ErrNotFound, "There is no file %s here; openapi.yaml is.", fault.Quote(r.PathValue("file")))
	}
	sum := sha256.Sum256(content)
	return handler.Text(http.StatusOK, contentType, string(content)).
		With("Cache-Control", cacheDocs).WithETag(hex.EncodeToString(sum[:8])), nil
}

// file returns a file of the documentation by its name, which is empty for the page; nil if there is none.
func file(name string) (contentType string, content []byte) {
	switch {
	case name == "":
		return "text/html; charset=utf-8", page
	case name == "style.css":
		return "text/css; charset=utf-8", stylesheet
	case name == "openapi.yaml":
		return "application/yaml", Document
	case strings.HasSuffix(name, ".json"):
		schema, err := Events.ReadFile("events/" + name)
		if err != nil {
			return "", nil
		}
		return "application/schema+json", schema
	}
	return "", nil
}
