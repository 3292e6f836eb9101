package prune

import (
	"go/ast"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tree writes the files of a txtar-like text ("-- name --" lines) below a new folder.
func tree(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	var name string
	files := map[string]*strings.Builder{}
	for line := range strings.Lines(text) {
		if n, ok := strings.CutPrefix(line, "-- "); ok {
			name = strings.TrimSuffix(strings.TrimSpace(n), " --")
			files[name] = &strings.Builder{}
			continue
		}
		if name != "" {
			files[name].WriteString(line)
		}
	}
	for n, b := range files {
		n = filepath.Join(dir, n)
		if err := os.MkdirAll(filepath.Dir(n), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(n, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const program = `
-- app/go.mod --
module example.com/app

go 1.26

require example.com/lib v0.0.0

replace example.com/lib => ../out
-- app/main.go --
package main

import (
	"fmt"

	"example.com/lib"
)

func main() {
	c := &lib.Client{}
	fmt.Println(lib.Registry()[0](), c.Used(), lib.Two)
}
-- lib/go.mod --
module example.com/lib

go 1.26
-- lib/lib.go --
// Package lib has a registry.
package lib

import (
	_ "embed"
	"net/http" // only for what is not used
	str "strings"

	"example.com/lib/internal/a"
	"example.com/lib/internal/b"
)

// One counts.
const (
	One = iota
	Two
)

//go:embed greeting.txt
var greeting string

var _ http.Handler = nil

// Registry lists what there is.
func Registry() []func() string {
	return []func() string{
		a.Make,
		b.Make,
	}
}

// Client has many operations.
type Client struct{}

// Used is called.
func (c *Client) Used() string { return str.ToUpper(greeting) + c.helper() }

// Unused is not.
func (c *Client) Unused() *http.Client { return http.DefaultClient }

func (c *Client) helper() string { return "" }
-- lib/greeting.txt --
hello
-- lib/internal/a/a.go --
package a

import "errors"

type thing struct{ err error }

// String is kept with its type: an interface may need it.
func (t thing) String() string { return "a thing" }

func Make() string { return thing{}.String() }

func unused() error { return errors.New("a") }

func init() { registered = true }

var registered bool
-- lib/internal/b/b.go --
package b

func Make() string { return "b" }
`

func write(t *testing.T, dir string) Stats {
	t.Helper()
	s, err := Write(Config{
		Modules: []Module{
			{Path: "example.com/app", Dir: filepath.Join(dir, "app")},
			{Path: "example.com/lib", Dir: filepath.Join(dir, "lib"), Out: filepath.Join(dir, "out")},
		},
		Root:    "example.com/app",
		Client:  func(pkg, typ string) bool { return typ == "Client" },
		Context: build.Default,
		Edit: func(pkg string, f *ast.File) {
			if pkg != "example.com/lib" {
				return
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if lit, ok := n.(*ast.CompositeLit); ok && len(lit.Elts) == 2 {
					Filter(lit, func(e ast.Expr) bool { return e.(*ast.SelectorExpr).X.(*ast.Ident).Name == "a" })
				}
				return true
			})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWrite(t *testing.T) {
	dir := tree(t, program)
	write(t, dir)

	c := exec.Command("go", "run", ".")
	c.Dir = filepath.Join(dir, "app")
	c.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("the reduced program does not run: %v\n%s", err, out)
	}
	if got, want := strings.Join(strings.Fields(string(out)), " "), "a thing HELLO 1"; got != want {
		t.Errorf("it prints %q, want %q", got, want)
	}

	lib, err := os.ReadFile(filepath.Join(dir, "out", "lib.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{"net/http", "Unused", "b.Make"} {
		if strings.Contains(string(lib), gone) {
			t.Errorf("%s is still there:\n%s", gone, lib)
		}
	}
	a, err := os.ReadFile(filepath.Join(dir, "out", "internal", "a", "a.go"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(a), "unused") || !strings.Contains(string(a), "func init()") {
		t.Errorf("package a:\n%s", a)
	}
	if _, err := os.Stat(filepath.Join(dir, "out", "internal", "b")); !os.IsNotExist(err) {
		t.Error("package b is there, which nothing uses")
	}
}

func TestWrite_LeavesRightFilesAlone(t *testing.T) {
	dir := tree(t, program)
	write(t, dir)
	name := filepath.Join(dir, "out", "lib.go")
	before, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(dir, "out", "internal", "a", "stale.go")
	if err := os.WriteFile(stale, []byte("package a\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, dir)
	after, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if !before.ModTime().Equal(after.ModTime()) {
		t.Error("a file with the right text was written again")
	}
	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Error("a file of an earlier run is still there")
	}
}
