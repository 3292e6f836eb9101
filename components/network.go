package components

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// NAT is how much a network pays for the way from its private subnets to the Internet.
type NAT string

const (
	// NoNAT keeps the network without any way to or from the Internet. The default.
	NoNAT NAT = ""
	// SingleNAT shares one NAT gateway; when its zone fails, the others lose the Internet too. About $33 a month and $0.045 per GB.
	SingleNAT NAT = "single"
	// NATPerZone has a gateway in each availability zone, at the price of as many.
	NATPerZone NAT = "per zone"
)

// Limits and defaults of networks.
const (
	defaultNetworkCIDR = "10.0.0.0/16"
	minZones           = 2 // Aurora and RDS Proxy want two
	maxZones           = 3
	httpsPort          = 443
	maxNetworkName     = maxNamePart - len("-flow-role")
)

// gatewayEndpoints are the services that a network reaches through its route tables, free of charge.
var gatewayEndpoints = []string{"s3", "dynamodb"}

// NetworkArgs describes a VPC, private unless NAT is asked for.
type NetworkArgs struct {
	// CIDR is the private address range, always a /16. Default 10.0.0.0/16. Networks that are to be connected must not overlap.
	CIDR string
	// Zones is the number of availability zones: 2 or 3. Default 2. It can grow later without touching the subnets there are.
	Zones int
	// NAT gives the private subnets a way to the Internet. Default [NoNAT].
	NAT NAT
	// InterfaceEndpoints are the AWS services that are reached without the Internet, by the names that follow
	// com.amazonaws.<region>, such as secretsmanager, sqs, sns or ecr.api. About $7 a month for each in each zone.
	// Default: none. S3 and DynamoDB are always reached, free of charge, through gateway endpoints.
	InterfaceEndpoints []string
	// DisableFlowLogs keeps no record of who talked to whom.
	DisableFlowLogs bool
	// LogRetentionDays is for how long the flow logs are kept, one of the values that CloudWatch Logs accepts: 1, 3, 5, 7, 14, 30, 60,
	// 90, … 3653. Default 30.
	LogRetentionDays int
}

// Network is a VPC with one private subnet in each availability zone.
type Network struct {
	pulumi.ResourceState

	// ID of the VPC.
	ID pulumi.StringOutput
	// CIDR is the address range.
	CIDR string
	// PrivateSubnets are the ids of the subnets without a way in from the Internet, one per zone.
	PrivateSubnets pulumi.StringArray
	// PublicSubnets are the ids of the subnets of the NAT gateways, if there are any. Nothing else belongs there.
	PublicSubnets pulumi.StringArray
	// LogGroup is the name of the log group of the flow logs, if there is one.
	LogGroup pulumi.StringOutput

	logicalName string
	vpcARN      pulumi.StringOutput
	nat         NAT
	gateways    []pulumi.StringOutput          // ids of the NAT gateways
	prefixLists map[string]pulumi.StringOutput // of the gateway endpoints
	endpoints   []pulumi.Resource
}

// NetworkMember is what can open connections inside a [Network], such as a [Function] that is in it.
type NetworkMember interface {
	// Membership is the member's place in the network; without a Network it has none.
	Membership() Membership
}

// Membership is the place of a component in a [Network].
type Membership struct {
	// Name of the component.
	Name string
	// Network is where it is; nil if it is in none.
	Network *Network
	// SecurityGroup is the id of its own security group.
	SecurityGroup pulumi.StringOutput
}

// NewNetwork creates the VPC, its subnets, route tables, endpoints and flow logs.
func NewNetwork(ctx *pulumi.Context, name string, args *NetworkArgs, opts ...pulumi.ResourceOption) (*Network, error) {
	if args == nil {
		args = &NetworkArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	n := &Network{
		logicalName: name, CIDR: or(args.CIDR, defaultNetworkCIDR), nat: args.NAT, prefixLists: map[string]pulumi.StringOutput{},
	}
	if err := ctx.RegisterComponentResource(token("Network"), name, n, opts...); err != nil {
		return nil, wrap("Network", name, err)
	}
	if err := n.build(ctx, args); err != nil {
		return nil, wrap("Network", name, err)
	}
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{
		"id": n.ID, "privateSubnets": n.PrivateSubnets, "publicSubnets": n.PublicSubnets,
	})
}

func (n *Network) build(ctx *pulumi.Context, args *NetworkArgs) error {
	zones, err := zoneNames(ctx, n, or(args.Zones, minZones))
	if err != nil {
		return err
	}
	network, err := ec2.NewVpc(ctx, n.logicalName, &ec2.VpcArgs{
		CidrBlock:          pulumi.String(n.CIDR),
		EnableDnsSupport:   pulumi.Bool(true),
		EnableDnsHostnames: pulumi.Bool(true), // interface endpoints answer to the services' own names
		Tags:               nameTag(n.logicalName),
	}, pulumi.Parent(n))
	if err != nil {
		return err
	}
	n.ID, n.vpcARN = network.ID().ToStringOutput(), network.Arn
	// Whatever names no security group gets this one, which can talk to nobody.
	_, err = ec2.NewDefaultSecurityGroup(ctx, n.logicalName+"-default", &ec2.DefaultSecurityGroupArgs{
		VpcId: n.ID, Tags: nameTag(n.logicalName + "-default-unused"),
	}, pulumi.Parent(n))
	if err != nil {
		return err
	}
	routes, err := n.newPrivateSubnets(ctx, zones)
	if err != nil {
		return err
	}
	if err := n.newNAT(ctx, zones, routes); err != nil {
		return err
	}
	if err := n.newEndpoints(ctx, args.InterfaceEndpoints, routes); err != nil {
		return err
	}
	if args.DisableFlowLogs {
		return nil
	}
	return n.newFlowLogs(ctx, or(args.LogRetentionDays, defaultLogRetentionDays))
}

// zoneNames are the first availability zones of the region, by name, those left out that an account must ask for.
func zoneNames(ctx *pulumi.Context, parent pulumi.Resource, count int) ([]string, error) {
	available := "available"
	zones, err := aws.GetAvailabilityZones(ctx, &aws.GetAvailabilityZonesArgs{
		State:   &available,
		Filters: []aws.GetAvailabilityZonesFilter{{Name: "opt-in-status", Values: []string{"opt-in-not-required"}}},
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(slices.Values(zones.Names))
	if len(names) < count {
		return nil, fmt.Errorf("network with %d zones: want at most the %d that the region has: %s", count, len(names), strings.Join(names, ", "))
	}
	return names[:count], nil
}

// newPrivateSubnets creates a subnet of 4,096 addresses and a route table in each zone.
func (n *Network) newPrivateSubnets(ctx *pulumi.Context, zones []string) ([]*ec2.RouteTable, error) {
	var tables []*ec2.RouteTable
	for i, zone := range zones {
		name := fmt.Sprintf("%s-private-%d", n.logicalName, i+1)
		subnet, table, err := n.newSubnet(ctx, name, zone, subnetCIDR(n.CIDR, 16*i, 20))
		if err != nil {
			return nil, err
		}
		n.PrivateSubnets = append(n.PrivateSubnets, subnet.ID().ToStringOutput())
		tables = append(tables, table)
	}
	return tables, nil
}

// newSubnet creates a subnet whose resources get no public addresses, and its route table.
func (n *Network) newSubnet(ctx *pulumi.Context, name, zone, cidr string) (*ec2.Subnet, *ec2.RouteTable, error) {
	subnet, err := ec2.NewSubnet(ctx, name, &ec2.SubnetArgs{
		VpcId: n.ID, AvailabilityZone: pulumi.String(zone), CidrBlock: pulumi.String(cidr),
		MapPublicIpOnLaunch: pulumi.Bool(false), Tags: nameTag(name),
	}, pulumi.Parent(n))
	if err != nil {
		return nil, nil, err
	}
	table, err := ec2.NewRouteTable(ctx, name+"-routes", &ec2.RouteTableArgs{VpcId: n.ID, Tags: nameTag(name)}, pulumi.Parent(n))
	if err != nil {
		return nil, nil, err
	}
	_, err = ec2.NewRouteTableAssociation(ctx, name+"-association", &ec2.RouteTableAssociationArgs{
		SubnetId: subnet.ID().ToStringOutput(), RouteTableId: table.ID().ToStringOutput(),
	}, pulumi.Parent(n))
	return subnet, table, err
}

// newNAT leads the private subnets to the Internet through NAT gateways in public subnets, if it is asked for.
func (n *Network) newNAT(ctx *pulumi.Context, zones []string, private []*ec2.RouteTable) error {
	if n.nat == NoNAT {
		return nil
	}
	internet, err := ec2.NewInternetGateway(ctx, n.logicalName+"-internet", &ec2.InternetGatewayArgs{
		VpcId: n.ID, Tags: nameTag(n.logicalName),
	}, pulumi.Parent(n))
	if err != nil {
		return err
	}
	if n.nat == SingleNAT {
		zones = zones[:1]
	}
	var gateways []*ec2.NatGateway
	for i, zone := range zones {
		name := fmt.Sprintf("%s-public-%d", n.logicalName, i+1)
		subnet, table, err := n.newSubnet(ctx, name, zone, subnetCIDR(n.CIDR, 128+i, 24))
		if err != nil {
			return err
		}
		n.PublicSubnets = append(n.PublicSubnets, subnet.ID().ToStringOutput())
		way, err := ec2.NewRoute(ctx, name+"-route", &ec2.RouteArgs{
			RouteTableId: table.ID().ToStringOutput(), DestinationCidrBlock: pulumi.String(anywhere), GatewayId: internet.ID().ToStringOutput(),
		}, pulumi.Parent(n))
		if err != nil {
			return err
		}
		gatewayName := fmt.Sprintf("%s-nat-%d", n.logicalName, i+1)
		address, err := ec2.NewEip(ctx, gatewayName+"-address", &ec2.EipArgs{
			Domain: pulumi.String("vpc"), Tags: nameTag(gatewayName),
		}, pulumi.Parent(n))
		if err != nil {
			return err
		}
		gateway, err := ec2.NewNatGateway(ctx, gatewayName, &ec2.NatGatewayArgs{
			AllocationId: address.ID().ToStringOutput(), SubnetId: subnet.ID().ToStringOutput(), Tags: nameTag(gatewayName),
		}, pulumi.Parent(n), pulumi.DependsOn([]pulumi.Resource{way}))
		if err != nil {
			return err
		}
		gateways = append(gateways, gateway)
		n.gateways = append(n.gateways, gateway.ID().ToStringOutput())
	}
	for i, table := range private {
		_, err := ec2.NewRoute(ctx, fmt.Sprintf("%s-private-%d-route", n.logicalName, i+1), &ec2.RouteArgs{
			RouteTableId: table.ID().ToStringOutput(), DestinationCidrBlock: pulumi.String(anywhere),
			NatGatewayId: gateways[min(i, len(gateways)-1)].ID().ToStringOutput(),
		}, pulumi.Parent(n))
		if err != nil {
			return err
		}
	}
	return nil
}

// anywhere is the Internet.
const anywhere = "0.0.0.0/0"

// newEndpoints creates the gateway endpoints and the interface endpoints, with a security group that lets the network in.
func (n *Network) newEndpoints(ctx *pulumi.Context, services []string, private []*ec2.RouteTable) error {
	region, err := aws.GetRegion(ctx, nil, pulumi.Parent(n))
	if err != nil {
		return err
	}
	var tables pulumi.StringArray
	for _, table := range private {
		tables = append(tables, table.ID().ToStringOutput())
	}
	for _, service := range gatewayEndpoints {
		name := n.logicalName + "-" + service
		endpoint, err := ec2.NewVpcEndpoint(ctx, name, &ec2.VpcEndpointArgs{
			VpcId: n.ID, VpcEndpointType: pulumi.String("Gateway"), RouteTableIds: tables,
			ServiceName: pulumi.String("com.amazonaws." + region.Name + "." + service), Tags: nameTag(name),
		}, pulumi.Parent(n))
		if err != nil {
			return err
		}
		n.prefixLists[service] = endpoint.PrefixListId
		n.endpoints = append(n.endpoints, endpoint)
	}
	if len(services) == 0 {
		return nil
	}
	group, err := n.newSecurityGroup(ctx, n, n.logicalName+"-endpoints", "AWS services, for all that is in the network "+n.logicalName)
	if err != nil {
		return err
	}
	_, err = vpc.NewSecurityGroupIngressRule(ctx, n.logicalName+"-endpoints-https", &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: group.ID().ToStringOutput(), Description: pulumi.String("HTTPS from within the network"),
		IpProtocol: pulumi.String("tcp"), FromPort: pulumi.Int(httpsPort), ToPort: pulumi.Int(httpsPort), CidrIpv4: pulumi.String(n.CIDR),
	}, pulumi.Parent(n))
	if err != nil {
		return err
	}
	for _, service := range services {
		name := n.logicalName + "-" + strings.ReplaceAll(service, ".", "-")
		endpoint, err := ec2.NewVpcEndpoint(ctx, name, &ec2.VpcEndpointArgs{
			VpcId: n.ID, VpcEndpointType: pulumi.String("Interface"), SubnetIds: n.PrivateSubnets,
			SecurityGroupIds:  pulumi.StringArray{group.ID().ToStringOutput()},
			PrivateDnsEnabled: pulumi.Bool(true), // so that SDKs need no other address
			ServiceName:       pulumi.String("com.amazonaws." + region.Name + "." + service), Tags: nameTag(name),
		}, pulumi.Parent(n))
		if err != nil {
			return err
		}
		n.endpoints = append(n.endpoints, endpoint)
	}
	return nil
}

// newFlowLogs writes who talked to whom to a log group, through a role that may do only that.
func (n *Network) newFlowLogs(ctx *pulumi.Context, days int) error {
	name := n.logicalName + "-flow"
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-logs", &cloudwatch.LogGroupArgs{
		NamePrefix: pulumi.String("/aws/vpc/" + n.logicalName + "-"), RetentionInDays: pulumi.Int(days),
	}, pulumi.Parent(n), keepsItsName())
	if err != nil {
		return err
	}
	n.LogGroup = logs.Name
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description: pulumi.String("Writes the flow logs of the network " + n.logicalName),
		AssumeRolePolicy: arnBeside(logs.Arn, "ec2", "vpc-flow-log/*").ApplyT(func(arn string) string {
			return trustPolicy("vpc-flow-logs.amazonaws.com", policies.Conditions{
				"StringEquals": {"aws:SourceAccount": {accountOf(arn)}},
				"ArnLike":      {"aws:SourceArn": {arn}},
			})
		}).(pulumi.StringOutput),
	}, pulumi.Parent(n))
	if err != nil {
		return err
	}
	policy, err := iam.NewRolePolicy(ctx, name+"-policy", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: policies.Document(policies.Grant{Statements: []policies.Statement{
			{
				Actions:   []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
				Resources: []pulumi.StringInput{pulumi.Sprintf("%s:*", logs.Arn)},
			},
			{Actions: []string{"logs:DescribeLogGroups"}, Resources: []pulumi.StringInput{arnBeside(logs.Arn, "logs", "log-group:*")}},
		}}),
	}, pulumi.Parent(n))
	if err != nil {
		return err
	}
	_, err = ec2.NewFlowLog(ctx, name, &ec2.FlowLogArgs{
		VpcId: n.ID, TrafficType: pulumi.String("ALL"), LogDestinationType: pulumi.String("cloud-watch-logs"),
		LogDestination: logs.Arn, IamRoleArn: role.Arn, Tags: nameTag(name),
	}, pulumi.Parent(n), pulumi.DependsOn([]pulumi.Resource{policy}))
	return err
}

// SecurityGroup creates a security group for something in the network. Nobody may connect to it, and it may connect, by HTTPS only, to the
// network's endpoints, to S3 and to DynamoDB; where the network has NAT, to the Internet as well.
// With pulumi.Parent among opts, it belongs to the component that uses it; otherwise to the network.
func (n *Network) SecurityGroup(ctx *pulumi.Context, name, description string, opts ...pulumi.ResourceOption) (*ec2.SecurityGroup, error) {
	p := check("Network.SecurityGroup", name)
	p.want(securityGroupText(description), "description", description, "1–255 of a–z, A–Z, 0–9, space and ._-:/()#,@[]+=&;{}!$*")
	if err := p.err(); err != nil {
		return nil, err
	}
	options := append([]pulumi.ResourceOption{pulumi.Parent(n)}, opts...)
	group, err := ec2.NewSecurityGroup(ctx, name, &ec2.SecurityGroupArgs{
		VpcId: n.ID, Description: pulumi.String(description), Tags: nameTag(name),
	}, options...)
	if err != nil {
		return nil, wrap("Network", n.logicalName, err)
	}
	https := func(to string, args vpc.SecurityGroupEgressRuleArgs) error {
		args.SecurityGroupId, args.Description = group.ID().ToStringOutput(), pulumi.String("HTTPS to "+to)
		args.IpProtocol, args.FromPort, args.ToPort = pulumi.String("tcp"), pulumi.Int(httpsPort), pulumi.Int(httpsPort)
		_, err := vpc.NewSecurityGroupEgressRule(ctx, name+"-to-"+strings.ReplaceAll(to, " ", "-"), &args, options...)
		return wrap("Network", n.logicalName, err)
	}
	if n.nat != NoNAT {
		return group, https("internet", vpc.SecurityGroupEgressRuleArgs{CidrIpv4: pulumi.String(anywhere)})
	}
	if err := https("network", vpc.SecurityGroupEgressRuleArgs{CidrIpv4: pulumi.String(n.CIDR)}); err != nil {
		return nil, err
	}
	for _, service := range gatewayEndpoints {
		if err := https(service, vpc.SecurityGroupEgressRuleArgs{PrefixListId: n.prefixLists[service]}); err != nil {
			return nil, err
		}
	}
	return group, nil
}

// newSecurityGroup creates a security group without rules.
func (n *Network) newSecurityGroup(ctx *pulumi.Context, parent pulumi.Resource, name, description string) (*ec2.SecurityGroup, error) {
	return ec2.NewSecurityGroup(ctx, name, &ec2.SecurityGroupArgs{
		VpcId: n.ID, Description: pulumi.String(description), Tags: nameTag(name),
	}, pulumi.Parent(parent))
}

// connect lets one security group open TCP connections to a port of another: a rule at either end, called <name> and <name>-out.
func connect(ctx *pulumi.Context, parent pulumi.Resource, name, description string, from, to pulumi.StringInput, port int) ([]pulumi.Resource, error) {
	in, err := vpc.NewSecurityGroupIngressRule(ctx, name, &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: to.ToStringOutput(), ReferencedSecurityGroupId: from.ToStringOutput(), Description: pulumi.String(description),
		IpProtocol: pulumi.String("tcp"), FromPort: pulumi.Int(port), ToPort: pulumi.Int(port),
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, err
	}
	out, err := vpc.NewSecurityGroupEgressRule(ctx, name+"-out", &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId: from.ToStringOutput(), ReferencedSecurityGroupId: to.ToStringOutput(), Description: pulumi.String(description),
		IpProtocol: pulumi.String("tcp"), FromPort: pulumi.Int(port), ToPort: pulumi.Int(port),
	}, pulumi.Parent(parent))
	return []pulumi.Resource{in, out}, err
}

// subnetCIDR is the subnet with the given third number in its address: subnetCIDR("10.0.0.0/16", 16, 20) is 10.0.16.0/20.
func subnetCIDR(network string, third, bits int) string {
	address := netip.MustParsePrefix(network).Addr().As4()
	address[2] = byte(third) //nolint:gosec // at most 130
	return netip.PrefixFrom(netip.AddrFrom4(address), bits).String()
}

// nameTag is what the console shows as a resource's name.
func nameTag(name string) pulumi.StringMap {
	return pulumi.StringMap{"Name": pulumi.String(name)}
}

// securityGroupText tells whether EC2 takes the text as a security group's description (CreateSecurityGroup in its API reference).
func securityGroupText(text string) bool {
	const accepted = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-:/()#,@[]+=&;{}!$*"
	return text != "" && len(text) <= 255 && strings.Trim(text, accepted) == "" &&
		!strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(accepted, r) })
}

func (a *NetworkArgs) validate(name string) error {
	p := check("Network", name)
	p.fits(name, maxNetworkName)
	cidr := or(a.CIDR, defaultNetworkCIDR)
	prefix, err := netip.ParsePrefix(cidr)
	p.want(err == nil && prefix.Addr().Is4() && prefix.Addr().IsPrivate() && prefix.Bits() == 16 && prefix == prefix.Masked(),
		"CIDR", cidr, "a private /16, from 10.0.0.0/16 to 10.255.0.0/16, from 172.16.0.0/16 to 172.31.0.0/16, or 192.168.0.0/16")
	p.want(a.Zones == 0 || a.Zones >= minZones && a.Zones <= maxZones, "Zones", a.Zones, "2 or 3")
	p.want(slices.Contains([]NAT{NoNAT, SingleNAT, NATPerZone}, a.NAT), "NAT", string(a.NAT), "NoNAT, SingleNAT or NATPerZone")
	for i, service := range a.InterfaceEndpoints {
		field := fmt.Sprintf("InterfaceEndpoints[%d]", i)
		p.want(componentName.MatchString(strings.ReplaceAll(service, ".", "-")) && !strings.HasPrefix(service, "com."), field, service,
			"a service by the end of its endpoint's name, such as secretsmanager or ecr.api")
		p.want(!slices.Contains(gatewayEndpoints, service), field, service, "another service, since the network has a gateway endpoint for it")
		p.want(!slices.Contains(a.InterfaceEndpoints[:i], service), field, service, "each service once")
	}
	p.want(a.LogRetentionDays == 0 || slices.Contains(logRetentionDays, a.LogRetentionDays), "LogRetentionDays", a.LogRetentionDays,
		fmt.Sprintf("one of %v", logRetentionDays))
	p.want(!a.DisableFlowLogs || a.LogRetentionDays == 0, "LogRetentionDays", a.LogRetentionDays, "0, since DisableFlowLogs keeps no logs")
	return p.err()
}
