package components

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudfront"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// edgeTLS is the CloudFront security policy without TLS 1.0 and 1.1 and without ciphers that lack forward secrecy.
	edgeTLS = "TLSv1.2_2021"
	// maxSiteNames is how many alternate domain names a distribution may have (CloudFront default quota).
	maxSiteNames = 100
	// Access logs are kept as long as questions about an incident come up.
	defaultAccessLogDays = 90
)

// SiteDomain is how people reach a site under names of one's own. Browsers must speak TLS 1.2 or later.
type SiteDomain struct {
	// Names are the domain names, such as shop.example.com; the first becomes the site's URL. At least one, at most 100.
	Names []string
	// CertificateARN is the ACM certificate for all names. It must be in us-east-1, where CloudFront looks for it, wherever the rest of the
	// stack is. Required.
	CertificateARN pulumi.StringInput
	// HostedZoneID is the Route 53 zone that gets the DNS records (A and AAAA) of all names. Default: no records; make some that point to the
	// site's DistributionDomain.
	HostedZoneID pulumi.StringInput
}

// AccessLogs keeps CloudFront's standard log of every request in a private bucket of its own, called <name>-logs, which CloudFront may write to
// by an ACL, the only way that these logs know (guardrail S3.12 needs a waiver for this bucket). They come within the hour, not always
// complete, and cost nothing but their storage.
type AccessLogs struct {
	// Days is how long a log is kept: 1–3650. Default 90.
	Days int
	// IncludeCookies writes the cookies of requests into the log. Default: they are left out, since they may hold secrets.
	IncludeCookies bool
	// KeepOnDelete refuses to delete the bucket while there are logs in it.
	KeepOnDelete bool
}

// ARNs of what CloudFront takes from us-east-1 alone.
var (
	edgeCertificate = regexp.MustCompile(`^arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/.+$`)
	edgeWebACL      = regexp.MustCompile(`^arn:aws[a-z-]*:wafv2:us-east-1:[0-9]{12}:global/webacl/.+$`)
)

// onlyAs fails the preview, or as soon as the value is known, unless an ARN has the form that CloudFront takes.
func onlyAs(form *regexp.Regexp, site, field, accepted string, arn pulumi.StringInput) pulumi.StringOutput {
	return arn.ToStringOutput().ApplyT(func(value string) (string, error) {
		p := &problems{component: "StaticSite", name: site}
		p.want(form.MatchString(value), field, value, accepted)
		return value, p.err()
	}).(pulumi.StringOutput)
}

// protect puts the certificate, the web ACL and the log into the distribution's arguments. The distribution can be created only after what is
// returned.
func (s *StaticSite) protect(ctx *pulumi.Context, args *StaticSiteArgs, distribution *cloudfront.DistributionArgs) (needed []pulumi.Resource, err error) {
	distribution.ViewerCertificate = &cloudfront.DistributionViewerCertificateArgs{CloudfrontDefaultCertificate: pulumi.Bool(true)}
	if d := args.Domain; d != nil {
		distribution.Aliases = pulumi.ToStringArray(d.Names)
		distribution.ViewerCertificate = &cloudfront.DistributionViewerCertificateArgs{
			AcmCertificateArn: onlyAs(edgeCertificate, s.logicalName, "Domain.CertificateARN", "an ACM certificate in us-east-1, where CloudFront looks for it",
				d.CertificateARN),
			MinimumProtocolVersion: pulumi.String(edgeTLS),
			SslSupportMethod:       pulumi.String("sni-only"),
		}
	}
	if args.WebACLARN != nil {
		distribution.WebAclId = onlyAs(edgeWebACL, s.logicalName, "WebACLARN", "a web ACL of scope CLOUDFRONT, which is in us-east-1", args.WebACLARN)
	}
	if args.AccessLogs == nil {
		return nil, nil
	}
	logs, err := NewObjectStore(ctx, s.logicalName+"-logs", &ObjectStoreArgs{
		DisableVersioning: true, EmptyOnDelete: !args.AccessLogs.KeepOnDelete,
		writtenByACL: true, expireDays: or(args.AccessLogs.Days, defaultAccessLogDays),
	}, pulumi.Parent(s))
	if err != nil {
		return nil, err
	}
	s.LogBucket = logs.Name
	distribution.LoggingConfig = &cloudfront.DistributionLoggingConfigArgs{
		Bucket: pulumi.Sprintf("%s.s3.amazonaws.com", logs.Name), IncludeCookies: pulumi.Bool(args.AccessLogs.IncludeCookies),
	}
	return []pulumi.Resource{logs.ownership}, nil // CloudFront adds itself to the bucket's ACL, which must be in use by then
}

// newRecords lets the domain's names lead to the distribution, over IPv4 and IPv6.
func (s *StaticSite) newRecords(ctx *pulumi.Context, d *SiteDomain, distribution *cloudfront.Distribution) error {
	if d == nil || d.HostedZoneID == nil {
		return nil
	}
	for _, name := range d.Names {
		for _, kind := range []string{"A", "AAAA"} {
			_, err := route53.NewRecord(ctx, s.logicalName+"-"+name+"-"+kind, &route53.RecordArgs{
				ZoneId: d.HostedZoneID, Name: pulumi.String(name), Type: pulumi.String(kind),
				Aliases: route53.RecordAliasArray{&route53.RecordAliasArgs{
					Name: distribution.DomainName, ZoneId: distribution.HostedZoneId, EvaluateTargetHealth: pulumi.Bool(false),
				}},
			}, pulumi.Parent(s))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *SiteDomain) validate(p *problems) {
	if d == nil {
		return
	}
	p.want(len(d.Names) >= 1 && len(d.Names) <= maxSiteNames, "Domain.Names", len(d.Names), "1–100 names (CloudFront quota)")
	for n, name := range d.Names {
		p.want(apiDomainName.MatchString(name), fmt.Sprintf("Domain.Names[%d]", n), name, "a domain name such as shop.example.com")
		p.want(!slices.Contains(d.Names[:n], name), fmt.Sprintf("Domain.Names[%d]", n), name, "a name that is not there already")
	}
	p.want(d.CertificateARN != nil, "Domain.CertificateARN", nil, "the ACM certificate for the names, in us-east-1")
}

func (l *AccessLogs) validate(p *problems) {
	if l == nil {
		return
	}
	p.want(l.Days >= 0 && l.Days <= 3650, "AccessLogs.Days", l.Days, "1–3650 days, or 0 for the default of 90")
}
