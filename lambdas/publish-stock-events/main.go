// Command publish-stock-events tells other contexts what the changes of the stock table say.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event/bus"
	"github.com/serverless-shop/serverless-shop/shop/inventory"
)

func main() {
	env := handler.Environment()
	outbox := inventory.NewOutbox(bus.New(eventbridge.NewFromConfig(env.AWS()), env.Get("SHOP_BUS")))
	handler.StartStream(env, outbox.OnChange)
}
