package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/serverless-shop/serverless-shop/components/gobuild"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/stack"
)

var update = flag.Bool("update", false, "write the snapshots of testdata instead of comparing with them")

var stacks = []string{"local", "dev", "prod"}

const functionType = "aws:lambda/function:Function"

// fakeBuilder knows the real functions but hands out an empty package instead of compiling them.
type fakeBuilder struct {
	gobuild.Builder
	zip      string
	platform string
}

func (b *fakeBuilder) Build(context.Context, string, string) (string, error) { return b.zip, nil }

func (b *fakeBuilder) BuildAll(_ context.Context, arch string, _ ...string) ([]string, error) {
	b.platform += "/" + arch
	return nil, nil
}

// runShop registers the whole shop as a stack's configuration asks, with changes to it, in a folder where the storefront is
// built. The platform is what functions were compiled for, such as linux/arm64.
func runShop(tb testing.TB, stackName string, changes map[string]string) (program *mocks.Program, platform string, err error) {
	tb.Helper()
	root, err := os.Getwd()
	require.NoError(tb, err)
	config := configuration(tb, stackName)
	maps.Copy(config, changes)

	dir := tb.TempDir()
	require.NoError(tb, os.MkdirAll(filepath.Join(dir, "web/dist/assets"), 0o755))
	for _, file := range []string{"function.zip", "web/dist/index.html", "web/dist/assets/app.js"} {
		require.NoError(tb, os.WriteFile(filepath.Join(dir, file), nil, 0o600))
	}
	require.NoError(tb, os.Symlink(filepath.Join(root, "stack"), filepath.Join(dir, "stack"))) // with the workflow's definition
	require.NoError(tb, os.Chdir(dir))
	defer func() { require.NoError(tb, os.Chdir(root)) }()

	builder := &fakeBuilder{Builder: gobuild.Builder{Root: root}, zip: "function.zip"}
	program, err = mocks.RunStack(func(ctx *pulumi.Context) error {
		return shop(ctx, func(os string) stack.Builder {
			builder.platform = os
			return builder
		})
	}, stackName, config)
	return program, builder.platform, err
}

// configuration is what the engine gives the program: the defaults of Pulumi.yaml, and over them the stack's own file.
func configuration(tb testing.TB, stackName string) map[string]string {
	tb.Helper()
	var project struct {
		Config map[string]struct{ Default any }
	}
	readYAML(tb, "Pulumi.yaml", &project)
	var own struct{ Config map[string]any }
	readYAML(tb, "Pulumi."+stackName+".yaml", &own)
	config := map[string]string{}
	for key, schema := range project.Config {
		config["shop:"+key] = configured(tb, schema.Default)
	}
	for key, value := range own.Config {
		if strings.HasPrefix(key, "shop:") {
			_, described := project.Config[strings.TrimPrefix(key, "shop:")]
			require.True(tb, described, "Pulumi.%s.yaml sets %s, which Pulumi.yaml does not describe", stackName, key)
		}
		config[key] = configured(tb, value)
	}
	return config
}

// configured is a value as the engine hands it to the program: lists and objects as JSON.
func configured(tb testing.TB, value any) string {
	tb.Helper()
	switch value.(type) {
	case []any, map[string]any:
		text, err := json.Marshal(value)
		require.NoError(tb, err)
		return string(text)
	}
	return fmt.Sprint(value)
}

func readYAML(tb testing.TB, file string, into any) {
	tb.Helper()
	text, err := os.ReadFile(file)
	require.NoError(tb, err)
	require.NoError(tb, yaml.Unmarshal(text, into))
}

// everything changes stack prod so that it has all functions there are, the simulated third parties' too.
var everything = map[string]string{"shop:thirdParties": "simulated", "shop:paymentsUrl": "", "shop:carrierUrl": ""}

// TestShop_Snapshots shows in review what a change does to each stack. Refresh with: go test . -update
func TestShop_Snapshots(t *testing.T) {
	for _, name := range stacks {
		t.Run(name, func(t *testing.T) {
			program, _, err := runShop(t, name, map[string]string{"shop:architecture": "arm64"})
			require.NoError(t, err)
			var lines []string
			for _, r := range program.Resources {
				if strings.HasPrefix(r.Type, "pulumi:") {
					continue
				}
				inputs, err := json.Marshal(readable(r.Inputs))
				require.NoError(t, err)
				lines = append(lines, fmt.Sprintf("%s %s %s", r.Type, r.Name, inputs))
			}
			slices.Sort(lines)
			got := strings.Join(lines, "\n") + "\n"
			file := filepath.Join("testdata", name+".snapshot")
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			known := strings.Split(strings.TrimSpace(string(want)), "\n")
			for _, line := range lines {
				require.Contains(t, known, line, "new or changed; refresh with: go test . -update")
			}
			require.Len(t, known, len(lines), "resources are gone; refresh with: go test . -update")
		})
	}
}

// readable replaces assets, which have paths and hashes, by their kind, and generated secrets, which are different each time.
func readable(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, item := range v {
			out[key] = readable(item)
			if key == "secretString" {
				out[key] = "secret"
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = readable(item)
		}
		return out
	case *resource.Archive:
		return "archive"
	case *resource.Asset:
		return "asset"
	}
	return value
}

func TestShop_CompilesFunctionsForWhatRunsThem(t *testing.T) {
	for name, want := range map[string]string{"prod": "linux/arm64", "dev": "linux/arm64", "local": runtime.GOOS + "/" + runtime.GOARCH} {
		_, platform, err := runShop(t, name, nil)
		require.NoError(t, err)
		require.Equal(t, want, platform, name)
	}
}

// TestShop_FunctionsFindWhatTheStackGivesThem holds the two sides together: the stack and the functions never import
// each other, they meet in names of folders and environment variables.
// What happens is published from the tables' streams. Whatever is given up there is found by others only if a person sees to it within a day.
func TestShop_OutlastsOutagesOfMessaging(t *testing.T) {
	program, _, err := runShop(t, "prod", everything)
	require.NoError(t, err)
	streams := 0
	for _, mapping := range program.OfType("aws:lambda/eventSourceMapping:EventSourceMapping") {
		if mapping.Inputs["startingPosition"] == nil {
			continue // a queue, whose messages come again after a while
		}
		streams++
		require.GreaterOrEqual(t, mapping.Inputs["maximumRetryAttempts"], 300.0, mapping.Name)
		require.Equal(t, true, mapping.Inputs["bisectBatchOnFunctionError"], "%s: a bad change is given up alone", mapping.Name)
	}
	require.Equal(t, 7, streams)
}

func TestShop_FunctionsFindWhatTheStackGivesThem(t *testing.T) {
	program, _, err := runShop(t, "prod", everything)
	require.NoError(t, err)
	given := map[string][]string{}
	for _, f := range program.OfType(functionType) {
		variables := f.Inputs["environment"].(map[string]any)["variables"].(map[string]any)
		given[f.Name] = slices.Sorted(maps.Keys(variables))
	}
	sources, err := (&gobuild.Builder{}).Sources("lambdas")
	require.NoError(t, err)
	used := map[string][]string{}
	for _, source := range sources {
		// What every function reads, inside package handler.
		used[filepath.Base(source)] = append(variablesIn(t, filepath.Join(source, "main.go")), "LOG_LEVEL", "SHOP_STACK")
		slices.Sort(used[filepath.Base(source)])
	}
	require.Equal(t, used, given)
}

// variablesIn lists the names that a function's main passes to env.Get and secret.New.
func variablesIn(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	var names []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		receiver, _ := method.X.(*ast.Ident)
		if receiver != nil && (receiver.Name+"."+method.Sel.Name == "env.Get" || receiver.Name+"."+method.Sel.Name == "secret.New") {
			name, err := strconv.Unquote(call.Args[len(call.Args)-1].(*ast.BasicLit).Value)
			require.NoError(t, err)
			names = append(names, name)
		}
		return true
	})
	return names
}

func TestShop_ProtectsDataInProd(t *testing.T) {
	program, _, err := runShop(t, "prod", nil)
	require.NoError(t, err)
	for _, table := range program.OfType("aws:dynamodb/table:Table") {
		require.Equal(t, true, table.Inputs["deletionProtectionEnabled"], table.Name)
		require.Equal(t, map[string]any{"enabled": true}, table.Inputs["pointInTimeRecovery"], table.Name)
	}
	require.Equal(t, "ACTIVE", program.Get(t, "aws:cognito/userPool:UserPool", "accounts").Inputs["deletionProtection"])
	require.Equal(t, false, program.Get(t, "aws:s3/bucketV2:BucketV2", "media").Inputs["forceDestroy"])
	require.NotContains(t, program.Get(t, "aws:cognito/userPoolClient:UserPoolClient", "accounts-client").Inputs["explicitAuthFlows"],
		"ALLOW_USER_PASSWORD_AUTH", "only an emulator needs it")
}

func TestShop_RefusesWrongSettingsBeforeAnythingIsCreated(t *testing.T) {
	for key, test := range map[string]struct{ value, want string }{
		"alarmEmails":         {`["Operations"]`, `config shop:alarmEmails = ["Operations"]: want a list of e-mail addresses`},
		"alarms":              {"x", `config shop:alarms = "x": want true or false`},
		"apiEndpoint":         {"http://x/y/", `config shop:apiEndpoint = "http://x/y/": want an address such as https://api.example.com/v1, without a trailing slash`},
		"architecture":        {"mips", `config shop:architecture = "mips": want arm64, x86_64 or host`},
		"backorderMinutes":    {"0", `config shop:backorderMinutes = "0": want a whole number, 1–86400`},
		"carrierUrl":          {"http://carrier.example", `config shop:carrierUrl = "http://carrier.example": want the encrypted address of the third party's API`},
		"cognitoEndpoint":     {"localhost", `config shop:cognitoEndpoint = "localhost": want an address such as https://shop.example.com`},
		"deletionProtection":  {"maybe", `config shop:deletionProtection = "maybe": want true or false`},
		"logLevel":            {"loud", `config shop:logLevel = "loud": want debug, info, warn or error`},
		"logRetentionDays":    {"0", `config shop:logRetentionDays = "0": want a whole number, 1–3653`},
		"mfa":                 {"sometimes", `config shop:mfa = "sometimes": want off, optional or required`},
		"monthlyBudget":       {"-1", `config shop:monthlyBudget = "-1": want a whole number, 0–1000000`},
		"passwordAuth":        {"1x", `config shop:passwordAuth = "1x": want true or false`},
		"paymentsUrl":         {"", `config shop:paymentsUrl = "": want the encrypted address of the third party's API`},
		"pointInTimeRecovery": {"", `config shop:pointInTimeRecovery = "": want true or false`},
		"requestsPerSecond":   {"many", `config shop:requestsPerSecond = "many": want a whole number, 1–10000`},
		"thirdParties":        {"simulated", `config shop:paymentsUrl = "https://api.payments.example/v1": want nothing, since thirdParties is simulated`},
		"threatProtection":    {"perhaps", `config shop:threatProtection = "perhaps": want true or false`},
		"siteUrl":             {"https://shop.example.com/", `config shop:siteUrl = "https://shop.example.com/": want an address such as`},
	} {
		program, _, err := runShop(t, "prod", map[string]string{"shop:" + key: test.value})
		require.ErrorContains(t, err, test.want)
		require.Empty(t, program.OfType(functionType))
	}
	_, _, err := runShop(t, "prod", map[string]string{"shop:authDomain": "nordlicht", "shop:mfa": "x"})
	require.ErrorContains(t, err, "config shop:siteUrl = : want the shop's address", "all problems at once")
	require.ErrorContains(t, err, "config shop:mfa")
}

func TestShop_RefusesARetentionThatCloudWatchLogsDoesNotKnow(t *testing.T) {
	_, _, err := runShop(t, "prod", map[string]string{"shop:logRetentionDays": "2"})
	require.ErrorContains(t, err, "LogRetentionDays = 2, want one of [1 3 5 7 14 30")
}

func BenchmarkShop_RegisterProd(b *testing.B) {
	for b.Loop() {
		_, _, err := runShop(b, "prod", nil)
		require.NoError(b, err)
	}
}
