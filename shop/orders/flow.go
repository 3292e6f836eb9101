package orders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// FlowClient is what a [Flow] needs of Step Functions; *sfn.Client has it.
type FlowClient interface {
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
}

// Flow starts the workflow that carries orders out.
type Flow struct {
	client  FlowClient
	arn     string
	orders  *Table
	service *Service
	wait    time.Duration
}

// NewFlow returns the workflow of this ARN. wait is how long an order may wait for stock, in whole seconds.
func NewFlow(client FlowClient, arn string, orders *Table, wait time.Duration) *Flow {
	return &Flow{client, arn, orders, NewService(orders), wait}
}

// flowInput is what the workflow is told of an order; its definition knows the names.
type flowInput struct {
	OrderID          string     `json:"orderId"`
	CustomerID       string     `json:"customerId"`
	CorrelationID    string     `json:"correlationId"`
	TotalCents       int64      `json:"totalCents"`
	Currency         string     `json:"currency"`
	Lines            []flowLine `json:"lines"`
	PaymentToken     string     `json:"paymentToken"`
	Postcode         string     `json:"postcode"`
	ShippingAddress  Address    `json:"shippingAddress"`
	BackorderSeconds int64      `json:"backorderSeconds"`
}

type flowLine struct {
	ProductID string `json:"productId"`
	Quantity  int64  `json:"quantity"`
}

// OnCreated starts the workflow for the order of an [event.OrderCreated], once, however often the event comes. The execution is called as
// the order, which Step Functions accepts once in 90 days; an event can come again later, out of an archive, and an order that has begun
// begins no more. One whose customer's data was erased before it could begin ends here.
func (f *Flow) OnCreated(ctx context.Context, e handler.Event) error {
	created, err := event.ParseAs[event.OrderCreated](e)
	if err != nil {
		return fmt.Errorf("starting the order flow: %w", err)
	}
	order, _, err := f.orders.Load(ctx, created.OrderID)
	if err != nil || !order.begins() {
		return err
	}
	private, found, err := f.orders.Private(ctx, created.OrderID)
	if err != nil {
		return err
	}
	if !found {
		return f.end(ctx, created)
	}
	return f.start(ctx, created, private)
}

// begins tells whether the order's workflow may still have to be started. Of one that was cancelled before it began, it tells the customer.
func (o Order) begins() bool {
	return o.Status == Pending || o.Status == Cancelled && !o.Has(Reserved) && !o.Has(Backordered)
}

// end fails an order that cannot be carried out, unless it has ended otherwise, or begun, meanwhile.
func (f *Flow) end(ctx context.Context, created event.OrderCreated) error {
	_, err := f.service.change(ctx, created.OrderID, func(o Order) (event.Detail, error) {
		if o.Status != Pending {
			return nil, nil
		}
		return o.Close(event.NewMeta(created.CorrelationID, EventID(o.ID, o.Version)), endings["CustomerDeleted"], false)
	})
	return err
}

func (f *Flow) start(ctx context.Context, created event.OrderCreated, p Private) error {
	in := flowInput{
		OrderID: created.OrderID, CustomerID: created.CustomerID, CorrelationID: created.CorrelationID, TotalCents: created.TotalCents,
		Currency: created.Currency, PaymentToken: p.PaymentToken, Postcode: p.Address.Postcode, ShippingAddress: p.Address,
		BackorderSeconds: int64(f.wait.Seconds()),
	}
	for _, l := range created.Lines {
		in.Lines = append(in.Lines, flowLine{l.ProductID, l.Quantity})
	}
	input, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("starting the flow of order %q: %w", created.OrderID, err)
	}
	_, err = f.client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &f.arn, Name: &created.OrderID, Input: aws.String(string(input)),
	})
	if _, started := errors.AsType[*types.ExecutionAlreadyExists](err); started {
		return nil
	}
	if err != nil {
		return fmt.Errorf("starting the flow of order %q: %w", created.OrderID, err)
	}
	return nil
}

// Command is what the order flow tells an order.
type Command string

// The commands of the order flow. Underway is Ship of a parcel that was to be stopped, see [Order.Underway]. Close ends an order after
// everything was undone, see [Order.Close].
const (
	CommandReserve   Command = "reserve"
	CommandBackorder Command = "backorder"
	CommandPay       Command = "pay"
	CommandShip      Command = "ship"
	CommandUnderway  Command = "underway"
	CommandClose     Command = "close"
)

// Instruction is the input of the order flow's task advance-order: a command with its arguments.
type Instruction struct {
	// OrderID is the order that is told.
	OrderID string `json:"orderId"`
	// Command is what it is told.
	Command Command `json:"command"`
	// Shortages are what the order waits for (backorder).
	Shortages []event.Shortage `json:"shortages"`
	// PaymentID is the payment's id at the payment provider (pay).
	PaymentID string `json:"paymentId"`
	// ShipmentID and TrackingNumber are the carrier's (ship, underway).
	ShipmentID     string `json:"shipmentId"`
	TrackingNumber string `json:"trackingNumber"`
	// Reason is why the order ends: the name of the error that ended the flow (close).
	Reason string `json:"reason"`
	// Refund is what became of the money: REFUNDED, or anything else if nothing was paid back (close).
	Refund string `json:"refund"`
}

// Progress is the result of the task.
type Progress struct {
	// Status is the order's state from then on.
	Status Status `json:"status"`
}

// refunded is how the task refund-payment says that money went back.
const refunded = "REFUNDED"

// Advance does the task advance-order. It can be repeated. Errors: OrderCancelled, by this name, if the customer has called the order
// off and the flow must not go on; Conflict if the order's state does not allow the step, NotFound, Invalid.
func (s *Service) Advance(ctx context.Context, in Instruction) (Progress, error) {
	o, err := s.change(ctx, in.OrderID, func(o Order) (event.Detail, error) {
		// What moves the order on is the step before.
		return in.decide(o, event.NewMeta(handler.CorrelationID(ctx), EventID(o.ID, o.Version)))
	})
	return Progress{o.Status}, err
}

func (in Instruction) decide(o Order, about event.Meta) (event.Detail, error) {
	switch in.Command {
	case CommandReserve:
		return o.Reserve(about)
	case CommandBackorder:
		return o.Backorder(about, in.Shortages)
	case CommandPay:
		return o.Pay(about, in.PaymentID)
	case CommandShip:
		return o.Ship(about, in.ShipmentID, in.TrackingNumber)
	case CommandUnderway:
		return o.Underway(about, in.ShipmentID, in.TrackingNumber)
	case CommandClose:
		return o.Close(about, in.reason(), in.Refund == refunded)
	}
	return nil, fault.New(fault.ErrInvalid, "The command %s is unknown.", fault.Quote(string(in.Command)))
}

// endings are what the customer is told when the order flow ended with an error of this name.
var endings = map[string]string{
	"CustomerDeleted":   "The account was deleted.",
	"OrderCancelled":    "The customer cancelled the order.",
	"OutOfStock":        "The goods did not come in time.",
	"PaymentDeclined":   "The payment was declined.",
	"PaymentUnresolved": "The payment could not be confirmed.",
	"ShipmentRefused":   "The carrier does not deliver to this address.",
}

// reason is a sentence for the customer. The names of other errors are the shop's own business.
func (in Instruction) reason() string {
	if sentence, known := endings[in.Reason]; known {
		return sentence
	}
	return "The shop could not carry out the order."
}
