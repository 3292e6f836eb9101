// Command install puts the project's pinned tools into the folder .tools and checks what they need.
//
//	go run . [install] [-only cli,aws,ministack,lint,web] [-json]   install what is missing or outdated
//	go run . check [-json]                                         look for Go, Python, Node and git
//	go run . env                                                   print the variables for using the tools by hand
//	go run . types [-check|-drop]                                  list the AWS types that the program uses
//
// SHOP_TOOLS chooses where the pulumi CLI and its AWS plugin come from: "download" (the official releases), "source" or
// "auto", the default: a download where that is possible, else a build from source. SHOP_TOOLS_MIRROR is another base
// URL for the downloads.
//
// It uses the standard library alone, so that it starts at once on a fresh machine.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/serverless-shop/serverless-shop/tools/install/internal/awstypes"
	"github.com/serverless-shop/serverless-shop/tools/install/internal/prereq"
	"github.com/serverless-shop/serverless-shop/tools/install/internal/report"
	"github.com/serverless-shop/serverless-shop/tools/install/internal/toolchain"
)

const module = "module github.com/serverless-shop/serverless-shop\n"

func main() {
	os.Exit(status(os.Args[1:]))
}

// status runs the command and returns its exit status.
func status(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, args)
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "install: interrupted; the next run takes up where this one stopped")
		return 130
	case !errors.Is(err, errReported) && !errors.Is(err, toolchain.ErrStep):
		fmt.Fprintln(os.Stderr, "install:", err)
	}
	return 1
}

// errReported is an error that has been shown already.
var errReported = errors.New("reported")

func run(ctx context.Context, args []string) error {
	verb := "install"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		verb, args = args[0], args[1:]
	}
	flags := flag.NewFlagSet("install "+verb, flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print one JSON object per line")
	only := flags.String("only", strings.Join(toolchain.Steps, ","), "the steps to run, separated by commas")
	check := flags.Bool("check", false, "types: change nothing, fail if the list lacks a type")
	drop := flags.Bool("drop", false, "types: drop those that the program does not use any more")
	root := flags.String("root", "", "the repository (default: found from the current folder upwards)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *root == "" {
		dir, err := findRoot()
		if err != nil {
			return err
		}
		*root = dir
	}
	abs, err := filepath.Abs(*root)
	if err != nil {
		return err
	}
	i, err := toolchain.New(abs, report.New(os.Stdout, *asJSON))
	if err != nil {
		return err
	}
	switch verb {
	case "install":
		return i.Install(ctx, strings.Split(*only, ","))
	case "check":
		return checkMachine(ctx, *asJSON)
	case "env":
		if err := i.PrepareState(); err != nil {
			return err
		}
		fmt.Print(i.Shell())
		return nil
	case "types":
		return listTypes(abs, *check, *drop)
	}
	return fmt.Errorf("unknown command %q: want install, check, env or types", verb)
}

// findRoot looks for the repository in the current folder and those above.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for d := dir; ; d = filepath.Dir(d) {
		if b, err := os.ReadFile(filepath.Join(d, "go.mod")); err == nil && bytes.Contains(append(b, '\n'), []byte(module)) {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("neither %s nor a folder above it is the repository: use -root", dir)
		}
	}
}

func checkMachine(ctx context.Context, asJSON bool) error {
	bad := false
	for _, r := range prereq.Check(ctx) {
		bad = bad || !r.OK
		if !asJSON {
			fmt.Println(r)
			continue
		}
		b, err := json.Marshal(r)
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", b)
	}
	if bad {
		return errReported
	}
	return nil
}

// listTypes adds the AWS types that the program uses to the list of those that the plugin supports, or only compares.
// Types that are used no more stay unless drop is true: a stack may still hold such resources, and deleting them needs
// the plugin's support.
func listTypes(root string, check, drop bool) error {
	uses, err := awstypes.Scan(root)
	if err != nil {
		return err
	}
	name := filepath.Join(root, toolchain.TypesFile)
	list, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	have, err := awstypes.Parse(list)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if check {
		missing, err := awstypes.Missing(uses, have)
		if err == nil && len(missing) > 0 {
			err = errors.New(strings.Join(missing, "\n"))
		}
		return err
	}
	types, problems, err := awstypes.Used(uses)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "\n"))
	}
	if !drop {
		types = append(types, have...)
	}
	if text := awstypes.Format(types); !bytes.Equal(text, list) {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s has changed; the next installation builds the plugin again\n", toolchain.TypesFile)
	}
	return nil
}
