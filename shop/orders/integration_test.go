//go:build integration

package orders

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
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// newIntegrationTables creates the three tables at SHOP_EMULATOR_URL, and deletes them when the test is over. They are created by hand
// and not by the stack so that the test needs nothing but a DynamoDB.
func newIntegrationTables(t *testing.T) (*Table, *Views) {
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
	physical := map[string]string{}
	for table, indexes := range map[string][]string{"orders": nil, "order-views": {indexByCustomer, indexByStatus}, "sales": nil} {
		physical[table] = fmt.Sprintf("%s-integration-%d", table, time.Now().UnixNano())
		input := &dynamodb.CreateTableInput{TableName: aws.String(physical[table]), BillingMode: types.BillingModePayPerRequest, KeySchema: schema(table)}
		attributes := map[string]bool{}
		for _, name := range append([]string{table}, indexes...) {
			for _, k := range keysOf[name] {
				attributes[k] = true
			}
		}
		for name := range attributes {
			input.AttributeDefinitions = append(input.AttributeDefinitions, types.AttributeDefinition{AttributeName: &name, AttributeType: "S"})
		}
		for _, index := range indexes {
			input.GlobalSecondaryIndexes = append(input.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
				IndexName: &index, KeySchema: schema(index), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
			})
		}
		_, err := client.CreateTable(ctx, input)
		require.NoError(t, err)
		t.Cleanup(func() {
			_, err := client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: input.TableName})
			require.NoError(t, err)
		})
		require.NoError(t, dynamodb.NewTableExistsWaiter(client).Wait(ctx, &dynamodb.DescribeTableInput{TableName: input.TableName}, time.Minute))
	}
	return NewTable(client, physical["orders"]), NewViews(client, physical["order-views"], physical["sales"])
}

func schema(name string) []types.KeySchemaElement {
	var elements []types.KeySchemaElement
	for i, k := range keysOf[name] {
		elements = append(elements, types.KeySchemaElement{AttributeName: aws.String(k), KeyType: []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i]})
	}
	return elements
}

func TestIntegration_Duplicates(t *testing.T) {
	table, _ := newIntegrationTables(t)
	testDuplicates(t, table)
	var found []string
	require.NoError(t, table.Scan(ctx, 0, 1, func(ids []string) error { found = append(found, ids...); return nil }))
	require.Len(t, found, 1)
}

func TestIntegration_Races(t *testing.T) {
	table, _ := newIntegrationTables(t)
	testRaces(t, table)
}

func TestIntegration_ListsAndRebuild(t *testing.T) {
	table, views := newIntegrationTables(t)
	testLists(t, table, views)
	s, projector := newTestService(table), NewProjector(table, views)
	s.newID = func() string { return "paid-order" }
	o := place(t, s, "paid")
	for _, name := range []string{"reserve", "pay", "ship", "deliver"} {
		_, err := s.change(ctx, o.ID, commands[name])
		require.NoError(t, err)
		require.NoError(t, projector.Project(ctx, o.ID))
	}
	live := everything(t, views)
	require.Contains(t, live["sales"], "mug|2026-03-01")
	require.Empty(t, verify(t, table, views))
	wrong, err := views.get(ctx, o.ID)
	require.NoError(t, err)
	wrong.Status, wrong.SoldOn = Cancelled, ""
	replaced, err := views.put(ctx, viewRecord{OrderID: o.ID, Revision: wrong.Revision}, wrong) // and its sales stay
	require.NoError(t, err)
	require.True(t, replaced)
	replaced, err = views.put(ctx, viewRecord{}, viewRecord{
		OrderID: "ghost", CustomerID: "nobody", Status: Paid, CreatedAt: wrong.CreatedAt, Lines: wrong.Lines, SoldOn: "2026-03-01",
	})
	require.NoError(t, err)
	require.True(t, replaced)
	require.NotEmpty(t, verify(t, table, views))

	done := 0
	result, err := Rebuild(ctx, table, views, 1, func(n int) { done = n })
	require.NoError(t, err)
	require.Equal(t, 13, done)
	require.Equal(t, Rebuilt{Orders: 13, Written: 1, Removed: 1, Sales: 2}, result)
	require.Equal(t, live, everything(t, views))
}

// everything is what the read models hold, without how often it was written.
func everything(t *testing.T, v *Views) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for name, physical := range map[string]string{"order-views": v.views, "sales": v.sales} {
		out, err := v.client.Scan(ctx, &dynamodb.ScanInput{TableName: &physical})
		require.NoError(t, err)
		items := map[string]item{}
		for _, stored := range out.Items {
			items[id(name, stored)] = stored
		}
		all[name] = readable(items, attrRevision)
	}
	return all
}

func TestIntegration_Erase(t *testing.T) {
	table, views := newIntegrationTables(t)
	s := newTestService(table)
	o := place(t, s, "key")
	require.NoError(t, NewProjector(table, views).Project(ctx, o.ID))
	require.NoError(t, NewEraser(table, views).OnDeleted(ctx, said(t, "gone", event.UserDeleted{UserID: "ada"})))
	_, found, err := table.Private(ctx, o.ID)
	require.NoError(t, err)
	require.False(t, found)
	page, err := views.List(ctx, Query{CustomerID: "ada", Limit: 1})
	require.NoError(t, err)
	require.Empty(t, page.Items)
	page, err = views.List(ctx, Query{Status: Pending, Limit: 1})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	_, err = s.Place(ctx, goods, "ada", "another", "c", draft())
	require.ErrorIs(t, err, fault.ErrUnauthenticated)
}
