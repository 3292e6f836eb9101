//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/shop/event"
	"github.com/serverless-shop/serverless-shop/shopctl/deadletter"
	"github.com/serverless-shop/serverless-shop/shopctl/resources"
	"github.com/serverless-shop/serverless-shop/shopctl/story"
)

// shopctlBinary compiles shopctl once.
var shopctlBinary = sync.OnceValues(func() (string, error) {
	binary, err := filepath.Abs("../../.build/bin/shopctl-e2e")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", binary, "../../shopctl").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return binary, nil
})

// shopctl runs the command in the checkout and returns its exit code and what it printed.
func shopctl(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	binary, err := shopctlBinary()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Dir = "../.."
	var stderr strings.Builder
	cmd.Stderr = &stderr
	data, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode(), string(data) + stderr.String()
	}
	require.NoError(t, err)
	return 0, string(data)
}

// shopctlJSON is shopctl for a command that prints JSON and ends with a certain code.
func shopctlJSON[T any](t *testing.T, want int, args ...string) T {
	t.Helper()
	code, out := shopctl(t, append(args, "--json")...)
	require.Equal(t, want, code, out)
	var v T
	require.NoError(t, json.Unmarshal([]byte(out), &v), out)
	return v
}

// resourcesOf returns the resources of the running shop, and the configuration of clients for them.
func resourcesOf(t *testing.T) (*resources.Resources, aws.Config) {
	t.Helper()
	found, cfg, err := resources.Find(t.Context(), "../..", resources.LocalStack, "", os.Getenv)
	require.NoError(t, err)
	return found, cfg
}

func TestShopctl_KnowsEveryDeadLetterQueue(t *testing.T) {
	found, cfg := resourcesOf(t)
	known := map[string]bool{}
	for _, q := range found.DeadLetterQueues {
		known[q.URL[strings.LastIndex(q.URL, "/"):]] = true
	}
	out, err := sqs.NewFromConfig(cfg).ListQueues(t.Context(), &sqs.ListQueuesInput{MaxResults: aws.Int32(1000)})
	require.NoError(t, err)
	require.NotEmpty(t, out.QueueUrls)
	for _, url := range out.QueueUrls {
		if strings.Contains(url, "-dlq") {
			require.True(t, known[url[strings.LastIndex(url, "/"):]], "nobody would look into %s: its component has to tell of it (DeadLetterQueues)", url)
		}
	}
}

// TestShopctl_BringsAPoisonedMessageBack has one message fail, since another sender seems to be at work on its mail for ever, between others that
// succeed. It must end in the dead-letter queue after the configured number of tries, and be processed once the cause is gone.
func TestShopctl_BringsAPoisonedMessageBack(t *testing.T) {
	const dlq = "orders-email-customer-dlq"
	found, cfg := resourcesOf(t)
	work := found.DeadLetterQueues[dlq].Targets[0]
	messages := sqs.NewFromConfig(cfg)
	tries := quickly(t, messages, work)
	var customer struct{ UserID string }
	me := send(t, request{path: api("/users/me"), token: customerToken(t)})
	require.NoError(t, json.Unmarshal([]byte(me.body), &customer), me.body)

	ids := make([]string, 7)
	for i := range ids {
		ids[i] = newID()
	}
	poisoned := ids[3]
	notice := func(id string) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{"notice": &types.AttributeValueMemberS{Value: "CUSTOMER#" + id + "#PLACED"}}
	}
	claimed := notice(poisoned)
	claimed["claimedUntil"] = &types.AttributeValueMemberN{Value: strconv.FormatInt(time.Now().Add(time.Hour).UnixMilli(), 10)}
	_, err := shop.products.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &found.Tables.Notifications, Item: claimed})
	require.NoError(t, err)
	for _, id := range ids {
		sendCreated(t, messages, work, id, customer.UserID)
	}

	told := func(id string) bool {
		out, err := shop.products.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &found.Tables.Notifications, Key: notice(id), ConsistentRead: aws.Bool(true)})
		require.NoError(t, err)
		return out.Item["sentAt"] != nil
	}
	for _, id := range ids {
		if id != poisoned {
			require.Eventually(t, func() bool { return told(id) }, 30*time.Second, 100*time.Millisecond, "%s: its neighbour's failure is none of its business", id)
		}
	}
	var dead []deadletter.Message
	require.Eventually(t, func() bool {
		dead = nil
		for _, m := range shopctlJSON[[]deadletter.Message](t, 0, "dlq", "show", dlq, "-n", "100") {
			if strings.Contains(m.Body, poisoned) {
				dead = append(dead, m)
			}
		}
		return len(dead) > 0
	}, 60*time.Second, time.Second)
	require.Len(t, dead, 1)
	require.Equal(t, tries, failures(t, cfg, found.LogGroups["email-customer"], poisoned), "it was tried as often as the queue says")
	require.False(t, told(poisoned))
	code, out := shopctl(t, "dlq", "list")
	require.Equal(t, 3, code, "a dead-letter queue that is not empty is not well: %s", out)

	_, err = shop.products.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &found.Tables.Notifications, Key: notice(poisoned)}) // the fix
	require.NoError(t, err)
	result := shopctlJSON[[]deadletter.Result](t, 0, "dlq", "redrive", dlq)
	require.Equal(t, []deadletter.Result{{Queue: dlq, Moved: result[0].Moved}}, result, "nothing is left")
	require.Eventually(t, func() bool { return told(poisoned) }, 30*time.Second, 100*time.Millisecond)
	require.Empty(t, shopctlJSON[[]deadletter.Message](t, 0, "dlq", "show", dlq))
}

// quickly has a queue hand out messages that failed after a second instead of minutes, as long as the test runs, and returns how often it does.
func quickly(t *testing.T, client *sqs.Client, url string) (tries int) {
	t.Helper()
	out, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll}})
	require.NoError(t, err)
	var policy struct{ MaxReceiveCount json.Number }
	require.NoError(t, json.Unmarshal([]byte(out.Attributes["RedrivePolicy"]), &policy))
	count, err := policy.MaxReceiveCount.Int64()
	require.NoError(t, err)
	set := func(timeout string) {
		// Not the test's own context, which ends before its cleanup.
		_, err := client.SetQueueAttributes(context.Background(), &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{"VisibilityTimeout": timeout}})
		require.NoError(t, err)
	}
	set("2")
	t.Cleanup(func() { set(out.Attributes["VisibilityTimeout"]) })
	return int(count)
}

// sendCreated puts "Order Created" of an order that exists nowhere else into one consumer's queue.
func sendCreated(t *testing.T, client *sqs.Client, url, orderID, customerID string) {
	t.Helper()
	detail, err := json.Marshal(event.OrderCreated{
		Meta: event.Meta{EventID: orderID + "-000001", CorrelationID: run, CausationID: run, SchemaVersion: event.SchemaVersion},
		Order: event.Order{
			OrderID: orderID, CustomerID: customerID, OrderVersion: 1, Total: 19.5, TotalCents: 1950, Currency: "EUR",
			Lines: []event.Line{{ProductID: "mug", Name: "Test Mug", Quantity: 1, PriceCents: 1950}},
		},
	})
	require.NoError(t, err)
	body, err := json.Marshal(map[string]any{
		"id": orderID + "-000001", "detail-type": "Order Created", "source": "shop.orders", "time": time.Now().UTC(), "detail": json.RawMessage(detail),
	})
	require.NoError(t, err)
	_, err = client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String(string(body))})
	require.NoError(t, err)
}

// failures counts the log lines that tell that a function failed on an order's message.
func failures(t *testing.T, cfg aws.Config, group, orderID string) int {
	t.Helper()
	out, err := cloudwatchlogs.NewFromConfig(cfg).FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &group, FilterPattern: aws.String(`"` + orderID + `"`),
	})
	require.NoError(t, err)
	count := 0
	for _, e := range out.Events {
		if strings.Contains(*e.Message, `"level":"ERROR"`) {
			count++
		}
	}
	return count
}

func TestShopctl_TellsAnOrdersStory(t *testing.T) {
	p := stocked(t, 5)
	o := place(t, basket{lines: map[string]int64{p.ID: 1}})
	await(t, o.ID, time.Minute, "SHIPPED", "DELIVERED")
	var told story.Story
	contexts := map[string]bool{}
	require.Eventually(t, func() bool {
		told = shopctlJSON[story.Story](t, 0, "order", o.ID)
		for _, e := range told.Timeline {
			contexts[e.Context] = true
		}
		return contexts["mail"]
	}, 30*time.Second, time.Second)
	for _, context := range []string{"orders", "flow", "payments", "shipping", "mail", "log place-order", "log charge-payment", "log project-orders"} {
		require.True(t, contexts[context], "%s: %v", context, contexts)
	}
	require.Equal(t, o.ID, told.OrderID)
	require.Len(t, told.CorrelationIDs, 1)
	for i := 1; i < len(told.Timeline); i++ {
		require.False(t, told.Timeline[i].At.Before(told.Timeline[i-1].At))
	}
	code, out := shopctl(t, "order", "no-such-order")
	require.Equal(t, 1, code)
	require.Contains(t, out, `there is no order "no-such-order" in stack local`)
}

func TestShopctl_RebuildsViewsWhileOrdersComeIn(t *testing.T) {
	found, _ := resourcesOf(t)
	p := stocked(t, 50)
	o := place(t, basket{lines: map[string]int64{p.ID: 1}})
	await(t, o.ID, time.Minute, "DELIVERED") // the projector makes a lost view anew when more happens to its order
	require.Eventually(t, func() bool { code, _ := shopctl(t, "views", "verify"); return code == 0 }, time.Minute, time.Second)
	await(t, o.ID, time.Minute, "DELIVERED") // after which nothing touches its view
	_, err := shop.products.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: &found.Tables.OrderViews, Key: map[string]types.AttributeValue{"orderId": &types.AttributeValueMemberS{Value: o.ID}},
	})
	require.NoError(t, err)
	code, out := shopctl(t, "views", "verify")
	require.Equal(t, 3, code, out)
	require.Contains(t, out, "order-views "+o.ID)

	orders := make(chan []order, 1)
	bodies := placing(customerToken(t), "", basket{lines: map[string]int64{p.ID: 1}}.body())
	go func() {
		placed := inParallel(5, func(int) order {
			a, err := ask(t.Context(), bodies.with("Idempotency-Key", newID()))
			var o order
			if err != nil || json.Unmarshal([]byte(a.body), &o) != nil {
				return order{}
			}
			return o
		})
		orders <- placed
	}()
	code, out = shopctl(t, "views", "rebuild")
	require.Equal(t, 0, code, out)
	for _, o := range <-orders {
		require.NotEmpty(t, o.ID)
		await(t, o.ID, time.Minute, "SHIPPED", "DELIVERED")
	}
	require.Eventually(t, func() bool {
		shopctl(t, "views", "rebuild") // what a view that is gone was counted for is seen only once it is there again
		code, out = shopctl(t, "views", "verify")
		return code == 0
	}, time.Minute, time.Second)
}

func TestShopctl_CountsAndReplaysTheArchive(t *testing.T) {
	p := stocked(t, 5)
	began := time.Now().UTC().Add(-time.Second)
	o := place(t, basket{lines: map[string]int64{p.ID: 1}})
	await(t, o.ID, time.Minute, "DELIVERED")
	between := []string{"archive", "replay", "--from", began.Format(time.RFC3339), "--to", time.Now().UTC().Add(time.Hour).Format(time.RFC3339), "--type", "Order Created", "--to-bus"}
	require.Eventually(t, func() bool {
		return shopctlJSON[struct{ OrderEvents map[string]int }](t, 0, between...).OrderEvents["Order Created"] >= 1
	}, time.Minute, time.Second, "the archive gathers events for a while")
	sent := shopctlJSON[struct{ Sent int }](t, 0, append(between, "--yes")...)
	require.GreaterOrEqual(t, sent.Sent, 1)
	history := look(t, o.ID).types()
	time.Sleep(2 * time.Second) // for consumers to do what they must not
	require.Equal(t, history, look(t, o.ID).types(), "an order that was created is not created again")

	code, out := shopctl(t, "archive", "replay", "--from", began.Format(time.RFC3339), "--to", time.Now().UTC().Format(time.RFC3339), "--rule", "stock-changes", "--yes")
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "replayed to stock-changes")
}
