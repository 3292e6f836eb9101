package components_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const bucketPolicyType = "aws:s3/bucketPolicy:BucketPolicy"

func TestObjectStore_IsPrivateEncryptedAndRecoverableByDefault(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewObjectStore(ctx, "archive", nil)
		return err
	})
	require.Equal(t, false, program.Get(t, "aws:s3/bucketV2:BucketV2", "archive").Inputs["forceDestroy"])
	access := program.Get(t, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "archive-public-access").Inputs
	for _, field := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
		require.Equal(t, true, access[field], field)
	}
	require.Equal(t, "BucketOwnerEnforced", in(t, program.Get(t,
		"aws:s3/bucketOwnershipControls:BucketOwnershipControls", "archive-ownership").Inputs, "rule", "objectOwnership"))
	require.Equal(t, "AES256", in(t, program.Get(t,
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", "archive-encryption").Inputs,
		"rules", 0, "applyServerSideEncryptionByDefault", "sseAlgorithm"))
	require.Equal(t, "Enabled", in(t, program.Get(t,
		"aws:s3/bucketVersioningV2:BucketVersioningV2", "archive-versioning").Inputs, "versioningConfiguration", "status"))
	rule := in(t, program.Get(t,
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "archive-lifecycle").Inputs, "rules", 0)
	require.EqualValues(t, 30, in(t, rule, "noncurrentVersionExpiration", "noncurrentDays"))
	require.EqualValues(t, 7, in(t, rule, "abortIncompleteMultipartUpload", "daysAfterInitiation"))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
		"Resource": ["arn:aws:s3:::archive-1234567", "arn:aws:s3:::archive-1234567/*"],
		"Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}`,
		program.Get(t, bucketPolicyType, "archive-policy").Inputs["policy"].(string))
}

func TestObjectStore_Options(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewObjectStore(ctx, "cache", &components.ObjectStoreArgs{DisableVersioning: true, EmptyOnDelete: true})
		require.NoError(t, err)
		_, err = components.NewObjectStore(ctx, "archive", &components.ObjectStoreArgs{OldVersionDays: 365})
		return err
	})
	require.Equal(t, true, program.Get(t, "aws:s3/bucketV2:BucketV2", "cache").Inputs["forceDestroy"])
	require.Equal(t, "Suspended", in(t, program.Get(t,
		"aws:s3/bucketVersioningV2:BucketVersioningV2", "cache-versioning").Inputs, "versioningConfiguration", "status"))
	require.EqualValues(t, 365, in(t, program.Get(t,
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "archive-lifecycle").Inputs,
		"rules", 0, "noncurrentVersionExpiration", "noncurrentDays"))
}

func TestObjectStore_GrantsObjectsBelowAPrefix(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		store, err := components.NewObjectStore(ctx, "media", nil)
		require.NoError(t, err)
		_, err = components.NewFunction(ctx, "resize", &components.FunctionArgs{
			Source: "lambdas/resize", Builder: newBuilder(t), DisableTracing: true,
			Grants: []policies.Grant{store.Grant("uploads/", policies.GetObject), store.Grant("", policies.PutObject)},
		})
		return err
	})
	require.Equal(t, map[string][]string{
		"arn:aws:s3:::media-1234567/uploads/*": {"s3:GetObject"},
		"arn:aws:s3:::media-1234567/*":         {"s3:PutObject"},
	}, allowed(t, program, "resize"))
	require.Equal(t, map[string]any{"MEDIA_BUCKET": "media-1234567"},
		in(t, program.Get(t, functionType, "resize").Inputs, "environment", "variables"))
}

func TestObjectStore_GrantsListingOfKeysBelowAPrefix(t *testing.T) {
	for prefix, want := range map[string]string{
		"uploads/": `{"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::media-1234567"],
			"Condition": {"StringLike": {"s3:prefix": ["uploads/*"]}}}`,
		"": `{"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::media-1234567"]}`,
	} {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			_, err := components.NewIdentityPool(ctx, "people", &components.IdentityPoolArgs{
				Auth: newAuth(t, ctx), Grants: []policies.Grant{newStore(t, ctx, "media").Grant(prefix, policies.ListBucket)},
			})
			return err
		})
		require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [`+want+`]}`, program.Get(t, policyType, "people-user-policy").Inputs["policy"].(string))
	}
}

func TestObjectStore_RefusesPrefixesThatReachFurther(t *testing.T) {
	for _, prefix := range []string{"*", "uploads", "/uploads/", "up*/", "uploads//"} {
		_, err := mocks.Run(func(ctx *pulumi.Context) error {
			store, err := components.NewObjectStore(ctx, "media", nil)
			require.NoError(t, err)
			require.ErrorContains(t, store.GrantOwnPrefix(prefix, policies.GetObject).Err(), "media (ObjectStore): grant on prefix", prefix)
			return store.Grant(prefix, policies.GetObject).Err()
		}, nil)
		require.ErrorContains(t, err, "media (ObjectStore): grant on prefix", prefix)
	}
}

func TestObjectStore_RefusesWrongArguments(t *testing.T) {
	for want, args := range map[string]*components.ObjectStoreArgs{
		"OldVersionDays = -1, want 1–3650 days":          {OldVersionDays: -1},
		"OldVersionDays = 5, want 0, since":              {OldVersionDays: 5, DisableVersioning: true},
		"OldVersionDays = 4000, want 1–3650 days, or 0 ": {OldVersionDays: 4000},
	} {
		refused(t, func(ctx *pulumi.Context) error {
			_, err := components.NewObjectStore(ctx, "archive", args)
			return err
		}, "archive (ObjectStore): "+want)
	}
}
