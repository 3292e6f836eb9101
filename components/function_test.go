package components_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	functionType = "aws:lambda/function:Function"
	policyType   = "aws:iam/rolePolicy:RolePolicy"
)

// allowed is what a function's role may do, its own log aside: resource → actions.
func allowed(tb testing.TB, program *mocks.Program, function string) map[string][]string {
	tb.Helper()
	var document struct {
		Statement []struct {
			Effect           string
			Action, Resource []string
		}
	}
	text := program.Get(tb, policyType, function+"-policy").Inputs["policy"].(string)
	require.NoError(tb, json.Unmarshal([]byte(text), &document))
	actions := map[string][]string{}
	for _, s := range document.Statement {
		require.Equal(tb, "Allow", s.Effect)
		for _, r := range s.Resource {
			if !strings.Contains(r, ":loggroup/") {
				actions[r] = append(actions[r], s.Action...)
			}
		}
	}
	return actions
}

func TestFunction_IsSafeAndObservableByDefault(t *testing.T) {
	builder := newBuilder(t)
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "greet", &components.FunctionArgs{Source: "lambdas/greet", Builder: builder})
		return err
	})
	require.Equal(t, []string{
		"aws:cloudwatch/logGroup:LogGroup greet-logs",
		"aws:cloudwatch/metricAlarm:MetricAlarm greet-duration",
		"aws:cloudwatch/metricAlarm:MetricAlarm greet-errors",
		"aws:cloudwatch/metricAlarm:MetricAlarm greet-throttles",
		"aws:iam/role:Role greet-role",
		"aws:iam/rolePolicy:RolePolicy greet-policy",
		"aws:lambda/function:Function greet",
	}, program.Children("greet"))
	require.Equal(t, []string{"lambdas/greet arm64"}, builder.asked)

	inputs := program.Get(t, functionType, "greet").Inputs
	require.Equal(t, "provided.al2023", inputs["runtime"])
	require.Equal(t, []any{"arm64"}, inputs["architectures"])
	require.EqualValues(t, 256, inputs["memorySize"])
	require.EqualValues(t, 10, inputs["timeout"])
	require.Equal(t, "Active", in(t, inputs, "tracingConfig", "mode"))
	require.Equal(t, "JSON", in(t, inputs, "loggingConfig", "logFormat"))
	require.Equal(t, "/aws/lambda/greet-1234567", in(t, inputs, "loggingConfig", "logGroup"))
	require.IsType(t, &resource.Archive{}, inputs["code"])

	logs := program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "greet-logs").Inputs
	require.EqualValues(t, 30, logs["retentionInDays"])

	role := program.Get(t, "aws:iam/role:Role", "greet-role").Inputs
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}`, role["assumeRolePolicy"].(string))
	require.Equal(t, map[string][]string{"*": {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}}, allowed(t, program, "greet"))
}

func TestFunction_WritesToItsOwnLogOnly(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newFunction(t, ctx, "greet")
		return nil
	})
	policy := program.Get(t, policyType, "greet-policy").Inputs["policy"].(string)
	require.Contains(t, policy, `{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],`+
		`"Resource":["arn:aws:cloudwatch:eu-central-1:123456789012:loggroup//aws/lambda/greet-1234567:*"]}`)
	require.NotContains(t, policy, "logs:CreateLogGroup", "the log group exists, with its retention")
}

func TestFunction_Options(t *testing.T) {
	builder := newBuilder(t)
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "greet", &components.FunctionArgs{
			Source: "lambdas/greet", Builder: builder, Description: "Says hello", Memory: 1024, Timeout: 15 * time.Minute,
			Architecture: components.X8664, LogRetentionDays: 365, DisableTracing: true,
			Environment: pulumi.StringMap{"LOG_LEVEL": pulumi.String("debug")},
		})
		return err
	})
	require.Equal(t, []string{"lambdas/greet amd64"}, builder.asked)
	inputs := program.Get(t, functionType, "greet").Inputs
	require.Equal(t, "Says hello", inputs["description"])
	require.EqualValues(t, 1024, inputs["memorySize"])
	require.EqualValues(t, 900, inputs["timeout"])
	require.Equal(t, []any{"x86_64"}, inputs["architectures"])
	require.Equal(t, "PassThrough", in(t, inputs, "tracingConfig", "mode"))
	require.Equal(t, map[string]any{"LOG_LEVEL": "debug"}, in(t, inputs, "environment", "variables"))
	require.EqualValues(t, 365, program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "greet-logs").Inputs["retentionInDays"])
	require.Empty(t, allowed(t, program, "greet"))
}

func TestFunction_RefusesWrongArguments(t *testing.T) {
	link := policies.Grant{Links: []policies.Link{{Variable: "ORDERS_TABLE", Value: pulumi.String("orders"), Resource: "orders (Table)"}}}
	for name, test := range map[string]struct {
		args *components.FunctionArgs
		want []string
	}{
		"nothing":           {nil, []string{"greet (Function): Source, Archive and Image = 0, want exactly one of them"}},
		"two packages":      {&components.FunctionArgs{Source: "x", Archive: "y.zip"}, []string{"Source, Archive and Image = 2, want exactly one"}},
		"layers":            {&components.FunctionArgs{Source: "x", Layers: make([]pulumi.StringInput, 6)}, []string{"Layers = 6, want at most 5"}},
		"layers of image":   {&components.FunctionArgs{Image: pulumi.String("x"), Layers: make([]pulumi.StringInput, 1)}, []string{"Layers = 1, want none"}},
		"little storage":    {&components.FunctionArgs{Source: "x", TemporaryStorage: 100}, []string{"TemporaryStorage = 100, want 512–10240 MB"}},
		"image, artifacts":  {&components.FunctionArgs{Image: pulumi.String("x"), Artifacts: &components.ObjectStore{}}, []string{"Artifacts = \"a store\", want none"}},
		"ping too often":    {&components.FunctionArgs{Source: "x", KeepWarm: &components.KeepWarm{Every: 30 * time.Second}}, []string{"KeepWarm.Every = 30s, want 1m–15m in whole minutes"}},
		"ping too rarely":   {&components.FunctionArgs{Source: "x", KeepWarm: &components.KeepWarm{Every: time.Hour}}, []string{"KeepWarm.Every = 1h, want 1m–15m"}},
		"warm twice":        {&components.FunctionArgs{Source: "x", KeepWarm: &components.KeepWarm{}, Provisioned: &components.ProvisionedConcurrency{Minimum: 1}}, []string{"KeepWarm = \"set\", want nothing, since Provisioned"}},
		"reserved":          {&components.FunctionArgs{Source: "x", ReservedConcurrency: -1}, []string{"ReservedConcurrency = -1"}},
		"reserved too few":  {&components.FunctionArgs{Source: "x", ReservedConcurrency: 5, Provisioned: &components.ProvisionedConcurrency{Minimum: 1, Maximum: 6}}, []string{"ReservedConcurrency = 5, want at least as many instances as Provisioned"}},
		"provisioned":       {&components.FunctionArgs{Source: "x", Provisioned: &components.ProvisionedConcurrency{Maximum: -1, Utilization: 1}}, []string{"Provisioned.Minimum = 0", "Provisioned.Maximum = -1", "Provisioned.Utilization = 1, want 0.1–0.9"}},
		"async":             {&components.FunctionArgs{Source: "x", Async: &components.Async{MaxAttempts: 4, MaxEventAge: time.Second}}, []string{"Async.MaxAttempts = 4, want 1–3", "Async.MaxEventAge = 1s, want 1m–6h"}},
		"outside":           {&components.FunctionArgs{Source: "../elsewhere"}, []string{`Source = "../elsewhere"`}},
		"too little memory": {&components.FunctionArgs{Source: "x", Memory: 64}, []string{"Memory = 64, want 128–10240 MB"}},
		"too much memory":   {&components.FunctionArgs{Source: "x", Memory: 20_480}, []string{"Memory = 20480"}},
		"too long":          {&components.FunctionArgs{Source: "x", Timeout: time.Hour}, []string{"Timeout = 1h, want 1s–15m"}},
		"not whole seconds": {&components.FunctionArgs{Source: "x", Timeout: 1500 * time.Millisecond}, []string{"Timeout = 1.5s"}},
		"architecture":      {&components.FunctionArgs{Source: "x", Architecture: "mips"}, []string{`Architecture = "mips", want "arm64" or "x86_64"`}},
		"retention":         {&components.FunctionArgs{Source: "x", LogRetentionDays: 2}, []string{"LogRetentionDays = 2, want one of [1 3 5 7 14 30"}},
		"description":       {&components.FunctionArgs{Source: "x", Description: strings.Repeat("x", 257)}, []string{"at most 256 characters"}},
		"reserved variable": {&components.FunctionArgs{Source: "x", Environment: pulumi.StringMap{"AWS_REGION": pulumi.String("x")}}, []string{`Environment = "AWS_REGION", want a name that Lambda does not set itself`}},
		"linked variable":   {&components.FunctionArgs{Source: "x", Grants: []policies.Grant{link}, Environment: pulumi.StringMap{"ORDERS_TABLE": pulumi.String("x")}}, []string{`Environment = "ORDERS_TABLE", want a name that no grant links already`}},
		"all at once":       {&components.FunctionArgs{Memory: 1, Timeout: -time.Second}, []string{"Source, Archive and Image", "Memory", "Timeout"}},
	} {
		t.Run(name, func(t *testing.T) {
			if test.args != nil {
				test.args.Builder = newBuilder(t)
			}
			refused(t, func(ctx *pulumi.Context) error {
				_, err := components.NewFunction(ctx, "greet", test.args)
				return err
			}, test.want...)
		})
	}
}

func TestFunction_RefusesAPackageLargerThanLambdaTakes(t *testing.T) {
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "greet", &components.FunctionArgs{
			Source: "lambdas/greet", Builder: newBuilderOfSize(t, 50*1024*1024+1),
		})
		return err
	}, "greet (Function): package", "want at most 52428800 (Lambda quota")
}

func TestFunction_KeepsWarm(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		for name, every := range map[string]time.Duration{"greet": 0, "leave": time.Minute, "welcome": 15 * time.Minute} {
			_, err := components.NewFunction(ctx, name, &components.FunctionArgs{
				Source: "x", Builder: newBuilder(t), KeepWarm: &components.KeepWarm{Every: every},
			})
			require.NoError(t, err)
		}
		return nil
	})
	schedule := program.Get(t, "aws:scheduler/schedule:Schedule", "greet-warm").Inputs
	require.Equal(t, "rate(5 minutes)", schedule["scheduleExpression"])
	require.Equal(t, "rate(1 minute)", program.Get(t, "aws:scheduler/schedule:Schedule", "leave-warm").Inputs["scheduleExpression"])
	require.Equal(t, "rate(15 minutes)", program.Get(t, "aws:scheduler/schedule:Schedule", "welcome-warm").Inputs["scheduleExpression"])
	require.JSONEq(t, handler.KeepWarmPing, in(t, schedule, "target", "input").(string), "what package handler answers")
	require.EqualValues(t, 0, in(t, schedule, "target", "retryPolicy", "maximumRetryAttempts"), "a late ping is of no use")
	arn := "arn:aws:lambda:eu-central-1:123456789012:function/greet-1234567"
	require.Equal(t, arn, in(t, schedule, "target", "arn"))
	require.Equal(t, map[string][]string{
		arn: {"lambda:InvokeFunction"},
		"arn:aws:sqs:eu-central-1:123456789012:queue/greet-warm-dlq-1234567": {"sqs:SendMessage"},
	}, allowed(t, program, "greet-warm"))
	require.Equal(t, "greet", program.Get(t, "shop:components:ScheduledJob", "greet-warm").Parent)
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, strings.Repeat("x", 46), &components.FunctionArgs{Source: "x", Builder: newBuilder(t), KeepWarm: &components.KeepWarm{}})
		return err
	}, nil)
	require.ErrorContains(t, err, "at most 45 characters to the function's")
}

func TestFunction_DeploysItsCodeFromAStore(t *testing.T) {
	const objectHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // of no bytes
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		store, err := components.NewObjectStore(ctx, "artifacts", nil)
		require.NoError(t, err)
		_, err = components.NewFunction(ctx, "greet", &components.FunctionArgs{
			Source: "lambdas/greet", Builder: newBuilderOfSize(t, 0), Artifacts: store,
		})
		return err
	})
	object := program.Get(t, objectType, "greet-code")
	require.Equal(t, "greet", object.Parent)
	require.True(t, object.RetainOnDelete, "an older deployment may be gone back to")
	require.Equal(t, "artifacts-1234567", object.Inputs["bucket"])
	require.Equal(t, "functions/greet/"+objectHash+".zip", object.Inputs["key"])
	require.Equal(t, "application/zip", object.Inputs["contentType"])
	inputs := program.Get(t, functionType, "greet").Inputs
	require.Equal(t, "artifacts-1234567", inputs["s3Bucket"])
	require.Equal(t, "functions/greet/"+objectHash+".zip", inputs["s3Key"])
	require.Equal(t, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", inputs["sourceCodeHash"])
	require.NotContains(t, inputs, "code")
	require.NotContains(t, program.Get(t, policyType, "greet-policy").Inputs["policy"], "artifacts", "only who deploys reads the code")
}

func TestFunction_KeysItsCodeByContentAndFunction(t *testing.T) {
	keys := map[string]bool{}
	for name, bytes := range map[string]int64{"greet": 1, "leave": 1, "welcome": 2} {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			store, err := components.NewObjectStore(ctx, "artifacts", nil)
			require.NoError(t, err)
			_, err = components.NewFunction(ctx, name, &components.FunctionArgs{Archive: newBuilderOfSize(t, bytes).zip, Artifacts: store})
			return err
		})
		keys[program.Get(t, objectType, name+"-code").Inputs["key"].(string)] = true
	}
	require.Len(t, keys, 3, "functions with the same code do not share an object, or one would go with the other")
}

func TestFunction_TakesALargerPackageFromAStore(t *testing.T) {
	create := func(bytes int64) error {
		_, err := mocks.Run(func(ctx *pulumi.Context) error {
			store, err := components.NewObjectStore(ctx, "artifacts", nil)
			require.NoError(t, err)
			_, err = components.NewFunction(ctx, "greet", &components.FunctionArgs{
				Source: "lambdas/greet", Builder: newBuilderOfSize(t, bytes), Artifacts: store,
			})
			return err
		}, nil)
		return err
	}
	require.NoError(t, create(50*1024*1024+1))
	require.ErrorContains(t, create(250*1024*1024+1), "want at most 262144000 (Lambda quota")
}

func TestFunction_RefusesAnEnvironmentLargerThanLambdaTakes(t *testing.T) {
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "greet", &components.FunctionArgs{
			Source: "lambdas/greet", Builder: newBuilder(t),
			Environment: pulumi.StringMap{"GREETING": pulumi.String(strings.Repeat("x", 4089))},
		})
		return err
	}, nil)
	require.ErrorContains(t, err, "greet (Function): environment variables have 4097 bytes, want at most 4096")
}

type failingBuilder struct{}

func (failingBuilder) Build(context.Context, string, string) (string, error) {
	return "", errors.New("building lambdas/greet: main.go:14:2: undefined: helo")
}

func TestFunction_ReportsWhatTheCompilerSays(t *testing.T) {
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "greet", &components.FunctionArgs{Source: "lambdas/greet", Builder: failingBuilder{}})
		return err
	}, "greet (Function): building lambdas/greet: main.go:14:2: undefined: helo")
}

func TestFunction_HandsOptionsToItsResources(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "greet", &components.FunctionArgs{Source: "lambdas/greet", Builder: newBuilder(t)}, pulumi.Protect(true))
		return err
	})
	for _, r := range program.Resources {
		if slices.Contains([]string{functionType, policyType, "shop:components:Function"}, r.Type) {
			require.True(t, r.Protect, r.Type)
		}
	}
}

func TestFunction_FromAnArchiveOrAnImage(t *testing.T) {
	archive := newBuilder(t).zip
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "zipped", &components.FunctionArgs{
			Archive: archive, TemporaryStorage: 2048, ReservedConcurrency: 10,
			Layers: []pulumi.StringInput{pulumi.String("arn:aws:lambda:eu-central-1:123456789012:layer:tools:1")},
		})
		require.NoError(t, err)
		_, err = components.NewFunction(ctx, "shipped", &components.FunctionArgs{Image: pulumi.String("123456789012.dkr.ecr.eu-central-1.amazonaws.com/shipped:1")})
		return err
	})
	zipped := program.Get(t, functionType, "zipped").Inputs
	require.Equal(t, "provided.al2023", zipped["runtime"])
	require.EqualValues(t, 2048, in(t, zipped, "ephemeralStorage", "size"))
	require.EqualValues(t, 10, zipped["reservedConcurrentExecutions"])
	require.Equal(t, []any{"arn:aws:lambda:eu-central-1:123456789012:layer:tools:1"}, zipped["layers"])
	shipped := program.Get(t, functionType, "shipped").Inputs
	require.Equal(t, "Image", shipped["packageType"])
	require.Equal(t, "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shipped:1", shipped["imageUri"])
	require.NotContains(t, shipped, "runtime")
	require.NotContains(t, shipped, "code")
}

func TestFunction_ReportsAnArchiveThatIsNotThere(t *testing.T) {
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "greet", &components.FunctionArgs{Archive: "lost.zip"})
		return err
	}, "greet (Function): reading the function's package", "lost.zip")
}

const (
	invokeConfigType = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
	queueType        = "aws:sqs/queue:Queue"
	alarmType        = "aws:cloudwatch/metricAlarm:MetricAlarm"
	scalingType      = "aws:appautoscaling/policy:Policy"
)

func TestFunction_KeepsFailedEventsByDefault(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "greet", &components.FunctionArgs{Source: "x", Builder: newBuilder(t), Async: &components.Async{}})
		return err
	})
	config := program.Get(t, invokeConfigType, "greet-async").Inputs
	require.EqualValues(t, 2, config["maximumRetryAttempts"], "three attempts altogether")
	require.EqualValues(t, 21_600, config["maximumEventAgeInSeconds"])
	queueARN := "arn:aws:sqs:eu-central-1:123456789012:queue/greet-dlq-1234567"
	require.Equal(t, map[string]any{"onFailure": map[string]any{"destination": queueARN}}, config["destinationConfig"])
	queue := program.Get(t, queueType, "greet-dlq").Inputs
	require.EqualValues(t, 1_209_600, queue["messageRetentionSeconds"])
	require.Equal(t, true, queue["sqsManagedSseEnabled"])
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": ["`+queueARN+`"]}]}`,
		program.Get(t, policyType, "greet-destinations").Inputs["policy"].(string))
	require.Equal(t, map[string]any{"QueueName": "greet-dlq-1234567"}, program.Get(t, alarmType, "greet-dlq-not-empty").Inputs["dimensions"])
}

func TestFunction_ReportsToOtherDestinations(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "greet", &components.FunctionArgs{Source: "x", Builder: newBuilder(t), Async: &components.Async{
			MaxAttempts: 1, MaxEventAge: time.Minute, OnFailure: newFunction(t, ctx, "complain"), OnSuccess: newFunction(t, ctx, "rejoice"),
		}})
		return err
	})
	config := program.Get(t, invokeConfigType, "greet-async").Inputs
	require.EqualValues(t, 0, config["maximumRetryAttempts"])
	require.EqualValues(t, 60, config["maximumEventAgeInSeconds"])
	require.Contains(t, in(t, config, "destinationConfig", "onFailure", "destination"), "complain")
	require.Contains(t, in(t, config, "destinationConfig", "onSuccess", "destination"), "rejoice")
	require.Empty(t, program.OfType(queueType))
	require.Contains(t, program.Get(t, policyType, "greet-destinations").Inputs["policy"], "lambda:InvokeFunction")
}

func TestFunction_ProvisionedConcurrencyIsReachedThroughItsAlias(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		f, err := components.NewFunction(ctx, "greet", &components.FunctionArgs{
			Source: "x", Builder: newBuilder(t), Async: &components.Async{}, Provisioned: &components.ProvisionedConcurrency{Minimum: 2, Maximum: 10, Utilization: 0.5},
		})
		require.NoError(t, err)
		_, err = components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{
			Routes: components.Routes{{Method: "GET", Path: "/", Function: f, Auth: components.AuthNone}},
		})
		return err
	})
	require.Equal(t, true, program.Get(t, functionType, "greet").Inputs["publish"])
	require.Equal(t, "live", program.Get(t, "aws:lambda/alias:Alias", "greet-live").Inputs["name"])
	provisioned := program.Get(t, "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig", "greet-provisioned")
	require.EqualValues(t, 2, provisioned.Inputs["provisionedConcurrentExecutions"])
	require.Equal(t, []string{"provisionedConcurrentExecutions"}, provisioned.IgnoreChanges, "the scaling policy owns the number")
	target := program.Get(t, "aws:appautoscaling/target:Target", "greet-scaling").Inputs
	require.Equal(t, "function:greet-1234567:live", target["resourceId"])
	require.EqualValues(t, 10, target["maxCapacity"])
	require.InDelta(t, 0.5, in(t, program.Get(t, scalingType, "greet-scaling").Inputs, "targetTrackingScalingPolicyConfiguration", "targetValue"), 0)
	require.Equal(t, "live", program.Get(t, permissionType, "shop-get").Inputs["qualifier"])
	require.Equal(t, "live", program.Get(t, invokeConfigType, "greet-async").Inputs["qualifier"])
}

func TestFunction_ProvisionedConcurrencyThatDoesNotScale(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "greet", &components.FunctionArgs{Source: "x", Builder: newBuilder(t), Provisioned: &components.ProvisionedConcurrency{Minimum: 2}})
		return err
	})
	require.Empty(t, program.OfType(scalingType))
	require.Empty(t, program.Get(t, "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig", "greet-provisioned").IgnoreChanges)
}

func TestFunction_Alarms(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "greet", &components.FunctionArgs{
			Source: "x", Builder: newBuilder(t), Timeout: 20 * time.Second,
			Alarms: components.Alarms{Topic: pulumi.String("arn:aws:sns:eu-central-1:123456789012:alarms")},
		})
		require.NoError(t, err)
		_, err = components.NewFunction(ctx, "quiet", &components.FunctionArgs{
			Source: "x", Builder: newBuilder(t), Async: &components.Async{}, Alarms: components.Alarms{Disabled: true},
		})
		return err
	})
	require.Len(t, program.OfType(alarmType), 3, "none of them for the quiet function")
	for _, a := range program.OfType(alarmType) {
		require.Equal(t, "notBreaching", a.Inputs["treatMissingData"])
		require.Equal(t, []any{"arn:aws:sns:eu-central-1:123456789012:alarms"}, a.Inputs["alarmActions"])
		require.Equal(t, map[string]any{"FunctionName": "greet-1234567"}, a.Inputs["dimensions"])
	}
	duration := program.Get(t, alarmType, "greet-duration").Inputs
	require.EqualValues(t, 16_000, duration["threshold"], "80 % of 20 seconds")
	require.Equal(t, "p99", duration["extendedStatistic"])
}
