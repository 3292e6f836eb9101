package guardrails_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/serverless-shop/serverless-shop/policies/guardrails"
)

type (
	inputs = map[string]any
	list   = []any
)

// now is when the tests judge.
var now = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// res is a resource called thing, which is what each case judges.
func res(typ string, in inputs) guardrails.Resource {
	return guardrails.Resource{Type: typ, Name: "thing", Inputs: in}
}

// other is a resource that refers to the thing, which has a type.
func other(thing, typ string, in inputs) guardrails.Resource {
	return guardrails.Resource{Type: typ, Name: "other", Inputs: in, Dependencies: []guardrails.Reference{{Type: thing, Name: "thing"}}}
}

// of is a thing that refers to a resource called whole.
func of(whole string, r guardrails.Resource) guardrails.Resource {
	r.Dependencies = append(r.Dependencies, guardrails.Reference{Type: whole, Name: "whole"})
	return r
}

func whole(typ string, in inputs) guardrails.Resource {
	return guardrails.Resource{Type: typ, Name: "whole", Inputs: in}
}

func policy(tb testing.TB, statements ...any) string {
	tb.Helper()
	text, err := json.Marshal(inputs{"Version": "2012-10-17", "Statement": statements})
	require.NoError(tb, err)
	return string(text)
}

// shop is a stack of some resources.
type shop []guardrails.Resource

// example is a stack that passes a rule, or breaks it with a problem.
type example struct {
	shop    shop
	problem string
}

const (
	restStage, httpStage, httpRoute, httpAPI = "aws:apigateway/stage:Stage", "aws:apigatewayv2/stage:Stage", "aws:apigatewayv2/route:Route", "aws:apigatewayv2/api:Api"
	restSettings                             = "aws:apigateway/methodSettings:MethodSettings"
	distribution, userPool                   = "aws:cloudfront/distribution:Distribution", "aws:cognito/userPool:UserPool"
	bucket, table, queue                     = "aws:s3/bucketV2:BucketV2", "aws:dynamodb/table:Table", "aws:sqs/queue:Queue"
	cluster, instance, clusterInstance       = "aws:rds/cluster:Cluster", "aws:rds/instance:Instance", "aws:rds/clusterInstance:ClusterInstance"
	function, permission                     = "aws:lambda/function:Function", "aws:lambda/permission:Permission"
	rolePolicy, managedPolicy, role          = "aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy", "aws:iam/role:Role"
	task, service, vpc                       = "aws:ecs/taskDefinition:TaskDefinition", "aws:ecs/service:Service", "aws:ec2/vpc:Vpc"
	stream, bus, topic                       = "aws:kinesis/stream:Stream", "aws:cloudwatch/eventBus:EventBus", "aws:sns/topic:Topic"
	subscription, eventSource                = "aws:sns/topicSubscription:TopicSubscription", "aws:lambda/eventSourceMapping:EventSourceMapping"
	asyncConfig                              = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
	secret, rotation                         = "aws:secretsmanager/secret:Secret", "aws:secretsmanager/secretRotation:SecretRotation"
	oldBucket, images                        = "aws:s3/bucket:Bucket", "aws:ecr/repository:Repository"
	group, groupRule                         = "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/securityGroupRule:SecurityGroupRule"
)

// one is a stack of one resource.
func one(typ string, in inputs) shop { return shop{res(typ, in)} }

// pair is a thing, and another resource that refers to it.
func pair(thing string, in inputs, otherType string, otherIn inputs) shop {
	return shop{res(thing, in), other(thing, otherType, otherIn)}
}

func examples(tb testing.TB) map[string][]example {
	tb.Helper()
	public := policy(tb, inputs{"Effect": "Allow", "Principal": "*", "Action": "x:Do", "Resource": "*"})
	private := policy(tb, inputs{"Effect": "Allow", "Principal": inputs{"Service": "events.amazonaws.com"}, "Action": "x:Do", "Resource": "*"})
	narrowed := policy(tb, inputs{"Effect": "Allow", "Principal": inputs{"AWS": "*"}, "Action": "x:Do", "Resource": "*",
		"Condition": inputs{"ArnEquals": inputs{"aws:SourceArn": "arn:aws:sns:eu-central-1:1:t"}}})
	notPublic := func(types ...string) []example {
		all := []example{{one(types[0], nil), ""}}
		for _, typ := range types {
			all = append(all,
				example{one(typ, inputs{"policy": private}), ""},
				example{one(typ, inputs{"policy": narrowed}), ""},
				example{one(typ, inputs{"policy": public}), "lets everybody x:Do"},
				example{one(typ, inputs{"policy": "{"}), "is no JSON"})
		}
		return all
	}
	allow := func(actions, resources any) string {
		return policy(tb, inputs{"Effect": "Allow", "Action": actions, "Resource": resources})
	}
	blocked := inputs{"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true}
	trust := func(statement inputs) inputs {
		return inputs{"assumeRolePolicy": policy(tb, maps.Clone(statement))}
	}
	containers := func(c inputs) shop {
		text, err := json.Marshal(list{c})
		require.NoError(tb, err)
		return one(task, inputs{"containerDefinitions": string(text)})
	}
	strong := inputs{"minimumLength": 8.0, "requireLowercase": true, "requireUppercase": true, "requireNumbers": true, "requireSymbols": true,
		"temporaryPasswordValidityDays": 7.0}
	everybody := func(action string) string {
		return policy(tb, inputs{"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"})
	}
	account := func(action string) string {
		return policy(tb, inputs{"Effect": "Allow", "Principal": inputs{"AWS": "arn:aws:iam::210987654321:root"}, "Action": action, "Resource": "*"})
	}
	plainHTTP := func(statement inputs) string { return policy(tb, statement) }
	tls := plainHTTP(inputs{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": inputs{"Bool": inputs{"aws:SecureTransport": "false"}}})

	return map[string][]example{
		"ACM.2": {
			{one("aws:acm/certificate:Certificate", inputs{"keyAlgorithm": "RSA_2048"}), ""},
			{one("aws:acm/certificate:Certificate", inputs{"keyAlgorithm": "RSA_1024"}), `keyAlgorithm = "RSA_1024"`},
		},
		"APIGateway.1": {
			{pair(restStage, nil, restSettings, inputs{"methodPath": "*/*", "settings": inputs{"loggingLevel": "INFO"}}), ""},
			{pair(restStage, nil, restSettings, inputs{"methodPath": "*/*", "settings": inputs{"loggingLevel": "OFF"}}), "no MethodSettings for */*"},
			{one(restStage, nil), "no MethodSettings for */*"},
			{shop{of(httpAPI, res(httpStage, inputs{"defaultRouteSettings": inputs{"loggingLevel": "ERROR"}})), whole(httpAPI, inputs{"protocolType": "WEBSOCKET"})}, ""},
			{shop{of(httpAPI, res(httpStage, nil)), whole(httpAPI, inputs{"protocolType": "WEBSOCKET"})}, `defaultRouteSettings.loggingLevel = nothing, want "ERROR" or "INFO"`},
		},
		"APIGateway.3": {{one(restStage, inputs{"xrayTracingEnabled": true}), ""}, {one(restStage, nil), "xrayTracingEnabled = nothing, want true"}},
		"APIGateway.4": {
			{pair(restStage, nil, "aws:wafv2/webAclAssociation:WebAclAssociation", nil), ""},
			{one(restStage, nil), "no WebAclAssociation"},
		},
		"APIGateway.5": {
			{one(restSettings, inputs{"settings": inputs{"cachingEnabled": true, "cacheDataEncrypted": true}}), ""},
			{one(restSettings, inputs{"settings": inputs{"cachingEnabled": true}}), "cacheDataEncrypted = nothing"},
		},
		"APIGateway.8": {
			{one(httpRoute, inputs{"authorizationType": "JWT"}), ""},
			{one(httpRoute, inputs{"authorizationType": "NONE"}), `authorizationType = "NONE"`},
			{one(httpRoute, nil), "authorizationType = nothing"},
			{shop{of(httpAPI, res(httpRoute, inputs{"routeKey": "$connect", "authorizationType": "NONE"})), whole(httpAPI, inputs{"protocolType": "WEBSOCKET"})}, `"NONE"`},
			{one("aws:apigateway/method:Method", inputs{"httpMethod": "GET", "authorization": "NONE", "apiKeyRequired": true}), ""},
			{one("aws:apigateway/method:Method", inputs{"httpMethod": "GET", "authorization": "NONE"}), "without apiKeyRequired"},
		},
		"APIGateway.9": {{one(httpStage, inputs{"accessLogSettings": inputs{"destinationArn": "arn"}}), ""}, {one(httpStage, nil), "accessLogSettings.destinationArn is not set"}},
		"APIGateway.10": {
			{one("aws:apigatewayv2/integration:Integration", inputs{"connectionType": "VPC_LINK", "tlsConfig": inputs{"serverNameToVerify": "a.b"}}), ""},
			{one("aws:apigatewayv2/integration:Integration", inputs{"connectionType": "VPC_LINK"}), "tlsConfig.serverNameToVerify is not set"},
		},
		"AppSync.2": {
			{one("aws:appsync/graphQLApi:GraphQLApi", inputs{"logConfig": inputs{"fieldLogLevel": "ERROR"}}), ""},
			{one("aws:appsync/graphQLApi:GraphQLApi", inputs{"logConfig": inputs{"fieldLogLevel": "NONE"}}), `fieldLogLevel = "NONE"`},
		},
		"AppSync.5": {
			{one("aws:appsync/graphQLApi:GraphQLApi", inputs{"authenticationType": "AMAZON_COGNITO_USER_POOLS"}), ""},
			{one("aws:appsync/graphQLApi:GraphQLApi", inputs{"authenticationType": "API_KEY"}), `authenticationType = "API_KEY"`},
			{one("aws:appsync/graphQLApi:GraphQLApi", inputs{"authenticationType": "AWS_IAM", "additionalAuthenticationProviders": list{inputs{"authenticationType": "API_KEY"}}}),
				`additionalAuthenticationProviders[0].authenticationType = "API_KEY"`},
		},
		"CloudFront.1": {{one(distribution, inputs{"defaultRootObject": "index.html"}), ""}, {one(distribution, nil), "defaultRootObject is not set"}},
		"CloudFront.3": {
			{one(distribution, inputs{"defaultCacheBehavior": inputs{"viewerProtocolPolicy": "https-only"}, "orderedCacheBehaviors": list{inputs{"viewerProtocolPolicy": "redirect-to-https"}}}), ""},
			{one(distribution, inputs{"defaultCacheBehavior": inputs{"viewerProtocolPolicy": "allow-all"}}), `viewerProtocolPolicy = "allow-all"`},
			{one(distribution, inputs{"defaultCacheBehavior": inputs{"viewerProtocolPolicy": "https-only"}, "orderedCacheBehaviors": list{inputs{}}}), "orderedCacheBehaviors[0].viewerProtocolPolicy = nothing"},
		},
		"CloudFront.4": {
			{one(distribution, inputs{"originGroups": list{inputs{"members": list{inputs{}, inputs{}}}}}), ""},
			{one(distribution, nil), "originGroups is not set"},
			{one(distribution, inputs{"originGroups": list{inputs{"members": list{inputs{}}}}}), "fewer than two members"},
		},
		"CloudFront.5": {
			{one(distribution, inputs{"loggingConfig": inputs{"bucket": "logs"}}), ""},
			{pair(distribution, nil, "aws:cloudwatch/logDeliverySource:LogDeliverySource", nil), ""},
			{one(distribution, nil), "neither loggingConfig nor"},
		},
		"CloudFront.6": {{one(distribution, inputs{"webAclId": "arn"}), ""}, {one(distribution, nil), "webAclId is not set"}},
		"CloudFront.7": {
			{one(distribution, inputs{"viewerCertificate": inputs{"acmCertificateArn": "arn"}}), ""},
			{one(distribution, inputs{"viewerCertificate": inputs{"cloudfrontDefaultCertificate": true}}), "CloudFront's own"},
		},
		"CloudFront.8": {
			{one(distribution, inputs{"viewerCertificate": inputs{"acmCertificateArn": "arn", "sslSupportMethod": "sni-only"}}), ""},
			{one(distribution, inputs{"viewerCertificate": inputs{"acmCertificateArn": "arn", "sslSupportMethod": "vip"}}), `sslSupportMethod = "vip"`},
		},
		"CloudFront.9": {
			{one(distribution, inputs{"origins": list{inputs{"customOriginConfig": inputs{"originProtocolPolicy": "https-only"}}, inputs{}}}), ""},
			{one(distribution, inputs{"origins": list{inputs{"customOriginConfig": inputs{"originProtocolPolicy": "match-viewer"}}}}), `originProtocolPolicy = "match-viewer"`},
		},
		"CloudFront.10": {
			{one(distribution, inputs{"origins": list{inputs{"customOriginConfig": inputs{"originSslProtocols": list{"TLSv1.2"}}}}}), ""},
			{one(distribution, inputs{"origins": list{inputs{"customOriginConfig": inputs{"originSslProtocols": list{"TLSv1.2", "SSLv3"}}}}}), `originSslProtocols[1] = "SSLv3"`},
		},
		"CloudFront.13": {
			{one(distribution, inputs{"origins": list{inputs{"originAccessControlId": "id"}, inputs{"customOriginConfig": inputs{"httpPort": 80.0}}}}), ""},
			{one(distribution, inputs{"origins": list{inputs{}}}), "origins[0].originAccessControlId is not set"},
		},
		"CloudFront.15": {
			{one(distribution, inputs{"viewerCertificate": inputs{"minimumProtocolVersion": "TLSv1.2_2021"}}), ""},
			{one(distribution, inputs{"viewerCertificate": inputs{"minimumProtocolVersion": "TLSv1"}}), `minimumProtocolVersion = "TLSv1"`},
		},
		"CloudFront.16": {
			{one(distribution, inputs{"origins": list{inputs{"domainName": "abc.lambda-url.eu-central-1.on.aws", "originAccessControlId": "id"}, inputs{"domainName": "api.example.com"}}}), ""},
			{one(distribution, inputs{"origins": list{inputs{"domainName": "abc.lambda-url.eu-central-1.on.aws"}}}), "origins[0].originAccessControlId is not set"},
		},
		"CloudFront.17": {
			{one(distribution, inputs{"defaultCacheBehavior": inputs{"trustedKeyGroups": list{"g"}}}), ""},
			{one(distribution, inputs{"defaultCacheBehavior": inputs{"trustedSigners": list{"self"}}}), "trustedSigners is set"},
		},
		"Cognito.1": {
			{one(userPool, inputs{"userPoolAddOns": inputs{"advancedSecurityMode": "ENFORCED"}}), ""},
			{one(userPool, inputs{"userPoolAddOns": inputs{"advancedSecurityMode": "AUDIT"}}), `advancedSecurityMode = "AUDIT"`},
		},
		"Cognito.2": {
			{one("aws:cognito/identityPool:IdentityPool", nil), ""},
			{one("aws:cognito/identityPool:IdentityPool", inputs{"allowUnauthenticatedIdentities": true}), "allowUnauthenticatedIdentities = true"},
		},
		"Cognito.3": {
			{one(userPool, inputs{"passwordPolicy": strong}), ""},
			{one(userPool, nil), "minimumLength = nothing, want at least 8"},
			{one(userPool, inputs{"passwordPolicy": inputs{"minimumLength": 8.0, "requireLowercase": true, "requireUppercase": true, "requireNumbers": true,
				"requireSymbols": true, "temporaryPasswordValidityDays": 8.0}}), "temporaryPasswordValidityDays = 8, want 1–7"},
		},
		"Cognito.4": {
			{one(userPool, inputs{"userPoolAddOns": inputs{"advancedSecurityAdditionalFlows": inputs{"customAuthMode": "ENFORCED"}}}), ""},
			{one(userPool, nil), "customAuthMode = nothing"},
		},
		"Cognito.5": {{one(userPool, inputs{"mfaConfiguration": "OPTIONAL"}), ""}, {one(userPool, inputs{"mfaConfiguration": "OFF"}), `mfaConfiguration = "OFF", want "ON" or "OPTIONAL"`}},
		"Cognito.6": {{one(userPool, inputs{"deletionProtection": "ACTIVE"}), ""}, {one(userPool, nil), "deletionProtection = nothing"}},
		"DynamoDB.1": {
			{one(table, inputs{"billingMode": "PAY_PER_REQUEST"}), ""},
			{pair(table, inputs{"billingMode": "PROVISIONED"}, "aws:appautoscaling/target:Target", nil), ""},
			{one(table, inputs{"billingMode": "PROVISIONED"}), "without autoscaling"},
		},
		"DynamoDB.2": {{one(table, inputs{"pointInTimeRecovery": inputs{"enabled": true}}), ""}, {one(table, nil), "pointInTimeRecovery.enabled = nothing, want true"}},
		"DynamoDB.6": {{one(table, inputs{"deletionProtectionEnabled": true}), ""}, {one(table, inputs{"deletionProtectionEnabled": false}), "= false, want true"}},
		"EC2.2": {
			{pair(vpc, nil, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", nil), ""},
			{pair(vpc, nil, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", inputs{"egress": list{inputs{}}}), "no DefaultSecurityGroup"},
			{one(vpc, nil), "no DefaultSecurityGroup"},
		},
		"EC2.6":  {{pair(vpc, nil, "aws:ec2/flowLog:FlowLog", nil), ""}, {one(vpc, nil), "no FlowLog"}},
		"EC2.15": {{one("aws:ec2/subnet:Subnet", nil), ""}, {one("aws:ec2/subnet:Subnet", inputs{"mapPublicIpOnLaunch": true}), "mapPublicIpOnLaunch = true"}},
		"EC2.18": {
			{one(group, inputs{"ingress": list{inputs{"cidrBlocks": list{"0.0.0.0/0"}, "fromPort": 443.0, "toPort": 443.0}}}), ""},
			{one(group, inputs{"ingress": list{inputs{"cidrBlocks": list{"10.0.0.0/8"}, "fromPort": 5432.0, "toPort": 5432.0}}}), ""},
			{one(group, inputs{"ingress": list{inputs{"ipv6CidrBlocks": list{"::/0"}, "fromPort": 22.0, "toPort": 22.0}}}), "ports 22–22 are open to everybody"},
			{one(groupRule, inputs{"type": "egress", "cidrBlocks": list{"0.0.0.0/0"}}), ""},
			{one(groupRule, inputs{"type": "ingress", "cidrBlocks": list{"0.0.0.0/0"}, "fromPort": 0.0, "toPort": 443.0}), "ports 0–443"},
			{one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", inputs{"cidrIpv4": "0.0.0.0/0", "fromPort": 5432.0, "toPort": 5432.0}), "ports 5432"},
		},
		"EC2.21": {
			{one("aws:ec2/networkAcl:NetworkAcl", inputs{"ingress": list{inputs{"action": "allow", "protocol": "tcp", "cidrBlock": "0.0.0.0/0", "fromPort": 443.0, "toPort": 443.0}}}), ""},
			{one("aws:ec2/networkAcl:NetworkAcl", inputs{"ingress": list{inputs{"action": "deny", "protocol": "tcp", "cidrBlock": "0.0.0.0/0", "fromPort": 22.0, "toPort": 22.0}}}), ""},
			{one("aws:ec2/networkAcl:NetworkAcl", inputs{"ingress": list{inputs{"action": "allow", "protocol": "tcp", "cidrBlock": "0.0.0.0/0", "fromPort": 1024.0, "toPort": 65535.0}}}), "ingress[0] lets everybody reach port 22 or 3389"},
			{one("aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", inputs{"ingress": list{inputs{"action": "allow", "protocol": "-1", "ipv6CidrBlock": "::/0", "fromPort": 0.0, "toPort": 0.0}}}), "ingress[0] lets"},
			{one("aws:ec2/networkAclRule:NetworkAclRule", inputs{"ruleAction": "allow", "protocol": "6", "cidrBlock": "0.0.0.0/0", "fromPort": 22.0, "toPort": 22.0}), "lets everybody reach"},
			{one("aws:ec2/networkAclRule:NetworkAclRule", inputs{"egress": true, "ruleAction": "allow", "protocol": "-1", "cidrBlock": "0.0.0.0/0"}), ""},
		},
		"ECR.1": {
			{one(images, inputs{"imageScanningConfiguration": inputs{"scanOnPush": true}}), ""},
			{one(images, nil), "imageScanningConfiguration.scanOnPush = nothing"},
		},
		"ECR.2": {{one(images, inputs{"imageTagMutability": "IMMUTABLE"}), ""}, {one(images, inputs{"imageTagMutability": "MUTABLE"}), `imageTagMutability = "MUTABLE"`}},
		"ECR.3": {{pair(images, nil, "aws:ecr/lifecyclePolicy:LifecyclePolicy", nil), ""}, {one(images, nil), "no LifecyclePolicy"}},
		"ECS.16": {
			{one("aws:ecs/taskSet:TaskSet", nil), ""},
			{one("aws:ecs/taskSet:TaskSet", inputs{"networkConfiguration": inputs{"assignPublicIp": true}}), "assignPublicIp = true"},
		},
		"ECS.20": {
			{containers(inputs{"user": "65532:65532"}), ""},
			{containers(inputs{}), "containerDefinitions[0].user is not set"},
			{containers(inputs{"user": "0:0"}), `containerDefinitions[0].user = "0:0", want a user other than root`},
			{containers(inputs{"user": "root"}), `user = "root"`},
		},
		"ECS.2": {{one(service, inputs{"networkConfiguration": inputs{}}), ""}, {one(service, inputs{"networkConfiguration": inputs{"assignPublicIp": true}}), "assignPublicIp = true"}},
		"ECS.3": {{one(task, nil), ""}, {one(task, inputs{"pidMode": "host"}), `pidMode = "host"`}},
		"ECS.4": {{containers(inputs{}), ""}, {containers(inputs{"privileged": true}), "containerDefinitions[0].privileged = true"}, {one(task, nil), "containerDefinitions is not set"}},
		"ECS.5": {{containers(inputs{"readonlyRootFilesystem": true}), ""}, {containers(inputs{}), "readonlyRootFilesystem = nothing"}},
		"ECS.8": {
			{containers(inputs{"environment": list{inputs{"name": "TABLE", "value": "t"}}}), ""},
			{containers(inputs{"environment": list{inputs{"name": "AWS_SECRET_ACCESS_KEY", "value": "x"}}}), `environment[0].name = "AWS_SECRET_ACCESS_KEY"`},
		},
		"ECS.9":  {{containers(inputs{"logConfiguration": inputs{"logDriver": "awslogs"}}), ""}, {containers(inputs{}), "logConfiguration.logDriver is not set"}},
		"ECS.10": {{one(service, nil), ""}, {one(service, inputs{"platformVersion": "1.3.0"}), `platformVersion = "1.3.0"`}},
		"ECS.12": {
			{one("aws:ecs/cluster:Cluster", inputs{"settings": list{inputs{"name": "containerInsights", "value": "enhanced"}}}), ""},
			{one("aws:ecs/cluster:Cluster", inputs{"settings": list{inputs{"name": "containerInsights", "value": "disabled"}}}), "no setting containerInsights"},
		},
		"EventBridge.3": {{pair(bus, nil, "aws:cloudwatch/eventBusPolicy:EventBusPolicy", nil), ""}, {one(bus, nil), "no EventBusPolicy"}},
		"IAM.1":         {{one(rolePolicy, inputs{"policy": allow("*", "arn:aws:s3:::b")}), ""}, {one(rolePolicy, inputs{"policy": allow("*", "*")}), `allows "*" on "*"`}},
		"IAM.2":         {{shop{}, ""}, {one("aws:iam/userPolicy:UserPolicy", nil), "want a role"}},
		"IAM.21":        {{one(managedPolicy, inputs{"policy": allow("s3:GetObject", "*")}), ""}, {one(managedPolicy, inputs{"policy": allow(list{"s3:*"}, "*")}), "allows s3:*"}},
		"KMS.1":         {{one(managedPolicy, inputs{"policy": allow("kms:Decrypt", "arn:aws:kms:eu-central-1:1:key/a")}), ""}, {one(managedPolicy, inputs{"policy": allow("kms:Decrypt", "*")}), "decryption with all keys"}},
		"KMS.2": {
			{one(rolePolicy, inputs{"policy": allow("s3:GetObject", "*")}), ""},
			{one(rolePolicy, inputs{"policy": allow("kms:*", "arn:aws:kms:eu-central-1:1:key/*")}), "decryption with all keys"},
			{one(role, inputs{"inlinePolicies": list{inputs{"policy": allow("kms:Decrypt", "*")}}}), "decryption with all keys"},
		},
		"KMS.4":     {{one("aws:kms/key:Key", inputs{"enableKeyRotation": true}), ""}, {one("aws:kms/key:Key", nil), "enableKeyRotation = nothing"}},
		"KMS.5":     notPublic("aws:kms/key:Key", "aws:kms/keyPolicy:KeyPolicy"),
		"Kinesis.1": {{one(stream, inputs{"encryptionType": "KMS"}), ""}, {one(stream, nil), `encryptionType = nothing, want "KMS"`}},
		"Kinesis.3": {{one(stream, inputs{"retentionPeriod": 168.0}), ""}, {one(stream, inputs{"retentionPeriod": 24.0}), "retentionPeriod = 24, want at least 168"}},
		"Lambda.1": {
			{one(permission, inputs{"principal": "events.amazonaws.com"}), ""},
			{one(permission, inputs{"principal": "*"}), `principal = "*"`},
			{one(permission, inputs{"principal": "*", "principalOrgId": "o-1"}), ""},
			{one(permission, inputs{"principal": "s3.amazonaws.com", "sourceArn": "arn:aws:s3:::b"}), "sourceAccount is not set"},
			{one("aws:lambda/functionUrl:FunctionUrl", inputs{"authorizationType": "AWS_IAM"}), ""},
			{one("aws:lambda/functionUrl:FunctionUrl", inputs{"authorizationType": "NONE"}), `authorizationType = "NONE"`},
		},
		"Lambda.2": {{one(function, inputs{"runtime": "provided.al2023"}), ""}, {one(function, inputs{"runtime": "go1.x"}), `runtime = "go1.x"`}},
		"Lambda.5": {
			{one(function, inputs{"vpcConfig": inputs{"subnetIds": list{"a", "b"}}}), ""},
			{one(function, inputs{"vpcConfig": inputs{"subnetIds": list{"a"}}}), "fewer than two subnets"},
		},
		"Lambda.7": {{one(function, inputs{"tracingConfig": inputs{"mode": "Active"}}), ""}, {one(function, nil), "tracingConfig.mode = nothing"}},
		"RDS.2":    {{one(clusterInstance, nil), ""}, {one(instance, inputs{"publiclyAccessible": true}), "publiclyAccessible = true"}},
		"RDS.3":    {{one(instance, inputs{"storageEncrypted": true}), ""}, {one(instance, nil), "storageEncrypted = nothing"}},
		"RDS.6":    {{one(clusterInstance, inputs{"monitoringInterval": 60.0}), ""}, {one(clusterInstance, nil), "monitoringInterval = nothing"}},
		"RDS.7":    {{one(cluster, inputs{"deletionProtection": true}), ""}, {one(cluster, nil), "deletionProtection = nothing"}},
		"RDS.8":    {{one(instance, inputs{"deletionProtection": true}), ""}, {one(instance, nil), "deletionProtection = nothing"}},
		"RDS.10":   {{one(instance, inputs{"iamDatabaseAuthenticationEnabled": true}), ""}, {one(instance, nil), "iamDatabaseAuthenticationEnabled = nothing"}},
		"RDS.11":   {{one(cluster, inputs{"backupRetentionPeriod": 7.0}), ""}, {one(cluster, inputs{"backupRetentionPeriod": 1.0}), "backupRetentionPeriod = 1"}},
		"RDS.12":   {{one(cluster, inputs{"iamDatabaseAuthenticationEnabled": true}), ""}, {one(cluster, nil), "iamDatabaseAuthenticationEnabled = nothing"}},
		"RDS.13":   {{one(clusterInstance, nil), ""}, {one(clusterInstance, inputs{"autoMinorVersionUpgrade": false}), "autoMinorVersionUpgrade = false"}},
		"RDS.15": {
			{append(pair(cluster, nil, clusterInstance, nil), guardrails.Resource{Type: clusterInstance, Name: "reader", Dependencies: []guardrails.Reference{{Type: cluster, Name: "thing"}}}), ""},
			{pair(cluster, nil, clusterInstance, nil), "fewer than two instances"},
		},
		"RDS.17": {{one(instance, inputs{"copyTagsToSnapshot": true}), ""}, {one(instance, nil), "copyTagsToSnapshot = nothing"}},
		"RDS.25": {{one(instance, inputs{"username": "shopkeeper"}), ""}, {one(instance, inputs{"username": "admin"}), `username = "admin"`}},
		"RDS.43": {{one("aws:rds/proxy:Proxy", inputs{"requireTls": true}), ""}, {one("aws:rds/proxy:Proxy", nil), "requireTls = nothing"}},
		"RDS.16": {{one(cluster, inputs{"copyTagsToSnapshot": true}), ""}, {one(cluster, nil), "copyTagsToSnapshot = nothing"}},
		"RDS.24": {{one(cluster, inputs{"masterUsername": "shopkeeper"}), ""}, {one(cluster, inputs{"masterUsername": "postgres"}), `masterUsername = "postgres"`}},
		"RDS.27": {{one(cluster, inputs{"storageEncrypted": true}), ""}, {one(cluster, nil), "storageEncrypted = nothing"}},
		"RDS.37": {
			{one(cluster, inputs{"engine": "aurora-postgresql", "enabledCloudwatchLogsExports": list{"postgresql"}}), ""},
			{one(cluster, inputs{"engine": "aurora-postgresql"}), "has no postgresql"},
		},
		"S3.1": {{one("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", blocked), ""}, {one("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", nil), "does not block all public access"}},
		"S3.2": {
			{one("aws:s3/bucketPolicy:BucketPolicy", inputs{"policy": private}), ""},
			{one("aws:s3/bucketPolicy:BucketPolicy", inputs{"policy": everybody("s3:PutObject")}), ""},
			{one("aws:s3/bucketPolicy:BucketPolicy", inputs{"policy": everybody("s3:GetObject")}), "the policy lets everybody s3:GetObject"},
			{one("aws:s3/bucketAclV2:BucketAclV2", inputs{"acl": "private"}), ""},
			{one("aws:s3/bucketAclV2:BucketAclV2", inputs{"acl": "authenticated-read"}), `acl = "authenticated-read"`},
			{one(oldBucket, inputs{"acl": "public-read", "policy": everybody("s3:*")}), `acl = "public-read", want another value; the policy lets everybody s3:*`},
		},
		"S3.3": {
			{one("aws:s3/bucketPolicy:BucketPolicy", inputs{"policy": everybody("s3:GetObject")}), ""},
			{one("aws:s3/bucketPolicy:BucketPolicy", inputs{"policy": everybody("s3:PutObject")}), "the policy lets everybody s3:PutObject"},
			{one("aws:s3/bucketAclV2:BucketAclV2", inputs{"acl": "public-read"}), ""},
			{one("aws:s3/bucketAclV2:BucketAclV2", inputs{"acl": "public-read-write"}), `acl = "public-read-write"`},
		},
		"S3.6": {
			{one("aws:s3/bucketPolicy:BucketPolicy", inputs{"policy": tls}), ""},
			{one("aws:s3/bucketPolicy:BucketPolicy", inputs{"policy": account("s3:GetObject")}), ""},
			{one("aws:s3/bucketPolicy:BucketPolicy", inputs{"policy": account("s3:PutBucketPolicy")}), "the policy lets accounts s3:PutBucketPolicy"},
		},
		"S3.19": {
			{one("aws:s3/accessPoint:AccessPoint", nil), ""},
			{one("aws:s3/accessPoint:AccessPoint", inputs{"publicAccessBlockConfiguration": blocked}), ""},
			{one("aws:s3/accessPoint:AccessPoint", inputs{"publicAccessBlockConfiguration": inputs{"blockPublicPolicy": false}}), "publicAccessBlockConfiguration.blockPublicPolicy = false, want true"},
		},
		"S3.5": {
			{pair(bucket, nil, "aws:s3/bucketPolicy:BucketPolicy", inputs{"policy": plainHTTP(inputs{"Effect": "Deny", "Principal": "*", "Action": "s3:*",
				"Resource": list{"arn:aws:s3:::b", "arn:aws:s3:::b/*"}, "Condition": inputs{"Bool": inputs{"aws:SecureTransport": "false"}}})}), ""},
			{pair(bucket, nil, "aws:s3/bucketPolicy:BucketPolicy", inputs{"policy": plainHTTP(inputs{"Effect": "Deny", "Principal": "*", "Action": "s3:*",
				"Resource": "arn:aws:s3:::b/uploads/*", "Condition": inputs{"Bool": inputs{"aws:SecureTransport": "false"}}})}), "no bucket policy denies"},
			{pair(bucket, nil, "aws:s3/bucketPolicy:BucketPolicy", inputs{"policy": tls}), ""},
			{pair(bucket, nil, "aws:s3/bucketPolicy:BucketPolicy", inputs{"policy": private}), "no bucket policy denies"},
			{one(bucket, nil), "no bucket policy denies"},
		},
		"S3.8": {
			{pair(bucket, nil, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", blocked), ""},
			{pair(bucket, nil, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", inputs{"blockPublicAcls": true}), "all four settings true"},
			{pair(oldBucket, nil, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", blocked), ""},
			{one(oldBucket, nil), "no BucketPublicAccessBlock"},
		},
		"S3.9": {{pair(bucket, nil, "aws:s3/bucketLoggingV2:BucketLoggingV2", nil), ""}, {one(bucket, nil), "no BucketLogging"}, {one(oldBucket, inputs{"logging": inputs{"targetBucket": "logs"}}), ""}, {one(oldBucket, nil), "no BucketLogging"}},
		"S3.12": {
			{pair(bucket, nil, "aws:s3/bucketOwnershipControls:BucketOwnershipControls", inputs{"rule": inputs{"objectOwnership": "BucketOwnerEnforced"}}), ""},
			{pair(bucket, nil, "aws:s3/bucketOwnershipControls:BucketOwnershipControls", inputs{"rule": inputs{"objectOwnership": "ObjectWriter"}}), "BucketOwnerEnforced"},
		},
		"S3.13":            {{pair(bucket, nil, "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", nil), ""}, {one(bucket, nil), "no lifecycle configuration"}, {one(oldBucket, inputs{"lifecycleRules": list{inputs{}}}), ""}},
		"SecretsManager.1": {{pair(secret, nil, rotation, nil), ""}, {one(secret, nil), "no SecretRotation"}},
		"SecretsManager.4": {
			{one(rotation, inputs{"rotationRules": inputs{"automaticallyAfterDays": 30.0}}), ""},
			{one(rotation, inputs{"rotationRules": inputs{"scheduleExpression": "rate(10 days)"}}), ""},
			{one(rotation, inputs{"rotationRules": inputs{"automaticallyAfterDays": 91.0}}), "automaticallyAfterDays = 91"},
		},
		"SNS.1": {{one(topic, inputs{"kmsMasterKeyId": "alias/aws/sns"}), ""}, {one(topic, nil), "kmsMasterKeyId is not set"}},
		"SNS.4": notPublic(topic, "aws:sns/topicPolicy:TopicPolicy"),
		"SQS.1": {{one(queue, inputs{"sqsManagedSseEnabled": true}), ""}, {one(queue, inputs{"sqsManagedSseEnabled": false}), "sqsManagedSseEnabled = false"}, {one(queue, nil), ""}},
		"SQS.3": notPublic(queue, "aws:sqs/queuePolicy:QueuePolicy"),
		"StepFunctions.1": {
			{one("aws:sfn/stateMachine:StateMachine", inputs{"loggingConfiguration": inputs{"level": "ALL"}}), ""},
			{one("aws:sfn/stateMachine:StateMachine", inputs{"loggingConfiguration": inputs{"level": "OFF"}}), `level = "OFF"`},
		},
		"WAF.10": {{one("aws:wafv2/webAcl:WebAcl", inputs{"rules": list{inputs{}}}), ""}, {one("aws:wafv2/webAcl:WebAcl", nil), "rules is not set"}},
		"WAF.12": {
			{one("aws:wafv2/webAcl:WebAcl", inputs{"visibilityConfig": inputs{"cloudwatchMetricsEnabled": true}}), ""},
			{one("aws:wafv2/webAcl:WebAcl", inputs{"visibilityConfig": inputs{"cloudwatchMetricsEnabled": true}, "rules": list{inputs{"visibilityConfig": inputs{"cloudwatchMetricsEnabled": false}}}}),
				"rules[0].visibilityConfig.cloudwatchMetricsEnabled = false"},
		},
		"Shop.WildcardAction": {
			{one(rolePolicy, inputs{"policy": allow(list{"dynamodb:Query"}, "arn:aws:dynamodb:eu-central-1:1:table/t")}), ""},
			{one(rolePolicy, inputs{"policy": allow("dynamodb:Get*", "x")}), "allows dynamodb:Get*"},
			{one(rolePolicy, inputs{"policy": policy(tb, inputs{"Effect": "Allow", "NotAction": "iam:*", "Resource": "x"})}), "NotAction"},
			{one(rolePolicy, inputs{"policy": policy(tb, inputs{"Effect": "Deny", "Action": "*", "Resource": "*"})}), ""},
			{one(rolePolicy, inputs{"policy": inputs{"Statement": inputs{"Effect": "Allow", "Action": "s3:?", "Resource": "x"}}}), "allows s3:?"},
			{one(rolePolicy, inputs{"policy": `{"Statement": 1}`}), "no statements that can be read"},
		},
		"Shop.WildcardResource": {
			{one(rolePolicy, inputs{"policy": allow("xray:PutTraceSegments", "*")}), ""},
			{one(rolePolicy, inputs{"policy": allow("s3:GetObject", "arn:aws:s3:::media/*")}), ""},
			{one(rolePolicy, inputs{"policy": allow("ec2:DeleteNetworkInterface", "arn:aws:ec2:eu-central-1:123456789012:*/*")}), ""},
			{one(rolePolicy, inputs{"policy": allow("ec2:DeleteNetworkInterface", "*")}), "allows ec2:DeleteNetworkInterface on *"},
			{one(rolePolicy, inputs{"policy": allow("ec2:DeleteVolume", "arn:aws:ec2:eu-central-1:123456789012:*/*")}), "want the ARN of a named resource"},
			{one(rolePolicy, inputs{"policy": allow("s3:GetObject", "*")}), "allows s3:GetObject on *"},
			{one(rolePolicy, inputs{"policy": allow("dynamodb:Query", "arn:aws:dynamodb:eu-central-1:1:*")}), "want the ARN of a named resource"},
			{one(rolePolicy, inputs{"policy": allow("dynamodb:Query", "arn:aws:dynamodb:eu-central-1:1:table/*")}), "want the ARN of a named resource"},
			{one(rolePolicy, inputs{"policy": allow("dynamodb:Query", "arn:aws:dynamodb:eu-central-1:1:table/orders*")}), "want the ARN of a named resource"},
			{one(rolePolicy, inputs{"policy": allow("s3:GetObject", "arn:aws:s3:::*/uploads/*")}), "want the ARN of a named resource"},
			{one(rolePolicy, inputs{"policy": allow("logs:DescribeLogGroups", "arn:aws:logs:eu-central-1:1:log-group:*")}), ""},
			{one(rolePolicy, inputs{"policy": policy(tb, inputs{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "x"})}), "NotResource"},
		},
		"Shop.ManagedPolicy": {
			{one(role, nil), ""},
			{one(role, inputs{"managedPolicyArns": list{"arn:aws:iam::aws:policy/AdministratorAccess"}}), "AdministratorAccess\" is attached"},
			{one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", inputs{"policyArn": "arn:aws:iam::aws:policy/service-role/X"}), "is attached, want grants"},
			{one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", inputs{"policyArn": "arn:aws:iam::123456789012:policy/own"}), ""},
		},
		"Shop.RolePolicySize": {
			{append(pair(role, nil, rolePolicy, inputs{"policy": strings.Repeat("x", 5000)}), other(role, rolePolicy, inputs{"policy": strings.Repeat("x", 5240) + " \n"})), ""},
			{append(pair(role, nil, rolePolicy, inputs{"policy": strings.Repeat("x", 5000)}), other(role, rolePolicy, inputs{"policy": strings.Repeat("x", 5241)})), "its policies have 10241 characters, want at most 10240"},
		},
		"Shop.RoleTrust": {
			{one(role, trust(inputs{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": inputs{"Service": "lambda.amazonaws.com"}})), ""},
			{one(role, trust(inputs{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": inputs{"Service": list{"lambda.amazonaws.com", "ec2.amazonaws.com"}}})), "other principals than one service"},
			{one(role, trust(inputs{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": inputs{"AWS": "arn:aws:iam::1:root"}})), "other principals than one service"},
			{one(role, trust(inputs{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": inputs{"Federated": "cognito-identity.amazonaws.com"}})), "want a condition on cognito-identity.amazonaws.com:aud"},
			{one(role, trust(inputs{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": inputs{"Federated": "cognito-identity.amazonaws.com"},
				"Condition": inputs{"StringEquals": inputs{"cognito-identity.amazonaws.com:aud": "pool"}}})), ""},
		},
		"Shop.InvokePermission": {
			{one(permission, inputs{"action": "lambda:InvokeFunction", "sourceArn": "arn"}), ""},
			{one(permission, inputs{"action": "lambda:*"}), `sourceArn is not set, want the caller's ARN; action = "lambda:*"`},
		},
		"Shop.AsyncFailure": {
			{append(pair(function, nil, permission, inputs{"principal": "events.amazonaws.com"}), other(function, asyncConfig, inputs{"destinationConfig": inputs{"onFailure": inputs{"destination": "arn"}}})), ""},
			{pair(function, inputs{"deadLetterConfig": inputs{"targetArn": "arn"}}, permission, inputs{"principal": "s3.amazonaws.com"}), ""},
			{pair(function, nil, permission, inputs{"principal": "sns.amazonaws.com"}), "no FunctionEventInvokeConfig with destinationConfig.onFailure"},
			{pair(function, nil, "aws:scheduler/schedule:Schedule", nil), "no FunctionEventInvokeConfig with destinationConfig.onFailure"},
			{shop{res(function, nil), other(function, "aws:lambda/alias:Alias", nil), {Type: "aws:scheduler/schedule:Schedule", Name: "nightly",
				Dependencies: []guardrails.Reference{{Type: "aws:lambda/alias:Alias", Name: "other"}}}}, "no FunctionEventInvokeConfig with destinationConfig.onFailure"},
			{pair(function, nil, asyncConfig, inputs{"maximumRetryAttempts": 0.0}), "no FunctionEventInvokeConfig with destinationConfig.onFailure"},
		},
		"Shop.StreamFailure": {
			{one(eventSource, inputs{"eventSourceArn": "arn:aws:kinesis:eu-central-1:1:stream/s", "destinationConfig": inputs{"onFailure": inputs{"destinationArn": "arn"}}}), ""},
			{one(eventSource, inputs{"eventSourceArn": "arn:aws:dynamodb:eu-central-1:1:table/t/stream/x"}), "destinationConfig.onFailure.destinationArn is not set"},
			{shop{of(stream, res(eventSource, inputs{"eventSourceArn": guardrails.Unknown{}})), whole(stream, nil)}, "destinationConfig.onFailure.destinationArn is not set"},
		},
		"Shop.DeliveryFailure": {
			{one("aws:cloudwatch/eventTarget:EventTarget", inputs{"deadLetterConfig": inputs{"arn": "arn"}}), ""},
			{one("aws:cloudwatch/eventTarget:EventTarget", nil), "deadLetterConfig.arn is not set"},
			{one("aws:scheduler/schedule:Schedule", inputs{"target": inputs{"deadLetterConfig": inputs{"arn": "arn"}}}), ""},
			{one("aws:scheduler/schedule:Schedule", nil), "target.deadLetterConfig.arn is not set"},
			{one(subscription, inputs{"protocol": "sqs", "redrivePolicy": "{}"}), ""},
			{one(subscription, inputs{"protocol": "sqs"}), "redrivePolicy is not set"},
		},
		"Shop.QueueRedrive": {
			{one(queue, inputs{"redrivePolicy": "{}"}), ""},
			{shop{res(queue, nil), other(queue, queue, inputs{"redrivePolicy": guardrails.Unknown{}})}, "other"},
			{pair(queue, nil, asyncConfig, inputs{"destinationConfig": inputs{"onFailure": inputs{"destination": "arn"}}}), ""},
			{pair(queue, nil, "aws:sqs/redrivePolicy:RedrivePolicy", inputs{"redrivePolicy": "{}"}), ""},
			{pair(queue, nil, "aws:sqs/queuePolicy:QueuePolicy", nil), "nothing sends its failures here"},
		},
		"Shop.LogRetention": {{one("aws:cloudwatch/logGroup:LogGroup", inputs{"retentionInDays": 30.0}), ""}, {one("aws:cloudwatch/logGroup:LogGroup", nil), "retentionInDays = nothing"}, {one("aws:cloudwatch/logGroup:LogGroup", inputs{"retentionInDays": 7.0}), "retentionInDays = 7, want at least 30"}},
		"Shop.LogGroup":     {{one(function, inputs{"loggingConfig": inputs{"logGroup": "g"}}), ""}, {one(function, nil), "loggingConfig.logGroup is not set"}},
		"Shop.Secrets": {
			{one(function, inputs{"environment": inputs{"variables": inputs{"PRODUCTS_TABLE": "products-1a2b3c4"}}}), ""},
			{one(function, inputs{"environment": inputs{"variables": inputs{"DB_PASSWORD": "hunter2"}}}), "DB_PASSWORD looks like a secret (by its name)"},
			{one(function, inputs{"environment": inputs{"variables": guardrails.Secret{Value: inputs{"PROVIDER": "hunter2"}}}}), "a variable looks like a secret"},
		},
		"Shop.Tags": {
			{one("pulumi:providers:aws", inputs{"defaultTags": inputs{"tags": inputs{"project": "p", "stack": "s"}}}), ""},
			{one("pulumi:providers:aws", inputs{"defaultTags": `{"tags": {"project": "p"}}`}), "defaultTags.tags.stack is not set"},
		},
	}
}

// verdict judges the thing of an example by one rule. Nothing is returned if the rule is not about it.
func verdict(tb testing.TB, id string, s shop) []guardrails.Judgement {
	tb.Helper()
	all := guardrails.Rules()
	i := slices.IndexFunc(all, func(r guardrails.Rule) bool { return r.ID == id })
	require.GreaterOrEqual(tb, i, 0, "no rule %s", id)
	stack := &guardrails.Stack{Name: "s", Project: "p", Resources: s, Config: map[string]string{"aws:defaultTags": `{"tags": {"project": "p", "stack": "s"}}`, "p:logRetentionDays": "30"}}
	return slices.DeleteFunc(guardrails.Judge(all[i:i+1], stack, nil, now).Judgements, func(j guardrails.Judgement) bool { return j.Resource.Name != "thing" })
}

func TestRules(t *testing.T) {
	cases := examples(t)
	for _, rule := range guardrails.Rules() {
		t.Run(rule.ID, func(t *testing.T) {
			passed, failed := 0, 0
			for i, example := range cases[rule.ID] {
				judged := verdict(t, rule.ID, example.shop)
				if example.problem == "other" { // the thing passes, since another resource needs it
					example.problem = ""
				}
				if example.problem == "" {
					passed++
					for _, j := range judged {
						require.Empty(t, j.Problems, "example %d", i)
						require.False(t, j.Undecided, "example %d", i)
					}
					continue
				}
				failed++
				require.Len(t, judged, 1, "example %d", i)
				require.Contains(t, joined(judged[0].Problems), example.problem, "example %d", i)
			}
			require.Positive(t, passed, "an example that passes")
			require.Positive(t, failed, "an example that fails")
		})
	}
}

// TestRules_TellReferencesFromAnOrder has a companion that only waits for the thing: it is another's.
func TestRules_TellReferencesFromAnOrder(t *testing.T) {
	const block = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	waiting := guardrails.Resource{Type: block, Name: "others", Dependencies: []guardrails.Reference{{Type: bucket, Name: "thing"}, {Type: bucket, Name: "other"}},
		Inputs: inputs{"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true}}
	things := shop{res(bucket, nil), {Type: bucket, Name: "other"}, waiting}
	require.NotEmpty(t, verdict(t, "S3.8", things)[0].Problems, "the other's")

	own := waiting
	own.Name, own.Dependencies = "own", []guardrails.Reference{{Type: bucket, Name: "other"}}
	require.Empty(t, verdict(t, "S3.8", append(things, own))[0].Problems, "the other has one of its own, so this one is the thing's")
}

// TestRules_EveryMessageTellsTheWayOut breaks every rule and takes the message at its word: it names resource, rule and reason, and the waiver
// in it, copied as it stands, accepts this and nothing else.
func TestRules_EveryMessageTellsTheWayOut(t *testing.T) {
	cases := examples(t)
	for _, rule := range guardrails.Rules() {
		for i, example := range cases[rule.ID] {
			if example.problem == "" || example.problem == "other" {
				continue
			}
			s := &guardrails.Stack{Name: "s", Project: "p", Resources: example.shop, Config: map[string]string{"p:logRetentionDays": "30"}}
			judge := func(waivers ...guardrails.Waiver) []string {
				return guardrails.Judge([]guardrails.Rule{rule}, s, waivers, now).Errors()
			}
			ofThing := func(errs []string) []string {
				return slices.DeleteFunc(errs, func(e string) bool { return !strings.HasPrefix(e, "thing (") })
			}
			found := ofThing(judge())
			require.Len(t, found, 1, "%s, example %d", rule.ID, i)
			for _, want := range []string{"breaks " + rule.ID + ": ", "rule: " + rule.Title, "why:  " + rule.Why, "in Pulumi.s.yaml under p:waivers with"} {
				require.Contains(t, found[0], want)
			}
			_, suggested, _ := strings.Cut(found[0], "waivers with\n")
			var waivers []guardrails.Waiver
			require.NoError(t, yaml.Unmarshal([]byte(suggested), &waivers), rule.ID)
			text, err := json.Marshal(waivers)
			require.NoError(t, err)
			parsed, err := guardrails.ParseWaivers(string(text), guardrails.Rules())
			require.NoError(t, err, rule.ID)
			require.Len(t, judge(parsed...), len(judge())-1, "%s, example %d", rule.ID, i)
			require.Empty(t, ofThing(judge(parsed...)), "%s, example %d", rule.ID, i)
		}
	}
}

func joined(problems []string) string {
	return strings.Join(problems, "; ")
}

// TestRules_UnknownValuesAreNoViolation replaces all inputs of every good example by values that only the deployment will tell.
func TestRules_UnknownValuesAreNoViolation(t *testing.T) {
	for id, cases := range examples(t) {
		for i, example := range cases {
			if example.problem != "" {
				continue
			}
			unknown := slices.Clone(example.shop)
			for n, r := range unknown {
				unknown[n].Inputs = inputs{}
				for key := range r.Inputs {
					unknown[n].Inputs[key] = guardrails.Unknown{}
				}
			}
			for _, j := range verdict(t, id, unknown) {
				require.Empty(t, j.Problems, "%s, example %d", id, i)
			}
		}
	}
}

// TestRules_JudgeUnknownValuesLater holds for rules on one value of which nothing is known yet.
func TestRules_JudgeUnknownValuesLater(t *testing.T) {
	for id, r := range map[string]guardrails.Resource{
		"DynamoDB.6":          res(table, inputs{"deletionProtectionEnabled": guardrails.Unknown{}}),
		"DynamoDB.2":          res(table, inputs{"pointInTimeRecovery": guardrails.Unknown{}}),
		"Shop.WildcardAction": res(rolePolicy, inputs{"policy": guardrails.Unknown{}}),
		"Shop.Secrets":        res(function, inputs{"environment": inputs{"variables": inputs{"X": guardrails.Unknown{}}}}),
		"ECS.5":               res(task, inputs{"containerDefinitions": guardrails.Unknown{}}),
		"Kinesis.3":           res(stream, inputs{"retentionPeriod": guardrails.Unknown{}}),
		"Shop.ManagedPolicy":  res("aws:iam/rolePolicyAttachment:RolePolicyAttachment", inputs{"policyArn": guardrails.Unknown{}}),
	} {
		judged := verdict(t, id, shop{r})
		require.Len(t, judged, 1, id)
		require.True(t, judged[0].Undecided, id)
		require.Empty(t, judged[0].Problems, id)
	}
	judged := verdict(t, "Shop.RolePolicySize", pair(role, nil, rolePolicy, inputs{"policy": guardrails.Unknown{}}))
	require.True(t, judged[0].Undecided)
}

func TestRules_LeaveOutWhatTheyAreNotAbout(t *testing.T) {
	webSocket := whole(httpAPI, inputs{"protocolType": "WEBSOCKET"})
	for id, s := range map[string]shop{
		"APIGateway.1":         one(httpStage, nil),
		"APIGateway.5":         one(restSettings, inputs{"settings": inputs{}}),
		"APIGateway.8":         {of(httpAPI, res(httpRoute, inputs{"routeKey": "order-status"})), webSocket},
		"APIGateway.10":        one("aws:apigatewayv2/integration:Integration", nil),
		"CloudFront.8":         one(distribution, nil),
		"KMS.4":                one("aws:kms/key:Key", inputs{"customerMasterKeySpec": "RSA_4096"}),
		"Lambda.2":             one(function, inputs{"packageType": "Image"}),
		"Lambda.5":             one(function, nil),
		"RDS.37":               one(cluster, inputs{"engine": "aurora-mysql"}),
		"Shop.AsyncFailure":    append(pair(function, nil, permission, inputs{"principal": "apigateway.amazonaws.com"}), other(function, "aws:scheduler/schedule:Schedule", inputs{"target": inputs{"input": `{"keepWarm": "ping"}`}})),
		"Shop.StreamFailure":   one(eventSource, inputs{"eventSourceArn": "arn:aws:sqs:eu-central-1:1:q"}),
		"Shop.DeliveryFailure": one(subscription, inputs{"protocol": "email"}),
	} {
		require.Empty(t, verdict(t, id, s), id)
	}
}

func TestRules_SayWhatTheyAre(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range guardrails.Rules() {
		require.False(t, seen[rule.ID], "%s is there twice", rule.ID)
		seen[rule.ID] = true
		require.NotEmpty(t, rule.Title, rule.ID)
		require.NotEmpty(t, rule.Why, rule.ID)
		require.NotEmpty(t, rule.Source, rule.ID)
		require.NotEmpty(t, rule.Types, rule.ID)
		require.Contains(t, []guardrails.Severity{guardrails.Critical, guardrails.High, guardrails.Medium, guardrails.Low}, rule.Severity, rule.ID)
		require.NotContains(t, guardrails.Retired(), rule.ID)
	}
	dynamo := guardrails.Rule{ID: "DynamoDB.2", Source: "AWS FSBP"}
	require.Equal(t, "https://docs.aws.amazon.com/securityhub/latest/userguide/dynamodb-controls.html#dynamodb-2", dynamo.Link())
}

func TestSecrets(t *testing.T) {
	for name, test := range map[string]struct {
		key   string
		value any
		why   string
	}{
		"a name":               {"STRIPE_API_KEY", "x", "by its name"},
		"a token":              {"TOKEN", "abc", "by its name"},
		"an unknown value":     {"DB_PASSWORD", guardrails.Unknown{}, "by its name"},
		"a marked value":       {"X", guardrails.Secret{Value: "x"}, "the program marks it as one"},
		"an AWS key":           {"X", "AKIAIOSFODNN7EXAMPLE", "an AWS access key"},
		"a private key":        {"X", "-----BEGIN RSA PRIVATE KEY-----\nx", "a private key"},
		"a JWT":                {"X", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x", "a JSON Web Token"},
		"a GitHub token":       {"X", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "a GitHub token"},
		"a payment key":        {"X", "sk_test_0123456789ab", "a payment provider's key"},
		"a URL with password":  {"X", "postgres://shop:hunter2@db/shop", "a URL with a password"},
		"random text":          {"X", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "by its randomness"},
		"where a secret is":    {"DB_PASSWORD_ARN", "arn:aws:secretsmanager:eu-central-1:1:secret:db", ""},
		"a switch":             {"PASSWORD_RESET", "true", ""},
		"a number":             {"TOKEN", "3", ""},
		"an emulator's key":    {"SECRET_KEY", "test", ""},
		"nothing":              {"TOKEN", "", ""},
		"a pool's id":          {"ACCOUNTS_USER_POOL_ID", "eu-central-1_AbCdEfGhIjKlMnOpQr", ""},
		"a URL":                {"QUEUE", "https://sqs.eu-central-1.amazonaws.com/123456789012/orders", ""},
		"a long physical name": {"TABLE", "shop-production-customers-by-name-1a2b3c4", ""},
	} {
		judged := verdict(t, "Shop.Secrets", one(function, inputs{"environment": inputs{"variables": inputs{test.key: test.value}}}))
		require.Len(t, judged, 1)
		if test.why == "" {
			require.Empty(t, judged[0].Problems, name)
			continue
		}
		require.Contains(t, joined(judged[0].Problems), test.key+" looks like a secret ("+test.why+")", name)
		require.NotContains(t, joined(judged[0].Problems), "hunter2", "the message must not tell the secret")
	}
	judged := verdict(t, "Shop.Secrets", one(task, inputs{"containerDefinitions": `[{"environment": [{"name": "DB_PASSWORD", "value": "x"}]}]`}))
	require.Contains(t, joined(judged[0].Problems), "DB_PASSWORD looks like a secret")
}
