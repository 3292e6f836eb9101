package components_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	topicType        = "aws:sns/topic:Topic"
	subscriptionType = "aws:sns/topicSubscription:TopicSubscription"
	placedARN        = "arn:aws:sns:eu-central-1:123456789012:topic/order-placed-1234567"
	keyARN           = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
)

func newTopic(tb testing.TB, ctx *pulumi.Context, name string, args *components.FanOutTopicArgs) *components.FanOutTopic {
	tb.Helper()
	topic, err := components.NewFanOutTopic(ctx, name, args)
	require.NoError(tb, err)
	return topic
}

func TestFanOutTopic_IsEncryptedAndReachableOverTLSOnly(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newTopic(t, ctx, "order-placed", nil)
		return nil
	})
	topic := program.Get(t, topicType, "order-placed").Inputs
	require.Equal(t, "alias/aws/sns", topic["kmsMasterKeyId"])
	require.EqualValues(t, 2, topic["signatureVersion"], "SHA-256")
	require.NotContains(t, topic, "fifoTopic")
	require.NotContains(t, topic, "name", "physical names are made by Pulumi")
	policy := program.Get(t, "aws:sns/topicPolicy:TopicPolicy", "order-placed-policy").Inputs
	require.Equal(t, placedARN, policy["arn"])
	require.Equal(t, []any{tlsOnly("sns:Publish", placedARN)}, statements(t, policy["policy"]), "nobody may publish without a grant")
}

func TestFanOutTopic_Options(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newTopic(t, ctx, "payments", &components.FanOutTopicArgs{FIFO: true, ContentBasedDeduplication: true, KMSKey: pulumi.String(keyARN)})
		return nil
	})
	topic := program.Get(t, topicType, "payments").Inputs
	require.Equal(t, true, topic["fifoTopic"])
	require.Equal(t, true, topic["contentBasedDeduplication"])
	require.Equal(t, keyARN, topic["kmsMasterKeyId"])
}

func TestFanOutTopic_GrantPublishLinksItsARN(t *testing.T) {
	for name, test := range map[string]struct {
		args *components.FanOutTopicArgs
		want map[string][]string
	}{
		"AWS's key":      {nil, map[string][]string{placedARN: {"sns:Publish"}}},
		"customer's key": {&components.FanOutTopicArgs{KMSKey: pulumi.String(keyARN)}, map[string][]string{placedARN: {"sns:Publish"}, keyARN: {"kms:Decrypt", "kms:GenerateDataKey"}}},
	} {
		t.Run(name, func(t *testing.T) {
			program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
				topic := newTopic(t, ctx, "order-placed", test.args)
				_, err := components.NewFunction(ctx, "place", &components.FunctionArgs{
					Source: "x", Builder: newBuilder(t), DisableTracing: true, Grants: []policies.Grant{topic.GrantPublish()},
				})
				require.NoError(t, err)
				_, err = components.NewFunction(ctx, "fail", &components.FunctionArgs{Source: "x", Builder: newBuilder(t), Async: &components.Async{OnFailure: topic}})
				return err
			})
			require.Equal(t, test.want, allowed(t, program, "place"))
			require.Equal(t, test.want, granted(t, program, "fail-destinations"))
			require.Equal(t, map[string]any{"ORDER_PLACED_TOPIC_ARN": placedARN}, in(t, program.Get(t, functionType, "place").Inputs, "environment", "variables"))
		})
	}
}

func TestFanOutTopic_GivesEachConsumerItsOwnQueue(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		topic := newTopic(t, ctx, "order-placed", nil)
		queue, err := topic.SubscribeQueue(ctx, "mail", newFunction(t, ctx, "send-mail"), nil)
		require.NoError(t, err)
		require.NotNil(t, queue)
		_, err = topic.SubscribeQueue(ctx, "archive", newFunction(t, ctx, "archive-order"), &components.QueueSubscriptionArgs{
			Filter: components.TopicFilter{Body: components.Fields{"total": components.Numeric(">", 100)}}, RawDelivery: true,
			Queue: components.WorkQueueArgs{MaxReceives: 2, MaximumConcurrency: 2},
		})
		return err
	})
	require.Contains(t, program.Children("order-placed"), "shop:components:WorkQueue order-placed-mail")
	mail := program.Get(t, subscriptionType, "order-placed-mail").Inputs
	require.Equal(t, "sqs", mail["protocol"])
	require.Equal(t, placedARN, mail["topic"])
	require.Equal(t, queueARN("order-placed-mail"), mail["endpoint"])
	require.Equal(t, false, mail["rawMessageDelivery"])
	require.JSONEq(t, `{"deadLetterTargetArn": "`+queueARN("order-placed-mail-dlq")+`"}`, mail["redrivePolicy"].(string))
	require.NotContains(t, mail, "filterPolicy")
	for _, name := range []string{"order-placed-mail", "order-placed-mail-dlq"} {
		require.Equal(t, []any{tlsOnly("sqs:*", queueARN(name)), sendable("sns.amazonaws.com", placedARN, queueARN(name))},
			statements(t, program.Get(t, queuePolicyType, name+"-policy").Inputs["policy"]), name)
	}
	require.Equal(t, map[string][]string{queueARN("order-placed-mail"): {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}},
		granted(t, program, "send-mail-order-placed-mail"))

	archive := program.Get(t, subscriptionType, "order-placed-archive").Inputs
	require.Equal(t, true, archive["rawMessageDelivery"])
	require.JSONEq(t, `{"total":[{"numeric":[">",100]}]}`, archive["filterPolicy"].(string))
	require.Equal(t, "MessageBody", archive["filterPolicyScope"])
	require.Contains(t, program.Get(t, queueType, "order-placed-archive").Inputs["redrivePolicy"], `"maxReceiveCount":2`)
}

func TestFanOutTopic_FIFODeliversToFIFOQueues(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := newTopic(t, ctx, "order-placed", &components.FanOutTopicArgs{FIFO: true}).SubscribeQueue(ctx, "mail", newFunction(t, ctx, "send-mail"), nil)
		return err
	})
	require.Equal(t, true, program.Get(t, queueType, "order-placed-mail").Inputs["fifoQueue"])
	require.Equal(t, true, program.Get(t, queueType, "order-placed-mail-dlq").Inputs["fifoQueue"])
}

func TestFanOutTopic_CallsFunctions(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		topic := newTopic(t, ctx, "order-placed", nil)
		require.NoError(t, topic.SubscribeFunction(ctx, "stock", newFunction(t, ctx, "update-stock"), nil))
		warm, err := components.NewFunction(ctx, "warm", &components.FunctionArgs{Source: "x", Builder: newBuilder(t), Provisioned: &components.ProvisionedConcurrency{Minimum: 1}})
		require.NoError(t, err)
		return topic.SubscribeFunction(ctx, "vip", warm, &components.FunctionSubscriptionArgs{
			Filter: components.TopicFilter{Attributes: components.Fields{"group": components.Exact("vip"), "test": components.Absent()}},
			Alarms: components.Alarms{Topic: pulumi.String("arn:aws:sns:eu-central-1:123456789012:alarms")},
		})
	})
	stock := program.Get(t, subscriptionType, "order-placed-stock").Inputs
	require.Equal(t, "lambda", stock["protocol"])
	require.Equal(t, "arn:aws:lambda:eu-central-1:123456789012:function/update-stock-1234567", stock["endpoint"])
	require.JSONEq(t, `{"deadLetterTargetArn": "`+queueARN("order-placed-stock-dlq")+`"}`, stock["redrivePolicy"].(string))
	permission := program.Get(t, permissionType, "order-placed-stock").Inputs
	require.Equal(t, "sns.amazonaws.com", permission["principal"])
	require.Equal(t, placedARN, permission["sourceArn"])
	require.Equal(t, "update-stock-1234567", permission["function"])
	require.NotContains(t, permission, "qualifier")
	require.Equal(t, []any{tlsOnly("sqs:*", queueARN("order-placed-stock-dlq")), sendable("sns.amazonaws.com", placedARN, queueARN("order-placed-stock-dlq"))},
		statements(t, program.Get(t, queuePolicyType, "order-placed-stock-dlq-policy").Inputs["policy"]))
	require.JSONEq(t, `{"redrivePermission": "denyAll"}`, program.Get(t, queueType, "order-placed-stock-dlq").Inputs["redriveAllowPolicy"].(string))

	require.Equal(t, "live", program.Get(t, permissionType, "order-placed-vip").Inputs["qualifier"], "callers reach the alias")
	vip := program.Get(t, subscriptionType, "order-placed-vip").Inputs
	require.JSONEq(t, `{"group":["vip"],"test":[{"exists":false}]}`, vip["filterPolicy"].(string))
	require.Equal(t, "MessageAttributes", vip["filterPolicyScope"])
	require.Equal(t, []any{"arn:aws:sns:eu-central-1:123456789012:alarms"}, program.Get(t, alarmType, "order-placed-vip-dlq-not-empty").Inputs["alarmActions"])
}

func TestFanOutTopic_SendsMailAndPosts(t *testing.T) {
	filter := components.TopicFilter{Attributes: components.Fields{"total": components.Numeric(">", 100).And("<=", 1e9)}}
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		topic := newTopic(t, ctx, "order-placed", nil)
		require.NoError(t, topic.SubscribeEmail(ctx, "admin", pulumi.String("admin@nordlicht.example"), nil))
		require.NoError(t, topic.SubscribeEmail(ctx, "boss", pulumi.String("boss@nordlicht.example"), &components.EmailSubscriptionArgs{Filter: filter}))
		require.NoError(t, topic.SubscribeHTTPS(ctx, "partner", pulumi.String("https://partner.example/orders"), nil))
		return topic.SubscribeHTTPS(ctx, "raw", pulumi.String("https://raw.example"), &components.HTTPSSubscriptionArgs{Filter: filter, RawDelivery: true})
	})
	admin := program.Get(t, subscriptionType, "order-placed-admin").Inputs
	require.Equal(t, map[string]any{"protocol": "email", "topic": placedARN, "endpoint": "admin@nordlicht.example"}, admin)
	require.JSONEq(t, `{"total":[{"numeric":[">",100,"<=",1000000000]}]}`, program.Get(t, subscriptionType, "order-placed-boss").Inputs["filterPolicy"].(string))
	partner := program.Get(t, subscriptionType, "order-placed-partner").Inputs
	require.Equal(t, "https", partner["protocol"])
	require.Equal(t, false, partner["rawMessageDelivery"])
	require.JSONEq(t, `{"deadLetterTargetArn": "`+queueARN("order-placed-partner-dlq")+`"}`, partner["redrivePolicy"].(string))
	require.Equal(t, true, program.Get(t, subscriptionType, "order-placed-raw").Inputs["rawMessageDelivery"])
}

func TestFanOutTopic_QueuesFilterByTheMessageOrItsEnvelope(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		topic, f := newTopic(t, ctx, "order-placed", nil), newFunction(t, ctx, "f")
		_, err := topic.SubscribeQueue(ctx, "raw", f, &components.QueueSubscriptionArgs{
			RawDelivery: true, Queue: components.WorkQueueArgs{Filters: []components.Fields{{"total": components.Exact(1)}}},
		})
		require.NoError(t, err)
		_, err = topic.SubscribeQueue(ctx, "wrapped", f, &components.QueueSubscriptionArgs{
			Queue: components.WorkQueueArgs{Filters: []components.Fields{{"Subject": components.Prefix("Order")}}},
		})
		return err
	})
	filter := func(name string) string {
		return in(t, program.Get(t, mappingType, name).Inputs, "filterCriteria", "filters", 0, "pattern").(string)
	}
	require.JSONEq(t, `{"body":{"total":[1]}}`, filter("order-placed-raw-consumer"))
	require.JSONEq(t, `{"body":{"Subject":[{"prefix":"Order"}]}}`, filter("order-placed-wrapped-consumer"))
}

func TestFanOutTopic_RefusesWrongArguments(t *testing.T) {
	refused(t, func(ctx *pulumi.Context) error {
		_, err := components.NewFanOutTopic(ctx, "Placed", &components.FanOutTopicArgs{ContentBasedDeduplication: true})
		return err
	}, "Placed (FanOutTopic): name", "ContentBasedDeduplication = true, want false, or FIFO too")

	six := components.Fields{}
	many := make([]any, 13)
	for i := range many {
		many[i] = i
	}
	for i := range 6 {
		six[fmt.Sprint("field", i)] = components.Exists()
	}
	type (
		topic    = *components.FanOutTopic
		function = *components.Function
	)
	filtered := func(filter components.TopicFilter) func(*pulumi.Context, topic, topic, function) error {
		return func(ctx *pulumi.Context, standard, _ topic, f function) error {
			return standard.SubscribeFunction(ctx, "x", f, &components.FunctionSubscriptionArgs{Filter: filter})
		}
	}
	queue := func(args *components.QueueSubscriptionArgs) func(*pulumi.Context, topic, topic, function) error {
		return func(ctx *pulumi.Context, standard, _ topic, f function) error {
			_, err := standard.SubscribeQueue(ctx, "x", f, args)
			return err
		}
	}
	for name, test := range map[string]struct {
		subscribe func(ctx *pulumi.Context, standard, fifo topic, f function) error
		want      string
	}{
		"no consumer": {func(ctx *pulumi.Context, standard, _ topic, _ function) error {
			_, err := standard.SubscribeQueue(ctx, "Mail", nil, nil)
			return err
		}, "order-placed-Mail (FanOutTopic.SubscribeQueue): consumer = <nil>"},
		"bad name": {func(ctx *pulumi.Context, standard, _ topic, _ function) error {
			return standard.SubscribeFunction(ctx, "Mail", nil, nil)
		}, `name = "Mail", want lower-case words`},
		"no function": {func(ctx *pulumi.Context, standard, _ topic, _ function) error {
			return standard.SubscribeFunction(ctx, "x", nil, nil)
		}, "function = <nil>"},
		"no address": {func(ctx *pulumi.Context, standard, _ topic, _ function) error {
			return standard.SubscribeEmail(ctx, "x", nil, nil)
		}, "address = <nil>"},
		"no endpoint": {func(ctx *pulumi.Context, standard, _ topic, _ function) error {
			return standard.SubscribeHTTPS(ctx, "x", nil, nil)
		}, "endpoint = <nil>"},
		"address": {func(ctx *pulumi.Context, standard, _ topic, _ function) error {
			return standard.SubscribeEmail(ctx, "x", pulumi.String("admin"), nil)
		}, `address = "admin", want an e-mail address`},
		"plain HTTP": {func(ctx *pulumi.Context, standard, _ topic, _ function) error {
			return standard.SubscribeHTTPS(ctx, "x", pulumi.String("http://partner.example"), nil)
		}, "want a URL that begins with https://"},
		"FIFO to a function": {func(ctx *pulumi.Context, _, fifo topic, f function) error {
			return fifo.SubscribeFunction(ctx, "x", f, nil)
		}, `topic payments = "FIFO", want a standard topic, or SubscribeQueue`},
		"FIFO to mail": {func(ctx *pulumi.Context, _, fifo topic, _ function) error {
			return fifo.SubscribeEmail(ctx, "x", pulumi.String("a@b.example"), nil)
		}, "FIFO topics deliver to queues only"},
		"FIFO to the web": {func(ctx *pulumi.Context, _, fifo topic, _ function) error {
			return fifo.SubscribeHTTPS(ctx, "x", pulumi.String("https://b.example"), nil)
		}, "FIFO topics deliver to queues only"},
		"FIFO destination": {func(_ *pulumi.Context, _, fifo topic, _ function) error {
			_, grant := fifo.DeliverTo()
			return grant.Err()
		}, "payments (FanOutTopic): destination of a function: a FIFO topic cannot be one"},
		"FIFO queue":        {queue(&components.QueueSubscriptionArgs{Queue: components.WorkQueueArgs{FIFO: true}}), "Queue.FIFO = true, want false"},
		"another consumer":  {queue(&components.QueueSubscriptionArgs{Queue: components.WorkQueueArgs{Consumer: &components.Function{}}}), "Queue.Consumer"},
		"queue's arguments": {queue(&components.QueueSubscriptionArgs{Queue: components.WorkQueueArgs{MaximumConcurrency: 1}}), "order-placed-x (WorkQueue): MaximumConcurrency = 1"},
		"two filters": {filtered(components.TopicFilter{Attributes: components.Fields{"a": components.Exists()}, Body: components.Fields{"a": components.Exists()}}),
			`Filter = "Attributes and Body", want one of the two`},
		"nested attributes":  {filtered(components.TopicFilter{Attributes: components.Fields{"a": components.Fields{"b": components.Exists()}}}), "message attributes are not nested"},
		"six fields":         {filtered(components.TopicFilter{Body: six}), "Filter.Body = 6, want at most 5 fields (SNS quota)"},
		"169 combinations":   {filtered(components.TopicFilter{Body: components.Fields{"a": components.Exact(many...), "b": components.Exact(many...)}}), `"169 combinations of values", want at most 150`},
		"151 by alternative": {filtered(components.TopicFilter{Body: components.Fields{"a": components.Exact(many...)}.Or(components.Fields{"b": components.Exact(many[:6]...)}, components.Fields{"c": components.Exact(many[:6]...)})}), `"156 combinations of values"`},
		"filtered envelope": {queue(&components.QueueSubscriptionArgs{Queue: components.WorkQueueArgs{Filters: []components.Fields{{"total": components.Exact(1)}}}}),
			`Queue.Filters[0].total = "set", want a field of SNS's envelope, such as Subject, unless RawDelivery is set`},
		"same name": {func(ctx *pulumi.Context, standard, _ topic, f function) error {
			return errors.Join(standard.SubscribeEmail(ctx, "twice", pulumi.String("a@b.example"), nil), standard.SubscribeEmail(ctx, "twice", pulumi.String("a@b.example"), nil))
		}, `name = "twice", want a name that no other subscriber of the topic has`},
		"large number": {filtered(components.TopicFilter{Body: components.Fields{"a": components.Numeric(">", 2e9)}}), "want a number of at most ±1e+09 (SNS quota)"},
	} {
		t.Run(name, func(t *testing.T) {
			program, err := mocks.Run(func(ctx *pulumi.Context) error {
				return test.subscribe(ctx, newTopic(t, ctx, "order-placed", nil), newTopic(t, ctx, "payments", &components.FanOutTopicArgs{FIFO: true}), newFunction(t, ctx, "f"))
			}, nil)
			require.ErrorContains(t, err, test.want)
			for _, s := range program.OfType(subscriptionType) {
				require.Contains(t, s.Name, "twice", "only the first of two")
			}
			require.Empty(t, program.OfType(queueType))
		})
	}
}
