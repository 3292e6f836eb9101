// Command analyse-orders counts new orders into the shop's metrics.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/analytics"
)

func main() {
	env := handler.Environment()
	seen := analytics.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("ANALYTICS_TABLE"))
	handler.StartQueue(env, analytics.NewCounter(seen).Count)
}
