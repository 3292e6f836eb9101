package simulator

import (
	"context"
	"crypto/hmac"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

// tooLong is longer than the shop waits for an answer.
const tooLong = thirdparty.AttemptLimit + time.Second

// server is what both third parties have in common.
type server struct {
	table *Table
	keys  thirdparty.Keys
	later Later
	sleep func(ctx context.Context, d time.Duration)
}

// Later makes something happen some seconds from now.
type Later interface {
	// Later makes [Clock.Strike] get n, at least once.
	Later(ctx context.Context, n thirdparty.Notice) error
}

// wait lets time go by, unless the request ends before.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// asked returns what a request is about, "" for what its path does not have, if the client may ask at all.
func (s *server) asked(ctx context.Context, r *handler.Request) (orderID, action string, err error) {
	if err := s.authorise(ctx, r); err != nil {
		return "", "", err
	}
	return r.PathValue("orderId"), r.PathValue("action"), nil
}

// authorise lets those pass who have one of the keys.
func (s *server) authorise(ctx context.Context, r *handler.Request) error {
	keys, err := s.keys(ctx)
	if err != nil {
		return err
	}
	given, _ := strings.CutPrefix(r.Header("Authorization"), "Bearer ")
	allowed := false
	for _, key := range keys {
		allowed = key != "" && hmac.Equal([]byte(key), []byte(given)) || allowed
	}
	if !allowed {
		return fault.New(fault.ErrUnauthenticated, "Send your API key as Authorization: Bearer <key>.")
	}
	return nil
}

// trouble is how an answer goes wrong.
type trouble int

const (
	none trouble = iota
	outageBefore
	outageAfter
	delay
)

// troubles are what goes wrong by attempt, for the tokens and postcodes that ask for it. Later attempts go well.
var troubles = map[string][]trouble{
	"tok_timeout": {delay},
	"tok_flaky":   {outageBefore, outageAfter},
	"99999":       {delay},
	"55555":       {outageBefore, outageAfter},
}

// troubleOf is what goes wrong with an attempt, counted from 1.
func troubleOf(choice string, attempt int) trouble {
	if all := troubles[choice]; attempt <= len(all) {
		return all[attempt-1]
	}
	return none
}

// act lets the attempt go wrong after it had its effect.
func (s *server) act(ctx context.Context, t trouble) error {
	switch t {
	case outageBefore, outageAfter:
		return handler.NewProblem(http.StatusInternalServerError, "An outage, as you asked for.")
	case delay:
		s.sleep(ctx, tooLong)
	case none:
	}
	return nil
}

// addKey notes an idempotency key, and tells whether it is new.
func addKey(keys *[]string, key string) bool {
	if slices.Contains(*keys, key) {
		return false
	}
	*keys = append(*keys, key)
	return true
}

// idempotencyKey returns the header that every request with an effect must have.
func idempotencyKey(r *handler.Request) (string, error) {
	key := r.Header("Idempotency-Key")
	if key == "" || len(key) > 128 {
		return "", fault.Invalid(fault.Field{Field: "Idempotency-Key", Message: "is required: 1–128 characters"})
	}
	return key, nil
}
