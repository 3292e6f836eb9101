package conformance

import (
	"go/ast"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/serverless-shop/serverless-shop/tools/install/internal/awstypes"
	"github.com/serverless-shop/serverless-shop/tools/install/internal/subset"
)

// The hand-written table must name types that exist on both sides.
func TestTableNamesExist(t *testing.T) {
	c := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", subset.Upstream)
	c.Dir = filepath.Join(root(t), "tools", "pulumi-resource-aws")
	out, err := c.Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Fatalf("the provider's source is not in the module cache (%v); run `go mod download %s` in %s", err, subset.Upstream, c.Dir)
	}
	index, err := subset.Index(dir)
	if err != nil {
		t.Fatal(err)
	}
	table, err := awstypes.Table()
	if err != nil {
		t.Fatal(err)
	}
	sdk := &comparer{dir: sdkDir(t), packages: map[string]map[string]ast.Expr{}}
	for name, ty := range table {
		kind := subset.Resource
		if ty.Kind == awstypes.Function {
			kind = subset.DataSource
		}
		if index[subset.Type{Kind: kind, Name: ty.Terraform}] == "" {
			t.Errorf("%s: the provider has no %s %s", name, kind, ty.Terraform)
		}
		types, last, err := sdk.locate(ty.Token())
		if err != nil {
			t.Fatal(err)
		}
		function := strings.TrimPrefix(last, "get")
		if ty.Kind == awstypes.Resource && types[last+"Args"] == nil ||
			ty.Kind == awstypes.Function && types["Get"+function+"Result"] == nil && types["Lookup"+function+"Result"] == nil {
			t.Errorf("the SDK has no %s", ty.Token())
		}
	}
}
