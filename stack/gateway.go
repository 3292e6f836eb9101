package stack

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
)

// NewAPI deploys the shop's HTTP API: the contexts' routes, GET /health, and an answer for everything else.
// Its stage is called api, so that the storefront's host can serve it at /api without rewriting paths.
func (s *Stack) NewAPI(ctx *pulumi.Context, auth *components.CognitoAuth, contexts ...components.Routes) (*components.ServerlessApi, error) {
	s.section("API")
	health, err := s.function(ctx, "health", "Tells that the API answers")
	if err != nil {
		return nil, err
	}
	notFound, err := s.function(ctx, "not-found", "Answers requests that match no route")
	if err != nil {
		return nil, err
	}
	api, err := components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{
		Routes:           append(slices.Concat(contexts...), components.Route{Method: "GET", Path: "/health", Function: health, Auth: components.AuthNone}),
		NotFound:         notFound,
		Auth:             auth,
		Throttle:         &components.Throttle{Rate: float64(s.settings.requestsPerSecond), Burst: 2 * s.settings.requestsPerSecond},
		StageName:        "api",
		LogRetentionDays: s.settings.logRetentionDays,
		Alarms:           s.alarms(),
	})
	if err != nil {
		return nil, err
	}
	s.watch(api)
	return api, nil
}
