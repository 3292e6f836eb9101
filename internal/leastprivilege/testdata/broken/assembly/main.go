// Command assembly hands its client to a function that is not written in Go.
package main

import "github.com/aws/aws-sdk-go-v2/service/dynamodb"

func use(client *dynamodb.Client)

func main() { use(dynamodb.New(dynamodb.Options{})) }
