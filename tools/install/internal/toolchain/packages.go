package toolchain

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/serverless-shop/serverless-shop/tools/install/internal/prereq"
	"github.com/serverless-shop/serverless-shop/tools/install/internal/report"
)

const requirements = "tools/ministack/requirements.txt"

// ministack installs the emulator into a virtual environment.
func (i *Installer) ministack() step {
	venv := filepath.Join(i.Dir(), "venv")
	key := func() (string, error) { return i.hash([]string{"ministack 1"}, requirements) }
	return step{
		outputs: []string{filepath.Join(venv, "bin", "python")}, // a link to the system's: gone when that is
		key:     key,
		install: func(ctx context.Context, s *report.Step) (string, string, error) {
			python := prereq.Python(ctx)
			if !python.OK {
				return "", "", fmt.Errorf("python: found %s; needed: %s. %s", python.Found, python.Needed, python.Help)
			}
			k, err := key()
			if err != nil {
				return "", "", err
			}
			s.Start("installing MiniStack %s with %s", i.ministackVersion(), python.Found)
			// Each set of packages has an environment of its own, at the path where it stays because its scripts name
			// it. A link switches over when it is complete.
			real := filepath.Join(i.Dir(), "venv-"+k[:12])
			if err := os.RemoveAll(real); err != nil {
				return "", "", err
			}
			c := command(ctx, i.Root, python.Path, "-m", "venv", real)
			if _, err := watch(c, func(string) {}); err != nil {
				return "", "", fmt.Errorf("making a virtual environment: %w", err)
			}
			c = command(ctx, i.Root, filepath.Join(real, "bin", "python"), "-m", "pip", "install", "--disable-pip-version-check",
				"--no-input", "--require-hashes", "--only-binary", ":all:", "--progress-bar", "off", "-r", filepath.Join(i.Root, requirements))
			c.Stdout = nil
			if _, err := watch(c, func(line string) { s.Tick("%s", line) }); err != nil {
				return "", "", fmt.Errorf("installing %s: %w", requirements, err)
			}
			if err := i.switchTo(venv, real); err != nil {
				return "", "", err
			}
			return "MiniStack " + i.ministackVersion(), "pip", nil
		},
	}
}

// switchTo makes link point to the environment real and removes the ones from before.
func (i *Installer) switchTo(link, real string) error {
	if fi, err := os.Lstat(link); err == nil && fi.IsDir() {
		if err := os.RemoveAll(link); err != nil {
			return err
		}
	}
	tmp := filepath.Join(i.tmp(), "venv")
	if err := os.Symlink(filepath.Base(real), tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, link); err != nil {
		return err
	}
	old, err := filepath.Glob(link + "-*")
	if err != nil {
		return err
	}
	for _, o := range old {
		if o != real {
			if err := os.RemoveAll(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// ministackVersion reads the pinned version.
func (i *Installer) ministackVersion() string {
	b, _ := os.ReadFile(filepath.Join(i.Root, requirements)) // only for messages
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "ministack=="); ok {
			return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(v), "\\"))
		}
	}
	return ""
}

// web installs the packages of the storefront.
func (i *Installer) web() step {
	const lockfile = "web/package-lock.json"
	modules := filepath.Join(i.Root, "web", "node_modules")
	return step{
		needed: func() bool {
			_, err := os.Stat(filepath.Join(i.Root, lockfile))
			return err == nil
		},
		// npm writes it last, so an emptied or half-filled folder is noticed.
		outputs: []string{filepath.Join(modules, ".package-lock.json")},
		key:     func() (string, error) { return i.hash([]string{"web 1"}, lockfile) },
		install: func(ctx context.Context, s *report.Step) (string, string, error) {
			if n := prereq.Node(ctx); !n.OK {
				return "", "", fmt.Errorf("node: found %s; needed: %s. %s", n.Found, n.Needed, n.Help)
			}
			s.Start("installing the storefront's packages (npm ci)")
			c := command(ctx, filepath.Join(i.Root, "web"), "npm", "ci", "--no-audit", "--no-fund", "--loglevel=http")
			count := 0
			if _, err := watch(c, func(line string) {
				if strings.Contains(line, "http fetch") {
					count++
					s.Tick("fetched %d files", count)
				}
			}); err != nil {
				return "", "", err
			}
			return "packages of web/", "npm", nil
		},
	}
}
