package deadletter

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/serverless-shop/serverless-shop/shopctl/resources"
)

// deliverChanges reads from the stream the changes that a function failed on, and calls it with those it is for. It waits for the answer: there
// is nobody else who would keep what fails again.
func (d *Desk) deliverChanges(ctx context.Context, q resources.DeadLetterQueue, m types.Message) error {
	var failed invocation
	if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &failed); err != nil || failed.Place == nil {
		return errors.New("it does not say where in the stream the changes are (DDBStreamBatchInfo)")
	}
	records, err := d.changes(ctx, *failed.Place)
	if err != nil {
		return err
	}
	var wanted []map[string]any
	for _, r := range records {
		ok, err := matches(q.Filters, r)
		if err != nil {
			return err
		}
		if ok {
			wanted = append(wanted, r)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	payload, err := json.Marshal(map[string]any{"Records": wanted})
	if err != nil {
		return fmt.Errorf("encoding changes as DynamoDB Streams does for functions: %w", err)
	}
	out, err := d.lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: &q.Targets[0], Payload: payload})
	if err != nil {
		return fmt.Errorf("calling %s: %w", q.Targets[0], err)
	}
	var answer struct {
		Failures []json.RawMessage `json:"batchItemFailures"`
	}
	if out.FunctionError != nil || json.Unmarshal(out.Payload, &answer) != nil || len(answer.Failures) > 0 {
		return fmt.Errorf("%s failed again on %d changes (%s); its log says why", q.Targets[0], len(wanted), out.Payload)
	}
	return nil
}

// changes reads a part of a stream.
func (d *Desk) changes(ctx context.Context, at place) ([]map[string]any, error) {
	gone := func(err error) error {
		return fmt.Errorf("reading changes %s to %s of %s: %w; a stream keeps changes for 24 hours: if they are older, `shopctl views rebuild` repairs what shows orders", at.Start, at.End, at.Stream, err)
	}
	out, err := d.streams.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{
		StreamArn: &at.Stream, ShardId: &at.Shard, SequenceNumber: &at.Start, ShardIteratorType: streamtypes.ShardIteratorTypeAtSequenceNumber,
	})
	if err != nil {
		return nil, gone(err)
	}
	var records []map[string]any
	for iterator, empty := out.ShardIterator, 0; iterator != nil && empty < emptyPages; {
		page, err := d.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: iterator})
		if err != nil {
			return nil, gone(err)
		}
		for _, r := range page.Records {
			if r.Dynamodb == nil || later(aws.ToString(r.Dynamodb.SequenceNumber), at.End) {
				return records, nil
			}
			records = append(records, recordJSON(r, at.Stream))
			if aws.ToString(r.Dynamodb.SequenceNumber) == at.End {
				return records, nil
			}
		}
		if iterator = page.NextShardIterator; len(page.Records) == 0 {
			empty++
		}
	}
	return nil, gone(errors.New("the stream ends before the last of them"))
}

// emptyPages is how many pages without a record mean that there are no more: a page can be empty although records follow.
const emptyPages = 20

// later compares sequence numbers, which have up to 40 digits.
func later(a, b string) bool { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) > 0 }

// recordJSON is a record of a stream as Lambda hands it to functions.
func recordJSON(r streamtypes.Record, stream string) map[string]any {
	change := map[string]any{"SequenceNumber": aws.ToString(r.Dynamodb.SequenceNumber), "StreamViewType": string(r.Dynamodb.StreamViewType)}
	if at := r.Dynamodb.ApproximateCreationDateTime; at != nil {
		change["ApproximateCreationDateTime"] = float64(at.UnixMilli()) / float64(time.Second/time.Millisecond)
	}
	for name, image := range map[string]map[string]streamtypes.AttributeValue{
		"Keys": r.Dynamodb.Keys, "NewImage": r.Dynamodb.NewImage, "OldImage": r.Dynamodb.OldImage,
	} {
		if len(image) > 0 {
			change[name] = imageJSON(image)
		}
	}
	return map[string]any{
		"eventID": aws.ToString(r.EventID), "eventName": string(r.EventName), "eventSource": "aws:dynamodb", "eventVersion": "1.1",
		"awsRegion": aws.ToString(r.AwsRegion), "eventSourceARN": stream, "dynamodb": change,
	}
}

func imageJSON(image map[string]streamtypes.AttributeValue) map[string]any {
	out := map[string]any{}
	for name, value := range image {
		out[name] = attributeJSON(value)
	}
	return out
}

// attributeJSON is an attribute in DynamoDB's JSON; bytes become base64 when they are encoded.
func attributeJSON(value streamtypes.AttributeValue) map[string]any {
	switch v := value.(type) {
	case *streamtypes.AttributeValueMemberS:
		return map[string]any{"S": v.Value}
	case *streamtypes.AttributeValueMemberN:
		return map[string]any{"N": v.Value}
	case *streamtypes.AttributeValueMemberB:
		return map[string]any{"B": v.Value}
	case *streamtypes.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": v.Value}
	case *streamtypes.AttributeValueMemberSS:
		return map[string]any{"SS": v.Value}
	case *streamtypes.AttributeValueMemberNS:
		return map[string]any{"NS": v.Value}
	case *streamtypes.AttributeValueMemberBS:
		return map[string]any{"BS": v.Value}
	case *streamtypes.AttributeValueMemberM:
		return map[string]any{"M": imageJSON(v.Value)}
	case *streamtypes.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i, part := range v.Value {
			list[i] = attributeJSON(part)
		}
		return map[string]any{"L": list}
	}
	return map[string]any{"NULL": true}
}

// matches tells whether a record is one that Lambda would call the function with: if there are filters, one of them must match. It knows the
// conditions that the shop's filters have; another one is an error, and nothing is delivered.
func matches(filters []string, record map[string]any) (bool, error) {
	for _, text := range filters {
		var pattern map[string]any
		if err := json.Unmarshal([]byte(text), &pattern); err != nil {
			return false, fmt.Errorf("reading the filter %s: %w", text, err)
		}
		ok, err := matchesFields(pattern, record)
		if ok || err != nil {
			return ok, err
		}
	}
	return len(filters) == 0, nil
}

func matchesFields(pattern, value map[string]any) (bool, error) {
	for name, condition := range pattern {
		member, found := value[name]
		var ok bool
		var err error
		switch c := condition.(type) {
		case map[string]any:
			inner, _ := member.(map[string]any)
			ok, err = matchesFields(c, inner)
		case []any:
			ok, err = matchesAny(c, member, found)
		default:
			err = fmt.Errorf("a filter has %v for %s, which shopctl does not know", condition, name)
		}
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func matchesAny(alternatives []any, member any, found bool) (bool, error) {
	for _, a := range alternatives {
		operator, isOperator := a.(map[string]any)
		if !isOperator {
			if found && a == member {
				return true, nil
			}
			continue
		}
		prefix, hasPrefix := operator["prefix"].(string)
		exists, hasExists := operator["exists"].(bool)
		text, isText := member.(string)
		switch {
		case len(operator) == 1 && hasPrefix:
			if isText && strings.HasPrefix(text, prefix) {
				return true, nil
			}
		case len(operator) == 1 && hasExists:
			if exists == found {
				return true, nil
			}
		default:
			return false, fmt.Errorf("a filter has the condition %v, which shopctl does not know", operator)
		}
	}
	return false, nil
}
