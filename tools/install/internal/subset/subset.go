// Package subset reduces the source of the Terraform AWS provider to the resource types and data sources that a program
// uses.
package subset

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/serverless-shop/serverless-shop/tools/install/internal/prune"
)

// Upstream is the path by which the provider's source imports itself.
const Upstream = "github.com/hashicorp/terraform-provider-aws"

const (
	services = Upstream + "/internal/service/"
	registry = Upstream + "/internal/provider"
)

// kinds are the four lists in which a service package registers what it offers.
var kinds = map[string]Kind{
	"SDKResources": Resource, "FrameworkResources": Resource, "SDKDataSources": DataSource, "FrameworkDataSources": DataSource,
}

// Kind tells resources from data sources; both may have the same name.
type Kind int

// The two kinds of things that a provider offers.
const (
	Resource Kind = iota
	DataSource
)

func (k Kind) String() string { return [...]string{"resource", "data source"}[k] }

// Type is a Terraform resource type or data source.
type Type struct {
	Kind Kind
	Name string // e.g. aws_sqs_queue
}

// Index says which service package of the provider's source in dir offers which types.
func Index(dir string) (map[Type]string, error) {
	x, err := scan(dir)
	if err != nil {
		return nil, err
	}
	index := map[Type]string{}
	for service, s := range x {
		for _, t := range s {
			index[t] = service
		}
	}
	return index, nil
}

// Sources says where the source of everything is that the plugin is made of.
type Sources struct {
	// Plugin is the folder of the plugin's own main package, whose import path is PluginPath.
	Plugin, PluginPath string
	// Resolve returns the folders with the source of the modules in Reducible and Followed that are asked for.
	Resolve func(modules []string) (map[string]string, error)
	// Out is the folder that gets one subfolder per reduced module.
	Out string
}

// ServiceModules is the prefix of the modules of the AWS SDK. Each is a client for one service with all of its
// operations, of which the provider's resources use few; EC2's alone takes a minute to compile.
const ServiceModules = "github.com/aws/aws-sdk-go-v2/service/"

// followed are the modules, beside the provider itself, that import modules of the AWS SDK which get reduced.
var followed = []string{
	"github.com/hashicorp/aws-sdk-go-base/v2",
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager",
	"go.opentelemetry.io/contrib/instrumentation/github.com/aws/aws-sdk-go-v2/otelaws",
}

// untouched are modules of the AWS SDK that the SDK's own core imports.
var untouched = []string{"sso", "ssooidc", "sts"}

// Write reduces the provider's source, and that of the AWS SDK, to what the wanted types need. It returns the reduced
// modules with their folders.
func Write(src Sources, wanted []Type, target build.Context) (map[string]string, prune.Stats, error) {
	fail := func(err error) (map[string]string, prune.Stats, error) { return nil, prune.Stats{}, err }
	dirs, err := src.Resolve(append([]string{Upstream}, followed...))
	if err != nil {
		return fail(err)
	}
	factories, err := scan(dirs[Upstream])
	if err != nil {
		return fail(err)
	}
	want, found := map[Type]bool{}, map[Type]bool{}
	for _, t := range wanted {
		want[t] = true
	}
	used := map[string]bool{}
	for service, s := range factories {
		for _, t := range s {
			if want[t] {
				used[service], found[t] = true, true
			}
		}
	}
	for _, t := range wanted {
		if !found[t] {
			return fail(fmt.Errorf("the provider's source in %s has no %s %s", dirs[Upstream], t.Kind, t.Name))
		}
	}
	reduced := map[string]string{}
	out := func(module string) string {
		reduced[module] = filepath.Join(src.Out, filepath.FromSlash(module))
		return reduced[module]
	}
	c := prune.Config{
		Modules: []prune.Module{
			{Path: src.PluginPath, Dir: src.Plugin},
			{Path: Upstream, Dir: dirs[Upstream], Out: out(Upstream)},
		},
		Root: src.PluginPath,
		Client: func(pkg, typ string) bool {
			return pkg == Upstream+"/internal/conns" && typ == "AWSClient" || strings.HasPrefix(pkg, ServiceModules) && typ == "Client"
		},
		Context: target,
		Edit: func(pkg string, file *ast.File) {
			service, isService := strings.CutPrefix(pkg, services)
			switch {
			case pkg == registry:
				keepServices(file, used)
			case isService:
				keepTypes(file, func(k Kind, factory string) bool {
					t, ok := factories[service][factoryKey(k, factory)]
					return ok && want[t]
				})
			}
		},
	}
	for _, m := range followed {
		c.Modules = append(c.Modules, prune.Module{Path: m, Dir: dirs[m]})
	}
	// Only now is it known which services' clients are needed at all.
	imports, err := prune.Imports(c)
	if err != nil {
		return fail(err)
	}
	var clients []string
	for _, ip := range imports {
		name, ok := strings.CutPrefix(ip, ServiceModules)
		name, _, _ = strings.Cut(name, "/")
		if ok && name != "internal" && !slices.Contains(untouched, name) && !slices.Contains(clients, ServiceModules+name) {
			clients = append(clients, ServiceModules+name)
		}
	}
	if dirs, err = src.Resolve(clients); err != nil {
		return fail(err)
	}
	for _, m := range clients {
		c.Modules = append(c.Modules, prune.Module{Path: m, Dir: dirs[m], Out: out(m)})
	}
	stats, err := prune.Write(c)
	return reduced, stats, err
}

// keepServices reduces the list of `name.ServicePackage(ctx)`.
func keepServices(file *ast.File, used map[string]bool) {
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.CompositeLit); ok {
			prune.Filter(lit, func(e ast.Expr) bool {
				if c, ok := e.(*ast.CallExpr); ok {
					if s, ok := c.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "ServicePackage" {
						return used[s.X.(*ast.Ident).Name]
					}
				}
				return true
			})
		}
		return true
	})
}

// keepTypes reduces the lists of `{Factory: f, …}` in a service package.
func keepTypes(file *ast.File, keep func(k Kind, factory string) bool) {
	entries(file, func(k Kind, list *ast.CompositeLit) {
		prune.Filter(list, func(e ast.Expr) bool { return keep(k, field(e, "Factory")) })
	})
}

// entries calls f with the list that each registering method returns.
func entries(file *ast.File, f func(Kind, *ast.CompositeLit)) {
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv == nil || fn.Body == nil {
			continue
		}
		k, ok := kinds[fn.Name.Name]
		if !ok {
			continue
		}
		for _, s := range fn.Body.List {
			if r, ok := s.(*ast.ReturnStmt); ok && len(r.Results) == 1 {
				if lit, ok := r.Results[0].(*ast.CompositeLit); ok {
					f(k, lit)
				}
			}
		}
	}
}

// field returns the identifier or string that a composite literal gives to a field.
func field(e ast.Expr, name string) string {
	lit, ok := e.(*ast.CompositeLit)
	if !ok {
		return ""
	}
	for _, kv := range lit.Elts {
		kv, ok := kv.(*ast.KeyValueExpr)
		if !ok || kv.Key.(*ast.Ident).Name != name {
			continue
		}
		switch v := kv.Value.(type) {
		case *ast.Ident:
			return v.Name
		case *ast.BasicLit:
			s, _ := strconv.Unquote(v.Value)
			return s
		}
	}
	return ""
}

func factoryKey(k Kind, factory string) string { return k.String() + " " + factory }

// scan returns, per service package, the type that each factory makes.
func scan(dir string) (map[string]map[string]Type, error) {
	files, err := filepath.Glob(filepath.Join(dir, "internal", "service", "*", "service_package_gen.go"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s is not the source of the AWS provider: no internal/service/*/service_package_gen.go", dir)
	}
	all := map[string]map[string]Type{}
	for _, name := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		types := map[string]Type{}
		unnamed := false // framework types say their name in a method
		entries(tree, func(k Kind, list *ast.CompositeLit) {
			for _, e := range list.Elts {
				t := field(e, "TypeName")
				types[factoryKey(k, field(e, "Factory"))] = Type{k, t}
				unnamed = unnamed || t == ""
			}
		})
		if unnamed {
			if err := nameFramework(filepath.Dir(name), types); err != nil {
				return nil, err
			}
		}
		all[path.Base(filepath.ToSlash(filepath.Dir(name)))] = types
	}
	return all, nil
}

// nameFramework fills in the names of types written with the plugin framework: the factory returns a struct, whose
// method Metadata sets TypeName.
func nameFramework(dir string, types map[string]Type) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	typeNames, made := map[string]string{}, map[string][]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if !strings.Contains(string(text), ") Metadata(") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.AssignStmt:
					if s, ok := n.Lhs[0].(*ast.SelectorExpr); ok && s.Sel.Name == "TypeName" && fn.Name.Name == "Metadata" {
						if v, ok := n.Rhs[0].(*ast.BasicLit); ok {
							typeNames[receiver(fn)], _ = strconv.Unquote(v.Value)
						}
					}
				case *ast.CompositeLit:
					if id, ok := n.Type.(*ast.Ident); ok && fn.Recv == nil {
						made[fn.Name.Name] = append(made[fn.Name.Name], id.Name)
					}
				}
				return true
			})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(types)) {
		t := types[key]
		if t.Name != "" {
			continue
		}
		_, factory, _ := strings.Cut(key, t.Kind.String()+" ")
		for _, m := range made[factory] {
			if typeNames[m] != "" {
				t.Name = typeNames[m]
			}
		}
		types[key] = t // left without a name when upstream writes it in another way: nobody can ask for it then
	}
	return nil
}

func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return ""
	}
	e := fn.Recv.List[0].Type
	if s, ok := e.(*ast.StarExpr); ok {
		e = s.X
	}
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}
