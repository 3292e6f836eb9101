// Command list-orders answers GET /orders: the customer's orders, the newest first; for administrators also all of one status.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/orders"
)

func main() {
	env := handler.Environment()
	views := orders.NewViews(dynamodb.NewFromConfig(env.AWS()), env.Get("ORDER_VIEWS_TABLE"), "")
	handler.StartHTTP(env, orders.NewLists(views).List)
}
