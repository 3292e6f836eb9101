// Command statement runs a statement whose text decides what it needs.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func main() {
	_, _ = dynamodb.New(dynamodb.Options{}).ExecuteStatement(context.Background(), &dynamodb.ExecuteStatementInput{})
}
