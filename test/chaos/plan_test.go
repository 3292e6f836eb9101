package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// plan is a story before it happens: who wants what, and what goes wrong. Everything else is decided by chance, from the seed.
type plan struct {
	seed    uint64
	stock   map[string]int64 // what the administrator enters at first, by product
	actions []action
	faults  []fault
	random  int // choices left to chance
}

// action is something that a person does.
type action struct {
	kind     string // place, repeat, cancel, return, restock or leave
	order    string // the customer's idempotency key
	lines    map[string]int64
	token    string
	postcode string
	reason   string
	product  string
	quantity int64
	// after is how many steps of the story it comes, counted from the acceptance of the order if it is about one.
	after int
}

func (a action) String() string {
	switch a.kind {
	case "place":
		var lines []string
		for _, p := range products {
			if n := a.lines[p]; n > 0 {
				lines = append(lines, fmt.Sprintf("%d %s", n, p))
			}
		}
		return fmt.Sprintf("the customer orders %s (%s, postcode %s) as %s", strings.Join(lines, ", "), a.token, a.postcode, a.order)
	case "repeat":
		return fmt.Sprintf("the customer sends %s again", a.order)
	case "cancel":
		return fmt.Sprintf("the customer cancels %s", a.order)
	case "return":
		return fmt.Sprintf("the customer returns %s: %q", a.order, a.reason)
	case "leave":
		return "the customer deletes the account"
	}
	return fmt.Sprintf("the administrator adds %d %s", a.quantity, a.product)
}

// kinds of faults.
const (
	crashBefore = iota // the function's process ends before the call has its effect
	crashAfter
	failBefore // the call fails, or its answer does not come, and it has not had its effect
	failAfter
	twice // a message comes again, or a change of a stream
	late  // a message comes much later
	faultKinds
)

// fault is what goes wrong: some calls of a function to the outside, from the nth on, or a message to it.
type fault struct {
	function string
	nth      int
	count    int
	kind     int
}

func (f fault) after() bool     { return f.kind == crashAfter || f.kind == failAfter }
func (f fault) crash() bool     { return f.kind == crashBefore || f.kind == crashAfter }
func (f fault) message() bool   { return f.kind == twice || f.kind == late }
func (f fault) hits(n int) bool { return n >= f.nth && n < f.nth+f.count }

func (f fault) happening(what string) string {
	return map[int]string{
		crashBefore: "crashes before " + what, crashAfter: "crashes after " + what,
		failBefore: what + " fails", failAfter: what + " is done, but the answer is lost",
		twice: "gets " + what + " again", late: "gets " + what + " much later",
	}[f.kind]
}

// faultOf counts a call, and returns what is wrong with it.
func (w *world) faultOf(function, what string) (fault, bool) {
	w.called[function]++
	w.trace("    %s: %s", function, what)
	return w.find(function, w.called[function], false)
}

// messageFaultOf counts a message to a function, and returns what is wrong with its delivery.
func (w *world) messageFaultOf(function string) (fault, bool) {
	w.delivered[function]++
	return w.find(function, w.delivered[function], true)
}

func (w *world) find(function string, n int, message bool) (fault, bool) {
	if w.healed {
		return fault{}, false
	}
	for _, f := range w.plan.faults {
		if f.function == function && f.message() == message && f.hits(n) {
			return f, true
		}
	}
	return fault{}, false
}

// products are what the shop sells.
var products = []string{"mug", "pot", "tea"}

// newPlan makes a story.
func newPlan(seed uint64) plan {
	c := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // repeatable
	p := plan{seed: seed, stock: map[string]int64{}, random: maxSteps}
	for _, product := range products {
		p.stock[product] = c.Int64N(5)
	}
	for n := range pick(c, 1, 1, 2, 2, 3, 4) {
		p.actions = append(p.actions, actionsOf(c, fmt.Sprintf("order %d", n+1))...)
	}
	for range c.IntN(3) {
		p.actions = append(p.actions, action{kind: "restock", product: pick(c, products...), quantity: 1 + c.Int64N(4), after: c.IntN(400)})
	}
	for range pick(c, 0, 2, 4, 8, 12) {
		p.faults = append(p.faults, newFault(c))
	}
	if c.IntN(6) == 0 {
		p.actions = append(p.actions, action{kind: "leave", after: c.IntN(900)})
	}
	return p
}

// actionsOf are what a customer does about one order.
func actionsOf(c *rand.Rand, order string) []action {
	place := action{kind: "place", order: order, lines: map[string]int64{}, after: c.IntN(200)}
	for range 1 + c.IntN(2) {
		place.lines[pick(c, products...)] = 1 + c.Int64N(3)
	}
	place.token = pick(c, "tok_ok", "tok_ok", "tok_ok", "tok_declined", "tok_timeout", "tok_flaky", "tok_pending", "tok_pending", "tok_refund_fails")
	place.postcode = pick(c, "10115", "10115", "10115", "10115", "00000", "99999", "55555")
	all := []action{place}
	if c.IntN(4) == 0 {
		all = append(all, action{kind: "repeat", order: order, after: c.IntN(100)})
	}
	if c.IntN(3) == 0 {
		all = append(all, action{kind: "cancel", order: order, after: c.IntN(400)})
	}
	for range pick(c, 0, 0, 1, 2) {
		all = append(all, action{kind: "return", order: order, reason: pick(c, "too small", "too small", "damaged"), after: c.IntN(600)})
	}
	return all
}

func newFault(c *rand.Rand) fault {
	function := pick(c, faulty...)
	if c.IntN(2) == 0 { // there are many functions, and what goes wrong with money, stock and parcels does so in a few
		function = pick(c, critical...)
	}
	f := fault{function: function, kind: c.IntN(faultKinds), nth: 1 + c.IntN(1+c.IntN(12)), count: 1}
	if !f.message() {
		f.count = pick(c, 1, 1, 1, 2, 5, 30) // the last two are outages
	}
	return f
}

func pick[T any](c *rand.Rand, from ...T) T { return from[c.IntN(len(from))] }

// shrink returns the shortest story that still breaks the same, as far as leaving out one thing at a time leads to it.
func shrink(p plan, breaks func(plan) bool) plan {
	for again := true; again; {
		again = false
		for i := len(p.faults) - 1; i >= 0; i-- {
			shorter := p
			shorter.faults = slices.Delete(slices.Clone(p.faults), i, i+1)
			if breaks(shorter) {
				p, again = shorter, true
			}
		}
		for i := len(p.actions) - 1; i >= 0; i-- {
			shorter := p
			shorter.actions = slices.Delete(slices.Clone(p.actions), i, i+1)
			if breaks(shorter) {
				p, again = shorter, true
			}
		}
		for i, f := range p.faults {
			if f.count == 1 {
				continue
			}
			shorter := p
			shorter.faults = slices.Clone(p.faults)
			shorter.faults[i].count = f.count / 2
			if breaks(shorter) {
				p, again = shorter, true
			}
		}
	}
	for random := 0; random < p.random && random < 5000; random = 2*random + 1 {
		shorter := p
		shorter.random = random
		if breaks(shorter) {
			return shorter
		}
	}
	return p
}
