package shop

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
	"syscall"

	"github.com/serverless-shop/serverless-shop/local/machine"
	"github.com/serverless-shop/serverless-shop/local/progress"
)

// installed is what must exist for a shop to be brought up without calling the installer.
var installed = []string{
	".tools/bin/pulumi", ".tools/bin/pulumi-language-go", ".tools/pulumi-home/plugins/resource-aws-v6.83.2", ".tools/venv/bin/python",
	"web/node_modules/.package-lock.json",
}

// ensureTools runs the installer, unless everything is there and nothing that decides about it has changed since it ran.
func (s *Settings) ensureTools(ctx context.Context, step *progress.Step) (string, error) {
	hash, err := s.toolsHash()
	if err != nil {
		return "", fmt.Errorf("looking for changes in the tools: %w", err)
	}
	stamp := s.tool("shop-tools.hash")
	old, _ := os.ReadFile(stamp) //nolint:gosec // a file of the checkout
	missing := slices.ContainsFunc(installed, func(f string) bool { return !exists(filepath.Join(s.Root, f)) })
	if string(old) == hash && !missing {
		return "installed", nil
	}
	if err := s.install(ctx, step); err != nil {
		return "", err
	}
	return "installed", machine.WriteFile(stamp, []byte(hash))
}

// toolsHash covers the installer with its pins, and the storefront's dependencies.
func (s *Settings) toolsHash() (string, error) {
	hash, err := hashTree(filepath.Join(s.Root, "tools"))
	if err != nil {
		return "", err
	}
	lock, err := hashTree(filepath.Join(s.Root, "web", "package-lock.json"))
	return hash + "\n" + lock, err
}

// steps are the installer's steps that a running shop needs; the linter, which takes minutes to build, is not among them.
const steps = "cli,aws,ministack,web"

// install runs the installer and shows its events: {"step","state","elapsedSeconds","detail"}, one per line.
func (s *Settings) install(ctx context.Context, step *progress.Step) error {
	if err := os.MkdirAll(filepath.Dir(s.toolsLog()), 0o750); err != nil {
		return err
	}
	log, err := os.Create(s.toolsLog())
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, "go", "run", ".", "--json", "--only", steps)
	cmd.Dir = filepath.Join(s.Root, "tools", "install")
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the installer: %w", err)
	}
	failures := showInstaller(io.TeeReader(out, log), step)
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && len(failures) > 0:
		return errors.New(strings.Join(failures, "\n"))
	case err != nil:
		return fmt.Errorf("installing the tools: %w\n%s\nall of it: %s", err, lastLines(s.toolsLog(), 15), s.toolsLog())
	}
	return nil
}

// showInstaller shows what the installer works on and returns the reasons of what failed.
func showInstaller(r io.Reader, step *progress.Step) (failures []string) {
	working := map[string]string{}
	for lines := bufio.NewScanner(r); lines.Scan(); {
		var e struct{ Step, State, Detail string }
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Step == "" {
			continue
		}
		switch e.State {
		case "failed", "missing":
			delete(working, e.Step)
			failures = append(failures, strings.TrimSpace(e.Step+": "+e.Detail))
		case "done", "skipped", "ok":
			delete(working, e.Step)
		default:
			working[e.Step] = e.Detail
		}
		parts := make([]string, 0, len(working))
		for name, detail := range working {
			parts = append(parts, strings.TrimSpace(name+" "+detail))
		}
		slices.Sort(parts)
		step.Say("%s", strings.Join(parts, ", "))
	}
	return failures
}

// Tools installs the tools, as the first step of Up does.
func (s *Settings) Tools(ctx context.Context, d *progress.Display) error {
	step := d.Begin("tools")
	result, err := s.ensureTools(ctx, step)
	if err != nil {
		step.Fail("")
		return err
	}
	step.Done(result)
	return nil
}
