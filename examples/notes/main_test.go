package main

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"example.com/teams/mocks"
)

// TestProgram compiles the functions and registers everything, as a preview does.
func TestProgram(t *testing.T) {
	aws := &mocks.AWS{}
	require.NoError(t, pulumi.RunErr(notes, pulumi.WithMocks("notes", "test", aws)))
	for typ, want := range map[string]int{
		"aws:lambda/function:Function": 2, "aws:dynamodb/table:Table": 1, "aws:apigatewayv2/route:Route": 2, "aws:cognito/userPool:UserPool": 1,
	} {
		require.Equal(t, want, aws.Count(typ), typ)
	}
}
