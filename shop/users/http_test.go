package users

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler/handlertest"
)

var (
	ann   = handlertest.Request{}.Signed(annID, CustomerGroup)
	admin = handlertest.Request{}.Signed(adminID, AdminGroup)
)

const annBody = `{"userId":"` + annID + `","email":"ann@shop.example","name":"Ann","groups":["customer"],` +
	`"version":1,"createdAt":"2026-03-01T12:00:00Z","updatedAt":"2026-03-01T12:00:00Z"}`

func TestMe_MakesTheProfileAtFirstUse(t *testing.T) {
	s := newShop(t)
	for range 2 {
		got := handlertest.Do(t, s.routes.Me, ann)
		require.Equal(t, 200, got.Status, got.Body)
		require.JSONEq(t, annBody, got.Body)
		require.Equal(t, `"1"`, got.Header["ETag"])
		require.Equal(t, "no-store", got.Header["Cache-Control"])
	}
	require.Equal(t, 1, s.made["PutItem"])
	require.Equal(t, []string{"User Registered: " + annID + "-registered"}, s.published(t))
}

func TestMe_PutsIntoTheGroupOfCustomersWhoIsInNone(t *testing.T) {
	s := newShop(t)
	s.ann.groups = nil
	got := handlertest.Do(t, s.routes.Me, handlertest.Request{}.Signed(annID))
	require.Equal(t, 200, got.Status)
	require.Contains(t, got.Body, `"groups":[]`, "the token's")
	require.Equal(t, []string{CustomerGroup}, s.ann.groups)
	require.Equal(t, 200, handlertest.Do(t, s.routes.Me, admin).Status)
	require.Equal(t, []string{AdminGroup}, s.admin.groups)
}

func TestMe_AsksTheDirectoryOnlyWhatNobodyElseKnows(t *testing.T) {
	s := newShop(t)
	id := handlertest.Request{Claims: map[string]any{"sub": annID, "cognito:username": annID, "email": "ann@shop.example"}}
	require.Equal(t, 200, handlertest.Do(t, s.routes.Me, id).Status)
	require.Equal(t, 1, s.made["AdminGetUser"], "before a profile is made")
	require.Equal(t, 200, handlertest.Do(t, s.routes.Me, id).Status)
	require.Equal(t, 1, s.made["AdminGetUser"])
}

func TestMe_ShowsOnlyPresentableNames(t *testing.T) {
	for given, want := range map[string]string{
		"\x00 Ann \u00c5\nLee\x00": "Ann \u00c5Lee", "": "", "\x1b[31m": "[31m", strings.Repeat("ö", 200): strings.Repeat("ö", MaxName), "\xff": "",
	} {
		s := newShop(t)
		s.ann.attributes["name"] = given
		var got me
		handlertest.Do(t, s.routes.Me, ann).JSON(t, &got)
		require.Equal(t, want, got.Name)
	}
	s := newShop(t)
	delete(s.ann.attributes, "name")
	s.ann.attributes["given_name"], s.ann.attributes["family_name"] = "Ann", "Lee"
	require.Contains(t, handlertest.Do(t, s.routes.Me, ann).Body, `"name":"Ann Lee"`)
}

func TestMe_Refuses(t *testing.T) {
	for name, tt := range map[string]struct {
		request handlertest.Request
		prepare func(*shop)
		status  int
	}{
		"nobody signed in": {handlertest.Request{}, func(*shop) {}, 401},
		"unknown user":     {handlertest.Request{}.Signed(noneID), func(*shop) {}, 401},
		"disabled user":    {ann, func(s *shop) { s.ann.disabled = true }, 401},
		"failure":          {ann, func(s *shop) { s.err = errors.New("secret internals") }, 500},
		"throttled":        {ann, func(s *shop) { s.err = &cognitotypes.TooManyRequestsException{} }, 503},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			tt.prepare(s)
			tt.request.Header = map[string]string{"If-Match": "*"}
			got := handlertest.Do(t, s.routes.Me, tt.request)
			got.Problem(t, tt.status)
			require.NotContains(t, got.Body, "secret internals")
			tt.request.Body = `{"name":"Ann"}`
			got = handlertest.Do(t, s.routes.PutMe, tt.request)
			got.Problem(t, tt.status)
			require.NotContains(t, got.Body, "secret internals")
			require.Empty(t, s.dynamo.items)
		})
	}
}

// put is a change of Ann's profile.
func put(ifMatch, body string) handlertest.Request {
	r := ann
	r.Method, r.Body, r.Header = "PUT", body, map[string]string{"If-Match": ifMatch}
	return r
}

const homeJSON = `{"name":" Ann Lee ","street":"Kai 1","city":"Kiel","postcode":"24103","country":"DE"}`

func TestPutMe(t *testing.T) {
	s := newShop(t)
	handlertest.Do(t, s.routes.Me, ann)
	s.clock = noon.Add(time.Hour)
	got := handlertest.Do(t, s.routes.PutMe, put(`"1"`, `{"name":" Änn ","shippingAddress":`+homeJSON+`}`))
	require.Equal(t, 200, got.Status, got.Body)
	require.JSONEq(t, `{"userId":"`+annID+`","email":"ann@shop.example","name":"Änn","groups":["customer"],"shippingAddress":`+
		strings.ReplaceAll(homeJSON, " Ann Lee ", "Ann Lee")+`,"version":2,"createdAt":"2026-03-01T12:00:00Z","updatedAt":"2026-03-01T13:00:00Z"}`, got.Body)
	require.Equal(t, `"2"`, got.Header["ETag"])
	require.Equal(t, got.Body, handlertest.Do(t, s.routes.Me, ann).Body)

	handlertest.Do(t, s.routes.PutMe, put(`"1"`, `{"name":"Ann"}`)).Problem(t, 412)
	s.clock = noon.Add(2 * time.Hour)
	got = handlertest.Do(t, s.routes.PutMe, put(`*`, `{"name":"Ann"}`))
	require.Equal(t, 200, got.Status)
	require.NotContains(t, got.Body, "shippingAddress", "what is not given is removed")
	require.Len(t, s.published(t), 1, "a change is nobody else's business")
}

func TestPutMe_RefusesHostileInput(t *testing.T) {
	s := newShop(t)
	handlertest.Do(t, s.routes.Me, ann)
	address := func(field, value string) string {
		a := map[string]string{"name": "Ann", "street": "Kai 1", "city": "Kiel", "postcode": "24103", "country": "DE"}
		a[field] = value
		return fmt.Sprintf(`{"name":"Ann","shippingAddress":{"name":%q,"street":%q,"city":%q,"postcode":%q,"country":%q}}`,
			a["name"], a["street"], a["city"], a["postcode"], a["country"])
	}
	for body, field := range map[string]string{
		`{}`:                      "name",
		`{"name":""}`:             "name",
		`{"name":"   "}`:          "name",
		`{"name":null}`:           "name",
		`{"name":7}`:              "name",
		`{"name":["Ann"]}`:        "name",
		`{"name":"a\u0000b"}`:     "name",
		`{"name":"a\nb"}`:         "name",
		`{"name":"a\u001b[31mb"}`: "name",
		`{"name":"\ufffd"}`:       "name",
		`{"name":"` + strings.Repeat("x", 121) + `"}`:    "name",
		`{"name":"Ann","email":"eve@shop.example"}`:      "email",
		`{"name":"Ann","groups":["admin"]}`:              "groups",
		`{"name":"Ann","userId":"` + bobID + `"}`:        "userId",
		`{"name":"Ann","version":9}`:                     "version",
		`{"name":"Ann","name":"Eve"}`:                    "name",
		`{"name":"Ann","shippingAddress":null}`:          "shippingAddress",
		`{"name":"Ann","shippingAddress":"Kiel"}`:        "shippingAddress",
		`{"name":"Ann","shippingAddress":{}}`:            "shippingAddress.street",
		`{"name":"Ann","shippingAddress":{"phone":"1"}}`: "shippingAddress.phone",
		address("name", ""):                              "shippingAddress.name",
		address("street", strings.Repeat("x", 121)):      "shippingAddress.street",
		address("city", "Ki\tel"):                        "shippingAddress.city",
		address("postcode", "123456789012345678901"):     "shippingAddress.postcode",
		address("country", "Germany"):                    "shippingAddress.country",
		address("country", "de"):                         "shippingAddress.country",
		`[]`:                                             "body",
		`{"name":"Ann"} x`:                               "body",
		`{"name":`:                                       "body",
		"{\"name\":\"\xff\"}":                            "name",
	} {
		require.Contains(t, handlertest.Do(t, s.routes.PutMe, put("*", body)).Problem(t, 400), field, body)
	}
	handlertest.Do(t, s.routes.PutMe, put("*", `{"name":"`+strings.Repeat("x", 70_000)+`"}`)).Problem(t, 413)
	require.JSONEq(t, annBody, handlertest.Do(t, s.routes.Me, ann).Body, "nothing is changed")
}

func TestPutMe_NeedsToKnowWhatItChanges(t *testing.T) {
	s := newShop(t)
	handlertest.Do(t, s.routes.PutMe, put("*", `{"name":"Ann"}`)).Problem(t, 412)
	handlertest.Do(t, s.routes.Me, ann)
	r := put("", `{"name":"Eve"}`)
	delete(r.Header, "If-Match")
	handlertest.Do(t, s.routes.PutMe, r).Problem(t, 428)
	r.Header["If-None-Match"] = "*"
	require.Contains(t, handlertest.Do(t, s.routes.PutMe, r).Problem(t, 400), "If-None-Match")
	for tag, status := range map[string]int{`"0"`: 412, `"01"`: 412, `W/"1"`: 412, `"x"`: 412, `1`: 400} {
		handlertest.Do(t, s.routes.PutMe, put(tag, `{"name":"Eve"}`)).Problem(t, status)
	}
	require.JSONEq(t, annBody, handlertest.Do(t, s.routes.Me, ann).Body)
}

func TestDeleteMe_LeavesForGood(t *testing.T) {
	s := newShop(t)
	handlertest.Do(t, s.routes.Me, ann)
	for range 2 {
		got := handlertest.Do(t, s.routes.DeleteMe, ann)
		require.Equal(t, 204, got.Status, got.Body)
		require.Empty(t, got.Body)
	}
	require.True(t, s.ann.signedOut)
	require.NotContains(t, s.cognito.members, s.ann)
	require.Equal(t, []string{"User Registered: " + annID + "-registered", "User Deleted: " + annID + "-deleted"}, s.published(t), "each once")

	// The token is valid for a while longer, and nobody's.
	handlertest.Do(t, s.routes.Me, ann).Problem(t, 401)
	handlertest.Do(t, s.routes.PutMe, put("*", `{"name":"Eve"}`)).Problem(t, 401)
	s.cognito.members = append(s.cognito.members, s.ann) // as if the pool were late
	handlertest.Do(t, s.routes.Me, ann).Problem(t, 401)
	require.NotContains(t, s.dynamo.items[annID], "name")
}

func TestDeleteMe_WithoutAProfile(t *testing.T) {
	s := newShop(t)
	require.Equal(t, 204, handlertest.Do(t, s.routes.DeleteMe, ann).Status)
	require.Equal(t, []string{"User Deleted: " + annID + "-deleted"}, s.published(t))
}

func TestDeleteMe_Refuses(t *testing.T) {
	s := newShop(t)
	handlertest.Do(t, s.routes.DeleteMe, handlertest.Request{}).Problem(t, 401)
	handlertest.Do(t, s.routes.DeleteMe, admin).Problem(t, 409)
	require.Zero(t, s.total)
}

// TestDeletion_FinishesWhereverItWasCutOff fails each call of a deletion in turn, before and after its effect. Both repeating the request and
// the event finish it, and the event goes out once.
func TestDeletion_FinishesWhereverItWasCutOff(t *testing.T) {
	for _, afterEffect := range []bool{false, true} {
		for at := 1; at <= 3; at++ {
			for _, by := range []string{"the user", "the event", "an administrator"} {
				t.Run(fmt.Sprintf("call %d, after its effect %t, finished by %s", at, afterEffect, by), func(t *testing.T) {
					s := newShop(t)
					handlertest.Do(t, s.routes.Me, ann)
					s.failAt, s.afterEffect = s.total+at, afterEffect
					handlertest.Do(t, s.routes.DeleteMe, ann).Problem(t, 500)
					s.failAt = 0
					marked := len(s.published(t)) == 2
					switch by {
					case "the user":
						require.Equal(t, 204, handlertest.Do(t, s.routes.DeleteMe, ann).Status)
					case "the event":
						require.Equal(t, at > 1 || afterEffect, marked)
						if !marked {
							return // nothing happened
						}
						require.NoError(t, s.service.OnDeleted(t.Context(), deleted(t, annID)))
					default:
						got := handlertest.Do(t, s.routes.Delete, on(annID))
						require.Contains(t, []int{204, 404}, got.Status, "404 if all was done")
					}
					require.NotContains(t, s.cognito.members, s.ann)
					require.Len(t, s.published(t), 2)
					_, err := s.service.profiles.Get(t.Context(), annID)
					require.ErrorIs(t, err, ErrClosed)
				})
			}
		}
	}
}
