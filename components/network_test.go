package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
)

const (
	vpcType      = "aws:ec2/vpc:Vpc"
	subnetType   = "aws:ec2/subnet:Subnet"
	netRouteType = "aws:ec2/route:Route"
	endpointType = "aws:ec2/vpcEndpoint:VpcEndpoint"
	groupType    = "aws:ec2/securityGroup:SecurityGroup"
	ingressType  = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressType   = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
)

func newNetwork(t *testing.T, ctx *pulumi.Context, args *components.NetworkArgs) *components.Network {
	t.Helper()
	network, err := components.NewNetwork(ctx, "shop", args)
	require.NoError(t, err)
	return network
}

// newNetworkWith deploys a network called shop and returns what was registered.
func newNetworkWith(t *testing.T, args *components.NetworkArgs) *mocks.Program {
	t.Helper()
	return mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newNetwork(t, ctx, args)
		return nil
	})
}

func TestNetwork_IsPrivateByDefault(t *testing.T) {
	program := newNetworkWith(t, nil)
	require.Equal(t, []string{
		"aws:cloudwatch/logGroup:LogGroup shop-flow-logs",
		"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup shop-default",
		"aws:ec2/flowLog:FlowLog shop-flow",
		"aws:ec2/routeTable:RouteTable shop-private-1-routes",
		"aws:ec2/routeTable:RouteTable shop-private-2-routes",
		"aws:ec2/routeTableAssociation:RouteTableAssociation shop-private-1-association",
		"aws:ec2/routeTableAssociation:RouteTableAssociation shop-private-2-association",
		"aws:ec2/subnet:Subnet shop-private-1",
		"aws:ec2/subnet:Subnet shop-private-2",
		"aws:ec2/vpc:Vpc shop",
		"aws:ec2/vpcEndpoint:VpcEndpoint shop-dynamodb",
		"aws:ec2/vpcEndpoint:VpcEndpoint shop-s3",
		"aws:iam/role:Role shop-flow-role",
		"aws:iam/rolePolicy:RolePolicy shop-flow-policy",
	}, program.Children("shop"), "no gateway to the Internet, no route, no endpoint that costs")
	require.Equal(t, map[string]any{
		"cidrBlock": "10.0.0.0/16", "enableDnsSupport": true, "enableDnsHostnames": true, "tags": map[string]any{"Name": "shop"},
	}, program.Get(t, vpcType, "shop").Inputs)
	for name, want := range map[string]string{"shop-private-1": "eu-central-1a 10.0.0.0/20", "shop-private-2": "eu-central-1b 10.0.16.0/20"} {
		subnet := program.Get(t, subnetType, name).Inputs
		require.Equal(t, want, subnet["availabilityZone"].(string)+" "+subnet["cidrBlock"].(string))
		require.Equal(t, false, subnet["mapPublicIpOnLaunch"])
		require.Equal(t, "shop-id", subnet["vpcId"])
		association := program.Get(t, "aws:ec2/routeTableAssociation:RouteTableAssociation", name+"-association").Inputs
		require.Equal(t, map[string]any{"subnetId": name + "-id", "routeTableId": name + "-routes-id"}, association)
	}
}

func TestNetwork_ItsDefaultSecurityGroupHasNoRules(t *testing.T) {
	group := newNetworkWith(t, nil).Get(t, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "shop-default").Inputs
	require.Equal(t, "shop-id", group["vpcId"])
	require.NotContains(t, group, "ingress")
	require.NotContains(t, group, "egress")
}

func TestNetwork_ReachesS3AndDynamoDBFreeOfCharge(t *testing.T) {
	program := newNetworkWith(t, nil)
	for _, service := range []string{"s3", "dynamodb"} {
		require.Equal(t, map[string]any{
			"vpcId": "shop-id", "vpcEndpointType": "Gateway", "serviceName": "com.amazonaws.eu-central-1." + service,
			"routeTableIds": []any{"shop-private-1-routes-id", "shop-private-2-routes-id"}, "tags": map[string]any{"Name": "shop-" + service},
		}, program.Get(t, endpointType, "shop-"+service).Inputs)
	}
}

func TestNetwork_FlowLogsSayWhoTalkedToWhom(t *testing.T) {
	program := newNetworkWith(t, nil)
	const logs = "arn:aws:cloudwatch:eu-central-1:123456789012:loggroup//aws/vpc/shop-1234567"
	require.Equal(t, map[string]any{
		"vpcId": "shop-id", "trafficType": "ALL", "logDestinationType": "cloud-watch-logs", "logDestination": logs,
		"iamRoleArn": "arn:aws:iam:eu-central-1:123456789012:role/shop-flow-role-1234567", "tags": map[string]any{"Name": "shop-flow"},
	}, program.Get(t, "aws:ec2/flowLog:FlowLog", "shop-flow").Inputs)
	require.EqualValues(t, 30, program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "shop-flow-logs").Inputs["retentionInDays"])
	require.Equal(t, map[string][]string{
		logs + ":*": {"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
		"arn:aws:logs:eu-central-1:123456789012:log-group:*": {"logs:DescribeLogGroups"},
	}, granted(t, program, "shop-flow-policy"))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
		"Condition": {
			"StringEquals": {"aws:SourceAccount": ["123456789012"]},
			"ArnLike": {"aws:SourceArn": ["arn:aws:ec2:eu-central-1:123456789012:vpc-flow-log/*"]}}}]}`,
		program.Get(t, roleType, "shop-flow-role").Inputs["assumeRolePolicy"].(string))

	require.EqualValues(t, 365, newNetworkWith(t, &components.NetworkArgs{LogRetentionDays: 365}).
		Get(t, "aws:cloudwatch/logGroup:LogGroup", "shop-flow-logs").Inputs["retentionInDays"])
	program = newNetworkWith(t, &components.NetworkArgs{DisableFlowLogs: true})
	require.NotContains(t, strings.Join(program.Children("shop"), " "), "flow")
}

func TestNetwork_InterfaceEndpointsLetTheNetworkIn(t *testing.T) {
	program := newNetworkWith(t, &components.NetworkArgs{InterfaceEndpoints: []string{"secretsmanager", "ecr.api"}})
	for name, service := range map[string]string{"shop-secretsmanager": "secretsmanager", "shop-ecr-api": "ecr.api"} {
		require.Equal(t, map[string]any{
			"vpcId": "shop-id", "vpcEndpointType": "Interface", "serviceName": "com.amazonaws.eu-central-1." + service, "privateDnsEnabled": true,
			"subnetIds": []any{"shop-private-1-id", "shop-private-2-id"}, "securityGroupIds": []any{"shop-endpoints-id"},
			"tags": map[string]any{"Name": name},
		}, program.Get(t, endpointType, name).Inputs)
	}
	rule := program.Get(t, ingressType, "shop-endpoints-https").Inputs
	require.Equal(t, map[string]any{
		"securityGroupId": "shop-endpoints-id", "description": "HTTPS from within the network",
		"ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrIpv4": "10.0.0.0/16",
	}, rule)
	require.Empty(t, program.OfType(egressType), "endpoints answer only")
}

func TestNetwork_OneNATServesAllZones(t *testing.T) {
	program := newNetworkWith(t, &components.NetworkArgs{CIDR: "172.20.0.0/16", Zones: 3, NAT: components.SingleNAT})
	require.Len(t, program.OfType(subnetType), 4)
	require.Equal(t, "172.20.32.0/20", program.Get(t, subnetType, "shop-private-3").Inputs["cidrBlock"])
	public := program.Get(t, subnetType, "shop-public-1").Inputs
	require.Equal(t, "172.20.128.0/24", public["cidrBlock"])
	require.Equal(t, false, public["mapPublicIpOnLaunch"], "NAT gateways bring their own addresses")
	require.Equal(t, map[string]any{
		"routeTableId": "shop-public-1-routes-id", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "shop-internet-id",
	}, program.Get(t, netRouteType, "shop-public-1-route").Inputs)
	gateway := program.Get(t, "aws:ec2/natGateway:NatGateway", "shop-nat-1").Inputs
	require.Equal(t, "shop-nat-1-address-id", gateway["allocationId"])
	require.Equal(t, "shop-public-1-id", gateway["subnetId"])
	require.Equal(t, "vpc", program.Get(t, "aws:ec2/eip:Eip", "shop-nat-1-address").Inputs["domain"])
	for _, zone := range []string{"1", "2", "3"} {
		require.Equal(t, map[string]any{
			"routeTableId": "shop-private-" + zone + "-routes-id", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "shop-nat-1-id",
		}, program.Get(t, netRouteType, "shop-private-"+zone+"-route").Inputs)
	}
}

func TestNetwork_ANATPerZoneKeepsZonesIndependent(t *testing.T) {
	program := newNetworkWith(t, &components.NetworkArgs{NAT: components.NATPerZone})
	for i, zone := range []string{"eu-central-1a", "eu-central-1b"} {
		n := []string{"1", "2"}[i]
		require.Equal(t, zone, program.Get(t, subnetType, "shop-public-"+n).Inputs["availabilityZone"])
		require.Equal(t, "shop-nat-"+n+"-id", program.Get(t, netRouteType, "shop-private-"+n+"-route").Inputs["natGatewayId"])
	}
}

// reached is where a security group lets connections go to.
func reached(t *testing.T, program *mocks.Program, group string) []string {
	t.Helper()
	var to []string
	for _, rule := range program.OfType(egressType) {
		if rule.Inputs["securityGroupId"] != group+"-id" {
			continue
		}
		for _, field := range []string{"cidrIpv4", "prefixListId", "referencedSecurityGroupId"} {
			if target, given := rule.Inputs[field]; given {
				require.Equal(t, rule.Inputs["fromPort"], rule.Inputs["toPort"])
				to = append(to, target.(string))
			}
		}
	}
	return to
}

func TestNetwork_SecurityGroupReachesNoMoreThanTheNetworkDoes(t *testing.T) {
	for nat, want := range map[components.NAT][]string{
		components.NoNAT:     {"10.0.0.0/16", "pl-shop-s3", "pl-shop-dynamodb"},
		components.SingleNAT: {"0.0.0.0/0"},
	} {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			_, err := newNetwork(t, ctx, &components.NetworkArgs{NAT: nat}).SecurityGroup(ctx, "exporter", "Exports orders")
			return err
		})
		group := program.Get(t, groupType, "exporter")
		require.Equal(t, "shop", group.Parent)
		require.Equal(t, "Exports orders", group.Inputs["description"])
		require.NotContains(t, group.Inputs, "egress", "rules are resources of their own")
		require.ElementsMatch(t, want, reached(t, program, "exporter"))
		for _, rule := range program.OfType(egressType) {
			require.EqualValues(t, 443, rule.Inputs["fromPort"])
		}
		require.Empty(t, program.OfType(ingressType))
	}
}

func TestNetwork_SecurityGroupRefusesWrongArguments(t *testing.T) {
	for _, description := range []string{"", "Späti", strings.Repeat("x", 256)} {
		_, err := mocks.Run(func(ctx *pulumi.Context) error {
			_, err := newNetwork(t, ctx, nil).SecurityGroup(ctx, "Exporter", description)
			return err
		}, nil)
		require.ErrorContains(t, err, `Exporter (Network.SecurityGroup): name = "Exporter", want lower-case words`)
		require.ErrorContains(t, err, "description = ")
	}
}

func TestNetwork_RefusesWrongArguments(t *testing.T) {
	type args = components.NetworkArgs
	for want, args := range map[string]*args{
		`CIDR = "10.0.0.0/8", want a private /16`:                                             {CIDR: "10.0.0.0/8"},
		`CIDR = "8.8.0.0/16", want a private /16`:                                             {CIDR: "8.8.0.0/16"},
		`CIDR = "10.0.1.0/16", want a private /16`:                                            {CIDR: "10.0.1.0/16"},
		`CIDR = "fd00::/16", want a private /16`:                                              {CIDR: "fd00::/16"},
		`CIDR = "ten", want a private /16`:                                                    {CIDR: "ten"},
		"Zones = 1, want 2 or 3":                                                              {Zones: 1},
		"Zones = 4, want 2 or 3":                                                              {Zones: 4},
		`NAT = "many", want NoNAT, SingleNAT or N`:                                            {NAT: "many"},
		"LogRetentionDays = 2, want one of [1 3 5":                                            {LogRetentionDays: 2},
		"LogRetentionDays = 30, want 0, since Disa":                                           {LogRetentionDays: 30, DisableFlowLogs: true},
		`InterfaceEndpoints[0] = "com.amazonaws.eu-central-1.sqs", want a service by the end`: {InterfaceEndpoints: []string{"com.amazonaws.eu-central-1.sqs"}},
		`InterfaceEndpoints[0] = "S Q S", want a service by the end`:                          {InterfaceEndpoints: []string{"S Q S"}},
		`InterfaceEndpoints[1] = "s3", want another service, since the network has a gateway`: {InterfaceEndpoints: []string{"sqs", "s3"}},
		`InterfaceEndpoints[1] = "sqs", want each service once`:                               {InterfaceEndpoints: []string{"sqs", "sqs"}},
	} {
		refused(t, func(ctx *pulumi.Context) error {
			_, err := components.NewNetwork(ctx, "shop", args)
			return err
		}, "shop (Network): "+want)
	}
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewNetwork(ctx, "Shop", &args{CIDR: "x", Zones: 9, NAT: "x"})
		return err
	}, "name", "CIDR", "Zones", "NAT")
}

func TestFunction_InANetwork(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		f, err := components.NewFunction(ctx, "report", &components.FunctionArgs{
			Source: "lambdas/report", Builder: newBuilder(t), Network: newNetwork(t, ctx, nil),
		})
		require.NoError(t, err)
		require.Equal(t, "report", f.Membership().Name)
		return nil
	})
	require.Equal(t, map[string]any{
		"subnetIds": []any{"shop-private-1-id", "shop-private-2-id"}, "securityGroupIds": []any{"report-network-id"},
	}, program.Get(t, functionType, "report").Inputs["vpcConfig"])
	require.Equal(t, "report", program.Get(t, groupType, "report-network").Parent)
	require.ElementsMatch(t, []string{"10.0.0.0/16", "pl-shop-s3", "pl-shop-dynamodb"}, reached(t, program, "report-network"))
	require.Contains(t, strings.Join(program.Get(t, functionType, "report").Dependencies, " "), "::report-network",
		"Lambda checks the permission when it creates the function")
}

func TestFunction_OnlyLambdaItselfMayConnectItToTheNetwork(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFunction(ctx, "report", &components.FunctionArgs{
			Source: "lambdas/report", Builder: newBuilder(t), Network: newNetwork(t, ctx, nil), DisableTracing: true,
		})
		return err
	})
	const home = "arn:aws:ec2:eu-central-1:123456789012:"
	require.Equal(t, map[string][]string{
		"*":                               {"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"},
		home + "*/*":                      {"ec2:DeleteNetworkInterface"},
		home + "network-interface/*":      {"ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:UnassignPrivateIpAddresses"},
		home + "subnet/shop-private-1-id": {"ec2:CreateNetworkInterface"},
		home + "subnet/shop-private-2-id": {"ec2:CreateNetworkInterface"},
		home + "security-group/report-network-id": {"ec2:CreateNetworkInterface"},
	}, granted(t, program, "report-network"))
	for _, statement := range statements(t, program.Get(t, policyType, "report-network").Inputs["policy"]) {
		require.Equal(t, []any{"true"}, in(t, statement, "Condition", "Null", "lambda:SourceFunctionArn"), "not the function's own code")
	}
	require.Empty(t, allowed(t, program, "report"), "what the code may do is unchanged")
}
