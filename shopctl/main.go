// Command shopctl is for those who operate the shop, on AWS and on one machine alike. `shopctl help` lists what it does, docs/operations.md tells
// when to do it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/serverless-shop/serverless-shop/shopctl/resources"
)

const help = `usage: shopctl [flags] <command>

  order ID                      one order's story: events, order flow, payment, shipment, mails and log lines, in the order of time
  dlq list                      every dead-letter queue: what it belongs to, how many messages it has and how old they are
  dlq show QUEUE [-n 10]        look into its messages and leave them there
  dlq redrive QUEUE [--limit N] put its messages back to where they came from; --all instead of QUEUE: those of every queue
  dlq discard QUEUE --id ID     remove a message that can never be processed, after showing all of it; without --yes it only shows it
  views verify                  compare the lists of orders and the sales with the orders' events; changes nothing
  views rebuild                 make them what the events say, while the shop runs
  archive replay --from T --to T (--rule NAME… | --to-bus [--type T…])
                                send archived events again; without --yes it only counts them
  flow list [--failed] [-n 50]  executions of the order flow, the latest first; --failed: those that nobody has repaired yet
  flow redrive ID [--restart]   let the order's execution go on from the step that stopped, or begin anew

Flags, before or after the command's own arguments:
  --stack NAME     the stack (local, or $SHOP_STACK); its resources are found from its outputs
  --outputs FILE   its outputs, as pulumi stack output --json prints them, instead of asking pulumi
  --json           JSON instead of text

Profile and endpoint are those of the AWS SDK: AWS_PROFILE, AWS_ENDPOINT_URL. The region is the stack's.
Exit codes: 0 all is well, 1 failed, 2 wrong usage, 3 done, but not everything is well: see the output, 130 interrupted.
`

// Exit codes.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitUnwell      = 3
	exitInterrupted = 130
)

var (
	// errUnwell ends a command that did what it should, and found or left something that is not well.
	errUnwell = errors.New("not everything is well")
	// errUsage is an error in how shopctl was called.
	errUsage = errors.New("wrong usage")
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr, os.Getenv)
	stop()
	os.Exit(code)
}

// app is one call of shopctl.
type app struct {
	out, errs io.Writer
	getenv    func(string) string
	flags     *flag.FlagSet
	asJSON    bool
	stack     string
	outputs   string

	found *resources.Resources
	aws   aws.Config
}

// run carries out one command and returns the exit code.
func run(ctx context.Context, args []string, out, errs io.Writer, getenv func(string) string) int {
	a := &app{out: out, errs: errs, getenv: getenv, flags: flag.NewFlagSet("shopctl", flag.ContinueOnError)}
	a.flags.SetOutput(io.Discard)
	stack := getenv("SHOP_STACK")
	if stack == "" {
		stack = resources.LocalStack
	}
	a.flags.BoolVar(&a.asJSON, "json", false, "")
	a.flags.StringVar(&a.stack, "stack", stack, "")
	a.flags.StringVar(&a.outputs, "outputs", "", "")
	err := a.dispatch(ctx, args)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, help)
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprintf(errs, "shopctl: %v\n\n%s", err, help)
		return exitUsage
	case errors.Is(err, errUnwell):
		return exitUnwell
	case ctx.Err() != nil:
		fmt.Fprintf(errs, "shopctl: interrupted: %v\n", err)
		return exitInterrupted
	}
	fmt.Fprintf(errs, "shopctl: %v\n", err)
	if what := a.advice(err); what != "" {
		fmt.Fprintln(errs, what)
	}
	return exitFailed
}

// advice says what to do about an error of AWS's own; "" if it says enough itself.
func (a *app) advice(err error) string {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return ""
	}
	switch code := api.ErrorCode(); {
	case strings.Contains(code, "AccessDenied"), code == "NotAuthorized":
		return "docs/operations.md lists the actions that each command needs"
	case strings.Contains(code, "Expired"), code == "UnrecognizedClientException", code == "InvalidClientTokenId":
		return "the credentials are not, or no longer, valid: log in again (aws sso login), or name another profile: AWS_PROFILE"
	case strings.Contains(code, "NotFound"), strings.Contains(code, "DoesNotExist"), strings.Contains(code, "NonExistent"), code == "NoSuchBucket":
		return fmt.Sprintf("stack %s is in account %s, region %s: are the credentials of that account (AWS_PROFILE), and is the stack still deployed?",
			a.stack, a.found.Account(), a.found.Region())
	}
	return ""
}

// dispatch finds the command among the arguments.
func (a *app) dispatch(ctx context.Context, args []string) error {
	commands := map[string]func(context.Context, []string) error{
		"order": a.order, "dlq list": a.dlqList, "dlq show": a.dlqShow, "dlq redrive": a.dlqRedrive,
		"dlq discard":  a.dlqDiscard,
		"views verify": a.viewsVerify, "views rebuild": a.viewsRebuild, "archive replay": a.archiveReplay,
		"flow list": a.flowList, "flow redrive": a.flowRedrive,
	}
	args, err := a.leading(args)
	if err != nil {
		return err
	}
	if len(args) == 0 || args[0] == "help" {
		return flag.ErrHelp
	}
	for words := min(2, len(args)); words > 0; words-- {
		if command, found := commands[strings.Join(args[:words], " ")]; found {
			return command(ctx, args[words:])
		}
	}
	return fmt.Errorf("%w: there is no command %q", errUsage, strings.Join(args[:min(2, len(args))], " "))
}

// leading parses the flags before the command.
func (a *app) leading(args []string) ([]string, error) {
	if err := a.flags.Parse(args); err != nil {
		return nil, wrongUsage(err)
	}
	return a.flags.Args(), nil
}

// parse parses a command's arguments, in which flags and others may be mixed, and finds the stack. want names the others.
func (a *app) parse(ctx context.Context, args []string, want ...string) ([]string, error) {
	var others []string
	for len(args) > 0 {
		if err := a.flags.Parse(args); err != nil {
			return nil, wrongUsage(err)
		}
		if args = a.flags.Args(); len(args) > 0 {
			others, args = append(others, args[0]), args[1:]
		}
	}
	if len(others) != len(want) {
		return nil, fmt.Errorf("%w: found %s, want %s", errUsage, arguments(others), arguments(want))
	}
	return others, a.find(ctx)
}

// arguments names the arguments of a command.
func arguments(all []string) string {
	if len(all) == 0 {
		return "no argument"
	}
	return fmt.Sprintf("%d: %s", len(all), strings.Join(all, " "))
}

func wrongUsage(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	return fmt.Errorf("%w: %w", errUsage, err)
}

func (a *app) find(ctx context.Context) (err error) {
	a.found, a.aws, err = resources.Find(ctx, ".", a.stack, a.outputs, a.getenv)
	return err
}
