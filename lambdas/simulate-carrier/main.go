// Command simulate-carrier stands in for the carrier.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/simulator"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

func main() {
	env := handler.Environment()
	keys := thirdparty.SecretKeys(secretsmanager.NewFromConfig(env.AWS()), env.Get("CARRIER_API_KEY_SECRET_ARN"))
	table := simulator.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("THIRD_PARTIES_TABLE"))
	later := simulator.NewTopic(sns.NewFromConfig(env.AWS()), env.Get("THIRD_PARTIES_TOPIC_ARN"))
	handler.StartHTTP(env, simulator.NewCarrier(table, keys, later).Serve)
}
