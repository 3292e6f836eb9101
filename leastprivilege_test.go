package main

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/internal/leastprivilege"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

// permissionsFile is the proof's report.
const permissionsFile = "docs/reference/permissions.md"

const permissionsIntro = `# What each function may do

Made by ` + "`go test . -run LeastPrivilege -update`" + `, and checked to be current by the same test. It follows each function's code to the AWS
operations that it can reach, and holds the IAM actions they need against what the function's role grants, in every stack: a
grant too many fails the test, and so does one too few. Writing its own log and sending its traces, which every function
may do, is left out. Resources are shown as the tests' stand-in for AWS names them.

Which resource an action is used on is not read from the code: it comes in an environment variable, through types that several tables
share. That a function has the variables of the resources it is granted, and no others, is a test of its own; that it calls the right one
with each is shown by the shop on one machine, whose emulator refuses every call that the caller's role does not grant on that
resource. What Lambda does with a function's role, reading its events and reporting its failures, is left out too.

`

// TestShop_LeastPrivilege proves that every function may do exactly what its code can do.
func TestShop_LeastPrivilege(t *testing.T) {
	program, _, err := runShop(t, "prod", everything)
	require.NoError(t, err)
	resources := grantedBy(t, program)
	granted := map[string][]string{}
	for function, actions := range resources {
		granted[function] = slices.Sorted(maps.Keys(actions))
	}
	used, err := leastprivilege.Reachable(".", "./lambdas/...")
	require.NoError(t, err)
	require.Empty(t, leastprivilege.Compare(granted, used))
	for _, name := range stacks {
		requireExactRoles(t, name, used)
	}

	report := permissionsIntro + leastprivilege.Report(resources, used)
	if *update {
		require.NoError(t, os.MkdirAll("docs/reference", 0o755))
		require.NoError(t, os.WriteFile(permissionsFile, []byte(report), 0o600))
	}
	current, err := os.ReadFile(permissionsFile)
	require.NoError(t, err)
	require.Equal(t, string(current), report, "refresh with: go test . -run LeastPrivilege -update")
}

// requireExactRoles holds the roles of the functions that a stack deploys, which need not be all, against what their code uses.
func requireExactRoles(t *testing.T, stackName string, used map[string][]string) {
	t.Helper()
	program, _, err := runShop(t, stackName, nil)
	require.NoError(t, err)
	granted, usedHere := map[string][]string{}, map[string][]string{}
	for function, actions := range grantedBy(t, program) {
		granted[function], usedHere[function] = slices.Sorted(maps.Keys(actions)), used[function]
		require.Contains(t, used, function, "stack %s", stackName)
	}
	require.Empty(t, leastprivilege.Compare(granted, usedHere), "stack %s", stackName)
}

const rolePolicyType = "aws:iam/rolePolicy:RolePolicy"

// grantedBy reads the role that every function runs with: function → action → resources. All policies of the role count, whoever made them,
// but for what Lambda itself needs to read the function's events and to report what became of them: no code uses that.
func grantedBy(t *testing.T, program *mocks.Program) map[string]map[string][]string {
	t.Helper()
	granted := map[string]map[string][]string{}
	for _, f := range program.OfType(functionType) {
		arn := f.Inputs["role"].(string)
		role := arn[strings.LastIndexByte(arn, '/')+1:]
		actions := map[string][]string{}
		for _, r := range program.OfType(rolePolicyType) {
			if r.Inputs["role"] != role {
				continue
			}
			var byLambda map[string][]string
			if r.Name != f.Name+"-policy" {
				byLambda = usedByLambda(program, f.Name)
			}
			for action, resources := range allowedBy(t, r) {
				resources = slices.DeleteFunc(resources, func(on string) bool { return slices.Contains(byLambda[on], action) })
				if len(resources) > 0 {
					actions[action] = slices.Sorted(slices.Values(append(actions[action], resources...)))
				}
			}
		}
		granted[f.Name] = actions
	}
	for _, other := range []string{"rolePolicyAttachment:RolePolicyAttachment", "policyAttachment:PolicyAttachment", "rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"} {
		require.Empty(t, program.OfType("aws:iam/"+other), "a managed policy would grant more than the test sees")
	}
	for _, role := range program.OfType("aws:iam/role:Role") {
		require.NotContains(t, role.Inputs, "managedPolicyArns", "%s: a managed policy would grant more than the test sees", role.Name)
		require.NotContains(t, role.Inputs, "inlinePolicies", "%s: policies are resources of their own", role.Name)
	}
	return granted
}

// allowedBy reads a policy: action → resources.
func allowedBy(t *testing.T, policy mocks.Resource) map[string][]string {
	t.Helper()
	var document struct {
		Statement []struct {
			Effect           string
			Action, Resource []string
			Condition        policies.Conditions
		}
	}
	require.NoError(t, json.Unmarshal([]byte(policy.Inputs["policy"].(string)), &document), policy.Name)
	allowed := map[string][]string{}
	for _, s := range document.Statement {
		require.Equal(t, "Allow", s.Effect, policy.Name)
		if slices.Contains(s.Condition["Null"]["lambda:SourceFunctionArn"], "true") {
			continue // not for the function's code: its calls carry the ARN
		}
		for _, a := range s.Action {
			allowed[a] = append(allowed[a], s.Resource...)
		}
	}
	return allowed
}

var (
	// readingEvents are the actions by which Lambda reads a source of events, by the source's service.
	readingEvents = map[string][]string{
		"dynamodb": {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"},
		"kinesis":  {"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams"},
		"sqs":      {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
	}
	// delivering are those by which it reports to a destination.
	delivering = map[string][]string{"events": {"events:PutEvents"}, "lambda": {"lambda:InvokeFunction"}, "sns": {"sns:Publish"}, "sqs": {"sqs:SendMessage"}}
)

// usedByLambda are the actions that Lambda itself takes for a function: resource → actions.
func usedByLambda(program *mocks.Program, function string) map[string][]string {
	used := map[string][]string{}
	use := func(value any, by map[string][]string) {
		if arn, ok := value.(string); ok {
			used[arn] = append(used[arn], by[strings.SplitN(arn, ":", 4)[2]]...)
		}
	}
	destinations := func(r mocks.Resource, kinds ...string) {
		config, _ := r.Inputs["destinationConfig"].(map[string]any)
		for _, kind := range kinds {
			destination, _ := config[kind].(map[string]any)
			use(destination["destination"], delivering)
			use(destination["destinationArn"], delivering)
		}
	}
	isIts := func(r mocks.Resource) bool {
		name, _ := r.Inputs["functionName"].(string)
		return strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], "-1234567") == function
	}
	for _, source := range program.OfType("aws:lambda/eventSourceMapping:EventSourceMapping") {
		if isIts(source) {
			use(source.Inputs["eventSourceArn"], readingEvents)
			destinations(source, "onFailure")
		}
	}
	for _, config := range program.OfType("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig") {
		if isIts(config) {
			destinations(config, "onFailure", "onSuccess")
		}
	}
	return used
}

// TestShop_LeastPrivilegeSeesEveryPolicyOfARole plants grants beside those that components make, and takes code's grants for what they are.
func TestShop_LeastPrivilegeSeesEveryPolicyOfARole(t *testing.T) {
	const elsewhere, deadLetters = "arn:aws:sqs:eu-central-1:123456789012:queue/elsewhere", "arn:aws:sqs:eu-central-1:123456789012:queue/track-orders-dlq-1234567"
	program, _, err := runShop(t, "prod", nil)
	require.NoError(t, err)
	require.NotContains(t, grantedBy(t, program)["track-orders"], "sqs:SendMessage", "Lambda sends there, not the code")

	role := program.Get(t, rolePolicyType, "track-orders-policy").Inputs["role"]
	plant := func(name, actions string, on string) {
		program.Resources = append(program.Resources, mocks.Resource{Type: rolePolicyType, Name: name, Inputs: map[string]any{
			"role": role, "policy": `{"Statement": [{"Effect": "Allow", "Action": ["` + actions + `"], "Resource": ["` + on + `"]}]}`,
		}})
	}
	plant("by-hand", "sqs:SendMessage", elsewhere)
	require.Equal(t, []string{elsewhere}, grantedBy(t, program)["track-orders"]["sqs:SendMessage"])
	program.Resources = append(program.Resources, mocks.Resource{Type: rolePolicyType, Name: "network", Inputs: map[string]any{
		"role": role, "policy": `{"Statement": [{"Effect": "Allow", "Action": ["ec2:DescribeSubnets"], "Resource": ["*"], "Condition": {"Null": {"lambda:SourceFunctionArn": ["true"]}}}]}`,
	}})
	require.NotContains(t, grantedBy(t, program)["track-orders"], "ec2:DescribeSubnets", "Lambda connects the function, not the code")
	plant("more-by-hand", "sqs:PurgeQueue", deadLetters)
	require.Equal(t, []string{deadLetters}, grantedBy(t, program)["track-orders"]["sqs:PurgeQueue"])

	lent := program.Get(t, functionType, "track-orders")
	lent.Name, lent.Inputs = "borrower", map[string]any{"role": lent.Inputs["role"]}
	program.Resources = append(program.Resources, lent)
	require.Contains(t, grantedBy(t, program)["borrower"], "sqs:SendMessage", "a function with another's role may do what that one may")
}

func TestShop_NoWildcardsInRoles(t *testing.T) {
	for _, name := range stacks {
		program, _, err := runShop(t, name, nil)
		require.NoError(t, err)
		for function, actions := range grantedBy(t, program) {
			for action, on := range actions {
				require.NotContains(t, action, "*", function)
				if slices.Contains(on, "*") {
					require.True(t, policies.Unscoped(action), "%s: %s on every resource", function, action)
				}
			}
		}
	}
}
