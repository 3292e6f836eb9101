// Package report tells what the installer is doing, as lines for people or as JSON events for a program that draws them.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// State is where a step stands.
type State string

// The states of a step. A step that has nothing to do is done without having started.
const (
	Start    State = "start"
	Progress State = "progress"
	Done     State = "done"
	Failed   State = "failed"
)

// Event is one line of the JSON output.
type Event struct {
	Step           string  `json:"step"`
	State          State   `json:"state"`
	ElapsedSeconds float64 `json:"elapsedSeconds"`
	Detail         string  `json:"detail,omitempty"`
}

// Reporter writes events. It may be used by several steps at a time.
type Reporter struct {
	// JSON chooses events instead of plain lines.
	JSON bool

	mu sync.Mutex
	w  io.Writer
}

// New returns a reporter that writes to w.
func New(w io.Writer, asJSON bool) *Reporter { return &Reporter{w: w, JSON: asJSON} }

// Step begins a step; nothing is written before its first event.
func (r *Reporter) Step(name string) *Step { return &Step{r: r, name: name, began: time.Now()} }

// Step reports the events of one step.
type Step struct {
	r     *Reporter
	name  string
	began time.Time

	mu   sync.Mutex
	last time.Time
}

// Start says that the step has work to do.
func (s *Step) Start(format string, args ...any) { s.emit(Start, format, args...) }

// Done says that the step has ended well.
func (s *Step) Done(format string, args ...any) { s.emit(Done, format, args...) }

// Failed says why the step has failed.
func (s *Step) Failed(err error) { s.emit(Failed, "%v", err) }

// Progress says how far the step is.
func (s *Step) Progress(format string, args ...any) { s.emit(Progress, format, args...) }

// Tick is Progress for things that happen often: at most one line per interval is written, a second for programs and
// ten for people.
func (s *Step) Tick(format string, args ...any) {
	interval := 10 * time.Second
	if s.r.JSON {
		interval = time.Second
	}
	s.mu.Lock()
	due := time.Since(s.last) >= interval
	if due {
		s.last = time.Now()
	}
	s.mu.Unlock()
	if due {
		s.emit(Progress, format, args...)
	}
}

func (s *Step) emit(state State, format string, args ...any) {
	e := Event{Step: s.name, State: state, ElapsedSeconds: float64(time.Since(s.began).Milliseconds()) / 1000, Detail: fmt.Sprintf(format, args...)}
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	if s.r.JSON {
		b, err := json.Marshal(e)
		if err != nil {
			panic(err) // an Event is always encodable
		}
		fmt.Fprintf(s.r.w, "%s\n", b)
		return
	}
	took := time.Duration(e.ElapsedSeconds * float64(time.Second)).Round(100 * time.Millisecond)
	switch state {
	case Start:
		fmt.Fprintf(s.r.w, "%-9s %s\n", e.Step, e.Detail)
	case Progress:
		fmt.Fprintf(s.r.w, "%-9s %s (%s)\n", e.Step, e.Detail, took.Round(time.Second))
	case Done:
		if took == 0 {
			fmt.Fprintf(s.r.w, "%-9s %s\n", e.Step, e.Detail)
			return
		}
		fmt.Fprintf(s.r.w, "%-9s %s, done in %s\n", e.Step, e.Detail, took)
	case Failed:
		fmt.Fprintf(s.r.w, "%-9s FAILED after %s: %s\n", e.Step, took, e.Detail)
	}
}
