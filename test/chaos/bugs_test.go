package chaos

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event"
	"github.com/serverless-shop/serverless-shop/shop/inventory"
	"github.com/serverless-shop/serverless-shop/shop/notifications"
	"github.com/serverless-shop/serverless-shop/shop/orders"
	"github.com/serverless-shop/serverless-shop/shop/payments"
	"github.com/serverless-shop/serverless-shop/shop/shipping"
)

// selfPublishing publishes a new order itself once it is stored, without an outbox: if the process ends in between, nobody hears of it.
type selfPublishing struct {
	*orders.Table
	publisher *orders.Publisher
	w         *world
}

func (s selfPublishing) Create(ctx context.Context, p orders.Placement) error {
	if err := s.Table.Create(ctx, p); err != nil {
		return err
	}
	for _, i := range s.w.db.Items("orders") {
		if plain(i["orderId"]) == p.OrderID && plain(i["sk"]) == "EVENT#000001" {
			return s.publisher.OnChange(ctx, handler.Change{ID: event.Name(p.First.Detail), Kind: handler.Insert, New: i})
		}
	}
	return nil
}

// forgetful does not look whether an order was placed before.
type forgetful struct {
	orders.Store
	placed *int
}

func (forgetful) Placed(context.Context, string, string) (orderID, hash string, err error) {
	return "", "", nil
}

func (f forgetful) Create(ctx context.Context, p orders.Placement) error {
	*f.placed++
	p.Key = fmt.Sprintf("%s-%d", p.Key, *f.placed)
	return f.Store.Create(ctx, p)
}

// eager asks the provider with a new idempotency key each time.
type eager struct {
	payments.Provider
	asked *int
}

func (e eager) Charge(ctx context.Context, key string, c payments.Charge) (payments.State, error) {
	*e.asked++
	return e.Provider.Charge(ctx, fmt.Sprintf("%s-%d", key, *e.asked), c)
}

// unmarked does not write down that money goes, or went, back.
type unmarked struct{ payments.Store }

func (u unmarked) Save(ctx context.Context, p payments.Payment) (payments.Payment, error) {
	if p.Status == payments.Refunding || p.Status == payments.Refunded {
		return p, nil
	}
	return u.Store.Save(ctx, p)
}

// generous has the carrier take another parcel each time.
type generous struct {
	shipping.Carrier
	asked *int
}

func (g generous) Create(ctx context.Context, key string, p shipping.Parcel) (shipping.State, error) {
	*g.asked++
	return g.Carrier.Create(ctx, fmt.Sprintf("%s-%d", key, *g.asked), p)
}

// careless leaves out the conditions of some writes to the stock.
type careless struct {
	inventory.Client
	which func(types.TransactWriteItem) **string
}

func (c careless) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	for _, w := range in.TransactItems {
		if condition := c.which(w); condition != nil {
			*condition = nil
		}
	}
	return c.Client.TransactWriteItems(ctx, in, options...)
}

// levels are the writes of how much there is.
func levels(w types.TransactWriteItem) **string {
	if w.Update == nil {
		return nil
	}
	return &w.Update.ConditionExpression
}

// receipts are the marks of what came in.
func receipts(w types.TransactWriteItem) **string {
	if w.Put == nil || !strings.HasPrefix(plain(w.Put.Item["sk"]), "RECEIPT#") {
		return nil
	}
	return &w.Put.ConditionExpression
}

// talkative sends every mail as often as it is asked to.
type talkative struct{ notifications.Ledger }

func (talkative) Claim(context.Context, string) (bool, error) { return true, nil }

// TestShop_BreaksItsPromisesWithBugs plants a mistake at a time, and finds it within the stories that are told by default.
func TestShop_BreaksItsPromisesWithBugs(t *testing.T) {
	n := new(int)
	for name, planted := range map[string]struct {
		bugs
		breaks string // the promise
	}{
		"placing without looking at the idempotency key": {bugs{orders: func(s orders.Store) orders.Store { return forgetful{s, n} }}, "requests became|was answered with"},
		"charging without an idempotency key":            {bugs{provider: func(p payments.Provider) payments.Provider { return eager{p, n} }}, "was charged 2 times"},
		"refunding without writing it down":              {bugs{payments: func(s payments.Store) payments.Store { return unmarked{s} }}, "in the payments it is|for ever"},
		"shipping without an idempotency key":            {bugs{carrier: func(c shipping.Carrier) shipping.Carrier { return generous{c, n} }}, "was shipped 2 times"},
		"reserving without a condition": {bugs{stock: func(c inventory.Client) inventory.Client {
			return careless{c, levels}
		}}, "stock is negative"},
		"receiving goods that were received before": {bugs{stock: func(c inventory.Client) inventory.Client {
			return careless{c, receipts}
		}}, "came in"},
		"mailing what was mailed before": {bugs{ledger: func(l notifications.Ledger) notifications.Ledger { return talkative{l} }}, "was sent"},
		"publishing without an outbox":   {bugs{withoutOutbox: true}, "was never started"},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(setting(t, "CHAOS_RUNS", runs)) { //nolint:gosec // some hundred
				p := newPlan(seed + 1)
				o := play(t, p, planted.bugs)
				if o.violation == nil {
					continue
				}
				found := false
				for promise := range strings.SplitSeq(planted.breaks, "|") {
					found = found || strings.Contains(o.violation.Error(), promise)
				}
				require.True(t, found, "%v, want something with %q", o.violation, planted.breaks)
				t.Logf("found by story %d", seed+1)
				return
			}
			t.Fatalf("no story of %d found it", runs)
		})
	}
}
