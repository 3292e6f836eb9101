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
	}
	var programs []string // patterns with dots pass testdata by
	for name := range want {
		programs = append(programs, "./testdata/"+name)
	}
	got, err := leastprivilege.Reachable(".", programs...)
	require.NoError(t, err)
	require.Equal(t, want, got)
}
