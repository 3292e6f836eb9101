// Package shop runs the whole shop on one machine: up, down, status, logs and the front door.
package shop

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/serverless-shop/serverless-shop/local/engine"
	"github.com/serverless-shop/serverless-shop/local/machine"
)

// The ports that Pulumi.local.yaml names.
const (
	defaultPort         = 8080
	defaultEmulatorPort = 4566
	region              = "us-east-1"
	// accessKey and secretKey are what the emulator treats as the account's root user.
	accessKey, secretKey = "test", "test"
)

// Settings is where the shop of this checkout runs. Several shops can run from one checkout, each with its own folder
// and ports.
type Settings struct {
	// Root is the repository, Local the folder that holds everything about the running shop.
	Root, Local string
	// Bind is the address on which the front door listens.
	Bind               string
	Port, EmulatorPort int
	Project            string
}

// Account is one of the demo accounts.
type Account struct {
	Role, Email, Password, Name, Group string
}

// Accounts are who can sign in at the local shop from the start.
var Accounts = []Account{
	{"customer", "demo@nordlicht.example", "Demo-Shop-2026", "Demo Customer", "customer"},
	{"administrator", "admin@nordlicht.example", "Admin-Shop-2026", "Demo Administrator", "admin"},
}

// Load reads the settings from the environment. dir is a folder of the repository.
func Load(dir string, getenv func(string) string) (*Settings, error) {
	root, err := repository(dir)
	if err != nil {
		return nil, err
	}
	s := &Settings{Root: root, Local: filepath.Join(root, ".local"), Bind: "127.0.0.1"}
	var errs []error
	port := func(variable string, usual int) int {
		text := getenv(variable)
		if text == "" {
			return usual
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1024 || n > 65535 {
			errs = append(errs, fmt.Errorf("%s=%s: want a port from 1024 to 65535", variable, text))
		}
		return n
	}
	s.Port = port("SHOP_PORT", defaultPort)
	s.EmulatorPort = port("SHOP_EMULATOR_PORT", defaultEmulatorPort)
	if s.Port == s.EmulatorPort {
		errs = append(errs, fmt.Errorf("SHOP_PORT and SHOP_EMULATOR_PORT are both %d: want two different ports", s.Port))
	}
	if bind := getenv("SHOP_BIND"); bind != "" {
		if net.ParseIP(bind) == nil {
			errs = append(errs, fmt.Errorf("SHOP_BIND=%s: want an IP address, such as 0.0.0.0 for every network of this machine", bind))
		}
		s.Bind = bind
	}
	if local := getenv("SHOP_LOCAL_DIR"); local != "" {
		if !filepath.IsAbs(local) {
			local = filepath.Join(root, local)
		}
		if s.Local = filepath.Clean(local); s.Local == root || strings.HasPrefix(root, s.Local+string(filepath.Separator)) {
			errs = append(errs, fmt.Errorf("SHOP_LOCAL_DIR=%s: `make down` deletes this folder, and it holds the repository; want a folder of its own", local))
		}
	}
	project, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml")) //nolint:gosec // a file of the checkout
	if err != nil {
		errs = append(errs, fmt.Errorf("reading the Pulumi project: %w", err))
	} else if m := regexp.MustCompile(`(?m)^name:\s*(\S+)`).FindSubmatch(project); m != nil {
		s.Project = string(m[1])
	} else {
		errs = append(errs, errors.New("the Pulumi project (Pulumi.yaml) has no name"))
	}
	return s, errors.Join(errs...)
}

// repository finds the root of the checkout from one of its folders.
func repository(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for d := abs; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "Pulumi.yaml")); err == nil {
			return d, nil
		}
		if filepath.Dir(d) == d {
			return "", fmt.Errorf("%s is in no checkout of the shop (no Pulumi.yaml in it or above)", abs)
		}
	}
}

func (s *Settings) path(parts ...string) string {
	return filepath.Join(append([]string{s.Local}, parts...)...)
}

// lockFile lies outside the shop's own folder, which `make down` removes while it holds the lock.
func (s *Settings) lockFile() string {
	sum := sha256.Sum256([]byte(s.Local))
	return filepath.Join(s.Root, ".build", "locks", filepath.Base(s.Local)+"-"+hex.EncodeToString(sum[:4]))
}

// The files of a running shop.
func (s *Settings) stateDir() string      { return s.path("state") }
func (s *Settings) emulatorPID() string   { return s.path("emulator.pid") }
func (s *Settings) frontDoorPID() string  { return s.path("frontdoor.pid") }
func (s *Settings) emulatorLog() string   { return s.path("logs", "emulator.log") }
func (s *Settings) frontDoorLog() string  { return s.path("logs", "frontdoor.log") }
func (s *Settings) deployLog() string     { return s.path("logs", "deploy.log") }
func (s *Settings) storefrontLog() string { return s.path("logs", "storefront.log") }
func (s *Settings) toolsLog() string      { return s.path("logs", "tools.log") }
func (s *Settings) tool(parts ...string) string {
	return filepath.Join(append([]string{s.Root, ".tools"}, parts...)...)
}

// URL is where the shop answers.
func (s *Settings) URL() string { return fmt.Sprintf("http://localhost:%d", s.Port) }

// EmulatorURL is where the emulator answers.
func (s *Settings) EmulatorURL() string { return fmt.Sprintf("http://127.0.0.1:%d", s.EmulatorPort) }

// MailURL is where the mails are that the shop has sent.
func (s *Settings) MailURL() string { return s.URL() + "/_local/mails" }

// AWS is the configuration of SDK clients that talk to the emulator as its deployer.
func (s *Settings) AWS() aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(s.EmulatorURL()),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey, Source: "the emulator's root user"}, nil
		}),
	}
}

// Stack is the deployed stack `local`. Its configuration file is Pulumi.local.yaml itself, or a copy of it if the ports
// are others than those it names.
func (s *Settings) Stack() (*engine.Stack, error) {
	file, err := s.configFile()
	if err != nil {
		return nil, err
	}
	return &engine.Stack{
		Dir: s.Root, State: s.stateDir(), Project: s.Project, Name: "local", ConfigFile: file,
		Env: engine.MergeEnvironment(os.Environ(), s.Environment()),
	}, nil
}

// Environment is what the Pulumi CLI needs in order to work on the local stack.
func (s *Settings) Environment() map[string]string { return engine.Environment(s.tool(), s.stateDir()) }

func (s *Settings) configFile() (string, error) {
	original := filepath.Join(s.Root, "Pulumi.local.yaml")
	if s.Port == defaultPort && s.EmulatorPort == defaultEmulatorPort {
		return original, nil
	}
	data, err := os.ReadFile(original) //nolint:gosec // a file of the checkout
	if err != nil {
		return "", fmt.Errorf("reading the configuration of stack local: %w", err)
	}
	file := s.path("Pulumi.local.yaml")
	if err := machine.WriteFile(file, movePorts(data, s.Port, s.EmulatorPort)); err != nil {
		return "", fmt.Errorf("writing the configuration of stack local for other ports: %w", err)
	}
	return file, nil
}

var loopback = regexp.MustCompile(`\b(localhost|127\.0\.0\.1):(\d+)\b`)

// movePorts replaces the usual ports of the front door and of the emulator in a configuration file.
func movePorts(config []byte, port, emulatorPort int) []byte {
	return loopback.ReplaceAllFunc(config, func(address []byte) []byte {
		host, old, _ := strings.Cut(string(address), ":")
		switch old {
		case strconv.Itoa(defaultPort):
			return []byte(fmt.Sprintf("%s:%d", host, port))
		case strconv.Itoa(defaultEmulatorPort):
			return []byte(fmt.Sprintf("%s:%d", host, emulatorPort))
		}
		return address
	})
}
