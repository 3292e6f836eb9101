package prereq

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// machine puts nothing but the given shell scripts on PATH.
func machine(t *testing.T, programs map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, script := range programs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv("SHOP_PYTHON", "")
}

func TestCheck(t *testing.T) {
	good := map[string]string{"go": "echo go1.26.8", "python3": "echo Python 3.12.1", "node": "echo v20.19.0", "git": "echo git version 2.39.5"}
	for _, c := range []struct {
		about, program, script string // an empty script removes the program
		bad                    string // name of the result that is not OK
		says                   []string
	}{
		{about: "all there"},
		{about: "no Go", program: "go", bad: "go", says: []string{`no "go" on PATH`, "1.26 or newer", "https://go.dev/dl/"}},
		{about: "old Go", program: "go", script: "echo go1.25.3", bad: "go", says: []string{"go1.25.3", "1.26 or newer"}},
		{about: "Go of the future", program: "go", script: "echo go2.0"},
		{about: "Go that fails", program: "go", script: "echo broken installation >&2; exit 2", bad: "go", says: []string{"broken installation"}},
		{about: "no Python", program: "python3", bad: "python", says: []string{"none on PATH", "3.10 or newer", "SHOP_PYTHON"}},
		{about: "old Python", program: "python3", script: "echo Python 3.9.2", bad: "python", says: []string{"Python 3.9.2", "3.10 or newer"}},
		{about: "Python without ensurepip", program: "python3", bad: "python", says: []string{"without the module ensurepip", "python3-venv"},
			script: `if [ "$1" = -c ]; then echo "ModuleNotFoundError: No module named 'ensurepip'" >&2; exit 1; fi; echo Python 3.11.2`},
		{about: "old Node", program: "node", script: "echo v18.19.0", bad: "node", says: []string{"v18.19.0", "20.19 or newer"}},
		{about: "Node too old for Vite", program: "node", script: "echo v20.18.3", bad: "node", says: []string{"v20.18.3", "20.19 or newer"}},
		{about: "no git", program: "git", bad: "git", says: []string{`no "git" on PATH`}},
	} {
		t.Run(c.about, func(t *testing.T) {
			programs := map[string]string{}
			for n, s := range good {
				programs[n] = s
			}
			delete(programs, c.program)
			if c.script != "" {
				programs[c.program] = c.script
			}
			machine(t, programs)
			for _, r := range Check(context.Background()) {
				if r.OK == (r.Name == c.bad) {
					t.Errorf("%s", r)
				}
				if r.Name != c.bad {
					continue
				}
				for _, s := range c.says {
					if !strings.Contains(r.String(), s) {
						t.Errorf("%q does not say %q", r, s)
					}
				}
			}
		})
	}
}

func TestPython_PrefersAnyThatWorks(t *testing.T) {
	machine(t, map[string]string{"python3": "echo Python 3.8.1", "python3.12": "echo Python 3.12.0"})
	if r := Python(context.Background()); !r.OK || filepath.Base(r.Path) != "python3.12" {
		t.Error(r)
	}
}

func TestPython_TakesTheNamedOne(t *testing.T) {
	machine(t, map[string]string{"python3": "echo Python 3.12.0", "mine": "echo Python 3.9.0"})
	t.Setenv("SHOP_PYTHON", "mine")
	if r := Python(context.Background()); r.OK || !strings.Contains(r.Found, "3.9.0") {
		t.Error(r)
	}
}
