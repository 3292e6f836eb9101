package payments

import (
	"context"
	"fmt"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Publisher sends events to other contexts.
type Publisher interface {
	// Publish sends events, at least once each.
	Publish(ctx context.Context, events ...handler.Event) error
}

// Outbox tells other contexts what becomes of payments.
type Outbox struct{ publisher Publisher }

// NewOutbox returns the outbox that is emptied to a publisher.
func NewOutbox(publisher Publisher) *Outbox { return &Outbox{publisher} }

// OnChange publishes what a change of the table means: Payment Captured, Payment Declined, Payment Refunded or Refund Failed. Other changes
// are between the shop and the provider.
func (o *Outbox) OnChange(ctx context.Context, c handler.Change) error {
	was, err := paymentOf(c.Old)
	if err != nil {
		return fmt.Errorf("change %s: %w", c.ID, err)
	}
	is, err := paymentOf(c.New)
	if err != nil {
		return fmt.Errorf("change %s: %w", c.ID, err)
	}
	detail := meaning(was, is)
	if detail == nil {
		return nil
	}
	e, err := event.New(fmt.Sprintf("payment-%s-%d", is.OrderID, is.Version), is.UpdatedAt, detail)
	if err != nil {
		return err
	}
	return o.publisher.Publish(ctx, e)
}

// meaning returns what a change means to others; nil if nothing.
func meaning(was, is Payment) event.Detail {
	if was.Status == is.Status {
		return nil
	}
	meta := event.NewMeta(is.Cause.CorrelationID, is.Cause.CausationID)
	payment := event.Payment{
		OrderID: is.OrderID, CustomerID: is.CustomerID, PaymentID: is.PaymentID, AmountCents: is.AmountCents, Currency: is.Currency,
	}
	switch is.Status {
	case Captured:
		return event.PaymentCaptured{Meta: meta, Payment: payment}
	case Declined:
		return event.PaymentDeclined{Meta: meta, Payment: payment, Reason: is.Reason}
	case Refunded:
		return event.PaymentRefunded{Meta: meta, Payment: payment, RefundID: is.RefundID}
	case RefundFailed:
		return event.RefundFailed{Meta: meta, Payment: payment, Reason: is.Reason}
	case Pending, Refunding, Voided:
	}
	return nil
}
