package components_test

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
)

const ordersStreamARN = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders-1234567/stream/2026-01-01T00:00:00.000"

func newTable(tb testing.TB, ctx *pulumi.Context, stream components.StreamView) *components.Table {
	tb.Helper()
	table, err := components.NewTable(ctx, "orders", &components.TableArgs{PartitionKey: components.String("orderId"), Stream: stream})
	require.NoError(tb, err)
	return table
}

func TestTable_StreamsItsChangesIfAsked(t *testing.T) {
	for _, view := range []components.StreamView{components.KeysOnly, components.NewImage, components.OldImage, components.NewAndOldImages} {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			ctx.Export("stream", newTable(t, ctx, view).StreamARN)
			return nil
		})
		inputs := program.Get(t, tableType, "orders").Inputs
		require.Equal(t, true, inputs["streamEnabled"])
		require.Equal(t, string(view), inputs["streamViewType"])
	}
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newTable(t, ctx, "")
		return nil
	})
	require.NotContains(t, program.Get(t, tableType, "orders").Inputs, "streamEnabled")
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewTable(ctx, "orders", &components.TableArgs{PartitionKey: components.String("orderId"), Stream: "ALL"})
		return err
	}, `orders (Table): Stream = "ALL", want KeysOnly, NewImage, OldImage or NewAndOldImages`)
}

func TestTable_OnChangeLosesNothingByDefault(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		return newTable(t, ctx, components.NewAndOldImages).OnChange(ctx, "publish", newFunction(t, ctx, "publish-events"), nil)
	})
	require.Equal(t, map[string]any{
		"eventSourceArn": ordersStreamARN, "functionName": "arn:aws:lambda:eu-central-1:123456789012:function/publish-events-1234567",
		"startingPosition": "TRIM_HORIZON", "batchSize": 100.0, "maximumBatchingWindowInSeconds": 0.0, "parallelizationFactor": 1.0,
		"bisectBatchOnFunctionError": true, "maximumRetryAttempts": 10.0, "functionResponseTypes": []any{"ReportBatchItemFailures"},
		"destinationConfig": map[string]any{"onFailure": map[string]any{"destinationArn": queueARN("orders-publish-dlq")}},
	}, program.Get(t, mappingType, "orders-publish").Inputs)
	require.Equal(t, map[string][]string{
		ordersStreamARN:                {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"},
		queueARN("orders-publish-dlq"): {"sqs:SendMessage"},
	}, granted(t, program, "publish-events-orders-publish"), "nothing on every resource")
	require.Equal(t, "orders", program.Get(t, mappingType, "orders-publish").Parent)
	require.Equal(t, map[string]any{"QueueName": "orders-publish-dlq-1234567"}, program.Get(t, alarmType, "orders-publish-dlq-not-empty").Inputs["dimensions"])
}

func TestTable_OnChangeOptions(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		return newTable(t, ctx, components.NewAndOldImages).OnChange(ctx, "publish", newFunction(t, ctx, "publish"), &components.ChangeArgs{
			Filters: []components.ChangeFilter{
				{Kinds: []components.ChangeKind{components.Modified, components.Inserted}},
				{
					Keys: components.Fields{"orderId": components.Fields{"S": components.Prefix("ORDER#")}},
					New:  components.Fields{"total": components.Fields{"N": components.Exact("100")}, "address": components.Fields{"M": components.Fields{"city": components.Fields{"S": components.Exists()}}}},
					Old:  components.Fields{}.Or(components.Fields{"paid": components.Fields{"BOOL": components.Exact(false)}}, components.Fields{"paid": components.Fields{"NULL": components.Exact(true)}}),
				},
			},
			BatchSize: 1, BatchWindow: time.Second, Parallelisation: 2, DisableBisect: true, MaxRetries: 3, MaxRecordAge: time.Hour,
			StartFrom: components.StartAtNewest, OnFailure: newQueue(t, ctx, "failed", nil),
		})
	})
	mapping := program.Get(t, mappingType, "orders-publish").Inputs
	require.JSONEq(t, `{"eventName":["INSERT","MODIFY"]}`, in(t, mapping, "filterCriteria", "filters", 0, "pattern").(string))
	require.JSONEq(t, `{"dynamodb":{"Keys":{"orderId":{"S":[{"prefix":"ORDER#"}]}},`+
		`"NewImage":{"address":{"M":{"city":{"S":[{"exists":true}]}}},"total":{"N":["100"]}},`+
		`"OldImage":{"$or":[{"paid":{"BOOL":[false]}},{"paid":{"NULL":[true]}}]}}}`, in(t, mapping, "filterCriteria", "filters", 1, "pattern").(string))
	require.EqualValues(t, 1, mapping["batchSize"])
	require.EqualValues(t, 1, mapping["maximumBatchingWindowInSeconds"])
	require.EqualValues(t, 2, mapping["parallelizationFactor"])
	require.Equal(t, false, mapping["bisectBatchOnFunctionError"])
	require.EqualValues(t, 3, mapping["maximumRetryAttempts"])
	require.EqualValues(t, 3600, mapping["maximumRecordAgeInSeconds"])
	require.Equal(t, "LATEST", mapping["startingPosition"])
	require.Equal(t, queueARN("failed"), in(t, mapping, "destinationConfig", "onFailure", "destinationArn"))
	require.Equal(t, []string{"sqs:SendMessage"}, granted(t, program, "publish-orders-publish")[queueARN("failed")])
}

func TestTable_OnChangeOptOuts(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		return newTable(t, ctx, components.KeysOnly).OnChange(ctx, "publish", newFunction(t, ctx, "publish"),
			&components.ChangeArgs{DisableRetries: true, DisableFailureQueue: true})
	})
	mapping := program.Get(t, mappingType, "orders-publish").Inputs
	require.EqualValues(t, 0, mapping["maximumRetryAttempts"])
	require.NotContains(t, mapping, "destinationConfig")
	require.Empty(t, program.OfType(queueType))
}

func TestTable_OnChangeRefusesWrongArguments(t *testing.T) {
	filtered := func(filter components.ChangeFilter) *components.ChangeArgs {
		return &components.ChangeArgs{Filters: []components.ChangeFilter{filter}}
	}
	status := components.Fields{"status": components.Fields{"S": components.Exact("PAID")}}
	for name, test := range map[string]struct {
		stream components.StreamView
		args   *components.ChangeArgs
		want   []string
	}{
		"no stream": {"", nil, []string{`orders-publish (Table.OnChange): table orders Stream = "", want a stream, such as TableArgs.Stream = NewAndOldImages`}},
		"settings":  {components.KeysOnly, &components.ChangeArgs{BatchSize: -1, Parallelisation: 11}, []string{"BatchSize = -1", "Parallelisation = 11, want 1–10"}},
		"too many":  {components.KeysOnly, &components.ChangeArgs{Filters: make([]components.ChangeFilter, 6)}, []string{"Filters = 6, want at most 5", "Filters[0] = \"Fields{}\", want at least one field"}},
		"kind":      {components.KeysOnly, filtered(components.ChangeFilter{Kinds: []components.ChangeKind{"UPSERT"}}), []string{`Filters[0].Kinds = "UPSERT", want Inserted, Modified or Removed`}},
		"no new":    {components.OldImage, filtered(components.ChangeFilter{New: status}), []string{"Filters[0].New = \"Fields\", want none, since the table's stream is OLD_IMAGE"}},
		"no old":    {components.KeysOnly, filtered(components.ChangeFilter{Old: status}), []string{"Filters[0].Old = \"Fields\", want none, since the table's stream is KEYS_ONLY"}},
		"untyped": {components.NewImage, filtered(components.ChangeFilter{New: components.Fields{"status": components.Exact("PAID")}}),
			[]string{`Filters[0].New.status = "components.Matcher", want the attribute's type and the condition, such as Fields{"S": Exact("PAID")}`}},
		"unknown type": {components.NewImage, filtered(components.ChangeFilter{New: components.Fields{"status": components.Fields{"TEXT": components.Exact("PAID")}}}),
			[]string{`Filters[0].New.status = "TEXT", want one of S, N, B`}},
		"number": {components.NewImage, filtered(components.ChangeFilter{New: components.Fields{"n": components.Fields{"N": components.Exact(27)}}}),
			[]string{`Filters[0].New.n = 27, want the number as text`}},
		"no such number": {components.NewImage, filtered(components.ChangeFilter{New: components.Fields{"n": components.Fields{"N": components.AnythingBut(27)}}}),
			[]string{`Filters[0].New.n = 27, want the number as text`}},
		"text": {components.NewImage, filtered(components.ChangeFilter{New: components.Fields{"s": components.Fields{"S": components.Exact(27)}}}),
			[]string{`Filters[0].New.s = 27, want a text, which is what the type S has`}},
		"boolean": {components.NewImage, filtered(components.ChangeFilter{New: components.Fields{"b": components.Fields{"BOOL": components.Exact("true")}}}),
			[]string{`Filters[0].New.b = "true", want true or false, which is what the type BOOL has`}},
		"number in a list": {components.NewImage, filtered(components.ChangeFilter{New: components.Fields{"l": components.Fields{"L": components.Fields{"N": components.Exact(27)}}}}),
			[]string{`Filters[0].New.l = 27, want the number as text`}},
		"no wildcard": {components.NewImage, filtered(components.ChangeFilter{New: components.Fields{"s": components.Fields{"S": components.AnythingBut(components.Wildcard("a*"))}}}),
			[]string{`Filters[0].dynamodb.NewImage.s.S = "wildcard", want an operator that Lambda knows here`}},
		"comparison": {components.NewImage, filtered(components.ChangeFilter{New: components.Fields{"n": components.Fields{"N": components.Numeric(">", 27)}}}),
			[]string{`want an operator that Lambda knows here, not wildcard, cidr, numeric`}},
		"untyped member": {components.NewImage, filtered(components.ChangeFilter{New: components.Fields{"a": components.Fields{"M": components.Fields{"b": components.Exists()}}}}),
			[]string{"Filters[0].New.a.b"}},
		"untyped alternative": {components.NewImage, filtered(components.ChangeFilter{New: components.Fields{}.Or(status, components.Fields{"a": components.Exists()})}),
			[]string{"Filters[0].New.$or[1].a"}},
	} {
		t.Run(name, func(t *testing.T) {
			program, err := mocks.Run(func(ctx *pulumi.Context) error {
				return newTable(t, ctx, test.stream).OnChange(ctx, "publish", newFunction(t, ctx, "publish"), test.args)
			}, nil)
			for _, text := range test.want {
				require.ErrorContains(t, err, text)
			}
			require.Empty(t, program.OfType(mappingType))
			require.Empty(t, program.OfType(queueType))
		})
	}
}

func TestTable_HasUpToTwoReadersOfItsStream(t *testing.T) {
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		table, f := newTable(t, ctx, components.KeysOnly), newFunction(t, ctx, "publish")
		require.NoError(t, table.OnChange(ctx, "one", f, nil))
		require.NoError(t, table.OnChange(ctx, "two", f, nil))
		return table.OnChange(ctx, "one", f, nil)
	}, nil)
	require.ErrorContains(t, err, "consumers = 3, want at most 2 of one table's stream")
	require.ErrorContains(t, err, `name = "one", want a name that no other consumer of the table has`)
}
