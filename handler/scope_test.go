package handler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
)

// request has a route called with a correlation id, and returns what it logs.
func request(t *testing.T, route func(context.Context)) []map[string]any {
	t.Helper()
	var log bytes.Buffer
	handlertest.Do(t, func(ctx context.Context, r *handler.Request) (*handler.Response, error) {
		route(ctx)
		return handler.Health(ctx, r)
	}, handlertest.Request{Log: &log, Header: map[string]string{"X-Correlation-Id": "c1"}})
	return lines(t, &log)
}

func TestCorrelationID_OfARequestAndOutsideOfOne(t *testing.T) {
	request(t, func(ctx context.Context) { require.Equal(t, "c1", handler.CorrelationID(ctx)) })
	require.Empty(t, handler.CorrelationID(t.Context()))
	require.Equal(t, "c2", handler.CorrelationID(handler.WithCorrelationID(t.Context(), "c2")))
	require.Empty(t, handler.CorrelationID(handler.WithCorrelationID(t.Context(), "not one")))
}

func TestWithCorrelationID_ReplacesTheOneOnTheLines(t *testing.T) {
	all := request(t, func(ctx context.Context) {
		inner := handler.WithCorrelationID(ctx, "c2")
		handler.Annotate(inner, "inner", true)
		handler.Logger(inner).Info("inner")
		handler.Logger(ctx).Info("outer")
	})
	require.Equal(t, []any{"c2", true}, []any{all[0]["correlationId"], all[0]["inner"]})
	require.Equal(t, "c1", all[1]["correlationId"])
	require.NotContains(t, all[1], "inner")
}

func TestAnnotate_IsOnEveryFurtherLineOnce(t *testing.T) {
	var log bytes.Buffer
	handlertest.Do(t, func(ctx context.Context, r *handler.Request) (*handler.Response, error) {
		handler.Annotate(ctx, "orderId", "o1")
		handler.Annotate(ctx, "orderId", "o2")
		handler.Annotate(ctx, "quantity", 3)
		return handler.Health(ctx, r)
	}, handlertest.Request{Log: &log})
	require.Equal(t, 1, strings.Count(log.String(), "orderId"))
	line := lines(t, &log)[0]
	require.Equal(t, "o2", line["orderId"])
	require.InDelta(t, 3, line["quantity"], 0)
	handler.Annotate(t.Context(), "outside", "does nothing")
}

func TestCount_IsALineInTheEmbeddedMetricFormat(t *testing.T) {
	all := request(t, func(ctx context.Context) {
		handler.Annotate(ctx, "currency", "no second member of this name")
		handler.Count(ctx, "OrdersPlaced", 2, "currency", "EUR")
	})
	line := all[0]
	directive := line["_aws"].(map[string]any)
	require.InDelta(t, time.Now().UnixMilli(), directive["Timestamp"], 60_000)
	encoded, err := json.Marshal(directive["CloudWatchMetrics"])
	require.NoError(t, err)
	require.JSONEq(t, `[{"Namespace":"Shop","Dimensions":[["stack","currency"]],"Metrics":[{"Name":"OrdersPlaced","Unit":"Count"}]}]`, string(encoded))
	require.InDelta(t, 2, line["OrdersPlaced"], 0)
	require.Equal(t, []any{"EUR", "c1"}, []any{line["currency"], line["correlationId"]})
}

func TestCount_WithoutSenseIsLoggedAndNotCounted(t *testing.T) {
	for name, count := range map[string]func(context.Context){
		"odd":               func(ctx context.Context) { handler.Count(ctx, "x", 1, "currency") },
		"no value":          func(ctx context.Context) { handler.Count(ctx, "x", 1, "currency", "") },
		"no name":           func(ctx context.Context) { handler.Count(ctx, "", 1) },
		"no number":         func(ctx context.Context) { handler.Count(ctx, "x", math.NaN()) },
		"no end":            func(ctx context.Context) { handler.Count(ctx, "x", math.Inf(1)) },
		"a name of its own": func(ctx context.Context) { handler.Count(ctx, "x", 1, "correlationId", "c1") },
		"the stack's":       func(ctx context.Context) { handler.Count(ctx, "stack", 1) },
		"the same twice":    func(ctx context.Context) { handler.Count(ctx, "x", 1, "a", "1", "a", "2") },
		"too many": func(ctx context.Context) {
			handler.Count(ctx, "x", 1, strings.Split(strings.Repeat("a,", 59)+"a", ",")...)
		},
	} {
		line := request(t, count)[0]
		require.Equal(t, "metric cannot be counted", line["msg"], name)
		require.NotContains(t, line, "_aws")
	}
}

// daemon is an X-Ray daemon that keeps what it is sent.
func daemon(t *testing.T) (receive func() map[string]any) {
	t.Helper()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = socket.Close() })
	t.Setenv("AWS_XRAY_DAEMON_ADDRESS", socket.LocalAddr().String())
	return func() map[string]any {
		buffer := make([]byte, 64<<10)
		require.NoError(t, socket.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
		n, err := socket.Read(buffer)
		if err != nil {
			return nil
		}
		head, body, _ := strings.Cut(string(buffer[:n]), "\n")
		require.JSONEq(t, `{"format":"json","version":1}`, head)
		var document map[string]any
		require.NoError(t, json.Unmarshal([]byte(body), &document))
		return document
	}
}

// traced is the context of an invocation that X-Ray follows.
func traced(header string) context.Context {
	//nolint:staticcheck,revive // the key is aws-lambda-go's
	return context.WithValue(context.Background(), "x-amzn-trace-id", header)
}

const sampled = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:0"

func TestTrace_HasASubsegmentForEachEvent(t *testing.T) {
	receive := daemon(t)
	fail := false
	h := handler.EventConsumer(discard(), func(ctx context.Context, _ handler.Event) error {
		handler.Annotate(ctx, "payment id", "p1")
		handler.Annotate(ctx, "long", strings.Repeat("ö", 1001))
		handler.Annotate(ctx, "attempt", 2)
		if fail {
			panic("no")
		}
		return nil
	})
	before := float64(time.Now().UnixMilli()) / 1e3
	_, err := h.Invoke(traced(sampled), handlertest.EventBridge(t, created("1")))
	require.NoError(t, err)
	got := receive()
	require.Regexp(t, "^[0-9a-f]{16}$", got["id"])
	require.GreaterOrEqual(t, got["start_time"], before)
	require.GreaterOrEqual(t, got["end_time"], got["start_time"])
	delete(got, "id")
	delete(got, "start_time")
	delete(got, "end_time")
	require.Equal(t, map[string]any{
		"name": "event Order Created", "trace_id": "1-5759e988-bd862e3fe1be46a994272793", "parent_id": "53995c3f42cd8ad8", "type": "subsegment",
		"annotations": map[string]any{"correlationId": "corr-1", "orderId": "1", "payment_id": "p1", "long": strings.Repeat("ö", 1000), "attempt": 2.0},
	}, got)

	fail = true
	_, err = h.Invoke(traced(sampled), handlertest.EventBridge(t, created("1")))
	require.Error(t, err)
	require.Equal(t, true, receive()["fault"])
}

func TestTrace_NamesKeepToWhatXRayAccepts(t *testing.T) {
	receive := daemon(t)
	payload, err := json.Marshal(handlertest.Request{}.Event())
	require.NoError(t, err)
	payload = bytes.ReplaceAll(payload, []byte("GET /test"), []byte("GET /products/{id}/"+strings.Repeat("x", 200)))
	_, err = handler.HTTP(discard(), handler.Health).Invoke(traced(sampled), payload)
	require.NoError(t, err)
	name := receive()["name"].(string)
	require.Len(t, name, 200)
	require.True(t, strings.HasPrefix(name, "request GET /products/_id_/x"), name)
}

func TestTrace_OnlyWhatIsSampledIsSent(t *testing.T) {
	receive := daemon(t)
	h := handler.EventConsumer(discard(), func(ctx context.Context, _ handler.Event) error {
		handler.Annotate(ctx, "a", "b")
		return nil
	})
	for _, header := range []string{"", "Root=1-2-3", strings.ReplaceAll(sampled, "Sampled=1", "Sampled=0"), "Root=1-2-3;Sampled=1", ";;=;"} {
		_, err := h.Invoke(traced(header), handlertest.EventBridge(t, created("1")))
		require.NoError(t, err)
		require.Nil(t, receive(), header)
	}
}

func TestTrace_NeverFailsTheWork(t *testing.T) {
	for _, address := range []string{"", "nonsense", "localhost:2000", "127.0.0.1", "127.0.0.1:1", "[::1]:1", "999.0.0.1:2000"} {
		t.Setenv("AWS_XRAY_DAEMON_ADDRESS", address) // nobody listens there, if it is an address at all
		h := handler.EventConsumer(discard(), func(ctx context.Context, _ handler.Event) error {
			handler.Annotate(ctx, "a", math.Inf(1))
			return nil
		})
		for range 3 {
			_, err := h.Invoke(traced(sampled), handlertest.EventBridge(t, created("1")))
			require.NoError(t, err, address)
		}
	}
}
