package handler

import (
	"context"
	"net/http"
)

// Health answers that the API reaches its functions. It looks at nothing else: a monitor that fails when a table is
// slow tells less than the table's own alarm.
func Health(context.Context, *Request) (*Response, error) {
	return JSON(http.StatusOK, map[string]string{"status": "ok"}), nil
}

// NotFound answers requests that no route of the API matches.
func NotFound(_ context.Context, r *Request) (*Response, error) {
	asked := r.event.RequestContext.HTTP
	return nil, NewProblem(http.StatusNotFound, "There is no %s %.200s here.", asked.Method, asked.Path)
}
