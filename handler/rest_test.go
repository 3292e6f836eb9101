package handler_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/handlertest"
)

// seen is what a function sees of a request, whichever kind of API it comes from.
func seen(_ context.Context, r *handler.Request) (*handler.Response, error) {
	query, err := r.Query()
	if err != nil {
		return nil, err
	}
	user, err := r.User()
	if err != nil {
		return nil, err
	}
	var body struct {
		Name string `json:"name"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	return handler.JSON(200, map[string]any{
		"id": r.PathValue("id"), "query": query, "user": user, "body": body, "location": r.Location("/products/x"),
		"match": r.Header("If-Match"), "correlation": r.CorrelationID,
	}), nil
}

func TestREST_ARequestIsTheSameFromBothKindsOfAPI(t *testing.T) {
	for name, request := range map[string]handlertest.Request{
		"text": {Body: `{"name":"mug"}`}, "base64": {Body: `{"name":"mug"}`, Base64: true},
	} {
		t.Run(name, func(t *testing.T) {
			request.Method, request.Path, request.Query = "PUT", map[string]string{"id": "x"}, "q=a%2Cb&q=c+d&e&empty="
			request.Header = map[string]string{"If-Match": `"3"`, "X-Correlation-Id": "c1"}
			request = request.Signed("u1", "admin", "customer")
			http := handlertest.Do(t, seen, request)
			request.REST = true
			rest := handlertest.Do(t, seen, request)
			require.Equal(t, 200, rest.Status, rest.Body)
			require.JSONEq(t, http.Body, rest.Body)
			require.Equal(t, http.Header, rest.Header)
			require.Contains(t, rest.Body, `"Groups":["admin","customer"]`)
			require.Contains(t, rest.Body, `"location":"/api/products/x"`)
		})
	}
}

func TestREST_NobodyIsSignedInWithoutAnAuthorizer(t *testing.T) {
	handlertest.Do(t, seen, handlertest.Request{REST: true}).Problem(t, 401)
}

func TestREST_ConditionalRead(t *testing.T) {
	route := answering(func() *handler.Response { return handler.JSON(200, "it").WithETag("3") })
	got := handlertest.Do(t, route, handlertest.Request{REST: true, Header: map[string]string{"If-None-Match": `"3"`}})
	require.Equal(t, 304, got.Status)
}

func TestREST_NotFoundNamesThePathThatTheClientAskedFor(t *testing.T) {
	got := handlertest.Do(t, handler.NotFound, handlertest.Request{REST: true, Method: "PATCH"})
	got.Problem(t, 404)
	require.Contains(t, got.Body, "PATCH /api/test")
}

func TestREST_RepeatedHeadersAreJoined(t *testing.T) {
	event := handlertest.Request{REST: true}.Event()
	event["multiValueHeaders"] = map[string][]string{"If-None-Match": {`"1"`, `"3"`}}
	route := func(_ context.Context, r *handler.Request) (*handler.Response, error) {
		return handler.JSON(200, r.Header("if-none-match")), nil
	}
	answer, err := invoke(context.Background(), route, io.Discard, event)
	require.NoError(t, err)
	require.JSONEq(t, `"\"1\",\"3\""`, answer["body"].(string))

	delete(event, "multiValueHeaders")
	event["headers"] = map[string]string{"If-None-Match": `"2"`}
	answer, err = invoke(context.Background(), route, io.Discard, event)
	require.NoError(t, err)
	require.JSONEq(t, `"\"2\""`, answer["body"].(string))
}

func TestREST_AnswersNameTheOriginThatMayReadThem(t *testing.T) {
	variables := map[string]string{"corsOrigin": "https://shop.example.com", "corsExposedHeaders": "etag,location"}
	got := handlertest.Do(t, handler.Health, handlertest.Request{REST: true, StageVariables: variables})
	require.Equal(t, "https://shop.example.com", got.Header["Access-Control-Allow-Origin"])
	require.Equal(t, "etag,location", got.Header["Access-Control-Expose-Headers"])

	delete(variables, "corsExposedHeaders")
	got = handlertest.Do(t, handler.NotFound, handlertest.Request{REST: true, StageVariables: variables})
	require.Equal(t, "https://shop.example.com", got.Header["Access-Control-Allow-Origin"], "errors too")
	require.NotContains(t, got.Header, "Access-Control-Expose-Headers")

	event := handlertest.Request{}.Event()
	event["stageVariables"] = variables
	answer, err := invoke(context.Background(), handler.Health, io.Discard, event)
	require.NoError(t, err)
	require.NotContains(t, answer["headers"], "Access-Control-Allow-Origin", "an HTTP API does so itself")
}

func TestLocation_AtADomainOfTheAPIsOwnHasNoStage(t *testing.T) {
	route := func(_ context.Context, r *handler.Request) (*handler.Response, error) {
		return handler.Empty(201).With("Location", r.Location("/products/x")), nil
	}
	for _, rest := range []bool{false, true} {
		for host, want := range map[string]string{
			"api.example.com":                          "/products/x",
			"x.execute-api.eu-central-1.amazonaws.com": "/api/products/x",
			"": "/api/products/x",
		} {
			event := handlertest.Request{REST: rest}.Event()
			event["requestContext"].(map[string]any)["domainName"] = host
			answer, err := invoke(context.Background(), route, io.Discard, event)
			require.NoError(t, err)
			require.Equal(t, want, answer["headers"].(map[string]any)["Location"], "%s %v", host, rest)
		}
	}
}

func TestREST_PayloadOfAnHTTPAPISetToVersion1(t *testing.T) {
	event := handlertest.Request{REST: true}.Event()
	event["version"] = "1.0"
	answer, err := invoke(context.Background(), handler.Health, io.Discard, event)
	require.NoError(t, err)
	require.EqualValues(t, 200, answer["statusCode"])
	event["version"] = "3.0"
	_, err = invoke(context.Background(), handler.Health, io.Discard, event)
	require.ErrorContains(t, err, `event has version "3.0"`)
}

func BenchmarkEvent(b *testing.B) {
	for name, rest := range map[string]bool{"HTTP": false, "REST": true} {
		b.Run(name, func(b *testing.B) {
			payload, err := json.Marshal(handlertest.Request{REST: rest, Query: "a=b", Body: "{}"}.Signed("u1", "admin").Event())
			require.NoError(b, err)
			h := handler.HTTP(slog.New(slog.DiscardHandler), handler.Health)
			for b.Loop() {
				if _, err := h.Invoke(b.Context(), payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
