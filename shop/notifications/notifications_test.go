package notifications

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
	"github.com/serverless-shop/serverless-shop/shop/users"
)

// directory knows one customer.
type directory struct {
	contact users.Contact
	err     error
}

func (d directory) Contact(context.Context, string) (users.Contact, error) { return d.contact, d.err }

// outbox keeps the mails that were sent; the first failures of them fail.
type outbox struct {
	mails    []Mail
	failures int
}

func (o *outbox) Send(_ context.Context, m Mail) error {
	if o.failures > 0 {
		o.failures--
		return errors.New("SES is away")
	}
	o.mails = append(o.mails, m)
	return nil
}

// ann is a customer.
var ann = directory{contact: users.Contact{Email: "ann@shop.example", Name: "Ann Lee"}}

// order is an order's event.
func order(t *testing.T, d event.Detail) handler.Event {
	t.Helper()
	e, err := event.New("order-1-1", time.Now(), d)
	require.NoError(t, err)
	return e
}

var twoMugs = event.OrderCreated{Meta: event.NewMeta("c-1", "r-1"), Order: event.Order{
	OrderID: "order-1", CustomerID: "u1", OrderVersion: 1, Total: 25.98, TotalCents: 2598, Currency: "EUR",
	Lines: []event.Line{{ProductID: "mug", Name: "Mug", Quantity: 2, PriceCents: 1299}},
}}

func TestConfirm_SendsTheOrderToItsCustomerOnce(t *testing.T) {
	sent, table := &outbox{}, newFakeTable()
	customers := NewCustomers(ann, NewTable(table, "notices"), sent)
	for range 3 {
		require.NoError(t, customers.Confirm(t.Context(), order(t, twoMugs)))
	}
	require.Len(t, sent.mails, 1)
	mail := sent.mails[0]
	require.Equal(t, "ann@shop.example", mail.To)
	require.Equal(t, "We have your order order-1", mail.Subject)
	for _, part := range []string{"Hello Ann Lee,", "2 × Mug", "25.98 EUR", "Total"} {
		require.Contains(t, mail.Text, part)
	}
}

func TestConfirm_RefusesOtherEvents(t *testing.T) {
	customers := NewCustomers(ann, NewTable(newFakeTable(), "notices"), &outbox{})
	paid := event.OrderPaid{Meta: twoMugs.Meta, Order: twoMugs.Order}
	require.ErrorContains(t, customers.Confirm(t.Context(), order(t, paid)), `is "Order Paid", want "Order Created"`)
}

func TestNotify_TellsWhatBecameOfTheOrder(t *testing.T) {
	for name, c := range map[string]struct {
		notice  Notice
		subject string
		text    []string
	}{
		"shipped":     {Notice{Kind: Shipped, TrackingNumber: "T-77"}, "Your order o1 is on its way", []string{"tracking number: T-77"}},
		"declined":    {Notice{Kind: Failed, Reason: "PaymentDeclined"}, "Your order o1 could not be carried out", []string{"The payment was declined."}},
		"refused":     {Notice{Kind: Refunded, Reason: "ShipmentRefused"}, "Your order o1 could not be carried out: you get your money back", []string{"The carrier does not deliver"}},
		"own trouble": {Notice{Kind: Failed, Reason: "TaskFailed"}, "Your order o1 could not be carried out", []string{"We are sorry"}},
		"cancelled":   {Notice{Kind: Cancelled}, "Your order o1 is cancelled", nil},
		"cancelled and paid back": {
			Notice{Kind: Refunded, Reason: "OrderCancelled"}, "Your order o1 is cancelled: you get your money back", []string{"You cancelled your order"},
		},
		"backordered": {Notice{Kind: Backordered}, "Your order o1 waits for goods", []string{"You can cancel"}},
	} {
		t.Run(name, func(t *testing.T) {
			sent := &outbox{}
			c.notice.OrderID, c.notice.CustomerID = "o1", "u1"
			_, err := NewCustomers(ann, NewTable(newFakeTable(), "notices"), sent).Notify(t.Context(), c.notice)
			require.NoError(t, err)
			require.Len(t, sent.mails, 1)
			require.Equal(t, c.subject, sent.mails[0].Subject)
			for _, part := range c.text {
				require.Contains(t, sent.mails[0].Text, part)
			}
			require.NotContains(t, sent.mails[0].Text, "TaskFailed", "internals")
		})
	}
}

func TestNotify_TellsEachKindOnce(t *testing.T) {
	sent := &outbox{}
	customers := NewCustomers(ann, NewTable(newFakeTable(), "notices"), sent)
	for _, kind := range []Kind{Backordered, Shipped, Shipped, Backordered} {
		_, err := customers.Notify(t.Context(), Notice{OrderID: "o1", CustomerID: "u1", Kind: kind})
		require.NoError(t, err)
	}
	require.Len(t, sent.mails, 2)
}

func TestNotify_TellsNobodyWhoIsGone(t *testing.T) {
	for name, d := range map[string]directory{
		"deleted":    {err: fault.New(fault.ErrUnauthenticated, "gone")},
		"no address": {contact: users.Contact{Name: "Ann"}},
	} {
		t.Run(name, func(t *testing.T) {
			sent := &outbox{}
			_, err := NewCustomers(d, NewTable(newFakeTable(), "notices"), sent).Notify(t.Context(), Notice{OrderID: "o1", Kind: Shipped})
			require.NoError(t, err)
			require.Empty(t, sent.mails)
		})
	}
}

func TestNotify_FailsWhenTheDirectoryDoes(t *testing.T) {
	_, err := NewCustomers(directory{err: errors.New("throttled")}, NewTable(newFakeTable(), "notices"), &outbox{}).
		Notify(t.Context(), Notice{OrderID: "o1", Kind: Shipped})
	require.ErrorContains(t, err, "telling the customer of order o1: throttled")
}

func TestNotify_RefusesUnknownKinds(t *testing.T) {
	_, err := NewCustomers(ann, NewTable(newFakeTable(), "notices"), &outbox{}).Notify(t.Context(), Notice{OrderID: "o1", Kind: "LOST"})
	require.ErrorIs(t, err, fault.ErrInvalid)
}

func TestNotify_TriesAgainAfterSESWasAway(t *testing.T) {
	sent := &outbox{failures: 1}
	customers := NewCustomers(ann, NewTable(newFakeTable(), "notices"), sent)
	notice := Notice{OrderID: "o1", CustomerID: "u1", Kind: Shipped}
	_, err := customers.Notify(t.Context(), notice)
	require.ErrorContains(t, err, "SES is away")
	_, err = customers.Notify(t.Context(), notice)
	require.NoError(t, err)
	require.Len(t, sent.mails, 1)
}

func TestNotify_WaitsForAnotherThatIsSending(t *testing.T) {
	table := newFakeTable()
	ledger := NewTable(table, "notices")
	claimed, err := ledger.Claim(t.Context(), "CUSTOMER#o1#SHIPPED")
	require.NoError(t, err)
	require.True(t, claimed)
	sent := &outbox{}
	customers := NewCustomers(ann, ledger, sent)
	_, err = customers.Notify(t.Context(), Notice{OrderID: "o1", Kind: Shipped})
	require.ErrorIs(t, err, fault.ErrUnavailable)
	require.Empty(t, sent.mails)

	// The other died before it sent anything.
	ledger.now = func() time.Time { return time.Now().Add(claimTime + time.Second) }
	_, err = customers.Notify(t.Context(), Notice{OrderID: "o1", Kind: Shipped})
	require.NoError(t, err)
	require.Len(t, sent.mails, 1)
}

func TestNotify_NamesCannotForgeText(t *testing.T) {
	sent := &outbox{}
	forger := directory{contact: users.Contact{Email: "eve@shop.example", Name: "Eve,\n\nYour account is locked"}}
	_, err := NewCustomers(forger, NewTable(newFakeTable(), "notices"), sent).Notify(t.Context(), Notice{OrderID: "o1", Kind: Shipped})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(sent.mails[0].Text, "Hello Eve, Your account is locked,\n"))
}

func TestAnnounce_TellsTheAdministratorsOnce(t *testing.T) {
	sent := &outbox{}
	administrators := NewAdministrators("team@shop.example", NewTable(newFakeTable(), "notices"), sent)
	for range 2 {
		require.NoError(t, administrators.Announce(t.Context(), order(t, twoMugs)))
	}
	require.Len(t, sent.mails, 1)
	require.Equal(t, "New order order-1: 25.98 EUR", sent.mails[0].Subject)
	require.Equal(t, "team@shop.example", sent.mails[0].To)
}

func TestFlagHighValue_AsksForALookOnce(t *testing.T) {
	sent := &outbox{}
	administrators := NewAdministrators("team@shop.example", NewTable(newFakeTable(), "notices"), sent)
	for range 2 {
		require.NoError(t, administrators.FlagHighValue(t.Context(), order(t, twoMugs)))
	}
	require.NoError(t, administrators.Announce(t.Context(), order(t, twoMugs)), "the announcement is another notice")
	require.Len(t, sent.mails, 2)
	require.Equal(t, "High value: order order-1, 25.98 EUR", sent.mails[0].Subject)
}

func TestFlagHighValue_CountsEachOrderOnce(t *testing.T) {
	var log bytes.Buffer
	sent := &outbox{failures: 1} // the first try is not counted, and neither is an event that comes again
	administrators := NewAdministrators("team@shop.example", NewTable(newFakeTable(), "notices"), sent)
	consumer := handler.EventConsumer(slog.New(slog.NewJSONHandler(&log, nil)), administrators.FlagHighValue)
	payload, err := json.Marshal(order(t, twoMugs))
	require.NoError(t, err)
	for range 3 {
		_, _ = consumer.Invoke(t.Context(), payload)
	}
	require.Len(t, sent.mails, 1)
	require.Equal(t, 1, strings.Count(log.String(), `"HighValueOrders":1`))
}

func TestKinds_HaveTexts(t *testing.T) {
	for _, kind := range []Kind{Placed, Backordered, Shipped, Failed, Cancelled, Refunded} {
		require.Contains(t, texts, kind)
	}
	var n Notice
	require.NoError(t, json.Unmarshal([]byte(`{"orderId":"o1","customerId":"u1","kind":"SHIPPED","trackingNumber":"T","reason":"r","correlationId":"c"}`), &n))
	require.Equal(t, Notice{OrderID: "o1", CustomerID: "u1", Kind: Shipped, TrackingNumber: "T", Reason: "r"}, n)
}
