// Command stored puts functions and values where the analysis does not follow them, and takes them out again.
package main

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

type table struct{ client *dynamodb.Client }

func (t *table) put() { _, _ = t.client.PutItem(context.Background(), nil) }

func (t *table) compare(*table) int {
	_, _ = t.client.Scan(context.Background(), nil)
	return 0
}

type putter interface{ put() }

var (
	value atomic.Value
	queue = make(chan func(), 1)
)

func main() {
	t := &table{dynamodb.New(dynamodb.Options{})}
	value.Store(putter(t))
	value.Load().(putter).put()
	queue <- func() { _, _ = t.client.GetItem(context.Background(), nil) }
	(<-queue)()
	slices.SortFunc([]*table{t, t}, (*table).compare)
}
