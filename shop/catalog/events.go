package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Publisher sends events to other contexts.
type Publisher interface {
	// Publish sends events, at least once each.
	Publish(ctx context.Context, events ...handler.Event) error
}

// Outbox tells other contexts of changes of the catalogue.
type Outbox struct{ publisher Publisher }

// NewOutbox returns the outbox that is emptied to a publisher.
func NewOutbox(publisher Publisher) *Outbox { return &Outbox{publisher} }

// OnChange publishes what a change of the table means: Product Saved, or Product Removed. A change of the shown stock means nothing: it
// comes from the inventory, which would hear of its own change, and change it again.
func (o *Outbox) OnChange(ctx context.Context, c handler.Change) error {
	detail, err := meaning(ctx, c)
	if err != nil || detail == nil {
		return err
	}
	e, err := event.New(c.ID, c.At, detail)
	if err != nil {
		return err
	}
	return o.publisher.Publish(ctx, e)
}

// meaning returns what a change means to others; nil if nothing.
func meaning(ctx context.Context, c handler.Change) (event.Detail, error) {
	var was, is record
	if err := attributevalue.UnmarshalMap(c.Old, &was); err != nil {
		return nil, fmt.Errorf("reading the product before change %s: %w", c.ID, err)
	}
	if err := attributevalue.UnmarshalMap(c.New, &is); err != nil {
		return nil, fmt.Errorf("reading the product after change %s: %w", c.ID, err)
	}
	meta := event.NewMeta(handler.CorrelationID(ctx), c.ID)
	switch {
	case c.Kind == handler.Remove:
		return event.ProductRemoved{Meta: meta, ProductID: was.ID, Version: was.Version}, nil
	case was.StockAsOf != is.StockAsOf:
		return nil, nil //nolint:nilnil // nothing to tell
	}
	created, err := time.Parse(timeLayout, is.CreatedAt)
	if err != nil {
		return nil, fmt.Errorf("reading the product after change %s: createdAt: %w", c.ID, err)
	}
	return event.ProductSaved{
		Meta: meta, ProductID: is.ID, Version: is.Version, Name: is.Name, PriceCents: is.PriceCents, Currency: is.Currency,
		StockChange: is.Stock - was.Stock, CreatedAt: created,
	}, nil
}
