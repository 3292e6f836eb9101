package handler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambda"
)

// Consumer does what an event means to a context. It must be idempotent: every event may come more than once ([Event.ID] is the
// same then), and not in the order in which things happened. It must honour ctx, which ends a little before Lambda would end the
// function. An error means that the event is to come again.
type Consumer = func(ctx context.Context, e Event) error

// StartEvent consumes the events that a rule of an event bus sends to the function, until Lambda ends the process. If the
// environment is not complete, it ends the process itself, saying what is missing.
func StartEvent(env *Env, consume Consumer) {
	start(EventConsumer(env.start(), consume))
}

// EventConsumer returns the Lambda handler that StartEvent runs. EventBridge calls asynchronously: an error makes Lambda try again
// as often as the function is set to, and then hand the event to the function's dead-letter queue.
func EventConsumer(logger *slog.Logger, consume Consumer) lambda.Handler {
	return &eventHandler{newEntry(logger), consume}
}

type eventHandler struct {
	*entry
	consume Consumer
}

// Invoke consumes one event.
func (h *eventHandler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, cancel := leaveMargin(ctx)
	defer cancel()
	if err := h.consumeOne(ctx, delivery{body: payload}, h.cold.Swap(false), h.consume); err != nil {
		return nil, failure(err)
	}
	return []byte("null"), nil
}

// delivery is an envelope on one of the ways to a consumer.
type delivery struct {
	body          []byte
	correlationID string      // by the message's attributes
	more          []slog.Attr // what the way tells of the message
}

// consumeOne reads an envelope and has it consumed.
func (e *entry) consumeOne(ctx context.Context, d delivery, cold bool, consume Consumer) error {
	event, unreadable := readEvent(d.body)
	return e.do(ctx, eventWork(event, d), cold, func(ctx context.Context) error {
		if unreadable != nil {
			return unreadable
		}
		return consume(ctx, event)
	})
}

// eventWork says what the log tells of an event. The detail's own correlation id goes before that of the message.
func eventWork(event Event, d delivery) work {
	w := work{kind: "event", name: event.Type, about: aboutOf(event.Detail)}
	if w.about.CorrelationID == "" && validCorrelationID(d.correlationID) {
		w.about.CorrelationID = d.correlationID
	}
	w.more = append([]slog.Attr{slog.String("eventType", event.Type), slog.String("eventId", event.ID)}, d.more...)
	return w
}

// StartTopic consumes the events of a topic that calls the function directly, until Lambda ends the process. If the environment
// is not complete, it ends the process itself, saying what is missing.
func StartTopic(env *Env, consume Consumer) {
	start(TopicConsumer(env.start(), consume))
}

// TopicConsumer returns the Lambda handler that StartTopic runs. SNS calls asynchronously, as EventBridge does: see
// [EventConsumer].
func TopicConsumer(logger *slog.Logger, consume Consumer) lambda.Handler {
	return &topicHandler{newEntry(logger), consume}
}

type topicHandler struct {
	*entry
	consume Consumer
}

// notification is the part that is used of what SNS sends, to a function or, wrapped in JSON, to a queue.
type notification struct {
	Type       string               `json:"Type"`
	MessageID  string               `json:"MessageId"`
	Message    string               `json:"Message"`
	Attributes map[string]attribute `json:"MessageAttributes"`
}

// attribute is a message attribute of SNS.
type attribute struct {
	Value string `json:"Value"`
}

// correlationAttribute is the message attribute that carries the correlation id beside the body.
const correlationAttribute = "correlationId"

// Invoke consumes a notification. SNS sends one at a time, though its format has room for more.
func (h *topicHandler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var input struct {
		Records []struct {
			SNS notification `json:"Sns"`
		}
	}
	if err := json.Unmarshal(payload, &input); err != nil {
		return nil, failure(fmt.Errorf("reading the function's input, want an SNS notification: %w", err))
	}
	if len(input.Records) == 0 {
		return nil, failure(errors.New("reading the function's input: it has no Records, want an SNS notification"))
	}
	ctx, cancel := leaveMargin(ctx)
	defer cancel()
	cold := h.cold.Swap(false)
	var wrong []error
	for _, r := range input.Records {
		wrong = append(wrong, h.consumeOne(ctx, r.SNS.delivery(), cold, h.consume))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, failure(err)
	}
	return []byte("null"), nil
}

func (n notification) delivery() delivery {
	return delivery{
		body: []byte(n.Message), correlationID: n.Attributes[correlationAttribute].Value,
		more: []slog.Attr{slog.String("messageId", n.MessageID)},
	}
}
