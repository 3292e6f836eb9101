// Package mocks runs Pulumi programs in tests, without an engine or a provider, and records what they register.
package mocks

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
)

// The project, stack, account and region that every program under test finds itself in.
const (
	Project = "shop"
	Stack   = "test"
	Account = "123456789012"
	Region  = "eu-central-1"
)

// Resource is one registered resource.
type Resource struct {
	// Type is the Pulumi type token, such as aws:lambda/function:Function.
	Type string
	// Name is the logical name.
	Name string
	// Inputs are what the program asked for, as plain Go values (map[string]any, []any, string, float64, bool).
	// Secrets are unwrapped; assets are *resource.Asset or *resource.Archive.
	Inputs map[string]any
	// Parent is the logical name of the parent component, if any.
	Parent string
	// Secrets are the inputs that are secrets, as paths such as providerDetails.client_secret, sorted.
	Secrets []string
	// SecretOutputs are the outputs that are to be kept as secrets.
	SecretOutputs []string
	// Protect tells whether the resource is protected from deletion.
	Protect bool
	// RetainOnDelete tells whether the resource stays in AWS when it is deleted or replaced.
	RetainOnDelete bool
	// Provider is the reference of the resource's provider, which holds its name, if the program chose one.
	Provider string
	// IgnoreChanges are the inputs whose changes are not acted upon.
	IgnoreChanges []string
	// Dependencies are the URNs of the resources whose outputs went into the inputs, and of those that it waits for.
	Dependencies []string
}

// Program is the record of one run.
type Program struct {
	// Resources are all registered resources, components included, in the order of their registration.
	Resources []Resource

	mu sync.Mutex
}

// Run runs a program with a configuration, whose keys carry their namespace (shop:logLevel), and returns what it
// registered together with the program's error.
func Run(program pulumi.RunFunc, config map[string]string) (*Program, error) {
	return RunStack(program, Stack, config)
}

// RunStack is [Run] for a stack of a given name.
func RunStack(program pulumi.RunFunc, stack string, config map[string]string) (*Program, error) {
	recorded := &Program{}
	err := pulumi.RunErr(program, pulumi.WithMocks(Project, stack, recorded), func(info *pulumi.RunInfo) { info.Config = config })
	return recorded, err
}

// MustRun is [Run] without a configuration for a program that is expected to succeed.
func MustRun(tb testing.TB, program pulumi.RunFunc) *Program {
	tb.Helper()
	recorded, err := Run(program, nil)
	require.NoError(tb, err)
	return recorded
}

// Get returns the inputs of the only resource with this type and name.
func (p *Program) Get(tb testing.TB, typ, name string) Resource {
	tb.Helper()
	var found []Resource
	for _, r := range p.OfType(typ) {
		if r.Name == name {
			found = append(found, r)
		}
	}
	require.Len(tb, found, 1, "resources of type %s called %s", typ, name)
	return found[0]
}

// OfType returns all resources with this type.
func (p *Program) OfType(typ string) []Resource {
	var found []Resource
	for _, r := range p.Resources {
		if r.Type == typ {
			found = append(found, r)
		}
	}
	return found
}

// NewResource records a registration and answers with what AWS would have made of it.
func (p *Program) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	record := Resource{Type: args.TypeToken, Name: args.Name, Provider: args.Provider, Inputs: plain(args.Inputs).(map[string]any)}
	record.Secrets = secrets(resource.NewObjectProperty(args.Inputs), "")
	if rpc := args.RegisterRPC; rpc != nil {
		record.SecretOutputs = rpc.GetAdditionalSecretOutputs()
		record.Protect = rpc.GetProtect()
		record.RetainOnDelete = rpc.GetRetainOnDelete()
		record.IgnoreChanges = rpc.GetIgnoreChanges()
		record.Dependencies = rpc.GetDependencies()
		if parent := rpc.GetParent(); parent != "" {
			record.Parent = resource.URN(parent).Name()
		}
	}
	p.mu.Lock()
	p.Resources = append(p.Resources, record)
	p.mu.Unlock()
	return args.Name + "-id", outputs(args), nil
}

// Call answers the invokes that components use.
func (p *Program) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	answers := map[string]map[string]any{
		"aws:index/getRegion:getRegion": {"name": Region, "id": Region},
		"aws:index/getAvailabilityZones:getAvailabilityZones": {
			"names": []any{Region + "c", Region + "a", Region + "b"}, "id": Region,
		},
		"aws:index/getPartition:getPartition":           {"partition": "aws", "dnsSuffix": "amazonaws.com", "id": "aws"},
		"aws:index/getCallerIdentity:getCallerIdentity": {"accountId": Account},
		"aws:secretsmanager/getSecretVersion:getSecretVersion": {
			"secretString": "text of " + text(args.Args["secretId"]), "id": text(args.Args["secretId"]),
		},
	}
	answer, known := answers[args.Token]
	if !known {
		return nil, fmt.Errorf("no answer for the invoke %s: add one to package mocks", args.Token)
	}
	return resource.NewPropertyMapFromMap(answer), nil
}

// outputs are the inputs, a physical name and what AWS computes.
func outputs(args pulumi.MockResourceArgs) resource.PropertyMap {
	out := args.Inputs.Copy()
	set := func(key resource.PropertyKey, value string) {
		if _, given := out[key]; !given {
			out[key] = resource.NewStringProperty(value)
		}
	}
	service := strings.SplitN(strings.TrimPrefix(args.TypeToken, "aws:"), "/", 2)[0]
	physical := args.Name + "-1234567"
	if prefix, given := out["namePrefix"]; given {
		physical = prefix.StringValue() + "1234567"
	}
	set("name", physical)
	arn := fmt.Sprintf("arn:aws:%s:%s:%s:%s/%s", service, Region, Account, lastWord(args.TypeToken), physical)
	switch args.TypeToken {
	case "aws:apigatewayv2/api:Api":
		scheme := "https"
		if out["protocolType"].StringValue() == "WEBSOCKET" {
			scheme = "wss"
		}
		set("apiEndpoint", fmt.Sprintf(scheme+"://%s-id.execute-api.%s.amazonaws.com", args.Name, Region))
		set("executionArn", fmt.Sprintf("arn:aws:execute-api:%s:%s:%s-id", Region, Account, args.Name))
	case "aws:apigateway/restApi:RestApi":
		set("rootResourceId", args.Name+"-root")
		set("executionArn", fmt.Sprintf("arn:aws:execute-api:%s:%s:%s-id", Region, Account, args.Name))
		arn = fmt.Sprintf("arn:aws:apigateway:%s::/restapis/%s-id", Region, args.Name)
	case "aws:apigateway/stage:Stage":
		set("invokeUrl", fmt.Sprintf("https://%s.execute-api.%s.amazonaws.com/%s", out["restApi"].StringValue(), Region, out["stageName"].StringValue()))
		arn = fmt.Sprintf("arn:aws:apigateway:%s::/restapis/%s/stages/%s", Region, out["restApi"].StringValue(), out["stageName"].StringValue())
	case "aws:apigateway/apiKey:ApiKey":
		set("value", args.Name+"-value")
	case "aws:apigatewayv2/domainName:DomainName":
		configuration := out["domainNameConfiguration"].ObjectValue().Copy()
		configuration["targetDomainName"] = resource.NewStringProperty("d-1234567.execute-api." + Region + ".amazonaws.com")
		configuration["hostedZoneId"] = resource.NewStringProperty("Z1REGIONAL")
		out["domainNameConfiguration"] = resource.NewObjectProperty(configuration)
	case "aws:appsync/graphQLApi:GraphQLApi":
		arn = fmt.Sprintf("arn:aws:appsync:%s:%s:apis/%s-id", Region, Account, args.Name)
		out["uris"] = resource.NewObjectProperty(resource.NewPropertyMapFromMap(map[string]any{
			"GRAPHQL":  fmt.Sprintf("https://%s-id.appsync-api.%s.amazonaws.com/graphql", args.Name, Region),
			"REALTIME": fmt.Sprintf("wss://%s-id.appsync-realtime-api.%s.amazonaws.com/graphql", args.Name, Region),
		}))
	case "aws:appsync/apiKey:ApiKey":
		set("key", "da2-"+args.Name)
	case "aws:cloudfront/distribution:Distribution":
		set("domainName", args.Name+".cloudfront.net")
		set("hostedZoneId", "Z2FDTNDATAQYW2")
	case "aws:cognito/userPool:UserPool":
		set("endpoint", fmt.Sprintf("cognito-idp.%s.amazonaws.com/%s-id", Region, args.Name))
	case "aws:cognito/userPoolClient:UserPoolClient":
		if out["generateSecret"].BoolValue() {
			set("clientSecret", "secret of "+args.Name)
		}
	case "aws:dynamodb/table:Table":
		if _, streamed := out["streamViewType"]; streamed {
			set("streamArn", arn+"/stream/2026-01-01T00:00:00.000")
		}
	case "aws:cloudwatch/eventBus:EventBus":
		arn = fmt.Sprintf("arn:aws:events:%s:%s:event-bus/%s", Region, Account, physical)
	case "aws:cloudwatch/eventRule:EventRule":
		bus := ""
		if name := out["eventBusName"]; name.IsString() {
			bus = name.StringValue() + "/"
		}
		arn = fmt.Sprintf("arn:aws:events:%s:%s:rule/%s%s", Region, Account, bus, physical)
	case "aws:sqs/queue:Queue":
		set("url", fmt.Sprintf("https://sqs.%s.amazonaws.com/%s/%s", Region, Account, physical))
	case "aws:scheduler/schedule:Schedule":
		arn = fmt.Sprintf("arn:aws:scheduler:%s:%s:schedule/%s/%s", Region, Account, out["groupName"].StringValue(), physical)
	case "aws:scheduler/scheduleGroup:ScheduleGroup":
		arn = fmt.Sprintf("arn:aws:scheduler:%s:%s:schedule-group/%s", Region, Account, physical)
	case "aws:sfn/stateMachine:StateMachine":
		arn = fmt.Sprintf("arn:aws:states:%s:%s:stateMachine:%s", Region, Account, physical)
	case "aws:ec2/vpcEndpoint:VpcEndpoint":
		if out["vpcEndpointType"].StringValue() == "Gateway" {
			set("prefixListId", "pl-"+args.Name)
		}
	case "aws:rds/cluster:Cluster":
		set("clusterIdentifier", out["clusterIdentifierPrefix"].StringValue()+"1234567")
		set("clusterResourceId", "cluster-"+strings.ToUpper(args.Name))
		set("endpoint", args.Name+".cluster-1234567."+Region+".rds.amazonaws.com")
		set("readerEndpoint", args.Name+".cluster-ro-1234567."+Region+".rds.amazonaws.com")
		out["masterUserSecrets"] = resource.NewPropertyValue([]any{map[string]any{
			"secretArn": fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:rds!cluster-%s", Region, Account, args.Name),
		}})
	case "aws:rds/proxy:Proxy":
		set("endpoint", args.Name+".proxy-1234567."+Region+".rds.amazonaws.com")
		arn = fmt.Sprintf("arn:aws:rds:%s:%s:db-proxy:prx-%s", Region, Account, args.Name)
	case "aws:ecs/taskDefinition:TaskDefinition":
		arn = fmt.Sprintf("arn:aws:ecs:%s:%s:task-definition/%s:1", Region, Account, out["family"].StringValue())
	case "aws:lambda/function:Function":
		set("invokeArn", "arn:aws:apigateway:"+Region+":lambda:path/2015-03-31/functions/"+arn+"/invocations")
	case "aws:s3/bucketV2:BucketV2":
		set("bucket", physical)
		set("bucketRegionalDomainName", fmt.Sprintf("%s.s3.%s.amazonaws.com", physical, Region))
		arn = "arn:aws:s3:::" + physical
	}
	set("arn", arn)
	return out
}

func lastWord(typ string) string {
	return strings.ToLower(typ[strings.LastIndex(typ, ":")+1:])
}

// text is the value if it is known and a text.
func text(value resource.PropertyValue) string {
	known, _ := plain(value).(string)
	return known
}

// secrets lists the paths of the secrets in a value.
func secrets(value resource.PropertyValue, path string) []string {
	switch {
	case value.IsSecret(), value.IsOutput() && value.OutputValue().Secret:
		return []string{path}
	case value.IsOutput():
		return secrets(value.OutputValue().Element, path)
	}
	var found []string
	if value.IsObject() {
		for key, item := range value.ObjectValue() {
			found = append(found, secrets(item, strings.TrimPrefix(path+"."+string(key), "."))...)
		}
	}
	if value.IsArray() {
		for i, item := range value.ArrayValue() {
			found = append(found, secrets(item, fmt.Sprintf("%s[%d]", path, i))...)
		}
	}
	slices.Sort(found)
	return found
}

// plain turns property values into Go values that tests can compare.
func plain(value any) any {
	switch v := value.(type) {
	case resource.PropertyMap:
		out := map[string]any{}
		for key, item := range v {
			out[string(key)] = plain(item)
		}
		return out
	case resource.PropertyValue:
		switch {
		case v.IsObject():
			return plain(v.ObjectValue())
		case v.IsArray():
			out := []any{}
			for _, item := range v.ArrayValue() {
				out = append(out, plain(item))
			}
			return out
		case v.IsSecret():
			return plain(v.SecretValue().Element)
		case v.IsOutput():
			return plain(v.OutputValue().Element)
		}
		return v.V
	}
	return value
}

// Children lists the names of the resources below a component, sorted, each with its type: "aws:iam/role:Role orders-role".
func (p *Program) Children(parent string) []string {
	var names []string
	for _, r := range p.Resources {
		if r.Parent == parent {
			names = append(names, r.Type+" "+r.Name)
		}
	}
	slices.Sort(names)
	return names
}
