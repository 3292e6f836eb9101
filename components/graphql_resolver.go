package components

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/serverless-shop/serverless-shop/components/graphql"
)

// localSource is the data source of resolvers that ask nobody.
const localSource = "local"

// passOn is the code of a Local resolver that has none of its own.
const passOn = `export function request(ctx) {
  return { payload: ctx.args };
}

export function response(ctx) {
  return ctx.result;
}
`

// source names the data source of the resolver.
func (r Resolver) source() string {
	switch {
	case r.Function != nil:
		return r.Function.logicalName
	case r.Table != nil:
		return r.Table.logicalName
	}
	return localSource
}

// slug names the resolver: Query.ordersByUser → query-ordersbyuser.
func (r Resolver) slug() string {
	return strings.Trim(notWord.ReplaceAllString(strings.ToLower(r.Field), "-"), "-")
}

// cacheUser tells the answers of users of the user pool apart.
const cacheUser = "$context.identity.sub"

// cacheCallers tell callers apart by the way in which they are known. Who has the key is nobody in particular.
var cacheCallers = map[graphql.Mode]string{graphql.Cognito: cacheUser, graphql.IAM: "$context.identity.userArn"}

// cacheKeys tell answers apart.
func (r Resolver) cacheKeys(schema *graphql.Schema, modes []graphql.Mode) []string {
	if len(r.CacheKeys) > 0 {
		return r.CacheKeys
	}
	var keys []string
	for _, argument := range schema.Arguments(r.Field) {
		keys = append(keys, "$context.arguments."+argument)
	}
	for _, mode := range modes {
		if key := cacheCallers[mode]; key != "" && !r.CacheShared {
			keys = append(keys, key)
		}
	}
	return keys
}

// graphqlPlan is what validation finds out.
type graphqlPlan struct {
	schema *graphql.Schema
	text   string
	code   []string // of each resolver; empty if it needs none
}

func (a *GraphqlApiArgs) validate(name string) (graphqlPlan, error) {
	p := check("GraphqlApi", name)
	p.fitsBefore("-log-role", "log role")
	p.want(a.Auth != nil || a.IAM, "Auth", nil, "a CognitoAuth, or IAM; a key alone would let everybody in")
	p.want(a.KeyLifetime == 0 || a.KeyLifetime >= minKeyLifetime && a.KeyLifetime <= maxKeyLifetime && a.KeyLifetime%(24*time.Hour) == 0,
		"KeyLifetime", a.KeyLifetime, "2–365 days (48h–8760h), whole days")
	p.want(a.MaxQueryDepth >= 0 && a.MaxQueryDepth <= maxQueryDepth, "MaxQueryDepth", a.MaxQueryDepth, "1–75, or 0 for the default of 10")
	p.want(a.MaxResolvers >= 0 && a.MaxResolvers <= maxResolverRuns, "MaxResolvers", a.MaxResolvers, "1–10000, or 0 for the default of 1000")
	p.want(slices.Contains([]LogLevel{"", LogErrors, LogAll}, a.LogLevel), "LogLevel", string(a.LogLevel), "LogErrors or LogAll")
	p.want(a.LogRetentionDays == 0 || slices.Contains(logRetentionDays, a.LogRetentionDays), "LogRetentionDays", a.LogRetentionDays,
		fmt.Sprintf("one of %v", logRetentionDays))
	if a.Cache != nil {
		p.want(slices.Contains(graphqlCacheSizes, or(a.Cache.Size, defaultGraphqlCacheSize)), "Cache.Size", string(a.Cache.Size), fmt.Sprintf("one of %v", graphqlCacheSizes))
	}
	plan := graphqlPlan{}
	plan.schema, plan.text = a.readSchema(p)
	fields, slugs, sources := map[string]bool{}, map[string]bool{}, map[string]Resolver{}
	for i, r := range a.Resolvers {
		field := fmt.Sprintf("Resolvers[%d]", i)
		if plan.schema != nil {
			r.validateField(p, field, plan.schema)
		}
		p.want(!slugs[r.slug()], field+".Field", r.Field, "every field once, in letters that differ by more than their case")
		fields[r.Field], slugs[r.slug()] = true, true
		plan.code = append(plan.code, r.validate(p, field))
		r.validateCache(p, field, a.Cache != nil)
		other, taken := sources[r.source()]
		p.want(!taken || other.Function == r.Function && other.Table == r.Table, field, r.source(),
			"functions and tables with different names, and none called local")
		role := name + "-" + r.source() + "-role"
		p.want(r.Local || len(role) <= maxNamePart, field, r.source(), fmt.Sprintf("a shorter name, or a shorter one of the API: %s is the name of a role, and has %d characters of %d",
			role, len(role), maxNamePart))
		sources[r.source()] = r
	}
	if plan.schema != nil {
		for _, typ := range []string{"Query", "Mutation"} {
			for _, f := range plan.schema.Fields(typ) {
				p.want(fields[typ+"."+f], "Resolvers", typ+"."+f, "a resolver for every query and mutation, since without one they are always null")
			}
		}
	}
	return plan, p.err()
}

// readSchema reads the schema and checks it against the API's ways of signing in.
func (a *GraphqlApiArgs) readSchema(p *problems) (*graphql.Schema, string) {
	if !filepath.IsLocal(a.SchemaFile) {
		p.want(false, "SchemaFile", a.SchemaFile, "a file inside the program, such as graphql/schema.graphql")
		return nil, ""
	}
	text, err := os.ReadFile(a.SchemaFile)
	if err != nil {
		p.found = append(p.found, wrap(p.component, p.name, fmt.Errorf("reading the schema: %w", err)))
		return nil, ""
	}
	schema, err := graphql.Parse(text)
	if modes := a.modes(); err == nil && len(modes) > 0 {
		err = schema.Check(modes[0], modes[1:]...)
	}
	if err == nil {
		return schema, string(text)
	}
	each := []error{err}
	if joined := interface{ Unwrap() []error }(nil); errors.As(err, &joined) {
		each = joined.Unwrap()
	}
	for _, e := range each {
		p.found = append(p.found, wrap(p.component, p.name, fmt.Errorf("%s:%w", a.SchemaFile, e)))
	}
	return schema, string(text)
}

// validateField wants a field of the schema.
func (r Resolver) validateField(p *problems, field string, schema *graphql.Schema) {
	if schema.HasField(r.Field) {
		return
	}
	typ, _, _ := strings.Cut(r.Field, ".")
	accepted := "a type and a field of the schema, such as Query.orders"
	if fields := schema.Fields(typ); len(fields) > 0 {
		accepted = fmt.Sprintf("one of the fields of %s: %s", typ, strings.Join(fields, ", "))
	}
	p.want(false, field+".Field", r.Field, accepted)
}

// validate checks where the value comes from and returns the code.
func (r Resolver) validate(p *problems, field string) string {
	given := 0
	for _, set := range []bool{r.Function != nil, r.Table != nil, r.Local} {
		if set {
			given++
		}
	}
	p.want(given == 1, field+" Function, Table and Local", given, "exactly one of them")
	p.behindAPI(field+".Function", r.Function)
	p.want(r.BatchSize == 0 || r.BatchSize >= 2 && r.BatchSize <= maxResolverBatch, field+".BatchSize", r.BatchSize, "2–2000, or 0 for one at a time")
	p.want(r.BatchSize == 0 || r.Function != nil && r.CodeFile == "", field+".BatchSize", r.BatchSize, "0 unless a Function answers directly, without CodeFile")
	p.want(r.Table == nil || len(r.Grants) > 0, field+".Grants", len(r.Grants), "at least one grant of the table")
	p.want(r.Table != nil || len(r.Grants) == 0, field+".Grants", len(r.Grants), "none without Table")
	p.want(r.Table == nil || r.CodeFile != "", field+".CodeFile", r.CodeFile, "the code that works on the table, such as graphql/order.js")
	if r.Table != nil {
		for _, grant := range r.Grants {
			p.want(grant.Err() == nil, field+".Grants", grant, fmt.Sprintf("grants that can be given: %v", grant.Err()))
			for _, link := range grant.Links {
				p.want(link.Resource == r.Table.link().Resource, field+".Grants", grant, "only grants of "+r.Table.link().Resource)
			}
		}
	}
	if r.CodeFile == "" {
		if r.Local {
			return passOn
		}
		return ""
	}
	return r.readCode(p, field+".CodeFile")
}

var codeFunctions = regexp.MustCompile(`(?m)^\s*export\s+(?:function|const|let)\s+(request|response)\b`)

// readCode reads the code and wants both functions in it.
func (r Resolver) readCode(p *problems, field string) string {
	if !filepath.IsLocal(r.CodeFile) {
		p.want(false, field, r.CodeFile, "a file inside the program, such as graphql/order.js")
		return ""
	}
	code, err := os.ReadFile(r.CodeFile)
	if err != nil {
		p.found = append(p.found, wrap(p.component, p.name, fmt.Errorf("reading a resolver's code: %w", err)))
		return ""
	}
	p.want(len(code) <= maxResolverCode, field, r.CodeFile, fmt.Sprintf("at most %d bytes (AppSync quota), not %d", maxResolverCode, len(code)))
	for _, function := range []string{"request", "response"} {
		found := slices.ContainsFunc(codeFunctions.FindAllStringSubmatch(string(code), -1), func(m []string) bool { return m[1] == function })
		p.want(found, field, r.CodeFile, "code with export function "+function+"(ctx)")
	}
	return string(code)
}

var cachingKey = regexp.MustCompile(`^\$context\.(arguments|source|identity)\.[A-Za-z_][A-Za-z0-9_.]*$`)

// validateCache wants no caller to get another one's answer.
func (r Resolver) validateCache(p *problems, field string, cached bool) {
	if r.CacheTTL == 0 {
		p.want(len(r.CacheKeys) == 0, field+".CacheKeys", r.CacheKeys, "none without CacheTTL")
		p.want(!r.CacheShared, field+".CacheShared", r.CacheShared, "false without CacheTTL")
		return
	}
	typ, _, _ := strings.Cut(r.Field, ".")
	p.want(cached, field+".CacheTTL", r.CacheTTL, "an API with a Cache")
	p.want(r.CacheTTL >= time.Second && r.CacheTTL <= maxGraphqlCacheTTL && r.CacheTTL%time.Second == 0, field+".CacheTTL", r.CacheTTL, "1s–1h in whole seconds")
	p.want(typ != "Mutation" && typ != "Subscription", field+".CacheTTL", r.CacheTTL, "no cache for mutations and subscriptions")
	p.want(typ == "Query" || len(r.CacheKeys) > 0, field+".CacheKeys", r.CacheKeys, "what tells parents apart, such as $context.source.id")
	p.want(len(r.CacheKeys) <= maxCachingKeys, field+".CacheKeys", len(r.CacheKeys), "at most 25")
	identity := false
	for _, key := range r.CacheKeys {
		p.want(cachingKey.MatchString(key), field+".CacheKeys", key, "entries such as $context.arguments.id, $context.source.id or "+cacheUser)
		identity = identity || strings.HasPrefix(key, "$context.identity.")
	}
	p.want(len(r.CacheKeys) == 0 || identity != r.CacheShared, field+".CacheKeys", r.CacheKeys, "either the caller, such as "+cacheUser+", or CacheShared")
}
