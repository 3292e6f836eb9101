package guardrails_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/serverless-shop/serverless-shop/policies/guardrails"
)

// engine does what the Pulumi engine does with a program's registrations: transforms first, then creates what is left.
// (The SDK's mocks have no transforms.)
type engine struct {
	pulumirpc.UnimplementedResourceMonitorServer
	pulumirpc.UnimplementedEngineServer

	preview  bool
	deaf     bool // takes no transforms, as engines before them
	changing bool // the program has transforms of its own
	tb       testing.TB

	mu         sync.Mutex
	transforms []*pulumirpc.Callback
	created    []string
	messages   []string
	properties map[string]*structpb.Struct
}

// run runs a program under guardrails in stack dev.
func run(tb testing.TB, preview bool, waivers string, program pulumi.RunFunc) (*engine, error) {
	tb.Helper()
	return runOn(tb, &engine{preview: preview}, waivers, program)
}

// runOn runs a program on an engine with peculiarities.
func runOn(tb testing.TB, e *engine, waivers string, program pulumi.RunFunc) (*engine, error) {
	tb.Helper()
	e.tb, e.properties = tb, map[string]*structpb.Struct{}
	server := grpc.NewServer()
	pulumirpc.RegisterResourceMonitorServer(server, e)
	pulumirpc.RegisterEngineServer(server, e)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	err = guardrails.RunErr(program, func(info *pulumi.RunInfo) {
		info.Project, info.Stack, info.DryRun = "shop", "dev", e.preview
		info.MonitorAddr, info.EngineAddr = listener.Addr().String(), listener.Addr().String()
		info.Config = map[string]string{"aws:defaultTags": `{"tags": {"project": "shop", "stack": "dev"}}`, "shop:waivers": waivers}
	})
	return e, err
}

func (e *engine) SupportsFeature(_ context.Context, in *pulumirpc.SupportsFeatureRequest) (*pulumirpc.SupportsFeatureResponse, error) {
	return &pulumirpc.SupportsFeatureResponse{HasSupport: in.GetId() == "transforms" || in.GetId() == "outputValues"}, nil
}

func (e *engine) RegisterStackTransform(_ context.Context, callback *pulumirpc.Callback) (*emptypb.Empty, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.deaf {
		return nil, status.Error(codes.Unimplemented, "no transforms")
	}
	e.transforms = append(e.transforms, callback)
	return &emptypb.Empty{}, nil
}

func (e *engine) RegisterResource(ctx context.Context, in *pulumirpc.RegisterResourceRequest) (*pulumirpc.RegisterResourceResponse, error) {
	urn := "urn:pulumi:dev::shop::" + in.GetType() + "::" + in.GetName()
	e.mu.Lock()
	transforms := e.transforms
	e.mu.Unlock()
	for _, callback := range transforms {
		if err := e.transform(ctx, callback, in); err != nil {
			return nil, err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.properties[in.GetName()] = in.GetObject()
	e.created = append(e.created, in.GetName())
	if e.preview {
		return &pulumirpc.RegisterResourceResponse{Urn: urn, Object: in.GetObject()}, nil
	}
	object, err := structpb.NewStruct(map[string]any{"arn": "arn:aws:x:eu-central-1:1:" + in.GetName()})
	return &pulumirpc.RegisterResourceResponse{Urn: urn, Id: in.GetName(), Object: object}, err
}

func (e *engine) transform(ctx context.Context, callback *pulumirpc.Callback, in *pulumirpc.RegisterResourceRequest) error {
	request, err := proto.Marshal(&pulumirpc.TransformRequest{
		Type: in.GetType(), Name: in.GetName(), Custom: in.GetCustom(), Parent: in.GetParent(), Properties: in.GetObject(),
		Options: &pulumirpc.TransformResourceOptions{DependsOn: in.GetDependencies()},
	})
	require.NoError(e.tb, err)
	connection, err := grpc.NewClient(callback.GetTarget(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(e.tb, err)
	defer func() { require.NoError(e.tb, connection.Close()) }()
	answer, err := pulumirpc.NewCallbacksClient(connection).Invoke(ctx, &pulumirpc.CallbackInvokeRequest{Token: callback.GetToken(), Request: request})
	if err != nil {
		return err
	}
	var response pulumirpc.TransformResponse
	require.NoError(e.tb, proto.Unmarshal(answer.GetResponse(), &response))
	if e.changing && response.GetProperties() != nil {
		in.Object = response.GetProperties()
		return nil
	}
	require.Nil(e.tb, response.GetProperties(), "the guardrails change nothing")
	require.Nil(e.tb, response.GetOptions(), "the guardrails change nothing")
	return nil
}

func (e *engine) RegisterResourceOutputs(context.Context, *pulumirpc.RegisterResourceOutputsRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (e *engine) SignalAndWaitForShutdown(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (e *engine) Log(_ context.Context, in *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.messages = append(e.messages, in.GetMessage())
	return &emptypb.Empty{}, nil
}

// thing is a resource of any type.
type thing struct {
	pulumi.CustomResourceState

	Arn pulumi.StringOutput `pulumi:"arn"`
}

func register(tb testing.TB, ctx *pulumi.Context, typ, name string, props pulumi.Map, opts ...pulumi.ResourceOption) *thing {
	tb.Helper()
	var made thing
	require.NoError(tb, ctx.RegisterResource(typ, name, props, &made, opts...))
	return &made
}

// safeTable passes all rules.
var safeTable = pulumi.Map{
	"billingMode": pulumi.String("PAY_PER_REQUEST"), "deletionProtectionEnabled": pulumi.Bool(true), "pointInTimeRecovery": pulumi.Map{"enabled": pulumi.Bool(true)},
}

func TestRun_LetsAProgramThrough(t *testing.T) {
	for _, preview := range []bool{true, false} {
		e, err := run(t, preview, "", func(ctx *pulumi.Context) error {
			products := register(t, ctx, table, "products", safeTable)
			register(t, ctx, "aws:cloudwatch/logGroup:LogGroup", "logs", pulumi.Map{
				"retentionInDays": pulumi.Int(30), "tags": pulumi.StringMap{"table": products.Arn}, "list": pulumi.Array{pulumi.String("x"), nil},
				"archive": pulumi.NewStringAsset("x"), "secret": pulumi.ToSecret(pulumi.Map{"a": pulumi.Array{pulumi.String("b")}}),
			})
			return nil
		})
		require.NoError(t, err)
		require.Empty(t, e.messages)
		require.Equal(t, []string{"shop-dev", "products", "logs"}, e.created)
	}
}

func TestRun_PreviewShowsEveryViolationAtOnce(t *testing.T) {
	e, err := run(t, true, "", func(ctx *pulumi.Context) error {
		register(t, ctx, table, "products", nil)
		media := register(t, ctx, bucket, "media", nil)
		register(t, ctx, queue, "orders", nil, pulumi.DependsOn([]pulumi.Resource{media}))
		return nil
	})
	require.ErrorContains(t, err, "the guardrails found problems (9), see above")
	all := joined(e.messages)
	for _, want := range []string{
		"products (aws:dynamodb/table:Table) breaks DynamoDB.1", "breaks DynamoDB.2", "breaks DynamoDB.6",
		"media (aws:s3/bucketV2:BucketV2) breaks S3.5", "breaks S3.8", "breaks S3.9", "breaks S3.13",
		"orders (aws:sqs/queue:Queue) breaks Shop.QueueRedrive: redrivePolicy is not set", `- {rule: S3.9, resource: media, reason: "why it is right here"}`,
	} {
		require.Contains(t, all, want)
	}
}

func TestRun_UpdateRefusesAResourceBeforeItIsCreated(t *testing.T) {
	e, err := run(t, false, "", func(ctx *pulumi.Context) error {
		products := register(t, ctx, table, "products", pulumi.Map{"billingMode": pulumi.String("PAY_PER_REQUEST")})
		register(t, ctx, "aws:cloudwatch/logGroup:LogGroup", "logs", pulumi.Map{"retentionInDays": pulumi.Int(30), "x": products.Arn})
		return nil
	})
	require.ErrorContains(t, err, "products (aws:dynamodb/table:Table) is refused by the guardrails, see above")
	require.Contains(t, joined(e.messages), "products (aws:dynamodb/table:Table) breaks DynamoDB.2: pointInTimeRecovery.enabled = nothing, want true")
	require.Contains(t, joined(e.messages), "breaks DynamoDB.6")
	require.Equal(t, []string{"shop-dev"}, e.created, "neither the table nor what depends on it")
}

func TestRun_UpdateJudgesTheWholeAtTheEnd(t *testing.T) {
	e, err := run(t, false, "", func(ctx *pulumi.Context) error {
		register(t, ctx, queue, "orders", nil)
		return nil
	})
	require.ErrorContains(t, err, "the guardrails found problems (1)")
	require.Contains(t, joined(e.messages), "orders (aws:sqs/queue:Queue) breaks Shop.QueueRedrive")
}

// TestRun_SeesWhatTheProgramsOwnTransformsDo has one that turns a protection off, for all resources.
func TestRun_SeesWhatTheProgramsOwnTransformsDo(t *testing.T) {
	for _, preview := range []bool{true, false} {
		e, err := runOn(t, &engine{preview: preview, changing: true}, "", func(ctx *pulumi.Context) error {
			require.NoError(t, ctx.RegisterResourceTransform(func(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
				args.Props["deletionProtectionEnabled"] = pulumi.Bool(false)
				return &pulumi.ResourceTransformResult{Props: args.Props, Opts: args.Opts}
			}))
			register(t, ctx, table, "products", safeTable)
			return nil
		})
		require.Error(t, err)
		require.Contains(t, joined(e.messages), "products (aws:dynamodb/table:Table) breaks DynamoDB.6: deletionProtectionEnabled = false")
	}
}

// TestRun_CreatesNothingWithoutGuardrails has an engine that cannot put them up.
func TestRun_CreatesNothingWithoutGuardrails(t *testing.T) {
	e, err := runOn(t, &engine{deaf: true}, "", func(ctx *pulumi.Context) error {
		register(t, ctx, table, "products", safeTable)
		return nil
	})
	require.ErrorContains(t, err, "putting up guardrails: rpc error: code = Unimplemented desc = no transforms")
	require.Equal(t, []string{"shop-dev"}, e.created)
}

// TestRun_JudgesWhatIsRegisteredLate has a queue that is registered only when the first one exists, which is after the program's own end.
func TestRun_JudgesWhatIsRegisteredLate(t *testing.T) {
	const waiver = `[{"rule": "Shop.QueueRedrive", "resource": "first", "reason": "A test"}]`
	program := func(redrive pulumi.Map) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			first := register(t, ctx, queue, "first", nil)
			_ = first.Arn.ApplyT(func(string) string {
				time.Sleep(100 * time.Millisecond) // longer than the program takes
				register(t, ctx, queue, "late", redrive)
				return ""
			})
			return nil
		}
	}
	e, err := run(t, false, waiver, program(nil))
	require.Error(t, err)
	said := joined(append(e.messages, err.Error())) // to the engine, if the program took longer after all
	require.Contains(t, said, "late (aws:sqs/queue:Queue) breaks Shop.QueueRedrive")
	require.NotContains(t, said, "first (", "it is waived")
	require.Equal(t, []string{"shop-dev", "first", "late"}, e.created)

	_, err = run(t, false, waiver, program(pulumi.Map{"redrivePolicy": pulumi.String("{}")}))
	require.NoError(t, err)
}

// TestRun_JudgesLaterWhatAPreviewDoesNotKnow has a policy made of an ARN that the deployment will tell.
func TestRun_JudgesLaterWhatAPreviewDoesNotKnow(t *testing.T) {
	program := func(ctx *pulumi.Context) error {
		products := register(t, ctx, table, "products", safeTable)
		policy := pulumi.Sprintf(`{"Statement": {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "%s"}}`, products.Arn)
		register(t, ctx, rolePolicy, "policy", pulumi.Map{"policy": policy})
		return nil
	}
	_, err := run(t, true, "", program)
	require.NoError(t, err)
	e, err := run(t, false, "", program)
	require.ErrorContains(t, err, "policy (aws:iam/rolePolicy:RolePolicy) is refused by the guardrails")
	require.Contains(t, joined(e.messages), "breaks Shop.WildcardAction: the policy allows dynamodb:*")
	require.Equal(t, []string{"shop-dev", "products"}, e.created)
}

func TestRun_SeesReferencesBetweenResources(t *testing.T) {
	for _, preview := range []bool{true, false} {
		_, err := run(t, preview, "", func(ctx *pulumi.Context) error {
			failed := register(t, ctx, queue, "orders-dlq", nil)
			register(t, ctx, queue, "orders", pulumi.Map{"redrivePolicy": pulumi.Sprintf(`{"deadLetterTargetArn": "%s"}`, failed.Arn)})
			return nil
		})
		require.NoError(t, err, "the first queue takes the failures of the second")
	}
}

func TestRun_Waivers(t *testing.T) {
	program := func(ctx *pulumi.Context) error {
		register(t, ctx, queue, "orders", nil)
		return nil
	}
	_, err := run(t, true, `[{"rule": "Shop.QueueRedrive", "resource": "ord*", "reason": "A test"}]`, program)
	require.NoError(t, err)
	e, err := run(t, true, `[{"rule": "Shop.QueueRedrive", "resource": "*", "reason": "A test"}, {"rule": "SQS.1", "resource": "*", "reason": "A test"}]`, program)
	require.Error(t, err)
	require.Contains(t, joined(e.messages), "waiver of SQS.1 for * is not needed")
	e, err = run(t, true, `[{"rule": "Shop.QueueRedrive", "resource": "*"}]`, program)
	require.ErrorContains(t, err, `config shop:waivers[0].reason = "": want why breaking the rule is right here`)
	require.Equal(t, []string{"shop-dev"}, e.created, "nothing is registered under waivers that cannot be read")
}

func TestRun_SecretsInTheEnvironment(t *testing.T) {
	e, err := run(t, true, "", func(ctx *pulumi.Context) error {
		register(t, ctx, function, "pay", pulumi.Map{
			"runtime": pulumi.String("provided.al2023"), "tracingConfig": pulumi.Map{"mode": pulumi.String("Active")},
			"loggingConfig": pulumi.Map{"logGroup": pulumi.String("g")},
			"environment":   pulumi.Map{"variables": pulumi.Map{"PROVIDER": pulumi.ToSecret(pulumi.String("hunter2"))}},
		})
		return nil
	})
	require.Error(t, err)
	require.Contains(t, joined(e.messages), "PROVIDER looks like a secret (the program marks it as one)")
	require.NotContains(t, joined(e.messages), "hunter2")
}

func TestRun_LeavesTheProgramsOwnErrorsAlone(t *testing.T) {
	_, err := run(t, true, "", func(*pulumi.Context) error { return context.DeadlineExceeded })
	require.ErrorContains(t, err, context.DeadlineExceeded.Error())
	e, err := run(t, true, "", func(ctx *pulumi.Context) error {
		broken := pulumi.String("").ToStringOutput().ApplyT(func(string) (string, error) { return "", context.DeadlineExceeded })
		register(t, ctx, queue, "orders", pulumi.Map{"name": broken})
		return nil
	})
	require.ErrorContains(t, err, context.DeadlineExceeded.Error())
	require.Empty(t, e.messages, "what could not be registered is not judged")
}
