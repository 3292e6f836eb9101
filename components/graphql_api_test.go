package components_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	graphqlType    = "aws:appsync/graphQLApi:GraphQLApi"
	dataSourceType = "aws:appsync/dataSource:DataSource"
	resolverType   = "aws:appsync/resolver:Resolver"
)

const shopSchema = `
type Customer @aws_cognito_user_pools @aws_iam { name: String }
type Order @aws_cognito_user_pools @aws_iam { id: ID! status: String customer: Customer }
type Query {
  order(id: ID!, full: Boolean): Order
  version: String @aws_api_key @aws_cognito_user_pools
  refunds: [Order] @aws_cognito_user_pools(cognito_groups: ["admin"])
}
type Mutation { setStatus(id: ID!, status: String!): Order @aws_iam }
type Subscription { onStatus(id: ID!): Order @aws_subscribe(mutations: ["setStatus"]) }
`

const tableCode = `import { util } from '@aws-appsync/utils';
export function request(ctx) { return { operation: 'GetItem', key: util.dynamodb.toMapValues({ id: ctx.args.id }) }; }
export const response = (ctx) => ctx.result;
`

// inProgram writes a file of the program under test and makes its folder the working directory.
func inProgram(t *testing.T, file, text string) {
	t.Helper()
	if _, err := os.Stat("components.test-program"); err != nil {
		t.Chdir(t.TempDir())
		require.NoError(t, os.WriteFile("components.test-program", nil, 0o600))
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

// newGraphql makes an API called shop over two functions, a table and nothing, after a change.
func newGraphql(t *testing.T, ctx *pulumi.Context, change func(*components.GraphqlApiArgs)) (*components.GraphqlApi, error) {
	t.Helper()
	inProgram(t, "graphql/schema.graphql", shopSchema)
	inProgram(t, "graphql/order.js", tableCode)
	orders, err := components.NewTable(ctx, "orders", &components.TableArgs{PartitionKey: components.String("id")})
	require.NoError(t, err)
	status := newFunction(t, ctx, "status")
	args := &components.GraphqlApiArgs{
		SchemaFile: "graphql/schema.graphql", Auth: newAuth(t, ctx), IAM: true, KeyLifetime: 90 * 24 * time.Hour,
		Resolvers: []components.Resolver{
			{Field: "Query.order", Table: orders, Grants: []policies.Grant{orders.Grant(policies.GetItem)}, CodeFile: "graphql/order.js"},
			{Field: "Query.version", Function: status},
			{Field: "Query.refunds", Function: status},
			{Field: "Mutation.setStatus", Local: true},
			{Field: "Order.customer", Function: newFunction(t, ctx, "customer"), BatchSize: 50},
		},
	}
	if change != nil {
		change(args)
	}
	return components.NewGraphqlApi(ctx, "shop", args)
}

func mustGraphql(t *testing.T, change func(*components.GraphqlApiArgs)) *mocks.Program {
	t.Helper()
	return mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := newGraphql(t, ctx, change)
		return err
	})
}

func TestGraphqlApi_IsSafeAndObservableByDefault(t *testing.T) {
	program := mustGraphql(t, func(a *components.GraphqlApiArgs) { a.Now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC) })
	api := program.Get(t, graphqlType, "shop")
	require.Equal(t, "shop", api.Parent)
	require.Equal(t, "AMAZON_COGNITO_USER_POOLS", api.Inputs["authenticationType"])
	require.Equal(t, map[string]any{"userPoolId": "accounts-id", "appIdClientRegex": "accounts-client-id", "defaultAction": "ALLOW"}, api.Inputs["userPoolConfig"])
	require.Equal(t, []any{map[string]any{"authenticationType": "AWS_IAM"}, map[string]any{"authenticationType": "API_KEY"}},
		api.Inputs["additionalAuthenticationProviders"])
	require.Equal(t, shopSchema, api.Inputs["schema"])
	require.Equal(t, "DISABLED", api.Inputs["introspectionConfig"])
	require.EqualValues(t, 10, api.Inputs["queryDepthLimit"])
	require.EqualValues(t, 1000, api.Inputs["resolverCountLimit"])
	require.Equal(t, true, api.Inputs["xrayEnabled"])
	require.Equal(t, "ERROR", in(t, api.Inputs, "logConfig", "fieldLogLevel"))
	require.Equal(t, true, in(t, api.Inputs, "logConfig", "excludeVerboseContent"))
	require.Contains(t, in(t, api.Inputs, "logConfig", "cloudwatchLogsRoleArn"), "shop-log-role")

	logs := program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "shop-logs").Inputs
	require.Equal(t, "/aws/appsync/apis/shop-id", logs["name"], "where AppSync writes to")
	require.EqualValues(t, 30, logs["retentionInDays"])
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
		"Resource": ["arn:aws:cloudwatch:eu-central-1:123456789012:loggroup/shop-logs-1234567:*"]}]}`,
		program.Get(t, policyType, "shop-log-policy").Inputs["policy"].(string))
	require.Equal(t, map[string]any{"GraphQLAPIId": "shop-id"}, program.Get(t, alarmType, "shop-errors").Inputs["dimensions"])
	require.Empty(t, program.OfType("aws:appsync/apiCache:ApiCache"))
	require.Empty(t, program.OfType("aws:wafv2/webAclAssociation:WebAclAssociation"))
}

func TestGraphqlApi_ReachesEachSourceWithARoleOfItsOwn(t *testing.T) {
	program := mustGraphql(t, nil)
	require.Len(t, program.OfType(dataSourceType), 4, "one per function and table, not per resolver")
	require.Len(t, program.OfType(resolverType), 5)
	orders := program.Get(t, dataSourceType, "shop-orders").Inputs
	require.Equal(t, "AMAZON_DYNAMODB", orders["type"])
	require.Equal(t, "orders-1234567", in(t, orders, "dynamodbConfig", "tableName"))
	require.Contains(t, orders["serviceRoleArn"], "shop-orders-role")
	status := program.Get(t, dataSourceType, "shop-status").Inputs
	require.Equal(t, "AWS_LAMBDA", status["type"])
	require.Contains(t, in(t, status, "lambdaConfig", "functionArn"), "status-1234567")
	local := program.Get(t, dataSourceType, "shop-local").Inputs
	require.Equal(t, "NONE", local["type"])
	require.NotContains(t, local, "serviceRoleArn")

	require.Equal(t, map[string][]string{"arn:aws:dynamodb:eu-central-1:123456789012:table/orders-1234567": {"dynamodb:GetItem"}}, allowed(t, program, "shop-orders"))
	require.Equal(t, map[string][]string{"arn:aws:lambda:eu-central-1:123456789012:function/status-1234567": {"lambda:InvokeFunction"}}, allowed(t, program, "shop-status"))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "appsync.amazonaws.com"},
		"Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012"]}, "ArnEquals": {"aws:SourceArn": ["arn:aws:appsync:eu-central-1:123456789012:apis/shop-id"]}}}]}`,
		program.Get(t, roleType, "shop-status-role").Inputs["assumeRolePolicy"].(string))
}

func TestGraphqlApi_Resolvers(t *testing.T) {
	program := mustGraphql(t, nil)
	order := program.Get(t, resolverType, "shop-query-order").Inputs
	require.Equal(t, "Query", order["type"])
	require.Equal(t, "order", order["field"])
	require.Equal(t, "orders", order["dataSource"])
	require.Equal(t, tableCode, order["code"])
	require.Equal(t, map[string]any{"name": "APPSYNC_JS", "runtimeVersion": "1.0.0"}, order["runtime"])
	require.NotContains(t, order, "cachingConfig")

	version := program.Get(t, resolverType, "shop-query-version").Inputs
	require.NotContains(t, version, "code", "the function answers directly")
	require.NotContains(t, version, "runtime")
	require.NotContains(t, version, "maxBatchSize")
	require.EqualValues(t, 50, program.Get(t, resolverType, "shop-order-customer").Inputs["maxBatchSize"])
	publish := program.Get(t, resolverType, "shop-mutation-setstatus").Inputs
	require.Contains(t, publish["code"], "payload: ctx.args")
	require.Equal(t, "local", publish["dataSource"])
}

func TestGraphqlApi_OneRoleMayDoWhatAllResolversOfATableNeed(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := newGraphql(t, ctx, func(a *components.GraphqlApiArgs) {
			table := a.Resolvers[0].Table
			a.Resolvers[1] = components.Resolver{
				Field: "Query.version", Table: table, Grants: []policies.Grant{table.Grant(policies.Scan)}, CodeFile: "graphql/order.js",
			}
		})
		return err
	})
	require.Equal(t, map[string][]string{"arn:aws:dynamodb:eu-central-1:123456789012:table/orders-1234567": {"dynamodb:GetItem", "dynamodb:Scan"}},
		allowed(t, program, "shop-orders"))
}

func TestGraphqlApi_TheKeyIsRenewedInTheSecondHalfOfItsLife(t *testing.T) {
	const day = 24 * time.Hour
	start := time.Date(2026, 1, 1, 12, 34, 56, 0, time.UTC)
	for _, lifetime := range []time.Duration{2 * day, 3 * day, 90 * day, 365 * day} {
		expiry := func(now time.Time) time.Time {
			program := mustGraphql(t, func(a *components.GraphqlApiArgs) { a.Now, a.KeyLifetime = now, lifetime })
			expires, err := time.Parse(time.RFC3339, program.Get(t, "aws:appsync/apiKey:ApiKey", "shop-key").Inputs["expires"].(string))
			require.NoError(t, err)
			return expires
		}
		first := expiry(start)
		require.Equal(t, first, expiry(start.Add(time.Second)), "not every deployment changes the key")
		for now := start; now.Before(start.Add(lifetime)); now = now.Add(lifetime / 7) {
			left := expiry(now).Sub(now)
			require.Greater(t, left, lifetime/2, "%s at %s", lifetime, now)
			require.LessOrEqual(t, left, lifetime)
			require.GreaterOrEqual(t, left, day, "AppSync asks for a day")
			require.Zero(t, expiry(now).Minute(), "AppSync rounds to hours")
		}
	}
}

func TestGraphqlApi_TheKeyIsASecretAndCountsFromThePresent(t *testing.T) {
	var expires string
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		api, err := newGraphql(t, ctx, nil)
		require.NoError(t, err)
		require.True(t, pulumi.IsSecret(api.Key))
		return nil
	})
	expires = program.Get(t, "aws:appsync/apiKey:ApiKey", "shop-key").Inputs["expires"].(string)
	at, err := time.Parse(time.RFC3339, expires)
	require.NoError(t, err)
	require.InDelta(t, 67.5, time.Until(at).Hours()/24, 22.6, "45–90 days")
}

func TestGraphqlApi_Options(t *testing.T) {
	program := mustGraphql(t, func(a *components.GraphqlApiArgs) {
		a.AllowIntrospection, a.LogContent, a.DisableTracing = true, true, true
		a.MaxQueryDepth, a.MaxResolvers, a.LogLevel, a.LogRetentionDays = 75, 10, components.LogAll, 7
		a.WebACLARN = pulumi.String("arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/shop/1")
		a.Alarms.Disabled = true
		a.Cache = &components.GraphqlCache{Size: components.GraphqlCacheMedium}
		a.Resolvers[0].CacheTTL = time.Minute
		a.Resolvers[1].CacheTTL, a.Resolvers[1].CacheShared = time.Hour, true
		a.Resolvers[2].CacheTTL, a.Resolvers[2].CacheKeys = time.Second, []string{"$context.identity.claims.tenant"}
		a.Resolvers[4].CacheTTL, a.Resolvers[4].CacheKeys, a.Resolvers[4].CacheShared = time.Minute, []string{"$context.source.id"}, true
	})
	api := program.Get(t, graphqlType, "shop").Inputs
	require.Equal(t, "ENABLED", api["introspectionConfig"])
	require.EqualValues(t, 75, api["queryDepthLimit"])
	require.EqualValues(t, 10, api["resolverCountLimit"])
	require.Equal(t, false, api["xrayEnabled"])
	require.Equal(t, "ALL", in(t, api, "logConfig", "fieldLogLevel"))
	require.Equal(t, false, in(t, api, "logConfig", "excludeVerboseContent"))
	require.EqualValues(t, 7, program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "shop-logs").Inputs["retentionInDays"])
	require.Equal(t, map[string]any{
		"resourceArn": "arn:aws:appsync:eu-central-1:123456789012:apis/shop-id", "webAclArn": "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/shop/1",
	}, program.Get(t, "aws:wafv2/webAclAssociation:WebAclAssociation", "shop-firewall").Inputs)
	require.Equal(t, map[string]any{
		"apiId": "shop-id", "apiCachingBehavior": "PER_RESOLVER_CACHING", "type": "MEDIUM", "ttl": 60.0, "atRestEncryptionEnabled": true, "transitEncryptionEnabled": true,
	}, program.Get(t, "aws:appsync/apiCache:ApiCache", "shop-cache").Inputs)
	for name, want := range map[string]map[string]any{
		"shop-query-order": {"ttl": 60.0, "cachingKeys": []any{
			"$context.arguments.id", "$context.arguments.full", "$context.identity.sub", "$context.identity.userArn",
		}},
		"shop-query-version":  {"ttl": 3600.0},
		"shop-query-refunds":  {"ttl": 1.0, "cachingKeys": []any{"$context.identity.claims.tenant"}},
		"shop-order-customer": {"ttl": 60.0, "cachingKeys": []any{"$context.source.id"}},
	} {
		require.Equal(t, want["ttl"], in(t, program.Get(t, resolverType, name).Inputs, "cachingConfig", "ttl"), name)
		if keys := want["cachingKeys"]; keys != nil {
			require.Equal(t, keys, in(t, program.Get(t, resolverType, name).Inputs, "cachingConfig", "cachingKeys"), name)
		}
	}
	for _, alarm := range program.OfType(alarmType) {
		require.NotEqual(t, "shop", alarm.Parent)
	}
}

func TestGraphqlApi_ForServicesOnly(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		inProgram(t, "schema.graphql", "schema { query: Reads } type Reads { version: String }")
		_, err := components.NewGraphqlApi(ctx, "shop", &components.GraphqlApiArgs{
			SchemaFile: "schema.graphql", IAM: true, Cache: &components.GraphqlCache{},
			Resolvers: []components.Resolver{{Field: "Query.version", Function: newFunction(t, ctx, "version"), CacheTTL: time.Minute}},
		})
		return err
	})
	api := program.Get(t, graphqlType, "shop").Inputs
	require.Equal(t, "AWS_IAM", api["authenticationType"])
	require.NotContains(t, api, "userPoolConfig")
	require.NotContains(t, api, "additionalAuthenticationProviders")
	require.Empty(t, program.OfType("aws:appsync/apiKey:ApiKey"))
	resolver := program.Get(t, resolverType, "shop-query-version").Inputs
	require.Equal(t, "Reads", resolver["type"], "by the schema's own name")
	require.Equal(t, []any{"$context.identity.userArn"}, in(t, resolver, "cachingConfig", "cachingKeys"))
	require.Equal(t, "SMALL", program.Get(t, "aws:appsync/apiCache:ApiCache", "shop-cache").Inputs["type"])
}

func TestGraphqlApi_GrantsSingleFields(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		api, err := newGraphql(t, ctx, func(*components.GraphqlApiArgs) {
			inProgram(t, "graphql/schema.graphql", strings.Replace(shopSchema, "full: Boolean): Order", "full: Boolean): Order @aws_iam", 1))
		})
		require.NoError(t, err)
		_, err = components.NewFunction(ctx, "notify", &components.FunctionArgs{
			Source: "x", Builder: newBuilder(t), DisableTracing: true, Grants: []policies.Grant{api.GrantMutate("setStatus"), api.GrantQuery("order")},
		})
		return err
	})
	arn := "arn:aws:appsync:eu-central-1:123456789012:apis/shop-id/types/"
	require.Equal(t, map[string][]string{
		arn + "Mutation/fields/setStatus": {"appsync:GraphQL"}, arn + "Query/fields/order": {"appsync:GraphQL"},
	}, allowed(t, program, "notify"))
	require.Equal(t, map[string]any{"SHOP_GRAPHQL_URL": "https://shop-id.appsync-api.eu-central-1.amazonaws.com/graphql"},
		in(t, program.Get(t, functionType, "notify").Inputs, "environment", "variables"))
}

func TestGraphqlApi_RefusesGrantsThatWouldNotHelp(t *testing.T) {
	mocks.MustRun(t, func(ctx *pulumi.Context) error {
		api, err := newGraphql(t, ctx, nil)
		require.NoError(t, err)
		for _, test := range []struct {
			grant policies.Grant
			want  string
		}{
			{api.GrantQuery(), "shop (GraphqlApi): grant on Query: want at least one of its fields [order version refunds]"},
			{api.GrantMutate("cancel"), "shop (GraphqlApi): grant on Mutation.cancel: want one of the fields [setStatus]"},
			{api.GrantQuery("order"), "shop (GraphqlApi): grant on Query.order: want @aws_iam on it in the schema"},
		} {
			require.ErrorContains(t, test.grant.Err(), test.want)
		}
		return nil
	})
	mocks.MustRun(t, func(ctx *pulumi.Context) error {
		inProgram(t, "schema.graphql", "type Query { version: String }")
		api, err := components.NewGraphqlApi(ctx, "shop", &components.GraphqlApiArgs{
			SchemaFile: "schema.graphql", Auth: newAuth(t, ctx), Resolvers: []components.Resolver{{Field: "Query.version", Local: true}},
		})
		require.NoError(t, err)
		require.ErrorContains(t, api.GrantQuery("version").Err(), "want an API with IAM")
		return nil
	})
}

func TestGraphqlApi_RefusesWrongArguments(t *testing.T) {
	file := func(name, text string) func(*components.GraphqlApiArgs) {
		return func(*components.GraphqlApiArgs) { inProgram(t, name, text) }
	}
	resolver := func(i int, change func(*components.Resolver)) func(*components.GraphqlApiArgs) {
		return func(a *components.GraphqlApiArgs) { change(&a.Resolvers[i]) }
	}
	cached := func(i int, change func(*components.Resolver)) func(*components.GraphqlApiArgs) {
		return func(a *components.GraphqlApiArgs) {
			a.Cache = &components.GraphqlCache{}
			a.Resolvers[i].CacheTTL = time.Minute
			change(&a.Resolvers[i])
		}
	}
	for name, test := range map[string]struct {
		change func(*components.GraphqlApiArgs)
		want   []string
	}{
		"nothing":           {func(a *components.GraphqlApiArgs) { *a = components.GraphqlApiArgs{} }, []string{"shop (GraphqlApi): Auth = <nil>, want a CognitoAuth, or IAM", `SchemaFile = "", want a file inside the program`}},
		"a key alone":       {func(a *components.GraphqlApiArgs) { a.Auth, a.IAM = nil, false }, []string{"a key alone would let everybody in"}},
		"short key":         {func(a *components.GraphqlApiArgs) { a.KeyLifetime = 24 * time.Hour }, []string{"KeyLifetime = 24h, want 2–365 days"}},
		"long key":          {func(a *components.GraphqlApiArgs) { a.KeyLifetime = 366 * 24 * time.Hour }, []string{"KeyLifetime = 8784h"}},
		"part of a day":     {func(a *components.GraphqlApiArgs) { a.KeyLifetime = 49 * time.Hour }, []string{"KeyLifetime = 49h"}},
		"limits":            {func(a *components.GraphqlApiArgs) { a.MaxQueryDepth, a.MaxResolvers = 76, 10_001 }, []string{"MaxQueryDepth = 76, want 1–75", "MaxResolvers = 10001, want 1–10000"}},
		"log":               {func(a *components.GraphqlApiArgs) { a.LogLevel, a.LogRetentionDays = components.LogFatal, 2 }, []string{`LogLevel = "FATAL", want LogErrors or LogAll`, "LogRetentionDays = 2"}},
		"cache size":        {func(a *components.GraphqlApiArgs) { a.Cache = &components.GraphqlCache{Size: "HUGE"} }, []string{`Cache.Size = "HUGE", want one of [SMALL MEDIUM`}},
		"no schema":         {func(a *components.GraphqlApiArgs) { a.SchemaFile = "missing.graphql" }, []string{"shop (GraphqlApi): reading the schema: open missing.graphql"}},
		"elsewhere":         {func(a *components.GraphqlApiArgs) { a.SchemaFile = "../x" }, []string{`SchemaFile = "../x"`}},
		"syntax":            {file("graphql/schema.graphql", "type Query {"), []string{"shop (GraphqlApi): graphql/schema.graphql:1:"}},
		"directives":        {func(a *components.GraphqlApiArgs) { a.KeyLifetime = 0 }, []string{"graphql/schema.graphql:6:20: Query.version: @aws_api_key, want only what the API has"}},
		"unused mode":       {file("graphql/schema.graphql", strings.Replace(shopSchema, "@aws_api_key", "", 1)), []string{"Query: want @aws_api_key on a type or a field"}},
		"unknown field":     {resolver(1, func(r *components.Resolver) { r.Field = "Query.versions" }), []string{`Resolvers[1].Field = "Query.versions", want one of the fields of Query: order, version, refunds`, `Resolvers = "Query.version", want a resolver for every query and mutation`}},
		"unknown type":      {resolver(1, func(r *components.Resolver) { r.Field = "version" }), []string{`Resolvers[1].Field = "version", want a type and a field of the schema`}},
		"field twice":       {resolver(2, func(r *components.Resolver) { r.Field = "Query.version" }), []string{`Resolvers[2].Field = "Query.version", want every field once`}},
		"no source":         {resolver(1, func(r *components.Resolver) { r.Function = nil }), []string{"Resolvers[1] Function, Table and Local = 0, want exactly one of them"}},
		"two sources":       {resolver(1, func(r *components.Resolver) { r.Local = true }), []string{"Resolvers[1] Function, Table and Local = 2"}},
		"batch of one":      {resolver(1, func(r *components.Resolver) { r.BatchSize = 1 }), []string{"Resolvers[1].BatchSize = 1, want 2–2000"}},
		"batch of code":     {resolver(1, func(r *components.Resolver) { r.BatchSize, r.CodeFile = 2, "graphql/order.js" }), []string{"want 0 unless a Function answers directly"}},
		"no grants":         {resolver(0, func(r *components.Resolver) { r.Grants = nil }), []string{"Resolvers[0].Grants = 0, want at least one grant of the table"}},
		"grants of nothing": {resolver(1, func(r *components.Resolver) { r.Grants = []policies.Grant{{}} }), []string{"Resolvers[1].Grants = 1, want none without Table"}},
		"invalid grant": {resolver(0, func(r *components.Resolver) {
			r.Grants = []policies.Grant{r.Table.GrantIndexes(policies.Query, "by-date")}
		}), []string{"Resolvers[0].Grants", `grant on index "by-date"`}},
		"another's grant": {resolver(0, func(r *components.Resolver) {
			r.Grants = []policies.Grant{{Links: []policies.Link{{Resource: "users (Table)"}}}}
		}), []string{"Resolvers[0].Grants = [] on [users (Table)], want only grants of orders (Table)"}},
		"no code":           {resolver(0, func(r *components.Resolver) { r.CodeFile = "" }), []string{`Resolvers[0].CodeFile = "", want the code that works on the table`}},
		"missing code":      {resolver(0, func(r *components.Resolver) { r.CodeFile = "x.js" }), []string{"reading a resolver's code: open x.js"}},
		"code elsewhere":    {resolver(0, func(r *components.Resolver) { r.CodeFile = "/etc/passwd" }), []string{`Resolvers[0].CodeFile = "/etc/passwd", want a file inside the program`}},
		"half the code":     {file("graphql/order.js", "export function request(ctx) {}"), []string{"want code with export function response(ctx)"}},
		"too much code":     {file("graphql/order.js", tableCode+strings.Repeat("//", 20_000)), []string{"want at most 32768 bytes"}},
		"cache that is not": {resolver(0, func(r *components.Resolver) { r.CacheTTL = time.Minute }), []string{"Resolvers[0].CacheTTL = 1m, want an API with a Cache"}},
		"keys for nothing":  {resolver(0, func(r *components.Resolver) { r.CacheKeys, r.CacheShared = []string{"x"}, true }), []string{"CacheKeys = [x], want none without CacheTTL", "CacheShared = true"}},
		"long cache":        {cached(0, func(r *components.Resolver) { r.CacheTTL = 2 * time.Hour }), []string{"CacheTTL = 2h, want 1s–1h"}},
		"cached mutation":   {cached(3, func(*components.Resolver) {}), []string{"want no cache for mutations and subscriptions"}},
		"cached child":      {cached(4, func(*components.Resolver) {}), []string{"Resolvers[4].CacheKeys = [], want what tells parents apart"}},
		"strange keys":      {cached(0, func(r *components.Resolver) { r.CacheKeys = []string{"$ctx.args.id"} }), []string{`CacheKeys = "$ctx.args.id"`, "want either the caller"}},
		"too many keys":     {cached(0, func(r *components.Resolver) { r.CacheKeys = make([]string, 26) }), []string{"CacheKeys = 26, want at most 25"}},
		"keys of nobody":    {cached(0, func(r *components.Resolver) { r.CacheKeys = []string{"$context.arguments.id"} }), []string{"want either the caller, such as $context.identity.sub, or CacheShared"}},
	} {
		t.Run(name, func(t *testing.T) {
			program, err := mocks.Run(func(ctx *pulumi.Context) error {
				_, err := newGraphql(t, ctx, test.change)
				return err
			}, nil)
			for _, text := range test.want {
				require.ErrorContains(t, err, text)
			}
			require.Empty(t, program.OfType(graphqlType))
		})
	}
}

func TestGraphqlApi_RefusesSlowFunctionsAndNamesThatClash(t *testing.T) {
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		_, err := newGraphql(t, ctx, func(a *components.GraphqlApiArgs) {
			slow, err := components.NewFunction(ctx, "local", &components.FunctionArgs{Source: "x", Builder: newBuilder(t), Timeout: time.Minute})
			require.NoError(t, err)
			a.Resolvers[4] = components.Resolver{Field: "Order.customer", Function: slow}
		})
		return err
	}, nil)
	require.ErrorContains(t, err, "Resolvers[4].Function timeout = 1m, want at most 29s behind an API")
	require.ErrorContains(t, err, `Resolvers[4] = "local", want functions and tables with different names, and none called local`)
}
