package components_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
)

const (
	routeType       = "aws:apigatewayv2/route:Route"
	stageType       = "aws:apigatewayv2/stage:Stage"
	integrationType = "aws:apigatewayv2/integration:Integration"
	permissionType  = "aws:lambda/permission:Permission"
)

func newAuth(tb testing.TB, ctx *pulumi.Context) *components.CognitoAuth {
	tb.Helper()
	auth, err := components.NewCognitoAuth(ctx, "accounts", nil)
	require.NoError(tb, err)
	return auth
}

func TestServerlessApi_AsksForATokenByDefault(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{
			Auth: newAuth(t, ctx),
			Routes: components.Routes{
				{Method: "GET", Path: "/orders/{id}", Function: newFunction(t, ctx, "get-order")},
				{Method: "POST", Path: "/orders", Function: newFunction(t, ctx, "place-order"), Scopes: []string{"shop/orders"}},
				{Method: "GET", Path: "/products", Function: newFunction(t, ctx, "list-products"), Auth: components.AuthNone},
			},
		})
		return err
	})
	jwt := program.Get(t, "aws:apigatewayv2/authorizer:Authorizer", "shop-jwt").Inputs
	require.Equal(t, "JWT", jwt["authorizerType"])
	require.Equal(t, "https://cognito-idp.eu-central-1.amazonaws.com/accounts-id", in(t, jwt, "jwtConfiguration", "issuer"))
	require.Equal(t, []any{"accounts-client-id"}, in(t, jwt, "jwtConfiguration", "audiences"))

	protected := program.Get(t, routeType, "shop-get-orders-id").Inputs
	require.Equal(t, "GET /orders/{id}", protected["routeKey"])
	require.Equal(t, "JWT", protected["authorizationType"])
	require.Equal(t, "shop-jwt-id", protected["authorizerId"])
	require.Equal(t, []any{"openid", "aws.cognito.signin.user.admin"}, protected["authorizationScopes"], "what access tokens of users have and ID tokens have not")
	require.Equal(t, []any{"shop/orders"}, program.Get(t, routeType, "shop-post-orders").Inputs["authorizationScopes"])

	open := program.Get(t, routeType, "shop-get-products").Inputs
	require.Equal(t, "NONE", open["authorizationType"])
	require.NotContains(t, open, "authorizerId")
}

func TestServerlessApi_LetsMachinesReachRoutesWithTheirScopes(t *testing.T) {
	audiences := func(scopes ...string) any {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			accounts, err := components.NewCognitoAuth(ctx, "accounts", &components.CognitoAuthArgs{
				Domain: pulumi.String("nordlicht"), ResourceServers: []components.ResourceServer{ordersAPI},
				MachineClients: []components.MachineClient{{Name: "warehouse", Scopes: []string{"orders/read"}}, {Name: "robot", Scopes: []string{"orders/write"}}},
			})
			require.NoError(t, err)
			_, err = components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{
				Auth: accounts, Routes: components.Routes{{Method: "GET", Path: "/orders", Function: newFunction(t, ctx, "list-orders"), Scopes: scopes}},
			})
			return err
		})
		return in(t, program.Get(t, "aws:apigatewayv2/authorizer:Authorizer", "shop-jwt").Inputs, "jwtConfiguration", "audiences")
	}
	require.Equal(t, []any{"accounts-client-id", "accounts-warehouse-id", "accounts-robot-id"}, audiences("orders/read"))
	require.Equal(t, []any{"accounts-client-id"}, audiences(), "there is nothing for machines")
}

func TestServerlessApi_LetsEachRouteCallOnlyItsOwnFunction(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		products := newFunction(t, ctx, "products")
		_, err := components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{
			StageName: "api",
			NotFound:  newFunction(t, ctx, "not-found"),
			Routes: components.Routes{
				{Method: "GET", Path: "/products/{id}/images/{image}", Function: products, Auth: components.AuthNone},
				{Method: "ANY", Path: "/files/{path+}", Function: products, Auth: components.AuthNone},
			},
		})
		return err
	})
	arn := "arn:aws:execute-api:eu-central-1:123456789012:shop-id/api/"
	for name, want := range map[string]string{
		"shop-get-products-id-images-image": arn + "GET/products/*/images/*",
		"shop-any-files-path":               arn + "*/files/*",
		"shop-default":                      arn + "$default",
	} {
		permission := program.Get(t, permissionType, name).Inputs
		require.Equal(t, want, permission["sourceArn"])
		require.Equal(t, "apigateway.amazonaws.com", permission["principal"])
		require.Equal(t, "lambda:InvokeFunction", permission["action"])
	}
	require.Len(t, program.OfType(integrationType), 2, "one per function, not per route")
	require.Equal(t, "$default", program.Get(t, routeType, "shop-default").Inputs["routeKey"])
	require.Equal(t, "NONE", program.Get(t, routeType, "shop-default").Inputs["authorizationType"])
	require.Empty(t, program.OfType("aws:apigatewayv2/authorizer:Authorizer"))
}

func TestServerlessApi_IsLimitedAndLogged(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{
			Routes: components.Routes{
				{Method: "GET", Path: "/", Function: newFunction(t, ctx, "home"), Auth: components.AuthNone},
				{Method: "POST", Path: "/login", Function: newFunction(t, ctx, "login"), Auth: components.AuthNone, Throttle: &components.Throttle{Rate: 5, Burst: 10}},
			},
		})
		return err
	})
	stage := program.Get(t, stageType, "shop").Inputs
	require.Equal(t, "$default", stage["name"])
	require.Equal(t, true, stage["autoDeploy"])
	require.Equal(t, map[string]any{"throttlingRateLimit": 1000.0, "throttlingBurstLimit": 2000.0}, stage["defaultRouteSettings"])
	require.Equal(t, []any{map[string]any{"routeKey": "POST /login", "throttlingRateLimit": 5.0, "throttlingBurstLimit": 10.0}}, stage["routeSettings"])

	var fields map[string]string
	require.NoError(t, json.Unmarshal([]byte(in(t, stage, "accessLogSettings", "format").(string)), &fields))
	require.Equal(t, "$context.requestId", fields["requestId"])
	require.Equal(t, "$context.status", fields["status"])
	logs := program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "shop-access-logs").Inputs
	require.EqualValues(t, 30, logs["retentionInDays"])
	require.NotContains(t, program.Get(t, "aws:apigatewayv2/api:Api", "shop").Inputs, "corsConfiguration")
	require.EqualValues(t, 11_000, program.Get(t, integrationType, "shop-home").Inputs["timeoutMilliseconds"],
		"the function's own time limit must come first")
}

func TestServerlessApi_URL(t *testing.T) {
	for stage, want := range map[string]string{
		"":    "https://shop-id.execute-api.eu-central-1.amazonaws.com",
		"api": "https://shop-id.execute-api.eu-central-1.amazonaws.com/api",
	} {
		var got string
		mocks.MustRun(t, func(ctx *pulumi.Context) error {
			api, err := components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{
				StageName: stage,
				Routes:    components.Routes{{Method: "GET", Path: "/", Function: newFunction(t, ctx, "home"), Auth: components.AuthNone}},
			})
			require.NoError(t, err)
			ctx.Export("url", api.URL.ApplyT(func(url string) string {
				got = url
				return url
			}))
			return nil
		})
		require.Equal(t, want, got)
	}
}

func TestServerlessApi_CORS(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		home := newFunction(t, ctx, "home")
		_, err := components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{
			CORS: &components.CORS{Origins: []string{"https://shop.example.com"}, ExposedHeaders: []string{"etag"}, MaxAge: time.Hour},
			Routes: components.Routes{
				{Method: "PUT", Path: "/", Function: home, Auth: components.AuthNone},
				{Method: "GET", Path: "/", Function: home, Auth: components.AuthNone},
				{Method: "GET", Path: "/again", Function: home, Auth: components.AuthNone},
			},
		})
		return err
	})
	require.Equal(t, map[string]any{
		"allowOrigins": []any{"https://shop.example.com"}, "allowMethods": []any{"GET", "PUT"},
		"allowHeaders": []any{"authorization", "content-type"}, "exposeHeaders": []any{"etag"}, "maxAge": 3600.0,
	}, program.Get(t, "aws:apigatewayv2/api:Api", "shop").Inputs["corsConfiguration"])
}

func TestServerlessApi_RefusesWrongArguments(t *testing.T) {
	type make = func(home, slow *components.Function, auth *components.CognitoAuth) *components.ServerlessApiArgs
	routes := func(r ...components.Route) make {
		return func(home, _ *components.Function, auth *components.CognitoAuth) *components.ServerlessApiArgs {
			for i := range r {
				r[i].Function = home
			}
			return &components.ServerlessApiArgs{Auth: auth, Routes: r}
		}
	}
	for name, test := range map[string]struct {
		args make
		want []string
	}{
		"nothing":      {func(_, _ *components.Function, _ *components.CognitoAuth) *components.ServerlessApiArgs { return nil }, []string{"shop (ServerlessApi): Routes = 0, want at least one route"}},
		"method":       {routes(components.Route{Method: "get", Path: "/"}), []string{`route get / Method = "get", want GET, POST`}},
		"path":         {routes(components.Route{Method: "GET", Path: "orders"}), []string{`Path = "orders", want a path such as /products/{id}`}},
		"greedy first": {routes(components.Route{Method: "GET", Path: "/{all+}/x"}), []string{"want a path"}},
		"twice":        {routes(components.Route{Method: "GET", Path: "/a"}, components.Route{Method: "GET", Path: "/a"}), []string{`Routes = "GET /a", want every method and path once`}},
		"two names": {routes(components.Route{Method: "GET", Path: "/a/{x}/b"}, components.Route{Method: "GET", Path: "/a/{y}/b"}),
			[]string{`Routes = "GET /a/{y}/b", want another path than that of GET /a/{x}/b, which differs by the names of parameters alone`}},
		"one name":     {routes(components.Route{Method: "GET", Path: "/a/{x}/{x}"}), []string{"route GET /a/{x}/{x} Path parameters = [x x], want every parameter once"}},
		"scopes":       {routes(components.Route{Method: "GET", Path: "/a", Scopes: strings.Split("abcdefghijk", "")}), []string{"route GET /a Scopes = 11, want at most 10"}},
		"cached write": {routes(components.Route{Method: "POST", Path: "/a", Auth: components.AuthNone, CacheTTL: time.Minute}), []string{"CacheTTL = 1m, want a cache only on GET routes with AuthNone"}},
		"cached user":  {routes(components.Route{Method: "GET", Path: "/a", CacheTTL: time.Minute}), []string{"all callers get the same answer"}},
		"long cache":   {routes(components.Route{Method: "GET", Path: "/a", Auth: components.AuthNone, CacheTTL: 2 * time.Hour}), []string{"CacheTTL = 2h, want 1s–1h"}},
		"auth":         {routes(components.Route{Method: "GET", Path: "/a", Auth: "BASIC"}), []string{`Auth = "BASIC", want AuthJWT or AuthNone`}},
		"open scopes":  {routes(components.Route{Method: "GET", Path: "/a", Auth: components.AuthNone, Scopes: []string{"x"}}), []string{"no scopes without a token"}},
		"throttle":     {routes(components.Route{Method: "GET", Path: "/a", Throttle: &components.Throttle{}}), []string{"Throttle.Rate = 0", "Throttle.Burst = 0"}},
		"no function": {func(_, _ *components.Function, auth *components.CognitoAuth) *components.ServerlessApiArgs {
			return &components.ServerlessApiArgs{Auth: auth, Routes: components.Routes{{Method: "GET", Path: "/a"}}}
		}, []string{"route GET /a Function"}},
		"no auth": {func(home, _ *components.Function, _ *components.CognitoAuth) *components.ServerlessApiArgs {
			return &components.ServerlessApiArgs{Routes: components.Routes{{Method: "GET", Path: "/a", Function: home}}}
		}, []string{`Auth = "JWT", want the API's Auth to be set, or AuthNone`}},
		"slow function": {func(_, slow *components.Function, auth *components.CognitoAuth) *components.ServerlessApiArgs {
			return &components.ServerlessApiArgs{Auth: auth, NotFound: slow, Routes: components.Routes{{Method: "GET", Path: "/a", Function: slow}}}
		}, []string{"route GET /a Function timeout = 1m, want at most 29s", "NotFound timeout = 1m"}},
		"stage, logs, CORS": {func(home, _ *components.Function, auth *components.CognitoAuth) *components.ServerlessApiArgs {
			return &components.ServerlessApiArgs{
				Auth: auth, StageName: "a/b", LogRetentionDays: 2, CORS: &components.CORS{Origins: []string{"*", "https://x/y"}, MaxAge: 48 * time.Hour},
				Routes: components.Routes{{Method: "GET", Path: "/a", Function: home}},
			}
		}, []string{`StageName = "a/b"`, "LogRetentionDays = 2", `CORS.Origins = "*", want an origin`, `CORS.Origins = "https://x/y"`, "CORS.MaxAge = 48h, want 0s–24h"}},
	} {
		t.Run(name, func(t *testing.T) {
			program, err := mocks.Run(func(ctx *pulumi.Context) error {
				slow, err := components.NewFunction(ctx, "slow", &components.FunctionArgs{Source: "x", Timeout: time.Minute, Builder: newBuilder(t)})
				require.NoError(t, err)
				_, err = components.NewServerlessApi(ctx, "shop", test.args(newFunction(t, ctx, "home"), slow, newAuth(t, ctx)))
				return err
			}, nil)
			for _, text := range test.want {
				require.ErrorContains(t, err, text)
			}
			require.Empty(t, program.OfType("aws:apigatewayv2/api:Api"))
		})
	}
}
