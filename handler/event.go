package handler

import (
	"encoding/json"
	"fmt"
	"time"
)

// Event is something that happened, as services tell each other: the envelope of EventBridge, which the shop's topics and
// queues use too, so that a consumer need not know which way an event came.
type Event struct {
	// ID is the same for every delivery of the same event: the detail's eventId, if it has one, since EventBridge gives its envelope a new
	// id each time an event is sent, and a publisher that heard no answer sends again.
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
func (e Event) CorrelationID() string { return aboutOf(e.Detail).CorrelationID }

// about is what a log line tells of a JSON object, be it an event's detail or a task's input.
type about struct{ CorrelationID, OrderID string }

// aboutOf reads the two members; one that is missing or of another type is "".
func aboutOf(object []byte) about {
	var members struct {
		CorrelationID json.RawMessage `json:"correlationId"`
		OrderID       json.RawMessage `json:"orderId"`
	}
	if json.Unmarshal(object, &members) != nil {
		return about{}
	}
	found := about{CorrelationID: text(members.CorrelationID), OrderID: text(members.OrderID)}
	if !validCorrelationID(found.CorrelationID) {
		found.CorrelationID = ""
	}
	return found
}

// readEvent reads an envelope. One that cannot be told from others, or without a detail, is an error: no consumer could do
// anything with it.
func readEvent(data []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(data, &e); err != nil {
		return Event{}, fmt.Errorf("reading an event, want an envelope as EventBridge's: %w", err)
	}
	if e.ID == "" || e.Type == "" || e.Source == "" || len(e.Detail) == 0 || e.Detail[0] != '{' {
		return Event{}, fmt.Errorf("event has id %q, detail-type %q, source %q and a detail of %d bytes; want an envelope as EventBridge's whose detail is a JSON object",
			e.ID, e.Type, e.Source, len(e.Detail))
	}
	var own struct {
		EventID json.RawMessage `json:"eventId"`
	}
	if json.Unmarshal(e.Detail, &own) == nil && text(own.EventID) != "" {
		e.ID = text(own.EventID)
	}
	return e, nil
}
