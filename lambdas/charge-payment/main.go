// Command charge-payment is the order flow's step that takes the money.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/secret"
	"github.com/serverless-shop/serverless-shop/shop/payments"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

func main() {
	env := handler.Environment()
	key := secret.New(env, "PAYMENTS_API_KEY_SECRET_ARN")
	provider := payments.NewRemote(thirdparty.NewClient(env.Get("PAYMENTS_API_URL"), key.Value))
	table := payments.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("PAYMENTS_TABLE"))
	handler.StartTask(env, payments.NewTasks(payments.NewService(table, provider)).Charge)
}
