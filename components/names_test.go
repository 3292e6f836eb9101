package components_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

// nameLimits are the longest physical names that AWS takes, where they are shorter than 255 characters.
var nameLimits = map[string]int{
	"aws:cloudfront/function:Function":          64,
	"aws:cloudwatch/eventArchive:EventArchive":  48,
	"aws:cloudwatch/eventRule:EventRule":        64,
	"aws:budgets/budget:Budget":                 100,
	"aws:iam/role:Role":                         64,
	"aws:iam/rolePolicy:RolePolicy":             128,
	"aws:kinesis/stream:Stream":                 128,
	"aws:lambda/function:Function":              64,
	"aws:rds/clusterInstance:ClusterInstance":   63,
	"aws:rds/proxy:Proxy":                       63,
	"aws:s3/bucketV2:BucketV2":                  63,
	"aws:scheduler/schedule:Schedule":           64,
	"aws:scheduler/scheduleGroup:ScheduleGroup": 64,
	"aws:sqs/queue:Queue":                       80,
	"aws:dynamodb/table:Table":                  255,
	"aws:sns/topic:Topic":                       256,
	"aws:cloudwatch/eventBus:EventBus":          256,
	"aws:cloudwatch/metricAlarm:MetricAlarm":    255,
	"aws:ec2/securityGroup:SecurityGroup":       255,
	"aws:rds/subnetGroup:SubnetGroup":           255,
	"aws:appautoscaling/policy:Policy":          255,
}

// requireNamesFit wants room for the hyphen and the seven characters that Pulumi adds to a logical name, and for the .fifo of what is FIFO.
func requireNamesFit(t *testing.T, program *mocks.Program) {
	t.Helper()
	for _, r := range program.Resources {
		limit, limited := nameLimits[r.Type]
		if !limited {
			continue
		}
		length := len(r.Name) + len("-1234567")
		if r.Inputs["fifoQueue"] == true || r.Inputs["fifoTopic"] == true {
			length += len(".fifo")
		}
		require.LessOrEqual(t, length, limit, "%s %s", r.Type, r.Name)
	}
}

// TestComponents_TakeNamesThatFitIntoTheNamesOfAWS makes each component with the longest name that it accepts, and with one longer.
func TestComponents_TakeNamesThatFitIntoTheNamesOfAWS(t *testing.T) {
	type create = func(ctx *pulumi.Context, name string) error
	f := func(ctx *pulumi.Context) *components.Function { return newFunction(t, ctx, "f") }
	bus := func(ctx *pulumi.Context) *components.EventBus {
		b, err := components.NewEventBus(ctx, "b", nil)
		require.NoError(t, err)
		return b
	}
	topic := func(ctx *pulumi.Context) *components.FanOutTopic { return newTopic(t, ctx, "t", nil) }
	pattern := components.EventPattern{Source: components.Exact("shop.orders")}
	for name, test := range map[string]struct {
		longest int
		create  create
	}{
		"Function": {51, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewFunction(ctx, name, &components.FunctionArgs{Source: "x", Builder: newBuilder(t)})
			return err
		}},
		"Function kept warm": {45, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewFunction(ctx, name, &components.FunctionArgs{Source: "x", Builder: newBuilder(t), KeepWarm: &components.KeepWarm{}})
			return err
		}},
		"Table": {247, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewTable(ctx, name, &components.TableArgs{PartitionKey: components.String("id")})
			return err
		}},
		"Table.OnChange": {66, func(ctx *pulumi.Context, name string) error {
			table, err := components.NewTable(ctx, "t", &components.TableArgs{PartitionKey: components.String("id"), Stream: components.KeysOnly})
			require.NoError(t, err)
			return table.OnChange(ctx, name, f(ctx), nil)
		}},
		"EventStream": {120, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewEventStream(ctx, name, nil)
			return err
		}},
		"EventStream.OnRecord": {66, func(ctx *pulumi.Context, name string) error {
			stream, err := components.NewEventStream(ctx, "s", nil)
			require.NoError(t, err)
			return stream.OnRecord(ctx, name, f(ctx), nil)
		}},
		"ObjectStore": {55, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewObjectStore(ctx, name, nil)
			return err
		}},
		"WorkQueue": {68, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewWorkQueue(ctx, name, &components.WorkQueueArgs{Consumer: f(ctx)})
			return err
		}},
		"FIFO WorkQueue": {63, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewWorkQueue(ctx, name, &components.WorkQueueArgs{Consumer: f(ctx), FIFO: true})
			return err
		}},
		"FIFO FanOutTopic": {243, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewFanOutTopic(ctx, name, &components.FanOutTopicArgs{FIFO: true})
			return err
		}},
		"FanOutTopic.SubscribeQueue": {66, func(ctx *pulumi.Context, name string) error {
			_, err := topic(ctx).SubscribeQueue(ctx, name, f(ctx), nil)
			return err
		}},
		"FanOutTopic.SubscribeFunction": {66, func(ctx *pulumi.Context, name string) error {
			return topic(ctx).SubscribeFunction(ctx, name, f(ctx), nil)
		}},
		"FanOutTopic.SubscribeHTTPS": {66, func(ctx *pulumi.Context, name string) error {
			return topic(ctx).SubscribeHTTPS(ctx, name, pulumi.String("https://example.com"), nil)
		}},
		"EventBus": {32, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewEventBus(ctx, name, nil)
			return err
		}},
		"EventBus without archive": {248, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewEventBus(ctx, name, &components.EventBusArgs{DisableArchive: true})
			return err
		}},
		"EventBus.Rule": {54, func(ctx *pulumi.Context, name string) error {
			return bus(ctx).Rule(ctx, name, &components.RuleArgs{Pattern: pattern, Targets: []components.Target{{Function: f(ctx)}}})
		}},
		"EventBus.Rule with a role": {49, func(ctx *pulumi.Context, name string) error {
			return bus(ctx).Rule(ctx, name, &components.RuleArgs{Pattern: pattern, Targets: []components.Target{{Topic: topic(ctx)}}})
		}},
		"ScheduledJob": {50, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewScheduledJob(ctx, name, &components.ScheduledJobArgs{Expression: "rate(1 hour)", Target: f(ctx)})
			return err
		}},
		"Workflow": {51, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewWorkflow(ctx, name, &components.WorkflowArgs{DefinitionFile: inFile(t, `{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}`)})
			return err
		}},
		"Network": {46, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewNetwork(ctx, name, nil)
			return err
		}},
		"AuroraServerless": {36, func(ctx *pulumi.Context, name string) error {
			network, err := components.NewNetwork(ctx, "n", nil)
			require.NoError(t, err)
			_, err = components.NewAuroraServerless(ctx, name, &components.AuroraServerlessArgs{Network: network, MinCapacity: 1, Proxy: true, Readers: 15})
			return err
		}},
		"ContainerJob": {40, func(ctx *pulumi.Context, name string) error {
			network, err := components.NewNetwork(ctx, "n", nil)
			require.NoError(t, err)
			_, err = components.NewContainerJob(ctx, name, &components.ContainerJobArgs{Network: network, Image: pulumi.String("example.com/job")})
			return err
		}},
		"Observability": {92, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewObservability(ctx, name, &components.ObservabilityArgs{Budget: &components.Budget{MonthlyUSD: 10}})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			requireNamesFit(t, mocks.MustRun(t, func(ctx *pulumi.Context) error { return test.create(ctx, strings.Repeat("x", test.longest)) }))
			_, err := mocks.Run(func(ctx *pulumi.Context) error { return test.create(ctx, strings.Repeat("x", test.longest+1)) }, nil)
			require.ErrorContains(t, err, "characters")
			require.ErrorContains(t, err, fmt.Sprintf("%q", strings.Repeat("x", test.longest+1))[1:], "the name is shown")
		})
	}
}

// Roles and CloudFront functions have names of at most 64 characters, of which a hyphen and seven random ones are Pulumi's.
func TestComponents_LeaveRoomForPhysicalNames(t *testing.T) {
	inProgram(t, "schema.graphql", "type Query { version: String }")
	for component, test := range map[string]struct {
		longest int
		create  func(ctx *pulumi.Context, name string) error
		want    string
	}{
		"StaticSite": {43, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewStaticSite(ctx, name, &components.StaticSiteArgs{Content: newContent(t)})
			return err
		}, "at most 43 characters, since the name of its CloudFront function has 64"},
		"IdentityPool": {45, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewIdentityPool(ctx, name, &components.IdentityPoolArgs{
				Auth: newAuth(t, ctx), Grants: []policies.Grant{newStore(t, ctx, "media").GrantOwnPrefix("uploads/", policies.GetObject)},
			})
			return err
		}, "at most 45 characters, since the name of its guests' role has 64"},
		"GraphqlApi": {44, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewGraphqlApi(ctx, name, &components.GraphqlApiArgs{
				SchemaFile: "schema.graphql", Auth: newAuth(t, ctx), Resolvers: []components.Resolver{{Field: "Query.version", Function: newFunction(t, ctx, "answer")}},
			})
			return err
		}, `Resolvers[0] = "answer", want a shorter name, or a shorter one of the API: `},
		"REST API with the account's log role": {43, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewServerlessApi(ctx, name, restArgs(t, ctx, components.ServerlessApiArgs{
				Routes: components.Routes{open("GET", "/")}, ConfigureAccountLogs: true,
			}))
			return err
		}, "at most 43 characters, since the name of its log role has 64"},
		"RealtimeApi with the account's log role": {43, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewRealtimeApi(ctx, name, &components.RealtimeApiArgs{ConfigureAccountLogs: true})
			return err
		}, "at most 43 characters, since the name of its log role has 64"},
	} {
		t.Run(component, func(t *testing.T) {
			program := mocks.MustRun(t, func(ctx *pulumi.Context) error { return test.create(ctx, strings.Repeat("x", test.longest)) })
			for _, typ := range []string{"aws:iam/role:Role", functionType, "aws:cloudfront/function:Function"} {
				for _, r := range program.OfType(typ) {
					require.LessOrEqual(t, len(r.Name), 64-len("-1234567"), r.Type)
				}
			}
			_, err := mocks.Run(func(ctx *pulumi.Context) error { return test.create(ctx, strings.Repeat("x", test.longest+1)) }, nil)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestGraphqlApi_HasNoNameLongerThanThatOfItsLogRole(t *testing.T) {
	inProgram(t, "schema.graphql", "type Query { version: String }")
	create := func(length int) error {
		_, err := mocks.Run(func(ctx *pulumi.Context) error {
			_, err := components.NewGraphqlApi(ctx, strings.Repeat("x", length), &components.GraphqlApiArgs{
				SchemaFile: "schema.graphql", Auth: newAuth(t, ctx), Resolvers: []components.Resolver{{Field: "Query.version", Local: true}},
			})
			return err
		}, nil)
		return err
	}
	require.NoError(t, create(47))
	require.ErrorContains(t, create(48), "at most 47 characters, since the name of its log role has 64")
}

// A component with another name and an alias for the old keeps its resources, so its logs too.
func TestComponents_KeepTheirLogsWhenTheyAreRenamed(t *testing.T) {
	passes := inFile(t, `{"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": true}}}`)
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		answer, network := newFunction(t, ctx, "answer"), newNetwork(t, ctx, nil)
		for name, flavor := range map[string]components.APIFlavor{"shop": components.FlavorHTTP, "partners": components.FlavorREST} {
			_, err := components.NewServerlessApi(ctx, name, &components.ServerlessApiArgs{
				Flavor: flavor, Routes: components.Routes{{Method: "GET", Path: "/", Function: answer, Auth: components.AuthNone}},
			})
			require.NoError(t, err)
		}
		_, err := components.NewRealtimeApi(ctx, "live", nil)
		require.NoError(t, err)
		_, err = components.NewWorkflow(ctx, "flow", &components.WorkflowArgs{DefinitionFile: passes})
		require.NoError(t, err)
		_, err = components.NewContainerJob(ctx, "job", &components.ContainerJobArgs{Network: network, Image: pulumi.String("example.com/job")})
		return err
	})
	groups := slices.DeleteFunc(program.OfType("aws:cloudwatch/logGroup:LogGroup"), func(r mocks.Resource) bool { return r.Inputs["name"] != nil })
	require.Len(t, groups, 7)
	for _, group := range groups {
		require.Equal(t, []string{"namePrefix"}, group.IgnoreChanges, group.Name)
	}
}
