package components

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// RouteAuth is how a route knows its caller.
type RouteAuth string

const (
	// AuthJWT lets only requests through that carry a valid token of the API's [CognitoAuth]. The default.
	AuthJWT RouteAuth = "JWT"
	// AuthNone lets everybody call the route.
	AuthNone RouteAuth = "NONE"
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
const APITimeout = 29 * time.Second

// Route connects a method and a path to a function.
type Route struct {
	// Method is GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS or ANY.
	Method string
	// Path begins with a slash; {name} stands for one segment and a last {name+} for all that follow: /products/{id}.
	Path string
	// Function answers the route. Required. Its timeout may be at most [APITimeout].
	Function *Function
	// Auth is how the route knows its caller. Default [AuthJWT].
	Auth RouteAuth
	// Scopes are OAuth scopes of which the token must carry one. Default: any valid token will do.
	Scopes []string
	// Throttle limits this route. Default: the API's.
	Throttle *Throttle
	// CacheTTL is how long a [StaticSite] in front of the API may keep an answer: 1 s–1 h. The function's Cache-Control header
	// may shorten it. Only for GET routes with [AuthNone], since everybody gets the same answer. Default: never kept.
	CacheTTL time.Duration
}

// Key is how API Gateway names the route: "GET /products".
func (r Route) Key() string {
	return strings.TrimSpace(r.Method + " " + r.Path)
}

// Routes are the routes of an API.
type Routes []Route

// CORS lets browsers call the API from pages of other origins.
type CORS struct {
	// Origins are the pages' origins, such as https://shop.example.com. Required; "*" is refused.
	Origins []string
	// Headers that the pages may send. Default: authorization, content-type.
	Headers []string
	// ExposedHeaders that the pages may read beyond the basic ones. Default: none.
	ExposedHeaders []string
	// MaxAge is how long a browser may remember the permission: at most 24 h. Default 5 min.
	MaxAge time.Duration
}

// ServerlessApiArgs describes an HTTP API in front of functions.
type ServerlessApiArgs struct {
	// Routes are required. Every function is reachable by its own routes only.
	Routes Routes
	// NotFound answers requests that match no route. Default: API Gateway's own {"message":"Not Found"}.
	NotFound *Function
	// Auth issues the tokens that routes with [AuthJWT] accept. Required if there is such a route.
	Auth *CognitoAuth
	// CORS is needed only for pages of another origin. Default: none may call.
	CORS *CORS
	// Throttle limits each route that sets no limit of its own. Default [DefaultThrottle].
	Throttle *Throttle
	// StageName becomes the first segment of the API's URL, unless it is $default. Default $default.
	StageName string
	// LogRetentionDays is how long access logs are kept: a value that CloudWatch Logs accepts. Default 30.
	LogRetentionDays int
}

// ServerlessApi is an HTTP API: routes to functions, callers known by their tokens, limited and logged.
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

	stage  string
	routes Routes
}

// NewServerlessApi creates the API with its routes, authorizer, stage and access log.
func NewServerlessApi(ctx *pulumi.Context, name string, args *ServerlessApiArgs, opts ...pulumi.ResourceOption) (*ServerlessApi, error) {
	if args == nil {
		args = &ServerlessApiArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	a := &ServerlessApi{stage: or(args.StageName, defaultStage), routes: slices.Clone(args.Routes)}
	if err := ctx.RegisterComponentResource(token("ServerlessApi"), name, a, opts...); err != nil {
		return nil, wrap("ServerlessApi", name, err)
	}
	api, err := apigatewayv2.NewApi(ctx, name, &apigatewayv2.ApiArgs{
		ProtocolType:      pulumi.String("HTTP"),
		CorsConfiguration: args.CORS.configuration(args.Routes),
	}, pulumi.Parent(a))
	if err != nil {
		return nil, wrap("ServerlessApi", name, err)
	}
	a.ID, a.ExecutionARN = api.ID().ToStringOutput(), api.ExecutionArn
	routes, err := a.newRoutes(ctx, name, args)
	if err != nil {
		return nil, wrap("ServerlessApi", name, err)
	}
	if err := a.newStage(ctx, name, args, api, routes); err != nil {
		return nil, wrap("ServerlessApi", name, err)
	}
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{
		"id": a.ID, "url": a.URL, "stageName": a.StageName, "accessLogGroup": a.AccessLogGroup,
	})
}

// newRoutes creates one integration per function, and per route the route itself and the permission to call the
// function for exactly that route.
func (a *ServerlessApi) newRoutes(ctx *pulumi.Context, name string, args *ServerlessApiArgs) ([]pulumi.Resource, error) {
	authorizer, err := a.newAuthorizer(ctx, name, args)
	if err != nil {
		return nil, err
	}
	integrations := map[*Function]*apigatewayv2.Integration{}
	var created []pulumi.Resource
	for _, r := range args.all() {
		integration := integrations[r.Function]
		if integration == nil {
			integration, err = apigatewayv2.NewIntegration(ctx, name+"-"+r.Function.logicalName, &apigatewayv2.IntegrationArgs{
				ApiId:                a.ID,
				IntegrationType:      pulumi.String("AWS_PROXY"),
				IntegrationUri:       r.Function.InvokeARN,
				PayloadFormatVersion: pulumi.String("2.0"),
				TimeoutMilliseconds:  pulumi.Int(int(r.Function.timeout.Milliseconds()) + 1000),
			}, pulumi.Parent(a))
			if err != nil {
				return nil, err
			}
			integrations[r.Function] = integration
		}
		routeArgs := &apigatewayv2.RouteArgs{
			ApiId:             a.ID,
			RouteKey:          pulumi.String(r.Key()),
			Target:            pulumi.Sprintf("integrations/%s", integration.ID()),
			AuthorizationType: pulumi.String(string(or(r.Auth, AuthJWT))),
		}
		if or(r.Auth, AuthJWT) == AuthJWT {
			routeArgs.AuthorizerId = authorizer.ID()
			if len(r.Scopes) > 0 {
				routeArgs.AuthorizationScopes = pulumi.ToStringArray(r.Scopes)
			}
		}
		route, err := apigatewayv2.NewRoute(ctx, name+"-"+r.slug(), routeArgs, pulumi.Parent(a))
		if err != nil {
			return nil, err
		}
		permission, err := r.Function.allow(ctx, name+"-"+r.slug(), "apigateway.amazonaws.com",
			pulumi.Sprintf("%s/%s/%s", a.ExecutionARN, a.stage, r.permission()), pulumi.Parent(a))
		if err != nil {
			return nil, err
		}
		created = append(created, route, permission)
	}
	return created, nil
}

func (a *ServerlessApi) newAuthorizer(ctx *pulumi.Context, name string, args *ServerlessApiArgs) (*apigatewayv2.Authorizer, error) {
	if args.Auth == nil {
		return nil, nil
	}
	return apigatewayv2.NewAuthorizer(ctx, name+"-jwt", &apigatewayv2.AuthorizerArgs{
		ApiId:           a.ID,
		AuthorizerType:  pulumi.String("JWT"),
		IdentitySources: pulumi.StringArray{pulumi.String("$request.header.Authorization")},
		JwtConfiguration: &apigatewayv2.AuthorizerJwtConfigurationArgs{
			Issuer:    args.Auth.Issuer,
			Audiences: pulumi.StringArray{args.Auth.ClientID},
		},
		// The field has no meaning for JWT authorizers, but emulators answer with one.
	}, pulumi.Parent(a), pulumi.IgnoreChanges([]string{"authorizerPayloadFormatVersion"}))
}

// accessLogFields are what an access log line says, as API Gateway's $context variables.
var accessLogFields = map[string]string{
	"requestId": "$context.requestId", "time": "$context.requestTime", "ip": "$context.identity.sourceIp",
	"method": "$context.httpMethod", "path": "$context.path", "routeKey": "$context.routeKey", "status": "$context.status",
	"protocol": "$context.protocol", "responseLength": "$context.responseLength", "latencyMs": "$context.responseLatency",
	"integrationLatencyMs": "$context.integrationLatency", "integrationError": "$context.integrationErrorMessage",
	"authorizerError": "$context.authorizer.error", "userAgent": "$context.identity.userAgent",
}

func (a *ServerlessApi) newStage(ctx *pulumi.Context, name string, args *ServerlessApiArgs, api *apigatewayv2.Api, routes []pulumi.Resource) error {
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-access-logs", &cloudwatch.LogGroupArgs{
		NamePrefix:      pulumi.String("/aws/apigateway/" + name + "-"),
		RetentionInDays: pulumi.Int(or(args.LogRetentionDays, defaultLogRetentionDays)),
	}, pulumi.Parent(a))
	if err != nil {
		return err
	}
	format, err := json.Marshal(accessLogFields)
	if err != nil {
		return err
	}
	throttle := args.throttle()
	var settings apigatewayv2.StageRouteSettingArray
	for _, r := range args.Routes {
		if r.Throttle != nil {
			settings = append(settings, &apigatewayv2.StageRouteSettingArgs{
				RouteKey:             pulumi.String(r.Key()),
				ThrottlingRateLimit:  pulumi.Float64(r.Throttle.Rate),
				ThrottlingBurstLimit: pulumi.Int(r.Throttle.Burst),
			})
		}
	}
	stage, err := apigatewayv2.NewStage(ctx, name, &apigatewayv2.StageArgs{
		ApiId:             a.ID,
		Name:              pulumi.String(a.stage),
		AutoDeploy:        pulumi.Bool(true),
		AccessLogSettings: &apigatewayv2.StageAccessLogSettingsArgs{DestinationArn: logs.Arn, Format: pulumi.String(string(format))},
		DefaultRouteSettings: &apigatewayv2.StageDefaultRouteSettingsArgs{
			ThrottlingRateLimit:  pulumi.Float64(throttle.Rate),
			ThrottlingBurstLimit: pulumi.Int(throttle.Burst),
		},
		RouteSettings: settings,
	}, pulumi.Parent(a), pulumi.DependsOn(routes)) // API Gateway refuses settings for a route that does not exist yet
	if err != nil {
		return err
	}
	a.StageName, a.AccessLogGroup = stage.Name, logs.Name
	a.URL = api.ApiEndpoint
	if a.stage != defaultStage {
		a.URL = pulumi.Sprintf("%s/%s", api.ApiEndpoint, stage.Name)
	}
	return nil
}

func (a *ServerlessApiArgs) throttle() Throttle {
	if a.Throttle != nil {
		return *a.Throttle
	}
	return DefaultThrottle
}

// all are the routes, and the catch-all if there is one.
func (a *ServerlessApiArgs) all() Routes {
	routes := slices.Clone(a.Routes)
	if a.NotFound != nil {
		routes = append(routes, Route{Method: defaultRoute, Function: a.NotFound, Auth: AuthNone})
	}
	return routes
}

// defaultStage is the stage whose name is not part of the URL.
const defaultStage = "$default"

// defaultRoute is how API Gateway names the route for requests that match no other.
const defaultRoute = "$default"

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

// slug names the route's resources: "GET /products/{id}" → get-products-id.
func (r Route) slug() string {
	return strings.Trim(notWord.ReplaceAllString(strings.ToLower(r.Key()), "-"), "-")
}

var pathParameter = regexp.MustCompile(`\{[^}]+\}`)

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

func (c *CORS) configuration(routes Routes) apigatewayv2.ApiCorsConfigurationPtrInput {
	if c == nil {
		return nil
	}
	var methods []string
	for _, r := range routes {
		methods = append(methods, strings.Replace(r.Method, "ANY", "*", 1))
	}
	slices.Sort(methods)
	headers := c.Headers
	if len(headers) == 0 {
		headers = []string{"authorization", "content-type"}
	}
	return &apigatewayv2.ApiCorsConfigurationArgs{
		AllowOrigins:  pulumi.ToStringArray(c.Origins),
		AllowMethods:  pulumi.ToStringArray(slices.Compact(methods)),
		AllowHeaders:  pulumi.ToStringArray(headers),
		ExposeHeaders: pulumi.ToStringArray(c.ExposedHeaders),
		MaxAge:        pulumi.Int(int(or(c.MaxAge, 5*time.Minute).Seconds())),
	}
}

var (
	methods   = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"}
	routePath = regexp.MustCompile(`^/$|^(/([A-Za-z0-9._~-]+|\{[A-Za-z0-9._-]+\}))*(/\{[A-Za-z0-9._-]+\+\}|/([A-Za-z0-9._~-]+|\{[A-Za-z0-9._-]+\}))$`)
	stageName = regexp.MustCompile(`^(\$default|[A-Za-z0-9_-]{1,128})$`)
	origin    = regexp.MustCompile(`^https?://[a-z0-9.-]+(:\d+)?$`)
)

func (a *ServerlessApiArgs) validate(name string) error {
	p := check("ServerlessApi", name)
	p.want(len(a.Routes) > 0, "Routes", len(a.Routes), "at least one route")
	p.want(stageName.MatchString(or(a.StageName, defaultStage)), "StageName", a.StageName, "$default, or 1–128 of A–Z, a–z, 0–9, '_' and '-'")
	p.want(a.LogRetentionDays == 0 || slices.Contains(logRetentionDays, a.LogRetentionDays), "LogRetentionDays", a.LogRetentionDays,
		fmt.Sprintf("one of %v", logRetentionDays))
	p.throttle("Throttle", a.Throttle)
	seen := map[string]bool{}
	for _, r := range a.Routes {
		p.want(!seen[r.Key()], "Routes", r.Key(), "every method and path once")
		seen[r.Key()] = true
		a.validateRoute(p, r)
	}
	if a.NotFound != nil {
		p.want(a.NotFound.timeout <= APITimeout, "NotFound timeout", a.NotFound.timeout, "at most 29s behind an API")
	}
	if a.CORS != nil {
		p.want(len(a.CORS.Origins) > 0, "CORS.Origins", a.CORS.Origins, "at least one origin")
		for _, o := range a.CORS.Origins {
			p.want(origin.MatchString(o), "CORS.Origins", o, "an origin such as https://shop.example.com, without a path")
		}
		p.want(a.CORS.MaxAge >= 0 && a.CORS.MaxAge <= 24*time.Hour, "CORS.MaxAge", a.CORS.MaxAge, "0s–24h")
	}
	return p.err()
}

func (a *ServerlessApiArgs) validateRoute(p *problems, r Route) {
	field := "route " + r.Key()
	p.want(slices.Contains(methods, r.Method), field+" Method", r.Method, strings.Join(methods, ", "))
	p.want(routePath.MatchString(r.Path), field+" Path", r.Path, "a path such as /products/{id}")
	auth := or(r.Auth, AuthJWT)
	p.want(auth == AuthJWT || auth == AuthNone, field+" Auth", string(r.Auth), "AuthJWT or AuthNone")
	p.want(auth != AuthJWT || a.Auth != nil, field+" Auth", string(auth), "the API's Auth to be set, or AuthNone")
	p.want(auth == AuthJWT || len(r.Scopes) == 0, field+" Scopes", r.Scopes, "no scopes without a token")
	p.want(r.Function != nil, field+" Function", nil, "the function that answers the route")
	if r.Function != nil {
		p.want(r.Function.timeout <= APITimeout, field+" Function timeout", r.Function.timeout, "at most 29s behind an API")
	}
	p.throttle(field+" Throttle", r.Throttle)
	if r.CacheTTL != 0 {
		p.want(r.CacheTTL >= time.Second && r.CacheTTL <= time.Hour, field+" CacheTTL", r.CacheTTL, "1s–1h")
		p.want(r.Method == "GET" && auth == AuthNone, field+" CacheTTL", r.CacheTTL,
			"a cache only on GET routes with AuthNone, since all callers get the same answer")
	}
}

func (p *problems) throttle(field string, t *Throttle) {
	if t != nil {
		p.want(t.Rate >= 1, field+".Rate", t.Rate, "at least 1 request per second")
		p.want(t.Burst >= 1, field+".Burst", t.Burst, "at least 1 request")
	}
}
