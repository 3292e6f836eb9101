// Command api-docs answers GET /docs and GET /docs/{file}: the API's documentation.
package main

import (
	"github.com/serverless-shop/serverless-shop/api"
	"github.com/serverless-shop/serverless-shop/handler"
)

func main() { handler.StartHTTP(handler.Environment(), api.Docs) }
