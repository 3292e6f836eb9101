package components

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// ChangeKind is what happened to an item.
type ChangeKind string

const (
	// Inserted items were not there before.
	Inserted ChangeKind = "INSERT"
	// Modified items have other attributes than before.
	Modified ChangeKind = "MODIFY"
	// Removed items are gone: deleted, or past their time to live.
	Removed ChangeKind = "REMOVE"
)

// ChangeFilter selects changes of a table. A change must satisfy every part that is set; at least one must be. Attributes
// are written with their DynamoDB type, as the stream has them; a number is text, so that [Numeric] cannot compare it:
//
//	components.ChangeFilter{
//		Kinds: []components.ChangeKind{components.Modified},
//		New:   components.Fields{"status": components.Fields{"S": components.Exact("PAID")}},
//	}
type ChangeFilter struct {
	// Kinds are the changes that matter. Default: all.
	Kinds []ChangeKind
	// Keys are conditions on the item's key.
	Keys Fields
	// New are conditions on the item as it is now. The table's stream must show new images.
	New Fields
	// Old are conditions on the item as it was. The table's stream must show old images.
	Old Fields
}

// ChangeArgs says how a function gets a table's changes.
type ChangeArgs struct {
	// Filters are at most 5 conditions of which a change must satisfy one. Default: every change matters.
	Filters []ChangeFilter
	// BatchSize is the most changes per invocation: 1–10,000. Default 100.
	BatchSize int
	// BatchWindow is how long a batch may be gathered: 0 s–300 s, whole seconds. Default 0 s.
	BatchWindow time.Duration
	// Parallelisation is how many batches of one shard may be processed at once: 1–10. Changes of one item stay in order.
	// Default 1.
	Parallelisation int
	// DisableBisect tries a failed batch again as a whole, instead of in halves that leave the bad change alone.
	DisableBisect bool
	// MaxRetries is how often a failed batch is tried again: 1–10,000. Default 10: AWS's own default, for ever, lets one bad change
	// stop all that follow for a day.
	MaxRetries int
	// DisableRetries gives up on a batch the first time it fails.
	DisableRetries bool
	// MaxRecordAge is the age from which a change is given up: 1 min–7 days, whole seconds. Default: no limit but the stream's
	// own 24 hours.
	MaxRecordAge time.Duration
	// StartFrom is where a new function begins. Default [StartAtOldest].
	StartFrom StartPosition
	// OnFailure hears which changes were given up: a [WorkQueue] or a [FanOutTopic]. It is told their place in the stream, where they can
	// be read for 24 hours, and not their content. Default: a queue of its own called <table>-<name>-dlq.
	OnFailure Destination
	// DisableFailureQueue forgets changes that were given up.
	DisableFailureQueue bool
	// Alarms says who hears when changes were given up.
	Alarms Alarms
}

// maxStreamConsumers is how many functions may read a table's stream without being throttled ("Reading and processing a stream" in
// the DynamoDB developer guide).
const maxStreamConsumers = 2

// readingChanges is what Lambda needs to read a table's stream. All of it is granted on the stream alone, ListStreams too, as
// the DynamoDB developer guide does in "IAM policy to allow a Lambda function to access DynamoDB stream records": AWS's
// managed policy AWSLambdaDynamoDBExecutionRole allows it on every resource, which is not needed.
var readingChanges = []string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}

// OnChange calls the function with the table's changes, in order for each item, at least once. The function must answer with
// the changes that failed (partial batch response). The table must have a [TableArgs.Stream]. The mapping is called <table>-<name>.
func (t *Table) OnChange(ctx *pulumi.Context, name string, function *Function, args *ChangeArgs) error {
	if args == nil {
		args = &ChangeArgs{}
	}
	consumer := &streamConsumer{
		function: function, batchSize: args.BatchSize, batchWindow: args.BatchWindow, parallelisation: args.Parallelisation,
		disableBisect: args.DisableBisect, maxRetries: args.MaxRetries, disableRetries: args.DisableRetries, maxRecordAge: args.MaxRecordAge,
		startFrom: args.StartFrom, onFailure: args.OnFailure, disableFailureTarget: args.DisableFailureQueue, alarms: args.Alarms,
	}
	p := check("Table.OnChange", name)
	p.name = t.logicalName + "-" + name
	p.fits(p.name, maxQueueName)
	p.want(t.stream != "", "table "+t.logicalName+" Stream", string(t.stream), "a stream, such as TableArgs.Stream = NewAndOldImages")
	p.want(!slices.Contains(t.consumers, name), "name", name, "a name that no other consumer of the table has")
	p.want(len(t.consumers) < maxStreamConsumers, "consumers", len(t.consumers)+1,
		fmt.Sprintf("at most %d of one table's stream, or they are throttled; send further ones what they need by an EventBus or a FanOutTopic", maxStreamConsumers))
	consumer.validate(p)
	consumer.filters = t.changeFilters(p, args.Filters)
	if err := p.err(); err != nil {
		return err
	}
	t.consumers = append(t.consumers, name)
	err := consumer.subscribe(ctx, t, p.name, t.StreamARN, policies.Grant{
		Statements: []policies.Statement{{Actions: readingChanges, Resources: []pulumi.StringInput{t.StreamARN}}},
	})
	t.deadLetters = append(t.deadLetters, consumer.failed...)
	return wrap("Table.OnChange", p.name, err)
}

// DeadLetterQueues are the queues that keep which changes were given up, of each consumer that has one.
func (t *Table) DeadLetterQueues() []DeadLetterQueue { return t.deadLetters }

func (t *Table) changeFilters(p *problems, filters []ChangeFilter) []string {
	p.want(len(filters) <= maxFilters, "Filters", len(filters), fmt.Sprintf("at most %d (Lambda quota)", maxFilters))
	patterns := make([]string, 0, len(filters))
	for i, f := range filters {
		field := fmt.Sprintf("Filters[%d]", i)
		p.want(f.New == nil || t.stream == "" || t.stream == NewImage || t.stream == NewAndOldImages, field+".New", "Fields",
			"none, since the table's stream is "+string(t.stream))
		p.want(f.Old == nil || t.stream == "" || t.stream == OldImage || t.stream == NewAndOldImages, field+".Old", "Fields",
			"none, since the table's stream is "+string(t.stream))
		patterns = append(patterns, changeFilters.pattern(p, field, f.fields(p, field)))
	}
	return patterns
}

// fields is the filter as a pattern on records of the stream.
func (f ChangeFilter) fields(p *problems, field string) Fields {
	pattern, images := Fields{}, Fields{}
	if len(f.Kinds) > 0 {
		kinds := make([]any, 0, len(f.Kinds))
		for _, k := range f.Kinds {
			p.want(k == Inserted || k == Modified || k == Removed, field+".Kinds", string(k), "Inserted, Modified or Removed")
			kinds = append(kinds, string(k))
		}
		pattern["eventName"] = Exact(kinds...)
	}
	for _, part := range []struct {
		name, key  string
		attributes Fields
	}{{"Keys", "Keys", f.Keys}, {"New", "NewImage", f.New}, {"Old", "OldImage", f.Old}} {
		if part.attributes != nil {
			attributeTypes(p, field+"."+part.name, part.attributes)
			images[part.key] = part.attributes
		}
	}
	if len(images) > 0 {
		pattern["dynamodb"] = images
	}
	return pattern
}

// attributeKinds are DynamoDB's types by their names in its JSON.
var attributeKinds = []string{"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"}

// attributeTypes checks that each attribute is written with its type: a filter without it matches nothing, and nobody is told.
func attributeTypes(p *problems, field string, attributes Fields) {
	for name, condition := range attributes {
		if alternatives, either := condition.(eitherFields); either {
			for i, fields := range alternatives {
				attributeTypes(p, fmt.Sprintf("%s.%s[%d]", field, name, i), fields)
			}
			continue
		}
		attributeType(p, field+"."+name, condition)
	}
}

// attributeType checks one attribute: its type and, as far as the type tells, its value.
func attributeType(p *problems, field string, condition Condition) {
	typed, isObject := condition.(Fields)
	p.want(isObject && len(typed) == 1, field, fmt.Sprintf("%T", condition), `the attribute's type and the condition, such as Fields{"S": Exact("PAID")}`)
	for kind, value := range typed {
		p.want(slices.Contains(attributeKinds, kind), field, kind, "one of "+strings.Join(attributeKinds, ", "))
		switch v := value.(type) {
		case Fields:
			switch kind {
			case "M":
				attributeTypes(p, field, v)
			case "L": // whose items are written like attributes
				attributeType(p, field, v)
			}
		case Matcher:
			for _, operand := range v.operands() {
				attributeValue(p, field, kind, operand)
			}
		}
	}
}

// attributeValue checks a value that an attribute of a type is compared with.
func attributeValue(p *problems, field, kind string, value any) {
	_, isText := value.(string)
	_, isBool := value.(bool)
	switch kind {
	case "N", "NS":
		p.want(isText, field, value, `the number as text, such as Exact("27"), as the stream has it`)
	case "S", "SS", "B", "BS":
		p.want(isText, field, value, "a text, which is what the type "+kind+" has")
	case "BOOL", "NULL":
		p.want(isBool, field, value, "true or false, which is what the type "+kind+" has")
	}
}
