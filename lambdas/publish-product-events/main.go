// Command publish-product-events tells other contexts that a product was saved or removed.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/catalog"
	"github.com/serverless-shop/serverless-shop/shop/event/bus"
)

func main() {
	env := handler.Environment()
	outbox := catalog.NewOutbox(bus.New(eventbridge.NewFromConfig(env.AWS()), env.Get("SHOP_BUS")))
	handler.StartStream(env, outbox.OnChange)
}
