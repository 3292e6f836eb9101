//go:build unix

package components_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
)

// create makes one of something. The raw ones panic at an error, to be short.
type create func(ctx *pulumi.Context, name string)

// rival is a component and what one would write without it: the same resources with the same inputs, below a component resource of one's own.
type rival struct {
	component, raw create
	resources      int // in one, the component resource included
}

func rivals(tb testing.TB) map[string]rival {
	tb.Helper()
	builder := newBuilder(tb)
	return map[string]rival{
		"Table": {
			component: func(ctx *pulumi.Context, name string) {
				must(components.NewTable(ctx, name, &components.TableArgs{
					PartitionKey: components.String("id"), Indexes: components.Indexes{{Name: "by-date", PartitionKey: components.String("date")}},
				}))
			},
			raw: rawTable, resources: 2,
		},
		"WorkQueue": {
			component: func(ctx *pulumi.Context, name string) { must(components.NewWorkQueue(ctx, name, nil)) },
			raw:       rawQueue, resources: 7,
		},
		"Function": {
			component: func(ctx *pulumi.Context, name string) {
				must(components.NewFunction(ctx, name, &components.FunctionArgs{
					Source: "lambdas/" + name, Builder: builder, Environment: pulumi.StringMap{"LOG_LEVEL": pulumi.String("info")},
				}))
			},
			raw: rawFunction(builder.zip), resources: 8,
		},
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

type group struct{ pulumi.ResourceState }

// newGroup is the component resource of a raw program.
func newGroup(ctx *pulumi.Context, kind, name string) (*group, pulumi.ResourceOption) {
	g := &group{}
	must(g, ctx.RegisterComponentResource("shop:components:"+kind, name, g))
	return g, pulumi.Parent(g)
}

func rawTable(ctx *pulumi.Context, name string) {
	g, inside := newGroup(ctx, "Table", name)
	table := must(dynamodb.NewTable(ctx, name, &dynamodb.TableArgs{
		BillingMode: pulumi.String("PAY_PER_REQUEST"), HashKey: pulumi.String("id"),
		Attributes: dynamodb.TableAttributeArray{
			&dynamodb.TableAttributeArgs{Name: pulumi.String("date"), Type: pulumi.String("S")},
			&dynamodb.TableAttributeArgs{Name: pulumi.String("id"), Type: pulumi.String("S")},
		},
		GlobalSecondaryIndexes: dynamodb.TableGlobalSecondaryIndexArray{&dynamodb.TableGlobalSecondaryIndexArgs{
			Name: pulumi.String("by-date"), HashKey: pulumi.String("date"), ProjectionType: pulumi.String("ALL"),
		}},
		DeletionProtectionEnabled: pulumi.Bool(true),
		PointInTimeRecovery:       &dynamodb.TablePointInTimeRecoveryArgs{Enabled: pulumi.Bool(true)},
		ServerSideEncryption:      &dynamodb.TableServerSideEncryptionArgs{Enabled: pulumi.Bool(true)},
	}, inside))
	must(g, ctx.RegisterResourceOutputs(g, pulumi.Map{"name": table.Name, "arn": table.Arn}))
}

func rawQueue(ctx *pulumi.Context, name string) {
	g, inside := newGroup(ctx, "WorkQueue", name)
	policy := func(name string, queue *sqs.Queue) {
		must(sqs.NewQueuePolicy(ctx, name, &sqs.QueuePolicyArgs{
			QueueUrl: queue.Url,
			Policy: pulumi.Sprintf(`{"Statement":[{"Action":"sqs:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*",`+
				`"Resource":"%s","Sid":"TLSOnly"}],"Version":"2012-10-17"}`, queue.Arn),
		}, inside))
	}
	failed := must(sqs.NewQueue(ctx, name+"-dlq", &sqs.QueueArgs{
		MessageRetentionSeconds: pulumi.Int(1_209_600), SqsManagedSseEnabled: pulumi.Bool(true),
	}, inside))
	policy(name+"-dlq-policy", failed)
	must(cloudwatch.NewMetricAlarm(ctx, name+"-dlq-not-empty", &cloudwatch.MetricAlarmArgs{
		AlarmDescription: pulumi.String("Messages of queue " + name + " failed for good. They are kept 14 days in the queue " + name + "-dlq."),
		Namespace:        pulumi.String("AWS/SQS"), MetricName: pulumi.String("ApproximateNumberOfMessagesVisible"),
		Dimensions:         pulumi.StringMap{"QueueName": failed.Name},
		ComparisonOperator: pulumi.String("GreaterThanOrEqualToThreshold"), Threshold: pulumi.Float64(1), Statistic: pulumi.String("Maximum"),
		Period: pulumi.Int(60), EvaluationPeriods: pulumi.Int(1), TreatMissingData: pulumi.String("notBreaching"),
	}, inside))
	queue := must(sqs.NewQueue(ctx, name, &sqs.QueueArgs{
		SqsManagedSseEnabled: pulumi.Bool(true), VisibilityTimeoutSeconds: pulumi.Int(30), MessageRetentionSeconds: pulumi.Int(345_600), DelaySeconds: pulumi.Int(0),
		RedrivePolicy: pulumi.Sprintf(`{"deadLetterTargetArn":"%s","maxReceiveCount":5}`, failed.Arn),
	}, inside))
	policy(name+"-policy", queue)
	must(sqs.NewRedriveAllowPolicy(ctx, name+"-dlq-redrive", &sqs.RedriveAllowPolicyArgs{
		QueueUrl: failed.Url, RedriveAllowPolicy: pulumi.Sprintf(`{"redrivePermission":"byQueue","sourceQueueArns":["%s"]}`, queue.Arn),
	}, inside))
	must(g, ctx.RegisterResourceOutputs(g, pulumi.Map{
		"name": queue.Name, "arn": queue.Arn, "url": queue.Url, "deadLetterQueueArn": failed.Arn, "deadLetterQueueUrl": failed.Url,
	}))
}

func rawFunction(zip string) create {
	return func(ctx *pulumi.Context, name string) {
		g, inside := newGroup(ctx, "Function", name)
		logs := must(cloudwatch.NewLogGroup(ctx, name+"-logs", &cloudwatch.LogGroupArgs{
			NamePrefix: pulumi.String("/aws/lambda/" + name + "-"), RetentionInDays: pulumi.Int(30),
		}, inside, pulumi.IgnoreChanges([]string{"namePrefix"})))
		role := must(iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
			Description: pulumi.String("What the function " + name + " may do"),
			AssumeRolePolicy: pulumi.String(`{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"}}],` +
				`"Version":"2012-10-17"}`),
		}, inside))
		policy := must(iam.NewRolePolicy(ctx, name+"-policy", &iam.RolePolicyArgs{
			Role: role.Name,
			Policy: pulumi.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],`+
				`"Resource":["%s:*"]},{"Effect":"Allow","Action":["xray:PutTelemetryRecords","xray:PutTraceSegments"],"Resource":["*"]}]}`, logs.Arn),
		}, inside))
		function := must(lambda.NewFunction(ctx, name, &lambda.FunctionArgs{
			Description: pulumi.String(""), Role: role.Arn, Architectures: pulumi.StringArray{pulumi.String("arm64")},
			MemorySize: pulumi.Int(256), Timeout: pulumi.Int(10), Publish: pulumi.Bool(false),
			Runtime: pulumi.String("provided.al2023"), Handler: pulumi.String("bootstrap"), Code: pulumi.NewFileArchive(zip),
			Environment:   &lambda.FunctionEnvironmentArgs{Variables: pulumi.StringMap{"LOG_LEVEL": pulumi.String("info")}},
			LoggingConfig: &lambda.FunctionLoggingConfigArgs{LogFormat: pulumi.String("JSON"), LogGroup: logs.Name},
			TracingConfig: &lambda.FunctionTracingConfigArgs{Mode: pulumi.String("Active")},
		}, inside, pulumi.DependsOn([]pulumi.Resource{policy})))
		alarm := func(role, description, metric string, threshold float64, args cloudwatch.MetricAlarmArgs) {
			args.AlarmDescription, args.Threshold = pulumi.String("Function "+name+description), pulumi.Float64(threshold)
			args.Namespace, args.MetricName = pulumi.String("AWS/Lambda"), pulumi.String(metric)
			args.Dimensions = pulumi.StringMap{"FunctionName": function.Name}
			args.ComparisonOperator, args.TreatMissingData = pulumi.String("GreaterThanOrEqualToThreshold"), pulumi.String("notBreaching")
			args.Period, args.EvaluationPeriods = pulumi.Int(300), pulumi.Int(1)
			must(cloudwatch.NewMetricAlarm(ctx, name+"-"+role, &args, inside))
		}
		sum := cloudwatch.MetricAlarmArgs{Statistic: pulumi.String("Sum")}
		alarm("errors", " fails. Its log group has the reasons.", "Errors", 1, sum)
		alarm("throttles", " is turned away: its concurrency, or the account's, is used up.", "Throttles", 1, sum)
		alarm("duration", " needs more than 80 % of its time limit.", "Duration", 8000, cloudwatch.MetricAlarmArgs{ExtendedStatistic: pulumi.String("p99")})
		must(g, ctx.RegisterResourceOutputs(g, pulumi.Map{
			"name": function.Name, "arn": function.Arn, "roleArn": role.Arn, "logGroup": logs.Name,
		}))
	}
}

// times runs a program that creates something n times.
func times(n int, create create) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		for i := range n {
			create(ctx, fmt.Sprintf("thing-%d", i))
		}
		return nil
	}
}

// echo is the cheapest engine: it answers with the inputs and an ARN. With any real one the components' share of the time is smaller.
type echo struct{}

func (echo) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	outputs := args.Inputs.Copy()
	outputs["arn"] = resource.NewProperty("arn:aws:service:region:account:kind/" + args.Name)
	return args.Name + "-id", outputs, nil
}

func (echo) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.PropertyMap{}, nil
}

// run registers what a program creates with the cheapest engine.
func run(tb testing.TB, program pulumi.RunFunc) {
	tb.Helper()
	require.NoError(tb, pulumi.RunErr(program, pulumi.WithMocks("shop", "test", echo{})))
}

// cost is what a program takes, without the collection of its garbage, which comes when it likes.
type cost struct {
	cpu   time.Duration // user and system, on all cores: other programs on the machine hardly change it
	bytes uint64        // allocated
}

func costOf(tb testing.TB, program pulumi.RunFunc) cost {
	tb.Helper()
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var before, after runtime.MemStats
	var start, end syscall.Rusage
	runtime.ReadMemStats(&before)
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &start))
	run(tb, program)
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &end))
	runtime.ReadMemStats(&after)
	return cost{time.Duration(end.Utime.Nano() + end.Stime.Nano() - start.Utime.Nano() - start.Stime.Nano()), after.TotalAlloc - before.TotalAlloc}
}

// contest is the least that each of two programs takes in some runs that take turns.
func contest(tb testing.TB, runs int, a, b pulumi.RunFunc) (leastA, leastB cost) {
	tb.Helper()
	least := func(x, y cost) cost { return cost{min(x.cpu, y.cpu), min(x.bytes, y.bytes)} }
	leastA, leastB = costOf(tb, a), costOf(tb, b)
	for range runs - 1 {
		leastA, leastB = least(leastA, costOf(tb, a)), least(leastB, costOf(tb, b))
	}
	return leastA, leastB
}

// TestOverhead_RawProgramsAreTheSame makes the comparison a fair one.
func TestOverhead_RawProgramsAreTheSame(t *testing.T) {
	for name, r := range rivals(t) {
		registered := func(create create) []mocks.Resource {
			all := mocks.MustRun(t, times(2, create)).Resources
			slices.SortFunc(all, func(a, b mocks.Resource) int { return strings.Compare(a.Type+" "+a.Name, b.Type+" "+b.Name) })
			return all
		}
		require.Equal(t, registered(r.raw), registered(r.component), name)
		require.Len(t, registered(r.component), 2*r.resources, name)
	}
}

// TestOverhead_IsAtMostATenthAndLinear holds the requirement on what is the same in every run, the memory, and a generous bound on the
// time, which is not. With -v it prints the figures.
func TestOverhead_IsAtMostATenthAndLinear(t *testing.T) {
	for name, r := range rivals(t) {
		perThing := map[int]cost{}
		for n, runs := range map[int]int{1: 20, 10: 10, 100: 3} {
			component, raw := contest(t, runs, times(n, r.component), times(n, r.raw))
			memory, cpu := float64(component.bytes)/float64(raw.bytes), float64(component.cpu)/float64(raw.cpu)
			t.Logf("%s x %d: memory x %.2f, time x %.2f, %s each", name, n, memory, cpu, component.cpu/time.Duration(n))
			require.LessOrEqual(t, memory, 1.10, "%s x %d: memory against registering the same resources raw", name, n)
			require.LessOrEqual(t, cpu, 1.75, "%s x %d: time against registering the same resources raw", name, n)
			perThing[n] = cost{component.cpu / time.Duration(n), component.bytes / uint64(n)}
		}
		for _, n := range []int{10, 100} {
			require.LessOrEqual(t, float64(perThing[n].bytes), 1.1*float64(perThing[1].bytes), "%s: memory of each of %d, linear", name, n)
			require.LessOrEqual(t, perThing[n].cpu, 3*perThing[1].cpu, "%s: time of each of %d, linear", name, n)
		}
	}
}

func BenchmarkOverhead(b *testing.B) {
	for name, r := range rivals(b) {
		for _, n := range []int{1, 10, 100} {
			b.Run(fmt.Sprintf("%s/%d/component", name, n), func(b *testing.B) {
				for b.Loop() {
					run(b, times(n, r.component))
				}
			})
			b.Run(fmt.Sprintf("%s/%d/raw", name, n), func(b *testing.B) {
				for b.Loop() {
					run(b, times(n, r.raw))
				}
			})
		}
	}
}
