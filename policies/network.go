package policies

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// NetworkInterfaces lets Lambda connect a function to subnets of a VPC ("Giving Lambda functions access to resources in an Amazon VPC" in
// the developer guide). Lambda takes on the function's role for it; the condition keeps the function's own code from doing the same, as
// calls by the code carry the function's ARN and calls by Lambda do not.
//
// home stands for all of EC2 in the partition, region and account: arn:…:*/*. Lambda insists on it for deleting interfaces.
func NetworkInterfaces(home, interfaces pulumi.StringInput, subnets []pulumi.StringInput, securityGroup pulumi.StringInput) Grant {
	byLambda := Conditions{"Null": {"lambda:SourceFunctionArn": {"true"}}}
	return Grant{Statements: []Statement{
		{Actions: []string{"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}, Resources: All, Conditions: byLambda},
		{
			Actions:    []string{"ec2:CreateNetworkInterface"},
			Resources:  append([]pulumi.StringInput{interfaces, securityGroup}, subnets...),
			Conditions: byLambda,
		},
		{
			Actions:   []string{"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"},
			Resources: []pulumi.StringInput{interfaces}, Conditions: byLambda,
		},
		{Actions: []string{"ec2:DeleteNetworkInterface"}, Resources: []pulumi.StringInput{home}, Conditions: byLambda},
	}}
}
