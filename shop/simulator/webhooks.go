package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/thirdparty"
)

// The news that the third parties send.
const (
	paymentCaptured   = "payment.captured"
	shipmentDelivered = "shipment.delivered"
)

// source is who says what is due.
const source = "third-parties"

// TopicClient is what a [Topic] needs of SNS; *sns.Client has it.
type TopicClient interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Topic makes things happen later: a queue that subscribes to it, and holds its messages back for some seconds, feeds [Clock.Strike].
type Topic struct {
	client TopicClient
	arn    string
}

// NewTopic returns the topic with this ARN.
func NewTopic(client TopicClient, arn string) *Topic { return &Topic{client: client, arn: arn} }

// Later implements Later.
func (t *Topic) Later(ctx context.Context, n thirdparty.Notice) error {
	detail, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encoding notice %s: %w", n.ID, err)
	}
	message, err := json.Marshal(handler.Event{ID: n.ID, Type: n.Type, Source: source, Time: n.CreatedAt, Detail: detail})
	if err != nil {
		return fmt.Errorf("encoding notice %s: %w", n.ID, err)
	}
	if _, err := t.client.Publish(ctx, &sns.PublishInput{TopicArn: &t.arn, Message: aws.String(string(message))}); err != nil {
		return fmt.Errorf("publishing notice %s to %s: %w", n.ID, t.arn, err)
	}
	return nil
}

// webhookLimit is how long the shop may take to answer a webhook.
const webhookLimit = 5 * time.Second

// Clock makes happen what was to happen later, and tells the shop.
type Clock struct {
	payments *Payments
	carrier  *Carrier
	shop     string
	keys     map[string]thirdparty.Key // by the notice's type
	http     *http.Client
	now      func() time.Time
}

// paths is where the shop hears of news.
var paths = map[string]string{paymentCaptured: "/payments/webhook", shipmentDelivered: "/shipments/webhook"}

// NewClock returns the clock that tells the shop at an address, with webhooks signed by the two keys.
func NewClock(table *Table, shop string, payments, carrier thirdparty.Key) *Clock {
	return &Clock{
		payments: &Payments{server{table: table}}, carrier: &Carrier{server{table: table}}, shop: shop,
		keys: map[string]thirdparty.Key{paymentCaptured: payments, shipmentDelivered: carrier},
		http: &http.Client{Timeout: webhookLimit}, now: time.Now,
	}
}

// Strike makes happen what a notice says, unless it was called off meanwhile, and sends the notice. An error makes it come again, as
// real senders of webhooks try again.
func (c *Clock) Strike(ctx context.Context, e handler.Event) error {
	var n thirdparty.Notice
	if err := json.Unmarshal(e.Detail, &n); err != nil || e.Source != source || paths[n.Type] == "" {
		return fmt.Errorf("event %s %q from %q is nothing that can be due", e.ID, e.Type, e.Source)
	}
	happened, err := c.happen(ctx, n)
	if err != nil {
		return err
	}
	if !happened {
		handler.Logger(ctx).Info("called off meanwhile", "noticeType", n.Type)
		return nil
	}
	return c.send(ctx, n)
}

func (c *Clock) happen(ctx context.Context, n thirdparty.Notice) (bool, error) {
	if n.Type == paymentCaptured {
		return c.payments.capture(ctx, n.OrderID)
	}
	return c.carrier.deliver(ctx, n.OrderID)
}

// send posts a notice to the shop.
func (c *Clock) send(ctx context.Context, n thirdparty.Notice) error {
	key, err := c.keys[n.Type](ctx)
	if err != nil {
		return err
	}
	if key == "" {
		return fmt.Errorf("sending notice %s %q: the key to sign with is empty; store it in the secret", n.ID, n.Type)
	}
	body, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encoding notice %s: %w", n.ID, err)
	}
	address := c.shop + paths[n.Type]
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("sending notice %s: %w", n.ID, err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Correlation-Id", n.CorrelationID)
	request.Header.Set(thirdparty.SignatureHeader, thirdparty.Sign(key, c.now(), body))
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("sending notice %s: %w", n.ID, err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, thirdparty.MaxAnswer)); err != nil {
		return fmt.Errorf("sending notice %s: reading the answer: %w", n.ID, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("sending notice %s to %s: status %d, want 200", n.ID, address, response.StatusCode)
	}
	handler.Logger(ctx).Info("webhook sent", "noticeId", n.ID, "noticeType", n.Type)
	return nil
}
