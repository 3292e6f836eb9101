// Command receive-stock adds the goods that an administrator reports, by saving a product, to what is available.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/inventory"
)

func main() {
	env := handler.Environment()
	stock := inventory.NewStock(inventory.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("STOCK_TABLE")), nil)
	handler.StartEvent(env, stock.OnProductSaved)
}
