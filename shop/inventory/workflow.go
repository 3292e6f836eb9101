package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/serverless-shop/serverless-shop/handler"
)

// WorkflowClient is what [WorkflowTasks] need of Step Functions; *sfn.Client has it.
type WorkflowClient interface {
	SendTaskSuccess(context.Context, *sfn.SendTaskSuccessInput, ...func(*sfn.Options)) (*sfn.SendTaskSuccessOutput, error)
	SendTaskFailure(context.Context, *sfn.SendTaskFailureInput, ...func(*sfn.Options)) (*sfn.SendTaskFailureOutput, error)
}

// WorkflowTasks are the Tasks of Step Functions.
type WorkflowTasks struct{ client WorkflowClient }

// NewWorkflowTasks returns the tasks that a client can end.
func NewWorkflowTasks(client WorkflowClient) *WorkflowTasks { return &WorkflowTasks{client} }

// Succeed implements Tasks.
func (t *WorkflowTasks) Succeed(ctx context.Context, taskToken string, answer any) error {
	output, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encoding a task's answer: %w", err)
	}
	text := string(output)
	_, err = t.client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: &taskToken, Output: &text})
	return unlessGone(ctx, err)
}

// Fail implements Tasks.
func (t *WorkflowTasks) Fail(ctx context.Context, taskToken, name, cause string) error {
	_, err := t.client.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: &taskToken, Error: &name, Cause: &cause})
	return unlessGone(ctx, err)
}

// unlessGone takes a task that was told before, gave up waiting, or ended with its workflow for told: there is nobody to tell.
func unlessGone(ctx context.Context, err error) error {
	_, timedOut := errors.AsType[*types.TaskTimedOut](err)
	_, gone := errors.AsType[*types.TaskDoesNotExist](err)
	_, invalid := errors.AsType[*types.InvalidToken](err)
	if timedOut || gone || invalid {
		handler.Logger(ctx).Info("the task waits no longer", "reason", err.Error())
		return nil
	}
	return err
}
