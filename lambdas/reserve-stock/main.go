// Command reserve-stock is the order flow's first step: it sets stock aside for every line of an order, or for none.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/inventory"
)

func main() {
	env := handler.Environment()
	stock := inventory.NewStock(inventory.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("STOCK_TABLE")), nil)
	handler.StartTask(env, stock.ReserveOrder)
}
