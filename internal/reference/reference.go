// Package reference writes the reference of the component library, as Markdown, from its doc comments and examples.
package reference

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const module = "github.com/serverless-shop/serverless-shop/"

// made begins every page.
const made = "<!-- Made by `go test ./internal/reference -update` from doc comments and examples. -->\n\n"

// library is a documented package, and which of its declarations is on which page.
type library struct {
	*doc.Package
	fset *token.FileSet
	// pages are the names of pages by the types on them.
	pages map[string]string
}

// load reads the package in a folder of the repository, its tests for their examples too.
func load(root, folder string) (*library, error) {
	fset := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	documented, err := doc.NewFromFiles(fset, files, module+folder)
	if err != nil {
		return nil, fmt.Errorf("reading the documentation of %s: %w", folder, err)
	}
	return &library{Package: documented, fset: fset, pages: map[string]string{}}, nil
}

// Components returns the pages of package components by their file names: one for each component, with the types that only it uses, one for
// the types that several use, and README.md, which lists them.
func Components(root string) (map[string]string, error) {
	l, err := load(root, "components")
	if err != nil {
		return nil, err
	}
	components := l.components()
	shared := l.assign(components)
	pages, index := map[string]string{}, &strings.Builder{}
	fmt.Fprintf(index, "%s# Components\n\n%s\n| component | what it is |\n|---|---|\n", made, l.markdown(l.Doc))
	for _, c := range components {
		if len(examples(c)) == 0 {
			return nil, fmt.Errorf("component %s has no example: want a function ExampleNew%s, or one of a method, in components/*_test.go", c.Name, c.Name)
		}
		pages[c.Name+".md"] = tidy(l.component(c))
		fmt.Fprintf(index, "| [%s](%s.md) | %s |\n", c.Name, c.Name, l.cell(l.Synopsis(c.Doc)))
	}
	index.WriteString("\n[Types](types.md) that several components use.\n")
	pages["README.md"] = tidy(index.String())
	pages["types.md"] = tidy(made + "# Types that several components use\n\n" + l.types(2, shared...))
	return pages, nil
}

// Policies returns the page of package policies.
func Policies(root string) (string, error) {
	l, err := load(root, "policies")
	if err != nil {
		return "", err
	}
	text := &strings.Builder{}
	fmt.Fprintf(text, "%s# Policies\n\n%s\n", made, l.markdown(l.Doc))
	l.functions(text, 2, l.Funcs)
	text.WriteString(l.types(2, l.Types...))
	return tidy(text.String()), nil
}

var blank = regexp.MustCompile(`\n{3,}`)

// tidy leaves one empty line where there are several.
func tidy(page string) string {
	return strings.TrimSpace(blank.ReplaceAllString(page, "\n\n")) + "\n"
}

// components are the types with a constructor that Pulumi's conventions ask for.
func (l *library) components() []*doc.Type {
	var found []*doc.Type
	for _, t := range l.Types {
		if slices.ContainsFunc(t.Funcs, func(f *doc.Func) bool { return f.Name == "New"+t.Name }) {
			found = append(found, t)
		}
	}
	return found
}

// assign puts every type on the page of the only component that uses it, and returns those that none or several use.
func (l *library) assign(components []*doc.Type) (shared []*doc.Type) {
	for _, c := range components {
		l.pages[c.Name] = c.Name + ".md"
	}
	users := map[string][]string{}
	for _, c := range components {
		for used := range l.reachable(c.Name) {
			users[used] = append(users[used], c.Name)
		}
	}
	for _, t := range l.Types {
		switch {
		case l.pages[t.Name] != "":
		case len(users[t.Name]) == 1:
			l.pages[t.Name] = users[t.Name][0] + ".md"
		default:
			l.pages[t.Name] = "types.md"
			shared = append(shared, t)
		}
	}
	return shared
}

// reachable are the package's types that a component's constructor and methods name, and those that these name, other components aside.
func (l *library) reachable(component string) map[string]bool {
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		t := l.find(name)
		if t == nil || seen[name] || name != component && l.pages[name] == name+".md" {
			return
		}
		seen[name] = true
		ast.Inspect(t.Decl, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				visit(id.Name)
			}
			return true
		})
		for _, f := range slices.Concat(t.Funcs, t.Methods) {
			ast.Inspect(f.Decl.Type, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					visit(id.Name)
				}
				return true
			})
		}
	}
	visit(component)
	return seen
}

func (l *library) find(name string) *doc.Type {
	if i := slices.IndexFunc(l.Types, func(t *doc.Type) bool { return t.Name == name }); i >= 0 {
		return l.Types[i]
	}
	return nil
}

// examples are those of a type, its constructors and its methods.
func examples(t *doc.Type) []*doc.Example {
	all := slices.Clone(t.Examples)
	for _, f := range slices.Concat(t.Funcs, t.Methods) {
		all = append(all, f.Examples...)
	}
	return all
}

// component writes a component's page.
func (l *library) component(c *doc.Type) string {
	text := &strings.Builder{}
	fmt.Fprintf(text, "%s# %s\n\n%s", made, c.Name, l.markdown(c.Doc))
	for _, f := range c.Funcs {
		fmt.Fprintf(text, "\n```go\n%s\n```\n\n%s", l.code(f.Decl), l.markdown(f.Doc))
	}
	text.WriteString("\n## Example\n")
	for _, e := range examples(c) {
		l.example(text, e)
	}
	args := l.find(c.Name + "Args")
	if args != nil {
		fmt.Fprintf(text, "\n## Arguments\n\n%s", l.markdown(args.Doc))
		l.fields(text, args)
	}
	text.WriteString("\n## Outputs\n")
	l.fields(text, c)
	grants, methods := split(c.Methods, func(f *doc.Func) bool { return strings.HasPrefix(f.Name, "Grant") })
	if len(grants) > 0 {
		text.WriteString("\n## Grants\n\n")
		l.functions(text, 3, grants)
	}
	if len(methods) > 0 {
		text.WriteString("\n## Methods\n\n")
		l.functions(text, 3, methods)
	}
	var own []*doc.Type
	for _, t := range l.Types {
		if t != c && t != args && l.pages[t.Name] == c.Name+".md" {
			own = append(own, t)
		}
	}
	if len(own) > 0 {
		fmt.Fprintf(text, "\n## Types\n\n%s", l.types(3, own...))
	}
	return text.String()
}

func split(all []*doc.Func, first func(*doc.Func) bool) (yes, no []*doc.Func) {
	for _, f := range all {
		if first(f) {
			yes = append(yes, f)
		} else {
			no = append(no, f)
		}
	}
	return yes, no
}

// types writes about types, below headings of a level.
func (l *library) types(level int, types ...*doc.Type) string {
	text := &strings.Builder{}
	for _, t := range types {
		fmt.Fprintf(text, "%s %s\n\n%s", strings.Repeat("#", level), t.Name, l.markdown(t.Doc))
		l.fields(text, t)
		for _, group := range slices.Concat(t.Consts, t.Vars) {
			l.values(text, group)
		}
		l.functions(text, level+1, slices.Concat(t.Funcs, t.Methods))
	}
	return text.String()
}

// values lists constants or variables, with what they stand for if that is a name of AWS's.
func (l *library) values(text *strings.Builder, group *doc.Value) {
	text.WriteString(l.markdown(group.Doc) + "\n")
	for _, spec := range group.Decl.Specs {
		value := spec.(*ast.ValueSpec)
		fmt.Fprintf(text, "* `%s`", value.Names[0].Name)
		if literal, plain := value.Values[0].(*ast.BasicLit); plain {
			fmt.Fprintf(text, " = `%s`", literal.Value)
		}
		if about := l.cell(value.Doc.Text()); about != "" {
			text.WriteString(": " + about)
		}
		text.WriteString("\n")
	}
	text.WriteString("\n")
}

// fields writes a table of a struct's fields, or of an interface's methods; nothing if there are none to see.
func (l *library) fields(text *strings.Builder, t *doc.Type) {
	var list *ast.FieldList
	switch shape := t.Decl.Specs[0].(*ast.TypeSpec).Type.(type) {
	case *ast.StructType:
		list = shape.Fields
	case *ast.InterfaceType:
		list = shape.Methods
	default:
		fmt.Fprintf(text, "\n```go\n%s\n```\n\n", l.code(t.Decl.Specs[0]))
		return
	}
	var rows []string
	for _, f := range list.List {
		for _, name := range f.Names {
			rows = append(rows, fmt.Sprintf("| `%s` | `%s` | %s |\n", name.Name, strings.ReplaceAll(l.code(f.Type), "|", `\|`), l.cell(f.Doc.Text())))
		}
	}
	if len(rows) > 0 {
		fmt.Fprintf(text, "\n| field | type | what it is |\n|---|---|---|\n%s\n", strings.Join(rows, ""))
	}
}

// functions writes about functions and methods, below headings of a level.
func (l *library) functions(text *strings.Builder, level int, functions []*doc.Func) {
	for _, f := range functions {
		fmt.Fprintf(text, "%s %s\n\n```go\n%s\n```\n\n%s\n", strings.Repeat("#", level), f.Name, l.code(f.Decl), l.markdown(f.Doc))
	}
}

// example writes an example as one would write it in a program.
func (l *library) example(text *strings.Builder, e *doc.Example) {
	body := l.code(&printer.CommentedNode{Node: e.Code, Comments: e.Comments})
	body = strings.TrimSuffix(strings.TrimPrefix(body, "{"), "}")
	body, _, _ = strings.Cut(body, "\n\t// Output:")
	body, _, _ = strings.Cut(body, "\n\t// Unordered output:")
	body = strings.Trim(strings.ReplaceAll(body, "\n\t", "\n"), "\n")
	fmt.Fprintf(text, "\n%s\n```go\n%s\n```\n", l.markdown(e.Doc), body)
	if e.Output != "" {
		fmt.Fprintf(text, "\nOutput:\n\n```\n%s\n```\n", strings.TrimSpace(e.Output))
	}
}

// code is a piece of the source, formatted, without a function's body.
func (l *library) code(node any) string {
	if f, ok := node.(*ast.FuncDecl); ok {
		node = &ast.FuncDecl{Recv: f.Recv, Name: f.Name, Type: f.Type}
	}
	if s, ok := node.(*ast.TypeSpec); ok {
		node = &ast.GenDecl{Tok: token.TYPE, Specs: []ast.Spec{&ast.TypeSpec{Name: s.Name, TypeParams: s.TypeParams, Assign: s.Assign, Type: s.Type}}}
	}
	var text bytes.Buffer
	if err := format.Node(&text, l.fset, node); err != nil {
		panic(err) // only for nodes that are no Go, and these come from the parser
	}
	return text.String()
}

// markdown is a doc comment, its links leading to the pages.
func (l *library) markdown(text string) string {
	p := l.Printer()
	p.HeadingLevel = 3
	p.HeadingID = func(*comment.Heading) string { return "" }
	p.DocLinkURL = func(link *comment.DocLink) string {
		switch {
		case link.ImportPath == module+"policies":
			return "../policies.md"
		case link.ImportPath == module+"components":
			return "components/" + cmp.Or(link.Recv, link.Name) + ".md"
		case link.ImportPath != "":
			return "https://pkg.go.dev/" + link.ImportPath + "#" + link.Name
		}
		return l.link(link)
	}
	return string(p.Markdown(l.Parser().Parse(text)))
}

// link is where a declaration of the package is.
func (l *library) link(link *comment.DocLink) string {
	name := link.Name
	if page := l.pages[link.Recv]; page == link.Recv+".md" {
		if slices.ContainsFunc(l.find(link.Recv).Methods, func(f *doc.Func) bool { return f.Name == name }) {
			return page + "#" + strings.ToLower(name)
		}
		return page + "#outputs"
	}
	if link.Recv != "" {
		name = link.Recv
	}
	page := l.pages[name]
	for _, t := range l.Types {
		for _, group := range slices.Concat(t.Consts, t.Vars) {
			if slices.Contains(group.Names, name) {
				page, name = l.pages[t.Name], t.Name
			}
		}
	}
	if page == "" || page == name+".md" {
		return page
	}
	if c, isArgs := strings.CutSuffix(name, "Args"); isArgs && page == c+".md" {
		name = "arguments"
	}
	return page + "#" + strings.ToLower(name)
}

var space = regexp.MustCompile(`\s+`)

// cell is a doc comment as one line of a table.
func (l *library) cell(text string) string {
	line := space.ReplaceAllString(strings.TrimSpace(l.markdown(text)), " ")
	return strings.ReplaceAll(line, "|", `\|`)
}

// Names are the sorted names of pages.
func Names(pages map[string]string) []string {
	return slices.Sorted(maps.Keys(pages))
}
