package handler

import (
	"net/http"
	"slices"
	"strings"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// ETags is the value of If-Match or If-None-Match (RFC 9110 §13.1): either "*", or a list of entity tags.
type ETags struct {
	// Any is set for "*": any current representation matches.
	Any bool
	// Strong and Weak are the tags' opaque parts, without quotes and W/.
	Strong, Weak []string
}

// Given tells whether the header was there at all.
func (t ETags) Given() bool { return t.Any || len(t.Strong)+len(t.Weak) > 0 }

// MatchesStrongly compares as If-Match must: a weak tag never matches.
func (t ETags) MatchesStrongly(tag string) bool { return t.Any || slices.Contains(t.Strong, tag) }

// MatchesWeakly compares as If-None-Match must: weak or not makes no difference.
func (t ETags) MatchesWeakly(tag string) bool {
	return t.MatchesStrongly(tag) || slices.Contains(t.Weak, tag)
}

// maxTags bounds how many entity tags one header may list; nobody holds more versions of one thing.
const maxTags = 20

// ETags reads the header If-Match or If-None-Match. A header that is absent gives the zero ETags; one that does not
// follow the grammar gives fault.ErrInvalid, as guessing what a condition meant could lose somebody's change.
func (r *Request) ETags(header string) (ETags, error) {
	tags, message := parseETags(r.Header(header))
	if message != "" {
		return ETags{}, fault.Invalid(fault.Field{Field: header, Message: message})
	}
	return tags, nil
}

// parseETags returns the tags, or what is wrong with the header's value.
func parseETags(value string) (tags ETags, message string) {
	const want = `must be * or entity tags in double quotes such as "3", separated by commas`
	rest := strings.Trim(value, " \t")
	if rest == "*" {
		return ETags{Any: true}, ""
	}
	for {
		rest = strings.TrimLeft(rest, ", \t") // RFC 9110 §5.6.1: a recipient accepts empty list elements.
		if rest == "" {
			return tags, ""
		}
		opaque, weak := strings.CutPrefix(rest, "W/")
		if !strings.HasPrefix(opaque, `"`) {
			return ETags{}, want + ", not " + fault.Quote(value)
		}
		tag, after, closed := strings.Cut(opaque[1:], `"`)
		if !closed || strings.ContainsFunc(tag, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
			return ETags{}, want + ", not " + fault.Quote(value)
		}
		if weak {
			tags.Weak = append(tags.Weak, tag)
		} else {
			tags.Strong = append(tags.Strong, tag)
		}
		if len(tags.Weak)+len(tags.Strong) > maxTags {
			return ETags{}, "must not list more than 20 entity tags"
		}
		// What follows must be the end or a separator; white space alone separates nothing.
		rest = strings.TrimLeft(after, " \t")
		if rest != "" && rest[0] != ',' {
			return ETags{}, want + ", not " + fault.Quote(value)
		}
	}
}

// conditional applies the request's conditions to the answer of a GET that carries an ETag, in the order of RFC 9110
// §13.2.2. A malformed condition is ignored here: the whole answer is always a right one for a read.
func (r *Request) conditional(answer *Response) *Response {
	quoted := answer.Header["ETag"]
	if quoted == "" || answer.Status != http.StatusOK || r.event.RequestContext.HTTP.Method != http.MethodGet {
		return answer
	}
	tag := strings.Trim(strings.TrimPrefix(quoted, "W/"), `"`)
	if match, err := r.ETags("If-Match"); err == nil && match.Given() && !match.MatchesStrongly(tag) {
		return problemOf(fault.New(fault.ErrPrecondition, "The current version is %s.", quoted)).response(r.CorrelationID)
	}
	if none, err := r.ETags("If-None-Match"); err == nil && none.MatchesWeakly(tag) {
		answer.Status, answer.body = http.StatusNotModified, nil
	}
	return answer
}
