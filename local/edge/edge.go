package edge

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
)

const (
	// cacheBytes bounds the cache's memory.
	cacheBytes = 64 << 20
	// largestBuffered is the largest response that is held in memory to be compressed or cached; CloudFront compresses
	// nothing larger either. What is larger is streamed through.
	largestBuffered = 10_000_000
	// smallestCompressed is the smallest response that CloudFront compresses.
	smallestCompressed = 1_000
	// largestRequest is the largest request body that API Gateway takes.
	largestRequest = 10 << 20
	// errorTTL is how long CloudFront keeps an origin's error if the distribution does not say otherwise.
	errorTTL = 10 * time.Second
)

// Edge answers viewers' requests as a CloudFront distribution does. It is an http.Handler, safe for concurrent use.
type Edge struct {
	upstream Upstream
	log      *slog.Logger
	cache    *cache
	current  atomic.Pointer[site]
	now      func() time.Time
}

// site is a configuration with its functions compiled.
type site struct {
	*Config
	behaviorList []behavior
	functions    map[string]*function
}

// New returns an edge without a distribution; it answers 503 until Use is called.
func New(upstream Upstream, log *slog.Logger) *Edge {
	return &Edge{upstream: upstream, log: log, cache: newCache(cacheBytes), now: time.Now}
}

// Use makes the edge serve a configuration and empties the cache, as an invalidation of /* would after a deployment.
func (e *Edge) Use(c *Config) error {
	s := &site{Config: c, behaviorList: c.behaviors(), functions: map[string]*function{}}
	for arn, code := range c.Functions {
		f, err := compileFunction(arn[strings.LastIndex(arn, "/")+1:], code, e.log)
		if err != nil {
			return err
		}
		s.functions[arn] = f
	}
	if len(s.behaviorList) == 0 {
		return fmt.Errorf("distribution %s has no cache behaviour", c.ID)
	}
	e.current.Store(s)
	e.cache.flush()
	return nil
}

// Flush empties the cache.
func (e *Edge) Flush() { e.cache.flush() }

// ServeHTTP implements http.Handler.
func (e *Edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := e.current.Load()
	if s == nil {
		e.fail(w, http.StatusServiceUnavailable, "No distribution is deployed yet. Run `make status` to see what is missing, `make up` to deploy.")
		return
	}
	x := &exchange{edge: e, site: s, id: requestID(), viewer: r}
	x.serve(w) //nolint:contextcheck // the viewer's request carries it
}

// exchange is one request of a viewer and its answer.
type exchange struct {
	edge     *Edge
	site     *site
	id       string
	viewer   *http.Request
	behavior behavior
}

func (x *exchange) serve(w http.ResponseWriter) {
	r := x.viewer
	x.behavior = x.site.match(r.URL.Path)
	if !slices.Contains(x.behavior.AllowedMethods, r.Method) {
		x.edge.fail(w, http.StatusForbidden, "This distribution is not configured to allow the HTTP request method that was used for this request.")
		return
	}
	// The clone is what functions change; the viewer's own request stays as it came.
	r = r.Clone(r.Context())
	if root := aws.ToString(x.site.Distribution.DefaultRootObject); root != "" && r.URL.Path == "/" {
		r.URL.Path, r.URL.RawPath = "/"+root, ""
	}
	if f := x.site.functions[x.behavior.Functions[types.EventTypeViewerRequest]]; f != nil {
		done, err := x.viewerRequest(w, r, f)
		if err != nil {
			x.edge.log.Error("viewer-request function failed", "error", err)
			x.edge.fail(w, http.StatusServiceUnavailable, "The CloudFront Function associated with this behaviour failed: "+err.Error())
			return
		}
		if done {
			return
		}
	}
	res, err := x.fetch(r)
	if err != nil {
		x.failOrigin(w, err)
		return
	}
	x.respond(w, r, res)
}

// viewerRequest runs the viewer-request function; done tells that the function answered the request itself.
func (x *exchange) viewerRequest(w http.ResponseWriter, r *http.Request, f *function) (done bool, err error) {
	object, err := f.run(x.event("viewer-request", r, nil))
	if err != nil {
		return false, err
	}
	if _, answered := object["statusCode"]; !answered {
		return false, applyRequest(r, object)
	}
	status, header, body, err := functionResponse(object)
	if err != nil {
		return false, err
	}
	maps.Copy(w.Header(), header)
	x.stamp(w.Header(), "FunctionGeneratedResponse from cloudfront")
	w.WriteHeader(status)
	_, _ = w.Write(body)
	return true, nil
}

func (x *exchange) event(kind string, r *http.Request, response *eventResponse) event {
	headers := eventHeaders(r.Header)
	headers["host"] = eventValue{Value: r.Host}
	return event{
		Version: "1.0",
		Context: eventContext{DistributionDomainName: x.site.DomainName, DistributionID: x.site.ID, EventType: kind, RequestID: x.id},
		Viewer:  eventViewer{IP: clientIP(r)},
		Request: eventRequest{
			Method: r.Method, URI: r.URL.EscapedPath(), Querystring: eventQuery(r.URL.RawQuery),
			Headers: headers, Cookies: eventCookies(r),
		},
		Response: response,
	}
}

// result is a response on its way to the viewer.
type result struct {
	status int
	header http.Header
	body   []byte
	stream io.ReadCloser // the rest of a body that is too large to hold
	xCache string
}

// fetch answers from the cache or from the origin.
func (x *exchange) fetch(r *http.Request) (*result, error) {
	policy := x.site.CachePolicies[x.behavior.CachePolicyID]
	encoding := x.encoding(r, policy)
	key := x.behavior.PathPattern + " " + cacheKey(r, policy, encoding)
	cacheable := slices.Contains(x.behavior.CachedMethods, r.Method) && (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		policy != nil && (policy.MaxTTL == nil || *policy.MaxTTL > 0)
	if !cacheable || r.Header.Get("Range") != "" {
		return x.fromOrigin(r, policy, encoding, nil)
	}
	now := x.edge.now()
	stored := x.edge.cache.get(key)
	if stored != nil && now.Before(stored.expires) {
		return stored.result("Hit from cloudfront", now), nil
	}
	res, err := x.fromOrigin(r, policy, encoding, stored)
	if err != nil {
		return nil, err
	}
	if res.status == http.StatusNotModified && stored != nil {
		renewed := *stored
		renewed.header = stored.header.Clone()
		for _, name := range []string{"Cache-Control", "Expires", "Date"} {
			if v := res.header.Values(name); v != nil {
				renewed.header[name] = v
			}
		}
		renewed.stored, renewed.expires = now, now.Add(timeToLive(renewed.header, policy, now))
		x.edge.cache.put(&renewed)
		return renewed.result("RefreshHit from cloudfront", now), nil
	}
	if r.Method == http.MethodGet && res.stream == nil {
		if ttl := x.ttl(res, policy, now); ttl > 0 {
			x.edge.cache.put(&object{key: key, status: res.status, header: res.header.Clone(), body: res.body, stored: now, expires: now.Add(ttl)})
		}
	}
	return res, nil
}

func (o *object) result(xCache string, now time.Time) *result {
	h := o.header.Clone()
	h.Set("Age", strconv.Itoa(int(now.Sub(o.stored).Seconds())))
	return &result{status: o.status, header: h, body: o.body, xCache: xCache}
}

// ttl tells how long a response is kept; errors have their own rule.
func (x *exchange) ttl(res *result, policy *types.CachePolicyConfig, now time.Time) time.Duration {
	switch res.status {
	case 200, 203, 204, 300, 301, 302, 307, 308:
		return timeToLive(res.header, policy, now)
	case 400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504:
		ttl := errorTTL
		if c := x.site.errorResponse(res.status); c != nil && c.ErrorCachingMinTTL != nil {
			ttl = time.Duration(*c.ErrorCachingMinTTL) * time.Second
		}
		return ttl
	}
	return 0
}

// encoding is the viewer's Accept-Encoding as CloudFront normalises it: gzip or nothing, because the front door
// compresses with nothing else.
func (x *exchange) encoding(r *http.Request, policy *types.CachePolicyConfig) string {
	if policy == nil || policy.ParametersInCacheKeyAndForwardedToOrigin == nil ||
		!aws.ToBool(policy.ParametersInCacheKeyAndForwardedToOrigin.EnableAcceptEncodingGzip) || !acceptsGzip(r.Header.Get("Accept-Encoding")) {
		return ""
	}
	return "gzip"
}

func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if (strings.EqualFold(name, "gzip") || name == "*") && strings.TrimSpace(q) != "q=0" {
			return true
		}
	}
	return false
}

// fromOrigin asks the origin. stored, if any, is an outdated object that the origin may confirm with 304.
func (x *exchange) fromOrigin(r *http.Request, policy *types.CachePolicyConfig, encoding string, stored *object) (*result, error) {
	origin := x.site.origin(x.behavior.OriginID)
	if origin == nil {
		return nil, fmt.Errorf("behaviour %s names origin %s, which the distribution lacks", x.behavior.PathPattern, x.behavior.OriginID)
	}
	out, err := x.originRequest(r, origin, policy, encoding)
	if err != nil {
		return nil, err
	}
	revalidating := stored != nil && stored.header.Get("Etag") != ""
	if r.Method == http.MethodGet && policy != nil && (policy.MaxTTL == nil || *policy.MaxTTL > 0) {
		// The viewer's conditions are answered from the whole object, which is fetched once and kept.
		for _, name := range []string{"If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since"} {
			out.Header.Del(name)
		}
		if revalidating {
			out.Header.Set("If-None-Match", strings.TrimPrefix(stored.header.Get("Etag"), "W/"))
		}
	}
	bucket, isBucket := s3Bucket(aws.ToString(origin.DomainName))
	private := isBucket && aws.ToString(origin.OriginAccessControlId) != ""
	if private {
		if key := strings.TrimPrefix(out.URL.Path, "/"); !allowsRead(x.site.BucketPolicies[bucket], x.site.ARN, bucket, key) {
			x.edge.log.Warn("bucket policy does not let the distribution read the object", "bucket", bucket, "key", key, "distribution", x.site.ARN)
			return denied(), nil
		}
	}
	in, err := x.edge.upstream.Send(out, origin)
	if err != nil {
		return nil, err
	}
	if private && in.StatusCode == http.StatusNotFound && !allowsList(x.site.BucketPolicies[bucket], x.site.ARN, bucket) {
		_ = in.Body.Close()
		return denied(), nil
	}
	for _, name := range []string{"Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade", "Trailer", "Proxy-Authenticate"} {
		in.Header.Del(name)
	}
	res := &result{status: in.StatusCode, header: in.Header, xCache: "Miss from cloudfront"}
	body, more, err := readAll(in.Body, largestBuffered)
	if err != nil {
		_ = in.Body.Close()
		return nil, fmt.Errorf("reading the response of origin %s: %w", aws.ToString(origin.Id), err)
	}
	res.body = body
	if more {
		res.body, res.stream = nil, bodyCloser{io.MultiReader(bytes.NewReader(body), in.Body), in.Body}
	} else {
		_ = in.Body.Close()
		if r.Method != http.MethodHead {
			// A HEAD's Content-Length describes what GET would send.
			res.header.Set("Content-Length", strconv.Itoa(len(body)))
		}
	}
	if res.status >= 400 {
		res.xCache = "Error from cloudfront"
	}
	if encoding == "gzip" && x.behavior.Compress && r.Method == http.MethodGet {
		compress(res)
	}
	return res, nil
}

// originRequest makes the request that CloudFront would send: only what the cache policy and the origin request policy
// name, and what CloudFront always sends.
func (x *exchange) originRequest(r *http.Request, origin *types.Origin, policy *types.CachePolicyConfig, encoding string) (*http.Request, error) {
	forwarded := cacheValues(policy).union(originValues(x.site.OriginRequestPolicies[x.behavior.OriginRequestPolicyID]))
	_, isBucket := s3Bucket(aws.ToString(origin.DomainName))
	body := io.Reader(http.NoBody)
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !isBucket {
		sent, more, err := readAll(r.Body, largestRequest)
		if err != nil {
			return nil, fmt.Errorf("reading the viewer's request: %w", err)
		}
		if more {
			return nil, errTooLarge
		}
		body = bytes.NewReader(sent)
	}
	out, err := http.NewRequestWithContext(r.Context(), r.Method, "http://origin.invalid/", body)
	if err != nil {
		return nil, err
	}
	prefix := aws.ToString(origin.OriginPath)
	out.URL.Path, out.URL.RawPath = prefix+r.URL.Path, prefix+r.URL.EscapedPath()
	out.URL.RawQuery = filterQuery(r.URL.RawQuery, func(name string) bool { return forwarded('q', name) })
	for name, values := range r.Header {
		if alwaysForwarded[name] || !neverForwarded[name] && forwarded('h', name) {
			out.Header[name] = slices.Clone(values)
		}
	}
	var cookies []string
	for _, c := range r.Cookies() {
		if forwarded('c', c.Name) {
			cookies = append(cookies, c.Name+"="+c.Value)
		}
	}
	if len(cookies) > 0 {
		out.Header.Set("Cookie", strings.Join(cookies, "; "))
	}
	if out.Header.Get("User-Agent") == "" {
		out.Header.Set("User-Agent", "Amazon CloudFront")
	}
	if encoding != "" {
		out.Header.Set("Accept-Encoding", encoding)
	}
	if c := origin.CustomHeaders; c != nil {
		for _, h := range c.Items {
			out.Header.Set(aws.ToString(h.HeaderName), aws.ToString(h.HeaderValue))
		}
	}
	if isBucket {
		return out, nil
	}
	chain := clientIP(x.viewer)
	if before := x.viewer.Header.Values("X-Forwarded-For"); len(before) > 0 {
		chain = strings.Join(before, ", ") + ", " + chain
	}
	out.Header.Set("X-Forwarded-For", chain)
	out.Header.Set("Via", via)
	out.Header.Set("X-Amz-Cf-Id", x.id)
	return out, nil
}

var (
	alwaysForwarded = map[string]bool{
		"Range": true, "If-Match": true, "If-Modified-Since": true, "If-None-Match": true, "If-Range": true,
		"If-Unmodified-Since": true, "Content-Type": true,
	}
	neverForwarded = map[string]bool{
		"Connection": true, "Keep-Alive": true, "Proxy-Connection": true, "Te": true, "Trailer": true,
		"Transfer-Encoding": true, "Upgrade": true, "Host": true, "Cookie": true, "Expect": true, "Accept-Encoding": true,
	}
	errTooLarge = errors.New("request body is larger than 10 MiB")
)

const via = "1.1 local.cloudfront.net (CloudFront)"

// denied is S3's answer to a reader without permission.
func denied() *result {
	body := []byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
	return &result{
		status: http.StatusForbidden, body: body, xCache: "Error from cloudfront",
		header: http.Header{"Content-Type": {"application/xml"}, "Content-Length": {strconv.Itoa(len(body))}},
	}
}

// compress gzips a response as CloudFront does: certain types, 1,000 to 10,000,000 bytes, not encoded already.
func compress(res *result) {
	kind, _, _ := strings.Cut(res.header.Get("Content-Type"), ";")
	if res.status != http.StatusOK || res.stream != nil || len(res.body) < smallestCompressed ||
		res.header.Get("Content-Encoding") != "" || !compressible(strings.TrimSpace(kind)) {
		return
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(res.body) // a bytes.Buffer takes everything
	_ = z.Close()
	res.body = out.Bytes()
	res.header.Set("Content-Encoding", "gzip")
	res.header.Set("Content-Length", strconv.Itoa(len(res.body)))
	res.header.Add("Vary", "Accept-Encoding")
	res.header.Del("Accept-Ranges")
	if tag := res.header.Get("Etag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		res.header.Set("Etag", "W/"+tag)
	}
}

func compressible(kind string) bool {
	switch kind {
	case "application/javascript", "application/json", "application/xml", "application/manifest+json", "application/wasm",
		"application/xhtml+xml", "application/rss+xml", "application/x-javascript", "application/vnd.ms-fontobject",
		"font/ttf", "font/otf", "font/opentype", "font/eot", "image/svg+xml":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}

// respond sends a response to the viewer: custom error page, response headers policy, viewer-response function,
// conditions, CloudFront's own headers.
func (x *exchange) respond(w http.ResponseWriter, r *http.Request, res *result) {
	if res.stream != nil {
		defer res.stream.Close()
	}
	originStatus := res.status
	if c := x.site.errorResponse(res.status); c != nil && aws.ToString(c.ResponsePagePath) != "" {
		if page := x.errorPage(r, c); page != nil {
			res = page
		}
	}
	applyResponseHeaders(res.header, x.site.ResponseHeadersPolicies[x.behavior.ResponseHeadersPolicyID], r)
	// No viewer-response function runs when the origin answers 400 or above.
	if f := x.site.functions[x.behavior.Functions[types.EventTypeViewerResponse]]; f != nil && originStatus < 400 {
		if err := x.viewerResponse(r, f, res); err != nil {
			x.edge.log.Error("viewer-response function failed", "error", err)
			x.edge.fail(w, http.StatusServiceUnavailable, "The CloudFront Function associated with this behaviour failed: "+err.Error())
			return
		}
	}
	h := w.Header()
	maps.Copy(h, res.header)
	x.stamp(h, res.xCache)
	if res.status == http.StatusOK && notModified(r, res.header) {
		for _, name := range []string{"Content-Length", "Content-Type", "Content-Encoding"} {
			h.Del(name)
		}
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.WriteHeader(res.status)
	if r.Method == http.MethodHead {
		return
	}
	if res.stream != nil {
		_, _ = io.Copy(w, res.stream) // the viewer has gone, or the origin has: there is nobody left to tell
		return
	}
	_, _ = w.Write(res.body)
}

// errorPage fetches the page of a custom error response through the behaviour that its path matches; nil if the page
// itself cannot be had, in which case CloudFront passes on what the origin said.
func (x *exchange) errorPage(r *http.Request, c *types.CustomErrorResponse) *result {
	page := r.Clone(r.Context())
	page.Method, page.URL.Path, page.URL.RawPath, page.URL.RawQuery = http.MethodGet, aws.ToString(c.ResponsePagePath), "", ""
	page.Header = http.Header{"Accept-Encoding": r.Header["Accept-Encoding"]}
	inner := &exchange{edge: x.edge, site: x.site, id: x.id, viewer: page, behavior: x.site.match(page.URL.Path)}
	res, err := inner.fetch(page)
	if err != nil || res.status >= 400 {
		return nil
	}
	if code, err := strconv.Atoi(aws.ToString(c.ResponseCode)); err == nil {
		res.status = code
	}
	res.xCache = "Error from cloudfront"
	return res
}

func (x *exchange) viewerResponse(r *http.Request, f *function, res *result) error {
	object, err := f.run(x.event("viewer-response", r, &eventResponse{
		StatusCode: res.status, StatusDescription: http.StatusText(res.status), Headers: eventHeaders(res.header),
		Cookies: map[string]eventValue{},
	}))
	if err != nil {
		return err
	}
	status, header, body, err := functionResponse(object)
	if err != nil {
		return err
	}
	if set := res.header.Values("Set-Cookie"); len(set) > 0 && header.Get("Set-Cookie") == "" {
		header["Set-Cookie"] = set
	}
	res.status, res.header = status, header
	if body != nil {
		res.body = body
		res.header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return nil
}

// notModified tells whether the viewer already holds this object.
func notModified(r *http.Request, h http.Header) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	if wanted := r.Header.Get("If-None-Match"); wanted != "" {
		tag := strings.TrimPrefix(h.Get("Etag"), "W/")
		for t := range strings.SplitSeq(wanted, ",") {
			if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); tag != "" && (t == tag || t == "*") {
				return true
			}
		}
		return false
	}
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	changed, err2 := http.ParseTime(h.Get("Last-Modified"))
	return err == nil && err2 == nil && !changed.After(since)
}

// stamp adds what CloudFront adds to every answer.
func (x *exchange) stamp(h http.Header, xCache string) {
	h.Set("X-Cache", xCache)
	h.Set("Via", via)
	h.Set("X-Amz-Cf-Pop", "LOCAL1-P1")
	h.Set("X-Amz-Cf-Id", x.id)
}

func (s *site) match(path string) behavior {
	for _, b := range s.behaviorList {
		if match(b.PathPattern, path) {
			return b
		}
	}
	return s.behaviorList[len(s.behaviorList)-1]
}

func (x *exchange) failOrigin(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, errTooLarge):
		w.Header().Set("Content-Type", "application/json")
		x.stamp(w.Header(), "Error from cloudfront")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		_, _ = io.WriteString(w, `{"message":"Request Too Long"}`)
	case x.viewer.Context().Err() != nil: // the viewer has gone
	case isTimeout(err):
		x.edge.log.Warn("origin is too slow", "path", x.viewer.URL.Path, "error", err)
		x.edge.fail(w, http.StatusGatewayTimeout, "The origin did not answer in time. `make status` tells whether the emulator is well, `make logs` what the function did.")
	default:
		x.edge.log.Warn("origin cannot be reached", "path", x.viewer.URL.Path, "error", err)
		x.edge.fail(w, http.StatusBadGateway, "The origin cannot be reached. Run `make status` to see what is down, `make up` to bring it back. ("+err.Error()+")")
	}
}

// fail answers with a page of the front door's own, as CloudFront does when it has no answer from an origin.
func (e *Edge) fail(w http.ResponseWriter, status int, explanation string) {
	h := w.Header()
	clear(h)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Cache", "Error from cloudfront")
	h.Set("Via", via)
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!DOCTYPE html><title>%d %s</title><h1>%d %s</h1><p>%s</p><hr><p>The shop's front door on this machine</p>\n",
		status, http.StatusText(status), status, http.StatusText(status), html.EscapeString(explanation))
}

func clientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func requestID() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails, says crypto/rand
	return base64.RawURLEncoding.EncodeToString(b[:])
}
