package chaos

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/shop/inventory"
	"github.com/serverless-shop/serverless-shop/shop/orders"
)

// runs is how many stories are told unless CHAOS_RUNS says otherwise: some seconds of them.
const runs = 200

// setting is a number from the environment.
func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s = %q, want a whole number", name, text)
	}
	return n
}

func TestShop_KeepsItsPromisesInEveryStory(t *testing.T) {
	first, runs := 1, setting(t, "CHAOS_RUNS", runs)
	if os.Getenv("CHAOS_SEED") != "" {
		first, runs = setting(t, "CHAOS_SEED", 0), 1
	}
	steps, called, ends := 0, map[string]int{}, map[orders.Status]int{}
	for seed := first; seed < first+runs; seed++ {
		p := newPlan(uint64(seed)) //nolint:gosec // counted from 1
		o := play(t, p, bugs{})
		steps += o.steps
		add(called, o.called)
		add(ends, o.ends)
		if o.violation != nil {
			t.Fatal(tale(t, p, bugs{}))
		}
		if runs == 1 {
			t.Log(strings.Join(o.story, "\n"))
		}
	}
	t.Logf("%d stories of %d steps in all; orders ended as %v", runs, steps, ends)
	if runs > 1 {
		for _, function := range faulty {
			require.NotZero(t, called[function], "%s was never at work", function)
		}
		for status := range final {
			require.NotZero(t, ends[status], "no order ended as %s", status)
		}
	}
}

// TestShop_TellsItsCustomersThoughTheMailerDies has the function that sends the order flow's mails die at each of its calls, also after it has
// claimed a mail, which nobody else may send until the claim is over.
func TestShop_TellsItsCustomersThoughTheMailerDies(t *testing.T) {
	for seed := range uint64(60) {
		p := plan{seed: seed, random: maxSteps, stock: map[string]int64{"mug": 1}, actions: []action{
			{kind: "place", order: "order 1", lines: map[string]int64{"mug": 1}, token: "tok_ok", postcode: "10115"},
		}}
		p.faults = []fault{{function: "notify-customer", nth: 1 + int(seed%3), count: 1, kind: []int{crashBefore, crashAfter, failAfter}[seed/3%3]}} //nolint:gosec // small
		o := play(t, p, bugs{})
		require.NoError(t, o.violation, "%s", strings.Join(o.story, "\n"))
	}
}

func add[K comparable](sum, more map[K]int) {
	for k, n := range more {
		sum[k] += n
	}
}

// tale tells the shortest story that breaks a promise as p does.
func tale(t *testing.T, p plan, b bugs) string {
	t.Helper()
	p = shrink(p, func(shorter plan) bool { return play(t, shorter, b).violation != nil })
	o := play(t, p, b)
	return fmt.Sprintf("A promise was broken. Replay the whole story with CHAOS_SEED=%d. The shortest that breaks one, from stock %v:\n\n%s\n\nAt the end:\n%v",
		p.seed, p.stock, strings.Join(o.story, "\n"), o.violation)
}

func TestShop_IsTheSameInEveryTellingOfAStory(t *testing.T) {
	t.Setenv("CHAOS_TRACE", "1")
	for seed := range uint64(15) {
		first := play(t, newPlan(seed), bugs{})
		second := play(t, newPlan(seed), bugs{})
		require.Equal(t, first.story, second.story, "seed %d", seed)
	}
}

func TestTale_IsTheShortest(t *testing.T) {
	without := bugs{stock: func(c inventory.Client) inventory.Client { return careless{c, levels} }}
	for seed := uint64(1); ; seed++ {
		p := newPlan(seed)
		if play(t, p, without).violation == nil {
			continue
		}
		told := tale(t, p, without)
		t.Log(told)
		require.Contains(t, told, fmt.Sprintf("CHAOS_SEED=%d", seed))
		require.Contains(t, told, "stock is negative: available of PRODUCT#")
		require.LessOrEqual(t, strings.Count(told, "the customer"), 2, "one customer too many is enough")
		require.NotContains(t, told, "crashes", "nothing need go wrong")
		return
	}
}
