// Package prune copies the part of a Go source tree that a program can reach.
//
// The AWS provider consists of some 240 services with 1,400 resource types; compiling all of it takes 20 minutes on two
// cores. A stack uses a few dozen types, and the compiler cannot be told so: a service package registers all of its
// resources in one literal. This package therefore does at the level of source text what a linker does with machine
// code: it starts from some functions, follows every name, and writes out only the declarations that were met. It works
// by names, without type checking, and errs on the side of keeping: a mistake shows as a compile error, never as a
// program that behaves differently.
package prune

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Module is a module whose packages may be reduced.
type Module struct {
	// Path is the module path as the source imports it.
	Path string
	// Dir is where its unpacked source lies. It is only read.
	Dir string
	// Out is where the reduced source goes. A module without it is followed as it is, every declaration of the packages
	// that are met, and not written: its source says what it needs of the others.
	Out string
}

// Config says where to start and what may be left out.
type Config struct {
	// Modules are reduced; everything else that they import stays what it is and is not looked at. What is not looked at
	// must not import a reduced module, or the compiler will miss things in it.
	Modules []Module
	// Root is the package to start from; all of it is kept.
	Root string
	// Client names the types of whose methods only those are kept whose name is called somewhere: API clients
	// with hundreds of operations. All other types keep all of their methods, because an interface may need them.
	Client func(importPath, typ string) bool
	// Edit may remove elements from a parsed file (say, entries of a registry) before it is followed. It may be nil.
	Edit func(importPath string, file *ast.File)
	// Context decides which files belong to the target platform.
	Context build.Context
}

// Stats counts what came out of a run.
type Stats struct {
	Packages, Files     int
	Declarations, Total int
	Bytes               int
}

func (s Stats) String() string {
	return fmt.Sprintf("%d of %d declarations, %d packages, %d files, %.1f MB", s.Declarations, s.Total, s.Packages,
		s.Files, float64(s.Bytes)/1e6)
}

// Write reduces the modules. Files that hold the right text already are left as they are, so that the compiler's cache
// stays valid.
func Write(c Config) (Stats, error) {
	w, err := run(c)
	if err != nil {
		return Stats{}, err
	}
	return w.write()
}

// Imports returns the packages outside of the modules that what is kept of them imports.
func Imports(c Config) ([]string, error) {
	w, err := run(c)
	if err != nil {
		return nil, err
	}
	all := map[string]bool{}
	for _, p := range w.pkgs {
		if p == nil {
			continue
		}
		for _, f := range p.files {
			for name := range f.used {
				if ip := f.imports[name]; w.pkgs[ip] == nil {
					all[ip] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(all)), nil
}

func run(c Config) (*walk, error) {
	w := &walk{Config: c, fset: token.NewFileSet(), pkgs: map[string]*pkg{}, called: map[string]bool{}, waiting: map[string][]*decl{}}
	root, err := w.load(c.Root)
	if err == nil && root == nil {
		err = fmt.Errorf("pruning: the root package %s is in none of the modules", c.Root)
	}
	if err != nil {
		return nil, err
	}
	w.whole(root)
	for len(w.queue) > 0 && w.err == nil {
		d := w.queue[len(w.queue)-1]
		w.queue = w.queue[:len(w.queue)-1]
		w.follow(d)
	}
	return w, w.err
}

// decl is the smallest unit that is kept or dropped: a function, a method, a type, a variable or a constant, or a whole
// const block when it counts with iota.
type decl struct {
	pkg    *pkg
	file   *file
	node   ast.Node // *ast.FuncDecl, ast.Spec or *ast.GenDecl (whole block)
	group  *ast.GenDecl
	names  []string
	kept   bool
	method string // name of the method, if it is one
}

type file struct {
	name    string
	text    []byte
	ast     *ast.File
	decls   []*decl
	kept    bool
	imports map[string]string // local name -> import path
	used    map[string]bool   // local names that kept code uses
}

type pkg struct {
	path, dir string
	files     []*file
	names     map[string][]*decl // package-level name -> declarations
	methods   map[string][]*decl // receiver type -> methods
	total     int
	kept      bool
	embeds    []string
}

type walk struct {
	Config
	fset    *token.FileSet
	pkgs    map[string]*pkg
	queue   []*decl
	called  map[string]bool    // selector and interface method names in kept code
	waiting map[string][]*decl // methods of clients that nobody has called yet
	err     error
}

// moduleOf returns the module that importPath belongs to: the longest path that fits.
func (w *walk) moduleOf(importPath string) *Module {
	var best *Module
	for i, m := range w.Modules {
		if (importPath == m.Path || strings.HasPrefix(importPath, m.Path+"/")) && (best == nil || len(m.Path) > len(best.Path)) {
			best = &w.Modules[i]
		}
	}
	return best
}

func (w *walk) load(importPath string) (*pkg, error) {
	if p, ok := w.pkgs[importPath]; ok {
		return p, nil
	}
	m := w.moduleOf(importPath)
	if m == nil {
		return nil, nil
	}
	dir := filepath.Join(m.Dir, filepath.FromSlash(strings.TrimPrefix(strings.TrimPrefix(importPath, m.Path), "/")))
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		w.pkgs[importPath] = nil // of another module with a longer path, which nobody named
		return nil, nil
	}
	bp, err := w.Context.ImportDir(dir, 0)
	if err != nil {
		return nil, fmt.Errorf("pruning %s: %w", importPath, err)
	}
	p := &pkg{path: importPath, dir: dir, names: map[string][]*decl{}, methods: map[string][]*decl{}, embeds: bp.EmbedPatterns}
	w.pkgs[importPath] = p
	for _, name := range bp.GoFiles {
		if err := w.loadFile(p, name); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (w *walk) loadFile(p *pkg, name string) error {
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		return err
	}
	// Comments are needed for directives (go:embed), object resolution to tell an import from a local variable.
	tree, err := parser.ParseFile(w.fset, filepath.Join(p.dir, name), text, parser.ParseComments)
	if err != nil {
		return err
	}
	if w.Edit != nil {
		w.Edit(p.path, tree)
	}
	f := &file{name: name, text: text, ast: tree, imports: map[string]string{}, used: map[string]bool{}}
	p.files = append(p.files, f)
	for _, s := range tree.Imports {
		ip, err := strconv.Unquote(s.Path.Value)
		if err != nil {
			return err
		}
		switch {
		case s.Name != nil && s.Name.Name == ".":
			return fmt.Errorf("%s: dot imports are not supported", w.fset.Position(s.Pos()))
		case s.Name != nil:
			f.imports[s.Name.Name] = ip
		default:
			for _, n := range packageNames(ip) {
				if f.imports[n] == "" {
					f.imports[n] = ip
				}
			}
		}
	}
	add := func(d *decl) {
		d.pkg, d.file = p, f
		f.decls = append(f.decls, d)
		p.total++
		for _, n := range d.names {
			p.names[n] = append(p.names[n], d)
		}
	}
	for _, n := range tree.Decls {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil {
				add(&decl{node: n, names: []string{n.Name.Name}})
				continue
			}
			d := &decl{node: n, method: n.Name.Name}
			add(d)
			r := receiver(n)
			p.methods[r] = append(p.methods[r], d)
		case *ast.GenDecl:
			if n.Tok == token.IMPORT {
				continue
			}
			if n.Tok == token.CONST && counts(n) {
				d := &decl{node: n, group: n}
				for _, s := range n.Specs {
					d.names = append(d.names, specNames(s)...)
				}
				add(d)
				continue
			}
			for _, s := range n.Specs {
				add(&decl{node: s, group: n, names: specNames(s)})
			}
		}
	}
	return nil
}

// counts reports whether a const block uses iota or repeats the line above it.
func counts(g *ast.GenDecl) bool {
	for _, s := range g.Specs {
		v := s.(*ast.ValueSpec)
		if len(v.Values) == 0 {
			return true
		}
		for _, e := range v.Values {
			found := false
			ast.Inspect(e, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && id.Name == "iota" {
					found = true
				}
				return !found
			})
			if found {
				return true
			}
		}
	}
	return false
}

func specNames(s ast.Spec) (names []string) {
	switch s := s.(type) {
	case *ast.TypeSpec:
		names = append(names, s.Name.Name)
	case *ast.ValueSpec:
		for _, n := range s.Names {
			names = append(names, n.Name)
		}
	}
	return names
}

func receiver(f *ast.FuncDecl) string {
	e := f.Recv.List[0].Type
	for {
		switch t := e.(type) {
		case *ast.StarExpr:
			e = t.X
		case *ast.ParenExpr:
			e = t.X
		case *ast.IndexExpr:
			e = t.X
		case *ast.IndexListExpr:
			e = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// packageNames guesses the names that a package without an explicit local name may have.
func packageNames(importPath string) []string {
	base := path.Base(importPath)
	var names []string
	if majorVersion.MatchString(base) {
		names = append(names, base) // ".../signer/v4" is a package v4
		base = path.Base(path.Dir(importPath))
	}
	if i := strings.LastIndex(base, ".v"); i > 0 {
		base = base[:i]
	}
	for _, s := range []string{base, strings.TrimPrefix(base, "go-"), strings.TrimSuffix(base, "-go"), strings.ReplaceAll(base, "-", "")} {
		if !slices.Contains(names, s) {
			names = append(names, s)
		}
	}
	return names
}

// name keeps everything called n in p.
func (w *walk) name(p *pkg, n string) {
	if n == "_" { // `var _ Interface = (*Type)(nil)` only checks something
		return
	}
	for _, d := range p.names[n] {
		w.keep(d)
	}
}

// whole keeps all of p.
func (w *walk) whole(p *pkg) {
	for _, f := range p.files {
		for _, d := range f.decls {
			w.keep(d)
		}
	}
}

func (w *walk) keep(d *decl) {
	if d.kept {
		return
	}
	d.kept = true
	w.queue = append(w.queue, d)
	if !d.file.kept {
		d.file.kept = true
		for _, s := range d.file.ast.Imports {
			if s.Name != nil && s.Name.Name == "_" { // for its side effects
				ip, _ := strconv.Unquote(s.Path.Value)
				p, err := w.load(ip)
				w.err = cmp.Or(w.err, err)
				if p != nil {
					w.whole(p)
				}
			}
		}
	}
	if !d.pkg.kept {
		d.pkg.kept = true
		w.name(d.pkg, "init")
		if w.moduleOf(d.pkg.path).Out == "" {
			w.whole(d.pkg)
		}
	}
}

func (w *walk) call(name string) {
	if w.called[name] {
		return
	}
	w.called[name] = true
	for _, d := range w.waiting[name] {
		w.keep(d)
	}
	delete(w.waiting, name)
}

func (w *walk) follow(d *decl) {
	if t, ok := d.node.(*ast.TypeSpec); ok {
		client := w.Client != nil && w.Client(d.pkg.path, t.Name.Name)
		for _, m := range d.pkg.methods[t.Name.Name] {
			if client && !w.called[m.method] {
				w.waiting[m.method] = append(w.waiting[m.method], m)
			} else {
				w.keep(m)
			}
		}
	}
	ast.Inspect(d.node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			w.call(n.Sel.Name)
			if x, ok := n.X.(*ast.Ident); ok && x.Obj == nil {
				if ip, ok := d.file.imports[x.Name]; ok {
					d.file.used[x.Name] = true
					p, err := w.load(ip)
					if err != nil {
						w.err = err
					}
					if p != nil {
						w.name(p, n.Sel.Name)
						if !p.kept { // imported for a name that was not found: keep the clause compiling
							w.err = cmp.Or(w.err, fmt.Errorf("pruning: %s: %s has no %s", w.fset.Position(n.Pos()), ip, n.Sel.Name))
						}
					}
					return false
				}
			}
			// Only the left side: the name on the right is a field or a method.
			ast.Inspect(n.X, func(m ast.Node) bool { return w.visit(d, m) })
			return false
		default:
			return w.visit(d, n)
		}
	})
}

// visit handles every node but selectors, which follow looks at first; nested selectors go back to follow.
func (w *walk) visit(d *decl, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		w.follow(&decl{pkg: d.pkg, file: d.file, node: n})
		return false
	case *ast.InterfaceType:
		for _, m := range n.Methods.List {
			for _, id := range m.Names {
				w.call(id.Name)
			}
		}
	case *ast.Ident:
		if n.Obj == nil || d.file.ast.Scope.Lookup(n.Name) == n.Obj {
			w.name(d.pkg, n.Name)
		}
	}
	return true
}

// write renders what was kept.
func (w *walk) write() (Stats, error) {
	var s Stats
	out := map[string]map[string][]byte{} // module -> file -> text
	for _, m := range w.Modules {
		out[m.Path] = map[string][]byte{}
	}
	for _, ip := range slices.Sorted(maps.Keys(w.pkgs)) {
		p, m := w.pkgs[ip], w.moduleOf(ip)
		if p == nil || m.Out == "" {
			continue
		}
		s.Total += p.total
		if !p.kept {
			continue
		}
		s.Packages++
		files := out[m.Path]
		rel := strings.TrimPrefix(strings.TrimPrefix(ip, m.Path), "/")
		for _, f := range p.files {
			if text, n := w.render(f); n > 0 {
				files[path.Join(rel, f.name)] = text
				s.Declarations += n
			}
		}
		for _, pattern := range p.embeds {
			matches, err := filepath.Glob(filepath.Join(p.dir, pattern))
			if err != nil {
				return s, err
			}
			for _, e := range matches {
				r, err := filepath.Rel(p.dir, e)
				if err != nil {
					return s, err
				}
				if files[path.Join(rel, filepath.ToSlash(r))], err = os.ReadFile(e); err != nil {
					return s, err
				}
			}
		}
	}
	for _, m := range w.Modules {
		files := out[m.Path]
		if m.Out == "" {
			continue
		}
		for _, name := range []string{"go.mod", "LICENSE", "LICENSE.txt"} {
			if b, err := os.ReadFile(filepath.Join(m.Dir, name)); err == nil {
				files[name] = b
			}
		}
		if err := sync(m.Out, files); err != nil {
			return s, err
		}
		s.Files += len(files)
		for _, b := range files {
			s.Bytes += len(b)
		}
	}
	return s, nil
}

func (w *walk) render(f *file) ([]byte, int) {
	var b bytes.Buffer
	at := func(p token.Pos) int { return w.fset.Position(p).Offset }
	b.Write(f.text[:at(f.ast.Name.End())]) // with the licence and build constraints
	b.WriteString("\n\n")
	var blank []string
	seen := map[string]bool{}
	for _, s := range f.ast.Imports {
		ip, _ := strconv.Unquote(s.Path.Value)
		if s.Name != nil {
			if s.Name.Name == "_" {
				blank = append(blank, string(f.text[at(s.Pos()):at(s.End())]))
			} else if f.used[s.Name.Name] {
				fmt.Fprintf(&b, "import %s %q\n", s.Name.Name, ip)
			}
			continue
		}
		for _, n := range packageNames(ip) {
			if f.used[n] && f.imports[n] == ip && !seen[ip] {
				seen[ip] = true
				fmt.Fprintf(&b, "import %q\n", ip)
			}
		}
	}
	for _, s := range blank {
		fmt.Fprintf(&b, "import %s\n", s)
	}
	kept := 0
	for _, d := range f.decls {
		if !d.kept {
			continue
		}
		kept++
		b.WriteString("\n")
		switch n := d.node.(type) {
		case *ast.FuncDecl:
			b.Write(w.edited(f, start(n.Doc, n.Pos()), n))
		case *ast.GenDecl:
			b.Write(w.edited(f, start(n.Doc, n.Pos()), n))
		case ast.Spec:
			var doc *ast.CommentGroup
			switch s := n.(type) {
			case *ast.TypeSpec:
				doc = s.Doc
			case *ast.ValueSpec:
				doc = s.Doc
			}
			if doc == nil && !d.group.Lparen.IsValid() {
				doc = d.group.Doc
			}
			if doc != nil {
				b.Write(f.text[at(doc.Pos()):at(doc.End())])
				b.WriteString("\n")
			}
			b.WriteString(d.group.Tok.String() + " ")
			b.Write(w.edited(f, n.Pos(), n))
		}
		b.WriteString("\n")
	}
	return b.Bytes(), kept
}

func start(doc *ast.CommentGroup, pos token.Pos) token.Pos {
	if doc != nil {
		return doc.Pos()
	}
	return pos
}

// edited returns the source of n. Elements that Edit took out of a composite literal are gone from the tree but not
// from the text: the text between the braces is put together again from the elements that are left.
func (w *walk) edited(f *file, from token.Pos, n ast.Node) []byte {
	at := func(p token.Pos) int { return w.fset.Position(p).Offset }
	var b bytes.Buffer
	pos := at(from)
	ast.Inspect(n, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok || !lit.Incomplete { // Edit marks the literals that it changed
			return true
		}
		b.Write(f.text[pos : at(lit.Lbrace)+1])
		for _, e := range lit.Elts {
			b.WriteString("\n")
			b.Write(f.text[at(e.Pos()):at(e.End())])
			b.WriteString(",")
		}
		b.WriteString("\n")
		pos = at(lit.Rbrace)
		return false
	})
	b.Write(f.text[pos:at(n.End())])
	return b.Bytes()
}

// sync makes dir hold exactly files, without touching those that are right.
func sync(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	err := filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		if _, ok := files[filepath.ToSlash(rel)]; !ok {
			return os.Remove(p)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for name, want := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if got, err := os.ReadFile(p); err == nil && bytes.Equal(got, want) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(p, want, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Filter removes the elements of lit for which keep answers false.
func Filter(lit *ast.CompositeLit, keep func(ast.Expr) bool) {
	n := len(lit.Elts)
	lit.Elts = slices.DeleteFunc(lit.Elts, func(e ast.Expr) bool { return !keep(e) })
	if len(lit.Elts) != n {
		lit.Incomplete = true
	}
}
