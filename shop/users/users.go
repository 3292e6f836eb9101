// Package users is who shops: what the shop knows of a signed-in user.
package users

import (
	"context"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// Profile is what a signed-in user sees of themself.
type Profile struct {
	// UserID never changes.
	UserID string `json:"userId"`
	// Email is empty if the user has signed up without one.
	Email string `json:"email"`
	// Name is what the user wants to be called; it may be empty.
	Name string `json:"name"`
	// Groups decide what the user may do.
	Groups []string `json:"groups"`
}

// Contact is how a user can be addressed.
type Contact struct {
	Email, Name string
}

// Directory knows all users.
type Directory interface {
	// Contact returns a user's contact data by username. Error: fault.ErrUnauthenticated if the user does not exist any
	// more, in which case their token, though valid for a while, is nobody's.
	Contact(ctx context.Context, username string) (Contact, error)
}

// errGone is for the bearer of a token that has outlived its user.
func errGone() error {
	return fault.New(fault.ErrUnauthenticated, "Your account does not exist any more. Sign in again.")
}
