package components

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Alarms says who hears when something is wrong with a component.
type Alarms struct {
	// Topic is the ARN of the SNS topic that hears when an alarm goes off and when it is over.
	// Default: nobody hears, but the alarm shows in the console.
	Topic pulumi.StringInput
	// Disabled creates no alarms; each costs $0.10 a month (CloudWatch pricing).
	Disabled bool

	created *[]pulumi.StringOutput // ARNs of the alarms, for [Observability]
}

// alarm describes one CloudWatch alarm on a metric of AWS's own. It goes off when the metric is at or above the threshold
// in one period.
type alarm struct {
	// role ends the alarm's logical name: <component>-<role>.
	role string
	// description tells whoever is woken what is wrong and what it means.
	description string
	namespace   string
	metric      string
	// statistic is Sum, Maximum, Average or a percentile such as p99.
	statistic  string
	dimensions map[string]pulumi.StringInput
	threshold  float64
	period     time.Duration
}

// newAlarms creates the alarms of a component as children of parent.
func newAlarms(ctx *pulumi.Context, parent pulumi.Resource, name string, settings Alarms, alarms ...alarm) error {
	if settings.Disabled {
		return nil
	}
	for _, a := range alarms {
		args := &cloudwatch.MetricAlarmArgs{
			AlarmDescription:   pulumi.String(a.description),
			Namespace:          pulumi.String(a.namespace),
			MetricName:         pulumi.String(a.metric),
			Dimensions:         pulumi.StringMap(a.dimensions),
			ComparisonOperator: pulumi.String("GreaterThanOrEqualToThreshold"),
			Threshold:          pulumi.Float64(a.threshold),
			Period:             pulumi.Int(int(or(a.period, time.Minute).Seconds())),
			EvaluationPeriods:  pulumi.Int(1),
			TreatMissingData:   pulumi.String("notBreaching"), // AWS reports nothing while nothing happens
		}
		if settings.Topic != nil {
			args.AlarmActions = pulumi.Array{settings.Topic}
			args.OkActions = args.AlarmActions
		}
		if a.statistic[0] == 'p' {
			args.ExtendedStatistic = pulumi.String(a.statistic)
		} else {
			args.Statistic = pulumi.String(a.statistic)
		}
		resource, err := cloudwatch.NewMetricAlarm(ctx, name+"-"+a.role, args, pulumi.Parent(parent))
		if err != nil {
			return fmt.Errorf("creating the alarm %s-%s: %w", name, a.role, err)
		}
		if settings.created != nil {
			*settings.created = append(*settings.created, resource.Arn)
		}
	}
	return nil
}

// queueNotEmpty is the alarm of a dead-letter queue.
func queueNotEmpty(role, description string, queueName pulumi.StringInput) alarm {
	return alarm{
		role: role, description: description,
		namespace: "AWS/SQS", metric: "ApproximateNumberOfMessagesVisible", statistic: "Maximum",
		dimensions: map[string]pulumi.StringInput{"QueueName": queueName}, threshold: 1,
	}
}
