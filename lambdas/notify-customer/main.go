// Command notify-customer is the order flow's way to tell a customer by e-mail what became of an order.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/notifications"
	"github.com/serverless-shop/serverless-shop/shop/users"
)

func main() {
	env := handler.Environment()
	config := env.AWS()
	customers := notifications.NewCustomers(
		users.NewUserPool(cognitoidentityprovider.NewFromConfig(config), env.Get("ACCOUNTS_USER_POOL_ID")),
		notifications.NewTable(dynamodb.NewFromConfig(config), env.Get("NOTIFICATIONS_TABLE")),
		notifications.NewSES(sesv2.NewFromConfig(config), env.Get("SHOP_MAIL_SENDER")),
	)
	handler.StartTask(env, customers.Notify)
}
