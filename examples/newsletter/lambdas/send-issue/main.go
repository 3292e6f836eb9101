// Command send-issue finds the readers of this week's issue and logs how many there are; sending is left to the reader.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func main() {
	account, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	client, table := dynamodb.NewFromConfig(account), os.Getenv("READERS_TABLE")
	lambda.Start(func(ctx context.Context) error {
		readers := 0
		pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &table})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return fmt.Errorf("reading the readers: %w", err)
			}
			readers += len(page.Items)
		}
		slog.InfoContext(ctx, "issue ready", "readers", readers)
		return nil
	})
}
