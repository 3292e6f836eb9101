package resources

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const outputs = `{"siteUrl":"https://x","operations":{
	"tables":{"orders":"o-1","orderViews":"v-1","sales":"s-1","payments":"p-1","shipments":"h-1","notifications":"n-1"},
	"logGroups":{"health":"/aws/lambda/health-1"},"orderFlow":"arn:aws:states:eu-west-1:123456789012:stateMachine:order-flow-1",
	"bus":{"arn":"arn:aws:events:eu-west-1:123456789012:event-bus/shop-1","archiveArn":""},"rules":{"r":"arn:r"},"archiveBucket":"a-1",
	"deadLetterQueues":{"payments-dlq":{"url":"https://sqs/q","what":"Messages failed.","kind":"queue","targets":["https://sqs/p"],"filters":[]}}}}`

func TestParse(t *testing.T) {
	r, err := Parse([]byte(outputs))
	require.NoError(t, err)
	require.Equal(t, "o-1", r.Tables.Orders)
	require.Equal(t, "eu-west-1", r.Region())
	require.Equal(t, DeadLetterQueue{URL: "https://sqs/q", What: "Messages failed.", Kind: "queue", Targets: []string{"https://sqs/p"}, Filters: []string{}},
		r.DeadLetterQueues["payments-dlq"])
}

func TestParse_SaysWhatIsMissing(t *testing.T) {
	for text, want := range map[string]string{
		`no`:                  "want what `pulumi stack output --json` prints",
		`{"siteUrl":"x"}`:     "the stack has no output operations; deploy it",
		`{"operations":{}}`:   "the stack's output operations has no ",
		`{"operations":null}`: "the stack has no output operations",
	} {
		_, err := Parse([]byte(text))
		require.ErrorContains(t, err, want, text)
	}
}

func TestFind_TakesRegionAndEndpointFromTheEnvironment(t *testing.T) {
	file := filepath.Join(t.TempDir(), "outputs.json")
	require.NoError(t, os.WriteFile(file, []byte(outputs), 0o600))
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	_, cfg, err := Find(t.Context(), ".", "prod", file, os.Getenv)
	require.NoError(t, err)
	require.Equal(t, "eu-west-1", cfg.Region, "the stack's own")
	require.Equal(t, "http://127.0.0.1:1", *cfg.BaseEndpoint)
	t.Setenv("AWS_REGION", "us-east-2")
	_, cfg, err = Find(t.Context(), ".", "prod", file, os.Getenv)
	require.NoError(t, err)
	require.Equal(t, "us-east-2", cfg.Region)
}

func TestFind_SaysWhatToDo(t *testing.T) {
	_, _, err := Find(t.Context(), ".", "prod", "missing.json", os.Getenv)
	require.ErrorContains(t, err, "reading the stack's outputs: open missing.json")
	local := map[string]string{"SHOP_LOCAL_DIR": t.TempDir()}
	_, _, err = Find(t.Context(), ".", LocalStack, "", func(name string) string { return local[name] })
	require.ErrorContains(t, err, "is not deployed; start it with `make up`, or name another stack with --stack")
}
