package handler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
)

// failing is a route that fails with err.
func failing(err error) handler.Func {
	return func(context.Context, *handler.Request) (*handler.Response, error) { return nil, err }
}

// answering is a route that always gives this answer.
func answering(answer func() *handler.Response) handler.Func {
	return func(context.Context, *handler.Request) (*handler.Response, error) { return answer(), nil }
}

func TestErrors_AreAnsweredByKind(t *testing.T) {
	tests := []struct {
		name   string
		err    error
		status int
	}{
		{"invalid", fault.Invalid(fault.Field{Field: "name", Message: "is required"}), 400},
		{"unauthenticated", fault.New(fault.ErrUnauthenticated, "Sign in."), 401},
		{"forbidden", fault.New(fault.ErrForbidden, "No."), 403},
		{"not found", fault.New(fault.ErrNotFound, "No such thing."), 404},
		{"precondition", fault.New(fault.ErrPrecondition, "Changed."), 412},
		{"conflict", fault.New(fault.ErrConflict, "Shipped already."), 409},
		{"unprocessable", fault.New(fault.ErrUnprocessable, "No such product."), 422},
		{"unavailable", fault.New(fault.ErrUnavailable, "Busy."), 503},
		{"wrapped", fmt.Errorf("getting it: %w", fault.New(fault.ErrNotFound, "No such thing.")), 404},
		{"problem", handler.NewProblem(428, "Send If-Match."), 428},
		{"deadline", fmt.Errorf("querying: %w", context.DeadlineExceeded), 503},
		{"anything else", errors.New("secret internals"), 500},
		{"fault of an unknown kind", fault.New("new kind", "secret internals"), 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			got := handlertest.Do(t, failing(tt.err), handlertest.Request{Log: &log})
			got.Problem(t, tt.status)
			require.NotContains(t, got.Body, "secret internals")
			require.Contains(t, log.String(), got.Header["X-Correlation-Id"])
			require.Contains(t, log.String(), strings.ReplaceAll(tt.err.Error(), `"`, `\"`), "the log has the cause")
			require.Equal(t, tt.status >= 500, strings.Contains(log.String(), `"level":"ERROR"`))
			require.Equal(t, tt.status == 401, got.Header["WWW-Authenticate"] == "Bearer")
			require.Equal(t, tt.status == 503, got.Header["Retry-After"] == "1")
		})
	}
}

func TestErrors_ListWrongFields(t *testing.T) {
	err := fault.Invalid(fault.Field{Field: "name", Message: "is required"}, fault.Field{Field: "stock", Message: "must be 0–9"})
	got := handlertest.Do(t, failing(err), handlertest.Request{})
	require.Equal(t, map[string]string{"name": "is required", "stock": "must be 0–9"}, got.Problem(t, 400))
}

func TestPanics_AreLoggedWithTheirStackAndAnsweredWithout(t *testing.T) {
	var log bytes.Buffer
	got := handlertest.Do(t, func(context.Context, *handler.Request) (*handler.Response, error) {
		panic("secret internals")
	}, handlertest.Request{Log: &log})
	got.Problem(t, 500)
	require.NotContains(t, got.Body, "secret internals")
	require.Contains(t, log.String(), "panic: secret internals")
	require.Contains(t, log.String(), "http_test.go", "the stack")
}

func TestAnswers_ThatCannotBeSentAreErrors(t *testing.T) {
	for name, answer := range map[string]*handler.Response{
		"not JSON":     handler.JSON(200, func() {}),
		"header split": handler.Empty(204).With("Location", "/x\r\nSet-Cookie: a=b"),
		"none":         nil,
	} {
		t.Run(name, func(t *testing.T) {
			handlertest.Do(t, answering(func() *handler.Response { return answer }), handlertest.Request{}).Problem(t, 500)
		})
	}
}

func TestAnswers_CarryTheHeadersThatEveryAnswerNeeds(t *testing.T) {
	got := handlertest.Do(t, handler.Health, handlertest.Request{})
	require.Equal(t, 200, got.Status)
	require.JSONEq(t, `{"status":"ok"}`, got.Body)
	require.Equal(t, "application/json", got.Header["Content-Type"])
	require.Equal(t, "nosniff", got.Header["X-Content-Type-Options"])
	require.Equal(t, "no-store", got.Header["Cache-Control"])

	got = handlertest.Do(t, answering(func() *handler.Response { return handler.Empty(204).With("Cache-Control", "public") }), handlertest.Request{})
	require.Equal(t, 204, got.Status)
	require.Empty(t, got.Body)
	require.NotContains(t, got.Header, "Content-Type")
	require.Equal(t, "public", got.Header["Cache-Control"])
}

func TestText_IsSentAsItIs(t *testing.T) {
	const page = "<p class=\"x\">Ö & ü</p>\n"
	for _, rest := range []bool{false, true} {
		got := handlertest.Do(t, answering(func() *handler.Response {
			return handler.Text(200, "text/html; charset=utf-8", page).WithETag("1")
		}), handlertest.Request{REST: rest})
		require.Equal(t, page, got.Body)
		require.Equal(t, "text/html; charset=utf-8", got.Header["Content-Type"])
		require.Equal(t, "nosniff", got.Header["X-Content-Type-Options"])
	}
}

func TestNotFound(t *testing.T) {
	got := handlertest.Do(t, handler.NotFound, handlertest.Request{Method: "PATCH"})
	got.Problem(t, 404)
	require.Contains(t, got.Body, "PATCH /api/test")
}

func TestCorrelationID(t *testing.T) {
	for id, taken := range map[string]bool{
		"abc-1.2_X": true, strings.Repeat("x", 64): true,
		"": false, strings.Repeat("x", 65): false, "a b": false, "a\nb": false, "a,b": false, `{"x":1}`: false, "é": false,
	} {
		got := handlertest.Do(t, handler.Health, handlertest.Request{Header: map[string]string{"X-Correlation-Id": id}})
		require.Equal(t, taken, got.Header["X-Correlation-Id"] == id, "%q", id)
	}
}

func TestConditionalReads(t *testing.T) {
	route := answering(func() *handler.Response {
		return handler.JSON(200, "it").WithETag("3").With("Cache-Control", "no-cache")
	})
	tests := []struct {
		header, value string
		status        int
	}{
		{"If-None-Match", `"3"`, 304},
		{"If-None-Match", `W/"3"`, 304},
		{"If-None-Match", `"1", "3"`, 304},
		{"If-None-Match", `*`, 304},
		{"If-None-Match", `"2"`, 200},
		{"If-None-Match", `3`, 200}, // malformed
		{"If-Match", `"3"`, 200},
		{"If-Match", `*`, 200},
		{"If-Match", `"2"`, 412},
		{"If-Match", `W/"3"`, 412},
	}
	for _, tt := range tests {
		got := handlertest.Do(t, route, handlertest.Request{Header: map[string]string{tt.header: tt.value}})
		require.Equal(t, tt.status, got.Status, "%s: %s", tt.header, tt.value)
		if tt.status == 304 {
			require.Empty(t, got.Body)
			require.Equal(t, `"3"`, got.Header["ETag"])
			require.Equal(t, "no-cache", got.Header["Cache-Control"])
			require.NotContains(t, got.Header, "Content-Type")
		}
	}
	got := handlertest.Do(t, route, handlertest.Request{Method: "PUT", Header: map[string]string{"If-None-Match": `"3"`}})
	require.Equal(t, 200, got.Status, "only reads are conditional by themselves")
}

func TestQuery(t *testing.T) {
	route := func(_ context.Context, r *handler.Request) (*handler.Response, error) {
		values, err := r.Query()
		if err != nil {
			return nil, err
		}
		return handler.JSON(200, values), nil
	}
	got := handlertest.Do(t, route, handlertest.Request{Query: "q=a%2Cb&q=c+d&e"})
	require.JSONEq(t, `{"q":["a,b","c d"],"e":[""]}`, got.Body)
	for _, query := range []string{"q=%", "q=%zz", "a;b"} {
		require.Contains(t, handlertest.Do(t, route, handlertest.Request{Query: query}).Problem(t, 400), "query")
	}
}

func TestLocation(t *testing.T) {
	route := func(_ context.Context, r *handler.Request) (*handler.Response, error) {
		return handler.Empty(201).With("Location", r.Location("/products/x")), nil
	}
	require.Equal(t, "/api/products/x", handlertest.Do(t, route, handlertest.Request{}).Header["Location"])
}

// invoke sends an event of its own making to a route and returns the answer, or the function's failure.
func invoke(ctx context.Context, route handler.Func, log io.Writer, event any) (map[string]any, error) {
	payload, err := json.Marshal(event)
	if err != nil {
		return nil, err
	}
	out, err := handler.HTTP(slog.New(slog.NewJSONHandler(log, nil)), route).Invoke(ctx, payload)
	if err != nil {
		return nil, err
	}
	var answer map[string]any
	return answer, json.Unmarshal(out, &answer)
}

func TestEvents_OfOtherKindsFailTheFunction(t *testing.T) {
	for _, event := range []any{
		nil, "x", 1, []int{}, map[string]any{}, map[string]any{"version": "1.0", "httpMethod": "GET"},
		map[string]any{"version": "2.0"}, map[string]any{"Records": []any{}}, map[string]any{"version": 2},
	} {
		_, err := invoke(context.Background(), handler.Health, io.Discard, event)
		require.ErrorContains(t, err, "want an HTTP API request", "%v", event)
	}
}

func TestDeadline_LeavesTimeToAnswer(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	answer, err := invoke(ctx, func(ctx context.Context, _ *handler.Request) (*handler.Response, error) {
		<-ctx.Done() // what a call to AWS does
		return nil, fmt.Errorf("querying: %w", ctx.Err())
	}, io.Discard, handlertest.Request{}.Event())
	require.NoError(t, err)
	require.InDelta(t, http.StatusServiceUnavailable, answer["statusCode"], 0)
	require.NoError(t, ctx.Err(), "the function's own time is not over yet")
}

func TestLog_HasTheIDsOnEveryLine(t *testing.T) {
	var log bytes.Buffer
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "lambda-request"})
	//nolint:staticcheck,revive // the key is aws-lambda-go's
	ctx = context.WithValue(ctx, "x-amzn-trace-id", "Root=1-2-3")
	h := handler.HTTP(slog.New(slog.NewJSONHandler(&log, nil)), func(ctx context.Context, r *handler.Request) (*handler.Response, error) {
		handler.Logger(ctx).Info("inside")
		return handler.Health(ctx, r)
	})
	payload, err := json.Marshal(handlertest.Request{Header: map[string]string{"X-Correlation-Id": "c1"}}.Event())
	require.NoError(t, err)
	for range 2 {
		_, err := h.Invoke(ctx, payload)
		require.NoError(t, err)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	require.Len(t, lines, 4, "two requests, one line inside and one at the end each")
	for i, line := range lines {
		var got map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &got))
		require.Equal(t, "c1", got["correlationId"])
		require.Equal(t, "lambda-request", got["requestId"])
		require.Equal(t, "api-request", got["apiRequestId"])
		require.Equal(t, "Root=1-2-3", got["traceId"])
		require.Equal(t, "GET /test", got["route"])
		require.Equal(t, i < 2, got["coldStart"])
	}
}

func FuzzEvent(f *testing.F) {
	seed, err := json.Marshal(handlertest.Request{Query: "a=b", Body: "{}"}.Signed("u1", "admin").Event())
	require.NoError(f, err)
	f.Add(seed)
	rest, err := json.Marshal(handlertest.Request{REST: true, Query: "a=b", Body: "{}"}.Signed("u1", "admin").Event())
	require.NoError(f, err)
	f.Add(rest)
	f.Add([]byte(`{"version":"2.0","requestContext":{"http":{"method":"GET"},"authorizer":{"jwt":{"claims":{"sub":["x"],"cognito:groups":{}}}}}}`))
	route := func(_ context.Context, r *handler.Request) (*handler.Response, error) {
		if err := r.RequireGroup("admin"); err != nil {
			return nil, err
		}
		var body struct {
			Name string `json:"name"`
		}
		if err := r.Decode(&body); err != nil {
			return nil, err
		}
		if _, err := r.Query(); err != nil {
			return nil, err
		}
		_, err := r.ETags("If-Match")
		return handler.Empty(204), err
	}
	h := handler.HTTP(slog.New(slog.DiscardHandler), route)
	f.Fuzz(func(t *testing.T, payload []byte) {
		out, err := h.Invoke(context.Background(), payload)
		if err != nil {
			return
		}
		var answer handlertest.Response
		require.NoError(t, json.Unmarshal(out, &answer))
		require.Less(t, answer.Status, 500, "%s", out)
	})
}
