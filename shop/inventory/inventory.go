// Package inventory knows how much of each product the shop has, and sets it aside for orders.
//
// Whatever the shop has of a product is available, reserved for an order, or sold. An order's [Reservation] says how much of it is in
// which of these because of that order, and the rules change nothing but the reservation; the levels follow from the difference, in the
// same transaction. So nothing is lost or made up, whichever rule is repeated or breaks off: what is available, reserved and sold of a
// product is always everything that was ever received of it, less what was taken away.
package inventory

import (
	"fmt"
	"slices"
	"time"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Limits of an order. Twenty lines are at most 61 writes in one transaction, of the 100 that DynamoDB accepts.
const (
	MaxLines    = 20
	MaxQuantity = 100
)

// Level is how much of a product the shop has. No number is ever negative.
type Level struct {
	// ProductID is the product's id in the catalogue.
	ProductID string
	// Available can be ordered.
	Available int64
	// Reserved is set aside for orders.
	Reserved int64
	// Sold has left, or is about to leave, the warehouse.
	Sold int64
	// Received is what administrators' changes sum up to since the product came into the catalogue, at ListedAt.
	Received int64
	ListedAt time.Time
	// Sequence grows by one whenever Available or Received changes: of two views of a product, that with the higher one is newer.
	Sequence int64
}

// Line is how many of a product somebody wants.
type Line struct {
	// ProductID is the product's id in the catalogue.
	ProductID string `json:"productId"`
	// Quantity is 1–[MaxQuantity].
	Quantity int64 `json:"quantity"`
}

// checkLines refuses what no order has.
func checkLines(lines []Line) error {
	var wrong []fault.Field
	if len(lines) < 1 || len(lines) > MaxLines {
		wrong = append(wrong, fault.Field{Field: "lines", Message: fmt.Sprintf("must be 1–%d, are %d", MaxLines, len(lines))})
	}
	seen := map[string]bool{}
	for i, l := range lines {
		if l.ProductID == "" || seen[l.ProductID] {
			wrong = append(wrong, fault.Field{
				Field: fmt.Sprintf("lines[%d].productId", i), Message: "must be a product that no other line has; found " + fault.Quote(l.ProductID),
			})
		}
		if l.Quantity < 1 || l.Quantity > MaxQuantity {
			wrong = append(wrong, fault.Field{
				Field: fmt.Sprintf("lines[%d].quantity", i), Message: fmt.Sprintf("must be 1–%d, is %d", MaxQuantity, l.Quantity),
			})
		}
		seen[l.ProductID] = true
	}
	return fault.Invalid(wrong...)
}

// State is where an order stands with the inventory.
type State string

const (
	// New orders are not known to the inventory.
	New State = ""
	// Waiting orders get their stock as soon as there is enough of every line.
	Waiting State = "WAITING"
	// Reserved orders have their stock, set aside or already sold.
	Reserved State = "RESERVED"
	// Released orders have given everything back and get nothing any more: their order was called off.
	Released State = "RELEASED"
	// Returned orders were sold, and their goods came back.
	Returned State = "RETURNED"
)

// Holding is what an order has of one product.
type Holding struct {
	// ProductID is the product's id in the catalogue.
	ProductID string `dynamodbav:"productId"`
	// Quantity is how many were ordered.
	Quantity int64 `dynamodbav:"quantity"`
	// Reserved of them are set aside in the product's level.
	Reserved int64 `dynamodbav:"reserved"`
	// Sold of them are counted as sold in the product's level.
	Sold int64 `dynamodbav:"sold"`
	// Returned of them were sold and are available again.
	Returned int64 `dynamodbav:"returned"`
}

// Reservation is what an order has of the shop's stock. Its methods are the rules: each returns the reservation as it should be next,
// which is the same as before if there is nothing to do, so that every rule may be repeated.
type Reservation struct {
	// OrderID is the order's id.
	OrderID string
	// CorrelationID follows the customer's request that the order comes from.
	CorrelationID string
	// State is where the order stands.
	State State
	// Holdings are the order's lines, each product once.
	Holdings []Holding
	// Since is when the order began to wait: who waits longest is served first.
	Since time.Time
	// TaskToken is how the order's workflow, which waits, is told; "" if nobody waits or it was told.
	TaskToken string
	// Causes are the events that made a return go forth or back, so that none does it twice.
	Causes []string
	// Return is what was said of the goods that came back last.
	Return event.Return
	// Version grows by one with every change; 0 if nothing is stored yet.
	Version int64
}

// refusal is why the inventory will never do what is asked for. Step Functions knows it by its name.
type refusal struct{ name, detail string }

func (e *refusal) Error() string { return e.name + ": " + e.detail }

// ErrorName is the error's name in the workflow.
func (e *refusal) ErrorName() string { return e.name }

// Names of errors by which a workflow knows them.
const (
	// OrderCancelled: the order was called off, and its stock released, before or meanwhile.
	OrderCancelled = "OrderCancelled"
	// NotReserved: the order does not have the stock that was to be sold or taken back.
	NotReserved = "NotReserved"
)

func cancelled(orderID string) error {
	return &refusal{OrderCancelled, fmt.Sprintf("order %q was released; no stock is set aside for it any more", orderID)}
}

// Reserve sets every line aside, or, if the order waits for stock, does so now.
//
// Errors: OrderCancelled if the order was released; fault.ErrInvalid if the lines are not those that the order has already.
func (r Reservation) Reserve(lines []Line) (Reservation, error) {
	switch {
	case r.State == Released:
		return r, cancelled(r.OrderID)
	case r.State == New:
		r.Holdings = holdings(lines)
	case !r.holds(lines):
		return r, fault.New(fault.ErrInvalid, "The order %s has other lines already.", fault.Quote(r.OrderID))
	case r.State != Waiting:
		return r, nil
	}
	r.State = Reserved
	return r.each(func(h *Holding) { h.Reserved = h.Quantity }), nil
}

// Await lets the order wait for stock. Who reserved it meanwhile, or does later, tells the task with this token, which takes the place of an
// earlier try's.
//
// Errors: as for Reserve.
func (r Reservation) Await(lines []Line, taskToken string, now time.Time) (Reservation, error) {
	switch {
	case r.State == Released:
		return r, cancelled(r.OrderID)
	case r.State == New:
		r.State, r.Holdings, r.Since = Waiting, holdings(lines), now.UTC().Truncate(time.Millisecond)
	case !r.holds(lines):
		return r, fault.New(fault.ErrInvalid, "The order %s has other lines already.", fault.Quote(r.OrderID))
	}
	r.TaskToken = taskToken
	return r, nil
}

// Serve reserves for an order that waits, and leaves others alone.
func (r Reservation) Serve() Reservation {
	if r.State != Waiting {
		return r
	}
	r.State = Reserved
	return r.each(func(h *Holding) { h.Reserved = h.Quantity })
}

// Release makes everything available again that the order has, also what was sold, since it did not leave. An order that has nothing, or
// waits, gets nothing later either. What was returned is available already and stays so.
func (r Reservation) Release() Reservation {
	if r.State == Returned {
		return r
	}
	r.State, r.TaskToken = Released, ""
	return r.each(func(h *Holding) { h.Reserved, h.Sold = 0, 0 })
}

// EndWaiting makes sure that an order that has no stock gets none, as its customer cancelled it; its waiting task is still to be told.
// An order that has stock is left alone: it is called off, and released, by its workflow.
func (r Reservation) EndWaiting() Reservation {
	if r.State == New || r.State == Waiting {
		r.State = Released
	}
	return r
}

// Told forgets the task with this token, since it was told.
func (r Reservation) Told(taskToken string) Reservation {
	if r.TaskToken == taskToken {
		r.TaskToken = ""
	}
	return r
}

// MustTell tells whether the order waits no longer, and its workflow does not know yet.
func (r Reservation) MustTell() bool { return r.TaskToken != "" && r.State != Waiting }

// Sell counts one line as sold.
//
// Error: NotReserved if the order has no such line set aside.
func (r Reservation) Sell(line Line) (Reservation, error) {
	i := slices.IndexFunc(r.Holdings, func(h Holding) bool { return h.ProductID == line.ProductID && h.Quantity == line.Quantity })
	if i < 0 || r.State != Reserved && r.State != Returned {
		return r, &refusal{NotReserved, fmt.Sprintf("order %q, %s: selling %d of product %q, want that many set aside before",
			r.OrderID, r.State, line.Quantity, line.ProductID)}
	}
	return r.each(func(h *Holding) {
		if h.ProductID == line.ProductID {
			h.Reserved, h.Sold = 0, h.Sold+h.Reserved
		}
	}), nil
}

// Restock makes sold goods available again because their customer sent them back, once for each cause.
//
// Error: NotReserved if not everything was sold (yet).
func (r Reservation) Restock(goods event.Return, cause string) (Reservation, error) {
	if slices.Contains(r.Causes, cause) || r.State == Returned {
		return r, nil
	}
	if r.State != Reserved || slices.ContainsFunc(r.Holdings, func(h Holding) bool { return h.Reserved > 0 }) {
		return r, &refusal{NotReserved, fmt.Sprintf("order %q, %s: taking its goods back, want all of them sold before", r.OrderID, r.State)}
	}
	r.State, r.Return, r.Causes = Returned, goods, append(slices.Clone(r.Causes), cause)
	return r.each(func(h *Holding) { h.Returned, h.Sold = h.Sold, 0 }), nil
}

// Reverse undoes Restock, once for each cause, since the customer keeps the goods. Of goods that somebody else has ordered meanwhile,
// only as many are taken as are still available: the shop has promised more than it has, which short tells per product.
// An order whose goods did not come back is left alone.
func (r Reservation) Reverse(cause string, available map[string]int64) (next Reservation, short []event.Shortage) {
	if r.State != Returned || slices.Contains(r.Causes, cause) {
		return r, nil
	}
	r.State, r.Causes = Reserved, append(slices.Clone(r.Causes), cause)
	next = r.each(func(h *Holding) {
		kept := min(h.Returned, available[h.ProductID])
		if kept < h.Returned {
			short = append(short, event.Shortage{ProductID: h.ProductID, Missing: h.Returned - kept})
		}
		h.Sold, h.Returned = kept, 0
	})
	return next, short
}

// follows notes the customer's request in a reservation that is not stored yet.
func (r Reservation) follows(correlationID string) Reservation {
	if r.Version == 0 {
		r.CorrelationID = correlationID
	}
	return r
}

// each returns the reservation with every holding changed; the original keeps its own.
func (r Reservation) each(change func(*Holding)) Reservation {
	r.Holdings = slices.Clone(r.Holdings)
	for i := range r.Holdings {
		change(&r.Holdings[i])
	}
	return r
}

// holds tells whether the order has these lines.
func (r Reservation) holds(lines []Line) bool {
	return slices.EqualFunc(r.Holdings, lines, func(h Holding, l Line) bool { return h.ProductID == l.ProductID && h.Quantity == l.Quantity })
}

func holdings(lines []Line) []Holding {
	all := make([]Holding, len(lines))
	for i, l := range lines {
		all[i] = Holding{ProductID: l.ProductID, Quantity: l.Quantity}
	}
	return all
}

// Movement is how a product's level changes.
type Movement struct {
	// ProductID is the product's id.
	ProductID string
	// Available, Reserved and Sold are by how many pieces each changes, below 0 for fewer. They add up to 0 unless goods came or went.
	Available, Reserved, Sold int64
}

// movements are how the levels must change for a reservation to become another.
func movements(before, after Reservation) []Movement {
	var all []Movement
	for i, h := range after.Holdings {
		var had Holding
		if i < len(before.Holdings) { // the lines of an order never change
			had = before.Holdings[i]
		}
		m := Movement{ProductID: h.ProductID, Reserved: h.Reserved - had.Reserved, Sold: h.Sold - had.Sold}
		m.Available = -m.Reserved - m.Sold
		if m.Reserved != 0 || m.Sold != 0 {
			all = append(all, m)
		}
	}
	return all
}
