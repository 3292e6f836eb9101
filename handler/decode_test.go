package handler

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// thing has a field of every kind that the shop's bodies use.
type thing struct {
	Name   *string  `json:"name"`
	Price  *int64   `json:"price"`
	Tags   []string `json:"tags"`
	Ratio  float64  `json:"ratio"`
	On     bool     `json:"on"`
	Nested struct {
		Inner string `json:"inner"`
	} `json:"nested"`
	Lines []struct {
		Count int64 `json:"count"`
		Deep  *struct {
			Inner string `json:"inner"`
		} `json:"deep"`
	} `json:"lines"`
}

// posting is a request with a JSON body.
func posting(body string) *Request {
	r := &Request{}
	r.event.Headers = map[string]string{"content-type": "application/json"}
	r.event.Body = body
	return r
}

func TestDecode_TellsEveryWrongField(t *testing.T) {
	tests := []struct {
		name, body string
		wrong      map[string]string // field: part of the message
	}{
		{"good", `{"name":"mug","price":5,"tags":["a"],"ratio":0.5,"on":true,"nested":{"inner":"x"}}`, nil},
		{"empty object", `{}`, nil},
		{"white space around", " \n{}\t ", nil},
		{"wrong types, all at once", `{"name":1,"price":"5","tags":"a","ratio":[],"on":"yes","nested":1}`, map[string]string{
			"name": "must be a string", "price": "must be a whole number", "tags": "must be a list, each element a string",
			"ratio": "must be a number", "on": "must be true or false", "nested": "must be a JSON object",
		}},
		{"fraction for a whole number", `{"price":1.5}`, map[string]string{"price": "whole number"}},
		{"number that overflows", `{"price":99999999999999999999}`, map[string]string{"price": "whole number"}},
		{"null", `{"name":null}`, map[string]string{"name": "not null"}},
		{"null in a list", `{"tags":["a",null]}`, map[string]string{"tags": "without null"}},
		{"wrong element", `{"tags":["a",1]}`, map[string]string{"tags": "each element a string"}},
		{"unknown fields", `{"colour":1,"__proto__":{}}`, map[string]string{"colour": "not a field", "__proto__": "not a field"}},
		{"unknown field inside", `{"nested":{"outer":1}}`, map[string]string{"nested.outer": "not a field"}},
		{"other case inside", `{"nested":{"inner":"x","Inner":"y"}}`, map[string]string{"nested.Inner": "not a field"}},
		{"twice inside", `{"lines":[{"count":1},{"count":1,"count":7}]}`, map[string]string{"lines[1].count": "more than once"}},
		{"wrong types inside", `{"lines":[{"count":1.5},{"price":1},{"count":null},1,{"deep":{"inner":2}},{"deep":[]}]}`, map[string]string{
			"lines[0].count": "whole number", "lines[1].price": "not a field", "lines[2].count": "not null", "lines[3]": "must be a JSON object",
			"lines[4].deep.inner": "a string", "lines[5].deep": "a JSON object",
		}},
		{"null in a list of objects", `{"lines":[{"count":1},null]}`, map[string]string{"lines": "without null"}},
		{"an object for a list", `{"lines":{"count":1}}`, map[string]string{"lines": "must be a list"}},
		{"other case", `{"Name":"mug"}`, map[string]string{"Name": "not a field"}},
		{"empty name", `{"":"mug"}`, map[string]string{"": "not a field"}},
		{"twice", `{"price":1,"price":2}`, map[string]string{"price": "more than once"}},
		{"empty body", ``, map[string]string{"body": "empty"}},
		{"white space", ` `, map[string]string{"body": "empty"}},
		{"list", `[]`, map[string]string{"body": "must be a JSON object"}},
		{"string", `"x"`, map[string]string{"body": "must be a JSON object"}},
		{"null body", `null`, map[string]string{"body": "must be a JSON object"}},
		{"malformed", `{"name":mug}`, map[string]string{"body": "wrong at byte"}},
		{"cut off", `{"name":"mug"`, map[string]string{"body": "not complete"}},
		{"cut off in a value", `{"name":"mu`, map[string]string{"body": "not complete"}},
		{"something after", `{} {}`, map[string]string{"body": "nothing after"}},
		{"garbage after", `{}x`, map[string]string{"body": "nothing after"}},
		{"trailing comma", `{"price":1,}`, map[string]string{"body": "not JSON"}},
		{"not UTF-8", "{\"name\":\"\xff\"}", map[string]string{"body": "UTF-8"}},
		{"deep", `{"name":` + strings.Repeat("[", 20000) + `}`, map[string]string{"body": "not"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := posting(tt.body).Decode(&thing{})
			if tt.wrong == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, fault.ErrInvalid)
			fields := map[string]string{}
			for _, f := range fault.Fields(err) {
				fields[f.Field] = f.Message
			}
			require.Len(t, fields, len(tt.wrong), "%v", fields)
			for name, message := range tt.wrong {
				require.Contains(t, fields[name], message)
			}
		})
	}
}

func TestDecode_SetsTheFields(t *testing.T) {
	var got thing
	require.NoError(t, posting(`{"name":"Tasse ☕","price":-5,"tags":[]}`).Decode(&got))
	require.Equal(t, "Tasse ☕", *got.Name)
	require.Equal(t, int64(-5), *got.Price)
	require.Equal(t, []string{}, got.Tags)
	require.NoError(t, posting(`{"nested": {"inner":"x"},"lines":[ {"deep":{"inner":"y"},"count":3},{} ]}`).Decode(&got))
	require.Equal(t, "x", got.Nested.Inner)
	require.Len(t, got.Lines, 2)
	require.Equal(t, int64(3), got.Lines[0].Count)
	require.Equal(t, "y", got.Lines[0].Deep.Inner)
	require.Nil(t, got.Lines[1].Deep)
}

func TestDecode_ListsNoMoreThanFiftyWrongFields(t *testing.T) {
	body := "{" + strings.Repeat(`"x":1,`, 5000) + `"y":1}`
	require.Len(t, fault.Fields(posting(body).Decode(&thing{})), 50)
	body = `{"lines":[` + strings.Repeat(`{"x":1,"y":1},`, 2000) + `{}]}`
	require.Len(t, fault.Fields(posting(body).Decode(&thing{})), 50)
}

func TestDecode_Size(t *testing.T) {
	fill := func(size int) string {
		const frame = `{"name":""}`
		return `{"name":"` + strings.Repeat("x", size-len(frame)) + `"}`
	}
	require.NoError(t, posting(fill(MaxBody)).Decode(&thing{}))
	requireStatus(t, http.StatusRequestEntityTooLarge, posting(fill(MaxBody+1)).Decode(&thing{}))

	encoded := posting(base64.StdEncoding.EncodeToString([]byte(fill(MaxBody))))
	encoded.event.IsBase64Encoded = true
	require.NoError(t, encoded.Decode(&thing{}))
	for _, size := range []int{MaxBody + 1, MaxBody * 3} {
		encoded.event.Body = base64.StdEncoding.EncodeToString([]byte(fill(size)))
		requireStatus(t, http.StatusRequestEntityTooLarge, encoded.Decode(&thing{}))
	}
}

func TestDecode_Base64(t *testing.T) {
	r := posting("!")
	r.event.IsBase64Encoded = true
	require.ErrorIs(t, r.Decode(&thing{}), fault.ErrInvalid)
}

func TestDecode_ContentType(t *testing.T) {
	for contentType, ok := range map[string]bool{
		"application/json":                   true,
		"Application/JSON; charset=UTF-8":    true,
		"application/json;charset=\"utf-8\"": true,
		"application/json; charset=latin1":   false,
		"application/json-patch+json":        false,
		"text/json":                          false,
		"text/plain":                         false,
		"application/x-www-form-urlencoded":  false,
		"multipart/form-data; boundary=x":    false,
		"":                                   false,
		";":                                  false,
		"application/json, text/html":        false,
	} {
		r := posting(`{}`)
		r.event.Headers["content-type"] = contentType
		err := r.Decode(&thing{})
		if ok {
			require.NoError(t, err, contentType)
		} else {
			requireStatus(t, http.StatusUnsupportedMediaType, err)
		}
	}
}

func requireStatus(t *testing.T, status int, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, status, problemOf(err).Status, "%v", err)
}

// FuzzDecode checks that no body gets further than it should: each one is either refused with an answer of the client's
// own kind, or is JSON that encodes back to what was decoded.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"name":"mug","price":5,"tags":["a"]}`, `{"name":1}`, `{"price":1e3}`, `{}{}`, `[`, "\xff", ``, `{"tags":[null]}`,
		`{"nested":{"inner":"\ud800"}}`, `{"name":"a","name":"b"}`,
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(base64.StdEncoding.EncodeToString([]byte(seed))), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, encoded bool) {
		r := posting(string(body))
		r.event.IsBase64Encoded = encoded
		var got thing
		if err := r.Decode(&got); err != nil {
			status := problemOf(err).Status
			require.True(t, status >= 400 && status < 500, "%d: %v", status, err)
			return
		}
		raw, err := r.body()
		require.NoError(t, err)
		require.True(t, json.Valid(raw) && utf8.Valid(raw))
		again, err := json.Marshal(got)
		require.NoError(t, err)
		var same thing
		require.NoError(t, json.Unmarshal(again, &same))
		require.Len(t, same.Tags, len(got.Tags))
	})
}
