package handler

import (
	"encoding/json"
	"time"
)

// Event is something that happened, as services tell each other: the envelope of EventBridge, which the shop's topics and
// queues use too, so that a consumer need not know which way an event came.
type Event struct {
	// ID is the same for every delivery of the same event.
	ID string `json:"id"`
	// Type is what happened, such as "Order Created".
	Type string `json:"detail-type"`
	// Source is who says so, such as "shop.orders".
	Source string `json:"source"`
	// Time is when it happened, in UTC.
	Time time.Time `json:"time"`
	// Detail is a JSON object that depends on the type; its member correlationId follows a request through every service.
	Detail json.RawMessage `json:"detail"`
}

// CorrelationID returns the detail's correlation id; "" if it has none that can be read.
func (e Event) CorrelationID() string {
	var detail struct {
		CorrelationID string `json:"correlationId"`
	}
	if json.Unmarshal(e.Detail, &detail) != nil || !validCorrelationID(detail.CorrelationID) {
		return ""
	}
	return detail.CorrelationID
}
