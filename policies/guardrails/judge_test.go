package guardrails_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/policies/guardrails"
)

// tables is a rule that every table must be called by its number.
var tables = []guardrails.Rule{{
	ID: "Test.1", Title: "Tables have a number", Why: "They are many.", Source: "the shop", Severity: guardrails.Low, Types: []string{table},
	Check: func(v *guardrails.Verdict, r guardrails.Resource, _ *guardrails.Stack) {
		v.IsSet(r.At("number"), "a number")
	},
}}

func judged(tb testing.TB, waivers string, resources ...guardrails.Resource) guardrails.Outcome {
	tb.Helper()
	parsed, err := guardrails.ParseWaivers(waivers, tables)
	require.NoError(tb, err)
	return guardrails.Judge(tables, &guardrails.Stack{Name: "prod", Project: "shop", Resources: resources}, parsed, now)
}

func TestJudge_TellsResourceRuleReasonAndTheWayOut(t *testing.T) {
	require.Equal(t, []string{`thing (aws:dynamodb/table:Table) breaks Test.1: number is not set, want a number
    rule: Tables have a number
    why:  They are many.
    Change the resource, or waive the rule in Pulumi.prod.yaml under shop:waivers with
    - {rule: Test.1, resource: thing, reason: "why it is right here"}`}, judged(t, "", res(table, nil)).Errors())
	require.Empty(t, judged(t, "", res(table, inputs{"number": 1.0}), res(bucket, nil)).Errors())
}

func TestJudge_Waivers(t *testing.T) {
	orders, products := guardrails.Resource{Type: table, Name: "orders"}, guardrails.Resource{Type: table, Name: "products"}
	for name, test := range map[string]struct {
		waivers string
		want    []string
	}{
		"one resource": {`[{"rule": "Test.1", "resource": "orders", "reason": "r"}, {"rule": "Test.1", "resource": "products", "reason": "r"}]`, nil},
		"a pattern":    {`[{"rule": "Test.1", "resource": "*", "reason": "r"}]`, nil},
		"the last day": {`[{"rule": "Test.1", "resource": "*", "reason": "r", "until": "2026-12-01"}]`, nil},
		"twice": {`[{"rule": "Test.1", "resource": "*", "reason": "r"}, {"rule": "Test.1", "resource": "orders", "reason": "other"}]`,
			[]string{"waiver of Test.1 for orders is not needed: another one before it covers the same; remove one of them"}},
		"the wider one later": {`[{"rule": "Test.1", "resource": "orders", "reason": "r"}, {"rule": "Test.1", "resource": "*", "reason": "other"}]`, nil},
		"of another thing": {`[{"rule": "Test.1", "resource": "*", "reason": "r"}, {"rule": "Test.1", "resource": "users", "reason": "r"}]`,
			[]string{"waiver of Test.1 for users is not needed: no such resource breaks the rule; remove it"}},
	} {
		require.Equal(t, test.want, judged(t, test.waivers, orders, products).Errors(), name)
	}
	require.Len(t, judged(t, `[{"rule": "Test.1", "resource": "orders", "reason": "r"}]`, orders, products).Errors(), 1, "the other table")

	expired := judged(t, `[{"rule": "Test.1", "resource": "orders", "reason": "r", "until": "2026-11-30"}]`, orders).Errors()
	require.Len(t, expired, 2)
	require.Contains(t, expired[0], "orders (aws:dynamodb/table:Table) breaks Test.1")
	require.Equal(t, "waiver of Test.1 for orders has expired on 2026-11-30: fix the resource, or decide anew", expired[1])

	fixed := guardrails.Resource{Type: table, Name: "orders", Inputs: inputs{"number": 1.0}}
	require.Equal(t, []string{"waiver of Test.1 for orders is not needed: no such resource breaks the rule; remove it"},
		judged(t, `[{"rule": "Test.1", "resource": "orders", "reason": "r"}]`, fixed).Errors())
}

func TestParseWaivers_RefusesWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		`{`:                                   "waivers: unexpected EOF; want a list such as [{rule: DynamoDB.2",
		`[{"rules": "Test.1"}]`:               `waivers: json: unknown field "rules"`,
		`[{"resource": "x", "reason": "r"}]`:  `waivers[0].rule = "": want a rule's ID, see docs/reference/controls.md`,
		`[{"rule": "Test.1", "reason": "r"}]`: `waivers[0].resource = "": want the logical name of a resource`,
		`[{"rule": "Test.1", "resource": "[", "reason": "r"}]`:                                                    `waivers[0].resource = "[": want the logical name`,
		`[{"rule": "Test.1", "resource": "x", "reason": " "}]`:                                                    `waivers[0].reason = " ": want why breaking the rule is right here`,
		`[{"rule": "Test.1", "resource": "x", "reason": "r", "until": "soon"}]`:                                   `waivers[0].until = "soon": want a day such as 2027-01-31`,
		`[{"rule": "Test.1", "resource": "x", "reason": "r"}, {"rule": "Test.2", "resource": "x", "reason": ""}]`: "waivers[1].rule = \"Test.2\": want a rule's ID, see docs/reference/controls.md\nwaivers[1].reason",
	} {
		_, err := guardrails.ParseWaivers(text, tables)
		require.ErrorContains(t, err, want, text)
	}
	for _, none := range []string{"", " ", "[]"} {
		waivers, err := guardrails.ParseWaivers(none, tables)
		require.NoError(t, err)
		require.Empty(t, waivers)
	}
}

func TestTheStackItself(t *testing.T) {
	judge := func(config map[string]string, secrets ...string) []string {
		s := &guardrails.Stack{Name: "dev", Project: "shop", Config: config, SecretKeys: secrets}
		return guardrails.Judge(guardrails.Rules(), s, nil, time.Now()).Errors()
	}
	tags := `{"tags": {"project": "shop", "stack": "dev"}}`
	require.Empty(t, judge(map[string]string{"aws:defaultTags": tags, "shop:logLevel": "info", "shop:stripeKeyArn": ""}))
	require.Empty(t, judge(map[string]string{"aws:defaultTags": tags, "aws:secretKey": "x"}, "aws:secretKey"), "encrypted")

	found := judge(map[string]string{"aws:defaultTags": tags, "aws:secretKey": "x"})
	require.Len(t, found, 1)
	require.Contains(t, found[0], "shop-dev (pulumi:pulumi:Stack) breaks Shop.Secrets: aws:secretKey looks like a secret (by its name)")

	require.Contains(t, judge(nil)[0], "breaks Shop.Tags: aws:defaultTags.tags.project is not set")
	require.Contains(t, judge(map[string]string{"aws:defaultTags": `{"tags": {"project": "shop", "stack": "prod"}}`})[0],
		`aws:defaultTags.tags.stack = "prod", want "dev"`)
}

func TestReport(t *testing.T) {
	good := guardrails.Resource{Type: table, Name: "good", Inputs: inputs{"number": 1.0}}
	bad := guardrails.Resource{Type: table, Name: "bad"}
	later := []guardrails.Rule{tables[0], {
		ID: "KMS.4", Title: "a|b", Why: "c", Source: "AWS Security Hub, NIST SP 800-53 r5", Severity: guardrails.High, Types: []string{table},
		Check: func(v *guardrails.Verdict, r guardrails.Resource, _ *guardrails.Stack) {
			v.Is(r.At("later"), false)
		},
	}}
	bad.Inputs = inputs{"later": guardrails.Unknown{}}
	waivers := []guardrails.Waiver{{Rule: "Test.1", Resource: "bad", Reason: "Because | so", Until: "2027-01-31"}}
	judge := func(name string, waivers []guardrails.Waiver, resources ...guardrails.Resource) guardrails.Outcome {
		return guardrails.Judge(later, &guardrails.Stack{Name: name, Resources: resources}, waivers, now)
	}
	report := guardrails.Report(later, judge("dev", waivers, good, bad, bad), judge("test", waivers, bad), judge("prod", nil, bad), judge("empty", nil))
	require.Contains(t, report, "| control | severity | dev | test | prod | empty | what it asks | why |\n|---|---|---|---|---|---|---|---|\n"+
		"| Test.1 | low | waived 2, passed 1 | waived 1 | VIOLATED 1 | – | Tables have a number | They are many. |\n")
	require.Contains(t, report, `| [KMS.4](https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-4) | high | undecided 2, passed 1 |`)
	require.Contains(t, report, `| a\|b (AWS Security Hub, NIST SP 800-53 r5) | c |`)
	require.Contains(t, report, "| Test.1 | `bad` | dev, test | Because \\| so (until 2027-01-31) |\n")
	require.Contains(t, report, "* AppSync.1: retired on 2026-03-09")
}
