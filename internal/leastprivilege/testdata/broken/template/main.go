// Command template sends a mail from a template.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

func main() {
	_, _ = sesv2.New(sesv2.Options{}).SendEmail(context.Background(), &sesv2.SendEmailInput{
		Content: &types.EmailContent{Template: &types.Template{}},
	})
}
