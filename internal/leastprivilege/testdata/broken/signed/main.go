// Command signed signs its request itself.
package main

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

func main() {
	r, _ := http.NewRequest("POST", "https://dynamodb.eu-central-1.amazonaws.com", nil)
	_ = v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{}, r, "", "dynamodb", "eu-central-1", time.Now())
	_, _ = http.DefaultClient.Do(r)
}
