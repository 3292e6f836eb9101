package components_test

import (
	"slices"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies/guardrails"
)

// broken are the guardrails that the components of these names break.
func broken(t *testing.T, program *mocks.Program, names ...string) []string {
	t.Helper()
	s := &guardrails.Stack{Name: "test", Project: "shop", Config: map[string]string{"aws:defaultTags": `{"tags": {"project": "shop", "stack": "test"}}`}}
	for _, r := range program.Resources {
		if !slices.Contains(names, r.Parent) {
			continue
		}
		judged := guardrails.Resource{Type: r.Type, Name: r.Name, Inputs: r.Inputs}
		for _, d := range r.Dependencies {
			urn := resource.URN(d)
			judged.Dependencies = append(judged.Dependencies, guardrails.Reference{Type: string(urn.Type()), Name: urn.Name()})
		}
		s.Resources = append(s.Resources, judged)
	}
	return guardrails.Judge(guardrails.Rules(), s, nil, time.Now()).Errors()
}

func TestRealtimeApi_KeepsTheGuardrails(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		deployRealtime(t, ctx, nil, nil)
		return nil
	})
	require.Empty(t, broken(t, program, "live", "live-connections"))
}

func TestGraphqlApi_KeepsTheGuardrails(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		inProgram(t, "schema.graphql", "type Query { version: String }")
		_, err := components.NewGraphqlApi(ctx, "shop", &components.GraphqlApiArgs{
			SchemaFile: "schema.graphql", Auth: newAuth(t, ctx), Cache: &components.GraphqlCache{},
			Resolvers: []components.Resolver{{Field: "Query.version", Function: newFunction(t, ctx, "version"), CacheTTL: time.Minute}},
		})
		return err
	})
	require.Empty(t, broken(t, program, "shop"))
}
