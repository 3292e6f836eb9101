package components

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// APIFlavor is which of API Gateway's two kinds of API for HTTP requests stands in front of the functions.
type APIFlavor string

const (
	// FlavorHTTP is an HTTP API: about 70 % cheaper than a REST API and quicker. The default.
	FlavorHTTP APIFlavor = "HTTP"
	// FlavorREST is a REST API, which has what an HTTP API lacks: API keys and usage plans, a cache, request validation,
	// error answers of one's own, traces and a web application firewall.
	//
	// API Gateway writes a REST API's logs with a role that is set once per account and region. Unless that is done already,
	// one API sets it with ConfigureAccountLogs; without the role AWS refuses to create the stage.
	FlavorREST APIFlavor = "REST"
)

// RouteAuth is how a route knows its caller.
type RouteAuth string

const (
	// AuthJWT lets only requests through that carry a valid access token of the API's [CognitoAuth]: of one of its users, or on routes with
	// Scopes of one of its MachineClients. ID tokens are refused. The default.
	AuthJWT RouteAuth = "JWT"
	// AuthNone lets everybody call the route.
	AuthNone RouteAuth = "NONE"
	// AuthIAM lets only requests through that are signed (Signature Version 4) by somebody who was granted it by
	// [ServerlessApi.GrantCall].
	AuthIAM RouteAuth = "IAM"
	// AuthAPIKey lets only requests through whose header x-api-key has the key of one of the API's Clients. A key
	// tells which program calls, and is no proof of who uses it. Only with [FlavorREST].
	AuthAPIKey RouteAuth = "API_KEY"
)

// Throttle limits how often something may be called; what exceeds it is answered with 429 and costs nothing.
type Throttle struct {
	// Rate is the steady limit in requests per second.
	Rate float64
	// Burst is how many requests may come at once (the token bucket's size).
	Burst int
}

// DefaultThrottle is the limit of an API that sets none.
var DefaultThrottle = Throttle{Rate: 1000, Burst: 2000}

// APITimeout is how long a function behind an API may take: API Gateway gives up after 30 seconds (HTTP API quota), and a
// REST API after 29, so that a route works behind both.
//
// The size of a request is limited by AWS alone: 10 MB at API Gateway (quota), 6 MB at Lambda, both answered with 413.
const APITimeout = 29 * time.Second

// Route connects a method and a path to a function.
type Route struct {
	// Method is GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS or ANY.
	Method string
	// Path begins with a slash; {name} stands for one segment and a last {name+} for all that follow: /products/{id}. API Gateway has one
	// parameter in each place, so that one of a deployed route gets another name in two deployments: without its routes, then with them.
	Path string
	// Function answers the route. Required. Its timeout may be at most [APITimeout].
	Function *Function
	// Auth is how the route knows its caller. Default [AuthJWT].
	Auth RouteAuth
	// Scopes are OAuth scopes of which the token must carry one, at most 10. Default: openid and aws.cognito.signin.user.admin, of which every
	// access token of a user who signed in has one. Without any, API Gateway could not tell access tokens from ID tokens.
	Scopes []string
	// Throttle limits this route. Default: the API's.
	Throttle *Throttle
	// CacheTTL is how long a [StaticSite] in front of the API may keep an answer: 1 s–1 h. The function's Cache-Control header
	// may shorten it. Behind a REST API the stage keeps it too, whatever the function says. Only for GET routes with
	// [AuthNone], since everybody gets the same answer. Default: never kept.
	CacheTTL time.Duration
	// CacheKeys are the query parameters by which answers differ; path parameters always count. Required with CacheTTL behind
	// a REST API, whose cache gives the same answer whatever else is asked; an empty list, not nil, if there are none.
	// [StaticSite] tells answers apart by the whole query.
	CacheKeys []string
	// RequiredQuery and RequiredHeaders are parameters without which a REST API answers 400 by itself. Default: none.
	RequiredQuery, RequiredHeaders []string
	// BodySchema is a JSON Schema (draft 4) that a REST API checks JSON bodies against, answering 400 by itself.
	// Default: the function checks.
	BodySchema string
}

// Key is how API Gateway names the route: "GET /products".
func (r Route) Key() string {
	return strings.TrimSpace(r.Method + " " + r.Path)
}

// Routes are the routes of an API.
type Routes []Route

func (r Routes) keys() []string {
	keys := make([]string, len(r))
	for i, route := range r {
		keys[i] = route.Key()
	}
	return keys
}

// signInScopes are in the access tokens of users: the first of those who signed in on the hosted pages, the second of those who
// did through the user pool's own API.
var signInScopes = []string{"openid", "aws.cognito.signin.user.admin"}

// maxRouteScopes is how many scopes a route of an HTTP API can have (API Gateway quota).
const maxRouteScopes = 10

// scopes are those of which a token must carry one.
func (r Route) scopes() []string {
	if len(r.Scopes) == 0 {
		return signInScopes
	}
	return r.Scopes
}

// CORS lets browsers call the API from pages of other origins.
type CORS struct {
	// Origins are the pages' origins, such as https://shop.example.com. Required; "*" is refused. Exactly one with
	// [FlavorREST], whose own answers cannot depend on the request.
	Origins []string
	// Headers that the pages may send. Default: authorization, content-type.
	Headers []string
	// ExposedHeaders that the pages may read beyond the basic ones. Default: none.
	ExposedHeaders []string
	// MaxAge is how long a browser may remember the permission: at most 24 h. Default 5 min.
	MaxAge time.Duration
}

// APIEndpoint is where in the world a REST API's endpoint is.
type APIEndpoint string

const (
	// EndpointRegional is in the API's region. The default: a [StaticSite] adds the edge where it is wanted.
	EndpointRegional APIEndpoint = "REGIONAL"
	// EndpointEdge is behind a CloudFront distribution of API Gateway's own. Not with a Domain.
	EndpointEdge APIEndpoint = "EDGE"
)

// ExecutionLogs is how much a REST API writes about its own work on each request. Bodies and tokens are never written.
type ExecutionLogs string

const (
	// ExecutionLogsOff writes nothing beyond the access log.
	ExecutionLogsOff ExecutionLogs = "OFF"
	// ExecutionLogsErrors writes about requests that fail. The default.
	ExecutionLogsErrors ExecutionLogs = "ERROR"
	// ExecutionLogsAll writes about every step of every request, which costs more than the requests themselves.
	ExecutionLogsAll ExecutionLogs = "INFO"
)

// ServerlessApiArgs describes an API in front of functions.
type ServerlessApiArgs struct {
	// Flavor is the kind of API. Default [FlavorHTTP]. Another flavour is another API with another URL.
	Flavor APIFlavor
	// Routes are required. Every function is reachable by its own routes only. A route that is taken away from a deployed [FlavorREST] no
	// longer reaches its function, but answers 500 instead of 404 until something else of the API is deployed.
	Routes Routes
	// NotFound answers requests that match no route. Default: API Gateway's own {"message":"Not Found"}, and with
	// [FlavorREST] a problem (RFC 9457) of status 404.
	NotFound *Function
	// Auth issues the tokens that routes with [AuthJWT] accept. Required if there is such a route.
	Auth *CognitoAuth
	// CORS is needed only for pages of another origin. Default: none may call. Behind a REST API the answers themselves
	// must name the origin too; package handler does so.
	CORS *CORS
	// Throttle limits each route that sets no limit of its own, for all callers together. Default [DefaultThrottle], or what the Clients may
	// all together, if that is more.
	Throttle *Throttle
	// StageName becomes the first segment of the API's URL, unless it is $default. Default $default, and api with
	// [FlavorREST], whose stages need a name.
	StageName string
	// Domain is a domain name of one's own for the API. Default: API Gateway's.
	Domain *APIDomain
	// LogRetentionDays is how long logs are kept: a value that CloudWatch Logs accepts. Default 30.
	LogRetentionDays int
	// Alarms says who hears of requests that fail by no fault of the caller.
	Alarms Alarms

	// The following are for [FlavorREST] only.

	// Clients may call the routes with [AuthAPIKey]. Required if there is such a route.
	Clients []APIClient
	// CacheSize of the stage's cache in GB: 0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118 or 237. It is paid by the hour, from
	// $0.02 (API Gateway pricing), and exists only if a route has a CacheTTL. Default 0.5.
	CacheSize float64
	// DisableCache leaves keeping answers to the [StaticSite] in front of the API.
	DisableCache bool
	// MinimumCompressionSize is from how many bytes on answers are compressed: 1–10,485,760. Default: never.
	MinimumCompressionSize int
	// Endpoint is where the API's endpoint is. Default [EndpointRegional].
	Endpoint APIEndpoint
	// WebACLARN is a WAF web ACL that requests must pass: a regional one, of the API's region. Default: none.
	WebACLARN pulumi.StringInput
	// ExecutionLogs is how much API Gateway writes about its own work. Default [ExecutionLogsErrors].
	ExecutionLogs ExecutionLogs
	// ConfigureAccountLogs sets the role with which API Gateway writes the logs of all REST APIs of the account in the
	// region (the CloudWatch log role of its settings). Only one API may do so, and deleting it leaves the setting behind.
	// Default: somebody has set it.
	ConfigureAccountLogs bool
	// DisableTracing switches X-Ray's traces of the stage off.
	DisableTracing bool
}

// ServerlessApi is an API: routes to functions, callers known by their tokens or keys, limited and logged.
type ServerlessApi struct {
	pulumi.ResourceState

	// ID of the API.
	ID pulumi.StringOutput
	// ExecutionARN is the prefix of the ARNs by which permissions name the API's routes.
	ExecutionARN pulumi.StringOutput
	// StageName is the deployed stage.
	StageName pulumi.StringOutput
	// URL is where the stage answers, without a trailing slash.
	URL pulumi.StringOutput
	// AccessLogGroup is the name of the log group with one JSON line per request.
	AccessLogGroup pulumi.StringOutput
	// ClientKeys are the API keys by the names of the Clients, as a secret. Only with [FlavorREST].
	ClientKeys pulumi.StringMapOutput
	// DomainTarget is what a DNS record for the API's Domain must point to.
	DomainTarget pulumi.StringOutput

	logicalName string
	stage       string
	routes      Routes
	metrics     apiMetrics
}

// NewServerlessApi creates the API with its routes, authorizer, stage and access log.
func NewServerlessApi(ctx *pulumi.Context, name string, args *ServerlessApiArgs, opts ...pulumi.ResourceOption) (*ServerlessApi, error) {
	if args == nil {
		args = &ServerlessApiArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	a := &ServerlessApi{logicalName: name, stage: args.stageName(), routes: slices.Clone(args.Routes)}
	if err := ctx.RegisterComponentResource(token("ServerlessApi"), name, a, opts...); err != nil {
		return nil, wrap("ServerlessApi", name, err)
	}
	create := a.newHTTP
	if args.rest() {
		create = a.newREST
	}
	if err := create(ctx, name, args); err != nil {
		return nil, wrap("ServerlessApi", name, err)
	}
	if err := a.newDomain(ctx, name, args.Domain); err != nil {
		return nil, wrap("ServerlessApi", name, err)
	}
	if err := newAlarms(ctx, a, name, args.Alarms, a.alarms()...); err != nil {
		return nil, wrap("ServerlessApi", name, err)
	}
	outputs := pulumi.Map{"id": a.ID, "url": a.URL, "stageName": a.StageName, "accessLogGroup": a.AccessLogGroup}
	if len(args.Clients) > 0 {
		outputs["clientKeys"] = a.ClientKeys
	}
	if args.Domain != nil {
		outputs["domainTarget"] = a.DomainTarget
	}
	return a, ctx.RegisterResourceOutputs(a, outputs)
}

// apiMetrics are the names under which CloudWatch has an API's metrics.
type apiMetrics struct {
	dimensions                 map[string]pulumi.StringInput
	clientErrors, serverErrors string
}

// GrantCall allows calling routes with [AuthIAM], by their keys such as "GET /prices/{id}", and links the API's address as <NAME>_URL. A
// parameter at the end of a path stands for everything below it; a route with one before its end cannot be granted, since policies take no
// wildcard there.
func (a *ServerlessApi) GrantCall(routes ...string) policies.Grant {
	var arns []pulumi.StringInput
	signed := slices.DeleteFunc(slices.Clone(a.routes), func(r Route) bool { return r.Auth != AuthIAM })
	p := check("ServerlessApi", a.logicalName)
	p.want(len(routes) > 0, "GrantCall", routes, fmt.Sprintf("at least one of the routes with AuthIAM: %q", signed.keys()))
	for _, key := range routes {
		i := slices.Index(signed.keys(), key)
		p.want(i >= 0, "GrantCall", key, fmt.Sprintf("one of the routes with AuthIAM: %q", signed.keys()))
		if i < 0 {
			continue
		}
		path := pathParameter.ReplaceAllString(signed[i].Path, "*")
		p.want(!strings.Contains(strings.TrimSuffix(path, "/*"), "*"), "GrantCall", key, "a route whose path has a parameter at its end, if any")
		for _, method := range signed[i].methods() {
			arns = append(arns, pulumi.Sprintf("%s/%s/%s%s", a.ExecutionARN, a.stage, method, path))
		}
	}
	if err := p.err(); err != nil {
		return policies.Invalid(err)
	}
	return policies.Grant{
		Statements: []policies.Statement{{Actions: []string{string(policies.CallRoute)}, Resources: arns}},
		Links:      []policies.Link{{Variable: variable(a.logicalName, "URL"), Value: a.URL, Resource: a.logicalName + " (ServerlessApi)"}},
	}
}

// alarms of an API: requests fail, and not by the caller's fault.
func (a *ServerlessApi) alarms() []alarm {
	return []alarm{{
		role: "server-errors", description: "The API " + a.logicalName + " fails requests. Its access log and its functions' logs have the reasons.",
		namespace: "AWS/ApiGateway", metric: a.metrics.serverErrors, statistic: "Sum", dimensions: a.metrics.dimensions, threshold: 1, period: 5 * time.Minute,
	}}
}

// newAccessLog creates the log group of the access log and returns the format of its lines.
func (a *ServerlessApi) newAccessLog(ctx *pulumi.Context, name string, args *ServerlessApiArgs, fields map[string]string) (*cloudwatch.LogGroup, string, error) {
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-access-logs", &cloudwatch.LogGroupArgs{
		NamePrefix:      pulumi.String("/aws/apigateway/" + name + "-"),
		RetentionInDays: pulumi.Int(or(args.LogRetentionDays, defaultLogRetentionDays)),
	}, pulumi.Parent(a), keepsItsName())
	if err != nil {
		return nil, "", err
	}
	a.AccessLogGroup = logs.Name
	format, err := json.Marshal(fields)
	return logs, string(format), err
}

func (a *ServerlessApiArgs) rest() bool {
	return a.Flavor == FlavorREST
}

func (a *ServerlessApiArgs) stageName() string {
	if a.rest() {
		return or(a.StageName, defaultRESTStage)
	}
	return or(a.StageName, defaultStage)
}

func (a *ServerlessApiArgs) throttle() Throttle {
	if a.Throttle != nil {
		return *a.Throttle
	}
	all := Throttle{}
	for _, c := range a.Clients {
		all.Rate, all.Burst = all.Rate+c.throttle().Rate, all.Burst+c.throttle().Burst
	}
	return Throttle{Rate: max(all.Rate, DefaultThrottle.Rate), Burst: max(all.Burst, DefaultThrottle.Burst)}
}

// all are the routes, and those that catch the rest if something answers it.
func (a *ServerlessApiArgs) all() Routes {
	routes := slices.Clone(a.Routes)
	if a.NotFound == nil {
		return routes
	}
	if !a.rest() {
		routes = append(routes, Route{Method: defaultRoute, Function: a.NotFound, Auth: AuthNone})
		return routes
	}
	for _, path := range []string{"/", "/{proxy+}"} {
		catchAll := Route{Method: "ANY", Path: path, Function: a.NotFound, Auth: AuthNone}
		if !slices.ContainsFunc(routes, func(r Route) bool { return r.Key() == catchAll.Key() }) {
			routes = append(routes, catchAll)
		}
	}
	return routes
}

// defaultStage is the stage whose name is not part of the URL.
const defaultStage = "$default"

// defaultRESTStage is the stage of a REST API, which needs a name.
const defaultRESTStage = "api"

// defaultRoute is how API Gateway names the route for requests that match no other.
const defaultRoute = "$default"

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

// slug names the route's resources: "GET /products/{id}" → get-products-id.
func (r Route) slug() string {
	return strings.Trim(notWord.ReplaceAllString(strings.ToLower(r.Key()), "-"), "-")
}

var pathParameter = regexp.MustCompile(`\{[^}]+\}`)

// methods are those that requests to the route can have.
func (r Route) methods() []string {
	if r.Method == "ANY" {
		return slices.DeleteFunc(slices.Clone(methods), func(m string) bool { return m == "ANY" })
	}
	return []string{r.Method}
}

// shape is what API Gateway tells routes apart by: the method and the path, without the names of parameters.
func (r Route) shape() string {
	return pathParameter.ReplaceAllStringFunc(r.Key(), func(parameter string) string {
		if strings.HasSuffix(parameter, "+}") {
			return "{+}"
		}
		return "{}"
	})
}

// permission is the last part of the route's ARN, in which a path parameter is a wildcard.
func (r Route) permission() string {
	if r.Method == defaultRoute {
		return defaultRoute
	}
	method := r.Method
	if method == "ANY" {
		method = "*"
	}
	return method + pathParameter.ReplaceAllString(r.Path, "*")
}

func (c *CORS) headers() []string {
	if len(c.Headers) == 0 {
		return []string{"authorization", "content-type"}
	}
	return c.Headers
}

func (c *CORS) maxAge() time.Duration {
	return or(c.MaxAge, 5*time.Minute)
}

var (
	methods   = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"}
	routePath = regexp.MustCompile(`^/$|^(/([A-Za-z0-9._~-]+|\{[A-Za-z0-9._-]+\}))*(/\{[A-Za-z0-9._-]+\+\}|/([A-Za-z0-9._~-]+|\{[A-Za-z0-9._-]+\}))$`)
	stageName = regexp.MustCompile(`^(\$default|[A-Za-z0-9_-]{1,128})$`)
	origin    = regexp.MustCompile(`^https?://[a-z0-9.-]+(:\d+)?$`)
	// What API Gateway accepts in the names of request parameters that it maps.
	parameterName = regexp.MustCompile(`^[A-Za-z0-9_.$\[\]-]+$`)
	headerName    = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
)

func (a *ServerlessApiArgs) validate(name string) error {
	p := check("ServerlessApi", name)
	p.want(slices.Contains([]APIFlavor{"", FlavorHTTP, FlavorREST}, a.Flavor), "Flavor", string(a.Flavor), "FlavorHTTP or FlavorREST")
	p.want(len(a.Routes) > 0, "Routes", len(a.Routes), "at least one route")
	p.want(stageName.MatchString(a.stageName()), "StageName", a.StageName, "$default, or 1–128 of A–Z, a–z, 0–9, '_' and '-'")
	p.want(a.LogRetentionDays == 0 || slices.Contains(logRetentionDays, a.LogRetentionDays), "LogRetentionDays", a.LogRetentionDays,
		fmt.Sprintf("one of %v", logRetentionDays))
	p.throttle("Throttle", a.Throttle)
	seen, slugs, shapes := map[string]bool{}, map[string]string{}, map[string]string{}
	for _, r := range a.Routes {
		p.want(!seen[r.Key()], "Routes", r.Key(), "every method and path once")
		first, taken := slugs[r.slug()]
		p.want(!taken || seen[r.Key()], "Routes", r.Key(), "a route whose resources get other names than those of "+first+", which are called "+r.slug()+" too")
		first, taken = shapes[r.shape()]
		p.want(!taken || seen[r.Key()], "Routes", r.Key(), "another path than that of "+first+", which differs by the names of parameters alone")
		seen[r.Key()], slugs[r.slug()], shapes[r.shape()] = true, r.Key(), r.Key()
		a.validateRoute(p, r)
	}
	if a.NotFound != nil {
		p.want(a.NotFound.timeout <= APITimeout, "NotFound timeout", a.NotFound.timeout, "at most 29s behind an API")
	}
	a.CORS.validate(p)
	a.Domain.validate(p)
	if a.rest() {
		a.validateREST(p)
	} else {
		a.refuseREST(p)
	}
	return p.err()
}

func (a *ServerlessApiArgs) validateRoute(p *problems, r Route) {
	field := "route " + r.Key()
	p.want(slices.Contains(methods, r.Method), field+" Method", r.Method, strings.Join(methods, ", "))
	p.want(routePath.MatchString(r.Path), field+" Path", r.Path, "a path such as /products/{id}")
	p.once(field+" Path parameters", r.pathParameters(), "parameter")
	auth := or(r.Auth, AuthJWT)
	p.want(slices.Contains([]RouteAuth{AuthJWT, AuthNone, AuthIAM, AuthAPIKey}, auth), field+" Auth", string(r.Auth),
		"AuthJWT or AuthNone, or for programs AuthIAM or AuthAPIKey")
	p.want(auth != AuthJWT || a.Auth != nil, field+" Auth", string(auth), "the API's Auth to be set, or AuthNone")
	p.want(auth == AuthJWT || len(r.Scopes) == 0, field+" Scopes", r.Scopes, "no scopes without a token")
	p.want(len(r.Scopes) <= maxRouteScopes, field+" Scopes", len(r.Scopes), "at most 10 (API Gateway quota)")
	p.once(field+" Scopes", r.Scopes, "scope")
	p.want(r.Function != nil, field+" Function", nil, "the function that answers the route")
	if r.Function != nil {
		p.want(r.Function.timeout <= APITimeout, field+" Function timeout", r.Function.timeout, "at most 29s behind an API")
	}
	p.throttle(field+" Throttle", r.Throttle)
	if r.CacheTTL != 0 {
		p.want(r.CacheTTL >= time.Second && r.CacheTTL <= time.Hour && r.CacheTTL%time.Second == 0, field+" CacheTTL", r.CacheTTL, "1s–1h in whole seconds")
		p.want(r.Method == http.MethodGet && auth == AuthNone, field+" CacheTTL", r.CacheTTL,
			"a cache only on GET routes with AuthNone, since all callers get the same answer")
	}
	p.want(r.CacheTTL != 0 || len(r.CacheKeys) == 0, field+" CacheKeys", r.CacheKeys, "none without a CacheTTL")
	for _, q := range append(slices.Clone(r.CacheKeys), r.RequiredQuery...) {
		p.want(parameterName.MatchString(q), field+" query parameter", q, "a name of A–Z, a–z, 0–9, '_', '.', '$', '-', '[' and ']'")
	}
	for _, h := range r.RequiredHeaders {
		p.want(headerName.MatchString(h), field+" RequiredHeaders", h, "a header such as If-Match")
	}
	var schema map[string]any
	p.want(r.BodySchema == "" || json.Unmarshal([]byte(r.BodySchema), &schema) == nil, field+" BodySchema", r.BodySchema, "a JSON Schema, which is a JSON object")
}

func (c *CORS) validate(p *problems) {
	if c == nil {
		return
	}
	p.want(len(c.Origins) > 0, "CORS.Origins", c.Origins, "at least one origin")
	for _, o := range c.Origins {
		p.want(origin.MatchString(o), "CORS.Origins", o, "an origin such as https://shop.example.com, without a path")
	}
	for _, h := range append(slices.Clone(c.Headers), c.ExposedHeaders...) {
		p.want(headerName.MatchString(h), "CORS header", h, "a header such as content-type")
	}
	p.want(c.MaxAge >= 0 && c.MaxAge <= 24*time.Hour, "CORS.MaxAge", c.MaxAge, "0s–24h")
}

// refuseREST tells which arguments an HTTP API has no use for, and why.
func (a *ServerlessApiArgs) refuseREST(p *problems) {
	only := func(given bool, field string, value any, lacks string) {
		p.want(!given, field, value, "FlavorREST, because HTTP APIs have no "+lacks)
	}
	for _, r := range a.Routes {
		field := "route " + r.Key()
		only(r.Auth == AuthAPIKey, field+" Auth", string(r.Auth), "API keys")
		only(len(r.RequiredQuery)+len(r.RequiredHeaders) > 0, field+" RequiredQuery and RequiredHeaders",
			slices.Concat(r.RequiredQuery, r.RequiredHeaders), "request validation; let the function check")
		only(r.BodySchema != "", field+" BodySchema", r.BodySchema, "request validation; let the function check")
	}
	only(len(a.Clients) > 0, "Clients", len(a.Clients), "API keys and usage plans")
	only(a.CacheSize != 0, "CacheSize", a.CacheSize, "cache; a StaticSite in front keeps answers")
	only(a.DisableCache, "DisableCache", a.DisableCache, "cache")
	only(a.MinimumCompressionSize != 0, "MinimumCompressionSize", a.MinimumCompressionSize, "compression; a StaticSite in front compresses")
	only(a.Endpoint != "", "Endpoint", string(a.Endpoint), "choice of endpoint: they are regional")
	only(a.WebACLARN != nil, "WebACLARN", "set", "association with WAF web ACLs; put the web ACL on a StaticSite in front")
	only(a.ExecutionLogs != "", "ExecutionLogs", string(a.ExecutionLogs), "execution logs; the access log has the errors")
	only(a.ConfigureAccountLogs, "ConfigureAccountLogs", a.ConfigureAccountLogs, "need for the account's log role")
	only(a.DisableTracing, "DisableTracing", a.DisableTracing, "X-Ray traces of their own")
}

func (p *problems) throttle(field string, t *Throttle) {
	if t != nil {
		p.want(t.Rate >= 1, field+".Rate", t.Rate, "at least 1 request per second")
		p.want(t.Burst >= 1, field+".Burst", t.Burst, "at least 1 request")
	}
}
