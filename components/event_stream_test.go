package components_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	streamType = "aws:kinesis/stream:Stream"
	clicksARN  = "arn:aws:kinesis:eu-central-1:123456789012:stream/clicks-1234567"
)

func newStream(tb testing.TB, ctx *pulumi.Context, name string, args *components.EventStreamArgs) *components.EventStream {
	tb.Helper()
	stream, err := components.NewEventStream(ctx, name, args)
	require.NoError(tb, err)
	return stream
}

func TestEventStream_IsEncryptedAndScalesByDefault(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newStream(t, ctx, "clicks", nil)
		return nil
	})
	require.Equal(t, map[string]any{
		"encryptionType": "KMS", "kmsKeyId": "alias/aws/kinesis", "retentionPeriod": 24.0,
		"streamModeDetails": map[string]any{"streamMode": "ON_DEMAND"},
	}, program.Get(t, streamType, "clicks").Inputs)
}

func TestEventStream_Options(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newStream(t, ctx, "clicks", &components.EventStreamArgs{Shards: 2, Retention: 8760 * time.Hour, KMSKey: pulumi.String(keyARN)})
		return nil
	})
	require.Equal(t, map[string]any{
		"encryptionType": "KMS", "kmsKeyId": keyARN, "retentionPeriod": 8760.0, "shardCount": 2.0,
		"streamModeDetails": map[string]any{"streamMode": "PROVISIONED"},
	}, program.Get(t, streamType, "clicks").Inputs)
}

func TestEventStream_GrantPutLinksItsName(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		plain := newStream(t, ctx, "clicks", nil)
		keyed := newStream(t, ctx, "views", &components.EventStreamArgs{KMSKey: pulumi.String(keyARN)})
		_, err := components.NewFunction(ctx, "track", &components.FunctionArgs{
			Source: "x", Builder: newBuilder(t), DisableTracing: true, Grants: []policies.Grant{plain.GrantPut(), keyed.GrantPut(policies.PutRecord)},
		})
		return err
	})
	require.Equal(t, map[string][]string{
		clicksARN: {"kinesis:PutRecords"}, "arn:aws:kinesis:eu-central-1:123456789012:stream/views-1234567": {"kinesis:PutRecord"},
		keyARN: {"kms:GenerateDataKey"},
	}, allowed(t, program, "track"))
	require.Equal(t, map[string]any{"CLICKS_STREAM": "clicks-1234567", "VIEWS_STREAM": "views-1234567"},
		in(t, program.Get(t, functionType, "track").Inputs, "environment", "variables"))
}

func TestEventStream_ConsumerLosesNothingByDefault(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		return newStream(t, ctx, "clicks", nil).OnRecord(ctx, "count", newFunction(t, ctx, "count-clicks"), nil)
	})
	require.Equal(t, map[string]any{
		"eventSourceArn": clicksARN, "functionName": "arn:aws:lambda:eu-central-1:123456789012:function/count-clicks-1234567",
		"startingPosition": "TRIM_HORIZON", "batchSize": 100.0, "maximumBatchingWindowInSeconds": 0.0, "parallelizationFactor": 1.0,
		"bisectBatchOnFunctionError": true, "maximumRetryAttempts": 10.0, "functionResponseTypes": []any{"ReportBatchItemFailures"},
		"destinationConfig": map[string]any{"onFailure": map[string]any{"destinationArn": queueARN("clicks-count-dlq")}},
	}, program.Get(t, mappingType, "clicks-count").Inputs)
	require.Equal(t, map[string][]string{
		clicksARN: {
			"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards",
		},
		queueARN("clicks-count-dlq"): {"sqs:SendMessage"},
	}, granted(t, program, "count-clicks-clicks-count"))
	require.Equal(t, "count-clicks-role-1234567", program.Get(t, policyType, "count-clicks-clicks-count").Inputs["role"])
	require.JSONEq(t, `{"redrivePermission": "denyAll"}`, program.Get(t, queueType, "clicks-count-dlq").Inputs["redriveAllowPolicy"].(string))
	require.NotContains(t, program.Get(t, alarmType, "clicks-count-dlq-not-empty").Inputs, "alarmActions")
}

func TestEventStream_ConsumerOptions(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		stream := newStream(t, ctx, "clicks", &components.EventStreamArgs{KMSKey: pulumi.String(keyARN)})
		require.NoError(t, stream.OnRecord(ctx, "count", newFunction(t, ctx, "count"), &components.RecordArgs{
			Filters: []components.Fields{{"page": components.Prefix("/products/")}}, BatchSize: 10_000, BatchWindow: 5 * time.Minute,
			Parallelisation: 10, DisableBisect: true, MaxRetries: 10_000, MaxRecordAge: time.Minute, StartFrom: components.StartAtNewest,
			OnFailure: newTopic(t, ctx, "order-placed", nil),
		}))
		return stream.OnRecord(ctx, "replay", newFunction(t, ctx, "replay"), &components.RecordArgs{
			DisableRetries: true, DisableFailureQueue: true, StartTime: time.Date(2026, 11, 1, 12, 0, 0, 0, time.FixedZone("CET", 3600)),
		})
	})
	count := program.Get(t, mappingType, "clicks-count").Inputs
	require.EqualValues(t, 10_000, count["batchSize"])
	require.EqualValues(t, 300, count["maximumBatchingWindowInSeconds"])
	require.EqualValues(t, 10, count["parallelizationFactor"])
	require.Equal(t, false, count["bisectBatchOnFunctionError"])
	require.EqualValues(t, 10_000, count["maximumRetryAttempts"])
	require.EqualValues(t, 60, count["maximumRecordAgeInSeconds"])
	require.Equal(t, "LATEST", count["startingPosition"])
	require.JSONEq(t, `{"data":{"page":[{"prefix":"/products/"}]}}`, in(t, count, "filterCriteria", "filters", 0, "pattern").(string))
	require.Equal(t, placedARN, in(t, count, "destinationConfig", "onFailure", "destinationArn"))
	require.Equal(t, []string{"sns:Publish"}, granted(t, program, "count-clicks-count")[placedARN])
	require.Equal(t, []string{"kms:Decrypt"}, granted(t, program, "count-clicks-count")[keyARN])

	replay := program.Get(t, mappingType, "clicks-replay").Inputs
	require.Equal(t, "AT_TIMESTAMP", replay["startingPosition"])
	require.Equal(t, "2026-11-01T11:00:00Z", replay["startingPositionTimestamp"])
	require.EqualValues(t, 0, replay["maximumRetryAttempts"])
	require.NotContains(t, replay, "destinationConfig")
	require.Empty(t, program.OfType(queueType))
}

func TestEventStream_RefusesWrongArguments(t *testing.T) {
	for want, args := range map[string]*components.EventStreamArgs{
		"Shards = -1, want 1–500":               {Shards: -1},
		"Shards = 501, want 1–500":              {Shards: 501},
		"Retention = 23h, want 24h–8760h":       {Retention: 23 * time.Hour},
		"Retention = 8761h, want 24h–8760h":     {Retention: 8761 * time.Hour},
		"Retention = 24h30m, want 24h–8760h in": {Retention: 24*time.Hour + 30*time.Minute},
	} {
		refused(t, func(ctx *pulumi.Context) error {
			_, err := components.NewEventStream(ctx, "clicks", args)
			return err
		}, "clicks (EventStream): "+want)
	}
}

func TestEventStream_RefusesWrongConsumers(t *testing.T) {
	type args = components.RecordArgs
	for name, test := range map[string]struct {
		args args
		want []string
	}{
		"batch":             {args{BatchSize: 10_001}, []string{"clicks-count (EventStream.OnRecord): BatchSize = 10001, want 1–10000"}},
		"window":            {args{BatchWindow: 6 * time.Minute}, []string{"BatchWindow = 6m, want 0s–5m"}},
		"parallel":          {args{Parallelisation: 11}, []string{"Parallelisation = 11, want 1–10"}},
		"retries":           {args{MaxRetries: 10_001}, []string{"MaxRetries = 10001, want 1–10000"}},
		"retries and none":  {args{MaxRetries: 1, DisableRetries: true}, []string{"MaxRetries = 1, want 0, since DisableRetries is set"}},
		"age":               {args{MaxRecordAge: time.Second}, []string{"MaxRecordAge = 1s, want 1m–168h"}},
		"old":               {args{MaxRecordAge: 169 * time.Hour}, []string{"MaxRecordAge = 169h, want 1m–168h"}},
		"start":             {args{StartFrom: "HERE"}, []string{`StartFrom = "HERE", want StartAtOldest or StartAtNewest`}},
		"two starts":        {args{StartFrom: components.StartAtOldest, StartTime: time.Unix(1, 0)}, []string{"want none, since StartTime is set"}},
		"failure twice":     {args{OnFailure: &components.WorkQueue{}, DisableFailureQueue: true}, []string{"want none, since DisableFailureQueue is set"}},
		"failure to a bus":  {args{OnFailure: &components.EventBus{}}, []string{`OnFailure = "*components.EventBus", want a *WorkQueue or a *FanOutTopic`}},
		"filters":           {args{Filters: make([]components.Fields, 6)}, []string{"Filters = 6, want at most 5"}},
		"unknown operators": {args{Filters: []components.Fields{{"a": components.Wildcard("*b")}}}, []string{`Filters[0].data.a = "wildcard", want an operator that Lambda knows`}},
		"long filter":       {args{Filters: []components.Fields{{"a": components.Exact(fmt.Sprintf("%5000d", 1))}}}, []string{"want at most 4096 (Lambda quota)"}},
	} {
		t.Run(name, func(t *testing.T) {
			program, err := mocks.Run(func(ctx *pulumi.Context) error {
				return newStream(t, ctx, "clicks", nil).OnRecord(ctx, "count", newFunction(t, ctx, "count"), &test.args)
			}, nil)
			for _, text := range test.want {
				require.ErrorContains(t, err, text)
			}
			require.Empty(t, program.OfType(mappingType))
			require.Empty(t, program.OfType(queueType))
		})
	}
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		return newStream(t, ctx, "clicks", nil).OnRecord(ctx, "Count", nil, nil)
	}, nil)
	require.ErrorContains(t, err, `name = "Count", want lower-case words`)
	require.ErrorContains(t, err, "function = <nil>, want the function that reads the stream")
}

func TestEventStream_HasUpToFiveConsumers(t *testing.T) {
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		stream, f := newStream(t, ctx, "clicks", nil), newFunction(t, ctx, "count")
		for i := range 5 {
			require.NoError(t, stream.OnRecord(ctx, fmt.Sprint("count-", i), f, nil))
		}
		return stream.OnRecord(ctx, "count-0", f, nil)
	}, nil)
	require.ErrorContains(t, err, "consumers = 6, want at most 5 of one stream")
	require.ErrorContains(t, err, `name = "count-0", want a name that no other consumer of the stream has`)
}
