// Command list-products answers GET /products: one page of the catalogue, filtered, searched and sorted.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/catalog"
)

func main() {
	env := handler.Environment()
	products := catalog.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("PRODUCTS_TABLE"))
	handler.StartHTTP(env, catalog.NewRoutes(products).List)
}
