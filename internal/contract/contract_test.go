package contract

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOperations(t *testing.T) {
	access := map[string][2]bool{}
	for _, o := range Load(t).Operations() {
		require.NotContains(t, access, o.ID, "two operations have one id")
		access[o.ID] = [2]bool{o.SignedIn, o.Admin}
	}
	require.Equal(t, [2]bool{false, false}, access["listProducts"])
	require.Equal(t, [2]bool{true, false}, access["placeOrder"])
	require.Equal(t, [2]bool{true, true}, access["createProduct"])
	require.Equal(t, [2]bool{false, false}, access["paymentWebhook"])
}

func TestAnswer(t *testing.T) {
	const product = `{"productId":"mug","name":"Mug","description":"","category":"kitchen","priceCents":1,"currency":"EUR","stock":1,"images":[],` +
		`"version":1,"createdAt":"2026-03-01T12:00:00Z","updatedAt":"2026-03-01T12:00:00Z"`
	const problem = `{"type":"about:blank","title":"Not Found","status":404,"detail":"No.","correlationId":"c"}`
	header := func(contentType string, more ...string) http.Header {
		h := http.Header{"Content-Type": {contentType}, "Cache-Control": {"no-cache"}, "X-Correlation-Id": {"c"}}
		for i := 0; i < len(more); i += 2 {
			h.Set(more[i], more[i+1])
		}
		return h
	}
	tagged := header("application/json", "ETag", `"1"`)
	for name, test := range map[string]struct {
		method, path string
		status       int
		header       http.Header
		body, want   string // what is said; nothing if the answer is right
	}{
		"right":                {"GET", "/api/products/mug?x=1", 200, tagged, product + "}", ""},
		"problem":              {"GET", "/api/products/mug", 404, header("application/problem+json"), problem, ""},
		"not modified":         {"GET", "/api/products/mug", 304, tagged, "", ""},
		"no such operation":    {"PATCH", "/api/products/mug", 418, nil, "anything", ""},
		"no such path":         {"GET", "/api/nowhere/at/all", 418, nil, "anything", ""},
		"of the fixed path":    {"GET", "/api/users/me", 403, header("application/problem+json"), problem, "getMe answers 403"},
		"of the parameter":     {"GET", "/api/users/you", 409, header("application/problem+json"), problem, "getUser answers 409"},
		"of an escaped path":   {"GET", "/api/products/a%20b", 500, header("application/json"), `{"message":1}`, "getProduct answers 500 otherwise"},
		"with a hidden slash":  {"PUT", "/api/products/a%2Fb", 404, header("application/problem+json"), problem, ""},
		"unknown status":       {"GET", "/api/products/mug", 402, tagged, product + "}", "getProduct answers 402, of which the document does not know"},
		"a member more":        {"GET", "/api/products/mug", 200, tagged, product + `,"cost":1}`, `property "cost" is unsupported`},
		"a member less":        {"GET", "/api/products/mug", 200, tagged, `{"productId":"mug"}`, `property "name" is missing`},
		"deep inside":          {"GET", "/api/products", 200, tagged, `{"items":[` + product + `,"cost":1}]}`, `property "cost" is unsupported`},
		"a constant":           {"GET", "/api/health", 200, tagged, `{"status":"well"}`, "status"},
		"a time":               {"GET", "/api/products/mug", 200, tagged, strings.Replace(product, "2026-03-01T12:00:00Z", "2026-13-01T12:00:00Z", 1) + "}", "createdAt"},
		"a header less":        {"GET", "/api/products/mug", 200, header("application/json"), product + "}", `header "ETag" missing`},
		"a wrong header":       {"GET", "/api/products/mug", 200, header("application/json", "ETag", "1"), product + "}", `header "ETag"`},
		"another content type": {"GET", "/api/products/mug", 200, header("text/html", "ETag", `"1"`), product + "}", "Content-Type"},
		"no JSON":              {"GET", "/api/products/mug", 200, tagged, "{", "decode"},
		"a body too many":      {"DELETE", "/api/products/mug", 204, header("application/json"), "{}", "with a body"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Load(t).Answer(context.Background(), test.method, test.path, test.status, test.header, []byte(test.body))
			if test.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.want)
			}
		})
	}
}
