package handler

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// How long a call to AWS may take. A function behind the API has some seconds in all, so a call that hangs is given up
// early enough to be tried again within the same request.
const (
	dialTimeout      = 1 * time.Second
	responseTimeout  = 3 * time.Second
	idleTimeout      = 90 * time.Second
	maxAttempts      = 3
	maxRetryDelay    = 500 * time.Millisecond
	idleConnsPerHost = 8
)

// Env is what a function knows of its surroundings: its environment variables and the AWS account it runs in.
// Get one from [Environment]; it is not safe for concurrent use, and is not needed once the function has started.
type Env struct {
	lookup func(string) (string, bool)
	output io.Writer
	exit   func(int)

	// wrong collects every reason why the function cannot start, so that they are told together.
	missing []string
	wrong   []string
}

// Environment reads the Lambda environment. Call it once, first thing in main.
func Environment() *Env {
	return &Env{lookup: os.LookupEnv, output: os.Stdout, exit: os.Exit}
}

// Get returns the variable that the stack sets for this function, e.g. "PRODUCTS_TABLE".
//
// A variable that is missing or empty does not fail here: Start… does, naming all of them at once.
func (e *Env) Get(name string) string {
	value, _ := e.lookup(name)
	if value == "" && !slices.Contains(e.missing, name) {
		e.missing = append(e.missing, name)
	}
	return value
}

// optional returns a variable that may be missing.
func (e *Env) optional(name string) string {
	value, _ := e.lookup(name)
	return value
}

// AWS returns the configuration for AWS clients: dynamodb.NewFromConfig(env.AWS()).
//
// It is made from the variables that Lambda sets for every function, and not by config.LoadDefaultConfig, whose search
// through files, profiles and metadata services nearly doubles the cold start to arrive at the same values. Lambda's
// credentials do not change while the process lives, so they are read once. AWS_ENDPOINT_URL, if set, replaces the
// address of every service, as in the SDK; the shop on one machine uses that.
func (e *Env) AWS() aws.Config {
	credentials := aws.Credentials{
		AccessKeyID:     e.Get("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: e.Get("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    e.optional("AWS_SESSION_TOKEN"), // Lambda always sets it; static keys of an emulator have none.
		Source:          "LambdaEnvironment",
	}
	config := aws.Config{
		Region: e.Get("AWS_REGION"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return credentials, nil
		}),
		HTTPClient: newHTTPClient(),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = maxAttempts
				o.MaxBackoff = maxRetryDelay
			})
		},
	}
	if endpoint := e.optional("AWS_ENDPOINT_URL"); endpoint != "" {
		config.BaseEndpoint = aws.String(endpoint)
	}
	return config
}

// newHTTPClient returns the client for calls to AWS. It differs from the SDK's own in its shorter timeouts.
func newHTTPClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout:   dialTimeout,
			ResponseHeaderTimeout: responseTimeout,
			IdleConnTimeout:       idleTimeout,
			MaxIdleConnsPerHost:   idleConnsPerHost,
		},
		// A redirected request would carry a signature for another host; the SDK handles the few services that redirect.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// start checks that the environment is complete and returns the function's logger. If it is not, it says everything
// that is wrong in one log line and ends the process: Lambda then reports the failed start, and no request is answered
// by half a function.
func (e *Env) start() *slog.Logger {
	level := slog.LevelInfo
	if text := e.optional("LOG_LEVEL"); text != "" {
		if err := level.UnmarshalText([]byte(text)); err != nil {
			e.wrong = append(e.wrong, fmt.Sprintf("LOG_LEVEL = %q, want DEBUG, INFO, WARN or ERROR", text))
		}
	}
	logger := newLogger(e.output, level).With(
		"function", e.optional("AWS_LAMBDA_FUNCTION_NAME"),
		"stack", e.optional("SHOP_STACK"),
	)
	if len(e.missing) > 0 {
		e.wrong = append([]string{"missing environment variables: " + strings.Join(e.missing, ", ")}, e.wrong...)
	}
	if len(e.wrong) > 0 {
		logger.Error("function cannot start: "+strings.Join(e.wrong, "; ")+
			"; the stack sets them with the function's grants", "missing", e.missing)
		e.exit(1)
	}
	return logger
}
