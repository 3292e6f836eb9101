package payments

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

// Sender is the name of the payment provider among those who send webhooks.
const Sender = "payments"

// source is who events made of the provider's webhooks come from. They stay in this context.
const source = "payment-provider"

// QueueClient is what a [Queue] needs of SQS; *sqs.Client has it.
type QueueClient interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Queue keeps the provider's webhooks until they are worked on, those about the same order one after the other. It is a FIFO queue.
type Queue struct {
	client QueueClient
	url    string
}

// NewQueue returns the queue at an address.
func NewQueue(client QueueClient, url string) *Queue { return &Queue{client: client, url: url} }

// Put puts a notice into the queue. One that is put again within five minutes is dropped there.
func (q *Queue) Put(ctx context.Context, n thirdparty.Notice) error {
	detail, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encoding notice %s: %w", n.ID, err)
	}
	body, err := json.Marshal(handler.Event{ID: n.ID, Type: n.Type, Source: source, Time: n.CreatedAt.UTC(), Detail: detail})
	if err != nil {
		return fmt.Errorf("encoding notice %s: %w", n.ID, err)
	}
	_, err = q.client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &q.url, MessageBody: aws.String(string(body)), MessageGroupId: &n.OrderID, MessageDeduplicationId: &n.ID,
		MessageAttributes: map[string]types.MessageAttributeValue{
			"correlationId": {DataType: aws.String("String"), StringValue: aws.String(handler.CorrelationID(ctx))},
		},
	})
	if err != nil {
		return fmt.Errorf("sending notice %s to %s: %w", n.ID, q.url, err)
	}
	return nil
}

// noticeOf reads a message of the queue.
func noticeOf(e handler.Event) (thirdparty.Notice, error) {
	var n thirdparty.Notice
	if err := json.Unmarshal(e.Detail, &n); err != nil || e.Source != source || n.OrderID == "" {
		return thirdparty.Notice{}, fmt.Errorf("message %s from %q is no notice about an order's payment, want one from %q", e.ID, e.Source, source)
	}
	return n, nil
}
