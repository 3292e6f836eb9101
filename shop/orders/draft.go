package orders

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/catalog"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Limits of what can be ordered at once, and of texts, in characters.
const (
	MaxLines    = 20
	MaxQuantity = 100
	MaxText     = 120
	MaxPostcode = 20
	MaxReason   = 500
	MaxToken    = 100
	MaxKey      = 64
)

// Draft is what a customer wants to order. It has no prices: those are the catalogue's.
type Draft struct {
	// Lines are 1–MaxLines products, each once.
	Lines []DraftLine `json:"lines"`
	// ShippingAddress is where the parcel goes.
	ShippingAddress Address `json:"shippingAddress"`
	// PaymentToken is what the payment provider gave the customer's browser for the card: 1–MaxToken letters, digits, '_' and '-', a letter
	// first. The number of a card is refused, so that none is ever stored.
	PaymentToken string `json:"paymentToken"`
}

// DraftLine is a product that a customer wants.
type DraftLine struct {
	// ProductID is the product's id in the catalogue.
	ProductID string `json:"productId"`
	// Quantity is how many: 1–MaxQuantity.
	Quantity int64 `json:"quantity"`
}

// Address is where a parcel goes. It is personal data, and kept apart from an order's events.
type Address struct {
	// Name, Street and City have 1–MaxText characters.
	Name   string `json:"name" dynamodbav:"name"`
	Street string `json:"street" dynamodbav:"street"`
	City   string `json:"city" dynamodbav:"city"`
	// Postcode has 1–MaxPostcode characters.
	Postcode string `json:"postcode" dynamodbav:"postcode"`
	// Country is an ISO 3166-1 code of two letters, such as DE.
	Country string `json:"country" dynamodbav:"country"`
}

// clean removes white space around texts, so that it makes no difference.
func (d Draft) clean() Draft {
	a := &d.ShippingAddress
	for _, text := range []*string{&a.Name, &a.Street, &a.City, &a.Postcode, &a.Country} {
		*text = strings.TrimSpace(*text)
	}
	return d
}

// validate checks every rule. Error: fault.ErrInvalid with all that are broken.
func (d Draft) validate() error {
	var wrong []fault.Field
	check := func(ok bool, field, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fault.Field{Field: field, Message: fmt.Sprintf(format, args...)})
		}
	}
	check(len(d.Lines) >= 1 && len(d.Lines) <= MaxLines, "lines", "must be 1–%d, are %d", MaxLines, len(d.Lines))
	seen := map[string]bool{}
	for i, l := range d.Lines[:min(len(d.Lines), MaxLines)] {
		field := fmt.Sprintf("lines[%d].", i)
		check(catalog.ValidID(l.ProductID), field+"productId", "must be a product's id; found %s", fault.Quote(l.ProductID))
		check(!seen[l.ProductID], field+"productId", "must not occur twice; order more of it by its quantity")
		check(l.Quantity >= 1 && l.Quantity <= MaxQuantity, field+"quantity", "must be 1–%d, is %d", MaxQuantity, l.Quantity)
		seen[l.ProductID] = true
	}
	a := d.ShippingAddress
	for _, text := range []struct {
		field, value string
		most         int
	}{{"name", a.Name, MaxText}, {"street", a.Street, MaxText}, {"city", a.City, MaxText}, {"postcode", a.Postcode, MaxPostcode}} {
		check(isText(text.value, text.most), "shippingAddress."+text.field, "must have 1–%d characters on one line; found %s", text.most, fault.Quote(text.value))
	}
	check(isCountry(a.Country), "shippingAddress.country", "must be an ISO 3166-1 code of two letters such as DE; found %s", fault.Quote(a.Country))
	check(isToken(d.PaymentToken), "paymentToken", "must be 1–%d of a–z, A–Z, 0–9, '_' and '-', a letter first; never the number of a card", MaxToken) // not repeated: it is worth money
	return fault.Invalid(wrong...)
}

// isText accepts 1–most characters without line breaks and other control characters, and without U+FFFD, which is what gateways
// make of bytes that are not UTF-8.
func isText(s string, most int) bool {
	n := utf8.RuneCountInString(s)
	return n >= 1 && n <= most && utf8.ValidString(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) })
}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

func isToken(s string) bool {
	return s != "" && strings.IndexAny(s, "0123456789_-") != 0 && len(s) <= MaxToken && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	})
}

// validKey checks an idempotency key. Error: fault.ErrInvalid.
func validKey(key string) error {
	if key == "" || len(key) > MaxKey || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return fault.Invalid(fault.Field{Field: "Idempotency-Key", Message: fmt.Sprintf(
			"must be a header of 1–%d printable ASCII characters, new for each order and the same when it is sent again", MaxKey)})
	}
	return nil
}

// hash tells requests apart. It is the same for the same order, however its JSON was written and its lines were sorted: a client that
// keeps its basket in a map sends them in another order each time.
func (d Draft) hash() string {
	d.Lines = slices.SortedFunc(slices.Values(d.Lines), func(a, b DraftLine) int { return strings.Compare(a.ProductID, b.ProductID) })
	canonical, _ := json.Marshal(d) // strings and whole numbers always encode, in the order of the fields
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// Placed returns the first event of a new order at the catalogue's prices. products are those of the draft by their ids.
//
// Error: fault.ErrUnprocessable, with the lines that name an unknown product, or if the products are priced in several currencies.
func (d Draft) Placed(about event.Meta, orderID, customerID string, products map[string]catalog.Product) (event.OrderCreated, error) {
	order := Order{ID: orderID, CustomerID: customerID}
	var unknown []fault.Field
	for i, l := range d.Lines {
		product, found := products[l.ProductID]
		if !found {
			unknown = append(unknown, fault.Field{Field: fmt.Sprintf("lines[%d].productId", i), Message: "is not sold; found " + fault.Quote(l.ProductID)})
			continue
		}
		order.Lines = append(order.Lines, event.Line{ProductID: product.ID, Name: product.Name, Quantity: l.Quantity, PriceCents: product.PriceCents})
		order.TotalCents += l.Quantity * product.PriceCents
		if order.Currency != "" && order.Currency != product.Currency {
			return event.OrderCreated{}, fault.New(fault.ErrUnprocessable, "The products are priced in %s and %s. Order them separately.", order.Currency, product.Currency)
		}
		order.Currency = product.Currency
	}
	if len(unknown) > 0 {
		return event.OrderCreated{}, &fault.Error{Kind: fault.ErrUnprocessable, Detail: "Some products are not sold.", Fields: unknown}
	}
	return event.OrderCreated{Meta: about, Order: order.facts()}, nil
}
