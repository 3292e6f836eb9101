// Command notes deploys a small notebook: an API for signed-in users over one table.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/policies"
)

func main() {
	pulumi.Run(notes)
}

func notes(ctx *pulumi.Context) error {
	accounts, err := components.NewCognitoAuth(ctx, "accounts", nil)
	if err != nil {
		return err
	}
	table, err := components.NewTable(ctx, "notes", &components.TableArgs{
		PartitionKey: components.String("userId"),
		SortKey:      components.String("createdAt"),
	})
	if err != nil {
		return err
	}
	list, err := components.NewFunction(ctx, "list-notes", &components.FunctionArgs{
		Source: "lambdas/list-notes",
		Grants: []policies.Grant{table.Grant(policies.Query)},
	})
	if err != nil {
		return err
	}
	write, err := components.NewFunction(ctx, "write-note", &components.FunctionArgs{
		Source: "lambdas/write-note",
		Grants: []policies.Grant{table.Grant(policies.PutItem)},
	})
	if err != nil {
		return err
	}
	api, err := components.NewServerlessApi(ctx, "notes", &components.ServerlessApiArgs{
		Auth: accounts,
		Routes: components.Routes{
			{Method: "GET", Path: "/notes", Function: list},
			{Method: "POST", Path: "/notes", Function: write},
		},
	})
	if err != nil {
		return err
	}
	ctx.Export("url", api.URL)
	return nil
}
