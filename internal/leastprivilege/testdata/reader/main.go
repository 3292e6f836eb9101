// Command reader is read from by other modules' code, which knows it by an interface of its own.
package main

import (
	"context"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

type source interface{ Read([]byte) (int, error) }

type named interface {
	source
	Name() string
}

type file struct{ client *dynamodb.Client }

func (f file) Read([]byte) (int, error) {
	_, err := f.client.GetItem(context.Background(), &dynamodb.GetItemInput{})
	return 0, err
}

type table struct{ client *dynamodb.Client }

func (t table) Read([]byte) (int, error) {
	_, err := t.client.Scan(context.Background(), &dynamodb.ScanInput{})
	return 0, err
}

func (table) Name() string { return "" }

func open() source { return file{dynamodb.New(dynamodb.Options{})} }

func find() named { return table{dynamodb.New(dynamodb.Options{})} }

func main() {
	_, _ = io.Copy(io.Discard, open())
	_, _ = io.Copy(io.Discard, find())
}
