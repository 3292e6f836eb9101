package secret

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
)

// rotating is a secret whose source counts its reads.
func rotating(answer func(read int) (string, error)) (*Secret, *int) {
	reads := new(int)
	return &Secret{arn: "arn:secret", read: func(context.Context, string) (string, error) {
		*reads++
		return answer(*reads)
	}}, reads
}

func TestSecret_IsReadOnceAndAgainWhenItMayHaveChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret, reads := rotating(func(read int) (string, error) { return []string{"", "old", "new"}[read], nil })
		require.Zero(t, *reads, "nothing is read before it is needed")
		for range 3 {
			value, err := secret.Value(t.Context())
			require.NoError(t, err)
			require.Equal(t, "old", value)
			time.Sleep(time.Minute)
		}
		require.Equal(t, 1, *reads)
		time.Sleep(2 * time.Minute)
		value, err := secret.Value(t.Context())
		require.NoError(t, err)
		require.Equal(t, "new", value, "rotation is picked up after 5 minutes")
		require.Equal(t, 2, *reads)
	})
}

func TestSecret_ServesTheLastValueWhenItCannotBeReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		before := slog.Default()
		slog.SetDefault(slog.New(slog.NewJSONHandler(&out, nil)))
		defer slog.SetDefault(before)
		secret, reads := rotating(func(read int) (string, error) {
			if read > 1 {
				return "", errors.New("throttled")
			}
			return "hunter2", nil
		})
		for range 2 {
			value, err := secret.Value(t.Context())
			require.NoError(t, err)
			require.Equal(t, "hunter2", value)
			time.Sleep(keepFor)
		}
		_, err := secret.Value(t.Context())
		require.NoError(t, err)
		_, err = secret.Value(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, *reads, "the next try waits a little")
		require.Contains(t, out.String(), "secret cannot be read again")
		require.Contains(t, out.String(), "throttled")
		require.NotContains(t, out.String(), "hunter2")
	})
}

func TestSecret_TellsWhyItCannotBeRead(t *testing.T) {
	secret, reads := rotating(func(int) (string, error) { return "", errors.New("denied") })
	for range 2 {
		_, err := secret.Value(t.Context())
		require.EqualError(t, err, "reading the secret arn:secret: denied")
	}
	require.Equal(t, 2, *reads, "a failure is not kept")
}

func TestSecret_MayBeReadByManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret, reads := rotating(func(int) (string, error) { return "x", nil })
		for range 20 {
			go func() { _, _ = secret.Value(context.Background()) }()
		}
		synctest.Wait()
		require.Equal(t, 1, *reads)
	})
}

func TestNew_ReadsFromSecretsManager(t *testing.T) {
	const arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:webhook"
	answers := []string{`{"SecretString":"hunter2","VersionId":"1"}`, `{"SecretBinary":"aGk=","VersionId":"1"}`}
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Header.Get("X-Amz-Target")+" "+string(body))
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = w.Write([]byte(answers[len(asked)-1]))
	}))
	defer server.Close()
	for name, value := range map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": server.URL,
		"WEBHOOK_SECRET_ARN": arn,
	} {
		t.Setenv(name, value)
	}
	env := handler.Environment()
	text, binary := New(env, "WEBHOOK_SECRET_ARN"), New(env, "WEBHOOK_SECRET_ARN")
	require.Empty(t, asked)
	value, err := text.Value(t.Context())
	require.NoError(t, err)
	require.Equal(t, "hunter2", value)
	require.Equal(t, []string{`secretsmanager.GetSecretValue {"SecretId":"` + arn + `"}`}, asked)
	_, err = binary.Value(t.Context())
	require.ErrorContains(t, err, "reading the secret "+arn+": version 1 is binary, want text")
}
