package event

import (
	"fmt"
	"time"

	"github.com/serverless-shop/serverless-shop/handler"
)

// ProductSaved says that an administrator added or changed a product.
type ProductSaved struct {
	Meta
	// ProductID is the product's id.
	ProductID string `json:"productId"`
	// Version is the product's version after the change, from 1.
	Version int64 `json:"version"`
	// Name is the product's name.
	Name string `json:"name"`
	// PriceCents is the price in hundredths of Currency.
	PriceCents int64 `json:"priceCents"`
	// Currency is an ISO 4217 code.
	Currency string `json:"currency"`
	// StockChange is how many more can be sold than the administrator saw before: goods that came in, or, below zero, that are gone.
	StockChange int64 `json:"stockChange"`
	// CreatedAt is when the product came into the catalogue. It tells apart products that have had the same id one after the other.
	CreatedAt time.Time `json:"createdAt"`
}

// ProductRemoved says that a product is no longer sold.
type ProductRemoved struct {
	Meta
	// ProductID is the product's id.
	ProductID string `json:"productId"`
	// Version is the product's last version.
	Version int64 `json:"version"`
}

// Payment is what every event about a payment carries.
type Payment struct {
	// OrderID is the order that is paid.
	OrderID string `json:"orderId"`
	// CustomerID is the user's id.
	CustomerID string `json:"customerId"`
	// PaymentID is the payment's id at the payment provider; "" if it never had one.
	PaymentID string `json:"paymentId"`
	// AmountCents is the amount in hundredths of Currency.
	AmountCents int64 `json:"amountCents"`
	// Currency is an ISO 4217 code.
	Currency string `json:"currency"`
}

// PaymentCaptured says that the money was taken.
type PaymentCaptured struct {
	Meta
	Payment
}

// PaymentDeclined says that the payment provider refused.
type PaymentDeclined struct {
	Meta
	Payment
	// Reason is the provider's code, such as "card_declined".
	Reason string `json:"reason"`
}

// PaymentRefunded says that the money went back.
type PaymentRefunded struct {
	Meta
	Payment
	// RefundID is the refund's id at the payment provider.
	RefundID string `json:"refundId"`
}

// RefundFailed says that the provider finally refused to pay back.
type RefundFailed struct {
	Meta
	Payment
	// Reason is the provider's code, such as "account_closed".
	Reason string `json:"reason"`
}

// Shipment is what every event about a shipment carries.
type Shipment struct {
	// OrderID is the order that is shipped.
	OrderID string `json:"orderId"`
	// CustomerID is the user's id.
	CustomerID string `json:"customerId"`
	// ShipmentID is the shipment's id at the carrier.
	ShipmentID string `json:"shipmentId"`
	// TrackingNumber is what the customer follows the parcel by.
	TrackingNumber string `json:"trackingNumber"`
}

// ShipmentCreated says that the carrier took the parcel.
type ShipmentCreated struct {
	Meta
	Shipment
}

// ShipmentDelivered says that the carrier handed the parcel over.
type ShipmentDelivered struct {
	Meta
	Shipment
}

// Return is what every event about goods that come back carries.
type Return struct {
	// OrderID is the order that is returned.
	OrderID string `json:"orderId"`
	// CustomerID is the user's id.
	CustomerID string `json:"customerId"`
	// Lines are the goods.
	Lines []Line `json:"lines"`
	// AmountCents is what the customer gets back, in hundredths of Currency.
	AmountCents int64 `json:"amountCents"`
	// Currency is an ISO 4217 code.
	Currency string `json:"currency"`
}

// ReturnInspected says what the warehouse found.
type ReturnInspected struct {
	Meta
	Return
	// Accepted tells whether the goods can be sold again.
	Accepted bool `json:"accepted"`
	// Finding is why not; "" if accepted.
	Finding string `json:"finding,omitempty"`
}

// ReturnRestocked says that returned goods can be sold again.
type ReturnRestocked struct {
	Meta
	Return
}

// RestockReversed says that goods were taken out of stock again, since their customer keeps them: the refund had failed.
type RestockReversed struct {
	Meta
	Return
	// Reason is why, in a sentence.
	Reason string `json:"reason"`
}

// StockArrived says that more of a product can be sold.
type StockArrived struct {
	Meta
	// ProductID is the product's id.
	ProductID string `json:"productId"`
	// Quantity is how many came: at least 1.
	Quantity int64 `json:"quantity"`
}

// StockRemoved says that less of a product can be sold: goods are gone that no order took. It is said, too, if nothing was left to go.
type StockRemoved struct {
	Meta
	// ProductID is the product's id.
	ProductID string `json:"productId"`
	// Quantity is how many are gone: at least 1.
	Quantity int64 `json:"quantity"`
}

// UserRegistered says that somebody signed up and confirmed it.
type UserRegistered struct {
	Meta
	// UserID is the user's id.
	UserID string `json:"userId"`
}

// UserDeleted says that a user is gone; whatever a context knows of the person must be removed.
type UserDeleted struct {
	Meta
	// UserID is the id that the user had.
	UserID string `json:"userId"`
}

// ParseUserDeleted is [ParseAs] for a [UserDeleted], whose UserID is never empty: whoever removes what they know of nobody in particular
// might remove too much.
func ParseUserDeleted(e handler.Event) (UserDeleted, error) {
	deleted, err := ParseAs[UserDeleted](e)
	if err == nil && deleted.UserID == "" {
		err = fmt.Errorf("event %s %q is of nobody: its userId is empty", e.ID, e.Type)
	}
	return deleted, err
}
