package shop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/serverless-shop/serverless-shop/local/engine"
	"github.com/serverless-shop/serverless-shop/local/machine"
)

// LogFilter reads log events; CloudWatch Logs does.
type LogFilter interface {
	FilterLogEvents(context.Context, *cloudwatchlogs.FilterLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error)
}

// Logs prints what the functions have logged, in the order of time. only is a function's folder name, or empty for all.
// With follow it goes on until ctx ends.
func (s *Settings) Logs(ctx context.Context, w io.Writer, only string, follow bool) error {
	if machine.Find(s.emulatorPID()) == nil {
		return errNotRunning
	}
	state, err := (&engine.Stack{State: s.stateDir(), Project: s.Project, Name: "local"}).ReadState()
	if err != nil {
		return err
	}
	groups := state.Map("logGroups")
	if len(groups) == 0 {
		return errNotRunning
	}
	if only != "" {
		group, ok := groups[only]
		if !ok {
			return fmt.Errorf("FUNCTION=%s: no such function; want one of %s", only, strings.Join(slices.Sorted(maps.Keys(groups)), ", "))
		}
		groups = map[string]string{only: group}
	}
	client := cloudwatchlogs.NewFromConfig(s.AWS(), func(o *cloudwatchlogs.Options) { o.HTTPClient = &http.Client{Timeout: 20 * time.Second} })
	p := &logPrinter{client: client, groups: groups, w: w, seen: map[string]bool{}}
	for {
		if err := p.print(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		if !follow {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

// logPrinter prints the events of several log groups, each once.
type logPrinter struct {
	client LogFilter
	groups map[string]string // function → log group
	w      io.Writer
	since  int64 // ms; events before it have been printed
	seen   map[string]bool
}

type logLine struct {
	at       int64
	function string
	message  string
}

func (p *logPrinter) print(ctx context.Context) error {
	var lines []logLine
	for _, function := range slices.Sorted(maps.Keys(p.groups)) {
		events, err := p.events(ctx, p.groups[function])
		if err != nil {
			return fmt.Errorf("reading the logs of %s: %w", function, err)
		}
		for _, e := range events {
			id := aws.ToString(e.EventId)
			if id == "" {
				id = fmt.Sprint(aws.ToString(e.LogStreamName), aws.ToInt64(e.Timestamp), aws.ToString(e.Message))
			}
			if id = function + id; !p.seen[id] {
				p.seen[id] = true
				lines = append(lines, logLine{aws.ToInt64(e.Timestamp), function, aws.ToString(e.Message)})
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b logLine) int { return int(a.at - b.at) })
	for _, l := range lines {
		at := time.UnixMilli(l.at).Format("15:04:05.000")
		for message := range strings.Lines(strings.TrimRight(l.message, "\n")) {
			if _, err := fmt.Fprintf(p.w, "%s %-16s %s\n", at, l.function, strings.TrimRight(message, "\r\n")); err != nil {
				return err
			}
		}
	}
	if n := len(lines); n > 0 {
		// Events of the last seconds are asked for again: they may arrive out of order. seen keeps them from being repeated.
		p.since = max(p.since, lines[n-1].at-5_000)
	}
	return nil
}

func (p *logPrinter) events(ctx context.Context, group string) ([]types.FilteredLogEvent, error) {
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group}
	if p.since > 0 {
		in.StartTime = &p.since
	}
	var events []types.FilteredLogEvent
	for {
		out, err := p.client.FilterLogEvents(ctx, in)
		var missing *types.ResourceNotFoundException
		if errors.As(err, &missing) {
			return nil, nil // a function that has never run may have no log group yet
		}
		if err != nil {
			return nil, err
		}
		events = append(events, out.Events...)
		if aws.ToString(out.NextToken) == "" || aws.ToString(out.NextToken) == aws.ToString(in.NextToken) {
			return events, nil
		}
		in.NextToken = out.NextToken
	}
}
