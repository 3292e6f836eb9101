package components_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
)

const (
	dashboardType = "aws:cloudwatch/dashboard:Dashboard"
	budgetType    = "aws:budgets/budget:Budget"
	keyType       = "aws:kms/key:Key"
	alarmTopicARN = "arn:aws:sns:eu-central-1:123456789012:topic/watch-alarms-1234567"
)

// newWatch makes the observability watch where a test needs one.
func newWatch(tb testing.TB, ctx *pulumi.Context, args *components.ObservabilityArgs) *components.Observability {
	tb.Helper()
	watch, err := components.NewObservability(ctx, "watch", args)
	require.NoError(tb, err)
	return watch
}

// widget is what the tests want to know of a widget.
type widget struct {
	Type                string
	X, Y, Width, Height int
	Properties          struct {
		Title, Markdown, Region string
		Period                  int
		Alarms                  []string
		Metrics                 [][]any
	}
}

// widgetsOf are the widgets of the program's only dashboard.
func widgetsOf(tb testing.TB, program *mocks.Program) []widget {
	tb.Helper()
	dashboards := program.OfType(dashboardType)
	require.Len(tb, dashboards, 1)
	var body struct{ Widgets []widget }
	require.NoError(tb, json.Unmarshal([]byte(dashboards[0].Inputs["dashboardBody"].(string)), &body))
	return body.Widgets
}

// linesOf are the graphs of the program's dashboard, each with its lines as text.
func linesOf(tb testing.TB, program *mocks.Program) map[string][]string {
	tb.Helper()
	graphs := map[string][]string{}
	for _, w := range widgetsOf(tb, program) {
		for _, m := range w.Properties.Metrics {
			words := make([]string, len(m))
			for i, word := range m {
				text, isText := word.(string)
				if !isText {
					options, err := json.Marshal(word)
					require.NoError(tb, err)
					text = string(options)
				}
				words[i] = text
			}
			graphs[w.Properties.Title] = append(graphs[w.Properties.Title], strings.Join(words, " "))
		}
	}
	return graphs
}

func TestObservability_TellsNobodyByDefaultButIsReady(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newWatch(t, ctx, nil)
		return nil
	})
	require.Equal(t, []string{"aws:kms/key:Key watch-alarms", "shop:components:FanOutTopic watch-alarms"}, program.Children("watch"))
	require.Equal(t, []string{"aws:sns/topic:Topic watch-alarms", "aws:sns/topicPolicy:TopicPolicy watch-alarms-policy"}, program.Children("watch-alarms"))

	// Alarms and budgets publish in their own name: the topic and its key must both let them, and only those of this account.
	require.Equal(t, []any{
		tlsOnly("sns:Publish", alarmTopicARN),
		publishable("cloudwatch.amazonaws.com", "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:*"),
		publishable("budgets.amazonaws.com", "arn:aws:budgets::123456789012:*"),
	}, statements(t, program.Get(t, "aws:sns/topicPolicy:TopicPolicy", "watch-alarms-policy").Inputs["policy"]))
	key := program.Get(t, keyType, "watch-alarms").Inputs
	require.Equal(t, true, key["enableKeyRotation"])
	require.Equal(t, []any{
		map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"},
		map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Service": []any{"budgets.amazonaws.com", "cloudwatch.amazonaws.com"}},
			"Action": []any{"kms:Decrypt", "kms:GenerateDataKey"}, "Resource": "*",
			"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": "123456789012"}},
		},
	}, statements(t, key["policy"]))
	require.Equal(t, "arn:aws:kms:eu-central-1:123456789012:key/watch-alarms-1234567", program.Get(t, topicType, "watch-alarms").Inputs["kmsMasterKeyId"])
}

// publishable is the statement that lets a service publish to the alarm topic for one source.
func publishable(service, source string) map[string]any {
	statement := sendable(service, source, alarmTopicARN)
	statement["Action"] = "sns:Publish"
	return statement
}

func TestObservability_TellsPeopleOfAlarmsAndOfTheBudget(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newWatch(t, ctx, &components.ObservabilityArgs{
			Emails: []string{"Ops@example.com", "boss@example.com"}, Budget: &components.Budget{MonthlyUSD: 500},
		})
		return nil
	})
	for name, address := range map[string]string{"watch-alarms-to-ops-example-com": "Ops@example.com", "watch-alarms-to-boss-example-com": "boss@example.com"} {
		subscription := program.Get(t, subscriptionType, name).Inputs
		require.Equal(t, "email", subscription["protocol"])
		require.Equal(t, address, subscription["endpoint"])
		require.Equal(t, alarmTopicARN, subscription["topic"])
	}
	notification := func(kind string, percent float64) map[string]any {
		return map[string]any{
			"notificationType": kind, "comparisonOperator": "GREATER_THAN", "threshold": percent, "thresholdType": "PERCENTAGE",
			"subscriberSnsTopicArns": []any{alarmTopicARN},
		}
	}
	require.Equal(t, map[string]any{
		"budgetType": "COST", "limitAmount": "500", "limitUnit": "USD", "timeUnit": "MONTHLY",
		"notifications": []any{notification("ACTUAL", 80), notification("ACTUAL", 100), notification("FORECASTED", 100)},
	}, program.Get(t, budgetType, "watch").Inputs)

	program = mocks.MustRun(t, func(ctx *pulumi.Context) error {
		newWatch(t, ctx, &components.ObservabilityArgs{Budget: &components.Budget{MonthlyUSD: 1, Spent: []int{50}, Forecast: []int{}}})
		return nil
	})
	require.Equal(t, []any{notification("ACTUAL", 50)}, program.Get(t, budgetType, "watch").Inputs["notifications"])
}

func TestObservability_RefusesWrongArguments(t *testing.T) {
	create := func(args components.ObservabilityArgs) func(*pulumi.Context) error {
		return func(ctx *pulumi.Context) error {
			_, err := components.NewObservability(ctx, "watch", &args)
			return err
		}
	}
	refused(t, create(components.ObservabilityArgs{Emails: []string{"nobody", "a.b@example.com", "a-b@example.com"}}),
		`watch (Observability): Emails = "nobody", want an e-mail address`,
		`watch (Observability): Emails = "a-b@example.com", want every address once`)
	refused(t, create(components.ObservabilityArgs{Budget: &components.Budget{Spent: []int{0}, Forecast: []int{1001}}}),
		"watch (Observability): Budget.MonthlyUSD = 0, want at least 1 US dollar",
		"watch (Observability): Budget.Spent and Budget.Forecast = 0, want 1–1000 percent",
		"watch (Observability): Budget.Spent and Budget.Forecast = 1001, want 1–1000 percent")
	refused(t, create(components.ObservabilityArgs{Budget: &components.Budget{MonthlyUSD: 1, Spent: []int{}, Forecast: []int{}}}),
		"watch (Observability): Budget.Spent and Budget.Forecast = [], want 1–10 percentages")
	refused(t, create(components.ObservabilityArgs{Budget: &components.Budget{MonthlyUSD: 1, Spent: []int{80, 50, 80}}}),
		"watch (Observability): Budget.Spent = [80 50 80], want each percentage once")
}

func TestObservability_WiresAlarmsAndShowsThem(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		watch := newWatch(t, ctx, nil)
		alarms := watch.Alarms()
		f, err := components.NewFunction(ctx, "place", &components.FunctionArgs{Source: "lambdas/place", Builder: newBuilder(t), Alarms: alarms})
		require.NoError(t, err)
		quiet := alarms
		quiet.Disabled = true
		_, err = components.NewWorkQueue(ctx, "quiet", &components.WorkQueueArgs{Alarms: quiet})
		require.NoError(t, err)
		orders, err := components.NewWorkQueue(ctx, "orders", &components.WorkQueueArgs{Alarms: alarms})
		require.NoError(t, err)
		return watch.NewDashboard(ctx, components.Section{Title: "Orders", Watch: []components.Observable{f, orders}})
	})
	var arns []string
	for _, alarm := range program.OfType(alarmType) {
		require.Equal(t, []any{alarmTopicARN}, alarm.Inputs["alarmActions"], alarm.Name)
		require.Equal(t, []any{alarmTopicARN}, alarm.Inputs["okActions"], alarm.Name)
		arns = append(arns, "arn:aws:cloudwatch:eu-central-1:123456789012:metricalarm/"+alarm.Name+"-1234567")
	}
	require.Len(t, arns, 4)
	first := widgetsOf(t, program)[0]
	require.Equal(t, "alarm", first.Type)
	require.ElementsMatch(t, arns, first.Properties.Alarms)
	require.Equal(t, "shop-test-watch", program.Get(t, dashboardType, "watch").Inputs["dashboardName"])
}

func TestObservability_LaysTheDashboardOutInRows(t *testing.T) {
	body := func() (string, *mocks.Program) {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			watch := newWatch(t, ctx, nil)
			a, b, queue := newFunction(t, ctx, "a"), newFunction(t, ctx, "b"), newQueue(t, ctx, "jobs", nil)
			return watch.NewDashboard(ctx,
				components.Section{Title: "Work", Watch: []components.Observable{a, queue, b}},
				components.Section{Title: "More", Watch: []components.Observable{newTopic(t, ctx, "news", nil)}})
		})
		return program.Get(t, dashboardType, "watch").Inputs["dashboardBody"].(string), program
	}
	first, program := body()
	second, _ := body()
	require.Equal(t, first, second, "the same program, the same dashboard")

	var got []string
	for _, w := range widgetsOf(t, program) {
		got = append(got, fmt.Sprintf("%d,%d %dx%d %s%s %d", w.X, w.Y, w.Width, w.Height, w.Properties.Markdown, w.Properties.Title, len(w.Properties.Metrics)))
	}
	require.Equal(t, []string{
		"0,0 24x1 ## Work 0",
		"0,1 6x6 Functions: invocations 2",
		"6,1 6x6 Functions: errors 2",
		"12,1 6x6 Functions: duration (ms) 4",
		"18,1 6x6 Functions: throttles 2",
		"0,7 6x6 Queues: waiting messages 1",
		"6,7 6x6 Queues: age of the oldest (s) 1",
		"12,7 6x6 Queues: processed 1",
		"18,7 6x6 Queues: dead letters 1",
		"0,13 24x1 ## More 0",
		"0,14 8x6 Topics: published 1",
		"8,14 8x6 Topics: delivered 1",
		"16,14 8x6 Topics: failed 1",
	}, got)
	for _, w := range widgetsOf(t, program) {
		if w.Type == "metric" {
			require.Equal(t, mocks.Region, w.Properties.Region)
			require.Equal(t, 300, w.Properties.Period)
		}
	}
}

// panels is something of one's own on a dashboard.
type panels []components.Panel

func (p panels) Panels() []components.Panel { return p }

func TestObservability_RefusesDashboardsThatCloudWatchWould(t *testing.T) {
	metric := components.Metric{Namespace: "Shop", Name: "Sales", Statistic: "Sum"}
	section := func(watch ...components.Observable) components.Section {
		return components.Section{Title: "Sales", Watch: watch}
	}
	var many panels
	for i := range 500 {
		many = append(many, components.Panel{Group: "Sales", Title: strconv.Itoa(i), Metrics: slices.Repeat([]components.Metric{metric}, 6)})
	}
	for name, test := range map[string]struct {
		sections []components.Section
		want     []string
	}{
		"nothing":         {nil, []string{"watch (Observability): Sections = 0, want at least one section"}},
		"no title":        {[]components.Section{{}}, []string{`Section.Title = "", want a heading`}},
		"no component":    {[]components.Section{section(nil)}, []string{`Section "Sales", Watch[0] = <nil>, want a component`}},
		"empty graph":     {[]components.Section{section(panels{{Group: "Sales", Title: "today"}})}, []string{`Section "Sales", graph "Sales: today" = "0 metrics", want 1–500`}},
		"no statistic":    {[]components.Section{section(panels{{Metrics: []components.Metric{{Namespace: "Shop", Name: "Sales"}}}})}, []string{"want Namespace, Name and Statistic, or a Search"}},
		"period":          {[]components.Section{section(panels{{Metrics: []components.Metric{{Search: pulumi.String("SEARCH()"), Period: time.Second}}}})}, []string{"Period = 1s, want a multiple of 1m"}},
		"too many graphs": {[]components.Section{section(many)}, []string{`Sections = "502 widgets", want at most 500`, `Sections = "3000 metrics", want at most 2500`}},
	} {
		_, err := mocks.Run(func(ctx *pulumi.Context) error {
			return newWatch(t, ctx, nil).NewDashboard(ctx, test.sections...)
		}, nil)
		for _, want := range test.want {
			require.ErrorContains(t, err, want, name)
		}
	}
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		watch := newWatch(t, ctx, nil)
		require.NoError(t, watch.NewDashboard(ctx, section(newFunction(t, ctx, "a"))))
		return watch.NewDashboard(ctx, section(newFunction(t, ctx, "b")))
	}, nil)
	require.ErrorContains(t, err, "NewDashboard = \"called again\", want one dashboard")
}

func TestObservability_ShowsAlarmsInWidgetsOfAHundred(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		watch := newWatch(t, ctx, nil)
		for i := range 101 {
			_, err := components.NewWorkQueue(ctx, fmt.Sprintf("q%d", i), &components.WorkQueueArgs{Alarms: watch.Alarms()})
			require.NoError(t, err)
		}
		return watch.NewDashboard(ctx, components.Section{Title: "Function", Watch: []components.Observable{newFunction(t, ctx, "f")}})
	})
	widgets := widgetsOf(t, program)
	require.Len(t, widgets[0].Properties.Alarms, 100)
	require.Len(t, widgets[1].Properties.Alarms, 1)
	require.Equal(t, widgets[0].Height, widgets[1].Y)
}

// TestObservability_EveryComponentShows holds every component to [components.Observable].
func TestObservability_EveryComponentShows(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	made, observable := map[string]bool{}, map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			f, isFunction := d.(*ast.FuncDecl)
			if !isFunction || strings.HasSuffix(file, "_test.go") {
				continue
			}
			if name, isNew := strings.CutPrefix(f.Name.Name, "New"); isNew && f.Recv == nil {
				made[name] = true
			}
			if f.Name.Name == "Panels" && f.Recv != nil {
				observable[f.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name] = true
			}
		}
	}
	for _, silent := range []string{"IdentityPool", "Secret"} { // AWS has no metrics of them
		delete(made, silent)
	}
	delete(made, "Observability")
	require.Equal(t, slices.Sorted(maps.Keys(made)), slices.Sorted(maps.Keys(observable)))
}

// TestObservability_ShowsWhatMattersOfEachComponent compares with testdata/panels.txt: a graph, and below it its lines.
func TestObservability_ShowsWhatMattersOfEachComponent(t *testing.T) {
	want, err := os.ReadFile("testdata/panels.txt")
	require.NoError(t, err)
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		watch := newWatch(t, ctx, nil)
		f, auth, news := newFunction(t, ctx, "place"), newAuth(t, ctx), newTopic(t, ctx, "news", nil)
		must := func(o components.Observable, err error) components.Observable {
			require.NoError(t, err)
			return o
		}
		rest := *restArgs(t, ctx, components.ServerlessApiArgs{Routes: components.Routes{open("GET", "/")}, Auth: auth})
		network := newNetwork(t, ctx, &components.NetworkArgs{NAT: components.SingleNAT})
		graphql, err := newGraphql(t, ctx, nil)
		inProgram(t, "order.asl.json", machine(`"Resource": "${Place}", `+safely))
		return watch.NewDashboard(ctx, components.Section{Title: "All", Watch: []components.Observable{
			f, auth, news, network, must(graphql, err), deployRealtime(t, ctx, nil, nil),
			must(components.NewServerlessApi(ctx, "http", &components.ServerlessApiArgs{Routes: components.Routes{{Method: "GET", Path: "/", Function: f, Auth: components.AuthNone}}})),
			must(components.NewServerlessApi(ctx, "rest", &rest)),
			must(components.NewTable(ctx, "products", &components.TableArgs{
				PartitionKey: components.String("id"), Indexes: components.Indexes{{Name: "by-name", PartitionKey: components.String("name")}},
			})),
			newQueue(t, ctx, "jobs", nil), newBus(t, ctx, "events"), newStream(t, ctx, "clicks", nil),
			must(components.NewWorkflow(ctx, "flow", &components.WorkflowArgs{DefinitionFile: "order.asl.json", Substitutions: components.Substitutions{"Place": f}})),
			must(components.NewScheduledJob(ctx, "nightly", &components.ScheduledJobArgs{Expression: "rate(1 day)", Target: f})),
			newExport(t, ctx, components.ContainerJobArgs{Network: network}),
			newDatabase(t, ctx, components.AuroraServerlessArgs{Network: network}),
			must(components.NewObjectStore(ctx, "media", nil)),
			must(components.NewMailSender(ctx, "mail", &components.MailSenderArgs{Address: "orders@shop.example"})),
			must(components.NewStaticSite(ctx, "web", &components.StaticSiteArgs{Content: newContent(t)})),
		}})
	})
	var got strings.Builder
	graphs := linesOf(t, program)
	for _, title := range slices.Sorted(maps.Keys(graphs)) {
		fmt.Fprintf(&got, "%s\n\t%s\n", title, strings.Join(graphs[title], "\n\t"))
	}
	require.Equal(t, string(want), got.String())
}
