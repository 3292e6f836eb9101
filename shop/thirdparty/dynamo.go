package thirdparty

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

// PutClient is what a [Table] needs of DynamoDB; *dynamodb.Client has it.
type PutClient interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// remembered is how long a notice is remembered. Its signature is refused after [Window]; the rest is for looking into it later.
const remembered = 7 * 24 * time.Hour

// Table is the Memory in DynamoDB, in items that delete themselves after a week.
type Table struct {
	client PutClient
	name   string
	now    func() time.Time
}

// NewTable returns the notices in the table of this name.
func NewTable(client PutClient, name string) *Table {
	return &Table{client: client, name: name, now: time.Now}
}

// Remember implements Memory.
func (t *Table) Remember(ctx context.Context, sender, id string) (bool, error) {
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &t.name,
		Item: map[string]types.AttributeValue{
			"noticeId":  attr.Text(sender + "#" + id),
			"expiresAt": attr.Expiry(t.now().Add(remembered)),
		},
		ConditionExpression: aws.String("attribute_not_exists(noticeId)"),
	})
	if _, known := errors.AsType[*types.ConditionalCheckFailedException](err); known {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("storing notice %s of %s in %s: %w", id, sender, t.name, err)
	}
	return true, nil
}
