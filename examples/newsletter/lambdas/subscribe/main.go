// Command subscribe keeps the e-mail addresses that arrive in the queue. What fails is tried again, the rest is not.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func main() {
	account, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	client, table := dynamodb.NewFromConfig(account), os.Getenv("READERS_TABLE")
	lambda.Start(func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		var failed []events.SQSBatchItemFailure
		for _, message := range batch.Records {
			_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: map[string]types.AttributeValue{
				"email": &types.AttributeValueMemberS{Value: message.Body},
			}})
			if err != nil {
				slog.ErrorContext(ctx, "subscription not kept", "messageId", message.MessageId, "error", err)
				failed = append(failed, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			}
		}
		return events.SQSEventResponse{BatchItemFailures: failed}, nil
	})
}
