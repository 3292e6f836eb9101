package catalog

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

func ptr[T any](v T) *T { return &v }

// good is a draft with the required fields alone.
func good() Draft {
	return Draft{Name: ptr("Mug"), Category: ptr("kitchen"), PriceCents: ptr(int64(1290)), Stock: ptr(int64(0))}
}

func TestDraft_Defaults(t *testing.T) {
	p, err := good().Product("mug", noon.Add(1_999_999))
	require.NoError(t, err)
	require.Equal(t, Product{
		ID: "mug", Name: "Mug", Category: "kitchen", PriceCents: 1290, Currency: "EUR", Images: []string{},
		CreatedAt: noon.Add(1_000_000), UpdatedAt: noon.Add(1_000_000),
	}, p)
}

func TestDraft_TellsEveryWrongField(t *testing.T) {
	_, err := Draft{}.Product("mug", noon)
	requireFields(t, err, map[string]string{
		"name": "is required", "category": "is required", "priceCents": "is required", "stock": "is required",
	})
	_, err = Draft{
		Name: ptr(strings.Repeat("ö", 121)), Description: ptr(strings.Repeat("x", 4001)), Category: ptr("Küche"),
		PriceCents: ptr(int64(-1)), Currency: ptr("eur"), Stock: ptr(int64(1_000_001)),
		Images: []string{"/media/a.svg", "javascript:alert(1)"},
	}.Product("-x", noon)
	requireFields(t, err, map[string]string{
		"productId": `found "-x"`, "name": "has 121", "description": "has 4001", "category": `found "Küche"`,
		"priceCents": "0–100000000, is -1", "currency": `found "eur"`, "stock": "0–1000000, is 1000001", "images[1]": "javascript",
	})
}

// requireFields checks that exactly these fields are told wrong, with messages containing these.
func requireFields(t require.TestingT, err error, want map[string]string) {
	require.ErrorIs(t, err, fault.ErrInvalid)
	got := map[string]string{}
	for _, f := range fault.Fields(err) {
		require.NotContains(t, got, f.Field, "told once")
		got[f.Field] = f.Message
	}
	require.Len(t, got, len(want), "%v", got)
	for field, message := range want {
		require.Contains(t, got[field], message, field)
	}
}

func TestDraft_Boundaries(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Draft)
		wrong  string
	}{
		{"longest name", func(d *Draft) { d.Name = ptr(strings.Repeat("ö", 120)) }, ""},
		{"name is trimmed", func(d *Draft) { d.Name = ptr(" Mug\n") }, ""},
		{"blank name", func(d *Draft) { d.Name = ptr(" \t ") }, "name"},
		{"name on two lines", func(d *Draft) { d.Name = ptr("a\nb") }, "name"},
		{"name with NUL", func(d *Draft) { d.Name = ptr("a\x00b") }, "name"},
		{"name that was not UTF-8", func(d *Draft) { d.Name = ptr("a\uFFFDb") }, "name"},
		{"name with markup is text", func(d *Draft) { d.Name = ptr(`<script>"'; DROP TABLE`) }, ""},
		{"description on two lines", func(d *Draft) { d.Description = ptr("a\r\n\tb") }, ""},
		{"description with escape", func(d *Draft) { d.Description = ptr("\x1b[2J") }, "description"},
		{"longest category", func(d *Draft) { d.Category = ptr(strings.Repeat("a", 40)) }, ""},
		{"category too long", func(d *Draft) { d.Category = ptr(strings.Repeat("a", 41)) }, "category"},
		{"category empty", func(d *Draft) { d.Category = ptr("") }, "category"},
		{"free", func(d *Draft) { d.PriceCents = ptr(int64(0)) }, ""},
		{"dearest", func(d *Draft) { d.PriceCents = ptr(int64(MaxPriceCents)) }, ""},
		{"too dear", func(d *Draft) { d.PriceCents = ptr(int64(MaxPriceCents + 1)) }, "priceCents"},
		{"most stock", func(d *Draft) { d.Stock = ptr(int64(MaxStock)) }, ""},
		{"negative stock", func(d *Draft) { d.Stock = ptr(int64(-1)) }, "stock"},
		{"dollars", func(d *Draft) { d.Currency = ptr("USD") }, ""},
		{"no such money", func(d *Draft) { d.Currency = ptr("EUX") }, "currency"},
		{"money across the list", func(d *Draft) { d.Currency = ptr("D A") }, "currency"},
		{"no currency", func(d *Draft) { d.Currency = ptr("") }, "currency"},
		{"eight images", func(d *Draft) { d.Images = make8("/media/x.svg") }, ""},
		{"nine images", func(d *Draft) { d.Images = append(make8("/media/x.svg"), "/media/x.svg") }, "images"},
		{"https image", func(d *Draft) { d.Images = []string{"https://img.example/a.png?w=1"} }, ""},
		{"http image", func(d *Draft) { d.Images = []string{"http://img.example/a.png"} }, "images[0]"},
		{"image without host", func(d *Draft) { d.Images = []string{"https:///a.png"} }, "images[0]"},
		{"image with password", func(d *Draft) { d.Images = []string{"https://a:b@img.example/a.png"} }, "images[0]"},
		{"image that climbs", func(d *Draft) { d.Images = []string{"/media/../secret"} }, "images[0]"},
		{"image that climbs, encoded", func(d *Draft) { d.Images = []string{"/media/%2e%2e/secret"} }, "images[0]"},
		{"image elsewhere", func(d *Draft) { d.Images = []string{"/mediaX/a.png"} }, "images[0]"},
		{"image of another host", func(d *Draft) { d.Images = []string{"//evil.example/media/a.png"} }, "images[0]"},
		{"data image", func(d *Draft) { d.Images = []string{"data:image/png;base64,AA=="} }, "images[0]"},
		{"image with space", func(d *Draft) { d.Images = []string{"/media/a b.png"} }, "images[0]"},
		{"image that breaks out", func(d *Draft) { d.Images = []string{"/media/\\evil"} }, "images[0]"},
		{"only the directory", func(d *Draft) { d.Images = []string{"/media/"} }, "images[0]"},
		{"long image", func(d *Draft) { d.Images = []string{"/media/" + strings.Repeat("a", MaxImage)} }, "images[0]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := good()
			tt.change(&d)
			_, err := d.Product("mug", noon)
			if tt.wrong == "" {
				require.NoError(t, err)
				return
			}
			requireFields(t, err, map[string]string{tt.wrong: "must"})
		})
	}
}

func make8(image string) []string { return strings.Split(strings.Repeat(image+" ", 7)+image, " ") }

func TestValidID(t *testing.T) {
	for id, ok := range map[string]bool{
		"a": true, "0-9-z": true, strings.Repeat("a", 64): true, "a-": true,
		"": false, "-a": false, "A": false, "ä": false, "a/b": false, "a b": false, "a\n": false, strings.Repeat("a", 65): false,
	} {
		require.Equal(t, ok, ValidID(id), "%q", id)
	}
}

func TestDraft_WhateverPassesKeepsTheRules(t *testing.T) {
	optional := func(t *rapid.T, g *rapid.Generator[string], label string) *string {
		return rapid.Ptr(g, true).Draw(t, label)
	}
	rapid.Check(t, func(t *rapid.T) {
		d := Draft{
			Name:        optional(t, rapid.OneOf(rapid.String(), rapid.StringN(100, 140, -1)), "name"),
			Description: optional(t, rapid.String(), "description"),
			Category:    optional(t, rapid.StringMatching(`[a-z0-9-]{0,45}`), "category"),
			Currency:    optional(t, rapid.OneOf(rapid.StringMatching(`[A-Z]{3}`), rapid.SampledFrom([]string{"EUR", "USD"})), "currency"),
			PriceCents:  rapid.Ptr(rapid.Int64(), true).Draw(t, "price"),
			Stock:       rapid.Ptr(rapid.Int64Range(-10, MaxStock+10), true).Draw(t, "stock"),
			Images:      rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.Just("/media/a.svg")), 0, 10).Draw(t, "images"),
		}
		id := rapid.StringMatching(`[a-zA-Z0-9-]{0,70}`).Draw(t, "id")
		p, err := d.Product(id, noon)
		if err != nil {
			require.ErrorIs(t, err, fault.ErrInvalid)
			require.NotEmpty(t, fault.Fields(err))
			return
		}
		n := utf8.RuneCountInString(p.Name)
		require.True(t, n >= 1 && n <= MaxName)
		require.True(t, p.PriceCents >= 0 && p.PriceCents <= MaxPriceCents)
		require.True(t, p.Stock >= 0 && p.Stock <= MaxStock)
		require.LessOrEqual(t, len(p.Images), MaxImages)
		require.NotNil(t, d.Name)
		require.NotNil(t, d.PriceCents)
		for _, s := range sorts { // whatever can be stored can be paged through
			require.True(t, s.validKey(s.Key(p)), "%s: %q", s, s.Key(p))
		}
		stored, err := productOf(itemOf(t, p))
		require.NoError(t, err)
		require.Equal(t, p, stored, "storing changes nothing")
	})
}
