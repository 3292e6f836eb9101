package users

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// How many users a page holds. Cognito gives no more than 60 at once.
const (
	DefaultLimit = 24
	MaxLimit     = 60
	maxCursor    = 8192
)

// shown is what administrators see of a user. Where somebody lives is not their business.
type shown struct {
	UserID    string    `json:"userId"`
	Email     string    `json:"email"`
	Name      string    `json:"name"`
	Status    Status    `json:"status"`
	Groups    []string  `json:"groups,omitzero"` // absent in lists: the directory tells them for one user at a time
	CreatedAt time.Time `json:"createdAt"`
}

func show(u User) shown {
	return shown{UserID: u.UserID, Email: u.Email, Name: u.Name, Status: u.Status, Groups: u.Groups, CreatedAt: u.CreatedAt}
}

// listing is the body of a list. NextCursor is absent on the last page.
type listing struct {
	Items      []shown `json:"items"`
	NextCursor string  `json:"nextCursor,omitempty"`
}

// List answers GET /users?limit=&cursor= .
func (u *Routes) List(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	if err := r.RequireGroup(AdminGroup); err != nil {
		return nil, err
	}
	values, err := r.Query()
	if err != nil {
		return nil, err
	}
	limit, cursor, err := pageOf(values)
	if err != nil {
		return nil, err
	}
	users, next, err := u.service.List(ctx, limit, cursor)
	if err != nil {
		return nil, err
	}
	body := listing{Items: make([]shown, len(users)), NextCursor: next}
	for i, user := range users {
		body.Items[i] = show(user)
	}
	return handler.JSON(http.StatusOK, body), nil
}

// pageOf reads which page of a list is wanted. Unknown and repeated parameters are refused, as a misspelt one must not silently be ignored.
func pageOf(values url.Values) (limit int, cursor string, err error) {
	var wrong []fault.Field
	known := 0
	for _, name := range []string{"limit", "cursor"} {
		if n := len(values[name]); n > 0 {
			known++
			if n > 1 {
				wrong = append(wrong, fault.Field{Field: name, Message: "is given more than once"})
			}
		}
	}
	if len(values) > known {
		wrong = append(wrong, fault.Field{Field: "query", Message: "must have no other parameters than limit and cursor"})
	}
	limit = DefaultLimit
	if text := values.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > MaxLimit {
			wrong = append(wrong, fault.Field{Field: "limit", Message: fmt.Sprintf("must be a whole number, 1–%d; found %s", MaxLimit, fault.Quote(text))})
		}
	}
	if cursor = values.Get("cursor"); len(cursor) > maxCursor {
		return 0, "", wrongCursor()
	}
	return limit, cursor, fault.Invalid(wrong...)
}

// Get answers GET /users/{id}.
func (u *Routes) Get(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	if err := r.RequireGroup(AdminGroup); err != nil {
		return nil, err
	}
	user, err := u.service.Get(ctx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return handler.JSON(http.StatusOK, show(user)), nil
}

// Create answers POST /users.
func (u *Routes) Create(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	admin, err := administrator(r)
	if err != nil {
		return nil, err
	}
	var invitation Invitation
	if err := r.Decode(&invitation); err != nil {
		return nil, err
	}
	user, err := u.service.Invite(ctx, admin, invitation)
	if err != nil {
		return nil, err
	}
	handler.Logger(ctx).Info("user invited", "userId", user.UserID, "groups", user.Groups, "by", admin.ID)
	return handler.JSON(http.StatusCreated, show(user)).With("Location", r.Location("/users/"+user.UserID)), nil
}

// SetGroups answers PUT /users/{id}/groups.
func (u *Routes) SetGroups(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	admin, err := administrator(r)
	if err != nil {
		return nil, err
	}
	var wish struct {
		Groups []string `json:"groups"`
	}
	if err := r.Decode(&wish); err != nil {
		return nil, err
	}
	if wish.Groups == nil {
		return nil, fault.Invalid(fault.Field{Field: "groups", Message: "is required"})
	}
	if err := fault.Invalid(wrongGroups("groups", wish.Groups)...); err != nil {
		return nil, err
	}
	user, err := u.service.SetGroups(ctx, admin, r.PathValue("id"), wish.Groups)
	if err != nil {
		return nil, err
	}
	handler.Logger(ctx).Info("user's groups set", "userId", user.UserID, "groups", user.Groups, "by", admin.ID)
	return handler.JSON(http.StatusOK, show(user)), nil
}

// Delete answers DELETE /users/{id}.
func (u *Routes) Delete(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	admin, err := administrator(r)
	if err != nil {
		return nil, err
	}
	id := r.PathValue("id")
	if err := u.service.Delete(ctx, admin, id); err != nil {
		return nil, err
	}
	handler.Logger(ctx).Info("user deleted", "userId", id, "by", admin.ID)
	return handler.Empty(http.StatusNoContent), nil
}

// administrator returns who asks, who must be an administrator by the token at least.
func administrator(r *handler.Request) (handler.User, error) {
	if err := r.RequireGroup(AdminGroup); err != nil {
		return handler.User{}, err
	}
	return r.User()
}
