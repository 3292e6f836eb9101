// Command project-orders keeps the read models, lists of orders and sales per day, as the orders' events have them.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/orders"
)

func main() {
	env := handler.Environment()
	db := dynamodb.NewFromConfig(env.AWS())
	table := orders.NewTable(db, env.Get("ORDERS_TABLE"))
	views := orders.NewViews(db, env.Get("ORDER_VIEWS_TABLE"), env.Get("SALES_TABLE"))
	handler.StartStream(env, orders.NewProjector(table, views).OnChange)
}
