package guardrails

const (
	table           = "aws:dynamodb/table:Table"
	scalingTarget   = "aws:appautoscaling/target:Target"
	bucket          = "aws:s3/bucketV2:BucketV2"
	bucketPolicy    = "aws:s3/bucketPolicy:BucketPolicy"
	publicAccess    = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	accountAccess   = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
	bucketLogging   = "aws:s3/bucketLoggingV2:BucketLoggingV2"
	bucketOwnership = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
	bucketLifecycle = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
	cluster         = "aws:rds/cluster:Cluster"
	clusterInstance = "aws:rds/clusterInstance:ClusterInstance"
	dbInstance      = "aws:rds/instance:Instance"
	secret          = "aws:secretsmanager/secret:Secret" //nolint:gosec // a type's name
	secretRotation  = "aws:secretsmanager/secretRotation:SecretRotation"
)

var dynamoRules = []Rule{
	{
		ID: "DynamoDB.1", Title: "DynamoDB tables should automatically scale capacity with demand", Source: fsbp, Severity: Medium,
		Why:   "A table of fixed capacity turns customers away on the best day of the year and costs money at night.",
		Types: []string{table}, Whole: true,
		Check: func(v *Verdict, r Resource, s *Stack) {
			scaled := answer(len(s.dependents(r, scalingTarget)) > 0)
			v.Want(r.At("billingMode").Is("PAY_PER_REQUEST").Or(scaled), "billingMode = "+r.At("billingMode").String()+" without autoscaling, want PAY_PER_REQUEST or a scaling target")
		},
	},
	{
		ID: "DynamoDB.2", Title: "DynamoDB tables should have point-in-time recovery enabled", Source: fsbp, Severity: Medium,
		Why:   "A mistake in code or a hand at the console overwrites data; this brings back any second of the last 35 days.",
		Types: []string{table}, Check: wantTrue("pointInTimeRecovery", "enabled"),
	},
	{
		ID: "DynamoDB.6", Title: "DynamoDB tables should have deletion protection enabled", Source: fsbp, Severity: Medium,
		Why:   "A renamed table is a deleted one to a deployment.",
		Types: []string{table}, Check: wantTrue("deletionProtectionEnabled"),
	},
}

// blocksPublicAccess tells whether nothing in the bucket can be made public.
func blocksPublicAccess(r Resource) Answer {
	blocked := Yes
	for _, key := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
		blocked = blocked.And(r.At(key).Is(true))
	}
	return blocked
}

var s3Rules = []Rule{
	{
		ID: "S3.1", Title: "S3 general purpose buckets should have block public access settings enabled", Source: fsbp, Severity: Medium,
		Why:   "The account's own setting holds for buckets that nobody wrote a component for. It belongs to the account, not to a stack of the shop.",
		Types: []string{accountAccess}, Check: func(v *Verdict, r Resource, _ *Stack) {
			v.Want(blocksPublicAccess(r), "the account does not block all public access, want all four settings true")
		},
	},
	{
		ID: "S3.5", Title: "S3 general purpose buckets should require requests to use SSL", Source: fsbp, Severity: Medium,
		Why:   "Over plain HTTP anybody on the way reads what the bucket gives.",
		Types: []string{bucket}, Whole: true,
		Check: func(v *Verdict, r Resource, s *Stack) {
			refused := No
			for _, policy := range s.dependents(r, bucketPolicy) {
				var read Verdict
				found := No
				read.eachStatement(policy.At("policy"), func(s statement) { found = found.Or(answer(s.refusesPlainHTTP())) })
				if read.Undecided {
					found = Maybe
				}
				refused = refused.Or(found)
			}
			v.Want(refused, "no bucket policy denies s3:* to everybody when aws:SecureTransport is false")
		},
	},
	{
		ID: "S3.8", Title: "S3 general purpose buckets should block public access", Source: fsbp, Severity: High,
		Why:   "Objects become public by one wrong policy or ACL, often years later.",
		Types: []string{bucket}, Whole: true,
		Check: wantDependent([]string{publicAccess}, "BucketPublicAccessBlock with all four settings true", blocksPublicAccess),
	},
	{
		ID: "S3.9", Title: "S3 general purpose buckets should have server access logging enabled", Source: fsbp, Severity: Medium,
		Why:   "It tells who read or changed which object.",
		Types: []string{bucket}, Whole: true, Check: wantDependent([]string{bucketLogging}, "BucketLogging for the bucket", exists),
	},
	{
		ID: "S3.12", Title: "ACLs should not be used to manage user access to S3 general purpose buckets", Source: fsbp, Severity: Medium,
		Why:   "ACLs are set object by object, where no review sees them.",
		Types: []string{bucket}, Whole: true,
		Check: wantDependent([]string{bucketOwnership}, "BucketOwnershipControls with BucketOwnerEnforced", func(d Resource) Answer {
			return d.At("rule", "objectOwnership").Is("BucketOwnerEnforced")
		}),
	},
	{
		ID: "S3.13", Title: "S3 general purpose buckets should have Lifecycle configurations", Source: fsbp, Severity: Low,
		Why:   "Old versions and broken-off uploads are paid for ever, though nobody sees them.",
		Types: []string{bucket}, Whole: true, Check: wantDependent([]string{bucketLifecycle}, "lifecycle configuration for the bucket", exists),
	},
}

var rdsRules = []Rule{
	{
		ID: "RDS.2", Title: "RDS DB Instances should prohibit public access, as determined by the PubliclyAccessible configuration", Source: fsbp, Severity: Critical,
		Why:   "A database with a public address is attacked from the first minute.",
		Types: []string{clusterInstance, dbInstance}, Check: wantNot([]any{true}, "publiclyAccessible"),
	},
	{
		ID: "RDS.3", Title: "RDS DB instances should have encryption at-rest enabled", Source: fsbp, Severity: Medium,
		Why:   "Backups and snapshots carry the data out of the database; encryption goes with them.",
		Types: []string{dbInstance}, Check: wantTrue("storageEncrypted"),
	},
	{
		ID: "RDS.6", Title: "Enhanced monitoring should be configured for RDS DB instances", Source: fsbp, Severity: Low,
		Why:   "Only the operating system's own figures tell why a database is slow.",
		Types: []string{clusterInstance, dbInstance}, Check: wantAtLeast(1, "s", "monitoringInterval"),
	},
	{
		ID: "RDS.7", Title: "RDS clusters should have deletion protection enabled", Source: fsbp, Severity: Medium,
		Why:   "A renamed cluster is a deleted one to a deployment.",
		Types: []string{cluster}, Check: wantTrue("deletionProtection"),
	},
	{
		ID: "RDS.8", Title: "RDS DB instances should have deletion protection enabled", Source: fsbp, Severity: Low,
		Why:   "A renamed instance is a deleted one to a deployment.",
		Types: []string{dbInstance}, Check: wantTrue("deletionProtection"),
	},
	{
		ID: "RDS.10", Title: "IAM authentication should be configured for RDS instances", Source: fsbp, Severity: Medium,
		Why:   "A token that is valid for 15 minutes cannot leak as a password can.",
		Types: []string{dbInstance}, Check: wantTrue("iamDatabaseAuthenticationEnabled"),
	},
	{
		ID: "RDS.11", Title: "RDS instances should have automatic backups enabled", Source: fsbp, Severity: Medium,
		Why:   "A week is what it takes to notice some mistakes.",
		Types: []string{dbInstance, cluster}, Check: wantAtLeast(7, "days", "backupRetentionPeriod"),
	},
	{
		ID: "RDS.12", Title: "IAM authentication should be configured for RDS clusters", Source: fsbp, Severity: Medium,
		Why:   "A token that is valid for 15 minutes cannot leak as a password can.",
		Types: []string{cluster}, Check: wantTrue("iamDatabaseAuthenticationEnabled"),
	},
	{
		ID: "RDS.13", Title: "RDS automatic minor version upgrades should be enabled", Source: fsbp, Severity: High,
		Why:   "Minor versions are the database's security fixes.",
		Types: []string{clusterInstance, dbInstance},
		// Both resources upgrade unless told not to.
		Check: func(v *Verdict, r Resource, _ *Stack) {
			upgrade := r.At("autoMinorVersionUpgrade")
			v.Want(upgrade.Set().Not().Or(upgrade.Is(true)), "autoMinorVersionUpgrade = false, want true")
		},
	},
	{
		ID: "RDS.15", Title: "RDS DB clusters should be configured for multiple Availability Zones", Source: fsbp, Severity: Medium,
		Why:   "With one instance, the failure of its zone takes the database down until a new one has started.",
		Types: []string{cluster}, Whole: true,
		Check: func(v *Verdict, r Resource, s *Stack) {
			v.Want(answer(len(s.dependents(r, clusterInstance)) >= 2), "fewer than two instances, want a writer and a reader")
		},
	},
	{
		ID: "RDS.16", Title: "Aurora DB clusters should be configured to copy tags to DB snapshots", Source: fsbp, Severity: Low,
		Why:   "An untagged snapshot belongs to nobody, and nobody deletes it.",
		Types: []string{cluster}, Check: wantTrue("copyTagsToSnapshot"),
	},
	{
		ID: "RDS.24", Title: "RDS Database clusters should use a custom administrator username", Source: fsbp, Severity: Medium,
		Why:   "The default name is half of what an attacker has to guess.",
		Types: []string{cluster},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			v.IsSet(r.At("masterUsername"), "a name of the shop's own")
			v.IsNot(r.At("masterUsername"), "admin", "postgres")
		},
	},
	{
		ID: "RDS.27", Title: "RDS DB clusters should be encrypted at rest", Source: fsbp, Severity: Medium,
		Why:   "Backups and snapshots carry the data out of the database; encryption goes with them.",
		Types: []string{cluster}, Check: wantTrue("storageEncrypted"),
	},
	{
		ID: "RDS.37", Title: "Aurora PostgreSQL DB clusters should publish logs to CloudWatch Logs", Source: fsbp, Severity: Medium,
		Why:   "The log inside the database is gone after three days, or with the database.",
		Types: []string{cluster}, Applies: func(r Resource, _ *Stack) bool { return r.At("engine").Is("aurora-postgresql") != No },
		Check: func(v *Verdict, r Resource, _ *Stack) {
			v.Want(r.At("enabledCloudwatchLogsExports").Has("postgresql"), "enabledCloudwatchLogsExports has no postgresql, want it")
		},
	},
}

var secretsRules = []Rule{
	{
		ID: "SecretsManager.1", Title: "Secrets Manager secrets should have automatic rotation enabled", Source: fsbp, Severity: Medium,
		Why:   "A secret that never changes is known to everybody who ever saw it.",
		Types: []string{secret}, Whole: true, Check: wantDependent([]string{secretRotation}, "SecretRotation for the secret", exists),
	},
	{
		ID: "SecretsManager.4", Title: "Secrets Manager secrets should be rotated within a specified number of days", Source: fsbp, Severity: Medium,
		Why:   "Ninety days is how long a leaked secret may be of use.",
		Types: []string{secretRotation},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			days := r.At("rotationRules", "automaticallyAfterDays")
			v.Want(days.AtLeast(91).Not().And(days.AtLeast(1)).Or(r.At("rotationRules", "scheduleExpression").Set()),
				days.path+" = "+days.String()+", want 1–90, or a schedule")
		},
	},
}
