package guardrails

const (
	queue        = "aws:sqs/queue:Queue"
	queueRedrive = "aws:sqs/redrivePolicy:RedrivePolicy"
	topic        = "aws:sns/topic:Topic"
	subscription = "aws:sns/topicSubscription:TopicSubscription"
	stream       = "aws:kinesis/stream:Stream"
	eventBus     = "aws:cloudwatch/eventBus:EventBus"
	eventTarget  = "aws:cloudwatch/eventTarget:EventTarget"
	schedule     = "aws:scheduler/schedule:Schedule"
)

var messagingRules = []Rule{
	{
		ID: "EventBridge.3", Title: "EventBridge custom event buses should have a resource-based policy attached", Source: fsbp, Severity: Low,
		Why:   "The policy says in one place who may put events; without one every identity of the account that is allowed to may.",
		Types: []string{eventBus}, Whole: true, Check: wantDependent([]string{"aws:cloudwatch/eventBusPolicy:EventBusPolicy"}, "EventBusPolicy for the bus", exists),
	},
	{
		ID: "Kinesis.1", Title: "Kinesis streams should be encrypted at rest", Source: fsbp, Severity: Medium,
		Why:   "Records stay in the stream for days.",
		Types: []string{stream}, Check: want([]any{"KMS"}, "encryptionType"),
	},
	{
		ID: "Kinesis.3", Title: "Kinesis streams should have an adequate data retention period", Source: fsbp, Severity: Medium,
		Why:   "A consumer that fails on Friday evening must find the records on Monday: a week is 168 hours.",
		Types: []string{stream}, Check: wantAtLeast(168, "hours", "retentionPeriod"),
	},
	{
		ID: "SNS.1", Title: "SNS topics should be encrypted at-rest using AWS KMS", Source: nist, Severity: Medium,
		Why:   "Messages wait on disk between tries. (No part of FSBP any more.)",
		Types: []string{topic}, Check: wantSet("a KMS key", "kmsMasterKeyId"),
	},
	{
		ID: "SNS.4", Title: "SNS topic access policies should not allow public access", Source: fsbp, Severity: Critical,
		Why:   "Everybody could order in somebody's name, or listen to all orders.",
		Types: []string{topic, "aws:sns/topicPolicy:TopicPolicy"}, Check: wantNotPublic("policy"),
	},
	{
		ID: "SQS.1", Title: "Amazon SQS queues should be encrypted at rest", Source: fsbp, Severity: Medium,
		Why:   "Messages wait on disk, in a dead-letter queue for two weeks.",
		Types: []string{queue},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			// SQS encrypts new queues itself unless told not to.
			key := r.At("kmsMasterKeyId").Set()
			v.Want(key.Or(r.At("sqsManagedSseEnabled").Is(true)).Or(r.At("sqsManagedSseEnabled").Set().Not()), "sqsManagedSseEnabled = false without kmsMasterKeyId, want true")
		},
	},
	{
		ID: "SQS.3", Title: "SQS queue access policies should not allow public access", Source: fsbp, Severity: Critical,
		Why:   "Everybody could send work to the shop, or take it away.",
		Types: []string{queue, "aws:sqs/queuePolicy:QueuePolicy"}, Check: wantNotPublic("policy"),
	},
}
