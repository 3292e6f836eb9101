package handler

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// StartTask carries out a task of a workflow until Lambda ends the process. If the environment is not complete, it ends the
// process itself, saying what is missing.
func StartTask[In, Out any](env *Env, task func(context.Context, In) (Out, error)) {
	start(Task(env.start(), task))
}

// Task returns the Lambda handler that StartTask runs. It is separate so that a task can be tested with the input that a
// workflow would give it; package handlertest makes that easy.
//
// The input's members correlationId and orderId go into the log and the trace, whatever else In reads. Members that In has not are
// ignored: a workflow may hand over more than a task needs.
//
// An error gets this errorType, by which the workflow's Retry and Catch know it: what its method ErrorName() string returns, if it
// or an error that it wraps has one; Invalid, Unauthenticated, Forbidden, NotFound, Precondition, Conflict, Unprocessable or
// Unavailable for a fault of that kind; TaskFailed for everything else, panics too. Input that cannot be read is Invalid. The
// workflow's history keeps the error's text, so it must not carry secrets.
func Task[In, Out any](logger *slog.Logger, task func(context.Context, In) (Out, error)) lambda.Handler {
	return &taskHandler[In, Out]{newEntry(logger), task}
}

type taskHandler[In, Out any] struct {
	*entry
	task func(context.Context, In) (Out, error)
}

// Invoke carries the task out once.
func (h *taskHandler[In, Out]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, cancel := leaveMargin(ctx)
	defer cancel()
	var answer []byte
	w := work{kind: taskKind, about: aboutOf(payload)}
	err := h.do(ctx, w, h.cold.Swap(false), func(ctx context.Context) error {
		var in In
		if err := json.Unmarshal(payload, &in); err != nil {
			return &fault.Error{Kind: fault.ErrInvalid, Detail: fmt.Sprintf("The task's input cannot be read as %T", in), Err: err}
		}
		out, err := h.task(ctx, in)
		if err != nil {
			return err
		}
		if answer, err = json.Marshal(out); err != nil {
			return fmt.Errorf("encoding the task's result %T: %w", out, err)
		}
		return nil
	})
	if err != nil {
		return nil, failure(err)
	}
	return answer, nil
}
