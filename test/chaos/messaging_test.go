package chaos

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventbridgetypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

// way is how messages reach a function.
type way int

const (
	asynchronous way = iota // from the bus: Lambda tries three times
	topic                   // from the topic: as well
	queue                   // a queue with partial batch responses: five times
	fifo                    // the same, in order for each group
	batch                   // a queue whose batches succeed or fail as a whole
	stream                  // changes of a table, in order for each shard: here eleven times, so that some are given up
)

// tries is how often a message is tried until it goes to the dead-letter queue.
var tries = map[way]int{asynchronous: 3, topic: 3, queue: 5, fifo: 5, batch: 5, stream: 11}

// again is how long it takes until a message that failed comes again: what Lambda waits, a queue's visibility time-out.
var again = map[way]time.Duration{asynchronous: time.Minute, topic: time.Minute, queue: time.Minute, fifo: time.Minute, batch: time.Minute, stream: time.Second}

// subscription is a function with the messages that wait for it.
type subscription struct {
	function string
	way      way
	handler  lambda.Handler
	pending  []*message
	dead     []*message // in the dead-letter queue
}

// message is an event on its way, or a change of a table.
type message struct {
	name   string // for the story
	event  handler.Event
	change handler.Change
	group  string // a FIFO queue's message group, or a stream's shard
	due    time.Time
	since  int
	failed int
	busy   bool
}

// send puts a message into a subscription. A queue's message is due at once.
func (w *world) send(s *subscription, m *message) {
	m.due, m.since = time.Now(), w.scheduler.steps
	s.pending = append(s.pending, m)
}

// deliverable are the messages that wait for nothing but their time: in a FIFO queue and in a stream, the first of each group.
func (s *subscription) deliverable(yield func(*message) bool) {
	held := map[string]bool{}
	for _, m := range s.pending {
		if s.way == fifo || s.way == stream {
			if held[m.group] {
				continue
			}
			held[m.group] = true
		}
		if !m.busy && !yield(m) {
			return
		}
	}
}

// deliveries are all messages that can be delivered now.
func (w *world) deliveries() []option {
	var options []option
	now := time.Now()
	for _, s := range w.subscriptions {
		for m := range s.deliverable {
			if !m.due.After(now) {
				options = append(options, option{since: m.since, run: func() { w.deliver(s, m) }})
			}
		}
	}
	return options
}

// nextDue is when the next message is.
func (w *world) nextDue() time.Time {
	var next time.Time
	for _, s := range w.subscriptions {
		for m := range s.deliverable {
			if next.IsZero() || m.due.Before(next) {
				next = m.due
			}
		}
	}
	return next
}

// maxBatchOf is how many messages a function gets at once. The messages of a standard queue are independent of each other, whether they come
// together or not.
var maxBatchOf = map[way]int{fifo: 3, batch: 5, stream: 3}

// deliver calls the function with a message, and with others that may come along.
func (w *world) deliver(s *subscription, first *message) {
	if f, hit := w.messageFaultOf(s.function); hit {
		w.tell("    %s: %s", s.function, f.happening(first.name))
		if f.kind == late && s.way != stream {
			first.due = first.due.Add(10 * time.Minute)
			return
		}
		w.repeats[first] = true
	}
	all := []*message{first}
	most := 1
	if maxBatchOf[s.way] > 1 {
		most += w.scheduler.chance.IntN(maxBatchOf[s.way])
	}
	for _, m := range s.pending {
		together := s.way == batch || m.group == first.group
		if len(all) < most && m != first && together && !m.busy && !m.due.After(time.Now()) {
			all = append(all, m)
		}
	}
	for _, m := range all {
		m.busy = true
	}
	w.scheduler.run(w.scheduler.start(s.function, func(p *process) {
		i := &invocation{w: w, process: p, function: s.function}
		failed := w.invoke(i, s, all)
		p.wait("ends")
		w.settle(s, all, failed)
	}), func() {})
}

// invoke returns which of the messages failed.
func (w *world) invoke(i *invocation, s *subscription, all []*message) []bool {
	out, err := s.handler.Invoke(i.context(), w.payload(s, all))
	failed := make([]bool, len(all))
	var response struct {
		Failures []struct {
			Item string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	whole := i.dead || err != nil || json.Unmarshal(out, &response) != nil
	for n := range all {
		failed[n] = whole
		for _, f := range response.Failures {
			if f.Item == messageID(n) || s.way == stream && f.Item == handlertest.SequenceNumber(n+1) {
				failed[n] = true
			}
		}
		if s.way == stream && n > 0 && failed[n-1] { // from the first failure on, everything comes again
			failed[n] = true
		}
	}
	return failed
}

func messageID(n int) string { return fmt.Sprintf("message-%d", n+1) }

// payload is what Lambda gives to the function.
func (w *world) payload(s *subscription, all []*message) []byte {
	var messages []handlertest.Message
	var changes []handler.Change
	for _, m := range all {
		changes = append(changes, m.change)
		group := ""
		if s.way == fifo {
			group = m.group
		}
		messages = append(messages, handlertest.Message{Event: m.event, Group: group})
	}
	switch s.way {
	case asynchronous:
		return handlertest.EventBridge(w.t, all[0].event)
	case topic:
		return handlertest.Notification(w.t, all[0].event, nil)
	case stream:
		return handlertest.Stream(w.t, changes...)
	default:
		return handlertest.Queue(w.t, messages...)
	}
}

// settle removes the messages that succeeded, and lets the others come again.
func (w *world) settle(s *subscription, all []*message, failed []bool) {
	for n, m := range all {
		m.busy = false
		switch {
		case failed[n]:
			m.due, m.since = time.Now().Add(again[s.way]), w.scheduler.steps
			if s.way == stream && n > 0 && failed[n-1] {
				continue // was not tried, and counts from when it is
			}
			if m.failed++; m.failed >= tries[s.way] {
				w.tell("    %s: gives up %s", s.function, m.name)
				s.dead = append(s.dead, m)
				s.remove(m)
			}
		case w.repeats[m]:
			delete(w.repeats, m)
			m.due, m.since = time.Now(), w.scheduler.steps
		default:
			s.remove(m)
		}
	}
}

func (s *subscription) remove(m *message) {
	s.pending = slices.DeleteFunc(s.pending, func(o *message) bool { return o == m })
}

// shards is how many shards a table's stream has. Items of a partition are in the same.
const shards = 2

// changed is told every change of a table.
func (w *world) changed(table string, c handler.Change) {
	w.observe(table, c)
	for _, m := range w.mappings {
		if m.table != table || !m.wants(c) {
			continue
		}
		if !m.old {
			c.Old = nil
		}
		partition := cmp.Or(plain(c.Keys["pk"]), plain(c.Keys["orderId"]), plain(c.Keys["productId"]))
		h := fnv.New32a()
		_, _ = h.Write([]byte(partition))
		w.send(m.to, &message{
			name: fmt.Sprintf("the change of %s", w.named(partition)), change: c, group: strconv.Itoa(int(h.Sum32() % shards)),
		})
	}
}

// mapping is a function that reads a table's stream.
type mapping struct {
	table string
	old   bool // the stream has old images
	wants func(handler.Change) bool
	to    *subscription
}

// route is a rule of the bus, or a subscription of the topic.
type route struct {
	types []string
	wants func(detail map[string]any) bool // nil for all
	to    *subscription
}

// publication is an event that was published, and where.
type publication struct {
	routes []route
	event  handler.Event
}

// replay publishes everything once more that ever was, in any order, as an operator does out of an archive. It may be so long ago that Step
// Functions, after 90 days, would take an order for a new one.
func (w *world) replay() {
	w.tell("the operator replays everything")
	if w.scheduler.chance.IntN(2) == 0 {
		w.tell("    after 90 days")
		w.past, w.executions = w.executions, map[string]*execution{}
	}
	all := w.published
	w.published = nil
	for _, n := range w.scheduler.chance.Perm(len(all)) {
		w.publish(all[n].routes, all[n].event)
	}
}

func (w *world) publish(routes []route, e handler.Event) {
	w.published = append(w.published, publication{routes, e})
	var detail map[string]any
	for _, r := range routes {
		if r.types != nil && !slices.Contains(r.types, e.Type) {
			continue
		}
		if r.wants != nil {
			if detail == nil {
				if err := json.Unmarshal(e.Detail, &detail); err != nil {
					panic(err)
				}
			}
			if !r.wants(detail) {
				continue
			}
		}
		w.send(r.to, &message{name: fmt.Sprintf("%q of %s", e.Type, w.orderOf(e.Detail)), event: e})
	}
}

func (w *world) orderOf(detail []byte) string {
	var about struct{ OrderID, ProductID string }
	_ = json.Unmarshal(detail, &about)
	return w.named(cmp.Or(about.OrderID, about.ProductID))
}

// errOutage is what a call to AWS returns that a fault of the plan makes fail.
var errOutage = errors.New("the service is not available, as planned")

func outage(int) error { return errOutage }

// PutEvents takes events for the bus. Each gets an envelope with an id of its own.
func (w *world) PutEvents(ctx context.Context, in *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error) {
	err := call(ctx, "PutEvents "+*in.Entries[0].DetailType, func() {
		for _, e := range in.Entries {
			w.envelopes++
			w.publish(w.rules, handler.Event{
				ID: fmt.Sprintf("envelope-%d", w.envelopes), Type: *e.DetailType, Source: *e.Source, Time: *e.Time, Detail: json.RawMessage(*e.Detail),
			})
		}
	}, outage)
	return &eventbridge.PutEventsOutput{Entries: make([]eventbridgetypes.PutEventsResultEntry, len(in.Entries))}, err
}

// PublishBatch takes events for the order topic.
func (w *world) PublishBatch(ctx context.Context, in *sns.PublishBatchInput, _ ...func(*sns.Options)) (*sns.PublishBatchOutput, error) {
	err := call(ctx, "PublishBatch", func() {
		for _, entry := range in.PublishBatchRequestEntries {
			var e handler.Event
			if err := json.Unmarshal([]byte(*entry.Message), &e); err != nil {
				panic(err)
			}
			w.publish(w.topic, e)
		}
	}, outage)
	return &sns.PublishBatchOutput{}, err
}

// SendMessage takes the provider's webhooks for the FIFO queue payments. What is sent again within five minutes is dropped.
func (w *world) SendMessage(ctx context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	err := call(ctx, "SendMessage payments", func() {
		id := *in.MessageDeduplicationId
		if at, known := w.deduplicated[id]; known && time.Since(at) < 5*time.Minute {
			return
		}
		w.deduplicated[id] = time.Now()
		var e handler.Event
		if err := json.Unmarshal([]byte(*in.MessageBody), &e); err != nil {
			panic(err)
		}
		w.send(w.payments, &message{name: "the notice of " + w.named(*in.MessageGroupId), event: e, group: *in.MessageGroupId})
	}, outage)
	return &sqs.SendMessageOutput{MessageId: aws.String("id")}, err
}

// Later implements simulator.Later: the third parties' clock strikes some seconds later.
func (w *world) Later(_ context.Context, n thirdparty.Notice) error {
	detail, err := json.Marshal(n)
	if err != nil {
		return err
	}
	m := &message{name: "the clock for " + w.named(n.OrderID), event: handler.Event{
		ID: n.ID, Type: n.Type, Source: "third-parties", Time: n.CreatedAt, Detail: detail,
	}}
	w.send(w.clock, m)
	m.due = m.due.Add(5 * time.Second)
	return nil
}

func plain(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return ""
}
