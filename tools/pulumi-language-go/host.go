package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/constant"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// grace is how long a program may take to end after it was told to.
const grace = 10 * time.Second

// host is the language runtime. It starts the program for the engine, one run per deployment.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	ctx    context.Context // ends with the process or with Cancel
	cancel context.CancelFunc

	mu     sync.Mutex
	engine string
}

func newHost(ctx context.Context, engine string) *host {
	ctx, cancel := context.WithCancel(ctx)
	return &host{ctx: ctx, cancel: cancel, engine: engine}
}

// Handshake is the engine's first call; it tells where the engine listens.
func (h *host) Handshake(_ context.Context, r *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.engine = r.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo answers with the version of the Pulumi SDK that the host was built with.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version()}, nil
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/pulumi/pulumi/sdk/v3" {
				return strings.TrimPrefix(m.Version, "v")
			}
		}
	}
	return "3.0.0"
}

// GetRequiredPackages names nothing: the installer has put the plugins in their place already, and naming one would make
// the engine try to download it.
func (h *host) GetRequiredPackages(context.Context, *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// GetRequiredPlugins is GetRequiredPackages for older engines.
func (h *host) GetRequiredPlugins(context.Context, *pulumirpc.GetRequiredPluginsRequest) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

// RuntimeOptionsPrompts asks nothing: a Go program needs no choices.
func (h *host) RuntimeOptionsPrompts(context.Context, *pulumirpc.RuntimeOptionsRequest) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

// Template has nothing to do after `pulumi new`.
func (h *host) Template(context.Context, *pulumirpc.TemplateRequest) (*pulumirpc.TemplateResponse, error) {
	return &pulumirpc.TemplateResponse{}, nil
}

// Cancel stops a build or a program that is under way.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.cancel()
	return &emptypb.Empty{}, nil
}

// InstallDependencies downloads the program's modules.
func (h *host) InstallDependencies(r *pulumirpc.InstallDependenciesRequest, s grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse]) error {
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(s, r.GetIsTerminal())
	if err != nil {
		return err
	}
	dir := r.GetInfo().GetProgramDirectory()
	fmt.Fprintln(stdout, "Downloading Go modules...")
	c, release := h.command(s.Context(), dir, "go", "mod", "download")
	defer release()
	c.Stdout, c.Stderr = stdout, stderr
	if err := c.Run(); err != nil {
		return errors.Join(fmt.Errorf("go mod download in %s: %w", dir, err), closer.Close())
	}
	return closer.Close()
}

// About tells `pulumi about` which Go there is.
func (h *host) About(ctx context.Context, r *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return nil, fmt.Errorf("go is not on PATH: %w", err)
	}
	c, release := h.command(ctx, r.GetInfo().GetProgramDirectory(), path, "version")
	defer release()
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go version: %w", err)
	}
	return &pulumirpc.AboutResponse{Executable: path, Version: strings.TrimSpace(string(out))}, nil
}

// GetProgramDependencies lists the program's modules.
func (h *host) GetProgramDependencies(ctx context.Context, r *pulumirpc.GetProgramDependenciesRequest) (*pulumirpc.GetProgramDependenciesResponse, error) {
	c, release := h.command(ctx, r.GetInfo().GetProgramDirectory(), "go", "list", "-m", "-json=Path,Version,Indirect,Main", "all")
	defer release()
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go list -m all: %w\n%s", err, stderr.String())
	}
	resp := &pulumirpc.GetProgramDependenciesResponse{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct {
			Path, Version  string
			Indirect, Main bool
		}
		if err := d.Decode(&m); err == io.EOF {
			return resp, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading the answer of go list -m all: %w", err)
		}
		if !m.Main && (!m.Indirect || r.GetTransitiveDependencies()) {
			resp.Dependencies = append(resp.Dependencies, &pulumirpc.DependencyInfo{Name: m.Path, Version: m.Version})
		}
	}
}

// Run builds the program, unless the project names a binary, and runs it until it ends.
func (h *host) Run(ctx context.Context, r *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if r.GetAttachDebugger() {
		return nil, errors.New("this language host cannot attach a debugger: use the official pulumi CLI for --attach-debugger")
	}
	bin, failure := h.program(ctx, r)
	if failure != "" {
		return &pulumirpc.RunResponse{Error: failure}, nil
	}
	env, err := h.environment(r)
	if err != nil {
		return nil, err
	}
	c, release := h.command(ctx, r.GetPwd(), bin, r.GetArgs()...)
	defer release()
	c.Env = env
	// The engine shows both as they come.
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	err = c.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case ctx.Err() != nil || h.ctx.Err() != nil:
		return &pulumirpc.RunResponse{Error: "the program was stopped because the deployment was cancelled"}, nil
	case errors.As(err, &exit) && exit.ExitCode() == constant.ExitStatusLoggedError:
		return &pulumirpc.RunResponse{Bail: true}, nil // the program has told the engine what is wrong
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program ended with exit status %d", exit.ExitCode())}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("running %s: %v", bin, err)}, nil
	}
}

// program returns the executable to run, or what is wrong with the program in the compiler's words.
func (h *host) program(ctx context.Context, r *pulumirpc.RunRequest) (bin, failure string) {
	info := r.GetInfo()
	options := info.GetOptions().AsMap()
	path := func(option string) string {
		p, _ := options[option].(string)
		if p != "" && !filepath.IsAbs(p) {
			p = filepath.Join(info.GetRootDirectory(), p)
		}
		return p
	}
	if bin := path("binary"); bin != "" {
		if _, err := os.Stat(bin); err != nil {
			return "", fmt.Sprintf("runtime.options.binary in Pulumi.yaml: %v", err)
		}
		return bin, ""
	}
	// The executable stays: go build leaves it alone when nothing has changed, and linking is what takes the time.
	out := path("buildTarget")
	if out == "" {
		out = filepath.Join(info.GetRootDirectory(), ".build", "pulumi", r.GetProject())
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return "", fmt.Sprintf("making a folder for the built program: %v", err)
	}
	entry := info.GetEntryPoint()
	if entry == "" {
		entry = "."
	}
	if !filepath.IsAbs(entry) && !strings.HasPrefix(entry, ".") {
		entry = "./" + entry
	}
	c, release := h.command(ctx, info.GetProgramDirectory(), "go", "build", "-ldflags=-w", "-o", out, entry)
	defer release()
	var said bytes.Buffer
	w := &downloads{rest: &said, live: os.Stderr}
	c.Stdout, c.Stderr = w, w // the same, so that it is written to by one goroutine
	if err := c.Run(); err != nil {
		if ctx.Err() != nil || h.ctx.Err() != nil {
			return "", "building the program was stopped because the deployment was cancelled"
		}
		return "", fmt.Sprintf("the program does not compile (go build: %v):\n%s", err, strings.TrimSpace(said.String()))
	}
	return out, ""
}

// downloads passes on at once what go says about downloads, because they may take minutes, and keeps everything else
// for the error message.
type downloads struct {
	rest, live io.Writer
	line       []byte
}

func (d *downloads) Write(p []byte) (int, error) {
	for _, b := range p {
		d.line = append(d.line, b)
		if b == '\n' {
			w := d.rest
			if bytes.HasPrefix(d.line, []byte("go: downloading ")) {
				w = d.live
			}
			if _, err := w.Write(d.line); err != nil {
				return 0, err
			}
			d.line = d.line[:0]
		}
	}
	return len(p), nil
}

// environment is what the SDK in the program reads when it starts.
func (h *host) environment(r *pulumirpc.RunRequest) ([]string, error) {
	config, err := json.Marshal(r.GetConfig())
	if err != nil {
		return nil, fmt.Errorf("encoding the configuration: %w", err)
	}
	secrets, err := json.Marshal(r.GetConfigSecretKeys())
	if err != nil {
		return nil, fmt.Errorf("encoding the names of secret configuration: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return append(os.Environ(),
		pulumi.EnvOrganization+"="+r.GetOrganization(),
		pulumi.EnvProject+"="+r.GetProject(),
		pulumi.EnvStack+"="+r.GetStack(),
		pulumi.EnvPulumiRootDirectory+"="+r.GetInfo().GetRootDirectory(),
		pulumi.EnvConfig+"="+string(config),
		pulumi.EnvConfigSecretKeys+"="+string(secrets),
		pulumi.EnvDryRun+"="+strconv.FormatBool(r.GetDryRun()),
		pulumi.EnvParallel+"="+strconv.Itoa(int(r.GetParallel())),
		pulumi.EnvMonitor+"="+r.GetMonitorAddress(),
		pulumi.EnvEngine+"="+h.engine,
	), nil
}

// command prepares a command that ends with the call or with the host, politely first.
func (h *host) command(ctx context.Context, dir, name string, args ...string) (*exec.Cmd, func()) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(h.ctx, cancel)
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = grace
	return c, func() { stop(); cancel() }
}
