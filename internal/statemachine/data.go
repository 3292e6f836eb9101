package statemachine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// newStrictDecoder refuses fields that the package does not know: they would change what Step Functions does.
func newStrictDecoder(text []byte) *json.Decoder {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder
}

// plain is a value in the types that JSON is decoded to, and a copy.
func plain(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("statemachine: %v is not JSON: %v", value, err))
	}
	var p any
	if err := json.Unmarshal(text, &p); err != nil {
		panic(err) // it was made by Marshal
	}
	return p
}

// fields are the names in a reference path: $.a.b.
func fields(path string) []string {
	if path == "$" {
		return nil
	}
	rest, ok := strings.CutPrefix(path, "$.")
	if !ok || strings.ContainsAny(rest, "[]*?@(") {
		panic(fmt.Sprintf("statemachine: path %q, only paths such as $.order.id are known here", path))
	}
	return strings.Split(rest, ".")
}

// find follows a reference path. ok is false if nothing is there.
func find(data any, path string) (value any, ok bool) {
	for _, name := range fields(path) {
		object, isObject := data.(map[string]any)
		if !isObject {
			return nil, false
		}
		if data, ok = object[name]; !ok {
			return nil, false
		}
	}
	return data, true
}

// get follows a reference path, which must lead somewhere: Step Functions ends the execution otherwise. "" is null, for an empty object.
func get(data any, path string) any {
	if path == "" {
		return map[string]any{}
	}
	value, ok := find(data, path)
	if !ok {
		panic(fmt.Sprintf("statemachine: nothing at %s in %v; Step Functions would end the execution with States.Runtime", path, data))
	}
	return value
}

// put returns data with a result at a path. A null path drops the result.
func put(data any, p path, result any) any {
	if p.set && p.text == "" {
		return data
	}
	names := fields(p.or())
	if len(names) == 0 {
		return result
	}
	object, ok := data.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	object = maps.Clone(object)
	if len(names) > 1 {
		result = put(object[names[0]], path{set: true, text: "$." + strings.Join(names[1:], ".")}, result)
	}
	object[names[0]] = result
	return object
}

// contextObject is what templates can use of the context object: the item of a Map, and the token of a task.
type contextObject struct {
	item  any
	token string
}

// fill is a payload template with its paths followed.
func fill(template, data any, about contextObject) any {
	switch t := template.(type) {
	case map[string]any:
		filled := map[string]any{}
		for key, value := range t {
			name, dynamic := strings.CutSuffix(key, ".$")
			if dynamic {
				filled[name] = evaluate(value.(string), data, about)
			} else {
				filled[key] = fill(value, data, about)
			}
		}
		return filled
	case []any:
		filled := make([]any, len(t))
		for i, value := range t {
			filled[i] = fill(value, data, about)
		}
		return filled
	default:
		return t
	}
}

// evaluate is the value of a path, of the context object or of an intrinsic function.
func evaluate(expression string, data any, about contextObject) any {
	switch {
	case expression == "$$.Task.Token":
		return about.token
	case expression == "$$.Map.Item.Value":
		return about.item
	case strings.HasPrefix(expression, "States.MathAdd("):
		var sum float64
		arguments := strings.TrimSuffix(strings.TrimPrefix(expression, "States.MathAdd("), ")")
		for argument := range strings.SplitSeq(arguments, ",") {
			sum += number(strings.TrimSpace(argument), data)
		}
		return sum
	default:
		return get(data, expression)
	}
}

// number is an argument of an intrinsic function: a path or a literal.
func number(argument string, data any) float64 {
	if strings.HasPrefix(argument, "$") {
		return get(data, argument).(float64)
	}
	var n float64
	if err := json.Unmarshal([]byte(argument), &n); err != nil {
		panic(fmt.Sprintf("statemachine: argument %q, want a number or a path", argument))
	}
	return n
}

// choose is the state that a Choice goes on with.
func (s state) choose(name string, data any) string {
	for _, rule := range s.Choices {
		if holds(rule, data) {
			return rule["Next"].(string)
		}
	}
	if s.Default == "" {
		panic(fmt.Sprintf("statemachine: no choice of %s matches %v, and it has no Default; Step Functions would end the execution with States.NoChoiceMatched", name, data))
	}
	return s.Default
}

// holds tells whether a rule of a Choice does.
func holds(rule map[string]any, data any) bool {
	if parts, ok := rule["Or"].([]any); ok {
		for _, part := range parts {
			if holds(part.(map[string]any), data) {
				return true
			}
		}
		return false
	}
	value, _ := find(data, rule["Variable"].(string))
	for operator, operand := range rule {
		switch operator {
		case "Variable", "Next", "Comment":
		case "StringEquals":
			return value == operand
		case "NumericGreaterThanEquals":
			n, ok := value.(float64)
			return ok && n >= operand.(float64)
		default:
			panic(fmt.Sprintf("statemachine: operator %s is not known here", operator))
		}
	}
	panic(fmt.Sprintf("statemachine: rule %v has no operator", rule))
}
