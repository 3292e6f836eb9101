// Command serverless-shop is the Pulumi program that deploys the whole shop. Read it from top to bottom: every bounded
// context in the order of its dependencies, and what each gets from the others.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components/gobuild"
	"github.com/serverless-shop/serverless-shop/policies/guardrails"
	"github.com/serverless-shop/serverless-shop/stack"
)

func main() {
	guardrails.Run(func(ctx *pulumi.Context) error {
		return shop(ctx, func(os string) stack.Builder { return &gobuild.Builder{OS: os} })
	})
}

// shop deploys the shop, whose functions the builder compiles for an operating system.
func shop(ctx *pulumi.Context, builder func(os string) stack.Builder) error {
	s, err := stack.New(ctx, builder)
	if err != nil {
		return err
	}
	if err := s.NewObservability(ctx); err != nil {
		return err
	}
	messaging, err := s.NewMessaging(ctx)
	if err != nil {
		return err
	}
	accounts, err := s.NewAccounts(ctx, messaging)
	if err != nil {
		return err
	}
	catalog, err := s.NewCatalog(ctx, messaging.Bus)
	if err != nil {
		return err
	}
	inventory, err := s.NewInventory(ctx, messaging.Bus, messaging.Orders, catalog)
	if err != nil {
		return err
	}
	orders, err := s.NewOrders(ctx, catalog, messaging)
	if err != nil {
		return err
	}
	thirdParties, err := s.NewThirdParties(ctx)
	if err != nil {
		return err
	}
	payments, err := s.NewPayments(ctx, messaging.Bus, thirdParties.Payments)
	if err != nil {
		return err
	}
	shipping, err := s.NewShipping(ctx, messaging.Bus, thirdParties.Carrier)
	if err != nil {
		return err
	}
	notifications, err := s.NewNotifications(ctx, accounts, messaging.Bus, messaging.Orders)
	if err != nil {
		return err
	}
	analytics, err := s.NewAnalytics(ctx, messaging.Orders)
	if err != nil {
		return err
	}
	flow, err := s.NewOrderFlow(ctx, messaging, orders, inventory, payments, shipping, notifications)
	if err != nil {
		return err
	}
	api, err := s.NewAPI(ctx, accounts.Auth, catalog.Routes, orders.Routes, payments.Routes, shipping.Routes, accounts.Routes)
	if err != nil {
		return err
	}
	if err := s.Notify(ctx, thirdParties, api); err != nil {
		return err
	}
	storefront, err := s.NewStorefront(ctx, accounts, catalog, api)
	if err != nil {
		return err
	}
	if err := s.NewDashboard(ctx); err != nil {
		return err
	}
	s.Export(ctx, accounts, catalog, api, storefront)
	s.ExportOperations(ctx, messaging, orders, payments, shipping, notifications, analytics, flow)
	return nil
}
