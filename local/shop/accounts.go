package shop

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// ensureAccounts makes the demo accounts, each confirmed, with its password and in its group. Repeating it sets the
// password again, so the table that `make up` prints is always true.
func ensureAccounts(ctx context.Context, c *cognito.Client, pool string) error {
	for _, a := range Accounts {
		_, err := c.AdminCreateUser(ctx, &cognito.AdminCreateUserInput{
			UserPoolId: &pool, Username: &a.Email, MessageAction: types.MessageActionTypeSuppress,
			UserAttributes: []types.AttributeType{
				{Name: aws.String("email"), Value: &a.Email},
				{Name: aws.String("email_verified"), Value: aws.String("true")},
				{Name: aws.String("name"), Value: &a.Name},
			},
		})
		var known *types.UsernameExistsException
		if err != nil && !errors.As(err, &known) {
			return fmt.Errorf("creating the demo %s %s: %w", a.Role, a.Email, err)
		}
		if _, err := c.AdminSetUserPassword(ctx, &cognito.AdminSetUserPasswordInput{
			UserPoolId: &pool, Username: &a.Email, Password: &a.Password, Permanent: true,
		}); err != nil {
			return fmt.Errorf("setting the password of the demo %s %s: %w", a.Role, a.Email, err)
		}
		if _, err := c.AdminAddUserToGroup(ctx, &cognito.AdminAddUserToGroupInput{
			UserPoolId: &pool, Username: &a.Email, GroupName: &a.Group,
		}); err != nil {
			return fmt.Errorf("putting the demo %s %s into group %s: %w", a.Role, a.Email, a.Group, err)
		}
	}
	return nil
}

// signIn returns an access token of a demo account, by whichever password flow the storefront's client allows.
func signIn(ctx context.Context, c *cognito.Client, pool, client string, a Account) (string, error) {
	described, err := c.DescribeUserPoolClient(ctx, &cognito.DescribeUserPoolClientInput{UserPoolId: &pool, ClientId: &client})
	if err != nil {
		return "", fmt.Errorf("reading client %s of user pool %s: %w", client, pool, err)
	}
	parameters := map[string]string{"USERNAME": a.Email, "PASSWORD": a.Password}
	var result *types.AuthenticationResultType
	if slices.Contains(described.UserPoolClient.ExplicitAuthFlows, types.ExplicitAuthFlowsTypeAllowUserPasswordAuth) {
		out, err := c.InitiateAuth(ctx, &cognito.InitiateAuthInput{
			ClientId: &client, AuthFlow: types.AuthFlowTypeUserPasswordAuth, AuthParameters: parameters,
		})
		if err != nil {
			return "", fmt.Errorf("signing in %s: %w", a.Email, err)
		}
		result = out.AuthenticationResult
	} else {
		out, err := c.AdminInitiateAuth(ctx, &cognito.AdminInitiateAuthInput{
			UserPoolId: &pool, ClientId: &client, AuthFlow: types.AuthFlowTypeAdminUserPasswordAuth, AuthParameters: parameters,
		})
		if err != nil {
			return "", fmt.Errorf("signing in %s: %w", a.Email, err)
		}
		result = out.AuthenticationResult
	}
	if result == nil {
		return "", fmt.Errorf("signing in %s: Cognito asks for another step; the demo accounts have none", a.Email)
	}
	return aws.ToString(result.AccessToken), nil
}
