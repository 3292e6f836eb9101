package components

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

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
	// CallbackURLs are the pages that the hosted sign-in may return to. Required with Domain.
	CallbackURLs []string
	// LogoutURLs are the pages that the hosted sign-out may return to. Default: none.
	LogoutURLs []string
	// AccessTokenLifetime is 5 min–24 h. Default 1 h.
	AccessTokenLifetime time.Duration
	// RefreshTokenLifetime is how long a user stays signed in: 1 h–3650 days. Default 30 days.
	RefreshTokenLifetime time.Duration
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

	logicalName string
}

// NewCognitoAuth creates the user pool, its groups, its client and, if asked for, its hosted pages.
func NewCognitoAuth(ctx *pulumi.Context, name string, args *CognitoAuthArgs, opts ...pulumi.ResourceOption) (*CognitoAuth, error) {
	if args == nil {
		args = &CognitoAuthArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	a := &CognitoAuth{logicalName: name}
	if err := ctx.RegisterComponentResource(token("CognitoAuth"), name, a, opts...); err != nil {
		return nil, wrap("CognitoAuth", name, err)
	}
	pool, err := cognito.NewUserPool(ctx, name, args.userPool(), pulumi.Parent(a))
	if err != nil {
		return nil, wrap("CognitoAuth", name, err)
	}
	a.UserPoolID, a.UserPoolARN = pool.ID().ToStringOutput(), pool.Arn
	a.Issuer = pulumi.Sprintf("https://%s", pool.Endpoint)
	for _, g := range args.Groups {
		_, err := cognito.NewUserGroup(ctx, name+"-"+g, &cognito.UserGroupArgs{
			UserPoolId: pool.ID(), Name: pulumi.String(g),
		}, pulumi.Parent(a))
		if err != nil {
			return nil, wrap("CognitoAuth", name, err)
		}
	}
	client, err := cognito.NewUserPoolClient(ctx, name+"-client", args.client(pool), pulumi.Parent(a))
	if err != nil {
		return nil, wrap("CognitoAuth", name, err)
	}
	a.ClientID = client.ID().ToStringOutput()
	if args.Domain != nil {
		_, err := cognito.NewUserPoolDomain(ctx, name+"-domain", &cognito.UserPoolDomainArgs{
			UserPoolId: pool.ID(), Domain: args.Domain,
		}, pulumi.Parent(a))
		if err != nil {
			return nil, wrap("CognitoAuth", name, err)
		}
	}
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{
		"userPoolId": a.UserPoolID, "userPoolArn": a.UserPoolARN, "clientId": a.ClientID, "issuer": a.Issuer,
	})
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
		AdminCreateUserConfig: &cognito.UserPoolAdminCreateUserConfigArgs{AllowAdminCreateUserOnly: pulumi.Bool(a.DisableSelfSignUp)},
		PasswordPolicy: &cognito.UserPoolPasswordPolicyArgs{
			MinimumLength:                 pulumi.Int(or(a.Password.MinimumLength, 12)),
			RequireLowercase:              pulumi.Bool(true),
			RequireUppercase:              pulumi.Bool(true),
			RequireNumbers:                pulumi.Bool(true),
			RequireSymbols:                pulumi.Bool(a.Password.RequireSymbols),
			TemporaryPasswordValidityDays: pulumi.Int(or(a.Password.TemporaryPasswordDays, 7)),
		},
		MfaConfiguration:   pulumi.String(string(or(a.MFA, MFAOptional))),
		DeletionProtection: pulumi.String(protection),
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

func (a *CognitoAuthArgs) client(pool *cognito.UserPool) *cognito.UserPoolClientArgs {
	flows := []string{"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"}
	if a.AllowPasswordAuth {
		flows = append(flows, "ALLOW_USER_PASSWORD_AUTH")
	}
	args := &cognito.UserPoolClientArgs{
		UserPoolId:                 pool.ID(),
		GenerateSecret:             pulumi.Bool(false), // a page cannot keep one
		ExplicitAuthFlows:          pulumi.ToStringArray(flows),
		PreventUserExistenceErrors: pulumi.String("ENABLED"),
		EnableTokenRevocation:      pulumi.Bool(true),
		AccessTokenValidity:        pulumi.Int(int(or(a.AccessTokenLifetime, time.Hour).Minutes())),
		IdTokenValidity:            pulumi.Int(int(or(a.AccessTokenLifetime, time.Hour).Minutes())),
		RefreshTokenValidity:       pulumi.Int(int(or(a.RefreshTokenLifetime, 30*24*time.Hour).Hours())),
		TokenValidityUnits: &cognito.UserPoolClientTokenValidityUnitsArgs{
			AccessToken: pulumi.String("minutes"), IdToken: pulumi.String("minutes"), RefreshToken: pulumi.String("hours"),
		},
	}
	if a.Domain != nil {
		args.AllowedOauthFlowsUserPoolClient = pulumi.Bool(true)
		args.AllowedOauthFlows = pulumi.StringArray{pulumi.String("code")} // with PKCE, which public clients must use
		args.AllowedOauthScopes = pulumi.ToStringArray([]string{"openid", "email", "profile"})
		args.SupportedIdentityProviders = pulumi.StringArray{pulumi.String("COGNITO")}
		args.CallbackUrls = pulumi.ToStringArray(a.CallbackURLs)
		args.LogoutUrls = pulumi.ToStringArray(a.LogoutURLs)
	}
	return args
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
	p.want(len(slices.Compact(slices.Sorted(slices.Values(a.Groups)))) == len(a.Groups), "Groups", a.Groups, "every group once")
	length := or(a.Password.MinimumLength, 12)
	p.want(length >= 8 && length <= 99, "Password.MinimumLength", length, "8–99")
	days := or(a.Password.TemporaryPasswordDays, 7)
	p.want(days >= 1 && days <= 365, "Password.TemporaryPasswordDays", days, "1–365")
	p.want(slices.Contains([]MFA{"", MFAOff, MFAOptional, MFARequired}, a.MFA), "MFA", string(a.MFA), "MFAOff, MFAOptional or MFARequired")
	if domain, plain := a.Domain.(pulumi.String); plain {
		p.want(domainName.MatchString(string(domain)) && !reservedInDomain(string(domain)), "Domain", string(domain),
			"1–63 of a–z, 0–9 and '-', without the words aws, amazon and cognito")
	}
	p.want(a.Domain == nil || len(a.CallbackURLs) > 0, "CallbackURLs", a.CallbackURLs, "at least one page to return to, since Domain is set")
	p.want(a.Domain != nil || len(a.CallbackURLs)+len(a.LogoutURLs) == 0, "CallbackURLs", a.CallbackURLs, "Domain to be set too, since only hosted pages return")
	for _, u := range append(slices.Clone(a.CallbackURLs), a.LogoutURLs...) {
		p.want(pageURL.MatchString(u), "CallbackURLs and LogoutURLs", u, "an https URL, or http://localhost")
	}
	access := or(a.AccessTokenLifetime, time.Hour)
	p.want(access >= 5*time.Minute && access <= 24*time.Hour && access%time.Minute == 0, "AccessTokenLifetime", access, "5m–24h in whole minutes")
	refresh := or(a.RefreshTokenLifetime, 30*24*time.Hour)
	p.want(refresh >= time.Hour && refresh <= 3650*24*time.Hour && refresh%time.Hour == 0, "RefreshTokenLifetime", refresh,
		fmt.Sprintf("1h–%s in whole hours", duration(3650*24*time.Hour)))
	p.want(refresh >= access, "RefreshTokenLifetime", refresh, "at least AccessTokenLifetime")
	return p.err()
}

// reservedInDomain tells whether Cognito refuses the domain because of a word in it.
func reservedInDomain(domain string) bool {
	return strings.Contains(domain, "aws") || strings.Contains(domain, "amazon") || strings.Contains(domain, "cognito")
}
