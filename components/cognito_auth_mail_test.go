package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
)

const sesARN = pulumi.String("arn:aws:ses:eu-central-1:123456789012:identity/shop.example.com")

// newAuthWith runs a program that is nothing but a CognitoAuth called accounts.
func newAuthWith(t *testing.T, args components.CognitoAuthArgs) *mocks.Program {
	t.Helper()
	return mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewCognitoAuth(ctx, "accounts", &args)
		return err
	})
}

func TestCognitoAuth_SendsMailsBySES(t *testing.T) {
	pool := newAuthWith(t, components.CognitoAuthArgs{
		Mail: &components.UserPoolMail{
			From: "Nordlicht <hello@shop.example.com>", IdentityARN: sesARN, ReplyTo: "help@shop.example.com", ConfigurationSet: pulumi.String("accounts"),
		},
	}).Get(t, userPoolType, "accounts").Inputs
	require.Equal(t, map[string]any{
		"emailSendingAccount": "DEVELOPER", "fromEmailAddress": "Nordlicht <hello@shop.example.com>", "sourceArn": string(sesARN),
		"replyToEmailAddress": "help@shop.example.com", "configurationSet": "accounts",
	}, pool["emailConfiguration"])
}

func TestCognitoAuth_MailSenderNeedsNoMoreThanAnAddress(t *testing.T) {
	pool := newAuthWith(t, components.CognitoAuthArgs{
		Mail: &components.UserPoolMail{From: "hello@shop.example.com", IdentityARN: sesARN},
	}).Get(t, userPoolType, "accounts").Inputs
	require.Equal(t, map[string]any{
		"emailSendingAccount": "DEVELOPER", "fromEmailAddress": "hello@shop.example.com", "sourceArn": string(sesARN),
	}, pool["emailConfiguration"])
}

func TestCognitoAuth_VerifiesByLinkInCognitosWords(t *testing.T) {
	pool := newAuthWith(t, components.CognitoAuthArgs{
		Domain: pulumi.String("nordlicht"), CallbackURLs: []string{"https://shop.example.com/"},
		Verification: components.Verification{ByLink: true},
	}).Get(t, userPoolType, "accounts").Inputs
	require.Equal(t, map[string]any{"defaultEmailOption": "CONFIRM_WITH_LINK"}, pool["verificationMessageTemplate"])
}

func TestCognitoAuth_WritesMailsInItsOwnWords(t *testing.T) {
	pool := newAuthWith(t, components.CognitoAuthArgs{
		Domain: pulumi.String("nordlicht"), CallbackURLs: []string{"https://shop.example.com/"},
		Mail: &components.UserPoolMail{From: "hello@shop.example.com", IdentityARN: sesARN},
		Verification: components.Verification{
			ByLink: true,
			Link:   components.MailTemplate{Subject: "Welcome", Message: "Follow {##this link##}."},
			Code:   components.MailTemplate{Subject: "Your code", Message: "Type in {####}."},
		},
		Invitation: components.MailTemplate{Subject: "Join us", Message: "Hello {username}, begin with {####}."},
	}).Get(t, userPoolType, "accounts").Inputs
	require.Equal(t, map[string]any{
		"defaultEmailOption": "CONFIRM_WITH_LINK",
		"emailSubjectByLink": "Welcome", "emailMessageByLink": "Follow {##this link##}.",
		"emailSubject": "Your code", "emailMessage": "Type in {####}.",
	}, pool["verificationMessageTemplate"])
	require.Equal(t, map[string]any{
		"emailSubject": "Join us", "emailMessage": "Hello {username}, begin with {####}.", "smsMessage": "{username} {####}",
	}, in(t, pool, "adminCreateUserConfig", "inviteMessageTemplate"))
}

func TestCognitoAuth_VerifiesByCodeUnlessAskedForALink(t *testing.T) {
	pool := newAuthWith(t, components.CognitoAuthArgs{
		Mail:         &components.UserPoolMail{From: "hello@shop.example.com", IdentityARN: sesARN},
		Verification: components.Verification{Code: components.MailTemplate{Subject: "Your code"}},
	}).Get(t, userPoolType, "accounts").Inputs
	require.Equal(t, map[string]any{"defaultEmailOption": "CONFIRM_WITH_CODE", "emailSubject": "Your code"}, pool["verificationMessageTemplate"])
}

func TestCognitoAuth_RefusesWrongMails(t *testing.T) {
	sender := func(change func(*components.UserPoolMail)) components.CognitoAuthArgs {
		s := &components.UserPoolMail{From: "hello@shop.example.com", IdentityARN: sesARN}
		change(s)
		return components.CognitoAuthArgs{Mail: s}
	}
	mails := func(change func(*components.CognitoAuthArgs)) components.CognitoAuthArgs {
		args := sender(func(*components.UserPoolMail) {})
		change(&args)
		return args
	}
	for name, test := range map[string]struct {
		args components.CognitoAuthArgs
		want string
	}{
		"nobody":      {sender(func(s *components.UserPoolMail) { s.From = "" }), `Mail.From = "", want an address`},
		"no address":  {sender(func(s *components.UserPoolMail) { s.From = "Nordlicht" }), `Mail.From = "Nordlicht"`},
		"no reply":    {sender(func(s *components.UserPoolMail) { s.ReplyTo = "nobody" }), `Mail.ReplyTo = "nobody"`},
		"no identity": {sender(func(s *components.UserPoolMail) { s.IdentityARN = nil }), "Mail.IdentityARN = <nil>, want the ARN of the SES identity"},
		"an address as identity": {sender(func(s *components.UserPoolMail) { s.IdentityARN = pulumi.String("hello@shop.example.com") }),
			`Mail.IdentityARN = "hello@shop.example.com", want arn:aws:ses:`},
		"link to nowhere": {components.CognitoAuthArgs{Verification: components.Verification{ByLink: true}}, "Verification.ByLink = true, want Domain"},
		"words for no link": {mails(func(a *components.CognitoAuthArgs) {
			a.Verification.Link = components.MailTemplate{Subject: "Welcome"}
		}), `Verification.Link = "Welcome", want none without ByLink`},
		"own words from Cognito's address": {components.CognitoAuthArgs{Invitation: components.MailTemplate{Subject: "Join us"}},
			"Invitation = \"text of one's own\", want Mail to be set too"},
		"no link": {mails(func(a *components.CognitoAuthArgs) {
			a.Verification = components.Verification{ByLink: true, Link: components.MailTemplate{Message: "Follow {####}."}}
		}), `Verification.Link.Message = "Follow {####}.", want the link somewhere, {##text of the link##}`},
		"no code": {mails(func(a *components.CognitoAuthArgs) { a.Verification.Code.Message = "Type in the code." }),
			`Verification.Code.Message = "Type in the code.", want the code somewhere`},
		"no password": {mails(func(a *components.CognitoAuthArgs) { a.Invitation.Message = "Hello {username}." }),
			"the name and the temporary password somewhere, {username} and {####}"},
		"no message": {mails(func(a *components.CognitoAuthArgs) { a.Invitation.Subject = "Join us" }),
			`Invitation.Subject and Message = "Join us", want both or none`},
		"no name": {mails(func(a *components.CognitoAuthArgs) { a.Invitation.Message = "Begin with {####}." }),
			"the name and the temporary password somewhere, {username} and {####}"},
		"long subject": {mails(func(a *components.CognitoAuthArgs) { a.Invitation.Subject = strings.Repeat("ä", 141) }),
			"Invitation.Subject = "},
		"short message": {mails(func(a *components.CognitoAuthArgs) { a.Verification.Code.Message = "Hello" }),
			"Verification.Code.Message has length = 5, want 6–20000 characters"},
		"long message": {mails(func(a *components.CognitoAuthArgs) {
			a.Verification.Code.Message = "{####}" + strings.Repeat("a", 20_000)
		}),
			"Verification.Code.Message has length = 20006, want 6–20000 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, func(ctx *pulumi.Context) error {
				_, err := components.NewCognitoAuth(ctx, "accounts", &test.args)
				return err
			}, "accounts (CognitoAuth): ", test.want)
		})
	}
}
