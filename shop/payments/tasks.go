package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Tasks are the payments' part of workflows and of what other contexts' events ask for.
type Tasks struct{ service *Service }

// NewTasks returns the tasks that a service carries out.
func NewTasks(service *Service) *Tasks { return &Tasks{service} }

// ChargeInput is the input of charge-payment.
type ChargeInput struct {
	// OrderID is the order that is paid.
	OrderID string `json:"orderId"`
	// CustomerID is the user's id.
	CustomerID string `json:"customerId"`
	// TotalCents is the amount in hundredths of Currency.
	TotalCents int64 `json:"totalCents"`
	// Currency is an ISO 4217 code.
	Currency string `json:"currency"`
	// PaymentToken is what the provider gave the customer's browser for their card; it is neither stored nor logged.
	PaymentToken Token `json:"paymentToken"`
	// CorrelationID is that of the request that placed the order.
	CorrelationID string `json:"correlationId"`
}

// Outcome is what charge-payment and check-payment return.
type Outcome struct {
	// Status is Captured or Pending.
	Status Status `json:"status"`
	// PaymentID is the payment's id at the provider; "" as long as it is not known.
	PaymentID string `json:"paymentId"`
}

// Charge takes an order's money; see [Service.Charge].
func (t *Tasks) Charge(ctx context.Context, in ChargeInput) (Outcome, error) {
	p, err := t.service.Charge(ctx, Charge{
		OrderID: in.OrderID, CustomerID: in.CustomerID, AmountCents: in.TotalCents, Currency: in.Currency, Token: in.PaymentToken,
		Cause: Cause{CorrelationID: handler.CorrelationID(ctx), CausationID: in.OrderID},
	})
	if err != nil {
		return Outcome{}, err
	}
	handler.Logger(ctx).Info("payment charged", "status", p.Status, "paymentId", p.PaymentID, "amountCents", p.AmountCents)
	return Outcome{Status: p.Status, PaymentID: p.PaymentID}, nil
}

// CheckInput is the input of check-payment.
type CheckInput struct {
	// OrderID is the order that is paid.
	OrderID string `json:"orderId"`
}

// Check tells what became of a payment; see [Service.Check].
func (t *Tasks) Check(ctx context.Context, in CheckInput) (Outcome, error) {
	p, err := t.service.Check(ctx, in.OrderID)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Status: p.Status, PaymentID: p.PaymentID}, nil
}

// RefundInput is the input of refund-payment.
type RefundInput struct {
	// OrderID is the order whose money goes back.
	OrderID string `json:"orderId"`
	// Reason is why, for the log.
	Reason string `json:"reason"`
}

// RefundOutcome is what refund-payment returns.
type RefundOutcome struct {
	// Status is REFUNDED, or NOT_CHARGED if there was nothing to give back.
	Status string `json:"status"`
	// RefundID is the refund's id at the provider.
	RefundID string `json:"refundId,omitempty"`
}

// notCharged is what [RefundOutcome.Status] says when no money was taken.
const notCharged = "NOT_CHARGED"

// Refund gives an order's money back; see [Service.Refund].
func (t *Tasks) Refund(ctx context.Context, in RefundInput) (RefundOutcome, error) {
	p, err := t.service.Refund(ctx, in.OrderID, Cause{CorrelationID: handler.CorrelationID(ctx), CausationID: in.OrderID})
	if err != nil {
		return RefundOutcome{}, err
	}
	handler.Logger(ctx).Info("payment refunded", "status", p.Status, "refundId", p.RefundID, "reason", in.Reason)
	if p.Status != Refunded {
		return RefundOutcome{Status: notCharged}, nil
	}
	return RefundOutcome{Status: string(Refunded), RefundID: p.RefundID}, nil
}

// OnReturnRestocked consumes Return Restocked: the goods are back, so the money goes back. That the provider refuses for good is told to
// others by Refund Failed, and is no reason to try again.
func (t *Tasks) OnReturnRestocked(ctx context.Context, e handler.Event) error {
	restocked, err := event.ParseAs[event.ReturnRestocked](e)
	if err != nil {
		return err
	}
	p, err := t.service.Refund(ctx, restocked.OrderID, Cause{CorrelationID: restocked.CorrelationID, CausationID: e.ID})
	if failed, ok := errors.AsType[*RefundFailedError](err); ok {
		handler.Logger(ctx).Error("refund failed for good: somebody must pay the customer back", "reason", failed.Reason)
		handler.Count(ctx, "RefundsFailed", 1)
		return nil
	}
	if err != nil {
		return err
	}
	if p.Status != Refunded {
		return fmt.Errorf("order %s was returned, but its payment is %s: there is nothing to give back; find out what the customer paid",
			restocked.OrderID, p.Status)
	}
	handler.Logger(ctx).Info("return refunded", "refundId", p.RefundID)
	return nil
}

// OnNotice consumes the provider's webhooks: there is news about a payment, so the provider is asked; see [Service.Reconcile].
func (t *Tasks) OnNotice(ctx context.Context, e handler.Event) error {
	n, err := noticeOf(e)
	if err != nil {
		return err
	}
	p, err := t.service.Reconcile(ctx, n.OrderID)
	if err != nil {
		return err
	}
	handler.Logger(ctx).Info("payment reconciled", "noticeType", n.Type, "status", p.Status, "version", p.Version)
	return nil
}
