package notifications

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// Told is a notice about an order as the ledger has it.
type Told struct {
	// Whom is CUSTOMER or ADMIN.
	Whom string
	// Kind is what they were told: a [Kind], or HIGH_VALUE.
	Kind string
	// SentAt is when, in UTC; zero if it is being sent at this moment, or its sender died.
	SentAt time.Time
}

// HistoryClient is what [History] needs of DynamoDB; *dynamodb.Client has it.
type HistoryClient interface {
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
}

// noticesOf are all notices that there can be about an order.
func noticesOf(orderID string) []string {
	notices := []string{"ADMIN#" + orderID + "#" + string(Placed), "ADMIN#" + orderID + "#HIGH_VALUE"}
	for _, kind := range []Kind{Placed, Backordered, Shipped, Failed, Cancelled, Refunded} {
		notices = append(notices, "CUSTOMER#"+orderID+"#"+string(kind))
	}
	return notices
}

// History returns what people were told about an order, from the ledger in the table of this name, the first notice first.
func History(ctx context.Context, client HistoryClient, table, orderID string) ([]Told, error) {
	keys := types.KeysAndAttributes{}
	for _, notice := range noticesOf(orderID) {
		keys.Keys = append(keys.Keys, map[string]types.AttributeValue{"notice": attr.Text(notice)})
	}
	var told []Told
	for wanted := map[string]types.KeysAndAttributes{table: keys}; len(wanted) > 0; {
		out, err := client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: wanted})
		if err != nil {
			return nil, fmt.Errorf("reading the notices of order %q: %w", orderID, err)
		}
		for _, item := range out.Responses[table] {
			told = append(told, toldOf(item))
		}
		wanted = out.UnprocessedKeys
	}
	slices.SortFunc(told, func(a, b Told) int { return a.SentAt.Compare(b.SentAt) })
	return told, nil
}

func toldOf(item map[string]types.AttributeValue) Told {
	notice, _ := item["notice"].(*types.AttributeValueMemberS)
	parts := strings.Split(notice.Value, "#") // the key of every item
	t := Told{Whom: parts[0], Kind: parts[len(parts)-1]}
	if sent, ok := item["sentAt"].(*types.AttributeValueMemberN); ok {
		millis, _ := strconv.ParseInt(sent.Value, 10, 64) // written by Sent
		t.SentAt = time.UnixMilli(millis).UTC()
	}
	return t
}
