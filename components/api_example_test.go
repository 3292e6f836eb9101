package components_test

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

// A WebSocket API that remembers who is connected, and a function that tells them of their orders.
func ExampleNewRealtimeApi() {
	program, err := mocks.Run(func(ctx *pulumi.Context) error {
		live, err := components.NewRealtimeApi(ctx, "live", &components.RealtimeApiArgs{Auth: components.ConnectNone})
		if err != nil {
			return err
		}
		function := func(name string, grants ...policies.Grant) *components.Function {
			f, problem := components.NewFunction(ctx, name, &components.FunctionArgs{
				Image: pulumi.String("123456789012.dkr.ecr.eu-central-1.amazonaws.com/" + name), Grants: grants,
			})
			if problem != nil {
				err = problem
			}
			return f
		}
		routes := &components.RealtimeRoutes{
			Connect:    function("connect", live.Connections.Grant(policies.PutItem)),
			Disconnect: function("disconnect", live.Connections.Grant(policies.DeleteItem)),
			Messages:   []components.MessageRoute{{Action: "ping", Function: function("ping"), Reply: true}},
		}
		function("tell-user", live.Connections.GrantIndexes(policies.Query, components.ConnectionsByUser), live.GrantPush())
		if err != nil {
			return err
		}
		return live.Deploy(ctx, routes)
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, route := range program.OfType("aws:apigatewayv2/route:Route") {
		fmt.Println(route.Inputs["routeKey"])
	}
	// Unordered output:
	// $connect
	// $disconnect
	// ping
}

// A GraphQL API that services may query. Mistakes in the schema are found during preview.
func ExampleNewGraphqlApi() {
	program, err := mocks.Run(func(ctx *pulumi.Context) error {
		orders, err := components.NewTable(ctx, "orders", &components.TableArgs{PartitionKey: components.String("id")})
		if err != nil {
			return err
		}
		api, err := components.NewGraphqlApi(ctx, "shop", &components.GraphqlApiArgs{
			SchemaFile: "testdata/graphql/schema.graphql",
			IAM:        true,
			Resolvers: []components.Resolver{
				{Field: "Query.order", Table: orders, Grants: []policies.Grant{orders.Grant(policies.GetItem)}, CodeFile: "testdata/graphql/order.js"},
				{Field: "Mutation.setStatus", Local: true}, // only fires the subscription
			},
		})
		if err != nil {
			return err
		}
		_, err = components.NewFunction(ctx, "notify", &components.FunctionArgs{
			Image:  pulumi.String("123456789012.dkr.ecr.eu-central-1.amazonaws.com/notify"),
			Grants: []policies.Grant{api.GrantMutate("setStatus")},
		})
		return err
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, resolver := range program.OfType("aws:appsync/resolver:Resolver") {
		fmt.Println(resolver.Inputs["type"], resolver.Inputs["field"], resolver.Inputs["dataSource"])
	}
	// Unordered output:
	// Query order orders
	// Mutation setStatus local
}
