package faketable

import (
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// scope is what an expression is evaluated on.
type scope struct {
	item   Item
	names  map[string]string
	values Item
}

type (
	operand   func(scope) types.AttributeValue
	predicate func(scope) bool
)

// known are conditions that were parsed: there are few, and they are evaluated often.
var known sync.Map

// condition parses a condition, key condition or filter.
func condition(expression string) predicate {
	if p, ok := known.Load(expression); ok {
		return p.(predicate)
	}
	p := &parser{expression: expression, tokens: tokens(expression)}
	parsed := p.or()
	if p.at < len(p.tokens) {
		p.fail()
	}
	known.Store(expression, parsed)
	return parsed
}

// tokens splits an expression at white space and around signs.
func tokens(expression string) []string {
	word := func(r rune) bool {
		return r == '#' || r == ':' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	var all []string
	for rest := strings.TrimSpace(expression); rest != ""; rest = strings.TrimSpace(rest) {
		n := strings.IndexFunc(rest, func(r rune) bool { return !word(r) })
		switch {
		case n < 0:
			n = len(rest)
		case n == 0 && (strings.HasPrefix(rest, "<=") || strings.HasPrefix(rest, ">=") || strings.HasPrefix(rest, "<>")):
			n = 2
		case n == 0:
			n = 1
		}
		all, rest = append(all, rest[:n]), rest[n:]
	}
	return all
}

// parser reads an expression by the grammar in "Condition and filter expressions" of the DynamoDB developer guide, without paths into
// documents.
type parser struct {
	expression string
	tokens     []string
	at         int
}

func (p *parser) fail() {
	panic(fmt.Sprintf("faketable: the expression %q is not understood from its %d. token on", p.expression, p.at+1))
}

func (p *parser) peek() string {
	if p.at == len(p.tokens) {
		return ""
	}
	return p.tokens[p.at]
}

func (p *parser) next() string {
	token := p.peek()
	if token == "" {
		p.fail()
	}
	p.at++
	return token
}

// accept goes on if the next token is this.
func (p *parser) accept(token string) bool {
	if p.peek() != token {
		return false
	}
	p.at++
	return true
}

func (p *parser) expect(token string) {
	if !p.accept(token) {
		p.fail()
	}
}

func (p *parser) or() predicate {
	left := p.and()
	for p.accept("OR") {
		first, second := left, p.and()
		left = func(s scope) bool { return first(s) || second(s) }
	}
	return left
}

func (p *parser) and() predicate {
	left := p.term()
	for p.accept("AND") {
		first, second := left, p.term()
		left = func(s scope) bool { return first(s) && second(s) }
	}
	return left
}

func (p *parser) term() predicate {
	switch p.peek() {
	case "NOT":
		p.at++
		inner := p.term()
		return func(s scope) bool { return !inner(s) }
	case "(":
		p.at++
		inner := p.or()
		p.expect(")")
		return inner
	case "attribute_exists", "attribute_not_exists":
		wanted := p.next() == "attribute_exists"
		p.expect("(")
		attribute := p.operand()
		p.expect(")")
		return func(s scope) bool { return (attribute(s) != nil) == wanted }
	case "begins_with", "contains":
		within := strings.HasPrefix
		if p.next() == "contains" {
			within = strings.Contains
		}
		p.expect("(")
		attribute := p.operand()
		p.expect(",")
		part := p.operand()
		p.expect(")")
		return func(s scope) bool { return attribute(s) != nil && within(text(attribute(s)), text(part(s))) }
	}
	return p.comparison()
}

func (p *parser) comparison() predicate {
	left := p.operand()
	switch operator := p.next(); operator {
	case "BETWEEN":
		low := p.operand()
		p.expect("AND")
		high := p.operand()
		return func(s scope) bool { return compare(left(s), ">=", low(s)) && compare(left(s), "<=", high(s)) }
	case "IN":
		p.expect("(")
		options := []operand{p.operand()}
		for p.accept(",") {
			options = append(options, p.operand())
		}
		p.expect(")")
		return func(s scope) bool {
			for _, o := range options {
				if compare(left(s), "=", o(s)) {
					return true
				}
			}
			return false
		}
	case "=", "<>", "<", "<=", ">", ">=":
		right := p.operand()
		return func(s scope) bool { return compare(left(s), operator, right(s)) }
	}
	p.at--
	p.fail()
	return nil
}

// operand is an attribute, a value, or if_not_exists.
func (p *parser) operand() operand {
	name := p.next()
	switch {
	case name == "if_not_exists":
		p.expect("(")
		attribute := p.operand()
		p.expect(",")
		otherwise := p.operand()
		p.expect(")")
		return func(s scope) types.AttributeValue {
			if value := attribute(s); value != nil {
				return value
			}
			return otherwise(s)
		}
	case strings.HasPrefix(name, ":"):
		return func(s scope) types.AttributeValue {
			value, given := s.values[name]
			if !given {
				panic(fmt.Sprintf("faketable: the expression %q uses %s, which is not given", p.expression, name))
			}
			return value
		}
	}
	return func(s scope) types.AttributeValue { return s.item[s.attribute(name)] }
}

// attribute is what a name stands for.
func (s scope) attribute(name string) string {
	if !strings.HasPrefix(name, "#") {
		return name
	}
	attribute, given := s.names[name]
	if !given {
		panic("faketable: an expression uses " + name + ", which is not given")
	}
	return attribute
}

// compare compares as DynamoDB does: with nothing, or with another type, every comparison but <> is false.
func compare(a types.AttributeValue, operator string, b types.AttributeValue) bool {
	order, comparable := 0, false
	switch x := a.(type) {
	case *types.AttributeValueMemberS:
		if y, ok := b.(*types.AttributeValueMemberS); ok {
			order, comparable = strings.Compare(x.Value, y.Value), true
		}
	case *types.AttributeValueMemberN:
		if y, ok := b.(*types.AttributeValueMemberN); ok {
			order, comparable = sign(integer(x)-integer(y)), true
		}
	default:
		if operator == "=" || operator == "<>" {
			return reflect.DeepEqual(a, b) == (operator == "=")
		}
	}
	switch operator {
	case "=":
		return comparable && order == 0
	case "<>":
		return !comparable || order != 0
	case "<":
		return comparable && order < 0
	case "<=":
		return comparable && order <= 0
	case ">":
		return comparable && order > 0
	default:
		return comparable && order >= 0
	}
}

func sign(n int64) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// integer is a number; all of the shop's are whole. Nothing is 0.
func integer(value types.AttributeValue) int64 {
	if value == nil {
		return 0
	}
	n, err := strconv.ParseInt(value.(*types.AttributeValueMemberN).Value, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// update returns an item after an update expression. All operands are of the item as it was before.
func update(expression string, s scope, key Item) Item {
	p := &parser{expression: expression, tokens: tokens(expression)}
	next := maps.Clone(key)
	maps.Copy(next, s.item)
	for p.peek() != "" {
		clause := p.next()
		for {
			p.action(clause, s, next)
			if !p.accept(",") {
				break
			}
		}
	}
	return next
}

// action carries out one action of an update's clause.
func (p *parser) action(clause string, s scope, next Item) {
	attribute := s.attribute(p.next())
	switch clause {
	case "REMOVE":
		delete(next, attribute)
	case "ADD":
		next[attribute] = number(integer(s.item[attribute]) + integer(p.operand()(s)))
	case "SET":
		p.expect("=")
		value := p.operand()(s)
		for p.peek() == "+" || p.peek() == "-" {
			if p.next() == "+" {
				value = number(integer(value) + integer(p.operand()(s)))
			} else {
				value = number(integer(value) - integer(p.operand()(s)))
			}
		}
		next[attribute] = value
	default:
		p.fail()
	}
}
