package users

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// Service is what can be done with users, over their profiles and the directory.
type Service struct {
	profiles  Profiles
	directory Directory
	now       func() time.Time
}

// NewService returns the service.
func NewService(profiles Profiles, directory Directory) *Service {
	return &Service{profiles: profiles, directory: directory, now: time.Now}
}

// Register welcomes a user: into these groups, and with a profile. It can be repeated; a profile that is there stays as it is.
// Error: ErrClosed.
func (s *Service) Register(ctx context.Context, a Account, groups ...string) (Profile, error) {
	for _, group := range groups {
		if err := s.directory.Join(ctx, a.Username, group); err != nil {
			return Profile{}, err
		}
	}
	now := milliseconds(s.now())
	return s.profiles.Create(ctx, Profile{UserID: a.UserID, Name: presentable(a.Name), CreatedAt: now, UpdatedAt: now})
}

// Me returns the signed-in user's profile and e-mail address. Whom nobody has registered, since an administrator or an identity provider
// made the account or the trigger of the sign-up failed, is registered now; who is in no group becomes a customer.
//
// Error: fault.ErrUnauthenticated if the user does not exist any more, in which case the token, though valid for a while, is nobody's.
func (s *Service) Me(ctx context.Context, user handler.User) (Profile, string, error) {
	profile, err := s.profiles.Get(ctx, user.ID)
	unknown := errors.Is(err, fault.ErrNotFound)
	if err != nil && !unknown {
		return Profile{}, "", gone(err)
	}
	if !unknown && user.Email != "" {
		return profile, user.Email, nil
	}
	// Cognito's access tokens do not carry the e-mail address. That the account still is there must be known before a profile is made.
	contact, err := s.directory.Contact(ctx, user.Username)
	if err != nil {
		return Profile{}, "", err
	}
	if unknown {
		var groups []string
		if len(user.Groups) == 0 {
			groups = []string{CustomerGroup}
		}
		profile, err = s.Register(ctx, Account{UserID: user.ID, Username: user.Username, Name: contact.Name}, groups...)
	}
	return profile, contact.Email, gone(err)
}

// Change changes the signed-in user's profile, and returns it and the e-mail address. Errors: those of [Service.Me], fault.ErrPrecondition.
func (s *Service) Change(ctx context.Context, user handler.User, p Profile, condition Condition) (Profile, string, error) {
	email := user.Email
	if email == "" {
		contact, err := s.directory.Contact(ctx, user.Username)
		if err != nil {
			return Profile{}, "", err
		}
		email = contact.Email
	}
	changed, err := s.profiles.Update(ctx, p, condition)
	return changed, email, gone(err)
}

// gone makes of "there is no such user" what it means to the user.
func gone(err error) error {
	if errors.Is(err, ErrClosed) || errors.Is(err, fault.ErrNotFound) {
		return errGone()
	}
	return err
}

// Leave deletes the signed-in user. Administrators cannot leave as long as they are, so that the shop is never without one.
// Error: fault.ErrConflict.
func (s *Service) Leave(ctx context.Context, user handler.User) error {
	if user.In(AdminGroup) {
		return fault.New(fault.ErrConflict, "Administrators cannot delete their own account. Have another administrator do it.")
	}
	return s.erase(ctx, user.ID, user.Username)
}

// erase deletes a user. The mark comes first, and decides: from then on the user has left, and everybody is told. What crashes after it is
// finished by whoever comes next, the same request again or [Service.OnDeleted].
func (s *Service) erase(ctx context.Context, userID, username string) error {
	if err := s.profiles.Close(ctx, userID, username, milliseconds(s.now())); err != nil {
		return err
	}
	return s.expel(ctx, username)
}

func (s *Service) expel(ctx context.Context, username string) error {
	if err := s.directory.SignOut(ctx, username); err != nil {
		return err
	}
	return s.directory.Remove(ctx, username)
}

// User is what administrators see of a user.
type User struct {
	Account
	// Groups are what the user may do; nil where they were not asked for.
	Groups []string
}

// List returns a page of all users, without their groups.
func (s *Service) List(ctx context.Context, limit int, from string) ([]User, string, error) {
	page, err := s.directory.List(ctx, limit, from)
	if err != nil || len(page.Accounts) == 0 {
		return []User{}, page.Next, err
	}
	ids := make([]string, len(page.Accounts))
	for i, account := range page.Accounts {
		ids[i] = account.UserID
	}
	names, err := s.profiles.Names(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	users := make([]User, len(page.Accounts))
	for i, account := range page.Accounts {
		account.Name = presentable(account.Name)
		if name, has := names[account.UserID]; has {
			account.Name = name
		}
		users[i] = User{Account: account}
	}
	return users, page.Next, nil
}

// Get returns a user. Error: fault.ErrNotFound.
func (s *Service) Get(ctx context.Context, userID string) (User, error) {
	account, err := s.find(ctx, userID)
	if err != nil {
		return User{}, err
	}
	groups, err := s.directory.Groups(ctx, account.Username)
	return User{Account: account, Groups: groups}, err
}

// find returns the account of a user who has not left, under the name of the profile.
func (s *Service) find(ctx context.Context, userID string) (Account, error) {
	if !isUserID(userID) {
		return Account{}, notFound(userID)
	}
	account, err := s.directory.Find(ctx, userID)
	if err != nil {
		return Account{}, err
	}
	account.Name = presentable(account.Name)
	profile, err := s.profiles.Get(ctx, userID)
	switch {
	case errors.Is(err, ErrClosed):
		return Account{}, notFound(userID)
	case err == nil:
		account.Name = profile.Name
	case !errors.Is(err, fault.ErrNotFound):
		return Account{}, err
	}
	return account, nil
}

// Invite creates a user, who gets an invitation by e-mail. Errors: fault.ErrInvalid, fault.ErrConflict if the address is taken, and those
// of [Service.authorise]. If it fails after the user was created, the user is there all the same: in the list, without groups that
// [Service.SetGroups] can give, and registered at first use.
func (s *Service) Invite(ctx context.Context, admin handler.User, invitation Invitation) (User, error) {
	email, name, groups, err := invitation.check()
	if err != nil {
		return User{}, err
	}
	if err := s.authorise(ctx, admin); err != nil {
		return User{}, err
	}
	account, err := s.directory.Invite(ctx, email, name)
	if err != nil {
		return User{}, err
	}
	if _, err := s.Register(ctx, account, groups...); err != nil {
		return User{}, err
	}
	return User{Account: account, Groups: groups}, nil
}

// authorise lets only those pass who are administrators at this moment. A token outlives a change of groups by up to a day, and
// who was an administrator must not use it to become one again.
func (s *Service) authorise(ctx context.Context, admin handler.User) error {
	groups, err := s.directory.Groups(ctx, admin.Username)
	if err != nil {
		return gone(err)
	}
	if !slices.Contains(groups, AdminGroup) {
		return fault.New(fault.ErrForbidden, "You are not an administrator any more.")
	}
	return nil
}

// SetGroups changes what a user may do, from the user's next token on. Groups that are not the shop's, such as those that the user pool
// makes for identity providers, stay as they are. It can be repeated.
//
// Errors: fault.ErrNotFound, fault.ErrConflict if administrators would take the right from themselves, and those of [Service.authorise].
func (s *Service) SetGroups(ctx context.Context, admin handler.User, userID string, wanted []string) (User, error) {
	if err := s.authorise(ctx, admin); err != nil {
		return User{}, err
	}
	if userID == admin.ID && !slices.Contains(wanted, AdminGroup) {
		return User{}, fault.New(fault.ErrConflict, "Administrators cannot take this right from themselves. Have another administrator do it.")
	}
	account, err := s.find(ctx, userID)
	if err != nil {
		return User{}, err
	}
	current, err := s.directory.Groups(ctx, account.Username)
	if err != nil {
		return User{}, err
	}
	for _, group := range groups {
		is, shall := slices.Contains(current, group), slices.Contains(wanted, group)
		switch {
		case shall && !is:
			err = s.directory.Join(ctx, account.Username, group)
		case is && !shall:
			err = s.directory.Leave(ctx, account.Username, group)
		}
		if err != nil {
			return User{}, err
		}
	}
	return User{Account: account, Groups: wanted}, nil
}

// Delete deletes a user. Errors: fault.ErrNotFound, fault.ErrConflict if administrators want to delete themselves, and those of
// [Service.authorise]. What failed halfway can be repeated.
func (s *Service) Delete(ctx context.Context, admin handler.User, userID string) error {
	if err := s.authorise(ctx, admin); err != nil {
		return err
	}
	if !isUserID(userID) {
		return notFound(userID)
	}
	if userID == admin.ID {
		return fault.New(fault.ErrConflict, "Administrators cannot delete their own account. Have another administrator do it.")
	}
	account, err := s.directory.Find(ctx, userID)
	if errors.Is(err, fault.ErrNotFound) {
		// Somebody may have deleted the account behind the shop's back, in the user pool itself. The profile is still to be deleted then.
		if _, err := s.profiles.Get(ctx, userID); errors.Is(err, ErrClosed) {
			return notFound(userID)
		} else if err != nil {
			return err
		}
		return s.profiles.Close(ctx, userID, userID, milliseconds(s.now()))
	}
	if err != nil {
		return err
	}
	return s.erase(ctx, userID, account.Username)
}
