package stack

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/policies"
)

// The archive gathers this many events, or for this long, into one object: few objects are what makes it cheap to read.
const (
	archiveBatch  = 100
	archiveWindow = 10 * time.Second
)

// Analytics keeps account of orders beside the business.
type Analytics struct {
	// Archive holds every event of every order, below orders/.
	Archive *components.ObjectStore
}

// NewAnalytics deploys two consumers of the order topic, each with a queue of its own: one counts new orders into metrics, the other
// archives every event in S3.
func (s *Stack) NewAnalytics(ctx *pulumi.Context, orders *components.FanOutTopic) (*Analytics, error) {
	s.section("Analytics")
	counted, err := s.table(ctx, "analytics", components.TableArgs{
		PartitionKey: components.String("orderId"),
		TimeToLive:   "expiresAt",
	})
	if err != nil {
		return nil, err
	}
	analyse, err := s.function(ctx, "analyse-orders", "Counts new orders into metrics", counted.Grant(policies.PutItem))
	if err != nil {
		return nil, err
	}
	toCount, err := orders.SubscribeQueue(ctx, "analytics", analyse, &components.QueueSubscriptionArgs{
		Filter: orderCreated, Queue: components.WorkQueueArgs{Alarms: s.alarms()},
	})
	if err != nil {
		return nil, err
	}
	s.watch(toCount)
	archive, err := components.NewObjectStore(ctx, "archive", &components.ObjectStoreArgs{EmptyOnDelete: !s.settings.deletionProtection})
	if err != nil {
		return nil, err
	}
	s.watch(archive)
	store, err := s.function(ctx, "archive-orders", "Archives every event of an order in S3", archive.Grant("orders/", policies.PutObject))
	if err != nil {
		return nil, err
	}
	toArchive, err := orders.SubscribeQueue(ctx, "archive", store, &components.QueueSubscriptionArgs{
		Queue: components.WorkQueueArgs{BatchSize: archiveBatch, BatchWindow: archiveWindow, Alarms: s.alarms()},
	})
	if err != nil {
		return nil, err
	}
	s.watch(toArchive)
	return &Analytics{Archive: archive}, nil
}
