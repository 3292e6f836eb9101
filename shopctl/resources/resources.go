// Package resources finds what a stack consists of: from its outputs, never by names.
package resources

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/serverless-shop/serverless-shop/local/shop"
)

// Resources are the parts of a deployed stack that operators look at and repair.
type Resources struct {
	// Tables are the DynamoDB tables' physical names.
	Tables Tables `json:"tables"`
	// LogGroups are the names of the log groups, by function; order-flow is the workflow's.
	LogGroups map[string]string `json:"logGroups"`
	// OrderFlow is the ARN of the state machine that carries out orders.
	OrderFlow string `json:"orderFlow"`
	// Bus is the event bus.
	Bus Bus `json:"bus"`
	// Rules are the ARNs of the bus's rules by their names.
	Rules map[string]string `json:"rules"`
	// ArchiveBucket is the S3 bucket with every event of every order.
	ArchiveBucket string `json:"archiveBucket"`
	// DeadLetterQueues are all of them, by their names.
	DeadLetterQueues map[string]DeadLetterQueue `json:"deadLetterQueues"`
}

// Tables are physical names.
type Tables struct {
	Orders        string `json:"orders"`
	OrderViews    string `json:"orderViews"`
	Sales         string `json:"sales"`
	Payments      string `json:"payments"`
	Shipments     string `json:"shipments"`
	Notifications string `json:"notifications"`
}

// Bus is an event bus and the archive of its events.
type Bus struct {
	ARN        string `json:"arn"`
	ArchiveARN string `json:"archiveArn"`
}

// DeadLetterQueue is a queue of what failed for good; its fields are those of components.DeadLetterQueue.
type DeadLetterQueue struct {
	URL     string   `json:"url"`
	What    string   `json:"what"`
	Kind    string   `json:"kind"`
	Targets []string `json:"targets"`
	Filters []string `json:"filters"`
}

// Parse reads a stack's outputs as `pulumi stack output --json` prints them.
func Parse(outputs []byte) (*Resources, error) {
	var all struct {
		Operations *Resources `json:"operations"`
	}
	if err := json.Unmarshal(outputs, &all); err != nil {
		return nil, fmt.Errorf("reading the stack's outputs, want what `pulumi stack output --json` prints: %w", err)
	}
	r := all.Operations
	if r == nil {
		return nil, errors.New("the stack has no output operations; deploy it with this version first")
	}
	for name, value := range map[string]string{
		"tables.orders": r.Tables.Orders, "tables.orderViews": r.Tables.OrderViews, "tables.sales": r.Tables.Sales, "tables.payments": r.Tables.Payments,
		"tables.shipments": r.Tables.Shipments, "tables.notifications": r.Tables.Notifications,
		"orderFlow": r.OrderFlow, "bus.arn": r.Bus.ARN, "archiveBucket": r.ArchiveBucket,
	} {
		if value == "" {
			return nil, fmt.Errorf("the stack's output operations has no %s; deploy it with this version first", name)
		}
	}
	return r, nil
}

// Region is where the stack is.
func (r *Resources) Region() string { return r.place().Region }

// Account is the number of the AWS account that the stack is in.
func (r *Resources) Account() string { return r.place().AccountID }

// place has the region and the account of everything in the stack; none if its outputs have been tampered with.
func (r *Resources) place() arn.ARN {
	parsed, _ := arn.Parse(r.OrderFlow) // the zero ARN otherwise
	return parsed
}

const (
	// maxAttempts is how often a call is tried. A story reads 60 log groups, CloudWatch Logs answers 5 such calls a second per account and
	// region (AWS re:Post, "How do I determine throttling in my CloudWatch logs?"), and the SDK's own 3 attempts lose some of them.
	maxAttempts = 10
	// maxBackoff is the longest wait between two attempts, so that nobody waits for minutes to hear that the network is down.
	maxBackoff = 2 * time.Second
)

// patient slows down when AWS throttles its calls, and tries each up to maxAttempts times.
func patient() aws.Retryer {
	return retry.AddWithMaxBackoffDelay(retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.StandardOptions = append(o.StandardOptions, func(o *retry.StandardOptions) { o.MaxAttempts = maxAttempts })
	}), maxBackoff)
}

// LocalStack is the stack of the shop on this machine.
const LocalStack = "local"

// Find returns the resources of a stack, and the configuration of clients that reach them. outputs is a file with the stack's outputs; without
// one the outputs of the local stack are read from its state, and those of others are asked of the pulumi CLI. dir is a folder of the repository.
//
// Clients are configured as the AWS SDK's usual variables and files say (AWS_PROFILE, AWS_ENDPOINT_URL …), in the stack's own region: nothing of it
// is in another. They slow down when AWS throttles them, and try up to 10 times, unless AWS_RETRY_MODE or AWS_MAX_ATTEMPTS say otherwise.
// Without AWS_ENDPOINT_URL, the local stack means the emulator that it runs in. It is an error if there are no credentials.
func Find(ctx context.Context, dir, stack, outputs string, getenv func(string) string) (*Resources, aws.Config, error) {
	found, local, err := find(ctx, dir, stack, outputs, getenv)
	if err != nil {
		return nil, aws.Config{}, err
	}
	if local != nil && getenv("AWS_ENDPOINT_URL") == "" {
		return found, local.AWS(), nil
	}
	options := []func(*config.LoadOptions) error{config.WithRegion(found.Region())}
	if getenv("AWS_RETRY_MODE") == "" && getenv("AWS_MAX_ATTEMPTS") == "" {
		options = append(options, config.WithRetryer(patient))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, aws.Config{}, fmt.Errorf("reading the AWS configuration: %w", err)
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, aws.Config{}, fmt.Errorf("getting AWS credentials for stack %s: %w; log in (aws sso login), or name a profile: AWS_PROFILE", stack, err)
	}
	return found, cfg, nil
}

// find returns the resources, and where the local shop runs if it is the local stack.
func find(ctx context.Context, dir, stack, outputs string, getenv func(string) string) (*Resources, *shop.Settings, error) {
	switch {
	case outputs != "":
		data, err := os.ReadFile(outputs) //nolint:gosec // the operator's own choice
		if err != nil {
			return nil, nil, fmt.Errorf("reading the stack's outputs: %w", err)
		}
		found, err := Parse(data)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", outputs, err)
		}
		return found, nil, nil
	case stack == LocalStack:
		local, err := shop.Load(dir, getenv)
		if err != nil {
			return nil, nil, err
		}
		found, err := ofLocal(local)
		return found, local, err
	}
	found, err := ofPulumi(ctx, dir, stack)
	return found, nil, err
}

func ofLocal(local *shop.Settings) (*Resources, error) {
	stack, err := local.Stack()
	if err != nil {
		return nil, err
	}
	state, err := stack.ReadState()
	if err != nil {
		return nil, err
	}
	if len(state.Outputs) == 0 {
		return nil, fmt.Errorf("the local shop in %s is not deployed; start it with `make up`, or name another stack with --stack", local.Local)
	}
	data, err := json.Marshal(state.Outputs)
	if err != nil {
		return nil, fmt.Errorf("reading the outputs of the local stack: %w", err)
	}
	return Parse(data)
}

func ofPulumi(ctx context.Context, dir, stack string) (*Resources, error) {
	cmd := exec.CommandContext(ctx, "pulumi", "stack", "output", "--json", "--non-interactive", "--stack", stack) //nolint:gosec // the stack's name is one argument
	cmd.Dir = dir
	data, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("pulumi stack output --json --stack %s: %s; log in with `pulumi login`, or give the outputs in a file: --outputs FILE", stack, strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return nil, fmt.Errorf("asking pulumi for the outputs of stack %s: %w; give them in a file instead: --outputs FILE", stack, err)
	}
	return Parse(data)
}
