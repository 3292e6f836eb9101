package gobuild_test

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components/gobuild"
)

// newModule writes a module with a function in each of the named folders.
func newModule(t *testing.T, functions ...string) string {
	t.Helper()
	root := t.TempDir()
	write(t, root, "go.mod", "module example.com/functions\n\ngo 1.26\n")
	for _, f := range functions {
		write(t, root, f+"/main.go", "package main\n\nfunc main() { println(\""+filepath.Base(f)+"\") }\n")
	}
	return root
}

func write(t *testing.T, root, file, text string) {
	t.Helper()
	path := filepath.Join(root, file)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func hash(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return fmt.Sprintf("%x", sha256.Sum256(content))
}

func TestBuild_IsTheSameInAnotherFolderAtAnotherTime(t *testing.T) {
	var hashes []string
	for range 2 {
		root := newModule(t, "lambdas/greet")
		zip, err := (&gobuild.Builder{Root: root}).Build(t.Context(), "lambdas/greet", "arm64")
		require.NoError(t, err)
		hashes = append(hashes, hash(t, filepath.Join(root, zip)))
		time.Sleep(1100 * time.Millisecond) // zip keeps whole seconds at best
	}
	require.Equal(t, hashes[0], hashes[1])
}

func TestBuild_MakesWhatLambdaRuns(t *testing.T) {
	root := newModule(t, "lambdas/greet")
	path, err := (&gobuild.Builder{Root: root}).Build(t.Context(), "lambdas/greet", "arm64")
	require.NoError(t, err)
	require.Equal(t, ".build/functions/linux-arm64/greet.zip", filepath.ToSlash(path))

	archive, err := zip.OpenReader(filepath.Join(root, path))
	require.NoError(t, err)
	defer func() { require.NoError(t, archive.Close()) }()
	require.Len(t, archive.File, 1)
	require.Equal(t, "bootstrap", archive.File[0].Name)
	require.Equal(t, os.FileMode(0o755), archive.File[0].Mode().Perm())

	entry, err := archive.File[0].Open()
	require.NoError(t, err)
	binary := filepath.Join(t.TempDir(), "bootstrap")
	content, err := io.ReadAll(entry)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(binary, content, 0o600))
	program, err := elf.Open(binary)
	require.NoError(t, err)
	require.Equal(t, elf.EM_AARCH64, program.Machine)
	require.Nil(t, program.Section(".debug_info"), "symbols cost cold start and size")
	libraries, err := program.ImportedLibraries()
	require.NoError(t, err)
	require.Empty(t, libraries, "provided.al2023 has no C library to rely on")
}

func TestBuild_ChangesWithTheSourceOnly(t *testing.T) {
	root := newModule(t, "lambdas/greet", "lambdas/part")
	build := func() (greet, part string) {
		b := &gobuild.Builder{Root: root}
		zips, err := b.BuildAll(t.Context(), "arm64", "lambdas/greet", "lambdas/part")
		require.NoError(t, err)
		return hash(t, filepath.Join(root, zips[0])), hash(t, filepath.Join(root, zips[1]))
	}
	greet, part := build()
	write(t, root, "lambdas/greet/main.go", "package main\n\nfunc main() { println(\"hello\") }\n")
	changed, same := build()
	require.NotEqual(t, greet, changed)
	require.Equal(t, part, same)
}

func TestBuild_RepeatsNothingThatIsThereAlready(t *testing.T) {
	root := newModule(t, "lambdas/greet")
	path, err := (&gobuild.Builder{Root: root}).Build(t.Context(), "lambdas/greet", "arm64")
	require.NoError(t, err)
	before, err := os.Stat(filepath.Join(root, path))
	require.NoError(t, err)
	_, err = (&gobuild.Builder{Root: root}).Build(t.Context(), "lambdas/greet", "arm64")
	require.NoError(t, err)
	after, err := os.Stat(filepath.Join(root, path))
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime())
}

func TestBuild_MakesALostZipAgain(t *testing.T) {
	root := newModule(t, "lambdas/greet")
	path, err := (&gobuild.Builder{Root: root}).Build(t.Context(), "lambdas/greet", "arm64")
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(root, path)))
	_, err = (&gobuild.Builder{Root: root}).Build(t.Context(), "lambdas/greet", "arm64")
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(root, path))
}

func TestBuild_ReportsWhatTheCompilerSays(t *testing.T) {
	root := newModule(t, "lambdas/greet")
	write(t, root, "lambdas/greet/main.go", "package main\n\nfunc main() { helo() }\n")
	_, err := (&gobuild.Builder{Root: root}).Build(t.Context(), "lambdas/greet", "arm64")
	require.ErrorContains(t, err, "building lambdas/greet: the compiler says:")
	require.ErrorContains(t, err, "main.go:3:15: undefined: helo")
}

func TestBuild_RefusesFoldersItCannotTellApartOrFind(t *testing.T) {
	root := newModule(t, "a/greet", "b/greet")
	b := &gobuild.Builder{Root: root}
	_, err := b.BuildAll(t.Context(), "arm64", "a/greet", "b/greet")
	require.ErrorContains(t, err, "want folders with different names")
	_, err = b.Build(t.Context(), "lambdas/lost", "arm64")
	require.ErrorContains(t, err, "want a folder with a Go package main")
}

func TestBuild_StopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := (&gobuild.Builder{Root: newModule(t, "lambdas/greet")}).Build(ctx, "lambdas/greet", "arm64")
	require.ErrorIs(t, err, context.Canceled)
}

func TestSources_ListsFoldersWithAMainPackage(t *testing.T) {
	root := newModule(t, "lambdas/part", "lambdas/greet")
	write(t, root, "lambdas/README.md", "")
	write(t, root, "lambdas/testdata/x.json", "")
	b := &gobuild.Builder{Root: root}
	sources, err := b.Sources("lambdas")
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join("lambdas", "greet"), filepath.Join("lambdas", "part")}, sources)
	_, err = b.Sources("functions")
	require.ErrorContains(t, err, "listing functions in functions")
}
