// Command start-event hands over a method value.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/internal/leastprivilege/testdata/shelf"
)

func main() {
	env := handler.Environment()
	s := &shelf.Shelf{Table: dynamodb.NewFromConfig(env.AWS())}
	handler.StartEvent(env, s.Receive)
}
