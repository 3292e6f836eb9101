package simulator

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Client is what a [Table] needs of DynamoDB; *dynamodb.Client has it.
type Client interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// Table is the third parties' memory.
type Table struct {
	client Client
	name   string
}

// NewTable returns the memory in the table of this name.
func NewTable(client Client, name string) *Table { return &Table{client: client, name: name} }

// The attributes that every item has.
const (
	attrKey     = "pk"
	attrVersion = "version"
)

// maxConflicts is how often a change is tried again on what another request made of the item.
const maxConflicts = 10

// load reads an item into a struct. One that does not exist has version 0.
func load[T any](ctx context.Context, t *Table, key string) (value T, version int64, err error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.name, Key: map[string]types.AttributeValue{attrKey: &types.AttributeValueMemberS{Value: key}}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return value, 0, fmt.Errorf("getting %q from %s: %w", key, t.name, err)
	}
	if len(out.Item) == 0 {
		return value, 0, nil
	}
	if err := attributevalue.UnmarshalMap(out.Item, &value); err != nil {
		return value, 0, fmt.Errorf("reading %q of %s: %w", key, t.name, err)
	}
	if err := attributevalue.Unmarshal(out.Item[attrVersion], &version); err != nil {
		return value, 0, fmt.Errorf("reading the version of %q of %s: %w", key, t.name, err)
	}
	return value, version, nil
}

// change changes an item, or makes it, and returns what it is then. The change may be tried several times.
func change[T any](ctx context.Context, t *Table, key string, f func(*T)) (T, error) {
	for range maxConflicts {
		value, version, err := load[T](ctx, t, key)
		if err != nil {
			return value, err
		}
		f(&value)
		item, err := attributevalue.MarshalMap(value)
		if err != nil {
			return value, fmt.Errorf("encoding %q: %w", key, err)
		}
		item[attrKey] = &types.AttributeValueMemberS{Value: key}
		item[attrVersion] = number(version + 1)
		_, err = t.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: &t.name, Item: item, ConditionExpression: aws.String("attribute_not_exists(pk) OR version = :was"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":was": number(version)},
		})
		if _, conflict := errors.AsType[*types.ConditionalCheckFailedException](err); conflict {
			continue
		}
		if err != nil {
			return value, fmt.Errorf("putting %q into %s: %w", key, t.name, err)
		}
		return value, nil
	}
	var none T
	return none, fmt.Errorf("changing %q of %s: somebody else was faster %d times in a row", key, t.name, maxConflicts)
}

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
