package components_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
)

const googleSecretARN = pulumi.String("arn:aws:secretsmanager:eu-central-1:123456789012:secret:google-AbCdEf")

// secretText is a secret as config.RequireSecret returns it.
func secretText(text string) pulumi.StringOutput {
	return pulumi.ToSecret(pulumi.String(text)).(pulumi.StringOutput)
}

// social is a user pool with hosted pages and providers.
func social(google, facebook *components.SocialProvider) components.CognitoAuthArgs {
	return components.CognitoAuthArgs{
		Domain: pulumi.String("nordlicht"), CallbackURLs: []string{"https://shop.example.com/"}, Google: google, Facebook: facebook,
	}
}

func TestCognitoAuth_SignsInWithGoogleAndFacebook(t *testing.T) {
	program := newAuthWith(t, social(
		&components.SocialProvider{ClientID: pulumi.String("google-id"), ClientSecretARN: googleSecretARN},
		&components.SocialProvider{ClientID: pulumi.String("facebook-id"), ClientSecret: secretText("facebook-secret")},
	))
	google := program.Get(t, providerType, "accounts-google")
	require.Equal(t, map[string]any{
		"userPoolId": "accounts-id", "providerName": "Google", "providerType": "Google",
		"providerDetails": map[string]any{
			"client_id": "google-id", "client_secret": "text of " + string(googleSecretARN), "authorize_scopes": "openid email profile",
		},
		"attributeMapping": map[string]any{"username": "sub", "email": "email", "email_verified": "email_verified", "name": "name"},
	}, google.Inputs)
	facebook := program.Get(t, providerType, "accounts-facebook")
	require.Equal(t, map[string]any{
		"userPoolId": "accounts-id", "providerName": "Facebook", "providerType": "Facebook",
		"providerDetails": map[string]any{
			"client_id": "facebook-id", "client_secret": "facebook-secret", "authorize_scopes": "public_profile,email",
		},
		"attributeMapping": map[string]any{"username": "id", "email": "email", "name": "name"},
	}, facebook.Inputs, "Facebook verifies no addresses")
	for _, provider := range []mocks.Resource{google, facebook} {
		require.Equal(t, []string{"providerDetails.client_secret"}, provider.Secrets)
		require.Equal(t, []string{"providerDetails"}, provider.SecretOutputs, "Cognito tells the secret to whoever may describe the provider")
		require.Contains(t, provider.IgnoreChanges, "providerDetails.token_url", "Cognito finds it out itself")
		require.NotContains(t, provider.IgnoreChanges, "providerDetails.client_secret")
	}
	client := program.Get(t, clientType, "accounts-client").Inputs
	require.Equal(t, []any{"COGNITO", "Facebook", "Google"}, client["supportedIdentityProviders"])
}

func TestCognitoAuth_ProvidersGiveWhatTheyAreAskedFor(t *testing.T) {
	program := newAuthWith(t, social(nil, &components.SocialProvider{
		ClientID: pulumi.String("facebook-id"), ClientSecret: secretText("facebook-secret"),
		Scopes:     []string{"email", "public_profile", "user_birthday"},
		Attributes: map[string]string{"birthdate": "birthday", "name": "short_name"},
	}))
	facebook := program.Get(t, providerType, "accounts-facebook").Inputs
	require.Equal(t, "email,public_profile,user_birthday", in(t, facebook, "providerDetails", "authorize_scopes"))
	require.Equal(t, map[string]any{"username": "id", "email": "email", "name": "short_name", "birthdate": "birthday"}, facebook["attributeMapping"])
	require.Equal(t, []any{"COGNITO", "Facebook"}, program.Get(t, clientType, "accounts-client").Inputs["supportedIdentityProviders"])
}

// A plain value wrapped in an output is found out as soon as it is known, which may be after the pool was declared.
func TestCognitoAuth_RefusesAPlainClientSecretInAnOutput(t *testing.T) {
	for name, test := range map[string]struct {
		secret pulumi.StringInput
		want   string
	}{
		"plain": {pulumi.String("facebook-secret").ToStringOutput(), `Facebook.ClientSecret = "a plain value", want a secret of Pulumi`},
		"empty": {secretText(""), `Facebook.ClientSecret = "", want the secret that the provider gave the application`},
	} {
		t.Run(name, func(t *testing.T) {
			args := social(nil, &components.SocialProvider{ClientID: pulumi.String("id"), ClientSecret: test.secret})
			recorded, err := mocks.Run(func(ctx *pulumi.Context) error {
				_, err := components.NewCognitoAuth(ctx, "accounts", &args)
				return err
			}, nil)
			require.ErrorContains(t, err, "accounts (CognitoAuth): "+test.want)
			require.NotContains(t, err.Error(), "facebook-secret")
			require.Empty(t, recorded.OfType(providerType))
		})
	}
}

func TestCognitoAuth_RefusesWrongProviders(t *testing.T) {
	google := func(change func(*components.SocialProvider)) components.CognitoAuthArgs {
		s := &components.SocialProvider{ClientID: pulumi.String("id"), ClientSecret: secretText("secret")}
		change(s)
		return social(s, nil)
	}
	complete := func(*components.SocialProvider) {}
	for name, test := range map[string]struct {
		args components.CognitoAuthArgs
		want string
	}{
		"no pages":     {components.CognitoAuthArgs{Google: google(complete).Google}, `Google = "set", want Domain and CallbackURLs to be set too`},
		"no id":        {google(func(s *components.SocialProvider) { s.ClientID = nil }), "Google.ClientID = \"\", want what the provider calls the application"},
		"empty id":     {google(func(s *components.SocialProvider) { s.ClientID = pulumi.String("") }), "Google.ClientID"},
		"no secret":    {google(func(s *components.SocialProvider) { s.ClientSecret = nil }), "Google.ClientSecret and ClientSecretARN = 0, want exactly one of them"},
		"two secrets":  {google(func(s *components.SocialProvider) { s.ClientSecretARN = googleSecretARN }), "Google.ClientSecret and ClientSecretARN = 2"},
		"plain secret": {google(func(s *components.SocialProvider) { s.ClientSecret = pulumi.String("topsecret") }), `Google.ClientSecret = "a plain value", want a secret of Pulumi`},
		"secret's name": {google(func(s *components.SocialProvider) {
			s.ClientSecret, s.ClientSecretARN = nil, pulumi.String("google")
		}), `Google.ClientSecretARN = "google", want arn:aws:secretsmanager:`},
		"no address":  {google(func(s *components.SocialProvider) { s.Scopes = []string{"openid"} }), "Google.Scopes = [openid], want email among them"},
		"scope twice": {google(func(s *components.SocialProvider) { s.Scopes = []string{"email", "email"} }), "every scope once"},
		"own name": {google(func(s *components.SocialProvider) { s.Attributes = map[string]string{"username": "email"} }),
			`Google.Attributes = "username", want standard attributes of a user`},
		"unknown attribute": {google(func(s *components.SocialProvider) { s.Attributes = map[string]string{"custom:tier": "tier"} }), `Google.Attributes = "custom:tier"`},
		"from nothing":      {google(func(s *components.SocialProvider) { s.Attributes = map[string]string{"picture": ""} }), `Google.Attributes picture = "", want an attribute of the provider`},
		"Facebook's scopes": {social(nil, &components.SocialProvider{ClientID: pulumi.String("id"), ClientSecret: secretText("s"), Scopes: []string{"public_profile"}}),
			"Facebook.Scopes"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, func(ctx *pulumi.Context) error {
				_, err := components.NewCognitoAuth(ctx, "accounts", &test.args)
				if err != nil {
					require.NotContains(t, err.Error(), "topsecret")
				}
				return err
			}, "accounts (CognitoAuth): ", test.want)
		})
	}
}
