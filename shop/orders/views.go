package orders

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/shop/attr"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// Views are the read models in DynamoDB: one item per order, and one per product and day with what was sold of it.
type Views struct {
	client Client
	views  string
	sales  string
}

// NewViews returns the read models in the tables of these names. sales is "" for who only reads lists of orders.
func NewViews(client Client, views, sales string) *Views { return &Views{client, views, sales} }

// The names that indexes and expressions use. The stack declares the tables with the same.
const (
	attrOrderID   = "orderId"
	attrCustomer  = "customerId"
	attrStatus    = "status"
	attrCreatedAt = "createdAt"
	attrRevision  = "revision"
	attrProduct   = "productId"
	attrDay       = "day"

	indexByCustomer = "by-customer"
	indexByStatus   = "by-status"
)

// maxReads is how often a page of a list by customer and status looks for more before it gives the cursor to go on from.
const maxReads = 4

// viewRecord is an order as the table of views stores it.
type viewRecord struct {
	OrderID        string       `dynamodbav:"orderId"`
	CustomerID     string       `dynamodbav:"customerId,omitempty"` // absent once the customer's data was erased: then no index has it
	Status         Status       `dynamodbav:"status"`
	Lines          []lineRecord `dynamodbav:"lines"`
	TotalCents     int64        `dynamodbav:"totalCents"`
	Currency       string       `dynamodbav:"currency"`
	CreatedAt      string       `dynamodbav:"createdAt"`
	UpdatedAt      string       `dynamodbav:"updatedAt"`
	Version        int          `dynamodbav:"version"`
	ShipmentID     string       `dynamodbav:"shipmentId,omitempty"`
	TrackingNumber string       `dynamodbav:"trackingNumber,omitempty"`
	Reason         string       `dynamodbav:"reason,omitempty"`
	ReturnStage    Stage        `dynamodbav:"returnStage,omitempty"`
	ReturnReason   string       `dynamodbav:"returnReason,omitempty"`

	// SoldOn is the day to whose sales the order counts now; "" for none.
	SoldOn string `dynamodbav:"soldOn,omitempty"`
	// Revision counts how often the view was written.
	Revision int64 `dynamodbav:"revision"`
}

type lineRecord struct {
	ProductID  string `dynamodbav:"productId"`
	Name       string `dynamodbav:"name"`
	Quantity   int64  `dynamodbav:"quantity"`
	PriceCents int64  `dynamodbav:"priceCents"`
}

// newViewRecord is the view of an order. Of an order whose customer's data was erased it does not tell whose it was, nor what they
// wrote.
func newViewRecord(o Order, erased bool) viewRecord {
	if erased {
		o = o.anonymous()
	}
	r := viewRecord{
		OrderID: o.ID, CustomerID: o.CustomerID, Status: o.Status, TotalCents: o.TotalCents, Currency: o.Currency,
		CreatedAt: o.CreatedAt.UTC().Format(timeLayout), UpdatedAt: o.UpdatedAt.UTC().Format(timeLayout), Version: o.Version,
		ShipmentID: o.ShipmentID, TrackingNumber: o.TrackingNumber, Reason: o.Reason, SoldOn: o.SoldOn(),
	}
	for _, l := range o.Lines {
		r.Lines = append(r.Lines, lineRecord(l))
	}
	if o.Return != nil {
		r.ReturnStage, r.ReturnReason = o.Return.Stage, o.Return.Reason
	}
	return r
}

// view returns the record as people see it.
func (r viewRecord) view() (View, error) {
	created, err := time.Parse(timeLayout, r.CreatedAt)
	if err != nil {
		return View{}, fmt.Errorf("reading the view of order %q: createdAt: %w", r.OrderID, err)
	}
	updated, err := time.Parse(timeLayout, r.UpdatedAt)
	if err != nil {
		return View{}, fmt.Errorf("reading the view of order %q: updatedAt: %w", r.OrderID, err)
	}
	v := View{
		ID: r.OrderID, Status: r.Status, Lines: []event.Line{}, TotalCents: r.TotalCents, Currency: r.Currency, CreatedAt: created, UpdatedAt: updated,
		Version: r.Version, ShipmentID: r.ShipmentID, TrackingNumber: r.TrackingNumber, Reason: r.Reason,
	}
	for _, l := range r.Lines {
		v.Lines = append(v.Lines, event.Line(l))
	}
	if r.ReturnStage != "" {
		v.Return = &Return{r.ReturnStage, r.ReturnReason}
	}
	return v, nil
}

// List returns one page of a list, as of a moment ago. Following Page.Next from the first page on gives every order exactly once that
// was there from the beginning.
func (v *Views) List(ctx context.Context, q Query) (Page, error) {
	input, err := v.query(q)
	if err != nil {
		return Page{}, err
	}
	page := Page{Items: []View{}}
	for range maxReads {
		// One more than is wanted tells whether another page follows.
		input.Limit = aws.Int32(int32(q.Limit + 1 - len(page.Items))) //nolint:gosec // 1…MaxLimit+1, checked by query
		out, err := v.client.Query(ctx, input)
		if err != nil {
			return Page{}, fmt.Errorf("querying index %s of %s: %w", *input.IndexName, v.views, err)
		}
		for _, stored := range out.Items {
			if len(page.Items) == q.Limit {
				last := page.Items[q.Limit-1]
				page.Next = &Position{last.CreatedAt.Format(timeLayout), last.ID}
				return page, nil
			}
			var r viewRecord
			if err := attributevalue.UnmarshalMap(stored, &r); err != nil {
				return Page{}, fmt.Errorf("reading the stored view of an order: %w", err)
			}
			view, err := r.view()
			if err != nil {
				return Page{}, err
			}
			page.Items = append(page.Items, view)
		}
		if len(out.LastEvaluatedKey) == 0 {
			return page, nil
		}
		input.ExclusiveStartKey = out.LastEvaluatedKey
	}
	// What lies between the last order and here is in other states and need not be read again.
	page.Next = &Position{attr.Plain(input.ExclusiveStartKey[attrCreatedAt]), attr.Plain(input.ExclusiveStartKey[attrOrderID])}
	return page, nil
}

// query prepares the Query for a list.
func (v *Views) query(q Query) (*dynamodb.QueryInput, error) {
	if q.Limit < 1 || q.Limit > MaxLimit || q.CustomerID == "" && q.Status == "" {
		return nil, fmt.Errorf("listing orders: customer = %q, status = %q, limit = %d, want a customer or a status, and 1–%d", q.CustomerID, q.Status, q.Limit, MaxLimit)
	}
	index, attribute, partition := indexByStatus, attrStatus, string(q.Status)
	if q.CustomerID != "" {
		index, attribute, partition = indexByCustomer, attrCustomer, q.CustomerID
	}
	input := &dynamodb.QueryInput{
		TableName:                 &v.views,
		IndexName:                 &index,
		KeyConditionExpression:    aws.String("#partition = :partition"),
		ExpressionAttributeNames:  map[string]string{"#partition": attribute},
		ExpressionAttributeValues: item{":partition": attr.Text(partition)},
		ScanIndexForward:          aws.Bool(false),
	}
	if q.CustomerID != "" && q.Status != "" {
		input.FilterExpression = aws.String("#status = :status")
		input.ExpressionAttributeNames["#status"] = attrStatus
		input.ExpressionAttributeValues[":status"] = attr.Text(string(q.Status))
	}
	if q.After != nil {
		input.ExclusiveStartKey = item{attribute: attr.Text(partition), attrCreatedAt: attr.Text(q.After.CreatedAt), attrOrderID: attr.Text(q.After.ID)}
	}
	return input, nil
}

// get returns an order's view as it is stored; the zero record, with revision 0, if there is none.
func (v *Views) get(ctx context.Context, orderID string) (viewRecord, error) {
	out, err := v.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &v.views, Key: item{attrOrderID: attr.Text(orderID)}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return viewRecord{}, fmt.Errorf("reading the view of order %q: %w", orderID, err)
	}
	var r viewRecord
	if err := attributevalue.UnmarshalMap(out.Item, &r); err != nil {
		return viewRecord{}, fmt.Errorf("reading the view of order %q: %w", orderID, err)
	}
	return r, nil
}

// put replaces an order's view, and moves what the order sold from the day it counted to until now to the one it counts to from now on,
// all or nothing. replaced is false, and nothing is changed, if the stored view is not the one that was read.
func (v *Views) put(ctx context.Context, was, is viewRecord) (replaced bool, err error) {
	is.Revision = was.Revision + 1
	stored, err := attributevalue.MarshalMap(is)
	if err != nil {
		return false, fmt.Errorf("encoding the view of order %q: %w", is.OrderID, err)
	}
	put := &types.Put{
		TableName: &v.views, Item: stored, ConditionExpression: aws.String("attribute_not_exists(#revision)"),
		ExpressionAttributeNames: map[string]string{"#revision": attrRevision},
	}
	if was.Revision > 0 {
		put.ConditionExpression = aws.String("#revision = :revision")
		put.ExpressionAttributeValues = item{":revision": attr.Number(was.Revision)}
	}
	write := []types.TransactWriteItem{{Put: put}}
	if was.SoldOn != is.SoldOn {
		for _, l := range is.Lines {
			if was.SoldOn != "" {
				write = append(write, v.sale(l, was.SoldOn, is.Currency, -1))
			}
			if is.SoldOn != "" {
				write = append(write, v.sale(l, is.SoldOn, is.Currency, 1))
			}
		}
	}
	failed, err := transact(ctx, v.client, write)
	if err != nil {
		return false, fmt.Errorf("writing the view of order %q: %w", is.OrderID, err)
	}
	return len(failed) == 0, nil
}

// sale adds a line to, or with sign -1 takes it from, what was sold of its product on a day.
func (v *Views) sale(l lineRecord, day, currency string, sign int64) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName:                &v.sales,
		Key:                      item{attrProduct: attr.Text(l.ProductID), attrDay: attr.Text(day)},
		UpdateExpression:         aws.String("ADD #units :units, #cents :cents, #revision :one SET #currency = :currency"),
		ExpressionAttributeNames: map[string]string{"#units": "units", "#cents": "cents", "#currency": "currency", "#revision": attrRevision},
		ExpressionAttributeValues: item{
			":units": attr.Number(sign * l.Quantity), ":cents": attr.Number(sign * l.Quantity * l.PriceCents), ":currency": attr.Text(currency), ":one": attr.Number(1),
		},
	}}
}
