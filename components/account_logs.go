package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// newAccountLogs lets API Gateway write the logs of the account's REST and WebSocket APIs in the region.
func newAccountLogs(ctx *pulumi.Context, parent pulumi.Resource, name string) (pulumi.Resource, error) {
	partition, err := aws.GetPartition(ctx, nil, pulumi.Parent(parent))
	if err != nil {
		return nil, err
	}
	role, err := iam.NewRole(ctx, name+"-account-logs", &iam.RoleArgs{
		Description:      pulumi.String("What API Gateway may do in CloudWatch Logs for all REST and WebSocket APIs of the account"),
		AssumeRolePolicy: pulumi.String(assumeRolePolicy("apigateway.amazonaws.com")),
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, err
	}
	// API Gateway refuses a role with less than this policy of AWS's.
	attachment, err := iam.NewRolePolicyAttachment(ctx, name+"-account-logs", &iam.RolePolicyAttachmentArgs{
		Role:      role.Name,
		PolicyArn: pulumi.String("arn:" + partition.Partition + ":iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"),
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, err
	}
	return apigateway.NewAccount(ctx, name+"-account-logs", &apigateway.AccountArgs{CloudwatchRoleArn: role.Arn},
		pulumi.Parent(parent), pulumi.DependsOn([]pulumi.Resource{attachment}))
}
