// Command publish-order-events is the orders' outbox: it sends every recorded event to the event bus and to the order topic.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event/bus"
	"github.com/serverless-shop/serverless-shop/shop/orders"
)

func main() {
	env := handler.Environment()
	events := bus.New(eventbridge.NewFromConfig(env.AWS()), env.Get("SHOP_BUS"))
	topic := orders.NewTopic(sns.NewFromConfig(env.AWS()), env.Get("ORDERS_TOPIC_ARN"))
	handler.StartStream(env, orders.NewPublisher(events, topic).OnChange)
}
