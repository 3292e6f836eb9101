package components

import (
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// Destination is where Lambda reports what became of an asynchronous invocation.
type Destination interface {
	// DeliverTo is the destination's ARN and the permission to deliver there.
	DeliverTo() (arn pulumi.StringInput, permission policies.Grant)
}

// Limits and defaults of asynchronous invocation ("Configuring error handling settings" in the Lambda developer guide).
const (
	maxAttempts = 3
	minEventAge = time.Minute
	maxEventAge = 6 * time.Hour
)

// Async says what becomes of invocations that nobody waits for: by events, topics, schedules and other functions.
type Async struct {
	// MaxAttempts is how often Lambda tries an event altogether: 1–3. Default 3.
	MaxAttempts int
	// MaxEventAge is how long an event may wait for its next try: 1 min–6 h. Default 6 h.
	MaxEventAge time.Duration
	// OnFailure hears of events that failed for good, with the error. Default: a queue of the function's own, called
	// <name>-dlq, which keeps them 14 days and has an alarm.
	OnFailure Destination
	// OnSuccess hears of every event that succeeded, with the answer. Default: nobody.
	OnSuccess Destination
}

// newAsync creates the asynchronous settings, the destinations' permissions and, unless there is another destination, the
// dead-letter queue.
func (f *Function) newAsync(ctx *pulumi.Context, function *lambda.Function, role *iam.Role, args *FunctionArgs) error {
	name, a := f.logicalName, args.Async
	config := &lambda.FunctionEventInvokeConfigDestinationConfigArgs{}
	failure := a.OnFailure
	if failure == nil {
		queue, err := newDeadLetterQueue(ctx, f, name, deadLetters{
			what: "Events failed for good in function " + name + ".", alarms: args.Alarms,
		})
		if err != nil {
			return err
		}
		f.DeadLetterQueueURL = queue.Url
		f.deadLetters = append(f.deadLetters, queue.describe(FromFunction, f.ARN))
		failure = queue
	}
	arn, permission := failure.DeliverTo()
	config.OnFailure = &lambda.FunctionEventInvokeConfigDestinationConfigOnFailureArgs{Destination: arn.ToStringOutput()}
	permissions := []policies.Grant{permission}
	if a.OnSuccess != nil {
		arn, permission := a.OnSuccess.DeliverTo()
		config.OnSuccess = &lambda.FunctionEventInvokeConfigDestinationConfigOnSuccessArgs{Destination: arn.ToStringOutput()}
		permissions = append(permissions, permission)
	}
	policy, err := iam.NewRolePolicy(ctx, name+"-destinations", &iam.RolePolicyArgs{
		Role: role.Name, Policy: policies.Document(permissions...),
	}, pulumi.Parent(f))
	if err != nil {
		return err
	}
	invokeConfig := &lambda.FunctionEventInvokeConfigArgs{
		FunctionName:             function.Name,
		MaximumRetryAttempts:     pulumi.Int(or(a.MaxAttempts, maxAttempts) - 1),
		MaximumEventAgeInSeconds: pulumi.Int(int(or(a.MaxEventAge, maxEventAge).Seconds())),
		DestinationConfig:        config,
	}
	if f.alias != nil {
		invokeConfig.Qualifier = f.alias.Name
	}
	_, err = lambda.NewFunctionEventInvokeConfig(ctx, name+"-async", invokeConfig,
		pulumi.Parent(f), pulumi.DependsOn([]pulumi.Resource{policy})) // Lambda checks that the role may deliver
	return err
}

// DeadLetterQueues are the queue that keeps events on which the function failed for good, if it has one.
func (f *Function) DeadLetterQueues() []DeadLetterQueue { return f.deadLetters }

func (a *Async) validate(p *problems) {
	if a == nil {
		return
	}
	p.deliverable("Async.OnFailure", a.OnFailure)
	p.deliverable("Async.OnSuccess", a.OnSuccess)
	p.want(a.MaxAttempts >= 0 && a.MaxAttempts <= maxAttempts, "Async.MaxAttempts", a.MaxAttempts, "1–3, or 0 for the default of 3")
	p.want(a.MaxEventAge == 0 || a.MaxEventAge >= minEventAge && a.MaxEventAge <= maxEventAge && a.MaxEventAge%time.Second == 0,
		"Async.MaxEventAge", a.MaxEventAge, "1m–6h in whole seconds")
}

// DeliverTo makes the function a [Destination] of other functions.
func (f *Function) DeliverTo() (pulumi.StringInput, policies.Grant) {
	return f.ARN, policies.Grant{Statements: []policies.Statement{{
		Actions: []string{"lambda:InvokeFunction"}, Resources: []pulumi.StringInput{f.ARN},
	}}}
}
