package stack_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/internal/statemachine"
)

const orderFlowFile = "order-flow.asl.json"

// world is what the order flow's tasks change, as the contexts behind them would: every task can be repeated.
type world struct {
	inStock                          bool
	reserved, barred                 bool
	sold                             map[string]bool
	charged, refunded, chargePending bool
	shipped                          bool // a shipment exists
	status                           string
	cancelled                        bool // by the customer, at the next chance
	told                             []string
}

// outcome is how a task ends. before and after say whether a failing task had its effect.
type outcome struct {
	name   string
	effect bool
	fails  string // the error's name, or "" for success
	once   bool   // only the first attempt fails
}

var good = outcome{name: "succeeds", effect: true}

// bad are the ways in which any task can fail.
var bad = []outcome{
	{name: "fails once before its effect", fails: "TaskFailed", once: true},
	{name: "fails once after its effect", effect: true, fails: "TaskFailed", once: true},
	{name: "times out once", effect: true, fails: "States.Timeout", once: true},
	{name: "is throttled once", fails: "Lambda.TooManyRequestsException", once: true},
	{name: "fails always before its effect", fails: "TaskFailed"},
	{name: "fails always after its effect", effect: true, fails: "TaskFailed"},
	{name: "times out always", effect: true, fails: "States.Timeout"},
}

// special are the outcomes that only some tasks have.
var special = map[string][]outcome{
	"ReserveStock":    {{name: "finds too little stock", effect: true}, {name: "is too late", fails: "OrderCancelled"}},
	"AwaitStock":      {{name: "is ended by the customer", fails: "OrderCancelled"}, {name: "waits in vain", fails: "States.Timeout"}},
	"ChargePayment":   {{name: "is declined", fails: "PaymentDeclined"}, {name: "leaves the outcome open", effect: true}, {name: "leaves the outcome open for ever", effect: true}},
	"CheckPayment":    {{name: "is declined", fails: "PaymentDeclined"}},
	"CreateShipment":  {{name: "is refused", fails: "ShipmentRefused"}},
	"CancelShipment":  {{name: "comes too late", effect: true}},
	"RecordBackorder": {cancels}, "RecordReserved": {cancels}, "RecordPaid": {cancels}, "RecordShipped": {cancels},
}

// cancels is the customer's cancelling just before the order is advanced.
var cancels = outcome{name: "comes after the customer cancelled"}

// perform does what a task is for.
func (w *world) perform(task statemachine.Task, how outcome) (any, error) {
	if how.fails != "" && !how.effect {
		return nil, &statemachine.Error{Name: how.fails}
	}
	result, err := w.effect(task, how)
	if err == nil && how.fails != "" {
		err = &statemachine.Error{Name: how.fails}
	}
	return result, err
}

func (w *world) effect(task statemachine.Task, how outcome) (any, error) {
	input := task.Input.(map[string]any)
	switch task.State {
	case "ReserveStock":
		if how.name == special["ReserveStock"][0].name {
			w.inStock = false
			return map[string]any{"outcome": "OUT_OF_STOCK", "shortages": []any{map[string]any{"productId": "mug", "missing": 1}}}, nil
		}
		w.reserved = w.reserved || !w.barred
		return map[string]any{"outcome": "RESERVED"}, nil
	case "AwaitStock":
		w.reserved = w.reserved || !w.barred
		return map[string]any{"outcome": "RESERVED"}, nil
	case "ReleaseStock":
		w.reserved, w.barred = false, true
		return map[string]any{"outcome": "RELEASED"}, nil
	case "SellLine":
		w.sold[input["line"].(map[string]any)["productId"].(string)] = true
		return map[string]any{}, nil
	case "ChargePayment":
		w.charged = true
		w.chargePending = w.chargePending || strings.HasPrefix(how.name, "leaves")
		return w.payment(), nil
	case "CheckPayment":
		return w.payment(), nil
	case "RefundPayment":
		if !w.charged {
			return map[string]any{"status": "NOT_CHARGED"}, nil
		}
		w.refunded = true
		return map[string]any{"status": "REFUNDED"}, nil
	case "CreateShipment":
		w.shipped = true
		return map[string]any{"shipmentId": "sh-1", "trackingNumber": "T1"}, nil
	case "CancelShipment":
		if how.name == special["CancelShipment"][0].name && w.shipped {
			return map[string]any{"status": "UNDERWAY", "shipmentId": "sh-1", "trackingNumber": "T1"}, nil
		}
		w.shipped = false
		return map[string]any{"status": "CANCELLED"}, nil
	case "TellBackordered", "TellShipped", "TellClosed":
		w.told = append(w.told, input["kind"].(string))
		return map[string]any{}, nil
	default:
		return w.advance(task.State, input, how)
	}
}

func (w *world) payment() any {
	status := "CAPTURED"
	if w.chargePending {
		status = "PENDING"
	}
	return map[string]any{"status": status, "paymentId": "pay-1"}
}

// advance is the order's state machine.
func (w *world) advance(state string, input map[string]any, how outcome) (any, error) {
	command := input["command"].(string)
	if how.name == cancels.name && w.status != "SHIPPED" {
		w.cancelled, w.status = true, "CANCELLED"
	}
	next := map[string]string{"backorder": "BACKORDERED", "reserve": "RESERVED", "pay": "PAID", "ship": "SHIPPED", "underway": "SHIPPED"}[command]
	switch {
	case command == "close" && input["refund"] == "REFUNDED" && (w.cancelled || w.status == "PAID"):
		w.status = "REFUNDED"
	case command == "close" && !w.cancelled && w.status != "SHIPPED":
		w.status = "FAILED"
	case command == "close":
	case w.cancelled && command != "underway":
		return nil, &statemachine.Error{Name: "OrderCancelled"}
	case next == "":
		panic(state + ": command " + command)
	default:
		w.status = next
	}
	return map[string]any{"status": w.status}, nil
}

// deviation makes the n-th task of a run end otherwise than well.
type deviation struct {
	visit int
	how   outcome
}

// visit is a task that a run came by.
type visit struct {
	state string
	how   outcome
}

// play runs the order flow with deviations.
func play(t *testing.T, definition []byte, deviations []deviation) (*world, *statemachine.Execution, []visit) {
	t.Helper()
	w := &world{inStock: true, status: "PENDING", sold: map[string]bool{}}
	var visits []visit
	input := map[string]any{
		"orderId": "order-1", "customerId": "customer-1", "correlationId": "c-1", "totalCents": 1000, "currency": "EUR", "paymentToken": "tok_ok",
		"backorderSeconds": 3600, "shippingAddress": map[string]any{"postcode": "12345"},
		"lines": []any{map[string]any{"productId": "mug", "quantity": 1}, map[string]any{"productId": "cup", "quantity": 2}},
	}
	execution, err := statemachine.Run(definition, input, func(task statemachine.Task) (any, error) {
		if task.Attempt == 0 {
			visits = append(visits, visit{task.State, good})
		}
		n := len(visits) - 1
		for _, d := range deviations {
			if d.visit == n && (task.Attempt == 0 || !d.how.once) {
				visits[n].how = d.how
				return w.perform(task, d.how)
			}
		}
		if w.chargePending && !slices.ContainsFunc(deviations, func(d deviation) bool { return strings.HasSuffix(d.how.name, "open for ever") }) {
			w.chargePending = false // the provider has made up its mind
		}
		return w.perform(task, good)
	})
	require.NoError(t, err)
	return w, execution, visits
}

// story tells how a run went, for the message of a failing test.
func story(visits []visit, execution *statemachine.Execution) string {
	var b strings.Builder
	for _, v := range visits {
		fmt.Fprintf(&b, "  %s %s\n", v.state, v.how.name)
	}
	return fmt.Sprintf("%s  ends: %v\n", b.String(), execution.Failure)
}

// redrivable are the states whose failure nothing catches: the execution stops there and can be redriven from there.
var redrivable = []string{"RecordShipped", "CancelShipment", "RecordUnderway", "RefundPayment", "ReleaseStock", "CloseOrder", "SellLine"}

// broken holds a run against what must be true of an order at the end, and tells what is not.
func broken(w *world, execution *statemachine.Execution, visits []visit) string {
	redrivableFailed := slices.ContainsFunc(visits, func(v visit) bool {
		return slices.Contains(redrivable, v.state) && v.how.fails != "" && !v.how.once
	})
	switch stopped := execution.Failure != nil && execution.Failure.Name != "OrderFailed"; {
	case stopped && !redrivableFailed:
		return "the execution stopped where nobody can go on from"
	case stopped:
		return ""
	case w.status == "SHIPPED" && (!w.shipped || !w.charged || w.refunded || len(w.sold) != 2):
		return "the order is shipped, but not paid for, or not taken out of stock"
	case w.status == "SHIPPED":
		return ""
	case !slices.Contains([]string{"FAILED", "REFUNDED", "CANCELLED"}, w.status):
		return "the order ended as " + w.status
	case w.reserved || len(w.sold) > 0:
		return "stock remains set aside"
	case w.shipped:
		return "a shipment is under way"
	case w.charged != w.refunded:
		return "the customer was charged and not paid back"
	}
	return ""
}

// explore runs a definition with each task, and each two tasks, ending in every way they can, until visit returns false.
func explore(t *testing.T, definition []byte, see func(*world, *statemachine.Execution, []visit) bool) {
	t.Helper()
	var try func(deviations []deviation) bool
	try = func(deviations []deviation) bool {
		w, execution, visits := play(t, definition, deviations)
		if !see(w, execution, visits) {
			return false
		}
		if len(deviations) == 2 {
			return true
		}
		first := 0
		if len(deviations) > 0 {
			first = deviations[len(deviations)-1].visit + 1
		}
		for n := first; n < min(len(visits), first+25); n++ {
			for _, how := range slices.Concat(bad, special[visits[n].state]) {
				if !try(append(slices.Clone(deviations), deviation{n, how})) {
					return false
				}
			}
		}
		return true
	}
	try(nil)
}

// TestOrderFlow_SurvivesEveryTaskFailingInEveryWay runs the order flow with each task, and each two tasks, failing in every way
// they can, and holds every run against what must be true at the end. Together the runs take every transition.
func TestOrderFlow_SurvivesEveryTaskFailingInEveryWay(t *testing.T) {
	definition, err := os.ReadFile(orderFlowFile)
	require.NoError(t, err)
	taken := map[statemachine.Step]bool{}
	explore(t, definition, func(w *world, execution *statemachine.Execution, visits []visit) bool {
		require.Empty(t, broken(w, execution, visits), story(visits, execution))
		for _, step := range execution.Steps {
			taken[statemachine.Step{From: step.From, To: step.To}] = true
		}
		return true
	})

	all, err := statemachine.Transitions(definition)
	require.NoError(t, err)
	var missed []string
	for _, step := range all {
		if !taken[step] {
			missed = append(missed, step.From+" → "+cmp.Or(step.To, "end"))
		}
	}
	require.Empty(t, missed, "transitions that no run took")
}

// TestOrderFlow_ExplorationFindsPlantedBugs makes sure that the test above can fail.
func TestOrderFlow_ExplorationFindsPlantedBugs(t *testing.T) {
	definition, err := os.ReadFile(orderFlowFile)
	require.NoError(t, err)
	for name, c := range map[string]struct{ state, field, value, problem string }{
		"the refund is skipped":           {"Stopped", "Default", "ReleaseStock", "the customer was charged and not paid back"},
		"the stock is not released":       {"RefundPayment", "Next", "CloseOrder", "stock remains set aside"},
		"the shipment is not cancelled":   {"CreateShipment", "Catch", "RefundPayment", "a shipment is under way"},
		"the order is shipped unpaid":     {"RecordReserved", "Next", "CreateShipment", ""},
		"a failed order is left as it is": {"ReleaseStock", "Next", "TellClosed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var machine map[string]any
			require.NoError(t, json.Unmarshal(definition, &machine))
			state := machine["States"].(map[string]any)[c.state].(map[string]any)
			if c.field == "Catch" {
				state["Catch"].([]any)[0].(map[string]any)["Next"] = c.value
			} else {
				state[c.field] = c.value
			}
			planted, err := json.Marshal(machine)
			require.NoError(t, err)
			problems := map[string]bool{}
			func() {
				// A definition that leads nowhere at all, which Step Functions would refuse to go on with, is found as well.
				defer func() {
					if cause := recover(); cause != nil {
						problems[fmt.Sprint(cause)] = true
					}
				}()
				explore(t, planted, func(w *world, execution *statemachine.Execution, visits []visit) bool {
					problem := broken(w, execution, visits)
					problems[problem] = true
					return problem == "" || c.problem != "" && problem != c.problem
				})
			}()
			delete(problems, "")
			require.NotEmpty(t, problems)
			if c.problem != "" {
				require.Contains(t, problems, c.problem)
			}
		})
	}
}
