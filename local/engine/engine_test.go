package engine

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type recorded struct {
	lines   []string
	done    int
	working []Working
	most    int
}

func (r *recorded) Resources(done int, working []Working) {
	r.done, r.working, r.most = done, append([]Working(nil), working...), max(r.most, len(working))
}
func (r *recorded) Line(text string) { r.lines = append(r.lines, text) }

const events = `{"sequence":0,"preludeEvent":{"config":{}}}
{"resourcePreEvent":{"metadata":{"op":"create","urn":"urn:pulumi:local::shop::pulumi:pulumi:Stack::shop-local","type":"pulumi:pulumi:Stack"}}}
{"resourcePreEvent":{"metadata":{"op":"same","urn":"urn:pulumi:local::shop::aws:s3/bucketV2:BucketV2::site","type":"aws:s3/bucketV2:BucketV2"}}}
{"resourcePreEvent":{"metadata":{"op":"update","urn":"urn:pulumi:local::shop::aws:lambda/function:Function::list-products","type":"aws:lambda/function:Function"}}}
{"diagnosticEvent":{"message":"[DEBUG] noise","severity":"debug"}}
{"diagnosticEvent":{"message":"be careful\n","severity":"warning"}}
a line that is no event
{"resOutputsEvent":{"metadata":{"op":"same","urn":"urn:pulumi:local::shop::aws:s3/bucketV2:BucketV2::site","type":"aws:s3/bucketV2:BucketV2"}}}
{"resOutputsEvent":{"metadata":{"op":"update","urn":"urn:pulumi:local::shop::aws:lambda/function:Function::list-products","type":"aws:lambda/function:Function"}}}
{"resOutputsEvent":{"metadata":{"op":"same","urn":"urn:pulumi:local::shop::pulumi:pulumi:Stack::shop-local","type":"pulumi:pulumi:Stack"}}}
{"summaryEvent":{"resourceChanges":{"same":2,"update":1}}}
`

func TestTrackerFollowsAnUpdate(t *testing.T) {
	p := &recorded{}
	tr := newTracker(p, time.Now)
	require.NoError(t, tr.read(strings.NewReader(events)))
	require.Equal(t, 3, p.done)
	require.Equal(t, 2, p.most, "the stack itself is not something to wait for")
	require.Empty(t, p.working)
	require.Equal(t, []string{"be careful", "a line that is no event"}, p.lines)
	require.Equal(t, []string{"updated Function list-products"}, tr.summary.Changed)
	require.Equal(t, 1, tr.summary.Total())
	require.Equal(t, "1 updated, 2 unchanged", tr.summary.String())
	require.Equal(t, "no change, 7 resources", Summary{Changes: map[string]int{"same": 7}}.String())
}

func TestTrackerCollectsErrorsOnce(t *testing.T) {
	tr := newTracker(&recorded{}, time.Now)
	failure := `{"diagnosticEvent":{"urn":"urn:pulumi:local::shop::aws:dynamodb/table:Table::products","message":"no such key\n","severity":"error"}}` + "\n"
	require.NoError(t, tr.read(strings.NewReader(failure+failure)))
	require.Equal(t, []string{"products: no such key"}, tr.diagnostics)
}

// stack returns a stack whose pulumi is a shell script.
func stack(t *testing.T, script string) *Stack {
	t.Helper()
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	require.NoError(t, os.MkdirAll(bin, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "pulumi"), []byte("#!/bin/sh\n"+script), 0o755))
	env := MergeEnvironment(os.Environ(), Environment(dir, filepath.Join(dir, "state")))
	return &Stack{Dir: dir, State: filepath.Join(dir, "state"), Project: "shop", Name: "local", ConfigFile: "other.yaml", Env: env}
}

func TestUpReportsWhatHappened(t *testing.T) {
	s := stack(t, `echo "$@" > args; cat <<'E'
`+events+`E
`)
	sum, err := s.Up(context.Background(), &recorded{})
	require.NoError(t, err)
	require.Equal(t, 1, sum.Total())
	args, err := os.ReadFile(filepath.Join(s.Dir, "args"))
	require.NoError(t, err)
	require.Equal(t, "up --json --non-interactive --stack local --skip-preview --yes --parallel 64 --config-file other.yaml\n", string(args))
}

func TestUpFailsWithTheEnginesOwnWords(t *testing.T) {
	var failure *OperationError
	s := stack(t, `echo '{"diagnosticEvent":{"message":"building lambdas/x: main.go:3:1: undefined: y","severity":"error"}}'; exit 255`)
	_, err := s.Up(context.Background(), &recorded{})
	require.ErrorAs(t, err, &failure)
	require.EqualError(t, err, "building lambdas/x: main.go:3:1: undefined: y")

	_, err = stack(t, `echo "error: no such stack" >&2; exit 1`).Up(context.Background(), &recorded{})
	require.EqualError(t, err, "error: no such stack")
}

func TestInterruptIsPassedOnAndWaitedFor(t *testing.T) {
	s := stack(t, `trap 'echo stopped > stopped; exit 1' INT; echo ready > ready; while :; do sleep 0.05; done`)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for {
			if _, err := os.Stat(filepath.Join(s.Dir, "ready")); err == nil {
				cancel()
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	_, err := s.Up(ctx, &recorded{})
	require.ErrorIs(t, err, ErrInterrupted)
	require.FileExists(t, filepath.Join(s.Dir, "stopped"), "the engine could write its state")
}

func TestEnvironmentHoldsNothingOfTheUsersAccounts(t *testing.T) {
	env := MergeEnvironment([]string{"AWS_PROFILE=work", "PULUMI_ACCESS_TOKEN=secret", "HOME=/home/me", "PATH=/bin"}, map[string]string{"PATH": "/x:/bin"})
	require.Equal(t, []string{"HOME=/home/me", "PATH=/x:/bin"}, env)
}

const checkpoint = `{"version":3,"checkpoint":{"stack":"organization/shop/local","latest":{"resources":[
	{"urn":"u","type":"pulumi:pulumi:Stack","outputs":{"apiId":"a1","functions":{"health":"health-1"},"n":1}},{"urn":"v","type":"aws:s3/bucketV2:BucketV2"}],
	"pending_operations":[{"type":"creating","resource":{"urn":"urn:pulumi:local::shop::aws:lambda/function:Function::health"}}]}}}`

func TestState(t *testing.T) {
	s := &Stack{State: t.TempDir(), Project: "shop", Name: "local"}
	empty, err := s.ReadState()
	require.NoError(t, err)
	require.Zero(t, empty.Resources)
	require.Empty(t, empty.Text("apiId"))

	require.NoError(t, os.MkdirAll(filepath.Dir(s.stateFile()), 0o755))
	require.NoError(t, os.WriteFile(s.stateFile(), []byte(checkpoint), 0o600))
	st, err := s.ReadState()
	require.NoError(t, err)
	require.Equal(t, 2, st.Resources)
	require.Equal(t, []string{"creating health"}, st.Pending)
	require.Equal(t, "a1", st.Text("apiId"))
	require.Equal(t, map[string]string{"health": "health-1"}, st.Map("functions"))
	require.Empty(t, st.Map("missing"))

	require.NoError(t, os.WriteFile(s.stateFile(), []byte(checkpoint[:50]), 0o600))
	_, err = s.ReadState()
	require.ErrorContains(t, err, s.stateFile())

	_, err = parseState([]byte(`{"version":3,"checkpoint":{"stack":"x"}}`))
	require.NoError(t, err, "a stack that was never deployed to")
}

func TestLockHolders(t *testing.T) {
	s := &Stack{State: t.TempDir(), Project: "shop", Name: "local"}
	pids, err := s.LockHolders()
	require.NoError(t, err)
	require.Empty(t, pids)
	dir := filepath.Join(s.State, ".pulumi", "locks", "organization", "shop", "local")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.json"), []byte(`{"pid":4711,"username":"u"}`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.json.attrs"), []byte(`{}`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.json"), []byte(`{"p`), 0o600))
	pids, err = s.LockHolders()
	require.NoError(t, err)
	require.Equal(t, []int{4711, 0}, pids)
}
