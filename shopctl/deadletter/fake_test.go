package deadletter

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

var errInjected = errors.New("injected")

// fakeAWS is as much of SQS, Lambda and DynamoDB Streams as this package uses.
type fakeAWS struct {
	mu     sync.Mutex
	queues map[string]*fakeQueue
	// invoked are the payloads that functions were called with, by function.
	invoked map[string][]string
	// answer is what a function answers to who waits.
	answer string
	// records are what the stream has.
	records []streamtypes.Record

	// calls counts the calls, of which failAt (from 1) fails: before it has an effect, or, with late, after it.
	calls, failAt int
	late          bool
	// beforeCall, if set, runs before each call.
	beforeCall func(n int)
	// moves is set if SQS moves messages itself; moveStatus is how that ends, and moveMost how many it moves.
	moves      bool
	moveStatus string
	moveMost   int
	moved      int
	ids        int
}

type fakeQueue struct {
	messages []*fakeMessage
	dedupe   map[string]bool
}

type fakeMessage struct {
	types.Message
	hidden   bool
	receives int
}

func newFakeAWS(urls ...string) *fakeAWS {
	f := &fakeAWS{queues: map[string]*fakeQueue{}, invoked: map[string][]string{}, answer: `{"batchItemFailures":[]}`}
	for _, url := range urls {
		f.queues[url] = &fakeQueue{dedupe: map[string]bool{}}
	}
	return f
}

// add puts a message into a queue.
func (f *fakeAWS) add(url, body string, change ...func(*types.Message)) {
	f.ids++
	m := types.Message{
		MessageId: aws.String("m" + strconv.Itoa(f.ids)), Body: &body,
		Attributes: map[string]string{"SentTimestamp": strconv.Itoa(1_700_000_000_000 + f.ids*1000)},
	}
	for _, c := range change {
		c(&m)
	}
	f.queues[url].messages = append(f.queues[url].messages, &fakeMessage{Message: m})
}

// bodies are what a queue holds, hidden or not.
func (f *fakeAWS) bodies(url string) []string {
	bodies := []string{}
	for _, m := range f.queues[url].messages {
		bodies = append(bodies, *m.Body)
	}
	return bodies
}

// unhide lets the time pass after which messages that were received come back.
func (f *fakeAWS) unhide() {
	for _, q := range f.queues {
		for _, m := range q.messages {
			m.hidden = false
		}
	}
}

// call has an effect, unless it is the one to fail.
func (f *fakeAWS) call(ctx context.Context, effect func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.beforeCall != nil {
		f.beforeCall(f.calls)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.calls == f.failAt && !f.late {
		return errInjected
	}
	err := effect()
	if f.calls == f.failAt {
		return errInjected
	}
	return err
}

func (f *fakeAWS) GetQueueAttributes(ctx context.Context, in *sqs.GetQueueAttributesInput, _ ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error) {
	visible, hidden := 0, 0
	err := f.call(ctx, func() error {
		for _, m := range f.queues[*in.QueueUrl].messages {
			if m.hidden {
				hidden++
			} else {
				visible++
			}
		}
		return nil
	})
	return &sqs.GetQueueAttributesOutput{Attributes: map[string]string{
		"ApproximateNumberOfMessages": strconv.Itoa(visible), "ApproximateNumberOfMessagesNotVisible": strconv.Itoa(hidden), "QueueArn": "arn:of:" + *in.QueueUrl,
	}}, err
}

func (f *fakeAWS) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	out := &sqs.ReceiveMessageOutput{}
	err := f.call(ctx, func() error {
		if in.MaxNumberOfMessages < 1 || in.MaxNumberOfMessages > 10 {
			return fmt.Errorf("MaxNumberOfMessages = %d", in.MaxNumberOfMessages)
		}
		for _, m := range f.queues[*in.QueueUrl].messages {
			if m.hidden || len(out.Messages) == int(in.MaxNumberOfMessages) {
				continue
			}
			m.hidden = in.VisibilityTimeout > 0
			m.receives++
			m.Attributes["ApproximateReceiveCount"] = strconv.Itoa(m.receives)
			m.ReceiptHandle = aws.String(fmt.Sprint(*m.MessageId, "/", m.receives))
			out.Messages = append(out.Messages, m.Message)
		}
		return nil
	})
	if err != nil {
		return nil, err // SQS has hidden them, and nobody knows
	}
	return out, nil
}

func (f *fakeAWS) ChangeMessageVisibility(ctx context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	return nil, f.call(ctx, func() error {
		for _, m := range f.queues[*in.QueueUrl].messages {
			if aws.ToString(m.ReceiptHandle) == *in.ReceiptHandle {
				m.hidden = in.VisibilityTimeout > 0
			}
		}
		return nil
	})
}

func (f *fakeAWS) DeleteMessage(ctx context.Context, in *sqs.DeleteMessageInput, _ ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error) {
	return nil, f.call(ctx, func() error {
		q := f.queues[*in.QueueUrl]
		for i, m := range q.messages {
			if aws.ToString(m.ReceiptHandle) == *in.ReceiptHandle {
				q.messages = append(q.messages[:i:i], q.messages[i+1:]...)
				return nil
			}
		}
		return errors.New("ReceiptHandleIsInvalid")
	})
}

func (f *fakeAWS) SendMessage(ctx context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	return &sqs.SendMessageOutput{}, f.call(ctx, func() error {
		q := f.queues[*in.QueueUrl]
		if strings.HasSuffix(*in.QueueUrl, ".fifo") {
			if in.MessageGroupId == nil || in.MessageDeduplicationId == nil {
				return errors.New("MissingParameter")
			}
			if q.dedupe[*in.MessageDeduplicationId] {
				return nil // SQS drops it, and says that it has it
			}
			q.dedupe[*in.MessageDeduplicationId] = true
		}
		f.add(*in.QueueUrl, *in.MessageBody, func(m *types.Message) {
			m.MessageAttributes = in.MessageAttributes
			if in.MessageGroupId != nil {
				m.Attributes["MessageGroupId"] = *in.MessageGroupId
			}
		})
		return nil
	})
}

func (f *fakeAWS) GetQueueUrl(ctx context.Context, in *sqs.GetQueueUrlInput, _ ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error) { //nolint:revive // the SDK's name
	return &sqs.GetQueueUrlOutput{QueueUrl: aws.String("https://" + *in.QueueName)}, f.call(ctx, func() error { return nil })
}

func (f *fakeAWS) StartMessageMoveTask(ctx context.Context, in *sqs.StartMessageMoveTaskInput, _ ...func(*sqs.Options)) (*sqs.StartMessageMoveTaskOutput, error) {
	return &sqs.StartMessageMoveTaskOutput{}, f.call(ctx, func() error {
		if !f.moves {
			return &smithy.GenericAPIError{Code: "InvalidAction", Message: "The action StartMessageMoveTask is not valid"}
		}
		from, to := f.queues[strings.TrimPrefix(*in.SourceArn, "arn:of:")], f.queues[strings.TrimPrefix(*in.DestinationArn, "arn:of:")]
		n := min(f.moveMost, len(from.messages))
		to.messages, from.messages = append(to.messages, from.messages[:n]...), from.messages[n:]
		f.moved = n
		return nil
	})
}

func (f *fakeAWS) ListMessageMoveTasks(ctx context.Context, _ *sqs.ListMessageMoveTasksInput, _ ...func(*sqs.Options)) (*sqs.ListMessageMoveTasksOutput, error) {
	status := f.moveStatus
	if f.calls%2 == 0 { // now and then it is not done yet
		status = "RUNNING"
	}
	return &sqs.ListMessageMoveTasksOutput{Results: []types.ListMessageMoveTasksResultEntry{{
		Status: &status, ApproximateNumberOfMessagesMoved: int64(f.moved),
	}}}, f.call(ctx, func() error { return nil })
}

func (f *fakeAWS) Invoke(ctx context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	out := &lambda.InvokeOutput{StatusCode: 202}
	return out, f.call(ctx, func() error {
		if in.InvocationType != lambdatypes.InvocationTypeEvent {
			out.StatusCode, out.Payload = 200, []byte(f.answer)
		}
		f.invoked[*in.FunctionName] = append(f.invoked[*in.FunctionName], string(in.Payload))
		return nil
	})
}

func (f *fakeAWS) GetShardIterator(ctx context.Context, in *dynamodbstreams.GetShardIteratorInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetShardIteratorOutput, error) {
	return &dynamodbstreams.GetShardIteratorOutput{ShardIterator: in.SequenceNumber}, f.call(ctx, func() error {
		if len(f.records) == 0 {
			return &streamtypes.TrimmedDataAccessException{Message: aws.String("trimmed")}
		}
		return nil
	})
}

// GetRecords returns a record a page, and an empty page after each.
func (f *fakeAWS) GetRecords(ctx context.Context, in *dynamodbstreams.GetRecordsInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetRecordsOutput, error) {
	out := &dynamodbstreams.GetRecordsOutput{NextShardIterator: in.ShardIterator}
	return out, f.call(ctx, func() error {
		from, empty := strings.CutSuffix(*in.ShardIterator, "+")
		out.NextShardIterator = &from
		if empty {
			return nil
		}
		for i, r := range f.records {
			if *r.Dynamodb.SequenceNumber == from {
				out.Records = f.records[i : i+1]
				if i+1 < len(f.records) {
					out.NextShardIterator = aws.String(*f.records[i+1].Dynamodb.SequenceNumber + "+")
				} else {
					out.NextShardIterator = aws.String("end")
				}
			}
		}
		return nil
	})
}
