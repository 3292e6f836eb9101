// Command pulumi-language-go lets the pulumi CLI run programs written in Go: it builds the program and starts it.
//
// The official language host comes only with the CLI's downloads, not as a Go module. This one implements what a
// deployment needs of the public LanguageRuntime interface (preview, up, refresh, destroy, install, about). Code
// generation, packages in Go and debugging are left to the official one.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-go:", err)
		os.Exit(1)
	}
}

func serve() error {
	// The CLI passes flags of the official host; those that matter nothing here are accepted and ignored.
	flag.String("tracing", "", "ignored")
	flag.String("binary", "", "ignored")
	flag.String("buildTarget", "", "ignored")
	flag.String("root", "", "ignored")
	flag.Parse()

	// Ctrl-C reaches every process of the terminal. The engine then cancels what it can and ends its plugins; until
	// then the program, if it is still being built or running, is stopped, and nothing new is accepted.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	engine := flag.Arg(0)
	if engine != "" { // do not outlive the engine
		if err := rpcutil.Healthcheck(ctx, engine, 5*time.Minute, stop); err != nil {
			return fmt.Errorf("watching the engine at %s: %w", engine, err)
		}
	}
	cancel := make(chan bool)
	go func() {
		<-ctx.Done()
		close(cancel)
	}()
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel:  cancel,
		Options: rpcutil.TracingServerInterceptorOptions(nil),
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(s, newHost(ctx, engine))
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("listening for the engine: %w", err)
	}
	fmt.Println(server.Port) // tells the engine where to call
	return <-server.Done
}
