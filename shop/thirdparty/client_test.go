package thirdparty

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func key(value string) Key {
	return func(context.Context) (string, error) { return value, nil }
}

func keys(all ...string) Keys {
	return func(context.Context) ([]string, error) { return all, nil }
}

// quick returns a client of a server whose limits suit a test.
func quick(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	c := NewClient(server.URL, key("new-key"))
	c.attemptLimit, c.overallLimit, c.firstDelay = 100*time.Millisecond, 2*time.Second, time.Millisecond
	return c
}

// answers gives one status after the other, and counts.
func answers(count *atomic.Int32, statuses ...int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		n := int(count.Add(1))
		status := statuses[min(n, len(statuses))-1]
		if status == 0 {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"code":"the_code","paymentId":"p1"}`)
	}
}

var post = Call{Method: "POST", Path: "/payments", IdempotencyKey: "charge-1", Body: map[string]int{"a": 1}, CorrelationID: "c1"}

func TestDo_SendsWhatTheThirdPartyNeeds(t *testing.T) {
	var asked, sent string
	var header http.Header
	c := quick(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked, sent, header = r.Method+" "+r.URL.Path, string(body), r.Header
		_, _ = io.WriteString(w, `{"paymentId":"p1"}`)
	})
	var got struct{ PaymentID string }
	require.NoError(t, c.Do(t.Context(), post, &got))
	require.Equal(t, "POST /payments", asked)
	require.JSONEq(t, `{"a":1}`, sent)
	for name, want := range map[string]string{
		"Authorization": "Bearer new-key", "Idempotency-Key": "charge-1", "X-Correlation-Id": "c1", "Content-Type": "application/json",
	} {
		require.Equal(t, want, header.Get(name), name)
	}
	require.Equal(t, "p1", got.PaymentID)
}

func TestDo_TriesAgain(t *testing.T) {
	withoutKey := post
	withoutKey.IdempotencyKey = ""
	for name, tt := range map[string]struct {
		call     Call
		statuses []int
		attempts int
		err      error
	}{
		"at once":                             {post, []int{201}, 1, nil},
		"after a busy server":                 {post, []int{429, 503, 201}, 3, nil},
		"after a broken connection":           {post, []int{0, 200}, 2, nil},
		"not for ever":                        {post, []int{500}, 4, ErrUnavailable},
		"not without a key":                   {withoutKey, []int{500, 200}, 1, ErrUnavailable},
		"a question, also without a key":      {Call{Method: "GET", Path: "/"}, []int{500, 200}, 2, nil},
		"and never follows to somewhere else": {post, []int{307}, 4, ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			var count atomic.Int32
			err := quick(t, answers(&count, tt.statuses...)).Do(t.Context(), tt.call, nil)
			require.ErrorIs(t, err, tt.err)
			require.EqualValues(t, tt.attempts, count.Load())
		})
	}
}

func TestDo_ARefusalIsFinal(t *testing.T) {
	var count atomic.Int32
	err := quick(t, answers(&count, 402)).Do(t.Context(), post, nil)
	refused, ok := errors.AsType[*RefusedError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, 402, refused.Status)
	require.Equal(t, "the_code", refused.Code)
	var body struct{ PaymentID string }
	require.NoError(t, refused.Decode(&body))
	require.Equal(t, "p1", body.PaymentID)
	require.EqualValues(t, 1, count.Load())
	require.NotContains(t, err.Error(), "p1")
}

func TestDo_TimeLimits(t *testing.T) {
	slow := func(http.ResponseWriter, *http.Request) { time.Sleep(300 * time.Millisecond) }
	c := quick(t, slow)
	started := time.Now()
	require.ErrorIs(t, c.Do(t.Context(), post, nil), ErrNoAnswer)
	require.Less(t, time.Since(started), time.Second, "four attempts of 100 ms")

	c.overallLimit = 150 * time.Millisecond
	started = time.Now()
	require.ErrorIs(t, c.Do(t.Context(), post, nil), ErrNoAnswer)
	require.Less(t, time.Since(started), 290*time.Millisecond)

	first := atomic.Bool{}
	c = quick(t, func(w http.ResponseWriter, _ *http.Request) {
		if !first.Swap(true) {
			time.Sleep(300 * time.Millisecond)
		}
		_, _ = io.WriteString(w, "{}")
	})
	require.NoError(t, c.Do(t.Context(), post, &struct{}{}), "the second attempt is answered")
}

func TestDo_WaitsAsLongAsItIsAskedTo(t *testing.T) {
	var count atomic.Int32
	for header, wait := range map[string]time.Duration{"1": time.Second, "3600": 0} {
		count.Store(0)
		c := quick(t, func(w http.ResponseWriter, _ *http.Request) {
			if count.Add(1) == 1 {
				w.Header().Set("Retry-After", header)
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			_, _ = io.WriteString(w, "{}")
		})
		started := time.Now()
		err := c.Do(t.Context(), post, nil)
		require.GreaterOrEqual(t, time.Since(started), wait)
		if wait == 0 {
			require.ErrorIs(t, err, ErrUnavailable, "longer than there is time")
			require.Less(t, time.Since(started), 500*time.Millisecond)
		} else {
			require.NoError(t, err)
		}
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	require.Equal(t, 10*time.Second, retryAfter(http.Header{"Retry-After": {now.Add(10 * time.Second).Format(http.TimeFormat)}}, now))
	require.Zero(t, retryAfter(http.Header{"Retry-After": {"soon"}}, now))
}

func TestDo_LargeOrUnreadableAnswers(t *testing.T) {
	for name, answer := range map[string]string{"large": `"` + strings.Repeat("x", MaxAnswer) + `"`, "no JSON": "<html>"} {
		t.Run(name, func(t *testing.T) {
			c := quick(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })
			require.ErrorIs(t, c.Do(t.Context(), post, &struct{}{}), ErrUnavailable)
		})
	}
}

func TestDo_OnlyEncrypted(t *testing.T) {
	for base, ok := range map[string]bool{
		"https://api.example": true, "http://127.0.0.1:1": true, "http://localhost:1": true, "http://api.example": false, "": false, "ftp://x": false,
	} {
		err := checkBase(base)
		require.Equal(t, ok, err == nil, base)
		if !ok {
			require.EqualError(t, NewClient(base, key("k")).Do(t.Context(), post, nil), err.Error())
		}
	}
}

func TestDo_WithoutAKey(t *testing.T) {
	c := NewClient("https://api.example", key(""))
	require.ErrorContains(t, c.Do(t.Context(), post, nil), "the API key is empty")
	failed := errors.New("throttled")
	c = NewClient("https://api.example", func(context.Context) (string, error) { return "", failed })
	require.ErrorIs(t, c.Do(t.Context(), post, nil), failed)
}

func TestJitter_GrowsToItsLimit(t *testing.T) {
	c := NewClient("https://api.example", key("k"))
	for attempt, most := range map[int]time.Duration{1: firstDelay, 2: 2 * firstDelay, 10: maxDelay} {
		for range 1000 {
			d := c.jitter(attempt)
			require.True(t, d >= 0 && d < most, "%d: %s", attempt, d)
		}
	}
}

func TestCall_EncodesOnlyItsBody(t *testing.T) {
	_, err := json.Marshal(post.Body)
	require.NoError(t, err)
	c := NewClient("https://api.example", key("k"))
	bad := post
	bad.Body = make(chan int)
	require.ErrorContains(t, c.Do(t.Context(), bad, nil), "encoding the body chan int")
}
