package notifications

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	sestypes "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/stretchr/testify/require"
)

// fakeTable does what DynamoDB does with the ledger's three updates. The integration test shows that DynamoDB does the same.
type fakeTable struct {
	mu    sync.Mutex
	items map[string]map[string]types.AttributeValue
}

func newFakeTable() *fakeTable {
	return &fakeTable{items: map[string]map[string]types.AttributeValue{}}
}

func (f *fakeTable) UpdateItem(_ context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := in.Key["notice"].(*types.AttributeValueMemberS).Value
	item := f.items[key]
	if in.ConditionExpression != nil {
		claimed, isClaimed := item["claimedUntil"]
		if _, sent := item["sentAt"]; sent || isClaimed && number(claimed) >= number(in.ExpressionAttributeValues[":now"]) {
			return nil, &types.ConditionalCheckFailedException{Message: aws.String("The conditional request failed"), Item: item}
		}
	}
	if item == nil {
		item = map[string]types.AttributeValue{}
		f.items[key] = item
	}
	for name, value := range map[string]string{"claimedUntil": ":until", "expiresAt": ":expires", "sentAt": ":now"} {
		if strings.Contains(*in.UpdateExpression, name+" = "+value) {
			item[name] = in.ExpressionAttributeValues[value]
		}
	}
	if strings.Contains(*in.UpdateExpression, "REMOVE claimedUntil") {
		delete(item, "claimedUntil")
	}
	return &dynamodb.UpdateItemOutput{}, nil
}

func number(v types.AttributeValue) int64 {
	n, err := strconv.ParseInt(v.(*types.AttributeValueMemberN).Value, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// fakeSES keeps what it is asked to send.
type fakeSES struct {
	in  *sesv2.SendEmailInput
	err error
}

func (f *fakeSES) SendEmail(_ context.Context, in *sesv2.SendEmailInput, _ ...func(*sesv2.Options)) (*sesv2.SendEmailOutput, error) {
	f.in = in
	return &sesv2.SendEmailOutput{}, f.err
}

func TestSES_SendsPlainText(t *testing.T) {
	ses := &fakeSES{}
	require.NoError(t, NewSES(ses, "orders@shop.example").Send(t.Context(), Mail{To: "ann@shop.example", Subject: "Grüße", Text: "5 €"}))
	require.Equal(t, "orders@shop.example", *ses.in.FromEmailAddress)
	require.Equal(t, []string{"ann@shop.example"}, ses.in.Destination.ToAddresses)
	require.Equal(t, "Grüße", *ses.in.Content.Simple.Subject.Data)
	require.Equal(t, "5 €", *ses.in.Content.Simple.Body.Text.Data)
	require.Equal(t, "UTF-8", *ses.in.Content.Simple.Body.Text.Charset)
}

func TestSES_ErrorsDoNotTellTheRecipient(t *testing.T) {
	refused := &sestypes.MessageRejected{Message: aws.String("Email address is not verified. The following identities failed the check: ann@shop.example")}
	err := NewSES(&fakeSES{err: refused}, "orders@shop.example").
		Send(t.Context(), Mail{To: "ann@shop.example", Subject: "Hello"})
	require.ErrorContains(t, err, `sending a mail from orders@shop.example with subject "Hello"`)
	require.ErrorContains(t, err, "Email address is not verified")
	require.NotContains(t, err.Error(), "ann@")
}
