package stack

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/policies"
)

// simulatedDelay is how long a simulated third party takes to do what it does later: to take the money, to deliver the parcel.
const simulatedDelay = 5 * time.Second

// ThirdParties are the companies that work for the shop: a payment provider and a carrier, or simulators of both.
type ThirdParties struct {
	// Payments is the payment provider.
	Payments *ThirdParty
	// Carrier is the carrier.
	Carrier *ThirdParty
	// Simulators is the API of the simulators; nil if the third parties are real.
	Simulators *components.ServerlessApi

	notices *components.Table
	table   *components.Table       // the simulators' memory
	due     *components.FanOutTopic // what the simulators do later
}

// ThirdParty is one of them.
type ThirdParty struct {
	url     pulumi.StringInput
	urlLink string
	apiKey  *components.Secret
	signing *components.Secret
	notices *components.Table
}

// GrantCalls lets a function call the third party: it links the API's address and the secret with the API key.
func (t *ThirdParty) GrantCalls() policies.Grant {
	return policies.Join(t.apiKey.GrantRead(), policies.Grant{Links: []policies.Link{{Variable: t.urlLink, Value: t.url, Resource: t.urlLink}}})
}

// GrantReceive lets a function receive the third party's webhooks: it links the secret with the key that they are signed by, and the
// table of those that have come.
func (t *ThirdParty) GrantReceive() policies.Grant {
	return policies.Join(t.signing.GrantRead(), t.notices.Grant(policies.PutItem))
}

// NewThirdParties deploys what the shop and the third parties know each other by, and, if the stack is to have them, the simulators.
func (s *Stack) NewThirdParties(ctx *pulumi.Context) (*ThirdParties, error) {
	s.section("Third parties")
	notices, err := s.table(ctx, "notices", components.TableArgs{
		PartitionKey: components.String("noticeId"),
		TimeToLive:   "expiresAt",
	})
	if err != nil {
		return nil, err
	}
	payments, err := s.newThirdParty(ctx, "payments", s.settings.paymentsURL, notices)
	if err != nil {
		return nil, err
	}
	carrier, err := s.newThirdParty(ctx, "carrier", s.settings.carrierURL, notices)
	if err != nil {
		return nil, err
	}
	t := &ThirdParties{Payments: payments, Carrier: carrier, notices: notices}
	if s.settings.simulated() {
		err = s.newSimulators(ctx, t)
	}
	return t, err
}

func (s *Stack) newThirdParty(ctx *pulumi.Context, name, url string, notices *components.Table) (*ThirdParty, error) {
	apiKey, err := s.thirdPartyKey(ctx, name+"-api-key", "By which the shop is known to: "+name)
	if err != nil {
		return nil, err
	}
	signing, err := s.thirdPartyKey(ctx, name+"-webhook-key", "By which webhooks are signed that come from: "+name)
	if err != nil {
		return nil, err
	}
	link := map[string]string{"payments": "PAYMENTS_API_URL", "carrier": "CARRIER_API_URL"}[name]
	return &ThirdParty{url: pulumi.String(url), urlLink: link, apiKey: apiKey, signing: signing, notices: notices}, nil
}

// thirdPartyKey is a secret that the shop and a third party share. Simulators take what is generated; what real third parties give out, or
// want, is stored by an operator.
func (s *Stack) thirdPartyKey(ctx *pulumi.Context, name, description string) (*components.Secret, error) {
	return components.NewSecret(ctx, name, &components.SecretArgs{
		Description:     description,
		SetByOperator:   !s.settings.simulated(),
		DisableRecovery: !s.settings.deletionProtection,
	})
}

// newSimulators deploys the simulators: an API in front of one function each, their memory, and a topic for what they do later.
func (s *Stack) newSimulators(ctx *pulumi.Context, t *ThirdParties) error {
	var err error
	t.table, err = s.table(ctx, "third-parties", components.TableArgs{
		PartitionKey: components.String("pk"),
	})
	if err != nil {
		return err
	}
	t.due, err = components.NewFanOutTopic(ctx, "third-parties", nil)
	if err != nil {
		return err
	}
	memory := policies.Join(t.table.Grant(policies.GetItem, policies.PutItem), t.due.GrantPublish())
	payments, err := s.function(ctx, "simulate-payments", "Stands in for the payment provider", memory, t.Payments.apiKey.GrantRead())
	if err != nil {
		return err
	}
	carrier, err := s.function(ctx, "simulate-carrier", "Stands in for the carrier", memory, t.Carrier.apiKey.GrantRead())
	if err != nil {
		return err
	}
	t.Simulators, err = components.NewServerlessApi(ctx, "third-parties", &components.ServerlessApiArgs{
		Routes: components.Routes{
			{Method: "POST", Path: "/payments", Function: payments, Auth: components.AuthNone},
			{Method: "GET", Path: "/payments/{orderId}", Function: payments, Auth: components.AuthNone},
			{Method: "POST", Path: "/payments/{orderId}/{action}", Function: payments, Auth: components.AuthNone},
			{Method: "POST", Path: "/shipments", Function: carrier, Auth: components.AuthNone},
			{Method: "POST", Path: "/shipments/{orderId}/{action}", Function: carrier, Auth: components.AuthNone},
		},
		StageName:        "v1",
		LogRetentionDays: s.settings.logRetentionDays,
		Alarms:           s.alarms(),
	})
	if err != nil {
		return err
	}
	s.watch(t.due, t.Simulators)
	t.Payments.url, t.Carrier.url = s.settings.apiURL(t.Simulators), s.settings.apiURL(t.Simulators)
	return nil
}

// Notify lets the simulators, if there are any, tell the shop by webhooks what they do later. It comes after the shop's API, whose address
// they need, while the shop's functions need theirs.
func (s *Stack) Notify(ctx *pulumi.Context, t *ThirdParties, shop *components.ServerlessApi) error {
	if t.Simulators == nil {
		return nil
	}
	s.section("Third parties' webhooks")
	address := policies.Grant{Links: []policies.Link{{Variable: "SHOP_API_URL", Value: s.settings.apiURL(shop), Resource: "shop (ServerlessApi)"}}}
	send, err := s.function(ctx, "send-webhooks", "Does what the simulated third parties do later, and tells the shop",
		t.table.Grant(policies.GetItem, policies.PutItem), t.Payments.signing.GrantRead(), t.Carrier.signing.GrantRead(), address)
	if err != nil {
		return err
	}
	due, err := t.due.SubscribeQueue(ctx, "webhooks", send, &components.QueueSubscriptionArgs{
		Queue: components.WorkQueueArgs{Delay: simulatedDelay, Alarms: s.alarms()},
	})
	if err != nil {
		return err
	}
	s.watch(due)
	return nil
}
