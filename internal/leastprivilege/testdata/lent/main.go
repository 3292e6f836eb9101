// Command lent lets the SDK's own code use its client: once the client itself, once an interface of its own.
package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

type buckets interface {
	HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
}

func main() {
	_ = dynamodb.NewTableExistsWaiter(dynamodb.New(dynamodb.Options{})).Wait(context.Background(), &dynamodb.DescribeTableInput{}, time.Minute)
	var own buckets = s3.New(s3.Options{})
	_ = s3.NewBucketExistsWaiter(own).Wait(context.Background(), &s3.HeadBucketInput{}, time.Minute)
}
