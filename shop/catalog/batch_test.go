package catalog

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// BatchGetItem serves at most batchSize keys and leaves the others over.
func (f *fakeDynamo) BatchGetItem(_ context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	if err := f.call("BatchGetItem"); err != nil {
		return nil, err
	}
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]map[string]types.AttributeValue{}, UnprocessedKeys: map[string]types.KeysAndAttributes{}}
	for table, wanted := range in.RequestItems {
		served := min(len(wanted.Keys), f.batchSize)
		for _, key := range wanted.Keys[:served] {
			if item, found := f.items[attr.Plain(key[attrID])]; found {
				out.Responses[table] = append(out.Responses[table], item)
			}
		}
		if served < len(wanted.Keys) {
			wanted.Keys = wanted.Keys[served:]
			out.UnprocessedKeys[table] = wanted
		}
	}
	return out, nil
}

func TestGetAll_AsksAgainForWhatDynamoDBLeftOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newFakeDynamo()
		store := NewTable(client, "products")
		for i := range 10 {
			_, err := store.Save(t.Context(), mug(fmt.Sprintf("p-%d", i)), IfAbsent())
			require.NoError(t, err)
		}
		ids := []string{"p-1", "p-3", "unicorn", "p-5", "p-7"}
		client.batchSize = 2
		products, err := store.GetAll(t.Context(), ids)
		require.NoError(t, err)
		require.Len(t, products, 4)
		require.Equal(t, "p-7", products["p-7"].ID)
		require.Equal(t, 3, client.calls["BatchGetItem"])

		client.batchSize = 0
		_, err = store.GetAll(t.Context(), ids)
		require.ErrorContains(t, err, "left 5 over 6 times")
		_, busy := errors.AsType[*types.ProvisionedThroughputExceededException](err)
		require.True(t, busy, "the answer is a 503")
	})
}

func TestGetAll_Refuses(t *testing.T) {
	store := NewTable(newFakeDynamo(), "products")
	for _, ids := range [][]string{nil, make([]string, 101)} {
		_, err := store.GetAll(t.Context(), ids)
		require.ErrorContains(t, err, "want 1–100")
	}
}
