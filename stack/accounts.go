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
	// Profiles holds what the shop knows of them beyond that.
	Profiles *components.Table
	// Routes are the accounts' part of the API.
	Routes components.Routes
}

// NewAccounts deploys sign-up and sign-in for the groups customer and admin, the users' profiles, one function per route, and what tells the
// other contexts who came and who left.
func (s *Stack) NewAccounts(ctx *pulumi.Context, messaging *Messaging) (*Accounts, error) {
	s.section("Accounts")
	profiles, err := s.table(ctx, "users", components.TableArgs{
		PartitionKey: components.String("userId"),
		TimeToLive:   "expiresAt",
		Stream:       components.NewImage,
	})
	if err != nil {
		return nil, err
	}
	a := &Accounts{Profiles: profiles}
	if err := s.newUserPool(ctx, a); err != nil {
		return nil, err
	}
	if err := s.newUserRoutes(ctx, a); err != nil {
		return nil, err
	}
	return a, s.newUserEvents(ctx, a, messaging)
}

// newUserPool deploys the user pool, and the trigger that welcomes those who have signed up.
func (s *Stack) newUserPool(ctx *pulumi.Context, a *Accounts) error {
	register, err := s.trigger(ctx, "register-user", "Makes a customer of whoever has signed up", a.Profiles.Grant(policies.PutItem))
	if err != nil {
		return err
	}
	args := &components.CognitoAuthArgs{
		Groups:                    []string{"customer", "admin"},
		MFA:                       mfaModes[s.settings.mfa],
		Triggers:                  components.Triggers{PostConfirmation: register},
		AllowPasswordAuth:         s.settings.passwordAuth,
		ThreatProtection:          s.settings.threatProtection,
		DisableDeletionProtection: !s.settings.deletionProtection,
	}
	if s.settings.authDomain != "" {
		args.Domain = pulumi.String(s.settings.authDomain)
		args.CallbackURLs = []string{s.settings.siteURL + "/"}
		args.LogoutURLs = []string{s.settings.siteURL + "/"}
	}
	if a.Auth, err = components.NewCognitoAuth(ctx, "accounts", args); err != nil {
		return err
	}
	s.watch(a.Auth)
	return a.Auth.AllowTrigger(ctx, register, policies.AdminAddUserToGroup)
}

// newUserRoutes deploys the API: what users may do with themselves, and administrators with others. Functions by which an administrator
// changes something ask the user pool whether the caller still is one (AdminListGroupsForUser); a token may be older than that.
func (s *Stack) newUserRoutes(ctx *pulumi.Context, a *Accounts) error {
	auth, profiles := a.Auth, a.Profiles
	for _, route := range []struct {
		method, path, function, description string
		pool, table                         policies.Grant
	}{
		{"GET", "/users/me", "get-me", "Shows the signed-in user",
			auth.Grant(policies.AdminGetUser, policies.AdminAddUserToGroup), profiles.Grant(policies.GetItem, policies.PutItem)},
		{"PUT", "/users/me", "put-me", "Changes the signed-in user's name and address",
			auth.Grant(policies.AdminGetUser), profiles.Grant(policies.UpdateItem)},
		{"DELETE", "/users/me", "delete-me", "Deletes the signed-in user",
			auth.Grant(policies.AdminUserGlobalSignOut, policies.AdminDeleteUser), profiles.Grant(policies.PutItem)},
		{"GET", "/users", "list-users", "Lists all users",
			auth.Grant(policies.ListUsers), profiles.Grant(policies.BatchGetItem)},
		{"GET", "/users/{id}", "get-user", "Shows one user",
			auth.Grant(policies.ListUsers, policies.AdminListGroupsForUser), profiles.Grant(policies.GetItem)},
		{"POST", "/users", "create-user", "Invites a user",
			auth.Grant(policies.AdminListGroupsForUser, policies.AdminCreateUser, policies.AdminAddUserToGroup), profiles.Grant(policies.PutItem)},
		{"PUT", "/users/{id}/groups", "set-groups", "Says what a user may do",
			auth.Grant(policies.ListUsers, policies.AdminListGroupsForUser, policies.AdminAddUserToGroup, policies.AdminRemoveUserFromGroup),
			profiles.Grant(policies.GetItem)},
		{"DELETE", "/users/{id}", "delete-user", "Deletes a user",
			auth.Grant(policies.ListUsers, policies.AdminListGroupsForUser, policies.AdminUserGlobalSignOut, policies.AdminDeleteUser),
			profiles.Grant(policies.GetItem, policies.PutItem)},
	} {
		function, err := s.function(ctx, route.function, route.description, route.pool, route.table)
		if err != nil {
			return err
		}
		a.Routes = append(a.Routes, components.Route{Method: route.method, Path: route.path, Function: function})
	}
	return nil
}

// newUserEvents deploys the outbox, which tells who came and who left, and what the context itself does when somebody left: to finish a
// deletion whose request was cut off.
func (s *Stack) newUserEvents(ctx *pulumi.Context, a *Accounts, messaging *Messaging) error {
	publish, err := s.function(ctx, "publish-user-events", "Sends what is recorded of users who came and left to the event bus", messaging.Bus.GrantPutEvents())
	if err != nil {
		return err
	}
	err = a.Profiles.OnChange(ctx, "publish", publish, s.changes(
		components.ChangeFilter{Kinds: []components.ChangeKind{components.Inserted}},
		components.ChangeFilter{New: components.Fields{"deletedAt": components.Fields{"S": components.Exists()}}},
	))
	if err != nil {
		return err
	}
	erase, err := s.subscriber(ctx, "erase-user", "Finishes the deletion of a user",
		a.Auth.Grant(policies.AdminUserGlobalSignOut, policies.AdminDeleteUser), a.Profiles.Grant(policies.GetItem))
	if err != nil {
		return err
	}
	return messaging.Bus.Rule(ctx, "erase-user", &components.RuleArgs{
		Description: "Users who were deleted",
		Pattern:     components.EventPattern{Source: components.Exact("shop.users"), DetailType: components.Exact("User Deleted")},
		Targets:     []components.Target{{Function: erase}},
		Alarms:      s.alarms(),
	})
}
