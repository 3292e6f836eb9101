package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/internal/contract"
)

// TestShop_RoutesAreThoseOfTheContract holds the deployed routes against api/openapi.yaml, both ways: methods, paths, and who must be signed in.
func TestShop_RoutesAreThoseOfTheContract(t *testing.T) {
	promised := map[string]bool{}
	for _, o := range contract.Load(t).Operations() {
		promised[o.Method+" "+o.Path] = o.SignedIn
	}
	for _, name := range stacks {
		program, _, err := runShop(t, name, nil)
		require.NoError(t, err)
		deployed := map[string]bool{}
		for _, route := range program.OfType("aws:apigatewayv2/route:Route") {
			key := route.Inputs["routeKey"].(string)
			if key == "$default" || strings.HasPrefix(route.Name, "third-parties-") {
				continue // an answer to what the contract does not know, and other people's API
			}
			deployed[key] = route.Inputs["authorizationType"] == "JWT"
		}
		require.Equal(t, promised, deployed, "stack %s", name)
	}
}
