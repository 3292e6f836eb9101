package event

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
)

func TestParseUserDeleted_IsOfSomebody(t *testing.T) {
	parse := func(d Detail) (UserDeleted, error) {
		e, err := New("e1", time.Unix(0, 0), d)
		require.NoError(t, err)
		return ParseUserDeleted(e)
	}
	deleted, err := parse(UserDeleted{UserID: "ada"})
	require.NoError(t, err)
	require.Equal(t, "ada", deleted.UserID)
	_, err = parse(UserDeleted{})
	require.EqualError(t, err, `event e1 "User Deleted" is of nobody: its userId is empty`)
	_, err = parse(UserRegistered{UserID: "ada"})
	require.EqualError(t, err, `event e1 is "User Registered", want "User Deleted"`)
	_, err = ParseUserDeleted(handler.Event{ID: "e1", Type: "User Deleted", Source: string(Users), Detail: []byte("{")})
	require.ErrorContains(t, err, `reading the detail of event "User Deleted"`)
}
