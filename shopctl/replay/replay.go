// Package replay sends archived events again: those of EventBridge's archive to chosen rules, or those of the archive in S3, which is kept for
// ever, to the event bus.
package replay

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/analytics"
	"github.com/serverless-shop/serverless-shop/shopctl/resources"
)

// Events is what this package needs of EventBridge; *eventbridge.Client has it.
type Events interface {
	DescribeArchive(context.Context, *eventbridge.DescribeArchiveInput, ...func(*eventbridge.Options)) (*eventbridge.DescribeArchiveOutput, error)
	DescribeReplay(context.Context, *eventbridge.DescribeReplayInput, ...func(*eventbridge.Options)) (*eventbridge.DescribeReplayOutput, error)
	PutEvents(context.Context, *eventbridge.PutEventsInput, ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
	StartReplay(context.Context, *eventbridge.StartReplayInput, ...func(*eventbridge.Options)) (*eventbridge.StartReplayOutput, error)
}

// Objects is what this package needs of S3; *s3.Client has it.
type Objects interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// Archive is a stack's archived events.
type Archive struct {
	events  Events
	objects Objects
	found   *resources.Resources
	poll    time.Duration // between two looks at a replay
}

// New returns the archive of a stack.
func New(found *resources.Resources, events Events, objects Objects) *Archive {
	return &Archive{events: events, objects: objects, found: found, poll: 2 * time.Second}
}

// Range selects events.
type Range struct {
	// From and To are the first moment and the one after the last.
	From, To time.Time
	// Types are the events' detail-types; none for all.
	Types []string
}

func (r Range) validate() error {
	if r.From.IsZero() || !r.From.Before(r.To) {
		return fmt.Errorf("the range from %s to %s is empty, want --from before --to", r.From.Format(time.RFC3339), r.To.Format(time.RFC3339))
	}
	return nil
}

// wants tells whether an event is in the range.
func (r Range) wants(e handler.Event) bool {
	return !e.Time.Before(r.From) && e.Time.Before(r.To) && (len(r.Types) == 0 || slices.Contains(r.Types, e.Type))
}

// Counts are how many events of which type there are.
type Counts map[string]int

// Total is their sum.
func (c Counts) Total() int {
	total := 0
	for _, n := range c {
		total += n
	}
	return total
}

// Check tells what is wrong with a replay before it begins: an empty range, or a rule that there is not.
func (a *Archive) Check(r Range, rules []string) error {
	if len(rules) > 0 {
		if _, err := a.ruleARNs(rules); err != nil {
			return err
		}
	}
	return r.validate()
}

// Count counts the events of orders in a range, each once, in the S3 archive.
func (a *Archive) Count(ctx context.Context, r Range) (Counts, error) {
	counts := Counts{}
	err := a.each(ctx, r, func(e handler.Event) error {
		counts[e.Type]++
		return nil
	})
	return counts, err
}

// each reads the events in a range from S3, each once, day by day.
func (a *Archive) each(ctx context.Context, r Range, do func(handler.Event) error) error {
	if err := r.validate(); err != nil {
		return err
	}
	for day := r.From.UTC().Truncate(24 * time.Hour); day.Before(r.To); day = day.AddDate(0, 0, 1) {
		seen := map[string]bool{} // an event that was delivered twice can be in two objects, of the same day
		in := &s3.ListObjectsV2Input{Bucket: &a.found.ArchiveBucket, Prefix: aws.String(analytics.ArchivePrefix + day.Format("year=2006/month=01/day=02/"))}
		for {
			out, err := a.objects.ListObjectsV2(ctx, in)
			if err != nil {
				return fmt.Errorf("listing %s in bucket %s: %w", *in.Prefix, a.found.ArchiveBucket, err)
			}
			for _, object := range out.Contents {
				events, err := a.read(ctx, aws.ToString(object.Key))
				if err != nil {
					return err
				}
				for _, e := range events {
					if seen[e.ID] || !r.wants(e) {
						continue
					}
					seen[e.ID] = true
					if err := do(e); err != nil {
						return err
					}
				}
			}
			if !aws.ToBool(out.IsTruncated) {
				break
			}
			in.ContinuationToken = out.NextContinuationToken
		}
	}
	return nil
}

// read reads the events of one object.
func (a *Archive) read(ctx context.Context, key string) ([]handler.Event, error) {
	out, err := a.objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &a.found.ArchiveBucket, Key: &key})
	if err != nil {
		return nil, fmt.Errorf("reading %s of bucket %s: %w", key, a.found.ArchiveBucket, err)
	}
	defer out.Body.Close()
	var events []handler.Event
	for lines := bufio.NewReader(out.Body); ; {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var e handler.Event
			if err := json.Unmarshal(line, &e); err != nil {
				return nil, fmt.Errorf("reading %s of bucket %s, line %d: %w", key, a.found.ArchiveBucket, len(events)+1, err)
			}
			events = append(events, e)
		}
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s of bucket %s: %w", key, a.found.ArchiveBucket, err)
		}
	}
}

// Limits of PutEvents.
const (
	maxEntries  = 10
	maxAttempts = 5
)

// ToBus sends the events of orders in a range, from the S3 archive, to the event bus: every rule that is interested gets them, and only
// consumers that know what they have seen must be among them. sent is told how many it were so far. Sending the same range again does no
// harm: an event keeps its id, whichever way it comes.
func (a *Archive) ToBus(ctx context.Context, r Range, sent func(n int)) (int, error) {
	total := 0
	var batch []eventtypes.PutEventsRequestEntry
	flush := func() error {
		n := len(batch)
		if err := a.put(ctx, batch); err != nil {
			return fmt.Errorf("after %d events: %w; run it again, an event that comes twice does no harm", total, err)
		}
		batch = batch[:0]
		if total += n; n > 0 {
			sent(total)
		}
		return nil
	}
	err := a.each(ctx, r, func(e handler.Event) error {
		batch = append(batch, eventtypes.PutEventsRequestEntry{
			EventBusName: &a.found.Bus.ARN, Source: aws.String(e.Source), DetailType: aws.String(e.Type), Detail: aws.String(string(e.Detail)), Time: aws.Time(e.Time),
		})
		if len(batch) < maxEntries {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return total, err
}

// put sends events, and those again that EventBridge did not take.
func (a *Archive) put(ctx context.Context, entries []eventtypes.PutEventsRequestEntry) error {
	var last string
	for attempt := 0; len(entries) > 0; attempt++ {
		if attempt == maxAttempts {
			return fmt.Errorf("EventBridge refused %d events %d times: %s", len(entries), maxAttempts, last)
		}
		out, err := a.events.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
		if err != nil {
			return fmt.Errorf("sending %d events to %s: %w", len(entries), a.found.Bus.ARN, err)
		}
		var refused []eventtypes.PutEventsRequestEntry
		for i, answer := range out.Entries {
			if answer.ErrorCode != nil && i < len(entries) {
				refused, last = append(refused, entries[i]), aws.ToString(answer.ErrorCode)+": "+aws.ToString(answer.ErrorMessage)
			}
		}
		if entries = refused; len(entries) > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(a.poll * time.Duration(attempt+1) / 2):
			}
		}
	}
	return nil
}

// Kept is what EventBridge's archive holds.
type Kept struct {
	// Events are all events of every context that it has.
	Events int64 `json:"events"`
	// Since is the oldest that it can have; zero if it keeps all.
	Since time.Time `json:"since,omitzero"`
}

// Kept tells what EventBridge's archive holds. It does not count by type or time. A range that begins before the archive does is an error.
func (a *Archive) Kept(ctx context.Context, r Range) (Kept, error) {
	arn := a.found.Bus.ArchiveARN
	name := arn[strings.LastIndex(arn, "/")+1:]
	if name == "" {
		return Kept{}, errors.New("the bus has no archive; send the events of orders from S3 with --to-bus")
	}
	out, err := a.events.DescribeArchive(ctx, &eventbridge.DescribeArchiveInput{ArchiveName: &name})
	if err != nil {
		return Kept{}, fmt.Errorf("reading archive %s: %w", name, err)
	}
	kept := Kept{Events: out.EventCount}
	if days := aws.ToInt32(out.RetentionDays); days > 0 {
		kept.Since = time.Now().UTC().AddDate(0, 0, -int(days))
	}
	if r.From.Before(kept.Since) {
		return Kept{}, fmt.Errorf("EventBridge's archive begins at %s, after --from %s; send older events of orders from S3 with --to-bus, or begin later",
			kept.Since.Format(time.RFC3339), r.From.Format(time.RFC3339))
	}
	return kept, nil
}

// ToRules has EventBridge send everything of a range that its archive has, of every context, to rules of these names, and to no others. It
// returns when all is sent; progress is told the time up to which it is.
func (a *Archive) ToRules(ctx context.Context, r Range, rules []string, progress func(state string, upTo time.Time)) error {
	arns, err := a.ruleARNs(rules)
	if err != nil {
		return err
	}
	if err := r.validate(); err != nil {
		return err
	}
	if len(r.Types) > 0 {
		return errors.New("EventBridge replays whatever the rules' own patterns match; --type works with --to-bus only")
	}
	if _, err := a.Kept(ctx, r); err != nil {
		return err
	}
	name := "shopctl-" + time.Now().UTC().Format("20060102-150405.000")
	_, err = a.events.StartReplay(ctx, &eventbridge.StartReplayInput{
		ReplayName: &name, EventSourceArn: &a.found.Bus.ArchiveARN, EventStartTime: &r.From, EventEndTime: &r.To,
		Destination: &eventtypes.ReplayDestination{Arn: &a.found.Bus.ARN, FilterArns: arns},
	})
	if err != nil {
		return fmt.Errorf("starting the replay %s: %w", name, err)
	}
	return a.watch(ctx, name, progress)
}

// watch waits for the end of a replay.
func (a *Archive) watch(ctx context.Context, name string, progress func(state string, upTo time.Time)) error {
	for {
		out, err := a.events.DescribeReplay(ctx, &eventbridge.DescribeReplayInput{ReplayName: &name})
		if err != nil {
			return fmt.Errorf("asking how far the replay %s is, which goes on: %w", name, err)
		}
		progress(string(out.State), aws.ToTime(out.EventLastReplayedTime))
		switch out.State {
		case eventtypes.ReplayStateCompleted:
			return nil
		case eventtypes.ReplayStateFailed, eventtypes.ReplayStateCancelled:
			return fmt.Errorf("the replay %s is %s: %s", name, out.State, aws.ToString(out.StateReason))
		default:
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no longer watching the replay %s, which goes on: %w", name, ctx.Err())
		case <-time.After(a.poll):
		}
	}
}

func (a *Archive) ruleARNs(rules []string) ([]string, error) {
	var arns []string
	for _, name := range rules {
		arn, found := a.found.Rules[name]
		if !found {
			return nil, fmt.Errorf("there is no rule %q; want one of %s", name, strings.Join(slices.Sorted(maps.Keys(a.found.Rules)), ", "))
		}
		arns = append(arns, arn)
	}
	if len(arns) == 0 {
		return nil, errors.New("no rule is named; want --rule NAME once or more")
	}
	return arns, nil
}
