// Command carrier-webhook answers POST /shipments/webhook: news from the carrier, signed.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/shipping"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

func main() {
	env := handler.Environment()
	keys := thirdparty.SecretKeys(secretsmanager.NewFromConfig(env.AWS()), env.Get("CARRIER_WEBHOOK_KEY_SECRET_ARN"))
	tables := dynamodb.NewFromConfig(env.AWS())
	notices := thirdparty.NewTable(tables, env.Get("NOTICES_TABLE"))
	tasks := shipping.NewTasks(shipping.NewService(shipping.NewTable(tables, env.Get("SHIPMENTS_TABLE")), nil))
	handler.StartHTTP(env, thirdparty.NewReceiver(shipping.Sender, keys, notices, tasks.OnNotice).Receive)
}
