package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// IdentityPoolArgs describes what people may do in AWS with temporary credentials of their own.
type IdentityPoolArgs struct {
	// Auth is the user pool whose users, signed in with its single-page application, get credentials for an id token. Required.
	Auth *CognitoAuth
	// Grants are all that a signed-in user may do in AWS, such as [ObjectStore.GrantOwnPrefix]. Every user may do all of it, so a grant made for
	// functions is rarely right here. Links are not used. At least one is required.
	Grants []policies.Grant
	// Guests also gives credentials to people who have not signed in, which is everybody who knows the pool's id. Default: nobody.
	Guests *Guests
	// DisableTokenCheck no longer asks the user pool whether the user is signed out or disabled when credentials are given for a token that is
	// still valid.
	DisableTokenCheck bool
}

// Guests are people who have not signed in.
type Guests struct {
	// Grants are all that a guest may do in AWS. Cognito lets guests use few services at all ("Services that unauthenticated identities can
	// access" in its developer guide). At least one is required.
	Grants []policies.Grant
}

// IdentityPool is a Cognito identity pool: it takes a user's token and gives temporary AWS credentials with which a browser or an app reaches
// AWS itself, without a function in between. It chooses the role itself (the enhanced flow); clients cannot ask for another one.
type IdentityPool struct {
	pulumi.ResourceState

	// ID identifies the identity pool: <region>:<UUID>.
	ID pulumi.StringOutput
	// UserRoleARN is the role of those who have signed in.
	UserRoleARN pulumi.StringOutput
	// GuestRoleARN is the role of those who have not, if there are Guests, and empty otherwise.
	GuestRoleARN pulumi.StringOutput

	logicalName string
}

// The kinds of identities, by the names that trust policies and role attachments have for them.
const (
	signedIn = "authenticated"
	guest    = "unauthenticated"
)

// NewIdentityPool creates the identity pool and the role of its users.
func NewIdentityPool(ctx *pulumi.Context, name string, args *IdentityPoolArgs, opts ...pulumi.ResourceOption) (*IdentityPool, error) {
	if args == nil {
		args = &IdentityPoolArgs{}
	}
	if err := args.validate(name, stackName(ctx, name)); err != nil {
		return nil, err
	}
	i := &IdentityPool{logicalName: name}
	if err := ctx.RegisterComponentResource(token("IdentityPool"), name, i, opts...); err != nil {
		return nil, wrap("IdentityPool", name, err)
	}
	pool, err := cognito.NewIdentityPool(ctx, name, &cognito.IdentityPoolArgs{
		IdentityPoolName:               pulumi.String(stackName(ctx, name)),
		AllowUnauthenticatedIdentities: pulumi.Bool(args.Guests != nil),
		AllowClassicFlow:               pulumi.Bool(false),
		CognitoIdentityProviders: cognito.IdentityPoolCognitoIdentityProviderArray{&cognito.IdentityPoolCognitoIdentityProviderArgs{
			ClientId:             args.Auth.ClientID,
			ProviderName:         args.Auth.endpoint,
			ServerSideTokenCheck: pulumi.Bool(!args.DisableTokenCheck),
		}},
	}, pulumi.Parent(i))
	if err != nil {
		return nil, wrap("IdentityPool", name, err)
	}
	i.ID = pool.ID().ToStringOutput()
	if err := i.newRoles(ctx, args); err != nil {
		return nil, wrap("IdentityPool", name, err)
	}
	return i, ctx.RegisterResourceOutputs(i, pulumi.Map{"id": i.ID, "userRoleArn": i.UserRoleARN, "guestRoleArn": i.GuestRoleARN})
}

// newRoles creates a role for each kind of identity and gives it to the pool.
func (i *IdentityPool) newRoles(ctx *pulumi.Context, args *IdentityPoolArgs) error {
	user, err := i.newRole(ctx, "user", signedIn, "What users who have signed in may do", args.Grants)
	if err != nil {
		return err
	}
	i.UserRoleARN, i.GuestRoleARN = user.Arn, pulumi.String("").ToStringOutput()
	roles := pulumi.StringMap{signedIn: user.Arn}
	if args.Guests != nil {
		guests, err := i.newRole(ctx, "guest", guest, "What people who have not signed in may do", args.Guests.Grants)
		if err != nil {
			return err
		}
		i.GuestRoleARN, roles[guest] = guests.Arn, guests.Arn
	}
	_, err = cognito.NewIdentityPoolRoleAttachment(ctx, i.logicalName+"-roles", &cognito.IdentityPoolRoleAttachmentArgs{
		IdentityPoolId: i.ID, Roles: roles,
	}, pulumi.Parent(i))
	return err
}

func (i *IdentityPool) newRole(ctx *pulumi.Context, kind, amr, description string, grants []policies.Grant) (*iam.Role, error) {
	name := i.logicalName + "-" + kind
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description:      pulumi.String(description + ", with credentials of the identity pool " + i.logicalName),
		AssumeRolePolicy: i.ID.ApplyT(func(id string) string { return assumeAsIdentity(id, amr) }).(pulumi.StringOutput),
	}, pulumi.Parent(i))
	if err != nil {
		return nil, err
	}
	_, err = iam.NewRolePolicy(ctx, name+"-policy", &iam.RolePolicyArgs{
		Role: role.Name, Policy: policies.Document(grants...),
	}, pulumi.Parent(i))
	return role, err
}

// assumeAsIdentity is the trust policy that lets one kind of identities of one identity pool, and nobody else, take on a role. Without the
// two conditions, every identity pool of every account could.
func assumeAsIdentity(pool, amr string) string {
	return jsonText(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect":    "Allow",
		"Action":    "sts:AssumeRoleWithWebIdentity",
		"Principal": map[string]any{"Federated": "cognito-identity.amazonaws.com"},
		"Condition": map[string]any{
			"StringEquals":           map[string]any{"cognito-identity.amazonaws.com:aud": pool},
			"ForAnyValue:StringLike": map[string]any{"cognito-identity.amazonaws.com:amr": amr},
		},
	}}})
}

// maxIdentityPoolName is Cognito's.
const maxIdentityPoolName = 128

func (a *IdentityPoolArgs) validate(name, physical string) error {
	p := check("IdentityPool", name)
	p.fitsBefore("-guest-role", "guests' role")
	p.want(len(physical) <= maxIdentityPoolName, "name", name, "at most 128 characters together with the names of project and stack: "+physical)
	p.want(a.Auth != nil, "Auth", nil, "the CognitoAuth whose users get credentials")
	p.identityGrants("Grants", a.Grants)
	if a.Guests != nil {
		p.identityGrants("Guests.Grants", a.Guests.Grants)
	}
	return p.err()
}

// identityGrants wants something that identities may do.
func (p *problems) identityGrants(field string, grants []policies.Grant) {
	all := policies.Join(grants...)
	p.want(all.Err() == nil, field, grants, fmt.Sprintf("grants that can be given: %v", all.Err()))
	p.want(all.Err() != nil || len(all.Statements) > 0, field, grants, "at least one: credentials that allow nothing are of no use")
}
