// Command erase-user hears of users who were deleted, and finishes what their request began if it was cut off.
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
	handler.StartEvent(env, users.NewService(profiles, pool).OnDeleted)
}
