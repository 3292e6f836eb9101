package components

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// Limits and defaults of queues ("Amazon SQS quotas" in the SQS developer guide, "Configuring scaling behavior for SQS event
// source mappings" in the Lambda developer guide).
const (
	maxFIFOBatchSize   = 10
	minConcurrency     = 2
	maxConcurrency     = 1000
	maxVisibility      = 12 * time.Hour
	defaultVisibility  = 30 * time.Second
	visibilityFactor   = 6
	maxMaxReceives     = 1000
	defaultMaxReceives = 5
	minRetention       = time.Minute
	defaultRetention   = 4 * 24 * time.Hour
	maxDelay           = 15 * time.Minute

	// The names leave room for -dlq, a hyphen, seven random characters and, if it is FIFO, .fifo in a queue's name of 80.
	maxQueueName     = 68
	maxFIFOQueueName = 63

	// maxRetention leaves a day in the dead-letter queue: a message of a standard queue takes its age along.
	maxRetention = deadLetterRetention - 24*time.Hour
)

// WorkQueueArgs describes an SQS queue, its dead-letter queue and the function that consumes it. Both queues are encrypted
// (SSE-SQS) and reachable over TLS only.
type WorkQueueArgs struct {
	// Consumer receives batches of messages and must answer with the ones that failed (partial batch response), which alone
	// are tried again. Default: none; then something else receives, see [WorkQueue.Grant].
	Consumer *Function
	// FIFO keeps the messages of a group in order and drops duplicates sent within 5 minutes.
	FIFO bool
	// ContentBasedDeduplication takes messages with the same body for duplicates, so that senders need no deduplication id.
	// Only with FIFO.
	ContentBasedDeduplication bool
	// BatchSize is the most messages per invocation: 1–10,000 for standard queues (above 10 needs BatchWindow), 1–10 for
	// FIFO. Default 10.
	BatchSize int
	// BatchWindow is how long a batch may be gathered: 0 s–300 s, whole seconds. Not with FIFO. Default 0 s.
	BatchWindow time.Duration
	// MaximumConcurrency is how many batches may be processed at once: 2–1,000, at most the consumer's ReservedConcurrency. It protects what stands
	// behind the consumer.
	// Default: as many as the consumer's own concurrency allows.
	MaximumConcurrency int
	// Filters are conditions on messages with a JSON body, at most 5, of which one must hold. Lambda deletes messages that
	// match none of them. Default: every message is processed.
	Filters []Fields
	// VisibilityTimeout must be at least six times the consumer's timeout, as AWS advises, and BatchWindow more, so that a
	// message is not delivered again while it is being worked on: at most 12 h, whole seconds. Default: exactly that;
	// without a consumer 30 s.
	VisibilityTimeout time.Duration
	// MaxReceives is how often a message may be received before it moves to the dead-letter queue: 1–1,000. Default 5.
	MaxReceives int
	// Retention is how long a message waits to be processed: 1 min–13 days, whole seconds, and long enough for MaxReceives
	// tries, since a message that expires never reaches the dead-letter queue. Default 4 days.
	Retention time.Duration
	// Delay is how long a message stays hidden after it was sent: 0 s–15 min, whole seconds. Default 0 s.
	Delay time.Duration
	// Buses are the event buses whose rules may send to the queue. Default: none.
	Buses []*EventBus
	// Alarms says who hears when the dead-letter queue is not empty.
	Alarms Alarms

	// senders are further services that may send here.
	senders []sender
}

// WorkQueue is an SQS queue with a dead-letter queue and, usually, a consumer.
type WorkQueue struct {
	pulumi.ResourceState

	// Name is the physical name of the queue.
	Name pulumi.StringOutput
	// ARN of the queue.
	ARN pulumi.StringOutput
	// URL by which messages are sent.
	URL pulumi.StringOutput
	// DeadLetterQueueARN is the queue of messages that failed MaxReceives times, which keeps them 14 days.
	DeadLetterQueueARN pulumi.StringOutput
	// DeadLetterQueueURL is where to look at those messages.
	DeadLetterQueueURL pulumi.StringOutput

	logicalName  string
	fifo         bool
	contentBased bool
	buses        []*EventBus
	failed       *deadLetterQueue
}

// DeadLetterQueues are the one queue that keeps messages that failed MaxReceives times.
func (q *WorkQueue) DeadLetterQueues() []DeadLetterQueue {
	return []DeadLetterQueue{q.failed.describe(FromQueue, q.URL)}
}

// NewWorkQueue creates the queue, its dead-letter queue with an alarm, and connects the consumer.
func NewWorkQueue(ctx *pulumi.Context, name string, args *WorkQueueArgs, opts ...pulumi.ResourceOption) (*WorkQueue, error) {
	if args == nil {
		args = &WorkQueueArgs{}
	}
	filters, err := args.validate(name)
	if err != nil {
		return nil, err
	}
	q := &WorkQueue{logicalName: name, fifo: args.FIFO, contentBased: args.ContentBasedDeduplication, buses: args.Buses}
	if err := ctx.RegisterComponentResource(token("WorkQueue"), name, q, opts...); err != nil {
		return nil, wrap("WorkQueue", name, err)
	}
	if err := q.newQueues(ctx, args); err != nil {
		return nil, wrap("WorkQueue", name, err)
	}
	if args.Consumer != nil {
		if err := q.connect(ctx, args, filters); err != nil {
			return nil, wrap("WorkQueue", name, err)
		}
	}
	return q, ctx.RegisterResourceOutputs(q, pulumi.Map{
		"name": q.Name, "arn": q.ARN, "url": q.URL, "deadLetterQueueArn": q.DeadLetterQueueARN, "deadLetterQueueUrl": q.DeadLetterQueueURL,
	})
}

// newQueues creates both queues and their policies.
func (q *WorkQueue) newQueues(ctx *pulumi.Context, args *WorkQueueArgs) error {
	name := q.logicalName
	failed, err := newDeadLetterQueue(ctx, q, name, deadLetters{
		what: "Messages of queue " + name + " failed for good.", fifo: args.FIFO, redriven: true, senders: args.senders, alarms: args.Alarms,
	})
	if err != nil {
		return err
	}
	resource := &sqs.QueueArgs{
		SqsManagedSseEnabled:     pulumi.Bool(true),
		VisibilityTimeoutSeconds: pulumi.Int(int(args.visibility().Seconds())),
		MessageRetentionSeconds:  pulumi.Int(int(or(args.Retention, defaultRetention).Seconds())),
		DelaySeconds:             pulumi.Int(int(args.Delay.Seconds())),
		RedrivePolicy: pulumi.Sprintf(`{"deadLetterTargetArn":"%s","maxReceiveCount":%d}`,
			failed.Arn, or(args.MaxReceives, defaultMaxReceives)),
	}
	if args.FIFO {
		resource.FifoQueue = pulumi.Bool(true)
		resource.ContentBasedDeduplication = pulumi.Bool(args.ContentBasedDeduplication)
	}
	queue, err := sqs.NewQueue(ctx, name, resource, pulumi.Parent(q))
	if err != nil {
		return err
	}
	senders := args.senders
	for _, bus := range args.Buses {
		senders = append(senders, sender{"events.amazonaws.com", bus.rulesARN()})
	}
	_, err = sqs.NewQueuePolicy(ctx, name+"-policy", &sqs.QueuePolicyArgs{
		QueueUrl: queue.Url, Policy: queuePolicy(queue.Arn, senders...),
	}, pulumi.Parent(q))
	if err != nil {
		return err
	}
	q.Name, q.ARN, q.URL = queue.Name, queue.Arn, queue.Url
	q.DeadLetterQueueARN, q.DeadLetterQueueURL, q.failed = failed.Arn, failed.Url, failed
	return failed.admit(ctx, q, name, queue.Arn)
}

// consuming is what Lambda needs to poll a queue ("Using Lambda with Amazon SQS" in the Lambda developer guide).
var consuming = []policies.QueueAction{policies.ReceiveMessage, policies.DeleteMessage, policies.GetQueueAttributes}

// connect lets Lambda poll the queue with the consumer's role and call the consumer.
func (q *WorkQueue) connect(ctx *pulumi.Context, args *WorkQueueArgs, filters []string) error {
	policy, err := args.Consumer.extend(ctx, q, q.logicalName, q.Grant(consuming...))
	if err != nil {
		return err
	}
	mapping := &lambda.EventSourceMappingArgs{
		EventSourceArn:        q.ARN,
		FunctionName:          args.Consumer.ARN,
		BatchSize:             pulumi.Int(or(args.BatchSize, unwindowedBatchSize)),
		FunctionResponseTypes: pulumi.StringArray{pulumi.String("ReportBatchItemFailures")},
		FilterCriteria:        filterCriteria(filters),
	}
	if args.BatchWindow != 0 {
		mapping.MaximumBatchingWindowInSeconds = pulumi.Int(int(args.BatchWindow.Seconds()))
	}
	if args.MaximumConcurrency != 0 {
		mapping.ScalingConfig = &lambda.EventSourceMappingScalingConfigArgs{MaximumConcurrency: pulumi.Int(args.MaximumConcurrency)}
	}
	_, err = lambda.NewEventSourceMapping(ctx, q.logicalName+"-consumer", mapping,
		pulumi.Parent(q), pulumi.DependsOn([]pulumi.Resource{policy})) // Lambda checks that the role may receive
	return err
}

// Grant allows the actions on the queue and links its URL as <NAME>_QUEUE_URL.
func (q *WorkQueue) Grant(actions ...policies.QueueAction) policies.Grant {
	return policies.Grant{
		Statements: []policies.Statement{policies.Allow(actions, q.ARN)},
		Links:      []policies.Link{{Variable: variable(q.logicalName, "QUEUE_URL"), Value: q.URL, Resource: q.logicalName + " (WorkQueue)"}},
	}
}

// GrantSend allows sending to the queue, one message or a batch, and links its URL as <NAME>_QUEUE_URL.
func (q *WorkQueue) GrantSend() policies.Grant {
	return q.Grant(policies.SendMessage)
}

// DeliverTo makes the queue a [Destination]. A FIFO queue cannot be one: Lambda sends no message group.
func (q *WorkQueue) DeliverTo() (pulumi.StringInput, policies.Grant) {
	if q.fifo {
		return q.ARN, policies.Invalid(fmt.Errorf("%s (WorkQueue): destination of a function: a FIFO queue cannot be one", q.logicalName))
	}
	return q.ARN, policies.Grant{Statements: q.GrantSend().Statements}
}

// visibility is the given or the default visibility timeout.
func (a *WorkQueueArgs) visibility() time.Duration {
	return or(a.VisibilityTimeout, a.leastVisibility())
}

// leastVisibility is what AWS advises: six times the consumer's timeout, which leaves room for retries when the consumer is
// throttled, and the time in which a batch is gathered.
func (a *WorkQueueArgs) leastVisibility() time.Duration {
	if a.Consumer == nil {
		return defaultVisibility
	}
	return visibilityFactor*a.Consumer.timeout + a.BatchWindow
}

// validate checks the arguments and returns the rendered filters.
func (a *WorkQueueArgs) validate(name string) ([]string, error) {
	p := check("WorkQueue", name)
	p.want(a.FIFO || !a.ContentBasedDeduplication, "ContentBasedDeduplication", a.ContentBasedDeduplication, "false, or FIFO too")
	if a.FIFO {
		p.fits(name, maxFIFOQueueName)
		p.want(a.BatchSize >= 0 && a.BatchSize <= maxFIFOBatchSize, "BatchSize", a.BatchSize, "1–10 messages for FIFO, or 0 for the default of 10")
		p.want(a.BatchWindow == 0, "BatchWindow", a.BatchWindow, "0s for FIFO")
	} else {
		p.fits(name, maxQueueName)
		p.want(a.BatchSize >= 0 && a.BatchSize <= maxBatchSize, "BatchSize", a.BatchSize, "1–10000 messages, or 0 for the default of 10")
		p.want(a.BatchSize <= unwindowedBatchSize || a.BatchWindow >= time.Second, "BatchWindow", a.BatchWindow, "at least 1s, since BatchSize is above 10")
		p.batchWindow(a.BatchWindow)
	}
	p.want(a.MaximumConcurrency == 0 || a.MaximumConcurrency >= minConcurrency && a.MaximumConcurrency <= maxConcurrency,
		"MaximumConcurrency", a.MaximumConcurrency, "2–1000, or 0 for no limit")
	if a.Consumer != nil && a.Consumer.reserved != 0 {
		p.want(a.MaximumConcurrency <= a.Consumer.reserved, "MaximumConcurrency", a.MaximumConcurrency,
			fmt.Sprintf("at most the ReservedConcurrency of function %q, %d: beyond it Lambda turns messages away, and each time counts as received",
				a.Consumer.logicalName, a.Consumer.reserved))
	}
	if a.Consumer == nil {
		p.want(a.BatchSize == 0 && a.BatchWindow == 0 && a.MaximumConcurrency == 0 && len(a.Filters) == 0, "Consumer", nil,
			"the function that BatchSize, BatchWindow, MaximumConcurrency and Filters are about")
		p.want(a.VisibilityTimeout >= 0, "VisibilityTimeout", a.VisibilityTimeout, "1s–12h, or 0 for the default of 30s")
	} else {
		p.want(a.visibility() >= a.leastVisibility(), "VisibilityTimeout", a.VisibilityTimeout, a.whyLeastVisibility())
	}
	p.want(a.visibility() <= maxVisibility && a.visibility()%time.Second == 0, "VisibilityTimeout", a.visibility(), "at most 12h in whole seconds")
	receives := or(a.MaxReceives, defaultMaxReceives)
	p.want(receives >= 1 && receives <= maxMaxReceives, "MaxReceives", a.MaxReceives, "1–1000, or 0 for the default of 5")
	retention := or(a.Retention, defaultRetention)
	p.want(retention >= minRetention && retention <= maxRetention && retention%time.Second == 0, "Retention", retention,
		fmt.Sprintf("1m–%s (13 days) in whole seconds: a message takes its age along to the dead-letter queue, which keeps it 14 days", duration(maxRetention)))
	p.want(retention >= time.Duration(receives)*a.visibility(), "Retention", retention,
		fmt.Sprintf("at least %s (MaxReceives x VisibilityTimeout), or messages expire before they reach the dead-letter queue",
			duration(time.Duration(receives)*a.visibility())))
	p.want(a.Delay >= 0 && a.Delay <= maxDelay && a.Delay%time.Second == 0, "Delay", a.Delay, "0s–15m in whole seconds")
	for i, bus := range a.Buses {
		p.want(bus != nil, fmt.Sprintf("Buses[%d]", i), nil, "an event bus")
	}
	return bodyFilters(p, "body", a.Filters), p.err()
}

func (a *WorkQueueArgs) whyLeastVisibility() string {
	why := fmt.Sprintf("6 x timeout of function %q, %s", a.Consumer.logicalName, duration(a.Consumer.timeout))
	if a.BatchWindow != 0 {
		why += " + BatchWindow, " + duration(a.BatchWindow)
	}
	return fmt.Sprintf(">= %s (%s)", duration(a.leastVisibility()), why)
}
