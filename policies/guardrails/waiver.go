package guardrails

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Waiver lets some resources break a rule, for a reason.
type Waiver struct {
	// Rule is the rule's ID.
	Rule string `json:"rule"`
	// Resource is the logical name of the resource, in which * stands for any characters but a slash.
	Resource string `json:"resource"`
	// Reason tells why breaking the rule is right here.
	Reason string `json:"reason"`
	// Until is the last day, as 2027-01-31, on which the waiver holds. Default: it holds until it is removed.
	Until string `json:"until,omitempty"`
}

// ParseWaivers reads waivers from the JSON of a configuration value, and reports everything wrong with them at once.
func ParseWaivers(text string, rules []Rule) ([]Waiver, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	var waivers []Waiver
	if err := decoder.Decode(&waivers); err != nil {
		return nil, fmt.Errorf("waivers: %w; want a list such as [{rule: DynamoDB.2, resource: products, reason: …}]", err)
	}
	var wrong []error
	for i, w := range waivers {
		want := func(ok bool, field, value, accepted string) {
			if !ok {
				wrong = append(wrong, fmt.Errorf("waivers[%d].%s = %q: want %s", i, field, value, accepted))
			}
		}
		want(slices.ContainsFunc(rules, func(r Rule) bool { return r.ID == w.Rule }), "rule", w.Rule, "a rule's ID, see docs/reference/controls.md")
		_, err := path.Match(w.Resource, "")
		want(w.Resource != "" && err == nil, "resource", w.Resource, "the logical name of a resource, or a pattern such as shop-*")
		want(strings.TrimSpace(w.Reason) != "", "reason", w.Reason, "why breaking the rule is right here")
		if w.Until != "" {
			_, err := time.Parse(time.DateOnly, w.Until)
			want(err == nil, "until", w.Until, "a day such as 2027-01-31")
		}
	}
	return waivers, errors.Join(wrong...)
}

// covers tells whether the waiver is about a rule and a resource.
func (w Waiver) covers(rule Rule, r Resource) bool {
	matched, err := path.Match(w.Resource, r.Name)
	return w.Rule == rule.ID && err == nil && matched
}

// expired tells whether the waiver's last day is over.
func (w Waiver) expired(now time.Time) bool {
	last, err := time.Parse(time.DateOnly, w.Until)
	return w.Until != "" && (err != nil || !now.Before(last.AddDate(0, 0, 1)))
}
