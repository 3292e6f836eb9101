// Package handlertest calls a route with the events that API Gateway would send to its function, so that a test sees
// what a client would see.
package handlertest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// Request describes an HTTP request. Zero fields mean: absent.
type Request struct {
	// Method defaults to GET.
	Method string
	// Path holds the route's path parameters.
	Path map[string]string
	// Query is the raw query string.
	Query string
	// Header are the request headers. A Content-Type of application/json is added for a body without one.
	Header map[string]string
	// Body is sent as it is.
	Body string
	// Base64 sends the body as API Gateway sends one that is not text.
	Base64 bool
	// Claims are the claims of the verified token, any JSON value each. None means that nobody is signed in.
	Claims map[string]any
	// REST sends the request as a REST API does, in payload format 1.0.
	REST bool
	// StageVariables are those of a REST API's stage.
	StageVariables map[string]string
	// Log receives the function's log lines; they are dropped if it is nil.
	Log io.Writer
}

// Signed returns the request of a signed-in user with these groups, as API Gateway passes the claims of a Cognito
// access token.
func (r Request) Signed(userID string, groups ...string) Request {
	r.Claims = map[string]any{"sub": userID, "username": userID, "token_use": "access"}
	if len(groups) > 0 {
		r.Claims["cognito:groups"] = "[" + strings.Join(groups, " ") + "]"
	}
	return r
}

// Event returns the request as API Gateway's payload 2.0, or as 1.0 without a version if it is from a REST API.
func (r Request) Event() map[string]any {
	if r.REST {
		return r.restEvent()
	}
	headers := map[string]string{}
	if r.Body != "" {
		headers["content-type"] = "application/json"
	}
	for name, value := range r.Header {
		headers[strings.ToLower(name)] = value
	}
	method := r.method()
	context := map[string]any{
		"requestId": "api-request", "stage": "api",
		"http": map[string]any{"method": method, "path": "/api/test"},
	}
	if r.Claims != nil {
		context["authorizer"] = map[string]any{"jwt": map[string]any{"claims": r.Claims, "scopes": nil}}
	}
	event := map[string]any{
		"version": "2.0", "routeKey": method + " /test", "rawPath": "/api/test", "rawQueryString": r.Query,
		"headers": headers, "pathParameters": r.Path, "requestContext": context, "isBase64Encoded": r.Base64,
	}
	if r.Body != "" {
		event["body"] = r.Body
		if r.Base64 {
			event["body"] = base64.StdEncoding.EncodeToString([]byte(r.Body))
		}
	}
	return event
}

// restEvent has everything in the shape of payload 1.0: header names as the client wrote them, parameters decoded, null for
// what is absent.
func (r Request) restEvent() map[string]any {
	v2 := Request{Method: r.Method, Path: r.Path, Body: r.Body, Base64: r.Base64}.Event()
	headers, multiHeaders := map[string]string{}, map[string][]string{}
	if r.Body != "" {
		headers["Content-Type"] = "application/json"
	}
	for name, value := range r.Header {
		headers[name] = value
	}
	for name, value := range headers {
		multiHeaders[name] = []string{value}
	}
	context := map[string]any{
		"requestId": "api-request", "stage": "api", "path": "/api/test", "resourcePath": "/test",
		"httpMethod": r.method(), "domainName": "x.execute-api.eu-central-1.amazonaws.com",
	}
	if r.Claims != nil {
		context["authorizer"] = map[string]any{"claims": r.Claims}
	}
	event := map[string]any{
		"resource": "/test", "path": "/test", "httpMethod": r.method(), "headers": headers, "multiValueHeaders": multiHeaders,
		"queryStringParameters": nil, "multiValueQueryStringParameters": nil, "pathParameters": r.Path,
		"stageVariables": r.StageVariables, "requestContext": context, "body": v2["body"], "isBase64Encoded": r.Base64,
	}
	if query, err := url.ParseQuery(r.Query); err == nil && len(query) > 0 {
		single := map[string]string{}
		for name, values := range query {
			single[name] = values[len(values)-1]
		}
		event["queryStringParameters"], event["multiValueQueryStringParameters"] = single, query
	}
	return event
}

func (r Request) method() string {
	if r.Method == "" {
		return "GET"
	}
	return r.Method
}

// Response is what the client gets.
type Response struct {
	// Status is the HTTP status.
	Status int `json:"statusCode"`
	// Header are the response headers, named as the function names them.
	Header map[string]string `json:"headers"`
	// Body is the body as it is sent.
	Body string `json:"body"`
}

// Do sends the request to the route. It fails the test if the function fails as a whole.
func Do(tb testing.TB, route handler.Func, r Request) Response {
	tb.Helper()
	log := r.Log
	if log == nil {
		log = io.Discard
	}
	payload, err := json.Marshal(r.Event())
	require.NoError(tb, err)
	out, err := handler.HTTP(slog.New(slog.NewJSONHandler(log, nil)), route).Invoke(context.Background(), payload)
	require.NoError(tb, err)
	var response Response
	require.NoError(tb, json.Unmarshal(out, &response))
	require.NotEmpty(tb, response.Header["X-Correlation-Id"])
	return response
}

// JSON decodes the body.
func (r Response) JSON(tb testing.TB, into any) {
	tb.Helper()
	require.NoError(tb, json.Unmarshal([]byte(r.Body), into), "body: %s", r.Body)
}

// Problem requires that the response is a problem+json of this status, complete, and returns its wrong fields by name.
func (r Response) Problem(tb testing.TB, status int) map[string]string {
	tb.Helper()
	require.Equal(tb, status, r.Status, "body: %s", r.Body)
	require.Equal(tb, "application/problem+json", r.Header["Content-Type"])
	require.Equal(tb, "no-store", r.Header["Cache-Control"])
	var problem struct {
		Type, Title, Detail, CorrelationID string
		Status                             int
		Errors                             []fault.Field
	}
	r.JSON(tb, &problem)
	require.Equal(tb, status, problem.Status)
	require.NotEmpty(tb, problem.Type)
	require.NotEmpty(tb, problem.Title)
	require.NotEmpty(tb, problem.Detail)
	require.Equal(tb, r.Header["X-Correlation-Id"], problem.CorrelationID)
	fields := map[string]string{}
	for _, f := range problem.Errors {
		require.NotEmpty(tb, f.Message)
		fields[f.Field] = f.Message
	}
	return fields
}
