package handler

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"
)

// KeepWarmPing is the event with which a schedule keeps an instance of a function alive (components.KeepWarm sends it). Nobody else can:
// requests and messages reach a function inside the envelopes of API Gateway and the other services.
const KeepWarmPing = `{"keepWarm":"ping"}` //nolint:gosec // no credential

// maxPing is how long an event may be and still be looked at as a ping, which may be written with spaces.
const maxPing = 2 * len(KeepWarmPing)

// pong answers a ping; nobody reads it but those who try by hand.
const pong = `{"keepWarm":"pong"}`

// start runs a function until Lambda ends the process. All kinds of functions start here, so that each answers pings.
func start(h lambda.Handler) {
	lambda.StartWithOptions(warm{h})
}

// warm answers pings, and hands everything else on.
type warm struct{ next lambda.Handler }

// Invoke answers a ping without calling the function.
func (w warm) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if !isPing(payload) {
		return w.next.Invoke(ctx, payload)
	}
	if h, ok := w.next.(interface{ warmed() }); ok {
		h.warmed()
	}
	return []byte(pong), nil
}

func isPing(payload []byte) bool {
	if len(payload) > maxPing {
		return false
	}
	var event map[string]any
	return json.Unmarshal(payload, &event) == nil && len(event) == 1 && event["keepWarm"] == "ping"
}
