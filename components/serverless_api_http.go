package components

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// newHTTP creates the API as an HTTP API.
func (a *ServerlessApi) newHTTP(ctx *pulumi.Context, name string, args *ServerlessApiArgs) error {
	api, err := apigatewayv2.NewApi(ctx, name, &apigatewayv2.ApiArgs{
		ProtocolType:      pulumi.String("HTTP"),
		CorsConfiguration: args.CORS.configuration(args.Routes),
	}, pulumi.Parent(a))
	if err != nil {
		return err
	}
	a.ID, a.ExecutionARN = api.ID().ToStringOutput(), api.ExecutionArn
	a.metrics = apiMetrics{map[string]pulumi.StringInput{"ApiId": a.ID, "Stage": pulumi.String(a.stage)}, "4xx", "5xx"}
	routes, err := a.newRoutes(ctx, name, args)
	if err != nil {
		return err
	}
	return a.newStage(ctx, name, args, api, routes)
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
			AuthorizationType: pulumi.String(httpAuthorizations[or(r.Auth, AuthJWT)]),
		}
		if or(r.Auth, AuthJWT) == AuthJWT {
			routeArgs.AuthorizerId, routeArgs.AuthorizationScopes = authorizer.ID(), pulumi.ToStringArray(r.scopes())
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

// httpAuthorizations are the ways to know a caller by their names in HTTP APIs.
var httpAuthorizations = map[RouteAuth]string{AuthJWT: "JWT", AuthNone: "NONE", AuthIAM: "AWS_IAM"}

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
			Audiences: args.audiences(),
		},
		// The field has no meaning for JWT authorizers, but emulators answer with one.
	}, pulumi.Parent(a), pulumi.IgnoreChanges([]string{"authorizerPayloadFormatVersion"}))
}

// audiences are the clients whose tokens are accepted. Machines have tokens with their own scopes alone, so they reach only routes that ask for
// one of them.
func (a *ServerlessApiArgs) audiences() pulumi.StringArray {
	clients := pulumi.StringArray{a.Auth.ClientID}
	if slices.ContainsFunc(a.Routes, func(r Route) bool { return len(r.Scopes) > 0 }) {
		clients = append(clients, a.Auth.machines...)
	}
	return clients
}

// httpAccessLogFields are what a line of an HTTP API's access log says, as API Gateway's $context variables.
var httpAccessLogFields = map[string]string{
	"requestId": "$context.requestId", "time": "$context.requestTime", "ip": "$context.identity.sourceIp",
	"method": "$context.httpMethod", "path": "$context.path", "routeKey": "$context.routeKey", "status": "$context.status",
	"protocol": "$context.protocol", "responseLength": "$context.responseLength", "latencyMs": "$context.responseLatency",
	"integrationLatencyMs": "$context.integrationLatency", "integrationError": "$context.integrationErrorMessage",
	"authorizerError": "$context.authorizer.error", "userAgent": "$context.identity.userAgent",
}

func (a *ServerlessApi) newStage(ctx *pulumi.Context, name string, args *ServerlessApiArgs, api *apigatewayv2.Api, routes []pulumi.Resource) error {
	logs, format, err := a.newAccessLog(ctx, name, args, httpAccessLogFields)
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
		AccessLogSettings: &apigatewayv2.StageAccessLogSettingsArgs{DestinationArn: logs.Arn, Format: pulumi.String(format)},
		DefaultRouteSettings: &apigatewayv2.StageDefaultRouteSettingsArgs{
			ThrottlingRateLimit:  pulumi.Float64(throttle.Rate),
			ThrottlingBurstLimit: pulumi.Int(throttle.Burst),
		},
		RouteSettings: settings,
	}, pulumi.Parent(a), pulumi.DependsOn(routes)) // API Gateway refuses settings for a route that does not exist yet
	if err != nil {
		return err
	}
	a.StageName = stage.Name
	a.URL = api.ApiEndpoint
	if a.stage != defaultStage {
		a.URL = pulumi.Sprintf("%s/%s", api.ApiEndpoint, stage.Name)
	}
	return nil
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
	return &apigatewayv2.ApiCorsConfigurationArgs{
		AllowOrigins:  pulumi.ToStringArray(c.Origins),
		AllowMethods:  pulumi.ToStringArray(slices.Compact(methods)),
		AllowHeaders:  pulumi.ToStringArray(c.headers()),
		ExposeHeaders: pulumi.ToStringArray(c.ExposedHeaders),
		MaxAge:        pulumi.Int(int(c.maxAge().Seconds())),
	}
}
