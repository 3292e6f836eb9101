package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"
)

// printJSON prints a value for programs.
func (a *app) printJSON(value any) error {
	encoder := json.NewEncoder(a.out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// table prints rows under a heading, in columns.
func (a *app) table(heading []string, rows [][]string) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{heading}, rows...) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// tell tells a person what is going on; programs that read the output do not see it.
func (a *app) tell(format string, args ...any) { fmt.Fprintf(a.errs, format+"\n", args...) }

// progress overwrites one line on a terminal, and is silent elsewhere.
func (a *app) progress(format string, args ...any) {
	if isTerminal(a.errs) {
		fmt.Fprintf(a.errs, "\r\x1b[K"+format, args...)
	}
}

// progressed ends the line of progress.
func (a *app) progressed() {
	if isTerminal(a.errs) {
		fmt.Fprint(a.errs, "\r\x1b[K")
	}
}

// red marks what went wrong, on a terminal only.
func (a *app) red(text string) string {
	if !isTerminal(a.out) || a.getenv("NO_COLOR") != "" || a.getenv("TERM") == "dumb" {
		return text
	}
	return "\x1b[31m" + text + "\x1b[0m"
}

func isTerminal(w any) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) //nolint:gosec // a file descriptor is small
}

// ago is how long ago something was, for people.
func ago(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	d := time.Since(at)
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	case d >= time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return d.Round(time.Second).String()
}

// stamp is a time in UTC, to the millisecond.
func stamp(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.UTC().Format("2006-01-02 15:04:05.000")
}
