package components

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Limits of REST APIs ("Amazon API Gateway quotas" and the API reference of PutIntegration and CreateStage).
const (
	maxRESTTimeout     = 29 * time.Second
	maxCompressionSize = 10 * 1024 * 1024
	defaultCacheSize   = 0.5
)

// cacheSizes are the sizes of stage caches that API Gateway offers, in GB.
var cacheSizes = []float64{0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237}

// restAccessLogFields are what a line of a REST API's access log says, as API Gateway's $context variables.
var restAccessLogFields = map[string]string{
	"requestId": "$context.requestId", "time": "$context.requestTime", "ip": "$context.identity.sourceIp",
	"method": "$context.httpMethod", "path": "$context.path", "routeKey": "$context.httpMethod $context.resourcePath",
	"status": "$context.status", "protocol": "$context.protocol", "responseLength": "$context.responseLength",
	"latencyMs": "$context.responseLatency", "integrationLatencyMs": "$context.integrationLatency",
	"integrationError": "$context.integrationErrorMessage", "authorizerError": "$context.authorizer.error",
	"error": "$context.error.message", "apiKeyId": "$context.identity.apiKeyId", "traceId": "$context.xrayTraceId",
	"userAgent": "$context.identity.userAgent",
}

// restAPI is a REST API while it is built: one Pulumi resource for each of its parts, so that a preview shows which route or
// which setting changes. docs/decisions/0004-rest-api.md compares that with one OpenAPI body.
type restAPI struct {
	*ServerlessApi

	ctx        *pulumi.Context
	name       string
	args       *ServerlessApiArgs
	nodes      map[string]pulumi.StringOutput // ids of the API's resources by their paths
	authorizer *apigateway.Authorizer
	validators map[validation]*apigateway.RequestValidator

	parts    []pulumi.Resource // all that a deployment takes a picture of
	deployed pulumi.Map        // the arguments of those parts
	allowed  []pulumi.Resource // permissions to call functions
}

// validation is what of a request is checked.
type validation struct {
	parameters, body bool
}

// newREST creates the API as a REST API.
func (a *ServerlessApi) newREST(ctx *pulumi.Context, name string, args *ServerlessApiArgs) error {
	apiArgs := apigateway.RestApiArgs{
		EndpointConfiguration: &apigateway.RestApiEndpointConfigurationArgs{Types: pulumi.String(string(args.endpoint()))},
	}
	if args.MinimumCompressionSize != 0 {
		apiArgs.MinimumCompressionSize = pulumi.String(strconv.Itoa(args.MinimumCompressionSize))
	}
	api, err := apigateway.NewRestApi(ctx, name, &apiArgs, pulumi.Parent(a))
	if err != nil {
		return err
	}
	a.ID, a.ExecutionARN = api.ID().ToStringOutput(), api.ExecutionArn
	a.metrics = apiMetrics{map[string]pulumi.StringInput{"ApiName": api.Name, "Stage": pulumi.String(a.stage)}, "4XXError", "5XXError"}
	r := &restAPI{
		ServerlessApi: a, ctx: ctx, name: name, args: args,
		nodes:      map[string]pulumi.StringOutput{"/": api.RootResourceId},
		validators: map[validation]*apigateway.RequestValidator{},
		deployed:   pulumi.Map{"minimumCompressionSize": pulumi.Int(args.MinimumCompressionSize)},
	}
	for _, step := range []func() error{r.newAuthorizer, r.newMethods, r.newPreflights, r.newResponses, r.newStage} {
		if err := step(); err != nil {
			return err
		}
	}
	if len(args.Clients) == 0 {
		return nil
	}
	return a.newClients(ctx, name, args.Clients)
}

// include makes a resource part of the next deployment.
func (r *restAPI) include(resource pulumi.Resource, kind, name string, args pulumi.Input) {
	r.parts = append(r.parts, resource)
	r.deployed[kind+" "+name] = args
}

func (r *restAPI) newAuthorizer() error {
	if r.args.Auth == nil {
		return nil
	}
	name := r.name + "-jwt"
	args := apigateway.AuthorizerArgs{
		RestApi:        r.ID,
		Type:           pulumi.String("COGNITO_USER_POOLS"),
		ProviderArns:   pulumi.StringArray{r.args.Auth.UserPoolARN},
		IdentitySource: pulumi.String("method.request.header.Authorization"),
	}
	authorizer, err := apigateway.NewAuthorizer(r.ctx, name, &args, pulumi.Parent(r))
	if err != nil {
		return err
	}
	r.authorizer = authorizer
	r.include(authorizer, "authorizer", name, args)
	return nil
}

// newMethods creates for every route the method, its integration and the permission to call the function for exactly that
// route.
func (r *restAPI) newMethods() error {
	for _, route := range r.args.all() {
		node, err := r.node(route.Path)
		if err != nil {
			return err
		}
		name := r.name + "-" + route.slug()
		method, err := r.newMethod(name, node, route)
		if err != nil {
			return err
		}
		integrationArgs := apigateway.IntegrationArgs{
			RestApi: r.ID, ResourceId: node, HttpMethod: method.HttpMethod,
			Type:                  pulumi.String("AWS_PROXY"),
			IntegrationHttpMethod: pulumi.String("POST"),
			Uri:                   route.Function.InvokeARN,
			TimeoutMilliseconds:   pulumi.Int(int(min(route.Function.timeout+time.Second, maxRESTTimeout).Milliseconds())),
		}
		if r.args.cached(route) {
			integrationArgs.CacheKeyParameters = pulumi.ToStringArray(route.cacheKey())
		}
		integration, err := apigateway.NewIntegration(r.ctx, name, &integrationArgs, pulumi.Parent(r))
		if err != nil {
			return err
		}
		r.include(integration, "integration", name, integrationArgs)
		permission, err := route.Function.allow(r.ctx, name, "apigateway.amazonaws.com",
			pulumi.Sprintf("%s/%s/%s", r.ExecutionARN, r.stage, route.permission()), pulumi.Parent(r))
		if err != nil {
			return err
		}
		r.allowed = append(r.allowed, permission)
	}
	return nil
}

// node returns the id of the API's resource at a path, and creates it and those above it as needed.
func (r *restAPI) node(path string) (pulumi.StringOutput, error) {
	if id, found := r.nodes[path]; found {
		return id, nil
	}
	parent, part := splitPath(path)
	parentID, err := r.node(parent)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	name := r.name + "-" + pathSlug(path)
	args := apigateway.ResourceArgs{RestApi: r.ID, ParentId: parentID, PathPart: pulumi.String(part)}
	resource, err := apigateway.NewResource(r.ctx, name, &args, pulumi.Parent(r))
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	r.include(resource, "resource", name, args)
	r.nodes[path] = resource.ID().ToStringOutput()
	return r.nodes[path], nil
}

// splitPath cuts the last segment off a path: /a/{b} → /a, {b}.
func splitPath(path string) (parent, part string) {
	i := strings.LastIndex(path, "/")
	return or(path[:i], "/"), path[i+1:]
}

// pathSlug names the resource at a path: /products/{id} → products-id.
func pathSlug(path string) string {
	return Route{Path: path}.slug()
}

// restAuthorizations are the ways to know a caller by their names in REST APIs. A key is no authorization there, but a
// requirement beside it.
var restAuthorizations = map[RouteAuth]string{AuthJWT: "COGNITO_USER_POOLS", AuthNone: "NONE", AuthIAM: "AWS_IAM", AuthAPIKey: "NONE"}

func (r *restAPI) newMethod(name string, node pulumi.StringOutput, route Route) (*apigateway.Method, error) {
	auth := or(route.Auth, AuthJWT)
	args := apigateway.MethodArgs{
		RestApi: r.ID, ResourceId: node,
		HttpMethod:     pulumi.String(route.Method),
		Authorization:  pulumi.String(restAuthorizations[auth]),
		ApiKeyRequired: pulumi.Bool(auth == AuthAPIKey),
	}
	if parameters := r.args.parameters(route); len(parameters) > 0 {
		args.RequestParameters = pulumi.ToBoolMap(parameters)
	}
	if auth == AuthJWT {
		args.AuthorizerId, args.AuthorizationScopes = r.authorizer.ID(), pulumi.ToStringArray(route.scopes())
	}
	if checked := (validation{parameters: len(route.RequiredQuery)+len(route.RequiredHeaders) > 0, body: route.BodySchema != ""}); checked != (validation{}) {
		validator, err := r.validator(checked)
		if err != nil {
			return nil, err
		}
		args.RequestValidatorId = validator.ID()
	}
	if route.BodySchema != "" {
		model, err := r.newModel(name, route)
		if err != nil {
			return nil, err
		}
		args.RequestModels = pulumi.StringMap{"application/json": model.Name}
	}
	method, err := apigateway.NewMethod(r.ctx, name, &args, pulumi.Parent(r))
	if err != nil {
		return nil, err
	}
	r.include(method, "method", name, args)
	return method, nil
}

// validator returns the request validator for a kind of validation, which routes share.
func (r *restAPI) validator(v validation) (*apigateway.RequestValidator, error) {
	if existing := r.validators[v]; existing != nil {
		return existing, nil
	}
	name := r.name + "-validated"
	if v.parameters {
		name += "-parameters"
	}
	if v.body {
		name += "-body"
	}
	args := apigateway.RequestValidatorArgs{
		RestApi: r.ID, ValidateRequestParameters: pulumi.Bool(v.parameters), ValidateRequestBody: pulumi.Bool(v.body),
	}
	validator, err := apigateway.NewRequestValidator(r.ctx, name, &args, pulumi.Parent(r))
	if err != nil {
		return nil, err
	}
	r.include(validator, "validator", name, args)
	r.validators[v] = validator
	return validator, nil
}

// newModel creates the schema of a route's bodies. Its physical name is fixed because a model's may have letters and digits only. The X keeps
// /a-b and /ab apart.
func (r *restAPI) newModel(name string, route Route) (*apigateway.Model, error) {
	args := apigateway.ModelArgs{
		RestApi:     r.ID,
		Name:        pulumi.String(strings.ReplaceAll(route.slug(), "-", "X")),
		Description: pulumi.String("The body of " + route.Key()),
		ContentType: pulumi.String("application/json"),
		Schema:      pulumi.String(route.BodySchema),
	}
	model, err := apigateway.NewModel(r.ctx, name, &args, pulumi.Parent(r))
	if err != nil {
		return nil, err
	}
	r.include(model, "model", name, args)
	return model, nil
}

// newPreflights answers browsers that ask whether a page of another origin may call.
func (r *restAPI) newPreflights() error {
	cors := r.args.CORS
	if cors == nil {
		return nil
	}
	byPath := map[string][]string{}
	for _, route := range r.args.Routes {
		byPath[route.Path] = append(byPath[route.Path], route.Method)
	}
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		offered := byPath[path]
		if slices.Contains(offered, "OPTIONS") {
			continue // the route's function answers
		}
		if slices.Contains(offered, "ANY") {
			offered = []string{"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"}
		}
		slices.Sort(offered)
		err := r.newPreflight(path, map[string]string{
			"Access-Control-Allow-Origin":  cors.Origins[0],
			"Access-Control-Allow-Methods": strings.Join(offered, ","),
			"Access-Control-Allow-Headers": strings.Join(cors.headers(), ","),
			"Access-Control-Max-Age":       strconv.Itoa(int(cors.maxAge().Seconds())),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// newPreflight answers OPTIONS requests for a path with these headers, without a function.
func (r *restAPI) newPreflight(path string, headers map[string]string) error {
	node, err := r.node(path)
	if err != nil {
		return err
	}
	name := r.name + "-" + Route{Method: "OPTIONS", Path: path}.slug()
	methodArgs := apigateway.MethodArgs{
		RestApi: r.ID, ResourceId: node, HttpMethod: pulumi.String("OPTIONS"), Authorization: pulumi.String("NONE"),
	}
	method, err := apigateway.NewMethod(r.ctx, name, &methodArgs, pulumi.Parent(r))
	if err != nil {
		return err
	}
	r.include(method, "method", name, methodArgs)
	integrationArgs := apigateway.IntegrationArgs{
		RestApi: r.ID, ResourceId: node, HttpMethod: method.HttpMethod, Type: pulumi.String("MOCK"),
		RequestTemplates: pulumi.StringMap{"application/json": pulumi.String(`{"statusCode":204}`)},
	}
	integration, err := apigateway.NewIntegration(r.ctx, name, &integrationArgs, pulumi.Parent(r),
		// The field has no meaning here, but emulators answer with one.
		pulumi.IgnoreChanges([]string{"integrationHttpMethod"}))
	if err != nil {
		return err
	}
	r.include(integration, "integration", name, integrationArgs)
	declared, values := pulumi.BoolMap{}, pulumi.StringMap{}
	for header, value := range headers {
		declared["method.response.header."+header] = pulumi.Bool(true)
		values["method.response.header."+header] = pulumi.String("'" + value + "'")
	}
	responseArgs := apigateway.MethodResponseArgs{
		RestApi: r.ID, ResourceId: node, HttpMethod: method.HttpMethod, StatusCode: pulumi.String("204"), ResponseParameters: declared,
	}
	response, err := apigateway.NewMethodResponse(r.ctx, name, &responseArgs, pulumi.Parent(r))
	if err != nil {
		return err
	}
	r.include(response, "response", name, responseArgs)
	mappedArgs := apigateway.IntegrationResponseArgs{
		RestApi: r.ID, ResourceId: node, HttpMethod: method.HttpMethod, StatusCode: response.StatusCode, ResponseParameters: values,
	}
	mapped, err := apigateway.NewIntegrationResponse(r.ctx, name, &mappedArgs, pulumi.Parent(r), pulumi.DependsOn([]pulumi.Resource{integration}))
	if err != nil {
		return err
	}
	r.include(mapped, "integration response", name, mappedArgs)
	return nil
}

// newStage deploys all parts and creates the stage with its logs, limits, cache and firewall.
func (r *restAPI) newStage() error {
	deployment, err := apigateway.NewDeployment(r.ctx, r.name, &apigateway.DeploymentArgs{
		RestApi:  r.ID,
		Triggers: pulumi.StringMap{"deployed": fingerprint(r.deployed)},
	}, pulumi.Parent(r), pulumi.DependsOn(r.parts))
	if err != nil {
		return err
	}
	logs, format, err := r.newAccessLog(r.ctx, r.name, r.args, restAccessLogFields)
	if err != nil {
		return err
	}
	before := slices.Clone(r.allowed) // nothing is answered before its function may be called
	if r.args.executionLogs() != ExecutionLogsOff {
		// API Gateway would create this log group itself, and keep what is in it for ever.
		executionLogs, err := cloudwatch.NewLogGroup(r.ctx, r.name+"-execution-logs", &cloudwatch.LogGroupArgs{
			Name:            pulumi.Sprintf("API-Gateway-Execution-Logs_%s/%s", r.ID, r.stage),
			RetentionInDays: pulumi.Int(or(r.args.LogRetentionDays, defaultLogRetentionDays)),
		}, pulumi.Parent(r))
		if err != nil {
			return err
		}
		before = append(before, executionLogs)
	}
	if r.args.ConfigureAccountLogs {
		account, err := newAccountLogs(r.ctx, r.ServerlessApi, r.name)
		if err != nil {
			return err
		}
		before = append(before, account)
	}
	args := &apigateway.StageArgs{
		RestApi: r.ID, Deployment: deployment.ID(), StageName: pulumi.String(r.stage),
		AccessLogSettings:  &apigateway.StageAccessLogSettingsArgs{DestinationArn: logs.Arn, Format: pulumi.String(format)},
		XrayTracingEnabled: pulumi.Bool(!r.args.DisableTracing),
	}
	if slices.ContainsFunc(r.args.Routes, r.args.cached) {
		args.CacheClusterEnabled = pulumi.Bool(true)
		args.CacheClusterSize = pulumi.String(strconv.FormatFloat(or(r.args.CacheSize, defaultCacheSize), 'f', -1, 64))
	}
	if cors := r.args.CORS; cors != nil {
		// A REST API adds no headers to a function's answers. The functions learn here which, see package handler.
		args.Variables = pulumi.StringMap{
			"corsOrigin":         pulumi.String(cors.Origins[0]),
			"corsExposedHeaders": pulumi.String(strings.Join(cors.ExposedHeaders, ",")),
		}
	}
	stage, err := apigateway.NewStage(r.ctx, r.name, args, pulumi.Parent(r), pulumi.DependsOn(before))
	if err != nil {
		return err
	}
	r.StageName, r.URL = stage.StageName, stage.InvokeUrl
	if err := r.newSettings(stage); err != nil {
		return err
	}
	if r.args.WebACLARN == nil {
		return nil
	}
	return newFirewall(r.ctx, r, r.name, stage.Arn, r.args.WebACLARN)
}

// newSettings sets the stage's limits, cache and execution logs: for all methods, and again in full for each route that
// differs, since API Gateway does not merge the two.
func (r *restAPI) newSettings(stage *apigateway.Stage) error {
	settings := func(name, path string, throttle Throttle, ttl time.Duration) error {
		s := &apigateway.MethodSettingsSettingsArgs{
			ThrottlingRateLimit:  pulumi.Float64(throttle.Rate),
			ThrottlingBurstLimit: pulumi.Int(throttle.Burst),
			LoggingLevel:         pulumi.String(string(r.args.executionLogs())),
			DataTraceEnabled:     pulumi.Bool(false), // it would log bodies and tokens
			CachingEnabled:       pulumi.Bool(ttl != 0),
		}
		if ttl != 0 {
			s.CacheTtlInSeconds, s.CacheDataEncrypted = pulumi.Int(int(ttl.Seconds())), pulumi.Bool(true)
			// Browsers send Cache-Control with each reload; that must neither fail nor empty the cache.
			s.RequireAuthorizationForCacheControl = pulumi.Bool(true)
			s.UnauthorizedCacheControlHeaderStrategy = pulumi.String("SUCCEED_WITHOUT_RESPONSE_HEADER")
		}
		_, err := apigateway.NewMethodSettings(r.ctx, name, &apigateway.MethodSettingsArgs{
			RestApi: r.ID, StageName: stage.StageName, MethodPath: pulumi.String(path), Settings: s,
		}, pulumi.Parent(r))
		return err
	}
	if err := settings(r.name, "*/*", r.args.throttle(), 0); err != nil {
		return err
	}
	for _, route := range r.args.Routes {
		throttle, ttl := r.args.throttle(), time.Duration(0)
		if route.Throttle != nil {
			throttle = *route.Throttle
		}
		if r.args.cached(route) {
			ttl = route.CacheTTL
		}
		if throttle == r.args.throttle() && ttl == 0 {
			continue
		}
		for _, method := range r.args.settled(route) {
			name := r.name + "-" + route.slug()
			if method != route.Method {
				name += "-" + strings.ToLower(method)
			}
			if err := settings(name, route.settingsPath(method), throttle, ttl); err != nil {
				return err
			}
		}
	}
	return nil
}

// settled are the methods that get a route's settings: its own, and for ANY, of which stages know nothing ("Invalid method setting path"),
// all that no other route of the path takes.
func (a *ServerlessApiArgs) settled(r Route) []string {
	return slices.DeleteFunc(r.methods(), func(method string) bool {
		return r.Method != method && (method == http.MethodOptions && a.CORS != nil ||
			slices.ContainsFunc(a.Routes, func(other Route) bool { return other.Path == r.Path && other.Method == method }))
	})
}

// fingerprint changes when anything of what is deployed does, and with nothing else. What is not set does not count, so that
// a newer SDK with more fields deploys nothing.
func fingerprint(deployed pulumi.Map) pulumi.StringOutput {
	return pulumi.JSONMarshal(deployed).ApplyT(func(text string) (string, error) {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return "", fmt.Errorf("reading what is deployed: %w", err)
		}
		canonical, err := json.Marshal(withoutNulls(value))
		if err != nil {
			return "", fmt.Errorf("writing what is deployed: %w", err)
		}
		sum := sha256.Sum256(canonical)
		return hex.EncodeToString(sum[:]), nil
	}).(pulumi.StringOutput)
}

func withoutNulls(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			if item == nil {
				delete(v, key)
			} else {
				v[key] = withoutNulls(item)
			}
		}
	case []any:
		for i, item := range v {
			v[i] = withoutNulls(item)
		}
	}
	return value
}

func (a *ServerlessApiArgs) endpoint() APIEndpoint {
	return or(a.Endpoint, EndpointRegional)
}

func (a *ServerlessApiArgs) executionLogs() ExecutionLogs {
	return or(a.ExecutionLogs, ExecutionLogsErrors)
}

// cached tells whether the stage keeps the route's answers.
func (a *ServerlessApiArgs) cached(r Route) bool {
	return r.CacheTTL != 0 && !a.DisableCache
}

// parameters are the request parameters that API Gateway must know of, and whether a request must have them.
func (a *ServerlessApiArgs) parameters(r Route) map[string]bool {
	known := map[string]bool{}
	for _, p := range r.pathParameters() {
		known["method.request.path."+p] = true
	}
	if a.cached(r) {
		for _, q := range r.CacheKeys {
			known["method.request.querystring."+q] = false
		}
	}
	for _, q := range r.RequiredQuery {
		known["method.request.querystring."+q] = true
	}
	for _, h := range r.RequiredHeaders {
		known["method.request.header."+h] = true
	}
	return known
}

// pathParameters are the names in braces of the route's path.
func (r Route) pathParameters() []string {
	found := pathParameter.FindAllString(r.Path, -1)
	names := make([]string, 0, len(found))
	for _, braced := range found {
		names = append(names, strings.TrimSuffix(braced[1:len(braced)-1], "+"))
	}
	return names
}

// cacheKey are the parameters by which the stage's cache tells answers apart.
func (r Route) cacheKey() []string {
	parameters := r.pathParameters()
	key := make([]string, 0, len(parameters)+len(r.CacheKeys))
	for _, p := range parameters {
		key = append(key, "method.request.path."+p)
	}
	for _, q := range r.CacheKeys {
		key = append(key, "method.request.querystring."+q)
	}
	return key
}

// settingsPath is how the settings of a stage name a method of the route: without the leading slash, but for the root the slash alone, escaped.
func (r Route) settingsPath(method string) string {
	return or(strings.TrimPrefix(r.Path, "/"), "~1") + "/" + method
}

func (a *ServerlessApiArgs) validateREST(p *problems) {
	if a.ConfigureAccountLogs {
		p.fitsBefore("-account-logs", "log role")
	}
	p.want(a.StageName != defaultStage, "StageName", a.StageName, "a name, which stages of REST APIs need")
	p.want(a.CORS == nil || len(a.CORS.Origins) <= 1, "CORS.Origins", a.corsOrigins(), "one origin: a REST API's own answers cannot depend on the request's")
	p.want(a.CacheSize == 0 || slices.Contains(cacheSizes, a.CacheSize), "CacheSize", a.CacheSize, fmt.Sprintf("one of %v GB", cacheSizes))
	p.want(a.MinimumCompressionSize >= 0 && a.MinimumCompressionSize <= maxCompressionSize, "MinimumCompressionSize", a.MinimumCompressionSize,
		fmt.Sprintf("1–%d bytes, or 0 for never", maxCompressionSize))
	p.want(slices.Contains([]APIEndpoint{"", EndpointRegional, EndpointEdge}, a.Endpoint), "Endpoint", string(a.Endpoint), "EndpointRegional or EndpointEdge")
	p.want(a.Domain == nil || a.endpoint() == EndpointRegional, "Endpoint", string(a.Endpoint), "EndpointRegional with a Domain; put a StaticSite in front for the edge")
	p.want(slices.Contains([]ExecutionLogs{"", ExecutionLogsOff, ExecutionLogsErrors, ExecutionLogsAll}, a.ExecutionLogs),
		"ExecutionLogs", string(a.ExecutionLogs), "ExecutionLogsOff, ExecutionLogsErrors or ExecutionLogsAll")
	names := map[string]bool{}
	for _, c := range a.Clients {
		p.want(!names[c.Name], "Clients", c.Name, "every name once")
		names[c.Name] = true
		c.validate(p)
	}
	keyed, kept := false, false
	for _, r := range a.Routes {
		field := "route " + r.Key()
		keyed, kept = keyed || r.Auth == AuthAPIKey, kept || r.CacheTTL != 0
		p.want(!strings.Contains(r.Path, "~"), field+" Path", r.Path, "a path without '~', which REST APIs do not accept")
		p.want(!a.cached(r) || r.CacheKeys != nil, field+" CacheKeys", r.CacheKeys,
			"the query parameters by which answers differ, and an empty list if there are none; the cache gives the same answer whatever else is asked")
	}
	p.want(keyed == (len(a.Clients) > 0), "Clients", len(a.Clients), "clients if and only if there are routes with AuthAPIKey")
	p.want(kept || a.CacheSize == 0 && !a.DisableCache, "CacheSize and DisableCache", a.CacheSize, "neither without a route that has a CacheTTL")
	a.validateTree(p)
}

func (a *ServerlessApiArgs) corsOrigins() []string {
	if a.CORS == nil {
		return nil
	}
	return a.CORS.Origins
}

// validateTree checks what a REST API's tree of paths demands and an HTTP API's list of routes does not.
func (a *ServerlessApiArgs) validateTree(p *problems) {
	variables, slugs := map[string]string{}, map[string]string{}
	for _, r := range a.all() {
		for path := r.Path; len(path) > 1 && path[0] == '/'; path, _ = splitPath(path) {
			parent, part := splitPath(path)
			if strings.HasPrefix(part, "{") {
				first := or(variables[parent], part)
				p.want(first == part, "route "+r.Key()+" Path", r.Path, "the parameter below "+parent+" to be called "+first+
					" as in other routes: a REST API has one parameter in each place")
				variables[parent] = first
			}
			first := or(slugs[pathSlug(path)], path)
			p.want(first == path, "route "+r.Key()+" Path", r.Path, "a path whose resources get other names than those of "+first)
			slugs[pathSlug(path)] = first
		}
	}
}
