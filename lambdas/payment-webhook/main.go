// Command payment-webhook answers POST /payments/webhook: news from the payment provider, signed, put into a queue.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/payments"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

func main() {
	env := handler.Environment()
	keys := thirdparty.SecretKeys(secretsmanager.NewFromConfig(env.AWS()), env.Get("PAYMENTS_WEBHOOK_KEY_SECRET_ARN"))
	notices := thirdparty.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("NOTICES_TABLE"))
	queue := payments.NewQueue(sqs.NewFromConfig(env.AWS()), env.Get("PAYMENTS_QUEUE_URL"))
	handler.StartHTTP(env, thirdparty.NewReceiver(payments.Sender, keys, notices, queue.Put).Receive)
}
