package components_test

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	userPoolType = "aws:cognito/userPool:UserPool"
	clientType   = "aws:cognito/userPoolClient:UserPoolClient"
	domainType   = "aws:cognito/userPoolDomain:UserPoolDomain"

	providerType       = "aws:cognito/identityProvider:IdentityProvider"
	resourceServerType = "aws:cognito/resourceServer:ResourceServer"
)

func TestCognitoAuth_IsSafeByDefault(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewCognitoAuth(ctx, "accounts", nil)
		return err
	})
	pool := program.Get(t, userPoolType, "accounts").Inputs
	require.Equal(t, []any{"email"}, pool["usernameAttributes"])
	require.Equal(t, []any{"email"}, pool["autoVerifiedAttributes"])
	require.Equal(t, "ACTIVE", pool["deletionProtection"])
	require.Equal(t, "OPTIONAL", pool["mfaConfiguration"])
	require.Equal(t, true, in(t, pool, "softwareTokenMfaConfiguration", "enabled"))
	require.Equal(t, false, in(t, pool, "adminCreateUserConfig", "allowAdminCreateUserOnly"))
	require.Equal(t, map[string]any{
		"minimumLength": 12.0, "requireLowercase": true, "requireUppercase": true, "requireNumbers": true, "requireSymbols": false,
		"temporaryPasswordValidityDays": 7.0,
	}, pool["passwordPolicy"])
	require.Equal(t, false, in(t, pool, "usernameConfiguration", "caseSensitive"))
	require.NotContains(t, pool, "userPoolAddOns", "threat protection costs")

	client := program.Get(t, clientType, "accounts-client").Inputs
	require.Equal(t, false, client["generateSecret"], "a page cannot keep a secret")
	require.Equal(t, []any{"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"}, client["explicitAuthFlows"])
	require.Equal(t, "ENABLED", client["preventUserExistenceErrors"])
	require.Equal(t, true, client["enableTokenRevocation"])
	require.EqualValues(t, 60, client["accessTokenValidity"])
	require.EqualValues(t, 720, client["refreshTokenValidity"])
	require.Empty(t, program.OfType(domainType))
	require.Empty(t, program.OfType("aws:cognito/userGroup:UserGroup"))
	for _, unset := range []string{"emailConfiguration", "verificationMessageTemplate", "lambdaConfig"} {
		require.NotContains(t, pool, unset)
	}
	require.NotContains(t, pool["adminCreateUserConfig"], "inviteMessageTemplate")
	require.NotContains(t, client, "supportedIdentityProviders")
	require.NotContains(t, client, "allowedOauthFlows")
	require.Len(t, program.OfType(clientType), 1)
	for _, none := range []string{providerType, resourceServerType, permissionType} {
		require.Empty(t, program.OfType(none))
	}
}

func TestCognitoAuth_Options(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewCognitoAuth(ctx, "accounts", &components.CognitoAuthArgs{
			Groups:   []string{"customer", "admin"},
			Password: components.PasswordPolicy{MinimumLength: 16, RequireSymbols: true, TemporaryPasswordDays: 1, History: 5},
			MFA:      components.MFAOff, Domain: pulumi.String("nordlicht"),
			CallbackURLs: []string{"https://shop.example.com/"}, LogoutURLs: []string{"http://localhost:8080/bye"},
			AccessTokenLifetime: 5 * time.Minute, RefreshTokenLifetime: 24 * time.Hour,
			AllowPasswordAuth: true, ThreatProtection: true, DisableSelfSignUp: true, DisableDeletionProtection: true,
		})
		return err
	})
	pool := program.Get(t, userPoolType, "accounts").Inputs
	require.Equal(t, "INACTIVE", pool["deletionProtection"])
	require.Equal(t, "PLUS", pool["userPoolTier"], "threat protection needs it")
	require.Equal(t, "ENFORCED", in(t, pool, "userPoolAddOns", "advancedSecurityMode"))
	require.Equal(t, "ENFORCED", in(t, pool, "userPoolAddOns", "advancedSecurityAdditionalFlows", "customAuthMode"))
	require.Equal(t, "OFF", pool["mfaConfiguration"])
	require.NotContains(t, pool, "softwareTokenMfaConfiguration")
	require.Equal(t, true, in(t, pool, "adminCreateUserConfig", "allowAdminCreateUserOnly"))
	require.EqualValues(t, 16, in(t, pool, "passwordPolicy", "minimumLength"))
	require.Equal(t, true, in(t, pool, "passwordPolicy", "requireSymbols"))
	require.EqualValues(t, 5, in(t, pool, "passwordPolicy", "passwordHistorySize"))
	for _, group := range []string{"customer", "admin"} {
		require.Equal(t, group, program.Get(t, "aws:cognito/userGroup:UserGroup", "accounts-"+group).Inputs["name"])
	}
	client := program.Get(t, clientType, "accounts-client").Inputs
	require.Contains(t, client["explicitAuthFlows"], "ALLOW_USER_PASSWORD_AUTH")
	require.EqualValues(t, 5, client["accessTokenValidity"])
	require.EqualValues(t, 24, client["refreshTokenValidity"])
	require.Equal(t, []any{"code"}, client["allowedOauthFlows"])
	require.Equal(t, []any{"https://shop.example.com/"}, client["callbackUrls"])
	require.Equal(t, "nordlicht", program.Get(t, domainType, "accounts-domain").Inputs["domain"])
}

func TestCognitoAuth_RequiredMFA(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewCognitoAuth(ctx, "accounts", &components.CognitoAuthArgs{MFA: components.MFARequired})
		return err
	})
	pool := program.Get(t, userPoolType, "accounts").Inputs
	require.Equal(t, "ON", pool["mfaConfiguration"])
	require.Equal(t, true, in(t, pool, "softwareTokenMfaConfiguration", "enabled"))
}

func TestCognitoAuth_RefusesWrongArguments(t *testing.T) {
	for name, test := range map[string]struct {
		args components.CognitoAuthArgs
		want string
	}{
		"group with a space":  {components.CognitoAuthArgs{Groups: []string{"shop admins"}}, `accounts (CognitoAuth): Groups = "shop admins"`},
		"group twice":         {components.CognitoAuthArgs{Groups: []string{"a", "a"}}, "every group once"},
		"short password":      {components.CognitoAuthArgs{Password: components.PasswordPolicy{MinimumLength: 6}}, "Password.MinimumLength = 6, want 8–99"},
		"password history":    {components.CognitoAuthArgs{Password: components.PasswordPolicy{History: 25}}, "Password.History = 25, want 0–24 passwords"},
		"temporary password":  {components.CognitoAuthArgs{Password: components.PasswordPolicy{TemporaryPasswordDays: 500}}, "want 1–365"},
		"MFA":                 {components.CognitoAuthArgs{MFA: "SOMETIMES"}, `MFA = "SOMETIMES", want MFAOff, MFAOptional or MFARequired`},
		"reserved domain":     {components.CognitoAuthArgs{Domain: pulumi.String("my-cognito"), CallbackURLs: []string{"https://x/"}}, `Domain = "my-cognito"`},
		"domain letters":      {components.CognitoAuthArgs{Domain: pulumi.String("My_Shop"), CallbackURLs: []string{"https://x/"}}, `Domain = "My_Shop"`},
		"nowhere to return":   {components.CognitoAuthArgs{Domain: pulumi.String("shop")}, "at least one page to return to"},
		"nothing returns":     {components.CognitoAuthArgs{CallbackURLs: []string{"https://x/"}}, "only hosted pages return"},
		"plain HTTP":          {components.CognitoAuthArgs{Domain: pulumi.String("shop"), CallbackURLs: []string{"http://example.com/"}}, "want an https URL, or http://localhost"},
		"short token":         {components.CognitoAuthArgs{AccessTokenLifetime: time.Minute}, "AccessTokenLifetime = 1m, want 5m–24h"},
		"long refresh":        {components.CognitoAuthArgs{RefreshTokenLifetime: 4000 * 24 * time.Hour}, "RefreshTokenLifetime"},
		"refresh before that": {components.CognitoAuthArgs{AccessTokenLifetime: 24 * time.Hour, RefreshTokenLifetime: time.Hour}, "at least AccessTokenLifetime"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, func(ctx *pulumi.Context) error {
				_, err := components.NewCognitoAuth(ctx, "accounts", &test.args)
				return err
			}, test.want)
		})
	}
}

func TestCognitoAuth_GrantsActionsOnItsPool(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "get-me", &components.FunctionArgs{
			Source: "lambdas/get-me", Builder: newBuilder(t), DisableTracing: true,
			Grants: []policies.Grant{newAuth(t, ctx).Grant(policies.AdminGetUser)},
		})
		return err
	})
	require.Equal(t, map[string][]string{
		"arn:aws:cognito:eu-central-1:123456789012:userpool/accounts-1234567": {"cognito-idp:AdminGetUser"},
	}, allowed(t, program, "get-me"))
	require.Equal(t, map[string]any{"ACCOUNTS_USER_POOL_ID": "accounts-id"},
		in(t, program.Get(t, functionType, "get-me").Inputs, "environment", "variables"))
}

func TestCognitoAuth_GrantsWhatAdministeringUsersTakes(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "administer-users", &components.FunctionArgs{
			Source: "lambdas/administer-users", Builder: newBuilder(t), DisableTracing: true,
			Grants: []policies.Grant{newAuth(t, ctx).Grant(
				policies.AdminGetUser, policies.AdminCreateUser, policies.AdminDeleteUser, policies.AdminDisableUser,
				policies.AdminUserGlobalSignOut, policies.AdminAddUserToGroup, policies.AdminRemoveUserFromGroup,
				policies.AdminListGroupsForUser, policies.ListUsers,
			)},
		})
		return err
	})
	require.Equal(t, map[string][]string{accountsARN: {
		"cognito-idp:AdminAddUserToGroup", "cognito-idp:AdminCreateUser", "cognito-idp:AdminDeleteUser", "cognito-idp:AdminDisableUser",
		"cognito-idp:AdminGetUser", "cognito-idp:AdminListGroupsForUser", "cognito-idp:AdminRemoveUserFromGroup",
		"cognito-idp:AdminUserGlobalSignOut", "cognito-idp:ListUsers",
	}}, allowed(t, program, "administer-users"))
}

func TestCognitoAuth_RefusesADomainThatAnotherResourceTells(t *testing.T) {
	create := func(domain string) error {
		_, err := mocks.Run(func(ctx *pulumi.Context) error {
			_, err := components.NewCognitoAuth(ctx, "accounts", &components.CognitoAuthArgs{
				Domain: pulumi.Sprintf("%s", domain), CallbackURLs: []string{"https://shop.example.com/"},
			})
			return err
		}, nil)
		return err
	}
	require.NoError(t, create("nordlicht"))
	require.ErrorContains(t, create("My_Shop"), `accounts (CognitoAuth): Domain = "My_Shop", want 1–63 of a–z, 0–9 and '-'`)
	require.ErrorContains(t, create("my-aws"), `Domain = "my-aws"`)
}
