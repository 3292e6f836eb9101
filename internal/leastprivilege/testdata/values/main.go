// Command values makes values of methods: of an interface, of a type, in a go and a defer statement.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

type api interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
}

type scan = func(*dynamodb.Client, context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)

func main() {
	client := dynamodb.New(dynamodb.Options{})
	var a api = client
	go a.PutItem(context.Background(), nil)
	get := a.GetItem
	defer get(context.Background(), nil)
	_, _ = map[string]scan{"scan": (*dynamodb.Client).Scan}["scan"](client, context.Background(), nil)
}
