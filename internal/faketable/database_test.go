package faketable

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
)

var ctx = context.Background()

func s(text string) types.AttributeValue { return &types.AttributeValueMemberS{Value: text} }

func TestCondition(t *testing.T) {
	is := scope{
		Item{"name": s("mug"), "n": number(10), "last": s("z")}, map[string]string{"#n": "n", "#last": "last"},
		Item{":nine": number(9), ":ten": number(10), ":mug": s("mug"), ":m": s("m"), ":us": s("ug"), ":a": s("a")},
	}
	for expression, want := range map[string]bool{
		"attribute_exists(#n)":                               true,
		"attribute_not_exists(name)":                         false,
		"attribute_not_exists(other) AND #n = :ten":          true,
		"#n = :nine OR #n > :nine":                           true,
		"#n < :nine OR (name = :mug AND NOT #n <> :ten)":     true,
		"#n >= :ten AND #n <= :ten":                          true,
		"other <= :ten":                                      false,
		"other <> :ten":                                      true,
		"name < :nine":                                       false, // of another type
		"#n IN (:nine, :ten)":                                true,
		"#n IN (:nine)":                                      false,
		"#last BETWEEN :m AND :mug":                          false,
		"name BETWEEN :m AND :mug AND begins_with(name, :m)": true,
		"contains(name, :us)":                                true,
		"begins_with(name, :us)":                             false,
		"#n = :ten AND #n = :ten OR name = :a":               true,
	} {
		require.Equal(t, want, condition(expression)(is), expression)
	}
	for _, wrong := range []string{"#n ~ :ten", "#n = :ten AND", "size(name) > :ten", "#n = :ten #n", "(#n = :ten"} {
		require.Panics(t, func() { condition(wrong)(is) }, wrong)
	}
	require.Panics(t, func() { condition("#unknown = :ten")(is) })
	require.Panics(t, func() { condition("#n = :unknown")(is) })
}

func TestUpdate_ReadsTheItemAsItWas(t *testing.T) {
	next := update("SET #a = if_not_exists(#a, :zero) + :one, b = #a REMOVE c ADD d :one, e :one", scope{
		Item{"k": s("1"), "a": number(4), "c": s("gone"), "d": number(1)}, map[string]string{"#a": "a"}, Item{":zero": number(0), ":one": number(1)},
	}, Item{"k": s("1")})
	require.Equal(t, Item{"k": s("1"), "a": number(5), "b": number(4), "d": number(2), "e": number(1)}, next)
}

func TestTransactWriteItems_AllOrNothing(t *testing.T) {
	var changes []handler.Change
	d := NewDatabase(map[string]Schema{"t": {Partition: "pk", Sort: "sk", Stream: func(c handler.Change) { changes = append(changes, c) }}})
	put := func(sort string) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{
			TableName: aws.String("t"), Item: Item{"pk": s("p"), "sk": s(sort)}, ConditionExpression: aws.String("attribute_not_exists(pk)"),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}}
	}
	_, err := d.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put("b"), put("a")}})
	require.NoError(t, err)
	_, err = d.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put("c"), put("a")}})
	cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "None", *cancelled.CancellationReasons[0].Code)
	require.Equal(t, "ConditionalCheckFailed", *cancelled.CancellationReasons[1].Code)
	require.Equal(t, Item{"pk": s("p"), "sk": s("a")}, cancelled.CancellationReasons[1].Item)
	require.Equal(t, []Item{{"pk": s("p"), "sk": s("a")}, {"pk": s("p"), "sk": s("b")}}, d.Items("t"), "in the order of their keys")
	require.Len(t, changes, 2)
	require.Equal(t, handler.Insert, changes[0].Kind)

	found, err := d.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String("t"), KeyConditionExpression: aws.String("pk = :p AND sk > :a"), ExpressionAttributeValues: Item{":p": s("p"), ":a": s("a")},
	})
	require.NoError(t, err)
	require.Equal(t, []Item{{"pk": s("p"), "sk": s("b")}}, found.Items)
	_, err = d.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String("t"), Key: Item{"pk": s("p"), "sk": s("b")}})
	require.NoError(t, err)
	require.Len(t, d.Items("t"), 1)
	require.Equal(t, handler.Remove, changes[2].Kind)
}

func TestAround_DecidesWhetherACallHasItsEffect(t *testing.T) {
	d := NewDatabase(map[string]Schema{"t": {Partition: "id"}})
	lost := errors.New("the answer is lost")
	for _, effect := range []bool{false, true} {
		d.Around = func(_ context.Context, c Call, do func()) error {
			require.Equal(t, Call{Action: "PutItem", Table: "t", Key: "1"}, c)
			if effect {
				do()
			}
			return lost
		}
		_, err := d.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("t"), Item: Item{"id": s("1")}})
		require.ErrorIs(t, err, lost)
		require.Equal(t, effect, len(d.Items("t")) == 1)
	}
}
