package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is one of the six fields of a cron expression.
type field struct {
	name     string
	min, max int
	// names may stand for min, min+1, …
	names   []string
	example string
}

var (
	months   = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	weekdays = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

// The fields, as in the table "Cron-based schedules" of the EventBridge Scheduler user guide.
var (
	minuteField     = field{name: "minutes", max: 59, example: "0, 0,30 or */15"}
	hourField       = field{name: "hours", max: 23, example: "9, 8-18 or */6"}
	dayOfMonthField = field{name: "day-of-month", min: 1, max: 31, example: "1, 1-15, L (the last day), 15W (the weekday nearest to the 15th) or ?"}
	monthField      = field{name: "month", min: 1, max: 12, names: months, example: "1, JAN or JAN-MAR"}
	dayOfWeekField  = field{name: "day-of-week", min: 1, max: 7, names: weekdays, example: "2, MON-FRI, 6L (the last Friday), 2#1 (the first Monday) or ?"}
	yearField       = field{name: "year", min: 1970, max: 2199, example: "* or 2025-2027"}

	fields = []field{minuteField, hourField, dayOfMonthField, monthField, dayOfWeekField, yearField}
)

// cron runs when the clock shows a time that every field matches.
type cron struct {
	minutes, hours, months, years []int
	days                          []dayRule // any of them
}

// dayRule tells whether a day, whose clock is kept as UTC, is meant.
type dayRule func(day time.Time) bool

func parseCron(argument string) (plan, error) {
	texts := strings.Fields(argument)
	if len(texts) != len(fields) {
		return nil, fmt.Errorf("%d fields, want 6: minutes hours day-of-month month day-of-week year, such as %s", len(texts), cronExample)
	}
	var c cron
	var errs [6]error
	c.minutes, errs[0] = minuteField.numbers(texts[0])
	c.hours, errs[1] = hourField.numbers(texts[1])
	c.months, errs[3] = monthField.numbers(texts[3])
	c.years, errs[5] = yearField.numbers(texts[5])
	ofMonth, ofWeek := texts[2], texts[4]
	switch {
	case ofMonth == "?" && ofWeek == "?":
		errs[2] = fmt.Errorf(`day-of-month = "?" and day-of-week = "?", want "?" in one of the two only, such as %s`, cronExample)
	case ofMonth != "?" && ofWeek != "?":
		errs[2] = fmt.Errorf(`day-of-month = %q and day-of-week = %q, want "?" in one of the two, such as %s or cron(0 9 ? * MON-FRI *)`, ofMonth, ofWeek, cronExample)
	case ofWeek == "?":
		c.days, errs[2] = dayOfMonthField.rules(ofMonth, dayOfMonth)
	default:
		c.days, errs[4] = dayOfWeekField.rules(ofWeek, dayOfWeek)
	}
	return c, errors.Join(errs[:]...)
}

func (f field) refuse(item, reason string) error {
	accepted := fmt.Sprintf("%d–%d", f.min, f.max)
	if f.names != nil {
		accepted += fmt.Sprintf(" or %s–%s", f.names[0], f.names[len(f.names)-1])
	}
	if reason != "" {
		reason = " (" + reason + ")"
	}
	return fmt.Errorf("%s = %q%s, want %s, such as %s", f.name, item, reason, accepted, f.example)
}

// number reads one value, by its number or name.
func (f field) number(text string) (int, bool) {
	if i := slices.Index(f.names, strings.ToUpper(text)); i >= 0 {
		return f.min + i, true
	}
	if !digits.MatchString(text) {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= f.min && n <= f.max
}

var digits = regexp.MustCompile(`^[0-9]{1,4}$`)

// numbers reads a list of values, ranges and steps, and returns all values that it means, sorted.
func (f field) numbers(text string) ([]int, error) {
	var all []int
	for _, item := range strings.Split(text, ",") {
		some, err := f.item(item)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// item reads one of: * · 5 · 5-10, each with or without a step: */15 · 5/10 · 5-30/10.
func (f field) item(item string) ([]int, error) {
	span, stepText, stepped := strings.Cut(item, "/")
	step := 1
	if stepped {
		n, err := strconv.Atoi(stepText)
		if err != nil || !digits.MatchString(stepText) || n < 1 || n > f.max {
			return nil, f.refuse(item, fmt.Sprintf("step %q, want 1–%d", stepText, f.max))
		}
		step = n
	}
	first, last := f.min, f.max
	if span != "*" {
		from, to, ranged := strings.Cut(span, "-")
		var ok bool
		if first, ok = f.number(from); !ok {
			return nil, f.refuse(item, "")
		}
		switch {
		case ranged:
			if last, ok = f.number(to); !ok {
				return nil, f.refuse(item, "")
			}
			if last < first {
				return nil, f.refuse(item, fmt.Sprintf("a range from the smaller to the larger value; write %s,%s for one around the end", f.span(first, f.max), f.span(f.min, last)))
			}
		case !stepped:
			last = first
		}
	}
	var all []int
	for n := first; n <= last; n += step {
		all = append(all, n)
	}
	return all, nil
}

// span writes a range.
func (f field) span(first, last int) string {
	if first == last {
		return strconv.Itoa(first)
	}
	return fmt.Sprintf("%d-%d", first, last)
}

// rules reads the list of a day field. special reads the items that are not plain numbers, and knows how a number is matched.
func (f field) rules(text string, special func(f field, item string) (dayRule, bool)) ([]dayRule, error) {
	items := strings.Split(text, ",")
	var all []dayRule
	for _, item := range items {
		if strings.Contains(item, "#") && len(items) > 1 {
			return nil, f.refuse(text, "# is accepted only once and alone")
		}
		rule, found := special(f, item)
		if !found {
			numbers, err := f.item(item)
			if err != nil {
				return nil, err
			}
			rule = f.oneOf(numbers)
		}
		all = append(all, rule)
	}
	return all, nil
}

func (f field) oneOf(numbers []int) dayRule {
	return func(day time.Time) bool {
		n := day.Day()
		if f.name == dayOfWeekField.name {
			n = int(day.Weekday()) + 1
		}
		return slices.Contains(numbers, n)
	}
}

// dayOfMonth reads L, the last day of the month, and 15W, the weekday of the same month that is nearest to the 15th. A month
// that has no such day is left out.
func dayOfMonth(f field, item string) (dayRule, bool) {
	if item == "L" {
		return func(day time.Time) bool { return day.Day() == daysIn(day) }, true
	}
	number, weekday := strings.CutSuffix(item, "W")
	n, ok := f.number(number)
	if !weekday || !ok {
		return nil, false
	}
	return func(day time.Time) bool { return n <= daysIn(day) && day.Day() == nearestWeekday(day, n) }, true
}

// dayOfWeek reads L, the last day of the week, 6L, the last Friday of the month, and 6#3, its third Friday.
func dayOfWeek(f field, item string) (dayRule, bool) {
	if item == "L" {
		return func(day time.Time) bool { return day.Weekday() == time.Saturday }, true
	}
	if name, last := strings.CutSuffix(item, "L"); last {
		n, ok := f.number(name)
		return func(day time.Time) bool { return int(day.Weekday())+1 == n && day.Day()+7 > daysIn(day) }, ok
	}
	name, count, counted := strings.Cut(item, "#")
	n, ok := f.number(name)
	nth, err := strconv.Atoi(count)
	if !counted || !ok || err != nil || nth < 1 || nth > 5 {
		return nil, false
	}
	return func(day time.Time) bool { return int(day.Weekday())+1 == n && (day.Day()+6)/7 == nth }, true
}

// daysIn is how many days the day's month has.
func daysIn(day time.Time) int {
	return time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// nearestWeekday is the day of month, Monday to Friday, nearest to the nth of the day's month, and in the same month.
func nearestWeekday(day time.Time, n int) int {
	weekday := time.Date(day.Year(), day.Month(), n, 0, 0, 0, 0, time.UTC).Weekday()
	switch {
	case weekday == time.Saturday && n == 1:
		return 3
	case weekday == time.Saturday:
		return n - 1
	case weekday == time.Sunday && n == daysIn(day):
		return n - 2
	case weekday == time.Sunday:
		return n + 1
	}
	return n
}

func (c cron) next(after time.Time, n int, loc *time.Location) []time.Time {
	var times []time.Time
	year, month, today := after.In(loc).Date()
	end := time.Date(yearField.max+1, 1, 1, 0, 0, 0, 0, time.UTC)
	for day := time.Date(year, month, today, 0, 0, 0, 0, time.UTC); day.Before(end); day = c.following(day) {
		if !c.matches(day) {
			continue
		}
		for _, hour := range c.hours {
			for _, minute := range c.minutes {
				clock := day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
				t, exists := instant(clock, loc)
				if !exists || !t.After(after) {
					continue
				}
				if times = append(times, t); len(times) == n {
					return times
				}
			}
		}
	}
	return times
}

// following is the next day that can match: months and years that do not are passed over.
func (c cron) following(day time.Time) time.Time {
	switch {
	case !slices.Contains(c.years, day.Year()):
		return time.Date(day.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
	case !slices.Contains(c.months, int(day.Month())):
		return time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	}
	return day.AddDate(0, 0, 1)
}

// matches tells whether the expression runs on a day.
func (c cron) matches(day time.Time) bool {
	return slices.Contains(c.years, day.Year()) && slices.Contains(c.months, int(day.Month())) &&
		slices.ContainsFunc(c.days, func(rule dayRule) bool { return rule(day) })
}
