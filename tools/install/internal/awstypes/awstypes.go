// Package awstypes finds out which AWS resource types and functions a Pulumi program uses, and what they are called in
// the Terraform provider.
package awstypes

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// SDK is the import path of the root package of the Pulumi SDK for AWS; every service is a package below it.
const SDK = "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"

// Sources are the parts of the repository that may declare AWS resources.
var Sources = []string{"main.go", "stack", "components", "policies"}

//go:embed table.txt
var table string

// Kind says what a Type is.
type Kind string

// The kinds of types.
const (
	Resource Kind = "resource"
	Function Kind = "function"
)

// Type is a resource type or a function ("invoke") of pulumi-aws.
type Type struct {
	Kind Kind
	// Package and Name are as in the Go SDK: "sqs" and "Queue"; functions begin with "get": "aws" and "getRegion".
	Package, Name string
	// Terraform is the type's name in the Terraform provider.
	Terraform string
}

// Token returns the name by which the engine and the plugin know the type.
func (t Type) Token() string {
	module := t.Package
	if module == "aws" {
		module = "index"
	}
	r := []rune(t.Name)
	r[0] = unicode.ToLower(r[0])
	return fmt.Sprintf("aws:%s/%s:%s", module, string(r), t.Name)
}

func (t Type) String() string { return t.Package + "." + t.Name }

// Use is a place where a program uses a type.
type Use struct {
	Kind Kind
	Name string // as Type.String
	Pos  token.Position
}

// Table returns all types whose Terraform name is known, by their Go name.
func Table() (map[string]Type, error) {
	types := map[string]Type{}
	for n, line := range strings.Split(table, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		pkg, name, ok := strings.Cut(f[0], ".")
		if !ok || len(f) != 2 {
			return nil, fmt.Errorf("table.txt:%d: %q: want <package>.<Type> <Terraform type>", n+1, line)
		}
		if _, twice := types[f[0]]; twice {
			return nil, fmt.Errorf("table.txt:%d: %s is there twice", n+1, f[0])
		}
		k := Resource
		if strings.HasPrefix(name, "get") {
			k = Function
		}
		types[f[0]] = Type{Kind: k, Package: pkg, Name: name, Terraform: f[1]}
	}
	return types, nil
}

// Scan returns every use of an AWS type in the sources of the repository at root. It looks at the syntax alone, so the
// program need not compile; tests are left out.
func Scan(root string) ([]Use, error) {
	var uses []Use
	for _, s := range Sources {
		err := filepath.WalkDir(filepath.Join(root, s), func(name string, e fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil || e.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
				return err
			}
			u, err := scanFile(root, name)
			uses = append(uses, u...)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("looking for AWS types in %s: %w", filepath.Join(root, s), err)
		}
	}
	return uses, nil
}

func scanFile(root, name string) ([]Use, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(root, name)
	if err != nil {
		rel = name
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, rel, src, 0)
	if f == nil {
		return nil, err // a file with syntax errors still has a tree: as much as could be read
	}
	packages := map[string]string{} // local name -> package of the SDK
	for _, s := range f.Imports {
		ip, err := strconv.Unquote(s.Path.Value)
		if err != nil || ip != SDK && !strings.HasPrefix(ip, SDK+"/") {
			continue
		}
		local := path.Base(ip)
		if s.Name != nil {
			local = s.Name.Name
		}
		packages[local] = path.Base(ip)
	}
	var uses []Use
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if name := registered(call, sel); name != "" {
			uses = append(uses, Use{Kind: Resource, Name: name, Pos: fset.Position(sel.Pos())})
		}
		x, ok := sel.X.(*ast.Ident)
		if !ok || x.Obj != nil || packages[x.Name] == "" {
			return true
		}
		for _, k := range nameOf(packages[x.Name], sel.Sel.Name) {
			uses = append(uses, Use{Kind: k.Kind, Name: k.Name, Pos: fset.Position(sel.Pos())})
		}
		return true
	})
	return uses, nil
}

// registered is the resource that a program registers by its token, without the SDK's package for it, which may be big:
// ctx.RegisterResource("aws:wafv2/webAcl:WebAcl", …).
func registered(call *ast.CallExpr, sel *ast.SelectorExpr) string {
	if sel.Sel.Name != "RegisterResource" || len(call.Args) == 0 {
		return ""
	}
	literal, ok := call.Args[0].(*ast.BasicLit)
	if !ok {
		return ""
	}
	token, err := strconv.Unquote(literal.Value)
	module, name, found := strings.Cut(strings.TrimPrefix(token, "aws:"), "/")
	if err != nil || !strings.HasPrefix(token, "aws:") || !found {
		return ""
	}
	return module + "." + name[strings.Index(name, ":")+1:]
}

// nameOf says what a function of the SDK creates, reads or calls. Everything else in a package of the SDK (argument
// structs, constants) needs nothing from the plugin.
func nameOf(pkg, fn string) []Use {
	resource := func(n string) []Use { return []Use{{Kind: Resource, Name: pkg + "." + n}} }
	function := func(n string) []Use { return []Use{{Kind: Function, Name: pkg + ".get" + n}} }
	if n, ok := strings.CutPrefix(fn, "New"); ok && n != "" && n != "Provider" {
		return resource(n)
	}
	if n, ok := strings.CutPrefix(fn, "Lookup"); ok && n != "" {
		return function(strings.TrimSuffix(n, "Output"))
	}
	if n, ok := strings.CutPrefix(fn, "Get"); ok && n != "" {
		n = strings.TrimSuffix(n, "Output")
		// GetX reads a resource X where there is one, and then the function getX is called LookupX.
		if t, err := Table(); err == nil && t[pkg+"."+n].Kind == Resource {
			return resource(n)
		}
		return function(n)
	}
	return nil
}

// Used returns the types behind uses and a problem for each type that the table lacks.
func Used(uses []Use) (types []Type, problems []string, err error) {
	known, err := Table()
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	for _, u := range uses {
		if seen[u.Name] {
			continue
		}
		seen[u.Name] = true
		t, ok := known[u.Name]
		if !ok {
			problems = append(problems, fmt.Sprintf("%s: the Terraform name of %s is not known: add it to "+
				"tools/install/internal/awstypes/table.txt, then run: cd tools/install && go run . types", u.Pos, u.Name))
			continue
		}
		types = append(types, t)
	}
	return types, problems, nil
}

func (t Type) line() string { return fmt.Sprintf("%s %s %s", t.Kind, t.Token(), t.Terraform) }

const header = `# The AWS types that the plugin built from source supports: "<kind> <Pulumi token> <Terraform type>".
# Generated from the project's source by: cd tools/install && go run . types (with -drop to remove what is used no more).
`

// Format renders the list that the plugin embeds: sorted, each type once.
func Format(types []Type) []byte {
	lines := make([]string, 0, len(types))
	for _, t := range types {
		lines = append(lines, t.line())
	}
	slices.Sort(lines)
	var b bytes.Buffer
	b.WriteString(header)
	for _, l := range slices.Compact(lines) {
		fmt.Fprintln(&b, l)
	}
	return b.Bytes()
}

// Parse reads a list written by Format.
func Parse(list []byte) ([]Type, error) {
	known, err := Table()
	if err != nil {
		return nil, err
	}
	byLine := map[string]Type{}
	for t := range maps.Values(known) {
		byLine[t.line()] = t
	}
	var types []Type
	s := bufio.NewScanner(bytes.NewReader(list))
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		t, ok := byLine[line]
		if !ok {
			return nil, fmt.Errorf("line %d: %q is not in the table of known types", n, line)
		}
		types = append(types, t)
	}
	return types, s.Err()
}

// Missing says, for each type that is used and not in have, where it is used and which command adds it.
func Missing(uses []Use, have []Type) ([]string, error) {
	known, err := Table()
	if err != nil {
		return nil, err
	}
	listed := map[string]bool{}
	for _, t := range have {
		listed[t.String()] = true
	}
	_, problems, err := Used(uses)
	if err != nil {
		return nil, err
	}
	said := map[string]bool{}
	for _, u := range uses {
		if _, ok := known[u.Name]; ok && !listed[u.Name] && !said[u.Name] {
			said[u.Name] = true
			problems = append(problems, fmt.Sprintf("%s: %s %s is not in the AWS plugin that is built from source: run "+
				"`cd tools/install && go run . types`, then install again", u.Pos, u.Kind, u.Name))
		}
	}
	return problems, nil
}
