// Command reflected looks its operation up by name.
package main

import (
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func main() {
	client := dynamodb.New(dynamodb.Options{})
	reflect.ValueOf(client).MethodByName("PutItem").Call(nil)
}
