package components

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// Limits of filter policies ("Filter policy constraints" in the SNS developer guide), and of names.
const (
	maxTopicName          = 243 // leaves room for a hyphen, seven random characters and .fifo in a topic's name of 256
	maxFilterKeys         = 5
	maxFilterCombinations = 150
)

// FanOutTopicArgs describes an SNS topic, encrypted, to which only those may publish who were granted it, over TLS only.
type FanOutTopicArgs struct {
	// FIFO keeps the messages of a group in order and drops duplicates sent within 5 minutes. Only queues can subscribe.
	FIFO bool
	// ContentBasedDeduplication takes messages with the same body for duplicates, so that publishers need no deduplication id.
	// Only with FIFO.
	ContentBasedDeduplication bool
	// KMSKey is the ARN of a customer-managed key that encrypts the messages; [FanOutTopic.GrantPublish] then includes its use.
	// Default: the AWS-managed key alias/aws/sns. It costs nothing and serves every role of the account: functions, workflows,
	// rules of an [EventBus]. It does not serve AWS services that publish in their own name, such as S3 and CloudWatch alarms:
	// they need a key whose policy names them.
	KMSKey pulumi.StringInput

	publishers []sender // services that publish in their own name
}

// FanOutTopic is an SNS topic: one message reaches every subscriber.
type FanOutTopic struct {
	pulumi.ResourceState

	// Name is the physical name of the topic.
	Name pulumi.StringOutput
	// ARN of the topic.
	ARN pulumi.StringOutput

	logicalName string
	fifo        bool
	key         pulumi.StringInput
	subscribers []string
	deadLetters []DeadLetterQueue
}

// DeadLetterQueues are the queues that keep messages that could not be delivered to functions. Those of queues are the queues' own.
func (t *FanOutTopic) DeadLetterQueues() []DeadLetterQueue { return t.deadLetters }

// NewFanOutTopic creates the topic. Subscribers are added by its Subscribe methods.
func NewFanOutTopic(ctx *pulumi.Context, name string, args *FanOutTopicArgs, opts ...pulumi.ResourceOption) (*FanOutTopic, error) {
	if args == nil {
		args = &FanOutTopicArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	t := &FanOutTopic{logicalName: name, fifo: args.FIFO, key: args.KMSKey}
	if err := ctx.RegisterComponentResource(token("FanOutTopic"), name, t, opts...); err != nil {
		return nil, wrap("FanOutTopic", name, err)
	}
	resource := &sns.TopicArgs{
		KmsMasterKeyId:   pulumi.String("alias/aws/sns"),
		SignatureVersion: pulumi.Int(2), // SHA-256; version 1, the default of SNS, signs with SHA-1
	}
	if args.KMSKey != nil {
		resource.KmsMasterKeyId = args.KMSKey.ToStringOutput()
	}
	if args.FIFO {
		resource.FifoTopic = pulumi.Bool(true)
		resource.ContentBasedDeduplication = pulumi.Bool(args.ContentBasedDeduplication)
	}
	topic, err := sns.NewTopic(ctx, name, resource, pulumi.Parent(t))
	if err != nil {
		return nil, wrap("FanOutTopic", name, err)
	}
	t.Name, t.ARN = topic.Name, topic.Arn
	_, err = sns.NewTopicPolicy(ctx, name+"-policy", &sns.TopicPolicyArgs{
		Arn:    topic.Arn,
		Policy: resourcePolicy(topic.Arn, "sns:Publish", "sns:Publish", args.publishers),
	}, pulumi.Parent(t))
	if err != nil {
		return nil, wrap("FanOutTopic", name, err)
	}
	return t, ctx.RegisterResourceOutputs(t, pulumi.Map{"name": t.Name, "arn": t.ARN})
}

// GrantPublish allows publishing to the topic, one message or a batch, and links its ARN as <NAME>_TOPIC_ARN.
func (t *FanOutTopic) GrantPublish() policies.Grant {
	return policies.Grant{
		Statements: append([]policies.Statement{{Actions: []string{string(policies.Publish)}, Resources: []pulumi.StringInput{t.ARN}}},
			useKey(t.key, policies.GenerateDataKey, policies.Decrypt)...),
		Links: []policies.Link{{Variable: variable(t.logicalName, "TOPIC_ARN"), Value: t.ARN, Resource: t.logicalName + " (FanOutTopic)"}},
	}
}

// DeliverTo makes the topic a [Destination]. A FIFO topic cannot be one: Lambda sends no message group.
func (t *FanOutTopic) DeliverTo() (pulumi.StringInput, policies.Grant) {
	if t.fifo {
		return t.ARN, policies.Invalid(fmt.Errorf("%s (FanOutTopic): destination of a function: a FIFO topic cannot be one", t.logicalName))
	}
	return t.ARN, policies.Grant{Statements: t.GrantPublish().Statements}
}

// TopicFilter selects the messages that reach a subscriber, by their attributes or by their body. The zero TopicFilter lets
// every message through.
type TopicFilter struct {
	// Attributes are conditions on the message attributes, not nested, on at most 5 of them.
	Attributes Fields
	// Body are conditions on a body that is JSON, on at most 5 of its topmost fields. Not together with Attributes.
	Body Fields
}

// policy is the filter's policy and scope; empty if every message is wanted.
func (f TopicFilter) policy(p *problems) (text, scope string) {
	p.want(f.Attributes == nil || f.Body == nil, "Filter", "Attributes and Body", "one of the two (SNS knows no both)")
	fields, field, dialect, scope := f.Attributes, "Filter.Attributes", attributePolicies, "MessageAttributes"
	if f.Body != nil {
		fields, field, dialect, scope = f.Body, "Filter.Body", bodyPolicies, "MessageBody"
	}
	if fields == nil {
		return "", ""
	}
	p.want(len(fields) <= maxFilterKeys, field, len(fields), "at most 5 fields (SNS quota)")
	p.want(fields.combinations() <= maxFilterCombinations, field, fmt.Sprintf("%d combinations of values", fields.combinations()), "at most 150 (SNS quota)")
	return dialect.pattern(p, field, fields), scope
}

// QueueSubscriptionArgs says how a consumer gets a topic's messages through a queue of its own.
type QueueSubscriptionArgs struct {
	// Filter selects the messages. Default: all.
	Filter TopicFilter
	// RawDelivery puts the message into the queue as it was published, attributes included. Default: wrapped in SNS's
	// envelope, which tells the topic and the message's id and time.
	RawDelivery bool
	// Queue describes the queue; its Consumer and, for a FIFO topic, its FIFO are set by the subscription. Its Filters are about the message with
	// RawDelivery, and about SNS's envelope without.
	Queue WorkQueueArgs
}

// SubscribeQueue gives the consumer a queue of its own, called <topic>-<name>, with its own speed, retries and dead-letter
// queue. Messages that SNS cannot put into the queue go to that dead-letter queue too.
func (t *FanOutTopic) SubscribeQueue(ctx *pulumi.Context, name string, consumer *Function, args *QueueSubscriptionArgs) (*WorkQueue, error) {
	if args == nil {
		args = &QueueSubscriptionArgs{}
	}
	p := t.check("SubscribeQueue", name)
	p.want(consumer != nil, "consumer", nil, "the function that processes the messages")
	p.want(args.Queue.Consumer == nil || args.Queue.Consumer == consumer, "Queue.Consumer", "another function", "none: it is the consumer")
	p.want(t.fifo || !args.Queue.FIFO, "Queue.FIFO", args.Queue.FIFO, "false, since the topic is not FIFO")
	if !args.RawDelivery {
		envelopeFields(p, args.Queue.Filters)
	}
	filter, scope := args.Filter.policy(p)
	if err := p.err(); err != nil {
		return nil, err
	}
	queueArgs := args.Queue
	queueArgs.Consumer, queueArgs.FIFO = consumer, t.fifo
	queueArgs.senders = []sender{{"sns.amazonaws.com", t.ARN}}
	queue, err := NewWorkQueue(ctx, p.name, &queueArgs, pulumi.Parent(t))
	if err != nil {
		return nil, err
	}
	return queue, t.subscribe(ctx, p, &sns.TopicSubscriptionArgs{
		Protocol: pulumi.String("sqs"), Endpoint: queue.ARN, RawMessageDelivery: pulumi.Bool(args.RawDelivery),
		RedrivePolicy: queue.failed.redrivePolicy(),
	}, filter, scope, queue) // SNS could not send before the queue's policy is there
}

// envelope are the fields of the JSON in which SNS wraps a message ("Amazon SNS message and JSON formats" in the SNS developer guide).
var envelope = []string{
	"Message", "MessageAttributes", "MessageId", "SequenceNumber", "Signature", "SignatureVersion", "SigningCertURL", "Subject", "Timestamp",
	"TopicArn", "Type", "UnsubscribeURL",
}

// envelopeFields refuses filters on what is inside the envelope, where it is text: Lambda would delete every message, and nobody be told.
func envelopeFields(p *problems, filters []Fields) {
	for i, filter := range filters {
		for name := range filter {
			p.want(slices.Contains(envelope, name) || name == anyOf, fmt.Sprintf("Queue.Filters[%d].%s", i, name), "set",
				"a field of SNS's envelope, such as Subject, unless RawDelivery is set; Filter selects by the message")
		}
	}
}

// FunctionSubscriptionArgs says how a function gets a topic's messages.
type FunctionSubscriptionArgs struct {
	// Filter selects the messages. Default: all.
	Filter TopicFilter
	// Alarms says who hears when messages could not be delivered.
	Alarms Alarms
}

// SubscribeFunction calls the function with each message. Messages that SNS cannot deliver, after retries for 23 days, go to a
// dead-letter queue called <topic>-<name>-dlq; what becomes of messages that the function fails on, its Async says.
func (t *FanOutTopic) SubscribeFunction(ctx *pulumi.Context, name string, function *Function, args *FunctionSubscriptionArgs) error {
	if args == nil {
		args = &FunctionSubscriptionArgs{}
	}
	p := t.check("SubscribeFunction", name)
	p.want(function != nil, "function", nil, "the function to be called")
	p.want(!t.fifo, "topic "+t.logicalName, "FIFO", "a standard topic, or SubscribeQueue: FIFO topics deliver to queues only")
	filter, scope := args.Filter.policy(p)
	if err := p.err(); err != nil {
		return err
	}
	undelivered, err := t.newUndelivered(ctx, p.name, args.Alarms)
	if err != nil {
		return wrap(p.component, p.name, err)
	}
	t.deadLetters = append(t.deadLetters, undelivered.describe(FromSubscription, function.ARN))
	permission, err := function.permit(ctx, t, p.name, "sns.amazonaws.com", t.ARN)
	if err != nil {
		return wrap(p.component, p.name, err)
	}
	return t.subscribe(ctx, p, &sns.TopicSubscriptionArgs{
		Protocol: pulumi.String("lambda"), Endpoint: function.ARN, RedrivePolicy: undelivered.redrivePolicy(),
	}, filter, scope, permission)
}

// EmailSubscriptionArgs says which of a topic's messages go to an e-mail address.
type EmailSubscriptionArgs struct {
	// Filter selects the messages. Default: all.
	Filter TopicFilter
}

// SubscribeEmail sends each message to an e-mail address. Nothing is sent before its owner has followed the link in the mail in which SNS
// asks whether the subscription is wanted.
func (t *FanOutTopic) SubscribeEmail(ctx *pulumi.Context, name string, address pulumi.StringInput, args *EmailSubscriptionArgs) error {
	if args == nil {
		args = &EmailSubscriptionArgs{}
	}
	p := t.check("SubscribeEmail", name)
	p.want(address != nil, "address", nil, "an e-mail address")
	if plain, known := address.(pulumi.String); known {
		p.want(mailAddress.MatchString(string(plain)), "address", string(plain), "an e-mail address")
	}
	p.want(!t.fifo, "topic "+t.logicalName, "FIFO", "a standard topic: FIFO topics deliver to queues only")
	filter, scope := args.Filter.policy(p)
	if err := p.err(); err != nil {
		return err
	}
	return t.subscribe(ctx, p, &sns.TopicSubscriptionArgs{Protocol: pulumi.String("email"), Endpoint: address}, filter, scope)
}

// mailAddress tells an address from something else; whether it exists, the confirmation mail shows.
var mailAddress = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)

// HTTPSSubscriptionArgs says how a web endpoint gets a topic's messages.
type HTTPSSubscriptionArgs struct {
	// Filter selects the messages. Default: all.
	Filter TopicFilter
	// RawDelivery posts the message as it was published, without SNS's envelope and its signature.
	RawDelivery bool
	// Alarms says who hears when messages could not be delivered.
	Alarms Alarms
}

// SubscribeHTTPS posts each message to an endpoint. Nothing is sent before the endpoint has confirmed the subscription by visiting the
// SubscribeURL in the first request. Messages that SNS cannot deliver, after retries for an hour, go to a dead-letter queue called
// <topic>-<name>-dlq.
func (t *FanOutTopic) SubscribeHTTPS(ctx *pulumi.Context, name string, endpoint pulumi.StringInput, args *HTTPSSubscriptionArgs) error {
	if args == nil {
		args = &HTTPSSubscriptionArgs{}
	}
	p := t.check("SubscribeHTTPS", name)
	p.want(endpoint != nil, "endpoint", nil, "a URL that begins with https://")
	if plain, known := endpoint.(pulumi.String); known {
		p.want(strings.HasPrefix(string(plain), "https://"), "endpoint", string(plain), "a URL that begins with https://")
	}
	p.want(!t.fifo, "topic "+t.logicalName, "FIFO", "a standard topic: FIFO topics deliver to queues only")
	filter, scope := args.Filter.policy(p)
	if err := p.err(); err != nil {
		return err
	}
	undelivered, err := t.newUndelivered(ctx, p.name, args.Alarms)
	if err != nil {
		return wrap(p.component, p.name, err)
	}
	return t.subscribe(ctx, p, &sns.TopicSubscriptionArgs{
		Protocol: pulumi.String("https"), Endpoint: endpoint, RawMessageDelivery: pulumi.Bool(args.RawDelivery),
		RedrivePolicy: undelivered.redrivePolicy(),
	}, filter, scope)
}

// check begins the check of a subscription, whose resources are called <topic>-<name>.
func (t *FanOutTopic) check(method, name string) *problems {
	p := check("FanOutTopic."+method, name)
	p.name = t.logicalName + "-" + name
	p.want(!slices.Contains(t.subscribers, p.name), "name", name, "a name that no other subscriber of the topic has")
	if method != "SubscribeEmail" { // which has no queue
		p.fits(p.name, maxQueueName)
	}
	return p
}

// newUndelivered creates the dead-letter queue of a subscription that has no queue of its own.
func (t *FanOutTopic) newUndelivered(ctx *pulumi.Context, name string, alarms Alarms) (*deadLetterQueue, error) {
	return newDeadLetterQueue(ctx, t, name, deadLetters{
		what:    fmt.Sprintf("Messages of topic %s could not be delivered to %s.", t.logicalName, name),
		senders: []sender{{"sns.amazonaws.com", t.ARN}},
		alarms:  alarms,
	})
}

// subscribe creates the subscription, filtered, after what it depends on.
func (t *FanOutTopic) subscribe(ctx *pulumi.Context, p *problems, args *sns.TopicSubscriptionArgs, filter, scope string, after ...pulumi.Resource) error {
	args.Topic = t.ARN
	t.subscribers = append(t.subscribers, p.name)
	if filter != "" {
		args.FilterPolicy, args.FilterPolicyScope = pulumi.String(filter), pulumi.String(scope)
	}
	_, err := sns.NewTopicSubscription(ctx, p.name, args, pulumi.Parent(t), pulumi.DependsOn(after))
	return wrap(p.component, p.name, err)
}

func (a *FanOutTopicArgs) validate(name string) error {
	p := check("FanOutTopic", name)
	p.fits(name, maxTopicName)
	p.want(a.FIFO || !a.ContentBasedDeduplication, "ContentBasedDeduplication", a.ContentBasedDeduplication, "false, or FIFO too")
	return p.err()
}
