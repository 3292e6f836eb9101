package components

import (
	_ "embed"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudfront"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Policies that CloudFront offers ready-made ("Use managed cache policies" in its developer guide).
const (
	cachingOptimized           = "658327ea-f89d-4fab-a63d-7e88639e58f6"
	cachingDisabled            = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
	allViewerExceptHostHeader  = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
	hstsSeconds                = 2 * 365 * 24 * 60 * 60 // two years, what the HSTS preload list asks for
	immutable                  = "public, max-age=31536000, immutable"
	revalidate                 = "no-cache"
	siteOrigin, apiOrigin      = "site", "api"
	defaultPriceClass          = "PriceClass_100"
	defaultPermissionsPolicy   = "camera=(), geolocation=(), microphone=(), payment=()"
	contentSecurityPolicyStart = "default-src 'self'; img-src 'self' data:; font-src 'self'; style-src 'self'; script-src 'self'; object-src 'none'; " +
		"base-uri 'self'; form-action 'self'; frame-ancestors 'none'; connect-src 'self'"
)

//go:embed spa_fallback.js
var spaFallback string

// StaticSiteArgs describes a single-page application behind CloudFront, together with the API and the object stores that
// the same host serves.
type StaticSiteArgs struct {
	// Content is the folder with the built application, relative to the Pulumi program, such as web/dist. It must hold an
	// index.html. Files below assets/ must have names that change with their content: browsers keep them for ever.
	Content string
	// Files are further files, by path, whose content is known only after deployment, such as config.json. Browsers
	// ask for them anew each time.
	Files map[string]pulumi.StringInput
	// API answers /<stage name>/*, so its stage must have a name. Answers of its routes with a CacheTTL are kept at the
	// edge; nothing else of it is. Default: no API.
	API *ServerlessApi
	// Stores are object stores by path prefix: {"media": store} serves the objects below media/ at /media/*. Each must have
	// been made with ServedBySite.
	Stores map[string]*ObjectStore
	// ConnectSources are origins beyond its own that the application may call (connect-src of its Content Security
	// Policy), such as https://cognito-idp.eu-central-1.amazonaws.com.
	ConnectSources []pulumi.StringInput
	// PriceClass is where in the world the edge is: PriceClass_100 (North America and Europe), PriceClass_200 or
	// PriceClass_All. Default PriceClass_100.
	PriceClass string
	// Domain are names of one's own, with their certificate. Default: the distribution's own name, ….cloudfront.net, for which CloudFront lets
	// browsers speak TLS 1.0.
	Domain *SiteDomain
	// WebACLARN is a WAF web ACL of scope CLOUDFRONT, which is in us-east-1. It turns away floods and known attacks at the edge. Default: none.
	WebACLARN pulumi.StringInput
	// AccessLogs keeps a log of all requests. Default: none.
	AccessLogs *AccessLogs
	// EmptyOnDelete lets the site's bucket be deleted with its content.
	EmptyOnDelete bool
}

// StaticSite is a single-page application: a private bucket that only its own CloudFront distribution may read.
type StaticSite struct {
	pulumi.ResourceState

	// URL is where the site answers, without a trailing slash.
	URL pulumi.StringOutput
	// DistributionID identifies the CloudFront distribution.
	DistributionID pulumi.StringOutput
	// DistributionDomain is the distribution's own name, to which DNS records of other names must lead.
	DistributionDomain pulumi.StringOutput
	// Bucket is the name of the bucket that holds the content.
	Bucket pulumi.StringOutput
	// LogBucket is the name of the bucket that gets the access logs, if they are kept.
	LogBucket pulumi.StringOutput

	logicalName string
}

// NewStaticSite uploads the content and creates the distribution in front of it.
func NewStaticSite(ctx *pulumi.Context, name string, args *StaticSiteArgs, opts ...pulumi.ResourceOption) (*StaticSite, error) {
	if args == nil {
		args = &StaticSiteArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	s := &StaticSite{logicalName: name}
	if err := ctx.RegisterComponentResource(token("StaticSite"), name, s, opts...); err != nil {
		return nil, wrap("StaticSite", name, err)
	}
	store, err := NewObjectStore(ctx, name, &ObjectStoreArgs{
		ServedBySite: true, DisableVersioning: true, EmptyOnDelete: args.EmptyOnDelete,
	}, pulumi.Parent(s))
	if err != nil {
		return nil, err
	}
	if err := s.upload(ctx, store, args); err != nil {
		return nil, wrap("StaticSite", name, err)
	}
	distribution, err := s.newDistribution(ctx, store, args)
	if err != nil {
		return nil, wrap("StaticSite", name, err)
	}
	for _, served := range append([]*ObjectStore{store}, slices.Collect(maps.Values(args.Stores))...) {
		if served.served {
			continue // by another path
		}
		served.served = true
		if err := served.newPolicy(ctx, distribution.Arn); err != nil {
			return nil, wrap("StaticSite", name, err)
		}
	}
	s.URL, s.DistributionDomain = pulumi.Sprintf("https://%s", distribution.DomainName), distribution.DomainName
	if args.Domain != nil {
		s.URL = pulumi.String("https://" + args.Domain.Names[0]).ToStringOutput()
	}
	if err := s.newRecords(ctx, args.Domain, distribution); err != nil {
		return nil, wrap("StaticSite", name, err)
	}
	s.DistributionID, s.Bucket = distribution.ID().ToStringOutput(), store.Name
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{"url": s.URL, "distributionId": s.DistributionID, "bucket": s.Bucket})
}

// upload makes one object of every file.
func (s *StaticSite) upload(ctx *pulumi.Context, store *ObjectStore, args *StaticSiteArgs) error {
	files, err := contentFiles(args.Content)
	if err != nil {
		return err
	}
	for _, file := range files {
		object := &s3.BucketObjectv2Args{
			Bucket:       store.Name,
			Key:          pulumi.String(file),
			Source:       pulumi.NewFileAsset(filepath.Join(args.Content, filepath.FromSlash(file))),
			ContentType:  pulumi.String(contentType(file)),
			CacheControl: pulumi.String(cacheControl(file)),
		}
		if err := s.newObject(ctx, store, file, object); err != nil {
			return err
		}
	}
	for _, file := range slices.Sorted(maps.Keys(args.Files)) {
		object := &s3.BucketObjectv2Args{
			Bucket:       store.Name,
			Key:          pulumi.String(file),
			Content:      args.Files[file].ToStringOutput(),
			ContentType:  pulumi.String(contentType(file)),
			CacheControl: pulumi.String(revalidate),
		}
		if err := s.newObject(ctx, store, file, object); err != nil {
			return err
		}
	}
	return nil
}

func (s *StaticSite) newObject(ctx *pulumi.Context, store *ObjectStore, file string, args *s3.BucketObjectv2Args) error {
	_, err := s3.NewBucketObjectv2(ctx, s.logicalName+"/"+file, args, pulumi.Parent(store))
	return err
}

func (s *StaticSite) newDistribution(ctx *pulumi.Context, store *ObjectStore, args *StaticSiteArgs) (*cloudfront.Distribution, error) {
	headers, err := s.newHeadersPolicy(ctx, args)
	if err != nil {
		return nil, err
	}
	fallback, err := cloudfront.NewFunction(ctx, s.logicalName+"-spa-fallback", &cloudfront.FunctionArgs{
		Runtime: pulumi.String("cloudfront-js-2.0"),
		Comment: pulumi.String("Answers every path of the application with index.html"),
		Code:    pulumi.String(spaFallback),
		Publish: pulumi.Bool(true),
	}, pulumi.Parent(s))
	if err != nil {
		return nil, err
	}
	access, err := cloudfront.NewOriginAccessControl(ctx, s.logicalName+"-access", &cloudfront.OriginAccessControlArgs{
		OriginAccessControlOriginType: pulumi.String("s3"),
		SigningBehavior:               pulumi.String("always"),
		SigningProtocol:               pulumi.String("sigv4"),
	}, pulumi.Parent(s))
	if err != nil {
		return nil, err
	}
	origins := cloudfront.DistributionOriginArray{bucketOrigin(siteOrigin, store, access)}
	var behaviors cloudfront.DistributionOrderedCacheBehaviorArray
	for _, prefix := range slices.Sorted(maps.Keys(args.Stores)) {
		origins = append(origins, bucketOrigin(prefix, args.Stores[prefix], access))
		behaviors = append(behaviors, behavior("/"+prefix+"/*", prefix, pulumi.String(cachingOptimized), headers, false, true))
	}
	if args.API != nil {
		origin, err := s.apiOrigin(ctx, args.API)
		if err != nil {
			return nil, err
		}
		origins = append(origins, origin)
		routes, err := s.apiBehaviors(ctx, args.API, headers)
		if err != nil {
			return nil, err
		}
		behaviors = append(behaviors, routes...)
	}
	distribution := &cloudfront.DistributionArgs{
		Enabled:           pulumi.Bool(true),
		Comment:           pulumi.Sprintf("%s of %s, stack %s", s.logicalName, ctx.Project(), ctx.Stack()),
		DefaultRootObject: pulumi.String("index.html"),
		HttpVersion:       pulumi.String("http2and3"),
		IsIpv6Enabled:     pulumi.Bool(true),
		PriceClass:        pulumi.String(or(args.PriceClass, defaultPriceClass)),
		Origins:           origins,
		DefaultCacheBehavior: &cloudfront.DistributionDefaultCacheBehaviorArgs{
			TargetOriginId:          pulumi.String(siteOrigin),
			ViewerProtocolPolicy:    pulumi.String("redirect-to-https"),
			AllowedMethods:          pulumi.ToStringArray([]string{"GET", "HEAD", "OPTIONS"}),
			CachedMethods:           pulumi.ToStringArray([]string{"GET", "HEAD"}),
			Compress:                pulumi.Bool(true),
			CachePolicyId:           pulumi.String(cachingOptimized),
			ResponseHeadersPolicyId: headers.ID(),
			FunctionAssociations: cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArray{
				&cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArgs{
					EventType: pulumi.String("viewer-request"), FunctionArn: fallback.Arn,
				},
			},
		},
		OrderedCacheBehaviors: behaviors,
		CustomErrorResponses:  errorsNotKept(),
		Restrictions: &cloudfront.DistributionRestrictionsArgs{
			GeoRestriction: &cloudfront.DistributionRestrictionsGeoRestrictionArgs{RestrictionType: pulumi.String("none")},
		},
	}
	needed, err := s.protect(ctx, args, distribution)
	if err != nil {
		return nil, err
	}
	return cloudfront.NewDistribution(ctx, s.logicalName, distribution, pulumi.Parent(s), pulumi.DependsOn(needed))
}

// errorsNotKept lets no error be kept at the edge. CloudFront would keep it for 10 seconds, even where caching is disabled: a
// product asked for too early would stay unfound after it was made.
func errorsNotKept() cloudfront.DistributionCustomErrorResponseArray {
	var responses cloudfront.DistributionCustomErrorResponseArray
	for _, code := range []int{400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504} { // all that CloudFront keeps
		responses = append(responses, &cloudfront.DistributionCustomErrorResponseArgs{
			ErrorCode: pulumi.Int(code), ErrorCachingMinTtl: pulumi.Int(0),
		})
	}
	return responses
}

func (s *StaticSite) newHeadersPolicy(ctx *pulumi.Context, args *StaticSiteArgs) (*cloudfront.ResponseHeadersPolicy, error) {
	csp := pulumi.String(contentSecurityPolicyStart).ToStringOutput()
	for _, source := range args.ConnectSources {
		csp = pulumi.Sprintf("%s %s", csp, source)
	}
	var removed cloudfront.ResponseHeadersPolicyRemoveHeadersConfigItemArray
	for _, h := range storageHeaders {
		removed = append(removed, &cloudfront.ResponseHeadersPolicyRemoveHeadersConfigItemArgs{Header: pulumi.String(h)})
	}
	return cloudfront.NewResponseHeadersPolicy(ctx, s.logicalName+"-headers", &cloudfront.ResponseHeadersPolicyArgs{
		Comment: pulumi.String("Security headers of " + s.logicalName),
		SecurityHeadersConfig: &cloudfront.ResponseHeadersPolicySecurityHeadersConfigArgs{
			ContentSecurityPolicy: &cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicyArgs{
				ContentSecurityPolicy: csp, Override: pulumi.Bool(true),
			},
			ContentTypeOptions: &cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentTypeOptionsArgs{Override: pulumi.Bool(true)},
			FrameOptions: &cloudfront.ResponseHeadersPolicySecurityHeadersConfigFrameOptionsArgs{
				FrameOption: pulumi.String("DENY"), Override: pulumi.Bool(true),
			},
			ReferrerPolicy: &cloudfront.ResponseHeadersPolicySecurityHeadersConfigReferrerPolicyArgs{
				ReferrerPolicy: pulumi.String("strict-origin-when-cross-origin"), Override: pulumi.Bool(true),
			},
			StrictTransportSecurity: &cloudfront.ResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurityArgs{
				AccessControlMaxAgeSec: pulumi.Int(hstsSeconds), IncludeSubdomains: pulumi.Bool(true), Override: pulumi.Bool(true),
			},
		},
		CustomHeadersConfig: &cloudfront.ResponseHeadersPolicyCustomHeadersConfigArgs{
			Items: cloudfront.ResponseHeadersPolicyCustomHeadersConfigItemArray{
				&cloudfront.ResponseHeadersPolicyCustomHeadersConfigItemArgs{
					Header: pulumi.String("Permissions-Policy"), Value: pulumi.String(defaultPermissionsPolicy), Override: pulumi.Bool(true),
				},
			},
		},
		RemoveHeadersConfig: &cloudfront.ResponseHeadersPolicyRemoveHeadersConfigArgs{Items: removed},
	}, pulumi.Parent(s))
}

// storageHeaders are answers of S3 that are nobody's business outside.
var storageHeaders = []string{"x-amz-server-side-encryption", "x-amz-version-id"}

func bucketOrigin(id string, store *ObjectStore, access *cloudfront.OriginAccessControl) *cloudfront.DistributionOriginArgs {
	return &cloudfront.DistributionOriginArgs{
		OriginId: pulumi.String(id), DomainName: store.regionalDomainName, OriginAccessControlId: access.ID(),
	}
}

func (s *StaticSite) apiOrigin(ctx *pulumi.Context, api *ServerlessApi) (*cloudfront.DistributionOriginArgs, error) {
	region, err := aws.GetRegion(ctx, nil, pulumi.Parent(s))
	if err != nil {
		return nil, err
	}
	partition, err := aws.GetPartition(ctx, nil, pulumi.Parent(s))
	if err != nil {
		return nil, err
	}
	return &cloudfront.DistributionOriginArgs{
		OriginId:   pulumi.String(apiOrigin),
		DomainName: pulumi.Sprintf("%s.execute-api.%s.%s", api.ID, region.Name, partition.DnsSuffix),
		CustomOriginConfig: &cloudfront.DistributionOriginCustomOriginConfigArgs{
			HttpPort: pulumi.Int(80), HttpsPort: pulumi.Int(443),
			OriginProtocolPolicy: pulumi.String("https-only"),
			OriginSslProtocols:   pulumi.StringArray{pulumi.String("TLSv1.2")},
			OriginReadTimeout:    pulumi.Int(30),
		},
	}, nil
}

// behavior serves what matches pattern from an origin. An API gets every method and everything the viewer sent but the
// Host header, by which API Gateway would look for another API.
func behavior(pattern, originID string, cachePolicyID pulumi.StringInput, headers *cloudfront.ResponseHeadersPolicy, api, cached bool) *cloudfront.DistributionOrderedCacheBehaviorArgs {
	b := &cloudfront.DistributionOrderedCacheBehaviorArgs{
		PathPattern:             pulumi.String(pattern),
		TargetOriginId:          pulumi.String(originID),
		ViewerProtocolPolicy:    pulumi.String("redirect-to-https"),
		AllowedMethods:          pulumi.ToStringArray([]string{"GET", "HEAD", "OPTIONS"}),
		CachedMethods:           pulumi.ToStringArray([]string{"GET", "HEAD"}),
		Compress:                pulumi.Bool(true),
		CachePolicyId:           cachePolicyID.ToStringOutput(),
		ResponseHeadersPolicyId: headers.ID(),
	}
	if api {
		b.ViewerProtocolPolicy = pulumi.String("https-only")
		b.AllowedMethods = pulumi.ToStringArray([]string{"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"})
		b.OriginRequestPolicyId = pulumi.String(allViewerExceptHostHeader)
		b.Compress = pulumi.Bool(cached) // compressing on the way would weaken entity tags, by which clients write
	}
	return b
}

// contentTypes are fixed here because the machine's own table differs from machine to machine, which would show as a diff.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".ico": "image/x-icon", ".jpeg": "image/jpeg",
	".jpg": "image/jpeg", ".js": "text/javascript; charset=utf-8", ".json": "application/json", ".map": "application/json",
	".png": "image/png", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".webmanifest": "application/manifest+json",
	".webp": "image/webp", ".woff2": "font/woff2", ".xml": "application/xml",
}

func contentType(file string) string {
	return or(contentTypes[path.Ext(file)], "application/octet-stream")
}

func cacheControl(file string) string {
	if strings.HasPrefix(file, "assets/") {
		return immutable
	}
	return revalidate
}

// contentFiles lists the files below dir by their slash-separated paths, sorted.
func contentFiles(dir string) ([]string, error) {
	var files []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(file string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, file)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the site's content in %s: %w", dir, err)
	}
	return files, nil
}

var (
	sitePath   = regexp.MustCompile(`^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`)
	pathPrefix = regexp.MustCompile(`^[a-z0-9-]+$`)
)

func (a *StaticSiteArgs) validate(name string) error {
	p := check("StaticSite", name)
	info, err := os.Stat(filepath.Join(a.Content, "index.html"))
	p.want(a.Content != "" && err == nil && info.Mode().IsRegular(), "Content", a.Content, "a folder with an index.html; build the application first")
	p.fitsBefore("-spa-fallback", "CloudFront function")
	for _, file := range slices.Sorted(maps.Keys(a.Files)) {
		p.want(sitePath.MatchString(file), "Files", file, "a path such as config.json, without a leading slash")
		p.want(a.Files[file] != nil, fmt.Sprintf("Files[%q]", file), nil, "the file's content")
		_, err := os.Stat(filepath.Join(a.Content, filepath.FromSlash(file)))
		p.want(a.Content == "" || err != nil, "Files", file, "a file that is not in Content too; leave it out of the one or the other")
	}
	for n, source := range a.ConnectSources {
		p.want(source != nil, fmt.Sprintf("ConnectSources[%d]", n), nil, "an origin such as https://cognito-idp.eu-central-1.amazonaws.com")
	}
	p.want(a.API == nil || a.API.stage != defaultStage, "API", defaultStage, "an API whose StageName is the first part of its paths here, such as api")
	for _, prefix := range slices.Sorted(maps.Keys(a.Stores)) {
		store := a.Stores[prefix]
		p.want(pathPrefix.MatchString(prefix) && prefix != siteOrigin && prefix != apiOrigin, "Stores", prefix,
			"one path segment of a–z, 0–9 and '-' other than site and api")
		p.want(store != nil && store.servedBySite, "Stores", prefix, "an ObjectStore made with ServedBySite")
		p.want(store == nil || !store.served, "Stores", prefix, "a store that no other site serves, since its policy lets one distribution read it")
		p.want(a.API == nil || prefix != a.API.stage, "Stores", prefix, "a path other than that of the API, whose StageName it is")
	}
	p.want(slices.Contains([]string{"", defaultPriceClass, "PriceClass_200", "PriceClass_All"}, a.PriceClass), "PriceClass", a.PriceClass,
		"PriceClass_100, PriceClass_200 or PriceClass_All")
	a.Domain.validate(p)
	a.AccessLogs.validate(p)
	return p.err()
}
