package leastprivilege_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/internal/leastprivilege"
)

// The same program is held against three roles: an exact one, one with a grant too many, one with a grant too few.
func TestCompare_FindsPlantedGrantsAndCalls(t *testing.T) {
	used, err := leastprivilege.Reachable(".", "./testdata/closures")
	require.NoError(t, err)
	platform := []string{"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
	for name, test := range map[string]struct{ granted, want []string }{
		"exact":        {[]string{"dynamodb:GetItem", "dynamodb:Query"}, nil},
		"for others":   {[]string{"dynamodb:GetItem", "dynamodb:Query", "kms:Decrypt", "kms:GenerateDataKey"}, nil},
		"unused grant": {[]string{"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"}, []string{"closures: dynamodb:Scan is granted but its code never uses it: take the grant away"}},
		"ungranted":    {[]string{"dynamodb:Query"}, []string{"closures: dynamodb:GetItem is used but not granted: add the grant"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, leastprivilege.Compare(map[string][]string{"closures": append(test.granted, platform...)}, used))
		})
	}
}

func TestCompare_FindsFunctionsWithoutRolesAndRolesWithoutFunctions(t *testing.T) {
	require.Equal(t, []string{"lost: has code but no role: no stack deploys it", "ghost: has a role but no code"},
		leastprivilege.Compare(map[string][]string{"ghost": nil}, map[string][]string{"lost": nil}))
}

func TestReachable_FailsOnWhatItCannotTranslate(t *testing.T) {
	_, err := leastprivilege.Reachable(".", "./testdata/broken/statement")
	require.ErrorContains(t, err, "reaches dynamodb.ExecuteStatement, whose actions depend on a statement's text")
	_, err = leastprivilege.Reachable(".", "./testdata/broken/no-parts")
	require.ErrorContains(t, err, "reaches dynamodb.TransactWriteItems, and sets none of the fields [ConditionCheck Delete Put Update]")
	_, err = leastprivilege.Reachable(".", "./testdata/broken/template")
	require.ErrorContains(t, err, "types.EmailContent.Template, whose action is not known here")
	_, err = leastprivilege.Reachable(".", "./testdata/broken/reflected")
	require.ErrorContains(t, err, "reflected.main makes any of a *github.com/aws/aws-sdk-go-v2/service/dynamodb.Client, so that it cannot be told which operations are called")
	_, err = leastprivilege.Reachable(".", "./testdata/broken/assembly")
	require.ErrorContains(t, err, "assembly.main hands a *github.com/aws/aws-sdk-go-v2/service/dynamodb.Client to")
	_, err = leastprivilege.Reachable(".", "./testdata/broken/signed")
	require.ErrorContains(t, err, "broken/signed uses github.com/aws/aws-sdk-go-v2/aws/signer/v4, which asks AWS for things without a client's operation")
	_, err = leastprivilege.Reachable("../../examples", "github.com/serverless-shop/serverless-shop/handler") // of another module, as the examples see it
	require.ErrorContains(t, err, "github.com/serverless-shop/serverless-shop/handler of module github.com/serverless-shop/serverless-shop uses github.com/aws/aws-sdk-go-v2/aws")
	_, err = leastprivilege.Reachable(".", "./testdata/broken/compile")
	require.ErrorContains(t, err, "undefined: undefinedName")
}

func TestReport(t *testing.T) {
	require.Equal(t, "| function | action | on | used by its code |\n|---|---|---|---|\n"+
		"| get | `dynamodb:GetItem` | a<br>b | yes |\n| get | `dynamodb:Scan` | a | no |\n| get | `kms:Decrypt` | k | through services |\n| ping | none | | |\n",
		leastprivilege.Report(map[string]map[string][]string{
			"get":  {"dynamodb:GetItem": {"a", "b"}, "dynamodb:Scan": {"a"}, "kms:Decrypt": {"k"}, "logs:PutLogEvents": {"c"}},
			"ping": {"logs:PutLogEvents": {"d"}},
		}, map[string][]string{"get": {"dynamodb:GetItem"}}))
}
