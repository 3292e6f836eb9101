package main

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/internal/leastprivilege"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

// permissionsFile is the proof's report.
const permissionsFile = "docs/reference/permissions.md"

const permissionsIntro = `# What each function may do

Made by ` + "`go test . -run LeastPrivilege -update`" + `, and checked to be current by the same test. It follows each function's code to the AWS
operations that it can reach, and holds the IAM actions they need against what the function's role grants in stack prod: a
grant too many fails the test, and so does one too few. Writing its own log and sending its traces, which every function
may do, is left out. Resources are shown as the tests' stand-in for AWS names them.

`

// TestShop_LeastPrivilege proves that every function may do exactly what its code can do.
func TestShop_LeastPrivilege(t *testing.T) {
	program, _, err := runShop(t, "prod", everything)
	require.NoError(t, err)
	resources := grantedBy(t, program)
	granted := map[string][]string{}
	for function, actions := range resources {
		granted[function] = slices.Sorted(maps.Keys(actions))
	}
	used, err := leastprivilege.Reachable(".", "./lambdas/...")
	require.NoError(t, err)
	require.Empty(t, leastprivilege.Compare(granted, used))

	report := permissionsIntro + leastprivilege.Report(resources, used)
	if *update {
		require.NoError(t, os.MkdirAll("docs/reference", 0o755))
		require.NoError(t, os.WriteFile(permissionsFile, []byte(report), 0o600))
	}
	current, err := os.ReadFile(permissionsFile)
	require.NoError(t, err)
	require.Equal(t, string(current), report, "refresh with: go test . -run LeastPrivilege -update")
}

// grantedBy reads every function's role: function → action → resources.
func grantedBy(t *testing.T, program *mocks.Program) map[string]map[string][]string {
	t.Helper()
	granted := map[string]map[string][]string{}
	for _, f := range program.OfType(functionType) {
		role := program.Get(t, "aws:iam/rolePolicy:RolePolicy", f.Name+"-policy").Inputs["role"]
		actions := map[string][]string{}
		for _, r := range program.OfType("aws:iam/rolePolicy:RolePolicy") {
			// Other policies of a function's role are for Lambda itself, which reads the function's events with them.
			if r.Inputs["role"] != role || !strings.HasSuffix(r.Name, "-policy") {
				continue
			}
			var document struct {
				Statement []struct{ Action, Resource []string }
			}
			require.NoError(t, json.Unmarshal([]byte(r.Inputs["policy"].(string)), &document))
			for _, s := range document.Statement {
				for _, a := range s.Action {
					actions[a] = append(actions[a], s.Resource...)
					slices.Sort(actions[a])
				}
			}
		}
		granted[f.Name] = actions
	}
	attachments := program.OfType("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
	require.Empty(t, attachments, "a managed policy would grant more than the test sees")
	return granted
}

func TestShop_NoWildcardsInRoles(t *testing.T) {
	for _, name := range stacks {
		program, _, err := runShop(t, name, nil)
		require.NoError(t, err)
		for function, actions := range grantedBy(t, program) {
			for action, on := range actions {
				require.NotContains(t, action, "*", function)
				if slices.Contains(on, "*") {
					require.True(t, policies.Unscoped(action), "%s: %s on every resource", function, action)
				}
			}
		}
	}
}
