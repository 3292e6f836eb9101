// Package progress shows what a long command is doing: live on a terminal, as plain lines elsewhere, as JSON for programs.
package progress

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Mode is how progress is shown.
type Mode int

// The modes of a Display.
const (
	// Live redraws the running steps in place; for terminals.
	Live Mode = iota
	// Plain writes a line when a step begins and ends, and every Heartbeat for one that takes long.
	Plain
	// JSON writes one object per line, for every change.
	JSON
)

// Heartbeat is the longest time that a plain display is silent while a step runs.
const Heartbeat = 10 * time.Second

// frame is how often a live display is redrawn.
const frame = 120 * time.Millisecond

// Display shows steps. It is safe for concurrent use; several steps may run at once.
type Display struct {
	mu      sync.Mutex
	w       io.Writer
	mode    Mode
	width   func() int
	now     func() time.Time
	start   time.Time
	running []*Step
	drawn   int // lines of the live region on the screen
	spin    int
	stop    chan struct{}
	stopped sync.WaitGroup
}

// New returns a display that writes to w. width tells the terminal's width in columns and is needed for Live only.
func New(w io.Writer, mode Mode, width func() int) *Display {
	d := newDisplay(w, mode, width, time.Now)
	d.stopped.Add(1)
	go d.tick()
	return d
}

func newDisplay(w io.Writer, mode Mode, width func() int, now func() time.Time) *Display {
	return &Display{w: w, mode: mode, width: width, now: now, start: now(), stop: make(chan struct{})}
}

// Step is one step of the work.
type Step struct {
	d           *Display
	name        string
	detail      string
	done, total int
	began       time.Time
	spoke       time.Time // when a plain display last wrote about it
	over        bool
}

// Begin starts a step.
func (d *Display) Begin(name string) *Step {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &Step{d: d, name: name, began: d.now(), spoke: d.now()}
	d.running = append(d.running, s)
	switch d.mode {
	case Plain:
		d.printf("%s …\n", name)
	case JSON:
		s.emit("start", "")
	case Live:
		d.draw()
	}
	return s
}

// Say tells what the step is doing or waiting for.
func (s *Step) Say(format string, args ...any) {
	s.update(func() { s.detail = fmt.Sprintf(format, args...) })
}

// Count tells how much of the step is done. total is 0 while it is not known.
func (s *Step) Count(done, total int) {
	s.update(func() { s.done, s.total = done, total })
}

func (s *Step) update(change func()) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	if s.over {
		return
	}
	before := s.text()
	change()
	if s.d.mode == JSON && s.text() != before {
		s.emit("progress", s.detail)
	}
}

// Done ends the step well. result says what came out of it and may be empty.
func (s *Step) Done(result string) { s.end("done", "✓", result) }

// Fail ends the step badly.
func (s *Step) Fail(reason string) { s.end("failed", "✗", reason) }

func (s *Step) end(state, mark, result string) {
	d := s.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.over {
		return
	}
	s.over = true
	for i, r := range d.running {
		if r == s {
			d.running = append(d.running[:i], d.running[i+1:]...)
			break
		}
	}
	if d.mode == JSON {
		s.emit(state, result)
		return
	}
	line := fmt.Sprintf("%s %-*s %6s", mark, nameWidth, s.name, seconds(d.now().Sub(s.began)))
	if result != "" {
		line += "  " + result
	}
	d.permanent(line)
}

// Note writes a line that stays, such as why something is done that one would not expect.
func (d *Display) Note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	if d.mode == JSON {
		d.object(map[string]any{"state": "note", "detail": text})
		return
	}
	d.permanent("• " + text)
}

// Close ends the display; steps that still run are left on the screen.
func (d *Display) Close() {
	select {
	case <-d.stop:
		return
	default:
		close(d.stop)
	}
	d.stopped.Wait()
}

// Elapsed is the time since the display began.
func (d *Display) Elapsed() time.Duration { return d.now().Sub(d.start) }

func (d *Display) tick() {
	defer d.stopped.Done()
	every := frame
	if d.mode != Live {
		every = time.Second
	}
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-d.stop:
			return
		case <-t.C:
			d.mu.Lock()
			d.pulse()
			d.mu.Unlock()
		}
	}
}

// pulse is what happens with time alone: a live display moves, a plain one speaks about steps that take long.
func (d *Display) pulse() {
	switch d.mode {
	case Live:
		d.spin++
		d.draw()
	case Plain:
		for _, s := range d.running {
			if now := d.now(); now.Sub(s.spoke) >= Heartbeat {
				s.spoke = now
				d.printf("  %s, %s so far%s\n", s.name, seconds(now.Sub(s.began)), prefixed(": ", s.text()))
			}
		}
	case JSON:
	}
}

const nameWidth = 22

var spinner = []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

// draw redraws the live region: a line per running step, cut to the terminal's width so that a line never wraps.
func (d *Display) draw() {
	if d.mode != Live {
		return
	}
	var b strings.Builder
	d.erase(&b)
	width := max(20, d.width())
	for _, s := range d.running {
		line := fmt.Sprintf("%c %-*s %6s", spinner[d.spin%len(spinner)], nameWidth, s.name, seconds(d.now().Sub(s.began)))
		b.WriteString(cut(line+prefixed("  ", s.text()), width-1) + "\n")
	}
	d.drawn = len(d.running)
	_, _ = io.WriteString(d.w, b.String())
}

func (d *Display) erase(b *strings.Builder) {
	if d.drawn > 0 {
		fmt.Fprintf(b, "\x1b[%dA\x1b[J", d.drawn)
	}
	d.drawn = 0
}

func (d *Display) permanent(line string) {
	if d.mode == Live {
		var b strings.Builder
		d.erase(&b)
		b.WriteString(line + "\n")
		_, _ = io.WriteString(d.w, b.String())
		d.draw()
		return
	}
	d.printf("%s\n", line)
}

func (d *Display) printf(format string, args ...any) { fmt.Fprintf(d.w, format, args...) }

// text is a step's state in words.
func (s *Step) text() string {
	var parts []string
	if s.total > 0 {
		parts = append(parts, fmt.Sprintf("%d/%d", s.done, s.total))
	} else if s.done > 0 {
		parts = append(parts, strconv.Itoa(s.done))
	}
	if s.detail != "" {
		parts = append(parts, s.detail)
	}
	return strings.Join(parts, " ")
}

func (s *Step) emit(state, detail string) {
	o := map[string]any{"step": s.name, "state": state, "elapsedSeconds": round(s.d.now().Sub(s.began))}
	if detail != "" {
		o["detail"] = detail
	}
	if s.done > 0 || s.total > 0 {
		o["done"], o["total"] = s.done, s.total
	}
	s.d.object(o)
}

func (d *Display) object(o map[string]any) {
	line, err := json.Marshal(o)
	if err != nil {
		panic("progress: " + err.Error()) // only strings and numbers are put into o
	}
	d.printf("%s\n", line)
}

func round(t time.Duration) float64 {
	return float64(t.Round(10*time.Millisecond)) / float64(time.Second)
}

func seconds(t time.Duration) string {
	if t < time.Minute {
		return fmt.Sprintf("%.1fs", t.Seconds())
	}
	return fmt.Sprintf("%dm%02ds", int(t.Minutes()), int(t.Seconds())%60)
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// cut shortens a line to a number of columns; every rune that is shown here is one column wide.
func cut(line string, width int) string {
	line = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, line)
	if r := []rune(line); len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return line
}
