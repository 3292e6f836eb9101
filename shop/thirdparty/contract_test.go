package thirdparty

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/internal/contract"
)

// TestContract holds the receiver against what the API's document tells third parties.
func TestContract(t *testing.T) {
	c := contract.Load(t)
	c.Reads(t, "Notice", Notice{})
	var acted []Notice
	for _, operation := range []string{"paymentWebhook", "carrierWebhook"} {
		for body, status := range map[string]int{
			notice: http.StatusOK,
			`{"id":"e-1","type":"x","orderId":"o","reference":"r","correlationId":"c","createdAt":"2026-03-01T12:00:00Z"}`: http.StatusOK,
			`{"id":"e 1","type":"x","orderId":"o"}`:                             http.StatusBadRequest,
			`{"id":"e1","type":"","orderId":"o"}`:                               http.StatusBadRequest,
			`{"id":"e1","type":"x"}`:                                            http.StatusBadRequest,
			`{"id":"e1","type":"x","orderId":"o","createdAt":"today"}`:          http.StatusBadRequest,
			`{"id":"` + strings.Repeat("e", 65) + `","type":"x","orderId":"o"}`: http.StatusBadRequest,
			`[]`: http.StatusBadRequest,
			`{"id":"e1","type":"x","orderId":"` + strings.Repeat("o", 64<<10) + `"}`: http.StatusRequestEntityTooLarge,
		} {
			got := c.Exchange(t, operation, receiver(&acted, nil).Receive, signed(body, "key"))
			require.Equal(t, status, got.Status, "%.100s", body)
		}
		require.Equal(t, http.StatusUnauthorized, c.Exchange(t, operation, receiver(&acted, nil).Receive, signed(notice, "guess")).Status)
	}
	var unknown handler.Func = receiver(&acted, fault.New(fault.ErrNotFound, "There is no shipment for order %s.", "o1")).Receive
	require.Equal(t, http.StatusNotFound, c.Exchange(t, "carrierWebhook", unknown, signed(notice, "key")).Status)
	c.Complete(t, "paymentWebhook", "carrierWebhook")
}
