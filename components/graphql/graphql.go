// Package graphql reads and checks schemas of AWS AppSync.
//
// What a schema may say is that of the GraphQL specification of October 2021, as github.com/vektah/gqlparser implements it, and of
// "GraphQL schemas" and "Configuring authorization and authentication" in the AppSync developer guide. Beyond syntax, it finds what AppSync
// accepts and clients then meet as fields that are always empty or forbidden: directives for ways of signing in that the API does not have,
// fields whose results nobody may read who may ask for them, and subscriptions that never fire.
package graphql

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// maxSchemaBytes is the largest schema document (AppSync quota).
const maxSchemaBytes = 1_000_000

// Mode is a way in which callers of an API can be known, by its name in AppSync's API.
type Mode string

const (
	// Cognito knows callers by the tokens of a Cognito user pool.
	Cognito Mode = "AMAZON_COGNITO_USER_POOLS"
	// IAM knows callers by their signatures.
	IAM Mode = "AWS_IAM"
	// Key knows no callers, only the API key that they have.
	Key Mode = "API_KEY"
)

// directives are the modes by the directives that allow them.
var directives = map[string]Mode{
	"aws_auth":               Cognito,
	"aws_cognito_user_pools": Cognito,
	"aws_iam":                IAM,
	"aws_api_key":            Key,
	"aws_oidc":               "OPENID_CONNECT",
	"aws_lambda":             "AWS_LAMBDA",
}

// directiveOf is how a schema allows a mode.
var directiveOf = map[Mode]string{Cognito: "@aws_cognito_user_pools", IAM: "@aws_iam", Key: "@aws_api_key"}

// appSync is what AppSync defines in every schema.
const appSync = `
scalar AWSDate
scalar AWSTime
scalar AWSDateTime
scalar AWSTimestamp
scalar AWSEmail
scalar AWSJSON
scalar AWSURL
scalar AWSPhone
scalar AWSIPAddress
directive @aws_subscribe(mutations: [String!]!) on FIELD_DEFINITION
directive @aws_auth(cognito_groups: [String!]!) on OBJECT | FIELD_DEFINITION
directive @aws_cognito_user_pools(cognito_groups: [String!]) on OBJECT | FIELD_DEFINITION
directive @aws_iam on OBJECT | FIELD_DEFINITION
directive @aws_api_key on OBJECT | FIELD_DEFINITION
directive @aws_oidc on OBJECT | FIELD_DEFINITION
directive @aws_lambda on OBJECT | FIELD_DEFINITION
`

// Schema is a schema that follows the specification.
type Schema struct {
	schema *ast.Schema
}

// SchemaError is one thing wrong with a schema.
type SchemaError struct {
	// Line and Column, from 1, of where it is.
	Line, Column int
	// Field is the type or field it is about: Query.orders.
	Field string
	// Text says what is wrong and what is accepted.
	Text string
}

// Error is the problem behind its position, as compilers write it.
func (e SchemaError) Error() string {
	return fmt.Sprintf("%d:%d: %s: %s", e.Line, e.Column, e.Field, e.Text)
}

// Parse reads a schema and checks it against the specification.
func Parse(text []byte) (*Schema, error) {
	if len(text) > maxSchemaBytes {
		return nil, fmt.Errorf("1:1: schema has %d bytes, want at most %d (AppSync quota)", len(text), maxSchemaBytes)
	}
	schema, err := gqlparser.LoadSchema(
		&ast.Source{Name: "AppSync", Input: appSync, BuiltIn: true},
		&ast.Source{Input: string(text)},
	)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "input:"))
	}
	if schema.Query == nil {
		return nil, errors.New("1:1: want a type Query with at least one field")
	}
	return &Schema{schema}, nil
}

// Check finds what cannot work with the API's default mode and its additional ones. Its error joins one [SchemaError] for everything found.
func (s *Schema) Check(standard Mode, additional ...Mode) error {
	c := checker{s, standard, append([]Mode{standard}, additional...), nil}
	used := map[Mode]bool{standard: true}
	for _, def := range s.types() {
		if def.Kind == ast.Scalar {
			c.report(def.Position, def.Name, "want only the scalars of GraphQL and AppSync, such as AWSDateTime")
		}
		if def.Kind != ast.Object {
			continue
		}
		c.directives(def.Name, def.Directives, used)
		for _, field := range s.fields(def) {
			name := def.Name + "." + field.Name
			c.directives(name, field.Directives, used)
			c.readable(def, field, name)
		}
	}
	for _, mode := range additional {
		if !used[mode] {
			c.report(s.schema.Query.Position, s.schema.Query.Name, fmt.Sprintf("want %s on a type or a field, since without it %s opens nothing", directiveOf[mode], mode))
		}
	}
	c.subscriptions()
	return errors.Join(c.found...)
}

type checker struct {
	*Schema
	standard Mode
	modes    []Mode
	found    []error
}

func (c *checker) report(at *ast.Position, field, text string) {
	e := SchemaError{Field: field, Text: text}
	if at != nil {
		e.Line, e.Column = at.Line, at.Column
	}
	c.found = append(c.found, e)
}

// directives wants those that allow a mode to allow one that the API has.
func (c *checker) directives(name string, list ast.DirectiveList, used map[Mode]bool) {
	for _, d := range list {
		mode, known := directives[d.Name]
		switch {
		case !known:
		case !slices.Contains(c.modes, mode):
			c.report(d.Position, name, fmt.Sprintf("@%s, want only what the API has: %v", d.Name, c.modes))
		case d.Name == "aws_auth" && len(c.modes) > 1:
			c.report(d.Position, name, "@aws_auth, want @aws_cognito_user_pools, since AppSync ignores the former in an API with several modes")
		default:
			used[mode] = true
		}
		if groups := d.Arguments.ForName("cognito_groups"); groups != nil && len(groups.Value.Children) == 0 {
			c.report(d.Position, name, "cognito_groups, want at least one group")
		}
	}
}

// readable wants who may ask for a field to be able to read something of its result.
func (c *checker) readable(def *ast.Definition, field *ast.FieldDefinition, name string) {
	result := c.schema.Types[field.Type.Name()]
	if result == nil || result.Kind != ast.Object {
		return
	}
	for _, mode := range c.modes {
		if !c.allows(def, field, mode) {
			continue
		}
		if !slices.ContainsFunc(c.fields(result), func(f *ast.FieldDefinition) bool { return c.allows(result, f, mode) }) {
			c.report(field.Position, name, fmt.Sprintf("may be called with %s, but nothing of its result %s may be read: want %s there", mode, result.Name, directiveOf[mode]))
		}
	}
}

// allows tells whether callers known in a mode reach a field: its own directives count, else its type's, else the default mode.
func (c *checker) allows(def *ast.Definition, field *ast.FieldDefinition, mode Mode) bool {
	for _, list := range []ast.DirectiveList{field.Directives, def.Directives} {
		if allowed := modesOf(list); len(allowed) > 0 {
			return slices.Contains(allowed, mode)
		}
	}
	return mode == c.standard
}

func modesOf(list ast.DirectiveList) []Mode {
	var modes []Mode
	for _, d := range list {
		if mode, known := directives[d.Name]; known {
			modes = append(modes, mode)
		}
	}
	return modes
}

// subscriptions wants each to be fired by mutations with the same result.
func (c *checker) subscriptions() {
	if c.schema.Subscription == nil {
		return
	}
	for _, field := range c.schema.Subscription.Fields {
		name := c.schema.Subscription.Name + "." + field.Name
		subscribe := field.Directives.ForName("aws_subscribe")
		if subscribe == nil || len(subscribe.Arguments.ForName("mutations").Value.Children) == 0 {
			c.report(field.Position, name, "want @aws_subscribe(mutations: […]), since only mutations fire subscriptions")
			continue
		}
		for _, child := range subscribe.Arguments.ForName("mutations").Value.Children {
			var mutation *ast.FieldDefinition
			if c.schema.Mutation != nil {
				mutation = c.schema.Mutation.Fields.ForName(child.Value.Raw)
			}
			switch {
			case mutation == nil:
				c.report(subscribe.Position, name, fmt.Sprintf("@aws_subscribe names %q, want one of the mutations %v", child.Value.Raw, c.Fields("Mutation")))
			case mutation.Type.Name() != field.Type.Name() || (mutation.Type.Elem == nil) != (field.Type.Elem == nil):
				c.report(field.Position, name, fmt.Sprintf("returns %s, want %s as mutation %s does", field.Type, mutation.Type, mutation.Name))
			}
			if field.Type.NonNull {
				c.report(field.Position, name, fmt.Sprintf("returns %s, want it without the last !, since a subscription begins with null", field.Type))
			}
		}
	}
}

// types are the schema's own types by name.
func (s *Schema) types() []*ast.Definition {
	var own []*ast.Definition
	for _, name := range slices.Sorted(maps.Keys(s.schema.Types)) {
		if def := s.schema.Types[name]; !def.BuiltIn {
			own = append(own, def)
		}
	}
	return own
}

// fields of a type, but for those with which a schema describes itself.
func (s *Schema) fields(def *ast.Definition) []*ast.FieldDefinition {
	return slices.DeleteFunc(slices.Clone(def.Fields), func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "__") })
}

// field finds Type.field, where Query, Mutation and Subscription stand for the types that the schema calls so.
func (s *Schema) field(name string) (*ast.Definition, *ast.FieldDefinition) {
	typ, field, _ := strings.Cut(name, ".")
	def := s.schema.Types[s.TypeName(typ)]
	if def == nil || def.Kind != ast.Object {
		return nil, nil
	}
	for _, f := range s.fields(def) {
		if f.Name == field {
			return def, f
		}
	}
	return def, nil
}

// TypeName is what the schema calls a type, which is another name only for Query, Mutation and Subscription.
func (s *Schema) TypeName(name string) string {
	for root, def := range map[string]*ast.Definition{"Query": s.schema.Query, "Mutation": s.schema.Mutation, "Subscription": s.schema.Subscription} {
		if root == name && def != nil {
			return def.Name
		}
	}
	return name
}

// HasField tells whether there is a field of an object type: Query.orders.
func (s *Schema) HasField(name string) bool {
	_, field := s.field(name)
	return field != nil
}

// Fields are the names of an object type's fields, in the order of the schema. It is empty if there is no such type.
func (s *Schema) Fields(typ string) []string {
	def, _ := s.field(typ)
	if def == nil {
		return nil
	}
	var names []string
	for _, f := range s.fields(def) {
		names = append(names, f.Name)
	}
	return names
}

// Arguments are the names of a field's arguments, in the order of the schema.
func (s *Schema) Arguments(name string) []string {
	_, field := s.field(name)
	if field == nil {
		return nil
	}
	var names []string
	for _, a := range field.Arguments {
		names = append(names, a.Name)
	}
	return names
}

// Allows tells whether callers known in a mode may ask for a field, in an API with this default mode.
func (s *Schema) Allows(name string, mode, standard Mode) bool {
	def, field := s.field(name)
	c := checker{Schema: s, standard: standard}
	return field != nil && c.allows(def, field, mode)
}
