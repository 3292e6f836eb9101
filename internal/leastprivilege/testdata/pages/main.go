// Command pages reads through a paginator, which calls the client from inside the SDK.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func main() {
	pages := dynamodb.NewScanPaginator(dynamodb.New(dynamodb.Options{}), &dynamodb.ScanInput{})
	for pages.HasMorePages() {
		_, _ = pages.NextPage(context.Background())
	}
}
