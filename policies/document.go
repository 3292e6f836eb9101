package policies

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// All is the resource of actions for which AWS offers no resource-level permission, see [Unscoped].
var All = []pulumi.StringInput{pulumi.String("*")}

// MaxRolePolicyBytes is the largest total of a role's inline policies, white space not counted (IAM quota
// "Role inline policy size").
const MaxRolePolicyBytes = 10_240

// policyVersion is the current version of the IAM policy language.
const policyVersion = "2012-10-17"

type document struct {
	Version   string
	Statement []statement
}

type statement struct {
	Effect    string
	Action    []string
	Resource  []string
	Condition Conditions `json:",omitempty"`
}

// Document writes the grants as one IAM policy. The text is canonical: the same grants in any order give the same bytes,
// and statements that can be merged are merged, so an unchanged function never shows a diff.
//
// The output fails when an action or a resource contains a wildcard that could have been exact, when a grant is
// [Invalid], or when the policy is larger than [MaxRolePolicyBytes].
func Document(grants ...Grant) pulumi.StringOutput {
	all := Join(grants...)
	if err := all.foreseeable(); err != nil {
		return pulumi.String("").ToStringOutput().ApplyT(func(string) (string, error) { return "", err }).(pulumi.StringOutput)
	}
	statements := all.Statements
	var inputs []any
	for _, s := range statements {
		for _, r := range s.Resources {
			if _, plain := r.(pulumi.String); !plain {
				inputs = append(inputs, r)
			}
		}
	}
	return pulumi.All(inputs...).ApplyT(func(values []any) (string, error) {
		var resolved []statement
		for _, s := range statements {
			resources := make([]string, len(s.Resources))
			for i, r := range s.Resources {
				if plain, ok := r.(pulumi.String); ok {
					resources[i] = string(plain)
					continue
				}
				resources[i], values = values[0].(string), values[1:]
			}
			resolved = append(resolved, statement{Action: s.Actions, Resource: resources, Condition: s.Conditions})
		}
		return canonical(resolved)
	}).(pulumi.StringOutput)
}

// foreseeable is what is wrong with the grant whatever its resources are: a preview does not know those that are yet to be made, and what waits
// for them would fail in the middle of the deployment.
func (g Grant) foreseeable() error {
	if g.err != nil {
		return g.err
	}
	for _, s := range g.Statements {
		known := statement{Action: s.Actions}
		for _, r := range s.Resources {
			if plain, ok := r.(pulumi.String); ok {
				known.Resource = append(known.Resource, string(plain))
			}
		}
		err := exactActions(known)
		if err == nil && (len(known.Resource) > 0 || len(s.Resources) == 0) {
			err = exact(known)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// canonical merges statements in two rounds: all actions on one resource, then all resources with the same actions.
func canonical(statements []statement) (string, error) {
	type target struct{ resource, condition string }
	actions := map[target]map[string]bool{}
	conditions := map[string]Conditions{}
	for _, s := range statements {
		if err := exact(s); err != nil {
			return "", err
		}
		condition := s.Condition.canonical()
		key, err := json.Marshal(condition)
		if err != nil {
			return "", fmt.Errorf("writing policy condition %v: %w", s.Condition, err)
		}
		conditions[string(key)] = condition
		for _, r := range s.Resource {
			t := target{r, string(key)}
			if actions[t] == nil {
				actions[t] = map[string]bool{}
			}
			for _, a := range s.Action {
				actions[t][a] = true
			}
		}
	}

	merged := map[string]*statement{}
	for t, set := range actions {
		sorted := slices.Sorted(maps.Keys(set))
		key := strings.Join(sorted, ",") + t.condition
		if merged[key] == nil {
			merged[key] = &statement{Effect: "Allow", Action: sorted, Condition: conditions[t.condition]}
		}
		merged[key].Resource = append(merged[key].Resource, t.resource)
	}
	doc := document{Version: policyVersion, Statement: []statement{}}
	for _, key := range slices.Sorted(maps.Keys(merged)) {
		slices.Sort(merged[key].Resource)
		doc.Statement = append(doc.Statement, *merged[key])
	}
	slices.SortStableFunc(doc.Statement, func(a, b statement) int {
		return cmp.Or(slices.Compare(a.Action, b.Action), slices.Compare(a.Resource, b.Resource))
	})
	text, err := json.Marshal(doc)
	if err != nil {
		return "", fmt.Errorf("writing policy: %w", err)
	}
	if len(text) > MaxRolePolicyBytes {
		return "", fmt.Errorf("policy is %d bytes, want at most %d (IAM quota for a role's inline policies); split the function",
			len(text), MaxRolePolicyBytes)
	}
	return string(text), nil
}

var actionName = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9]+$`)

// exactActions refuses a statement about no action or about several at once.
func exactActions(s statement) error {
	if len(s.Action) == 0 {
		return fmt.Errorf("policy statement with actions %v on resources %v: want at least one of each", s.Action, s.Resource)
	}
	for operator, keys := range s.Condition {
		for key, values := range keys {
			if len(values) == 0 {
				return fmt.Errorf("policy condition %s of %s for %v: want at least one value", operator, key, s.Action)
			}
		}
	}
	for _, a := range s.Action {
		if !actionName.MatchString(a) {
			return fmt.Errorf("policy action %q: want one exact action such as dynamodb:Query", a)
		}
	}
	return nil
}

// exact refuses wildcards that could have been exact.
func exact(s statement) error {
	if err := exactActions(s); err != nil {
		return err
	}
	if len(s.Resource) == 0 {
		return fmt.Errorf("policy statement with actions %v on resources %v: want at least one of each", s.Action, s.Resource)
	}
	for _, a := range s.Action {
		for _, r := range s.Resource {
			switch {
			case Exact(a, r):
			case r == "*":
				return fmt.Errorf("policy resource \"*\" for %s: want an ARN, since AWS can limit this action to a resource", a)
			default:
				return fmt.Errorf("policy resource %q for %s: want an ARN whose only wildcard is a last %q after a named resource", r, a, "*")
			}
		}
	}
	return nil
}

// Exact tells whether a resource is as narrow as AWS lets it be for an action: the ARN of one named resource, or of everything inside one,
// or a wider one if the reviewed lists ([Unscoped] and two of their kind) say that the action needs it.
func Exact(action, resource string) bool {
	if resource == "*" {
		return Unscoped(action)
	}
	if Everything(resource) {
		return AccountWide(action)
	}
	if kind, found := kindWide[action]; found && everyOfKind(resource, kind) {
		return true
	}
	return exactARN(resource)
}

// everything matches arn:partition:service:region:account:*/*.
var everything = regexp.MustCompile(`^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]+:[0-9]{12}:\*/\*$`)

// Everything tells whether an ARN stands for all resources of a service in one account and region.
func Everything(arn string) bool {
	return everything.MatchString(arn)
}

// everyOfKind tells whether an ARN stands for all resources of a kind in one account and region, such as arn:…:network-interface/*.
func everyOfKind(arn, kind string) bool {
	parts := strings.SplitN(arn, ":", 6)
	return len(parts) == 6 && (parts[5] == kind+"/*" || parts[5] == kind+":*") && !strings.ContainsAny(strings.Join(parts[:5], ""), "*?")
}

// untyped are the services whose ARNs begin with a resource's name instead of its kind: what follows arn:aws:s3::: is a bucket, while
// what follows arn:aws:dynamodb:eu-central-1:123456789012: is the word table. Only those can have a wildcard behind the first separator.
var untyped = []string{"s3", "execute-api"}

// exactARN accepts arn:partition:service:region:account:resource with a wildcard, if any, only at the end and behind a
// separator, where it stands for the objects or streams inside one named resource.
func exactARN(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[5] == "" {
		return false
	}
	resource, service := parts[5], parts[2]
	for _, inside := range []string{"/*", ":*"} {
		if named, found := strings.CutSuffix(resource, inside); found {
			if !strings.ContainsAny(named, "/:") && !slices.Contains(untyped, service) {
				return false // every resource of a kind, such as table/*
			}
			resource = named
			break
		}
	}
	return resource != "" && !strings.ContainsAny(strings.Join(parts[:5], "")+resource, "*?")
}
