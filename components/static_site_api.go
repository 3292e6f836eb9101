package components

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudfront"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// apiBehaviors keeps the answers of routes with a CacheTTL and passes everything else of the API through.
func (s *StaticSite) apiBehaviors(ctx *pulumi.Context, api *ServerlessApi, headers *cloudfront.ResponseHeadersPolicy) (cloudfront.DistributionOrderedCacheBehaviorArray, error) {
	var behaviors cloudfront.DistributionOrderedCacheBehaviorArray
	for _, p := range edgePatterns(api.routes) {
		pattern := "/" + api.stage + p.path
		if p.kept == nil {
			behaviors = append(behaviors, behavior(pattern, apiOrigin, pulumi.String(cachingDisabled), headers, true, false))
			continue
		}
		cache, err := s.newCachePolicy(ctx, *p.kept)
		if err != nil {
			return nil, err
		}
		behaviors = append(behaviors, behavior(pattern, apiOrigin, cache.ID().ToStringOutput(), headers, true, true))
	}
	return behaviors, nil
}

// newCachePolicy says how long the answers of a route are kept, and by what they are told apart.
func (s *StaticSite) newCachePolicy(ctx *pulumi.Context, r Route) (*cloudfront.CachePolicy, error) {
	seconds := pulumi.Int(int(r.CacheTTL.Seconds()))
	return cloudfront.NewCachePolicy(ctx, s.logicalName+"-"+r.slug(), &cloudfront.CachePolicyArgs{
		Comment: pulumi.String("Answers of " + r.Key()),
		MinTtl:  pulumi.Int(0), DefaultTtl: seconds, MaxTtl: seconds,
		ParametersInCacheKeyAndForwardedToOrigin: &cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginArgs{
			EnableAcceptEncodingBrotli: pulumi.Bool(true),
			EnableAcceptEncodingGzip:   pulumi.Bool(true),
			CookiesConfig: &cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginCookiesConfigArgs{
				CookieBehavior: pulumi.String("none"),
			},
			HeadersConfig: &cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfigArgs{
				HeaderBehavior: pulumi.String("none"),
			},
			QueryStringsConfig: &cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfigArgs{
				QueryStringBehavior: pulumi.String("all"),
			},
		},
	}, pulumi.Parent(s))
}

// edgePattern is a path below an API's stage as CloudFront knows it, with * for any text, slashes as well.
type edgePattern struct {
	path string
	kept *Route // whose answers are kept, if any are
}

// edgePatterns are the patterns that keep answers, and those that keep everybody else's answers out of them, in the order in which CloudFront
// shall try them. The pattern of /products/{id}, /products/*, is also that of /products/mine and of /products/1/reviews, whose answers may
// be for one caller alone.
func edgePatterns(routes Routes) []edgePattern {
	found := map[string]edgePattern{"/*": {path: "/*"}}
	for _, r := range routes {
		if r.CacheTTL != 0 {
			found[r.glob()] = edgePattern{r.glob(), &r}
		}
	}
	passOn := func(path string) {
		if _, taken := found[path]; !taken {
			found[path] = edgePattern{path: path}
		}
	}
	for _, kept := range routes {
		if kept.CacheTTL == 0 {
			continue
		}
		for _, deeper := range kept.deeper() {
			passOn(deeper)
		}
		for _, other := range routes {
			switch {
			case other.CacheTTL != 0 || !slices.Contains([]string{"GET", "HEAD", "ANY"}, other.Method) || !overlap(kept.glob(), other.glob()):
			case kept.glob() != other.glob():
				passOn(other.glob())
			case kept.greedy() && !other.greedy():
				found[kept.glob()] = edgePattern{path: kept.glob()} // no pattern tells the two apart
			}
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b edgePattern) int {
		// More exact patterns first: longer ones, and a star after every other character that paths may have.
		order := func(path string) string { return strings.ReplaceAll(path, "*", "\x7f") }
		return cmp.Or(strings.Count(b.path, "/")-strings.Count(a.path, "/"), strings.Compare(order(a.path), order(b.path)))
	})
}

// glob is the route's path with a star for each parameter.
func (r Route) glob() string {
	return pathParameter.ReplaceAllString(r.Path, "*")
}

// greedy tells whether the path ends with a parameter for all that follows.
func (r Route) greedy() bool {
	return strings.HasSuffix(r.Path, "+}")
}

// deeper are the patterns of paths that the route's pattern takes in and the route does not: a parameter stands for one segment, a star for
// more.
func (r Route) deeper() []string {
	var paths []string
	for _, at := range pathParameter.FindAllStringIndex(r.Path, -1) {
		if parameter := r.Path[at[0]:at[1]]; !strings.HasSuffix(parameter, "+}") {
			paths = append(paths, Route{Path: r.Path[:at[0]] + parameter + "/" + parameter + r.Path[at[1]:]}.glob())
		}
	}
	return paths
}

// overlap tells whether some text matches both patterns.
func overlap(a, b string) bool {
	tried := map[[2]int]bool{} // positions from which the rest does not match
	var meet func(i, j int) bool
	meet = func(i, j int) bool {
		if tried[[2]int{i, j}] {
			return false
		}
		tried[[2]int{i, j}] = true
		switch {
		case i < len(a) && a[i] == '*':
			return meet(i+1, j) || j < len(b) && meet(i, j+1)
		case j < len(b) && b[j] == '*':
			return meet(i, j+1) || i < len(a) && meet(i+1, j)
		case i == len(a) || j == len(b):
			return i == len(a) && j == len(b)
		}
		return a[i] == b[j] && meet(i+1, j+1)
	}
	return meet(0, 0)
}
