package guardrails

import (
	"slices"
	"strings"
)

const (
	table           = "aws:dynamodb/table:Table"
	scalingTarget   = "aws:appautoscaling/target:Target"
	bucket          = "aws:s3/bucketV2:BucketV2"
	oldBucket       = "aws:s3/bucket:Bucket" // takes most settings itself
	bucketPolicy    = "aws:s3/bucketPolicy:BucketPolicy"
	publicAccess    = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	accountAccess   = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
	bucketLogging   = "aws:s3/bucketLoggingV2:BucketLoggingV2"
	bucketACL       = "aws:s3/bucketAclV2:BucketAclV2"
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

// buckets are the types of general purpose buckets.
var buckets = []string{bucket, oldBucket}

// setOrDependent is a check that a bucket has a setting, or a resource of a type for it.
func setOrDependent(key, typ, wanted string) func(*Verdict, Resource, *Stack) {
	return func(v *Verdict, r Resource, s *Stack) {
		if r.At(key).Set() == Yes {
			return
		}
		wantDependent([]string{typ}, wanted, exists)(v, r, s)
	}
}

// publicFor is a check that a bucket's policy and ACL do not let everybody do what begins with one of some words, such as Get.
func publicFor(acls []string, words ...string) func(*Verdict, Resource, *Stack) {
	return func(v *Verdict, r Resource, _ *Stack) {
		for _, acl := range acls {
			v.IsNot(r.At("acl"), acl)
		}
		if r.At("policy").Set() == No {
			return
		}
		v.eachStatement(r.At("policy"), func(s statement) {
			for _, a := range s.Action {
				action := strings.TrimPrefix(a, "s3:")
				concerned := action == "*" || slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(action, w) })
				v.Want(answer(!s.public() || !concerned), "the policy lets everybody "+a+", want a principal, or a condition on who calls")
			}
		})
	}
}

var publicAccessSettings = []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"}

// blocksPublicAccess tells whether nothing in the bucket can be made public.
func blocksPublicAccess(r Resource) Answer {
	blocked := Yes
	for _, key := range publicAccessSettings {
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
		ID: "S3.2", Title: "S3 general purpose buckets should block public read access", Source: fsbp, Severity: Critical,
		Why:   "What a bucket gives to everybody, a search engine for buckets finds within days.",
		Types: []string{bucketPolicy, bucketACL, oldBucket}, Check: publicFor([]string{"public-read", "public-read-write", "authenticated-read"}, "Get", "List"),
	},
	{
		ID: "S3.3", Title: "S3 general purpose buckets should block public write access", Source: fsbp, Severity: Critical,
		Why:   "Everybody could replace the shop's pages, or store what they like at its cost.",
		Types: []string{bucketPolicy, bucketACL, oldBucket}, Check: publicFor([]string{"public-read-write"}, "Put", "Delete", "Create", "Abort", "Restore", "Replicate"),
	},
	{
		ID: "S3.5", Title: "S3 general purpose buckets should require requests to use SSL", Source: fsbp, Severity: Medium,
		Why:   "Over plain HTTP anybody on the way reads what the bucket gives.",
		Types: buckets, Whole: true,
		Check: func(v *Verdict, r Resource, s *Stack) {
			refused := No
			for _, policy := range s.own(r, bucketPolicy) {
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
		ID: "S3.6", Title: "S3 general purpose bucket policies should restrict access to other AWS accounts", Source: fsbp, Severity: High,
		Why:   "Who may change a bucket's policy, ACLs or encryption from another account owns the bucket.",
		Types: []string{bucketPolicy},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			v.eachStatement(r.At("policy"), func(s statement) {
				others := slices.ContainsFunc(s.Principal["AWS"], func(arn string) bool { return !strings.Contains(arn, ":iam::cloudfront:") })
				for _, a := range s.Action {
					v.Want(answer(!s.allows() || !others || !slices.Contains(ownersActions, a)), "the policy lets accounts "+a+", want it kept to roles of this account, by their own policies")
				}
			})
		},
	},
	{
		ID: "S3.8", Title: "S3 general purpose buckets should block public access", Source: fsbp, Severity: High,
		Why:   "Objects become public by one wrong policy or ACL, often years later.",
		Types: buckets, Whole: true,
		Check: wantDependent([]string{publicAccess}, "BucketPublicAccessBlock with all four settings true", blocksPublicAccess),
	},
	{
		ID: "S3.9", Title: "S3 general purpose buckets should have server access logging enabled", Source: fsbp, Severity: Medium,
		Why:   "It tells who read or changed which object.",
		Types: buckets, Whole: true, Check: setOrDependent("logging", bucketLogging, "BucketLogging for the bucket"),
	},
	{
		ID: "S3.12", Title: "ACLs should not be used to manage user access to S3 general purpose buckets", Source: fsbp, Severity: Medium,
		Why:   "ACLs are set object by object, where no review sees them.",
		Types: buckets, Whole: true,
		Check: wantDependent([]string{bucketOwnership}, "BucketOwnershipControls with BucketOwnerEnforced", func(d Resource) Answer {
			return d.At("rule", "objectOwnership").Is("BucketOwnerEnforced")
		}),
	},
	{
		ID: "S3.13", Title: "S3 general purpose buckets should have Lifecycle configurations", Source: fsbp, Severity: Low,
		Why:   "Old versions and broken-off uploads are paid for ever, though nobody sees them.",
		Types: buckets, Whole: true, Check: setOrDependent("lifecycleRules", bucketLifecycle, "lifecycle configuration for the bucket"),
	},
	{
		ID: "S3.19", Title: "S3 access points should have block public access settings enabled", Source: fsbp, Severity: Critical,
		Why:   "An access point has a policy of its own, beside the bucket's.",
		Types: []string{"aws:s3/accessPoint:AccessPoint"}, Check: func(v *Verdict, r Resource, _ *Stack) {
			// All four are on unless turned off.
			for _, key := range publicAccessSettings {
				setting := r.At("publicAccessBlockConfiguration", key)
				v.Want(setting.Set().Not().Or(setting.Is(true)), setting.path+" = "+setting.String()+", want true")
			}
		},
	},
}

// ownersActions are those that no bucket policy may give to an account (the control's parameter, and what includes them).
var ownersActions = []string{
	"*", "s3:*", "s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketPolicy", "s3:PutEncryptionConfiguration", "s3:PutObjectAcl",
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
		ID: "RDS.17", Title: "RDS DB instances should be configured to copy tags to snapshots", Source: fsbp, Severity: Low,
		Why:   "An untagged snapshot belongs to nobody, and nobody deletes it.",
		Types: []string{dbInstance}, Check: wantTrue("copyTagsToSnapshot"),
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
		ID: "RDS.25", Title: "RDS database instances should use a custom administrator username", Source: fsbp, Severity: Medium,
		Why:   "The default name is half of what an attacker has to guess.",
		Types: []string{dbInstance},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			v.IsSet(r.At("username"), "a name of the shop's own")
			v.IsNot(r.At("username"), "admin", "postgres")
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
	{
		ID: "RDS.43", Title: "RDS DB proxies should require TLS encryption for connections", Source: fsbp, Severity: Medium,
		Why:   "Passwords and customers' data would cross the network in plain text.",
		Types: []string{"aws:rds/proxy:Proxy"}, Check: wantTrue("requireTls"),
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
