package conformance

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/serverless-shop/serverless-shop/tools/install/internal/awstypes"
	"github.com/serverless-shop/serverless-shop/tools/install/internal/report"
	"github.com/serverless-shop/serverless-shop/tools/install/internal/toolchain"
)

var update = flag.Bool("update", false, "rewrite the list of fields that only the SDK has")

const (
	allowList = "sdkonly.txt"
	header    = `# Fields that the Go SDK has and the AWS plugin built from source lacks, because the provider in it is older, and fields
# that only the SDK allows to be left out. A program that makes use of one works with the official plugin only.
# Refresh: cd tools/install && go test ./internal/conformance -update
`
)

// build says how to get what the tests look at.
const build = "build the plugin from source: cd tools/install && SHOP_TOOLS=source go run . -only aws"

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func schema(t *testing.T) *Schema {
	t.Helper()
	i, err := toolchain.New(root(t), report.New(os.Stderr, false))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Load(i.SchemaFile())
	if err != nil {
		t.Fatalf("%v\nThe conformance test needs the plugin's schema; %s", err, build)
	}
	return s
}

// sdkDir is where the module cache holds the SDK that the program is compiled against.
func sdkDir(t *testing.T) string {
	t.Helper()
	c := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", strings.TrimSuffix(awstypes.SDK, "/go/aws"))
	c.Dir = root(t)
	out, err := c.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) == "" {
		t.Fatalf("the SDK is not in the module cache (%v: %s); run `go mod download` in %s", err, out, c.Dir)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "go", "aws")
}

func TestPluginConformsToTheSDK(t *testing.T) {
	s := schema(t)
	differences, err := Compare(s, sdkDir(t))
	if err != nil {
		t.Fatal(err)
	}
	var only []string
	for _, d := range differences {
		if d.SDKOnly {
			only = append(only, d.Text)
		} else {
			t.Errorf("%s: correct it in tools/pulumi-resource-aws/overrides.go", d.Text)
		}
	}
	if *update {
		if err := os.WriteFile(allowList, []byte(header+strings.Join(only, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(allowList)
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			listed = append(listed, line)
		}
	}
	for _, f := range only {
		if !slices.Contains(listed, f) {
			t.Errorf("%s is in the SDK and not in the plugin; if that is so, list it in %s", f, allowList)
		}
	}
	for _, f := range listed {
		tok, _, _ := strings.Cut(f, " ")
		_, r := s.Resources[tok]
		_, fn := s.Functions[tok]
		_, ty := s.Types[tok]
		if (r || fn || ty) && !slices.Contains(only, f) {
			t.Errorf("%s lists %s, which the plugin has", allowList, f)
		}
	}
}

// The schema that the other test compares must be that of the current list.
func TestSchemaHasEveryListedType(t *testing.T) {
	s := schema(t)
	list, err := os.ReadFile(filepath.Join(root(t), toolchain.TypesFile))
	if err != nil {
		t.Fatal(err)
	}
	types, err := awstypes.Parse(list)
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, ty := range types {
		_, r := s.Resources[ty.Token()]
		_, f := s.Functions[ty.Token()]
		if !r && !f {
			missing = append(missing, ty.String())
		}
	}
	if len(missing) > 0 {
		t.Errorf("the installed plugin is older than %s and lacks %s; %s", toolchain.TypesFile, strings.Join(missing, ", "), build)
	}
}
