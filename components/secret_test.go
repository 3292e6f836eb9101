package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	secretType        = "aws:secretsmanager/secret:Secret"
	secretVersionType = "aws:secretsmanager/secretVersion:SecretVersion"
	rotationType      = "aws:secretsmanager/secretRotation:SecretRotation"
	secretARN         = "arn:aws:secretsmanager:eu-central-1:123456789012:secret/webhook-1234567"
)

func TestSecret_IsGeneratedOnceByDefault(t *testing.T) {
	values := map[string]bool{}
	for range 2 {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			_, err := components.NewSecret(ctx, "webhook", nil)
			return err
		})
		secret := program.Get(t, secretType, "webhook")
		require.Equal(t, "webhook", secret.Parent)
		require.EqualValues(t, 30, secret.Inputs["recoveryWindowInDays"])
		require.NotContains(t, secret.Inputs, "kmsKeyId")
		require.NotContains(t, secret.Inputs, "name", "physical names are made by Pulumi")
		version := program.Get(t, secretVersionType, "webhook-value")
		require.Equal(t, "webhook-id", version.Inputs["secretId"])
		require.Regexp(t, "^[A-Za-z0-9]{32}$", version.Inputs["secretString"])
		require.Contains(t, version.Secrets, "secretString", "encrypted in the state")
		require.Equal(t, []string{"secretString", "versionStages"}, version.IgnoreChanges, "later runs and rotation leave it alone")
		values[version.Inputs["secretString"].(string)] = true
	}
	require.Len(t, values, 2, "nobody can guess it")
}

func TestSecret_Options(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewSecret(ctx, "webhook", &components.SecretArgs{
			Description: "Signs webhooks", Length: 64, KMSKey: pulumi.String("arn:aws:kms:eu-central-1:123456789012:key/1"), RecoveryWindowDays: 7,
		})
		require.NoError(t, err)
		_, err = components.NewSecret(ctx, "provider", &components.SecretArgs{SetByOperator: true, DisableRecovery: true})
		return err
	})
	webhook := program.Get(t, secretType, "webhook").Inputs
	require.Equal(t, "Signs webhooks", webhook["description"])
	require.Equal(t, "arn:aws:kms:eu-central-1:123456789012:key/1", webhook["kmsKeyId"])
	require.EqualValues(t, 7, webhook["recoveryWindowInDays"])
	require.Len(t, program.Get(t, secretVersionType, "webhook-value").Inputs["secretString"], 64)
	require.EqualValues(t, 0, program.Get(t, secretType, "provider").Inputs["recoveryWindowInDays"])
	require.Len(t, program.OfType(secretVersionType), 1, "the operator sets the other")
}

func TestSecret_GrantsReadingByReference(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		webhook, err := components.NewSecret(ctx, "webhook", nil)
		require.NoError(t, err)
		keyed, err := components.NewSecret(ctx, "keyed", &components.SecretArgs{KMSKey: pulumi.String("arn:aws:kms:eu-central-1:123456789012:key/1")})
		require.NoError(t, err)
		for name, grant := range map[string]policies.Grant{"verify": webhook.GrantRead(), "open": keyed.GrantRead(), "rotate": keyed.GrantRotate()} {
			_, err = components.NewFunction(ctx, name, &components.FunctionArgs{
				Source: "x", Builder: newBuilder(t), Grants: []policies.Grant{grant}, DisableTracing: true,
			})
			require.NoError(t, err)
		}
		return nil
	})
	require.Equal(t, map[string]any{"WEBHOOK_SECRET_ARN": secretARN}, in(t, program.Get(t, functionType, "verify").Inputs, "environment", "variables"),
		"never the value")
	require.Equal(t, map[string][]string{secretARN: {"secretsmanager:GetSecretValue"}}, allowed(t, program, "verify"))
	keyedARN := strings.Replace(secretARN, "webhook", "keyed", 1)
	require.Equal(t, map[string][]string{
		keyedARN: {"secretsmanager:GetSecretValue"}, "arn:aws:kms:eu-central-1:123456789012:key/1": {"kms:Decrypt"},
	}, allowed(t, program, "open"))
	require.Equal(t, map[string][]string{
		keyedARN: {
			"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage",
		},
		"arn:aws:kms:eu-central-1:123456789012:key/1": {"kms:Decrypt", "kms:GenerateDataKey"},
	}, allowed(t, program, "rotate"))
}

func TestSecret_RotatesByAFunction(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		for name, args := range map[string]*components.RotationArgs{"webhook": nil, "other": {EveryDays: 90, Later: true}} {
			secret, err := components.NewSecret(ctx, name, nil)
			require.NoError(t, err)
			rotate, err := components.NewFunction(ctx, "rotate-"+name, &components.FunctionArgs{
				Source: "x", Builder: newBuilder(t), Grants: []policies.Grant{secret.GrantRotate()},
			})
			require.NoError(t, err)
			require.NoError(t, secret.RotateBy(ctx, rotate, args))
		}
		return nil
	})
	require.Equal(t, map[string]any{
		"secretId": secretARN, "rotationLambdaArn": "arn:aws:lambda:eu-central-1:123456789012:function/rotate-webhook-1234567",
		"rotateImmediately": true, "rotationRules": map[string]any{"automaticallyAfterDays": 30.0},
	}, program.Get(t, rotationType, "webhook-rotation").Inputs)
	other := program.Get(t, rotationType, "other-rotation").Inputs
	require.Equal(t, false, other["rotateImmediately"])
	require.EqualValues(t, 90, in(t, other, "rotationRules", "automaticallyAfterDays"))
	permission := program.Get(t, "aws:lambda/permission:Permission", "webhook-rotation").Inputs
	require.Equal(t, "secretsmanager.amazonaws.com", permission["principal"])
	require.Equal(t, secretARN, permission["sourceArn"])
}

func TestSecret_RefusesWrongArguments(t *testing.T) {
	for want, args := range map[string]*components.SecretArgs{
		"Length = 8, want 16–4096 characters":              {Length: 8},
		"Length = 20, want 0, since SetByOperator":         {Length: 20, SetByOperator: true},
		"RecoveryWindowDays = 3, want 7–30 days":           {RecoveryWindowDays: 3},
		"RecoveryWindowDays = 7, want 0, since":            {RecoveryWindowDays: 7, DisableRecovery: true},
		"Description = 2049, want at most 2048 characters": {Description: strings.Repeat("x", 2049)},
	} {
		refused(t, func(ctx *pulumi.Context) error {
			_, err := components.NewSecret(ctx, "webhook", args)
			return err
		}, "webhook (Secret): "+want)
	}
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		secret, err := components.NewSecret(ctx, "webhook", nil)
		require.NoError(t, err)
		rotate := newFunction(t, ctx, "rotate")
		require.ErrorContains(t, secret.RotateBy(ctx, nil, nil), "RotateBy = <nil>, want a function")
		require.ErrorContains(t, secret.RotateBy(ctx, rotate, &components.RotationArgs{EveryDays: 91}), "EveryDays = 91, want 1–90 days")
		require.NoError(t, secret.RotateBy(ctx, rotate, nil))
		require.ErrorContains(t, secret.RotateBy(ctx, rotate, nil), `RotateBy = "a second function", want one function`)
		return nil
	}, nil)
	require.NoError(t, err)
}

func TestFunction_RefusesSecretsInItsEnvironment(t *testing.T) {
	program, err := mocks.Run(func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "greet", &components.FunctionArgs{
			Source: "x", Builder: newBuilder(t), Environment: pulumi.StringMap{
				"LOG_LEVEL": pulumi.String("info"), "PROVIDER": pulumi.ToSecret(pulumi.String("hunter2")).(pulumi.StringOutput),
			},
		})
		return err
	}, nil)
	require.ErrorContains(t, err, `greet (Function): Environment["PROVIDER"] is a secret, want a reference: keep it in a Secret`)
	require.NotContains(t, err.Error(), "hunter2")
	require.Empty(t, program.OfType(functionType))
}
