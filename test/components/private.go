package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/policies"
)

// private creates a Network and what is in it: AuroraServerless, ContainerJob, and a Function that is kept ready.
func (s *system) private() error {
	network, err := components.NewNetwork(s.ctx, "private", &components.NetworkArgs{
		NAT: components.SingleNAT, InterfaceEndpoints: []string{"secretsmanager", "ecr.api", "ecr.dkr", "logs"},
	})
	if err != nil {
		return err
	}
	reports, err := components.NewAuroraServerless(s.ctx, "reports", &components.AuroraServerlessArgs{
		Network: network, MinCapacity: 0.5, MaxCapacity: 4, Readers: 1, Proxy: true, DataAPI: true,
		DisableDeletionProtection: true, DisableFinalSnapshot: true,
	})
	if err != nil {
		return err
	}
	sales, err := components.NewFunction(s.ctx, "sales", s.function(components.FunctionArgs{
		Network: network, Provisioned: ready(), ReservedConcurrency: 5,
		Grants: []policies.Grant{reports.GrantConnect("cluster_admin")},
	}))
	if err != nil {
		return err
	}
	export, err := components.NewContainerJob(s.ctx, "export", &components.ContainerJobArgs{
		Image: pulumi.String("public.ecr.aws/docker/library/busybox:1.37"), Command: []string{"true"},
		Network: network, Grants: []policies.Grant{s.archive.Grant("exports/", policies.PutObject), reports.GrantSecret()},
	})
	if err != nil {
		return err
	}
	if err := reports.AllowFrom(s.ctx, sales, export); err != nil {
		return err
	}
	_, err = components.NewScheduledJob(s.ctx, "nightly-export", &components.ScheduledJobArgs{Expression: "cron(0 3 * * ? *)", Target: export})
	if err != nil {
		return err
	}
	s.ctx.Export("vpc", network.ID)
	s.ctx.Export("database", reports.ARN)
	s.ctx.Export("cluster", export.ClusterARN)
	return nil
}
