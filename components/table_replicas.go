package components

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Replica is a copy of a table in another region, which can be read and written there. Writes reach the other copies within about a second;
// of two that meet, the later one wins. It has the table's capacity settings.
type Replica struct {
	// Region such as eu-west-1, other than the table's. Required.
	Region string
	// Provider deploys to the region: aws.NewProvider with this Region, and with the credentials and tags of the program's own provider, which
	// a component cannot know. Required.
	Provider *aws.Provider
	// DisablePointInTimeRecovery saves its price where the table's own is enough.
	DisablePointInTimeRecovery bool
	// DisableDeletionProtection lets the copy be deleted; the others keep the data. The AWS plugin built from source is older than the
	// protection of replicas, and makes only those without.
	DisableDeletionProtection bool
}

var regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)

// replicate creates the copies, after what they need of the table.
func (t *Table) replicate(ctx *pulumi.Context, table *dynamodb.Table, args *TableArgs, needed []pulumi.Resource) error {
	t.ReplicaARNs = map[string]pulumi.StringOutput{}
	for _, r := range args.Replicas {
		opts := []pulumi.ResourceOption{pulumi.Parent(t), pulumi.Provider(r.Provider)}
		resource := &dynamodb.TableReplicaArgs{GlobalTableArn: table.Arn, PointInTimeRecovery: r.recoverable(t.logicalName)}
		if !r.DisableDeletionProtection {
			resource.DeletionProtectionEnabled = pulumi.Bool(true)
		}
		replica, err := dynamodb.NewTableReplica(ctx, t.logicalName+"-"+r.Region, resource, append(opts, pulumi.DependsOn(needed))...)
		if err != nil {
			return err
		}
		t.ReplicaARNs[r.Region] = replica.Arn
		if _, err := t.scale(ctx, args, "-"+r.Region, append(opts, pulumi.DependsOn([]pulumi.Resource{replica}))...); err != nil {
			return err
		}
	}
	return nil
}

// recoverable fails the preview when the provider deploys elsewhere; AWS would find the table there, or none, and say so only half-way.
func (r Replica) recoverable(table string) pulumi.BoolOutput {
	return r.Provider.Region.ApplyT(func(region *string) (bool, error) {
		if region == nil || *region != r.Region {
			return false, fmt.Errorf("%s (Table): Replicas: the provider for %s deploys to %q, want aws.NewProvider with this region",
				table, r.Region, stringOf(region))
		}
		return !r.DisablePointInTimeRecovery, nil
	}).(pulumi.BoolOutput)
}

func stringOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// validateReplicas checks what DynamoDB wants of tables with copies.
func (a *TableArgs) validateReplicas(p *problems) {
	if len(a.Replicas) == 0 {
		return
	}
	p.want(a.Stream == NewAndOldImages, "Stream", string(a.Stream), "NewAndOldImages, by which Replicas are kept equal")
	seen := map[string]bool{}
	for n, r := range a.Replicas {
		field := fmt.Sprintf("Replicas[%d]", n)
		p.want(regionName.MatchString(r.Region), field+".Region", r.Region, "a region such as eu-west-1")
		p.want(!seen[r.Region], field+".Region", r.Region, "a region that no other replica has")
		p.want(r.Provider != nil, field+".Provider", nil, "a provider for the region, made with aws.NewProvider")
		seen[r.Region] = true
	}
	if a.Provisioned == nil {
		return
	}
	const accepted = "a Maximum above Minimum: with Replicas, writes must scale, so that every copy can take what another one has written"
	p.want(a.Provisioned.Write.scales(), "Provisioned.Write", a.Provisioned.Write.Maximum, accepted)
	for n, i := range a.Indexes {
		p.want(a.throughput(i).Write.scales(), fmt.Sprintf("Indexes[%d].Provisioned.Write", n), a.throughput(i).Write.Maximum, accepted)
	}
}

// elsewhere checks that no copy is where the table itself is.
func (t *Table) elsewhere(ctx *pulumi.Context, replicas []Replica) error {
	if len(replicas) == 0 {
		return nil
	}
	home, err := aws.GetRegion(ctx, nil, pulumi.Parent(t))
	if err != nil {
		return fmt.Errorf("looking up the region: %w", err)
	}
	p := check("Table", t.logicalName)
	for n, r := range replicas {
		p.want(r.Region != home.Name, fmt.Sprintf("Replicas[%d].Region", n), r.Region, "another region than the table's own")
	}
	return p.err()
}
