package stack

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
)

// redrivable is why some of the order flow's steps have no Catch: there is nothing to go on with when one fails for good. The execution
// then stops, which raises an alarm, and is redriven from that very step once its cause is gone.
const redrivable = "Nothing catches its failure on purpose: the execution stops and is redriven from this step, since giving up would leave money, stock or a parcel behind"

// NewOrderFlow deploys the workflow that carries out each order, and undoes what it did if it cannot: reserve stock or wait for it, charge, ship,
// tell the customer. It asks each context by its tasks, and is started by new orders.
func (s *Stack) NewOrderFlow(ctx *pulumi.Context, messaging *Messaging, orders *Orders, inventory *Inventory, payments *Payments, shipping *Shipping, notifications *Notifications) (*components.Workflow, error) {
	s.section("Order flow")
	flow, err := components.NewWorkflow(ctx, "order-flow", &components.WorkflowArgs{
		DefinitionFile: "stack/order-flow.asl.json",
		Substitutions: components.Substitutions{
			"AdvanceOrder":   orders.Advance,
			"ReserveStock":   inventory.ReserveStock,
			"AwaitStock":     inventory.AwaitStock,
			"SellStock":      inventory.SellStock,
			"ReleaseStock":   inventory.ReleaseStock,
			"ChargePayment":  payments.Charge,
			"CheckPayment":   payments.Check,
			"RefundPayment":  payments.Refund,
			"CreateShipment": shipping.Create,
			"CancelShipment": shipping.Cancel,
			"NotifyCustomer": notifications.NotifyCustomer,
		},
		Waivers: map[string]string{
			"SellLine": redrivable, "CancelShipment": redrivable, "RecordUnderway": redrivable, "RefundPayment": redrivable, "ReleaseStock": redrivable, "CloseOrder": redrivable,
		},
		LogRetentionDays: s.settings.logRetentionDays,
		Alarms:           s.alarms(),
	})
	if err != nil {
		return nil, err
	}
	s.watch(flow)
	return flow, orders.StartFlow(ctx, s, messaging, flow)
}
