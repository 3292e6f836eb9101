// Package warm calls when it is loaded: for a variable and in an init function.
package warm

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

var client = dynamodb.New(dynamodb.Options{})

// Tables are there before main.
var Tables, _ = client.ListTables(context.Background(), nil)

func init() { _, _ = client.PutItem(context.Background(), nil) }
