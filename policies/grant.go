// Package policies says what a function may do.
//
// A [Grant] is a set of exact actions on exact resources together with the environment variables by which the code finds
// those resources. Components hand grants out ([github.com/serverless-shop/serverless-shop/components.Table.Grant], …) and
// functions take them; [Document] turns them into one canonical IAM policy. Nobody writes a policy or an ARN by hand.
package policies

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Statement allows every one of Actions on every one of Resources. There are no deny statements: what is not granted is
// refused.
type Statement struct {
	// Actions are IAM actions in full, such as "dynamodb:Query". Wildcards are refused.
	Actions []string
	// Resources are ARNs. "*" is refused unless AWS offers no resource-level permission for every one of the actions, see
	// [Unscoped].
	Resources []pulumi.StringInput
	// Conditions narrow the statement: operator, then condition key, then the values, for example
	// {"StringEquals": {"aws:SourceAccount": {"123456789012"}}}. Empty means no condition.
	Conditions Conditions
}

// Allow is the statement that allows typed actions, such as those of [TableAction], on resources.
func Allow[T ~string](actions []T, resources ...pulumi.StringInput) Statement {
	s := Statement{Resources: resources}
	for _, a := range actions {
		s.Actions = append(s.Actions, string(a))
	}
	return s
}

// Conditions are the Condition element of an IAM statement: operator → key → accepted values.
type Conditions map[string]map[string][]string

// canonical are the conditions with the values in order and none twice, so that equal conditions are written alike. It is nil if there are
// none: IAM knows no difference, and a statement must not be kept apart for it.
func (c Conditions) canonical() Conditions {
	sorted := Conditions{}
	for operator, keys := range c {
		for key, values := range keys {
			if sorted[operator] == nil {
				sorted[operator] = map[string][]string{}
			}
			sorted[operator][key] = slices.Compact(slices.Sorted(slices.Values(values)))
		}
	}
	if len(sorted) == 0 {
		return nil
	}
	return sorted
}

// Link is an environment variable by which a function finds a resource that it was granted.
type Link struct {
	// Variable is the name of the environment variable, such as PRODUCTS_TABLE.
	Variable string
	// Value is what the code needs to address the resource: a table's name, a topic's ARN, a queue's URL.
	Value pulumi.StringInput
	// Resource names the component that the value belongs to, so that two resources claiming one variable are told apart from
	// one resource granted twice.
	Resource string
}

// Grant is what one function may do with one resource, and how it finds it.
// Grants are values: they can be kept, combined with [Join] and given to several functions.
type Grant struct {
	// Statements become the function's policy.
	Statements []Statement
	// Links become the function's environment.
	Links []Link
	// err is why the grant cannot be given; it surfaces where the grant is used.
	err error
}

// Invalid is a grant that cannot be given. It lets methods that hand out grants stay usable as arguments: the error
// surfaces, with err's text, in the function that takes the grant.
func Invalid(err error) Grant {
	return Grant{err: err}
}

// Err tells why the grant cannot be given, or nil.
func (g Grant) Err() error {
	return g.err
}

// Join combines grants into one.
func Join(grants ...Grant) Grant {
	var all Grant
	for _, g := range grants {
		all.Statements = append(all.Statements, g.Statements...)
		all.Links = append(all.Links, g.Links...)
		all.err = errors.Join(all.err, g.err)
	}
	return all
}

// Actions lists the distinct IAM actions that the grant allows, sorted.
func (g Grant) Actions() []string {
	var actions []string
	for _, s := range g.Statements {
		actions = append(actions, s.Actions...)
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// String prints the grant for people: the linked resources and the actions, without ARNs, which are not known before the
// deployment.
func (g Grant) String() string {
	var resources []string
	for _, l := range g.Links {
		resources = append(resources, l.Resource)
	}
	slices.Sort(resources)
	return fmt.Sprintf("%v on %v", g.Actions(), slices.Compact(resources))
}

// Environment collects the links of all grants as environment variables.
// It fails when two different resources claim the same variable, when a grant is [Invalid], and when one is wrong whatever its resources are.
func Environment(grants ...Grant) (map[string]pulumi.StringInput, error) {
	all := Join(grants...)
	if err := all.foreseeable(); err != nil {
		return nil, err
	}
	values := map[string]pulumi.StringInput{}
	owner := map[string]string{}
	for _, l := range all.Links {
		if first, taken := owner[l.Variable]; taken && first != l.Resource {
			return nil, fmt.Errorf("environment variable %s: claimed by both %s and %s; rename one of the resources",
				l.Variable, first, l.Resource)
		}
		values[l.Variable], owner[l.Variable] = l.Value, l.Resource
	}
	return values, nil
}

// Equal tells whether two grants come to the same: the same actions on the same resources under the same conditions, and the same
// environment, in whatever order and however often they were put together. It is an output, since ARNs are known only when the resources
// exist; it fails for a grant that cannot be given.
func Equal(a, b Grant) pulumi.BoolOutput {
	return pulumi.All(a.canonical(), b.canonical()).ApplyT(func(both []any) bool { return both[0] == both[1] }).(pulumi.BoolOutput)
}

// canonical is the grant as a text that equal grants share.
func (g Grant) canonical() pulumi.StringOutput {
	links, err := Environment(g)
	if err != nil {
		g = Invalid(err)
	}
	environment := pulumi.StringMap{}
	for variable, value := range links {
		environment[variable] = value
	}
	return pulumi.JSONMarshal(pulumi.Map{"policy": Document(g), "environment": environment})
}
