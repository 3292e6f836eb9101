package demo

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestCatalogue_IsWithinTheShopsLimits(t *testing.T) {
	require.Len(t, Products(), 200)
	perCategory, ids, names, texts := map[string]int{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	soldOut, scarce := 0, 0
	for _, p := range Products() {
		perCategory[p.Category]++
		require.Regexp(t, `^[a-z0-9][a-z0-9-]{0,63}$`, p.ID, p.Name)
		require.False(t, ids[p.ID], "id %s is used twice", p.ID)
		require.False(t, names[p.Name], "name %s is used twice", p.Name)
		require.False(t, texts[p.Description], "description of %s is used twice", p.ID)
		ids[p.ID], names[p.Name], texts[p.Description] = true, true, true
		require.LessOrEqual(t, utf8.RuneCountInString(p.Name), 120, p.ID)
		require.Equal(t, strings.TrimSpace(p.Name), p.Name)
		length := utf8.RuneCountInString(p.Description)
		require.True(t, length >= 60 && length <= 600, "description of %s has %d characters, want 60–600", p.ID, length)
		sentences := len(regexp.MustCompile(`[.!?](\s|$)`).FindAllString(p.Description, -1))
		require.True(t, sentences >= 2 && sentences <= 5, "description of %s has %d sentences, want 2–4 (5 with an abbreviation)", p.ID, sentences)
		require.True(t, p.PriceCents >= 300 && p.PriceCents <= 100_000, "price of %s is %d cents, want 300–100,000", p.ID, p.PriceCents)
		require.Zero(t, p.PriceCents%10, "price of %s is %d cents, want whole tens", p.ID, p.PriceCents)
		require.True(t, p.Stock >= 0 && p.Stock <= 400, "stock of %s is %d, want 0–400", p.ID, p.Stock)
		switch {
		case p.Stock == 0:
			soldOut++
		case p.Stock <= 5:
			scarce++
		}
	}
	require.Len(t, perCategory, 10)
	for _, category := range Categories() {
		require.Regexp(t, `^[a-z0-9-]{1,40}$`, category)
		require.Equal(t, 20, perCategory[category], category)
	}
	require.True(t, soldOut >= 5 && soldOut <= 15, "%d products are sold out, want 5–15", soldOut)
	require.True(t, scarce >= 5 && scarce <= 20, "%d products are scarce, want 5–20", scarce)
}

func TestDrawings_NameWhatTheIllustratorKnows(t *testing.T) {
	used := map[string]bool{}
	for _, p := range Products() {
		require.Contains(t, kinds, p.Picture.Kind, p.ID)
		require.Contains(t, tones, p.Picture.Color, p.ID)
		require.Contains(t, tones, p.Picture.Accent, p.ID)
		if p.Picture.Pattern != "" {
			require.Contains(t, patterns, p.Picture.Pattern, p.ID)
		}
		if p.Picture.Kind == "book" {
			require.Contains(t, covers, p.Picture.Style, p.ID)
		}
		used[p.Picture.Kind] = true
	}
	require.Len(t, used, len(kinds), "a kind that no product uses")
	require.GreaterOrEqual(t, len(used), 40)
}

func TestPicture_IsSmallSelfContainedAndItsOwn(t *testing.T) {
	seen := map[string]string{}
	for _, p := range Products() {
		picture := Picture(p)
		require.Equal(t, picture, Picture(p), "%s: want the same bytes every time", p.ID)
		require.True(t, len(picture) >= 2<<10-100 && len(picture) <= 12<<10, "%s has %d bytes, want 2–12 KB", p.ID, len(picture))
		require.Empty(t, seen[string(picture)], "%s looks like another product", p.ID)
		seen[string(picture)] = p.ID
		require.NotRegexp(t, `<script|<style|style=|href|<text|<image|NaN|Inf|%!`, string(picture), p.ID)
		require.Contains(t, string(picture), `viewBox="0 0 800 800"`)

		ids, references := map[string]bool{}, []string{}
		decoder := xml.NewDecoder(bytes.NewReader(picture))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, p.ID)
			start, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			for _, a := range start.Attr {
				if a.Name.Local == "id" {
					require.False(t, ids[a.Value], "%s: id %s twice", p.ID, a.Value)
					ids[a.Value] = true
				}
				if strings.HasPrefix(a.Value, "url(#") {
					references = append(references, strings.TrimSuffix(strings.TrimPrefix(a.Value, "url(#"), ")"))
				}
			}
		}
		for _, r := range references {
			require.True(t, ids[r], "%s: nothing has the id %s", p.ID, r)
		}
	}
}

func TestSlug(t *testing.T) {
	require.Equal(t, "bakers-roesti-pan-2-l", slug("Baker’s Rösti Pan, 2 l"))
	require.Equal(t, "smorrebrod-cafe", slug("Smørrebrød Café"))
}
