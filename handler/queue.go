package handler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// maxParallel is how many messages of a batch are worked on at a time.
const maxParallel = 10

// StartQueue consumes the events of a queue one by one, until Lambda ends the process. If the environment is not complete, it ends
// the process itself, saying what is missing.
func StartQueue(env *Env, consume Consumer) {
	start(QueueConsumer(env.start(), consume))
}

// QueueConsumer returns the Lambda handler that StartQueue runs. A message's body is an event's envelope, or an SNS
// notification that holds one. Up to 10 messages are worked on at a time; consume must allow that.
//
// Messages that fail are told to SQS as a partial batch response, and come again alone, until the queue moves them to its
// dead-letter queue. One that cannot be read fails like others.
//
// Of a FIFO queue, the messages of one group are worked on in their order, and after a failure the rest of the group fails too, without
// having been tried, so that they come again in their order. Each time counts as received for them too: a message that never succeeds
// may take others of its group and batch along into the dead-letter queue.
func QueueConsumer(logger *slog.Logger, consume Consumer) lambda.Handler {
	return &queueHandler{newEntry(logger), consume}
}

type queueHandler struct {
	*entry
	consume Consumer
}

// message is the part of an SQS message that is used.
type message struct {
	ID         string `json:"messageId"`
	Body       string `json:"body"`
	SourceARN  string `json:"eventSourceARN"`
	Attributes struct {
		Group    string `json:"MessageGroupId"`
		Receives string `json:"ApproximateReceiveCount"`
	} `json:"attributes"`
	MessageAttributes map[string]struct {
		Value string `json:"stringValue"`
	} `json:"messageAttributes"`
}

// batchResponse tells SQS, or DynamoDB Streams, what has to come again. The list must be there even when it is empty.
type batchResponse struct {
	Failures []batchFailure `json:"batchItemFailures"`
}

type batchFailure struct {
	Item string `json:"itemIdentifier"`
}

// Invoke consumes a batch.
func (h *queueHandler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	batch, err := readMessages(payload)
	if err != nil {
		return nil, failure(err)
	}
	ctx, cancel := leaveMargin(ctx)
	defer cancel()
	cold := h.cold.Swap(false)
	failed := make([]bool, len(batch)) // each group writes to its own members
	slots := make(chan struct{}, maxParallel)
	var groups sync.WaitGroup
	for _, group := range inOrder(batch) {
		slots <- struct{}{}
		groups.Go(func() {
			defer func() { <-slots }()
			h.consumeGroup(ctx, batch, group, failed, cold)
		})
	}
	groups.Wait()
	return encodeFailures(batch, failed)
}

// consumeGroup works through messages whose order counts.
func (h *queueHandler) consumeGroup(ctx context.Context, batch []message, group []int, failed []bool, cold bool) {
	for n, i := range group {
		if h.consumeOne(ctx, batch[i].delivery(), cold, h.consume) == nil {
			continue
		}
		for _, rest := range group[n:] {
			failed[rest] = true
		}
		if left := len(group) - n - 1; left > 0 {
			h.logger.LogAttrs(ctx, slog.LevelWarn, "rest of the message group is held back", slog.String("requestId", lambdaRequestID(ctx)),
				slog.String("messageGroup", batch[i].Attributes.Group), slog.String("failedMessageId", batch[i].ID), slog.Int("messages", left))
		}
		return
	}
}

// inOrder returns the batch's positions in groups whose order counts: a FIFO queue's message groups, or else every message alone.
// Message groups of a standard queue are for fairness and mean no order.
func inOrder(batch []message) [][]int {
	var groups [][]int
	place := map[string]int{}
	for i, m := range batch {
		if !strings.HasSuffix(m.SourceARN, ".fifo") {
			groups = append(groups, []int{i})
			continue
		}
		n, known := place[m.Attributes.Group]
		if !known {
			n = len(groups)
			place[m.Attributes.Group] = n
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], i)
	}
	return groups
}

// readMessages reads a batch. SQS knows a message by its id, so a batch with one that has none can only fail as a whole.
func readMessages(payload []byte) ([]message, error) {
	var input struct{ Records []message }
	if err := json.Unmarshal(payload, &input); err != nil {
		return nil, fmt.Errorf("reading the function's input, want a batch of SQS messages: %w", err)
	}
	if len(input.Records) == 0 {
		return nil, errors.New("reading the function's input: it has no Records, want a batch of SQS messages")
	}
	for i, m := range input.Records {
		if m.ID == "" {
			return nil, fmt.Errorf("reading the function's input: Records[%d] has no messageId, want a batch of SQS messages", i)
		}
	}
	return input.Records, nil
}

// delivery takes a message out of its wrapping.
func (m message) delivery() delivery {
	d := delivery{body: []byte(m.Body), correlationID: m.MessageAttributes[correlationAttribute].Value}
	var n notification
	if json.Unmarshal(d.body, &n) == nil && n.Type == "Notification" && n.Message != "" {
		d.body = []byte(n.Message)
		if id := n.Attributes[correlationAttribute].Value; id != "" {
			d.correlationID = id
		}
	}
	d.more = []slog.Attr{slog.String("messageId", m.ID), slog.String("receives", m.Attributes.Receives)}
	if m.Attributes.Group != "" {
		d.more = append(d.more, slog.String("messageGroup", m.Attributes.Group))
	}
	return d
}

// encodeFailures tells SQS which messages failed.
func encodeFailures(batch []message, failed []bool) ([]byte, error) {
	response := batchResponse{Failures: []batchFailure{}}
	for i, m := range batch {
		if failed[i] {
			response.Failures = append(response.Failures, batchFailure{m.ID})
		}
	}
	encoded, err := json.Marshal(response)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer to SQS: %w", err)
	}
	return encoded, nil
}

// StartBatch consumes the events of a queue by the batch, until Lambda ends the process. If the environment is not complete, it ends
// the process itself, saying what is missing.
func StartBatch(env *Env, consume func(ctx context.Context, events []Event) error) {
	start(BatchConsumer(env.start(), consume))
}

// BatchConsumer returns the Lambda handler that StartBatch runs. The events come in the batch's order, and all or none of them
// succeed. Only a message that cannot be read fails alone (of a FIFO queue with the rest of its group), so that it does not hold up
// others.
//
// The context's correlation id is the one that all events share, or else a new one; see [WithCorrelationID].
func BatchConsumer(logger *slog.Logger, consume func(ctx context.Context, events []Event) error) lambda.Handler {
	return &batchHandler{newEntry(logger), consume}
}

type batchHandler struct {
	*entry
	consume func(context.Context, []Event) error
}

// Invoke consumes a batch.
func (h *batchHandler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	batch, err := readMessages(payload)
	if err != nil {
		return nil, failure(err)
	}
	ctx, cancel := leaveMargin(ctx)
	defer cancel()
	started, cold := time.Now(), h.cold.Swap(false)
	all := readBatch(batch)
	events, shared := all.readable()
	if len(events) > 0 {
		w := work{kind: "batch", about: about{CorrelationID: shared}, more: []slog.Attr{slog.Int("events", len(events))}}
		err = h.do(ctx, w, cold, func(ctx context.Context) error { return h.consume(ctx, events) })
	}
	failed := make([]bool, len(batch))
	for i, r := range all {
		outcome := err
		if r.unreadable != nil {
			outcome = r.unreadable
		}
		failed[i] = outcome != nil
		if r.work.about.CorrelationID == "" {
			r.work.about.CorrelationID = NewID()
		}
		end(ctx, slog.New(h.logger.Handler().WithAttrs(r.work.attributes(ctx, cold))), r.work.kind, started, outcome)
	}
	return encodeFailures(batch, failed)
}

// received is a message of a batch, read.
type received struct {
	event      Event
	work       work
	unreadable error
}

type receivedBatch []received

// readBatch reads the messages. What follows an unreadable one in its group must wait for it.
func readBatch(batch []message) receivedBatch {
	all := make(receivedBatch, len(batch))
	for _, group := range inOrder(batch) {
		var before error
		for _, i := range group {
			d := batch[i].delivery()
			event, err := readEvent(d.body)
			if before != nil {
				err = before
			} else if err != nil {
				before = fmt.Errorf("held back, since message %s of its group failed", batch[i].ID)
			}
			all[i] = received{event, eventWork(event, d), err}
		}
	}
	return all
}

// readable returns the events that could be read, and the correlation id that they share, if they do.
func (b receivedBatch) readable() (events []Event, correlationID string) {
	ids := map[string]bool{}
	for _, r := range b {
		if r.unreadable == nil {
			events = append(events, r.event)
			ids[r.work.about.CorrelationID] = true
			correlationID = r.work.about.CorrelationID
		}
	}
	if len(ids) != 1 {
		correlationID = ""
	}
	return events, correlationID
}
