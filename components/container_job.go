package components

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/scheduler"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// Defaults and limits of container jobs.
const (
	defaultJobCPU    = 256
	defaultJobMemory = 512
	defaultJobUser   = "65532:65532" // nonroot in distroless images
	minJobStorage    = 21
	maxJobStorage    = 200
	maxContainerJob  = 40 // leaves room for project and stack in a rule's name of 64
)

// jobSize is what a Fargate task with so many CPU units can have of memory: from–to MB in steps ("Task size" in the ECS developer guide).
type jobSize struct{ from, to, step int }

var jobSizes = map[int]jobSize{
	256:    {512, 2 * 1024, 0}, // 512, 1024 or 2048
	512:    {1 * 1024, 4 * 1024, 1024},
	1024:   {2 * 1024, 8 * 1024, 1024},
	2048:   {4 * 1024, 16 * 1024, 1024},
	4096:   {8 * 1024, 30 * 1024, 1024},
	8192:   {16 * 1024, 60 * 1024, 4 * 1024},
	16_384: {32 * 1024, 120 * 1024, 8 * 1024},
}

// accepts tells whether a task can have so much memory.
func (s jobSize) accepts(memory int) bool {
	if s.step == 0 {
		return memory == 512 || memory == 1024 || memory == 2048
	}
	return memory >= s.from && memory <= s.to && memory%s.step == 0
}

func (s jobSize) String() string {
	if s.step == 0 {
		return "512, 1024 or 2048 MB"
	}
	return fmt.Sprintf("%d–%d MB in steps of %d", s.from, s.to, s.step)
}

// ContainerJobArgs describes work that takes longer than a function may: a container that Fargate runs until it ends.
type ContainerJobArgs struct {
	// Image is the URI of the container image, best by its digest. Required.
	Image pulumi.StringInput
	// Repository is the ARN of the private ECR repository that Image is in, from which only this job's tasks may then pull it.
	// Default: Image is public.
	Repository pulumi.StringInput
	// Network is where the tasks run: in private subnets, without public addresses. Required. The image and the log must be reachable from
	// there: by NAT, or by the interface endpoints ecr.api, ecr.dkr and logs.
	Network *Network
	// Command replaces the image's own. Whoever starts a task can replace it again.
	Command []string
	// Grants are all that the job may do, and how it finds what it may do it with. Default: nothing.
	Grants []policies.Grant
	// Environment adds variables to those that the grants link. Never put a secret here.
	Environment pulumi.StringMap
	// CPU in units of 1/1024 core: 256, 512, 1024, 2048, 4096, 8192 or 16384. Default 256.
	CPU int
	// Memory in MB. What is possible depends on CPU: 512–2048 for 256, 1024–4096 for 512, 2048–8192 for 1024, and so on.
	// Default: the least that goes with CPU.
	Memory int
	// Storage is the size of the temporary disk in GB, which holds the image and, with WritableRoot, what the job writes: 21–200. Default 20, which
	// is free of charge.
	Storage int
	// Architecture is what the image was built for. Default [ARM64].
	Architecture Architecture
	// User runs the container: uid or uid:gid, never root. Default 65532:65532.
	User string
	// WritableRoot lets the container write to its own file system. Default: it cannot.
	WritableRoot bool
	// LogRetentionDays is one of the values that CloudWatch Logs accepts: 1, 3, 5, 7, 14, 30, 60, 90, … 3653. Default 30.
	LogRetentionDays int
	// Alarms says who hears of runs that failed.
	Alarms Alarms
}

// ContainerJob is a Fargate task definition with a cluster of its own. A [ScheduledJob] or a [Workflow] runs it. Runs that fail are kept 14
// days in the queue <name>-dlq, which has an alarm.
type ContainerJob struct {
	pulumi.ResourceState

	// ClusterARN is the cluster that the tasks run in.
	ClusterARN pulumi.StringOutput
	// TaskDefinitionARN is the task definition with its revision.
	TaskDefinitionARN pulumi.StringOutput
	// TaskRoleARN is the role that the container works with.
	TaskRoleARN pulumi.StringOutput
	// SecurityGroupID is the tasks' own security group.
	SecurityGroupID pulumi.StringOutput
	// LogGroup is the name of the log group that the container writes to.
	LogGroup pulumi.StringOutput
	// DeadLetterQueueURL is where to look at runs that failed.
	DeadLetterQueueURL pulumi.StringOutput

	logicalName      string
	network          *Network
	executionRoleARN pulumi.StringOutput
}

// NewContainerJob creates the task definition, its roles, cluster, security group and log group.
func NewContainerJob(ctx *pulumi.Context, name string, args *ContainerJobArgs, opts ...pulumi.ResourceOption) (*ContainerJob, error) {
	if args == nil {
		args = &ContainerJobArgs{}
	}
	environment, err := args.validate(name)
	if err != nil {
		return nil, err
	}
	j := &ContainerJob{logicalName: name, network: args.Network}
	if err := ctx.RegisterComponentResource(token("ContainerJob"), name, j, opts...); err != nil {
		return nil, wrap("ContainerJob", name, err)
	}
	if err := j.build(ctx, args, environment); err != nil {
		return nil, wrap("ContainerJob", name, err)
	}
	return j, ctx.RegisterResourceOutputs(j, pulumi.Map{
		"clusterArn": j.ClusterARN, "taskDefinitionArn": j.TaskDefinitionARN, "taskRoleArn": j.TaskRoleARN, "logGroup": j.LogGroup,
	})
}

func (j *ContainerJob) build(ctx *pulumi.Context, args *ContainerJobArgs, environment pulumi.StringMap) error {
	name := j.logicalName
	cluster, err := ecs.NewCluster(ctx, name, &ecs.ClusterArgs{
		Settings: ecs.ClusterSettingArray{&ecs.ClusterSettingArgs{Name: pulumi.String("containerInsights"), Value: pulumi.String("enabled")}},
	}, pulumi.Parent(j))
	if err != nil {
		return err
	}
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-logs", &cloudwatch.LogGroupArgs{
		NamePrefix:      pulumi.String("/aws/ecs/" + name + "-"),
		RetentionInDays: pulumi.Int(or(args.LogRetentionDays, defaultLogRetentionDays)),
	}, pulumi.Parent(j), keepsItsName())
	if err != nil {
		return err
	}
	group, err := j.network.SecurityGroup(ctx, name+"-network", "Container job "+name, pulumi.Parent(j))
	if err != nil {
		return err
	}
	task, may, err := j.newRole(ctx, logs, name+"-role", "What the job "+name+" may do", name+"-policy", args.Grants...)
	if err != nil {
		return err
	}
	execution, mayStart, err := j.newRole(ctx, logs, name+"-execution-role", "Starts the job "+name, name+"-execution-policy", args.execution(logs)...)
	if err != nil {
		return err
	}
	region, err := aws.GetRegion(ctx, nil, pulumi.Parent(j))
	if err != nil {
		return err
	}
	definition := &ecs.TaskDefinitionArgs{
		Family:                  pulumi.String(stackName(ctx, name)),
		RequiresCompatibilities: pulumi.StringArray{pulumi.String("FARGATE")},
		NetworkMode:             pulumi.String("awsvpc"),
		Cpu:                     pulumi.String(strconv.Itoa(args.cpu())),
		Memory:                  pulumi.String(strconv.Itoa(args.memory())),
		RuntimePlatform: &ecs.TaskDefinitionRuntimePlatformArgs{
			OperatingSystemFamily: pulumi.String("LINUX"),
			CpuArchitecture:       pulumi.String(strings.ToUpper(string(or(args.Architecture, ARM64)))),
		},
		TaskRoleArn: task.Arn, ExecutionRoleArn: execution.Arn,
		ContainerDefinitions: args.container(name, region.Name, logs.Name, environment),
	}
	if args.Storage != 0 {
		definition.EphemeralStorage = &ecs.TaskDefinitionEphemeralStorageArgs{SizeInGib: pulumi.Int(args.Storage)}
	}
	// Whoever runs the task knows it by its definition, so the roles can do their work before there is one.
	created, err := ecs.NewTaskDefinition(ctx, name, definition, pulumi.Parent(j), pulumi.DependsOn(slices.Concat(may, mayStart)))
	if err != nil {
		return err
	}
	j.ClusterARN, j.TaskDefinitionARN, j.TaskRoleARN, j.executionRoleARN = cluster.Arn, created.Arn, task.Arn, execution.Arn
	j.SecurityGroupID, j.LogGroup = group.ID().ToStringOutput(), logs.Name
	return j.watch(ctx, args.Alarms)
}

// newRole creates a role that ECS can take on for tasks of this account and region, and its policies: one, if anything is granted.
func (j *ContainerJob) newRole(ctx *pulumi.Context, logs *cloudwatch.LogGroup, name, description, policyName string, grants ...policies.Grant) (*iam.Role, []pulumi.Resource, error) {
	role, err := iam.NewRole(ctx, name, &iam.RoleArgs{
		Description: pulumi.String(description),
		AssumeRolePolicy: arnBeside(logs.Arn, "ecs", "*").ApplyT(func(arn string) string {
			return trustPolicy("ecs-tasks.amazonaws.com", policies.Conditions{
				"StringEquals": {"aws:SourceAccount": {accountOf(arn)}},
				"ArnLike":      {"aws:SourceArn": {arn}},
			})
		}).(pulumi.StringOutput),
	}, pulumi.Parent(j))
	if err != nil || len(policies.Join(grants...).Statements) == 0 {
		return role, nil, err
	}
	policy, err := iam.NewRolePolicy(ctx, policyName, &iam.RolePolicyArgs{Role: role.Name, Policy: policies.Document(grants...)}, pulumi.Parent(j))
	return role, []pulumi.Resource{policy}, err
}

// execution is what ECS needs to start a task: its log, and the image if it is private.
func (a *ContainerJobArgs) execution(logs *cloudwatch.LogGroup) []policies.Grant {
	grants := []policies.Grant{{Statements: []policies.Statement{{
		Actions:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		Resources: []pulumi.StringInput{pulumi.Sprintf("%s:*", logs.Arn)},
	}}}}
	if a.Repository != nil {
		grants = append(grants, policies.PullImages(a.Repository))
	}
	return grants
}

// container describes the only container of a task.
func (a *ContainerJobArgs) container(name, region string, logGroup pulumi.StringOutput, environment pulumi.StringMap) pulumi.StringOutput {
	return pulumi.All(a.Image, logGroup, environment.ToStringMapOutput()).ApplyT(func(values []any) string {
		set, _ := values[2].(map[string]string)
		variables := []any{}
		for _, key := range slices.Sorted(maps.Keys(set)) {
			variables = append(variables, map[string]any{"name": key, "value": set[key]})
		}
		container := map[string]any{
			"name": name, "image": values[0], "essential": true, "environment": variables,
			"user": or(a.User, defaultJobUser), "privileged": false, "readonlyRootFilesystem": !a.WritableRoot,
			"linuxParameters": map[string]any{"initProcessEnabled": true}, // passes on SIGTERM and reaps what the job leaves behind
			"logConfiguration": map[string]any{"logDriver": "awslogs", "options": map[string]any{
				"awslogs-group": values[1], "awslogs-region": region, "awslogs-stream-prefix": name,
			}},
		}
		if len(a.Command) > 0 {
			container["command"] = a.Command
		}
		return jsonText([]any{container})
	}).(pulumi.StringOutput)
}

// watch keeps the events of runs that failed, and tells: ECS has no metric for them.
func (j *ContainerJob) watch(ctx *pulumi.Context, alarms Alarms) error {
	name := j.logicalName + "-failed"
	failed := func(clusterARN string) string {
		return jsonText(map[string]any{
			"source": []string{"aws.ecs"}, "detail-type": []string{"ECS Task State Change"},
			"detail": map[string]any{
				"clusterArn": []string{clusterARN}, "lastStatus": []string{"STOPPED"},
				"$or": []any{
					map[string]any{"containers": map[string]any{"exitCode": []any{map[string]any{"anything-but": []any{0}}}}},
					map[string]any{"stopCode": []string{"TaskFailedToStart"}}, // in which case there is no exit code
				},
			},
		})
	}
	rule, err := cloudwatch.NewEventRule(ctx, name, &cloudwatch.EventRuleArgs{
		Description:  pulumi.String("Runs of the job " + j.logicalName + " that failed"),
		EventPattern: j.ClusterARN.ApplyT(failed).(pulumi.StringOutput),
	}, pulumi.Parent(j))
	if err != nil {
		return err
	}
	queue, err := newDeadLetterQueue(ctx, j, j.logicalName, deadLetters{
		what:    "Runs of the job " + j.logicalName + " failed. Its log group has the reasons.",
		senders: []sender{{"events.amazonaws.com", rule.Arn}}, alarms: alarms,
	})
	if err != nil {
		return err
	}
	j.DeadLetterQueueURL = queue.Url
	_, err = cloudwatch.NewEventTarget(ctx, name+"-target", &cloudwatch.EventTargetArgs{
		Rule: rule.Name, Arn: queue.Arn,
		// What EventBridge gives up on goes where it was to go anyway, with the reason beside it.
		DeadLetterConfig: &cloudwatch.EventTargetDeadLetterConfigArgs{Arn: queue.Arn},
	}, pulumi.Parent(j))
	return err
}

// runnable is the permission to run this revision of the task definition, and to hand its two roles to its tasks.
func (j *ContainerJob) runnable() policies.Grant {
	return policies.Grant{Statements: []policies.Statement{{
		Actions: []string{policies.RunTask}, Resources: []pulumi.StringInput{j.TaskDefinitionARN},
	}, {
		Actions:    []string{policies.PassRole},
		Resources:  []pulumi.StringInput{j.TaskRoleARN, j.executionRoleARN},
		Conditions: policies.Conditions{"StringEquals": {"iam:PassedToService": {"ecs-tasks.amazonaws.com"}}},
	}}}
}

// JobTarget makes the job a [JobTarget]. A job's input replaces the command and adds variables:
// {"containerOverrides": [{"name": "<job>", "command": […], "environment": [{"name": …, "value": …}]}]}.
func (j *ContainerJob) JobTarget() (scheduler.ScheduleTargetArgs, policies.Grant) {
	return scheduler.ScheduleTargetArgs{
		Arn: j.ClusterARN,
		EcsParameters: scheduler.ScheduleTargetEcsParametersArgs{
			TaskDefinitionArn: j.TaskDefinitionARN, LaunchType: pulumi.String("FARGATE"), TaskCount: pulumi.Int(1),
			NetworkConfiguration: scheduler.ScheduleTargetEcsParametersNetworkConfigurationArgs{
				AssignPublicIp: pulumi.Bool(false), Subnets: j.network.PrivateSubnets, SecurityGroups: pulumi.StringArray{j.SecurityGroupID},
			},
		},
	}, j.runnable()
}

// Substitution lets a name in a workflow's definition stand for the task definition. The task's other parameters are [Text]: ClusterARN for
// Cluster, and for NetworkConfiguration.AwsvpcConfiguration SecurityGroupID and the network's PrivateSubnets. Its LaunchType is FARGATE.
func (j *ContainerJob) Substitution() Substitution {
	// Tasks are told apart by the cluster in their ARNs: …:cluster/jobs → …:task/jobs/*.
	tasks := j.ClusterARN.ApplyT(func(arn string) string { return strings.Replace(arn, ":cluster/", ":task/", 1) + "/*" }).(pulumi.StringOutput)
	permissions := permissionsOn(tasks, "ecs:StopTask", "ecs:DescribeTasks")
	permissions[policies.RunTask] = j.runnable()
	return Substitution{Component: j.logicalName + " (ContainerJob)", Value: j.TaskDefinitionARN, Permissions: permissions}
}

// Membership makes the job a [NetworkMember].
func (j *ContainerJob) Membership() Membership {
	return Membership{Name: j.logicalName, Network: j.network, SecurityGroup: j.SecurityGroupID}
}

func (a *ContainerJobArgs) cpu() int    { return or(a.CPU, defaultJobCPU) }
func (a *ContainerJobArgs) memory() int { return or(a.Memory, jobSizes[a.cpu()].from) }

var containerUser = regexp.MustCompile(`^[1-9][0-9]{0,9}(:[1-9][0-9]{0,9})?$`)

// validate checks the arguments and returns the whole environment.
func (a *ContainerJobArgs) validate(name string) (pulumi.StringMap, error) {
	p := check("ContainerJob", name)
	p.want(len(name) <= maxContainerJob, "name", name, fmt.Sprintf("at most %d characters", maxContainerJob))
	p.want(a.Image != nil, "Image", nil, "the URI of a container image")
	p.want(a.Network != nil, "Network", nil, "the Network that the tasks run in")
	size, known := jobSizes[a.cpu()]
	p.want(known, "CPU", a.CPU, fmt.Sprintf("one of %v (Fargate)", slices.Sorted(maps.Keys(jobSizes))))
	p.want(!known || size.accepts(a.memory()), "Memory", a.Memory, fmt.Sprintf("%v, which is what goes with CPU = %d (Fargate)", size, a.cpu()))
	p.want(a.Storage == 0 || a.Storage >= minJobStorage && a.Storage <= maxJobStorage, "Storage", a.Storage, "21–200 GB, or 0 for the default of 20")
	p.want(a.Architecture == "" || a.Architecture == ARM64 || a.Architecture == X8664, "Architecture", string(a.Architecture), `"arm64" or "x86_64"`)
	p.want(a.User == "" || containerUser.MatchString(a.User), "User", a.User, "uid or uid:gid by number, neither of them 0 (root)")
	p.want(a.LogRetentionDays == 0 || slices.Contains(logRetentionDays, a.LogRetentionDays), "LogRetentionDays", a.LogRetentionDays,
		fmt.Sprintf("one of %v", logRetentionDays))
	links, err := policies.Environment(a.Grants...)
	p.want(err == nil, "Grants", a.Grants, fmt.Sprintf("grants that can be given together: %v", err))
	environment := pulumi.StringMap{}
	maps.Copy(environment, links)
	for k, v := range a.Environment {
		_, linked := links[k]
		p.want(!linked, "Environment", k, "a name that no grant links already")
		environment[k] = v
	}
	return environment, p.err()
}
