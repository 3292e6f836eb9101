package stack

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
)

// Messaging is how the contexts tell each other what happened. None calls another.
type Messaging struct {
	// Bus carries every event of every context. Rules pick those that a context wants.
	Bus *components.EventBus
	// Orders carries the events of orders to whoever needs each of them at their own speed: mails, analytics, the archive.
	Orders *components.FanOutTopic
}

// NewMessaging deploys the event bus shop, whose events are archived so that they can be replayed, and the topic orders.
func (s *Stack) NewMessaging(ctx *pulumi.Context) (*Messaging, error) {
	s.section("Messaging")
	bus, err := components.NewEventBus(ctx, "shop", nil)
	if err != nil {
		return nil, err
	}
	topic, err := components.NewFanOutTopic(ctx, "orders", nil)
	if err != nil {
		return nil, err
	}
	s.watch(bus, topic)
	return &Messaging{Bus: bus, Orders: topic}, nil
}
