package deadletter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/shopctl/resources"
)

// invocation is Lambda's record of an invocation that failed, as its destinations get it.
type invocation struct {
	RequestContext struct {
		Condition string `json:"condition"`
		Attempts  int    `json:"approximateInvokeCount"`
	} `json:"requestContext"`
	RequestPayload  json.RawMessage `json:"requestPayload"`
	ResponseContext struct {
		FunctionError string `json:"functionError"`
	} `json:"responseContext"`
	ResponsePayload struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	} `json:"responsePayload"`
	Place *place `json:"DDBStreamBatchInfo"`
}

// place is where in a stream the changes are that a function failed on.
type place struct {
	Shard  string `json:"shardId"`
	Start  string `json:"startSequenceNumber"`
	End    string `json:"endSequenceNumber"`
	Stream string `json:"streamArn"`
}

// why tells what is known of the reason for which a message is in a dead-letter queue.
func why(kind components.DeadLetterKind, m types.Message) string {
	attribute := func(name string) string { return aws.ToString(m.MessageAttributes[name].StringValue) }
	switch kind {
	case components.FromFunction, components.FromStream:
		var failed invocation
		if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &failed); err != nil {
			return "unknown: the message is no record of Lambda's: " + err.Error()
		}
		text := failed.RequestContext.Condition
		if failed.ResponsePayload.Message != "" {
			text += fmt.Sprintf(": %s: %s", failed.ResponsePayload.Type, failed.ResponsePayload.Message)
		} else if failed.ResponseContext.FunctionError != "" {
			text += ": " + failed.ResponseContext.FunctionError + " error; see the function's log"
		}
		return text
	case components.FromRule:
		return strings.Trim(fmt.Sprintf("%s: %s", attribute("ERROR_CODE"), attribute("ERROR_MESSAGE")), ": ")
	case components.FromSubscription:
		return strings.Trim(fmt.Sprintf("%s: %s", attribute("ErrorCode"), attribute("ErrorMessage")), ": ")
	default:
		return "its consumer failed on it as often as the queue allows; the consumer's log says why"
	}
}

// deliver hands a message over to where it came from.
func (d *Desk) deliver(ctx context.Context, q resources.DeadLetterQueue, m types.Message) error {
	switch components.DeadLetterKind(q.Kind) {
	case components.FromQueue:
		return d.send(ctx, q.Targets[0], m)
	case components.FromFunction:
		var failed invocation
		if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &failed); err != nil || len(failed.RequestPayload) == 0 {
			return errors.New("it is no record of a failed invocation with a requestPayload, so that there is nothing to call the function with")
		}
		return d.invoke(ctx, q.Targets[0], failed.RequestPayload)
	case components.FromRule:
		return d.deliverEvent(ctx, q, m)
	case components.FromSubscription:
		return d.deliverNotification(ctx, q.Targets[0], m)
	case components.FromStream:
		return d.deliverChanges(ctx, q, m)
	default:
		return fmt.Errorf("shopctl does not know how messages of kind %q go back; use the version that the stack was deployed with", q.Kind)
	}
}

// send puts a message as it is into another queue.
func (d *Desk) send(ctx context.Context, url string, m types.Message) error {
	in := &sqs.SendMessageInput{QueueUrl: &url, MessageBody: m.Body, MessageAttributes: m.MessageAttributes}
	if trace := m.Attributes[string(types.MessageSystemAttributeNameAWSTraceHeader)]; trace != "" {
		in.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{
			string(types.MessageSystemAttributeNameAWSTraceHeader): {DataType: aws.String("String"), StringValue: &trace},
		}
	}
	if group := m.Attributes[string(types.MessageSystemAttributeNameMessageGroupId)]; group != "" {
		in.MessageGroupId = &group
		if strings.HasSuffix(url, ".fifo") {
			// The id that it was sent with may have been used within the last five minutes: SQS would drop the message without a word.
			in.MessageDeduplicationId = aws.String("redrive-" + aws.ToString(m.MessageId))
		}
	}
	if _, err := d.sqs.SendMessage(ctx, in); err != nil {
		return fmt.Errorf("sending it to %s: %w", url, err)
	}
	return nil
}

// invoke has Lambda take an event over, to try it as often as any other.
func (d *Desk) invoke(ctx context.Context, function string, payload []byte) error {
	_, err := d.lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, InvocationType: lambdatypes.InvocationTypeEvent, Payload: payload})
	if err != nil {
		return fmt.Errorf("handing it to %s: %w", function, err)
	}
	return nil
}

// deliverEvent sends an event of EventBridge to the target that did not get it, and to no other rule's.
func (d *Desk) deliverEvent(ctx context.Context, q resources.DeadLetterQueue, m types.Message) error {
	target := aws.ToString(m.MessageAttributes["TARGET_ARN"].StringValue)
	if target == "" && len(q.Targets) == 1 {
		target = q.Targets[0]
	}
	parsed, err := arn.Parse(target)
	if err != nil {
		return fmt.Errorf("its attribute TARGET_ARN is %q, want the ARN of one of %s", target, strings.Join(q.Targets, ", "))
	}
	switch parsed.Service {
	case "lambda":
		return d.invoke(ctx, target, []byte(aws.ToString(m.Body)))
	case "sqs":
		out, err := d.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &parsed.Resource, QueueOwnerAWSAccountId: &parsed.AccountID})
		if err != nil {
			return fmt.Errorf("finding the queue %s: %w", target, err)
		}
		// EventBridge's own attributes tell of the failure, and are nothing to the target.
		return d.send(ctx, aws.ToString(out.QueueUrl), types.Message{MessageId: m.MessageId, Body: m.Body})
	}
	return fmt.Errorf("its target is %s; shopctl delivers events to functions and queues only", target)
}

// deliverNotification calls a function with what SNS could not deliver, as SNS would have.
func (d *Desk) deliverNotification(ctx context.Context, function string, m types.Message) error {
	var envelope map[string]any
	if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &envelope); err != nil || envelope["Message"] == nil {
		return errors.New("it is no envelope of SNS with a Message")
	}
	payload, err := json.Marshal(map[string]any{"Records": []any{map[string]any{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": envelope}}})
	if err != nil {
		return fmt.Errorf("encoding it as SNS does for functions: %w", err)
	}
	return d.invoke(ctx, function, payload)
}
