// Package demo fills a shop with the demo catalogue of "Nordlicht", a shop of well-designed everyday goods:
// 200 products with pictures, written through the shop's own API.
//
// The texts and prices are in catalog/, one file per category; the pictures are drawn by this package from a
// product's Drawing (sketch.go holds the pens, draw_*.go the things).
package demo

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Product is one product of the demo catalogue.
type Product struct {
	// ID is the product's id in the shop: its name as a slug, so it is the same on every run.
	ID string `json:"-"`
	// Name is the title, unique in the catalogue.
	Name string `json:"name"`
	// Description is two to four sentences for the product's page.
	Description string `json:"description"`
	// Category is the slug of the category: the name of the catalogue file.
	Category string `json:"-"`
	// PriceCents is the price in euro cents.
	PriceCents int `json:"priceCents"`
	// Stock is how many are for sale; 0 is sold out.
	Stock int `json:"stock"`
	// Picture says how to draw the product.
	Picture Drawing `json:"picture"`
}

// ImagePath is where the shop serves the product's picture.
func (p Product) ImagePath() string { return "/" + p.imageKey() }

// imageKey is the picture's key in the media bucket.
func (p Product) imageKey() string { return "media/products/" + p.ID + ".svg" }

// Drawing describes a product's picture. What it leaves open, such as proportions, is chosen from the product's id.
type Drawing struct {
	// Kind is the thing to draw: a key of kinds.
	Kind string `json:"kind"`
	// Style is a variant of the kind, such as a mushroom lamp; empty for the usual form.
	Style string `json:"style,omitempty"`
	// Color is the main colour or material: a key of tones.
	Color string `json:"color"`
	// Accent is the second colour, also used for the pattern: a key of tones.
	Accent string `json:"accent"`
	// Pattern is the decoration: a key of patterns, or empty for none.
	Pattern string `json:"pattern,omitempty"`
}

// Categories are the slugs of the demo shop's categories, in the shop's order.
func Categories() []string {
	return []string{"home-living", "kitchen", "coffee-tea", "desk-office", "outdoor", "sport", "books", "toys", "audio", "garden"}
}

//go:embed catalog/*.json
var files embed.FS

// catalog is the whole catalogue, read once. Its files are part of the program and checked by the tests, so a
// mistake in them is a mistake of the program.
var catalog = sync.OnceValue(func() []Product {
	all := make([]Product, 0, 200)
	for _, category := range Categories() {
		data, err := files.ReadFile("catalog/" + category + ".json")
		if err != nil {
			panic(fmt.Sprintf("demo: reading the catalogue of category %s: %v", category, err))
		}
		var products []Product
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&products); err != nil {
			panic(fmt.Sprintf("demo: reading catalog/%s.json: %v", category, err))
		}
		for i := range products {
			products[i].ID, products[i].Category = slug(products[i].Name), category
		}
		all = append(all, products...)
	}
	return all
})

// Products returns the catalogue in a fixed order: by category, then as in its file.
func Products() []Product { return slices.Clone(catalog()) }

// plainLetters are the letters of product names that a slug writes differently.
var plainLetters = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "å", "a", "ø", "o", "æ", "ae", "é", "e", "è", "e", "’", "", "'", "")

// slug turns a name into an id: small plain letters and digits, words joined by hyphens.
func slug(name string) string {
	return strings.Join(strings.FieldsFunc(plainLetters.Replace(strings.ToLower(name)), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}), "-")
}
