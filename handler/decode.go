package handler

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// MaxBody is the largest request body that is read, in bytes.
const MaxBody = 64 << 10

// Decode reads the request's body, a JSON object, into the struct that target points to.
//
// It is strict, because a field that is silently ignored is a change that the client believes it made: member names must
// be exactly those of the struct's json tags, each at most once, of the right type and not null, with nothing after the
// object. That holds for objects inside of it too, which are structs, or lists of structs, with json tags of their own. All
// wrong members are told at once. Whether a member is required is for the domain to say; use pointers to tell absent from
// zero.
//
// Errors: 413 above [MaxBody], 415 unless the content type is application/json in UTF-8, fault.ErrInvalid otherwise.
func (r *Request) Decode(target any) error {
	contentType := r.Header("Content-Type")
	media, params, err := mime.ParseMediaType(contentType)
	if charset, given := params["charset"]; err != nil || media != "application/json" || given && !strings.EqualFold(charset, "utf-8") {
		return NewProblem(http.StatusUnsupportedMediaType,
			"Content-Type is %s, want application/json (UTF-8).", fault.Quote(contentType))
	}
	body, err := r.body()
	if err != nil {
		return err
	}
	return decodeObject(body, target)
}

// Body returns the body's exact bytes, such as a signature is made over. Error: 413 above [MaxBody], fault.ErrInvalid if it is not
// what API Gateway says it is.
func (r *Request) Body() ([]byte, error) { return r.body() }

// body returns the body's bytes. The size is checked before anything is decoded.
func (r *Request) body() ([]byte, error) {
	tooLarge := NewProblem(http.StatusRequestEntityTooLarge, "The body is larger than %d bytes.", MaxBody)
	body := []byte(r.event.Body)
	if r.event.IsBase64Encoded {
		if len(body) > base64.StdEncoding.EncodedLen(MaxBody) {
			return nil, tooLarge
		}
		decoded, err := base64.StdEncoding.DecodeString(r.event.Body)
		if err != nil {
			return nil, malformed("is not the base64 that it is said to be")
		}
		body = decoded
	}
	if len(body) > MaxBody {
		return nil, tooLarge
	}
	return body, nil
}

// malformed is the error for a body that cannot be read at all. It names the body as the wrong field.
func malformed(format string, args ...any) error {
	return &fault.Error{
		Kind: fault.ErrInvalid, Detail: "The body cannot be read.",
		Fields: []fault.Field{{Field: "body", Message: fmt.Sprintf(format, args...)}},
	}
}

// decodeObject reads one JSON object into a struct, member by member, so that it can tell every wrong one.
func decodeObject(data []byte, target any) error {
	if !utf8.Valid(data) {
		return malformed("must be UTF-8")
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return malformed("must be a JSON object; it is empty")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	start, err := decoder.Token()
	if err != nil {
		return malformedJSON(decoder, err)
	}
	if start != json.Delim('{') {
		return malformed("must be a JSON object")
	}
	var c complaints
	if err := c.readMembers(decoder, reflect.ValueOf(target).Elem(), ""); err != nil {
		return err
	}
	if len(c) < maxWrong {
		if _, err := decoder.Token(); err != nil { // the closing brace
			return malformedJSON(decoder, err)
		}
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
			return malformed("must be one JSON object with nothing after it")
		}
	}
	return fault.Invalid(c...)
}

// complaints are all that is wrong with a body.
type complaints []fault.Field

func (c *complaints) add(field, message string) {
	*c = append(*c, fault.Field{Field: field, Message: message})
}

// readMembers reads an object's members into a struct, until there are no more or too many are wrong. path is where the object is in the
// body, such as "lines[0].".
func (c *complaints) readMembers(decoder *json.Decoder, target reflect.Value, path string) error {
	fields := fieldsOf(target)
	seen := map[string]bool{}
	for decoder.More() && len(*c) < maxWrong {
		token, err := decoder.Token()
		if err != nil {
			return malformedJSON(decoder, err)
		}
		name, _ := token.(string) // in an object, JSON allows nothing else here
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return malformedJSON(decoder, err)
		}
		field, known := fields[name]
		switch {
		case !known:
			c.add(path+shorten(name), "is not a field that can be set")
		case seen[name]:
			c.add(path+name, "is given more than once")
		default:
			c.readMember(value, field, path+name)
		}
		seen[name] = true
	}
	return nil
}

// readMember sets a field, which is called path in the body.
func (c *complaints) readMember(data json.RawMessage, field reflect.Value, path string) {
	want := "must be " + describe(field.Type())
	if string(data) == "null" {
		c.add(path, want+", not null")
		return
	}
	switch elements, isList := elementsOf(data, field); {
	case field.Kind() == reflect.Pointer:
		field.Set(reflect.New(field.Type().Elem()))
		c.readMember(data, field.Elem(), path)
	case field.Kind() == reflect.Struct && data[0] == '{':
		decoder := json.NewDecoder(bytes.NewReader(data))
		_, _ = decoder.Token()                      // the brace
		_ = c.readMembers(decoder, field, path+".") // the whole body was found to be JSON
	case isList && slices.ContainsFunc(elements, func(e json.RawMessage) bool { return string(e) == "null" }):
		c.add(path, want+" without null")
	case isList && field.Type().Elem().Kind() == reflect.Struct:
		field.Set(reflect.MakeSlice(field.Type(), len(elements), len(elements)))
		for i, element := range elements {
			if len(*c) < maxWrong {
				c.readMember(element, field.Index(i), fmt.Sprintf("%s[%d]", path, i))
			}
		}
	case json.Unmarshal(data, field.Addr().Interface()) != nil:
		c.add(path, want)
	}
}

// elementsOf returns the elements of a list that a field takes.
func elementsOf(data json.RawMessage, field reflect.Value) (elements []json.RawMessage, isList bool) {
	return elements, field.Kind() == reflect.Slice && json.Unmarshal(data, &elements) == nil
}

// maxWrong bounds how many wrong fields an answer lists: a body of 64 KB has room for ten thousand.
const maxWrong = 50

// maxName is how much of an unknown member's name an answer repeats.
const maxName = 60

func shorten(name string) string {
	if runes := []rune(name); len(runes) > maxName {
		return string(runes[:maxName]) + "…"
	}
	return name
}

// malformedJSON says where the JSON went wrong.
func malformedJSON(decoder *json.Decoder, err error) error {
	offset := decoder.InputOffset()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = syntax.Offset
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return malformed("is not complete JSON: it ends at byte %d", offset)
	}
	return malformed("is not JSON: wrong at byte %d", offset)
}

// fieldsOf returns a struct's fields by their names in JSON.
func fieldsOf(target reflect.Value) map[string]reflect.Value {
	fields := make(map[string]reflect.Value, target.NumField())
	for i := range target.NumField() {
		name, _, _ := strings.Cut(target.Type().Field(i).Tag.Get("json"), ",")
		fields[name] = target.Field(i)
	}
	return fields
}

// describe names a type to somebody who does not know Go.
func describe(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return describe(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Int32:
		return "a whole number"
	case reflect.Float64, reflect.Float32:
		return "a number"
	case reflect.Slice:
		return "a list, each element " + describe(t.Elem())
	default:
		return "a JSON object"
	}
}
