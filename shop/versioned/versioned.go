// Package versioned keeps records in a DynamoDB table, one item per key, under optimistic concurrency: a record is stored only over the
// version that it was made from.
package versioned

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// Reader is what a [View] needs of DynamoDB; *dynamodb.Client has it.
type Reader interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
}

// Client is what a [Table] needs of DynamoDB; *dynamodb.Client has it.
type Client interface {
	Reader
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// ErrConflict means that somebody else has changed the record meanwhile: find it again, and decide anew.
var ErrConflict = errors.New("the record was changed meanwhile")

// attrVersion is the attribute that conditions ask for.
const attrVersion = "version"

// Stamp tells which state of a record this is. Records embed it.
type Stamp struct {
	// Version counts the record's changes, from 1; 0 is one that is not stored.
	Version int64 `dynamodbav:"version"`
	// CreatedAt is when the first version was stored: UTC, to the millisecond.
	CreatedAt time.Time `dynamodbav:"createdAt"`
	// UpdatedAt is when this version was stored: UTC, to the millisecond.
	UpdatedAt time.Time `dynamodbav:"updatedAt"`
}

func (s *Stamp) stamp() *Stamp { return s }

// next is the stamp of the version that follows.
func (s *Stamp) next(now time.Time) Stamp {
	n := Stamp{Version: s.Version + 1, CreatedAt: s.CreatedAt, UpdatedAt: now.UTC().Truncate(time.Millisecond)}
	if s.Version == 0 {
		n.CreatedAt = n.UpdatedAt
	}
	return n
}

// Record is a pointer to a struct that embeds [Stamp], with dynamodbav tags, and has the table's key among its fields.
type Record interface{ stamp() *Stamp }

// View finds records. It uses one action, GetItem.
type View struct {
	reader     Reader
	table, key string
}

// NewView returns the records in the table of this name, to look at. key is the name of the attribute, a string, that they are found by.
func NewView(reader Reader, table, key string) *View { return &View{reader, table, key} }

// Find reads the record of this id into an empty one. One that does not exist leaves it so, with version 0. What was stored before the
// call is found.
func (v *View) Find(ctx context.Context, id string, into Record) error {
	out, err := v.reader.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &v.table,
		Key:            map[string]types.AttributeValue{v.key: attr.Text(id)},
		ConsistentRead: aws.Bool(true), // what was written down decides what may happen
	})
	if err != nil {
		return fmt.Errorf("getting %q from %s: %w", id, v.table, err)
	}
	if len(out.Item) == 0 {
		return nil
	}
	if err := attributevalue.UnmarshalMap(out.Item, into); err != nil {
		return fmt.Errorf("reading %q of %s: %w", id, v.table, err)
	}
	return nil
}

// Table finds and stores records. It uses two actions, GetItem and PutItem.
type Table struct {
	*View
	client Client
	now    func() time.Time
}

// NewTable returns the records in the table of this name. key is the name of the attribute, a string, that they are found by.
func NewTable(client Client, table, key string) *Table {
	return &Table{View: NewView(client, table, key), client: client, now: time.Now}
}

// Save stores the record as its next version and stamps it so, provided that the stored version is the record's, or that there is none if
// the record's is 0. Otherwise: ErrConflict, and the record stays as it is.
//
// When the SDK tries again because an answer was lost, the second attempt meets the first one's item, and the caller gets ErrConflict. That
// is harmless: it looks again, and finds that its change has been made.
func (t *Table) Save(ctx context.Context, r Record) error {
	was := *r.stamp()
	*r.stamp() = was.next(t.now())
	if err := t.put(ctx, r, was.Version); err != nil {
		*r.stamp() = was
		return err
	}
	return nil
}

func (t *Table) put(ctx context.Context, r Record, was int64) error {
	item, err := attributevalue.MarshalMap(r)
	if err != nil {
		return fmt.Errorf("encoding a record of %s: %w", t.table, err)
	}
	in := &dynamodb.PutItemInput{
		TableName: &t.table, Item: item, ConditionExpression: aws.String("attribute_not_exists(" + t.key + ")"),
	}
	if was > 0 {
		in.ConditionExpression = aws.String(attrVersion + " = :was")
		in.ExpressionAttributeValues = map[string]types.AttributeValue{":was": attr.Number(was)}
	}
	_, err = t.client.PutItem(ctx, in)
	if _, changed := errors.AsType[*types.ConditionalCheckFailedException](err); changed {
		return ErrConflict
	}
	if err != nil {
		return fmt.Errorf("putting %q into %s: %w", attr.Plain(item[t.key]), t.table, err)
	}
	return nil
}
