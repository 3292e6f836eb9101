package stack

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/policies"
)

// Accounts are the people who use the shop.
type Accounts struct {
	// Auth knows who they are and which groups they are in.
	Auth *components.CognitoAuth
	// Routes are the accounts' part of the API.
	Routes components.Routes
}

// NewAccounts deploys sign-up, sign-in and GET /users/me, for the groups customer and admin.
func (s *Stack) NewAccounts(ctx *pulumi.Context) (*Accounts, error) {
	args := &components.CognitoAuthArgs{
		Groups:                    []string{"customer", "admin"},
		MFA:                       mfaModes[s.settings.mfa],
		AllowPasswordAuth:         s.settings.passwordAuth,
		ThreatProtection:          s.settings.threatProtection,
		DisableDeletionProtection: !s.settings.deletionProtection,
	}
	if s.settings.authDomain != "" {
		args.Domain = pulumi.String(s.settings.authDomain)
		args.CallbackURLs = []string{s.settings.siteURL + "/"}
		args.LogoutURLs = []string{s.settings.siteURL + "/"}
	}
	auth, err := components.NewCognitoAuth(ctx, "accounts", args)
	if err != nil {
		return nil, err
	}
	me, err := s.function(ctx, "get-me", "Shows the signed-in user", auth.Grant(policies.AdminGetUser))
	if err != nil {
		return nil, err
	}
	s.watch("Accounts", auth, me)
	return &Accounts{
		Auth:   auth,
		Routes: components.Routes{{Method: "GET", Path: "/users/me", Function: me}},
	}, nil
}
