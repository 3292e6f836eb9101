package components

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// maxScopes is how many scopes a resource server can have (Cognito quota).
const maxScopes = 100

// pageScopes are what the single-page application may ask for: who the user is.
var pageScopes = []string{"openid", "email", "profile"}

// ResourceServer is an API whose callers have tokens with scopes.
type ResourceServer struct {
	// Name tells the resource servers apart: lower-case words joined by hyphens. Required.
	Name string
	// Identifier is what the names of the scopes begin with: 1–256 characters without spaces, '"' and '\', such as the API's URL.
	// Default: Name.
	Identifier string
	// Scopes are what tokens can allow, each called something else: 1–100. Required.
	Scopes []Scope
}

// Scope is something that a token can allow its bearer to do with a [ResourceServer]. Tokens and routes call it <identifier>/<name>.
type Scope struct {
	// Name is 1–256 characters without spaces, '"', '\' and '/', such as read. Required.
	Name string
	// Description says what the scope allows: 1–256 characters. Required.
	Description string
}

// scope is the name by which tokens and routes know one of the server's scopes.
func (s ResourceServer) scope(name string) string {
	return or(s.Identifier, s.Name) + "/" + name
}

// MachineClient is a program that gets tokens of its own by its id and its secret (OAuth 2.0 client credentials, RFC 6749 section 4.4), at
// [CognitoAuth.OAuthURL]/oauth2/token. Cognito charges for each such client and each token.
type MachineClient struct {
	// Name tells the clients apart: lower-case words joined by hyphens. Required.
	Name string
	// Scopes are all that the client's tokens can allow: at least one scope of ResourceServers, such as orders/read. Required.
	Scopes []string
	// AccessTokenLifetime is 5 min–24 h in whole minutes. Default 1 h.
	AccessTokenLifetime time.Duration
}

// newClients creates what clients can ask for before it creates the clients, since Cognito refuses those that name something unknown.
func (a *CognitoAuth) newClients(ctx *pulumi.Context, args *CognitoAuthArgs) error {
	providers, err := a.newProviders(ctx, args)
	if err != nil {
		return err
	}
	var servers []pulumi.Resource
	for _, s := range args.ResourceServers {
		server, err := cognito.NewResourceServer(ctx, a.logicalName+"-"+s.Name, s.resource(a), pulumi.Parent(a))
		if err != nil {
			return err
		}
		servers = append(servers, server)
	}
	client, err := cognito.NewUserPoolClient(ctx, a.logicalName+"-client", args.client(a, providers), pulumi.Parent(a), pulumi.DependsOn(servers))
	if err != nil {
		return err
	}
	a.ClientID = client.ID().ToStringOutput()
	ids, secrets := pulumi.StringMap{}, pulumi.StringMap{}
	for _, m := range args.MachineClients {
		client, err := cognito.NewUserPoolClient(ctx, a.logicalName+"-"+m.Name, m.client(a), pulumi.Parent(a), pulumi.DependsOn(servers))
		if err != nil {
			return err
		}
		ids[m.Name], secrets[m.Name] = client.ID().ToStringOutput(), client.ClientSecret
		a.machines = append(a.machines, client.ID().ToStringOutput())
	}
	a.MachineClientIDs = ids.ToStringMapOutput()
	a.MachineClientSecrets = pulumi.ToSecret(secrets).(pulumi.StringMapOutput)
	return nil
}

func (s ResourceServer) resource(a *CognitoAuth) *cognito.ResourceServerArgs {
	var scopes cognito.ResourceServerScopeArray
	for _, scope := range s.Scopes {
		scopes = append(scopes, &cognito.ResourceServerScopeArgs{
			ScopeName: pulumi.String(scope.Name), ScopeDescription: pulumi.String(scope.Description),
		})
	}
	return &cognito.ResourceServerArgs{
		UserPoolId: a.UserPoolID, Name: pulumi.String(s.Name), Identifier: pulumi.String(or(s.Identifier, s.Name)), Scopes: scopes,
	}
}

// client describes the single-page application, whose users sign in with a password of the pool or with one of the providers.
func (a *CognitoAuthArgs) client(auth *CognitoAuth, providers pulumi.StringArray) *cognito.UserPoolClientArgs {
	flows := []string{"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"}
	if a.AllowPasswordAuth {
		flows = append(flows, "ALLOW_USER_PASSWORD_AUTH")
	}
	if a.Triggers.DefineAuthChallenge != nil {
		flows = append(flows, "ALLOW_CUSTOM_AUTH")
	}
	args := &cognito.UserPoolClientArgs{
		UserPoolId:                 auth.UserPoolID,
		GenerateSecret:             pulumi.Bool(false), // a page cannot keep one
		ExplicitAuthFlows:          pulumi.ToStringArray(flows),
		PreventUserExistenceErrors: pulumi.String("ENABLED"),
		EnableTokenRevocation:      pulumi.Bool(true),
		AccessTokenValidity:        pulumi.Int(int(or(a.AccessTokenLifetime, time.Hour).Minutes())),
		IdTokenValidity:            pulumi.Int(int(or(a.AccessTokenLifetime, time.Hour).Minutes())),
		RefreshTokenValidity:       pulumi.Int(int(or(a.RefreshTokenLifetime, 30*24*time.Hour).Hours())),
		TokenValidityUnits: &cognito.UserPoolClientTokenValidityUnitsArgs{
			AccessToken: pulumi.String("minutes"), IdToken: pulumi.String("minutes"), RefreshToken: pulumi.String("hours"),
		},
	}
	if len(a.CallbackURLs) > 0 {
		args.AllowedOauthFlowsUserPoolClient = pulumi.Bool(true)
		args.AllowedOauthFlows = pulumi.StringArray{pulumi.String("code")} // with PKCE, which public clients must use
		args.AllowedOauthScopes = pulumi.ToStringArray(append(slices.Clone(pageScopes), a.Scopes...))
		args.SupportedIdentityProviders = append(pulumi.StringArray{pulumi.String("COGNITO")}, providers...)
		args.CallbackUrls = pulumi.ToStringArray(a.CallbackURLs)
		args.LogoutUrls = pulumi.ToStringArray(a.LogoutURLs)
	}
	return args
}

// client describes the machine, which has no user and so nothing but its secret to sign in with.
func (m MachineClient) client(auth *CognitoAuth) *cognito.UserPoolClientArgs {
	return &cognito.UserPoolClientArgs{
		UserPoolId:     auth.UserPoolID,
		GenerateSecret: pulumi.Bool(true),
		// Without a list, Cognito would let users sign in with this client too.
		ExplicitAuthFlows:               pulumi.StringArray{pulumi.String("ALLOW_REFRESH_TOKEN_AUTH")},
		PreventUserExistenceErrors:      pulumi.String("ENABLED"),
		EnableTokenRevocation:           pulumi.Bool(true),
		AllowedOauthFlowsUserPoolClient: pulumi.Bool(true),
		AllowedOauthFlows:               pulumi.StringArray{pulumi.String("client_credentials")},
		AllowedOauthScopes:              pulumi.ToStringArray(m.Scopes),
		AccessTokenValidity:             pulumi.Int(int(or(m.AccessTokenLifetime, time.Hour).Minutes())),
		TokenValidityUnits:              &cognito.UserPoolClientTokenValidityUnitsArgs{AccessToken: pulumi.String("minutes")},
	}
}

var (
	serverIdentifier = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]{1,256}$`)
	scopeName        = regexp.MustCompile(`^[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,256}$`)
)

func (a *CognitoAuthArgs) validateClients(p *problems) {
	p.accessTokenLifetime("AccessTokenLifetime", a.AccessTokenLifetime)
	refresh := or(a.RefreshTokenLifetime, 30*24*time.Hour)
	p.want(refresh >= time.Hour && refresh <= 3650*24*time.Hour && refresh%time.Hour == 0, "RefreshTokenLifetime", refresh,
		fmt.Sprintf("1h–%s in whole hours", duration(3650*24*time.Hour)))
	p.want(refresh >= or(a.AccessTokenLifetime, time.Hour), "RefreshTokenLifetime", refresh, "at least AccessTokenLifetime")

	var names, identifiers, scopes []string
	for _, s := range a.ResourceServers {
		s.validate(p)
		names, identifiers = append(names, s.Name), append(identifiers, or(s.Identifier, s.Name))
		for _, scope := range s.Scopes {
			scopes = append(scopes, s.scope(scope.Name))
		}
	}
	p.once("ResourceServers", names, "name")
	p.once("ResourceServers", identifiers, "identifier")
	p.scopes("Scopes", a.Scopes, scopes)
	p.want(len(a.Scopes) == 0 || len(a.CallbackURLs) > 0, "Scopes", a.Scopes, "Domain and CallbackURLs to be set too, since only the hosted pages give scopes")
	a.validateMachines(p, scopes)
}

func (a *CognitoAuthArgs) validateMachines(p *problems, scopes []string) {
	p.want(len(a.MachineClients) == 0 || a.Domain != nil, "MachineClients", len(a.MachineClients), "Domain to be set too, since they get their tokens there")
	var names []string
	for _, m := range a.MachineClients {
		field := "machine client " + m.Name
		p.want(componentName.MatchString(m.Name) && m.Name != "client", "MachineClients", m.Name,
			"names of lower-case words joined by hyphens, such as price-robot, but not client, which is the single-page application")
		p.want(len(m.Scopes) > 0, field+" Scopes", m.Scopes, "at least one scope: a client without any would get all")
		p.scopes(field+" Scopes", m.Scopes, scopes)
		p.accessTokenLifetime(field+" AccessTokenLifetime", m.AccessTokenLifetime)
		names = append(names, m.Name)
	}
	p.once("MachineClients", names, "name")
}

func (s ResourceServer) validate(p *problems) {
	field := "resource server " + s.Name
	p.want(componentName.MatchString(s.Name), "ResourceServers", s.Name, "names of lower-case words joined by hyphens, such as orders")
	p.want(s.Identifier == "" || serverIdentifier.MatchString(s.Identifier), field+" Identifier", s.Identifier,
		`1–256 characters without spaces, '"' and '\'`)
	p.want(len(s.Scopes) >= 1 && len(s.Scopes) <= maxScopes, field+" Scopes", len(s.Scopes), "1–100 scopes")
	var names []string
	for _, scope := range s.Scopes {
		names = append(names, scope.Name)
		p.want(scopeName.MatchString(scope.Name), field+" Scopes", scope.Name, `names of 1–256 characters without spaces, '"', '\' and '/'`)
		p.want(scope.Description != "" && len([]rune(scope.Description)) <= 256, field+" Scopes "+scope.Name+" Description", scope.Description, "1–256 characters")
	}
	p.once(field+" Scopes", names, "scope")
}

// scopes wants every scope to be one of those known, once.
func (p *problems) scopes(field string, scopes, known []string) {
	p.once(field, scopes, "scope")
	for _, scope := range scopes {
		p.want(slices.Contains(known, scope), field, scope, fmt.Sprintf("a scope of ResourceServers, one of %v", known))
	}
}

func (p *problems) accessTokenLifetime(field string, lifetime time.Duration) {
	access := or(lifetime, time.Hour)
	p.want(access >= 5*time.Minute && access <= 24*time.Hour && access%time.Minute == 0, field, access, "5m–24h in whole minutes")
}
