package components

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/scheduler"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components/asl"
	"github.com/serverless-shop/serverless-shop/policies"
)

// WorkflowType is how Step Functions runs and bills a workflow.
type WorkflowType string

const (
	// Standard runs each step exactly once, for up to a year, and keeps the history of every execution. $0.025 per 1,000 transitions.
	// The default.
	Standard WorkflowType = "STANDARD"
	// Express runs at least once, for up to five minutes, by the hundred thousand a second, and is billed by time and memory.
	// Its only history is its log.
	Express WorkflowType = "EXPRESS"
)

// LogLevel is what a workflow writes to its log.
type LogLevel string

const (
	// LogAll logs every event. The default of [Express] workflows, which have no other history.
	LogAll LogLevel = "ALL"
	// LogErrors logs every error, caught or not. The default of [Standard] workflows.
	LogErrors LogLevel = "ERROR"
	// LogFatal logs executions that fail.
	LogFatal LogLevel = "FATAL"
)

// maxWorkflowName leaves room for -role in a role's name.
const maxWorkflowName = maxNamePart - len("-role")

// WorkflowArgs describes a Step Functions state machine.
type WorkflowArgs struct {
	// DefinitionFile is the definition in the Amazon States Language, relative to the Pulumi program, such as workflows/order.asl.json.
	// Required. It is checked during preview: see package [github.com/serverless-shop/serverless-shop/components/asl].
	DefinitionFile string
	// Substitutions are what the names in the definition stand for: "ReserveStock" for ${ReserveStock}. Every name must have a value
	// and every value must be used. The workflow's role follows from what its tasks do with them.
	Substitutions Substitutions
	// Type is how the workflow runs. Default [Standard].
	Type WorkflowType
	// Waivers are the Task states that may lack Retry, Catch or a time limit, each with the reason. Default: none may.
	Waivers map[string]string
	// LogLevel is what the log gets. Default [LogErrors], or [LogAll] for [Express].
	LogLevel LogLevel
	// LogExecutionData also logs input and output of the steps, with whatever of customers' data is in them.
	LogExecutionData bool
	// LogRetentionDays is one of the values that CloudWatch Logs accepts: 1, 3, 5, 7, 14, 30, 60, 90, … 3653.
	// Default 30.
	LogRetentionDays int
	// DisableTracing switches X-Ray off.
	DisableTracing bool
	// Alarms says who hears of executions that fail, time out or are throttled.
	Alarms Alarms
}

// Workflow is a Step Functions state machine with its own role, which may do exactly what its tasks do, and its own log group.
type Workflow struct {
	pulumi.ResourceState

	// Name is the physical name of the state machine.
	Name pulumi.StringOutput
	// ARN of the state machine.
	ARN pulumi.StringOutput
	// RoleARN is the role that the tasks run with.
	RoleARN pulumi.StringOutput
	// LogGroup is the name of the log group that the workflow writes to.
	LogGroup pulumi.StringOutput

	logicalName string
	kind        WorkflowType
}

// NewWorkflow checks the definition and creates the state machine, its role and its log group.
func NewWorkflow(ctx *pulumi.Context, name string, args *WorkflowArgs, opts ...pulumi.ResourceOption) (*Workflow, error) {
	if args == nil {
		args = &WorkflowArgs{}
	}
	plan, err := args.validate(name)
	if err != nil {
		return nil, err
	}
	w := &Workflow{logicalName: name, kind: or(args.Type, Standard)}
	if err := ctx.RegisterComponentResource(token("Workflow"), name, w, opts...); err != nil {
		return nil, wrap("Workflow", name, err)
	}
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-logs", &cloudwatch.LogGroupArgs{
		// Under this prefix log delivery needs no entry of its own in the account's resource policy, whose size is limited.
		NamePrefix:      pulumi.String("/aws/vendedlogs/states/" + name + "-"),
		RetentionInDays: pulumi.Int(or(args.LogRetentionDays, defaultLogRetentionDays)),
	}, pulumi.Parent(w), keepsItsName())
	if err != nil {
		return nil, wrap("Workflow", name, err)
	}
	role, policy, err := w.newRole(ctx, logs, plan.needs, args)
	if err != nil {
		return nil, wrap("Workflow", name, err)
	}
	machine, err := sfn.NewStateMachine(ctx, name, &sfn.StateMachineArgs{
		NamePrefix: pulumi.String(name + "-"), // which the role's trust policy names
		Type:       pulumi.String(string(w.kind)),
		RoleArn:    role.Arn,
		Definition: plan.text(),
		LoggingConfiguration: &sfn.StateMachineLoggingConfigurationArgs{
			Level:                pulumi.String(string(args.logLevel())),
			IncludeExecutionData: pulumi.Bool(args.LogExecutionData),
			LogDestination:       pulumi.Sprintf("%s:*", logs.Arn),
		},
		TracingConfiguration: &sfn.StateMachineTracingConfigurationArgs{Enabled: pulumi.Bool(!args.DisableTracing)},
	}, pulumi.Parent(w), pulumi.DependsOn([]pulumi.Resource{policy})) // Step Functions checks that the role may deliver logs
	if err != nil {
		return nil, wrap("Workflow", name, err)
	}
	w.Name, w.ARN, w.RoleARN, w.LogGroup = machine.Name, machine.Arn, role.Arn, logs.Name
	if err := newAlarms(ctx, w, name, args.Alarms, w.alarms()...); err != nil {
		return nil, wrap("Workflow", name, err)
	}
	return w, ctx.RegisterResourceOutputs(w, pulumi.Map{
		"name": w.Name, "arn": w.ARN, "roleArn": w.RoleARN, "logGroup": w.LogGroup,
	})
}

// newRole creates the role and its only policy: what the tasks do, the log and the traces. Only workflows of this name can take it on.
func (w *Workflow) newRole(ctx *pulumi.Context, logs *cloudwatch.LogGroup, needs workflowNeeds, args *WorkflowArgs) (*iam.Role, *iam.RolePolicy, error) {
	name := w.logicalName
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description: pulumi.String("What the workflow " + name + " may do"),
		AssumeRolePolicy: arnBeside(logs.Arn, "states", "stateMachine:"+name+"-*").ApplyT(func(arn string) string {
			return trustPolicy("states.amazonaws.com", policies.Conditions{
				"StringEquals": {"aws:SourceAccount": {accountOf(arn)}},
				"ArnLike":      {"aws:SourceArn": {arn}},
			})
		}).(pulumi.StringOutput),
	}, pulumi.Parent(w))
	if err != nil {
		return nil, nil, err
	}
	grants := append(needs.all(logs.Arn), policies.DeliverLogs(arnBeside(logs.Arn, "logs", "log-group:*")))
	if !args.DisableTracing {
		grants = append(grants, policies.TraceWorkflow())
	}
	policy, err := iam.NewRolePolicy(ctx, name+"-policy", &iam.RolePolicyArgs{
		Role: role.Name, Policy: policies.Document(grants...),
	}, pulumi.Parent(w))
	return role, policy, err
}

// alarms of a workflow: it fails, it takes too long, it is turned away.
func (w *Workflow) alarms() []alarm {
	on := func(role, metric, description string) alarm {
		return alarm{
			role: role, description: description, namespace: "AWS/States", metric: metric, statistic: "Sum",
			dimensions: map[string]pulumi.StringInput{"StateMachineArn": w.ARN}, threshold: 1, period: 5 * time.Minute,
		}
	}
	return []alarm{
		on("failed", "ExecutionsFailed", "Executions of the workflow "+w.logicalName+" fail. Its log group has the reasons."),
		on("timed-out", "ExecutionsTimedOut", "Executions of the workflow "+w.logicalName+" exceed its time limit."),
		on("throttled", "ExecutionThrottled", "The workflow "+w.logicalName+" is throttled: the account's transitions are used up."),
	}
}

// GrantStart allows starting executions and links the workflow's ARN as <NAME>_WORKFLOW_ARN.
func (w *Workflow) GrantStart() policies.Grant {
	return w.Grant(policies.StartExecution)
}

// Grant allows the actions on the workflow and links its ARN as <NAME>_WORKFLOW_ARN.
func (w *Workflow) Grant(actions ...policies.WorkflowAction) policies.Grant {
	if slices.Contains(actions, policies.StartSyncExecution) && w.kind != Express {
		return policies.Invalid(fmt.Errorf("%s (Workflow): grant %s: only an EXPRESS workflow can be waited for", w.logicalName, policies.StartSyncExecution))
	}
	return policies.Grant{
		Statements: []policies.Statement{policies.Allow(actions, w.ARN)},
		Links:      []policies.Link{w.link()},
	}
}

// GrantExecutions allows the actions on all executions of the workflow and links its ARN as <NAME>_WORKFLOW_ARN.
func (w *Workflow) GrantExecutions(actions ...policies.ExecutionAction) policies.Grant {
	if w.kind == Express {
		return policies.Invalid(fmt.Errorf("%s (Workflow): grant %v on executions: those of an EXPRESS workflow are in its log only", w.logicalName, actions))
	}
	return policies.Grant{
		Statements: []policies.Statement{policies.Allow(actions, w.executions())},
		Links:      []policies.Link{w.link()},
	}
}

func (w *Workflow) link() policies.Link {
	return policies.Link{Variable: variable(w.logicalName, "WORKFLOW_ARN"), Value: w.ARN, Resource: w.logicalName + " (Workflow)"}
}

// JobTarget makes the workflow a [JobTarget].
func (w *Workflow) JobTarget() (scheduler.ScheduleTargetArgs, policies.Grant) {
	return scheduler.ScheduleTargetArgs{Arn: w.ARN}, policies.Grant{Statements: w.GrantStart().Statements}
}

func (a *WorkflowArgs) logLevel() LogLevel {
	if a.LogLevel == "" && a.Type == Express {
		return LogAll
	}
	return or(a.LogLevel, LogErrors)
}

// workflowPlan is what validation finds out.
type workflowPlan struct {
	definition    *asl.Definition
	substitutions map[string]Substitution
	needs         workflowNeeds
}

// text is the definition with the values in the places of the names.
func (w workflowPlan) text() pulumi.StringOutput {
	names := slices.Sorted(maps.Keys(w.substitutions))
	inputs := make([]any, len(names))
	for i, name := range names {
		inputs[i] = w.substitutions[name].Value
	}
	return pulumi.All(inputs...).ApplyT(func(resolved []any) string {
		values := map[string]string{}
		for i, name := range names {
			values[name] = resolved[i].(string)
		}
		return w.definition.Substitute(values)
	}).(pulumi.StringOutput)
}

func (a *WorkflowArgs) validate(name string) (workflowPlan, error) {
	p := check("Workflow", name)
	p.fits(name, maxWorkflowName)
	p.want(a.Type == "" || a.Type == Standard || a.Type == Express, "Type", string(a.Type), "Standard or Express")
	p.want(slices.Contains([]LogLevel{"", LogAll, LogErrors, LogFatal}, a.LogLevel), "LogLevel", string(a.LogLevel), "LogAll, LogErrors or LogFatal")
	p.want(a.LogRetentionDays == 0 || slices.Contains(logRetentionDays, a.LogRetentionDays), "LogRetentionDays", a.LogRetentionDays,
		fmt.Sprintf("one of %v", logRetentionDays))
	plan := a.plan(p)
	return plan, p.err()
}

// plan reads the definition and finds out what the workflow needs.
func (a *WorkflowArgs) plan(p *problems) workflowPlan {
	substitutions := map[string]Substitution{}
	for name, s := range a.Substitutions {
		if s == nil {
			p.want(false, "Substitutions", name, "a value for every name, such as a Function")
			continue
		}
		substitutions[name] = s.Substitution()
		p.want(substitutions[name].Value != nil, "Substitutions["+name+"]", nil, "a value")
	}
	if !filepath.IsLocal(a.DefinitionFile) {
		p.want(false, "DefinitionFile", a.DefinitionFile, "a file inside the program, such as workflows/order.asl.json")
		return workflowPlan{}
	}
	text, err := os.ReadFile(a.DefinitionFile)
	if err != nil {
		p.found = append(p.found, wrap(p.component, p.name, fmt.Errorf("reading the definition: %w", err)))
		return workflowPlan{}
	}
	definition, err := asl.Parse(text)
	if err != nil {
		a.report(p, err)
		return workflowPlan{}
	}
	a.report(p, definition.CheckFaults(a.Waivers))
	if a.Type == Express {
		a.report(p, definition.CheckExpress())
	}
	a.compare(p, definition.Names())
	needs, found := taskNeeds(definition.Tasks(), substitutions)
	a.report(p, errors.Join(found...))
	return workflowPlan{definition, substitutions, needs}
}

// compare wants the names in the definition and those that have values to be the same.
func (a *WorkflowArgs) compare(p *problems, used []string) {
	given := slices.Sorted(maps.Keys(a.Substitutions))
	for _, name := range used {
		if !slices.Contains(given, name) {
			p.want(false, "Substitutions", given, fmt.Sprintf("a value for ${%s} in %s", name, a.DefinitionFile))
		}
	}
	for _, name := range given {
		if !slices.Contains(used, name) {
			p.want(false, "Substitutions", name, fmt.Sprintf("only names that occur in %s: %s", a.DefinitionFile, strings.Join(used, ", ")))
		}
	}
}

// report adds each of the joined errors about the definition, with the file in front: workflows/order.asl.json:14:7: state Charge: …
func (a *WorkflowArgs) report(p *problems, err error) {
	if err == nil {
		return
	}
	each := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		each = joined.Unwrap()
	}
	for _, e := range each {
		separator := ": "
		if placed := new(asl.DefinitionError); errors.As(e, placed) {
			separator = ":"
		}
		p.found = append(p.found, wrap(p.component, p.name, fmt.Errorf("%s%s%w", a.DefinitionFile, separator, e)))
	}
}
