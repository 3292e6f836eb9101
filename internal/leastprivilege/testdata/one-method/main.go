// Command one-method uses one method of a type with several, through two interfaces.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

type api interface {
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

type store interface{ remove(context.Context) error }

type table struct{ api api }

func (t table) remove(ctx context.Context) error {
	_, err := t.api.DeleteItem(ctx, &dynamodb.DeleteItemInput{})
	return err
}

func (t table) save(ctx context.Context) error {
	_, err := t.api.PutItem(ctx, &dynamodb.PutItemInput{})
	return err
}

type routes struct{ store store }

func (r routes) Delete(ctx context.Context) error { return r.store.remove(ctx) }

func main() {
	start(routes{table{dynamodb.New(dynamodb.Options{})}}.Delete)
}

func start(handle func(context.Context) error) { _ = handle(context.Background()) }
