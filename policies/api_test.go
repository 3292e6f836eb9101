package policies_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/policies"
)

func TestAPIActions_AreExactAndScoped(t *testing.T) {
	for action, resource := range map[string]string{
		string(policies.ManageConnections): "arn:aws:execute-api:eu-central-1:123456789012:abc/live/POST/@connections/*",
		string(policies.OpenConnection):    "arn:aws:execute-api:eu-central-1:123456789012:abc/live/$connect",
		string(policies.CallField):         "arn:aws:appsync:eu-central-1:123456789012:apis/abc/types/Mutation/fields/publish",
	} {
		require.False(t, policies.Unscoped(action), action)
		_, err := document(t, policies.Grant{Statements: []policies.Statement{{
			Actions: []string{action}, Resources: []pulumi.StringInput{pulumi.String(resource)},
		}}})
		require.NoError(t, err, action)
	}
}
