package components

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
)

func TestFirewall_AsksForTheProviderThatAllOthersHave(t *testing.T) {
	data, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	file, err := modfile.Parse("go.mod", data, nil)
	require.NoError(t, err)
	for _, r := range file.Require {
		if r.Mod.Path == "github.com/pulumi/pulumi-aws/sdk/v6" {
			require.Equal(t, "v"+awsVersion, r.Mod.Version)
			return
		}
	}
	t.Fatal("go.mod does not require the AWS SDK for Pulumi")
}
