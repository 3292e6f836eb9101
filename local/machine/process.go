// Package machine starts, finds and stops background processes, and tells who holds a port or a lock.
package machine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Process is a background process as its pid file records it.
type Process struct {
	PID int `json:"pid"`
	// Born identifies the process beside its pid, which the system gives to another one after a while: see birth.
	Born    string    `json:"born"`
	Port    int       `json:"port"`
	Started time.Time `json:"started"`
	// Settings names what the process was started with; a caller compares it to learn whether it must be restarted.
	Settings string `json:"settings"`
}

// Command is what Start runs.
type Command struct {
	Args []string
	Env  []string
	Dir  string
	// Log is the file that gets the output, appended; PIDFile the file that records the process.
	Log, PIDFile string
	Port         int
	Settings     string
}

// Start runs a command in a session of its own, so that it lives on when the terminal closes and a Ctrl-C there does not
// reach it.
func Start(c Command) (*Process, error) {
	for _, f := range []string{c.Log, c.PIDFile} {
		if err := os.MkdirAll(filepath.Dir(f), 0o750); err != nil {
			return nil, err
		}
	}
	log, err := os.OpenFile(c.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log of %s: %w", c.Args[0], err)
	}
	defer log.Close()
	cmd := exec.Command(c.Args[0], c.Args[1:]...) //nolint:gosec,noctx // what the caller wants to run, for longer than it runs itself
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = c.Env, c.Dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Args[0], err)
	}
	p := &Process{PID: cmd.Process.Pid, Port: c.Port, Started: time.Now().UTC().Truncate(time.Second), Settings: c.Settings}
	// The child of a long-lived parent would stay a zombie after its end and look alive.
	go func() { _ = cmd.Wait() }()
	p.Born, err = birth(p.PID)
	if err != nil {
		_ = syscall.Kill(-p.PID, syscall.SIGKILL)
		return nil, fmt.Errorf("%s ended at once; its log is %s", c.Args[0], c.Log)
	}
	data, err := json.Marshal(p)
	if err == nil {
		err = WriteFile(c.PIDFile, data)
	}
	if err != nil {
		_ = syscall.Kill(-p.PID, syscall.SIGKILL)
		return nil, fmt.Errorf("recording %s: %w", c.Args[0], err)
	}
	return p, nil
}

// Find returns the process that a pid file records if that very process still runs, nil otherwise.
func Find(pidFile string) *Process {
	data, err := os.ReadFile(pidFile) //nolint:gosec // the caller names its own file
	if err != nil {
		return nil
	}
	var p Process
	if json.Unmarshal(data, &p) != nil || !p.Alive() {
		return nil
	}
	return &p
}

// Alive tells whether this process runs. A process that merely got the same pid later is another one.
func (p *Process) Alive() bool {
	if p == nil || p.PID <= 1 {
		return false
	}
	born, err := birth(p.PID)
	return err == nil && born == p.Born
}

// Stop asks the process and its children to end and kills what is left after grace. Stopping nothing is no error.
func Stop(pidFile string, grace time.Duration) error {
	p := Find(pidFile)
	if p == nil {
		_ = os.Remove(pidFile)
		return nil
	}
	// The process leads a group of its own (Start makes a session), so its children go with it.
	_ = syscall.Kill(-p.PID, syscall.SIGTERM)
	if !p.waitEnd(grace) {
		_ = syscall.Kill(-p.PID, syscall.SIGKILL)
		if !p.waitEnd(5 * time.Second) {
			return fmt.Errorf("process %d could not be stopped; end it by hand: kill -9 %d", p.PID, p.PID)
		}
	}
	_ = syscall.Kill(-p.PID, syscall.SIGKILL) // children that outlived their parent
	if err := os.Remove(pidFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (p *Process) waitEnd(limit time.Duration) bool {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if !p.Alive() {
			return true
		}
	}
	return !p.Alive()
}

// birth returns when a process began, in a form that only compares: on Linux clock ticks since boot together with the
// boot's id, elsewhere the start time that ps prints. It fails when the process is gone or a zombie.
func birth(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err == nil {
		return birthFromStat(string(stat))
	}
	if _, proc := os.Stat("/proc/self/stat"); proc == nil {
		return "", err
	}
	out, err := exec.Command("ps", "-o", "state=,lstart=", "-p", strconv.Itoa(pid)).Output() //nolint:gosec,noctx // a number; answers at once
	line := strings.TrimSpace(string(out))
	if err != nil || line == "" || line[0] == 'Z' {
		return "", os.ErrNotExist
	}
	_, started, _ := strings.Cut(line, " ")
	return strings.TrimSpace(started), nil
}

func birthFromStat(stat string) (string, error) {
	// The second field is the command in parentheses, which may itself hold spaces and parentheses.
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return "", os.ErrNotExist
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[19], nil
}

// WriteFile writes a file so that a reader, or a crash, never sees half of it.
func WriteFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o600), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
