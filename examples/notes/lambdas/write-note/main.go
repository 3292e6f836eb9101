// Command write-note answers POST /notes: it keeps the body as a note of the signed-in user.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// maxNote is the longest note, in bytes.
const maxNote = 10_000

func main() {
	account, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	client, table := dynamodb.NewFromConfig(account), os.Getenv("NOTES_TABLE")
	lambda.Start(func(ctx context.Context, r events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		if len(r.Body) == 0 || len(r.Body) > maxNote {
			return events.APIGatewayV2HTTPResponse{StatusCode: 400, Body: "a note has 1 to 10,000 bytes"}, nil
		}
		_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: map[string]types.AttributeValue{
			"userId":    &types.AttributeValueMemberS{Value: r.RequestContext.Authorizer.JWT.Claims["sub"]},
			"createdAt": &types.AttributeValueMemberS{Value: time.Now().UTC().Format(time.RFC3339Nano)},
			"text":      &types.AttributeValueMemberS{Value: r.Body},
		}})
		if err != nil {
			return events.APIGatewayV2HTTPResponse{}, fmt.Errorf("writing a note: %w", err)
		}
		return events.APIGatewayV2HTTPResponse{StatusCode: 201}, nil
	})
}
