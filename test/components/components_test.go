//go:build e2e

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/local/engine"
	"github.com/serverless-shop/serverless-shop/local/shop"
)

// patience is how long something may take that the emulator does by itself: a job that runs every minute, a message that is
// given up after half of one.
const patience = 100 * time.Second

// TestComponents deploys every component of the library with the real engine and the real provider, uses them, and removes
// them again.
func TestComponents(t *testing.T) {
	d := deploy(t)
	t.Run("a second deployment changes nothing", d.unchanged)
	t.Run("use", func(t *testing.T) {
		t.Run("a change in a table reaches its function", d.tableChange)
		t.Run("a record in a stream reaches its function", d.streamRecord)
		t.Run("a message to a topic reaches who asked for it", d.topicMessage)
		t.Run("a message that fails ends in the dead-letter queue", d.poisonMessage)
		t.Run("an event that fails ends in the function's queue", d.poisonEvent)
		t.Run("an event goes where its content says", d.eventRouting)
		t.Run("a scheduled job runs", d.scheduledJob)
		t.Run("a workflow runs to its end", d.workflow)
		t.Run("an API of either flavour asks its functions", d.apis)
		t.Run("a WebSocket connection is let in and its messages arrive", d.webSocket)
		t.Run("a site's files are in its bucket", d.siteFiles)
	})
	t.Run("what the emulator lacks", d.lacks)
	t.Run("nothing is left when all is removed", d.remove)
}

// deployed is the deployed program.
type deployed struct {
	emulator *shop.Emulator
	stack    *engine.Stack
	state    *engine.State
	config   aws.Config
}

func deploy(t *testing.T) *deployed {
	t.Helper()
	settings, err := shop.Load("../..", os.Getenv)
	require.NoError(t, err)
	emulator, err := settings.NewEmulator(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, emulator.Close()) })
	dir, err := os.Getwd()
	require.NoError(t, err)
	stack, err := emulator.Stack(settings, "components", dir)
	require.NoError(t, err)
	require.NoError(t, stack.Init(t.Context()))
	began := time.Now()
	summary, err := stack.Up(t.Context(), observer{t})
	require.NoError(t, err)
	t.Logf("%s in %s", summary, time.Since(began).Round(time.Second))
	state, err := stack.ReadState()
	require.NoError(t, err)
	return &deployed{emulator: emulator, stack: stack, state: state, config: emulator.AWS()}
}

// observer logs what the engine says.
type observer struct{ t *testing.T }

func (observer) Resources(int, []engine.Working) {}

func (o observer) Line(text string) { o.t.Log(text) }

func (d *deployed) unchanged(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, d.stack.Preview(t.Context(), &out, "--expect-no-changes", "--diff"), "%s", &out)
}

func (d *deployed) url(path string) string {
	return fmt.Sprintf("http://127.0.0.1:%d%s", d.emulator.Port, path)
}

// witnessed are all events that the witness has got.
func (d *deployed) witnessed(ctx context.Context) ([]string, error) {
	var events []string
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(d.config), &dynamodb.ScanInput{TableName: aws.String(d.state.Text("witnessed"))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			if event, ok := item["event"].(*types.AttributeValueMemberS); ok {
				events = append(events, event.Value)
			}
		}
	}
	return events, nil
}

// requireWitnessed waits for an event that has all of the texts in it.
func (d *deployed) requireWitnessed(t *testing.T, texts ...string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		events, err := d.witnessed(t.Context())
		require.NoError(c, err)
		assert.True(c, slices.ContainsFunc(events, func(event string) bool {
			return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(event, text) })
		}), "no event of %d has %q", len(events), texts)
	}, patience, 500*time.Millisecond)
}

// requireMessage waits for a message in a queue that has a text in it.
func (d *deployed) requireMessage(t *testing.T, queue, text string) {
	t.Helper()
	client := sqs.NewFromConfig(d.config)
	var bodies []string
	require.Eventually(t, func() bool {
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(d.state.Text(queue)), MaxNumberOfMessages: 10})
		require.NoError(t, err)
		for _, m := range out.Messages {
			bodies = append(bodies, aws.ToString(m.Body))
		}
		return slices.ContainsFunc(bodies, func(body string) bool { return strings.Contains(body, text) })
	}, patience, 500*time.Millisecond, "%s has no message with %q", queue, text)
}

func (d *deployed) tableChange(t *testing.T) {
	t.Parallel()
	_, err := dynamodb.NewFromConfig(d.config).PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: aws.String(d.state.Text("notes")), Item: map[string]types.AttributeValue{
			"noteId": &types.AttributeValueMemberS{Value: "table-change"}, "text": &types.AttributeValueMemberS{Value: "hello"},
		},
	})
	require.NoError(t, err)
	d.requireWitnessed(t, "aws:dynamodb", "INSERT", "table-change")
}

func (d *deployed) streamRecord(t *testing.T) {
	t.Parallel()
	_, err := kinesis.NewFromConfig(d.config).PutRecord(t.Context(), &kinesis.PutRecordInput{
		StreamName: aws.String(d.state.Text("clicks")), PartitionKey: aws.String("stream-record"), Data: []byte("{}"),
	})
	require.NoError(t, err)
	d.requireWitnessed(t, "aws:kinesis", "stream-record")
}

func (d *deployed) topicMessage(t *testing.T) {
	t.Parallel()
	for kind, message := range map[string]string{"placed": "topic-placed", "cancelled": "topic-cancelled"} {
		_, err := sns.NewFromConfig(d.config).Publish(t.Context(), &sns.PublishInput{
			TopicArn: aws.String(d.state.Text("orders")), Message: &message,
			MessageAttributes: map[string]snstypes.MessageAttributeValue{"kind": {DataType: aws.String("String"), StringValue: &kind}},
		})
		require.NoError(t, err)
	}
	d.requireWitnessed(t, "aws:sqs", "topic-placed")
	d.requireWitnessed(t, "aws:sns", "topic-placed")
	d.requireWitnessed(t, "aws:sns", "topic-cancelled")
	events, err := d.witnessed(t.Context())
	require.NoError(t, err)
	for _, event := range events {
		require.False(t, strings.Contains(event, "aws:sqs") && strings.Contains(event, "topic-cancelled"), "the filter lets only orders that were placed through: %s", event)
	}
}

func (d *deployed) poisonMessage(t *testing.T) {
	t.Parallel()
	client := sqs.NewFromConfig(d.config)
	for _, body := range []string{"poison for the queue", "wholesome"} {
		_, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(d.state.Text("work")), MessageBody: &body})
		require.NoError(t, err)
	}
	d.requireWitnessed(t, "aws:sqs", "wholesome")
	d.requireMessage(t, "workFailed", "poison for the queue")
}

func (d *deployed) poisonEvent(t *testing.T) {
	t.Parallel()
	_, err := lambda.NewFromConfig(d.config).Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: aws.String(d.state.Text("witness")), InvocationType: lambdatypes.InvocationTypeEvent,
		Payload: []byte(`{"poison": "for the function"}`),
	})
	require.NoError(t, err)
	d.requireMessage(t, "witnessFailed", "for the function")
}

func (d *deployed) eventRouting(t *testing.T) {
	t.Parallel()
	put := func(total int, marker string) eventtypes.PutEventsRequestEntry {
		return eventtypes.PutEventsRequestEntry{
			EventBusName: aws.String(d.state.Text("bus")), Source: aws.String("shop.orders"), DetailType: aws.String("Order Created"),
			Detail: aws.String(fmt.Sprintf(`{"total": %d, "marker": %q}`, total, marker)),
		}
	}
	out, err := eventbridge.NewFromConfig(d.config).PutEvents(t.Context(), &eventbridge.PutEventsInput{
		Entries: []eventtypes.PutEventsRequestEntry{put(100, "event-cheap"), put(101, "event-dear")},
	})
	require.NoError(t, err)
	require.Zero(t, out.FailedEntryCount, "%v", out.Entries)
	d.requireWitnessed(t, "Order Created", "event-dear")
	d.requireMessage(t, "payments", "event-dear")
	d.requireWitnessed(t, "aws:sns", `{\"total\": 101}`)
	events, err := d.witnessed(t.Context())
	require.NoError(t, err)
	require.NotContains(t, strings.Join(events, "\n"), "event-cheap")
}

func (d *deployed) scheduledJob(t *testing.T) {
	t.Parallel()
	d.requireWitnessed(t, `"job":"every-minute"`)
}

func (d *deployed) workflow(t *testing.T) {
	t.Parallel()
	client := sfn.NewFromConfig(d.config)
	for output, marker := range map[string]string{"workflow": "told slowly", "expressWorkflow": "told fast"} {
		_, err := client.StartExecution(t.Context(), &sfn.StartExecutionInput{
			StateMachineArn: aws.String(d.state.Text(output)), Input: aws.String(fmt.Sprintf(`{"marker": %q}`, marker)),
		})
		require.NoError(t, err)
		d.requireWitnessed(t, marker)
	}
	d.requireMessage(t, "told", "told slowly")
}

func (d *deployed) apis(t *testing.T) {
	t.Parallel()
	get := func(path, key string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url(path), nil)
		require.NoError(t, err)
		r.Header.Set("X-Api-Key", key)
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(body)
	}
	status, body := get("/_aws/execute-api/"+d.state.Text("httpApi")+"/api/notes", "")
	require.Equal(t, http.StatusOK, status, body)
	require.Equal(t, "witnessed", body)
	res, err := http.Post(d.url("/_aws/execute-api/"+d.state.Text("httpApi")+"/api/notes"), "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusUnauthorized, res.StatusCode, "without a token")
	status, body = get("/_aws/execute-api/"+d.state.Text("restApi")+"/api/prices/7?currency=EUR", "acme-0123456789abcdefghij")
	require.Equal(t, http.StatusOK, status, body)
	require.Equal(t, "witnessed", body)
}

// webSocket speaks the few bytes of the protocol that it needs itself.
func (d *deployed) webSocket(t *testing.T) {
	t.Parallel()
	connect := func(query string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url("/live"+query), nil)
		require.NoError(t, err)
		r.Host = fmt.Sprintf("%s.execute-api.localhost:%d", d.state.Text("webSocketApi"), d.emulator.Port)
		for name, value := range map[string]string{
			"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
		} {
			r.Header.Set(name, value)
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		return res
	}
	refused := connect("")
	require.NoError(t, refused.Body.Close())
	require.Equal(t, http.StatusUnauthorized, refused.StatusCode, "without a token")
	res := connect("?token=web-socket")
	defer res.Body.Close()
	require.Equal(t, http.StatusSwitchingProtocols, res.StatusCode)
	connection, ok := res.Body.(io.ReadWriter)
	require.True(t, ok)
	message := `{"action":"subscribe","marker":"web-socket-message"}`
	_, err := connection.Write(append([]byte{0x81, 0x80 | byte(len(message)), 0, 0, 0, 0}, message...)) // one text, masked with zeros
	require.NoError(t, err)
	d.requireWitnessed(t, "CONNECT", "web-socket")
	d.requireWitnessed(t, `"routeKey":"subscribe"`, "web-socket-message")
}

func (d *deployed) siteFiles(t *testing.T) {
	t.Parallel()
	out, err := s3.NewFromConfig(d.config, func(o *s3.Options) { o.UsePathStyle = true }).GetObject(t.Context(), &s3.GetObjectInput{
		Bucket: aws.String(d.state.Text("siteBucket")), Key: aws.String("config.json"),
	})
	require.NoError(t, err)
	defer out.Body.Close()
	var config struct{ API string }
	require.NoError(t, json.NewDecoder(out.Body).Decode(&config))
	require.Contains(t, config.API, d.state.Text("httpApi"))
}

func (d *deployed) remove(t *testing.T) {
	began := time.Now()
	summary, err := d.stack.Destroy(t.Context(), observer{t})
	require.NoError(t, err)
	t.Logf("%s in %s", summary, time.Since(began).Round(time.Second))
	state, err := d.stack.ReadState()
	require.NoError(t, err)
	require.Zero(t, state.Resources)
	left := map[string]int{}
	ctx := t.Context()
	functions, err := lambda.NewFromConfig(d.config).ListFunctions(ctx, &lambda.ListFunctionsInput{})
	require.NoError(t, err)
	left["functions"] = len(functions.Functions)
	tables, err := dynamodb.NewFromConfig(d.config).ListTables(ctx, &dynamodb.ListTablesInput{})
	require.NoError(t, err)
	left["tables"] = len(tables.TableNames)
	queues, err := sqs.NewFromConfig(d.config).ListQueues(ctx, &sqs.ListQueuesInput{})
	require.NoError(t, err)
	left["queues"] = len(queues.QueueUrls)
	topics, err := sns.NewFromConfig(d.config).ListTopics(ctx, &sns.ListTopicsInput{})
	require.NoError(t, err)
	left["topics"] = len(topics.Topics)
	buckets, err := s3.NewFromConfig(d.config, func(o *s3.Options) { o.UsePathStyle = true }).ListBuckets(ctx, &s3.ListBucketsInput{})
	require.NoError(t, err)
	left["buckets"] = len(buckets.Buckets)
	machines, err := sfn.NewFromConfig(d.config).ListStateMachines(ctx, &sfn.ListStateMachinesInput{})
	require.NoError(t, err)
	left["workflows"] = len(machines.StateMachines)
	streams, err := kinesis.NewFromConfig(d.config).ListStreams(ctx, &kinesis.ListStreamsInput{})
	require.NoError(t, err)
	left["streams"] = len(streams.StreamNames)
	groups, err := cloudwatchlogs.NewFromConfig(d.config).DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
	require.NoError(t, err)
	left["log groups"] = len(groups.LogGroups)
	for _, g := range groups.LogGroups {
		t.Log(aws.ToString(g.LogGroupName))
	}
	maps.DeleteFunc(left, func(_ string, n int) bool { return n == 0 })
	require.Empty(t, left)
}

// lacks fails when a newer emulator has what the program does without: see lacks.go, from which it then can go.
func (d *deployed) lacks(t *testing.T) {
	t.Run("settings that are lost", func(t *testing.T) {
		config, err := os.ReadFile(d.stack.ConfigFile)
		require.NoError(t, err)
		strict := *d.stack
		strict.ConfigFile = filepath.Join(d.emulator.Dir, "Pulumi.strict.yaml")
		require.NoError(t, os.WriteFile(strict.ConfigFile, bytes.Replace(config, []byte("config:\n"), []byte("config:\n  components:keepLost: \"true\"\n"), 1), 0o600))
		var out bytes.Buffer
		require.NoError(t, strict.Preview(t.Context(), &out, "--diff"), "%s", &out)
		for kind, settings := range lost {
			require.Contains(t, out.String(), kind, "it loses nothing any more: take it out of lost")
			for _, setting := range settings {
				if setting == "tagsAll" { // follows from tags, and is not shown
					continue
				}
				require.Regexp(t, `(?m)^ +[-+~] +`+setting, out.String(), "%s keeps it: take it out of lost", kind)
			}
		}
	})
	refused := func(name, service, target, body string) {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url(target), strings.NewReader(body))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
			res, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			defer res.Body.Close()
			require.GreaterOrEqual(t, res.StatusCode, http.StatusBadRequest, "it is there: what lacks.go does about it can go")
		})
	}
	refused("API keys that API Gateway makes", "apigateway", "/apikeys", `{"name": "made", "value": ""}`)
	refused("Application Auto Scaling", "application-autoscaling", "/", `{}`)
}
