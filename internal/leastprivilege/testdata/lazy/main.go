// Command lazy makes its store when it is first asked for.
package main

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

type store interface{ remove(context.Context) error }

type table struct{ client *dynamodb.Client }

func (t table) remove(ctx context.Context) error {
	_, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{})
	return err
}

var lazy = sync.OnceValue(func() store { return table{dynamodb.New(dynamodb.Options{})} })

func main() { _ = lazy().remove(context.Background()) }
