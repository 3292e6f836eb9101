package users

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
	"github.com/serverless-shop/serverless-shop/shop/attr"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// deleted is the event that somebody left.
func deleted(t *testing.T, userID string) handler.Event {
	t.Helper()
	e, err := event.New(userID+"-deleted", noon, event.UserDeleted{Meta: event.NewMeta("c1", "c1"), UserID: userID})
	require.NoError(t, err)
	return e
}

// confirmed is Cognito's event of a sign-up, as the developer guide shows it.
func confirmed(source, userName, sub string) string {
	return `{"version":"1","triggerSource":"` + source + `","region":"eu-central-1","userPoolId":"pool-1","userName":"` + userName + `",
		"callerContext":{"awsSdkVersion":"aws-sdk-js-3","clientId":"client-1"},
		"request":{"userAttributes":{"sub":"` + sub + `","email":"ann@shop.example","name":"Ann","cognito:user_status":"CONFIRMED"}},"response":{}}`
}

// trigger calls the registrar as Cognito does, and requires that it answers with its own event.
func trigger(t *testing.T, s *shop, payload string) (log string) {
	t.Helper()
	var lines bytes.Buffer
	registrar := NewRegistrar(s.service.profiles, func(id string) Directory { return NewUserPool(s.cognito, id) })
	answer, err := handler.Task(slog.New(slog.NewJSONHandler(&lines, nil)), registrar.OnConfirmed).Invoke(t.Context(), []byte(payload))
	require.NoError(t, err)
	var e, back events.CognitoEventUserPoolsPostConfirmation
	require.NoError(t, json.Unmarshal([]byte(payload), &e))
	require.NoError(t, json.Unmarshal(answer, &back))
	require.Equal(t, e, back)
	return lines.String()
}

func TestOnConfirmed_MakesACustomer(t *testing.T) {
	s := newShop(t)
	s.ann.groups = nil
	for range 2 {
		require.NotContains(t, trigger(t, s, confirmed("PostConfirmation_ConfirmSignUp", annID, annID)), "ERROR")
	}
	require.Equal(t, []string{CustomerGroup}, s.ann.groups)
	profile, err := s.service.profiles.Get(t.Context(), annID)
	require.NoError(t, err)
	require.Equal(t, "Ann", profile.Name)
	require.Equal(t, []string{"User Registered: " + annID + "-registered"}, s.published(t))
}

func TestOnConfirmed_HearsOfSignUpsOnly(t *testing.T) {
	s := newShop(t)
	trigger(t, s, confirmed("PostConfirmation_ConfirmForgotPassword", annID, annID))
	require.Zero(t, s.total)
}

func TestOnConfirmed_DoesNotFailASignUp(t *testing.T) {
	s := newShop(t)
	s.ann.groups = nil
	s.err = errors.New("throttled")
	require.Contains(t, trigger(t, s, confirmed("PostConfirmation_ConfirmSignUp", annID, annID)), "ERROR")
	s.err = nil
	require.Equal(t, 200, handlertest.Do(t, s.routes.Me, handlertest.Request{}.Signed(annID)).Status)
	require.Equal(t, []string{CustomerGroup}, s.ann.groups, "the first use makes good for it")
}

func TestOnConfirmed_RefusesWhatIsNoEventOfAUser(t *testing.T) {
	registrar := NewRegistrar(nil, nil)
	_, err := registrar.OnConfirmed(t.Context(), events.CognitoEventUserPoolsPostConfirmation{
		CognitoEventUserPoolsHeader: events.CognitoEventUserPoolsHeader{TriggerSource: signedUp, UserPoolID: "pool-1"},
	})
	require.ErrorContains(t, err, `userName "" and sub ""`)
}

func TestPublisher(t *testing.T) {
	s := newShop(t)
	ctx := handler.WithCorrelationID(t.Context(), "c1")
	_, err := s.service.profiles.Create(ctx, profileOfAnn())
	require.NoError(t, err)
	_, err = s.service.profiles.Update(ctx, profileOfAnn(), IfVersion(1))
	require.NoError(t, err)
	require.NoError(t, s.service.profiles.Close(handler.WithCorrelationID(ctx, "c2"), annID, annID, noon.Add(1)))
	channel := &fakeChannel{}
	publish := handler.StreamConsumer(slog.New(slog.DiscardHandler), NewPublisher(channel).OnChange)
	payload := handlertest.Stream(t, append(s.dynamo.changes, handler.Change{ID: "9", Kind: handler.Remove, Keys: key(annID), Old: s.dynamo.items[annID]})...)
	require.Empty(t, handlertest.Failures(t, publish, payload))
	require.Len(t, channel.events, 2)
	for i, want := range []event.Detail{
		event.UserRegistered{Meta: event.NewMeta("c1", "c1"), UserID: annID}, event.UserDeleted{Meta: event.NewMeta("c2", "c2"), UserID: annID},
	} {
		e := channel.events[i]
		require.Equal(t, noon, e.Time)
		got, err := event.Parse(e)
		require.NoError(t, err)
		require.Equal(t, event.Name(want), e.Type)
		require.Equal(t, want.About().CorrelationID, got.About().CorrelationID)
	}

	channel.err = errors.New("bus away")
	require.Len(t, handlertest.Failures(t, publish, payload), 1, "all from there on comes again")
}

func TestPublisher_FailsOnWhatItCannotRead(t *testing.T) {
	channel := &fakeChannel{}
	for name, item := range map[string]map[string]types.AttributeValue{
		"without time": key(annID),
		"wrong type":   {attrID: attr.Text(annID), "version": attr.Text("one")},
	} {
		err := NewPublisher(channel).OnChange(t.Context(), handler.Change{ID: "1", Kind: handler.Insert, New: item})
		require.ErrorContains(t, err, "the stored user", name)
	}
	require.Empty(t, channel.events)
}

func TestOnDeleted(t *testing.T) {
	s := newShop(t)
	require.NoError(t, s.service.OnDeleted(t.Context(), deleted(t, annID)), "an event from the archive, of a mark that is forgotten")
	require.Contains(t, s.cognito.members, s.ann, "without a mark nobody is deleted")

	require.NoError(t, s.service.profiles.Close(t.Context(), annID, annID, noon))
	for range 2 {
		require.NoError(t, s.service.OnDeleted(t.Context(), deleted(t, annID)))
		require.NotContains(t, s.cognito.members, s.ann)
	}
	s.err = errors.New("throttled")
	require.ErrorContains(t, s.service.OnDeleted(t.Context(), deleted(t, annID)), "throttled", "it comes again")

	registered, err := event.New("1", noon, event.UserRegistered{UserID: annID})
	require.NoError(t, err)
	require.ErrorContains(t, s.service.OnDeleted(t.Context(), registered), "want \"User Deleted\"")
	require.ErrorContains(t, s.service.OnDeleted(t.Context(), deleted(t, "")), "of nobody")
	require.Error(t, s.service.OnDeleted(t.Context(), handler.Event{ID: "1", Type: "Nonsense"}))
}
