package progress

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func fixed(mode Mode, width int) (*Display, *bytes.Buffer, *time.Time) {
	var out bytes.Buffer
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d := newDisplay(&out, mode, func() int { return width }, func() time.Time { return now })
	return d, &out, &now
}

func TestPlainSpeaksAboutLongSteps(t *testing.T) {
	d, out, now := fixed(Plain, 0)
	s := d.Begin("deploy")
	for range 25 {
		*now = now.Add(time.Second)
		s.Count(3, 40)
		s.Say("creating Distribution site")
		d.pulse()
	}
	s.Done("40 created")
	require.Equal(t, strings.Join([]string{
		"deploy …",
		"  deploy, 10.0s so far: 3/40 creating Distribution site",
		"  deploy, 20.0s so far: 3/40 creating Distribution site",
		"✓ deploy                  25.0s  40 created",
		"",
	}, "\n"), out.String())
}

func TestLiveRedrawsRunningStepsAndKeepsFinishedOnes(t *testing.T) {
	d, out, now := fixed(Live, 60)
	a, b := d.Begin("emulator"), d.Begin("storefront")
	b.Say("%s", strings.Repeat("x", 200)+"\x1b[31m\n")
	*now = now.Add(1500 * time.Millisecond)
	a.Done("started")
	screen := render(out.String())
	require.Len(t, screen, 2)
	require.Equal(t, "✓ emulator                 1.5s  started", screen[0])
	require.Contains(t, screen[1], "storefront")
	require.LessOrEqual(t, len([]rune(screen[1])), 59, "a line never wraps")
	require.NotContains(t, screen[1], "\x1b", "what is shown cannot drive the terminal")
	d.Note("said on the way")
	b.Fail("")
	require.Equal(t, []string{"✓ emulator                 1.5s  started", "• said on the way", "✗ storefront               1.5s"}, render(out.String()))
}

// render is a terminal as far as this display uses one: text, newline, cursor up, erase to the end of the screen.
func render(out string) []string {
	var lines []string
	for out != "" {
		if rest, ok := strings.CutPrefix(out, "\x1b["); ok {
			n := 0
			for rest[0] >= '0' && rest[0] <= '9' {
				n, rest = n*10+int(rest[0]-'0'), rest[1:]
			}
			if rest[0] == 'A' {
				lines = lines[:len(lines)-n]
			}
			out = rest[1:]
			continue
		}
		line, rest, _ := strings.Cut(out, "\n")
		lines = append(lines, line)
		out = rest
	}
	return lines
}

func TestJSONIsOneObjectPerLine(t *testing.T) {
	d, out, now := fixed(JSON, 0)
	s := d.Begin("deploy")
	*now = now.Add(2 * time.Second)
	s.Count(1, 2)
	s.Count(1, 2)
	d.Note("careful")
	s.Done("ok")
	s.Say("too late")
	var states []string
	for line := range strings.Lines(out.String()) {
		var o struct {
			Step, State, Detail string
			ElapsedSeconds      float64
			Done, Total         int
		}
		require.NoError(t, json.Unmarshal([]byte(line), &o))
		states = append(states, o.State)
		if o.State == "progress" {
			require.Equal(t, []any{1, 2, 2.0}, []any{o.Done, o.Total, o.ElapsedSeconds})
		}
	}
	require.Equal(t, []string{"start", "progress", "note", "done"}, states)
}

func TestDurations(t *testing.T) {
	require.Equal(t, "0.1s", seconds(100*time.Millisecond))
	require.Equal(t, "2m05s", seconds(125*time.Second))
}
