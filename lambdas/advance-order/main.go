// Command advance-order is a task of the order flow: it records in the order's history how far the flow has come.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/orders"
)

func main() {
	env := handler.Environment()
	table := orders.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("ORDERS_TABLE"))
	handler.StartTask(env, orders.NewService(table).Advance)
}
