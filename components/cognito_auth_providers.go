package components

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// SocialProvider is a network whose accounts users can sign in with. It must know the page <OAuthURL>/oauth2/idpresponse as one to return
// to. Somebody who signs in with two providers, or with one and with a password, is two users, even with the same e-mail address:
// joining them is for a PreSignUp trigger, which must join verified addresses only.
type SocialProvider struct {
	// ClientID is what the provider calls the application. It is no secret. Required.
	ClientID pulumi.StringInput
	// ClientSecret is the secret that the provider gave the application, as a secret of Pulumi, such as from config.RequireSecret: a plain
	// value is refused. Either it or ClientSecretARN is required.
	ClientSecret pulumi.StringInput
	// ClientSecretARN is the ARN of a secret in Secrets Manager whose whole text is the client secret. It is read when the stack is
	// deployed, so that a rotated secret needs a deployment.
	ClientSecretARN pulumi.StringInput
	// Scopes are what the application asks the provider for; the e-mail address must be among it. Default: openid, email and profile for
	// Google, public_profile and email for Facebook.
	Scopes []string
	// Attributes say which attribute of the provider becomes which standard attribute of the user: {"given_name": "first_name"}. Default:
	// email and name, and for Google email_verified; Attributes add to it or change it. The user's name in the pool is always made of the
	// provider's id of the user.
	Attributes map[string]string
}

// socialNetwork is what Cognito knows about a provider.
type socialNetwork struct {
	// name is both its name and its type in Cognito, and the field of CognitoAuthArgs.
	name string
	// separator joins the scopes.
	separator string
	scopes    []string
	// attributes that every user of the network gets. Cognito sets username itself; a mapping without it would differ from Cognito's.
	attributes map[string]string
}

var (
	google = socialNetwork{
		name: "Google", separator: " ", scopes: []string{"openid", "email", "profile"},
		attributes: map[string]string{"username": "sub", "email": "email", "email_verified": "email_verified", "name": "name"},
	}
	facebook = socialNetwork{
		name: "Facebook", separator: ",", scopes: []string{"public_profile", "email"},
		attributes: map[string]string{"username": "id", "email": "email", "name": "name"},
	}
)

// discovered are the details of a provider that Cognito adds to those it was given. They are no reason to change anything.
var discovered = []string{
	"api_version", "attributes_url", "attributes_url_add_attributes", "authorize_url", "oidc_issuer", "token_request_method", "token_url",
}

// standardAttributes are what a user of a pool can have ("User attributes" in the Cognito developer guide). An own schema is none of the
// component's options.
var standardAttributes = []string{
	"address", "birthdate", "email", "email_verified", "family_name", "gender", "given_name", "locale", "middle_name", "name", "nickname",
	"phone_number", "phone_number_verified", "picture", "preferred_username", "profile", "updated_at", "website", "zoneinfo",
}

// socialSignIn is a provider in use.
type socialSignIn struct {
	*SocialProvider
	network socialNetwork
}

func (a *CognitoAuthArgs) providers() []socialSignIn {
	all := []socialSignIn{{a.Facebook, facebook}, {a.Google, google}}
	return slices.DeleteFunc(all, func(s socialSignIn) bool { return s.SocialProvider == nil })
}

// newProviders creates the providers and returns their names for the clients that support them.
func (a *CognitoAuth) newProviders(ctx *pulumi.Context, args *CognitoAuthArgs) (pulumi.StringArray, error) {
	var names pulumi.StringArray
	for _, s := range args.providers() {
		provider, err := a.newProvider(ctx, s)
		if err != nil {
			return nil, err
		}
		names = append(names, provider.ProviderName)
	}
	return names, nil
}

func (a *CognitoAuth) newProvider(ctx *pulumi.Context, s socialSignIn) (*cognito.IdentityProvider, error) {
	attributes := maps.Clone(s.network.attributes)
	maps.Copy(attributes, s.Attributes)
	var ignored []string
	for _, detail := range discovered {
		ignored = append(ignored, "providerDetails."+detail)
	}
	return cognito.NewIdentityProvider(ctx, a.logicalName+"-"+strings.ToLower(s.network.name), &cognito.IdentityProviderArgs{
		UserPoolId:   a.UserPoolID,
		ProviderName: pulumi.String(s.network.name),
		ProviderType: pulumi.String(s.network.name),
		ProviderDetails: pulumi.StringMap{
			"client_id":        s.ClientID,
			"client_secret":    a.clientSecret(ctx, s),
			"authorize_scopes": pulumi.String(strings.Join(s.scopes(), s.network.separator)),
		},
		AttributeMapping: pulumi.ToStringMap(attributes),
	}, pulumi.Parent(a), pulumi.AdditionalSecretOutputs([]string{"providerDetails"}), pulumi.IgnoreChanges(ignored))
}

func (s socialSignIn) scopes() []string {
	if len(s.Scopes) == 0 {
		return s.network.scopes
	}
	return s.Scopes
}

// clientSecret reads the secret, or insists that the one given is known to Pulumi as a secret: otherwise it stands in the state for
// everybody to read.
func (a *CognitoAuth) clientSecret(ctx *pulumi.Context, s socialSignIn) pulumi.StringInput {
	if s.ClientSecretARN != nil {
		found := secretsmanager.LookupSecretVersionOutput(ctx, secretsmanager.LookupSecretVersionOutputArgs{
			SecretId: s.ClientSecretARN,
		}, pulumi.Parent(a))
		return pulumi.ToSecret(found.SecretString()).(pulumi.StringOutput)
	}
	secret := s.ClientSecret.ToStringOutput()
	return pulumi.ToSecret(secret.ApplyT(func(text string) (string, error) {
		p := &problems{component: "CognitoAuth", name: a.logicalName}
		p.want(pulumi.IsSecret(secret), s.network.name+".ClientSecret", "a plain value", neverPlain)
		p.want(text != "", s.network.name+".ClientSecret", text, "the secret that the provider gave the application")
		return text, p.err()
	})).(pulumi.StringOutput)
}

const neverPlain = "a secret of Pulumi, such as config.RequireSecret returns, or ClientSecretARN"

func (a *CognitoAuthArgs) validateProviders(p *problems) {
	for _, s := range a.providers() {
		p.want(a.Domain != nil && len(a.CallbackURLs) > 0, s.network.name, "set", "Domain and CallbackURLs to be set too, since users sign in with it on the hosted pages")
		s.validate(p)
	}
}

func (s socialSignIn) validate(p *problems) {
	field := s.network.name
	p.want(s.ClientID != nil && s.ClientID != pulumi.String(""), field+".ClientID", "", "what the provider calls the application")
	p.want((s.ClientSecret == nil) != (s.ClientSecretARN == nil), field+".ClientSecret and ClientSecretARN",
		count(s.ClientSecret != nil, s.ClientSecretARN != nil), "exactly one of them")
	if _, later := s.ClientSecret.(pulumi.Output); s.ClientSecret != nil && !later {
		p.want(false, field+".ClientSecret", "a plain value", neverPlain)
	}
	if arn, plain := s.ClientSecretARN.(pulumi.String); plain {
		p.want(strings.HasPrefix(string(arn), "arn:") && strings.Contains(string(arn), ":secretsmanager:"), field+".ClientSecretARN", string(arn),
			"arn:aws:secretsmanager:<region>:<account>:secret:<name>")
	}
	scopes := s.scopes()
	p.once(field+".Scopes", scopes, "scope")
	p.want(slices.Contains(scopes, "email"), field+".Scopes", scopes, "email among them, since users are known by their address")
	for _, attribute := range slices.Sorted(maps.Keys(s.Attributes)) {
		p.want(slices.Contains(standardAttributes, attribute), field+".Attributes", attribute, fmt.Sprintf("standard attributes of a user: %v", standardAttributes))
		p.want(s.Attributes[attribute] != "", field+".Attributes "+attribute, "", "an attribute of the provider")
	}
}

// count counts what is set.
func count(set ...bool) int {
	n := 0
	for _, s := range set {
		if s {
			n++
		}
	}
	return n
}
