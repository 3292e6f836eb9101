package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// project makes a project of one Go file without dependencies and returns a request to run it.
func project(t *testing.T, source string) *pulumirpc.RunRequest {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.com/program\n\ngo 1.26\n")
	write(t, filepath.Join(dir, "main.go"), source)
	return &pulumirpc.RunRequest{
		Project: "shop", Stack: "test", Pwd: dir, DryRun: true, Parallel: 7, MonitorAddress: "127.0.0.1:1",
		Config: map[string]string{"shop:colour": "blue"}, ConfigSecretKeys: []string{"shop:key"},
		Info: &pulumirpc.ProgramInfo{RootDirectory: dir, ProgramDirectory: dir, EntryPoint: "."},
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, r *pulumirpc.RunRequest) *pulumirpc.RunResponse {
	t.Helper()
	resp, err := newHost(context.Background(), "127.0.0.1:2").Run(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

const printEnvironment = `package main

import ("os"; "strings")

func main() {
	var lines []string
	for _, e := range os.Environ() {
		if strings.HasPrefix(e, "PULUMI_") { lines = append(lines, e) }
	}
	os.WriteFile("environment", []byte(strings.Join(lines, "\n")), 0o600)
}
`

func TestRun_GivesTheProgramWhatTheSDKReads(t *testing.T) {
	r := project(t, printEnvironment)
	if resp := run(t, r); resp.GetError() != "" || resp.GetBail() {
		t.Fatal(resp)
	}
	b, err := os.ReadFile(filepath.Join(r.GetPwd(), "environment"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"PULUMI_PROJECT=shop", "PULUMI_STACK=test", "PULUMI_DRY_RUN=true", "PULUMI_PARALLEL=7", "PULUMI_MONITOR=127.0.0.1:1",
		"PULUMI_ENGINE=127.0.0.1:2", `PULUMI_CONFIG={"shop:colour":"blue"}`, `PULUMI_CONFIG_SECRET_KEYS=["shop:key"]`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the program's environment lacks %s:\n%s", want, b)
		}
	}
}

func TestRun_KeepsTheBuiltProgram(t *testing.T) {
	r := project(t, "package main\n\nfunc main() {}\n")
	built := filepath.Join(r.GetPwd(), ".build", "pulumi", "shop")
	var files [2]os.FileInfo
	for i := range files {
		run(t, r)
		var err error
		if files[i], err = os.Stat(built); err != nil {
			t.Fatal(err)
		}
	}
	if !os.SameFile(files[0], files[1]) {
		t.Error("the unchanged program was linked again")
	}
}

func TestRun_Failures(t *testing.T) {
	for _, c := range []struct {
		name, source string
		want         []string
		bail         bool
	}{
		{name: "does not compile", source: "package main\n\nfunc main() { undefined() }\n",
			want: []string{"does not compile", "main.go:3:15: undefined: undefined"}},
		{name: "reported by the program", source: "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(32) }\n", bail: true},
		{name: "exit status", source: "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(3) }\n", want: []string{"exit status 3"}},
		{name: "panic", source: "package main\n\nfunc main() { panic(1) }\n", want: []string{"exit status 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp := run(t, project(t, c.source))
			if resp.GetBail() != c.bail {
				t.Errorf("bail = %v", resp.GetBail())
			}
			for _, w := range c.want {
				if !strings.Contains(resp.GetError(), w) {
					t.Errorf("error %q lacks %q", resp.GetError(), w)
				}
			}
		})
	}
}

func TestRun_TakesTheNamedBinary(t *testing.T) {
	r := project(t, "this is not Go")
	write(t, filepath.Join(r.GetPwd(), "prebuilt"), "#!/bin/sh\nexit 32\n")
	r.Info.Options, _ = structpb.NewStruct(map[string]any{"binary": "prebuilt"})
	if resp := run(t, r); !resp.GetBail() {
		t.Error(resp)
	}
	r.Info.Options, _ = structpb.NewStruct(map[string]any{"binary": "absent"})
	if resp := run(t, r); !strings.Contains(resp.GetError(), "runtime.options.binary") {
		t.Error(resp)
	}
}

func TestCancel_StopsTheProgram(t *testing.T) {
	r := project(t, "package main\n\nimport \"time\"\n\nfunc main() { time.Sleep(time.Minute) }\n")
	h := newHost(context.Background(), "")
	time.AfterFunc(2*time.Second, func() { _, _ = h.Cancel(context.Background(), nil) })
	began := time.Now()
	resp, err := h.Run(context.Background(), r)
	if err != nil || !strings.Contains(resp.GetError(), "stopped") {
		t.Error(resp, err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestGetProgramDependencies(t *testing.T) {
	r := project(t, "package main\n\nfunc main() {}\n")
	resp, err := newHost(context.Background(), "").GetProgramDependencies(context.Background(),
		&pulumirpc.GetProgramDependenciesRequest{Info: r.GetInfo()})
	if err != nil || len(resp.GetDependencies()) != 0 {
		t.Error(resp, err)
	}
}
