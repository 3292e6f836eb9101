package leastprivilege

import (
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/types/typeutil"
)

// handed is what reachable code hands to code that is not looked into, which may call every method of it.
type handed struct {
	made   map[types.Type]*ssa.Function // the module's own types that become interfaces of any module, with where
	lent   map[types.Type]bool          // of them, those that become interfaces of other modules
	passed map[*types.Interface]bool    // interfaces of the module's own whose values become interfaces of other modules
	known  typeutil.Map                 // types whose methods were returned
}

func newHanded() *handed {
	return &handed{
		made: map[types.Type]*ssa.Function{}, lent: map[types.Type]bool{}, passed: map[*types.Interface]bool{},
	}
}

// look notes what a function hands out.
func (h *handed) look(f *ssa.Function) {
	for _, block := range f.Blocks {
		for _, instruction := range block.Instrs {
			switch conversion := instruction.(type) {
			case *ssa.MakeInterface:
				t := conversion.X.Type()
				h.made[t] = f
				if !sameModule(f, conversion.Type()) {
					h.lent[t] = true
				}
			case *ssa.ChangeInterface:
				h.pass(f, conversion.X.Type(), conversion.Type())
			case *ssa.ChangeType: // of interfaces with the same methods
				h.pass(f, conversion.X.Type(), conversion.Type())
			}
		}
	}
}

// pass notes that an interface's values become another's.
func (h *handed) pass(f *ssa.Function, from, to types.Type) {
	if source, ok := from.Underlying().(*types.Interface); ok && !sameModule(f, to) && source.NumMethods() > 0 {
		h.passed[source] = true
	}
}

// methods are those of what was handed out since the last call: of values, of what is behind the interfaces that were handed on, and of the
// fields and elements inside, which packages such as encoding/json find by reflection.
func (h *handed) methods() []*ssa.Function {
	for source := range h.passed {
		for t := range h.made {
			if types.Implements(t, source) {
				h.lent[t] = true
			}
		}
	}
	var found []*ssa.Function
	for t := range maps.Clone(h.lent) {
		found = append(found, h.methodsOf(h.made[t], t)...)
	}
	return found
}

// methodsOf are the methods of a type, and of the types inside it, that were not returned before.
func (h *handed) methodsOf(f *ssa.Function, t types.Type) []*ssa.Function {
	if h.known.Set(t, true) != nil {
		return nil
	}
	var found []*ssa.Function
	if sameModule(f, t) {
		for method := range f.Prog.MethodSets.MethodSet(t).Methods() {
			if implementation := f.Prog.MethodValue(method); implementation != nil {
				found = append(found, implementation)
			}
		}
	}
	for _, inner := range inside(t) {
		// Methods of pointers too: what is inside can be addressed.
		found = slices.Concat(found, h.methodsOf(f, inner), h.methodsOf(f, types.NewPointer(inner)))
	}
	return found
}

// inside are the types of what a value of a type holds.
func inside(t types.Type) []types.Type {
	switch t := t.Underlying().(type) {
	case *types.Pointer:
		return []types.Type{t.Elem()}
	case *types.Slice:
		return []types.Type{t.Elem()}
	case *types.Array:
		return []types.Type{t.Elem()}
	case *types.Map:
		return []types.Type{t.Key(), t.Elem()}
	case *types.Struct:
		var fields []types.Type
		for field := range t.Fields() {
			if field.Exported() || field.Embedded() {
				fields = append(fields, field.Type())
			}
		}
		return fields
	}
	return nil
}

// beyondSight are the places where reachable code hands a client, or what clients are made from, to code of other modules in a way that does
// not tell what becomes of it.
func beyondSight(reachable map[*ssa.Function]bool) []error {
	found := map[string]error{}
	for f := range reachable {
		if f.Object() != nil && f.Pkg == nil {
			continue // a wrapper of other modules' code
		}
		for _, block := range f.Blocks {
			for _, instruction := range block.Instrs {
				if err := losesSight(f, instruction); err != nil {
					found[err.Error()] = err
				}
			}
		}
	}
	return slices.Collect(maps.Values(found))
}

// losesSight tells why the operations cannot be told that come of an instruction, or nil.
func losesSight(f *ssa.Function, instruction ssa.Instruction) error {
	switch use := instruction.(type) {
	case *ssa.MakeInterface:
		methods, ok := use.Type().Underlying().(*types.Interface)
		if ok && isClient(use.X.Type()) && !sameModule(f, use.Type()) && len(operationsIn(methods)) == 0 {
			return fmt.Errorf("%s makes %s of a %s, so that it cannot be told which operations are called: keep it in a type of its own", f, use.Type(), use.X.Type())
		}
	case ssa.CallInstruction:
		callee := use.Common().StaticCallee()
		if callee == nil || callee.Blocks != nil || callee.Pkg == nil || strings.HasPrefix(callee.Pkg.Pkg.Path(), "github.com/aws/") {
			return nil
		}
		for _, argument := range use.Common().Args {
			if isClient(argument.Type()) || argument.Type().String() == "github.com/aws/aws-sdk-go-v2/aws.Config" {
				return fmt.Errorf("%s hands a %s to %s, so that it cannot be told which operations are called: call them in the module's own code",
					f, argument.Type(), callee)
			}
		}
	}
	return nil
}

// isClient tells whether a type is that of an SDK's client.
func isClient(t types.Type) bool {
	pointer, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return false
	}
	named, ok := types.Unalias(pointer.Elem()).(*types.Named)
	return ok && named.Obj().Pkg() != nil && strings.HasPrefix(named.Obj().Pkg().Path(), sdk) && named.Obj().Name() == "Client"
}
