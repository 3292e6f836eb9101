package handler

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"
)

// testEnv is an environment of these variables. What the function logs goes to out, and its exit code to code.
func testEnv(variables map[string]string) (env *Env, out *bytes.Buffer, code *int) {
	out, code = &bytes.Buffer{}, new(int)
	return &Env{
		lookup: func(name string) (string, bool) { value, ok := variables[name]; return value, ok },
		output: out,
		exit:   func(c int) { *code = c },
	}, out, code
}

func TestEnv_TellsAllMissingVariablesAtOnce(t *testing.T) {
	env, out, code := testEnv(map[string]string{"AWS_REGION": "eu-central-1", "EMPTY": "", "LOG_LEVEL": "loud"})
	env.Get("PRODUCTS_TABLE")
	env.Get("PRODUCTS_TABLE")
	env.Get("EMPTY")
	env.AWS()
	env.start()
	require.Equal(t, 1, *code)
	var line struct{ Level, Message string }
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Equal(t, "ERROR", line.Level)
	require.Contains(t, line.Message,
		"missing environment variables: PRODUCTS_TABLE, EMPTY, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY; LOG_LEVEL = \"loud\", want DEBUG")
}

func TestEnv_Complete(t *testing.T) {
	env, out, code := testEnv(map[string]string{"PRODUCTS_TABLE": "products-1", "LOG_LEVEL": "warn", "SHOP_STACK": "dev"})
	require.Equal(t, "products-1", env.Get("PRODUCTS_TABLE"))
	logger := env.start()
	require.Zero(t, *code)
	require.False(t, logger.Enabled(context.Background(), slog.LevelInfo))
	logger.Warn("careful")
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Equal(t, "careful", line["message"])
	require.Equal(t, "WARN", line["level"])
	require.Equal(t, "dev", line["stack"])
	require.Contains(t, line, "timestamp")
}

func TestEnv_AWSClientsSignWithLambdasCredentialsForTheEndpoint(t *testing.T) {
	var got http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write([]byte(`{"TableNames":[]}`))
	}))
	defer server.Close()
	env, _, _ := testEnv(map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_SESSION_TOKEN": "session", "AWS_ENDPOINT_URL": server.URL,
	})
	_, err := dynamodb.NewFromConfig(env.AWS()).ListTables(context.Background(), &dynamodb.ListTablesInput{})
	require.NoError(t, err)
	require.Contains(t, got.Get("Authorization"), "Credential=AKIDEXAMPLE/")
	require.Contains(t, got.Get("Authorization"), "/eu-central-1/dynamodb/aws4_request")
	require.Equal(t, "session", got.Get("X-Amz-Security-Token"))
}

func TestEnv_AWSErrorsAreTriedAgainAndThenCalledUnavailable(t *testing.T) {
	attempts := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		attempts++
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow down"}`))
	}))
	env, _, _ := testEnv(map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": server.URL,
	})
	client := dynamodb.NewFromConfig(env.AWS())
	_, err := client.ListTables(context.Background(), &dynamodb.ListTablesInput{})
	require.Error(t, err)
	require.Equal(t, maxAttempts, attempts)
	require.Equal(t, http.StatusServiceUnavailable, problemOf(err).Status, "throttled: %v", err)

	server.Close()
	_, err = client.ListTables(context.Background(), &dynamodb.ListTablesInput{})
	require.Error(t, err)
	require.Equal(t, http.StatusServiceUnavailable, problemOf(err).Status, "away: %v", err)
}
