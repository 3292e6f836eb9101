package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// shop is the catalogue's routes over a table with the product "mug", version 1.
type shop struct {
	*Routes
	client *fakeDynamo
}

func newShop(t *testing.T) *shop {
	t.Helper()
	client := newFakeDynamo()
	table := NewTable(client, "products")
	_, err := table.Save(context.Background(), mug("mug"), IfAbsent())
	require.NoError(t, err)
	s := &shop{NewRoutes(table), client}
	s.now = func() time.Time { return noon.Add(time.Hour) }
	s.newID = func() string { return "new-id" }
	clear(client.calls)
	return s
}

const goodBody = `{"name":"Cup","category":"kitchen","priceCents":450,"stock":3,"description":"Small.","images":["/media/c.svg"]}`

// admin is the request of an administrator, customer that of somebody else.
func admin(r handlertest.Request) handlertest.Request    { return r.Signed("u1", "customer", "admin") }
func customer(r handlertest.Request) handlertest.Request { return r.Signed("u2", "customer") }

func put(id, body string, header ...string) handlertest.Request {
	r := handlertest.Request{Method: "PUT", Path: map[string]string{"id": id}, Body: body, Header: map[string]string{}}
	for i := 0; i < len(header); i += 2 {
		r.Header[header[i]] = header[i+1]
	}
	return r
}

func TestHTTP_Get(t *testing.T) {
	s := newShop(t)
	got := handlertest.Do(t, s.Get, handlertest.Request{Path: map[string]string{"id": "mug"}})
	require.Equal(t, 200, got.Status)
	require.JSONEq(t, `{"productId":"mug","name":"Mug Ö","description":"Holds a quarter of a litre.","category":"kitchen",
		"priceCents":1290,"currency":"EUR","stock":7,"images":["/media/products/mug.svg"],"version":1,
		"createdAt":"2026-03-01T12:00:00Z","updatedAt":"2026-03-01T12:00:00Z"}`, got.Body)
	require.Equal(t, `"1"`, got.Header["ETag"])
	require.Equal(t, "no-cache", got.Header["Cache-Control"])

	got = handlertest.Do(t, s.Get, handlertest.Request{
		Path: map[string]string{"id": "mug"}, Header: map[string]string{"If-None-Match": `W/"1"`},
	})
	require.Equal(t, 304, got.Status)
	require.Empty(t, got.Body)

	handlertest.Do(t, s.Get, handlertest.Request{Path: map[string]string{"id": "nothing"}}).Problem(t, 404)
	clear(s.client.calls)
	for _, id := range []string{"", "../mug", "MUG", "mug'--", strings.Repeat("x", 65), "\x00"} {
		handlertest.Do(t, s.Get, handlertest.Request{Path: map[string]string{"id": id}}).Problem(t, 404)
	}
	require.Empty(t, s.client.calls, "what cannot be an id is not looked for")
}

func TestHTTP_List(t *testing.T) {
	s := newShop(t)
	for i := range 5 {
		p := mug(fmt.Sprintf("cup-%d", i))
		p.Name, p.PriceCents = fmt.Sprintf("Cup %d", i), int64(100*i)
		s.client.items[p.ID] = itemOf(t, p)
	}
	type page struct {
		Items      []Product
		NextCursor *string
	}
	var names []string
	query := url.Values{"q": {"CUP litre"}, "category": {"kitchen"}, "sort": {"-price"}, "limit": {"2"}}
	for {
		got := handlertest.Do(t, s.List, handlertest.Request{Query: query.Encode()})
		require.Equal(t, 200, got.Status, got.Body)
		require.Equal(t, "public, max-age=300", got.Header["Cache-Control"])
		var p page
		got.JSON(t, &p)
		for _, item := range p.Items {
			names = append(names, item.Name)
		}
		if p.NextCursor == nil {
			break
		}
		query.Set("cursor", *p.NextCursor)
	}
	require.Equal(t, []string{"Cup 4", "Cup 3", "Cup 2", "Cup 1", "Cup 0"}, names)

	got := handlertest.Do(t, s.List, handlertest.Request{Query: "category=none"})
	require.JSONEq(t, `{"items":[]}`, got.Body, "an empty list is a list")
}

func TestHTTP_ListRefuses(t *testing.T) {
	s := newShop(t)
	foreign := Query{Sort: ByPrice}.Cursor(Position{"1290", "mug"})
	for query, field := range map[string]string{
		"limit=0": "limit", "limit=101": "limit", "limit=": "", "limit=x": "limit", "limit=1&limit=2": "limit",
		"sort=stock": "sort", "sort=NAME": "sort", "category=K%C3%BCche": "category", "category=a'+OR+1": "category",
		"q=" + strings.Repeat("x", 101): "q", "q=%ff": "q", "cursor=x": "cursor", "cursor=" + foreign: "cursor",
		"sort=price&cursor=" + foreign: "", "colour=red": "query", "q=%zz": "query", "Q=mug": "query",
	} {
		t.Run(query, func(t *testing.T) {
			got := handlertest.Do(t, s.List, handlertest.Request{Query: query})
			if field == "" {
				require.Equal(t, 200, got.Status, got.Body)
				return
			}
			require.Contains(t, got.Problem(t, 400), field)
		})
	}
}

// injections are texts that mean something to some language between a browser and a database.
var injections = []string{
	`' OR '1'='1`, `"; DROP TABLE products; --`, `) OR attribute_exists(#search`, `:partition`, `#search`, `{"S":"x"}`, `{{7*7}}`,
	`$ne`, `<script>alert(1)</script>`, `../../etc/passwd`, `%00`, "\u202eevil", `\`, `*`, `${jndi:ldap://x}`, `a,b;c=d&e`,
}

func TestHTTP_InjectionStringsAreJustText(t *testing.T) {
	for _, text := range injections {
		t.Run(text, func(t *testing.T) {
			s := newShop(t)
			got := handlertest.Do(t, s.List, handlertest.Request{Query: url.Values{"q": {text}}.Encode()})
			require.JSONEq(t, `{"items":[]}`, got.Body, "nothing is called so")

			name, err := json.Marshal(text)
			require.NoError(t, err)
			body := fmt.Sprintf(`{"name":%s,"description":%s,"category":"kitchen","priceCents":1,"stock":1}`, name, name)
			got = handlertest.Do(t, s.Create, admin(handlertest.Request{Method: "POST", Body: body}))
			require.Equal(t, 201, got.Status, got.Body)
			var p Product
			got.JSON(t, &p)
			require.Equal(t, text, p.Name)

			got = handlertest.Do(t, s.List, handlertest.Request{Query: url.Values{"q": {text}}.Encode()})
			require.Contains(t, got.Body, "new-id", "now something is")
			require.NotContains(t, got.Body, `"mug"`)

			for _, field := range []string{"category", "sort", "limit", "cursor"} {
				got = handlertest.Do(t, s.List, handlertest.Request{Query: url.Values{field: {text}}.Encode()})
				require.Contains(t, got.Problem(t, 400), field)
			}
			if text != "*" {
				handlertest.Do(t, s.Put, admin(put("mug", goodBody, "If-Match", text))).Problem(t, 400)
			}
			handlertest.Do(t, s.Put, admin(put(text, goodBody, "If-None-Match", "*"))).Problem(t, 400)
			require.Len(t, s.client.items, 2)
		})
	}
}

func TestHTTP_Create(t *testing.T) {
	s := newShop(t)
	got := handlertest.Do(t, s.Create, admin(handlertest.Request{Method: "POST", Body: goodBody}))
	require.Equal(t, 201, got.Status, got.Body)
	require.Equal(t, "/api/products/new-id", got.Header["Location"])
	require.Equal(t, `"1"`, got.Header["ETag"])
	var p Product
	got.JSON(t, &p)
	require.Equal(t, Product{
		ID: "new-id", Name: "Cup", Description: "Small.", Category: "kitchen", PriceCents: 450, Currency: "EUR", Stock: 3,
		Images: []string{"/media/c.svg"}, Version: 1, CreatedAt: noon.Add(time.Hour), UpdatedAt: noon.Add(time.Hour),
	}, p)
	require.True(t, ValidID(handler.NewID()), "the ids that the shop makes are valid ones")
}

func TestHTTP_Put(t *testing.T) {
	s := newShop(t)
	handlertest.Do(t, s.Put, admin(put("mug", goodBody))).Problem(t, 428)
	handlertest.Do(t, s.Put, admin(put("mug", goodBody, "If-None-Match", "*"))).Problem(t, 412)
	handlertest.Do(t, s.Put, admin(put("mug", goodBody, "If-Match", `"2"`))).Problem(t, 412)
	handlertest.Do(t, s.Put, admin(put("mug", goodBody, "If-Match", `W/"1"`))).Problem(t, 412)
	handlertest.Do(t, s.Put, admin(put("mug", goodBody, "If-Match", `"01"`))).Problem(t, 412)
	handlertest.Do(t, s.Put, admin(put("mug", goodBody, "If-Match", `"x"`))).Problem(t, 412)
	handlertest.Do(t, s.Put, admin(put("nothing", goodBody, "If-Match", `"1"`))).Problem(t, 412)
	handlertest.Do(t, s.Put, admin(put("nothing", goodBody, "If-Match", `*`))).Problem(t, 412)
	require.Contains(t, handlertest.Do(t, s.Put, admin(put("mug", goodBody, "If-Match", `1`))).Problem(t, 400), "If-Match")
	require.Contains(t, handlertest.Do(t, s.Put, admin(put("mug", goodBody, "If-None-Match", `"1"`))).Problem(t, 400), "If-None-Match")
	require.Contains(t, handlertest.Do(t, s.Put, admin(put("mug", goodBody, "If-None-Match", `*`, "If-Match", `"1"`))).Problem(t, 400), "If-None-Match")
	require.Contains(t, handlertest.Do(t, s.Put, admin(put("Bad_Id", goodBody, "If-None-Match", "*"))).Problem(t, 400), "productId")
	require.Len(t, s.client.items, 1)
	require.Equal(t, "1", attr.Plain(s.client.items["mug"][attrVersion]), "nothing is written")

	got := handlertest.Do(t, s.Put, admin(put("mug", goodBody, "If-Match", `"7", "1"`)))
	require.Equal(t, 200, got.Status, got.Body)
	require.Equal(t, `"2"`, got.Header["ETag"])
	require.NotContains(t, got.Header, "Location")
	var p Product
	got.JSON(t, &p)
	require.Equal(t, "Cup", p.Name)
	require.Equal(t, noon, p.CreatedAt)
	require.Equal(t, noon.Add(time.Hour), p.UpdatedAt)

	got = handlertest.Do(t, s.Put, admin(put("cup", goodBody, "If-None-Match", "*")))
	require.Equal(t, 201, got.Status, got.Body)
	require.Equal(t, "/api/products/cup", got.Header["Location"])
	require.Equal(t, `"1"`, got.Header["ETag"])

	got = handlertest.Do(t, s.Put, admin(put("cup", goodBody, "If-Match", "*")))
	require.Equal(t, 200, got.Status, got.Body)
}

func TestHTTP_Delete(t *testing.T) {
	s := newShop(t)
	del := func(id string, header ...string) handlertest.Response {
		r := put(id, "", header...)
		r.Method = "DELETE"
		return handlertest.Do(t, s.Delete, admin(r))
	}
	del("mug").Problem(t, 428)
	del("mug", "If-Match", `"2"`).Problem(t, 412)
	del("mug", "If-Match", `W/"1"`).Problem(t, 412)
	del("nothing", "If-Match", `"1"`).Problem(t, 404)
	del("../mug", "If-Match", `"1"`).Problem(t, 404)
	require.Contains(t, del("mug", "If-Match", `1`).Problem(t, 400), "If-Match")
	require.Contains(t, del("mug", "If-None-Match", `*`).Problem(t, 400), "If-None-Match")
	require.Len(t, s.client.items, 1)

	got := del("mug", "If-Match", `"1"`)
	require.Equal(t, 204, got.Status)
	require.Empty(t, got.Body)
	require.Empty(t, s.client.items)
}

func TestHTTP_WritesRefuseBadBodies(t *testing.T) {
	large := `{"name":"` + strings.Repeat("x", handler.MaxBody) + `"}`
	tests := []struct {
		name, body, contentType string
		status                  int
		fields                  []string
	}{
		{"malformed", `{"name":`, "", 400, []string{"body"}},
		{"empty", ``, "application/json", 400, []string{"body"}},
		{"list", `[]`, "", 400, []string{"body"}},
		{"two objects", goodBody + goodBody, "", 400, []string{"body"}},
		{"not UTF-8, replaced on the way", strings.Replace(goodBody, "Cup", "\xff", 1), "", 400, []string{"name"}},
		{"wrong types", `{"name":1,"category":[],"priceCents":"4","stock":1.5,"images":"x"}`, "", 400,
			[]string{"name", "category", "priceCents", "stock", "images"}},
		{"unknown and read-only fields", `{"colour":"red","version":3,"productId":"x","name":"Cup"}`, "", 400,
			[]string{"colour", "version", "productId"}},
		{"missing", `{}`, "", 400, []string{"name", "category", "priceCents", "stock"}},
		{"out of range", `{"name":"","category":"X","priceCents":-1,"stock":-1,"currency":"XXX","images":["ftp://x"]}`, "", 400,
			[]string{"name", "category", "priceCents", "stock", "currency", "images[0]"}},
		{"oversized", large, "", 413, nil},
		{"not JSON", goodBody, "text/plain", 415, nil},
		{"no content type", ``, "", 415, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newShop(t)
			for _, encoded := range []bool{false, true} {
				create := handlertest.Request{Method: "POST", Body: tt.body, Base64: encoded, Header: map[string]string{}}
				replace := put("mug", tt.body, "If-Match", `"1"`)
				replace.Base64 = encoded
				if tt.contentType != "" {
					create.Header["Content-Type"], replace.Header["Content-Type"] = tt.contentType, tt.contentType
				}
				fields := tt.fields
				if encoded && strings.Contains(tt.name, "UTF-8") {
					fields = []string{"body"} // here the bytes arrive as they were sent
				}
				for _, got := range []handlertest.Response{
					handlertest.Do(t, s.Create, admin(create)), handlertest.Do(t, s.Put, admin(replace)),
				} {
					wrong := got.Problem(t, tt.status)
					require.Len(t, wrong, len(fields), "%v", wrong)
					for _, field := range fields {
						require.Contains(t, wrong, field)
					}
				}
			}
			require.Empty(t, s.client.calls, "nothing is written")
		})
	}
}

func TestHTTP_OnlyAdministratorsWrite(t *testing.T) {
	s := newShop(t)
	for name, route := range map[string]handler.Func{"create": s.Create, "put": s.Put, "delete": s.Delete} {
		t.Run(name, func(t *testing.T) {
			// Whatever else is wrong with the request is nobody's business.
			for _, r := range []handlertest.Request{put("mug", goodBody, "If-Match", `"1"`), put("mug", `{`), put("", "")} {
				handlertest.Do(t, route, r).Problem(t, 401)
				handlertest.Do(t, route, customer(r)).Problem(t, 403)
				handlertest.Do(t, route, r.Signed("u3", "[admin", "Admin", "administrators", `"admin"`)).Problem(t, 403)
				handlertest.Do(t, route, r.Signed("u4")).Problem(t, 403)
			}
		})
	}
	require.Empty(t, s.client.calls)
}

func TestHTTP_FailuresTellNothing(t *testing.T) {
	s := newShop(t)
	s.client.err = errors.New("secret internals")
	for name, route := range map[string]handler.Func{"list": s.List, "get": s.Get, "create": s.Create, "put": s.Put, "delete": s.Delete} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			r := admin(put("mug", goodBody, "If-Match", `"1"`))
			r.Log = &log
			got := handlertest.Do(t, route, r)
			got.Problem(t, 500)
			require.NotContains(t, got.Body, "secret internals")
			require.Contains(t, log.String(), "secret internals")
		})
	}
}
