// Command restock-return makes goods that a customer sent back available again.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/inventory"
)

func main() {
	env := handler.Environment()
	stock := inventory.NewStock(inventory.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("STOCK_TABLE")), nil)
	handler.StartEvent(env, stock.OnReturnInspected)
}
