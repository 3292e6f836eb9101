package handler_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
)

// orders are messages about orders 1, 2, …, in these groups; "" is none.
func orders(groups ...string) []handlertest.Message {
	batch := make([]handlertest.Message, len(groups))
	for i, group := range groups {
		batch[i] = handlertest.Message{ID: strconv.Itoa(i + 1), Event: created(strconv.Itoa(i + 1)), Group: group}
	}
	return batch
}

// worker records which orders it was given; those that it is told to fail, fail.
type worker struct {
	mu   sync.Mutex
	got  []string
	fail []string
}

func (w *worker) consume(_ context.Context, e handler.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := strings.TrimPrefix(e.ID, "event-")
	w.got = append(w.got, id)
	if slices.Contains(w.fail, id) {
		return errors.New("told to")
	}
	return nil
}

func TestQueueConsumer_OnlyFailedMessagesComeAgain(t *testing.T) {
	w := &worker{fail: []string{"2", "4"}}
	batch := orders("", "", "", "", "")
	batch[4] = handlertest.Message{ID: "5", Body: "no JSON"}
	require.Equal(t, []string{"2", "4", "5"}, handlertest.Failures(t, handler.QueueConsumer(discard(), w.consume), handlertest.Queue(t, batch...)))
	require.ElementsMatch(t, []string{"1", "2", "3", "4"}, w.got)
}

func TestQueueConsumer_FIFOKeepsTheOrderOfAGroupAcrossFailures(t *testing.T) {
	var log bytes.Buffer
	w := &worker{fail: []string{"3"}}
	h := handler.QueueConsumer(logTo(&log), w.consume)
	require.Equal(t, []string{"3", "5", "6"}, handlertest.Failures(t, h, handlertest.Queue(t, orders("a", "b", "a", "b", "a", "a", "b")...)))
	require.ElementsMatch(t, []string{"1", "3", "2", "4", "7"}, w.got, "what follows a failure is not tried")
	require.Less(t, slices.Index(w.got, "1"), slices.Index(w.got, "3"))
	require.Less(t, slices.Index(w.got, "2"), slices.Index(w.got, "4"))
	require.Less(t, slices.Index(w.got, "4"), slices.Index(w.got, "7"))
	require.Contains(t, log.String(), `"messageGroup":"a","failedMessageId":"3","messages":2`)
}

func TestQueueConsumer_FIFOUnreadableMessagesHoldTheirGroupBack(t *testing.T) {
	w := &worker{}
	batch := orders("a", "a", "a", "b")
	batch[1].Body = "no JSON"
	require.Equal(t, []string{"2", "3"}, handlertest.Failures(t, handler.QueueConsumer(discard(), w.consume), handlertest.Queue(t, batch...)))
	require.ElementsMatch(t, []string{"1", "4"}, w.got)
}

func TestQueueConsumer_GroupsOfAStandardQueueMeanNoOrder(t *testing.T) {
	w := &worker{fail: []string{"1"}}
	payload := bytes.ReplaceAll(handlertest.Queue(t, orders("a", "a")...), []byte("orders.fifo"), []byte("orders"))
	require.Equal(t, []string{"1"}, handlertest.Failures(t, handler.QueueConsumer(discard(), w.consume), payload))
}

func TestQueueConsumer_WorksOnTenAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		h := handler.QueueConsumer(discard(), func(context.Context, handler.Event) error {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Second)
			now.Add(-1)
			return nil
		})
		started := time.Now()
		require.Empty(t, handlertest.Failures(t, h, handlertest.Queue(t, orders(make([]string, 25)...)...)))
		require.EqualValues(t, 10, most.Load())
		require.Equal(t, 3*time.Second, time.Since(started))
	})
}

func TestQueueConsumer_WhatTimeIsTooShortForComesAgainUntried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &worker{}
		h := handler.QueueConsumer(discard(), func(ctx context.Context, e handler.Event) error {
			_ = w.consume(ctx, e)
			<-ctx.Done()
			return ctx.Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		out, err := h.Invoke(ctx, handlertest.Queue(t, orders(make([]string, 12)...)...))
		require.NoError(t, err)
		require.NoError(t, ctx.Err())
		require.Equal(t, 12, strings.Count(string(out), "itemIdentifier"))
		require.Len(t, w.got, 10)
	})
}

func TestQueueConsumer_LogsEveryMessageWithItsOwnIDs(t *testing.T) {
	var log bytes.Buffer
	w := &worker{fail: []string{"2"}}
	batch := orders("", "")
	batch[1].Receives = 3
	handlertest.Failures(t, handler.QueueConsumer(logTo(&log), w.consume), handlertest.Queue(t, batch...))
	all := lines(t, &log)
	require.Len(t, all, 2)
	slices.SortFunc(all, func(a, b map[string]any) int {
		return strings.Compare(a["messageId"].(string), b["messageId"].(string))
	})
	require.Equal(t, []any{"corr-1", "1", "1", "ok"}, []any{all[0]["correlationId"], all[0]["orderId"], all[0]["receives"], all[0]["outcome"]})
	require.Equal(t, []any{"corr-2", "2", "3", "failed"}, []any{all[1]["correlationId"], all[1]["orderId"], all[1]["receives"], all[1]["outcome"]})
}

func TestBatchConsumer_AllOrNothingButTheUnreadable(t *testing.T) {
	for name, test := range map[string]struct {
		groups []string
		broken int
		err    error
		given  []string
		failed []string
	}{
		"all":                      {[]string{"", "", ""}, 0, nil, []string{"1", "2", "3"}, []string{}},
		"nothing":                  {[]string{"", "", ""}, 0, errors.New("no"), []string{"1", "2", "3"}, []string{"1", "2", "3"}},
		"without the unreadable":   {[]string{"", "", ""}, 2, nil, []string{"1", "3"}, []string{"2"}},
		"not even the readable":    {[]string{"", "", ""}, 2, errors.New("no"), []string{"1", "3"}, []string{"1", "2", "3"}},
		"nothing readable at all":  {[]string{""}, 1, nil, nil, []string{"1"}},
		"with a group held back":   {[]string{"a", "b", "a"}, 1, nil, []string{"2"}, []string{"1", "3"}},
		"what was before in order": {[]string{"a", "a", "a"}, 2, nil, []string{"1"}, []string{"2", "3"}},
	} {
		t.Run(name, func(t *testing.T) {
			var given []string
			h := handler.BatchConsumer(discard(), func(_ context.Context, events []handler.Event) error {
				for _, e := range events {
					given = append(given, strings.TrimPrefix(e.ID, "event-"))
				}
				return test.err
			})
			batch := orders(test.groups...)
			if test.broken > 0 {
				batch[test.broken-1].Body = "no JSON"
			}
			require.Equal(t, test.failed, handlertest.Failures(t, h, handlertest.Queue(t, batch...)))
			require.Equal(t, test.given, given)
		})
	}
}

func TestBatchConsumer_LogsEveryMessageAndSharesACorrelationIDIfThereIsOne(t *testing.T) {
	var log bytes.Buffer
	var got string
	h := handler.BatchConsumer(logTo(&log), func(ctx context.Context, events []handler.Event) error {
		got = handler.CorrelationID(ctx)
		for _, e := range events {
			handler.Logger(handler.WithCorrelationID(ctx, e.CorrelationID())).Info("inside")
		}
		return nil
	})
	handlertest.Failures(t, h, handlertest.Queue(t, orders("", "")...))
	require.Len(t, got, 26, "a new one")
	all := lines(t, &log)
	var told []any
	for _, line := range all {
		told = append(told, line["msg"], line["correlationId"])
	}
	require.Equal(t, []any{"inside", "corr-1", "inside", "corr-2", "batch", got, "event", "corr-1", "event", "corr-2"}, told)

	batch := orders("", "")
	batch[1].Event = batch[0].Event
	handlertest.Failures(t, h, handlertest.Queue(t, batch...))
	require.Equal(t, "corr-1", got)
}
