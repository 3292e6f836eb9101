package catalog

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// DynamoDB may leave keys of a batch over when it is busy. They are asked for again after a pause that grows, a bounded number of
// times, as somebody is waiting.
const (
	maxBatch      = 100 // BatchGetItem in the DynamoDB API reference
	maxBatchReads = 6
	firstPause    = 20 * time.Millisecond
)

// GetAll returns the products of these ids, at most 100 and each once, by their ids; those that do not exist are left out. It uses
// DynamoDB's BatchGetItem.
func (t *Table) GetAll(ctx context.Context, ids []string) (map[string]Product, error) {
	if len(ids) == 0 || len(ids) > maxBatch {
		return nil, fmt.Errorf("getting %d products at once, want 1–%d", len(ids), maxBatch)
	}
	wanted := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)} // a price that has just changed is the price
	for _, id := range ids {
		wanted.Keys = append(wanted.Keys, key(id))
	}
	products := make(map[string]Product, len(ids))
	for attempt := range maxBatchReads {
		out, err := t.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{t.name: wanted}})
		if err != nil {
			return nil, fmt.Errorf("getting %d products: %w", len(wanted.Keys), err)
		}
		for _, item := range out.Responses[t.name] {
			product, err := productOf(item)
			if err != nil {
				return nil, err
			}
			products[product.ID] = product
		}
		rest, left := out.UnprocessedKeys[t.name]
		if !left || len(rest.Keys) == 0 {
			return products, nil
		}
		wanted = rest
		if err := sleep(ctx, rand.N(firstPause<<attempt)); err != nil { //nolint:gosec // spreads retries; nobody gains from guessing it
			return nil, err
		}
	}
	return nil, fmt.Errorf("getting %d products: DynamoDB left %d over %d times: %w", len(ids), len(wanted.Keys), maxBatchReads,
		&types.ProvisionedThroughputExceededException{Message: aws.String("the table is busy")})
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
