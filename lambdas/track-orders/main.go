// Command track-orders records what becomes of an order after the order flow: its parcel arrived, its goods came back.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/orders"
)

func main() {
	env := handler.Environment()
	table := orders.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("ORDERS_TABLE"))
	handler.StartEvent(env, orders.NewTracker(orders.NewService(table)).OnEvent)
}
