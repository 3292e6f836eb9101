// Package stack describes the shop's bounded contexts: which components each is made of, and what each function may do.
// One file is one context. main.go puts them together.
package stack

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/policies"
)

// Builder compiles the shop's functions; [gobuild.Builder] is one.
type Builder interface {
	components.Builder
	// Sources lists the folders of functions below dir.
	Sources(dir string) ([]string, error)
	// BuildAll compiles several folders for an architecture by its Go name, arm64 or amd64. Later calls of
	// Build find them compiled.
	BuildAll(ctx context.Context, arch string, sources ...string) ([]string, error)
}

// functionsDir holds one folder per function.
const functionsDir = "lambdas"

// Stack is what all bounded contexts of one deployment share: its settings, who hears of alarms, where the functions' code is, and what has
// been created so far.
type Stack struct {
	settings      settings
	builder       Builder
	artifacts     *components.ObjectStore
	observability *components.Observability
	functions     map[string]*components.Function
	dashboard     []components.Section
}

// New reads and checks the stack's configuration, compiles all functions, and makes the store that their code is deployed from.
// Whatever is wrong with the configuration or the code is reported before anything is created.
func New(ctx *pulumi.Context, builder func(os string) Builder) (*Stack, error) {
	settings, err := load(ctx)
	if err != nil {
		return nil, err
	}
	b := builder(settings.functionOS())
	sources, err := b.Sources(functionsDir)
	if err != nil {
		return nil, err
	}
	if _, err := b.BuildAll(ctx.Context(), settings.architecture().GoArch(), sources...); err != nil {
		return nil, err
	}
	artifacts, err := components.NewObjectStore(ctx, "artifacts", &components.ObjectStoreArgs{
		EmptyOnDelete: true, // every zip can be built again
	})
	if err != nil {
		return nil, err
	}
	s := &Stack{settings: settings, builder: b, artifacts: artifacts, functions: map[string]*components.Function{}}
	s.section("Deployment")
	s.watch(artifacts)
	return s, nil
}

// function creates the function whose source is lambdas/<name>, with the grants that it needs and nothing else. It is for functions whose
// caller waits for the answer, or tries again by itself: the API, workflows, queues and streams.
func (s *Stack) function(ctx *pulumi.Context, name, description string, grants ...policies.Grant) (*components.Function, error) {
	return s.newFunction(ctx, name, description, components.FunctionArgs{}, grants)
}

// subscriber creates a function like [Stack.function] for callers that do not wait: the event bus, topics and schedules. Events that
// it fails on three times are kept in a queue of its own.
func (s *Stack) subscriber(ctx *pulumi.Context, name, description string, grants ...policies.Grant) (*components.Function, error) {
	return s.newFunction(ctx, name, description, components.FunctionArgs{Async: &components.Async{}}, grants)
}

// trigger creates a function like [Stack.function] that the user pool calls. It takes no grants on the pool, which comes after it; see
// [components.CognitoAuth.AllowTrigger].
func (s *Stack) trigger(ctx *pulumi.Context, name, description string, grants ...policies.Grant) (*components.Function, error) {
	return s.newFunction(ctx, name, description, components.FunctionArgs{Timeout: components.TriggerTimeout}, grants)
}

// setting gives a function one of the stack's settings as an environment variable.
func setting(variable, value string) policies.Grant {
	return policies.Grant{Links: []policies.Link{{Variable: variable, Value: pulumi.String(value), Resource: "the stack's configuration"}}}
}

// newFunction creates a function whose kind tells who calls it: its time limit and what happens when it fails.
func (s *Stack) newFunction(ctx *pulumi.Context, name, description string, kind components.FunctionArgs, grants []policies.Grant) (*components.Function, error) {
	f, err := components.NewFunction(ctx, name, &components.FunctionArgs{
		Source:           functionsDir + "/" + name,
		Artifacts:        s.artifacts,
		Description:      description,
		Grants:           grants,
		Async:            kind.Async,
		Timeout:          kind.Timeout,
		Environment:      pulumi.StringMap{"SHOP_STACK": pulumi.String(ctx.Stack()), "LOG_LEVEL": pulumi.String(s.settings.logLevel)},
		Architecture:     s.settings.architecture(),
		Alarms:           s.alarms(),
		LogRetentionDays: s.settings.logRetentionDays,
		Builder:          s.builder,
	})
	if err != nil {
		return nil, fmt.Errorf("deploying function %s: %w", name, err)
	}
	s.functions[name] = f
	s.watch(f)
	return f, nil
}

// changeRetries is how often a change of a table is tried again until it is given up, and somebody has a day to see to it. While EventBridge
// or SNS refuses, a try takes about a second, and orders must outlast some minutes of that without anybody's help. A change that can never
// be published fails at once each time; it holds up its shard for a minute or two.
const changeRetries = 300

// changes are those of a table that a function is to get: all, or those that match one of the filters.
func (s *Stack) changes(filters ...components.ChangeFilter) *components.ChangeArgs {
	return &components.ChangeArgs{Filters: filters, MaxRetries: changeRetries, Alarms: s.alarms()}
}

// table creates a table, protected as the stack's settings say, and puts it on the dashboard.
func (s *Stack) table(ctx *pulumi.Context, name string, args components.TableArgs) (*components.Table, error) {
	args.DisablePointInTimeRecovery = !s.settings.pointInTimeRecovery
	args.DisableDeletionProtection = !s.settings.deletionProtection
	table, err := components.NewTable(ctx, name, &args)
	if err != nil {
		return nil, err
	}
	s.watch(table)
	return table, nil
}

// Export publishes what programs outside the deployment need to find the shop.
func (s *Stack) Export(ctx *pulumi.Context, accounts *Accounts, catalog *Catalog, api *components.ServerlessApi, site *components.StaticSite) {
	names, logs := pulumi.StringMap{}, pulumi.StringMap{}
	for name, f := range s.functions {
		names[name], logs[name] = f.Name, f.LogGroup
	}
	ctx.Export("functions", names)
	ctx.Export("logGroups", logs)
	ctx.Export("siteUrl", s.settings.site(site))
	ctx.Export("siteBucket", site.Bucket)
	ctx.Export("distributionId", site.DistributionID)
	ctx.Export("apiId", api.ID)
	ctx.Export("apiStage", api.StageName)
	ctx.Export("apiUrl", api.URL)
	ctx.Export("userPoolId", accounts.Auth.UserPoolID)
	ctx.Export("userPoolClientId", accounts.Auth.ClientID)
	ctx.Export("productsTable", catalog.Products.Name)
	ctx.Export("mediaBucket", catalog.Media.Name)
	ctx.Export("dashboard", s.observability.DashboardName)
	ctx.Export("alarmTopic", s.observability.Topic.ARN)
}
