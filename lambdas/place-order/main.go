// Command place-order answers POST /orders: a new order at the catalogue's prices, once per Idempotency-Key.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/catalog"
	"github.com/serverless-shop/serverless-shop/shop/orders"
)

func main() {
	env := handler.Environment()
	db := dynamodb.NewFromConfig(env.AWS())
	service := orders.NewService(orders.NewTable(db, env.Get("ORDERS_TABLE")))
	products := catalog.NewTable(db, env.Get("PRODUCTS_TABLE"))
	handler.StartHTTP(env, orders.NewCheckout(service, products).Place)
}
