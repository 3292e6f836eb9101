// Command nothing makes a client and uses none of its operations.
package main

import "github.com/aws/aws-sdk-go-v2/service/dynamodb"

func main() {
	client := dynamodb.New(dynamodb.Options{})
	println(client.Options().Region)
}
