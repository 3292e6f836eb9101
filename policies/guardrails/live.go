package guardrails

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
)

// waiversKey is the configuration key of the waivers, in the project's own namespace.
const waiversKey = "waivers"

// Run is [pulumi.Run] under guardrails: it runs the program, and the deployment stops if a resource breaks a rule.
//
// In a preview all rules are applied when the program has registered everything, and every violation is shown at once. In an
// update a resource that breaks a rule is refused before it is created or changed, which matters for values that a preview
// could not know and for updates without a preview; rules about several resources are applied at the end.
//
// Resources that are registered only when others exist, by a program's own Apply, come after that end: all rules are applied to them when
// nothing is left to do, and the program fails then.
func Run(program pulumi.RunFunc, opts ...pulumi.RunOption) {
	g := newGuard(Rules())
	pulumi.Run(g.around(program), append(slices.Clone(opts), g.read)...)
	if err := g.judgeLate(); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

// RunErr is [Run] for programs that handle the error themselves, as [pulumi.RunErr] is.
func RunErr(program pulumi.RunFunc, opts ...pulumi.RunOption) error {
	g := newGuard(Rules())
	if err := pulumi.RunErr(g.around(program), append(slices.Clone(opts), g.read)...); err != nil {
		return err
	}
	return g.judgeLate()
}

// guard watches one run of a program.
type guard struct {
	rules   []Rule
	waivers []Waiver
	now     func() time.Time

	mu         sync.Mutex
	stack      Stack
	registered []pulumi.Resource // by the program, in order
	judged     int               // how many resources the stack had when it was judged
}

func newGuard(rules []Rule) *guard {
	return &guard{rules: rules, now: time.Now}
}

// read takes the whole configuration, which a program can otherwise only ask for key by key.
func (g *guard) read(info *pulumi.RunInfo) {
	g.stack.Name, g.stack.Project = info.Stack, info.Project
	g.stack.Config, g.stack.SecretKeys = info.Config, info.ConfigSecretKeys
}

// around puts the guardrails around a program.
func (g *guard) around(program pulumi.RunFunc) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		waivers, err := ParseWaivers(config.New(ctx, "").Get(waiversKey), g.rules)
		if err != nil {
			return fmt.Errorf("config %s:%w", ctx.Project(), err)
		}
		g.waivers = waivers
		// The engine applies transforms in the order in which they were registered. Those of the program come first if they are there before its
		// first resource, as they have to be to see all resources.
		putUp := sync.OnceValue(func() error {
			return ctx.RegisterResourceTransform(func(c context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
				return g.inspect(c, ctx, args)
			})
		})
		note := func(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
			if err := putUp(); err != nil {
				return &pulumi.ResourceTransformationResult{Props: unsendable(fmt.Errorf("putting up guardrails: %w", err)), Opts: args.Opts}
			}
			g.note(args.Resource)
			return nil
		}
		if err := ctx.RegisterStackTransformation(note); err != nil {
			return fmt.Errorf("watching the program's registrations: %w", err)
		}
		if err := program(ctx); err != nil {
			return err
		}
		return g.finish(ctx)
	}
}

// note remembers what the program registers, so that finish can wait for it.
func (g *guard) note(r pulumi.Resource) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.registered = append(g.registered, r)
}

// unsendable are inputs that carry an error, by which a registration fails: transforms have no other way to say no.
func unsendable(err error) pulumi.Map {
	return pulumi.Map{"guardrails": pulumi.String("").ToStringOutput().ApplyT(func(string) (string, error) { return "", err })}
}

// inspect sees every resource as the engine does, including those inside remote components, before anything is done about
// it. In an update it refuses what breaks a rule.
func (g *guard) inspect(c context.Context, ctx *pulumi.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
	r, err := describe(c, args)
	if err == nil {
		g.mu.Lock()
		g.stack.Resources = append(g.stack.Resources, r)
		g.mu.Unlock()
		if !ctx.DryRun() {
			err = g.refuse(ctx, r)
		}
	}
	if err == nil {
		return nil
	}
	return &pulumi.ResourceTransformResult{Props: unsendable(err), Opts: args.Opts}
}

// refuse fails for a resource that must not be created or changed, by the rules that look at it alone.
func (g *guard) refuse(ctx *pulumi.Context, r Resource) error {
	refused := 0
	for _, rule := range g.rules {
		if rule.Whole {
			continue
		}
		if j, applies := judge(rule, r, &g.stack, g.waivers, g.now()); applies && j.violated() {
			refused++
			if err := ctx.Log.Error(j.explain(g.stack.Name, g.stack.Project), nil); err != nil {
				return fmt.Errorf("reporting to the engine: %w", err)
			}
		}
	}
	if refused > 0 {
		return fmt.Errorf("%s (%s) is refused by the guardrails, see above", r.Name, r.Type)
	}
	return nil
}

// finish waits until everything that the program asked for is registered, and judges the whole.
func (g *guard) finish(ctx *pulumi.Context) error {
	for i := 0; ; i++ {
		g.mu.Lock()
		done := i == len(g.registered)
		var next pulumi.Resource
		if !done {
			next = g.registered[i]
		}
		g.mu.Unlock()
		if done {
			break
		}
		if _, err := internals.UnsafeAwaitOutput(ctx.Context(), next.URN()); err != nil {
			return nil //nolint:nilerr // the SDK reports a registration that failed; the rest cannot be judged
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.judged = len(g.stack.Resources)
	outcome := Judge(g.rules, &g.stack, g.waivers, g.now())
	problems := outcome.Errors()
	for _, p := range problems {
		if err := ctx.Log.Error(p, nil); err != nil {
			return fmt.Errorf("reporting to the engine: %w", err)
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("the guardrails found problems (%d), see above", len(problems))
	}
	return nil
}

// judgeLate judges the whole once more if resources came after finish, which cannot wait for what nobody has asked for yet.
func (g *guard) judgeLate() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.stack.Resources) == g.judged {
		return nil
	}
	problems := Judge(g.rules, &g.stack, g.waivers, g.now()).Errors()
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("the guardrails found problems (%d):\n%s", len(problems), strings.Join(problems, "\n"))
}

// describe turns what a transform is given into a resource for rules.
func describe(c context.Context, args *pulumi.ResourceTransformArgs) (Resource, error) {
	inputs, err := value(c, args.Props)
	if err != nil {
		return Resource{}, fmt.Errorf("reading the inputs of %s (%s): %w", args.Name, args.Type, err)
	}
	r := Resource{Type: args.Type, Name: args.Name}
	r.Inputs, _ = inputs.(map[string]any)
	for _, d := range args.Opts.DependsOn {
		urn, err := internals.UnsafeAwaitOutput(c, d.URN())
		if err != nil {
			return Resource{}, fmt.Errorf("reading what %s (%s) depends on: %w", args.Name, args.Type, err)
		}
		if text, ok := urn.Value.(pulumi.URN); ok {
			r.Dependencies = append(r.Dependencies, Reference{string(resource.URN(text).Type()), resource.URN(text).Name()})
		}
	}
	return r, nil
}

// value makes a plain value of an input, in which Unknown and Secret stand for what they say.
func value(c context.Context, input any) (any, error) {
	switch v := input.(type) {
	case nil:
		return nil, nil
	case pulumi.String:
		return string(v), nil
	case pulumi.Bool:
		return bool(v), nil
	case pulumi.Float64:
		return float64(v), nil
	case pulumi.Map:
		items, err := members(c, v)
		maps.DeleteFunc(items, func(_ string, item any) bool { return item == nil })
		return items, err
	case map[string]any:
		return members(c, v)
	case pulumi.Array:
		return elements(c, v)
	case []any:
		return elements(c, v)
	case pulumi.Output:
		settled, err := internals.UnsafeAwaitOutput(c, v)
		if err != nil {
			return nil, err
		}
		var inner any = Unknown{}
		if settled.Known {
			if inner, err = value(c, settled.Value); err != nil {
				return nil, err
			}
		}
		if settled.Secret {
			return Secret{inner}, nil
		}
		return inner, nil
	}
	return input, nil
}

func members[T any](c context.Context, all map[string]T) (map[string]any, error) {
	items := make(map[string]any, len(all))
	for key, item := range all {
		inner, err := value(c, item)
		if err != nil {
			return nil, err
		}
		items[key] = inner
	}
	return items, nil
}

func elements[T any](c context.Context, all []T) ([]any, error) {
	items := make([]any, len(all))
	for i, item := range all {
		inner, err := value(c, item)
		if err != nil {
			return nil, err
		}
		items[i] = inner
	}
	return items, nil
}
