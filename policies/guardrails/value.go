package guardrails

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Answer is yes, no, or not known before the deployment.
type Answer int

// The answers. The zero value is No.
const (
	No Answer = iota
	Maybe
	Yes
)

// answer turns a decision into an Answer.
func answer(yes bool) Answer {
	if yes {
		return Yes
	}
	return No
}

// Not is the opposite answer.
func (a Answer) Not() Answer { return Yes - a }

// And is yes if both are.
func (a Answer) And(b Answer) Answer { return min(a, b) }

// Or is yes if one of both is.
func (a Answer) Or(b Answer) Answer { return max(a, b) }

// Unknown stands for a value that only the deployment will tell.
type Unknown struct{}

// Secret stands for a value that the program marked as secret.
type Secret struct {
	// Value is what is secret, of the same types as any other input.
	Value any
}

// Value is an input, or a part of one, at a path.
type Value struct {
	path string
	v    any
	// around tells that the value is unknown because something around it is, so that it may not be there at all.
	around bool
}

// At is the input found by following keys.
func (r Resource) At(keys ...string) Value {
	return Value{v: r.Inputs}.At(keys...)
}

// At is the value inside this one found by following keys.
func (v Value) At(keys ...string) Value {
	for _, key := range keys {
		at := Value{path: strings.TrimPrefix(v.path+"."+key, ".")}
		switch inner := plain(v.v).(type) {
		case map[string]any:
			at.v = inner[key]
		case Unknown:
			at.v, at.around = inner, true
		}
		v = at
	}
	return v
}

// Each are the items of a list, or the value itself if it is no list. Of a list that is not known yet it is one unknown item.
func (v Value) Each() []Value {
	switch items := plain(v.v).(type) {
	case nil:
		return nil
	case []any:
		values := make([]Value, len(items))
		for i, item := range items {
			values[i] = Value{path: v.path + "[" + strconv.Itoa(i) + "]", v: item}
		}
		return values
	case Unknown:
		return []Value{{path: v.path, v: items, around: true}}
	}
	return []Value{v}
}

// plain takes the mark off secrets.
func plain(value any) any {
	if secret, marked := value.(Secret); marked {
		return plain(secret.Value)
	}
	return value
}

// Unknown tells whether the value is not known before the deployment.
func (v Value) Unknown() bool {
	_, unknown := plain(v.v).(Unknown)
	return unknown
}

// Set tells whether the value is there and not empty.
func (v Value) Set() Answer {
	switch value := plain(v.v).(type) {
	case nil:
		return No
	case Unknown:
		if v.around {
			return Maybe
		}
		return Yes // the program gave a value, even if nobody knows it yet
	case string:
		return answer(value != "")
	case []any:
		return answer(len(value) > 0)
	case map[string]any:
		return answer(len(value) > 0)
	}
	return Yes
}

// Is tells whether the value equals another. A value that is not given equals false, "" and 0.
func (v Value) Is(want any) Answer {
	value := plain(v.v)
	if v.Unknown() {
		return Maybe
	}
	if value == nil {
		return answer(reflect.ValueOf(want).IsZero())
	}
	if number, ok := want.(int); ok {
		return answer(value == float64(number) || value == number)
	}
	return answer(reflect.DeepEqual(value, want))
}

// Text is the value as a string, if it is one.
func (v Value) Text() string {
	text, _ := plain(v.v).(string)
	return text
}

// Matches tells whether the value is a string that fulfils a condition.
func (v Value) Matches(condition func(string) bool) Answer {
	if v.Unknown() {
		return Maybe
	}
	text, ok := plain(v.v).(string)
	return answer(ok && condition(text))
}

// AtLeast tells whether the value is a number of at least least.
func (v Value) AtLeast(least float64) Answer {
	switch number := plain(v.v).(type) {
	case Unknown:
		return Maybe
	case float64:
		return answer(number >= least)
	case int:
		return answer(float64(number) >= least)
	}
	return No
}

// Has tells whether a list holds a value.
func (v Value) Has(want any) Answer {
	found := No
	for _, item := range v.Each() {
		found = found.Or(item.Is(want))
	}
	return found
}

// JSON is the value of a JSON text, and nothing if it is no such text.
func (v Value) JSON() Value {
	text, isText := plain(v.v).(string)
	if !isText {
		return v
	}
	parsed := Value{path: v.path}
	if err := json.Unmarshal([]byte(text), &parsed.v); err != nil {
		parsed.v = nil
	}
	return parsed
}

// String shows the value for people. Secrets stay secret.
func (v Value) String() string {
	return show(v.v)
}

func show(value any) string {
	switch v := value.(type) {
	case nil:
		return "nothing"
	case Unknown:
		return "(known after the deployment)"
	case Secret:
		return "(secret)"
	case string:
		return strconv.Quote(v)
	}
	return fmt.Sprint(value)
}
