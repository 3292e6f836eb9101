package payments

import (
	"context"
	"net/http"
	"time"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// adminGroup is the group of the user pool whose members may see all payments.
const adminGroup = "admin"

// maxOrderID is more than any order's id has, and less than DynamoDB refuses in a key.
const maxOrderID = 64

// Finder finds payments.
type Finder interface {
	// Find returns an order's payment. One that does not exist has version 0.
	Find(ctx context.Context, orderID string) (Payment, error)
}

// Routes answers the HTTP requests of the payments.
type Routes struct{ payments Finder }

// NewRoutes returns the routes over payments.
func NewRoutes(payments Finder) *Routes { return &Routes{payments} }

// shown is a payment as the API shows it.
type shown struct {
	OrderID     string    `json:"orderId"`
	Status      Status    `json:"status"`
	AmountCents int64     `json:"amountCents"`
	Currency    string    `json:"currency"`
	PaymentID   string    `json:"paymentId,omitempty"`
	RefundID    string    `json:"refundId,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
}

// Get answers GET /payments/{orderId} to the customer who pays, and to administrators. To others the payment does not exist, so that
// nobody learns which orders there are.
func (p *Routes) Get(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	user, err := r.User()
	if err != nil {
		return nil, err
	}
	id := r.PathValue("orderId")
	none := fault.New(fault.ErrNotFound, "There is no payment for order %s.", fault.Quote(id))
	if id == "" || len(id) > maxOrderID {
		return nil, none
	}
	handler.Annotate(ctx, "orderId", id)
	payment, err := p.payments.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	if payment.Version == 0 || payment.CustomerID != user.ID && !user.In(adminGroup) {
		return nil, none
	}
	return handler.JSON(http.StatusOK, shown{
		OrderID: payment.OrderID, Status: payment.Status, AmountCents: payment.AmountCents, Currency: payment.Currency,
		PaymentID: payment.PaymentID, RefundID: payment.RefundID, Reason: payment.Reason,
		CreatedAt: payment.CreatedAt, UpdatedAt: payment.UpdatedAt,
	}), nil
}
