// Package components has a component that nobody shows how to use.
package components

// Plain is a component without an example.
type Plain struct{}

// NewPlain creates one.
func NewPlain() *Plain { return &Plain{} }
