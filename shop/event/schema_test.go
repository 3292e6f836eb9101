package event

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
)

// schemaDir holds a JSON Schema of every event's detail, for consumers in other languages and for people.
const schemaDir = "../../api/events"

var update = flag.Bool("update", false, "write the schemas anew")

// fileOf is the name of an event's schema: "Order Created" → order-created.json.
func fileOf(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, " ", "-")) + ".json"
}

// schemas are all events' schemas, made from the types and their comments, by file.
func schemas(t *testing.T) map[string][]byte {
	t.Helper()
	reflector := &jsonschema.Reflector{ExpandedStruct: true, DoNotReference: true, AllowAdditionalProperties: true, Anonymous: true}
	require.NoError(t, reflector.AddGoComments("github.com/serverless-shop/serverless-shop/shop/event", ".", jsonschema.WithFullComment()))
	files := map[string][]byte{}
	for typ, k := range kinds {
		schema := reflector.ReflectFromType(typ)
		schema.Title = k.name
		schema.Description = "Published by " + string(k.source) + ". " + schema.Description
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		require.NoError(t, encoder.Encode(schema))
		files[fileOf(k.name)] = text.Bytes()
	}
	return files
}

func TestParse_Refuses(t *testing.T) {
	for want, e := range map[string]handler.Event{
		`has detail-type "Order Lost", which is unknown`: {ID: "e1", Type: "Order Lost", Source: "shop.orders"},
		`comes from "shop.evil", want "shop.orders"`:     {ID: "e1", Type: "Order Created", Source: "shop.evil"},
		`reading the detail of event "Order Created"`:    {ID: "e1", Type: "Order Created", Source: "shop.orders", Detail: []byte(`{"lines": 1}`)},
	} {
		_, err := Parse(e)
		require.ErrorContains(t, err, want)
	}
	_, err := Decode("Order Lost", nil)
	require.ErrorContains(t, err, `event "Order Lost" is unknown`)
	require.Panics(t, func() { Name(Meta{}) })
}

func TestSchemas_AreThoseOfTheTypes(t *testing.T) {
	files := schemas(t)
	if *update {
		require.NoError(t, os.MkdirAll(schemaDir, 0o755))
		for name, text := range files {
			require.NoError(t, os.WriteFile(filepath.Join(schemaDir, name), text, 0o600))
		}
	}
	entries, err := os.ReadDir(schemaDir)
	require.NoError(t, err)
	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	require.Equal(t, slices.Sorted(maps.Keys(files)), found, "refresh with: go test ./shop/event -update")
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(schemaDir, name))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "refresh with: go test ./shop/event -update")
	}
}

// filled is a value of an event's type in which nothing is empty.
func filled(typ reflect.Type) reflect.Value {
	v := reflect.New(typ).Elem()
	if typ == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Date(2026, 11, 22, 10, 0, 0, 7e6, time.UTC)))
		return v
	}
	switch typ.Kind() {
	case reflect.Struct:
		for i := range typ.NumField() {
			v.Field(i).Set(filled(typ.Field(i).Type))
		}
	case reflect.Slice:
		v.Set(reflect.Append(v, filled(typ.Elem())))
	case reflect.String:
		v.SetString("text")
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(12.5)
	case reflect.Bool:
		v.SetBool(true)
	default:
		panic("event: a member of type " + typ.String())
	}
	return v
}

func TestEvents_SurviveTheirJourney(t *testing.T) {
	for typ, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			detail := filled(typ).Interface().(Detail)
			e, err := New("id-1", time.Date(2026, 11, 22, 10, 0, 0, 0, time.FixedZone("CET", 3600)), detail)
			require.NoError(t, err)
			require.Equal(t, k.name, e.Type)
			require.Equal(t, string(k.source), e.Source)
			require.Equal(t, time.UTC, e.Time.Location())
			require.Equal(t, "text", e.CorrelationID())
			back, err := Parse(e)
			require.NoError(t, err)
			require.Equal(t, identified("id-1", detail), back, "the event's own id travels in the detail")

			compiled, err := validator.NewCompiler().Compile(filepath.Join(schemaDir, fileOf(k.name)))
			require.NoError(t, err)
			value, err := validator.UnmarshalJSON(bytes.NewReader(e.Detail))
			require.NoError(t, err)
			require.NoError(t, compiled.Validate(value))

			value, err = validator.UnmarshalJSON(strings.NewReader(`{"correlationId": 1}`))
			require.NoError(t, err)
			require.Error(t, compiled.Validate(value), "a schema that accepts everything")
		})
	}
}
