// Package bus sends the shop's events to its event bus.
package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/serverless-shop/serverless-shop/handler"
)

// maxEntries is how many events one call can carry (PutEvents in the EventBridge API reference).
const maxEntries = 10

// Client is what a [Bus] needs of EventBridge; *eventbridge.Client has it.
type Client interface {
	PutEvents(context.Context, *eventbridge.PutEventsInput, ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// Bus is an event bus.
type Bus struct {
	client Client
	name   string
}

// New returns the bus of this name.
func New(client Client, name string) *Bus { return &Bus{client: client, name: name} }

// Publish sends events. If it fails, some may have been sent: publish all of them again. EventBridge gives each an envelope with an id of
// its own, so consumers know an event by what its detail says.
func (b *Bus) Publish(ctx context.Context, events ...handler.Event) error {
	for part := range slices.Chunk(events, maxEntries) {
		entries := make([]types.PutEventsRequestEntry, len(part))
		for i, e := range part {
			entries[i] = types.PutEventsRequestEntry{
				EventBusName: &b.name, Source: &e.Source, DetailType: &e.Type, Time: &e.Time, Detail: aws.String(string(e.Detail)),
			}
		}
		out, err := b.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
		if err != nil {
			return fmt.Errorf("sending %d events to bus %s, the first %q: %w", len(part), b.name, part[0].Type, err)
		}
		var failed []error
		for i, result := range out.Entries {
			if code := aws.ToString(result.ErrorCode); code != "" && i < len(part) {
				failed = append(failed, fmt.Errorf("sending event %s %q to bus %s: %s: %s", part[i].ID, part[i].Type, b.name, code, aws.ToString(result.ErrorMessage)))
			}
		}
		if len(failed) > 0 || out.FailedEntryCount > 0 {
			return errors.Join(append(failed, fmt.Errorf("bus %s refused %d of %d events", b.name, out.FailedEntryCount, len(part)))...)
		}
	}
	return nil
}
