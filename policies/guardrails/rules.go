package guardrails

import (
	"fmt"
	"slices"
	"strings"
)

// Where rules come from.
const (
	fsbp = "AWS FSBP"
	// nist are Security Hub controls that are no part of the Foundational Security Best Practices.
	nist = "AWS Security Hub, NIST SP 800-53 r5"
	own  = "the shop"
)

// Rules are all rules, by where they come from and what they are about.
func Rules() []Rule {
	return slices.Concat(
		apiRules, appSyncRules, cloudFrontRules, cognitoRules, certificateRules, dynamoRules, networkRules, imageRules, ecsRules, messagingRules, iamRules, lambdaRules,
		rdsRules, s3Rules, secretsRules, workflowRules, wafRules, ownRules,
	)
}

// Link is where the rule is described: the user guide of AWS Security Hub for its controls, nothing for the shop's own.
func (rule Rule) Link() string {
	if rule.Source == own {
		return ""
	}
	service, number, _ := strings.Cut(strings.ToLower(rule.ID), ".")
	return "https://docs.aws.amazon.com/securityhub/latest/userguide/" + service + "-controls.html#" + service + "-" + number
}

// Retired are Security Hub controls for the services in use that AWS has withdrawn, and why.
func Retired() map[string]string {
	return map[string]string{
		"AppSync.1": "retired on 2026-03-09: AppSync encrypts all API caches at rest",
		"AppSync.6": "retired on 2026-03-09: AppSync encrypts all API caches in transit",
	}
}

// want is a check that one input has one of some values.
func want(accepted []any, keys ...string) func(*Verdict, Resource, *Stack) {
	return func(v *Verdict, r Resource, _ *Stack) { v.Is(r.At(keys...), accepted...) }
}

// wantTrue is a check that one input is true.
func wantTrue(keys ...string) func(*Verdict, Resource, *Stack) { return want([]any{true}, keys...) }

// wantSet is a check that one input is there.
func wantSet(wanted string, keys ...string) func(*Verdict, Resource, *Stack) {
	return func(v *Verdict, r Resource, _ *Stack) { v.IsSet(r.At(keys...), wanted) }
}

// wantAtLeast is a check that one input is a number of at least least, in a unit.
func wantAtLeast(least int, unit string, keys ...string) func(*Verdict, Resource, *Stack) {
	return func(v *Verdict, r Resource, _ *Stack) {
		value := r.At(keys...)
		v.Want(value.AtLeast(float64(least)), fmt.Sprintf("%s = %s, want at least %d %s", value.path, value, least, unit))
	}
}

// wantNot is a check that one input, if it is there, is none of the values.
func wantNot(refused []any, keys ...string) func(*Verdict, Resource, *Stack) {
	return func(v *Verdict, r Resource, _ *Stack) { v.IsNot(r.At(keys...), refused...) }
}

// wantDependent is a check that a resource of some types is made for this one, and is as it should be.
func wantDependent(types []string, wanted string, isRight func(Resource) Answer) func(*Verdict, Resource, *Stack) {
	return func(v *Verdict, r Resource, s *Stack) {
		found := No
		for _, d := range s.own(r, types...) {
			found = found.Or(isRight(d))
		}
		v.Want(found, "no "+wanted)
	}
}

// wantNotPublic is a check that a resource-based policy does not let everybody in.
func wantNotPublic(keys ...string) func(*Verdict, Resource, *Stack) {
	return func(v *Verdict, r Resource, _ *Stack) {
		policy := r.At(keys...)
		if policy.Set() == No {
			return
		}
		v.eachStatement(policy, func(s statement) {
			v.Want(answer(!s.public()), "the policy lets everybody "+strings.Join(s.Action, ", ")+", want a principal, or a condition on who calls")
		})
	}
}

// exists is the condition of dependents that need only be there.
func exists(Resource) Answer { return Yes }
