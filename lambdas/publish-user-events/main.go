// Command publish-user-events is the users' outbox: it sends what is recorded of users who came and left to the event bus.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event/bus"
	"github.com/serverless-shop/serverless-shop/shop/users"
)

func main() {
	env := handler.Environment()
	events := bus.New(eventbridge.NewFromConfig(env.AWS()), env.Get("SHOP_BUS"))
	handler.StartStream(env, users.NewPublisher(events).OnChange)
}
