// Package statemachine runs definitions of AWS Step Functions state machines in memory, for tests: without AWS, without waiting, and
// with every task played by the test. It runs what the shop's own workflows use of the Amazon States Language with JSONPath, and
// panics on anything else rather than run it differently from Step Functions. Definitions are checked beforehand, by package
// [github.com/serverless-shop/serverless-shop/components/asl].
package statemachine

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Error is why a task, or a whole execution, failed: what Retry and Catch compare, and a text for people.
type Error struct{ Name, Cause string }

// Error is the name and the cause.
func (e *Error) Error() string { return e.Name + ": " + e.Cause }

// Task is one attempt of a Task state.
type Task struct {
	// State is the state's name.
	State string
	// Resource is what the state does, as the definition says.
	Resource string
	// Input is what the state is given: the state's Parameters, filled in.
	Input any
	// Attempt counts from 0.
	Attempt int
}

// Worker plays the tasks. Its result must be made of JSON types. An error that is no [Error] has the name TaskFailed.
type Worker func(Task) (any, error)

// Step is a transition that an execution took.
type Step struct {
	// From and To are states' names. To is empty where a level ends.
	From, To string
	// Error is the error that was caught, if one was.
	Error string
}

// Execution is what happened when a state machine ran.
type Execution struct {
	// Output of the last state, if the execution succeeded.
	Output any
	// Failure is why it failed, or nil.
	Failure *Error
	// Steps are all transitions, those inside of Parallel and Map among them.
	Steps []Step
	// Waited is how long Wait states and pauses before retries would have taken, without jitter.
	Waited time.Duration
}

// level is a state machine, or one inside of Parallel or Map.
type level struct {
	Comment, StartAt string
	States           map[string]state
	ProcessorConfig  any // how Step Functions runs the iterations; the result is the same
}

// state has the fields of all types of state.
type state struct {
	Type, Resource, Next, Default      string
	End                                bool
	InputPath, OutputPath, ResultPath  path
	Parameters, ResultSelector, Result any
	ItemSelector                       any
	ItemsPath                          string
	ItemProcessor                      *level
	Branches                           []level
	Choices                            []map[string]any
	Seconds                            float64
	Retry                              []retrier
	Catch                              []catcher
	Error, Cause, ErrorPath, CausePath string
	TimeoutSecondsPath, SecondsPath    string
	TimeoutSeconds, HeartbeatSeconds   float64
	MaxConcurrency                     int
	Comment                            string
}

type retrier struct {
	ErrorEquals                  []string
	IntervalSeconds, BackoffRate *float64
	MaxDelaySeconds              float64
	MaxAttempts                  *int
	JitterStrategy               string
}

type catcher struct {
	ErrorEquals []string
	ResultPath  path
	Next        string
}

// path is a reference path: absent, null, or text.
type path struct {
	set  bool
	text string
}

// UnmarshalJSON tells null from absent.
func (p *path) UnmarshalJSON(text []byte) error {
	p.set = true
	if string(text) == "null" {
		return nil
	}
	return json.Unmarshal(text, &p.text)
}

// or is the path, or "$" if it is absent.
func (p path) or() string {
	if !p.set {
		return "$"
	}
	return p.text
}

// Run runs a definition, in which substitutions may stand for resources, until it ends.
func Run(definition []byte, input any, worker Worker) (*Execution, error) {
	machine, err := parse(definition)
	if err != nil {
		return nil, err
	}
	r := &run{worker: worker, execution: &Execution{}}
	output, failure := r.level(machine, plain(input), nil)
	r.execution.Output, r.execution.Failure = output, failure
	return r.execution, nil
}

// Transitions are all that a definition allows, those of the levels inside of Parallel and Map among them, sorted and without
// what is caught.
func Transitions(definition []byte) ([]Step, error) {
	machine, err := parse(definition)
	if err != nil {
		return nil, err
	}
	steps := machine.transitions()
	slices.SortFunc(steps, func(a, b Step) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	return slices.Compact(steps), nil
}

func (l level) transitions() []Step {
	var steps []Step
	for name, s := range l.States {
		if s.Type != "Choice" {
			steps = append(steps, Step{From: name, To: s.Next})
		}
		if s.Default != "" {
			steps = append(steps, Step{From: name, To: s.Default})
		}
		for _, rule := range s.Choices {
			steps = append(steps, Step{From: name, To: rule["Next"].(string)})
		}
		for _, c := range s.Catch {
			steps = append(steps, Step{From: name, To: c.Next})
		}
		for _, branch := range s.Branches {
			steps = append(steps, branch.transitions()...)
		}
		if s.ItemProcessor != nil {
			steps = append(steps, s.ItemProcessor.transitions()...)
		}
	}
	return steps
}

func parse(definition []byte) (level, error) {
	var machine level
	decoder := newStrictDecoder(definition)
	if err := decoder.Decode(&machine); err != nil {
		return level{}, fmt.Errorf("reading the state machine: %w", err)
	}
	return machine, nil
}

// run is one execution under way.
type run struct {
	worker    Worker
	execution *Execution
}

func (r *run) level(l level, data any, item any) (any, *Error) {
	name := l.StartAt
	for {
		s, ok := l.States[name]
		if !ok {
			panic(fmt.Sprintf("statemachine: no state %q", name))
		}
		output, next, failure := r.state(name, s, data, item)
		if failure != nil {
			return nil, failure
		}
		if s.Type != "Fail" {
			caught := ""
			if c, ok := output.(caughtOutput); ok {
				output, caught = c.data, c.error
			}
			r.execution.Steps = append(r.execution.Steps, Step{From: name, To: next, Error: caught})
		}
		if next == "" {
			return output, nil
		}
		name, data = next, output
	}
}

// caughtOutput is a state's output after an error was caught.
type caughtOutput struct {
	data  any
	error string
}

// state runs one state. next is empty at the end of a level.
func (r *run) state(name string, s state, data, item any) (output any, next string, failure *Error) {
	input := get(data, s.InputPath.or())
	switch s.Type {
	case "Succeed":
		return input, "", nil
	case "Fail":
		r.execution.Steps = append(r.execution.Steps, Step{From: name})
		return nil, "", s.failure(input)
	case "Choice":
		return input, s.choose(name, input), nil
	case "Wait":
		r.execution.Waited += seconds(s.Seconds)
		return input, s.Next, nil
	}
	output, next, failure = r.work(name, s, data, input, item)
	if failure != nil {
		return s.caught(data, failure)
	}
	return output, next, nil
}

// failure is what a Fail state fails with.
func (s state) failure(input any) *Error {
	failure := &Error{Name: s.Error, Cause: s.Cause}
	if s.ErrorPath != "" {
		failure.Name = get(input, s.ErrorPath).(string)
	}
	if s.CausePath != "" {
		failure.Cause = get(input, s.CausePath).(string)
	}
	return failure
}

// work runs a Pass, Task, Parallel or Map state, with its retries.
func (r *run) work(name string, s state, data, input, item any) (output any, next string, failure *Error) {
	if s.Parameters != nil && s.Type != "Map" {
		input = fill(s.Parameters, input, item)
	}
	counts := make([]int, len(s.Retry))
	for attempt := 0; ; attempt++ {
		result, failure := r.attempt(name, s, input, attempt)
		if failure == nil {
			if s.ResultSelector != nil {
				result = fill(s.ResultSelector, result, nil)
			}
			return get(put(data, s.ResultPath, result), s.OutputPath.or()), s.Next, nil
		}
		i := slices.IndexFunc(s.Retry, func(r retrier) bool { return matches(r.ErrorEquals, failure.Name) })
		if i < 0 || counts[i] >= s.Retry[i].attempts() {
			return nil, "", failure
		}
		r.execution.Waited += s.Retry[i].pause(counts[i])
		counts[i]++
	}
}

// attempt runs a state once.
func (r *run) attempt(name string, s state, input any, attempt int) (any, *Error) {
	switch s.Type {
	case "Pass":
		if s.Result != nil {
			return s.Result, nil
		}
		return input, nil
	case "Task":
		result, err := r.worker(Task{State: name, Resource: s.Resource, Input: input, Attempt: attempt})
		if err == nil {
			return plain(result), nil
		}
		if failure, ok := errors.AsType[*Error](err); ok {
			return nil, failure
		}
		return nil, &Error{Name: "TaskFailed", Cause: err.Error()}
	case "Parallel":
		return r.each(s.Branches, func(int) (any, any) { return input, nil })
	case "Map":
		items := get(input, s.ItemsPath).([]any)
		return r.each(slices.Repeat([]level{*s.ItemProcessor}, len(items)), func(i int) (any, any) {
			if s.ItemSelector == nil {
				return items[i], items[i]
			}
			return fill(s.ItemSelector, input, items[i]), items[i]
		})
	}
	panic(fmt.Sprintf("statemachine: state %s has type %q, which is not known here", name, s.Type))
}

// each runs levels side by side: here one after the other, all of them even if one fails, as Step Functions may do.
func (r *run) each(levels []level, input func(i int) (data, item any)) (any, *Error) {
	results := make([]any, len(levels))
	var first *Error
	for i, l := range levels {
		data, item := input(i)
		result, failure := r.level(l, data, item)
		if first == nil {
			first = failure
		}
		results[i] = result
	}
	return results, first
}

// caught is what follows a failure.
func (s state) caught(data any, failure *Error) (any, string, *Error) {
	for _, c := range s.Catch {
		if matches(c.ErrorEquals, failure.Name) {
			output := put(data, c.ResultPath, map[string]any{"Error": failure.Name, "Cause": failure.Cause})
			return caughtOutput{output, failure.Name}, c.Next, nil
		}
	}
	return nil, "", failure
}

// matches tells whether an error is one of those that a retrier or catcher names. States.TaskFailed stands for all but timeouts.
func matches(names []string, name string) bool {
	for _, n := range names {
		if n == name || n == "States.ALL" || n == "States.TaskFailed" && name != "States.Timeout" {
			return true
		}
	}
	return false
}

// Defaults of a retrier in the specification.
const (
	defaultAttempts = 3
	defaultInterval = 1.0
	defaultBackoff  = 2.0
)

func (r retrier) attempts() int {
	if r.MaxAttempts == nil {
		return defaultAttempts
	}
	return *r.MaxAttempts
}

// pause before the next attempt after so many retries.
func (r retrier) pause(retries int) time.Duration {
	pause, rate := defaultInterval, defaultBackoff
	if r.IntervalSeconds != nil {
		pause = *r.IntervalSeconds
	}
	if r.BackoffRate != nil {
		rate = *r.BackoffRate
	}
	for range retries {
		pause *= rate
	}
	if r.MaxDelaySeconds > 0 {
		pause = min(pause, r.MaxDelaySeconds)
	}
	return seconds(pause)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
