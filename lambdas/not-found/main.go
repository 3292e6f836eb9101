// Command not-found answers every request that no other route of the API matches, with a 404.
package main

import "github.com/serverless-shop/serverless-shop/handler"

func main() { handler.StartHTTP(handler.Environment(), handler.NotFound) }
