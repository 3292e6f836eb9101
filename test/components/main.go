// Command components is a Pulumi program with every component of the library, each with options that people use. The tests beside it
// deploy it to an emulator, use it and remove it again. What the emulator lacks is left out in one place: see lacks.go.
package main

import (
	"runtime"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/components/gobuild"
	"github.com/serverless-shop/serverless-shop/policies"
)

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	if err := ignoreLost(ctx); err != nil {
		return err
	}
	s := &system{ctx: ctx, builder: &gobuild.Builder{OS: runtime.GOOS}}
	for _, part := range []func() error{s.data, s.messages, s.jobs, s.accounts, s.apis, s.site, s.private} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// system is what the parts of the program get from each other.
type system struct {
	ctx     *pulumi.Context
	builder components.Builder

	notes   *components.Table
	clicks  *components.EventStream
	archive *components.ObjectStore
	// witness is behind everything, so that the tests need to look in one place only. Each function more costs a deployment some seconds.
	witness *components.Function
	signIn  *components.CognitoAuth
	http    *components.ServerlessApi
}

// architecture is this machine's, since the emulator runs functions as processes.
func architecture() components.Architecture {
	if runtime.GOARCH == "amd64" {
		return components.X8664
	}
	return components.ARM64
}

// function describes a function whose code is the witness's.
func (s *system) function(args components.FunctionArgs) *components.FunctionArgs {
	args.Source, args.Architecture, args.Builder = "lambdas/witness", architecture(), s.builder
	return &args
}

// data creates what keeps data: Table, EventStream, ObjectStore; and the Function.
func (s *system) data() (err error) {
	witnessed, err := components.NewTable(s.ctx, "witnessed", &components.TableArgs{
		PartitionKey: components.String("id"), DisablePointInTimeRecovery: true, DisableDeletionProtection: true,
	})
	if err != nil {
		return err
	}
	s.notes, err = components.NewTable(s.ctx, "notes", &components.TableArgs{
		PartitionKey:              components.String("noteId"),
		Indexes:                   components.Indexes{{Name: "by-text", PartitionKey: components.String("text")}},
		TimeToLive:                "expiresAt",
		Stream:                    components.NewAndOldImages,
		DisableDeletionProtection: true,
	})
	if err != nil {
		return err
	}
	s.archive, err = components.NewObjectStore(s.ctx, "archive", &components.ObjectStoreArgs{OldVersionDays: 30, EmptyOnDelete: true})
	if err != nil {
		return err
	}
	s.witness, err = components.NewFunction(s.ctx, "witness", s.function(components.FunctionArgs{
		Description: "Stores what it is told",
		Grants:      []policies.Grant{witnessed.Grant(policies.PutItem), s.archive.Grant("reports/", policies.PutObject)},
		Async:       &components.Async{MaxAttempts: 1},
		Timeout:     5 * time.Second, // queues wait six times as long before they give up a message that fails
	}))
	if err != nil {
		return err
	}
	err = s.notes.OnChange(s.ctx, "written", s.witness, &components.ChangeArgs{
		Filters: []components.ChangeFilter{{Kinds: []components.ChangeKind{components.Inserted}}},
	})
	if err != nil {
		return err
	}
	s.clicks, err = components.NewEventStream(s.ctx, "clicks", &components.EventStreamArgs{Shards: 1})
	if err != nil {
		return err
	}
	s.ctx.Export("witnessed", witnessed.Name)
	s.ctx.Export("witness", s.witness.Name)
	s.ctx.Export("witnessFailed", s.witness.DeadLetterQueueURL)
	s.ctx.Export("notes", s.notes.Name)
	s.ctx.Export("clicks", s.clicks.Name)
	s.ctx.Export("archive", s.archive.Name)
	return s.clicks.OnRecord(s.ctx, "count", s.witness, &components.RecordArgs{StartFrom: components.StartAtOldest})
}
