package main

import "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

// overrides are the properties where pulumi-aws departs from the bridge's defaults: other names, lists of at most one
// element that stay lists, documents compared as JSON, files given as assets. The conformance test finds what is missing.
func overrides() map[string]map[string]*tfbridge.SchemaInfo {
	list := func() *tfbridge.SchemaInfo { return &tfbridge.SchemaInfo{MaxItemsOne: tfbridge.False()} }
	named := func(name string) *tfbridge.SchemaInfo { return &tfbridge.SchemaInfo{Name: name} }
	json := func() *tfbridge.SchemaInfo { return &tfbridge.SchemaInfo{Transform: tfbridge.TransformJSONDocument} }
	archive := func() *tfbridge.SchemaInfo {
		return &tfbridge.SchemaInfo{Name: "code", Asset: &tfbridge.AssetTranslation{Kind: tfbridge.FileArchive}}
	}
	nested := func(name string, fields map[string]*tfbridge.SchemaInfo) *tfbridge.SchemaInfo {
		return &tfbridge.SchemaInfo{Name: name, Elem: &tfbridge.SchemaInfo{Fields: fields}}
	}
	lists := func(fields map[string]*tfbridge.SchemaInfo) *tfbridge.SchemaInfo {
		return &tfbridge.SchemaInfo{MaxItemsOne: tfbridge.False(), Elem: &tfbridge.SchemaInfo{Fields: fields}}
	}
	// Numbers that may be absent are strings in this version of the provider.
	integer := func() *tfbridge.SchemaInfo { return &tfbridge.SchemaInfo{Type: "integer"} }
	return map[string]map[string]*tfbridge.SchemaInfo{
		"aws_lambda_function":        {"filename": archive(), "architectures": list()},
		"aws_lambda_layer_version":   {"filename": archive()},
		"aws_lambda_permission":      {"function_name": named("function")},
		"aws_sns_topic_subscription": {"topic_arn": named("topic")},
		"aws_s3_object":              {"key": tfbridge.AutoNameWithCustomOptions("key", tfbridge.AutoNameOptions{}), "source": {Asset: &tfbridge.AssetTranslation{Kind: tfbridge.FileAsset}}},
		"aws_dynamodb_table": {
			"global_secondary_index": named("globalSecondaryIndexes"),
			"local_secondary_index":  named("localSecondaryIndexes"),
		},
		"aws_security_group":         {"ingress": named("ingress"), "egress": named("egress")},
		"aws_default_security_group": {"ingress": named("ingress"), "egress": named("egress")},
		"aws_network_acl":            {"ingress": named("ingress"), "egress": named("egress")},

		"aws_api_gateway_authorizer":           {"rest_api_id": named("restApi")},
		"aws_api_gateway_base_path_mapping":    {"api_id": named("restApi")},
		"aws_api_gateway_deployment":           {"rest_api_id": named("restApi")},
		"aws_api_gateway_integration":          {"rest_api_id": named("restApi")},
		"aws_api_gateway_integration_response": {"rest_api_id": named("restApi")},
		"aws_api_gateway_method":               {"rest_api_id": named("restApi")},
		"aws_api_gateway_method_response":      {"rest_api_id": named("restApi")},
		"aws_api_gateway_method_settings":      {"rest_api_id": named("restApi")},
		"aws_api_gateway_model":                {"rest_api_id": named("restApi")},
		"aws_api_gateway_request_validator":    {"rest_api_id": named("restApi")},
		"aws_api_gateway_resource":             {"rest_api_id": named("restApi")},
		"aws_api_gateway_stage":                {"rest_api_id": named("restApi"), "deployment_id": named("deployment")},
		"aws_api_gateway_vpc_link":             {"target_arns": {Name: "targetArn", MaxItemsOne: tfbridge.True()}},

		"aws_appautoscaling_scheduled_action": {"scalable_target_action": nested("", map[string]*tfbridge.SchemaInfo{
			"max_capacity": integer(), "min_capacity": integer(),
		})},
		"aws_cloudwatch_log_subscription_filter": {"log_group_name": named("logGroup")},
		"aws_ecs_service": {"service_connect_configuration": nested("", map[string]*tfbridge.SchemaInfo{
			"service": nested("", map[string]*tfbridge.SchemaInfo{"client_alias": {Name: "clientAlias", MaxItemsOne: tfbridge.False()}}),
		})},
		"aws_route53_record": {
			"alias": list(), "failover_routing_policy": list(), "geolocation_routing_policy": list(),
			"latency_routing_policy": list(), "weighted_routing_policy": list(),
		},
		"aws_s3_bucket_website_configuration": {"routing_rule": named("routingRules"), "routing_rules": named("routingRuleDetails")},
		"aws_s3_bucket_lifecycle_configuration": {"rule": nested("", map[string]*tfbridge.SchemaInfo{
			"filter": nested("", map[string]*tfbridge.SchemaInfo{
				"object_size_greater_than": integer(), "object_size_less_than": integer(),
			}),
			"noncurrent_version_expiration": nested("", map[string]*tfbridge.SchemaInfo{"newer_noncurrent_versions": integer()}),
			"noncurrent_version_transition": nested("", map[string]*tfbridge.SchemaInfo{"newer_noncurrent_versions": integer()}),
		})},
		"aws_iam_role":         {"assume_role_policy": json()},
		"aws_iam_policy":       {"policy": json()},
		"aws_iam_role_policy":  {"policy": json()},
		"aws_s3_bucket_policy": {"policy": json()},
		"aws_sqs_queue_policy": {"policy": json()},
		"aws_sns_topic_policy": {"policy": json()},
		"aws_s3_bucket": {
			"logging": list(), "versioning": list(), "website": list(),
			"lifecycle_rule": nested("", map[string]*tfbridge.SchemaInfo{"expiration": list(), "noncurrent_version_expiration": list()}),
			"object_lock_configuration": nested("", map[string]*tfbridge.SchemaInfo{
				"rule": lists(map[string]*tfbridge.SchemaInfo{"default_retention": list()}),
			}),
			"replication_configuration": lists(map[string]*tfbridge.SchemaInfo{
				"rules": nested("", map[string]*tfbridge.SchemaInfo{
					"destination": lists(map[string]*tfbridge.SchemaInfo{
						"access_control_translation": list(), "metrics": list(), "replication_time": list(),
					}),
					"filter":                    list(),
					"source_selection_criteria": lists(map[string]*tfbridge.SchemaInfo{"sse_kms_encrypted_objects": list()}),
				}),
			}),
			"server_side_encryption_configuration": lists(map[string]*tfbridge.SchemaInfo{
				"rule": lists(map[string]*tfbridge.SchemaInfo{"apply_server_side_encryption_by_default": list()}),
			}),
		},
	}
}

// functionOverrides are the same for the results of functions.
func functionOverrides() map[string]map[string]*tfbridge.SchemaInfo {
	return map[string]map[string]*tfbridge.SchemaInfo{
		"aws_dynamodb_table": {
			"global_secondary_index": {Name: "globalSecondaryIndexes"},
			"local_secondary_index":  {Name: "localSecondaryIndexes"},
			"point_in_time_recovery": {Name: "pointInTimeRecovery", MaxItemsOne: tfbridge.True()},
			"ttl":                    {Name: "ttl", MaxItemsOne: tfbridge.True()},
		},
	}
}
