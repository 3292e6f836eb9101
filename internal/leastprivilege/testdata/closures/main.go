// Command closures hides its calls in function values and a goroutine.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func main() {
	client := dynamodb.New(dynamodb.Options{})
	query := client.Query
	handlers := map[string]func(context.Context){
		"query": func(ctx context.Context) { _, _ = query(ctx, &dynamodb.QueryInput{}) },
	}
	handlers["query"](context.Background())
	go func() { _, _ = client.GetItem(context.Background(), &dynamodb.GetItemInput{}) }()
}
