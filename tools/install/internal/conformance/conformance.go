// Package conformance compares the schema of the AWS plugin built from source with the Go SDK that the program is
// compiled against. The plugin's provider is somewhat older than the SDK: fields that only the SDK has are known and
// listed; anything else would break programs in ways that no compiler sees.
package conformance

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// Difference is what plugin and SDK disagree about.
type Difference struct {
	// SDKOnly: only the SDK has the field, or lets it be left out. A program that does so fails with this plugin, and
	// says why. No other differences may be.
	SDKOnly bool
	Text    string
}

type object struct {
	Properties map[string]property `json:"properties"`
	Required   []string            `json:"required"`
}

type property struct {
	Type                 string      `json:"type"`
	Ref                  string      `json:"$ref"`
	Items                *property   `json:"items"`
	AdditionalProperties *property   `json:"additionalProperties"`
	OneOf                []*property `json:"oneOf"`
}

// Schema is the part of a Pulumi package schema that is compared.
type Schema struct {
	Types     map[string]object `json:"types"`
	Resources map[string]struct {
		object
		InputProperties map[string]property `json:"inputProperties"`
		RequiredInputs  []string            `json:"requiredInputs"`
	} `json:"resources"`
	Functions map[string]struct {
		Inputs, Outputs object
	} `json:"functions"`
}

// Load reads a schema.
func Load(name string) (*Schema, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	s := &Schema{}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("reading the schema %s: %w", name, err)
	}
	return s, nil
}

// Compare returns the differences between the schema and the Go SDK whose root package (".../go/aws") is in dir.
func Compare(s *Schema, dir string) ([]Difference, error) {
	c := &comparer{schema: s, dir: dir, packages: map[string]map[string]ast.Expr{}, found: map[Difference]bool{}, visited: map[visit]bool{}}
	for _, tok := range slices.Sorted(maps.Keys(s.Resources)) {
		r := s.Resources[tok]
		pkg, name, err := c.locate(tok)
		if err != nil {
			return nil, err
		}
		c.object(tok+" input", pkg, pkg[lowerFirst(name)+"Args"], object{r.InputProperties, r.RequiredInputs}, true)
		c.object(tok+" output", pkg, pkg[name], r.object, false)
	}
	for _, tok := range slices.Sorted(maps.Keys(s.Functions)) {
		f := s.Functions[tok]
		pkg, name, err := c.locate(tok)
		if err != nil {
			return nil, err
		}
		name = strings.TrimPrefix(name, "get")
		prefix := "Lookup"
		if pkg[prefix+name+"Result"] == nil {
			prefix = "Get"
		}
		if args := pkg[prefix+name+"Args"]; args != nil || len(f.Inputs.Properties) > 0 {
			c.object(tok+" argument", pkg, args, f.Inputs, true)
		}
		c.object(tok+" result", pkg, pkg[prefix+name+"Result"], f.Outputs, false)
	}
	all := slices.Collect(maps.Keys(c.found))
	slices.SortFunc(all, func(a, b Difference) int { return strings.Compare(a.Text, b.Text) })
	return all, nil
}

type comparer struct {
	schema   *Schema
	dir      string
	packages map[string]map[string]ast.Expr // package -> type -> definition
	found    map[Difference]bool
	visited  map[visit]bool
}

// visit is a comparison of a nested type with a struct of the SDK.
type visit struct {
	ref   string
	def   ast.Expr
	input bool
}

// locate returns the types of the SDK's package for a token such as aws:sqs/queue:Queue, and the last part of it.
func (c *comparer) locate(tok string) (map[string]ast.Expr, string, error) {
	p := strings.Split(tok, ":")
	if len(p) != 3 {
		return nil, "", fmt.Errorf("%q is not a token", tok)
	}
	module, _, _ := strings.Cut(p[1], "/")
	if module == "index" {
		module = "."
	}
	if types, ok := c.packages[module]; ok {
		return types, p[2], nil
	}
	types := map[string]ast.Expr{}
	err := filepath.WalkDir(filepath.Join(c.dir, module), func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if name != filepath.Join(c.dir, module) {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.TYPE {
				for _, s := range g.Specs {
					types[s.(*ast.TypeSpec).Name.Name] = s.(*ast.TypeSpec).Type
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("reading the SDK's package %s: %w", module, err)
	}
	c.packages[module] = types
	return types, p[2], nil
}

// object compares the fields of a struct with the properties of an object. Only inputs can be required too much.
func (c *comparer) object(path string, pkg map[string]ast.Expr, def ast.Expr, o object, input bool) {
	s, ok := def.(*ast.StructType)
	if !ok {
		c.differ(path, "has no struct in the SDK")
		return
	}
	fields := map[string]ast.Expr{}
	for _, f := range s.Fields.List {
		if f.Tag == nil {
			continue
		}
		if n := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("pulumi"); n != "" {
			fields[n] = f.Type
		}
	}
	for _, n := range slices.Sorted(maps.Keys(fields)) {
		p, ok := o.Properties[n]
		if !ok {
			c.found[Difference{SDKOnly: true, Text: path + "." + n}] = true
			continue
		}
		_, optional := fields[n].(*ast.StarExpr)
		if input && optional && slices.Contains(o.Required, n) {
			c.found[Difference{SDKOnly: true, Text: path + "." + n + " left out"}] = true
		}
		c.property(path+"."+n, pkg, fields[n], p, input)
	}
	for _, n := range slices.Sorted(maps.Keys(o.Properties)) {
		if _, ok := fields[n]; !ok {
			c.differ(path+"."+n, "is in the plugin only")
		}
	}
}

func (c *comparer) differ(path, what string) {
	c.found[Difference{Text: path + " " + what}] = true
}

// property compares a field's type with a property.
func (c *comparer) property(path string, pkg map[string]ast.Expr, e ast.Expr, p property, input bool) {
	want, elem, def := shape(pkg, e)
	got := kind(p)
	if want == "any" {
		return
	}
	if got != want {
		c.differ(path, fmt.Sprintf("is of type %s in the plugin and %s in the SDK", got, want))
		return
	}
	switch want {
	case "array":
		if p.Items != nil && elem != nil {
			c.property(path+"[]", pkg, elem, *p.Items, input)
		}
	case "map":
		if p.AdditionalProperties != nil && elem != nil {
			c.property(path+"{}", pkg, elem, *p.AdditionalProperties, input)
		}
	case "object":
		o, ok := c.schema.Types[strings.TrimPrefix(p.Ref, "#/types/")]
		if !ok {
			c.differ(path, "refers to the unknown type "+p.Ref)
			return
		}
		// Each nested type is compared once, under its own name: many fields may have it, and it may contain itself.
		seen := visit{p.Ref, def, input}
		if !c.visited[seen] {
			c.visited[seen] = true
			c.object(strings.TrimPrefix(p.Ref, "#/types/")+" field", pkg, def, o, input)
		}
	}
}

func kind(p property) string {
	switch {
	case strings.HasPrefix(p.Ref, "pulumi.json#/Any") || strings.HasPrefix(p.Ref, "pulumi.json#/Json"):
		return "any"
	case strings.HasPrefix(p.Ref, "pulumi.json#"):
		return "asset"
	case p.Ref != "":
		return "object"
	case p.Type == "object":
		return "map"
	}
	return p.Type
}

var scalars = map[string]string{"string": "string", "bool": "boolean", "int": "integer", "float64": "number",
	"String": "string", "Bool": "boolean", "Int": "integer", "Float64": "number", "Any": "any",
	"Archive": "asset", "Asset": "asset", "AssetOrArchive": "asset"}

// shape returns the kind of a Go type of the SDK, the element type of arrays and maps, and the struct of objects.
func shape(pkg map[string]ast.Expr, e ast.Expr) (kind string, elem, def ast.Expr) {
	switch t := e.(type) {
	case *ast.StarExpr:
		return shape(pkg, t.X)
	case *ast.ArrayType:
		return "array", t.Elt, nil
	case *ast.MapType:
		return "map", t.Value, nil
	case *ast.InterfaceType:
		return "any", nil, nil
	case *ast.SelectorExpr: // pulumi.StringPtrOutput, pulumi.Archive
		return named(pkg, t.Sel.Name, true)
	case *ast.Ident:
		return named(pkg, t.Name, false)
	}
	return fmt.Sprintf("%T", e), nil, nil
}

// named resolves the name of a type; Output types say what they are in their names.
func named(pkg map[string]ast.Expr, name string, ofPulumi bool) (kind string, elem, def ast.Expr) {
	if k, ok := scalars[name]; ok {
		return k, nil, nil
	}
	if base, ok := strings.CutSuffix(name, "Output"); ok {
		for _, w := range []struct{ suffix, kind string }{{"ArrayMap", "map"}, {"MapArray", "array"}, {"Array", "array"}, {"Map", "map"}} {
			_, isStruct := pkg[base].(*ast.StructType) // a struct may have such a name itself
			if b, ok := strings.CutSuffix(base, w.suffix); ok && !isStruct {
				if strings.HasPrefix(w.suffix, "Array") && w.suffix != "Array" || strings.HasPrefix(w.suffix, "Map") && w.suffix != "Map" {
					return w.kind, nil, nil // the elements of elements do not occur in what is compared
				}
				return w.kind, element(b, ofPulumi), nil
			}
		}
		if _, isStruct := pkg[base].(*ast.StructType); !isStruct || ofPulumi {
			base = strings.TrimSuffix(base, "Ptr")
		}
		return named(pkg, base, ofPulumi)
	}
	switch d := pkg[name].(type) {
	case *ast.StructType:
		return "object", nil, d
	case *ast.Ident: // an enumeration: type Runtime string
		return named(pkg, d.Name, false)
	case *ast.SelectorExpr: // type Policy pulumi.String
		return named(pkg, d.Sel.Name, true)
	}
	return "unknown type " + name, nil, nil
}

// element is the expression for the element type of an Output's array or map.
func element(name string, ofPulumi bool) ast.Expr {
	if ofPulumi {
		return &ast.SelectorExpr{X: ast.NewIdent("pulumi"), Sel: ast.NewIdent(name)}
	}
	return ast.NewIdent(name)
}

func lowerFirst(s string) string {
	r := []rune(s)
	r[0] = unicode.ToLower(r[0])
	return string(r)
}
