// Command create-product answers POST /products: a new product, for administrators.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/catalog"
)

func main() {
	env := handler.Environment()
	products := catalog.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("PRODUCTS_TABLE"))
	handler.StartHTTP(env, catalog.NewRoutes(products).Create)
}
