package users

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// Routes answers the HTTP requests about users, one method per route.
type Routes struct{ service *Service }

// NewRoutes returns the routes over a service.
func NewRoutes(service *Service) *Routes { return &Routes{service} }

// me is what signed-in users see of themselves.
type me struct {
	UserID          string    `json:"userId"`
	Email           string    `json:"email"`
	Name            string    `json:"name"`
	Groups          []string  `json:"groups"`
	ShippingAddress *Address  `json:"shippingAddress,omitempty"`
	Version         int64     `json:"version"`
	CreatedAt       time.Time `json:"createdAt"`
	UpdatedAt       time.Time `json:"updatedAt"`
}

// myself is a profile with its entity tag. The groups are those of the token, since they are what counts until the next one.
func myself(user handler.User, p Profile, email string) *handler.Response {
	return handler.JSON(http.StatusOK, me{
		UserID: user.ID, Email: email, Name: p.Name, Groups: append([]string{}, user.Groups...), ShippingAddress: p.ShippingAddress,
		Version: p.Version, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}).WithETag(strconv.FormatInt(p.Version, 10))
}

// Me answers GET /users/me.
func (u *Routes) Me(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	user, err := r.User()
	if err != nil {
		return nil, err
	}
	profile, email, err := u.service.Me(ctx, user)
	if err != nil {
		return nil, err
	}
	return myself(user, profile, email), nil
}

// PutMe answers PUT /users/me. It needs If-Match, so that nobody overwrites what another device has just changed.
func (u *Routes) PutMe(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	user, err := r.User()
	if err != nil {
		return nil, err
	}
	condition, err := conditionOf(r)
	if err != nil {
		return nil, err
	}
	var draft Draft
	if err := r.Decode(&draft); err != nil {
		return nil, err
	}
	wanted, err := draft.Profile(user.ID, u.service.now())
	if err != nil {
		return nil, err
	}
	profile, email, err := u.service.Change(ctx, user, wanted, condition)
	if err != nil {
		return nil, err
	}
	handler.Logger(ctx).Info("profile changed", "userId", user.ID, "version", profile.Version)
	return myself(user, profile, email), nil
}

// DeleteMe answers DELETE /users/me.
func (u *Routes) DeleteMe(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	user, err := r.User()
	if err != nil {
		return nil, err
	}
	if err := u.service.Leave(ctx, user); err != nil {
		return nil, err
	}
	handler.Logger(ctx).Info("user deleted", "userId", user.ID)
	return handler.Empty(http.StatusNoContent), nil
}

// conditionOf reads which version a change is meant for. A change without any is refused: it could overwrite somebody else's unseen.
func conditionOf(r *handler.Request) (Condition, error) {
	match, err := r.ETags("If-Match")
	if err != nil {
		return Condition{}, err
	}
	none, err := r.ETags("If-None-Match")
	if err != nil {
		return Condition{}, err
	}
	switch {
	case none.Given():
		return Condition{}, fault.Invalid(fault.Field{Field: "If-None-Match", Message: "cannot be used here: everybody has a profile; send If-Match"})
	case match.Any:
		return IfExists(), nil
	case match.Given():
		return IfVersion(versionsOf(match)...), nil
	}
	return Condition{}, handler.NewProblem(http.StatusPreconditionRequired, `Send If-Match: "<version>" of the profile you mean.`)
}

// versionsOf returns the versions among entity tags. A tag that is none, or weak, matches nothing and is left out.
func versionsOf(tags handler.ETags) []int64 {
	var versions []int64
	for _, tag := range tags.Strong {
		if n, err := strconv.ParseInt(tag, 10, 64); err == nil && strconv.FormatInt(n, 10) == tag {
			versions = append(versions, n)
		}
	}
	return versions
}
