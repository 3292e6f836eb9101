package handler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
)

// created is an event about an order; its correlation id is "corr-" and the order's id.
func created(orderID string) handler.Event {
	return handler.Event{
		ID: "event-" + orderID, Type: "Order Created", Source: "shop.orders", Time: time.Date(2026, 1, 2, 12, 45, 7, 0, time.UTC),
		Detail: json.RawMessage(`{"orderId":"` + orderID + `","correlationId":"corr-` + orderID + `","total":129.9}`),
	}
}

// withDetail is an event with another detail.
func withDetail(detail string) handler.Event {
	e := created("1")
	e.Detail = json.RawMessage(detail)
	return e
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func logTo(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(w, nil)) }

// lines are the log's lines.
func lines(t *testing.T, log *bytes.Buffer) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(log.String()) {
		var members map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &members), line)
		all = append(all, members)
	}
	return all
}

// invoked is the context of an invocation, as aws-lambda-go makes it.
func invoked() context.Context {
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "lambda-request"})
	//nolint:staticcheck,revive // the key is aws-lambda-go's
	return context.WithValue(ctx, "x-amzn-trace-id", "Root=1-2-3")
}

// ways are all ways on which one event comes to a consumer, with the answer of a function that did its work.
func ways(t *testing.T, logger *slog.Logger, consume handler.Consumer) map[string]struct {
	handler lambda.Handler
	payload func(handler.Event) []byte
	done    string
} {
	t.Helper()
	batch := func(ctx context.Context, events []handler.Event) error {
		require.Len(t, events, 1)
		return consume(ctx, events[0])
	}
	message := func(e handler.Event) []byte { return handlertest.Queue(t, handlertest.Message{Event: e}) }
	return map[string]struct {
		handler lambda.Handler
		payload func(handler.Event) []byte
		done    string
	}{
		"bus":   {handler.EventConsumer(logger, consume), func(e handler.Event) []byte { return handlertest.EventBridge(t, e) }, "null"},
		"topic": {handler.TopicConsumer(logger, consume), func(e handler.Event) []byte { return handlertest.Notification(t, e, nil) }, "null"},
		"queue": {handler.QueueConsumer(logger, consume), message, `{"batchItemFailures":[]}`},
		"wrapped in a queue": {
			handler.QueueConsumer(logger, consume),
			func(e handler.Event) []byte {
				return handlertest.Queue(t, handlertest.Message{Event: e, Wrapped: true})
			}, `{"batchItemFailures":[]}`,
		},
		"batch": {handler.BatchConsumer(logger, batch), message, `{"batchItemFailures":[]}`},
	}
}

func TestEvents_AreTheSameOnEveryWay(t *testing.T) {
	var got []handler.Event
	consume := func(ctx context.Context, e handler.Event) error {
		require.Equal(t, "corr-1", handler.CorrelationID(ctx))
		got = append(got, e)
		return nil
	}
	for name, way := range ways(t, discard(), consume) {
		t.Run(name, func(t *testing.T) {
			got = nil
			out, err := way.handler.Invoke(context.Background(), way.payload(created("1")))
			require.NoError(t, err)
			require.JSONEq(t, way.done, string(out))
			require.Equal(t, []handler.Event{created("1")}, got)
		})
	}
}

func TestEvents_AreLoggedWithAllTheirIDs(t *testing.T) {
	var log bytes.Buffer
	var inside string
	consume := func(ctx context.Context, _ handler.Event) error {
		handler.Annotate(ctx, "paymentId", "p1")
		handler.Logger(ctx).Info("inside")
		return nil
	}
	for name, way := range ways(t, logTo(&log), consume) {
		t.Run(name, func(t *testing.T) {
			for _, cold := range []bool{true, false} {
				log.Reset()
				_, err := way.handler.Invoke(invoked(), way.payload(created("1")))
				require.NoError(t, err)
				all := lines(t, &log)
				require.Equal(t, "inside", all[0]["msg"])
				require.Equal(t, "p1", all[0]["paymentId"])
				last := all[len(all)-1]
				for key, want := range map[string]any{
					"level": "INFO", "msg": "event", "correlationId": "corr-1", "requestId": "lambda-request", "traceId": "Root=1-2-3", "coldStart": cold,
					"eventType": "Order Created", "eventId": "event-1", "orderId": "1", "outcome": "ok",
				} {
					require.Equal(t, want, last[key], key)
				}
				require.Contains(t, last, "durationMs")
				require.Equal(t, name == "bus", last["messageId"] == nil)
			}
		})
	}
	require.Empty(t, inside)
}

func TestEvents_FailedAreLoggedWithTheirCauseAndComeAgain(t *testing.T) {
	var log bytes.Buffer
	for kind, fail := range map[string]func() error{
		"errors":      func() error { return errors.New("no luck") },
		"faults":      func() error { return fault.New(fault.ErrNotFound, "no luck") },
		"panics":      func() error { panic("no luck") },
		"nil pointer": func() error { var p *handler.Event; return errors.New("no luck" + p.ID) },
	} {
		for name, way := range ways(t, logTo(&log), func(context.Context, handler.Event) error { return fail() }) {
			t.Run(kind+" by "+name, func(t *testing.T) {
				log.Reset()
				out, err := way.handler.Invoke(context.Background(), way.payload(created("1")))
				if way.done == "null" {
					require.Error(t, err)
				} else {
					require.NoError(t, err)
					require.JSONEq(t, `{"batchItemFailures":[{"itemIdentifier":"message-1"}]}`, string(out))
				}
				all := lines(t, &log)
				last := all[len(all)-1]
				require.Equal(t, "ERROR", last["level"], "somebody must hear of it")
				require.Equal(t, "failed", last["outcome"])
				require.Equal(t, "corr-1", last["correlationId"])
				require.Equal(t, kind == "panics" || kind == "nil pointer", strings.Contains(log.String(), "consume_test.go"), "the stack of a panic")
				if kind != "nil pointer" {
					require.Contains(t, last["error"], "no luck")
				}
			})
		}
	}
}

func TestEvents_UnreadableFailLikeOthers(t *testing.T) {
	consume := func(context.Context, handler.Event) error { panic("must not be called") }
	for name, way := range ways(t, discard(), consume) {
		for _, e := range []handler.Event{
			{Type: "Order Created", Source: "shop.orders", Detail: json.RawMessage(`{}`)},
			{ID: "1", Source: "shop.orders", Detail: json.RawMessage(`{}`)},
			{ID: "1", Type: "Order Created", Detail: json.RawMessage(`{}`)},
			withDetail(`[]`), withDetail(`null`), withDetail(`"x"`),
		} {
			t.Run(name, func(t *testing.T) {
				out, err := way.handler.Invoke(context.Background(), way.payload(e))
				if way.done == "null" {
					require.ErrorContains(t, err, "want an envelope as EventBridge's")
				} else {
					require.NoError(t, err)
					require.Contains(t, string(out), "message-1")
				}
			})
		}
	}
	require.Equal(t, []string{"message-1"}, handlertest.Failures(t, handler.QueueConsumer(discard(), consume),
		handlertest.Queue(t, handlertest.Message{Body: "no JSON"})))
}

func TestInput_OfAnotherKindFailsTheFunction(t *testing.T) {
	inputs := []string{`null`, `"x"`, `1`, `[]`, `{}`, `{"Records":[]}`, `{"Records":[{}]}`, `{"Records":[1]}`, `{"Records":{}}`, `{`, ``}
	change := func(context.Context, handler.Change) error { panic("must not be called") }
	all := map[string]lambda.Handler{"stream": handler.StreamConsumer(discard(), change)}
	for name, way := range ways(t, discard(), func(context.Context, handler.Event) error { panic("must not be called") }) {
		all[name] = way.handler
	}
	for name, h := range all {
		for _, input := range inputs {
			_, err := h.Invoke(context.Background(), []byte(input))
			require.Error(t, err, "%s: %s", name, input)
		}
	}
}

func TestCorrelationID_OfAnEvent(t *testing.T) {
	for name, test := range map[string]struct {
		detail, attribute, want string
	}{
		"the detail's":                {`{"correlationId":"a"}`, "", "a"},
		"the message's":               {`{}`, "b", "b"},
		"the detail's goes first":     {`{"correlationId":"a"}`, "b", "a"},
		"instead of one of no use":    {`{"correlationId":"a b"}`, "b", "b"},
		"instead of another type":     {`{"correlationId":7}`, "b", "b"},
		"new without any":             {`{}`, "", ""},
		"new instead of none of use":  {`{"correlationId":""}`, "b\nb", ""},
		"new instead of one too long": {`{}`, strings.Repeat("x", 65), ""},
	} {
		var got string
		consume := func(ctx context.Context, _ handler.Event) error {
			got = handler.CorrelationID(ctx)
			return nil
		}
		attributes := map[string]string{"correlationId": test.attribute}
		for way, invoke := range map[string]func() error{
			"topic": func() error {
				_, err := handler.TopicConsumer(discard(), consume).Invoke(context.Background(), handlertest.Notification(t, withDetail(test.detail), attributes))
				return err
			},
			"queue": func() error {
				require.Empty(t, handlertest.Failures(t, handler.QueueConsumer(discard(), consume),
					handlertest.Queue(t, handlertest.Message{Event: withDetail(test.detail), Attributes: attributes})))
				return nil
			},
			"wrapped": func() error {
				require.Empty(t, handlertest.Failures(t, handler.QueueConsumer(discard(), consume),
					handlertest.Queue(t, handlertest.Message{Event: withDetail(test.detail), Attributes: attributes, Wrapped: true})))
				return nil
			},
		} {
			t.Run(name+" by "+way, func(t *testing.T) {
				got = ""
				require.NoError(t, invoke())
				if test.want == "" {
					require.Len(t, got, 26, "a new one")
				} else {
					require.Equal(t, test.want, got)
				}
			})
		}
	}
}

func TestDeadline_LeavesConsumersTimeToFail(t *testing.T) {
	for name, way := range ways(t, discard(), func(ctx context.Context, _ handler.Event) error {
		<-ctx.Done()
		return ctx.Err()
	}) {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			out, err := way.handler.Invoke(ctx, way.payload(created("1")))
			require.True(t, err != nil || strings.Contains(string(out), "message-1"))
			require.NoError(t, ctx.Err(), "the function's own time is not over yet")
		})
	}
}

func TestReportedErrors_HaveANameAndNoStack(t *testing.T) {
	h := handler.EventConsumer(discard(), func(context.Context, handler.Event) error { panic("secret internals") })
	_, err := h.Invoke(context.Background(), handlertest.EventBridge(t, created("1")))
	require.Equal(t, "TaskFailed", handlertest.ErrorType(t, err))
	require.NotContains(t, err.Error(), "secret internals")
}

// The input is one that EventBridge documents, with members that the shop's own events have not.
func TestEventConsumer_ReadsWhatEventBridgeSends(t *testing.T) {
	var got handler.Event
	h := handler.EventConsumer(discard(), func(_ context.Context, e handler.Event) error { got = e; return nil })
	_, err := h.Invoke(context.Background(), []byte(`{"version":"0","id":"53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa","detail-type":"Scheduled Event",
		"source":"aws.events","account":"123456789012","time":"2015-10-08T16:53:06Z","region":"us-east-1",
		"resources":["arn:aws:events:us-east-1:123456789012:rule/my-scheduled-rule"],"detail":{}}`))
	require.NoError(t, err)
	require.Equal(t, handler.Event{
		ID: "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", Type: "Scheduled Event", Source: "aws.events",
		Time: time.Date(2015, 10, 8, 16, 53, 6, 0, time.UTC), Detail: json.RawMessage(`{}`),
	}, got)
}

func TestEvents_AreKnownByTheIDInTheirDetail(t *testing.T) {
	var got []string
	consume := func(_ context.Context, e handler.Event) error { got = append(got, e.ID); return nil }
	for name, way := range ways(t, discard(), consume) {
		t.Run(name, func(t *testing.T) {
			got = nil
			for _, envelope := range []string{"1", "2"} { // sent twice, of which EventBridge makes two envelopes
				e := created(envelope)
				e.Detail = json.RawMessage(`{"eventId":"order-1-000001","correlationId":"corr-1"}`)
				_, err := way.handler.Invoke(context.Background(), way.payload(e))
				require.NoError(t, err)
			}
			require.Equal(t, []string{"order-1-000001", "order-1-000001"}, got)
		})
	}
}

func FuzzInput(f *testing.F) {
	for _, seed := range []string{
		`{"Records":[{"messageId":"1","eventSourceARN":"a.fifo","body":"{\"id\":\"1\",\"detail-type\":\"x\",\"source\":\"s\",\"detail\":{\"correlationId\":7}}","attributes":{"MessageGroupId":"g"}}]}`,
		`{"Records":[{"messageId":"1","body":"{\"Type\":\"Notification\",\"Message\":\"{}\",\"MessageAttributes\":{\"correlationId\":{\"Value\":\"x\"}}}"}]}`,
		`{"Records":[{"Sns":{"Message":"{}"}}]}`,
		`{"Records":[{"eventID":"1","eventName":"REMOVE","dynamodb":{"SequenceNumber":"1","ApproximateCreationDateTime":1e300,"Keys":{"a":{"L":[{"M":{"b":{"NULL":true}}}]}}}}]}`,
		`{"id":"1","detail-type":"x","source":"s","time":"2026-01-01T00:00:00Z","detail":{}}`,
	} {
		f.Add([]byte(seed))
	}
	event := func(context.Context, handler.Event) error { return nil }
	all := []lambda.Handler{
		handler.EventConsumer(discard(), event), handler.TopicConsumer(discard(), event), handler.QueueConsumer(discard(), event),
		handler.BatchConsumer(discard(), func(context.Context, []handler.Event) error { return nil }),
		handler.StreamConsumer(discard(), func(context.Context, handler.Change) error { return nil }),
		handler.Task(discard(), func(_ context.Context, in map[string]any) (map[string]any, error) { return in, nil }),
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		for _, h := range all {
			out, err := h.Invoke(context.Background(), payload)
			if err == nil {
				require.True(t, json.Valid(out), "%T: %s", h, out)
			}
		}
	})
}
