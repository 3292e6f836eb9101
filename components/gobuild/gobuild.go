// Package gobuild compiles Go Lambda functions into deployment packages that are the same bit for bit on every machine.
//
// A package is the zip that Lambda's provided.al2023 runtime runs: one executable called bootstrap. Nothing in it depends on
// where or when it was built: paths are trimmed, times are fixed, the toolchain is the one that go.mod names.
package gobuild

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/modfile"
)

// Builder compiles function packages and keeps the results in a folder, so that an unchanged function costs no link and no
// compression. It may be used from several goroutines.
type Builder struct {
	// Root is the folder that source folders are relative to. Default: the working directory, which for a Pulumi
	// program is its project folder.
	Root string
	// Out is where binaries and zips are kept, relative to Root. Default: .build/functions.
	Out string
	// OS is what the functions run on. Default: linux, which is what Lambda is; an emulator that runs functions as
	// processes of this machine needs runtime.GOOS.
	OS string

	mu    sync.Mutex
	built map[string]string // architecture + source → zip
}

// defaultOut is git-ignored in this project.
const defaultOut = ".build/functions"

// Build compiles one source folder for an architecture by its Go name, arm64 or amd64, and returns the zip's path relative
// to Root. A second call for the same folder returns the first one's result. The error carries the compiler's messages.
func (b *Builder) Build(ctx context.Context, source, arch string) (string, error) {
	zips, err := b.BuildAll(ctx, arch, source)
	if err != nil {
		return "", err
	}
	return zips[0], nil
}

// BuildAll compiles several source folders with one run of the compiler, which shares their common packages and uses all
// cores, and returns the zips' paths in the same order. Building all functions of a system before anything of it is deployed
// makes sure that one that does not compile stops the whole deployment.
func (b *Builder) BuildAll(ctx context.Context, arch string, sources ...string) ([]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var missing []string
	for _, s := range sources {
		if b.built[arch+s] == "" && !slices.Contains(missing, s) {
			missing = append(missing, s)
		}
	}
	if len(missing) > 0 {
		if err := b.compile(ctx, arch, missing); err != nil {
			return nil, err
		}
	}
	zips := make([]string, len(sources))
	for i, s := range sources {
		zips[i] = b.built[arch+s]
	}
	return zips, nil
}

func (b *Builder) compile(ctx context.Context, arch string, sources []string) error {
	names := map[string]string{}
	for _, s := range sources {
		name := filepath.Base(s)
		if other, taken := names[name]; taken {
			return fmt.Errorf("building %s and %s: want folders with different names, since functions are told apart by them", other, s)
		}
		names[name] = s
		if info, err := os.Stat(filepath.Join(b.Root, s)); err != nil || !info.IsDir() {
			return fmt.Errorf("building %s: want a folder with a Go package main", filepath.Join(b.Root, s))
		}
	}
	out := filepath.Join(cmp.Or(b.Out, defaultOut), cmp.Or(b.OS, "linux")+"-"+arch)
	bin := filepath.Join(out, "bin")
	if err := os.MkdirAll(filepath.Join(b.Root, bin), 0o755); err != nil {
		return fmt.Errorf("building functions: %w", err)
	}
	if err := b.goBuild(ctx, arch, bin, sources); err != nil {
		return err
	}
	if b.built == nil {
		b.built = map[string]string{}
	}
	for name, s := range names {
		zipPath := filepath.Join(out, name+".zip")
		if err := pack(filepath.Join(b.Root, bin, name), filepath.Join(b.Root, zipPath)); err != nil {
			return fmt.Errorf("packing %s: %w", s, err)
		}
		b.built[arch+s] = zipPath
	}
	return nil
}

// goBuild runs the compiler. The flags are those that AWS advises for provided.al2023 (no cgo, tag lambda.norpc), and those
// that take the machine out of the result (trimpath, no VCS stamp).
func (b *Builder) goBuild(ctx context.Context, arch, bin string, sources []string) error {
	args := []string{"build", "-o", bin + string(filepath.Separator), "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags=lambda.norpc"}
	for _, s := range sources {
		args = append(args, "./"+filepath.ToSlash(filepath.Clean(s)))
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = b.Root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+cmp.Or(b.OS, "linux"), "GOARCH="+arch,
		"GOFLAGS=-mod=readonly", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOFIPS140=off")
	if toolchain := b.toolchain(); toolchain != "" {
		cmd.Env = append(cmd.Env, "GOTOOLCHAIN="+toolchain)
	}
	output, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("building %s: %w", strings.Join(sources, ", "), ctx.Err())
	}
	if text := strings.TrimSpace(string(output)); text != "" {
		return fmt.Errorf("building %s: the compiler says:\n%s", strings.Join(sources, ", "), text)
	}
	return fmt.Errorf("building %s: running go: %w", strings.Join(sources, ", "), err)
}

// toolchain is the Go release that the functions' go.mod names: another release would give other bits.
// It is empty, and the installed release is used, if go.mod does not name an exact one.
func (b *Builder) toolchain() string {
	for dir := mustAbs(b.Root); ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil {
			mod, err := modfile.ParseLax("go.mod", text, nil)
			switch {
			case err != nil:
				return ""
			case mod.Toolchain != nil:
				return mod.Toolchain.Name
			case mod.Go != nil && strings.Count(mod.Go.Version, ".") == 2:
				return "go" + mod.Go.Version
			}
			return ""
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// pack writes binary as the zip's bootstrap, unless the zip was made from the same bytes already.
func pack(binary, zipPath string) error {
	content, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	stamp := hex.EncodeToString(sum[:])
	if old, err := os.ReadFile(zipPath + ".sha256"); err == nil && string(old) == stamp {
		if _, err := os.Stat(zipPath); err == nil {
			return nil
		}
	}
	var packed bytes.Buffer
	if err := write(&packed, content); err != nil {
		return err
	}
	if err := replace(zipPath, packed.Bytes()); err != nil {
		return err
	}
	return replace(zipPath+".sha256", []byte(stamp))
}

// write makes the zip: one entry, executable, with the oldest time that the format can hold.
func write(w io.Writer, bootstrap []byte) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	entry, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	if _, err := entry.Write(bootstrap); err != nil {
		return err
	}
	return z.Close()
}

// replace writes a file in one step, so that an interrupted build leaves the old one or the new one.
func replace(path string, content []byte) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, content, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// Sources lists the folders below dir that hold a package main, relative to Root, sorted: what [Builder.BuildAll] takes.
func (b *Builder) Sources(dir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(b.Root, dir))
	if err != nil {
		return nil, fmt.Errorf("listing functions in %s: %w", dir, err)
	}
	var sources []string
	for _, e := range entries {
		main := filepath.Join(dir, e.Name(), "main.go")
		if _, err := os.Stat(filepath.Join(b.Root, main)); e.IsDir() && err == nil {
			sources = append(sources, filepath.Join(dir, e.Name()))
		} else if err != nil && !errors.Is(err, os.ErrNotExist) && e.IsDir() {
			return nil, fmt.Errorf("listing functions in %s: %w", dir, err)
		}
	}
	return sources, nil
}

func mustAbs(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	return abs
}
