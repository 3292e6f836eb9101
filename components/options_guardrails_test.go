package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

func TestStaticSiteWithItsOwnDomain_LeavesOnlyWhatNeedsAWaiver(t *testing.T) {
	program := runSite(t, func(_ *pulumi.Context, args *components.StaticSiteArgs) {
		args.Domain = &components.SiteDomain{Names: []string{"shop.example.com"}, CertificateARN: pulumi.String(siteCertificate)}
		args.WebACLARN, args.AccessLogs = pulumi.String(siteWebACL), &components.AccessLogs{}
	})
	var broken []string
	for _, violation := range violations(t, program) {
		rule, _, _ := strings.Cut(violation, ":")
		broken = append(broken, rule)
	}
	require.Equal(t, []string{
		"CloudFront.4 web",          // a second origin is not made
		"S3.9 web", "S3.9 web-logs", // access logs of buckets are not made
		"S3.12 web-logs", // CloudFront writes standard logs by ACL
	}, broken)
}

func TestProvisionedTable_PassesTheGuardrails(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		ireland, err := aws.NewProvider(ctx, "ireland", &aws.ProviderArgs{Region: pulumi.String("eu-west-1")})
		require.NoError(t, err)
		scaling := components.Throughput{Minimum: 5, Maximum: 50}
		_, err = components.NewTable(ctx, "orders", &components.TableArgs{
			PartitionKey: components.String("orderId"), Stream: components.NewAndOldImages,
			Provisioned: &components.ProvisionedThroughput{Read: scaling, Write: scaling},
			Replicas:    []components.Replica{{Region: "eu-west-1", Provider: ireland}},
		})
		return err
	})
	require.Empty(t, violations(t, program))
}

func TestWarmFunctionWithASecretAndArtifacts_PassesTheGuardrails(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		artifacts, err := components.NewObjectStore(ctx, "artifacts", nil)
		require.NoError(t, err)
		secret, err := components.NewSecret(ctx, "webhook", nil)
		require.NoError(t, err)
		rotate, err := components.NewFunction(ctx, "rotate-webhook", &components.FunctionArgs{
			Source: "x", Builder: newBuilder(t), Grants: []policies.Grant{secret.GrantRotate()}, Artifacts: artifacts,
			KeepWarm: &components.KeepWarm{},
		})
		require.NoError(t, err)
		return secret.RotateBy(ctx, rotate, nil)
	})
	require.Equal(t, []string{"S3.9 artifacts: no BucketLogging for the bucket"}, violations(t, program))
}
