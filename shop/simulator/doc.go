// Package simulator stands in for the payment provider and the carrier where there is none: on one machine, and in stacks for trying
// things out. It speaks as they do, with API keys, idempotency keys, refusals, outages and webhooks, so that the shop is the same with
// it and without.
//
// What happens is chosen by the payment token and by the postcode:
//
//	tok_ok            captured
//	tok_declined      declined
//	tok_timeout       captured, but the first answer comes later than anybody waits
//	tok_flaky         an outage before the charge, one after it, then captured
//	tok_pending       captured some seconds later, told by a webhook
//	tok_refund_fails  captured, and cannot be given back
//	any other token   declined
//
//	00000             refused
//	99999             carried, but the first answer comes later than anybody waits
//	55555             an outage before the parcel is taken, one after it, then carried
//	any other         carried
//
// A parcel is delivered some seconds later, told by a webhook. Like a provider that knows nothing of the shop's orders, the simulator takes the
// money once per idempotency key: a shop that repeats itself with another key charges twice, and the item's attribute charges shows it. So do refunds and, for parcels, keys.
package simulator
