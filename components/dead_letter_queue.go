package components

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// deadLetterRetention is the longest that SQS keeps a message (SQS quota): time to notice, repair and redrive.
const deadLetterRetention = 14 * 24 * time.Hour

// sender lets an AWS service send to a queue or topic on behalf of one resource.
type sender struct {
	// service is the principal, such as sns.amazonaws.com.
	service string
	// source is the ARN of the resource that the message must come from; a last /* stands for what belongs to it.
	source pulumi.StringInput
}

// queuePolicy refuses what does not come over TLS, and lets the senders send. Everybody else needs a grant.
func queuePolicy(queueARN pulumi.StringInput, senders ...sender) pulumi.StringOutput {
	return resourcePolicy(queueARN, "sqs:*", string(policies.SendMessage), senders)
}

// resourcePolicy is the policy of a queue or topic: it refuses the actions that do not come over TLS, and lets the senders do one.
func resourcePolicy(arn pulumi.StringInput, overTLS, allowed string, senders []sender) pulumi.StringOutput {
	document := func(arns []any) string {
		statements := append(make([]resourceStatement, 0, 1+len(senders)), resourceStatement{
			Sid: "TLSOnly", Effect: "Deny", Principal: "*", Action: overTLS, Resource: arns[0], Condition: notOverTLS,
		})
		for i, s := range senders {
			statements = append(statements, resourceStatement{
				Effect: "Allow", Principal: principal{s.service}, Action: allowed, Resource: arns[0],
				Condition: map[string]map[string]any{"ArnLike": {"aws:SourceArn": arns[i+1]}},
			})
		}
		return jsonText(resourceDocument{Statement: statements, Version: "2012-10-17"})
	}
	if len(senders) == 0 { // as most are; waiting for one value costs a fraction of waiting for several
		return arn.ToStringOutput().ApplyT(func(arn string) string { return document([]any{arn}) }).(pulumi.StringOutput)
	}
	inputs := append(make([]any, 0, 1+len(senders)), arn)
	for _, s := range senders {
		inputs = append(inputs, s.source)
	}
	return pulumi.All(inputs...).ApplyT(document).(pulumi.StringOutput)
}

// notOverTLS is the condition of what does not come over TLS.
var notOverTLS = json.RawMessage(`{"Bool":{"aws:SecureTransport":"false"}}`)

// resourceDocument is a policy of a resource. (A struct, because encoding maps took a third of the time that queues cost beyond their
// registration.)
type resourceDocument struct {
	Statement []resourceStatement
	Version   string
}

type resourceStatement struct {
	Action    string
	Condition any `json:",omitempty"`
	Effect    string
	Principal any    // "*" or a principal
	Resource  any    `json:",omitempty"`
	Sid       string `json:",omitempty"`
}

type principal struct{ Service string }

// DeadLetterKind says how a message came into a dead-letter queue, and with it what the message looks like and how it goes back.
type DeadLetterKind string

const (
	// FromQueue keeps messages of a queue as they were. They go back into it.
	FromQueue DeadLetterKind = "queue"
	// FromFunction keeps Lambda's records of asynchronous invocations that failed. The function is called again with their requestPayload.
	FromFunction DeadLetterKind = "function"
	// FromRule keeps events that EventBridge could not deliver. They go to the rule's target.
	FromRule DeadLetterKind = "rule"
	// FromSubscription keeps SNS's envelopes of messages that it could not deliver to a function, which is called with them.
	FromSubscription DeadLetterKind = "subscription"
	// FromStream keeps the places in a DynamoDB stream of changes that a function failed on. It is called with what the stream has there.
	FromStream DeadLetterKind = "stream"
)

// DeadLetterQueue is a dead-letter queue as those who empty it need to know it.
type DeadLetterQueue struct {
	// Name is its logical name, such as order-flow-dlq.
	Name string
	// URL by which it is read.
	URL pulumi.StringOutput
	// What says for people what ends up in the queue.
	What string
	// Kind is how messages came here.
	Kind DeadLetterKind
	// Targets are where they go back to: the queue's URL for [FromQueue], the ARNs of the rule's targets for [FromRule], else the function's
	// ARN.
	Targets []pulumi.StringOutput
	// Filters are the event patterns of which a change must match one for the function to be called with it. Only with [FromStream];
	// none if every change matters.
	Filters []string
}

// deadLetterQueue keeps what could not be delivered or processed.
type deadLetterQueue struct {
	*sqs.Queue

	name, what string
}

// describe tells what the queue is for.
func (q *deadLetterQueue) describe(kind DeadLetterKind, targets ...pulumi.StringOutput) DeadLetterQueue {
	return DeadLetterQueue{Name: q.name, URL: q.Url, What: q.what, Kind: kind, Targets: targets}
}

// deadLetters describes a dead-letter queue.
type deadLetters struct {
	// what says for people what ends up in the queue.
	what string
	// fifo is set if a FIFO queue moves messages here: SQS wants both of one type.
	fifo bool
	// redriven is set if a queue moves messages here by its redrive policy, see [deadLetterQueue.admit].
	redriven bool
	// senders are the services that send here.
	senders []sender
	alarms  Alarms
}

// newDeadLetterQueue creates the queue name-dlq and its policy as children of parent, and the alarm that tells when it is not
// empty.
func newDeadLetterQueue(ctx *pulumi.Context, parent pulumi.Resource, name string, d deadLetters) (*deadLetterQueue, error) {
	name += "-dlq"
	args := &sqs.QueueArgs{
		MessageRetentionSeconds: pulumi.Int(int(deadLetterRetention.Seconds())),
		SqsManagedSseEnabled:    pulumi.Bool(true),
	}
	if d.fifo {
		args.FifoQueue = pulumi.Bool(true)
	}
	if !d.redriven {
		args.RedriveAllowPolicy = pulumi.String(`{"redrivePermission":"denyAll"}`)
	}
	queue, err := sqs.NewQueue(ctx, name, args, pulumi.Parent(parent))
	if err != nil {
		return nil, err
	}
	_, err = sqs.NewQueuePolicy(ctx, name+"-policy", &sqs.QueuePolicyArgs{
		QueueUrl: queue.Url, Policy: queuePolicy(queue.Arn, d.senders...),
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, err
	}
	return &deadLetterQueue{queue, name, d.what}, newAlarms(ctx, parent, name, d.alarms, queueNotEmpty("not-empty",
		d.what+" They are kept 14 days in the queue "+name+".", queue.Name))
}

// admit lets one queue, and no other, move messages here by its redrive policy. It is a resource of its own, since each of the two
// queues must know the other.
func (q *deadLetterQueue) admit(ctx *pulumi.Context, parent pulumi.Resource, name string, source pulumi.StringInput) error {
	_, err := sqs.NewRedriveAllowPolicy(ctx, name+"-dlq-redrive", &sqs.RedriveAllowPolicyArgs{
		QueueUrl:           q.Url,
		RedriveAllowPolicy: pulumi.Sprintf(`{"redrivePermission":"byQueue","sourceQueueArns":["%s"]}`, source),
	}, pulumi.Parent(parent))
	return err
}

// DeliverTo implements [Destination].
func (q *deadLetterQueue) DeliverTo() (pulumi.StringInput, policies.Grant) {
	return q.Arn, policies.Grant{Statements: []policies.Statement{{
		Actions: []string{string(policies.SendMessage)}, Resources: []pulumi.StringInput{q.Arn},
	}}}
}

// redrivePolicy is the redrive policy of an SNS subscription.
func (q *deadLetterQueue) redrivePolicy() pulumi.StringOutput {
	return pulumi.Sprintf(`{"deadLetterTargetArn":"%s"}`, q.Arn)
}

// jsonText writes a value as compact JSON with sorted keys, and with <, > and & as they are: they count in AWS's size limits
// and mean something in templates.
func jsonText(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // only called with maps, slices, strings, booleans and finite numbers, which always marshal
	}
	return string(bytes.TrimSpace(text.Bytes()))
}
