package policies

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// WorkflowAction is something a function does with a Step Functions state machine.
type WorkflowAction string

// The actions on state machines, by their names in the Service Authorization Reference for Step Functions.
const (
	StartExecution     WorkflowAction = "states:StartExecution"
	StartSyncExecution WorkflowAction = "states:StartSyncExecution" // EXPRESS only: waits for the result
	ListExecutions     WorkflowAction = "states:ListExecutions"     // STANDARD only
)

// ExecutionAction is something a function does with the executions of a STANDARD state machine.
type ExecutionAction string

// The actions on executions, by their names in the Service Authorization Reference for Step Functions.
const (
	DescribeExecution   ExecutionAction = "states:DescribeExecution"
	GetExecutionHistory ExecutionAction = "states:GetExecutionHistory"
	StopExecution       ExecutionAction = "states:StopExecution"
)

// TaskAction is something a function does for a task that waits for its token.
type TaskAction string

// The actions for tasks that wait for their tokens, by their names in the Service Authorization Reference for Step Functions.
const (
	SendTaskSuccess   TaskAction = "states:SendTaskSuccess"
	SendTaskFailure   TaskAction = "states:SendTaskFailure"
	SendTaskHeartbeat TaskAction = "states:SendTaskHeartbeat"
)

// AnswerTasks allows answering tasks that wait for their tokens. AWS cannot limit it to a workflow: who has the token may answer.
func AnswerTasks(actions ...TaskAction) Grant {
	return Grant{Statements: []Statement{Allow(actions, All...)}}
}

// Step Functions delivers its logs through CloudWatch Logs' vended log delivery, whose actions know no resources ("Logging in
// CloudWatch Logs" in the Step Functions developer guide).
var deliverLogs = []string{
	"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
	"logs:PutResourcePolicy", "logs:DescribeResourcePolicies",
}

// DeliverLogs lets a workflow deliver its log. logGroups stands for all log groups of the account and region:
// arn:…:log-group:*.
func DeliverLogs(logGroups pulumi.StringInput) Grant {
	return Grant{Statements: []Statement{
		{Actions: deliverLogs, Resources: All},
		{Actions: []string{"logs:DescribeLogGroups"}, Resources: []pulumi.StringInput{logGroups}},
	}}
}

// TraceWorkflow lets a workflow send its traces to X-Ray, sampled by the account's rules ("X-Ray and Step Functions" in the Step
// Functions developer guide).
func TraceWorkflow() Grant {
	return Join(Tracing(), Grant{Statements: []Statement{{
		Actions:   []string{"xray:GetSamplingRules", "xray:GetSamplingTargets"},
		Resources: All,
	}}})
}
