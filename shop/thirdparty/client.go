package thirdparty

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// The limits of a [Client]. All of a call's attempts fit into a function's usual 10 s, with time left to write down what came of it.
const (
	// AttemptLimit is how long one attempt may take, from the connection to the answer's last byte.
	AttemptLimit = 3 * time.Second
	// OverallLimit is how long a call may take with all its attempts and the waiting between them. A context that ends earlier
	// ends the call earlier.
	OverallLimit = 8 * time.Second
	// MaxAttempts is how often a call is tried at most.
	MaxAttempts = 4
	// MaxAnswer is the largest answer that is read, in bytes.
	MaxAnswer = 64 << 10

	// The wait before attempt n+1 is a random time up to firstDelay x 2^(n-1), at most maxDelay: full jitter, as in "Exponential
	// Backoff and Jitter" on the AWS Architecture Blog, since clients that failed together must not come back together.
	firstDelay = 200 * time.Millisecond
	maxDelay   = 2 * time.Second
)

// ErrNoAnswer means that the third party did not answer in time. It may have done what it was asked.
var ErrNoAnswer = errors.New("no answer in time")

// ErrUnavailable means that the third party was not reached, or answered that it could not work. It may have done what it was asked
// all the same.
var ErrUnavailable = errors.New("unavailable")

// RefusedError is an answer that says no, and would say so again.
type RefusedError struct {
	// Status is the HTTP status: 4xx.
	Status int
	// Code is the member code of the answer, such as "card_declined"; "" if there is none.
	Code string

	body []byte
}

// Error implements error. It does not repeat the answer, which nobody has looked at.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("refused with status %d, code %q", e.Status, e.Code)
}

// Decode reads the answer's body into the struct that target points to.
func (e *RefusedError) Decode(target any) error {
	if err := json.Unmarshal(e.body, target); err != nil {
		return fmt.Errorf("reading the refusal with status %d: %w", e.Status, err)
	}
	return nil
}

// Call is something asked of a third party.
type Call struct {
	// Method is the HTTP method.
	Method string
	// Path begins with a slash. Whatever comes from outside in it must be escaped by [url.PathEscape].
	Path string
	// IdempotencyKey makes repetitions harmless. Without one, only GET is tried again.
	IdempotencyKey string
	// Body is sent as JSON; nil sends none.
	Body any
	// CorrelationID follows a customer's request; "" sends none.
	CorrelationID string
}

// Client asks one third party. It is safe for concurrent use.
type Client struct {
	base  string
	key   Key
	http  *http.Client
	wrong error // with what the client was made of

	attemptLimit, overallLimit, firstDelay time.Duration
}

// NewClient returns the client of the third party at an address, such as https://api.provider.example/v1, which knows the shop by a
// key. An address that is not encrypted is accepted for this machine alone; every call says so otherwise.
func NewClient(base string, key Key) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: AttemptLimit / 2, KeepAlive: 30 * time.Second}).DialContext
	return &Client{
		base: base, key: key, wrong: checkBase(base), attemptLimit: AttemptLimit, overallLimit: OverallLimit, firstDelay: firstDelay,
		http: &http.Client{
			Transport: transport,
			// The key is meant for this host; an answer that sends the client elsewhere is a mistake.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

func checkBase(base string) error {
	u, err := url.Parse(base)
	switch {
	case err != nil:
	case u.Scheme == "https" && u.Host != "":
		return nil
	case u.Scheme == "http" && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()):
		return nil
	}
	return fmt.Errorf("third party's address is %q, want https://…", base)
}

// Do makes the call and reads the answer into the struct that into points to. Network errors, time limits, and the statuses 429 and 5xx
// are tried again, after the time that the answer names in Retry-After or else with growing, random delays.
//
// Errors: a RefusedError for any other status than 2xx; ErrNoAnswer or ErrUnavailable, according to the last attempt, if none succeeded.
func (c *Client) Do(ctx context.Context, call Call, into any) error {
	if c.wrong != nil {
		return c.wrong
	}
	ctx, cancel := context.WithTimeout(ctx, c.overallLimit)
	defer cancel()
	request, err := c.prepare(ctx, call)
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		answer, wait, err := c.attempt(ctx, call, request)
		if err == nil {
			return decode(call, answer, into)
		}
		_, refused := errors.AsType[*RefusedError](err)
		if refused || attempt == MaxAttempts || call.Method != http.MethodGet && call.IdempotencyKey == "" ||
			!sleep(ctx, max(wait, c.jitter(attempt))) {
			return fmt.Errorf("%s %s, attempt %d: %w", call.Method, call.Path, attempt, err)
		}
	}
}

// prepared is what all attempts of a call have in common.
type prepared struct {
	body []byte
	key  string
}

func (c *Client) prepare(ctx context.Context, call Call) (prepared, error) {
	key, err := c.key(ctx)
	if err != nil {
		return prepared{}, fmt.Errorf("%s %s: getting the API key: %w", call.Method, call.Path, err)
	}
	if key == "" {
		return prepared{}, fmt.Errorf("%s %s: the API key is empty; store it in the secret", call.Method, call.Path)
	}
	p := prepared{key: key}
	if call.Body != nil {
		if p.body, err = json.Marshal(call.Body); err != nil {
			return prepared{}, fmt.Errorf("%s %s: encoding the body %T: %w", call.Method, call.Path, call.Body, err)
		}
	}
	return p, nil
}

// attempt asks once. It returns how long the third party wants to be left alone.
func (c *Client) attempt(ctx context.Context, call Call, p prepared) ([]byte, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, c.attemptLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, call.Method, c.base+call.Path, bytes.NewReader(p.body))
	if err != nil {
		return nil, 0, err
	}
	request.Header.Set("Authorization", "Bearer "+p.key)
	request.Header.Set("Accept", "application/json")
	for name, value := range map[string]string{"Idempotency-Key": call.IdempotencyKey, "X-Correlation-Id": call.CorrelationID} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	if p.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, 0, unanswered(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxAnswer+1))
	if err != nil {
		return nil, 0, unanswered(err)
	}
	return body, retryAfter(response.Header, time.Now()), judge(response, body)
}

// unanswered says what a request without an answer means.
func unanswered(err error) error {
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// judge says what an answer means: nil if it is what was asked for.
func judge(response *http.Response, body []byte) error {
	switch status := response.StatusCode; {
	case len(body) > MaxAnswer:
		return fmt.Errorf("%w: the answer with status %d is larger than %d bytes", ErrUnavailable, status, MaxAnswer)
	case status >= 200 && status <= 299:
		return nil
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		return fmt.Errorf("%w: status %d", ErrUnavailable, status)
	case status < http.StatusBadRequest: // a redirect, which no third party of ours has a reason for
		return fmt.Errorf("%w: status %d, want 2xx", ErrUnavailable, status)
	default:
		var problem struct{ Code string }
		_ = json.Unmarshal(body, &problem) // without a code, the status says it all
		return &RefusedError{Status: status, Code: problem.Code, body: body}
	}
}

// decode reads the answer to a call.
func decode(call Call, answer []byte, into any) error {
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s %s: %w: reading the answer: %w", call.Method, call.Path, ErrUnavailable, err)
	}
	return nil
}

// retryAfter is how long an answer asks to wait: a number of seconds or a date (RFC 9110, 10.2.3); 0 if it does not.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// jitter is how long to wait after an attempt.
func (c *Client) jitter(attempt int) time.Duration {
	return rand.N(min(maxDelay, c.firstDelay<<(attempt-1))) //nolint:gosec // nothing secret depends on when it is tried again
}

// sleep waits, unless that would take longer than there is time.
func sleep(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
