package edge

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
)

// selection is which of the viewer's values (headers, cookies or query strings) a policy names.
type selection struct {
	all    bool
	except bool // all but names
	names  []string
}

func (s selection) covers(name string) bool {
	named := slices.ContainsFunc(s.names, func(n string) bool { return strings.EqualFold(n, name) })
	switch {
	case s.all:
		return true
	case s.except:
		return !named
	}
	return named
}

// values is what a cache policy or an origin request policy takes from a request.
type values struct{ headers, cookies, query selection }

func (v values) union(o values) func(kind byte, name string) bool {
	return func(kind byte, name string) bool {
		switch kind {
		case 'h':
			return v.headers.covers(name) || o.headers.covers(name)
		case 'c':
			return v.cookies.covers(name) || o.cookies.covers(name)
		}
		return v.query.covers(name) || o.query.covers(name)
	}
}

func cacheValues(p *types.CachePolicyConfig) values {
	var v values
	if p == nil || p.ParametersInCacheKeyAndForwardedToOrigin == nil {
		return v
	}
	params := p.ParametersInCacheKeyAndForwardedToOrigin
	if c := params.HeadersConfig; c != nil && c.HeaderBehavior == types.CachePolicyHeaderBehaviorWhitelist && c.Headers != nil {
		v.headers.names = c.Headers.Items
	}
	if c := params.CookiesConfig; c != nil {
		v.cookies = choose(string(c.CookieBehavior), func() []string {
			if c.Cookies == nil {
				return nil
			}
			return c.Cookies.Items
		})
	}
	if c := params.QueryStringsConfig; c != nil {
		v.query = choose(string(c.QueryStringBehavior), func() []string {
			if c.QueryStrings == nil {
				return nil
			}
			return c.QueryStrings.Items
		})
	}
	return v
}

func originValues(p *types.OriginRequestPolicyConfig) values {
	var v values
	if p == nil {
		return v
	}
	if c := p.HeadersConfig; c != nil {
		v.headers = choose(string(c.HeaderBehavior), func() []string {
			if c.Headers == nil {
				return nil
			}
			return c.Headers.Items
		})
	}
	if c := p.CookiesConfig; c != nil {
		v.cookies = choose(string(c.CookieBehavior), func() []string {
			if c.Cookies == nil {
				return nil
			}
			return c.Cookies.Items
		})
	}
	if c := p.QueryStringsConfig; c != nil {
		v.query = choose(string(c.QueryStringBehavior), func() []string {
			if c.QueryStrings == nil {
				return nil
			}
			return c.QueryStrings.Items
		})
	}
	return v
}

// choose reads a policy's behaviour word. allViewerAndWhitelistCloudFront adds headers that CloudFront itself would
// make (country, device); a machine on its own has none to add.
func choose(behavior string, names func() []string) selection {
	switch behavior {
	case "all", "allViewer", "allViewerAndWhitelistCloudFront":
		return selection{all: true}
	case "allExcept":
		return selection{except: true, names: names()}
	case "whitelist":
		return selection{names: names()}
	}
	return selection{}
}

// filterQuery keeps the pairs of a query string whose names are covered, in the viewer's order and spelling.
func filterQuery(rawQuery string, covers func(name string) bool) string {
	if rawQuery == "" {
		return ""
	}
	var kept []string
	for pair := range strings.SplitSeq(rawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if pair != "" && covers(name) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// cacheKey names the object that a request asks for, as the cache policy says. encoding is the normalised
// Accept-Encoding, empty when the policy does not look at it.
func cacheKey(r *http.Request, policy *types.CachePolicyConfig, encoding string) string {
	v := cacheValues(policy)
	var key strings.Builder
	key.WriteString(r.URL.EscapedPath())
	key.WriteByte('?')
	key.WriteString(filterQuery(r.URL.RawQuery, v.query.covers))
	for _, name := range v.headers.names {
		key.WriteString("\nh " + strings.ToLower(name) + ":" + strings.Join(r.Header.Values(name), ","))
	}
	for _, c := range r.Cookies() {
		if v.cookies.covers(c.Name) {
			key.WriteString("\nc " + c.Name + "=" + c.Value)
		}
	}
	key.WriteString("\ne " + encoding)
	return key.String()
}

// timeToLive tells how long CloudFront would keep a response: what the origin says within the policy's bounds, the
// policy's default when the origin says nothing, and nothing beyond the minimum when it says no-store, no-cache or
// private.
func timeToLive(h http.Header, policy *types.CachePolicyConfig, now time.Time) time.Duration {
	if policy == nil {
		return 0
	}
	seconds := func(p *int64) time.Duration { return time.Duration(aws.ToInt64(p)) * time.Second }
	least, most, usual := seconds(policy.MinTTL), seconds(policy.MaxTTL), seconds(policy.DefaultTTL)
	if policy.MaxTTL == nil {
		most = 365 * 24 * time.Hour // CloudFront's own default
	}
	if policy.DefaultTTL == nil {
		usual = min(most, 24*time.Hour)
	}
	directives := cacheControl(h)
	for _, no := range []string{"no-store", "no-cache", "private"} {
		if _, ok := directives[no]; ok {
			return least
		}
	}
	clamp := func(d time.Duration) time.Duration { return max(least, min(most, d)) }
	for _, name := range []string{"s-maxage", "max-age"} {
		if s, ok := directives[name]; ok {
			if n, err := strconv.ParseInt(s, 10, 32); err == nil && n >= 0 {
				return clamp(time.Duration(n) * time.Second)
			}
		}
	}
	if expires := h.Get("Expires"); expires != "" {
		if at, err := http.ParseTime(expires); err == nil {
			return clamp(at.Sub(now))
		}
		return least
	}
	return clamp(usual)
}

func cacheControl(h http.Header) map[string]string {
	directives := map[string]string{}
	for part := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		directives[strings.ToLower(name)] = strings.Trim(value, `"`)
	}
	return directives
}

// applyResponseHeaders changes a response's headers as a response headers policy declares. A header that the origin
// sent is kept unless the policy overrides it.
func applyResponseHeaders(h http.Header, policy *types.ResponseHeadersPolicyConfig, r *http.Request) {
	if policy == nil {
		return
	}
	set := func(name, value string, override *bool) {
		if h.Get(name) == "" || aws.ToBool(override) {
			h.Set(name, value)
		}
	}
	if c := policy.CorsConfig; c != nil {
		applyCORS(c, r, set)
	}
	if s := policy.SecurityHeadersConfig; s != nil {
		if c := s.ContentTypeOptions; c != nil {
			set("X-Content-Type-Options", "nosniff", c.Override)
		}
		if c := s.FrameOptions; c != nil {
			set("X-Frame-Options", string(c.FrameOption), c.Override)
		}
		if c := s.ReferrerPolicy; c != nil {
			set("Referrer-Policy", string(c.ReferrerPolicy), c.Override)
		}
		if c := s.ContentSecurityPolicy; c != nil {
			set("Content-Security-Policy", aws.ToString(c.ContentSecurityPolicy), c.Override)
		}
		if c := s.StrictTransportSecurity; c != nil {
			value := "max-age=" + strconv.Itoa(int(aws.ToInt32(c.AccessControlMaxAgeSec)))
			if aws.ToBool(c.IncludeSubdomains) {
				value += "; includeSubDomains"
			}
			if aws.ToBool(c.Preload) {
				value += "; preload"
			}
			set("Strict-Transport-Security", value, c.Override)
		}
		if c := s.XSSProtection; c != nil {
			value := "0"
			if aws.ToBool(c.Protection) {
				value = "1"
				if aws.ToBool(c.ModeBlock) {
					value += "; mode=block"
				}
				if uri := aws.ToString(c.ReportUri); uri != "" {
					value += "; report=" + uri
				}
			}
			set("X-XSS-Protection", value, c.Override)
		}
	}
	if c := policy.CustomHeadersConfig; c != nil {
		for _, item := range c.Items {
			set(aws.ToString(item.Header), aws.ToString(item.Value), item.Override)
		}
	}
	if c := policy.RemoveHeadersConfig; c != nil {
		for _, item := range c.Items {
			h.Del(aws.ToString(item.Header))
		}
	}
}

func applyCORS(c *types.ResponseHeadersPolicyCorsConfig, r *http.Request, set func(name, value string, override *bool)) {
	origin := r.Header.Get("Origin")
	if origin == "" || c.AccessControlAllowOrigins == nil {
		return
	}
	allowed := c.AccessControlAllowOrigins.Items
	if !slices.ContainsFunc(allowed, func(p string) bool { return match("/"+p, "/"+origin) }) {
		return
	}
	value := origin
	if slices.Contains(allowed, "*") {
		value = "*"
	}
	set("Access-Control-Allow-Origin", value, c.OriginOverride)
	if aws.ToBool(c.AccessControlAllowCredentials) {
		set("Access-Control-Allow-Credentials", "true", c.OriginOverride)
	}
	if e := c.AccessControlExposeHeaders; e != nil && len(e.Items) > 0 {
		set("Access-Control-Expose-Headers", strings.Join(e.Items, ", "), c.OriginOverride)
	}
	if r.Method == http.MethodOptions {
		if a := c.AccessControlAllowHeaders; a != nil {
			set("Access-Control-Allow-Headers", strings.Join(a.Items, ", "), c.OriginOverride)
		}
		if a := c.AccessControlAllowMethods; a != nil {
			var names []string
			for _, m := range a.Items {
				names = append(names, string(m))
			}
			set("Access-Control-Allow-Methods", strings.Join(names, ", "), c.OriginOverride)
		}
		if c.AccessControlMaxAgeSec != nil {
			set("Access-Control-Max-Age", strconv.Itoa(int(*c.AccessControlMaxAgeSec)), c.OriginOverride)
		}
	}
}
