// Command shop runs the whole shop on one machine. The Makefile's targets call it; `shop help` lists what it does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/term"

	"github.com/serverless-shop/serverless-shop/local/engine"
	"github.com/serverless-shop/serverless-shop/local/progress"
	"github.com/serverless-shop/serverless-shop/local/shop"
)

const help = `usage: shop <command> [flags]

  up              bring the shop up, or repair it          [--json] [--plain]
  down            stop it and remove its data
  status          tell what runs; exit code 0 only if all  [--json]
  logs            print the functions' logs                [--function name] [--follow]
  tools           install the tools                        [--json] [--plain]
  preview-stacks  preview stacks dev and prod              [--json] [--plain]
  env             print variables for typing pulumi by hand
  serve           the front door (started by up)

Variables: SHOP_PORT (8080), SHOP_EMULATOR_PORT (4566), SHOP_LOCAL_DIR (.local), SHOP_BIND (127.0.0.1)
`

func main() { os.Exit(run(os.Args[1:])) }

// Exit codes: 1 something failed, 2 wrong usage, 130 interrupted.
func run(args []string) int {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "--help"}, args[0]) {
		fmt.Print(help)
		return 0
	}
	flags := flag.NewFlagSet("shop "+args[0], flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "one JSON object per line, for programs")
	plain := flags.Bool("plain", false, "lines instead of a live display")
	function := flags.String("function", "", "only this function's logs")
	follow := flags.Bool("follow", false, "go on with what comes")
	if err := flags.Parse(args[1:]); err != nil {
		return 2
	}
	settings, err := shop.Load(".", os.Getenv)
	if err != nil {
		return failed(err)
	}
	ctx := untilInterrupted()
	display := func() *progress.Display {
		mode := progress.Live
		switch {
		case *asJSON:
			mode = progress.JSON
		case *plain || !term.IsTerminal(int(os.Stdout.Fd())) || os.Getenv("TERM") == "dumb" || os.Getenv("CI") != "":
			mode = progress.Plain
		}
		return progress.New(os.Stdout, mode, terminalWidth)
	}
	switch args[0] {
	case "up":
		return failed(up(ctx, settings, display(), *asJSON))
	case "down":
		return failed(settings.Down(ctx, func(format string, args ...any) { fmt.Printf(format+"\n", args...) }))
	case "status":
		status := settings.Status(ctx)
		if *asJSON {
			err = status.JSON(os.Stdout)
		} else {
			status.Write(os.Stdout)
		}
		if err == nil && !status.Up {
			return 1
		}
		return failed(err)
	case "logs":
		return failed(settings.Logs(ctx, os.Stdout, *function, *follow))
	case "tools":
		d := display()
		err := settings.Tools(ctx, d)
		d.Close()
		return failed(err)
	case "preview-stacks":
		d := display()
		err := settings.PreviewStacks(ctx, d, os.Stdout, "dev", "prod")
		d.Close()
		return failed(err)
	case "env":
		printEnvironment(settings)
		return 0
	case "serve":
		return failed(settings.Serve(ctx, slog.New(slog.NewTextHandler(os.Stderr, nil))))
	}
	fmt.Fprintf(os.Stderr, "shop: unknown command %q\n\n%s", args[0], help)
	return 2
}

// up brings the shop up, and says what there is then.
func up(ctx context.Context, settings *shop.Settings, d *progress.Display, asJSON bool) error {
	sum, err := settings.Up(ctx, d)
	d.Close()
	switch {
	case err != nil && asJSON:
		_ = (&shop.Summary{State: "failed: " + err.Error()}).JSON(os.Stdout)
		return err
	case err != nil:
		return err
	case asJSON:
		return sum.JSON(os.Stdout)
	}
	sum.Write(os.Stdout, settings)
	return nil
}

// printEnvironment prints variables for a shell to read.
func printEnvironment(settings *shop.Settings) {
	env := settings.Environment()
	env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
	for _, name := range slices.Sorted(maps.Keys(env)) {
		fmt.Printf("export %s=%s\n", name, quote(env[name]))
	}
}

// failed prints an error and returns the exit code that goes with it.
func failed(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled), errors.Is(err, engine.ErrInterrupted):
		fmt.Fprintln(os.Stderr, "\nInterrupted. Run make up again to continue; it repairs what was left half done.")
		return 130
	}
	fmt.Fprintf(os.Stderr, "\nerror: %v\n", err)
	return 1
}

// untilInterrupted returns a context that ends with the first Ctrl-C, after which running work is finished; a second one
// stops it at once.
func untilInterrupted() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-signals
		fmt.Fprintln(os.Stderr, "\nStopping: what is being created right now is finished first. Ctrl-C again stops at once.")
		cancel()
		<-signals
		engine.Kill()
		os.Exit(130)
	}()
	return ctx
}

func terminalWidth() int {
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 80
	}
	return width
}

// quote makes a value safe for a shell.
func quote(value string) string { return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'" }
