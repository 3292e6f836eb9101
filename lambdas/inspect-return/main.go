// Command inspect-return looks at goods that come back: it consumes Return Requested.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/shipping"
)

func main() {
	env := handler.Environment()
	table := shipping.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("SHIPMENTS_TABLE"))
	handler.StartEvent(env, shipping.NewTasks(shipping.NewService(table, nil)).OnReturnRequested)
}
