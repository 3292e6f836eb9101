// Command publish-payment-events sends what becomes of payments to the event bus.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event/bus"
	"github.com/serverless-shop/serverless-shop/shop/payments"
)

func main() {
	env := handler.Environment()
	events := bus.New(eventbridge.NewFromConfig(env.AWS()), env.Get("SHOP_BUS"))
	handler.StartStream(env, payments.NewOutbox(events).OnChange)
}
