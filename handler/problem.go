package handler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// retryAfterSeconds is what a client is asked to wait after a 503.
const retryAfterSeconds = 1

// Problem is an error answer as RFC 9457 describes it. As an error it can be returned by a [Func] for what is a matter
// of HTTP alone; a domain returns faults instead (package fault).
type Problem struct { //nolint:errname // "problem" is RFC 9457's own word for it
	// Type is "about:blank": the status says it all.
	Type string `json:"type"`
	// Title is the status's own phrase.
	Title string `json:"title"`
	// Status is the HTTP status.
	Status int `json:"status"`
	// Detail says what is wrong with this request and what to do.
	Detail string `json:"detail"`
	// CorrelationID finds the request in the logs.
	CorrelationID string `json:"correlationId"`
	// Errors are the wrong fields of a 400 or 422.
	Errors []fault.Field `json:"errors,omitempty"`
}

// NewProblem returns the problem for a status. The detail is shown to the client.
func NewProblem(status int, format string, args ...any) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// Error makes a Problem an error.
func (p *Problem) Error() string { return strconv.Itoa(p.Status) + " " + p.Title + ": " + p.Detail }

// statuses is how each kind of fault is answered. This is the only place that knows.
var statuses = map[fault.Kind]int{
	fault.ErrInvalid:         http.StatusBadRequest,
	fault.ErrUnauthenticated: http.StatusUnauthorized,
	fault.ErrForbidden:       http.StatusForbidden,
	fault.ErrNotFound:        http.StatusNotFound,
	fault.ErrPrecondition:    http.StatusPreconditionFailed,
	fault.ErrConflict:        http.StatusConflict,
	fault.ErrUnprocessable:   http.StatusUnprocessableEntity,
	fault.ErrUnavailable:     http.StatusServiceUnavailable,
}

// retryable is the SDK's own opinion on which errors are passing ones. An error that it gave up on after its last
// attempt still is one.
var retryable = retry.IsErrorRetryables(retry.DefaultRetryables)

// problemOf says how an error is answered. Only problems and faults have something to say to the client; any other
// error is a 500, or a 503 if time ran out or AWS was throttling or away, with a fixed text.
func problemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		answer := *p // the caller's may be shared between requests
		return &answer
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		if status, known := statuses[f.Kind]; known {
			p := NewProblem(status, "%s", f.Detail)
			p.Errors = f.Fields
			return p
		}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return NewProblem(http.StatusServiceUnavailable, "The request took too long and was given up. Try again in a moment.")
	case retryable.IsErrorRetryable(err) == aws.TrueTernary:
		return NewProblem(http.StatusServiceUnavailable, "The shop is busy. Try again in a moment.")
	}
	return NewProblem(http.StatusInternalServerError,
		"Something went wrong on our side. If it stays, tell us the correlationId.")
}

// response renders the problem for a request.
func (p *Problem) response(correlationID string) *Response {
	p.CorrelationID = correlationID
	r := JSON(p.Status, p).With("Content-Type", "application/problem+json")
	switch p.Status {
	case http.StatusUnauthorized:
		r.With("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		r.With("Retry-After", strconv.Itoa(retryAfterSeconds))
	}
	return r
}
