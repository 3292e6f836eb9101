package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"golang.org/x/sync/errgroup"

	"github.com/serverless-shop/serverless-shop/components/gobuild"
	"github.com/serverless-shop/serverless-shop/local/engine"
	"github.com/serverless-shop/serverless-shop/local/machine"
	"github.com/serverless-shop/serverless-shop/local/progress"
)

// Summary is what a finished Up tells.
type Summary struct {
	State          string            `json:"state"`
	URL            string            `json:"url"`
	APIURL         string            `json:"apiUrl"`
	EmulatorURL    string            `json:"emulatorUrl"`
	MailURL        string            `json:"mailUrl"`
	Accounts       map[string]string `json:"accounts"`
	Changes        map[string]int    `json:"changes"`
	Changed        []string          `json:"changed"`
	ElapsedSeconds float64           `json:"elapsedSeconds"`
	Outputs        map[string]any    `json:"outputs"`
}

// up is one run of Up.
type up struct {
	*Settings
	d     *progress.Display
	stack *engine.Stack
	// fresh tells that the emulator was started by this run and holds nothing yet; repaired that the state had to be
	// repaired, so that a failure may come from what the repair could not settle.
	fresh, repaired bool
}

// Up brings the shop up: whatever is missing is started or deployed, whatever is broken is repaired, and what is as it
// should be is left alone.
func (s *Settings) Up(ctx context.Context, d *progress.Display) (*Summary, error) {
	lock, err := machine.Acquire(ctx, s.lockFile(), func(pid int) {
		d.Note("another command works on this shop (pid %d); waiting for it to finish", pid)
	})
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	if err := s.checkPorts(ctx); err != nil {
		return nil, err
	}
	u := &up{Settings: s, d: d}
	if err := u.step("tools", func(step *progress.Step) (string, error) { return s.ensureTools(ctx, step) }); err != nil {
		return nil, err
	}
	if err := u.prepare(ctx); err != nil {
		return nil, err
	}
	changes, err := u.deploy(ctx)
	if err != nil {
		return nil, err
	}
	state, err := u.stack.ReadState()
	if err != nil {
		return nil, err
	}
	if err := u.fill(ctx, state); err != nil {
		return nil, err
	}
	sum := &Summary{
		State: "ready", URL: s.URL(), APIURL: s.URL() + "/api", EmulatorURL: s.EmulatorURL(), MailURL: s.MailURL(),
		Accounts: map[string]string{}, Changes: changes.Changes, Changed: append([]string{}, changes.Changed...), Outputs: state.Outputs,
		ElapsedSeconds: d.Elapsed().Seconds(),
	}
	for _, a := range Accounts {
		sum.Accounts[a.Email] = a.Password
	}
	return sum, nil
}

func (u *up) step(name string, do func(*progress.Step) (string, error)) error {
	step := u.d.Begin(name)
	result, err := do(step)
	if err != nil {
		step.Fail("")
		return err
	}
	step.Done(result)
	return nil
}

// checkPorts fails early if a port belongs to somebody else.
func (s *Settings) checkPorts(ctx context.Context) error {
	check := func(host string, port int, pidFile, variable string, other int) error {
		if p := machine.Find(pidFile); p != nil && p.Port == port {
			return nil
		}
		if owner, taken := machine.PortTaken(ctx, host, port); taken {
			return portError(ctx, port, owner, variable, other)
		}
		return nil
	}
	return errors.Join(
		check(s.Bind, s.Port, s.frontDoorPID(), "SHOP_PORT", s.EmulatorPort),
		check("127.0.0.1", s.EmulatorPort, s.emulatorPID(), "SHOP_EMULATOR_PORT", s.Port))
}

// prepare starts the emulator and builds the functions and the storefront, all at once.
func (u *up) prepare(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return u.step("emulator", func(step *progress.Step) (string, error) {
			step.Say("waiting for it to answer at %s", u.EmulatorURL())
			fresh, why, err := u.ensureEmulator(ctx)
			if err != nil {
				return "", err
			}
			if why != "" {
				u.d.Note("%s: deploying from scratch; data beyond the demo data is lost", why)
			}
			if u.fresh = fresh; fresh {
				return "started at " + u.EmulatorURL(), nil
			}
			return "runs at " + u.EmulatorURL(), nil
		})
	})
	g.Go(func() error {
		return u.step("functions", func(step *progress.Step) (string, error) {
			step.Say("waiting for the Go compiler")
			n, err := u.buildFunctions(ctx)
			return fmt.Sprintf("%d compiled", n), err
		})
	})
	g.Go(func() error {
		return u.step("storefront", func(step *progress.Step) (string, error) {
			step.Say("waiting for npm run build")
			built, err := u.buildStorefront(ctx)
			if built {
				return "built", err
			}
			return "unchanged", err
		})
	})
	return g.Wait()
}

// buildFunctions compiles the functions as the Pulumi program will, which then finds them compiled. A function that does
// not compile stops everything here, before the engine has touched anything.
func (s *Settings) buildFunctions(ctx context.Context) (int, error) {
	b := &gobuild.Builder{Root: s.Root, OS: runtime.GOOS}
	sources, err := b.Sources("lambdas")
	if err != nil {
		return 0, err
	}
	_, err = b.BuildAll(ctx, runtime.GOARCH, sources...)
	return len(sources), err
}

// deploy runs the update. If the last one was interrupted its remains are settled first; if that does not lead to a good
// update, the emulator is emptied and everything is deployed anew, which always does.
func (u *up) deploy(ctx context.Context) (engine.Summary, error) {
	var sum engine.Summary
	err := u.step("deploy", func(step *progress.Step) (string, error) {
		var err error
		sum, err = u.deployOrRepair(ctx, step)
		result := sum.String()
		if n := len(sum.Changed); n > 0 && n <= 3 {
			result += ": " + strings.Join(sum.Changed, ", ")
		}
		return result, err
	})
	var failure *engine.OperationError
	if errors.As(err, &failure) {
		return sum, fmt.Errorf("deploying stack local:\n%w\nwhat the engine said on the way: %s", err, u.deployLog())
	}
	return sum, err
}

func (u *up) deployOrRepair(ctx context.Context, step *progress.Step) (engine.Summary, error) {
	var err error
	if u.stack, err = u.Stack(); err != nil {
		return engine.Summary{}, err
	}
	if err := u.repair(ctx, step); err != nil {
		if ctx.Err() != nil {
			return engine.Summary{}, engine.ErrInterrupted
		}
		if err := u.scratch(ctx, fmt.Sprintf("the interrupted deployment could not be repaired (%s)", firstLine(err))); err != nil {
			return engine.Summary{}, err
		}
	}
	sum, err := u.update(ctx, step)
	var failure *engine.OperationError
	if u.repaired && errors.As(err, &failure) {
		if err := u.scratch(ctx, fmt.Sprintf("the interrupted deployment could not be continued (%s)", firstLine(err))); err != nil {
			return engine.Summary{}, err
		}
		sum, err = u.update(ctx, step)
	}
	return sum, err
}

// repair settles what an interrupted update left: a lock, operations whose end is not known, a state that is no state.
func (u *up) repair(ctx context.Context, step *progress.Step) error {
	if err := u.waitForLock(ctx, step); err != nil {
		return err
	}
	state, err := u.stack.ReadState()
	if err != nil {
		return err
	}
	if len(state.Pending) == 0 {
		return nil
	}
	u.repaired = true
	u.d.Note("the last deployment was interrupted during: %s; repairing", strings.Join(state.Pending, ", "))
	if _, err = u.stack.Refresh(ctx, u.observer(step, state.Resources)); err != nil {
		return err
	}
	if state, err = u.stack.ReadState(); err != nil {
		return err
	}
	if len(state.Pending) > 0 {
		return fmt.Errorf("still pending: %s", strings.Join(state.Pending, ", "))
	}
	return nil
}

// waitForLock waits while a living process has the stack locked, such as a pulumi that somebody typed, and removes a
// lock whose process is gone.
func (u *up) waitForLock(ctx context.Context, step *progress.Step) error {
	for told := false; ; {
		holders, err := u.stack.LockHolders()
		if err != nil || len(holders) == 0 {
			return err
		}
		alive := slices.IndexFunc(holders, func(pid int) bool { return strings.Contains(machine.Name(pid), "pulumi") })
		if alive < 0 {
			u.repaired = true
			u.d.Note("the last deployment did not end well; removing its lock")
			return u.stack.Cancel(ctx)
		}
		step.Say("waiting for pulumi (pid %d), which has the stack locked", holders[alive])
		if !told {
			told = true
			u.d.Note("pulumi (pid %d) is working on stack local; waiting for it to finish", holders[alive])
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// scratch forgets the last deployment and empties the emulator.
func (u *up) scratch(ctx context.Context, why string) error {
	u.d.Note("%s: deploying from scratch; data beyond the demo data is lost", why)
	u.repaired, u.fresh = false, true
	return u.freshEmulator(ctx)
}

// maxUpdates is how often an update is tried altogether while nothing but connections that broke stop it.
const maxUpdates = 2

func (u *up) update(ctx context.Context, step *progress.Step) (engine.Summary, error) {
	step.Say("waiting for the Pulumi program to be compiled and started")
	if err := u.stack.Init(ctx); err != nil {
		return engine.Summary{}, err
	}
	state, err := u.stack.ReadState()
	if err != nil {
		return engine.Summary{}, err
	}
	// The number of resources is known from the last deployment, also from one that `make down` has removed since.
	total := max(state.Resources, u.rememberedTotal())
	sum, err := u.stack.Up(ctx, u.observer(step, total))
	for try := 1; try < maxUpdates && transient(err) && ctx.Err() == nil; try++ {
		u.d.Note("a connection to the emulator broke (%s); continuing", firstLine(err))
		u.repaired = true // what was being created when it broke may exist without being in the state
		sum, err = u.stack.Up(ctx, u.observer(step, total))
	}
	if err != nil {
		return sum, err
	}
	if state, err = u.stack.ReadState(); err == nil {
		u.rememberTotal(state.Resources)
	}
	return sum, err
}

// transient tells a broken connection from an error that will come again. The provider repeats requests that failed, but
// not one whose answer broke off while it was read. emulator.py removes the cause that was found, for answers of up to
// 4 KB; longer ones, which few operations have, can still be lost in a moment that no deployment has hit yet.
func transient(err error) bool {
	var failure *engine.OperationError
	return errors.As(err, &failure) && slices.ContainsFunc(failure.Diagnostics, func(d string) bool {
		return strings.Contains(d, "use of closed network connection") || strings.Contains(d, "connection reset by peer")
	})
}

func (s *Settings) totalFile() string { return filepath.Join(s.Root, ".build", "resources") }

func (s *Settings) rememberedTotal() int {
	var n int
	if data, err := os.ReadFile(s.totalFile()); err == nil {
		_, _ = fmt.Sscan(string(data), &n)
	}
	return n
}

// rememberTotal keeps the number of resources for the next display; losing it costs nothing but a number there.
func (s *Settings) rememberTotal(n int) { _ = machine.WriteFile(s.totalFile(), fmt.Append(nil, n)) }

// observer shows an operation's progress and logs what the engine says.
func (u *up) observer(step *progress.Step, total int) engine.Progress {
	_ = os.MkdirAll(filepath.Dir(u.deployLog()), 0o750)
	log, err := os.OpenFile(u.deployLog(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		log = nil // the log is a convenience; the deployment goes on without
	}
	o := &observer{step: step, total: total}
	if log != nil {
		o.log = log
		fmt.Fprintf(log, "--- %s\n", time.Now().Format(time.RFC3339))
	}
	return o
}

type observer struct {
	step  *progress.Step
	total int
	log   io.Writer
}

// Resources implements engine.Progress.
func (o *observer) Resources(done int, working []engine.Working) {
	o.step.Count(done, max(o.total, done+len(working)))
	switch {
	case len(working) == 0:
		o.step.Say("waiting for the Pulumi program")
	case len(working) == 1:
		o.step.Say("%s", working[0])
	default:
		o.step.Say("%s (+%d more)", working[0], len(working)-1)
	}
}

// Line implements engine.Progress.
func (o *observer) Line(text string) {
	if o.log != nil {
		fmt.Fprintln(o.log, text)
	}
}

// fill makes the deployed shop one that can be used: front door, accounts, products.
func (u *up) fill(ctx context.Context, state *engine.State) error {
	pool, client := state.Text("userPoolId"), state.Text("userPoolClientId")
	accounts := cognito.NewFromConfig(u.AWS())
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return u.step("front door", func(step *progress.Step) (string, error) {
			step.Say("waiting for it to answer at %s", u.URL())
			return "answers at " + u.URL(), u.ensureFrontDoor(gctx)
		})
	})
	g.Go(func() error {
		return u.step("accounts", func(step *progress.Step) (string, error) {
			step.Say("waiting for Cognito")
			return fmt.Sprintf("%d demo accounts", len(Accounts)), ensureAccounts(gctx, accounts, pool)
		})
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return u.step("demo data", func(step *progress.Step) (string, error) {
		return u.loadDemo(ctx, state, step, func(ctx context.Context) (string, error) {
			return signIn(ctx, accounts, pool, client, Accounts[1])
		})
	})
}

// ensureFrontDoor starts the front door, or makes a running one look at the new deployment.
func (s *Settings) ensureFrontDoor(ctx context.Context) error {
	settings := s.frontDoorSettings()
	p := machine.Find(s.frontDoorPID())
	if p != nil && p.Settings == settings && s.reload(ctx) == nil {
		return nil
	}
	if err := machine.Stop(s.frontDoorPID(), 3*time.Second); err != nil {
		return fmt.Errorf("stopping the old front door: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	p, err = machine.Start(machine.Command{
		Args: []string{self, "serve"}, Dir: s.Root, Log: s.frontDoorLog(), PIDFile: s.frontDoorPID(), Port: s.Port, Settings: settings,
		Env: engine.MergeEnvironment(os.Environ(), map[string]string{
			"SHOP_PORT": strconv.Itoa(s.Port), "SHOP_EMULATOR_PORT": strconv.Itoa(s.EmulatorPort), "SHOP_LOCAL_DIR": s.Local, "SHOP_BIND": s.Bind,
		}),
	})
	if err != nil {
		return fmt.Errorf("starting the front door: %w", err)
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if err = s.reload(ctx); err == nil {
			return nil
		}
		if !p.Alive() {
			if owner, taken := machine.PortTaken(ctx, s.Bind, s.Port); taken {
				return portError(ctx, s.Port, owner, "SHOP_PORT", s.EmulatorPort)
			}
			return fmt.Errorf("the front door ended at once:\n%s\nall of its log: %s", lastLines(s.frontDoorLog(), 8), s.frontDoorLog())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("the front door does not serve the shop at %s after 20 s: %w; its log: %s", s.URL(), err, s.frontDoorLog())
}

// frontDoorSettings changes whenever a running front door must be replaced: other ports, or another program.
func (s *Settings) frontDoorSettings() string {
	var program uint32
	if self, err := os.Executable(); err == nil {
		data, _ := os.ReadFile(self) //nolint:gosec // this program; unreadable means replacing the front door
		program = crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	}
	return fmt.Sprintf("%s:%d %d %08x", s.Bind, s.Port, s.EmulatorPort, program)
}

// reload asks a running front door to read the deployed distribution again and to forget what it has cached.
func (s *Settings) reload(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.frontDoorURL()+"/_local/reload", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10))
		return fmt.Errorf("the front door cannot read the deployed distribution: %s", strings.TrimSpace(string(text)))
	}
	return nil
}

// frontDoorURL is the front door by address, which works where localhost means IPv6 first.
func (s *Settings) frontDoorURL() string {
	host := s.Bind
	if host == "0.0.0.0" {
		host = "127.0.0.1"
	}
	return fmt.Sprintf("http://%s:%d", host, s.Port)
}

// Write prints the summary as a table for people.
func (sum *Summary) Write(w io.Writer, s *Settings) {
	rel := func(path string) string {
		if r, err := filepath.Rel(s.Root, path); err == nil && !strings.HasPrefix(r, "..") {
			return r
		}
		return path
	}
	var b strings.Builder
	row := func(name, value string) { fmt.Fprintf(&b, "  %-14s %s\n", name, value) }
	fmt.Fprintf(&b, "\nThe shop is ready (%.0f s).\n\n", sum.ElapsedSeconds)
	row("Shop", sum.URL)
	row("API", sum.APIURL+"/products, described at "+sum.APIURL+"/docs")
	for _, a := range Accounts {
		row(strings.ToUpper(a.Role[:1])+a.Role[1:], a.Email+"  /  "+a.Password)
	}
	row("Mails", sum.MailURL+"  (confirmation codes and everything else that the shop sends)")
	row("Logs", "make logs [FUNCTION=name] [FOLLOW=1]; of the parts: "+rel(s.path("logs")))
	row("State", rel(s.stateDir()))
	b.WriteString("\nmake status tells what runs, make down stops and removes everything.\n")
	_, _ = io.WriteString(w, b.String())
}

// JSON prints the summary as the last line for programs.
func (sum *Summary) JSON(w io.Writer) error { return json.NewEncoder(w).Encode(sum) }

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
