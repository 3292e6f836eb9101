package users

import (
	"context"
	"errors"
	"time"
)

// ErrClosed says that the user has left: the account is deleted, or about to be.
var ErrClosed = errors.New("the user's account was deleted")

// Profiles keeps the users' profiles.
type Profiles interface {
	// Get returns a user's profile. Errors: fault.ErrNotFound if there is none, ErrClosed.
	Get(ctx context.Context, userID string) (Profile, error)
	// Create keeps the profile of a new user, with version 1. If the user has one already, that is kept and returned. Error: ErrClosed.
	Create(ctx context.Context, p Profile) (Profile, error)
	// Update changes a profile whose version meets the condition, and returns it as it is stored from then on: its version is one more
	// than before, its CreatedAt is kept. Errors: fault.ErrPrecondition, and nothing is changed; ErrClosed.
	Update(ctx context.Context, p Profile, condition Condition) (Profile, error)
	// Names returns the names of those among at most 100 users who have a profile, by their ids.
	Names(ctx context.Context, userIDs []string) (map[string]string, error)
	// Close puts a mark into the place of a user's profile, if there is one: from then on the user has left, and nothing of the person
	// is kept but the username, by which what remains in the directory can be found. Repeating it changes nothing. The mark itself is
	// forgotten after [MarkLifetime].
	Close(ctx context.Context, userID, username string, at time.Time) error
	// Closed returns the username of a user who has left. Error: fault.ErrNotFound if the user has not, or is forgotten.
	Closed(ctx context.Context, userID string) (username string, err error)
}

// MarkLifetime is how long it is remembered that a user has left. It must be longer than an access token lives, 24 h at most, so that
// none brings the profile back, and long enough to repeat an event that failed.
const MarkLifetime = 30 * 24 * time.Hour

// Condition is what must hold of the stored profile for a change to be made. The zero Condition never holds.
type Condition struct {
	exists   bool
	versions []int64
}

// IfExists holds for every version.
func IfExists() Condition { return Condition{exists: true} }

// IfVersion holds if the profile's version is one of these.
func IfVersion(versions ...int64) Condition { return Condition{versions: versions} }
