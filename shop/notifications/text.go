package notifications

import (
	"fmt"
	"strings"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
	"github.com/serverless-shop/serverless-shop/shop/users"
)

// shopName signs every mail.
const shopName = "Nordlicht"

// wording is what a mail says.
type wording struct{ subject, text string }

// texts are what customers are told. Every kind has one.
var texts = map[Kind]wording{
	Placed:      {"We have your order %s", "Thank you for your order. We tell you as soon as it is on its way."},
	Backordered: {"Your order %s waits for goods", "Something that you ordered is not in stock at the moment. We send it as soon as it is. You can cancel the order until then."},
	Shipped:     {"Your order %s is on its way", "We have handed your parcel over to the carrier."},
	Failed:      {"Your order %s could not be carried out", "We are sorry: we could not carry out your order. You were not charged for it; if money was taken, it is on its way back."},
	Cancelled:   {"Your order %s is cancelled", "You cancelled your order, so we stopped it."},
	Refunded:    {"Your order %s could not be carried out: you get your money back", "We are sorry: we could not carry out your order. The money that you paid is on its way back."},
}

// cancelledAndRefunded is what customers are told who get their money back because they called the order off themselves.
var cancelledAndRefunded = wording{
	"Your order %s is cancelled: you get your money back", "You cancelled your order, so we stopped it. The money that you paid is on its way back.",
}

// orderCancelled is how the order flow names that the customer called the order off.
const orderCancelled = "OrderCancelled"

// reasons are what the order flow's errors mean to a customer. What is not here is the shop's own trouble.
var reasons = map[string]string{
	"PaymentDeclined": "The payment was declined. You can order again with another means of payment.",
	"OutOfStock":      "The goods did not come in time.",
	"ShipmentRefused": "The carrier does not deliver to your address.",
}

// compose writes a mail to a customer.
func compose(n Notice, to users.Contact) (Mail, error) {
	t, known := texts[n.Kind]
	if !known {
		return Mail{}, fault.New(fault.ErrInvalid, "Notice of kind %s: want PLACED, BACKORDERED, SHIPPED, FAILED, CANCELLED or REFUNDED.", fault.Quote(string(n.Kind)))
	}
	if n.Kind == Refunded && n.Reason == orderCancelled {
		t = cancelledAndRefunded
	}
	parts := []string{"Hello" + name(to) + ",", t.text}
	if reason := reasons[n.Reason]; reason != "" {
		parts = append(parts, reason)
	}
	if n.TrackingNumber != "" {
		parts = append(parts, "Follow it by its tracking number: "+n.TrackingNumber)
	}
	if n.order != nil {
		parts = append(parts, table(*n.order))
	}
	parts = append(parts, "Your order: "+n.OrderID, shopName)
	return Mail{To: to.Email, Subject: fmt.Sprintf(t.subject, n.OrderID), Text: strings.Join(parts, "\n\n") + "\n"}, nil
}

// announcement writes the mail to the administrators about a new order.
func announcement(order event.Order, to string) Mail {
	return Mail{
		To:      to,
		Subject: fmt.Sprintf("New order %s: %s", order.OrderID, amount(order.TotalCents, order.Currency)),
		Text:    fmt.Sprintf("Order %s of customer %s:\n\n%s\n", order.OrderID, order.CustomerID, table(order)),
	}
}

// warning writes the mail to the administrators about an order of high value.
func warning(order event.Order, to string) Mail {
	return Mail{
		To:      to,
		Subject: fmt.Sprintf("High value: order %s, %s", order.OrderID, amount(order.TotalCents, order.Currency)),
		Text:    fmt.Sprintf("Please look at order %s of customer %s before it leaves:\n\n%s\n", order.OrderID, order.CustomerID, table(order)),
	}
}

// name is how a person is addressed, if they said so. A line break in a name could make it look like part of the mail.
func name(to users.Contact) string {
	words := strings.Fields(to.Name)
	if len(words) == 0 {
		return ""
	}
	return " " + strings.Join(words, " ")
}

// table lists what was ordered.
func table(order event.Order) string {
	var b strings.Builder
	for _, l := range order.Lines {
		fmt.Fprintf(&b, "%4d × %-40s %12s\n", l.Quantity, l.Name, amount(l.Quantity*l.PriceCents, order.Currency))
	}
	fmt.Fprintf(&b, "%-47s %12s", "Total", amount(order.TotalCents, order.Currency))
	return b.String()
}

// amount prints 12990 cents as 129.90 EUR.
func amount(cents int64, currency string) string {
	return fmt.Sprintf("%d.%02d %s", cents/100, cents%100, currency)
}
