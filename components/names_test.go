package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

// Roles and CloudFront functions have names of at most 64 characters, of which a hyphen and seven random ones are Pulumi's.
func TestComponents_LeaveRoomForPhysicalNames(t *testing.T) {
	inProgram(t, "schema.graphql", "type Query { version: String }")
	for component, test := range map[string]struct {
		longest int
		create  func(ctx *pulumi.Context, name string) error
		want    string
	}{
		"Function": {51, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewFunction(ctx, name, &components.FunctionArgs{Source: "x", Builder: newBuilder(t)})
			return err
		}, "at most 51 characters, since the name of its role has 64"},
		"StaticSite": {43, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewStaticSite(ctx, name, &components.StaticSiteArgs{Content: newContent(t)})
			return err
		}, "at most 43 characters, since the name of its CloudFront function has 64"},
		"IdentityPool": {45, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewIdentityPool(ctx, name, &components.IdentityPoolArgs{
				Auth: newAuth(t, ctx), Grants: []policies.Grant{newStore(t, ctx, "media").GrantOwnPrefix("uploads/", policies.GetObject)},
			})
			return err
		}, "at most 45 characters, since the name of its guests' role has 64"},
		"GraphqlApi": {44, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewGraphqlApi(ctx, name, &components.GraphqlApiArgs{
				SchemaFile: "schema.graphql", Auth: newAuth(t, ctx), Resolvers: []components.Resolver{{Field: "Query.version", Function: newFunction(t, ctx, "answer")}},
			})
			return err
		}, `Resolvers[0] = "answer", want a shorter name, or a shorter one of the API: `},
		"REST API with the account's log role": {43, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewServerlessApi(ctx, name, restArgs(t, ctx, components.ServerlessApiArgs{
				Routes: components.Routes{open("GET", "/")}, ConfigureAccountLogs: true,
			}))
			return err
		}, "at most 43 characters, since the name of its log role has 64"},
		"RealtimeApi with the account's log role": {43, func(ctx *pulumi.Context, name string) error {
			_, err := components.NewRealtimeApi(ctx, name, &components.RealtimeApiArgs{ConfigureAccountLogs: true})
			return err
		}, "at most 43 characters, since the name of its log role has 64"},
	} {
		t.Run(component, func(t *testing.T) {
			program := mocks.MustRun(t, func(ctx *pulumi.Context) error { return test.create(ctx, strings.Repeat("x", test.longest)) })
			for _, typ := range []string{"aws:iam/role:Role", functionType, "aws:cloudfront/function:Function"} {
				for _, r := range program.OfType(typ) {
					require.LessOrEqual(t, len(r.Name), 64-len("-1234567"), r.Type)
				}
			}
			_, err := mocks.Run(func(ctx *pulumi.Context) error { return test.create(ctx, strings.Repeat("x", test.longest+1)) }, nil)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestGraphqlApi_HasNoNameLongerThanThatOfItsLogRole(t *testing.T) {
	inProgram(t, "schema.graphql", "type Query { version: String }")
	create := func(length int) error {
		_, err := mocks.Run(func(ctx *pulumi.Context) error {
			_, err := components.NewGraphqlApi(ctx, strings.Repeat("x", length), &components.GraphqlApiArgs{
				SchemaFile: "schema.graphql", Auth: newAuth(t, ctx), Resolvers: []components.Resolver{{Field: "Query.version", Local: true}},
			})
			return err
		}, nil)
		return err
	}
	require.NoError(t, create(47))
	require.ErrorContains(t, create(48), "at most 47 characters, since the name of its log role has 64")
}

// A component with another name and an alias for the old keeps its resources, so its logs too.
func TestComponents_KeepTheirLogsWhenTheyAreRenamed(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		answer := newFunction(t, ctx, "answer")
		for name, flavor := range map[string]components.APIFlavor{"shop": components.FlavorHTTP, "partners": components.FlavorREST} {
			_, err := components.NewServerlessApi(ctx, name, &components.ServerlessApiArgs{
				Flavor: flavor, Routes: components.Routes{{Method: "GET", Path: "/", Function: answer, Auth: components.AuthNone}},
			})
			require.NoError(t, err)
		}
		_, err := components.NewRealtimeApi(ctx, "live", nil)
		return err
	})
	for _, name := range []string{"answer-logs", "shop-access-logs", "partners-access-logs", "live-access-logs"} {
		require.Equal(t, []string{"namePrefix"}, program.Get(t, "aws:cloudwatch/logGroup:LogGroup", name).IgnoreChanges, name)
	}
}
