//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

// order is what the API tells of an order.
type order struct {
	ID             string    `json:"orderId"`
	Status         string    `json:"status"`
	Lines          []line    `json:"lines"`
	TotalCents     int64     `json:"totalCents"`
	Currency       string    `json:"currency"`
	CreatedAt      time.Time `json:"createdAt"`
	UpdatedAt      time.Time `json:"updatedAt"`
	Version        int       `json:"version"`
	ShipmentID     string    `json:"shipmentId"`
	TrackingNumber string    `json:"trackingNumber"`
	Reason         string    `json:"reason"`
	Return         *struct {
		Stage  string `json:"stage"`
		Reason string `json:"reason"`
	} `json:"return"`
	History []struct {
		Type string    `json:"type"`
		At   time.Time `json:"at"`
	} `json:"history"`
}

type line struct {
	ProductID  string `json:"productId"`
	Name       string `json:"name"`
	Quantity   int64  `json:"quantity"`
	PriceCents int64  `json:"priceCents"`
}

// settled are the statuses in which nothing more happens to an order by itself but its delivery.
var settled = []string{"SHIPPED", "DELIVERED", "CANCELLED", "FAILED", "REFUNDED", "RETURNED"}

// basket is the body of a new order. Its zero values are those of an order in which nothing goes wrong.
type basket struct {
	lines           map[string]int64 // product → quantity
	token, postcode string
}

func (b basket) body() draft {
	var lines []map[string]any
	for id, quantity := range b.lines {
		lines = append(lines, map[string]any{"productId": id, "quantity": quantity})
	}
	token, postcode := b.token, b.postcode
	if token == "" {
		token = "tok_ok"
	}
	if postcode == "" {
		postcode = "10115"
	}
	return draft{
		"lines": lines, "paymentToken": token,
		"shippingAddress": map[string]any{"name": "Ann Lee", "street": "Main Street 1", "city": "Berlin", "postcode": postcode, "country": "DE"},
	}
}

// placing is the request that places an order under a key.
func placing(token, key string, body any) request {
	return request{method: "POST", path: api("/orders"), token: token, body: body}.with("Idempotency-Key", key)
}

// place places an order as the demo customer.
func place(t *testing.T, b basket) order {
	t.Helper()
	return decode[order](t, send(t, placing(customerToken(t), newID(), b.body())), http.StatusCreated)
}

// look asks for an order of the demo customer.
func look(t *testing.T, id string) order {
	t.Helper()
	return decode[order](t, send(t, request{path: api("/orders/") + id, token: customerToken(t)}), http.StatusOK)
}

// await waits until the order has one of the statuses.
func await(t *testing.T, id string, limit time.Duration, statuses ...string) order {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		o := look(t, id)
		if slices.Contains(statuses, o.Status) {
			return o
		}
		require.False(t, time.Now().After(deadline), "order %s is %s after %v, want %v; its history: %v", id, o.Status, limit, statuses, o.History)
		time.Sleep(100 * time.Millisecond)
	}
}

// paymentOf is the status of the payment of an order of the demo customer.
func paymentOf(t *testing.T, orderID string) string {
	t.Helper()
	a := send(t, request{path: api("/payments/") + orderID, token: customerToken(t)})
	return decode[map[string]any](t, a, http.StatusOK)["status"].(string)
}

// types are the events of an order.
func (o order) types() []string {
	var types []string
	for _, e := range o.History {
		types = append(types, e.Type)
	}
	return types
}

// stocked makes a product of which so many can be ordered, and waits until the inventory has them.
func stocked(t *testing.T, stock int64) product {
	t.Helper()
	p := create(t, newDraft().with("stock", stock))
	require.Eventually(t, func() bool { return levelOf(t, p.ID).available == stock }, 20*time.Second, 100*time.Millisecond, "stock of %s", p.ID)
	return p
}

// level is how much there is of a product.
type level struct{ available, reserved, sold int64 }

// levelOf is how much there is of a product, as the inventory's table has it.
func levelOf(t *testing.T, productID string) level {
	t.Helper()
	out, err := shop.products.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &shop.stock, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "PRODUCT#" + productID}, "sk": &types.AttributeValueMemberS{Value: "LEVEL"},
		},
	})
	require.NoError(t, err)
	var stored struct{ Available, Reserved, Sold int64 }
	require.NoError(t, attributevalue.UnmarshalMap(out.Item, &stored))
	return level{stored.Available, stored.Reserved, stored.Sold}
}

// awaitLevel waits until there is so much of a product.
func awaitLevel(t *testing.T, productID string, want level) {
	t.Helper()
	require.Eventually(t, func() bool { return levelOf(t, productID) == want }, 30*time.Second, 100*time.Millisecond,
		"want %+v of product %s", want, productID)
}

// mail is an e-mail in the emulator's mail catcher.
type mail struct {
	To      []string
	Subject string
	Text    string `json:"BodyText"`
}

// mailsAbout are the e-mails whose subject or text names an order.
func mailsAbout(t *testing.T, orderID string) []mail {
	t.Helper()
	res, err := shop.client.Get(shop.emulatorURL + "/_ministack/ses/messages")
	require.NoError(t, err)
	defer res.Body.Close()
	var caught struct {
		Messages map[string][]mail `json:"messages"`
	}
	require.NoError(t, json.NewDecoder(res.Body).Decode(&caught))
	var about []mail
	for _, mails := range caught.Messages {
		for _, m := range mails {
			if strings.Contains(m.Subject+m.Text, orderID) {
				about = append(about, m)
			}
		}
	}
	return about
}

// awaitMail waits for one e-mail to a recipient with such a subject, and makes sure that there is only one.
func awaitMail(t *testing.T, orderID, to, subject string) {
	t.Helper()
	count := func() int {
		n := 0
		for _, m := range mailsAbout(t, orderID) {
			if slices.Contains(m.To, to) && strings.Contains(m.Subject, subject) {
				n++
			}
		}
		return n
	}
	require.Eventually(t, func() bool { return count() > 0 }, 20*time.Second, 100*time.Millisecond, "no mail to %s about %s", to, subject)
	require.Equal(t, 1, count())
}

const teamAddress = "team@nordlicht.example"

func TestOrder_GoesItsWholeWay(t *testing.T) {
	t.Parallel()
	p := stocked(t, 5)
	placed := place(t, basket{lines: map[string]int64{p.ID: 2}})
	require.Equal(t, "PENDING", placed.Status)
	require.Equal(t, 2*p.PriceCents, placed.TotalCents)
	o := await(t, placed.ID, 60*time.Second, "SHIPPED", "DELIVERED")
	require.NotEmpty(t, o.TrackingNumber)
	require.Equal(t, []string{"Order Created", "Order Reserved", "Order Paid", "Order Shipped"}, o.types()[:4])
	awaitMail(t, o.ID, shop.customer.email, "We have your order")
	awaitMail(t, o.ID, shop.customer.email, "is on its way")
	awaitMail(t, o.ID, teamAddress, "New order")
	paid := paymentOf(t, o.ID)
	require.Equal(t, "CAPTURED", paid)
	awaitLevel(t, p.ID, level{available: 3, sold: 2})
	require.Eventually(t, func() bool {
		return decode[product](t, get(t, api("/products/")+p.ID), http.StatusOK).Stock == 3
	}, 20*time.Second, 100*time.Millisecond, "the catalogue shows what is left")
	delivered := await(t, o.ID, 60*time.Second, "DELIVERED")
	require.Equal(t, "Order Delivered", delivered.types()[4])
}

func TestOrder_OfHighValueIsFlagged(t *testing.T) {
	t.Parallel()
	p := stocked(t, 20)
	cheap, dear := place(t, basket{lines: map[string]int64{p.ID: 5}}), place(t, basket{lines: map[string]int64{p.ID: 6}}) // 97.50 and 117.00
	awaitMail(t, dear.ID, teamAddress, "High value")
	await(t, cheap.ID, 60*time.Second, "SHIPPED", "DELIVERED")
	for _, m := range mailsAbout(t, cheap.ID) {
		require.NotContains(t, m.Subject, "High value")
	}
}

func TestOrder_PaymentsOfEveryKind(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]struct{ status, payment string }{
		"tok_declined": {"FAILED", "DECLINED"},
		"tok_timeout":  {"SHIPPED", "CAPTURED"},
		"tok_flaky":    {"SHIPPED", "CAPTURED"},
		"tok_pending":  {"SHIPPED", "CAPTURED"},
	} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			p := stocked(t, 3)
			o := await(t, place(t, basket{lines: map[string]int64{p.ID: 1}, token: token}).ID, 90*time.Second, settled...)
			if o.Status == "DELIVERED" {
				o.Status = "SHIPPED"
			}
			require.Equal(t, want.status, o.Status, "%v", o.History)
			paid := paymentOf(t, o.ID)
			require.Equal(t, want.payment, paid)
			left := level{available: 2, sold: 1}
			if want.status == "FAILED" {
				left = level{available: 3}
				awaitMail(t, o.ID, shop.customer.email, "could not be carried out")
			}
			awaitLevel(t, p.ID, left)
		})
	}
}

func TestOrder_ThatTheCarrierRefusesIsPaidBack(t *testing.T) {
	t.Parallel()
	p := stocked(t, 3)
	o := await(t, place(t, basket{lines: map[string]int64{p.ID: 1}, postcode: "00000"}).ID, 90*time.Second, settled...)
	require.Equal(t, "REFUNDED", o.Status, "%v", o.History)
	paid := paymentOf(t, o.ID)
	require.Equal(t, "REFUNDED", paid)
	awaitLevel(t, p.ID, level{available: 3})
	awaitMail(t, o.ID, shop.customer.email, "you get your money back")
}

func TestOrder_CarriersThatAreSlowOrUnreliable(t *testing.T) {
	t.Parallel()
	for _, postcode := range []string{"99999", "55555"} {
		t.Run(postcode, func(t *testing.T) {
			t.Parallel()
			p := stocked(t, 1)
			await(t, place(t, basket{lines: map[string]int64{p.ID: 1}, postcode: postcode}).ID, 90*time.Second, "SHIPPED", "DELIVERED")
		})
	}
}

func TestOrder_WaitsForStockAndShipsWhenItArrives(t *testing.T) {
	t.Parallel()
	p := stocked(t, 1)
	waiting := place(t, basket{lines: map[string]int64{p.ID: 3}})
	await(t, waiting.ID, 60*time.Second, "BACKORDERED")
	awaitMail(t, waiting.ID, shop.customer.email, "waits for goods")
	restock(t, p.ID, 10)
	await(t, waiting.ID, 60*time.Second, "SHIPPED", "DELIVERED")
	awaitLevel(t, p.ID, level{available: 7, sold: 3})
}

func TestOrder_ThatWaitsCanBeCancelled(t *testing.T) {
	t.Parallel()
	p := stocked(t, 1)
	waiting := place(t, basket{lines: map[string]int64{p.ID: 3}})
	await(t, waiting.ID, 60*time.Second, "BACKORDERED")
	cancelled := decode[order](t, send(t, request{method: "POST", path: api("/orders/") + waiting.ID + "/cancel", token: customerToken(t)}), http.StatusOK)
	require.Equal(t, "CANCELLED", cancelled.Status)
	awaitMail(t, waiting.ID, shop.customer.email, "is cancelled")
	restock(t, p.ID, 10)
	awaitLevel(t, p.ID, level{available: 10})
}

// restock sets a product's stock as the administrator does, against whichever version there is.
func restock(t *testing.T, id string, stock int64) {
	t.Helper()
	for range 20 {
		p := decode[product](t, get(t, api("/products/")+id), http.StatusOK)
		a := send(t, request{method: "PUT", path: api("/products/") + id, token: adminToken(t), header: match(p.etag()), body: newDraft().with("stock", stock)})
		if a.status == http.StatusOK {
			return
		}
		requireProblem(t, a, http.StatusPreconditionFailed)
	}
	t.Fatal("the product never kept still")
}

func TestReturn_BringsGoodsBackAndMoneyToo(t *testing.T) {
	t.Parallel()
	p := stocked(t, 4)
	o := await(t, place(t, basket{lines: map[string]int64{p.ID: 2}}).ID, 60*time.Second, "SHIPPED", "DELIVERED")
	giveBack(t, o.ID, "Does not fit")
	returned := await(t, o.ID, 60*time.Second, "RETURNED")
	require.Equal(t, "REFUNDED", returned.Return.Stage)
	awaitLevel(t, p.ID, level{available: 4})
	paid := paymentOf(t, o.ID)
	require.Equal(t, "REFUNDED", paid)
}

func TestReturn_WhoseRefundFailsIsUndone(t *testing.T) {
	t.Parallel()
	p := stocked(t, 4)
	o := await(t, place(t, basket{lines: map[string]int64{p.ID: 2}, token: "tok_refund_fails"}).ID, 60*time.Second, "SHIPPED", "DELIVERED")
	giveBack(t, o.ID, "Does not fit")
	require.Eventually(t, func() bool {
		r := look(t, o.ID).Return
		return r != nil && r.Stage == "FAILED"
	}, 60*time.Second, 200*time.Millisecond)
	require.Contains(t, []string{"SHIPPED", "DELIVERED"}, look(t, o.ID).Status, "as it was before")
	awaitLevel(t, p.ID, level{available: 2, sold: 2})
}

func TestReturn_OfDamagedGoodsIsRefused(t *testing.T) {
	t.Parallel()
	p := stocked(t, 4)
	o := await(t, place(t, basket{lines: map[string]int64{p.ID: 2}}).ID, 60*time.Second, "SHIPPED", "DELIVERED")
	giveBack(t, o.ID, "I damaged it")
	require.Eventually(t, func() bool {
		r := look(t, o.ID).Return
		return r != nil && r.Stage == "REFUSED"
	}, 60*time.Second, 200*time.Millisecond)
	awaitLevel(t, p.ID, level{available: 2, sold: 2})
}

// TestOrder_OfACustomerWhoLeftTellsNothingOfThem deletes an account whose token is still valid, and looks for what is left of it wherever
// orders are.
func TestOrder_OfACustomerWhoLeftTellsNothingOfThem(t *testing.T) {
	t.Parallel()
	const words = "Too small for Zebediah Quux"
	b, p, leaver := lookBehind(t), stocked(t, 4), newAccount(t)
	token := tokenOf(t, leaver)
	theirs := basket{lines: map[string]int64{p.ID: 1}}.body()
	id := decode[order](t, send(t, placing(token, newID(), theirs)), http.StatusCreated).ID
	seen := func(as string) order {
		return decode[order](t, send(t, request{path: api("/orders/") + id, token: as}), http.StatusOK)
	}
	require.Eventually(t, func() bool { return slices.Contains(seen(token).types(), "Order Shipped") }, 60*time.Second, 200*time.Millisecond)
	giving := request{method: "POST", path: api("/orders/") + id + "/return", token: token, body: map[string]any{"reason": words}}
	require.Equal(t, http.StatusAccepted, send(t, giving).status)
	require.Eventually(t, func() bool { return seen(token).Status == "RETURNED" }, 60*time.Second, 200*time.Millisecond)
	require.Equal(t, words, seen(adminToken(t)).Return.Reason)

	require.Equal(t, http.StatusNoContent, send(t, request{method: "DELETE", path: api("/users/me"), token: token}).status)
	require.Eventually(t, func() bool { // told by an event
		return send(t, request{path: api("/orders/") + id, token: token}).status == http.StatusNotFound
	}, 30*time.Second, 200*time.Millisecond)
	requireProblem(t, send(t, placing(token, newID(), theirs)), http.StatusUnauthorized)
	requireProblem(t, send(t, giving), http.StatusUnauthorized)
	require.Eventually(t, func() bool {
		found := seen(adminToken(t))
		return found.Return.Reason == "" && found.TrackingNumber == ""
	}, 30*time.Second, 200*time.Millisecond)
	out, err := shop.products.Query(t.Context(), &dynamodb.QueryInput{
		TableName: &b.orders, KeyConditionExpression: aws.String("pk = :order"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":order": &types.AttributeValueMemberS{Value: "ORDER#" + id}},
	})
	require.NoError(t, err)
	require.NotEmpty(t, out.Items)
	for _, item := range out.Items {
		require.NotContains(t, fmt.Sprint(text(item["sk"]), text(item["detail"])), "Zebediah")
		require.NotEqual(t, "PRIVATE", text(item["sk"]))
	}
}

func giveBack(t *testing.T, orderID, reason string) {
	t.Helper()
	a := send(t, request{method: "POST", path: api("/orders/") + orderID + "/return", token: customerToken(t), body: map[string]any{"reason": reason}})
	require.Equal(t, http.StatusAccepted, a.status, a.body)
}

func TestOrder_TheSameKeyIsTheSameOrder(t *testing.T) {
	t.Parallel()
	p := stocked(t, 50)
	token, key, body := customerToken(t), newID(), basket{lines: map[string]int64{p.ID: 1}}.body()
	answers := inParallel(10, func(int) answer {
		a, err := ask(context.Background(), placing(token, key, body))
		if err != nil {
			return answer{body: err.Error()}
		}
		return a
	})
	first := decode[order](t, answers[0], http.StatusCreated)
	for _, a := range answers {
		require.Equal(t, first.ID, decode[order](t, a, http.StatusCreated).ID)
		require.Equal(t, answers[0].body, a.body)
	}
	other := basket{lines: map[string]int64{p.ID: 2}}.body()
	requireProblem(t, send(t, placing(token, key, other)), http.StatusUnprocessableEntity)
	await(t, first.ID, 60*time.Second, "SHIPPED", "DELIVERED")
	awaitLevel(t, p.ID, level{available: 49, sold: 1})
}

func TestOrder_RefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	p := stocked(t, 1)
	token := customerToken(t)
	good := func() draft { return basket{lines: map[string]int64{p.ID: 1}}.body() }
	quantity := func(n any) draft {
		return good().with("lines", []any{map[string]any{"productId": p.ID, "quantity": n}})
	}
	for name, c := range map[string]struct {
		body   any
		status int
	}{
		"negative":             {quantity(-1), 400},
		"zero":                 {quantity(0), 400},
		"huge":                 {quantity(1_000_000_000_000), 400},
		"fractional":           {quantity(0.5), 400},
		"text":                 {quantity("1"), 400},
		"no lines":             {good().with("lines", []any{}), 400},
		"the same twice":       {good().with("lines", []any{map[string]any{"productId": p.ID, "quantity": 1}, map[string]any{"productId": p.ID, "quantity": 1}}), 400},
		"a price of one's own": {good().with("lines", []any{map[string]any{"productId": p.ID, "quantity": 1, "priceCents": 1}}), 400},
		"a total of one's own": {good().with("totalCents", 1), 400},
		"unknown product":      {good().with("lines", []any{map[string]any{"productId": "no-such-thing", "quantity": 1}}), 422},
		"no address":           {good().without("shippingAddress"), 400},
		"no payment":           {good().without("paymentToken"), 400},
		"a card number":        {good().with("paymentToken", "4111111111111111"), 400},
		"not JSON":             {"{", 400},
	} {
		t.Run(name, func(t *testing.T) {
			requireProblem(t, send(t, placing(token, newID(), c.body)), c.status)
		})
	}
	requireProblem(t, send(t, request{method: "POST", path: api("/orders"), token: token, body: good()}), http.StatusBadRequest)
	requireGatewayRefusal(t, send(t, placing("", newID(), good())), http.StatusUnauthorized)
	require.Equal(t, level{available: 1}, levelOf(t, p.ID), "nothing of this may reserve anything")
}

func TestOrder_IsItsCustomersAlone(t *testing.T) {
	t.Parallel()
	p := stocked(t, 2)
	o := place(t, basket{lines: map[string]int64{p.ID: 1}})
	stranger := tokenOf(t, newAccount(t))
	for _, r := range []request{
		{path: api("/orders/") + o.ID},
		{method: "POST", path: api("/orders/") + o.ID + "/cancel"},
		{method: "POST", path: api("/orders/") + o.ID + "/return", body: map[string]any{"reason": "mine now"}},
		{path: api("/payments/") + o.ID},
	} {
		r.token = stranger
		requireProblem(t, send(t, r), http.StatusNotFound)
	}
	mine := decode[struct {
		Items      []order `json:"items"`
		NextCursor string  `json:"nextCursor"`
	}](t, send(t, request{path: api("/orders"), token: stranger}), http.StatusOK)
	require.Empty(t, mine.Items)
	await(t, o.ID, 60*time.Second, "SHIPPED", "DELIVERED")
	require.Equal(t, o.ID, decode[order](t, send(t, request{path: api("/orders/") + o.ID, token: adminToken(t)}), http.StatusOK).ID)
}

func TestOrder_RaceForTheLastItems(t *testing.T) {
	t.Parallel()
	p := stocked(t, 10)
	token := customerToken(t)
	body := basket{lines: map[string]int64{p.ID: 1}}.body()
	ids := inParallel(50, func(i int) string {
		a, err := ask(context.Background(), placing(token, fmt.Sprintf("%s-%d", p.ID, i), body))
		var o order
		if err != nil || a.status != http.StatusCreated || json.Unmarshal([]byte(a.body), &o) != nil {
			return fmt.Sprintf("%v %d %s", err, a.status, a.body)
		}
		return o.ID
	})
	sold := 0
	for _, id := range ids {
		if o := await(t, id, 120*time.Second, append(slices.Clone(settled), "BACKORDERED")...); o.Status != "BACKORDERED" {
			sold++
		}
	}
	require.Equal(t, 10, sold)
	awaitLevel(t, p.ID, level{sold: 10})
	for _, id := range ids { // nobody waits for ever
		a := send(t, request{method: "POST", path: api("/orders/") + id + "/cancel", token: token})
		require.Contains(t, []int{http.StatusOK, http.StatusConflict}, a.status, a.body)
	}
}

// TestOrder_FromClickToParcel is the figure that customers feel: from the order to SHIPPED and the mail about it, in the median of 20.
func TestOrder_FromClickToParcel(t *testing.T) {
	p := stocked(t, 20)
	var took []time.Duration
	for range 20 {
		started := time.Now()
		o := place(t, basket{lines: map[string]int64{p.ID: 1}})
		await(t, o.ID, 60*time.Second, "SHIPPED", "DELIVERED")
		awaitMail(t, o.ID, shop.customer.email, "is on its way")
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	t.Logf("from order to mail: median %v, fastest %v, slowest %v", took[10], took[0], took[19])
	require.Less(t, took[10], 10*time.Second)
}

// TestOrders_OfManyCustomersAllEnd places 200 orders by 20 customers at once, some of which fail in every way they can.
func TestOrders_OfManyCustomersAllEnd(t *testing.T) {
	const customers, each = 20, 10
	tokens := make([]string, customers)
	for i := range tokens {
		tokens[i] = tokenOf(t, newAccount(t))
	}
	plenty, scarce := stocked(t, 500), stocked(t, 20)
	baskets := []basket{
		{lines: map[string]int64{plenty.ID: 1}}, {lines: map[string]int64{plenty.ID: 2, scarce.ID: 1}},
		{lines: map[string]int64{plenty.ID: 1}, token: "tok_declined"}, {lines: map[string]int64{plenty.ID: 1}, token: "tok_flaky"},
		{lines: map[string]int64{plenty.ID: 1}, postcode: "00000"}, {lines: map[string]int64{plenty.ID: 1}},
	}
	type placed struct{ token, id, problem string }
	started := time.Now()
	var all []placed
	for _, some := range inParallel(customers, func(c int) []placed {
		var mine []placed
		for n := range each {
			b := baskets[(c*each+n)%len(baskets)]
			a, err := ask(context.Background(), placing(tokens[c], fmt.Sprintf("%s-%d-%d", plenty.ID, c, n), b.body()))
			var o order
			if err != nil || a.status != http.StatusCreated || json.Unmarshal([]byte(a.body), &o) != nil {
				mine = append(mine, placed{problem: fmt.Sprintf("%v %d %s", err, a.status, a.body)})
				continue
			}
			mine = append(mine, placed{token: tokens[c], id: o.ID})
		}
		return mine
	}) {
		all = append(all, some...)
	}
	t.Logf("%d orders placed in %v", len(all), time.Since(started))
	ends := map[string]int{}
	waiting := 0
	for _, p := range all {
		require.Empty(t, p.problem)
		deadline := time.Now().Add(5 * time.Minute)
		for {
			o := decode[order](t, send(t, request{path: api("/orders/") + p.id, token: p.token}), http.StatusOK)
			if o.Status == "BACKORDERED" { // a customer who loses patience
				waiting++
				a := send(t, request{method: "POST", path: api("/orders/") + p.id + "/cancel", token: p.token})
				require.Contains(t, []int{http.StatusOK, http.StatusConflict}, a.status, a.body)
			}
			if slices.Contains(settled, o.Status) {
				ends[o.Status]++
				break
			}
			require.False(t, time.Now().After(deadline), "order %s is %s: %v", p.id, o.Status, o.History)
			time.Sleep(100 * time.Millisecond)
		}
	}
	t.Logf("all ended after %v: %v; %d had to wait for stock", time.Since(started), ends, waiting)
	require.Eventually(t, func() bool {
		a, b := levelOf(t, plenty.ID), levelOf(t, scarce.ID)
		return a.reserved == 0 && b.reserved == 0 && a.available+a.sold == 500 && b == level{sold: 20}
	}, 60*time.Second, time.Second, "what is left: %+v %+v", levelOf(t, plenty.ID), levelOf(t, scarce.ID))
}
