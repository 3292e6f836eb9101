// Package shelf is a context with a method for each way in which a function can start. Each needs another action, so that a program
// shows which of them the analysis takes it to reach.
package shelf

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/serverless-shop/serverless-shop/handler"
)

// Table is the part of the AWS client that is used.
type Table interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
}

// Shelf has everything.
type Shelf struct{ Table Table }

// Input and Output are what all tasks take and give, so that their handlers are the same instance of a generic function.
type (
	Input  struct{ OrderID string }
	Output struct{}
)

// Reserve and Release are tasks.
func (s *Shelf) Reserve(ctx context.Context, _ Input) (Output, error) {
	_, err := s.Table.UpdateItem(ctx, &dynamodb.UpdateItemInput{})
	return Output{}, err
}

// Release is the other one.
func (s *Shelf) Release(ctx context.Context, _ Input) (Output, error) {
	_, err := s.Table.DeleteItem(ctx, &dynamodb.DeleteItemInput{})
	return Output{}, err
}

// Receive and Forget consume events.
func (s *Shelf) Receive(ctx context.Context, _ handler.Event) error {
	return again(func() error {
		_, err := s.Table.PutItem(ctx, &dynamodb.PutItemInput{})
		return err
	})
}

// Forget is the other one.
func (s *Shelf) Forget(ctx context.Context, _ handler.Event) error {
	return again(func() error {
		_, err := s.Table.DeleteItem(ctx, &dynamodb.DeleteItemInput{})
		return err
	})
}

// again is what both call with functions of their own.
func again(try func() error) error {
	if try() == nil {
		return nil
	}
	return try()
}

// Archive consumes batches.
func (s *Shelf) Archive(ctx context.Context, _ []handler.Event) error {
	_, err := s.Table.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{})
	return err
}

// Project consumes changes.
func (s *Shelf) Project(ctx context.Context, _ handler.Change) error {
	_, err := s.Table.Query(ctx, &dynamodb.QueryInput{})
	return err
}

// List answers requests.
func (s *Shelf) List(ctx context.Context, _ *handler.Request) (*handler.Response, error) {
	_, err := s.Table.Scan(ctx, &dynamodb.ScanInput{})
	return handler.Empty(204), err
}
