package schedule_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/serverless-shop/serverless-shop/components/schedule"
)

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

// next lists the next runs as a clock in loc shows them.
func next(t *testing.T, expression, after string, n int, loc *time.Location) []string {
	t.Helper()
	e, err := schedule.Parse(expression)
	require.NoError(t, err)
	require.Equal(t, expression, e.String())
	from, err := time.ParseInLocation("2006-01-02 15:04:05", after, loc)
	require.NoError(t, err)
	runs := []string{}
	for _, run := range e.Next(from, n, loc) {
		require.Equal(t, loc, run.Location())
		runs = append(runs, run.Format("Mon 2006-01-02 15:04:05"))
	}
	return runs
}

func TestNext(t *testing.T) {
	for expression, want := range map[string][]string{
		"rate(5 minutes)":                    {"Wed 2024-05-15 10:35:30", "Wed 2024-05-15 10:40:30", "Wed 2024-05-15 10:45:30"},
		"rate(1 hour)":                       {"Wed 2024-05-15 11:30:30", "Wed 2024-05-15 12:30:30", "Wed 2024-05-15 13:30:30"},
		"rate(1 minute)":                     {"Wed 2024-05-15 10:31:30", "Wed 2024-05-15 10:32:30", "Wed 2024-05-15 10:33:30"},
		"rate(2 days)":                       {"Fri 2024-05-17 10:30:30", "Sun 2024-05-19 10:30:30", "Tue 2024-05-21 10:30:30"},
		"cron(0 9 * * ? *)":                  {"Thu 2024-05-16 09:00:00", "Fri 2024-05-17 09:00:00", "Sat 2024-05-18 09:00:00"},
		"cron(0 0 1 * ? *)":                  {"Sat 2024-06-01 00:00:00", "Mon 2024-07-01 00:00:00", "Thu 2024-08-01 00:00:00"},
		"at(2024-12-25T00:00:00)":            {"Wed 2024-12-25 00:00:00"},
		"cron(* * * * ? *)":                  {"Wed 2024-05-15 10:31:00", "Wed 2024-05-15 10:32:00", "Wed 2024-05-15 10:33:00"},
		"cron(*/20 8-9 * * ? *)":             {"Thu 2024-05-16 08:00:00", "Thu 2024-05-16 08:20:00", "Thu 2024-05-16 08:40:00"},
		"cron(50/5 * * * ? *)":               {"Wed 2024-05-15 10:50:00", "Wed 2024-05-15 10:55:00", "Wed 2024-05-15 11:50:00"},
		"cron(0 8-12/2,20 * * ? *)":          {"Wed 2024-05-15 12:00:00", "Wed 2024-05-15 20:00:00", "Thu 2024-05-16 08:00:00"},
		"cron(0  18  ?  *  MON-FRI  *)":      {"Wed 2024-05-15 18:00:00", "Thu 2024-05-16 18:00:00", "Fri 2024-05-17 18:00:00"},
		"cron(0 18 ? * mon,1 *)":             {"Sun 2024-05-19 18:00:00", "Mon 2024-05-20 18:00:00", "Sun 2024-05-26 18:00:00"},
		"cron(0 0 ? * 2/3 *)":                {"Thu 2024-05-16 00:00:00", "Mon 2024-05-20 00:00:00", "Thu 2024-05-23 00:00:00"},
		"cron(0 0 L * ? *)":                  {"Fri 2024-05-31 00:00:00", "Sun 2024-06-30 00:00:00", "Wed 2024-07-31 00:00:00"},
		"cron(0 0 1,L FEB ? *)":              {"Sat 2025-02-01 00:00:00", "Fri 2025-02-28 00:00:00", "Sun 2026-02-01 00:00:00"},
		"cron(0 0 1W * ? *)":                 {"Mon 2024-06-03 00:00:00", "Mon 2024-07-01 00:00:00", "Thu 2024-08-01 00:00:00"},
		"cron(0 0 15W * ? *)":                {"Fri 2024-06-14 00:00:00", "Mon 2024-07-15 00:00:00", "Thu 2024-08-15 00:00:00"},
		"cron(0 0 30W 6 ? *)":                {"Fri 2024-06-28 00:00:00", "Mon 2025-06-30 00:00:00", "Tue 2026-06-30 00:00:00"},
		"cron(0 0 16W 6 ? *)":                {"Mon 2024-06-17 00:00:00", "Mon 2025-06-16 00:00:00", "Tue 2026-06-16 00:00:00"},
		"cron(0 0 31W * ? *)":                {"Fri 2024-05-31 00:00:00", "Wed 2024-07-31 00:00:00", "Fri 2024-08-30 00:00:00"},
		"cron(15 10 ? * 6L 2025-2027)":       {"Fri 2025-01-31 10:15:00", "Fri 2025-02-28 10:15:00", "Fri 2025-03-28 10:15:00"},
		"cron(15 10 ? * FRIL *)":             {"Fri 2024-05-31 10:15:00", "Fri 2024-06-28 10:15:00", "Fri 2024-07-26 10:15:00"},
		"cron(0 0 ? * L *)":                  {"Sat 2024-05-18 00:00:00", "Sat 2024-05-25 00:00:00", "Sat 2024-06-01 00:00:00"},
		"cron(0 0 ? * 3#2 *)":                {"Tue 2024-06-11 00:00:00", "Tue 2024-07-09 00:00:00", "Tue 2024-08-13 00:00:00"},
		"cron(0 0 ? * MON#5 *)":              {"Mon 2024-07-29 00:00:00", "Mon 2024-09-30 00:00:00", "Mon 2024-12-30 00:00:00"},
		"cron(0 0 29 2 ? *)":                 {"Tue 2028-02-29 00:00:00", "Sun 2032-02-29 00:00:00", "Fri 2036-02-29 00:00:00"},
		"cron(30 23 31 DEC ? 2198,2199)":     {"Mon 2198-12-31 23:30:00", "Tue 2199-12-31 23:30:00"},
		"cron(0 0 30 2 ? *)":                 {},
		"cron(0 0 1 1 ? 2020)":               {},
		"at(2024-05-15T10:30:30)":            {},
		"cron(0 0 ? JAN,MAR-APR,11/1 SUN *)": {"Sun 2024-11-03 00:00:00", "Sun 2024-11-10 00:00:00", "Sun 2024-11-17 00:00:00"},
		"cron(0 12 1/15 * ? *)":              {"Thu 2024-05-16 12:00:00", "Fri 2024-05-31 12:00:00", "Sat 2024-06-01 12:00:00"},
		"cron(59 23 * * ? 2024/100)":         {"Wed 2024-05-15 23:59:00", "Thu 2024-05-16 23:59:00", "Fri 2024-05-17 23:59:00"},
		"cron(0 0 ? 5-5 SUN-SAT,2-2 2024)":   {"Thu 2024-05-16 00:00:00", "Fri 2024-05-17 00:00:00", "Sat 2024-05-18 00:00:00"},
		"cron(0 0 */10 * ? 2024-2199/25)":    {"Tue 2024-05-21 00:00:00", "Fri 2024-05-31 00:00:00", "Sat 2024-06-01 00:00:00"},
		"cron(31 10 15 may ? *)":             {"Wed 2024-05-15 10:31:00", "Thu 2025-05-15 10:31:00", "Fri 2026-05-15 10:31:00"},
		"cron(30 10 15 5 ? *)":               {"Thu 2025-05-15 10:30:00", "Fri 2026-05-15 10:30:00", "Sat 2027-05-15 10:30:00"},
	} {
		t.Run(expression, func(t *testing.T) {
			require.Equal(t, want, next(t, expression, "2024-05-15 10:30:30", 3, time.UTC))
		})
	}
}

func TestNext_InSpringAClockTimeThatDoesNotExistIsSkipped(t *testing.T) {
	berlin := location(t, "Europe/Berlin") // 2024-03-31: 02:00 → 03:00
	require.Equal(t, []string{"Sat 2024-03-30 02:30:00", "Mon 2024-04-01 02:30:00"},
		next(t, "cron(30 2 * * ? *)", "2024-03-30 00:00:00", 2, berlin))
	require.Equal(t, []string{"Sun 2024-03-31 01:45:00", "Sun 2024-03-31 03:00:00", "Sun 2024-03-31 03:15:00"},
		next(t, "cron(*/15 * * * ? *)", "2024-03-31 01:40:00", 3, berlin))
	require.Empty(t, next(t, "at(2024-03-31T02:30:00)", "2024-03-30 00:00:00", 1, berlin))
}

func TestNext_InAutumnAClockTimeThatComesTwiceRunsOnce(t *testing.T) {
	berlin := location(t, "Europe/Berlin") // 2024-10-27: 03:00 → 02:00
	e, err := schedule.Parse("cron(30 2 * * ? *)")
	require.NoError(t, err)
	runs := e.Next(time.Date(2024, 10, 26, 12, 0, 0, 0, time.UTC), 2, berlin)
	require.Equal(t, time.Date(2024, 10, 27, 0, 30, 0, 0, time.UTC), runs[0].UTC(), "the first 02:30, still in summer time")
	require.Equal(t, time.Date(2024, 10, 28, 1, 30, 0, 0, time.UTC), runs[1].UTC())

	e, err = schedule.Parse("cron(*/30 * * * ? *)")
	require.NoError(t, err)
	runs = e.Next(time.Date(2024, 10, 27, 0, 15, 0, 0, time.UTC), 3, berlin)
	require.Equal(t, time.Date(2024, 10, 27, 0, 30, 0, 0, time.UTC), runs[0].UTC())
	require.Equal(t, time.Date(2024, 10, 27, 2, 0, 0, 0, time.UTC), runs[1].UTC(), "03:00, since 02:00 and 02:30 ran already")
	require.Equal(t, time.Date(2024, 10, 27, 2, 30, 0, 0, time.UTC), runs[2].UTC())
}

func TestNext_ADayThatAZoneLeftOutIsSkipped(t *testing.T) {
	require.Equal(t, []string{"Thu 2011-12-29 09:00:00", "Sat 2011-12-31 09:00:00"},
		next(t, "cron(0 9 * * ? *)", "2011-12-29 00:00:00", 2, location(t, "Pacific/Apia")))
}

func TestNext_ARateIsNotTheClocks(t *testing.T) {
	require.Equal(t, []string{"Sun 2024-03-31 13:00:00"},
		next(t, "rate(1 day)", "2024-03-30 12:00:00", 1, location(t, "Europe/Berlin")), "24 hours after a day with 23")
}

func TestNext_OfNothing(t *testing.T) {
	require.Empty(t, schedule.Expression{}.Next(time.Now(), 5, time.UTC))
	e, err := schedule.Parse("rate(1 hour)")
	require.NoError(t, err)
	require.Empty(t, e.Next(time.Now(), 0, time.UTC))
}

func TestKinds(t *testing.T) {
	for text, want := range map[string]struct {
		once bool
		rate time.Duration
	}{
		"rate(3 hours)":           {false, 3 * time.Hour},
		"cron(0 9 * * ? *)":       {false, 0},
		"at(2024-12-25T00:00:00)": {true, 0},
	} {
		e, err := schedule.Parse(text)
		require.NoError(t, err)
		require.Equal(t, want.once, e.Once(), text)
		require.Equal(t, want.rate, e.Rate(), text)
	}
}

func TestParse_SaysWhichFieldIsWrongAndWhatItTakes(t *testing.T) {
	for expression, want := range map[string]string{
		"":                              `schedule expression "": want rate(…), cron(…) or at(…), such as rate(5 minutes), cron(0 9 * * ? *) or at(2024-12-25T00:00:00)`,
		"every(5 minutes)":              `want rate(…), cron(…) or at(…)`,
		"0 9 * * ? *":                   `want rate(…), cron(…) or at(…)`,
		"rate(5 minutes) ":              `want rate(…), cron(…) or at(…)`,
		"rate(5)":                       `1 fields, want 2: value and unit, such as rate(5 minutes)`,
		"rate(0 minutes)":               `value = "0", want a whole number of at least 1, such as rate(5 minutes)`,
		"rate(-5 minutes)":              `value = "-5", want a whole number`,
		"rate(+5 minutes)":              `value = "+5", want a whole number`,
		"rate(05 minutes)":              `value = "05", want a whole number`,
		"at(2024-12-25T00:00:00.5)":     `time = "2024-12-25T00:00:00.5", want yyyy-mm-ddThh:mm:ss`,
		"rate(1.5 hours)":               `value = "1.5", want a whole number`,
		"rate(5 weeks)":                 `unit = "weeks", want minute, minutes, hour, hours, day or days`,
		"rate(5 minutess)":              `unit = "minutess", want minute`,
		"rate(1 hours)":                 `unit = "hours", want the singular after 1`,
		"rate(2 hour)":                  `unit = "hour", want the singular after 1 and the plural after any other value, such as rate(1 hour) or rate(2 hours)`,
		"rate(40000 days)":              `value = 40000, want at most 36500 days (100 years)`,
		"at(2024-12-25)":                `time = "2024-12-25", want yyyy-mm-ddThh:mm:ss without a time zone, such as at(2024-12-25T00:00:00)`,
		"at(2024-12-25T00:00:00Z)":      `want yyyy-mm-ddThh:mm:ss without a time zone`,
		"at(2024-02-30T00:00:00)":       `want yyyy-mm-ddThh:mm:ss`,
		"cron(0 9 * * ?)":               `5 fields, want 6: minutes hours day-of-month month day-of-week year, such as cron(0 9 * * ? *)`,
		"cron(60 9 * * ? *)":            `minutes = "60", want 0–59, such as 0, 0,30 or */15`,
		"cron( 9 * * ? *)":              `5 fields, want 6`,
		"cron(0, 9 * * ? *)":            `minutes = "", want 0–59`,
		"cron(*/0 9 * * ? *)":           `minutes = "*/0" (step "0", want 1–59), want 0–59`,
		"cron(*/60 9 * * ? *)":          `(step "60", want 1–59)`,
		"cron(0/+5 9 * * ? *)":          `(step "+5", want 1–59)`,
		"cron(? 9 * * ? *)":             `minutes = "?", want 0–59`,
		"cron(0 24 * * ? *)":            `hours = "24", want 0–23, such as 9, 8-18 or */6`,
		"cron(0 22-2 * * ? *)":          `hours = "22-2" (a range from the smaller to the larger value; write 22-23,0-2 for one around the end)`,
		"cron(0 23-0 * * ? *)":          `write 23,0 for one around the end`,
		"cron(0 8-x * * ? *)":           `hours = "8-x", want 0–23`,
		"cron(0 9 0 * ? *)":             `day-of-month = "0", want 1–31, such as 1, 1-15, L (the last day), 15W`,
		"cron(0 9 32W * ? *)":           `day-of-month = "32W", want 1–31`,
		"cron(0 9 L-3 * ? *)":           `day-of-month = "L-3", want 1–31`,
		"cron(0 9 LW * ? *)":            `day-of-month = "LW", want 1–31`,
		"cron(0 9 1 13 ? *)":            `month = "13", want 1–12 or JAN–DEC, such as 1, JAN or JAN-MAR`,
		"cron(0 9 1 JANUARY ? *)":       `month = "JANUARY", want 1–12 or JAN–DEC`,
		"cron(0 9 ? * 0 *)":             `day-of-week = "0", want 1–7 or SUN–SAT, such as 2, MON-FRI, 6L (the last Friday), 2#1 (the first Monday) or ?`,
		"cron(0 9 ? * 8L *)":            `day-of-week = "8L", want 1–7`,
		"cron(0 9 ? * 2#6 *)":           `day-of-week = "2#6", want 1–7`,
		"cron(0 9 ? * 2#1,4#1 *)":       `day-of-week = "2#1,4#1" (# is accepted only once and alone), want 1–7`,
		"cron(0 9 ? * FRI-MON *)":       `write 6-7,1-2 for one around the end`,
		"cron(0 9 ? * MON,? *)":         `day-of-week = "?", want 1–7`,
		"cron(0 9 * * * *)":             `day-of-month = "*" and day-of-week = "*", want "?" in one of the two, such as cron(0 9 * * ? *) or cron(0 9 ? * MON-FRI *)`,
		"cron(0 9 1 * MON *)":           `day-of-month = "1" and day-of-week = "MON", want "?" in one of the two`,
		"cron(0 9 ? * ? *)":             `day-of-month = "?" and day-of-week = "?", want "?" in one of the two only, such as cron(0 9 * * ? *)`,
		"cron(0 9 * * ? 1969)":          `year = "1969", want 1970–2199, such as * or 2025-2027`,
		"cron(0 9 * * ? 99999999999)":   `year = "99999999999", want 1970–2199`,
		"cron(99 99 99 99 ? 99) ignore": `want rate(…)`,
	} {
		_, err := schedule.Parse(expression)
		require.ErrorContains(t, err, want, expression)
		require.ErrorContains(t, err, fmt.Sprintf("schedule expression %q: ", expression))
	}
}

func TestParse_ReportsAllFieldsAtOnce(t *testing.T) {
	_, err := schedule.Parse("cron(60 24 32 13 ? 1)")
	for _, field := range []string{"minutes", "hours", "day-of-month", "month", "year"} {
		require.ErrorContains(t, err, field+" = ")
	}
}

// expression is a random cron expression and, found independently of the parser, what it means.
type expression struct {
	text    string
	matches func(time.Time) bool
}

type matcher func(time.Time) bool

// listOf draws a field: values, ranges and steps.
func listOf(t *rapid.T, name string, min, max int, names []string, value func(time.Time) int) (string, matcher) {
	write := func(n int) string {
		if names != nil && rapid.Bool().Draw(t, name+" by name") {
			return names[n-min]
		}
		return strconv.Itoa(n)
	}
	number := func(label string, from int) int { return rapid.IntRange(from, max).Draw(t, name+" "+label) }
	var texts []string
	var all []matcher
	for range rapid.IntRange(1, 3).Draw(t, name+" items") {
		first := number("first", min)
		last := number("last", first)
		step := rapid.IntRange(1, max).Draw(t, name+" step")
		switch rapid.IntRange(0, 4).Draw(t, name+" form") {
		case 0:
			texts, all = append(texts, "*"), append(all, func(time.Time) bool { return true })
		case 1:
			texts, all = append(texts, write(first)), append(all, func(u time.Time) bool { return value(u) == first })
		case 2:
			texts = append(texts, write(first)+"-"+write(last))
			all = append(all, func(u time.Time) bool { return value(u) >= first && value(u) <= last })
		case 3:
			texts = append(texts, fmt.Sprintf("*/%d", step))
			all = append(all, func(u time.Time) bool { return (value(u)-min)%step == 0 })
		case 4:
			texts = append(texts, fmt.Sprintf("%s-%s/%d", write(first), write(last), step))
			all = append(all, func(u time.Time) bool { return value(u) >= first && value(u) <= last && (value(u)-first)%step == 0 })
		}
	}
	return strings.Join(texts, ","), func(u time.Time) bool {
		return slices.ContainsFunc(all, func(m matcher) bool { return m(u) })
	}
}

// sameMonth tells whether u, some days later, is still in its month.
func sameMonth(u time.Time, days int) bool {
	return u.AddDate(0, 0, days).Month() == u.Month()
}

func isWeekday(u time.Time) bool {
	return u.Weekday() != time.Saturday && u.Weekday() != time.Sunday
}

func ofMonth(t *rapid.T) (string, matcher) {
	n := rapid.IntRange(1, 31).Draw(t, "day")
	switch rapid.IntRange(0, 3).Draw(t, "day-of-month form") {
	case 0:
		return "L", func(u time.Time) bool { return !sameMonth(u, 1) }
	case 1:
		return fmt.Sprintf("%dW", n), func(u time.Time) bool {
			// By definition: of the weekdays of the month, the one with the smallest distance to the nth.
			if !isWeekday(u) || time.Date(u.Year(), u.Month(), n, 0, 0, 0, 0, time.UTC).Month() != u.Month() {
				return false
			}
			distance := func(d int) int { return max(d-n, n-d) }
			for d := 1; d <= 31; d++ {
				other := time.Date(u.Year(), u.Month(), d, 0, 0, 0, 0, time.UTC)
				if other.Month() == u.Month() && isWeekday(other) && distance(d) < distance(u.Day()) {
					return false
				}
			}
			return true
		}
	}
	return listOf(t, "day-of-month", 1, 31, nil, time.Time.Day)
}

var weekdayNames = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}

func ofWeek(t *rapid.T) (string, matcher) {
	weekday := func(u time.Time) int { return int(u.Weekday()) + 1 }
	n := rapid.IntRange(1, 7).Draw(t, "weekday")
	switch rapid.IntRange(0, 3).Draw(t, "day-of-week form") {
	case 0:
		return fmt.Sprintf("%dL", n), func(u time.Time) bool { return weekday(u) == n && !sameMonth(u, 7) }
	case 1:
		k := rapid.IntRange(1, 5).Draw(t, "count")
		return fmt.Sprintf("%s#%d", weekdayNames[n-1], k), func(u time.Time) bool {
			return weekday(u) == n && (k == 1 || sameMonth(u, -7*(k-1))) && !sameMonth(u, -7*k)
		}
	}
	return listOf(t, "day-of-week", 1, 7, weekdayNames, weekday)
}

func drawExpression(t *rapid.T) expression {
	minutes, isMinute := listOf(t, "minutes", 0, 59, nil, time.Time.Minute)
	hours, isHour := listOf(t, "hours", 0, 23, nil, time.Time.Hour)
	months, isMonth := listOf(t, "month", 1, 12,
		[]string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}, func(u time.Time) int { return int(u.Month()) })
	monthDay, weekDay := "?", "?"
	var isDay matcher
	if rapid.Bool().Draw(t, "by weekday") {
		weekDay, isDay = ofWeek(t)
	} else {
		monthDay, isDay = ofMonth(t)
	}
	return expression{
		text: fmt.Sprintf("cron(%s %s %s %s %s *)", minutes, hours, monthDay, months, weekDay),
		matches: func(u time.Time) bool {
			return u.Second() == 0 && isMinute(u) && isHour(u) && isMonth(u) && isDay(u)
		},
	}
}

// drawTime draws a moment around the changes of daylight saving time, where mistakes hide, or anywhere else.
func drawTime(t *rapid.T) time.Time {
	around := rapid.SampledFrom([]time.Time{
		time.Date(2024, 3, 31, 1, 0, 0, 0, time.UTC), time.Date(2024, 10, 27, 1, 0, 0, 0, time.UTC),
		time.Date(2024, 3, 10, 7, 0, 0, 0, time.UTC), time.Date(2024, 11, 3, 6, 0, 0, 0, time.UTC),
		time.Date(2024, 10, 5, 15, 30, 0, 0, time.UTC), time.Date(2024, 2, 28, 12, 0, 0, 0, time.UTC),
	}).Draw(t, "around")
	return around.Add(time.Duration(rapid.IntRange(-50*3600, 50*3600).Draw(t, "seconds from it")) * time.Second)
}

var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"}

// clock is what a clock in loc shows, kept as if it were UTC.
func clock(u time.Time, loc *time.Location) time.Time {
	l := u.In(loc)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
}

func TestNext_AgreesWithAScanOfEveryMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawExpression(t)
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		loc, err := time.LoadLocation(zone)
		require.NoError(t, err)
		after := drawTime(t)
		e, err := schedule.Parse(want.text)
		require.NoError(t, err)

		const days = 3
		end := after.Add(days * 24 * time.Hour)
		var scanned []time.Time
		shown := map[time.Time]bool{} // clock times that have come already, to know those that come twice
		for u := after.Add(-4 * time.Hour).Truncate(time.Minute); !u.After(end); u = u.Add(time.Minute) {
			c := clock(u, loc)
			if u.After(after) && !shown[c] && want.matches(c) {
				scanned = append(scanned, u)
			}
			shown[c] = true
		}
		found := []time.Time{}
		for _, run := range e.Next(after, len(scanned)+1, loc) {
			if !run.After(end) {
				found = append(found, run.UTC())
			}
		}
		require.Len(t, found, len(scanned), want.text)
		for i := range scanned {
			require.True(t, scanned[i].Equal(found[i]), "%s run %d: %s, want %s", want.text, i, found[i], scanned[i])
		}
	})
}

func TestNext_IsStrictlyIncreasingAndMatchesTheFields(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawExpression(t)
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		require.NoError(t, err)
		after := drawTime(t)
		e, err := schedule.Parse(want.text)
		require.NoError(t, err)
		previous := after
		for _, run := range e.Next(after, 50, loc) {
			require.True(t, run.After(previous), "%s after %s", run, previous)
			require.True(t, want.matches(clock(run, loc)), "%s does not match %s", run, want.text)
			previous = run
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"rate(5 minutes)", "cron(0 9 * * ? *)", "cron(0 9 ? * 6L,2#1 2025/2)", "cron(0 9 15W,L * ? *)", "at(2024-12-25T00:00:00)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := schedule.Parse(text)
		if err != nil {
			return
		}
		require.Equal(t, text, e.String())
		runs := e.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), 3, time.UTC)
		require.True(t, slices.IsSortedFunc(runs, time.Time.Compare))
	})
}
