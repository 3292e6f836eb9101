// Command carried keeps its client in a context.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

type api interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

type key struct{}

func main() {
	var a api = dynamodb.New(dynamodb.Options{})
	ctx := context.WithValue(context.Background(), key{}, a)
	_, _ = ctx.Value(key{}).(api).PutItem(ctx, nil)
}
