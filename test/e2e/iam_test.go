//go:build e2e

package e2e

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

// allowed is all that each function may do to products and to the user who is signed in; functions that are not here may do nothing of it.
var allowed = map[string][]string{
	"list-products":   {"dynamodb:Query index"},
	"get-product":     {"dynamodb:GetItem"},
	"create-product":  {"dynamodb:UpdateItem"},
	"put-product":     {"dynamodb:UpdateItem"},
	"delete-product":  {"dynamodb:DeleteItem"},
	"project-stock":   {"dynamodb:GetItem", "dynamodb:UpdateItem"},
	"get-me":          {"cognito-idp:AdminGetUser", "cognito-idp:AdminAddUserToGroup"},
	"register-user":   {"cognito-idp:AdminAddUserToGroup"},
	"create-user":     {"cognito-idp:AdminAddUserToGroup"},
	"list-users":      {"cognito-idp:ListUsers"},
	"get-user":        {"cognito-idp:ListUsers"},
	"delete-user":     {"cognito-idp:ListUsers"},
	"set-groups":      {"cognito-idp:ListUsers", "cognito-idp:AdminAddUserToGroup"},
	"put-me":          {"cognito-idp:AdminGetUser"},
	"email-customer":  {"cognito-idp:AdminGetUser"},
	"notify-customer": {"cognito-idp:AdminGetUser"},
}

// A function does what its role allows and nothing else. A probe that runs with the role tries it: whoever takes over
// a function gets no further than the function itself.
func TestIAM_FunctionsCanDoNothingButTheirTask(t *testing.T) {
	requireNothingWritten(t)
	client := lambda.NewFromConfig(shop.aws("test", "test"))
	functions := map[string]types.FunctionConfiguration{}
	pages := lambda.NewListFunctionsPaginator(client, &lambda.ListFunctionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, f := range page.Functions {
			// Physical names are the function's own and a random ending.
			if name := aws.ToString(f.FunctionName); !strings.HasPrefix(name, e2ePrefix) {
				functions[name[:strings.LastIndex(name, "-")]] = f
			}
		}
	}
	for name := range allowed {
		require.Contains(t, functions, name)
	}
	code := probe(t)
	for name := range functions {
		may := allowed[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results := tryAs(t, client, run+"-"+name, functions[name], code)
			require.True(t, strings.HasPrefix(results["key"], "ASIA"), "the function has a role's credentials: %s", results["key"])
			delete(results, "key")
			var done []string
			for action, code := range results {
				switch code {
				case "", "ConditionalCheckFailedException", "UserNotFoundException":
					done = append(done, action)
				default:
					require.Regexp(t, "^AccessDenied", code, action)
				}
			}
			require.ElementsMatch(t, may, done)
		})
	}
}

// tryAs deploys the probe with a function's role and returns what it could do.
func tryAs(t *testing.T, client *lambda.Client, name string, of types.FunctionConfiguration, code []byte) map[string]string {
	t.Helper()
	_, err := client.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: &name, Role: of.Role, Runtime: of.Runtime, Architectures: of.Architectures, Handler: aws.String("bootstrap"),
		Timeout: aws.Int32(60), Code: &types.FunctionCode{ZipFile: code},
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := client.DeleteFunction(context.Background(), &lambda.DeleteFunctionInput{FunctionName: &name})
		require.NoError(t, err)
	})
	payload, err := json.Marshal(map[string]string{"Table": shop.table, "UserPool": shop.config.UserPoolID, "User": shop.customer.email})
	require.NoError(t, err)
	out, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, Payload: payload})
	require.NoError(t, err)
	require.Empty(t, aws.ToString(out.FunctionError), "%s", out.Payload)
	var results map[string]string
	require.NoError(t, json.Unmarshal(out.Payload, &results), "%s", out.Payload)
	return results
}

// probe compiles the probe for this machine, on which local functions run, and packs it.
func probe(t *testing.T) []byte {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", binary, "./testdata/probe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
	data, err := os.ReadFile(binary)
	require.NoError(t, err)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	w, err := z.CreateHeader(header)
	require.NoError(t, err)
	_, err = w.Write(data)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return out.Bytes()
}
