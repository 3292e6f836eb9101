package catalog

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// Sort is the order of a list.
type Sort string

// The orders that a list can have. Products that are equal in it come in an order that is arbitrary but always the same.
const (
	ByName      Sort = "name"
	ByNameDesc  Sort = "-name"
	ByPrice     Sort = "price"
	ByPriceDesc Sort = "-price"
	ByNewest    Sort = "newest"
)

// sorts are all of them, in the order in which a message names them.
var sorts = []Sort{ByName, ByNameDesc, ByPrice, ByPriceDesc, ByNewest}

// How many products a page holds, and how long a search may be, in characters.
const (
	DefaultLimit = 24
	MaxLimit     = 100
	MaxSearch    = 100
	maxCursor    = 4096
)

// Filter says which products are wanted. The zero Filter wants all.
type Filter struct {
	// Category is a slug, or empty for every category.
	Category string
	// Words must all occur somewhere in a product's name, description or category; see [Words].
	Words []string
}

// Matches tells whether a product is wanted. Stores may find matches in their own way, but must agree with it.
func (f Filter) Matches(p Product) bool {
	if f.Category != "" && f.Category != p.Category {
		return false
	}
	text := searchText(p)
	return !slices.ContainsFunc(f.Words, func(word string) bool { return !strings.Contains(text, word) })
}

// Words splits what somebody typed into the words to look for: lower-case, each once.
func Words(search string) []string {
	var words []string
	for _, word := range strings.Fields(strings.ToLower(search)) {
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

// searchText is what a product's words are looked for in. The line feeds keep a word from matching across two fields,
// as no word contains one.
func searchText(p Product) string {
	return strings.ToLower(p.Name + "\n" + p.Description + "\n" + p.Category)
}

// Query is a request for one page of a list.
type Query struct {
	Filter
	// Sort is the list's order.
	Sort Sort
	// Limit is the most products to return, 1–MaxLimit.
	Limit int
	// After is where the last page ended; nil for the first page.
	After *Position
}

// Page is a part of a list.
type Page struct {
	// Items are the products in the list's order. There can be fewer than the limit, even none, although more follow:
	// a search stops after having looked at a certain number of products.
	Items []Product
	// Next is where the next page begins; nil if this is the last.
	Next *Position
}

// Position is a place in a sorted list: right after a certain product, be it still there or not.
type Position struct {
	// Key is the product's value in the list's order, as text: its lower-cased name, its price, or its time of creation.
	Key string
	// ID is the product's id.
	ID string
}

// timeLayout writes times so that they sort as text.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Key returns the value by which this order sorts a product, as text.
func (s Sort) Key(p Product) string {
	switch s {
	case ByPrice, ByPriceDesc:
		return strconv.FormatInt(p.PriceCents, 10)
	case ByNewest:
		return p.CreatedAt.UTC().Format(timeLayout)
	default:
		return sortName(p)
	}
}

// sortName is the name as it sorts: without regard to case.
func sortName(p Product) string { return strings.ToLower(p.Name) }

// Descending tells whether greater keys come first.
func (s Sort) Descending() bool { return s == ByNameDesc || s == ByPriceDesc || s == ByNewest }

// validKey tells whether a key is one that [Sort.Key] can have returned, letter for letter.
func (s Sort) validKey(key string) bool {
	switch s {
	case ByPrice, ByPriceDesc:
		n, err := strconv.ParseInt(key, 10, 64)
		return err == nil && n >= 0 && strconv.FormatInt(n, 10) == key
	case ByNewest:
		t, err := time.Parse(timeLayout, key)
		return err == nil && t.Format(timeLayout) == key
	default:
		// Lower-casing can lengthen a name by a little; a key of DynamoDB holds 1,024 bytes.
		return key != "" && len(key) <= 1024 && utf8.ValidString(key)
	}
}

// cursor is what a client holds between two pages.
type cursor struct {
	Key string `json:"k"`
	ID  string `json:"id"`
	// Sum binds the cursor to the list it was made for. It is no signature: lists are public, and a cursor that is made up
	// with care merely begins at another place of the same list.
	Sum string `json:"s"`
}

// Cursor returns the position as an opaque text that only the same list, with any limit, accepts.
func (q Query) Cursor(p Position) string {
	data, _ := json.Marshal(cursor{Key: p.Key, ID: p.ID, Sum: q.sum(p)}) // strings always encode
	return base64.RawURLEncoding.EncodeToString(data)
}

func (q Query) sum(p Position) string {
	data, _ := json.Marshal([]any{q.Category, q.Words, q.Sort, p.Key, p.ID})
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// ParseCursor returns the position that a cursor of this list stands for. Anything else than what [Query.Cursor] has
// returned for the same filter and order gives fault.ErrInvalid for the field "cursor".
func (q Query) ParseCursor(text string) (*Position, error) {
	bad := fault.Invalid(fault.Field{
		Field: "cursor", Message: "must be the nextCursor of a page of the same list (same category, q and sort)",
	})
	if len(text) > maxCursor {
		return nil, bad
	}
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, bad
	}
	var c cursor
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, bad
	}
	p := Position{Key: c.Key, ID: c.ID}
	// Comparing the whole text refuses every other spelling of the same cursor along with wrong sums.
	if q.Cursor(p) != text || !q.Sort.validKey(p.Key) || !ValidID(p.ID) {
		return nil, bad
	}
	return &p, nil
}

// newQuery checks the parameters of a list, as a client gives them: empty where absent. All that are wrong are told at once.
func newQuery(category, search, sort, limit, after string) (Query, error) {
	q := Query{Filter: Filter{Category: category, Words: Words(search)}, Sort: ByName, Limit: DefaultLimit}
	var wrong []fault.Field
	add := func(field, format string, args ...any) {
		wrong = append(wrong, fault.Field{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if category != "" && !validCategory(category) {
		add("category", "must be 1–40 of a–z, 0–9 and -; found %s", fault.Quote(category))
	}
	if n := utf8.RuneCountInString(search); n > MaxSearch {
		add("q", "must have at most %d characters, has %d", MaxSearch, n)
	}
	if !utf8.ValidString(search) {
		add("q", "must be UTF-8")
	}
	if sort != "" {
		q.Sort = Sort(sort)
	}
	if !slices.Contains(sorts, q.Sort) {
		add("sort", "must be one of %v; found %s", sorts, fault.Quote(sort))
	}
	if limit != "" {
		n, err := strconv.Atoi(limit)
		if err != nil || n < 1 || n > MaxLimit {
			add("limit", "must be a whole number, 1–%d; found %s", MaxLimit, fault.Quote(limit))
		}
		q.Limit = n
	}
	// A cursor can be judged only for a list that exists.
	if after != "" && len(wrong) == 0 {
		position, err := q.ParseCursor(after)
		if err != nil {
			return Query{}, err
		}
		q.After = position
	}
	return q, fault.Invalid(wrong...)
}
