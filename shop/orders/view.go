package orders

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// View is an order as people see it.
type View struct {
	// ID is the order's id.
	ID string `json:"orderId"`
	// Status is how far the order has come.
	Status Status `json:"status"`
	// Lines are what was ordered, each product once.
	Lines []event.Line `json:"lines"`
	// TotalCents is the value of all lines in hundredths of Currency, an ISO 4217 code.
	TotalCents int64  `json:"totalCents"`
	Currency   string `json:"currency"`
	// CreatedAt and UpdatedAt are the times of the order's first and last event, in UTC, to the millisecond.
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	// Version is the number of the order's events.
	Version int `json:"version"`
	// ShipmentID and TrackingNumber are the carrier's, once the order was shipped.
	ShipmentID     string `json:"shipmentId,omitempty"`
	TrackingNumber string `json:"trackingNumber,omitempty"`
	// Reason is why the order, or its return, did not work out: a sentence.
	Reason string `json:"reason,omitempty"`
	// Return is the last return, if one was ever requested.
	Return *Return `json:"return,omitempty"`
}

// Step is an event of an order's history as people see it.
type Step struct {
	// Type is what happened, such as "Order Paid".
	Type string `json:"type"`
	// At is when, in UTC.
	At time.Time `json:"at"`
}

// View returns the order as people see it.
func (o Order) View() View {
	return View{
		ID: o.ID, Status: o.Status, Lines: append([]event.Line{}, o.Lines...), TotalCents: o.TotalCents, Currency: o.Currency,
		CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt, Version: o.Version, ShipmentID: o.ShipmentID, TrackingNumber: o.TrackingNumber,
		Reason: o.Reason, Return: o.Return,
	}
}

// steps are a history as people see it.
func steps(history []Recorded) []Step {
	all := make([]Step, len(history))
	for i, r := range history {
		all[i] = Step{event.Name(r.Detail), r.At}
	}
	return all
}

// SoldOn is the UTC day, such as 2026-03-01, to whose sales the order counts: that of its payment, as long as the money has not gone back
// and nobody called the order off. "" if it counts to none.
func (o Order) SoldOn() string {
	switch o.Status {
	case Paid, Shipped, Delivered, ReturnRequested:
		return o.PaidAt.UTC().Format(time.DateOnly)
	default:
		return ""
	}
}

// How many orders a page holds.
const (
	DefaultLimit = 20
	MaxLimit     = 100
	maxCursor    = 1024
)

// Query is a request for one page of a list of orders, the newest first.
type Query struct {
	// CustomerID is whose orders are wanted; "" for those of all customers, which needs a Status.
	CustomerID string
	// Status is the only state that is wanted; "" for all.
	Status Status
	// Limit is the most orders to return, 1–MaxLimit.
	Limit int
	// After is where the last page ended; nil for the first page.
	After *Position
}

// Page is a part of a list.
type Page struct {
	// Items are the orders, the newest first. There can be fewer than the limit, even none, although more follow.
	Items []View
	// Next is where the next page begins; nil if this is the last.
	Next *Position
}

// Position is a place in a list: right after a certain order.
type Position struct {
	// CreatedAt is when the order was placed, as the views store it.
	CreatedAt string
	// ID is the order's id.
	ID string
}

// cursor is what a client holds between two pages.
type cursor struct {
	CreatedAt string `json:"c"`
	ID        string `json:"id"`
	// Sum binds the cursor to the list, and so to the customer, it was made for. It is no signature and need not be one: whose orders
	// are listed is decided by the token, and a cursor that is made up with care merely begins at another place of one's own list.
	Sum string `json:"s"`
}

// Cursor returns the position as an opaque text that only the same list, with any limit, accepts.
func (q Query) Cursor(p Position) string {
	data, _ := json.Marshal(cursor{p.CreatedAt, p.ID, q.sum(p)}) // strings always encode
	return base64.RawURLEncoding.EncodeToString(data)
}

func (q Query) sum(p Position) string {
	data, _ := json.Marshal([]string{q.CustomerID, string(q.Status), p.CreatedAt, p.ID})
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// ParseCursor returns the position that a cursor of this list stands for. Anything else than what [Query.Cursor] has returned for the same
// customer and status gives fault.ErrInvalid for the field "cursor".
func (q Query) ParseCursor(text string) (*Position, error) {
	bad := fault.Invalid(fault.Field{Field: "cursor", Message: "must be the nextCursor of a page of the same list (same account and status)"})
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
	p := Position{c.CreatedAt, c.ID}
	at, err := time.Parse(timeLayout, p.CreatedAt)
	// Comparing the whole text refuses every other spelling of the same cursor along with wrong sums.
	if err != nil || at.Format(timeLayout) != p.CreatedAt || !validID(p.ID) || q.Cursor(p) != text {
		return nil, bad
	}
	return &p, nil
}

// validID tells whether an order can have this id; see handler.NewID.
func validID(id string) bool {
	return id != "" && len(id) <= 64 && !slices.ContainsFunc([]byte(id), func(c byte) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-'
	})
}

// newQuery checks the parameters of a list, as a client gives them: empty where absent. All that are wrong are told at once.
func newQuery(customerID, status, limit, after string) (Query, error) {
	q := Query{CustomerID: customerID, Status: Status(status), Limit: DefaultLimit}
	var wrong []fault.Field
	if status != "" && !slices.Contains(statuses, q.Status) {
		wrong = append(wrong, fault.Field{Field: "status", Message: fmt.Sprintf("must be one of %v; found %s", statuses, fault.Quote(status))})
	}
	if limit != "" {
		n, err := strconv.Atoi(limit)
		if err != nil || n < 1 || n > MaxLimit {
			wrong = append(wrong, fault.Field{Field: "limit", Message: fmt.Sprintf("must be a whole number, 1–%d; found %s", MaxLimit, fault.Quote(limit))})
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
