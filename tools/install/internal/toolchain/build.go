package toolchain

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/build"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/serverless-shop/serverless-shop/tools/install/internal/awstypes"
	"github.com/serverless-shop/serverless-shop/tools/install/internal/report"
	"github.com/serverless-shop/serverless-shop/tools/install/internal/subset"
)

const (
	toolsDir  = "tools"
	pluginDir = "tools/pulumi-resource-aws"
	lintDir   = "tools/golangci-lint"

	// TypesFile is the list of AWS types that the plugin built from source supports.
	TypesFile = "tools/pulumi-resource-aws/types.txt"
	// schemaFile lies beside the plugin, which reads it when it starts.
	schemaFile = "schema.json"

	pluginPath    = "github.com/serverless-shop/serverless-shop/tools/pulumi-resource-aws"
	pulumiCLI     = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
	golangciLint  = "github.com/golangci/golangci-lint/v2/cmd/golangci-lint"
	versionSymbol = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
)

// SchemaFile returns where the schema of a plugin built from source is stored.
func (i *Installer) SchemaFile() string { return filepath.Join(i.pluginDir(), schemaFile) }

// goBuild is one executable to build.
type goBuild struct {
	dir, pkg, out string
	ldflags       string
	modfile       string
}

// environ is the environment of Go commands: pure Go, for the modules of the folder they run in alone.
func environ() []string {
	return append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-buildvcs=false")
}

func (b goBuild) args(verb string, args ...string) []string {
	all := []string{verb}
	if b.modfile != "" {
		all = append(all, "-modfile="+b.modfile)
	}
	return append(all, args...)
}

// compile builds executables one after the other. Downloads are made before, outside of the lock for compilations.
func (i *Installer) compile(ctx context.Context, s *report.Step, builds ...goBuild) error {
	packages := make([]int, len(builds))
	total := 0
	for k, b := range builds {
		c := command(ctx, filepath.Join(i.Root, b.dir), "go", b.args("list", "-deps", b.pkg)...)
		c.Env = environ()
		loaded := 0
		c.Stderr = nil
		out, err := watch(c, func(line string) {
			if strings.HasPrefix(line, "go: downloading ") {
				loaded++
				s.Tick("downloading modules: %d so far", loaded)
			}
		})
		if err != nil {
			return err
		}
		packages[k] = bytes.Count(out, []byte("\n"))
		total += packages[k]
	}
	i.compiling.Lock()
	defer i.compiling.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	done := 0
	for k, b := range builds {
		// The linker writes to another file first: an executable in use stays whole, an interrupted build leaves none.
		tmp := filepath.Join(i.tmp(), filepath.Base(b.out))
		args := b.args("build", "-v", "-trimpath", "-ldflags=-s -w "+b.ldflags, "-o", tmp, b.pkg)
		c := command(ctx, filepath.Join(i.Root, b.dir), "go", args...)
		c.Env = environ()
		compiled := 0
		if _, err := watch(c, func(line string) {
			if !strings.HasPrefix(line, "go: ") && !strings.HasPrefix(line, "#") && !strings.Contains(line, " ") {
				compiled++
				s.Tick("compiled %d of at most %d packages, now %s", done+compiled, total, line)
			}
		}); err != nil {
			return err
		}
		done += packages[k]
		if err := os.MkdirAll(filepath.Dir(b.out), 0o755); err != nil {
			return err
		}
		if err := os.Rename(tmp, b.out); err != nil {
			return err
		}
	}
	return nil
}

// watch runs a command, passes each line of its stderr on and returns its stdout. An error carries the last lines.
func watch(c *exec.Cmd, line func(string)) ([]byte, error) {
	var out bytes.Buffer
	c.Stdout = &out
	r, w := io.Pipe()
	c.Stderr = w
	var said []string
	read := make(chan struct{})
	go func() {
		defer close(read)
		scan := bufio.NewScanner(r)
		scan.Buffer(nil, 1<<20)
		for scan.Scan() {
			line(scan.Text())
			if said = append(said, scan.Text()); len(said) > 40 {
				said = said[1:]
			}
		}
		_, _ = io.Copy(io.Discard, r)
	}()
	err := c.Run()
	_ = w.Close() // always nil
	<-read
	if err != nil {
		return nil, fmt.Errorf("%s (in %s): %w\n%s", strings.Join(c.Args, " "), c.Dir, err, strings.Join(said, "\n"))
	}
	return out.Bytes(), nil
}

// cli installs the pulumi CLI and the language host for Go.
func (i *Installer) cli() step {
	pulumi, host := i.bin("pulumi"), i.bin("pulumi-language-go")
	return step{
		official: true,
		outputs:  []string{pulumi, host},
		key: func() (string, error) {
			return i.hash([]string{"cli 1", PulumiVersion}, "tools/go.mod", "tools/go.sum", "tools/pulumi-language-go")
		},
		install: func(ctx context.Context, s *report.Step) (string, string, error) {
			return i.obtain(ctx, s, func() error { return i.downloadCLI(ctx, s) }, func() error {
				s.Start("building pulumi %s and its language host for Go from source", PulumiVersion)
				return i.compile(ctx, s,
					goBuild{dir: toolsDir, pkg: pulumiCLI, out: pulumi, ldflags: "-X " + versionSymbol + "=v" + PulumiVersion},
					goBuild{dir: toolsDir, pkg: "./pulumi-language-go", out: host})
			})
		},
	}
}

// aws installs the AWS plugin.
func (i *Installer) aws() step {
	plugin := filepath.Join(i.pluginDir(), "pulumi-resource-aws")
	return step{
		official: true,
		outputs:  []string{plugin},
		key: func() (string, error) {
			return i.hash([]string{"aws 1", AWSVersion}, pluginDir, "tools/install/internal/prune", "tools/install/internal/subset")
		},
		install: func(ctx context.Context, s *report.Step) (string, string, error) {
			return i.obtain(ctx, s, func() error { return i.downloadPlugin(ctx, s) }, func() error { return i.buildPlugin(ctx, s, plugin) })
		},
	}
}

// buildPlugin reduces the provider's source to the types in use, compiles it and stores its schema.
func (i *Installer) buildPlugin(ctx context.Context, s *report.Step, plugin string) error {
	list, err := os.ReadFile(filepath.Join(i.Root, TypesFile))
	if err != nil {
		return err
	}
	types, err := awstypes.Parse(list)
	if err != nil {
		return fmt.Errorf("%s: %w", TypesFile, err)
	}
	s.Start("building the AWS plugin %s for %d types from source", AWSVersion, len(types))
	var wanted []subset.Type
	for _, t := range types {
		k := subset.Resource
		if t.Kind == awstypes.Function {
			k = subset.DataSource
		}
		wanted = append(wanted, subset.Type{Kind: k, Name: t.Terraform})
	}
	target := build.Default
	target.CgoEnabled = false
	src := filepath.Join(i.Dir(), "src")
	reduced, stats, err := subset.Write(subset.Sources{
		Plugin: filepath.Join(i.Root, pluginDir), PluginPath: pluginPath, Out: src,
		Resolve: func(modules []string) (map[string]string, error) { return i.moduleDirs(ctx, modules) },
	}, wanted, target)
	if err != nil {
		return fmt.Errorf("reducing the provider's source: %w", err)
	}
	s.Progress("reduced the provider's source to %v", stats)
	modfile := filepath.Join(src, "plugin.mod")
	if err := i.writeModfile(ctx, modfile, reduced); err != nil {
		return err
	}
	if err := i.compile(ctx, s, goBuild{dir: pluginDir, pkg: ".", out: plugin, modfile: modfile}); err != nil {
		return err
	}
	s.Progress("storing the plugin's schema")
	tmp := filepath.Join(i.tmp(), schemaFile)
	if _, err := output(command(ctx, i.Root, plugin, "-write-schema", tmp)); err != nil {
		return err
	}
	return os.Rename(tmp, i.SchemaFile())
}

// moduleDirs downloads modules of the plugin's go.mod and returns the folders of their source.
func (i *Installer) moduleDirs(ctx context.Context, modules []string) (map[string]string, error) {
	dir := filepath.Join(i.Root, pluginDir)
	get := command(ctx, dir, "go", append([]string{"mod", "download"}, modules...)...)
	get.Env = environ()
	if _, err := output(get); err != nil {
		return nil, err
	}
	list := command(ctx, dir, "go", append([]string{"list", "-m", "-json=Path,Dir"}, modules...)...)
	list.Env = environ()
	out, err := output(list)
	if err != nil {
		return nil, err
	}
	dirs := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var m struct{ Path, Dir string }
		if err := d.Decode(&m); err != nil {
			return nil, fmt.Errorf("reading the answer of go list -m: %w", err)
		}
		dirs[m.Path] = m.Dir
	}
	return dirs, nil
}

// writeModfile writes the plugin's go.mod with the reduced modules in place of the downloaded ones.
func (i *Installer) writeModfile(ctx context.Context, name string, reduced map[string]string) error {
	dir := filepath.Join(i.Root, pluginDir)
	for _, f := range []struct{ from, to string }{{"go.mod", name}, {"go.sum", strings.TrimSuffix(name, ".mod") + ".sum"}} {
		b, err := os.ReadFile(filepath.Join(dir, f.from))
		if err != nil {
			return err
		}
		if err := writeFile(f.to, b, 0o644); err != nil {
			return err
		}
	}
	args := []string{"mod", "edit"}
	for _, m := range slices.Sorted(maps.Keys(reduced)) {
		args = append(args, "-replace="+m+"="+reduced[m])
	}
	_, err := output(command(ctx, dir, "go", append(args, name)...))
	return err
}

// lint installs golangci-lint.
func (i *Installer) lint() step {
	out := i.bin("golangci-lint")
	return step{
		outputs: []string{out},
		key: func() (string, error) {
			return i.hash([]string{"lint 1"}, lintDir+"/go.mod", lintDir+"/go.sum")
		},
		install: func(ctx context.Context, s *report.Step) (string, string, error) {
			version, err := i.moduleVersion(ctx, lintDir, "github.com/golangci/golangci-lint/v2")
			if err != nil {
				return "", "", err
			}
			s.Start("building golangci-lint %s from source", version)
			err = i.compile(ctx, s, goBuild{dir: lintDir, pkg: golangciLint, out: out, ldflags: "-X main.version=" + strings.TrimPrefix(version, "v")})
			return "golangci-lint " + version, "source", err
		},
	}
}

func (i *Installer) moduleVersion(ctx context.Context, dir, module string) (string, error) {
	c := command(ctx, filepath.Join(i.Root, dir), "go", "list", "-m", "-f", "{{.Version}}", module)
	c.Env = environ()
	out, err := output(c)
	return strings.TrimSpace(string(out)), err
}
