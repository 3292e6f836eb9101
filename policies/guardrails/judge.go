package guardrails

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Judgement is what became of one rule on one resource.
type Judgement struct {
	// Rule is what was asked, of Resource.
	Rule     Rule
	Resource Resource
	// Verdict is what was found.
	Verdict
	// Waiver is why problems are accepted, if they are.
	Waiver *Waiver
}

// violated tells whether the resource breaks the rule without a waiver.
func (j Judgement) violated() bool {
	return len(j.Problems) > 0 && j.Waiver == nil
}

// Outcome is what became of all rules on all resources of a stack.
type Outcome struct {
	// Stack is the name of the stack.
	Stack string
	// Project is the namespace of the program's own configuration, in which the waivers are.
	Project string
	// Judgements are one for each rule and each resource that it is about, in the order of the rules.
	Judgements []Judgement
	// Waivers is what is wrong with the waivers: expired, without use, or said before.
	Waivers []string
}

// Judge applies all rules to all resources of a stack.
func Judge(rules []Rule, s *Stack, waivers []Waiver, now time.Time) Outcome {
	o := Outcome{Stack: s.Name, Project: s.Project}
	used, repeated := make([]bool, len(waivers)), make([]bool, len(waivers))
	for _, rule := range rules {
		for _, r := range s.all() {
			if j, applies := judge(rule, r, s, waivers, now); applies {
				o.Judgements = append(o.Judgements, j)
				for i, w := range waivers {
					if !w.covers(rule, r) {
						continue
					}
					// Of several waivers that cover a problem, the first counts.
					shadowed := j.Waiver != nil && j.Waiver != &waivers[i] && !w.expired(now)
					repeated[i] = repeated[i] || shadowed
					used[i] = used[i] || !shadowed && (len(j.Problems) > 0 || j.Undecided)
				}
			}
		}
	}
	for i, w := range waivers {
		switch {
		case !used[i] && repeated[i]:
			o.Waivers = append(o.Waivers, fmt.Sprintf("waiver of %s for %s is not needed: another one before it covers the same; remove one of them", w.Rule, w.Resource))
		case !used[i]:
			o.Waivers = append(o.Waivers, fmt.Sprintf("waiver of %s for %s is not needed: no such resource breaks the rule; remove it", w.Rule, w.Resource))
		case w.expired(now):
			o.Waivers = append(o.Waivers, fmt.Sprintf("waiver of %s for %s has expired on %s: fix the resource, or decide anew", w.Rule, w.Resource, w.Until))
		}
	}
	return o
}

// judge applies one rule to one resource.
func judge(rule Rule, r Resource, s *Stack, waivers []Waiver, now time.Time) (Judgement, bool) {
	if !rule.applies(r, s) {
		return Judgement{}, false
	}
	j := Judgement{Rule: rule, Resource: r}
	rule.Check(&j.Verdict, r, s)
	if i := slices.IndexFunc(waivers, func(w Waiver) bool { return w.covers(rule, r) && !w.expired(now) }); i >= 0 && len(j.Problems) > 0 {
		j.Waiver = &waivers[i]
	}
	return j, true
}

// Errors are the violations and what is wrong with the waivers, each a text for people. Every one stops the deployment.
func (o Outcome) Errors() []string {
	var errs []string
	for _, j := range o.Judgements {
		if j.violated() {
			errs = append(errs, j.explain(o.Stack, o.Project))
		}
	}
	return append(errs, o.Waivers...)
}

// explain tells resource, rule, why, and how to waive.
func (j Judgement) explain(stack, project string) string {
	return fmt.Sprintf(`%s (%s) breaks %s: %s
    rule: %s
    why:  %s
    Change the resource, or waive the rule in Pulumi.%s.yaml under %s:%s with
    - {rule: %s, resource: %s, reason: "why it is right here"}`,
		j.Resource.Name, j.Resource.Type, j.Rule.ID, strings.Join(j.Problems, "; "), j.Rule.Title, j.Rule.Why, stack, project, waiversKey, j.Rule.ID, j.Resource.Name)
}
