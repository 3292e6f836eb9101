package components

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// Limits and defaults of event source mappings ("CreateEventSourceMapping" in the Lambda API reference).
const (
	maxBatchSize         = 10_000
	unwindowedBatchSize  = 10 // larger batches from queues need a window
	maxBatchWindow       = 300 * time.Second
	maxParallelisation   = 10
	maxRetries           = 10_000
	minRecordAge         = 60 * time.Second
	maxRecordAge         = 7 * 24 * time.Hour
	maxFilters           = 5
	defaultStreamBatch   = 100
	defaultStreamRetries = 10
)

// StartPosition is where a consumer begins to read a stream that it has not read before.
type StartPosition string

const (
	// StartAtOldest begins with the oldest record that the stream still has, so that nothing is missed. The default.
	StartAtOldest StartPosition = "TRIM_HORIZON"
	// StartAtNewest begins with the records that arrive after the consumer was created, which takes up to some minutes.
	StartAtNewest StartPosition = "LATEST"
)

// extend gives the function's role a further policy, called <function>-<name>, as a child of the component that needs it.
// Unless name ends in -policy, these are the permissions with which Lambda reads the function's events; its code has no use for them.
func (f *Function) extend(ctx *pulumi.Context, parent pulumi.Resource, name string, grants ...policies.Grant) (*iam.RolePolicy, error) {
	return iam.NewRolePolicy(ctx, f.logicalName+"-"+name, &iam.RolePolicyArgs{
		Role: f.RoleName, Policy: policies.Document(grants...),
	}, pulumi.Parent(parent))
}

// permit lets an AWS service call the function for one source.
func (f *Function) permit(ctx *pulumi.Context, parent pulumi.Resource, name, service string, source pulumi.StringInput) (*lambda.Permission, error) {
	args := &lambda.PermissionArgs{
		Action:    pulumi.String("lambda:InvokeFunction"),
		Function:  f.Name,
		Principal: pulumi.String(service),
		SourceArn: source.ToStringOutput(),
	}
	if f.alias != nil {
		args.Qualifier = f.alias.Name
	}
	return lambda.NewPermission(ctx, name, args, pulumi.Parent(parent))
}

// streamConsumer is how a function reads a DynamoDB or Kinesis stream.
type streamConsumer struct {
	function             *Function
	batchSize            int
	batchWindow          time.Duration
	parallelisation      int
	disableBisect        bool
	maxRetries           int
	disableRetries       bool
	maxRecordAge         time.Duration
	startFrom            StartPosition
	startTime            time.Time
	onFailure            Destination
	disableFailureTarget bool
	alarms               Alarms
	filters              []string

	failed []DeadLetterQueue // what subscribe has created
}

func (c *streamConsumer) validate(p *problems) {
	p.want(c.function != nil, "function", nil, "the function that reads the stream")
	p.want(c.batchSize >= 0 && c.batchSize <= maxBatchSize, "BatchSize", c.batchSize, "1–10000 records, or 0 for the default of 100")
	p.batchWindow(c.batchWindow)
	p.want(c.parallelisation >= 0 && c.parallelisation <= maxParallelisation, "Parallelisation", c.parallelisation, "1–10, or 0 for the default of 1")
	p.want(c.maxRetries >= 0 && c.maxRetries <= maxRetries, "MaxRetries", c.maxRetries, "1–10000, or 0 for the default of 10")
	p.want(!c.disableRetries || c.maxRetries == 0, "MaxRetries", c.maxRetries, "0, since DisableRetries is set")
	p.want(c.maxRecordAge == 0 || c.maxRecordAge >= minRecordAge && c.maxRecordAge <= maxRecordAge && c.maxRecordAge%time.Second == 0,
		"MaxRecordAge", c.maxRecordAge, "1m–168h in whole seconds, or 0 for as long as the stream keeps a record")
	p.want(c.startFrom == "" || c.startFrom == StartAtOldest || c.startFrom == StartAtNewest, "StartFrom", string(c.startFrom),
		"StartAtOldest or StartAtNewest")
	p.want(c.startTime.IsZero() || c.startFrom == "", "StartFrom", string(c.startFrom), "none, since StartTime is set")
	p.want(!c.disableFailureTarget || c.onFailure == nil, "OnFailure", fmt.Sprintf("%T", c.onFailure), "none, since DisableFailureQueue is set")
	switch c.onFailure.(type) {
	case nil, *WorkQueue, *FanOutTopic:
		p.deliverable("OnFailure", c.onFailure)
	default:
		p.want(false, "OnFailure", fmt.Sprintf("%T", c.onFailure), "a *WorkQueue or a *FanOutTopic: Lambda delivers failures of streams nowhere else")
	}
}

// deliverable checks that Lambda can deliver to a destination.
func (p *problems) deliverable(field string, d Destination) {
	if d == nil {
		return
	}
	if _, permission := d.DeliverTo(); permission.Err() != nil {
		p.want(false, field, fmt.Sprintf("%T", d), fmt.Sprintf("a destination that Lambda can deliver to: %v", permission.Err()))
	}
}

// batchWindow checks how long Lambda may gather a batch.
func (p *problems) batchWindow(window time.Duration) {
	p.want(window >= 0 && window <= maxBatchWindow && window%time.Second == 0, "BatchWindow", window, "0s–5m in whole seconds")
}

// subscribe creates the mapping called name from the stream to the function, the function's permissions to read the stream
// and, unless told otherwise, the queue that hears of records that failed for good.
func (c *streamConsumer) subscribe(ctx *pulumi.Context, parent pulumi.Resource, name string, stream pulumi.StringInput, reading ...policies.Grant) error {
	mapping := &lambda.EventSourceMappingArgs{
		EventSourceArn:                 stream.ToStringOutput(),
		FunctionName:                   c.function.ARN,
		StartingPosition:               pulumi.String(string(or(c.startFrom, StartAtOldest))),
		BatchSize:                      pulumi.Int(or(c.batchSize, defaultStreamBatch)),
		MaximumBatchingWindowInSeconds: pulumi.Int(int(c.batchWindow.Seconds())),
		ParallelizationFactor:          pulumi.Int(or(c.parallelisation, 1)),
		BisectBatchOnFunctionError:     pulumi.Bool(!c.disableBisect),
		MaximumRetryAttempts:           pulumi.Int(or(c.maxRetries, defaultStreamRetries)),
		FunctionResponseTypes:          pulumi.StringArray{pulumi.String("ReportBatchItemFailures")},
		FilterCriteria:                 filterCriteria(c.filters),
	}
	if c.disableRetries {
		mapping.MaximumRetryAttempts = pulumi.Int(0)
	}
	if c.maxRecordAge != 0 {
		mapping.MaximumRecordAgeInSeconds = pulumi.Int(int(c.maxRecordAge.Seconds()))
	}
	if !c.startTime.IsZero() {
		mapping.StartingPosition = pulumi.String("AT_TIMESTAMP")
		mapping.StartingPositionTimestamp = pulumi.String(c.startTime.UTC().Format(time.RFC3339))
	}
	failure := c.onFailure
	if failure == nil && !c.disableFailureTarget {
		queue, err := newDeadLetterQueue(ctx, parent, name, deadLetters{
			what:   fmt.Sprintf("Function %s failed for good on records of %s. The messages say which.", c.function.logicalName, name),
			alarms: c.alarms,
		})
		if err != nil {
			return err
		}
		failure = queue
		described := queue.describe(FromStream, c.function.ARN)
		described.Filters = c.filters
		c.failed = append(c.failed, described)
	}
	if failure != nil {
		arn, permission := failure.DeliverTo()
		reading = append(reading, permission)
		mapping.DestinationConfig = &lambda.EventSourceMappingDestinationConfigArgs{
			OnFailure: &lambda.EventSourceMappingDestinationConfigOnFailureArgs{DestinationArn: arn},
		}
	}
	policy, err := c.function.extend(ctx, parent, name, reading...)
	if err != nil {
		return err
	}
	_, err = lambda.NewEventSourceMapping(ctx, name, mapping,
		pulumi.Parent(parent), pulumi.DependsOn([]pulumi.Resource{policy})) // Lambda checks that the role may read
	return err
}

// filterCriteria are the patterns of which an event must match one, or nil if every event is wanted.
func filterCriteria(patterns []string) lambda.EventSourceMappingFilterCriteriaPtrInput {
	if len(patterns) == 0 {
		return nil
	}
	var filters lambda.EventSourceMappingFilterCriteriaFilterArray
	for _, pattern := range patterns {
		filters = append(filters, &lambda.EventSourceMappingFilterCriteriaFilterArgs{Pattern: pulumi.String(pattern)})
	}
	return &lambda.EventSourceMappingFilterCriteriaArgs{Filters: filters}
}

// bodyFilters render filters on the JSON text below a key of the event: body of a message, data of a record.
func bodyFilters(p *problems, key string, filters []Fields) []string {
	p.want(len(filters) <= maxFilters, "Filters", len(filters), fmt.Sprintf("at most %d (Lambda quota)", maxFilters))
	patterns := make([]string, 0, len(filters))
	for i, filter := range filters {
		patterns = append(patterns, lambdaFilters.pattern(p, fmt.Sprintf("Filters[%d]", i), map[string]Condition{key: filter}))
	}
	return patterns
}
