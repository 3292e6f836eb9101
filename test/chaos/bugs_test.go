package chaos

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event"
	"github.com/serverless-shop/serverless-shop/shop/orders"
)

// selfPublishing publishes a new order itself once it is stored, without an outbox: if the process ends in between, nobody hears of it.
type selfPublishing struct {
	*orders.Table
	publisher *orders.Publisher
	w         *world
}

func (s selfPublishing) Create(ctx context.Context, p orders.Placement) error {
	if err := s.Table.Create(ctx, p); err != nil {
		return err
	}
	for _, i := range s.w.db.Items("orders") {
		if plain(i["orderId"]) == p.OrderID && plain(i["sk"]) == "EVENT#000001" {
			return s.publisher.OnChange(ctx, handler.Change{ID: event.Name(p.First.Detail), Kind: handler.Insert, New: map[string]types.AttributeValue(i)})
		}
	}
	return nil
}
