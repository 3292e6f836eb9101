package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/notifications"
	"github.com/serverless-shop/serverless-shop/shop/orders"
	"github.com/serverless-shop/serverless-shop/shop/payments"
	"github.com/serverless-shop/serverless-shop/shop/shipping"
	"github.com/serverless-shop/serverless-shop/shopctl/deadletter"
	"github.com/serverless-shop/serverless-shop/shopctl/flow"
	"github.com/serverless-shop/serverless-shop/shopctl/replay"
	"github.com/serverless-shop/serverless-shop/shopctl/story"
)

func (a *app) order(ctx context.Context, args []string) error {
	args, err := a.parse(ctx, args, "ID")
	if err != nil {
		return err
	}
	db := dynamodb.NewFromConfig(a.aws)
	told, err := story.Tell(ctx, story.Sources{
		Orders:    orders.NewTable(db, a.found.Tables.Orders),
		Payments:  payments.NewView(db, a.found.Tables.Payments),
		Shipments: shipping.NewTable(db, a.found.Tables.Shipments),
		Mails: func(ctx context.Context, id string) ([]notifications.Told, error) {
			return notifications.History(ctx, db, a.found.Tables.Notifications, id)
		},
		Flow: flow.New(sfn.NewFromConfig(a.aws), a.found.OrderFlow),
		Logs: cloudwatchlogs.NewFromConfig(a.aws), LogGroups: a.found.LogGroups,
	}, args[0], func(done, all int) { a.progress("logs of %d of %d functions read", done, all) })
	a.progressed()
	if errors.Is(err, fault.ErrNotFound) {
		return fmt.Errorf("there is no order %q in stack %s; want an order's id, such as the shop's mails and log lines have", args[0], a.stack)
	}
	if err != nil {
		return err
	}
	if a.asJSON {
		err = a.printJSON(told)
	} else {
		err = a.printStory(told)
	}
	if err == nil && len(told.Unreachable) > 0 {
		return errUnwell
	}
	return err
}

func (a *app) printStory(told story.Story) error {
	fmt.Fprintf(a.out, "order %s is %s\ncorrelation id %s\n\n", told.OrderID, told.Status, strings.Join(told.CorrelationIDs, ", "))
	rows := make([][]string, len(told.Timeline))
	for i, e := range told.Timeline {
		rows[i] = []string{stamp(e.At), e.Context, e.What}
		if e.Failure {
			rows[i][2] = a.red(e.What) // the last column: colours would count in another one's width
		}
	}
	if err := a.table([]string{"TIME (UTC)", "CONTEXT", "WHAT"}, rows); err != nil {
		return err
	}
	for _, u := range told.Unreachable {
		fmt.Fprintln(a.out, a.red(fmt.Sprintf("\nnot reachable, so that the story may have gaps: %s: %s", u.Source, u.Error)))
	}
	return nil
}

func (a *app) desk() *deadletter.Desk {
	return deadletter.NewDesk(a.found.DeadLetterQueues, sqs.NewFromConfig(a.aws), lambda.NewFromConfig(a.aws), dynamodbstreams.NewFromConfig(a.aws))
}

func (a *app) dlqList(ctx context.Context, args []string) error {
	if _, err := a.parse(ctx, args); err != nil {
		return err
	}
	all, err := a.desk().List(ctx)
	if ctx.Err() != nil {
		return err
	}
	unwell := err != nil
	if a.asJSON {
		err = a.printJSON(all)
	} else {
		var rows [][]string
		for _, s := range all {
			row := []string{s.Queue, strconv.Itoa(s.Messages), strconv.Itoa(s.Busy), ago(s.Oldest), s.What}
			if s.Error != "" {
				row = []string{s.Queue, "?", "?", "?", a.red("not reachable: " + s.Error)}
			}
			rows = append(rows, row)
		}
		err = a.table([]string{"QUEUE", "MESSAGES", "BUSY", "OLDEST", "WHAT"}, rows)
	}
	for _, s := range all {
		unwell = unwell || s.Messages+s.Busy > 0
	}
	if err == nil && unwell {
		return errUnwell
	}
	return err
}

func (a *app) dlqShow(ctx context.Context, args []string) error {
	n := a.flags.Int("n", 10, "")
	args, err := a.parse(ctx, args, "QUEUE")
	if err != nil {
		return err
	}
	messages, all, err := a.desk().Show(ctx, args[0], *n)
	if err != nil && len(messages) == 0 {
		return err
	}
	if a.asJSON {
		return errors.Join(a.printJSON(append([]deadletter.Message{}, messages...)), err)
	}
	for _, m := range messages {
		a.printMessage(m)
	}
	if all == 0 && err == nil {
		a.tell("the queue is empty")
		return nil
	}
	a.tell("%d of about %d messages; they are still in the queue", len(messages), all)
	return err
}

func (a *app) printMessage(m deadletter.Message) {
	fmt.Fprintf(a.out, "message %s\n  sent      %s (%s ago)\n  received  %d times\n  why       %s\n", m.ID, stamp(m.Sent), ago(m.Sent), m.Receives, a.red(m.Why))
	for _, name := range slices.Sorted(maps.Keys(m.Attributes)) {
		fmt.Fprintf(a.out, "  attribute %s=%s\n", name, m.Attributes[name])
	}
	fmt.Fprintf(a.out, "  body      %s\n\n", m.Body)
}

func (a *app) dlqDiscard(ctx context.Context, args []string) error {
	id := a.flags.String("id", "", "")
	yes := a.flags.Bool("yes", false, "")
	args, err := a.parse(ctx, args, "QUEUE")
	if err != nil {
		return err
	}
	if *id == "" {
		return fmt.Errorf("%w: want --id ID, as dlq show has it", errUsage)
	}
	message, err := a.desk().Discard(ctx, args[0], *id, *yes)
	if message.ID == "" {
		return err
	}
	if a.asJSON {
		return errors.Join(err, a.printJSON(message))
	}
	a.printMessage(message)
	switch {
	case err != nil:
		return err
	case !*yes:
		a.tell("it is still in the queue; add --yes to remove it for good")
	default:
		a.tell("it is removed for good; what is printed above is all that is left of it")
	}
	return nil
}

func (a *app) dlqRedrive(ctx context.Context, args []string) error {
	limit := a.flags.Int("limit", 0, "")
	all := a.flags.Bool("all", false, "")
	want := []string{"QUEUE"}
	if slices.Contains(args, "--all") || slices.Contains(args, "-all") {
		want = nil
	}
	args, err := a.parse(ctx, args, want...)
	if err != nil {
		return err
	}
	var results []deadletter.Result
	if *all {
		results, err = a.desk().RedriveAll(ctx, *limit, func(queue string, n int) { a.progress("%s: %d put back", queue, n) })
	} else {
		var result deadletter.Result
		result, err = a.desk().Redrive(ctx, args[0], *limit, func(n int) { a.progress("%d put back", n) })
		if result.Queue != "" {
			results = []deadletter.Result{result}
		}
	}
	a.progressed()
	if a.asJSON {
		err = errors.Join(err, a.printJSON(append([]deadletter.Result{}, results...)))
	} else {
		if len(results) == 0 && err == nil {
			a.tell("every dead-letter queue is empty")
		}
		for _, r := range results {
			fmt.Fprintf(a.out, "%s: %d put back, %d left\n", r.Queue, r.Moved, r.Left)
			for _, k := range r.Kept {
				fmt.Fprintln(a.out, a.red(fmt.Sprintf("  kept %s: %s", k.ID, k.Reason)))
			}
		}
	}
	if err != nil {
		return err
	}
	return unwellIf(slices.ContainsFunc(results, func(r deadletter.Result) bool {
		return len(r.Kept) > 0 || *limit == 0 && r.Left > 0 // somebody else is looking at them, or they have come back
	}))
}

func unwellIf(condition bool) error {
	if condition {
		return errUnwell
	}
	return nil
}

// viewWorkers is how many orders are compared at a time: fast enough for a million orders in an hour, and far below what the tables take.
const viewWorkers = 8

func (a *app) readModels() (*orders.Table, *orders.Views) {
	db := dynamodb.NewFromConfig(a.aws)
	return orders.NewTable(db, a.found.Tables.Orders), orders.NewViews(db, a.found.Tables.OrderViews, a.found.Tables.Sales)
}

func (a *app) viewsVerify(ctx context.Context, args []string) error {
	if _, err := a.parse(ctx, args); err != nil {
		return err
	}
	table, views := a.readModels()
	compared := 0
	found, err := orders.Verify(ctx, table, views, viewWorkers, func(done int) { compared = done; a.progress("%d orders compared", done) })
	a.progressed()
	if err != nil {
		return err
	}
	if a.asJSON {
		err = a.printJSON(map[string]any{"orders": compared, "differences": append([]orders.Difference{}, found...)})
	} else {
		for _, d := range found {
			fmt.Fprintf(a.out, "%s %s\n  found %s\n  want  %s\n", d.Model, d.Key, orNothing(d.Found), orNothing(d.Want))
		}
		fmt.Fprintf(a.out, "%d orders compared, %d differences\n", compared, len(found))
		if len(found) > 0 {
			a.tell("repair them: shopctl views rebuild")
		}
	}
	if err != nil {
		return err
	}
	return unwellIf(len(found) > 0)
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

func (a *app) viewsRebuild(ctx context.Context, args []string) error {
	if _, err := a.parse(ctx, args); err != nil {
		return err
	}
	table, views := a.readModels()
	result, err := orders.Rebuild(ctx, table, views, viewWorkers, func(done int) { a.progress("%d orders compared", done) })
	a.progressed()
	if err != nil {
		return fmt.Errorf("%w; what was repaired so far stays (%d views), run it again", err, result.Written)
	}
	if a.asJSON {
		return a.printJSON(result)
	}
	_, err = fmt.Fprintf(a.out, "%d orders compared: %d views written, %d views of no order removed, %d sales corrected\n", result.Orders, result.Written, result.Removed, result.Sales)
	return err
}

// texts is a flag that can be given several times.
type texts []string

func (t *texts) String() string { return strings.Join(*t, " ") }

func (t *texts) Set(text string) error {
	*t = append(*t, text)
	return nil
}

// moment is a flag that is a time, or a day, which begins at midnight in UTC.
type moment struct{ time.Time }

func (m *moment) Set(text string) (err error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if m.Time, err = time.Parse(layout, text); err == nil {
			return nil
		}
	}
	return errors.New("want a time such as 2026-03-01T10:00:00Z, or a day such as 2026-03-01")
}

func (a *app) archiveReplay(ctx context.Context, args []string) error {
	var r replay.Range
	var from, to moment
	var types, rules texts
	a.flags.Var(&from, "from", "")
	a.flags.Var(&to, "to", "")
	a.flags.Var(&types, "type", "")
	a.flags.Var(&rules, "rule", "")
	toBus := a.flags.Bool("to-bus", false, "")
	yes := a.flags.Bool("yes", false, "")
	if _, err := a.parse(ctx, args); err != nil {
		return err
	}
	r.From, r.To, r.Types = from.Time, to.Time, types
	if *toBus == (len(rules) > 0) {
		return fmt.Errorf("%w: want either --rule NAME, once or more, or --to-bus", errUsage)
	}
	if len(rules) > 0 && len(types) > 0 {
		return fmt.Errorf("%w: --type works with --to-bus only; EventBridge replays whatever the rules' own patterns match", errUsage)
	}
	archive := replay.New(a.found, eventbridge.NewFromConfig(a.aws), s3.NewFromConfig(a.aws, func(o *s3.Options) { o.UsePathStyle = a.aws.BaseEndpoint != nil }))
	if err := archive.Check(r, rules); err != nil {
		return err
	}
	if !*yes {
		return a.countReplay(ctx, archive, r, rules)
	}
	if *toBus {
		sent, err := archive.ToBus(ctx, r, func(n int) { a.progress("%d events sent", n) })
		a.progressed()
		if err != nil {
			return err
		}
		return a.done(map[string]any{"sent": sent}, "%d events sent to the bus", sent)
	}
	err := archive.ToRules(ctx, r, rules, func(state string, upTo time.Time) { a.progress("replay is %s, up to %s", state, stamp(upTo)) })
	a.progressed()
	if err != nil {
		return err
	}
	return a.done(map[string]any{"replayed": rules}, "replayed to %s", strings.Join(rules, ", "))
}

// done says how a command ended.
func (a *app) done(value any, format string, args ...any) error {
	if a.asJSON {
		return a.printJSON(value)
	}
	_, err := fmt.Fprintf(a.out, format+"\n", args...)
	return err
}

// countReplay says what a replay would send.
func (a *app) countReplay(ctx context.Context, archive *replay.Archive, r replay.Range, rules []string) error {
	var held *replay.Kept
	if len(rules) > 0 {
		k, err := archive.Kept(ctx, r)
		if err != nil {
			return err
		}
		held = &k
	}
	counts, err := archive.Count(ctx, r)
	if err != nil {
		return err
	}
	if a.asJSON {
		return a.printJSON(map[string]any{"dryRun": true, "orderEvents": counts, "eventBridgeArchive": held})
	}
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		rows = append(rows, []string{name, strconv.Itoa(counts[name])})
	}
	rows = append(rows, []string{"all", strconv.Itoa(counts.Total())})
	if err := a.table([]string{"EVENTS OF ORDERS", "COUNT"}, rows); err != nil {
		return err
	}
	if held != nil {
		fmt.Fprintf(a.out, "\nEventBridge's archive has %d events of all contexts, since %s; the rules' patterns choose among those of the range\n", held.Events, stamp(held.Since))
	}
	a.tell("nothing was sent; add --yes to send them")
	return nil
}

func (a *app) flow() *flow.Flow { return flow.New(sfn.NewFromConfig(a.aws), a.found.OrderFlow) }

func (a *app) flowList(ctx context.Context, args []string) error {
	failed := a.flags.Bool("failed", false, "")
	n := a.flags.Int("n", 50, "")
	if _, err := a.parse(ctx, args); err != nil {
		return err
	}
	all, err := a.flow().List(ctx, *failed, *n)
	if err != nil {
		return err
	}
	if a.asJSON {
		err = a.printJSON(append([]flow.Execution{}, all...))
	} else {
		var rows [][]string
		for _, e := range all {
			rows = append(rows, []string{e.Name, e.Status, stamp(e.Started), stamp(e.Stopped), e.Step, strings.TrimSpace(e.Error + " " + brief(e.Cause))})
		}
		if len(all) == 0 {
			a.tell("no executions")
			return nil
		}
		err = a.table([]string{"ORDER", "STATUS", "STARTED (UTC)", "STOPPED (UTC)", "STEP", "ERROR"}, rows)
	}
	if err != nil {
		return err
	}
	return unwellIf(*failed && len(all) > 0)
}

// brief is the beginning of a text on one line.
func brief(text string) string {
	const longest = 120
	if runes := []rune(strings.Join(strings.Fields(text), " ")); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return strings.Join(strings.Fields(text), " ")
}

func (a *app) flowRedrive(ctx context.Context, args []string) error {
	restart := a.flags.Bool("restart", false, "")
	args, err := a.parse(ctx, args, "ID")
	if err != nil {
		return err
	}
	begin := a.flow().Redrive
	if *restart {
		begin = a.flow().Restart
	}
	name, err := begin(ctx, args[0])
	if err != nil {
		return err
	}
	return a.done(map[string]any{"execution": name}, "execution %s goes on; watch it: shopctl order %s", name, args[0])
}
