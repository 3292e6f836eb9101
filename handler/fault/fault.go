// Package fault names the ways in which a request to the shop can fail, in the domain's terms.
//
// It knows neither HTTP nor AWS, so a bounded context can say what is wrong without saying how that is answered.
// Package handler turns each [Kind] into a status in one place.
//
// Whatever is in an [Error]'s Detail and Fields is shown to the client; its Err is for the logs alone.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Kind is why something failed. It is an error itself, so errors.Is(err, fault.ErrNotFound) works on every [Error].
type Kind string //nolint:errname // read as fault.Kind; its values are the errors, and are called Err…

const (
	// ErrInvalid means that the input breaks a rule; Error.Fields says which.
	ErrInvalid Kind = "invalid"
	// ErrUnauthenticated means that nobody, or nobody who still exists, is signed in.
	ErrUnauthenticated Kind = "unauthenticated"
	// ErrForbidden means that who is signed in may not do this.
	ErrForbidden Kind = "forbidden"
	// ErrNotFound means that the thing asked for does not exist.
	ErrNotFound Kind = "not found"
	// ErrPrecondition means that the thing is not in the state that the caller made a condition:
	// it exists though it must not, does not though it must, or has another version.
	ErrPrecondition Kind = "precondition failed"
	// ErrConflict means that what is asked for is not possible in the thing's present state, whatever condition the caller made: an order
	// that was shipped cannot be cancelled.
	ErrConflict Kind = "conflict"
	// ErrUnprocessable means that the input is well-formed, and yet cannot be done: it names a product that does not exist, or repeats a
	// key with another content. Error.Fields may say which.
	ErrUnprocessable Kind = "unprocessable"
	// ErrUnavailable means that something the shop depends on is overloaded or away; trying again later is sensible.
	ErrUnavailable Kind = "unavailable"
)

// Error makes a Kind usable as the target of errors.Is.
func (k Kind) Error() string { return string(k) }

// Field is one wrong input field and what it must be.
type Field struct {
	// Field is the name the client used, e.g. "priceCents", "images[2]" or "limit".
	Field string `json:"field"`
	// Message says what was expected and, where it helps, what was found.
	Message string `json:"message"`
}

// Error is a failure that a client may be told about.
type Error struct {
	// Kind decides how it is answered.
	Kind Kind
	// Detail is a sentence for the client. It must not carry internals.
	Detail string
	// Fields are the wrong input fields, all of them, when Kind is ErrInvalid or ErrUnprocessable.
	Fields []Field
	// Err is the cause. It is logged and never shown.
	Err error
}

// New returns an Error of a kind whose detail, shown to the client, is formatted as by fmt.Sprintf.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}

// Invalid returns the ErrInvalid error for wrong fields, or nil if there are none, so that a validation can end with
// "return fault.Invalid(wrong...)".
func Invalid(wrong ...Field) error {
	if len(wrong) == 0 {
		return nil
	}
	detail := "One field is wrong."
	if len(wrong) > 1 {
		detail = fmt.Sprintf("%d fields are wrong.", len(wrong))
	}
	return &Error{Kind: ErrInvalid, Detail: detail, Fields: wrong}
}

// Error tells the whole story, for logs.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Kind))
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	for _, f := range e.Fields {
		b.WriteString(" " + f.Field + ": " + f.Message + ";")
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives errors.Is and errors.As the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// Fields returns the wrong fields that err carries, if any.
func Fields(err error) []Field {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Fields
	}
	return nil
}

// maxQuoted is how much of a client's own value a message repeats: enough to recognise it, not enough to fill a log.
const maxQuoted = 60

// Quote renders a value from a client for use in a message: quoted, control characters escaped, shortened when long.
func Quote(s string) string {
	if utf8.RuneCountInString(s) <= maxQuoted {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q…", string([]rune(s)[:maxQuoted]))
}
