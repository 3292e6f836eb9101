// Command await-stock lets an order that cannot be reserved wait until stock arrives.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/inventory"
)

func main() {
	env := handler.Environment()
	config := env.AWS()
	table := inventory.NewTable(dynamodb.NewFromConfig(config), env.Get("STOCK_TABLE"))
	stock := inventory.NewStock(table, inventory.NewWorkflowTasks(sfn.NewFromConfig(config)))
	handler.StartTask(env, stock.AwaitStock)
}
