// Package asl reads and checks definitions of AWS Step Functions state machines in the Amazon States Language.
//
// What a definition may say is that of the specification at https://states-language.net/spec.html, with JSONPath as the query
// language; the limits are those of "Step Functions service quotas" in the developer guide. Each problem is reported with its
// line and column, the state, the field, its value and what is accepted.
//
// A definition may contain substitutions, ${ReserveStock}, inside its strings. They stand for what is known only when the
// workflow is deployed, such as the ARN of a function.
//
// AWS's own check (ValidateStateMachineDefinition) needs an account, and the checkers for Go at large run state machines rather than
// explain what is wrong with them; the JSON schemas for the language know neither reachability nor positions.
package asl

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Limits of Step Functions.
const (
	maxDefinitionBytes = 1024 * 1024
	maxStateName       = 80
	maxExpressSeconds  = 300
)

// Definition is a definition that follows the specification.
type Definition struct {
	text   string
	root   *node
	states []*state // of all levels, in the order of the text
}

// DefinitionError is one thing wrong with a definition.
type DefinitionError struct {
	// Line and Column, from 1, of where it is. Columns count bytes.
	Line, Column int
	// State is the name of the state it is in, or empty.
	State string
	// Text says what is wrong, with which value, and what is accepted.
	Text string
}

// Error is the problem behind its position, as compilers write it.
func (p DefinitionError) Error() string {
	where := ""
	if p.State != "" {
		where = "state " + p.State + ": "
	}
	return fmt.Sprintf("%d:%d: %s%s", p.Line, p.Column, where, p.Text)
}

// Parse reads a definition and checks it against the specification. Its error joins one [DefinitionError] for everything found.
func Parse(text []byte) (*Definition, error) {
	if len(text) > maxDefinitionBytes {
		return nil, fmt.Errorf("definition has %d bytes, want at most %d (Step Functions quota)", len(text), maxDefinitionBytes)
	}
	c := &checker{text: string(text)}
	root, err := parseJSON(text)
	if err != nil {
		return nil, c.problemAt(err.offset, "", err.text)
	}
	c.substitutions()
	c.machine(root, scope{fields: topFields})
	if len(c.found) > 0 {
		return nil, errors.Join(c.found...)
	}
	return &Definition{text: c.text, root: root, states: c.states}, nil
}

var (
	substitution = regexp.MustCompile(`\$\{([A-Za-z][A-Za-z0-9]*)\}`)
	opening      = regexp.MustCompile(`\$\{`)
)

// Names are the names of the substitutions in the definition, sorted.
func (d *Definition) Names() []string {
	names := map[string]bool{}
	for _, match := range substitution.FindAllStringSubmatch(d.text, -1) {
		names[match[1]] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// Substitute returns the definition with every substitution replaced by its value, which may contain anything.
// It panics if a name has no value: compare [Definition.Names] with the values before.
func (d *Definition) Substitute(values map[string]string) string {
	return substitution.ReplaceAllStringFunc(d.text, func(match string) string {
		value, known := values[substitution.FindStringSubmatch(match)[1]]
		if !known {
			panic("asl: no value for the substitution " + match)
		}
		quoted, err := json.Marshal(value)
		if err != nil {
			panic(err) // strings always marshal
		}
		return string(quoted[1 : len(quoted)-1])
	})
}

// Sole is the name of the substitution that is all of a text, "${ReserveStock}" → "ReserveStock".
func Sole(text string) (name string, ok bool) {
	match := substitution.FindStringSubmatch(text)
	if match == nil || match[0] != text {
		return "", false
	}
	return match[1], true
}

// Task is a Task state.
type Task struct {
	// State is its name.
	State string
	// Resource is what it does, such as ${ReserveStock} or arn:aws:states:::sqs:sendMessage.
	Resource string
	// Parameters are what it does it with.
	Parameters map[string]any
	// OtherRole tells that it does it with another role than the workflow's (Credentials).
	OtherRole bool

	problem func(text string) DefinitionError
}

// Errorf is a problem with the task, at its position.
func (t Task) Errorf(format string, arguments ...any) error {
	return t.problem(fmt.Sprintf(format, arguments...))
}

// Integration is what a Task does by the name that Step Functions has for it.
type Integration struct {
	// Service and Action, such as sqs and sendMessage.
	Service, Action string
	// Pattern is how the state waits: "" for the service's answer, "sync" or "sync:2" for the end of the job, or
	// "waitForTaskToken" until somebody returns the token.
	Pattern string
}

// String is the name as it stands at the end of the resource's ARN: sqs:sendMessage.waitForTaskToken.
func (i Integration) String() string {
	name := i.Service + ":" + i.Action
	if i.Pattern != "" {
		name += "." + i.Pattern
	}
	return name
}

// integration of a service, as opposed to the ARN of a function.
var integration = regexp.MustCompile(`^arn:aws[a-z-]*:states:::([a-z0-9-]+(?::[a-z0-9-]+)??):([A-Za-z0-9]+)(?:\.(sync|sync:2|waitForTaskToken))?$`)

// Integration tells which service the task calls; ok is false if its resource is no service but a function or an activity.
func (t Task) Integration() (i Integration, ok bool) {
	match := integration.FindStringSubmatch(t.Resource)
	if match == nil {
		return Integration{}, false
	}
	return Integration{match[1], match[2], match[3]}, true
}

// Tasks are the Task states of all levels, in the order of the text.
func (d *Definition) Tasks() []Task {
	var tasks []Task
	for _, s := range d.states {
		if s.kind != "Task" {
			continue
		}
		parameters, _ := s.node.get("Parameters").plain().(map[string]any)
		tasks = append(tasks, Task{State: s.name, Resource: s.node.text("Resource"), Parameters: parameters, OtherRole: s.node.has("Credentials"), problem: d.problems(s)})
	}
	return tasks
}

// problems makes problems of a state.
func (d *Definition) problems(s *state) func(string) DefinitionError {
	return func(text string) DefinitionError {
		c := checker{text: d.text}
		return c.problemAt(s.offset, s.name, text)
	}
}

// CheckFaults wants every Task to survive what goes wrong around it: Retry for what passes, Catch for what does not (its own, or that
// of a Parallel or Map around it) and a time limit, since without one a task whose worker is gone waits for ever.
// A state is excused by its name with a reason.
func (d *Definition) CheckFaults(excused map[string]string) error {
	var found []error
	needless := maps.Clone(excused)
	for _, s := range d.states {
		if s.kind != "Task" {
			continue
		}
		var missing []string
		if len(s.node.get("Retry").list()) == 0 {
			missing = append(missing, "Retry")
		}
		if len(s.node.get("Catch").list()) == 0 && !s.caught {
			missing = append(missing, "Catch")
		}
		if !slices.ContainsFunc([]string{"TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"}, s.node.has) {
			missing = append(missing, "TimeoutSeconds or HeartbeatSeconds")
		}
		if len(missing) == 0 {
			continue
		}
		delete(needless, s.name)
		if _, known := excused[s.name]; !known {
			found = append(found, d.problems(s)(fmt.Sprintf("no %s, want Retry, Catch and a time limit on every Task, or a waiver that says why not",
				strings.Join(missing, ", no "))))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(excused)) {
		if strings.TrimSpace(excused[name]) == "" {
			found = append(found, fmt.Errorf("waiver for state %s: reason = %q, want why the state needs no Retry, Catch or time limit", name, excused[name]))
		}
		if _, unused := needless[name]; unused {
			found = append(found, fmt.Errorf("waiver for state %s: no Task of this name lacks anything; remove the waiver", name))
		}
	}
	return errors.Join(found...)
}

// CheckExpress wants the definition to be one that an EXPRESS workflow can run: at most five minutes, no Wait of that long, and
// no state that waits for a job or a token.
func (d *Definition) CheckExpress() error {
	var found []error
	if seconds, set := d.root.get("TimeoutSeconds").integer(); set && seconds > maxExpressSeconds {
		c := checker{text: d.text}
		found = append(found, c.problemAt(d.root.get("TimeoutSeconds").offset, "", fmt.Sprintf("TimeoutSeconds = %d, want at most %d in an EXPRESS workflow", seconds, maxExpressSeconds)))
	}
	for _, s := range d.states {
		if seconds, set := s.node.get("Seconds").integer(); set && s.kind == "Wait" && seconds >= maxExpressSeconds {
			found = append(found, d.problems(s)(fmt.Sprintf("Seconds = %d, want less than %d, after which an EXPRESS workflow ends", seconds, maxExpressSeconds)))
		}
	}
	for _, task := range d.Tasks() {
		if i, ok := task.Integration(); ok && i.Pattern != "" {
			found = append(found, task.Errorf("Resource = %q, want no .%s in an EXPRESS workflow", task.Resource, i.Pattern))
		}
	}
	return errors.Join(found...)
}
