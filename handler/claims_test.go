package handler

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// signed is a request with these claims, each given as JSON.
func signed(claims map[string]string) *Request {
	r := &Request{}
	r.event.RequestContext.Authorizer.JWT.Claims = map[string]json.RawMessage{}
	for name, value := range claims {
		r.event.RequestContext.Authorizer.JWT.Claims[name] = json.RawMessage(value)
	}
	return r
}

func TestUser_Groups(t *testing.T) {
	tests := []struct {
		claim string
		want  []string
		admin bool
	}{
		{`"[admin customer]"`, []string{"admin", "customer"}, true}, // API Gateway
		{`"[admin]"`, []string{"admin"}, true},
		{`["admin","customer"]`, []string{"admin", "customer"}, true},
		{`"admin"`, []string{"admin"}, true},
		{`"[]"`, nil, false},
		{`""`, nil, false},
		{`[]`, nil, false},
		{`null`, nil, false},
		{`7`, nil, false},
		{`{"admin":true}`, nil, false},
		{`[1,null,["admin"],{"admin":1}]`, nil, false},
		// Groups whose names merely look like it.
		{`"[[admin]"`, []string{"[admin"}, false},
		{`"[admin]]"`, []string{"admin]"}, false},
		{`"[[admin]]"`, []string{"[admin]"}, false},
		{`["[admin]"]`, []string{"[admin]"}, false},
		{`"[admin"`, []string{"[admin"}, false},
		{`"[x,admin,y]"`, []string{"x,admin,y"}, false},
		{`"admin,customer"`, []string{"admin,customer"}, false},
		{`"customer admin"`, []string{"customer admin"}, false},
		{`"[\"admin\"]"`, []string{`"admin"`}, false},
		{`"[\"x\",\"admin\"]"`, []string{`"x","admin"`}, false},
		{`"[Admin administrator admin-x]"`, []string{"Admin", "administrator", "admin-x"}, false},
	}
	for _, tt := range tests {
		r := signed(map[string]string{"sub": `"u1"`, "cognito:groups": tt.claim})
		user, err := r.User()
		require.NoError(t, err)
		require.ElementsMatch(t, tt.want, user.Groups, tt.claim)
		require.Equal(t, tt.admin, r.RequireGroup("admin") == nil, tt.claim)
	}
}

func TestUser_Claims(t *testing.T) {
	user, err := signed(map[string]string{"sub": `"u1"`, "username": `"ann"`}).User()
	require.NoError(t, err)
	require.Equal(t, User{ID: "u1", Username: "ann"}, user)

	user, err = signed(map[string]string{
		"sub": `"u1"`, "cognito:username": `"ann"`, "email": `"a@b.example"`, "name": `"Ann"`, "email_verified": `true`,
	}).User()
	require.NoError(t, err)
	require.Equal(t, User{ID: "u1", Username: "ann", Email: "a@b.example", Name: "Ann"}, user)
}

func TestUser_NobodyIsSignedIn(t *testing.T) {
	for _, r := range []*Request{{}, signed(nil), signed(map[string]string{"sub": `""`}), signed(map[string]string{"sub": `1`})} {
		_, err := r.User()
		require.ErrorIs(t, err, fault.ErrUnauthenticated)
		require.ErrorIs(t, r.RequireGroup("admin"), fault.ErrUnauthenticated)
	}
	require.ErrorIs(t, signed(map[string]string{"sub": `"u1"`}).RequireGroup("admin"), fault.ErrForbidden)
	require.ErrorIs(t, signed(map[string]string{"sub": `"u1"`}).RequireGroup(""), fault.ErrForbidden)
}
