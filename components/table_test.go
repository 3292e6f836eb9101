package components_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	tableType         = "aws:dynamodb/table:Table"
	replicaType       = "aws:dynamodb/tableReplica:TableReplica"
	scalingTargetType = "aws:appautoscaling/target:Target"
)

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

func TestTable_ProvisionedCapacityFollowsItsUse(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewTable(ctx, "orders", &components.TableArgs{
			PartitionKey: components.String("orderId"),
			Provisioned: &components.ProvisionedThroughput{
				Read:  components.Throughput{Minimum: 10, Maximum: 1000, Utilization: 0.5},
				Write: components.Throughput{Minimum: 5, Maximum: 500},
			},
			Indexes: components.Indexes{
				{Name: "by-date", PartitionKey: components.String("date")},
				{Name: "by-total", PartitionKey: components.String("total"), Provisioned: &components.ProvisionedThroughput{
					Read: components.Throughput{Minimum: 2}, Write: components.Throughput{Minimum: 3, Maximum: 300},
				}},
			},
		})
		return err
	})
	table := program.Get(t, tableType, "orders")
	require.Equal(t, "PROVISIONED", table.Inputs["billingMode"])
	require.EqualValues(t, 10, table.Inputs["readCapacity"])
	require.EqualValues(t, 5, table.Inputs["writeCapacity"])
	require.EqualValues(t, 10, in(t, table.Inputs, "globalSecondaryIndexes", 0, "readCapacity"), "as much as the table")
	require.EqualValues(t, 2, in(t, table.Inputs, "globalSecondaryIndexes", 1, "readCapacity"))
	require.EqualValues(t, 3, in(t, table.Inputs, "globalSecondaryIndexes", 1, "writeCapacity"))
	require.Equal(t, []string{"readCapacity", "writeCapacity", "globalSecondaryIndexes"}, table.IgnoreChanges, "what scales belongs to scaling")

	target := program.Get(t, scalingTargetType, "orders-read-scaling").Inputs
	require.Equal(t, map[string]any{
		"serviceNamespace": "dynamodb", "scalableDimension": "dynamodb:table:ReadCapacityUnits", "resourceId": "table/orders-1234567",
		"minCapacity": 10.0, "maxCapacity": 1000.0,
	}, target)
	policy := program.Get(t, scalingType, "orders-read-scaling").Inputs
	require.Equal(t, "TargetTrackingScaling", policy["policyType"])
	require.EqualValues(t, 50, in(t, policy, "targetTrackingScalingPolicyConfiguration", "targetValue"))
	require.Equal(t, "DynamoDBReadCapacityUtilization", in(t, policy, "targetTrackingScalingPolicyConfiguration", "predefinedMetricSpecification", "predefinedMetricType"))
	write := program.Get(t, scalingType, "orders-write-scaling").Inputs
	require.EqualValues(t, 70, in(t, write, "targetTrackingScalingPolicyConfiguration", "targetValue"))
	require.Equal(t, "DynamoDBWriteCapacityUtilization", in(t, write, "targetTrackingScalingPolicyConfiguration", "predefinedMetricSpecification", "predefinedMetricType"))
	index := program.Get(t, scalingTargetType, "orders-by-total-write-scaling").Inputs
	require.Equal(t, "table/orders-1234567/index/by-total", index["resourceId"])
	require.Equal(t, "dynamodb:index:WriteCapacityUnits", index["scalableDimension"])
	require.EqualValues(t, 300, index["maxCapacity"])
	require.Len(t, program.OfType(scalingTargetType), 5, "capacity without a Maximum is fixed")
}

func TestTable_LeavesOnlyWhatScalesToScaling(t *testing.T) {
	fixed, scaling := components.Throughput{Minimum: 5}, components.Throughput{Minimum: 5, Maximum: 50}
	for name, test := range map[string]struct {
		table, index  components.ProvisionedThroughput
		changeIndexes bool
		want          []string
	}{
		"fixed":           {components.ProvisionedThroughput{Read: fixed, Write: fixed}, components.ProvisionedThroughput{Read: fixed, Write: fixed}, false, nil},
		"reads":           {components.ProvisionedThroughput{Read: scaling, Write: fixed}, components.ProvisionedThroughput{Read: fixed, Write: fixed}, false, []string{"readCapacity"}},
		"index":           {components.ProvisionedThroughput{Read: fixed, Write: fixed}, components.ProvisionedThroughput{Read: fixed, Write: scaling}, false, []string{"globalSecondaryIndexes"}},
		"index to change": {components.ProvisionedThroughput{Read: fixed, Write: scaling}, components.ProvisionedThroughput{Read: fixed, Write: scaling}, true, []string{"writeCapacity"}},
	} {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			_, err := components.NewTable(ctx, "orders", &components.TableArgs{
				PartitionKey: components.String("orderId"), Provisioned: &test.table, ChangeIndexes: test.changeIndexes,
				Indexes: components.Indexes{{Name: "by-date", PartitionKey: components.String("date"), Provisioned: &test.index}},
			})
			return err
		})
		require.Equal(t, test.want, program.Get(t, tableType, "orders").IgnoreChanges, name)
	}
}

// laggingTable is AWS when a deployment has left a table's indexes as they were.
type laggingTable struct{ mocks.Program }

func (m *laggingTable) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	id, outputs, err := m.Program.NewResource(args)
	if args.TypeToken == tableType {
		outputs["globalSecondaryIndexes"] = resource.NewPropertyValue([]any{map[string]any{
			"name": "by-date", "hashKey": "customer", "rangeKey": "date", "projectionType": "ALL",
		}})
	}
	return id, outputs, err
}

func TestTable_RefusesAChangeOfIndexesThatWouldNotBeDeployed(t *testing.T) {
	scaling := components.Throughput{Minimum: 5, Maximum: 50}
	create := func(sortKey components.Key) error {
		return pulumi.RunErr(func(ctx *pulumi.Context) error {
			_, err := components.NewTable(ctx, "orders", &components.TableArgs{
				PartitionKey: components.String("orderId"), Provisioned: &components.ProvisionedThroughput{Read: scaling, Write: scaling},
				Indexes: components.Indexes{{Name: "by-date", PartitionKey: components.String("customer"), SortKey: sortKey}},
			})
			return err
		}, pulumi.WithMocks(mocks.Project, mocks.Stack, &laggingTable{}))
	}
	require.NoError(t, create(components.String("date")))
	require.ErrorContains(t, create(components.String("paidAt")),
		"orders (Table): Indexes = [by-date(customer, paidAt)], but the table has [by-date(customer, date)]")
}

func TestTable_Replicas(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		ireland, err := aws.NewProvider(ctx, "ireland", &aws.ProviderArgs{Region: pulumi.String("eu-west-1")})
		require.NoError(t, err)
		virginia, err := aws.NewProvider(ctx, "virginia", &aws.ProviderArgs{Region: pulumi.String("us-east-1")})
		require.NoError(t, err)
		units := components.Throughput{Minimum: 5, Maximum: 500}
		table, err := components.NewTable(ctx, "orders", &components.TableArgs{
			PartitionKey: components.String("orderId"),
			Stream:       components.NewAndOldImages,
			Provisioned:  &components.ProvisionedThroughput{Read: components.Throughput{Minimum: 5}, Write: units},
			Replicas: []components.Replica{
				{Region: "eu-west-1", Provider: ireland},
				{Region: "us-east-1", Provider: virginia, DisablePointInTimeRecovery: true, DisableDeletionProtection: true},
			},
		})
		require.Contains(t, table.ReplicaARNs, "eu-west-1")
		require.Contains(t, table.ReplicaARNs, "us-east-1")
		return err
	})
	require.Equal(t, []string{"writeCapacity", "replicas"}, program.Get(t, tableType, "orders").IgnoreChanges)
	ireland := program.Get(t, replicaType, "orders-eu-west-1")
	require.Equal(t, "orders", ireland.Parent)
	require.Contains(t, ireland.Provider, "::ireland::")
	require.Equal(t, map[string]any{
		"globalTableArn":      "arn:aws:dynamodb:eu-central-1:123456789012:table/orders-1234567",
		"pointInTimeRecovery": true, "deletionProtectionEnabled": true,
	}, ireland.Inputs)
	require.True(t, slices.ContainsFunc(ireland.Dependencies, func(urn string) bool {
		return strings.HasSuffix(urn, "Policy::orders-write-scaling")
	}), "DynamoDB copies only a table whose writes scale")
	virginia := program.Get(t, replicaType, "orders-us-east-1")
	require.Contains(t, virginia.Provider, "::virginia::")
	require.Equal(t, false, virginia.Inputs["pointInTimeRecovery"])
	require.NotContains(t, virginia.Inputs, "deletionProtectionEnabled")
	scaling := program.Get(t, scalingTargetType, "orders-write-scaling-us-east-1")
	require.Contains(t, scaling.Provider, "::virginia::", "capacity is scaled where it is")
	require.Len(t, program.OfType(scalingTargetType), 3)
}

func TestTable_RefusesReplicasInTheWrongRegion(t *testing.T) {
	create := func(region, provider string) func(*pulumi.Context) error {
		return func(ctx *pulumi.Context) error {
			p, err := aws.NewProvider(ctx, "other", &aws.ProviderArgs{Region: pulumi.String(provider)})
			require.NoError(t, err)
			_, err = components.NewTable(ctx, "orders", &components.TableArgs{
				PartitionKey: components.String("orderId"), Stream: components.NewAndOldImages,
				Replicas: []components.Replica{{Region: region, Provider: p}},
			})
			return err
		}
	}
	_, err := mocks.Run(create(mocks.Region, mocks.Region), nil)
	require.ErrorContains(t, err, `orders (Table): Replicas[0].Region = "eu-central-1", want another region than the table's own`)
	program, err := mocks.Run(create("eu-west-1", "eu-west-2"), nil)
	require.ErrorContains(t, err, `orders (Table): Replicas: the provider for eu-west-1 deploys to "eu-west-2", want aws.NewProvider with this region`)
	require.Empty(t, program.OfType(replicaType))
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
	id, units := components.String("id"), components.Throughput{Minimum: 5, Maximum: 50}
	provisioned := &components.ProvisionedThroughput{Read: units, Write: units}
	fixed := &components.ProvisionedThroughput{Read: units, Write: components.Throughput{Minimum: 5}}
	index := components.Index{Name: "by-date", PartitionKey: components.String("date")}
	index.Provisioned = fixed
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
		"no capacity":    {"orders", &components.TableArgs{PartitionKey: id, Provisioned: &components.ProvisionedThroughput{}}, []string{"Provisioned.Read.Minimum = 0, want 1–40000", "Provisioned.Write.Minimum = 0"}},
		"capacity":       {"orders", &components.TableArgs{PartitionKey: id, Provisioned: &components.ProvisionedThroughput{Read: components.Throughput{Minimum: 5, Maximum: 4, Utilization: 0.1}, Write: components.Throughput{Minimum: 1, Maximum: 40_001, Utilization: 0.95}}}, []string{"Provisioned.Read.Maximum = 4, want Minimum–40000", "Provisioned.Read.Utilization = 0.1, want 0.2–0.9", "Provisioned.Write.Maximum = 40001", "Provisioned.Write.Utilization = 0.95"}},
		"index capacity": {"orders", &components.TableArgs{PartitionKey: id, Indexes: components.Indexes{index}}, []string{"Indexes[0].Provisioned = \"set\", want nothing, unless the table has Provisioned"}},
		"no scaling":     {"orders", &components.TableArgs{PartitionKey: id, Provisioned: provisioned, ChangeIndexes: true}, []string{"ChangeIndexes = true, want false"}},
		"index units":    {"orders", &components.TableArgs{PartitionKey: id, Provisioned: provisioned, Indexes: components.Indexes{{Name: "by-date", PartitionKey: id, Provisioned: &components.ProvisionedThroughput{Read: units}}}}, []string{"Indexes[0].Provisioned.Write.Minimum = 0"}},
		"replicas":       {"orders", &components.TableArgs{PartitionKey: id, Replicas: []components.Replica{{Region: "Ireland"}, {Region: "us-east-1"}, {Region: "us-east-1"}}}, []string{`Stream = "", want NewAndOldImages`, `Replicas[0].Region = "Ireland", want a region such as eu-west-1`, `Replicas[2].Region = "us-east-1", want a region that no other replica has`, "Replicas[0].Provider = <nil>, want a provider for the region"}},
		"replica writes": {"orders", &components.TableArgs{PartitionKey: id, Stream: components.NewAndOldImages, Provisioned: fixed, Indexes: components.Indexes{index}, Replicas: []components.Replica{{Region: "us-east-1"}}}, []string{"Provisioned.Write = 0, want a Maximum above Minimum", "Indexes[0].Provisioned.Write = 0, want"}},
		"odd index":      {"orders", &components.TableArgs{PartitionKey: id, Indexes: components.Indexes{{Name: "by date", PartitionKey: components.String("a")}}}, []string{`Indexes[0].Name = "by date", want 3–255 of a–z`}},
		"same key":       {"orders", &components.TableArgs{PartitionKey: id, SortKey: id, Indexes: components.Indexes{{Name: "abc", PartitionKey: id, SortKey: id}}}, []string{`SortKey = "id", want another attribute than PartitionKey`, `Indexes[0].SortKey = "id", want another`}},
		"long attribute": {"orders", &components.TableArgs{PartitionKey: components.String(strings.Repeat("x", 256)), TimeToLive: strings.Repeat("y", 256)}, []string{"= 256, want at most 255 bytes", "want the name of an attribute: at most 255 bytes"}},
		"text as time":   {"orders", &components.TableArgs{PartitionKey: id, TimeToLive: "id"}, []string{`key attribute id = "S", want the type N that another key or TimeToLive gives it`}},
		"no utilization": {"orders", &components.TableArgs{PartitionKey: id, Provisioned: &components.ProvisionedThroughput{Read: units, Write: components.Throughput{Minimum: 5, Utilization: 0.5}}}, []string{"Provisioned.Write.Utilization = 0.5, want none without a Maximum above Minimum"}},
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
