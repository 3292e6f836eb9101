package components

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// MFA says whether users sign in with a second factor, a time-based one-time password (RFC 6238).
type MFA string

const (
	// MFAOptional lets each user choose. The default.
	MFAOptional MFA = "OPTIONAL"
	// MFARequired asks every user for a second factor.
	MFARequired MFA = "ON"
	// MFAOff offers no second factor.
	MFAOff MFA = "OFF"
)

// PasswordPolicy is what a password must have.
type PasswordPolicy struct {
	// MinimumLength is 8–99 characters. Default 12: NIST SP 800-63B asks for at least 8 and prefers length to rules.
	MinimumLength int
	// RequireSymbols asks for at least one symbol. Lower case, upper case and digits are always asked for.
	RequireSymbols bool
	// TemporaryPasswordDays is how long a password set by an administrator is valid: 1–365 days. Default 7.
	TemporaryPasswordDays int
	// History is how many of a user's last passwords cannot be used again: 0–24. Default 0: any can. It needs Cognito's Essentials
	// plan, which new user pools have, or Plus.
	History int
}

// CognitoAuthArgs describes who may sign in and how.
type CognitoAuthArgs struct {
	// Groups are the roles that users can have; a token names its user's groups. Each 1–128 characters without spaces.
	// Default: none.
	Groups []string
	// Password is what a password must have.
	Password PasswordPolicy
	// MFA is whether there is a second factor. Default [MFAOptional].
	MFA MFA
	// Domain is the first label of the hosted sign-in pages' host, which must be free in the whole region: 1–63 of a–z, 0–9
	// and '-', without the words aws, amazon and cognito. Default: no hosted pages.
	Domain pulumi.StringInput
	// CallbackURLs are the pages that the hosted sign-in may return to. Required with Domain, unless the domain only gives tokens
	// to MachineClients.
	CallbackURLs []string
	// LogoutURLs are the pages that the hosted sign-out may return to. Default: none.
	LogoutURLs []string
	// AccessTokenLifetime is 5 min–24 h. Default 1 h.
	AccessTokenLifetime time.Duration
	// RefreshTokenLifetime is how long a user stays signed in: 1 h–3650 days. Default 30 days.
	RefreshTokenLifetime time.Duration
	// Mail is from whom the pool's mails come. Default: from no-reply@verificationemail.com, at most 50 a day (Cognito quota).
	Mail *UserPoolMail
	// Verification is how users prove that an e-mail address is theirs. Default: by a code, in Cognito's words.
	Verification Verification
	// Invitation is the mail to a user whom an administrator created, with {username} and, for the temporary password, {####}.
	// It needs Mail, and both a subject and a message. Default: Cognito's words.
	Invitation MailTemplate
	// Google lets users sign in with their Google account, on the hosted pages. It needs Domain.
	Google *SocialProvider
	// Facebook lets users sign in with their Facebook account, on the hosted pages. It needs Domain.
	Facebook *SocialProvider
	// ResourceServers are the APIs for which access tokens carry scopes, each called something else. Default: none.
	ResourceServers []ResourceServer
	// Scopes of ResourceServers, such as orders/read, that users of the single-page application get when they sign in on the hosted
	// pages. Default: none beyond openid, email and profile.
	Scopes []string
	// MachineClients are programs that get tokens of their own, without a user, each called something else. They need Domain and
	// ResourceServers. Default: none.
	MachineClients []MachineClient
	// Triggers are functions that Cognito calls while users sign up and in. Default: none.
	Triggers Triggers
	// AllowPasswordAuth lets clients send the password itself (USER_PASSWORD_AUTH) instead of a proof that they know it
	// (USER_SRP_AUTH), which is easier for scripts and tests.
	AllowPasswordAuth bool
	// ThreatProtection turns away sign-ins from strange places and with passwords known to be stolen, or asks for a second
	// factor. It needs Cognito's Plus plan, which costs $0.02 per active user a month.
	ThreatProtection bool
	// DisableSelfSignUp lets only administrators create users.
	DisableSelfSignUp bool
	// DisableDeletionProtection lets the user pool be deleted with its users.
	DisableDeletionProtection bool
}

// CognitoAuth is a Cognito user pool whose users sign in with their e-mail address, and a public client for a
// single-page application.
type CognitoAuth struct {
	pulumi.ResourceState

	// UserPoolID identifies the user pool.
	UserPoolID pulumi.StringOutput
	// UserPoolARN is the user pool's ARN.
	UserPoolARN pulumi.StringOutput
	// ClientID identifies the single-page application.
	ClientID pulumi.StringOutput
	// Issuer is the iss claim of the pool's tokens.
	Issuer pulumi.StringOutput
	// OAuthURL is where the hosted pages and the endpoints /oauth2/authorize and /oauth2/token are: https://…, without a slash at
	// the end. Empty without Domain.
	OAuthURL pulumi.StringOutput
	// MachineClientIDs are the ids of the machine clients, by name.
	MachineClientIDs pulumi.StringMapOutput
	// MachineClientSecrets are the secrets of the machine clients, by name. They are secrets of Pulumi.
	MachineClientSecrets pulumi.StringMapOutput

	logicalName string
	endpoint    pulumi.StringOutput // by which identity pools know the user pool
	machines    pulumi.StringArray  // ids of the machine clients
	triggers    Triggers
}

// NewCognitoAuth creates the user pool, its groups, its clients and, if asked for, its hosted pages, providers and triggers.
func NewCognitoAuth(ctx *pulumi.Context, name string, args *CognitoAuthArgs, opts ...pulumi.ResourceOption) (*CognitoAuth, error) {
	if args == nil {
		args = &CognitoAuthArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	a := &CognitoAuth{logicalName: name, triggers: args.Triggers}
	if err := ctx.RegisterComponentResource(token("CognitoAuth"), name, a, opts...); err != nil {
		return nil, wrap("CognitoAuth", name, err)
	}
	pool, err := cognito.NewUserPool(ctx, name, args.userPool(), pulumi.Parent(a))
	if err != nil {
		return nil, wrap("CognitoAuth", name, err)
	}
	a.UserPoolID, a.UserPoolARN, a.endpoint = pool.ID().ToStringOutput(), pool.Arn, pool.Endpoint
	a.Issuer = pulumi.Sprintf("https://%s", pool.Endpoint)
	for _, create := range []func(*pulumi.Context, *CognitoAuthArgs) error{a.newGroups, a.newDomain, a.newClients, a.permitTriggers} {
		if err := create(ctx, args); err != nil {
			return nil, wrap("CognitoAuth", name, err)
		}
	}
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{
		"userPoolId": a.UserPoolID, "userPoolArn": a.UserPoolARN, "clientId": a.ClientID, "issuer": a.Issuer, "oauthUrl": a.OAuthURL,
		"machineClientIds": a.MachineClientIDs, "machineClientSecrets": a.MachineClientSecrets,
	})
}

func (a *CognitoAuth) newGroups(ctx *pulumi.Context, args *CognitoAuthArgs) error {
	for _, g := range args.Groups {
		_, err := cognito.NewUserGroup(ctx, a.logicalName+"-"+g, &cognito.UserGroupArgs{
			UserPoolId: a.UserPoolID, Name: pulumi.String(g),
		}, pulumi.Parent(a))
		if err != nil {
			return err
		}
	}
	return nil
}

// newDomain creates the host of the hosted pages and of the token endpoint.
func (a *CognitoAuth) newDomain(ctx *pulumi.Context, args *CognitoAuthArgs) error {
	a.OAuthURL = pulumi.String("").ToStringOutput()
	if args.Domain == nil {
		return nil
	}
	region, err := aws.GetRegion(ctx, nil, pulumi.Parent(a))
	if err != nil {
		return err
	}
	domain, err := cognito.NewUserPoolDomain(ctx, a.logicalName+"-domain", &cognito.UserPoolDomainArgs{
		UserPoolId: a.UserPoolID, Domain: a.checkedDomain(args.Domain),
	}, pulumi.Parent(a))
	if err != nil {
		return err
	}
	a.OAuthURL = pulumi.Sprintf("https://%s.auth.%s.amazoncognito.com", domain.Domain, region.Name)
	return nil
}

// checkedDomain is the domain, unless it turns out to be one that Cognito refuses when another resource tells it.
func (a *CognitoAuth) checkedDomain(domain pulumi.StringInput) pulumi.StringInput {
	if _, checked := domain.(pulumi.String); checked {
		return domain
	}
	return domain.ToStringOutput().ApplyT(func(text string) (string, error) {
		p := &problems{component: "CognitoAuth", name: a.logicalName}
		p.domain(text)
		return text, p.err()
	}).(pulumi.StringOutput)
}

// domain wants a domain that Cognito accepts.
func (p *problems) domain(text string) {
	p.want(domainName.MatchString(text) && !reservedInDomain(text), "Domain", text, "1–63 of a–z, 0–9 and '-', without the words aws, amazon and cognito")
}

// Grant allows the actions on the user pool and links its id as <NAME>_USER_POOL_ID.
func (a *CognitoAuth) Grant(actions ...policies.UserPoolAction) policies.Grant {
	return policies.Grant{
		Statements: []policies.Statement{policies.Allow(actions, a.UserPoolARN)},
		Links: []policies.Link{{
			Variable: variable(a.logicalName, "USER_POOL_ID"), Value: a.UserPoolID, Resource: a.logicalName + " (CognitoAuth)",
		}},
	}
}

func (a *CognitoAuthArgs) userPool() *cognito.UserPoolArgs {
	protection := "ACTIVE"
	if a.DisableDeletionProtection {
		protection = "INACTIVE"
	}
	args := &cognito.UserPoolArgs{
		// A user is known by the e-mail address, in any case of letters, and can be reached there.
		UsernameAttributes:     pulumi.StringArray{pulumi.String("email")},
		UsernameConfiguration:  &cognito.UserPoolUsernameConfigurationArgs{CaseSensitive: pulumi.Bool(false)},
		AutoVerifiedAttributes: pulumi.StringArray{pulumi.String("email")},
		UserAttributeUpdateSettings: &cognito.UserPoolUserAttributeUpdateSettingsArgs{
			AttributesRequireVerificationBeforeUpdates: pulumi.StringArray{pulumi.String("email")},
		},
		AccountRecoverySetting: &cognito.UserPoolAccountRecoverySettingArgs{
			RecoveryMechanisms: cognito.UserPoolAccountRecoverySettingRecoveryMechanismArray{
				&cognito.UserPoolAccountRecoverySettingRecoveryMechanismArgs{Name: pulumi.String("verified_email"), Priority: pulumi.Int(1)},
			},
		},
		AdminCreateUserConfig: &cognito.UserPoolAdminCreateUserConfigArgs{
			AllowAdminCreateUserOnly: pulumi.Bool(a.DisableSelfSignUp),
			InviteMessageTemplate:    a.invitation(),
		},
		EmailConfiguration:          a.Mail.configuration(),
		VerificationMessageTemplate: a.Verification.template(),
		LambdaConfig:                a.Triggers.configuration(),
		PasswordPolicy:              a.Password.policy(),
		MfaConfiguration:            pulumi.String(string(or(a.MFA, MFAOptional))),
		DeletionProtection:          pulumi.String(protection),
	}
	if a.ThreatProtection {
		args.UserPoolTier = pulumi.String("PLUS")
		args.UserPoolAddOns = &cognito.UserPoolUserPoolAddOnsArgs{
			AdvancedSecurityMode: pulumi.String("ENFORCED"),
			AdvancedSecurityAdditionalFlows: &cognito.UserPoolUserPoolAddOnsAdvancedSecurityAdditionalFlowsArgs{
				CustomAuthMode: pulumi.String("ENFORCED"),
			},
		}
	}
	if or(a.MFA, MFAOptional) != MFAOff {
		args.SoftwareTokenMfaConfiguration = &cognito.UserPoolSoftwareTokenMfaConfigurationArgs{Enabled: pulumi.Bool(true)}
	}
	return args
}

func (w PasswordPolicy) policy() *cognito.UserPoolPasswordPolicyArgs {
	policy := &cognito.UserPoolPasswordPolicyArgs{
		MinimumLength:                 pulumi.Int(or(w.MinimumLength, 12)),
		RequireLowercase:              pulumi.Bool(true),
		RequireUppercase:              pulumi.Bool(true),
		RequireNumbers:                pulumi.Bool(true),
		RequireSymbols:                pulumi.Bool(w.RequireSymbols),
		TemporaryPasswordValidityDays: pulumi.Int(or(w.TemporaryPasswordDays, 7)),
	}
	if w.History != 0 {
		policy.PasswordHistorySize = pulumi.Int(w.History)
	}
	return policy
}

var (
	groupName  = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$`)
	domainName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	// pageURL accepts plain HTTP for this machine only, as Cognito does.
	pageURL = regexp.MustCompile(`^(https://[^\s#]+|http://localhost(:\d+)?(/[^\s#]*)?)$`)
)

func (a *CognitoAuthArgs) validate(name string) error {
	p := check("CognitoAuth", name)
	for _, g := range a.Groups {
		p.want(groupName.MatchString(g), "Groups", g, "1–128 characters without spaces")
	}
	p.once("Groups", a.Groups, "group")
	a.Password.validate(p)
	p.want(slices.Contains([]MFA{"", MFAOff, MFAOptional, MFARequired}, a.MFA), "MFA", string(a.MFA), "MFAOff, MFAOptional or MFARequired")
	a.validatePages(p)
	a.validateMails(p)
	a.validateProviders(p)
	a.validateClients(p)
	a.validateTriggers(p)
	return p.err()
}

func (w PasswordPolicy) validate(p *problems) {
	length := or(w.MinimumLength, 12)
	p.want(length >= 8 && length <= 99, "Password.MinimumLength", length, "8–99")
	days := or(w.TemporaryPasswordDays, 7)
	p.want(days >= 1 && days <= 365, "Password.TemporaryPasswordDays", days, "1–365")
	p.want(w.History >= 0 && w.History <= 24, "Password.History", w.History, "0–24 passwords")
}

// validatePages checks what has to do with the hosted pages.
func (a *CognitoAuthArgs) validatePages(p *problems) {
	if domain, plain := a.Domain.(pulumi.String); plain {
		p.domain(string(domain))
	}
	p.want(a.Domain == nil || len(a.CallbackURLs) > 0 || len(a.MachineClients) > 0, "CallbackURLs", a.CallbackURLs,
		"at least one page to return to, since Domain is set")
	p.want(a.Domain != nil || len(a.CallbackURLs)+len(a.LogoutURLs) == 0, "CallbackURLs", a.CallbackURLs, "Domain to be set too, since only hosted pages return")
	for _, u := range append(slices.Clone(a.CallbackURLs), a.LogoutURLs...) {
		p.want(pageURL.MatchString(u), "CallbackURLs and LogoutURLs", u, "an https URL, or http://localhost")
	}
}

// once wants every value to be there only once.
func (p *problems) once(field string, values []string, kind string) {
	p.want(len(slices.Compact(slices.Sorted(slices.Values(values)))) == len(values), field, values, "every "+kind+" once")
}

// reservedInDomain tells whether Cognito refuses the domain because of a word in it.
func reservedInDomain(domain string) bool {
	return strings.Contains(domain, "aws") || strings.Contains(domain, "amazon") || strings.Contains(domain, "cognito")
}
