package payments

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
)

// Reader is what a [Table] needs of DynamoDB to read; *dynamodb.Client has it.
type Reader interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
}

// Client is what a [Table] needs of DynamoDB; *dynamodb.Client has it.
type Client interface {
	Reader
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// View finds payments in DynamoDB. It uses one action, GetItem.
type View struct {
	reader Reader
	name   string
}

// NewView returns the payments in the table of this name, to look at.
func NewView(reader Reader, name string) *View { return &View{reader: reader, name: name} }

// Table is the Store in DynamoDB: Find is a GetItem, Save a PutItem.
type Table struct {
	*View
	client Client
	now    func() time.Time
}

// NewTable returns the payments in the table of this name.
func NewTable(client Client, name string) *Table {
	return &Table{View: NewView(client, name), client: client, now: time.Now}
}

// record is a payment as the table stores it.
type record struct {
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
	Version       int64  `dynamodbav:"version"`
	CreatedAt     string `dynamodbav:"createdAt"`
	UpdatedAt     string `dynamodbav:"updatedAt"`
}

func newRecord(p Payment) record {
	return record{
		OrderID: p.OrderID, CustomerID: p.CustomerID, AmountCents: p.AmountCents, Currency: p.Currency, Status: p.Status, Taken: p.Taken,
		PaymentID: p.PaymentID, RefundID: p.RefundID, Reason: p.Reason, CorrelationID: p.Cause.CorrelationID, CausationID: p.Cause.CausationID,
		Version: p.Version, CreatedAt: p.CreatedAt.Format(time.RFC3339Nano), UpdatedAt: p.UpdatedAt.Format(time.RFC3339Nano),
	}
}

// paymentOf reads a stored item; none is a payment of version 0.
func paymentOf(item map[string]types.AttributeValue) (Payment, error) {
	if len(item) == 0 {
		return Payment{}, nil
	}
	var r record
	if err := attributevalue.UnmarshalMap(item, &r); err != nil {
		return Payment{}, fmt.Errorf("reading the stored payment: %w", err)
	}
	created, err := time.Parse(time.RFC3339Nano, r.CreatedAt)
	if err != nil {
		return Payment{}, fmt.Errorf("reading the stored payment of order %q: createdAt: %w", r.OrderID, err)
	}
	updated, err := time.Parse(time.RFC3339Nano, r.UpdatedAt)
	if err != nil {
		return Payment{}, fmt.Errorf("reading the stored payment of order %q: updatedAt: %w", r.OrderID, err)
	}
	return Payment{
		OrderID: r.OrderID, CustomerID: r.CustomerID, AmountCents: r.AmountCents, Currency: r.Currency, Status: r.Status, Taken: r.Taken,
		PaymentID: r.PaymentID, RefundID: r.RefundID, Reason: r.Reason, Cause: Cause{r.CorrelationID, r.CausationID},
		Version: r.Version, CreatedAt: created, UpdatedAt: updated,
	}, nil
}

// Find implements Store.
func (v *View) Find(ctx context.Context, orderID string) (Payment, error) {
	out, err := v.reader.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &v.name,
		Key:            map[string]types.AttributeValue{"orderId": &types.AttributeValueMemberS{Value: orderID}},
		ConsistentRead: aws.Bool(true), // what was written down decides what may happen
	})
	if err != nil {
		return Payment{}, fmt.Errorf("getting payment %q from %s: %w", orderID, v.name, err)
	}
	return paymentOf(out.Item)
}

// Save implements Store.
//
// When the SDK tries again because an answer was lost, the second attempt meets the first one's item, and the caller gets ErrConflict. That
// is harmless: it looks again, and finds that its change has been made.
func (t *Table) Save(ctx context.Context, p Payment) (Payment, error) {
	was := p.Version
	p.Version++
	p.UpdatedAt = t.now().UTC().Truncate(time.Millisecond)
	if was == 0 {
		p.CreatedAt = p.UpdatedAt
	}
	item, err := attributevalue.MarshalMap(newRecord(p))
	if err != nil {
		return Payment{}, fmt.Errorf("encoding payment %q: %w", p.OrderID, err)
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
		return Payment{}, ErrConflict
	}
	if err != nil {
		return Payment{}, fmt.Errorf("putting payment %q into %s: %w", p.OrderID, t.name, err)
	}
	return p, nil
}
