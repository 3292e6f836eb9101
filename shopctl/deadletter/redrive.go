package deadletter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/shopctl/resources"
)

// Result is what a redrive did.
type Result struct {
	// Queue is the dead-letter queue's name.
	Queue string `json:"queue"`
	// Moved is how many messages went back to where they came from.
	Moved int `json:"moved"`
	// Kept are those that did not, and why. They are still in the queue.
	Kept []Kept `json:"kept,omitempty"`
	// Left is about how many messages the queue still has, Kept included.
	Left int `json:"left"`
}

// Kept is a message that stayed in its queue.
type Kept struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

const (
	// movingTime is how long a message is hidden while it is put back. Should it take longer, it may be put back twice.
	movingTime = 3 * time.Minute
	// finishTime is how long what must not be left half done may take after an interruption.
	finishTime = 30 * time.Second
)

// Redrive puts messages of a queue back to where they came from, at most as many as there were when it began: what fails again is not tried
// for ever. limit is the most messages to put back, 0 for all of them. moved is told after each how many it were so far.
//
// A message is removed only after the other side has taken it over. Whatever fails, and whenever, it is here, or there, or, if it could not be
// removed, in both: consumers know an event that they have seen. Messages that cannot be put back stay, and so do all that follow in a FIFO
// queue.
func (d *Desk) Redrive(ctx context.Context, name string, limit int, moved func(n int)) (Result, error) {
	if limit < 0 {
		return Result{}, fmt.Errorf("redriving %s: limit %d, want 1 or more, or 0 for all", name, limit)
	}
	name, q, err := d.named(name)
	if err != nil {
		return Result{}, err
	}
	result := Result{Queue: name}
	depth, busy, err := d.depth(ctx, q)
	result.Left = depth + busy
	if err != nil || depth == 0 {
		return result, err
	}
	if limit > 0 {
		depth = min(depth, limit)
	} else if components.DeadLetterKind(q.Kind) == components.FromQueue {
		done, count, err := d.moveTask(ctx, q, moved)
		result.Moved = count
		if done || err != nil {
			return d.finish(ctx, q, result, err)
		}
		if depth -= count; depth <= 0 {
			return d.finish(ctx, q, result, nil)
		}
	}
	err = d.byHand(ctx, q, depth, &result, moved)
	return d.finish(ctx, q, result, err)
}

// RedriveAll redrives every queue that has messages. What goes wrong with one does not stop the others.
func (d *Desk) RedriveAll(ctx context.Context, limit int, moved func(queue string, n int)) ([]Result, error) {
	var results []Result
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(d.queues)) {
		result, err := d.Redrive(ctx, name, limit, func(n int) { moved(name, n) })
		if result.Moved > 0 || result.Left > 0 || err != nil {
			results = append(results, result)
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return results, errors.Join(errs...)
}

// finish counts what is left.
func (d *Desk) finish(ctx context.Context, q resources.DeadLetterQueue, result Result, err error) (Result, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	visible, busy, depthErr := d.depth(ctx, q)
	result.Left = visible + busy
	if err != nil {
		err = fmt.Errorf("redriving %s after %d messages: %w; nothing is lost, run it again", result.Queue, result.Moved, err)
	}
	return result, errors.Join(err, depthErr)
}

// moveTask has SQS itself put messages back. done is false if it does not: emulators lack it, and SQS knows no way back for messages that
// did not come from a queue.
func (d *Desk) moveTask(ctx context.Context, q resources.DeadLetterQueue, moved func(n int)) (done bool, count int, err error) {
	source, err := d.arn(ctx, q.URL)
	if err != nil {
		return false, 0, err
	}
	destination, err := d.arn(ctx, q.Targets[0])
	if err != nil {
		return false, 0, err
	}
	_, err = d.sqs.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: &source, DestinationArn: &destination})
	if unsupported(err) {
		return false, 0, nil
	}
	if err != nil {
		return false, 0, fmt.Errorf("having SQS move messages: %w", err)
	}
	for {
		out, err := d.sqs.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &source, MaxResults: aws.Int32(1)})
		if err != nil {
			return false, count, fmt.Errorf("asking how far SQS is with moving messages, which goes on: %w", err)
		}
		if len(out.Results) > 0 {
			task := out.Results[0]
			count = int(task.ApproximateNumberOfMessagesMoved)
			moved(count)
			switch aws.ToString(task.Status) {
			case "COMPLETED":
				return true, count, nil
			case "FAILED", "CANCELLED":
				return false, count, nil
			}
		}
		select {
		case <-ctx.Done():
			return false, count, fmt.Errorf("no longer watching SQS move messages, which goes on: %w", ctx.Err())
		case <-time.After(d.poll):
		}
	}
}

func unsupported(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	code := api.ErrorCode()
	return code == "InvalidAction" || code == "UnknownOperationException" || strings.HasSuffix(code, "UnsupportedOperation")
}

func (d *Desk) arn(ctx context.Context, url string) (string, error) {
	out, err := d.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn}})
	if err != nil {
		return "", fmt.Errorf("asking for the ARN of %s: %w", url, err)
	}
	return out.Attributes[string(types.QueueAttributeNameQueueArn)], nil
}

// byHand receives, delivers and removes up to n messages, one after the other.
func (d *Desk) byHand(ctx context.Context, q resources.DeadLetterQueue, n int, result *Result, moved func(n int)) (err error) {
	var held []types.Message // what is still here, and is given back at the end, so that it is not received twice
	defer func() { err = errors.Join(err, d.giveBack(ctx, q, held)) }()
	for received, err := range d.batches(ctx, q, n, movingTime) {
		if err != nil {
			return err
		}
		for i, m := range received {
			if err := ctx.Err(); err != nil {
				held = append(held, received[i:]...)
				return err
			}
			reason, err := d.putBack(ctx, q, m)
			if err != nil {
				held = append(held, received[i+1:]...)
				return err
			}
			if reason != nil {
				held = append(held, m)
				result.Kept = append(result.Kept, Kept{aws.ToString(m.MessageId), reason.Error()})
				if strings.HasSuffix(q.URL, ".fifo") {
					held = append(held, received[i+1:]...)
					return fmt.Errorf("message %s cannot be put back, and none may overtake it: %w", aws.ToString(m.MessageId), reason)
				}
				continue
			}
			result.Moved++
			moved(result.Moved)
		}
	}
	return nil
}

// putBack delivers a message and then removes it. kept is why it was not delivered; err is why it could not be removed after it was.
func (d *Desk) putBack(ctx context.Context, q resources.DeadLetterQueue, m types.Message) (kept, err error) {
	// From here on an interruption would leave the message in two places.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	if kept := d.deliver(ctx, q, m); kept != nil {
		return kept, nil
	}
	_, err = d.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.URL, ReceiptHandle: m.ReceiptHandle})
	if err != nil {
		return nil, fmt.Errorf("message %s was put back, but could not be removed here: %w", aws.ToString(m.MessageId), err)
	}
	return nil, nil
}
