// Package api is what the shop promises to programs: the HTTP API, openapi.yaml, and the events, a JSON Schema each. It serves both as
// documentation.
//
// Tests hold openapi.yaml against the deployed routes, the functions and the running shop; see package internal/contract. The page
// index.html is made from it and from the schemas: go test ./api -update.
package api

import "embed"

// Document is the API's description in OpenAPI 3.1.
//
//go:embed openapi.yaml
var Document []byte

// Events holds the schemas of the events' details: events/order-created.json for "Order Created".
//
//go:embed events/*.json
var Events embed.FS
