// Command newsletter deploys a newsletter: subscriptions wait in a queue, and an issue goes out every Monday.
package main

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/policies"
)

func main() {
	pulumi.Run(newsletter)
}

func newsletter(ctx *pulumi.Context) error {
	readers, err := components.NewTable(ctx, "readers", &components.TableArgs{PartitionKey: components.String("email")})
	if err != nil {
		return err
	}
	subscribe, err := components.NewFunction(ctx, "subscribe", &components.FunctionArgs{
		Source:  "lambdas/subscribe",
		Grants:  []policies.Grant{readers.Grant(policies.PutItem)},
		Timeout: 20 * time.Second,
	})
	if err != nil {
		return err
	}
	subscriptions, err := components.NewWorkQueue(ctx, "subscriptions", &components.WorkQueueArgs{Consumer: subscribe})
	if err != nil {
		return err
	}
	send, err := components.NewFunction(ctx, "send-issue", &components.FunctionArgs{
		Source: "lambdas/send-issue",
		Grants: []policies.Grant{readers.Grant(policies.Scan)},
		Async:  &components.Async{},
	})
	if err != nil {
		return err
	}
	_, err = components.NewScheduledJob(ctx, "weekly-issue", &components.ScheduledJobArgs{
		Expression: "cron(0 7 ? * MON *)",
		TimeZone:   "Europe/Berlin",
		Target:     send,
	})
	if err != nil {
		return err
	}
	ctx.Export("queue", subscriptions.URL)
	return nil
}
