package main

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/serverless-shop/serverless-shop/components"
)

// What the program leaves out or does differently because the emulator (MiniStack 1.5.33) lacks or loses something. Each is
// listed in docs/local.md, and TestLacks tells when a newer emulator makes it unnecessary.

// acmeKey is an API key. Without one API Gateway makes it, but the emulator refuses the empty text that the provider sends then.
func acmeKey() pulumi.StringInput {
	return pulumi.ToSecret(pulumi.String("acme-0123456789abcdefghij")).(pulumi.StringOutput)
}

// ready keeps as many instances ready as it says. With a Maximum their number would follow the load, but the emulator has no
// Application Auto Scaling.
func ready() *components.ProvisionedConcurrency {
	return &components.ProvisionedConcurrency{Minimum: 1}
}

// lost are settings that the emulator forgets, by the resource's type, so that every deployment would make them anew. They are set, but
// left alone from then on.
var lost = map[string][]string{
	"aws:ec2/flowLog:FlowLog":         {"iamRoleArn", "maxAggregationInterval", "tags", "tagsAll"},
	"aws:ec2/vpcEndpoint:VpcEndpoint": {"privateDnsEnabled"},
}

// ignoreLost leaves alone what the emulator loses, unless the configuration components:keepLost asks for it.
func ignoreLost(ctx *pulumi.Context) error {
	if config.GetBool(ctx, "keepLost") {
		return nil
	}
	return ctx.RegisterResourceTransform(func(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
		args.Opts.IgnoreChanges = append(args.Opts.IgnoreChanges, lost[args.Type]...)
		return &pulumi.ResourceTransformResult{Props: args.Props, Opts: args.Opts}
	})
}
