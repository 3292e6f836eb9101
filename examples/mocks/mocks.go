// Package mocks stands in for AWS in the tests of these programs.
package mocks

import (
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// AWS remembers the types of the resources that a program registers.
type AWS struct {
	mu    sync.Mutex
	types []string
}

// NewResource answers with the inputs, a name and an ARN.
func (a *AWS) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.types = append(a.types, args.TypeToken)
	out := args.Inputs.Copy()
	for key, value := range map[resource.PropertyKey]string{
		"name": args.Name, "arn": "arn:aws:service:eu-central-1:123456789012:thing/" + args.Name, "url": "https://sqs/" + args.Name,
		"endpoint": "cognito-idp.eu-central-1.amazonaws.com/pool", "apiEndpoint": "https://api.example.com",
		"executionArn": "arn:aws:execute-api:eu-central-1:123456789012:api", "invokeArn": "arn:aws:apigateway:" + args.Name,
	} {
		if _, given := out[key]; !given {
			out[key] = resource.NewStringProperty(value)
		}
	}
	return args.Name + "-id", out, nil
}

// Call answers invokes about the account.
func (*AWS) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.NewPropertyMapFromMap(map[string]any{
		"accountId": "123456789012", "name": "eu-central-1", "partition": "aws", "dnsSuffix": "amazonaws.com",
	}), nil
}

// Count is how many resources of a type the program registered.
func (a *AWS) Count(typ string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.types) - len(slices.DeleteFunc(slices.Clone(a.types), func(t string) bool { return t == typ }))
}
