package shipping

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

// Outbox tells other contexts what becomes of shipments and returns.
type Outbox struct{ publisher Publisher }

// NewOutbox returns the outbox that is emptied to a publisher.
func NewOutbox(publisher Publisher) *Outbox { return &Outbox{publisher} }

// OnChange publishes what a change of the table means: Shipment Created, Shipment Delivered, Return Inspected. Other changes are between the
// shop and the carrier.
func (o *Outbox) OnChange(ctx context.Context, c handler.Change) error {
	was, err := shipmentOf(c.Old)
	if err != nil {
		return fmt.Errorf("change %s: %w", c.ID, err)
	}
	is, err := shipmentOf(c.New)
	if err != nil {
		return fmt.Errorf("change %s: %w", c.ID, err)
	}
	var events []handler.Event
	for _, detail := range meaning(was, is) {
		e, err := event.New(fmt.Sprintf("shipment-%s-%d-%d", is.OrderID, is.Version, len(events)+1), is.UpdatedAt, detail)
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	if len(events) == 0 {
		return nil
	}
	return o.publisher.Publish(ctx, events...)
}

// meaning returns what a change means to others.
func meaning(was, is Shipment) []event.Detail {
	var details []event.Detail
	meta := event.NewMeta(is.CorrelationID, is.OrderID)
	shipment := event.Shipment{OrderID: is.OrderID, CustomerID: is.CustomerID, ShipmentID: is.ShipmentID, TrackingNumber: is.TrackingNumber}
	// A parcel exists once it can be followed, whether or not its delivery was heard of before.
	if was.TrackingNumber == "" && is.TrackingNumber != "" && (is.Status == Created || is.Status == Delivered) {
		details = append(details, event.ShipmentCreated{Meta: meta, Shipment: shipment})
	}
	if was.Status != Delivered && is.Status == Delivered {
		details = append(details, event.ShipmentDelivered{Meta: meta, Shipment: shipment})
	}
	if i := is.Inspection; i != nil && (was.Inspection == nil || was.Inspection.OrderVersion != i.OrderVersion) {
		details = append(details, event.ReturnInspected{
			Meta: event.NewMeta(i.CorrelationID, i.CausationID),
			Return: event.Return{
				OrderID: is.OrderID, CustomerID: is.CustomerID, Lines: i.Lines, AmountCents: i.AmountCents, Currency: i.Currency,
			},
			Accepted: i.Accepted, Finding: i.Finding,
		})
	}
	return details
}
