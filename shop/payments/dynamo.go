package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/shop/versioned"
)

// View finds payments in DynamoDB. It uses one action, GetItem.
type View struct{ items *versioned.View }

// NewView returns the payments in the table of this name, to look at.
func NewView(reader versioned.Reader, name string) *View {
	return &View{versioned.NewView(reader, name, attrOrderID)}
}

// Table is the Store in DynamoDB: Find is a GetItem, Save a PutItem.
type Table struct {
	*View
	items *versioned.Table
}

// NewTable returns the payments in the table of this name.
func NewTable(client versioned.Client, name string) *Table {
	items := versioned.NewTable(client, name, attrOrderID)
	return &Table{&View{items.View}, items}
}

// attrOrderID is the table's key.
const attrOrderID = "orderId"

// record is a payment as the table stores it.
type record struct {
	versioned.Stamp

	OrderID       string `dynamodbav:"orderId"`
	CustomerID    string `dynamodbav:"customerId"`
	AmountCents   int64  `dynamodbav:"amountCents"`
	Currency      string `dynamodbav:"currency"`
	Status        Status `dynamodbav:"status"`
	Taken         bool   `dynamodbav:"taken"`
	PaymentID     string `dynamodbav:"paymentId"`
	RefundID      string `dynamodbav:"refundId"`
	Reason        string `dynamodbav:"reason"`
	CorrelationID string `dynamodbav:"correlationId"`
	CausationID   string `dynamodbav:"causationId"`
}

func newRecord(p Payment) record {
	return record{
		Stamp:   versioned.Stamp{Version: p.Version, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt},
		OrderID: p.OrderID, CustomerID: p.CustomerID, AmountCents: p.AmountCents, Currency: p.Currency, Status: p.Status, Taken: p.Taken,
		PaymentID: p.PaymentID, RefundID: p.RefundID, Reason: p.Reason, CorrelationID: p.Cause.CorrelationID, CausationID: p.Cause.CausationID,
	}
}

func (r record) payment() Payment {
	return Payment{
		OrderID: r.OrderID, CustomerID: r.CustomerID, AmountCents: r.AmountCents, Currency: r.Currency, Status: r.Status, Taken: r.Taken,
		PaymentID: r.PaymentID, RefundID: r.RefundID, Reason: r.Reason, Cause: Cause{r.CorrelationID, r.CausationID},
		Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

// paymentOf reads an item of the table's stream; none is a payment of version 0.
func paymentOf(item map[string]types.AttributeValue) (Payment, error) {
	var r record
	if err := attributevalue.UnmarshalMap(item, &r); err != nil {
		return Payment{}, fmt.Errorf("reading the stored payment: %w", err)
	}
	return r.payment(), nil
}

// Find implements Store.
func (v *View) Find(ctx context.Context, orderID string) (Payment, error) {
	var r record
	if err := v.items.Find(ctx, orderID, &r); err != nil {
		return Payment{}, fmt.Errorf("finding the payment of order %q: %w", orderID, err)
	}
	return r.payment(), nil
}

// Save implements Store.
func (t *Table) Save(ctx context.Context, p Payment) (Payment, error) {
	r := newRecord(p)
	err := t.items.Save(ctx, &r)
	if errors.Is(err, versioned.ErrConflict) {
		return Payment{}, ErrConflict
	}
	if err != nil {
		return Payment{}, fmt.Errorf("saving the payment of order %q: %w", p.OrderID, err)
	}
	return r.payment(), nil
}
