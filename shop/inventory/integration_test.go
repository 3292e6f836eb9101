//go:build integration

package inventory

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

// newIntegrationStock creates a stock table at SHOP_EMULATOR_URL, and deletes it when the test is over. It is created by hand and not by
// the stack so that the test needs nothing but a DynamoDB.
func newIntegrationStock(t *testing.T) (*Stock, *fakeTasks) {
	t.Helper()
	endpoint := os.Getenv("SHOP_EMULATOR_URL")
	if endpoint == "" {
		t.Fatal("SHOP_EMULATOR_URL is not set, want the emulator's address such as http://127.0.0.1:4566; make e2e sets it")
	}
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
	table := &dynamodb.CreateTableInput{
		TableName:   aws.String(fmt.Sprintf("inventory-integration-%d", time.Now().UnixNano())),
		BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(attrPartition), KeyType: types.KeyTypeHash}, {AttributeName: aws.String(attrSort), KeyType: types.KeyTypeRange},
		},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(attrPartition), AttributeType: "S"}, {AttributeName: aws.String(attrSort), AttributeType: "S"},
		},
	}
	_, err := client.CreateTable(ctx, table)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: table.TableName})
		require.NoError(t, err)
	})
	require.NoError(t, dynamodb.NewTableExistsWaiter(client).Wait(ctx, &dynamodb.DescribeTableInput{TableName: table.TableName}, time.Minute))
	tasks := &fakeTasks{told: map[string][]string{}}
	return NewStock(NewTable(client, *table.TableName), tasks), tasks
}

func TestIntegration_Stock(t *testing.T) {
	stock, tasks := newIntegrationStock(t)
	testStock(t, stock, func(token string) []string { return tasks.told[token] })
}

func TestIntegration_RaceForTheLastItems(t *testing.T) {
	stock, _ := newIntegrationStock(t)
	testRace(t, stock)
}

func TestIntegration_ConcurrentReservationsReleasesAndReceiptsLoseNothing(t *testing.T) {
	stock, _ := newIntegrationStock(t)
	receive(t, stock, "mug", 20)
	var work sync.WaitGroup
	for i := range 20 {
		order := orderOf(fmt.Sprintf("o%d", i), Line{"mug", 1})
		work.Go(func() {
			_, err := stock.ReserveOrder(ctx, order)
			if _, released := errors.AsType[*refusal](err); err != nil && !released {
				t.Error(err)
			}
		})
		if i%2 == 0 {
			work.Go(func() { // before, while or after it is reserved
				if _, err := stock.ReleaseOrder(ctx, order); err != nil {
					t.Error(err)
				}
			})
			work.Go(func() {
				if err := stock.Receive(ctx, fmt.Sprintf("r%d", i/4), reported("mug", 1)); err != nil { // each twice
					t.Error(err)
				}
			})
		}
	}
	work.Wait()
	requireLevel(t, stock.store, "mug", 20+5-10, 10, 0)
}
