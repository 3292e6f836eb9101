// Package leastprivilege finds out which AWS actions a function's code can reach, so that a test can hold them against what
// its role grants.
//
// It follows the calls from main through the module (variable type analysis, golang.org/x/tools/go/callgraph/vta) up to the
// operations of the AWS SDK's clients, and translates the operations to IAM actions. Code of other modules is not looked into:
// whatever of the module's own is handed to it counts as called.
package leastprivilege

import (
	"errors"
	"fmt"
	"go/types"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/callgraph"
	"golang.org/x/tools/go/callgraph/vta"
	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"
)

// Reachable returns, for every package main that the patterns name, by its folder's name, the IAM actions that its code can
// reach, sorted. dir is the folder that the patterns are relative to.
//
// It fails when a program does not compile or reaches an operation that it cannot translate.
func Reachable(dir string, patterns ...string) (map[string][]string, error) {
	loaded, err := packages.Load(&packages.Config{
		Dir: dir,
		// Packages of other modules are known by their types alone: their bodies are not loaded, which makes this quick.
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedTypes |
			packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedModule,
	}, append(patterns, own(dir, patterns)...)...)
	if err != nil {
		return nil, fmt.Errorf("loading %v: %w", patterns, err)
	}
	for _, p := range loaded {
		for _, e := range p.Errors {
			return nil, fmt.Errorf("loading %s: %w", p.PkgPath, e)
		}
	}
	program, all := ssautil.Packages(loaded, ssa.InstantiateGenerics)
	program.Build()
	everything := ssautil.AllFunctions(program)
	actions := map[string][]string{}
	var wrong []error
	for i, p := range all {
		if p == nil || loaded[i].Name != "main" {
			continue
		}
		// Each program is analysed without the others, which hand their own functions to the same start function.
		functions := maps.Clone(everything)
		maps.DeleteFunc(functions, func(f *ssa.Function, _ bool) bool {
			owner := f.Package()
			return owner != nil && owner != p && owner.Pkg.Name() == "main"
		})
		found, err := reachedFrom(p, vta.CallGraph(functions, nil))
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", loaded[i].PkgPath, err))
		}
		actions[path.Base(loaded[i].PkgPath)] = found
	}
	return actions, errors.Join(wrong...)
}

// own lists the packages of the patterns' own module on which they depend: their bodies must be loaded too.
func own(dir string, patterns []string) []string {
	loaded, err := packages.Load(&packages.Config{Dir: dir, Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedModule}, patterns...)
	if err != nil {
		return nil // the caller's own load reports it
	}
	names := map[string]bool{}
	packages.Visit(loaded, func(p *packages.Package) bool {
		if p.Module != nil && p.Module.Main {
			names[p.PkgPath] = true
		}
		return true
	}, nil)
	return slices.Sorted(maps.Keys(names))
}

// reachedFrom follows the calls from a package's main and init functions.
func reachedFrom(main *ssa.Package, graph *callgraph.Graph) ([]string, error) {
	reachable := map[*ssa.Function]bool{}
	pending := []*ssa.Function{main.Func("main"), main.Func("init")}
	for len(pending) > 0 {
		f := pending[0]
		pending = pending[1:]
		if f == nil || reachable[f] {
			continue
		}
		reachable[f] = true
		if node := graph.Nodes[f]; node != nil {
			for _, call := range node.Out {
				pending = append(pending, call.Callee.Func)
			}
		}
		pending = append(pending, handedOut(f)...)
	}
	actions := map[string]bool{}
	var wrong []error
	for f := range reachable {
		service, operation := operationOf(f)
		if operation == "" {
			continue
		}
		if parts, isTransaction := transactions[service+"."+operation]; isTransaction {
			for _, a := range transactionActions(reachable, parts) {
				actions[a] = true
			}
			continue
		}
		action, err := iamAction(service, operation)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		actions[action] = true
	}
	return slices.Sorted(maps.Keys(actions)), errors.Join(wrong...)
}

// handedOut are functions that f does not call but mentions, and methods of values that f turns into interfaces of other
// modules: code that is not looked into may call them.
func handedOut(f *ssa.Function) []*ssa.Function {
	var found []*ssa.Function
	for _, block := range f.Blocks {
		for _, instruction := range block.Instrs {
			for _, operand := range instruction.Operands(nil) {
				if mentioned, ok := (*operand).(*ssa.Function); ok {
					found = append(found, mentioned)
				}
			}
			if conversion, ok := instruction.(*ssa.MakeInterface); ok && !sameModule(f, conversion.Type()) {
				found = append(found, ownMethods(f, conversion.X.Type())...)
			}
		}
	}
	return found
}

// sameModule tells whether a type is declared in the module of f, which a prefix of two path segments beyond the host stands
// for.
func sameModule(f *ssa.Function, t types.Type) bool {
	if pointer, ok := t.(*types.Pointer); ok {
		t = pointer.Elem()
	}
	named, ok := t.(*types.Named)
	return ok && named.Obj().Pkg() != nil && f.Package() != nil && moduleOf(named.Obj().Pkg()) == moduleOf(f.Package().Pkg)
}

func moduleOf(p *types.Package) string {
	parts := strings.SplitN(p.Path(), "/", 4)
	return strings.Join(parts[:min(3, len(parts))], "/")
}

func ownMethods(f *ssa.Function, t types.Type) []*ssa.Function {
	if !sameModule(f, t) {
		return nil
	}
	var found []*ssa.Function
	for method := range f.Prog.MethodSets.MethodSet(t).Methods() {
		if implementation := f.Prog.MethodValue(method); implementation != nil {
			found = append(found, implementation)
		}
	}
	return found
}

const sdk = "github.com/aws/aws-sdk-go-v2/service/"

var paginator = regexp.MustCompile(`^(\w+)Paginator$`)

// operationOf tells which SDK operation a function is: a client's method, a paginator's NextPage, or a presigner's
// method. The operation is empty for every other function.
func operationOf(f *ssa.Function) (service, operation string) {
	method, ok := f.Object().(*types.Func)
	if !ok || method.Pkg() == nil || !strings.HasPrefix(method.Pkg().Path(), sdk) || !method.Exported() {
		return "", ""
	}
	service = strings.TrimPrefix(method.Pkg().Path(), sdk)
	switch receiver := receiverName(method); {
	case receiver == "Client" && takesInput(method):
		return service, method.Name()
	case receiver == "PresignClient":
		return service, strings.TrimPrefix(method.Name(), "Presign")
	case paginator.MatchString(receiver) && method.Name() == "NextPage":
		return service, paginator.FindStringSubmatch(receiver)[1]
	}
	return "", ""
}

func receiverName(method *types.Func) string {
	receiver := method.Signature().Recv()
	if receiver == nil {
		return ""
	}
	t := receiver.Type()
	if pointer, ok := t.(*types.Pointer); ok {
		t = pointer.Elem()
	}
	if named, ok := t.(*types.Named); ok {
		return named.Obj().Name()
	}
	return ""
}

// takesInput tells operations, which take a context and an input, from a client's other methods, such as Options.
func takesInput(method *types.Func) bool {
	return method.Signature().Params().Len() >= 2
}

// transactions are operations without an action of their own: each of their parts needs its own one. The parts are the
// fields of a struct, by the struct's name.
var transactions = map[string]struct {
	item  string
	parts map[string]string
}{
	"dynamodb.TransactWriteItems": {"TransactWriteItem", map[string]string{
		"Put": "dynamodb:PutItem", "Update": "dynamodb:UpdateItem", "Delete": "dynamodb:DeleteItem", "ConditionCheck": "dynamodb:ConditionCheckItem",
	}},
	"dynamodb.TransactGetItems": {"TransactGetItem", map[string]string{"Get": "dynamodb:GetItem"}},
}

// transactionActions looks for the fields of the transaction's items that reachable code sets.
func transactionActions(reachable map[*ssa.Function]bool, t struct {
	item  string
	parts map[string]string
}) []string {
	var actions []string
	for f := range reachable {
		for _, block := range f.Blocks {
			for _, instruction := range block.Instrs {
				field, ok := instruction.(*ssa.FieldAddr)
				if !ok {
					continue
				}
				structure := field.X.Type().Underlying().(*types.Pointer).Elem()
				if named, ok := structure.(*types.Named); ok && named.Obj().Name() == t.item {
					name := structure.Underlying().(*types.Struct).Field(field.Field).Name()
					if action, found := t.parts[name]; found {
						actions = append(actions, action)
					}
				}
			}
		}
	}
	return actions
}
