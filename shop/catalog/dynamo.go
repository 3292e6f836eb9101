package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// The names of the table's attributes that expressions and indexes use. The stack declares the table with the same.
const (
	attrID        = "productId"
	attrListing   = "listing"
	attrCategory  = "category"
	attrSearch    = "searchText"
	attrVersion   = "version"
	attrCreatedAt = "createdAt"
	attrStock     = "stock"
	// attrStockAsOf tells how new the shown stock is, in the inventory's numbering. Administrators' changes leave it as it is.
	attrStockAsOf = "stockAsOf"
)

// allProducts is every product's value of the attribute listing, the partition key of the indexes over all products.
const allProducts = "all"

// index is how one order reads from the table: the ending of the names of its two indexes, "all-by-…" and
// "category-by-…", and their sort key.
type index struct{ name, sortKey string }

var indexes = map[Sort]index{
	ByName:      {"name", "sortName"},
	ByNameDesc:  {"name", "sortName"},
	ByPrice:     {"price", "priceCents"},
	ByPriceDesc: {"price", "priceCents"},
	ByNewest:    {"newest", "createdAt"},
}

// A search looks at products in the list's order until it has a page full. It reads this many at a time, and gives up
// after so many times, with a cursor to go on from: a page costs at most 2,000 products' reads and some ten milliseconds
// each time, however rare the words are.
const (
	searchBatch = 500
	maxReads    = 4
)

// Client is what a [Table] needs of DynamoDB; *dynamodb.Client has it.
type Client interface {
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
}

// Table is the Store in DynamoDB. Each of its methods uses one DynamoDB action: List Query, Get GetItem, GetAll BatchGetItem, Save and
// ShowStock UpdateItem, Delete DeleteItem.
type Table struct {
	client Client
	name   string
}

// NewTable returns the products in the table of this name.
func NewTable(client Client, name string) *Table { return &Table{client: client, name: name} }

// record is a product as the table stores it.
type record struct {
	ID          string   `dynamodbav:"productId"`
	Name        string   `dynamodbav:"name"`
	Description string   `dynamodbav:"description"`
	Category    string   `dynamodbav:"category"`
	PriceCents  int64    `dynamodbav:"priceCents"`
	Currency    string   `dynamodbav:"currency"`
	Stock       int64    `dynamodbav:"stock"`
	Images      []string `dynamodbav:"images"`
	Version     int64    `dynamodbav:"version"`
	CreatedAt   string   `dynamodbav:"createdAt"`
	UpdatedAt   string   `dynamodbav:"updatedAt"`

	// CorrelationID follows the request that saved the product to whatever comes of it.
	CorrelationID string `dynamodbav:"correlationId"`

	// What follows exists for the indexes and for searching.
	Listing    string `dynamodbav:"listing"`
	SortName   string `dynamodbav:"sortName"`
	SearchText string `dynamodbav:"searchText"`
}

func newRecord(p Product) record {
	return record{
		ID: p.ID, Name: p.Name, Description: p.Description, Category: p.Category,
		PriceCents: p.PriceCents, Currency: p.Currency, Stock: p.Stock, Images: append([]string{}, p.Images...),
		Version: p.Version, CreatedAt: p.CreatedAt.UTC().Format(timeLayout), UpdatedAt: p.UpdatedAt.UTC().Format(timeLayout),
		Listing: allProducts, SortName: sortName(p), SearchText: searchText(p),
	}
}

// productOf reads a stored item.
func productOf(item map[string]types.AttributeValue) (Product, error) {
	var r record
	if err := attributevalue.UnmarshalMap(item, &r); err != nil {
		return Product{}, fmt.Errorf("reading the stored product: %w", err)
	}
	created, err := time.Parse(timeLayout, r.CreatedAt)
	if err != nil {
		return Product{}, fmt.Errorf("reading the stored product %q: createdAt: %w", r.ID, err)
	}
	updated, err := time.Parse(timeLayout, r.UpdatedAt)
	if err != nil {
		return Product{}, fmt.Errorf("reading the stored product %q: updatedAt: %w", r.ID, err)
	}
	return Product{
		ID: r.ID, Name: r.Name, Description: r.Description, Category: r.Category,
		PriceCents: r.PriceCents, Currency: r.Currency, Stock: r.Stock, Images: append([]string{}, r.Images...),
		Version: r.Version, CreatedAt: created, UpdatedAt: updated,
	}, nil
}

// key is the primary key of a product.
func key(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{attrID: attr.Text(id)}
}

// Get implements Store.
func (t *Table) Get(ctx context.Context, id string) (Product, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &t.name,
		Key:            key(id),
		ConsistentRead: aws.Bool(true), // who has just changed a product must see it changed
	})
	if err != nil {
		return Product{}, fmt.Errorf("getting product %q: %w", id, err)
	}
	if len(out.Item) == 0 {
		return Product{}, notFound(id)
	}
	return productOf(out.Item)
}

func notFound(id string) error {
	return fault.New(fault.ErrNotFound, "There is no product %s.", fault.Quote(id))
}

// List implements Store.
func (t *Table) List(ctx context.Context, q Query) (Page, error) {
	input, err := t.query(q)
	if err != nil {
		return Page{}, err
	}
	page := Page{Items: []Product{}}
	for range maxReads {
		// One more than is wanted tells whether another page follows.
		input.Limit = aws.Int32(int32(q.Limit + 1 - len(page.Items))) //nolint:gosec // 1…MaxLimit+1, checked by query
		if len(q.Words) > 0 {
			input.Limit = aws.Int32(searchBatch) // DynamoDB counts before it filters
		}
		out, err := t.client.Query(ctx, input)
		if err != nil {
			return Page{}, fmt.Errorf("querying index %s of %s: %w", *input.IndexName, t.name, err)
		}
		for _, item := range out.Items {
			if len(page.Items) == q.Limit {
				page.Next = positionOf(page.Items[q.Limit-1], q.Sort)
				return page, nil
			}
			product, err := productOf(item)
			if err != nil {
				return Page{}, err
			}
			page.Items = append(page.Items, product)
		}
		if len(out.LastEvaluatedKey) == 0 {
			return page, nil
		}
		input.ExclusiveStartKey = out.LastEvaluatedKey
	}
	// The search has looked at enough. What lies between the last match and here does not match and need not be read
	// again, so the next page begins where DynamoDB stopped.
	page.Next = &Position{ID: attr.Plain(input.ExclusiveStartKey[attrID]), Key: attr.Plain(input.ExclusiveStartKey[indexes[q.Sort].sortKey])}
	return page, nil
}

// positionOf is the place right after a product.
func positionOf(p Product, s Sort) *Position { return &Position{Key: s.Key(p), ID: p.ID} }

// query prepares the Query for a list. Everything that comes from a client is a value, never part of an expression.
func (t *Table) query(q Query) (*dynamodb.QueryInput, error) {
	index, ok := indexes[q.Sort]
	if !ok || q.Limit < 1 || q.Limit > MaxLimit {
		return nil, fmt.Errorf("listing products: sort = %q, limit = %d, want one of %v and 1–%d", q.Sort, q.Limit, sorts, MaxLimit)
	}
	name, partitionKey, partition := "all-by-"+index.name, attrListing, allProducts
	if q.Category != "" {
		name, partitionKey, partition = "category-by-"+index.name, attrCategory, q.Category
	}
	input := &dynamodb.QueryInput{
		TableName:                 &t.name,
		IndexName:                 &name,
		KeyConditionExpression:    aws.String("#partition = :partition"),
		ExpressionAttributeNames:  map[string]string{"#partition": partitionKey},
		ExpressionAttributeValues: map[string]types.AttributeValue{":partition": attr.Text(partition)},
		ScanIndexForward:          aws.Bool(!q.Sort.Descending()),
	}
	if len(q.Words) > 0 {
		input.ExpressionAttributeNames["#search"] = attrSearch
		conditions := make([]string, len(q.Words))
		for i, word := range q.Words {
			value := fmt.Sprintf(":word%d", i)
			conditions[i] = "contains(#search, " + value + ")"
			input.ExpressionAttributeValues[value] = attr.Text(word)
		}
		input.FilterExpression = aws.String(strings.Join(conditions, " AND "))
	}
	if q.After != nil {
		sortKey := attr.Text(q.After.Key)
		if index.sortKey == "priceCents" {
			sortKey = &types.AttributeValueMemberN{Value: q.After.Key}
		}
		input.ExclusiveStartKey = map[string]types.AttributeValue{
			partitionKey: attr.Text(partition), index.sortKey: sortKey, attrID: attr.Text(q.After.ID),
		}
	}
	return input, nil
}

// Save implements Store.
//
// It is an UpdateItem because a PutItem cannot keep an attribute of the item that it replaces: createdAt would have to be
// read before, in a second round trip and with a second permission, and could change in between. The new version is
// counted by DynamoDB for the same reason.
func (t *Table) Save(ctx context.Context, p Product, condition Condition) (Product, error) {
	wanted := newRecord(p)
	wanted.CorrelationID = handler.CorrelationID(ctx)
	item, err := attributevalue.MarshalMap(wanted)
	if err != nil {
		return Product{}, fmt.Errorf("saving product %q: %w", p.ID, err)
	}
	delete(item, attrID)
	delete(item, attrVersion)
	names := map[string]string{"#" + attrVersion: attrVersion}
	values := map[string]types.AttributeValue{":one": attr.Number(1), ":zero": attr.Number(0)}
	set := []string{"#version = if_not_exists(#version, :zero) + :one"}
	for attribute, value := range item {
		names["#"+attribute], values[":"+attribute] = attribute, value
		if attribute == attrCreatedAt {
			set = append(set, "#createdAt = if_not_exists(#createdAt, :createdAt)")
			continue
		}
		set = append(set, "#"+attribute+" = :"+attribute)
	}
	slices.Sort(set)
	out, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           &t.name,
		Key:                                 key(p.ID),
		UpdateExpression:                    aws.String("SET " + strings.Join(set, ", ")),
		ConditionExpression:                 aws.String(condition.expression(values)),
		ExpressionAttributeNames:            names,
		ExpressionAttributeValues:           values,
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return t.refused(p.ID, wanted, failed)
	}
	if err != nil {
		return Product{}, fmt.Errorf("saving product %q: %w", p.ID, err)
	}
	return productOf(out.Attributes)
}

// refused explains a condition that did not hold. It has the stored item from DynamoDB's answer, without another read.
//
// One case is no failure: the item is exactly what was to be written, to the millisecond of the change. Then the answer
// to a first attempt was lost on the way, and the SDK has tried again.
func (t *Table) refused(id string, wanted record, failed *types.ConditionalCheckFailedException) (Product, error) {
	if len(failed.Item) == 0 {
		return Product{}, fault.New(fault.ErrPrecondition, "There is no product %s to replace.", fault.Quote(id))
	}
	stored, err := productOf(failed.Item)
	if err != nil {
		return Product{}, err
	}
	if was := newRecord(stored); was.sameWrite(wanted) {
		return stored, nil
	}
	return Product{}, wrongState(stored)
}

func wrongState(stored Product) error {
	return fault.New(fault.ErrPrecondition, `The product exists and its version is "%d". Get it again and repeat your change.`, stored.Version)
}

// sameWrite tells whether two records can only come from the same call of Save.
func (r record) sameWrite(other record) bool {
	return r.UpdatedAt == other.UpdatedAt && r.Name == other.Name && r.Description == other.Description &&
		r.Category == other.Category && r.PriceCents == other.PriceCents && r.Currency == other.Currency &&
		r.Stock == other.Stock && slices.Equal(r.Images, other.Images)
}

// Delete implements Store.
func (t *Table) Delete(ctx context.Context, id string, condition Condition) error {
	values := map[string]types.AttributeValue{}
	input := &dynamodb.DeleteItemInput{
		TableName:                           &t.name,
		Key:                                 key(id),
		ConditionExpression:                 aws.String(condition.expression(values)),
		ExpressionAttributeNames:            map[string]string{"#" + attrVersion: attrVersion},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if len(values) > 0 { // DynamoDB refuses an empty map
		input.ExpressionAttributeValues = values
	}
	_, err := t.client.DeleteItem(ctx, input)
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		if len(failed.Item) == 0 {
			return notFound(id)
		}
		stored, err := productOf(failed.Item)
		if err != nil {
			return err
		}
		return wrongState(stored)
	}
	if err != nil {
		return fmt.Errorf("deleting product %q: %w", id, err)
	}
	return nil
}

// ShowStock shows how many of a product can be sold, as the inventory counts them, unless a newer number is shown already or there is no
// such product. Of two numbers, that with the higher asOf is newer. The product's version grows only if the number changes, so that nobody
// is told of a change that they cannot see.
func (t *Table) ShowStock(ctx context.Context, id string, stock, asOf int64) error {
	const newer = "(attribute_not_exists(#stockAsOf) OR #stockAsOf < :asOf)"
	names := map[string]string{"#stock": attrStock, "#stockAsOf": attrStockAsOf, "#version": attrVersion}
	values := map[string]types.AttributeValue{":stock": attr.Number(stock), ":asOf": attr.Number(asOf)}
	for _, change := range []struct{ update, condition string }{
		{"SET #stockAsOf = :asOf", "attribute_exists(#version) AND #stock = :stock AND " + newer},
		{"SET #stock = :stock, #stockAsOf = :asOf, #version = #version + :one", "attribute_exists(#version) AND " + newer},
	} {
		if strings.Contains(change.update, ":one") {
			values[":one"] = attr.Number(1)
		}
		_, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &t.name, Key: key(id), UpdateExpression: &change.update, ConditionExpression: &change.condition,
			ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		})
		if _, otherwise := errors.AsType[*types.ConditionalCheckFailedException](err); otherwise {
			continue // another number is shown, then a newer one
		}
		if err != nil {
			return fmt.Errorf("showing that %d of product %q can be sold: %w", stock, id, err)
		}
		return nil
	}
	return nil
}

// expression returns the condition as a DynamoDB expression over #version, and adds the values it names. Whether there
// is a product is asked by its version too, which every product has.
func (c Condition) expression(values map[string]types.AttributeValue) string {
	switch {
	case c.absent:
		return "attribute_not_exists(#version)"
	case c.exists:
		return "attribute_exists(#version)"
	}
	versions := c.versions
	if len(versions) == 0 {
		versions = []int64{0} // no product has it
	}
	names := make([]string, len(versions))
	for i, version := range versions {
		names[i] = fmt.Sprintf(":version%d", i)
		values[names[i]] = attr.Number(version)
	}
	return "#version IN (" + strings.Join(names, ", ") + ")"
}
