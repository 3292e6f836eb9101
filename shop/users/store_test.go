package users

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/attr"
)

var home = Address{Name: "Ann Lee", Street: "Kai 1", City: "Kiel", Postcode: "24103", Country: "DE"}

func profileOfAnn() Profile {
	return Profile{UserID: annID, Name: "Ann", CreatedAt: noon, UpdatedAt: noon}
}

// testProfiles checks what every Profiles promises, on one without any.
func testProfiles(t *testing.T, profiles Profiles) {
	t.Helper()
	ctx := context.Background()
	_, err := profiles.Get(ctx, annID)
	require.ErrorIs(t, err, fault.ErrNotFound)
	_, err = profiles.Closed(ctx, annID)
	require.ErrorIs(t, err, fault.ErrNotFound)
	for _, condition := range []Condition{IfExists(), IfVersion(0), IfVersion(1), IfVersion(), {}} {
		_, err = profiles.Update(ctx, profileOfAnn(), condition)
		require.ErrorIs(t, err, fault.ErrPrecondition, "%+v", condition)
	}

	created, err := profiles.Create(ctx, profileOfAnn())
	require.NoError(t, err)
	want := profileOfAnn()
	want.Version = 1
	require.Equal(t, want, created)
	again := profileOfAnn()
	again.Name = "Somebody else"
	created, err = profiles.Create(ctx, again)
	require.NoError(t, err)
	require.Equal(t, want, created, "what is there stays")

	changed := profileOfAnn()
	changed.Name, changed.ShippingAddress = "Ann Lee", &home
	changed.CreatedAt, changed.UpdatedAt = noon.Add(time.Hour), noon.Add(time.Hour)
	for _, condition := range []Condition{IfVersion(0), IfVersion(2, 3), IfVersion(), {}} {
		_, err = profiles.Update(ctx, changed, condition)
		require.ErrorIs(t, err, fault.ErrPrecondition, "%+v", condition)
		require.ErrorContains(t, err, `"1"`, "the error tells the version")
	}
	updated, err := profiles.Update(ctx, changed, IfVersion(7, 1))
	require.NoError(t, err)
	want = changed
	want.Version, want.CreatedAt = 2, noon
	require.Equal(t, want, updated, "createdAt is kept")
	got, err := profiles.Get(ctx, annID)
	require.NoError(t, err)
	require.Equal(t, want, got)

	changed.ShippingAddress, changed.UpdatedAt = nil, noon.Add(2*time.Hour)
	updated, err = profiles.Update(ctx, changed, IfExists())
	require.NoError(t, err)
	require.Nil(t, updated.ShippingAddress)
	require.Equal(t, int64(3), updated.Version)

	_, err = profiles.Create(ctx, Profile{UserID: bobID, CreatedAt: noon, UpdatedAt: noon})
	require.NoError(t, err)
	require.NoError(t, profiles.Close(ctx, noneID, "google_4711", noon), "who never came can leave")
	names, err := profiles.Names(ctx, []string{annID, bobID, noneID, adminID})
	require.NoError(t, err)
	require.Equal(t, map[string]string{annID: "Ann Lee", bobID: ""}, names)

	for range 2 {
		require.NoError(t, profiles.Close(ctx, annID, annID, noon))
		_, err = profiles.Get(ctx, annID)
		require.ErrorIs(t, err, ErrClosed)
		_, err = profiles.Create(ctx, profileOfAnn())
		require.ErrorIs(t, err, ErrClosed, "nobody comes back")
		for _, condition := range []Condition{IfExists(), IfVersion(3), {}} {
			_, err = profiles.Update(ctx, changed, condition)
			require.ErrorIs(t, err, ErrClosed)
		}
		username, err := profiles.Closed(ctx, annID)
		require.NoError(t, err)
		require.Equal(t, annID, username)
	}
	username, err := profiles.Closed(ctx, noneID)
	require.NoError(t, err)
	require.Equal(t, "google_4711", username)
	_, err = profiles.Closed(ctx, bobID)
	require.ErrorIs(t, err, fault.ErrNotFound)
}

func TestTable(t *testing.T) { testProfiles(t, newShop(t).service.profiles) }

func TestClose_KeepsNothingOfThePerson(t *testing.T) {
	s := newShop(t)
	p := profileOfAnn()
	p.ShippingAddress = &home
	_, err := s.service.profiles.Create(t.Context(), p)
	require.NoError(t, err)
	require.NoError(t, s.service.profiles.Close(t.Context(), annID, annID, noon))
	require.Equal(t, map[string]types.AttributeValue{
		"userId": attr.Text(annID), "username": attr.Text(annID), "deletedAt": attr.Text("2026-03-01T12:00:00.000Z"), "correlationId": attr.Text(""),
		"expiresAt": attr.Expiry(noon.AddDate(0, 0, 30)),
	}, s.dynamo.items[annID])
}

func TestTable_RecognisesItsOwnWriteWhenTheAnswerWasLost(t *testing.T) {
	s := newShop(t)
	profiles := s.service.profiles
	s.dynamo.loseAnswer = true
	created, err := profiles.Create(t.Context(), profileOfAnn())
	require.NoError(t, err)
	require.Equal(t, int64(1), created.Version)
	for i, address := range []*Address{&home, nil} {
		changed := profileOfAnn()
		changed.ShippingAddress, changed.UpdatedAt = address, noon.Add(time.Duration(i+1)*time.Minute)
		s.dynamo.loseAnswer = true
		updated, err := profiles.Update(t.Context(), changed, IfVersion(int64(i+1)))
		require.NoError(t, err)
		require.Equal(t, int64(i+2), updated.Version)
	}
	s.dynamo.loseAnswer = true
	require.NoError(t, profiles.Close(t.Context(), annID, annID, noon))
}

func TestTable_SaysWhatFailed(t *testing.T) {
	s := newShop(t)
	profiles := s.service.profiles
	s.err = errors.New("no route to host")
	_, err := profiles.Get(t.Context(), "u1")
	require.EqualError(t, err, `getting user "u1": no route to host`)
	_, err = profiles.Create(t.Context(), Profile{UserID: "u1"})
	require.EqualError(t, err, `creating the profile of user "u1": no route to host`)
	_, err = profiles.Update(t.Context(), Profile{UserID: "u1"}, IfExists())
	require.EqualError(t, err, `changing the profile of user "u1": no route to host`)
	require.EqualError(t, profiles.Close(t.Context(), "u1", "u1", noon), `marking user "u1" as deleted: no route to host`)
	_, err = profiles.Names(t.Context(), []string{"u1"})
	require.EqualError(t, err, `getting the names of 1 users: no route to host`)
	_, err = profiles.Names(t.Context(), nil)
	require.ErrorContains(t, err, "want 1–100")

	s.err = nil
	s.dynamo.items["bad"] = key("bad")
	_, err = profiles.Get(t.Context(), "bad")
	require.ErrorContains(t, err, `reading the stored user "bad"`)
	s.dynamo.busy = true
	_, err = profiles.Names(t.Context(), []string{"u1"})
	require.ErrorIs(t, err, fault.ErrUnavailable)
}
