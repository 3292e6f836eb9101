package graphql_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components/graphql"
)

const orders = `
schema { query: Query, mutation: Changes, subscription: Subscription }
type Order @aws_iam @aws_cognito_user_pools { id: ID! status: String placed: AWSDateTime }
type Query {
  order(id: ID!, full: Boolean): Order
  version: String @aws_api_key
}
type Changes { setStatus(id: ID!, status: String!): Order @aws_iam }
type Subscription { onStatus(id: ID!): Order @aws_subscribe(mutations: ["setStatus"]) }
`

func TestParse_KnowsTheSchema(t *testing.T) {
	schema, err := graphql.Parse([]byte(orders))
	require.NoError(t, err)
	require.NoError(t, schema.Check(graphql.Cognito, graphql.Key, graphql.IAM))
	require.True(t, schema.HasField("Query.order"))
	require.False(t, schema.HasField("Query.orders"))
	require.False(t, schema.HasField("Query.__type"), "AppSync answers it itself")
	require.False(t, schema.HasField("Nothing.order"))
	require.False(t, schema.HasField("Query"))
	require.Equal(t, []string{"order", "version"}, schema.Fields("Query"))
	require.Equal(t, []string{"setStatus"}, schema.Fields("Mutation"), "whatever the schema calls it")
	require.Equal(t, "Changes", schema.TypeName("Mutation"))
	require.Empty(t, schema.Fields("String"))
	require.Equal(t, []string{"id", "full"}, schema.Arguments("Query.order"))
	require.Empty(t, schema.Arguments("Query.orders"))
}

func TestAllows(t *testing.T) {
	schema, err := graphql.Parse([]byte(orders))
	require.NoError(t, err)
	for field, modes := range map[string][]graphql.Mode{
		"Query.order":        {graphql.Cognito}, // the default mode
		"Query.version":      {graphql.Key},
		"Mutation.setStatus": {graphql.IAM},
		"Order.id":           {graphql.Cognito, graphql.IAM}, // by its type
		"Order.price":        {},
	} {
		for _, mode := range []graphql.Mode{graphql.Cognito, graphql.IAM, graphql.Key} {
			want := false
			for _, m := range modes {
				want = want || m == mode
			}
			require.Equal(t, want, schema.Allows(field, mode, graphql.Cognito), "%s with %s", field, mode)
		}
	}
}

func TestParse_RefusesWhatIsNoSchema(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"syntax":       {"type Query {\n  order(: ID }", "2:9: Expected Name, found :"},
		"unknown type": {"type Query { order: Order }", "1:21: Undefined type Order"},
		"directive":    {"type Query { order: ID @aws_admin }", "1:25: Undefined directive aws_admin"},
		"no query":     {"type Order { id: ID }", "1:1: want a type Query"},
		"too large":    {"# " + strings.Repeat("x", 1_000_000), "want at most 1000000 (AppSync quota)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := graphql.Parse([]byte(test.text))
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestCheck_FindsWhatCannotWork(t *testing.T) {
	for name, test := range map[string]struct {
		text       string
		additional []graphql.Mode
		want       []string
	}{
		"a mode that the API lacks": {"type Query @aws_lambda { a: ID @aws_api_key b: ID @aws_oidc }", nil, []string{
			"1:13: Query: @aws_lambda, want only what the API has: [AMAZON_COGNITO_USER_POOLS]", "Query.a: @aws_api_key", "Query.b: @aws_oidc",
		}},
		"a mode that nobody may use": {"type Query { a: ID }", []graphql.Mode{graphql.Key}, []string{"Query: want @aws_api_key on a type or a field, since without it API_KEY opens nothing"}},
		"aws_auth with more modes":   {`type Query { a: ID @aws_auth(cognito_groups: ["x"]) b: ID @aws_iam }`, []graphql.Mode{graphql.IAM}, []string{"Query.a: @aws_auth, want @aws_cognito_user_pools"}},
		"no groups":                  {`type Query { a: ID @aws_cognito_user_pools(cognito_groups: []) }`, nil, []string{"Query.a: cognito_groups, want at least one group"}},
		"a scalar of one's own":      {"scalar Money type Query { a: Money }", nil, []string{"Money: want only the scalars of GraphQL and AppSync"}},
		"a result nobody may read": {"type Order { id: ID } type Query { a: Order @aws_iam }", []graphql.Mode{graphql.IAM}, []string{
			"Query.a: may be called with AWS_IAM, but nothing of its result Order may be read: want @aws_iam there",
		}},
		"a result for others only": {"type Order @aws_iam { id: ID } type Query { a: [Order!]! }", []graphql.Mode{graphql.IAM}, []string{"Query.a: may be called with AMAZON_COGNITO_USER_POOLS"}},
		"a silent subscription":    {"type Query { a: ID } type Subscription { on: ID }", nil, []string{"Subscription.on: want @aws_subscribe(mutations: […])"}},
		"no mutations at all":      {`type Query { a: ID } type Subscription { on: ID @aws_subscribe(mutations: ["set"]) }`, nil, []string{`Subscription.on: @aws_subscribe names "set", want one of the mutations []`}},
		"an unknown mutation":      {`type Query { a: ID } type Mutation { put: ID } type Subscription { on: ID @aws_subscribe(mutations: ["set"]) }`, nil, []string{`names "set", want one of the mutations [put]`}},
		"another result":           {`type Query { a: ID } type Mutation { put: ID } type Subscription { on: [ID] @aws_subscribe(mutations: ["put"]) }`, nil, []string{"Subscription.on: returns [ID], want ID as mutation put does"}},
		"a result that must be":    {`type Query { a: ID } type Mutation { put: ID! } type Subscription { on: ID! @aws_subscribe(mutations: ["put"]) }`, nil, []string{"Subscription.on: returns ID!, want it without the last !"}},
	} {
		t.Run(name, func(t *testing.T) {
			schema, err := graphql.Parse([]byte(test.text))
			require.NoError(t, err)
			err = schema.Check(graphql.Cognito, test.additional...)
			for _, want := range test.want {
				require.ErrorContains(t, err, want)
			}
			var placed graphql.SchemaError
			require.ErrorAs(t, err, &placed)
			require.Positive(t, placed.Line)
		})
	}
}

func TestCheck_AcceptsTheOlderDirectiveWhereItWorks(t *testing.T) {
	schema, err := graphql.Parse([]byte(`type Query { a: ID @aws_auth(cognito_groups: ["admin"]) }`))
	require.NoError(t, err)
	require.NoError(t, schema.Check(graphql.Cognito))
}
