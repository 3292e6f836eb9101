// Command publish-shipment-events sends what becomes of shipments to the event bus.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event/bus"
	"github.com/serverless-shop/serverless-shop/shop/shipping"
)

func main() {
	env := handler.Environment()
	events := bus.New(eventbridge.NewFromConfig(env.AWS()), env.Get("SHOP_BUS"))
	handler.StartStream(env, shipping.NewOutbox(events).OnChange)
}
