package orders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/shop/attr"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// The keys of the table. An order's partition holds its events and what is private to it; a customer's holds the ids of their orders and,
// once the account is deleted, the mark of that. The stack filters the table's stream by eventPrefix.
const (
	attrPartition = "pk"
	attrSort      = "sk"
	attrExpires   = "expiresAt" // the table's time to live

	orderPrefix    = "ORDER#"
	eventPrefix    = "EVENT#"
	customerPrefix = "CUSTOMER#"
	keyPrefix      = "IDEMPOTENCY#"

	sortPrivate = "PRIVATE"
	sortKey     = "ORDER"
	sortDeleted = "DELETED"
)

// keptFor is how long an idempotency key stands for its order, and how long a deleted customer cannot order. Clients repeat a request
// within minutes, and a token outlives its account by a day at most.
const keptFor = 7 * 24 * time.Hour

// timeLayout writes times so that they sort as text.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Client is what this package needs of DynamoDB; *dynamodb.Client has it.
type Client interface {
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Table is the Store in DynamoDB.
type Table struct {
	client Client
	name   string
	now    func() time.Time
}

// NewTable returns the orders in the table of this name.
func NewTable(client Client, name string) *Table {
	return &Table{client: client, name: name, now: time.Now}
}

type item = map[string]types.AttributeValue

func key(partition, sort string) item {
	return item{attrPartition: attr.Text(partition), attrSort: attr.Text(sort)}
}

func eventSort(version int) string { return fmt.Sprintf("%s%06d", eventPrefix, version) }

// record is an event as the table stores it. CorrelationID is there for who reads the table's stream.
type record struct {
	OrderID       string `dynamodbav:"orderId"`
	CorrelationID string `dynamodbav:"correlationId"`
	Version       int    `dynamodbav:"version"`
	Type          string `dynamodbav:"type"`
	At            string `dynamodbav:"at"`
	Detail        string `dynamodbav:"detail"`
}

// eventItem is an event as an item.
func eventItem(orderID string, r Recorded) (item, error) {
	detail, err := json.Marshal(r.Detail)
	if err != nil {
		return nil, fmt.Errorf("encoding event %d of order %q: %w", r.Version, orderID, err)
	}
	stored, err := attributevalue.MarshalMap(record{
		OrderID: orderID, CorrelationID: r.Detail.About().CorrelationID, Version: r.Version, Type: event.Name(r.Detail),
		At: r.At.UTC().Format(timeLayout), Detail: string(detail),
	})
	if err != nil {
		return nil, fmt.Errorf("encoding event %d of order %q: %w", r.Version, orderID, err)
	}
	stored[attrPartition], stored[attrSort] = attr.Text(orderPrefix+orderID), attr.Text(eventSort(r.Version))
	return stored, nil
}

// readEvent reads an event's item.
func readEvent(stored item) (orderID string, r Recorded, err error) {
	var raw record
	if err := attributevalue.UnmarshalMap(stored, &raw); err != nil {
		return "", Recorded{}, fmt.Errorf("reading the stored event %q of %q: %w", attr.Plain(stored[attrSort]), attr.Plain(stored[attrPartition]), err)
	}
	at, err := time.Parse(timeLayout, raw.At)
	if err != nil {
		return "", Recorded{}, fmt.Errorf("reading event %d of order %q: at: %w", raw.Version, raw.OrderID, err)
	}
	detail, err := event.Decode(raw.Type, []byte(raw.Detail))
	if err != nil {
		return "", Recorded{}, fmt.Errorf("reading event %d of order %q: %w", raw.Version, raw.OrderID, err)
	}
	return raw.OrderID, Recorded{Version: raw.Version, At: at, Detail: detail}, nil
}

// private is what an order needs of its customer, as the table stores it.
type private struct {
	OrderID      string  `dynamodbav:"orderId"`
	Address      Address `dynamodbav:"address"`
	PaymentToken string  `dynamodbav:"paymentToken"`
}

// The order of the parts of the transaction in [Table.Create], by which DynamoDB says which of them failed.
const (
	partEvent = iota
	partKey
	partDeleted
	partPrivate
	partCustomer
)

// Create implements Store.
func (t *Table) Create(ctx context.Context, p Placement) error {
	first, err := eventItem(p.OrderID, p.First)
	if err != nil {
		return err
	}
	hidden, err := attributevalue.MarshalMap(private{p.OrderID, p.Private.Address, p.Private.PaymentToken})
	if err != nil {
		return fmt.Errorf("placing order %q: encoding its address: %w", p.OrderID, err)
	}
	hidden[attrPartition], hidden[attrSort] = attr.Text(orderPrefix+p.OrderID), attr.Text(sortPrivate)
	used := key(keyPrefix+p.CustomerID+"#"+p.Key, sortKey)
	used["orderId"], used["hash"], used[attrExpires] = attr.Text(p.OrderID), attr.Text(p.Hash), t.expiry()
	owned := key(customerPrefix+p.CustomerID, orderPrefix+p.OrderID)
	owned["orderId"] = attr.Text(p.OrderID)
	absent := aws.String("attribute_not_exists(" + attrPartition + ")")
	write := []types.TransactWriteItem{
		partEvent: {Put: &types.Put{TableName: &t.name, Item: first, ConditionExpression: absent}},
		partKey:   {Put: &types.Put{TableName: &t.name, Item: used, ConditionExpression: absent}},
		partDeleted: {ConditionCheck: &types.ConditionCheck{
			TableName: &t.name, Key: key(customerPrefix+p.CustomerID, sortDeleted), ConditionExpression: absent,
		}},
		partPrivate:  {Put: &types.Put{TableName: &t.name, Item: hidden}},
		partCustomer: {Put: &types.Put{TableName: &t.name, Item: owned}},
	}
	failed, err := transact(ctx, t.client, write)
	switch {
	case err != nil:
		return fmt.Errorf("placing order %q: %w", p.OrderID, err)
	case slices.Contains(failed, partKey): // first, since it may be this very request's, whose answer was lost
		return errKeyTaken
	case slices.Contains(failed, partDeleted):
		return errErased
	case len(failed) > 0:
		return fmt.Errorf("placing order %q: another order has this id", p.OrderID)
	}
	return nil
}

// expiry is when DynamoDB may delete an item that is written now.
func (t *Table) expiry() types.AttributeValue { return attr.Expiry(t.now().Add(keptFor)) }

// transact writes all or nothing, and returns which parts' conditions did not hold. Transactions that meet others on the same items are
// tried again a bounded number of times.
func transact(ctx context.Context, client Client, write []types.TransactWriteItem) (failed []int, err error) {
	for range maxAttempts {
		_, err = client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: write})
		cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
		if !ok {
			return nil, err
		}
		failed, err = reasons(cancelled)
		if len(failed) > 0 || err != nil {
			return failed, err
		}
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("writing %d items at once: met other transactions %d times: %w", len(write), maxAttempts, &types.TransactionConflictException{})
}

// reasons tells which parts of a cancelled transaction failed because of their conditions; none if trying again may help. A failed
// condition counts more than a conflict elsewhere: it would not hold the next time either.
func reasons(cancelled *types.TransactionCanceledException) (failed []int, err error) {
	var passing bool
	var other []string
	for i, reason := range cancelled.CancellationReasons {
		switch code := aws.ToString(reason.Code); code {
		case "", "None":
		case "ConditionalCheckFailed":
			failed = append(failed, i)
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			passing = true
		default:
			other = append(other, fmt.Sprintf("part %d: %s: %s", i, code, aws.ToString(reason.Message)))
		}
	}
	if len(failed) > 0 || passing && len(other) == 0 {
		return failed, nil
	}
	return nil, fmt.Errorf("transaction cancelled (%s): %w", strings.Join(other, "; "), cancelled)
}

// Placed implements Store.
func (t *Table) Placed(ctx context.Context, customerID, idempotencyKey string) (orderID, hash string, err error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.name, Key: key(keyPrefix+customerID+"#"+idempotencyKey, sortKey), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return "", "", fmt.Errorf("looking up an idempotency key: %w", err)
	}
	return attr.Plain(out.Item["orderId"]), attr.Plain(out.Item["hash"]), nil
}

// Load implements Store.
func (t *Table) Load(ctx context.Context, orderID string) (Order, []Recorded, error) {
	history, _, err := t.read(ctx, orderID, "begins_with(#sort, :sort)", eventPrefix)
	if err != nil {
		return Order{}, nil, err
	}
	if len(history) == 0 {
		return Order{}, nil, notFound(orderID)
	}
	order, err := Replay(history)
	return order, history, err
}

// Whole implements Store.
func (t *Table) Whole(ctx context.Context, orderID string) (order Order, history []Recorded, erased bool, err error) {
	history, private, err := t.read(ctx, orderID, "#sort >= :sort", eventPrefix)
	if err != nil {
		return Order{}, nil, false, err
	}
	if len(history) == 0 {
		return Order{}, nil, false, notFound(orderID)
	}
	order, err = Replay(history)
	return order, history, !private, err
}

// read reads an order's partition, without what is private in it.
func (t *Table) read(ctx context.Context, orderID, condition, sort string) (history []Recorded, private bool, err error) {
	input := &dynamodb.QueryInput{
		TableName:              &t.name,
		ConsistentRead:         aws.Bool(true), // the next event is decided on what is read
		KeyConditionExpression: aws.String("#partition = :partition AND " + condition),
		ProjectionExpression:   aws.String("#sort, orderId, correlationId, version, #type, #at, detail"),
		ExpressionAttributeNames: map[string]string{
			"#partition": attrPartition, "#sort": attrSort, "#type": "type", "#at": "at",
		},
		ExpressionAttributeValues: item{":partition": attr.Text(orderPrefix + orderID), ":sort": attr.Text(sort)},
	}
	for {
		out, err := t.client.Query(ctx, input)
		if err != nil {
			return nil, false, fmt.Errorf("reading order %q: %w", orderID, err)
		}
		for _, stored := range out.Items {
			if attr.Plain(stored[attrSort]) == sortPrivate {
				private = true
				continue
			}
			_, r, err := readEvent(stored)
			if err != nil {
				return nil, false, err
			}
			history = append(history, r)
		}
		if len(out.LastEvaluatedKey) == 0 {
			return history, private, nil
		}
		input.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// Append implements Store.
func (t *Table) Append(ctx context.Context, orderID string, next Recorded) error {
	stored, err := eventItem(orderID, next)
	if err != nil {
		return err
	}
	_, err = t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &t.name, Item: stored, ConditionExpression: aws.String("attribute_not_exists(" + attrPartition + ")"),
	})
	if _, taken := errors.AsType[*types.ConditionalCheckFailedException](err); taken {
		return errVersion
	}
	if err != nil {
		return fmt.Errorf("recording event %d, %q, of order %q: %w", next.Version, event.Name(next.Detail), orderID, err)
	}
	return nil
}

// AppendPersonal implements Store. Whoever erases an order removes first what is private, and so finds all words that there will ever be.
func (t *Table) AppendPersonal(ctx context.Context, orderID string, next Recorded) error {
	stored, err := eventItem(orderID, next)
	if err != nil {
		return err
	}
	failed, err := transact(ctx, t.client, []types.TransactWriteItem{
		{Put: &types.Put{TableName: &t.name, Item: stored, ConditionExpression: aws.String("attribute_not_exists(" + attrPartition + ")")}},
		{ConditionCheck: &types.ConditionCheck{
			TableName: &t.name, Key: key(orderPrefix+orderID, sortPrivate), ConditionExpression: aws.String("attribute_exists(" + attrPartition + ")"),
		}},
	})
	switch {
	case err != nil:
		return fmt.Errorf("recording event %d, %q, of order %q: %w", next.Version, event.Name(next.Detail), orderID, err)
	case slices.Contains(failed, 1):
		return errErased
	case len(failed) > 0:
		return errVersion
	}
	return nil
}

// Redact removes the customer's words from an order's events. Nothing else of them is changed, and nobody is told: the stream's readers
// look at new events alone.
func (t *Table) Redact(ctx context.Context, orderID string) error {
	history, _, err := t.read(ctx, orderID, "begins_with(#sort, :sort)", eventPrefix)
	if err != nil {
		return err
	}
	for _, r := range history {
		requested, personal := r.Detail.(event.ReturnRequested)
		if !personal || requested.Reason == "" {
			continue
		}
		requested.Reason = ""
		stored, err := eventItem(orderID, Recorded{Version: r.Version, At: r.At, Detail: requested})
		if err != nil {
			return err
		}
		if _, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: stored}); err != nil {
			return fmt.Errorf("removing the customer's words from event %d of order %q: %w", r.Version, orderID, err)
		}
	}
	return nil
}

// Private returns what an order needs of its customer; found is false if it was erased.
func (t *Table) Private(ctx context.Context, orderID string) (p Private, found bool, err error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.name, Key: key(orderPrefix+orderID, sortPrivate), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return Private{}, false, fmt.Errorf("reading the address of order %q: %w", orderID, err)
	}
	if len(out.Item) == 0 {
		return Private{}, false, nil
	}
	var stored private
	if err := attributevalue.UnmarshalMap(out.Item, &stored); err != nil {
		return Private{}, false, fmt.Errorf("reading the address of order %q: %w", orderID, err)
	}
	return Private{stored.Address, stored.PaymentToken}, true, nil
}

// CloseAccount lets a customer place no more orders.
func (t *Table) CloseAccount(ctx context.Context, customerID string) error {
	mark := key(customerPrefix+customerID, sortDeleted)
	mark[attrExpires] = t.expiry()
	if _, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: mark}); err != nil {
		return fmt.Errorf("closing the customer %q: %w", customerID, err)
	}
	return nil
}

// OrdersOf returns the ids of a customer's orders that are not erased, all of them: nothing that was placed before is missing.
func (t *Table) OrdersOf(ctx context.Context, customerID string) ([]string, error) {
	input := &dynamodb.QueryInput{
		TableName:                 &t.name,
		ConsistentRead:            aws.Bool(true),
		KeyConditionExpression:    aws.String("#partition = :partition AND begins_with(#sort, :sort)"),
		ExpressionAttributeNames:  map[string]string{"#partition": attrPartition, "#sort": attrSort},
		ExpressionAttributeValues: item{":partition": attr.Text(customerPrefix + customerID), ":sort": attr.Text(orderPrefix)},
	}
	var ids []string
	for {
		out, err := t.client.Query(ctx, input)
		if err != nil {
			return nil, fmt.Errorf("listing the orders of customer %q: %w", customerID, err)
		}
		for _, stored := range out.Items {
			ids = append(ids, attr.Plain(stored["orderId"]))
		}
		if len(out.LastEvaluatedKey) == 0 {
			return ids, nil
		}
		input.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// RemovePrivate erases what an order has of its customer.
func (t *Table) RemovePrivate(ctx context.Context, orderID string) error {
	return t.remove(ctx, key(orderPrefix+orderID, sortPrivate))
}

// Disown removes an order from those of a customer.
func (t *Table) Disown(ctx context.Context, customerID, orderID string) error {
	return t.remove(ctx, key(customerPrefix+customerID, orderPrefix+orderID))
}

func (t *Table) remove(ctx context.Context, which item) error {
	if _, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &t.name, Key: which}); err != nil {
		return fmt.Errorf("deleting %s %s: %w", attr.Plain(which[attrPartition]), attr.Plain(which[attrSort]), err)
	}
	return nil
}

// Scan finds the ids of all orders in one of several equal parts of the table, a page at a time.
func (t *Table) Scan(ctx context.Context, part, parts int, found func(orderIDs []string) error) error {
	input := &dynamodb.ScanInput{
		TableName: &t.name, ConsistentRead: aws.Bool(true),
		Segment: aws.Int32(int32(part)), TotalSegments: aws.Int32(int32(parts)), //nolint:gosec // a handful
		FilterExpression:          aws.String("#sort = :first"),
		ProjectionExpression:      aws.String("orderId"),
		ExpressionAttributeNames:  map[string]string{"#sort": attrSort},
		ExpressionAttributeValues: item{":first": attr.Text(eventSort(1))},
	}
	for {
		out, err := t.client.Scan(ctx, input)
		if err != nil {
			return fmt.Errorf("scanning part %d of %d of %s: %w", part, parts, t.name, err)
		}
		ids := make([]string, len(out.Items))
		for i, stored := range out.Items {
			ids[i] = attr.Plain(stored["orderId"])
		}
		if err := found(ids); err != nil {
			return err
		}
		if len(out.LastEvaluatedKey) == 0 {
			return nil
		}
		input.ExclusiveStartKey = out.LastEvaluatedKey
	}
}
