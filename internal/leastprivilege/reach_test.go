package leastprivilege_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/internal/leastprivilege"
)

func TestReachable_FollowsInterfacesMethodValuesAndClosures(t *testing.T) {
	want := map[string][]string{
		"closures":    {"dynamodb:GetItem", "dynamodb:Query"},
		"nothing":     nil,
		"one-method":  {"dynamodb:DeleteItem"},
		"pages":       {"dynamodb:Scan"},
		"presigned":   {"s3:PutObject"},
		"renamed":     {"s3:GetObject", "s3:ListBucket"},
		"transaction": {"dynamodb:ConditionCheckItem", "dynamodb:PutItem"},

		"carried":  {"dynamodb:PutItem"},
		"embedded": {"dynamodb:PutItem"},
		"generic":  {"dynamodb:GetItem", "dynamodb:PutItem"},
		"lazy":     {"dynamodb:DeleteItem"},
		"loaded":   {"dynamodb:ListTables", "dynamodb:PutItem"},
		"nested":   {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"},
		"objects": {
			"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:ListBucketVersions", "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging",
		},
		"reader": {"dynamodb:GetItem", "dynamodb:Scan"},
		"stored": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan"},
		"values": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan"},

		"lent":       {"dynamodb:DescribeTable", "s3:ListBucket"},
		"mail":       {"ses:SendEmail"},
		"parts":      {"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:UpdateItem"},
		"raw-mail":   {"ses:SendRawEmail"},
		"read-parts": {"dynamodb:PutItem"},
		"messages": {
			"cognito-idp:AdminCreateUser", "dynamodb:BatchGetItem", "events:PutEvents", "s3:PutObject", "secretsmanager:GetSecretValue",
			"sns:Publish", "sqs:SendMessage", "states:SendTaskFailure", "states:SendTaskSuccess", "states:StartExecution",
		},
	}
	var programs []string // patterns with dots pass testdata by
	for name := range want {
		programs = append(programs, "./testdata/"+name)
	}
	got, err := leastprivilege.Reachable(".", programs...)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// All programs share one context and are analysed in one go, as the shop's are, and yet each reaches only what it starts.
func TestReachable_FollowsWhatFunctionsStartWith(t *testing.T) {
	want := map[string][]string{
		"start-batch":      {"dynamodb:BatchWriteItem"},
		"start-event":      {"dynamodb:PutItem"},
		"start-http":       {"dynamodb:Scan"},
		"start-other-task": {"dynamodb:DeleteItem"},
		"start-queue":      {"dynamodb:PutItem"},
		"start-stream":     {"dynamodb:Query"},
		"start-task":       {"dynamodb:UpdateItem"},
		"start-topic":      {"dynamodb:DeleteItem"},
	}
	var programs []string
	for name := range want {
		programs = append(programs, "./testdata/"+name)
	}
	got, err := leastprivilege.Reachable(".", programs...)
	require.NoError(t, err)
	require.Equal(t, want, got)
}
