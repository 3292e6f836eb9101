package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
)

// fakeBridge takes what it is sent, and refuses the events called refused.
type fakeBridge struct {
	calls []*eventbridge.PutEventsInput
	err   error
}

func (f *fakeBridge) PutEvents(_ context.Context, in *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error) {
	f.calls = append(f.calls, in)
	out := &eventbridge.PutEventsOutput{}
	for _, e := range in.Entries {
		result := types.PutEventsResultEntry{EventId: aws.String("id")}
		if *e.DetailType == "refused" {
			out.FailedEntryCount++
			result = types.PutEventsResultEntry{ErrorCode: aws.String("InternalFailure"), ErrorMessage: aws.String("try again")}
		}
		out.Entries = append(out.Entries, result)
	}
	return out, f.err
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestPublish_SendsAtMostTenEventsAtOnce(t *testing.T) {
	bridge := &fakeBridge{}
	events := make([]handler.Event, 23)
	for i := range events {
		events[i] = handler.Event{
			ID: strconv.Itoa(i), Type: "Stock Arrived", Source: "shop.inventory", Time: noon, Detail: json.RawMessage(fmt.Sprintf(`{"n":%d}`, i)),
		}
	}
	require.NoError(t, New(bridge, "shop").Publish(context.Background(), events...))
	var sent []types.PutEventsRequestEntry
	for _, call := range bridge.calls {
		require.LessOrEqual(t, len(call.Entries), 10)
		sent = append(sent, call.Entries...)
	}
	require.Len(t, sent, 23)
	for i, e := range sent {
		require.Equal(t, types.PutEventsRequestEntry{
			EventBusName: aws.String("shop"), Source: aws.String("shop.inventory"), DetailType: aws.String("Stock Arrived"),
			Time: aws.Time(noon), Detail: aws.String(fmt.Sprintf(`{"n":%d}`, i)),
		}, e)
	}
	require.NoError(t, New(bridge, "shop").Publish(context.Background()))
	require.Len(t, bridge.calls, 3, "nothing to send needs no call")
}

func TestPublish_FailsIfOneEventIsRefused(t *testing.T) {
	bridge := &fakeBridge{}
	err := New(bridge, "shop").Publish(context.Background(), handler.Event{ID: "1", Type: "good"}, handler.Event{ID: "2", Type: "refused"})
	require.ErrorContains(t, err, `sending event 2 "refused" to bus shop: InternalFailure: try again`)
	require.ErrorContains(t, err, `refused 1 of 2`)

	bridge.err = errors.New("no route to host")
	err = New(bridge, "shop").Publish(context.Background(), handler.Event{ID: "1", Type: "good"})
	require.ErrorContains(t, err, `sending 1 events to bus shop, the first "good": no route to host`)
}
