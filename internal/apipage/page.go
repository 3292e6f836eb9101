// Package apipage writes the API's document and the events' schemas as a page for people: api/index.html. It needs no script, and its style
// is a file of its own.
package apipage

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/serverless-shop/serverless-shop/internal/contract"
)

//go:embed page.html
var pageTemplate string

// view is what the template shows.
type view struct {
	Title, Version, Summary string
	Description             template.HTML
	Tags                    []tag
	Schemas                 []object
	Events                  []event
	Schemes                 []scheme
}

type tag struct {
	Name        string
	Description template.HTML
	Operations  []operation
}

type operation struct {
	contract.Operation

	Summary     string
	Description template.HTML
	Access      string
	Parameters  []member
	Body        *object
	Answers     []answer
}

type answer struct {
	Status      string
	Description template.HTML
	Headers     []string
	Bodies      []body
}

type body struct{ ContentType, Schema, Example string }

// object is a schema with its members, those of nested objects too.
type object struct {
	Name        string
	Type        template.HTML
	Description template.HTML
	Members     []member
	Example     string
}

type member struct {
	Name, In    string
	Required    bool
	Type        template.HTML
	Description template.HTML
}

type event struct {
	object

	File, Title string
}

type scheme struct {
	Name        string
	Description template.HTML
}

// Render writes the page. events holds events/<name>.json. Error: a schema that is none.
func Render(c *contract.Contract, events fs.FS) ([]byte, error) {
	doc := c.Document()
	v := view{Title: doc.Info.Title, Version: doc.Info.Version, Summary: doc.Info.Summary, Description: paragraphs(doc.Info.Description)}
	for _, t := range doc.Tags {
		shown := tag{Name: t.Name, Description: paragraphs(t.Description)}
		for _, o := range c.Operations() {
			if o.Tag == t.Name {
				shown.Operations = append(shown.Operations, operationOf(doc, o))
			}
		}
		v.Tags = append(v.Tags, shown)
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		v.Schemas = append(v.Schemas, objectOf(name, doc.Components.Schemas[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.SecuritySchemes)) {
		v.Schemes = append(v.Schemes, scheme{name, paragraphs(doc.Components.SecuritySchemes[name].Value.Description)})
	}
	files, err := fs.Glob(events, "events/*.json")
	if err != nil {
		return nil, fmt.Errorf("listing the events: %w", err)
	}
	for _, file := range files {
		e, err := eventOf(events, file)
		if err != nil {
			return nil, err
		}
		v.Events = append(v.Events, e)
	}
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return nil, fmt.Errorf("reading page.html: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, v); err != nil {
		return nil, fmt.Errorf("writing the page: %w", err)
	}
	return out.Bytes(), nil
}

func operationOf(doc *openapi3.T, o contract.Operation) operation {
	item := doc.Paths.Value(o.Path)
	spec := item.GetOperation(o.Method)
	shown := operation{Operation: o, Summary: spec.Summary, Description: paragraphs(spec.Description)}
	switch {
	case o.Admin:
		shown.Access = "administrators"
	case o.SignedIn:
		shown.Access = "signed in"
	case spec.Security != nil && len(*spec.Security) > 0:
		shown.Access = "signed by the sender"
	default:
		shown.Access = "everybody"
	}
	for _, p := range slices.Concat(item.Parameters, spec.Parameters) {
		shown.Parameters = append(shown.Parameters, member{p.Value.Name, p.Value.In, p.Value.Required, typeOf(p.Value.Schema), paragraphs(p.Value.Description)})
	}
	if spec.RequestBody != nil {
		whole := objectOf("", spec.RequestBody.Value.Content["application/json"].Schema)
		whole.Name = nameOf(spec.RequestBody.Value.Content["application/json"].Schema)
		shown.Body = &whole
	}
	for _, status := range slices.Sorted(maps.Keys(spec.Responses.Map())) {
		shown.Answers = append(shown.Answers, answerOf(status, spec.Responses.Value(status).Value))
	}
	return shown
}

func answerOf(status string, promised *openapi3.Response) answer {
	a := answer{Status: status, Description: paragraphs(*promised.Description), Headers: slices.Sorted(maps.Keys(promised.Headers))}
	for _, contentType := range slices.Sorted(maps.Keys(promised.Content)) {
		media := promised.Content[contentType]
		b := body{ContentType: contentType, Schema: nameOf(media.Schema)}
		if media.Example != nil {
			b.Example = indented(media.Example)
		}
		a.Bodies = append(a.Bodies, b)
	}
	return a
}

// nameOf is the name of the component that a schema refers to, alone or with additions.
func nameOf(s *openapi3.SchemaRef) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return path.Base(s.Ref)
	case len(s.Value.AllOf) > 0:
		return nameOf(s.Value.AllOf[0])
	}
	return ""
}

func objectOf(name string, s *openapi3.SchemaRef) object {
	o := object{Name: name, Description: paragraphs(s.Value.Description), Members: membersOf("", s.Value), Type: limits(s.Value)}
	if examples := s.Value.Examples; len(examples) > 0 {
		o.Example = indented(examples[0])
	}
	return o
}

// membersOf are the members of an object, and after each those of the object or the list of objects that it is, unless that has a name.
func membersOf(prefix string, s *openapi3.Schema) []member {
	var all []member
	names := slices.Sorted(maps.Keys(s.Properties))
	slices.SortStableFunc(names, func(a, b string) int { return place(s.Required, a) - place(s.Required, b) })
	for _, name := range names {
		p := s.Properties[name]
		all = append(all, member{Name: prefix + name, Required: slices.Contains(s.Required, name), Type: typeOf(p), Description: paragraphs(p.Value.Description)})
		if p.Ref == "" {
			all = append(all, membersOf(prefix+name+".", p.Value)...)
			if p.Value.Items != nil && p.Value.Items.Ref == "" {
				all = append(all, membersOf(prefix+name+"[].", p.Value.Items.Value)...)
			}
		}
	}
	return all
}

// place is where the required list has a name; the others come after.
func place(required []string, name string) int {
	if i := slices.Index(required, name); i >= 0 {
		return i
	}
	return len(required)
}

// typeOf tells what a value must be. Named schemas are links.
func typeOf(s *openapi3.SchemaRef) template.HTML {
	if s == nil {
		return ""
	}
	if name := nameOf(s); name != "" {
		return link(name)
	}
	text := limits(s.Value)
	if s.Value.Items != nil {
		text += " of " + typeOf(s.Value.Items)
	}
	return text
}

func link(name string) template.HTML {
	return template.HTML(`<a href="#schema-` + name + `">` + name + `</a>`) //nolint:gosec // names of this repository's own document
}

// limits tells a schema's type and rules in words.
func limits(s *openapi3.Schema) template.HTML {
	var parts []string
	if s.Type != nil {
		kind := strings.Join(*s.Type, " or ")
		if s.Format != "" {
			kind += " (" + s.Format + ")"
		}
		parts = append(parts, map[string]string{"array": "list"}[kind]+strings.TrimPrefix(kind, "array"))
	}
	if s.Const != nil {
		parts = append(parts, "always "+fmt.Sprintf("%v", s.Const))
	}
	parts = append(parts, span(s.MinLength, s.MaxLength, "characters"), span(s.MinItems, s.MaxItems, "items"), numbers(s.Min, s.Max))
	if s.Pattern != "" {
		parts = append(parts, "pattern "+s.Pattern)
	}
	if len(s.Enum) > 0 {
		parts = append(parts, "one of "+strings.Trim(fmt.Sprint(s.Enum), "[]"))
	}
	if s.Default != nil && fmt.Sprint(s.Default) != "" {
		parts = append(parts, "default "+fmt.Sprint(s.Default))
	}
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	return template.HTML(template.HTMLEscapeString(strings.Join(parts, ", "))) //nolint:gosec // escaped
}

func span(least uint64, most *uint64, unit string) string {
	switch {
	case most != nil && least == 0:
		return fmt.Sprintf("at most %d %s", *most, unit)
	case most != nil:
		return fmt.Sprintf("%d–%d %s", least, *most, unit)
	case least > 0:
		return fmt.Sprintf("at least %d %s", least, unit)
	}
	return ""
}

func numbers(least, most *float64) string {
	text := func(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
	switch {
	case least != nil && most != nil:
		return text(*least) + "–" + text(*most)
	case least != nil:
		return "at least " + text(*least)
	}
	return ""
}

// eventOf reads an event's schema.
func eventOf(events fs.FS, file string) (event, error) {
	text, err := fs.ReadFile(events, file)
	if err != nil {
		return event{}, fmt.Errorf("reading the schema of an event: %w", err)
	}
	var s openapi3.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		return event{}, fmt.Errorf("reading %s as a JSON Schema: %w", file, err)
	}
	return event{object: objectOf("", &openapi3.SchemaRef{Value: &s}), File: path.Base(file), Title: s.Title}, nil
}

func indented(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if encoder.Encode(value) != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSpace(out.String())
}

var (
	boldText = regexp.MustCompile(`\*\*(.+?)\*\*`)
	codeText = regexp.MustCompile("`(.+?)`")
	goLink   = regexp.MustCompile(`\[([A-Z][A-Za-z.]*)\]`)
)

// paragraphs is as much of Markdown as the document uses: paragraphs, bold and code. [Names] in brackets are Go's.
func paragraphs(text string) template.HTML {
	var out strings.Builder
	for p := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		p = template.HTMLEscapeString(strings.Join(strings.Fields(p), " "))
		p = goLink.ReplaceAllString(codeText.ReplaceAllString(boldText.ReplaceAllString(p, "<strong>$1</strong>"), "<code>$1</code>"), "<code>$1</code>")
		if p != "" {
			out.WriteString("<p>" + p + "</p>")
		}
	}
	return template.HTML(out.String()) //nolint:gosec // escaped
}
