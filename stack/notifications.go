package stack

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/policies"
)

// highValue is the value of an order, in major units of its currency, above which somebody looks at it before it leaves.
const highValue = 100

// orderCreated selects "Order Created" on the order topic.
var orderCreated = components.TopicFilter{Attributes: components.Fields{"detail-type": components.Exact("Order Created")}}

// Notifications tell people by e-mail what happens to orders.
type Notifications struct {
	// NotifyCustomer is the order flow's task that tells a customer what became of an order.
	NotifyCustomer *components.Function
	// Sent holds one item per notice.
	Sent *components.Table
}

// NewNotifications deploys the e-mails: to customers and administrators about new orders, to administrators about those of high value, and
// the order flow's to customers. Each is sent once, which a table remembers.
func (s *Stack) NewNotifications(ctx *pulumi.Context, accounts *Accounts, bus *components.EventBus, orders *components.FanOutTopic) (*Notifications, error) {
	s.section("Notifications")
	sent, err := s.table(ctx, "notifications", components.TableArgs{
		PartitionKey: components.String("notice"),
		TimeToLive:   "expiresAt",
	})
	if err != nil {
		return nil, err
	}
	sender, err := components.NewMailSender(ctx, "shop-mail", &components.MailSenderArgs{Address: s.settings.mailFrom})
	if err != nil {
		return nil, err
	}
	mail := policies.Join(sender.GrantSend(), sent.Grant(policies.UpdateItem))
	toCustomers := policies.Join(mail, accounts.Auth.Grant(policies.AdminGetUser))
	toAdministrators := policies.Join(mail, setting("ADMIN_EMAIL", s.settings.adminEmail))

	emailCustomer, err := s.function(ctx, "email-customer", "Confirms new orders to their customers by e-mail", toCustomers)
	if err != nil {
		return nil, err
	}
	confirmations, err := orders.SubscribeQueue(ctx, "email-customer", emailCustomer, &components.QueueSubscriptionArgs{
		Filter: orderCreated, Queue: components.WorkQueueArgs{Alarms: s.alarms()},
	})
	if err != nil {
		return nil, err
	}
	s.watch(confirmations)
	emailAdmin, err := s.subscriber(ctx, "email-admin", "Tells administrators about new orders by e-mail", toAdministrators)
	if err != nil {
		return nil, err
	}
	err = orders.SubscribeFunction(ctx, "email-admin", emailAdmin, &components.FunctionSubscriptionArgs{Filter: orderCreated, Alarms: s.alarms()})
	if err != nil {
		return nil, err
	}
	flag, err := s.subscriber(ctx, "flag-high-value-order", "Asks administrators to look at orders of high value", toAdministrators)
	if err != nil {
		return nil, err
	}
	err = bus.Rule(ctx, "high-value-orders", &components.RuleArgs{
		Description: "New orders of high value",
		Pattern: components.EventPattern{
			Source:     components.Exact("shop.orders"),
			DetailType: components.Exact("Order Created"),
			Detail:     components.Fields{"total": components.Numeric(">", highValue)},
		},
		Targets: []components.Target{{Function: flag}},
		Alarms:  s.alarms(),
	})
	if err != nil {
		return nil, err
	}
	notify, err := s.function(ctx, "notify-customer", "Tells a customer by e-mail what became of an order", toCustomers)
	if err != nil {
		return nil, err
	}
	return &Notifications{NotifyCustomer: notify, Sent: sent}, nil
}
