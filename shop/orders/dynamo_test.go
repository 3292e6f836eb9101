package orders

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/attr"
)

func TestTable_FiftyDuplicatesAtOnceAreOneOrder(t *testing.T) {
	client, table, _ := newFakeTables()
	testDuplicates(t, table)
	require.Len(t, client.tables["orders"], 4, "an event, what is private, the key, and the customer's list")
}

func TestTable_Races(t *testing.T) {
	_, table, _ := newFakeTables()
	testRaces(t, table)
}

func TestTable_ALostAnswerIsNoSecondOrder(t *testing.T) {
	client, table, _ := newFakeTables()
	client.loseAnswer = true
	o := place(t, newTestService(table), "key")
	require.Equal(t, "order-1", o.ID)
	require.Len(t, client.tables["orders"], 4)
}

func TestTable_MeetingOtherTransactionsIsTriedAgain(t *testing.T) {
	client, table, _ := newFakeTables()
	client.conflicts = 3
	s := newTestService(table)
	place(t, s, "key")
	client.conflicts = maxAttempts
	_, err := s.Place(ctx, goods, "ada", "another", "c", draft())
	require.ErrorContains(t, err, "met other transactions 10 times")
}

func TestReasons(t *testing.T) {
	cancelled := func(codes ...string) *types.TransactionCanceledException {
		c := &types.TransactionCanceledException{}
		for _, code := range codes {
			c.CancellationReasons = append(c.CancellationReasons, types.CancellationReason{Code: aws.String(code), Message: aws.String("because")})
		}
		return c
	}
	failed, err := reasons(cancelled("None", "ConditionalCheckFailed", "TransactionConflict"))
	require.NoError(t, err)
	require.Equal(t, []int{1}, failed, "a condition that does not hold will not hold the next time")
	failed, err = reasons(cancelled("None", "TransactionConflict"))
	require.NoError(t, err)
	require.Empty(t, failed)
	_, err = reasons(cancelled("ValidationError", "TransactionConflict"))
	require.ErrorContains(t, err, "part 0: ValidationError: because")
	_, err = reasons(cancelled())
	require.Error(t, err, "without a reason nothing is known")
}

func TestTable_KeepsWhatIsPrivateApart(t *testing.T) {
	client, table, _ := newFakeTables()
	o := place(t, newTestService(table), "key")
	for key, stored := range client.snapshot(t, "orders") {
		if key != "ORDER#"+o.ID+"|PRIVATE" {
			require.NotContains(t, stored, "Lovelace", key)
			require.NotContains(t, stored, "tok_ok", key)
		}
	}
	private, found, err := table.Private(ctx, o.ID)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, Private{draft().ShippingAddress, "tok_ok"}, private)
}

func TestTable_ItemsLiveAsLongAsTheyShould(t *testing.T) {
	client, table, _ := newFakeTables()
	table.now = func() time.Time { return noon }
	place(t, newTestService(table), "key")
	for key, stored := range client.tables["orders"] {
		if key == "IDEMPOTENCY#ada#key|ORDER" {
			require.Equal(t, noon.Add(7*24*time.Hour).Unix(), sum(stored[attrExpires]))
			continue
		}
		require.NotContains(t, stored, attrExpires, key)
	}
}

func TestTable_ReadsLongHistoriesInPages(t *testing.T) {
	client, table, _ := newFakeTables()
	s := newTestService(table)
	o := place(t, s, "key")
	for _, name := range []string{"reserve", "pay", "ship", "deliver", "request return"} {
		_, err := s.change(ctx, o.ID, commands[name])
		require.NoError(t, err, name)
	}
	client.pageSize = 2
	loaded, history, err := table.Load(ctx, o.ID)
	require.NoError(t, err)
	require.Len(t, history, 6)
	require.Equal(t, ReturnRequested, loaded.Status)
	whole, _, erased, err := table.Whole(ctx, o.ID)
	require.NoError(t, err)
	require.False(t, erased)
	require.Equal(t, loaded, whole)
}

func TestTable_RefusesHistoriesItCannotRead(t *testing.T) {
	client, table, _ := newFakeTables()
	o := place(t, newTestService(table), "key")
	stored := client.tables["orders"]["ORDER#"+o.ID+"|EVENT#000001"]
	for attribute, test := range map[string]struct{ value, want string }{
		"at": {"yesterday", "reading event 1 of order"}, "type": {"Order Eaten", `"Order Eaten" is unknown`}, "detail": {"{", "reading the detail"},
	} {
		was := stored[attribute]
		stored[attribute] = attr.Text(test.value)
		_, _, err := table.Load(ctx, o.ID)
		require.ErrorContains(t, err, test.want)
		stored[attribute] = was
	}
	_, _, err := table.Load(ctx, "nothing")
	require.ErrorIs(t, err, fault.ErrNotFound)
}

func TestDraft_HashIsOfTheOrderAndNotOfItsJSON(t *testing.T) {
	var a, b Draft
	require.NoError(t, json.Unmarshal([]byte(`{"paymentToken":"t","lines":[{"quantity":1,"productId":"mug"},{"quantity":2,"productId":"cup"}]}`), &a))
	require.NoError(t, json.Unmarshal([]byte(`{"lines": [ {"productId":"cup","quantity":2}, {"productId":"mug","quantity":1} ], "paymentToken":"\u0074"}`), &b))
	require.Equal(t, a.hash(), b.hash())
	require.Equal(t, "mug", a.Lines[0].ProductID, "the order itself stays as the customer sorted it")
	b.Lines[0].Quantity++
	require.NotEqual(t, a.hash(), b.hash())
}
