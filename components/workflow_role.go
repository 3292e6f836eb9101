package components

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components/asl"
	"github.com/serverless-shop/serverless-shop/policies"
)

// taskIntegration is a service that tasks can call, and what the workflow's role needs for it ("Integrating services with Step
// Functions" in the developer guide).
type taskIntegration struct {
	// parameter is where the task names what it works on; [] stands for every item of a list.
	parameter string
	// besides are further parameters without which every call fails, though Step Functions takes the definition; of each group, one.
	besides [][]string
	// actions are needed always.
	actions []string
	// jobActions are needed besides to wait for the end of a job, .sync.
	jobActions []string
	// jobRule is the rule on the default bus by which Step Functions hears of the job's end.
	jobRule string
	// patterns are how a task can wait beyond the service's answer.
	patterns []string
}

// taskIntegrations by their names in a task's Resource.
var taskIntegrations = map[string]taskIntegration{
	"lambda:invoke":       {parameter: "FunctionName", actions: []string{invokeFunction}, patterns: []string{waitForToken}},
	"sqs:sendMessage":     {parameter: "QueueUrl", actions: []string{string(policies.SendMessage)}, patterns: []string{waitForToken}},
	"sns:publish":         {parameter: "TopicArn", actions: []string{string(policies.Publish)}, patterns: []string{waitForToken}},
	"dynamodb:getItem":    {parameter: "TableName", actions: []string{string(policies.GetItem)}},
	"dynamodb:putItem":    {parameter: "TableName", actions: []string{string(policies.PutItem)}},
	"dynamodb:updateItem": {parameter: "TableName", actions: []string{string(policies.UpdateItem)}},
	"dynamodb:deleteItem": {parameter: "TableName", actions: []string{string(policies.DeleteItem)}},
	"events:putEvents":    {parameter: "Entries[].EventBusName", actions: []string{string(policies.PutEvents)}, patterns: []string{waitForToken}},
	"states:startExecution": {
		parameter:  "StateMachineArn",
		actions:    []string{string(policies.StartExecution)},
		jobActions: []string{string(policies.DescribeExecution), string(policies.StopExecution)},
		jobRule:    "StepFunctionsGetEventsForStepFunctionsExecutionRule",
		patterns:   []string{"sync", "sync:2", waitForToken},
	},
	"ecs:runTask": {
		parameter:  "TaskDefinition",
		besides:    [][]string{{"Cluster"}, {"LaunchType", "CapacityProviderStrategy"}, {"NetworkConfiguration"}}, // a ContainerJob is for Fargate
		actions:    []string{"ecs:RunTask"},
		jobActions: []string{"ecs:StopTask", "ecs:DescribeTasks"},
		jobRule:    "StepFunctionsGetEventsForECSTaskRule",
		patterns:   []string{"sync", waitForToken},
	},
}

const waitForToken = "waitForTaskToken"

// jobRuleActions are how Step Functions keeps the rule by which it hears of the end of jobs.
var jobRuleActions = []string{"events:PutTargets", "events:PutRule", "events:DescribeRule"}

// workflowNeeds is what a workflow's role must allow.
type workflowNeeds struct {
	grants   []policies.Grant
	jobRules []string
}

// taskNeeds derives what the role must allow from what the tasks do. Its errors say which task it cannot be derived from.
func taskNeeds(tasks []asl.Task, substitutions map[string]Substitution) (workflowNeeds, []error) {
	var needs workflowNeeds
	var found []error
	for _, task := range tasks {
		if err := needs.add(task, substitutions); err != nil {
			found = append(found, err...)
		}
	}
	slices.Sort(needs.jobRules)
	needs.jobRules = slices.Compact(needs.jobRules)
	return needs, found
}

func (n *workflowNeeds) add(task asl.Task, substitutions map[string]Substitution) []error {
	if task.OtherRole {
		return []error{task.Errorf("Credentials, want none: the workflow works with its own role, which nobody else's trusts")}
	}
	if name, ok := asl.Sole(task.Resource); ok {
		return n.allow(task, "Resource", name, substitutions, []string{invokeFunction})
	}
	i, ok := task.Integration()
	if !ok {
		return []error{task.Errorf("Resource = %q, want a function such as ${ReserveStock} or a service such as arn:aws:states:::sqs:sendMessage", task.Resource)}
	}
	name := i.Service + ":" + i.Action
	integration, known := taskIntegrations[name]
	if !known {
		return []error{task.Errorf("Resource = %q, want one of the services whose permissions are known: %s",
			task.Resource, strings.Join(slices.Sorted(maps.Keys(taskIntegrations)), ", "))}
	}
	if i.Pattern != "" && !slices.Contains(integration.patterns, i.Pattern) {
		return []error{task.Errorf("Resource = %q, want %s without .%s, which it does not know", task.Resource, name, i.Pattern)}
	}
	actions := integration.actions
	if strings.HasPrefix(i.Pattern, "sync") {
		actions = slices.Concat(actions, integration.jobActions)
		n.jobRules = append(n.jobRules, integration.jobRule)
	}
	var found []error
	for _, group := range integration.besides {
		if !slices.ContainsFunc(group, func(p string) bool { return task.Parameters[p] != nil || task.Parameters[p+".$"] != nil }) {
			found = append(found, task.Errorf("Parameters.%s missing, want it, since %s fails without", strings.Join(group, " or "), name))
		}
	}
	for field, value := range parametersAt(task.Parameters, integration.parameter) {
		text, _ := value.(string)
		name, ok := asl.Sole(text)
		if !ok {
			found = append(found, task.Errorf("%s = %q, want a substitution such as ${Name}, so that the role can be limited to it", field, text))
			continue
		}
		found = append(found, n.allow(task, field, name, substitutions, actions)...)
	}
	return found
}

// allow adds the permissions for what a name stands for.
func (n *workflowNeeds) allow(task asl.Task, field, name string, substitutions map[string]Substitution, actions []string) []error {
	substitution, known := substitutions[name]
	if !known {
		return nil // reported once for all
	}
	for _, action := range actions {
		permission, offered := substitution.Permissions[action]
		if !offered {
			return []error{task.Errorf("%s = \"${%s}\", want what allows %s; it is %s", field, name, action, substitution.Component)}
		}
		n.grants = append(n.grants, permission)
	}
	return nil
}

// parametersAt finds a task's parameters: "TableName", or "Entries[].EventBusName" in each item of a list. What is missing is nil.
func parametersAt(parameters map[string]any, path string) map[string]any {
	list, field, nested := strings.Cut(path, "[].")
	if !nested {
		return map[string]any{"Parameters." + path: parameters[path]}
	}
	items, _ := parameters[list].([]any)
	found := map[string]any{}
	for i, item := range items {
		entry, _ := item.(map[string]any)
		found[fmt.Sprintf("Parameters.%s[%d].%s", list, i, field)] = entry[field]
	}
	if len(found) == 0 {
		found["Parameters."+list] = nil
	}
	return found
}

// all are the grants of the role, besides its log and traces. home is an ARN of the same partition, region and account.
func (n workflowNeeds) all(home pulumi.StringOutput) []policies.Grant {
	grants := slices.Clone(n.grants)
	for _, rule := range n.jobRules {
		arn := arnBeside(home, "events", "rule/"+rule)
		grants = append(grants, policies.Grant{Statements: []policies.Statement{{
			Actions: jobRuleActions, Resources: []pulumi.StringInput{arn},
		}}})
	}
	return grants
}

// arnBeside is the ARN of a service's resource in the partition, region and account of another ARN.
func arnBeside(home pulumi.StringOutput, service, resource string) pulumi.StringOutput {
	return home.ApplyT(func(arn string) (string, error) {
		parts := strings.SplitN(arn, ":", 6)
		if len(parts) != 6 {
			return "", fmt.Errorf("ARN %q: want arn:partition:service:region:account:resource", arn)
		}
		return strings.Join([]string{"arn", parts[1], service, parts[3], parts[4], resource}, ":"), nil
	}).(pulumi.StringOutput)
}
