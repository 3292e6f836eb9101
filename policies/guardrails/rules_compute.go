package guardrails

import (
	"slices"
	"strings"
)

const (
	function         = "aws:lambda/function:Function"
	invokePermission = "aws:lambda/permission:Permission"
	functionAlias    = "aws:lambda/alias:Alias"
	functionURL      = "aws:lambda/functionUrl:FunctionUrl"
	asyncConfig      = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
	eventSource      = "aws:lambda/eventSourceMapping:EventSourceMapping"
	imageRepository  = "aws:ecr/repository:Repository"
	ecsService       = "aws:ecs/service:Service"
	ecsTask          = "aws:ecs/taskDefinition:TaskDefinition"
	ecsCluster       = "aws:ecs/cluster:Cluster"
	stateMachine     = "aws:sfn/stateMachine:StateMachine"
	vpc              = "aws:ec2/vpc:Vpc"
	securityGroup    = "aws:ec2/securityGroup:SecurityGroup"
	groupRule        = "aws:ec2/securityGroupRule:SecurityGroupRule"
	ingressRule      = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	networkACL       = "aws:ec2/networkAcl:NetworkAcl"
	defaultGroup     = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
)

// runtimes are those that Lambda supports and Security Hub accepts. The shop's functions use the first.
var runtimes = []any{
	"provided.al2023", "provided.al2", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "nodejs24.x", "nodejs22.x",
	"java25", "java21", "java17", "java11", "java8.al2", "dotnet10", "dotnet8", "ruby3.4", "ruby3.3",
}

var lambdaRules = []Rule{
	{
		ID: "Lambda.1", Title: "Lambda function policies should prohibit public access", Source: fsbp, Severity: Critical,
		Why:   "A function that everybody may call runs for everybody, at the shop's cost and with the shop's permissions.",
		Types: []string{invokePermission, functionURL},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			if r.Type == functionURL {
				v.IsNot(r.At("authorizationType"), "NONE")
				return
			}
			narrowed := r.At("sourceArn").Set().Or(r.At("sourceAccount").Set()).Or(r.At("principalOrgId").Set())
			v.Want(r.At("principal").Is("*").Not().Or(narrowed), `principal = "*", want the service that calls`)
			// A bucket's ARN names no account: a deleted bucket's name can be taken by anybody.
			v.Want(r.At("principal").Is("s3.amazonaws.com").Not().Or(r.At("sourceAccount").Set()), "sourceAccount is not set, want the bucket's account")
		},
	},
	{
		ID: "Lambda.2", Title: "Lambda functions should use supported runtimes", Source: fsbp, Severity: Medium,
		Why:   "An outdated runtime gets no security fixes.",
		Types: []string{function}, Applies: func(r Resource, _ *Stack) bool { return r.At("packageType").Is("Image") != Yes },
		Check: func(v *Verdict, r Resource, _ *Stack) {
			supported := No
			for _, runtime := range runtimes {
				supported = supported.Or(r.At("runtime").Is(runtime))
			}
			v.Want(supported, "runtime = "+r.At("runtime").String()+", want one that AWS supports, such as provided.al2023")
		},
	},
	{
		ID: "Lambda.5", Title: "VPC Lambda functions should operate in multiple Availability Zones", Source: fsbp, Severity: Medium,
		Why:   "In one zone the function stops with it.",
		Types: []string{function}, Applies: func(r Resource, _ *Stack) bool { return r.At("vpcConfig").Set() == Yes },
		Check: func(v *Verdict, r Resource, _ *Stack) {
			subnets := r.At("vpcConfig", "subnetIds")
			enough := answer(len(subnets.Each()) >= 2)
			if subnets.Unknown() {
				enough = Maybe
			}
			v.Want(enough, "fewer than two subnets, want one in each of two zones")
		},
	},
	{
		ID: "Lambda.7", Title: "Lambda functions should have AWS X-Ray active tracing enabled", Source: nist, Severity: Low,
		Why:   "Without it a request's way through the shop ends at this function.",
		Types: []string{function}, Check: want([]any{"Active"}, "tracingConfig", "mode"),
	},
}

// eachContainer checks every container of a task definition.
func eachContainer(check func(*Verdict, Value)) func(*Verdict, Resource, *Stack) {
	return func(v *Verdict, r Resource, _ *Stack) {
		definitions := r.At("containerDefinitions")
		if definitions.Unknown() {
			v.Undecided = true
			return
		}
		v.IsSet(definitions.JSON(), "containers")
		for _, c := range definitions.JSON().Each() {
			check(v, c)
		}
	}
}

var ecsRules = []Rule{
	{
		ID: "ECS.2", Title: "ECS services should not have public IP addresses assigned to them automatically", Source: fsbp, Severity: High,
		Why:   "A public address makes a container reachable from the whole Internet.",
		Types: []string{ecsService}, Check: wantNot([]any{true}, "networkConfiguration", "assignPublicIp"),
	},
	{
		ID: "ECS.3", Title: "ECS task definitions should not share the host's process namespace", Source: fsbp, Severity: High,
		Why:   "It lets a container see and stop what runs beside it.",
		Types: []string{ecsTask}, Check: wantNot([]any{"host"}, "pidMode"),
	},
	{
		ID: "ECS.4", Title: "ECS containers should run as non-privileged", Source: fsbp, Severity: High,
		Why:   "A privileged container is root on its host.",
		Types: []string{ecsTask}, Check: eachContainer(func(v *Verdict, c Value) { v.IsNot(c.At("privileged"), true) }),
	},
	{
		ID: "ECS.5", Title: "ECS task definitions should configure containers to be limited to read-only access to root filesystems", Source: fsbp, Severity: High,
		Why:   "What cannot be written cannot be replaced by an attacker.",
		Types: []string{ecsTask}, Check: eachContainer(func(v *Verdict, c Value) { v.Is(c.At("readonlyRootFilesystem"), true) }),
	},
	{
		ID: "ECS.8", Title: "Secrets should not be passed as container environment variables", Source: fsbp, Severity: High,
		Why:   "Environment variables are shown to everybody who may describe the task.",
		Types: []string{ecsTask}, Check: eachContainer(func(v *Verdict, c Value) {
			for _, variable := range c.At("environment").Each() {
				v.IsNot(variable.At("name"), "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ECS_ENGINE_AUTH_DATA")
			}
		}),
	},
	{
		ID: "ECS.9", Title: "ECS task definitions should have a logging configuration", Source: fsbp, Severity: High,
		Why:   "What a container says is gone with it unless it is sent away.",
		Types: []string{ecsTask}, Check: eachContainer(func(v *Verdict, c Value) { v.IsSet(c.At("logConfiguration", "logDriver"), "awslogs") }),
	},
	{
		ID: "ECS.10", Title: "ECS Fargate services should run on the latest Fargate platform version", Source: fsbp, Severity: Medium,
		Why:   "Platform versions are Fargate's security fixes.",
		Types: []string{ecsService}, Check: func(v *Verdict, r Resource, _ *Stack) {
			version := r.At("platformVersion")
			v.Want(version.Set().Not().Or(version.Is("LATEST")).Or(version.Is("1.4.0")), "platformVersion = "+version.String()+", want LATEST")
		},
	},
	{
		ID: "ECS.12", Title: "ECS clusters should use Container Insights", Source: fsbp, Severity: Medium,
		Why:   "Without it nobody sees that a task runs out of memory.",
		Types: []string{ecsCluster}, Check: func(v *Verdict, r Resource, _ *Stack) {
			on := No
			for _, setting := range r.At("settings").Each() {
				on = on.Or(setting.At("name").Is("containerInsights").And(setting.At("value").Is("disabled").Not()))
			}
			v.Want(on, "no setting containerInsights, want enabled or enhanced")
		},
	},
	{
		ID: "ECS.16", Title: "ECS task sets should not automatically assign public IP addresses", Source: fsbp, Severity: High,
		Why:   "A public address makes a container reachable from the whole Internet.",
		Types: []string{"aws:ecs/taskSet:TaskSet"}, Check: wantNot([]any{true}, "networkConfiguration", "assignPublicIp"),
	},
	{
		ID: "ECS.20", Title: "ECS Task Definitions should configure non-root users in Linux container definitions", Source: fsbp, Severity: Medium,
		Why:   "Who breaks out of a container as root is root on its host, and inside it may change everything.",
		Types: []string{ecsTask}, Applies: func(r Resource, _ *Stack) bool {
			return r.At("runtimePlatform", "operatingSystemFamily").Matches(func(system string) bool { return strings.HasPrefix(system, "WINDOWS") }) != Yes
		},
		Check: eachContainer(func(v *Verdict, c Value) {
			v.IsSet(c.At("user"), "a user other than root")
			v.Want(c.At("user").Matches(root).Not(), c.At("user").path+" = "+c.At("user").String()+", want a user other than root")
		}),
	},
}

// root tells whether a container's user is root: by name or number, with or without a group.
func root(user string) bool {
	name, _, _ := strings.Cut(user, ":")
	return name == "root" || name == "0"
}

// imageRules are about where the images of container jobs come from.
var imageRules = []Rule{
	{
		ID: "ECR.1", Title: "ECR private repositories should have image scanning configured", Source: fsbp, Severity: High,
		Why:   "An image is as vulnerable as the libraries in it, of which new faults are found every week.",
		Types: []string{imageRepository}, Check: wantTrue("imageScanningConfiguration", "scanOnPush"),
	},
	{
		ID: "ECR.2", Title: "ECR private repositories should have tag immutability configured", Source: fsbp, Severity: Medium,
		Why:   "A tag that can be moved runs something else tomorrow than was tried today.",
		Types: []string{imageRepository}, Check: want([]any{"IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"}, "imageTagMutability"),
	},
	{
		ID: "ECR.3", Title: "ECR repositories should have at least one lifecycle policy configured", Source: fsbp, Severity: Medium,
		Why:   "Images that nobody runs are paid for and, forgotten, still pulled.",
		Types: []string{imageRepository}, Whole: true, Check: wantDependent([]string{"aws:ecr/lifecyclePolicy:LifecyclePolicy"}, "LifecyclePolicy for the repository", exists),
	},
}

var workflowRules = []Rule{
	{
		ID: "StepFunctions.1", Title: "Step Functions state machines should have logging turned on", Source: fsbp, Severity: Medium,
		Why:   "The log tells which step failed with which input, when the execution's history is gone.",
		Types: []string{stateMachine}, Check: want([]any{"ALL", "ERROR", "FATAL"}, "loggingConfiguration", "level"),
	},
}

var networkRules = []Rule{
	{
		ID: "EC2.2", Title: "VPC default security groups should not allow inbound or outbound traffic", Source: fsbp, Severity: High,
		Why:   "What names no security group falls into the default one: it must lead nowhere.",
		Types: []string{vpc}, Whole: true,
		Check: wantDependent([]string{defaultGroup}, "DefaultSecurityGroup for the VPC without ingress and egress", func(d Resource) Answer {
			return d.At("ingress").Set().Or(d.At("egress").Set()).Not()
		}),
	},
	{
		ID: "EC2.6", Title: "VPC flow logging should be enabled in all VPCs", Source: fsbp, Severity: Medium,
		Why:   "It tells who talked to whom when something got in.",
		Types: []string{vpc}, Whole: true, Check: wantDependent([]string{"aws:ec2/flowLog:FlowLog"}, "FlowLog for the VPC", exists),
	},
	{
		ID: "EC2.15", Title: "EC2 subnets should not automatically assign public IP addresses", Source: fsbp, Severity: Medium,
		Why:   "Whatever starts in such a subnet is on the Internet, meant or not.",
		Types: []string{"aws:ec2/subnet:Subnet"}, Check: wantNot([]any{true}, "mapPublicIpOnLaunch"),
	},
	{
		ID: "EC2.18", Title: "Security groups should only allow unrestricted incoming traffic for authorized ports", Source: fsbp, Severity: High,
		Why:   "Only 80 and 443 are for everybody; a database's or a shell's port open to the Internet is attacked within minutes.",
		Types: []string{securityGroup, groupRule, ingressRule},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			rules := []Value{{v: r.Inputs}}
			switch r.Type {
			case securityGroup:
				rules = r.At("ingress").Each()
			case groupRule:
				if r.At("type").Is("egress") == Yes {
					return
				}
			}
			for _, rule := range rules {
				everybody := No
				for _, key := range []string{"cidrBlocks", "ipv6CidrBlocks", "cidrIpv4", "cidrIpv6"} {
					everybody = everybody.Or(rule.At(key).Has("0.0.0.0/0")).Or(rule.At(key).Has("::/0"))
				}
				allowed := No
				for _, port := range []int{80, 443} {
					allowed = allowed.Or(rule.At("fromPort").Is(port).And(rule.At("toPort").Is(port)))
				}
				v.Want(everybody.Not().Or(allowed), "ports "+rule.At("fromPort").String()+"–"+rule.At("toPort").String()+" are open to everybody, want a security group as source")
			}
		},
	},
	{
		ID: "EC2.21", Title: "Network ACLs should not allow ingress from 0.0.0.0/0 to port 22 or port 3389", Source: fsbp, Severity: Medium,
		Why:   "Remote shells that the Internet reaches are tried by everybody, all the time.",
		Types: []string{networkACL, "aws:ec2/networkAclRule:NetworkAclRule", "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			rules := r.At("ingress").Each()
			if r.Type == "aws:ec2/networkAclRule:NetworkAclRule" {
				if r.At("egress").Is(true) == Yes {
					return
				}
				rules = []Value{{v: r.Inputs}}
			}
			for _, rule := range rules {
				v.Want(opensRemoteShell(rule).Not(), strings.TrimPrefix(rule.path+" lets everybody reach port 22 or 3389, want neither open", " "))
			}
		},
	},
}

// remoteShells are the ports that must never be open to everybody.
var remoteShells = []int{22, 3389}

// opensRemoteShell tells whether a rule of a network ACL lets everybody reach a port of remoteShells.
func opensRemoteShell(rule Value) Answer {
	everybody := rule.At("cidrBlock").Is("0.0.0.0/0").Or(rule.At("ipv6CidrBlock").Is("::/0"))
	// Protocols are given by name or number; -1 is all of them, on all ports.
	protocol := rule.At("protocol")
	found := protocol.Is("-1").Or(protocol.Is("all")).Or(protocol.Is(-1))
	for _, port := range remoteShells {
		found = found.Or(rule.At("fromPort").AtLeast(float64(port) + 1).Not().And(rule.At("toPort").AtLeast(float64(port))))
	}
	allows := rule.At("action").Is("allow").Or(rule.At("ruleAction").Is("allow"))
	return everybody.And(found).And(allows)
}

// asyncCallers are the services that call functions without waiting for an answer, by their principals.
var asyncCallers = []string{"events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com", "ses.amazonaws.com", "logs.amazonaws.com", "iot.amazonaws.com"}

// calledAsynchronously tells whether a service may call the function, or an alias of it, without waiting for an answer.
func calledAsynchronously(r Resource, s *Stack) bool {
	called := append(s.dependents(r, functionAlias), r)
	return slices.ContainsFunc(called, func(r Resource) bool {
		return slices.ContainsFunc(s.dependents(r, asyncConfig, schedule, invokePermission), func(caller Resource) bool {
			switch caller.Type {
			case invokePermission:
				return slices.Contains(asyncCallers, caller.At("principal").Text())
			case schedule:
				return caller.At("target", "input").JSON().At("keepWarm").Set() == No // a ping to keep it warm may be lost
			}
			return true
		})
	})
}

// readsStream tells whether an event source mapping reads a stream, which blocks at a record that fails.
func readsStream(r Resource, s *Stack) bool {
	arn := r.At("eventSourceArn").Text()
	return strings.Contains(arn, ":kinesis:") || strings.Contains(arn, ":dynamodb:") || len(s.dependencies(r, stream, table)) > 0
}
