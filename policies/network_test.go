package policies_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/policies"
)

func TestNetworkInterfaces_AreForLambdaAndNotForTheCode(t *testing.T) {
	const home = "arn:aws:ec2:eu-central-1:123456789012:"
	text, err := document(t, policies.NetworkInterfaces(pulumi.String(home+"*/*"), pulumi.String(home+"network-interface/*"),
		[]pulumi.StringInput{pulumi.String(home + "subnet/a")}, pulumi.String(home+"security-group/b")))
	require.NoError(t, err)
	const byLambda = `"Condition": {"Null": {"lambda:SourceFunctionArn": ["true"]}}`
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", `+byLambda+`, "Action": ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:UnassignPrivateIpAddresses"],
			"Resource": ["`+home+`network-interface/*"]},
		{"Effect": "Allow", `+byLambda+`, "Action": ["ec2:CreateNetworkInterface"], "Resource": ["`+home+`security-group/b", "`+home+`subnet/a"]},
		{"Effect": "Allow", `+byLambda+`, "Action": ["ec2:DeleteNetworkInterface"], "Resource": ["`+home+`*/*"]},
		{"Effect": "Allow", `+byLambda+`, "Action": ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"], "Resource": ["*"]}]}`, text)
}

func TestPullImages_OfOneRepository(t *testing.T) {
	text, err := document(t, policies.PullImages(pulumi.String("arn:aws:ecr:eu-central-1:123456789012:repository/export")))
	require.NoError(t, err)
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
			"Resource": ["arn:aws:ecr:eu-central-1:123456789012:repository/export"]},
		{"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": ["*"]}]}`, text)
}

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
