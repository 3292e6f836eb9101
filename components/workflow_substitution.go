package components

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// Substitute is what a name in a workflow's definition can stand for: a [Function], [Table], [WorkQueue], [FanOutTopic], [EventBus],
// [Workflow] or [ContainerJob], or any [Text].
type Substitute interface {
	// Substitution is the value in the place of the name, and what the workflow's tasks may be allowed to do with it.
	Substitution() Substitution
}

// Substitutions are what the names in a workflow's definition stand for: {"ReserveStock": reserveStock} for ${ReserveStock}.
type Substitutions map[string]Substitute

// Substitution is what stands in the place of a name in a workflow's definition.
type Substitution struct {
	// Component says what it is, for error messages: orders (Table).
	Component string
	// Value is what tasks address it by: a function's ARN, a table's name, a queue's URL.
	Value pulumi.StringInput
	// Permissions are the grants by the IAM actions that tasks can take on it. The workflow's role gets those that its tasks need.
	Permissions map[string]policies.Grant
}

// permissionsOn allows each of the actions on one resource.
func permissionsOn(arn pulumi.StringInput, actions ...string) map[string]policies.Grant {
	permissions := map[string]policies.Grant{}
	for _, action := range actions {
		permissions[action] = policies.Grant{Statements: []policies.Statement{{
			Actions: []string{action}, Resources: []pulumi.StringInput{arn},
		}}}
	}
	return permissions
}

// Text lets a name in a workflow's definition stand for a value that is no component, such as a setting.
func Text(value pulumi.StringInput) Substitute {
	return textSubstitute{value}
}

type textSubstitute struct{ value pulumi.StringInput }

// Substitution implements [Substitute].
func (t textSubstitute) Substitution() Substitution {
	return Substitution{Component: "a Text", Value: t.value}
}

// Substitution lets a name in a workflow's definition stand for the table's name.
func (t *Table) Substitution() Substitution {
	return Substitution{
		Component: t.logicalName + " (Table)",
		Value:     t.Name,
		Permissions: permissionsOn(t.ARN, string(policies.GetItem), string(policies.PutItem), string(policies.UpdateItem),
			string(policies.DeleteItem)),
	}
}

// Substitution lets a name in a workflow's definition stand for the queue's URL.
func (q *WorkQueue) Substitution() Substitution {
	return Substitution{
		Component:   q.logicalName + " (WorkQueue)",
		Value:       q.URL,
		Permissions: map[string]policies.Grant{string(policies.SendMessage): {Statements: q.GrantSend().Statements}},
	}
}

// Substitution lets a name in a workflow's definition stand for the topic's ARN.
func (t *FanOutTopic) Substitution() Substitution {
	return Substitution{
		Component:   t.logicalName + " (FanOutTopic)",
		Value:       t.ARN,
		Permissions: map[string]policies.Grant{string(policies.Publish): {Statements: t.GrantPublish().Statements}},
	}
}

// Substitution lets a name in a workflow's definition stand for the bus's name.
func (b *EventBus) Substitution() Substitution {
	return Substitution{
		Component:   b.logicalName + " (EventBus)",
		Value:       b.Name,
		Permissions: map[string]policies.Grant{string(policies.PutEvents): {Statements: b.GrantPutEvents().Statements}},
	}
}

// Substitution lets a name in another workflow's definition stand for the workflow's ARN.
func (w *Workflow) Substitution() Substitution {
	permissions := map[string]policies.Grant{}
	if w.kind != Express { // whose executions cannot be described, and so not be waited for by .sync
		permissions = permissionsOn(w.executions(), string(policies.DescribeExecution), string(policies.StopExecution))
	}
	permissions[string(policies.StartExecution)] = policies.Grant{Statements: w.GrantStart().Statements}
	return Substitution{Component: fmt.Sprintf("%s (%s Workflow)", w.logicalName, w.kind), Value: w.ARN, Permissions: permissions}
}

// executions stands for all executions of the workflow.
func (w *Workflow) executions() pulumi.StringOutput {
	return w.ARN.ApplyT(func(arn string) string {
		return strings.Replace(arn, ":stateMachine:", ":execution:", 1) + ":*"
	}).(pulumi.StringOutput)
}
