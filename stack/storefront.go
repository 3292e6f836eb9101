package stack

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
)

// storefrontContent is where the web application's build puts its files.
const storefrontContent = "web/dist"

// NewStorefront deploys the web application, with the API and the products' pictures on the same host.
func (s *Stack) NewStorefront(ctx *pulumi.Context, accounts *Accounts, catalog *Catalog, api *components.ServerlessApi) (*components.StaticSite, error) {
	s.section("Storefront")
	region, err := aws.GetRegion(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("looking up the region: %w", err)
	}
	cognito := s.settings.cognitoEndpoint
	if cognito == "" {
		cognito = "https://cognito-idp." + region.Name + ".amazonaws.com"
	}
	site, err := components.NewStaticSite(ctx, "storefront", &components.StaticSiteArgs{
		Content:        storefrontContent,
		Files:          map[string]pulumi.StringInput{"config.json": s.storefrontConfig(region.Name, accounts, api)},
		API:            api,
		Stores:         map[string]*components.ObjectStore{"media": catalog.Media},
		ConnectSources: []pulumi.StringInput{pulumi.String(cognito)},
		EmptyOnDelete:  true, // every file of it can be built again
	})
	if err != nil {
		return nil, err
	}
	s.watch(site)
	return site, nil
}

// storefrontConfig is what the web application reads at start.
func (s *Stack) storefrontConfig(region string, accounts *Accounts, api *components.ServerlessApi) pulumi.StringOutput {
	values := pulumi.Map{
		"region":           pulumi.String(region),
		"userPoolId":       accounts.Auth.UserPoolID,
		"userPoolClientId": accounts.Auth.ClientID,
		"apiUrl":           pulumi.Sprintf("/%s", api.StageName),
	}
	if s.settings.cognitoEndpoint != "" {
		values["cognitoEndpoint"] = pulumi.String(s.settings.cognitoEndpoint)
	}
	return pulumi.JSONMarshal(values)
}
