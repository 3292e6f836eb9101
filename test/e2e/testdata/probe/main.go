// Command probe is a function that tries what its role should not let it do. The end-to-end tests deploy it once for
// the role of every function of the shop. Nothing that it tries can change anything, even if it is allowed.
package main

import (
	"context"
	"errors"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/serverless-shop/serverless-shop/handler"
)

// input names what to try it on.
type input struct{ Table, UserPool, User string }

func main() {
	config := handler.Environment().AWS()
	config.RetryMaxAttempts = 5 // a busy machine answers late; a refusal is not tried again
	lambda.Start(func(ctx context.Context, in input) (map[string]string, error) {
		return try(ctx, dynamodb.NewFromConfig(config), cognito.NewFromConfig(config), in), nil
	})
}

// try calls every action and returns the code of the error that came back, empty for success.
func try(ctx context.Context, db *dynamodb.Client, users *cognito.Client, in input) map[string]string {
	nobody := map[string]types.AttributeValue{"productId": &types.AttributeValueMemberS{Value: "e2e-probe-nobody"}}
	never := aws.String("attribute_exists(nothing)") // fails after the permission has been looked at
	list := func(index *string) *dynamodb.QueryInput {
		key := "productId"
		if index != nil {
			key = "listing"
		}
		return &dynamodb.QueryInput{
			TableName: &in.Table, IndexName: index, Limit: aws.Int32(1), KeyConditionExpression: aws.String(key + " = :k"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":k": &types.AttributeValueMemberS{Value: "all"}},
		}
	}
	results := map[string]string{}
	note := func(action string, err error) {
		results[action] = ""
		if err != nil {
			results[action] = err.Error()
			if api, ok := errors.AsType[smithy.APIError](err); ok {
				results[action] = api.ErrorCode()
			}
		}
	}
	_, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &in.Table, Key: nobody})
	note("dynamodb:GetItem", err)
	_, err = db.Query(ctx, list(nil))
	note("dynamodb:Query", err)
	_, err = db.Query(ctx, list(aws.String("all-by-name")))
	note("dynamodb:Query index", err)
	_, err = db.Scan(ctx, &dynamodb.ScanInput{TableName: &in.Table, Limit: aws.Int32(1)})
	note("dynamodb:Scan", err)
	_, err = db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &in.Table, Item: nobody, ConditionExpression: never})
	note("dynamodb:PutItem", err)
	_, err = db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &in.Table, Key: nobody, ConditionExpression: never, UpdateExpression: aws.String("SET stock = :k"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":k": &types.AttributeValueMemberN{Value: "1"}},
	})
	note("dynamodb:UpdateItem", err)
	_, err = db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &in.Table, Key: nobody, ConditionExpression: never})
	note("dynamodb:DeleteItem", err)
	_, err = db.ListTables(ctx, &dynamodb.ListTablesInput{})
	note("dynamodb:ListTables", err)

	_, err = users.AdminGetUser(ctx, &cognito.AdminGetUserInput{UserPoolId: &in.UserPool, Username: &in.User})
	note("cognito-idp:AdminGetUser", err)
	_, err = users.ListUsers(ctx, &cognito.ListUsersInput{UserPoolId: &in.UserPool, Limit: aws.Int32(1)})
	note("cognito-idp:ListUsers", err)
	_, err = users.AdminAddUserToGroup(ctx, &cognito.AdminAddUserToGroupInput{
		UserPoolId: &in.UserPool, Username: aws.String("e2e-probe-nobody"), GroupName: aws.String("admin"),
	})
	note("cognito-idp:AdminAddUserToGroup", err)
	_, err = users.AdminSetUserPassword(ctx, &cognito.AdminSetUserPasswordInput{
		UserPoolId: &in.UserPool, Username: aws.String("e2e-probe-nobody"), Password: aws.String("Passw0rd-of-nobody"),
	})
	note("cognito-idp:AdminSetUserPassword", err)
	// Nothing of the deployer's reaches a function.
	results["key"] = os.Getenv("AWS_ACCESS_KEY_ID")
	return results
}
