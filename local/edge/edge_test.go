package edge

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/stretchr/testify/require"
)

const (
	spaFallback = `function handler(event) {
		const request = event.request;
		if (!request.uri.includes('.')) request.uri = '/index.html';
		return request;
	}`
	distributionARN = "arn:aws:cloudfront::000000000000:distribution/E1"
	sitePolicy      = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},
		"Action":"s3:GetObject","Resource":"arn:aws:s3:::site/*","Condition":{"StringEquals":{"AWS:SourceArn":"` + distributionARN + `"}}}]}`
	managedOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
	managedDisabled  = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
	productsPolicy   = "products"
	allButHost       = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
)

// shopConfig is a distribution like the shop's: storefront by default, API below /api/, one API path cached.
func shopConfig() *Config {
	apiBehavior := func(path, cachePolicy string) types.CacheBehavior {
		return types.CacheBehavior{
			PathPattern: aws.String(path), TargetOriginId: aws.String("api"), CachePolicyId: aws.String(cachePolicy),
			ResponseHeadersPolicyId: aws.String("headers"), OriginRequestPolicyId: aws.String(allButHost),
			AllowedMethods: &types.AllowedMethods{Items: []types.Method{"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"},
				CachedMethods: &types.CachedMethods{Items: []types.Method{"GET", "HEAD"}}},
		}
	}
	products := apiBehavior("/api/products", productsPolicy)
	products.OriginRequestPolicyId = nil
	products.AllowedMethods = nil
	return &Config{
		ID: "E1", ARN: distributionARN, DomainName: "d1.cloudfront.net",
		Distribution: &types.DistributionConfig{
			DefaultRootObject: aws.String("index.html"),
			Origins: &types.Origins{Items: []types.Origin{
				{Id: aws.String("site"), DomainName: aws.String("site.s3.us-east-1.amazonaws.com"), OriginAccessControlId: aws.String("oac")},
				{Id: aws.String("api"), DomainName: aws.String("a1b2.execute-api.us-east-1.amazonaws.com")},
			}},
			CacheBehaviors: &types.CacheBehaviors{Items: []types.CacheBehavior{products, apiBehavior("/api/*", managedDisabled)}},
			DefaultCacheBehavior: &types.DefaultCacheBehavior{
				TargetOriginId: aws.String("site"), CachePolicyId: aws.String(managedOptimized), Compress: aws.Bool(true),
				ResponseHeadersPolicyId: aws.String("headers"),
				FunctionAssociations: &types.FunctionAssociations{Items: []types.FunctionAssociation{
					{EventType: types.EventTypeViewerRequest, FunctionARN: aws.String("arn:aws:cloudfront::0:function/spa")},
				}},
			},
		},
		CachePolicies: map[string]*types.CachePolicyConfig{
			managedOptimized: cachePolicy(1, 86400, 31536000, "none"),
			managedDisabled:  cachePolicy(0, 0, 0, "none"),
			productsPolicy:   cachePolicy(0, 60, 300, "all"),
		},
		OriginRequestPolicies: map[string]*types.OriginRequestPolicyConfig{allButHost: {
			HeadersConfig:      &types.OriginRequestPolicyHeadersConfig{HeaderBehavior: "allExcept", Headers: &types.Headers{Items: []string{"Host"}}},
			CookiesConfig:      &types.OriginRequestPolicyCookiesConfig{CookieBehavior: "all"},
			QueryStringsConfig: &types.OriginRequestPolicyQueryStringsConfig{QueryStringBehavior: "all"},
		}},
		ResponseHeadersPolicies: map[string]*types.ResponseHeadersPolicyConfig{"headers": {
			SecurityHeadersConfig: &types.ResponseHeadersPolicySecurityHeadersConfig{
				FrameOptions:            &types.ResponseHeadersPolicyFrameOptions{FrameOption: "DENY", Override: aws.Bool(true)},
				ContentTypeOptions:      &types.ResponseHeadersPolicyContentTypeOptions{Override: aws.Bool(true)},
				ReferrerPolicy:          &types.ResponseHeadersPolicyReferrerPolicy{ReferrerPolicy: "no-referrer", Override: aws.Bool(false)},
				StrictTransportSecurity: &types.ResponseHeadersPolicyStrictTransportSecurity{AccessControlMaxAgeSec: aws.Int32(60), IncludeSubdomains: aws.Bool(true), Override: aws.Bool(true)},
			},
			CustomHeadersConfig: &types.ResponseHeadersPolicyCustomHeadersConfig{Items: []types.ResponseHeadersPolicyCustomHeader{
				{Header: aws.String("Permissions-Policy"), Value: aws.String("camera=()"), Override: aws.Bool(true)},
			}},
			RemoveHeadersConfig: &types.ResponseHeadersPolicyRemoveHeadersConfig{Items: []types.ResponseHeadersPolicyRemoveHeader{{Header: aws.String("X-Secret")}}},
		}},
		Functions:      map[string]string{"arn:aws:cloudfront::0:function/spa": spaFallback},
		BucketPolicies: map[string]string{"site": sitePolicy},
	}
}

func cachePolicy(least, usual, most int64, query string) *types.CachePolicyConfig {
	return &types.CachePolicyConfig{
		MinTTL: &least, DefaultTTL: &usual, MaxTTL: &most,
		ParametersInCacheKeyAndForwardedToOrigin: &types.ParametersInCacheKeyAndForwardedToOrigin{
			EnableAcceptEncodingGzip: aws.Bool(most > 0),
			QueryStringsConfig:       &types.CachePolicyQueryStringsConfig{QueryStringBehavior: types.CachePolicyQueryStringBehavior(query)},
		},
	}
}

// origins stands in for the emulator: S3 by path, the API by host name.
type origins struct {
	*httptest.Server
	requests []*http.Request
	bodies   []string
	answer   func(w http.ResponseWriter, r *http.Request)
}

func newEdge(t *testing.T, c *Config, answer func(w http.ResponseWriter, r *http.Request)) (*Edge, *origins) {
	t.Helper()
	o := &origins{answer: answer}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		o.requests, o.bodies = append(o.requests, r), append(o.bodies, string(body))
		o.answer(w, r)
	}))
	t.Cleanup(o.Close)
	upstream, err := NewEmulator(o.URL, "us-east-1", aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"})
	require.NoError(t, err)
	e := New(upstream, slog.New(slog.DiscardHandler))
	require.NoError(t, e.Use(c))
	return e, o
}

// answer is what a viewer gets.
type answer struct {
	StatusCode int
	Header     http.Header
	Body       io.Reader
}

func ask(e *Edge, method, target string, header ...string) answer {
	r := httptest.NewRequest(method, target, http.NoBody)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body}
}

func text(t *testing.T, r answer) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(body)
}

func TestStorefrontIsServedFromTheBucketWithFallback(t *testing.T) {
	e, o := newEdge(t, shopConfig(), func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) })
	for path, want := range map[string]string{
		"/": "/site/index.html", "/products/mug": "/site/index.html", "/assets/app.js": "/site/assets/app.js",
	} {
		r := ask(e, "GET", path)
		require.Equal(t, 200, r.StatusCode, path)
		require.Equal(t, want, text(t, r), path)
	}
	require.Contains(t, o.requests[0].Header.Get("Authorization"), "AWS4-HMAC-SHA256", "S3 requests are signed")
}

func TestAPIGetsWhatThePoliciesForward(t *testing.T) {
	e, o := newEdge(t, shopConfig(), func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusCreated) })
	r := httptest.NewRequest(http.MethodPost, "/api/orders?x=1&y=a%2Fb", strings.NewReader(`{"a":1}`))
	r.Header.Set("Authorization", "Bearer t")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Cookie", "a=b")
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	require.Equal(t, http.StatusCreated, w.Code)
	got := o.requests[0]
	require.Equal(t, "/api/orders?x=1&y=a%2Fb", got.URL.String())
	require.Equal(t, "Bearer t", got.Header.Get("Authorization"))
	require.Equal(t, "a=b", got.Header.Get("Cookie"))
	require.True(t, strings.HasPrefix(got.Host, "a1b2.execute-api."), got.Host)
	require.Equal(t, "203.0.113.9, 192.0.2.1", got.Header.Get("X-Forwarded-For"))
	require.Contains(t, got.Header.Get("Via"), "CloudFront")
	require.Equal(t, `{"a":1}`, o.bodies[0])
}

func TestWithoutOriginRequestPolicyHeadersStayAtTheEdge(t *testing.T) {
	e, o := newEdge(t, shopConfig(), func(w http.ResponseWriter, r *http.Request) {})
	ask(e, "GET", "/api/products?q=a", "Authorization", "Bearer t", "Cookie", "a=b", "User-Agent", "curl")
	require.Empty(t, o.requests[0].Header.Get("Authorization"))
	require.Empty(t, o.requests[0].Header.Get("Cookie"))
	require.Equal(t, "Amazon CloudFront", o.requests[0].Header.Get("User-Agent"))
	require.Equal(t, "q=a", o.requests[0].URL.RawQuery)
}

func TestResponseHeadersPolicy(t *testing.T) {
	e, _ := newEdge(t, shopConfig(), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Frame-Options", "ALLOWALL")
		w.Header().Set("Referrer-Policy", "origin")
		w.Header().Set("X-Secret", "s")
	})
	h := ask(e, "GET", "/api/health").Header
	require.Equal(t, "DENY", h.Get("X-Frame-Options"), "overridden")
	require.Equal(t, "origin", h.Get("Referrer-Policy"), "the origin's own is kept")
	require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
	require.Equal(t, "max-age=60; includeSubDomains", h.Get("Strict-Transport-Security"))
	require.Equal(t, "camera=()", h.Get("Permissions-Policy"))
	require.Empty(t, h.Get("X-Secret"))
}

func TestCacheKeepsWhatThePolicyAndTheOriginAllow(t *testing.T) {
	count := 0
	e, _ := newEdge(t, shopConfig(), func(w http.ResponseWriter, r *http.Request) {
		count++
		if r.URL.Query().Get("q") == "fresh" {
			w.Header().Set("Cache-Control", "no-store")
		} else {
			w.Header().Set("Cache-Control", "public, max-age=900")
		}
		_, _ = io.WriteString(w, r.URL.RawQuery)
	})
	now := time.Now()
	e.now = func() time.Time { return now }

	require.Equal(t, "Miss from cloudfront", ask(e, "GET", "/api/products?q=a").Header.Get("X-Cache"))
	now = now.Add(299 * time.Second)
	hit := ask(e, "GET", "/api/products?q=a")
	require.Equal(t, "Hit from cloudfront", hit.Header.Get("X-Cache"))
	require.Equal(t, "299", hit.Header.Get("Age"))
	require.Equal(t, "Miss from cloudfront", ask(e, "GET", "/api/products?q=b").Header.Get("X-Cache"), "the query string is in the key")
	now = now.Add(2 * time.Second)
	require.Equal(t, "Miss from cloudfront", ask(e, "GET", "/api/products?q=a").Header.Get("X-Cache"), "never longer than the policy's maximum")

	before := count
	ask(e, "GET", "/api/products?q=fresh")
	ask(e, "GET", "/api/products?q=fresh")
	require.Equal(t, before+2, count, "no-store is obeyed when the minimum is 0")
	ask(e, "GET", "/api/health")
	ask(e, "GET", "/api/health")
	require.Equal(t, before+4, count, "CachingDisabled caches nothing")

	require.NoError(t, e.Use(shopConfig()))
	require.Equal(t, "Miss from cloudfront", ask(e, "GET", "/api/products?q=b").Header.Get("X-Cache"), "a deployment empties the cache")
}

func TestOutdatedObjectIsConfirmedByTheOrigin(t *testing.T) {
	e, o := newEdge(t, shopConfig(), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"1"`)
		w.Header().Set("Cache-Control", "max-age=10")
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, "body")
	})
	now := time.Now()
	e.now = func() time.Time { return now }
	ask(e, "GET", "/app.js")
	now = now.Add(11 * time.Second)
	r := ask(e, "GET", "/app.js")
	require.Equal(t, "RefreshHit from cloudfront", r.Header.Get("X-Cache"))
	require.Equal(t, "body", text(t, r))
	require.Len(t, o.requests, 2)
}

func TestViewerConditions(t *testing.T) {
	e, o := newEdge(t, shopConfig(), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"1"`)
		w.Header().Set("Content-Type", "text/css")
		_, _ = io.WriteString(w, "body")
	})
	r := ask(e, "GET", "/a.css", "If-None-Match", `"1"`)
	require.Equal(t, http.StatusNotModified, r.StatusCode)
	require.Empty(t, text(t, r))
	require.Empty(t, o.requests[0].Header.Get("If-None-Match"), "the whole object is fetched and kept")
	require.Equal(t, 200, ask(e, "GET", "/a.css", "If-None-Match", `"2"`).StatusCode)
	head := ask(e, "HEAD", "/a.css")
	require.Equal(t, 200, head.StatusCode)
	require.Equal(t, "4", head.Header.Get("Content-Length"))
	require.Empty(t, text(t, head))
}

func TestCompression(t *testing.T) {
	long := strings.Repeat("lorem ipsum ", 500)
	e, _ := newEdge(t, shopConfig(), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"1"`)
		switch {
		case strings.HasSuffix(r.URL.Path, ".png"):
			w.Header().Set("Content-Type", "image/png")
		default:
			w.Header().Set("Content-Type", "text/css; charset=utf-8")
		}
		if strings.HasSuffix(r.URL.Path, "short.css") {
			_, _ = io.WriteString(w, "short")
			return
		}
		_, _ = io.WriteString(w, long)
	})
	zipped := ask(e, "GET", "/a.css", "Accept-Encoding", "br, gzip")
	require.Equal(t, "gzip", zipped.Header.Get("Content-Encoding"))
	require.Equal(t, `W/"1"`, zipped.Header.Get("Etag"))
	z, err := gzip.NewReader(zipped.Body)
	require.NoError(t, err)
	plain, err := io.ReadAll(z)
	require.NoError(t, err)
	require.Equal(t, long, string(plain))

	require.Empty(t, ask(e, "GET", "/a.css").Header.Get("Content-Encoding"), "the viewer did not ask; kept apart in the cache")
	require.Empty(t, ask(e, "GET", "/a.png", "Accept-Encoding", "gzip").Header.Get("Content-Encoding"), "not a type that CloudFront compresses")
	require.Empty(t, ask(e, "GET", "/short.css", "Accept-Encoding", "gzip").Header.Get("Content-Encoding"), "too short")
	require.Empty(t, ask(e, "GET", "/api/health", "Accept-Encoding", "gzip").Header.Get("Content-Encoding"), "compress is not declared there")
}

func TestOriginAccessControl(t *testing.T) {
	missing := func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotFound) }
	e, _ := newEdge(t, shopConfig(), missing)
	require.Equal(t, http.StatusForbidden, ask(e, "GET", "/gone.js").StatusCode, "who may not list is not told that nothing is there")

	c := shopConfig()
	c.BucketPolicies["site"] = strings.Replace(sitePolicy, "distribution/E1", "distribution/OTHER", 1)
	e, o := newEdge(t, c, func(w http.ResponseWriter, r *http.Request) {})
	require.Equal(t, http.StatusForbidden, ask(e, "GET", "/a.js").StatusCode)
	require.Empty(t, o.requests, "a bucket that does not let the distribution read is not read")
}

func TestBucketPolicy(t *testing.T) {
	for name, c := range map[string]struct {
		policy string
		want   bool
	}{
		"exact":              {sitePolicy, true},
		"no policy":          {"", false},
		"another bucket":     {strings.Replace(sitePolicy, ":::site/", ":::other/", 1), false},
		"another action":     {strings.Replace(sitePolicy, "s3:GetObject", "s3:PutObject", 1), false},
		"another service":    {strings.Replace(sitePolicy, "cloudfront.", "lambda.", 1), false},
		"unknown condition":  {strings.Replace(sitePolicy, "StringEquals", "DateLessThan", 1), false},
		"list of principals": {strings.Replace(sitePolicy, `"cloudfront.amazonaws.com"`, `["lambda.amazonaws.com","cloudfront.amazonaws.com"]`, 1), true},
		"denied": {strings.Replace(sitePolicy, `"Statement":[`,
			`"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::site/private/*"},`, 1), true},
		"only plain HTTP denied": {strings.Replace(sitePolicy, `"Statement":[`,
			`"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}},`, 1), true},
	} {
		require.Equal(t, c.want, allowsRead(c.policy, distributionARN, "site", "a.js"), name)
	}
}

func TestMethodsThatTheBehaviourDoesNotAllow(t *testing.T) {
	e, o := newEdge(t, shopConfig(), func(w http.ResponseWriter, r *http.Request) {})
	require.Equal(t, http.StatusForbidden, ask(e, "POST", "/index.html").StatusCode)
	require.Empty(t, o.requests)
}

func TestFailingOrigins(t *testing.T) {
	e, o := newEdge(t, shopConfig(), func(w http.ResponseWriter, r *http.Request) {})
	o.Close()
	r := ask(e, "GET", "/api/health")
	require.Equal(t, http.StatusBadGateway, r.StatusCode)
	require.Contains(t, text(t, r), "make status")

	slow := New(upstreamFunc(func(*http.Request, *types.Origin) (*http.Response, error) {
		return nil, &url.Error{Err: timeoutError{}}
	}), slog.New(slog.DiscardHandler))
	require.NoError(t, slow.Use(shopConfig()))
	require.Equal(t, http.StatusGatewayTimeout, ask(slow, "GET", "/api/health").StatusCode)

	empty := New(nil, slog.New(slog.DiscardHandler))
	require.Equal(t, http.StatusServiceUnavailable, ask(empty, "GET", "/").StatusCode)
}

type upstreamFunc func(*http.Request, *types.Origin) (*http.Response, error)

func (f upstreamFunc) Send(r *http.Request, o *types.Origin) (*http.Response, error) { return f(r, o) }

type timeoutError struct{}

func (timeoutError) Timeout() bool { return true }
func (timeoutError) Error() string { return "too slow" }

func TestErrorsAreKeptForAShortTimeOnly(t *testing.T) {
	status := http.StatusServiceUnavailable
	e, _ := newEdge(t, shopConfig(), func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) })
	now := time.Now()
	e.now = func() time.Time { return now }
	require.Equal(t, 503, ask(e, "GET", "/api/products").StatusCode)
	status = http.StatusOK
	now = now.Add(9 * time.Second)
	require.Equal(t, 503, ask(e, "GET", "/api/products").StatusCode)
	now = now.Add(2 * time.Second)
	require.Equal(t, 200, ask(e, "GET", "/api/products").StatusCode)
}

func TestCustomErrorResponse(t *testing.T) {
	c := shopConfig()
	c.Distribution.CustomErrorResponses = &types.CustomErrorResponses{Items: []types.CustomErrorResponse{
		{ErrorCode: aws.Int32(403), ResponseCode: aws.String("404"), ResponsePagePath: aws.String("/404.html"), ErrorCachingMinTTL: aws.Int64(1)},
	}}
	e, _ := newEdge(t, c, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/site/404.html" {
			_, _ = io.WriteString(w, "nothing here")
			return
		}
		w.WriteHeader(http.StatusNotFound)
	})
	r := ask(e, "GET", "/gone.js")
	require.Equal(t, 404, r.StatusCode)
	require.Equal(t, "nothing here", text(t, r))
}

func TestLargeResponsesAreStreamed(t *testing.T) {
	e, _ := newEdge(t, shopConfig(), func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte("x"), largestBuffered+5))
	})
	r := ask(e, "GET", "/film.mp4")
	require.Len(t, text(t, r), largestBuffered+5)
	require.Equal(t, "Miss from cloudfront", ask(e, "GET", "/film.mp4").Header.Get("X-Cache"), "too large for the cache")
}

func TestTooLargeRequest(t *testing.T) {
	e, o := newEdge(t, shopConfig(), func(w http.ResponseWriter, r *http.Request) {})
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/products/x", io.LimitReader(zeros{}, largestRequest+1)))
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	require.Empty(t, o.requests)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestFunctions(t *testing.T) {
	use := func(code string) *Edge {
		c := shopConfig()
		c.Functions["arn:aws:cloudfront::0:function/spa"] = code
		e, _ := newEdge(t, c, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.String()) })
		return e
	}
	r := ask(use(`function handler(event) { return {statusCode: 302, headers: {location: {value: '/x?' + event.request.querystring.a.value}}} }`), "GET", "/?a=1")
	require.Equal(t, 302, r.StatusCode)
	require.Equal(t, "/x?1", r.Header.Get("Location"))

	r = ask(use(`async function handler(event) { await null; event.request.uri = '/v2' + event.request.uri; return event.request }`), "GET", "/a.js")
	require.Equal(t, "/site/v2/a.js", text(t, r), "runtime 2.0 handlers may be async")

	for name, code := range map[string]string{
		"throws": `function handler() { throw new Error('no') }`, "runs for ever": `function handler() { for (;;) {} }`,
		"no handler": `var x = 1`, "returns nothing": `function handler() {}`,
	} {
		require.Equal(t, http.StatusServiceUnavailable, ask(use(code), "GET", "/").StatusCode, name)
	}
	c := shopConfig()
	c.Functions["arn:aws:cloudfront::0:function/spa"] = "function ("
	require.ErrorContains(t, New(nil, slog.New(slog.DiscardHandler)).Use(c), "compiling CloudFront Function spa")
}

func TestViewerResponseFunction(t *testing.T) {
	c := shopConfig()
	c.Distribution.DefaultCacheBehavior.FunctionAssociations.Items = []types.FunctionAssociation{
		{EventType: types.EventTypeViewerResponse, FunctionARN: aws.String("arn:aws:cloudfront::0:function/out")},
	}
	c.Functions["arn:aws:cloudfront::0:function/out"] = `function handler(event) {
		event.response.headers['x-made'] = {value: event.request.uri}; delete event.response.headers['x-old']; return event.response }`
	e, _ := newEdge(t, c, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Old", "1")
		_, _ = io.WriteString(w, "body")
	})
	r := ask(e, "GET", "/a.js")
	require.Equal(t, "/a.js", r.Header.Get("X-Made"))
	require.Empty(t, r.Header.Get("X-Old"))
	require.Equal(t, "body", text(t, r))
}

func TestPathPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"/api/*", "/api/products", true}, {"/api/*", "/api", false}, {"api/*", "/api/x", true}, {"*", "/anything", true},
		{"/media/*.svg", "/media/products/mug.svg", true}, {"/a?.js", "/ab.js", true}, {"/a?.js", "/a.js", false},
		{"/API/*", "/api/x", false}, {"*.jpg", "/x/y.jpg", true}, {"*.jpg", "/x/y.jpg2", false}, {"/api/products", "/api/products", true},
		{"/api/products", "/api/products/1", false},
	} {
		require.Equal(t, c.want, match(c.pattern, c.path), "%s on %s", c.pattern, c.path)
	}
}

func TestTimeToLive(t *testing.T) {
	now := time.Now()
	policy := cachePolicy(5, 60, 300, "none")
	for value, want := range map[string]time.Duration{
		"": 60 * time.Second, "max-age=100": 100 * time.Second, "max-age=1": 5 * time.Second, "max-age=9999": 300 * time.Second,
		"max-age=1, s-maxage=50": 50 * time.Second, "no-store": 5 * time.Second, "private, max-age=100": 5 * time.Second,
	} {
		h := http.Header{}
		if value != "" {
			h.Set("Cache-Control", value)
		}
		require.Equal(t, want, timeToLive(h, policy, now), "%q", value)
	}
	expires := http.Header{"Expires": {now.Add(100 * time.Second).UTC().Format(http.TimeFormat)}}
	require.InDelta(t, 100, timeToLive(expires, policy, now).Seconds(), 1.1)
}

func TestCacheStaysWithinItsBytes(t *testing.T) {
	c := newCache(100_000)
	for i := range 200 {
		c.put(&object{key: string(rune('a' + i)), body: make([]byte, 2_000)})
	}
	require.LessOrEqual(t, c.used, 100_000)
	require.NotNil(t, c.get(string(rune('a'+199))))
	require.Nil(t, c.get("a"), "what was used longest ago goes first")
	c.put(&object{key: "huge", body: make([]byte, 50_000)})
	require.Nil(t, c.get("huge"))
}

func TestOriginHosts(t *testing.T) {
	for domain, want := range map[string]string{
		"b.s3.us-east-1.amazonaws.com": "b", "my.bucket.s3.amazonaws.com": "my.bucket", "b.s3-website.us-east-1.amazonaws.com": "", "example.com": "",
	} {
		got, _ := s3Bucket(domain)
		require.Equal(t, want, got, domain)
	}
	_, ok := apiID("x.execute-api.eu-central-1.amazonaws.com")
	require.True(t, ok)
	upstream, err := NewEmulator("http://127.0.0.1:1", "us-east-1", aws.Credentials{})
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	_, err = upstream.Send(r, &types.Origin{Id: aws.String("o"), DomainName: aws.String("example.com")}) //nolint:bodyclose // there is none
	require.ErrorContains(t, err, "example.com")
	require.True(t, isTimeout(errors.Join(timeoutError{})))
}
