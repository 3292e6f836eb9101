package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/analytics"
	"github.com/serverless-shop/serverless-shop/shopctl/resources"
)

var day = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

// fakeAWS is a bucket, and an event bus with its archive.
type fakeAWS struct {
	objects   map[string][]byte
	refuse    int // so many of the next events
	sent      []string
	replay    *eventbridge.StartReplayInput
	state     eventtypes.ReplayState
	retention int32
}

func (f *fakeAWS) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	data, err := io.ReadAll(in.Body)
	f.objects[*in.Key] = data
	return &s3.PutObjectOutput{}, err
}

// ListObjectsV2 returns an object a page.
func (f *fakeAWS) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	var keys []string
	for key := range f.objects {
		if strings.HasPrefix(key, *in.Prefix) && key > aws.ToString(in.ContinuationToken) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	out := &s3.ListObjectsV2Output{IsTruncated: aws.Bool(len(keys) > 1)}
	if len(keys) > 0 {
		out.Contents, out.NextContinuationToken = []s3types.Object{{Key: &keys[0]}}, &keys[0]
	}
	return out, nil
}

func (f *fakeAWS) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(f.objects[*in.Key]))}, nil
}

func (f *fakeAWS) PutEvents(_ context.Context, in *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error) {
	if len(in.Entries) < 1 || len(in.Entries) > 10 {
		return nil, fmt.Errorf("%d entries", len(in.Entries))
	}
	out := &eventbridge.PutEventsOutput{}
	for _, e := range in.Entries {
		answer := eventtypes.PutEventsResultEntry{EventId: aws.String("x")}
		if f.refuse > 0 {
			f.refuse--
			answer = eventtypes.PutEventsResultEntry{ErrorCode: aws.String("ThrottlingException")}
		} else {
			f.sent = append(f.sent, fmt.Sprint(*e.EventBusName, " ", *e.Source, " ", *e.DetailType, " ", *e.Detail, " ", e.Time.Format(time.RFC3339)))
		}
		out.Entries = append(out.Entries, answer)
	}
	return out, nil
}

func (f *fakeAWS) DescribeArchive(_ context.Context, in *eventbridge.DescribeArchiveInput, _ ...func(*eventbridge.Options)) (*eventbridge.DescribeArchiveOutput, error) {
	if *in.ArchiveName != "shop-archive-1" {
		return nil, errors.New(*in.ArchiveName)
	}
	return &eventbridge.DescribeArchiveOutput{EventCount: 7, RetentionDays: aws.Int32(f.retention)}, nil
}

func (f *fakeAWS) StartReplay(_ context.Context, in *eventbridge.StartReplayInput, _ ...func(*eventbridge.Options)) (*eventbridge.StartReplayOutput, error) {
	f.replay = in
	return &eventbridge.StartReplayOutput{}, nil
}

func (f *fakeAWS) DescribeReplay(_ context.Context, in *eventbridge.DescribeReplayInput, _ ...func(*eventbridge.Options)) (*eventbridge.DescribeReplayOutput, error) {
	if *in.ReplayName != *f.replay.ReplayName {
		return nil, errors.New(*in.ReplayName)
	}
	state := f.state
	f.state = eventtypes.ReplayStateCompleted
	return &eventbridge.DescribeReplayOutput{State: state, StateReason: aws.String("because")}, nil
}

// newArchive returns an archive of 23 events, one of them archived twice.
func newArchive(t *testing.T) (*fakeAWS, *Archive) {
	t.Helper()
	f := &fakeAWS{objects: map[string][]byte{}, state: eventtypes.ReplayStateRunning}
	store := analytics.NewArchive(f, "archive-1")
	var events []handler.Event
	for i := range 23 {
		kind := []string{"Order Created", "Order Paid"}[i%2]
		events = append(events, handler.Event{ID: fmt.Sprint("e", i), Type: kind, Source: "shop.orders", Time: day.Add(time.Duration(i) * time.Hour), Detail: json.RawMessage(fmt.Sprintf(`{"eventId":"e%d"}`, i))})
	}
	require.NoError(t, store.Store(t.Context(), events))
	require.NoError(t, store.Store(t.Context(), events[3:4]))
	require.Len(t, f.objects, 3, "two days, and a copy")
	a := New(&resources.Resources{
		ArchiveBucket: "archive-1", Bus: resources.Bus{ARN: "arn:bus", ArchiveARN: "arn:aws:events:eu-west-1:1:archive/shop-archive-1"},
		Rules: map[string]string{"refund-returns": "arn:rule"},
	}, f, f)
	a.poll = time.Microsecond
	return f, a
}

func TestCount_CountsEachEventOfTheRangeOnce(t *testing.T) {
	_, a := newArchive(t)
	all, err := a.Count(t.Context(), Range{From: day, To: day.AddDate(0, 0, 2)})
	require.NoError(t, err)
	require.Equal(t, Counts{"Order Created": 12, "Order Paid": 11}, all)
	require.Equal(t, 23, all.Total())
	some, err := a.Count(t.Context(), Range{From: day.Add(time.Hour), To: day.Add(15 * time.Hour), Types: []string{"Order Paid"}})
	require.NoError(t, err)
	require.Equal(t, Counts{"Order Paid": 7}, some, "from is in, to is not")
	_, err = a.Count(t.Context(), Range{From: day, To: day})
	require.ErrorContains(t, err, "is empty, want --from before --to")
}

func TestToBus_SendsAgainWhatIsRefused(t *testing.T) {
	f, a := newArchive(t)
	f.refuse = 13
	var progress []int
	sent, err := a.ToBus(t.Context(), Range{From: day, To: day.AddDate(0, 0, 2)}, func(n int) { progress = append(progress, n) })
	require.NoError(t, err)
	require.Equal(t, 23, sent)
	require.Equal(t, []int{10, 20, 23}, progress)
	require.Len(t, f.sent, 23)
	require.Contains(t, f.sent, `arn:bus shop.orders Order Paid {"eventId":"e1"} 2026-03-01T11:00:00Z`)

	f.refuse = 1000
	_, err = a.ToBus(t.Context(), Range{From: day, To: day.AddDate(0, 0, 2)}, func(int) {})
	require.ErrorContains(t, err, "after 0 events: EventBridge refused 10 events 5 times: ThrottlingException: ; run it again")
}

func TestToRules_ReplaysToTheseRulesOnly(t *testing.T) {
	f, a := newArchive(t)
	r := Range{From: day, To: day.Add(time.Hour)}
	var states []string
	require.NoError(t, a.ToRules(t.Context(), r, []string{"refund-returns"}, func(state string, _ time.Time) { states = append(states, state) }))
	require.Equal(t, []string{"RUNNING", "COMPLETED"}, states)
	require.Equal(t, []string{"arn:rule"}, f.replay.Destination.FilterArns)
	require.Equal(t, "arn:bus", *f.replay.Destination.Arn)
	require.Equal(t, day, *f.replay.EventStartTime)

	f.state = eventtypes.ReplayStateFailed
	require.ErrorContains(t, a.ToRules(t.Context(), r, []string{"refund-returns"}, func(string, time.Time) {}), "is FAILED: because")
}

func TestToRules_Refuses(t *testing.T) {
	f, a := newArchive(t)
	f.retention = 1
	for want, test := range map[string]struct {
		r     Range
		rules []string
	}{
		`there is no rule "x"; want one of refund-returns`: {Range{From: day, To: day.Add(1)}, []string{"x"}},
		"no rule is named":             {Range{From: day, To: day.Add(1)}, nil},
		"--type works with --to-bus":   {Range{From: day, To: day.Add(1), Types: []string{"x"}}, []string{"refund-returns"}},
		"send older events of orders ": {Range{From: day.AddDate(-10, 0, 0), To: day}, []string{"refund-returns"}},
		"want --from before --to":      {Range{From: day, To: day}, []string{"refund-returns"}},
	} {
		require.ErrorContains(t, a.ToRules(t.Context(), test.r, test.rules, func(string, time.Time) {}), want)
	}
	require.Nil(t, f.replay)
}
