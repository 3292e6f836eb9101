package handler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// ChangeKind is what happened to an item.
type ChangeKind string

// The kinds of changes, as DynamoDB Streams calls them.
const (
	Insert ChangeKind = "INSERT"
	Modify ChangeKind = "MODIFY"
	Remove ChangeKind = "REMOVE"
)

// Change is what happened to one item of a table.
type Change struct {
	// ID is the same for every delivery of the same change.
	ID string
	// Kind is what happened.
	Kind ChangeKind
	// At is about when, in UTC, to the second.
	At time.Time
	// Keys are the item's key attributes.
	Keys map[string]types.AttributeValue
	// Old and New are the item before and after; nil if it did not exist then, or if the table's stream does not carry it.
	Old, New map[string]types.AttributeValue
}

// StartStream consumes the changes of a table until Lambda ends the process. If the environment is not complete, it ends the
// process itself, saying what is missing.
func StartStream(env *Env, consume func(ctx context.Context, c Change) error) {
	start(StreamConsumer(env.start(), consume))
}

// StreamConsumer returns the Lambda handler that StartStream runs. Changes are worked on one after the other in the stream's order,
// which holds for each item. At the first failure it stops and tells DynamoDB Streams from where on changes have to come again.
//
// The correlation id and the order's id are those of the item's own attributes correlationId and orderId.
func StreamConsumer(logger *slog.Logger, consume func(ctx context.Context, c Change) error) lambda.Handler {
	return &streamHandler{newEntry(logger), consume}
}

type streamHandler struct {
	*entry
	consume func(context.Context, Change) error
}

// record is the part of a record of DynamoDB Streams that is used.
type record struct {
	ID     string     `json:"eventID"`
	Kind   ChangeKind `json:"eventName"`
	Change struct {
		At             float64                    `json:"ApproximateCreationDateTime"` // in seconds
		SequenceNumber string                     `json:"SequenceNumber"`
		Keys           map[string]json.RawMessage `json:"Keys"`
		Old            map[string]json.RawMessage `json:"OldImage"`
		New            map[string]json.RawMessage `json:"NewImage"`
	} `json:"dynamodb"`
}

// Invoke consumes a batch of changes.
func (h *streamHandler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	records, err := readRecords(payload)
	if err != nil {
		return nil, failure(err)
	}
	ctx, cancel := leaveMargin(ctx)
	defer cancel()
	cold := h.cold.Swap(false)
	response := batchResponse{Failures: []batchFailure{}}
	for _, r := range records {
		change, unreadable := r.read()
		err := h.do(ctx, r.work(change), cold, func(ctx context.Context) error {
			if unreadable != nil {
				return unreadable
			}
			return h.consume(ctx, change)
		})
		if err != nil {
			response.Failures = append(response.Failures, batchFailure{r.Change.SequenceNumber})
			break
		}
	}
	encoded, err := json.Marshal(response)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer to DynamoDB Streams: %w", err)
	}
	return encoded, nil
}

// readRecords reads a batch. A record is known by its sequence number, so a batch with one that has none can only fail as a
// whole.
func readRecords(payload []byte) ([]record, error) {
	var input struct{ Records []record }
	if err := json.Unmarshal(payload, &input); err != nil {
		return nil, fmt.Errorf("reading the function's input, want records of DynamoDB Streams: %w", err)
	}
	if len(input.Records) == 0 {
		return nil, errors.New("reading the function's input: it has no Records, want records of DynamoDB Streams")
	}
	for i, r := range input.Records {
		if r.Change.SequenceNumber == "" {
			return nil, fmt.Errorf("reading the function's input: Records[%d] has no SequenceNumber, want records of DynamoDB Streams", i)
		}
	}
	return input.Records, nil
}

// read returns the record as a change.
func (r record) read() (Change, error) {
	seconds, fraction := math.Modf(r.Change.At)
	change := Change{ID: r.ID, Kind: r.Kind, At: time.Unix(int64(seconds), int64(fraction*float64(time.Second))).UTC()}
	if r.ID == "" || r.Kind != Insert && r.Kind != Modify && r.Kind != Remove {
		return change, fmt.Errorf("record of DynamoDB Streams has eventID %q and eventName %q, want an id and INSERT, MODIFY or REMOVE", r.ID, r.Kind)
	}
	var wrong [3]error
	change.Keys, wrong[0] = attributes("Keys", r.Change.Keys)
	change.Old, wrong[1] = attributes("OldImage", r.Change.Old)
	change.New, wrong[2] = attributes("NewImage", r.Change.New)
	return change, errors.Join(wrong[:]...)
}

// work says what the log tells of a change.
func (r record) work(c Change) work {
	item := c.New
	if item == nil {
		item = c.Old
	}
	found := about{CorrelationID: attributeText(item, "correlationId"), OrderID: attributeText(item, "orderId")}
	if !validCorrelationID(found.CorrelationID) {
		found.CorrelationID = ""
	}
	return work{kind: "change", name: string(r.Kind), about: found, more: []slog.Attr{
		slog.String("eventType", string(r.Kind)), slog.String("eventId", r.ID), slog.String("sequenceNumber", r.Change.SequenceNumber),
	}}
}

// attributeText returns a string attribute; "" if there is none.
func attributeText(item map[string]types.AttributeValue, name string) string {
	if s, ok := item[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}
