package guardrails

import (
	"encoding/json"
	"slices"
	"strings"
)

// statement is a statement of an IAM policy.
type statement struct {
	Effect       string
	Action       texts
	NotAction    texts
	Resource     texts
	NotResource  texts
	Principal    principals
	NotPrincipal any
	Condition    map[string]map[string]any
}

// texts reads what is one string or a list of them.
type texts []string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *texts) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		*t = make(texts, 1)
		return json.Unmarshal(text, &(*t)[0])
	}
	return json.Unmarshal(text, (*[]string)(t))
}

// principals are by kind: AWS, Service, Federated. The principal "*" is of kind "*".
type principals map[string]texts

// UnmarshalJSON implements [json.Unmarshaler].
func (p *principals) UnmarshalJSON(text []byte) error {
	if string(text) == `"*"` {
		*p = principals{"*": {"*"}}
		return nil
	}
	return json.Unmarshal(text, (*map[string]texts)(p))
}

// eachStatement checks every statement of the policy in a value.
func (v *Verdict) eachStatement(policy Value, check func(statement)) {
	if policy.Unknown() {
		v.Undecided = true
		return
	}
	var document struct {
		Statement json.RawMessage
	}
	text, ok := plain(policy.v).(string)
	if !ok {
		// Some resources take the document as an object.
		encoded, err := json.Marshal(plain(policy.v))
		text, ok = string(encoded), err == nil
	}
	if !ok || json.Unmarshal([]byte(text), &document) != nil {
		v.Want(No, policy.path+" is no JSON, want an IAM policy")
		return
	}
	var all []statement
	if json.Unmarshal(document.Statement, &all) != nil {
		var one statement
		if json.Unmarshal(document.Statement, &one) != nil {
			v.Want(No, policy.path+" has no statements that can be read, want an IAM policy")
			return
		}
		all = []statement{one}
	}
	for _, s := range all {
		check(s)
	}
}

// allows tells whether the statement gives permissions.
func (s statement) allows() bool { return s.Effect == "Allow" }

// public tells whether the statement lets everybody in: any principal, and no condition on who or what calls.
func (s statement) public() bool {
	if !s.allows() {
		return false
	}
	everybody := s.NotPrincipal != nil || slices.Contains(s.Principal["*"], "*") || slices.Contains(s.Principal["AWS"], "*")
	return everybody && !s.narrowed()
}

// callerKeys are the condition keys that say who calls, in lower case.
var callerKeys = []string{
	"aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", "aws:sourcevpc", "aws:sourcevpce",
	"aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:userid", "kms:calleraccount",
}

// narrowed tells whether a condition says who may call.
func (s statement) narrowed() bool {
	for operator, keys := range s.Condition {
		if strings.HasPrefix(operator, "Null") || strings.Contains(operator, "Not") {
			continue
		}
		for key, value := range keys {
			if slices.Contains(callerKeys, strings.ToLower(key)) && value != "*" {
				return true
			}
		}
	}
	return false
}

// refusesPlainHTTP tells whether the statement turns away everybody who does not use TLS, from a bucket and from all that is in it.
func (s statement) refusesPlainHTTP() bool {
	refused := s.Condition["Bool"]["aws:SecureTransport"]
	everybody := slices.Contains(s.Principal["*"], "*") || slices.Contains(s.Principal["AWS"], "*")
	everything := slices.ContainsFunc(s.Action, func(a string) bool { return a == "*" || a == "s3:*" })
	objects := slices.ContainsFunc(s.Resource, func(arn string) bool {
		return arn == "*" || strings.Count(arn, "/") == 1 && strings.HasSuffix(arn, "/*")
	})
	itself := slices.ContainsFunc(s.Resource, func(arn string) bool { return arn == "*" || !strings.Contains(arn, "/") })
	return s.Effect == "Deny" && everybody && everything && objects && itself && len(s.Condition) == 1 && (refused == "false" || refused == false)
}
