package components_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
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

const (
	siteCertificate = "arn:aws:acm:us-east-1:123456789012:certificate/1"
	siteWebACL      = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/1"
	recordType      = "aws:route53/record:Record"
)

func TestStaticSite_HasNoNameFirewallOrLogOfItsOwnByDefault(t *testing.T) {
	program := runSite(t, nil)
	distribution := program.Get(t, distributionType, "web").Inputs
	require.Equal(t, map[string]any{"cloudfrontDefaultCertificate": true}, distribution["viewerCertificate"])
	for _, input := range []string{"aliases", "webAclId", "loggingConfig"} {
		require.NotContains(t, distribution, input)
	}
	require.Empty(t, program.OfType(recordType))
	require.Len(t, program.OfType("aws:s3/bucketV2:BucketV2"), 1)
}

func TestStaticSite_AnswersUnderItsOwnNames(t *testing.T) {
	var url string
	program := runSite(t, func(ctx *pulumi.Context, args *components.StaticSiteArgs) {
		args.Domain = &components.SiteDomain{
			Names: []string{"shop.example.com", "www.example.com"}, CertificateARN: pulumi.String(siteCertificate), HostedZoneID: pulumi.String("Z1"),
		}
		site, err := components.NewStaticSite(ctx, "shop", &components.StaticSiteArgs{Content: args.Content, Domain: &components.SiteDomain{
			Names: []string{"other.example.com"}, CertificateARN: pulumi.String(siteCertificate),
		}})
		require.NoError(t, err)
		site.URL.ApplyT(func(u string) string {
			url = u
			return u
		})
	})
	require.Equal(t, "https://other.example.com", url)
	distribution := program.Get(t, distributionType, "web").Inputs
	require.Equal(t, []any{"shop.example.com", "www.example.com"}, distribution["aliases"])
	require.Equal(t, map[string]any{
		"acmCertificateArn": siteCertificate, "minimumProtocolVersion": "TLSv1.2_2021", "sslSupportMethod": "sni-only",
	}, distribution["viewerCertificate"])
	require.Len(t, program.OfType(recordType), 4, "none without a zone")
	for _, name := range []string{"shop.example.com", "www.example.com"} {
		for _, kind := range []string{"A", "AAAA"} {
			require.Equal(t, map[string]any{
				"zoneId": "Z1", "name": name, "type": kind,
				"aliases": []any{map[string]any{"name": "web.cloudfront.net", "zoneId": "Z2FDTNDATAQYW2", "evaluateTargetHealth": false}},
			}, program.Get(t, recordType, "web-"+name+"-"+kind).Inputs)
		}
	}
}

func TestStaticSite_IsProtectedByAWebACL(t *testing.T) {
	program := runSite(t, func(_ *pulumi.Context, args *components.StaticSiteArgs) { args.WebACLARN = pulumi.String(siteWebACL) })
	require.Equal(t, siteWebACL, program.Get(t, distributionType, "web").Inputs["webAclId"])
}

func TestStaticSite_KeepsAccessLogsInAPrivateBucket(t *testing.T) {
	program := runSite(t, func(_ *pulumi.Context, args *components.StaticSiteArgs) { args.AccessLogs = &components.AccessLogs{} })
	distribution := program.Get(t, distributionType, "web")
	require.Equal(t, map[string]any{"bucket": "web-logs-1234567.s3.amazonaws.com", "includeCookies": false}, distribution.Inputs["loggingConfig"])
	require.True(t, slices.ContainsFunc(distribution.Dependencies, func(urn string) bool { return strings.HasSuffix(urn, "::web-logs-ownership") }),
		"CloudFront adds itself to an ACL that must be in use")
	require.Equal(t, "BucketOwnerPreferred", in(t, program.Get(t,
		"aws:s3/bucketOwnershipControls:BucketOwnershipControls", "web-logs-ownership").Inputs, "rule", "objectOwnership"))
	require.Equal(t, "BucketOwnerEnforced", in(t, program.Get(t,
		"aws:s3/bucketOwnershipControls:BucketOwnershipControls", "web-ownership").Inputs, "rule", "objectOwnership"))
	require.EqualValues(t, 90, in(t, program.Get(t,
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "web-logs-lifecycle").Inputs, "rules", 0, "expiration", "days"))
	require.Equal(t, true, program.Get(t, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "web-logs-public-access").Inputs["ignorePublicAcls"])
	require.NotContains(t, program.Get(t, bucketPolicyType, "web-logs-policy").Inputs["policy"], `"Allow"`)
	require.Equal(t, true, program.Get(t, "aws:s3/bucketV2:BucketV2", "web-logs").Inputs["forceDestroy"])

	program = runSite(t, func(_ *pulumi.Context, args *components.StaticSiteArgs) {
		args.AccessLogs = &components.AccessLogs{Days: 365, IncludeCookies: true, KeepOnDelete: true}
	})
	require.Equal(t, true, in(t, program.Get(t, distributionType, "web").Inputs, "loggingConfig", "includeCookies"))
	require.EqualValues(t, 365, in(t, program.Get(t,
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "web-logs-lifecycle").Inputs, "rules", 0, "expiration", "days"))
	require.Equal(t, false, program.Get(t, "aws:s3/bucketV2:BucketV2", "web-logs").Inputs["forceDestroy"])
}

func TestStaticSite_RefusesWhatIsNotAtTheEdge(t *testing.T) {
	for want, change := range map[string]func(*components.StaticSiteArgs){
		`Domain.CertificateARN = "arn:aws:acm:eu-central-1:123456789012:certificate/1", want an ACM certificate in us-east-1`: func(a *components.StaticSiteArgs) {
			a.Domain = &components.SiteDomain{
				Names: []string{"shop.example.com"}, CertificateARN: pulumi.String(strings.Replace(siteCertificate, "us-east-1", "eu-central-1", 1)),
			}
		},
		`WebACLARN = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/shop/1", want a web ACL of scope CLOUDFRONT`: func(a *components.StaticSiteArgs) {
			a.WebACLARN = pulumi.String("arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/shop/1")
		},
	} {
		program, err := mocks.Run(func(ctx *pulumi.Context) error {
			args := &components.StaticSiteArgs{Content: newContent(t)}
			change(args)
			_, err := components.NewStaticSite(ctx, "web", args)
			return err
		}, nil)
		require.ErrorContains(t, err, "web (StaticSite): "+want)
		require.Empty(t, program.OfType(distributionType))
	}
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
		"no names":      {func(_ *pulumi.Context, a *args) { a.Domain = &components.SiteDomain{} }, "Domain.Names = 0, want 1–100 names"},
		"a name":        {func(_ *pulumi.Context, a *args) { a.Domain = &components.SiteDomain{Names: []string{"shop"}} }, `Domain.Names[0] = "shop", want a domain name`},
		"a name twice":  {func(_ *pulumi.Context, a *args) { a.Domain = &components.SiteDomain{Names: []string{"a.de", "a.de"}} }, `Domain.Names[1] = "a.de", want a name that is not there`},
		"certificate":   {func(_ *pulumi.Context, a *args) { a.Domain = &components.SiteDomain{Names: []string{"a.de"}} }, "Domain.CertificateARN = <nil>, want the ACM certificate"},
		"log days":      {func(_ *pulumi.Context, a *args) { a.AccessLogs = &components.AccessLogs{Days: 4000} }, "AccessLogs.Days = 4000, want 1–3650 days"},
		"reserved path": {func(_ *pulumi.Context, a *args) { a.Stores = map[string]*components.ObjectStore{"api": nil} }, `Stores = "api", want one path segment`},
		"default stage": {func(ctx *pulumi.Context, a *args) {
			api, err := components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{Routes: components.Routes{
				{Method: "GET", Path: "/", Function: newFunction(t, ctx, "home"), Auth: components.AuthNone},
			}})
			require.NoError(t, err)
			a.API = api
		}, "want an API whose StageName is the first part of its paths here"},
		"a file twice": {func(_ *pulumi.Context, a *args) {
			a.Files = map[string]pulumi.StringInput{"assets/app-1a2b.js": pulumi.String("")}
		},
			`Files = "assets/app-1a2b.js", want a file that is not in Content too`},
		"an empty file":   {func(_ *pulumi.Context, a *args) { a.Files = map[string]pulumi.StringInput{"config.json": nil} }, `Files["config.json"] = <nil>, want the file's content`},
		"an empty origin": {func(_ *pulumi.Context, a *args) { a.ConnectSources = []pulumi.StringInput{nil} }, `ConnectSources[0] = <nil>, want an origin`},
		"store in the API's place": {func(ctx *pulumi.Context, a *args) {
			store, err := components.NewObjectStore(ctx, "media", &components.ObjectStoreArgs{ServedBySite: true})
			require.NoError(t, err)
			a.Stores = map[string]*components.ObjectStore{"v1": store}
			a.API, err = components.NewServerlessApi(ctx, "shop", &components.ServerlessApiArgs{StageName: "v1", Routes: components.Routes{
				{Method: "GET", Path: "/", Function: newFunction(t, ctx, "home"), Auth: components.AuthNone},
			}})
			require.NoError(t, err)
		}, `Stores = "v1", want a path other than that of the API`},
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

func TestStaticSite_ServesAStoreByTwoPaths(t *testing.T) {
	program := runSite(t, func(ctx *pulumi.Context, args *components.StaticSiteArgs) {
		store, err := components.NewObjectStore(ctx, "media", &components.ObjectStoreArgs{ServedBySite: true})
		require.NoError(t, err)
		args.Stores = map[string]*components.ObjectStore{"media": store, "pictures": store}
	})
	program.Get(t, bucketPolicyType, "media-policy") // one, not two
	require.Len(t, in(t, program.Get(t, distributionType, "web").Inputs, "orderedCacheBehaviors"), 2)
}

func TestStaticSite_RefusesTheStoreOfAnotherSite(t *testing.T) {
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		store, err := components.NewObjectStore(ctx, "media", &components.ObjectStoreArgs{ServedBySite: true})
		require.NoError(t, err)
		args := &components.StaticSiteArgs{Content: newContent(t), Stores: map[string]*components.ObjectStore{"media": store}}
		_, err = components.NewStaticSite(ctx, "web", args)
		require.NoError(t, err)
		_, err = components.NewStaticSite(ctx, "other", args)
		return err
	}, nil)
	require.ErrorContains(t, err, `other (StaticSite): Stores = "media", want a store that no other site serves`)
}
