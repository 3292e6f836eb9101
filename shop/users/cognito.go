package users

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// CognitoClient is what a [UserPool] needs of Cognito; *cognitoidentityprovider.Client has it.
type CognitoClient interface {
	AdminGetUser(context.Context, *cognito.AdminGetUserInput, ...func(*cognito.Options)) (*cognito.AdminGetUserOutput, error)
	ListUsers(context.Context, *cognito.ListUsersInput, ...func(*cognito.Options)) (*cognito.ListUsersOutput, error)
	AdminListGroupsForUser(context.Context, *cognito.AdminListGroupsForUserInput, ...func(*cognito.Options)) (*cognito.AdminListGroupsForUserOutput, error)
	AdminAddUserToGroup(context.Context, *cognito.AdminAddUserToGroupInput, ...func(*cognito.Options)) (*cognito.AdminAddUserToGroupOutput, error)
	AdminRemoveUserFromGroup(context.Context, *cognito.AdminRemoveUserFromGroupInput, ...func(*cognito.Options)) (*cognito.AdminRemoveUserFromGroupOutput, error)
	AdminCreateUser(context.Context, *cognito.AdminCreateUserInput, ...func(*cognito.Options)) (*cognito.AdminCreateUserOutput, error)
	AdminUserGlobalSignOut(context.Context, *cognito.AdminUserGlobalSignOutInput, ...func(*cognito.Options)) (*cognito.AdminUserGlobalSignOutOutput, error)
	AdminDeleteUser(context.Context, *cognito.AdminDeleteUserInput, ...func(*cognito.Options)) (*cognito.AdminDeleteUserOutput, error)
}

// UserPool is the Directory in a Cognito user pool. Each of its methods uses one action: Contact AdminGetUser, Find and List ListUsers, Groups
// AdminListGroupsForUser, Join AdminAddUserToGroup, Leave AdminRemoveUserFromGroup, Invite AdminCreateUser, SignOut AdminUserGlobalSignOut,
// Remove AdminDeleteUser.
type UserPool struct {
	client CognitoClient
	id     string
}

// NewUserPool returns the users of the pool with this id.
func NewUserPool(client CognitoClient, id string) *UserPool { return &UserPool{client: client, id: id} }

// failed explains an error about a user. One who does not exist is not found.
func (p *UserPool) failed(what, username string, err error) error {
	if _, gone := errors.AsType[*types.UserNotFoundException](err); gone {
		return &fault.Error{Kind: fault.ErrNotFound, Detail: "There is no such user.", Err: err}
	}
	if err != nil {
		return fmt.Errorf("%s %q in user pool %s: %w", what, username, p.id, err)
	}
	return nil
}

// Contact implements Contacts.
func (p *UserPool) Contact(ctx context.Context, username string) (Contact, error) {
	out, err := p.client.AdminGetUser(ctx, &cognito.AdminGetUserInput{UserPoolId: &p.id, Username: &username})
	if err := p.failed("getting user", username, err); err != nil {
		return Contact{}, gone(err)
	}
	if !out.Enabled {
		return Contact{}, errGone()
	}
	account := accountOf(username, attributesOf(out.UserAttributes))
	return Contact{Email: account.Email, Name: account.Name}, nil
}

// accountOf reads a user's attributes.
func accountOf(username string, attributes map[string]string) Account {
	name := attributes["name"]
	if name == "" {
		name = strings.TrimSpace(attributes["given_name"] + " " + attributes["family_name"])
	}
	return Account{UserID: attributes["sub"], Username: username, Email: attributes["email"], Name: name}
}

func attributesOf(list []types.AttributeType) map[string]string {
	attributes := make(map[string]string, len(list))
	for _, a := range list {
		attributes[aws.ToString(a.Name)] = aws.ToString(a.Value)
	}
	return attributes
}

func listed(user types.UserType) Account {
	account := accountOf(aws.ToString(user.Username), attributesOf(user.Attributes))
	account.Status, account.CreatedAt = statusOf(user.UserStatus, user.Enabled), milliseconds(aws.ToTime(user.UserCreateDate))
	return account
}

// statusOf says in the shop's words how far a user has come. What else Cognito knows, such as users of identity providers or those who must
// choose a new password, can sign in.
func statusOf(status types.UserStatusType, enabled bool) Status {
	switch {
	case !enabled:
		return Disabled
	case status == types.UserStatusTypeForceChangePassword:
		return Invited
	case status == types.UserStatusTypeUnconfirmed:
		return Unconfirmed
	}
	return Active
}

// Find implements Directory. It does not take the id for a username: users of identity providers have others.
func (p *UserPool) Find(ctx context.Context, userID string) (Account, error) {
	if !isUserID(userID) {
		return Account{}, notFound(userID) // it would become part of a filter
	}
	out, err := p.client.ListUsers(ctx, &cognito.ListUsersInput{UserPoolId: &p.id, Filter: aws.String(`sub = "` + userID + `"`), Limit: aws.Int32(1)})
	if err != nil {
		return Account{}, fmt.Errorf("finding user %q in user pool %s: %w", userID, p.id, err)
	}
	if len(out.Users) == 0 {
		return Account{}, notFound(userID)
	}
	return listed(out.Users[0]), nil
}

// List implements Directory.
func (p *UserPool) List(ctx context.Context, limit int, from string) (AccountPage, error) {
	if limit < 1 || limit > MaxLimit {
		return AccountPage{}, fmt.Errorf("listing users: limit = %d, want 1–%d", limit, MaxLimit)
	}
	input := &cognito.ListUsersInput{UserPoolId: &p.id, Limit: aws.Int32(int32(limit))} //nolint:gosec // 1–MaxLimit
	if from != "" {
		token, err := base64.RawURLEncoding.DecodeString(from)
		if err != nil || len(token) == 0 {
			return AccountPage{}, wrongCursor()
		}
		input.PaginationToken = aws.String(string(token))
	}
	out, err := p.client.ListUsers(ctx, input)
	if _, refused := errors.AsType[*types.InvalidParameterException](err); refused && from != "" {
		return AccountPage{}, wrongCursor()
	}
	if err != nil {
		return AccountPage{}, fmt.Errorf("listing users of pool %s: %w", p.id, err)
	}
	page := AccountPage{Accounts: make([]Account, 0, len(out.Users))}
	for _, user := range out.Users {
		page.Accounts = append(page.Accounts, listed(user))
	}
	if token := aws.ToString(out.PaginationToken); token != "" {
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(token)) // Cognito's own has characters that URLs have not
	}
	return page, nil
}

func wrongCursor() error {
	return fault.Invalid(fault.Field{Field: "cursor", Message: "must be the nextCursor of a page of the list, which can be used for some minutes"})
}

// Groups implements Directory. The shop has so few groups that one page holds all of a user's.
func (p *UserPool) Groups(ctx context.Context, username string) ([]string, error) {
	out, err := p.client.AdminListGroupsForUser(ctx, &cognito.AdminListGroupsForUserInput{UserPoolId: &p.id, Username: &username, Limit: aws.Int32(60)})
	if err := p.failed("getting the groups of user", username, err); err != nil {
		return nil, err
	}
	groups := make([]string, 0, len(out.Groups))
	for _, group := range out.Groups {
		groups = append(groups, aws.ToString(group.GroupName))
	}
	return groups, nil
}

// Join implements Directory.
func (p *UserPool) Join(ctx context.Context, username, group string) error {
	_, err := p.client.AdminAddUserToGroup(ctx, &cognito.AdminAddUserToGroupInput{UserPoolId: &p.id, Username: &username, GroupName: &group})
	return p.failed("adding to group "+group+" user", username, err)
}

// Leave implements Directory.
func (p *UserPool) Leave(ctx context.Context, username, group string) error {
	_, err := p.client.AdminRemoveUserFromGroup(ctx, &cognito.AdminRemoveUserFromGroupInput{UserPoolId: &p.id, Username: &username, GroupName: &group})
	return p.failed("removing from group "+group+" user", username, err)
}

// Invite implements Directory. The address counts as verified: only who reads its mails can take the invitation.
func (p *UserPool) Invite(ctx context.Context, email, name string) (Account, error) {
	attribute := func(name, value string) types.AttributeType {
		return types.AttributeType{Name: &name, Value: &value}
	}
	out, err := p.client.AdminCreateUser(ctx, &cognito.AdminCreateUserInput{
		UserPoolId: &p.id, Username: &email, DesiredDeliveryMediums: []types.DeliveryMediumType{types.DeliveryMediumTypeEmail},
		UserAttributes: []types.AttributeType{attribute("email", email), attribute("email_verified", "true"), attribute("name", name)},
	})
	if _, taken := errors.AsType[*types.UsernameExistsException](err); taken {
		return Account{}, &fault.Error{Kind: fault.ErrConflict, Detail: "There is a user with this e-mail address.", Err: err}
	}
	if _, refused := errors.AsType[*types.InvalidParameterException](err); refused {
		return Account{}, &fault.Error{
			Kind: fault.ErrInvalid, Detail: "One field is wrong.", Err: err,
			Fields: []fault.Field{{Field: "email", Message: "must be an e-mail address that the user pool accepts"}},
		}
	}
	if err != nil {
		return Account{}, fmt.Errorf("creating a user in pool %s: %w", p.id, err) // without the address: it would stay in the log
	}
	return listed(*out.User), nil
}

// SignOut implements Directory.
func (p *UserPool) SignOut(ctx context.Context, username string) error {
	_, err := p.client.AdminUserGlobalSignOut(ctx, &cognito.AdminUserGlobalSignOutInput{UserPoolId: &p.id, Username: &username})
	return unlessGone(p.failed("signing out user", username, err))
}

// Remove implements Directory.
func (p *UserPool) Remove(ctx context.Context, username string) error {
	_, err := p.client.AdminDeleteUser(ctx, &cognito.AdminDeleteUserInput{UserPoolId: &p.id, Username: &username})
	return unlessGone(p.failed("deleting user", username, err))
}

// unlessGone forgives that a user does not exist.
func unlessGone(err error) error {
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	return err
}
