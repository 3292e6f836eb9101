// Command messages uses the services by which contexts talk to each other, and those around them.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func main() {
	ctx := context.Background()
	workflows := sfn.New(sfn.Options{})
	_, _ = workflows.StartExecution(ctx, &sfn.StartExecutionInput{})
	_, _ = workflows.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{})
	_, _ = workflows.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{})
	_, _ = eventbridge.New(eventbridge.Options{}).PutEvents(ctx, &eventbridge.PutEventsInput{})
	_, _ = sns.New(sns.Options{}).PublishBatch(ctx, &sns.PublishBatchInput{})
	_, _ = sqs.New(sqs.Options{}).SendMessage(ctx, &sqs.SendMessageInput{})
	_, _ = sqs.New(sqs.Options{}).SendMessageBatch(ctx, &sqs.SendMessageBatchInput{})
	_, _ = s3.New(s3.Options{}).PutObject(ctx, &s3.PutObjectInput{})
	_, _ = cognitoidentityprovider.New(cognitoidentityprovider.Options{}).AdminCreateUser(ctx, &cognitoidentityprovider.AdminCreateUserInput{})
	_, _ = secretsmanager.New(secretsmanager.Options{}).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{})
	_, _ = dynamodb.New(dynamodb.Options{}).BatchGetItem(ctx, &dynamodb.BatchGetItemInput{})
}
