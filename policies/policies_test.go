package policies_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	orders  = pulumi.String("arn:aws:dynamodb:eu-central-1:123456789012:table/orders")
	byDate  = pulumi.String("arn:aws:dynamodb:eu-central-1:123456789012:table/orders/index/by-date")
	uploads = pulumi.String("arn:aws:s3:::media-1a2b3c4/uploads/*")
)

func allow(resource pulumi.StringInput, actions ...string) policies.Grant {
	return policies.Grant{Statements: []policies.Statement{{Actions: actions, Resources: []pulumi.StringInput{resource}}}}
}

// document resolves a policy as a deployment would.
func document(t *testing.T, grants ...policies.Grant) (string, error) {
	t.Helper()
	var text string
	err := deployed(func(ctx *pulumi.Context) {
		ctx.Export("policy", policies.Document(grants...).ApplyT(func(s string) string {
			text = s
			return s
		}))
	})
	return text, err
}

func TestDocument_MergesActionsOnOneResourceAndResourcesWithTheSameActions(t *testing.T) {
	text, err := document(t, allow(orders, "dynamodb:Query"), allow(byDate, "dynamodb:Query"),
		allow(uploads, "s3:PutObject"), allow(uploads, "s3:GetObject"), allow(uploads, "s3:GetObject"))
	require.NoError(t, err)
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["dynamodb:Query"], "Resource": [
			"arn:aws:dynamodb:eu-central-1:123456789012:table/orders",
			"arn:aws:dynamodb:eu-central-1:123456789012:table/orders/index/by-date"]},
		{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::media-1a2b3c4/uploads/*"]}
	]}`, text)
}

// TestDocument_FailsInThePreviewThatDoesNotKnowTheResources: a table that is yet to be made has no ARN.
func TestDocument_FailsInThePreviewThatDoesNotKnowTheResources(t *testing.T) {
	unknown := pulumi.UnsafeUnknownOutput(nil).ApplyT(func(any) string { return "" }).(pulumi.StringOutput)
	text, err := document(t, allow(unknown, "dynamodb:Query"))
	require.NoError(t, err)
	require.Empty(t, text, "nothing is written yet")
	for want, grant := range map[string]policies.Grant{
		"no queue of this kind":           policies.Join(allow(unknown, "dynamodb:Query"), policies.Invalid(errors.New("no queue of this kind"))),
		`policy action "dynamodb:*"`:      allow(unknown, "dynamodb:*"),
		"want at least one of each":       allow(unknown),
		`policy resource "orders"`:        policies.Join(allow(unknown, "dynamodb:Query"), allow(pulumi.String("orders"), "dynamodb:Query")),
		"policy statement with actions [": {Statements: []policies.Statement{{Actions: []string{"dynamodb:Query"}}}},
	} {
		_, err := document(t, grant)
		require.ErrorContains(t, err, want)
	}
}

func TestDocument_IsTheSameForEveryOrderOfTheGrants(t *testing.T) {
	grants := []policies.Grant{
		allow(orders, "dynamodb:Query", "dynamodb:GetItem"), allow(byDate, "dynamodb:Query"), allow(uploads, "s3:GetObject"), policies.Tracing(),
		{Statements: []policies.Statement{{
			Actions: []string{"dynamodb:GetItem"}, Resources: []pulumi.StringInput{orders, byDate},
			Conditions: policies.Conditions{"StringEquals": {"aws:SourceAccount": {"123456789012"}}},
		}}},
	}
	first, err := document(t, grants...)
	require.NoError(t, err)
	for range 20 {
		rand.Shuffle(len(grants), func(i, j int) { grants[i], grants[j] = grants[j], grants[i] })
		again, err := document(t, grants...)
		require.NoError(t, err)
		require.Equal(t, first, again)
	}
}

func TestDocument_KeepsConditionedStatementsApart(t *testing.T) {
	conditioned := allow(orders, "dynamodb:GetItem")
	conditioned.Statements[0].Conditions = policies.Conditions{"StringEquals": {"aws:SourceAccount": {"123456789012"}}}
	text, err := document(t, conditioned, allow(orders, "dynamodb:GetItem"))
	require.NoError(t, err)
	var doc struct{ Statement []map[string]any }
	require.NoError(t, json.Unmarshal([]byte(text), &doc))
	require.Len(t, doc.Statement, 2)
	require.NotContains(t, doc.Statement[0], "Condition")
	require.Contains(t, doc.Statement[1], "Condition")
}

func TestDocument_RefusesWhatCouldBeMoreExact(t *testing.T) {
	for name, test := range map[string]struct {
		grant policies.Grant
		want  string
	}{
		"every action":             {allow(orders, "dynamodb:*"), `policy action "dynamodb:*": want one exact action`},
		"actions by prefix":        {allow(orders, "dynamodb:Get*"), `policy action "dynamodb:Get*"`},
		"every resource":           {allow(pulumi.String("*"), "dynamodb:GetItem"), `policy resource "*" for dynamodb:GetItem: want an ARN`},
		"unscoped with scoped":     {allow(pulumi.String("*"), "xray:PutTraceSegments", "sqs:SendMessage"), `for sqs:SendMessage`},
		"every table":              {allow(pulumi.String("arn:aws:dynamodb:eu-central-1:123456789012:*"), "dynamodb:GetItem"), "want an ARN whose only wildcard"},
		"tables by prefix":         {allow(pulumi.String("arn:aws:dynamodb:eu-central-1:123456789012:table/or*"), "dynamodb:GetItem"), "want an ARN whose only wildcard"},
		"every resource of a kind": {allow(pulumi.String("arn:aws:dynamodb:eu-central-1:123456789012:table/*"), "dynamodb:GetItem"), "want an ARN whose only wildcard"},
		"every function":           {allow(pulumi.String("arn:aws:lambda:eu-central-1:123456789012:function:*"), "lambda:InvokeFunction"), "want an ARN whose only wildcard"},
		"every role":               {allow(pulumi.String("arn:aws:iam::123456789012:role/*"), "iam:PassRole"), "want an ARN whose only wildcard"},
		"a kind for other actions": {allow(pulumi.String("arn:aws:logs:eu-central-1:123456789012:log-group:*"), "logs:PutLogEvents"), "want an ARN whose only wildcard"},
		"a kind in every region":   {allow(pulumi.String("arn:aws:logs:*:123456789012:log-group:*"), "logs:DescribeLogGroups"), "want an ARN whose only wildcard"},
		"every region":             {allow(pulumi.String("arn:aws:dynamodb:*:123456789012:table/orders"), "dynamodb:GetItem"), "want an ARN whose only wildcard"},
		"a wildcard in the middle": {allow(pulumi.String("arn:aws:s3:::*/uploads/*"), "s3:GetObject"), "want an ARN whose only wildcard"},
		"not an ARN":               {allow(pulumi.String("orders"), "dynamodb:GetItem"), `policy resource "orders"`},
		"a condition on nothing": {policies.Grant{Statements: []policies.Statement{{
			Actions: []string{"dynamodb:GetItem"}, Resources: []pulumi.StringInput{orders}, Conditions: policies.Conditions{"StringEquals": {"dynamodb:LeadingKeys": nil}},
		}}}, "policy condition StringEquals of dynamodb:LeadingKeys for [dynamodb:GetItem]: want at least one value"},
		"no action":                 {allow(orders), "want at least one of each"},
		"no resource":               {policies.Grant{Statements: []policies.Statement{{Actions: []string{"sqs:SendMessage"}}}}, "want at least one of each"},
		"more than IAM can keep":    {manyTables(200), "IAM quota"},
		"a grant that is not valid": {policies.Invalid(errors.New("no such index")), "no such index"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := document(t, test.grant)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestDocument_AcceptsWhatIsInsideANamedResource(t *testing.T) {
	for action, arn := range map[string]string{
		"s3:GetObject":                  "arn:aws:s3:::media-1a2b3c4/*",
		"execute-api:ManageConnections": "arn:aws:execute-api:eu-central-1:123456789012:abc/*",
		"logs:PutLogEvents":             "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/orders:*",
		"ecs:StopTask":                  "arn:aws:ecs:eu-central-1:123456789012:task/jobs/*",
		"states:StopExecution":          "arn:aws:states:eu-central-1:123456789012:execution:order-flow:*",
	} {
		_, err := document(t, allow(pulumi.String(arn), action))
		require.NoError(t, err, action)
	}
}

// Conditions are written in one way, however they were put together.
func TestDocument_WritesEqualConditionsAlike(t *testing.T) {
	with := func(c policies.Conditions) policies.Grant {
		g := allow(orders, "dynamodb:GetItem")
		g.Statements[0].Conditions = c
		return g
	}
	text, err := document(t,
		with(policies.Conditions{"ForAllValues:StringEquals": {"dynamodb:Attributes": {"sku", "count", "sku"}}}),
		with(policies.Conditions{"ForAllValues:StringEquals": {"dynamodb:Attributes": {"count", "sku"}}, "StringEquals": {}}))
	require.NoError(t, err)
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": ["`+string(orders)+`"],
		"Condition": {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["count", "sku"]}}}]}`, text)

	text, err = document(t, with(policies.Conditions{}), with(nil), with(policies.Conditions{"Bool": {}}))
	require.NoError(t, err)
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": ["`+string(orders)+`"]}]}`, text)
}

func manyTables(n int) policies.Grant {
	var grants []policies.Grant
	for i := range n {
		grants = append(grants, allow(pulumi.String(fmt.Sprintf("%s-%03d", orders, i)), "dynamodb:GetItem"))
	}
	return policies.Join(grants...)
}

func TestUnscoped_OnlyWhereAWSHasNoResourceLevelPermission(t *testing.T) {
	require.True(t, policies.Unscoped("xray:PutTraceSegments"))
	require.False(t, policies.Unscoped("dynamodb:GetItem"))
	text, err := document(t, policies.Tracing())
	require.NoError(t, err)
	require.Contains(t, text, `"Resource":["*"]`)
}

func TestEnvironment_LinksEachResourceOnce(t *testing.T) {
	link := policies.Grant{Links: []policies.Link{{Variable: "ORDERS_TABLE", Value: pulumi.String("orders-1"), Resource: "orders (Table)"}}}
	values, err := policies.Environment(link, link)
	require.NoError(t, err)
	require.Equal(t, map[string]pulumi.StringInput{"ORDERS_TABLE": pulumi.String("orders-1")}, values)
}

func TestEnvironment_RefusesTwoResourcesBehindOneVariable(t *testing.T) {
	link := func(resource string) policies.Grant {
		return policies.Grant{Links: []policies.Link{{Variable: "ORDERS_TABLE", Value: pulumi.String("x"), Resource: resource}}}
	}
	_, err := policies.Environment(link("orders (Table)"), link("orders (Import)"))
	require.EqualError(t, err, "environment variable ORDERS_TABLE: claimed by both orders (Table) and orders (Import); rename one of the resources")
}

func TestEnvironment_ReportsEveryInvalidGrant(t *testing.T) {
	_, err := policies.Environment(policies.Invalid(errors.New("first")), policies.Invalid(errors.New("second")))
	require.ErrorContains(t, err, "first")
	require.ErrorContains(t, err, "second")
}

func TestGrant_PrintsActionsAndResources(t *testing.T) {
	grant := allow(orders, "dynamodb:Query", "dynamodb:GetItem", "dynamodb:Query")
	grant.Links = []policies.Link{{Variable: "ORDERS_TABLE", Value: pulumi.String("orders-1"), Resource: "orders (Table)"}}
	require.Equal(t, []string{"dynamodb:GetItem", "dynamodb:Query"}, grant.Actions())
	require.Equal(t, "[dynamodb:GetItem dynamodb:Query] on [orders (Table)]", grant.String())
	require.NoError(t, grant.Err())
	require.NotContains(t, grant.String(), "arn:", "ARNs are not known before the deployment")
}

func TestEqual_ComparesWhatGrantsComeTo(t *testing.T) {
	linked := func(value pulumi.StringInput, actions ...string) policies.Grant {
		g := allow(orders, actions...)
		g.Links = []policies.Link{{Variable: "ORDERS_TABLE", Value: value, Resource: "orders (Table)"}}
		return g
	}
	later := pulumi.String("orders-1").ToStringOutput() // known when it is deployed
	one := linked(later, "dynamodb:Query", "dynamodb:GetItem")
	for name, test := range map[string]struct {
		other policies.Grant
		want  bool
	}{
		"put together otherwise": {policies.Join(linked(later, "dynamodb:GetItem"), linked(pulumi.String("orders-1"), "dynamodb:Query", "dynamodb:GetItem")), true},
		"fewer actions":          {linked(later, "dynamodb:Query"), false},
		"another resource":       {policies.Grant{Statements: allow(byDate, "dynamodb:Query", "dynamodb:GetItem").Statements, Links: one.Links}, false},
		"another environment":    {linked(pulumi.String("orders-2"), "dynamodb:Query", "dynamodb:GetItem"), false},
		"no environment":         {allow(orders, "dynamodb:Query", "dynamodb:GetItem"), false},
	} {
		var equal []bool
		require.NoError(t, deployed(func(ctx *pulumi.Context) {
			ctx.Export("equal", policies.Equal(one, test.other).ApplyT(func(answer bool) bool {
				equal = append(equal, answer)
				return answer
			}))
		}))
		require.Equal(t, []bool{test.want}, equal, name)
	}
	err := deployed(func(ctx *pulumi.Context) {
		ctx.Export("equal", policies.Equal(one, policies.Invalid(errors.New("no such index"))))
	})
	require.ErrorContains(t, err, "no such index")
}

// deployed resolves outputs as a deployment would.
func deployed(program func(*pulumi.Context)) error {
	return pulumi.RunErr(func(ctx *pulumi.Context) error {
		program(ctx)
		return nil
	}, pulumi.WithMocks("shop", "test", noResources{}))
}

// noResources is a monitor for programs that register nothing.
type noResources struct{}

func (noResources) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	return "", nil, fmt.Errorf("unexpected resource %s", args.Name)
}

func (noResources) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return nil, fmt.Errorf("unexpected invoke %s", args.Token)
}
