package main

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/policies"
)

// accounts creates who may sign in: CognitoAuth.
func (s *system) accounts() (err error) {
	s.signIn, err = components.NewCognitoAuth(s.ctx, "accounts", &components.CognitoAuthArgs{
		Groups: []string{"customer", "admin"}, MFA: components.MFAOptional, AllowPasswordAuth: true, DisableDeletionProtection: true,
	})
	if err != nil {
		return err
	}
	_, err = components.NewIdentityPool(s.ctx, "identities", &components.IdentityPoolArgs{
		Auth: s.signIn, Grants: []policies.Grant{s.archive.GrantOwnPrefix("uploads/", policies.GetObject, policies.PutObject)},
	})
	if err != nil {
		return err
	}
	s.ctx.Export("userPool", s.signIn.UserPoolID)
	s.ctx.Export("client", s.signIn.ClientID)
	return nil
}

// apis creates what answers requests: both flavours of ServerlessApi, RealtimeApi and GraphqlApi.
func (s *system) apis() (err error) {
	s.http, err = components.NewServerlessApi(s.ctx, "shop-api", &components.ServerlessApiArgs{
		Auth: s.signIn, StageName: "api",
		Routes: components.Routes{
			{Method: "GET", Path: "/notes", Function: s.witness, Auth: components.AuthNone, CacheTTL: time.Minute},
			{Method: "POST", Path: "/notes", Function: s.witness},
		},
		NotFound: s.witness,
		CORS:     &components.CORS{Origins: []string{"https://shop.example"}},
	})
	if err != nil {
		return err
	}
	partners, err := components.NewServerlessApi(s.ctx, "partners", &components.ServerlessApiArgs{
		Flavor: components.FlavorREST, Auth: s.signIn,
		Routes: components.Routes{
			{Method: "GET", Path: "/prices/{id}", Function: s.witness, Auth: components.AuthAPIKey, RequiredQuery: []string{"currency"}},
			{Method: "POST", Path: "/orders", Function: s.witness, BodySchema: `{"type": "object", "required": ["lines"]}`},
		},
		Clients:                []components.APIClient{{Name: "acme", Key: acmeKey(), Quota: &components.Quota{Requests: 1000}}},
		MinimumCompressionSize: 1024,
		ConfigureAccountLogs:   true,
	})
	if err != nil {
		return err
	}
	s.ctx.Export("httpApi", s.http.ID)
	s.ctx.Export("restApi", partners.ID)
	s.ctx.Export("restKeys", partners.ClientKeys)
	if err := s.realtime(); err != nil {
		return err
	}
	return s.graphql()
}

func (s *system) realtime() error {
	updates, err := components.NewRealtimeApi(s.ctx, "updates", &components.RealtimeApiArgs{
		DisablePointInTimeRecovery: true, DisableDeletionProtection: true,
	})
	if err != nil {
		return err
	}
	s.ctx.Export("webSocketApi", updates.ID)
	s.ctx.Export("connections", updates.Connections.Name)
	return updates.Deploy(s.ctx, &components.RealtimeRoutes{
		Connect: s.witness, Disconnect: s.witness, Authorizer: s.witness, Default: s.witness,
		Messages: []components.MessageRoute{{Action: "subscribe", Function: s.witness, Reply: true}},
	})
}

func (s *system) graphql() error {
	notes, err := components.NewGraphqlApi(s.ctx, "notes-api", &components.GraphqlApiArgs{
		SchemaFile: "graphql/schema.graphql", Auth: s.signIn, IAM: true,
		Resolvers: []components.Resolver{
			{Field: "Query.note", Table: s.notes, CodeFile: "graphql/note.js", Grants: []policies.Grant{s.notes.Grant(policies.GetItem)}},
			{Field: "Query.told", Function: s.witness},
			{Field: "Mutation.writeNote", Table: s.notes, CodeFile: "graphql/write-note.js", Grants: []policies.Grant{s.notes.Grant(policies.PutItem)}},
			{Field: "Mutation.announce", Local: true},
		},
	})
	if err != nil {
		return err
	}
	s.ctx.Export("graphqlApi", notes.ID)
	return nil
}

// site creates a StaticSite in front of the API.
func (s *system) site() error {
	site, err := components.NewStaticSite(s.ctx, "web", &components.StaticSiteArgs{
		Content: "site", Files: map[string]pulumi.StringInput{"config.json": pulumi.Sprintf(`{"api":%q}`, s.http.URL)},
		API: s.http, EmptyOnDelete: true,
	})
	if err != nil {
		return err
	}
	s.ctx.Export("distribution", site.DistributionID)
	s.ctx.Export("siteBucket", site.Bucket)
	return nil
}
