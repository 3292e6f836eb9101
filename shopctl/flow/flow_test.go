package flow

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
)

const machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:order-flow-1"

// fakeFlow is a state machine's executions by their names.
type fakeFlow struct {
	executions map[string]types.ExecutionStatus
	inputs     map[string]string
	redrivable error
	redriven   []string
	attempts   int // of the step that stopped
}

func nameOf(arn *string) string { return (*arn)[strings.LastIndex(*arn, ":")+1:] }

func (f *fakeFlow) DescribeExecution(_ context.Context, in *sfn.DescribeExecutionInput, _ ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	status, found := f.executions[nameOf(in.ExecutionArn)]
	if !found {
		return nil, &types.ExecutionDoesNotExist{}
	}
	return &sfn.DescribeExecutionOutput{Status: status, Error: aws.String("Unavailable"), Cause: aws.String("the provider is down"), Input: aws.String(f.inputs[nameOf(in.ExecutionArn)])}, nil
}

func (f *fakeFlow) GetExecutionHistory(_ context.Context, in *sfn.GetExecutionHistoryInput, _ ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error) {
	entered := func(name string) types.HistoryEvent {
		return types.HistoryEvent{Type: types.HistoryEventTypeTaskStateEntered, StateEnteredEventDetails: &types.StateEnteredEventDetails{Name: &name}}
	}
	all := []types.HistoryEvent{entered("ReserveStock"), entered("RefundPayment"), {Type: types.HistoryEventTypeExecutionFailed}}
	if in.ReverseOrder {
		all = slices.Insert(all, 2, slices.Repeat([]types.HistoryEvent{{Type: types.HistoryEventTypeTaskFailed}}, f.attempts)...)
		slices.Reverse(all)
		from := 0
		if in.NextToken != nil {
			from, _ = strconv.Atoi(*in.NextToken)
		}
		out := &sfn.GetExecutionHistoryOutput{Events: all[from:min(from+int(in.MaxResults), len(all))]}
		if to := from + len(out.Events); to < len(all) {
			out.NextToken = aws.String(strconv.Itoa(to))
		}
		return out, nil
	}
	if in.NextToken == nil {
		return &sfn.GetExecutionHistoryOutput{Events: all[:2], NextToken: aws.String("more")}, nil
	}
	return &sfn.GetExecutionHistoryOutput{Events: all[2:]}, nil
}

func (f *fakeFlow) ListExecutions(_ context.Context, in *sfn.ListExecutionsInput, _ ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error) {
	out := &sfn.ListExecutionsOutput{}
	after := aws.ToString(in.NextToken)
	for _, name := range slices.SortedFunc(maps.Keys(f.executions), latestFirst) {
		status := f.executions[name]
		if after != "" {
			if name == after {
				after = ""
			}
			continue
		}
		if len(out.Executions) == int(in.MaxResults) {
			out.NextToken = out.Executions[len(out.Executions)-1].Name
			return out, nil
		}
		if in.StatusFilter == "" || in.StatusFilter == status {
			arn := "arn:aws:states:eu-west-1:123456789012:execution:order-flow-1:" + name
			out.Executions = append(out.Executions, types.ExecutionListItem{Name: aws.String(name), ExecutionArn: &arn, Status: status, StartDate: aws.Time(time.Unix(int64(len(name)), 0))})
		}
	}
	return out, nil
}

// latestFirst orders executions by when they were started: the longer the name, the later.
func latestFirst(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) }

func (f *fakeFlow) RedriveExecution(_ context.Context, in *sfn.RedriveExecutionInput, _ ...func(*sfn.Options)) (*sfn.RedriveExecutionOutput, error) {
	if f.redrivable != nil {
		return nil, f.redrivable
	}
	f.redriven = append(f.redriven, nameOf(in.ExecutionArn))
	return &sfn.RedriveExecutionOutput{}, nil
}

func (f *fakeFlow) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	if _, found := f.executions[*in.Name]; found || *in.StateMachineArn != machine {
		return nil, &types.ExecutionAlreadyExists{}
	}
	f.executions[*in.Name], f.inputs[*in.Name] = types.ExecutionStatusRunning, *in.Input
	return &sfn.StartExecutionOutput{}, nil
}

func newFlow() (*fakeFlow, *Flow) {
	f := &fakeFlow{
		executions: map[string]types.ExecutionStatus{
			"good": "SUCCEEDED", "stuck": "FAILED", "slow-one": "TIMED_OUT", "repaired": "FAILED", "repaired-again-1": "FAILED", "repaired-again-2": "SUCCEEDED",
		},
		inputs: map[string]string{"stuck": `{"orderId":"stuck"}`},
	}
	return f, New(f, machine)
}

func TestList_ShowsWhereAndWhyExecutionsStopped(t *testing.T) {
	_, flow := newFlow()
	failed, err := flow.List(t.Context(), true, 10)
	require.NoError(t, err)
	require.Len(t, failed, 2, "not those that went on as another execution")
	require.Equal(t, "slow-one", failed[0].Name, "the latest first")
	require.Equal(t, "RefundPayment", failed[1].Step)
	require.Equal(t, "the provider is down", failed[1].Cause)
	all, err := flow.List(t.Context(), false, 10)
	require.NoError(t, err)
	require.Len(t, all, 6)
	_, err = flow.List(t.Context(), false, 0)
	require.ErrorContains(t, err, "want 1–1000")
}

func TestList_LooksBehindThoseThatWentOn(t *testing.T) {
	_, flow := newFlow()
	failed, err := flow.List(t.Context(), true, 1)
	require.NoError(t, err)
	require.Equal(t, "slow-one", failed[0].Name)
	f := &fakeFlow{executions: map[string]types.ExecutionStatus{
		"older": "FAILED", "latest": "FAILED", "latest-again-1": "SUCCEEDED", "latest2": "FAILED", "latest2-again-1": "SUCCEEDED",
	}}
	failed, err = New(f, machine).List(t.Context(), true, 1)
	require.NoError(t, err)
	require.Len(t, failed, 1, "though the latest failed one was repaired")
	require.Equal(t, "older", failed[0].Name)
}

func TestList_FindsTheStepBehindItsManyAttempts(t *testing.T) {
	f, flow := newFlow()
	f.attempts = 250
	failed, err := flow.List(t.Context(), true, 10)
	require.NoError(t, err)
	require.Equal(t, "RefundPayment", failed[1].Step)
}

func TestRedrive(t *testing.T) {
	f, flow := newFlow()
	name, err := flow.Redrive(t.Context(), "stuck")
	require.NoError(t, err)
	require.Equal(t, "stuck", name)
	require.Equal(t, []string{"stuck"}, f.redriven)

	_, err = flow.Redrive(t.Context(), "good")
	require.ErrorIs(t, err, ErrNotStopped)
	_, err = flow.Redrive(t.Context(), "repaired")
	require.ErrorIs(t, err, ErrNotStopped, "its latest execution has succeeded")
	_, err = flow.Redrive(t.Context(), "none")
	require.ErrorContains(t, err, "order none has no execution of the order flow; if the order exists, it waits to be started")

	f.redrivable = &types.ExecutionNotRedrivable{}
	_, err = flow.Redrive(t.Context(), "stuck")
	require.ErrorContains(t, err, "redrivable for 14 days, afterwards start it anew from its first step: shopctl flow redrive --restart stuck")
	f.redrivable = &smithy.GenericAPIError{Code: "InvalidAction"}
	_, err = flow.Redrive(t.Context(), "stuck")
	require.ErrorContains(t, err, "does not implement RedriveExecution")
}

func TestRestart_StartsAnewWithTheSameInput(t *testing.T) {
	f, flow := newFlow()
	name, err := flow.Restart(t.Context(), "stuck")
	require.NoError(t, err)
	require.Equal(t, "stuck-again-1", name)
	require.JSONEq(t, `{"orderId":"stuck"}`, f.inputs[name])
	_, err = flow.Restart(t.Context(), "stuck")
	require.ErrorIs(t, err, ErrNotStopped, "two at once would be one too many")
	f.executions[name] = "FAILED"
	name, err = flow.Restart(t.Context(), "stuck")
	require.NoError(t, err)
	require.Equal(t, "stuck-again-2", name)
	names, err := flow.Names(t.Context(), "stuck")
	require.NoError(t, err)
	require.Equal(t, []string{"stuck", "stuck-again-1", "stuck-again-2"}, names)
}

func TestEvents_ReadsEveryPage(t *testing.T) {
	_, flow := newFlow()
	events, err := flow.Events(t.Context(), "stuck")
	require.NoError(t, err)
	require.Len(t, events, 3)
}
