package components_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	c "github.com/serverless-shop/serverless-shop/components"
)

func TestEventPattern_RendersEveryCondition(t *testing.T) {
	for name, test := range map[string]struct {
		matcher c.Matcher
		want    string
	}{
		"text":             {c.Exact("EUR"), `["EUR"]`},
		"sorted, once":     {c.Exact("b", "a", "b"), `["a","b"]`},
		"other values":     {c.Exact(1, int64(2), 2.5, true, nil), `[1,2,2.5,null,true]`},
		"prefix":           {c.Prefix("DE-"), `[{"prefix":"DE-"}]`},
		"suffix":           {c.Suffix(".jpg"), `[{"suffix":".jpg"}]`},
		"any case":         {c.EqualsIgnoreCase("paid"), `[{"equals-ignore-case":"paid"}]`},
		"wildcard":         {c.Wildcard("a*b*c"), `[{"wildcard":"a*b*c"}]`},
		"address block":    {c.CIDR("10.0.0.0/24"), `[{"cidr":"10.0.0.0/24"}]`},
		"number":           {c.Numeric(">", 100), `[{"numeric":[">",100]}]`},
		"range":            {c.Numeric(">=", 0).And("<", 0.5), `[{"numeric":[">=",0,"<",0.5]}]`},
		"range, backwards": {c.Numeric("<=", 100).And(">", 0), `[{"numeric":[">",0,"<=",100]}]`},
		"there":            {c.Exists(), `[{"exists":true}]`},
		"not there":        {c.Absent(), `[{"exists":false}]`},
		"none of":          {c.AnythingBut("x", "a"), `[{"anything-but":["a","x"]}]`},
		"no number of":     {c.AnythingBut(7, 5), `[{"anything-but":[5,7]}]`},
		"stars themselves": {c.Wildcard(`a\*\**\\`), `[{"wildcard":"a\\*\\**\\\\"}]`},
		"no prefix":        {c.AnythingBut(c.Prefix("test-")), `[{"anything-but":{"prefix":"test-"}}]`},
		"one of several":   {c.Or(c.Prefix("DE-"), c.Exact("none"), c.Absent()), `["none",{"exists":false},{"prefix":"DE-"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := c.EventPattern{Detail: c.Fields{"field": test.matcher}}.JSON()
			require.NoError(t, err)
			require.Equal(t, `{"detail":{"field":`+test.want+`}}`, text)
		})
	}
}

func TestEventPattern_IsCanonical(t *testing.T) {
	pattern := c.EventPattern{
		Source: c.Exact("shop.orders"), DetailType: c.Exact("Order Paid", "Order Created"),
		Account: c.Exact("123456789012"), Region: c.Prefix("eu-"), Resources: c.Suffix(":table/orders"),
		Detail: c.Fields{"currency": c.Exact("EUR"), "customer": c.Fields{"country": c.AnythingBut("US")}}.Or(
			c.Fields{"total": c.Numeric(">", 100)},
			c.Fields{"customer": c.Fields{"group": c.Exact("vip")}},
		),
	}
	want := `{"account":["123456789012"],` +
		`"detail":{"$or":[{"customer":{"group":["vip"]}},{"total":[{"numeric":[">",100]}]}],"currency":["EUR"],"customer":{"country":[{"anything-but":["US"]}]}},` +
		`"detail-type":["Order Created","Order Paid"],"region":[{"prefix":"eu-"}],"resources":[{"suffix":":table/orders"}],"source":["shop.orders"]}`
	for range 20 {
		text, err := pattern.JSON()
		require.NoError(t, err)
		require.Equal(t, []byte(want), []byte(text), "the same bytes, not only the same meaning")
	}
}

func TestFields_OrLeavesTheOriginalAlone(t *testing.T) {
	fields := c.Fields{"currency": c.Exact("EUR")}
	fields.Or(c.Fields{"a": c.Exists()}, c.Fields{"b": c.Exists()})
	require.Len(t, fields, 1)
}

func TestFields_OrTwiceWantsOneOfEachGroup(t *testing.T) {
	fields := c.Fields{"a": c.Exists()}.
		Or(c.Fields{"b": c.Exists()}, c.Fields{"c": c.Exists()}).
		Or(c.Fields{"d": c.Exists()}, c.Fields{"e": c.Exists()})
	text, err := c.EventPattern{Detail: fields}.JSON()
	require.NoError(t, err)
	const there, first = `[{"exists":true}]`, `"$or":[{"b":[{"exists":true}]},{"c":[{"exists":true}]}]`
	require.JSONEq(t, `{"detail":{"a":`+there+`,"$or":[{"d":`+there+`,`+first+`},{"e":`+there+`,`+first+`}]}}`, text)
}

func TestMatcher_AndLeavesTheOriginalAlone(t *testing.T) {
	positive := c.Numeric(">", 0)
	positive.And("<", 10)
	text, err := c.EventPattern{Detail: c.Fields{"n": positive}}.JSON()
	require.NoError(t, err)
	require.JSONEq(t, `{"detail":{"n":[{"numeric":[">",0]}]}}`, text)
}

func TestEventPattern_RefusesWhatMatchesNothing(t *testing.T) {
	field := func(condition c.Condition) c.EventPattern {
		return c.EventPattern{Detail: c.Fields{"field": condition}}
	}
	for name, test := range map[string]struct {
		pattern c.EventPattern
		want    string
	}{
		"nothing":            {c.EventPattern{}, "Pattern = \"Fields{}\", want at least one field"},
		"empty detail":       {c.EventPattern{Detail: c.Fields{}}, "Pattern.detail = \"Fields{}\", want at least one field"},
		"no condition":       {field(nil), "Pattern.detail.field = <nil>, want a Matcher or Fields"},
		"zero matcher":       {field(c.Matcher{}), `Pattern.detail.field = "Matcher{}", want a condition`},
		"no name":            {c.EventPattern{Detail: c.Fields{"": c.Exists()}}, "want a field's name"},
		"reserved name":      {c.EventPattern{Detail: c.Fields{"$or": c.Exists()}}, "want a field's name"},
		"no value":           {field(c.Exact()), `Exact() without a value`},
		"struct":             {field(c.Exact(struct{}{})), "Exact({}) of type struct {}"},
		"not a number":       {field(c.Exact(math.NaN())), "Exact(NaN)"},
		"no prefix":          {field(c.Prefix("")), `Prefix(\"\")`},
		"no suffix":          {field(c.Suffix("")), `Suffix(\"\")`},
		"two stars":          {field(c.Wildcard("a**")), "with two * in a row"},
		"lone backslash":     {field(c.Wildcard(`a\b`)), "with a backslash before neither * nor a backslash"},
		"strings or numbers": {field(c.AnythingBut("a", 5)), "AnythingBut of strings and numbers together: [a 5]"},
		"imprecise":          {field(c.Exact(int64(1<<53 + 1))), "Exact(9007199254740993) of type int64"},
		"no block":           {field(c.CIDR("10.0.0.0")), "which is not like 10.0.0.0/24"},
		"operator":           {field(c.Numeric("=>", 1)), `Numeric(\"=>\", 1)`},
		"infinite":           {field(c.Numeric("<", math.Inf(1))), "Numeric"},
		"too large":          {field(c.Numeric("<", 6e9)), "Pattern.detail.field = 6e+09, want a number of at most ±5e+09 (EventBridge quota)"},
		"empty range":        {field(c.Numeric(">", 5).And("<", 5)), `And(\"<\", 5), which makes no range`},
		"two lower bounds":   {field(c.Numeric(">", 5).And(">", 6)), "which makes no range"},
		"range of texts":     {field(c.Prefix("a").And("<", 5)), "which makes no range"},
		"bad second bound":   {field(c.Numeric(">", 5).And("!", 6)), `Numeric(\"!\", 6)`},
		"three bounds":       {field(c.Numeric(">", 5).And("<", 6).And("<", 7)), "which makes no range"},
		"but nothing":        {field(c.AnythingBut()), "AnythingBut() without a value"},
		"but true":           {field(c.AnythingBut(true)), "AnythingBut(true) of type bool"},
		"but a number range": {field(c.AnythingBut(c.Numeric(">", 1))), "AnythingBut of more than"},
		"but two things":     {field(c.AnythingBut("a", c.Prefix("b"))), "AnythingBut of more than"},
		"one alternative":    {field(c.Or(c.Exists())), "Or of fewer than two matchers"},
		"one object":         {c.EventPattern{Detail: c.Fields{}.Or(c.Fields{"a": c.Exists()})}, "Pattern.detail.$or = 1, want at least two alternatives"},
		"inside alternative": {c.EventPattern{Detail: c.Fields{}.Or(c.Fields{"a": c.Exists()}, c.Fields{"b": c.Exact()})}, "Pattern.detail.$or[1].b"},
		"too long":           {field(c.Exact(strings.Repeat("x", 2100))), "want at most 2048 (EventBridge quota)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.pattern.JSON()
			require.ErrorContains(t, err, test.want)
		})
	}
}
