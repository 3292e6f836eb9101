package catalog

import (
	"cmp"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// itemOf is a product as the table holds it.
func itemOf(t require.TestingT, p Product) map[string]types.AttributeValue {
	item, err := attributevalue.MarshalMap(newRecord(p))
	require.NoError(t, err)
	return item
}

// inOrder compares two products by their values, not by the keys that a store sorts by.
func inOrder(s Sort, a, b Product) int {
	switch s {
	case ByNameDesc:
		return strings.Compare(strings.ToLower(b.Name), strings.ToLower(a.Name))
	case ByPrice:
		return cmp.Compare(a.PriceCents, b.PriceCents)
	case ByPriceDesc:
		return cmp.Compare(b.PriceCents, a.PriceCents)
	case ByNewest:
		return b.CreatedAt.Compare(a.CreatedAt)
	default:
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	}
}

func TestWords(t *testing.T) {
	require.Empty(t, Words(""))
	require.Empty(t, Words(" \t\n"))
	require.Equal(t, []string{"blue", "öl-kanne"}, Words(" Blue  ÖL-Kanne blue "))
}

func TestFilter_EveryWordMustOccurSomewhere(t *testing.T) {
	p := mug("mug")
	for search, want := range map[string]bool{
		"": true, "MUG": true, "ug ol": true, "litre kitchen": true, "mug spoon": false, "mugö": false, "ö": true,
		`"`: false, "%": false, ".*": false,
	} {
		require.Equal(t, want, Filter{Words: Words(search)}.Matches(p), search)
	}
	require.False(t, Filter{Category: "garden"}.Matches(p))
}

func TestCursor_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := someQuery(t)
		p := mug(rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,63}`).Draw(t, "id"))
		p.Name = rapid.StringN(1, 120, -1).Draw(t, "name")
		p.PriceCents = rapid.Int64Range(0, MaxPriceCents).Draw(t, "price")
		want := *positionOf(p, q.Sort)
		text := q.Cursor(want)
		require.LessOrEqual(t, len(text), maxCursor)
		got, err := q.ParseCursor(text)
		require.NoError(t, err)
		require.Equal(t, want, *got)

		limited := q
		limited.Limit = 1
		_, err = limited.ParseCursor(text)
		require.NoError(t, err, "another limit is the same list")

		other := someQuery(t)
		_, err = other.ParseCursor(text)
		same := other.Category == q.Category && other.Sort == q.Sort && strings.Join(other.Words, " ") == strings.Join(q.Words, " ")
		require.Equal(t, same, err == nil, "only the same list accepts it")
	})
}

func TestCursor_ThatWasTamperedWithIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := someQuery(t)
		text := []byte(q.Cursor(*positionOf(mug("mug"), q.Sort)))
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		change := rapid.ByteRange(' ', '~').Filter(func(b byte) bool { return b != text[at] }).Draw(t, "to")
		text[at] = change
		_, err := q.ParseCursor(string(text))
		requireFields(t, err, map[string]string{"cursor": "nextCursor"})
	})
}

func TestCursor_ThatIsMadeUpIsRefused(t *testing.T) {
	prices, names, newest := Query{Sort: ByPrice}, Query{Sort: ByName}, Query{Sort: ByNewest}
	for name, made := range map[string]struct {
		q    Query
		text string
	}{
		"not base64":         {names, "!!!"},
		"not JSON":           {names, base64.RawURLEncoding.EncodeToString([]byte("hello"))},
		"JSON null":          {names, base64.RawURLEncoding.EncodeToString([]byte("null"))},
		"padded":             {names, names.Cursor(Position{"mug", "mug"}) + "="},
		"line feed inside":   {names, names.Cursor(Position{"mug", "mug"}) + "\n"},
		"price is a word":    {prices, prices.Cursor(Position{"mug", "mug"})},
		"price is negative":  {prices, prices.Cursor(Position{"-1", "mug"})},
		"price has a zero":   {prices, prices.Cursor(Position{"01", "mug"})},
		"price is huge":      {prices, prices.Cursor(Position{strings.Repeat("9", 50), "mug"})},
		"time is a word":     {newest, newest.Cursor(Position{"now", "mug"})},
		"name is empty":      {names, names.Cursor(Position{"", "mug"})},
		"name is too long":   {names, names.Cursor(Position{strings.Repeat("x", 1025), "mug"})},
		"id is none":         {names, names.Cursor(Position{"mug", "../x"})},
		"much too long":      {names, strings.Repeat("A", 100_000)},
		"of another order":   {names, prices.Cursor(Position{"5", "mug"})},
		"of another filter":  {names, Query{Sort: ByName, Filter: Filter{Category: "kitchen"}}.Cursor(Position{"mug", "mug"})},
		"words are not glue": {Query{Sort: ByName, Filter: Filter{Words: []string{"ab"}}}, Query{Sort: ByName, Filter: Filter{Words: []string{"a", "b"}}}.Cursor(Position{"mug", "mug"})},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := made.q.ParseCursor(made.text)
			requireFields(t, err, map[string]string{"cursor": "nextCursor"})
		})
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add("price", Query{Sort: ByPrice}.Cursor(Position{"5", "mug"}))
	f.Add("name", "e30")
	f.Fuzz(func(t *testing.T, sort, text string) {
		q := Query{Sort: Sort(sort)}
		p, err := q.ParseCursor(text)
		if err != nil {
			require.ErrorIs(t, err, fault.ErrInvalid)
			return
		}
		require.Equal(t, text, q.Cursor(*p))
	})
}

func TestNewQuery(t *testing.T) {
	q, err := newQuery("", "", "", "", "")
	require.NoError(t, err)
	require.Equal(t, Query{Sort: ByName, Limit: DefaultLimit}, q)

	q, err = newQuery("kitchen", "Blue Mug", "-price", "100", "")
	require.NoError(t, err)
	require.Equal(t, Query{Filter: Filter{"kitchen", []string{"blue", "mug"}}, Sort: ByPriceDesc, Limit: 100}, q)

	_, err = newQuery("Küche", strings.Repeat("x", 101), "colour", "0", "!!!")
	requireFields(t, err, map[string]string{
		"category": `found "Küche"`, "q": "has 101", "sort": "[name -name price -price newest]", "limit": `1–100; found "0"`,
	})
	for _, limit := range []string{"101", "-1", "1.5", "ten", "1e1", " 1", "99999999999999999999"} {
		_, err = newQuery("", "", "", limit, "")
		requireFields(t, err, map[string]string{"limit": "1–100"})
	}
	_, err = newQuery("", "\xff", "", "", "")
	requireFields(t, err, map[string]string{"q": "UTF-8"})
	_, err = newQuery("", strings.Repeat("ö ", 50), "", "", "")
	require.NoError(t, err, "characters are counted, not bytes")
}
