package components

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

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
	minTemporaryStorage = 512
	maxTemporaryStorage = 10_240
	maxLayers           = 5
	maxFunctionName     = maxNamePart - len("-role")
)

// What Lambda accepts, see CreateFunction in its API reference.
var (
	environmentName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]+$`)
	layerVersion    = regexp.MustCompile(`^arn:[a-z0-9-]+:lambda:[a-z0-9-]+:\d{12}:layer:[A-Za-z0-9_-]+:\d+$`)
	ecrImage        = regexp.MustCompile(`^\d{12}\.dkr[.-]ecr[a-z0-9.-]*/[^\s]+$`)
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

// FunctionArgs describes a Lambda function. Its code is given in one of three ways: Source, Archive or Image.
type FunctionArgs struct {
	// Source is the folder of the function's package main in Go, relative to the Pulumi program, such as
	// lambdas/list-products. The component compiles it.
	Source string
	// Archive is a zip made elsewhere, relative to the Pulumi program, with an executable called bootstrap, unless one of the Layers brings it:
	// at most 50 MB, or with Artifacts 250 MB, and 250 MB unpacked.
	Archive string
	// Artifacts is where the zip of Source or Archive is uploaded to, below functions/<name>/ under the hash of its content, and where Lambda
	// gets it from. It makes functions deploy at the same time, where the AWS provider creates functions whose zip it sends itself one after
	// the other, at 5 seconds each. Nobody but who deploys needs access to the store; zips of earlier deployments stay in it, so that
	// Lambda finds them when one goes back. One store can serve all functions of a stack. Give it EmptyOnDelete, since every zip can be
	// made again. Default: the provider sends the zip to Lambda.
	Artifacts *ObjectStore
	// Image is the URI of a container image in ECR, of at most 10 GB, that implements Lambda's runtime API.
	Image pulumi.StringInput
	// Description says what the function is for: at most 256 characters.
	Description string
	// Grants are all that the function may do, and how it finds what it may do it with. Default: nothing beyond
	// writing its own log and traces.
	Grants []policies.Grant
	// Environment adds variables to those that the grants link. All names and values together, written as JSON: at most 4 KB. What other
	// resources tell only once they exist is counted as soon as it is known, the rest during preview.
	// A value that the program marks as a secret is refused: keep it in a [Secret].
	Environment pulumi.StringMap
	// Memory in MB: 128–10,240; CPU grows with it. Default 256.
	Memory int
	// TemporaryStorage is the size of /tmp in MB: 512–10,240. Default 512.
	TemporaryStorage int
	// Layers are ARNs of layer versions, at most 5, laid over each other in this order below /opt. Not with Image.
	Layers []pulumi.StringInput
	// Timeout of one invocation: 1 s–900 s, whole seconds. Default 10 s. Behind an API at most 29 s.
	Timeout time.Duration
	// Architecture is what the function runs on. Default [ARM64].
	Architecture Architecture
	// Async says what becomes of events that fail. Set it for functions that are invoked by events, schedules or topics.
	// Default: nobody invokes the function without waiting for its answer.
	Async *Async
	// ReservedConcurrency is how many instances the function may have at most, taken out of the account's for it alone.
	// Default: as many as the account has.
	ReservedConcurrency int
	// Provisioned keeps instances ready. Default: none, so that the first request after a pause waits for a cold start.
	Provisioned *ProvisionedConcurrency
	// KeepWarm pings the function, so that it has an instance even if nobody calls it. Not with Provisioned. Default: none.
	KeepWarm *KeepWarm
	// Alarms says who hears of errors, throttling and time limits that come close.
	Alarms Alarms
	// LogRetentionDays is one of the values that CloudWatch Logs accepts: 1, 3, 5, 7, 14, 30, 60, 90, … 3653.
	// Default 30.
	LogRetentionDays int
	// Network puts the function into the network's private subnets, with a security group of its own. Only there can it reach a
	// database, and it reaches the Internet, as all AWS services without an endpoint, only if the network has NAT.
	// Default: none, which starts faster and can reach everything by its public address.
	Network *Network
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
	// RoleName is the name of the execution role, for policies that other components add to it.
	RoleName pulumi.StringOutput
	// LogGroup is the name of the log group that the function writes to.
	LogGroup pulumi.StringOutput
	// SecurityGroupID is the function's own security group, if it is in a network.
	SecurityGroupID pulumi.StringOutput
	// DeadLetterQueueURL is the queue of events that failed for good, if the function has Async without OnFailure.
	DeadLetterQueueURL pulumi.StringOutput

	logicalName string
	timeout     time.Duration
	reserved    int // concurrency; 0 if there is no limit of its own
	network     *Network
	alias       *lambda.Alias // of functions with provisioned concurrency
	deadLetters []DeadLetterQueue
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
	archive, err := args.archive(ctx.Context())
	if err != nil {
		return nil, wrap("Function", name, err)
	}
	f := &Function{logicalName: name, timeout: or(args.Timeout, defaultTimeout), reserved: args.ReservedConcurrency}
	if err := ctx.RegisterComponentResource(token("Function"), name, f, opts...); err != nil {
		return nil, wrap("Function", name, err)
	}
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-logs", &cloudwatch.LogGroupArgs{
		NamePrefix:      pulumi.String("/aws/lambda/" + name + "-"),
		RetentionInDays: pulumi.Int(or(args.LogRetentionDays, defaultLogRetentionDays)),
	}, pulumi.Parent(f), keepsItsName())
	if err != nil {
		return nil, wrap("Function", name, err)
	}
	role, policy, err := f.newRole(ctx, logs, args)
	if err != nil {
		return nil, wrap("Function", name, err)
	}
	resource, needed := args.function(f, role, logs, environment), []pulumi.Resource{policy}
	if args.Image == nil {
		if err := f.load(ctx, args.Artifacts, archive, resource); err != nil {
			return nil, wrap("Function", name, err)
		}
	}
	if args.Network != nil {
		interfaces, err := f.join(ctx, args.Network, role, resource)
		if err != nil {
			return nil, wrap("Function", name, err)
		}
		needed = append(needed, interfaces...)
	}
	function, err := lambda.NewFunction(ctx, name, resource, pulumi.Parent(f), pulumi.DependsOn(needed))
	if err != nil {
		return nil, wrap("Function", name, err)
	}
	f.Name, f.ARN, f.InvokeARN = function.Name, function.Arn, function.InvokeArn
	f.RoleARN, f.RoleName, f.LogGroup = role.Arn, role.Name, logs.Name
	if args.Provisioned != nil {
		if err := f.newAlias(ctx, function, args.Provisioned); err != nil {
			return nil, wrap("Function", name, err)
		}
	}
	if args.Async != nil {
		if err := f.newAsync(ctx, function, role, args); err != nil {
			return nil, wrap("Function", name, err)
		}
	}
	if args.KeepWarm != nil {
		if err := f.keepWarm(ctx, args); err != nil {
			return nil, wrap("Function", name, err)
		}
	}
	if err := newAlarms(ctx, f, name, args.Alarms, f.alarms()...); err != nil {
		return nil, wrap("Function", name, err)
	}
	return f, ctx.RegisterResourceOutputs(f, pulumi.Map{
		"name": f.Name, "arn": f.ARN, "roleArn": f.RoleARN, "logGroup": f.LogGroup,
	})
}

// function describes the Lambda function itself.
func (a *FunctionArgs) function(f *Function, role *iam.Role, logs *cloudwatch.LogGroup, environment pulumi.StringMap) *lambda.FunctionArgs {
	args := &lambda.FunctionArgs{
		Description:   pulumi.String(a.Description),
		Role:          role.Arn,
		Architectures: pulumi.StringArray{pulumi.String(string(or(a.Architecture, ARM64)))},
		MemorySize:    pulumi.Int(or(a.Memory, defaultMemory)),
		Timeout:       pulumi.Int(int(f.timeout.Seconds())),
		Publish:       pulumi.Bool(a.Provisioned != nil),
		Environment:   &lambda.FunctionEnvironmentArgs{Variables: f.sized(environment)},
		LoggingConfig: &lambda.FunctionLoggingConfigArgs{LogFormat: pulumi.String("JSON"), LogGroup: logs.Name},
		TracingConfig: &lambda.FunctionTracingConfigArgs{Mode: pulumi.String(a.tracing())},
	}
	if a.Image != nil {
		args.PackageType, args.ImageUri = pulumi.String("Image"), a.Image.ToStringOutput()
	} else {
		args.Runtime, args.Handler = pulumi.String("provided.al2023"), pulumi.String("bootstrap")
	}
	if len(a.Layers) > 0 {
		args.Layers = pulumi.StringArray(a.Layers)
	}
	if a.TemporaryStorage != 0 {
		args.EphemeralStorage = &lambda.FunctionEphemeralStorageArgs{Size: pulumi.Int(a.TemporaryStorage)}
	}
	if a.ReservedConcurrency != 0 {
		args.ReservedConcurrentExecutions = pulumi.Int(a.ReservedConcurrency)
	}
	return args
}

// alarms of a function: it fails, it is turned away, it comes close to its time limit.
func (f *Function) alarms() []alarm {
	function := map[string]pulumi.StringInput{"FunctionName": f.Name}
	return []alarm{
		{
			role: "errors", description: "Function " + f.logicalName + " fails. Its log group has the reasons.",
			namespace: "AWS/Lambda", metric: "Errors", statistic: "Sum", dimensions: function, threshold: 1, period: 5 * time.Minute,
		},
		{
			role: "throttles", description: "Function " + f.logicalName + " is turned away: its concurrency, or the account's, is used up.",
			namespace: "AWS/Lambda", metric: "Throttles", statistic: "Sum", dimensions: function, threshold: 1, period: 5 * time.Minute,
		},
		{
			role: "duration", description: "Function " + f.logicalName + " needs more than 80 % of its time limit.",
			namespace: "AWS/Lambda", metric: "Duration", statistic: "p99", dimensions: function,
			threshold: 0.8 * float64(f.timeout.Milliseconds()), period: 5 * time.Minute,
		},
	}
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
	return jsonText(resourceDocument{Version: "2012-10-17", Statement: []resourceStatement{{
		Effect: "Allow", Action: "sts:AssumeRole", Principal: principal{service},
	}}})
}

func (a *FunctionArgs) tracing() string {
	if a.DisableTracing {
		return "PassThrough"
	}
	return "Active"
}

// archive compiles the source, if there is one, and checks the zip against Lambda's limit.
func (a *FunctionArgs) archive(ctx context.Context) (string, error) {
	if a.Image != nil {
		return "", nil
	}
	archive := a.Archive
	if archive == "" {
		builder := a.Builder
		if builder == nil {
			builder = defaultBuilder
		}
		built, err := builder.Build(ctx, a.Source, or(a.Architecture, ARM64).GoArch())
		if err != nil {
			return "", err
		}
		archive = built
	}
	info, err := os.Stat(archive)
	if err != nil {
		return "", fmt.Errorf("reading the function's package: %w", err)
	}
	if limit := a.maxArchiveBytes(); info.Size() > limit {
		return "", fmt.Errorf("package %s is %d bytes, want at most %d (Lambda quota for a zip)", archive, info.Size(), limit)
	}
	if a.Archive != "" {
		return archive, checkContent(archive, len(a.Layers) > 0)
	}
	return archive, nil
}

// notSecret refuses a value that the program marks as a secret: everybody who may describe the function sees its environment.
func notSecret(function, variable string, value pulumi.StringInput) pulumi.StringInput {
	if plain, ok := value.(pulumi.String); ok {
		return plain
	}
	output := value.ToStringOutput()
	return output.ApplyT(func(text string) (string, error) {
		if pulumi.IsSecret(output) {
			return "", fmt.Errorf("%s (Function): Environment[%q] is a secret, want a reference: keep it in a Secret and give the function its GrantRead",
				function, variable)
		}
		return text, nil
	}).(pulumi.StringOutput)
}

// sized fails the deployment when the environment is larger than Lambda accepts, and that became known only now.
func (f *Function) sized(environment pulumi.StringMap) pulumi.StringMapInput {
	if plain := plainValues(environment); len(plain) == len(environment) {
		return environment
	}
	return environment.ToStringMapOutput().ApplyT(func(values map[string]string) (map[string]string, error) {
		p := &problems{component: "Function", name: f.logicalName}
		p.environmentSize(values)
		return values, p.err()
	}).(pulumi.StringMapOutput)
}

// environmentSize wants an environment that Lambda accepts. Its error message shows what it measures: the variables as a JSON object, with
// quotes, commas and escapes.
func (p *problems) environmentSize(values map[string]string) {
	size := len(jsonText(values))
	p.want(size <= maxEnvironmentBytes, "size of Environment", size, "at most 4096 bytes as JSON, with the variables of Grants (Lambda quota)")
}

// plainValues are the variables whose values come from no other resource.
func plainValues(environment pulumi.StringMap) map[string]string {
	plain := map[string]string{}
	for name, value := range environment {
		if text, ok := value.(pulumi.String); ok {
			plain[name] = string(text)
		}
	}
	return plain
}

// validate checks the arguments and returns the whole environment.
func (a *FunctionArgs) validate(name string) (pulumi.StringMap, error) {
	p := check("Function", name)
	given := 0
	for _, set := range []bool{a.Source != "", a.Archive != "", a.Image != nil} {
		if set {
			given++
		}
	}
	p.fits(name, maxFunctionName)
	p.want(given == 1, "Source, Archive and Image", given, "exactly one of them, such as Source: lambdas/"+name)
	p.want(a.Source == "" || filepath.IsLocal(a.Source), "Source", a.Source, "a folder inside the program, such as lambdas/"+name)
	p.want(len(a.Layers) <= maxLayers, "Layers", len(a.Layers), "at most 5 (Lambda quota)")
	for n, layer := range a.Layers {
		p.plain(layerVersion, fmt.Sprintf("Layers[%d]", n), layer, "the ARN of a layer's version, arn:aws:lambda:<region>:<account>:layer:<name>:<version>")
	}
	if a.Image != nil {
		p.plain(ecrImage, "Image", a.Image, "an image in ECR, <account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>")
	}
	p.want(a.Image == nil || len(a.Layers) == 0, "Layers", len(a.Layers), "none, since a container image brings everything with it")
	p.want(a.Image == nil || a.Artifacts == nil, "Artifacts", "a store", "none, since a container image comes from ECR")
	p.want(a.TemporaryStorage == 0 || a.TemporaryStorage >= minTemporaryStorage && a.TemporaryStorage <= maxTemporaryStorage,
		"TemporaryStorage", a.TemporaryStorage, "512–10240 MB")
	p.want(a.ReservedConcurrency >= 0, "ReservedConcurrency", a.ReservedConcurrency, "at least 1 instance, or 0 for no limit of its own")
	p.want(a.ReservedConcurrency == 0 || a.Provisioned == nil || max(a.Provisioned.Minimum, a.Provisioned.Maximum) <= a.ReservedConcurrency,
		"ReservedConcurrency", a.ReservedConcurrency, "at least as many instances as Provisioned keeps ready")
	a.Provisioned.validate(p)
	a.KeepWarm.validate(p)
	p.want(a.KeepWarm == nil || a.Provisioned == nil, "KeepWarm", "set", "nothing, since Provisioned keeps instances ready")
	a.Async.validate(p)
	p.want(utf8.RuneCountInString(a.Description) <= maxDescription, "Description", a.Description, "at most 256 characters")
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
		p.want(environmentName.MatchString(k), "Environment", k, "a name of at least two letters, digits and '_', the first a letter")
		p.want(v != nil, fmt.Sprintf("Environment[%q]", k), nil, "a value")
		if v != nil {
			environment[k] = notSecret(name, k, v)
		}
	}
	p.environmentSize(plainValues(environment))
	return environment, p.err()
}

// allow lets one AWS service invoke the function on behalf of exactly one source.
func (f *Function) allow(ctx *pulumi.Context, name, service string, sourceARN pulumi.StringInput, opts ...pulumi.ResourceOption) (*lambda.Permission, error) {
	args := &lambda.PermissionArgs{
		Action:    pulumi.String("lambda:InvokeFunction"),
		Function:  f.Name,
		Principal: pulumi.String(service),
		SourceArn: sourceARN.ToStringOutput(),
	}
	if f.alias != nil {
		args.Qualifier = f.alias.Name
	}
	return lambda.NewPermission(ctx, name, args, opts...)
}
