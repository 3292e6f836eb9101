package orders

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// fakeDynamo is as much of DynamoDB as this package uses: its three tables with their indexes, and the few expressions of dynamo.go and
// views.go. An expression it does not know is a panic. The integration test runs the same checks against an emulator.
type fakeDynamo struct {
	mu     sync.Mutex
	tables map[string]map[string]item
	// pageSize is how many items a Query or a Scan looks at before it stops, as DynamoDB does after 1 MB.
	pageSize int
	// conflicts is how many of the next transactions meet others.
	conflicts int
	// loseAnswer makes the next transaction's answer get lost after it was made, and the SDK try again.
	loseAnswer bool
	// beforeWrite, if set, runs once before the next transaction.
	beforeWrite func()
}

// keysOf are the key attributes of tables and indexes.
var keysOf = map[string][]string{
	"orders": {attrPartition, attrSort}, "order-views": {attrOrderID}, "sales": {attrProduct, attrDay},
	indexByCustomer: {attrCustomer, attrCreatedAt}, indexByStatus: {attrStatus, attrCreatedAt},
}

func newFakeDynamo() *fakeDynamo {
	return &fakeDynamo{tables: map[string]map[string]item{"orders": {}, "order-views": {}, "sales": {}}, pageSize: 1000}
}

// newFakeTables returns the table of orders and its views in a new fake.
func newFakeTables() (*fakeDynamo, *Table, *Views) {
	client := newFakeDynamo()
	return client, NewTable(client, "orders"), NewViews(client, "order-views", "sales")
}

// id is an item's primary key as text.
func id(table string, i item) string {
	var parts []string
	for _, k := range keysOf[table] {
		if attr.Plain(i[k]) == "" {
			panic(fmt.Sprintf("%s: key attribute %s is missing or empty in %v", table, k, i))
		}
		parts = append(parts, attr.Plain(i[k]))
	}
	return strings.Join(parts, "|")
}

func (f *fakeDynamo) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !aws.ToBool(in.ConsistentRead) {
		panic("an old item may be read")
	}
	return &dynamodb.GetItemOutput{Item: maps.Clone(f.tables[*in.TableName][id(*in.TableName, in.Key)])}, nil
}

// holds evaluates a condition.
func holds(stored item, condition *string, names map[string]string, values item) bool {
	switch expression := aws.ToString(condition); expression {
	case "":
		return true
	case "attribute_not_exists(pk)":
		return stored == nil
	case "attribute_exists(pk)":
		return stored != nil
	case "attribute_not_exists(#revision)":
		return stored[names["#revision"]] == nil
	case "#revision = :revision":
		return attr.Plain(stored[names["#revision"]]) == attr.Plain(values[":revision"])
	default:
		panic(expression)
	}
}

func (f *fakeDynamo) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := id(*in.TableName, in.Item)
	if !holds(f.tables[*in.TableName][key], in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues) {
		return nil, &types.ConditionalCheckFailedException{}
	}
	f.tables[*in.TableName][key] = maps.Clone(in.Item)
	return &dynamodb.PutItemOutput{}, nil
}

func (f *fakeDynamo) DeleteItem(_ context.Context, in *dynamodb.DeleteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.tables[*in.TableName], id(*in.TableName, in.Key))
	return &dynamodb.DeleteItemOutput{}, nil
}

func (f *fakeDynamo) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	f.mu.Lock()
	before := f.beforeWrite
	f.beforeWrite = nil
	f.mu.Unlock()
	if before != nil {
		before()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out, err := f.transact(in)
	if err == nil && f.loseAnswer {
		f.loseAnswer = false
		return f.transact(in)
	}
	return out, err
}

func (f *fakeDynamo) transact(in *dynamodb.TransactWriteItemsInput) (*dynamodb.TransactWriteItemsOutput, error) {
	reasons := make([]types.CancellationReason, len(in.TransactItems))
	var writes []func()
	touched := map[string]bool{}
	cancelled := f.conflicts > 0
	for i, part := range in.TransactItems {
		reasons[i].Code = aws.String("None")
		if i == 0 && f.conflicts > 0 {
			reasons[i].Code = aws.String("TransactionConflict")
		}
		table, key, ok, write := f.part(part)
		if touched[table+key] {
			panic("DynamoDB refuses two operations on one item: " + key)
		}
		touched[table+key] = true
		if !ok {
			reasons[i].Code, cancelled = aws.String("ConditionalCheckFailed"), true
		}
		writes = append(writes, write)
	}
	if cancelled {
		f.conflicts = max(0, f.conflicts-1)
		return nil, &types.TransactionCanceledException{CancellationReasons: reasons}
	}
	for _, write := range writes {
		write()
	}
	return &dynamodb.TransactWriteItemsOutput{}, nil
}

// part evaluates one part of a transaction, and says how it would be written.
func (f *fakeDynamo) part(part types.TransactWriteItem) (table, key string, ok bool, write func()) {
	switch {
	case part.Put != nil:
		p := part.Put
		table, key = *p.TableName, id(*p.TableName, p.Item)
		return table, key, holds(f.tables[table][key], p.ConditionExpression, p.ExpressionAttributeNames, p.ExpressionAttributeValues),
			func() { f.tables[table][key] = maps.Clone(p.Item) }
	case part.ConditionCheck != nil:
		c := part.ConditionCheck
		table, key = *c.TableName, id(*c.TableName, c.Key)
		return table, key, holds(f.tables[table][key], c.ConditionExpression, nil, nil), func() {}
	case part.Update != nil:
		u := part.Update
		table, key = *u.TableName, id(*u.TableName, u.Key)
		ok := holds(f.tables[table][key], u.ConditionExpression, u.ExpressionAttributeNames, u.ExpressionAttributeValues)
		return table, key, ok, func() { f.tables[table][key] = updated(u, f.tables[table][key]) }
	case part.Delete != nil:
		d := part.Delete
		table, key = *d.TableName, id(*d.TableName, d.Key)
		return table, key, holds(f.tables[table][key], d.ConditionExpression, d.ExpressionAttributeNames, d.ExpressionAttributeValues),
			func() { delete(f.tables[table], key) }
	}
	panic("an unknown part of a transaction")
}

// updated is what an update makes of an item.
func updated(u *types.Update, was item) item {
	is, values := maps.Clone(u.Key), u.ExpressionAttributeValues
	maps.Copy(is, was)
	is["currency"] = values[":currency"]
	switch *u.UpdateExpression {
	case "ADD #units :units, #cents :cents, #revision :one SET #currency = :currency":
		is["units"], is["cents"] = attr.Number(sum(is["units"], values[":units"])), attr.Number(sum(is["cents"], values[":cents"]))
		is[attrRevision] = attr.Number(sum(is[attrRevision], values[":one"]))
	case "SET #units = :units, #cents = :cents, #currency = :currency, #revision = :next":
		is["units"], is["cents"], is[attrRevision] = values[":units"], values[":cents"], values[":next"]
	default:
		panic(*u.UpdateExpression)
	}
	return is
}

func sum(values ...types.AttributeValue) int64 {
	total := new(big.Int)
	for _, v := range values {
		if n, ok := new(big.Int).SetString(attr.Plain(v), 10); ok {
			total.Add(total, n)
		}
	}
	return total.Int64()
}

var sortCondition = regexp.MustCompile(`^#partition = :partition(?: AND (?:(begins_with)\(#sort, :sort\)|#sort (>=) :sort))?$`)

func (f *fakeDynamo) Query(_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	keys := keysOf[*in.TableName]
	if in.IndexName != nil {
		keys = append(slices.Clone(keysOf[*in.IndexName]), keysOf[*in.TableName]...)
	} else if !aws.ToBool(in.ConsistentRead) {
		panic("old items may be read")
	}
	condition := sortCondition.FindStringSubmatch(*in.KeyConditionExpression)
	if condition == nil || in.ExpressionAttributeNames["#partition"] != keys[0] {
		panic(fmt.Sprint(*in.KeyConditionExpression, in.ExpressionAttributeNames))
	}
	var partition []item
	for _, stored := range f.tables[*in.TableName] {
		sort, wanted := attr.Plain(stored[keys[1]]), attr.Plain(in.ExpressionAttributeValues[":sort"])
		if attr.Plain(stored[keys[0]]) == attr.Plain(in.ExpressionAttributeValues[":partition"]) &&
			(condition[1] == "" || strings.HasPrefix(sort, wanted)) && (condition[2] == "" || sort >= wanted) {
			partition = append(partition, stored)
		}
	}
	forward := in.ScanIndexForward == nil || *in.ScanIndexForward
	order := func(a, b item) int {
		c := 0
		for _, k := range keys[1:] {
			c = cmp.Or(c, cmp.Compare(attr.Plain(a[k]), attr.Plain(b[k])))
		}
		if !forward {
			return -c
		}
		return c
	}
	slices.SortFunc(partition, order)
	out := &dynamodb.QueryOutput{}
	looked := 0
	for _, stored := range partition {
		if in.ExclusiveStartKey != nil && order(stored, in.ExclusiveStartKey) <= 0 {
			continue
		}
		looked++
		switch filter := aws.ToString(in.FilterExpression); {
		case filter == "" || filter == "#status = :status" && attr.Plain(stored[attrStatus]) == attr.Plain(in.ExpressionAttributeValues[":status"]):
			out.Items = append(out.Items, projected(stored, in.ProjectionExpression, in.ExpressionAttributeNames))
		case filter != "#status = :status":
			panic(filter)
		}
		if in.Limit != nil && looked == int(*in.Limit) || looked == f.pageSize {
			out.LastEvaluatedKey = item{}
			for _, k := range keys {
				out.LastEvaluatedKey[k] = stored[k]
			}
			break
		}
	}
	return out, nil
}

// projected is what a projection leaves of an item.
func projected(stored item, expression *string, names map[string]string) item {
	if expression == nil {
		return maps.Clone(stored)
	}
	left := item{}
	for name := range strings.SplitSeq(*expression, ", ") {
		name = cmp.Or(names[name], name)
		if value, found := stored[name]; found {
			left[name] = value
		}
	}
	return left
}

// Scan divides a table by its items' keys.
func (f *fakeDynamo) Scan(_ context.Context, in *dynamodb.ScanInput, _ ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	table := *in.TableName
	out := &dynamodb.ScanOutput{}
	looked := 0
	for _, key := range slices.Sorted(maps.Keys(f.tables[table])) {
		stored := f.tables[table][key]
		if in.TotalSegments != nil && len(key)%int(*in.TotalSegments) != int(*in.Segment) {
			continue
		}
		if in.ExclusiveStartKey != nil && key <= id(table, in.ExclusiveStartKey) {
			continue
		}
		looked++
		if filter := aws.ToString(in.FilterExpression); filter == "" || filter == "#sort = :first" && attr.Plain(stored[attrSort]) == attr.Plain(in.ExpressionAttributeValues[":first"]) {
			out.Items = append(out.Items, projected(stored, in.ProjectionExpression, in.ExpressionAttributeNames))
		}
		if looked == f.pageSize || in.Limit != nil && looked == int(*in.Limit) {
			out.LastEvaluatedKey = item{}
			for _, k := range keysOf[table] {
				out.LastEvaluatedKey[k] = stored[k]
			}
			break
		}
	}
	return out, nil
}

// snapshot is a copy of a table's items as text, without the attributes named.
func (f *fakeDynamo) snapshot(tb testing.TB, table string, without ...string) map[string]string {
	tb.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	return readable(f.tables[table], without...)
}

func readable(items map[string]item, without ...string) map[string]string {
	all := map[string]string{}
	for key, stored := range items {
		var attributes []string
		for _, name := range slices.Sorted(maps.Keys(stored)) {
			if !slices.Contains(without, name) {
				attributes = append(attributes, name+"="+attributeText(stored[name]))
			}
		}
		all[key] = strings.Join(attributes, " ")
	}
	return all
}

func attributeText(value types.AttributeValue) string {
	switch v := value.(type) {
	case *types.AttributeValueMemberL:
		var parts []string
		for _, part := range v.Value {
			parts = append(parts, attributeText(part))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *types.AttributeValueMemberM:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v.Value)) {
			parts = append(parts, name+"="+attributeText(v.Value[name]))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return attr.Plain(value)
}
