package components_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
)

const (
	distributionType = "aws:cloudfront/distribution:Distribution"
	objectType       = "aws:s3/bucketObjectv2:BucketObjectv2"
)

// newContent makes a folder with a built application.
func newContent(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	for file, text := range map[string]string{
		"index.html": "<!doctype html>", "assets/app-1a2b.js": "0", "assets/app-1a2b.css": "", "favicon.svg": "<svg/>", "data.bin": "x",
	} {
		require.NoError(tb, os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755))
		require.NoError(tb, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
	}
	return dir
}

func runSite(t *testing.T, change func(ctx *pulumi.Context, args *components.StaticSiteArgs)) *mocks.Program {
	t.Helper()
	return mocks.MustRun(t, func(ctx *pulumi.Context) error {
		args := &components.StaticSiteArgs{Content: newContent(t)}
		if change != nil {
			change(ctx, args)
		}
		_, err := components.NewStaticSite(ctx, "web", args)
		return err
	})
}

func TestStaticSite_UploadsWithTypesAndCaching(t *testing.T) {
	program := runSite(t, func(_ *pulumi.Context, args *components.StaticSiteArgs) {
		args.Files = map[string]pulumi.StringInput{"config.json": pulumi.String("{}")}
	})
	for file, want := range map[string][2]string{
		"index.html":          {"text/html; charset=utf-8", "no-cache"},
		"assets/app-1a2b.js":  {"text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		"assets/app-1a2b.css": {"text/css; charset=utf-8", "public, max-age=31536000, immutable"},
		"favicon.svg":         {"image/svg+xml", "no-cache"},
		"data.bin":            {"application/octet-stream", "no-cache"},
		"config.json":         {"application/json", "no-cache"},
	} {
		object := program.Get(t, objectType, "web/"+file).Inputs
		require.Equal(t, file, object["key"])
		require.Equal(t, want, [2]string{object["contentType"].(string), object["cacheControl"].(string)}, file)
	}
	require.Equal(t, "{}", program.Get(t, objectType, "web/config.json").Inputs["content"])
}

func TestStaticSite_OnlyItsDistributionMayRead(t *testing.T) {
	program := runSite(t, nil)
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
		 "Resource": ["arn:aws:s3:::web-1234567", "arn:aws:s3:::web-1234567/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
		{"Sid": "CloudFront", "Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"},
		 "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::web-1234567", "arn:aws:s3:::web-1234567/*"],
		 "Condition": {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront:eu-central-1:123456789012:distribution/web-1234567"}}}]}`,
		program.Get(t, bucketPolicyType, "web-policy").Inputs["policy"].(string))
	origin := in(t, program.Get(t, distributionType, "web").Inputs, "origins", 0)
	require.Equal(t, "web-access-id", in(t, origin, "originAccessControlId"))
	require.Equal(t, "web-1234567.s3.eu-central-1.amazonaws.com", in(t, origin, "domainName"))
}

func TestStaticSite_SendsSecurityHeaders(t *testing.T) {
	program := runSite(t, func(_ *pulumi.Context, args *components.StaticSiteArgs) {
		args.ConnectSources = []pulumi.StringInput{pulumi.String("https://cognito-idp.eu-central-1.amazonaws.com")}
	})
	headers := program.Get(t, "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy", "web-headers").Inputs["securityHeadersConfig"]
	csp := in(t, headers, "contentSecurityPolicy", "contentSecurityPolicy")
	require.Contains(t, csp, "default-src 'self'")
	require.Contains(t, csp, "frame-ancestors 'none'")
	require.Contains(t, csp, "connect-src 'self' https://cognito-idp.eu-central-1.amazonaws.com")
	require.NotContains(t, csp, "unsafe")
	require.Equal(t, "DENY", in(t, headers, "frameOptions", "frameOption"))
	require.EqualValues(t, 63_072_000, in(t, headers, "strictTransportSecurity", "accessControlMaxAgeSec"))
	require.Equal(t, true, in(t, headers, "contentTypeOptions", "override"))
	distribution := program.Get(t, distributionType, "web").Inputs
	require.Equal(t, "web-headers-id", in(t, distribution, "defaultCacheBehavior", "responseHeadersPolicyId"))
	require.Equal(t, "redirect-to-https", in(t, distribution, "defaultCacheBehavior", "viewerProtocolPolicy"))
}

func TestStaticSite_FallsBackToItsOnePage(t *testing.T) {
	program := runSite(t, nil)
	association := in(t, program.Get(t, distributionType, "web").Inputs, "defaultCacheBehavior", "functionAssociations", 0)
	require.Equal(t, "viewer-request", in(t, association, "eventType"))
	require.Contains(t, program.Get(t, "aws:cloudfront/function:Function", "web-spa-fallback").Inputs["code"], "/index.html")
	for _, response := range in(t, program.Get(t, distributionType, "web").Inputs, "customErrorResponses").([]any) {
		require.NotContains(t, response, "responsePagePath", "it would turn the API's own 404 into a page")
		require.EqualValues(t, 0, in(t, response, "errorCachingMinTtl"), "what is not found now may be there in a second")
	}
}

func TestStaticSite_ServesAPIAndStoresOnOneHost(t *testing.T) {
	program := runSite(t, func(ctx *pulumi.Context, args *components.StaticSiteArgs) {
		list := newFunction(t, ctx, "list")
		api, err := components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{StageName: "api", Routes: components.Routes{
			{Method: "GET", Path: "/products", Function: list, Auth: components.AuthNone, CacheTTL: 5 * time.Minute},
			{Method: "GET", Path: "/products/{id}", Function: list, Auth: components.AuthNone},
		}})
		require.NoError(t, err)
		media, err := components.NewObjectStore(ctx, "media", &components.ObjectStoreArgs{ServedBySite: true})
		require.NoError(t, err)
		args.API, args.Stores = api, map[string]*components.ObjectStore{"media": media}
	})
	distribution := program.Get(t, distributionType, "web").Inputs
	require.Equal(t, "shop-id.execute-api.eu-central-1.amazonaws.com", in(t, distribution, "origins", 2, "domainName"))
	require.Equal(t, "https-only", in(t, distribution, "origins", 2, "customOriginConfig", "originProtocolPolicy"))

	behaviors := in(t, distribution, "orderedCacheBehaviors")
	require.Len(t, behaviors, 3)
	for i, want := range []map[string]any{
		{"pathPattern": "/media/*", "targetOriginId": "media", "cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"},
		{"pathPattern": "/api/products", "targetOriginId": "api", "cachePolicyId": "web-get-products-id", "originRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac"},
		{"pathPattern": "/api/*", "targetOriginId": "api", "cachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "originRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac"},
	} {
		for field, value := range want {
			require.Equal(t, value, in(t, behaviors, i, field), "behaviour %d, %s", i, field)
		}
	}
	require.Equal(t, false, in(t, behaviors, 2, "compress"), "compressing would weaken entity tags")
	require.Contains(t, in(t, behaviors, 1, "allowedMethods"), "POST", "writing goes through the same path")
	cache := program.Get(t, "aws:cloudfront/cachePolicy:CachePolicy", "web-get-products").Inputs
	require.EqualValues(t, 300, cache["maxTtl"])
	require.EqualValues(t, 0, cache["minTtl"])
	require.Equal(t, "all", in(t, cache, "parametersInCacheKeyAndForwardedToOrigin", "queryStringsConfig", "queryStringBehavior"))
	require.Contains(t, program.Get(t, bucketPolicyType, "media-policy").Inputs["policy"], "distribution/web-1234567")
}

func TestStaticSite_RefusesWrongArguments(t *testing.T) {
	type args = components.StaticSiteArgs
	for name, test := range map[string]struct {
		change func(ctx *pulumi.Context, a *args)
		want   string
	}{
		"no content":    {func(_ *pulumi.Context, a *args) { a.Content = "" }, `web (StaticSite): Content = "", want a folder with an index.html; build the application first`},
		"empty content": {func(_ *pulumi.Context, a *args) { a.Content = t.TempDir() }, "want a folder with an index.html"},
		"absolute file": {func(_ *pulumi.Context, a *args) { a.Files = map[string]pulumi.StringInput{"/x": pulumi.String("")} }, `Files = "/x", want a path such as config.json`},
		"price class":   {func(_ *pulumi.Context, a *args) { a.PriceClass = "PriceClass_300" }, `PriceClass = "PriceClass_300"`},
		"reserved path": {func(_ *pulumi.Context, a *args) { a.Stores = map[string]*components.ObjectStore{"api": nil} }, `Stores = "api", want one path segment`},
		"default stage": {func(ctx *pulumi.Context, a *args) {
			api, err := components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{Routes: components.Routes{
				{Method: "GET", Path: "/", Function: newFunction(t, ctx, "home"), Auth: components.AuthNone},
			}})
			require.NoError(t, err)
			a.API = api
		}, "want an API whose StageName is the first part of its paths here"},
		"store of its own": {func(ctx *pulumi.Context, a *args) {
			store, err := components.NewObjectStore(ctx, "media", nil)
			require.NoError(t, err)
			a.Stores = map[string]*components.ObjectStore{"media": store}
		}, `Stores = "media", want an ObjectStore made with ServedBySite`},
	} {
		t.Run(name, func(t *testing.T) {
			program, err := mocks.Run(func(ctx *pulumi.Context) error {
				args := &components.StaticSiteArgs{Content: newContent(t)}
				test.change(ctx, args)
				_, err := components.NewStaticSite(ctx, "web", args)
				return err
			}, nil)
			require.ErrorContains(t, err, test.want)
			require.Empty(t, program.OfType(distributionType))
		})
	}
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewStaticSite(ctx, "web", nil)
		return err
	}, "web (StaticSite): Content")
}
