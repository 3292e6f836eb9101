package components

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// awsVersion is that of the AWS SDK in go.mod. Without it, a resource that is registered by its token would get a provider of its own.
const awsVersion = "6.83.2"

// newFirewall makes requests to an API pass a WAF web ACL. The package wafv2 is not imported for that: its 12 MB of source take the compiler
// 80 s and 4.6 GB of memory on a new machine.
func newFirewall(ctx *pulumi.Context, parent pulumi.Resource, name string, api, acl pulumi.StringInput) error {
	var association pulumi.CustomResourceState
	return ctx.RegisterResource("aws:wafv2/webAclAssociation:WebAclAssociation", name+"-firewall", pulumi.Map{
		"resourceArn": api, "webAclArn": acl,
	}, &association, pulumi.Parent(parent), pulumi.Version(awsVersion))
}
