package shipping

import (
	"context"
	"errors"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

// Tasks are shipping's part of workflows and of what other contexts' events and the carrier's webhooks ask for.
type Tasks struct{ service *Service }

// NewTasks returns the tasks that a service carries out.
func NewTasks(service *Service) *Tasks { return &Tasks{service} }

// CreateInput is the input of create-shipment.
type CreateInput struct {
	// OrderID is the order that is shipped.
	OrderID string `json:"orderId"`
	// CustomerID is the user's id.
	CustomerID string `json:"customerId"`
	// ShippingAddress is where the parcel goes.
	ShippingAddress Address `json:"shippingAddress"`
	// Lines are what is in it.
	Lines []Item `json:"lines"`
}

// CreateOutcome is what create-shipment returns.
type CreateOutcome struct {
	// ShipmentID is the shipment's id at the carrier.
	ShipmentID string `json:"shipmentId"`
	// TrackingNumber is what the customer follows the parcel by.
	TrackingNumber string `json:"trackingNumber"`
}

// Create has an order shipped; see [Service.Create].
func (t *Tasks) Create(ctx context.Context, in CreateInput) (CreateOutcome, error) {
	s, err := t.service.Create(ctx, Parcel{
		OrderID: in.OrderID, CustomerID: in.CustomerID, To: in.ShippingAddress, Items: in.Lines, CorrelationID: handler.CorrelationID(ctx),
	})
	if err != nil {
		return CreateOutcome{}, err
	}
	handler.Logger(ctx).Info("shipment created", "shipmentId", s.ShipmentID)
	return CreateOutcome{ShipmentID: s.ShipmentID, TrackingNumber: s.TrackingNumber}, nil
}

// CancelInput is the input of cancel-shipment.
type CancelInput struct {
	// OrderID is the order whose parcel must not leave.
	OrderID string `json:"orderId"`
}

// CancelOutcome is what cancel-shipment returns.
type CancelOutcome struct {
	// Status is CANCELLED, or NOT_CREATED if there was no parcel, or UNDERWAY if it is too late.
	Status string `json:"status"`
	// ShipmentID and TrackingNumber are the carrier's, of a parcel that is on its way.
	ShipmentID     string `json:"shipmentId"`
	TrackingNumber string `json:"trackingNumber"`
}

// What [CancelOutcome.Status] says when there was nothing to cancel, and when it is too late.
const (
	notCreated = "NOT_CREATED"
	underway   = "UNDERWAY"
)

// Cancel keeps an order's parcel from leaving; see [Service.Cancel].
func (t *Tasks) Cancel(ctx context.Context, in CancelInput) (CancelOutcome, error) {
	s, err := t.service.Cancel(ctx, in.OrderID, handler.CorrelationID(ctx))
	if _, late := errors.AsType[*UnderwayError](err); late {
		handler.Logger(ctx).Warn("the parcel had left already", "shipmentId", s.ShipmentID)
		return CancelOutcome{underway, s.ShipmentID, s.TrackingNumber}, nil
	}
	if err != nil {
		return CancelOutcome{}, err
	}
	handler.Logger(ctx).Info("shipment cancelled", "status", s.Status, "shipmentId", s.ShipmentID)
	if s.Status != Cancelled || s.ShipmentID == "" {
		return CancelOutcome{Status: notCreated}, nil
	}
	return CancelOutcome{Status: string(Cancelled)}, nil
}

// OnReturnRequested consumes Return Requested: the goods are inspected.
func (t *Tasks) OnReturnRequested(ctx context.Context, e handler.Event) error {
	requested, err := event.ParseAs[event.ReturnRequested](e)
	if err != nil {
		return err
	}
	s, err := t.service.Inspect(ctx, requested, e.ID)
	if err != nil {
		return err
	}
	handler.Logger(ctx).Info("return inspected", "accepted", s.Inspection.Accepted, "finding", s.Inspection.Finding)
	return nil
}

// Sender is the name of the carrier among those who send webhooks.
const Sender = "carrier"

// parcelDelivered is the type of the carrier's notices that the shop acts on.
const parcelDelivered = "shipment.delivered"

// OnNotice acts on the carrier's webhooks. The only news that counts is that the customer has the parcel, which is final: so it does not
// matter when and how often it comes. Other news is logged.
func (t *Tasks) OnNotice(ctx context.Context, n thirdparty.Notice) error {
	if n.Type != parcelDelivered {
		handler.Logger(ctx).Info("notice has no meaning for the shop", "noticeType", n.Type)
		return nil
	}
	_, err := t.service.Deliver(ctx, n.OrderID, n.Reference)
	return err
}
