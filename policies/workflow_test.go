package policies_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/policies"
)

func TestAnswerTasks_AllowsExactlyTheGivenAnswers(t *testing.T) {
	text, err := document(t, policies.AnswerTasks(policies.SendTaskSuccess, policies.SendTaskFailure))
	require.NoError(t, err)
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["states:SendTaskFailure", "states:SendTaskSuccess"], "Resource": ["*"]}]}`, text)
}

func TestDeliverLogs_NamesLogGroupsWhereAWSCan(t *testing.T) {
	text, err := document(t, policies.DeliverLogs(pulumi.String("arn:aws:logs:eu-central-1:123456789012:log-group:*")))
	require.NoError(t, err)
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeResourcePolicies",
			"logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"], "Resource": ["*"]},
		{"Effect": "Allow", "Action": ["logs:DescribeLogGroups"], "Resource": ["arn:aws:logs:eu-central-1:123456789012:log-group:*"]}]}`, text)
}

func TestTraceWorkflow(t *testing.T) {
	require.Equal(t, []string{"xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"},
		policies.TraceWorkflow().Actions())
	_, err := document(t, policies.TraceWorkflow())
	require.NoError(t, err)
}

func TestUnscoped_NotForWhatWorkflowsCanBeLimitedTo(t *testing.T) {
	for _, action := range []string{string(policies.StartExecution), string(policies.StopExecution), "logs:DescribeLogGroups"} {
		require.False(t, policies.Unscoped(action), action)
	}
}
