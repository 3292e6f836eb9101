package handler

import (
	"context"
	"log/slog"
	"slices"
	"sync"
)

// scopeKey is where a scope is kept in its context.
type scopeKey struct{}

// scope is what belongs to one request, event, message, change or task while it is worked on.
type scope struct {
	function      *slog.Logger // the function's own
	correlationID string
	span          *span

	mu         sync.Mutex
	attributes []slog.Attr // of every line
	logger     *slog.Logger
}

// newScope opens a scope whose lines carry the attributes.
func newScope(function *slog.Logger, correlationID string, s *span, attributes []slog.Attr) *scope {
	opened := &scope{function: function, correlationID: correlationID, span: s, attributes: attributes}
	opened.rebuild()
	return opened
}

// rebuild makes the logger anew; one that was made by With cannot forget an attribute again.
func (s *scope) rebuild() {
	s.logger = slog.New(s.function.Handler().WithAttrs(s.attributes))
}

// in returns a context that belongs to the scope.
func (s *scope) in(ctx context.Context) context.Context { return context.WithValue(ctx, scopeKey{}, s) }

// log returns the logger with all attributes of this moment.
func (s *scope) log() *slog.Logger {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logger
}

// set adds or replaces an attribute of every further line.
func (s *scope) set(a slog.Attr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attributes = replaced(s.attributes, a)
	s.rebuild()
}

// replaced returns a copy of the attributes in which a is the only one of its key.
func replaced(attributes []slog.Attr, a slog.Attr) []slog.Attr {
	attributes = slices.Clone(attributes)
	for i := range attributes {
		if attributes[i].Key == a.Key {
			attributes[i] = a
			return attributes
		}
	}
	return append(attributes, a)
}

// scopeOf returns the scope that ctx belongs to, or nil.
func scopeOf(ctx context.Context) *scope {
	s, _ := ctx.Value(scopeKey{}).(*scope)
	return s
}

// Logger returns the logger of the request, event, message, change or task that ctx belongs to. Every line carries its
// correlation id, Lambda request id and X-Ray trace id, whether it met a cold start, and whatever was annotated before
// ([Annotate]). Outside of a handler it is slog's default.
func Logger(ctx context.Context) *slog.Logger {
	if s := scopeOf(ctx); s != nil {
		return s.log()
	}
	return slog.Default()
}

// CorrelationID returns the id that follows a customer's request through every service: what this request, event, message, change
// or task was given, or the new one that it got. It is "" outside of a handler.
func CorrelationID(ctx context.Context) string {
	if s := scopeOf(ctx); s != nil {
		return s.correlationID
	}
	return ""
}

// WithCorrelationID returns a context, and with it a [Logger], that carries another correlation id: for work on one of several events of
// a batch. An id that is not 1–64 of A-Za-z0-9._- leaves the context as it is.
func WithCorrelationID(ctx context.Context, id string) context.Context {
	if !validCorrelationID(id) {
		return ctx
	}
	outer := scopeOf(ctx)
	if outer == nil {
		return newScope(slog.Default(), id, nil, []slog.Attr{slog.String("correlationId", id)}).in(ctx)
	}
	outer.mu.Lock()
	attributes := outer.attributes
	outer.mu.Unlock()
	return newScope(outer.function, id, outer.span, replaced(attributes, slog.String("correlationId", id))).in(ctx)
}

// Annotation is what X-Ray can search for: text, a number or a truth.
type Annotation interface {
	~string | ~bool | ~int | ~int64 | ~float64
}

// Annotate adds something to every further log line of the request, event, message, change or task that ctx belongs to, and to its X-Ray
// trace, where it can be searched for: annotation.orderId = "…". The correlation id and a known order's id are there already.
//
// X-Ray knows keys of A-Za-z0-9_ (other characters become _), 50 of them, and shortens text at 1,000 characters. Never annotate
// personal data: traces and logs are kept.
func Annotate[T Annotation](ctx context.Context, key string, value T) {
	if s := scopeOf(ctx); s != nil {
		s.set(slog.Any(key, value))
		s.span.annotate(key, value)
	}
}
