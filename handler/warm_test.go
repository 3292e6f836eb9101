package handler

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWarm_AnswersPingsWithoutTheRoute(t *testing.T) {
	calls := 0
	var out bytes.Buffer
	h := warm{HTTP(slog.New(slog.NewJSONHandler(&out, nil)), func(context.Context, *Request) (*Response, error) {
		calls++
		return Empty(204), nil
	})}
	for _, ping := range []string{KeepWarmPing, `{ "keepWarm": "ping" }`} {
		answer, err := h.Invoke(context.Background(), []byte(ping))
		require.NoError(t, err)
		require.JSONEq(t, `{"keepWarm": "pong"}`, string(answer))
	}
	require.Zero(t, calls)
	require.Empty(t, out.String(), "a line every five minutes tells nobody anything")

	_, err := h.Invoke(context.Background(), []byte(`{"version":"2.0","routeKey":"GET /","requestContext":{"http":{"method":"GET","path":"/"}}}`))
	require.NoError(t, err)
	require.Equal(t, 1, calls)
	require.Contains(t, out.String(), `"coldStart":false`, "the ping has met the cold start")
}

func TestWarm_HandsOnWhatIsNoPing(t *testing.T) {
	for name, payload := range map[string]string{
		"nothing":      ``,
		"null":         `null`,
		"a text":       `"keepWarm"`,
		"another":      `{"keepWarm":"pong"}`,
		"more":         `{"keepWarm":"ping","x":1}`,
		"inside":       `{"detail":{"keepWarm":"ping"}}`,
		"a long event": `{"keepWarm":"ping"` + strings.Repeat(" ", maxPing) + `}`,
	} {
		next := &recorder{}
		_, err := warm{next}.Invoke(context.Background(), []byte(payload))
		require.NoError(t, err)
		require.Equal(t, payload, next.got, name)
	}
}

// recorder is a function that remembers what it was called with.
type recorder struct{ got string }

func (r *recorder) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	r.got = string(payload)
	return nil, nil
}

// TestWarm_EveryFunctionStartsThere keeps a new kind of function from forgetting pings.
func TestWarm_EveryFunctionStartsThere(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if !strings.HasSuffix(file, "_test.go") && file != "warm.go" {
			require.NotContains(t, string(text), "lambda.Start", "%s: call start instead, which answers pings", file)
		}
	}
}
