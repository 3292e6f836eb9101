package shop

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/serverless-shop/serverless-shop/local/machine"
)

// buildStorefront runs the storefront's build unless nothing that goes into it has changed since the last one. It
// returns whether it did.
func (s *Settings) buildStorefront(ctx context.Context) (built bool, err error) {
	web := filepath.Join(s.Root, "web")
	hash, err := hashTree(web, "node_modules", "dist", "coverage")
	if err != nil {
		return false, fmt.Errorf("looking for changes in the storefront: %w", err)
	}
	// Beside the result, so that deleting dist by hand leads to a build.
	stamp := filepath.Join(s.Root, ".build", "storefront.hash")
	old, _ := os.ReadFile(stamp) //nolint:gosec // a file of the checkout
	if string(old) == hash && exists(filepath.Join(web, "dist", "index.html")) {
		return false, nil
	}
	_ = os.Remove(stamp)
	if err := s.run(ctx, web, s.storefrontLog(), "npm", "run", "build"); err != nil {
		return false, fmt.Errorf("building the storefront: %w", err)
	}
	return true, machine.WriteFile(stamp, []byte(hash))
}

// run runs a program in a group of its own, its output in a log file of which an error shows the end.
func (s *Settings) run(ctx context.Context, dir, logFile string, args ...string) error {
	if err := os.MkdirAll(filepath.Dir(logFile), 0o750); err != nil {
		return err
	}
	log, err := os.Create(logFile) //nolint:gosec // a log of this package
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // npm, from this file alone
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s: %w\n%s\nall of it: %s", strings.Join(args, " "), err, lastLines(logFile, 25), logFile)
	}
	return nil
}

// hashTree hashes the names and contents of all files in a folder, except those in some folders at its top.
func hashTree(dir string, except ...string) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			for _, e := range except {
				if name == e {
					return filepath.SkipDir
				}
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		f, err := os.Open(path) //nolint:gosec // a file of the checkout
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%q %d\n", filepath.ToSlash(name), info.Size())
		_, err = io.Copy(h, f)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}
