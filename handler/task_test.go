package handler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
)

type reserving struct {
	OrderID       string `json:"orderId"`
	CorrelationID string `json:"correlationId"`
}

type reserved struct {
	Outcome string `json:"outcome"`
}

// declined is an error of a domain that a workflow catches by its name.
type declined struct{ code string }

func (d declined) Error() string     { return "declined: " + d.code }
func (d declined) ErrorName() string { return "PaymentDeclined" }

// nameless has the method and no name.
type nameless struct{ error }

func (nameless) ErrorName() string { return "" }

func failingTask(err error) func(context.Context, reserving) (reserved, error) {
	return func(context.Context, reserving) (reserved, error) { return reserved{}, err }
}

func TestTask(t *testing.T) {
	var log bytes.Buffer
	task := handler.Task(logTo(&log), func(ctx context.Context, in reserving) (reserved, error) {
		return reserved{in.OrderID + " " + in.CorrelationID + " " + handler.CorrelationID(ctx)}, nil
	})
	out, errorType := handlertest.RunTask[reserved](t, task, map[string]any{"orderId": "1", "correlationId": "corr-1", "more": []int{1}})
	require.Empty(t, errorType)
	require.Equal(t, "1 corr-1 corr-1", out.Outcome)
	line := lines(t, &log)[0]
	require.Equal(t, []any{"task", "corr-1", "1", "ok", true, "INFO"},
		[]any{line["msg"], line["correlationId"], line["orderId"], line["outcome"], line["coldStart"], line["level"]})

	out, _ = handlertest.RunTask[reserved](t, task, map[string]any{"orderId": "1"})
	require.Regexp(t, `^1  [a-z0-9]{26}$`, out.Outcome, "a new id")
}

func TestTask_ErrorsHaveTheNamesThatWorkflowsKnow(t *testing.T) {
	for _, test := range []struct {
		err   error
		want  string
		level string
	}{
		{declined{"card_declined"}, "PaymentDeclined", "INFO"},
		{fmt.Errorf("charging: %w", declined{"card_declined"}), "PaymentDeclined", "INFO"},
		{&fault.Error{Kind: fault.ErrUnavailable, Err: declined{"x"}}, "PaymentDeclined", "INFO"},
		{errors.Join(errors.New("first"), declined{"x"}), "PaymentDeclined", "INFO"},
		{fault.Invalid(fault.Field{Field: "lines", Message: "is required"}), "Invalid", "INFO"},
		{fault.New(fault.ErrUnauthenticated, "no"), "Unauthenticated", "INFO"},
		{fault.New(fault.ErrForbidden, "no"), "Forbidden", "INFO"},
		{fault.New(fault.ErrNotFound, "no"), "NotFound", "INFO"},
		{fault.New(fault.ErrPrecondition, "no"), "Precondition", "INFO"},
		{fault.New(fault.ErrConflict, "no"), "Conflict", "INFO"},
		{fault.New(fault.ErrUnprocessable, "no"), "Unprocessable", "INFO"},
		{fault.New(fault.ErrUnavailable, "no"), "Unavailable", "ERROR"},
		{fault.New("unheard of", "no"), "TaskFailed", "ERROR"},
		{errors.New("no"), "TaskFailed", "ERROR"},
		{nameless{errors.New("no")}, "TaskFailed", "ERROR"},
		{context.DeadlineExceeded, "TaskFailed", "ERROR"},
	} {
		var log bytes.Buffer
		_, errorType := handlertest.RunTask[reserved](t, handler.Task(logTo(&log), failingTask(test.err)), reserving{})
		require.Equal(t, test.want, errorType, "%v", test.err)
		line := lines(t, &log)[0]
		require.Equal(t, []any{test.want, test.level, "failed"}, []any{line["errorType"], line["level"], line["outcome"]})
	}
}

func TestTask_InputAndResultThatAreNoJSONOfTheirTypes(t *testing.T) {
	task := handler.Task(discard(), failingTask(nil))
	for _, input := range []string{`[]`, `{"orderId":7}`, `{`, `"x"`} {
		_, err := task.Invoke(context.Background(), []byte(input))
		require.Equal(t, "Invalid", handlertest.ErrorType(t, err), input)
	}
	unencodable := handler.Task(discard(), func(context.Context, reserving) (func(), error) { return func() {}, nil })
	_, errorType := handlertest.RunTask[any](t, unencodable, reserving{})
	require.Equal(t, "TaskFailed", errorType)
}

func TestTask_Panics(t *testing.T) {
	var log bytes.Buffer
	task := handler.Task(logTo(&log), func(context.Context, reserving) (reserved, error) { panic("secret internals") })
	_, err := task.Invoke(context.Background(), []byte(`{}`))
	require.Equal(t, "TaskFailed", handlertest.ErrorType(t, err))
	require.NotContains(t, err.Error(), "secret internals", "the workflow's history keeps it")
	require.Contains(t, log.String(), "panic: secret internals")
	require.Contains(t, log.String(), "task_test.go", "the stack")
}

func TestTask_LeavesTimeToFail(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	task := handler.Task(discard(), func(ctx context.Context, _ reserving) (reserved, error) {
		<-ctx.Done()
		return reserved{}, ctx.Err()
	})
	_, err := task.Invoke(ctx, []byte(`{}`))
	require.Equal(t, "TaskFailed", handlertest.ErrorType(t, err))
	require.NoError(t, ctx.Err(), "the function's own time is not over yet")
}

// Cognito's triggers expect their own input back, whatever is in it.
func TestTask_MayPassItsInputOn(t *testing.T) {
	task := handler.Task(discard(), func(_ context.Context, in json.RawMessage) (json.RawMessage, error) { return in, nil })
	const input = `{"triggerSource":"PostConfirmation_ConfirmSignUp","response":{}}`
	out, err := task.Invoke(context.Background(), []byte(input))
	require.NoError(t, err)
	require.JSONEq(t, input, string(out))
}
