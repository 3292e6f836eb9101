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

// renamed are the operations whose action has another name (Service Authorization Reference, and "Required permissions for
// Amazon S3 API operations").
var renamed = map[string]string{
	"apigatewaymanagementapi.DeleteConnection": "execute-api:ManageConnections",
	"apigatewaymanagementapi.GetConnection":    "execute-api:ManageConnections",
	"apigatewaymanagementapi.PostToConnection": "execute-api:ManageConnections",
	"lambda.Invoke":                    "lambda:InvokeFunction",
	"s3.CopyObject":                    "s3:PutObject",
	"s3.CreateMultipartUpload":         "s3:PutObject",
	"s3.UploadPart":                    "s3:PutObject",
	"s3.CompleteMultipartUpload":       "s3:PutObject",
	"s3.DeleteObjects":                 "s3:DeleteObject",
	"s3.HeadBucket":                    "s3:ListBucket",
	"s3.HeadObject":                    "s3:GetObject",
	"s3.ListObjects":                   "s3:ListBucket",
	"s3.ListObjectsV2":                 "s3:ListBucket",
	"sns.PublishBatch":                 "sns:Publish",
	"sqs.ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
	"sqs.DeleteMessageBatch":           "sqs:DeleteMessage",
	"sqs.SendMessageBatch":             "sqs:SendMessage",
	"dynamodb.ExecuteStatement":        "",
	"dynamodb.BatchExecuteStatement":   "",
	"dynamodb.ExecuteTransaction":      "",
}

// iamAction translates an SDK operation to the IAM action that it needs.
func iamAction(service, operation string) (string, error) {
	if action, found := renamed[service+"."+operation]; found {
		if action == "" {
			return "", fmt.Errorf("reaches %s.%s, whose actions depend on a statement's text: use the operations for items", service, operation)
		}
		return action, nil
	}
	prefix, known := prefixes[service]
	if !known {
		return "", fmt.Errorf("reaches %s.%s: add the service's IAM prefix to package leastprivilege", service, operation)
	}
	return prefix + ":" + operation, nil
}
