package components

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components/gobuild"
	"github.com/serverless-shop/serverless-shop/policies"
)

// Architecture is the instruction set that a function is compiled for and runs on.
type Architecture string

const (
	// ARM64 is Graviton: about 20 % cheaper per GB-second than x86-64 (AWS Lambda pricing). The default.
	ARM64 Architecture = "arm64"
	// X8664 is for code that needs it, and for emulators on machines that are x86-64.
	X8664 Architecture = "x86_64"
)

// GoArch is the architecture by its Go name: arm64 or amd64.
func (a Architecture) GoArch() string {
	if a == X8664 {
		return "amd64"
	}
	return "arm64"
}

// Limits of AWS Lambda ("Lambda quotas" in the developer guide).
const (
	minMemory           = 128
	maxMemory           = 10_240
	maxTimeout          = 900 * time.Second
	maxEnvironmentBytes = 4 * 1024
	maxZipBytes         = 50 * 1024 * 1024
	maxDescription      = 256
)

// Defaults of a Function.
const (
	defaultMemory  = 256
	defaultTimeout = 10 * time.Second
)

// reservedVariables are set by Lambda itself and refused by it in a function's configuration.
var reservedVariables = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
	"AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}

// Builder turns a function's source folder into the zip that Lambda runs. The zip must depend on the source alone, or
// every preview shows a diff. [gobuild.Builder] is the default.
type Builder interface {
	// Build returns the path of the zip, relative to the Pulumi program's folder. arch is Go's name: arm64 or amd64.
	Build(ctx context.Context, source, arch string) (zip string, err error)
}

// defaultBuilder is shared by all functions of a program, so that each folder is compiled once.
var defaultBuilder Builder = &gobuild.Builder{}

// FunctionArgs describes a Lambda function written in Go.
type FunctionArgs struct {
	// Source is the folder of the function's package main, relative to the Pulumi program, such as lambdas/list-products.
	// Required. The component compiles it.
	Source string
	// Description says what the function is for: at most 256 characters.
	Description string
	// Grants are all that the function may do, and how it finds what it may do it with. Default: nothing beyond
	// writing its own log and traces.
	Grants []policies.Grant
	// Environment adds variables to those that the grants link. All names and values together: at most 4 KB.
	// Never put a secret here.
	Environment pulumi.StringMap
	// Memory in MB: 128–10,240; CPU grows with it. Default 256.
	Memory int
	// Timeout of one invocation: 1 s–900 s, whole seconds. Default 10 s. Behind an API at most 29 s.
	Timeout time.Duration
	// Architecture is what the function runs on. Default [ARM64].
	Architecture Architecture
	// LogRetentionDays is one of the values that CloudWatch Logs accepts: 1, 3, 5, 7, 14, 30, 60, 90, … 3653.
	// Default 30.
	LogRetentionDays int
	// DisableTracing switches X-Ray's active tracing off.
	DisableTracing bool
	// Builder compiles Source. Default: the Go toolchain that go.mod names.
	Builder Builder
}

// Function is a Lambda function with its own role, which may do exactly what was granted, and its own log group.
type Function struct {
	pulumi.ResourceState

	// Name is the physical name of the function.
	Name pulumi.StringOutput
	// ARN of the function, without a version.
	ARN pulumi.StringOutput
	// InvokeARN is how API Gateway addresses the function.
	InvokeARN pulumi.StringOutput
	// RoleARN is the execution role.
	RoleARN pulumi.StringOutput
	// LogGroup is the name of the log group that the function writes to.
	LogGroup pulumi.StringOutput

	logicalName string
	timeout     time.Duration
}

// NewFunction compiles args.Source and creates the function, its role and its log group.
func NewFunction(ctx *pulumi.Context, name string, args *FunctionArgs, opts ...pulumi.ResourceOption) (*Function, error) {
	if args == nil {
		args = &FunctionArgs{}
	}
	environment, err := args.validate(name)
	if err != nil {
		return nil, err
	}
	archive, err := args.build(ctx.Context())
	if err != nil {
		return nil, wrap("Function", name, err)
	}
	f := &Function{logicalName: name, timeout: or(args.Timeout, defaultTimeout)}
	if err := ctx.RegisterComponentResource(token("Function"), name, f, opts...); err != nil {
		return nil, wrap("Function", name, err)
	}
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-logs", &cloudwatch.LogGroupArgs{
		NamePrefix:      pulumi.String("/aws/lambda/" + name + "-"),
		RetentionInDays: pulumi.Int(or(args.LogRetentionDays, defaultLogRetentionDays)),
	}, pulumi.Parent(f))
	if err != nil {
		return nil, wrap("Function", name, err)
	}
	role, policy, err := f.newRole(ctx, logs, args)
	if err != nil {
		return nil, wrap("Function", name, err)
	}
	function, err := lambda.NewFunction(ctx, name, &lambda.FunctionArgs{
		Description:   pulumi.String(args.Description),
		Role:          role.Arn,
		Runtime:       pulumi.String("provided.al2023"),
		Handler:       pulumi.String("bootstrap"),
		Architectures: pulumi.StringArray{pulumi.String(string(or(args.Architecture, ARM64)))},
		Code:          pulumi.NewFileArchive(archive),
		MemorySize:    pulumi.Int(or(args.Memory, defaultMemory)),
		Timeout:       pulumi.Int(int(f.timeout.Seconds())),
		Environment:   &lambda.FunctionEnvironmentArgs{Variables: f.sized(environment)},
		LoggingConfig: &lambda.FunctionLoggingConfigArgs{LogFormat: pulumi.String("JSON"), LogGroup: logs.Name},
		TracingConfig: &lambda.FunctionTracingConfigArgs{Mode: pulumi.String(args.tracing())},
	}, pulumi.Parent(f), pulumi.DependsOn([]pulumi.Resource{policy}))
	if err != nil {
		return nil, wrap("Function", name, err)
	}
	f.Name, f.ARN, f.InvokeARN = function.Name, function.Arn, function.InvokeArn
	f.RoleARN, f.LogGroup = role.Arn, logs.Name
	return f, ctx.RegisterResourceOutputs(f, pulumi.Map{
		"name": f.Name, "arn": f.ARN, "roleArn": f.RoleARN, "logGroup": f.LogGroup,
	})
}

// newRole creates the execution role and its only policy: the function's grants, its own log streams and its traces.
func (f *Function) newRole(ctx *pulumi.Context, logs *cloudwatch.LogGroup, args *FunctionArgs) (*iam.Role, *iam.RolePolicy, error) {
	role, err := iam.NewRole(ctx, f.logicalName+"-role", &iam.RoleArgs{
		Description:      pulumi.String("What the function " + f.logicalName + " may do"),
		AssumeRolePolicy: pulumi.String(assumeRolePolicy("lambda.amazonaws.com")),
	}, pulumi.Parent(f))
	if err != nil {
		return nil, nil, err
	}
	grants := append(slices.Clone(args.Grants), policies.Grant{Statements: []policies.Statement{{
		Actions:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		Resources: []pulumi.StringInput{pulumi.Sprintf("%s:*", logs.Arn)},
	}}})
	if !args.DisableTracing {
		grants = append(grants, policies.Tracing())
	}
	policy, err := iam.NewRolePolicy(ctx, f.logicalName+"-policy", &iam.RolePolicyArgs{
		Role:   role.Name,
		Policy: policies.Document(grants...),
	}, pulumi.Parent(f))
	return role, policy, err
}

// assumeRolePolicy is the trust policy that lets one AWS service, and nobody else, take on a role.
func assumeRolePolicy(service string) string {
	text, err := json.Marshal(map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{map[string]any{
			"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": service},
		}},
	})
	if err != nil {
		panic(err) // maps of strings always marshal
	}
	return string(text)
}

func (a *FunctionArgs) tracing() string {
	if a.DisableTracing {
		return "PassThrough"
	}
	return "Active"
}

// build compiles the source and checks the result against Lambda's limit for a direct upload.
func (a *FunctionArgs) build(ctx context.Context) (string, error) {
	builder := a.Builder
	if builder == nil {
		builder = defaultBuilder
	}
	archive, err := builder.Build(ctx, a.Source, or(a.Architecture, ARM64).GoArch())
	if err != nil {
		return "", err
	}
	info, err := os.Stat(archive)
	if err != nil {
		return "", fmt.Errorf("reading the package built from %s: %w", a.Source, err)
	}
	if info.Size() > maxZipBytes {
		return "", fmt.Errorf("package %s is %d bytes, want at most %d (Lambda quota for a zip)", archive, info.Size(), maxZipBytes)
	}
	return archive, nil
}

// sized fails the deployment when the environment is larger than Lambda accepts.
func (f *Function) sized(environment pulumi.StringMap) pulumi.StringMapOutput {
	return environment.ToStringMapOutput().ApplyT(func(values map[string]string) (map[string]string, error) {
		size := 0
		for k, v := range values {
			size += len(k) + len(v)
		}
		if size > maxEnvironmentBytes {
			return nil, fmt.Errorf("%s (Function): environment variables have %d bytes, want at most %d (Lambda quota)",
				f.logicalName, size, maxEnvironmentBytes)
		}
		return values, nil
	}).(pulumi.StringMapOutput)
}

// validate checks the arguments and returns the whole environment.
func (a *FunctionArgs) validate(name string) (pulumi.StringMap, error) {
	p := check("Function", name)
	p.want(a.Source != "" && filepath.IsLocal(a.Source), "Source", a.Source, "a folder inside the program, such as lambdas/"+name)
	p.want(len(a.Description) <= maxDescription, "Description", a.Description, "at most 256 characters")
	p.want(a.Memory == 0 || a.Memory >= minMemory && a.Memory <= maxMemory, "Memory", a.Memory, "128–10240 MB")
	p.want(a.Timeout == 0 || a.Timeout >= time.Second && a.Timeout <= maxTimeout && a.Timeout%time.Second == 0,
		"Timeout", a.Timeout, "1s–15m in whole seconds; longer work belongs in a Workflow or a ContainerJob")
	p.want(a.Architecture == "" || a.Architecture == ARM64 || a.Architecture == X8664, "Architecture", string(a.Architecture), `"arm64" or "x86_64"`)
	p.want(a.LogRetentionDays == 0 || slices.Contains(logRetentionDays, a.LogRetentionDays), "LogRetentionDays", a.LogRetentionDays,
		fmt.Sprintf("one of %v", logRetentionDays))
	links, err := policies.Environment(a.Grants...)
	p.want(err == nil, "Grants", a.Grants, fmt.Sprintf("grants that can be given together: %v", err))
	environment := pulumi.StringMap{}
	for k, v := range links {
		environment[k] = v
	}
	for k, v := range a.Environment {
		_, linked := links[k]
		p.want(!linked, "Environment", k, "a name that no grant links already")
		p.want(!slices.Contains(reservedVariables, k), "Environment", k, "a name that Lambda does not set itself")
		environment[k] = v
	}
	return environment, p.err()
}
