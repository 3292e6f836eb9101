// Command cancel-order answers POST /orders/{id}/cancel: the customer calls an order off.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/orders"
)

func main() {
	env := handler.Environment()
	table := orders.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("ORDERS_TABLE"))
	handler.StartHTTP(env, orders.NewRoutes(orders.NewService(table)).Cancel)
}
