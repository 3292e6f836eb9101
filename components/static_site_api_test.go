package components_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
)

// keptBy is the cache policy under which CloudFront keeps the answer for a path: that of the first behaviour whose pattern matches. A star
// stands for any characters, slashes too ("Path pattern" in the CloudFront developer guide).
func keptBy(t *testing.T, program *mocks.Program, path string) string {
	t.Helper()
	behaviors, _ := program.Get(t, distributionType, "web").Inputs["orderedCacheBehaviors"].([]any)
	for _, b := range behaviors {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(in(t, b, "pathPattern").(string)), `\*`, ".*")
		if regexp.MustCompile("^" + pattern + "$").MatchString(path) {
			return in(t, b, "cachePolicyId").(string)
		}
	}
	require.Fail(t, "no behaviour", path)
	return ""
}

// siteBefore is a site in front of an API whose routes are kept for a minute if they are in the first list, and ask for a token if they are in
// the second.
func siteBefore(t *testing.T, kept, private []string) *mocks.Program {
	t.Helper()
	return runSite(t, func(ctx *pulumi.Context, args *components.StaticSiteArgs) {
		answer := newFunction(t, ctx, "answer")
		var routes components.Routes
		for _, key := range private {
			method, path, _ := strings.Cut(key, " ")
			routes = append(routes, components.Route{Method: method, Path: path, Function: answer})
		}
		for _, path := range kept {
			routes = append(routes, components.Route{Method: http.MethodGet, Path: path, Function: answer, Auth: components.AuthNone, CacheTTL: time.Minute})
		}
		api, err := components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{StageName: "api", Auth: newAuth(t, ctx), Routes: routes})
		require.NoError(t, err)
		args.API = api
	})
}

func TestStaticSite_KeepsNoAnswersOfOtherRoutes(t *testing.T) {
	const never = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" // Managed-CachingDisabled
	for name, test := range map[string]struct {
		kept, private []string
		want          map[string]string
	}{
		"below": {[]string{"/products/{id}"}, []string{"GET /products/{id}/reviews"}, map[string]string{
			"/products/1": "web-get-products-id-id", "/products/1/reviews": never, "/products": never,
		}},
		"beside": {[]string{"/products/{id}"}, []string{"GET /products/mine", "PUT /products/{id}"}, map[string]string{
			"/products/1": "web-get-products-id-id", "/products/mine": never,
		}},
		"everything else": {[]string{"/products/{id}"}, []string{"ANY /{proxy+}"}, map[string]string{
			"/products/1": "web-get-products-id-id", "/products/1/2": never, "/products/1/2/3": never, "/orders": never,
		}},
		"kept below": {[]string{"/products/{id}", "/products/{id}/reviews", "/products/{id}/reviews/{number}"}, nil, map[string]string{
			"/products/1": "web-get-products-id-id", "/products/1/reviews": "web-get-products-id-reviews-id",
			"/products/1/reviews/2": "web-get-products-id-reviews-number-id", "/products/1/prices": never, "/products/1/reviews/2/3": never,
		}},
		"in the middle": {[]string{"/a/{x}/b"}, []string{"GET /a/me/b", "GET /a/{x}/{y}/b"}, map[string]string{
			"/a/1/b": "web-get-a-x-b-id", "/a/me/b": never, "/a/1/2/b": never,
		}},
		"all that follows": {[]string{"/files/{path+}"}, []string{"GET /files/{name}/owner", "GET /files/mine"}, map[string]string{
			"/files/1": "web-get-files-path-id", "/files/1/2/3": "web-get-files-path-id", "/files/1/owner": never, "/files/mine": never,
		}},
		"not to be told apart": {[]string{"/files/{path+}"}, []string{"GET /files/{name}"}, map[string]string{"/files/1": never}},
		"elsewhere":            {[]string{"/products"}, []string{"GET /orders"}, map[string]string{"/products": "web-get-products-id", "/orders": never}},
	} {
		t.Run(name, func(t *testing.T) {
			program := siteBefore(t, test.kept, test.private)
			for path, want := range test.want {
				require.Equal(t, want, keptBy(t, program, "/api"+path), path)
			}
		})
	}
}

func TestStaticSite_NeedsNoBehaviourForRoutesElsewhere(t *testing.T) {
	program := siteBefore(t, []string{"/products", "/products/{id}"}, []string{"GET /orders", "GET /orders/{id}", "POST /products/import"})
	var patterns []any
	for _, b := range program.Get(t, distributionType, "web").Inputs["orderedCacheBehaviors"].([]any) {
		patterns = append(patterns, in(t, b, "pathPattern"))
	}
	require.Equal(t, []any{"/api/products/*/*", "/api/products/*", "/api/products", "/api/*"}, patterns)
}
