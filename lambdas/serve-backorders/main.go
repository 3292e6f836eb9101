// Command serve-backorders gives stock that arrived to the orders that wait for it, first come first served.
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
	handler.StartEvent(env, stock.OnStockArrived)
}
