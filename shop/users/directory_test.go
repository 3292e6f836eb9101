package users

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// testDirectory checks what every Directory promises, on one without any users.
func testDirectory(t *testing.T, directory Directory) {
	t.Helper()
	ctx := context.Background()
	page, err := directory.List(ctx, MaxLimit, "")
	require.NoError(t, err)
	require.Equal(t, AccountPage{Accounts: []Account{}}, page)

	bob, err := directory.Invite(ctx, "bob@shop.example", "Bob")
	require.NoError(t, err)
	require.True(t, isUserID(bob.UserID), bob.UserID)
	require.NotZero(t, bob.CreatedAt)
	require.Equal(t, Account{UserID: bob.UserID, Username: bob.Username, Email: "bob@shop.example", Name: "Bob", Status: Invited, CreatedAt: bob.CreatedAt}, bob)
	_, err = directory.Invite(ctx, "bob@shop.example", "Bob")
	require.ErrorIs(t, err, fault.ErrConflict)
	found, err := directory.Find(ctx, bob.UserID)
	require.NoError(t, err)
	require.Equal(t, bob, found)
	contact, err := directory.Contact(ctx, bob.Username)
	require.NoError(t, err)
	require.Equal(t, Contact{Email: "bob@shop.example", Name: "Bob"}, contact)

	testGroups(t, directory, bob.Username)
	testPages(t, directory, bob.UserID)

	require.NoError(t, directory.SignOut(ctx, bob.Username))
	for range 2 {
		require.NoError(t, directory.Remove(ctx, bob.Username))
		require.NoError(t, directory.SignOut(ctx, bob.Username))
	}
	_, err = directory.Contact(ctx, bob.Username)
	require.ErrorIs(t, err, fault.ErrUnauthenticated)
	for _, id := range []string{bob.UserID, noneID, "", `" or sub ^= "`} {
		_, err = directory.Find(ctx, id)
		require.ErrorIs(t, err, fault.ErrNotFound)
	}
	_, err = directory.Groups(ctx, bob.Username)
	require.ErrorIs(t, err, fault.ErrNotFound)
	require.ErrorIs(t, directory.Join(ctx, bob.Username, AdminGroup), fault.ErrNotFound)
	require.ErrorIs(t, directory.Leave(ctx, bob.Username, AdminGroup), fault.ErrNotFound)
}

func testGroups(t *testing.T, directory Directory, username string) {
	t.Helper()
	ctx := context.Background()
	for range 2 {
		require.NoError(t, directory.Join(ctx, username, CustomerGroup))
	}
	require.NoError(t, directory.Join(ctx, username, AdminGroup))
	in, err := directory.Groups(ctx, username)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{CustomerGroup, AdminGroup}, in)
	for range 2 {
		require.NoError(t, directory.Leave(ctx, username, AdminGroup))
	}
	in, err = directory.Groups(ctx, username)
	require.NoError(t, err)
	require.Equal(t, []string{CustomerGroup}, in)
}

// testPages reads the list of all users in pages of two.
func testPages(t *testing.T, directory Directory, known ...string) {
	t.Helper()
	ctx := context.Background()
	for i := range 4 {
		a, err := directory.Invite(ctx, fmt.Sprintf("c%d@shop.example", i), "C")
		require.NoError(t, err)
		known = append(known, a.UserID)
	}
	var listed []string
	from := ""
	for range known {
		page, err := directory.List(ctx, 2, from)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Accounts), 2)
		for _, a := range page.Accounts {
			listed = append(listed, a.UserID)
		}
		if from = page.Next; from == "" {
			break
		}
	}
	require.Empty(t, from, "the list ends")
	require.ElementsMatch(t, known, listed)
}

func TestUserPool(t *testing.T) {
	s := newShop(t)
	s.cognito.members = nil
	testDirectory(t, NewUserPool(s.cognito, poolID))
}

func TestUserPool_UsesOneActionPerMethod(t *testing.T) {
	ctx, s := context.Background(), newShop(t)
	pool := NewUserPool(s.cognito, poolID)
	for action, call := range map[string]func() error{
		"AdminGetUser":             func() error { _, err := pool.Contact(ctx, annID); return err },
		"ListUsers":                func() error { _, err := pool.Find(ctx, annID); return err },
		"AdminListGroupsForUser":   func() error { _, err := pool.Groups(ctx, annID); return err },
		"AdminAddUserToGroup":      func() error { return pool.Join(ctx, annID, AdminGroup) },
		"AdminRemoveUserFromGroup": func() error { return pool.Leave(ctx, annID, AdminGroup) },
		"AdminCreateUser":          func() error { _, err := pool.Invite(ctx, "bob@shop.example", "Bob"); return err },
		"AdminUserGlobalSignOut":   func() error { return pool.SignOut(ctx, annID) },
	} {
		before := s.total
		require.NoError(t, call(), action)
		require.Equal(t, before+1, s.total)
		require.Equal(t, 1, s.made[action])
	}
	s.err = errors.New("no route to host")
	require.EqualError(t, pool.Remove(ctx, annID), `deleting user "`+annID+`" in user pool pool-1: no route to host`)
	_, err := pool.Find(ctx, annID)
	require.EqualError(t, err, `finding user "`+annID+`" in user pool pool-1: no route to host`)
	_, err = pool.List(ctx, 1, "")
	require.EqualError(t, err, `listing users of pool pool-1: no route to host`)
	for _, limit := range []int{0, MaxLimit + 1} {
		_, err = pool.List(ctx, limit, "")
		require.ErrorContains(t, err, "want 1–60")
	}
}
