package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/scheduler"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// invokeFunction is the permission to call a function; it has no variants for waiting and not waiting.
const invokeFunction = "lambda:InvokeFunction"

// GrantInvoke allows calling the function and links its ARN as <NAME>_FUNCTION_ARN. It is meant for a function that hands the rest of its
// work to another invocation; services talk through events and queues.
func (f *Function) GrantInvoke() policies.Grant {
	return policies.Grant{
		Statements: f.invocable().Statements,
		Links: []policies.Link{{
			Variable: variable(f.logicalName, "FUNCTION_ARN"), Value: f.ARN, Resource: f.logicalName + " (Function)",
		}},
	}
}

// invocable is the permission to call the function, without a link.
func (f *Function) invocable() policies.Grant {
	return policies.Grant{Statements: []policies.Statement{{
		Actions: []string{invokeFunction}, Resources: []pulumi.StringInput{f.ARN},
	}}}
}

// JobTarget makes the function a [JobTarget]. Scheduler does not wait for its answer: what becomes of an invocation that fails, its
// Async says.
func (f *Function) JobTarget() (scheduler.ScheduleTargetArgs, policies.Grant) {
	return scheduler.ScheduleTargetArgs{Arn: f.ARN}, f.invocable()
}

// Substitution lets a name in a workflow's definition stand for the function's ARN.
func (f *Function) Substitution() Substitution {
	return Substitution{
		Component:   f.logicalName + " (Function)",
		Value:       f.ARN,
		Permissions: map[string]policies.Grant{invokeFunction: f.invocable()},
	}
}
