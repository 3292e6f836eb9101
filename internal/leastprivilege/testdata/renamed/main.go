// Command renamed uses operations whose actions have other names.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func main() {
	client := s3.New(s3.Options{})
	_, _ = client.HeadObject(context.Background(), &s3.HeadObjectInput{})
	_, _ = client.ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{})
}
