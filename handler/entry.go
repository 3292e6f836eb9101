package handler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// entry is what every kind of handler shares: how work is begun, called, and ended with a line in the log.
type entry struct {
	logger *slog.Logger
	tracer *tracer
	cold   atomic.Bool // until the first invocation
}

// work is one request, event, message, change or task as its log line tells of it.
type work struct {
	kind  string // the line's message, and the start of the trace's name
	name  string
	about about
	more  []slog.Attr
}

func newEntry(logger *slog.Logger) *entry {
	e := &entry{logger: logger, tracer: newTracer()}
	e.cold.Store(true)
	return e
}

// warmed tells that the instance has answered a ping, so that the next work meets no cold start.
func (e *entry) warmed() { e.cold.Store(false) }

// attributes are those of every line of the work.
func (w work) attributes(ctx context.Context, cold bool) []slog.Attr {
	all := []slog.Attr{
		slog.String("correlationId", w.about.CorrelationID),
		slog.String("requestId", lambdaRequestID(ctx)),
		slog.String("traceId", traceID(ctx)),
		slog.Bool("coldStart", cold),
	}
	all = append(all, w.more...)
	if w.about.OrderID != "" {
		all = append(all, slog.String("orderId", w.about.OrderID))
	}
	return all
}

// begin opens the scope of some work. Work without a correlation id gets a new one.
func (e *entry) begin(ctx context.Context, w work, cold bool) (context.Context, *scope) {
	if w.about.CorrelationID == "" {
		w.about.CorrelationID = NewID()
	}
	segment := e.tracer.start(traceID(ctx), w.kind+" "+w.name)
	segment.annotate("correlationId", w.about.CorrelationID)
	if w.about.OrderID != "" {
		segment.annotate("orderId", w.about.OrderID)
	}
	s := newScope(e.logger, w.about.CorrelationID, segment, w.attributes(ctx, cold))
	return s.in(ctx), s
}

// do works on one thing, from its scope to its log line and its trace. Its error is that of f, or the panic.
func (e *entry) do(ctx context.Context, w work, cold bool, f func(context.Context) error) error {
	started := time.Now()
	ctx, s := e.begin(ctx, w, cold)
	err := ctx.Err() // there may have been no time left to begin with
	if err == nil {
		err = guard(func() error { return f(ctx) })
	} else {
		err = fmt.Errorf("not begun, since the function's time is over: %w", err)
	}
	end(ctx, s.log(), w.kind, started, err)
	s.span.end(err != nil)
	return err
}

// guard calls f. A panic is an error like others.
func guard(f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &panicError{cause, debug.Stack()}
		}
	}()
	return f()
}

// end writes the line that tells how work went.
func end(ctx context.Context, logger *slog.Logger, kind string, started time.Time, err error) {
	took := slog.Float64("durationMs", float64(time.Since(started).Microseconds())/1e3)
	if err == nil {
		logger.LogAttrs(ctx, slog.LevelInfo, kind, slog.String("outcome", "ok"), took)
		return
	}
	attributes := []slog.Attr{slog.String("outcome", "failed"), took, slog.String("errorType", errorName(err)), slog.Any("error", err)}
	if p, ok := errors.AsType[*panicError](err); ok {
		attributes = append(attributes, slog.String("stack", string(p.stack)))
	}
	level := slog.LevelError
	if kind == taskKind && expected(err) {
		level = slog.LevelInfo
	}
	logger.LogAttrs(ctx, level, kind, attributes...)
}

// named is an error that says how Step Functions is to call it.
type named interface {
	error
	ErrorName() string
}

// taskFailed is the name of errors that nothing more is known of. They may pass: a workflow retries them.
const taskFailed = "TaskFailed"

// kindNames are the names of faults.
var kindNames = map[fault.Kind]string{
	fault.ErrInvalid:         "Invalid",
	fault.ErrUnauthenticated: "Unauthenticated",
	fault.ErrForbidden:       "Forbidden",
	fault.ErrNotFound:        "NotFound",
	fault.ErrPrecondition:    "Precondition",
	fault.ErrConflict:        "Conflict",
	fault.ErrUnprocessable:   "Unprocessable",
	fault.ErrUnavailable:     "Unavailable",
}

// errorName is what a failure is called outside: by its own name, by its kind of fault, or TaskFailed.
func errorName(err error) string {
	if n, ok := errors.AsType[named](err); ok && n.ErrorName() != "" {
		return n.ErrorName()
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		if name, known := kindNames[f.Kind]; known {
			return name
		}
	}
	return taskFailed
}

// taskKind is the kind of work whose errors may be results: a workflow catches them by name.
const taskKind = "task"

// expected tells errors that are outcomes of the domain from those that somebody has to look at.
func expected(err error) bool {
	name := errorName(err)
	return name != taskFailed && name != kindNames[fault.ErrUnavailable]
}

// failure is the answer to Lambda for an invocation that failed. The text of a panic stays in the log.
func failure(err error) error {
	text := err.Error()
	if _, ok := errors.AsType[*panicError](err); ok {
		text = "the function panicked; its log has the stack"
	}
	return messages.InvokeResponse_Error{Type: errorName(err), Message: text}
}
