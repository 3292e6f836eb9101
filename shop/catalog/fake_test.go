package catalog

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// fakeDynamo is as much of DynamoDB as a Table uses: one table with its six indexes, and the few expressions of
// dynamo.go. An expression it does not know is a panic. The integration test runs the same checks against an emulator.
type fakeDynamo struct {
	items map[string]map[string]types.AttributeValue
	// pageSize is how many items a Query looks at before it stops, as DynamoDB does after 1 MB.
	pageSize int
	// batchSize is how many keys a BatchGetItem serves before it leaves the rest over.
	batchSize int
	// calls counts the calls by action.
	calls map[string]int
	// loseAnswer makes the next write fail after it was made, and be tried again, as the SDK does.
	loseAnswer bool
	// refuse makes every condition fail.
	refuse bool
	// err, if set, is returned by every call.
	err error
}

func newFakeDynamo() *fakeDynamo {
	return &fakeDynamo{items: map[string]map[string]types.AttributeValue{}, pageSize: 1000, batchSize: 100, calls: map[string]int{}}
}

func (f *fakeDynamo) call(action string) error {
	f.calls[action]++
	return f.err
}

func (f *fakeDynamo) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return &dynamodb.GetItemOutput{Item: f.items[attr.Plain(in.Key[attrID])]}, f.call("GetItem")
}

func (f *fakeDynamo) Query(_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if err := f.call("Query"); err != nil {
		return nil, err
	}
	allUsed(in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.KeyConditionExpression, in.FilterExpression)
	if *in.KeyConditionExpression != "#partition = :partition" {
		panic(*in.KeyConditionExpression)
	}
	partitionKey := in.ExpressionAttributeNames["#partition"]
	sortKey := map[string]string{"name": "sortName", "price": "priceCents", "newest": "createdAt"}[(*in.IndexName)[strings.LastIndex(*in.IndexName, "-")+1:]]
	if want := map[string]string{"listing": "all-by-", "category": "category-by-"}[partitionKey]; !strings.HasPrefix(*in.IndexName, want) {
		panic(*in.IndexName + " is not keyed by " + partitionKey)
	}
	order := func(a, b map[string]types.AttributeValue) int {
		// DynamoDB orders equal sort keys in a way of its own, but always the same.
		c := cmp.Or(compare(a[sortKey], b[sortKey]), cmp.Compare(hash(attr.Plain(a[attrID])), hash(attr.Plain(b[attrID]))))
		if !*in.ScanIndexForward {
			c = -c
		}
		return c
	}
	partition := slices.DeleteFunc(slices.Collect(maps.Values(f.items)), func(item map[string]types.AttributeValue) bool {
		return attr.Plain(item[partitionKey]) != attr.Plain(in.ExpressionAttributeValues[":partition"])
	})
	slices.SortFunc(partition, order)
	out := &dynamodb.QueryOutput{}
	looked := 0
	for _, item := range partition {
		if in.ExclusiveStartKey != nil {
			if len(in.ExclusiveStartKey) != 3 || attr.Plain(in.ExclusiveStartKey[partitionKey]) != attr.Plain(in.ExpressionAttributeValues[":partition"]) {
				panic(fmt.Sprint("start key does not belong to the query: ", in.ExclusiveStartKey))
			}
			if order(item, in.ExclusiveStartKey) <= 0 {
				continue
			}
		}
		looked++
		if matches(item, in) {
			out.Items = append(out.Items, item)
		}
		if looked == int(*in.Limit) || looked == f.pageSize {
			out.LastEvaluatedKey = map[string]types.AttributeValue{partitionKey: item[partitionKey], sortKey: item[sortKey], attrID: item[attrID]}
			break
		}
	}
	return out, nil
}

// allUsed panics unless the expressions use exactly the names and values that are given with them, as DynamoDB demands.
func allUsed(names map[string]string, values map[string]types.AttributeValue, expressions ...*string) {
	used := map[string]bool{}
	for _, expression := range expressions {
		for _, token := range regexp.MustCompile(`[#:]\w+`).FindAllString(aws.ToString(expression), -1) {
			used[token] = true
		}
	}
	given := slices.AppendSeq(slices.Collect(maps.Keys(names)), maps.Keys(values))
	wanted := slices.Collect(maps.Keys(used))
	if slices.Sort(given); !slices.Equal(given, slices.Sorted(slices.Values(wanted))) {
		panic(fmt.Sprintf("given %v, used %v", given, wanted))
	}
	if values != nil && len(values) == 0 {
		panic("ExpressionAttributeValues must not be empty")
	}
}

func hash(s string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s))
	return h.Sum32()
}

func compare(a, b types.AttributeValue) int {
	if _, ok := a.(*types.AttributeValueMemberN); ok {
		x, _ := strconv.Atoi(attr.Plain(a))
		y, err := strconv.Atoi(b.(*types.AttributeValueMemberN).Value)
		if err != nil {
			panic(err)
		}
		return cmp.Compare(x, y)
	}
	return cmp.Compare(a.(*types.AttributeValueMemberS).Value, b.(*types.AttributeValueMemberS).Value)
}

func matches(item map[string]types.AttributeValue, in *dynamodb.QueryInput) bool {
	if in.FilterExpression == nil {
		return true
	}
	for i, condition := range strings.Split(*in.FilterExpression, " AND ") {
		if condition != fmt.Sprintf("contains(#search, :word%d)", i) {
			panic(*in.FilterExpression)
		}
		if !strings.Contains(attr.Plain(item[in.ExpressionAttributeNames["#search"]]), attr.Plain(in.ExpressionAttributeValues[fmt.Sprintf(":word%d", i)])) {
			return false
		}
	}
	return true
}

// holds evaluates a condition. If it does not hold, the error carries the stored item if that was asked for.
func holds(item map[string]types.AttributeValue, expression string, values map[string]types.AttributeValue, give types.ReturnValuesOnConditionCheckFailure) error {
	version := attr.Plain(item[attrVersion])
	list, in := strings.CutPrefix(expression, "#version IN (")
	ok := false
	switch {
	case expression == "attribute_not_exists(#version)":
		ok = version == ""
	case strings.HasPrefix(expression, "#createdAt = :createdAt AND "):
		_, shown, _ := strings.Cut(expression, " AND ")
		want := map[string]string{"attribute_not_exists(#stockAsOf)": "", "#stockAsOf = :was": attr.Plain(values[":was"])}
		asOf, known := want[shown]
		if !known {
			panic(expression)
		}
		ok = attr.Plain(item[attrCreatedAt]) == attr.Plain(values[":createdAt"]) && attr.Plain(item[attrStockAsOf]) == asOf
	case expression == "attribute_exists(#version)":
		ok = version != ""
	case in:
		for name := range strings.SplitSeq(strings.TrimSuffix(list, ")"), ", ") {
			ok = ok || attr.Plain(values[name]) == version
		}
	default:
		panic(expression)
	}
	if ok {
		return nil
	}
	failed := &types.ConditionalCheckFailedException{}
	if give == types.ReturnValuesOnConditionCheckFailureAllOld {
		failed.Item = item
	}
	return failed
}

func (f *fakeDynamo) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	if err := f.call("UpdateItem"); err != nil {
		return nil, err
	}
	allUsed(in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.UpdateExpression, in.ConditionExpression)
	id := attr.Plain(in.Key[attrID])
	old := f.items[id]
	if f.refuse {
		return nil, &types.ConditionalCheckFailedException{}
	}
	if err := holds(old, *in.ConditionExpression, in.ExpressionAttributeValues, in.ReturnValuesOnConditionCheckFailure); err != nil {
		return nil, err
	}
	item := map[string]types.AttributeValue{attrID: in.Key[attrID]}
	maps.Copy(item, old)
	for clause := range strings.SplitSeq(strings.ReplaceAll(strings.TrimPrefix(*in.UpdateExpression, "SET "), ", :", ",:"), ", ") {
		name, value, _ := strings.Cut(clause, " = ")
		attribute := in.ExpressionAttributeNames[name]
		switch {
		case value == "if_not_exists(#version,:zero) + :one":
			n, _ := strconv.Atoi(attr.Plain(old[attribute]))
			item[attribute] = attr.Number(int64(n) + 1)
		case value == "#version + :one":
			n, _ := strconv.Atoi(attr.Plain(old[attribute]))
			item[attribute] = attr.Number(int64(n) + 1)
		case value == ":stock - if_not_exists(#stockOffset,:zero)":
			n, _ := strconv.Atoi(attr.Plain(in.ExpressionAttributeValues[":stock"]))
			offset, _ := strconv.Atoi(attr.Plain(old[attrStockOffset]))
			item[attribute] = attr.Number(int64(n - offset))
		case value == fmt.Sprintf("if_not_exists(#%s,:%s)", attribute, attribute):
			if old[attribute] == nil {
				item[attribute] = in.ExpressionAttributeValues[":"+attribute]
			}
		case in.ExpressionAttributeValues[value] == nil || attribute == "":
			panic(clause)
		default:
			item[attribute] = in.ExpressionAttributeValues[value]
		}
	}
	f.items[id] = item
	if f.loseAnswer {
		f.loseAnswer = false
		return f.UpdateItem(ctx, in)
	}
	if in.ReturnValues != types.ReturnValueAllNew {
		return &dynamodb.UpdateItemOutput{}, nil
	}
	return &dynamodb.UpdateItemOutput{Attributes: item}, nil
}

func (f *fakeDynamo) DeleteItem(_ context.Context, in *dynamodb.DeleteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	if err := f.call("DeleteItem"); err != nil {
		return nil, err
	}
	allUsed(in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.ConditionExpression)
	id := attr.Plain(in.Key[attrID])
	if err := holds(f.items[id], *in.ConditionExpression, in.ExpressionAttributeValues, in.ReturnValuesOnConditionCheckFailure); err != nil {
		return nil, err
	}
	delete(f.items, id)
	return &dynamodb.DeleteItemOutput{}, nil
}
