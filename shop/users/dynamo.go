package users

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// attrID is the table's key, and attrExpiry its time to live. The stack declares the table with the same.
const (
	attrID     = "userId"
	attrExpiry = "expiresAt"
)

// timeLayout writes times to the millisecond.
const timeLayout = "2006-01-02T15:04:05.000Z"

// maxNames is how many items one BatchGetItem can ask for (DynamoDB API reference).
const maxNames = 100

// Client is what a [Table] needs of DynamoDB; *dynamodb.Client has it.
type Client interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// Table is the Profiles in DynamoDB. Each of its methods uses one DynamoDB action: Get and Closed GetItem, Names BatchGetItem, Create and
// Close PutItem, Update UpdateItem.
type Table struct {
	client Client
	name   string
}

// NewTable returns the profiles in the table of this name.
func NewTable(client Client, name string) *Table { return &Table{client: client, name: name} }

// record is an item of the table: a profile, or the mark of a user who has left.
type record struct {
	UserID          string   `dynamodbav:"userId"`
	Name            string   `dynamodbav:"name"`
	ShippingAddress *Address `dynamodbav:"shippingAddress,omitempty"`
	Version         int64    `dynamodbav:"version"`
	CreatedAt       string   `dynamodbav:"createdAt"`
	UpdatedAt       string   `dynamodbav:"updatedAt"`
	// CorrelationID is that of the last change. The stream carries it on.
	CorrelationID string `dynamodbav:"correlationId"`
	// DeletedAt and Username are a mark's.
	DeletedAt string `dynamodbav:"deletedAt,omitempty"`
	Username  string `dynamodbav:"username,omitempty"`
}

func recordOf(item map[string]types.AttributeValue) (record, error) {
	var r record
	if err := attributevalue.UnmarshalMap(item, &r); err != nil {
		return record{}, fmt.Errorf("reading the stored user: %w", err)
	}
	return r, nil
}

// profileOf reads a stored item. Error: ErrClosed if it is a mark.
func profileOf(item map[string]types.AttributeValue) (Profile, error) {
	r, err := recordOf(item)
	if err != nil {
		return Profile{}, err
	}
	if r.DeletedAt != "" {
		return Profile{}, ErrClosed
	}
	p := Profile{UserID: r.UserID, Name: r.Name, ShippingAddress: r.ShippingAddress, Version: r.Version}
	if p.CreatedAt, err = parseTime(r.UserID, r.CreatedAt); err != nil {
		return Profile{}, err
	}
	p.UpdatedAt, err = parseTime(r.UserID, r.UpdatedAt)
	return p, err
}

func parseTime(userID, value string) (time.Time, error) {
	t, err := time.Parse(timeLayout, value)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the stored user %q: %w", userID, err)
	}
	return t, nil
}

func timeText(t time.Time) types.AttributeValue { return attr.Text(t.UTC().Format(timeLayout)) }

func key(userID string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{attrID: attr.Text(userID)}
}

// item returns what is stored of a user.
func (t *Table) item(ctx context.Context, userID string) (map[string]types.AttributeValue, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &t.name,
		Key:            key(userID),
		ConsistentRead: aws.Bool(true), // who has just changed a profile must see it changed, and who has left must not come back
	})
	if err != nil {
		return nil, fmt.Errorf("getting user %q: %w", userID, err)
	}
	if len(out.Item) == 0 {
		return nil, notFound(userID)
	}
	return out.Item, nil
}

// Get implements Profiles.
func (t *Table) Get(ctx context.Context, userID string) (Profile, error) {
	item, err := t.item(ctx, userID)
	if err != nil {
		return Profile{}, err
	}
	return profileOf(item)
}

// Closed implements Profiles.
func (t *Table) Closed(ctx context.Context, userID string) (string, error) {
	item, err := t.item(ctx, userID)
	if err != nil {
		return "", err
	}
	r, err := recordOf(item)
	if err == nil && r.DeletedAt == "" {
		err = notFound(userID)
	}
	return r.Username, err
}

// Names implements Profiles.
func (t *Table) Names(ctx context.Context, userIDs []string) (map[string]string, error) {
	if len(userIDs) == 0 || len(userIDs) > maxNames {
		return nil, fmt.Errorf("getting the names of %d users at once, want 1–%d", len(userIDs), maxNames)
	}
	wanted := types.KeysAndAttributes{
		ConsistentRead:           aws.Bool(true),
		ProjectionExpression:     aws.String("#userId, #name, #version"),
		ExpressionAttributeNames: map[string]string{"#userId": attrID, "#name": "name", "#version": "version"},
	}
	for _, id := range userIDs {
		wanted.Keys = append(wanted.Keys, key(id))
	}
	out, err := t.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{t.name: wanted}})
	if err != nil {
		return nil, fmt.Errorf("getting the names of %d users: %w", len(userIDs), err)
	}
	if left := len(out.UnprocessedKeys[t.name].Keys); left > 0 {
		return nil, &fault.Error{Kind: fault.ErrUnavailable, Detail: "The shop is busy. Try again in a moment.",
			Err: fmt.Errorf("getting the names of %d users: DynamoDB left %d over", len(userIDs), left)}
	}
	names := make(map[string]string, len(userIDs))
	for _, item := range out.Responses[t.name] {
		r, err := recordOf(item)
		if err != nil {
			return nil, err
		}
		if r.Version > 0 { // a mark has none
			names[r.UserID] = r.Name
		}
	}
	return names, nil
}

// Create implements Profiles.
func (t *Table) Create(ctx context.Context, p Profile) (Profile, error) {
	p.Version = 1
	item, err := attributevalue.MarshalMap(record{
		UserID: p.UserID, Name: p.Name, ShippingAddress: p.ShippingAddress, Version: p.Version,
		CreatedAt: p.CreatedAt.UTC().Format(timeLayout), UpdatedAt: p.UpdatedAt.UTC().Format(timeLayout),
		CorrelationID: handler.CorrelationID(ctx),
	})
	if err != nil {
		return Profile{}, fmt.Errorf("creating the profile of user %q: %w", p.UserID, err)
	}
	_, err = t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &t.name, Item: item,
		ConditionExpression:                 aws.String("attribute_not_exists(#userId)"),
		ExpressionAttributeNames:            map[string]string{"#userId": attrID},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return profileOf(failed.Item)
	}
	if err != nil {
		return Profile{}, fmt.Errorf("creating the profile of user %q: %w", p.UserID, err)
	}
	return p, nil
}

// Update implements Profiles.
func (t *Table) Update(ctx context.Context, p Profile, condition Condition) (Profile, error) {
	values := map[string]types.AttributeValue{
		":name": attr.Text(p.Name), ":updatedAt": timeText(p.UpdatedAt), ":correlationId": attr.Text(handler.CorrelationID(ctx)), ":one": attr.Number(1),
	}
	expression := "SET #name = :name, #updatedAt = :updatedAt, #correlationId = :correlationId, #version = #version + :one"
	if p.ShippingAddress != nil {
		address, err := attributevalue.Marshal(p.ShippingAddress)
		if err != nil {
			return Profile{}, fmt.Errorf("changing the profile of user %q: %w", p.UserID, err)
		}
		expression += ", #shippingAddress = :shippingAddress"
		values[":shippingAddress"] = address
	} else {
		expression += " REMOVE #shippingAddress"
	}
	out, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:        &t.name,
		Key:              key(p.UserID),
		UpdateExpression: &expression,
		// A mark has no version, and so meets no condition.
		ConditionExpression: aws.String(condition.expression(values)),
		ExpressionAttributeNames: map[string]string{
			"#name": "name", "#updatedAt": "updatedAt", "#correlationId": "correlationId", "#version": "version", "#shippingAddress": "shippingAddress",
		},
		ExpressionAttributeValues:           values,
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return refused(p, failed.Item)
	}
	if err != nil {
		return Profile{}, fmt.Errorf("changing the profile of user %q: %w", p.UserID, err)
	}
	return profileOf(out.Attributes)
}

// expression returns the condition as a DynamoDB expression over #version, and adds the values it names.
func (c Condition) expression(values map[string]types.AttributeValue) string {
	if c.exists {
		return "attribute_exists(#version)"
	}
	versions := c.versions
	if len(versions) == 0 {
		versions = []int64{0} // no profile has it
	}
	names := make([]string, len(versions))
	for i, version := range versions {
		names[i] = fmt.Sprintf(":version%d", i)
		values[names[i]] = attr.Number(version)
	}
	return "#version IN (" + strings.Join(names, ", ") + ")"
}

// refused explains a condition that did not hold.
//
// One case is no failure: the stored profile is exactly what was to be written, to the millisecond of the change. Then the answer to
// a first attempt was lost on the way, and the SDK has tried again.
func refused(wanted Profile, item map[string]types.AttributeValue) (Profile, error) {
	if len(item) == 0 {
		return Profile{}, fault.New(fault.ErrPrecondition, "You have no profile to change yet. Get it first.")
	}
	stored, err := profileOf(item)
	if err != nil {
		return Profile{}, err
	}
	if stored.UpdatedAt.Equal(wanted.UpdatedAt) && stored.Name == wanted.Name && sameAddress(stored.ShippingAddress, wanted.ShippingAddress) {
		return stored, nil
	}
	return Profile{}, fault.New(fault.ErrPrecondition, `The profile's version is "%d". Get it again and repeat your change.`, stored.Version)
}

func sameAddress(a, b *Address) bool { return a == b || a != nil && b != nil && *a == *b }

// Close implements Profiles.
func (t *Table) Close(ctx context.Context, userID, username string, at time.Time) error {
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &t.name,
		Item: map[string]types.AttributeValue{
			attrID: attr.Text(userID), "username": attr.Text(username), "deletedAt": timeText(at), "correlationId": attr.Text(handler.CorrelationID(ctx)),
			attrExpiry: attr.Expiry(at.Add(MarkLifetime)),
		},
		ConditionExpression:      aws.String("attribute_not_exists(#deletedAt)"), // so that everybody is told once
		ExpressionAttributeNames: map[string]string{"#deletedAt": "deletedAt"},
	})
	if _, marked := errors.AsType[*types.ConditionalCheckFailedException](err); marked {
		return nil
	}
	if err != nil {
		return fmt.Errorf("marking user %q as deleted: %w", userID, err)
	}
	return nil
}
