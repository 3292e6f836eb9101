package components

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// ConnectAuth is how a WebSocket API knows who connects. API Gateway asks once per connection, and accepts no JWT authorizer here.
type ConnectAuth string

const (
	// ConnectAuthorizer asks a function of one's own, see [RealtimeRoutes.Authorizer]. The default.
	ConnectAuthorizer ConnectAuth = "CUSTOM"
	// ConnectIAM lets only those connect who were granted it by [RealtimeApi.GrantConnect].
	ConnectIAM ConnectAuth = "AWS_IAM"
	// ConnectNone lets everybody connect.
	ConnectNone ConnectAuth = "NONE"
)

// The attributes and the index of a [RealtimeApi]'s table of connections.
const (
	// ConnectionID is the partition key: the id by which API Gateway knows the connection.
	ConnectionID = "connectionId"
	// ConnectionUser is the partition key of the index [ConnectionsByUser]: who connected.
	ConnectionUser = "userId"
	// ConnectionExpires is when the item is deleted, in seconds since 1970. A connection lives two hours at most (API Gateway quota), and
	// $disconnect is not certain to be called.
	ConnectionExpires = "expiresAt"
	// ConnectionsByUser is the index that finds the connections of a user.
	ConnectionsByUser = "by-user"
)

// Limits and defaults of WebSocket APIs ("Quotas for configuring and running a WebSocket API" in the API Gateway developer guide).
const (
	defaultRealtimeStage   = "live"
	defaultIdentitySource  = "route.request.querystring.token"
	actionSelection        = "$request.body.action"
	connectRoute           = "$connect"
	disconnectRoute        = "$disconnect"
	maxAuthorizerSources   = 10
	realtimeIntegrationMax = 29 * time.Second
)

// RealtimeApiArgs describes a WebSocket API.
type RealtimeApiArgs struct {
	// Auth is how the API knows who connects. Default [ConnectAuthorizer].
	Auth ConnectAuth
	// IdentitySources are where the authorizer's function finds who connects; without them, nobody is let in. Each is
	// route.request.header.<name> or route.request.querystring.<name>: 1–10. Browsers cannot send headers of their own with a WebSocket.
	// Default: route.request.querystring.token. Only with [ConnectAuthorizer].
	IdentitySources []string
	// Throttle limits each route that sets no limit of its own. Default [DefaultThrottle].
	Throttle *Throttle
	// StageName becomes the path of the API's URL: 1–128 of A–Z, a–z, 0–9, '_' and '-'. Default live.
	StageName string
	// DisableAutoDeploy deploys routes explicitly, when they change, instead of having API Gateway deploy each change by itself.
	DisableAutoDeploy bool
	// DetailedMetrics also counts per route. CloudWatch charges for each metric.
	DetailedMetrics bool
	// ConfigureAccountLogs sets the role with which API Gateway writes the logs of all REST and WebSocket APIs of the account in the region
	// (the CloudWatch log role of its settings). Only one API may do so, and deleting it leaves the setting behind. Default: somebody has
	// set it; without the role AWS refuses to create the stage.
	ConfigureAccountLogs bool
	// DisableLogging writes neither the access log nor the log of errors.
	DisableLogging bool
	// LogRetentionDays is how long logs are kept: a value that CloudWatch Logs accepts. Default 30.
	LogRetentionDays int
	// Alarms says who hears of failing functions and of errors of the API itself.
	Alarms Alarms
	// DisablePointInTimeRecovery saves its price for the connections, which clients make again.
	DisablePointInTimeRecovery bool
	// DisableDeletionProtection lets the table of connections be deleted.
	DisableDeletionProtection bool
}

// MessageRoute sends messages with one action to a function: {"action": "subscribe", …}.
type MessageRoute struct {
	// Action is the value of the message's field action: 1–128 of A–Z, a–z, 0–9, '_', '-' and '.'.
	Action string
	// Function gets the message. Required. Its timeout may be at most [APITimeout].
	Function *Function
	// Reply sends the function's answer back on the connection. Default: the function answers nothing, or pushes.
	Reply bool
	// Throttle limits this route. Default: the API's.
	Throttle *Throttle
}

// RealtimeRoutes are the functions behind a WebSocket API. Each may take [APITimeout] at most, and is reachable by its own routes only.
type RealtimeRoutes struct {
	// Connect is called when a client connects; unless it succeeds, there is no connection. Required. It needs a grant to put an item into
	// [RealtimeApi.Connections].
	Connect *Function
	// Disconnect is called when a connection has ended, as a rule. Required. It needs a grant to delete an item from
	// [RealtimeApi.Connections].
	Disconnect *Function
	// Authorizer answers with an IAM policy whether the client may connect. Required with [ConnectAuthorizer], else refused.
	Authorizer *Function
	// Default gets messages that no other route takes. Default: API Gateway answers them with an error.
	Default *Function
	// Messages are the routes for messages by their action.
	Messages []MessageRoute
}

// RealtimeApi is a WebSocket API: functions for connections and messages, and a table of who is connected.
type RealtimeApi struct {
	pulumi.ResourceState

	// ID of the API.
	ID pulumi.StringOutput
	// ExecutionARN is the prefix of the ARNs by which permissions name the API's routes.
	ExecutionARN pulumi.StringOutput
	// URL is where clients connect: wss://….
	URL pulumi.StringOutput
	// PushURL is where functions push messages to connections: https://….
	PushURL pulumi.StringOutput
	// Connections is the table of who is connected, which the functions for connecting and disconnecting keep. Its logical name is
	// <name>-connections; see [ConnectionID], [ConnectionUser] and [ConnectionExpires].
	Connections *Table
	// AccessLogGroup is the name of the log group with one JSON line per connection and message, unless logging is disabled.
	AccessLogGroup pulumi.StringOutput
	// ErrorLogGroup is the name of the log group that API Gateway writes errors to, unless logging is disabled.
	ErrorLogGroup pulumi.StringOutput

	logicalName string
	stage       string
	args        RealtimeApiArgs
	accessLogs  *cloudwatch.LogGroup
	errorLogs   *cloudwatch.LogGroup
	deployed    bool
}

// NewRealtimeApi creates the API, its table of connections and its logs. Clients can connect once [RealtimeApi.Deploy] has been called: the
// functions come later, since they take grants on the table and on the API.
func NewRealtimeApi(ctx *pulumi.Context, name string, args *RealtimeApiArgs, opts ...pulumi.ResourceOption) (*RealtimeApi, error) {
	if args == nil {
		args = &RealtimeApiArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	a := &RealtimeApi{logicalName: name, stage: or(args.StageName, defaultRealtimeStage), args: *args}
	if err := ctx.RegisterComponentResource(token("RealtimeApi"), name, a, opts...); err != nil {
		return nil, wrap("RealtimeApi", name, err)
	}
	api, err := apigatewayv2.NewApi(ctx, name, &apigatewayv2.ApiArgs{
		ProtocolType:             pulumi.String("WEBSOCKET"),
		RouteSelectionExpression: pulumi.String(actionSelection),
	}, pulumi.Parent(a))
	if err != nil {
		return nil, wrap("RealtimeApi", name, err)
	}
	a.ID, a.ExecutionARN = api.ID().ToStringOutput(), api.ExecutionArn
	a.URL = pulumi.Sprintf("%s/%s", api.ApiEndpoint, a.stage)
	a.PushURL = a.URL.ApplyT(func(url string) string {
		return strings.Replace(url, "wss://", "https://", 1)
	}).(pulumi.StringOutput)
	a.Connections, err = NewTable(ctx, name+"-connections", &TableArgs{
		PartitionKey:               String(ConnectionID),
		Indexes:                    Indexes{{Name: ConnectionsByUser, PartitionKey: String(ConnectionUser)}},
		TimeToLive:                 ConnectionExpires,
		DisablePointInTimeRecovery: args.DisablePointInTimeRecovery,
		DisableDeletionProtection:  args.DisableDeletionProtection,
	}, pulumi.Parent(a))
	if err != nil {
		return nil, wrap("RealtimeApi", name, err)
	}
	outputs := pulumi.Map{"id": a.ID, "url": a.URL, "pushUrl": a.PushURL}
	if !args.DisableLogging {
		if err := a.newLogs(ctx); err != nil {
			return nil, wrap("RealtimeApi", name, err)
		}
		outputs["accessLogGroup"], outputs["errorLogGroup"] = a.AccessLogGroup, a.ErrorLogGroup
	}
	return a, ctx.RegisterResourceOutputs(a, outputs)
}

// GrantPush allows sending messages to the API's connections and links the address for that as <NAME>_PUSH_URL.
func (a *RealtimeApi) GrantPush() policies.Grant {
	return a.grantConnections("POST")
}

// GrantClose allows ending the API's connections and links the address for that as <NAME>_PUSH_URL.
func (a *RealtimeApi) GrantClose() policies.Grant {
	return a.grantConnections("DELETE")
}

func (a *RealtimeApi) grantConnections(method string) policies.Grant {
	return policies.Grant{
		Statements: []policies.Statement{{
			Actions:   []string{string(policies.ManageConnections)},
			Resources: []pulumi.StringInput{pulumi.Sprintf("%s/%s/%s/@connections/*", a.ExecutionARN, a.stage, method)},
		}},
		Links: []policies.Link{{Variable: variable(a.logicalName, "PUSH_URL"), Value: a.PushURL, Resource: a.logicalName + " (RealtimeApi)"}},
	}
}

// GrantConnect allows connecting to an API with [ConnectIAM] and links its address as <NAME>_URL.
func (a *RealtimeApi) GrantConnect() policies.Grant {
	if a.auth() != ConnectIAM {
		return policies.Invalid(fmt.Errorf("%s (RealtimeApi): grant to connect: only an API with ConnectIAM asks for one", a.logicalName))
	}
	return policies.Grant{
		Statements: []policies.Statement{{
			Actions:   []string{string(policies.OpenConnection)},
			Resources: []pulumi.StringInput{pulumi.Sprintf("%s/%s/%s", a.ExecutionARN, a.stage, connectRoute)},
		}},
		Links: []policies.Link{{Variable: variable(a.logicalName, "URL"), Value: a.URL, Resource: a.logicalName + " (RealtimeApi)"}},
	}
}

// Deploy puts the functions behind the API and lets clients connect. It is called once.
func (a *RealtimeApi) Deploy(ctx *pulumi.Context, routes *RealtimeRoutes) error {
	if routes == nil {
		routes = &RealtimeRoutes{}
	}
	if err := routes.validate(a); err != nil {
		return err
	}
	a.deployed = true
	return wrap("RealtimeApi", a.logicalName, a.deploy(ctx, routes))
}

func (a *RealtimeApi) deploy(ctx *pulumi.Context, routes *RealtimeRoutes) error {
	authorizer, err := a.newAuthorizer(ctx, routes.Authorizer)
	if err != nil {
		return err
	}
	integrations := map[*Function]*apigatewayv2.Integration{}
	var created []pulumi.Resource
	for _, r := range routes.all() {
		if integrations[r.function] == nil {
			integrations[r.function], err = a.newIntegration(ctx, r.function)
			if err != nil {
				return err
			}
		}
		resources, err := a.newRoute(ctx, r, integrations[r.function], authorizer)
		if err != nil {
			return err
		}
		created = append(created, resources...)
	}
	return a.newStage(ctx, routes, created)
}

func (a *RealtimeApi) newAuthorizer(ctx *pulumi.Context, function *Function) (*apigatewayv2.Authorizer, error) {
	if function == nil {
		return nil, nil
	}
	name := a.logicalName + "-authorizer"
	authorizer, err := apigatewayv2.NewAuthorizer(ctx, name, &apigatewayv2.AuthorizerArgs{
		ApiId:           a.ID,
		AuthorizerType:  pulumi.String("REQUEST"),
		AuthorizerUri:   function.InvokeARN,
		IdentitySources: pulumi.ToStringArray(a.args.identitySources()),
	}, pulumi.Parent(a))
	if err != nil {
		return nil, err
	}
	_, err = function.permit(ctx, a, name, "apigateway.amazonaws.com",
		pulumi.Sprintf("%s/authorizers/%s", a.ExecutionARN, authorizer.ID()))
	return authorizer, err
}

// newIntegration lets routes call a function. API Gateway gives up one second after the function's own time limit.
func (a *RealtimeApi) newIntegration(ctx *pulumi.Context, function *Function) (*apigatewayv2.Integration, error) {
	return apigatewayv2.NewIntegration(ctx, a.logicalName+"-"+function.logicalName, &apigatewayv2.IntegrationArgs{
		ApiId:               a.ID,
		IntegrationType:     pulumi.String("AWS_PROXY"),
		IntegrationMethod:   pulumi.String("POST"),
		IntegrationUri:      function.InvokeARN,
		TimeoutMilliseconds: pulumi.Int(integrationTimeout(function)),
	}, pulumi.Parent(a))
}

func integrationTimeout(function *Function) int {
	return int(min(function.timeout+time.Second, realtimeIntegrationMax).Milliseconds())
}

// newRoute creates a route and the permission to call the function for exactly that route.
func (a *RealtimeApi) newRoute(ctx *pulumi.Context, r realtimeRoute, integration *apigatewayv2.Integration, authorizer *apigatewayv2.Authorizer) ([]pulumi.Resource, error) {
	name := a.logicalName + "-" + r.slug()
	args := &apigatewayv2.RouteArgs{
		ApiId:             a.ID,
		RouteKey:          pulumi.String(r.key),
		Target:            pulumi.Sprintf("integrations/%s", integration.ID()),
		AuthorizationType: pulumi.String(string(ConnectNone)), // only $connect can ask for more
	}
	if r.key == connectRoute {
		args.AuthorizationType = pulumi.String(string(a.auth()))
		if authorizer != nil {
			args.AuthorizerId = authorizer.ID()
		}
	}
	if r.reply {
		args.RouteResponseSelectionExpression = pulumi.String("$default")
	}
	route, err := apigatewayv2.NewRoute(ctx, name, args, pulumi.Parent(a))
	if err != nil {
		return nil, err
	}
	permission, err := r.function.permit(ctx, a, name, "apigateway.amazonaws.com",
		pulumi.Sprintf("%s/%s/%s", a.ExecutionARN, a.stage, r.key))
	if err != nil {
		return nil, err
	}
	created := []pulumi.Resource{route, permission}
	if r.reply {
		response, err := apigatewayv2.NewRouteResponse(ctx, name, &apigatewayv2.RouteResponseArgs{
			ApiId: a.ID, RouteId: route.ID(), RouteResponseKey: pulumi.String("$default"),
		}, pulumi.Parent(a))
		if err != nil {
			return nil, err
		}
		created = append(created, response)
	}
	return created, nil
}

// realtimeLogFields are what an access log line says, as API Gateway's $context variables for WebSocket APIs. The URL is not among them,
// since it may carry a token.
var realtimeLogFields = map[string]string{
	"requestId": "$context.requestId", "time": "$context.requestTime", "ip": "$context.identity.sourceIp",
	"event": "$context.eventType", "routeKey": "$context.routeKey", "status": "$context.status",
	"connectionId": "$context.connectionId", "connectedAt": "$context.connectedAt", "messageId": "$context.messageId",
	"integrationLatencyMs": "$context.integrationLatency", "integrationStatus": "$context.integration.status",
	"integrationError": "$context.integration.error", "authorizerError": "$context.authorizer.error",
	"error": "$context.error.message", "userAgent": "$context.identity.userAgent",
}

func (a *RealtimeApi) newStage(ctx *pulumi.Context, routes *RealtimeRoutes, created []pulumi.Resource) error {
	name := a.logicalName
	throttle := DefaultThrottle
	if a.args.Throttle != nil {
		throttle = *a.args.Throttle
	}
	var level pulumi.StringPtrInput
	if !a.args.DisableLogging {
		level = pulumi.String("ERROR")
	}
	args := &apigatewayv2.StageArgs{
		ApiId:      a.ID,
		Name:       pulumi.String(a.stage),
		AutoDeploy: pulumi.Bool(!a.args.DisableAutoDeploy),
		DefaultRouteSettings: &apigatewayv2.StageDefaultRouteSettingsArgs{
			ThrottlingRateLimit:    pulumi.Float64(throttle.Rate),
			ThrottlingBurstLimit:   pulumi.Int(throttle.Burst),
			DetailedMetricsEnabled: pulumi.Bool(a.args.DetailedMetrics),
			DataTraceEnabled:       pulumi.Bool(false), // it would log whole messages
			LoggingLevel:           level,
		},
	}
	var settings apigatewayv2.StageRouteSettingArray
	for _, r := range routes.Messages {
		if r.Throttle != nil {
			settings = append(settings, &apigatewayv2.StageRouteSettingArgs{
				RouteKey:               pulumi.String(r.Action),
				ThrottlingRateLimit:    pulumi.Float64(r.Throttle.Rate),
				ThrottlingBurstLimit:   pulumi.Int(r.Throttle.Burst),
				DetailedMetricsEnabled: pulumi.Bool(a.args.DetailedMetrics),
				DataTraceEnabled:       pulumi.Bool(false),
				LoggingLevel:           level,
			})
		}
	}
	args.RouteSettings = settings
	if !a.args.DisableLogging {
		args.AccessLogSettings = &apigatewayv2.StageAccessLogSettingsArgs{
			DestinationArn: a.accessLogs.Arn, Format: pulumi.String(jsonText(realtimeLogFields)),
		}
		created = append(created, a.errorLogs) // or API Gateway creates it, without a retention
	}
	if a.args.ConfigureAccountLogs {
		account, err := newAccountLogs(ctx, a, name)
		if err != nil {
			return err
		}
		created = append(created, account)
	}
	if a.args.DisableAutoDeploy {
		deployment, err := apigatewayv2.NewDeployment(ctx, name, &apigatewayv2.DeploymentArgs{
			ApiId: a.ID, Triggers: pulumi.StringMap{"routes": a.fingerprint(routes)},
		}, pulumi.Parent(a), pulumi.DependsOn(created))
		if err != nil {
			return err
		}
		args.DeploymentId = deployment.ID()
	}
	stage, err := apigatewayv2.NewStage(ctx, name, args, pulumi.Parent(a), pulumi.DependsOn(created)) // settings need their routes
	if err != nil {
		return err
	}
	return newAlarms(ctx, a, name, a.args.Alarms, a.alarms(stage.Name)...)
}

// newLogs creates the log groups, so that they have a retention. API Gateway writes errors to the group of this name and to no other.
func (a *RealtimeApi) newLogs(ctx *pulumi.Context) error {
	retention := pulumi.Int(or(a.args.LogRetentionDays, defaultLogRetentionDays))
	var err error
	a.accessLogs, err = cloudwatch.NewLogGroup(ctx, a.logicalName+"-access-logs", &cloudwatch.LogGroupArgs{
		NamePrefix: pulumi.String("/aws/apigateway/" + a.logicalName + "-"), RetentionInDays: retention,
	}, pulumi.Parent(a), keepsItsName())
	if err != nil {
		return err
	}
	a.errorLogs, err = cloudwatch.NewLogGroup(ctx, a.logicalName+"-error-logs", &cloudwatch.LogGroupArgs{
		Name: pulumi.Sprintf("/aws/apigateway/%s/%s", a.ID, a.stage), RetentionInDays: retention,
	}, pulumi.Parent(a))
	if err != nil {
		return err
	}
	a.AccessLogGroup, a.ErrorLogGroup = a.accessLogs.Name, a.errorLogs.Name
	return nil
}

// fingerprint changes when, and only when, the API has to be deployed again.
func (a *RealtimeApi) fingerprint(routes *RealtimeRoutes) pulumi.StringOutput {
	var inputs []any
	settings := []any{string(a.auth()), a.args.identitySources()}
	for _, r := range routes.all() {
		settings = append(settings, []any{r.key, r.reply, integrationTimeout(r.function)})
		inputs = append(inputs, r.function.InvokeARN)
	}
	if routes.Authorizer != nil {
		inputs = append(inputs, routes.Authorizer.InvokeARN)
	}
	return pulumi.All(inputs...).ApplyT(func(functions []any) string {
		sum := sha256.Sum256([]byte(jsonText([]any{settings, functions})))
		return hex.EncodeToString(sum[:])
	}).(pulumi.StringOutput)
}

// alarms of a WebSocket API: the functions behind it fail, or it fails itself.
func (a *RealtimeApi) alarms(stage pulumi.StringInput) []alarm {
	on := func(role, metric, description string) alarm {
		return alarm{
			role: role, description: description, namespace: "AWS/ApiGateway", metric: metric, statistic: "Sum",
			dimensions: map[string]pulumi.StringInput{"ApiId": a.ID, "Stage": stage}, threshold: 1, period: 5 * time.Minute,
		}
	}
	return []alarm{
		on("integration-errors", "IntegrationError", "Functions behind the WebSocket API "+a.logicalName+" fail. Their logs have the reasons."),
		on("execution-errors", "ExecutionError", "The WebSocket API "+a.logicalName+" cannot call its functions. Its error log has the reasons."),
	}
}

func (a *RealtimeApi) auth() ConnectAuth {
	return or(a.args.Auth, ConnectAuthorizer)
}

func (a *RealtimeApiArgs) identitySources() []string {
	if len(a.IdentitySources) == 0 && or(a.Auth, ConnectAuthorizer) == ConnectAuthorizer {
		return []string{defaultIdentitySource}
	}
	return a.IdentitySources
}

// realtimeRoute is any route of a WebSocket API.
type realtimeRoute struct {
	key      string
	function *Function
	reply    bool
}

// slug names the route's resources: "$connect" → connect.
func (r realtimeRoute) slug() string {
	return strings.Trim(notWord.ReplaceAllString(strings.ToLower(r.key), "-"), "-")
}

// all are API Gateway's own routes and those for messages.
func (r *RealtimeRoutes) all() []realtimeRoute {
	routes := []realtimeRoute{{key: connectRoute, function: r.Connect}, {key: disconnectRoute, function: r.Disconnect}}
	if r.Default != nil {
		routes = append(routes, realtimeRoute{key: defaultRoute, function: r.Default})
	}
	for _, m := range r.Messages {
		routes = append(routes, realtimeRoute{key: m.Action, function: m.Function, reply: m.Reply})
	}
	return routes
}

var (
	realtimeStage  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	identitySource = regexp.MustCompile(`^route\.request\.(header|querystring)\.[A-Za-z0-9_-]+$`)
	messageAction  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$`)
)

func (a *RealtimeApiArgs) validate(name string) error {
	p := check("RealtimeApi", name)
	auth := or(a.Auth, ConnectAuthorizer)
	p.want(slices.Contains([]ConnectAuth{ConnectAuthorizer, ConnectIAM, ConnectNone}, auth), "Auth", string(a.Auth),
		"ConnectAuthorizer, ConnectIAM or ConnectNone")
	p.want(auth == ConnectAuthorizer || len(a.IdentitySources) == 0, "IdentitySources", a.IdentitySources, "none without ConnectAuthorizer")
	p.want(len(a.IdentitySources) <= maxAuthorizerSources, "IdentitySources", len(a.IdentitySources), "at most 10")
	for _, source := range a.IdentitySources {
		p.want(identitySource.MatchString(source), "IdentitySources", source, "route.request.header.<name> or route.request.querystring.<name>")
	}
	p.throttle("Throttle", a.Throttle)
	if a.ConfigureAccountLogs {
		p.fitsBefore("-account-logs", "log role")
	}
	p.want(!a.ConfigureAccountLogs || !a.DisableLogging, "ConfigureAccountLogs", a.ConfigureAccountLogs, "false, since DisableLogging writes no logs")
	p.want(a.StageName == "" || realtimeStage.MatchString(a.StageName), "StageName", a.StageName, "1–128 of A–Z, a–z, 0–9, '_' and '-'")
	p.want(a.LogRetentionDays == 0 || slices.Contains(logRetentionDays, a.LogRetentionDays), "LogRetentionDays", a.LogRetentionDays,
		fmt.Sprintf("one of %v", logRetentionDays))
	return p.err()
}

func (r *RealtimeRoutes) validate(a *RealtimeApi) error {
	p := check("RealtimeApi", a.logicalName)
	p.want(!a.deployed, "Deploy", "again", "one call with all routes")
	p.want(r.Connect != nil, "Connect", nil, "the function that is called when a client connects")
	p.want(r.Disconnect != nil, "Disconnect", nil, "the function that is called when a connection has ended")
	if a.auth() == ConnectAuthorizer {
		p.want(r.Authorizer != nil, "Authorizer", nil, "the function that tells who may connect; or an API with ConnectIAM or ConnectNone")
	} else {
		p.want(r.Authorizer == nil, "Authorizer", string(a.auth()), "none without ConnectAuthorizer")
	}
	for field, function := range map[string]*Function{
		"Connect": r.Connect, "Disconnect": r.Disconnect, "Authorizer": r.Authorizer, "Default": r.Default,
	} {
		p.behindAPI(field, function)
	}
	taken := map[string]bool{"connect": true, "disconnect": true, "default": true}
	for i, m := range r.Messages {
		field := fmt.Sprintf("Messages[%d]", i)
		slug := realtimeRoute{key: m.Action}.slug()
		p.want(messageAction.MatchString(m.Action), field+".Action", m.Action, "1–128 of A–Z, a–z, 0–9, '_', '-' and '.'")
		p.want(!taken[slug], field+".Action", m.Action, "an action whose letters and digits differ from those of other actions, connect, disconnect and default")
		taken[slug] = true
		p.want(m.Function != nil, field+".Function", nil, "the function that gets the messages")
		p.behindAPI(field+".Function", m.Function)
		p.throttle(field+".Throttle", m.Throttle)
	}
	return p.err()
}

// behindAPI wants the function to answer before API Gateway gives up.
func (p *problems) behindAPI(field string, function *Function) {
	if function != nil {
		p.want(function.timeout <= APITimeout, field+" timeout", function.timeout, "at most 29s behind an API")
	}
}
