package shop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/serverless-shop/serverless-shop/local/engine"
	"github.com/serverless-shop/serverless-shop/local/progress"
)

// PreviewStacks previews stacks that are meant for AWS against an empty emulator of its own, with the real provider's
// validation. Backend, emulator and configuration live in a temporary folder; nothing is left of them.
func (s *Settings) PreviewStacks(ctx context.Context, d *progress.Display, w io.Writer, names ...string) error {
	step := d.Begin("tools")
	if _, err := s.ensureTools(ctx, step); err != nil {
		step.Fail("")
		return err
	}
	step.Done("installed")
	// The storefront's files are resources of the stack, so it has to be built.
	step = d.Begin("storefront")
	if _, err := s.buildStorefront(ctx); err != nil {
		step.Fail("")
		return err
	}
	step.Done("built")
	step = d.Begin("emulator")
	step.Say("waiting for it to answer")
	emulator, err := s.NewEmulator(ctx)
	if err != nil {
		step.Fail("")
		return err
	}
	defer func() { _ = emulator.Close() }()
	step.Done("an empty one, for this only")
	var failed []error
	for _, name := range names {
		step := d.Begin("preview " + name)
		step.Say("waiting for pulumi preview")
		text, err := s.preview(ctx, name, emulator.Dir, emulator.Port)
		if err != nil {
			step.Fail("")
			failed = append(failed, fmt.Errorf("previewing stack %s:\n%s", name, text))
			continue
		}
		step.Done(lastLine(text))
	}
	return errors.Join(failed...)
}

func (s *Settings) preview(ctx context.Context, name, dir string, port int) (string, error) {
	config, err := s.previewConfig(name, port)
	if err != nil {
		return err.Error(), err
	}
	file := filepath.Join(dir, "Pulumi."+name+".yaml")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return err.Error(), err
	}
	stack := &engine.Stack{Dir: s.Root, State: filepath.Join(dir, "state"), Project: s.Project, Name: name, ConfigFile: file}
	stack.Env = engine.MergeEnvironment(os.Environ(), engine.Environment(s.tool(), stack.State))
	original := filepath.Join(s.Root, "Pulumi."+name+".yaml")
	before, err := os.ReadFile(original) //nolint:gosec // a file of the checkout
	if err != nil {
		return err.Error(), err
	}
	err = stack.Init(ctx)
	// Making a stack writes the salt of its secrets into the stack's configuration file; this one's stack is thrown away.
	if after, _ := os.ReadFile(original); !bytes.Equal(before, after) { //nolint:gosec // the same
		err = errors.Join(err, os.WriteFile(original, before, 0o600)) //nolint:gosec // the same
	}
	if err != nil {
		return err.Error(), err
	}
	var out bytes.Buffer
	err = stack.Preview(ctx, &out)
	return out.String(), err
}

// previewConfig is a stack's own configuration with what makes the provider call an emulator, taken from stack local.
func (s *Settings) previewConfig(name string, port int) ([]byte, error) {
	own, err := os.ReadFile(filepath.Join(s.Root, "Pulumi."+name+".yaml")) //nolint:gosec // a file of the checkout
	if err != nil {
		return nil, fmt.Errorf("reading the configuration of stack %s: %w", name, err)
	}
	local, err := os.ReadFile(filepath.Join(s.Root, "Pulumi.local.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading the configuration of stack local: %w", err)
	}
	return mergeProvider(own, movePorts(local, defaultPort, port))
}

// mergeProvider adds to a stack's configuration the provider settings (aws:…) of another that it does not have itself,
// and drops what belongs to the stack's own secrets.
func mergeProvider(own, provider []byte) ([]byte, error) {
	var into, from map[string]any
	if err := yaml.Unmarshal(own, &into); err != nil {
		return nil, fmt.Errorf("parsing the stack's configuration: %w", err)
	}
	if err := yaml.Unmarshal(provider, &from); err != nil {
		return nil, fmt.Errorf("parsing the configuration of stack local: %w", err)
	}
	if into == nil {
		into = map[string]any{}
	}
	values, _ := into["config"].(map[string]any)
	if values == nil {
		values = map[string]any{}
	}
	source, _ := from["config"].(map[string]any)
	for name, value := range source {
		if _, has := values[name]; strings.HasPrefix(name, "aws:") && !has {
			values[name] = value
		}
	}
	into["config"] = values
	for _, secret := range []string{"encryptionsalt", "secretsprovider", "encryptedkey"} {
		delete(into, secret)
	}
	return yaml.Marshal(into)
}

// lastLine is the CLI's count of what it would do.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, l := range slices.Backward(lines) {
		if l = strings.TrimSpace(l); strings.HasPrefix(l, "+ ") && strings.HasSuffix(l, "to create") {
			return strings.TrimPrefix(l, "+ ")
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}
