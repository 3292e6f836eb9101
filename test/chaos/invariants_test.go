package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/internal/faketable"
	"github.com/serverless-shop/serverless-shop/shop/catalog"
	"github.com/serverless-shop/serverless-shop/shop/inventory"
	"github.com/serverless-shop/serverless-shop/shop/orders"
)

// whole is a number that an attribute holds; 0 if there is none.
func whole(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// observe looks at every change as it happens: what must hold at any time.
func (w *world) observe(table string, c handler.Change) {
	switch {
	case table == "products":
		w.received[plain(c.New["productId"])] += w.entered(c)
	case table == "stock" && plain(c.Keys["sk"]) == "LEVEL":
		for _, part := range []string{"available", "reserved", "sold"} {
			if whole(plain(c.New[part])) < 0 && w.broken == nil {
				w.broken = fmt.Errorf("stock is negative: %s of %s is %s", part, plain(c.Keys["pk"]), plain(c.New[part]))
			}
		}
	case table == "orders" && plain(c.Keys["sk"]) == "EVENT#000001":
		id := plain(c.New["orderId"])
		w.names[id] = fmt.Sprintf("order no. %d", len(w.names)+1)
	case table == "orders" && strings.HasPrefix(plain(c.Keys["pk"]), "IDEMPOTENCY#"):
		w.names[plain(c.New["orderId"])] = strings.TrimPrefix(plain(c.Keys["pk"]), "IDEMPOTENCY#"+ada+"#")
	}
}

// watch is checked after every step.
func (w *world) watch() error { return w.broken }

// atProvider and atCarrier are what the third parties know of an order.
type atProvider struct {
	Status           string
	Token            string
	Charges, Refunds int
}

type atCarrier struct {
	Status string
	Keys   []string
}

// seen is an order as everybody has it when all is at rest.
type seen struct {
	orders.Order
	history  []orders.Recorded
	name     string
	provider atProvider
	carrier  atCarrier
	payment  string // the status
	stock    inventory.Reservation
}

// check looks at everything when all is at rest.
func (w *world) check() error {
	ctx := context.Background()
	var violations []error
	violate := func(format string, args ...any) { violations = append(violations, fmt.Errorf(format, args...)) }
	all := w.everything(ctx)
	for _, s := range w.subscriptions {
		for _, m := range s.dead {
			violate("%s can never deal with %s", s.function, m.name)
		}
	}
	for _, o := range all {
		w.checkOrder(o, violate)
		w.ends[o.Status]++
	}
	w.checkAccepted(all, violate)
	w.checkStock(ctx, all, violate)
	w.checkMails(all, violate)
	w.checkErased(all, violate)
	w.checkViews(ctx, violate)
	return errors.Join(violations...)
}

type violate func(format string, args ...any)

// everything reads all orders.
func (w *world) everything(ctx context.Context) map[string]seen {
	table, stock := orders.NewTable(w.db, "orders"), inventory.NewTable(w.db, "stock")
	parties := map[string]faketable.Item{}
	for _, i := range w.db.Items("third-parties") {
		parties[plain(i["pk"])] = i
	}
	paid := map[string]string{}
	for _, i := range w.db.Items("payments") {
		paid[plain(i["orderId"])] = plain(i["status"])
	}
	all := map[string]seen{}
	for id, name := range w.names {
		o := seen{name: name, payment: paid[id]}
		var errs [5]error
		o.Order, o.history, errs[0] = table.Load(ctx, id)
		o.stock, errs[1] = stock.Reservation(ctx, id)
		errs[2] = attributevalue.UnmarshalMap(parties["PAYMENT#"+id], &o.provider)
		errs[3] = attributevalue.UnmarshalMap(parties["SHIPMENT#"+id], &o.carrier)
		if err := errors.Join(errs[:]...); err != nil {
			panic(err)
		}
		all[id] = o
	}
	return all
}

// stuck tells whether an order is one that only a person can bring to its end, since a third party refuses for good what has to be done.
func (w *world) stuck(o seen) bool {
	e := w.executionOf(o.ID)
	if e == nil || e.result == nil || e.result.StoppedAt == "" {
		return false
	}
	return e.result.StoppedAt == "RefundPayment" && e.result.Failure.Name == "RefundFailed" && o.provider.Token == "tok_refund_fails"
}

// endedBeforeItBegan tells whether an order ended as its customer left before its flow was started.
func (w *world) endedBeforeItBegan(o seen) bool {
	return w.left && (o.Status == orders.Cancelled || o.Status == orders.Failed && o.Reason == "The account was deleted.") &&
		o.provider.Status == "" && o.carrier.Status == "" && len(o.stock.Holdings) == 0
}

// final are the states in which an order is at rest, with what must be true at the provider, at the carrier, and of the stock.
var final = map[orders.Status]struct {
	provider, carrier []string
	stock             inventory.State
}{
	orders.Delivered: {[]string{"captured", "refund_failed"}, []string{"delivered"}, inventory.Reserved},
	orders.Returned:  {[]string{"refunded"}, []string{"delivered"}, inventory.Returned},
	orders.Cancelled: {[]string{"", "voided", "declined"}, []string{"", "cancelled", "refused"}, inventory.Released},
	orders.Failed:    {[]string{"", "voided", "declined", "refunded"}, []string{"", "cancelled", "refused"}, inventory.Released},
	orders.Refunded:  {[]string{"refunded"}, []string{"", "cancelled", "refused"}, inventory.Released},
}

// statusAt is what the shop knows of a payment in a state at the provider.
var statusAt = map[string][]string{
	"": {"", "VOIDED"}, "captured": {"CAPTURED"}, "declined": {"DECLINED", "VOIDED"}, "voided": {"VOIDED", "DECLINED"}, "refunded": {"REFUNDED"}, "refund_failed": {"REFUND_FAILED"},
}

// checkOrder checks that an order has come to its end, and that everybody agrees.
func (w *world) checkOrder(o seen, violate violate) {
	if o.provider.Charges > 1 {
		violate("%s was charged %d times", o.name, o.provider.Charges)
	}
	if o.provider.Refunds > 1 {
		violate("%s was refunded %d times", o.name, o.provider.Refunds)
	}
	if len(o.carrier.Keys) > 1 {
		violate("%s was shipped %d times", o.name, len(o.carrier.Keys))
	}
	if w.stuck(o) {
		return
	}
	switch e := w.executionOf(o.ID); {
	case e == nil && w.endedBeforeItBegan(o):
		return
	case e == nil:
		violate("the flow of %s was never started", o.name)
	case e.result == nil:
		violate("the flow of %s has not ended", o.name)
	case e.result.StoppedAt != "":
		violate("the flow of %s is stopped at %s for ever: %v", o.name, e.result.StoppedAt, e.result.Failure)
	}
	want, known := final[o.Status]
	if !known {
		violate("%s is %s for ever (return: %+v)", o.name, o.Status, o.Return)
		return
	}
	for what, has := range map[string]struct {
		is   string
		want []string
	}{
		"at the provider":    {o.provider.Status, want.provider},
		"at the carrier":     {o.carrier.Status, want.carrier},
		"in the payments":    {o.payment, statusAt[o.provider.Status]},
		"in the reservation": {string(o.stock.State), []string{string(want.stock)}},
	} {
		if !slices.Contains(has.want, has.is) {
			violate("%s is %s, but %s it is %q, want one of %q", o.name, o.Status, what, has.is, has.want)
		}
	}
	for _, r := range o.history {
		if id := orders.EventID(o.ID, r.Version); !w.archived[id] {
			violate("event %d of %s, %T, is not in the archive", r.Version, o.name, r.Detail)
		}
	}
}

// checkAccepted checks that each order was placed once, and that its owner sees it.
func (w *world) checkAccepted(all map[string]seen, violate violate) {
	page, err := orders.NewViews(w.db, "order-views", "").List(context.Background(), orders.Query{CustomerID: ada, Limit: orders.MaxLimit})
	if err != nil {
		panic(err)
	}
	shown := map[string]orders.Status{}
	for _, v := range page.Items {
		shown[v.ID] = v.Status
	}
	if w.left { // nobody owns them
		if len(page.Items) > 0 {
			violate("%d orders are shown to a customer who has left", len(page.Items))
		}
		for _, i := range w.db.Items("order-views") {
			shown[plain(i["orderId"])] = orders.Status(plain(i["status"]))
		}
	}
	answered := map[string]bool{}
	for key, c := range w.customers {
		if len(c.answers) > 1 {
			violate("%s was answered with %d orders", key, len(c.answers))
		}
		for id := range c.answers {
			answered[id] = true
			if all[id].ID == "" {
				violate("%s was accepted as %s, which does not exist", key, id)
			}
		}
	}
	if len(all) > len(w.customers) {
		violate("%d requests became %d orders", len(w.customers), len(all))
	}
	for id, o := range all {
		if shown[id] != o.Status {
			violate("%s is %s, and its owner sees it as %q", o.name, o.Status, shown[id])
		}
	}
}

// checkStock checks that everything that ever came of a product is somewhere, and where the orders say.
func (w *world) checkStock(ctx context.Context, all map[string]seen, violate violate) {
	reserved, sold := map[string]int64{}, map[string]int64{}
	for _, o := range all {
		for _, h := range o.stock.Holdings {
			reserved[h.ProductID] += h.Reserved
			sold[h.ProductID] += h.Sold
		}
	}
	table := inventory.NewTable(w.db, "stock")
	shown := map[string]int64{}
	catalogue := catalog.NewTable(w.db, "products")
	for _, id := range products {
		p, err := catalogue.Get(ctx, id)
		if err != nil {
			panic(err)
		}
		shown[id] = p.Stock
	}
	for _, id := range products {
		level, err := table.Level(ctx, id)
		if err != nil {
			panic(err)
		}
		if sum := level.Available + level.Reserved + level.Sold; sum != w.received[id] {
			violate("of %s %d came in, and there are %+v", id, w.received[id], level)
		}
		if level.Reserved != reserved[id] || level.Sold != sold[id] {
			violate("of %s orders have %d reserved and %d sold, and the level is %+v", id, reserved[id], sold[id], level)
		}
		if shown[id] != level.Available {
			violate("of %s %d are available, and %d are shown", id, level.Available, shown[id])
		}
	}
	for _, i := range w.db.Items("stock") {
		if sort := plain(i["sk"]); strings.HasPrefix(sort, "WAITING#") || strings.HasPrefix(sort, "TELL#") {
			violate("%s still stands in the queue of %s", w.named(sort), plain(i["pk"]))
		}
	}
}

// checkErased checks that nothing leads from the orders to a customer who has left.
func (w *world) checkErased(all map[string]seen, violate violate) {
	if !w.left {
		return
	}
	for _, i := range w.db.Items("orders") {
		if sort := plain(i["sk"]); sort == "PRIVATE" || strings.HasPrefix(plain(i["pk"]), "CUSTOMER#") && strings.HasPrefix(sort, "ORDER#") {
			violate("%s %s of a customer who has left is still there", w.named(plain(i["pk"])), w.named(sort))
		}
	}
	for _, o := range all {
		if o.Return != nil && o.Return.Reason != "" {
			violate("what the customer wrote, who has left, is in the events of %s: %q", o.name, o.Return.Reason)
		}
	}
}

// checkMails checks that everybody was told of each order, and nobody twice but after a crash.
func (w *world) checkMails(all map[string]seen, violate violate) {
	for mail, n := range w.mails {
		if most := 1 + w.excused[mail]; n > most {
			violate("the mail %q was sent %d times, want at most %d", w.named(mail), n, most)
		}
	}
	told := strings.Join(slices.Collect(maps.Keys(w.mails)), "\n")
	for id, o := range all {
		if !strings.Contains(told, "admin@shop.test: New order "+id) {
			violate("the administrators were not told of %s", o.name)
		}
		if w.left {
			continue
		}
		if !strings.Contains(told, ada+"@customers.test: We have your order "+id) {
			violate("the customer was not told that the shop has %s", o.name)
		}
		if w.sendable() && o.Has(orders.Shipped) && !strings.Contains(told, "Your order "+id+" is on its way") {
			violate("the customer was not told that %s is on its way", o.name)
		}
	}
}

// sendable tells whether the order flow gets its mails sent. It goes on without them if that fails time and again.
func (w *world) sendable() bool {
	failures := 0
	for _, f := range w.plan.faults {
		if f.function == "notify-customer" && !f.message() {
			failures += f.count
		}
	}
	return failures <= 2
}

// checkViews checks that the read models are what they would be if they were made from the events now.
func (w *world) checkViews(ctx context.Context, violate violate) {
	live := map[string][]faketable.Item{}
	for _, name := range []string{"order-views", "sales"} {
		live[name] = essence(w.db.Items(name))
	}
	if _, err := orders.Rebuild(ctx, orders.NewTable(w.db, "orders"), orders.NewViews(w.db, "order-views", "sales"), 1, func(int) {}); err != nil {
		panic(err)
	}
	for name, was := range live {
		if is := essence(w.db.Items(name)); !reflect.DeepEqual(was, is) {
			violate("%s is not what the events say:\n%v\nwant\n%v", name, was, is)
		}
	}
}

// essence leaves out how often a view was written, and days on which nothing was sold in the end.
func essence(items []faketable.Item) []faketable.Item {
	var all []faketable.Item
	for _, i := range items {
		if plain(i["units"]) == "0" && plain(i["cents"]) == "0" {
			continue
		}
		i = maps.Clone(i)
		delete(i, "revision")
		all = append(all, i)
	}
	return all
}
