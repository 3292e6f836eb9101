package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// join puts the function into the network: its security group, its subnets, and the permission with which Lambda connects it. The permission
// is a policy of its own, since it is Lambda that uses it and not the function's code. What is returned must exist before the function, and
// for as long.
func (f *Function) join(ctx *pulumi.Context, network *Network, role *iam.Role, args *lambda.FunctionArgs) ([]pulumi.Resource, error) {
	name := f.logicalName
	group, err := network.SecurityGroup(ctx, name+"-network", "Function "+name, pulumi.Parent(f))
	if err != nil {
		return nil, err
	}
	f.network, f.SecurityGroupID = network, group.ID().ToStringOutput()
	args.VpcConfig = &lambda.FunctionVpcConfigArgs{
		SubnetIds: network.PrivateSubnets, SecurityGroupIds: pulumi.StringArray{f.SecurityGroupID},
	}
	var subnets []pulumi.StringInput
	for _, id := range network.PrivateSubnets {
		subnets = append(subnets, arnOf(network.vpcARN, "subnet", id))
	}
	policy, err := iam.NewRolePolicy(ctx, name+"-network", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: policies.Document(policies.NetworkInterfaces(arnBeside(network.vpcARN, "ec2", "*/*"), arnBeside(network.vpcARN, "ec2", "network-interface/*"),
			subnets, arnOf(network.vpcARN, "security-group", f.SecurityGroupID))),
	}, pulumi.Parent(f))
	return append([]pulumi.Resource{policy}, network.endpoints...), err
}

// arnOf is the ARN of an EC2 resource in the partition, region and account of a VPC.
func arnOf(vpcARN pulumi.StringOutput, kind string, id pulumi.StringInput) pulumi.StringOutput {
	return pulumi.Sprintf("%s/%s", arnBeside(vpcARN, "ec2", kind), id)
}

// Membership makes the function a [NetworkMember].
func (f *Function) Membership() Membership {
	return Membership{Name: f.logicalName, Network: f.network, SecurityGroup: f.SecurityGroupID}
}
