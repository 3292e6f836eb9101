// Command archive-orders keeps every event of an order for ever, in S3.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/analytics"
)

func main() {
	env := handler.Environment()
	archive := analytics.NewArchive(s3.NewFromConfig(env.AWS()), env.Get("ARCHIVE_BUCKET"))
	handler.StartBatch(env, archive.Store)
}
