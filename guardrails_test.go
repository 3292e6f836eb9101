package main

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/policies/guardrails"
)

// controlsFile shows what became of every rule in every stack.
const controlsFile = "docs/reference/controls.md"

const controlsIntro = `# Security controls

Made by ` + "`go test . -run Guardrails -update`" + `, and checked to be current by the same test. Every resource of every stack must pass these rules:
the controls of the [AWS Foundational Security Best Practices](https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html)
for the services that the shop uses or has components for, a few more of AWS Security Hub, and the shop's own. ` + "`pulumi preview`" + ` and
` + "`pulumi up`" + ` stop at a resource that breaks one (see [decision 3](../decisions/0003-guardrails.md)). The numbers count resources; – means that the stack has
none that the rule is about.

`

// judgeShop applies the guardrails to everything that a stack registers, with its own waivers.
func judgeShop(t *testing.T, stackName string) guardrails.Outcome {
	t.Helper()
	program, _, err := runShop(t, stackName, nil)
	require.NoError(t, err)
	s := &guardrails.Stack{Name: stackName, Project: "shop"}
	s.Config, s.SecretKeys = engineConfiguration(t, stackName)
	for _, r := range program.Resources {
		judged := guardrails.Resource{Type: r.Type, Name: r.Name, Inputs: r.Inputs}
		for _, d := range r.Dependencies {
			urn := resource.URN(d)
			judged.Dependencies = append(judged.Dependencies, guardrails.Reference{Type: string(urn.Type()), Name: urn.Name()})
		}
		s.Resources = append(s.Resources, judged)
	}
	rules := guardrails.Rules()
	waivers, err := guardrails.ParseWaivers(s.Config["shop:waivers"], rules)
	require.NoError(t, err)
	return guardrails.Judge(rules, s, waivers, time.Now())
}

// engineConfiguration is a stack's configuration as the engine writes it: values that are no text as JSON.
func engineConfiguration(t *testing.T, stackName string) (config map[string]string, secrets []string) {
	t.Helper()
	var own struct{ Config map[string]any }
	readYAML(t, "Pulumi."+stackName+".yaml", &own)
	config = configuration(t, stackName)
	for key, value := range own.Config {
		switch v := value.(type) {
		case string:
		case map[string]any:
			if _, encrypted := v["secure"]; encrypted {
				secrets = append(secrets, key)
			}
			config[key] = encodeJSON(t, v)
		default:
			config[key] = encodeJSON(t, v)
		}
	}
	return config, secrets
}

func encodeJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

// TestShop_Guardrails judges all stacks and keeps the report of it current.
func TestShop_Guardrails(t *testing.T) {
	var outcomes []guardrails.Outcome
	for _, name := range stacks {
		outcome := judgeShop(t, name)
		require.Empty(t, strings.Join(outcome.Errors(), "\n"), "stack %s", name)
		for _, j := range outcome.Judgements {
			require.False(t, j.Undecided, "%s on %s: every value is known in tests", j.Rule.ID, j.Resource.Name)
		}
		outcomes = append(outcomes, outcome)
	}
	report := controlsIntro + guardrails.Report(guardrails.Rules(), outcomes...)
	if *update {
		require.NoError(t, os.WriteFile(controlsFile, []byte(report), 0o600))
	}
	current, err := os.ReadFile(controlsFile)
	require.NoError(t, err)
	require.Equal(t, string(current), report, "refresh with: go test . -run Guardrails -update")
}

// TestShop_GuardrailsHaveFewWaiversInProd keeps waivers in prod a decision: each new one shows here, in review.
func TestShop_GuardrailsHaveFewWaiversInProd(t *testing.T) {
	waived := map[string]bool{}
	for _, j := range judgeShop(t, "prod").Judgements {
		if j.Waiver != nil {
			waived[j.Rule.ID] = true
		}
	}
	require.Equal(t, []string{
		"APIGateway.8", "CloudFront.15", "CloudFront.4", "CloudFront.5", "CloudFront.6", "CloudFront.7", "Cognito.1", "Cognito.3", "Cognito.4", "EventBridge.3", "S3.9", "SecretsManager.1",
	}, slices.Sorted(maps.Keys(waived)))
}
