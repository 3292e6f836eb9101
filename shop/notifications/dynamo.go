package notifications

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// How long the ledger remembers. A claim lasts longer than any function of this context runs, 10 s, and no longer than the order flow goes on
// trying; a sent notice is remembered for as long as a queue or a workflow could come back to it.
const (
	claimTime  = 12 * time.Second
	memoryTime = 90 * 24 * time.Hour
)

// LedgerClient is what a [Table] needs of DynamoDB; *dynamodb.Client has it.
type LedgerClient interface {
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// Table is the Ledger in DynamoDB: one item per notice. It uses one action, UpdateItem.
type Table struct {
	client LedgerClient
	name   string
	now    func() time.Time
}

// NewTable returns the ledger in the table of this name.
func NewTable(client LedgerClient, name string) *Table {
	return &Table{client: client, name: name, now: time.Now}
}

// Claim implements [Ledger].
func (t *Table) Claim(ctx context.Context, notice string) (bool, error) {
	now := t.now()
	_, err := t.update(ctx, notice, "SET claimedUntil = :until, expiresAt = :expires",
		aws.String("attribute_not_exists(sentAt) AND (attribute_not_exists(claimedUntil) OR claimedUntil < :now)"),
		map[string]types.AttributeValue{
			":now": millis(now), ":until": millis(now.Add(claimTime)), ":expires": attr.Expiry(now.Add(memoryTime)),
		})
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		if _, sent := failed.Item["sentAt"]; sent {
			return false, nil
		}
		return false, fault.New(fault.ErrUnavailable, "Somebody else is sending notice %s at this moment.", notice)
	}
	if err != nil {
		return false, fmt.Errorf("claiming notice %s: %w", notice, err)
	}
	return true, nil
}

// Sent implements [Ledger].
func (t *Table) Sent(ctx context.Context, notice string) error {
	_, err := t.update(ctx, notice, "SET sentAt = :now REMOVE claimedUntil", nil, map[string]types.AttributeValue{":now": millis(t.now())})
	if err != nil {
		return fmt.Errorf("remembering that notice %s was sent: %w", notice, err)
	}
	return nil
}

// Release implements [Ledger].
func (t *Table) Release(ctx context.Context, notice string) error {
	_, err := t.update(ctx, notice, "REMOVE claimedUntil", nil, nil)
	if err != nil {
		return fmt.Errorf("giving back the claim on notice %s: %w", notice, err)
	}
	return nil
}

func (t *Table) update(ctx context.Context, notice, change string, condition *string, values map[string]types.AttributeValue) (*dynamodb.UpdateItemOutput, error) {
	return t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           &t.name,
		Key:                                 map[string]types.AttributeValue{"notice": attr.Text(notice)},
		UpdateExpression:                    &change,
		ConditionExpression:                 condition,
		ExpressionAttributeValues:           values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
}

func millis(t time.Time) types.AttributeValue { return attr.Number(t.UnixMilli()) }
