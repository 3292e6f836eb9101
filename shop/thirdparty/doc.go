// Package thirdparty is how the shop and the companies that work for it, a payment provider and a carrier, talk to each other over
// HTTP: the rules by which the shop asks ([Client]), and the signature by which it knows who calls back ([Receiver]).
package thirdparty

import "context"

// Key returns the key by which somebody shows who they are; the method Value of a secret.Secret is one.
type Key func(ctx context.Context) (string, error)

// Keys returns the keys by which somebody else is known, the newest first. While a key is being replaced there are two.
type Keys func(ctx context.Context) ([]string, error)
