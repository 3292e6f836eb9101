package resources

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

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
	require.Equal(t, "123456789012", r.Account())
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

func TestFind_TakesTheEndpointFromTheEnvironmentAndTheRegionFromTheStack(t *testing.T) {
	file := filepath.Join(t.TempDir(), "outputs.json")
	require.NoError(t, os.WriteFile(file, []byte(outputs), 0o600))
	signIn(t)
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	_, cfg, err := Find(t.Context(), ".", "prod", file, os.Getenv)
	require.NoError(t, err)
	require.Equal(t, "eu-west-1", cfg.Region, "the stack's own")
	require.Equal(t, "http://127.0.0.1:1", *cfg.BaseEndpoint)
	t.Setenv("AWS_REGION", "us-east-2")
	_, cfg, err = Find(t.Context(), ".", "prod", file, os.Getenv)
	require.NoError(t, err)
	require.Equal(t, "eu-west-1", cfg.Region, "nothing of the stack is anywhere else")
}

// signIn sets credentials, and no other variable of AWS.
func signIn(t *testing.T) {
	t.Helper()
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
}

func TestFind_ClientsWaitWhenTheyAreThrottled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "outputs.json")
	require.NoError(t, os.WriteFile(file, []byte(outputs), 0o600))
	signIn(t)
	_, cfg, err := Find(t.Context(), ".", "prod", file, os.Getenv)
	require.NoError(t, err)
	require.Equal(t, 10, cfg.Retryer().MaxAttempts())
	delay, err := cfg.Retryer().RetryDelay(9, errors.New("connection refused"))
	require.NoError(t, err)
	require.LessOrEqual(t, delay, 2*time.Second, "so that nobody waits for minutes to hear that the network is down")
	for name, value := range map[string]string{"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "1"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			_, cfg, err := Find(t.Context(), ".", "prod", file, os.Getenv)
			require.NoError(t, err)
			require.Nil(t, cfg.Retryer, "the operator's own choice")
		})
	}
}

func TestFind_NeedsCredentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "outputs.json")
	require.NoError(t, os.WriteFile(file, []byte(outputs), 0o600))
	signIn(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	_, _, err := Find(t.Context(), ".", "prod", file, os.Getenv)
	require.ErrorContains(t, err, "getting AWS credentials for stack prod")
	require.ErrorContains(t, err, "name a profile: AWS_PROFILE")
}

func TestFind_SaysWhatToDo(t *testing.T) {
	_, _, err := Find(t.Context(), ".", "prod", "missing.json", os.Getenv)
	require.ErrorContains(t, err, "reading the stack's outputs: open missing.json")
	local := map[string]string{"SHOP_LOCAL_DIR": t.TempDir()}
	_, _, err = Find(t.Context(), ".", LocalStack, "", func(name string) string { return local[name] })
	require.ErrorContains(t, err, "is not deployed; start it with `make up`, or name another stack with --stack")
}
