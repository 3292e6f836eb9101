package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Lock makes sure that one command at a time changes the shop. The system drops it when its holder ends, however that
// happens, so a killed holder leaves nothing to clean up.
type Lock struct{ file *os.File }

// Acquire takes the lock at path. If another process holds it, waiting is called with that process's id and Acquire waits.
func Acquire(ctx context.Context, path string, waiting func(pid int)) (*Lock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, err
	}
	told := false
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the caller names its own file
		if err != nil {
			return nil, err
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil && samePath(f, path) {
			err = f.Truncate(0)
			if err == nil {
				_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
			}
			if err != nil {
				_ = f.Close()
				return nil, fmt.Errorf("writing lock %s: %w", path, err)
			}
			return &Lock{f}, nil
		}
		_ = f.Close()
		if err != nil && !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
		if !told {
			told = true
			content, _ := os.ReadFile(path) //nolint:gosec // the same
			pid, _ := strconv.Atoi(strings.TrimSpace(string(content)))
			waiting(pid)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// samePath tells whether the locked file is still the one at path: the last holder may have removed it meanwhile.
func samePath(f *os.File, path string) bool {
	a, err := f.Stat()
	b, err2 := os.Stat(path)
	return err == nil && err2 == nil && os.SameFile(a, b)
}

// Release drops the lock.
func (l *Lock) Release() { _ = l.file.Close() }
