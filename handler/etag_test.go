package handler

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseETags(t *testing.T) {
	tests := []struct {
		header string
		want   ETags
		wrong  bool
	}{
		{header: ``},
		{header: `  `},
		{header: `*`, want: ETags{Any: true}},
		{header: ` * `, want: ETags{Any: true}},
		{header: `"3"`, want: ETags{Strong: []string{"3"}}},
		{header: `""`, want: ETags{Strong: []string{""}}},
		{header: `W/"3"`, want: ETags{Weak: []string{"3"}}},
		{header: `"1", W/"2",	"3"`, want: ETags{Strong: []string{"1", "3"}, Weak: []string{"2"}}},
		{header: `"a,b"`, want: ETags{Strong: []string{"a,b"}}},
		{header: `"W/"`, want: ETags{Strong: []string{"W/"}}},
		{header: `, "1" ,, "2",`, want: ETags{Strong: []string{"1", "2"}}},
		{header: `3`, wrong: true},
		{header: `"3`, wrong: true},
		{header: `3"`, wrong: true},
		{header: `'3'`, wrong: true},
		{header: `w/"3"`, wrong: true},
		{header: `W/3`, wrong: true},
		{header: `W / "3"`, wrong: true},
		{header: `"1" "2"`, wrong: true},
		{header: `"1"x`, wrong: true},
		{header: `*, "1"`, wrong: true},
		{header: `"1", *`, wrong: true},
		{header: `"a b"`, wrong: true},
		{header: "\"a\x01\"", wrong: true},
		{header: strings.Repeat(`"1",`, 20), want: ETags{Strong: strings.Split(strings.Repeat("1,", 19)+"1", ",")}},
		{header: strings.Repeat(`"1",`, 21), wrong: true},
	}
	for _, tt := range tests {
		got, message := parseETags(tt.header)
		require.Equal(t, tt.wrong, message != "", "%s: %s", tt.header, message)
		require.Equal(t, tt.want, got, tt.header)
	}
}

func TestETags_Comparison(t *testing.T) {
	tags := ETags{Strong: []string{"1"}, Weak: []string{"2"}}
	require.True(t, tags.MatchesStrongly("1"))
	require.False(t, tags.MatchesStrongly("2"), "a weak tag never matches strongly")
	require.True(t, tags.MatchesWeakly("1"))
	require.True(t, tags.MatchesWeakly("2"))
	require.False(t, tags.MatchesWeakly("3"))
	require.True(t, ETags{Any: true}.MatchesStrongly("9"))
	require.False(t, ETags{}.Given())
}

func FuzzParseETags(f *testing.F) {
	for _, seed := range []string{`*`, `"1"`, `W/"1", "2"`, `"`, `,,`, `"1"x`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		tags, message := parseETags(header)
		if message != "" {
			require.False(t, tags.Given(), "what is malformed must not match anything")
			return
		}
		for _, tag := range append(tags.Strong, tags.Weak...) {
			require.NotContains(t, tag, `"`)
		}
	})
}
