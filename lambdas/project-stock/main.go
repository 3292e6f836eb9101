// Command project-stock shows in the catalogue how many of an order's products are left.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/catalog"
	"github.com/serverless-shop/serverless-shop/shop/inventory"
)

func main() {
	env := handler.Environment()
	client := dynamodb.NewFromConfig(env.AWS())
	products := catalog.NewTable(client, env.Get("PRODUCTS_TABLE"))
	display := inventory.NewDisplay(inventory.NewTable(client, env.Get("STOCK_TABLE")), products)
	handler.StartQueue(env, display.OnEvent)
}
