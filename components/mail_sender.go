package components

import (
	"net/mail"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sesv2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// maxConfigurationSetName is the longest name of an SES configuration set (CreateConfigurationSet in the API reference).
const maxConfigurationSetName = 64

// MailSenderArgs describes the address that e-mails come from.
type MailSenderArgs struct {
	// Address is the sender's, such as orders@shop.example. Required. SES knows an address, or with VerifyDomain a domain, once in an account
	// and region, so that one stack alone can have it.
	Address string
	// VerifyDomain proves to SES that the address's whole domain is yours: put [MailSender.DKIMTokens] into its DNS.
	// Default: only the address, to which AWS sends a mail with a link to confirm.
	VerifyDomain bool
	// AllowPlainDelivery also delivers to mail servers that know no TLS. Default: such mails bounce.
	AllowPlainDelivery bool
}

// MailSender is an Amazon SES identity from which only those may send who were granted it, under its one address. Addresses that
// bounced or complained get no more mail. SES delivers to everybody only once AWS has moved the account out of its sandbox.
type MailSender struct {
	pulumi.ResourceState

	// Address is the sender's.
	Address pulumi.StringOutput
	// IdentityARN is the verified address or domain.
	IdentityARN pulumi.StringOutput
	// DKIMTokens are three names for DNS: <token>._domainkey.<domain> is a CNAME of <token>.dkim.amazonses.com. Only with VerifyDomain.
	DKIMTokens pulumi.StringArrayOutput

	logicalName      string
	address          string
	configurationARN pulumi.StringOutput
}

// NewMailSender creates the identity and the configuration set that its mails are sent with.
func NewMailSender(ctx *pulumi.Context, name string, args *MailSenderArgs, opts ...pulumi.ResourceOption) (*MailSender, error) {
	if args == nil {
		args = &MailSenderArgs{}
	}
	set := stackName(ctx, name)
	if err := args.validate(name, set); err != nil {
		return nil, err
	}
	m := &MailSender{logicalName: name, address: args.Address}
	if err := ctx.RegisterComponentResource(token("MailSender"), name, m, opts...); err != nil {
		return nil, wrap("MailSender", name, err)
	}
	tls := "REQUIRE"
	if args.AllowPlainDelivery {
		tls = "OPTIONAL"
	}
	configuration, err := sesv2.NewConfigurationSet(ctx, name+"-configuration", &sesv2.ConfigurationSetArgs{
		ConfigurationSetName: pulumi.String(set),
		DeliveryOptions:      &sesv2.ConfigurationSetDeliveryOptionsArgs{TlsPolicy: pulumi.String(tls)},
		ReputationOptions:    &sesv2.ConfigurationSetReputationOptionsArgs{ReputationMetricsEnabled: pulumi.Bool(true)},
		SuppressionOptions: &sesv2.ConfigurationSetSuppressionOptionsArgs{
			SuppressedReasons: pulumi.ToStringArray([]string{"BOUNCE", "COMPLAINT"}),
		},
	}, pulumi.Parent(m))
	if err != nil {
		return nil, wrap("MailSender", name, err)
	}
	identity, err := sesv2.NewEmailIdentity(ctx, name, &sesv2.EmailIdentityArgs{
		EmailIdentity:        pulumi.String(args.identity()),
		ConfigurationSetName: configuration.ConfigurationSetName,
	}, pulumi.Parent(m))
	if err != nil {
		return nil, wrap("MailSender", name, err)
	}
	m.Address, m.IdentityARN, m.configurationARN = pulumi.String(args.Address).ToStringOutput(), identity.Arn, configuration.Arn
	m.DKIMTokens = identity.DkimSigningAttributes.Tokens()
	return m, ctx.RegisterResourceOutputs(m, pulumi.Map{"address": m.Address, "identityArn": m.IdentityARN, "dkimTokens": m.DKIMTokens})
}

// GrantSend allows sending e-mails from the address and links it as <NAME>_SENDER.
func (m *MailSender) GrantSend() policies.Grant {
	return policies.Grant{
		Statements: []policies.Statement{{
			Actions: []string{string(policies.SendEmail)},
			// SES asks for the configuration set too, as the identity uses it for every mail.
			Resources:  []pulumi.StringInput{m.IdentityARN, m.configurationARN},
			Conditions: policies.Conditions{"StringEquals": {"ses:FromAddress": {m.address}}},
		}},
		Links: []policies.Link{{Variable: variable(m.logicalName, "SENDER"), Value: m.Address, Resource: m.logicalName + " (MailSender)"}},
	}
}

// identity is what SES verifies.
func (a *MailSenderArgs) identity() string {
	if !a.VerifyDomain {
		return a.Address
	}
	return a.Address[strings.LastIndexByte(a.Address, '@')+1:]
}

func (a *MailSenderArgs) validate(name, set string) error {
	p := check("MailSender", name)
	parsed, err := mail.ParseAddress(a.Address)
	p.want(err == nil && parsed.Address == a.Address, "Address", a.Address, "an e-mail address such as orders@shop.example")
	p.want(len(set) <= maxConfigurationSetName, "name", name, "at most 64 characters together with the names of project and stack, for SES: "+set)
	return p.err()
}
