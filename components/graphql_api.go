package components

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appsync"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components/graphql"
	"github.com/serverless-shop/serverless-shop/policies"
)

// Limits and defaults of GraphQL APIs ("AppSync endpoints and quotas" in the AWS General Reference, CreateGraphqlApi, CreateApiCache and
// CreateResolver in AppSync's API reference).
const (
	minKeyLifetime      = 2 * 24 * time.Hour // half of which is the day that AppSync asks for
	maxKeyLifetime      = 365 * 24 * time.Hour
	defaultQueryDepth   = 10
	maxQueryDepth       = 75
	defaultResolverRuns = 1000
	maxResolverRuns     = 10_000
	maxResolverBatch    = 2000
	maxResolverCode     = 32_768
	maxCachingKeys      = 25
	maxGraphqlCacheTTL  = time.Hour
	defaultGraphqlTTL   = time.Minute
	appSyncPrincipal    = "appsync.amazonaws.com"
)

// GraphqlCacheSize is the size of a GraphQL API's cache, each paid for by the hour.
type GraphqlCacheSize string

// The sizes, by their names in AppSync's API.
const (
	GraphqlCacheSmall       GraphqlCacheSize = "SMALL"
	GraphqlCacheMedium      GraphqlCacheSize = "MEDIUM"
	GraphqlCacheLarge       GraphqlCacheSize = "LARGE"
	GraphqlCacheXLarge      GraphqlCacheSize = "XLARGE"
	GraphqlCacheLarge2X     GraphqlCacheSize = "LARGE_2X"
	GraphqlCacheLarge4X     GraphqlCacheSize = "LARGE_4X"
	GraphqlCacheLarge8X     GraphqlCacheSize = "LARGE_8X"
	GraphqlCacheLarge12X    GraphqlCacheSize = "LARGE_12X"
	defaultGraphqlCacheSize                  = GraphqlCacheSmall
)

var graphqlCacheSizes = []GraphqlCacheSize{GraphqlCacheSmall, GraphqlCacheMedium, GraphqlCacheLarge, GraphqlCacheXLarge, GraphqlCacheLarge2X, GraphqlCacheLarge4X, GraphqlCacheLarge8X, GraphqlCacheLarge12X}

// GraphqlCache keeps answers of resolvers that ask for it, encrypted at rest and in transit. It costs whether it is used or not.
type GraphqlCache struct {
	// Size of the cache. Default [GraphqlCacheSmall].
	Size GraphqlCacheSize
}

// Resolver says where the value of a field comes from. Exactly one of Function, Table and Local is set.
type Resolver struct {
	// Field is the type and the field: Query.orders, Order.customer.
	Field string
	// Function answers the field, which it gets with arguments, caller and parent as its event. Its timeout may be at most [APITimeout].
	Function *Function
	// BatchSize hands the function up to this many fields of one request at once: 2–2,000. Default: one at a time. Only with Function.
	BatchSize int
	// Table is read or written by CodeFile, which is required with it.
	Table *Table
	// Grants are what the code may do with Table: grants of that table. Required with Table.
	Grants []policies.Grant
	// Local passes the field's arguments on as its value, unless CodeFile does something else with them: for mutations that only fire
	// subscriptions.
	Local bool
	// CodeFile has the functions request and response in JavaScript (APPSYNC_JS), at most 32,768 bytes, relative to the Pulumi program, such
	// as graphql/order.js.
	CodeFile string
	// CacheTTL keeps the answer for each set of arguments and each caller: 1 s–1 h, whole seconds. Only for fields that are no mutations or
	// subscriptions, in an API with a Cache. Default: never kept.
	CacheTTL time.Duration
	// CacheKeys tell answers apart: entries of $context.arguments, $context.source and $context.identity, at most 25. Default: all arguments
	// and the caller, who is everybody with the key, for fields of Query; required for others.
	CacheKeys []string
	// CacheShared says that all callers get the same answer, so that the caller is no part of CacheKeys.
	CacheShared bool
}

// GraphqlApiArgs describes an AppSync API.
type GraphqlApiArgs struct {
	// SchemaFile is the schema, relative to the Pulumi program, such as graphql/schema.graphql. Required. It is checked during preview: see
	// package [github.com/serverless-shop/serverless-shop/components/graphql].
	SchemaFile string
	// Resolvers say where values come from. Every field of Query and Mutation has one.
	Resolvers []Resolver
	// Auth issues the tokens that callers are known by. Fields without a directive are open to its users. Required unless IAM is set.
	Auth *CognitoAuth
	// IAM also lets those call fields with @aws_iam who were granted it by [GraphqlApi.GrantQuery] and [GraphqlApi.GrantMutate]. Without Auth,
	// it is the only way to call fields without a directive.
	IAM bool
	// KeyLifetime also lets everybody call fields with @aws_api_key who has the API's key, which is not secret once an application carries
	// it. It is how long the key is valid: 2–365 days, whole days. A deployment in the second half renews it. Default: there is no key.
	KeyLifetime time.Duration
	// Now is the time from which KeyLifetime counts. Default: the present.
	Now time.Time
	// Cache keeps answers. Default: there is none.
	Cache *GraphqlCache
	// MaxQueryDepth is how many levels a query may have: 1–75. Default 10.
	MaxQueryDepth int
	// MaxResolvers is how often one request may run resolvers: 1–10,000. Default 1,000.
	MaxResolvers int
	// AllowIntrospection lets callers ask for the schema.
	AllowIntrospection bool
	// WebACLARN is a WAF web ACL that requests must pass: a regional one, of the API's region. Default: none.
	WebACLARN pulumi.StringInput
	// LogLevel is what the log says of fields. Default [LogErrors]; else [LogAll].
	LogLevel LogLevel
	// LogContent also logs headers, context and the values of fields, with whatever of customers' data is in them.
	LogContent bool
	// LogRetentionDays is one of the values that CloudWatch Logs accepts: 1, 3, 5, 7, 14, 30, 60, 90, … 3653.
	// Default 30.
	LogRetentionDays int
	// DisableTracing switches X-Ray off.
	DisableTracing bool
	// Alarms says who hears of requests that fail.
	Alarms Alarms
}

// GraphqlApi is an AppSync API: queries, mutations and subscriptions over functions and tables, each reached with a role of its own.
type GraphqlApi struct {
	pulumi.ResourceState

	// ID of the API.
	ID pulumi.StringOutput
	// ARN of the API.
	ARN pulumi.StringOutput
	// URL is where queries and mutations go: https://….
	URL pulumi.StringOutput
	// RealtimeURL is where subscriptions connect: wss://….
	RealtimeURL pulumi.StringOutput
	// Key is the API key, a Pulumi secret, if there is one.
	Key pulumi.StringOutput
	// LogGroup is the name of the log group that the API writes to.
	LogGroup pulumi.StringOutput

	logicalName string
	schema      *graphql.Schema
	modes       []graphql.Mode
}

// NewGraphqlApi checks the schema and the resolvers' code and creates the API.
func NewGraphqlApi(ctx *pulumi.Context, name string, args *GraphqlApiArgs, opts ...pulumi.ResourceOption) (*GraphqlApi, error) {
	if args == nil {
		args = &GraphqlApiArgs{}
	}
	plan, err := args.validate(name)
	if err != nil {
		return nil, err
	}
	a := &GraphqlApi{logicalName: name, schema: plan.schema, modes: args.modes()}
	if err := ctx.RegisterComponentResource(token("GraphqlApi"), name, a, opts...); err != nil {
		return nil, wrap("GraphqlApi", name, err)
	}
	if err := a.newAPI(ctx, args, plan); err != nil {
		return nil, wrap("GraphqlApi", name, err)
	}
	if err := a.newResolvers(ctx, args, plan); err != nil {
		return nil, wrap("GraphqlApi", name, err)
	}
	err = newAlarms(ctx, a, name, args.Alarms, alarm{
		role: "errors", description: "Requests to the GraphQL API " + name + " fail. Its log group has the reasons.",
		namespace: "AWS/AppSync", metric: "5XXError", statistic: "Sum",
		dimensions: map[string]pulumi.StringInput{"GraphQLAPIId": a.ID}, threshold: 1, period: 5 * time.Minute,
	})
	if err != nil {
		return nil, wrap("GraphqlApi", name, err)
	}
	outputs := pulumi.Map{"id": a.ID, "arn": a.ARN, "url": a.URL, "realtimeUrl": a.RealtimeURL, "logGroup": a.LogGroup}
	if args.KeyLifetime != 0 {
		outputs["key"] = a.Key
	}
	return a, ctx.RegisterResourceOutputs(a, outputs)
}

// newAPI creates the API itself, its log, its key, its cache and its firewall.
func (a *GraphqlApi) newAPI(ctx *pulumi.Context, args *GraphqlApiArgs, plan graphqlPlan) error {
	name := a.logicalName
	logRole, err := iam.NewRole(ctx, name+"-log-role", &iam.RoleArgs{
		Description:      pulumi.String("Where the GraphQL API " + name + " may write its log"),
		AssumeRolePolicy: pulumi.String(assumeRolePolicy(appSyncPrincipal)), // the API, which comes later, has no ARN yet
	}, pulumi.Parent(a))
	if err != nil {
		return err
	}
	api, err := appsync.NewGraphQLApi(ctx, name, args.api(a.modes, plan.text, logRole), pulumi.Parent(a))
	if err != nil {
		return err
	}
	a.ID, a.ARN = api.ID().ToStringOutput(), api.Arn
	a.URL, a.RealtimeURL = api.Uris.MapIndex(pulumi.String("GRAPHQL")), api.Uris.MapIndex(pulumi.String("REALTIME"))
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-logs", &cloudwatch.LogGroupArgs{
		Name:            pulumi.Sprintf("/aws/appsync/apis/%s", a.ID), // AppSync writes to the group of this name and to no other
		RetentionInDays: pulumi.Int(or(args.LogRetentionDays, defaultLogRetentionDays)),
	}, pulumi.Parent(a))
	if err != nil {
		return err
	}
	a.LogGroup = logs.Name
	_, err = iam.NewRolePolicy(ctx, name+"-log-policy", &iam.RolePolicyArgs{
		Role: logRole.Name,
		Policy: policies.Document(policies.Grant{Statements: []policies.Statement{{
			Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, Resources: []pulumi.StringInput{pulumi.Sprintf("%s:*", logs.Arn)},
		}}}),
	}, pulumi.Parent(a))
	if err != nil {
		return err
	}
	if args.KeyLifetime != 0 {
		key, err := appsync.NewApiKey(ctx, name+"-key", &appsync.ApiKeyArgs{
			ApiId: a.ID, Description: pulumi.String("For fields with @aws_api_key"), Expires: pulumi.String(args.keyExpires()),
		}, pulumi.Parent(a))
		if err != nil {
			return err
		}
		a.Key = pulumi.ToSecret(key.Key).(pulumi.StringOutput)
	}
	if args.Cache != nil {
		_, err := appsync.NewApiCache(ctx, name+"-cache", &appsync.ApiCacheArgs{
			ApiId:                    a.ID,
			ApiCachingBehavior:       pulumi.String("PER_RESOLVER_CACHING"),
			Type:                     pulumi.String(string(or(args.Cache.Size, defaultGraphqlCacheSize))),
			Ttl:                      pulumi.Int(int(defaultGraphqlTTL.Seconds())), // every resolver sets its own
			AtRestEncryptionEnabled:  pulumi.Bool(true),
			TransitEncryptionEnabled: pulumi.Bool(true),
		}, pulumi.Parent(a))
		if err != nil {
			return err
		}
	}
	if args.WebACLARN != nil {
		return newFirewall(ctx, a, name, a.ARN, args.WebACLARN)
	}
	return nil
}

// api describes the API itself.
func (a *GraphqlApiArgs) api(modes []graphql.Mode, schema string, logRole *iam.Role) *appsync.GraphQLApiArgs {
	introspection := "DISABLED"
	if a.AllowIntrospection {
		introspection = "ENABLED"
	}
	args := &appsync.GraphQLApiArgs{
		AuthenticationType:  pulumi.String(string(modes[0])),
		Schema:              pulumi.String(schema),
		IntrospectionConfig: pulumi.String(introspection),
		QueryDepthLimit:     pulumi.Int(or(a.MaxQueryDepth, defaultQueryDepth)),
		ResolverCountLimit:  pulumi.Int(or(a.MaxResolvers, defaultResolverRuns)),
		XrayEnabled:         pulumi.Bool(!a.DisableTracing),
		LogConfig: &appsync.GraphQLApiLogConfigArgs{
			CloudwatchLogsRoleArn: logRole.Arn,
			FieldLogLevel:         pulumi.String(string(or(a.LogLevel, LogErrors))),
			ExcludeVerboseContent: pulumi.Bool(!a.LogContent),
		},
	}
	if a.Auth != nil {
		args.UserPoolConfig = &appsync.GraphQLApiUserPoolConfigArgs{
			UserPoolId: a.Auth.UserPoolID, AppIdClientRegex: a.Auth.ClientID, DefaultAction: pulumi.String("ALLOW"),
		}
	}
	var additional appsync.GraphQLApiAdditionalAuthenticationProviderArray
	for _, mode := range modes[1:] {
		additional = append(additional, &appsync.GraphQLApiAdditionalAuthenticationProviderArgs{AuthenticationType: pulumi.String(string(mode))})
	}
	args.AdditionalAuthenticationProviders = additional
	return args
}

// modes are the ways to be known, the default first. A key is never the default: who has it may be anybody.
func (a *GraphqlApiArgs) modes() []graphql.Mode {
	var modes []graphql.Mode
	if a.Auth != nil {
		modes = append(modes, graphql.Cognito)
	}
	if a.IAM {
		modes = append(modes, graphql.IAM)
	}
	if a.KeyLifetime != 0 {
		modes = append(modes, graphql.Key)
	}
	return modes
}

// keyExpires moves on in steps of half the lifetime, so that not every deployment changes the key.
func (a *GraphqlApiArgs) keyExpires() string {
	now := a.Now
	if now.IsZero() {
		now = time.Now()
	}
	step := int64(a.KeyLifetime.Seconds()) / 2
	return time.Unix((now.Unix()/step+2)*step, 0).UTC().Format(time.RFC3339)
}

// newResolvers creates one data source per function and table, each with its own role, and the resolvers.
func (a *GraphqlApi) newResolvers(ctx *pulumi.Context, args *GraphqlApiArgs, plan graphqlPlan) error {
	sources := map[string]*appsync.DataSource{}
	for i, r := range args.Resolvers {
		source := sources[r.source()]
		if source == nil {
			var err error
			if source, err = a.newSource(ctx, r, args.Resolvers); err != nil {
				return err
			}
			sources[r.source()] = source
		}
		typ, field, _ := strings.Cut(r.Field, ".")
		resolver := &appsync.ResolverArgs{
			ApiId: a.ID, Type: pulumi.String(a.schema.TypeName(typ)), Field: pulumi.String(field),
			Kind: pulumi.String("UNIT"), DataSource: source.Name,
		}
		if code := plan.code[i]; code != "" {
			resolver.Code = pulumi.String(code)
			resolver.Runtime = &appsync.ResolverRuntimeArgs{Name: pulumi.String("APPSYNC_JS"), RuntimeVersion: pulumi.String("1.0.0")}
		}
		if r.BatchSize != 0 {
			resolver.MaxBatchSize = pulumi.Int(r.BatchSize)
		}
		if r.CacheTTL != 0 {
			resolver.CachingConfig = &appsync.ResolverCachingConfigArgs{
				Ttl: pulumi.Int(int(r.CacheTTL.Seconds())), CachingKeys: pulumi.ToStringArray(r.cacheKeys(a.schema, a.modes)),
			}
		}
		if _, err := appsync.NewResolver(ctx, a.logicalName+"-"+r.slug(), resolver, pulumi.Parent(a)); err != nil {
			return err
		}
	}
	return nil
}

// newSource creates the data source of a resolver and of all others with the same function or table.
func (a *GraphqlApi) newSource(ctx *pulumi.Context, r Resolver, all []Resolver) (*appsync.DataSource, error) {
	name := a.logicalName + "-" + r.source()
	args := &appsync.DataSourceArgs{
		ApiId: a.ID,
		Name:  pulumi.String(strings.ReplaceAll(r.source(), "-", "_")), // belongs to the API, and may have no hyphens
	}
	var grants []policies.Grant
	switch {
	case r.Function != nil:
		args.Type = pulumi.String("AWS_LAMBDA")
		args.LambdaConfig = &appsync.DataSourceLambdaConfigArgs{FunctionArn: r.Function.ARN}
		grants = append(grants, r.Function.invocable())
	case r.Table != nil:
		args.Type = pulumi.String("AMAZON_DYNAMODB")
		args.DynamodbConfig = &appsync.DataSourceDynamodbConfigArgs{TableName: r.Table.Name}
		for _, other := range all {
			if other.Table == r.Table {
				grants = append(grants, other.Grants...)
			}
		}
	default:
		args.Type = pulumi.String("NONE")
		return appsync.NewDataSource(ctx, name, args, pulumi.Parent(a))
	}
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description: pulumi.String("What the GraphQL API " + a.logicalName + " may do with " + r.source()),
		AssumeRolePolicy: a.ARN.ApplyT(func(arn string) string {
			return trustPolicy(appSyncPrincipal, policies.Conditions{
				"StringEquals": {"aws:SourceAccount": {accountOf(arn)}}, "ArnEquals": {"aws:SourceArn": {arn}},
			})
		}).(pulumi.StringOutput),
	}, pulumi.Parent(a))
	if err != nil {
		return nil, err
	}
	policy, err := iam.NewRolePolicy(ctx, name+"-policy", &iam.RolePolicyArgs{
		Role: role.Name, Policy: policies.Document(grants...),
	}, pulumi.Parent(a))
	if err != nil {
		return nil, err
	}
	args.ServiceRoleArn = role.Arn
	return appsync.NewDataSource(ctx, name, args, pulumi.Parent(a), pulumi.DependsOn([]pulumi.Resource{policy}))
}

// GrantQuery allows calling the queries by IAM and links the API's address as <NAME>_GRAPHQL_URL.
func (a *GraphqlApi) GrantQuery(fields ...string) policies.Grant {
	return a.grant("Query", fields)
}

// GrantMutate allows calling the mutations by IAM and links the API's address as <NAME>_GRAPHQL_URL.
func (a *GraphqlApi) GrantMutate(fields ...string) policies.Grant {
	return a.grant("Mutation", fields)
}

func (a *GraphqlApi) grant(typ string, fields []string) policies.Grant {
	var arns []pulumi.StringInput
	var found []error
	if len(fields) == 0 {
		found = append(found, fmt.Errorf("%s (GraphqlApi): grant on %s: want at least one of its fields %v", a.logicalName, typ, a.schema.Fields(typ)))
	}
	for _, field := range fields {
		switch name := typ + "." + field; {
		case !a.schema.HasField(name):
			found = append(found, fmt.Errorf("%s (GraphqlApi): grant on %s: want one of the fields %v", a.logicalName, name, a.schema.Fields(typ)))
		case !slices.Contains(a.modes, graphql.IAM):
			found = append(found, fmt.Errorf("%s (GraphqlApi): grant on %s: want an API with IAM", a.logicalName, name))
		case !a.schema.Allows(name, graphql.IAM, a.modes[0]):
			found = append(found, fmt.Errorf("%s (GraphqlApi): grant on %s: want @aws_iam on it in the schema", a.logicalName, name))
		}
		arns = append(arns, pulumi.Sprintf("%s/types/%s/fields/%s", a.ARN, a.schema.TypeName(typ), field))
	}
	if len(found) > 0 {
		return policies.Invalid(errors.Join(found...))
	}
	return policies.Grant{
		Statements: []policies.Statement{{Actions: []string{string(policies.CallField)}, Resources: arns}},
		Links:      []policies.Link{{Variable: variable(a.logicalName, "GRAPHQL_URL"), Value: a.URL, Resource: a.logicalName + " (GraphqlApi)"}},
	}
}
