package users

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Client is what a [UserPool] needs of Cognito; *cognitoidentityprovider.Client has it.
type Client interface {
	AdminGetUser(context.Context, *cognitoidentityprovider.AdminGetUserInput, ...func(*cognitoidentityprovider.Options)) (
		*cognitoidentityprovider.AdminGetUserOutput, error)
}

// UserPool is the Directory in a Cognito user pool. It uses one action, AdminGetUser.
type UserPool struct {
	client Client
	id     string
}

// NewUserPool returns the users of the pool with this id.
func NewUserPool(client Client, id string) *UserPool { return &UserPool{client: client, id: id} }

// Contact implements Directory.
func (p *UserPool) Contact(ctx context.Context, username string) (Contact, error) {
	out, err := p.client.AdminGetUser(ctx, &cognitoidentityprovider.AdminGetUserInput{
		UserPoolId: &p.id, Username: &username,
	})
	if _, gone := errors.AsType[*types.UserNotFoundException](err); gone || err == nil && !out.Enabled {
		return Contact{}, errGone()
	}
	if err != nil {
		return Contact{}, fmt.Errorf("getting user %q of pool %s: %w", username, p.id, err)
	}
	attributes := map[string]string{}
	for _, a := range out.UserAttributes {
		attributes[aws.ToString(a.Name)] = aws.ToString(a.Value)
	}
	name := attributes["name"]
	if name == "" {
		name = strings.TrimSpace(attributes["given_name"] + " " + attributes["family_name"])
	}
	return Contact{Email: attributes["email"], Name: name}, nil
}
