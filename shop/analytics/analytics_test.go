package analytics

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// fakeTable refuses to put an item twice, as DynamoDB does under the condition.
type fakeTable struct {
	items map[string]bool
	err   error
}

func (f *fakeTable) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if f.err != nil {
		return nil, f.err
	}
	id := in.Item["orderId"].(*types.AttributeValueMemberS).Value
	if f.items[id] && *in.ConditionExpression == "attribute_not_exists(orderId)" {
		return nil, &types.ConditionalCheckFailedException{Message: aws.String("The conditional request failed")}
	}
	f.items[id] = true
	return &dynamodb.PutItemOutput{}, nil
}

func created(t *testing.T, id string, at time.Time) handler.Event {
	t.Helper()
	e, err := event.New(id+"-1", at, event.OrderCreated{Meta: event.NewMeta("c-1", "r-1"), Order: event.Order{
		OrderID: id, CustomerID: "u1", OrderVersion: 1, Total: 25.98, TotalCents: 2598, Currency: "EUR",
		Lines: []event.Line{{ProductID: "mug", Quantity: 2, PriceCents: 1000}, {ProductID: "cup", Quantity: 1, PriceCents: 598}},
	}})
	require.NoError(t, err)
	return e
}

// metrics are the values that were counted, by name.
func metrics(t *testing.T, log string) map[string][]float64 {
	t.Helper()
	counted := map[string][]float64{}
	for line := range strings.Lines(log) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields))
		if _, metric := fields["_aws"]; !metric {
			continue
		}
		require.Equal(t, "EUR", fields["currency"])
		for _, name := range []string{"OrdersPlaced", "ItemsOrdered", "OrderValue"} {
			if value, ok := fields[name].(float64); ok {
				counted[name] = append(counted[name], value)
			}
		}
	}
	return counted
}

func TestCount_CountsEachOrderOnce(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	counter := NewCounter(NewTable(&fakeTable{items: map[string]bool{}}, "analytics"))
	consumer := handler.EventConsumer(logger, counter.Count)
	for _, id := range []string{"o1", "o1", "o2"} {
		payload, err := json.Marshal(created(t, id, time.Now()))
		require.NoError(t, err)
		_, err = consumer.Invoke(t.Context(), payload)
		require.NoError(t, err)
	}
	require.Equal(t, map[string][]float64{"OrdersPlaced": {1, 1}, "ItemsOrdered": {3, 3}, "OrderValue": {25.98, 25.98}}, metrics(t, log.String()))
}

func TestCount_FailsWhenItCannotRemember(t *testing.T) {
	counter := NewCounter(NewTable(&fakeTable{err: errors.New("throttled")}, "analytics"))
	require.ErrorContains(t, counter.Count(t.Context(), created(t, "o1", time.Now())), "remembering that order o1 is counted: throttled")
}

func TestCount_RefusesOtherEvents(t *testing.T) {
	e, err := event.New("u1", time.Now(), event.UserDeleted{UserID: "u1"})
	require.NoError(t, err)
	require.ErrorContains(t, NewCounter(nil).Count(t.Context(), e), `is "User Deleted", want "Order Created"`)
}

// fakeBucket keeps objects.
type fakeBucket struct {
	objects map[string]string
	err     error
}

func (f *fakeBucket) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	if f.err != nil {
		return nil, f.err
	}
	content, err := io.ReadAll(in.Body)
	f.objects[*in.Bucket+"/"+*in.Key] = string(content)
	return &s3.PutObjectOutput{}, err
}

func TestStore_WritesOneObjectForEachDay(t *testing.T) {
	bucket := &fakeBucket{objects: map[string]string{}}
	archive := NewArchive(bucket, "archive")
	midnight := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	batch := []handler.Event{created(t, "o1", midnight.Add(-time.Second)), created(t, "o2", midnight), created(t, "o3", midnight.Add(time.Minute))}
	for range 2 { // a batch that comes again
		require.NoError(t, archive.Store(t.Context(), batch))
	}
	require.Len(t, bucket.objects, 2)
	for key, content := range bucket.objects {
		lines := strings.Split(strings.TrimSpace(content), "\n")
		if strings.HasPrefix(key, "archive/orders/year=2026/month=11/day=21/") {
			require.Len(t, lines, 1)
			continue
		}
		require.True(t, strings.HasPrefix(key, "archive/orders/year=2026/month=11/day=22/000000.000-"), key)
		require.True(t, strings.HasSuffix(key, ".jsonl"), key)
		require.Len(t, lines, 2)
		var back handler.Event
		require.NoError(t, json.Unmarshal([]byte(lines[1]), &back))
		require.Equal(t, batch[2], back)
	}
}

func TestStore_KeepsNoWordsOfCustomers(t *testing.T) {
	bucket := &fakeBucket{objects: map[string]string{}}
	asked := event.ReturnRequested{Meta: event.NewMeta("c-1", "r-1"), Order: event.Order{OrderID: "o1", OrderVersion: 6}, Reason: "too small for Ada Lovelace"}
	e, err := event.New("o1-000006", time.Now(), asked)
	require.NoError(t, err)
	require.NoError(t, NewArchive(bucket, "archive").Store(t.Context(), []handler.Event{e}))
	require.Contains(t, string(e.Detail), "Lovelace", "others still need it")
	for _, content := range bucket.objects {
		require.NotContains(t, content, "Lovelace")
		var back handler.Event
		require.NoError(t, json.Unmarshal([]byte(content), &back))
		archived, err := event.ParseAs[event.ReturnRequested](back)
		require.NoError(t, err)
		asked.Reason, asked.EventID = "", "o1-000006"
		require.Equal(t, asked, archived)
	}
}

func TestStore_FailsWithTheBucket(t *testing.T) {
	err := NewArchive(&fakeBucket{err: errors.New("slow down")}, "archive").Store(t.Context(), []handler.Event{created(t, "o1", time.Now())})
	require.ErrorContains(t, err, "archiving 1 events as orders/year=")
}
