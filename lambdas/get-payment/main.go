// Command get-payment answers GET /payments/{orderId}: an order's payment, to the customer and to administrators.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/payments"
)

func main() {
	env := handler.Environment()
	view := payments.NewView(dynamodb.NewFromConfig(env.AWS()), env.Get("PAYMENTS_TABLE"))
	handler.StartHTTP(env, payments.NewRoutes(view).Get)
}
