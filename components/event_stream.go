package components

import (
	"fmt"
	"slices"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kinesis"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// Limits and defaults of streams ("Quotas and limits" in the Kinesis Data Streams developer guide).
const (
	maxShards              = 500 // default quota of the smaller regions
	minStreamRetention     = 24 * time.Hour
	maxStreamRetention     = 8760 * time.Hour
	maxStreamName          = 120 // leaves room for a hyphen and seven random characters in a name of 128
	maxSharedReadConsumers = 5   // GetRecords calls per shard and second
)

// EventStreamArgs describes a Kinesis data stream, encrypted, and by default scaled by AWS on demand.
type EventStreamArgs struct {
	// Shards is how many shards the stream has, each taking 1 MB or 1,000 records per second: 1–500. Default: on demand, which AWS
	// scales and bills by what goes through.
	Shards int
	// Retention is how long a record can be read, also again: 24 h–8,760 h (365 days), whole hours. Default 24 h.
	Retention time.Duration
	// KMSKey is the ARN of a customer-managed key that encrypts the records. Default: the AWS-managed key alias/aws/kinesis, which
	// costs nothing and which everybody in the account may use who may use the stream.
	KMSKey pulumi.StringInput
}

// EventStream is a Kinesis data stream.
type EventStream struct {
	pulumi.ResourceState

	// Name is the physical name of the stream.
	Name pulumi.StringOutput
	// ARN of the stream.
	ARN pulumi.StringOutput

	logicalName string
	key         pulumi.StringInput
	consumers   []string
}

// NewEventStream creates the stream. Consumers are added by [EventStream.OnRecord].
func NewEventStream(ctx *pulumi.Context, name string, args *EventStreamArgs, opts ...pulumi.ResourceOption) (*EventStream, error) {
	if args == nil {
		args = &EventStreamArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	s := &EventStream{logicalName: name, key: args.KMSKey}
	if err := ctx.RegisterComponentResource(token("EventStream"), name, s, opts...); err != nil {
		return nil, wrap("EventStream", name, err)
	}
	resource := &kinesis.StreamArgs{
		RetentionPeriod:   pulumi.Int(int(or(args.Retention, minStreamRetention).Hours())),
		EncryptionType:    pulumi.String("KMS"),
		KmsKeyId:          pulumi.String("alias/aws/kinesis"),
		StreamModeDetails: &kinesis.StreamStreamModeDetailsArgs{StreamMode: pulumi.String("ON_DEMAND")},
	}
	if args.KMSKey != nil {
		resource.KmsKeyId = args.KMSKey.ToStringOutput()
	}
	if args.Shards != 0 {
		resource.StreamModeDetails = &kinesis.StreamStreamModeDetailsArgs{StreamMode: pulumi.String("PROVISIONED")}
		resource.ShardCount = pulumi.Int(args.Shards)
	}
	stream, err := kinesis.NewStream(ctx, name, resource, pulumi.Parent(s))
	if err != nil {
		return nil, wrap("EventStream", name, err)
	}
	s.Name, s.ARN = stream.Name, stream.Arn
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{"name": s.Name, "arn": s.ARN})
}

// GrantPut allows the actions, by default [policies.PutRecords], on the stream, and links its name as <NAME>_STREAM.
func (s *EventStream) GrantPut(actions ...policies.StreamAction) policies.Grant {
	if len(actions) == 0 {
		actions = []policies.StreamAction{policies.PutRecords}
	}
	return policies.Grant{
		Statements: append([]policies.Statement{policies.Allow(actions, s.ARN)},
			useKey(s.key, policies.GenerateDataKey)...),
		Links: []policies.Link{{Variable: variable(s.logicalName, "STREAM"), Value: s.Name, Resource: s.logicalName + " (EventStream)"}},
	}
}

// useKey allows the actions on a customer-managed key, if there is one.
func useKey(key pulumi.StringInput, actions ...policies.KeyAction) []policies.Statement {
	if key == nil {
		return nil
	}
	return []policies.Statement{policies.Allow(actions, key)}
}

// RecordArgs says how a function gets a stream's records.
type RecordArgs struct {
	// Filters are conditions on records whose data is JSON, at most 5, of which one must hold. Others are passed over.
	// Default: every record matters.
	Filters []Fields
	// BatchSize is the most records per invocation: 1–10,000. Default 100.
	BatchSize int
	// BatchWindow is how long a batch may be gathered: 0 s–300 s, whole seconds. Default 0 s.
	BatchWindow time.Duration
	// Parallelisation is how many batches of one shard may be processed at once: 1–10. Records with one partition key stay in
	// order. Default 1.
	Parallelisation int
	// DisableBisect tries a failed batch again as a whole, instead of in halves that leave the bad record alone.
	DisableBisect bool
	// MaxRetries is how often a failed batch is tried again: 1–10,000. Default 10: AWS's own default, for ever, lets one bad record
	// stop all that follow until it expires.
	MaxRetries int
	// DisableRetries gives up on a batch the first time it fails.
	DisableRetries bool
	// MaxRecordAge is the age from which a record is given up: 1 min–7 days, whole seconds. Default: no limit but the stream's
	// retention.
	MaxRecordAge time.Duration
	// StartFrom is where a new consumer begins. Default [StartAtOldest].
	StartFrom StartPosition
	// StartTime begins with the first record after this time, instead of StartFrom.
	StartTime time.Time
	// OnFailure hears which records were given up: a [WorkQueue] or a [FanOutTopic]. It is told their place in the stream and not their
	// content. Default: a queue of its own called <stream>-<name>-dlq.
	OnFailure Destination
	// DisableFailureQueue forgets records that were given up.
	DisableFailureQueue bool
	// Alarms says who hears when records were given up.
	Alarms Alarms
}

// readingRecords is what Lambda needs to poll a stream with shared throughput ("Using Lambda with Kinesis" in the Lambda developer
// guide). The managed policy AWSLambdaKinesisExecutionRole adds ListStreams and SubscribeToShard: the one is for people who choose
// a stream in the console, the other for consumers with their own throughput.
var readingRecords = []string{"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"}

// OnRecord calls the function with the stream's records, in order for each partition key, at least once. The function must
// answer with the records that failed (partial batch response). The mapping is called <stream>-<name>.
func (s *EventStream) OnRecord(ctx *pulumi.Context, name string, function *Function, args *RecordArgs) error {
	if args == nil {
		args = &RecordArgs{}
	}
	consumer := &streamConsumer{
		function: function, batchSize: args.BatchSize, batchWindow: args.BatchWindow, parallelisation: args.Parallelisation,
		disableBisect: args.DisableBisect, maxRetries: args.MaxRetries, disableRetries: args.DisableRetries, maxRecordAge: args.MaxRecordAge,
		startFrom: args.StartFrom, startTime: args.StartTime, onFailure: args.OnFailure, disableFailureTarget: args.DisableFailureQueue,
		alarms: args.Alarms,
	}
	p := check("EventStream.OnRecord", name)
	p.name = s.logicalName + "-" + name
	p.fits(p.name, maxQueueName)
	p.want(!slices.Contains(s.consumers, name), "name", name, "a name that no other consumer of the stream has")
	p.want(len(s.consumers) < maxSharedReadConsumers, "consumers", len(s.consumers)+1,
		fmt.Sprintf("at most %d of one stream, since a shard answers 5 reads per second", maxSharedReadConsumers))
	consumer.validate(p)
	consumer.filters = bodyFilters(p, "data", args.Filters)
	if err := p.err(); err != nil {
		return err
	}
	s.consumers = append(s.consumers, name)
	return wrap("EventStream.OnRecord", p.name, consumer.subscribe(ctx, s, p.name, s.ARN, policies.Grant{
		Statements: append([]policies.Statement{{Actions: readingRecords, Resources: []pulumi.StringInput{s.ARN}}},
			useKey(s.key, policies.Decrypt)...),
	}))
}

func (a *EventStreamArgs) validate(name string) error {
	p := check("EventStream", name)
	p.fits(name, maxStreamName)
	p.want(a.Shards >= 0 && a.Shards <= maxShards, "Shards", a.Shards, "1–500, or 0 for a stream that scales on demand")
	p.want(a.Retention == 0 || a.Retention >= minStreamRetention && a.Retention <= maxStreamRetention && a.Retention%time.Hour == 0,
		"Retention", a.Retention, "24h–8760h in whole hours")
	return p.err()
}
