package policies_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
)

func TestDocument_AllowsTheWholeAccountOnlyWhereAServiceInsists(t *testing.T) {
	const home = pulumi.String("arn:aws:ec2:eu-central-1:123456789012:*/*")
	_, err := document(t, allow(home, "ec2:DeleteNetworkInterface"))
	require.NoError(t, err)
	for _, actions := range [][]string{{"ec2:TerminateInstances"}, {"ec2:DeleteNetworkInterface", "ec2:TerminateInstances"}} {
		_, err = document(t, allow(home, actions...))
		require.ErrorContains(t, err, "want an ARN whose only wildcard")
	}
	for _, wider := range []pulumi.String{"arn:aws:ec2:*:123456789012:*/*", "arn:aws:ec2:eu-central-1:*:*/*", "*"} {
		_, err = document(t, allow(wider, "ec2:DeleteNetworkInterface"))
		require.Error(t, err, wider)
	}
}
