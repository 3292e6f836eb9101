// Package edge plays the part of CloudFront for a shop that runs on one machine.
//
// It reads a deployed distribution (its behaviours, cache, origin request and response headers policies, and the code of
// its CloudFront Functions) from a CloudFront control plane and then behaves as those declare. Nothing about the shop is
// repeated here: what the stack deploys is what the front door does.
package edge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Config is a distribution and everything it refers to, as read from the control plane. Policies and functions are keyed
// by what the distribution calls them: policy id, function ARN.
type Config struct {
	ID, ARN, DomainName     string
	Distribution            *types.DistributionConfig
	CachePolicies           map[string]*types.CachePolicyConfig
	OriginRequestPolicies   map[string]*types.OriginRequestPolicyConfig
	ResponseHeadersPolicies map[string]*types.ResponseHeadersPolicyConfig
	// Functions holds the published code of every CloudFront Function.
	Functions map[string]string
	// BucketPolicies holds the policy document of every bucket that is an origin; empty when the bucket has none.
	BucketPolicies map[string]string
}

// ControlPlane is the part of CloudFront's API from which a distribution is read.
type ControlPlane interface {
	GetDistribution(context.Context, *cloudfront.GetDistributionInput, ...func(*cloudfront.Options)) (*cloudfront.GetDistributionOutput, error)
	GetCachePolicyConfig(context.Context, *cloudfront.GetCachePolicyConfigInput, ...func(*cloudfront.Options)) (*cloudfront.GetCachePolicyConfigOutput, error)
	GetOriginRequestPolicyConfig(context.Context, *cloudfront.GetOriginRequestPolicyConfigInput, ...func(*cloudfront.Options)) (*cloudfront.GetOriginRequestPolicyConfigOutput, error)
	GetResponseHeadersPolicyConfig(context.Context, *cloudfront.GetResponseHeadersPolicyConfigInput, ...func(*cloudfront.Options)) (*cloudfront.GetResponseHeadersPolicyConfigOutput, error)
	GetFunction(context.Context, *cloudfront.GetFunctionInput, ...func(*cloudfront.Options)) (*cloudfront.GetFunctionOutput, error)
}

// BucketPolicies is the part of S3's API that tells who may read an origin bucket.
type BucketPolicies interface {
	GetBucketPolicy(context.Context, *s3.GetBucketPolicyInput, ...func(*s3.Options)) (*s3.GetBucketPolicyOutput, error)
}

// Load reads the distribution and everything that it refers to.
func Load(ctx context.Context, cf ControlPlane, buckets BucketPolicies, distributionID string) (*Config, error) {
	out, err := cf.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: &distributionID})
	if err != nil {
		return nil, fmt.Errorf("reading distribution %s: %w", distributionID, err)
	}
	d := out.Distribution
	c := &Config{
		ID: distributionID, ARN: aws.ToString(d.ARN), DomainName: aws.ToString(d.DomainName),
		Distribution:            d.DistributionConfig,
		CachePolicies:           map[string]*types.CachePolicyConfig{},
		OriginRequestPolicies:   map[string]*types.OriginRequestPolicyConfig{},
		ResponseHeadersPolicies: map[string]*types.ResponseHeadersPolicyConfig{},
		Functions:               map[string]string{},
		BucketPolicies:          map[string]string{},
	}
	for _, b := range c.behaviors() {
		if err := c.loadBehavior(ctx, cf, b); err != nil {
			return nil, fmt.Errorf("reading behaviour %s of distribution %s: %w", b.PathPattern, distributionID, err)
		}
	}
	if c.Distribution.Origins != nil {
		for _, o := range c.Distribution.Origins.Items {
			bucket, ok := s3Bucket(aws.ToString(o.DomainName))
			if !ok {
				continue
			}
			policy, err := buckets.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &bucket})
			var api interface{ ErrorCode() string }
			switch {
			case err == nil:
				c.BucketPolicies[bucket] = aws.ToString(policy.Policy)
			case errors.As(err, &api) && api.ErrorCode() == "NoSuchBucketPolicy":
				c.BucketPolicies[bucket] = ""
			default:
				return nil, fmt.Errorf("reading the policy of origin bucket %s: %w", bucket, err)
			}
		}
	}
	return c, nil
}

func (c *Config) loadBehavior(ctx context.Context, cf ControlPlane, b behavior) error {
	if id := b.CachePolicyID; id != "" && c.CachePolicies[id] == nil {
		out, err := cf.GetCachePolicyConfig(ctx, &cloudfront.GetCachePolicyConfigInput{Id: &id})
		if err != nil {
			return fmt.Errorf("cache policy %s: %w", id, err)
		}
		c.CachePolicies[id] = out.CachePolicyConfig
	}
	if id := b.OriginRequestPolicyID; id != "" && c.OriginRequestPolicies[id] == nil {
		out, err := cf.GetOriginRequestPolicyConfig(ctx, &cloudfront.GetOriginRequestPolicyConfigInput{Id: &id})
		if err != nil {
			return fmt.Errorf("origin request policy %s: %w", id, err)
		}
		c.OriginRequestPolicies[id] = out.OriginRequestPolicyConfig
	}
	if id := b.ResponseHeadersPolicyID; id != "" && c.ResponseHeadersPolicies[id] == nil {
		out, err := cf.GetResponseHeadersPolicyConfig(ctx, &cloudfront.GetResponseHeadersPolicyConfigInput{Id: &id})
		if err != nil {
			return fmt.Errorf("response headers policy %s: %w", id, err)
		}
		c.ResponseHeadersPolicies[id] = out.ResponseHeadersPolicyConfig
	}
	for _, arn := range b.Functions {
		if _, ok := c.Functions[arn]; ok {
			continue
		}
		name := arn[strings.LastIndex(arn, "/")+1:]
		out, err := cf.GetFunction(ctx, &cloudfront.GetFunctionInput{Name: &name, Stage: types.FunctionStageLive})
		if err != nil {
			return fmt.Errorf("published code of function %s: %w", name, err)
		}
		c.Functions[arn] = string(out.FunctionCode)
	}
	return nil
}

// behavior is a cache behaviour without the differences in type between the default one and the others.
type behavior struct {
	PathPattern             string
	OriginID                string
	CachePolicyID           string
	OriginRequestPolicyID   string
	ResponseHeadersPolicyID string
	AllowedMethods          []string
	CachedMethods           []string
	Compress                bool
	// Functions maps an event (viewer-request, viewer-response) to a function's ARN.
	Functions map[types.EventType]string
}

// behaviors returns the cache behaviours in the order in which they are tried; the last one, the default, matches all.
func (c *Config) behaviors() []behavior {
	var all []behavior
	if list := c.Distribution.CacheBehaviors; list != nil {
		for _, b := range list.Items {
			all = append(all, newBehavior(aws.ToString(b.PathPattern), b.TargetOriginId, b.CachePolicyId, b.OriginRequestPolicyId,
				b.ResponseHeadersPolicyId, b.AllowedMethods, b.Compress, b.FunctionAssociations))
		}
	}
	if b := c.Distribution.DefaultCacheBehavior; b != nil {
		all = append(all, newBehavior("*", b.TargetOriginId, b.CachePolicyId, b.OriginRequestPolicyId,
			b.ResponseHeadersPolicyId, b.AllowedMethods, b.Compress, b.FunctionAssociations))
	}
	return all
}

func newBehavior(pattern string, origin, cache, originRequest, headers *string, methods *types.AllowedMethods, compress *bool,
	functions *types.FunctionAssociations) behavior {
	b := behavior{
		PathPattern: pattern, OriginID: aws.ToString(origin), CachePolicyID: aws.ToString(cache),
		OriginRequestPolicyID: aws.ToString(originRequest), ResponseHeadersPolicyID: aws.ToString(headers),
		AllowedMethods: []string{"GET", "HEAD"}, CachedMethods: []string{"GET", "HEAD"},
		Compress: aws.ToBool(compress), Functions: map[types.EventType]string{},
	}
	if methods != nil && len(methods.Items) > 0 {
		b.AllowedMethods = methodNames(methods.Items)
		if methods.CachedMethods != nil && len(methods.CachedMethods.Items) > 0 {
			b.CachedMethods = methodNames(methods.CachedMethods.Items)
		}
	}
	if functions != nil {
		for _, f := range functions.Items {
			b.Functions[f.EventType] = aws.ToString(f.FunctionARN)
		}
	}
	return b
}

func methodNames(methods []types.Method) []string {
	names := make([]string, len(methods))
	for i, m := range methods {
		names[i] = string(m)
	}
	return names
}

func (c *Config) origin(id string) *types.Origin {
	if c.Distribution.Origins == nil {
		return nil
	}
	for i, o := range c.Distribution.Origins.Items {
		if aws.ToString(o.Id) == id {
			return &c.Distribution.Origins.Items[i]
		}
	}
	return nil
}

// errorResponse returns the custom error response declared for a status, or nil.
func (c *Config) errorResponse(status int) *types.CustomErrorResponse {
	if c.Distribution.CustomErrorResponses == nil {
		return nil
	}
	for i, r := range c.Distribution.CustomErrorResponses.Items {
		if int(aws.ToInt32(r.ErrorCode)) == status {
			return &c.Distribution.CustomErrorResponses.Items[i]
		}
	}
	return nil
}

// match tells whether a CloudFront path pattern covers a path: * stands for any characters, ? for one, a leading slash
// may be left out, and letters count by case.
func match(pattern, path string) bool {
	if !strings.HasPrefix(pattern, "/") && !strings.HasPrefix(pattern, "*") {
		pattern = "/" + pattern
	}
	// Iterative matching with one point of return keeps hostile paths linear in practice.
	p, s, star, mark := 0, 0, -1, 0
	for s < len(path) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, s
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == path[s]):
			p++
			s++
		case star >= 0:
			mark++
			p, s = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// s3Bucket returns the bucket that an origin's REST endpoint names: bucket.s3.amazonaws.com, bucket.s3.region.amazonaws.com.
func s3Bucket(domain string) (string, bool) {
	bucket, rest, ok := strings.Cut(strings.ToLower(domain), ".s3")
	if !ok || bucket == "" || !strings.HasSuffix(rest, ".amazonaws.com") || (rest[0] != '.' && rest[0] != '-') ||
		strings.HasPrefix(rest, "-website") {
		return "", false
	}
	return bucket, true
}

// apiID returns the id of the API Gateway API that an origin names: id.execute-api.region.amazonaws.com.
func apiID(domain string) (string, bool) {
	id, rest, ok := strings.Cut(strings.ToLower(domain), ".execute-api.")
	return id, ok && id != "" && strings.HasSuffix(rest, ".amazonaws.com")
}

// readAll reads at most limit bytes; more tells that the reader holds more than that.
func readAll(r io.Reader, limit int64) (body []byte, more bool, err error) {
	body, err = io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(body)) > limit {
		return body, true, err
	}
	return body, false, err
}
