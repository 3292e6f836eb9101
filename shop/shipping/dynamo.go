package shipping

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Client is what a [Table] needs of DynamoDB; *dynamodb.Client has it.
type Client interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// Table is the Store in DynamoDB: Find is a GetItem, Save a PutItem.
type Table struct {
	client Client
	name   string
	now    func() time.Time
}

// NewTable returns the shipments in the table of this name.
func NewTable(client Client, name string) *Table {
	return &Table{client: client, name: name, now: time.Now}
}

// record is a shipment as the table stores it.
type record struct {
	OrderID        string      `dynamodbav:"orderId"`
	CustomerID     string      `dynamodbav:"customerId"`
	Status         Status      `dynamodbav:"status"`
	ShipmentID     string      `dynamodbav:"shipmentId"`
	TrackingNumber string      `dynamodbav:"trackingNumber"`
	Reason         string      `dynamodbav:"reason"`
	Inspection     *inspection `dynamodbav:"inspection,omitempty"`
	CorrelationID  string      `dynamodbav:"correlationId"`
	Version        int64       `dynamodbav:"version"`
	CreatedAt      string      `dynamodbav:"createdAt"`
	UpdatedAt      string      `dynamodbav:"updatedAt"`
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
		OrderID: s.OrderID, CustomerID: s.CustomerID, Status: s.Status, ShipmentID: s.ShipmentID, TrackingNumber: s.TrackingNumber,
		Reason: s.Reason, CorrelationID: s.CorrelationID, Version: s.Version,
		CreatedAt: s.CreatedAt.Format(time.RFC3339Nano), UpdatedAt: s.UpdatedAt.Format(time.RFC3339Nano),
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

// shipmentOf reads a stored item; none is a shipment of version 0.
func shipmentOf(item map[string]types.AttributeValue) (Shipment, error) {
	if len(item) == 0 {
		return Shipment{}, nil
	}
	var r record
	if err := attributevalue.UnmarshalMap(item, &r); err != nil {
		return Shipment{}, fmt.Errorf("reading the stored shipment: %w", err)
	}
	created, err := time.Parse(time.RFC3339Nano, r.CreatedAt)
	if err != nil {
		return Shipment{}, fmt.Errorf("reading the stored shipment of order %q: createdAt: %w", r.OrderID, err)
	}
	updated, err := time.Parse(time.RFC3339Nano, r.UpdatedAt)
	if err != nil {
		return Shipment{}, fmt.Errorf("reading the stored shipment of order %q: updatedAt: %w", r.OrderID, err)
	}
	s := Shipment{
		OrderID: r.OrderID, CustomerID: r.CustomerID, Status: r.Status, ShipmentID: r.ShipmentID, TrackingNumber: r.TrackingNumber,
		Reason: r.Reason, CorrelationID: r.CorrelationID, Version: r.Version, CreatedAt: created, UpdatedAt: updated,
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
	return s, nil
}

// Find implements Store.
func (t *Table) Find(ctx context.Context, orderID string) (Shipment, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &t.name,
		Key:            map[string]types.AttributeValue{"orderId": &types.AttributeValueMemberS{Value: orderID}},
		ConsistentRead: aws.Bool(true), // what was written down decides what may happen
	})
	if err != nil {
		return Shipment{}, fmt.Errorf("getting shipment %q from %s: %w", orderID, t.name, err)
	}
	return shipmentOf(out.Item)
}

// Save implements Store.
//
// When the SDK tries again because an answer was lost, the second attempt meets the first one's item, and the caller gets ErrConflict. That
// is harmless: it looks again, and finds that its change has been made.
func (t *Table) Save(ctx context.Context, s Shipment) (Shipment, error) {
	was := s.Version
	s.Version++
	s.UpdatedAt = t.now().UTC().Truncate(time.Millisecond)
	if was == 0 {
		s.CreatedAt = s.UpdatedAt
	}
	item, err := attributevalue.MarshalMap(newRecord(s))
	if err != nil {
		return Shipment{}, fmt.Errorf("encoding shipment %q: %w", s.OrderID, err)
	}
	in := &dynamodb.PutItemInput{TableName: &t.name, Item: item, ConditionExpression: aws.String("attribute_not_exists(orderId)")}
	if was > 0 {
		in.ConditionExpression = aws.String("version = :was")
		in.ExpressionAttributeValues = map[string]types.AttributeValue{
			":was": &types.AttributeValueMemberN{Value: strconv.FormatInt(was, 10)},
		}
	}
	_, err = t.client.PutItem(ctx, in)
	if _, changed := errors.AsType[*types.ConditionalCheckFailedException](err); changed {
		return Shipment{}, ErrConflict
	}
	if err != nil {
		return Shipment{}, fmt.Errorf("putting shipment %q into %s: %w", s.OrderID, t.name, err)
	}
	return s, nil
}
