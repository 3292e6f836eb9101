package edge

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dop251/goja"
)

// functionTime is how long a CloudFront Function may run. CloudFront stops one after about a millisecond of computing;
// more is allowed here because this machine does other things too.
const functionTime = 5 * time.Second

// function is a compiled CloudFront Function.
type function struct {
	name    string
	program *goja.Program
	log     *slog.Logger
}

func compileFunction(name, code string, log *slog.Logger) (*function, error) {
	program, err := goja.Compile(name, code, false)
	if err != nil {
		return nil, fmt.Errorf("compiling CloudFront Function %s: %w", name, err)
	}
	return &function{name: name, program: program, log: log}, nil
}

// event is what a CloudFront Function is given, in the shape of the CloudFront Functions event structure.
type event struct {
	Version  string         `json:"version"`
	Context  eventContext   `json:"context"`
	Viewer   eventViewer    `json:"viewer"`
	Request  eventRequest   `json:"request"`
	Response *eventResponse `json:"response,omitempty"`
}

type eventContext struct {
	DistributionDomainName string `json:"distributionDomainName"`
	DistributionID         string `json:"distributionId"`
	EventType              string `json:"eventType"`
	RequestID              string `json:"requestId"`
}

type eventViewer struct {
	IP string `json:"ip"`
}

type eventRequest struct {
	Method      string                `json:"method"`
	URI         string                `json:"uri"`
	Querystring map[string]eventValue `json:"querystring"`
	Headers     map[string]eventValue `json:"headers"`
	Cookies     map[string]eventValue `json:"cookies"`
}

type eventResponse struct {
	StatusCode        int                   `json:"statusCode"`
	StatusDescription string                `json:"statusDescription,omitempty"`
	Headers           map[string]eventValue `json:"headers"`
	Cookies           map[string]eventValue `json:"cookies"`
}

type eventValue struct {
	Value      string       `json:"value"`
	Attributes string       `json:"attributes,omitempty"`
	MultiValue []eventValue `json:"multiValue,omitempty"`
}

// run calls the function's handler and returns what it returned, as plain Go values.
func (f *function) run(e event) (map[string]any, error) {
	vm := goja.New()
	timer := time.AfterFunc(functionTime, func() { vm.Interrupt("ran longer than " + functionTime.String()) })
	defer timer.Stop()
	console := map[string]any{"log": func(args ...any) { f.log.Info(fmt.Sprint(args...), "function", f.name) }}
	console["error"] = console["log"]
	if err := vm.Set("console", console); err != nil {
		return nil, err
	}
	if _, err := vm.RunProgram(f.program); err != nil {
		return nil, fmt.Errorf("running CloudFront Function %s: %w", f.name, err)
	}
	handler, ok := goja.AssertFunction(vm.Get("handler"))
	if !ok {
		return nil, fmt.Errorf("CloudFront Function %s defines no function handler(event)", f.name)
	}
	// As JSON, so that the script gets objects of its own, which it can change as it can on CloudFront.
	data, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	parse, ok := goja.AssertFunction(vm.Get("JSON").ToObject(vm).Get("parse"))
	if !ok {
		return nil, fmt.Errorf("CloudFront Function %s replaced JSON.parse, which the front door needs", f.name)
	}
	argument, err := parse(goja.Undefined(), vm.ToValue(string(data)))
	if err != nil {
		return nil, err
	}
	result, err := handler(goja.Undefined(), argument)
	if err != nil {
		return nil, fmt.Errorf("running CloudFront Function %s: %w", f.name, err)
	}
	value := result.Export()
	if promise, ok := value.(*goja.Promise); ok { // cloudfront-js-2.0 handlers may be async
		if promise.State() != goja.PromiseStateFulfilled {
			return nil, fmt.Errorf("running CloudFront Function %s: the promise was not fulfilled: %v", f.name, promise.Result())
		}
		value = promise.Result().Export()
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("CloudFront Function %s returned %T, want a request or response object", f.name, value)
	}
	return object, nil
}

// eventHeaders puts headers into the event structure: lower-case names, Cookie and Set-Cookie apart.
func eventHeaders(h http.Header) map[string]eventValue {
	out := map[string]eventValue{}
	for name, values := range h {
		if name == "Cookie" || name == "Set-Cookie" {
			continue
		}
		out[strings.ToLower(name)] = eventValues(values)
	}
	return out
}

func eventValues(values []string) eventValue {
	v := eventValue{Value: values[0]}
	if len(values) > 1 {
		for _, m := range values {
			v.MultiValue = append(v.MultiValue, eventValue{Value: m})
		}
	}
	return v
}

func eventQuery(rawQuery string) map[string]eventValue {
	grouped := map[string][]string{}
	for pair := range strings.SplitSeq(rawQuery, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		grouped[name] = append(grouped[name], value)
	}
	out := map[string]eventValue{}
	for name, values := range grouped {
		out[name] = eventValues(values)
	}
	return out
}

func eventCookies(r *http.Request) map[string]eventValue {
	out := map[string]eventValue{}
	for _, c := range r.Cookies() {
		out[c.Name] = eventValue{Value: c.Value}
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// returnedValues reads a headers, cookies or querystring object that a function returned.
func returnedValues(object any) map[string][]string {
	fields, _ := object.(map[string]any)
	out := map[string][]string{}
	for name, field := range fields {
		f, ok := field.(map[string]any)
		if !ok {
			continue
		}
		if many, ok := f["multiValue"].([]any); ok && len(many) > 0 {
			for _, m := range many {
				if mv, ok := m.(map[string]any); ok {
					out[name] = append(out[name], fmt.Sprint(mv["value"]))
				}
			}
			continue
		}
		out[name] = []string{fmt.Sprint(f["value"])}
	}
	return out
}

// applyRequest changes the viewer's request into the one that a function returned.
func applyRequest(r *http.Request, object map[string]any) error {
	uri, ok := object["uri"].(string)
	if !ok || !strings.HasPrefix(uri, "/") {
		return fmt.Errorf("function returned uri %v, want a path that begins with /", object["uri"])
	}
	path, err := url.PathUnescape(uri)
	if err != nil {
		return fmt.Errorf("function returned uri %q: %w", uri, err)
	}
	r.URL.Path, r.URL.RawPath = path, uri
	switch q := object["querystring"].(type) {
	case string:
		r.URL.RawQuery = q
	case map[string]any:
		// Only a changed query string is written anew: the viewer's own order and spelling are kept otherwise.
		if returned := returnedValues(q); !sameQuery(returned, r.URL.RawQuery) {
			var pairs []string
			for _, name := range sortedKeys(returned) {
				for _, v := range returned[name] {
					pairs = append(pairs, name+"="+v)
				}
			}
			r.URL.RawQuery = strings.Join(pairs, "&")
		}
	}
	headers := http.Header{}
	for name, values := range returnedValues(object["headers"]) {
		for _, v := range values {
			headers.Add(name, v)
		}
	}
	var cookies []string
	returned := returnedValues(object["cookies"])
	for _, name := range sortedKeys(returned) {
		cookies = append(cookies, name+"="+returned[name][0])
	}
	if len(cookies) > 0 {
		headers.Set("Cookie", strings.Join(cookies, "; "))
	}
	r.Header = headers
	return nil
}

func sameQuery(returned map[string][]string, rawQuery string) bool {
	have := eventQuery(rawQuery)
	if len(have) != len(returned) {
		return false
	}
	for name, v := range have {
		values := []string{v.Value}
		if len(v.MultiValue) > 0 {
			values = values[:0]
			for _, m := range v.MultiValue {
				values = append(values, m.Value)
			}
		}
		if strings.Join(values, "\x00") != strings.Join(returned[name], "\x00") {
			return false
		}
	}
	return true
}

// functionResponse turns a response that a function made or changed into status, headers and body. The body is nil when
// the function left it alone.
func functionResponse(object map[string]any) (int, http.Header, []byte, error) {
	var status int
	switch s := object["statusCode"].(type) {
	case int64:
		status = int(s)
	case float64:
		status = int(s)
	}
	if status < 200 || status > 599 {
		return 0, nil, nil, fmt.Errorf("function returned statusCode %v, want 200–599", object["statusCode"])
	}
	headers := http.Header{}
	for name, values := range returnedValues(object["headers"]) {
		for _, v := range values {
			headers.Add(name, v)
		}
	}
	cookies, _ := object["cookies"].(map[string]any)
	for _, name := range sortedKeys(cookies) {
		if c, ok := cookies[name].(map[string]any); ok {
			line := name + "=" + fmt.Sprint(c["value"])
			if a, ok := c["attributes"].(string); ok && a != "" {
				line += "; " + a
			}
			headers.Add("Set-Cookie", line)
		}
	}
	var body []byte
	switch b := object["body"].(type) {
	case string:
		body = []byte(b)
	case map[string]any:
		body = []byte(fmt.Sprint(b["data"]))
		if b["encoding"] == "base64" {
			decoded, err := base64.StdEncoding.DecodeString(string(body))
			if err != nil {
				return 0, nil, nil, fmt.Errorf("function returned a body said to be base64: %w", err)
			}
			body = decoded
		}
	}
	return status, headers, body, nil
}
