package users

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
	"github.com/serverless-shop/serverless-shop/internal/contract"
)

// TestContract holds the routes against the API's document.
func TestContract(t *testing.T) {
	c := contract.Load(t)
	c.Shows(t, "Me", me{})
	c.Shows(t, "User", shown{})
	c.Shows(t, "UserList", listing{})
	c.Reads(t, "MeDraft", Draft{})
	c.Reads(t, "Address", Address{})
	c.Reads(t, "Invitation", Invitation{})

	registered := func() *shop {
		s := newShop(t)
		require.Equal(t, http.StatusOK, handlertest.Do(t, s.routes.Me, ann).Status)
		return s
	}
	c.Hold(t, "getMe", nil, func() (handler.Func, handlertest.Request) { return newShop(t).routes.Me, ann })
	c.Hold(t, "putMe", nil, func() (handler.Func, handlertest.Request) {
		return registered().routes.PutMe, put("*", `{"name":"Ann","shippingAddress":`+homeJSON+`}`).Signed(annID, CustomerGroup)
	})
	c.Hold(t, "deleteMe", nil, func() (handler.Func, handlertest.Request) { return registered().routes.DeleteMe, ann })
	c.Hold(t, "listUsers", nil, func() (handler.Func, handlertest.Request) {
		return newShop(t).routes.List, handlertest.Request{}.Signed(adminID, AdminGroup)
	})
	c.Hold(t, "getUser", nil, func() (handler.Func, handlertest.Request) {
		return newShop(t).routes.Get, on(annID).Signed(adminID, AdminGroup)
	})
	c.Hold(t, "createUser", contract.Rules{"email": "an address that can be delivered to"}, func() (handler.Func, handlertest.Request) {
		return newShop(t).routes.Create, with("", `{"email":"eve@shop.example","name":"Eve","groups":["customer"]}`).Signed(adminID, AdminGroup)
	})
	c.Hold(t, "setGroups", nil, func() (handler.Func, handlertest.Request) {
		return newShop(t).routes.SetGroups, with(annID, `{"groups":["customer"]}`).Signed(adminID, AdminGroup)
	})
	c.Hold(t, "deleteUser", nil, func() (handler.Func, handlertest.Request) {
		return newShop(t).routes.Delete, on(annID).Signed(adminID, AdminGroup)
	})

	s := registered()
	conditional := func(header, value string) handlertest.Request {
		r := ann
		r.Header = map[string]string{header: value}
		return r
	}
	unconditional := put("", `{"name":"Ann"}`)
	unconditional.Header = nil
	for _, test := range []struct {
		operation string
		route     handler.Func
		request   handlertest.Request
		status    int
	}{
		{"getMe", s.routes.Me, conditional("If-None-Match", `"1"`), http.StatusNotModified},
		{"getMe", s.routes.Me, conditional("If-Match", `"2", W/"3"`), http.StatusPreconditionFailed},
		{"putMe", s.routes.PutMe, unconditional, http.StatusPreconditionRequired},
		{"putMe", s.routes.PutMe, put(`"7"`, `{"name":"Anna"}`), http.StatusPreconditionFailed},
		{"putMe", s.routes.PutMe, put(`7`, `{"name":"Ann"}`), http.StatusBadRequest},
		{"deleteMe", s.routes.DeleteMe, admin, http.StatusConflict},
		{"getUser", s.routes.Get, on(noneID), http.StatusNotFound},
		{"createUser", s.routes.Create, with("", `{"email":"ann@shop.example","name":"Ann"}`), http.StatusConflict},
		{"setGroups", s.routes.SetGroups, with(noneID, `{"groups":[]}`), http.StatusNotFound},
		{"setGroups", s.routes.SetGroups, with(adminID, `{"groups":[]}`), http.StatusConflict},
		{"deleteUser", s.routes.Delete, on(noneID), http.StatusNotFound},
		{"deleteUser", s.routes.Delete, on(adminID), http.StatusConflict},
	} {
		require.Equal(t, test.status, c.Exchange(t, test.operation, test.route, test.request).Status, test.operation)
	}
	c.Complete(t, "getMe", "putMe", "deleteMe", "listUsers", "getUser", "createUser", "setGroups", "deleteUser")
}
