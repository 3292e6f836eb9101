package components_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

// deployRealtime deploys an API called live whose functions take grants on its table and its connections.
func deployRealtime(t *testing.T, ctx *pulumi.Context, args *components.RealtimeApiArgs, more func(*components.RealtimeRoutes)) *components.RealtimeApi {
	t.Helper()
	api, err := components.NewRealtimeApi(ctx, "live", args)
	require.NoError(t, err)
	function := func(name string, grants ...policies.Grant) *components.Function {
		f, err := components.NewFunction(ctx, name, &components.FunctionArgs{
			Source: "lambdas/" + name, Builder: newBuilder(t), DisableTracing: true, Grants: grants,
		})
		require.NoError(t, err)
		return f
	}
	routes := &components.RealtimeRoutes{
		Connect:    function("connect", api.Connections.Grant(policies.PutItem)),
		Disconnect: function("disconnect", api.Connections.Grant(policies.DeleteItem)),
	}
	if args == nil || args.Auth == "" {
		routes.Authorizer = function("authorize")
	}
	if more != nil {
		more(routes)
	}
	require.NoError(t, api.Deploy(ctx, routes))
	return api
}

func TestRealtimeApi_AsksAFunctionWhoMayConnectByDefault(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		deployRealtime(t, ctx, nil, nil)
		return nil
	})
	api := program.Get(t, "aws:apigatewayv2/api:Api", "live")
	require.Equal(t, "live", api.Parent)
	require.Equal(t, "WEBSOCKET", api.Inputs["protocolType"])
	require.Equal(t, "$request.body.action", api.Inputs["routeSelectionExpression"])

	authorizer := program.Get(t, "aws:apigatewayv2/authorizer:Authorizer", "live-authorizer").Inputs
	require.Equal(t, "REQUEST", authorizer["authorizerType"])
	require.Equal(t, []any{"route.request.querystring.token"}, authorizer["identitySources"])
	require.Contains(t, authorizer["authorizerUri"], "authorize-1234567")
	require.NotContains(t, authorizer, "authorizerResultTtlInSeconds", "WebSocket APIs do not keep an authorizer's answers")

	connect := program.Get(t, routeType, "live-connect").Inputs
	require.Equal(t, "$connect", connect["routeKey"])
	require.Equal(t, "CUSTOM", connect["authorizationType"])
	require.Equal(t, "live-authorizer-id", connect["authorizerId"])
	disconnect := program.Get(t, routeType, "live-disconnect").Inputs
	require.Equal(t, "$disconnect", disconnect["routeKey"])
	require.Equal(t, "NONE", disconnect["authorizationType"], "API Gateway authorizes connections, not what happens on them")
	require.NotContains(t, disconnect, "authorizerId")
	require.Len(t, program.OfType(routeType), 2)
}

func TestRealtimeApi_RemembersWhoIsConnected(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		deployRealtime(t, ctx, nil, nil)
		return nil
	})
	table := program.Get(t, tableType, "live-connections")
	require.Equal(t, "connectionId", table.Inputs["hashKey"])
	require.Equal(t, map[string]any{"attributeName": "expiresAt", "enabled": true}, table.Inputs["ttl"])
	require.Equal(t, "by-user", in(t, table.Inputs, "globalSecondaryIndexes", 0, "name"))
	require.Equal(t, "userId", in(t, table.Inputs, "globalSecondaryIndexes", 0, "hashKey"))
	require.Equal(t, true, table.Inputs["deletionProtectionEnabled"])
	require.Equal(t, true, in(t, table.Inputs, "pointInTimeRecovery", "enabled"))

	arn := "arn:aws:dynamodb:eu-central-1:123456789012:table/live-connections-1234567"
	require.Equal(t, map[string][]string{arn: {"dynamodb:PutItem"}}, allowed(t, program, "connect"))
	require.Equal(t, map[string][]string{arn: {"dynamodb:DeleteItem"}}, allowed(t, program, "disconnect"))
	require.Equal(t, map[string]any{"LIVE_CONNECTIONS_TABLE": "live-connections-1234567"},
		in(t, program.Get(t, functionType, "connect").Inputs, "environment", "variables"))
}

func TestRealtimeApi_LetsEachRouteCallOnlyItsOwnFunction(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		deployRealtime(t, ctx, nil, func(r *components.RealtimeRoutes) {
			orders := newFunction(t, ctx, "orders")
			r.Default = newFunction(t, ctx, "other")
			r.Messages = []components.MessageRoute{{Action: "subscribe", Function: orders}, {Action: "sendMessage.v1", Function: orders, Reply: true}}
		})
		return nil
	})
	arn := "arn:aws:execute-api:eu-central-1:123456789012:live-id/"
	for name, want := range map[string]string{
		"live-connect":        arn + "live/$connect",
		"live-disconnect":     arn + "live/$disconnect",
		"live-default":        arn + "live/$default",
		"live-subscribe":      arn + "live/subscribe",
		"live-sendmessage-v1": arn + "live/sendMessage.v1",
		"live-authorizer":     arn + "authorizers/live-authorizer-id",
	} {
		permission := program.Get(t, permissionType, name).Inputs
		require.Equal(t, want, permission["sourceArn"])
		require.Equal(t, "apigateway.amazonaws.com", permission["principal"])
	}
	require.Len(t, program.OfType(permissionType), 6)
	require.Len(t, program.OfType(integrationType), 4, "one per function, not per route")
	integration := program.Get(t, integrationType, "live-orders").Inputs
	require.Equal(t, "AWS_PROXY", integration["integrationType"])
	require.Equal(t, "POST", integration["integrationMethod"])
	require.EqualValues(t, 11_000, integration["timeoutMilliseconds"], "the function's own time limit must come first")

	require.Equal(t, "$default", program.Get(t, routeType, "live-sendmessage-v1").Inputs["routeResponseSelectionExpression"])
	require.Equal(t, "$default", program.Get(t, "aws:apigatewayv2/routeResponse:RouteResponse", "live-sendmessage-v1").Inputs["routeResponseKey"])
	require.NotContains(t, program.Get(t, routeType, "live-subscribe").Inputs, "routeResponseSelectionExpression", "a route answers only if asked to")
	require.Len(t, program.OfType("aws:apigatewayv2/routeResponse:RouteResponse"), 1)
}

func TestRealtimeApi_IsLimitedLoggedAndWatched(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		deployRealtime(t, ctx, nil, nil)
		return nil
	})
	stage := program.Get(t, stageType, "live").Inputs
	require.Equal(t, "live", stage["name"])
	require.Equal(t, true, stage["autoDeploy"])
	require.Empty(t, program.OfType("aws:apigateway/account:Account"), "there is one for all APIs of the account")
	require.Equal(t, map[string]any{
		"throttlingRateLimit": 1000.0, "throttlingBurstLimit": 2000.0, "dataTraceEnabled": false, "detailedMetricsEnabled": false, "loggingLevel": "ERROR",
	}, stage["defaultRouteSettings"])
	require.NotContains(t, stage, "deploymentId")

	text := in(t, stage, "accessLogSettings", "format").(string)
	var fields map[string]string
	require.NoError(t, json.Unmarshal([]byte(text), &fields))
	require.Equal(t, "$context.connectionId", fields["connectionId"])
	require.NotContains(t, text, "querystring", "a token may be in it")
	access := program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "live-access-logs").Inputs
	require.EqualValues(t, 30, access["retentionInDays"])
	failures := program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "live-error-logs").Inputs
	require.Equal(t, "/aws/apigateway/live-id/live", failures["name"], "where API Gateway writes to")
	require.EqualValues(t, 30, failures["retentionInDays"])

	for _, name := range []string{"live-integration-errors", "live-execution-errors"} {
		require.Equal(t, map[string]any{"ApiId": "live-id", "Stage": "live"}, program.Get(t, alarmType, name).Inputs["dimensions"])
	}
}

func TestRealtimeApi_Options(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		deployRealtime(t, ctx, &components.RealtimeApiArgs{
			IdentitySources: []string{"route.request.header.Sec-WebSocket-Protocol"}, StageName: "v1", DetailedMetrics: true, ConfigureAccountLogs: true, LogRetentionDays: 7,
			Throttle: &components.Throttle{Rate: 10, Burst: 20}, Alarms: components.Alarms{Disabled: true},
			DisablePointInTimeRecovery: true, DisableDeletionProtection: true,
		}, func(r *components.RealtimeRoutes) {
			r.Messages = []components.MessageRoute{{Action: "chat", Function: newFunction(t, ctx, "chat"), Throttle: &components.Throttle{Rate: 1, Burst: 2}}}
		})
		return nil
	})
	require.Equal(t, []any{"route.request.header.Sec-WebSocket-Protocol"},
		program.Get(t, "aws:apigatewayv2/authorizer:Authorizer", "live-authorizer").Inputs["identitySources"])
	require.Contains(t, program.Get(t, "aws:apigateway/account:Account", "live-account-logs").Inputs["cloudwatchRoleArn"], "live-account-logs")
	stage := program.Get(t, stageType, "live").Inputs
	require.Equal(t, "v1", stage["name"])
	require.EqualValues(t, 10, in(t, stage, "defaultRouteSettings", "throttlingRateLimit"))
	require.Equal(t, true, in(t, stage, "defaultRouteSettings", "detailedMetricsEnabled"))
	require.Equal(t, []any{map[string]any{
		"routeKey": "chat", "throttlingRateLimit": 1.0, "throttlingBurstLimit": 2.0, "dataTraceEnabled": false, "detailedMetricsEnabled": true, "loggingLevel": "ERROR",
	}}, stage["routeSettings"])
	require.EqualValues(t, 7, program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "live-error-logs").Inputs["retentionInDays"])
	for _, alarm := range program.OfType(alarmType) {
		require.NotEqual(t, "live", alarm.Parent)
	}
	table := program.Get(t, tableType, "live-connections").Inputs
	require.Equal(t, false, table["deletionProtectionEnabled"])
	require.Equal(t, false, in(t, table, "pointInTimeRecovery", "enabled"))
}

func TestRealtimeApi_WithoutLogging(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		deployRealtime(t, ctx, &components.RealtimeApiArgs{DisableLogging: true}, nil)
		return nil
	})
	stage := program.Get(t, stageType, "live").Inputs
	require.NotContains(t, stage, "accessLogSettings")
	require.NotContains(t, stage["defaultRouteSettings"], "loggingLevel")
	for _, group := range program.OfType("aws:cloudwatch/logGroup:LogGroup") {
		require.NotEqual(t, "live", group.Parent)
	}
}

func TestRealtimeApi_AFunctionMayTakeAsLongAsAnAPIAllows(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		deployRealtime(t, ctx, nil, func(r *components.RealtimeRoutes) {
			var err error
			r.Default, err = components.NewFunction(ctx, "slow", &components.FunctionArgs{Source: "x", Builder: newBuilder(t), Timeout: 29 * time.Second})
			require.NoError(t, err)
		})
		return nil
	})
	require.EqualValues(t, 29_000, program.Get(t, integrationType, "live-slow").Inputs["timeoutMilliseconds"], "API Gateway allows no more")
}

func TestRealtimeApi_DeploysAgainWhenRoutesChange(t *testing.T) {
	trigger := func(auth components.ConnectAuth, messages ...components.MessageRoute) string {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			deployRealtime(t, ctx, &components.RealtimeApiArgs{Auth: auth, DisableAutoDeploy: true}, func(r *components.RealtimeRoutes) {
				f := newFunction(t, ctx, "chat")
				for i := range messages {
					messages[i].Function = f
				}
				r.Messages = messages
			})
			return nil
		})
		stage := program.Get(t, stageType, "live").Inputs
		require.Equal(t, false, stage["autoDeploy"])
		require.Equal(t, "live-id", stage["deploymentId"])
		deployment := program.Get(t, "aws:apigatewayv2/deployment:Deployment", "live")
		require.NotEmpty(t, deployment.Dependencies, "a deployment needs its routes")
		return in(t, deployment.Inputs, "triggers", "routes").(string)
	}
	first := trigger("", components.MessageRoute{Action: "chat"})
	require.Equal(t, first, trigger("", components.MessageRoute{Action: "chat"}))
	require.Equal(t, first, trigger("", components.MessageRoute{Action: "chat", Throttle: &components.Throttle{Rate: 1, Burst: 1}}), "limits belong to the stage")
	for _, other := range []string{
		trigger(""), trigger("", components.MessageRoute{Action: "talk"}), trigger("", components.MessageRoute{Action: "chat", Reply: true}),
		trigger(components.ConnectNone, components.MessageRoute{Action: "chat"}),
	} {
		require.NotEqual(t, first, other)
	}
}

func TestRealtimeApi_OtherWaysToConnect(t *testing.T) {
	for _, auth := range []components.ConnectAuth{components.ConnectIAM, components.ConnectNone} {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			deployRealtime(t, ctx, &components.RealtimeApiArgs{Auth: auth}, nil)
			return nil
		})
		require.Equal(t, string(auth), program.Get(t, routeType, "live-connect").Inputs["authorizationType"])
		require.Equal(t, "NONE", program.Get(t, routeType, "live-disconnect").Inputs["authorizationType"])
		require.Empty(t, program.OfType("aws:apigatewayv2/authorizer:Authorizer"))
	}
}

func TestRealtimeApi_Grants(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		api := deployRealtime(t, ctx, &components.RealtimeApiArgs{Auth: components.ConnectIAM}, nil)
		for name, grant := range map[string]policies.Grant{"push": api.GrantPush(), "close": api.GrantClose(), "join": api.GrantConnect()} {
			_, err := components.NewFunction(ctx, name, &components.FunctionArgs{
				Source: "x", Builder: newBuilder(t), DisableTracing: true, Grants: []policies.Grant{grant},
			})
			require.NoError(t, err)
		}
		return nil
	})
	arn := "arn:aws:execute-api:eu-central-1:123456789012:live-id/live/"
	for name, want := range map[string]struct {
		resource, action, variable, value string
	}{
		"push":  {arn + "POST/@connections/*", "execute-api:ManageConnections", "LIVE_PUSH_URL", "https://live-id.execute-api.eu-central-1.amazonaws.com/live"},
		"close": {arn + "DELETE/@connections/*", "execute-api:ManageConnections", "LIVE_PUSH_URL", "https://live-id.execute-api.eu-central-1.amazonaws.com/live"},
		"join":  {arn + "$connect", "execute-api:Invoke", "LIVE_URL", "wss://live-id.execute-api.eu-central-1.amazonaws.com/live"},
	} {
		require.Equal(t, map[string][]string{want.resource: {want.action}}, allowed(t, program, name))
		require.Equal(t, map[string]any{want.variable: want.value}, in(t, program.Get(t, functionType, name).Inputs, "environment", "variables"))
	}
}

func TestRealtimeApi_GrantsConnectingOnlyWhereIAMIsAsked(t *testing.T) {
	mocks.MustRun(t, func(ctx *pulumi.Context) error {
		api, err := components.NewRealtimeApi(ctx, "live", nil)
		require.NoError(t, err)
		require.ErrorContains(t, api.GrantConnect().Err(), "live (RealtimeApi): grant to connect: only an API with ConnectIAM asks for one")
		return nil
	})
}

func TestRealtimeApi_RefusesWrongArguments(t *testing.T) {
	for name, test := range map[string]struct {
		args components.RealtimeApiArgs
		want string
	}{
		"auth":           {components.RealtimeApiArgs{Auth: "JWT"}, `live (RealtimeApi): Auth = "JWT", want ConnectAuthorizer, ConnectIAM or ConnectNone`},
		"source":         {components.RealtimeApiArgs{IdentitySources: []string{"$request.header.Authorization"}}, `IdentitySources = "$request.header.Authorization", want route.request.header.<name>`},
		"sources":        {components.RealtimeApiArgs{IdentitySources: make([]string, 11)}, "IdentitySources = 11, want at most 10"},
		"useless source": {components.RealtimeApiArgs{Auth: components.ConnectNone, IdentitySources: []string{"route.request.header.X"}}, "want none without ConnectAuthorizer"},
		"throttle":       {components.RealtimeApiArgs{Throttle: &components.Throttle{}}, "Throttle.Rate = 0"},
		"stage":          {components.RealtimeApiArgs{StageName: "$default"}, `StageName = "$default"`},
		"useless role":   {components.RealtimeApiArgs{ConfigureAccountLogs: true, DisableLogging: true}, "ConfigureAccountLogs = true, want false, since DisableLogging"},
		"retention":      {components.RealtimeApiArgs{LogRetentionDays: 2}, "LogRetentionDays = 2"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, func(ctx *pulumi.Context) error {
				_, err := components.NewRealtimeApi(ctx, "live", &test.args)
				return err
			}, test.want)
		})
	}
}

func TestRealtimeApi_RefusesWrongRoutes(t *testing.T) {
	type functions struct{ good, slow *components.Function }
	for name, test := range map[string]struct {
		auth   components.ConnectAuth
		routes func(f functions) *components.RealtimeRoutes
		want   []string
	}{
		"nothing": {"", func(functions) *components.RealtimeRoutes { return nil }, []string{
			"live (RealtimeApi): Connect = <nil>, want the function", "Disconnect = <nil>", "Authorizer = <nil>",
		}},
		"authorizer for IAM": {components.ConnectIAM, func(f functions) *components.RealtimeRoutes {
			return &components.RealtimeRoutes{Connect: f.good, Disconnect: f.good, Authorizer: f.good}
		}, []string{`Authorizer = "AWS_IAM", want none without ConnectAuthorizer`}},
		"slow": {"", func(f functions) *components.RealtimeRoutes {
			return &components.RealtimeRoutes{
				Connect: f.slow, Disconnect: f.slow, Authorizer: f.slow, Default: f.slow,
				Messages: []components.MessageRoute{{Action: "a", Function: f.slow}},
			}
		}, []string{"Connect timeout = 1m, want at most 29s", "Disconnect timeout", "Authorizer timeout", "Default timeout", "Messages[0].Function timeout"}},
		"messages": {components.ConnectNone, func(f functions) *components.RealtimeRoutes {
			return &components.RealtimeRoutes{Connect: f.good, Disconnect: f.good, Messages: []components.MessageRoute{
				{Action: "", Function: f.good}, {Action: "two words"}, {Action: "connect", Function: f.good},
				{Action: "send-it", Function: f.good}, {Action: "sendIt", Function: f.good}, {Action: "send_it", Function: f.good, Throttle: &components.Throttle{Rate: 1}},
			}}
		}, []string{
			`Messages[0].Action = ""`, `Messages[1].Action = "two words"`, "Messages[1].Function = <nil>", `Messages[2].Action = "connect", want an action whose letters`,
			`Messages[5].Action = "send_it", want an action whose letters`, "Messages[5].Throttle.Burst = 0",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			program, err := mocks.Run(func(ctx *pulumi.Context) error {
				api, err := components.NewRealtimeApi(ctx, "live", &components.RealtimeApiArgs{Auth: test.auth})
				require.NoError(t, err)
				slow, err := components.NewFunction(ctx, "slow", &components.FunctionArgs{Source: "x", Builder: newBuilder(t), Timeout: time.Minute})
				require.NoError(t, err)
				return api.Deploy(ctx, test.routes(functions{newFunction(t, ctx, "good"), slow}))
			}, nil)
			for _, text := range test.want {
				require.ErrorContains(t, err, text)
			}
			require.Empty(t, program.OfType(routeType))
		})
	}
}

func TestRealtimeApi_IsDeployedOnce(t *testing.T) {
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		api := deployRealtime(t, ctx, nil, nil)
		f := newFunction(t, ctx, "again")
		return api.Deploy(ctx, &components.RealtimeRoutes{Connect: f, Disconnect: f, Authorizer: f})
	}, nil)
	require.ErrorContains(t, err, `live (RealtimeApi): Deploy = "again", want one call with all routes`)
}
