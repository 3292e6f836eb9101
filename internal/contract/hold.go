package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
)

// Rules are fields of a body, such as "lines", with what a function asks of them beyond what a schema can say.
type Rules map[string]string

// Hold changes a good request in every way that the document has an opinion on, one at a time, and sends each to the function of the
// operation. What the document forbids must be refused; what it allows must not be refused as wrong, unless the changed field has further
// rules. prepare returns the function over fresh data and the good request, whose body should have every field.
func (c *Contract) Hold(t *testing.T, operationID string, further Rules, prepare func() (handler.Func, handlertest.Request)) {
	t.Helper()
	o := c.named(t, operationID)
	route, good := prepare()
	require.Less(t, c.Exchange(t, operationID, route, good).Status, http.StatusBadRequest, "the good request is refused")
	try := func(name string, status int, change func(r *handlertest.Request)) {
		t.Helper()
		route, r := prepare()
		r.Header = maps.Clone(r.Header)
		if r.Header == nil {
			r.Header = map[string]string{}
		}
		change(&r)
		got := c.Exchange(t, operationID, route, r)
		require.Equal(t, status, got.Status, "%s: %.300s", name, got.Body)
	}
	if o.SignedIn {
		try("nobody signed in", http.StatusUnauthorized, func(r *handlertest.Request) { r.Claims = nil })
	}
	if o.Admin {
		try("no administrator", http.StatusForbidden, func(r *handlertest.Request) { r.Claims["cognito:groups"] = "[customer]" })
	}
	if o.spec.RequestBody != nil && o.SignedIn {
		try("another content type", http.StatusUnsupportedMediaType, func(r *handlertest.Request) { r.Header["Content-Type"] = "text/plain" })
		try("a large body", http.StatusRequestEntityTooLarge, func(r *handlertest.Request) { r.Body += strings.Repeat(" ", handler.MaxBody) })
		c.holdBody(t, o, further, prepare)
	}
	c.holdQuery(t, o, prepare)
}

// holdBody changes the body.
func (c *Contract) holdBody(t *testing.T, o Operation, further Rules, prepare func() (handler.Func, handlertest.Request)) {
	t.Helper()
	schema := o.spec.RequestBody.Value.Content["application/json"].Schema.Value
	_, good := prepare()
	var body map[string]any
	require.NoError(t, json.Unmarshal([]byte(good.Body), &body))
	for name := range schema.Properties {
		require.Contains(t, body, name, "%s: the good request lacks a field of the document", o.ID)
	}
	for _, m := range mutants(schema, body) {
		encoded, err := json.Marshal(m.value)
		require.NoError(t, err)
		route, r := prepare()
		r.Body = string(encoded)
		got := c.Exchange(t, o.ID, route, r) // fails if what the document forbids is taken
		allowed := schema.VisitJSON(jsonOf(t, encoded), openapi3.EnableJSONSchema2020()) == nil
		_, excepted := further[m.field]
		switch {
		case !allowed:
			require.Equal(t, http.StatusBadRequest, got.Status, "%s, %s: %.300s is forbidden, and answered %s", o.ID, m.field, encoded, got.Body)
		case !excepted:
			require.NotEqual(t, http.StatusBadRequest, got.Status, "%s, %s: %.300s is allowed, and refused: %s", o.ID, m.field, encoded, got.Body)
		}
	}
}

func jsonOf(t *testing.T, encoded []byte) any {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(encoded, &value))
	return value
}

// holdQuery sends values around the limits of each parameter of the query, each twice, and one that is not known.
func (c *Contract) holdQuery(t *testing.T, o Operation, prepare func() (handler.Func, handlertest.Request)) {
	t.Helper()
	names := []string{}
	for _, p := range o.spec.Parameters {
		if p.Value.In != openapi3.ParameterInQuery {
			continue
		}
		names = append(names, p.Value.Name)
		for _, candidate := range candidates(p.Value.Schema.Value) {
			text, isText := candidate.(string)
			if number, isNumber := candidate.(float64); isNumber {
				text = fmt.Sprint(number)
			} else if !isText || text == "" {
				continue // an empty parameter is the same as none
			}
			route, r := prepare()
			r.Query = p.Value.Name + "=" + escape(text)
			got := c.Exchange(t, o.ID, route, r)
			allowed := c.forbids(o, o.request(t, r)) == nil && p.Value.Name != "cursor" // a cursor is opaque: none that is made up is right
			if allowed {
				require.Equal(t, http.StatusOK, got.Status, "%s?%s: %s", o.ID, r.Query, got.Body)
			} else {
				require.Equal(t, http.StatusBadRequest, got.Status, "%s?%s", o.ID, r.Query)
			}
		}
	}
	if len(names) == 0 {
		return
	}
	for _, query := range []string{"unknown=1", names[0] + "=1&" + names[0] + "=1"} {
		route, r := prepare()
		r.Query = query
		require.Equal(t, http.StatusBadRequest, handlertest.Do(t, route, r).Status, "%s?%s", o.ID, query)
	}
}

// escape writes a value for a query.
func escape(s string) string {
	return strings.NewReplacer("%", "%25", " ", "%20", "\n", "%0A", "&", "%26", "+", "%2B", "ö", "%C3%B6").Replace(s)
}

// mutant is a body in which one field was changed.
type mutant struct {
	field string
	value any
}

// mutants are all changes of a value that its schema has an opinion on.
func mutants(s *openapi3.Schema, value any) []mutant {
	all := []mutant{}
	for _, candidate := range candidates(s) {
		all = append(all, mutant{"", candidate})
	}
	switch v := value.(type) {
	case map[string]any:
		unknown := maps.Clone(v)
		unknown["unknown"] = 1.0
		all = append(all, mutant{"unknown", unknown})
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			without := maps.Clone(v)
			delete(without, name)
			all = append(all, mutant{name, without})
			for _, m := range mutants(s.Properties[name].Value, v[name]) {
				changed := maps.Clone(v)
				changed[name] = m.value
				all = append(all, mutant{strings.TrimSuffix(name+"."+m.field, "."), changed})
			}
		}
	case []any:
		if len(v) == 0 {
			break
		}
		for _, n := range around(s.MinItems, s.MaxItems) {
			all = append(all, mutant{"", slices.Repeat(v[:1], n)})
		}
		for _, m := range mutants(s.Items.Value, v[0]) {
			changed := slices.Clone(v)
			changed[0] = m.value
			all = append(all, mutant{m.field, changed})
		}
	}
	return all
}

// around are the lengths at and next to limits.
func around(least uint64, most *uint64) []int {
	lengths := []int{int(least)} //nolint:gosec // small
	if least > 0 {
		lengths = append(lengths, int(least)-1) //nolint:gosec // small
	}
	if most != nil {
		lengths = append(lengths, int(*most), int(*most)+1) //nolint:gosec // small
	}
	return lengths
}

// candidates are values of every type, and of the schema's own type those at and next to its limits. Some keep its rules and some do not.
func candidates(s *openapi3.Schema) []any {
	all := []any{nil, true, 1.5, "", []any{}, map[string]any{}}
	if s.Type.Is("string") {
		for _, n := range around(s.MinLength, s.MaxLength) {
			for _, letter := range []string{"a", "A", "ö", "1"} {
				all = append(all, strings.Repeat(letter, n))
			}
		}
		for _, text := range []string{"a", "-", "a_b", "a\nb", "a b", "�", "aaa", "EUR", "DE", "x\u0085y", "/media/a", "/other/a", "http://a", strings.Repeat("a", 64), strings.Repeat("a", 65)} {
			all = append(all, text)
		}
		all = append(all, s.Enum...)
	}
	if s.Type.Is("integer") {
		for _, limit := range []*float64{s.Min, s.Max} {
			if limit != nil {
				all = append(all, *limit, *limit-1, *limit+1)
			}
		}
		all = append(all, "1")
	}
	return all
}
