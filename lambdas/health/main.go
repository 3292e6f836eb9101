// Command health answers GET /health: the API reaches its functions.
package main

import "github.com/serverless-shop/serverless-shop/handler"

func main() { handler.StartHTTP(handler.Environment(), handler.Health) }
