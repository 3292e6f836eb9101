package components

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// Limits and defaults of Aurora Serverless v2 for PostgreSQL ("Using Aurora Serverless v2" in the Aurora user guide, CreateDBCluster in the
// RDS API reference).
const (
	maxACU               = 128
	stepACU              = 0.5
	defaultMaxACU        = 4
	minAutoPause         = 300 * time.Second
	maxAutoPause         = 24 * time.Hour
	maxReaders           = 15
	defaultBackupDays    = 7
	maxBackupDays        = 35
	maxClusterName       = 36 // leaves room for 26 random characters and a hyphen in an identifier of 63
	defaultEngineVersion = "16"
	defaultDatabase      = "app"
	masterUser           = "cluster_admin"
	postgresPort         = 5432
)

// AuroraServerlessArgs describes an Aurora Serverless v2 cluster for PostgreSQL: in private subnets, encrypted, reached over TLS only, its
// master password made, kept and rotated by RDS.
type AuroraServerlessArgs struct {
	// Network is where the cluster is. Required.
	Network *Network
	// MinCapacity is what the cluster never goes below: 0.5–128 ACU (2 GB of memory each) in steps of 0.5, or 0 to pause when nobody is
	// connected; the first connection after a pause waits about 15 s. Default 0. An ACU is about $0.12 an hour. The AWS plugin that is built
	// from source (decision 1) is older than pausing: there it must be at least 0.5.
	MinCapacity float64
	// MaxCapacity is what it never goes above: 0.5–128 ACU in steps of 0.5, at least MinCapacity. Default 4, or MinCapacity if that is more.
	MaxCapacity float64
	// AutoPause is how long nobody must be connected before the cluster pauses: 300 s–24 h, whole seconds; only with MinCapacity 0.
	// Default: 300 s.
	AutoPause time.Duration
	// Readers are instances beside the writer, each in another zone as far as there are: 0–15. With at least one, a failure of the writer
	// costs seconds instead of minutes. Default 0.
	Readers int
	// EngineVersion is the version of PostgreSQL, such as 16 or 16.4. With only the first number, AWS keeps the rest current. To pause, it must be
	// 13.15, 14.12, 15.7, 16.3 or later. Default 16.
	EngineVersion string
	// Database is the database that is created: a letter and up to 62 letters, digits and underscores. Default app.
	Database string
	// Parameters are added to the cluster's parameter group; rds.force_ssl is always on. They take effect at the next restart.
	Parameters map[string]string
	// Proxy pools connections in front of the cluster, so that many functions can use it. It keeps a connection open, so the cluster
	// cannot pause: it needs a MinCapacity. Default: none.
	Proxy bool
	// ProxyUsers are the database users who may connect through the proxy, and the ARN of the secret that has each one's password. A function
	// signs in to the proxy by IAM, the proxy to the database by the secret. The master user always may, by the cluster's own secret.
	ProxyUsers map[string]pulumi.StringInput
	// DataAPI lets functions send SQL over HTTPS, without being in the network.
	DataAPI bool
	// KMSKey is the ARN of a customer-managed key for the storage. Default: the key aws/rds.
	KMSKey pulumi.StringInput
	// BackupDays is how long the automatic backups are kept, and how far back the cluster can be restored to the second: 1–35. Default 7.
	BackupDays int
	// BackupWindow is when the daily backup runs, in UTC, as in 02:00-02:30: at least 30 minutes, outside MaintenanceWindow. Default: AWS chooses.
	BackupWindow string
	// MaintenanceWindow is when AWS may restart the cluster for updates, in UTC, as in sun:03:00-sun:04:00: at least 30 minutes. Default: AWS
	// chooses.
	MaintenanceWindow string
	// DisableDeletionProtection lets the cluster be deleted.
	DisableDeletionProtection bool
	// DisableFinalSnapshot forgets all data when the cluster is deleted.
	DisableFinalSnapshot bool
	// PerformanceInsights shows which statements the load comes from, for the last 7 days, free of charge. AWS advises a MinCapacity of
	// at least 2 for it.
	PerformanceInsights bool
	// DisableMonitoring saves the role and the logs of enhanced monitoring, which shows every 60 s what the operating system is doing.
	DisableMonitoring bool
	// LogRetentionDays is for how long PostgreSQL's log is kept, one of the values that CloudWatch Logs accepts: 1, 3, 5, 7, 14, 30, 60,
	// 90, … 3653. Default 30.
	LogRetentionDays int
	// Alarms says who hears when the cluster comes close to MaxCapacity.
	Alarms Alarms
}

// AuroraServerless is an Aurora Serverless v2 cluster for PostgreSQL.
type AuroraServerless struct {
	pulumi.ResourceState

	// ARN of the cluster.
	ARN pulumi.StringOutput
	// Host is where to connect to for reading and writing: the proxy, if there is one, else the writer.
	Host pulumi.StringOutput
	// ReaderHost is where to connect to for reading only. Without readers it is the writer.
	ReaderHost pulumi.StringOutput
	// SecretARN is the secret with the master user's name and password.
	SecretARN pulumi.StringOutput
	// SecurityGroupID is what protects Host; see [AuroraServerless.AllowFrom].
	SecurityGroupID pulumi.StringOutput
	// LogGroup is the name of the log group that PostgreSQL writes to.
	LogGroup pulumi.StringOutput

	logicalName string
	database    string
	network     *Network
	dataAPI     bool
	proxyUsers  []string            // nil without a proxy
	signIn      pulumi.StringOutput // arn:…:dbuser:<cluster or proxy>
	ready       []pulumi.Resource   // what a connection needs
	consumers   []string
}

// NewAuroraServerless creates the cluster with its instances, and its proxy if asked for. Nobody can connect until [AuroraServerless.AllowFrom]
// lets them.
func NewAuroraServerless(ctx *pulumi.Context, name string, args *AuroraServerlessArgs, opts ...pulumi.ResourceOption) (*AuroraServerless, error) {
	if args == nil {
		args = &AuroraServerlessArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	d := &AuroraServerless{logicalName: name, database: or(args.Database, defaultDatabase), network: args.Network, dataAPI: args.DataAPI}
	if err := ctx.RegisterComponentResource(token("AuroraServerless"), name, d, opts...); err != nil {
		return nil, wrap("AuroraServerless", name, err)
	}
	if err := d.build(ctx, args); err != nil {
		return nil, wrap("AuroraServerless", name, err)
	}
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{
		"arn": d.ARN, "host": d.Host, "readerHost": d.ReaderHost, "secretArn": d.SecretARN, "logGroup": d.LogGroup,
	})
}

func (d *AuroraServerless) build(ctx *pulumi.Context, args *AuroraServerlessArgs) error {
	cluster, group, err := d.newCluster(ctx, args)
	if err != nil {
		return err
	}
	d.ARN, d.Host, d.ReaderHost = cluster.Arn, cluster.Endpoint, cluster.ReaderEndpoint
	d.SecretARN = cluster.MasterUserSecrets.Index(pulumi.Int(0)).SecretArn().Elem()
	d.SecurityGroupID = group
	d.signIn = pulumi.Sprintf("%s:%s", arnBeside(cluster.Arn, "rds-db", "dbuser"), cluster.ClusterResourceId)
	// The first instance starts the log, so its log group, with its retention, must be there before.
	logs, err := cloudwatch.NewLogGroup(ctx, d.logicalName+"-logs", &cloudwatch.LogGroupArgs{
		Name:            pulumi.Sprintf("/aws/rds/cluster/%s/postgresql", cluster.ClusterIdentifier),
		RetentionInDays: pulumi.Int(or(args.LogRetentionDays, defaultLogRetentionDays)),
	}, pulumi.Parent(d))
	if err != nil {
		return err
	}
	d.LogGroup = logs.Name
	if err := d.newInstances(ctx, cluster, logs, args); err != nil {
		return err
	}
	if args.Proxy {
		if err := d.newProxy(ctx, cluster, args); err != nil {
			return err
		}
	}
	return newAlarms(ctx, d, d.logicalName, args.Alarms, alarm{
		role: "capacity", description: "The database " + d.logicalName + " needs more than 90 % of its MaxCapacity.",
		namespace: "AWS/RDS", metric: "ACUUtilization", statistic: "Maximum",
		dimensions: map[string]pulumi.StringInput{"DBClusterIdentifier": cluster.ClusterIdentifier}, threshold: 90, period: 5 * time.Minute,
	})
}

// newCluster creates the cluster, its subnet group, parameter group and security group.
func (d *AuroraServerless) newCluster(ctx *pulumi.Context, args *AuroraServerlessArgs) (*rds.Cluster, pulumi.StringOutput, error) {
	name, version := d.logicalName, or(args.EngineVersion, defaultEngineVersion)
	fail := func(err error) (*rds.Cluster, pulumi.StringOutput, error) { return nil, pulumi.StringOutput{}, err }
	subnets, err := rds.NewSubnetGroup(ctx, name+"-subnets", &rds.SubnetGroupArgs{
		Description: pulumi.String("Where the database " + name + " is"), SubnetIds: d.network.PrivateSubnets,
	}, pulumi.Parent(d))
	if err != nil {
		return fail(err)
	}
	group, err := d.network.newSecurityGroup(ctx, d, name+"-database", "Database "+name)
	if err != nil {
		return fail(err)
	}
	parameters := rds.ClusterParameterGroupParameterArray{&rds.ClusterParameterGroupParameterArgs{
		Name: pulumi.String("rds.force_ssl"), Value: pulumi.String("1"), ApplyMethod: pulumi.String("immediate"),
	}}
	for _, parameter := range slices.Sorted(maps.Keys(args.Parameters)) {
		parameters = append(parameters, &rds.ClusterParameterGroupParameterArgs{
			Name: pulumi.String(parameter), Value: pulumi.String(args.Parameters[parameter]), ApplyMethod: pulumi.String("pending-reboot"),
		})
	}
	major, _, _ := strings.Cut(version, ".")
	settings, err := rds.NewClusterParameterGroup(ctx, name+"-parameters", &rds.ClusterParameterGroupArgs{
		Description: pulumi.String("Settings of the database " + name), Family: pulumi.String("aurora-postgresql" + major), Parameters: parameters,
	}, pulumi.Parent(d))
	if err != nil {
		return fail(err)
	}
	id := group.ID().ToStringOutput()
	cluster, err := rds.NewCluster(ctx, name, args.cluster(ctx, d, version, subnets, settings, id), pulumi.Parent(d))
	return cluster, id, err
}

// cluster describes the cluster itself.
func (a *AuroraServerlessArgs) cluster(ctx *pulumi.Context, d *AuroraServerless, version string, subnets *rds.SubnetGroup, settings *rds.ClusterParameterGroup, group pulumi.StringOutput) *rds.ClusterArgs {
	scaling := &rds.ClusterServerlessv2ScalingConfigurationArgs{
		MinCapacity: pulumi.Float64(a.MinCapacity), MaxCapacity: pulumi.Float64(a.maxCapacity()),
	}
	if a.MinCapacity == 0 {
		scaling.SecondsUntilAutoPause = pulumi.Int(int(or(a.AutoPause, minAutoPause).Seconds()))
	}
	args := &rds.ClusterArgs{
		ClusterIdentifierPrefix:          pulumi.String(d.logicalName + "-"),
		Engine:                           pulumi.String("aurora-postgresql"),
		EngineMode:                       pulumi.String("provisioned"), // which is what Serverless v2 is part of
		EngineVersion:                    pulumi.String(version),
		Serverlessv2ScalingConfiguration: scaling,
		DatabaseName:                     pulumi.String(d.database),
		MasterUsername:                   pulumi.String(masterUser),
		ManageMasterUserPassword:         pulumi.Bool(true),
		IamDatabaseAuthenticationEnabled: pulumi.Bool(true),
		EnableHttpEndpoint:               pulumi.Bool(a.DataAPI),
		Port:                             pulumi.Int(postgresPort),
		DbSubnetGroupName:                subnets.Name,
		DbClusterParameterGroupName:      settings.Name,
		VpcSecurityGroupIds:              pulumi.StringArray{group},
		StorageEncrypted:                 pulumi.Bool(true),
		BackupRetentionPeriod:            pulumi.Int(or(a.BackupDays, defaultBackupDays)),
		CopyTagsToSnapshot:               pulumi.Bool(true),
		DeletionProtection:               pulumi.Bool(!a.DisableDeletionProtection),
		SkipFinalSnapshot:                pulumi.Bool(a.DisableFinalSnapshot),
		EnabledCloudwatchLogsExports:     pulumi.StringArray{pulumi.String("postgresql")},
	}
	if a.KMSKey != nil {
		args.KmsKeyId = a.KMSKey.ToStringOutput()
	}
	if a.BackupWindow != "" {
		args.PreferredBackupWindow = pulumi.String(a.BackupWindow)
	}
	if a.MaintenanceWindow != "" {
		args.PreferredMaintenanceWindow = pulumi.String(a.MaintenanceWindow)
	}
	if !a.DisableFinalSnapshot {
		args.FinalSnapshotIdentifier = pulumi.String(stackName(ctx, d.logicalName) + "-final")
	}
	return args
}

// newInstances creates the writer and the readers.
func (d *AuroraServerless) newInstances(ctx *pulumi.Context, cluster *rds.Cluster, logs pulumi.Resource, args *AuroraServerlessArgs) error {
	instance := rds.ClusterInstanceArgs{
		ClusterIdentifier: cluster.ClusterIdentifier, Engine: pulumi.String("aurora-postgresql"), EngineVersion: cluster.EngineVersion,
		InstanceClass: pulumi.String("db.serverless"), PubliclyAccessible: pulumi.Bool(false), AutoMinorVersionUpgrade: pulumi.Bool(true),
		CopyTagsToSnapshot: pulumi.Bool(true), PerformanceInsightsEnabled: pulumi.Bool(args.PerformanceInsights),
	}
	if args.PerformanceInsights {
		instance.PerformanceInsightsRetentionPeriod = pulumi.Int(7)
	}
	needed := []pulumi.Resource{logs}
	if !args.DisableMonitoring {
		role, policy, err := d.newMonitoringRole(ctx, cluster)
		if err != nil {
			return err
		}
		instance.MonitoringInterval, instance.MonitoringRoleArn = pulumi.Int(60), role.Arn
		needed = append(needed, policy)
	}
	for i := range 1 + args.Readers {
		role, settings := "writer", instance
		if i > 0 {
			role = fmt.Sprintf("reader-%d", i)
		}
		settings.PromotionTier = pulumi.Int(min(i, 1)) // a reader of tier 0 or 1 grows with the writer, ready to take its place
		created, err := rds.NewClusterInstance(ctx, d.logicalName+"-"+role, &settings, pulumi.Parent(d), pulumi.DependsOn(needed))
		if err != nil {
			return err
		}
		d.ready = append(d.ready, created)
	}
	return nil
}

// newMonitoringRole creates the role by which enhanced monitoring writes to the log group RDSOSMetrics, which RDS makes and all databases of
// the account share. AWS's managed policy for it allows the same for every log group whose name begins with RDS.
func (d *AuroraServerless) newMonitoringRole(ctx *pulumi.Context, cluster *rds.Cluster) (*iam.Role, *iam.RolePolicy, error) {
	role, err := iam.NewRole(ctx, d.logicalName+"-monitoring-role", &iam.RoleArgs{
		Description: pulumi.String("Enhanced monitoring of the database " + d.logicalName),
		AssumeRolePolicy: arnBeside(cluster.Arn, "rds", "db:*").ApplyT(func(arn string) string {
			return trustPolicy("monitoring.rds.amazonaws.com", policies.Conditions{
				"StringEquals": {"aws:SourceAccount": {accountOf(arn)}},
				"ArnLike":      {"aws:SourceArn": {arn}},
			})
		}).(pulumi.StringOutput),
	}, pulumi.Parent(d))
	if err != nil {
		return nil, nil, err
	}
	policy, err := iam.NewRolePolicy(ctx, d.logicalName+"-monitoring-policy", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: policies.Document(policies.Grant{Statements: []policies.Statement{
			{
				Actions:   []string{"logs:CreateLogGroup", "logs:PutRetentionPolicy"},
				Resources: []pulumi.StringInput{arnBeside(cluster.Arn, "logs", "log-group:RDSOSMetrics")},
			},
			{
				Actions:   []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:GetLogEvents", "logs:PutLogEvents"},
				Resources: []pulumi.StringInput{arnBeside(cluster.Arn, "logs", "log-group:RDSOSMetrics:log-stream:*")},
			},
		}}),
	}, pulumi.Parent(d))
	return role, policy, err
}

// newProxy puts an RDS Proxy before the cluster: TLS and IAM on its outside, the users' secrets on its inside.
func (d *AuroraServerless) newProxy(ctx *pulumi.Context, cluster *rds.Cluster, args *AuroraServerlessArgs) error {
	name := d.logicalName + "-proxy"
	secrets := []pulumi.StringInput{d.SecretARN}
	d.proxyUsers = append([]string{masterUser}, slices.Sorted(maps.Keys(args.ProxyUsers))...)
	for _, user := range d.proxyUsers[1:] {
		secrets = append(secrets, args.ProxyUsers[user])
	}
	var auths rds.ProxyAuthArray
	for _, secret := range secrets {
		auths = append(auths, &rds.ProxyAuthArgs{
			AuthScheme: pulumi.String("SECRETS"), IamAuth: pulumi.String("REQUIRED"), SecretArn: secret.ToStringOutput(),
		})
	}
	role, policy, err := d.newProxyRole(ctx, name, cluster, secrets)
	if err != nil {
		return err
	}
	group, err := d.network.newSecurityGroup(ctx, d, name, "Proxy of the database "+d.logicalName)
	if err != nil {
		return err
	}
	id := group.ID().ToStringOutput()
	way, err := connect(ctx, d, name+"-to-database", "The proxy to its database", id, d.SecurityGroupID, postgresPort)
	if err != nil {
		return err
	}
	proxy, err := rds.NewProxy(ctx, name, &rds.ProxyArgs{
		EngineFamily: pulumi.String("POSTGRESQL"), RequireTls: pulumi.Bool(true), Auths: auths, RoleArn: role.Arn,
		VpcSubnetIds: d.network.PrivateSubnets, VpcSecurityGroupIds: pulumi.StringArray{id},
	}, pulumi.Parent(d), pulumi.DependsOn([]pulumi.Resource{policy}))
	if err != nil {
		return err
	}
	targets, err := rds.NewProxyDefaultTargetGroup(ctx, name+"-targets", &rds.ProxyDefaultTargetGroupArgs{DbProxyName: proxy.Name}, pulumi.Parent(d))
	if err != nil {
		return err
	}
	target, err := rds.NewProxyTarget(ctx, name+"-target", &rds.ProxyTargetArgs{
		DbProxyName: proxy.Name, TargetGroupName: targets.Name, DbClusterIdentifier: cluster.ClusterIdentifier,
	}, pulumi.Parent(d), pulumi.DependsOn(slices.Concat(d.ready, way)))
	if err != nil {
		return err
	}
	d.Host, d.SecurityGroupID = proxy.Endpoint, id
	d.ready = append(append(d.ready, target), way...)
	d.signIn = proxy.Arn.ApplyT(func(arn string) string { // arn:…:rds:…:db-proxy:prx-…
		return strings.Replace(strings.Replace(arn, ":rds:", ":rds-db:", 1), ":db-proxy:", ":dbuser:", 1)
	}).(pulumi.StringOutput)
	return nil
}

// newProxyRole creates the role by which the proxy reads the secrets that it signs in with, and nothing else.
func (d *AuroraServerless) newProxyRole(ctx *pulumi.Context, name string, cluster *rds.Cluster, secrets []pulumi.StringInput) (*iam.Role, *iam.RolePolicy, error) {
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description: pulumi.String("The secrets that the proxy of the database " + d.logicalName + " signs in with"),
		AssumeRolePolicy: cluster.Arn.ApplyT(func(arn string) string {
			return trustPolicy("rds.amazonaws.com", policies.Conditions{"StringEquals": {"aws:SourceAccount": {accountOf(arn)}}})
		}).(pulumi.StringOutput),
	}, pulumi.Parent(d))
	if err != nil {
		return nil, nil, err
	}
	policy, err := iam.NewRolePolicy(ctx, name+"-policy", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: policies.Document(policies.Grant{Statements: []policies.Statement{{
			Actions: []string{policies.GetSecretValue}, Resources: secrets,
		}}}),
	}, pulumi.Parent(d))
	return role, policy, err
}

// AllowFrom lets members of the cluster's network connect to Host. Who they sign in as, the grants say.
func (d *AuroraServerless) AllowFrom(ctx *pulumi.Context, members ...NetworkMember) error {
	p := &problems{component: "AuroraServerless.AllowFrom", name: d.logicalName}
	var allowed []Membership
	for _, member := range members {
		if member == nil {
			p.want(false, "member", nil, "a Function or ContainerJob in the database's network")
			continue
		}
		m := member.Membership()
		p.want(m.Network == d.network, "member", m.Name, fmt.Sprintf("one that is in the network %s, as the database is", d.network.logicalName))
		p.want(!slices.Contains(d.consumers, m.Name), "member", m.Name, "each member once")
		d.consumers = append(d.consumers, m.Name)
		allowed = append(allowed, m)
	}
	if err := p.err(); err != nil {
		return err
	}
	for _, m := range allowed {
		rules, err := connect(ctx, d, d.logicalName+"-from-"+m.Name, m.Name+" to "+d.logicalName, m.SecurityGroup, d.SecurityGroupID, postgresPort)
		if err != nil {
			return wrap("AuroraServerless", d.logicalName, err)
		}
		d.ready = append(d.ready, rules...)
	}
	return nil
}

// GrantConnect allows signing in as a database user by IAM and links <NAME>_HOST, <NAME>_PORT, <NAME>_DATABASE and <NAME>_USER. The user must
// exist and have the role rds_iam; a migration creates it. The function must be let in, too: see [AuroraServerless.AllowFrom].
func (d *AuroraServerless) GrantConnect(user string) policies.Grant {
	if !databaseName.MatchString(user) {
		return policies.Invalid(fmt.Errorf("%s (AuroraServerless): grant to connect as %q: want a user's name: a letter and up to 62 letters, digits and underscores", d.logicalName, user))
	}
	if d.proxyUsers != nil && !slices.Contains(d.proxyUsers, user) {
		return policies.Invalid(fmt.Errorf("%s (AuroraServerless): grant to connect as %q: the proxy has secrets of the users %q only; add it to ProxyUsers", d.logicalName, user, d.proxyUsers))
	}
	return policies.Grant{
		Statements: []policies.Statement{{
			Actions: []string{policies.DatabaseConnect}, Resources: []pulumi.StringInput{pulumi.Sprintf("%s/%s", d.signIn, user)},
		}},
		Links: append(d.address(), policies.Link{
			Variable: variable(d.logicalName, "USER"), Value: pulumi.String(user), Resource: d.owner() + " as " + user,
		}),
	}
}

// GrantSecret allows reading the master user's name and password, for migrations, and links <NAME>_HOST, <NAME>_PORT, <NAME>_DATABASE and
// <NAME>_SECRET_ARN. A function in a network without NAT needs the interface endpoint secretsmanager.
func (d *AuroraServerless) GrantSecret() policies.Grant {
	return policies.Grant{Statements: []policies.Statement{d.readSecret()}, Links: append(d.address(), d.link("SECRET_ARN", d.SecretARN))}
}

// GrantData allows the actions of the Data API, by default [policies.ExecuteStatement], as the master user, and links <NAME>_CLUSTER_ARN,
// <NAME>_SECRET_ARN and <NAME>_DATABASE.
func (d *AuroraServerless) GrantData(actions ...policies.DataAction) policies.Grant {
	if !d.dataAPI {
		return policies.Invalid(fmt.Errorf("%s (AuroraServerless): grant on the Data API: it is off; set DataAPI", d.logicalName))
	}
	if len(actions) == 0 {
		actions = []policies.DataAction{policies.ExecuteStatement}
	}
	return policies.Grant{
		Statements: []policies.Statement{policies.Allow(actions, d.ARN), d.readSecret()},
		Links: []policies.Link{
			d.link("CLUSTER_ARN", d.ARN), d.link("SECRET_ARN", d.SecretARN), d.link("DATABASE", pulumi.String(d.database)),
		},
	}
}

func (d *AuroraServerless) readSecret() policies.Statement {
	return policies.Statement{Actions: []string{policies.GetSecretValue}, Resources: []pulumi.StringInput{d.SecretARN}}
}

func (d *AuroraServerless) address() []policies.Link {
	return []policies.Link{
		d.link("HOST", d.Host), d.link("PORT", pulumi.String(strconv.Itoa(postgresPort))), d.link("DATABASE", pulumi.String(d.database)),
	}
}

func (d *AuroraServerless) link(kind string, value pulumi.StringInput) policies.Link {
	return policies.Link{Variable: variable(d.logicalName, kind), Value: value, Resource: d.owner()}
}

func (d *AuroraServerless) owner() string {
	return d.logicalName + " (AuroraServerless)"
}

// Migrate invokes the function during the deployment, after everything that a connection needs, and again whenever a file in the folder has
// changed. The function, which has the files in its package, brings the schema up to date; it receives {"migrations": "<hash of the
// folder>"}. When it fails, so does the deployment. folder is relative to the Pulumi program, such as shop/reports/migrations.
// The function is let in already, see [AuroraServerless.AllowFrom], unless it uses the Data API.
func (d *AuroraServerless) Migrate(ctx *pulumi.Context, function *Function, folder string) error {
	p := &problems{component: "AuroraServerless.Migrate", name: d.logicalName}
	p.want(function != nil, "function", nil, "the function that migrates")
	p.want(function == nil || d.dataAPI || slices.Contains(d.consumers, function.logicalName), "function", functionName(function), "one that AllowFrom has let in")
	p.want(filepath.IsLocal(folder), "folder", folder, "a folder inside the program, such as shop/reports/migrations")
	if err := p.err(); err != nil {
		return err
	}
	hash, err := folderHash(folder)
	if err != nil {
		return wrap("AuroraServerless", d.logicalName, err)
	}
	_, err = lambda.NewInvocation(ctx, d.logicalName+"-migration", &lambda.InvocationArgs{
		FunctionName: function.Name,
		Input:        pulumi.String(jsonText(map[string]string{"migrations": hash})),
		Triggers:     pulumi.StringMap{"migrations": pulumi.String(hash)},
	}, pulumi.Parent(d), pulumi.DependsOn(append(slices.Clone(d.ready), function)))
	return wrap("AuroraServerless", d.logicalName, err)
}

func functionName(f *Function) string {
	if f == nil {
		return ""
	}
	return f.logicalName
}

// folderHash is the same as long as no file of the folder is changed, added, renamed or removed.
func folderHash(folder string) (string, error) {
	sum, files := sha256.New(), 0
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path) //nolint:gosec // the files that the program names
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		files++
		_, err = fmt.Fprintf(sum, "%s %d\n%s", filepath.ToSlash(relative), len(content), content)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reading the migrations: %w", err)
	}
	if files == 0 {
		return "", fmt.Errorf("reading the migrations: %s: want at least one file", folder)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (a *AuroraServerlessArgs) maxCapacity() float64 {
	return or(a.MaxCapacity, max(defaultMaxACU, a.MinCapacity))
}

var (
	databaseName      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)
	postgresVersion   = regexp.MustCompile(`^1[3-9](\.[0-9]{1,2})?$`)
	backupWindow      = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$`)
	maintenanceWindow = regexp.MustCompile(`^` + weekTime + `-` + weekTime + `$`)
)

const weekTime = `(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d`

// leastMinor is the first minor version of PostgreSQL that is serverless, and the first that pauses, by major version; later ones always do
// ("Aurora Serverless v2 requirements and limitations" and "Scaling to Zero ACUs" in the Aurora user guide).
var leastMinor = map[string]struct{ serverless, pausing int }{"13": {6, 15}, "14": {3, 12}, "15": {2, 7}, "16": {1, 3}}

// tooOld tells what the version of PostgreSQL is too old for, or nothing.
func (a *AuroraServerlessArgs) tooOld() (reason string, least int) {
	major, text, exact := strings.Cut(a.EngineVersion, ".")
	minor, err := strconv.Atoi(text)
	first, known := leastMinor[major]
	switch {
	case !exact || err != nil || !known:
	case minor < first.serverless:
		return "Aurora Serverless v2", first.serverless
	case minor < first.pausing && a.MinCapacity == 0:
		return "MinCapacity 0", first.pausing
	}
	return "", 0
}

// clockSpan is when a window begins, in minutes after midnight (of Sunday, if it tells a day), and how long it is.
func clockSpan(window string) (begin, length int) {
	const day = 24 * 60
	minute := func(text string) (minutes, cycle int) {
		cycle = day
		if i := strings.Index("sun:mon:tue:wed:thu:fri:sat:", text[:4]); i >= 0 {
			minutes, cycle, text = i/4*day, 7*day, text[4:]
		}
		at, _ := time.Parse("15:04", text) // the window has been matched before
		return minutes + at.Hour()*60 + at.Minute(), cycle
	}
	from, to, _ := strings.Cut(window, "-")
	begin, cycle := minute(from)
	end, _ := minute(to)
	return begin, (end - begin + cycle) % cycle
}

// windows checks what AWS wants of the windows: half an hour each, and that a backup never meets the maintenance.
func (a *AuroraServerlessArgs) windows(p *problems) {
	const least, day = 30, 24 * 60
	p.want(a.BackupWindow == "" || backupWindow.MatchString(a.BackupWindow), "BackupWindow", a.BackupWindow, "two times in UTC such as 02:00-02:30")
	p.want(a.MaintenanceWindow == "" || maintenanceWindow.MatchString(a.MaintenanceWindow), "MaintenanceWindow", a.MaintenanceWindow,
		"two times in UTC such as sun:03:00-sun:04:00")
	backup, maintenance := backupWindow.MatchString(a.BackupWindow), maintenanceWindow.MatchString(a.MaintenanceWindow)
	if backup {
		_, length := clockSpan(a.BackupWindow)
		p.want(length >= least, "BackupWindow", a.BackupWindow, "at least 30 minutes")
	}
	if maintenance {
		_, length := clockSpan(a.MaintenanceWindow)
		p.want(length >= least && length <= day, "MaintenanceWindow", a.MaintenanceWindow, "30 minutes to 24 hours")
	}
	if backup && maintenance {
		first, firstLength := clockSpan(a.BackupWindow)
		second, secondLength := clockSpan(a.MaintenanceWindow)
		meet := (second-first+7*day)%day < firstLength || (first-second+7*day)%day < secondLength
		p.want(!meet, "BackupWindow", a.BackupWindow, "another time of the day than MaintenanceWindow, "+a.MaintenanceWindow)
	}
}

// capacity tells whether Aurora can have so many ACU.
func capacity(acu float64) bool {
	return acu >= stepACU && acu <= maxACU && math.Mod(acu, stepACU) == 0
}

func (a *AuroraServerlessArgs) validate(name string) error {
	const acus = "0.5–128 ACU in steps of 0.5"
	p := check("AuroraServerless", name)
	p.want(len(name) <= maxClusterName, "name", name, fmt.Sprintf("at most %d characters", maxClusterName))
	p.want(a.Network != nil, "Network", nil, "the Network that the database is in")
	p.want(a.MinCapacity == 0 || capacity(a.MinCapacity), "MinCapacity", a.MinCapacity, acus+", or 0 to pause when idle")
	p.want(a.MaxCapacity == 0 || capacity(a.MaxCapacity), "MaxCapacity", a.MaxCapacity, acus)
	p.want(a.MaxCapacity == 0 || a.MaxCapacity >= a.MinCapacity, "MaxCapacity", a.MaxCapacity, fmt.Sprintf("at least MinCapacity, %v", a.MinCapacity))
	p.want(a.AutoPause == 0 || a.AutoPause >= minAutoPause && a.AutoPause <= maxAutoPause && a.AutoPause%time.Second == 0,
		"AutoPause", a.AutoPause, "5m–24h in whole seconds")
	p.want(a.AutoPause == 0 || a.MinCapacity == 0, "AutoPause", a.AutoPause, fmt.Sprintf("none, since MinCapacity = %v never pauses", a.MinCapacity))
	p.want(!a.Proxy || a.MinCapacity != 0, "MinCapacity", a.MinCapacity, "at least 0.5 with Proxy, whose open connection keeps the database from pausing")
	p.want(a.Readers >= 0 && a.Readers <= maxReaders, "Readers", a.Readers, "0–15")
	p.want(a.EngineVersion == "" || postgresVersion.MatchString(a.EngineVersion), "EngineVersion", a.EngineVersion, "a version of PostgreSQL such as 16 or 16.4, from 13 on")
	if reason, least := a.tooOld(); reason != "" {
		major, _, _ := strings.Cut(a.EngineVersion, ".")
		p.want(false, "EngineVersion", a.EngineVersion, fmt.Sprintf("at least %s.%d for %s", major, least, reason))
	}
	p.want(a.Database == "" || databaseName.MatchString(a.Database), "Database", a.Database, "a letter and up to 62 letters, digits and underscores")
	_, unsafe := a.Parameters["rds.force_ssl"]
	p.want(!unsafe, "Parameters", "rds.force_ssl", "others, since TLS is always required")
	p.want(a.Proxy || len(a.ProxyUsers) == 0, "ProxyUsers", len(a.ProxyUsers), "none without Proxy")
	for _, user := range slices.Sorted(maps.Keys(a.ProxyUsers)) {
		p.want(databaseName.MatchString(user) && user != masterUser && a.ProxyUsers[user] != nil, "ProxyUsers", user,
			"users other than "+masterUser+", each with the ARN of a secret")
	}
	p.want(a.BackupDays >= 0 && a.BackupDays <= maxBackupDays, "BackupDays", a.BackupDays, "1–35, or 0 for the default of 7")
	a.windows(p)
	p.want(a.LogRetentionDays == 0 || slices.Contains(logRetentionDays, a.LogRetentionDays), "LogRetentionDays", a.LogRetentionDays,
		fmt.Sprintf("one of %v", logRetentionDays))
	return p.err()
}
