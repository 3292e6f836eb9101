package components_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const machineType = "aws:sfn/stateMachine:StateMachine"

// safely is what every Task must have, caught by the state End.
const safely = `"TimeoutSeconds": 30, "Retry": [{"ErrorEquals": ["States.Timeout"]}], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}], "Next": "Done"`

// machine is a definition with one Task.
func machine(task string) string {
	return `{
  "StartAt": "Work",
  "States": {
    "Work": {"Type": "Task", ` + task + `},
    "Done": {"Type": "Succeed"}
  }
}`
}

// inFile writes a definition into the program's folder, an empty one, and returns its path in it.
func inFile(t *testing.T, definition string) string {
	t.Helper()
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("order.asl.json", []byte(definition), 0o600))
	return "order.asl.json"
}

// newWorkflow deploys a workflow called order-flow with the substitutions that substitute makes.
func newWorkflow(t *testing.T, definition string, args components.WorkflowArgs, substitute func(*pulumi.Context) components.Substitutions) *mocks.Program {
	t.Helper()
	args.DefinitionFile = inFile(t, definition)
	return mocks.MustRun(t, func(ctx *pulumi.Context) error {
		if substitute != nil {
			args.Substitutions = substitute(ctx)
		}
		_, err := components.NewWorkflow(ctx, "order-flow", &args)
		return err
	})
}

func TestWorkflow_IsSafeAndObservableByDefault(t *testing.T) {
	definition := machine(`"Resource": "${Charge}", ` + safely)
	program := newWorkflow(t, definition, components.WorkflowArgs{}, func(ctx *pulumi.Context) components.Substitutions {
		return components.Substitutions{"Charge": newFunction(t, ctx, "charge")}
	})
	require.Equal(t, []string{
		"aws:cloudwatch/logGroup:LogGroup order-flow-logs",
		"aws:cloudwatch/metricAlarm:MetricAlarm order-flow-failed",
		"aws:cloudwatch/metricAlarm:MetricAlarm order-flow-throttled",
		"aws:cloudwatch/metricAlarm:MetricAlarm order-flow-timed-out",
		"aws:iam/role:Role order-flow-role",
		"aws:iam/rolePolicy:RolePolicy order-flow-policy",
		"aws:sfn/stateMachine:StateMachine order-flow",
	}, program.Children("order-flow"))
	inputs := program.Get(t, machineType, "order-flow").Inputs
	require.Equal(t, "STANDARD", inputs["type"])
	require.Equal(t, "order-flow-", inputs["namePrefix"])
	require.Equal(t, true, in(t, inputs, "tracingConfiguration", "enabled"))
	require.Equal(t, map[string]any{
		"level": "ERROR", "includeExecutionData": false,
		"logDestination": "arn:aws:cloudwatch:eu-central-1:123456789012:loggroup//aws/vendedlogs/states/order-flow-1234567:*",
	}, inputs["loggingConfiguration"])
	require.Equal(t, strings.ReplaceAll(definition, "${Charge}", "arn:aws:lambda:eu-central-1:123456789012:function/charge-1234567"), inputs["definition"])
	require.EqualValues(t, 30, program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "order-flow-logs").Inputs["retentionInDays"])

	for role, metric := range map[string]string{"failed": "ExecutionsFailed", "timed-out": "ExecutionsTimedOut", "throttled": "ExecutionThrottled"} {
		alarm := program.Get(t, alarmType, "order-flow-"+role).Inputs
		require.Equal(t, "AWS/States", alarm["namespace"])
		require.Equal(t, metric, alarm["metricName"])
		require.Equal(t, map[string]any{"StateMachineArn": "arn:aws:states:eu-central-1:123456789012:stateMachine:order-flow-1234567"}, alarm["dimensions"])
	}
}

func TestWorkflow_OnlyItselfTakesOnItsRole(t *testing.T) {
	program := newWorkflow(t, `{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}`, components.WorkflowArgs{}, nil)
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "states.amazonaws.com"},
		"Condition": {
			"StringEquals": {"aws:SourceAccount": ["123456789012"]},
			"ArnLike": {"aws:SourceArn": ["arn:aws:states:eu-central-1:123456789012:stateMachine:order-flow-*"]}}}]}`,
		program.Get(t, roleType, "order-flow-role").Inputs["assumeRolePolicy"].(string))
	actions := allowed(t, program, "order-flow")
	require.Equal(t, []string{"logs:DescribeLogGroups"}, actions["arn:aws:logs:eu-central-1:123456789012:log-group:*"])
	require.ElementsMatch(t, []string{
		"logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries",
		"logs:PutResourcePolicy", "logs:UpdateLogDelivery", "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords",
		"xray:PutTraceSegments",
	}, actions["*"])
	require.Len(t, actions, 2)
}

func TestWorkflow_Options(t *testing.T) {
	program := newWorkflow(t, machine(`"Resource": "${Charge}", "Next": "Done"`), components.WorkflowArgs{
		LogLevel: components.LogFatal, LogExecutionData: true, LogRetentionDays: 365, DisableTracing: true,
		Waivers: map[string]string{"Work": "a test"}, Alarms: components.Alarms{Disabled: true},
	}, func(ctx *pulumi.Context) components.Substitutions {
		return components.Substitutions{"Charge": newFunction(t, ctx, "charge")}
	})
	inputs := program.Get(t, machineType, "order-flow").Inputs
	require.Equal(t, "FATAL", in(t, inputs, "loggingConfiguration", "level"))
	require.Equal(t, true, in(t, inputs, "loggingConfiguration", "includeExecutionData"))
	require.Equal(t, false, in(t, inputs, "tracingConfiguration", "enabled"))
	require.EqualValues(t, 365, program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "order-flow-logs").Inputs["retentionInDays"])
	require.NotContains(t, program.Get(t, policyType, "order-flow-policy").Inputs["policy"], "xray:")
	require.NotContains(t, strings.Join(program.Children("order-flow"), " "), "MetricAlarm")
}

func TestWorkflow_ExpressLogsEverythingSinceItHasNoHistory(t *testing.T) {
	const definition = `{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}`
	program := newWorkflow(t, definition, components.WorkflowArgs{Type: components.Express}, nil)
	inputs := program.Get(t, machineType, "order-flow").Inputs
	require.Equal(t, "EXPRESS", inputs["type"])
	require.Equal(t, "ALL", in(t, inputs, "loggingConfiguration", "level"))
	program = newWorkflow(t, definition, components.WorkflowArgs{Type: components.Express, LogLevel: components.LogErrors}, nil)
	require.Equal(t, "ERROR", in(t, program.Get(t, machineType, "order-flow").Inputs, "loggingConfiguration", "level"))
}

// containerJob stands for a component that a task can run as a job.
type containerJob struct{}

func (containerJob) Substitution() components.Substitution {
	grant := func(resource, action string) policies.Grant {
		return policies.Grant{Statements: []policies.Statement{{Actions: []string{action}, Resources: []pulumi.StringInput{pulumi.String(resource)}}}}
	}
	const definition, tasks = "arn:aws:ecs:eu-central-1:123456789012:task-definition/export:1", "arn:aws:ecs:eu-central-1:123456789012:task/jobs/*"
	return components.Substitution{
		Component: "export (ContainerJob)", Value: pulumi.String(definition),
		Permissions: map[string]policies.Grant{
			"ecs:RunTask": grant(definition, "ecs:RunTask"), "ecs:StopTask": grant(tasks, "ecs:StopTask"), "ecs:DescribeTasks": grant(tasks, "ecs:DescribeTasks"),
		},
	}
}

func TestWorkflow_ItsRoleFollowsFromItsTasks(t *testing.T) {
	const (
		home     = ":eu-central-1:123456789012:"
		function = "arn:aws:lambda" + home + "function/charge-1234567"
		table    = "arn:aws:dynamodb" + home + "table/orders-1234567"
		child    = "arn:aws:states" + home + "stateMachine:child-1234567"
	)
	invoke := map[string][]string{function: {"lambda:InvokeFunction"}}
	for task, want := range map[string]map[string][]string{
		`"Resource": "${Charge}"`: invoke,
		`"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "${Charge}", "Payload.$": "$"}`:                                     invoke,
		`"Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "${Charge}", "Payload": {"t.$": "$$.Task.Token"}}`: invoke,
		`"Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": {"TableName": "${Orders}", "Key": {}}`:                                            {table: {"dynamodb:GetItem"}},
		`"Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": {"TableName": "${Orders}", "Item": {}}`:                                           {table: {"dynamodb:PutItem"}},
		`"Resource": "arn:aws:states:::dynamodb:updateItem", "Parameters": {"TableName": "${Orders}", "Key": {}}`:                                         {table: {"dynamodb:UpdateItem"}},
		`"Resource": "arn:aws:states:::dynamodb:deleteItem", "Parameters": {"TableName": "${Orders}", "Key": {}}`:                                         {table: {"dynamodb:DeleteItem"}},
		`"Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": "${Backorders}", "MessageBody": "${Charge}"}`:                         {"arn:aws:sqs" + home + "queue/backorders-1234567": {"sqs:SendMessage"}},
		`"Resource": "arn:aws:states:::sns:publish", "Parameters": {"TopicArn": "${News}", "Message": "hello"}`:                                           {"arn:aws:sns" + home + "topic/news-1234567": {"sns:Publish"}},
		`"Resource": "arn:aws:states:::events:putEvents", "Parameters": {"Entries": [{"EventBusName": "${Bus}"}, {"EventBusName": "${Bus}"}]}`:            {"arn:aws:events" + home + "event-bus/bus-1234567": {"events:PutEvents"}},
		`"Resource": "arn:aws:states:::states:startExecution", "Parameters": {"StateMachineArn": "${Child}"}`:                                             {child: {"states:StartExecution"}},
		`"Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "${Child}"}`: {
			child: {"states:StartExecution"},
			"arn:aws:states" + home + "execution:child-1234567:*":                                {"states:DescribeExecution", "states:StopExecution"},
			"arn:aws:events" + home + "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule": {"events:DescribeRule", "events:PutRule", "events:PutTargets"},
		},
		`"Resource": "arn:aws:states:::ecs:runTask", "Parameters": {"Cluster": "c", "LaunchType": "FARGATE", "NetworkConfiguration": {}, "TaskDefinition": "${Export}"}`: {"arn:aws:ecs" + home + "task-definition/export:1": {"ecs:RunTask"}},
		`"Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": {"Cluster": "c", "LaunchType": "FARGATE", "NetworkConfiguration": {}, "TaskDefinition": "${Export}"}`: {
			"arn:aws:ecs" + home + "task-definition/export:1":                     {"ecs:RunTask"},
			"arn:aws:ecs" + home + "task/jobs/*":                                  {"ecs:DescribeTasks", "ecs:StopTask"},
			"arn:aws:events" + home + "rule/StepFunctionsGetEventsForECSTaskRule": {"events:DescribeRule", "events:PutRule", "events:PutTargets"},
		},
	} {
		t.Run(task, func(t *testing.T) {
			program := newWorkflow(t, machine(task+", "+safely), components.WorkflowArgs{DisableTracing: true}, func(ctx *pulumi.Context) components.Substitutions {
				table, err := components.NewTable(ctx, "orders", &components.TableArgs{PartitionKey: components.String("orderId")})
				require.NoError(t, err)
				queue, err := components.NewWorkQueue(ctx, "backorders", nil)
				require.NoError(t, err)
				topic, err := components.NewFanOutTopic(ctx, "news", nil)
				require.NoError(t, err)
				bus, err := components.NewEventBus(ctx, "bus", nil)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile("child.asl.json", []byte(`{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}`), 0o600))
				child, err := components.NewWorkflow(ctx, "child", &components.WorkflowArgs{DefinitionFile: "child.asl.json"})
				require.NoError(t, err)
				all := components.Substitutions{
					"Charge": newFunction(t, ctx, "charge"), "Orders": table, "Backorders": queue, "News": topic, "Bus": bus, "Child": child, "Export": containerJob{},
				}
				for name := range all {
					if !strings.Contains(task, "${"+name+"}") {
						delete(all, name)
					}
				}
				return all
			})
			got := allowed(t, program, "order-flow")
			delete(got, "*")
			delete(got, "arn:aws:logs:eu-central-1:123456789012:log-group:*")
			require.Equal(t, want, got)
			require.NotContains(t, program.Get(t, machineType, "order-flow").Inputs["definition"], "${")
		})
	}
}

func TestWorkflow_TextsAreWrittenAsTheyAre(t *testing.T) {
	program := newWorkflow(t, `{"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "Result": {"shop": "${ShopName}"}, "End": true}}}`, components.WorkflowArgs{},
		func(*pulumi.Context) components.Substitutions {
			return components.Substitutions{"ShopName": components.Text(pulumi.String(`the "Nordlicht"`))}
		})
	var definition struct {
		States map[string]struct{ Result map[string]string }
	}
	require.NoError(t, json.Unmarshal([]byte(program.Get(t, machineType, "order-flow").Inputs["definition"].(string)), &definition))
	require.Equal(t, `the "Nordlicht"`, definition.States["Pass"].Result["shop"])
}

func TestWorkflow_Grants(t *testing.T) {
	file := inFile(t, `{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}`)
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		standard, err := components.NewWorkflow(ctx, "order-flow", &components.WorkflowArgs{DefinitionFile: file})
		require.NoError(t, err)
		express, err := components.NewWorkflow(ctx, "quick", &components.WorkflowArgs{DefinitionFile: file, Type: components.Express})
		require.NoError(t, err)
		for name, grant := range map[string]policies.Grant{
			"starter": standard.GrantStart(),
			"watcher": standard.GrantExecutions(policies.DescribeExecution, policies.StopExecution),
			"waiter":  express.Grant(policies.StartSyncExecution),
		} {
			_, err := components.NewFunction(ctx, name, &components.FunctionArgs{
				Source: "lambdas/" + name, Builder: newBuilder(t), DisableTracing: true, Grants: []policies.Grant{grant},
			})
			require.NoError(t, err)
		}
		require.ErrorContains(t, standard.Grant(policies.StartSyncExecution).Err(), "order-flow (Workflow): grant states:StartSyncExecution: only an EXPRESS workflow can be waited for")
		require.ErrorContains(t, express.GrantExecutions(policies.StopExecution).Err(), "quick (Workflow): grant [states:StopExecution] on executions: those of an EXPRESS workflow are in its log only")
		return nil
	})
	const states = "arn:aws:states:eu-central-1:123456789012:"
	require.Equal(t, map[string][]string{states + "stateMachine:order-flow-1234567": {"states:StartExecution"}}, allowed(t, program, "starter"))
	require.Equal(t, map[string][]string{states + "execution:order-flow-1234567:*": {"states:DescribeExecution", "states:StopExecution"}}, allowed(t, program, "watcher"))
	require.Equal(t, map[string][]string{states + "stateMachine:quick-1234567": {"states:StartSyncExecution"}}, allowed(t, program, "waiter"))
	for function, variables := range map[string]map[string]any{
		"starter": {"ORDER_FLOW_WORKFLOW_ARN": states + "stateMachine:order-flow-1234567"},
		"watcher": {"ORDER_FLOW_WORKFLOW_ARN": states + "stateMachine:order-flow-1234567"},
		"waiter":  {"QUICK_WORKFLOW_ARN": states + "stateMachine:quick-1234567"},
	} {
		require.Equal(t, variables, in(t, program.Get(t, functionType, function).Inputs, "environment", "variables"))
	}
}

func TestWorkflow_CannotWaitForAnExpressWorkflow(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("quick.asl.json", []byte(`{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}`), 0o600))
	start := func(resource string) error {
		require.NoError(t, os.WriteFile("order.asl.json", []byte(machine(`"Resource": "`+resource+`", "Parameters": {"StateMachineArn": "${Quick}"}, `+safely)), 0o600))
		_, err := mocks.Run(func(ctx *pulumi.Context) error {
			quick, err := components.NewWorkflow(ctx, "quick", &components.WorkflowArgs{DefinitionFile: "quick.asl.json", Type: components.Express})
			require.NoError(t, err)
			_, err = components.NewWorkflow(ctx, "order-flow", &components.WorkflowArgs{DefinitionFile: "order.asl.json", Substitutions: components.Substitutions{"Quick": quick}})
			return err
		}, nil)
		return err
	}
	require.NoError(t, start("arn:aws:states:::states:startExecution"))
	require.ErrorContains(t, start("arn:aws:states:::states:startExecution.sync"),
		`Parameters.StateMachineArn = "${Quick}", want what allows states:DescribeExecution; it is quick (EXPRESS Workflow)`)
}

func TestScheduledJob_StartsAWorkflow(t *testing.T) {
	file := inFile(t, `{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}`)
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		workflow, err := components.NewWorkflow(ctx, "archive", &components.WorkflowArgs{DefinitionFile: file})
		require.NoError(t, err)
		_, err = components.NewScheduledJob(ctx, "nightly", &components.ScheduledJobArgs{
			Expression: "cron(0 3 * * ? *)", Target: workflow, DisableDeadLetterQueue: true,
		})
		return err
	})
	const arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:archive-1234567"
	require.Equal(t, arn, in(t, program.Get(t, scheduleType, "nightly").Inputs, "target", "arn"))
	require.Equal(t, map[string][]string{arn: {"states:StartExecution"}}, allowed(t, program, "nightly"))
}

// text is a substitution that no test looks at.
var text = components.Text(pulumi.String("x"))

func TestWorkflow_RefusesWrongArguments(t *testing.T) {
	const file = "order-flow (Workflow): order.asl.json:"
	good := machine(`"Resource": "${Charge}", ` + safely)
	for name, test := range map[string]struct {
		definition string
		args       components.WorkflowArgs
		want       []string
	}{
		"type, logs": {good, components.WorkflowArgs{Type: "FAST", LogLevel: "SOME", LogRetentionDays: 2}, []string{
			`order-flow (Workflow): Type = "FAST", want Standard or Express`, `LogLevel = "SOME", want LogAll, LogErrors or LogFatal`, "LogRetentionDays = 2, want one of [1 3 5"}},
		"not JSON":          {"{\n\"StartAt\": }", components.WorkflowArgs{}, []string{file + `2:12: not valid JSON: invalid character '}' looking for beginning of value`}},
		"two mistakes":      {`{"StartAt": "X", "Else": 1, "States": {"A": {"Type": "Succeed"}}}`, components.WorkflowArgs{}, []string{file + `1:18: field "Else", want one of`, file + `1:13: StartAt = "X", want a state of the same level: "A"`}},
		"no time limit":     {machine(`"Resource": "${Charge}", "Next": "Done"`), components.WorkflowArgs{}, []string{file + `4:5: state Work: no Retry, no Catch, no TimeoutSeconds or HeartbeatSeconds, want`}},
		"needless waiver":   {good, components.WorkflowArgs{Waivers: map[string]string{"Work": "why"}}, []string{`order-flow (Workflow): order.asl.json: waiver for state Work: no Task of this name lacks anything; remove the waiver`}},
		"no value":          {good, components.WorkflowArgs{Substitutions: components.Substitutions{"Charges": text}}, []string{`Substitutions = [Charges], want a value for ${Charge} in order.asl.json`, `Substitutions = "Charges", want only names that occur in order.asl.json: Charge`}},
		"nil":               {good, components.WorkflowArgs{Substitutions: components.Substitutions{"Charge": nil}}, []string{`Substitutions = "Charge", want a value for every name, such as a Function`}},
		"not a function":    {good, components.WorkflowArgs{Substitutions: components.Substitutions{"Charge": text}}, []string{file + `4:5: state Work: Resource = "${Charge}", want what allows lambda:InvokeFunction; it is a Text`}},
		"ARN by hand":       {machine(`"Resource": "arn:aws:lambda:eu-central-1:123456789012:function:charge", ` + safely), components.WorkflowArgs{}, []string{file + `4:5: state Work: Resource = "arn:aws:lambda:eu-central-1:123456789012:function:charge", want a function such as ${ReserveStock} or a service such as arn:aws:states:::sqs:sendMessage`}},
		"unknown service":   {machine(`"Resource": "arn:aws:states:::glue:startJobRun", ` + safely), components.WorkflowArgs{}, []string{`Resource = "arn:aws:states:::glue:startJobRun", want one of the services whose permissions are known: dynamodb:deleteItem, dynamodb:getItem, dynamodb:putItem, dynamodb:updateItem, ecs:runTask, events:putEvents, lambda:invoke, sns:publish, sqs:sendMessage, states:startExecution`}},
		"unknown pattern":   {machine(`"Resource": "arn:aws:states:::sqs:sendMessage.sync", ` + safely), components.WorkflowArgs{}, []string{`Resource = "arn:aws:states:::sqs:sendMessage.sync", want sqs:sendMessage without .sync, which it does not know`}},
		"no parameters":     {machine(`"Resource": "arn:aws:states:::sqs:sendMessage", ` + safely), components.WorkflowArgs{}, []string{`state Work: Parameters.QueueUrl = "", want a substitution such as ${Name}, so that the role can be limited to it`}},
		"chosen at runtime": {machine(`"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName.$": "$.f"}, ` + safely), components.WorkflowArgs{}, []string{`state Work: Parameters.FunctionName = "", want a substitution`}},
		"default bus":       {machine(`"Resource": "arn:aws:states:::events:putEvents", "Parameters": {"Entries": [{"Source": "x"}]}, ` + safely), components.WorkflowArgs{}, []string{`state Work: Parameters.Entries[0].EventBusName = "", want a substitution`}},
		"no entries":        {machine(`"Resource": "arn:aws:states:::events:putEvents", "Parameters": {}, ` + safely), components.WorkflowArgs{}, []string{`state Work: Parameters.Entries = "", want a substitution`}},
		"no network":        {machine(`"Resource": "arn:aws:states:::ecs:runTask", "Parameters": {"TaskDefinition": "${T}", "Cluster.$": "$.cluster"}, ` + safely), components.WorkflowArgs{Substitutions: components.Substitutions{"T": containerJob{}}}, []string{`state Work: Parameters.NetworkConfiguration missing, want it, since ecs:runTask fails without`, "Parameters.LaunchType or CapacityProviderStrategy missing"}},
		"another role":      {machine(`"Resource": "${Charge}", "Credentials": {"RoleArn": "arn:aws:iam::210987654321:role/x"}, ` + safely), components.WorkflowArgs{Substitutions: components.Substitutions{"Charge": text}}, []string{"state Work: Credentials, want none"}},
		"nothing":           {good, components.WorkflowArgs{Substitutions: components.Substitutions{"Charge": components.Text(nil)}}, []string{"Substitutions[Charge] = <nil>, want a value"}},
		"wrong component":   {machine(`"Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": {"TableName": "${T}"}, ` + safely), components.WorkflowArgs{Substitutions: components.Substitutions{"T": containerJob{}}}, []string{`state Work: Parameters.TableName = "${T}", want what allows dynamodb:GetItem; it is export (ContainerJob)`}},
		"express that waits": {machine(`"Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": {"TaskDefinition": "${T}"}, ` + safely), components.WorkflowArgs{Type: components.Express, Substitutions: components.Substitutions{"T": containerJob{}}},
			[]string{`state Work: Resource = "arn:aws:states:::ecs:runTask.sync", want no .sync in an EXPRESS workflow`}},
	} {
		t.Run(name, func(t *testing.T) {
			test.args.DefinitionFile = inFile(t, test.definition)
			refused(t, func(ctx *pulumi.Context) error {
				_, err := components.NewWorkflow(ctx, "order-flow", &test.args)
				return err
			}, test.want...)
		})
	}
}

func TestWorkflow_RefusesWhatCannotBeRead(t *testing.T) {
	t.Chdir(t.TempDir())
	for want, args := range map[string]*components.WorkflowArgs{
		`order-flow (Workflow): DefinitionFile = "", want a file inside the program, such as workflows/order.asl.json`: nil,
		`DefinitionFile = "../order.asl.json", want a file inside the program`:                                         {DefinitionFile: "../order.asl.json"},
		`order-flow (Workflow): reading the definition: open order.asl.json: no such file or directory`:                {DefinitionFile: "order.asl.json"},
	} {
		refused(t, func(ctx *pulumi.Context) error {
			_, err := components.NewWorkflow(ctx, "order-flow", args)
			return err
		}, want)
	}
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewWorkflow(ctx, strings.Repeat("x", 52), nil)
		return err
	}, "want at most 51 characters")
}
