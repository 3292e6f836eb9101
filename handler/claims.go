package handler

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// User is who is signed in, as the token says that API Gateway's JWT or Cognito authorizer has verified.
type User struct {
	// ID never changes and is never given to anybody else: the token's "sub".
	ID string
	// Username is the name in the user pool, by which Cognito's administration finds the user.
	Username string
	// Email and Name are empty in Cognito's access tokens; its ID tokens carry them.
	Email, Name string
	// Groups are the groups of the user pool that the user is in.
	Groups []string
}

// In tells whether the user is in a group.
func (u User) In(group string) bool { return slices.Contains(u.Groups, group) }

// User returns who is signed in. The error is fault.ErrUnauthenticated if nobody is: the route then lacks its authorizer,
// as API Gateway itself refuses requests without a valid token.
func (r *Request) User() (User, error) {
	claims := r.event.RequestContext.Authorizer.JWT.Claims
	user := User{
		ID:       text(claims["sub"]),
		Username: text(claims["username"]),
		Email:    text(claims["email"]),
		Name:     text(claims["name"]),
		Groups:   groups(claims["cognito:groups"]),
	}
	if user.ID == "" {
		return User{}, fault.New(fault.ErrUnauthenticated, "Sign in first: send an access token as Authorization: Bearer <token>.")
	}
	if user.Username == "" {
		user.Username = text(claims["cognito:username"]) // its name in ID tokens
	}
	return user, nil
}

// RequireGroup lets members of a group pass. Others get fault.ErrForbidden, or fault.ErrUnauthenticated if nobody is
// signed in. Call it before anything of the request is looked at.
func (r *Request) RequireGroup(group string) error {
	user, err := r.User()
	if err != nil {
		return err
	}
	if !user.In(group) {
		return fault.New(fault.ErrForbidden, "This needs membership of the group %q.", group)
	}
	return nil
}

// text returns a claim that is a string; any other claim is none.
func text(claim json.RawMessage) string {
	var s string
	if json.Unmarshal(claim, &s) != nil {
		return ""
	}
	return s
}

// groups reads the claim cognito:groups. API Gateway makes the string "[admin customer]" of the token's list; the list
// itself is understood too, in case that is ever fixed.
//
// Exactly one pair of brackets is taken away, and only spaces separate: Cognito allows brackets, quotes and commas in
// a group's name but no white space, so a group called "[admin", "admin,x" or `"admin"` never becomes "admin". For the same
// reason a string holding a JSON list is not taken for one.
func groups(claim json.RawMessage) []string {
	var list []json.RawMessage
	if json.Unmarshal(claim, &list) == nil {
		found := make([]string, 0, len(list))
		for _, item := range list {
			if name := text(item); name != "" {
				found = append(found, name)
			}
		}
		return found
	}
	s := text(claim)
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if inner, ok = strings.CutSuffix(inner, "]"); ok {
			return strings.Fields(inner)
		}
	}
	if s == "" {
		return nil
	}
	return []string{s} // a single group, whatever its name looks like
}
