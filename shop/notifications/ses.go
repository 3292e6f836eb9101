package notifications

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

// SESClient is what [SES] needs of Amazon SES; *sesv2.Client has it.
type SESClient interface {
	SendEmail(context.Context, *sesv2.SendEmailInput, ...func(*sesv2.Options)) (*sesv2.SendEmailOutput, error)
}

// SES is the Mailer that sends by Amazon SES. It uses one action, SendEmail.
type SES struct {
	client SESClient
	from   string
}

// NewSES returns the mailer that sends from an address.
func NewSES(client SESClient, from string) *SES { return &SES{client: client, from: from} }

// Send implements [Mailer]. Its errors do not tell the recipient, since they are logged.
func (s *SES) Send(ctx context.Context, m Mail) error {
	utf8 := func(text string) *types.Content { return &types.Content{Data: &text, Charset: aws.String("UTF-8")} }
	_, err := s.client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress: &s.from,
		Destination:      &types.Destination{ToAddresses: []string{m.To}},
		Content:          &types.EmailContent{Simple: &types.Message{Subject: utf8(m.Subject), Body: &types.Body{Text: utf8(m.Text)}}},
	})
	if err != nil {
		// SES names addresses that it refuses.
		return fmt.Errorf("sending a mail from %s with subject %q: %s", s.from, m.Subject, strings.ReplaceAll(err.Error(), m.To, "(the recipient)"))
	}
	return nil
}
