package inventory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/attr"
)

type item = map[string]types.AttributeValue

// errCrash is what a caller sees whose process ends.
var errCrash = errors.New("the process ended")

// fakeDynamo is as much of DynamoDB as a Table uses: one table, transactions with their conditions, reasons and conflicts, and a
// stream. An expression it does not know is a panic. The integration test runs the same checks against an emulator.
type fakeDynamo struct {
	mu    sync.Mutex
	items map[string]item // by partition and sort key
	busy  map[string]bool // items of transactions that are under way
	// pageSize is how many items a Query returns at once.
	pageSize int
	// crash, if set, is asked before every call whether the caller's process ends before or after it.
	crash func() (before, after bool)
	// stream are the changes of items with an outbox, oldest first.
	stream  []handler.Change
	changes int
	calls   map[string]int
}

func newFakeDynamo() *fakeDynamo {
	return &fakeDynamo{items: map[string]item{}, busy: map[string]bool{}, pageSize: 1000, calls: map[string]int{}}
}

func at(key item) string { return attr.Plain(key[attrPartition]) + "|" + attr.Plain(key[attrSort]) }

// during makes a call, unless the process ends before; if it ends after, the caller does not hear how it went.
func during[T any](f *fakeDynamo, call string, do func() (*T, error)) (*T, error) {
	f.mu.Lock()
	f.calls[call]++
	f.mu.Unlock()
	before, after := false, false
	if f.crash != nil {
		before, after = f.crash()
	}
	if before {
		return nil, errCrash
	}
	out, err := do()
	if after {
		return nil, errCrash
	}
	return out, err
}

func (f *fakeDynamo) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return during(f, "GetItem", func() (*dynamodb.GetItemOutput, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if !aws.ToBool(in.ConsistentRead) {
			panic("a rule that reads old data decides wrongly")
		}
		return &dynamodb.GetItemOutput{Item: maps.Clone(f.items[at(in.Key)])}, nil
	})
}

func (f *fakeDynamo) Query(_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return during(f, "Query", func() (*dynamodb.QueryOutput, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if *in.KeyConditionExpression != "#pk = :product AND #sk BETWEEN :first AND :last" {
			panic(*in.KeyConditionExpression)
		}
		values := in.ExpressionAttributeValues
		out := &dynamodb.QueryOutput{}
		for _, key := range slices.Sorted(maps.Keys(f.items)) {
			i := f.items[key]
			sort := attr.Plain(i[attrSort])
			if attr.Plain(i[attrPartition]) != attr.Plain(values[":product"]) || sort < attr.Plain(values[":first"]) || sort > attr.Plain(values[":last"]) ||
				in.ExclusiveStartKey != nil && sort <= attr.Plain(in.ExclusiveStartKey[attrSort]) {
				continue
			}
			if len(out.Items) == f.pageSize {
				last := out.Items[len(out.Items)-1]
				out.LastEvaluatedKey = item{attrPartition: last[attrPartition], attrSort: last[attrSort]}
				break
			}
			out.Items = append(out.Items, i)
		}
		return out, nil
	})
}

// part is one write of a transaction.
type part struct {
	key       item
	condition *string
	names     map[string]string
	values    item
	whenNot   types.ReturnValuesOnConditionCheckFailure
	apply     func(old item) item // nil for none
}

func partOf(w types.TransactWriteItem) part {
	switch {
	case w.Put != nil:
		allUsed(w.Put.ExpressionAttributeNames, w.Put.ExpressionAttributeValues, w.Put.ConditionExpression)
		return part{
			w.Put.Item, w.Put.ConditionExpression, w.Put.ExpressionAttributeNames, w.Put.ExpressionAttributeValues,
			w.Put.ReturnValuesOnConditionCheckFailure, func(item) item { return maps.Clone(w.Put.Item) },
		}
	case w.Update != nil:
		allUsed(w.Update.ExpressionAttributeNames, w.Update.ExpressionAttributeValues, w.Update.ConditionExpression, w.Update.UpdateExpression)
		return part{
			w.Update.Key, w.Update.ConditionExpression, w.Update.ExpressionAttributeNames, w.Update.ExpressionAttributeValues,
			w.Update.ReturnValuesOnConditionCheckFailure, func(old item) item { return added(w.Update, old) },
		}
	case w.Delete != nil:
		return part{key: w.Delete.Key, apply: func(item) item { return nil }}
	}
	panic("a transaction's part is empty")
}

// added carries out an ADD, perhaps after a SET.
func added(u *types.Update, old item) item {
	next := item{}
	maps.Copy(next, u.Key)
	maps.Copy(next, old)
	set, list, ok := strings.Cut(*u.UpdateExpression, "ADD ")
	if !ok {
		panic(*u.UpdateExpression)
	}
	if set != "" {
		if set != "SET #received = :received, #listedAt = :listedAt " {
			panic(set)
		}
		next["received"], next["listedAt"] = u.ExpressionAttributeValues[":received"], u.ExpressionAttributeValues[":listedAt"]
	}
	for clause := range strings.SplitSeq(list, ", ") {
		name, value, _ := strings.Cut(clause, " ")
		attribute := u.ExpressionAttributeNames[name]
		next[attribute] = attr.Number(integer(next[attribute]) + integer(u.ExpressionAttributeValues[value]))
	}
	return next
}

func integer(value types.AttributeValue) int64 {
	if value == nil {
		return 0
	}
	n, err := strconv.ParseInt(value.(*types.AttributeValueMemberN).Value, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// holds evaluates a condition on an item, nil if there is none.
func (p part) holds(stored item) bool {
	if p.condition == nil {
		return true
	}
	for clause := range strings.SplitSeq(*p.condition, " AND ") {
		if clause == "attribute_not_exists(#pk)" {
			if stored != nil {
				return false
			}
			continue
		}
		if name, absent := strings.CutPrefix(clause, "attribute_not_exists("); absent {
			if stored[p.names[strings.TrimSuffix(name, ")")]] != nil {
				return false
			}
			continue
		}
		terms := strings.Fields(clause)
		value := stored[p.names[terms[0]]]
		if len(terms) != 3 || p.values[terms[2]] == nil {
			panic(clause)
		}
		if value == nil { // a comparison with nothing is false
			return false
		}
		switch have, want := integer(value), integer(p.values[terms[2]]); terms[1] {
		case "=":
			if have != want {
				return false
			}
		case ">=":
			if have < want {
				return false
			}
		default:
			panic(clause)
		}
	}
	return true
}

func (f *fakeDynamo) TransactWriteItems(_ context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	if len(in.TransactItems) > 100 {
		panic(fmt.Sprintf("a transaction has at most 100 parts, not %d", len(in.TransactItems)))
	}
	return during(f, "TransactWriteItems", func() (*dynamodb.TransactWriteItemsOutput, error) {
		var parts []part
		for _, w := range in.TransactItems {
			parts = append(parts, partOf(w))
		}
		if err := f.begin(parts); err != nil {
			return nil, err
		}
		runtime.Gosched() // while the transaction is under way, others meet it
		f.end(parts)
		return &dynamodb.TransactWriteItemsOutput{}, nil
	})
}

// begin checks all conditions and takes hold of all items, or of none.
func (f *fakeDynamo) begin(parts []part) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	cancelled := &types.TransactionCanceledException{}
	failed := false
	for _, p := range parts {
		reason := types.CancellationReason{Code: aws.String("None")}
		stored := f.items[at(p.key)]
		switch {
		case f.busy[at(p.key)]:
			reason.Code, failed = aws.String("TransactionConflict"), true
		case !p.holds(stored):
			reason.Code, failed = aws.String("ConditionalCheckFailed"), true
			if p.whenNot == types.ReturnValuesOnConditionCheckFailureAllOld {
				reason.Item = stored
			}
		}
		cancelled.CancellationReasons = append(cancelled.CancellationReasons, reason)
	}
	if failed {
		return cancelled
	}
	for _, p := range parts {
		if f.busy[at(p.key)] {
			panic("a transaction must not have two parts on " + at(p.key))
		}
		f.busy[at(p.key)] = true
	}
	return nil
}

func (f *fakeDynamo) end(parts []part) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range parts {
		old := f.items[at(p.key)]
		next := p.apply(old)
		delete(f.busy, at(p.key))
		if next == nil {
			delete(f.items, at(p.key))
			continue
		}
		f.items[at(p.key)] = next
		if next[OutboxAttribute] == nil {
			continue
		}
		f.changes++
		kind := handler.Modify
		if old == nil {
			kind = handler.Insert
		}
		f.stream = append(f.stream, handler.Change{ID: fmt.Sprintf("change-%d", f.changes), Kind: kind, At: noon, Keys: p.key, Old: old, New: next})
	}
}

// allUsed panics unless the expressions use exactly the names and values that are given with them, as DynamoDB demands.
func allUsed(names map[string]string, values item, expressions ...*string) {
	used := map[string]bool{}
	for _, expression := range expressions {
		for _, token := range regexp.MustCompile(`[#:]\w+`).FindAllString(aws.ToString(expression), -1) {
			used[token] = true
		}
	}
	given := slices.AppendSeq(slices.Collect(maps.Keys(names)), maps.Keys(values))
	if slices.Sort(given); !slices.Equal(given, slices.Sorted(maps.Keys(used))) {
		panic(fmt.Sprintf("given %v, used %v", given, used))
	}
}

// fakeTasks remembers how tasks ended. Its process may end too.
type fakeTasks struct {
	mu    sync.Mutex
	told  map[string][]string // outcome or error by token
	crash func() (before, after bool)
}

func (f *fakeTasks) tell(token, how string) error {
	before, after := false, false
	if f.crash != nil {
		before, after = f.crash()
	}
	if before {
		return errCrash
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told[token] = append(f.told[token], how)
	if after {
		return errCrash
	}
	return nil
}

func (f *fakeTasks) Succeed(_ context.Context, taskToken string, answer any) error {
	return f.tell(taskToken, answer.(Outcome).Outcome)
}

func (f *fakeTasks) Fail(_ context.Context, taskToken, name, _ string) error {
	return f.tell(taskToken, name)
}

// noon is when the tests happen.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fakeShop is an inventory in memory.
type fakeShop struct {
	*Stock
	table  *Table
	client *fakeDynamo
	tasks  *fakeTasks
}

func newFakeShop() *fakeShop {
	client, tasks := newFakeDynamo(), &fakeTasks{told: map[string][]string{}}
	table := NewTable(client, "stock")
	s := &fakeShop{NewStock(table, tasks), table, client, tasks}
	clock := noon
	s.now = func() time.Time {
		clock = clock.Add(time.Second)
		return clock
	}
	s.pause = func(context.Context, time.Duration) error {
		runtime.Gosched()
		return nil
	}
	return s
}
