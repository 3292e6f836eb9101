// Package prereq checks what must be on a machine before the tools can be installed.
package prereq

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Result is what was found of one prerequisite.
type Result struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Path   string `json:"path,omitempty"`
	Found  string `json:"found"`
	Needed string `json:"needed"`
	// Help says what to do; empty if OK.
	Help string `json:"help,omitempty"`
}

func (r Result) String() string {
	if r.OK {
		return fmt.Sprintf("ok       %-7s %s (needed: %s)", r.Name, r.Found, r.Needed)
	}
	return fmt.Sprintf("MISSING  %-7s found: %s; needed: %s. %s", r.Name, r.Found, r.Needed, r.Help)
}

// limit is how long a program may take to tell its version.
const limit = 20 * time.Second

// Check looks at everything that is needed, through PATH.
func Check(ctx context.Context) []Result {
	return []Result{Go(ctx), Python(ctx), Node(ctx), Git(ctx)}
}

// Go checks the Go toolchain.
func Go(ctx context.Context) Result {
	return check(ctx, Result{Name: "go", Needed: "1.26 or newer", Help: "Install Go from https://go.dev/dl/ and put it on PATH."},
		[]int{1, 26}, "go", "env", "GOVERSION")
}

// Node checks Node.js, which builds the storefront; Vite says which (its package.json).
func Node(ctx context.Context) Result {
	return check(ctx, Result{Name: "node", Needed: "20.19 or newer, with npm", Help: "Install Node.js from https://nodejs.org/ and put it on PATH."},
		[]int{20, 19}, "node", "--version")
}

// Git checks git, which Go and the build use.
func Git(ctx context.Context) Result {
	return check(ctx, Result{Name: "git", Needed: "2.20 or newer", Help: "Install git."}, []int{2, 20}, "git", "--version")
}

// Python checks for a Python that can make virtual environments. SHOP_PYTHON names another one than the first on PATH.
func Python(ctx context.Context) Result {
	r := Result{Name: "python", Needed: "3.10 or newer, with the modules venv and ensurepip",
		Help: "Install it (on Debian and Ubuntu: apt install python3 python3-venv), or name another one: SHOP_PYTHON=/path/to/python3."}
	candidates := []string{"python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"}
	if p := os.Getenv("SHOP_PYTHON"); p != "" {
		candidates = []string{p}
	}
	best := r
	best.Found = "none on PATH"
	if p := os.Getenv("SHOP_PYTHON"); p != "" {
		best.Found = fmt.Sprintf("no SHOP_PYTHON=%s", p)
	}
	for i, c := range candidates {
		if _, err := exec.LookPath(c); err != nil {
			continue
		}
		one := check(ctx, r, []int{3, 10}, c, "--version")
		if one.OK {
			out, err := run(ctx, one.Path, "-c", "import venv, ensurepip")
			if err == nil {
				return one
			}
			one.OK, one.Help = false, r.Help
			one.Found += ", without " + missingModule(out)
		}
		if i == 0 || strings.HasPrefix(best.Found, "no") {
			best = one
		}
	}
	return best
}

var moduleName = regexp.MustCompile(`No module named '?([\w.]+)`)

func missingModule(out string) string {
	if m := moduleName.FindStringSubmatch(out); m != nil {
		return "the module " + m[1]
	}
	return "a working venv module: " + lastLine(out)
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

var number = regexp.MustCompile(`(\d+)\.(\d+)`)

// check runs a program that prints its version and compares the first two numbers.
func check(ctx context.Context, r Result, needed []int, program string, args ...string) Result {
	path, err := exec.LookPath(program)
	if err != nil {
		r.Found = fmt.Sprintf("no %q on PATH", program)
		return r
	}
	r.Path = path
	out, err := run(ctx, path, args...)
	if err != nil {
		r.Found = fmt.Sprintf("%s, which fails: %v: %s", path, err, lastLine(out))
		return r
	}
	m := number.FindStringSubmatch(out)
	if m == nil {
		r.Found = fmt.Sprintf("%s, which does not tell its version (%q)", path, lastLine(out))
		return r
	}
	r.Found = fmt.Sprintf("%s (%s)", lastLine(out), path)
	major, _ := strconv.Atoi(m[1]) // digits by the expression
	minor, _ := strconv.Atoi(m[2])
	if major > needed[0] || major == needed[0] && minor >= needed[1] {
		r.OK, r.Help = true, ""
	}
	return r
}

func run(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c := exec.CommandContext(ctx, program, args...)
	c.Env = append(os.Environ(), "GOTOOLCHAIN=local") // the version that is there, not one that it would download
	c.Dir = os.TempDir()                              // outside of any module, whose go.mod may ask for another Go
	c.WaitDelay = time.Second
	out, err := c.CombinedOutput()
	return string(out), err
}
