package components_test

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
	"github.com/serverless-shop/serverless-shop/policies/guardrails"
)

// violations are the guardrails that a program's resources break, the tags of its stack aside.
func violations(t *testing.T, program *mocks.Program) []string {
	t.Helper()
	stack := &guardrails.Stack{Name: mocks.Stack, Project: mocks.Project}
	for _, r := range program.Resources {
		judged := guardrails.Resource{Type: r.Type, Name: r.Name, Inputs: r.Inputs}
		for _, d := range r.Dependencies {
			urn := resource.URN(d)
			judged.Dependencies = append(judged.Dependencies, guardrails.Reference{Type: string(urn.Type()), Name: urn.Name()})
		}
		stack.Resources = append(stack.Resources, judged)
	}
	var broken []string
	for _, j := range guardrails.Judge(guardrails.Rules(), stack, nil, time.Now()).Judgements {
		for _, problem := range j.Problems {
			if j.Rule.ID != "Shop.Tags" {
				broken = append(broken, j.Rule.ID+" "+j.Resource.Name+": "+problem)
			}
		}
	}
	return broken
}

func TestNetworkAndWhatIsInIt_PassTheGuardrails(t *testing.T) {
	for _, nat := range []components.NAT{components.NoNAT, components.NATPerZone} {
		program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
			network := newNetwork(t, ctx, &components.NetworkArgs{NAT: nat, InterfaceEndpoints: []string{"secretsmanager"}})
			database := newDatabase(t, ctx, components.AuroraServerlessArgs{Network: network, MinCapacity: 0.5, Readers: 1, Proxy: true, DataAPI: true})
			f := newConsumer(t, ctx, network, database.GrantConnect("cluster_admin"), database.GrantData())
			job := newExport(t, ctx, components.ContainerJobArgs{Network: network, Grants: []policies.Grant{database.GrantSecret()}})
			_, err := components.NewScheduledJob(ctx, "nightly", &components.ScheduledJobArgs{Expression: "rate(1 day)", Target: job})
			require.NoError(t, err)
			return database.AllowFrom(ctx, f, job)
		})
		// newConsumer switches tracing off, to keep what it is granted apart.
		require.Equal(t, []string{`Lambda.7 make-report: tracingConfig.mode = "PassThrough", want "Active"`}, violations(t, program))
	}
}
