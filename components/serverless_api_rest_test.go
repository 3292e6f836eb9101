package components_test

import (
	"encoding/json"
	"maps"
	"slices"
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
	methodType          = "aws:apigateway/method:Method"
	restIntegrationType = "aws:apigateway/integration:Integration"
	resourceType        = "aws:apigateway/resource:Resource"
	restStageType       = "aws:apigateway/stage:Stage"
	settingsType        = "aws:apigateway/methodSettings:MethodSettings"
	gatewayResponseType = "aws:apigateway/response:Response"
	deploymentType      = "aws:apigateway/deployment:Deployment"
	modelType           = "aws:apigateway/model:Model"
	validatorType       = "aws:apigateway/requestValidator:RequestValidator"
	usagePlanType       = "aws:apigateway/usagePlan:UsagePlan"
)

// newREST runs a program with a REST API called shop, whose routes without a function get one called home.
func newREST(t *testing.T, args components.ServerlessApiArgs) *mocks.Program {
	t.Helper()
	return mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewServerlessApi(ctx, "shop", restArgs(t, ctx, args))
		return err
	})
}

func restArgs(t *testing.T, ctx *pulumi.Context, args components.ServerlessApiArgs) *components.ServerlessApiArgs {
	t.Helper()
	home := newFunction(t, ctx, "home")
	args.Flavor = components.FlavorREST
	args.Routes = slices.Clone(args.Routes)
	for i := range args.Routes {
		args.Routes[i].Function = home
	}
	if args.Auth == nil {
		args.Auth = newAuth(t, ctx)
	}
	return &args
}

func open(method, path string) components.Route {
	return components.Route{Method: method, Path: path, Auth: components.AuthNone}
}

func TestServerlessApiREST_Defaults(t *testing.T) {
	program := newREST(t, components.ServerlessApiArgs{Routes: components.Routes{open("GET", "/")}})
	api := program.Get(t, "aws:apigateway/restApi:RestApi", "shop").Inputs
	require.Equal(t, map[string]any{"endpointConfiguration": map[string]any{"types": "REGIONAL"}}, api)

	stage := program.Get(t, restStageType, "shop").Inputs
	require.Equal(t, "api", stage["stageName"], "a REST API's stage needs a name")
	require.Equal(t, true, stage["xrayTracingEnabled"])
	require.Equal(t, "shop-id", stage["deployment"])
	require.NotContains(t, stage, "cacheClusterEnabled")
	require.NotContains(t, stage, "variables")
	var fields map[string]string
	require.NoError(t, json.Unmarshal([]byte(in(t, stage, "accessLogSettings", "format").(string)), &fields))
	require.Equal(t, "$context.requestId", fields["requestId"])
	require.Equal(t, "$context.httpMethod $context.resourcePath", fields["routeKey"])
	require.EqualValues(t, 30, program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "shop-access-logs").Inputs["retentionInDays"])

	settings := program.Get(t, settingsType, "shop").Inputs
	require.Equal(t, "*/*", settings["methodPath"])
	require.Equal(t, map[string]any{
		"throttlingRateLimit": 1000.0, "throttlingBurstLimit": 2000.0, "loggingLevel": "ERROR", "dataTraceEnabled": false, "cachingEnabled": false,
	}, settings["settings"])
	require.Len(t, program.OfType(settingsType), 1)

	for _, absent := range []string{
		"aws:apigateway/account:Account", "aws:wafv2/webAclAssociation:WebAclAssociation", "aws:apigatewayv2/domainName:DomainName",
		"aws:apigateway/apiKey:ApiKey", validatorType, "aws:apigatewayv2/api:Api",
	} {
		require.Empty(t, program.OfType(absent), absent)
	}
}

func TestServerlessApiREST_OneResourceForEachPartOfAPath(t *testing.T) {
	program := newREST(t, components.ServerlessApiArgs{Routes: components.Routes{
		open("GET", "/"), open("GET", "/products/{id}"), open("PUT", "/products/{id}"), open("GET", "/products/{id}/images/{image}"), open("ANY", "/files/{path+}"),
	}})
	parts := map[string][]any{}
	for _, r := range program.OfType(resourceType) {
		parts[r.Name] = []any{r.Inputs["parentId"], r.Inputs["pathPart"]}
	}
	require.Equal(t, map[string][]any{
		"shop-products":                 {"shop-root", "products"},
		"shop-products-id":              {"shop-products-id", "{id}"},
		"shop-products-id-images":       {"shop-products-id-id", "images"},
		"shop-products-id-images-image": {"shop-products-id-images-id", "{image}"},
		"shop-files":                    {"shop-root", "files"},
		"shop-files-path":               {"shop-files-id", "{path+}"},
	}, parts)
	require.Equal(t, "shop-root", program.Get(t, methodType, "shop-get").Inputs["resourceId"])
	put := program.Get(t, methodType, "shop-put-products-id").Inputs
	require.Equal(t, "shop-products-id-id", put["resourceId"])
	require.Equal(t, "PUT", put["httpMethod"])
	require.Equal(t, map[string]any{"method.request.path.id": true}, put["requestParameters"])
	require.Equal(t, map[string]any{"method.request.path.path": true}, program.Get(t, methodType, "shop-any-files-path").Inputs["requestParameters"])
}

func TestServerlessApiREST_LetsEachRouteCallOnlyItsOwnFunction(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		slowest, err := components.NewFunction(ctx, "slowest", &components.FunctionArgs{Source: "x", Timeout: 29 * time.Second, Builder: newBuilder(t)})
		require.NoError(t, err)
		_, err = components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{
			Flavor: components.FlavorREST, StageName: "v1", NotFound: newFunction(t, ctx, "not-found"),
			Routes: components.Routes{
				{Method: "GET", Path: "/products/{id}", Function: newFunction(t, ctx, "get-product"), Auth: components.AuthNone},
				{Method: "ANY", Path: "/", Function: slowest, Auth: components.AuthNone},
			},
		})
		return err
	})
	arn := "arn:aws:execute-api:eu-central-1:123456789012:shop-id/v1/"
	for name, want := range map[string]string{
		"shop-get-products-id": arn + "GET/products/*",
		"shop-any":             arn + "*/",
		"shop-any-proxy":       arn + "*/*",
	} {
		permission := program.Get(t, permissionType, name).Inputs
		require.Equal(t, want, permission["sourceArn"])
		require.Equal(t, "apigateway.amazonaws.com", permission["principal"])
	}
	integration := program.Get(t, restIntegrationType, "shop-get-products-id").Inputs
	require.Equal(t, "AWS_PROXY", integration["type"])
	require.Equal(t, "POST", integration["integrationHttpMethod"], "Lambda is always called by POST")
	require.Contains(t, integration["uri"], "function/get-product-1234567/invocations")
	require.EqualValues(t, 11_000, integration["timeoutMilliseconds"], "the function's own time limit must come first")
	require.EqualValues(t, 29_000, program.Get(t, restIntegrationType, "shop-any").Inputs["timeoutMilliseconds"], "API Gateway's quota")
	require.Contains(t, program.Get(t, restIntegrationType, "shop-any-proxy").Inputs["uri"], "function/not-found-1234567")
	require.Equal(t, "NONE", program.Get(t, methodType, "shop-any-proxy").Inputs["authorization"])
}

func TestServerlessApiREST_KnowsItsCallers(t *testing.T) {
	program := newREST(t, components.ServerlessApiArgs{
		Clients: []components.APIClient{{Name: "robot"}},
		Routes: components.Routes{
			{Method: "GET", Path: "/orders"}, {Method: "POST", Path: "/orders", Scopes: []string{"shop/orders"}}, open("GET", "/products"),
			{Method: "GET", Path: "/prices", Auth: components.AuthAPIKey}, {Method: "GET", Path: "/reports", Auth: components.AuthIAM},
		},
	})
	authorizer := program.Get(t, "aws:apigateway/authorizer:Authorizer", "shop-jwt").Inputs
	require.Equal(t, "COGNITO_USER_POOLS", authorizer["type"])
	require.Len(t, authorizer["providerArns"], 1)
	require.Contains(t, in(t, authorizer, "providerArns", 0), "userpool/accounts")
	for name, want := range map[string]map[string]any{
		"shop-get-orders":   {"authorization": "COGNITO_USER_POOLS", "authorizerId": "shop-jwt-id", "apiKeyRequired": false, "authorizationScopes": []any{"openid", "aws.cognito.signin.user.admin"}},
		"shop-post-orders":  {"authorization": "COGNITO_USER_POOLS", "authorizerId": "shop-jwt-id", "apiKeyRequired": false, "authorizationScopes": []any{"shop/orders"}},
		"shop-get-products": {"authorization": "NONE", "apiKeyRequired": false},
		"shop-get-prices":   {"authorization": "NONE", "apiKeyRequired": true},
		"shop-get-reports":  {"authorization": "AWS_IAM", "apiKeyRequired": false},
	} {
		got := maps.Clone(program.Get(t, methodType, name).Inputs)
		for _, other := range []string{"restApi", "resourceId", "httpMethod"} {
			delete(got, other)
		}
		require.Equal(t, want, got, name)
	}
}

func TestServerlessApiREST_ClientsHaveKeysAndPlansOfTheirOwn(t *testing.T) {
	var keys map[string]string
	var secret bool
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		api, err := components.NewServerlessApi(ctx, "shop", restArgs(t, ctx, components.ServerlessApiArgs{
			Routes: components.Routes{{Method: "GET", Path: "/prices", Auth: components.AuthAPIKey}},
			Clients: []components.APIClient{
				{Name: "robot"},
				{Name: "partner", Throttle: &components.Throttle{Rate: 5, Burst: 10}, Quota: &components.Quota{Requests: 1000, Period: components.QuotaDay}},
				{Name: "press", Quota: &components.Quota{Requests: 50}, Key: pulumi.String("a-key-that-the-press-has-already")},
			},
		}))
		require.NoError(t, err)
		secret = pulumi.IsSecret(api.ClientKeys)
		api.ClientKeys.ApplyT(func(k map[string]string) string {
			keys = k
			return ""
		})
		return nil
	})
	require.Equal(t, map[string]string{"robot": "shop-robot-value", "partner": "shop-partner-value", "press": "a-key-that-the-press-has-already"}, keys)
	require.True(t, secret)
	robot := program.Get(t, usagePlanType, "shop-robot").Inputs
	require.Equal(t, map[string]any{"rateLimit": 1000.0, "burstLimit": 2000.0}, robot["throttleSettings"])
	require.Equal(t, []any{map[string]any{"apiId": "shop-id", "stage": "api"}}, robot["apiStages"])
	require.NotContains(t, robot, "quotaSettings")
	partner := program.Get(t, usagePlanType, "shop-partner").Inputs
	require.Equal(t, map[string]any{"rateLimit": 5.0, "burstLimit": 10.0}, partner["throttleSettings"])
	require.Equal(t, map[string]any{"limit": 1000.0, "period": "DAY"}, partner["quotaSettings"])
	require.Equal(t, map[string]any{"limit": 50.0, "period": "MONTH"}, program.Get(t, usagePlanType, "shop-press").Inputs["quotaSettings"])
	require.Equal(t, map[string]any{"usagePlanId": "shop-partner-id", "keyId": "shop-partner-id", "keyType": "API_KEY"},
		program.Get(t, "aws:apigateway/usagePlanKey:UsagePlanKey", "shop-partner").Inputs)
}

func cachedRoutes() components.Routes {
	return components.Routes{
		{Method: "GET", Path: "/products", Auth: components.AuthNone, CacheTTL: 5 * time.Minute, CacheKeys: []string{"category", "q"}},
		{Method: "GET", Path: "/products/{id}", Auth: components.AuthNone, CacheTTL: time.Minute, CacheKeys: []string{}, Throttle: &components.Throttle{Rate: 7, Burst: 9}},
		open("GET", "/health"),
	}
}

func TestServerlessApiREST_KeepsAnswers(t *testing.T) {
	program := newREST(t, components.ServerlessApiArgs{Routes: cachedRoutes(), CacheSize: 6.1})
	stage := program.Get(t, restStageType, "shop").Inputs
	require.Equal(t, true, stage["cacheClusterEnabled"])
	require.Equal(t, "6.1", stage["cacheClusterSize"])
	list := program.Get(t, settingsType, "shop-get-products").Inputs
	require.Equal(t, "products/GET", list["methodPath"])
	require.Equal(t, map[string]any{
		"throttlingRateLimit": 1000.0, "throttlingBurstLimit": 2000.0, "loggingLevel": "ERROR", "dataTraceEnabled": false,
		"cachingEnabled": true, "cacheTtlInSeconds": 300.0, "cacheDataEncrypted": true,
		"requireAuthorizationForCacheControl": true, "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITHOUT_RESPONSE_HEADER",
	}, list["settings"])
	one := program.Get(t, settingsType, "shop-get-products-id").Inputs
	require.Equal(t, "products/{id}/GET", one["methodPath"])
	require.EqualValues(t, 7, in(t, one, "settings", "throttlingRateLimit"))
	require.Len(t, program.OfType(settingsType), 3, "one for all methods and one for each route that differs")

	require.Equal(t, map[string]any{"method.request.querystring.category": false, "method.request.querystring.q": false},
		program.Get(t, methodType, "shop-get-products").Inputs["requestParameters"])
	require.Equal(t, []any{"method.request.querystring.category", "method.request.querystring.q"},
		program.Get(t, restIntegrationType, "shop-get-products").Inputs["cacheKeyParameters"])
	require.Equal(t, []any{"method.request.path.id"}, program.Get(t, restIntegrationType, "shop-get-products-id").Inputs["cacheKeyParameters"])
	require.NotContains(t, program.Get(t, restIntegrationType, "shop-get-health").Inputs, "cacheKeyParameters")

	program = newREST(t, components.ServerlessApiArgs{Routes: cachedRoutes()})
	require.Equal(t, "0.5", program.Get(t, restStageType, "shop").Inputs["cacheClusterSize"])

	program = newREST(t, components.ServerlessApiArgs{Routes: cachedRoutes(), DisableCache: true})
	require.NotContains(t, program.Get(t, restStageType, "shop").Inputs, "cacheClusterEnabled")
	require.NotContains(t, program.Get(t, restIntegrationType, "shop-get-products").Inputs, "cacheKeyParameters")
	require.Equal(t, false, in(t, program.Get(t, settingsType, "shop-get-products-id").Inputs, "settings", "cachingEnabled"))
	require.Len(t, program.OfType(settingsType), 2, "the limit remains")
}

func TestServerlessApiREST_SettingsOfTheRoot(t *testing.T) {
	root := open("GET", "/")
	root.Throttle = &components.Throttle{Rate: 1, Burst: 1}
	program := newREST(t, components.ServerlessApiArgs{Routes: components.Routes{root}})
	require.Equal(t, "~1/GET", program.Get(t, settingsType, "shop-get").Inputs["methodPath"])
}

func TestServerlessApiREST_SettingsOfEveryMethod(t *testing.T) {
	settled := func(cors *components.CORS) map[string]string {
		every, one := open("ANY", "/files/{path+}"), open("POST", "/files/{path+}")
		every.Throttle = &components.Throttle{Rate: 5, Burst: 5}
		program := newREST(t, components.ServerlessApiArgs{Routes: components.Routes{every, one}, CORS: cors})
		paths := map[string]string{}
		for _, r := range program.OfType(settingsType) {
			paths[r.Name] = r.Inputs["methodPath"].(string)
			if r.Name != "shop" {
				require.EqualValues(t, 5, in(t, r.Inputs, "settings", "throttlingRateLimit"))
			}
		}
		return paths
	}
	want := map[string]string{"shop": "*/*"} // AWS refuses files/{path+}/ANY, and POST has a route of its own
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE", "HEAD"} {
		want["shop-any-files-path-"+strings.ToLower(method)] = "files/{path+}/" + method
	}
	require.Equal(t, want, settled(&components.CORS{Origins: []string{"https://shop.example.com"}}))
	want["shop-any-files-path-options"] = "files/{path+}/OPTIONS"
	require.Equal(t, want, settled(nil))
}

func TestServerlessApiREST_LetsAllClientsHaveTheirLimitsAtOnce(t *testing.T) {
	limit := func(args components.ServerlessApiArgs) any {
		args.Routes = components.Routes{{Method: "GET", Path: "/", Auth: components.AuthAPIKey}}
		return in(t, newREST(t, args).Get(t, settingsType, "shop").Inputs, "settings", "throttlingRateLimit")
	}
	clients := []components.APIClient{{Name: "a"}, {Name: "b", Throttle: &components.Throttle{Rate: 500, Burst: 500}}}
	require.EqualValues(t, 1500, limit(components.ServerlessApiArgs{Clients: clients}))
	require.EqualValues(t, 1000, limit(components.ServerlessApiArgs{Clients: clients[1:]}))
	require.EqualValues(t, 10, limit(components.ServerlessApiArgs{Clients: clients, Throttle: &components.Throttle{Rate: 10, Burst: 10}}))
}

func TestServerlessApiREST_ChecksRequests(t *testing.T) {
	const schema = `{"type":"object","required":["name"]}`
	find := open("GET", "/find")
	find.RequiredQuery, find.RequiredHeaders = []string{"q"}, []string{"If-Match"}
	add := open("POST", "/things")
	add.BodySchema = schema
	replace := open("PUT", "/things/{id}")
	replace.BodySchema, replace.RequiredHeaders = schema, []string{"If-Match"}
	again := open("POST", "/again")
	again.BodySchema = schema
	program := newREST(t, components.ServerlessApiArgs{Routes: components.Routes{find, add, replace, again, open("GET", "/")}})

	method := func(name string) map[string]any { return program.Get(t, methodType, name).Inputs }
	require.Equal(t, "shop-validated-parameters-id", method("shop-get-find")["requestValidatorId"])
	require.Equal(t, map[string]any{"method.request.querystring.q": true, "method.request.header.If-Match": true}, method("shop-get-find")["requestParameters"])
	require.Equal(t, "shop-validated-body-id", method("shop-post-things")["requestValidatorId"])
	require.Equal(t, map[string]any{"application/json": "postXthings"}, method("shop-post-things")["requestModels"])
	require.Equal(t, "shop-validated-parameters-body-id", method("shop-put-things-id")["requestValidatorId"])
	require.NotContains(t, method("shop-get"), "requestValidatorId")
	require.Len(t, program.OfType(validatorType), 3, "routes share them")
	require.Equal(t, true, program.Get(t, validatorType, "shop-validated-parameters-body").Inputs["validateRequestBody"])
	require.Equal(t, false, program.Get(t, validatorType, "shop-validated-body").Inputs["validateRequestParameters"])
	require.JSONEq(t, schema, program.Get(t, "aws:apigateway/model:Model", "shop-put-things-id").Inputs["schema"].(string))
}

func TestServerlessApiREST_AnswersItsOwnErrorsAsProblems(t *testing.T) {
	program := newREST(t, components.ServerlessApiArgs{Routes: components.Routes{open("GET", "/")}})
	responses := program.OfType(gatewayResponseType)
	require.Len(t, responses, 21, "all kinds that API Gateway has")
	for _, r := range responses {
		template := in(t, r.Inputs, "responseTemplates", "application/json").(string)
		text := strings.NewReplacer("$context.error.messageString", `"?"`, "$context.requestId", "request-1").Replace(template)
		var problem struct {
			Type, Title, Detail, CorrelationID string
			Status                             int
		}
		require.NoError(t, json.Unmarshal([]byte(text), &problem), text)
		require.Equal(t, "about:blank", problem.Type)
		require.NotEmpty(t, problem.Title)
		require.NotEmpty(t, problem.Detail)
		require.Equal(t, "request-1", problem.CorrelationID)
		require.EqualValues(t, r.Inputs["statusCode"], jsonText(t, problem.Status))
		headers := r.Inputs["responseParameters"].(map[string]any)
		require.Equal(t, "'application/problem+json'", headers["gatewayresponse.header.Content-Type"])
		require.Equal(t, "context.requestId", headers["gatewayresponse.header.X-Correlation-Id"])
		require.Equal(t, "'no-store'", headers["gatewayresponse.header.Cache-Control"])
		require.Equal(t, problem.Status == 401, headers["gatewayresponse.header.WWW-Authenticate"] == "'Bearer'")
		require.Equal(t, problem.Status == 429, headers["gatewayresponse.header.Retry-After"] == "'1'")
		require.NotContains(t, headers, "gatewayresponse.header.Access-Control-Allow-Origin")
	}
	for name, status := range map[string]string{
		"shop-default-4xx": "400", "shop-default-5xx": "500", "shop-unauthorized": "401", "shop-throttled": "429",
		"shop-quota-exceeded": "429", "shop-missing-authentication-token": "404", "shop-integration-timeout": "504",
	} {
		require.Equal(t, status, program.Get(t, gatewayResponseType, name).Inputs["statusCode"], name)
	}
}

func jsonText(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

func TestServerlessApiREST_AnUnsignedRequestIsRefusedWhereSomeMustBeSigned(t *testing.T) {
	program := newREST(t, components.ServerlessApiArgs{Routes: components.Routes{{Method: "GET", Path: "/", Auth: components.AuthIAM}}})
	require.Equal(t, "403", program.Get(t, gatewayResponseType, "shop-missing-authentication-token").Inputs["statusCode"])
}

func TestServerlessApiREST_CORS(t *testing.T) {
	program := newREST(t, components.ServerlessApiArgs{
		CORS: &components.CORS{
			Origins: []string{"https://shop.example.com"}, Headers: []string{"authorization", "if-match"}, ExposedHeaders: []string{"etag", "location"}, MaxAge: time.Hour,
		},
		Routes: components.Routes{
			open("PUT", "/things"), open("GET", "/things"), open("ANY", "/any"), open("OPTIONS", "/own"), open("GET", "/own"),
		},
	})
	require.Equal(t, []string{"integrationHttpMethod"}, program.Get(t, restIntegrationType, "shop-options-things").IgnoreChanges)
	integration := program.Get(t, restIntegrationType, "shop-options-things").Inputs
	require.Equal(t, "MOCK", integration["type"])
	require.Equal(t, map[string]any{"application/json": `{"statusCode":204}`}, integration["requestTemplates"])
	require.Equal(t, "NONE", program.Get(t, methodType, "shop-options-things").Inputs["authorization"])
	answer := program.Get(t, "aws:apigateway/integrationResponse:IntegrationResponse", "shop-options-things").Inputs
	require.Equal(t, "204", answer["statusCode"])
	require.Equal(t, map[string]any{
		"method.response.header.Access-Control-Allow-Origin":  "'https://shop.example.com'",
		"method.response.header.Access-Control-Allow-Methods": "'GET,PUT'",
		"method.response.header.Access-Control-Allow-Headers": "'authorization,if-match'",
		"method.response.header.Access-Control-Max-Age":       "'3600'",
	}, answer["responseParameters"])
	require.Len(t, program.Get(t, "aws:apigateway/methodResponse:MethodResponse", "shop-options-things").Inputs["responseParameters"], 4)
	require.Equal(t, "'DELETE,GET,HEAD,PATCH,POST,PUT'", in(t, program.Get(t, "aws:apigateway/integrationResponse:IntegrationResponse", "shop-options-any").Inputs,
		"responseParameters", "method.response.header.Access-Control-Allow-Methods"))
	require.Equal(t, "AWS_PROXY", program.Get(t, restIntegrationType, "shop-options-own").Inputs["type"], "a route of one's own answers")

	failed := program.Get(t, gatewayResponseType, "shop-unauthorized").Inputs
	require.Equal(t, "'https://shop.example.com'", in(t, failed, "responseParameters", "gatewayresponse.header.Access-Control-Allow-Origin"))
	require.Equal(t, "'etag,location'", in(t, failed, "responseParameters", "gatewayresponse.header.Access-Control-Expose-Headers"))
	require.Equal(t, map[string]any{"corsOrigin": "https://shop.example.com", "corsExposedHeaders": "etag,location"},
		program.Get(t, restStageType, "shop").Inputs["variables"], "functions learn it from there")
}

func TestServerlessApiREST_Options(t *testing.T) {
	program := newREST(t, components.ServerlessApiArgs{
		Routes: components.Routes{open("GET", "/")}, MinimumCompressionSize: 1024, Endpoint: components.EndpointEdge,
		WebACLARN: pulumi.String("arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/shop/1"), LogRetentionDays: 365,
		ExecutionLogs: components.ExecutionLogsErrors, ConfigureAccountLogs: true, DisableTracing: true,
	})
	api := program.Get(t, "aws:apigateway/restApi:RestApi", "shop").Inputs
	require.Equal(t, "1024", api["minimumCompressionSize"])
	require.Equal(t, "EDGE", in(t, api, "endpointConfiguration", "types"))
	require.Equal(t, map[string]any{
		"resourceArn": "arn:aws:apigateway:eu-central-1::/restapis/shop-id/stages/api",
		"webAclArn":   "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/shop/1",
	}, program.Get(t, "aws:wafv2/webAclAssociation:WebAclAssociation", "shop-firewall").Inputs)
	require.Equal(t, "ERROR", in(t, program.Get(t, settingsType, "shop").Inputs, "settings", "loggingLevel"))
	logs := program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "shop-execution-logs").Inputs
	require.Equal(t, "API-Gateway-Execution-Logs_shop-id/api", logs["name"])
	require.EqualValues(t, 365, logs["retentionInDays"])
	require.Contains(t, program.Get(t, "aws:apigateway/account:Account", "shop-account-logs").Inputs["cloudwatchRoleArn"], "shop-account-logs")
	require.Contains(t, program.Get(t, "aws:iam/role:Role", "shop-account-logs").Inputs["assumeRolePolicy"], "apigateway.amazonaws.com")
	require.Equal(t, "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
		program.Get(t, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "shop-account-logs").Inputs["policyArn"])
	require.Equal(t, false, program.Get(t, restStageType, "shop").Inputs["xrayTracingEnabled"])
}

func TestServerlessApiREST_DeploysWhenSomethingOfItChangesAndOnlyThen(t *testing.T) {
	trigger := func(change func(*components.ServerlessApiArgs)) string {
		args := components.ServerlessApiArgs{
			Routes: components.Routes{{Method: "GET", Path: "/orders/{id}"}, open("GET", "/products")},
			CORS:   &components.CORS{Origins: []string{"https://shop.example.com"}},
		}
		change(&args)
		triggers := newREST(t, args).Get(t, deploymentType, "shop").Inputs["triggers"].(map[string]any)
		require.Len(t, triggers["deployed"], 64)
		return triggers["deployed"].(string)
	}
	first := trigger(func(*components.ServerlessApiArgs) {})
	for name, change := range map[string]func(*components.ServerlessApiArgs){
		"nothing":        func(*components.ServerlessApiArgs) {},
		"order":          func(a *components.ServerlessApiArgs) { slices.Reverse(a.Routes) },
		"throttle":       func(a *components.ServerlessApiArgs) { a.Throttle = &components.Throttle{Rate: 1, Burst: 1} },
		"route throttle": func(a *components.ServerlessApiArgs) { a.Routes[0].Throttle = &components.Throttle{Rate: 1, Burst: 1} },
		"tracing":        func(a *components.ServerlessApiArgs) { a.DisableTracing = true },
		"logs":           func(a *components.ServerlessApiArgs) { a.ExecutionLogs = components.ExecutionLogsAll },
		"exposed":        func(a *components.ServerlessApiArgs) { a.LogRetentionDays = 7 },
	} {
		require.Equal(t, first, trigger(change), name)
	}
	seen := map[string]string{first: "the first"}
	for name, change := range map[string]func(*components.ServerlessApiArgs){
		"more":        func(a *components.ServerlessApiArgs) { a.Routes = append(a.Routes, open("GET", "/health")) },
		"fewer":       func(a *components.ServerlessApiArgs) { a.Routes = a.Routes[:1] },
		"method":      func(a *components.ServerlessApiArgs) { a.Routes[1].Method = "POST" },
		"auth":        func(a *components.ServerlessApiArgs) { a.Routes[0].Auth = components.AuthIAM },
		"scopes":      func(a *components.ServerlessApiArgs) { a.Routes[0].Scopes = []string{"shop/orders"} },
		"validation":  func(a *components.ServerlessApiArgs) { a.Routes[1].RequiredQuery = []string{"q"} },
		"schema":      func(a *components.ServerlessApiArgs) { a.Routes[1].BodySchema = "{}" },
		"CORS":        func(a *components.ServerlessApiArgs) { a.CORS.Origins = []string{"https://www.example.com"} },
		"no CORS":     func(a *components.ServerlessApiArgs) { a.CORS = nil },
		"compression": func(a *components.ServerlessApiArgs) { a.MinimumCompressionSize = 1 },
		"cache keys": func(a *components.ServerlessApiArgs) {
			a.Routes[1].CacheTTL, a.Routes[1].CacheKeys = time.Minute, []string{"q"}
		},
	} {
		got := trigger(change)
		require.NotContains(t, seen, got, name)
		seen[got] = name
	}
}

func TestServerlessApiREST_URL(t *testing.T) {
	var url string
	mocks.MustRun(t, func(ctx *pulumi.Context) error {
		api, err := components.NewServerlessApi(ctx, "shop", restArgs(t, ctx, components.ServerlessApiArgs{Routes: components.Routes{open("GET", "/")}}))
		require.NoError(t, err)
		api.URL.ApplyT(func(u string) string {
			url = u
			return u
		})
		return nil
	})
	require.Equal(t, "https://shop-id.execute-api.eu-central-1.amazonaws.com/api", url)
}

func TestServerlessApi_Domain(t *testing.T) {
	const certificate = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
	domain := func() *components.APIDomain {
		return &components.APIDomain{Name: "api.example.com", CertificateARN: pulumi.String(certificate), HostedZoneID: pulumi.String("Z0ZONE")}
	}
	run := func(t *testing.T, args components.ServerlessApiArgs, flavor components.APIFlavor) (*mocks.Program, string, string) {
		t.Helper()
		var url, target string
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			made := restArgs(t, ctx, args)
			made.Flavor = flavor
			made.Routes = components.Routes{{Method: "GET", Path: "/", Auth: components.AuthNone, Function: newFunction(t, ctx, "root")}}
			api, err := components.NewServerlessApi(ctx, "shop", made)
			require.NoError(t, err)
			pulumi.All(api.URL, api.DomainTarget).ApplyT(func(values []any) string {
				url, target = values[0].(string), values[1].(string)
				return ""
			})
			return nil
		})
		return program, url, target
	}
	record := func(t *testing.T, program *mocks.Program, name, zone string) {
		t.Helper()
		require.Equal(t, map[string]any{
			"zoneId": "Z0ZONE", "name": "api.example.com", "type": "A",
			"aliases": []any{map[string]any{"name": name, "zoneId": zone, "evaluateTargetHealth": false}},
		}, program.Get(t, "aws:route53/record:Record", "shop-domain").Inputs)
	}
	const regional = "d-1234567.execute-api.eu-central-1.amazonaws.com"
	t.Run("HTTP", func(t *testing.T) {
		program, url, target := run(t, components.ServerlessApiArgs{Domain: domain()}, components.FlavorHTTP)
		require.Equal(t, "https://api.example.com", url)
		require.Equal(t, regional, target)
		require.Equal(t, map[string]any{"certificateArn": certificate, "endpointType": "REGIONAL", "securityPolicy": "TLS_1_2"},
			program.Get(t, "aws:apigatewayv2/domainName:DomainName", "shop-domain").Inputs["domainNameConfiguration"])
		require.Equal(t, map[string]any{"apiId": "shop-id", "domainName": "api.example.com", "stage": "$default"},
			program.Get(t, "aws:apigatewayv2/apiMapping:ApiMapping", "shop-domain").Inputs)
		record(t, program, regional, "Z1REGIONAL")
	})
	t.Run("REST", func(t *testing.T) {
		program, url, _ := run(t, components.ServerlessApiArgs{Domain: domain()}, components.FlavorREST)
		require.Equal(t, "https://api.example.com", url)
		require.Equal(t, "TLS_1_2", in(t, program.Get(t, "aws:apigatewayv2/domainName:DomainName", "shop-domain").Inputs, "domainNameConfiguration", "securityPolicy"))
		require.Equal(t, map[string]any{"apiId": "shop-id", "domainName": "api.example.com", "stage": "api"},
			program.Get(t, "aws:apigatewayv2/apiMapping:ApiMapping", "shop-domain").Inputs)
		record(t, program, regional, "Z1REGIONAL")
	})
	t.Run("DNS elsewhere", func(t *testing.T) {
		elsewhere := domain()
		elsewhere.HostedZoneID = nil
		program, _, target := run(t, components.ServerlessApiArgs{Domain: elsewhere}, components.FlavorREST)
		require.Empty(t, program.OfType("aws:route53/record:Record"))
		require.Equal(t, regional, target)
	})
}

func TestServerlessApi_IAM(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{
			Routes: components.Routes{{Method: "GET", Path: "/", Function: newFunction(t, ctx, "home"), Auth: components.AuthIAM}},
		})
		return err
	})
	route := program.Get(t, routeType, "shop-get").Inputs
	require.Equal(t, "AWS_IAM", route["authorizationType"])
	require.NotContains(t, route, "authorizerId")
}

func TestServerlessApi_GrantsCallsOfSignedRoutes(t *testing.T) {
	routes := components.Routes{
		{Method: "GET", Path: "/prices/{id}", Auth: components.AuthIAM}, {Method: "ANY", Path: "/stock", Auth: components.AuthIAM}, open("GET", "/"),
		{Method: "GET", Path: "/prices/{id}/history", Auth: components.AuthIAM},
	}
	for _, flavor := range []components.APIFlavor{components.FlavorHTTP, components.FlavorREST} {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			args := restArgs(t, ctx, components.ServerlessApiArgs{Routes: routes, StageName: "v1"})
			args.Flavor = flavor
			api, err := components.NewServerlessApi(ctx, "shop", args)
			require.NoError(t, err)
			_, err = components.NewFunction(ctx, "robot", &components.FunctionArgs{
				Source: "x", Builder: newBuilder(t), Grants: []policies.Grant{api.GrantCall("GET /prices/{id}", "ANY /stock")},
			})
			require.NoError(t, err)
			require.ErrorContains(t, api.GrantCall().Err(), `shop (ServerlessApi): GrantCall = [], want at least one of the routes with AuthIAM: ["GET /prices/{id}" "ANY /stock" "GET /prices/{id}/history"]`)
			require.ErrorContains(t, api.GrantCall("GET /prices/{id}/history").Err(), "want a route whose path has a parameter at its end, if any")
			require.ErrorContains(t, api.GrantCall("GET /").Err(), `GrantCall = "GET /", want one of the routes with AuthIAM`)
			return nil
		})
		arn := "arn:aws:execute-api:eu-central-1:123456789012:shop-id/v1/"
		may := allowed(t, program, "robot")
		require.Equal(t, []string{"execute-api:Invoke"}, may[arn+"GET/prices/*"])
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} {
			require.Equal(t, []string{"execute-api:Invoke"}, may[arn+method+"/stock"])
		}
		require.Len(t, may, 9, "with its traces")
		require.Equal(t, "https://shop-id.execute-api.eu-central-1.amazonaws.com/v1",
			in(t, program.Get(t, functionType, "robot").Inputs, "environment", "variables", "SHOP_URL"))
	}
}

func TestServerlessApiREST_ModelsOfSimilarPathsHaveDifferentNames(t *testing.T) {
	hyphen, none := open("POST", "/a-b"), open("POST", "/ab")
	hyphen.BodySchema, none.BodySchema = "{}", "{}"
	program := newREST(t, components.ServerlessApiArgs{Routes: components.Routes{hyphen, none}})
	require.NotEqual(t, program.Get(t, modelType, "shop-post-a-b").Inputs["name"], program.Get(t, modelType, "shop-post-ab").Inputs["name"])
	require.Regexp(t, "^[A-Za-z0-9]+$", program.Get(t, modelType, "shop-post-a-b").Inputs["name"], "what API Gateway accepts")
}

func TestServerlessApiREST_RefusesAKeyThatAPIGatewayRefusesWithoutTellingIt(t *testing.T) {
	create := func(key string) error {
		_, err := mocks.Run(func(ctx *pulumi.Context) error {
			_, err := components.NewServerlessApi(ctx, "shop", restArgs(t, ctx, components.ServerlessApiArgs{
				Routes:  components.Routes{{Method: "GET", Path: "/", Auth: components.AuthAPIKey}},
				Clients: []components.APIClient{{Name: "robot", Key: pulumi.ToSecret(pulumi.String(key)).(pulumi.StringOutput)}},
			}))
			return err
		}, nil)
		return err
	}
	require.NoError(t, create(strings.Repeat("k", 20)))
	require.NoError(t, create(strings.Repeat("k", 128)))
	for _, key := range []string{"hushhush", strings.Repeat("hush", 33)} {
		err := create(key)
		require.ErrorContains(t, err, "shop (ServerlessApi): length of client robot Key = ")
		require.ErrorContains(t, err, "want 20–128 characters")
		require.NotContains(t, err.Error(), "hush")
	}
}

func TestServerlessApiREST_KeepsTheGuardrailsButForWhatNeedsAFirewall(t *testing.T) {
	program := newREST(t, components.ServerlessApiArgs{Routes: components.Routes{{Method: "GET", Path: "/"}}})
	require.Len(t, broken(t, program, "shop"), 1)
	require.Contains(t, broken(t, program, "shop")[0], "APIGateway.4")
}

func TestServerlessApi_HTTPRefusesWhatOnlyRESTHas(t *testing.T) {
	route := open("GET", "/a")
	keyed, checked, schema := route, route, route
	keyed.Auth, checked.RequiredQuery, schema.BodySchema = components.AuthAPIKey, []string{"q"}, "{}"
	routes := components.Routes{route}
	for want, args := range map[string]components.ServerlessApiArgs{
		`route GET /a Auth = "API_KEY", want FlavorREST, because HTTP APIs have no API keys`:                              {Routes: components.Routes{keyed}},
		"route GET /a RequiredQuery and RequiredHeaders = [q], want FlavorREST, because HTTP APIs have no request":        {Routes: components.Routes{checked}},
		`route GET /a BodySchema = "{}", want FlavorREST`:                                                                 {Routes: components.Routes{schema}},
		"Clients = 1, want FlavorREST, because HTTP APIs have no API keys and usage plans":                                {Routes: routes, Clients: []components.APIClient{{Name: "x"}}},
		"CacheSize = 0.5, want FlavorREST":                                                                                {Routes: routes, CacheSize: 0.5},
		"DisableCache = true, want FlavorREST":                                                                            {Routes: routes, DisableCache: true},
		"MinimumCompressionSize = 1, want FlavorREST":                                                                     {Routes: routes, MinimumCompressionSize: 1},
		`Endpoint = "EDGE", want FlavorREST`:                                                                              {Routes: routes, Endpoint: components.EndpointEdge},
		`WebACLARN = "set", want FlavorREST, because HTTP APIs have no association with WAF web ACLs; put the web ACL on`: {Routes: routes, WebACLARN: pulumi.String("x")},
		`ExecutionLogs = "ERROR", want FlavorREST`:                                                                        {Routes: routes, ExecutionLogs: components.ExecutionLogsErrors},
		"ConfigureAccountLogs = true, want FlavorREST":                                                                    {Routes: routes, ConfigureAccountLogs: true},
		"DisableTracing = true, want FlavorREST":                                                                          {Routes: routes, DisableTracing: true},
	} {
		t.Run(want, func(t *testing.T) {
			refusedAPI(t, args, components.FlavorHTTP, want)
		})
	}
}

func TestServerlessApiREST_RefusesWrongArguments(t *testing.T) {
	with := func(change func(*components.Route)) components.ServerlessApiArgs {
		route := open("GET", "/a")
		change(&route)
		return components.ServerlessApiArgs{Routes: components.Routes{route}}
	}
	keyed := components.Routes{{Method: "GET", Path: "/a", Auth: components.AuthAPIKey}}
	clients := func(c ...components.APIClient) components.ServerlessApiArgs {
		return components.ServerlessApiArgs{Routes: keyed, Clients: c}
	}
	routes := components.Routes{open("GET", "/a")}
	for name, test := range map[string]struct {
		args components.ServerlessApiArgs
		want []string
	}{
		"no routes":         {components.ServerlessApiArgs{}, []string{"Routes = 0, want at least one route"}},
		"stage":             {components.ServerlessApiArgs{Routes: routes, StageName: "$default"}, []string{`StageName = "$default", want a name`}},
		"origins":           {components.ServerlessApiArgs{Routes: routes, CORS: &components.CORS{Origins: []string{"https://a.example", "https://b.example"}}}, []string{"want one origin: a REST API's own answers cannot depend"}},
		"CORS header":       {components.ServerlessApiArgs{Routes: routes, CORS: &components.CORS{Origins: []string{"https://a.example"}, Headers: []string{"x'y"}}}, []string{`CORS header = "x'y"`}},
		"cache size":        {components.ServerlessApiArgs{Routes: cachedRoutes(), CacheSize: 1}, []string{"CacheSize = 1, want one of [0.5 1.6 6.1 13.5 28.4 58.2 118 237] GB"}},
		"size of no cache":  {components.ServerlessApiArgs{Routes: routes, CacheSize: 0.5}, []string{"want neither without a route that has a CacheTTL"}},
		"no cache disabled": {components.ServerlessApiArgs{Routes: routes, DisableCache: true}, []string{"want neither without a route that has a CacheTTL"}},
		"compression":       {components.ServerlessApiArgs{Routes: routes, MinimumCompressionSize: 10_485_761}, []string{"MinimumCompressionSize = 10485761, want 1–10485760 bytes"}},
		"endpoint":          {components.ServerlessApiArgs{Routes: routes, Endpoint: "PRIVATE"}, []string{`Endpoint = "PRIVATE", want EndpointRegional or EndpointEdge`}},
		"logs":              {components.ServerlessApiArgs{Routes: routes, ExecutionLogs: "DEBUG"}, []string{`ExecutionLogs = "DEBUG", want ExecutionLogsOff`}},
		"domain at edge":    {components.ServerlessApiArgs{Routes: routes, Endpoint: components.EndpointEdge, Domain: &components.APIDomain{Name: "api.example.com", CertificateARN: pulumi.String("x")}}, []string{`Endpoint = "EDGE", want EndpointRegional with a Domain`}},
		"domain":            {components.ServerlessApiArgs{Routes: routes, Domain: &components.APIDomain{Name: "https://x"}}, []string{`Domain.Name = "https://x", want a domain name`, "Domain.CertificateARN = <nil>, want the ACM certificate"}},
		"no clients":        {components.ServerlessApiArgs{Routes: keyed}, []string{"Clients = 0, want clients if and only if there are routes with AuthAPIKey"}},
		"needless clients":  {components.ServerlessApiArgs{Routes: routes, Clients: []components.APIClient{{Name: "x"}}}, []string{"Clients = 1, want clients if and only if"}},
		"client name":       {clients(components.APIClient{Name: "My Client"}), []string{`Clients = "My Client", want names of lower-case words`}},
		"client twice":      {clients(components.APIClient{Name: "x"}, components.APIClient{Name: "x"}), []string{`Clients = "x", want every name once`}},
		"client limits": {clients(components.APIClient{Name: "x", Throttle: &components.Throttle{}, Quota: &components.Quota{Period: "YEAR"}}),
			[]string{"client x Throttle.Rate = 0", "client x Quota.Requests = 0, want at least 1", `client x Quota.Period = "YEAR", want QuotaDay`}},
		"cache keys":      {with(func(r *components.Route) { r.CacheTTL = time.Minute }), []string{"CacheKeys = [], want the query parameters by which answers differ"}},
		"needless keys":   {with(func(r *components.Route) { r.CacheKeys = []string{"q"} }), []string{"CacheKeys = [q], want none without a CacheTTL"}},
		"half a second":   {with(func(r *components.Route) { r.CacheTTL, r.CacheKeys = 1500*time.Millisecond, []string{} }), []string{"CacheTTL = 1.5s, want 1s–1h in whole seconds"}},
		"query":           {with(func(r *components.Route) { r.RequiredQuery = []string{"a b"} }), []string{`query parameter = "a b"`}},
		"header":          {with(func(r *components.Route) { r.RequiredHeaders = []string{"a b"} }), []string{`RequiredHeaders = "a b"`}},
		"schema":          {with(func(r *components.Route) { r.BodySchema = "[]" }), []string{`BodySchema = "[]", want a JSON Schema`}},
		"tilde":           {with(func(r *components.Route) { r.Path = "/~me" }), []string{`Path = "/~me", want a path without '~'`}},
		"two parameters":  {components.ServerlessApiArgs{Routes: components.Routes{open("GET", "/a/{id}"), open("GET", "/a/{name}/b")}}, []string{"the parameter below /a to be called {id} as in other routes"}},
		"same slug":       {components.ServerlessApiArgs{Routes: components.Routes{open("GET", "/a-b"), open("GET", "/a/b")}}, []string{`Routes = "GET /a/b", want a route whose resources get other names than those of GET /a-b`}},
		"same slug above": {components.ServerlessApiArgs{Routes: components.Routes{open("GET", "/a-b/c"), open("GET", "/a/b/d")}}, []string{"want a path whose resources get other names than those of /a-b"}},
		"all at once":     {components.ServerlessApiArgs{CacheSize: 3, Endpoint: "X", Routes: components.Routes{open("get", "a")}}, []string{"CacheSize", "Endpoint", "Method", "Path"}},
	} {
		t.Run(name, func(t *testing.T) {
			refusedAPI(t, test.args, components.FlavorREST, test.want...)
		})
	}
	t.Run("flavour", func(t *testing.T) {
		refusedAPI(t, components.ServerlessApiArgs{Routes: routes}, "SOAP", `Flavor = "SOAP", want FlavorHTTP or FlavorREST`)
	})
	t.Run("parameter beside the catch-all", func(t *testing.T) {
		recorded, err := mocks.Run(func(ctx *pulumi.Context) error {
			args := restArgs(t, ctx, components.ServerlessApiArgs{Routes: components.Routes{open("GET", "/{id}")}})
			args.NotFound = newFunction(t, ctx, "not-found")
			_, err := components.NewServerlessApi(ctx, "shop", args)
			return err
		}, nil)
		require.ErrorContains(t, err, "the parameter below / to be called {id} as in other routes")
		require.Empty(t, recorded.OfType("aws:apigateway/restApi:RestApi"))
	})
}

// refusedAPI requires that an API with these arguments is refused before any of it is registered.
func refusedAPI(t *testing.T, args components.ServerlessApiArgs, flavor components.APIFlavor, texts ...string) {
	t.Helper()
	recorded, err := mocks.Run(func(ctx *pulumi.Context) error {
		made := restArgs(t, ctx, args)
		made.Flavor = flavor
		_, err := components.NewServerlessApi(ctx, "shop", made)
		return err
	}, nil)
	for _, text := range texts {
		require.ErrorContains(t, err, "shop (ServerlessApi): ")
		require.ErrorContains(t, err, text)
	}
	for _, r := range recorded.Resources {
		require.NotContains(t, r.Type, "aws:apigateway", "nothing may be created with wrong arguments")
		require.NotEqual(t, "shop", r.Name)
	}
}
