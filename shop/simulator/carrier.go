package simulator

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/shipping"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

// Carrier is the carrier.
type Carrier struct{ server }

// NewCarrier returns the carrier that knows its clients by their keys.
func NewCarrier(table *Table, keys thirdparty.Keys, later Later) *Carrier {
	return &Carrier{server{table: table, keys: keys, later: later, sleep: wait}}
}

// shipment is a shipment as the carrier keeps it, under SHIPMENT#<orderId>. Where it goes is not kept.
type shipment struct {
	item

	Status         shipping.Phase `dynamodbav:"status"`
	ShipmentID     string         `dynamodbav:"shipmentId"`
	TrackingNumber string         `dynamodbav:"trackingNumber"`
	Code           string         `dynamodbav:"code"`
	Attempts       int            `dynamodbav:"attempts"`
	Keys           []string       `dynamodbav:"keys"` // one per parcel
}

func shipmentKey(orderID string) string { return "SHIPMENT#" + orderID }

// Serve answers every request to the carrier.
func (c *Carrier) Serve(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	orderID, action, err := c.asked(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case orderID == "":
		return c.create(ctx, r)
	case action == "cancel":
		return c.cancel(ctx, orderID)
	}
	return nil, fault.New(fault.ErrNotFound, "A shipment can be cancelled.")
}

// create answers POST /shipments.
func (c *Carrier) create(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	key, err := idempotencyKey(r)
	if err != nil {
		return nil, err
	}
	var in struct {
		OrderID string           `json:"orderId"`
		To      shipping.Address `json:"to"`
		Items   []shipping.Item  `json:"items"`
	}
	if err := r.Decode(&in); err != nil {
		return nil, err
	}
	if in.OrderID == "" || in.To.Postcode == "" || len(in.Items) == 0 {
		return nil, fault.Invalid(fault.Field{Field: "to.postcode", Message: "is required, as are orderId and items"})
	}
	var wrong trouble
	now, err := change(ctx, c.table, shipmentKey(in.OrderID), func(was *shipment) {
		was.Attempts++
		if wrong = troubleOf(in.To.Postcode, was.Attempts); wrong != outageBefore {
			was.create(key, in.To.Postcode)
		}
	})
	if err != nil {
		return nil, err
	}
	if now.Status == shipping.PhaseCreated {
		err := c.later.Later(ctx, thirdparty.Notice{
			ID: "evt_" + now.ShipmentID, Type: shipmentDelivered, OrderID: in.OrderID, Reference: now.ShipmentID,
			CorrelationID: r.CorrelationID, CreatedAt: time.Now().UTC(),
		})
		if err != nil {
			return nil, err
		}
	}
	if err := c.act(ctx, wrong); err != nil {
		return nil, err
	}
	return tell(now), nil
}

// create takes a parcel, once per key.
func (s *shipment) create(key, postcode string) {
	switch {
	case s.Status == shipping.PhaseNone && postcode == "00000":
		s.Status, s.Code = shipping.PhaseRefused, "no_service"
	case s.Status == shipping.PhaseNone:
		s.Status, s.ShipmentID = shipping.PhaseCreated, "shp_"+handler.NewID()
		s.TrackingNumber = "NL" + strings.ToUpper(handler.NewID()[:10])
		addKey(&s.Keys, key)
	case s.Status == shipping.PhaseCreated || s.Status == shipping.PhaseDelivered:
		addKey(&s.Keys, key)
	}
}

// cancel answers POST /shipments/{orderId}/cancel. A parcel that comes later is refused.
func (c *Carrier) cancel(ctx context.Context, orderID string) (*handler.Response, error) {
	now, err := change(ctx, c.table, shipmentKey(orderID), func(was *shipment) {
		if was.Status == shipping.PhaseNone || was.Status == shipping.PhaseCreated {
			was.Status, was.Code = shipping.PhaseCancelled, "cancelled"
		}
	})
	if err != nil {
		return nil, err
	}
	if now.Status == shipping.PhaseCancelled {
		return handler.JSON(http.StatusOK, parcelOf(now)), nil
	}
	return handler.JSON(http.StatusConflict, parcelOf(now)), nil
}

// parcel is how the carrier tells a shipment's state.
type parcel struct {
	Status         shipping.Phase `json:"status"`
	ShipmentID     string         `json:"shipmentId,omitempty"`
	TrackingNumber string         `json:"trackingNumber,omitempty"`
	Code           string         `json:"code,omitempty"`
}

func parcelOf(s shipment) parcel { return parcel{s.Status, s.ShipmentID, s.TrackingNumber, s.Code} }

// tell tells the state that a request led to; a refusal has a status of its own.
func tell(s shipment) *handler.Response {
	switch s.Status {
	case shipping.PhaseCreated, shipping.PhaseUnderway, shipping.PhaseDelivered:
		return handler.JSON(http.StatusOK, parcelOf(s))
	case shipping.PhaseRefused:
		return handler.JSON(http.StatusUnprocessableEntity, parcelOf(s))
	default:
		return handler.JSON(http.StatusConflict, parcelOf(s))
	}
}

// deliver is what becomes of a parcel that was not stopped. It tells whether it was delivered.
func (c *Carrier) deliver(ctx context.Context, orderID string) (bool, error) {
	now, err := change(ctx, c.table, shipmentKey(orderID), func(was *shipment) {
		if was.Status == shipping.PhaseCreated {
			was.Status = shipping.PhaseDelivered
		}
	})
	return now.Status == shipping.PhaseDelivered, err
}
