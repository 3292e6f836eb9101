package users

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler/handlertest"
)

// fakeCognito is a user pool with one user.
type fakeCognito struct {
	out   *cognitoidentityprovider.AdminGetUserOutput
	err   error
	asked []string
}

func (f *fakeCognito) AdminGetUser(_ context.Context, in *cognitoidentityprovider.AdminGetUserInput, _ ...func(*cognitoidentityprovider.Options)) (
	*cognitoidentityprovider.AdminGetUserOutput, error,
) {
	f.asked = append(f.asked, *in.UserPoolId+"/"+*in.Username)
	return f.out, f.err
}

// user is Cognito's answer for an enabled user with these attributes, name and value in turn.
func user(attributes ...string) *cognitoidentityprovider.AdminGetUserOutput {
	out := &cognitoidentityprovider.AdminGetUserOutput{Enabled: true}
	for i := 0; i < len(attributes); i += 2 {
		out.UserAttributes = append(out.UserAttributes, types.AttributeType{Name: aws.String(attributes[i]), Value: aws.String(attributes[i+1])})
	}
	return out
}

func TestMe(t *testing.T) {
	access := handlertest.Request{}.Signed("u1", "customer", "admin")
	id := handlertest.Request{Claims: map[string]any{"sub": "u1", "cognito:username": "u1", "email": "ann@shop.example", "name": "Ann"}}
	tests := []struct {
		name    string
		request handlertest.Request
		user    *cognitoidentityprovider.AdminGetUserOutput
		want    string
		asks    bool
	}{
		{"access token", access, user("sub", "u1", "email", "ann@shop.example", "name", "Ann"),
			`{"userId":"u1","email":"ann@shop.example","name":"Ann","groups":["customer","admin"]}`, true},
		{"name in two parts", access, user("given_name", "Ann", "family_name", "Lee"),
			`{"userId":"u1","email":"","name":"Ann Lee","groups":["customer","admin"]}`, true},
		{"no groups", handlertest.Request{}.Signed("u1"), user("email", "ann@shop.example"),
			`{"userId":"u1","email":"ann@shop.example","name":"","groups":[]}`, true},
		{"token that holds all", id, nil, `{"userId":"u1","email":"ann@shop.example","name":"Ann","groups":[]}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cognito := &fakeCognito{out: tt.user}
			got := handlertest.Do(t, NewRoutes(NewUserPool(cognito, "pool-1")).Me, tt.request)
			require.Equal(t, 200, got.Status, got.Body)
			require.JSONEq(t, tt.want, got.Body)
			require.Equal(t, "no-store", got.Header["Cache-Control"])
			if tt.asks {
				require.Equal(t, []string{"pool-1/u1"}, cognito.asked)
			} else {
				require.Empty(t, cognito.asked)
			}
		})
	}
}

func TestMe_Refuses(t *testing.T) {
	signed := handlertest.Request{}.Signed("u1")
	disabled := user("email", "ann@shop.example")
	disabled.Enabled = false
	for name, tt := range map[string]struct {
		request handlertest.Request
		cognito *fakeCognito
		status  int
	}{
		"nobody signed in": {handlertest.Request{}, &fakeCognito{}, 401},
		"deleted user":     {signed, &fakeCognito{err: &types.UserNotFoundException{}}, 401},
		"disabled user":    {signed, &fakeCognito{out: disabled}, 401},
		"failure":          {signed, &fakeCognito{err: errors.New("secret internals")}, 500},
		"throttled":        {signed, &fakeCognito{err: &types.TooManyRequestsException{}}, 503},
	} {
		t.Run(name, func(t *testing.T) {
			got := handlertest.Do(t, NewRoutes(NewUserPool(tt.cognito, "pool-1")).Me, tt.request)
			got.Problem(t, tt.status)
			require.NotContains(t, got.Body, "secret internals")
		})
	}
}
