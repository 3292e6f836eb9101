// Package engine runs the Pulumi CLI on a stack of this repository and understands the state that it leaves, also after
// it was interrupted.
//
// It drives the CLI itself and not through Pulumi's Automation API: the API calls the same CLI, but five more times per
// update (version, selection, outputs twice, history), which a warm `make up` would spend a tenth of its time on, and it
// does not let one tell a first Ctrl-C (finish what is running) from a second (stop now).
package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Stack is a stack in a backend that is a folder on this machine.
type Stack struct {
	// Dir is the folder of the Pulumi program, State the folder that is the backend.
	Dir, State string
	// Project and Name are the stack's project and name.
	Project, Name string
	// ConfigFile replaces Pulumi.<name>.yaml when it is set.
	ConfigFile string
	// Env is the whole environment of the CLI; see Environment.
	Env []string
}

// Environment returns the variables by which the CLI finds the project's own tools and backend, and nothing of the
// user's: no AWS credentials, no Pulumi login, no plugin of another project.
func Environment(toolsDir, state string) map[string]string {
	return map[string]string{
		"PATH":                        filepath.Join(toolsDir, "bin") + string(os.PathListSeparator) + os.Getenv("PATH"),
		"PULUMI_HOME":                 filepath.Join(toolsDir, "pulumi-home"),
		"PULUMI_BACKEND_URL":          "file://" + state,
		"PULUMI_CONFIG_PASSPHRASE":    "",
		"PULUMI_SKIP_UPDATE_CHECK":    "true",
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	}
}

// MergeEnvironment returns base with some variables set, and without those whose name begins with AWS_ or PULUMI_ and
// that are not set: what a user's shell holds for another account must not reach the emulator's stack or the other way.
func MergeEnvironment(base []string, set map[string]string) []string {
	var env []string
	for _, kv := range base {
		name, _, _ := strings.Cut(kv, "=")
		if _, replaced := set[name]; !replaced && !strings.HasPrefix(name, "AWS_") && !strings.HasPrefix(name, "PULUMI_") {
			env = append(env, kv)
		}
	}
	for name, value := range set {
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return env
}

// Progress is told what an operation does.
type Progress interface {
	// Resources is called when a resource begins or ends. done counts the finished ones; working lists those that are
	// being worked on, the one that has taken longest first.
	Resources(done int, working []Working)
	// Line is called with what the program and the engine print on the way, such as a warning.
	Line(text string)
}

// Working is a resource that is being worked on.
type Working struct {
	Op, Type, Name string
	Since          time.Time
}

func (w Working) String() string {
	short := w.Type[strings.LastIndex(w.Type, ":")+1:]
	return fmt.Sprintf("%s %s %s", verb(w.Op), short, w.Name)
}

// past names a resource that was worked on: "updated Function list-products".
func (w Working) past() string {
	return strings.TrimSuffix(verb(w.Op), "ing") + "ed " + strings.SplitN(w.String(), " ", 2)[1]
}

func verb(op string) string {
	switch {
	case strings.HasPrefix(op, "create"):
		return "creating"
	case strings.HasPrefix(op, "delete"), op == "discard":
		return "deleting"
	case op == "update":
		return "updating"
	case op == "replace":
		return "replacing"
	case op == "refresh":
		return "reading"
	}
	return "checking"
}

// Summary is what an operation did.
type Summary struct {
	// Changes counts resources by operation: create, update, delete, replace, same.
	Changes map[string]int
	// Changed names the resources that were not left as they were.
	Changed []string
}

// Total is the number of changes that are not "same".
func (s Summary) Total() int {
	n := 0
	for op, count := range s.Changes {
		if op != "same" {
			n += count
		}
	}
	return n
}

func (s Summary) String() string {
	if s.Total() == 0 {
		return fmt.Sprintf("no change, %d resources", s.Changes["same"])
	}
	var parts []string
	for _, op := range []string{"create", "update", "replace", "delete"} {
		if n := s.Changes[op]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %sd", n, op))
		}
	}
	if n := s.Changes["same"]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d unchanged", n))
	}
	return strings.Join(parts, ", ")
}

// OperationError is an operation that did not succeed, with what the engine, the provider or the program said about it.
type OperationError struct {
	Operation   string
	Diagnostics []string
}

func (f *OperationError) Error() string {
	if len(f.Diagnostics) == 0 {
		return "pulumi " + f.Operation + " failed without saying why"
	}
	short := make([]string, len(f.Diagnostics))
	for i, d := range f.Diagnostics {
		short[i] = d
		if lines := strings.Split(d, "\n"); len(lines) > longestDiagnostic {
			short[i] = strings.Join(lines[:longestDiagnostic], "\n") + fmt.Sprintf("\n… and %d lines more", len(lines)-longestDiagnostic)
		}
	}
	return strings.Join(short, "\n")
}

// longestDiagnostic is how many lines of one message are shown: compilers need a few, a plugin that crashed prints
// hundreds.
const longestDiagnostic = 20

// ErrInterrupted is the error of an operation that was asked to end early.
var ErrInterrupted = errors.New("interrupted")

// Init makes the stack if the backend does not have it.
func (s *Stack) Init(ctx context.Context) error {
	if _, err := os.Stat(s.stateFile()); err == nil {
		return nil
	}
	if err := os.MkdirAll(s.State, 0o750); err != nil {
		return err
	}
	return s.run(ctx, "stack", "init", s.Name, "--non-interactive")
}

// Up deploys the program.
func (s *Stack) Up(ctx context.Context, p Progress) (Summary, error) {
	return s.operate(ctx, p, "up", "--skip-preview", "--yes", "--parallel", parallel)
}

// Destroy removes everything that the stack has.
func (s *Stack) Destroy(ctx context.Context, p Progress) (Summary, error) {
	return s.operate(ctx, p, "destroy", "--skip-preview", "--yes", "--parallel", parallel)
}

// parallel is how many resources are worked on at once. The CLI's default is four per core, but it is the provider that waits: 25 s for
// each queue policy to be known everywhere, say, which costs no core anything.
const parallel = "64"

// Refresh brings the state in line with what there really is, which settles operations that were interrupted.
func (s *Stack) Refresh(ctx context.Context, p Progress) (Summary, error) {
	return s.operate(ctx, p, "refresh", "--skip-preview", "--yes", "--clear-pending-creates")
}

// Preview computes what Up would do; it writes the CLI's own account of it to w. flags are further ones of the CLI.
func (s *Stack) Preview(ctx context.Context, w io.Writer, flags ...string) error {
	cmd := s.command(ctx, append([]string{"preview", "--non-interactive", "--stack", s.Name}, flags...)...)
	cmd.Stdout, cmd.Stderr = w, w
	return cmd.Run()
}

// Cancel removes the lock that an update left which did not end well.
func (s *Stack) Cancel(ctx context.Context) error {
	return s.run(ctx, "cancel", "--yes", "--stack", s.Name)
}

func (s *Stack) command(ctx context.Context, args ...string) *exec.Cmd {
	if s.ConfigFile != "" && takesConfig(args[0]) {
		args = append(args, "--config-file", s.ConfigFile)
	}
	cmd := exec.CommandContext(ctx, s.binary(), args...) //nolint:gosec // the CLI of the project's own tools
	cmd.Dir, cmd.Env = s.Dir, s.Env
	// A group of its own: a Ctrl-C at the terminal must not reach the engine a second time beside the one passed on.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(cmd.Process.Pid, syscall.SIGINT) }
	return cmd
}

func takesConfig(command string) bool {
	return command == "up" || command == "preview" || command == "refresh" || command == "destroy"
}

// binary is the CLI as found on the PATH that the stack's own environment holds.
func (s *Stack) binary() string {
	for _, kv := range s.Env {
		if path, ok := strings.CutPrefix(kv, "PATH="); ok {
			for _, dir := range filepath.SplitList(path) {
				if file := filepath.Join(dir, "pulumi"); executable(file) {
					return file
				}
			}
		}
	}
	return "pulumi"
}

func executable(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

func (s *Stack) run(ctx context.Context, args ...string) error {
	cmd := s.command(ctx, args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("pulumi %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// operate runs an operation that changes the stack. When ctx ends, the engine is asked to finish what it is doing and
// write its state; when that takes too long, or the process is told so by Kill, it is killed.
func (s *Stack) operate(ctx context.Context, p Progress, operation string, flags ...string) (Summary, error) {
	args := append([]string{operation, "--json", "--non-interactive", "--stack", s.Name}, flags...)
	cmd := s.command(ctx, args...)
	cmd.WaitDelay = 2 * time.Minute // then it is killed, and the next run repairs
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return Summary{}, err
	}
	var errText tail
	cmd.Stderr = &errText
	if err := cmd.Start(); err != nil {
		return Summary{}, fmt.Errorf("starting pulumi %s: %w", operation, err)
	}
	running.add(cmd.Process.Pid)
	defer running.remove(cmd.Process.Pid)
	t := newTracker(p, time.Now)
	readErr := t.read(stdout)
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return t.summary, ErrInterrupted
	case err != nil:
		f := &OperationError{Operation: operation, Diagnostics: t.diagnostics}
		if len(f.Diagnostics) == 0 {
			f.Diagnostics = errText.lines()
		}
		return t.summary, f
	}
	return t.summary, readErr
}

// Kill ends every running engine at once, for a user who asks a second time.
func Kill() { running.kill() }

var running groups

type groups struct {
	mu   sync.Mutex
	pids map[int]bool
}

func (g *groups) add(pid int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pids == nil {
		g.pids = map[int]bool{}
	}
	g.pids[pid] = true
}

func (g *groups) remove(pid int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.pids, pid)
}

func (g *groups) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for pid := range g.pids {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}

// tail keeps the last lines of what is written to it.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if n := len(t.text); n > 16<<10 {
		t.text = t.text[n-16<<10:]
	}
	return len(p), nil
}

func (t *tail) lines() []string {
	var lines []string
	for line := range strings.Lines(string(t.text)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// engineEvent is the part that matters here of the events that `pulumi up --json` prints, one per line.
type engineEvent struct {
	ResourcePre     *resourceEvent `json:"resourcePreEvent"`
	ResourceOutputs *resourceEvent `json:"resOutputsEvent"`
	ResourceFailed  *resourceEvent `json:"resOpFailedEvent"`
	Diagnostic      *struct {
		URN       string `json:"urn"`
		Message   string `json:"message"`
		Severity  string `json:"severity"`
		Ephemeral bool   `json:"ephemeral"`
	} `json:"diagnosticEvent"`
	Summary *struct {
		ResourceChanges map[string]int `json:"resourceChanges"`
	} `json:"summaryEvent"`
}

type resourceEvent struct {
	Metadata struct {
		Op   string `json:"op"`
		URN  string `json:"urn"`
		Type string `json:"type"`
	} `json:"metadata"`
}

// tracker follows the events of one operation.
type tracker struct {
	p           Progress
	now         func() time.Time
	working     []Working
	urns        []string // of working
	finished    map[string]bool
	summary     Summary
	diagnostics []string
}

func newTracker(p Progress, now func() time.Time) *tracker {
	return &tracker{p: p, now: now, finished: map[string]bool{}, summary: Summary{Changes: map[string]int{}}}
}

func (t *tracker) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e engineEvent
			if json.Unmarshal(line, &e) == nil {
				t.event(e)
			} else if text := strings.TrimSpace(string(line)); text != "" {
				t.p.Line(text)
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) {
				return nil
			}
			return fmt.Errorf("reading the engine's events: %w", err)
		}
	}
}

func (t *tracker) event(e engineEvent) {
	switch {
	case e.ResourcePre != nil:
		m := e.ResourcePre.Metadata
		if m.Op == "read" {
			return
		}
		t.working = append(t.working, Working{Op: m.Op, Type: m.Type, Name: urnName(m.URN), Since: t.now()})
		t.urns = append(t.urns, m.URN)
		t.tell()
	case e.ResourceOutputs != nil:
		m := e.ResourceOutputs.Metadata
		t.end(m.URN)
		t.finished[m.URN] = true
		if !slices.Contains([]string{"same", "read", "refresh"}, m.Op) && m.Type != "pulumi:pulumi:Stack" {
			t.summary.Changed = append(t.summary.Changed, Working{Op: m.Op, Type: m.Type, Name: urnName(m.URN)}.past())
		}
		t.tell()
	case e.ResourceFailed != nil:
		t.end(e.ResourceFailed.Metadata.URN)
		t.tell()
	case e.Diagnostic != nil:
		d := e.Diagnostic
		text := strings.TrimSpace(d.Message)
		switch {
		case text == "" || d.Severity == "debug":
		case d.Severity == "error":
			if d.URN != "" && !strings.Contains(d.URN, "pulumi:pulumi:Stack") {
				text = urnName(d.URN) + ": " + text
			}
			if !slices.Contains(t.diagnostics, text) {
				t.diagnostics = append(t.diagnostics, text)
				t.p.Line("error: " + text)
			}
		default:
			t.p.Line(text)
		}
	case e.Summary != nil:
		t.summary.Changes = e.Summary.ResourceChanges
	}
}

func (t *tracker) end(urn string) {
	if i := slices.Index(t.urns, urn); i >= 0 {
		t.urns = slices.Delete(t.urns, i, i+1)
		t.working = slices.Delete(t.working, i, i+1)
	}
}

func (t *tracker) tell() {
	var leaves []Working // the stack and components last as long as what is in them
	for _, w := range t.working {
		if w.Type != "pulumi:pulumi:Stack" && !strings.HasPrefix(w.Type, "shop:") && !strings.HasPrefix(w.Type, "pulumi:providers:") {
			leaves = append(leaves, w)
		}
	}
	t.p.Resources(len(t.finished), leaves)
}

func urnName(urn string) string { return urn[strings.LastIndex(urn, "::")+2:] }
