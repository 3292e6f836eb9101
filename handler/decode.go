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
// object. All wrong members are told at once. Whether a member is required is for the domain to say; use pointers to
// tell absent from zero.
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
	fields := fieldsOf(target)
	seen := map[string]bool{}
	var wrong []fault.Field
	for decoder.More() {
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
			wrong = append(wrong, fault.Field{Field: shorten(name), Message: "is not a field that can be set"})
		case seen[name]:
			wrong = append(wrong, fault.Field{Field: name, Message: "is given more than once"})
		default:
			if message := decodeMember(value, field); message != "" {
				wrong = append(wrong, fault.Field{Field: name, Message: message})
			}
		}
		seen[name] = true
		if len(wrong) >= maxWrong {
			break
		}
	}
	if len(wrong) < maxWrong {
		if _, err := decoder.Token(); err != nil { // the closing brace
			return malformedJSON(decoder, err)
		}
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
			return malformed("must be one JSON object with nothing after it")
		}
	}
	return fault.Invalid(wrong...)
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
func fieldsOf(target any) map[string]reflect.Value {
	value := reflect.ValueOf(target).Elem()
	fields := make(map[string]reflect.Value, value.NumField())
	for i := range value.NumField() {
		name, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("json"), ",")
		fields[name] = value.Field(i)
	}
	return fields
}

// decodeMember sets a field, or says what the value must be.
func decodeMember(data json.RawMessage, field reflect.Value) string {
	want := "must be " + describe(field.Type())
	if string(data) == "null" {
		return want + ", not null"
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields() // also inside of nested objects
	if err := decoder.Decode(field.Addr().Interface()); err != nil {
		return want
	}
	// A null inside of a list becomes a zero element without an error.
	if field.Kind() == reflect.Slice {
		var elements []json.RawMessage
		if json.Unmarshal(data, &elements) == nil {
			for _, element := range elements {
				if string(element) == "null" {
					return want + " without null"
				}
			}
		}
	}
	return ""
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
