// Package flow finds executions of the order flow that stopped, and lets them go on. Its compensation steps stop on purpose when they fail for
// good: giving up would leave money, stock or a parcel behind.
package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
)

// Client is what this package needs of Step Functions; *sfn.Client has it.
type Client interface {
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
	GetExecutionHistory(context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error)
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
	RedriveExecution(context.Context, *sfn.RedriveExecutionInput, ...func(*sfn.Options)) (*sfn.RedriveExecutionOutput, error)
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
}

// Flow is the order flow of a stack.
type Flow struct {
	client  Client
	machine string
}

// New returns the order flow whose state machine has this ARN.
func New(client Client, machine string) *Flow { return &Flow{client, machine} }

// Execution is one run of the order flow.
type Execution struct {
	// Name is the order's id; a restart's has -again-1, -again-2 … behind it.
	Name string `json:"name"`
	// ARN of the execution.
	ARN string `json:"arn"`
	// Status is Step Functions': RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE.
	Status string `json:"status"`
	// Started and Stopped are when; Stopped is zero as long as it runs.
	Started time.Time `json:"started"`
	Stopped time.Time `json:"stopped,omitzero"`
	// Step is where it stopped, and Error and Cause why.
	Step  string `json:"step,omitempty"`
	Error string `json:"error,omitempty"`
	Cause string `json:"cause,omitempty"`
	// Redrives is how often it was redriven.
	Redrives int `json:"redrives"`
}

// stopped are the statuses of executions that did not get to an end of theirs.
var stopped = []types.ExecutionStatus{types.ExecutionStatusFailed, types.ExecutionStatusTimedOut, types.ExecutionStatusAborted}

// List returns up to limit executions, the latest first: those that stopped, or all of them. A failed execution for whose order a later
// one was started is left out of the former.
func (f *Flow) List(ctx context.Context, failed bool, limit int) ([]Execution, error) {
	if limit < 1 || limit > 1000 {
		return nil, fmt.Errorf("listing %d executions, want 1–1000", limit)
	}
	statuses := []types.ExecutionStatus{""}
	if failed {
		statuses = stopped
	}
	wanted := func(types.ExecutionListItem) (bool, error) { return true, nil }
	if failed {
		wanted = func(item types.ExecutionListItem) (bool, error) { return f.isLatest(ctx, aws.ToString(item.Name)) }
	}
	var items []types.ExecutionListItem
	for _, status := range statuses {
		found, err := f.list(ctx, status, limit, wanted)
		if err != nil {
			return nil, err
		}
		items = append(items, found...)
	}
	slices.SortFunc(items, func(a, b types.ExecutionListItem) int {
		return aws.ToTime(b.StartDate).Compare(aws.ToTime(a.StartDate))
	})
	var all []Execution
	for _, item := range items {
		if len(all) == limit {
			break
		}
		e := Execution{
			Name: aws.ToString(item.Name), ARN: aws.ToString(item.ExecutionArn), Status: string(item.Status),
			Started: aws.ToTime(item.StartDate).UTC(), Stopped: aws.ToTime(item.StopDate).UTC(), Redrives: int(aws.ToInt32(item.RedriveCount)),
		}
		if slices.Contains(stopped, item.Status) {
			if err := f.explain(ctx, &e); err != nil {
				return nil, err
			}
		}
		all = append(all, e)
	}
	return all, nil
}

// isLatest tells whether no later execution was started for the order of one.
func (f *Flow) isLatest(ctx context.Context, name string) (bool, error) {
	_, err := f.describe(ctx, next(name))
	if errors.As(err, new(*types.ExecutionDoesNotExist)) {
		return true, nil
	}
	return false, err
}

// list returns up to limit executions that are wanted, the latest first.
func (f *Flow) list(
	ctx context.Context, status types.ExecutionStatus, limit int, wanted func(types.ExecutionListItem) (bool, error),
) (items []types.ExecutionListItem, err error) {
	in := &sfn.ListExecutionsInput{StateMachineArn: &f.machine, StatusFilter: status, MaxResults: int32(limit)} //nolint:gosec // 1–1000
	for {
		out, err := f.client.ListExecutions(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("listing executions of %s: %w", f.machine, err)
		}
		for _, item := range out.Executions {
			ok, err := wanted(item)
			if err != nil {
				return nil, err
			}
			if ok {
				items = append(items, item)
			}
			if len(items) == limit {
				return items, nil
			}
		}
		if out.NextToken == nil {
			return items, nil
		}
		in.NextToken = out.NextToken
	}
}

// explain finds out why an execution stopped, and in which step.
func (f *Flow) explain(ctx context.Context, e *Execution) error {
	out, err := f.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &e.ARN})
	if err != nil {
		return fmt.Errorf("reading execution %s: %w", e.Name, err)
	}
	e.Error, e.Cause = aws.ToString(out.Error), aws.ToString(out.Cause)
	// A step that was tried eleven times has left more than thirty events since it was entered.
	in := &sfn.GetExecutionHistoryInput{ExecutionArn: &e.ARN, ReverseOrder: true, MaxResults: historyPage}
	for {
		history, err := f.client.GetExecutionHistory(ctx, in)
		if err != nil {
			return fmt.Errorf("reading where execution %s stopped: %w", e.Name, err)
		}
		for _, h := range history.Events {
			if h.StateEnteredEventDetails != nil {
				e.Step = aws.ToString(h.StateEnteredEventDetails.Name)
				return nil
			}
		}
		if history.NextToken == nil {
			return nil
		}
		in.NextToken = history.NextToken
	}
}

// historyPage is how many events of an execution are read at once.
const historyPage = 100

// arn is the ARN of the execution of this name.
func (f *Flow) arn(name string) string {
	return strings.Replace(f.machine, ":stateMachine:", ":execution:", 1) + ":" + name
}

func (f *Flow) describe(ctx context.Context, name string) (*sfn.DescribeExecutionOutput, error) {
	arn := f.arn(name)
	out, err := f.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	if err != nil {
		return nil, fmt.Errorf("reading execution %s: %w", name, err)
	}
	return out, nil
}

// again is between an order's id and the number of a restart.
const again = "-again-"

// maxRestarts is how many restarts of one order are looked for.
const maxRestarts = 20

// next is the name of the restart after an execution.
func next(name string) string {
	id, number, restarted := strings.Cut(name, again)
	if !restarted {
		return id + again + "1"
	}
	var n int
	if _, err := fmt.Sscan(number, &n); err != nil {
		return name + again + "1"
	}
	return fmt.Sprint(id, again, n+1)
}

// Names are the executions of an order that there are, the first one first.
func (f *Flow) Names(ctx context.Context, orderID string) ([]string, error) {
	var names []string
	for name := orderID; len(names) < maxRestarts; name = next(name) {
		_, err := f.describe(ctx, name)
		if errors.As(err, new(*types.ExecutionDoesNotExist)) {
			break
		}
		if err != nil {
			return names, err
		}
		names = append(names, name)
	}
	return names, nil
}

// Events returns what happened in an execution, the first event first.
func (f *Flow) Events(ctx context.Context, name string) ([]types.HistoryEvent, error) {
	arn := f.arn(name)
	in := &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: 1000}
	var events []types.HistoryEvent
	for {
		out, err := f.client.GetExecutionHistory(ctx, in)
		if err != nil {
			return events, fmt.Errorf("reading the history of execution %s: %w", name, err)
		}
		events = append(events, out.Events...)
		if out.NextToken == nil {
			return events, nil
		}
		in.NextToken = out.NextToken
	}
}

// ErrNotStopped is the error of redriving what has not stopped.
var ErrNotStopped = errors.New("it has not stopped")

// Redrive lets the order's latest execution go on from the step that it stopped at, and returns its name.
func (f *Flow) Redrive(ctx context.Context, orderID string) (string, error) {
	name, _, err := f.latest(ctx, orderID)
	if err != nil {
		return "", err
	}
	arn := f.arn(name)
	_, err = f.client.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: &arn})
	if api, ok := errors.AsType[smithy.APIError](err); ok && (api.ErrorCode() == "InvalidAction" || api.ErrorCode() == "UnknownOperationException") {
		return "", fmt.Errorf("redriving the flow of order %s: this endpoint does not implement RedriveExecution, which emulators lack; start it anew from its first step, which repeats nothing: shopctl flow redrive --restart %s", orderID, orderID)
	}
	if errors.As(err, new(*types.ExecutionNotRedrivable)) {
		return "", fmt.Errorf("redriving the flow of order %s: %w; executions are redrivable for 14 days, afterwards start it anew from its first step: shopctl flow redrive --restart %s", orderID, err, orderID)
	}
	if err != nil {
		return "", fmt.Errorf("redriving the flow of order %s: %w", orderID, err)
	}
	return name, nil
}

// Restart starts the flow of an order anew, with the same input, from its first step, and returns the new execution's name. Every task knows
// what it has done for an order and does it once, so that a restart goes through what was done and on from there.
func (f *Flow) Restart(ctx context.Context, orderID string) (string, error) {
	name, was, err := f.latest(ctx, orderID)
	if err != nil {
		return "", err
	}
	restart := next(name)
	_, err = f.client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &f.machine, Name: &restart, Input: was.Input})
	if err != nil {
		return "", fmt.Errorf("starting the flow of order %s anew: %w", orderID, err)
	}
	return restart, nil
}

// latest returns the last execution of an order, which must have stopped.
func (f *Flow) latest(ctx context.Context, orderID string) (string, *sfn.DescribeExecutionOutput, error) {
	names, err := f.Names(ctx, orderID)
	if err != nil {
		return "", nil, err
	}
	if len(names) == 0 {
		return "", nil, fmt.Errorf("order %s has no execution of the order flow; if the order exists, it waits to be started: look into the queue order-flow (shopctl dlq show order-flow)", orderID)
	}
	name := names[len(names)-1]
	was, err := f.describe(ctx, name)
	if err != nil {
		return "", nil, err
	}
	if !slices.Contains(stopped, was.Status) {
		return "", nil, fmt.Errorf("execution %s is %s: %w; only FAILED, TIMED_OUT and ABORTED ones can be redriven", name, was.Status, ErrNotStopped)
	}
	return name, was, nil
}
