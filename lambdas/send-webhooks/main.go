// Command send-webhooks makes happen what the simulated third parties do later, and tells the shop by signed webhooks.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/secret"
	"github.com/serverless-shop/serverless-shop/shop/simulator"
)

func main() {
	env := handler.Environment()
	payments := secret.New(env, "PAYMENTS_WEBHOOK_KEY_SECRET_ARN")
	carrier := secret.New(env, "CARRIER_WEBHOOK_KEY_SECRET_ARN")
	table := simulator.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("THIRD_PARTIES_TABLE"))
	handler.StartQueue(env, simulator.NewClock(table, env.Get("SHOP_API_URL"), payments.Value, carrier.Value).Strike)
}
