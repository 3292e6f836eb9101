package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// State is what the backend holds about a stack.
type State struct {
	// Resources counts the stack's resources.
	Resources int
	// Pending names the operations that were running when the engine ended without writing their result.
	Pending []string
	// Outputs are the stack's outputs.
	Outputs map[string]any
}

func (s *Stack) stateFile() string { return StateFile(s.State, s.Project, s.Name) }

// StateFile is where a backend in a folder keeps a stack. It changes with every step of an update.
func StateFile(state, project, stack string) string {
	return filepath.Join(state, ".pulumi", "stacks", project, stack+".json")
}

// ReadState returns what the backend holds; a stack that does not exist yet is empty. It reads the file itself because
// asking the CLI takes half a second, and because it must be possible while an update has the stack locked.
func (s *Stack) ReadState() (*State, error) {
	data, err := os.ReadFile(s.stateFile())
	if errors.Is(err, fs.ErrNotExist) {
		return &State{Outputs: map[string]any{}}, nil
	}
	if err != nil {
		return nil, err
	}
	st, err := parseState(data)
	if err != nil {
		return nil, fmt.Errorf("reading the state of stack %s in %s: %w", s.Name, s.stateFile(), err)
	}
	return st, nil
}

func parseState(data []byte) (*State, error) {
	var file struct {
		Checkpoint *struct {
			Latest *struct {
				Resources []struct {
					Type    string         `json:"type"`
					Outputs map[string]any `json:"outputs"`
				} `json:"resources"`
				Pending []struct {
					Type     string `json:"type"`
					Resource struct {
						URN string `json:"urn"`
					} `json:"resource"`
				} `json:"pending_operations"`
			} `json:"latest"`
		} `json:"checkpoint"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	st := &State{Outputs: map[string]any{}}
	if file.Checkpoint == nil || file.Checkpoint.Latest == nil {
		return st, nil
	}
	for _, r := range file.Checkpoint.Latest.Resources {
		if r.Type == "pulumi:pulumi:Stack" && r.Outputs != nil {
			st.Outputs = r.Outputs
		}
	}
	st.Resources = len(file.Checkpoint.Latest.Resources)
	for _, p := range file.Checkpoint.Latest.Pending {
		st.Pending = append(st.Pending, p.Type+" "+urnName(p.Resource.URN))
	}
	return st, nil
}

// Text returns an output that is a string, empty if there is none.
func (st *State) Text(name string) string {
	s, _ := st.Outputs[name].(string)
	return s
}

// Map returns an output that is a map of strings.
func (st *State) Map(name string) map[string]string {
	m, _ := st.Outputs[name].(map[string]any)
	out := make(map[string]string, len(m))
	for k, v := range m {
		if s, ok := v.(string); ok {
			out[k] = s
		}
	}
	return out
}

// LockHolders returns the ids of the processes that locked the stack, ended or not.
func (s *Stack) LockHolders() ([]int, error) {
	var pids []int
	err := filepath.WalkDir(filepath.Join(s.State, ".pulumi", "locks"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		data, err := os.ReadFile(path) //nolint:gosec // a file of the backend
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		var lock struct {
			PID int `json:"pid"`
		}
		_ = json.Unmarshal(data, &lock) // half a lock file is a lock all the same, of nobody
		pids = append(pids, lock.PID)
		return nil
	})
	return pids, err
}
