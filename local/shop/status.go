package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/serverless-shop/serverless-shop/local/engine"
	"github.com/serverless-shop/serverless-shop/local/machine"
)

// Part is one process of the running shop.
type Part struct {
	Name          string  `json:"name"`
	Running       bool    `json:"running"`
	Healthy       bool    `json:"healthy"`
	PID           int     `json:"pid,omitempty"`
	Port          int     `json:"port,omitempty"`
	UptimeSeconds float64 `json:"uptimeSeconds,omitempty"`
	// Problem says what is wrong and what to do about it; empty if nothing is.
	Problem string `json:"problem,omitempty"`
}

// Status is what runs of the shop.
type Status struct {
	Up        bool   `json:"up"`
	Parts     []Part `json:"parts"`
	Resources int    `json:"resources"`
	URL       string `json:"url"`
	APIURL    string `json:"apiUrl"`
	MailURL   string `json:"mailUrl"`
	Emulator  string `json:"emulatorUrl"`
	// Problem is what to do when the shop is not up.
	Problem string `json:"problem,omitempty"`
}

// Status looks at what runs and whether it is well.
func (s *Settings) Status(ctx context.Context) *Status {
	st := &Status{URL: s.URL(), APIURL: s.URL() + "/api", MailURL: s.MailURL(), Emulator: s.EmulatorURL()}
	state, err := (&engine.Stack{State: s.stateDir(), Project: s.Project, Name: "local"}).ReadState()
	if err == nil {
		st.Resources = state.Resources
	}
	known := exists(s.emulatorPID())
	emulator := s.part("emulator", s.emulatorPID())
	switch {
	case !emulator.Running && known:
		emulator.Problem = "has died; the shop's data went with it. make up deploys the shop anew; the end of its log: " + s.emulatorLog()
	case !emulator.Running:
		emulator.Problem = "is not started; run: make up"
	case !healthy(ctx, fmt.Sprintf("http://127.0.0.1:%d", emulator.Port)):
		emulator.Problem = "does not answer; make up replaces it; its log: " + s.emulatorLog()
	case !s.sameInstance(ctx):
		emulator.Problem = "has lost its memory; make up deploys the shop anew"
	}
	emulator.Healthy = emulator.Problem == ""

	known = exists(s.frontDoorPID())
	door := s.part("front door", s.frontDoorPID())
	switch {
	case !door.Running && known:
		door.Problem = "has died; make up starts it again; its log: " + s.frontDoorLog()
	case !door.Running:
		door.Problem = "is not started; run: make up"
	default:
		door.Problem = s.tryShop(ctx, emulator.Healthy)
	}
	door.Healthy = door.Problem == ""
	st.Parts = []Part{emulator, door}
	st.Up = emulator.Healthy && door.Healthy
	switch {
	case st.Up && state != nil && len(state.Pending) > 0:
		st.Problem = "the last deployment was interrupted (" + strings.Join(state.Pending, ", ") + "); make up repairs it"
		st.Up = false
	case !emulator.Running && !door.Running && !exists(s.stateDir()):
		st.Problem = "The shop is not running. Start it: make up"
	case !st.Up:
		st.Problem = "Run: make up"
	}
	return st
}

func (s *Settings) part(name, pidFile string) Part {
	p := machine.Find(pidFile)
	if p == nil {
		return Part{Name: name}
	}
	return Part{Name: name, Running: true, PID: p.PID, Port: p.Port, UptimeSeconds: time.Since(p.Started).Round(time.Second).Seconds()}
}

// tryShop asks the front door for the storefront and for the API, and returns what is wrong.
func (s *Settings) tryShop(ctx context.Context, emulator bool) string {
	for _, path := range []string{"/", "/api/health"} {
		if err := get(ctx, s.frontDoorURL()+path); err != nil {
			if !emulator {
				return "runs, but what is behind it does not"
			}
			return fmt.Sprintf("%s: %v; its log: %s", path, err, s.frontDoorLog())
		}
	}
	return ""
}

func get(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return errors.New("no answer")
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", res.Status)
	}
	return nil
}

// Write prints the status for people.
func (st *Status) Write(w io.Writer) {
	var b strings.Builder
	for _, p := range st.Parts {
		mark, text := "✓", fmt.Sprintf("pid %d, port %d, up %s", p.PID, p.Port, time.Duration(p.UptimeSeconds)*time.Second)
		if !p.Running {
			mark, text = "✗", p.Problem
		} else if p.Problem != "" {
			mark, text = "✗", text+": "+p.Problem
		}
		fmt.Fprintf(&b, "%s %-12s %s\n", mark, p.Name, text)
	}
	if st.Resources > 0 {
		fmt.Fprintf(&b, "  %-12s %d resources deployed\n", "stack local", st.Resources)
	}
	if st.Up {
		fmt.Fprintf(&b, "\n  Shop   %s\n  API    %s\n  Mails  %s\n", st.URL, st.APIURL+"/products", st.MailURL)
	}
	if st.Problem != "" {
		b.WriteString("\n" + st.Problem + "\n")
	}
	_, _ = io.WriteString(w, b.String())
}

// JSON prints the status for programs.
func (st *Status) JSON(w io.Writer) error { return json.NewEncoder(w).Encode(st) }

// Down stops everything and removes what belongs to the running shop: processes, data, state, logs. Installed tools and
// compiled code stay.
func (s *Settings) Down(ctx context.Context, say func(format string, args ...any)) error {
	lock, err := machine.Acquire(ctx, s.lockFile(), func(pid int) {
		say("another command works on this shop (pid %d); waiting for it to finish", pid)
	})
	if err != nil {
		return err
	}
	defer lock.Release()
	something := exists(s.Local)
	for _, part := range []struct{ name, pidFile string }{{"front door", s.frontDoorPID()}, {"emulator", s.emulatorPID()}} {
		if machine.Find(part.pidFile) != nil {
			say("stopping the %s", part.name)
		}
		if err := machine.Stop(part.pidFile, 5*time.Second); err != nil {
			return fmt.Errorf("stopping the %s: %w", part.name, err)
		}
	}
	if err := os.RemoveAll(s.Local); err != nil {
		return fmt.Errorf("removing %s: %w", s.Local, err)
	}
	if something {
		say("The shop is stopped and its data is removed. Tools and compiled code are kept for the next make up.")
	} else {
		say("Nothing was running.")
	}
	return nil
}
