package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
	"github.com/serverless-shop/serverless-shop/shop/catalog"
	"github.com/serverless-shop/serverless-shop/shop/event"
	"github.com/serverless-shop/serverless-shop/shop/orders"
)

// ada is who orders.
const ada = "ada"

// customer is what the customer knows of an order.
type customer struct {
	request    handlertest.Request
	id         string // once it is accepted
	acceptedAt int
	answers    map[string]bool // the ids that were answered: one
}

// outcome is how a story ended.
type outcome struct {
	violation error
	story     []string
	steps     int
	called    map[string]int // calls to the outside by each function
	ends      map[orders.Status]int
}

// play makes a story happen, until everything is at rest, and heals what stopped: faults cease, dead-letter queues and executions are
// redriven. Then all events come once more. It returns what was violated.
func play(t *testing.T, p plan, b bugs) outcome {
	t.Helper()
	var o outcome
	synctest.Test(t, func(t *testing.T) {
		cryptotest.SetGlobalRandom(t, p.seed)
		w := newWorld(t, p, b)
		o.violation = w.live()
		o.story, o.steps, o.called, o.ends = w.story, w.scheduler.steps, w.called, w.ends
		w.over = true
		w.scheduler.end()
	})
	return o
}

func (w *world) live() error {
	w.open()
	actions := w.plan.actions
	offers := func() []option {
		options := w.deliveries()
		var next []option
		for n, a := range actions {
			if since, can := w.can(a); can {
				do := option{since: since, run: func() {
					actions = append(append([]action{}, actions[:n]...), actions[n+1:]...)
					w.act(a)
				}}
				next = append(next, do)
				if w.scheduler.steps >= since {
					options = append(options, do)
				}
			}
		}
		if len(options) == 0 && len(w.scheduler.calls()) == 0 && len(next) > 0 {
			return next[:1] // nothing else happens before
		}
		return options
	}
	if err := w.scheduler.drain(offers, w.nextDue, w.watch); err != nil {
		return err
	}
	if err := w.heal(); err != nil {
		return err
	}
	if err := w.check(); err != nil {
		return err
	}
	w.replay()
	if err := w.scheduler.drain(w.deliveries, w.nextDue, w.watch); err != nil {
		return err
	}
	if err := w.heal(); err != nil {
		return err
	}
	return w.check()
}

// heal ends all faults, and redrives what stopped.
func (w *world) heal() error {
	for range maxRedrives {
		w.healed = true
		if !w.redrive() {
			break
		}
		if err := w.scheduler.drain(w.deliveries, w.nextDue, w.watch); err != nil {
			return err
		}
	}
	return nil
}

// maxRedrives is how often everything that stopped is redriven once faults have ceased. What still stops then, always will.
const maxRedrives = 4

// redrive lets everything that was given up begin again. It returns false if there is nothing.
func (w *world) redrive() bool {
	some := false
	for _, s := range w.subscriptions {
		for _, m := range s.dead {
			some = true
			w.tell("    %s: %s is redriven", s.function, m.name)
			m.failed = 0
			w.send(s, m)
		}
		s.dead = nil
	}
	for _, id := range w.stopped() {
		some = true
		w.tell("    the flow of %s is redriven", w.named(id))
		e := w.executions[id]
		w.scheduler.start("flow of "+w.named(id), func(p *process) { w.execute(p, id, e) })
	}
	return some
}

// open fills the catalogue.
func (w *world) open() {
	table := catalog.NewTable(w.db, "products")
	for n, id := range products {
		_, err := table.Save(context.Background(), catalog.Product{
			ID: id, Name: id, Category: "kitchen", PriceCents: int64(1290 + 4000*n), Currency: "EUR", Stock: w.plan.stock[id],
			CreatedAt: time.Now(), UpdatedAt: time.Now(),
		}, catalog.IfAbsent())
		if err != nil {
			panic(err)
		}
	}
}

// can tells whether somebody can do this yet, and from which step on they want to.
func (w *world) can(a action) (since int, can bool) {
	switch a.kind {
	case "place", "restock", "leave":
		return a.after, true
	}
	c := w.customers[a.order]
	if c == nil || c.id == "" {
		return 0, false
	}
	return c.acceptedAt + a.after, true
}

// act lets somebody do something.
func (w *world) act(a action) {
	w.tell("%s", a)
	run := map[string]func(*process, action){
		"place": w.place, "repeat": w.post, "cancel": w.cancel, "return": w.giveBack, "restock": w.restock, "leave": w.leave,
	}[a.kind]
	w.scheduler.run(w.scheduler.start(a.String(), func(p *process) { run(p, a) }), func() {})
}

// place sends an order.
func (w *world) place(p *process, a action) {
	var lines []map[string]any
	for _, id := range products {
		if n := a.lines[id]; n > 0 {
			lines = append(lines, map[string]any{"productId": id, "quantity": n})
		}
	}
	body, err := json.Marshal(map[string]any{
		"lines": lines, "paymentToken": a.token, "shippingAddress": map[string]any{
			"name": "Ada Lovelace", "street": "12 St James's Square", "city": "London", "postcode": a.postcode, "country": "GB",
		},
	})
	if err != nil {
		panic(err)
	}
	w.customers[a.order] = &customer{
		request: handlertest.Request{Method: "POST", Body: string(body), Header: map[string]string{"Idempotency-Key": a.order}}.Signed(ada),
		answers: map[string]bool{},
	}
	w.post(p, a)
}

// patience is how often a person tries something again that did not work.
const patience = 5

// post sends an order's request, until it is answered.
func (w *world) post(p *process, a action) {
	c := w.customers[a.order]
	for range patience {
		r, _ := w.request(p, "place-order", c.request)
		if r.Status == http.StatusCreated {
			var order struct{ OrderID string }
			_ = json.Unmarshal([]byte(r.Body), &order) // without an id, the order is not found below
			c.answers[order.OrderID] = true
			if c.id == "" {
				c.id, c.acceptedAt = order.OrderID, w.scheduler.steps
			}
			return
		}
		if r.Status == http.StatusUnauthorized && w.left {
			return
		}
		if r.Status < http.StatusInternalServerError {
			panic(fmt.Sprintf("POST /orders: %d %s", r.Status, r.Body))
		}
		p.sleep(2*time.Second, nil)
	}
}

// cancel calls an order off, or finds that it is too late.
func (w *world) cancel(p *process, a action) {
	c := w.customers[a.order]
	for range patience {
		r, _ := w.request(p, "cancel-order", handlertest.Request{Method: "POST", Path: map[string]string{"id": c.id}}.Signed(ada))
		if r.Status < http.StatusInternalServerError {
			w.tell("    is answered %d", r.Status)
			return
		}
		p.sleep(2*time.Second, nil)
	}
}

// giveBack returns an order, as soon as it was shipped.
func (w *world) giveBack(p *process, a action) {
	c := w.customers[a.order]
	for range patience {
		r, _ := w.request(p, "return-order", handlertest.Request{
			Method: "POST", Path: map[string]string{"id": c.id}, Body: fmt.Sprintf(`{"reason":%q}`, a.reason),
		}.Signed(ada))
		if r.Status == http.StatusAccepted {
			w.tell("    the return of %s is accepted", a.order)
			return
		}
		p.sleep(20*time.Second, nil)
	}
}

// leave deletes the customer's account. The token stays valid for as long as the story lasts.
func (w *world) leave(*process, action) {
	w.left = true
	gone, err := event.New(ada+"-deleted", time.Now(), event.UserDeleted{Meta: event.NewMeta("leaves", "leaves"), UserID: ada})
	if err != nil {
		panic(err)
	}
	w.publish(w.rules, gone)
}

// restock adds to a product's stock what came in: the administrator looks how much is shown, and saves the sum.
func (w *world) restock(p *process, a action) {
	for range patience {
		shown, err := catalog.NewTable(w.db, "products").Get(context.Background(), a.product)
		if err != nil {
			panic(err)
		}
		shown.Stock += a.quantity
		body, err := json.Marshal(map[string]any{
			"name": shown.Name, "category": shown.Category, "priceCents": shown.PriceCents, "currency": shown.Currency, "stock": shown.Stock,
		})
		if err != nil {
			panic(err)
		}
		r, _ := w.request(p, "put-product", handlertest.Request{
			Method: "PUT", Path: map[string]string{"id": a.product}, Body: string(body), Header: map[string]string{"If-Match": fmt.Sprintf(`"%d"`, shown.Version)},
		}.Signed("grace", "admin"))
		if r.Status == http.StatusOK {
			return
		}
		p.sleep(2*time.Second, nil)
	}
}

// entered is what administrators have entered of each product: the sum of all changes that they made, as the table has them.
func (w *world) entered(c handler.Change) int64 {
	if plain(c.Old["stockAsOf"]) != plain(c.New["stockAsOf"]) {
		return 0 // the inventory's own
	}
	return whole(plain(c.New["stock"])) - whole(plain(c.Old["stock"]))
}
