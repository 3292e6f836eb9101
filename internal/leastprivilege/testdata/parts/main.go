// Command parts makes a transaction's items in several ways, and reads at two transactions.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func main() {
	client := dynamodb.New(dynamodb.Options{})
	items := []types.TransactWriteItem{updating(), {}}
	items[1].Delete = &types.Delete{}
	_, _ = client.TransactWriteItems(context.Background(), &dynamodb.TransactWriteItemsInput{TransactItems: items})
	_, _ = client.TransactGetItems(context.Background(), &dynamodb.TransactGetItemsInput{
		TransactItems: []types.TransactGetItem{{Get: &types.Get{}}},
	})
}

func updating() types.TransactWriteItem {
	item := types.TransactWriteItem{}
	fill(&item.Update)
	return item
}

func fill(update **types.Update) { *update = &types.Update{} }
