package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const tableType = "aws:dynamodb/table:Table"

func TestTable_IsSafeByDefault(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewTable(ctx, "orders", &components.TableArgs{PartitionKey: components.String("orderId")})
		return err
	})
	table := program.Get(t, tableType, "orders")
	require.Equal(t, "orders", table.Parent)
	require.Equal(t, "PAY_PER_REQUEST", table.Inputs["billingMode"])
	require.Equal(t, true, table.Inputs["deletionProtectionEnabled"])
	require.Equal(t, true, in(t, table.Inputs, "pointInTimeRecovery", "enabled"))
	require.Equal(t, true, in(t, table.Inputs, "serverSideEncryption", "enabled"))
	require.NotContains(t, table.Inputs, "name", "physical names are made by Pulumi")
	require.NotContains(t, table.Inputs, "rangeKey")
	require.NotContains(t, table.Inputs, "ttl")
}

func TestTable_Options(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewTable(ctx, "orders", &components.TableArgs{
			PartitionKey:               components.String("orderId"),
			SortKey:                    components.Number("event"),
			Indexes:                    components.Indexes{{Name: "by-date", PartitionKey: components.Binary("shop"), SortKey: components.String("date")}},
			TimeToLive:                 "expiresAt",
			DisablePointInTimeRecovery: true,
			DisableDeletionProtection:  true,
		})
		return err
	})
	inputs := program.Get(t, tableType, "orders").Inputs
	require.Equal(t, "orderId", inputs["hashKey"])
	require.Equal(t, "event", inputs["rangeKey"])
	require.Equal(t, map[string]any{"attributeName": "expiresAt", "enabled": true}, inputs["ttl"])
	require.Equal(t, false, inputs["deletionProtectionEnabled"])
	require.Equal(t, false, in(t, inputs, "pointInTimeRecovery", "enabled"))
	require.Equal(t, []any{map[string]any{"name": "by-date", "hashKey": "shop", "rangeKey": "date", "projectionType": "ALL"}}, inputs["globalSecondaryIndexes"])
	require.Equal(t, []any{
		map[string]any{"name": "date", "type": "S"},
		map[string]any{"name": "event", "type": "N"},
		map[string]any{"name": "orderId", "type": "S"},
		map[string]any{"name": "shop", "type": "B"},
	}, inputs["attributes"])
}

func TestTable_DeclaresAnAttributeOfSeveralIndexesOnce(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewTable(ctx, "orders", &components.TableArgs{
			PartitionKey: components.String("orderId"),
			Indexes: components.Indexes{
				{Name: "by-date", PartitionKey: components.String("customer"), SortKey: components.String("date")},
				{Name: "by-total", PartitionKey: components.String("customer"), SortKey: components.Number("total")},
			},
		})
		return err
	})
	require.Len(t, program.Get(t, tableType, "orders").Inputs["attributes"], 4)
}

func TestTable_RefusesWrongArguments(t *testing.T) {
	many := make(components.Indexes, 21)
	for name, test := range map[string]struct {
		name string
		args *components.TableArgs
		want []string
	}{
		"nothing":        {"orders", nil, []string{"orders (Table): PartitionKey", "want an attribute"}},
		"bad name":       {"Orders", &components.TableArgs{PartitionKey: components.String("id")}, []string{`Orders (Table): name = "Orders", want lower-case words`}},
		"two types":      {"orders", &components.TableArgs{PartitionKey: components.String("id"), SortKey: components.Number("id")}, []string{"key attribute id = \"N\", want the type S"}},
		"too many":       {"orders", &components.TableArgs{PartitionKey: components.String("id"), Indexes: many}, []string{"Indexes = 21, want at most 20"}},
		"all at once":    {"orders", &components.TableArgs{Indexes: components.Indexes{{Name: "x"}}}, []string{"PartitionKey", `Indexes[0].Name = "x", want 3–255`, "Indexes[0].PartitionKey"}},
		"same name":      {"orders", &components.TableArgs{PartitionKey: components.String("id"), Indexes: components.Indexes{{Name: "abc", PartitionKey: components.String("a")}, {Name: "abc", PartitionKey: components.String("a")}}}, []string{"want a name that no other index has"}},
		"long name":      {"orders", &components.TableArgs{PartitionKey: components.String("id"), Indexes: components.Indexes{{Name: strings.Repeat("x", 256), PartitionKey: components.String("a")}}}, []string{"want 3–255"}},
		"name with dots": {"orders.v2", &components.TableArgs{PartitionKey: components.String("id")}, []string{"lower-case words"}},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, func(ctx *pulumi.Context) error {
				_, err := components.NewTable(ctx, test.name, test.args)
				return err
			}, test.want...)
		})
	}
}

func TestTable_GrantsExactlyTheTableOrItsIndexes(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		table, err := components.NewTable(ctx, "order-events", &components.TableArgs{
			PartitionKey: components.String("orderId"),
			Indexes: components.Indexes{
				{Name: "by-date", PartitionKey: components.String("date")},
				{Name: "by-total", PartitionKey: components.String("total")},
			},
		})
		require.NoError(t, err)
		for name, grant := range map[string]policies.Grant{
			"on-table":     table.Grant(policies.GetItem, policies.PutItem),
			"on-one-index": table.GrantIndexes(policies.Query, "by-date"),
			"on-indexes":   table.GrantIndexes(policies.Query),
		} {
			_, err := components.NewFunction(ctx, name, &components.FunctionArgs{
				Source: "lambdas/" + name, Builder: newBuilder(t), Grants: []policies.Grant{grant}, DisableTracing: true,
			})
			require.NoError(t, err)
		}
		return nil
	})
	arn := "arn:aws:dynamodb:eu-central-1:123456789012:table/order-events-1234567"
	require.Equal(t, map[string][]string{arn: {"dynamodb:GetItem", "dynamodb:PutItem"}}, allowed(t, program, "on-table"))
	require.Equal(t, map[string][]string{arn + "/index/by-date": {"dynamodb:Query"}}, allowed(t, program, "on-one-index"))
	require.Equal(t, map[string][]string{
		arn + "/index/by-date": {"dynamodb:Query"}, arn + "/index/by-total": {"dynamodb:Query"},
	}, allowed(t, program, "on-indexes"))
	variables := in(t, program.Get(t, functionType, "on-table").Inputs, "environment", "variables")
	require.Equal(t, map[string]any{"ORDER_EVENTS_TABLE": "order-events-1234567"}, variables)
}

func TestTable_RefusesGrantsOnIndexesThatCannotBe(t *testing.T) {
	for name, test := range map[string]struct {
		grant func(*components.Table) policies.Grant
		want  string
	}{
		"unknown index":     {func(t *components.Table) policies.Grant { return t.GrantIndexes(policies.Query, "by-colour") }, `grant on index "by-colour": the table has the indexes ["by-date"]`},
		"writing an index":  {func(t *components.Table) policies.Grant { return t.GrantIndexes(policies.PutItem) }, "an index can only be queried or scanned"},
		"reading one by id": {func(t *components.Table) policies.Grant { return t.GrantIndexes(policies.GetItem) }, "an index can only be queried or scanned"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := mocks.Run(func(ctx *pulumi.Context) error {
				table, err := components.NewTable(ctx, "orders", &components.TableArgs{
					PartitionKey: components.String("orderId"),
					Indexes:      components.Indexes{{Name: "by-date", PartitionKey: components.String("date")}},
				})
				require.NoError(t, err)
				_, err = components.NewFunction(ctx, "list", &components.FunctionArgs{
					Source: "lambdas/list", Builder: newBuilder(t), Grants: []policies.Grant{test.grant(table)},
				})
				return err
			}, nil)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, "list (Function): Grants")
		})
	}
}
