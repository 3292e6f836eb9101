package components_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	taskType      = "aws:ecs/taskDefinition:TaskDefinition"
	taskARN       = "arn:aws:ecs:eu-central-1:123456789012:task-definition/shop-test-export:1"
	jobClusterARN = "arn:aws:ecs:eu-central-1:123456789012:cluster/export-1234567"
	taskRoleARN   = "arn:aws:iam:eu-central-1:123456789012:role/export-role-1234567"
	startRoleARN  = "arn:aws:iam:eu-central-1:123456789012:role/export-execution-role-1234567"
	exportLogARN  = "arn:aws:cloudwatch:eu-central-1:123456789012:loggroup//aws/ecs/export-1234567:*"
)

// newExport makes the container job export where a test needs one.
func newExport(t *testing.T, ctx *pulumi.Context, args components.ContainerJobArgs) *components.ContainerJob {
	t.Helper()
	args.Image = pulumi.String("public.ecr.aws/shop/export:1")
	if args.Network == nil {
		args.Network = newNetwork(t, ctx, nil)
	}
	job, err := components.NewContainerJob(ctx, "export", &args)
	require.NoError(t, err)
	return job
}

// newExportWith deploys the container job and returns what was registered, and its container.
func newExportWith(t *testing.T, args components.ContainerJobArgs) (*mocks.Program, map[string]any) {
	t.Helper()
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newExport(t, ctx, args)
		return nil
	})
	var containers []map[string]any
	require.NoError(t, json.Unmarshal([]byte(program.Get(t, taskType, "export").Inputs["containerDefinitions"].(string)), &containers))
	require.Len(t, containers, 1)
	return program, containers[0]
}

func TestContainerJob_IsConfinedByDefault(t *testing.T) {
	program, container := newExportWith(t, components.ContainerJobArgs{})
	require.Equal(t, []string{
		"aws:cloudwatch/eventRule:EventRule export-failed",
		"aws:cloudwatch/eventTarget:EventTarget export-failed-target",
		"aws:cloudwatch/logGroup:LogGroup export-logs",
		"aws:cloudwatch/metricAlarm:MetricAlarm export-dlq-not-empty",
		"aws:ec2/securityGroup:SecurityGroup export-network",
		"aws:ecs/cluster:Cluster export",
		"aws:ecs/taskDefinition:TaskDefinition export",
		"aws:iam/role:Role export-execution-role",
		"aws:iam/role:Role export-role",
		"aws:iam/rolePolicy:RolePolicy export-execution-policy",
		"aws:sqs/queue:Queue export-dlq",
		"aws:sqs/queuePolicy:QueuePolicy export-dlq-policy",
		"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule export-network-to-dynamodb",
		"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule export-network-to-network",
		"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule export-network-to-s3",
	}, program.Children("export"))
	definition := program.Get(t, taskType, "export").Inputs
	delete(definition, "containerDefinitions")
	require.Equal(t, map[string]any{
		"family": "shop-test-export", "requiresCompatibilities": []any{"FARGATE"}, "networkMode": "awsvpc", "cpu": "256", "memory": "512",
		"runtimePlatform": map[string]any{"operatingSystemFamily": "LINUX", "cpuArchitecture": "ARM64"},
		"taskRoleArn":     taskRoleARN, "executionRoleArn": startRoleARN,
	}, definition)
	require.Equal(t, map[string]any{
		"name": "export", "image": "public.ecr.aws/shop/export:1", "essential": true, "environment": []any{},
		"user": "65532:65532", "privileged": false, "readonlyRootFilesystem": true, "linuxParameters": map[string]any{"initProcessEnabled": true},
		"logConfiguration": map[string]any{"logDriver": "awslogs", "options": map[string]any{
			"awslogs-group": "/aws/ecs/export-1234567", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "export",
		}},
	}, container)
	require.Equal(t, []any{map[string]any{"name": "containerInsights", "value": "enabled"}}, program.Get(t, "aws:ecs/cluster:Cluster", "export").Inputs["settings"])
	require.EqualValues(t, 30, program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "export-logs").Inputs["retentionInDays"])
}

func TestContainerJob_ItsRolesAreForTasksAndNothingElse(t *testing.T) {
	program, _ := newExportWith(t, components.ContainerJobArgs{})
	for _, role := range []string{"export-role", "export-execution-role"} {
		require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"},
			"Condition": {
				"StringEquals": {"aws:SourceAccount": ["123456789012"]},
				"ArnLike": {"aws:SourceArn": ["arn:aws:ecs:eu-central-1:123456789012:*"]}}}]}`,
			program.Get(t, roleType, role).Inputs["assumeRolePolicy"].(string))
	}
	require.Equal(t, map[string][]string{exportLogARN: {"logs:CreateLogStream", "logs:PutLogEvents"}}, granted(t, program, "export-execution-policy"))
}

func TestContainerJob_PullsFromItsRepositoryOnly(t *testing.T) {
	const repository = "arn:aws:ecr:eu-central-1:123456789012:repository/export"
	program, _ := newExportWith(t, components.ContainerJobArgs{Repository: pulumi.String(repository)})
	require.Equal(t, map[string][]string{
		"*": {"ecr:GetAuthorizationToken"}, exportLogARN: {"logs:CreateLogStream", "logs:PutLogEvents"},
		repository: {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
	}, granted(t, program, "export-execution-policy"))
}

func TestContainerJob_Options(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		table, err := components.NewTable(ctx, "orders", &components.TableArgs{PartitionKey: components.String("id")})
		require.NoError(t, err)
		newExport(t, ctx, components.ContainerJobArgs{
			Command: []string{"export", "--all"}, Grants: []policies.Grant{table.Grant(policies.Scan)},
			Environment: pulumi.StringMap{"FORMAT": pulumi.String("<csv>")}, CPU: 4096, Memory: 30 * 1024, Storage: 200,
			Architecture: components.X8664, User: "1000", WritableRoot: true, LogRetentionDays: 365,
			Alarms: components.Alarms{Topic: pulumi.String("arn:aws:sns:eu-central-1:123456789012:alarms")},
		})
		return nil
	})
	definition := program.Get(t, taskType, "export").Inputs
	require.Equal(t, "4096", definition["cpu"])
	require.Equal(t, "30720", definition["memory"])
	require.Equal(t, map[string]any{"sizeInGib": 200.0}, definition["ephemeralStorage"])
	require.Equal(t, "X86_64", in(t, definition, "runtimePlatform", "cpuArchitecture"))
	var containers []map[string]any
	require.NoError(t, json.Unmarshal([]byte(definition["containerDefinitions"].(string)), &containers))
	require.Equal(t, []any{"export", "--all"}, containers[0]["command"])
	require.Equal(t, "1000", containers[0]["user"])
	require.Equal(t, false, containers[0]["readonlyRootFilesystem"])
	require.Equal(t, []any{
		map[string]any{"name": "FORMAT", "value": "<csv>"}, map[string]any{"name": "ORDERS_TABLE", "value": "orders-1234567"},
	}, containers[0]["environment"])
	require.Equal(t, map[string][]string{
		"arn:aws:dynamodb:eu-central-1:123456789012:table/orders-1234567": {"dynamodb:Scan"},
	}, granted(t, program, "export-policy"))
	require.EqualValues(t, 365, program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "export-logs").Inputs["retentionInDays"])
	require.Equal(t, []any{"arn:aws:sns:eu-central-1:123456789012:alarms"}, program.Get(t, alarmType, "export-dlq-not-empty").Inputs["alarmActions"])
}

func TestContainerJob_RunsThatFailAreKept(t *testing.T) {
	program, _ := newExportWith(t, components.ContainerJobArgs{})
	rule := program.Get(t, "aws:cloudwatch/eventRule:EventRule", "export-failed").Inputs
	require.NotContains(t, rule, "eventBusName", "ECS sends to the default bus")
	require.JSONEq(t, `{"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": {
		"clusterArn": ["`+jobClusterARN+`"], "lastStatus": ["STOPPED"],
		"$or": [{"containers": {"exitCode": [{"anything-but": [0]}]}}, {"stopCode": ["TaskFailedToStart"]}]}}`, rule["eventPattern"].(string))
	target := program.Get(t, "aws:cloudwatch/eventTarget:EventTarget", "export-failed-target").Inputs
	require.Equal(t, queueARN("export-dlq"), target["arn"])
	require.Equal(t, queueARN("export-dlq"), in(t, target, "deadLetterConfig", "arn"))
	require.Contains(t, program.Get(t, "aws:sqs/queuePolicy:QueuePolicy", "export-dlq-policy").Inputs["policy"], `"Principal":{"Service":"events.amazonaws.com"}`)
}

// runsExport is what whoever runs the job may do, and with which condition.
func runsExport(t *testing.T, program *mocks.Program, policy string) {
	t.Helper()
	for _, statement := range statements(t, program.Get(t, policyType, policy).Inputs["policy"]) {
		if strings.Contains(jsonOf(t, statement), "iam:PassRole") {
			require.Equal(t, []any{"iam:PassRole"}, in(t, statement, "Action"))
			require.Equal(t, []any{startRoleARN, taskRoleARN}, in(t, statement, "Resource"))
			require.Equal(t, []any{"ecs-tasks.amazonaws.com"}, in(t, statement, "Condition", "StringEquals", "iam:PassedToService"))
		}
	}
}

func jsonOf(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

func TestContainerJob_RunBySchedule(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewScheduledJob(ctx, "nightly", &components.ScheduledJobArgs{
			Expression: "rate(1 day)", Target: newExport(t, ctx, components.ContainerJobArgs{}), DisableDeadLetterQueue: true,
		})
		return err
	})
	target, _ := program.Get(t, scheduleType, "nightly").Inputs["target"].(map[string]any)
	require.Equal(t, jobClusterARN, target["arn"])
	require.Equal(t, map[string]any{
		"taskDefinitionArn": taskARN, "launchType": "FARGATE", "taskCount": 1.0,
		"networkConfiguration": map[string]any{
			"assignPublicIp": false, "subnets": []any{"shop-private-1-id", "shop-private-2-id"}, "securityGroups": []any{"export-network-id"},
		},
	}, target["ecsParameters"])
	require.Equal(t, map[string][]string{
		taskARN: {"ecs:RunTask"}, taskRoleARN: {"iam:PassRole"}, startRoleARN: {"iam:PassRole"},
	}, allowed(t, program, "nightly"))
	runsExport(t, program, "nightly-policy")
}

func TestContainerJob_RunByWorkflow(t *testing.T) {
	program := newWorkflow(t, machine(`"Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": {
		"LaunchType": "FARGATE", "Cluster": "${Cluster}", "TaskDefinition": "${Export}",
		"NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": ["${Subnet}"], "SecurityGroups": ["${Group}"]}}}, `+safely), components.WorkflowArgs{DisableTracing: true},
		func(ctx *pulumi.Context) components.Substitutions {
			job := newExport(t, ctx, components.ContainerJobArgs{})
			return components.Substitutions{"Export": job, "Cluster": components.Text(job.ClusterARN), "Group": components.Text(job.SecurityGroupID), "Subnet": text}
		})
	require.Contains(t, program.Get(t, machineType, "order-flow").Inputs["definition"], `"TaskDefinition": "`+taskARN+`"`)
	got := allowed(t, program, "order-flow")
	delete(got, "*")
	delete(got, "arn:aws:logs:eu-central-1:123456789012:log-group:*")
	require.Equal(t, map[string][]string{
		taskARN: {"ecs:RunTask"}, taskRoleARN: {"iam:PassRole"}, startRoleARN: {"iam:PassRole"},
		"arn:aws:ecs:eu-central-1:123456789012:task/export-1234567/*": {"ecs:DescribeTasks", "ecs:StopTask"},
		"arn:aws:events:eu-central-1:123456789012:rule/StepFunctionsGetEventsForECSTaskRule": {
			"events:DescribeRule", "events:PutRule", "events:PutTargets",
		},
	}, got)
	runsExport(t, program, "order-flow-policy")
}

func TestContainerJob_CannotBeRunBeforeItsRolesCanWork(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		table, err := components.NewTable(ctx, "orders", &components.TableArgs{PartitionKey: components.String("id")})
		require.NoError(t, err)
		newExport(t, ctx, components.ContainerJobArgs{Grants: []policies.Grant{table.Grant(policies.Scan)}})
		return nil
	})
	for _, r := range program.OfType(taskType) {
		require.Contains(t, strings.Join(r.Dependencies, " "), "::export-policy")
		require.Contains(t, strings.Join(r.Dependencies, " "), "::export-execution-policy")
	}
}

func TestContainerJob_ReachesADatabase(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		network := newNetwork(t, ctx, nil)
		return newDatabase(t, ctx, components.AuroraServerlessArgs{Network: network}).
			AllowFrom(ctx, newExport(t, ctx, components.ContainerJobArgs{Network: network}))
	})
	require.Contains(t, reached(t, program, "export-network"), "reports-database-id")
}

func TestContainerJob_TakesAllSizesOfFargate(t *testing.T) {
	for cpu, memories := range map[int][]int{
		256: {512, 1024, 2048}, 512: {1024, 2048, 3072, 4096}, 1024: {2048, 8192}, 2048: {4096, 16384}, 4096: {8192, 9216, 30720},
		8192: {16384, 20480, 61440}, 16384: {32768, 40960, 122880},
	} {
		for _, memory := range memories {
			newExportWith(t, components.ContainerJobArgs{CPU: cpu, Memory: memory})
		}
	}
	program, _ := newExportWith(t, components.ContainerJobArgs{CPU: 8192})
	require.Equal(t, "16384", program.Get(t, taskType, "export").Inputs["memory"])
}

func TestContainerJob_RefusesWrongArguments(t *testing.T) {
	type args = components.ContainerJobArgs
	table := policies.Grant{Links: []policies.Link{{Variable: "ORDERS_TABLE", Value: pulumi.String("x"), Resource: "orders (Table)"}}}
	for want, args := range map[string]args{
		"CPU = 300, want one of [256 512 1024 2048 4096 8192 16384] (Fargate)":                     {CPU: 300},
		"Memory = 1536, want 512, 1024 or 2048 MB, which is what goes with CPU = 256 (Fargate)":    {Memory: 1536},
		"Memory = 4096, want 512, 1024 or 2048 MB, which":                                          {Memory: 4096},
		"Memory = 512, want 1024–4096 MB in steps of 1024, which is what goes with CPU = 512":      {CPU: 512, Memory: 512},
		"Memory = 2500, want 2048–8192 MB in steps of 1024, which":                                 {CPU: 1024, Memory: 2500},
		"Memory = 17408, want 16384–61440 MB in steps of 4096, which is what goes with CPU = 8192": {CPU: 8192, Memory: 17408},
		"Storage = 20, want 21–200 GB":                                                             {Storage: 20},
		"Storage = 201, want 21–200 GB":                                                            {Storage: 201},
		`Architecture = "mips", want "arm64" or "x86_64"`:                                          {Architecture: "mips"},
		`User = "root", want uid or uid:gid by number`:                                             {User: "root"},
		`User = "0", want uid or uid:gid by number, neither of them 0`:                             {User: "0"},
		`User = "1000:0", want uid or uid:gid`:                                                     {User: "1000:0"},
		"LogRetentionDays = 2, want one of":                                                        {LogRetentionDays: 2},
		`Environment = "ORDERS_TABLE", want a name that no grant links already`: {
			Grants: []policies.Grant{table}, Environment: pulumi.StringMap{"ORDERS_TABLE": pulumi.String("y")},
		},
		"Grants = ": {Grants: []policies.Grant{table, {Links: []policies.Link{{Variable: "ORDERS_TABLE", Value: pulumi.String("x"), Resource: "other"}}}}},
	} {
		refused(t, func(ctx *pulumi.Context) error {
			args.Image, args.Network = pulumi.String("x"), &components.Network{}
			_, err := components.NewContainerJob(ctx, "export", &args)
			return err
		}, "export (ContainerJob): "+want)
	}
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewContainerJob(ctx, strings.Repeat("x", 41), nil)
		return err
	}, "want at most 40 characters", "Image = <nil>, want the URI", "Network = <nil>, want the Network")
}
