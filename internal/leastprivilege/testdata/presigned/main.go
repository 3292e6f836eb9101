// Command presigned hands out a permission to upload, which is no more than its own.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func main() {
	_, _ = s3.NewPresignClient(s3.New(s3.Options{})).PresignPutObject(context.Background(), &s3.PutObjectInput{})
}
