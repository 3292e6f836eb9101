// Command start-order-flow starts the workflow that carries out a new order.
package main

import (
	"log"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/orders"
)

func main() {
	env := handler.Environment()
	table := orders.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("ORDERS_TABLE"))
	wait, err := time.ParseDuration(env.Get("BACKORDER_WAIT"))
	if err != nil {
		log.Fatalf("reading BACKORDER_WAIT, want a duration such as 168h: %v", err)
	}
	flow := orders.NewFlow(sfn.NewFromConfig(env.AWS()), env.Get("ORDER_FLOW_WORKFLOW_ARN"), table, wait)
	handler.StartQueue(env, flow.OnCreated)
}
