package contract

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLoad(t *testing.T) {
	require.NotEmpty(t, Load(t).Operations())
}
