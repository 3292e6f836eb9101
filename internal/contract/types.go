package contract

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Shows fails the test unless a struct is encoded as a schema of the document says: the same members, and required those that are never
// left out.
func (c *Contract) Shows(tb testing.TB, schema string, value any) {
	tb.Helper()
	members, always := fieldsOf(reflect.TypeOf(value))
	c.requireMembers(tb, schema, members)
	required := slices.Clone(c.doc.Components.Schemas[schema].Value.Required)
	require.ElementsMatch(tb, always, required, "required of schema %s", schema)
}

// Reads fails the test unless a struct takes the members that a schema of the document has. [Contract.Hold] tells which are required.
func (c *Contract) Reads(tb testing.TB, schema string, value any) {
	tb.Helper()
	members, _ := fieldsOf(reflect.TypeOf(value))
	c.requireMembers(tb, schema, members)
}

func (c *Contract) requireMembers(tb testing.TB, schema string, members []string) {
	tb.Helper()
	described := c.doc.Components.Schemas[schema]
	require.NotNil(tb, described, "the document has no schema %s", schema)
	var names []string
	for name := range described.Value.Properties {
		names = append(names, name)
	}
	require.ElementsMatch(tb, members, names, "members of schema %s", schema)
}

// fieldsOf are a struct's members in JSON, and those that are never left out.
func fieldsOf(t reflect.Type) (all, always []string) {
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous && field.Tag.Get("json") == "" {
			inner, innerAlways := fieldsOf(field.Type)
			all, always = append(all, inner...), append(always, innerAlways...)
			continue
		}
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || name == "-" {
			continue
		}
		all = append(all, name)
		if !strings.Contains(options, "omit") {
			always = append(always, name)
		}
	}
	return all, always
}
