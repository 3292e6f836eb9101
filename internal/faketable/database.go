package faketable

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/handler"
)

// Item is an item of a table.
type Item = map[string]types.AttributeValue

// Schema describes a table of a [Database].
type Schema struct {
	// Partition and Sort are the key attributes, strings both; Sort is "" for a table without.
	Partition, Sort string
	// Indexes are the global secondary indexes by name, each a partition and a sort key. Items without them are not in the index.
	Indexes map[string][2]string
	// Stream, if set, is told every change, with both images.
	Stream func(handler.Change)
}

// Call is a call of a [Database].
type Call struct {
	// Action is the API's name, such as "PutItem".
	Action string
	// Table is the table's name; of a transaction, that of its first part.
	Table string
	// Key is the item's primary key as text; of a transaction, that of its first part.
	Key string
	// Parts is how many writes a transaction has.
	Parts int
}

// Database is DynamoDB in memory: several tables, conditional writes, transactions and streams. It has the methods of *dynamodb.Client
// that the shop uses, and evaluates every expression by its grammar; what it does not understand is a panic. All calls are strongly
// consistent and take effect at once.
type Database struct {
	// Around, if set, is called for every call and calls do at the moment at which the call takes effect, or does not. Its error is the
	// caller's answer, whether or not the call had its effect.
	Around func(ctx context.Context, c Call, do func()) error

	mu      sync.Mutex
	tables  map[string]*table
	changes int
}

// table holds rows by partition, sorted.
type table struct {
	Schema
	partitions map[string][]row
}

type row struct {
	sort string
	item Item
}

// NewDatabase returns a database with empty tables of these names.
func NewDatabase(schemas map[string]Schema) *Database {
	d := &Database{tables: map[string]*table{}}
	for name, s := range schemas {
		d.tables[name] = &table{Schema: s, partitions: map[string][]row{}}
	}
	return d
}

// Items returns all items of a table, ordered by their keys. They must not be changed.
func (d *Database) Items(name string) []Item {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.table(&name).all()
}

// Reset replaces a table's items, without telling the stream.
func (d *Database) Reset(name string, items []Item) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.table(&name)
	t.partitions = map[string][]row{}
	for _, i := range items {
		t.store(i, i)
	}
}

func (d *Database) table(name *string) *table {
	t, ok := d.tables[aws.ToString(name)]
	if !ok {
		panic(fmt.Sprintf("faketable: there is no table %q", aws.ToString(name)))
	}
	return t
}

func (t *table) all() []Item {
	var items []Item
	for _, partition := range slices.Sorted(maps.Keys(t.partitions)) {
		for _, r := range t.partitions[partition] {
			items = append(items, r.item)
		}
	}
	return items
}

// place is an item's primary key.
func (t *table) place(item Item) (partition, sort string) {
	partition = text(item[t.Partition])
	if t.Sort != "" {
		sort = text(item[t.Sort])
	}
	if partition == "" || t.Sort != "" && sort == "" {
		panic(fmt.Sprintf("faketable: %v has not the key attributes %s %s", item, t.Partition, t.Sort))
	}
	return partition, sort
}

func (t *table) find(key Item) (rows []row, at int, item Item) {
	partition, sort := t.place(key)
	rows = t.partitions[partition]
	at, found := slices.BinarySearchFunc(rows, sort, func(r row, s string) int { return strings.Compare(r.sort, s) })
	if found {
		item = rows[at].item
	}
	return rows, at, item
}

func (t *table) get(key Item) Item {
	_, _, item := t.find(key)
	return item
}

// store replaces the item at a key; nil removes it.
func (t *table) store(key, item Item) {
	partition, sort := t.place(key)
	rows, at, old := t.find(key)
	switch {
	case item == nil && old == nil:
	case item == nil:
		rows = slices.Delete(slices.Clone(rows), at, at+1)
	case old != nil:
		rows[at].item = item
	default:
		rows = slices.Insert(rows, at, row{sort, item})
	}
	t.partitions[partition] = rows
}

// keys is an item's primary key, as items.
func (t *table) keys(item Item) Item {
	k := Item{t.Partition: item[t.Partition]}
	if t.Sort != "" {
		k[t.Sort] = item[t.Sort]
	}
	return k
}

func (t *table) name(key Item) string {
	partition, sort := t.place(key)
	return strings.TrimSuffix(partition+" "+sort, " ")
}

// change stores an item and tells the stream.
func (d *Database) change(t *table, key, item Item) {
	old := t.get(key)
	t.store(key, item)
	if t.Stream == nil || old == nil && item == nil {
		return
	}
	d.changes++
	kind := handler.Modify
	switch {
	case old == nil:
		kind = handler.Insert
	case item == nil:
		kind = handler.Remove
	}
	t.Stream(handler.Change{
		ID: fmt.Sprintf("change-%06d", d.changes), Kind: kind, At: time.Now().UTC().Truncate(time.Second), Keys: t.keys(key), Old: old, New: item,
	})
}

// call makes a call take effect, as Around wants it.
func (d *Database) call(ctx context.Context, c Call, do func() error) error {
	var answer error
	effect := func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		answer = do()
	}
	if d.Around == nil {
		effect()
		return answer
	}
	if err := d.Around(ctx, c, effect); err != nil {
		return err
	}
	return answer
}

// GetItem returns a copy of an item.
func (d *Database) GetItem(ctx context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	t := d.table(in.TableName)
	out := &dynamodb.GetItemOutput{}
	err := d.call(ctx, Call{"GetItem", *in.TableName, t.name(in.Key), 0}, func() error {
		out.Item = maps.Clone(t.get(in.Key))
		return nil
	})
	return out, err
}

// BatchGetItem returns copies of the items that exist.
func (d *Database) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]Item{}}
	for name, wanted := range in.RequestItems {
		t := d.table(&name)
		err := d.call(ctx, Call{"BatchGetItem", name, t.name(wanted.Keys[0]), 0}, func() error {
			for _, key := range wanted.Keys {
				if item := t.get(key); item != nil {
					out.Responses[name] = append(out.Responses[name], maps.Clone(item))
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PutItem stores an item if its condition holds.
func (d *Database) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	_, err := d.write(ctx, "PutItem", types.TransactWriteItem{Put: &types.Put{
		TableName: in.TableName, Item: in.Item, ConditionExpression: in.ConditionExpression, ExpressionAttributeNames: in.ExpressionAttributeNames,
		ExpressionAttributeValues: in.ExpressionAttributeValues, ReturnValuesOnConditionCheckFailure: in.ReturnValuesOnConditionCheckFailure,
	}})
	return &dynamodb.PutItemOutput{}, err
}

// UpdateItem changes an item, or makes it, if its condition holds.
func (d *Database) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	item, err := d.write(ctx, "UpdateItem", types.TransactWriteItem{Update: &types.Update{
		TableName: in.TableName, Key: in.Key, UpdateExpression: in.UpdateExpression, ConditionExpression: in.ConditionExpression,
		ExpressionAttributeNames: in.ExpressionAttributeNames, ExpressionAttributeValues: in.ExpressionAttributeValues,
		ReturnValuesOnConditionCheckFailure: in.ReturnValuesOnConditionCheckFailure,
	}})
	out := &dynamodb.UpdateItemOutput{}
	switch in.ReturnValues {
	case types.ReturnValueAllNew:
		out.Attributes = maps.Clone(item)
	case "", types.ReturnValueNone:
	default:
		panic("faketable: ReturnValues " + in.ReturnValues + " is not known here")
	}
	return out, err
}

// DeleteItem removes an item if its condition holds.
func (d *Database) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	_, err := d.write(ctx, "DeleteItem", types.TransactWriteItem{Delete: &types.Delete{
		TableName: in.TableName, Key: in.Key, ConditionExpression: in.ConditionExpression, ExpressionAttributeNames: in.ExpressionAttributeNames,
		ExpressionAttributeValues: in.ExpressionAttributeValues, ReturnValuesOnConditionCheckFailure: in.ReturnValuesOnConditionCheckFailure,
	}})
	return &dynamodb.DeleteItemOutput{}, err
}

// write makes a write of its own, and returns the item as it is then.
func (d *Database) write(ctx context.Context, action string, w types.TransactWriteItem) (item Item, err error) {
	p := d.part(w)
	err = d.call(ctx, Call{action, p.table, p.name, 0}, func() error {
		old := p.t.get(p.key)
		if !p.holds(old) {
			failed := &types.ConditionalCheckFailedException{Message: aws.String("The conditional request failed")}
			if p.whenNot == types.ReturnValuesOnConditionCheckFailureAllOld {
				failed.Item = maps.Clone(old)
			}
			return failed
		}
		item = p.apply(old)
		d.change(p.t, p.key, item)
		return nil
	})
	return item, err
}

// part is one write, alone or of a transaction.
type part struct {
	t           *table
	table, name string
	key         Item
	condition   *string
	names       map[string]string
	values      Item
	whenNot     types.ReturnValuesOnConditionCheckFailure
	apply       func(old Item) Item // nil for a check
}

func (d *Database) part(w types.TransactWriteItem) part {
	var p part
	switch {
	case w.Put != nil:
		p = part{
			table: *w.Put.TableName, key: w.Put.Item, condition: w.Put.ConditionExpression, names: w.Put.ExpressionAttributeNames,
			values: w.Put.ExpressionAttributeValues, whenNot: w.Put.ReturnValuesOnConditionCheckFailure,
			apply: func(Item) Item { return maps.Clone(w.Put.Item) },
		}
	case w.Update != nil:
		p = part{
			table: *w.Update.TableName, key: w.Update.Key, condition: w.Update.ConditionExpression, names: w.Update.ExpressionAttributeNames,
			values: w.Update.ExpressionAttributeValues, whenNot: w.Update.ReturnValuesOnConditionCheckFailure,
			apply: func(old Item) Item {
				return update(*w.Update.UpdateExpression, scope{old, w.Update.ExpressionAttributeNames, w.Update.ExpressionAttributeValues}, w.Update.Key)
			},
		}
	case w.Delete != nil:
		p = part{
			table: *w.Delete.TableName, key: w.Delete.Key, condition: w.Delete.ConditionExpression, names: w.Delete.ExpressionAttributeNames,
			values: w.Delete.ExpressionAttributeValues, whenNot: w.Delete.ReturnValuesOnConditionCheckFailure,
			apply: func(Item) Item { return nil },
		}
	case w.ConditionCheck != nil:
		c := w.ConditionCheck
		p = part{
			table: *c.TableName, key: c.Key, condition: c.ConditionExpression, names: c.ExpressionAttributeNames,
			values: c.ExpressionAttributeValues, whenNot: c.ReturnValuesOnConditionCheckFailure,
		}
	default:
		panic("faketable: a write is empty")
	}
	p.t = d.table(&p.table)
	p.name = p.t.name(p.key)
	return p
}

func (p part) holds(stored Item) bool {
	return p.condition == nil || condition(*p.condition)(scope{stored, p.names, p.values})
}

// maxTransaction is how many writes a transaction may have (TransactWriteItems in the DynamoDB API reference).
const maxTransaction = 100

// TransactWriteItems makes all writes if all their conditions hold, or none.
func (d *Database) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	parts := make([]part, len(in.TransactItems))
	seen := map[string]bool{}
	for i, w := range in.TransactItems {
		parts[i] = d.part(w)
		id := parts[i].table + " " + parts[i].name
		if seen[id] {
			panic("faketable: a transaction must not have two writes of " + id)
		}
		seen[id] = true
	}
	if len(parts) == 0 || len(parts) > maxTransaction {
		panic(fmt.Sprintf("faketable: a transaction has %d writes, want 1–%d", len(parts), maxTransaction))
	}
	err := d.call(ctx, Call{"TransactWriteItems", parts[0].table, parts[0].name, len(parts)}, func() error { return d.transact(parts) })
	return &dynamodb.TransactWriteItemsOutput{}, err
}

func (d *Database) transact(parts []part) error {
	cancelled, failed := &types.TransactionCanceledException{}, false
	for _, p := range parts {
		reason := types.CancellationReason{Code: aws.String("None")}
		if stored := p.t.get(p.key); !p.holds(stored) {
			reason.Code, failed = aws.String("ConditionalCheckFailed"), true
			if p.whenNot == types.ReturnValuesOnConditionCheckFailureAllOld {
				reason.Item = maps.Clone(stored)
			}
		}
		cancelled.CancellationReasons = append(cancelled.CancellationReasons, reason)
	}
	if failed {
		return cancelled
	}
	for _, p := range parts {
		if p.apply != nil {
			d.change(p.t, p.key, p.apply(p.t.get(p.key)))
		}
	}
	return nil
}

// Conflict is the answer to a transaction of so many writes that meets another one.
func Conflict(writes int) error {
	cancelled := &types.TransactionCanceledException{}
	for range writes {
		cancelled.CancellationReasons = append(cancelled.CancellationReasons, types.CancellationReason{Code: aws.String("TransactionConflict")})
	}
	return cancelled
}

// BatchWriteItem stores and removes items.
func (d *Database) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	for name, requests := range in.RequestItems {
		t := d.table(&name)
		err := d.call(ctx, Call{"BatchWriteItem", name, "", 0}, func() error {
			for _, r := range requests {
				if r.PutRequest != nil {
					d.change(t, r.PutRequest.Item, maps.Clone(r.PutRequest.Item))
				} else {
					d.change(t, r.DeleteRequest.Key, nil)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return &dynamodb.BatchWriteItemOutput{}, nil
}

// Query returns all items that the conditions hold of, on one page.
func (d *Database) Query(ctx context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if in.ExclusiveStartKey != nil {
		panic("faketable: a Query returns everything at once, so nothing can be asked for by ExclusiveStartKey")
	}
	t := d.table(in.TableName)
	matches := condition(*in.KeyConditionExpression)
	values := scope{nil, in.ExpressionAttributeNames, in.ExpressionAttributeValues}
	out := &dynamodb.QueryOutput{}
	err := d.call(ctx, Call{"Query", *in.TableName, text(values.values[firstValue(*in.KeyConditionExpression)]), 0}, func() error {
		for _, item := range t.candidates(in, values) {
			values.item = item
			if matches(values) && (in.FilterExpression == nil || condition(*in.FilterExpression)(values)) {
				out.Items = append(out.Items, maps.Clone(item))
			}
		}
		return nil
	})
	if in.ScanIndexForward != nil && !*in.ScanIndexForward {
		slices.Reverse(out.Items)
	}
	return out, err
}

// candidates are the items of the partition that is queried, in the order of the table or index.
func (t *table) candidates(in *dynamodb.QueryInput, values scope) []Item {
	if in.IndexName == nil {
		var items []Item
		for _, r := range t.partitions[text(values.values[firstValue(*in.KeyConditionExpression)])] {
			items = append(items, r.item)
		}
		return items
	}
	keys, ok := t.Indexes[*in.IndexName]
	if !ok {
		panic("faketable: there is no index " + *in.IndexName)
	}
	items := slices.DeleteFunc(t.all(), func(i Item) bool { return i[keys[0]] == nil || i[keys[1]] == nil })
	slices.SortStableFunc(items, func(a, b Item) int { return cmp.Compare(text(a[keys[1]]), text(b[keys[1]])) })
	return items
}

// firstValue is the partition's placeholder: every key condition begins with "<name> = :<value>".
func firstValue(expression string) string {
	fields := strings.Fields(expression)
	if len(fields) < 3 || fields[1] != "=" {
		panic("faketable: the key condition " + expression + " does not begin with the partition")
	}
	return fields[2]
}

// Scan returns all items that the filter holds of. The items of all segments are in the first.
func (d *Database) Scan(ctx context.Context, in *dynamodb.ScanInput, _ ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	t := d.table(in.TableName)
	out := &dynamodb.ScanOutput{}
	err := d.call(ctx, Call{"Scan", *in.TableName, "", 0}, func() error {
		if aws.ToInt32(in.Segment) > 0 {
			return nil
		}
		for _, item := range t.all() {
			if in.FilterExpression != nil && !condition(*in.FilterExpression)(scope{item, in.ExpressionAttributeNames, in.ExpressionAttributeValues}) {
				continue
			}
			out.Items = append(out.Items, project(item, in.ProjectionExpression, in.ExpressionAttributeNames))
		}
		return nil
	})
	return out, err
}

// project returns some attributes of an item: keys to be deleted must have no others.
func project(item Item, expression *string, names map[string]string) Item {
	if expression == nil {
		return maps.Clone(item)
	}
	some := Item{}
	for name := range strings.SplitSeq(*expression, ",") {
		name = strings.TrimSpace(name)
		attribute := cmp.Or(names[name], name)
		if item[attribute] != nil {
			some[attribute] = item[attribute]
		}
	}
	return some
}

// text is a key attribute as text.
func text(value types.AttributeValue) string {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return ""
}
