package handler_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
)

// item is an order's item.
func item(orderID string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"orderId":       &types.AttributeValueMemberS{Value: orderID},
		"correlationId": &types.AttributeValueMemberS{Value: "corr-" + orderID},
	}
}

// inserted is a change per order.
func inserted(orderIDs ...string) []handler.Change {
	var changes []handler.Change
	for _, id := range orderIDs {
		changes = append(changes, handler.Change{
			ID: "change-" + id, Kind: handler.Insert, At: time.Unix(1767357907, 0).UTC(),
			Keys: map[string]types.AttributeValue{"orderId": item(id)["orderId"]}, New: item(id),
		})
	}
	return changes
}

func TestStreamConsumer_GivesTheChangesInOrder(t *testing.T) {
	want := inserted("1", "2")
	want[1].Kind, want[1].Old = handler.Modify, item("2")
	want = append(want, handler.Change{ID: "change-3", Kind: handler.Remove, At: want[0].At, Keys: want[0].Keys, Old: item("3")})
	var got []handler.Change
	h := handler.StreamConsumer(discard(), func(_ context.Context, c handler.Change) error {
		got = append(got, c)
		return nil
	})
	require.Empty(t, handlertest.Failures(t, h, handlertest.Stream(t, want...)))
	require.Equal(t, want, got)
}

func TestStreamConsumer_StopsAtTheFirstFailureAndBeginsAgainThere(t *testing.T) {
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.New("no") },
		"panic": func() error { panic("no") },
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			h := handler.StreamConsumer(discard(), func(_ context.Context, c handler.Change) error {
				got = append(got, c.ID)
				if c.ID == "change-2" {
					return fail()
				}
				return nil
			})
			require.Equal(t, []string{handlertest.SequenceNumber(2)}, handlertest.Failures(t, h, handlertest.Stream(t, inserted("1", "2", "3")...)))
			require.Equal(t, []string{"change-1", "change-2"}, got)
		})
	}
}

func TestStreamConsumer_StopsWhenTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := handler.StreamConsumer(discard(), func(ctx context.Context, _ handler.Change) error {
			<-ctx.Done()
			return nil // it had just finished
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		out, err := h.Invoke(ctx, handlertest.Stream(t, inserted("1", "2")...))
		require.NoError(t, err)
		require.NoError(t, ctx.Err())
		require.JSONEq(t, `{"batchItemFailures":[{"itemIdentifier":"222"}]}`, string(out))
	})
}

func TestStreamConsumer_LogsEveryChange(t *testing.T) {
	var log bytes.Buffer
	removed := handler.Change{ID: "change-2", Kind: handler.Remove, Old: item("2")}
	keysOnly := handler.Change{ID: "change-3", Kind: handler.Insert}
	h := handler.StreamConsumer(logTo(&log), func(context.Context, handler.Change) error { return nil })
	_, err := h.Invoke(invoked(), handlertest.Stream(t, inserted("1")[0], removed, keysOnly))
	require.NoError(t, err)
	all := lines(t, &log)
	require.Len(t, all, 3)
	for key, want := range map[string]any{
		"msg": "change", "correlationId": "corr-1", "requestId": "lambda-request", "traceId": "Root=1-2-3", "coldStart": true, "eventType": "INSERT",
		"eventId": "change-1", "sequenceNumber": "111", "orderId": "1", "outcome": "ok",
	} {
		require.Equal(t, want, all[0][key], key)
	}
	require.Equal(t, []any{"corr-2", "2"}, []any{all[1]["correlationId"], all[1]["orderId"]})
	require.Len(t, all[2]["correlationId"], 26, "a new one")
	require.NotContains(t, all[2], "orderId")
}

// The record is the one that DynamoDB Streams documents, with a fraction of a second and values of all types.
func TestStreamConsumer_ReadsWhatDynamoDBSends(t *testing.T) {
	var got handler.Change
	h := handler.StreamConsumer(discard(), func(_ context.Context, c handler.Change) error { got = c; return nil })
	require.Empty(t, handlertest.Failures(t, h, []byte(`{"Records":[{"eventID":"c4ca4238a0b923820dcc509a6f75849b","eventName":"INSERT",
		"eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"us-east-1","dynamodb":{"ApproximateCreationDateTime":1.4285376005E9,
		"Keys":{"Id":{"N":"101"}},"NewImage":{"S":{"S":"text"},"N":{"N":"-1.5E+10"},"B":{"B":"AAEC"},"BOOL":{"BOOL":false},"NULL":{"NULL":true},
		"SS":{"SS":["a","b"]},"NS":{"NS":["1","2"]},"BS":{"BS":["AA==","AQ=="]},"L":{"L":[{"S":"x"},{"L":[{"N":"1"}]}]},
		"M":{"M":{"a":{"M":{"b":{"BOOL":true}}}}},"empty":{"M":{}}},
		"SequenceNumber":"4421584500000000017450439091","SizeBytes":26,"StreamViewType":"NEW_AND_OLD_IMAGES"},
		"eventSourceARN":"arn:aws:dynamodb:us-east-1:123456789012:table/ExampleTable/stream/2015-06-27T00:48:05.899"}]}`)))
	s := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	n := func(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }
	m := func(v map[string]types.AttributeValue) types.AttributeValue {
		return &types.AttributeValueMemberM{Value: v}
	}
	require.Equal(t, handler.Change{
		ID: "c4ca4238a0b923820dcc509a6f75849b", Kind: handler.Insert, At: time.Unix(1428537600, 5e8).UTC(),
		Keys: map[string]types.AttributeValue{"Id": n("101")},
		New: map[string]types.AttributeValue{
			"S": s("text"), "N": n("-1.5E+10"), "B": &types.AttributeValueMemberB{Value: []byte{0, 1, 2}},
			"BOOL": &types.AttributeValueMemberBOOL{}, "NULL": &types.AttributeValueMemberNULL{Value: true},
			"SS": &types.AttributeValueMemberSS{Value: []string{"a", "b"}}, "NS": &types.AttributeValueMemberNS{Value: []string{"1", "2"}},
			"BS": &types.AttributeValueMemberBS{Value: [][]byte{{0}, {1}}},
			"L": &types.AttributeValueMemberL{Value: []types.AttributeValue{
				s("x"), &types.AttributeValueMemberL{Value: []types.AttributeValue{n("1")}},
			}},
			"M":     m(map[string]types.AttributeValue{"a": m(map[string]types.AttributeValue{"b": &types.AttributeValueMemberBOOL{Value: true}})}),
			"empty": m(map[string]types.AttributeValue{}),
		},
	}, got)
}

func TestStreamConsumer_UnreadableChangesFailLikeOthers(t *testing.T) {
	h := handler.StreamConsumer(discard(), func(context.Context, handler.Change) error { panic("must not be called") })
	for _, value := range []string{
		`{"X":"1"}`, `{"s":"1"}`, `{"S":"1","N":"1"}`, `{}`, `[]`, `null`, `{"S":null}`, `{"N":1}`, `{"B":"!"}`, `{"BOOL":"true"}`,
		`{"L":[{"X":"1"}]}`, `{"L":{}}`, `{"L":[null]}`, `{"M":{"a":{"X":1}}}`, `{"M":[]}`, `{"M":null}`, `{"SS":"a"}`, `{"NS":[1]}`, `{"BS":["!"]}`,
	} {
		require.Equal(t, []string{"7"}, handlertest.Failures(t, h, []byte(`{"Records":[{"eventID":"1","eventName":"INSERT",
			"dynamodb":{"SequenceNumber":"7","NewImage":{"a":`+value+`}}}]}`)), value)
	}
	for _, head := range []string{`"eventID":"1"`, `"eventName":"INSERT"`, `"eventID":"1","eventName":"insert"`} {
		require.Equal(t, []string{"7"}, handlertest.Failures(t, h, []byte(`{"Records":[{`+head+`,"dynamodb":{"SequenceNumber":"7"}}]}`)), head)
	}
}

func TestStream_HelpersWriteEveryTypeAsDynamoDBDoes(t *testing.T) {
	all := map[string]types.AttributeValue{
		"S": &types.AttributeValueMemberS{Value: "a"}, "N": &types.AttributeValueMemberN{Value: "1"},
		"B": &types.AttributeValueMemberB{Value: []byte("b")}, "BOOL": &types.AttributeValueMemberBOOL{Value: true},
		"NULL": &types.AttributeValueMemberNULL{Value: true}, "SS": &types.AttributeValueMemberSS{Value: []string{"a"}},
		"NS": &types.AttributeValueMemberNS{Value: []string{"1"}}, "BS": &types.AttributeValueMemberBS{Value: [][]byte{{1}}},
		"L": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: "a"}}},
		"M": &types.AttributeValueMemberM{Value: item("1")},
	}
	var got handler.Change
	h := handler.StreamConsumer(discard(), func(_ context.Context, c handler.Change) error { got = c; return nil })
	require.Empty(t, handlertest.Failures(t, h, handlertest.Stream(t, handler.Change{ID: "1", Kind: handler.Modify, Old: all, New: all})))
	require.Equal(t, all, got.Old)
	require.Equal(t, all, got.New)
}
