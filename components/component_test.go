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

func newBuilder(t testing.TB) *fakeBuilder {
	return newBuilderOfSize(t, 22)
}

func newBuilderOfSize(t testing.TB, bytes int64) *fakeBuilder {
	t.Helper()
	path := filepath.Join(t.TempDir(), "function.zip")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Truncate(path, bytes))
	return &fakeBuilder{zip: path}
}

func (b *fakeBuilder) Build(_ context.Context, source, arch string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, source+" "+arch)
	return b.zip, nil
}

// newFunction makes a function where a test needs one but is not about it.
func newFunction(t testing.TB, ctx *pulumi.Context, name string) *components.Function {
	t.Helper()
	f, err := components.NewFunction(ctx, name, &components.FunctionArgs{Source: "lambdas/" + name, Builder: newBuilder(t)})
	require.NoError(t, err)
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
func in(t testing.TB, value any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch s := step.(type) {
		case string:
			object, ok := value.(map[string]any)
			require.True(t, ok, "%v has no field %q", value, s)
			value = object[s]
		case int:
			list, ok := value.([]any)
			require.True(t, ok && s < len(list), "%v has no item %d", value, s)
			value = list[s]
		default:
			require.Fail(t, fmt.Sprintf("path step %v", step))
		}
	}
	return value
}
