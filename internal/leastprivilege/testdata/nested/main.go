// Command nested calls from inside a decoder, which finds the method two types deep, and from inside an iterator.
package main

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

var client = dynamodb.New(dynamodb.Options{})

type item struct{}

func (*item) UnmarshalJSON([]byte) error {
	_, err := client.PutItem(context.Background(), nil)
	return err
}

type list struct{ Items []item }

func pages() iter.Seq[int] {
	return func(yield func(int) bool) {
		_, _ = client.GetItem(context.Background(), nil)
		yield(1)
	}
}

func main() {
	_ = json.Unmarshal(nil, &list{})
	for range pages() {
		_, _ = client.Query(context.Background(), nil)
	}
}
