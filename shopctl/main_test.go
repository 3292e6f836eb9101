package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// call runs shopctl with arguments, in an environment in which nothing answers.
func call(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	return callAt(t, "http://127.0.0.1:1", args...)
}

// callAt is call, in an environment in which an endpoint answers.
func callAt(t *testing.T, endpoint string, args ...string) (code int, out, errs string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "outputs.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"operations":{
		"tables":{"orders":"o","orderViews":"v","sales":"s","payments":"p","shipments":"h","notifications":"n"},
		"orderFlow":"arn:aws:states:eu-west-1:1:stateMachine:f","bus":{"arn":"arn:bus","archiveArn":""},"archiveBucket":"a",
		"deadLetterQueues":{"x-dlq":{"url":"http://127.0.0.1:1/x","what":"X failed.","kind":"queue","targets":["http://127.0.0.1:1/y"]}}}}`), 0o600))
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_MAX_ATTEMPTS": "1",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	var stdout, stderr strings.Builder
	code = run(t.Context(), append([]string{"--outputs", file}, args...), &stdout, &stderr, os.Getenv)
	return code, stdout.String(), stderr.String()
}

func TestRun_Help(t *testing.T) {
	for _, args := range [][]string{{}, {"help"}, {"--help"}, {"dlq", "show", "-h"}} {
		code, out, errs := call(t, args...)
		require.Zero(t, code)
		require.Equal(t, help, out)
		require.Empty(t, errs)
	}
}

func TestRun_WrongUsage(t *testing.T) {
	for text, want := range map[string]string{
		"unknown":                         `there is no command "unknown"`,
		"dlq unknown":                     `there is no command "dlq unknown"`,
		"order":                           "found no argument, want 1: ID",
		"dlq list x":                      "found 1: x, want no argument",
		"dlq discard x":                   "want --id ID, as dlq show has it",
		"dlq redrive":                     "found no argument, want 1: QUEUE",
		"dlq show x-dlq --unknown":        "flag provided but not defined: -unknown",
		"dlq redrive --all x":             "found 1: x, want no argument",
		"archive replay --from yesterday": "want a time such as 2026-03-01T10:00:00Z",
		"archive replay --from 2026-03-01 --to 2026-03-02":                   "want either --rule NAME, once or more, or --to-bus",
		"archive replay --from 2026-03-01 --to 2026-03-02 --to-bus --rule x": "want either --rule NAME, once or more, or --to-bus",
		"archive replay --from 2026-03-01 --to 2026-03-02 --type x --rule x": "--type works with --to-bus only",
	} {
		code, out, errs := call(t, strings.Fields(text)...)
		require.Equal(t, exitUsage, code, "%s: %s", text, errs)
		require.Empty(t, out)
		require.Contains(t, errs, want)
		require.Contains(t, errs, "usage: shopctl", text)
	}
}

// TestRun_SaysWhatItCouldNotReach has every command fail, flags before and after its arguments.
func TestRun_SaysWhatItCouldNotReach(t *testing.T) {
	for text, want := range map[string]string{
		"order o1 --json":         `reading order "o1"`,
		"dlq show -n 3 x-dlq":     "looking into x-dlq: reading the depth of http://127.0.0.1:1/x",
		"dlq show y":              `there is no dead-letter queue "y"`,
		"dlq show x --json -n 0":  "showing 0 messages",
		"dlq discard x --id m1":   "looking for message m1 in x-dlq: reading the depth",
		"dlq redrive y --json":    `there is no dead-letter queue "y"`,
		"dlq redrive x --limit 2": "reading the depth of http://127.0.0.1:1/x",
		"dlq redrive --all":       "reading the depth of http://127.0.0.1:1/x",
		"views verify":            "verifying the read models: scanning part",
		"views rebuild":           "what was repaired so far stays (0 views), run it again",
		"archive replay --from 2026-03-01 --to 2026-03-02 --to-bus": "listing orders/year=2026/month=03/day=01/ in bucket a",
		"archive replay --from 2026-03-01 --to 2026-03-02 --rule x": `there is no rule "x"`,
		"flow list --failed":       "listing executions of arn:aws:states",
		"flow redrive --restart x": "reading execution x",
	} {
		code, _, errs := call(t, strings.Fields(text)...)
		require.Equal(t, exitFailed, code, "%s: %s", text, errs)
		require.Contains(t, errs, want, text)
	}
	code, out, _ := call(t, "dlq", "list")
	require.Equal(t, exitUnwell, code)
	require.Contains(t, out, "x-dlq")
	require.Contains(t, out, "not reachable: reading the depth")
	require.Contains(t, out, "x-dlq  ?", "nobody knows how many messages it has")
	require.NotContains(t, out, "\x1b", "no colour but on a terminal")
	for _, nothing := range []string{"dlq show y", "dlq redrive y", "dlq redrive x --limit -1", "dlq show y --json"} {
		_, out, _ := call(t, strings.Fields(nothing)...)
		require.NotContains(t, out, "0 put back", nothing)
		require.NotContains(t, out, "null", nothing)
	}
}

func TestRun_SaysWhatToDoAboutWhatAWSRefuses(t *testing.T) {
	for refusal, want := range map[string]string{
		"AccessDeniedException":       "docs/operations.md lists the actions",
		"ExpiredTokenException":       "log in again",
		"UnrecognizedClientException": "log in again",
		"ResourceNotFoundException":   "stack local is in account 1, region eu-west-1",
		"ThrottlingException":         "ThrottlingException",
	} {
		aws := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Errortype", refusal)
			w.WriteHeader(http.StatusBadRequest)
		}))
		code, _, errs := callAt(t, aws.URL, "order", "o1")
		aws.Close()
		require.Equal(t, exitFailed, code)
		require.Contains(t, errs, want)
	}
}
