package orders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/attr"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// channel keeps what is published, or fails.
type channel struct {
	events []handler.Event
	err    error
}

func (c *channel) Publish(_ context.Context, events ...handler.Event) error {
	c.events = append(c.events, events...)
	return c.err
}

func TestPublisher_TellsEveryChannelWhatWasRecorded(t *testing.T) {
	client, table, _ := newFakeTables()
	s := newTestService(table)
	o := place(t, s, "key")
	_, err := s.Cancel(ctx, "ada", o.ID, "another-correlation")
	require.NoError(t, err)
	bus, topic := &channel{}, &channel{}
	publisher := NewPublisher(bus, topic)
	for version := 1; version <= 2; version++ {
		require.NoError(t, publisher.OnChange(ctx, changeOf(t, client, o.ID, version)))
	}
	require.Equal(t, bus.events, topic.events)
	require.Equal(t, []string{"Order Created", "Order Cancelled"}, []string{bus.events[0].Type, bus.events[1].Type})
	require.Equal(t, o.ID+"-000002", bus.events[1].ID)
	require.Equal(t, "another-correlation", bus.events[1].CorrelationID())
	detail, err := event.Parse(bus.events[0])
	require.NoError(t, err)
	created := detail.(event.OrderCreated)
	require.Equal(t, o.ID+"-000001", created.EventID, "EventBridge keeps no id of ours but this")
	require.InDelta(t, 65.79, created.Total, 1e-9)
	require.Equal(t, noon, bus.events[0].Time)

	require.NoError(t, publisher.OnChange(ctx, changeOf(t, client, o.ID, 1)))
	require.Equal(t, bus.events[0], bus.events[2], "again it is the same event")
}

func TestPublisher_AFailureOfOneChannelFailsTheChange(t *testing.T) {
	client, table, _ := newFakeTables()
	o := place(t, newTestService(table), "key")
	good, bad := &channel{}, &channel{err: errors.New("busy")}
	require.ErrorContains(t, NewPublisher(bad, good).OnChange(ctx, changeOf(t, client, o.ID, 1)), "busy")
	require.Len(t, good.events, 1, "the others do not wait for it")
	require.Error(t, NewPublisher(good).OnChange(ctx, handler.Change{New: item{"type": attr.Text("Order Eaten")}}))
}

// fakeTopic is as much of SNS as a Topic uses.
type fakeTopic struct {
	batches []int
	sent    []types.PublishBatchRequestEntry
	refuse  string // the id of an entry
	err     error
}

func (f *fakeTopic) PublishBatch(_ context.Context, in *sns.PublishBatchInput, _ ...func(*sns.Options)) (*sns.PublishBatchOutput, error) {
	if f.err != nil {
		return nil, f.err
	}
	if *in.TopicArn != "arn:topic" || len(in.PublishBatchRequestEntries) > 10 {
		panic(fmt.Sprint(*in.TopicArn, len(in.PublishBatchRequestEntries)))
	}
	f.batches = append(f.batches, len(in.PublishBatchRequestEntries))
	out := &sns.PublishBatchOutput{}
	for _, e := range in.PublishBatchRequestEntries {
		for name, a := range e.MessageAttributes {
			if aws.ToString(a.StringValue) == "" {
				panic(name + " is empty")
			}
		}
		if *e.Id == f.refuse {
			out.Failed = append(out.Failed, types.BatchResultErrorEntry{Id: e.Id, Code: aws.String("InternalError"), Message: aws.String("sorry")})
			continue
		}
		f.sent = append(f.sent, e)
	}
	return out, nil
}

func someEvents(n int) []handler.Event {
	events := make([]handler.Event, n)
	for i := range events {
		events[i] = handler.Event{ID: fmt.Sprint("e-", i), Type: "Order Paid", Source: "shop.orders", Time: noon, Detail: json.RawMessage(`{"correlationId":"c-1"}`)}
	}
	return events
}

func TestTopic(t *testing.T) {
	client := &fakeTopic{}
	topic := NewTopic(client, "arn:topic")
	events := someEvents(23)
	events[22].Detail = json.RawMessage(`{}`)
	require.NoError(t, topic.Publish(ctx, events...))
	require.Equal(t, []int{10, 10, 3}, client.batches)
	for i, sent := range client.sent {
		var got handler.Event
		require.NoError(t, json.Unmarshal([]byte(*sent.Message), &got))
		require.Equal(t, events[i], got, "in their order")
	}
	require.Equal(t, "Order Paid", *client.sent[0].MessageAttributes["detail-type"].StringValue)
	require.Equal(t, "c-1", *client.sent[0].MessageAttributes["correlationId"].StringValue)
	require.NotContains(t, client.sent[22].MessageAttributes, "correlationId", "SNS refuses empty ones")
}

func TestTopic_PartialFailuresAreFailures(t *testing.T) {
	require.ErrorContains(t, NewTopic(&fakeTopic{refuse: "1"}, "arn:topic").Publish(ctx, someEvents(3)...), `sending event e-1 "Order Paid" to topic arn:topic: InternalError: sorry`)
	require.ErrorContains(t, NewTopic(&fakeTopic{err: errors.New("away")}, "arn:topic").Publish(ctx, someEvents(3)...), `sending 3 events to topic arn:topic, the first e-0 "Order Paid": away`)
}
