// Package notifications tells people by e-mail what happens to orders: the customer, and the shop's administrators.
package notifications

import (
	"context"
	"errors"
	"fmt"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
	"github.com/serverless-shop/serverless-shop/shop/users"
)

// Kind is what a customer is told about an order. All but [Placed] are statuses of orders.
type Kind string

// The kinds of notice.
const (
	// Placed confirms that the shop has the order.
	Placed Kind = "PLACED"
	// Backordered says that the order waits for goods.
	Backordered Kind = "BACKORDERED"
	// Shipped says that the parcel is on its way.
	Shipped Kind = "SHIPPED"
	// Failed says that the order could not be carried out, and that nothing was charged for it in the end.
	Failed Kind = "FAILED"
	// Cancelled confirms that the customer called the order off.
	Cancelled Kind = "CANCELLED"
	// Refunded says that the order could not be carried out and the money goes back.
	Refunded Kind = "REFUNDED"
)

// Notice is something to tell a customer about an order: once, however often it is asked for.
type Notice struct {
	// OrderID and CustomerID say which order, and whose.
	OrderID    string `json:"orderId"`
	CustomerID string `json:"customerId"`
	// Kind is what to tell.
	Kind Kind `json:"kind"`
	// TrackingNumber is what the parcel is followed by. Only with Shipped.
	TrackingNumber string `json:"trackingNumber,omitempty"`
	// Reason is why, as the order flow names it, such as PaymentDeclined. Only with Failed and Refunded.
	Reason string `json:"reason,omitempty"`

	order *event.Order
}

// Mail is an e-mail in plain text.
type Mail struct{ To, Subject, Text string }

// Mailer sends e-mails.
type Mailer interface {
	// Send hands an e-mail over for delivery.
	Send(ctx context.Context, m Mail) error
}

// Ledger remembers which notices were sent.
type Ledger interface {
	// Claim reserves the sending of a notice for the caller, for as long as a function runs. It returns false if the notice was sent
	// already. If somebody else is about to send it, it fails, so that the caller tries again later.
	Claim(ctx context.Context, notice string) (bool, error)
	// Sent remembers that a claimed notice was sent.
	Sent(ctx context.Context, notice string) error
	// Release gives a claim back, since the notice was not sent.
	Release(ctx context.Context, notice string) error
}

// Customers notifies customers.
type Customers struct {
	directory users.Contacts
	ledger    Ledger
	mailer    Mailer
}

// NewCustomers returns the notifier of the customers in a directory.
func NewCustomers(directory users.Contacts, ledger Ledger, mailer Mailer) *Customers {
	return &Customers{directory: directory, ledger: ledger, mailer: mailer}
}

// Notify is a task of the order flow: it tells the customer about the order. Repeating it sends no second mail, unless the function
// died between sending the first and remembering it.
//
// A customer whose account is gone, or who has no address, is not told, which is no error.
func (c *Customers) Notify(ctx context.Context, n Notice) (struct{}, error) {
	handler.Annotate(ctx, "orderId", n.OrderID)
	contact, err := c.directory.Contact(ctx, n.CustomerID)
	if errors.Is(err, fault.ErrUnauthenticated) || err == nil && contact.Email == "" {
		handler.Logger(ctx).Info("customer cannot be told", "kind", n.Kind, "reason", "no account or no e-mail address")
		return struct{}{}, nil
	}
	if err != nil {
		return struct{}{}, fmt.Errorf("telling the customer of order %s: %w", n.OrderID, err)
	}
	mail, err := compose(n, contact)
	if err != nil {
		return struct{}{}, err
	}
	_, err = once(ctx, c.ledger, c.mailer, "CUSTOMER#"+n.OrderID+"#"+string(n.Kind), mail)
	return struct{}{}, err
}

// Confirm consumes "Order Created": it tells the customer that the shop has the order.
func (c *Customers) Confirm(ctx context.Context, e handler.Event) error {
	order, err := event.ParseAs[event.OrderCreated](e)
	if err != nil {
		return err
	}
	_, err = c.Notify(ctx, Notice{OrderID: order.OrderID, CustomerID: order.CustomerID, Kind: Placed, order: &order.Order})
	return err
}

// Administrators notifies the shop's administrators.
type Administrators struct {
	address string
	ledger  Ledger
	mailer  Mailer
}

// NewAdministrators returns the notifier of the administrators, who share an address.
func NewAdministrators(address string, ledger Ledger, mailer Mailer) *Administrators {
	return &Administrators{address: address, ledger: ledger, mailer: mailer}
}

// Announce consumes "Order Created": it tells the administrators that there is a new order.
func (a *Administrators) Announce(ctx context.Context, e handler.Event) error {
	order, err := event.ParseAs[event.OrderCreated](e)
	if err != nil {
		return err
	}
	_, err = once(ctx, a.ledger, a.mailer, "ADMIN#"+order.OrderID+"#"+string(Placed), announcement(order.Order, a.address))
	return err
}

// FlagHighValue consumes "Order Created" of orders that are worth a look before they leave: it asks the administrators for one.
func (a *Administrators) FlagHighValue(ctx context.Context, e handler.Event) error {
	order, err := event.ParseAs[event.OrderCreated](e)
	if err != nil {
		return err
	}
	sent, err := once(ctx, a.ledger, a.mailer, "ADMIN#"+order.OrderID+"#HIGH_VALUE", warning(order.Order, a.address))
	if sent { // and not each time that the event comes
		handler.Count(ctx, "HighValueOrders", 1, "currency", order.Currency)
	}
	return err
}

// once sends a mail unless the ledger knows it was sent.
func once(ctx context.Context, ledger Ledger, mailer Mailer, notice string, m Mail) (sent bool, err error) {
	claimed, err := ledger.Claim(ctx, notice)
	if err != nil || !claimed {
		return false, err
	}
	if err := mailer.Send(ctx, m); err != nil {
		return false, errors.Join(fmt.Errorf("sending notice %s: %w", notice, err), ledger.Release(ctx, notice))
	}
	handler.Count(ctx, "MailsSent", 1)
	return true, ledger.Sent(ctx, notice)
}
