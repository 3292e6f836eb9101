package thirdparty

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/serverless-shop/serverless-shop/handler/handlertest"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

const notice = `{"id":"evt_1","type":"payment.captured","orderId":"o1","reference":"pay_1","more":true}`

func TestVerify(t *testing.T) {
	good := Sign("key", now, []byte(notice))
	for name, tt := range map[string]struct {
		header, body string
		err          error
	}{
		"genuine":             {good, notice, nil},
		"almost too old":      {Sign("key", now.Add(-Window), []byte(notice)), notice, nil},
		"with the old key":    {Sign("old", now, []byte(notice)), notice, nil},
		"with both keys":      {Sign("new", now, []byte(notice)) + "," + strings.Split(good, ",")[1], notice, nil},
		"with other members":  {good + ",v0=x, v2=y", notice, nil},
		"another body":        {good, notice + " ", errForged},
		"another key":         {Sign("guess", now, []byte(notice)), notice, errForged},
		"an empty key":        {Sign("", now, []byte(notice)), notice, errForged},
		"another time":        {strings.Replace(good, "t=1", "t=2", 1), notice, errForged},
		"too old":             {Sign("key", now.Add(-Window-time.Second), []byte(notice)), notice, errExpired},
		"from the future":     {Sign("key", now.Add(Window+time.Second), []byte(notice)), notice, errExpired},
		"none":                {"", notice, errMalformed},
		"no signature":        {"t=1", notice, errMalformed},
		"no hexadecimal":      {"t=1,v1=zz", notice, errMalformed},
		"too short":           {"t=1,v1=00", notice, errMalformed},
		"two times":           {good + ",t=5", notice, errMalformed},
		"too many signatures": {good + strings.Repeat(","+strings.Split(good, ",")[1], 5), notice, errMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, verify([]string{"key", "old", ""}, tt.header, []byte(tt.body), now), tt.err)
		})
	}
}

func TestVerify_AnyChangeIsNoticed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(t, "body")
		header := Sign("key", now, body)
		require.NoError(t, verify([]string{"key"}, header, body, now))
		i := rapid.IntRange(0, len(body)-1).Draw(t, "at")
		body[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		require.ErrorIs(t, verify([]string{"key"}, header, body, now), errForged)
	})
}

func TestVerify_NeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		header := rapid.OneOf(rapid.String(), rapid.StringMatching(`(t=[0-9]{0,25}|v1=[0-9a-f]{0,70}|,| )*`)).Draw(t, "header")
		require.Error(t, verify([]string{"key"}, header, []byte(notice), now))
	})
}

// seen is a Memory.
type seen map[string]bool

func (s seen) Remember(_ context.Context, sender, id string) (bool, error) {
	isNew := !s[sender+id]
	s[sender+id] = true
	return isNew, nil
}

func receiver(acted *[]Notice, fails error) *Receiver {
	r := NewReceiver("payments", keys("key"), seen{}, func(_ context.Context, n Notice) error {
		*acted = append(*acted, n)
		return fails
	})
	r.now = func() time.Time { return now }
	return r
}

func signed(body, key string) handlertest.Request {
	return handlertest.Request{Method: "POST", Body: body, Header: map[string]string{SignatureHeader: Sign(key, now, []byte(body))}}
}

func TestReceive_GenuineThenRepeated(t *testing.T) {
	var acted []Notice
	var log bytes.Buffer
	r := receiver(&acted, nil)
	for range 2 {
		request := signed(notice, "key")
		request.Log = &log
		got := handlertest.Do(t, r.Receive, request)
		require.Equal(t, 200, got.Status, got.Body)
	}
	require.Equal(t, Notice{ID: "evt_1", Type: "payment.captured", OrderID: "o1", Reference: "pay_1"}, acted[0])
	require.Equal(t, 1, strings.Count(log.String(), "webhook repeated, ignored"))
}

func TestReceive_AnyEncodingOfTheSameBytes(t *testing.T) {
	var acted []Notice
	for _, rest := range []bool{false, true} {
		request := signed(notice, "key")
		request.Base64, request.REST = true, rest
		require.Equal(t, 200, handlertest.Do(t, receiver(&acted, nil).Receive, request).Status)
	}
	require.Len(t, acted, 2)
}

func TestReceive_RefusedAndLogged(t *testing.T) {
	var acted []Notice
	unsigned := signed(notice, "key")
	unsigned.Header = nil
	for name, request := range map[string]handlertest.Request{"forged": signed(notice, "guess"), "unsigned": unsigned} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			request.Log = &log
			got := handlertest.Do(t, receiver(&acted, nil).Receive, request)
			got.Problem(t, 401)
			require.Contains(t, log.String(), "webhook refused")
			require.NotContains(t, got.Body, "forged")
		})
	}
	require.Empty(t, acted)
}

func TestReceive_SignedNonsense(t *testing.T) {
	var acted []Notice
	for _, body := range []string{`[]`, `{}`, `{"id":"a b","type":"x","orderId":"o"}`, `{"id":"a","type":"x","orderId":"o 1"}`, `{"id":"` + strings.Repeat("x", 65) + `","type":"x","orderId":"o"}`} {
		handlertest.Do(t, receiver(&acted, nil).Receive, signed(body, "key")).Problem(t, 400)
	}
	require.Empty(t, acted)
}

func TestReceive_ComesAgainAfterAFailure(t *testing.T) {
	var acted []Notice
	r := receiver(&acted, errors.New("queue is away"))
	handlertest.Do(t, r.Receive, signed(notice, "key")).Problem(t, 500)
	require.Empty(t, r.memory, "what was not dealt with is not remembered")
}

// fakePut is a table.
type fakePut struct {
	items map[string]map[string]types.AttributeValue
	err   error
}

func (f *fakePut) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if f.err != nil {
		return nil, f.err
	}
	id := in.Item["noticeId"].(*types.AttributeValueMemberS).Value
	if f.items[id] != nil {
		return nil, &types.ConditionalCheckFailedException{}
	}
	f.items[id] = in.Item
	return &dynamodb.PutItemOutput{}, nil
}

func TestTable_Remembers(t *testing.T) {
	fake := &fakePut{items: map[string]map[string]types.AttributeValue{}}
	table := NewTable(fake, "notices")
	table.now = func() time.Time { return now }
	for i, want := range []bool{true, false, false} {
		isNew, err := table.Remember(t.Context(), "payments", "evt_1")
		require.NoError(t, err)
		require.Equal(t, want, isNew, i)
	}
	isNew, err := table.Remember(t.Context(), "carrier", "evt_1")
	require.NoError(t, err)
	require.True(t, isNew, "another sender's ids are its own")
	require.Equal(t, "1767927845", fake.items["payments#evt_1"]["expiresAt"].(*types.AttributeValueMemberN).Value)
	fake.err = errors.New("throttled")
	_, err = table.Remember(t.Context(), "payments", "evt_2")
	require.ErrorIs(t, err, fake.err)
}
