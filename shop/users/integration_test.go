//go:build integration

package users

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

// emulator returns the configuration for clients of the emulator at SHOP_EMULATOR_URL.
func emulator(t *testing.T) aws.Config {
	t.Helper()
	endpoint := os.Getenv("SHOP_EMULATOR_URL")
	if endpoint == "" {
		t.Fatal("SHOP_EMULATOR_URL is not set, want the emulator's address such as http://127.0.0.1:4566; make e2e sets it")
	}
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}
}

// newIntegrationTable creates the users table, and deletes it when the test is over. It and the pool are created by hand and not by the
// stack so that the tests need nothing but a DynamoDB and a Cognito.
func newIntegrationTable(t *testing.T) *Table {
	t.Helper()
	ctx, client := context.Background(), dynamodb.NewFromConfig(emulator(t))
	name := aws.String(fmt.Sprintf("users-integration-%d", time.Now().UnixNano()))
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: name, BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String(attrID), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String(attrID), AttributeType: types.ScalarAttributeTypeS}},
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: name})
		require.NoError(t, err)
	})
	require.NoError(t, dynamodb.NewTableExistsWaiter(client).Wait(ctx, &dynamodb.DescribeTableInput{TableName: name}, time.Minute))
	return NewTable(client, *name)
}

// newIntegrationPool creates a user pool whose users sign in with their e-mail addresses, with the shop's groups, and deletes it when the test
// is over.
func newIntegrationPool(t *testing.T) *UserPool {
	t.Helper()
	ctx, client := context.Background(), cognito.NewFromConfig(emulator(t))
	pool, err := client.CreateUserPool(ctx, &cognito.CreateUserPoolInput{
		PoolName: aws.String("users-integration"), UsernameAttributes: []cognitotypes.UsernameAttributeType{cognitotypes.UsernameAttributeTypeEmail},
	})
	require.NoError(t, err)
	id := pool.UserPool.Id
	t.Cleanup(func() {
		_, err := client.DeleteUserPool(ctx, &cognito.DeleteUserPoolInput{UserPoolId: id})
		require.NoError(t, err)
	})
	for _, group := range groups {
		_, err := client.CreateGroup(ctx, &cognito.CreateGroupInput{UserPoolId: id, GroupName: &group})
		require.NoError(t, err)
	}
	return NewUserPool(client, *id)
}

func TestIntegration_Table(t *testing.T) { testProfiles(t, newIntegrationTable(t)) }

func TestIntegration_UserPool(t *testing.T) { testDirectory(t, newIntegrationPool(t)) }
