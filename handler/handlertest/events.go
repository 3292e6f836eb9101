package handlertest

import (
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // SQS's checksum of a body
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
)

// Where everything that the helpers make comes from.
const (
	region  = "eu-central-1"
	account = "123456789012"
)

// EventBridge returns what a rule of an event bus sends to a function: [handler.StartEvent].
func EventBridge(tb testing.TB, e handler.Event) []byte {
	tb.Helper()
	return encode(tb, map[string]any{
		"version": "0", "id": e.ID, "detail-type": e.Type, "source": e.Source, "account": account,
		"time": e.Time.UTC().Format(time.RFC3339), "region": region, "resources": []string{}, "detail": e.Detail,
	})
}

// Notification returns what a topic sends to a function: [handler.StartTopic]. The attributes are the message's, all of them
// strings.
func Notification(tb testing.TB, e handler.Event, attributes map[string]string) []byte {
	tb.Helper()
	return encode(tb, map[string]any{"Records": []any{map[string]any{
		"EventVersion": "1.0", "EventSource": "aws:sns",
		"EventSubscriptionArn": topicARN + ":2bcfbf39-05c3-41de-beaa-fcfcc21c8f55",
		"Sns":                  notification(string(encode(tb, e)), attributes),
	}}})
}

const topicARN = "arn:aws:sns:" + region + ":" + account + ":orders"

// notification is SNS's own envelope around a message.
func notification(message string, attributes map[string]string) map[string]any {
	values := map[string]any{}
	for name, value := range attributes {
		values[name] = map[string]any{"Type": "String", "Value": value}
	}
	return map[string]any{
		"Type": "Notification", "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e", "TopicArn": topicARN, "Message": message,
		"Timestamp": "2026-01-02T12:45:07.000Z", "SignatureVersion": "1", "Signature": "tcc6faL2yUC6dgZdmrwh1Y4cGa==",
		"SigningCertUrl":    "https://sns." + region + ".amazonaws.com/SimpleNotificationService.pem",
		"UnsubscribeUrl":    "https://sns." + region + ".amazonaws.com/?Action=Unsubscribe",
		"MessageAttributes": values,
	}
}

// Message is one message of a queue. Zero fields mean: absent.
type Message struct {
	// ID is the message's id; default: "message-" and its place in the batch, from 1.
	ID string
	// Event is the body, unless Body is given.
	Event handler.Event
	// Body is sent as it is.
	Body string
	// Group is the message group; one in the batch makes the queue a FIFO queue.
	Group string
	// Attributes are the message's attributes, all of them strings.
	Attributes map[string]string
	// Wrapped sends the body as a topic does that is not told to deliver it raw, with the attributes inside of the wrapping.
	Wrapped bool
	// Receives is how often the message has come; default 1.
	Receives int
}

// Queue returns the batch that SQS sends to a function: [handler.StartQueue] and [handler.StartBatch].
func Queue(tb testing.TB, batch ...Message) []byte {
	tb.Helper()
	arn := "arn:aws:sqs:" + region + ":" + account + ":orders"
	for _, m := range batch {
		if m.Group != "" {
			arn = "arn:aws:sqs:" + region + ":" + account + ":orders.fifo"
		}
	}
	var records []any
	for i, m := range batch {
		m.ID = cmp.Or(m.ID, "message-"+strconv.Itoa(i+1))
		records = append(records, m.record(tb, arn, i))
	}
	return encode(tb, map[string]any{"Records": records})
}

func (m Message) record(tb testing.TB, arn string, place int) map[string]any {
	tb.Helper()
	body := m.Body
	if body == "" {
		body = string(encode(tb, m.Event))
	}
	outside := map[string]any{}
	if m.Wrapped {
		body = string(encode(tb, notification(body, m.Attributes)))
	} else {
		for name, value := range m.Attributes {
			outside[name] = map[string]any{"stringValue": value, "stringListValues": []any{}, "binaryListValues": []any{}, "dataType": "String"}
		}
	}
	system := map[string]any{
		"ApproximateReceiveCount": strconv.Itoa(max(1, m.Receives)), "SentTimestamp": "1767357907000",
		"SenderId": "AIDAIENQZJOLO23YVJ4VO", "ApproximateFirstReceiveTimestamp": "1767357907001",
	}
	if m.Group != "" {
		system["MessageGroupId"], system["MessageDeduplicationId"] = m.Group, m.ID
		system["SequenceNumber"] = fmt.Sprintf("188495731%011d", place)
	}
	sum := md5.Sum([]byte(body)) //nolint:gosec // SQS's checksum
	return map[string]any{
		"messageId": m.ID, "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a", "body": body, "attributes": system,
		"messageAttributes": outside, "md5OfBody": hex.EncodeToString(sum[:]), "eventSource": "aws:sqs",
		"eventSourceARN": arn, "awsRegion": region,
	}
}

// Stream returns the batch that DynamoDB Streams sends to a function: [handler.StartStream]. The sequence numbers are
// [SequenceNumber] of the changes' places.
func Stream(tb testing.TB, changes ...handler.Change) []byte {
	tb.Helper()
	var records []any
	for i, c := range changes {
		change := map[string]any{
			"ApproximateCreationDateTime": c.At.Unix(), "Keys": values(tb, c.Keys),
			"SequenceNumber": SequenceNumber(i + 1), "SizeBytes": 59, "StreamViewType": "NEW_AND_OLD_IMAGES",
		}
		if c.Old != nil {
			change["OldImage"] = values(tb, c.Old)
		}
		if c.New != nil {
			change["NewImage"] = values(tb, c.New)
		}
		records = append(records, map[string]any{
			"eventID": c.ID, "eventName": c.Kind, "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": region,
			"eventSourceARN": "arn:aws:dynamodb:" + region + ":" + account + ":table/orders/stream/2026-01-01T00:00:00.000",
			"dynamodb":       change,
		})
	}
	return encode(tb, map[string]any{"Records": records})
}

// SequenceNumber is that of a change at a place of the batch, from 1.
func SequenceNumber(place int) string { return strconv.Itoa(111 * place) }

// values writes attributes as DynamoDB's JSON.
func values(tb testing.TB, item map[string]types.AttributeValue) map[string]any {
	tb.Helper()
	out := map[string]any{}
	for name, v := range item {
		out[name] = value(tb, v)
	}
	return out
}

func value(tb testing.TB, v types.AttributeValue) map[string]any {
	tb.Helper()
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": v.Value}
	case *types.AttributeValueMemberN:
		return map[string]any{"N": v.Value}
	case *types.AttributeValueMemberB:
		return map[string]any{"B": v.Value}
	case *types.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": v.Value}
	case *types.AttributeValueMemberNULL:
		return map[string]any{"NULL": v.Value}
	case *types.AttributeValueMemberSS:
		return map[string]any{"SS": v.Value}
	case *types.AttributeValueMemberNS:
		return map[string]any{"NS": v.Value}
	case *types.AttributeValueMemberBS:
		return map[string]any{"BS": v.Value}
	case *types.AttributeValueMemberM:
		return map[string]any{"M": values(tb, v.Value)}
	case *types.AttributeValueMemberL:
		list := []any{}
		for _, element := range v.Value {
			list = append(list, value(tb, element))
		}
		return map[string]any{"L": list}
	}
	require.Fail(tb, "attribute value of an unknown type", "%T", v)
	return nil
}

// Failures gives a batch to a function and returns what the function says has to come again: the ids of messages, or a sequence
// number. It fails the test if the function fails as a whole, which would make the whole batch come again.
func Failures(tb testing.TB, h lambda.Handler, payload []byte) []string {
	tb.Helper()
	out, err := h.Invoke(context.Background(), payload)
	require.NoError(tb, err)
	var response struct {
		Failures []struct {
			Item string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	require.NoError(tb, json.Unmarshal(out, &response))
	require.NotNil(tb, response.Failures, "without this list the whole batch counts as done or as failed: %s", out)
	failed := []string{}
	for _, f := range response.Failures {
		failed = append(failed, f.Item)
	}
	return failed
}

// RunTask gives a task the input that a workflow would give it, and returns its result. If the task fails, it returns the error's
// name instead, by which the workflow's Retry and Catch know it.
func RunTask[Out any](tb testing.TB, task lambda.Handler, input any) (out Out, errorType string) {
	tb.Helper()
	answer, err := task.Invoke(context.Background(), encode(tb, input))
	if err != nil {
		return out, ErrorType(tb, err)
	}
	require.NoError(tb, json.Unmarshal(answer, &out), "result: %s", answer)
	return out, ""
}

// ErrorType returns the errorType that Lambda would report for a function's error.
func ErrorType(tb testing.TB, err error) string {
	tb.Helper()
	reported, ok := errors.AsType[messages.InvokeResponse_Error](err)
	require.True(tb, ok, "%T would be reported by its Go type", err)
	return reported.Type
}

func encode(tb testing.TB, v any) []byte {
	tb.Helper()
	encoded, err := json.Marshal(v)
	require.NoError(tb, err)
	return encoded
}
