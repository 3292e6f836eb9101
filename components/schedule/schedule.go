// Package schedule reads the schedule expressions of Amazon EventBridge Scheduler and tells when they run:
//
//	rate(5 minutes)            every five minutes
//	cron(0 9 ? * MON-FRI *)    at 9:00 on workdays
//	at(2024-12-25T00:00:00)    once
//
// The grammar and the treatment of daylight saving time are those of "Schedule types in EventBridge Scheduler" in the
// EventBridge Scheduler user guide. Only documented forms are accepted, since what AWS refuses, it refuses in the middle of a
// deployment.
//
// Cron packages for Go at large (github.com/robfig/cron, github.com/gorhill/cronexpr) read another grammar: no "?", days of
// the week counted from 0 instead of 1, no W, and another rule for daylight saving time.
package schedule

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Expression is a schedule expression. Make one with [Parse].
type Expression struct {
	text string
	plan plan
}

// plan is one kind of schedule.
type plan interface {
	// next returns up to n times after a time, in order.
	next(after time.Time, n int, loc *time.Location) []time.Time
}

// Examples of the three kinds, for error messages.
const (
	rateExample = "rate(5 minutes)"
	cronExample = "cron(0 9 * * ? *)"
	atExample   = "at(2024-12-25T00:00:00)"
)

var call = regexp.MustCompile(`^([a-z]+)\((.*)\)$`)

// Parse reads an expression. Its error names each field that is wrong, its value, what is accepted and an example.
func Parse(text string) (Expression, error) {
	match := call.FindStringSubmatch(text)
	kind, argument := "", ""
	if match != nil {
		kind, argument = match[1], match[2]
	}
	var p plan
	var err error
	switch kind {
	case "rate":
		p, err = parseRate(argument)
	case "cron":
		p, err = parseCron(argument)
	case "at":
		p, err = parseAt(argument)
	default:
		err = fmt.Errorf("want rate(…), cron(…) or at(…), such as %s, %s or %s", rateExample, cronExample, atExample)
	}
	if err != nil {
		return Expression{}, fmt.Errorf("schedule expression %q: %w", text, err)
	}
	return Expression{text, p}, nil
}

// String is the expression as it was written.
func (e Expression) String() string {
	return e.text
}

// Once tells whether the expression stands for one moment, as at(…) does.
func (e Expression) Once() bool {
	_, once := e.plan.(at)
	return once
}

// Rate is the interval of a rate(…) expression, or 0. Its runs count from the schedule's start, not from the calendar.
func (e Expression) Rate() time.Duration {
	r, _ := e.plan.(rate)
	return time.Duration(r)
}

// Next returns the next n times after a time at which the expression runs in a time zone, in order; fewer if it runs less often.
//
// A rate counts from after. A minute of the clock that is skipped when daylight saving time begins is skipped; one that comes twice
// when it ends runs the first time only.
func (e Expression) Next(after time.Time, n int, loc *time.Location) []time.Time {
	if e.plan == nil || n <= 0 {
		return nil
	}
	return e.plan.next(after, n, loc)
}

// rate runs at a fixed interval.
type rate time.Duration

// units of a rate; a day is 24 hours, also when daylight saving time makes it shorter or longer.
var units = map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}

// maxRate is far beyond any use, and far below what time.Duration can hold.
const maxRate = 100 * 365 * 24 * time.Hour

func parseRate(argument string) (plan, error) {
	words := strings.Fields(argument)
	if len(words) != 2 {
		return nil, fmt.Errorf("%d fields, want 2: value and unit, such as %s", len(words), rateExample)
	}
	value, err := strconv.Atoi(words[0])
	if err != nil || value < 1 || words[0] != strconv.Itoa(value) {
		return nil, fmt.Errorf("value = %q, want a whole number of at least 1, such as %s", words[0], rateExample)
	}
	unit, found := units[strings.TrimSuffix(words[1], "s")]
	if !found || strings.HasSuffix(words[1], "ss") {
		return nil, fmt.Errorf("unit = %q, want minute, minutes, hour, hours, day or days, such as %s", words[1], rateExample)
	}
	if plural := strings.HasSuffix(words[1], "s"); plural != (value > 1) {
		return nil, fmt.Errorf("unit = %q, want the singular after 1 and the plural after any other value, such as rate(1 hour) or rate(2 hours)", words[1])
	}
	if value > int(maxRate/unit) {
		return nil, fmt.Errorf("value = %d, want at most %d %ss (100 years)", value, int(maxRate/unit), strings.TrimSuffix(words[1], "s"))
	}
	return rate(time.Duration(value) * unit), nil
}

func (r rate) next(after time.Time, n int, loc *time.Location) []time.Time {
	times := make([]time.Time, n)
	for i := range times {
		after = after.Add(time.Duration(r))
		times[i] = after.In(loc)
	}
	return times
}

// at runs once. The time is the clock's, kept as if it were UTC.
type at struct{ clock time.Time }

func parseAt(argument string) (plan, error) {
	const layout = "2006-01-02T15:04:05"
	clock, err := time.Parse(layout, argument)
	if err != nil || clock.Format(layout) != argument { // Parse also takes fractions of a second
		return nil, fmt.Errorf("time = %q, want yyyy-mm-ddThh:mm:ss without a time zone, such as %s", argument, atExample)
	}
	return at{clock}, nil
}

func (a at) next(after time.Time, _ int, loc *time.Location) []time.Time {
	if t, exists := instant(a.clock, loc); exists && t.After(after) {
		return []time.Time{t}
	}
	return nil
}

// instant is the first moment at which clocks in loc show what clock shows in UTC. There is none if daylight saving time
// skips it, and there are two if its end repeats it.
func instant(clock time.Time, loc *time.Location) (time.Time, bool) {
	var first time.Time
	found := false
	// Whatever the offset is at that moment, it is in force a day earlier or a day later: no zone changes twice in two days.
	for _, near := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := clock.Add(near).In(loc).Zone()
		t := clock.Add(-time.Duration(offset) * time.Second).In(loc)
		if shows(t, clock) && (!found || t.Before(first)) {
			first, found = t, true
		}
	}
	return first, found
}

// shows tells whether a clock at t shows the same as clock.
func shows(t, clock time.Time) bool {
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).Equal(clock)
}
