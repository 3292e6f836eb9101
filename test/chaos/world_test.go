package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/serverless-shop/serverless-shop/handler"
	faults "github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/internal/faketable"
	"github.com/serverless-shop/serverless-shop/internal/statemachine"
	"github.com/serverless-shop/serverless-shop/shop/analytics"
	"github.com/serverless-shop/serverless-shop/shop/catalog"
	"github.com/serverless-shop/serverless-shop/shop/event/bus"
	"github.com/serverless-shop/serverless-shop/shop/inventory"
	"github.com/serverless-shop/serverless-shop/shop/notifications"
	"github.com/serverless-shop/serverless-shop/shop/orders"
	"github.com/serverless-shop/serverless-shop/shop/payments"
	"github.com/serverless-shop/serverless-shop/shop/shipping"
	"github.com/serverless-shop/serverless-shop/shop/simulator"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
	"github.com/serverless-shop/serverless-shop/shop/users"
)

// bugs are mistakes that are planted, to see that they are caught.
type bugs struct {
	orders        func(orders.Store) orders.Store
	stock         func(inventory.Client) inventory.Client
	payments      func(payments.Store) payments.Store
	provider      func(payments.Provider) payments.Provider
	carrier       func(shipping.Carrier) shipping.Carrier
	ledger        func(notifications.Ledger) notifications.Ledger
	withoutOutbox bool // place-order publishes itself
}

// world is the shop with everything around it.
type world struct {
	t         *testing.T
	plan      plan
	scheduler *scheduler
	db        *faketable.Database
	story     []string
	tracing   bool
	over      bool // the story is at its end: whoever is still at work crashes
	healed    bool // nothing goes wrong any more
	left      bool // the customer's account is deleted

	tasks         map[string]lambda.Handler // by the name in the order flow's definition
	routes        map[string]lambda.Handler // HTTP
	subscriptions []*subscription
	mappings      []mapping
	rules, topic  []route
	payments      *subscription // the FIFO queue
	clock         *subscription // of the third parties

	published         []publication
	called, delivered map[string]int // by function
	repeats           map[*message]bool
	envelopes         int
	deduplicated      map[string]time.Time
	executions, past  map[string]*execution        // by order; the latter are those that Step Functions has forgotten
	waiting           map[string]chan *tokenAnswer // workflows' tasks, by token
	tokens            int
	mails, excused    map[string]int // by recipient and subject
	archived          map[string]bool
	customers         map[string]*customer // by idempotency key
	names             map[string]string    // of orders, by id
	received          map[string]int64     // of each product, what administrators entered
	ends              map[orders.Status]int
	broken            error // what was violated at some moment
}

// execution is one of the order flow.
type execution struct {
	input  any
	result *statemachine.Execution // nil while it runs
	runs   int
}

type tokenAnswer struct {
	output any
	err    error
}

// schemas are the tables as the stack declares them.
func (w *world) schemas() map[string]faketable.Schema {
	streaming := func(s faketable.Schema, name string) faketable.Schema {
		s.Stream = func(c handler.Change) { w.changed(name, c) }
		return s
	}
	return map[string]faketable.Schema{
		"products": streaming(faketable.Schema{Partition: "productId"}, "products"),
		"stock":    streaming(faketable.Schema{Partition: "pk", Sort: "sk"}, "stock"),
		"orders":   streaming(faketable.Schema{Partition: "pk", Sort: "sk"}, "orders"),
		"order-views": {Partition: "orderId", Indexes: map[string][2]string{
			"by-customer": {"customerId", "createdAt"}, "by-status": {"status", "createdAt"},
		}},
		"sales":         {Partition: "productId", Sort: "day"},
		"payments":      streaming(faketable.Schema{Partition: "orderId"}, "payments"),
		"shipments":     streaming(faketable.Schema{Partition: "orderId"}, "shipments"),
		"notifications": {Partition: "notice"},
		"analytics":     {Partition: "orderId"},
		"notices":       {Partition: "noticeId"},
		"third-parties": {Partition: "pk"},
	}
}

var silent = slog.New(slog.DiscardHandler)

func newWorld(t *testing.T, p plan, b bugs) *world {
	t.Helper()
	w := &world{
		t: t, plan: p, scheduler: newScheduler(p.seed, p.random), tracing: os.Getenv("CHAOS_TRACE") != "",
		called: map[string]int{}, delivered: map[string]int{}, repeats: map[*message]bool{}, deduplicated: map[string]time.Time{},
		executions: map[string]*execution{}, waiting: map[string]chan *tokenAnswer{}, mails: map[string]int{}, excused: map[string]int{},
		archived: map[string]bool{}, customers: map[string]*customer{}, names: map[string]string{},
		received: map[string]int64{}, ends: map[orders.Status]int{},
		tasks: map[string]lambda.Handler{}, routes: map[string]lambda.Handler{},
	}
	w.db = faketable.NewDatabase(w.schemas())
	w.db.Around = func(ctx context.Context, c faketable.Call, do func()) error {
		return call(ctx, c.Action+" "+c.Table+" "+w.named(c.Key), do, func(n int) error {
			if c.Parts > 0 && n%2 == 0 {
				return faketable.Conflict(c.Parts)
			}
			return errOutage
		})
	}
	w.wire(b)
	return w
}

// or returns the wrapped value, if there is a wrapper.
func or[T any](value T, wrap func(T) T) T {
	if wrap == nil {
		return value
	}
	return wrap(value)
}

// wire makes every function of the shop, and connects them as the stack does.
func (w *world) wire(b bugs) {
	w.wireOrders(b)
	w.wireInventory(b)
	w.wirePayments(b)
	w.wireShipping(b)
	w.wireOthers(b)
	w.clock = w.subscribe("send-webhooks", queue, handler.QueueConsumer(silent, simulator.NewClock(
		simulator.NewTable(w.db, "third-parties"), "https://shop.test", webhookKey, webhookKey).Strike))
}

func (w *world) subscribe(function string, how way, h lambda.Handler) *subscription {
	s := &subscription{function: function, way: how, handler: h}
	w.subscriptions = append(w.subscriptions, s)
	return s
}

// on lets a function consume events of the bus.
func (w *world) on(function string, consume handler.Consumer, wants func(map[string]any) bool, types ...string) {
	w.rules = append(w.rules, route{types, wants, w.subscribe(function, asynchronous, handler.EventConsumer(silent, consume))})
}

func (w *world) onChange(function, table string, consume func(context.Context, handler.Change) error, old bool, wants func(handler.Change) bool) {
	w.mappings = append(w.mappings, mapping{table, old, wants, w.subscribe(function, stream, handler.StreamConsumer(silent, consume))})
}

func all(handler.Change) bool { return true }

func (w *world) wireOrders(b bugs) {
	table := orders.NewTable(w.db, "orders")
	products := catalog.NewTable(w.db, "products")
	publisher := orders.NewPublisher(bus.New(w, "shop"), orders.NewTopic(w, "orders"))
	placing := or[orders.Store](table, b.orders)
	if b.withoutOutbox {
		placing = selfPublishing{table, publisher, w}
	}
	service := orders.NewService(table)
	one := orders.NewRoutes(service)
	w.routes["place-order"] = handler.HTTP(silent, orders.NewCheckout(orders.NewService(placing), products).Place)
	w.routes["get-order"] = handler.HTTP(silent, one.Get)
	w.routes["cancel-order"] = handler.HTTP(silent, one.Cancel)
	w.routes["return-order"] = handler.HTTP(silent, one.Return)
	w.routes["put-product"] = handler.HTTP(silent, catalog.NewRoutes(products).Put)
	w.tasks["AdvanceOrder"] = handler.Task(silent, service.Advance)

	isEvent := func(c handler.Change) bool {
		return c.Kind == handler.Insert && strings.HasPrefix(plain(c.Keys["sk"]), "EVENT#")
	}
	published := isEvent
	if b.withoutOutbox {
		published = func(c handler.Change) bool { return isEvent(c) && plain(c.Keys["sk"]) != "EVENT#000001" }
	}
	w.onChange("publish-order-events", "orders", publisher.OnChange, false, published)
	w.onChange("project-orders", "orders", orders.NewProjector(table, orders.NewViews(w.db, "order-views", "sales")).OnChange, false, isEvent)
	w.on("track-orders", orders.NewTracker(service).OnEvent, nil,
		"Shipment Delivered", "Return Inspected", "Return Restocked", "Payment Refunded", "Restock Reversed")
	w.on("anonymise-orders", orders.NewEraser(table, orders.NewViews(w.db, "order-views", "sales")).OnDeleted, nil, "User Deleted")
	flow := orders.NewFlow(w, "arn:order-flow", table, backorderWait)
	w.rules = append(w.rules, route{[]string{"Order Created"}, nil, w.subscribe("start-order-flow", queue, handler.QueueConsumer(silent, flow.OnCreated))})
	w.onChange("publish-product-events", "products", catalog.NewOutbox(bus.New(w, "shop")).OnChange, true, all)
}

// backorderWait is how long orders wait for stock: longer than any message is late, and not so long that restocking always comes first.
const backorderWait = time.Hour

func (w *world) wireInventory(b bugs) {
	store := inventory.NewTable(or[inventory.Client](w.db, b.stock), "stock")
	stock := inventory.NewStock(store, inventory.NewWorkflowTasks(w))
	w.tasks["ReserveStock"] = handler.Task(silent, stock.ReserveOrder)
	w.tasks["AwaitStock"] = handler.Task(silent, stock.AwaitStock)
	w.tasks["SellStock"] = handler.Task(silent, stock.SellLine)
	w.tasks["ReleaseStock"] = handler.Task(silent, stock.ReleaseOrder)
	w.on("receive-stock", stock.OnProductSaved, func(d map[string]any) bool { return d["stockChange"] != 0.0 }, "Product Saved")
	w.on("serve-backorders", stock.OnStockArrived, nil, "Stock Arrived")
	w.on("cancel-backorder", stock.OnOrderCancelled, nil, "Order Cancelled")
	w.on("restock-return", stock.OnReturnInspected, func(d map[string]any) bool { return d["accepted"] == true }, "Return Inspected")
	w.on("reverse-restock", stock.OnRefundFailed, nil, "Refund Failed")
	w.onChange("publish-stock-events", "stock", inventory.NewOutbox(bus.New(w, "shop")).OnChange, false,
		func(c handler.Change) bool { return c.New[inventory.OutboxAttribute] != nil })
	display := w.subscribe("project-stock", queue,
		handler.QueueConsumer(silent, inventory.NewDisplay(store, catalog.NewTable(w.db, "products")).OnEvent))
	w.topic = append(w.topic, route{[]string{"Order Reserved"}, nil, display})
	w.rules = append(w.rules, route{[]string{"Stock Arrived", "Stock Removed", "Restock Reversed"}, nil, display})
}

func (w *world) wirePayments(b bugs) {
	table := payments.NewTable(w.db, "payments")
	tasks := payments.NewTasks(payments.NewService(or[payments.Store](table, b.payments), or[payments.Provider](newProvider(w), b.provider)))
	w.tasks["ChargePayment"] = handler.Task(silent, tasks.Charge)
	w.tasks["CheckPayment"] = handler.Task(silent, tasks.Check)
	w.tasks["RefundPayment"] = handler.Task(silent, tasks.Refund)
	w.on("refund-return", tasks.OnReturnRestocked, nil, "Return Restocked")
	w.onChange("publish-payment-events", "payments", payments.NewOutbox(bus.New(w, "shop")).OnChange, true, all)
	w.payments = w.subscribe("record-payment", fifo, handler.QueueConsumer(silent, tasks.OnNotice))
	receiver := thirdparty.NewReceiver(payments.Sender, webhookKeys, thirdparty.NewTable(w.db, "notices"), payments.NewQueue(w, "payments").Put)
	w.routes["payment-webhook"] = handler.HTTP(silent, receiver.Receive)
}

func (w *world) wireShipping(b bugs) {
	tasks := shipping.NewTasks(shipping.NewService(shipping.NewTable(w.db, "shipments"), or[shipping.Carrier](newCarrier(w), b.carrier)))
	w.tasks["CreateShipment"] = handler.Task(silent, tasks.Create)
	w.tasks["CancelShipment"] = handler.Task(silent, tasks.Cancel)
	w.on("inspect-return", tasks.OnReturnRequested, nil, "Return Requested")
	w.onChange("publish-shipment-events", "shipments", shipping.NewOutbox(bus.New(w, "shop")).OnChange, true, all)
	receiver := thirdparty.NewReceiver(shipping.Sender, webhookKeys, thirdparty.NewTable(w.db, "notices"), tasks.OnNotice)
	w.routes["carrier-webhook"] = handler.HTTP(silent, receiver.Receive)
}

func (w *world) wireOthers(b bugs) {
	ledger := or[notifications.Ledger](notifications.NewTable(w.db, "notifications"), b.ledger)
	customers := notifications.NewCustomers(w, ledger, w)
	administrators := notifications.NewAdministrators("admin@shop.test", ledger, w)
	w.tasks["NotifyCustomer"] = handler.Task(silent, customers.Notify)
	created := []string{"Order Created"}
	w.topic = append(w.topic,
		route{created, nil, w.subscribe("email-customer", queue, handler.QueueConsumer(silent, customers.Confirm))},
		route{created, nil, w.subscribe("email-admin", topic, handler.TopicConsumer(silent, administrators.Announce))},
		route{created, nil, w.subscribe("analyse-orders", queue, handler.QueueConsumer(silent, analytics.NewCounter(analytics.NewTable(w.db, "analytics")).Count))},
		route{nil, nil, w.subscribe("archive-orders", batch, handler.BatchConsumer(silent, analytics.NewArchive(w, "archive").Store))},
	)
	w.on("flag-high-value-order", administrators.FlagHighValue, func(d map[string]any) bool { return d["total"].(float64) > 100 }, "Order Created")
}

// functionOf are the functions of the order flow's tasks.
var functionOf = map[string]string{
	"AdvanceOrder": "advance-order", "ReserveStock": "reserve-stock", "AwaitStock": "await-stock", "SellStock": "sell-stock",
	"ReleaseStock": "release-stock", "ChargePayment": "charge-payment", "CheckPayment": "check-payment", "RefundPayment": "refund-payment",
	"CreateShipment": "create-shipment", "CancelShipment": "cancel-shipment", "NotifyCustomer": "notify-customer",
}

// faulty are the functions for which a plan may have faults: those of the shop.
var faulty = []string{
	"place-order", "cancel-order", "return-order", "put-product", "payment-webhook", "carrier-webhook",
	"advance-order", "reserve-stock", "await-stock", "sell-stock", "release-stock", "charge-payment", "check-payment", "refund-payment",
	"create-shipment", "cancel-shipment", "notify-customer",
	"publish-order-events", "project-orders", "track-orders", "start-order-flow", "publish-product-events", "receive-stock", "serve-backorders",
	"cancel-backorder", "restock-return", "reverse-restock", "publish-stock-events", "project-stock", "refund-return", "publish-payment-events",
	"record-payment", "inspect-return", "publish-shipment-events", "email-customer", "email-admin", "analyse-orders", "archive-orders",
	"flag-high-value-order", "send-webhooks", "anonymise-orders",
}

// critical are the functions that deal with what must not happen twice.
var critical = []string{"place-order", "advance-order", "reserve-stock", "release-stock", "charge-payment", "refund-payment", "create-shipment", "cancel-shipment", "receive-stock", "email-admin"}

// StartExecution starts the order flow, once for each name.
func (w *world) StartExecution(ctx context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	var exists error
	err := call(ctx, "StartExecution "+w.named(*in.Name), func() {
		if w.executions[*in.Name] != nil {
			exists = &sfntypes.ExecutionAlreadyExists{Message: aws.String("it exists")}
			return
		}
		e := &execution{}
		if err := json.Unmarshal([]byte(*in.Input), &e.input); err != nil {
			panic(err)
		}
		w.executions[*in.Name] = e
		w.scheduler.start("flow of "+w.named(*in.Name), func(p *process) { w.execute(p, *in.Name, e) })
	}, outage)
	if err != nil {
		return nil, err
	}
	return &sfn.StartExecutionOutput{}, exists
}

// execute runs, or redrives, an execution.
func (w *world) execute(p *process, order string, e *execution) {
	p.wait("begins")
	players := statemachine.Players{
		Worker: func(task statemachine.Task) (any, error) { return w.perform(p, task) },
		Sleep: func(shortest, longest time.Duration) {
			p.sleep(shortest+time.Duration(w.scheduler.chance.Int64N(int64(longest-shortest+time.Millisecond))), nil)
		},
		Token: func() string {
			w.tokens++
			return fmt.Sprintf("token-%d", w.tokens)
		},
	}
	e.runs++
	if stopped := e.result; stopped != nil {
		e.result = nil
		e.result = orderFlow.Redrive(stopped, players)
	} else {
		e.result = orderFlow.Run(e.input, players)
	}
	if e.result.StoppedAt != "" {
		w.tell("    the flow of %s stops at %s: %v", w.named(order), e.result.StoppedAt, e.result.Failure)
	}
}

// orderFlow is the stack's own definition.
var orderFlow = func() *statemachine.Machine {
	definition, err := os.ReadFile("../../stack/order-flow.asl.json")
	if err != nil {
		panic(err)
	}
	machine, err := statemachine.Parse(definition)
	if err != nil {
		panic(err)
	}
	return machine
}()

// perform carries out one attempt of a task of the order flow.
func (w *world) perform(p *process, task statemachine.Task) (any, error) {
	resource, input := task.Resource, task.Input
	var told chan *tokenAnswer
	if strings.HasSuffix(resource, ".waitForTaskToken") {
		call := input.(map[string]any)
		resource, input = call["FunctionName"].(string), call["Payload"]
		token := input.(map[string]any)["taskToken"].(string)
		told = make(chan *tokenAnswer, 1)
		w.waiting[token] = told
		defer delete(w.waiting, token)
	}
	name := strings.TrimSuffix(strings.TrimPrefix(resource, "${"), "}")
	output, err := w.runTask(p, name, input)
	if told == nil || err != nil && len(told) == 0 {
		return output, err
	}
	answer := p.sleep(task.TimeLimit, told)
	if answer == nil {
		return nil, &statemachine.Error{Name: "States.Timeout"}
	}
	return answer.output, answer.err
}

// runTask invokes a function, synchronously.
func (w *world) runTask(p *process, name string, input any) (any, error) {
	function, known := functionOf[name]
	if !known {
		panic("the order flow has the task " + name + ", which is not known here")
	}
	payload, err := json.Marshal(input)
	if err != nil {
		panic(err)
	}
	i := &invocation{w: w, process: p, function: function}
	out, err := w.tasks[name].Invoke(i.context(), payload)
	if i.dead {
		return nil, &statemachine.Error{Name: "Runtime.ExitError", Cause: "the process ended"}
	}
	if failed, ok := errors.AsType[messages.InvokeResponse_Error](err); ok {
		return nil, &statemachine.Error{Name: failed.Type, Cause: failed.Message}
	}
	var output any
	if err := json.Unmarshal(out, &output); err != nil {
		panic(err)
	}
	return output, nil
}

// SendTaskSuccess ends a task that waits.
func (w *world) SendTaskSuccess(ctx context.Context, in *sfn.SendTaskSuccessInput, _ ...func(*sfn.Options)) (*sfn.SendTaskSuccessOutput, error) {
	answer := &tokenAnswer{}
	if err := json.Unmarshal([]byte(*in.Output), &answer.output); err != nil {
		panic(err)
	}
	return &sfn.SendTaskSuccessOutput{}, w.answer(ctx, "SendTaskSuccess", *in.TaskToken, answer)
}

// SendTaskFailure ends a task that waits.
func (w *world) SendTaskFailure(ctx context.Context, in *sfn.SendTaskFailureInput, _ ...func(*sfn.Options)) (*sfn.SendTaskFailureOutput, error) {
	return &sfn.SendTaskFailureOutput{}, w.answer(ctx, "SendTaskFailure", *in.TaskToken,
		&tokenAnswer{err: &statemachine.Error{Name: *in.Error, Cause: *in.Cause}})
}

func (w *world) answer(ctx context.Context, action, token string, answer *tokenAnswer) error {
	var gone error
	err := call(ctx, action, func() {
		told, waits := w.waiting[token]
		if !waits {
			gone = &sfntypes.TaskTimedOut{Message: aws.String("it waits no longer")}
			return
		}
		delete(w.waiting, token)
		told <- answer
	}, outage)
	return errors.Join(err, gone)
}

// Send implements notifications.Mailer.
func (w *world) Send(ctx context.Context, m notifications.Mail) error {
	id := m.To + ": " + m.Subject
	i := ctx.Value(invocationKey{}).(*invocation)
	i.mailed = id // if the answer is lost, nobody knows that it was sent
	err := call(ctx, "SendEmail", func() { w.mails[id]++ }, outage)
	return err
}

// Contact implements users.Contacts.
func (w *world) Contact(_ context.Context, username string) (users.Contact, error) {
	if w.left {
		return users.Contact{}, faults.New(faults.ErrUnauthenticated, "The account does not exist any more.")
	}
	return users.Contact{Email: username + "@customers.test"}, nil
}

// PutObject implements analytics.ArchiveClient.
func (w *world) PutObject(ctx context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	err := call(ctx, "PutObject", func() {
		decoder := json.NewDecoder(in.Body)
		for decoder.More() {
			var e struct {
				Type   string `json:"detail-type"`
				Detail struct{ EventID, Reason string }
			}
			if err := decoder.Decode(&e); err != nil {
				panic(err)
			}
			if e.Type == "Return Requested" && e.Detail.Reason != "" {
				w.broken = fmt.Errorf("what the customer wrote is in the archive for ever: %q", e.Detail.Reason)
			}
			w.archived[e.Detail.EventID] = true
		}
	}, outage)
	return &s3.PutObjectOutput{}, err
}

var _ dynamodbClient = (*faketable.Database)(nil)

// dynamodbClient is all that the shop needs of DynamoDB.
type dynamodbClient interface {
	orders.Client
	catalog.Client
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// tell adds a line to the story.
func (w *world) tell(format string, args ...any) {
	w.story = append(w.story, fmt.Sprintf(format, args...))
}

// trace adds a line to a story that is told in full.
func (w *world) trace(format string, args ...any) {
	if w.tracing {
		w.tell(format, args...)
	}
}

// named replaces the ids of orders in a text by what their customers call them.
func (w *world) named(text string) string {
	for id, name := range w.names {
		text = strings.ReplaceAll(text, id, name)
	}
	return text
}

// executionOf is the last execution of an order; nil if there was none.
func (w *world) executionOf(order string) *execution {
	if e := w.executions[order]; e != nil {
		return e
	}
	return w.past[order]
}

// stopped are the orders whose execution stopped and can be redriven.
func (w *world) stopped() []string {
	var ids []string
	for id, e := range w.executions {
		if e.result != nil && e.result.StoppedAt != "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
