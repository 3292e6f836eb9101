package machine

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func start(t *testing.T, args ...string) (*Process, Command) {
	t.Helper()
	dir := t.TempDir()
	c := Command{Args: args, Env: os.Environ(), Dir: dir, Log: filepath.Join(dir, "logs", "log"), PIDFile: filepath.Join(dir, "pid"), Port: 1, Settings: "s"}
	p, err := Start(c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = Stop(c.PIDFile, 0) })
	return p, c
}

func TestProcessIsFoundAndStopped(t *testing.T) {
	p, c := start(t, "sleep", "60")
	found := Find(c.PIDFile)
	require.NotNil(t, found)
	require.Equal(t, p.PID, found.PID)
	require.Equal(t, "s", found.Settings)
	require.NoError(t, Stop(c.PIDFile, time.Second))
	require.False(t, p.Alive())
	require.NoFileExists(t, c.PIDFile)
	require.NoError(t, Stop(c.PIDFile, time.Second), "stopping twice is fine")
}

func TestStubbornProcessIsKilledWithItsChildren(t *testing.T) {
	_, c := start(t, "sh", "-c", `trap "" TERM; sleep 60 & echo $!; wait; wait`)
	var child string
	require.Eventually(t, func() bool {
		data, _ := os.ReadFile(c.Log)
		child = strings.TrimSpace(string(data))
		return child != ""
	}, 5*time.Second, 10*time.Millisecond)
	require.NoError(t, Stop(c.PIDFile, 100*time.Millisecond))
	var pid int
	_, err := fmt.Sscan(child, &pid)
	require.NoError(t, err)
	require.Eventually(t, func() bool { _, err := birth(pid); return err != nil }, 5*time.Second, 10*time.Millisecond)
}

// A pid that the system has given to another process must never be taken for the one that was started.
func TestRecycledPIDIsAnotherProcess(t *testing.T) {
	p, c := start(t, "sleep", "60")
	stale := *p
	stale.Born = "some-boot/1"
	data, err := json.Marshal(stale)
	require.NoError(t, err)
	other := filepath.Join(t.TempDir(), "pid")
	require.NoError(t, WriteFile(other, data))
	require.Nil(t, Find(other))
	require.NoError(t, Stop(other, time.Second))
	require.True(t, Find(c.PIDFile).Alive(), "and is left alone")
}

func TestPIDFileThatIsNoPIDFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	for _, content := range []string{"", "{", "null", `{"pid":0}`, `{"pid":1}`, `{"pid":-1}`} {
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		require.Nil(t, Find(file), content)
	}
	require.Nil(t, Find(file+"-missing"))
}

func TestBirthFromStat(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return // other systems ask ps
	}
	line := "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 777 20"
	born, err := birthFromStat(line)
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(born, "/777"), born)
	_, err = birthFromStat(strings.Replace(line, ") S ", ") Z ", 1))
	require.Error(t, err, "a zombie is gone")
}

func TestPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	owner, taken := PortTaken(t.Context(), "127.0.0.1", port)
	require.True(t, taken)
	require.Equal(t, os.Getpid(), owner.PID)
	require.Contains(t, owner.String(), "machine.test")
	require.NoError(t, l.Close())
	_, taken = PortTaken(t.Context(), "127.0.0.1", port)
	require.False(t, taken)
	require.Equal(t, "a process of another user", Owner{}.String())
}

func TestListeners(t *testing.T) {
	table := `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:11D6 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1234 1
   1: 0100007F:11D6 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 5678 1
   2: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 9999 1`
	require.Equal(t, []string{"1234"}, listeners(strings.NewReader(table), 4566))
	require.Equal(t, []string{"9999"}, listeners(strings.NewReader(table), 8080))
	require.Empty(t, listeners(strings.NewReader(table), 1))
}

func TestParseLsof(t *testing.T) {
	require.Equal(t, Owner{PID: 4711, Name: "node"}, parseLsof("p4711\ncnode\nf23\np4712\ncother\n"))
	require.Equal(t, Owner{}, parseLsof(""))
}

func TestSecondWaitsForTheLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dir", "lock")
	ctx := context.Background()
	first, err := Acquire(ctx, path, func(int) { t.Error("nobody holds it") })
	require.NoError(t, err)
	told := make(chan int, 1)
	got := make(chan error, 1)
	go func() {
		second, err := Acquire(ctx, path, func(pid int) { told <- pid })
		if err == nil {
			second.Release()
		}
		got <- err
	}()
	require.Equal(t, os.Getpid(), <-told)
	first.Release()
	require.NoError(t, <-got)

	first, err = Acquire(ctx, path, func(int) {})
	require.NoError(t, err)
	defer first.Release()
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	_, err = Acquire(short, path, func(int) {})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
