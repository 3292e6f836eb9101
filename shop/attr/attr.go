// Package attr makes and reads the values that DynamoDB's items, keys and expressions are made of.
package attr

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Text is a string.
func Text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// Number is a whole number.
func Number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// Expiry is a time as a table's time to live wants it: in whole seconds since 1970. DynamoDB deletes the item within days after it.
func Expiry(t time.Time) types.AttributeValue { return Number(t.Unix()) }

// Plain returns a string as it is and a number in digits, and "" for what is neither or absent.
func Plain(value types.AttributeValue) string {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return ""
}
