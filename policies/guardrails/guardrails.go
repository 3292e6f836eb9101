// Package guardrails holds the rules that every resource of every stack must pass: the controls of the AWS Foundational
// Security Best Practices standard for the services in use, and the shop's own.
//
// The rules are pure functions over plain values. [Run] puts them around a Pulumi program, so that a preview stops at
// whatever breaks one; tests apply [Judge] to the resources that a program registers with mocks. What must break a rule
// says why in a [Waiver].
package guardrails

import (
	"slices"
	"strings"
)

// Severity is how much harm breaking a rule can do, in the words of AWS Security Hub.
type Severity string

// The severities. Security Hub's for its own controls.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

// Rule is something that every resource of some types must fulfil.
type Rule struct {
	// ID names the rule in reports and waivers: Security Hub's, such as DynamoDB.2, or the shop's own, such as Shop.QueueRedrive.
	ID string
	// Title is the rule in one sentence.
	Title string
	// Why tells what goes wrong without it.
	Why string
	// Source is where the rule comes from.
	Source string
	// Severity is how much harm breaking the rule can do.
	Severity Severity
	// Types are the Pulumi type tokens of the resources that the rule is about.
	Types []string
	// Whole says that the rule looks at other resources too, so that it can be judged only when all are known.
	Whole bool
	// Applies narrows the types further. Default: every resource of these types.
	Applies func(r Resource, s *Stack) bool
	// Check tells the verdict what is wrong with the resource.
	Check func(v *Verdict, r Resource, s *Stack)
}

// applies tells whether the rule is about the resource.
func (rule Rule) applies(r Resource, s *Stack) bool {
	return slices.Contains(rule.Types, r.Type) && (rule.Applies == nil || rule.Applies(r, s))
}

// Resource is a registered resource.
type Resource struct {
	// Type is the Pulumi type token, such as aws:dynamodb/table:Table.
	Type string
	// Name is the logical name.
	Name string
	// Inputs are what the program asked for: map[string]any, []any, string, float64 and bool, in which [Unknown] and [Secret]
	// may stand for any value.
	Inputs map[string]any
	// Dependencies are the resources whose outputs went into the inputs, and those it waits for.
	Dependencies []Reference
}

// Reference names a resource.
type Reference struct {
	// Type is the Pulumi type token, such as aws:dynamodb/table:Table, and Name the logical name.
	Type, Name string
}

// reference is how others refer to the resource.
func (r Resource) reference() Reference {
	return Reference{r.Type, r.Name}
}

// stackType is the type of the stack itself, which stands for its configuration.
const stackType = "pulumi:pulumi:Stack"

// Stack is everything that one deployment consists of.
type Stack struct {
	// Name of the stack, such as prod.
	Name string
	// Project is the namespace of the program's own configuration.
	Project string
	// Config is the configuration with full keys, such as shop:logLevel.
	Config map[string]string
	// SecretKeys are the keys of Config whose values are encrypted at rest.
	SecretKeys []string
	// Resources are all resources.
	Resources []Resource
}

// all are the resources and the stack itself.
func (s *Stack) all() []Resource {
	return append([]Resource{{Type: stackType, Name: s.Project + "-" + s.Name}}, s.Resources...)
}

// dependents are the resources of some types that refer to a resource.
func (s *Stack) dependents(of Resource, types ...string) []Resource {
	var found []Resource
	for _, r := range s.Resources {
		if slices.Contains(types, r.Type) && slices.Contains(r.Dependencies, of.reference()) {
			found = append(found, r)
		}
	}
	return found
}

// own are the dependents of some types that are made for this resource. One that also waits for another resource of the same type, which
// has none of its own, may be the other's: an order of creation looks like a reference.
func (s *Stack) own(of Resource, types ...string) []Resource {
	return slices.DeleteFunc(s.dependents(of, types...), func(d Resource) bool {
		return slices.ContainsFunc(s.dependencies(d, of.Type), func(other Resource) bool {
			return other.reference() != of.reference() && !slices.ContainsFunc(s.dependents(other, types...), func(d Resource) bool {
				return len(s.dependencies(d, of.Type)) == 1
			})
		})
	})
}

// dependencies are the resources of some types that a resource refers to.
func (s *Stack) dependencies(of Resource, types ...string) []Resource {
	var found []Resource
	for _, r := range s.Resources {
		if slices.Contains(types, r.Type) && slices.Contains(of.Dependencies, r.reference()) {
			found = append(found, r)
		}
	}
	return found
}

// Verdict collects what is wrong with one resource by one rule.
type Verdict struct {
	// Problems are what is wrong, each one a phrase such as: deletionProtection = false, want true.
	Problems []string
	// Undecided tells that a value is not known before the deployment, and nothing is wrong with the known ones.
	Undecided bool
}

// Want records a problem unless the answer is yes, or that the rule cannot be judged yet.
func (v *Verdict) Want(answer Answer, problem string) {
	switch answer {
	case No:
		v.Problems = append(v.Problems, problem)
	case Maybe:
		v.Undecided = true
	case Yes:
	}
}

// Is wants a value to be one of those accepted.
func (v *Verdict) Is(value Value, accepted ...any) {
	var answer Answer
	words := make([]string, len(accepted))
	for i, a := range accepted {
		answer = answer.Or(value.Is(a))
		words[i] = show(a)
	}
	v.Want(answer, value.path+" = "+value.String()+", want "+strings.Join(words, " or "))
}

// IsNot wants a value to be none of those refused.
func (v *Verdict) IsNot(value Value, refused ...any) {
	for _, r := range refused {
		v.Want(value.Is(r).Not(), value.path+" = "+value.String()+", want another value")
	}
}

// IsSet wants a value to be there and not empty.
func (v *Verdict) IsSet(value Value, wanted string) {
	v.Want(value.Set(), value.path+" is not set, want "+wanted)
}
