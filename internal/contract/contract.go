// Package contract holds requests and answers against the shop's promises to programs, api/openapi.yaml, in tests.
//
// It is the same promise wherever it is tested: a function must refuse what the document forbids and answer as the document says
// ([Contract.Exchange], [Contract.Hold]), every answer that the document promises must be one that a test has seen ([Contract.Complete]), and
// the running shop may give no other ([Contract.Answer]).
package contract

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/api"
	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
)

// signIn is the security scheme of users.
const signIn = "accessToken"

// Contract is the document, and which of its promises have been seen.
type Contract struct {
	doc *openapi3.T

	mu   sync.Mutex
	seen map[string]map[int]bool // status by operation
}

// Operation is one of the API's operations.
type Operation struct {
	// ID names the operation, Tag its context.
	ID, Tag string
	// Method and Path are the route's; the path has parameters in braces.
	Method, Path string
	// SignedIn tells whether users must be signed in, Admin whether they must be administrators.
	SignedIn, Admin bool

	item *openapi3.PathItem
	spec *openapi3.Operation
}

var load = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(api.Document)
	if err != nil {
		return nil, fmt.Errorf("reading api/openapi.yaml: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("api/openapi.yaml is no OpenAPI document, or has examples that break its own rules: %w", err)
	}
	return doc, nil
})

// New returns the contract, of which nothing has been seen yet. Error: the document is wrong.
func New() (*Contract, error) {
	doc, err := load()
	return &Contract{doc: doc, seen: map[string]map[int]bool{}}, err
}

// Load is [New] for a test, which fails if the document is wrong.
func Load(tb testing.TB) *Contract {
	tb.Helper()
	c, err := New()
	require.NoError(tb, err)
	return c
}

// Document is the whole document.
func (c *Contract) Document() *openapi3.T { return c.doc }

// Operations are all operations, by path and method.
func (c *Contract) Operations() []Operation {
	var all []Operation
	for _, path := range slices.Sorted(maps.Keys(c.doc.Paths.Map())) {
		item := c.doc.Paths.Value(path)
		for _, method := range slices.Sorted(maps.Keys(item.Operations())) {
			all = append(all, c.operation(method, path, item, item.GetOperation(method)))
		}
	}
	return all
}

func (c *Contract) operation(method, path string, item *openapi3.PathItem, spec *openapi3.Operation) Operation {
	security := c.doc.Security
	if spec.Security != nil {
		security = *spec.Security
	}
	o := Operation{ID: spec.OperationID, Tag: strings.Join(spec.Tags, ","), Method: method, Path: path, item: item, spec: spec}
	for _, requirement := range security {
		if roles, needed := requirement[signIn]; needed {
			o.SignedIn, o.Admin = true, slices.Contains(roles, "admin")
		}
	}
	return o
}

// named returns an operation by its id.
func (c *Contract) named(tb testing.TB, id string) Operation {
	tb.Helper()
	all := c.Operations()
	i := slices.IndexFunc(all, func(o Operation) bool { return o.ID == id })
	require.GreaterOrEqual(tb, i, 0, "api/openapi.yaml has no operation %s", id)
	return all[i]
}

// Exchange sends a request to the function of an operation, and fails the test if the function took what the document forbids, or
// answered what it does not promise: another status, another body, other headers.
func (c *Contract) Exchange(tb testing.TB, operationID string, route handler.Func, r handlertest.Request) handlertest.Response {
	tb.Helper()
	o := c.named(tb, operationID)
	r.Method = o.Method
	got := handlertest.Do(tb, route, r)
	request := o.request(tb, r)
	if got.Status < http.StatusBadRequest {
		require.NoError(tb, c.forbids(o, request), "%s took what the document forbids: %s", o.ID, r.Body)
		require.True(tb, !o.SignedIn || r.Claims != nil, "%s took a request of nobody", o.ID)
		require.True(tb, !o.Admin || strings.Contains(fmt.Sprint(r.Claims["cognito:groups"]), "admin"), "%s took a request of no administrator", o.ID)
	}
	header := http.Header{}
	for name, value := range got.Header {
		header.Set(name, value)
	}
	require.NoError(tb, c.judge(o, request, got.Status, header, []byte(got.Body)), "answer to %s", r.Body)
	for name := range got.Header {
		_, promised := o.answer(got.Status).Headers[name]
		always := slices.Contains([]string{"Content-Type", "X-Content-Type-Options", "X-Correlation-Id", "Cache-Control"}, name)
		require.True(tb, promised || always, "%s answers %d with a header %s, of which the document does not know", o.ID, got.Status, name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen[o.ID] == nil {
		c.seen[o.ID] = map[int]bool{}
	}
	c.seen[o.ID][got.Status] = true
	return got
}

// request is what a client would send.
func (o Operation) request(tb testing.TB, r handlertest.Request) *http.Request {
	tb.Helper()
	path := o.Path
	for name, value := range r.Path {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	request, err := http.NewRequestWithContext(tb.Context(), o.Method, "/api"+path+"?"+r.Query, strings.NewReader(r.Body))
	require.NoError(tb, err)
	if r.Body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.Header {
		request.Header.Set(name, value)
	}
	return request
}

// input is a request as the validator wants it. Who is signed in, it is not asked.
func (c *Contract) input(o Operation, request *http.Request) *openapi3filter.RequestValidationInput {
	return &openapi3filter.RequestValidationInput{
		Request: request, PathParams: parameters(o.Path, strings.TrimPrefix(request.URL.EscapedPath(), "/api")), QueryParams: request.URL.Query(),
		Route:   &routers.Route{Spec: c.doc, Path: o.Path, PathItem: o.item, Method: o.Method, Operation: o.spec},
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true, IncludeResponseStatus: true},
	}
}

// forbids says why the document forbids a request; nil if it does not.
func (c *Contract) forbids(o Operation, request *http.Request) error {
	return openapi3filter.ValidateRequest(request.Context(), c.input(o, request))
}

// judge says what is wrong with an answer.
func (c *Contract) judge(o Operation, request *http.Request, status int, header http.Header, body []byte) error {
	answer := o.answer(status)
	if answer == nil {
		return fmt.Errorf("%s answers %d, of which the document does not know: %.500s", o.ID, status, body)
	}
	if len(answer.Content) == 0 && len(body) > 0 {
		return fmt.Errorf("%s answers %d with a body, the document promises none: %.500s", o.ID, status, body)
	}
	err := openapi3filter.ValidateResponse(request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: c.input(o, request), Status: status, Header: header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		reason, _, _ := strings.Cut(err.Error(), "\nSchema:\n") // which would follow, and all of the body, on many lines
		return fmt.Errorf("%s answers %d otherwise than the document promises: %s: %.1000s", o.ID, status, reason, body)
	}
	return nil
}

// answer is what the document promises for a status; nil if nothing.
func (o Operation) answer(status int) *openapi3.Response {
	if promised := o.spec.Responses.Status(status); promised != nil {
		return promised.Value
	}
	return nil
}

// Answer says what is wrong with an answer of the running shop to a request for a path, from the API's first segment on and with the query.
// Answers to what no operation is made for, which are errors by the document's word, are not looked at.
func (c *Contract) Answer(ctx context.Context, method, path string, status int, header http.Header, body []byte) error {
	escaped, _, _ := strings.Cut(path, "?")
	o, found := c.find(method, strings.TrimPrefix(escaped, "/api"))
	if !found {
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, method, path, nil)
	if err != nil {
		return fmt.Errorf("%s %s cannot be judged: %w", method, path, err)
	}
	return c.judge(o, request, status, header, body)
}

// find returns the operation that a request is for. A path without parameters comes before one with, as in API Gateway.
func (c *Contract) find(method, path string) (Operation, bool) {
	if item := c.doc.Paths.Value(path); item != nil && !strings.Contains(path, "{") {
		spec := item.Operations()[method]
		if spec == nil {
			return Operation{}, false
		}
		return c.operation(method, path, item, spec), true
	}
	for template, item := range c.doc.Paths.Map() {
		if spec := item.Operations()[method]; spec != nil && parameters(template, path) != nil {
			return c.operation(method, template, item, spec), true
		}
	}
	return Operation{}, false
}

// parameters are the values of a path's parameters; nil if the path is none of the template.
func parameters(template, path string) map[string]string {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil
	}
	values := map[string]string{}
	for i, segment := range want {
		if name, is := strings.CutPrefix(segment, "{"); is {
			value, err := url.PathUnescape(got[i])
			if err != nil || value == "" || strings.Contains(value, "/") { // the gateway takes an escaped slash for one that divides
				return nil
			}
			values[strings.TrimSuffix(name, "}")] = value
		} else if segment != got[i] {
			return nil
		}
	}
	return values
}

// elsewhere are statuses that no single function is asked for: package handler gives them to every failure alike.
var elsewhere = []int{http.StatusInternalServerError, http.StatusServiceUnavailable}

// Complete fails the test unless [Contract.Exchange] has seen every answer that the document promises for the operations.
func (c *Contract) Complete(tb testing.TB, operationIDs ...string) {
	tb.Helper()
	for _, id := range operationIDs {
		o := c.named(tb, id)
		for text, response := range o.spec.Responses.Map() {
			status, err := strconv.Atoi(text)
			require.NoError(tb, err, id)
			// Functions refuse with problem details; what has none is the gateway's.
			gateways := status >= http.StatusBadRequest && response.Value.Content["application/problem+json"] == nil
			if !slices.Contains(elsewhere, status) && !gateways {
				require.True(tb, c.seen[id][status], "the document promises %d of %s; no test has seen it", status, id)
			}
		}
	}
}
