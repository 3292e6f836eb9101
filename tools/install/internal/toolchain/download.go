package toolchain

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/serverless-shop/serverless-shop/tools/install/internal/report"
)

const (
	officialReleases = "https://get.pulumi.com/releases"

	// probeLimit bounds the question whether downloads are possible at all: a network that swallows packets must not
	// cost a minute.
	probeLimit = 2500 * time.Millisecond
	// stallLimit ends a download of which nothing more arrives.
	stallLimit = 30 * time.Second
)

// obtain runs the download or the build, as the mode says. In mode auto a download that fails for whatever reason is
// followed by the build.
func (i *Installer) obtain(ctx context.Context, s *report.Step, download, build func() error) (detail, origin string, err error) {
	switch i.Mode {
	case "download":
		if err := download(); err != nil {
			return "", "", fmt.Errorf("%w (SHOP_TOOLS=source builds it from source instead)", err)
		}
		return "downloaded from " + i.Mirror, "download", nil
	case "auto":
		err := i.probe()
		if err == nil {
			if err = download(); err == nil {
				return "downloaded from " + i.Mirror, "download", nil
			}
		}
		if ctx.Err() != nil {
			return "", "", ctx.Err()
		}
		s.Progress("no official download (%v): building from source", err)
	}
	if err := build(); err != nil {
		return "", "", err
	}
	return "built from source", "source", nil
}

// reachable asks once whether the official downloads can be reached.
func (i *Installer) reachable() error {
	ctx, cancel := context.WithTimeout(context.Background(), probeLimit)
	defer cancel()
	name, err := cliArchive()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, i.Mirror+"/sdk/"+name, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer from %s within %v", req.URL.Host, probeLimit)
	}
	if err != nil {
		return err
	}
	_ = resp.Body.Close() // a HEAD has no body
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", req.URL.Host, resp.Status)
	}
	return nil
}

// The names of the official archives: the CLI calls the 64-bit Intel architecture x64, plugins call it amd64.
func cliArchive() (string, error) {
	if !slices.Contains([]string{"linux", "darwin"}, runtime.GOOS) || !slices.Contains([]string{"amd64", "arm64"}, runtime.GOARCH) {
		return "", fmt.Errorf("no official archive is known for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	return fmt.Sprintf("pulumi-v%s-%s-%s.tar.gz", PulumiVersion, runtime.GOOS, strings.Replace(runtime.GOARCH, "amd64", "x64", 1)), nil
}

func pluginArchive() string {
	return fmt.Sprintf("pulumi-resource-aws-v%s-%s-%s.tar.gz", AWSVersion, runtime.GOOS, runtime.GOARCH)
}

func (i *Installer) downloadCLI(ctx context.Context, s *report.Step) error {
	name, err := cliArchive()
	if err != nil {
		return err
	}
	s.Start("downloading pulumi %s", PulumiVersion)
	return i.download(ctx, s, "sdk/"+name, fmt.Sprintf("sdk/pulumi-%s-checksums.txt", PulumiVersion), map[string]string{
		"pulumi": i.bin("pulumi"), "pulumi-language-go": i.bin("pulumi-language-go"),
	})
}

func (i *Installer) downloadPlugin(ctx context.Context, s *report.Step) error {
	s.Start("downloading the AWS plugin %s", AWSVersion)
	if err := os.RemoveAll(i.SchemaFile()); err != nil { // of a plugin built before
		return err
	}
	return i.download(ctx, s, "plugins/"+pluginArchive(), fmt.Sprintf("plugins/pulumi-aws_%s_checksums.txt", AWSVersion), map[string]string{
		"pulumi-resource-aws": filepath.Join(i.pluginDir(), "pulumi-resource-aws"),
	})
}

// download fetches an archive, verifies it and puts some of its files in their places.
func (i *Installer) download(ctx context.Context, s *report.Step, archive, sums string, places map[string]string) error {
	want, err := i.checksum(ctx, sums, path.Base(archive))
	if err != nil {
		return err
	}
	if want == "" {
		if !strings.HasPrefix(i.Mirror, "https://") {
			return fmt.Errorf("%s/%s has no checksum for %s, and %s is not https: the download cannot be verified",
				i.Mirror, sums, path.Base(archive), i.Mirror)
		}
		s.Progress("no checksum of %s is published in %s: its origin is verified by TLS alone", path.Base(archive), sums)
	}
	tmp := filepath.Join(i.tmp(), path.Base(archive))
	got, err := i.fetch(ctx, s, archive, tmp)
	if err != nil {
		return err
	}
	if want != "" && got != want {
		return fmt.Errorf("%s/%s has the SHA-256 %s, want %s", i.Mirror, archive, got, want)
	}
	return unpack(tmp, i.tmp(), places)
}

// checksum looks an archive up in a published list of SHA-256 sums; it is empty if there is no list.
func (i *Installer) checksum(ctx context.Context, sums, archive string) (string, error) {
	resp, err := i.get(ctx, sums)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusForbidden {
		return "", nil
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("GET %s/%s: %s", i.Mirror, sums, resp.Status)
	}
	for scan := bufio.NewScanner(resp.Body); scan.Scan(); {
		if f := strings.Fields(scan.Text()); len(f) == 2 && strings.TrimPrefix(f[1], "*") == archive {
			return strings.ToLower(f[0]), nil
		}
	}
	return "", nil
}

func (i *Installer) get(ctx context.Context, name string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, i.Mirror+"/"+name, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(req)
}

// fetch downloads to a file and returns the SHA-256 of what came.
func (i *Installer) fetch(ctx context.Context, s *report.Step, name, to string) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	resp, err := i.get(ctx, name)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("GET %s/%s: %s", i.Mirror, name, resp.Status)
	}
	f, err := os.Create(to)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	stalled := time.AfterFunc(stallLimit, cancel)
	defer stalled.Stop()
	buf := make([]byte, 1<<18)
	for total := int64(0); ; {
		n, err := resp.Body.Read(buf)
		stalled.Reset(stallLimit)
		total += int64(n)
		h.Write(buf[:n])
		if _, err := f.Write(buf[:n]); err != nil {
			return "", err
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("GET %s/%s: after %d bytes: %w", i.Mirror, name, total, err)
		}
		if resp.ContentLength > 0 {
			s.Tick("downloaded %d of %d MB", total>>20, resp.ContentLength>>20)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), f.Close()
}

// unpack puts the files of a tar.gz archive whose base names are in places there, and fails if one is missing.
func unpack(archive, tmp string, places map[string]string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("unpacking %s: %w", filepath.Base(archive), err)
	}
	ready := map[string]string{}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("unpacking %s: %w", filepath.Base(archive), err)
		}
		base := path.Base(h.Name)
		if places[base] == "" || h.Typeflag != tar.TypeReg {
			continue
		}
		ready[base] = filepath.Join(tmp, base)
		out, err := os.OpenFile(ready[base], os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
		if err != nil {
			return err
		}
		if _, err := io.Copy(out, t); err != nil {
			return errors.Join(fmt.Errorf("unpacking %s: %w", filepath.Base(archive), err), out.Close())
		}
		if err := out.Close(); err != nil {
			return err
		}
	}
	for base, to := range places {
		if ready[base] == "" {
			return fmt.Errorf("%s holds no file %s", filepath.Base(archive), base)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.Rename(ready[base], to); err != nil {
			return err
		}
	}
	return nil
}
