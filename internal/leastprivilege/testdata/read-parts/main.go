// Command read-parts puts, and only looks at a transaction's other parts or empties them.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func main() {
	items := []types.TransactWriteItem{{Put: &types.Put{}, Update: nil}}
	for i := range items {
		if items[i].Delete != nil {
			println("a delete")
		}
		items[i].ConditionCheck = nil
	}
	_, _ = dynamodb.New(dynamodb.Options{}).TransactWriteItems(context.Background(), &dynamodb.TransactWriteItemsInput{TransactItems: items})
}
