package shop

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/serverless-shop/serverless-shop/local/engine"
	"github.com/serverless-shop/serverless-shop/local/machine"
)

// emulatorVariables is what the emulator is told.
func emulatorVariables(port int, dir string) map[string]string {
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	return map[string]string{
		"GATEWAY_PORT": strconv.Itoa(port),
		"BIND_HOST":    "127.0.0.1",
		// Functions run as processes of this machine and not in containers.
		"LAMBDA_EXECUTOR": "local",
		// Every function gets credentials of its own role, and calls that the role does not grant are refused, as on AWS.
		"AUTH": "true",
		// Reaches the functions, whose SDK clients would call AWS otherwise.
		"AWS_ENDPOINT_URL":      url,
		"AWS_ACCESS_KEY_ID":     accessKey,
		"AWS_SECRET_ACCESS_KEY": secretKey,
		"AWS_DEFAULT_REGION":    region,
		"MINISTACK_REGION":      region,
		// Listeners that the shop does not use and whose ports may be taken.
		"SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0",
		"DOCKER_HOST": "unix://" + os.DevNull + "/none",
		// Keys that tokens are signed with are kept there, and go when the shop goes.
		"STATE_DIR": filepath.Join(dir, "state"),
		// Code of functions is unpacked there.
		"TMPDIR": filepath.Join(dir, "tmp"),
		// Buffered output would be missing from the log of an emulator that was killed.
		"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "",
	}
}

// launcher runs MiniStack with faults of the pinned version out of the way.
//
//go:embed emulator.py
var launcher string

// startEmulator starts the emulator and waits until it answers.
func startEmulator(ctx context.Context, python string, port int, dir, log, pidFile string) error {
	variables := emulatorVariables(port, dir)
	if err := os.MkdirAll(variables["TMPDIR"], 0o750); err != nil {
		return err
	}
	script := filepath.Join(dir, "emulator.py")
	if err := machine.WriteFile(script, []byte(launcher)); err != nil {
		return err
	}
	p, err := machine.Start(machine.Command{
		Args: []string{python, script},
		Env:  engine.MergeEnvironment(os.Environ(), variables),
		Dir:  dir, Log: log, PIDFile: pidFile, Port: port, Settings: strconv.Itoa(port),
	})
	if err != nil {
		return fmt.Errorf("starting the emulator: %w", err)
	}
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); {
		if healthy(ctx, url) {
			return nil
		}
		if !p.Alive() {
			return fmt.Errorf("the emulator ended at once:\n%s\nall of its log: %s", lastLines(log, 8), log)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("the emulator does not answer at %s after 60 s:\n%s\nall of its log: %s", url, lastLines(log, 8), log)
}

// Emulator is one for a single purpose: empty at first, and gone without a trace afterwards.
type Emulator struct {
	// Dir is a temporary folder, which others may use too as long as the emulator runs.
	Dir  string
	Port int
}

// NewEmulator starts an emulator beside that of the shop, on a free port.
func (s *Settings) NewEmulator(ctx context.Context) (*Emulator, error) {
	dir, err := os.MkdirTemp("", "shop-emulator-")
	if err != nil {
		return nil, err
	}
	e := &Emulator{Dir: dir}
	if e.Port, err = machine.FreePort(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("finding a free port for the emulator: %w", err), e.Close())
	}
	if err := startEmulator(ctx, s.tool("venv", "bin", "python"), e.Port, dir, filepath.Join(dir, "emulator.log"), e.pidFile()); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *Emulator) pidFile() string { return filepath.Join(e.Dir, "emulator.pid") }

// Close stops the emulator and removes its folder.
func (e *Emulator) Close() error {
	return errors.Join(machine.Stop(e.pidFile(), 2*time.Second), os.RemoveAll(e.Dir))
}

// AWS is the configuration of SDK clients that talk to the emulator as its deployer.
func (e *Emulator) AWS() aws.Config {
	return (&Settings{EmulatorPort: e.Port}).AWS()
}

// Stack is the stack local of a Pulumi program in a folder of the repository, whose Pulumi.local.yaml names the usual port of the shop's
// emulator. It is deployed to this emulator, and its state goes with it.
func (e *Emulator) Stack(s *Settings, project, dir string) (*engine.Stack, error) {
	config, err := os.ReadFile(filepath.Join(dir, "Pulumi.local.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading the configuration of %s: %w", project, err)
	}
	stack := &engine.Stack{
		Dir: dir, State: filepath.Join(e.Dir, "backend"), Project: project, Name: "local", ConfigFile: filepath.Join(e.Dir, "Pulumi.local.yaml"),
	}
	stack.Env = engine.MergeEnvironment(os.Environ(), engine.Environment(s.tool(), stack.State))
	return stack, os.WriteFile(stack.ConfigFile, movePorts(config, defaultPort, e.Port), 0o600)
}

// healthy tells whether an emulator answers at url.
func healthy(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/_ministack/health", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	var health struct{ Services map[string]string }
	return res.StatusCode == http.StatusOK && json.NewDecoder(res.Body).Decode(&health) == nil && len(health.Services) > 0
}

// The emulator keeps everything in memory, so what Pulumi's state says is true only for the emulator process that the
// stack was deployed to. A random id ties the two together: it is a file beside the state and a log group in the
// emulator. Whatever loses one of them (a crash, a reset from outside, a restored folder) makes the ids differ.

func (s *Settings) instanceFile() string { return filepath.Join(s.stateDir(), "emulator-instance") }

const instancePrefix = "/shop-local/instance/"

// markInstance ties the state folder to the emulator that has just been started.
func (s *Settings) markInstance(ctx context.Context) error {
	var b [8]byte
	_, _ = rand.Read(b[:])
	id := hex.EncodeToString(b[:])
	_, err := cloudwatchlogs.NewFromConfig(s.AWS()).CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(instancePrefix + id)})
	if err != nil {
		return fmt.Errorf("marking the emulator as the one that this shop is deployed to: %w", err)
	}
	return machine.WriteFile(s.instanceFile(), []byte(id))
}

// sameInstance tells whether the emulator is the one that the state folder belongs to.
func (s *Settings) sameInstance(ctx context.Context) bool {
	id, err := os.ReadFile(s.instanceFile())
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	name := instancePrefix + string(id)
	out, err := cloudwatchlogs.NewFromConfig(s.AWS()).DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
	return err == nil && len(out.LogGroups) == 1
}

// ensureEmulator makes sure that the emulator runs and that the state folder belongs to it. It returns why the shop must
// be deployed from scratch, empty if it must not.
func (s *Settings) ensureEmulator(ctx context.Context) (fresh bool, why string, err error) {
	deployed := exists(engine.StateFile(s.stateDir(), s.Project, "local"))
	p := machine.Find(s.emulatorPID())
	switch {
	case p == nil:
		why = "the emulator is not running any more and its memory is gone"
	case p.Settings != strconv.Itoa(s.EmulatorPort):
		why = fmt.Sprintf("the emulator moves from port %d to port %d and loses its memory", p.Port, s.EmulatorPort)
	case !healthy(ctx, s.EmulatorURL()):
		if ctx.Err() != nil {
			return false, "", ctx.Err()
		}
		why = "the emulator hangs"
	case !s.sameInstance(ctx):
		why = "the emulator's memory is not the one that the last deployment wrote"
	default:
		return false, "", nil
	}
	if !deployed {
		why = ""
	}
	return true, why, s.freshEmulator(ctx)
}

// freshEmulator replaces the emulator by an empty one and forgets what was deployed to the old one. The state goes
// first: should this be interrupted, no state remains that a new emulator could be mistaken for.
func (s *Settings) freshEmulator(ctx context.Context) error {
	if err := os.RemoveAll(s.stateDir()); err != nil {
		return fmt.Errorf("forgetting the last deployment: %w", err)
	}
	if err := machine.Stop(s.emulatorPID(), 5*time.Second); err != nil {
		return fmt.Errorf("stopping the emulator: %w", err)
	}
	if owner, taken := machine.PortTaken(ctx, "127.0.0.1", s.EmulatorPort); taken {
		return portError(ctx, s.EmulatorPort, owner, "SHOP_EMULATOR_PORT", s.Port)
	}
	python := s.tool("venv", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		return fmt.Errorf("the emulator is not installed in .tools/venv; run `make tools`: %w", err)
	}
	if err := startEmulator(ctx, python, s.EmulatorPort, s.path("emulator"), s.emulatorLog(), s.emulatorPID()); err != nil {
		return err
	}
	return s.markInstance(ctx)
}

// portError says who holds a port and how to choose another. The suggestion is the next free one.
func portError(ctx context.Context, port int, owner machine.Owner, variable string, avoid int) error {
	other := port + 1
	for range 100 {
		if _, taken := machine.PortTaken(ctx, "127.0.0.1", other); !taken && other != avoid {
			break
		}
		other++
	}
	return fmt.Errorf("port %d is in use by %s; stop it or choose another: %s=%d make up", port, owner, variable, other)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// lastLines returns the end of a text file, to be shown in an error.
func lastLines(path string, n int) string {
	data, err := os.ReadFile(path) //nolint:gosec // a log of this package
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return "  " + strings.Join(lines[max(0, len(lines)-n):], "\n  ")
}

var errNotRunning = errors.New("the shop is not running; start it: make up")
