// Command list-notes answers GET /notes: the signed-in user's notes, newest first.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type note struct {
	CreatedAt string `json:"createdAt" dynamodbav:"createdAt"`
	Text      string `json:"text" dynamodbav:"text"`
}

func main() {
	account, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	client, table := dynamodb.NewFromConfig(account), os.Getenv("NOTES_TABLE")
	lambda.Start(func(ctx context.Context, r events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		found, err := client.Query(ctx, &dynamodb.QueryInput{
			TableName:              &table,
			KeyConditionExpression: aws.String("userId = :user"),
			ExpressionAttributeValues: map[string]types.AttributeValue{
				":user": &types.AttributeValueMemberS{Value: r.RequestContext.Authorizer.JWT.Claims["sub"]},
			},
			ScanIndexForward: aws.Bool(false),
		})
		if err != nil {
			return events.APIGatewayV2HTTPResponse{}, fmt.Errorf("listing notes: %w", err)
		}
		notes := []note{}
		if err := attributevalue.UnmarshalListOfMaps(found.Items, &notes); err != nil {
			return events.APIGatewayV2HTTPResponse{}, fmt.Errorf("reading notes: %w", err)
		}
		body, err := json.Marshal(notes)
		return events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"content-type": "application/json"}, Body: string(body)}, err
	})
}
