package users

import (
	"context"
	"net/http"

	"github.com/serverless-shop/serverless-shop/handler"
)

// Routes answers the HTTP requests about users.
type Routes struct{ directory Directory }

// NewRoutes returns the routes over a directory.
func NewRoutes(directory Directory) *Routes { return &Routes{directory: directory} }

// Me answers GET /users/me. The directory is asked only for what the token does not say: Cognito's access tokens
// carry neither e-mail address nor name.
func (u *Routes) Me(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	user, err := r.User()
	if err != nil {
		return nil, err
	}
	profile := Profile{UserID: user.ID, Email: user.Email, Name: user.Name, Groups: append([]string{}, user.Groups...)}
	if profile.Email == "" || profile.Name == "" {
		contact, err := u.directory.Contact(ctx, user.Username)
		if err != nil {
			return nil, err
		}
		profile.Email, profile.Name = contact.Email, contact.Name
	}
	return handler.JSON(http.StatusOK, profile), nil
}
