package edge

import (
	"encoding/json"
	"strings"
)

// allowsRead tells whether a bucket's policy lets this distribution read an object by origin access control, that is as
// the service principal cloudfront.amazonaws.com with the distribution as AWS:SourceArn.
//
// S3 decides this on AWS. The emulator's S3 answers any signed request of the account's owner, so a policy that is
// missing or wrong would show only after deployment to AWS were it not checked here.
func allowsRead(policy, distributionARN, bucket, key string) bool {
	return allows(policy, distributionARN, "s3:GetObject", "arn:aws:s3:::"+bucket+"/"+key)
}

// allowsList tells whether the distribution may list a bucket. Only then does S3 answer 404 for what does not exist; a
// reader who may not know is told 403.
func allowsList(policy, distributionARN, bucket string) bool {
	return allows(policy, distributionARN, "s3:ListBucket", "arn:aws:s3:::"+bucket)
}

func allows(policy, distributionARN, action, resource string) bool {
	var doc struct {
		Statement oneOrMany[struct {
			Effect    string
			Principal principals
			Action    oneOrMany[string]
			Resource  oneOrMany[string]
			Condition map[string]map[string]oneOrMany[string]
		}]
	}
	if json.Unmarshal([]byte(policy), &doc) != nil {
		return false
	}
	context := map[string]string{"aws:sourcearn": distributionARN, "aws:securetransport": "true"}
	if parts := strings.Split(distributionARN, ":"); len(parts) > 4 {
		context["aws:sourceaccount"] = parts[4]
	}
	allowed := false
	for _, s := range doc.Statement {
		if !s.Principal.covers("cloudfront.amazonaws.com") || !anyMatch(s.Action, action, strings.EqualFold) ||
			!anyMatch(s.Resource, resource, func(a, b string) bool { return a == b }) || !conditionsHold(s.Condition, context) {
			continue
		}
		if s.Effect == "Deny" {
			return false
		}
		allowed = allowed || s.Effect == "Allow"
	}
	return allowed
}

// oneOrMany is a list that JSON may also give as a single value, as policy documents do.
type oneOrMany[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *oneOrMany[T]) UnmarshalJSON(data []byte) error {
	var many []T
	if json.Unmarshal(data, &many) == nil {
		*l = many
		return nil
	}
	var one T
	if err := json.Unmarshal(data, &one); err != nil {
		return err
	}
	*l = oneOrMany[T]{one}
	return nil
}

// principals is a policy's Principal: "*" or services by name; other kinds never cover a service.
type principals struct {
	all      bool
	services []string
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *principals) UnmarshalJSON(data []byte) error {
	var word string
	if json.Unmarshal(data, &word) == nil {
		p.all = word == "*"
		return nil
	}
	var kinds map[string]oneOrMany[string]
	if err := json.Unmarshal(data, &kinds); err != nil {
		return err
	}
	p.services = kinds["Service"]
	for _, v := range kinds["AWS"] {
		p.all = p.all || v == "*"
	}
	return nil
}

func (p principals) covers(service string) bool {
	if p.all {
		return true
	}
	for _, s := range p.services {
		if s == service {
			return true
		}
	}
	return false
}

func anyMatch(patterns []string, value string, equal func(a, b string) bool) bool {
	for _, p := range patterns {
		if equal(p, value) || match("/"+p, "/"+value) {
			return true
		}
	}
	return false
}

func conditionsHold(conditions map[string]map[string]oneOrMany[string], context map[string]string) bool {
	for operator, keys := range conditions {
		for key, want := range keys {
			have, known := context[strings.ToLower(key)]
			if !known {
				return false
			}
			switch operator {
			case "StringEquals", "ArnEquals", "Bool":
				if !anyMatch(want, have, strings.EqualFold) {
					return false
				}
			case "StringLike", "ArnLike":
				if !anyMatch(want, have, func(a, b string) bool { return a == b }) {
					return false
				}
			default:
				return false
			}
		}
	}
	return true
}
