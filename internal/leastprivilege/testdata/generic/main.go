// Command generic calls its client by type parameters.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

type putter interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

type getter interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
}

func put[T putter](to T) { _, _ = to.PutItem(context.Background(), nil) }

type repository[C getter] struct{ client C }

func (r *repository[C]) fetch() { _, _ = r.client.GetItem(context.Background(), nil) }

type fetcher interface{ fetch() }

func main() {
	client := dynamodb.New(dynamodb.Options{})
	put(client)
	var f fetcher = &repository[*dynamodb.Client]{client}
	f.fetch()
}
