package guardrails

import "strings"

const (
	distribution = "aws:cloudfront/distribution:Distribution"
	webACL       = "aws:wafv2/webAcl:WebAcl"
)

// behaviors are all cache behaviours of a distribution.
func behaviors(r Resource) []Value {
	return append([]Value{r.At("defaultCacheBehavior")}, r.At("orderedCacheBehaviors").Each()...)
}

// ownCertificate tells whether the distribution has a certificate for a domain of the shop's.
func ownCertificate(r Resource) Answer {
	return r.At("viewerCertificate", "acmCertificateArn").Set().Or(r.At("viewerCertificate", "iamCertificateId").Set())
}

var cloudFrontRules = []Rule{
	{
		ID: "CloudFront.1", Title: "CloudFront distributions should have a default root object configured", Source: fsbp, Severity: High,
		Why:   "Without it a request for / may show what the bucket holds.",
		Types: []string{distribution}, Check: wantSet("a file such as index.html", "defaultRootObject"),
	},
	{
		ID: "CloudFront.3", Title: "CloudFront distributions should require encryption in transit", Source: fsbp, Severity: Medium,
		Why:   "Over plain HTTP anybody on the way reads and changes tokens, orders and pages.",
		Types: []string{distribution},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			for _, b := range behaviors(r) {
				v.Is(b.At("viewerProtocolPolicy"), "https-only", "redirect-to-https")
			}
		},
	},
	{
		ID: "CloudFront.4", Title: "CloudFront distributions should have origin failover configured", Source: fsbp, Severity: Low,
		Why:   "With a second origin the site outlives the failure of a whole Region.",
		Types: []string{distribution},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			v.IsSet(r.At("originGroups"), "an origin group with two members")
			for _, g := range r.At("originGroups").Each() {
				members := g.At("members")
				v.Want(answer(members.Unknown() || len(members.Each()) >= 2), g.path+" has fewer than two members, want two")
			}
		},
	},
	{
		ID: "CloudFront.5", Title: "CloudFront distributions should have logging enabled", Source: fsbp, Severity: Medium,
		Why:   "What the edge answers from its cache, or turns away, appears in no other log.",
		Types: []string{distribution}, Whole: true,
		Check: func(v *Verdict, r Resource, s *Stack) {
			delivered := answer(len(s.dependents(r, "aws:cloudwatch/logDeliverySource:LogDeliverySource")) > 0)
			v.Want(r.At("loggingConfig", "bucket").Set().Or(delivered), "neither loggingConfig nor a LogDeliverySource for the distribution")
		},
	},
	{
		ID: "CloudFront.6", Title: "CloudFront distributions should have WAF enabled", Source: fsbp, Severity: Medium,
		Why:   "The web ACL turns floods, scanners and known attacks away before they cost anything or reach a function.",
		Types: []string{distribution}, Check: wantSet("the ARN of a web ACL", "webAclId"),
	},
	{
		ID: "CloudFront.7", Title: "CloudFront distributions should use custom SSL/TLS certificates", Source: fsbp, Severity: Medium,
		Why:   "People trust the shop's own domain, and only with a certificate of its own can the TLS versions be chosen.",
		Types: []string{distribution},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			v.Want(ownCertificate(r), "viewerCertificate is CloudFront's own, want a certificate in ACM (us-east-1) for the shop's domain")
		},
	},
	{
		ID: "CloudFront.8", Title: "CloudFront distributions should use SNI to serve HTTPS requests", Source: fsbp, Severity: Low,
		Why:   "A dedicated IP address costs $600 a month and serves only browsers from before 2010.",
		Types: []string{distribution}, Applies: func(r Resource, _ *Stack) bool { return ownCertificate(r) == Yes },
		Check: want([]any{"sni-only"}, "viewerCertificate", "sslSupportMethod"),
	},
	{
		ID: "CloudFront.9", Title: "CloudFront distributions should encrypt traffic to custom origins", Source: fsbp, Severity: Medium,
		Why:   "TLS up to the edge is worth little if the way from there to the API is plain.",
		Types: []string{distribution},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			for _, o := range r.At("origins").Each() {
				if o.At("customOriginConfig").Set() != No {
					v.Is(o.At("customOriginConfig", "originProtocolPolicy"), "https-only")
				}
			}
		},
	},
	{
		ID: "CloudFront.10", Title: "CloudFront distributions should not use deprecated SSL protocols between edge locations and custom origins", Source: fsbp,
		Severity: Medium, Why: "SSLv3, TLS 1.0 and TLS 1.1 are broken.",
		Types: []string{distribution},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			for _, o := range r.At("origins").Each() {
				for _, protocol := range o.At("customOriginConfig", "originSslProtocols").Each() {
					v.IsNot(protocol, "SSLv3", "TLSv1", "TLSv1.1")
				}
			}
		},
	},
	{
		ID: "CloudFront.13", Title: "CloudFront distributions should use origin access control", Source: fsbp, Severity: Medium,
		Why:   "Only with origin access control can the bucket stay closed to everybody but this distribution.",
		Types: []string{distribution},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			for _, o := range r.At("origins").Each() {
				if o.At("customOriginConfig").Set() != Yes {
					v.IsSet(o.At("originAccessControlId"), "an OriginAccessControl")
				}
			}
		},
	},
	{
		ID: "CloudFront.15", Title: "CloudFront distributions should use the recommended TLS security policy", Source: fsbp, Severity: Medium,
		Why:   "Older policies still speak TLS 1.0 and 1.1, which are broken.",
		Types: []string{distribution},
		Check: want([]any{"TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"}, "viewerCertificate", "minimumProtocolVersion"),
	},
	{
		ID: "CloudFront.16", Title: "CloudFront distributions should use origin access control for Lambda function URL origins", Source: fsbp, Severity: Medium,
		Why:   "Only with origin access control can the function's URL stay closed to everybody but this distribution.",
		Types: []string{distribution},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			for _, o := range r.At("origins").Each() {
				isURL := o.At("domainName").Matches(func(name string) bool { return strings.Contains(name, ".lambda-url.") })
				v.Want(isURL.Not().Or(o.At("originAccessControlId").Set()), o.At("originAccessControlId").path+" is not set, want an OriginAccessControl")
			}
		},
	},
	{
		ID: "CloudFront.17", Title: "CloudFront distributions should use trusted key groups for signed URLs and cookies", Source: fsbp, Severity: Medium,
		Why:   "Trusted signers need keys of the account's root user.",
		Types: []string{distribution},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			for _, b := range behaviors(r) {
				v.Want(b.At("trustedSigners").Set().Not(), b.path+".trustedSigners is set, want trustedKeyGroups")
			}
		},
	},
}

var certificateRules = []Rule{
	{
		ID: "ACM.2", Title: "RSA certificates managed by ACM should use a key length of at least 2,048 bits", Source: fsbp, Severity: High,
		Why:   "Shorter keys can be broken.",
		Types: []string{"aws:acm/certificate:Certificate"}, Check: wantNot([]any{"RSA_1024"}, "keyAlgorithm"),
	},
}

var wafRules = []Rule{
	{
		ID: "WAF.10", Title: "AWS WAF web ACLs should have at least one rule or rule group", Source: fsbp, Severity: Medium,
		Why:   "A web ACL without rules costs money and stops nothing.",
		Types: []string{webACL}, Check: wantSet("at least one rule", "rules"),
	},
	{
		ID: "WAF.12", Title: "AWS WAF rules should have CloudWatch metrics enabled", Source: fsbp, Severity: Medium,
		Why:   "Without metrics nobody learns of an attack, or that a rule turns customers away.",
		Types: []string{webACL, "aws:wafv2/ruleGroup:RuleGroup"},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			for _, rule := range append(r.At("rules").Each(), Value{v: r.Inputs}) {
				v.Is(rule.At("visibilityConfig", "cloudwatchMetricsEnabled"), true)
			}
		},
	},
}
