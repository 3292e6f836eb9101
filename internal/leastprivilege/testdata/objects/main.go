// Command objects does with objects what needs more than one action, or another than its name says.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func main() {
	ctx, client := context.Background(), s3.New(s3.Options{})
	_, _ = client.CopyObject(ctx, &s3.CopyObjectInput{})
	_, _ = client.DeleteObject(ctx, &s3.DeleteObjectInput{VersionId: aws.String("x")})
	_, _ = client.PutObject(ctx, &s3.PutObjectInput{ACL: types.ObjectCannedACLPublicRead, Tagging: aws.String("x")})
	_, _ = client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{})
	_, _ = s3.NewPresignClient(client).PresignPostObject(ctx, &s3.PutObjectInput{})
}
