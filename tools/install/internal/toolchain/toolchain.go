// Package toolchain installs the project's pinned tools into the folder .tools of the repository.
package toolchain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/serverless-shop/serverless-shop/tools/install/internal/report"
)

// The versions of what can be downloaded. Their sources are pinned in the go.mod files of the folder tools; a test
// checks that both say the same.
const (
	PulumiVersion = "3.250.0"
	AWSVersion    = "6.83.2"
)

// ErrStep marks errors of steps, which the reporter has shown.
var ErrStep = errors.New("a step of the installation failed")

// Steps are the names of all steps in the order in which they start.
var Steps = []string{"ministack", "web", "cli", "aws", "lint"}

// Installer knows the repository and how the tools shall be obtained.
type Installer struct {
	// Root is the repository.
	Root string
	// Mode is "auto", "download" or "source": where the pulumi CLI and the AWS plugin come from.
	Mode string
	// Mirror is the base URL of the official downloads.
	Mirror string
	// Report receives the progress.
	Report *report.Reporter

	compiling sync.Mutex // two compilations at once would compile the standard library twice
	probe     func() error
}

// New returns an installer for the repository at root, configured by the environment variables SHOP_TOOLS (auto,
// download or source) and SHOP_TOOLS_MIRROR.
func New(root string, r *report.Reporter) (*Installer, error) {
	i := &Installer{Root: root, Mode: "auto", Mirror: officialReleases, Report: r}
	if m := os.Getenv("SHOP_TOOLS"); m != "" {
		i.Mode = m
	}
	if !slices.Contains([]string{"auto", "download", "source"}, i.Mode) {
		return nil, fmt.Errorf("SHOP_TOOLS = %q: want auto, download or source", i.Mode)
	}
	if m := os.Getenv("SHOP_TOOLS_MIRROR"); m != "" {
		i.Mirror = strings.TrimRight(m, "/")
	}
	i.probe = sync.OnceValue(i.reachable)
	return i, nil
}

// Dir is the folder that everything is installed into.
func (i *Installer) Dir() string { return filepath.Join(i.Root, ".tools") }

// Home is the Pulumi home folder, which holds the plugin.
func (i *Installer) Home() string { return filepath.Join(i.Dir(), "pulumi-home") }

func (i *Installer) bin(name string) string { return filepath.Join(i.Dir(), "bin", name) }

func (i *Installer) pluginDir() string {
	return filepath.Join(i.Home(), "plugins", "resource-aws-v"+AWSVersion)
}

// step is one part of the toolchain.
type step struct {
	// key changes when the part must be installed again.
	key func() (string, error)
	// outputs must exist for the part to count as installed.
	outputs []string
	// install does the work. It returns what to say at the end and where the part came from.
	install func(ctx context.Context, s *report.Step) (detail, origin string, err error)
	// needed is false when there is nothing to install; nil means always.
	needed func() bool
	// official says that the part may be downloaded instead of built.
	official bool
}

func (i *Installer) steps() map[string]step {
	return map[string]step{"cli": i.cli(), "aws": i.aws(), "ministack": i.ministack(), "lint": i.lint(), "web": i.web()}
}

// stamp records a finished installation.
type stamp struct {
	Key, Origin string
}

func (i *Installer) stampFile(name string) string {
	return filepath.Join(i.Dir(), "stamps", name+".json")
}

func (i *Installer) stamp(name string) (s stamp) {
	if b, err := os.ReadFile(i.stampFile(name)); err == nil {
		_ = json.Unmarshal(b, &s) // what cannot be read does not count
	}
	return s
}

// Origin says where an installed step came from: "download", "source" or nothing.
func (i *Installer) Origin(name string) string { return i.stamp(name).Origin }

// Install brings the named steps up to date. It does nothing for those that are, waits for another installer that is at
// work in the same folder, and starts again what an earlier one left unfinished.
func (i *Installer) Install(ctx context.Context, names []string) error {
	steps := i.steps()
	for _, n := range names {
		if _, ok := steps[n]; !ok {
			return fmt.Errorf("there is no step %q: want some of %s", n, strings.Join(Steps, ","))
		}
	}
	todo, err := i.outdated(names, steps)
	if err != nil {
		return err
	}
	for _, n := range names {
		if !slices.Contains(todo, n) {
			i.Report.Step(n).Done("up to date")
		}
	}
	if len(todo) == 0 {
		return nil
	}
	unlock, err := i.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	waited := todo
	if todo, err = i.outdated(todo, steps); err != nil {
		return err
	}
	for _, n := range waited {
		if !slices.Contains(todo, n) {
			i.Report.Step(n).Done("up to date: another installation has just done it")
		}
	}
	if len(todo) == 0 {
		return nil
	}
	if err := os.RemoveAll(i.tmp()); err != nil {
		return fmt.Errorf("removing what an earlier installation left in %s: %w", i.tmp(), err)
	}
	for _, d := range []string{i.tmp(), filepath.Join(i.Dir(), "bin"), filepath.Join(i.Dir(), "stamps"), i.Home()} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, len(todo))
	for k, n := range todo {
		wg.Go(func() {
			if errs[k] = i.run(ctx, n, steps[n]); errs[k] != nil {
				errs[k] = fmt.Errorf("%w: %s: %w", ErrStep, n, errs[k])
				cancel() // the others would only delay the message
			}
		})
		// Compilations queue in this order; those that download get the time of a blink to begin with it.
		time.Sleep(20 * time.Millisecond)
	}
	wg.Wait()
	first := slices.IndexFunc(errs, func(err error) bool { return err != nil && !errors.Is(err, context.Canceled) })
	if first >= 0 {
		return errs[first]
	}
	return errors.Join(errs...)
}

func (i *Installer) tmp() string { return filepath.Join(i.Dir(), "tmp") }

func (i *Installer) run(ctx context.Context, name string, st step) (err error) {
	s := i.Report.Step(name)
	defer func() {
		if err != nil && !errors.Is(err, context.Canceled) {
			s.Failed(err)
		}
	}()
	key, err := st.key()
	if err != nil {
		return err
	}
	// Without its stamp, a step that does not reach its end is repeated.
	if err := os.RemoveAll(i.stampFile(name)); err != nil {
		return err
	}
	detail, origin, err := st.install(ctx, s)
	if err != nil {
		return errors.Join(ctx.Err(), err)
	}
	b, err := json.Marshal(stamp{Key: key, Origin: origin})
	if err != nil {
		return err
	}
	if err := writeFile(i.stampFile(name), b, 0o644); err != nil {
		return err
	}
	s.Done("%s", detail)
	return nil
}

// outdated returns the steps that have work to do, in the order of Steps.
func (i *Installer) outdated(names []string, steps map[string]step) ([]string, error) {
	var todo []string
	for _, n := range Steps {
		if !slices.Contains(names, n) {
			continue
		}
		st := steps[n]
		if st.needed != nil && !st.needed() {
			continue
		}
		key, err := st.key()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
		have := i.stamp(n)
		ok := have.Key == key && (!st.official || i.Mode == "auto" || i.Mode == have.Origin)
		for _, o := range st.outputs {
			if _, err := os.Stat(o); err != nil {
				ok = false
			}
		}
		if !ok {
			todo = append(todo, n)
		}
	}
	return todo, nil
}

// lock makes sure that one installer at a time works in the folder. The system releases it if the process dies.
func (i *Installer) lock(ctx context.Context) (func(), error) {
	if err := os.MkdirAll(i.Dir(), 0o755); err != nil {
		return nil, err
	}
	name := filepath.Join(i.Dir(), "lock")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	s := i.Report.Step("lock")
	for told := false; ; {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			_ = f.Close() // nothing was written
			return nil, fmt.Errorf("locking %s: %w", name, err)
		}
		if !told {
			told = true
			who, _ := io.ReadAll(f)
			s.Start("another installation (pid %s) is at work in %s; waiting for it", strings.TrimSpace(string(who)), i.Dir())
		}
		select {
		case <-ctx.Done():
			_ = f.Close() // nothing was written
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0) // only for the message above
	}
	return func() { _ = f.Close() }, nil
}

// hash returns a key that changes with the text of the files, with their names below root, and with more.
func (i *Installer) hash(more []string, paths ...string) (string, error) {
	h := sha256.New()
	for _, m := range more {
		fmt.Fprintf(h, "%q\n", m)
	}
	for _, p := range paths {
		err := filepath.WalkDir(filepath.Join(i.Root, p), func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || strings.HasSuffix(name, "_test.go") {
				return err
			}
			b, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(i.Root, name)
			fmt.Fprintf(h, "%q %x\n", rel, sha256.Sum256(b))
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// writeFile writes a file so that it is there as a whole or not at all.
func writeFile(name string, data []byte, mode fs.FileMode) error {
	tmp := fmt.Sprintf("%s.%d.tmp", name, os.Getpid())
	if err := os.WriteFile(tmp, data, mode); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}

// command prepares a command in its own process group, so that cancelling ends its children (compilers) too.
func command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGTERM) }
	c.WaitDelay = 5 * time.Second
	return c
}

// output runs a command and returns what it printed; an error carries what it said on stderr.
func output(c *exec.Cmd) ([]byte, error) {
	out, err := c.Output()
	if err != nil {
		said := ""
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			said = "\n" + strings.TrimSpace(string(exit.Stderr))
		}
		return nil, fmt.Errorf("%s (in %s): %w%s", strings.Join(c.Args, " "), c.Dir, err, said)
	}
	return out, nil
}
