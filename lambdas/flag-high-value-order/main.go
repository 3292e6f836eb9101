// Command flag-high-value-order asks the shop's administrators to look at orders of high value.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/notifications"
)

func main() {
	env := handler.Environment()
	config := env.AWS()
	administrators := notifications.NewAdministrators(
		env.Get("ADMIN_EMAIL"),
		notifications.NewTable(dynamodb.NewFromConfig(config), env.Get("NOTIFICATIONS_TABLE")),
		notifications.NewSES(sesv2.NewFromConfig(config), env.Get("SHOP_MAIL_SENDER")),
	)
	handler.StartEvent(env, administrators.FlagHighValue)
}
