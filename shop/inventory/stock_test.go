package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/attr"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

var ctx = context.Background()

func orderOf(id string, lines ...Line) Order {
	return Order{OrderID: id, CorrelationID: "c-" + id, Lines: lines}
}

func goodsOf(orderID string) event.Return {
	return event.Return{OrderID: orderID, CustomerID: "u1", Lines: []event.Line{{ProductID: "mug", Quantity: 2}}, AmountCents: 2580, Currency: "EUR"}
}

// requireLevel checks what there is of a product.
func requireLevel(t *testing.T, store Store, productID string, available, reserved, sold int64) {
	t.Helper()
	level, err := store.Level(ctx, productID)
	require.NoError(t, err)
	require.Equal(t, [3]int64{available, reserved, sold}, [3]int64{level.Available, level.Reserved, level.Sold}, "available, reserved, sold of %s", productID)
}

func requireName(t *testing.T, err error, name string) {
	t.Helper()
	var named interface{ ErrorName() string }
	require.ErrorAs(t, err, &named)
	require.Equal(t, name, named.ErrorName())
}

// reported is how the inventory hears that an administrator changed a product's stock.
func reported(productID string, change int64) event.ProductSaved {
	return event.ProductSaved{Meta: event.Meta{CorrelationID: "c"}, ProductID: productID, StockChange: change, CreatedAt: noon}
}

// receive adds stock without waiting customers hearing of it.
func receive(t *testing.T, s *Stock, productID string, quantity int64) {
	t.Helper()
	require.NoError(t, s.Receive(ctx, fmt.Sprintf("%s-%d-%d", productID, quantity, time.Now().UnixNano()), reported(productID, quantity)))
}

// testStock checks what the inventory promises, in a store that is empty.
func testStock(t *testing.T, s *Stock, told func(token string) []string) {
	t.Helper()
	store := s.store
	receive(t, s, "mug", 5)
	receive(t, s, "cup", 3)

	t.Run("reserve, sell, return, reverse", func(t *testing.T) {
		order := orderOf("o1", Line{"mug", 2}, Line{"cup", 1})
		for range 2 {
			out, err := s.ReserveOrder(ctx, order)
			require.NoError(t, err)
			require.Equal(t, Outcome{Outcome: "RESERVED"}, out)
			requireLevel(t, store, "mug", 3, 2, 0)
		}
		_, err := s.ReserveOrder(ctx, orderOf("o1", Line{"mug", 3}))
		require.ErrorIs(t, err, fault.ErrInvalid)
		requireName(t, s.Restock(ctx, goodsOf("o1"), "e1", "c"), NotReserved)
		for range 2 {
			for _, line := range order.Lines {
				_, err := s.SellLine(ctx, Sale{OrderID: "o1", Line: line})
				require.NoError(t, err)
			}
			requireLevel(t, store, "mug", 3, 0, 2)
			requireLevel(t, store, "cup", 2, 0, 1)
		}
		_, err = s.SellLine(ctx, Sale{OrderID: "o1", Line: Line{"mug", 1}})
		requireName(t, err, NotReserved)
		for range 2 {
			require.NoError(t, s.Restock(ctx, goodsOf("o1"), "e1", "c"))
			requireLevel(t, store, "mug", 5, 0, 0)
		}
		for range 2 {
			require.NoError(t, s.Reverse(ctx, "o1", "account closed", "e2", "c"))
			requireLevel(t, store, "mug", 3, 0, 2)
		}
		require.NoError(t, s.Restock(ctx, goodsOf("o1"), "e1", "c"), "a late repetition")
		requireLevel(t, store, "mug", 3, 0, 2)
		require.NoError(t, s.Restock(ctx, goodsOf("o1"), "e3", "c"), "a second return")
		requireLevel(t, store, "mug", 5, 0, 0)
		require.NoError(t, s.Reverse(ctx, "o1", "account closed", "e2", "c"), "a late repetition")
		requireLevel(t, store, "mug", 5, 0, 0)
		requireLevel(t, store, "cup", 3, 0, 0)
	})
	t.Run("all or nothing", func(t *testing.T) {
		out, err := s.ReserveOrder(ctx, orderOf("o2", Line{"mug", 7}, Line{"cup", 1}, Line{"none", 4}))
		require.NoError(t, err)
		require.Equal(t, Outcome{"OUT_OF_STOCK", []event.Shortage{{ProductID: "mug", Missing: 2}, {ProductID: "none", Missing: 4}}}, out)
		requireLevel(t, store, "mug", 5, 0, 0)
		requireLevel(t, store, "cup", 3, 0, 0)
		requireLevel(t, store, "none", 0, 0, 0)
	})
	t.Run("release", func(t *testing.T) {
		_, err := s.ReserveOrder(ctx, orderOf("o3", Line{"mug", 2}, Line{"cup", 3}))
		require.NoError(t, err)
		_, err = s.SellLine(ctx, Sale{OrderID: "o3", Line: Line{"cup", 3}})
		require.NoError(t, err)
		requireLevel(t, store, "cup", 0, 0, 3)
		for range 2 {
			out, err := s.ReleaseOrder(ctx, Order{OrderID: "o3"})
			require.NoError(t, err)
			require.Equal(t, Outcome{Outcome: "RELEASED"}, out)
			requireLevel(t, store, "mug", 5, 0, 0)
			requireLevel(t, store, "cup", 3, 0, 0)
		}
		_, err = s.ReserveOrder(ctx, orderOf("o3", Line{"mug", 2}, Line{"cup", 3}))
		requireName(t, err, OrderCancelled)
		_, err = s.SellLine(ctx, Sale{OrderID: "o3", Line: Line{"mug", 2}})
		requireName(t, err, NotReserved)
	})
	t.Run("release before reserving", func(t *testing.T) {
		_, err := s.ReleaseOrder(ctx, Order{OrderID: "o4"})
		require.NoError(t, err)
		_, err = s.ReserveOrder(ctx, orderOf("o4", Line{"mug", 1}))
		requireName(t, err, OrderCancelled)
		_, err = s.AwaitStock(ctx, Wait{orderOf("o4", Line{"mug", 1}), "t4"})
		requireName(t, err, OrderCancelled)
		requireLevel(t, store, "mug", 5, 0, 0)
	})
	t.Run("receive", func(t *testing.T) {
		for range 2 {
			require.NoError(t, s.Receive(ctx, "r1", reported("pot", 4)))
			requireLevel(t, store, "pot", 4, 0, 0)
		}
		_, err := s.ReserveOrder(ctx, orderOf("o5", Line{"pot", 3}))
		require.NoError(t, err)
		for range 2 {
			require.NoError(t, s.Receive(ctx, "r2", reported("pot", -10)))
			requireLevel(t, store, "pot", 0, 3, 0)
		}
		require.NoError(t, s.Receive(ctx, "r3", reported("nothing", -10)))
		requireLevel(t, store, "nothing", 0, 0, 0)
		level, err := store.Level(ctx, "pot")
		require.NoError(t, err)
		require.Equal(t, Level{ProductID: "pot", Reserved: 3, Received: -6, ListedAt: noon, Sequence: 3}, level, "all that was reported is counted")
	})
	t.Run("receive for a product that came again", func(t *testing.T) {
		at := func(change int64, listed time.Time) event.ProductSaved {
			saved := reported("can", change)
			saved.CreatedAt = listed
			return saved
		}
		for i, test := range []struct {
			saved               event.ProductSaved
			available, received int64
			listed              time.Time
		}{
			{at(4, time.Time{}), 4, 4, time.Time{}}, // said before events told when
			{at(4, noon), 8, 4, noon},
			{at(2, noon), 10, 6, noon},
			{at(5, noon.Add(time.Hour)), 15, 5, noon.Add(time.Hour)},
			{at(-3, noon), 12, 5, noon.Add(time.Hour)}, // late
			{at(-1, noon.Add(time.Hour)), 11, 4, noon.Add(time.Hour)},
		} {
			require.NoError(t, s.Receive(ctx, fmt.Sprintf("can-%d", i), test.saved))
			level, err := store.Level(ctx, "can")
			require.NoError(t, err)
			want := Level{ProductID: "can", Available: test.available, Received: test.received, ListedAt: test.listed, Sequence: int64(i + 1)}
			require.Equal(t, want, level)
		}
	})
	t.Run("first come, first served", func(t *testing.T) {
		await := func(id string, lines ...Line) {
			out, err := s.ReserveOrder(ctx, orderOf(id, lines...))
			require.NoError(t, err)
			require.Equal(t, "OUT_OF_STOCK", out.Outcome)
			_, err = s.AwaitStock(ctx, Wait{orderOf(id, lines...), "token-" + id})
			require.NoError(t, err)
			require.Empty(t, told("token-"+id))
			time.Sleep(2 * time.Millisecond) // who waits longer is known to the millisecond
		}
		await("w1", Line{"tea", 5}, Line{"sugar", 1})
		await("w2", Line{"tea", 3})
		await("w3", Line{"tea", 1})
		receive(t, s, "tea", 2)
		require.NoError(t, s.Serve(ctx, "tea"))
		requireLevel(t, store, "tea", 2, 0, 0)
		receive(t, s, "tea", 1)
		require.NoError(t, s.Serve(ctx, "tea"))
		requireLevel(t, store, "tea", 0, 3, 0)
		require.Equal(t, []string{"RESERVED"}, told("token-w2"), "w1, without sugar, does not stand in the way")
		require.Empty(t, told("token-w3"))
		receive(t, s, "sugar", 1)
		receive(t, s, "tea", 5)
		require.NoError(t, s.Serve(ctx, "tea"))
		require.Equal(t, []string{"RESERVED"}, told("token-w1"))
		require.Empty(t, told("token-w3"))
		require.NoError(t, s.EndWaiting(ctx, "w3"))
		require.NoError(t, s.EndWaiting(ctx, "w3"))
		require.Equal(t, []string{"OrderCancelled"}, told("token-w3"))
		receive(t, s, "tea", 5)
		require.NoError(t, s.Serve(ctx, "tea"))
		requireLevel(t, store, "tea", 5, 8, 0)
	})
	t.Run("stock that arrived before the order began to wait", func(t *testing.T) {
		order := orderOf("w4", Line{"salt", 2})
		out, err := s.ReserveOrder(ctx, order)
		require.NoError(t, err)
		require.Equal(t, "OUT_OF_STOCK", out.Outcome)
		receive(t, s, "salt", 2)
		require.NoError(t, s.Serve(ctx, "salt"))
		_, err = s.AwaitStock(ctx, Wait{order, "token-w4"})
		require.NoError(t, err)
		require.Equal(t, []string{"RESERVED"}, told("token-w4"))
		_, err = s.AwaitStock(ctx, Wait{order, "token-w4b"})
		require.NoError(t, err)
		require.Equal(t, []string{"RESERVED"}, told("token-w4b"), "the workflow tries again with another token")
		requireLevel(t, store, "salt", 0, 2, 0)
	})
	t.Run("twenty lines", func(t *testing.T) {
		var lines []Line
		for i := range MaxLines {
			lines = append(lines, Line{fmt.Sprintf("p%d", i), MaxQuantity})
		}
		_, err := s.AwaitStock(ctx, Wait{orderOf("w5", lines...), "token-w5"})
		require.NoError(t, err)
		for _, l := range lines {
			receive(t, s, l.ProductID, MaxQuantity)
		}
		require.NoError(t, s.Serve(ctx, "p7"))
		require.Equal(t, []string{"RESERVED"}, told("token-w5"))
		var selling sync.WaitGroup
		failed := make(chan error, MaxLines)
		for _, l := range lines { // the workflow sells them at once
			selling.Go(func() {
				_, err := s.SellLine(ctx, Sale{OrderID: "w5", Line: l})
				for errors.Is(err, fault.ErrUnavailable) { // as the workflow does
					_, err = s.SellLine(ctx, Sale{OrderID: "w5", Line: l})
				}
				failed <- err
			})
		}
		selling.Wait()
		for range lines {
			require.NoError(t, <-failed)
		}
		requireLevel(t, store, "p19", 0, 0, MaxQuantity)
	})
	t.Run("cancelled before it is known", func(t *testing.T) {
		require.NoError(t, s.EndWaiting(ctx, "w6"))
		_, err := s.AwaitStock(ctx, Wait{orderOf("w6", Line{"mug", 1}), "t"})
		requireName(t, err, OrderCancelled)
	})
}

func TestStock(t *testing.T) {
	shop := newFakeShop()
	shop.client.pageSize = 2
	testStock(t, shop.Stock, func(token string) []string { return shop.tasks.told[token] })
}

// testRace lets 50 customers order the last 10 mugs at once.
func testRace(t *testing.T, s *Stock) {
	t.Helper()
	receive(t, s, "mug", 10)
	receive(t, s, "lid", 100)
	var reserved, refused atomic.Int64
	var customers sync.WaitGroup
	for i := range 50 {
		customers.Go(func() {
			order := orderOf(fmt.Sprintf("race-%d", i), Line{"mug", 1}, Line{"lid", 2})
			for { // as the workflow does when stock is unavailable
				out, err := s.ReserveOrder(ctx, order)
				switch {
				case errors.Is(err, fault.ErrUnavailable):
					continue
				case err != nil:
					t.Error(err)
				case out.Outcome == OutcomeReserved:
					reserved.Add(1)
				default:
					refused.Add(1)
				}
				return
			}
		})
	}
	customers.Wait()
	require.Equal(t, []int64{10, 40}, []int64{reserved.Load(), refused.Load()})
	requireLevel(t, s.store, "mug", 0, 10, 0)
	requireLevel(t, s.store, "lid", 80, 20, 0)
}

func TestReserveOrder_RaceForTheLastItems(t *testing.T) { testRace(t, newFakeShop().Stock) }

func TestReserveOrder_RefusesWhatNoOrderHas(t *testing.T) {
	tooMany := make([]Line, MaxLines+1)
	for i := range tooMany {
		tooMany[i] = Line{strconv.Itoa(i), 1}
	}
	shop := newFakeShop()
	for field, lines := range map[string][]Line{
		"lines": nil, "lines ": tooMany, "lines[1].productId": {{"mug", 1}, {"mug", 2}}, "lines[0].productId": {{"", 1}},
		"lines[0].quantity": {{"mug", 0}}, "lines[0].quantity ": {{"mug", -1}}, "lines[1].quantity": {{"mug", 1}, {"cup", MaxQuantity + 1}},
	} {
		_, err := shop.ReserveOrder(ctx, orderOf("o", lines...))
		require.Equal(t, strings.TrimSpace(field), fault.Fields(err)[0].Field)
		_, err = shop.AwaitStock(ctx, Wait{orderOf("o", lines...), "t"})
		require.Equal(t, strings.TrimSpace(field), fault.Fields(err)[0].Field)
	}
	_, err := shop.ReserveOrder(ctx, orderOf("", Line{"mug", 1}))
	require.Equal(t, "orderId", fault.Fields(err)[0].Field)
	_, err = shop.AwaitStock(ctx, Wait{orderOf("o", Line{"mug", 1}), ""})
	require.Equal(t, "taskToken", fault.Fields(err)[0].Field)
	require.Empty(t, shop.client.items)
}

func TestReserveOrder_GivesUpAgainstEndlessInterference(t *testing.T) {
	shop := newFakeShop()
	receive(t, shop.Stock, "mug", 1)
	shop.client.busy["PRODUCT#mug|LEVEL"] = true
	var pauses []time.Duration
	shop.pause = func(_ context.Context, d time.Duration) error {
		pauses = append(pauses, d)
		return nil
	}
	clear(shop.client.calls)
	_, err := shop.ReserveOrder(ctx, orderOf("o", Line{"mug", 1}))
	require.ErrorIs(t, err, fault.ErrUnavailable)
	require.Equal(t, maxTries, shop.client.calls["TransactWriteItems"])
	for i, d := range pauses {
		require.Less(t, d, min(firstPause<<i, maxPause))
	}
}

func TestReverse_TakesNoMoreThanIsAvailable(t *testing.T) {
	shop := newFakeShop()
	receive(t, shop.Stock, "mug", 2)
	sell := func(id string, n int64) {
		_, err := shop.ReserveOrder(ctx, orderOf(id, Line{"mug", n}))
		require.NoError(t, err)
		_, err = shop.SellLine(ctx, Sale{OrderID: id, Line: Line{"mug", n}})
		require.NoError(t, err)
	}
	sell("o1", 2)
	require.NoError(t, shop.Restock(ctx, goodsOf("o1"), "e1", "c"))
	sell("o2", 1)
	require.NoError(t, shop.Reverse(ctx, "o1", "account closed", "e2", "c"))
	requireLevel(t, shop.store, "mug", 0, 0, 2)
	require.NoError(t, shop.Restock(ctx, goodsOf("o1"), "e3", "c"), "the goods come back after all")
	requireLevel(t, shop.store, "mug", 1, 0, 1)
}

func TestReverse_LeavesOrdersWithoutAReturnAlone(t *testing.T) {
	shop := newFakeShop()
	receive(t, shop.Stock, "mug", 2)
	_, err := shop.ReserveOrder(ctx, orderOf("o1", Line{"mug", 2}))
	require.NoError(t, err)
	before := fmt.Sprint(shop.client.items)
	require.NoError(t, shop.Reverse(ctx, "o1", "account closed", "e", "c"))
	require.NoError(t, shop.Reverse(ctx, "o2", "account closed", "e", "c"))
	require.Equal(t, before, fmt.Sprint(shop.client.items))
}

func TestChange_TellsABrokenBalanceFromAShortage(t *testing.T) {
	shop := newFakeShop()
	receive(t, shop.Stock, "mug", 2)
	_, err := shop.ReserveOrder(ctx, orderOf("o1", Line{"mug", 2}))
	require.NoError(t, err)
	shop.client.items["PRODUCT#mug|LEVEL"]["reserved"] = attr.Number(1)
	_, err = shop.ReleaseOrder(ctx, Order{OrderID: "o1"})
	require.ErrorContains(t, err, `the stock of product "mug"`)
	require.ErrorContains(t, err, "does not cover its reservations")
}

func TestRefused_SaysWhatElseDynamoDBMinds(t *testing.T) {
	moved := []Movement{{ProductID: "mug", Available: -1, Reserved: 1}}
	none := types.CancellationReason{Code: aws.String("None")}
	err := refused([]types.CancellationReason{none, {Code: aws.String("ValidationError"), Message: aws.String("too large")}}, moved)
	require.EqualError(t, err, "DynamoDB refused part 1: ValidationError: too large")
	require.ErrorIs(t, refused([]types.CancellationReason{none, {Code: aws.String("ThrottlingError")}}, moved), ErrInterference)
	require.ErrorContains(t, refused(nil, moved), "gave 0 reasons, want at least 2")
}

func TestServe_GoesOnBehindAWorkflowThatCannotBeTold(t *testing.T) {
	shop := newFakeShop()
	for _, id := range []string{"o1", "o2"} {
		_, err := shop.AwaitStock(ctx, Wait{orderOf(id, Line{"mug", 1}), "token of " + id})
		require.NoError(t, err)
	}
	receive(t, shop.Stock, "mug", 2)
	failing := 2
	shop.tasks.crash = func() (before, after bool) {
		failing--
		return failing == 1, false
	}
	require.ErrorContains(t, shop.Serve(ctx, "mug"), `telling the workflow of order "o1"`)
	require.Equal(t, map[string][]string{"token of o2": {OutcomeReserved}}, shop.tasks.told, "its neighbour is served")
	require.NoError(t, shop.Serve(ctx, "mug"))
	require.Equal(t, []string{OutcomeReserved}, shop.tasks.told["token of o1"])
	require.Equal(t, []string{OutcomeReserved}, shop.tasks.told["token of o2"])
	requireLevel(t, shop.store, "mug", 0, 2, 0)
}

func TestQueue_IsInTheOrderOfWaiting(t *testing.T) {
	shop := newFakeShop()
	shop.client.pageSize = 1
	for _, id := range []string{"z", "a", "m"} {
		_, err := shop.AwaitStock(ctx, Wait{orderOf(id, Line{"tea", 1}), "t"})
		require.NoError(t, err)
	}
	var orders []string
	for id, err := range shop.store.Queue(ctx, "tea") {
		require.NoError(t, err)
		orders = append(orders, id)
	}
	require.Equal(t, []string{"z", "a", "m"}, slices.Clip(orders))
}
