package users

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// Status is how far somebody has come with signing up.
type Status string

// The statuses of users.
const (
	// Active users can sign in.
	Active Status = "ACTIVE"
	// Invited users were created by an administrator, and have not chosen a password yet.
	Invited Status = "INVITED"
	// Unconfirmed users have signed up, and not shown yet that the e-mail address is theirs.
	Unconfirmed Status = "UNCONFIRMED"
	// Disabled users cannot sign in.
	Disabled Status = "DISABLED"
)

// Account is what the directory knows of a user.
type Account struct {
	// UserID never changes: the "sub" of the user's tokens.
	UserID string
	// Username is the name by which the directory finds the user. It is never shown.
	Username string
	// Email is empty if the user has signed up without one.
	Email string
	// Name is what the user gave at sign-up; [Profile.Name] is what the user is called since.
	Name string
	// Status is how far the user has come with signing up.
	Status Status
	// CreatedAt is when the user was created, in UTC, to the millisecond.
	CreatedAt time.Time
}

// AccountPage is a part of the list of all users, in an order that is the directory's own.
type AccountPage struct {
	// Accounts are the users. There can be fewer than asked for although more follow.
	Accounts []Account
	// Next is where the next page begins; empty if this is the last.
	Next string
}

// Contact is how a user can be addressed.
type Contact struct {
	// Email is the address that they sign in with.
	Email string
	// Name is how they want to be called; "" if they never said.
	Name string
}

// Contacts knows how users can be addressed.
type Contacts interface {
	// Contact returns a user's contact data by username. Error: fault.ErrUnauthenticated if the user does not exist any more or may not sign
	// in, in which case their token, though valid for a while, is nobody's.
	Contact(ctx context.Context, username string) (Contact, error)
}

// Directory knows all users. What it is asked about a user who does not exist is fault.ErrNotFound, unless it says otherwise.
type Directory interface {
	Contacts
	// Find returns a user by id. It may take some seconds until it knows of new users, and of those who left.
	Find(ctx context.Context, userID string) (Account, error)
	// List returns at most limit users, 1–MaxLimit, from a place that is empty or the last page's Next.
	// Error: fault.ErrInvalid for the field "cursor" if it is no such place.
	List(ctx context.Context, limit int, from string) (AccountPage, error)
	// Groups returns the groups that a user is in now; a token tells those of when it was made.
	Groups(ctx context.Context, username string) ([]string, error)
	// Join puts a user into a group. Leave takes the user out of it. Both can be repeated.
	Join(ctx context.Context, username, group string) error
	Leave(ctx context.Context, username, group string) error
	// Invite creates a user and sends the invitation by e-mail. Error: fault.ErrConflict if the address is taken.
	Invite(ctx context.Context, email, name string) (Account, error)
	// SignOut ends all of a user's sessions. Remove deletes the user. A user who does not exist is no error for either.
	SignOut(ctx context.Context, username string) error
	Remove(ctx context.Context, username string) error
}

// Invitation is whom an administrator wants to have as a user.
type Invitation struct {
	// Email is the address that they will sign in with, and where the invitation goes. It must be given.
	Email *string `json:"email"`
	// Name is how they want to be called. It must be given.
	Name *string `json:"name"`
	// Groups are those that they will be in: that of the customers if none is given.
	Groups []string `json:"groups"`
}

// maxEmail is the longest e-mail address that can be delivered to, in bytes (RFC 5321 §4.5.3.1.3, without the brackets).
const maxEmail = 254

// check returns the invitation's parts. Nobody who says no groups means none: a user is a customer at least.
// Error: fault.ErrInvalid with every wrong field.
func (i Invitation) check() (email, name string, groups []string, err error) {
	var wrong []fault.Field
	required := func(field string, value *string) string {
		if value == nil {
			wrong = append(wrong, fault.Field{Field: field, Message: "is required"})
			return ""
		}
		return strings.TrimSpace(*value)
	}
	if email = required("email", i.Email); i.Email != nil && !isEmail(email) {
		wrong = append(wrong, fault.Field{Field: "email", Message: fmt.Sprintf(
			"must be an e-mail address of at most %d characters such as ann@example.com; found %s", maxEmail, fault.Quote(email))})
	}
	if name = required("name", i.Name); i.Name != nil {
		wrong = checkText(wrong, "name", name, MaxName)
	}
	groups = i.Groups
	if groups == nil {
		groups = []string{CustomerGroup}
	}
	wrong = append(wrong, wrongGroups("groups", groups)...)
	return email, name, groups, fault.Invalid(wrong...)
}

// isEmail accepts the addresses that mail servers and Cognito do: printable ASCII, one @, and a domain with a dot.
func isEmail(s string) bool {
	if len(s) > maxEmail || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return false
	}
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Address != s {
		return false
	}
	_, domain, _ := strings.Cut(s, "@")
	return !strings.ContainsAny(s, `"<>()[],;:\`) && strings.Contains(strings.Trim(domain, "."), ".")
}
