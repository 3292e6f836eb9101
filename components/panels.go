package components

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// source is a resource that CloudWatch has metrics of.
type source struct {
	group, namespace string
	dimensions       map[string]pulumi.StringInput
}

// of is a source with one dimension.
func of(group, namespace, dimension string, value pulumi.StringInput) source {
	return source{group, namespace, map[string]pulumi.StringInput{dimension: value}}
}

// with is the source with one more dimension.
func (s source) with(dimension string, value pulumi.StringInput) source {
	s.dimensions = maps.Clone(s.dimensions)
	s.dimensions[dimension] = value
	return s
}

func (s source) panel(title string, metrics ...Metric) Panel {
	return Panel{Group: s.group, Title: title, Metrics: metrics}
}

func (s source) metric(label, name, statistic string) Metric {
	return Metric{Label: label, Namespace: s.namespace, Name: name, Dimensions: s.dimensions, Statistic: statistic}
}

// times shows a metric of durations as most people and as the unlucky ones see it.
func (s source) times(title, name, metric string) Panel {
	return s.panel(title, s.metric(name+" p50", metric, "p50"), s.metric(name+" p99", metric, "p99"))
}

// sum shows how much of one thing there was.
func (s source) sum(title, name, metric string) Panel {
	return s.panel(title, s.metric(name, metric, "Sum"))
}

// Panels implements [Observable].
func (f *Function) Panels() []Panel {
	s, name := of("Functions", "AWS/Lambda", "FunctionName", f.Name), f.logicalName
	return []Panel{
		s.sum("invocations", name, "Invocations"),
		s.sum("errors", name, "Errors"),
		s.times("duration (ms)", name, "Duration"),
		s.sum("throttles", name, "Throttles"),
	}
}

// Panels implements [Observable].
func (a *ServerlessApi) Panels() []Panel {
	s, name := source{"APIs", "AWS/ApiGateway", a.metrics.dimensions}, a.logicalName
	return []Panel{
		s.sum("requests", name, "Count"),
		s.times("latency (ms)", name, "Latency"),
		s.sum("client errors", name, a.metrics.clientErrors),
		s.sum("server errors", name, a.metrics.serverErrors),
	}
}

// Panels implements [Observable].
func (a *RealtimeApi) Panels() []Panel {
	s, name := of("WebSocket APIs", "AWS/ApiGateway", "ApiId", a.ID).with("Stage", pulumi.String(a.stage)), a.logicalName
	return append([]Panel{
		s.panel("connections and messages", s.metric(name+" connections", "ConnectCount", "Sum"), s.metric(name+" messages", "MessageCount", "Sum")),
		s.times("latency (ms)", name, "IntegrationLatency"),
		s.sum("client errors", name, "ClientError"),
		s.panel("server errors", s.metric(name+" functions", "IntegrationError", "Sum"), s.metric(name+" gateway", "ExecutionError", "Sum")),
	}, a.Connections.Panels()...)
}

// Panels implements [Observable].
func (a *GraphqlApi) Panels() []Panel {
	s, name := of("GraphQL APIs", "AWS/AppSync", "GraphQLAPIId", a.ID), a.logicalName
	return []Panel{
		s.panel("requests", s.metric(name, "Latency", "SampleCount")),
		s.times("latency (ms)", name, "Latency"),
		s.sum("client errors", name, "4XXError"),
		s.sum("server errors", name, "5XXError"),
	}
}

// Panels implements [Observable]. CloudWatch counts what goes through an index apart from what goes to the table itself.
func (t *Table) Panels() []Panel {
	table := of("Tables", "AWS/DynamoDB", "TableName", t.Name)
	reads, writes, throttled := table.panel("read units"), table.panel("write units"), table.panel("throttled requests")
	add := func(s source, name string) {
		reads.Metrics = append(reads.Metrics, s.metric(name, "ConsumedReadCapacityUnits", "Sum"))
		writes.Metrics = append(writes.Metrics, s.metric(name, "ConsumedWriteCapacityUnits", "Sum"))
		throttled.Metrics = append(throttled.Metrics, s.metric(name+" reads", "ReadThrottleEvents", "Sum"), s.metric(name+" writes", "WriteThrottleEvents", "Sum"))
	}
	add(table, t.logicalName)
	for _, index := range t.indexes {
		add(table.with("GlobalSecondaryIndexName", pulumi.String(index)), t.logicalName+" "+index)
	}
	return []Panel{reads, writes, throttled}
}

// Panels implements [Observable].
func (q *WorkQueue) Panels() []Panel {
	s, name := of("Queues", "AWS/SQS", "QueueName", q.Name), q.logicalName
	failed := of(s.group, s.namespace, "QueueName", q.failed.Name)
	return []Panel{
		s.panel("waiting messages", s.metric(name, "ApproximateNumberOfMessagesVisible", "Maximum")),
		s.panel("age of the oldest (s)", s.metric(name, "ApproximateAgeOfOldestMessage", "Maximum")),
		s.sum("processed", name, "NumberOfMessagesDeleted"),
		failed.panel("dead letters", failed.metric(name, "ApproximateNumberOfMessagesVisible", "Maximum")),
	}
}

// Panels implements [Observable].
func (t *FanOutTopic) Panels() []Panel {
	s, name := of("Topics", "AWS/SNS", "TopicName", t.Name), t.logicalName
	return []Panel{
		s.sum("published", name, "NumberOfMessagesPublished"),
		s.sum("delivered", name, "NumberOfNotificationsDelivered"),
		s.sum("failed", name, "NumberOfNotificationsFailed"),
	}
}

// Panels implements [Observable]. A search finds the bus's rules: each has metrics of its own, and the bus none.
func (b *EventBus) Panels() []Panel {
	panel := func(title, metric string) Panel {
		return Panel{Group: "Event buses", Title: title, Metrics: []Metric{{
			Label: b.logicalName + " ${PROP('Dim.RuleName')}",
			Search: pulumi.Sprintf(`SEARCH('{AWS/Events,EventBusName,RuleName} EventBusName="%s" MetricName="%s"', 'Sum', %d)`,
				b.Name, metric, int(defaultMetricPeriod.Seconds())),
		}}}
	}
	return []Panel{panel("triggered rules", "TriggeredRules"), panel("invocations", "Invocations"), panel("failed invocations", "FailedInvocations")}
}

// Panels implements [Observable].
func (s *EventStream) Panels() []Panel {
	stream, name := of("Streams", "AWS/Kinesis", "StreamName", s.Name), s.logicalName
	return []Panel{
		stream.sum("records in", name, "IncomingRecords"),
		stream.panel("age of the oldest unread (ms)", stream.metric(name, "GetRecords.IteratorAgeMilliseconds", "Maximum")),
		stream.panel("throttles", stream.metric(name+" writes", "WriteProvisionedThroughputExceeded", "Sum"), stream.metric(name+" reads", "ReadProvisionedThroughputExceeded", "Sum")),
	}
}

// Panels implements [Observable].
func (w *Workflow) Panels() []Panel {
	s, name := of("Workflows", "AWS/States", "StateMachineArn", w.ARN), w.logicalName
	return []Panel{
		s.panel("executions", s.metric(name+" started", "ExecutionsStarted", "Sum"), s.metric(name+" succeeded", "ExecutionsSucceeded", "Sum")),
		s.panel("failed", s.metric(name+" failed", "ExecutionsFailed", "Sum"), s.metric(name+" timed out", "ExecutionsTimedOut", "Sum"),
			s.metric(name+" aborted", "ExecutionsAborted", "Sum")),
		s.times("time (ms)", name, "ExecutionTime"),
		s.sum("throttles", name, "ExecutionThrottled"),
	}
}

// Panels implements [Observable].
func (j *ScheduledJob) Panels() []Panel {
	s, name := of("Scheduled jobs", "AWS/Scheduler", "ScheduleGroup", j.GroupName), j.logicalName
	return []Panel{
		s.sum("starts", name, "InvocationAttemptCount"),
		s.sum("failed starts", name, "TargetErrorCount"),
		s.sum("runs given up", name, "InvocationDroppedCount"),
	}
}

// Panels implements [Observable].
func (j *ContainerJob) Panels() []Panel {
	s := of("Container jobs", "ECS/ContainerInsights", "ClusterName", nameIn(j.ClusterARN))
	return []Panel{
		s.panel("running tasks", s.metric(j.logicalName, "TaskCount", "Maximum")),
		s.panel("CPU units", s.metric(j.logicalName, "CpuUtilized", "Maximum")),
		s.panel("memory (MB)", s.metric(j.logicalName, "MemoryUtilized", "Maximum")),
	}
}

// Panels implements [Observable].
func (d *AuroraServerless) Panels() []Panel {
	s, name := of("Databases", "AWS/RDS", "DBClusterIdentifier", nameIn(d.ARN)), d.logicalName
	return []Panel{
		s.panel("capacity (ACU)", s.metric(name, "ServerlessDatabaseCapacity", "Maximum")),
		s.panel("used capacity (%)", s.metric(name, "ACUUtilization", "Maximum")),
		s.panel("connections", s.metric(name, "DatabaseConnections", "Maximum")),
		s.panel("storage (bytes)", s.metric(name, "VolumeBytesUsed", "Maximum")),
	}
}

// Panels implements [Observable]. Only NAT gateways have metrics: without NAT there is no panel.
func (n *Network) Panels() []Panel {
	var panels []Panel
	for i, gateway := range n.gateways {
		s, name := of("NAT gateways", "AWS/NATGateway", "NatGatewayId", gateway), fmt.Sprintf("%s %d", n.logicalName, i+1)
		panels = append(panels, s.sum("bytes out", name, "BytesOutToDestination"), s.sum("failed connections", name, "ErrorPortAllocation"))
	}
	return panels
}

// Panels implements [Observable]. S3 measures buckets once a day.
func (s *ObjectStore) Panels() []Panel {
	bucket := of("Buckets", "AWS/S3", "BucketName", s.Name)
	daily := func(title, metric, storage string) Panel {
		of := bucket.with("StorageType", pulumi.String(storage))
		m := of.metric(s.logicalName, metric, "Average")
		m.Period = 24 * time.Hour
		return of.panel(title, m)
	}
	return []Panel{daily("size (bytes)", "BucketSizeBytes", "StandardStorage"), daily("objects", "NumberOfObjects", "AllStorageTypes")}
}

// Panels implements [Observable]. CloudFront has its metrics in us-east-1, wherever the stack is.
func (s *StaticSite) Panels() []Panel {
	site := of("Sites", "AWS/CloudFront", "DistributionId", s.DistributionID).with("Region", pulumi.String("Global"))
	global := func(title, metric, statistic string) Panel {
		m := site.metric(s.logicalName, metric, statistic)
		m.Region = "us-east-1"
		return site.panel(title, m)
	}
	return []Panel{
		global("requests", "Requests", "Sum"), global("bytes", "BytesDownloaded", "Sum"),
		global("client errors (%)", "4xxErrorRate", "Average"), global("server errors (%)", "5xxErrorRate", "Average"),
	}
}

// Panels implements [Observable].
func (c *CognitoAuth) Panels() []Panel {
	s, name := of("User pools", "AWS/Cognito", "UserPool", c.UserPoolID).with("UserPoolClient", c.ClientID), c.logicalName
	return []Panel{
		s.sum("sign-ins", name, "SignInSuccesses"),
		s.sum("sign-ups", name, "SignUpSuccesses"),
		s.panel("throttles", s.metric(name+" sign-ins", "SignInThrottles", "Sum"), s.metric(name+" sign-ups", "SignUpThrottles", "Sum")),
	}
}

// Panels implements [Observable]. From 5 % of bounces, or 0.1 % of complaints, AWS looks into the account.
func (m *MailSender) Panels() []Panel {
	s, name := of("Mail", "AWS/SES", "ses:configuration-set", nameIn(m.configurationARN)), m.logicalName
	return []Panel{
		s.panel("bounces (share)", s.metric(name, "Reputation.BounceRate", "Average")),
		s.panel("complaints (share)", s.metric(name, "Reputation.ComplaintRate", "Average")),
	}
}

// nameIn is the last part of an ARN.
func nameIn(arn pulumi.StringOutput) pulumi.StringOutput {
	return arn.ApplyT(func(arn string) string {
		return arn[strings.LastIndexAny(arn, ":/")+1:]
	}).(pulumi.StringOutput)
}
