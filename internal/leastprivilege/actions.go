package leastprivilege

import "fmt"

// prefixes are the IAM service prefixes of the SDK's packages (Service Authorization Reference).
var prefixes = map[string]string{
	"appsync":                 "appsync",
	"cloudwatch":              "cloudwatch",
	"cloudwatchlogs":          "logs",
	"cognitoidentityprovider": "cognito-idp",
	"dynamodb":                "dynamodb",
	"ecs":                     "ecs",
	"eventbridge":             "events",
	"kinesis":                 "kinesis",
	"lambda":                  "lambda",
	"rdsdata":                 "rds-data",
	"s3":                      "s3",
	"scheduler":               "scheduler",
	"secretsmanager":          "secretsmanager",
	"sesv2":                   "ses",
	"sfn":                     "states",
	"sns":                     "sns",
	"sqs":                     "sqs",
	"ssm":                     "ssm",
	"sts":                     "sts",
}

// renamed are the operations whose actions have other names, or that need several; none means that it cannot be told (Service Authorization
// Reference, and "Required permissions for Amazon S3 API operations").
var renamed = map[string][]string{
	"apigatewaymanagementapi.DeleteConnection": {"execute-api:ManageConnections"},
	"apigatewaymanagementapi.GetConnection":    {"execute-api:ManageConnections"},
	"apigatewaymanagementapi.PostToConnection": {"execute-api:ManageConnections"},
	"dynamodb.BatchExecuteStatement":           nil,
	"dynamodb.ExecuteStatement":                nil,
	"dynamodb.ExecuteTransaction":              nil,
	"ecs.RunTask":                              {"ecs:RunTask", "iam:PassRole"},
	"ecs.StartTask":                            {"ecs:StartTask", "iam:PassRole"},
	"lambda.Invoke":                            {"lambda:InvokeFunction"},
	"lambda.InvokeWithResponseStream":          {"lambda:InvokeFunction"},
	"rdsdata.BatchExecuteStatement":            {"rds-data:BatchExecuteStatement", "secretsmanager:GetSecretValue"},
	"rdsdata.BeginTransaction":                 {"rds-data:BeginTransaction", "secretsmanager:GetSecretValue"},
	"rdsdata.CommitTransaction":                {"rds-data:CommitTransaction", "secretsmanager:GetSecretValue"},
	"rdsdata.ExecuteStatement":                 {"rds-data:ExecuteStatement", "secretsmanager:GetSecretValue"},
	"rdsdata.RollbackTransaction":              {"rds-data:RollbackTransaction", "secretsmanager:GetSecretValue"},
	"s3.CompleteMultipartUpload":               {"s3:PutObject"},
	"s3.CopyObject":                            {"s3:GetObject", "s3:PutObject"},
	"s3.CreateMultipartUpload":                 {"s3:PutObject"},
	"s3.DeleteObjects":                         {"s3:DeleteObject"},
	"s3.GetObjectAttributes":                   {"s3:GetObject", "s3:GetObjectAttributes"},
	"s3.HeadBucket":                            {"s3:ListBucket"},
	"s3.ListBuckets":                           {"s3:ListAllMyBuckets"},
	"s3.ListMultipartUploads":                  {"s3:ListBucketMultipartUploads"},
	"s3.ListObjectVersions":                    {"s3:ListBucketVersions"},
	"s3.ListObjects":                           {"s3:ListBucket"},
	"s3.ListObjectsV2":                         {"s3:ListBucket"},
	"s3.ListParts":                             {"s3:ListMultipartUploadParts"},
	"s3.PostObject":                            {"s3:PutObject"}, // only presigned, for HTML forms
	"s3.SelectObjectContent":                   {"s3:GetObject"},
	"s3.UploadPart":                            {"s3:PutObject"},
	"s3.UploadPartCopy":                        {"s3:GetObject", "s3:PutObject"},
	"scheduler.CreateSchedule":                 {"iam:PassRole", "scheduler:CreateSchedule"},
	"scheduler.UpdateSchedule":                 {"iam:PassRole", "scheduler:UpdateSchedule"},
	"secretsmanager.BatchGetSecretValue":       {"secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"},
	"sns.PublishBatch":                         {"sns:Publish"},
	"sqs.ChangeMessageVisibilityBatch":         {"sqs:ChangeMessageVisibility"},
	"sqs.DeleteMessageBatch":                   {"sqs:DeleteMessage"},
	"sqs.SendMessageBatch":                     {"sqs:SendMessage"},
}

// iamActions translates an SDK operation to the IAM actions that it needs.
func iamActions(service, operation string) ([]string, error) {
	if actions, found := renamed[service+"."+operation]; found {
		if actions == nil {
			return nil, fmt.Errorf("reaches %s.%s, whose actions depend on a statement's text: use the operations for items", service, operation)
		}
		return actions, nil
	}
	prefix, known := prefixes[service]
	if !known {
		return nil, fmt.Errorf("reaches %s.%s: add the service's IAM prefix to package leastprivilege", service, operation)
	}
	return []string{prefix + ":" + operation}, nil
}
