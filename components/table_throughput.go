package components

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// maxCapacityUnits is how many units of one kind a table or an index may have (DynamoDB default quota).
const maxCapacityUnits = 40_000

// ProvisionedThroughput is capacity that is paid for whether it is used or not. It is cheaper than paying per request for a load that is
// steady or changes slowly; requests beyond it are turned away until more is provisioned, which takes minutes.
type ProvisionedThroughput struct {
	// Read is in read capacity units: one strongly, or two eventually consistent reads a second of up to 4 KB. Required.
	Read Throughput
	// Write is in write capacity units: one write a second of up to 1 KB. Required.
	Write Throughput
}

// Throughput is how many capacity units of one kind a table or an index has.
type Throughput struct {
	// Minimum is how many units there always are: 1–40,000. Required.
	Minimum int
	// Maximum is up to how many units there are when many are used: Minimum–40,000. Default: Minimum, which never scales.
	Maximum int
	// Utilization is the part of the units in use above which there will be more, and below which there will be fewer: 0.2–0.9, only with a
	// Maximum. Default 0.7.
	Utilization float64
}

// scales tells whether the number of units changes by itself.
func (t Throughput) scales() bool {
	return t.Maximum > t.Minimum
}

// scalable is a number of capacity units that Application Auto Scaling may own.
type scalable struct {
	name       string // of the resources
	resourceID pulumi.StringInput
	dimension  string
	metric     string
	units      Throughput
	input      string // of the table
}

// scalables are the numbers of capacity units of a table and its indexes, by the physical name of the table.
func (a *TableArgs) scalables(name string, table pulumi.StringInput) []scalable {
	if a.Provisioned == nil {
		return nil
	}
	found := a.Provisioned.scalables(name, "table", pulumi.Sprintf("table/%s", table), "readCapacity", "writeCapacity")
	for _, i := range a.Indexes {
		resourceID := pulumi.Sprintf("table/%s/index/%s", table, i.Name)
		found = append(found, a.throughput(i).scalables(name+"-"+i.Name, "index", resourceID, indexesInput, indexesInput)...)
	}
	return found
}

// indexesInput stands for the capacity of every index. One alone cannot be left to scaling: the indexes are a set, and which place of it one has
// changes with its capacity.
const indexesInput = "globalSecondaryIndexes"

func (p *ProvisionedThroughput) scalables(name, kind string, resourceID pulumi.StringInput, readInput, writeInput string) []scalable {
	return []scalable{
		{name + "-read-scaling", resourceID, "dynamodb:" + kind + ":ReadCapacityUnits", "DynamoDBReadCapacityUtilization", p.Read, readInput},
		{name + "-write-scaling", resourceID, "dynamodb:" + kind + ":WriteCapacityUnits", "DynamoDBWriteCapacityUtilization", p.Write, writeInput},
	}
}

// throughput of an index is its own, or the table's.
func (a *TableArgs) throughput(i Index) *ProvisionedThroughput {
	if i.Provisioned != nil {
		return i.Provisioned
	}
	return a.Provisioned
}

// provision writes the capacity into the table's arguments. It returns the inputs that scaling owns once the table exists: without leaving
// them alone, every deployment would set the capacity back.
func (a *TableArgs) provision(resource *dynamodb.TableArgs, indexes dynamodb.TableGlobalSecondaryIndexArray) (owned []string) {
	if a.Provisioned == nil {
		resource.BillingMode = pulumi.String("PAY_PER_REQUEST")
		return nil
	}
	resource.BillingMode = pulumi.String("PROVISIONED")
	resource.ReadCapacity, resource.WriteCapacity = pulumi.Int(a.Provisioned.Read.Minimum), pulumi.Int(a.Provisioned.Write.Minimum)
	for n, i := range a.Indexes {
		index, units := indexes[n].(*dynamodb.TableGlobalSecondaryIndexArgs), a.throughput(i)
		index.ReadCapacity, index.WriteCapacity = pulumi.Int(units.Read.Minimum), pulumi.Int(units.Write.Minimum)
	}
	for _, s := range a.scalables("", pulumi.String("")) {
		if s.units.scales() && !slices.Contains(owned, s.input) && (s.input != indexesInput || !a.ChangeIndexes) {
			owned = append(owned, s.input)
		}
	}
	return owned
}

// deployed is the table's name, unless its indexes are others than those that the program wants, which happens when a deployment left them to
// scaling.
func (a *TableArgs) deployed(name string, table *dynamodb.Table) pulumi.StringOutput {
	want := make([]string, len(a.Indexes))
	for n, i := range a.Indexes {
		want[n] = indexText(i.Name, i.PartitionKey.name, i.SortKey.name)
	}
	slices.Sort(want)
	return pulumi.All(table.Name, table.GlobalSecondaryIndexes).ApplyT(func(values []any) (string, error) {
		var have []string
		for _, i := range values[1].([]dynamodb.TableGlobalSecondaryIndex) {
			have = append(have, indexText(i.Name, i.HashKey, stringOf(i.RangeKey)))
		}
		slices.Sort(have)
		if !slices.Equal(have, want) {
			return "", fmt.Errorf("%s (Table): Indexes = %v, but the table has %v, and since their capacity scales, deployments leave them as they are: "+
				"set ChangeIndexes for one deployment", name, want, have)
		}
		return values[0].(string), nil
	}).(pulumi.StringOutput)
}

// indexText is an index for people: by-date(customer, date).
func indexText(name, partitionKey, sortKey string) string {
	if sortKey != "" {
		partitionKey += ", " + sortKey
	}
	return name + "(" + partitionKey + ")"
}

// indexesScale tells whether the capacity of an index changes by itself.
func (a *TableArgs) indexesScale() bool {
	return slices.ContainsFunc(a.scalables("", pulumi.String("")), func(s scalable) bool {
		return s.input == indexesInput && s.units.scales()
	})
}

// scale lets the capacity follow its use. The suffix tells the resources of replicas apart.
func (t *Table) scale(ctx *pulumi.Context, args *TableArgs, suffix string, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
	var created []pulumi.Resource
	for _, s := range args.scalables(t.logicalName, t.Name) {
		if !s.units.scales() {
			continue
		}
		policy, err := s.create(ctx, s.name+suffix, opts...)
		if err != nil {
			return nil, err
		}
		created = append(created, policy)
	}
	return created, nil
}

func (s scalable) create(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (*appautoscaling.Policy, error) {
	target, err := appautoscaling.NewTarget(ctx, name, &appautoscaling.TargetArgs{
		ServiceNamespace:  pulumi.String("dynamodb"),
		ScalableDimension: pulumi.String(s.dimension),
		ResourceId:        s.resourceID,
		MinCapacity:       pulumi.Int(s.units.Minimum),
		MaxCapacity:       pulumi.Int(s.units.Maximum),
	}, opts...)
	if err != nil {
		return nil, err
	}
	return appautoscaling.NewPolicy(ctx, name, &appautoscaling.PolicyArgs{
		PolicyType:        pulumi.String("TargetTrackingScaling"),
		ServiceNamespace:  target.ServiceNamespace,
		ScalableDimension: target.ScalableDimension,
		ResourceId:        target.ResourceId,
		TargetTrackingScalingPolicyConfiguration: &appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs{
			TargetValue: pulumi.Float64(100 * or(s.units.Utilization, defaultUtilization)),
			PredefinedMetricSpecification: &appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs{
				PredefinedMetricType: pulumi.String(s.metric),
			},
		},
	}, opts...)
}

func (p *ProvisionedThroughput) validate(problems *problems, field string) {
	if p == nil {
		return
	}
	p.Read.validate(problems, field+".Read")
	p.Write.validate(problems, field+".Write")
}

func (t Throughput) validate(p *problems, field string) {
	p.want(t.Minimum >= 1 && t.Minimum <= maxCapacityUnits, field+".Minimum", t.Minimum, "1–40000 capacity units (DynamoDB quota)")
	p.want(t.Maximum == 0 || t.Maximum >= t.Minimum && t.Maximum <= maxCapacityUnits, field+".Maximum", t.Maximum,
		"Minimum–40000 capacity units (DynamoDB quota), or 0 for Minimum")
	p.want(t.Utilization == 0 || t.scales(), field+".Utilization", t.Utilization, "none without a Maximum above Minimum, since nothing scales")
	p.want(t.Utilization == 0 || t.Utilization >= 0.2 && t.Utilization <= 0.9, field+".Utilization", t.Utilization, "0.2–0.9")
}
