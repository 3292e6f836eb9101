// Command cancel-shipment is the order flow's compensation of a shipment: the parcel stays, and none leaves any more.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/secret"
	"github.com/serverless-shop/serverless-shop/shop/shipping"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

func main() {
	env := handler.Environment()
	key := secret.New(env, "CARRIER_API_KEY_SECRET_ARN")
	carrier := shipping.NewRemote(thirdparty.NewClient(env.Get("CARRIER_API_URL"), key.Value))
	table := shipping.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("SHIPMENTS_TABLE"))
	handler.StartTask(env, shipping.NewTasks(shipping.NewService(table, carrier)).Cancel)
}
