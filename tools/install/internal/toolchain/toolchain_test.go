package toolchain

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/serverless-shop/serverless-shop/tools/install/internal/report"
)

// repository makes a folder with the files that the steps cli and aws look at.
func repository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range []string{"tools/go.mod", "tools/go.sum", "tools/pulumi-language-go/main.go", "tools/pulumi-resource-aws/types.txt",
		"tools/install/internal/prune/prune.go", "tools/install/internal/subset/subset.go"} {
		f = filepath.Join(root, f)
		if err := os.MkdirAll(filepath.Dir(f), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f, []byte(filepath.Base(f)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func installer(t *testing.T, root, mode, mirror string) (*Installer, *bytes.Buffer) {
	t.Helper()
	t.Setenv("SHOP_TOOLS", mode)
	t.Setenv("SHOP_TOOLS_MIRROR", mirror)
	var out bytes.Buffer
	i, err := New(root, report.New(&out, true))
	if err != nil {
		t.Fatal(err)
	}
	return i, &out
}

func archive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// mirror serves the official archives with their checksums, and counts requests.
func mirror(t *testing.T, change func(path string, body []byte) []byte) (string, *atomic.Int64) {
	t.Helper()
	cli, err := cliArchive()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		"/sdk/" + cli:                 archive(t, map[string]string{"pulumi/pulumi": "the cli", "pulumi/pulumi-language-go": "the host", "pulumi/pulumi-watch": "x"}),
		"/plugins/" + pluginArchive(): archive(t, map[string]string{"pulumi-resource-aws": "the plugin", "README.md": "x"}),
	}
	sums := func(path string) []byte {
		return fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(files[path]), filepath.Base(path))
	}
	files["/sdk/pulumi-"+PulumiVersion+"-checksums.txt"] = sums("/sdk/" + cli)
	files["/plugins/pulumi-aws_"+AWSVersion+"_checksums.txt"] = sums("/plugins/" + pluginArchive())
	var requests atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		b, ok := files[r.URL.Path]
		if change != nil {
			b = change(r.URL.Path, b)
		}
		if !ok || b == nil {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(b)
	}))
	t.Cleanup(s.Close)
	return s.URL, &requests
}

func TestInstall_Downloads(t *testing.T) {
	root := repository(t)
	url, requests := mirror(t, nil)
	i, out := installer(t, root, "auto", url)
	if err := i.Install(context.Background(), []string{"cli", "aws"}); err != nil {
		t.Fatal(err, out)
	}
	for name, want := range map[string]string{
		".tools/bin/pulumi": "the cli", ".tools/bin/pulumi-language-go": "the host",
		".tools/pulumi-home/plugins/resource-aws-v" + AWSVersion + "/pulumi-resource-aws": "the plugin",
	} {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", name, b, err)
		}
		if fi, err := os.Stat(filepath.Join(root, name)); err == nil && fi.Mode()&0o111 == 0 {
			t.Errorf("%s cannot be executed", name)
		}
	}
	if o := i.Origin("aws"); o != "download" {
		t.Errorf("origin %q", o)
	}

	before := requests.Load()
	again, out := installer(t, root, "auto", url)
	if err := again.Install(context.Background(), []string{"cli", "aws"}); err != nil {
		t.Fatal(err, out)
	}
	if requests.Load() != before {
		t.Error("a second run asked the server again")
	}
	for line := range strings.Lines(out.String()) {
		var e report.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.State != report.Done {
			t.Errorf("%s, want done", line)
		}
	}

	if err := os.Remove(filepath.Join(root, ".tools/bin/pulumi")); err != nil {
		t.Fatal(err)
	}
	repair, _ := installer(t, root, "auto", url)
	if err := repair.Install(context.Background(), []string{"cli"}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, ".tools/bin/pulumi")); err != nil {
		t.Error("a lost executable was not put back")
	}
}

func TestInstall_DownloadFailures(t *testing.T) {
	for _, c := range []struct {
		about  string
		change func(path string, body []byte) []byte
		want   string
	}{
		{"wrong checksum", func(p string, b []byte) []byte {
			if strings.HasSuffix(p, ".tar.gz") {
				return append(b, 0)
			}
			return b
		}, "has the SHA-256"},
		{"no checksum, no TLS", func(p string, b []byte) []byte {
			if strings.HasSuffix(p, ".txt") {
				return nil
			}
			return b
		}, "cannot be verified"},
		{"nothing there", func(string, []byte) []byte { return nil }, "SHOP_TOOLS=source builds it"},
	} {
		t.Run(c.about, func(t *testing.T) {
			url, _ := mirror(t, c.change)
			root := repository(t)
			i, out := installer(t, root, "download", url)
			err := i.Install(context.Background(), []string{"cli"})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if !strings.Contains(out.String(), `"state":"failed"`) {
				t.Errorf("no event tells of it: %s", out)
			}
			if _, err := os.Stat(filepath.Join(root, ".tools/bin/pulumi")); err == nil {
				t.Error("an executable was installed nevertheless")
			}
			if i.stamp("cli").Key != "" {
				t.Error("the step counts as installed")
			}
		})
	}
}

func TestObtain_BuildsWhereNothingCanBeDownloaded(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	for about, url := range map[string]string{"refused": gone.URL, "unknown host": "http://downloads.invalid", "no answer": silent.URL} {
		t.Run(about, func(t *testing.T) {
			i, _ := installer(t, repository(t), "auto", url)
			began := time.Now()
			_, origin, err := i.obtain(context.Background(), i.Report.Step("cli"),
				func() error { t.Error("it tried to download"); return nil }, func() error { return nil })
			if err != nil || origin != "source" {
				t.Error(origin, err)
			}
			if took := time.Since(began); took > probeLimit+time.Second {
				t.Errorf("it took %v to find out", took)
			}
		})
	}
}

func TestInstall_OneAtATime(t *testing.T) {
	root := repository(t)
	url, requests := mirror(t, nil)
	first, _ := installer(t, root, "download", url)
	unlock, err := first.lock(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	second, out := installer(t, root, "download", url)
	done := make(chan error)
	go func() { done <- second.Install(context.Background(), []string{"cli"}) }()
	select {
	case err := <-done:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(500 * time.Millisecond):
	}
	if requests.Load() != 0 {
		t.Error("it began while another was at work")
	}
	unlock()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), fmt.Sprintf("pid %d", os.Getpid())) {
		t.Errorf("it did not say whom it waited for: %s", out)
	}
}

func TestInstall_Cancelled(t *testing.T) {
	stuck := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer stuck.Close()
	root := repository(t)
	i, _ := installer(t, root, "download", stuck.URL)
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if err := i.Install(ctx, []string{"cli"}); err == nil {
		t.Error("no error")
	}
	url, _ := mirror(t, nil)
	again, _ := installer(t, root, "download", url)
	if err := again.Install(context.Background(), []string{"cli"}); err != nil {
		t.Errorf("the next run does not repair it: %v", err)
	}
}

func TestNew_WrongMode(t *testing.T) {
	t.Setenv("SHOP_TOOLS", "fast")
	if _, err := New(t.TempDir(), report.New(nil, false)); err == nil || !strings.Contains(err.Error(), "auto, download or source") {
		t.Error(err)
	}
}

func TestShell(t *testing.T) {
	i, _ := installer(t, "/a b/it's", "auto", "")
	got := i.Shell()
	for _, want := range []string{`export PATH='/a b/it'\''s/.tools/bin':"$PATH"`, `export PULUMI_HOME=`, `export PULUMI_CONFIG_PASSPHRASE=''`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
}

// What is downloaded and what is built must be the same versions.
func TestVersionsAreThoseOfTheModules(t *testing.T) {
	for file, want := range map[string]string{
		"../../../go.mod":                          "github.com/pulumi/pulumi/pkg/v3 v" + PulumiVersion,
		"../../../../go.mod":                       "github.com/pulumi/pulumi-aws/sdk/v6 v" + AWSVersion,
		"../../../pulumi-resource-aws/provider.go": `version = "` + AWSVersion + `"`,
	} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b), want) {
			t.Errorf("%s has no %q", file, want)
		}
	}
}
