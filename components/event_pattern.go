package components

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"
)

// EventPattern selects events of an [EventBus]. An event must satisfy every part that is set; at least one must be.
//
//	components.EventPattern{
//		Source:     components.Exact("shop.orders"),
//		DetailType: components.Exact("Order Created"),
//		Detail:     components.Fields{"total": components.Numeric(">", 100)},
//	}
type EventPattern struct {
	// Source is the event's sender, such as shop.orders.
	Source Matcher
	// DetailType is the event's name, such as Order Created.
	DetailType Matcher
	// Account is the AWS account that the event comes from.
	Account Matcher
	// Region is the AWS region that the event comes from.
	Region Matcher
	// Resources are the ARNs that the event is about, of which one must match.
	Resources Matcher
	// Detail is the event's content.
	Detail Fields
}

// Condition is what a field must be: a [Matcher] for a value, [Fields] for an object.
type Condition interface {
	// render is the condition in the pattern language; field is where it stands, for the problems found.
	render(p *problems, field string, d *dialect) any
	// combinations is how many combinations of values the condition stands for.
	combinations() int
}

// Fields are conditions on the fields of an object, all of which must hold. Fields may be nested.
type Fields map[string]Condition

// anyOf is the key under which a pattern lists alternatives.
const anyOf = "$or"

// Or adds that one of the alternatives must hold too. It returns a copy; called again, one of each group must hold. For alternatives of one
// field use the function [Or].
//
//	components.Fields{"currency": components.Exact("EUR")}.Or(
//		components.Fields{"total": components.Numeric(">", 100)},
//		components.Fields{"customer": components.Fields{"group": components.Exact("vip")}},
//	)
func (f Fields) Or(alternatives ...Fields) Fields {
	combined := Fields{}
	maps.Copy(combined, f)
	if earlier, again := f[anyOf].(eitherFields); again { // an object has one $or only, so the earlier group goes into each alternative
		alternatives = slices.Clone(alternatives)
		for i, fields := range alternatives {
			alternatives[i] = fields.Or(earlier...)
		}
	}
	combined[anyOf] = eitherFields(alternatives)
	return combined
}

// eitherFields is the value of $or.
type eitherFields []Fields

// Matcher is a condition on one value. Make one with [Exact], [Prefix], [Suffix], [EqualsIgnoreCase], [Wildcard], [CIDR],
// [Numeric], [Exists], [Absent], [AnythingBut] or [Or]; the zero Matcher means there is no condition.
type Matcher struct {
	alternatives []alternative
	wrong        []string // what was wrong with the arguments of the function that made it
}

// alternative is one way to match: a value itself, or an operator with its operand.
type alternative struct {
	operator string // empty for the value itself
	operand  any
}

// operators are the alternative's own and, of [AnythingBut], the one of what must not match.
func (a alternative) operators() []string {
	operators := []string{a.operator}
	if not, isMap := a.operand.(map[string]any); isMap {
		operators = slices.AppendSeq(operators, maps.Keys(not))
	}
	return operators
}

// Operators of the pattern language ("Comparison operators" in the EventBridge user guide).
const (
	exactly          = ""
	prefix           = "prefix"
	suffix           = "suffix"
	equalsIgnoreCase = "equals-ignore-case"
	wildcard         = "wildcard"
	cidr             = "cidr"
	numeric          = "numeric"
	exists           = "exists"
	anythingBut      = "anything-but"
)

// Exact matches one of the values: strings, numbers up to ±2^53, true, false or nil (JSON's null).
func Exact(values ...any) Matcher {
	var m Matcher
	if len(values) == 0 {
		m.wrong = append(m.wrong, "Exact() without a value")
	}
	for _, value := range values {
		plain, ok := scalar(value)
		if !ok {
			m.wrong = append(m.wrong, fmt.Sprintf("Exact(%v) of type %T", value, value))
			continue // what JSON does not have cannot be written
		}
		m.alternatives = append(m.alternatives, alternative{exactly, plain})
	}
	return m
}

// Prefix matches strings that begin with text.
func Prefix(text string) Matcher { return ofText(prefix, "Prefix", text) }

// Suffix matches strings that end with text.
func Suffix(text string) Matcher { return ofText(suffix, "Suffix", text) }

// EqualsIgnoreCase matches text in upper, lower or mixed case.
func EqualsIgnoreCase(text string) Matcher { return ofText(equalsIgnoreCase, "EqualsIgnoreCase", text) }

// Wildcard matches strings in which each * stands for any characters. Two * in a row are refused. \* is a * itself, and \\ a backslash.
func Wildcard(pattern string) Matcher {
	m := ofText(wildcard, "Wildcard", pattern)
	plain := strings.NewReplacer(`\\`, "", `\*`, "").Replace(pattern)
	if strings.Contains(plain, "**") {
		m.wrong = append(m.wrong, fmt.Sprintf("Wildcard(%q) with two * in a row", pattern))
	}
	if strings.Contains(plain, `\`) {
		m.wrong = append(m.wrong, fmt.Sprintf("Wildcard(%q) with a backslash before neither * nor a backslash", pattern))
	}
	return m
}

// CIDR matches IP addresses inside a block such as 10.0.0.0/24.
func CIDR(block string) Matcher {
	m := ofText(cidr, "CIDR", block)
	if _, err := netip.ParsePrefix(block); err != nil {
		m.wrong = append(m.wrong, fmt.Sprintf("CIDR(%q), which is not like 10.0.0.0/24", block))
	}
	return m
}

func ofText(operator, function, text string) Matcher {
	m := Matcher{alternatives: []alternative{{operator, text}}}
	if text == "" {
		m.wrong = append(m.wrong, function+`("")`)
	}
	return m
}

// comparisons are numeric operators, each with the side of a range that it bounds.
var comparisons = map[string]string{"=": "both", "<": "upper", "<=": "upper", ">": "lower", ">=": "lower"}

// Numeric matches numbers that compare so with value; operator is =, <, <=, > or >=.
func Numeric(operator string, value float64) Matcher {
	m := Matcher{alternatives: []alternative{{numeric, []any{operator, value}}}}
	if comparisons[operator] == "" || math.IsNaN(value) || math.IsInf(value, 0) {
		m.wrong = append(m.wrong, fmt.Sprintf("Numeric(%q, %v)", operator, value))
		m.alternatives = nil // what is not finite cannot be written
	}
	return m
}

// And bounds the other side of a [Numeric] range: Numeric(">", 0).And("<=", 100).
func (m Matcher) And(operator string, value float64) Matcher {
	other := Numeric(operator, value)
	wrong := append(slices.Clone(m.wrong), other.wrong...)
	if len(wrong) > 0 {
		return Matcher{wrong: wrong}
	}
	first, isRange := []any(nil), false
	if len(m.alternatives) == 1 && m.alternatives[0].operator == numeric {
		first = m.alternatives[0].operand.([]any)
		side, otherSide := comparisons[first[0].(string)], comparisons[operator]
		isRange = len(first) == 2 && (side == "lower" && otherSide == "upper" && first[1].(float64) < value ||
			side == "upper" && otherSide == "lower" && first[1].(float64) > value)
	}
	if !isRange {
		return Matcher{wrong: []string{fmt.Sprintf("And(%q, %v), which makes no range with what it follows", operator, value)}}
	}
	second := []any{operator, value}
	if comparisons[operator] == "lower" {
		first, second = second, first // AWS wants the lower bound first
	}
	return Matcher{alternatives: []alternative{{numeric, append(slices.Clone(first), second...)}}}
}

// Exists matches a field that is there, whatever its value.
func Exists() Matcher { return Matcher{alternatives: []alternative{{exists, true}}} }

// Absent matches when the field is not there.
func Absent() Matcher { return Matcher{alternatives: []alternative{{exists, false}}} }

// AnythingBut matches values that are none of the given strings, or none of the given numbers, or that one given [Prefix], [Suffix],
// [EqualsIgnoreCase] or [Wildcard] does not match.
func AnythingBut(values ...any) Matcher {
	var m Matcher
	if len(values) == 0 {
		m.wrong = append(m.wrong, "AnythingBut() without a value")
	}
	var list []any
	for _, value := range values {
		if not, isMatcher := value.(Matcher); isMatcher {
			m.wrong = append(m.wrong, not.wrong...)
			if len(values) > 1 || len(not.alternatives) != 1 ||
				!slices.Contains([]string{prefix, suffix, equalsIgnoreCase, wildcard}, not.alternatives[0].operator) {
				m.wrong = append(m.wrong, "AnythingBut of more than values or one Prefix, Suffix, EqualsIgnoreCase or Wildcard")
				continue
			}
			m.alternatives = []alternative{{anythingBut, map[string]any{not.alternatives[0].operator: not.alternatives[0].operand}}}
			continue
		}
		plain, ok := scalar(value)
		_, isBool := plain.(bool)
		if !ok || isBool || plain == nil {
			m.wrong = append(m.wrong, fmt.Sprintf("AnythingBut(%v) of type %T", value, value))
			continue
		}
		list = append(list, plain)
	}
	if isText := func(value any) bool { _, ok := value.(string); return ok }; slices.ContainsFunc(list, isText) &&
		slices.ContainsFunc(list, func(value any) bool { return !isText(value) }) {
		m.wrong = append(m.wrong, fmt.Sprintf("AnythingBut of strings and numbers together: %v", list))
	}
	if len(list) > 0 {
		m.alternatives = []alternative{{anythingBut, sortedTexts(list)}}
	}
	return m
}

// Or matches what one of the matchers matches: Or(Prefix("DE-"), Exact("none")). For alternatives over several fields use
// the method [Fields.Or].
func Or(matchers ...Matcher) Matcher {
	var all Matcher
	for _, m := range matchers {
		all.alternatives = append(all.alternatives, m.alternatives...)
		all.wrong = append(all.wrong, m.wrong...)
	}
	if len(matchers) < 2 {
		all.wrong = append(all.wrong, "Or of fewer than two matchers")
	}
	return all
}

func (m Matcher) isZero() bool {
	return len(m.alternatives) == 0 && len(m.wrong) == 0
}

// scalar turns a value into one of JSON's scalars.
func scalar(value any) (any, bool) {
	switch v := value.(type) {
	case nil, string, bool:
		return v, true
	case int:
		return scalar(int64(v))
	case int64:
		return float64(v), v >= -maxExact && v <= maxExact
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	return nil, false
}

// maxExact is the largest whole number up to which JSON's numbers tell all of them apart.
const maxExact = 1 << 53

// sortedTexts sorts values by their JSON and drops repetitions, since a list of alternatives has no order: one pattern has one text.
func sortedTexts(values []any) []any {
	slices.SortFunc(values, func(a, b any) int { return cmp.Compare(jsonText(a), jsonText(b)) })
	return slices.CompactFunc(values, func(a, b any) bool { return jsonText(a) == jsonText(b) })
}

// dialect is what one service understands of the pattern language.
type dialect struct {
	service  string
	maxBytes int
	// maxNumber is the largest absolute value that can be compared.
	maxNumber float64
	// refused are the operators that the service does not know.
	refused []string
	// flat services know no nested fields.
	flat bool
}

var (
	// eventBridgePatterns: "Event pattern" quotas and "Numeric matching" in the EventBridge user guide.
	eventBridgePatterns = &dialect{service: "EventBridge", maxBytes: 2048, maxNumber: 5e9}
	// lambdaFilters: "Filter rule syntax" in the Lambda developer guide.
	lambdaFilters = &dialect{service: "Lambda", maxBytes: 4096, maxNumber: 5e9, refused: []string{wildcard, cidr}}
	// changeFilters: a DynamoDB stream writes numbers as strings, so that they cannot be compared
	// ("Using event filtering with a DynamoDB event source" in the Lambda developer guide).
	changeFilters = &dialect{service: "Lambda", maxBytes: 4096, refused: []string{wildcard, cidr, numeric}}
	// attributePolicies and bodyPolicies: "Filter policy constraints" in the SNS developer guide.
	attributePolicies = &dialect{service: "SNS", maxBytes: 256 * 1024, maxNumber: 1e9, flat: true}
	bodyPolicies      = &dialect{service: "SNS", maxBytes: 256 * 1024, maxNumber: 1e9}
)

// pattern renders the fields as one canonical JSON text, in which keys and alternatives are sorted.
func (d *dialect) pattern(p *problems, field string, fields Fields) string {
	text := jsonText(fields.render(p, field, d))
	p.want(len(text) <= d.maxBytes, field, fmt.Sprintf("a pattern of %d bytes", len(text)), fmt.Sprintf("at most %d (%s quota)", d.maxBytes, d.service))
	return text
}

func (f Fields) render(p *problems, field string, d *dialect) any {
	p.want(len(f) > 0, field, "Fields{}", "at least one field")
	rendered := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		inner := field + "." + name
		_, alternatives := f[name].(eitherFields)
		p.want(name != "" && (alternatives || !strings.HasPrefix(name, "$")), inner, name, "a field's name")
		if f[name] == nil {
			p.want(false, inner, nil, "a Matcher or Fields")
			continue
		}
		_, nested := f[name].(Fields)
		p.want(!nested || !d.flat, inner, "Fields", "a Matcher: message attributes are not nested")
		rendered[name] = f[name].render(p, inner, d)
	}
	return rendered
}

func (f Fields) combinations() int {
	product := 1
	for _, condition := range f {
		if condition != nil {
			product *= condition.combinations()
		}
	}
	return product
}

func (e eitherFields) render(p *problems, field string, d *dialect) any {
	p.want(len(e) >= 2, field, len(e), "at least two alternatives")
	rendered := make([]any, 0, len(e))
	for i, fields := range e {
		rendered = append(rendered, fields.render(p, fmt.Sprintf("%s[%d]", field, i), d))
	}
	return sortedTexts(rendered)
}

func (e eitherFields) combinations() int {
	sum := 0
	for _, fields := range e {
		sum += fields.combinations()
	}
	return sum
}

func (m Matcher) render(p *problems, field string, d *dialect) any {
	for _, wrong := range m.wrong {
		p.want(false, field, wrong, "arguments as the function's comment says")
	}
	p.want(!m.isZero(), field, "Matcher{}", `a condition, such as Exact("EUR")`)
	rendered := []any{}
	for _, a := range m.alternatives {
		for _, operator := range a.operators() {
			p.want(!slices.Contains(d.refused, operator), field, operator, "an operator that "+d.service+" knows here, not "+strings.Join(d.refused, ", "))
		}
		if bounds, isRange := a.operand.([]any); isRange && a.operator == numeric && d.maxNumber != 0 {
			for i := 1; i < len(bounds); i += 2 {
				p.want(math.Abs(bounds[i].(float64)) <= d.maxNumber, field, bounds[i], fmt.Sprintf("a number of at most ±%g (%s quota)", d.maxNumber, d.service))
			}
		}
		if a.operator == exactly {
			rendered = append(rendered, a.operand)
		} else {
			rendered = append(rendered, map[string]any{a.operator: a.operand})
		}
	}
	return sortedTexts(rendered)
}

// operands are the values that a field is compared with: of [Exact] and of [AnythingBut].
func (m Matcher) operands() []any {
	var all []any
	for _, a := range m.alternatives {
		switch values, isList := a.operand.([]any); {
		case a.operator == exactly:
			all = append(all, a.operand)
		case a.operator == anythingBut && isList:
			all = append(all, values...)
		}
	}
	return all
}

func (m Matcher) combinations() int {
	return len(m.alternatives)
}

// fields is the pattern as one object.
func (e EventPattern) fields() Fields {
	fields := Fields{}
	for name, matcher := range map[string]Matcher{
		"source": e.Source, "detail-type": e.DetailType, "account": e.Account, "region": e.Region, "resources": e.Resources,
	} {
		if !matcher.isZero() {
			fields[name] = matcher
		}
	}
	if e.Detail != nil {
		fields["detail"] = e.Detail
	}
	return fields
}

// JSON is the pattern as EventBridge takes it. The text is canonical: the same pattern always gives the same bytes.
func (e EventPattern) JSON() (string, error) {
	p := &problems{component: "EventPattern", name: "pattern"}
	text := eventBridgePatterns.pattern(p, "Pattern", e.fields())
	return text, p.err()
}
