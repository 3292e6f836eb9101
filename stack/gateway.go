package stack

import (
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
)

// docsTTL is how long the edge may keep the API's documentation after a deployment has changed it.
const docsTTL = 5 * time.Minute

// NewAPI deploys the shop's HTTP API: the contexts' routes, GET /health, the documentation, and an answer for everything else.
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
	docs, err := s.function(ctx, "api-docs", "Tells people and programs what the API and the events are")
	if err != nil {
		return nil, err
	}
	common := components.Routes{
		{Method: "GET", Path: "/health", Function: health, Auth: components.AuthNone},
		{Method: "GET", Path: "/docs", Function: docs, Auth: components.AuthNone, CacheTTL: docsTTL},
		{Method: "GET", Path: "/docs/{file}", Function: docs, Auth: components.AuthNone, CacheTTL: docsTTL},
	}
	api, err := components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{
		Routes:           append(slices.Concat(contexts...), common...),
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
