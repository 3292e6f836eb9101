package components

import (
	"net/mail"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Limits of mails ("MessageTemplateType" in the Cognito user pools API reference).
const (
	maxMailSubject = 140
	minMailMessage = 6
	maxMailMessage = 20_000
)

// UserPoolMail is an identity of Amazon SES from which a user pool's mails come, in SES's amounts instead of Cognito's 50 a day. SES must
// have verified it; in the SES sandbox mails reach verified addresses only. Cognito makes itself a service-linked role for it, so whoever
// deploys it the first time in an account needs iam:CreateServiceLinkedRole.
type UserPoolMail struct {
	// From is the sender's address, with a name if wanted: "Nordlicht <hello@shop.example.com>". Required.
	From string
	// IdentityARN is the SES identity, an address or a whole domain, that may send as From. Required.
	IdentityARN pulumi.StringInput
	// ReplyTo is where answers go. Default: to From.
	ReplyTo string
	// ConfigurationSet is the name of the SES configuration set that counts bounces and complaints. Default: the identity's own.
	ConfigurationSet pulumi.StringInput
}

// MailTemplate is the text of a mail. Cognito takes own texts only if the pool has a [UserPoolMail] ("EmailConfigurationType" in its API
// reference). The zero MailTemplate leaves the words to Cognito.
type MailTemplate struct {
	// Subject is 1–140 characters. Default: Cognito's.
	Subject string
	// Message is HTML of 6–20,000 characters, with the placeholders that its mail needs. Default: Cognito's.
	Message string
}

// Verification is how users prove that an e-mail address is theirs.
type Verification struct {
	// ByLink sends who signs up a link to follow instead of a code to type in. It leads to the hosted pages, so it needs Domain. Changed
	// addresses and forgotten passwords are always verified by a code.
	ByLink bool
	// Link is the mail with the link, {##text of the link##}. Only with ByLink.
	Link MailTemplate
	// Code is the mail with the code, {####}.
	Code MailTemplate
}

// configuration is nil, for Cognito's own mails, or the sender.
func (s *UserPoolMail) configuration() cognito.UserPoolEmailConfigurationPtrInput {
	if s == nil {
		return nil
	}
	configuration := &cognito.UserPoolEmailConfigurationArgs{
		EmailSendingAccount: pulumi.String("DEVELOPER"),
		FromEmailAddress:    pulumi.String(s.From),
		SourceArn:           s.IdentityARN.ToStringOutput(),
		ReplyToEmailAddress: text(s.ReplyTo),
	}
	if s.ConfigurationSet != nil {
		configuration.ConfigurationSet = s.ConfigurationSet.ToStringOutput()
	}
	return configuration
}

// template is nil if everything is left to Cognito.
func (v Verification) template() cognito.UserPoolVerificationMessageTemplatePtrInput {
	if v == (Verification{}) {
		return nil
	}
	option := "CONFIRM_WITH_CODE"
	if v.ByLink {
		option = "CONFIRM_WITH_LINK"
	}
	return &cognito.UserPoolVerificationMessageTemplateArgs{
		DefaultEmailOption: pulumi.String(option),
		EmailSubject:       text(v.Code.Subject),
		EmailMessage:       text(v.Code.Message),
		EmailSubjectByLink: text(v.Link.Subject),
		EmailMessageByLink: text(v.Link.Message),
	}
}

// invitation is nil if the words are left to Cognito.
func (a *CognitoAuthArgs) invitation() cognito.UserPoolAdminCreateUserConfigInviteMessageTemplatePtrInput {
	if a.Invitation == (MailTemplate{}) {
		return nil
	}
	return &cognito.UserPoolAdminCreateUserConfigInviteMessageTemplateArgs{
		EmailSubject: text(a.Invitation.Subject), EmailMessage: text(a.Invitation.Message),
		// Never sent, since nobody has a phone number here, but the AWS provider passes on a missing text as an empty one, which Cognito
		// refuses: https://github.com/hashicorp/terraform-provider-aws/issues/13060.
		SmsMessage: pulumi.String("{username} {####}"),
	}
}

// text is the value, or nothing if it is empty.
func text(value string) pulumi.StringPtrInput {
	if value == "" {
		return nil
	}
	return pulumi.String(value)
}

var (
	sesIdentity = regexp.MustCompile(`^arn:[a-z-]+:ses:[a-z0-9-]+:[0-9]{12}:identity/.+$`)
	linkText    = regexp.MustCompile(`\{##[^#]+##\}`)
)

func (a *CognitoAuthArgs) validateMails(p *problems) {
	a.Mail.validate(p)
	p.want(!a.Verification.ByLink || a.Domain != nil, "Verification.ByLink", a.Verification.ByLink, "Domain to be set too, since the link leads to the hosted pages")
	p.want(a.Verification.ByLink || a.Verification.Link == (MailTemplate{}), "Verification.Link", a.Verification.Link.Subject, "none without ByLink")
	for field, template := range map[string]MailTemplate{
		"Verification.Link": a.Verification.Link, "Verification.Code": a.Verification.Code, "Invitation": a.Invitation,
	} {
		p.want(a.Mail != nil || template == (MailTemplate{}), field, "text of one's own", "Mail to be set too, since Cognito sends only its own words from its own address")
		template.validate(p, field)
	}
	message := a.Verification.Link.Message
	p.want(message == "" || linkText.MatchString(message), "Verification.Link.Message", message, "the link somewhere, {##text of the link##}")
	message = a.Verification.Code.Message
	p.want(message == "" || strings.Contains(message, "{####}"), "Verification.Code.Message", message, "the code somewhere, {####}")
	p.want((a.Invitation.Subject == "") == (a.Invitation.Message == ""), "Invitation.Subject and Message", a.Invitation.Subject, "both or none")
	message = a.Invitation.Message
	p.want(message == "" || strings.Contains(message, "{####}") && strings.Contains(message, "{username}"), "Invitation.Message", message,
		"the name and the temporary password somewhere, {username} and {####}")
}

func (s *UserPoolMail) validate(p *problems) {
	if s == nil {
		return
	}
	p.want(isMailbox(s.From), "Mail.From", s.From, "an address, such as Nordlicht <hello@shop.example.com>")
	p.want(s.ReplyTo == "" || isMailbox(s.ReplyTo), "Mail.ReplyTo", s.ReplyTo, "an address, such as help@shop.example.com")
	p.want(s.IdentityARN != nil, "Mail.IdentityARN", nil, "the ARN of the SES identity that sends")
	if arn, plain := s.IdentityARN.(pulumi.String); plain {
		p.want(sesIdentity.MatchString(string(arn)), "Mail.IdentityARN", string(arn), "arn:aws:ses:<region>:<account>:identity/<address or domain>")
	}
}

// isMailbox tells whether the text is one address, with or without a name.
func isMailbox(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && mailAddress.MatchString(address.Address)
}

func (t MailTemplate) validate(p *problems, field string) {
	subject, message := utf8.RuneCountInString(t.Subject), utf8.RuneCountInString(t.Message)
	p.want(subject <= maxMailSubject, field+".Subject", t.Subject, "at most 140 characters")
	p.want(message == 0 || message >= minMailMessage && message <= maxMailMessage, field+".Message has length", message, "6–20000 characters")
}
