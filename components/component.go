// Package components is a library of Pulumi components for serverless systems on AWS.
//
// Each component follows Pulumi's conventions: NewX(ctx, name, *XArgs, opts...) (*X, error). The main resource inside a
// component has the component's own name, every other one is called <name>-<role>; all are children of the component, so
// options such as provider, protect, aliases and transforms reach them. Physical names are made by Pulumi.
//
// Every argument has a safe default, and what weakens the default is said in words (DisableX, AuthNone, EmptyOnDelete).
// Wrong arguments fail during preview, all at once, with the component, the field, the value and what is accepted.
//
// Components hand out grants (see package policies) instead of policy documents:
//
//	list, err := components.NewFunction(ctx, "list-products", &components.FunctionArgs{
//		Source: "lambdas/list-products",
//		Grants: []policies.Grant{products.GrantIndexes(policies.Query)},
//	})
package components

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// token is the Pulumi type of a component, such as shop:components:Table.
func token(component string) string {
	return "shop:components:" + component
}

// problems collects everything wrong with a component's arguments, so that one preview shows all of it.
type problems struct {
	component, name string
	found           []error
}

// componentName keeps names valid inside every physical name made from them, and as environment variables.
var componentName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func check(component, name string) *problems {
	p := &problems{component: component, name: name}
	p.want(componentName.MatchString(name), "name", name, "lower-case words joined by hyphens, such as order-events")
	return p
}

// want records a problem unless ok holds.
func (p *problems) want(ok bool, field string, value any, accepted string) {
	if ok {
		return
	}
	switch v := value.(type) {
	case string:
		value = fmt.Sprintf("%q", v)
	case time.Duration:
		value = duration(v)
	}
	p.found = append(p.found, fmt.Errorf("%s (%s): %s = %v, want %s", p.name, p.component, field, value, accepted))
}

// plain wants a value, and one of the form that AWS takes as far as it is known before anything is deployed.
func (p *problems) plain(form *regexp.Regexp, field string, value pulumi.StringInput, accepted string) {
	if text, known := value.(pulumi.String); known {
		p.want(form.MatchString(string(text)), field, string(text), accepted)
	}
	p.want(value != nil, field, nil, accepted)
}

// maxNamePart leaves room in a physical name of 64 characters, as roles have, for a hyphen and Pulumi's seven random characters.
const maxNamePart = 56

// fitsBefore wants a name that leaves room for what a component puts behind it in a physical name of 64 characters.
func (p *problems) fitsBefore(suffix, of string) {
	most := maxNamePart - len(suffix)
	p.want(len(p.name) <= most, "name", p.name, fmt.Sprintf("at most %d characters, since the name of its %s has 64", most, of))
}

// fits wants a name that leaves room in the physical names that are made from it, to which Pulumi adds a hyphen and seven random characters.
func (p *problems) fits(name string, longest int) {
	p.want(len(name) <= longest, "name", name, fmt.Sprintf("at most %d characters, which is what AWS leaves of the names made from it", longest))
}

// err is all problems found, one a line, or nil.
func (p *problems) err() error {
	return errors.Join(p.found...)
}

// duration prints 5m where time.Duration prints 5m0s.
func duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// variable is the environment variable that links to a resource: ("order-events", "TABLE") → ORDER_EVENTS_TABLE.
func variable(name, kind string) string {
	return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_" + kind
}

// stackName is a name that no other stack of the account has, in letters, digits and single hyphens, for what AWS wants named: a project and a
// stack may have other characters in theirs.
func stackName(ctx *pulumi.Context, name string) string {
	return strings.Trim(notPlain.ReplaceAllString(ctx.Project()+"-"+ctx.Stack()+"-"+name, "-"), "-")
}

var notPlain = regexp.MustCompile(`[^A-Za-z0-9]+`)

// or returns value unless it is zero, and otherwise the default.
func or[T comparable](value, defaultValue T) T {
	var zero T
	if value == zero {
		return defaultValue
	}
	return value
}

// keepsItsName lets a log group keep its name, and so its logs, when its component gets another one and an alias for the old. Physical names
// that Pulumi makes stay by themselves, those that AWS makes of a prefix would not.
func keepsItsName() pulumi.ResourceOption {
	return pulumi.IgnoreChanges([]string{"namePrefix"})
}

// wrap says which component failed while doing what.
func wrap(component, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s (%s): %w", name, component, err)
}

// logRetentionDays are the values that CloudWatch Logs accepts (PutRetentionPolicy).
var logRetentionDays = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

// defaultLogRetentionDays keeps logs long enough to look into last month's incident.
const defaultLogRetentionDays = 30
