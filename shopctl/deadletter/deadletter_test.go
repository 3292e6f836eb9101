package deadletter

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/shopctl/resources"
)

const (
	workDLQ, workURL = "https://work-dlq", "https://work"
	fifoDLQ, fifoURL = "https://pay-dlq.fifo", "https://pay.fifo"
	mailARN          = "arn:aws:lambda:eu-west-1:123456789012:function:mail"
	ruleARN          = "arn:aws:sqs:eu-west-1:123456789012:work"
)

var queues = map[string]resources.DeadLetterQueue{
	"work-dlq":   {URL: workDLQ, What: "Messages of queue work failed.", Kind: "queue", Targets: []string{workURL}},
	"pay-dlq":    {URL: fifoDLQ, Kind: "queue", Targets: []string{fifoURL}},
	"mail-dlq":   {URL: "https://mail-dlq", Kind: "function", Targets: []string{mailARN}},
	"rule-dlq":   {URL: "https://rule-dlq", Kind: "rule", Targets: []string{ruleARN}},
	"topic-dlq":  {URL: "https://topic-dlq", Kind: "subscription", Targets: []string{mailARN}},
	"stream-dlq": {URL: "https://stream-dlq", Kind: "stream", Targets: []string{mailARN}, Filters: []string{`{"eventName":["INSERT"],"dynamodb":{"Keys":{"sk":{"S":[{"prefix":"EVENT#"}]}}}}`}},
}

func newDesk() (*fakeAWS, *Desk) {
	f := newFakeAWS(workDLQ, workURL, fifoDLQ, fifoURL, "https://mail-dlq", "https://rule-dlq", "https://topic-dlq", "https://stream-dlq")
	d := NewDesk(queues, f, f, f)
	d.poll = time.Millisecond
	return f, d
}

func nobody(int) {}

// body is the n-th message of a kind of queue, and delivered what arrives at the other side for it.
var kinds = map[string]struct {
	url             string
	body, delivered func(n int) string
	arrived         func(f *fakeAWS) []string
}{
	"work-dlq": {workDLQ, strconv.Itoa, strconv.Itoa, func(f *fakeAWS) []string { return f.bodies(workURL) }},
	"pay-dlq":  {fifoDLQ, strconv.Itoa, strconv.Itoa, func(f *fakeAWS) []string { return f.bodies(fifoURL) }},
	"rule-dlq": {"https://rule-dlq", strconv.Itoa, strconv.Itoa, func(f *fakeAWS) []string { return f.bodies(workURL) }},
	"mail-dlq": {
		"https://mail-dlq",
		func(n int) string { return fmt.Sprintf(`{"requestPayload":{"n":%d}}`, n) },
		func(n int) string { return fmt.Sprintf(`{"n":%d}`, n) },
		func(f *fakeAWS) []string { return f.invoked[mailARN] },
	},
	"topic-dlq": {
		"https://topic-dlq",
		func(n int) string { return fmt.Sprintf(`{"Message":"%d"}`, n) },
		func(n int) string {
			return fmt.Sprintf(`{"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","Sns":{"Message":"%d"}}]}`, n)
		},
		func(f *fakeAWS) []string { return f.invoked[mailARN] },
	},
}

func fill(f *fakeAWS, queue string, n int) {
	for i := range n {
		f.add(kinds[queue].url, kinds[queue].body(i), func(m *types.Message) { m.Attributes["MessageGroupId"] = "order-1" })
	}
}

// TestRedrive_LosesNothing fails each call of a redrive in turn, before and after it has its effect, or interrupts the operator there. Then
// every message must be in its queue or have arrived, and a second redrive must bring the rest.
func TestRedrive_LosesNothing(t *testing.T) {
	const messages = 13
	for queue, kind := range kinds {
		for _, how := range []string{"before", "after", "interrupt"} {
			for at := 1; ; at++ {
				f, d := newDesk()
				fill(f, queue, messages)
				ctx, cancel := context.WithCancel(t.Context())
				if how == "interrupt" {
					f.beforeCall = func(n int) {
						if n == at {
							cancel()
						}
					}
				} else {
					f.failAt, f.late = at, how == "after"
				}
				result, err := d.Redrive(ctx, queue, 0, nobody)
				happened := f.calls >= at
				label := fmt.Sprintf("%s: %s call %d of %d: %v %+v", queue, how, at, f.calls, err, result)
				for n := range messages {
					here := slices.Contains(f.bodies(kind.url), kind.body(n))
					require.True(t, here || slices.Contains(kind.arrived(f), kind.delivered(n)), "message %d is lost: %s", n, label)
				}
				f.unhide()
				f.failAt, f.beforeCall = 0, nil
				_, err = d.Redrive(t.Context(), queue, 0, nobody)
				cancel()
				require.NoError(t, err, label)
				require.Empty(t, f.bodies(kind.url), label)
				for n := range messages {
					require.Contains(t, kind.arrived(f), kind.delivered(n), label)
				}
				if queue == "pay-dlq" {
					require.Len(t, kind.arrived(f), messages, "each once, though it was sent twice: %s", label)
					require.True(t, slices.IsSortedFunc(kind.arrived(f), func(a, b string) int { return len(a) - len(b) + slices.Compare([]string{a}, []string{b}) }), label)
				}
				if !happened {
					break
				}
			}
		}
	}
}

func TestRedrive_HasSQSMoveWhereItCan(t *testing.T) {
	f, d := newDesk()
	f.moves, f.moveStatus, f.moveMost = true, "COMPLETED", 100
	fill(f, "work-dlq", 25)
	var progress []int
	result, err := d.Redrive(t.Context(), "work", 0, func(n int) { progress = append(progress, n) })
	require.NoError(t, err)
	require.Equal(t, Result{Queue: "work-dlq", Moved: 25}, result)
	require.Len(t, f.bodies(workURL), 25)
	require.Equal(t, 25, progress[len(progress)-1])

	f.moveStatus, f.moveMost = "FAILED", 4 // messages that SNS has put here, for example
	fill(f, "work-dlq", 10)
	result, err = d.Redrive(t.Context(), "work", 0, nobody)
	require.NoError(t, err)
	require.Zero(t, result.Left, "the rest is moved by hand")
	require.Len(t, f.bodies(workURL), 35)
}

func TestRedrive_TakesNoMoreThanTheLimit(t *testing.T) {
	f, d := newDesk()
	f.moves = true // which knows no limit
	fill(f, "work-dlq", 25)
	result, err := d.Redrive(t.Context(), "work-dlq", 12, nobody)
	require.NoError(t, err)
	require.Equal(t, Result{Queue: "work-dlq", Moved: 12, Left: 13}, result)
	_, err = d.Redrive(t.Context(), "work-dlq", -1, nobody)
	require.ErrorContains(t, err, "limit -1, want 1 or more")
}

// TestRedrive_EndsThoughMessagesComeBack has every message fail again at once.
func TestRedrive_EndsThoughMessagesComeBack(t *testing.T) {
	f, d := newDesk()
	fill(f, "work-dlq", 15)
	f.beforeCall = func(int) {
		f.queues[workDLQ].messages = append(f.queues[workDLQ].messages, f.queues[workURL].messages...)
		f.queues[workURL].messages = nil
	}
	result, err := d.Redrive(t.Context(), "work-dlq", 0, nobody)
	require.NoError(t, err)
	require.Equal(t, Result{Queue: "work-dlq", Moved: 15, Left: 15}, result)
}

func TestRedrive_KeepsWhatNobodyCouldTake(t *testing.T) {
	f, d := newDesk()
	fill(f, "mail-dlq", 3)
	f.add("https://mail-dlq", "not a record")
	result, err := d.Redrive(t.Context(), "mail", 0, nobody)
	require.NoError(t, err)
	require.Equal(t, 3, result.Moved)
	require.Len(t, result.Kept, 1)
	require.Contains(t, result.Kept[0].Reason, "no record of a failed invocation")
	require.Equal(t, []string{"not a record"}, f.bodies("https://mail-dlq"))
	require.False(t, f.queues["https://mail-dlq"].messages[0].hidden, "it was given back")

	f.add("https://rule-dlq", "{}", func(m *types.Message) {
		m.MessageAttributes = map[string]types.MessageAttributeValue{"TARGET_ARN": {StringValue: aws.String("arn:aws:states:eu-west-1:1:stateMachine:x")}}
	})
	f.add("https://topic-dlq", "{}")
	for queue, want := range map[string]string{"rule": "functions and queues only", "topic": "no envelope of SNS"} {
		result, err := d.Redrive(t.Context(), queue, 0, nobody)
		require.NoError(t, err)
		require.Contains(t, result.Kept[0].Reason, want)
	}
}

// change is a record of a stream.
func change(sequence, sk string, kind streamtypes.OperationType) streamtypes.Record {
	return streamtypes.Record{EventID: aws.String("e" + sequence), EventName: kind, Dynamodb: &streamtypes.StreamRecord{
		SequenceNumber: &sequence, ApproximateCreationDateTime: aws.Time(time.UnixMilli(1_700_000_000_500)),
		Keys: map[string]streamtypes.AttributeValue{"sk": &streamtypes.AttributeValueMemberS{Value: sk}},
		NewImage: map[string]streamtypes.AttributeValue{
			"n": &streamtypes.AttributeValueMemberN{Value: "1"}, "b": &streamtypes.AttributeValueMemberB{Value: []byte{1}},
			"l": &streamtypes.AttributeValueMemberL{Value: []streamtypes.AttributeValue{&streamtypes.AttributeValueMemberBOOL{Value: true}, &streamtypes.AttributeValueMemberNULL{Value: true}}},
		},
	}}
}

func TestRedrive_CallsAFunctionWithTheChangesItFailedOn(t *testing.T) {
	f, d := newDesk()
	const place = `{"DDBStreamBatchInfo":{"shardId":"s","startSequenceNumber":"8","endSequenceNumber":"11","streamArn":"arn:stream"}}`
	f.add("https://stream-dlq", place)
	result, err := d.Redrive(t.Context(), "stream", 0, nobody)
	require.NoError(t, err)
	require.Contains(t, result.Kept[0].Reason, "a stream keeps changes for 24 hours")

	f.records = []streamtypes.Record{
		change("8", "EVENT#1", "INSERT"), change("9", "PRIVATE", "INSERT"), change("10", "EVENT#1", "REMOVE"), change("11", "EVENT#2", "INSERT"), change("12", "EVENT#3", "INSERT"),
	}
	f.answer = `{"batchItemFailures":[{"itemIdentifier":"8"}]}`
	result, err = d.Redrive(t.Context(), "stream", 0, nobody)
	require.NoError(t, err)
	require.Contains(t, result.Kept[0].Reason, "failed again on 2 changes")

	f.answer = `{"batchItemFailures":[]}`
	result, err = d.Redrive(t.Context(), "stream", 0, nobody)
	require.NoError(t, err)
	require.Equal(t, Result{Queue: "stream-dlq", Moved: 1}, result)
	require.JSONEq(t, `{"Records":[
		{"eventID":"e8","eventName":"INSERT","eventSource":"aws:dynamodb","eventVersion":"1.1","awsRegion":"","eventSourceARN":"arn:stream","dynamodb":{
			"SequenceNumber":"8","StreamViewType":"","ApproximateCreationDateTime":1700000000.5,"Keys":{"sk":{"S":"EVENT#1"}},
			"NewImage":{"n":{"N":"1"},"b":{"B":"AQ=="},"l":{"L":[{"BOOL":true},{"NULL":true}]}}}},
		{"eventID":"e11","eventName":"INSERT","eventSource":"aws:dynamodb","eventVersion":"1.1","awsRegion":"","eventSourceARN":"arn:stream","dynamodb":{
			"SequenceNumber":"11","StreamViewType":"","ApproximateCreationDateTime":1700000000.5,"Keys":{"sk":{"S":"EVENT#2"}},
			"NewImage":{"n":{"N":"1"},"b":{"B":"AQ=="},"l":{"L":[{"BOOL":true},{"NULL":true}]}}}}]}`, f.invoked[mailARN][1])
}

func TestMatches_KnowsTheShopsFilters(t *testing.T) {
	record := map[string]any{"eventName": "MODIFY", "dynamodb": map[string]any{"NewImage": map[string]any{"outbox": map[string]any{"S": "x"}}}}
	for filter, want := range map[string]bool{
		`{"dynamodb":{"NewImage":{"outbox":{"S":[{"exists":true}]}}}}`:  true,
		`{"dynamodb":{"NewImage":{"outbox":{"S":[{"exists":false}]}}}}`: false,
		`{"dynamodb":{"OldImage":{"outbox":{"S":[{"exists":true}]}}}}`:  false,
		`{"eventName":["INSERT","MODIFY"]}`:                             true,
		`{"eventName":["INSERT"]}`:                                      false,
	} {
		ok, err := matches([]string{filter}, record)
		require.NoError(t, err)
		require.Equal(t, want, ok, filter)
	}
	_, err := matches([]string{`{"eventName":[{"suffix":"x"}]}`}, record)
	require.ErrorContains(t, err, "the condition map[suffix:x], which shopctl does not know")
	ok, err := matches(nil, record)
	require.NoError(t, err)
	require.True(t, ok)
}

func TestRedriveAll_GoesOnBehindAFailure(t *testing.T) {
	f, d := newDesk()
	fill(f, "mail-dlq", 2)
	fill(f, "work-dlq", 3)
	f.failAt = 3 // mail's first delivery
	results, err := d.RedriveAll(t.Context(), 0, func(string, int) {})
	require.NoError(t, err)
	require.Len(t, results, 2)
	require.Equal(t, 1, results[0].Moved)
	require.Len(t, results[0].Kept, 1)
	require.Equal(t, 3, results[1].Moved)
}

func TestShow_LeavesEverythingWhereItIs(t *testing.T) {
	f, d := newDesk()
	for i := range 14 {
		f.add("https://mail-dlq", fmt.Sprintf(`{"requestContext":{"condition":"RetriesExhausted"},"requestPayload":{"n":%d},"responsePayload":{"errorType":"Boom","errorMessage":"no"}}`, i))
	}
	messages, all, err := d.Show(t.Context(), "mail-dlq", 12)
	require.NoError(t, err)
	require.Equal(t, 14, all)
	require.Len(t, messages, 12)
	require.Equal(t, "m1", messages[0].ID)
	require.Equal(t, 1, messages[0].Receives)
	require.Equal(t, "RetriesExhausted: Boom: no", messages[0].Why)
	require.Equal(t, "m12", messages[11].ID, "all different")
	require.Len(t, f.bodies("https://mail-dlq"), 14)
	again, _, err := d.Show(t.Context(), "mail-dlq", 100)
	require.NoError(t, err)
	require.Len(t, again, 14, "they can be seen again at once")

	_, _, err = d.Show(t.Context(), "unknown", 1)
	require.ErrorContains(t, err, `there is no dead-letter queue "unknown"; `+"`shopctl dlq list` names them: mail-dlq, pay-dlq")
	_, _, err = d.Show(t.Context(), "mail", 0)
	require.ErrorContains(t, err, "showing 0 messages, want 1–1000")
}

func TestShow_SaysWhyEventBridgeAndSNSGaveUp(t *testing.T) {
	f, d := newDesk()
	text := func(v string) types.MessageAttributeValue { return types.MessageAttributeValue{StringValue: &v} }
	f.add("https://rule-dlq", "{}", func(m *types.Message) {
		m.MessageAttributes = map[string]types.MessageAttributeValue{"ERROR_CODE": text("NO_PERMISSIONS"), "ERROR_MESSAGE": text("not allowed")}
	})
	f.add("https://topic-dlq", "{}", func(m *types.Message) {
		m.MessageAttributes = map[string]types.MessageAttributeValue{"ErrorCode": text("403"), "ErrorMessage": text("denied")}
	})
	for queue, want := range map[string]string{"rule": "NO_PERMISSIONS: not allowed", "topic": "403: denied"} {
		messages, _, err := d.Show(t.Context(), queue, 1)
		require.NoError(t, err)
		require.Equal(t, want, messages[0].Why)
	}
}

func TestList_TellsDepthAndAgeOfEveryQueue(t *testing.T) {
	f, d := newDesk()
	fill(f, "work-dlq", 12)
	all, err := d.List(t.Context())
	require.NoError(t, err)
	require.Len(t, all, len(queues))
	require.Equal(t, Status{
		Queue: "work-dlq", What: "Messages of queue work failed.", Messages: 12, Oldest: time.UnixMilli(1_700_000_001_000).UTC(),
	}, all[0])
	require.Equal(t, "mail-dlq", all[1].Queue)
	require.False(t, f.queues[workDLQ].messages[0].hidden)

	f.failAt = f.calls + 1
	all, err = d.List(t.Context())
	require.ErrorIs(t, err, errInjected)
	require.Len(t, all, len(queues))
	require.True(t, slices.ContainsFunc(all, func(s Status) bool { return s.Error != "" }))

	ctx, cancel := context.WithCancel(t.Context())
	f.beforeCall = func(int) { cancel() }
	all, err = d.List(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, all, "or it would look as if half the queues were not reachable")
}

func TestDiscard_RemovesTheOneMessageOnly(t *testing.T) {
	f, d := newDesk()
	fill(f, "mail-dlq", 25)
	before := f.bodies("https://mail-dlq")
	for range 2 { // it can be looked at again at once
		m, err := d.Discard(t.Context(), "mail", "m14", false)
		require.NoError(t, err)
		require.Equal(t, "m14", m.ID)
		require.Equal(t, before, f.bodies("https://mail-dlq"))
	}
	m, err := d.Discard(t.Context(), "mail", "m14", true)
	require.NoError(t, err)
	require.JSONEq(t, `{"requestPayload":{"n":13}}`, m.Body)
	require.Equal(t, slices.Delete(slices.Clone(before), 13, 14), f.bodies("https://mail-dlq"))
	for _, m := range f.queues["https://mail-dlq"].messages {
		require.False(t, m.hidden)
	}

	_, err = d.Discard(t.Context(), "mail", "m14", true)
	require.EqualError(t, err, "there is no message m14 among the 24 that mail-dlq hands out now; `shopctl dlq show mail-dlq` shows them")
	_, err = d.Discard(t.Context(), "unknown", "m1", true)
	require.ErrorContains(t, err, `there is no dead-letter queue "unknown"`)
	for call := range 4 { // the depth, two batches, the removal
		f.failAt = f.calls + 1 + call
		_, err = d.Discard(t.Context(), "mail", "m15", true)
		require.ErrorIs(t, err, errInjected, "call %d", call)
	}
}
