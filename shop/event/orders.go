package event

// Line is a product in an order. The price is the catalogue's at the time of ordering.
type Line struct {
	// ProductID is the product's id in the catalogue.
	ProductID string `json:"productId"`
	// Name is the product's name when it was ordered.
	Name string `json:"name"`
	// Quantity is how many: at least 1.
	Quantity int64 `json:"quantity"`
	// PriceCents is the price of one, in hundredths of the order's currency.
	PriceCents int64 `json:"priceCents"`
}

// Order is what every event about an order carries.
type Order struct {
	// OrderID is the order's id.
	OrderID string `json:"orderId"`
	// CustomerID is the user's id, a pseudonym: events carry no name, address or e-mail address.
	CustomerID string `json:"customerId"`
	// OrderVersion is the event's place in the order's history: 1 for the first.
	OrderVersion int `json:"orderVersion"`
	// Total is the order's value in major units, such as 129.9 euros, for rules that compare it.
	Total float64 `json:"total"`
	// TotalCents is the same in hundredths of the currency, for everything else.
	TotalCents int64 `json:"totalCents"`
	// Currency is an ISO 4217 code.
	Currency string `json:"currency"`
	// Lines are what was ordered, each product once.
	Lines []Line `json:"lines"`
}

// OrderCreated says that a customer placed an order and the shop accepted it.
type OrderCreated struct {
	Meta
	Order
}

// Shortage is how many of a product are missing for an order.
type Shortage struct {
	// ProductID is the product that there is not enough of.
	ProductID string `json:"productId"`
	// Missing is how many more would be needed: at least 1.
	Missing int64 `json:"missing"`
}

// OrderBackordered says that the order waits for stock.
type OrderBackordered struct {
	Meta
	Order
	// Shortages are what it waits for.
	Shortages []Shortage `json:"shortages"`
}

// OrderReserved says that stock was set aside for all lines.
type OrderReserved struct {
	Meta
	Order
}

// OrderPaid says that the customer was charged.
type OrderPaid struct {
	Meta
	Order
	// PaymentID is the payment's id at the payment provider.
	PaymentID string `json:"paymentId"`
}

// OrderShipped says that the order left the warehouse.
type OrderShipped struct {
	Meta
	Order
	// ShipmentID is the shipment's id at the carrier.
	ShipmentID string `json:"shipmentId"`
	// TrackingNumber is what the customer follows the parcel by.
	TrackingNumber string `json:"trackingNumber"`
}

// OrderDelivered says that the customer has the goods.
type OrderDelivered struct {
	Meta
	Order
}

// OrderCancelled says that the order was called off before it was shipped. If it was paid, Order Refunded follows.
type OrderCancelled struct {
	Meta
	Order
	// Reason is why, in a sentence.
	Reason string `json:"reason"`
}

// OrderFailed says that the shop could not carry out the order, and that nothing of it remains: no stock set aside, no money taken.
type OrderFailed struct {
	Meta
	Order
	// Reason is why, in a sentence.
	Reason string `json:"reason"`
}

// OrderRefunded says that an order that was paid, but not shipped, was paid back.
type OrderRefunded struct {
	Meta
	Order
	// Reason is why, in a sentence.
	Reason string `json:"reason"`
}

// ReturnRequested says that the customer wants to send everything back.
type ReturnRequested struct {
	Meta
	Order
	// Reason is the customer's.
	Reason string `json:"reason"`
}

// ReturnProgressed says how far a return has come, for the customer to see.
type ReturnProgressed struct {
	Meta
	Order
	// Stage is INSPECTED once the warehouse accepted the goods, and RESTOCKED once they can be sold again.
	Stage string `json:"stage"`
}

// OrderReturned says that the goods are back and the money is too.
type OrderReturned struct {
	Meta
	Order
}

// ReturnFailed says that a return ended without the money going back; the order is as it was before.
type ReturnFailed struct {
	Meta
	Order
	// Refused tells that the warehouse did not accept the goods. Otherwise the money could not be paid back.
	Refused bool `json:"refused"`
	// Reason is why, in a sentence.
	Reason string `json:"reason"`
}
