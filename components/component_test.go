package components_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
)

// fakeBuilder hands out a ready-made package instead of compiling one, and remembers what it was asked for.
type fakeBuilder struct {
	zip string

	mu    sync.Mutex
	asked []string
}

func newBuilder(tb testing.TB) *fakeBuilder {
	tb.Helper()
	return newBuilderOfSize(tb, 22)
}

func newBuilderOfSize(tb testing.TB, bytes int64) *fakeBuilder {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "function.zip")
	require.NoError(tb, os.WriteFile(path, nil, 0o600))
	require.NoError(tb, os.Truncate(path, bytes))
	return &fakeBuilder{zip: path}
}

func (b *fakeBuilder) Build(_ context.Context, source, arch string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, source+" "+arch)
	return b.zip, nil
}

// newFunction makes a function where a test needs one but is not about it.
func newFunction(tb testing.TB, ctx *pulumi.Context, name string) *components.Function {
	tb.Helper()
	f, err := components.NewFunction(ctx, name, &components.FunctionArgs{Source: "lambdas/" + name, Builder: newBuilder(tb)})
	require.NoError(tb, err)
	return f
}

// refused runs a constructor that must fail during preview, before it registers anything, with an error that has all
// of the texts.
func refused(t *testing.T, create func(*pulumi.Context) error, texts ...string) {
	t.Helper()
	recorded, err := mocks.Run(create, nil)
	require.Error(t, err)
	for _, text := range texts {
		require.ErrorContains(t, err, text)
	}
	for _, r := range recorded.Resources {
		require.NotContains(t, r.Type, "aws:", "nothing may be created with wrong arguments")
	}
}

// in digs a value out of nested inputs: in(inputs, "rules", 0, "id").
func in(tb testing.TB, value any, path ...any) any {
	tb.Helper()
	for _, step := range path {
		switch s := step.(type) {
		case string:
			object, ok := value.(map[string]any)
			require.True(tb, ok, "%v has no field %q", value, s)
			value = object[s]
		case int:
			list, ok := value.([]any)
			require.True(tb, ok && s < len(list), "%v has no item %d", value, s)
			value = list[s]
		default:
			require.Fail(tb, fmt.Sprintf("path step %v", step))
		}
	}
	return value
}
