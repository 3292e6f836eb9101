//go:build e2e

package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/stretchr/testify/require"
)

// user is what administrators see of a user.
type user struct {
	ID        string    `json:"userId"`
	Email     string    `json:"email"`
	Name      string    `json:"name"`
	Status    string    `json:"status"`
	Groups    []string  `json:"groups"`
	CreatedAt time.Time `json:"createdAt"`
}

func TestUsers_AdministratorsManageThem(t *testing.T) {
	t.Parallel()
	token, address := adminToken(t), newID()+"@nordlicht.example"
	t.Cleanup(func() { deleteAccount(t, account{email: address}) })
	invitation := map[string]any{"email": address, "name": "Ann Lee"}
	a := send(t, request{method: "POST", path: api("/users"), token: token, body: invitation})
	made := decode[user](t, a, http.StatusCreated)
	require.Equal(t, address, made.Email)
	require.Equal(t, []string{"customer"}, made.Groups)
	require.NotEmpty(t, a.header.Get("Location"))
	requireProblem(t, send(t, request{method: "POST", path: api("/users"), token: token, body: invitation}), http.StatusConflict)
	requireProblem(t, send(t, request{method: "POST", path: api("/users"), token: token, body: map[string]any{"email": "nobody", "name": ""}}), http.StatusBadRequest)

	path := api("/users/") + made.ID
	require.Equal(t, "Ann Lee", decode[user](t, send(t, request{path: path, token: token}), http.StatusOK).Name)
	groups := map[string]any{"groups": []string{"customer", "admin"}}
	promoted := decode[user](t, send(t, request{method: "PUT", path: path + "/groups", token: token, body: groups}), http.StatusOK)
	require.ElementsMatch(t, []string{"customer", "admin"}, promoted.Groups)

	require.Equal(t, http.StatusNoContent, send(t, request{method: "DELETE", path: path, token: token}).status)
	requireProblem(t, send(t, request{path: path, token: token}), http.StatusNotFound)
	requireProblem(t, send(t, request{method: "DELETE", path: path, token: token}), http.StatusNotFound)
}

func TestUsers_AreNobodyElsesBusiness(t *testing.T) {
	t.Parallel()
	for _, r := range []request{
		{path: api("/users")}, {path: api("/users/someone")}, {method: "DELETE", path: api("/users/someone")},
		{method: "POST", path: api("/users"), body: map[string]any{"email": newID() + "@nordlicht.example", "name": "Eve"}},
		{method: "PUT", path: api("/users/someone/groups"), body: map[string]any{"groups": []string{"admin"}}},
	} {
		r.token = customerToken(t)
		requireProblem(t, send(t, r), http.StatusForbidden)
		r.token = ""
		requireGatewayRefusal(t, send(t, r), http.StatusUnauthorized)
	}
}

// TestUsers_ADeletedCustomerIsForgotten signs up as the storefront does, orders, deletes the account, and looks at what remains.
func TestUsers_ADeletedCustomerIsForgotten(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	token := tokenOf(t, a)
	me := send(t, request{path: api("/users/me"), token: token})
	require.Equal(t, http.StatusOK, me.status, me.body)
	changed := send(t, request{
		method: "PUT", path: api("/users/me"), token: token, header: match(me.header.Get("ETag")), body: map[string]any{"name": "Ann Lee"},
	})
	require.Equal(t, http.StatusOK, changed.status, changed.body)
	require.Contains(t, changed.body, "Ann Lee")

	p := stocked(t, 2)
	o := decode[order](t, send(t, placing(token, newID(), basket{lines: map[string]int64{p.ID: 1}}.body())), http.StatusCreated)
	require.Eventually(t, func() bool {
		status := decode[order](t, send(t, request{path: api("/orders/") + o.ID, token: token}), http.StatusOK).Status
		return status == "SHIPPED" || status == "DELIVERED"
	}, time.Minute, 200*time.Millisecond)

	require.Equal(t, http.StatusNoContent, send(t, request{method: "DELETE", path: api("/users/me"), token: token}).status)
	requireProblem(t, send(t, request{path: api("/users/me"), token: token}), http.StatusUnauthorized)
	_, err := shop.accounts.AdminGetUser(t.Context(), &cognito.AdminGetUserInput{UserPoolId: &shop.config.UserPoolID, Username: aws.String(a.email)})
	require.ErrorContains(t, err, "UserNotFoundException")
	// The order remains, as the law wants, and so do its figures; whose it was is gone.
	require.Eventually(t, func() bool {
		var mine struct {
			Items      []order `json:"items"`
			NextCursor string  `json:"nextCursor"`
		}
		listed := send(t, request{path: api("/orders"), token: token})
		if listed.status != http.StatusOK {
			return listed.status == http.StatusUnauthorized
		}
		mine = decode[struct {
			Items      []order `json:"items"`
			NextCursor string  `json:"nextCursor"`
		}](t, listed, http.StatusOK)
		return len(mine.Items) == 0
	}, 30*time.Second, 200*time.Millisecond)
	require.Equal(t, o.ID, decode[order](t, send(t, request{path: api("/orders/") + o.ID, token: adminToken(t)}), http.StatusOK).ID)
}
