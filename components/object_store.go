package components

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// ObjectStoreArgs describes an S3 bucket: always private, encrypted, and reachable over TLS only.
type ObjectStoreArgs struct {
	// ServedBySite says that a [StaticSite] will serve objects of the bucket. The site then writes the bucket's policy, since
	// a bucket has only one and it must name the site's distribution.
	ServedBySite bool
	// OldVersionDays is how long an overwritten or deleted object can be brought back: 1–3650. Default 30.
	OldVersionDays int
	// DisableVersioning keeps no old versions; for content that can be made again.
	DisableVersioning bool
	// EmptyOnDelete lets the bucket be deleted with everything in it.
	EmptyOnDelete bool

	// writtenByACL lets an AWS service add itself to the bucket's ACL, where it knows no other way to deliver.
	writtenByACL bool
	// expireDays is after how many days an object is deleted. Default: never.
	expireDays int
}

// ObjectStore is an S3 bucket.
type ObjectStore struct {
	pulumi.ResourceState

	// Name is the physical bucket name.
	Name pulumi.StringOutput
	// ARN of the bucket.
	ARN pulumi.StringOutput

	logicalName        string
	regionalDomainName pulumi.StringOutput
	servedBySite       bool
	served             bool // by a site that exists, which has written the bucket's policy
	// publicAccess must be blocked before a policy is put, or S3 may refuse one of the two as conflicting.
	publicAccess pulumi.Resource
	ownership    pulumi.Resource
}

// NewObjectStore creates an S3 bucket.
func NewObjectStore(ctx *pulumi.Context, name string, args *ObjectStoreArgs, opts ...pulumi.ResourceOption) (*ObjectStore, error) {
	if args == nil {
		args = &ObjectStoreArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	s := &ObjectStore{logicalName: name, servedBySite: args.ServedBySite}
	if err := ctx.RegisterComponentResource(token("ObjectStore"), name, s, opts...); err != nil {
		return nil, wrap("ObjectStore", name, err)
	}
	bucket, err := s3.NewBucketV2(ctx, name, &s3.BucketV2Args{ForceDestroy: pulumi.Bool(args.EmptyOnDelete)}, pulumi.Parent(s))
	if err != nil {
		return nil, wrap("ObjectStore", name, err)
	}
	s.Name, s.ARN, s.regionalDomainName = bucket.Bucket, bucket.Arn, bucket.BucketRegionalDomainName
	if err := s.secure(ctx, bucket, args); err != nil {
		return nil, wrap("ObjectStore", name, err)
	}
	if !args.ServedBySite {
		if err := s.newPolicy(ctx, nil); err != nil {
			return nil, wrap("ObjectStore", name, err)
		}
	}
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{"name": s.Name, "arn": s.ARN})
}

// secure creates the resources that S3 keeps apart from the bucket itself.
func (s *ObjectStore) secure(ctx *pulumi.Context, bucket *s3.BucketV2, args *ObjectStoreArgs) error {
	name, parent := s.logicalName, pulumi.Parent(s)
	publicAccess, err := s3.NewBucketPublicAccessBlock(ctx, name+"-public-access", &s3.BucketPublicAccessBlockArgs{
		Bucket: bucket.ID(), BlockPublicAcls: pulumi.Bool(true), BlockPublicPolicy: pulumi.Bool(true),
		IgnorePublicAcls: pulumi.Bool(true), RestrictPublicBuckets: pulumi.Bool(true),
	}, parent)
	if err != nil {
		return err
	}
	s.publicAccess = publicAccess
	ownership := "BucketOwnerEnforced"
	if args.writtenByACL {
		ownership = "BucketOwnerPreferred"
	}
	s.ownership, err = s3.NewBucketOwnershipControls(ctx, name+"-ownership", &s3.BucketOwnershipControlsArgs{
		Bucket: bucket.ID(),
		Rule:   &s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String(ownership)},
	}, parent)
	if err != nil {
		return err
	}
	_, err = s3.NewBucketServerSideEncryptionConfigurationV2(ctx, name+"-encryption", &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: bucket.ID(),
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{&s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
			ApplyServerSideEncryptionByDefault: &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
				SseAlgorithm: pulumi.String("AES256"),
			},
		}},
	}, parent)
	if err != nil {
		return err
	}
	status := "Enabled"
	if args.DisableVersioning {
		status = "Suspended"
	}
	versioning, err := s3.NewBucketVersioningV2(ctx, name+"-versioning", &s3.BucketVersioningV2Args{
		Bucket:                  bucket.ID(),
		VersioningConfiguration: &s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String(status)},
	}, parent)
	if err != nil {
		return err
	}
	rule := &s3.BucketLifecycleConfigurationV2RuleArgs{
		Id:     pulumi.String("clean-up"),
		Status: pulumi.String("Enabled"),
		Filter: &s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String("")},
		AbortIncompleteMultipartUpload: &s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
			DaysAfterInitiation: pulumi.Int(7),
		},
		NoncurrentVersionExpiration: &s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
			NoncurrentDays: pulumi.Int(or(args.OldVersionDays, defaultOldVersionDays)),
		},
	}
	if args.expireDays != 0 {
		rule.Expiration = &s3.BucketLifecycleConfigurationV2RuleExpirationArgs{Days: pulumi.Int(args.expireDays)}
	}
	_, err = s3.NewBucketLifecycleConfigurationV2(ctx, name+"-lifecycle", &s3.BucketLifecycleConfigurationV2Args{
		Bucket: bucket.ID(),
		Rules:  s3.BucketLifecycleConfigurationV2RuleArray{rule},
	}, parent, pulumi.DependsOn([]pulumi.Resource{versioning})) // S3 wants versioning settled before rules about versions
	return err
}

// maxObjectStoreName leaves room for a hyphen and seven random characters in a bucket's name of 63.
const maxObjectStoreName = 55

// defaultOldVersionDays gives a month to notice a mistake.
const defaultOldVersionDays = 30

// newPolicy writes the bucket's only policy: TLS for everybody, and reading for the distribution, if there is one.
func (s *ObjectStore) newPolicy(ctx *pulumi.Context, distributionARN pulumi.StringInput) error {
	inputs := []any{s.ARN}
	if distributionARN != nil {
		inputs = append(inputs, distributionARN)
	}
	policy := pulumi.All(inputs...).ApplyT(func(arns []any) (string, error) {
		statements := []any{tlsOnly(arns[0].(string))}
		if len(arns) > 1 {
			statements = append(statements, readableBy(arns[0].(string), arns[1].(string)))
		}
		text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
		return string(text), err
	}).(pulumi.StringOutput)
	_, err := s3.NewBucketPolicy(ctx, s.logicalName+"-policy", &s3.BucketPolicyArgs{Bucket: s.Name, Policy: policy},
		pulumi.Parent(s), pulumi.DependsOn([]pulumi.Resource{s.publicAccess}))
	return err
}

func tlsOnly(bucketARN string) map[string]any {
	return map[string]any{
		"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
		"Resource":  []string{bucketARN, bucketARN + "/*"},
		"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	}
}

// readableBy also lets the distribution list the bucket: without it S3 answers 403 instead of 404 for what does not exist.
func readableBy(bucketARN, distributionARN string) map[string]any {
	return map[string]any{
		"Sid": "CloudFront", "Effect": "Allow", "Principal": map[string]any{"Service": "cloudfront.amazonaws.com"},
		"Action": []string{"s3:GetObject", "s3:ListBucket"}, "Resource": []string{bucketARN, bucketARN + "/*"},
		"Condition": map[string]any{"StringEquals": map[string]any{"AWS:SourceArn": distributionARN}},
	}
}

// objectPrefix is what an object's key may begin with in a grant: no wildcard, no leading slash.
var objectPrefix = regexp.MustCompile(`^([A-Za-z0-9!_.'()-]+/)*$`)

// Grant allows the actions on the objects below prefix, which ends with a slash, or on all objects if prefix is empty, and
// links the bucket's name as <NAME>_BUCKET.
func (s *ObjectStore) Grant(prefix string, actions ...policies.ObjectAction) policies.Grant {
	return s.grant(prefix, prefix, actions)
}

// ownFolder is the part of a key that stands for whoever asks: the identity that an [IdentityPool] knows the user by, <region>:<UUID>, which
// is not the sub claim of the user's token. IAM puts it in place of the variable.
const ownFolder = "${cognito-identity.amazonaws.com:sub}/"

// GrantOwnPrefix allows the users of an [IdentityPool] the actions on their own objects, those whose keys begin with prefix, which ends with
// a slash or is empty, and the user's identity: <prefix><identity>/…. It is a grant for identity pools; in the hands of a function, which
// has no such identity, it allows nothing.
func (s *ObjectStore) GrantOwnPrefix(prefix string, actions ...policies.ObjectAction) policies.Grant {
	return s.grant(prefix, prefix+ownFolder, actions)
}

// grant allows the actions on the keys below folder. Listing is something that one does with the bucket, so S3 limits it to keys by a condition.
func (s *ObjectStore) grant(prefix, folder string, actions []policies.ObjectAction) policies.Grant {
	if !objectPrefix.MatchString(prefix) {
		return policies.Invalid(fmt.Errorf("%s (ObjectStore): grant on prefix %q: want folders that end with a slash, such as uploads/", s.logicalName, prefix))
	}
	grant := policies.Grant{
		Links: []policies.Link{{Variable: variable(s.logicalName, "BUCKET"), Value: s.Name, Resource: s.logicalName + " (ObjectStore)"}},
	}
	objects := slices.DeleteFunc(slices.Clone(actions), func(a policies.ObjectAction) bool { return a == policies.ListBucket })
	if len(objects) < len(actions) {
		listing := policies.Statement{Actions: []string{string(policies.ListBucket)}, Resources: []pulumi.StringInput{s.ARN}}
		if folder != "" {
			listing.Conditions = policies.Conditions{"StringLike": {"s3:prefix": {folder + "*"}}}
		}
		grant.Statements = append(grant.Statements, listing)
	}
	if len(objects) > 0 || len(actions) == 0 {
		grant.Statements = append(grant.Statements, policies.Allow(objects, pulumi.Sprintf("%s/%s*", s.ARN, folder)))
	}
	return grant
}

func (a *ObjectStoreArgs) validate(name string) error {
	p := check("ObjectStore", name)
	p.fits(name, maxObjectStoreName)
	p.want(a.OldVersionDays >= 0 && a.OldVersionDays <= 3650, "OldVersionDays", a.OldVersionDays, "1–3650 days, or 0 for the default of 30")
	p.want(!a.DisableVersioning || a.OldVersionDays == 0, "OldVersionDays", a.OldVersionDays, "0, since DisableVersioning keeps no old versions")
	return p.err()
}
