// Command no-parts sends a transaction whose items the analysis does not see.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func main() {
	var in dynamodb.TransactWriteItemsInput
	_ = json.Unmarshal([]byte(`{"TransactItems":[{"Put":{}}]}`), &in.TransactItems)
	_, _ = dynamodb.New(dynamodb.Options{}).TransactWriteItems(context.Background(), &in)
}
