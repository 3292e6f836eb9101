package users

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Registrar registers users who have signed up. It is the user pool's post-confirmation trigger.
type Registrar struct {
	profiles  Profiles
	directory func(poolID string) Directory
}

// NewRegistrar returns the registrar. The directory is that of the pool which calls: the trigger exists before its pool, and learns from each
// event which one it is.
func NewRegistrar(profiles Profiles, directory func(poolID string) Directory) *Registrar {
	return &Registrar{profiles, directory}
}

// signedUp is the trigger source of a sign-up. The other one, PostConfirmation_ConfirmForgotPassword, is about users who are registered.
const signedUp = "PostConfirmation_ConfirmSignUp"

// OnConfirmed registers a customer. Cognito wants its event back as the answer.
//
// It answers well even if it fails, and leaves an error in the log: to Cognito the user is confirmed in any case, and would only be
// shown a failure of something that [Service.Me] makes good for at the first use of the shop.
func (r *Registrar) OnConfirmed(ctx context.Context, e events.CognitoEventUserPoolsPostConfirmation) (events.CognitoEventUserPoolsPostConfirmation, error) {
	if e.TriggerSource != signedUp {
		return e, nil
	}
	attributes := e.Request.UserAttributes
	account := accountOf(e.UserName, attributes)
	if account.UserID == "" || account.Username == "" {
		return e, fmt.Errorf("registering a user: the event of pool %s has userName %q and sub %q, want both", e.UserPoolID, e.UserName, account.UserID)
	}
	if _, err := NewService(r.profiles, r.directory(e.UserPoolID)).Register(ctx, account, CustomerGroup); err != nil {
		handler.Logger(ctx).Error("the user is registered at first use, since it failed at sign-up", "userId", account.UserID, "error", err)
	}
	return e, nil
}

// Channel is where events are published.
type Channel interface {
	// Publish sends events. If it fails, some may have been sent.
	Publish(ctx context.Context, events ...handler.Event) error
}

// Publisher tells everybody else who came and who left. It reads the stream of the profiles' table, so that exactly what is recorded is
// published, at least once.
type Publisher struct{ channel Channel }

// NewPublisher returns the publisher to a channel.
func NewPublisher(channel Channel) *Publisher { return &Publisher{channel} }

// OnChange publishes what a change of a profile means: that the user registered, or was deleted. Others mean nothing to others.
func (p *Publisher) OnChange(ctx context.Context, c handler.Change) error {
	if c.New == nil {
		return nil // a mark was forgotten
	}
	r, err := recordOf(c.New)
	if err != nil {
		return err
	}
	about := event.NewMeta(r.CorrelationID, r.CorrelationID)
	switch {
	case r.DeletedAt != "":
		return p.publish(ctx, r.UserID+"-deleted", r.DeletedAt, event.UserDeleted{Meta: about, UserID: r.UserID})
	case c.Kind == handler.Insert:
		return p.publish(ctx, r.UserID+"-registered", r.CreatedAt, event.UserRegistered{Meta: about, UserID: r.UserID})
	}
	return nil
}

func (p *Publisher) publish(ctx context.Context, id, at string, detail event.Detail) error {
	when, err := time.Parse(timeLayout, at)
	if err != nil {
		return fmt.Errorf("publishing %q of the stored user %s: %w", event.Name(detail), id, err)
	}
	e, err := event.New(id, when, detail)
	if err != nil {
		return err
	}
	return p.channel.Publish(ctx, e)
}

// OnDeleted finishes what the request to delete a user began, if it was cut off: it hears of every [event.UserDeleted]. It can be repeated.
func (s *Service) OnDeleted(ctx context.Context, e handler.Event) error {
	deleted, err := event.ParseUserDeleted(e)
	if err != nil {
		return fmt.Errorf("deleting a user: %w", err)
	}
	username, err := s.profiles.Closed(ctx, deleted.UserID)
	if errors.Is(err, fault.ErrNotFound) {
		return nil // so long ago that the mark is forgotten: somebody replays the archive
	}
	if err != nil {
		return err
	}
	return s.expel(ctx, username)
}
