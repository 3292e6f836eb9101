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
	// TimeLimit is how long the attempt may take; 0 if the definition does not say. The worker ends what takes longer, with an
	// [Error] named States.Timeout.
	TimeLimit time.Duration
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
	// StoppedAt is the state of the outermost level that failed, and StoppedWith what it was given; "" unless the execution failed
	// outside of a Fail state. From there it can be redriven.
	StoppedAt   string
	StoppedWith any
}

// Machine is a definition that was read.
type Machine struct{ outermost level }

// Players carry out what a state machine only asks for.
type Players struct {
	// Worker plays the tasks.
	Worker Worker
	// Sleep, if set, is called for every Wait state and for every pause before a retry, with how long it lasts: with full jitter that is any
	// time from 0 to the longest.
	Sleep func(shortest, longest time.Duration)
	// Token, if set, makes what "$$.Task.Token" stands for, anew for every attempt of a state; or else it is "task-token".
	Token func() string
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
	machine, err := Parse(definition)
	if err != nil {
		return nil, err
	}
	return machine.Run(input, Players{Worker: worker}), nil
}

// Parse reads a definition, in which substitutions may stand for resources.
func Parse(definition []byte) (*Machine, error) {
	outermost, err := parse(definition)
	if err != nil {
		return nil, err
	}
	return &Machine{outermost}, nil
}

// Run runs the state machine until it ends. Parallel branches and Map items run one after the other.
func (m *Machine) Run(input any, players Players) *Execution {
	return m.run(m.outermost.StartAt, plain(input), players)
}

// Redrive goes on with an execution that stopped, from the state in which it did. Of a Parallel or Map state everything is done again.
func (m *Machine) Redrive(stopped *Execution, players Players) *Execution {
	return m.run(stopped.StoppedAt, stopped.StoppedWith, players)
}

func (m *Machine) run(from string, data any, players Players) *Execution {
	r := &run{Players: players, execution: &Execution{}}
	r.execution.Output, r.execution.Failure = r.level(m.outermost, from, data, nil, true)
	return r.execution
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
	Players
	execution *Execution
}

func (r *run) level(l level, name string, data, item any, outermost bool) (any, *Error) {
	for {
		s, ok := l.States[name]
		if !ok {
			panic(fmt.Sprintf("statemachine: no state %q", name))
		}
		output, next, failure := r.state(name, s, data, item)
		if failure != nil {
			if outermost && s.Type != "Fail" {
				r.execution.StoppedAt, r.execution.StoppedWith = name, data
			}
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
		r.sleep(seconds(s.Seconds), seconds(s.Seconds))
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
	counts := make([]int, len(s.Retry))
	for attempt := 0; ; attempt++ {
		given := input
		if s.Parameters != nil && s.Type != "Map" {
			given = fill(s.Parameters, input, contextObject{item, r.token()})
		}
		result, failure := r.attempt(name, s, given, Task{State: name, Resource: s.Resource, Input: given, Attempt: attempt, TimeLimit: s.timeLimit(data)})
		if failure == nil {
			if s.ResultSelector != nil {
				result = fill(s.ResultSelector, result, contextObject{})
			}
			return get(put(data, s.ResultPath, result), s.OutputPath.or()), s.Next, nil
		}
		i := slices.IndexFunc(s.Retry, func(r retrier) bool { return matches(r.ErrorEquals, failure.Name) })
		if i < 0 || counts[i] >= s.Retry[i].attempts() {
			return nil, "", failure
		}
		longest := s.Retry[i].pause(counts[i])
		shortest := longest
		if s.Retry[i].JitterStrategy == "FULL" {
			shortest = 0
		}
		r.sleep(shortest, longest)
		counts[i]++
	}
}

// sleep lets time pass.
func (r *run) sleep(shortest, longest time.Duration) {
	r.execution.Waited += longest
	if r.Sleep != nil {
		r.Sleep(shortest, longest)
	}
}

func (r *run) token() string {
	if r.Token == nil {
		return "task-token"
	}
	return r.Token()
}

// timeLimit is how long an attempt may take.
func (s state) timeLimit(data any) time.Duration {
	if s.TimeoutSecondsPath != "" {
		return seconds(get(data, s.TimeoutSecondsPath).(float64))
	}
	return seconds(s.TimeoutSeconds)
}

// attempt runs a state once.
func (r *run) attempt(name string, s state, input any, task Task) (any, *Error) {
	switch s.Type {
	case "Pass":
		if s.Result != nil {
			return s.Result, nil
		}
		return input, nil
	case "Task":
		result, err := r.Worker(task)
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
			return fill(s.ItemSelector, input, contextObject{item: items[i]}), items[i]
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
		result, failure := r.level(l, l.StartAt, data, item, false)
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
