// Package deadletter looks into dead-letter queues, and puts what is in them back to where it came from without ever losing any of it.
package deadletter

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/shopctl/resources"
)

// SQS is what this package needs of SQS; *sqs.Client has it.
type SQS interface {
	ChangeMessageVisibility(context.Context, *sqs.ChangeMessageVisibilityInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
	GetQueueUrl(context.Context, *sqs.GetQueueUrlInput, ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error)
	ListMessageMoveTasks(context.Context, *sqs.ListMessageMoveTasksInput, ...func(*sqs.Options)) (*sqs.ListMessageMoveTasksOutput, error)
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	StartMessageMoveTask(context.Context, *sqs.StartMessageMoveTaskInput, ...func(*sqs.Options)) (*sqs.StartMessageMoveTaskOutput, error)
}

// Lambda is what this package needs of Lambda; *lambda.Client has it.
type Lambda interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// Streams is what this package needs of DynamoDB Streams; *dynamodbstreams.Client has it.
type Streams interface {
	GetRecords(context.Context, *dynamodbstreams.GetRecordsInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetRecordsOutput, error)
	GetShardIterator(context.Context, *dynamodbstreams.GetShardIteratorInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetShardIteratorOutput, error)
}

// Desk is where an operator works on a stack's dead-letter queues.
type Desk struct {
	sqs     SQS
	lambda  Lambda
	streams Streams
	queues  map[string]resources.DeadLetterQueue
	poll    time.Duration // between two looks at a move that SQS makes
}

// NewDesk returns the desk for these queues.
func NewDesk(queues map[string]resources.DeadLetterQueue, sqs SQS, lambda Lambda, streams Streams) *Desk {
	return &Desk{sqs: sqs, lambda: lambda, streams: streams, queues: queues, poll: 2 * time.Second}
}

// Status is what a dead-letter queue holds.
type Status struct {
	// Queue is its name.
	Queue string `json:"queue"`
	// What says what ends up in it.
	What string `json:"what"`
	// Messages are about how many there are, and Busy how many somebody is looking at right now.
	Messages int `json:"messages"`
	Busy     int `json:"busy"`
	// Oldest is when the oldest of up to ten messages was sent; zero if there is none.
	Oldest time.Time `json:"oldest,omitzero"`
	// Error is why nothing is known.
	Error string `json:"error,omitempty"`
}

// queuesAtOnce is how many queues are asked at the same time.
const queuesAtOnce = 8

// List tells what every queue holds, those with messages first. A queue that cannot be read is in the list, and in the error, unless
// ctx has ended: then there is no list.
func (d *Desk) List(ctx context.Context) ([]Status, error) {
	names := slices.Sorted(maps.Keys(d.queues))
	all := make([]Status, len(names))
	errs := make([]error, len(names))
	var group errgroup.Group
	group.SetLimit(queuesAtOnce)
	for i, name := range names {
		group.Go(func() error {
			all[i], errs[i] = d.status(ctx, name)
			if errs[i] != nil {
				all[i].Error = errs[i].Error()
			}
			return nil
		})
	}
	_ = group.Wait() // the goroutines keep their errors
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("listing dead-letter queues: %w", err)
	}
	slices.SortStableFunc(all, func(a, b Status) int { return (b.Messages + b.Busy) - (a.Messages + a.Busy) })
	return all, errors.Join(errs...)
}

func (d *Desk) status(ctx context.Context, name string) (Status, error) {
	q := d.queues[name]
	s := Status{Queue: name, What: q.What}
	var err error
	if s.Messages, s.Busy, err = d.depth(ctx, q); err != nil || s.Messages == 0 {
		return s, err
	}
	out, err := d.receive(ctx, q, maxReceive, lookingTime)
	if err != nil {
		return s, err
	}
	for _, m := range out {
		if at := sentAt(m); s.Oldest.IsZero() || at.Before(s.Oldest) {
			s.Oldest = at
		}
	}
	return s, d.giveBack(ctx, q, out)
}

func (d *Desk) depth(ctx context.Context, q resources.DeadLetterQueue) (messages, busy int, err error) {
	out, err := d.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &q.URL, AttributeNames: []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	}})
	if err != nil {
		return 0, 0, fmt.Errorf("reading the depth of %s: %w", q.URL, err)
	}
	number := func(name types.QueueAttributeName) int {
		n, _ := strconv.Atoi(out.Attributes[string(name)]) // SQS sends numbers
		return n
	}
	return number(types.QueueAttributeNameApproximateNumberOfMessages), number(types.QueueAttributeNameApproximateNumberOfMessagesNotVisible), nil
}

// named returns a queue by its name, with or without -dlq.
func (d *Desk) named(name string) (string, resources.DeadLetterQueue, error) {
	for _, n := range []string{name, name + "-dlq"} {
		if q, found := d.queues[n]; found {
			return n, q, nil
		}
	}
	return "", resources.DeadLetterQueue{}, fmt.Errorf("there is no dead-letter queue %q; `shopctl dlq list` names them: %s", name, strings.Join(slices.Sorted(maps.Keys(d.queues)), ", "))
}

const (
	// maxReceive is how many messages SQS hands out at once.
	maxReceive = 10
	// emptyReceives is how many answers without a message mean that there is none: a standard queue does not look everywhere at once.
	emptyReceives = 3
	// lookingTime is how long messages that are looked at are hidden from others, should they not be given back.
	lookingTime = 60 * time.Second
)

// receive takes messages and hides them for a while, which is not zero: the SDK leaves a zero out, and SQS then takes the queue's own time.
func (d *Desk) receive(ctx context.Context, q resources.DeadLetterQueue, n int, hidden time.Duration) ([]types.Message, error) {
	out, err := d.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.URL, MaxNumberOfMessages: int32(min(n, maxReceive)), //nolint:gosec // 1–10
		VisibilityTimeout: int32(hidden.Seconds()), WaitTimeSeconds: 1,
		MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		return nil, fmt.Errorf("receiving from %s: %w", q.URL, err)
	}
	return out.Messages, nil
}

// batches receives until it has n messages, or the queue seems to have no more, and hides them for a while. An error ends it.
func (d *Desk) batches(ctx context.Context, q resources.DeadLetterQueue, n int, hidden time.Duration) iter.Seq2[[]types.Message, error] {
	return func(yield func([]types.Message, error) bool) {
		for empty, seen := 0, 0; seen < n && empty < emptyReceives; {
			received, err := d.receive(ctx, q, n-seen, hidden)
			if len(received) == 0 {
				empty++
			}
			seen += len(received)
			if !yield(received, err) || err != nil {
				return
			}
		}
	}
}

// giveBack makes messages visible again at once.
func (d *Desk) giveBack(ctx context.Context, q resources.DeadLetterQueue, messages []types.Message) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	var errs []error
	for _, m := range messages {
		_, err := d.sqs.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &q.URL, ReceiptHandle: m.ReceiptHandle})
		if err != nil {
			errs = append(errs, fmt.Errorf("giving message %s back at once: %w; it comes back by itself", aws.ToString(m.MessageId), err))
		}
	}
	return errors.Join(errs...)
}

// Message is a message of a dead-letter queue.
type Message struct {
	// ID is SQS's.
	ID string `json:"id"`
	// Sent is when it was sent first.
	Sent time.Time `json:"sent"`
	// Receives is how often it was received.
	Receives int `json:"receives"`
	// Why is what is known of the reason.
	Why string `json:"why"`
	// Attributes are the message's own.
	Attributes map[string]string `json:"attributes,omitempty"`
	// Body is the text.
	Body string `json:"body"`
}

// Show returns up to n messages of a queue, all different, of about so many as there are, and leaves them where they are. They are hidden
// from others for a moment. Of a FIFO queue's group, SQS shows no more than it hands out at once.
func (d *Desk) Show(ctx context.Context, name string, n int) (messages []Message, all int, err error) {
	if n < 1 || n > 1000 {
		return nil, 0, fmt.Errorf("showing %d messages, want 1–1000", n)
	}
	name, q, err := d.named(name)
	if err != nil {
		return nil, 0, err
	}
	visible, busy, err := d.depth(ctx, q)
	if err != nil {
		return nil, 0, fmt.Errorf("looking into %s: %w", name, err)
	}
	all = visible + busy
	var held []types.Message
	defer func() { err = errors.Join(err, d.giveBack(ctx, q, held)) }()
	for received, err := range d.batches(ctx, q, n, lookingTime) {
		if err != nil {
			return messages, all, fmt.Errorf("looking into %s: %w", name, err)
		}
		held = append(held, received...)
		for _, m := range received {
			messages = append(messages, describe(q, m))
		}
	}
	return messages, max(all, len(messages)), nil
}

func describe(q resources.DeadLetterQueue, m types.Message) Message {
	receives, _ := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)]) // SQS sends numbers
	shown := Message{
		ID: aws.ToString(m.MessageId), Sent: sentAt(m), Receives: receives, Body: aws.ToString(m.Body), Why: why(components.DeadLetterKind(q.Kind), m),
	}
	for name, value := range m.MessageAttributes {
		if shown.Attributes == nil {
			shown.Attributes = map[string]string{}
		}
		shown.Attributes[name] = aws.ToString(value.StringValue)
	}
	return shown
}

func sentAt(m types.Message) time.Time {
	millis, _ := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64) // SQS sends numbers
	return time.UnixMilli(millis).UTC()
}
