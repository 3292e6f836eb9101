package reference_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/internal/reference"
)

var update = flag.Bool("update", false, "write the pages instead of comparing with them")

const (
	root         = "../.."
	componentDir = root + "/docs/reference/components"
	policiesFile = root + "/docs/reference/policies.md"
)

// TestReference_LinksLead follows every link between the pages, to its heading.
func TestReference_LinksLead(t *testing.T) {
	code, link := regexp.MustCompile("(?s)```.*?```"), regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`)
	files, err := filepath.Glob(componentDir + "/*")
	require.NoError(t, err)
	for _, file := range append(files, policiesFile) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range link.FindAllStringSubmatch(code.ReplaceAllString(string(text), ""), -1) {
			target, err := os.ReadFile(filepath.Join(filepath.Dir(file), found[1]))
			require.NoError(t, err, "%s: %s", file, found[0])
			if heading := strings.TrimPrefix(found[2], "#"); heading != "" {
				require.Regexp(t, `(?im)^#+ `+heading+`$`, string(target), "%s: %s", file, found[0])
			}
		}
	}
}

func TestReference_WantsAnExampleOfEveryComponent(t *testing.T) {
	_, err := reference.Components("testdata")
	require.ErrorContains(t, err, "component Plain has no example: want a function ExampleNewPlain")
}

func TestReference_IsCurrent(t *testing.T) {
	pages, err := reference.Components(root)
	require.NoError(t, err)
	policies, err := reference.Policies(root)
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.RemoveAll(componentDir))
		require.NoError(t, os.MkdirAll(componentDir, 0o755))
		for name, text := range pages {
			require.NoError(t, os.WriteFile(filepath.Join(componentDir, name), []byte(text), 0o600))
		}
		require.NoError(t, os.WriteFile(policiesFile, []byte(policies), 0o600))
	}
	const refresh = "refresh with: go test ./internal/reference -update"
	current := map[string]string{}
	files, err := filepath.Glob(componentDir + "/*")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		current[filepath.Base(file)] = string(text)
	}
	require.ElementsMatch(t, reference.Names(pages), reference.Names(current), refresh)
	for name, want := range pages {
		require.Equal(t, want, current[name], "%s: %s", name, refresh)
	}
	text, err := os.ReadFile(policiesFile)
	require.NoError(t, err)
	require.Equal(t, policies, string(text), refresh)
}
