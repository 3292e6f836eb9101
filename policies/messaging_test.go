package policies_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/policies"
)

func TestMessagingActions_AreExactAndScoped(t *testing.T) {
	arn := func(service, resource string) pulumi.String {
		return pulumi.String("arn:aws:" + service + ":eu-central-1:123456789012:" + resource)
	}
	for resource, actions := range map[pulumi.String][]string{
		arn("sqs", "orders-1a2b3c4"): {
			string(policies.SendMessage), string(policies.ReceiveMessage), string(policies.DeleteMessage),
			string(policies.ChangeMessageVisibility), string(policies.GetQueueAttributes),
		},
		arn("sns", "orders-1a2b3c4"):               {string(policies.Publish)},
		arn("events", "event-bus/shop-1a2b3c4"):    {string(policies.PutEvents)},
		arn("ses", "identity/shop.example"):        {string(policies.SendEmail)},
		arn("kinesis", "stream/clicks-1a2b3c4"):    {string(policies.PutRecord), string(policies.PutRecords)},
		arn("kms", "key/11111111-2222-3333-4444-"): {string(policies.Decrypt), string(policies.GenerateDataKey)},
	} {
		_, err := document(t, allow(resource, actions...))
		require.NoError(t, err, "every action fits IAM's form")
		for _, action := range actions {
			require.False(t, policies.Unscoped(action), "%s can be limited to a resource", action)
			_, err := document(t, allow(pulumi.String("*"), action))
			require.ErrorContains(t, err, "want an ARN", action)
		}
	}
}
