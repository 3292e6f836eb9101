// Package leastprivilege finds out which AWS actions a function's code can reach, so that a test can hold them against what
// its role grants.
//
// It follows the calls from main through the module (variable type analysis, golang.org/x/tools/go/callgraph/vta) up to the
// operations of the AWS SDK's clients, and translates the operations to IAM actions. Code of other modules is not looked into:
// whatever of the module's own is handed to it counts as called, and so do the operations of a client that is handed to it. Where that
// cannot be told, as with a client that is handed over as any, by reflection, or in other modules that call AWS themselves, it is an error.
//
// It tells actions and not resources: that a function with GetItem on one table and PutItem on another does not mix them up is shown by
// running it. Nor does it see through package unsafe, linkname and cgo, which no function has a use for.
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
	own, err := dependencies(dir, patterns)
	if err != nil {
		return nil, err
	}
	loaded, err := packages.Load(&packages.Config{
		Dir: dir,
		// Packages of other modules are known by their types alone: their bodies are not loaded, which makes this quick.
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedTypes |
			packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedModule,
	}, append(patterns, own...)...)
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
		found, err := actionsReached(p, functions)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", loaded[i].PkgPath, err))
		}
		actions[path.Base(loaded[i].PkgPath)] = found
	}
	return actions, errors.Join(wrong...)
}

// dependencies lists the packages of the patterns' own module on which they depend: their bodies must be loaded too. It fails for a
// package of another module that calls AWS by itself: nobody would look into it.
func dependencies(dir string, patterns []string) (own []string, err error) {
	loaded, err := packages.Load(&packages.Config{Dir: dir, Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedModule}, patterns...)
	if err != nil {
		return nil, fmt.Errorf("loading %v: %w", patterns, err)
	}
	var wrong []error
	packages.Visit(loaded, func(p *packages.Package) bool {
		switch {
		case p.Module == nil || strings.HasPrefix(p.PkgPath, "github.com/aws/"):
		case p.Module.Main:
			own = append(own, p.PkgPath)
			for imported := range p.Imports {
				if !followed(imported) {
					wrong = append(wrong, fmt.Errorf("%s uses %s, which asks AWS for things without a client's operation: package leastprivilege does not know which", p.PkgPath, imported))
				}
			}
		default:
			for imported := range p.Imports {
				if strings.HasPrefix(imported, "github.com/aws/aws-sdk-go") {
					wrong = append(wrong, fmt.Errorf("%s of module %s uses %s: what it asks of AWS is not looked into; call AWS from the module's own code",
						p.PkgPath, p.Module.Path, imported))
				}
			}
		}
		return true
	}, nil)
	slices.Sort(own)
	slices.SortFunc(wrong, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return own, errors.Join(wrong...)
}

// features are the packages around the SDK's clients that ask AWS for nothing but by a client that they are given, or for nothing at all.
var features = []string{"dynamodb/attributevalue", "dynamodb/expression", "s3/manager", "s3/transfermanager"}

// followed tells whether what a package asks of AWS can be told. It cannot where requests are signed without a client: by hand, or for
// signing in to databases.
func followed(imported string) bool {
	feature, isFeature := strings.CutPrefix(imported, "github.com/aws/aws-sdk-go-v2/feature/")
	return (!isFeature || slices.Contains(features, feature)) &&
		!strings.HasPrefix(imported, "github.com/aws/aws-sdk-go-v2/aws/signer/") && !strings.HasPrefix(imported, "github.com/aws/aws-sdk-go/")
}

// actionsReached returns the actions that a package's main and init functions can reach.
//
// A function that takes another one, such as one that repeats what it is given, could by the first analysis call whatever anybody hands
// to it. So the analysis is repeated without those who cannot be reached themselves, until nothing falls away any more.
func actionsReached(main *ssa.Package, functions map[*ssa.Function]bool) ([]string, error) {
	reachable := reachedFrom(main, vta.CallGraph(functions, nil))
	for len(reachable) < len(functions) {
		functions = reachable
		reachable = reachedFrom(main, vta.CallGraph(functions, nil))
	}
	actions := map[string]bool{}
	wrong := beyondSight(reachable)
	for o := range operationsOf(reachable) {
		needed, err := actionsOf(o, reachable)
		if err != nil {
			wrong = append(wrong, err)
		}
		for _, action := range needed {
			actions[action] = true
		}
	}
	return slices.Sorted(maps.Keys(actions)), errors.Join(wrong...)
}

// reachedFrom follows the calls from a package's main and init functions.
func reachedFrom(main *ssa.Package, graph *callgraph.Graph) map[*ssa.Function]bool {
	reachable := map[*ssa.Function]bool{}
	handed := newHanded()
	pending := []*ssa.Function{main.Func("main"), main.Func("init")}
	for len(pending) > 0 {
		f := pending[0]
		pending = pending[1:]
		if f != nil && !reachable[f] {
			reachable[f] = true
			if node := graph.Nodes[f]; node != nil {
				for _, call := range node.Out {
					pending = append(pending, call.Callee.Func)
				}
			}
			pending = append(pending, mentioned(f)...)
			handed.look(f)
		}
		if len(pending) == 0 {
			pending = handed.methods()
		}
	}
	return reachable
}

// operation is one of an AWS service, by the names that the SDK has for them.
type operation struct{ service, name string }

func (o operation) String() string { return o.service + "." + o.name }

// operationsOf are the operations among the functions, and those that they let other modules' code call.
func operationsOf(reachable map[*ssa.Function]bool) map[operation]bool {
	found := map[operation]bool{}
	for f := range reachable {
		if o := operationOf(f); o.name != "" {
			found[o] = true
		}
		for _, o := range append(lentOperations(f), invokedOperations(f)...) {
			found[o] = true
		}
	}
	return found
}

// actionsOf returns the IAM actions that an operation needs.
func actionsOf(o operation, reachable map[*ssa.Function]bool) ([]string, error) {
	if parts, composed := composed[o.String()]; composed {
		return parts.actions(o, reachable)
	}
	return iamActions(o.service, o.name)
}

// mentioned are functions that f does not call but hands on as values.
func mentioned(f *ssa.Function) []*ssa.Function {
	var found []*ssa.Function
	for _, block := range f.Blocks {
		for _, instruction := range block.Instrs {
			for _, operand := range instruction.Operands(nil) {
				if function, ok := (*operand).(*ssa.Function); ok {
					found = append(found, function)
				}
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

const sdk = "github.com/aws/aws-sdk-go-v2/service/"

var paginator = regexp.MustCompile(`^(\w+)Paginator$`)

// operationOf tells which SDK operation a function is: a client's method, a paginator's NextPage, or a presigner's
// method. The name is empty for every other function.
func operationOf(f *ssa.Function) operation {
	method, ok := f.Object().(*types.Func)
	if !ok || method.Pkg() == nil || !strings.HasPrefix(method.Pkg().Path(), sdk) || !method.Exported() {
		return operation{}
	}
	service := strings.TrimPrefix(method.Pkg().Path(), sdk)
	switch receiver := receiverName(method); {
	case receiver == "Client" && takesInput(method):
		return operation{service, method.Name()}
	case receiver == "PresignClient":
		return operation{service, strings.TrimPrefix(method.Name(), "Presign")}
	case paginator.MatchString(receiver) && method.Name() == "NextPage":
		return operation{service, paginator.FindStringSubmatch(receiver)[1]}
	}
	return operation{}
}

// lentOperations are those that f lets code of other modules call, such as the SDK's waiters, by turning a client into one of their
// interfaces.
func lentOperations(f *ssa.Function) []operation {
	var found []operation
	for _, block := range f.Blocks {
		for _, instruction := range block.Instrs {
			switch instruction.(type) {
			case *ssa.MakeInterface, *ssa.ChangeInterface, *ssa.ChangeType:
				target := instruction.(ssa.Value).Type()
				if methods, ok := target.Underlying().(*types.Interface); ok && !sameModule(f, target) {
					found = append(found, operationsIn(methods)...)
				}
			}
		}
	}
	return found
}

// operationsIn are the interface's methods that are operations of the SDK.
func operationsIn(methods *types.Interface) []operation {
	var found []operation
	for method := range methods.Methods() {
		if o := operationBySignature(method); o.name != "" {
			found = append(found, o)
		}
	}
	return found
}

// invokedOperations are those that f calls through an interface, whatever is behind it: the analysis loses sight of a client that comes back
// out of other modules' code, such as a context or a sync.Map.
func invokedOperations(f *ssa.Function) []operation {
	var found []operation
	for _, block := range f.Blocks {
		for _, instruction := range block.Instrs {
			if call, ok := instruction.(ssa.CallInstruction); ok && call.Common().IsInvoke() {
				if o := operationBySignature(call.Common().Method); o.name != "" {
					found = append(found, o)
				}
			}
		}
	}
	return found
}

// operationBySignature tells which operation an interface's method is: one that takes a context and the input of the operation by its name.
func operationBySignature(method *types.Func) operation {
	if !takesInput(method) {
		return operation{}
	}
	pointer, ok := types.Unalias(method.Signature().Params().At(1).Type()).(*types.Pointer)
	if !ok {
		return operation{}
	}
	input, ok := types.Unalias(pointer.Elem()).(*types.Named)
	if !ok || input.Obj().Pkg() == nil || input.Obj().Name() != method.Name()+"Input" {
		return operation{}
	}
	service, isSDK := strings.CutPrefix(input.Obj().Pkg().Path(), sdk)
	if !isSDK {
		return operation{}
	}
	return operation{service, method.Name()}
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
