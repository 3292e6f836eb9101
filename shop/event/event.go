// Package event is the language in which the shop's contexts talk to each other: every event that one of them publishes,
// with what it carries. api/events holds a JSON Schema of each, made from these types.
//
// A published event never changes its meaning. A member may be added; whatever would break a consumer is a new event, or a higher
// [Meta.SchemaVersion] that consumers are taught first.
package event

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/serverless-shop/serverless-shop/handler"
)

// Source is the context that publishes an event.
type Source string

// The contexts that publish events.
const (
	Orders    Source = "shop.orders"
	Payments  Source = "shop.payments"
	Inventory Source = "shop.inventory"
	Shipping  Source = "shop.shipping"
	Catalog   Source = "shop.catalog"
	Users     Source = "shop.users"
)

// SchemaVersion is the version of all events' details today.
const SchemaVersion = 1

// Meta is what every event's detail carries.
type Meta struct {
	// EventID is the event's own id, the same whenever and however the event arrives: EventBridge gives its envelope a new id
	// each time an event is sent. [New] sets it.
	EventID string `json:"eventId"`
	// CorrelationID follows a customer's request through every service.
	CorrelationID string `json:"correlationId"`
	// CausationID is the id of the event, or of the request, that this event follows from.
	CausationID string `json:"causationId"`
	// SchemaVersion is the version of the detail's schema: [SchemaVersion].
	SchemaVersion int `json:"schemaVersion"`
}

// NewMeta returns the meta data of an event in the current schema.
func NewMeta(correlationID, causationID string) Meta {
	return Meta{CorrelationID: correlationID, CausationID: causationID, SchemaVersion: SchemaVersion}
}

// About returns the meta data. Every [Detail] has it by embedding Meta.
func (m Meta) About() Meta { return m }

// Detail is what an event carries: one of the structs of this package.
type Detail interface {
	// About returns the correlation and causation of the event.
	About() Meta
}

// kind is how an event is named outside.
type kind struct {
	source Source
	name   string
}

// kinds are all events. The order is that of a life: product, order, payment, shipment, return.
var kinds = map[reflect.Type]kind{
	reflect.TypeFor[ProductSaved]():     {Catalog, "Product Saved"},
	reflect.TypeFor[ProductRemoved]():   {Catalog, "Product Removed"},
	reflect.TypeFor[OrderCreated]():     {Orders, "Order Created"},
	reflect.TypeFor[OrderBackordered](): {Orders, "Order Backordered"},
	reflect.TypeFor[OrderReserved]():    {Orders, "Order Reserved"},
	reflect.TypeFor[OrderPaid]():        {Orders, "Order Paid"},
	reflect.TypeFor[OrderShipped]():     {Orders, "Order Shipped"},
	reflect.TypeFor[OrderDelivered]():   {Orders, "Order Delivered"},
	reflect.TypeFor[OrderCancelled]():   {Orders, "Order Cancelled"},
	reflect.TypeFor[OrderFailed]():      {Orders, "Order Failed"},
	reflect.TypeFor[OrderRefunded]():    {Orders, "Order Refunded"},
	reflect.TypeFor[ReturnRequested]():  {Orders, "Return Requested"},
	reflect.TypeFor[ReturnProgressed](): {Orders, "Return Progressed"},
	reflect.TypeFor[OrderReturned]():    {Orders, "Order Returned"},
	reflect.TypeFor[ReturnFailed]():     {Orders, "Return Failed"},
	reflect.TypeFor[PaymentCaptured]():  {Payments, "Payment Captured"},
	reflect.TypeFor[PaymentDeclined]():  {Payments, "Payment Declined"},
	reflect.TypeFor[PaymentRefunded]():  {Payments, "Payment Refunded"},
	reflect.TypeFor[RefundFailed]():     {Payments, "Refund Failed"},
	reflect.TypeFor[ShipmentCreated]():  {Shipping, "Shipment Created"},
	reflect.TypeFor[ShipmentDelivered](): {
		Shipping, "Shipment Delivered",
	},
	reflect.TypeFor[ReturnInspected](): {Shipping, "Return Inspected"},
	reflect.TypeFor[StockArrived]():    {Inventory, "Stock Arrived"},
	reflect.TypeFor[StockRemoved]():    {Inventory, "Stock Removed"},
	reflect.TypeFor[ReturnRestocked](): {Inventory, "Return Restocked"},
	reflect.TypeFor[RestockReversed](): {Inventory, "Restock Reversed"},
	reflect.TypeFor[UserRegistered]():  {Users, "User Registered"},
	reflect.TypeFor[UserDeleted]():     {Users, "User Deleted"},
}

// byName finds an event's type by its name.
var byName = func() map[string]reflect.Type {
	types := make(map[string]reflect.Type, len(kinds))
	for t, k := range kinds {
		types[k.name] = t
	}
	return types
}()

// Name returns an event's name, its detail-type, such as "Order Created". It panics for a type that is no event, which only
// an unfinished program can have.
func Name(d Detail) string { return kindOf(d).name }

func kindOf(d Detail) kind {
	k, ok := kinds[reflect.TypeOf(d)]
	if !ok {
		panic(fmt.Sprintf("event: %T is no event; add it to kinds", d))
	}
	return k
}

// New returns the event that says that d happened at a time. The id must be the same whenever the same event is published again.
func New(id string, at time.Time, d Detail) (handler.Event, error) {
	detail, err := json.Marshal(identified(id, d))
	if err != nil {
		return handler.Event{}, fmt.Errorf("encoding event %q: %w", Name(d), err)
	}
	k := kindOf(d)
	return handler.Event{ID: id, Type: k.name, Source: string(k.source), Time: at.UTC(), Detail: detail}, nil
}

// identified returns the detail with the event's id in its meta data.
func identified(id string, d Detail) Detail {
	kindOf(d) // an event, and thus a struct that embeds Meta
	detail := reflect.New(reflect.TypeOf(d)).Elem()
	detail.Set(reflect.ValueOf(d))
	detail.FieldByName("EventID").SetString(id)
	return detail.Interface().(Detail)
}

// Parse returns an event's detail as one of the structs of this package. An event of another type, or from another source than its
// own, is an error.
func Parse(e handler.Event) (Detail, error) {
	t, ok := byName[e.Type]
	if !ok {
		return nil, fmt.Errorf("event %s has detail-type %q, which is unknown", e.ID, e.Type)
	}
	if want := kinds[t].source; e.Source != string(want) {
		return nil, fmt.Errorf("event %s %q comes from %q, want %q", e.ID, e.Type, e.Source, want)
	}
	return decode(t, e.Type, e.Detail)
}

// ParseAs is [Parse] for a consumer of one event, which its subscription must not send another.
func ParseAs[T Detail](e handler.Event) (T, error) {
	var want T
	detail, err := Parse(e)
	if err != nil {
		return want, err
	}
	d, ok := detail.(T)
	if !ok {
		return want, fmt.Errorf("event %s is %q, want %q", e.ID, e.Type, Name(want))
	}
	return d, nil
}

// Decode returns the detail of the event called name from its JSON.
func Decode(name string, detail []byte) (Detail, error) {
	t, ok := byName[name]
	if !ok {
		return nil, fmt.Errorf("event %q is unknown", name)
	}
	return decode(t, name, detail)
}

func decode(t reflect.Type, name string, detail []byte) (Detail, error) {
	v := reflect.New(t)
	if err := json.Unmarshal(detail, v.Interface()); err != nil {
		return nil, fmt.Errorf("reading the detail of event %q: %w", name, err)
	}
	return v.Elem().Interface().(Detail), nil
}
