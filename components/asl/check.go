package asl

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// state is one state of any level.
type state struct {
	name   string
	offset int
	kind   string // its Type
	node   *node
	// next are the states of the same level that may follow.
	next []target
	// ends tells that the level may end here.
	ends bool
	// caught tells that a Parallel or Map around the state catches errors.
	caught bool
}

// target is the name of a state, and where it is named.
type target struct {
	field string
	node  *node
}

// scope is what the level of a state machine is part of.
type scope struct {
	state  string // the Parallel or Map, or empty at the top
	fields []string
	caught bool
}

// checker collects everything wrong with a definition.
type checker struct {
	text   string
	states []*state
	found  []error
}

func (c *checker) problemAt(offset int, state, text string) DefinitionError {
	offset = min(offset, len(c.text))
	before := c.text[:offset]
	return DefinitionError{Line: strings.Count(before, "\n") + 1, Column: offset - strings.LastIndexByte(before, '\n'), State: state, Text: text}
}

func (c *checker) report(offset int, state, format string, arguments ...any) {
	c.found = append(c.found, c.problemAt(offset, state, fmt.Sprintf(format, arguments...)))
}

// want reports the value of a field unless ok holds.
func (c *checker) want(ok bool, state, field string, value *node, accepted string) {
	if !ok {
		c.report(value.offset, state, "%s = %s, want %s", field, value.shown(), accepted)
	}
}

// substitutions wants every ${ to begin one.
func (c *checker) substitutions() {
	for _, at := range opening.FindAllStringIndex(c.text, -1) {
		if match := substitution.FindStringIndex(c.text[at[0]:]); match == nil || match[0] != 0 {
			rest := c.text[at[0]:min(at[0]+20, len(c.text))]
			c.report(at[0], "", "substitution %q, want a name of letters and digits in braces, such as ${ReserveStock}", rest)
		}
	}
}

// Fields of a state machine, and of the machines inside Parallel and Map.
var (
	topFields       = []string{"Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"}
	branchFields    = []string{"Comment", "QueryLanguage", "StartAt", "States"}
	processorFields = []string{"Comment", "ProcessorConfig", "QueryLanguage", "StartAt", "States"}
)

// stateFields are the fields of each type of state besides Type, Comment and QueryLanguage, for JSONPath ("State types" in
// the specification).
var stateFields = map[string][]string{
	"Task": {"Assign", "Catch", "Credentials", "End", "HeartbeatSeconds", "HeartbeatSecondsPath", "InputPath", "Next", "OutputPath",
		"Parameters", "Resource", "ResultPath", "ResultSelector", "Retry", "TimeoutSeconds", "TimeoutSecondsPath"},
	"Pass":     {"Assign", "End", "InputPath", "Next", "OutputPath", "Parameters", "Result", "ResultPath"},
	"Choice":   {"Assign", "Choices", "Default", "InputPath", "OutputPath"},
	"Wait":     {"Assign", "End", "InputPath", "Next", "OutputPath", "Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
	"Succeed":  {"InputPath", "OutputPath"},
	"Fail":     {"Cause", "CausePath", "Error", "ErrorPath"},
	"Parallel": {"Assign", "Branches", "Catch", "End", "InputPath", "Next", "OutputPath", "Parameters", "ResultPath", "ResultSelector", "Retry"},
	"Map": {"Assign", "Catch", "End", "InputPath", "ItemBatcher", "ItemProcessor", "ItemReader", "ItemSelector", "ItemsPath", "Iterator",
		"Label", "MaxConcurrency", "MaxConcurrencyPath", "Next", "OutputPath", "Parameters", "ResultPath", "ResultSelector", "ResultWriter",
		"Retry", "ToleratedFailureCount", "ToleratedFailureCountPath", "ToleratedFailurePercentage", "ToleratedFailurePercentagePath"},
}

// distributedFields are the fields that Step Functions refuses in a Map whose mode is INLINE ("Map state in Distributed mode" in the developer
// guide).
var distributedFields = []string{
	"ItemBatcher", "ItemReader", "Label", "ResultWriter", "ToleratedFailureCount", "ToleratedFailureCountPath", "ToleratedFailurePercentage",
	"ToleratedFailurePercentagePath",
}

// stateTypes in the order of the specification.
const stateTypes = "Task, Parallel, Map, Pass, Wait, Choice, Succeed or Fail"

// machine checks one level: its fields, its states, and that they are connected.
func (c *checker) machine(n *node, s scope) {
	if n.kind != object {
		c.report(n.offset, s.state, "%s, want an object with StartAt and States", n.shown())
		return
	}
	c.known(n, s.state, s.fields)
	if language := n.get("QueryLanguage"); language != nil {
		c.want(language.value == "JSONPath", s.state, "QueryLanguage", language, `"JSONPath", the only one that is checked here`)
	}
	if version := n.get("Version"); version != nil {
		c.want(version.value == "1.0", s.state, "Version", version, `"1.0"`)
	}
	if timeout := n.get("TimeoutSeconds"); timeout != nil {
		c.whole(timeout, s.state, "TimeoutSeconds", 1, maxSeconds)
	}
	states := n.get("States")
	if states == nil || states.kind != object || len(states.members) == 0 {
		c.report(orElse(states, n).offset, s.state, "States missing or empty, want an object of states")
		return
	}
	level := map[string]*state{}
	var order []*state
	for _, m := range states.members {
		if first := slices.IndexFunc(c.states, func(other *state) bool { return other.name == m.key }); first >= 0 {
			at := c.problemAt(c.states[first].offset, "", "")
			c.report(m.offset, m.key, "the name is taken by a state at %d:%d, want every name once in the whole definition", at.Line, at.Column)
		}
		c.want(utf8.RuneCountInString(m.key) <= maxStateName && m.key != "", m.key, "name", &node{offset: m.offset, value: m.key},
			fmt.Sprintf("1–%d characters", maxStateName))
		one := &state{name: m.key, offset: m.offset, node: m.value, caught: s.caught}
		level[m.key] = one
		order = append(order, one)
		c.states = append(c.states, one)
		c.state(one)
	}
	start := n.get("StartAt")
	if start == nil {
		c.report(n.offset, s.state, "StartAt missing, want one of %s", names(order))
		return
	}
	if c.exists(level, order, s.state, target{"StartAt", start}) {
		c.connected(level, order, n.text("StartAt"))
	}
}

func orElse(n, otherwise *node) *node {
	if n == nil {
		return otherwise
	}
	return n
}

// known reports fields that are not among the accepted ones.
func (c *checker) known(n *node, state string, accepted []string) {
	for _, m := range n.members {
		if !slices.Contains(accepted, m.key) {
			c.report(m.offset, state, "field %q, want one of %s", m.key, strings.Join(accepted, ", "))
		}
	}
}

// names lists the states of a level.
func names(states []*state) string {
	all := make([]string, len(states))
	for i, s := range states {
		all[i] = fmt.Sprintf("%q", s.name)
	}
	return strings.Join(all, ", ")
}

// exists wants a target to be a state of its level.
func (c *checker) exists(level map[string]*state, order []*state, state string, t target) bool {
	name, ok := t.node.string()
	ok = ok && level[name] != nil
	c.want(ok, state, t.field, t.node, "a state of the same level: "+names(order))
	return ok
}

// connected wants every state to be reachable, and an end to be reachable from it.
func (c *checker) connected(level map[string]*state, order []*state, start string) {
	follow := func(s *state) []*state {
		var all []*state
		for _, t := range s.next {
			if name, _ := t.node.string(); level[name] != nil {
				all = append(all, level[name])
			}
		}
		return all
	}
	complete := true
	for _, s := range order {
		for _, t := range s.next {
			complete = c.exists(level, order, s.name, t) && complete
		}
		complete = complete && (s.ends || len(s.next) > 0)
	}
	if !complete {
		return // what follows from a wrong name is no news
	}
	reached := map[*state]bool{}
	for todo := []*state{level[start]}; len(todo) > 0; todo = todo[1:] {
		if !reached[todo[0]] {
			reached[todo[0]] = true
			todo = append(todo, follow(todo[0])...)
		}
	}
	ending := map[*state]bool{}
	for changed := true; changed; {
		changed = false
		for _, s := range order {
			if !ending[s] && (s.ends || slices.ContainsFunc(follow(s), func(f *state) bool { return ending[f] })) {
				ending[s], changed = true, true
			}
		}
	}
	for _, s := range order {
		switch {
		case !reached[s]:
			c.report(s.offset, s.name, "cannot be reached from StartAt = %q; remove it or name it as the Next of another state", start)
		case !ending[s]:
			c.report(s.offset, s.name, `no way from here to an end, want one (a state of type Succeed or Fail, or "End": true)`)
		}
	}
}

// state checks one state by itself.
func (c *checker) state(s *state) {
	n := s.node
	if n.kind != object {
		c.report(n.offset, s.name, "%s, want an object with a Type", n.shown())
		return
	}
	typ := n.get("Type")
	if typ == nil {
		c.report(s.offset, s.name, "Type missing, want %s", stateTypes)
		return
	}
	s.kind, _ = typ.string()
	fields, known := stateFields[s.kind]
	c.want(known, s.name, "Type", typ, stateTypes)
	if !known {
		return
	}
	c.known(n, s.name, append([]string{"Comment", "QueryLanguage", "Type"}, fields...))
	for _, m := range n.members {
		if check := fieldChecks[m.key]; check != nil && slices.Contains(fields, m.key) {
			check(c, s.name, m.key, m.value)
		}
	}
	if language := n.get("QueryLanguage"); language != nil {
		c.want(language.value == "JSONPath", s.name, "QueryLanguage", language, `"JSONPath", the only one that is checked here`)
	}
	c.transition(s)
	c.retriers(s)
	c.catchers(s)
	switch s.kind {
	case "Task":
		c.task(s)
	case "Choice":
		c.choice(s)
	case "Wait":
		c.exactlyOne(s, "Seconds", "SecondsPath", "Timestamp", "TimestampPath")
	case "Fail":
		c.atMostOne(s, "Error", "ErrorPath")
		c.atMostOne(s, "Cause", "CausePath")
	case "Parallel":
		c.parallel(s)
	case "Map":
		c.mapState(s)
	}
}

// transition wants exactly one of Next and End, where a state has them.
func (c *checker) transition(s *state) {
	switch s.kind {
	case "Succeed", "Fail":
		s.ends = true
		return
	case "Choice":
		return
	}
	next, end := s.node.get("Next"), s.node.get("End")
	switch {
	case next == nil && end == nil:
		c.report(s.offset, s.name, `neither Next nor End, want the state that follows or "End": true`)
	case next != nil && end != nil:
		c.report(end.offset, s.name, "both Next and End, want one of them")
	case next != nil:
		s.next = append(s.next, target{"Next", next})
	default:
		c.want(end.value == true, s.name, "End", end, "true, or Next instead")
		s.ends = true
	}
}

func (c *checker) present(s *state, fields []string) []string {
	return slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return !s.node.has(f) })
}

func (c *checker) exactlyOne(s *state, fields ...string) {
	if present := c.present(s, fields); len(present) != 1 {
		c.report(s.offset, s.name, "%d of the fields %s, want exactly one", len(present), strings.Join(fields, ", "))
	}
}

func (c *checker) atMostOne(s *state, fields ...string) {
	if present := c.present(s, fields); len(present) > 1 {
		c.report(s.offset, s.name, "both %s, want one of them", strings.Join(present, " and "))
	}
}

// callback is where the token is by which a task will be answered.
const callback = "$$.Task.Token"

func (c *checker) task(s *state) {
	if !s.node.has("Resource") {
		c.report(s.offset, s.name, "Resource missing, want what the task does, such as arn:aws:states:::lambda:invoke")
	}
	c.atMostOne(s, "TimeoutSeconds", "TimeoutSecondsPath")
	c.atMostOne(s, "HeartbeatSeconds", "HeartbeatSecondsPath")
	timeout, limited := s.node.get("TimeoutSeconds").integer()
	heartbeat, beats := s.node.get("HeartbeatSeconds").integer()
	if limited && beats {
		c.want(heartbeat < timeout, s.name, "HeartbeatSeconds", s.node.get("HeartbeatSeconds"), fmt.Sprintf("less than TimeoutSeconds, %d", timeout))
	}
	if strings.HasSuffix(s.node.text("Resource"), ".waitForTaskToken") && !mentions(s.node.get("Parameters"), callback) {
		c.report(s.offset, s.name, "no %s in Parameters, want the token handed on, or nobody can answer the task", callback)
	}
}

// mentions tells whether a text is somewhere in a value.
func mentions(n *node, text string) bool {
	if n == nil {
		return false
	}
	if s, ok := n.string(); ok && strings.Contains(s, text) {
		return true
	}
	return slices.ContainsFunc(n.items, func(item *node) bool { return mentions(item, text) }) ||
		slices.ContainsFunc(n.members, func(m member) bool { return mentions(m.value, text) })
}

func (c *checker) parallel(s *state) {
	branches := s.node.get("Branches")
	if len(branches.list()) == 0 {
		c.report(s.offset, s.name, "Branches missing or empty, want a list of objects with StartAt and States")
	}
	for _, branch := range branches.list() {
		c.machine(branch, c.inside(s, branchFields))
	}
}

// inside is the scope of the machines in a Parallel or Map.
func (c *checker) inside(s *state, fields []string) scope {
	return scope{s.name, fields, s.caught || len(s.node.get("Catch").list()) > 0}
}

func (c *checker) mapState(s *state) {
	processor := s.node.get("ItemProcessor")
	if iterator := s.node.get("Iterator"); iterator != nil {
		c.report(iterator.offset, s.name, "Iterator, want ItemProcessor, its present name")
		return
	}
	if processor == nil {
		c.report(s.offset, s.name, "ItemProcessor missing, want an object with StartAt and States")
		return
	}
	if parameters := s.node.get("Parameters"); parameters != nil {
		c.report(parameters.offset, s.name, "Parameters, want ItemSelector, its present name in a Map")
	}
	c.atMostOne(s, "MaxConcurrency", "MaxConcurrencyPath")
	for _, m := range s.node.members {
		if slices.Contains(distributedFields, m.key) {
			c.report(m.offset, s.name, "%s, want it in a distributed Map only, which is not accepted here", m.key)
		}
	}
	if mode := processor.get("ProcessorConfig").get("Mode"); mode != nil {
		c.want(mode.value == "INLINE", s.name, "ProcessorConfig.Mode", mode, `"INLINE": a distributed Map starts executions of its own`)
	}
	if executions := processor.get("ProcessorConfig").get("ExecutionType"); executions != nil {
		c.report(executions.offset, s.name, "ProcessorConfig.ExecutionType, want it in a distributed Map only, which is not accepted here")
	}
	c.machine(processor, c.inside(s, processorFields))
}

func (c *checker) choice(s *state) {
	choices := s.node.get("Choices")
	if len(choices.list()) == 0 {
		c.report(s.offset, s.name, "Choices missing or empty, want a list of rules")
	}
	for i, rule := range choices.list() {
		field := fmt.Sprintf("Choices[%d]", i)
		c.rule(s, field, rule, true)
		if next := rule.get("Next"); next != nil {
			s.next = append(s.next, target{field + ".Next", next})
		} else {
			c.report(rule.offset, s.name, "%s: Next missing, want the state that follows", field)
		}
	}
	if standard := s.node.get("Default"); standard != nil {
		s.next = append(s.next, target{"Default", standard})
	}
}

// ruleFields of a choice rule besides its operator.
var ruleFields = []string{"Assign", "Comment", "Next", "Variable"}

// rule checks a choice rule: a comparison of Variable, or And, Or, Not of other rules.
func (c *checker) rule(s *state, field string, rule *node, top bool) {
	if rule.kind != object {
		c.want(false, s.name, field, rule, "an object with Variable and a comparison, or with And, Or or Not")
		return
	}
	var operators []member
	for _, m := range rule.members {
		if !slices.Contains(ruleFields, m.key) {
			operators = append(operators, m)
		}
	}
	if next := rule.get("Next"); next != nil && !top {
		c.report(next.offset, s.name, "%s: Next, want it in the outermost rule only", field)
	}
	if len(operators) != 1 {
		keys := []string{}
		for _, o := range operators {
			keys = append(keys, o.key)
		}
		c.report(rule.offset, s.name, "%s: operators %q, want exactly one, such as NumericGreaterThan, IsPresent, And", field, keys)
		return
	}
	operator := operators[0]
	inner := field + "." + operator.key
	switch operator.key {
	case "And", "Or":
		if len(operator.value.list()) == 0 {
			c.want(false, s.name, inner, operator.value, "a list of rules")
		}
		for i, r := range operator.value.list() {
			c.rule(s, fmt.Sprintf("%s[%d]", inner, i), r, false)
		}
		c.noVariable(s, field, rule)
	case "Not":
		c.rule(s, inner, operator.value, false)
		c.noVariable(s, field, rule)
	default:
		c.comparison(s, field, rule, operator)
	}
}

func (c *checker) noVariable(s *state, field string, rule *node) {
	if v := rule.get("Variable"); v != nil {
		c.report(v.offset, s.name, "%s: Variable, want it in the rules inside And, Or and Not only", field)
	}
}

// comparison checks a rule that compares Variable.
func (c *checker) comparison(s *state, field string, rule *node, operator member) {
	operand, known := comparisons[operator.key]
	if !known {
		c.report(operator.offset, s.name, "%s: operator %q, want one of the specification's, such as StringEquals, NumericLessThan, BooleanEquals, TimestampGreaterThan, IsPresent, And, Or, Not",
			field, operator.key)
		return
	}
	operand(c, s.name, field+"."+operator.key, operator.value)
	if variable := rule.get("Variable"); variable != nil {
		path(c, s.name, field+".Variable", variable)
	} else {
		c.report(rule.offset, s.name, "%s: Variable missing, want the path of what is compared, such as $.total", field)
	}
}

// retrierFields and catcherFields are the fields of the items of Retry and Catch.
var (
	retrierFields = []string{"BackoffRate", "Comment", "ErrorEquals", "IntervalSeconds", "JitterStrategy", "MaxAttempts", "MaxDelaySeconds"}
	catcherFields = []string{"Assign", "Comment", "ErrorEquals", "Next", "ResultPath"}
)

// Limits of retriers ("Retry" in the developer guide: Error handling).
const (
	maxSeconds = 99_999_999
	maxDelay   = 31_622_400
)

func (c *checker) retriers(s *state) {
	c.handlers(s, "Retry", retrierFields, func(field string, r *node) {
		for _, m := range r.members {
			name := field + "." + m.key
			switch m.key {
			case "IntervalSeconds":
				c.whole(m.value, s.name, name, 1, maxSeconds)
			case "MaxAttempts":
				c.whole(m.value, s.name, name, 0, maxSeconds)
			case "MaxDelaySeconds":
				c.whole(m.value, s.name, name, 1, maxDelay)
			case "BackoffRate":
				rate, ok := m.value.float()
				c.want(ok && rate >= 1, s.name, name, m.value, "a number of at least 1.0")
			case "JitterStrategy":
				c.want(m.value.value == "FULL" || m.value.value == "NONE", s.name, name, m.value, `"FULL" or "NONE"`)
			}
		}
	})
}

func (c *checker) catchers(s *state) {
	c.handlers(s, "Catch", catcherFields, func(field string, catcher *node) {
		if next := catcher.get("Next"); next != nil {
			s.next = append(s.next, target{field + ".Next", next})
		} else {
			c.report(catcher.offset, s.name, "%s: Next missing, want the state that follows the error", field)
		}
		if result := catcher.get("ResultPath"); result != nil {
			reference(c, s.name, field+".ResultPath", result)
		}
	})
}

// handlers checks what Retry and Catch have in common: which errors an item is for.
func (c *checker) handlers(s *state, field string, accepted []string, check func(field string, handler *node)) {
	list := s.node.get(field)
	if list == nil || !slices.Contains(stateFields[s.kind], field) {
		return
	}
	if list.kind != array {
		c.want(false, s.name, field, list, "a list of objects with ErrorEquals")
	}
	for i, h := range list.items {
		name := fmt.Sprintf("%s[%d]", field, i)
		if h.kind != object {
			c.want(false, s.name, name, h, "an object with ErrorEquals")
			continue
		}
		c.known(h, s.name, accepted)
		errs := h.get("ErrorEquals")
		if len(errs.list()) == 0 {
			c.report(orElse(errs, h).offset, s.name, "%s: ErrorEquals missing or empty, want names of errors, such as States.Timeout", name)
		}
		for _, e := range errs.list() {
			text, ok := e.string()
			c.want(ok && text != "", s.name, name+".ErrorEquals", e, "the name of an error, such as States.Timeout")
			if text == "States.ALL" {
				c.want(len(errs.items) == 1 && i == len(list.items)-1, s.name, name+".ErrorEquals", errs, "States.ALL alone and in the last item")
			}
		}
		check(name, h)
	}
}

// whole wants a whole number in a range.
func (c *checker) whole(n *node, state, field string, least, most int64) {
	value, ok := n.integer()
	c.want(ok && value >= least && value <= most, state, field, n, fmt.Sprintf("a whole number from %d to %d", least, most))
}

// check is what a value of a field must be.
type check func(c *checker, state, field string, n *node)

func wholeFrom(least int64) check {
	return func(c *checker, state, field string, n *node) { c.whole(n, state, field, least, maxSeconds) }
}

func text(c *checker, state, field string, n *node) {
	s, ok := n.string()
	c.want(ok && s != "", state, field, n, "a text")
}

func boolean(c *checker, state, field string, n *node) {
	_, ok := n.value.(bool)
	c.want(ok, state, field, n, "true or false")
}

func number(c *checker, state, field string, n *node) {
	_, ok := n.float()
	c.want(ok, state, field, n, "a number")
}

func timestamp(c *checker, state, field string, n *node) {
	s, _ := n.string()
	_, err := time.Parse(time.RFC3339, s)
	c.want(err == nil || open(s), state, field, n, "a time such as 2024-12-25T00:00:00Z (RFC 3339)")
}

// open tells that a text is not known before its substitutions are.
func open(s string) bool {
	return substitution.MatchString(s)
}

// path wants a JSONPath: $ for the input, $$ for the context object, $name for a variable.
func path(c *checker, state, field string, n *node) {
	s, ok := n.string()
	c.want(ok && strings.HasPrefix(s, "$"), state, field, n, "a path such as $.order.total")
}

func pathOrNull(c *checker, state, field string, n *node) {
	if !n.null() {
		path(c, state, field, n)
	}
}

var referencePath = regexp.MustCompile(`^\$((\.[^.\[\]@,:?*$]+)|(\[\d+\])|(\['[^']+'\]))*$`)

// reference wants a path that names one place ("Reference Paths" in the specification), or null for nowhere.
func reference(c *checker, state, field string, n *node) {
	s, ok := n.string()
	c.want(n.null() || ok && referencePath.MatchString(s), state, field, n, "the path of one place, such as $.payment, or null")
}

// intrinsics are the functions of the specification and of Step Functions ("Intrinsic functions" in the developer guide).
var intrinsics = []string{
	"Array", "ArrayContains", "ArrayGetItem", "ArrayLength", "ArrayPartition", "ArrayRange", "ArrayUnique", "Base64Decode", "Base64Encode",
	"Format", "Hash", "JsonMerge", "JsonToString", "MathAdd", "MathRandom", "StringSplit", "StringToJson", "UUID",
}

var intrinsic = regexp.MustCompile(`^States\.([A-Za-z0-9]+)\(.*\)$`)

// expression wants a path or the call of an intrinsic function.
func expression(c *checker, state, field string, n *node) {
	s, ok := n.string()
	match := intrinsic.FindStringSubmatch(s)
	ok = ok && (strings.HasPrefix(s, "$") || match != nil && slices.Contains(intrinsics, match[1]))
	c.want(ok, state, field, n, `a path such as $.order.total or a function such as States.Format('{}', $.id)`)
}

// template checks a payload template: in it, the value of every key that ends with .$ is an expression.
func template(c *checker, state, field string, n *node) {
	for _, m := range n.members {
		inner := field + "." + m.key
		if strings.HasSuffix(m.key, ".$") {
			expression(c, state, inner, m.value)
			continue
		}
		template(c, state, inner, m.value)
	}
	for i, item := range n.items {
		template(c, state, fmt.Sprintf("%s[%d]", field, i), item)
	}
}

// fieldChecks are for fields that mean the same in every type of state.
var fieldChecks = map[string]check{
	"Assign":               template,
	"Cause":                text,
	"CausePath":            expression,
	"Credentials":          template,
	"Error":                text,
	"ErrorPath":            expression,
	"HeartbeatSeconds":     wholeFrom(1),
	"HeartbeatSecondsPath": path,
	"InputPath":            pathOrNull,
	"ItemSelector":         template,
	"ItemsPath":            path,
	"MaxConcurrency":       wholeFrom(0),
	"MaxConcurrencyPath":   path,
	"OutputPath":           pathOrNull,
	"Parameters":           template,
	"Resource":             text,
	"ResultPath":           reference,
	"ResultSelector":       template,
	"Seconds":              wholeFrom(0),
	"SecondsPath":          path,
	"TimeoutSeconds":       wholeFrom(1),
	"TimeoutSecondsPath":   path,
	"Timestamp":            timestamp,
	"TimestampPath":        path,
}

// comparisons are the operators of choice rules and what they compare with ("Choice State" in the specification).
var comparisons = func() map[string]check {
	all := map[string]check{"StringMatches": text, "BooleanEquals": boolean, "BooleanEqualsPath": path}
	for _, is := range []string{"IsBoolean", "IsNull", "IsNumeric", "IsPresent", "IsString", "IsTimestamp"} {
		all[is] = boolean
	}
	for kind, operand := range map[string]check{"String": anyText, "Numeric": number, "Timestamp": timestamp} {
		for _, relation := range []string{"Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"} {
			all[kind+relation], all[kind+relation+"Path"] = operand, path
		}
	}
	return all
}()

// anyText wants a text, which may be empty.
func anyText(c *checker, state, field string, n *node) {
	_, ok := n.string()
	c.want(ok, state, field, n, "a text")
}
