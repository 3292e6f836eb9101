package statemachine_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/internal/statemachine"
)

// run runs a definition whose tasks are played by worker.
func run(t *testing.T, definition string, input any, worker statemachine.Worker) *statemachine.Execution {
	t.Helper()
	execution, err := statemachine.Run([]byte(definition), input, worker)
	require.NoError(t, err)
	return execution
}

func TestRun_RetriesAsOftenAsTheMatchingRetrierAllows(t *testing.T) {
	attempts := 0
	execution := run(t, `{"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "${Work}", "End": true, "Retry": [
		{"ErrorEquals": ["Refused"], "MaxAttempts": 0},
		{"ErrorEquals": ["States.ALL"], "MaxAttempts": 3, "IntervalSeconds": 1, "BackoffRate": 3, "MaxDelaySeconds": 5}]}}}`, nil,
		func(task statemachine.Task) (any, error) {
			require.Equal(t, attempts, task.Attempt)
			attempts++
			return nil, errors.New("busy")
		})
	require.Equal(t, 4, attempts)
	require.Equal(t, &statemachine.Error{Name: "TaskFailed", Cause: "busy"}, execution.Failure)
	require.Equal(t, (1+3+5)*time.Second, execution.Waited)
}

func TestRun_DoesNotRetryWhatTheFirstMatchingRetrierForbids(t *testing.T) {
	attempts := 0
	execution := run(t, `{"StartAt": "Work", "States": {
		"Work": {"Type": "Task", "Resource": "${Work}", "Next": "Done", "ResultPath": "$.result",
			"Retry": [{"ErrorEquals": ["Refused"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"]}],
			"Catch": [{"ErrorEquals": ["Refused"], "ResultPath": "$.failure", "Next": "Done"}]},
		"Done": {"Type": "Succeed"}}}`, map[string]any{"id": 1},
		func(statemachine.Task) (any, error) {
			attempts++
			return nil, &statemachine.Error{Name: "Refused", Cause: "no"}
		})
	require.Equal(t, 1, attempts)
	require.Equal(t, map[string]any{"id": 1.0, "failure": map[string]any{"Error": "Refused", "Cause": "no"}}, execution.Output)
	require.Equal(t, []statemachine.Step{{From: "Work", To: "Done", Error: "Refused"}, {From: "Done"}}, execution.Steps)
}

func TestRun_FillsParametersAndPutsResults(t *testing.T) {
	execution := run(t, `{"StartAt": "Work", "States": {
		"Work": {"Type": "Task", "Resource": "${Work}", "Next": "Count", "ResultPath": "$.a.b",
			"Parameters": {"fixed": [1, {"x.$": "$.deep.value"}], "token.$": "$$.Task.Token"}},
		"Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 2)"}, "ResultPath": "$.counted", "End": true}}}`,
		map[string]any{"deep": map[string]any{"value": "v"}, "n": 1},
		func(task statemachine.Task) (any, error) {
			require.Equal(t, map[string]any{"fixed": []any{1.0, map[string]any{"x": "v"}}, "token": "task-token"}, task.Input)
			return "result", nil
		})
	require.Equal(t, map[string]any{
		"deep": map[string]any{"value": "v"}, "n": 1.0, "a": map[string]any{"b": "result"}, "counted": map[string]any{"n": 3.0},
	}, execution.Output)
}

func TestRun_MapsItemsAndRunsBranches(t *testing.T) {
	execution := run(t, `{"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true, "Branches": [
		{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemsPath": "$.lines",
			"ItemSelector": {"id.$": "$.id", "line.$": "$$.Map.Item.Value"},
			"ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Task", "Resource": "${One}", "End": true}}}}}},
		{"StartAt": "Choose", "States": {
			"Choose": {"Type": "Choice", "Default": "Small", "Choices": [
				{"Or": [{"Variable": "$.id", "StringEquals": "x"}, {"Variable": "$.size", "NumericGreaterThanEquals": 10}], "Next": "Large"}]},
			"Large": {"Type": "Pass", "Result": "large", "End": true},
			"Small": {"Type": "Pass", "Result": "small", "End": true}}}]}}}`,
		map[string]any{"id": "order", "size": 10, "lines": []any{"a", "b"}},
		func(task statemachine.Task) (any, error) { return task.Input, nil })
	require.Equal(t, []any{
		[]any{map[string]any{"id": "order", "line": "a"}, map[string]any{"id": "order", "line": "b"}}, "large",
	}, execution.Output)
}

func TestRun_EndsInFail(t *testing.T) {
	execution := run(t, `{"StartAt": "Pause", "States": {
		"Pause": {"Type": "Wait", "Seconds": 90, "Next": "Failed"},
		"Failed": {"Type": "Fail", "Error": "OrderFailed", "CausePath": "$.why"}}}`, map[string]any{"why": "because"}, nil)
	require.Equal(t, &statemachine.Error{Name: "OrderFailed", Cause: "because"}, execution.Failure)
	require.Equal(t, 90*time.Second, execution.Waited)
}

func TestRun_RefusesWhatItWouldRunDifferently(t *testing.T) {
	_, err := statemachine.Run([]byte(`{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true, "Assign": {"x": 1}}}}`), nil, nil)
	require.ErrorContains(t, err, `unknown field "Assign"`)
	require.PanicsWithValue(t, "statemachine: operator IsPresent is not known here", func() {
		_, _ = statemachine.Run([]byte(`{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "A"}]}}}`), nil, nil)
	})
}

func TestTransitions_AreThoseOfAllLevels(t *testing.T) {
	steps, err := statemachine.Transitions([]byte(`{"StartAt": "A", "States": {
		"A": {"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "C", "States": {"C": {"Type": "Pass", "End": true}}}],
			"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "D"}]},
		"B": {"Type": "Choice", "Choices": [{"Variable": "$.x", "StringEquals": "y", "Next": "D"}], "Default": "A"},
		"D": {"Type": "Succeed"}}}`))
	require.NoError(t, err)
	require.Equal(t, []statemachine.Step{
		{From: "A", To: "B"}, {From: "A", To: "D"}, {From: "B", To: "A"}, {From: "B", To: "D"}, {From: "C"}, {From: "D"},
	}, steps)
}

func TestMachine_SleepsAndIsRedrivenFromWhereItStopped(t *testing.T) {
	machine, err := statemachine.Parse([]byte(`{"StartAt": "First", "States": {
		"First": {"Type": "Task", "Resource": "${First}", "ResultPath": "$.first", "Next": "Pause"},
		"Pause": {"Type": "Wait", "Seconds": 7, "Next": "Second"},
		"Second": {"Type": "Task", "Resource": "${Second}", "TimeoutSecondsPath": "$.limit", "Parameters": {"of.$": "$.first", "token.$": "$$.Task.Token"}, "End": true,
			"Retry": [
				{"ErrorEquals": ["Busy"], "IntervalSeconds": 3, "MaxAttempts": 1, "JitterStrategy": "FULL"},
				{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 1}]}}}`))
	require.NoError(t, err)
	var slept []time.Duration
	var seen []any
	tokens, broken := 0, true
	players := statemachine.Players{
		Sleep: func(shortest, longest time.Duration) { slept = append(slept, shortest, longest) },
		Token: func() string { tokens++; return strconv.Itoa(tokens) },
		Worker: func(task statemachine.Task) (any, error) {
			seen = append(seen, task.Input)
			if task.State == "Second" && broken {
				require.Equal(t, 5*time.Second, task.TimeLimit)
				return nil, errors.New("broken")
			}
			return task.State, nil
		},
	}
	stopped := machine.Run(map[string]any{"limit": 5}, players)
	require.Equal(t, "Second", stopped.StoppedAt)
	require.Equal(t, []time.Duration{7 * time.Second, 7 * time.Second, 2 * time.Second, 2 * time.Second}, slept)
	require.Equal(t, []any{
		map[string]any{"limit": 5.0}, map[string]any{"of": "First", "token": "1"}, map[string]any{"of": "First", "token": "2"},
	}, seen)

	broken, seen = false, nil
	redriven := machine.Redrive(stopped, players)
	require.Nil(t, redriven.Failure)
	require.Equal(t, "Second", redriven.Output)
	require.Equal(t, []any{map[string]any{"of": "First", "token": "3"}}, seen)
}
