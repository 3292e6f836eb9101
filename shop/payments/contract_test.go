package payments

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
	"github.com/serverless-shop/serverless-shop/internal/contract"
)

// TestContract holds the route against the API's document.
func TestContract(t *testing.T) {
	c := contract.Load(t)
	c.Shows(t, "Payment", shown{})
	asked := handlertest.Request{Path: map[string]string{"orderId": one}}
	for token, status := range map[Token]Status{"tok_ok": Captured, "tok_declined": Declined, "tok_pending": Pending} {
		w := newWorld()
		_, _ = w.service().Charge(ctx, charge(token)) // a refusal is an error, and an outcome
		require.Equal(t, status, w.payments[one].Status)
		c.Hold(t, "getPayment", nil, func() (handler.Func, handlertest.Request) {
			return NewRoutes(w.fakeFinder()).Get, asked.Signed("u1")
		})
	}
	w := newWorld()
	_, err := w.service().Refund(ctx, one, Cause{"c1", "r1"}) // called off before it was begun
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, c.Exchange(t, "getPayment", NewRoutes(w.fakeFinder()).Get, asked.Signed("a1", "admin")).Status)
	require.Equal(t, http.StatusNotFound, c.Exchange(t, "getPayment", NewRoutes(w.fakeFinder()).Get, asked.Signed("u1")).Status)
	c.Complete(t, "getPayment")
}
