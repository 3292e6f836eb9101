package guardrails

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	logGroup    = "aws:cloudwatch/logGroup:LogGroup"
	awsProvider = "pulumi:providers:aws"
)

// requiredTags must be on everything, so that bills and searches find what belongs together.
var requiredTags = []string{"project", "stack"}

var ownRules = []Rule{
	{
		ID: "Shop.WildcardAction", Title: "No policy allows an action by a wildcard", Source: own, Severity: High,
		Why:   "A wildcard allows more than anybody has thought of, and next year more than today.",
		Types: identityPolicies,
		Check: func(v *Verdict, r Resource, _ *Stack) {
			v.eachPermission(r, func(s statement) {
				for _, a := range s.Action {
					v.Want(answer(!s.allows() || !strings.ContainsAny(a, "*?")), "the policy allows "+a+", want exact actions")
				}
				v.Want(answer(!s.allows() || len(s.NotAction) == 0), "the policy allows everything but some actions (NotAction), want exact actions")
			})
		},
	},
	{
		ID: "Shop.WildcardResource", Title: "No policy allows an action on every resource, unless AWS cannot limit the action", Source: own, Severity: High,
		Why:   "One function's mistake must not reach another function's data. policies.Exact knows the reviewed lists.",
		Types: identityPolicies,
		Check: func(v *Verdict, r Resource, _ *Stack) {
			v.eachPermission(r, func(s statement) {
				v.Want(answer(!s.allows() || len(s.NotResource) == 0), "the policy allows all resources but some (NotResource), want ARNs")
				if !s.allows() {
					return
				}
				for _, a := range s.Action {
					for _, arn := range s.Resource {
						v.Want(answer(policies.Exact(a, arn)), "the policy allows "+a+" on "+arn+", want the ARN of a named resource")
					}
				}
			})
		},
	},
	{
		ID: "Shop.ManagedPolicy", Title: "Roles have no policies that others write", Source: own, Severity: Medium,
		Why:   "A managed policy of AWS has wildcards, and AWS changes it without asking.",
		Types: []string{iamRole, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/policyAttachment:PolicyAttachment", "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			for _, arn := range slices.Concat(r.At("managedPolicyArns").Each(), r.At("policyArn").Each(), r.At("policyArns").Each()) {
				v.Want(arn.Matches(func(text string) bool { return !strings.Contains(text, ":iam::aws:policy/") }), arn.String()+" is attached, want grants")
			}
		},
	},
	{
		ID: "Shop.RolePolicySize", Title: "The policies of a role fit into what IAM keeps", Source: own, Severity: Low,
		Why:   "IAM counts all inline policies of a role together, 10,240 characters without white space, and refuses the one that is too many in the middle of a deployment.",
		Types: []string{iamRole}, Whole: true,
		Check: func(v *Verdict, r Resource, s *Stack) {
			size := 0
			for _, p := range s.dependents(r, rolePolicy) {
				v.Undecided = v.Undecided || p.At("policy").Unknown()
				size += len(strings.Join(strings.Fields(p.At("policy").Text()), ""))
			}
			v.Want(answer(size <= policies.MaxRolePolicyBytes), fmt.Sprintf("its policies have %d characters, want at most %d; split what uses the role", size, policies.MaxRolePolicyBytes))
		},
	},
	{
		ID: "Shop.RoleTrust", Title: "Every role is trusted to one service", Source: own, Severity: High,
		Why:   "A role that several services, or another account, may take on has the permissions of all its uses in each.",
		Types: []string{iamRole},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			v.eachStatement(r.At("assumeRolePolicy"), func(s statement) {
				services, federated := s.Principal["Service"], s.Principal["Federated"]
				one := len(s.Principal) == 1 && len(services)+len(federated) == 1 && s.NotPrincipal == nil
				v.Want(answer(!s.allows() || one), "the trust policy names other principals than one service, want one")
				for _, provider := range federated {
					v.Want(answer(s.Condition["StringEquals"][provider+":aud"] != nil), "the trust policy lets every user of "+provider+" in, want a condition on "+provider+":aud")
				}
			})
		},
	},
	{
		ID: "Shop.InvokePermission", Title: "Every permission to call a function names the exact caller", Source: own, Severity: High,
		Why:   "Without SourceArn any API, topic or rule of that service, in any account, may call the function.",
		Types: []string{invokePermission},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			v.IsSet(r.At("sourceArn"), "the caller's ARN")
			v.Is(r.At("action"), "lambda:InvokeFunction")
		},
	},
	{
		ID: "Shop.AsyncFailure", Title: "Events that a function fails on for good are kept", Source: own, Severity: High,
		Why:   "Lambda drops an event after the last try: an order, an e-mail or a picture would be lost without a trace.",
		Types: []string{function}, Whole: true, Applies: calledAsynchronously,
		Check: func(v *Verdict, r Resource, s *Stack) {
			if r.At("deadLetterConfig", "targetArn").Set() == Yes {
				return
			}
			wantDependent([]string{asyncConfig}, "FunctionEventInvokeConfig with destinationConfig.onFailure for a function that services call asynchronously", func(d Resource) Answer {
				return d.At("destinationConfig", "onFailure", "destination").Set()
			})(v, r, s)
		},
	},
	{
		ID: "Shop.StreamFailure", Title: "Records that a stream's consumer fails on for good are kept", Source: own, Severity: High,
		Why:   "A record that always fails blocks its shard until it expires, or is dropped.",
		Types: []string{eventSource}, Whole: true, Applies: readsStream,
		Check: wantSet("a queue or topic", "destinationConfig", "onFailure", "destinationArn"),
	},
	{
		ID: "Shop.DeliveryFailure", Title: "What a service cannot deliver is kept", Source: own, Severity: High,
		Why:   "Rules, schedules and subscriptions drop what they cannot deliver, for example because a permission is missing.",
		Types: []string{eventTarget, schedule, subscription},
		Applies: func(r Resource, _ *Stack) bool {
			// SNS keeps nothing for people: e-mail and SMS cannot have a dead-letter queue.
			return r.Type != subscription || !slices.Contains([]string{"email", "email-json", "sms"}, r.At("protocol").Text())
		},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			switch r.Type {
			case eventTarget:
				v.IsSet(r.At("deadLetterConfig", "arn"), "a dead-letter queue")
			case schedule:
				v.IsSet(r.At("target", "deadLetterConfig", "arn"), "a dead-letter queue")
			default:
				v.IsSet(r.At("redrivePolicy"), "a dead-letter queue")
			}
		},
	},
	{
		ID: "Shop.QueueRedrive", Title: "Every queue has a dead-letter queue, or is one", Source: own, Severity: High,
		Why:   "A message that always fails goes round until it expires, at the cost of every try, and is then lost.",
		Types: []string{queue}, Whole: true,
		Check: func(v *Verdict, r Resource, s *Stack) {
			redrives := r.At("redrivePolicy").Set().Or(answer(len(s.own(r, queueRedrive)) > 0))
			v.Want(redrives.Or(takesFailures(r, s)), "redrivePolicy is not set, and nothing sends its failures here; want a dead-letter queue")
		},
	},
	{
		ID: "Shop.LogRetention", Title: "Every log group forgets after a set time, and not before logRetentionDays of the stack's configuration", Source: own, Severity: Low,
		Why:   "Logs that are kept for ever cost for ever, and keep personal data longer than the law allows; what is gone too early cannot be looked into.",
		Types: []string{logGroup},
		Check: func(v *Verdict, r Resource, s *Stack) {
			least, err := strconv.Atoi(s.Config[s.Project+":logRetentionDays"])
			if err != nil {
				least = 1 // the program does not configure it
			}
			wantAtLeast(least, "days", "retentionInDays")(v, r, s)
		},
	},
	{
		ID: "Shop.LogGroup", Title: "Every function writes to a log group of the stack", Source: own, Severity: Low,
		Why:   "Otherwise Lambda makes one that keeps everything for ever and outlives the stack.",
		Types: []string{function}, Check: wantSet("a log group of the stack", "loggingConfig", "logGroup"),
	},
	{
		ID: "Shop.Secrets", Title: "No secret stands in an environment variable or, unencrypted, in the configuration", Source: own, Severity: Critical,
		Why:   "Everybody who may describe a function sees its variables, and everybody with the repository the configuration. Secrets Manager is the place.",
		Types: []string{function, ecsTask, stackType}, Check: noSecrets,
	},
	{
		ID: "Shop.Tags", Title: "Everything is tagged with its project and stack", Source: own, Severity: Low,
		Why:   "What carries no tag is on no one's bill and found by no clean-up.",
		Types: []string{stackType, awsProvider},
		Check: func(v *Verdict, r Resource, s *Stack) {
			tags := r.At("defaultTags")
			if r.Type == stackType {
				tags = Value{path: "aws:defaultTags"}
				var configured any
				if json.Unmarshal([]byte(s.Config["aws:defaultTags"]), &configured) == nil {
					tags.v = configured
				}
			}
			tags = tags.JSON()
			for _, tag := range requiredTags {
				v.IsSet(tags.At("tags", tag), "a tag for every resource")
			}
			if r.Type == stackType {
				v.Is(tags.At("tags", "stack"), s.Name)
			}
		},
	},
}

// takesFailures tells whether something sends what it failed on to the queue.
func takesFailures(r Resource, s *Stack) Answer {
	senders := map[string][]string{
		queue:        {"redrivePolicy"},
		queueRedrive: {"redrivePolicy"},
		subscription: {"redrivePolicy"},
		eventTarget:  {"deadLetterConfig"},
		schedule:     {"target", "deadLetterConfig"},
		function:     {"deadLetterConfig"},
		asyncConfig:  {"destinationConfig", "onFailure"},
		eventSource:  {"destinationConfig", "onFailure"},
	}
	found := No
	for typ, setting := range senders {
		for _, sender := range s.dependents(r, typ) {
			found = found.Or(sender.At(setting...).Set())
		}
	}
	return found
}
