package analytics

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// memoryTime is how long a counted order is remembered: longer than a queue and its dead-letter queue keep a message, 28 days in all.
const memoryTime = 60 * 24 * time.Hour

// SeenClient is what a [Table] needs of DynamoDB; *dynamodb.Client has it.
type SeenClient interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// Table is Seen in DynamoDB: one item per order. It uses one action, PutItem.
type Table struct {
	client SeenClient
	name   string
	now    func() time.Time
}

// NewTable returns the counted orders in the table of this name.
func NewTable(client SeenClient, name string) *Table {
	return &Table{client: client, name: name, now: time.Now}
}

// First implements [Seen].
func (t *Table) First(ctx context.Context, orderID string) (bool, error) {
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &t.name,
		Item: map[string]types.AttributeValue{
			"orderId":   attr.Text(orderID),
			"expiresAt": attr.Expiry(t.now().Add(memoryTime)),
		},
		ConditionExpression: aws.String("attribute_not_exists(orderId)"),
	})
	if _, seen := errors.AsType[*types.ConditionalCheckFailedException](err); seen {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("remembering that order %s is counted: %w", orderID, err)
	}
	return true, nil
}
