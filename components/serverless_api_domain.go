package components

import (
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// minimumTLS is the oldest version of TLS that clients may speak.
const minimumTLS = "TLS_1_2"

// APIDomain is a domain name at which an API answers, without the stage in its URL. It is regional: for the edge, put
// a [StaticSite] in front.
type APIDomain struct {
	// Name is the domain name, such as api.example.com. Required.
	Name string
	// CertificateARN is the ACM certificate for Name, of the API's region. Required.
	CertificateARN pulumi.StringInput
	// HostedZoneID is the Route 53 zone that gets the DNS record. Default: no record; make one that points to
	// the API's DomainTarget.
	HostedZoneID pulumi.StringInput
}

// newDomain gives the API its domain name, if it has one, and makes it the API's URL. The name and what it leads to are resources
// of API Gateway's second version, which serve regional APIs of both flavours.
func (a *ServerlessApi) newDomain(ctx *pulumi.Context, name string, d *APIDomain) error {
	if d == nil {
		return nil
	}
	domain, err := apigatewayv2.NewDomainName(ctx, name+"-domain", &apigatewayv2.DomainNameArgs{
		DomainName: pulumi.String(d.Name),
		DomainNameConfiguration: &apigatewayv2.DomainNameDomainNameConfigurationArgs{
			CertificateArn: d.CertificateARN, EndpointType: pulumi.String("REGIONAL"), SecurityPolicy: pulumi.String(minimumTLS),
		},
	}, pulumi.Parent(a))
	if err != nil {
		return err
	}
	_, err = apigatewayv2.NewApiMapping(ctx, name+"-domain", &apigatewayv2.ApiMappingArgs{
		ApiId: a.ID, DomainName: domain.DomainName, Stage: a.StageName,
	}, pulumi.Parent(a))
	if err != nil {
		return err
	}
	target := domain.DomainNameConfiguration.TargetDomainName().Elem()
	a.URL, a.DomainTarget = pulumi.Sprintf("https://%s", d.Name), target
	if d.HostedZoneID == nil {
		return nil
	}
	_, err = route53.NewRecord(ctx, name+"-domain", &route53.RecordArgs{
		ZoneId: d.HostedZoneID, Name: pulumi.String(d.Name), Type: pulumi.String("A"),
		Aliases: route53.RecordAliasArray{&route53.RecordAliasArgs{
			Name: target, ZoneId: domain.DomainNameConfiguration.HostedZoneId().Elem(), EvaluateTargetHealth: pulumi.Bool(false),
		}},
	}, pulumi.Parent(a))
	return err
}

var apiDomainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$`)

func (d *APIDomain) validate(p *problems) {
	if d == nil {
		return
	}
	p.want(apiDomainName.MatchString(d.Name), "Domain.Name", d.Name, "a domain name such as api.example.com")
	p.want(d.CertificateARN != nil, "Domain.CertificateARN", nil, "the ACM certificate for the domain name")
}
