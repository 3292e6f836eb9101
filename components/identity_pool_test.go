package components_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	identityPoolType   = "aws:cognito/identityPool:IdentityPool"
	roleAttachmentType = "aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment"
)

// newStore is a bucket where a test needs one but is not about it.
func newStore(tb testing.TB, ctx *pulumi.Context, name string) *components.ObjectStore {
	tb.Helper()
	store, err := components.NewObjectStore(ctx, name, nil)
	require.NoError(tb, err)
	return store
}

func TestIdentityPool_IsSafeByDefault(t *testing.T) {
	var outputs []any
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		pool, err := components.NewIdentityPool(ctx, "people", &components.IdentityPoolArgs{
			Auth:   newAuth(t, ctx),
			Grants: []policies.Grant{newStore(t, ctx, "media").GrantOwnPrefix("users/", policies.GetObject, policies.PutObject, policies.ListBucket)},
		})
		require.NoError(t, err)
		outputs = known(pool.ID, pool.GuestRoleARN, pool.UserRoleARN)
		return nil
	})
	require.Equal(t, []any{"people-id", "", "arn:aws:iam:eu-central-1:123456789012:role/people-user-role-1234567"}, outputs)
	require.Equal(t, map[string]any{
		"identityPoolName": "shop-test-people", "allowUnauthenticatedIdentities": false, "allowClassicFlow": false,
		"cognitoIdentityProviders": []any{map[string]any{
			"clientId": "accounts-client-id", "providerName": "cognito-idp.eu-central-1.amazonaws.com/accounts-id", "serverSideTokenCheck": true,
		}},
	}, program.Get(t, identityPoolType, "people").Inputs)
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": "cognito-identity.amazonaws.com"},
		"Condition": {
			"StringEquals": {"cognito-identity.amazonaws.com:aud": "people-id"},
			"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}
		}}]}`, program.Get(t, roleType, "people-user-role").Inputs["assumeRolePolicy"].(string))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
		 "Resource": ["arn:aws:s3:::media-1234567/users/${cognito-identity.amazonaws.com:sub}/*"]},
		{"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::media-1234567"],
		 "Condition": {"StringLike": {"s3:prefix": ["users/${cognito-identity.amazonaws.com:sub}/*"]}}}]}`,
		program.Get(t, policyType, "people-user-policy").Inputs["policy"].(string))
	require.Equal(t, map[string]any{
		"identityPoolId": "people-id", "roles": map[string]any{"authenticated": "arn:aws:iam:eu-central-1:123456789012:role/people-user-role-1234567"},
	}, program.Get(t, roleAttachmentType, "people-roles").Inputs)
	require.Len(t, program.OfType(roleType), 1, "no role for those who have not signed in")
}

func TestIdentityPool_Options(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		media := newStore(t, ctx, "media")
		_, err := components.NewIdentityPool(ctx, "people", &components.IdentityPoolArgs{
			Auth:              newAuth(t, ctx),
			Grants:            []policies.Grant{media.GrantOwnPrefix("", policies.PutObject)},
			Guests:            &components.Guests{Grants: []policies.Grant{media.Grant("public/", policies.GetObject)}},
			DisableTokenCheck: true,
		})
		return err
	})
	pool := program.Get(t, identityPoolType, "people").Inputs
	require.Equal(t, true, pool["allowUnauthenticatedIdentities"])
	require.Equal(t, false, in(t, pool, "cognitoIdentityProviders", 0, "serverSideTokenCheck"))
	require.Equal(t, map[string][]string{"arn:aws:s3:::media-1234567/${cognito-identity.amazonaws.com:sub}/*": {"s3:PutObject"}}, allowed(t, program, "people-user"))
	require.Equal(t, map[string][]string{"arn:aws:s3:::media-1234567/public/*": {"s3:GetObject"}}, allowed(t, program, "people-guest"))
	require.Contains(t, program.Get(t, roleType, "people-guest-role").Inputs["assumeRolePolicy"], `"cognito-identity.amazonaws.com:amr":"unauthenticated"`)
	require.Equal(t, map[string]any{
		"authenticated":   "arn:aws:iam:eu-central-1:123456789012:role/people-user-role-1234567",
		"unauthenticated": "arn:aws:iam:eu-central-1:123456789012:role/people-guest-role-1234567",
	}, program.Get(t, roleAttachmentType, "people-roles").Inputs["roles"])
}

func TestIdentityPool_RefusesWrongArguments(t *testing.T) {
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewIdentityPool(ctx, "people", nil)
		return err
	}, "people (IdentityPool): Auth = <nil>, want the CognitoAuth", "people (IdentityPool): Grants = [], want at least one")
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewIdentityPool(ctx, "people", &components.IdentityPoolArgs{
			Grants: []policies.Grant{policies.Invalid(errors.New("no such prefix"))}, Guests: &components.Guests{},
		})
		return err
	}, "Grants = ", "want grants that can be given: no such prefix", "Guests.Grants = [], want at least one")
}

func TestIdentityPool_RefusesANameThatIsTooLongWithThoseOfProjectAndStack(t *testing.T) {
	_, err := mocks.RunStack(func(ctx *pulumi.Context) error {
		_, err := components.NewIdentityPool(ctx, "people", nil)
		return err
	}, strings.Repeat("s", 117), nil)
	require.ErrorContains(t, err, `people (IdentityPool): name = "people", want at most 128 characters together with the names of project and stack: shop-sss`)
}

func TestIdentityPool_PassesTheGuardrailsUnlessThereAreGuests(t *testing.T) {
	broken := func(guests bool) []string {
		return violations(t, mocks.MustRun(t, func(ctx *pulumi.Context) error {
			accounts, err := components.NewCognitoAuth(ctx, "accounts", &components.CognitoAuthArgs{
				Domain: pulumi.String("nordlicht"), CallbackURLs: []string{"https://shop.example.com/"},
				Password:         components.PasswordPolicy{RequireSymbols: true},
				ThreatProtection: true,
				Google:           &components.SocialProvider{ClientID: pulumi.String("id"), ClientSecret: secretText("secret")},
				ResourceServers:  []components.ResourceServer{ordersAPI}, MachineClients: []components.MachineClient{robot},
				Triggers: components.Triggers{PostConfirmation: newTrigger(t, ctx, "welcome")},
			})
			require.NoError(t, err)
			store := newStore(t, ctx, "media")
			args := &components.IdentityPoolArgs{
				Auth: accounts, Grants: []policies.Grant{store.GrantOwnPrefix("users/", policies.GetObject, policies.ListBucket)},
			}
			if guests {
				args.Guests = &components.Guests{Grants: []policies.Grant{store.Grant("public/", policies.GetObject)}}
			}
			_, err = components.NewIdentityPool(ctx, "people", args)
			return err
		}))
	}
	unlogged := "S3.9 media: no BucketLogging for the bucket" // which is none of the identity pool's business
	require.Equal(t, []string{unlogged}, broken(false))
	require.ElementsMatch(t, []string{unlogged, "Cognito.2 people: allowUnauthenticatedIdentities = true, want another value"}, broken(true))
}
