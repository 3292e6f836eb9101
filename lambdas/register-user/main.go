// Command register-user is the user pool's post-confirmation trigger: it makes a customer of whoever has signed up.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/users"
)

func main() {
	env := handler.Environment()
	profiles := users.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("USERS_TABLE"))
	cognito := cognitoidentityprovider.NewFromConfig(env.AWS())
	pool := func(id string) users.Directory { return users.NewUserPool(cognito, id) }
	handler.StartTask(env, users.NewRegistrar(profiles, pool).OnConfirmed)
}
