// Command witness stores every event that it gets in a table, where the tests look. It fails for events that say "poison",
// and answers all others in a form that whoever sent them understands.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/handler"
)

var poison = []byte("poison")

func main() {
	env := handler.Environment()
	w := &witness{items: dynamodb.NewFromConfig(env.AWS()), table: env.Get("WITNESSED_TABLE")}
	lambda.Start(w.handle)
}

type witness struct {
	items *dynamodb.Client
	table string
}

// event is what the witness needs to know of an event, whatever its sender.
type event struct {
	MethodARN string `json:"methodArn"`
	Records   []struct {
		MessageID string `json:"messageId"` // SQS
		Body      string `json:"body"`
	}
}

func (w *witness) handle(ctx context.Context, raw json.RawMessage) (map[string]any, error) {
	var compact bytes.Buffer // so that a test can look for "name":"value"
	if err := json.Compact(&compact, raw); err != nil {
		return nil, fmt.Errorf("reading the event: %w", err)
	}
	_, err := w.items.PutItem(ctx, &dynamodb.PutItemInput{TableName: &w.table, Item: map[string]types.AttributeValue{
		"id": &types.AttributeValueMemberS{Value: rand.Text()}, "event": &types.AttributeValueMemberS{Value: compact.String()},
	}})
	if err != nil {
		return nil, fmt.Errorf("storing an event in %s: %w", w.table, err)
	}
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, fmt.Errorf("reading the event: %w", err)
	}
	failed := []map[string]string{}
	for _, r := range e.Records {
		if r.MessageID != "" && bytes.Contains([]byte(r.Body), poison) {
			failed = append(failed, map[string]string{"itemIdentifier": r.MessageID})
		}
	}
	switch {
	case e.MethodARN != "":
		return allow(e.MethodARN), nil
	case len(failed) == 0 && bytes.Contains(raw, poison):
		return nil, errors.New("poison")
	}
	return map[string]any{"batchItemFailures": failed, "statusCode": 200, "body": "witnessed", "heard": aws.String("witnessed")}, nil
}

// allow is what an authorizer answers to let somebody in.
func allow(arn string) map[string]any {
	return map[string]any{
		"principalId": "somebody",
		"policyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{
			map[string]any{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": arn},
		}},
	}
}
