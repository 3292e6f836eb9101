package handler

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// Func answers the requests of one route. It must honour ctx, which ends a little before Lambda would end the function,
// so that there is time left to say so.
type Func func(ctx context.Context, r *Request) (*Response, error)

// event is the part of API Gateway's HTTP payload 2.0 that functions use. It is declared here because the type in
// aws-lambda-go can hold string claims only and fails the whole invocation on any other.
//
// The part of payload 1.0, which REST APIs send, that 2.0 has not is read in the same pass; see [event.fromREST].
type event struct {
	Version         string            `json:"version"`
	RouteKey        string            `json:"routeKey"`
	RawQueryString  string            `json:"rawQueryString"`
	Headers         map[string]string `json:"headers"`
	PathParameters  map[string]string `json:"pathParameters"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
	RequestContext  struct {
		RequestID  string `json:"requestId"`
		Stage      string `json:"stage"`
		DomainName string `json:"domainName"`
		HTTP       struct {
			Method string `json:"method"`
			Path   string `json:"path"`
		} `json:"http"`
		Authorizer struct {
			JWT struct {
				Claims map[string]json.RawMessage `json:"claims"`
			} `json:"jwt"`
			Claims map[string]json.RawMessage `json:"claims"` // 1.0
		} `json:"authorizer"`
		Path string `json:"path"` // 1.0: with the stage
	} `json:"requestContext"`

	// Payload 1.0 alone.
	Method            string              `json:"httpMethod"`
	Resource          string              `json:"resource"`
	MultiValueQuery   map[string][]string `json:"multiValueQueryStringParameters"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	StageVariables    stageVariables      `json:"stageVariables"`
}

// stageVariables are what a REST API tells its functions about its CORS settings, since unlike an HTTP API it adds no
// headers to their answers.
type stageVariables struct {
	CORSOrigin         string `json:"corsOrigin"`
	CORSExposedHeaders string `json:"corsExposedHeaders"`
}

// fromREST tells whether the event is one of a REST API, and if so says what it says in the terms of payload 2.0. Behind
// a REST API events have no version, and behind an HTTP API that was set to payload 1.0 they say so.
func (e *event) fromREST() bool {
	if e.Version != "" && e.Version != "1.0" || e.Method == "" || e.Resource == "" || e.RequestContext.Stage == "" {
		return false
	}
	e.RouteKey = e.Method + " " + e.Resource
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.Path = e.Method, e.RequestContext.Path
	e.RequestContext.Authorizer.JWT.Claims = e.RequestContext.Authorizer.Claims
	// API Gateway has decoded the query already, and sorts its parameters by name.
	e.RawQueryString = url.Values(e.MultiValueQuery).Encode()
	if e.MultiValueHeaders != nil {
		e.Headers = make(map[string]string, len(e.MultiValueHeaders))
		for name, values := range e.MultiValueHeaders {
			e.Headers[name] = strings.Join(values, ",") // as payload 2.0 does
		}
	}
	return true
}

// Request is one HTTP request.
type Request struct {
	// CorrelationID follows a request through every service. It is the client's X-Correlation-Id or a new one.
	CorrelationID string

	event event
	rest  bool // from a REST API
}

// Header returns a request header, whatever its case; "" if absent. API Gateway joins repeated headers with commas.
func (r *Request) Header(name string) string { return r.event.Headers[strings.ToLower(name)] }

// PathValue returns a parameter of the route's path, e.g. "id" of "GET /products/{id}".
func (r *Request) PathValue(name string) string { return r.event.PathParameters[name] }

// Query returns the query parameters. They come from the raw query string, since API Gateway joins repeated ones with
// commas in its own map, and a comma is also just a comma. A malformed query string gives fault.ErrInvalid.
func (r *Request) Query() (url.Values, error) {
	values, err := url.ParseQuery(r.event.RawQueryString)
	if err != nil {
		return nil, &fault.Error{
			Kind: fault.ErrInvalid, Detail: "The query string is malformed.", Err: err,
			Fields: []fault.Field{{Field: "query", Message: "must be key=value pairs joined by &, percent-encoded"}},
		}
	}
	return values, nil
}

// Location returns the path by which a client reaches another route of the same API, given that route's own path.
// It begins with the API's stage, which is part of every URL but not of a route, unless the request came by a domain name
// of the API's own.
func (r *Request) Location(path string) string {
	host := r.event.RequestContext.DomainName
	if host != "" && !strings.Contains(host, ".execute-api.") {
		return path
	}
	if stage := r.event.RequestContext.Stage; stage != "" && stage != "$default" {
		return "/" + stage + path
	}
	return path
}

// Response is the answer to a request. Make one with [JSON], [Text] or [Empty].
type Response struct {
	// Status is the HTTP status.
	Status int
	// Header are the response headers. Those that every answer needs are added when it is sent.
	Header map[string]string

	body any
}

// JSON returns an answer with a JSON body.
func JSON(status int, body any) *Response {
	return &Response{Status: status, Header: map[string]string{"Content-Type": "application/json"}, body: body}
}

// verbatim is a body that is sent as it is.
type verbatim string

// Text returns an answer with a body of another type than JSON, such as "text/html; charset=utf-8". It must be UTF-8.
func Text(status int, contentType, body string) *Response {
	return &Response{Status: status, Header: map[string]string{"Content-Type": contentType}, body: verbatim(body)}
}

// Empty returns an answer without a body.
func Empty(status int) *Response { return &Response{Status: status, Header: map[string]string{}} }

// With sets a header and returns the response.
func (r *Response) With(name, value string) *Response {
	r.Header[name] = value
	return r
}

// WithETag sets the entity tag. A GET that is answered so honours If-None-Match and If-Match by itself.
func (r *Response) WithETag(opaque string) *Response { return r.With("ETag", `"`+opaque+`"`) }

// StartHTTP answers the requests of one route until Lambda ends the process. If the environment is not complete, it
// ends the process itself, saying what is missing.
func StartHTTP(env *Env, route Func) {
	start(HTTP(env.start(), route))
}

// HTTP returns the Lambda handler that StartHTTP runs. It is separate so that a route can be tested with the events
// that Lambda would send it; package handlertest makes that easy.
func HTTP(logger *slog.Logger, route Func) lambda.Handler {
	return &httpHandler{newEntry(logger), route}
}

type httpHandler struct {
	*entry
	route Func
}

// Invoke answers one event. Its error is not for the client: it means that the event is no HTTP request at all.
func (h *httpHandler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	started := time.Now()
	r, err := newRequest(payload)
	if err != nil {
		return nil, err
	}
	ctx, cancel := leaveMargin(ctx)
	defer cancel()
	ctx, s := h.begin(ctx, r.work(), h.cold.Swap(false))

	answer, err := call(ctx, h.route, r)
	if err != nil {
		answer = problemOf(err).response(r.CorrelationID)
		failure := []any{"status", answer.Status, "error", err}
		if p, ok := errors.AsType[*panicError](err); ok {
			failure = append(failure, "stack", string(p.stack))
		}
		s.log().Log(ctx, levelOf(answer.Status), "request failed", failure...)
	}
	encoded, err := r.conditional(answer).encode(r)
	if err != nil {
		s.log().Error("answer cannot be encoded", "error", err)
		answer = problemOf(err).response(r.CorrelationID)
		if encoded, err = answer.encode(r); err != nil {
			return nil, fmt.Errorf("encoding the answer to %s: %w", r.event.RouteKey, err)
		}
	}
	s.log().Info("request", "status", answer.Status, "bytes", len(encoded),
		"durationMs", float64(time.Since(started).Microseconds())/1e3)
	s.span.end(answer.Status >= http.StatusInternalServerError)
	return encoded, nil
}

// work says what the log tells of a request.
func (r *Request) work() work {
	return work{kind: "request", name: r.event.RouteKey, about: about{CorrelationID: r.CorrelationID}, more: []slog.Attr{
		slog.String("apiRequestId", r.event.RequestContext.RequestID), slog.String("route", r.event.RouteKey),
	}}
}

// panicError is a panic, with its stack for the log.
type panicError struct {
	cause any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.cause) }

// call runs the route.
func call(ctx context.Context, route Func, r *Request) (answer *Response, err error) {
	err = guard(func() error {
		answer, err = route(ctx, r)
		return err
	})
	if err == nil && answer == nil {
		err = errors.New("the route returned neither an answer nor an error")
	}
	return answer, err
}

// levelOf is how loudly a failed request is logged: only what is the shop's own fault is an error, and raises alarms.
func levelOf(status int) slog.Level {
	if status >= http.StatusInternalServerError {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// newRequest reads an event. Header names are made lower-case, which an HTTP API does already.
func newRequest(payload []byte) (*Request, error) {
	r := &Request{}
	if err := json.Unmarshal(payload, &r.event); err != nil {
		return nil, fmt.Errorf("reading the event, want an HTTP API request: %w", err)
	}
	r.rest = r.event.fromREST()
	if !r.rest && (r.event.Version != "2.0" || r.event.RequestContext.HTTP.Method == "") {
		return nil, fmt.Errorf("event has version %q and method %q, want an HTTP API request with payload format 2.0, or a REST API's",
			r.event.Version, r.event.RequestContext.HTTP.Method)
	}
	headers := make(map[string]string, len(r.event.Headers))
	for name, value := range r.event.Headers {
		headers[strings.ToLower(name)] = value
	}
	r.event.Headers = headers
	r.CorrelationID = r.Header("X-Correlation-Id")
	if !validCorrelationID(r.CorrelationID) {
		r.CorrelationID = NewID()
	}
	return r, nil
}

// NewID returns an identifier that nobody can guess and that has not been used before, of 26 lower-case letters and
// digits.
func NewID() string { return strings.ToLower(rand.Text()) }

// maxCorrelationID is the longest correlation id that is taken over from a client.
const maxCorrelationID = 64

// validCorrelationID accepts 1–64 of A-Za-z0-9._- . Anything else is replaced and not refused: the id serves the client,
// and goes into logs and headers where nothing else belongs.
func validCorrelationID(id string) bool {
	if id == "" || len(id) > maxCorrelationID {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// The time kept back from Lambda's limit, for answering that there was not enough of it: half a second, or a fifth of a
// short limit.
const (
	deadlineMargin      = 500 * time.Millisecond
	deadlineMarginShare = 5
)

// leaveMargin ends the request's context before Lambda ends the function.
func leaveMargin(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	margin := min(deadlineMargin, max(0, time.Until(deadline)/deadlineMarginShare))
	return context.WithDeadline(ctx, deadline.Add(-margin))
}

// lambdaRequestID returns the id by which Lambda's own log lines name the invocation.
func lambdaRequestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}

// traceID returns the X-Ray trace header of the invocation. aws-lambda-go puts it there under this very key, which
// also holds when one process serves several requests at once, unlike the variable _X_AMZN_TRACE_ID.
func traceID(ctx context.Context) string {
	id, _ := ctx.Value("x-amzn-trace-id").(string)
	return id
}

// encode renders the answer to a request as API Gateway expects it.
func (r *Response) encode(request *Request) ([]byte, error) {
	out := struct {
		StatusCode int               `json:"statusCode"`
		Headers    map[string]string `json:"headers"`
		Body       string            `json:"body"`
	}{StatusCode: r.Status, Headers: maps.Clone(r.Header)}
	if out.Headers == nil {
		out.Headers = map[string]string{}
	}
	for name, value := range out.Headers {
		if strings.ContainsAny(value, "\r\n\x00") {
			return nil, fmt.Errorf("header %s = %q would break the response", name, value)
		}
	}
	switch body := r.body.(type) {
	case nil:
		delete(out.Headers, "Content-Type")
	case verbatim:
		out.Body = string(body)
	default:
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encoding the body of a %d: %w", r.Status, err)
		}
		out.Body = string(encoded)
	}
	// A browser must not take an answer for anything else than it says, and nobody may keep one that is not marked for it.
	out.Headers["X-Content-Type-Options"] = "nosniff"
	if out.Headers["Cache-Control"] == "" {
		out.Headers["Cache-Control"] = "no-store"
	}
	out.Headers["X-Correlation-Id"] = request.CorrelationID
	if cors := request.event.StageVariables; request.rest && cors.CORSOrigin != "" {
		out.Headers["Access-Control-Allow-Origin"] = cors.CORSOrigin
		if cors.CORSExposedHeaders != "" {
			out.Headers["Access-Control-Expose-Headers"] = cors.CORSExposedHeaders
		}
	}
	encoded, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encoding a %d for API Gateway: %w", r.Status, err)
	}
	return encoded, nil
}
