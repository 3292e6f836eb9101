package orders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Channel is where events are published.
type Channel interface {
	// Publish sends events. If it fails, some may have been sent.
	Publish(ctx context.Context, events ...handler.Event) error
}

// Publisher tells everybody else what happened to orders. It reads the table's stream, so that exactly what is recorded is published, at
// least once, and each order's events in their order.
type Publisher struct{ channels []Channel }

// NewPublisher returns the publisher of every event to all of the channels.
func NewPublisher(channels ...Channel) *Publisher { return &Publisher{channels} }

// OnChange publishes the event that was recorded by a change of the table of orders. If it fails on one of the channels, the event must
// come again, and then goes to all of them again.
func (p *Publisher) OnChange(ctx context.Context, c handler.Change) error {
	orderID, r, err := readEvent(c.New)
	if err != nil {
		return err
	}
	e, err := event.New(EventID(orderID, r.Version), r.At, r.Detail)
	if err != nil {
		return err
	}
	failures := make([]error, len(p.channels))
	var wg sync.WaitGroup
	for i, channel := range p.channels {
		wg.Go(func() { failures[i] = channel.Publish(ctx, e) })
	}
	wg.Wait()
	return errors.Join(failures...)
}

// TopicClient is what a [Topic] needs of SNS; *sns.Client has it.
type TopicClient interface {
	PublishBatch(context.Context, *sns.PublishBatchInput, ...func(*sns.Options)) (*sns.PublishBatchOutput, error)
}

// Topic is the topic of orders. Its messages are events in EventBridge's envelope, with the message attributes detail-type and
// correlationId for subscribers' filters.
type Topic struct {
	client TopicClient
	arn    string
}

// NewTopic returns the topic of this ARN.
func NewTopic(client TopicClient, arn string) *Topic { return &Topic{client, arn} }

// maxMessages is how many messages one call can carry (PublishBatch in the SNS API reference).
const maxMessages = 10

// Publish implements Channel.
func (t *Topic) Publish(ctx context.Context, events ...handler.Event) error {
	for part := range slices.Chunk(events, maxMessages) {
		entries := make([]types.PublishBatchRequestEntry, len(part))
		for i, e := range part {
			message, err := json.Marshal(e)
			if err != nil {
				return fmt.Errorf("encoding event %s %q: %w", e.ID, e.Type, err)
			}
			entries[i] = types.PublishBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), Message: aws.String(string(message)), MessageAttributes: messageAttributes(e),
			}
		}
		out, err := t.client.PublishBatch(ctx, &sns.PublishBatchInput{TopicArn: &t.arn, PublishBatchRequestEntries: entries})
		if err != nil {
			return fmt.Errorf("sending %d events to topic %s, the first %s %q: %w", len(part), t.arn, part[0].ID, part[0].Type, err)
		}
		if err := t.failed(part, out.Failed); err != nil {
			return err
		}
	}
	return nil
}

// failed tells which of the events SNS did not take.
func (t *Topic) failed(events []handler.Event, results []types.BatchResultErrorEntry) error {
	var failed []error
	for _, result := range results {
		which := "an event"
		if i, err := strconv.Atoi(aws.ToString(result.Id)); err == nil && i >= 0 && i < len(events) {
			which = fmt.Sprintf("event %s %q", events[i].ID, events[i].Type)
		}
		failed = append(failed, fmt.Errorf("sending %s to topic %s: %s: %s", which, t.arn, aws.ToString(result.Code), aws.ToString(result.Message)))
	}
	return errors.Join(failed...)
}

// messageAttributes are what subscribers can filter by. SNS refuses attributes that are empty.
func messageAttributes(e handler.Event) map[string]types.MessageAttributeValue {
	attributes := map[string]types.MessageAttributeValue{}
	for name, value := range map[string]string{"detail-type": e.Type, "correlationId": e.CorrelationID()} {
		if value != "" {
			attributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
		}
	}
	return attributes
}
