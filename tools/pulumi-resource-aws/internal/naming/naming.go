// Package naming gives physical names to resources that the program does not name, as pulumi-aws does.
package naming

import (
	"context"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// maxName is the longest automatic name where AWS sets no closer limit.
const maxName = 255

// named are the resources whose physical name is not simply a property "name" of up to maxName characters: AWS's limit
// is closer, or the property is called something else in Terraform or in Pulumi.
var named = []struct {
	terraform, property, pulumi string
	max                         int
}{
	{"aws_apigatewayv2_api", "name", "name", 128},
	{"aws_apigatewayv2_authorizer", "name", "name", 128},
	{"aws_cloudwatch_event_archive", "name", "name", 48},
	{"aws_cloudwatch_event_rule", "name", "name", 64},
	{"aws_cloudwatch_metric_alarm", "alarm_name", "name", 255},
	{"aws_cognito_user_pool", "name", "name", 128},
	{"aws_cognito_user_pool_client", "name", "name", 128},
	{"aws_db_proxy", "name", "name", 63},
	{"aws_db_subnet_group", "name", "name", 255},
	{"aws_iam_instance_profile", "name", "name", 128},
	{"aws_iam_policy", "name", "name", 128},
	{"aws_iam_role", "name", "name", 64},
	{"aws_iam_role_policy", "name", "name", 128},
	{"aws_kinesis_firehose_delivery_stream", "name", "name", 64},
	{"aws_kinesis_stream", "name", "name", 128},
	{"aws_lambda_alias", "name", "name", 128},
	{"aws_lambda_function", "function_name", "name", 64},
	{"aws_pipes_pipe", "name", "name", 64},
	{"aws_rds_cluster", "cluster_identifier", "clusterIdentifier", 63},
	{"aws_rds_cluster_instance", "identifier", "identifier", 63},
	{"aws_scheduler_schedule", "name", "name", 64},
	{"aws_scheduler_schedule_group", "name", "name", 64},
	{"aws_sfn_state_machine", "name", "name", 80},
}

// Apply gives a physical name to resources without one: the logical name and seven random hexadecimal digits.
func Apply(info *tfbridge.ProviderInfo) {
	set := func(terraform, property string, s *tfbridge.SchemaInfo) {
		if r := info.Resources[terraform]; r != nil {
			r.Fields[property] = s
		}
	}
	for _, n := range named {
		set(n.terraform, n.property, tfbridge.AutoName(n.pulumi, n.max, "-"))
	}
	set("aws_s3_bucket", "bucket", tfbridge.AutoNameTransform("bucket", 63, strings.ToLower))
	set("aws_sqs_queue", "name", fifoName("fifoQueue", 80))
	set("aws_sns_topic", "name", fifoName("fifoTopic", 256))
	info.SetAutonaming(maxName, "-")
}

// fifoName makes names of at most limit characters that end in ".fifo" when the boolean property fifo is true: AWS
// takes no other names for FIFO queues and topics, and no such names for others.
func fifoName(fifo string, limit int) *tfbridge.SchemaInfo {
	const suffix = ".fifo"
	return &tfbridge.SchemaInfo{Name: "name", Default: &tfbridge.DefaultInfo{
		AutoNamed: true,
		ComputeDefault: func(ctx context.Context, o tfbridge.ComputeDefaultOptions) (any, error) {
			n := tfbridge.AutoNameOptions{Separator: "-", Maxlen: limit, Randlen: 7}
			if v := o.Properties[resource.PropertyKey(fifo)]; v.IsBool() && v.BoolValue() {
				n.Maxlen -= len(suffix)
				n.PostTransform = func(_ *tfbridge.PulumiResource, name string) (string, error) { return name + suffix, nil }
			}
			return tfbridge.ComputeAutoNameDefault(ctx, n, o)
		},
	}}
}
