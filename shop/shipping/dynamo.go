package shipping

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/shop/event"
	"github.com/serverless-shop/serverless-shop/shop/versioned"
)

// Table is the Store in DynamoDB: Find is a GetItem, Save a PutItem.
type Table struct{ items *versioned.Table }

// NewTable returns the shipments in the table of this name.
func NewTable(client versioned.Client, name string) *Table {
	return &Table{versioned.NewTable(client, name, "orderId")}
}

// record is a shipment as the table stores it.
type record struct {
	versioned.Stamp

	OrderID        string      `dynamodbav:"orderId"`
	CustomerID     string      `dynamodbav:"customerId"`
	Status         Status      `dynamodbav:"status"`
	ShipmentID     string      `dynamodbav:"shipmentId"`
	TrackingNumber string      `dynamodbav:"trackingNumber"`
	Reason         string      `dynamodbav:"reason"`
	Inspection     *inspection `dynamodbav:"inspection,omitempty"`
	CorrelationID  string      `dynamodbav:"correlationId"`
}

// inspection is an [Inspection] as the table stores it.
type inspection struct {
	OrderVersion  int    `dynamodbav:"orderVersion"`
	Lines         []line `dynamodbav:"lines"`
	AmountCents   int64  `dynamodbav:"amountCents"`
	Currency      string `dynamodbav:"currency"`
	Accepted      bool   `dynamodbav:"accepted"`
	Finding       string `dynamodbav:"finding"`
	CorrelationID string `dynamodbav:"correlationId"`
	CausationID   string `dynamodbav:"causationId"`
}

// line is an [event.Line] as the table stores it.
type line struct {
	ProductID  string `dynamodbav:"productId"`
	Name       string `dynamodbav:"name"`
	Quantity   int64  `dynamodbav:"quantity"`
	PriceCents int64  `dynamodbav:"priceCents"`
}

func newRecord(s Shipment) record {
	r := record{
		Stamp:   versioned.Stamp{Version: s.Version, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt},
		OrderID: s.OrderID, CustomerID: s.CustomerID, Status: s.Status, ShipmentID: s.ShipmentID, TrackingNumber: s.TrackingNumber,
		Reason: s.Reason, CorrelationID: s.CorrelationID,
	}
	if i := s.Inspection; i != nil {
		r.Inspection = &inspection{
			OrderVersion: i.OrderVersion, AmountCents: i.AmountCents, Currency: i.Currency, Accepted: i.Accepted, Finding: i.Finding,
			CorrelationID: i.CorrelationID, CausationID: i.CausationID,
		}
		for _, l := range i.Lines {
			r.Inspection.Lines = append(r.Inspection.Lines, line(l))
		}
	}
	return r
}

func (r record) shipment() Shipment {
	s := Shipment{
		OrderID: r.OrderID, CustomerID: r.CustomerID, Status: r.Status, ShipmentID: r.ShipmentID, TrackingNumber: r.TrackingNumber,
		Reason: r.Reason, CorrelationID: r.CorrelationID, Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if i := r.Inspection; i != nil {
		s.Inspection = &Inspection{
			OrderVersion: i.OrderVersion, AmountCents: i.AmountCents, Currency: i.Currency, Accepted: i.Accepted, Finding: i.Finding,
			CorrelationID: i.CorrelationID, CausationID: i.CausationID,
		}
		for _, l := range i.Lines {
			s.Inspection.Lines = append(s.Inspection.Lines, event.Line(l))
		}
	}
	return s
}

// shipmentOf reads an item of the table's stream; none is a shipment of version 0.
func shipmentOf(item map[string]types.AttributeValue) (Shipment, error) {
	var r record
	if err := attributevalue.UnmarshalMap(item, &r); err != nil {
		return Shipment{}, fmt.Errorf("reading the stored shipment: %w", err)
	}
	return r.shipment(), nil
}

// Find implements Store.
func (t *Table) Find(ctx context.Context, orderID string) (Shipment, error) {
	var r record
	if err := t.items.Find(ctx, orderID, &r); err != nil {
		return Shipment{}, fmt.Errorf("finding the shipment of order %q: %w", orderID, err)
	}
	return r.shipment(), nil
}

// Save implements Store.
func (t *Table) Save(ctx context.Context, s Shipment) (Shipment, error) {
	r := newRecord(s)
	err := t.items.Save(ctx, &r)
	if errors.Is(err, versioned.ErrConflict) {
		return Shipment{}, ErrConflict
	}
	if err != nil {
		return Shipment{}, fmt.Errorf("saving the shipment of order %q: %w", s.OrderID, err)
	}
	return r.shipment(), nil
}
