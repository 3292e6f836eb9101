package asl

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// node is a JSON value with its place in the text. The methods of a nil node say that there is nothing.
type node struct {
	offset  int
	value   any // string, json.Number, bool or nil, unless the node is an object or an array
	members []member
	items   []*node
	kind    kind
}

type kind int

const (
	scalar kind = iota
	object
	array
)

type member struct {
	key    string
	offset int
	value  *node
}

// jsonError is what is wrong with a text that is to be JSON.
type jsonError struct {
	offset int
	text   string
}

// parseJSON reads one JSON value. An object must not have the same key twice: JSON allows it, but only one would count.
func parseJSON(text []byte) (*node, *jsonError) {
	var anything any
	if err := json.Unmarshal(text, &anything); err != nil {
		offset := len(text)
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) && syntax.Offset > 0 {
			offset = int(syntax.Offset) - 1 // Offset is behind the byte in question
		}
		if strings.Contains(err.Error(), "unexpected end") {
			offset = len(text)
		}
		return nil, &jsonError{offset, "not valid JSON: " + err.Error()}
	}
	p := &parser{text: text, decoder: json.NewDecoder(bytes.NewReader(text))}
	p.decoder.UseNumber()
	root := p.node()
	return root, p.err
}

// parser builds nodes out of a text that is known to be valid.
type parser struct {
	text    []byte
	decoder *json.Decoder
	err     *jsonError
}

// token is the next token and where it begins.
func (p *parser) token() (json.Token, int) {
	offset := int(p.decoder.InputOffset())
	for offset < len(p.text) && strings.IndexByte(" \t\r\n,:", p.text[offset]) >= 0 {
		offset++
	}
	token, err := p.decoder.Token()
	if err != nil && p.err == nil {
		p.err = &jsonError{offset, "not valid JSON: " + err.Error()}
	}
	return token, offset
}

func (p *parser) node() *node {
	token, offset := p.token()
	n := &node{offset: offset}
	switch token {
	case json.Delim('{'):
		n.kind = object
		for p.err == nil && p.decoder.More() {
			key, offset := p.token()
			name, _ := key.(string)
			if n.has(name) {
				p.err = &jsonError{offset, "the key \"" + name + "\" is there twice, want it once"}
			}
			n.members = append(n.members, member{name, offset, p.node()})
		}
		p.token()
	case json.Delim('['):
		n.kind = array
		for p.err == nil && p.decoder.More() {
			n.items = append(n.items, p.node())
		}
		p.token()
	default:
		n.value = token
	}
	return n
}

// get is the value of a key, or nil.
func (n *node) get(key string) *node {
	if n != nil {
		for _, m := range n.members {
			if m.key == key {
				return m.value
			}
		}
	}
	return nil
}

func (n *node) has(key string) bool {
	return n.get(key) != nil
}

// list is the items of an array.
func (n *node) list() []*node {
	if n == nil {
		return nil
	}
	return n.items
}

// string is the value of a string.
func (n *node) string() (string, bool) {
	if n == nil {
		return "", false
	}
	s, ok := n.value.(string)
	return s, ok
}

// text is the string behind a key, or empty.
func (n *node) text(key string) string {
	s, _ := n.get(key).string()
	return s
}

// integer is the value of a whole number.
func (n *node) integer() (int64, bool) {
	if n == nil {
		return 0, false
	}
	number, ok := n.value.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := number.Int64()
	return i, err == nil
}

// float is the value of a number.
func (n *node) float() (float64, bool) {
	number, ok := n.value.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := number.Float64()
	return f, err == nil
}

func (n *node) null() bool {
	return n.kind == scalar && n.value == nil
}

// plain is the value without its place: map[string]any, []any, string, json.Number, bool or nil.
func (n *node) plain() any {
	switch {
	case n == nil:
		return nil
	case n.kind == object:
		out := map[string]any{}
		for _, m := range n.members {
			out[m.key] = m.value.plain()
		}
		return out
	case n.kind == array:
		out := []any{}
		for _, item := range n.items {
			out = append(out, item.plain())
		}
		return out
	}
	return n.value
}

// shown is how a value is quoted in a problem: as JSON, and not all of it if it is long.
func (n *node) shown() string {
	text, err := json.Marshal(n.plain())
	if err != nil {
		return err.Error()
	}
	const enough = 60
	if len(text) > enough {
		return string(text[:enough]) + "…"
	}
	return string(text)
}
