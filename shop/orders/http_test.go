package orders

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
)

// shop is the orders' part of the API over a fake DynamoDB.
type shop struct {
	client   *fakeDynamo
	service  *Service
	project  func(t *testing.T, orderID string)
	checkout *Checkout
	lists    *Lists
	routes   *Routes
}

func newShop(t *testing.T) *shop {
	t.Helper()
	client, table, views := newFakeTables()
	service := newTestService(table)
	return &shop{
		client: client, service: service, checkout: NewCheckout(service, goods), lists: NewLists(views), routes: NewRoutes(service),
		project: func(t *testing.T, orderID string) {
			t.Helper()
			require.NoError(t, NewProjector(table, views).Project(ctx, orderID))
		},
	}
}

// post is a good request for an order.
func post(t *testing.T, key string) handlertest.Request {
	t.Helper()
	body, err := json.Marshal(draft())
	require.NoError(t, err)
	return handlertest.Request{Method: "POST", Header: map[string]string{"Idempotency-Key": key, "X-Correlation-Id": "corr-1"}, Body: string(body)}
}

// order places an order and returns its id.
func (s *shop) order(t *testing.T, customer, key string) string {
	t.Helper()
	response := handlertest.Do(t, s.checkout.Place, post(t, key).Signed(customer))
	require.Equal(t, 201, response.Status, response.Body)
	var placed View
	response.JSON(t, &placed)
	s.project(t, placed.ID)
	return placed.ID
}

// aboutOrder is a request about one order.
func aboutOrder(method, id, body string) handlertest.Request {
	return handlertest.Request{Method: method, Path: map[string]string{"id": id}, Body: body}
}

func TestRoutes_PlaceOrder(t *testing.T) {
	s := newShop(t)
	response := handlertest.Do(t, s.checkout.Place, post(t, "key").Signed("ada"))
	require.Equal(t, 201, response.Status)
	require.Equal(t, "/api/orders/order-1", response.Header["Location"])
	require.JSONEq(t, `{"orderId":"order-1","status":"PENDING","totalCents":6579,"currency":"EUR","version":1,
		"lines":[{"productId":"mug","name":"Mug","quantity":2,"priceCents":1290},{"productId":"teapot","name":"Teapot","quantity":1,"priceCents":3999}],
		"createdAt":"2026-03-01T12:00:00Z","updatedAt":"2026-03-01T12:00:00Z"}`, response.Body)
	again := handlertest.Do(t, s.checkout.Place, post(t, "key").Signed("ada"))
	require.Equal(t, response, again, "the same answer")
	order, _, err := s.service.store.Load(ctx, "order-1")
	require.NoError(t, err)
	require.Equal(t, "ada", order.CustomerID)
	require.True(t, order.CausedBy("corr-1"))
}

func TestRoutes_PlaceOrderRefuses(t *testing.T) {
	s := newShop(t)
	with := func(change func(*handlertest.Request)) handlertest.Request {
		r := post(t, "key").Signed("ada")
		change(&r)
		return r
	}
	unsigned := post(t, "key")
	handlertest.Do(t, s.checkout.Place, unsigned).Problem(t, 401)
	for name, test := range map[string]struct {
		request handlertest.Request
		status  int
		field   string
	}{
		"no key":     {with(func(r *handlertest.Request) { delete(r.Header, "Idempotency-Key") }), 400, "Idempotency-Key"},
		"a long key": {with(func(r *handlertest.Request) { r.Header["Idempotency-Key"] = strings.Repeat("k", 65) }), 400, "Idempotency-Key"},
		"no body":    {with(func(r *handlertest.Request) { r.Body = ""; r.Header["Content-Type"] = "application/json" }), 400, "body"},
		"a customer": {with(func(r *handlertest.Request) { r.Body = strings.Replace(r.Body, "{", `{"customerId":"grace",`, 1) }), 400, "customerId"},
		"a price": {with(func(r *handlertest.Request) {
			r.Body = strings.Replace(r.Body, `"quantity"`, `"priceCents":1,"quantity"`, 1)
		}), 400, "lines[0].priceCents"},
		"two quantities": {with(func(r *handlertest.Request) {
			r.Body = strings.Replace(r.Body, `"quantity":2`, `"quantity":2,"quantity":9`, 1)
		}), 400, "lines[0].quantity"},
		"no quantity":     {with(func(r *handlertest.Request) { r.Body = strings.Replace(r.Body, `"quantity":2`, `"quantity":0`, 1) }), 400, "lines[0].quantity"},
		"unknown product": {with(func(r *handlertest.Request) { r.Body = strings.Replace(r.Body, `"teapot"`, `"unicorn"`, 1) }), 422, "lines[1].productId"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, handlertest.Do(t, s.checkout.Place, test.request).Problem(t, test.status), test.field)
			require.Empty(t, s.client.tables["orders"])
		})
	}
	s.order(t, "ada", "key")
	handlertest.Do(t, s.checkout.Place, with(func(r *handlertest.Request) { r.Body = strings.Replace(r.Body, `"quantity":2`, `"quantity":3`, 1) })).Problem(t, 422)
}

func TestRoutes_AnOrderIsItsOwnersAlone(t *testing.T) {
	s := newShop(t)
	id := s.order(t, "ada", "key")
	for name, route := range map[string]handler.Func{"get": s.routes.Get, "cancel": s.routes.Cancel, "return": s.routes.Return} {
		handlertest.Do(t, route, aboutOrder("POST", id, `{"reason":"x"}`)).Problem(t, 401)
		foreign := handlertest.Do(t, route, aboutOrder("POST", id, `{"reason":"x"}`).Signed("grace"))
		foreign.Problem(t, 404)
		missing := handlertest.Do(t, route, aboutOrder("POST", "order-2", `{"reason":"x"}`).Signed("grace"))
		missing.Problem(t, 404)
		for _, wrong := range []string{"", "ORDER-1", "order#1", strings.Repeat("a", 65)} {
			handlertest.Do(t, route, aboutOrder("POST", wrong, `{"reason":"x"}`).Signed("ada")).Problem(t, 404)
		}
		if name != "get" {
			handlertest.Do(t, route, aboutOrder("POST", id, `{"reason":"x"}`).Signed("boss", AdminGroup)).Problem(t, 404)
		}
	}
	require.Equal(t, 200, handlertest.Do(t, s.routes.Get, aboutOrder("GET", id, "").Signed("boss", AdminGroup)).Status)
}

func TestRoutes_GetShowsTheHistory(t *testing.T) {
	s := newShop(t)
	id := s.order(t, "ada", "key")
	for _, name := range []string{"reserve", "pay", "ship", "request return"} {
		_, err := s.service.change(ctx, id, commands[name])
		require.NoError(t, err)
	}
	var got detailed
	handlertest.Do(t, s.routes.Get, aboutOrder("GET", id, "").Signed("ada")).JSON(t, &got)
	require.Equal(t, ReturnRequested, got.Status)
	require.Equal(t, []string{"shipment", "tracking"}, []string{got.ShipmentID, got.TrackingNumber})
	require.Equal(t, &Return{StageRequested, "too small"}, got.Return)
	require.Equal(t, []Step{
		{"Order Created", noon}, {"Order Reserved", noon.Add(time.Second)}, {"Order Paid", noon.Add(2 * time.Second)},
		{"Order Shipped", noon.Add(3 * time.Second)}, {"Return Requested", noon.Add(4 * time.Second)},
	}, got.History)
}

func TestRoutes_GetShowsNothingOfACustomerWhoLeft(t *testing.T) {
	s := newShop(t)
	id := s.order(t, "ada", "key")
	for _, name := range []string{"reserve", "pay", "ship", "request return"} {
		_, err := s.service.change(ctx, id, commands[name])
		require.NoError(t, err)
	}
	require.NoError(t, s.service.store.(*Table).RemovePrivate(ctx, id))
	handlertest.Do(t, s.routes.Get, aboutOrder("GET", id, "").Signed("ada")).Problem(t, 404)
	handlertest.Do(t, s.routes.Cancel, aboutOrder("POST", id, "").Signed("ada")).Problem(t, 401)
	handlertest.Do(t, s.routes.Return, aboutOrder("POST", id, `{"reason":"too small"}`).Signed("ada")).Problem(t, 401)
	var got detailed
	handlertest.Do(t, s.routes.Get, aboutOrder("GET", id, "").Signed("boss", AdminGroup)).JSON(t, &got)
	require.Equal(t, ReturnRequested, got.Status)
	require.Empty(t, got.ShipmentID+got.TrackingNumber+got.Return.Reason)
	require.Len(t, got.History, 5)
}

func TestRoutes_CancelAndReturn(t *testing.T) {
	s := newShop(t)
	id := s.order(t, "ada", "key")
	handlertest.Do(t, s.routes.Return, aboutOrder("POST", id, `{"reason":"too small"}`).Signed("ada")).Problem(t, 409)
	for range 2 {
		response := handlertest.Do(t, s.routes.Cancel, aboutOrder("POST", id, "").Signed("ada"))
		require.Equal(t, 200, response.Status)
		require.Contains(t, response.Body, `"status":"CANCELLED"`)
	}
	shipped := s.order(t, "ada", "another")
	for _, name := range []string{"reserve", "pay", "ship"} {
		_, err := s.service.change(ctx, shipped, commands[name])
		require.NoError(t, err)
	}
	handlertest.Do(t, s.routes.Cancel, aboutOrder("POST", shipped, "").Signed("ada")).Problem(t, 409)
	require.Contains(t, handlertest.Do(t, s.routes.Return, aboutOrder("POST", shipped, `{"reason":""}`).Signed("ada")).Problem(t, 400), "reason")
	for range 2 {
		response := handlertest.Do(t, s.routes.Return, aboutOrder("POST", shipped, `{"reason":"too small"}`).Signed("ada"))
		require.Equal(t, 202, response.Status)
		require.Contains(t, response.Body, `"return":{"stage":"REQUESTED","reason":"too small"}`)
	}
}

func TestRoutes_Lists(t *testing.T) {
	s := newShop(t)
	for i := range 5 {
		s.order(t, "ada", strconv.Itoa(i))
	}
	s.order(t, "grace", "key")
	list := func(query string, groups ...string) handlertest.Response {
		return handlertest.Do(t, s.lists.List, handlertest.Request{Query: query}.Signed("ada", groups...))
	}
	read := func(r handlertest.Response) (ids []string, next string) {
		require.Equal(t, 200, r.Status, r.Body)
		var body listing
		r.JSON(t, &body)
		for _, v := range body.Items {
			ids = append(ids, v.ID)
		}
		return ids, body.NextCursor
	}
	ids, next := read(list("limit=2"))
	require.Equal(t, []string{"order-5", "order-4"}, ids)
	ids, next = read(list("limit=5&cursor=" + next))
	require.Equal(t, []string{"order-3", "order-2", "order-1"}, ids)
	require.Empty(t, next)
	ids, _ = read(list("status=PENDING"))
	require.Len(t, ids, 5, "customers see their own")
	ids, _ = read(list("status=PENDING", AdminGroup))
	require.Len(t, ids, 6, "administrators see all of a status")
	ids, _ = read(list("", AdminGroup))
	require.Len(t, ids, 5, "or their own")
	ids, _ = read(list("status=FAILED"))
	require.Empty(t, ids)

	_, next = read(list("limit=1"))
	require.Contains(t, list("status=PENDING&cursor="+next).Problem(t, 400), "cursor", "of another list")
	grace := handlertest.Do(t, s.lists.List, handlertest.Request{Query: "cursor=" + next}.Signed("grace"))
	require.Contains(t, grace.Problem(t, 400), "cursor", "of another customer")
	for query, field := range map[string]string{
		"limit=0": "limit", "limit=101": "limit", "limit=x": "limit", "status=EATEN": "status", "cursor=x": "cursor", "sort=price": "query",
		"limit=1&limit=2": "limit", "cursor=" + strings.Repeat("a", 2000): "cursor", "cursor=e30": "cursor",
	} {
		require.Contains(t, list(query).Problem(t, 400), field, query)
	}
	handlertest.Do(t, s.lists.List, handlertest.Request{}).Problem(t, 401)
}
