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
	require.NoError(t, pulumi.RunErr(newsletter, pulumi.WithMocks("newsletter", "test", aws)))
	for typ, want := range map[string]int{
		"aws:lambda/function:Function": 2, "aws:dynamodb/table:Table": 1, "aws:scheduler/schedule:Schedule": 1, "aws:lambda/eventSourceMapping:EventSourceMapping": 1,
	} {
		require.Equal(t, want, aws.Count(typ), typ)
	}
}
