package catalog

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
	"github.com/serverless-shop/serverless-shop/internal/contract"
)

const wholeBody = `{"name":"Cup","category":"kitchen","priceCents":450,"currency":"EUR","stock":3,"description":"Small.","images":["/media/c.svg"]}`

// TestContract holds the routes against the API's document.
func TestContract(t *testing.T) {
	c := contract.Load(t)
	c.Shows(t, "Product", Product{})
	c.Shows(t, "ProductList", listing{})
	c.Reads(t, "ProductDraft", Draft{})

	money := contract.Rules{"currency": "money in use"}
	c.Hold(t, "listProducts", nil, func() (handler.Func, handlertest.Request) { return newShop(t).List, handlertest.Request{} })
	c.Hold(t, "getProduct", nil, func() (handler.Func, handlertest.Request) {
		return newShop(t).Get, handlertest.Request{Path: map[string]string{"id": "mug"}}
	})
	c.Hold(t, "createProduct", money, func() (handler.Func, handlertest.Request) {
		return newShop(t).Create, admin(handlertest.Request{Body: wholeBody})
	})
	c.Hold(t, "putProduct", money, func() (handler.Func, handlertest.Request) {
		return newShop(t).Put, admin(put("mug", wholeBody, "If-Match", `"1"`))
	})
	c.Hold(t, "deleteProduct", nil, func() (handler.Func, handlertest.Request) {
		return newShop(t).Delete, admin(put("mug", "", "If-Match", `*`))
	})

	s := newShop(t)
	for _, test := range []struct {
		operation string
		route     handler.Func
		request   handlertest.Request
		status    int
	}{
		{"listProducts", s.List, handlertest.Request{Query: "category=kitchen&q=mug&sort=-price&limit=1"}, http.StatusOK},
		{"getProduct", s.Get, put("mug", "", "If-None-Match", `W/"1"`), http.StatusNotModified},
		{"getProduct", s.Get, put("mug", "", "If-Match", `"9"`), http.StatusPreconditionFailed},
		{"getProduct", s.Get, put("none", ""), http.StatusNotFound},
		{"putProduct", s.Put, admin(put("new", goodBody, "If-None-Match", "*")), http.StatusCreated},
		{"putProduct", s.Put, admin(put("mug", goodBody, "If-None-Match", `"1"`)), http.StatusBadRequest},
		{"putProduct", s.Put, admin(put("mug", goodBody)), http.StatusPreconditionRequired},
		{"putProduct", s.Put, admin(put("mug", goodBody, "If-Match", `"9"`)), http.StatusPreconditionFailed},
		{"putProduct", s.Put, admin(put("Mug", goodBody, "If-Match", `*`)), http.StatusBadRequest},
		{"deleteProduct", s.Delete, admin(put("mug", "")), http.StatusPreconditionRequired},
		{"deleteProduct", s.Delete, admin(put("mug", "", "If-Match", `1`)), http.StatusBadRequest},
		{"deleteProduct", s.Delete, admin(put("mug", "", "If-Match", `"9"`)), http.StatusPreconditionFailed},
		{"deleteProduct", s.Delete, admin(put("none", "", "If-Match", `*`)), http.StatusNotFound},
	} {
		require.Equal(t, test.status, c.Exchange(t, test.operation, test.route, test.request).Status, test.operation)
	}
	c.Complete(t, "listProducts", "getProduct", "createProduct", "putProduct", "deleteProduct")
}
