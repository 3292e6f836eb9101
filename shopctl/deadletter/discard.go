package deadletter

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/serverless-shop/serverless-shop/shopctl/resources"
)

// Discard removes the message of this id from a queue for good, and returns all that there was of it: of a message that can never be
// processed, which would keep its alarm ringing until SQS forgets it. Unless really, it stays where it is.
//
// Error: no message of this id is among those that the queue hands out. Of a FIFO queue's group, those are the first alone.
func (d *Desk) Discard(ctx context.Context, name, id string, really bool) (m Message, err error) {
	name, q, err := d.named(name)
	if err != nil {
		return Message{}, err
	}
	visible, _, err := d.depth(ctx, q)
	if err != nil {
		return Message{}, fmt.Errorf("looking for message %s in %s: %w", id, name, err)
	}
	var held []types.Message
	defer func() { err = errors.Join(err, d.giveBack(ctx, q, held)) }()
	// A whole batch at least, since SQS only knows about how many there are.
	for received, err := range d.batches(ctx, q, max(visible, maxReceive), lookingTime) {
		if err != nil {
			return Message{}, fmt.Errorf("looking for message %s in %s: %w", id, name, err)
		}
		i := slices.IndexFunc(received, func(m types.Message) bool { return aws.ToString(m.MessageId) == id })
		if i < 0 {
			held = append(held, received...)
			continue
		}
		found := received[i]
		if really {
			received = slices.Delete(received, i, i+1)
			err = d.remove(ctx, q, found)
		}
		held = append(held, received...)
		return describe(q, found), err
	}
	return Message{}, fmt.Errorf("there is no message %s among the %d that %s hands out now; `shopctl dlq show %s` shows them", id, len(held), name, name)
}

func (d *Desk) remove(ctx context.Context, q resources.DeadLetterQueue, m types.Message) error {
	_, err := d.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.URL, ReceiptHandle: m.ReceiptHandle})
	if err != nil {
		return fmt.Errorf("removing message %s: %w; if it is still there, it can be seen again in a minute", aws.ToString(m.MessageId), err)
	}
	return nil
}
