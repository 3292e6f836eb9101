package machine

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Owner is the process that listens on a port. Its zero value stands for one that cannot be seen, because it belongs to
// another user or runs in a container.
type Owner struct {
	PID  int
	Name string
}

func (o Owner) String() string {
	if o.PID == 0 {
		return "a process of another user"
	}
	return fmt.Sprintf("%q (pid %d)", o.Name, o.PID)
}

// PortTaken tells whether a TCP port cannot be listened on at a host, and by whom it is held.
func PortTaken(ctx context.Context, host string, port int) (Owner, bool) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err == nil {
		_ = l.Close()
		return Owner{}, false
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return Owner{}, false // some other trouble, which the process that listens will report better
	}
	return portOwner(ctx, port), true
}

// portOwner finds the listening process in /proc, or by lsof where there is no /proc.
func portOwner(ctx context.Context, port int) Owner {
	inodes := map[string]bool{}
	found := false
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(table) //nolint:gosec // one of the two above
		if err != nil {
			continue
		}
		found = true
		for _, inode := range listeners(f, port) {
			inodes["socket:["+inode+"]"] = true
		}
		_ = f.Close()
	}
	if !found {
		return ownerByLsof(ctx, port)
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && inodes[target] {
			parts := strings.Split(link, "/")
			pid, _ := strconv.Atoi(parts[2])
			return Owner{PID: pid, Name: Name(pid)}
		}
	}
	return Owner{}
}

// listeners reads a table in the form of /proc/net/tcp and returns the socket inodes that listen on a port.
func listeners(table io.Reader, port int) []string {
	var inodes []string
	for lines := bufio.NewScanner(table); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 || fields[3] != "0A" { // 0A is LISTEN
			continue
		}
		_, hexPort, _ := strings.Cut(fields[1], ":")
		if b, err := hex.DecodeString(hexPort); err == nil && len(b) == 2 && int(b[0])<<8|int(b[1]) == port {
			inodes = append(inodes, fields[9])
		}
	}
	return inodes
}

// Name returns what a process is called, "?" when it cannot be seen.
func Name(pid int) string {
	cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	args := strings.Split(strings.TrimRight(string(cmdline), "\x00"), "\x00")
	if err != nil || args[0] == "" {
		return "?"
	}
	name := filepath.Base(args[0])
	// python -m module, or python file.py, says more than python.
	switch {
	case len(args) > 2 && args[1] == "-m":
		name += " -m " + args[2]
	case len(args) > 1 && filepath.Ext(args[1]) != "" && !strings.HasPrefix(args[1], "-"):
		name += " " + filepath.Base(args[1])
	}
	return name
}

func ownerByLsof(ctx context.Context, port int) Owner {
	out, err := exec.CommandContext(ctx, "lsof", "-nP", fmt.Sprintf("-iTCP:%d", port), "-sTCP:LISTEN", "-Fpc").Output() //nolint:gosec // a number
	if err != nil {
		return Owner{}
	}
	return parseLsof(string(out))
}

// parseLsof reads lsof's field output: a line per field, its first letter the field's name.
func parseLsof(out string) Owner {
	var o Owner
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "p") && o.PID == 0:
			o.PID, _ = strconv.Atoi(line[1:])
		case strings.HasPrefix(line, "c") && o.Name == "":
			o.Name = line[1:]
		}
	}
	return o
}

// FreePort returns a port that nobody listens on at the loopback address just now.
func FreePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
