package components_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
)

// ordersAPI is a resource server with two scopes.
var ordersAPI = components.ResourceServer{Name: "orders", Scopes: []components.Scope{
	{Name: "read", Description: "See all orders"}, {Name: "write", Description: "Place orders for anybody"},
}}

func TestCognitoAuth_MachinesGetTokensOfTheirOwn(t *testing.T) {
	var outputs []any
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		accounts, err := components.NewCognitoAuth(ctx, "accounts", &components.CognitoAuthArgs{
			Domain:          pulumi.String("nordlicht"),
			ResourceServers: []components.ResourceServer{ordersAPI},
			MachineClients: []components.MachineClient{
				{Name: "price-robot", Scopes: []string{"orders/read"}},
				{Name: "warehouse", Scopes: []string{"orders/read", "orders/write"}, AccessTokenLifetime: 5 * time.Minute},
			},
		})
		require.NoError(t, err)
		require.True(t, pulumi.IsSecret(accounts.MachineClientSecrets))
		require.False(t, pulumi.IsSecret(accounts.MachineClientIDs))
		outputs = known(accounts.MachineClientIDs, accounts.MachineClientSecrets, accounts.OAuthURL)
		return nil
	})
	require.Equal(t, []any{
		map[string]string{"price-robot": "accounts-price-robot-id", "warehouse": "accounts-warehouse-id"},
		map[string]string{"price-robot": "secret of accounts-price-robot", "warehouse": "secret of accounts-warehouse"},
		"https://nordlicht.auth.eu-central-1.amazoncognito.com",
	}, outputs)
	server := program.Get(t, resourceServerType, "accounts-orders")
	require.Equal(t, map[string]any{
		"userPoolId": "accounts-id", "name": "orders", "identifier": "orders", "scopes": []any{
			map[string]any{"scopeName": "read", "scopeDescription": "See all orders"},
			map[string]any{"scopeName": "write", "scopeDescription": "Place orders for anybody"},
		},
	}, server.Inputs)

	robot := program.Get(t, clientType, "accounts-price-robot")
	require.Equal(t, true, robot.Inputs["generateSecret"])
	require.Equal(t, []any{"client_credentials"}, robot.Inputs["allowedOauthFlows"])
	require.Equal(t, true, robot.Inputs["allowedOauthFlowsUserPoolClient"])
	require.Equal(t, []any{"orders/read"}, robot.Inputs["allowedOauthScopes"])
	require.Equal(t, []any{"ALLOW_REFRESH_TOKEN_AUTH"}, robot.Inputs["explicitAuthFlows"], "no user may sign in with a machine's client")
	require.NotContains(t, robot.Inputs, "supportedIdentityProviders")
	require.EqualValues(t, 60, robot.Inputs["accessTokenValidity"])
	require.Contains(t, strings.Join(robot.Dependencies, " "), resourceServerType+"::accounts-orders", "Cognito refuses scopes that do not exist")
	require.EqualValues(t, 5, program.Get(t, clientType, "accounts-warehouse").Inputs["accessTokenValidity"])

	page := program.Get(t, clientType, "accounts-client").Inputs
	require.Equal(t, false, page["generateSecret"])
	require.NotContains(t, page, "allowedOauthFlows", "a domain without pages to return to is for machines only")
}

func TestCognitoAuth_PagesGetScopesOfResourceServers(t *testing.T) {
	server := ordersAPI
	server.Identifier = "https://api.shop.example.com"
	program := newAuthWith(t, components.CognitoAuthArgs{
		Domain: pulumi.String("nordlicht"), CallbackURLs: []string{"https://shop.example.com/"},
		ResourceServers: []components.ResourceServer{server},
		Scopes:          []string{"https://api.shop.example.com/read"},
	})
	require.Equal(t, "https://api.shop.example.com", program.Get(t, resourceServerType, "accounts-orders").Inputs["identifier"])
	page := program.Get(t, clientType, "accounts-client")
	require.Equal(t, []any{"openid", "email", "profile", "https://api.shop.example.com/read"}, page.Inputs["allowedOauthScopes"])
	require.Equal(t, []any{"COGNITO"}, page.Inputs["supportedIdentityProviders"])
	require.Contains(t, strings.Join(page.Dependencies, " "), resourceServerType+"::accounts-orders")
}

func TestCognitoAuth_HasNoOAuthURLWithoutADomain(t *testing.T) {
	var outputs []any
	mocks.MustRun(t, func(ctx *pulumi.Context) error {
		outputs = known(newAuth(t, ctx).OAuthURL)
		return nil
	})
	require.Equal(t, []any{""}, outputs)
}

// known waits for the values of outputs.
func known(outputs ...any) []any {
	values := make(chan []any, 1)
	pulumi.All(outputs...).ApplyT(func(v []any) error {
		values <- v
		return nil
	})
	select {
	case v := <-values:
		return v
	case <-time.After(10 * time.Second):
		return []any{"unknown after 10 s"}
	}
}

func TestCognitoAuth_RefusesWrongClients(t *testing.T) {
	for name, test := range map[string]struct {
		args components.CognitoAuthArgs
		want string
	}{
		"server without a name": {
			servers(components.ResourceServer{Scopes: ordersAPI.Scopes}), `ResourceServers = "", want names of lower-case words`,
		},
		"server's name with a slash": {
			servers(components.ResourceServer{Name: "a/b", Scopes: ordersAPI.Scopes}), `ResourceServers = "a/b"`,
		},
		"identifier with a space": {
			servers(components.ResourceServer{Name: "orders", Identifier: "all orders", Scopes: ordersAPI.Scopes}), `resource server orders Identifier = "all orders"`,
		},
		"server without scopes":     {servers(components.ResourceServer{Name: "orders"}), "resource server orders Scopes = 0, want 1–100 scopes"},
		"server with many scopes":   {servers(components.ResourceServer{Name: "orders", Scopes: make([]components.Scope, 101)}), "Scopes = 101, want 1–100 scopes"},
		"scope with a slash":        {servers(scope("read/all", "See all")), `resource server orders Scopes = "read/all", want names of`},
		"scope without description": {servers(scope("read", "")), `resource server orders Scopes read Description = "", want 1–256 characters`},
		"long description":          {servers(scope("read", strings.Repeat("a", 257))), "want 1–256 characters"},
		"scope twice": {
			servers(components.ResourceServer{Name: "orders", Scopes: append(ordersAPI.Scopes, ordersAPI.Scopes...)}), "every scope once",
		},
		"server twice": {servers(ordersAPI, ordersAPI), "every name once"},
		"identifier twice": {
			servers(ordersAPI, components.ResourceServer{Name: "more-orders", Identifier: "orders", Scopes: ordersAPI.Scopes}), "every identifier once",
		},
		"unknown scope for pages": {
			components.CognitoAuthArgs{
				Domain: pulumi.String("nordlicht"), CallbackURLs: []string{"https://x/"},
				ResourceServers: []components.ResourceServer{ordersAPI}, Scopes: []string{"orders/delete"},
			}, `Scopes = "orders/delete", want a scope of ResourceServers, one of [orders/read orders/write]`,
		},
		"scopes without pages": {
			components.CognitoAuthArgs{ResourceServers: []components.ResourceServer{ordersAPI}, Scopes: []string{"orders/read"}},
			"want Domain and CallbackURLs to be set too",
		},
		"machine's unknown scope": {machines(components.MachineClient{Name: "robot", Scopes: []string{"read"}}),
			`machine client robot Scopes = "read", want a scope of ResourceServers, one of [orders/read orders/write]`},
		"machine's scope twice": {machines(components.MachineClient{Name: "robot", Scopes: []string{"orders/read", "orders/read"}}), "every scope once"},
		"machine without scopes": {machines(components.MachineClient{Name: "robot"}),
			"machine client robot Scopes = [], want at least one scope: a client without any would get all"},
		"machine's name":      {machines(components.MachineClient{Name: "Robot 1", Scopes: []string{"orders/read"}}), `MachineClients = "Robot 1"`},
		"the page's name":     {machines(components.MachineClient{Name: "client", Scopes: []string{"orders/read"}}), `MachineClients = "client"`},
		"machine twice":       {machines(robot, robot), "every name once"},
		"machine's long hour": {machines(components.MachineClient{Name: "robot", Scopes: robot.Scopes, AccessTokenLifetime: 25 * time.Hour}), "machine client robot AccessTokenLifetime = 25h, want 5m–24h"},
		"machine without a token endpoint": {
			components.CognitoAuthArgs{ResourceServers: []components.ResourceServer{ordersAPI}, MachineClients: []components.MachineClient{robot}},
			"MachineClients = 1, want Domain to be set too",
		},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, func(ctx *pulumi.Context) error {
				_, err := components.NewCognitoAuth(ctx, "accounts", &test.args)
				return err
			}, "accounts (CognitoAuth): ", test.want)
		})
	}
}

var robot = components.MachineClient{Name: "robot", Scopes: []string{"orders/read"}}

func servers(servers ...components.ResourceServer) components.CognitoAuthArgs {
	return components.CognitoAuthArgs{ResourceServers: servers}
}

func scope(name, description string) components.ResourceServer {
	return components.ResourceServer{Name: "orders", Scopes: []components.Scope{{Name: name, Description: description}}}
}

func machines(machines ...components.MachineClient) components.CognitoAuthArgs {
	return components.CognitoAuthArgs{
		Domain: pulumi.String("nordlicht"), ResourceServers: []components.ResourceServer{ordersAPI}, MachineClients: machines,
	}
}
