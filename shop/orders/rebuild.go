package orders

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// Rebuilt counts what [Rebuild] found and did.
type Rebuilt struct {
	// Orders are all orders there are.
	Orders int `json:"orders"`
	// Written are the views that were missing or wrong.
	Written int `json:"written"`
	// Removed are the views of orders that do not exist.
	Removed int `json:"removed"`
	// Sales are the sales of a product on a day that were wrong.
	Sales int `json:"sales"`
}

// Difference is where a read model is not what the events say.
type Difference struct {
	// Model is order-views or sales.
	Model string `json:"model"`
	// Key is the order's id, or the product's with the day.
	Key string `json:"key"`
	// Found is what is stored; "" for nothing.
	Found string `json:"found"`
	// Want is what the events say; "" for nothing.
	Want string `json:"want"`
}

// maxRounds is how often sales that change while they are added up are added up again.
const maxRounds = 10

// settleTime is how long [Verify] waits before it looks again at what differs: the projector is normally done within a second.
var settleTime = 2 * time.Second

// Rebuild makes all read models what the events say, as many orders at a time as there are workers, 1–100. progress is told now and then
// how many orders are done.
//
// It is safe while the shop runs, and never takes anything away that is right: a view is replaced only if nobody else has written it since it
// was compared, and sales of a product on a day are set to the sum of the views only if none of them has changed while they were added up.
// It can be repeated at any time.
func Rebuild(ctx context.Context, orders *Table, views *Views, workers int, progress func(done int)) (Rebuilt, error) {
	var result Rebuilt
	var written atomic.Int64
	projector := NewProjector(orders, views)
	known, err := eachOrder(ctx, orders, workers, progress, func(ctx context.Context, id string) error {
		wrote, err := projector.project(ctx, id, viewRecord.equals)
		if wrote {
			written.Add(1)
		}
		return err
	})
	result.Orders, result.Written = len(known), int(written.Load())
	if err != nil {
		return result, fmt.Errorf("rebuilding the read models: %w", err)
	}
	orphans, err := views.orphans(ctx, orders, known)
	if err != nil {
		return result, err
	}
	for _, o := range orphans {
		if err := views.remove(ctx, o); err != nil {
			return result, err
		}
		result.Removed++
	}
	result.Sales, err = views.correctSales(ctx)
	return result, err
}

// Verify compares all read models with what they would be if they were made anew from the events, and changes nothing. What differs is looked
// at again after a while, since the read models follow the events a moment later. workers and progress are those of [Rebuild].
func Verify(ctx context.Context, orders *Table, views *Views, workers int, progress func(done int)) ([]Difference, error) {
	var mu sync.Mutex
	var found []Difference
	projector := NewProjector(orders, views)
	known, err := eachOrder(ctx, orders, workers, progress, func(ctx context.Context, id string) error {
		difference, err := projector.verify(ctx, id)
		if err == nil && difference != nil {
			mu.Lock()
			defer mu.Unlock()
			found = append(found, *difference)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("verifying the read models: %w", err)
	}
	orphans, err := views.orphans(ctx, orders, known)
	if err != nil {
		return nil, err
	}
	for _, o := range orphans {
		found = append(found, Difference{Model: "order-views", Key: o.OrderID, Found: o.String()})
	}
	sales, err := views.verifySales(ctx)
	found = append(found, sales...)
	slices.SortFunc(found, func(a, b Difference) int {
		return slices.Compare([]string{a.Model, a.Key}, []string{b.Model, b.Key})
	})
	return found, err
}

// eachOrder does something for every order, and returns the ids of all.
func eachOrder(ctx context.Context, orders *Table, workers int, progress func(done int), do func(ctx context.Context, id string) error) (map[string]bool, error) {
	if workers < 1 || workers > 100 {
		return nil, fmt.Errorf("%d workers, want 1–100", workers)
	}
	var mu sync.Mutex
	known := map[string]bool{}
	group, ctx := errgroup.WithContext(ctx)
	for part := range workers {
		group.Go(func() error {
			return orders.Scan(ctx, part, workers, func(ids []string) error {
				for _, id := range ids {
					if err := do(ctx, id); err != nil {
						return err
					}
				}
				mu.Lock()
				defer mu.Unlock()
				for _, id := range ids {
					known[id] = true
				}
				progress(len(known))
				return nil
			})
		})
	}
	return known, group.Wait()
}

// verify returns how an order's view differs from its events; nil if it does not.
func (p *Projector) verify(ctx context.Context, orderID string) (*Difference, error) {
	for attempt := 0; ; attempt++ {
		was, is, err := p.compare(ctx, orderID)
		if err != nil || was.Revision > 0 && was.equals(is) {
			return nil, err
		}
		if attempt == 2 {
			return &Difference{Model: "order-views", Key: orderID, Found: was.String(), Want: is.String()}, nil
		}
		if err := settle(ctx); err != nil {
			return nil, err
		}
	}
}

func settle(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(settleTime):
		return nil
	}
}

// equals tells whether two records are the same in every attribute but the revision.
func (r viewRecord) equals(other viewRecord) bool {
	r.Revision, other.Revision = 0, 0
	return reflect.DeepEqual(r, other)
}

// String tells what operators compare. Whose order it is, and what they wrote, is none of it.
func (r viewRecord) String() string {
	if r.Revision == 0 && r.Version == 0 {
		return ""
	}
	text := fmt.Sprintf("version %d %s, %d lines, %d %s, updated %s", r.Version, r.Status, len(r.Lines), r.TotalCents, r.Currency, r.UpdatedAt)
	if r.SoldOn != "" {
		text += ", sold on " + r.SoldOn
	}
	return text
}

// orphans are views of orders that do not exist. An order that is not among the known ones may be new.
func (v *Views) orphans(ctx context.Context, orders *Table, known map[string]bool) ([]viewRecord, error) {
	var orphans []viewRecord
	err := v.scan(ctx, v.views, func(stored item) error {
		var r viewRecord
		if err := attributevalue.UnmarshalMap(stored, &r); err != nil {
			return fmt.Errorf("reading the stored view of an order: %w", err)
		}
		if known[r.OrderID] {
			return nil
		}
		_, _, _, err := orders.Whole(ctx, r.OrderID)
		if errors.Is(err, fault.ErrNotFound) {
			orphans = append(orphans, r)
			return nil
		}
		return err
	})
	return orphans, err
}

// remove deletes a view, unless it was written meanwhile. The sales that it counted to are to be corrected afterwards.
func (v *Views) remove(ctx context.Context, r viewRecord) error {
	_, err := transact(ctx, v.client, []types.TransactWriteItem{{Delete: &types.Delete{
		TableName: &v.views, Key: item{attrOrderID: attr.Text(r.OrderID)}, ConditionExpression: aws.String("#revision = :revision"),
		ExpressionAttributeNames: map[string]string{"#revision": attrRevision}, ExpressionAttributeValues: item{":revision": attr.Number(r.Revision)},
	}}})
	if err != nil {
		return fmt.Errorf("removing the view of order %q, which does not exist: %w", r.OrderID, err)
	}
	return nil
}

// saleKey is a product on a UTC day.
type saleKey struct{ product, day string }

// sold is what was sold of a product on a day.
type sold struct {
	units, cents int64
	currency     string
}

// saleRecord is the same as the table stores it.
type saleRecord struct {
	ProductID string `dynamodbav:"productId"`
	Day       string `dynamodbav:"day"`
	Units     int64  `dynamodbav:"units"`
	Cents     int64  `dynamodbav:"cents"`
	Currency  string `dynamodbav:"currency"`
	// Revision counts how often it was written; 0 if it was never.
	Revision int64 `dynamodbav:"revision"`
}

func (s sold) String() string {
	if s.units == 0 && s.cents == 0 {
		return ""
	}
	return fmt.Sprintf("%d units for %d %s", s.units, s.cents, s.currency)
}

// wrongSale is a record that is not the sum of the views.
type wrongSale struct {
	key    saleKey
	stored saleRecord
	want   sold
}

// wrongSales adds up all views. Those that change meanwhile can be among them by mistake: they have another revision then.
func (v *Views) wrongSales(ctx context.Context) ([]wrongSale, error) {
	stored := map[saleKey]saleRecord{}
	// Before the views: what is found here is then the sum of the views as they are found, or has another revision afterwards.
	err := v.scan(ctx, v.sales, func(found item) error {
		var r saleRecord
		if err := attributevalue.UnmarshalMap(found, &r); err != nil {
			return fmt.Errorf("reading the stored sales of %q on %q: %w", attr.Plain(found[attrProduct]), attr.Plain(found[attrDay]), err)
		}
		stored[saleKey{r.ProductID, r.Day}] = r
		return nil
	})
	if err != nil {
		return nil, err
	}
	want := map[saleKey]sold{}
	err = v.scan(ctx, v.views, func(found item) error {
		var r viewRecord
		if err := attributevalue.UnmarshalMap(found, &r); err != nil {
			return fmt.Errorf("reading the stored view of an order: %w", err)
		}
		if r.SoldOn == "" {
			return nil
		}
		for _, l := range r.Lines {
			s := want[saleKey{l.ProductID, r.SoldOn}]
			want[saleKey{l.ProductID, r.SoldOn}] = sold{s.units + l.Quantity, s.cents + l.Quantity*l.PriceCents, r.Currency}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	keys := map[saleKey]bool{}
	for key := range stored {
		keys[key] = true
	}
	for key := range want {
		keys[key] = true
	}
	var wrong []wrongSale
	for key := range maps.Keys(keys) {
		if s, w := stored[key], want[key]; s.Units != w.units || s.Cents != w.cents {
			wrong = append(wrong, wrongSale{key, s, w})
		}
	}
	return wrong, nil
}

// correctSales makes the sales the sums of the views, and returns how many were wrong.
func (v *Views) correctSales(ctx context.Context) (corrected int, err error) {
	for range maxRounds {
		wrong, err := v.wrongSales(ctx)
		if err != nil || len(wrong) == 0 {
			return corrected, err
		}
		for _, w := range wrong {
			done, err := v.correct(ctx, w)
			if err != nil {
				return corrected, err
			}
			if done {
				corrected++
			}
		}
	}
	return corrected, fault.New(fault.ErrUnavailable, "Sales change all the time; run it again when the shop is less busy.")
}

// correct writes what the views say, unless somebody has written the record since it was read: then it is to be compared again.
func (v *Views) correct(ctx context.Context, w wrongSale) (bool, error) {
	currency := w.want.currency
	if currency == "" {
		currency = w.stored.Currency
	}
	update := &types.Update{
		TableName: &v.sales, Key: item{attrProduct: attr.Text(w.key.product), attrDay: attr.Text(w.key.day)},
		UpdateExpression:    aws.String("SET #units = :units, #cents = :cents, #currency = :currency, #revision = :next"),
		ConditionExpression: aws.String("attribute_not_exists(#revision)"),
		ExpressionAttributeNames: map[string]string{
			"#units": "units", "#cents": "cents", "#currency": "currency", "#revision": attrRevision,
		},
		ExpressionAttributeValues: item{
			":units": attr.Number(w.want.units), ":cents": attr.Number(w.want.cents), ":currency": attr.Text(currency), ":next": attr.Number(w.stored.Revision + 1),
		},
	}
	if w.stored.Revision > 0 {
		update.ConditionExpression = aws.String("#revision = :revision")
		update.ExpressionAttributeValues[":revision"] = attr.Number(w.stored.Revision)
	}
	failed, err := transact(ctx, v.client, []types.TransactWriteItem{{Update: update}})
	if err != nil {
		return false, fmt.Errorf("correcting the sales of %q on %s: %w", w.key.product, w.key.day, err)
	}
	return len(failed) == 0, nil
}

// verifySales returns the sales that are not the sums of the views, and were not while nobody wrote them.
func (v *Views) verifySales(ctx context.Context) ([]Difference, error) {
	var last map[saleKey]wrongSale
	for range 2 {
		wrong, err := v.wrongSales(ctx)
		if err != nil || len(wrong) == 0 {
			return nil, err
		}
		again := map[saleKey]wrongSale{}
		for _, w := range wrong {
			// Written between two looks: what was found first was its change.
			if before, found := last[w.key]; last == nil || found && before.stored.Revision == w.stored.Revision {
				again[w.key] = w
			}
		}
		if last = again; len(last) == 0 {
			return nil, nil
		}
		if err := settle(ctx); err != nil {
			return nil, err
		}
	}
	var found []Difference
	for key, w := range last {
		stored := sold{w.stored.Units, w.stored.Cents, w.stored.Currency}
		found = append(found, Difference{Model: "sales", Key: key.product + " " + key.day, Found: stored.String(), Want: w.want.String()})
	}
	return found, nil
}

// scan reads a whole table.
func (v *Views) scan(ctx context.Context, table string, found func(item) error) error {
	input := &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)}
	for {
		out, err := v.client.Scan(ctx, input)
		if err != nil {
			return fmt.Errorf("scanning %s: %w", table, err)
		}
		for _, stored := range out.Items {
			if err := found(stored); err != nil {
				return err
			}
		}
		if len(out.LastEvaluatedKey) == 0 {
			return nil
		}
		input.ExclusiveStartKey = out.LastEvaluatedKey
	}
}
