// Command start-queue hands over a closure around a method value.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/internal/leastprivilege/testdata/shelf"
)

func main() {
	env := handler.Environment()
	s := &shelf.Shelf{Table: dynamodb.NewFromConfig(env.AWS())}
	handler.StartQueue(env, logged(s.Receive))
}

// logged wraps a consumer.
func logged(consume handler.Consumer) handler.Consumer {
	return func(ctx context.Context, e handler.Event) error {
		handler.Logger(ctx).Info("consuming")
		return consume(ctx, e)
	}
}
