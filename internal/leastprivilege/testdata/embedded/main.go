// Command embedded calls a method that its own type has from the client.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

type api interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

type traced struct{ *dynamodb.Client }

func main() {
	var a api = traced{dynamodb.New(dynamodb.Options{})}
	_, _ = a.PutItem(context.Background(), nil)
}
