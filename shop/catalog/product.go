// Package catalog is what the shop sells: products, how they are listed and found, and who may change them.
package catalog

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// Limits of a product's fields. Text is counted in characters.
const (
	MaxName        = 120
	MaxDescription = 4000
	MaxPriceCents  = 100_000_000
	MaxStock       = 1_000_000
	MaxImages      = 8
	MaxImage       = 2048
)

// DefaultCurrency is a product's currency unless it names another.
const DefaultCurrency = "EUR"

// Product is something the shop sells.
type Product struct {
	// ID never changes.
	ID string `json:"productId"`
	// Name and Description are plain text.
	Name        string `json:"name"`
	Description string `json:"description"`
	// Category is the slug of the one category the product is in, e.g. "coffee-tea".
	Category string `json:"category"`
	// PriceCents is the price in hundredths of the currency.
	PriceCents int64 `json:"priceCents"`
	// Currency is an ISO 4217 code.
	Currency string `json:"currency"`
	// Stock is how many can be sold.
	Stock int64 `json:"stock"`
	// Images are paths under /media/ or https URLs, the main one first.
	Images []string `json:"images"`
	// Version starts at 1 and grows with every change; it is also the product's entity tag.
	Version int64 `json:"version"`
	// CreatedAt and UpdatedAt are in UTC, to the millisecond.
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// Draft is what somebody wants a product to be: the fields of [Product] that can be written, nil where not given.
type Draft struct {
	// Name, Category, PriceCents and Stock must be given.
	Name       *string `json:"name"`
	Category   *string `json:"category"`
	PriceCents *int64  `json:"priceCents"`
	Stock      *int64  `json:"stock"`
	// Description is empty if it is not given.
	Description *string `json:"description"`
	// Currency is EUR if it is not given.
	Currency *string `json:"currency"`
	// Images are none if they are not given.
	Images []string `json:"images"`
}

// Product returns the product that the draft describes, as of now. Name, category, price and stock must be given, as a
// default for any of them would put something on sale that nobody meant.
//
// Errors: fault.ErrInvalid with every wrong field, the id included.
func (d Draft) Product(id string, now time.Time) (Product, error) {
	now = now.UTC().Truncate(time.Millisecond)
	p := Product{
		ID:          id,
		Name:        strings.TrimSpace(value(d.Name, "")),
		Description: value(d.Description, ""),
		Category:    value(d.Category, ""),
		PriceCents:  value(d.PriceCents, 0),
		Currency:    value(d.Currency, DefaultCurrency),
		Stock:       value(d.Stock, 0),
		Images:      append([]string{}, d.Images...), // never nil: it is [] in JSON
		CreatedAt:   now,
		UpdatedAt:   now,
	}
	missing := map[string]bool{
		"name": d.Name == nil, "category": d.Category == nil, "priceCents": d.PriceCents == nil, "stock": d.Stock == nil,
	}
	wrong := p.wrongFields()
	for i, f := range wrong {
		if missing[f.Field] {
			wrong[i].Message = "is required"
			delete(missing, f.Field)
		}
	}
	for _, name := range []string{"priceCents", "stock"} { // their zero is a valid value
		if missing[name] {
			wrong = append(wrong, fault.Field{Field: name, Message: "is required"})
		}
	}
	return p, fault.Invalid(wrong...)
}

func value[T any](given *T, otherwise T) T {
	if given == nil {
		return otherwise
	}
	return *given
}

// wrongFields checks every rule and returns all that are broken.
func (p Product) wrongFields() []fault.Field {
	var wrong []fault.Field
	check := func(ok bool, field, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fault.Field{Field: field, Message: fmt.Sprintf(format, args...)})
		}
	}
	check(ValidID(p.ID), "productId", "must be 1–64 of a–z, 0–9 and -, not starting with -; found %s", fault.Quote(p.ID))

	n := utf8.RuneCountInString(p.Name)
	check(n >= 1 && n <= MaxName, "name", "must have 1–%d characters, has %d", MaxName, n)
	check(isText(p.Name, ""), "name", "must be plain text on one line, without control characters")

	n = utf8.RuneCountInString(p.Description)
	check(n <= MaxDescription, "description", "must have at most %d characters, has %d", MaxDescription, n)
	check(isText(p.Description, "\n\r\t"), "description", "must be plain text, without control characters but tab and new line")

	check(validCategory(p.Category), "category", "must be 1–40 of a–z, 0–9 and -; found %s", fault.Quote(p.Category))
	check(p.PriceCents >= 0 && p.PriceCents <= MaxPriceCents, "priceCents", "must be 0–%d, is %d", MaxPriceCents, p.PriceCents)
	check(isCurrency(p.Currency), "currency", "must be an ISO 4217 code such as EUR; found %s", fault.Quote(p.Currency))
	check(p.Stock >= 0 && p.Stock <= MaxStock, "stock", "must be 0–%d, is %d", MaxStock, p.Stock)

	check(len(p.Images) <= MaxImages, "images", "must be at most %d, are %d", MaxImages, len(p.Images))
	for i, image := range p.Images[:min(len(p.Images), MaxImages)] {
		check(isImage(image), fmt.Sprintf("images[%d]", i),
			"must be a path starting with /media/ or an https URL, at most %d bytes; found %s", MaxImage, fault.Quote(image))
	}
	return wrong
}

// ValidID tells whether a product can have this id.
func ValidID(id string) bool { return isSlug(id, 64) && id[0] != '-' }

func validCategory(slug string) bool { return isSlug(slug, 40) }

// isSlug accepts 1–most of a–z, 0–9 and -. It is no regular expression because compiling one costs cold-start time.
func isSlug(s string, most int) bool {
	return s != "" && len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
}

// isText refuses control characters, which have no place in a shop's texts and hide things in terminals and mails, and
// U+FFFD, which is what gateways make of bytes that are not UTF-8.
func isText(s, allowedControls string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r == utf8.RuneError || unicode.IsControl(r) && !strings.ContainsRune(allowedControls, r)
	})
}

// isImage accepts what the storefront may load. No other scheme gets in (javascript:, data:), nor a path that climbs out
// of /media/.
func isImage(s string) bool {
	if len(s) > MaxImage || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return false
	}
	u, err := url.Parse(s)
	if err != nil || !utf8.ValidString(s) || strings.Contains(u.Path, "..") {
		return false
	}
	if u.Scheme == "https" {
		return u.Hostname() != "" && u.User == nil
	}
	return u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, "/media/") && len(u.Path) > len("/media/")
}
