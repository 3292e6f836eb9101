package components_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	clusterType  = "aws:rds/cluster:Cluster"
	instanceType = "aws:rds/clusterInstance:ClusterInstance"
	clusterARN   = "arn:aws:rds:eu-central-1:123456789012:cluster/reports-1234567"
	masterSecret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!cluster-reports"
	otherSecret  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:reader-AbCdEf"
)

func newDatabase(t *testing.T, ctx *pulumi.Context, args components.AuroraServerlessArgs) *components.AuroraServerless {
	t.Helper()
	if args.Network == nil {
		args.Network = newNetwork(t, ctx, nil)
	}
	database, err := components.NewAuroraServerless(ctx, "reports", &args)
	require.NoError(t, err)
	return database
}

// newDatabaseWith deploys a database called reports and returns what was registered.
func newDatabaseWith(t *testing.T, args components.AuroraServerlessArgs) *mocks.Program {
	t.Helper()
	return mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newDatabase(t, ctx, args)
		return nil
	})
}

func TestAuroraServerless_IsSafeAndPausesByDefault(t *testing.T) {
	program := newDatabaseWith(t, components.AuroraServerlessArgs{})
	require.Equal(t, []string{
		"aws:cloudwatch/logGroup:LogGroup reports-logs",
		"aws:cloudwatch/metricAlarm:MetricAlarm reports-capacity",
		"aws:ec2/securityGroup:SecurityGroup reports-database",
		"aws:iam/role:Role reports-monitoring-role",
		"aws:iam/rolePolicy:RolePolicy reports-monitoring-policy",
		"aws:rds/cluster:Cluster reports",
		"aws:rds/clusterInstance:ClusterInstance reports-writer",
		"aws:rds/clusterParameterGroup:ClusterParameterGroup reports-parameters",
		"aws:rds/subnetGroup:SubnetGroup reports-subnets",
	}, program.Children("reports"))
	require.Equal(t, map[string]any{
		"clusterIdentifierPrefix": "reports-", "engine": "aurora-postgresql", "engineMode": "provisioned", "engineVersion": "16",
		"serverlessv2ScalingConfiguration": map[string]any{"minCapacity": 0.0, "maxCapacity": 4.0, "secondsUntilAutoPause": 300.0},
		"databaseName":                     "app", "masterUsername": "cluster_admin", "manageMasterUserPassword": true, "port": 5432.0,
		"iamDatabaseAuthenticationEnabled": true, "enableHttpEndpoint": false, "dbSubnetGroupName": "reports-subnets-1234567",
		"dbClusterParameterGroupName": "reports-parameters-1234567", "vpcSecurityGroupIds": []any{"reports-database-id"},
		"storageEncrypted": true, "backupRetentionPeriod": 7.0, "copyTagsToSnapshot": true, "deletionProtection": true,
		"skipFinalSnapshot": false, "finalSnapshotIdentifier": "shop-test-reports-final", "enabledCloudwatchLogsExports": []any{"postgresql"},
	}, program.Get(t, clusterType, "reports").Inputs)
	require.Equal(t, []any{"shop-private-1-id", "shop-private-2-id"}, program.Get(t, "aws:rds/subnetGroup:SubnetGroup", "reports-subnets").Inputs["subnetIds"])
	require.Equal(t, map[string]any{
		"description": "Settings of the database reports", "family": "aurora-postgresql16",
		"parameters": []any{map[string]any{"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"}},
	}, program.Get(t, "aws:rds/clusterParameterGroup:ClusterParameterGroup", "reports-parameters").Inputs)
	require.Equal(t, map[string]any{
		"clusterIdentifier": "reports-1234567", "engine": "aurora-postgresql", "engineVersion": "16", "instanceClass": "db.serverless",
		"publiclyAccessible": false, "autoMinorVersionUpgrade": true, "copyTagsToSnapshot": true, "performanceInsightsEnabled": false,
		"promotionTier": 0.0, "monitoringInterval": 60.0,
		"monitoringRoleArn": "arn:aws:iam:eu-central-1:123456789012:role/reports-monitoring-role-1234567",
	}, program.Get(t, instanceType, "reports-writer").Inputs)
	for _, rule := range append(program.OfType(ingressType), program.OfType(egressType)...) {
		require.NotEqual(t, "reports-database-id", rule.Inputs["securityGroupId"], "nobody can connect until AllowFrom lets them")
	}
}

func TestAuroraServerless_ItsLogIsKeptForAMonthFromTheFirstLine(t *testing.T) {
	program := newDatabaseWith(t, components.AuroraServerlessArgs{})
	require.Equal(t, map[string]any{"name": "/aws/rds/cluster/reports-1234567/postgresql", "retentionInDays": 30.0},
		program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "reports-logs").Inputs)
	require.Contains(t, strings.Join(program.Get(t, instanceType, "reports-writer").Dependencies, " "), "::reports-logs")
}

func TestAuroraServerless_MonitoringRoleIsForItsDatabasesOnly(t *testing.T) {
	program := newDatabaseWith(t, components.AuroraServerlessArgs{})
	const logs = "arn:aws:logs:eu-central-1:123456789012:log-group:RDSOSMetrics"
	require.Equal(t, map[string][]string{
		logs:                   {"logs:CreateLogGroup", "logs:PutRetentionPolicy"},
		logs + ":log-stream:*": {"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:GetLogEvents", "logs:PutLogEvents"},
	}, granted(t, program, "reports-monitoring-policy"))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "monitoring.rds.amazonaws.com"},
		"Condition": {
			"StringEquals": {"aws:SourceAccount": ["123456789012"]},
			"ArnLike": {"aws:SourceArn": ["arn:aws:rds:eu-central-1:123456789012:db:*"]}}}]}`,
		program.Get(t, roleType, "reports-monitoring-role").Inputs["assumeRolePolicy"].(string))
}

func TestAuroraServerless_AlarmBeforeItsCapacityIsUsedUp(t *testing.T) {
	alarm := newDatabaseWith(t, components.AuroraServerlessArgs{
		Alarms: components.Alarms{Topic: pulumi.String("arn:aws:sns:eu-central-1:123456789012:alarms")},
	}).Get(t, alarmType, "reports-capacity").Inputs
	require.Equal(t, "ACUUtilization", alarm["metricName"])
	require.Equal(t, map[string]any{"DBClusterIdentifier": "reports-1234567"}, alarm["dimensions"])
	require.EqualValues(t, 90, alarm["threshold"])
	require.Equal(t, []any{"arn:aws:sns:eu-central-1:123456789012:alarms"}, alarm["alarmActions"])
	require.Empty(t, newDatabaseWith(t, components.AuroraServerlessArgs{Alarms: components.Alarms{Disabled: true}}).OfType(alarmType))
}

func TestAuroraServerless_Options(t *testing.T) {
	program := newDatabaseWith(t, components.AuroraServerlessArgs{
		MinCapacity: 0.5, MaxCapacity: 128, Readers: 2, EngineVersion: "15.7", Database: "sales", DataAPI: true,
		Parameters: map[string]string{"log_statement": "ddl"}, KMSKey: pulumi.String(keyARN), BackupDays: 35, BackupWindow: "02:00-02:30",
		MaintenanceWindow: "sun:03:00-sun:04:00", DisableDeletionProtection: true, DisableFinalSnapshot: true, PerformanceInsights: true,
		DisableMonitoring: true, LogRetentionDays: 365,
	})
	cluster := program.Get(t, clusterType, "reports").Inputs
	require.Equal(t, map[string]any{"minCapacity": 0.5, "maxCapacity": 128.0}, cluster["serverlessv2ScalingConfiguration"])
	for field, want := range map[string]any{
		"engineVersion": "15.7", "databaseName": "sales", "enableHttpEndpoint": true, "kmsKeyId": keyARN, "backupRetentionPeriod": 35.0,
		"preferredBackupWindow": "02:00-02:30", "preferredMaintenanceWindow": "sun:03:00-sun:04:00", "deletionProtection": false, "skipFinalSnapshot": true,
	} {
		require.Equal(t, want, cluster[field], field)
	}
	require.NotContains(t, cluster, "finalSnapshotIdentifier")
	settings := program.Get(t, "aws:rds/clusterParameterGroup:ClusterParameterGroup", "reports-parameters").Inputs
	require.Equal(t, "aurora-postgresql15", settings["family"])
	require.Equal(t, map[string]any{"name": "log_statement", "value": "ddl", "applyMethod": "pending-reboot"}, in(t, settings, "parameters", 1))
	require.Len(t, program.OfType(instanceType), 3)
	for name, tier := range map[string]int{"reports-writer": 0, "reports-reader-1": 1, "reports-reader-2": 1} {
		instance := program.Get(t, instanceType, name).Inputs
		require.EqualValues(t, tier, instance["promotionTier"], name)
		require.Equal(t, true, instance["performanceInsightsEnabled"])
		require.EqualValues(t, 7, instance["performanceInsightsRetentionPeriod"])
		require.NotContains(t, instance, "monitoringInterval")
	}
	require.NotContains(t, strings.Join(program.Children("reports"), " "), "monitoring")
	require.EqualValues(t, 365, program.Get(t, "aws:cloudwatch/logGroup:LogGroup", "reports-logs").Inputs["retentionInDays"])

	pauses := newDatabaseWith(t, components.AuroraServerlessArgs{AutoPause: time.Hour}).Get(t, clusterType, "reports").Inputs
	require.EqualValues(t, 3600, in(t, pauses, "serverlessv2ScalingConfiguration", "secondsUntilAutoPause"))
	large := newDatabaseWith(t, components.AuroraServerlessArgs{MinCapacity: 8}).Get(t, clusterType, "reports").Inputs
	require.EqualValues(t, 8, in(t, large, "serverlessv2ScalingConfiguration", "maxCapacity"), "never below MinCapacity")
}

func TestAuroraServerless_ProxyNeedsTLSAndIAM(t *testing.T) {
	program := newDatabaseWith(t, components.AuroraServerlessArgs{
		MinCapacity: 0.5, Proxy: true, ProxyUsers: map[string]pulumi.StringInput{"reader": pulumi.String(otherSecret)},
	})
	auth := func(secret string) map[string]any {
		return map[string]any{"authScheme": "SECRETS", "iamAuth": "REQUIRED", "secretArn": secret}
	}
	require.Equal(t, map[string]any{
		"engineFamily": "POSTGRESQL", "requireTls": true, "auths": []any{auth(masterSecret), auth(otherSecret)},
		"roleArn":      "arn:aws:iam:eu-central-1:123456789012:role/reports-proxy-role-1234567",
		"vpcSubnetIds": []any{"shop-private-1-id", "shop-private-2-id"}, "vpcSecurityGroupIds": []any{"reports-proxy-id"},
	}, program.Get(t, "aws:rds/proxy:Proxy", "reports-proxy").Inputs)
	require.Equal(t, map[string]any{
		"dbProxyName": "reports-proxy-1234567", "targetGroupName": "reports-proxy-targets-1234567", "dbClusterIdentifier": "reports-1234567",
	}, program.Get(t, "aws:rds/proxyTarget:ProxyTarget", "reports-proxy-target").Inputs)
	require.Equal(t, map[string][]string{
		masterSecret: {"secretsmanager:GetSecretValue"}, otherSecret: {"secretsmanager:GetSecretValue"},
	}, granted(t, program, "reports-proxy-policy"))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "rds.amazonaws.com"},
		"Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012"]}}}]}`,
		program.Get(t, roleType, "reports-proxy-role").Inputs["assumeRolePolicy"].(string))
	require.Equal(t, []string{"reports-database-id"}, reached(t, program, "reports-proxy"))
	require.Equal(t, map[string]any{
		"securityGroupId": "reports-database-id", "referencedSecurityGroupId": "reports-proxy-id", "description": "The proxy to its database",
		"ipProtocol": "tcp", "fromPort": 5432.0, "toPort": 5432.0,
	}, program.Get(t, ingressType, "reports-proxy-to-database").Inputs)
}

// newConsumer deploys the function make-report in the database's network with grants on it.
func newConsumer(t *testing.T, ctx *pulumi.Context, network *components.Network, grants ...policies.Grant) *components.Function {
	t.Helper()
	f, err := components.NewFunction(ctx, "make-report", &components.FunctionArgs{
		Source: "lambdas/make-report", Builder: newBuilder(t), DisableTracing: true, Network: network, Grants: grants,
	})
	require.NoError(t, err)
	return f
}

func TestAuroraServerless_AllowFromOpensOnePortBothWays(t *testing.T) {
	for group, args := range map[string]components.AuroraServerlessArgs{
		"reports-database-id": {}, "reports-proxy-id": {Proxy: true, MinCapacity: 0.5},
	} {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			args.Network = newNetwork(t, ctx, nil)
			return newDatabase(t, ctx, args).AllowFrom(ctx, newConsumer(t, ctx, args.Network))
		})
		require.Equal(t, map[string]any{
			"securityGroupId": group, "referencedSecurityGroupId": "make-report-network-id", "description": "make-report to reports",
			"ipProtocol": "tcp", "fromPort": 5432.0, "toPort": 5432.0,
		}, program.Get(t, ingressType, "reports-from-make-report").Inputs)
		require.Contains(t, reached(t, program, "make-report-network"), group)
	}
}

func TestAuroraServerless_AllowFromRefusesWhoIsElsewhere(t *testing.T) {
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		return newDatabase(t, ctx, components.AuroraServerlessArgs{}).AllowFrom(ctx, newFunction(t, ctx, "outside"), nil)
	}, nil)
	require.ErrorContains(t, err, `reports (AuroraServerless.AllowFrom): member = "outside", want one that is in the network shop, as the database is`)
	require.ErrorContains(t, err, `member = <nil>, want a Function or ContainerJob in the database's network`)
	_, err = mocks.Run(func(ctx *pulumi.Context) error {
		network := newNetwork(t, ctx, nil)
		f := newConsumer(t, ctx, network)
		return newDatabase(t, ctx, components.AuroraServerlessArgs{Network: network}).AllowFrom(ctx, f, f)
	}, nil)
	require.ErrorContains(t, err, `member = "make-report", want each member once`)
}

func TestAuroraServerless_GrantConnectIsForOneUserOfOneDatabase(t *testing.T) {
	const users = "arn:aws:rds-db:eu-central-1:123456789012:dbuser:"
	for _, test := range []struct {
		args     components.AuroraServerlessArgs
		resource string
		host     string
	}{
		{components.AuroraServerlessArgs{}, users + "cluster-REPORTS/reader", "reports.cluster-1234567.eu-central-1.rds.amazonaws.com"},
		{
			components.AuroraServerlessArgs{MinCapacity: 1, Proxy: true, ProxyUsers: map[string]pulumi.StringInput{"reader": pulumi.String(otherSecret)}},
			users + "prx-reports-proxy/reader", "reports-proxy.proxy-1234567.eu-central-1.rds.amazonaws.com",
		},
	} {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			newConsumer(t, ctx, nil, newDatabase(t, ctx, test.args).GrantConnect("reader"))
			return nil
		})
		require.Equal(t, map[string][]string{test.resource: {"rds-db:connect"}}, allowed(t, program, "make-report"))
		require.Equal(t, map[string]any{
			"REPORTS_HOST": test.host, "REPORTS_PORT": "5432", "REPORTS_DATABASE": "app", "REPORTS_USER": "reader",
		}, in(t, program.Get(t, functionType, "make-report").Inputs, "environment", "variables"))
	}
}

func TestAuroraServerless_GrantSecret(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newConsumer(t, ctx, nil, newDatabase(t, ctx, components.AuroraServerlessArgs{}).GrantSecret())
		return nil
	})
	require.Equal(t, map[string][]string{masterSecret: {"secretsmanager:GetSecretValue"}}, allowed(t, program, "make-report"))
	require.Equal(t, masterSecret, in(t, program.Get(t, functionType, "make-report").Inputs, "environment", "variables", "REPORTS_SECRET_ARN"))
}

func TestAuroraServerless_GrantData(t *testing.T) {
	for _, actions := range [][]policies.DataAction{nil, {policies.BeginTransaction, policies.CommitTransaction}} {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			newConsumer(t, ctx, nil, newDatabase(t, ctx, components.AuroraServerlessArgs{DataAPI: true}).GrantData(actions...))
			return nil
		})
		want := []string{"rds-data:ExecuteStatement"}
		if actions != nil {
			want = []string{"rds-data:BeginTransaction", "rds-data:CommitTransaction"}
		}
		require.Equal(t, map[string][]string{clusterARN: want, masterSecret: {"secretsmanager:GetSecretValue"}}, allowed(t, program, "make-report"))
		require.Equal(t, map[string]any{"REPORTS_CLUSTER_ARN": clusterARN, "REPORTS_SECRET_ARN": masterSecret, "REPORTS_DATABASE": "app"},
			in(t, program.Get(t, functionType, "make-report").Inputs, "environment", "variables"))
	}
}

func TestAuroraServerless_RefusesWrongGrants(t *testing.T) {
	mocks.MustRun(t, func(ctx *pulumi.Context) error {
		database := newDatabase(t, ctx, components.AuroraServerlessArgs{MinCapacity: 1, Proxy: true})
		require.ErrorContains(t, database.GrantConnect("*").Err(), `reports (AuroraServerless): grant to connect as "*": want a user's name`)
		require.ErrorContains(t, database.GrantConnect("reader").Err(), `the proxy has secrets of the users ["cluster_admin"] only; add it to ProxyUsers`)
		require.NoError(t, database.GrantConnect("cluster_admin").Err())
		require.ErrorContains(t, database.GrantData().Err(), "grant on the Data API: it is off; set DataAPI")
		_, err := policies.Environment(database.GrantConnect("cluster_admin"), database.GrantSecret())
		require.NoError(t, err, "one database, granted twice")
		return nil
	})
	mocks.MustRun(t, func(ctx *pulumi.Context) error {
		database := newDatabase(t, ctx, components.AuroraServerlessArgs{})
		_, err := policies.Environment(database.GrantConnect("reader"), database.GrantConnect("writer"))
		require.ErrorContains(t, err, "environment variable REPORTS_USER: claimed by both reports (AuroraServerless) as reader and reports (AuroraServerless) as writer")
		return nil
	})
}

// migrated deploys a database that is migrated from the files in the program's folder, an empty one otherwise.
func migrated(t *testing.T, files map[string]string) (map[string]any, *mocks.Program) {
	t.Helper()
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("migrations", 0o700))
	for name, content := range files {
		require.NoError(t, os.WriteFile("migrations/"+name, []byte(content), 0o600))
	}
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		network := newNetwork(t, ctx, nil)
		database := newDatabase(t, ctx, components.AuroraServerlessArgs{Network: network})
		f := newConsumer(t, ctx, network, database.GrantSecret())
		require.NoError(t, database.AllowFrom(ctx, f))
		return database.Migrate(ctx, f, "migrations")
	})
	return program.Get(t, "aws:lambda/invocation:Invocation", "reports-migration").Inputs, program
}

func TestAuroraServerless_MigratesWhenAFileChangesAndOnlyThen(t *testing.T) {
	first, program := migrated(t, map[string]string{"1.sql": "create table a ()", "2.sql": "create table b ()"})
	require.Equal(t, "make-report-1234567", first["functionName"])
	hash := in(t, first, "triggers", "migrations").(string)
	require.JSONEq(t, fmt.Sprintf(`{"migrations": %q}`, hash), first["input"].(string))
	waited := strings.Join(program.Get(t, "aws:lambda/invocation:Invocation", "reports-migration").Dependencies, " ")
	for _, needed := range []string{"reports-writer", "reports-from-make-report", "reports-from-make-report-out"} {
		require.Contains(t, waited+" ", "::"+needed+" ")
	}

	again, _ := migrated(t, map[string]string{"2.sql": "create table b ()", "1.sql": "create table a ()"})
	require.Equal(t, first, again)
	for _, files := range []map[string]string{
		{"1.sql": "create table a ()"},
		{"1.sql": "create table a ()", "3.sql": "create table b ()"},
		{"1.sql": "create table a ()", "2.sql": "create table c ()"},
	} {
		changed, _ := migrated(t, files)
		require.NotEqual(t, first["triggers"], changed["triggers"])
	}
}

func TestAuroraServerless_RefusesWrongMigrations(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("empty", 0o700))
	for _, test := range []struct {
		folder string
		known  bool
		want   string
	}{
		{"../migrations", true, `reports (AuroraServerless.Migrate): folder = "../migrations", want a folder inside the program`},
		{"migrations", false, `function = "make-report", want one that AllowFrom has let in`},
		{"migrations", true, "reports (AuroraServerless): reading the migrations: lstat migrations: no such file or directory"},
		{"empty", true, "reading the migrations: empty: want at least one file"},
	} {
		_, err := mocks.Run(func(ctx *pulumi.Context) error {
			network := newNetwork(t, ctx, nil)
			database := newDatabase(t, ctx, components.AuroraServerlessArgs{Network: network})
			f := newConsumer(t, ctx, network)
			if test.known {
				require.NoError(t, database.AllowFrom(ctx, f))
			}
			return database.Migrate(ctx, f, test.folder)
		}, nil)
		require.ErrorContains(t, err, test.want)
	}
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		return newDatabase(t, ctx, components.AuroraServerlessArgs{}).Migrate(ctx, nil, "empty")
	}, nil)
	require.ErrorContains(t, err, "function = <nil>, want the function that migrates")
}

func TestAuroraServerless_RefusesWrongArguments(t *testing.T) {
	type args = components.AuroraServerlessArgs
	for want, args := range map[string]args{
		"MinCapacity = 0.7, want 0.5–128 ACU in steps of 0.5, or 0 to pause when idle": {MinCapacity: 0.7},
		"MinCapacity = -1, want 0.5–128":                                               {MinCapacity: -1},
		"MaxCapacity = 300, want 0.5–128 ACU in steps of 0.5":                          {MaxCapacity: 300},
		"MaxCapacity = 2, want at least MinCapacity, 4":                                {MinCapacity: 4, MaxCapacity: 2},
		"AutoPause = 4m, want 5m–24h in whole seconds":                                 {AutoPause: 4 * time.Minute},
		"AutoPause = 25h, want 5m–24h":                                                 {AutoPause: 25 * time.Hour},
		"AutoPause = 5m, want none, since MinCapacity = 1 never pauses":                {AutoPause: 5 * time.Minute, MinCapacity: 1},
		"MinCapacity = 0, want at least 0.5 with Proxy, whose open connection keeps":   {Proxy: true},
		"Readers = 16, want 0–15":                                                      {Readers: 16},
		`EngineVersion = "12", want a version of PostgreSQL`:                           {EngineVersion: "12"},
		`Database = "my-shop", want a letter and up to 62`:                             {Database: "my-shop"},
		`Parameters = "rds.force_ssl", want others, since TLS`:                         {Parameters: map[string]string{"rds.force_ssl": "0"}},
		"ProxyUsers = 1, want none without Proxy":                                      {ProxyUsers: map[string]pulumi.StringInput{"a": pulumi.String(otherSecret)}},
		`ProxyUsers = "a", want users other than cluster_admin, each`:                  {ProxyUsers: map[string]pulumi.StringInput{"a": nil}, Proxy: true, MinCapacity: 1},
		"BackupDays = 36, want 1–35":                                                   {BackupDays: 36},
		`BackupWindow = "2am", want two times in UTC such as 02:00-02:30`:              {BackupWindow: "2am"},
		`MaintenanceWindow = "03:00-04:00", want two times in UTC such as sun:03`:      {MaintenanceWindow: "03:00-04:00"},
		"LogRetentionDays = 2, want one of":                                            {LogRetentionDays: 2},
		`EngineVersion = "16.2", want at least 16.3 for MinCapacity 0`:                 {EngineVersion: "16.2"},
		`EngineVersion = "13.5", want at least 13.6 for Aurora Serverless v2`:          {EngineVersion: "13.5", MinCapacity: 1},
		`BackupWindow = "23:50-00:10", want at least 30 minutes`:                       {BackupWindow: "23:50-00:10"},
		`MaintenanceWindow = "sat:23:50-sun:00:10", want 30 minutes to 24 hours`:       {MaintenanceWindow: "sat:23:50-sun:00:10"},
		`MaintenanceWindow = "sun:01:00-mon:02:00", want 30 minutes to 24 hours`:       {MaintenanceWindow: "sun:01:00-mon:02:00"},
		`BackupWindow = "02:00-02:30", want another time of the day than`:              {BackupWindow: "02:00-02:30", MaintenanceWindow: "tue:01:45-tue:02:15"},
		`BackupWindow = "23:45-00:30", want another time of the day than`:              {BackupWindow: "23:45-00:30", MaintenanceWindow: "sun:00:00-sun:01:00"},
	} {
		refused(t, func(ctx *pulumi.Context) error {
			args.Network = &components.Network{}
			_, err := components.NewAuroraServerless(ctx, "reports", &args)
			return err
		}, "reports (AuroraServerless): "+want)
	}
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewAuroraServerless(ctx, strings.Repeat("x", 37), nil)
		return err
	}, "want at most 36 characters", "Network = <nil>, want the Network that the database is in")
}

func TestAuroraServerless_AcceptsWhatAWSDoes(t *testing.T) {
	for _, args := range []components.AuroraServerlessArgs{
		{EngineVersion: "16.3"},
		{EngineVersion: "16.1", MinCapacity: 0.5},
		{EngineVersion: "17.4"},
		{EngineVersion: "13"},
		{BackupWindow: "23:45-00:15", MaintenanceWindow: "sat:23:00-sat:23:45"},
		{BackupWindow: "02:00-02:30", MaintenanceWindow: "sat:22:30-sun:02:00"},
	} {
		mocks.MustRun(t, func(ctx *pulumi.Context) error {
			newDatabase(t, ctx, args)
			return nil
		})
	}
}

func TestAuroraServerless_NamesItsFinalSnapshotAsRDSWantsIt(t *testing.T) {
	program, err := mocks.RunStack(func(ctx *pulumi.Context) error {
		newDatabase(t, ctx, components.AuroraServerlessArgs{})
		return nil
	}, "dev_2.x-", nil)
	require.NoError(t, err)
	require.Equal(t, "shop-dev-2-x-reports-final", program.Get(t, clusterType, "reports").Inputs["finalSnapshotIdentifier"])
}
