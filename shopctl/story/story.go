// Package story puts together what every part of the shop knows of one order.
package story

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"golang.org/x/sync/errgroup"

	"github.com/serverless-shop/serverless-shop/shop/event"
	"github.com/serverless-shop/serverless-shop/shop/notifications"
	"github.com/serverless-shop/serverless-shop/shop/orders"
	"github.com/serverless-shop/serverless-shop/shop/payments"
	"github.com/serverless-shop/serverless-shop/shop/shipping"
)

// Logs reads log events; *cloudwatchlogs.Client does.
type Logs interface {
	FilterLogEvents(context.Context, *cloudwatchlogs.FilterLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error)
}

// Sources are who knows something of an order.
type Sources struct {
	// Orders are the orders' events.
	Orders interface {
		Load(ctx context.Context, orderID string) (orders.Order, []orders.Recorded, error)
	}
	// Payments and Shipments are what the shop knows of them now; of version 0 if there is none.
	Payments interface {
		Find(ctx context.Context, orderID string) (payments.Payment, error)
	}
	Shipments interface {
		Find(ctx context.Context, orderID string) (shipping.Shipment, error)
	}
	// Mails are the notices that were sent.
	Mails func(ctx context.Context, orderID string) ([]notifications.Told, error)
	// Flow are the executions of the order flow.
	Flow interface {
		Names(ctx context.Context, orderID string) ([]string, error)
		Events(ctx context.Context, name string) ([]sfntypes.HistoryEvent, error)
	}
	// Logs are read in LogGroups, the names of log groups by function.
	Logs      Logs
	LogGroups map[string]string
}

// Entry is something that happened.
type Entry struct {
	// At is when, in UTC.
	At time.Time `json:"at"`
	// Context is who tells it: orders, payments, shipping, mail, flow, or log and the function.
	Context string `json:"context"`
	// What happened.
	What string `json:"what"`
	// Failure is set if something went wrong.
	Failure bool `json:"failure,omitempty"`
}

// Unreachable is a source that could not be asked.
type Unreachable struct {
	Source string `json:"source"`
	Error  string `json:"error"`
}

// Story is what is known of an order.
type Story struct {
	// OrderID and Status are the order's.
	OrderID string `json:"orderId"`
	Status  string `json:"status"`
	// CorrelationIDs are those of its events, by which its log lines are found too.
	CorrelationIDs []string `json:"correlationIds"`
	// Timeline is in the order of time.
	Timeline []Entry `json:"timeline"`
	// Unreachable are the sources of which the timeline has nothing, or not everything.
	Unreachable []Unreachable `json:"unreachable,omitempty"`
}

// logGroupsAtOnce is few, since CloudWatch Logs answers 5 requests a second per account and region. Clients should wait when it is throttled.
const logGroupsAtOnce = 4

// clockSkew is how much earlier than the order's first event a log line may be.
const clockSkew = time.Minute

// aftermath is how long after the last thing that is known of a settled order its log lines are looked for: a stream tries again for 24 hours.
// CloudWatch Logs reads everything in between, however little of it is about the order.
const aftermath = 25 * time.Hour

// settled are the states in which nothing more happens to an order by itself.
var settled = []orders.Status{orders.Delivered, orders.Cancelled, orders.Failed, orders.Refunded, orders.Returned}

// Tell asks all sources. Without the order's events there is no story: fault.ErrNotFound if there is no such order. Any other source that
// cannot be reached is named in the story, unless ctx has ended. progress is told how many log groups of how many were read.
func Tell(ctx context.Context, s Sources, orderID string, progress func(done, all int)) (Story, error) {
	order, history, err := s.Orders.Load(ctx, orderID)
	if err != nil {
		return Story{}, err
	}
	b := &book{Story: Story{OrderID: orderID, Status: string(order.Status)}}
	for _, r := range history {
		about := r.Detail.About()
		if id := about.CorrelationID; id != "" && !slices.Contains(b.CorrelationIDs, id) {
			b.CorrelationIDs = append(b.CorrelationIDs, id)
		}
		b.add(Entry{At: r.At, Context: "orders", What: fmt.Sprintf("%d %s%s", r.Version, event.Name(r.Detail), members(r.Detail))})
	}
	var group errgroup.Group
	ask := func(source string, from func() error) {
		group.Go(func() error {
			if err := from(); err != nil {
				b.miss(source, err)
			}
			return nil
		})
	}
	ask("payments", func() error { return b.payment(ctx, s, orderID) })
	ask("shipments", func() error { return b.shipment(ctx, s, orderID) })
	ask("mails", func() error { return b.mails(ctx, s, orderID) })
	ask("order flow", func() error { return b.flow(ctx, s, orderID) })
	_ = group.Wait() // what goes wrong is in the book
	b.logs(ctx, s, history[0].At.Add(-clockSkew), b.end(order.Status), progress)
	if err := ctx.Err(); err != nil {
		return Story{}, fmt.Errorf("telling the story of order %q: %w", orderID, err)
	}
	slices.SortStableFunc(b.Timeline, func(a, b Entry) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(rank(a), rank(b)))
	})
	slices.SortFunc(b.Unreachable, func(a, b Unreachable) int { return cmp.Compare(a.Source, b.Source) })
	return b.Story, nil
}

// end is until when log lines can be about the order; zero if it is not settled.
func (b *book) end(status orders.Status) time.Time {
	if !slices.Contains(settled, status) {
		return time.Time{}
	}
	var last time.Time
	for _, e := range b.Timeline {
		if e.At.After(last) {
			last = e.At
		}
	}
	return last.Add(aftermath)
}

// rank puts log lines behind what they tell of in the same millisecond.
func rank(e Entry) int {
	if strings.HasPrefix(e.Context, "log ") {
		return 1
	}
	return 0
}

// book is a story that several write.
type book struct {
	mu sync.Mutex
	Story
}

func (b *book) add(e ...Entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Timeline = append(b.Timeline, e...)
}

func (b *book) miss(source string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Unreachable = append(b.Unreachable, Unreachable{source, err.Error()})
}

// told are the members of events that say something to operators; the others are ids that the story is about, or lists.
var told = []string{"total", "currency", "paymentId", "refundId", "shipmentId", "trackingNumber", "reason", "stage", "accepted", "finding"}

// members are what an event tells.
func members(d event.Detail) string {
	data, err := json.Marshal(d)
	if err != nil {
		return ""
	}
	var all map[string]any
	_ = json.Unmarshal(data, &all) // a struct is an object
	var text strings.Builder
	for _, name := range told {
		if value, found := all[name]; found && value != "" {
			fmt.Fprintf(&text, " %s=%v", name, value)
		}
	}
	return text.String()
}

func (b *book) payment(ctx context.Context, s Sources, orderID string) error {
	p, err := s.Payments.Find(ctx, orderID)
	if err != nil || p.Version == 0 {
		return err
	}
	what := fmt.Sprintf("payment is %s: %d %s, version %d", p.Status, p.AmountCents, p.Currency, p.Version) +
		given("paymentId", p.PaymentID) + given("refundId", p.RefundID) + given("reason", p.Reason)
	b.add(Entry{At: p.CreatedAt, Context: "payments", What: "payment first written down"}, Entry{At: p.UpdatedAt, Context: "payments", What: what})
	return nil
}

func (b *book) shipment(ctx context.Context, s Sources, orderID string) error {
	p, err := s.Shipments.Find(ctx, orderID)
	if err != nil || p.Version == 0 {
		return err
	}
	what := fmt.Sprintf("shipment is %s, version %d", p.Status, p.Version) +
		given("shipmentId", p.ShipmentID) + given("trackingNumber", p.TrackingNumber) + given("reason", p.Reason)
	b.add(Entry{At: p.CreatedAt, Context: "shipping", What: "shipment first written down"}, Entry{At: p.UpdatedAt, Context: "shipping", What: what})
	return nil
}

// given is a value with its name; "" if there is none.
func given(name, value string) string {
	if value == "" {
		return ""
	}
	return " " + name + "=" + value
}

func (b *book) mails(ctx context.Context, s Sources, orderID string) error {
	all, err := s.Mails(ctx, orderID)
	for _, t := range all {
		e := Entry{At: t.SentAt, Context: "mail", What: strings.ToLower(t.Whom) + " was told: " + t.Kind}
		if t.SentAt.IsZero() {
			e.At, e.What, e.Failure = time.Now().UTC(), strings.ToLower(t.Whom)+" is being told, or its sender died: "+t.Kind, true
		}
		b.add(e)
	}
	return err
}

func (b *book) flow(ctx context.Context, s Sources, orderID string) error {
	names, err := s.Flow.Names(ctx, orderID)
	if err != nil {
		return err
	}
	for _, name := range names {
		events, err := s.Flow.Events(ctx, name)
		for _, e := range events {
			if what, failure := step(e); what != "" {
				b.add(Entry{At: aws.ToTime(e.Timestamp).UTC(), Context: "flow", What: what + strings.TrimPrefix(name, orderID), Failure: failure})
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// step tells what an event of an execution means; "" for those that say nothing more than others.
func step(e sfntypes.HistoryEvent) (what string, failure bool) {
	kind := string(e.Type)
	switch {
	case strings.HasSuffix(kind, "StateEntered") && e.StateEnteredEventDetails != nil:
		return "step " + aws.ToString(e.StateEnteredEventDetails.Name), false
	case e.LambdaFunctionFailedEventDetails != nil:
		return because("function failed", e.LambdaFunctionFailedEventDetails.Error, e.LambdaFunctionFailedEventDetails.Cause), true
	case e.TaskFailedEventDetails != nil:
		return because("task failed", e.TaskFailedEventDetails.Error, e.TaskFailedEventDetails.Cause), true
	case e.ExecutionFailedEventDetails != nil:
		return because("stopped: FAILED", e.ExecutionFailedEventDetails.Error, e.ExecutionFailedEventDetails.Cause), true
	case strings.HasSuffix(kind, "TimedOut"):
		return kind, true
	case kind == "ExecutionStarted", kind == "ExecutionSucceeded", kind == "ExecutionRedriven":
		return kind, false
	case kind == "ExecutionAborted", kind == "ExecutionFailed":
		return kind, true
	}
	return "", false
}

func because(what string, name, cause *string) string {
	return what + ": " + aws.ToString(name) + ": " + shortened(aws.ToString(cause))
}

// maxText is how much of a cause or a log line is shown.
const maxText = 500

func shortened(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxText {
		return string(runes[:maxText]) + "…"
	}
	return text
}

// logs reads the lines of every function that name the order or one of its correlation ids.
func (b *book) logs(ctx context.Context, s Sources, since, until time.Time, progress func(done, all int)) {
	ids := append([]string{b.OrderID}, b.CorrelationIDs...)
	var group errgroup.Group
	var read atomic.Int64
	group.SetLimit(logGroupsAtOnce)
	for _, function := range slices.Sorted(maps.Keys(s.LogGroups)) {
		group.Go(func() error {
			defer func() { progress(int(read.Add(1)), len(s.LogGroups)) }()
			seen := map[string]bool{}
			for _, id := range ids {
				events, err := filter(ctx, s.Logs, s.LogGroups[function], id, since, until)
				if err != nil {
					b.miss("log of "+function, err)
					return nil
				}
				for _, e := range events {
					line := fmt.Sprint(aws.ToInt64(e.Timestamp), aws.ToString(e.LogStreamName), aws.ToString(e.Message))
					if !seen[line] {
						seen[line] = true
						b.add(entryOf(function, e))
					}
				}
			}
			return nil
		})
	}
	_ = group.Wait() // what goes wrong is in the book
}

// filter returns the log events of a group with an id in them. A group that was never written to has none.
func filter(ctx context.Context, logs Logs, group, id string, since, until time.Time) ([]logtypes.FilteredLogEvent, error) {
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, FilterPattern: aws.String(`"` + id + `"`), StartTime: aws.Int64(since.UnixMilli())}
	if !until.IsZero() {
		in.EndTime = aws.Int64(until.UnixMilli())
	}
	var events []logtypes.FilteredLogEvent
	for {
		out, err := logs.FilterLogEvents(ctx, in)
		if errors.As(err, new(*logtypes.ResourceNotFoundException)) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		events = append(events, out.Events...)
		if aws.ToString(out.NextToken) == "" || aws.ToString(out.NextToken) == aws.ToString(in.NextToken) {
			return events, nil
		}
		in.NextToken = out.NextToken
	}
}

// entryOf reads a log line: of the shop's own, level and message and what else they carry.
func entryOf(function string, e logtypes.FilteredLogEvent) Entry {
	entry := Entry{At: time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC(), Context: "log " + function, What: shortened(aws.ToString(e.Message))}
	var line map[string]any
	if json.Unmarshal([]byte(aws.ToString(e.Message)), &line) != nil || line["message"] == nil {
		return entry
	}
	level := fmt.Sprint(line["level"])
	entry.Failure = level == "ERROR" || level == "WARN"
	var text strings.Builder
	fmt.Fprintf(&text, "%s %v", level, line["message"])
	for _, name := range slices.Sorted(maps.Keys(line)) {
		if !slices.Contains(common, name) {
			fmt.Fprintf(&text, " %s=%v", name, line[name])
		}
	}
	entry.What = shortened(text.String())
	return entry
}

// common are the attributes of every line that say nothing about what happened.
var common = []string{"timestamp", "level", "message", "requestId", "traceId", "coldStart", "correlationId", "orderId", "function", "stack", "_aws"}
