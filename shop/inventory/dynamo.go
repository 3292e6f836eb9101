package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
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

// The table holds, by partition key and sort key:
//
//	PRODUCT#<id>         LEVEL                      how much there is of a product
//	PRODUCT#<id>         RECEIPT#<receipt>          goods that came in or are gone, each once
//	PRODUCT#<id>         TELL#<order>               an order with the product that waits no longer and whose workflow must be told
//	PRODUCT#<id>         WAITING#<since>#<order>    an order with the product that waits for stock
//	RESERVATION#<order>  RESERVATION                what an order has
//
// The sort keys of a product are in the order in which its queue is served.
const (
	attrPartition = "pk"
	attrSort      = "sk"
	// OutboxAttribute holds the events that the change of an item is to publish; the stack filters the table's stream by it.
	OutboxAttribute = "outbox"

	productPrefix     = "PRODUCT#"
	reservationPrefix = "RESERVATION#"
	sortLevel         = "LEVEL"
	sortReservation   = "RESERVATION"
	receiptPrefix     = "RECEIPT#"
	tellPrefix        = "TELL#"
	waitingPrefix     = "WAITING#"
)

// sinceLayout orders times as texts.
const sinceLayout = "2006-01-02T15:04:05.000Z"

// Client is what a [Table] needs of DynamoDB; *dynamodb.Client has it.
type Client interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Table is the Store in DynamoDB.
type Table struct {
	client Client
	name   string
}

// NewTable returns the store in the table of this name.
func NewTable(client Client, name string) *Table { return &Table{client: client, name: name} }

// levelRecord is a level as the table stores it.
type levelRecord struct {
	Available int64 `dynamodbav:"available"`
	Reserved  int64 `dynamodbav:"reserved"`
	Sold      int64 `dynamodbav:"sold"`
	Received  int64 `dynamodbav:"received"`
	// ListedAt is in milliseconds since 1970.
	ListedAt int64 `dynamodbav:"listedAt"`
	Sequence int64 `dynamodbav:"sequence"`
}

// reservationRecord is a reservation as the table stores it.
type reservationRecord struct {
	Partition     string    `dynamodbav:"pk"`
	Sort          string    `dynamodbav:"sk"`
	OrderID       string    `dynamodbav:"orderId"` // for the log of who reads the table's stream
	CorrelationID string    `dynamodbav:"correlationId"`
	State         State     `dynamodbav:"state"`
	Holdings      []Holding `dynamodbav:"holdings"`
	Since         string    `dynamodbav:"since,omitempty"`
	TaskToken     string    `dynamodbav:"taskToken,omitempty"`
	Causes        []string  `dynamodbav:"causes,omitempty"`
	Return        string    `dynamodbav:"return,omitempty"` // JSON
	Version       int64     `dynamodbav:"version"`
	Outbox        string    `dynamodbav:"outbox,omitempty"`
}

// Level implements Store.
func (t *Table) Level(ctx context.Context, productID string) (Level, error) {
	item, err := t.get(ctx, productPrefix+productID, sortLevel)
	if err != nil {
		return Level{}, fmt.Errorf("reading the stock of product %q: %w", productID, err)
	}
	level, err := levelOf(item)
	if err != nil {
		return Level{}, fmt.Errorf("reading the stock of product %q: %w", productID, err)
	}
	level.ProductID = productID
	return level, nil
}

func levelOf(item map[string]types.AttributeValue) (Level, error) {
	var r levelRecord
	err := attributevalue.UnmarshalMap(item, &r)
	level := Level{Available: r.Available, Reserved: r.Reserved, Sold: r.Sold, Received: r.Received, Sequence: r.Sequence}
	if r.ListedAt != 0 {
		level.ListedAt = time.UnixMilli(r.ListedAt).UTC()
	}
	return level, err
}

// Reservation implements Store.
func (t *Table) Reservation(ctx context.Context, orderID string) (Reservation, error) {
	item, err := t.get(ctx, reservationPrefix+orderID, sortReservation)
	if err != nil {
		return Reservation{}, fmt.Errorf("reading the reservation of order %q: %w", orderID, err)
	}
	if len(item) == 0 {
		return Reservation{OrderID: orderID}, nil
	}
	var r reservationRecord
	if err := attributevalue.UnmarshalMap(item, &r); err != nil {
		return Reservation{}, fmt.Errorf("reading the reservation of order %q: %w", orderID, err)
	}
	reservation := Reservation{
		OrderID: orderID, CorrelationID: r.CorrelationID, State: r.State, Holdings: r.Holdings, TaskToken: r.TaskToken, Causes: r.Causes, Version: r.Version,
	}
	if r.Since != "" {
		if reservation.Since, err = time.Parse(sinceLayout, r.Since); err != nil {
			return Reservation{}, fmt.Errorf("reading the reservation of order %q: since: %w", orderID, err)
		}
	}
	if r.Return != "" {
		if err := json.Unmarshal([]byte(r.Return), &reservation.Return); err != nil {
			return Reservation{}, fmt.Errorf("reading the reservation of order %q: return: %w", orderID, err)
		}
	}
	return reservation, nil
}

func (t *Table) get(ctx context.Context, partition, sort string) (map[string]types.AttributeValue, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: key(partition, sort), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// Queue implements Store.
func (t *Table) Queue(ctx context.Context, productID string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		input := &dynamodb.QueryInput{
			TableName:                &t.name,
			KeyConditionExpression:   aws.String("#pk = :product AND #sk BETWEEN :first AND :last"),
			ExpressionAttributeNames: map[string]string{"#pk": attrPartition, "#sk": attrSort},
			ExpressionAttributeValues: map[string]types.AttributeValue{
				":product": attr.Text(productPrefix + productID), ":first": attr.Text(tellPrefix), ":last": attr.Text(waitingPrefix + "~"),
			},
			ConsistentRead: aws.Bool(true), // an order that has just begun to wait looks for itself
		}
		for {
			out, err := t.client.Query(ctx, input)
			if err != nil {
				yield("", fmt.Errorf("reading who waits for product %q: %w", productID, err))
				return
			}
			for _, item := range out.Items {
				sort := attr.Plain(item[attrSort])
				if !yield(sort[strings.LastIndex(sort, "#")+1:], nil) {
					return
				}
			}
			if len(out.LastEvaluatedKey) == 0 {
				return
			}
			input.ExclusiveStartKey = out.LastEvaluatedKey
		}
	}
}

// Change implements Store.
func (t *Table) Change(ctx context.Context, before, after Reservation, events ...event.Detail) error {
	moved := movements(before, after)
	put, err := t.putReservation(before, after, events)
	if err != nil {
		return err
	}
	writes := []types.TransactWriteItem{put}
	for _, m := range moved {
		writes = append(writes, types.TransactWriteItem{Update: t.move(m)})
	}
	was, is := places(before), places(after)
	for _, place := range slices.SortedFunc(maps.Keys(was), place.compare) {
		if !is[place] {
			writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: key(place.partition(), place.sort)}})
		}
	}
	for _, place := range slices.SortedFunc(maps.Keys(is), place.compare) {
		if !was[place] {
			writes = append(writes, types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: key(place.partition(), place.sort)}})
		}
	}
	err = t.write(ctx, writes)
	if failed, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		err = refused(failed.CancellationReasons, moved)
	}
	if err != nil {
		return fmt.Errorf("changing the reservation of order %q to %s: %w", after.OrderID, after.State, err)
	}
	return nil
}

// putReservation writes the reservation unless another version than before is stored.
func (t *Table) putReservation(before, after Reservation, events []event.Detail) (types.TransactWriteItem, error) {
	fail := func(err error) (types.TransactWriteItem, error) {
		return types.TransactWriteItem{}, fmt.Errorf("encoding the reservation of order %q: %w", after.OrderID, err)
	}
	outbox, err := newOutbox(events)
	if err != nil {
		return fail(err)
	}
	record := reservationRecord{
		Partition: reservationPrefix + after.OrderID, Sort: sortReservation, OrderID: after.OrderID,
		CorrelationID: after.CorrelationID, State: after.State,
		Holdings: after.Holdings, TaskToken: after.TaskToken, Causes: after.Causes, Version: after.Version, Outbox: outbox,
	}
	if !after.Since.IsZero() {
		record.Since = after.Since.Format(sinceLayout)
	}
	if after.Return.OrderID != "" {
		goods, err := json.Marshal(after.Return)
		if err != nil {
			return fail(err)
		}
		record.Return = string(goods)
	}
	item, err := attributevalue.MarshalMap(record)
	if err != nil {
		return fail(err)
	}
	put := &types.Put{TableName: &t.name, Item: item}
	if before.Version == 0 {
		put.ConditionExpression, put.ExpressionAttributeNames = aws.String("attribute_not_exists(#pk)"), map[string]string{"#pk": attrPartition}
	} else {
		put.ConditionExpression, put.ExpressionAttributeNames = aws.String("#version = :version"), map[string]string{"#version": "version"}
		put.ExpressionAttributeValues = map[string]types.AttributeValue{":version": attr.Number(before.Version)}
	}
	return types.TransactWriteItem{Put: put}, nil
}

// move adds a movement to a level, unless something would become negative.
func (t *Table) move(m Movement) *types.Update {
	changed := int64(0)
	if m.Available != 0 {
		changed = 1
	}
	update := &types.Update{
		TableName:                &t.name,
		Key:                      key(productPrefix+m.ProductID, sortLevel),
		UpdateExpression:         aws.String("ADD #available :available, #reserved :reserved, #sold :sold, #sequence :changed"),
		ExpressionAttributeNames: map[string]string{"#available": "available", "#reserved": "reserved", "#sold": "sold", "#sequence": "sequence"},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":available": attr.Number(m.Available), ":reserved": attr.Number(m.Reserved), ":sold": attr.Number(m.Sold), ":changed": attr.Number(changed),
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	var conditions []string
	for _, part := range []struct {
		name   string
		change int64
	}{{"available", m.Available}, {"reserved", m.Reserved}, {"sold", m.Sold}} {
		if part.change < 0 {
			conditions = append(conditions, fmt.Sprintf("#%s >= :least_%s", part.name, part.name))
			update.ExpressionAttributeValues[":least_"+part.name] = attr.Number(-part.change)
		}
	}
	if len(conditions) > 0 {
		update.ConditionExpression = aws.String(strings.Join(conditions, " AND "))
	}
	return update
}

// refused explains why a change was not made, from DynamoDB's reasons, of which the first is about the reservation and the next are about
// the levels.
func refused(reasons []types.CancellationReason, moved []Movement) error {
	const conditionFailed = "ConditionalCheckFailed"
	if len(reasons) <= len(moved) {
		return fmt.Errorf("DynamoDB gave %d reasons, want at least %d", len(reasons), 1+len(moved))
	}
	for i, reason := range reasons {
		switch code := aws.ToString(reason.Code); {
		case i == 0 && code == conditionFailed, code == "TransactionConflict", code == "ThrottlingError", code == "ProvisionedThroughputExceeded":
			return ErrInterference
		case code != conditionFailed && code != "None" && code != "":
			return fmt.Errorf("DynamoDB refused part %d: %s: %s", i, code, aws.ToString(reason.Message))
		}
	}
	short := &ShortageError{}
	for i, m := range moved {
		reason := reasons[i+1]
		if aws.ToString(reason.Code) != conditionFailed {
			continue
		}
		level, err := levelOf(reason.Item)
		if err != nil {
			return fmt.Errorf("reading the stock of product %q: %w", m.ProductID, err)
		}
		if level.Available+m.Available >= 0 {
			return fmt.Errorf("the stock of product %q is %+v, which does not cover its reservations: moving %+v", m.ProductID, level, m)
		}
		short.Shortages = append(short.Shortages, event.Shortage{ProductID: m.ProductID, Missing: -m.Available - level.Available})
	}
	return short
}

// Receive implements Store.
func (t *Table) Receive(ctx context.Context, receipt Receipt, events ...event.Detail) error {
	productID := receipt.Level.ProductID
	outbox, err := newOutbox(events)
	if err != nil {
		return fmt.Errorf("receiving product %q: %w", productID, err)
	}
	marker := key(productPrefix+productID, receiptPrefix+receipt.ID)
	marker["quantity"], marker["correlationId"] = attr.Number(receipt.Quantity), attr.Text(receipt.CorrelationID)
	if outbox != "" {
		marker[OutboxAttribute] = attr.Text(outbox)
	}
	writes := []types.TransactWriteItem{{Put: &types.Put{
		TableName: &t.name, Item: marker,
		ConditionExpression: aws.String("attribute_not_exists(#pk)"), ExpressionAttributeNames: map[string]string{"#pk": attrPartition},
	}}}
	writes = append(writes, types.TransactWriteItem{Update: t.count(receipt)})
	err = t.write(ctx, writes)
	failed, ok := errors.AsType[*types.TransactionCanceledException](err)
	switch {
	case !ok && err != nil:
		return fmt.Errorf("receiving product %q: %w", productID, err)
	case !ok, len(failed.CancellationReasons) > 0 && aws.ToString(failed.CancellationReasons[0].Code) == "ConditionalCheckFailed":
		return nil // now, or before
	default:
		return fmt.Errorf("receiving product %q: %w: %w", productID, ErrInterference, err)
	}
}

// count adds a receipt to its product's level.
func (t *Table) count(r Receipt) *types.Update {
	update := t.move(Movement{ProductID: r.Level.ProductID, Available: r.Quantity})
	names, values, was := update.ExpressionAttributeNames, update.ExpressionAttributeValues, r.Level
	values[":changed"] = attr.Number(1)
	var conditions []string
	unless := func(attribute string, stored int64) { // somebody has changed it since the level was read
		if stored == 0 {
			conditions = append(conditions, "attribute_not_exists(#"+attribute+")")
			return
		}
		conditions = append(conditions, fmt.Sprintf("#%s = :was_%s", attribute, attribute))
		values[":was_"+attribute] = attr.Number(stored)
	}
	if r.Change < 0 { // as much as is wanted, or all that there is: both only of the level that was read
		delete(values, ":least_available")
		unless("sequence", was.Sequence)
	}
	if !r.ListedAt.Before(was.ListedAt) { // else it is about a product that is gone
		names["#received"], values[":received"], names["#listedAt"] = "received", attr.Number(r.Change), "listedAt"
		if r.ListedAt.Equal(was.ListedAt) {
			*update.UpdateExpression += ", #received :received"
		} else {
			*update.UpdateExpression = "SET #received = :received, #listedAt = :listedAt " + *update.UpdateExpression
			values[":listedAt"] = attr.Number(r.ListedAt.UnixMilli())
		}
		stored := int64(0)
		if !was.ListedAt.IsZero() {
			stored = was.ListedAt.UnixMilli()
		}
		unless("listedAt", stored)
	}
	update.ConditionExpression = nil
	if len(conditions) > 0 {
		update.ConditionExpression = aws.String(strings.Join(conditions, " AND "))
	}
	return update
}

// write makes all writes or none. A transaction that is still under way, from a try whose answer was lost, is interference too.
func (t *Table) write(ctx context.Context, writes []types.TransactWriteItem) error {
	_, err := t.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	if busy, ok := errors.AsType[*types.TransactionInProgressException](err); ok {
		return fmt.Errorf("%w: %w", ErrInterference, busy)
	}
	return err
}

// place is where an order stands in a product's queue.
type place struct{ productID, sort string }

func (p place) partition() string { return productPrefix + p.productID }

func (p place) compare(other place) int { return strings.Compare(p.productID, other.productID) }

// places are where an order stands in its products' queues.
func places(r Reservation) map[place]bool {
	var sort string
	switch {
	case r.State == Waiting:
		sort = waitingPrefix + r.Since.Format(sinceLayout) + "#" + r.OrderID
	case r.MustTell():
		sort = tellPrefix + r.OrderID
	default:
		return nil
	}
	all := map[place]bool{}
	for _, h := range r.Holdings {
		all[place{h.ProductID, sort}] = true
	}
	return all
}

// note is an event in an outbox.
type note struct {
	Name   string          `json:"name"`
	Detail json.RawMessage `json:"detail"`
}

// newOutbox encodes events for the attribute outbox; "" if there are none.
func newOutbox(events []event.Detail) (string, error) {
	if len(events) == 0 {
		return "", nil
	}
	notes := make([]note, len(events))
	for i, e := range events {
		detail, err := json.Marshal(e)
		if err != nil {
			return "", fmt.Errorf("encoding event %q: %w", event.Name(e), err)
		}
		notes[i] = note{event.Name(e), detail}
	}
	encoded, err := json.Marshal(notes)
	return string(encoded), err
}

func key(partition, sort string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{attrPartition: attr.Text(partition), attrSort: attr.Text(sort)}
}
