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

const accountsARN = "arn:aws:cognito:eu-central-1:123456789012:userpool/accounts-1234567"

// newTrigger is a function that answers in time.
func newTrigger(tb testing.TB, ctx *pulumi.Context, name string) *components.Function {
	tb.Helper()
	f, err := components.NewFunction(ctx, name, &components.FunctionArgs{
		Source: "lambdas/" + name, Builder: newBuilder(tb), Timeout: components.TriggerTimeout,
	})
	require.NoError(tb, err)
	return f
}

func TestCognitoAuth_CallsTriggers(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		challenge := newTrigger(t, ctx, "challenge")
		_, err := components.NewCognitoAuth(ctx, "accounts", &components.CognitoAuthArgs{
			AllowPasswordAuth: true,
			Triggers: components.Triggers{
				PreSignUp: newTrigger(t, ctx, "pre-sign-up"), PostConfirmation: newTrigger(t, ctx, "welcome"),
				PreAuthentication: newTrigger(t, ctx, "pre-auth"), PostAuthentication: newTrigger(t, ctx, "post-auth"),
				PreTokenGeneration: newTrigger(t, ctx, "claims"), CustomMessage: newTrigger(t, ctx, "mails"),
				UserMigration:       newTrigger(t, ctx, "migrate"),
				DefineAuthChallenge: challenge, CreateAuthChallenge: challenge, VerifyAuthChallenge: challenge,
			},
		})
		return err
	})
	arn := func(name string) string {
		return "arn:aws:lambda:eu-central-1:123456789012:function/" + name + "-1234567"
	}
	require.Equal(t, map[string]any{
		"preSignUp": arn("pre-sign-up"), "postConfirmation": arn("welcome"), "preAuthentication": arn("pre-auth"),
		"postAuthentication": arn("post-auth"), "customMessage": arn("mails"), "userMigration": arn("migrate"),
		"preTokenGenerationConfig": map[string]any{"lambdaArn": arn("claims"), "lambdaVersion": "V2_0"},
		"defineAuthChallenge":      arn("challenge"), "createAuthChallenge": arn("challenge"), "verifyAuthChallengeResponse": arn("challenge"),
	}, program.Get(t, userPoolType, "accounts").Inputs["lambdaConfig"])
	require.Len(t, program.OfType(permissionType), 8, "one for each function")
	for _, permission := range program.OfType(permissionType) {
		require.Equal(t, "cognito-idp.amazonaws.com", permission.Inputs["principal"])
		require.Equal(t, accountsARN, permission.Inputs["sourceArn"], "no other pool may call the function")
		require.Equal(t, "accounts", permission.Parent)
	}
	require.Equal(t, "welcome-1234567", program.Get(t, permissionType, "accounts-welcome").Inputs["function"])
	require.Contains(t, program.Get(t, clientType, "accounts-client").Inputs["explicitAuthFlows"], "ALLOW_CUSTOM_AUTH")
}

func TestCognitoAuth_CallsTheWarmInstancesOfATrigger(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		welcome, err := components.NewFunction(ctx, "welcome", &components.FunctionArgs{
			Source: "lambdas/welcome", Builder: newBuilder(t), Timeout: time.Second, Provisioned: &components.ProvisionedConcurrency{Minimum: 1},
		})
		require.NoError(t, err)
		_, err = components.NewCognitoAuth(ctx, "accounts", &components.CognitoAuthArgs{Triggers: components.Triggers{PostConfirmation: welcome}})
		return err
	})
	require.Contains(t, in(t, program.Get(t, userPoolType, "accounts").Inputs, "lambdaConfig", "postConfirmation"), "alias/")
	require.Equal(t, "live", program.Get(t, permissionType, "accounts-welcome").Inputs["qualifier"])
}

func TestCognitoAuth_AllowsATriggerToActOnItsPool(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		welcome := newTrigger(t, ctx, "welcome")
		accounts, err := components.NewCognitoAuth(ctx, "accounts", &components.CognitoAuthArgs{Triggers: components.Triggers{PostConfirmation: welcome}})
		require.NoError(t, err)
		return accounts.AllowTrigger(ctx, welcome, policies.AdminAddUserToGroup)
	})
	policy := program.Get(t, policyType, "welcome-accounts-policy")
	require.Equal(t, "accounts", policy.Parent)
	require.Equal(t, "welcome-role-1234567", policy.Inputs["role"])
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["cognito-idp:AdminAddUserToGroup"], "Resource": ["`+accountsARN+`"]}]}`, policy.Inputs["policy"].(string))
}

func TestCognitoAuth_AllowTriggerRefusesWrongArguments(t *testing.T) {
	for want, allow := range map[string]func(*pulumi.Context, *components.CognitoAuth, *components.Function) error{
		`AllowTrigger function = "other", want one of the pool's Triggers; other functions take CognitoAuth.Grant`: func(ctx *pulumi.Context, a *components.CognitoAuth, _ *components.Function) error {
			return a.AllowTrigger(ctx, newTrigger(t, ctx, "other"), policies.AdminGetUser)
		},
		`AllowTrigger function = "", want one of`: func(ctx *pulumi.Context, a *components.CognitoAuth, _ *components.Function) error {
			return a.AllowTrigger(ctx, nil, policies.AdminGetUser)
		},
		"AllowTrigger actions = [], want at least one": func(ctx *pulumi.Context, a *components.CognitoAuth, welcome *components.Function) error {
			return a.AllowTrigger(ctx, welcome)
		},
	} {
		recorded, err := mocks.Run(func(ctx *pulumi.Context) error {
			welcome := newTrigger(t, ctx, "welcome")
			accounts, err := components.NewCognitoAuth(ctx, "accounts", &components.CognitoAuthArgs{Triggers: components.Triggers{PostConfirmation: welcome}})
			require.NoError(t, err)
			return allow(ctx, accounts, welcome)
		}, nil)
		require.ErrorContains(t, err, "accounts (CognitoAuth): "+want)
		for _, r := range recorded.Resources {
			require.NotContains(t, r.Name, "accounts-policy")
		}
	}
}

func TestCognitoAuth_RefusesWrongTriggers(t *testing.T) {
	for want, triggers := range map[string]func(*pulumi.Context) components.Triggers{
		"Triggers.PreSignUp timeout = 10s, want at most 5s, since Cognito waits no longer": func(ctx *pulumi.Context) components.Triggers {
			return components.Triggers{PreSignUp: newFunction(t, ctx, "slow")}
		},
		`CreateAuthChallenge and VerifyAuthChallenge = "1 of them", want all or none`: func(ctx *pulumi.Context) components.Triggers {
			return components.Triggers{DefineAuthChallenge: newTrigger(t, ctx, "challenge")}
		},
		`Triggers.UserMigration = "migrate", want AllowPasswordAuth too`: func(ctx *pulumi.Context) components.Triggers {
			return components.Triggers{UserMigration: newTrigger(t, ctx, "migrate")}
		},
	} {
		recorded, err := mocks.Run(func(ctx *pulumi.Context) error {
			_, err := components.NewCognitoAuth(ctx, "accounts", &components.CognitoAuthArgs{Triggers: triggers(ctx)})
			return err
		}, nil)
		require.ErrorContains(t, err, "accounts (CognitoAuth): ")
		require.ErrorContains(t, err, want)
		require.Empty(t, recorded.OfType(userPoolType))
	}
}
