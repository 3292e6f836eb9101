//go:build integration

package catalog

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// newIntegrationTable creates the products table with its six indexes at SHOP_EMULATOR_URL, and deletes it when the test
// is over. It is created by hand and not by the stack so that the test needs nothing but a DynamoDB.
func newIntegrationTable(t *testing.T) *Table {
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
	attribute := func(name string, kind types.ScalarAttributeType) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: kind}
	}
	hash := func(name string) types.KeySchemaElement {
		return types.KeySchemaElement{AttributeName: aws.String(name), KeyType: types.KeyTypeHash}
	}
	table := &dynamodb.CreateTableInput{
		TableName:   aws.String(fmt.Sprintf("catalog-integration-%d", time.Now().UnixNano())),
		BillingMode: types.BillingModePayPerRequest,
		KeySchema:   []types.KeySchemaElement{hash(attrID)},
		AttributeDefinitions: []types.AttributeDefinition{
			attribute(attrID, "S"), attribute(attrListing, "S"), attribute(attrCategory, "S"),
			attribute("sortName", "S"), attribute("priceCents", "N"), attribute(attrCreatedAt, "S"),
		},
	}
	for prefix, partitionKey := range map[string]string{"all-by-": attrListing, "category-by-": attrCategory} {
		for _, order := range []Sort{ByName, ByPrice, ByNewest} {
			table.GlobalSecondaryIndexes = append(table.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
				IndexName: aws.String(prefix + indexes[order].name),
				KeySchema: []types.KeySchemaElement{
					hash(partitionKey), {AttributeName: aws.String(indexes[order].sortKey), KeyType: types.KeyTypeRange},
				},
				Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
			})
		}
	}
	ctx := context.Background()
	_, err := client.CreateTable(ctx, table)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: table.TableName})
		require.NoError(t, err)
	})
	require.NoError(t, dynamodb.NewTableExistsWaiter(client).Wait(ctx, &dynamodb.DescribeTableInput{TableName: table.TableName}, time.Minute))
	return NewTable(client, *table.TableName)
}

func TestIntegration_Table(t *testing.T) { testStore(t, newIntegrationTable(t)) }

func TestIntegration_ShowStock(t *testing.T) { testShowStock(t, newIntegrationTable(t)) }

func TestIntegration_ListsEveryProductExactlyOnce(t *testing.T) {
	ctx, store := context.Background(), newIntegrationTable(t)
	var products []Product
	for i := range 60 {
		p := mug(fmt.Sprintf("p-%d", i))
		p.Name = []string{"Mug", "mug", "Öl", "tea pot", "Z"}[i%5]
		p.Description = []string{"", "For tea.", `100 % "wool" _`}[i%3]
		p.Category = []string{"kitchen", "garden"}[i%2]
		p.PriceCents = []int64{0, 9, 10, 100, 1000, MaxPriceCents}[i%6]
		p.CreatedAt = noon.Add(time.Duration(i%4) * 500 * time.Millisecond)
		p.UpdatedAt = p.CreatedAt
		saved, err := store.Save(ctx, p, IfAbsent())
		require.NoError(t, err)
		products = append(products, saved)
	}
	for _, category := range []string{"", "kitchen", "garden", "none"} {
		for _, search := range []string{"", "TEA", "mug tea", "öl", `%`, `"wool" _`, "nothing", `' OR 1=1`} {
			for _, order := range sorts {
				for _, limit := range []int{7, 60, 100} {
					q := Query{Filter: Filter{category, Words(search)}, Sort: order, Limit: limit}
					t.Run(fmt.Sprintf("%s/%s/%s/%d", category, search, order, limit), func(t *testing.T) {
						requireList(t, products, q, follow(t, store, q))
					})
				}
			}
		}
	}
}

func TestIntegration_CursorOutlivesItsProduct(t *testing.T) {
	ctx, store := context.Background(), newIntegrationTable(t)
	for i := range 5 {
		p := mug(fmt.Sprintf("p-%d", i))
		p.PriceCents = int64(i)
		_, err := store.Save(ctx, p, IfAbsent())
		require.NoError(t, err)
	}
	q := Query{Sort: ByPrice, Limit: 2}
	page, err := store.List(ctx, q)
	require.NoError(t, err)
	require.NoError(t, store.Delete(ctx, page.Items[1].ID, IfVersion(1)))
	q.After = page.Next
	page, err = store.List(ctx, q)
	require.NoError(t, err)
	require.Equal(t, []string{"p-2", "p-3"}, []string{page.Items[0].ID, page.Items[1].ID})
}

func TestIntegration_OfManyChangesToOneVersionOneWins(t *testing.T) {
	ctx, store := context.Background(), newIntegrationTable(t)
	_, err := store.Save(ctx, mug("mug"), IfAbsent())
	require.NoError(t, err)
	results := make(chan error, 20)
	for i := range cap(results) {
		go func() {
			p := mug("mug")
			p.Stock = int64(i)
			_, err := store.Save(ctx, p, IfVersion(1))
			results <- err
		}()
	}
	won := 0
	for range cap(results) {
		err := <-results
		if err == nil {
			won++
			continue
		}
		require.ErrorIs(t, err, fault.ErrPrecondition)
	}
	require.Equal(t, 1, won)
	p, err := store.Get(ctx, "mug")
	require.NoError(t, err)
	require.Equal(t, int64(2), p.Version)
}

func TestTable_GetAll_Integration(t *testing.T) {
	table := newIntegrationTable(t)
	for i := range 3 {
		_, err := table.Save(context.Background(), mug(fmt.Sprintf("p-%d", i)), IfAbsent())
		require.NoError(t, err)
	}
	products, err := table.GetAll(context.Background(), []string{"p-0", "unicorn", "p-2"})
	require.NoError(t, err)
	require.Len(t, products, 2)
	want, err := table.Get(context.Background(), "p-2")
	require.NoError(t, err)
	require.Equal(t, want, products["p-2"])
}
