package users

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
)

// on is an administrator's request about a user.
func on(id string) handlertest.Request {
	r := admin
	r.Path = map[string]string{"id": id}
	return r
}

// with is an administrator's request with a body.
func with(id, body string) handlertest.Request {
	r := on(id)
	r.Method, r.Body = "POST", body
	return r
}

func TestAdministration_IsForAdministrators(t *testing.T) {
	s := newShop(t)
	for name, route := range map[string]handler.Func{
		"list": s.routes.List, "get": s.routes.Get, "create": s.routes.Create, "set groups": s.routes.SetGroups, "delete": s.routes.Delete,
	} {
		handlertest.Do(t, route, handlertest.Request{}).Problem(t, 401)
		for _, groups := range [][]string{nil, {CustomerGroup}, {"Admin"}, {"admins"}, {"[admin]"}} {
			r := on(bobID).Signed(annID, groups...)
			r.Body = `{"email":"eve@shop.example","name":"Eve","groups":["admin"]}`
			got := handlertest.Do(t, route, r)
			require.Equal(t, 403, got.Status, "%s as %v", name, groups)
		}
	}
	require.Zero(t, s.total)
}

// A token outlives what it says. Whoever was an administrator when it was made must not become one again by it.
func TestAdministration_OfChangesIsForWhoStillIsAdministrator(t *testing.T) {
	for name, take := range map[string]func(*shop){
		"group taken away": func(s *shop) { s.admin.groups = []string{CustomerGroup} },
		"deleted":          func(s *shop) { s.cognito.members = s.cognito.members[:1] },
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			take(s)
			want := map[bool]int{true: 403, false: 401}[name == "group taken away"]
			handlertest.Do(t, s.routes.SetGroups, with(adminID, `{"groups":["admin"]}`)).Problem(t, want)
			handlertest.Do(t, s.routes.Create, with("", `{"email":"eve@shop.example","name":"Eve","groups":["admin"]}`)).Problem(t, want)
			handlertest.Do(t, s.routes.Delete, on(annID)).Problem(t, want)
			require.Empty(t, s.cognito.invited)
			require.Equal(t, []string{CustomerGroup}, s.ann.groups)
			require.Empty(t, s.dynamo.items)
		})
	}
}

func TestList(t *testing.T) {
	s := newShop(t)
	handlertest.Do(t, s.routes.Me, ann)
	require.Equal(t, 200, handlertest.Do(t, s.routes.PutMe, put("*", `{"name":"Ann Lee"}`)).Status)
	for i := range 7 {
		s.cognito.add(fmt.Sprintf("cccccccc-0000-4000-8000-00000000000%d", i), fmt.Sprintf("c%d@shop.example", i), "C")
	}
	s.cognito.members[3].disabled = true
	s.cognito.members[4].status = cognitotypes.UserStatusTypeUnconfirmed
	s.cognito.members[5].status = cognitotypes.UserStatusTypeForceChangePassword
	s.cognito.members[6].status = cognitotypes.UserStatusTypeExternalProvider
	var all []shown
	query := "limit=4"
	pages := 0
	for query != "" {
		r := admin
		r.Query = query
		got := handlertest.Do(t, s.routes.List, r)
		require.Equal(t, 200, got.Status, got.Body)
		var page listing
		got.JSON(t, &page)
		require.NotContains(t, got.Body, `"groups"`)
		all = append(all, page.Items...)
		if query = ""; page.NextCursor != "" {
			query = "limit=4&cursor=" + page.NextCursor
		}
		pages++
	}
	require.Equal(t, 3, pages)
	require.Len(t, all, 9)
	require.Equal(t, shown{UserID: annID, Email: "ann@shop.example", Name: "Ann Lee", Status: Active, CreatedAt: noon}, all[0])
	require.Equal(t, "Admin", all[1].Name, "who has no profile is called as in the pool")
	require.Equal(t, []Status{Disabled, Unconfirmed, Invited, Active}, []Status{all[3].Status, all[4].Status, all[5].Status, all[6].Status})
}

func TestList_OfNobody(t *testing.T) {
	s := newShop(t)
	s.cognito.members = nil
	require.JSONEq(t, `{"items":[]}`, handlertest.Do(t, s.routes.List, admin).Body)
}

func TestList_RefusesHostileInput(t *testing.T) {
	s := newShop(t)
	for query, field := range map[string]string{
		"limit=0": "limit", "limit=61": "limit", "limit=-1": "limit", "limit=ten": "limit", "limit=1e1": "limit", "limit=99999999999999999999": "limit",
		"limit=1&limit=2": "limit", "cursor=!!!": "cursor", "cursor=" + strings.Repeat("A", 9000): "cursor", "cursor=bm9uZQ": "cursor", "cursor=MQ%3D%3D": "cursor",
		"sort=name": "query", "email=a&x=b": "query",
	} {
		r := admin
		r.Query = query
		require.Contains(t, handlertest.Do(t, s.routes.List, r).Problem(t, 400), field, query)
	}
}

func TestGet(t *testing.T) {
	s := newShop(t)
	s.ann.username = "google_4711" // users of identity providers are not called by their ids
	got := handlertest.Do(t, s.routes.Get, on(annID))
	require.Equal(t, 200, got.Status, got.Body)
	require.JSONEq(t, `{"userId":"`+annID+`","email":"ann@shop.example","name":"Ann","status":"ACTIVE","groups":["customer"],"createdAt":"2026-03-01T12:00:00Z"}`, got.Body)
	s.ann.groups = nil
	require.Contains(t, handlertest.Do(t, s.routes.Get, on(annID)).Body, `"groups":[]`)
}

func TestAdministration_OfWhomThereIsNot(t *testing.T) {
	s := newShop(t)
	ids := []string{
		"", "me", "..", bobID, strings.ToUpper(annID), annID + " ", `" or sub = "` + annID, strings.ReplaceAll(annID, "-", "a"), "ann@shop.example", strings.Repeat("a", 36),
		"aaaaaaaa-1111-4111-8111-11111111111\"",
	}
	for _, id := range ids {
		handlertest.Do(t, s.routes.Get, on(id)).Problem(t, 404)
		handlertest.Do(t, s.routes.Delete, on(id)).Problem(t, 404)
		handlertest.Do(t, s.routes.SetGroups, with(id, `{"groups":[]}`)).Problem(t, 404)
	}
	// Nor of who has left, even while the pool still knows of them.
	require.NoError(t, s.service.profiles.Close(t.Context(), annID, annID, noon))
	handlertest.Do(t, s.routes.Get, on(annID)).Problem(t, 404)
	handlertest.Do(t, s.routes.SetGroups, with(annID, `{"groups":["admin"]}`)).Problem(t, 404)
	require.Equal(t, []string{CustomerGroup}, s.ann.groups)
}

func TestCreate(t *testing.T) {
	s := newShop(t)
	got := handlertest.Do(t, s.routes.Create, with("", `{"email":" bob@shop.example ","name":" Bob "}`))
	require.Equal(t, 201, got.Status, got.Body)
	var bob shown
	got.JSON(t, &bob)
	require.Equal(t, shown{UserID: bob.UserID, Email: "bob@shop.example", Name: "Bob", Status: Invited, Groups: []string{CustomerGroup}, CreatedAt: noon}, bob)
	require.True(t, strings.HasSuffix(got.Header["Location"], "/users/"+bob.UserID), got.Header["Location"])
	require.JSONEq(t, got.Body, handlertest.Do(t, s.routes.Get, on(bob.UserID)).Body)
	require.Equal(t, []string{"bob@shop.example"}, s.cognito.invited)
	require.Equal(t, []string{"User Registered: " + bob.UserID + "-registered"}, s.published(t))
	require.Equal(t, "true", s.cognito.members[2].attributes["email_verified"])

	got = handlertest.Do(t, s.routes.Create, with("", `{"email":"eve@shop.example","name":"Eve","groups":["admin","customer"]}`))
	require.Equal(t, 201, got.Status, got.Body)
	require.Equal(t, []string{AdminGroup, CustomerGroup}, s.cognito.members[3].groups)
	got = handlertest.Do(t, s.routes.Create, with("", `{"email":"zoe@shop.example","name":"Zoe","groups":[]}`))
	require.Equal(t, 201, got.Status, got.Body)
	require.Empty(t, s.cognito.members[4].groups)
}

func TestCreate_Refuses(t *testing.T) {
	s := newShop(t)
	handlertest.Do(t, s.routes.Create, with("", `{"email":"ann@shop.example","name":"Ann"}`)).Problem(t, 409)
	for body, fields := range map[string][]string{
		`{}`:                                                                     {"email", "name"},
		`{"email":"","name":""}`:                                                 {"email", "name"},
		`{"email":"eve","name":"Eve"}`:                                           {"email"},
		`{"email":"eve@localhost","name":"Eve"}`:                                 {"email"},
		`{"email":"eve@shop.","name":"Eve"}`:                                     {"email"},
		`{"email":"Eve <eve@shop.example>","name":"Eve"}`:                        {"email"},
		`{"email":"eve@shop.example,bob@shop.example","name":"Eve"}`:             {"email"},
		`{"email":"eve@shop.example\nBcc: bob@shop.example","name":"Eve"}`:       {"email"},
		`{"email":"\"e v e\"@shop.example","name":"Eve"}`:                        {"email"},
		`{"email":"ev\u00eb@shop.example","name":"Eve"}`:                         {"email"},
		`{"email":"` + strings.Repeat("e", 255) + `@shop.example","name":"Eve"}`: {"email"},
		`{"email":"eve@refused.example","name":"Eve"}`:                           {"email"},
		`{"email":"eve@shop.example","name":"E\u0007ve"}`:                        {"name"},
		`{"email":"eve@shop.example","name":"Eve","groups":["root"]}`:            {"groups[0]"},
		`{"email":"eve@shop.example","name":"Eve","groups":["admin","admin"]}`:   {"groups[1]"},
		`{"email":"eve@shop.example","name":"Eve","groups":"admin"}`:             {"groups"},
		`{"email":"eve@shop.example","name":"Eve","groups":["a","b","c","d"]}`:   {"groups", "groups[0]", "groups[1]"},
		`{"email":"eve@shop.example","name":"Eve","password":"x"}`:               {"password"},
		`{"email":"eve@shop.example","name":"Eve","userId":"` + bobID + `"}`:     {"userId"},
	} {
		wrong := handlertest.Do(t, s.routes.Create, with("", body)).Problem(t, 400)
		require.Len(t, wrong, len(fields), "%s: %v", body, wrong)
		for _, field := range fields {
			require.Contains(t, wrong, field, body)
		}
	}
	require.Empty(t, s.cognito.invited)
	s.err = errors.New("secret internals of eve@shop.example")
	got := handlertest.Do(t, s.routes.Create, with("", `{"email":"eve@shop.example","name":"Eve"}`))
	got.Problem(t, 500)
	require.NotContains(t, got.Body, "secret")
}

// What was cut off after the user was created is repaired by what comes anyway.
func TestCreate_LeavesAUserWhomOthersComplete(t *testing.T) {
	for _, action := range []int{3, 4} { // joining the group, creating the profile
		s := newShop(t)
		s.failAt = action
		handlertest.Do(t, s.routes.Create, with("", `{"email":"bob@shop.example","name":"Bob"}`)).Problem(t, 500)
		bob := s.cognito.members[2]
		id := bob.attributes["sub"]
		require.Equal(t, 200, handlertest.Do(t, s.routes.Get, on(id)).Status)
		var token []string
		token = append(token, bob.groups...)
		require.Equal(t, 200, handlertest.Do(t, s.routes.Me, handlertest.Request{}.Signed(id, token...)).Status)
		require.Equal(t, []string{CustomerGroup}, bob.groups)
		require.Len(t, s.published(t), 1)
	}
}

func TestSetGroups(t *testing.T) {
	s := newShop(t)
	s.ann.groups = []string{"pool-1_Google", CustomerGroup}
	for _, tt := range []struct{ wanted, answered, want string }{
		{`["admin"]`, `["admin"]`, "[pool-1_Google admin]"},
		{`["customer","admin"]`, `["customer","admin"]`, "[pool-1_Google admin customer]"},
		{`["customer","admin"]`, `["customer","admin"]`, "[pool-1_Google admin customer]"},
		{`[]`, `[]`, "[pool-1_Google]"},
	} {
		got := handlertest.Do(t, s.routes.SetGroups, with(annID, `{"groups":`+tt.wanted+`}`))
		require.Equal(t, 200, got.Status, got.Body)
		require.Contains(t, got.Body, `"groups":`+tt.answered)
		require.Equal(t, tt.want, fmt.Sprint(s.ann.groups))
	}
	got := handlertest.Do(t, s.routes.SetGroups, with(adminID, `{"groups":["customer","admin"]}`))
	require.Equal(t, 200, got.Status, "an administrator may become a customer too")
}

func TestSetGroups_Refuses(t *testing.T) {
	s := newShop(t)
	for body, field := range map[string]string{
		`{}`: "groups", `{"groups":null}`: "groups", `{"groups":"admin"}`: "groups", `{"groups":["root"]}`: "groups[0]", `{"groups":[null]}`: "groups",
		`{"groups":["admin","admin"]}`: "groups[1]", `{"groups":["admin"],"x":1}`: "x", `[]`: "body",
	} {
		require.Contains(t, handlertest.Do(t, s.routes.SetGroups, with(annID, body)).Problem(t, 400), field, body)
	}
	require.Equal(t, []string{CustomerGroup}, s.ann.groups)
}

func TestAdministrators_CannotLockThemselvesOut(t *testing.T) {
	s := newShop(t)
	for _, wanted := range []string{`[]`, `["customer"]`} {
		handlertest.Do(t, s.routes.SetGroups, with(adminID, `{"groups":`+wanted+`}`)).Problem(t, 409)
	}
	handlertest.Do(t, s.routes.Delete, on(adminID)).Problem(t, 409)
	handlertest.Do(t, s.routes.DeleteMe, admin).Problem(t, 409)
	require.Equal(t, []string{AdminGroup}, s.admin.groups)
	require.Empty(t, s.dynamo.items)
}

func TestDelete(t *testing.T) {
	s := newShop(t)
	s.ann.username = "google_4711"
	require.Equal(t, 204, handlertest.Do(t, s.routes.Delete, on(annID)).Status)
	require.True(t, s.ann.signedOut)
	require.NotContains(t, s.cognito.members, s.ann)
	require.Equal(t, []string{"User Deleted: " + annID + "-deleted"}, s.published(t))
	handlertest.Do(t, s.routes.Delete, on(annID)).Problem(t, 404)
}

func TestDelete_OfAProfileWhoseAccountIsGone(t *testing.T) {
	s := newShop(t)
	handlertest.Do(t, s.routes.Me, ann)
	s.cognito.members = s.cognito.members[1:]
	require.Equal(t, 204, handlertest.Do(t, s.routes.Delete, on(annID)).Status)
	require.Len(t, s.published(t), 2)
	handlertest.Do(t, s.routes.Delete, on(annID)).Problem(t, 404)
}
