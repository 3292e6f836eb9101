// Command start-order-flow starts the workflow that carries out a new order.
package main

import (
	"handler"
	"shop/orders"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/orders"
)

func main() {
	env := handler.Environment()
	table := orders.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("ORDERS_TABLE"))
	flow := orders.NewFlow(sfn.NewFromConfig(env.AWS()), env.Get("ORDER_FLOW_WORKFLOW_ARN"), table, env.Get("BACKORDER_WAIT"))
	handler.StartQueue(env, flow.OnCreated)
}
