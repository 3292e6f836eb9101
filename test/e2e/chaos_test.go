//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventbridgetypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

// chaosOrders is how many orders the test places.
const chaosOrders = 36

// wish is an order with what its customer does about it.
type wish struct {
	basket
	key           string
	twice, cancel bool
	after         time.Duration // until it is cancelled
	id            string
}

// behind is what the test sees of the shop from behind: tables, the bus, a secret.
type behind struct {
	orders, parties string
	bus             string
	webhookKey      string
	events          *eventbridge.Client
}

func lookBehind(t *testing.T) *behind {
	t.Helper()
	config := shop.aws("test", "test")
	b := &behind{events: eventbridge.NewFromConfig(config)}
	tables, err := shop.products.ListTables(t.Context(), &dynamodb.ListTablesInput{})
	require.NoError(t, err)
	for _, name := range tables.TableNames {
		switch {
		case strings.HasPrefix(name, "orders-"):
			b.orders = name
		case strings.HasPrefix(name, "third-parties-"):
			b.parties = name
		}
	}
	buses, err := b.events.ListEventBuses(t.Context(), &eventbridge.ListEventBusesInput{NamePrefix: aws.String("shop")})
	require.NoError(t, err)
	require.Len(t, buses.EventBuses, 1)
	b.bus = *buses.EventBuses[0].Name
	secrets := secretsmanager.NewFromConfig(config)
	all, err := secrets.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	require.NoError(t, err)
	for _, s := range all.SecretList {
		if strings.HasPrefix(*s.Name, "payments-webhook-key") {
			value, err := secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: s.ARN})
			require.NoError(t, err)
			b.webhookKey = *value.SecretString
		}
	}
	require.NotContains(t, []string{b.orders, b.parties, b.webhookKey}, "", "%+v", b)
	return b
}

// stored reads an item by its key; nothing if it does not exist.
func (b *behind) stored(t *testing.T, table string, key map[string]string, into any) {
	t.Helper()
	item, err := attributevalue.MarshalMap(key)
	require.NoError(t, err)
	out, err := shop.products.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: item, ConsistentRead: aws.Bool(true)})
	require.NoError(t, err)
	require.NoError(t, attributevalue.UnmarshalMap(out.Item, into))
}

// echo sends what happened to an order to the bus once more, as a bus may that delivers at least once.
func (b *behind) echo(t *testing.T, orderID string) {
	t.Helper()
	out, err := shop.products.Query(t.Context(), &dynamodb.QueryInput{
		TableName: &b.orders, KeyConditionExpression: aws.String("pk = :order AND begins_with(sk, :event)"),
		ExpressionAttributeValues: map[string]dynamodbtypes.AttributeValue{
			":order": &dynamodbtypes.AttributeValueMemberS{Value: "ORDER#" + orderID}, ":event": &dynamodbtypes.AttributeValueMemberS{Value: "EVENT#"},
		},
	})
	require.NoError(t, err)
	for _, item := range out.Items {
		var r struct {
			Version      int
			Type, Detail string
		}
		require.NoError(t, attributevalue.UnmarshalMap(item, &r))
		var detail map[string]any
		require.NoError(t, json.Unmarshal([]byte(r.Detail), &detail))
		detail["eventId"] = fmt.Sprintf("%s-%06d", orderID, r.Version)
		encoded, err := json.Marshal(detail)
		require.NoError(t, err)
		put, err := b.events.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []eventbridgetypes.PutEventsRequestEntry{{
			EventBusName: &b.bus, Source: aws.String("shop.orders"), DetailType: &r.Type, Detail: aws.String(string(encoded)),
		}}})
		require.NoError(t, err)
		require.Zero(t, put.FailedEntryCount)
	}
}

// webhook tells the shop once more that an order was paid, signed by a key.
func (b *behind) webhook(t *testing.T, orderID, id, key string) int {
	t.Helper()
	body, err := json.Marshal(thirdparty.Notice{ID: id, Type: "payment.captured", OrderID: orderID, Reference: "pay", CreatedAt: time.Now()})
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, shop.url+"/api/payments/webhook", bytes.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(thirdparty.SignatureHeader, thirdparty.Sign(key, time.Now(), body))
	res, err := shop.client.Do(r)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}

// wishes are the orders of a seed.
func wishes(seed uint64, plenty, scarce string) []*wish {
	chance := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // repeatable
	all := make([]*wish, chaosOrders)
	for n := range all {
		w := &wish{key: newID(), twice: chance.IntN(3) == 0, cancel: chance.IntN(4) == 0, after: time.Duration(chance.IntN(4000)) * time.Millisecond}
		w.lines = map[string]int64{plenty: 1 + chance.Int64N(2)}
		if chance.IntN(4) == 0 {
			w.lines[scarce] = 1 + chance.Int64N(2)
		}
		tokens := []string{"tok_ok", "tok_ok", "tok_declined", "tok_timeout", "tok_flaky", "tok_pending", "tok_pending"}
		postcodes := []string{"10115", "10115", "10115", "00000", "99999", "55555"}
		w.token, w.postcode = tokens[chance.IntN(len(tokens))], postcodes[chance.IntN(len(postcodes))]
		all[n] = w
	}
	return all
}

// live places the order, perhaps twice at once, and perhaps cancels it.
func (w *wish) live(ctx context.Context, token string) error {
	copies := 1
	if w.twice {
		copies = 2
	}
	for _, a := range inParallel(copies, func(int) answer {
		a, err := ask(ctx, placing(token, w.key, w.body()))
		if err != nil {
			return answer{body: err.Error()}
		}
		return a
	}) {
		var o order
		if a.status != http.StatusCreated || json.Unmarshal([]byte(a.body), &o) != nil || w.id != "" && w.id != o.ID {
			return fmt.Errorf("placing %s (%s): %d %s, order %s", w.key, w.token, a.status, a.body, w.id)
		}
		w.id = o.ID
	}
	if !w.cancel {
		return nil
	}
	time.Sleep(w.after)
	return w.callOff(ctx, token)
}

func (w *wish) callOff(ctx context.Context, token string) error {
	a, err := ask(ctx, request{method: "POST", path: api("/orders/") + w.id + "/cancel", token: token})
	if err == nil && a.status != http.StatusOK && a.status != http.StatusConflict {
		err = fmt.Errorf("cancelling %s: %d %s", w.id, a.status, a.body)
	}
	return err
}

func TestChaos_KeepsItsPromisesOnTheRunningShop(t *testing.T) {
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any
	if text := os.Getenv("CHAOS_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, "CHAOS_SEED")
	}
	t.Logf("CHAOS_SEED=%d", seed)
	b, started := lookBehind(t), time.Now()
	const much, little = 200, 6
	plenty, scarce := stocked(t, much), stocked(t, little)
	token, all := customerToken(t), wishes(seed, plenty.ID, scarce.ID)

	for _, err := range inParallel(len(all), func(n int) error { return all[n].live(t.Context(), token) }) {
		require.NoError(t, err)
	}
	for n, w := range all {
		if n%3 == 0 { // while they are carried out
			b.echo(t, w.id)
			require.Equal(t, http.StatusUnauthorized, b.webhook(t, w.id, "forged-"+w.key, "not the key"))
			for range 2 { // of payments that there are: no provider tells of others
				if send(t, request{path: api("/payments/") + w.id, token: token}).status == http.StatusOK {
					require.Equal(t, http.StatusOK, b.webhook(t, w.id, "again-"+w.key, b.webhookKey))
				}
			}
		}
	}
	ends := awaitEnds(t, token, all)
	for n, w := range all {
		if n%3 == 1 { // after they have ended
			b.echo(t, w.id)
		}
	}
	time.Sleep(2 * time.Second) // until the echoes have died away
	sold := map[string]int64{}
	for _, w := range all {
		b.checkEnd(t, w, look(t, w.id), sold)
	}
	awaitLevel(t, plenty.ID, level{available: much - sold[plenty.ID], sold: sold[plenty.ID]})
	awaitLevel(t, scarce.ID, level{available: little - sold[scarce.ID], sold: sold[scarce.ID]})
	t.Logf("%d orders ended after %v: %v", len(all), time.Since(started).Round(time.Second), ends)
}

// awaitEnds waits until every order is at rest. Customers lose patience with what is out of stock.
func awaitEnds(t *testing.T, token string, all []*wish) map[string]int {
	t.Helper()
	ends, deadline := map[string]int{}, time.Now().Add(3*time.Minute)
	for _, w := range all {
		for {
			o := look(t, w.id)
			if o.Status == "BACKORDERED" {
				require.NoError(t, w.callOff(t.Context(), token))
			}
			// A cancelled order is at rest when its money is.
			if o.Status != "SHIPPED" && slices.Contains(settled, o.Status) {
				ends[o.Status]++
				break
			}
			require.False(t, time.Now().After(deadline), "order %s (%s, %s) is %s: %v", w.id, w.token, w.postcode, o.Status, o.History)
			time.Sleep(200 * time.Millisecond)
		}
	}
	return ends
}

// checkEnd compares an order with what the third parties have, and counts what it sold.
func (b *behind) checkEnd(t *testing.T, w *wish, o order, sold map[string]int64) {
	t.Helper()
	type paid struct {
		Status           string
		Charges, Refunds int
	}
	type carried struct {
		Status string
		Keys   []string
	}
	want := map[string]struct{ provider, carrier []string }{
		"DELIVERED": {[]string{"captured"}, []string{"delivered"}},
		"CANCELLED": {[]string{"", "voided", "declined"}, []string{"", "cancelled", "refused"}},
		"FAILED":    {[]string{"", "voided", "declined", "refunded"}, []string{"", "cancelled", "refused"}},
		"REFUNDED":  {[]string{"refunded"}, []string{"", "cancelled", "refused"}},
	}
	var at paid
	var by carried
	require.Eventually(t, func() bool { // what a cancellation undoes, it undoes a moment later
		o, at, by = look(t, o.ID), paid{}, carried{}
		b.stored(t, b.parties, map[string]string{"pk": "PAYMENT#" + o.ID}, &at)
		b.stored(t, b.parties, map[string]string{"pk": "SHIPMENT#" + o.ID}, &by)
		return slices.Contains(want[o.Status].provider, at.Status) && slices.Contains(want[o.Status].carrier, by.Status)
	}, 60*time.Second, 500*time.Millisecond, "order %s (%s, %s) is %s, provider: %+v, carrier: %+v", o.ID, w.token, w.postcode, o.Status, at, by)
	require.LessOrEqual(t, at.Charges, 1, o.ID)
	require.LessOrEqual(t, at.Refunds, 1, o.ID)
	require.LessOrEqual(t, len(by.Keys), 1, o.ID)
	if o.Status == "DELIVERED" {
		for _, l := range o.Lines {
			sold[l.ProductID] += l.Quantity
		}
	}
	subjects := map[string]int{}
	for _, m := range mailsAbout(t, o.ID) {
		subjects[strings.Join(m.To, ",")+": "+m.Subject]++
	}
	for subject, n := range subjects {
		require.Equal(t, 1, n, "%s", subject)
	}
}
