// Command delete-user answers DELETE /users/{id}: an administrator deletes a user.
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
	pool := users.NewUserPool(cognitoidentityprovider.NewFromConfig(env.AWS()), env.Get("ACCOUNTS_USER_POOL_ID"))
	handler.StartHTTP(env, users.NewRoutes(users.NewService(profiles, pool)).Delete)
}
