package orders

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
	"github.com/serverless-shop/serverless-shop/internal/contract"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// TestContract holds the routes against the API's document.
func TestContract(t *testing.T) {
	c := contract.Load(t)
	c.Reads(t, "OrderDraft", Draft{})
	c.Reads(t, "Address", Address{})
	c.Shows(t, "OrderLine", event.Line{})
	c.Shows(t, "Return", Return{})
	c.Shows(t, "Step", Step{})
	c.Shows(t, "OrderList", listing{})

	c.Hold(t, "placeOrder", contract.Rules{"lines": "each product once"}, func() (handler.Func, handlertest.Request) {
		return newShop(t).checkout.Place, post(t, "key").Signed("ada")
	})
	c.Hold(t, "listOrders", nil, func() (handler.Func, handlertest.Request) {
		return newShop(t).lists.List, handlertest.Request{}.Signed("ada")
	})
	c.Hold(t, "getOrder", nil, func() (handler.Func, handlertest.Request) {
		s := newShop(t)
		return s.routes.Get, aboutOrder("GET", s.order(t, "ada", "key"), "").Signed("ada")
	})
	c.Hold(t, "cancelOrder", nil, func() (handler.Func, handlertest.Request) {
		s := newShop(t)
		return s.routes.Cancel, aboutOrder("POST", s.order(t, "ada", "key"), "").Signed("ada")
	})
	c.Hold(t, "returnOrder", nil, func() (handler.Func, handlertest.Request) {
		s := newShop(t)
		return s.routes.Return, aboutOrder("POST", s.shipped(t), `{"reason":"too small"}`).Signed("ada")
	})

	s := newShop(t)
	pending := s.order(t, "ada", "pending")
	shipped := s.shipped(t)
	noKey := post(t, "").Signed("ada")
	delete(noKey.Header, "Idempotency-Key")
	for _, test := range []struct {
		operation string
		route     handler.Func
		request   handlertest.Request
		status    int
	}{
		{"placeOrder", s.checkout.Place, noKey, http.StatusBadRequest},
		{"placeOrder", s.checkout.Place, post(t, "ö").Signed("ada"), http.StatusBadRequest},
		{"returnOrder", s.routes.Return, aboutOrder("POST", pending, `{"reason":"too small"}`).Signed("ada"), http.StatusConflict},
		{"returnOrder", s.routes.Return, aboutOrder("POST", shipped, `{"reason":"too small"}`).Signed("ada"), http.StatusAccepted},
		{"returnOrder", s.routes.Return, aboutOrder("POST", "none", `{"reason":"too small"}`).Signed("ada"), http.StatusNotFound},
		{"getOrder", s.routes.Get, aboutOrder("GET", shipped, "").Signed("ada"), http.StatusOK},
		{"getOrder", s.routes.Get, aboutOrder("GET", "NONE", "").Signed("ada"), http.StatusNotFound},
		{"cancelOrder", s.routes.Cancel, aboutOrder("POST", "none", "").Signed("ada"), http.StatusNotFound},
		{"cancelOrder", s.routes.Cancel, aboutOrder("POST", shipped, "").Signed("ada"), http.StatusConflict},
		{"listOrders", s.lists.List, handlertest.Request{Query: "limit=1"}.Signed("ada"), http.StatusOK},
	} {
		require.Equal(t, test.status, c.Exchange(t, test.operation, test.route, test.request).Status, test.operation)
	}
	c.Complete(t, "placeOrder", "listOrders", "getOrder", "cancelOrder", "returnOrder")
}

// shipped places an order whose parcel is on its way, and returns its id.
func (s *shop) shipped(t *testing.T) string {
	t.Helper()
	id := s.order(t, "ada", "shipped")
	for _, name := range []string{"reserve", "pay", "ship"} {
		_, err := s.service.change(ctx, id, commands[name])
		require.NoError(t, err)
	}
	return id
}
