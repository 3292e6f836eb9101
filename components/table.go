package components

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// Key is an attribute that is part of a table's or an index's key. Make one with [String], [Number] or [Binary];
// the zero Key means there is none.
type Key struct {
	name, kind string
}

// String is a key attribute that holds text.
func String(name string) Key { return Key{name, "S"} }

// Number is a key attribute that holds a number.
func Number(name string) Key { return Key{name, "N"} }

// Binary is a key attribute that holds bytes.
func Binary(name string) Key { return Key{name, "B"} }

// Index is a global secondary index. It projects all attributes.
type Index struct {
	// Name of the index: 3–255 of a–z, A–Z, 0–9, '_', '-' and '.'.
	Name string
	// PartitionKey is required.
	PartitionKey Key
	// SortKey is optional.
	SortKey Key
	// Provisioned is the index's own capacity, for tables with Provisioned. Default: as much as the table.
	Provisioned *ProvisionedThroughput
}

// Indexes are the global secondary indexes of a table.
type Indexes []Index

// MaxIndexes is how many global secondary indexes a table may have (DynamoDB default quota).
const MaxIndexes = 20

// maxAttributeName is how long the name of a key or of the time to live may be (DynamoDB quota).
const maxAttributeName = 255

var indexName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// maxTableName leaves room for a hyphen and seven random characters in a table's name of 255.
const maxTableName = 247

// StreamView is what a table's stream says about each changed item.
type StreamView string

const (
	// KeysOnly tells which item changed.
	KeysOnly StreamView = "KEYS_ONLY"
	// NewImage tells what the item is now.
	NewImage StreamView = "NEW_IMAGE"
	// OldImage tells what the item was before.
	OldImage StreamView = "OLD_IMAGE"
	// NewAndOldImages tells both.
	NewAndOldImages StreamView = "NEW_AND_OLD_IMAGES"
)

// TableArgs describes a DynamoDB table, by default on demand, in one region, encrypted, protected against deletion and recoverable to any
// second of the last 35 days.
type TableArgs struct {
	// PartitionKey is required.
	PartitionKey Key
	// SortKey is optional.
	SortKey Key
	// Indexes are the table's global secondary indexes: at most [MaxIndexes].
	Indexes Indexes
	// TimeToLive names the attribute holding the time, in seconds since 1970, after which DynamoDB deletes the item.
	// Default: items live for ever.
	TimeToLive string
	// Stream keeps the table's changes for 24 hours, so that [Table.OnChange] can act on them, with this much of each item.
	// Default: no stream.
	Stream StreamView
	// Provisioned sets the table's capacity, by which it is then paid, instead of the number of requests. Default: on demand.
	Provisioned *ProvisionedThroughput
	// ChangeIndexes deploys changes of Indexes where the capacity of one of them scales; without it, the preview refuses such a change. Set it for
	// one deployment: it may set the capacity of the indexes back to their Minimum, from where scaling takes minutes to raise it.
	ChangeIndexes bool
	// Replicas are copies in other regions (a global table). They need Stream: NewAndOldImages. Default: none.
	Replicas []Replica
	// DisablePointInTimeRecovery saves its price where the data can be made again.
	DisablePointInTimeRecovery bool
	// DisableDeletionProtection lets the table be deleted with its data.
	DisableDeletionProtection bool
}

// Table is a DynamoDB table.
type Table struct {
	pulumi.ResourceState

	// Name is the physical table name.
	Name pulumi.StringOutput
	// ARN of the table.
	ARN pulumi.StringOutput
	// StreamARN is the stream of the table's changes, if it has one.
	StreamARN pulumi.StringOutput
	// ReplicaARNs are the copies by region.
	ReplicaARNs map[string]pulumi.StringOutput

	logicalName string
	indexes     []string
	stream      StreamView
	consumers   []string // of the stream
	deadLetters []DeadLetterQueue
}

// NewTable creates a DynamoDB table.
func NewTable(ctx *pulumi.Context, name string, args *TableArgs, opts ...pulumi.ResourceOption) (*Table, error) {
	if args == nil {
		args = &TableArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	t := &Table{logicalName: name, stream: args.Stream}
	if err := ctx.RegisterComponentResource(token("Table"), name, t, opts...); err != nil {
		return nil, wrap("Table", name, err)
	}
	if err := t.elsewhere(ctx, args.Replicas); err != nil {
		return nil, err
	}
	resource, owned := args.table()
	if len(args.Replicas) > 0 {
		owned = append(owned, "replicas") // resources of their own
	}
	table, err := dynamodb.NewTable(ctx, name, resource, pulumi.Parent(t), pulumi.IgnoreChanges(owned))
	if err != nil {
		return nil, wrap("Table", name, err)
	}
	t.Name, t.ARN, t.StreamARN = table.Name, table.Arn, table.StreamArn
	if slices.Contains(owned, indexesInput) {
		t.Name = args.deployed(name, table)
	}
	for _, i := range args.Indexes {
		t.indexes = append(t.indexes, i.Name)
	}
	scaling, err := t.scale(ctx, args, "", pulumi.Parent(t))
	if err != nil {
		return nil, wrap("Table", name, err)
	}
	if err := t.replicate(ctx, table, args, scaling); err != nil {
		return nil, wrap("Table", name, err)
	}
	return t, ctx.RegisterResourceOutputs(t, pulumi.Map{"name": t.Name, "arn": t.ARN})
}

// table describes the table itself, and names the inputs that others than the program change.
func (a *TableArgs) table() (resource *dynamodb.TableArgs, owned []string) {
	resource = &dynamodb.TableArgs{
		HashKey:                   pulumi.String(a.PartitionKey.name),
		Attributes:                a.attributes(),
		DeletionProtectionEnabled: pulumi.Bool(!a.DisableDeletionProtection),
		PointInTimeRecovery:       &dynamodb.TablePointInTimeRecoveryArgs{Enabled: pulumi.Bool(!a.DisablePointInTimeRecovery)},
		ServerSideEncryption:      &dynamodb.TableServerSideEncryptionArgs{Enabled: pulumi.Bool(true)},
	}
	if a.SortKey.name != "" {
		resource.RangeKey = pulumi.String(a.SortKey.name)
	}
	if a.TimeToLive != "" {
		resource.Ttl = &dynamodb.TableTtlArgs{AttributeName: pulumi.String(a.TimeToLive), Enabled: pulumi.Bool(true)}
	}
	if a.Stream != "" {
		resource.StreamEnabled, resource.StreamViewType = pulumi.Bool(true), pulumi.String(string(a.Stream))
	}
	var indexes dynamodb.TableGlobalSecondaryIndexArray
	for _, i := range a.Indexes {
		index := &dynamodb.TableGlobalSecondaryIndexArgs{
			Name:           pulumi.String(i.Name),
			HashKey:        pulumi.String(i.PartitionKey.name),
			ProjectionType: pulumi.String("ALL"),
		}
		if i.SortKey.name != "" {
			index.RangeKey = pulumi.String(i.SortKey.name)
		}
		indexes = append(indexes, index)
	}
	resource.GlobalSecondaryIndexes = indexes
	return resource, a.provision(resource, indexes)
}

// Grant allows the actions on the table itself, not on its indexes, and links the table's name as <NAME>_TABLE.
func (t *Table) Grant(actions ...policies.TableAction) policies.Grant {
	return policies.Grant{
		Statements: []policies.Statement{policies.Allow(actions, t.ARN)},
		Links:      []policies.Link{t.link()},
	}
}

// GrantIndexes allows the action, [policies.Query] or [policies.Scan], on the named indexes, or on all of the table's
// indexes if none is named, and links the table's name as <NAME>_TABLE.
func (t *Table) GrantIndexes(action policies.TableAction, indexes ...string) policies.Grant {
	if action != policies.Query && action != policies.Scan {
		return policies.Invalid(fmt.Errorf("%s (Table): grant %s on indexes: an index can only be queried or scanned", t.logicalName, action))
	}
	if len(indexes) == 0 {
		indexes = t.indexes
	}
	var arns []pulumi.StringInput
	for _, index := range indexes {
		if !slices.Contains(t.indexes, index) {
			return policies.Invalid(fmt.Errorf("%s (Table): grant on index %q: the table has the indexes %q", t.logicalName, index, t.indexes))
		}
		arns = append(arns, pulumi.Sprintf("%s/index/%s", t.ARN, index))
	}
	return policies.Grant{
		Statements: []policies.Statement{{Actions: []string{string(action)}, Resources: arns}},
		Links:      []policies.Link{t.link()},
	}
}

func (t *Table) link() policies.Link {
	return policies.Link{Variable: variable(t.logicalName, "TABLE"), Value: t.Name, Resource: t.logicalName + " (Table)"}
}

func (a *TableArgs) validate(name string) error {
	p := check("Table", name)
	p.fits(name, maxTableName)
	p.want(a.PartitionKey.name != "", "PartitionKey", a.PartitionKey.name, "an attribute, such as String(\"orderId\")")
	p.want(len(a.Indexes) <= MaxIndexes, "Indexes", len(a.Indexes), fmt.Sprintf("at most %d (DynamoDB quota)", MaxIndexes))
	p.want(slices.Contains([]StreamView{"", KeysOnly, NewImage, OldImage, NewAndOldImages}, a.Stream), "Stream", string(a.Stream),
		"KeysOnly, NewImage, OldImage or NewAndOldImages")
	p.want(a.SortKey.name == "" || a.SortKey.name != a.PartitionKey.name, "SortKey", a.SortKey.name, "another attribute than PartitionKey")
	p.want(len(a.TimeToLive) <= maxAttributeName, "TimeToLive", a.TimeToLive, "the name of an attribute: at most 255 bytes")
	kinds := map[string]string{a.TimeToLive: "N"}
	for _, k := range a.keys() {
		p.want(len(k.name) <= maxAttributeName, "key attribute "+k.name, len(k.name), "at most 255 bytes")
		kind, seen := kinds[k.name]
		p.want(!seen || kind == k.kind, "key attribute "+k.name, k.kind, "the type "+kind+" that another key or TimeToLive gives it")
		kinds[k.name] = k.kind
	}
	names := map[string]bool{}
	for n, i := range a.Indexes {
		field := fmt.Sprintf("Indexes[%d]", n)
		p.want(indexName.MatchString(i.Name), field+".Name", i.Name, "3–255 of a–z, A–Z, 0–9, '_', '-' and '.'")
		p.want(!names[i.Name], field+".Name", i.Name, "a name that no other index has")
		p.want(i.PartitionKey.name != "", field+".PartitionKey", i.PartitionKey.name, "an attribute")
		p.want(i.SortKey.name == "" || i.SortKey.name != i.PartitionKey.name, field+".SortKey", i.SortKey.name, "another attribute than PartitionKey")
		p.want(i.Provisioned == nil || a.Provisioned != nil, field+".Provisioned", "set", "nothing, unless the table has Provisioned")
		i.Provisioned.validate(p, field+".Provisioned")
		names[i.Name] = true
	}
	a.Provisioned.validate(p, "Provisioned")
	p.want(!a.ChangeIndexes || a.indexesScale(), "ChangeIndexes", true, "false, unless the capacity of an index scales")
	a.validateReplicas(p)
	return p.err()
}

// keys are all key attributes of the table and its indexes; the same attribute may occur several times.
func (a *TableArgs) keys() []Key {
	keys := []Key{a.PartitionKey, a.SortKey}
	for _, i := range a.Indexes {
		keys = append(keys, i.PartitionKey, i.SortKey)
	}
	return slices.DeleteFunc(keys, func(k Key) bool { return k.name == "" })
}

// attributes declares every key attribute once, sorted, since DynamoDB knows them as a set.
func (a *TableArgs) attributes() dynamodb.TableAttributeArray {
	keys := a.keys()
	slices.SortFunc(keys, func(x, y Key) int { return slices.Compare([]string{x.name, x.kind}, []string{y.name, y.kind}) })
	var attributes dynamodb.TableAttributeArray
	for _, k := range slices.Compact(keys) {
		attributes = append(attributes, &dynamodb.TableAttributeArgs{Name: pulumi.String(k.name), Type: pulumi.String(k.kind)})
	}
	return attributes
}
