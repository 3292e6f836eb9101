// Package faketable is a DynamoDB table in memory, for tests of code that gets and conditionally puts items.
package faketable

import (
	"context"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/handler"
)

// Table is the table. Its key is one string attribute. It understands the conditions attribute_not_exists(x) and x = :y, joined by OR,
// and panics at any other.
type Table struct {
	key string

	mu      sync.Mutex
	items   map[string]map[string]types.AttributeValue
	changes []handler.Change

	// Fail, if set, makes a call fail; it gets the action's name.
	Fail func(action string) error
}

// New returns an empty table with this key attribute.
func New(key string) *Table {
	return &Table{key: key, items: map[string]map[string]types.AttributeValue{}}
}

// Changes returns all changes so far, as the table's stream would tell them.
func (t *Table) Changes() []handler.Change {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changes
}

// GetItem returns a copy of an item.
func (t *Table) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.fails("GetItem"); err != nil {
		return nil, err
	}
	return &dynamodb.GetItemOutput{Item: maps.Clone(t.items[t.keyOf(in.Key)])}, nil
}

// PutItem stores an item if its condition holds.
func (t *Table) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.fails("PutItem"); err != nil {
		return nil, err
	}
	key := t.keyOf(in.Item)
	was := t.items[key]
	if in.ConditionExpression != nil && !holds(*in.ConditionExpression, was, in.ExpressionAttributeValues) {
		return nil, &types.ConditionalCheckFailedException{}
	}
	change := handler.Change{ID: strconv.Itoa(len(t.changes) + 1), Kind: handler.Modify, Old: was, New: maps.Clone(in.Item)}
	if was == nil {
		change.Kind = handler.Insert
	}
	t.items[key], t.changes = change.New, append(t.changes, change)
	return &dynamodb.PutItemOutput{}, nil
}

func (t *Table) fails(action string) error {
	if t.Fail == nil {
		return nil
	}
	return t.Fail(action)
}

func (t *Table) keyOf(item map[string]types.AttributeValue) string {
	return item[t.key].(*types.AttributeValueMemberS).Value
}

// holds evaluates a condition.
func holds(condition string, item, values map[string]types.AttributeValue) bool {
	for part := range strings.SplitSeq(condition, " OR ") {
		if name, ok := strings.CutPrefix(part, "attribute_not_exists("); ok {
			if _, exists := item[strings.TrimSuffix(name, ")")]; !exists {
				return true
			}
			continue
		}
		name, value, ok := strings.Cut(part, " = ")
		if !ok || values[value] == nil {
			panic("faketable does not understand the condition " + condition)
		}
		if reflect.DeepEqual(item[name], values[value]) {
			return true
		}
	}
	return false
}
